"""Cells and rows that the end of a page cut in two."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from budget.codes import is_class_name
from budget.measures import measure_of_level
from budget.printed_text import split_ordinal
from budget.words import TOTAL_WORDS
from extract.statements.column_roles import column_role, column_roles
from extract.statements.figures import is_amount_text
from extract.statements.forms import INDICATOR_WORDS
from extract.statements.model import BLANK, Cell, Table

RECENT = 100
"""Rows above a page break that tell what its columns hold."""


_KEY = re.compile(r"^[0-9A-Z]{6,}")


_OF_ROWS = frozenset(["money", "seq", "code"])
"""Roles of columns that only a row of its own fills."""


def join_cut_cells(table: Table, body: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Joins the cells of the last row that the page break cut with their other halves; returns the rows that are left.

    A cell is cut when no line closes it at the end of its page while lines close its neighbours (a project merged over
    the rows of its indicators), or when the edge cuts through its letters: then both pages show that line, and it is
    one. Cells that are complete on both sides are left alone.
    """
    last, first = table.rows[-1], body[0]
    if len(last) != len(first):
        return body
    columns = [c for c, cell in enumerate(last) if cell.open_below or cell == BLANK]
    if len(columns) == len(last) or not all(first[c].own or first[c] == BLANK for c in columns):
        columns = []
    sure = [c for c, cell in enumerate(last) if _one_line(cell.cut_below, first[c].cut_above)]
    if sure and not columns:
        # the parts of one row: whatever begins and ends where the cut cells do
        tops, bottoms = {_top(table, c) for c in sure}, {first[c].rows for c in sure}
        columns = [c for c in range(len(last)) if _top(table, c) in tops and first[c].rows in bottoms]
    if not columns or (not sure and any(_begins_anew(table, c, first[c]) for c in columns)):
        return body
    body = list(body)
    for c in columns:
        a, b = last[c], first[c]
        if not b.own or (not sure and a.shown in INDICATOR_WORDS and b.shown in INDICATOR_WORDS and a.shown != b.shown):
            continue
        whole, top = _whole(a, b), _top(table, c)
        for r in range(top, len(table.rows)):
            row = table.rows[r]
            # where the text begins, unless only the next page shows all of its letters
            at = b.at if b.text == whole and a.text != whole else row[c].at
            cell = replace(
                row[c], text=whole, at=at, own=r == top, rows=len(table.rows) - top, cut_below="", open_below=False,
                confidence=1.0 if _one_line(a.cut_below, b.cut_above) else row[c].confidence,
            )  # fmt: skip
            table.rows[r] = (*row[:c], cell, *row[c + 1 :])
        for r in range(min(b.rows, len(body))):
            row = body[r]
            # a part that reaches the end of its page in turn goes on on the next
            cell = replace(row[c], text=whole, at=table.rows[-1][c].at, own=False, cut_above="")
            body[r] = (*row[:c], cell, *row[c + 1 :])
    return body if any(cell.own and cell.shown for cell in body[0]) else body[1:]


def _top(table: Table, c: int) -> int:
    """The row in which the cell at the end of column c begins."""
    r = len(table.rows) - 1
    while r and not table.rows[r][c].own and _one_cell(table.rows[r - 1][c], table.rows[r][c]):
        r -= 1
    return r


def _one_cell(above: Cell, below: Cell) -> bool:
    """Whether two places are of one cell; of cells without a place those that nothing draws are no part of one that is drawn."""
    return above.at == below.at and (above.at is not None or (above == BLANK) == (below == BLANK))


def _begins_anew(table: Table, c: int, below: Cell) -> bool:
    """Whether a cell cannot be the rest of the last one in its column: another amount, or another key of full length."""
    above = table.rows[-1][c]
    if not below.own or not above.shown or not below.shown or above.shown == below.shown:
        return False
    if is_amount_text(above.shown) and is_amount_text(below.shown):
        return True
    lengths = [len(m.group()) for row in table.rows[-RECENT:] if row[c].own and (m := _KEY.match(row[c].shown))]
    ours, theirs = _KEY.match(above.shown), _KEY.match(below.shown)
    if not lengths or ours is None or theirs is None:
        return False
    return len(theirs.group()) >= Counter(lengths).most_common(1)[0][0]


