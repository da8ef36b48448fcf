"""HTML pages: what a browser would show becomes lines and grids; what it would not, does not."""

from __future__ import annotations

import json
import os
import random
import unicodedata
from pathlib import Path

import pytest

from archive.file_kinds import FileKind, detect
from extract.readers.html import decode_html, read_html
from extract.reading import Grid, Line, Reading, UnreadableError

SHARED = Path(os.environ.get("YUSUAN_SHARED", Path(__file__).parents[2].parent / "shared"))
SAMPLES = sorted(p for folder in ("styles", "synthetic") for p in (SHARED / "samples" / folder).glob("*.html"))
PAGES = sorted((SHARED / "corpus" / "html").glob("*/*.html"))


def page(body: str, head: str = '<meta charset="utf-8">') -> Reading:
    return read_html(f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode())


def grids(reading: Reading) -> list[Grid]:
    return [block for block in reading.blocks if isinstance(block, Grid)]


def lines(reading: Reading) -> list[str]:
    return [block.text for block in reading.blocks if isinstance(block, Line)]


def shown(grid: Grid) -> list[list[str]]:
    return [[cell.text if cell else "" for cell in row] for row in grid.matrix()]


def spans(grid: Grid) -> set[tuple[int, int, int, int]]:
    return {(c.row, c.col, c.rows, c.cols) for c in grid.cells if c.rows > 1 or c.cols > 1}


TABLE = "<table><tr><td>项目</td><td>预算数</td></tr><tr><td>合计</td><td>12.50</td></tr></table>"


def test_a_header_tree_keeps_its_spans() -> None:
    (grid,) = grids(
        page(
            "<table><thead><tr><th rowspan=2>科目</th><th colspan=2>2023年</th></tr><tr><th>基本</th><th>项目</th></tr></thead>"
            "<tbody><tr><td>合计</td><td>1.00</td><td>2.00</td></tr></tbody></table>"
        )
    )
    assert shown(grid) == [["科目", "2023年", ""], ["", "基本", "项目"], ["合计", "1.00", "2.00"]]
    assert spans(grid) == {(0, 0, 2, 1), (0, 1, 1, 2)}
    assert grid.header_repeat == 2


def test_spans_end_with_their_table_and_their_row_group() -> None:
    (grid,) = grids(
        page(
            "<table><tbody><tr><td rowspan=999999999>甲</td><td>1</td></tr><tr><td>2</td></tr></tbody>"
            "<tbody><tr><td rowspan=0>乙</td><td colspan=-3>3</td></tr><tr><td>4</td></tr></tbody></table>"
        )
    )
    assert spans(grid) == {(0, 0, 2, 1), (2, 0, 2, 1)}
    assert (grid.n_rows, grid.n_cols) == (4, 2)


def test_a_table_of_a_million_columns_is_refused_or_bounded() -> None:
    cells = "<td colspan=1000>x</td>" * 3000
    with pytest.raises(UnreadableError) as caught:
        page(f"<table><tr>{cells}</tr><tr><td>1</td><td>2</td></tr></table>")
    assert caught.value.code == "limit_size"


def test_tables_that_only_lay_out_a_page_are_no_grids() -> None:
    reading = page(
        f"<table><tr><td>首页</td><td>公开</td></tr></table><table><tr><td width=5></td><td>"
        f"<table><tr><td><p>收支总表</p>{TABLE}<p>注：无</p></td></tr></table></td></tr></table>"
    )
    assert lines(reading) == ["首页", "公开", "收支总表", "注：无"]
    (grid,) = grids(reading)
    assert shown(grid) == [["项目", "预算数"], ["合计", "12.50"]]
    assert grid.cells[3].at is not None and grid.cells[3].at.model_dump() == {"table": 1, "row": 1, "col": 1}


def test_a_table_inside_a_cell_of_a_real_table_follows_it() -> None:
    first, second = grids(
        page(
            f"<table><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2{TABLE}</td></tr><tr><td>c</td><td>3</td></tr></table>"
        )
    )
    assert shown(first) == [["a", "1"], ["b", "2"], ["c", "3"]]
    assert shown(second)[1] == ["合计", "12.50"]


def test_a_row_of_numbers_by_itself_stays_a_grid() -> None:
    (grid,) = grids(page("<table><tr><td>合计</td><td>1,234.56</td></tr></table>"))
    assert shown(grid) == [["合计", "1,234.56"]]


