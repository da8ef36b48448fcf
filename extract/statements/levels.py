"""Levels of rows: the role and the parent row of every fact of a list.

Print decides where it shows levels (`printed_levels`), codes where rows carry them. Where a list shows neither, the sums
themselves tell which rows are sums of the rows below. A table that prints classes, sections and items without codes repeats its total once a level; every row counted as a detail would
double every sum over it. A reading in levels is taken only if it explains the whole table: the top rows add up to the printed
total in every column, and at least `FEWEST` sums of several parts hold below them. One wrong figure breaks the reading, so that it
stays visible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from budget.amounts import printed_decimals
from budget.codes import is_class_name, level_of
from budget.disclosure import Fact, Role
from budget.kinds import kind_of
from extract.statements.blocks import Block, blocks_of
from extract.statements.model import Table
from extract.statements.printed_levels import LeveledRow, beginnings, coded_rows, read_levels, walk

FEWEST: Final = 2
"""Rows that must be the sum of several rows below them: one may be chance."""
NO_CHANCE: Final = 4
"""Rows that add up to another in every column by no chance: one such sum is enough."""
MOST_ROWS: Final = 400
"""Rows beyond which a table is a list of units or projects and no tree of classes."""
LISTS_OF_THINGS: Final = ("procurement", "fixed_assets", "organisation")
"""Kinds whose rows are things bought or owned: what stands below a row is no part of its sum."""
_TOTALS: Final = ("total", "grand_total")
_LEVELS: Final[tuple[Role, ...]] = ("class", "section", "item")


@dataclass(frozen=True, slots=True)
class _Row:
    row: int
    amounts: dict[int, Decimal]


def with_levels(facts: Sequence[Fact], table: Table) -> list[Fact]:
    """The facts of one statement with the row each is a part of (`parent_row`) and the roles of rows without a code that have
    parts: class, section, item where functions are listed, else subtotal.

    Lists are read one by one. Rows of summaries and of 三公 tables are told by their names, not by levels.
    """
    found = _with_unnamed_total(list(facts))
    kind = kind_of(table.kind)
    told_by_names = kind.classes_by_name or kind.items_in_rows or kind.name in LISTS_OF_THINGS
    for block in blocks_of(table):
        own = [fact for fact in found if fact.side == block.side and fact.col in block.money]
        tops = [] if told_by_names else read_levels(own, beginnings(table, block))
        if tops:
            _give(found, block, _printed(own, tops))
            continue
        depths, parents = _depths(own)
        _give(found, block, _by_sums(own, depths, parents) if depths else _by_codes(own))
    return found


@dataclass(frozen=True, slots=True)
class _Level:
    role: Role | None
    parent: int | None


def _give(facts: list[Fact], block: Block, levels: Mapping[int, _Level]) -> None:
    for index, fact in enumerate(facts):
        level = levels.get(fact.row) if fact.side == block.side and fact.col in block.money else None
        if level is None or (level.role in (None, fact.role) and level.parent is None):
            continue
        facts[index] = fact.model_copy(update={"role": level.role or fact.role, "parent_row": level.parent})


def _printed(facts: Sequence[Fact], tops: Sequence[LeveledRow]) -> dict[int, _Level]:
    """Roles and parents of a list whose print shows its levels. A lone top row of a list without a total is its total."""
    no_total = not any(fact.role in _TOTALS for fact in facts)
    lone = tops[0] if no_total and len(tops) == 1 and tops[0].parts and not tops[0].code else None
    first = {fact.row: fact for fact in reversed(facts)}
    top_names = [first[row.row].name for row in (lone.parts if lone else tops) if not row.code]
    functions = sum(map(is_class_name, top_names)) * 2 > len(top_names)
    levels = {}
    for row in walk(tops):
        parent = row.parent.row if row.parent is not None and row.parent is not lone else None
        role: Role | None = None
        if row is lone:
            role = "total"
        elif not row.code and functions:
            role = _LEVELS[min(row.depth - (lone is not None), len(_LEVELS) - 1)]
        elif not row.code:
            role = "subtotal" if row.parts else "detail"
        levels[row.row] = _Level(role, parent)
    return levels


def _by_sums(facts: Sequence[Fact], depths: Mapping[int, int], parents: Mapping[int, int]) -> dict[int, _Level]:
    """Roles and parents of a list whose sums alone show its levels."""
    first = {fact.row: fact for fact in reversed(facts)}
    tops = [first[row].name for row, depth in depths.items() if depth == 0]
    functions = sum(map(is_class_name, tops)) * 2 > len(tops)
    levels = {}
    for row in {*depths, *parents}:
        role: Role | None = None
        if row in depths and first[row].role == "detail":
            role = _LEVELS[min(depths[row], len(_LEVELS) - 1)] if functions else "subtotal"
        levels[row] = _Level(role, parents.get(row))
    return levels


def _by_codes(facts: Sequence[Fact]) -> dict[int, _Level]:
    """The parents of rows whose codes continue another's (208 → 20805 → 2080505)."""
    return {row.row: _Level(None, row.parent.row if row.parent else None) for row in walk(coded_rows(facts))}


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


def _depths(facts: Sequence[Fact]) -> tuple[dict[int, int], dict[int, int]]:
    """(row → its depth from 0, for the rows that are sums of rows below them; row → the row it is a part of); both empty
    where levels explain nothing."""
    totals = [fact for fact in facts if fact.role in _TOTALS]
    details = [fact for fact in facts if fact.role == "detail"]
    others = [fact for fact in facts if fact.role not in (*_TOTALS, "detail")]
    of_units = bool(details) and all(fact.code_system in ("unit", None) for fact in details)
    coded = any(level_of(fact.code) for fact in details if fact.code) and not of_units
    if not totals or others or coded or len({fact.row for fact in totals}) != 1:
        return {}, {}
    rows = _rows(details)
    if not 1 < len(rows) <= MOST_ROWS:
        return {}, {}
    total = _rows(totals)[0].amounts
    half = Decimal(1).scaleb(-max(printed_decimals(fact.raw) for fact in facts)) / 2 if facts else Decimal(0)
    reading = _Reading(rows, half)
    tops = reading.parts_of(total, 0, len(rows))
    if tops is None or tops == list(range(len(rows))):
        return {}, {}
    depth: dict[int, int] = {}
    parents: dict[int, int] = {}
    several = reading.mark(tops, 0, len(rows), depth, parents)
    # a department over its units is one sum of several: their codes say that it is no chance
    least = 1 if of_units and all(fact.code for fact in details) else FEWEST
    return (depth, parents) if several >= least or (least == 1 and depth) else ({}, {})


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

    def mark(self, tops: Sequence[int], depth: int, stop: int, into: dict[int, int], parents: dict[int, int]) -> int:
        """Notes the depth of every row with rows of its own and the parents of these; gives how many are sums of several."""
        several = 0
        for index in tops:
            end = min(self.end[index], stop)
            if end == index + 1:
                continue
            into[self.rows[index].row] = depth
            parts = self._take(self.rows[index].amounts, index + 1, end)
            parents.update({self.rows[part].row: self.rows[index].row for part in parts})
            shown = sum(any(self.rows[part].amounts.values()) for part in parts)
            several += FEWEST if shown >= NO_CHANCE else shown > 1
            several += self.mark(parts, depth + 1, end, into, parents)
        return several