def _whole(above: Cell, below: Cell) -> str:
    """The text of a cell from its two parts; a line that both pages show counts once."""
    if not below.shown:
        return above.text
    if not above.shown:
        return below.text
    line = _one_line(above.cut_below, below.cut_above)
    if not line:
        return above.text if above.shown == below.shown else above.text + below.text
    head, rest = above.text, below.text
    for letter in reversed(above.cut_below):
        head = head.rstrip().removesuffix(letter)
    for letter in below.cut_above:
        rest = rest.lstrip().removeprefix(letter)
    return (above.text if line == above.cut_below else head + line) + rest


def _one_line(above: str, below: str) -> str:
    """What a line cut through its letters says, from what the two pages show of it; "" when these are different lines.

    Printers leave out what lies wholly behind the edge: the upper half of `264.64` has lost its point.
    """
    fewer, more = sorted((above, below), key=len)
    letters = iter(more)
    return more if len(fewer) > 0.5 * len(more) and all(letter in letters for letter in fewer) else ""


def join_cut_row(table: Table, row: tuple[Cell, ...]) -> tuple[Cell, ...] | None:
    """The last row of a table joined with the first of the next page, when the page cut one row in two (trap 4)."""
    last = table.rows[-1]
    if len(last) != len(row):
        return None
    shown = [c for c, cell in enumerate(row) if cell.own and cell.shown]
    if not shown:
        return None
    if table.form:
        tails = [row[c].shown for c in shown]
        empty_before = not any(row[c].shown for c in range(min(3, len(row) - 1)) if c not in shown)
        if not empty_before or not all(last[c].shown for c in shown) or any(t in INDICATOR_WORDS for t in tails):
            return None
        ends = (
            max(c for c, cell in enumerate(last) if cell.own and cell.shown)
            if any(c.own and c.shown for c in last)
            else -1
        )
        if len(shown) > 1 and (shown[0] == 0 or shown[-1] >= ends):
            return None  # a row of its own shows its value
        return _merged(last, row)
    recent = table.rows[-RECENT:]
    told = [c for c in shown if c < len(table.paths)]
    if any(column_role(table.paths[c], [r[c].shown for r in recent], c) in _OF_ROWS for c in told):
        return None  # a row of its own shows its amount or its key
    if any(split_ordinal(row[c].shown)[0] for c in shown) or any(row[c].shown in TOTAL_WORDS for c in shown):
        return None
    if not all(last[c].shown for c in shown):
        return None
    if any(last[c].shown in TOTAL_WORDS for c in shown):
        return None
    roles = column_roles(table.paths, [[r[c].shown for r in recent] for c in range(len(row))])
    money = [c for c, role in enumerate(roles) if role == "money"]
    keys = [c for c, role in enumerate(roles) if role in ("seq", "code")]
    has_keys = any(r[c].shown for r in recent for c in keys)
    # where rows have keys, one without is the tail of the row before even when it reads like a label (`支出`)
    if not has_keys and any(measure_of_level(row[c].shown) or is_class_name(row[c].shown) for c in shown):
        return None
    has_amounts = any(last[c].shown for c in money)
    sides = sum(role == "name" for role in roles) > 1 and not keys
    if (
        (has_keys and any(last[c].shown for c in keys))
        or (has_amounts and not sides)
        or (len(shown) == 1 and has_amounts)
    ):
        return _merged(last, row)
    return None


def _merged(last: tuple[Cell, ...], row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    return tuple(
        replace(a, text=a.text + b.text) if b.own and b.shown and a.shown else (b if b.own and b.shown else a)
        for a, b in zip(last, row, strict=True)
    )
