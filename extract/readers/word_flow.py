"""Words in a flow: paragraphs that know their place in a table (legacy Word, RTF) → lines and grids.

Word keeps no tables, only paragraphs that say how deep in tables they stand, where a cell ends and where a row ends. The
readers of both formats make such paragraphs; here they become blocks. Nothing of a file format belongs here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extract.readers.edge_rows import EdgeCell, EdgeRow, Merge, grid_of_rows
from extract.reading import Grid, Line, UnreadableError

MAX_NESTING = 20
TWIPS_OF_ONE_CHARACTER = 210
"""10.5 pt, the usual size of a table's text: an indent of that width is one level."""
CELL_TWIPS = 1000
"""Width given to a cell that its row does not define."""


@dataclass(frozen=True, slots=True)
class CellEdges:
    """One cell definition of a row: edges in twips, merge flags as the file has them."""

    left: int
    right: int
    across: int = 0
    """horzMerge: 0 alone; otherwise the value of the first cell of a run is the mark of a first one."""
    vertical: int = 0
    """vertMerge: 0 alone, 1 continues the cell above, 3 starts."""


@dataclass(frozen=True, slots=True)
class ParagraphProperties:
    """What of a paragraph's properties decides its place and level."""

    style: int = 0
    in_table: bool = False
    depth: int = 0
    row_end: bool = False
    inner_cell: bool = False
    inner_row_end: bool = False
    outline: int = 9
    left: int = 0
    first: int = 0
    left_characters: int = 0
    first_characters: int = 0
    cells: tuple[CellEdges, ...] = ()
    header_row: bool = False

    @property
    def table_depth(self) -> int:
        """0 outside tables, 1 in a table, 2 in a table inside a cell …"""
        return max(self.depth, 1) if self.in_table or self.row_end else self.depth

    @property
    def ends_row(self) -> bool:
        return self.row_end or self.inner_row_end


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, cell end or row end. `text` is what is visible, `mark` the character that ended it."""

    text: str
    mark: str
    properties: ParagraphProperties
    heading: int | None = None
    boxes: tuple[tuple[Paragraph, ...], ...] = ()
    """The paragraphs of every text box anchored in it."""


class FlowWalk:
    """One pass over a story; counts tables in document order, nested ones after the table that holds them."""

    def __init__(self) -> None:
        self.tables = 0

    def blocks(self, story: Sequence[Paragraph], depth: int) -> Iterator[Line | Grid]:
        """Blocks of paragraphs that stand `depth` tables deep."""
        if depth > MAX_NESTING:
            raise UnreadableError("limit_nesting", f"tables nested more than {MAX_NESTING} deep")
        at = 0
        while at < len(story):
            if story[at].properties.table_depth <= depth:
                yield from self._paragraph(story[at], depth)
                at += 1
                continue
            end = at
            while end < len(story) and story[end].properties.table_depth > depth:
                end += 1
            yield from self._table(story[at:end], depth + 1)
            at = end

    def _paragraph(self, paragraph: Paragraph, depth: int) -> Iterator[Line | Grid]:
        if paragraph.text.strip():
            yield Line(text=re.sub(r"[^\S　]+", " ", paragraph.text).strip(), heading=paragraph.heading)
        for box in paragraph.boxes:
            yield from self.blocks(box, depth)

    def _table(self, story: Sequence[Paragraph], depth: int) -> Iterator[Line | Grid]:
        rows = list(_rows(story, depth))
        if len(rows) == 1 and len(rows[0][0]) == 1:
            # a table of one cell frames a page or a box of text: what it holds stands in its place
            for inner in _runs(rows[0][0][0], depth):
                yield from self.blocks(inner, depth)
            return
        self.tables += 1
        grid = grid_of_rows([_edge_row(cells, end, depth) for cells, end in rows], self.tables)
        if grid is not None:
            yield grid
        for cells, _ in rows:
            for cell in cells:
                yield from self._inside(cell, depth)

    def _inside(self, cell: Sequence[Paragraph], depth: int) -> Iterator[Line | Grid]:
        for inner in _runs(cell, depth):
            if inner[0].properties.table_depth > depth:
                yield from self.blocks(inner, depth)
        for paragraph in cell:
            for box in paragraph.boxes:
                yield from self.blocks(box, 0)


def _runs(cell: Sequence[Paragraph], depth: int) -> Iterator[list[Paragraph]]:
    """The paragraphs of a cell cut where a table inside it begins or ends."""
    run: list[Paragraph] = []
    for paragraph in cell:
        if run and (paragraph.properties.table_depth > depth) != (run[0].properties.table_depth > depth):
            yield run
            run = []
        run.append(paragraph)
    if run:
        yield run


def _rows(story: Sequence[Paragraph], depth: int) -> Iterator[tuple[list[list[Paragraph]], ParagraphProperties | None]]:
    """(cells, properties of the row's end) of every row; a row that the file cuts off comes without properties."""
    cells: list[list[Paragraph]] = []
    cell: list[Paragraph] = []
    for paragraph in story:
        own = paragraph.properties.table_depth == depth
        if own and paragraph.properties.ends_row:
            if cell:
                cells.append(cell)
            if cells:
                yield cells, paragraph.properties
            cells, cell = [], []
            continue
        cell.append(paragraph)
        if own and (paragraph.mark == "\x07" if depth == 1 else paragraph.properties.inner_cell):
            cells.append(cell)
            cell = []
    if cell:
        cells.append(cell)
    if cells:
        yield cells, None


def _edge_row(cells: list[list[Paragraph]], end: ParagraphProperties | None, depth: int) -> EdgeRow:
    defined = list(end.cells if end is not None else ())[: len(cells)]
    while len(defined) < len(cells):
        left = defined[-1].right if defined else 0
        defined.append(CellEdges(left, left + CELL_TWIPS))
    across = _across([edges.across for edges in defined])
    row = []
    for cell, edges, before in zip(cells, defined, across, strict=True):
        text, indent = _cell_text(cell, depth)
        above: Merge = "continued" if edges.vertical == 1 else "first" if edges.vertical == 3 else "none"
        row.append(EdgeCell(edges.left, max(edges.left, edges.right), text, indent, above, before))
    return EdgeRow(tuple(row), is_header=end is not None and end.header_row)


def _across(flags: list[int]) -> list[Merge]:
    """Merge marks of a row. Writers disagree which of 1 and 2 is the first cell of a run; the first one tells."""
    found: list[Merge] = []
    first = 0
    for flag in flags:
        if flag == 0:
            first = 0
            found.append("none")
        elif first == 0 or flag == first:
            first = flag
            found.append("first")
        else:
            found.append("continued")
    return found


def _cell_text(cell: Sequence[Paragraph], depth: int) -> tuple[str, int]:
    """(text of a cell with its line breaks removed, depth of its indent in characters)."""
    texts: list[str] = []
    indent = 0
    for paragraph in cell:
        if paragraph.properties.table_depth > depth:
            continue
        text = paragraph.text
        if text.strip() and not "".join(texts).strip():
            blanks = len(text) - len(text.lstrip())
            wide = sum(2 if ch == "　" else 1 for ch in text[:blanks])
            indent = wide // 2 + _set_in(paragraph.properties)
        texts.append(text.replace("\n", ""))
    return "".join(texts), indent


def _set_in(properties: ParagraphProperties) -> int:
    twips = max(0, properties.left) + max(0, properties.first)
    characters = max(0, properties.left_characters) + max(0, properties.first_characters)
    return max(twips // TWIPS_OF_ONE_CHARACTER, characters // 100)
