"""RTF: text in every way it is written, tables with their merges, and nothing of what a reader would not see."""

from __future__ import annotations

import random

import pytest

from archive.file_kinds import FileKind, detect
from extract.readers.rtf import read_rtf
from extract.reading import Grid, Line, Reading, UnreadableError


def gbk(text: str) -> str:
    return "".join(f"\\'{byte:02x}" for byte in text.encode("gbk"))


def rtf(body: str, fonts: str = r"{\f0\fnil\fcharset134 \'cb\'ce\'cc\'e5;}{\f1\froman\fcharset0 Times;}") -> bytes:
    styles = r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\*\cs10 char;}}"
    return f"{{\\rtf1\\ansi\\ansicpg936\\deff0{{\\fonttbl{fonts}}}{styles}{body}}}".encode("latin-1")


def grids(reading: Reading) -> list[Grid]:
    return [block for block in reading.blocks if isinstance(block, Grid)]


def lines(reading: Reading) -> list[str]:
    return [block.text for block in reading.blocks if isinstance(block, Line)]


def shown(grid: Grid) -> list[list[str]]:
    return [[cell.text if cell else "" for cell in row] for row in grid.matrix()]


def spans(grid: Grid) -> set[tuple[int, int, int, int]]:
    return {(c.row, c.col, c.rows, c.cols) for c in grid.cells if c.rows > 1 or c.cols > 1}


def row(definition: str, *cells: str) -> str:
    return f"\\trowd{definition}\\pard\\intbl " + "".join(f"{cell}\\cell " for cell in cells) + "\\row\n"


def test_a_header_keeps_cells_merged_down_and_across() -> None:
    body = row(r"\trleft-108\trhdr\clvmgf\cellx900\clmgf\cellx1900\clmrg\cellx2900", gbk("项目"), gbk("收入"), "")
    body += row(r"\trleft-108\trhdr\clvmrg\cellx900\cellx1900\cellx2900", "", gbk("基本"), gbk("专项"))
    body += row(r"\trleft-108\cellx900\cellx1900\cellx2900", gbk("合计"), "1,234.56", "7.00")
    reading = read_rtf(rtf(gbk("单位：万元") + "\\par\n" + body + "\\pard " + gbk("注：无") + "\\par"))
    assert lines(reading) == ["单位：万元", "注：无"]
    (grid,) = grids(reading)
    assert shown(grid) == [["项目", "收入", ""], ["", "基本", "专项"], ["合计", "1,234.56", "7.00"]]
    assert spans(grid) == {(0, 0, 2, 1), (0, 1, 1, 2)}
    assert grid.header_repeat == 2


def test_a_table_stays_one_where_the_number_of_cells_changes() -> None:
    body = row(r"\cellx3000", gbk("单位：万元")) + row(r"\cellx1000\cellx2000\cellx3000", "1", "2", "3")
    (grid,) = grids(read_rtf(rtf(body)))
    assert (grid.n_rows, grid.n_cols) == (2, 3)
    assert spans(grid) == {(0, 0, 1, 3)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (gbk("预算数"), "预算数"),
        (r"\u-26492?\u31639?\u25968?", "预算数"),
        (r"{\uc2 \u24635\'d7\'dc\u34920\'b1\'ed}", "总表"),
        (r"{\uc0 \u24635\u34920}", "总表"),
        (r"\u-10180?\u-8208?", "🏰"),
        (r"1\~234.5", "1 234.5"),
        (r"a\emdash b\lquote c\{d\}\\", "a—b‘c{d}\\"),
        (r"{\f1 caf\'e9}", "café"),
        (r"{\loch\f1\hich\f1\dbch\f0 \'ba\'cf\'bc\'c6}", "合计"),
        ("12\r\n.50", "12.50"),
        (r"\'81\'5c\'81@", "乗丂"),
    ],
)
def test_characters_are_read_in_every_spelling(written: str, meant: str) -> None:
    assert lines(read_rtf(rtf(written + "\\par"))) == [meant]


def test_what_no_reader_sees_is_not_read() -> None:
    body = (
        r"{\info{\title secret}}{\header head}{\footer 12}{\*\unknown x}{\v hidden}{\deleted gone}"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt \'b8\'bd\'bc\'fe}}{\pict\pngblip 89504e47}{\object{\*\objdata 0102}}"
        r"{\shppict{\pict ffff}}\bin4 }{}x{\listtext 1.\tab}\'d2\'bb\par"
    )
    assert lines(read_rtf(rtf(body))) == ["附件1. 一"]


def test_headings_indents_and_breaks_are_kept_as_the_other_readers_keep_them() -> None:
    body = (
        r"\pard\s1 "
        + gbk("第一部分")
        + r"\par\pard\outlinelevel2 "
        + gbk("一、收支")
        + r"\par\pard "
        + gbk("正文")
        + "\\par"
    )
    body += row(r"\cellx1000\cellx2000", r"\li430 " + gbk("办公费"), r"\li0 1\line 2")
    body += row(r"\cellx1000\cellx2000", gbk("　　工资"), "3")
    reading = read_rtf(rtf(body))
    assert [b.heading for b in reading.blocks if isinstance(b, Line)] == [1, 3, None]
    assert [(c.text, c.indent) for c in grids(reading)[0].cells] == [
        ("办公费", 2),
        ("12", 0),
        ("　　工资", 2),
        ("3", 0),
    ]


def test_a_table_inside_a_cell_follows_the_table_that_holds_it() -> None:
    inner = (
        r"\pard\intbl\itap2 a\nestcell b\nestcell{\*\nesttableprops\trowd\cellx500\cellx900\nestrow}{\nonesttables\par}"
    )
    body = rf"\trowd\cellx1000\cellx2000 {inner}\pard\intbl outer\cell right\cell\row" + row(
        r"\cellx1000\cellx2000", "c", "d"
    )
    first, second = grids(read_rtf(rtf(body)))
    assert shown(first) == [["outer", "right"], ["c", "d"]]
    assert shown(second) == [["a", "b"]]


def test_text_after_a_table_is_outside_of_it_and_two_tables_apart_are_two() -> None:
    one = row(r"\cellx1000\cellx2000", "1", "2")
    reading = read_rtf(rtf(one + r"\pard between\par " + one))
    assert [type(block).__name__ for block in reading.blocks] == ["Grid", "Line", "Grid"]


def test_what_is_no_rtf_or_too_deep_is_refused() -> None:
    with pytest.raises(UnreadableError) as caught:
        read_rtf(b"hello")
    assert caught.value.code == "corrupt"
    with pytest.raises(UnreadableError) as caught:
        read_rtf(b"{\\rtf1 " + b"{" * 10_000)
    assert caught.value.code == "limit_nesting"


def test_damaged_files_give_a_reading_or_a_reason() -> None:
    whole = rtf(
        "".join(row(r"\clvmgf\cellx1000\clmgf\cellx2000\clmrg\cellx3000", gbk("项目"), str(i), "x") for i in range(30))
    )
    assert detect(whole) is FileKind.RTF
    dice, read = random.Random(11), 0
    for _ in range(300):
        damaged = bytearray(whole[: dice.randrange(20, len(whole))] if dice.random() < 0.3 else whole)
        for _ in range(dice.choice((1, 5, 40))):
            damaged[dice.randrange(6, len(damaged))] = dice.choice((0, 10, 45, 92, 123, 125, 255))
        try:
            read += bool(read_rtf(bytes(damaged)).blocks)
        except UnreadableError as error:
            assert error.code.startswith(("limit", "truncated"))
    assert read > 200
