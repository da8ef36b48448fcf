"""HTML pages, and HTML that Word and Excel saved (`.htm`, `.mht`, `.doc`, `.xls` by name) → `Reading`.

Everything that a browser would show is read, nothing is fetched, run or followed. Tables that only lay out a page are no
grids: what they hold stands in their place.
"""

from __future__ import annotations

import base64
import codecs
import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from lxml import etree

from budget.disclosure import TablePlace
from extract.readers.embedded_pictures import LEAST_HEIGHT, LEAST_WIDTH, PictureReader, as_table
from extract.readers.html_seen import (
    FIGURE,
    FURNITURE,
    SHOWN_OF_ADDRESS,
    TURNED_MATHS,
    framed,
    is_hidden,
    is_raised,
    is_struck_out,
    is_unshown,
    pixels,
    shown_as,
    shown_texts,
)
from extract.readers.page_styles import Style, StyleSheets, has_ground, is_unseen, is_white
from extract.reading import Grid, GridCell, Line, NotUnderstood, Reading, UnreadableError, joined_lines, raised

MAX_BYTES = 64 * 1024 * 1024
MAX_ELEMENTS = 3_000_000
MAX_TABLE_NESTING = 40
MAX_SPAN = 1000
MAX_GRID_PLACES = 2_000_000
MAX_PARTS = 500
POINTS_OF_ONE_CHARACTER = 10.5
"""The usual size of a table's text: an indent of that width is one level."""

_DECLARED = re.compile(rb"<meta\b[^>]{0,400}?\bcharset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.I)
_XML_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)", re.I)
_MHTML = re.compile(
    rb"^\s*(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?Content-Type:\s*(?:multipart/related|text/html)", re.I
)
_CHINESE = {"gb2312", "gbk", "gb18030", "gb_2312-80", "cp936", "x-gbk", "hz-gb-2312", "chinese", "csgb2312"}


def read_html(data: bytes) -> Reading:
    """An HTML or MHTML file → lines and grids. Raises UnreadableError (empty, limit_size, limit_nesting, corrupt) only."""
    if len(data) > MAX_BYTES:
        raise UnreadableError("limit_size", f"{len(data):,} bytes of HTML are more than the {MAX_BYTES:,} allowed")
    walk = _Output()
    for part, charset in _parts(data):
        flow, met = _flow(decode_html(part, charset))
        walk.blocks(flow)
        walk.pictures.met += met
    return Reading(reader="html", blocks=tuple(walk.found), not_understood=tuple(walk.pictures.met))


def decode_html(data: bytes, transport_charset: str | None = None) -> str:
    """The text of a page: byte order mark, then what the bytes themselves prove, then what the page declares.

    Declarations lie in both directions (a GBK page that says utf-8, a UTF-8 page that says gb2312), and scripts that speak
    of `document.charset` declare nothing. Bytes that are valid UTF-8 beyond ASCII are UTF-8; all else is tried in order
    and the first that decodes without error wins, or the one with the fewest errors.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    head = data[:400]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 > len(head) and min(even, odd) * 8 < max(even, odd):
        return data.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    candidates = ["utf-8"]
    for declared in (transport_charset, _declared(data)):
        known = _codec(declared)
        if known and known not in candidates and not known.startswith(("iso8859", "cp125", "ascii")):
            candidates.append(known)
    if "gb18030" not in candidates:
        candidates.append("gb18030")
    best, fewest = "", -1
    for name in candidates:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            text = data.decode(name, "replace")
            errors = text.count("�")
            if fewest < 0 or errors < fewest:
                best, fewest = text, errors
    return best


def _declared(data: bytes) -> str | None:
    head = data[:65536]
    found = _XML_DECLARED.search(head[:400]) or _DECLARED.search(
        re.sub(rb"<script\b.*?(?:</script>|$)", b"", head, flags=re.I | re.S)
    )
    return found.group(1).decode("ascii") if found else None


def _codec(name: str | None) -> str | None:
    if not name:
        return None
    if name.lower() in _CHINESE:
        return "gb18030"
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return known.name if known._is_text_encoding and not known.name.startswith(("utf-16", "utf-32")) else None


def _parts(data: bytes) -> Iterator[tuple[bytes, str | None]]:
    """(bytes, charset of the header) of every page in the file: itself, or the HTML parts of an MHTML archive."""
    if not _MHTML.match(data[:4096]):
        yield data, None
        return
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    found = 0
    for count, part in enumerate(message.walk()):
        if count > MAX_PARTS:
            raise UnreadableError("limit_size", f"the web archive has more than {MAX_PARTS} parts")
        if part.get_content_type() != "text/html":
            continue
        body = part.get_payload(decode=True)
        if isinstance(body, bytes) and body.strip():
            found += 1
            yield body, part.get_content_charset()
    if not found:
        raise UnreadableError("corrupt", "the web archive holds no page")


@dataclass(slots=True)
class _Paragraph:
    text: str
    indent: int
    heading: int | None


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture where it stands: its bytes, or None when the page only names them."""

    label: str
    data: bytes | None


