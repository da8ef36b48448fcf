"""The rows of a piece in the columns of its table, where a page draws fewer or more of them."""

from __future__ import annotations

from extract.statements.model import BLANK, Piece, Row, Table, width_of

MARGIN_COLUMNS = 3
"""Columns at either end of a piece among which margins are drawn as columns."""


def aligned(table: Table, piece: Piece) -> list[Row]:
    """The rows of a piece in the columns of its table, matched by where they stand on the page; as they are where they do
    not match.

    The part of a form that a page break cuts off may need fewer columns than the whole form.
    """
    width, given = width_of(table), len(piece.body[0]) if piece.body else 0
    if given > width:
        drop = _margins(piece, given, given - width)
        return [tuple(cell for c, cell in enumerate(row) if c not in drop) for row in piece.body]
    places = _places(table, piece, given) if 0 < given < width else None
    if places is None:
        return list(piece.body)
    return [_placed(row, places, width) for row in piece.body]


def _margins(piece: Piece, given: int, more: int) -> list[int]:
    """The columns that are margins drawn on this page only: blank, at the ends, as many as there are too many; else none."""
    ends = (*range(MARGIN_COLUMNS), *range(given - MARGIN_COLUMNS, given))
    blank = [c for c in range(given) if not any(row[c].shown for row in piece.body)]
    for drop in (blank[:more], blank[-more:]):
        if len(drop) == more and all(c in ends for c in drop):
            return drop
    return []


def _places(table: Table, piece: Piece, given: int) -> list[int] | None:
    """The column of the table that each column of a narrower piece stands in, from left to right; None where they do not."""
    if len(table.edges) != width_of(table) or len(piece.edges) != given:
        return None
    places: list[int] = []
    for left, right in piece.edges:
        overlaps = [max(0.0, min(right, b) - max(left, a)) for a, b in table.edges]
        widest = max(overlaps)
        best = overlaps.index(widest)
        if not widest or (places and best <= places[-1]):
            return None
        places.append(best)
    return places


def _placed(row: Row, places: list[int], width: int) -> Row:
    new = [BLANK] * width
    for c, cell in zip(places, row, strict=True):
        new[c] = cell
    return tuple(new)
