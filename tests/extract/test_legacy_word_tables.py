"""Word 97–2003 files, written here byte by byte: what the text, the cell edges and the merge marks of a file become."""

from __future__ import annotations

import json
import os
import random
import struct
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from archive.file_kinds import FileKind, detect
from extract.readers.legacy_word import read_doc
from extract.reading import Grid, Line, Reading, UnreadableError

SHARED = Path(os.environ.get("YUSUAN_SHARED", Path(__file__).parents[2].parent / "shared"))
SAMPLES = sorted(
    p for folder in ("reference", "styles", "synthetic") for p in (SHARED / "samples" / folder).glob("*.doc")
)


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file with its streams at the root, each long enough to live outside the mini stream."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    bodies = {name: body.ljust(4096, b"\0") for name, body in streams.items()}
    bodies = {name: body + b"\0" * (-len(body) % 512) for name, body in bodies.items()}
    directory_sectors = (len(streams) + 1 + 3) // 4
    total = directory_sectors + sum(len(body) // 512 for body in bodies.values())
    fat_sectors = 1
    while (total + fat_sectors) > fat_sectors * 128:
        fat_sectors += 1
    fat = [0xFFFFFFFD] * fat_sectors
    starts: dict[str, int] = {}
    fat += [fat_sectors + i + 1 for i in range(directory_sectors - 1)] + [end]
    for name, body in bodies.items():
        starts[name] = len(fat)
        fat += [len(fat) + i + 1 for i in range(len(body) // 512 - 1)] + [end]
    fat += [free] * (fat_sectors * 128 - len(fat))

    def entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
        written = (name + "\0").encode("utf-16-le")
        head = written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1)
        return (head + struct.pack("<III", free, right, child) + bytes(36) + struct.pack("<II", start, size)).ljust(
            128, b"\0"
        )

    names = list(streams)
    table = entry("Root Entry", 5, free, 1, end, 0)
    for i, name in enumerate(names):
        table += entry(name, 2, i + 2 if i + 1 < len(names) else free, free, starts[name], len(bodies[name]))
    table = table.ljust(directory_sectors * 512, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, fat_sectors, 0, 4096, end, 0, end, 0)
    header += b"".join(struct.pack("<I", i) for i in range(fat_sectors))
    header = header.ljust(512, b"\xff")
    return header + struct.pack(f"<{len(fat)}I", *fat) + table + b"".join(bodies.values())


def sprm(modifier: int, operand: bytes) -> bytes:
    return struct.pack("<H", modifier) + operand


def row_definition(
    edges: list[int], across: dict[int, int] | None = None, vertical: dict[int, int] | None = None
) -> bytes:
    """sprmTDefTable: `across` cell → horizontal mark, `vertical` cell → 1 continues, 3 starts."""
    cells = b""
    for i in range(len(edges) - 1):
        bits = (across or {}).get(i, 0) | (vertical or {}).get(i, 0) << 5
        cells += struct.pack("<H", bits) + bytes(18)
    body = bytes([len(edges) - 1]) + struct.pack(f"<{len(edges)}h", *edges) + cells
    return struct.pack("<HH", 0xD608, len(body) + 1) + body


IN_TABLE = sprm(0x2416, b"\1")
ROW_END = IN_TABLE + sprm(0x2417, b"\1")


@dataclass
class Writer:
    """Collects text with properties and writes a Word 97 file of one piece."""

    text: str = ""
    paragraphs: list[tuple[int, int, bytes]] = field(default_factory=list)
    runs: list[tuple[int, int, bytes]] = field(default_factory=list)
    data: bytes = b""
    boxes: list[tuple[int, int, int]] = field(default_factory=list)
    """(place of the drawing, start, end of its text): text boxes stand behind the main text, which ends where they begin."""

    def add(self, text: str, properties: bytes = b"", mark: str = "\r", character: bytes = b"") -> Writer:
        start = len(self.text.encode("utf-16-le")) // 2
        self.text += text + mark
        end = len(self.text.encode("utf-16-le")) // 2
        self.paragraphs.append((start, end, properties))
        if character:
            self.runs.append((start, end - 1, character))
        return self

    def row(self, cells: list[str], definition: bytes, cell_properties: bytes = b"") -> Writer:
        for cell in cells:
            self.add(cell, IN_TABLE + cell_properties, "\x07")
        return self.add("", ROW_END + definition, "\x07")

    def bytes(self, *, flags: int = 0x0200, version: int = 0xC1, identity: int = 0xA5EC, narrow: bool = False) -> bytes:
        width, start = (1, 1024) if narrow else (2, 1024)
        raw = self.text.encode("cp1252" if narrow else "utf-16-le")
        main = bytearray(start) + raw
        main += bytes(-len(main) % 512)
        table = bytearray()

        def pages(runs: list[tuple[int, int, bytes]], entry: int) -> tuple[int, int]:
            firsts: list[int] = []
            numbers: list[int] = []
            waiting = list(runs)
            while waiting:
                page, index, back, count = bytearray(512), bytearray(), 511, 0
                for _, _, block in waiting:
                    held = (b"\0\0" + block) if entry == 13 else block
                    held += b"\0" * (len(held) % 2 if entry == 13 else 0)
                    stored = (bytes([0, len(held) // 2]) if entry == 13 else bytes([len(held)])) + held
                    at = (back - len(stored)) & ~1
                    if (count + 2) * 4 + (count + 1) * entry > at:
                        break
                    page[at : at + len(stored)] = stored
                    back, count = at, count + 1
                    index += bytes([at // 2]) + bytes(entry - 1)
                taken, waiting = waiting[:count], waiting[count:]
                bounds = [start + run[0] * width for run in taken] + [start + taken[-1][1] * width]
                struct.pack_into(f"<{len(bounds)}I", page, 0, *bounds)
                page[len(bounds) * 4 : len(bounds) * 4 + len(index)] = index
                page[511] = count
                numbers.append(len(main) // 512)
                firsts.append(bounds[0])
                main.extend(page)
            last = start + runs[-1][1] * width if runs else start
            block = struct.pack(f"<{len(firsts) + 1}I", *firsts, last) + struct.pack(f"<{len(numbers)}I", *numbers)
            at = len(table)
            table.extend(block)
            return at, len(block)

        # characters without own properties are runs too: the pages must cover the text without a gap
        runs, position = [], 0
        for first, last, block in self.runs:
            if first > position:
                runs.append((position, first, b""))
            runs.append((first, last, block))
            position = last
        count = len(self.text.encode("utf-16-le")) // 2
        runs.append((position, count, b""))
        characters, paragraphs = pages(runs, 1), pages(self.paragraphs, 13)
        packed = (start * 2) | 0x40000000 if narrow else start
        pieces = struct.pack("<II", 0, count) + struct.pack("<HIH", 0, packed, 0)
        clx = b"\x02" + struct.pack("<I", len(pieces)) + pieces
        at = len(table)
        table.extend(clx)
        if self.boxes:
            anchors = [place for place, _, _ in self.boxes] + [count]
            bounds = [start - self.boxes[0][1] for _, start, _ in self.boxes] + [self.boxes[-1][2] - self.boxes[0][1]]
            shapes = [struct.pack("<I", 1025 + i) for i in range(len(self.boxes))]
            drawn = struct.pack(f"<{len(anchors)}I", *anchors) + b"".join(shape + bytes(22) for shape in shapes)
            texts = struct.pack(f"<{len(bounds)}I", *bounds) + b"".join(
                bytes(14) + shape + bytes(4) for shape in shapes
            )
            struct.pack_into("<II", main, 474, len(table), len(drawn))
            struct.pack_into("<II", main, 602, len(table) + len(drawn), len(texts))
            table.extend(drawn + texts)
            struct.pack_into("<I", main, 100, count - self.boxes[0][1])
            count = self.boxes[0][1]
        struct.pack_into("<HH", main, 0, identity, version)
        struct.pack_into("<H", main, 10, flags)
        struct.pack_into("<H", main, 32, 14)
        struct.pack_into("<H", main, 62, 22)
        struct.pack_into("<I", main, 76, count)
        struct.pack_into("<H", main, 152, 93)
        struct.pack_into("<II", main, 250, *characters)
        struct.pack_into("<II", main, 258, *paragraphs)
        struct.pack_into("<II", main, 418, at, len(clx))
        return compound({"WordDocument": bytes(main), "1Table": bytes(table), "Data": self.data or b"\0"})


def grids(reading: Reading) -> list[Grid]:
    return [block for block in reading.blocks if isinstance(block, Grid)]


def lines(reading: Reading) -> list[str]:
    return [block.text for block in reading.blocks if isinstance(block, Line)]


def shown(grid: Grid) -> list[list[str]]:
    return [[cell.text if cell else "" for cell in row] for row in grid.matrix()]


def spans(grid: Grid) -> set[tuple[int, int, int, int]]:
    return {(c.row, c.col, c.rows, c.cols) for c in grid.cells if c.rows > 1 or c.cols > 1}


def test_a_header_keeps_cells_merged_down_and_across() -> None:
    writer = Writer().add("部门预算收入总表")
    writer.row(["项目", "收入", "支出"], row_definition([0, 2000, 4000, 5000], vertical={0: 3, 2: 3}))
    writer.row(["", "基本", "项目支出", ""], row_definition([0, 2000, 3000, 4000, 5000], vertical={0: 1, 3: 1}))
    writer.row(["合计", "1,234.56", "7.00", "8"], row_definition([0, 2000, 3000, 4000, 5000]))
    reading = read_doc(writer.add("注：无").bytes())
    assert lines(reading) == ["部门预算收入总表", "注：无"]
    (grid,) = grids(reading)
    assert spans(grid) == {(0, 0, 2, 1), (0, 1, 1, 2), (0, 3, 2, 1)}
    assert shown(grid) == [
        ["项目", "收入", "", "支出"],
        ["", "基本", "项目支出", ""],
        ["合计", "1,234.56", "7.00", "8"],
    ]
    assert grid.cells[0].at is not None and grid.cells[0].at.model_dump() == {"table": 1, "row": 0, "col": 0}


@pytest.mark.parametrize("marks", [{0: 1, 1: 2}, {0: 2, 1: 1}])
def test_cells_merged_across_by_marks_are_one_whichever_mark_the_writer_puts_first(marks: dict[int, int]) -> None:
    writer = Writer().row(["收入", "", "支出"], row_definition([0, 1000, 2000, 3000], across=marks))
    writer.row(["a", "b", "c"], row_definition([0, 1000, 2000, 3000]))
    (grid,) = grids(read_doc(writer.add("").bytes()))
    assert shown(grid) == [["收入", "", "支出"], ["a", "b", "c"]]
    assert spans(grid) == {(0, 0, 1, 2)}


def test_a_table_stays_one_where_the_number_of_cells_changes() -> None:
    writer = Writer().row(["单位：万元"], row_definition([0, 3000]))
    writer.row(["1", "2", "3"], row_definition([0, 1000, 2000, 3000]))
    writer.row(["4", "5"], row_definition([0, 1000, 3000]))
    (grid,) = grids(read_doc(writer.add("").bytes()))
    assert (grid.n_rows, grid.n_cols) == (3, 3)
    assert spans(grid) == {(0, 0, 1, 3), (2, 1, 1, 2)}


def test_edges_that_slipped_by_a_millimetre_make_no_column_but_a_narrow_cell_does() -> None:
    writer = Writer().row(["a", "b"], row_definition([0, 1000, 2000]))
    writer.row(["c", "d"], row_definition([10, 1060, 1990]))
    writer.row(["e", "f", "g"], row_definition([0, 900, 1000, 2000]))
    (grid,) = grids(read_doc(writer.add("").bytes()))
    assert grid.n_cols == 3
    assert shown(grid) == [["a", "", "b"], ["c", "", "d"], ["e", "f", "g"]]


def test_hidden_and_deleted_text_and_field_codes_are_not_shown() -> None:
    writer = Writer().add("看不见", character=sprm(0x083C, b"\1")).add("已删除", character=sprm(0x0800, b"\1"))
    reading = read_doc(writer.add('见\x13 HYPERLINK "http://x" \x14附件\x15。').bytes())
    assert lines(reading) == ["见附件。"]


def test_a_row_too_long_for_its_page_is_found_in_the_data_stream() -> None:
    edges = list(range(0, 200 * 41, 200))
    definition = ROW_END + row_definition(edges)
    writer = Writer(data=struct.pack("<H", len(definition)) + definition)
    for number in range(40):
        writer.add(str(number), IN_TABLE, "\x07")
    writer.add("", sprm(0x6646, struct.pack("<I", 0)), "\x07")
    (grid,) = grids(read_doc(writer.add("").bytes()))
    assert (grid.n_rows, grid.n_cols) == (1, 40)
    assert [cell.text for cell in grid.cells] == [str(n) for n in range(40)]


def test_a_table_inside_a_cell_follows_the_table_that_holds_it() -> None:
    inner = IN_TABLE + sprm(0x6649, struct.pack("<i", 2))
    writer = Writer().add("外", IN_TABLE, "\x07")
    writer.add("内一", inner + sprm(0x244B, b"\1")).add("内二", inner + sprm(0x244B, b"\1"))
    writer.add("", inner + sprm(0x244B, b"\1") + sprm(0x244C, b"\1") + row_definition([0, 500, 1000]))
    writer.add("右", IN_TABLE, "\x07").add("", ROW_END + row_definition([0, 1000, 3000]), "\x07")
    first, second = grids(read_doc(writer.add("").bytes()))
    assert [c.text for c in first.cells] == ["外", "右"]
    assert [c.text for c in second.cells] == ["内一", "内二"]
    assert second.cells[0].at is not None and second.cells[0].at.model_dump() == {"table": 2, "row": 0, "col": 0}


def test_headings_indents_and_line_breaks_are_kept_as_the_other_readers_keep_them() -> None:
    writer = Writer().add("第一部分", sprm(0x2640, b"\0")).add("正文", sprm(0x2640, b"\x09"))
    writer.row(["　　其中：房屋", "1382\x0b.5"], row_definition([0, 1000, 2000]))
    writer.row(["办公费", "2"], row_definition([0, 1000, 2000]), cell_properties=sprm(0x840F, struct.pack("<h", 430)))
    reading = read_doc(writer.add("").bytes())
    headings = [block.heading for block in reading.blocks if isinstance(block, Line)]
    (grid,) = grids(reading)
    assert headings == [1, None]
    assert [(c.text, c.indent) for c in grid.cells] == [("　　其中：房屋", 2), ("1382.5", 0), ("办公费", 2), ("2", 2)]


def test_text_of_one_byte_a_character_and_beyond_the_basic_plane_is_read() -> None:
    assert lines(read_doc(Writer().add("Budget 1,234.56 – £").bytes(narrow=True))) == ["Budget 1,234.56 – £"]
    assert lines(read_doc(Writer().add("㐂𠮷野").add("二").bytes())) == ["㐂𠮷野", "二"]


def test_many_paragraphs_over_many_pages_of_properties_keep_their_order() -> None:
    writer = Writer()
    for number in range(500):
        writer.row([f"第{number}行", f"{number}.00"], row_definition([0, 1000, 2000]))
    (grid,) = grids(read_doc(writer.add("").bytes()))
    assert grid.n_rows == 500
    assert shown(grid)[499] == ["第499行", "499.00"]


def test_a_text_box_stands_where_it_is_anchored_and_not_at_the_end() -> None:
    special = sprm(0x0855, b"\1")
    writer = Writer().add("标题").add("\x08", character=special).add("\x08", character=special).add("正文")
    start = len(writer.text)
    writer.add("单位：万元").row(["甲", "1"], row_definition([0, 1000, 2000]))
    middle = len(writer.text)
    writer.add("框二")
    writer.boxes = [(3, start, middle), (5, middle, len(writer.text))]
    reading = read_doc(writer.bytes())
    assert [b.text if isinstance(b, Line) else shown(b) for b in reading.blocks] == [
        "标题", "单位：万元", [["甲", "1"]], "框二", "正文",
    ]  # fmt: skip


def test_tables_with_text_between_them_are_two() -> None:
    writer = Writer().row(["a", "1"], row_definition([0, 1000, 2000])).add("表二")
    reading = read_doc(writer.row(["b", "2"], row_definition([0, 1000, 2000])).add("").bytes())
    assert [type(block).__name__ for block in reading.blocks] == ["Grid", "Line", "Grid"]


def test_a_table_of_one_cell_is_a_frame_and_its_text_stands_in_its_place() -> None:
    reading = read_doc(Writer().row(["封面"], row_definition([0, 9000])).add("正文").bytes())
    assert lines(reading) == ["封面", "正文"]
    assert grids(reading) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [({"flags": 0x0300}, "encrypted"), ({"version": 0x68}, "unsupported"), ({"identity": 0xA5DC}, "unsupported"),
     ({"flags": 0x0000}, "corrupt")],
)  # fmt: skip
def test_files_that_cannot_be_read_say_why(change: dict[str, int], code: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_doc(Writer().add("一").bytes(**change))  # type: ignore[arg-type]
    assert caught.value.code == code


def test_damaged_files_give_a_reading_or_a_reason_and_nothing_else() -> None:
    writer = Writer().add("标题")
    for number in range(20):
        writer.row(["项目", str(number)], row_definition([0, 1000, 2000], vertical={0: 3 if number % 2 == 0 else 1}))
    whole, dice = writer.add("").bytes(), random.Random(20240229)
    outcomes: Counter[str] = Counter()
    for _ in range(400):
        damaged = bytearray(whole[: dice.randrange(len(whole))] if dice.random() < 0.25 else whole)
        for _ in range(dice.choice((1, 3, 30))):
            if damaged:
                damaged[dice.randrange(len(damaged))] = dice.choice((0, 1, 127, 128, 255))
        detect(bytes(damaged))
        try:
            outcomes[read_doc(bytes(damaged)).reader] += 1
        except UnreadableError as error:
            outcomes[error.code] += 1
    assert outcomes["doc"] > 50
    assert outcomes["corrupt"] > 50


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


@pytest.mark.skipif(not SAMPLES, reason="no sample documents beside the project (YUSUAN_SHARED)")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_give_every_grid_and_span_of_their_truth(path: Path) -> None:
    truth = json.loads(path.with_name(path.stem + ".truth.json").read_text(encoding="utf-8"))
    assert detect(path.read_bytes()) is FileKind.DOC
    read = grids(read_doc(path.read_bytes()))
    wanted = [block for block in truth["blocks"] if block["type"] == "table"]
    assert len(read) == len(wanted)
    for grid, table in zip(read, wanted, strict=True):
        skip = len(table.get("pre_rows") or [])
        texts = [[_squeezed(text) for text in row] for row in shown(grid)][skip:]
        assert texts == [[_squeezed(text) for text in row] for row in table["grid"]]
        assert {(r - skip, c, h, w) for r, c, h, w in spans(grid) if r >= skip} == {tuple(s) for s in table["spans"]}


@pytest.mark.skipif(not SAMPLES, reason="no sample documents beside the project (YUSUAN_SHARED)")
def test_an_independent_reader_sees_the_same_words() -> None:
    office_oxide = pytest.importorskip("office_oxide")
    for path in SAMPLES:
        other = office_oxide.Document.open(str(path)).plain_text()
        own = [
            b.text if isinstance(b, Line) else "".join(c.text for c in b.cells)
            for b in read_doc(path.read_bytes()).blocks
        ]
        assert Counter("".join(own)) - Counter(other) <= Counter({" ": 10_000, "　": 10_000})