@dataclass(slots=True)
class _Flow:
    """What stands in the document or in one cell, in order, while it is read."""

    items: list[_Paragraph | _Table | _Picture] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    indent: int = 0
    heading: int | None = None
    preformatted: int = 0

    def flush(self) -> None:
        text = "".join(self.pieces)
        self.pieces = []
        if text.strip(" \n"):
            self.items.append(_Paragraph(text, self.indent, self.heading))


@dataclass(slots=True)
class _Cell:
    flow: _Flow
    rows: int
    cols: int
    indent: int


@dataclass(slots=True)
class _Row:
    cells: list[_Cell] = field(default_factory=list)
    group: int = 0
    section: str = ""


@dataclass(slots=True)
class _Table:
    rows: list[_Row] = field(default_factory=list)
    before: _Flow = field(default_factory=_Flow)
    """What stands in the table and in none of its cells, the caption too; shown before it."""
    presentation: bool = False
    group: int = 0
    section: str = ""


_BLOCKS = {
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "section", "article", "header",
    "footer", "nav", "main", "aside", "center", "blockquote", "pre", "hr", "form", "fieldset", "body", "html", "address",
    "figure", "figcaption", "table", "caption", "legend", "details", "summary", "menu", "dir",
}  # fmt: skip
_SECTIONS = {"thead", "tbody", "tfoot"}
_FRAMES: Final = frozenset({"iframe", "frame", "object", "embed"})