@pytest.mark.parametrize(
    "hidden",
    [
        'style="display:none"',
        "hidden",
        'style="visibility: collapse"',
        'style="mso-hide:all"',
        'class="gone"',
        'id="away"',
    ],
)
def test_hidden_rows_are_not_read(hidden: str) -> None:
    reading = page(
        f"<table><tr><td>合计</td><td>1.00</td></tr><tr {hidden}><td>旧</td><td>9.99</td></tr><tr><td>基本</td><td>2.00</td></tr></table>",
        "<style>/* x */ .gone, p.x { display: none } #away{display:none!important} @media print{ .kept{display:none} }</style>",
    )
    assert shown(grids(reading)[0]) == [["合计", "1.00"], ["基本", "2.00"]]


def test_what_is_hidden_only_in_print_is_read() -> None:
    assert lines(page('<p class="kept">见</p>', "<style>@media print{.kept{display:none}}</style>")) == ["见"]


def test_scripts_comments_and_form_controls_are_no_text_but_shown_values_are() -> None:
    reading = page(
        "<p>甲<script>document.write('乙')</script><!--丙--><style>丁</style><noscript>戊</noscript></p>"
        "<select><option>己</option></select><input type=hidden value=庚><p>金额<input value='12.5'>万元</p>"
    )
    assert lines(reading) == ["甲", "金额12.5万元"]


def test_markup_of_word_does_not_cut_numbers_or_add_text() -> None:
    (grid,) = grids(
        page(
            "<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><table class=MsoNormalTable>"
            "<tr><td><p class=MsoNormal><span lang=EN-US>1</span><span lang=EN-US>,2</span><span>34</span><span>.56"
            "<o:p></o:p></span></p></td><td><p>预算<br>数</p><p>（万元）</p></td></tr>"
            "<tr><td><![if !supportEmptyParas]>&nbsp;<![endif]><o:p></o:p></td><td>2</td></tr></table>"
        )
    )
    assert [[text.strip() for text in row] for row in shown(grid)] == [["1,234.56", "预算数（万元）"], ["", "2"]]


def test_line_breaks_of_the_source_cut_no_word_and_breaks_of_the_page_make_lines() -> None:
    assert lines(page("<p>一般公共\n   预算支出</p><p>第一行<br>第二行<br/>third\n line</p>")) == [
        "一般公共预算支出", "第一行", "第二行", "third line",
    ]  # fmt: skip


def test_headings_and_indents_are_told() -> None:
    reading = page(
        "<h2>第二部分</h2><p style='mso-outline-level:3'>一、收支</p><table>"
        "<tr><td>&nbsp;&nbsp;&nbsp;&nbsp;基本支出</td><td>1</td></tr><tr><td>　　工资</td><td>2</td></tr>"
        "<tr><td style='padding-left:24pt'>津贴</td><td>3</td></tr><tr><td><p style='text-indent:2em'>奖金</p></td><td>4</td></tr>"
        "<tr><td style='mso-char-indent-count:1;padding-left:9px'>绩效</td><td>5</td></tr><tr><td>  办公费</td><td>6</td></tr></table>"
    )
    assert [block.heading for block in reading.blocks if isinstance(block, Line)] == [2, 3]
    assert [cell.indent for cell in grids(reading)[0].cells if cell.col == 0] == [2, 2, 2, 2, 1, 0]


def test_a_foot_is_shown_last_and_a_caption_before_its_table() -> None:
    reading = page(
        "<table><caption>表1 收支总表</caption><tfoot><tr><td>合计</td><td>3</td></tr></tfoot>"
        "<tr><td>甲</td><td>1</td></tr><tr><td>乙</td><td>2</td></tr></table>"
    )
    assert isinstance(reading.blocks[0], Line) and reading.blocks[0].text == "表1 收支总表"
    assert [row[0] for row in shown(grids(reading)[0])] == ["甲", "乙", "合计"]


def test_unclosed_cells_and_rows_are_closed_as_browsers_close_them() -> None:
    (grid,) = grids(page("<table><tr><td>甲<td>1<tr><td>乙<td>2</table>"))
    assert shown(grid) == [["甲", "1"], ["乙", "2"]]


