"""RTF → `Reading`: tokens → paragraphs with their table places → lines and grids (`word_flow`).

Text, table properties and pictures are read. Objects, fields' instructions and every unknown destination are passed over
without being decoded.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace
from typing import Any

from extract.readers.embedded_pictures import PictureReader, as_table
from extract.readers.word_flow import CellEdges, FlowWalk, Paragraph, ParagraphProperties
from extract.reading import Grid, Line, NotUnderstood, Reading, UnreadableError, raised

MAX_BYTES = 200 * 1024 * 1024
MAX_GROUPS = 5000
MAX_CELLS_OF_ROW = 500

_TOKEN = re.compile(
    rb"\\(?P<word>[A-Za-z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|\\'(?P<hex>[0-9A-Fa-f]{2})"
    rb"|\\(?P<symbol>[^A-Za-z])"
    rb"|(?P<brace>[{}])"
    rb"|[\r\n\x00]+"
    rb"|(?P<text>[^\\{}\r\n\x00]+)"
)
_CHARSETS = {128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254", 177: "cp1255",
             178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250"}  # fmt: skip
_CHARACTERS = {
    "tab": " ", "line": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "emspace": "\u2003", "enspace": "\u2002", "qmspace": "\u2005", "column": "\n",
}  # fmt: skip
_SYMBOLS = {b"~": "\xa0", b"_": "-", b"-": "", b"\\": "\\", b"{": "{", b"}": "}", b"\t": " "}
_UNSHOWN = {
    "colortbl", "info", "pict", "object", "objdata", "header", "headerl", "headerr", "headerf", "footer", "footerl",
    "footerr", "footerf", "footnote", "annotation", "fldinst", "nonshppict", "nonesttables", "generator", "listtable",
    "listoverridetable", "rsidtbl", "themedata", "datastore", "xmlnstbl", "filetbl", "revtbl", "bkmkstart", "bkmkend",
    "atnid", "atnauthor", "tc", "xe", "private", "title", "author", "sp", "sn", "sv", "mmathPr", "pgptbl", "latentstyles",
    "background", "template", "userprops", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "formfield",
}  # fmt: skip
_LETTERS = {"v", "deleted", "super", "sub", "up", "dn", "nosupersub", "strike", "striked", "plain"}
LIFTED = 6
"""Half points by which letters stand above or below the line from which on they are a mark and no text of it."""
LEAST_DRAWING = 4096
"""Bytes of a drawing of Windows from which on it may show more than a line."""
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_SHOWN_STARRED = {"nesttableprops", "shpinst", "shptxt", "shppict"}


def read_rtf(data: bytes) -> Reading:
    """An RTF file → lines and grids. Raises UnreadableError (corrupt, limit_size, limit_nesting) and nothing else."""
    if len(data) > MAX_BYTES:
        raise UnreadableError("limit_size", f"{len(data):,} bytes of RTF are more than the {MAX_BYTES:,} allowed")
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rt"):
        raise UnreadableError("corrupt", "the file does not begin as RTF")
    reader = _Reader()
    blocks: list[Line | Grid] = list(FlowWalk().blocks(reader.read(data), 0))
    pictures = PictureReader()
    tables = sum(isinstance(block, Grid) for block in blocks)
    for number, picture in enumerate(reader.pictures, 1):
        # where in the text they stand is not kept: a table in a picture is read behind all others
        for block in pictures.blocks(picture, f"picture {number}"):
            tables += isinstance(block, Grid)
            blocks.append(as_table(block, tables) if isinstance(block, Grid) else block)
    return Reading(reader="rtf", blocks=tuple(blocks), not_understood=(*reader.met, *pictures.met))


@dataclass(slots=True)
class _Group:
    """What a group inherits and its end restores."""

    shown: bool = True
    destination: str = ""
    hidden: bool = False
    raised: bool = False
    struck_out: bool = False
    picture: bool = False
    font: int = -1
    unicode_skip: int = 1
    paragraph: ParagraphProperties = field(default_factory=ParagraphProperties)


@dataclass(slots=True)
class _RowDefinition:
    left: int = 0
    header: bool = False
    cells: list[CellEdges] = field(default_factory=list)
    across: int = 0
    vertical: int = 0


class _Reader:
    def __init__(self) -> None:
        self.group = _Group()
        self.stack: list[_Group] = []
        self.code_page = "cp1252"
        self.default_font = -1
        self.fonts: dict[int, int] = {}
        self.defining_font = -1
        self.style_outlines: dict[int, int] = {}
        self.defining_style = 0
        self.text: list[str] = []
        self.waiting = bytearray()
        self.skip = 0
        self.starred = False
        self.row = _RowDefinition()
        self.nested_row = _RowDefinition()
        self.found: list[Paragraph] = []
        self.pictures: list[bytes] = []
        self.met: list[NotUnderstood] = []
        self._hex = bytearray()

    def read(self, data: bytes) -> list[Paragraph]:
        at, size = 0, len(data)
        while at < size:
            token = _TOKEN.match(data, at)
            if token is None:  # a lone backslash at the end
                break
            at = token.end()
            kind = token.lastgroup
            if kind == "text":
                self._bytes(token.group("text"))
            elif kind == "hex":
                self._bytes(bytes([int(token.group("hex"), 16)]))
            elif kind == "brace":
                self._brace(token.group("brace"))
            elif kind == "symbol":
                self._symbol(token.group("symbol"))
            elif token.group("word"):
                number = token.group("number")
                value = int(number) if number is not None else None
                word = token.group("word").decode("ascii")
                if word == "bin":
                    if self.group.picture:
                        self._hex += data[at : at + max(0, value or 0)].hex().encode()
                    at += max(0, value or 0)
                    continue
                self._word(word, value)
        # a stray brace leaves groups open too; what was cut off does not end in one
        if at > size or (self.stack and not data.rstrip(b"\x00 \t\r\n").endswith(b"}")):
            raise UnreadableError(
                "truncated", "the RTF text ends inside an open group: it is cut off; download it again"
            )
        self._decode()
        if "".join(self.text).strip():
            self._end("")
        return self.found

    def _brace(self, brace: bytes) -> None:
        self._decode()
        self.skip = 0
        self.starred = False
        if brace == b"{":
            if len(self.stack) >= MAX_GROUPS:
                raise UnreadableError("limit_nesting", f"groups nested more than {MAX_GROUPS:,} deep")
            self.stack.append(self.group)
            self.group = replace(self.group)
        elif self.stack:
            if self.group.picture and not self.stack[-1].picture:
                self._end_picture()
            self.group = self.stack.pop()

    def _end_picture(self) -> None:
        digits = bytes(self._hex)
        self._hex = bytearray()
        data = bytes.fromhex(digits.decode("ascii")[: len(digits) // 2 * 2])
        begins = [at for at in (data.find(mark) for mark in _PICTURES) if at >= 0]
        if begins:
            self.pictures.append(data[min(begins) :])
        elif len(data) > LEAST_DRAWING:
            self.met.append(NotUnderstood("picture", f"a drawing of {len(data):,} bytes"))

    def _bytes(self, raw: bytes) -> None:
        if self.group.picture:
            self._hex += bytes(sign for sign in raw if sign in b"0123456789abcdefABCDEF")
            return
        if self.skip:
            passed = min(self.skip, len(raw))
            self.skip -= passed
            raw = raw[passed:]
        if raw and self.group.shown and not self.group.destination and not self.group.hidden:
            if self.group.struck_out:
                if re.search(rb"\d", raw):
                    self.met.append(NotUnderstood("struck_out", raw.decode("ascii", "replace").strip()))
                return
            self.waiting += raw

    def _decode(self) -> None:
        if not self.waiting:
            return
        raw, self.waiting = bytes(self.waiting), bytearray()
        font = self.group.font if self.group.font >= 0 else self.default_font
        named = _CHARSETS.get(self.fonts.get(font, 0))
        for charset in dict.fromkeys((named or self.code_page, self.code_page, "gb18030", "cp1252")):
            try:
                text = raw.decode(charset)
                self.text.append(raised(text) if self.group.raised else text)
                return
            except UnicodeDecodeError:
                continue
        self.text.append(raw.decode(named or self.code_page, "replace"))

    def _put(self, text: str) -> None:
        self._decode()
        if self.skip:
            self.skip -= 1
        elif self.group.shown and not self.group.destination and not self.group.hidden:
            self.text.append(text)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self.starred = True
        elif symbol in (b"\r", b"\n"):
            self._word("par", None)
        elif symbol in _SYMBOLS:
            self._put(_SYMBOLS[symbol])

    def _word(self, word: str, value: int | None) -> None:
        self._decode()
        starred, self.starred = self.starred, False
        group = self.group
        if word == "u" and value is not None:
            self._put(chr(value % 65536))
            self.skip = group.unicode_skip
            return
        if self.skip:
            self.skip -= 1
            return
        if word == "pict" and group.shown and not group.hidden:
            group.picture = True
        if word in _UNSHOWN or (starred and word not in _SHOWN_STARRED):
            group.shown = False
            group.picture = group.picture and not starred
        elif word in ("fonttbl", "stylesheet", "nesttableprops"):
            group.destination = word
        if not group.shown:
            return
        if group.destination == "fonttbl":
            self._font_table(word, value)
        elif group.destination == "stylesheet":
            self._style_sheet(word, value)
        elif word in _CHARACTERS:
            self._put(_CHARACTERS[word])
        else:
            self._document(word, value)

    def _font_table(self, word: str, value: int | None) -> None:
        if word == "f" and value is not None:
            self.defining_font = value
        elif word == "fcharset" and value is not None:
            self.fonts[self.defining_font] = value

    def _style_sheet(self, word: str, value: int | None) -> None:
        if word == "s" and value is not None:
            self.defining_style = value
        elif word in ("cs", "ds", "ts"):
            self.defining_style = -1
        elif word == "outlinelevel" and value is not None and self.defining_style >= 0:
            self.style_outlines[self.defining_style] = value

    def _document(self, word: str, value: int | None) -> None:
        number = value or 0
        group, row = self.group, self._row()
        if word in _LETTERS:
            self._letters(word, value)
        elif word == "ansicpg":
            self.code_page = _code_page(number)
        elif word == "deff":
            self.default_font = number
        elif word == "uc":
            group.unicode_skip = max(0, min(number, 10))
        elif word == "f":
            group.font = number
        elif word in ("par", "sect", "page"):
            self._end("\r")
        elif word == "pard":
            self.group.paragraph = ParagraphProperties()
        elif word in _PARAGRAPH:
            changed: dict[str, Any] = {_PARAGRAPH[word]: number}
            group.paragraph = replace(group.paragraph, **changed)
        elif word == "intbl":
            self.group.paragraph = replace(self.group.paragraph, in_table=True)
        elif word == "s" and number in self.style_outlines:
            self.group.paragraph = replace(self.group.paragraph, outline=self.style_outlines[number])
        elif word in ("cell", "nestcell"):
            self._end_cell(nested=word == "nestcell")
        elif word in ("row", "nestrow"):
            self._end_row(nested=word == "nestrow")
        elif word == "trowd":
            self._begin_row()
        elif word == "trleft":
            row.left = number
        elif word == "trhdr":
            row.header = True
        elif word in ("clmgf", "clmrg"):
            row.across = 1 if word == "clmgf" else 2
        elif word in ("clvmgf", "clvmrg"):
            row.vertical = 3 if word == "clvmgf" else 1
        elif word == "cellx":
            self._define_cell(number)

    def _letters(self, word: str, value: int | None) -> None:
        on, number, group = value != 0, value or 0, self.group
        if word in ("v", "deleted"):
            group.hidden = on
        elif word in ("strike", "striked"):
            group.struck_out = on
        elif word == "plain":
            group.hidden, group.raised, group.struck_out, group.font = False, False, False, -1
        else:
            group.raised = (word in ("super", "sub") and on) or number >= LIFTED

    def _row(self) -> _RowDefinition:
        # tables inside cells define their rows in a destination of their own, the outer row waits
        return self.nested_row if self.group.destination == "nesttableprops" else self.row

    def _begin_row(self) -> None:
        if self.group.destination == "nesttableprops":
            self.nested_row = _RowDefinition()
        else:
            self.row = _RowDefinition()

    def _define_cell(self, right: int) -> None:
        row = self._row()
        if len(row.cells) < MAX_CELLS_OF_ROW:
            left = row.cells[-1].right if row.cells else min(row.left, right)
            row.cells.append(CellEdges(left, max(left, right), row.across, row.vertical))
        row.across = row.vertical = 0

    def _end(self, mark: str, properties: ParagraphProperties | None = None) -> None:
        text = "".join(self.text)
        if any("\ud800" <= ch < "\ue000" for ch in text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self.text = []
        found = properties or self.group.paragraph
        heading = found.outline + 1 if 0 <= found.outline < 9 and not found.in_table else None
        self.found.append(Paragraph(text, mark, found, heading))

    def _end_cell(self, *, nested: bool) -> None:
        depth = max(2, self.group.paragraph.depth) if nested else 1
        properties = replace(self.group.paragraph, in_table=True, depth=depth, inner_cell=nested)
        self._end("\x07" if not nested else "\r", properties)

    def _end_row(self, *, nested: bool) -> None:
        self.text = []
        row = self.nested_row if nested else self.row
        depth = max(2, self.group.paragraph.depth) if nested else 1
        properties = ParagraphProperties(
            in_table=True, depth=depth, row_end=not nested, inner_row_end=nested, cells=tuple(row.cells),
            header_row=row.header,
        )  # fmt: skip
        self._end("\x07" if not nested else "\r", properties)


_PARAGRAPH = {
    "itap": "depth", "outlinelevel": "outline", "li": "left", "lin": "left", "fi": "first", "culi": "left_characters",
    "cufi": "first_characters",
}  # fmt: skip


def _code_page(number: int) -> str:
    if number == 936:
        return "gb18030"
    try:
        return codecs.lookup(f"cp{number}").name
    except LookupError:
        return "cp1252"
