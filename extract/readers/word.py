"""Word (.docx) → `Reading`: paragraphs and tables in document order, straight from the main part.

The part is read as XML, not through a document model, because merged cells, repeated header rows, text boxes and nested
tables must all be kept. Nothing of the file is followed: no relationship, no external part, no entity, no field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from archive.file_kinds import FileKind, detect
from budget.disclosure import TablePlace
from extract.readers.embedded_pictures import PictureReader, as_table
from extract.readers.office_parts import Package, Relation, opened
from extract.reading import Grid, GridCell, Line, NotUnderstood, Reading, UnreadableError, joined_lines, raised

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_V = "{urn:schemas-microsoft-com:vml}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_O = "{urn:schemas-microsoft-com:office:office}"
_TURNED_MATHS = frozenset(
    f"{_M}{name}" for name in ("sSup", "sSub", "sSubSup", "f", "rad", "nary", "m", "limLow", "limUpp")
)
"""Formulas whose parts do not stand one behind the other: read in line, they would be another number."""
_FIGURE = re.compile(r"\d[\d,]*\.\d{2}(?!\d)")
_PLAIN_TABLES = frozenset({"", "TableGrid", "TableNormal"})
"""Styles of tables that put no colour behind a text."""
_SYMBOLS_AS_LETTERS = range(0xF020, 0xF040)
"""Signs of the font Symbol that are digits, points and the like, by the codes that Word gives them."""
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MAX_NESTING = 20
MAX_GRID_PLACES = 2_000_000
LIFTED = 6
"""Half points by which a run stands above the line from which on it is a mark and no text of the line."""
TWIPS_OF_ONE_CHARACTER = 210
"""10.5 pt, the usual size of a table's text: an indent of that width is one level."""


def read_docx(data: bytes) -> Reading:
    """A .docx file → lines and grids. Raises UnreadableError (corrupt, unsafe, limit_size) and nothing else."""
    with opened(data) as package:
        main = package.main("word/document.xml")
        root = package.xml(main)
        if root is None:
            raise UnreadableError("corrupt", f"{main} is missing: not a Word document, or a damaged one")
        body = root.find(f"{_W}body")
        if body is None:
            raise UnreadableError("corrupt", f"{main} has no body")
        styles = _heading_levels(package.xml(package.related(main, "styles") or "word/styles.xml"))
        _without_hidden_styles(body, package.xml(package.related(main, "styles") or "word/styles.xml"))
        walk = _Walk(styles, package, package.relations(main))
        blocks = tuple(walk.blocks(body))
        met = (*walk.pictures.met, *_struck_out_figures(body), *_not_in_line(body), *_beside_the_text(walk))
        return Reading(reader="docx", blocks=blocks, not_understood=met)


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
    package: Package
    relations: dict[str, Relation]
    tables: int = 0
    depth: int = 0
    pictures: PictureReader = field(default_factory=PictureReader)
    bare_objects: list[NotUnderstood] = field(default_factory=list)
    """Files that stand in the text with nothing that shows them."""
    seen_objects: set[etree._Element] = field(default_factory=set)

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
            elif tag == f"{_W}altChunk":
                yield from self._chunk(element)
        self.depth -= 1

    def _chunk(self, element: etree._Element) -> Iterator[Line | Grid]:
        """Another file that stands here as a part of the text: read like one of its own, or told not to have been read."""
        relation = self.relations.get(element.get(f"{_R}id") or "")
        data = self.package.data(relation.name) if relation is not None and not relation.external else None
        name = relation.name if relation is not None else "altChunk"
        reader = _chunk_reader(data or b"")
        if data is None or reader is None:
            self.pictures.met.append(NotUnderstood("part", name))
            return
        try:
            found = reader(data)
        except UnreadableError as error:
            self.pictures.met.append(NotUnderstood("part", f"{name}: {error.message}"))
            return
        self.pictures.met += found.not_understood
        for block in found.blocks:
            if isinstance(block, Grid):
                self.tables += 1
                yield as_table(block, self.tables)
            else:
                yield block

    def _paragraph(self, paragraph: etree._Element) -> Iterator[Line | Grid]:
        text = paragraph_text(paragraph)
        if text.strip():
            yield Line(text=re.sub(r"[^\S　]+", " ", text).strip(), heading=self._heading(paragraph))
        for box in _text_boxes(paragraph):
            yield from self.blocks(box)
        yield from self._pictures(paragraph)

    def _pictures(self, element: etree._Element) -> Iterator[Line | Grid]:
        """What the pictures below an element show; those in text boxes come with their own paragraphs."""
        for carried in element.iter(f"{_W}object"):
            named = carried.find(f"{_O}OLEObject")
            if named is None or carried.find(f".//{_V}imagedata") is not None or carried in self.seen_objects:
                continue
            self.seen_objects.add(carried)
            program = named.get("ProgID") or ""
            if not program.startswith("Equation"):
                self.bare_objects.append(NotUnderstood("embedded_file", program or "object"))
        for name in _picture_parts(element, self.relations):
            data = self.package.data(name)
            if data is None:
                self.pictures.missing(name)
                continue
            for block in self.pictures.blocks(data, name):
                if isinstance(block, Grid):
                    self.tables += 1
                    yield as_table(block, self.tables)
                else:
                    yield block

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
        for row in rows:
            yield from self._pictures(row)
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
        texts += text.split("\n")
    return joined_lines(texts), indent


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


