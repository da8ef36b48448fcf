"""Word (.docx) → `Reading`: paragraphs and tables in document order, straight from `word/document.xml`.

The part is read as XML, not through a document model, because merged cells, repeated header rows, text boxes and nested
tables must all be kept. Nothing of the file is followed: no relationship, no external part, no entity, no field.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from budget.disclosure import TablePlace
from extract.reading import Grid, GridCell, Line, Reading, UnreadableError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MAX_PART_BYTES = 200 * 1024 * 1024
MAX_NESTING = 20
MAX_GRID_PLACES = 2_000_000
TWIPS_OF_ONE_CHARACTER = 210
"""10.5 pt, the usual size of a table's text: an indent of that width is one level."""


def read_docx(data: bytes) -> Reading:
    """A .docx file → lines and grids. Raises UnreadableError (corrupt, unsafe, limit_size) and nothing else."""
    root = _part(data, "word/document.xml")
    if root is None:
        raise UnreadableError("corrupt", "word/document.xml is missing: not a Word document, or a damaged one")
    body = root.find(f"{_W}body")
    if body is None:
        raise UnreadableError("corrupt", "word/document.xml has no body")
    styles = _heading_levels(_part(data, "word/styles.xml"))
    return Reading(reader="docx", blocks=tuple(_Walk(styles).blocks(body)))


