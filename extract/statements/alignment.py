"""The rows of a piece in the columns of its table, where a page draws fewer or more of them."""

from __future__ import annotations

from extract.statements.model import BLANK, Piece, Row, Table, shows

MARGIN_COLUMNS = 3
"""Columns at either end of a piece among which margins are drawn as columns."""


def aligned(table: Table, piece: Piece) -> list[Row]:
    """The rows of a piece in the columns of its table, matched by where they stand on the page; as they are where they do
    not match.

    The part of a form that a page break cuts off may need fewer columns than the whole form.
    """
    width, given = table.width, piece.width
    if given > width:
        drop = _margins(piece, given, given - width)
        return [_without(row, drop) for row in piece.body]
    places = _places(table, piece, given) if 0 < given < width else None
    if places is None:
        return list(piece.body)
    return [_placed(row, places, width) for row in piece.body]


def _margins(piece: Piece, given: int, more: int) -> list[int]:
    """The columns that are margins drawn on this page only: blank, at the ends, as many as there are too many; else none."""
    ends = (*range(MARGIN_COLUMNS), *range(given - MARGIN_COLUMNS, given))
    blank = [c for c in range(given) if not shows(piece.body, c)]
    for drop in (blank[:more], blank[-more:]):
        if len(drop) == more and all(c in ends for c in drop):
            return drop
    return []


def _places(table: Table, piece: Piece, given: int) -> list[int] | None:
    """The column of the table that each column of a narrower piece stands in, from left to right; None where they do not."""
    if len(table.edges) != table.width or len(piece.edges) != given:
        return None
    places: list[int] = []
    for left, right in piece.edges:
        best = _widest_overlap(table, left, right)
        if best is None or (places and best <= places[-1]):
            return None
        places.append(best)
    return places


def _widest_overlap(table: Table, left: float, right: float) -> int | None:
    """The column of a table that shares most of a range with it; None where none shares any."""
    overlaps = [max(0.0, min(right, b) - max(left, a)) for a, b in table.edges]
    widest = max(overlaps)
    return overlaps.index(widest) if widest else None


def _without(row: Row, columns: list[int]) -> Row:
    return tuple(cell for c, cell in enumerate(row) if c not in columns)


def _placed(row: Row, places: list[int], width: int) -> Row:
    new = [BLANK] * width
    for c, cell in zip(places, row, strict=True):
        new[c] = cell
    return tuple(new)
