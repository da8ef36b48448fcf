"""The binary format of Word 97 to 2003 ([MS-DOC]): stories as paragraphs of visible text with their table properties.

Pieces, character and paragraph properties, styles, fields and text boxes are resolved here; `legacy_word` makes a
`Reading` of the result. Every offset of the file is checked before it is followed; macros and embedded objects are never
looked at.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from archive.compound_file import CompoundFile, NotACompoundFileError
from extract.readers.word_flow import CellEdges, Paragraph, ParagraphProperties
from extract.reading import UnreadableError

MAX_STYLE_DEPTH = 20
_PAGE = 512

# single property modifiers, [MS-DOC] 2.6
_C_VANISH, _C_DELETED, _C_FIELD_VANISH, _C_SPECIAL, _C_SYMBOL, _C_STYLE = 0x083C, 0x0800, 0x0802, 0x0855, 0x6A09, 0x4A30
_P_STYLE, _P_IN_TABLE, _P_ROW_END, _P_DEPTH, _P_DEPTH_CHANGE = 0x4600, 0x2416, 0x2417, 0x6649, 0x664A
_P_INNER_CELL, _P_INNER_ROW_END, _P_OUTLINE = 0x244B, 0x244C, 0x2640
_P_LEFT, _P_FIRST, _P_LEFT_CHARACTERS, _P_FIRST_CHARACTERS = (0x840F, 0x845E), (0x8411, 0x8460), 0x4456, 0x4457
_P_HUGE = (0x6645, 0x6646, 0x646B)
_T_DEFINE, _T_HEADER, _T_MERGE, _T_SPLIT, _T_VERTICAL, _T_INSERT, _T_DELETE, _T_WIDTH, _T_LEFT = (
    0xD608, 0x3404, 0x5624, 0x5625, 0xD62B, 0x7621, 0x5622, 0x7623, 0x9601,
)  # fmt: skip
_T_DEFINE_10, _T_GAP = 0xD606, 0x9602


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    offset: int
    width: int
    modifiers: bytes


@dataclass(slots=True)
class _CharacterStyle:
    hidden: bool = False
    deleted: bool = False
    special: bool = False
    symbol: int | None = None


@dataclass(frozen=True, slots=True)
class _Style:
    base: int
    heading: int | None
    paragraph: bytes
    character: bytes


@dataclass(slots=True)
class _Runs:
    """Ranges of file offsets, each with the property block that holds there; sorted by start."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    blocks: list[bytes] = field(default_factory=list)

    def find(self, offset: int) -> int:
        at = bisect_right(self.starts, offset) - 1
        return at if at >= 0 and offset < self.ends[at] else -1


def paragraphs(data: bytes) -> list[Paragraph]:
    """The main story of a Word 97–2003 file in reading order.

    Raises UnreadableError: corrupt, encrypted, unsupported (older than Word 97), limit_size.
    """
    try:
        return list(_Document(data).main_story())
    except (struct.error, IndexError) as error:
        raise UnreadableError("corrupt", f"a table of the Word file points outside of it: {error}") from error


