"""Word 97–2003 (.doc) → `Reading`: paragraphs and tables in document order, with the edges and merges that Word draws.

Rows keep their exact cell edges, so a table whose row width changes stays one table and headers keep their spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extract.readers.edge_rows import EdgeCell, EdgeRow, Merge, grid_of_rows
from extract.readers.word_binary import CellEdges, Paragraph, ParagraphProperties, paragraphs
from extract.reading import Grid, Line, Reading, UnreadableError

MAX_NESTING = 20
TWIPS_OF_ONE_CHARACTER = 210
"""10.5 pt, the usual size of a table's text: an indent of that width is one level."""
CELL_TWIPS = 1000
"""Width given to a cell that its row does not define."""


def read_doc(data: bytes) -> Reading:
    """A .doc file → lines and grids. Raises UnreadableError (corrupt, encrypted, unsupported, limit_*), nothing else."""
    return Reading(reader="doc", blocks=tuple(_Walk().blocks(paragraphs(data), 0)))


class _Walk:
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
