"""Rows whose cells know only their left and right edge (legacy Word, RTF) → rectangular `Grid`.

Word tables have no columns: every row brings its own edges. The columns of the grid are the edges of all rows together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from budget.disclosure import TablePlace
from extract.reading import Grid, GridCell, UnreadableError

SLIP_TWIPS = 115
"""2 mm: edges of different rows that lie closer and never stand in one row are one edge, drawn by an unsteady hand."""
MAX_GRID_PLACES = 2_000_000

Merge = Literal["none", "first", "continued"]


@dataclass(frozen=True, slots=True)
class EdgeCell:
    """One cell of a row: edges in twips from the table's left margin, `text` with its line breaks removed.

    `above` says how the cell is merged with the one above it, `before` with the one before it in the row.
    """

    left: int
    right: int
    text: str
    indent: int = 0
    above: Merge = "none"
    before: Merge = "none"


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One row in printed order; `is_header` when the format repeats it on every page."""

    cells: tuple[EdgeCell, ...]
    is_header: bool = False


@dataclass(slots=True)
class _Placed:
    row: int
    col: int
    cols: int
    text: str
    indent: int
    rows: int = field(default=1)


def grid_of_rows(rows: Sequence[EdgeRow], number: int) -> Grid | None:
    """Rows of table `number` → its grid, merged cells spanning; None when there is no cell. Raises limit_size."""
    merged = [tuple(_merge_across(row.cells)) for row in rows]
    columns = _columns(merged)
    if not columns:
        return None
    width = max(columns.values())
    if width * len(rows) > MAX_GRID_PLACES:
        raise UnreadableError("limit_size", f"table {number} has more than {MAX_GRID_PLACES:,} places")
    done: list[_Placed] = []
    open_at: dict[int, _Placed] = {}
    for r, row in enumerate(merged):
        still_open: dict[int, _Placed] = {}
        taken = 0
        for cell in row:
            col = max(columns[cell.left], taken)
            cols = max(1, columns[cell.right] - col)
            taken = col + cols
            above = open_at.get(col)
            if cell.above == "continued" and above is not None and above.cols == cols:
                above.rows += 1
                above.text += cell.text
                still_open[col] = above
                continue
            placed = _Placed(r, col, cols, cell.text, cell.indent)
            done.append(placed)
            if cell.above != "none":
                still_open[col] = placed
        open_at = still_open
        width = max(width, taken)
    header_repeat = next((i for i, row in enumerate(rows) if not row.is_header), len(rows))
    cells = tuple(
        GridCell(
            row=p.row, col=p.col, text=p.text, at=TablePlace(table=number, row=p.row, col=p.col), rows=p.rows,
            cols=p.cols, indent=p.indent,
        )
        for p in done
    )  # fmt: skip
    return Grid(n_rows=len(rows), n_cols=width, cells=cells, header_repeat=header_repeat)


def _merge_across(cells: Iterable[EdgeCell]) -> Iterable[EdgeCell]:
    last: EdgeCell | None = None
    for cell in cells:
        if cell.before == "continued" and last is not None:
            last = EdgeCell(last.left, cell.right, last.text + cell.text, last.indent, last.above, last.before)
            continue
        if last is not None:
            yield last
        last = cell
    if last is not None:
        yield last


def _columns(rows: Sequence[tuple[EdgeCell, ...]]) -> dict[int, int]:
    """Edge in twips → grid line from 0. Neighbouring edges that no row tells apart are one line."""
    edges = sorted({edge for row in rows for cell in row for edge in (cell.left, cell.right)})
    if not edges:
        return {}
    rows_of: dict[int, set[int]] = {edge: set() for edge in edges}
    for r, row in enumerate(rows):
        for cell in row:
            rows_of[cell.left].add(r)
            rows_of[cell.right].add(r)
    columns = {edges[0]: 0}
    first, seen, line = edges[0], set(rows_of[edges[0]]), 0
    for edge in edges[1:]:
        if edge - first > SLIP_TWIPS or seen & rows_of[edge]:
            first, seen, line = edge, set(), line + 1
        columns[edge] = line
        seen |= rows_of[edge]
    return columns
