"""A grid as a rectangle in which every place holds the cell that covers it."""

from __future__ import annotations

from budget.printed_text import squeeze
from extract.reading import GridCell

Matrix = list[list["GridCell | None"]]
"""Rows of a table with every place holding the cell that covers it, or None."""


def text_of(cell: GridCell | None) -> str:
    return squeeze(cell.text) if cell is not None else ""


def own_cells(matrix: Matrix, r: int) -> list[GridCell]:
    """The distinct cells that begin in row r and show something, from left to right."""
    seen: list[GridCell] = []
    before: GridCell | None = None
    for cell in matrix[r]:
        if cell is not None and cell is not before and cell.text and cell.row == r and squeeze(cell.text):
            seen.append(cell)
        before = cell
    return seen
