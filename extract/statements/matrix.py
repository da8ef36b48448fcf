"""A grid as a rectangle in which every place holds the cell that covers it."""

from __future__ import annotations

from extract.reading import GridCell

Matrix = list[list["GridCell | None"]]
"""Rows of a table with every place holding the cell that covers it, or None."""


def text_of(cell: GridCell | None) -> str:
    return cell.shown if cell is not None else ""


def texts_of(matrix: Matrix, r: int) -> list[str]:
    """The texts that begin in row r, from left to right, as they are compared."""
    return [cell.shown for cell in own_cells(matrix, r)]


def own_cells(matrix: Matrix, r: int) -> list[GridCell]:
    """The distinct cells that begin in row r and show something, from left to right."""
    seen: list[GridCell] = []
    before: GridCell | None = None
    for cell in matrix[r]:
        if cell is not None and cell is not before and cell.row == r and cell.shown:
            seen.append(cell)
        before = cell
    return seen