_SKIPPED = _TURNED_MATHS | {f"{_W}rt", f"{_W}del", f"{_W}moveFrom", f"{_W}txbxContent", f"{_W}pPr", f"{_W}rPr", f"{_W}instrText", f"{_W}tbl",
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
            yield from _pieces_of_run(child)
        elif tag in (f"{_W}t", f"{_M}t"):
            yield child.text or ""
        elif tag == f"{_W}sym":
            yield _symbol(child)
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


def _pieces_of_run(run: etree._Element) -> Iterator[str]:
    properties = run.find(f"{_W}rPr")
    if properties is None:
        yield from _pieces(run)
    elif (
        _on(properties.find(f"{_W}vanish"))
        or _on(properties.find(f"{_W}webHidden"))
        or _is_struck_out(properties)
        or _is_white_on_white(run, properties)
    ):
        return
    elif _is_raised(properties):
        yield from (raised(piece) for piece in _pieces(run))
    else:
        yield from _pieces(run)


def _picture_parts(element: etree._Element, relations: dict[str, Relation]) -> list[str]:
    """The parts of the pictures shown below an element, as DrawingML or VML; previews of embedded objects included.

    Not those in text boxes, in tables inside it, and in what is shown only by programs that know nothing newer.
    """
    found = []
    for shown in element.iter(f"{_A}blip", f"{_V}imagedata"):
        inside = list(shown.iterancestors())
        inside = inside[: inside.index(element)]
        if any(a.tag in (f"{_MC}Fallback", f"{_W}txbxContent", f"{_W}tbl", f"{_W}del") for a in inside):
            continue
        relation = relations.get(shown.get(f"{_R}embed") or shown.get(f"{_R}id") or "")
        if relation is not None and not relation.external and relation.name not in found:
            found.append(relation.name)
    return found


def _is_struck_out(properties: etree._Element) -> bool:
    return _on(properties.find(f"{_W}strike")) or _on(properties.find(f"{_W}dstrike"))


def _struck_out_figures(body: etree._Element) -> Iterator[NotUnderstood]:
    """Figures that are crossed out: they are no longer meant, and a person should see what stands there instead."""
    for run in body.iter(f"{_W}r"):
        properties = run.find(f"{_W}rPr")
        text = "".join(piece.text or "" for piece in run.iter(f"{_W}t"))
        if properties is not None and re.search(r"\d", text) and _is_struck_out(properties):
            yield NotUnderstood("struck_out", text.strip())


def _is_raised(properties: etree._Element) -> bool:
    """Whether a run stands above or below the line: a note's mark, as a property of the run or by its position (half points)."""
    align, position = properties.find(f"{_W}vertAlign"), properties.find(f"{_W}position")
    if align is not None and align.get(f"{_W}val") in ("superscript", "subscript"):
        return True
    lift = (position.get(f"{_W}val") or "").removeprefix("-") if position is not None else ""
    return lift.isdigit() and int(lift) >= LIFTED


def _symbol(element: etree._Element) -> str:
    """The sign of a symbol font: those of Symbol that are digits or points as such, all others as nothing that is read."""
    code = element.get(f"{_W}char") or ""
    if (element.get(f"{_W}font") or "").lower() != "symbol" or not re.fullmatch(r"[0-9A-Fa-f]{4}", code):
        return ""
    return chr(int(code, 16) - 0xF000) if int(code, 16) in _SYMBOLS_AS_LETTERS else ""


def _is_white_on_white(run: etree._Element, properties: etree._Element) -> bool:
    """Whether a run is written in white where neither it nor its paragraph, cell or table puts a colour behind it."""
    color = properties.find(f"{_W}color")
    if color is None or (color.get(f"{_W}val") or "").upper() != "FFFFFF":
        return False
    for element in (run, *run.iterancestors()):
        for name in ("rPr", "pPr", "tcPr", "tblPr"):
            own = element.find(f"{_W}{name}")
            if own is not None and (own.find(f"{_W}shd") is not None or own.find(f"{_W}highlight") is not None):
                return False
        style = element.find(f"{_W}tblPr/{_W}tblStyle")
        if style is not None and style.get(f"{_W}val") not in _PLAIN_TABLES:
            return False
        if element.tag == f"{_W}txbxContent":
            return False
    return True


def _without_hidden_styles(body: etree._Element, styles: etree._Element | None) -> None:
    """Marks the runs whose style hides them as hidden themselves."""
    hiding = {
        style.get(f"{_W}styleId")
        for style in (styles.iter(f"{_W}style") if styles is not None else ())
        if _on(style.find(f"{_W}rPr/{_W}vanish"))
    }
    for run in body.iter(f"{_W}r") if hiding else ():
        named = run.find(f"{_W}rPr/{_W}rStyle")
        if named is not None and named.get(f"{_W}val") in hiding:
            properties = run.find(f"{_W}rPr")
            if properties is not None and properties.find(f"{_W}vanish") is None:
                properties.append(properties.makeelement(f"{_W}vanish", {}))


def _not_in_line(body: etree._Element) -> Iterator[NotUnderstood]:
    """Figures whose signs do not stand one behind the other as they are written: formulas, text from right to left."""
    for element in body.iter(*_TURNED_MATHS, f"{_W}bdo"):
        text = "".join(piece.text or "" for piece in element.iter(f"{_M}t", f"{_W}t"))
        backwards = element.tag == f"{_W}bdo" and element.get(f"{_W}val") == "rtl"
        if re.search(r"\d", text) and (element.tag != f"{_W}bdo" or backwards):
            yield NotUnderstood("element", f"{etree.QName(element).localname}: {text}")


def _beside_the_text(walk: _Walk) -> Iterator[NotUnderstood]:
    """Workbooks that stand in the text without a picture of them, and amounts in the headers and footers of the pages."""
    told = set()
    for relation in walk.relations.values():
        part = (
            walk.package.xml(relation.name) if relation.kind in ("header", "footer") and not relation.external else None
        )
        for paragraph in part.iter(f"{_W}p") if part is not None else ():
            text = paragraph_text(paragraph).strip()
            if _FIGURE.search(text) and text not in told:
                told.add(text)
                yield NotUnderstood("margin", text)
    yield from walk.bare_objects


def _chunk_reader(data: bytes) -> Callable[[bytes], Reading] | None:
    """The reader of a file that stands inside another as a part of its text."""
    found = detect(data)
    if found in (FileKind.HTML, FileKind.MHTML):
        from extract.readers.html import read_html

        return read_html
    if found is FileKind.RTF:
        from extract.readers.rtf import read_rtf

        return read_rtf
    return read_docx if found is FileKind.DOCX else None


def _text_boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    for box in paragraph.iter(f"{_W}txbxContent"):
        ancestors = list(box.iterancestors())
        inside = ancestors[: ancestors.index(paragraph)]
        if any(a.tag in (f"{_MC}Fallback", f"{_W}txbxContent") for a in inside):
            continue
        yield box
