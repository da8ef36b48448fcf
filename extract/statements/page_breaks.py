"""Cells and rows that the end of a page cut in two."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace

from budget.codes import is_class_name
from budget.measures import measure_of_level
from budget.printed_text import split_ordinal
from budget.words import TOTAL_WORDS
from extract.statements.column_roles import ColumnRole, column_role, column_roles
from extract.statements.figures import is_amount_text
from extract.statements.forms import INDICATOR_WORDS
from extract.statements.model import BLANK, Cell, Row, Table

RECENT = 100
"""Rows above a page break that tell what its columns hold."""


_KEY = re.compile(r"^[0-9A-Z]{6,}")


_OF_ROWS = frozenset(["money", "seq", "code"])
"""Roles of columns that only a row of its own fills."""


def join_cut_cells(table: Table, body: list[Row]) -> list[Row]:
    """Joins the cells of the last row that the page break cut with their other halves; returns the rows that are left.

    A cell is cut when no line closes it at the end of its page while lines close its neighbours (a project merged over
    the rows of its indicators), or when the edge cuts through its letters: then both pages show that line, and it is
    one. Cells that are complete on both sides are left alone.
    """
    last, first = table.rows[-1], body[0]
    if len(last) != len(first):
        return body
    sure = [c for c, cell in enumerate(last) if _one_line(cell.cut_below, first[c].cut_above)]
    columns = _cut_columns(table, first, sure)
    if not columns:
        return body
    body = list(body)
    for c in columns:
        if first[c].own and (sure or not _are_two_indicators(last[c], first[c])):
            _join_cell(table, body, c, last[c], first[c])
    return body if any(cell.begins for cell in body[0]) else body[1:]


def _cut_columns(table: Table, first: Row, sure: list[int]) -> list[int]:
    """The columns in which the page break cuts the last cell of a table. `first` is the row behind it, `sure` the columns in
    which both pages show the line that the edge cuts."""
    if columns := _open_columns(table.rows[-1], first):
        anew = not sure and any(_begins_anew(table, c, first[c]) for c in columns)
        return [] if anew else columns
    return _columns_of_parts(table, first, sure)


def _open_columns(last: Row, first: Row) -> list[int]:
    """The columns whose last cell no line closes, or that have none; none of them where that is nothing special."""
    columns = [c for c, cell in enumerate(last) if cell.open_below or cell == BLANK]
    special = len(columns) < len(last) and all(first[c].own or first[c] == BLANK for c in columns)
    return columns if special else []


def _columns_of_parts(table: Table, first: Row, sure: list[int]) -> list[int]:
    """The columns of the parts of one row that is cut for `sure` in some: whatever begins and ends where the cut cells do."""
    tops, bottoms = {_top(table, c) for c in sure}, {first[c].rows for c in sure}
    return [c for c in range(len(first)) if _top(table, c) in tops and first[c].rows in bottoms] if sure else []


def _are_two_indicators(above: Cell, below: Cell) -> bool:
    return above.shown in INDICATOR_WORDS and below.shown in INDICATOR_WORDS and above.shown != below.shown


def _join_cell(table: Table, body: list[Row], c: int, above: Cell, below: Cell) -> None:
    """Makes two halves of a cell in column c one, in the rows of the table and in those that follow."""
    whole, top = _whole(above, below), _top(table, c)
    # where the text begins, unless only the next page shows all of its letters
    moved = below.text == whole and above.text != whole
    certain = bool(_one_line(above.cut_below, below.cut_above))
    for r in range(top, len(table.rows)):
        cell = table.rows[r][c]
        table.rows[r] = _with(table.rows[r], c, replace(
            cell, text=whole, at=below.at if moved else cell.at, own=r == top, rows=len(table.rows) - top, cut_below="",
            open_below=False, confidence=1.0 if certain else cell.confidence,
        ))  # fmt: skip
    for r in range(min(below.rows, len(body))):
        # a part that reaches the end of its page in turn goes on on the next
        rest = replace(body[r][c], text=whole, at=table.rows[-1][c].at, own=False, cut_above="")
        body[r] = _with(body[r], c, rest)


def _with(row: Row, c: int, cell: Cell) -> Row:
    return (*row[:c], cell, *row[c + 1 :])


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
    return _is_whole_key(table, c, below.shown) and bool(_KEY.match(above.shown))


def _is_whole_key(table: Table, c: int, text: str) -> bool:
    """Whether a text begins with a key as long as those of its column mostly are."""
    keys = (_KEY.match(row[c].shown) for row in table.rows[-RECENT:] if row[c].own)
    lengths = Counter(len(key.group()) for key in keys if key)
    found = _KEY.match(text)
    return found is not None and bool(lengths) and len(found.group()) >= lengths.most_common(1)[0][0]


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
    for letter in below.cut_above:
        rest = rest.lstrip().removeprefix(letter)
    if line == above.cut_below:
        return head + rest
    for letter in reversed(above.cut_below):
        head = head.rstrip().removesuffix(letter)
    return head + line + rest


MOST_OF_A_LINE = 0.5
"""Of a line's letters: what the page that shows fewer of them shows at least."""


