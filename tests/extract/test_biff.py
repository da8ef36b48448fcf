"""Number formats of .xls workbooks: what the sheet shows, from the records beside the values. Files are put together here."""

from __future__ import annotations

import struct

from archive.compound_file import SIGNATURE
from extract.readers.biff import SheetLooks, xls_looks

Records = list[tuple[int, bytes]]
BOF8 = (0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
EOF = (0x000A, b"")
FREE, END, FAT_SECTOR, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def packed(records: Records) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in records)


def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    letters = (name + "\0").encode("utf-16-le")
    return (
        letters.ljust(64, b"\0") + struct.pack("<HBBIII", len(letters), kind, 1, NONE, NONE, child) + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )  # fmt: skip


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file of one stream: header, allocation table, directory, sectors of the stream."""
    stream = stream.ljust(4096, b"\0")
    count = (len(stream) + 511) // 512
    fat = [FAT_SECTOR, END, *range(3, 2 + count), END]
    header = SIGNATURE + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10
    header += struct.pack("<IIIIIIII", 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<I", 0) + b"\xff" * (4 * 108)
    directory = entry("Root Entry", 5, 1, END, 0) + entry(name, 2, NONE, 2, len(stream)) + b"\0" * 256
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff")
    return header + table + directory + stream.ljust(512 * count, b"\0")


def workbook(cells: Records, formats: Records, styles: list[int], indents: dict[int, int] | None = None) -> bytes:
    """`styles`: the number format of each cell style, `indents` how far some set text in; `cells`: those of the only sheet."""
    looks = [struct.pack("<HHHBBB", 0, style, 0, 1, 0, (indents or {}).get(n, 0)) for n, style in enumerate(styles)]
    names = packed([BOF8, *formats, *((0x00E0, look.ljust(20, b"\0")) for look in looks)])
    title = "收入支出决算总表".encode("utf-16-le")
    offset = len(names) + 4 + 8 + len(title) + len(packed([EOF]))
    sheet = (0x0085, struct.pack("<IBBBB", offset, 0, 0, len(title) // 2, 1) + title)
    return compound(names + packed([sheet, EOF]) + packed([BOF8, *cells, EOF]))


def own_format(number: int, code: str) -> tuple[int, bytes]:
    return 0x041E, struct.pack("<HHB", number, len(code), 0) + code.encode("latin-1")


def test_every_kind_of_number_record_has_its_format() -> None:
    cells = [
        (0x0203, struct.pack("<HHHd", 4, 1, 1, 1641.9)),
        (0x027E, struct.pack("<HHHI", 5, 1, 2, 0)),
        (0x00BD, struct.pack("<HHHIHIH", 6, 1, 1, 0, 0, 0, 2)),
        (0x0006, struct.pack("<HHHd", 7, 2, 1, 3.5) + b"\0" * 8),
    ]
    looks = xls_looks(workbook(cells, [own_format(164, "#,##0.00_ ")], [0, 164, 2]))
    assert looks == {
        "收入支出决算总表": SheetLooks(
            {(4, 1): "#,##0.00_ ", (5, 1): "0.00", (6, 1): "#,##0.00_ ", (6, 2): "General", (7, 2): "#,##0.00_ "}
        )
    }


def test_rows_of_no_height_and_hidden_columns_are_told() -> None:
    cells = [
        (0x0208, struct.pack("<HHHHHHHH", 3, 0, 2, 255, 0, 0, 0x20, 0)),
        (0x0208, struct.pack("<HHHHHHHH", 4, 0, 2, 255, 0, 0, 0, 0)),
        (0x007D, struct.pack("<HHHHHH", 2, 3, 2048, 0, 1, 0)),
    ]
    look = xls_looks(workbook(cells, [], [0]))["收入支出决算总表"]
    assert (look.hidden_rows, look.hidden_columns) == (frozenset({3}), frozenset({2, 3}))


def test_a_cell_with_an_unknown_style_and_a_record_that_breaks_off_are_passed_over() -> None:
    cells = [(0x0203, struct.pack("<HHHd", 4, 1, 9, 1.0)), (0x0203, b"\x01"), (0x00BD, b"\0" * 7)]
    assert xls_looks(workbook(cells, [], [0]))["收入支出决算总表"].formats == {}


def test_what_is_no_workbook_has_no_looks() -> None:
    assert xls_looks(b"PK\x03\x04") == {}
    assert xls_looks(compound(b"\0" * 4096, "WordDocument")) == {}
    assert xls_looks(compound(b"\xff" * 4096)) == {}


def test_text_is_set_in_as_its_style_says() -> None:
    cells = [(0x00FD, struct.pack("<HHHI", 3, 0, 1, 0)), (0x0204, struct.pack("<HHHHB", 4, 0, 2, 1, 0) + b"x")]
    (looks,) = xls_looks(workbook(cells, [], [0, 0, 0], {1: 2})).values()
    assert looks.indents == {(3, 0): 2}
