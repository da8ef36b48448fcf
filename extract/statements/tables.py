"""Reading → tables: cut grids into banner, header, body and notes; join what a page break cut; name each statement.

A `Table` is still paper: cells with places, header paths, column roles. What its cells mean is `extract.statements.facts`.
"""

from __future__ import annotations

import itertools

from budget.kinds import UNKNOWN_KIND
from extract.reading import Grid, Line, Reading
from extract.statements.captions import PAGE_NUMBER, running_lines
from extract.statements.column_roles import column_roles
from extract.statements.cutting import pieces_of
from extract.statements.figures import is_amount_text
from extract.statements.joining import add_piece, give_notes
from extract.statements.kinds import classify
from extract.statements.model import Cell, Table
from extract.statements.sideways import goes_on_sideways, join_sideways


def read_tables(reading: Reading) -> list[Table]:
    """Every table of a document in reading order, joined over page breaks and classified."""
    running = running_lines(reading)
    tables: list[Table] = []
    lines: list[Line] = []
    for block in reading.blocks:
        if not isinstance(block, Line):
            lines = _take_grid(tables, block, lines)
        elif block.shown and not PAGE_NUMBER.match(block.shown) and block.shown not in running:
            lines.append(block)
    give_notes(tables, lines)
    for table in tables:
        _finish(table)
    _take_units_from_the_right(tables)
    return tables


def _take_grid(tables: list[Table], grid: Grid, lines: list[Line]) -> list[Line]:
    """Joins the pieces of a grid to the tables so far, or adds them. The `lines` stand above the grid; those of a grid that
    shows nothing are given back, they stand above the next."""
    pieces = pieces_of(grid, lines)
    for piece in pieces:
        piece.lines = give_notes(tables, piece.lines)
        if tables and goes_on_sideways(tables[-1], piece):
            join_sideways(tables[-1], piece)
        else:
            add_piece(tables, piece)
    return [] if pieces else lines


def _take_units_from_the_right(tables: list[Table]) -> None:
    """A sheet too wide for its page is printed in two halves: the unit at its right end stands above the second one."""
    for left, right in itertools.pairwise(tables):
        if left.unit is None and right.unit is not None and _is_right_half(left, right):
            left.unit = right.unit


def _is_right_half(left: Table, right: Table) -> bool:
    """Whether a table without title and kind stands on the page behind one with a title."""
    if not left.title or right.title is not None or right.form or right.kind != UNKNOWN_KIND.name:
        return False
    return bool(left.pages and right.pages) and right.pages[0] - left.pages[-1] == 1


def _finish(table: Table) -> None:
    if not table.form:
        # a wholly blank row is printed where a table has nothing to show
        table.roles = column_roles(table.paths, [[_content(r, c) for r in table.rows] for c in range(table.width)])
    table.kind = classify(table)


def _content(row: tuple[Cell, ...], c: int) -> str:
    """What a row shows in a column; of a cell that spans columns only a figure, which belongs to the first of them."""
    if c >= len(row) or not row[c].own:
        return ""
    return row[c].shown if row[c].cols == 1 or is_amount_text(row[c].shown) else ""