def _part(data: bytes, name: str) -> etree._Element | None:
    """One XML part of the package, parsed without entities, DTD or network; None when the package has none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = {info.filename.replace("\\", "/"): info for info in package.infolist()}
            info = names.get(name)
            if info is None:
                return None
            if info.file_size > MAX_PART_BYTES:
                raise UnreadableError("limit_size", f"{name} would take {info.file_size:,} bytes, more than allowed")
            if info.flag_bits & 1:
                raise UnreadableError("encrypted", f"{name} is encrypted; ask the publisher for an open file")
            with package.open(info) as stream:
                text = stream.read(MAX_PART_BYTES + 1)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise UnreadableError("corrupt", f"{name} cannot be unpacked: {error}") from error
    if len(text) > MAX_PART_BYTES:
        raise UnreadableError("limit_size", f"{name} takes more than {MAX_PART_BYTES:,} bytes")
    return parse_xml(text, name)


def parse_xml(text: bytes, name: str) -> etree._Element:
    """XML of a hostile file → its root. A document type is refused: it exists only to define entities."""
    if b"<!DOCTYPE" in text[:4096] or b"<!ENTITY" in text[:65536]:
        raise UnreadableError("unsafe", f"{name} declares a document type; no office program writes one")
    text = text.replace(_STRICT.encode(), _W.strip("{}").encode())
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        if "huge" in str(error).lower() or "depth" in str(error).lower():
            raise UnreadableError("limit_nesting", f"{name}: {error}") from error
        raise UnreadableError("corrupt", f"{name} is not well-formed XML: {error}") from error


def _heading_levels(styles: etree._Element | None) -> dict[str, int]:
    """Style id → heading level from 1, from outline levels and the names of the built-in heading styles."""
    levels: dict[str, int] = {}
    if styles is None:
        return levels
    for style in styles.iter(f"{_W}style"):
        identity = style.get(f"{_W}styleId")
        if not identity:
            continue
        outline = style.find(f"{_W}pPr/{_W}outlineLvl")
        name = style.find(f"{_W}name")
        named = re.match(r"heading (\d)$", (name.get(f"{_W}val") or "").lower()) if name is not None else None
        level = _outline_level(outline)
        if level is not None:
            levels[identity] = level
        elif named:
            levels[identity] = int(named.group(1))
    return levels


def _outline_level(outline: etree._Element | None) -> int | None:
    """1 for the top outline level; None for body text, which Word calls level 9."""
    value = (outline.get(f"{_W}val") or "") if outline is not None else ""
    return int(value) + 1 if value.isdigit() and int(value) < 9 else None


@dataclass
class _Walk:
    """One pass over the body; counts tables in document order, nested ones after the table that holds them."""

    styles: dict[str, int]
    tables: int = 0
    depth: int = 0

    def blocks(self, parent: etree._Element) -> Iterator[Line | Grid]:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise UnreadableError("limit_nesting", f"tables or text boxes nested more than {MAX_NESTING} deep")
        for element in parent:
            tag = element.tag
            if tag == f"{_W}p":
                yield from self._paragraph(element)
            elif tag == f"{_W}tbl":
                yield from self._table(element)
            elif tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}smartTag", f"{_W}customXml", f"{_W}moveTo"):
                yield from self.blocks(element)
            elif tag == f"{_MC}AlternateContent":
                choice = element.find(f"{_MC}Choice")
                yield from self.blocks(choice if choice is not None else element)
        self.depth -= 1

    def _paragraph(self, paragraph: etree._Element) -> Iterator[Line | Grid]:
        text = paragraph_text(paragraph)
        if text.strip():
            yield Line(text=re.sub(r"[^\S　]+", " ", text).strip(), heading=self._heading(paragraph))
        for box in _text_boxes(paragraph):
            yield from self.blocks(box)

    def _heading(self, paragraph: etree._Element) -> int | None:
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        level = _outline_level(outline)
        if level is not None:
            return level
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        return self.styles.get(style.get(f"{_W}val") or "") if style is not None else None

    def _table(self, table: etree._Element) -> Iterator[Line | Grid]:
        rows = list(_rows(table))
        layout = len(rows) == 1 and len(list(_cells(rows[0]))) == 1
        if layout:
            # a table of one cell frames a page or a box of text: what it holds stands in its place
            yield from self.blocks(next(iter(_cells(rows[0]))))
            return
        self.tables += 1
        number = self.tables
        grid, nested = _grid(rows, number)
        if grid is not None:
            yield grid
        for inner in nested:
            yield from self._table(inner)


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for element in table:
        if element.tag == f"{_W}tr":
            properties = element.find(f"{_W}trPr")
            if properties is not None and (
                properties.find(f"{_W}del") is not None or _on(properties.find(f"{_W}hidden"))
            ):
                continue
            yield element
        elif element.tag in (f"{_W}sdt", f"{_W}ins", f"{_W}customXml"):
            content = element.find(f"{_W}sdtContent")
            yield from _rows(content if content is not None else element)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for element in row:
        if element.tag == f"{_W}tc":
            yield element
        elif element.tag in (f"{_W}sdt", f"{_W}ins", f"{_W}customXml"):
            content = element.find(f"{_W}sdtContent")
            yield from _cells(content if content is not None else element)


@dataclass
class _OpenCell:
    row: int
    col: int
    cols: int
    text: str
    indent: int
    rows: int = 1
    merging: bool = field(default=False)


def _grid(rows: list[etree._Element], number: int) -> tuple[Grid | None, list[etree._Element]]:
    done: list[_OpenCell] = []
    open_at: dict[int, _OpenCell] = {}
    nested: list[etree._Element] = []
    width = header_repeat = 0
    for r, row in enumerate(rows):
        properties = row.find(f"{_W}trPr")
        col = _number(properties, "gridBefore")
        if header_repeat == r and properties is not None and _on(properties.find(f"{_W}tblHeader")):
            header_repeat += 1
        still_open: dict[int, _OpenCell] = {}
        last: _OpenCell | None = None
        for cell in _cells(row):
            tc = cell.find(f"{_W}tcPr")
            span = max(1, _number(tc, "gridSpan") or 1)
            vertical = tc.find(f"{_W}vMerge") if tc is not None else None
            horizontal = tc.find(f"{_W}hMerge") if tc is not None else None
            nested.extend(cell.iterfind(f"{_W}tbl"))
            if horizontal is not None and (horizontal.get(f"{_W}val") or "continue") == "continue" and last is not None:
                last.cols += span
                col += span
                continue
            if vertical is not None and (vertical.get(f"{_W}val") or "continue") == "continue":
                above = open_at.get(col)
                if above is not None and above.cols == span:
                    above.rows += 1
                    still_open[col] = above
                    col += span
                    last = above
                    continue
            text, indent = cell_text(cell)
            last = _OpenCell(r, col, span, text, indent)
            done.append(last)
            if vertical is not None:
                still_open[col] = last
            col += span
            if (width := max(width, col)) * len(rows) > MAX_GRID_PLACES:
                raise UnreadableError("limit_size", f"table {number} has more than {MAX_GRID_PLACES:,} places")
        width = max(width, col)
        open_at = still_open
    if not done:
        return None, nested
    cells = tuple(
        GridCell(
            row=c.row, col=c.col, text=c.text, at=TablePlace(table=number, row=c.row, col=c.col), rows=c.rows,
            cols=c.cols, indent=c.indent,
        )
        for c in done
    )  # fmt: skip
    return Grid(n_rows=len(rows), n_cols=width, cells=cells, header_repeat=header_repeat), nested


def _number(properties: etree._Element | None, name: str) -> int:
    element = properties.find(f"{_W}{name}") if properties is not None else None
    value = (element.get(f"{_W}val") or "") if element is not None else ""
    return min(int(value), 1000) if value.isdigit() else 0


def _on(element: etree._Element | None) -> bool:
    return element is not None and (element.get(f"{_W}val") or "true").lower() not in ("0", "false", "off")


def cell_text(cell: etree._Element) -> tuple[str, int]:
    """(text of a cell with its line breaks removed, depth of its indent in characters)."""
    texts: list[str] = []
    indent = 0
    for paragraph in _own_paragraphs(cell):
        text = paragraph_text(paragraph)
        if text.strip() and not "".join(texts).strip():
            blanks = len(text) - len(text.lstrip())
            wide = sum(2 if ch == "　" else 1 for ch in text[:blanks])
            indent = wide // 2 + _set_in(paragraph)
        texts.append(text.replace("\n", ""))
    return "".join(texts), indent


def _set_in(paragraph: etree._Element) -> int:
    element = paragraph.find(f"{_W}pPr/{_W}ind")
    if element is None:
        return 0
    total = 0
    for name in ("left", "start", "firstLine"):
        value = element.get(f"{_W}{name}") or ""
        total += int(value) if value.isdigit() else 0
    return total // TWIPS_OF_ONE_CHARACTER


def _own_paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    for element in cell:
        if element.tag == f"{_W}p":
            yield element
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _own_paragraphs(element)


_SKIPPED = {f"{_W}del", f"{_W}moveFrom", f"{_W}txbxContent", f"{_W}pPr", f"{_W}rPr", f"{_W}instrText", f"{_W}tbl",
            f"{_MC}Fallback", f"{_W}footnoteReference", f"{_W}commentReference"}  # fmt: skip


def paragraph_text(paragraph: etree._Element) -> str:
    """The visible text of a paragraph: no deleted, hidden or field-code text, no text boxes."""
    return "".join(_pieces(paragraph))


def _pieces(element: etree._Element) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            continue
        if tag == f"{_W}r":
            properties = child.find(f"{_W}rPr")
            if properties is not None and (
                _on(properties.find(f"{_W}vanish")) or _on(properties.find(f"{_W}webHidden"))
            ):
                continue
            yield from _pieces(child)
        elif tag == f"{_W}t":
            yield child.text or ""
        elif tag in (f"{_W}tab", f"{_W}ptab"):
            yield " "
        elif tag in (f"{_W}br", f"{_W}cr"):
            yield "\n"
        elif tag == f"{_W}noBreakHyphen":
            yield "-"
        elif tag == f"{_MC}AlternateContent":
            choice = child.find(f"{_MC}Choice")
            if choice is not None:
                yield from _pieces(choice)
        else:
            yield from _pieces(child)


def _text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    for box in paragraph.iter(f"{_W}txbxContent"):
        ancestors = list(box.iterancestors())
        inside = ancestors[: ancestors.index(paragraph)]
        if any(a.tag in (f"{_MC}Fallback", f"{_W}txbxContent") for a in inside):
            continue
        yield box
