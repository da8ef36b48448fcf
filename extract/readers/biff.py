"""Number formats and hidden rows and columns of an .xls workbook ([MS-XLS]): what its values look like on the sheet.

calamine gives the values; here belongs only what it leaves out. Records are walked once, every length is bounded by the
stream, and what cannot be followed leaves a cell without a format: its plain number is shown then.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from archive.compound_file import CompoundFile, NotACompoundFileError
from extract.readers.embedded_pictures import pictures_within
from extract.readers.number_format import BUILT_IN

_BOF, _EOF, _BOUNDSHEET, _FORMAT, _XF = 0x0809, 0x000A, 0x0085, 0x041E, 0x00E0
_NUMBER, _RK, _MULRK, _FORMULA, _ROW, _COLINFO = 0x0203, 0x027E, 0x00BD, 0x0006, 0x0208, 0x007D
_LABEL, _LABEL_SHARED = 0x0204, 0x00FD
_DRAWINGS, _CONTINUE = 0x00EB, 0x003C
"""The pictures of a whole workbook, cut into records of 8,224 bytes."""
_BIFF8 = 0x0600
MAX_RECORDS = 10_000_000


@dataclass(frozen=True, slots=True)
class SheetLooks:
    """Number formats and indents by (row, column) from 0, and the rows and columns that are hidden."""

    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    indents: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many characters the text of a cell is set in by its alignment, where it is."""


def xls_looks(data: bytes) -> dict[str, SheetLooks]:
    """Sheet name → how its cells are shown; empty for a file that is no workbook of Excel 5 or later."""
    try:
        compound = CompoundFile(data)
        stream = compound.stream("Workbook") or compound.stream("Book")
    except NotACompoundFileError:
        return {}
    if not stream:
        return {}
    wide = True
    own: dict[int, str] = {}
    styles: list[tuple[int, int]] = []
    sheets: list[tuple[str, int]] = []
    for kind, record in _records(stream, 0):
        if kind == _BOF and len(record) >= 2:
            wide = struct.unpack_from("<H", record)[0] >= _BIFF8
        elif kind == _FORMAT and len(record) >= 3:
            own[struct.unpack_from("<H", record)[0]] = _text(record, 2, 2 if wide else 1, wide)
        elif kind == _XF and len(record) >= 4:
            # [MS-XLS] 2.5.20 CellXF: cIndent is the low half of the ninth byte, and only since Excel 97
            indent = record[8] & 0x0F if wide and len(record) >= 9 else 0
            styles.append((struct.unpack_from("<H", record, 2)[0], indent))
        elif kind == _BOUNDSHEET and len(record) >= 7:
            sheets.append((_text(record, 6, 1, wide), struct.unpack_from("<I", record)[0]))
    codes = [(own.get(number) or BUILT_IN.get(number, "General"), indent) for number, indent in styles]
    return {name: _sheet(stream, offset, codes) for name, offset in sheets if 0 < offset < len(stream)}


def xls_pictures(data: bytes) -> list[bytes]:
    """The pictures that lie on the sheets of an .xls, in the order of the file."""
    try:
        compound = CompoundFile(data)
        stream = compound.stream("Workbook") or b""
    except NotACompoundFileError:
        return []
    group = bytearray()
    going_on = False
    for kind, record in _records(stream, 0):
        going_on = kind == _DRAWINGS or (going_on and kind == _CONTINUE)
        if going_on:
            group += record
    return pictures_within(bytes(group))


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """(kind, bytes) of every record of one substream, up to its end."""
    for _ in range(MAX_RECORDS):
        if at + 4 > len(stream):
            return
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if kind == _EOF or at + length > len(stream):
            return
        yield kind, stream[at : at + length]
        at += length


def _text(record: bytes, at: int, size: int, wide: bool) -> str:
    """A string with its length before it; in Excel 97 and later a byte says whether its letters take two bytes."""
    count = int.from_bytes(record[at : at + size], "little")
    at += size
    if not wide:
        return record[at : at + count].decode("gb18030", "replace")
    two = bool(record[at] & 1) if at < len(record) else False
    at += 1
    return (
        record[at : at + 2 * count].decode("utf-16-le", "replace") if two else record[at : at + count].decode("latin-1")
    )


def _sheet(stream: bytes, offset: int, codes: list[tuple[str, int]]) -> SheetLooks:
    formats: dict[tuple[int, int], str] = {}
    indents: dict[tuple[int, int], int] = {}
    rows: set[int] = set()
    columns: set[int] = set()
    for kind, record in _records(stream, offset):
        if kind in (_NUMBER, _RK, _FORMULA) and len(record) >= 6:
            row, column, style = struct.unpack_from("<HHH", record)
            if style < len(codes):
                formats[row, column] = codes[style][0]
        elif kind in (_LABEL, _LABEL_SHARED) and len(record) >= 6:
            row, column, style = struct.unpack_from("<HHH", record)
            if style < len(codes) and codes[style][1]:
                indents[row, column] = codes[style][1]
        elif kind == _MULRK and len(record) >= 12:
            row, first = struct.unpack_from("<HH", record)
            for i in range((len(record) - 6) // 6):
                (style,) = struct.unpack_from("<H", record, 4 + 6 * i)
                if style < len(codes):
                    formats[row, first + i] = codes[style][0]
        elif kind == _ROW and len(record) >= 14:
            if struct.unpack_from("<H", record, 12)[0] & 0x20:
                rows.add(struct.unpack_from("<H", record)[0])
        elif kind == _COLINFO and len(record) >= 10:
            first, last, _, _, options = struct.unpack_from("<HHHHH", record)
            if options & 1:
                columns.update(range(first, min(last, 255) + 1))
    return SheetLooks(formats, frozenset(rows), frozenset(columns), indents)
