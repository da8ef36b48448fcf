"""Levels of rows as they are printed: how far a name is set in, and the code that continues another; sums only confirm.

The first sign of a name's first line stands further right the deeper its row is (over 46 tables without codes 98 % of all
parents read so are the sum of their children). A reading is taken for the whole table, when nearly all of its sums hold, never
row by row: one wrong figure then stays visible as a sum that does not hold.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from budget.codes import level_of
from budget.disclosure import Fact
from budget.printed_text import says_of_which
from extract.statements.blocks import Block
from extract.statements.model import Table

GAP: Final = 0.3
"""Widths of a sign between the beginnings of two levels: 3 pt at 10 pt; a level is set in by half a sign at least."""
FEWEST_SUMS: Final = 3
"""Sums that a reading must explain before it is believed."""
SHARE: Final = Decimal("0.9")
"""Share of the sums of a table that must hold: what is left are wrong figures, which are told."""
SHARE_AGAINST_NOTHING: Final = Decimal("0.5")
"""The same where the other reading, all rows at one level, holds in no column."""
_TOTALS: Final = ("total", "grand_total")
_NO_ADDENDS: Final = ("quantity", "unit_price", "catalogue_code")
_BELOW_NAMES: Final = 1000
"""Level of coded rows: they belong to the unit or heading above them, whatever their names' beginnings."""


@dataclass(slots=True)
class LeveledRow:
    """A row of one list with its depth from 0 and the rows that are its parts. `unit`: the code of the unit whose row it is."""

    row: int
    code: str
    amounts: dict[int, Decimal]
    unit: str = ""
    level: int = 0
    depth: int = 0
    parent: LeveledRow | None = None
    parts: list[LeveledRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the name of a row begins, and whether it is printed as 其中."""

    at: float
    of_which: bool


def beginnings(table: Table, block: Block) -> dict[int, Beginning]:
    """Row → where its name begins, for the rows of one list of a table that print a name."""
    found: dict[int, Beginning] = {}
    for r, row in enumerate(table.rows):
        cell = next((row[c] for c in block.names if row[c].shown), None)
        if cell is not None:
            found[r] = Beginning(cell.begins_at or float(cell.indent), says_of_which(cell.shown))
    return found


def read_levels(facts: Sequence[Fact], begins: Mapping[int, Beginning]) -> list[LeveledRow]:
    """The rows of one list of a statement as a tree, top rows first; empty where print tells no levels or the
    sums do not bear them out."""
    of_row: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        of_row[fact.row].append(fact)
    totals = [here for here in of_row.values() if here[0].role in _TOTALS]
    rows = _rows(of_row, begins)
    if rows is None or len(rows) < FEWEST_SUMS:
        return []
    if all(row.code for row in rows):
        return []
    tops = _tree(rows)
    if len(tops) == len(rows):
        return []
    half = Decimal(1).scaleb(-max(_decimals(fact) for fact in facts)) / 2
    wholes = [_amounts(here) for here in totals]
    held, all_sums = _sums(tops, wholes, half)
    if all_sums < FEWEST_SUMS:
        return []
    # a row that is not published breaks every sum above it: what print shows still beats one level for all, where that never holds
    needed = SHARE_AGAINST_NOTHING if totals and not any(_held(one, rows, half)[0] for one in wholes) else SHARE
    return tops if held >= needed * all_sums else []


def coded_rows(facts: Sequence[Fact]) -> list[LeveledRow]:
    """The rows of one list that carry functional or economic codes as a tree by their codes, top rows first."""
    of_row: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.code and level_of(fact.code):
            of_row[fact.row].append(fact)
    return _tree([LeveledRow(row, here[0].code, _amounts(here)) for row, here in sorted(of_row.items())])


def _rows(of_row: Mapping[int, list[Fact]], begins: Mapping[int, Beginning]) -> list[LeveledRow] | None:
    """The rows that are addends, each with the level it is printed at; None where a row shows no place of its own."""
    named: list[tuple[LeveledRow, float]] = []
    rows = []
    for number in sorted(of_row):
        here = of_row[number]
        first = here[0]
        beginning = begins.get(number)
        if first.role in (*_TOTALS, "carry") or (beginning is not None and beginning.of_which):
            continue
        unit = first.code if first.code_system == "unit" else ""
        row = LeveledRow(number, first.code if level_of(first.code) and not unit else "", _amounts(here), unit)
        if row.code:
            row.level = _BELOW_NAMES + len(row.code)
        elif beginning is None:
            return None
        else:
            named.append((row, beginning.at))
        rows.append(row)
    steps = _steps(at for _, at in named)
    for row, at in named:
        row.level = sum(at >= step for step in steps)
    return rows


def _steps(places: Iterable[float]) -> list[float]:
    """Where a new level begins, among the places at which names begin."""
    ordered = sorted(set(places))
    return [right for left, right in itertools.pairwise(ordered) if right - left > GAP]


def _amounts(facts: Sequence[Fact]) -> dict[int, Decimal]:
    return {fact.col: fact.value for fact in facts if fact.measure not in _NO_ADDENDS}


def _decimals(fact: Fact) -> int:
    _, _, behind = fact.amount.partition(".")
    return len(behind)


def _tree(rows: Sequence[LeveledRow]) -> list[LeveledRow]:
    """Rows hung below the nearest row above that is printed at a higher level and, where both have codes, begins its code."""
    tops: list[LeveledRow] = []
    open_rows: list[LeveledRow] = []
    for row in rows:
        while open_rows and not _is_above(open_rows[-1], row):
            open_rows.pop()
        if open_rows:
            row.parent = open_rows[-1]
            row.depth = row.parent.depth + 1
            row.parent.parts.append(row)
        else:
            tops.append(row)
        open_rows.append(row)
    return tops


def _is_above(upper: LeveledRow, lower: LeveledRow) -> bool:
    if upper.code and lower.code:
        return len(upper.code) < len(lower.code) and lower.code.startswith(upper.code)
    if upper.unit and lower.unit != upper.unit and lower.unit.startswith(upper.unit):
        return True  # 241 → 241001, printed at one level
    return upper.level < lower.level


def _sums(tops: Sequence[LeveledRow], totals: Sequence[Mapping[int, Decimal]], half: Decimal) -> tuple[int, int]:
    """(sums that hold, sums) over all columns of a tree; sums of nothing but zeros count for neither."""
    held = every = 0
    for total in totals:
        right, all_of = _held(total, tops, half)
        held, every = held + right, every + all_of
    for top in tops:
        for row in _walk(top):
            if row.parts:
                right, all_of = _held(row.amounts, row.parts, half)
                held, every = held + right, every + all_of
    return held, every


def _held(whole: Mapping[int, Decimal], parts: Sequence[LeveledRow], half: Decimal) -> tuple[int, int]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for part in parts:
        for col, amount in part.amounts.items():
            sums[col] += amount
    columns = [col for col in {*sums, *whole} if sums[col] or whole.get(col)]
    room = half * (len(parts) + 1)
    return sum(abs(sums[col] - whole.get(col, Decimal(0))) <= room for col in columns), len(columns)


def _walk(row: LeveledRow) -> list[LeveledRow]:
    found = [row]
    for part in row.parts:
        found += _walk(part)
    return found


def walk(tops: Sequence[LeveledRow]) -> list[LeveledRow]:
    """Every row of a tree, parents before their parts."""
    return [row for top in tops for row in _walk(top)]