TEXT = "<html><head>{head}</head><body><p>单位：万元，部门预算收入总表</p></body></html>"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="gb2312">', "gbk"),
        ('<meta charset="utf-8">', "gbk"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=gb2312">', "utf-8"),
        ('<script>document.charset="utf-8";</script>', "gbk"),
        ('<script>document.charset="gb2312";</script>', "utf-8"),
        ("", "gbk"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ('<meta charset="iso-8859-1">', "gbk"),
        ('<meta charset="big5">', "big5"),
        ('<meta charset="no-such-charset">', "gb18030"),
    ],
)
def test_the_bytes_outrank_what_a_page_declares(head: str, encoding: str) -> None:
    data = TEXT.format(head=head).replace("总", "總" if encoding == "big5" else "总")
    data = (
        data.replace("单", "單").replace("预", "預").replace("门", "門").replace("万", "萬")
        if encoding == "big5"
        else data
    )
    assert "元，部" in decode_html(data.encode(encoding)) or "元，部" in data
    assert lines(read_html(data.encode(encoding)))[0].endswith(("收入总表", "收入總表"))


def test_one_broken_byte_does_not_change_the_charset() -> None:
    data = TEXT.format(head='<meta charset="utf-8">').encode().replace("入".encode(), "入".encode()[:2], 1)
    assert "单位：万元，部门预算收" in decode_html(data)


def test_a_nul_byte_loses_nothing_that_follows() -> None:
    data = b"<html><body><p>A\x00B</p><p>" + b"x" * 300 + b"</p><p>C\x00</p></body></html>"
    assert [text[:2] for text in lines(read_html(data))] == ["AB", "xx", "C"]


def test_a_web_archive_gives_its_pages() -> None:
    data = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="B"\r\n\r\n--B\r\n'
        b'Content-Type: text/html; charset="gb2312"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        + b"<table><tr><td>=BA=CF=BC=C6</td><td>1=\r\n2.5</td></tr><tr><td>a</td><td>b</td></tr></table>\r\n"
        + b"--B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--B--\r\n"
    )
    assert detect(data) is FileKind.MHTML
    assert shown(grids(read_html(data))[0])[0] == ["合计", "12.5"]


def test_deep_nesting_is_survived_or_refused() -> None:
    assert lines(page("<div><b><font>" * 600 + "底")) == ["底"]
    for deep in ("<div><b><font>" * 20_000, "<table><tr><td>" * 200):
        with pytest.raises(UnreadableError) as caught:
            page(deep + "底")
        assert caught.value.code == "limit_nesting"


def test_nothing_is_fetched_and_no_entity_is_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    data = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]><html><body><p>见&x;</p><iframe src="{secret.as_uri()}"></iframe></body></html>'
    assert "机密" not in "".join(lines(read_html(data.encode())))


def test_damaged_pages_give_a_reading_or_a_reason() -> None:
    whole, dice = TEXT.format(head="<meta charset=utf-8>").replace("<p>", f"{TABLE * 5}<p>").encode(), random.Random(7)
    read = 0
    for _ in range(300):
        damaged = bytearray(whole[: dice.randrange(1, len(whole))] if dice.random() < 0.3 else whole)
        for _ in range(dice.choice((1, 5, 40))):
            damaged[dice.randrange(len(damaged))] = dice.choice((0, 10, 34, 60, 62, 255))
        try:
            read += bool(read_html(bytes(damaged)).blocks)
        except UnreadableError as error:
            assert error.code in {"empty", "corrupt", "truncated"}
    assert read > 180


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


@pytest.mark.skipif(not SAMPLES, reason="no sample documents beside the project (YUSUAN_SHARED)")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_give_every_grid_and_span_of_their_truth(path: Path) -> None:
    truth = json.loads(path.with_name(path.stem + ".truth.json").read_text(encoding="utf-8"))
    read = grids(read_html(path.read_bytes()))
    wanted = [block for block in truth["blocks"] if block["type"] == "table"]
    assert len(read) == len(wanted)
    for grid, table in zip(read, wanted, strict=True):
        assert [[_squeezed(t) for t in row] for row in shown(grid)] == [
            [_squeezed(t) for t in row] for row in table["grid"]
        ]
        assert spans(grid) == {tuple(span) for span in table["spans"]}


@pytest.mark.skipif(not PAGES, reason="no saved portal pages beside the project (YUSUAN_SHARED)")
def test_saved_portal_pages_are_read_without_a_fault() -> None:
    for path in PAGES:
        data = path.read_bytes()
        assert detect(data) is FileKind.HTML, path
        assert read_html(data).blocks or b"<body" not in data, path