_AROUND_PICTURES = {"a", "nav", "header", "footer", "button"}
"""Elements whose pictures are logos, banners and buttons."""
_DATA_ADDRESS = re.compile(r"\s*data:(image/[\w.+-]{1,40})[^,]{0,80};base64,", re.I)
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|bmp|webp|tiff?)(?:[?#].*)?$", re.I)
_FIGURES_OF_A_TABLE = 4
"""Amounts in a script that writes cells from which on it holds a table."""
_SHOWN_OF_SCRIPT = 80

_TABLE_TAG = re.compile(r"<(/?)table\b", re.I)
_PAGE_BEGIN = re.compile(r"<html\b", re.I)
_PAGE_END = re.compile(r"</(?:html|body)\s*>", re.I)


def _refuse_cut(text: str) -> None:
    """A page without its end has lost the rest of it, perhaps half a number: no browser would say so.

    Every one of 147 pages of real portals closes what it opens, and so do pages saved by office programs.
    """
    if _PAGE_END.search(text):
        return
    if _PAGE_BEGIN.search(text):
        raise UnreadableError("truncated", "the page has no end (</html>); download it again")
    depth = sum(-1 if tag.group(1) else 1 for tag in _TABLE_TAG.finditer(text))
    if depth > 0:
        raise UnreadableError("truncated", "the page ends inside a table; download it again")


def _flow(text: str) -> tuple[_Flow, list[NotUnderstood]]:
    """A page → what it shows, in order, and what of it is not read."""
    if not text.strip():
        raise UnreadableError("empty", "the page holds nothing; download it again")
    _refuse_cut(text)
    # a NUL ends the text for the parser and everything after it would be lost
    text = re.sub(r"[\x00-\x08\x0b\x0e-\x1f\ufffe\uffff\ud800-\udfff]", "", text)
    # Word's and Excel's conditional parts that browsers show (`<![if …]>`) are marks, not elements
    text = re.sub(r"<!\[(?:if[^\]>]{0,200}|endif)\]>", "", text)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, recover=True, huge_tree=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError("corrupt", f"the page cannot be parsed: {error}") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        # the parser drops what stands deeper and says so only in its log
        raise UnreadableError("limit_nesting", "elements nested deeper than any browser shows them")
    if root is None:
        raise UnreadableError("empty", "the page shows nothing")
    walk = _Walk(StyleSheets(root))
    return walk.read(root), walk.met


class _Walk:
    """One pass over the elements of a page with an explicit stack: unclosed tags nest thousands deep in real pages."""

    def __init__(self, sheets: StyleSheets) -> None:
        self.sheets = sheets
        self.styles: list[tuple[str, Style]] = []
        """Of every open element: what it is shown as, and its style."""
        self.grounds: list[bool] = [sheets.linked]
        self.root = _Flow()
        self.flows: list[_Flow] = [self.root]
        self.tables: list[_Table | None] = [None]
        self.invisible: list[bool] = [False]
        self.raised = self.struck_out = self.linked = 0
        self.met: list[NotUnderstood] = []
        self.skipped: set[etree._Element] = set()

    def read(self, root: etree._Element) -> _Flow:
        count = 0
        walker = etree.iterwalk(root, events=("start", "end", "comment"))
        for event, element in walker:
            if event == "start":
                count += 1
                if count > MAX_ELEMENTS:
                    raise UnreadableError("limit_size", f"the page has more than {MAX_ELEMENTS:,} elements")
                style = self.sheets.of(element) if isinstance(element.tag, str) else {}
                if is_unshown(element, style):
                    self._passed_over(element, style)
                    walker.skip_subtree()
                    self.skipped.add(element)
                    continue
                self._start(element, style)
            elif event == "end":
                if element in self.skipped:
                    self.skipped.remove(element)
                else:
                    self._end(element)
                if element is not root:
                    self._text(element.tail)
            else:
                self._text(element.tail)
        self.root.flush()
        return self.root

    def _passed_over(self, element: etree._Element, style: Style) -> None:
        """What is not read of an element that is skipped with all it holds, where it shows or builds figures."""
        if not isinstance(element.tag, str) or is_hidden(element, style):
            return
        if element.tag == "script" and _builds_tables(element.text or ""):
            self.met.append(NotUnderstood("script", " ".join((element.text or "").split())[:_SHOWN_OF_SCRIPT]))
        elif element.tag in _FRAMES and (told := framed(element)):
            self.met.append(NotUnderstood("frame", told))
        elif element.tag in ("svg", "select", "canvas") or element.tag in TURNED_MATHS:
            self._shown_otherwise(element.tag, " ".join("".join(shown_texts(element)).split()))

    def _shown_otherwise(self, what: str, text: str) -> None:
        if FIGURE.search(text):
            self.met.append(NotUnderstood("element", f"{what}: {text[:_SHOWN_OF_SCRIPT]}"))

    def _text(self, text: str | None) -> None:
        if not text or self.invisible[-1]:
            return
        if self.struck_out:
            if re.search(r"\d", text):
                self.met.append(NotUnderstood("struck_out", " ".join(text.split())))
            return
        if self.raised:
            text = raised(text)
        flow = self.flows[-1]
        flow.pieces.append(text if flow.preformatted else _collapsed(text, "".join(flow.pieces[-1:])))

    def _start(self, element: etree._Element, style: Style) -> None:
        tag = shown_as(element, style)
        self.styles.append((tag, style))
        visibility = style.get("visibility")
        self._see(element, style)
        table = self.tables[-1]
        self._shown_otherwise("style", self.sheets.written(element))
        if "override" in style.get("unicode-bidi", "") or (tag == "bdo" and element.get("dir") == "rtl"):
            self._shown_otherwise("bdo", "".join(map(str, element.itertext()))[::-1])
        self.raised += is_raised(element, style)
        self.struck_out += is_struck_out(element, style)
        self.linked += tag in _AROUND_PICTURES
        if tag == "img":
            self._picture(element)
        elif tag == "table":
            self._start_table(element)
        elif tag in _SECTIONS and table is not None:
            table.group += 1
            table.section = tag
        elif tag == "tr" and table is not None:
            if visibility != "collapse":
                table.rows.append(_Row(group=table.group, section=table.section))
            else:
                table.rows.append(_Row(group=-1))
        elif tag in ("td", "th") and table is not None:
            self._start_cell(table, element, style)
        elif tag == "br":
            self.flows[-1].pieces.append("\n")
        elif tag == "input":
            kind = (element.get("type") or "text").lower()
            if kind in ("text", "number", "search", "tel"):
                self._text(element.get("value"))
        elif tag in _BLOCKS:
            flow = self.flows[-1]
            flow.flush()
            flow.indent = _set_in(style)
            flow.heading = _heading(tag, style)
            flow.preformatted += tag == "pre"
        self._text(element.text)

    def _see(self, element: etree._Element, style: Style) -> None:
        """Whether what stands in an element can be seen: hidden, without size or ink, or white on nothing."""
        self.grounds.append(self.grounds[-1] or has_ground(style, element))
        visibility = style.get("visibility")
        unseen = visibility in ("hidden", "collapse") if visibility else self.invisible[-1]
        self.invisible.append(unseen or is_unseen(style) or (is_white(style) and not self.grounds[-1]))

    def _picture(self, element: etree._Element) -> None:
        self._shown_otherwise("img", element.get("alt") or "")
        source = element.get("src") or ""
        sizes = [pixels(element.get(name)) for name in ("width", "height")]
        if (sizes[0] is not None and sizes[0] < LEAST_WIDTH) or (sizes[1] is not None and sizes[1] < LEAST_HEIGHT):
            return
        carried = _DATA_ADDRESS.match(source)
        if carried:
            try:
                data = base64.b64decode(unquote_to_bytes(source[carried.end() :]), validate=False)
            except ValueError:
                data = None
            self.flows[-1].items.append(_Picture(carried.group(1), data))
        elif not self.linked and _PICTURE_NAME.search(source) and not FURNITURE.search(source):
            self.flows[-1].items.append(_Picture(source[-SHOWN_OF_ADDRESS:], None))

    def _start_table(self, element: etree._Element) -> None:
        flow = self.flows[-1]
        flow.flush()
        if len(self.tables) > MAX_TABLE_NESTING:
            raise UnreadableError("limit_nesting", f"tables nested more than {MAX_TABLE_NESTING} deep")
        table = _Table(presentation=element.get("role") in ("presentation", "none"))
        flow.items.append(table)
        self.tables.append(table)
        self.flows.append(table.before)

    def _start_cell(self, table: _Table, element: etree._Element, style: dict[str, str]) -> None:
        if not table.rows:
            table.rows.append(_Row(group=table.group, section=table.section))
        flow = _Flow()
        self.flows.append(flow)
        rows = _span(element.get("rowspan"), zero=65_535)
        table.rows[-1].cells.append(
            _Cell(flow, rows, min(MAX_SPAN, _span(element.get("colspan"), zero=1)), _set_in(style))
        )

    def _end(self, element: etree._Element) -> None:
        tag, style = self.styles.pop()
        self.invisible.pop()
        self.grounds.pop()
        self.raised -= is_raised(element, style)
        self.struck_out -= is_struck_out(element, style)
        self.linked -= tag in _AROUND_PICTURES
        if tag == "table":
            self.flows.pop().flush()
            self.tables.pop()
        elif tag in _SECTIONS and self.tables[-1] is not None:
            self.tables[-1].group += 1
            self.tables[-1].section = ""
        elif tag in ("td", "th") and self.tables[-1] is not None:
            self.flows.pop().flush()
        elif tag in _BLOCKS:
            flow = self.flows[-1]
            flow.flush()
            flow.indent, flow.heading = 0, None
            flow.preformatted -= tag == "pre"


class _Output:
    """Flows → blocks; counts grids in document order, nested ones after the grid that holds them."""

    def __init__(self) -> None:
        self.found: list[Line | Grid] = []
        self.tables = 0
        self.pictures = PictureReader()

    def blocks(self, flow: _Flow) -> None:
        for item in flow.items:
            if isinstance(item, _Paragraph):
                self._lines(item)
            elif isinstance(item, _Picture):
                self._picture(item)
            else:
                self._table(item)

    def _picture(self, picture: _Picture) -> None:
        if picture.data is None:
            self.pictures.missing(picture.label)
            return
        for block in self.pictures.blocks(picture.data, picture.label):
            if isinstance(block, Grid):
                self.tables += 1
                self.found.append(as_table(block, self.tables))
            else:
                self.found.append(block)

    def _lines(self, paragraph: _Paragraph) -> None:
        # editors of portals write whole articles into one paragraph with <br> between the lines
        for text in paragraph.text.split("\n"):
            shown = re.sub(r"[^\S　]+", " ", text).strip()
            if shown:
                self.found.append(Line(text=shown, heading=paragraph.heading))

    def _table(self, table: _Table) -> None:
        self.blocks(table.before)
        rows = [row for row in _in_shown_order(table.rows) if row.group >= 0 and row.cells]
        cells = [cell for row in rows for cell in row.cells]
        if table.presentation or _lays_out(rows):
            for cell in cells:
                self.blocks(cell.flow)
            return
        self.tables += 1
        number = self.tables
        grid = _grid(rows, number)
        if grid is not None:
            self.found.append(grid)
        for cell in cells:
            for item in cell.flow.items:
                if isinstance(item, _Table):
                    self._table(item)
                elif isinstance(item, _Picture):
                    self._picture(item)


def _in_shown_order(rows: list[_Row]) -> list[_Row]:
    """A foot is shown last wherever it stands in the source."""
    return [row for row in rows if row.section != "tfoot"] + [row for row in rows if row.section == "tfoot"]


def _lays_out(rows: list[_Row]) -> bool:
    """Whether a table only arranges what it holds: one column, one row without a number, or frames of other tables."""
    cells = [cell for row in rows for cell in row.cells]
    if len(rows) == 1 and not any(_NUMBER.match(_cell_text(cell)[0].strip()) for cell in cells):
        return True
    if all(len(row.cells) == 1 for row in rows) and len({row.cells[0].cols for row in rows}) <= 1:
        return True
    if sum(1 for cell in cells if cell.flow.items) <= 1:
        return len(rows) == 1 or any(isinstance(item, _Table) for cell in cells for item in cell.flow.items)
    holds_tables = any(isinstance(item, _Table) for cell in cells for item in cell.flow.items)
    own = sum(
        1 for row in rows if sum(1 for c in row.cells if any(isinstance(i, _Paragraph) for i in c.flow.items)) > 1
    )
    return holds_tables and own < 2


_NUMBER = re.compile(r"^[-(（]?[\d,，]+(?:\.\d+)?%?[)）]?$")


def _grid(rows: list[_Row], number: int) -> Grid | None:
    """Rows → grid by the table model of HTML: cells fill the first free places, spans end with their row group."""
    taken: dict[tuple[int, int], bool] = {}
    cells: list[GridCell] = []
    width = places = 0
    ends = _group_ends(rows)
    for r, row in enumerate(rows):
        col = 0
        for cell in row.cells:
            while (r, col) in taken:
                col += 1
            down = min(cell.rows, ends[r] - r)
            across = 1
            while across < cell.cols and (r, col + across) not in taken:
                across += 1
            places += down * across
            if places > MAX_GRID_PLACES:
                raise UnreadableError("limit_size", f"table {number} has more than {MAX_GRID_PLACES:,} places")
            for i in range(r, r + down):
                for j in range(col, col + across):
                    taken[i, j] = True
            text, indent = _cell_text(cell)
            at = TablePlace(table=number, row=r, col=col)
            cells.append(GridCell(row=r, col=col, text=text, at=at, rows=down, cols=across, indent=indent))
            col += across
            width = max(width, col)
    if not cells:
        return None
    if width * len(rows) > MAX_GRID_PLACES:
        raise UnreadableError("limit_size", f"table {number} has more than {MAX_GRID_PLACES:,} places")
    heads = next((i for i, row in enumerate(rows) if row.section != "thead"), len(rows))
    return Grid(n_rows=len(rows), n_cols=width, cells=tuple(cells), header_repeat=heads if heads < len(rows) else 0)


def _group_ends(rows: list[_Row]) -> list[int]:
    ends = [0] * len(rows)
    end = len(rows)
    for r in range(len(rows) - 1, -1, -1):
        if r + 1 < len(rows) and rows[r].group != rows[r + 1].group:
            end = r + 1
        ends[r] = end
    return ends


def _cell_text(cell: _Cell) -> tuple[str, int]:
    """(text of a cell with its line breaks removed, depth of its indent in characters)."""
    texts: list[str] = []
    indent = 0
    for item in cell.flow.items:
        if not isinstance(item, _Paragraph):
            continue
        text = item.text.strip(" \n") if not texts else item.text.rstrip(" \n")
        if text.strip() and not "".join(texts).strip():
            blanks = len(text) - len(text.lstrip())
            indent = sum(2 if ch == "　" else 1 for ch in text[:blanks]) // 2 + item.indent + cell.indent
        texts += text.split("\n")
    return joined_lines(texts), indent


def _builds_tables(script: str) -> bool:
    """Whether a script writes rows of figures into the page: nothing of it is run, so they are not read."""
    return (
        bool(re.search(r"<t[dr]\b|insertRow|insertCell", script, re.I))
        and len(FIGURE.findall(script)) >= _FIGURES_OF_A_TABLE
    )


def _collapsed(text: str, before: str) -> str:
    """Text with its blanks as shown. A line break of the source between two ideographs is none on the page."""
    text = re.sub(r"(?<=[　-鿿＀-￯])[ \t]*[\r\n][ \t\r\n\f]*(?=[　-鿿＀-￯])", "", text)
    text = re.sub(r"[ \t\r\n\f]+", " ", text)
    return text.lstrip(" ") if not before or before.endswith((" ", "\n")) else text


def _heading(tag: str, style: dict[str, str]) -> int | None:
    if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
        return int(tag[1])
    level = style.get("mso-outline-level", "")
    return int(level) if level.isdigit() and 1 <= int(level) <= 9 else None


_LENGTH = re.compile(r"^(\d+(?:\.\d+)?)(pt|px|em|rem|cm|mm|in|ch)?$")
_CHARACTERS_OF_UNIT = {
    "pt": 1 / POINTS_OF_ONE_CHARACTER, "px": 0.75 / POINTS_OF_ONE_CHARACTER, "em": 1.0, "rem": 1.0, "ch": 0.5,
    "cm": 28.35 / POINTS_OF_ONE_CHARACTER, "mm": 2.835 / POINTS_OF_ONE_CHARACTER, "in": 72 / POINTS_OF_ONE_CHARACTER,
    None: 0.75 / POINTS_OF_ONE_CHARACTER,
}  # fmt: skip


def _set_in(style: dict[str, str]) -> int:
    """By how many characters a style sets its text in."""
    counted = style.get("mso-char-indent-count", "")
    if re.fullmatch(r"\d+(\.\d+)?", counted):
        return min(20, int(float(counted)))
    total = 0.0
    for name in ("padding-left", "margin-left", "text-indent"):
        length = _LENGTH.match(style.get(name, ""))
        if length:
            total += float(length.group(1)) * _CHARACTERS_OF_UNIT[length.group(2)]
    return min(20, int(total))


def _span(written: str | None, zero: int) -> int:
    """A rowspan or colspan as browsers take it: leading digits, nonsense is 1, 0 is `zero`."""
    found = re.match(r"\s*\+?(\d{1,9})", written or "")
    if not found:
        return 1
    return int(found.group(1)) or zero
