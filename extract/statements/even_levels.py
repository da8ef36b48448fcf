"""Levels of a list that prints none: every branch as deep as every other, each row the sum of the rows a level below it.

Budgeting software writes lists of projects so (kind of funding, unit, category, sub-category, project) with all names at one
place. Taking the fewest rows that add up goes wrong where a category has one project, as the two amounts are the same: only the
even depth tells which of four equal amounts are categories.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

DEEPEST: Final = 6
"""Levels of the deepest list that is known, and one."""
MOST_WAYS: Final = 6
"""Ways to go on from a row that are kept, those with the fewest short ends."""
MOST_RUNS: Final = 600
"""Runs of branches that are tried below one row, those with the fewest short ends first."""
MOST_SHORT: Final = Decimal("0.1")
"""Share of the rows that may end their branch above the depth of the others (a category whose projects are not listed)."""

Amounts = Mapping[int, Decimal]


class Way(NamedTuple):
    """Rows that belong together. `short`: how many of them end a branch above the depth of the others."""

    end: int
    short: int
    parts: tuple[int, ...]


def even_levels(rows: Sequence[Amounts], total: Amounts, half: Decimal) -> list[int | None]:
    """The number of the row that each row is a part of, None for top rows; [] where no even depth explains the whole list.

    `half` is what rounding may do to one amount. The depth that leaves the fewest rows short is taken, the least of several.
    """
    if any(amount < 0 for row in rows for amount in row.values()):
        return []
    best: tuple[int, _Even, Way] | None = None
    for depth in range(2, DEEPEST + 1):
        reading = _Even(rows, half, depth)
        whole = next((way for way in reading.below(total, 0, 1) if way.end == len(rows)), None)
        if whole is not None and whole.short <= MOST_SHORT * len(rows) and (best is None or whole.short < best[0]):
            best = whole.short, reading, whole
    if best is None:
        return []
    parents: list[int | None] = [None] * len(rows)
    best[1].mark(best[2].parts, 1, len(rows), parents)
    return parents


class _Even:
    """A list whose branches are of one depth, but for a few."""

    def __init__(self, rows: Sequence[Amounts], half: Decimal, depth: int) -> None:
        self.rows, self.half, self.depth = rows, half, depth
        self.known: dict[tuple[int, int], list[Way]] = {}

    def branch(self, row: int, level: int) -> list[Way]:
        """How a row at a level may go on, the fewest short ends first."""
        if level == self.depth:
            return [Way(row + 1, 0, ())]
        if (row, level) not in self.known:
            below = self.below(self.rows[row], row + 1, level + 1)
            self.known[row, level] = [*below, Way(row + 1, 1, ())]
        return self.known[row, level]

    def below(self, whole: Amounts, start: int, level: int) -> list[Way]:
        """The runs of branches from `start` on that add up to `whole` in every column, the best for each end."""
        found: dict[int, Way] = {}
        ticket = itertools.count()
        open_runs: list[tuple[int, int, int, Way, Amounts]] = [(0, 0, next(ticket), Way(start, 0, ()), {})]
        for _ in range(MOST_RUNS):
            if not open_runs or len(found) == MOST_WAYS:
                break
            *_, way, sums = heapq.heappop(open_runs)
            if way.parts and way.end not in found and self._is(sums, whole, len(way.parts)):
                found[way.end] = way
            if way.end < len(self.rows) and not self._exceeds(sums, whole, len(way.parts)):
                for longer, more in self._longer(way, sums, level):
                    heapq.heappush(open_runs, (longer.short, -longer.end, next(ticket), longer, more))
        return sorted(found.values(), key=lambda way: (way.short, way.end))

    def _longer(self, way: Way, sums: Amounts, level: int) -> list[tuple[Way, dict[int, Decimal]]]:
        more = dict(sums)
        for col, amount in self.rows[way.end].items():
            more[col] = more.get(col, Decimal(0)) + amount
        ways = self.branch(way.end, level)
        return [(Way(one.end, way.short + one.short, (*way.parts, way.end)), more) for one in ways]

    def _is(self, sums: Amounts, whole: Amounts, parts: int) -> bool:
        room = self.half * (parts + 1)
        return all(abs(sums.get(col, Decimal(0)) - whole.get(col, Decimal(0))) <= room for col in {*sums, *whole})

    def _exceeds(self, sums: Amounts, whole: Amounts, parts: int) -> bool:
        room = self.half * (parts + 1)
        return any(amount > whole.get(col, Decimal(0)) + room for col, amount in sums.items())

    def mark(self, parts: Sequence[int], level: int, end: int, parents: list[int | None]) -> None:
        """Notes the parent of every row below these, the last of which ends at `end`."""
        for row, stop in zip(parts, [*parts[1:], end], strict=True):
            if level == self.depth:
                continue
            way = next(one for one in self.branch(row, level) if one.end == stop)
            for part in way.parts:
                parents[part] = row
            if way.parts:
                self.mark(way.parts, level + 1, stop, parents)
