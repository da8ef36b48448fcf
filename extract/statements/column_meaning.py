"""What the header path of a column says of its amounts: measure, fund, item, unit, year, basis."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Literal

from budget.amounts import Unit, find_unit
from budget.kinds import fund_of_title, kind_of
from budget.measures import NO_MEASURES, UNKNOWN, Measure, is_own_measure, item_of_title, measure_of, unsaid
from budget.words import HEADERS, Words, any_of, holds
from extract.statements.blocks import Block
from extract.statements.heads import Head
from extract.statements.model import Table

Basis = Literal["budget", "final", "none"]
"""`none`: 执行数, what was spent by the time the budget was made, is neither a budget nor a final account."""
TOTAL = "total"
"""The measure of the whole of a list."""


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """What the header path of a column says of its amounts."""

    path: Head
    unit: Unit
    measure: Measure
    year: int | None
    basis: Basis | None

    @classmethod
    def of(cls, table: Table, c: int, unit: Unit, year: int | None) -> ColumnMeaning:
        head = table.paths[c]
        named = next((found for level in reversed(head) if "元" in level and (found := find_unit(level))), unit)
        return cls(head, named, _measure(table, head), *year_and_basis(head.shown, year))

    def measured(self, name: str) -> ColumnMeaning:
        """The same column under another measure."""
        return replace(self, measure=replace(self.measure, measure=name))


def _measure(table: Table, head: Head) -> Measure:
    """What a column measures; its fund and its item as the title of the table names them, where the header names none."""
    measure, kind, title = measure_of(head, table.kind), kind_of(table.kind), table.title or ""
    if measure.fund == "all" and kind.fund_in_title:
        measure = replace(measure, fund=fund_of_title(title) or "all")
    if measure.item is None and kind.item_in_title:
        measure = replace(measure, item=item_of_title(title))
    return measure


def told_apart(
    kind: str,
    columns: list[ColumnMeaning],
    blocks: tuple[Block, ...],
    year: int | None,
    basis: Literal["budget", "final"] | None,
) -> list[ColumnMeaning]:
    """The columns of every list so that no two of them claim to be the same amount.

    Of several that do (支出总计 and 2026年政府采购项目 / 小计), the one whose header says nothing else keeps its measure; the
    others, and all of them where none is plainer, are `unknown`. A list without a total column whose one column is what the
    statement is about (一般公共预算支出 / 合计) has its total there.
    """
    told = list(columns)
    for block in blocks:
        of_span: dict[tuple[object, ...], list[int]] = defaultdict(list)
        of_measure: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for c in block.money:
            one = columns[c]
            span = (one.year or year, one.basis or basis)
            of_span[span].append(c)
            if one.measure.measure not in NO_MEASURES:
                of_measure[(one.measure, *span)].append(c)
        for same in of_measure.values():
            for c in _not_plain(columns, same):
                told[c] = told[c].measured(UNKNOWN)
        for span_columns in of_span.values():
            _name_total(kind, told, span_columns)
    return told


def _not_plain(columns: list[ColumnMeaning], same: list[int]) -> list[int]:
    """Of columns that claim the same amount all but the one that says nothing else; none where there is one alone."""
    least = min(len(unsaid(columns[c].path)) for c in same)
    plain = [c for c in same if len(unsaid(columns[c].path)) == least]
    return [c for c in same if [c] != plain]


def _name_total(kind: str, told: list[ColumnMeaning], columns: list[int]) -> None:
    """Of the columns of one year and basis the one that the statement is about is its total, where no other one is."""
    whole = [c for c in columns if is_own_measure(kind, told[c].measure.measure)]
    if len(whole) == 1 and not any(told[c].measure.measure == TOTAL for c in columns):
        told[whole[0]] = told[whole[0]].measured(TOTAL)


_YEAR = re.compile(r"(20[0-4]\d)年")
_LAST_YEAR = re.compile(
    "^" + any_of(HEADERS.last_year) + "$|上年(?:度)?" + any_of((*HEADERS.budget, *HEADERS.final, *HEADERS.executed))
)
_BUDGET = re.compile(any_of(HEADERS.budget) + "(?:" + any_of(HEADERS.amounts) + "|$)")
_BASES: tuple[tuple[Words, Basis], ...] = ((HEADERS.final, "final"), (HEADERS.executed, "none"))


def year_and_basis(levels: tuple[str, ...], year: int | None) -> tuple[int | None, Basis | None]:
    """(fiscal year, budget or final) that a header path names: `2022年预算数` → (2022, budget), 上年 → the year before."""
    deepest_first = levels[::-1]
    found_year = next(filter(None, (_year_of(text, year) for text in deepest_first)), None)
    return found_year, next(filter(None, map(_basis_of, deepest_first)), None)


def _year_of(text: str, year: int | None) -> int | None:
    named = _YEAR.search(text)
    if named:
        return int(named.group(1))
    return year - 1 if year is not None and _LAST_YEAR.search(text) else None


def _basis_of(text: str) -> Basis | None:
    told = next((basis for words, basis in _BASES if holds(text, words)), None)
    if told is None and _BUDGET.search(text) and not holds(text, HEADERS.budgets_of_funds):
        return "budget"
    return told
