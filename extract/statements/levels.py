"""Levels of rows without codes: which of them are sums of the rows below, told by the sums themselves.

A table that prints classes, sections and items without codes repeats its total once a level; every row counted as a detail would
double every sum over it. A reading in levels is taken only if it explains the whole table: the top rows add up to the printed
total in every column, and at least `FEWEST` sums of several parts hold below them. One wrong figure breaks the reading, so that it
stays visible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from budget.amounts import printed_decimals
from budget.disclosure import Fact, Role

FEWEST: Final = 2
"""Rows that must be the sum of several rows below them: one may be chance."""
MOST_ROWS: Final = 400
"""Rows beyond which a table is a list of units or projects and no tree of classes."""
_TOTALS: Final = ("total", "grand_total")
_LEVELS: Final[tuple[Role, ...]] = ("class", "section", "item")


@dataclass(frozen=True, slots=True)
class _Row:
    row: int
    amounts: dict[int, Decimal]


def with_levels(facts: Sequence[Fact]) -> list[Fact]:
    """The facts of one statement, with the roles of rows that are sums of rows below them: class, section, item.

    Only rows without a code that were taken for details are looked at, list by list (`side`).
    """
    found = _with_unnamed_total(list(facts))
    for side in {fact.side for fact in facts}:
        own = [fact for fact in facts if fact.side == side]
        depth = _depths(own)
        for index, fact in enumerate(found):
            if fact.side == side and fact.role == "detail" and fact.row in depth:
                found[index] = fact.model_copy(update={"role": _LEVELS[min(depth[fact.row], len(_LEVELS) - 1)]})
    return found


def _with_unnamed_total(facts: list[Fact]) -> list[Fact]:
    """The facts with the role of a total for a row without name and code that repeats the largest row of a list by units."""
    rows: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for fact in facts:
        rows[fact.row][fact.col] = fact.value
    bare = {fact.row for fact in facts if not fact.name and not fact.code and fact.role == "detail"}
    if len(bare) != 1 or len(rows) <= FEWEST or any(fact.role in _TOTALS for fact in facts):
        return facts
    (row,) = bare
    largest = {col: max(abs(one.get(col, Decimal(0))) for one in rows.values()) for col in rows[row]}
    if any(rows[row][col] != amount for col, amount in largest.items()):
        return facts
    return [fact.model_copy(update={"role": "total"}) if fact.row == row else fact for fact in facts]


def _depths(facts: Sequence[Fact]) -> dict[int, int]:
    """Row → its depth from 0, for the rows that are sums of rows below them; empty where levels explain nothing."""
    totals = [fact for fact in facts if fact.role in _TOTALS]
    details = [fact for fact in facts if fact.role == "detail"]
    others = [fact for fact in facts if fact.role not in (*_TOTALS, "detail")]
    of_units = bool(details) and all(fact.code_system in ("unit", None) for fact in details)
    coded = any(fact.code for fact in details) and not of_units
    if not totals or others or coded or len({fact.row for fact in totals}) != 1:
        return {}
    rows = _rows(details)
    if not 1 < len(rows) <= MOST_ROWS:
        return {}
    total = _rows(totals)[0].amounts
    half = Decimal(1).scaleb(-max(printed_decimals(fact.raw) for fact in facts)) / 2 if facts else Decimal(0)
    reading = _Reading(rows, half)
    tops = reading.parts_of(total, 0, len(rows))
    if tops is None or tops == list(range(len(rows))):
        return {}
    depth: dict[int, int] = {}
    several = reading.mark(tops, 0, len(rows), depth)
    # a department over its units is one sum of several: their codes say that it is no chance
    least = 1 if of_units and all(fact.code for fact in details) else FEWEST
    return depth if several >= least or (least == 1 and depth) else {}


def _rows(facts: Sequence[Fact]) -> list[_Row]:
    amounts: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for fact in facts:
        amounts[fact.row][fact.col] = fact.value
    return [_Row(row, amounts[row]) for row in sorted(amounts)]


class _Reading:
    """The rows below a total as a tree: each row takes the fewest rows below it that add up to it in every column."""

    def __init__(self, rows: Sequence[_Row], half: Decimal) -> None:
        self.rows = rows
        self.half = half
        self.end: list[int] = [0] * len(rows)
        for index in range(len(rows) - 1, -1, -1):
            self.end[index] = self._end_of(index)

    def _end_of(self, index: int) -> int:
        """The row behind the last that belongs to a row: itself alone, where no rows below add up to it."""
        wanted = self.rows[index].amounts
        if not any(wanted.values()):
            return index + 1
        parts = self._take(wanted, index + 1, len(self.rows))
        return self.end[parts[-1]] if parts else index + 1

    def _take(self, wanted: dict[int, Decimal], start: int, stop: int) -> list[int]:
        """The rows from `start` on, each with what belongs to it passed over, that add up to `wanted`; empty when none do."""
        sums: dict[int, Decimal] = defaultdict(Decimal)
        parts: list[int] = []
        index = start
        while index < stop:
            parts.append(index)
            for col, amount in self.rows[index].amounts.items():
                sums[col] += amount
            room = self.half * (len(parts) + 1)
            if all(abs(sums[col] - wanted.get(col, Decimal(0))) <= room for col in {*sums, *wanted}):
                return parts
            if any(abs(sums[col]) > abs(wanted.get(col, Decimal(0))) + room for col in sums):
                return []
            index = self.end[index]
        return []

    def parts_of(self, total: dict[int, Decimal], start: int, stop: int) -> list[int] | None:
        """The top rows, where they add up to the total and leave no row over; else None."""
        parts = self._take(total, start, stop)
        if not parts:
            return None
        rest = range(self.end[parts[-1]], stop)
        return parts if all(not any(self.rows[index].amounts.values()) for index in rest) else None

    def mark(self, tops: Sequence[int], depth: int, stop: int, into: dict[int, int]) -> int:
        """Notes the depth of every row with rows of its own; gives how many of them are sums of several."""
        several = 0
        for index in tops:
            end = min(self.end[index], stop)
            if end == index + 1:
                continue
            into[self.rows[index].row] = depth
            parts = self._take(self.rows[index].amounts, index + 1, end)
            several += len(parts) > 1
            several += self.mark(parts, depth + 1, end, into)
        return several
