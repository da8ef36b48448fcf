"""Tables too wide for a page: the right half stands on the next one, with a header of its own."""

from __future__ import annotations

import itertools

from budget.amounts import stated_unit
from budget.printed_text import is_blank
from extract.statements.captions import is_meta, is_title_line
from extract.statements.figures import is_amount_text
from extract.statements.heads import Head
from extract.statements.model import BLANK, Piece, Table
from extract.statements.titles import unit_of


def goes_on_sideways(table: Table, piece: Piece) -> bool:
    """Whether a piece is the right half of a table: the next page, as many rows, a header of its own over figures alone, and
    nothing printed between them."""
    if table.form or piece.form or not _is_on_next_page(table, piece) or not _has_other_heads(table, piece):
        return False
    if not all(map(_is_beside, [*piece.banner, *piece.lines_shown])):
        return False
    return len(piece.body) == len(table.rows) and _shows_figures_alone(piece)


def _has_other_heads(table: Table, piece: Piece) -> bool:
    headed = bool(piece.header) and bool(table.paths) and any(piece.paths)
    return headed and set(piece.paths).isdisjoint(table.paths)


def _shows_figures_alone(piece: Piece) -> bool:
    shown = {cell.shown for row in piece.body for cell in row if cell.begins}
    return bool(shown) and all(map(is_amount_text, itertools.filterfalse(is_blank, shown)))


def _is_on_next_page(table: Table, piece: Piece) -> bool:
    return piece.page is not None and bool(table.pages) and piece.page == table.pages[-1] + 1


def _is_beside(text: str) -> bool:
    """Whether a line above the right half of a table only says its unit, its number or whose it is."""
    return not text or (is_meta(text) and not is_title_line(text)) or stated_unit(text) is not None


def join_sideways(table: Table, piece: Piece) -> None:
    """The columns of a piece become the right columns of a table, row by row."""
    width = table.width
    table.paths = (*table.paths, *_with_group(table.paths[-1], piece.paths))
    table.rows = [
        (*(row[c] if c < len(row) else BLANK for c in range(width)), *more)
        for row, more in zip(table.rows, piece.body, strict=True)
    ]
    table.edges = ()
    assert piece.page is not None
    table.pages.append(piece.page)
    table.notes += piece.notes
    table.unit = table.unit or unit_of(piece)


def _with_group(last: Head, heads: tuple[Head, ...]) -> list[Head]:
    """The headers of a right half: its first columns without a group belong to the one at the end of the left half."""
    found = list(heads)
    if len(last) < 2 or not any(len(head) > 1 for head in heads):
        return found
    for c, head in enumerate(heads):
        if len(head) != 1:
            break
        found[c] = head.below(last.without_leaf())
    return found
