"""What the header path of a column says of its amounts: measure, fund, item, unit, year, basis."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from budget.amounts import Unit, find_unit
from budget.kinds import fund_of_title, kind_of
from budget.measures import NO_MEASURES, UNKNOWN, Measure, is_own_measure, item_of_title, measure_of, unsaid
from extract.statements.blocks import Block
from extract.statements.model import Table


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """What the header path of a column says of its amounts."""

    path: tuple[str, ...]
    unit: Unit
    measure: Measure
    year: int | None
    basis: Basis | None

    @classmethod
    def of(cls, table: Table, c: int, unit: Unit, year: int | None) -> ColumnMeaning:
        path = table.paths[c]
        named = next((u for level in reversed(path) if (u := find_unit(level)) and "元" in level), unit)
        path_year, path_basis = year_and_basis(path.shown, year)
        measure = measure_of(path, table.kind)
        if measure.fund == "all" and table.title and kind_of(table.kind).fund_in_title:
            measure = replace(measure, fund=fund_of_title(table.title) or "all")
        if measure.item is None and table.title and kind_of(table.kind).item_in_title:
            measure = replace(measure, item=item_of_title(table.title))
        return cls(path, named, measure, path_year, path_basis)

    def measured(self, name: str) -> ColumnMeaning:
        """The same column under another measure."""
        return replace(self, measure=replace(self.measure, measure=name))


def told_apart(
    kind: str,
    paths: list[ColumnMeaning],
    blocks: tuple[Block, ...],
    year: int | None,
    basis: Literal["budget", "final"] | None,
) -> list[ColumnMeaning]:
    """The columns of every list so that no two of them claim to be the same amount.

    Of several that do (支出总计 and 2026年政府采购项目 / 小计), the one whose header says nothing else keeps its measure; the
    others, and all of them where none is plainer, are `unknown`. A list without a total column whose one column is what the
    statement is about (一般公共预算支出 / 合计) has its total there.
    """
    told = list(paths)
    for block in blocks:
        same: dict[tuple[object, ...], list[int]] = {}
        for c in block.money:
            one = paths[c]
            if one.measure.measure not in NO_MEASURES:
                same.setdefault((one.measure, one.year or year, one.basis or basis), []).append(c)
        for columns in same.values():
            if len(columns) < 2:
                continue
            least = min(len(unsaid(paths[c].path)) for c in columns)
            plain = [c for c in columns if len(unsaid(paths[c].path)) == least]
            for c in columns:
                if plain != [c]:
                    told[c] = told[c].measured(UNKNOWN)
        spans: dict[tuple[object, ...], list[int]] = {}
        for c in block.money:
            spans.setdefault((paths[c].year or year, paths[c].basis or basis), []).append(c)
        for columns in spans.values():
            whole = [c for c in columns if is_own_measure(kind, told[c].measure.measure)]
            if len(whole) == 1 and not any(told[c].measure.measure == "total" for c in columns):
                told[whole[0]] = told[whole[0]].measured("total")
    return told


Basis = Literal["budget", "final", "none"]
"""`none`: 执行数, what was spent by the time the budget was made, is neither a budget nor a final account."""


def year_and_basis(levels: tuple[str, ...], year: int | None) -> tuple[int | None, Basis | None]:
    """(fiscal year, budget or final) that a header path names: `2022年预算数` → (2022, budget), 上年 → the year before."""
    found_year: int | None = None
    basis: Basis | None = None
    for text in levels:
        named = re.search(r"(20[0-4]\d)年", text)
        if named:
            found_year = int(named.group(1))
        elif year is not None and re.search(r"^(?:上年度?|去年)$|上年(?:度)?(?:预算|决算|执行)", text):
            found_year = year - 1
        if re.search(r"决算", text):
            basis = "final"
        elif re.search(r"执行", text):
            basis = "none"
        elif (
            re.search(r"预算(?:数|安排|金额)|预算$", text)
            and "一般公共预算" not in text
            and "基金预算" not in text
            and "经营预算" not in text
        ):
            basis = "budget"
    return found_year, basis