class _Document:
    def __init__(self, data: bytes) -> None:
        try:
            file = CompoundFile(data)
        except NotACompoundFileError as error:
            raise UnreadableError("corrupt", f"not a Word 97–2003 file: {error}") from error
        main = file.stream("WordDocument")
        if main is None or len(main) < 154:
            raise UnreadableError("corrupt", "the WordDocument stream is missing or cut off")
        self._main = main
        identity, version = struct.unpack_from("<HH", main, 0)
        flags = struct.unpack_from("<H", main, 10)[0]
        if flags & 0x0100:
            raise UnreadableError("encrypted", "the Word file asks for a password; ask the publisher for an open file")
        if identity & 0xFF00 != 0xA500 or not version:
            raise UnreadableError("corrupt", f"the WordDocument stream does not begin as one (found {identity:#06x})")
        if identity != 0xA5EC or version < 0x00C1:
            raise UnreadableError("unsupported", f"written before Word 97 (format {version}); save it anew as .docx")
        table = file.stream("1Table" if flags & 0x0200 else "0Table")
        if table is None:
            raise UnreadableError("corrupt", "the table stream is missing: the file is cut off or damaged")
        self._table = table
        self._data = file.stream("Data") or b""
        self._lengths = struct.unpack_from(
            "<8i", main, 76
        )  # main, notes, headers, –, comments, end notes, boxes, boxes
        if any(length < 0 for length in self._lengths) or sum(self._lengths) > len(main):
            raise UnreadableError(
                "corrupt", "the Word file declares more text than it has bytes: it is cut off or damaged"
            )
        self._pieces, self._modifiers = self._piece_table()
        self._starts = [piece.start for piece in self._pieces]
        self._characters = self._formatted_pages(250, 1)
        self._paragraphs = self._formatted_pages(258, 13)
        self._styles = self._style_sheet()
        self._style_properties: dict[int, ParagraphProperties] = {}
        self._style_characters: dict[int, _CharacterStyle] = {}
        self._anchored = self._text_box_anchors()

    def main_story(self) -> Iterator[Paragraph]:
        return self._story(0, self._lengths[0], self._anchored)

    def _block(self, at: int) -> bytes:
        """The part of the table stream that the pair (offset, length) at `at` of the header points to."""
        offset, length = struct.unpack_from("<II", self._main, at)
        return self._table[offset : offset + length] if length else b""

    def _piece_table(self) -> tuple[list[_Piece], list[bytes]]:
        clx = self._block(418)
        at, modifiers = 0, []
        while at < len(clx) and clx[at] == 1:
            length = struct.unpack_from("<H", clx, at + 1)[0]
            modifiers.append(clx[at + 3 : at + 3 + length])
            at += 3 + length
        if at >= len(clx) or clx[at] != 2:
            raise UnreadableError("corrupt", "the Word file has no piece table: its text cannot be found")
        size = struct.unpack_from("<I", clx, at + 1)[0]
        table = clx[at + 5 : at + 5 + size]
        count = (len(table) - 4) // 12
        positions = struct.unpack_from(f"<{count + 1}I", table, 0)
        pieces = []
        for i in range(count):
            _, packed, modifier = struct.unpack_from("<HIH", table, 4 * (count + 1) + 8 * i)
            narrow = bool(packed & 0x40000000)
            offset = (packed & 0x3FFFFFFF) // 2 if narrow else packed & 0x3FFFFFFF
            applied = modifiers[modifier >> 1] if modifier & 1 and modifier >> 1 < len(modifiers) else b""
            if positions[i + 1] > positions[i]:
                pieces.append(_Piece(positions[i], positions[i + 1], offset, 1 if narrow else 2, applied))
        return pieces, modifiers

    def _formatted_pages(self, at: int, entry: int) -> _Runs:
        """Property blocks of all formatted pages; `entry` is the size of a page's index entry (1 or 13)."""
        table = self._block(at)
        count = (len(table) - 4) // 8
        found: list[tuple[int, int, bytes]] = []
        for i in range(max(0, count)):
            number = struct.unpack_from("<I", table, 4 * (count + 1) + 4 * i)[0] & 0x3FFFFF
            page = self._main[number * _PAGE : (number + 1) * _PAGE]
            if len(page) < _PAGE:
                continue
            runs = page[_PAGE - 1]
            if (runs + 1) * 4 + runs * entry > _PAGE - 1:
                continue
            offsets = struct.unpack_from(f"<{runs + 1}I", page, 0)
            for r in range(runs):
                where = 2 * page[(runs + 1) * 4 + r * entry]
                found.append((offsets[r], offsets[r + 1], _block_on_page(page, where, entry) if where else b""))
        found.sort(key=lambda run: run[0])
        return _Runs([run[0] for run in found], [run[1] for run in found], [run[2] for run in found])

    def _style_sheet(self) -> list[_Style | None]:
        sheet = self._block(162)
        if len(sheet) < 6:
            return []
        header, count, fixed = struct.unpack_from("<HHH", sheet, 0)
        at, styles = 2 + header, []
        for _ in range(count):
            if at + 2 > len(sheet):
                break
            size = struct.unpack_from("<H", sheet, at)[0]
            styles.append(_style(sheet[at + 2 : at + 2 + size], fixed) if size else None)
            at += 2 + size
        return styles

    def _text_box_anchors(self) -> dict[int, tuple[int, int]]:
        """Position of a drawing in the main story → (start, end) of its text box in the whole text."""
        anchors, boxes = self._block(474), self._block(602)
        start = sum(self._lengths[i] for i in (0, 1, 2, 3, 4, 5))
        count = (len(boxes) - 4) // 26
        of_shape: dict[int, tuple[int, int]] = {}
        if count > 0:
            bounds = struct.unpack_from(f"<{count + 1}I", boxes, 0)
            for i in range(count):
                shape = struct.unpack_from("<I", boxes, 4 * (count + 1) + 22 * i + 14)[0]
                of_shape.setdefault(shape, (start + bounds[i], start + bounds[i + 1]))
        count = (len(anchors) - 4) // 30
        found: dict[int, tuple[int, int]] = {}
        if count > 0:
            positions = struct.unpack_from(f"<{count + 1}I", anchors, 0)
            for i in range(count):
                shape = struct.unpack_from("<I", anchors, 4 * (count + 1) + 26 * i)[0]
                if shape in of_shape:
                    found[positions[i]] = of_shape.pop(shape)
        return found

    def _story(self, start: int, end: int, anchored: dict[int, tuple[int, int]]) -> Iterator[Paragraph]:
        text: list[str] = []
        boxes: list[tuple[Paragraph, ...]] = []
        fields: list[bool] = []  # for every open field whether its code is being passed
        codes = 0  # how many open fields stand in their code part: their text is not shown
        for position, offset, character, style, modifiers in self._characters_of(start, end):
            if position in anchored:
                first, last = anchored[position]
                boxes.append(tuple(self._story(first, last, {})))
            if character and character in "\r\x07\x0c":
                properties = self._properties_at(offset, modifiers)
                yield Paragraph("".join(text), character, properties, self._heading(properties), tuple(boxes))
                text, boxes = [], []
                continue
            if character == "\x13":
                fields.append(True)
                codes += 1
            elif character == "\x14" and fields:
                codes -= fields[-1]
                fields[-1] = False
            elif character == "\x15" and fields:
                codes -= fields.pop()
            elif not codes and not style.hidden and not style.deleted:
                text.append(_shown(character, style))
        if "".join(text).strip():
            yield Paragraph("".join(text), "", ParagraphProperties(), None, tuple(boxes))

    def _characters_of(self, start: int, end: int) -> Iterator[tuple[int, int, str, _CharacterStyle, bytes]]:
        """(position, file offset, character, style, modifiers of the piece) of the text between two positions."""
        for number in range(max(0, bisect_right(self._starts, start) - 1), len(self._pieces)):
            piece = self._pieces[number]
            if piece.start >= end:
                return
            first, last = max(start, piece.start), min(end, piece.end)
            at = piece.offset + (first - piece.start) * piece.width
            raw = self._main[at : at + (last - first) * piece.width]
            characters = raw.decode("utf-16-le" if piece.width == 2 else "cp1252", "replace")
            if piece.width == 2 and len(characters) != len(raw) // 2:
                # characters outside the basic plane take two positions; the second carries the whole
                units = struct.unpack(f"<{len(raw) // 2}H", raw[: len(raw) // 2 * 2])
                characters_at = list(_units(units))
            else:
                characters_at = list(characters)
            style, until = _CharacterStyle(), -1
            for i, character in enumerate(characters_at):
                offset = at + i * piece.width
                if offset >= until:
                    style, until = self._character_style(offset, piece.modifiers)
                yield first + i, offset, character, style, piece.modifiers

    def _character_style(self, offset: int, modifiers: bytes) -> tuple[_CharacterStyle, int]:
        style = _CharacterStyle()
        run = self._characters.find(offset)
        paragraph = self._paragraphs.find(offset)
        until = 1 << 62
        if paragraph >= 0:
            until = self._paragraphs.ends[paragraph]
            block = self._paragraphs.blocks[paragraph]
            if len(block) >= 2:
                style = replace(self._style_character(struct.unpack_from("<H", block)[0]))
        if run >= 0:
            until = min(until, self._characters.ends[run])
            self._apply_to_characters(style, self._characters.blocks[run])
        else:
            following = bisect_right(self._characters.starts, offset)
            if following < len(self._characters.starts):
                until = min(until, self._characters.starts[following])
        if modifiers:
            self._apply_to_characters(style, modifiers)
        return style, until

    def _style_character(self, number: int, depth: int = 0) -> _CharacterStyle:
        if number in self._style_characters:
            return self._style_characters[number]
        style = self._styles[number] if number < len(self._styles) else None
        if style is None or depth > MAX_STYLE_DEPTH:
            return _CharacterStyle()
        found = replace(self._style_character(style.base, depth + 1)) if style.base != number else _CharacterStyle()
        self._apply_to_characters(found, style.character, depth)
        self._style_characters[number] = found
        return found

    def _apply_to_characters(self, style: _CharacterStyle, block: bytes, depth: int = 0) -> None:
        for modifier, operand in _modifiers(block):
            if modifier == _C_VANISH:
                style.hidden = _toggled(operand[0], style.hidden)
            elif modifier == _C_DELETED:
                style.deleted = bool(operand[0])
            elif modifier == _C_SPECIAL:
                style.special = bool(operand[0])
            elif modifier == _C_SYMBOL:
                style.symbol = struct.unpack_from("<H", operand, 2)[0]
            elif modifier == _C_STYLE and depth < MAX_STYLE_DEPTH:
                named = self._style_character(struct.unpack_from("<H", operand)[0], depth + 1)
                style.hidden = style.hidden or named.hidden

    def _properties_at(self, offset: int, modifiers: bytes) -> ParagraphProperties:
        run = self._paragraphs.find(offset)
        block = self._paragraphs.blocks[run] if run >= 0 else b""
        number = struct.unpack_from("<H", block)[0] if len(block) >= 2 else 0
        found = _Paragraph(self._style_paragraph(number), number)
        self._apply_to_paragraph(found, block[2:])
        if modifiers:
            self._apply_to_paragraph(found, modifiers)
        return found.properties()

    def _style_paragraph(self, number: int, depth: int = 0) -> ParagraphProperties:
        if number in self._style_properties:
            return self._style_properties[number]
        style = self._styles[number] if number < len(self._styles) else None
        if style is None or depth > MAX_STYLE_DEPTH:
            return ParagraphProperties(style=number)
        base = self._style_paragraph(style.base, depth + 1) if style.base != number else ParagraphProperties()
        found = _Paragraph(base, number)
        self._apply_to_paragraph(found, style.paragraph)
        properties = found.properties()
        if style.heading is not None and properties.outline == 9:
            properties = replace(properties, outline=style.heading - 1)
        self._style_properties[number] = properties
        return properties

    def _heading(self, properties: ParagraphProperties) -> int | None:
        return properties.outline + 1 if properties.outline < 9 and not properties.in_table else None

    def _apply_to_paragraph(self, found: _Paragraph, block: bytes, depth: int = 0) -> None:
        for modifier, operand in _modifiers(block):
            if modifier in _P_HUGE:
                # a row of many cells is too long for the page of properties and stands in the Data stream
                at = struct.unpack_from("<I", operand)[0]
                if depth < 2 and at + 2 <= len(self._data):
                    length = struct.unpack_from("<H", self._data, at)[0]
                    self._apply_to_paragraph(found, self._data[at + 2 : at + 2 + length], depth + 1)
            else:
                found.apply(modifier, operand)


class _Paragraph:
    """Paragraph properties while modifiers are applied to them in order."""

    def __init__(self, base: ParagraphProperties, style: int) -> None:
        self.values: dict[str, int] = {
            "style": style, "in_table": base.in_table, "depth": base.depth, "row_end": base.row_end,
            "inner_cell": base.inner_cell, "inner_row_end": base.inner_row_end, "outline": base.outline,
            "left": base.left, "first": base.first, "left_characters": base.left_characters,
            "first_characters": base.first_characters, "header_row": base.header_row,
        }  # fmt: skip
        self.edges: list[int] = []
        self.gap = 0  # half the space between cells; a row's left edge is given without it
        self.flags: list[tuple[int, int]] = []

    def apply(self, modifier: int, operand: bytes) -> None:
        simple = _SIMPLE.get(modifier)
        if simple is not None:
            name, form = simple
            self.values[name] = struct.unpack_from(form, operand)[0]
        elif modifier == _P_DEPTH_CHANGE:
            self.values["depth"] += struct.unpack_from("<i", operand)[0]
        elif modifier in (_T_DEFINE, _T_DEFINE_10):
            self._define(operand)
        elif modifier == _T_MERGE:
            first, limit = operand[0], min(operand[1], len(self.flags))
            for i in range(first, limit):
                self.flags[i] = (1 if i == first else 2, self.flags[i][1])
        elif modifier == _T_SPLIT:
            for i in range(operand[0], min(operand[1], len(self.flags))):
                self.flags[i] = (0, self.flags[i][1])
        elif modifier == _T_VERTICAL and len(operand) >= 2 and operand[0] < len(self.flags):
            self.flags[operand[0]] = (self.flags[operand[0]][0], operand[1] & 3)
        elif modifier == _T_INSERT and self.edges:
            at, count, width = struct.unpack_from("<BBh", operand)
            at = min(at, len(self.flags))
            widths = [b - a for a, b in zip(self.edges, self.edges[1:], strict=False)]
            widths[at:at] = [width] * min(count, 64)
            self.flags[at:at] = [(0, 0)] * min(count, 64)
            self._from_widths(widths)
        elif modifier == _T_DELETE and self.edges:
            widths = [b - a for a, b in zip(self.edges, self.edges[1:], strict=False)]
            del widths[operand[0] : operand[1]]
            del self.flags[operand[0] : operand[1]]
            self._from_widths(widths)
        elif modifier == _T_WIDTH and self.edges:
            first, limit, width = struct.unpack_from("<BBh", operand)
            widths = [b - a for a, b in zip(self.edges, self.edges[1:], strict=False)]
            widths[first:limit] = [width] * len(widths[first:limit])
            self._from_widths(widths)
        elif modifier == _T_GAP:
            self.gap = struct.unpack_from("<h", operand)[0]
        elif modifier == _T_LEFT and self.edges:
            shift = struct.unpack_from("<h", operand)[0] - self.edges[0] - self.gap
            self.edges = [edge + shift for edge in self.edges]

    def _define(self, operand: bytes) -> None:
        count = operand[0]
        self.edges = list(struct.unpack_from(f"<{count + 1}h", operand, 1))
        at = 1 + 2 * (count + 1)
        self.flags = []
        for i in range(count):
            bits = struct.unpack_from("<H", operand, at + 20 * i)[0] if at + 20 * i + 2 <= len(operand) else 0
            self.flags.append((bits & 3, bits >> 5 & 3))

    def _from_widths(self, widths: list[int]) -> None:
        edges = [self.edges[0]]
        for width in widths:
            edges.append(edges[-1] + max(0, width))
        self.edges = edges

    def properties(self) -> ParagraphProperties:
        v = self.values
        cells = tuple(
            CellEdges(left, right, *flags)
            for left, right, flags in zip(self.edges, self.edges[1:], self.flags, strict=False)
        )
        return ParagraphProperties(
            style=v["style"], in_table=bool(v["in_table"]), depth=v["depth"], row_end=bool(v["row_end"]),
            inner_cell=bool(v["inner_cell"]), inner_row_end=bool(v["inner_row_end"]), outline=v["outline"],
            left=v["left"], first=v["first"], left_characters=v["left_characters"],
            first_characters=v["first_characters"], cells=cells, header_row=bool(v["header_row"]),
        )  # fmt: skip


_SIMPLE: dict[int, tuple[str, str]] = {
    _P_STYLE: ("style", "<H"), _P_IN_TABLE: ("in_table", "<B"), _P_ROW_END: ("row_end", "<B"), _P_DEPTH: ("depth", "<i"),
    _P_INNER_CELL: ("inner_cell", "<B"), _P_INNER_ROW_END: ("inner_row_end", "<B"), _P_OUTLINE: ("outline", "<B"),
    _P_LEFT[0]: ("left", "<h"), _P_LEFT[1]: ("left", "<h"), _P_FIRST[0]: ("first", "<h"), _P_FIRST[1]: ("first", "<h"),
    _P_LEFT_CHARACTERS: ("left_characters", "<h"), _P_FIRST_CHARACTERS: ("first_characters", "<h"),
    _T_HEADER: ("header_row", "<B"),
}  # fmt: skip


def _modifiers(block: bytes) -> Iterator[tuple[int, bytes]]:
    """(modifier, operand) of a property block; the length of a variable operand is not part of it."""
    at = 0
    while at + 2 <= len(block):
        modifier = struct.unpack_from("<H", block, at)[0]
        at += 2
        size = (1, 1, 2, 4, 2, 2, -1, 3)[modifier >> 13]
        if size < 0:
            if at >= len(block):
                return
            if modifier in (_T_DEFINE, _T_DEFINE_10):
                if at + 2 > len(block):
                    return
                size, at = struct.unpack_from("<H", block, at)[0] - 1, at + 2
            elif modifier == 0xC615 and block[at] == 255:
                deleted = block[at + 1] if at + 1 < len(block) else 0
                added_at = at + 2 + 4 * deleted
                added = block[added_at] if added_at < len(block) else 0
                size, at = 2 + 4 * deleted + 3 * added - 1, at + 1
            else:
                size, at = block[at], at + 1
        operand = block[at : at + size]
        if size > 0 and len(operand) == size:
            yield modifier, operand
        at += max(0, size)


def _block_on_page(page: bytes, at: int, entry: int) -> bytes:
    if at >= _PAGE - 1:
        return b""
    length = page[at]
    if entry == 1:
        return page[at + 1 : at + 1 + length]
    if length:
        return page[at + 1 : at + 2 * length]
    return page[at + 2 : at + 2 + 2 * page[at + 1]]


def _style(record: bytes, fixed: int) -> _Style | None:
    if len(record) < 10:
        return None
    identity, kind, count = struct.unpack_from("<HHH", record)
    at = max(10, fixed)
    if at + 2 > len(record):
        return None
    at += 2 + 2 * struct.unpack_from("<H", record, at)[0] + 2
    updates: list[bytes] = []
    for _ in range(count & 15):
        at += at & 1
        if at + 2 > len(record):
            break
        size = struct.unpack_from("<H", record, at)[0]
        updates.append(record[at + 2 : at + 2 + size])
        at += 2 + size
    identity &= 0x0FFF
    heading = identity if kind & 15 == 1 and 1 <= identity <= 9 else None
    if kind & 15 == 1:
        return _Style(kind >> 4, heading, updates[0][2:] if updates else b"", updates[1] if len(updates) > 1 else b"")
    if kind & 15 == 2:
        return _Style(kind >> 4, None, b"", updates[0] if updates else b"")
    return _Style(kind >> 4, None, b"", b"")


def _toggled(operand: int, inherited: bool) -> bool:
    """A toggle modifier: 0 off, 1 on, 0x80 as the style, 0x81 the opposite ([MS-DOC] ToggleOperand)."""
    return {0: False, 1: True, 0x80: inherited, 0x81: not inherited}.get(operand, bool(operand))


def _units(units: tuple[int, ...]) -> Iterator[str]:
    """One text a position: a surrogate pair stands whole at its second position."""
    waiting = 0
    for unit in units:
        if 0xD800 <= unit < 0xDC00:
            waiting = unit
            yield ""
        elif 0xDC00 <= unit < 0xE000:
            yield chr(0x10000 + ((waiting - 0xD800) << 10) + (unit - 0xDC00)) if waiting else ""
            waiting = 0
        else:
            yield chr(unit)


_CONTROL = {"\t": " ", "\x0b": "\n", "\x0e": "\n", "\x1e": "-", "\x1f": "", "\xa0": "\xa0"}


def _shown(character: str, style: _CharacterStyle) -> str:
    if character in _CONTROL:
        return _CONTROL[character]
    if character == "(" and style.symbol is not None:
        # a symbol stands under a bracket; those of symbol fonts (bullets, ticks) have no text
        return "" if 0xE000 <= style.symbol <= 0xF8FF or style.symbol < 32 else chr(style.symbol)
    if style.special:
        return ""  # pictures, note marks and drawings
    return "" if character and ord(character[0]) < 32 else character