def _one_line(above: str, below: str) -> str:
    """What a line cut through its letters says, from what the two pages show of it; "" when these are different lines.

    Printers leave out what lies wholly behind the edge: the upper half of `264.64` has lost its point.
    """
    fewer, more = sorted((above, below), key=len)
    letters = iter(more)
    return more if len(fewer) > MOST_OF_A_LINE * len(more) and all(letter in letters for letter in fewer) else ""


def join_cut_row(table: Table, row: Row) -> Row | None:
    """The last row of a table joined with the first of the next page, when the page cut one row in two (trap 4)."""
    shown = [c for c, cell in enumerate(row) if cell.begins]
    last = table.rows[-1]
    if len(last) != len(row) or not shown or not all(last[c].shown for c in shown):
        return None
    goes_on = _goes_on_in_form if table.form else _goes_on_in_list
    return _merged(last, row) if goes_on(table, row, shown) else None


LABEL_COLUMNS = 3
"""First columns of a form, in which its labels stand."""


def _goes_on_in_form(table: Table, row: Row, shown: list[int]) -> bool:
    """Whether a row that shows something in the columns `shown` is the rest of the last row of a form."""
    labels = [c for c in range(min(LABEL_COLUMNS, len(row) - 1)) if c not in shown]
    if _shows_any(row, labels) or not INDICATOR_WORDS.isdisjoint(row[c].shown for c in shown):
        return False
    end = max((c for c, cell in enumerate(table.rows[-1]) if cell.begins), default=-1)
    # a row of its own shows its value
    return len(shown) == 1 or (shown[0] != 0 and shown[-1] < end)


def _goes_on_in_list(table: Table, row: Row, shown: list[int]) -> bool:
    """Whether a row that shows something in the columns `shown` is the rest of the last row of a list."""
    last, recent = table.rows[-1], table.rows[-RECENT:]
    if _is_row_of_its_own(table, row, shown) or not TOTAL_WORDS.isdisjoint(last[c].shown for c in shown):
        return False
    roles = column_roles(table.paths, [[r[c].shown for r in recent] for c in range(len(row))])
    money, keys = _columns_for(roles, ("money",)), _columns_for(roles, ("seq", "code"))
    if not any(_shows_any(r, keys) for r in recent):
        if any(map(_reads_like_a_label, (row[c].shown for c in shown))):
            return False
    elif _shows_any(last, keys):
        # where rows have keys, one without is the tail of the row before even when it reads like a label (`支出`)
        return True
    one_list = bool(keys) or roles.count("name") <= 1
    return _shows_any(last, money) and (one_list or len(shown) == 1)


def _reads_like_a_label(text: str) -> bool:
    return measure_of_level(text) is not None or is_class_name(text)


def _columns_for(roles: tuple[ColumnRole, ...], wanted: tuple[ColumnRole, ...]) -> list[int]:
    return [c for c, role in enumerate(roles) if role in wanted]


def _shows_any(row: Row, columns: list[int]) -> bool:
    return any(row[c].shown for c in columns)


def _is_row_of_its_own(table: Table, row: Row, shown: list[int]) -> bool:
    """Whether a row shows an amount, a key, an ordinal or the name of a total: then it is the rest of no other."""
    shown = [c for c in shown if not _is_rest_of_amount(table, c, row[c].shown)]
    if any(map(_begins_a_row, (row[c].shown for c in shown))):
        return True
    recent = table.rows[-RECENT:]
    headed = [c for c in shown if c < len(table.paths)]
    return any(column_role(table.paths[c], [r[c].shown for r in recent], c) in _OF_ROWS for c in headed)


def _is_rest_of_amount(table: Table, c: int, text: str) -> bool:
    """Whether digits are the decimals that the amount above them lacks: 12,437.3 | 6 in a column of two decimals."""
    above = table.rows[-1][c].shown
    if not (text.isdecimal() and "." in above and is_amount_text(above)):
        return False
    amounts = (row[c].shown for row in table.rows[-RECENT:-1] if row[c].own and is_amount_text(row[c].shown))
    usual = Counter(map(_decimals, amounts)).most_common(1)
    return bool(usual) and _decimals(above) + len(text) == usual[0][0]


def _decimals(amount: str) -> int:
    return len(amount.partition(".")[2])


def _begins_a_row(text: str) -> bool:
    return text in TOTAL_WORDS or split_ordinal(text)[0] is not None


def _merged(last: Row, row: Row) -> Row:
    return tuple(itertools.starmap(_one_of, zip(last, row, strict=True)))


def _one_of(above: Cell, below: Cell) -> Cell:
    if not below.begins:
        return above
    return replace(above, text=above.text + below.text) if above.shown else below
