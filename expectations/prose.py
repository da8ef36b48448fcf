"""TXT: what the text says against what the tables print, and units that do not fit."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cache
from importlib import resources

from budget.amounts import Unit, printed_decimals
from budget.disclosure import Disclosure, ProseFact
from expectations.across import Coded, Set, basic_total, coded, one_column, sets_of
from expectations.balance import Side, side_of
from expectations.identities import Identity, Term, equal, skip
from expectations.subjects import item_of
from expectations.tables import COARSEST, Cell, Column, Table, says


@cache
def topics() -> dict[str, str]:
    """Topic of a prose fact → where its amount stands, as `topics.toml` lists them."""
    text = resources.files("expectations").joinpath("topics.toml").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in tomllib.loads(text)["topics"].items()}


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """TXT-01, TXT-06 and TXT-11 of a disclosure."""
    yield from _units(tables)
    named: dict[str, list[tuple[int, ProseFact]]] = defaultdict(list)
    for number, fact in enumerate(disclosure.prose_facts):
        if fact.amount is not None and fact.fiscal_year in (None, disclosure.document.fiscal_year):
            named[fact.topic].append((number, fact))
    sets = sets_of(tables)
    if not named:
        return
    if len(sets) != 1:
        yield skip("TXT-01", "several sets of statements: the text does not say which it means")
        return
    places = _Places(sets[0], disclosure.document.fiscal_year, final=disclosure.document.kind == "final_account")
    for topic, facts in named.items():
        if topic not in topics():
            continue
        if len({fact.amount for _, fact in facts}) > 1:
            yield skip("TXT-01", "the text names several amounts", row_label=topic)
            continue
        cells = places.find(topics()[topic])
        if not cells:
            yield skip("TXT-01", "the table cell is not found", row_label=topic)
            continue
        yield _claim(topic, *facts[0], cells)


def _claim(topic: str, number: int, fact: ProseFact, cells: list[list[Term]]) -> Identity:
    """Against the first place; another place that fits is taken instead (支出总计 or 本年支出合计)."""
    own = [_prose_term(number, fact)]
    claims = [equal("TXT-01", own, terms, f"文字：{topic}", fact.sentence[:60]) for terms in cells]
    best = next((claim for claim in claims if claim.holds), claims[0])
    if not best.holds and best.left_value and best.right_value:
        shift = best.left_value.adjusted() - best.right_value.adjusted()
        same = best.left_value.normalize().as_tuple().digits == best.right_value.normalize().as_tuple().digits
        if shift and same:
            return replace(best, check="TXT-11", note=f"相差 10 的 {shift} 次方 / a power of ten apart: {shift}")
    return best


def _prose_term(number: int, fact: ProseFact) -> Term:
    amount = Decimal(fact.amount or "0")
    unit = Unit(fact.unit).in_wan if fact.unit in ("元", "千元", "万元", "亿元") else Decimal(1)
    decimals = max(printed_decimals(format((amount / unit).normalize(), "f")), 2)
    quantum = unit * Decimal(1).scaleb(-decimals)
    cell = Cell("", number, 1000, amount, fact.amount or "", None, fact.at, max(quantum, min(COARSEST, unit)))
    return Term(cell, f"文字“{fact.sentence[:30]}”")


class _Places:
    """Finds the cells a topic means in one set of statements."""

    def __init__(self, one: Set, year: int | None, *, final: bool) -> None:
        self.one = one
        self.final = final
        self.year = year
        summary = one.one("revenue_expenditure_summary")
        self.sides = {side: side_of(summary, side) if summary else None for side in ("revenue", "expenditure")}

    def find(self, place: str) -> list[list[Term]]:
        kind, _, what = place.partition("/")
        if kind in ("revenue", "expenditure"):
            side = self.sides[kind]
            return _of_side(side, what) if side is not None else []
        if kind == "three_public":
            return self._three_public(what)
        table = self.one.one(kind)
        if kind == "general_budget_basic_expenditure" and what == "total":
            return [terms] if table is not None and (terms := basic_total(table)) else []
        found: Coded | None = coded(table, self.year)
        terms = found.of_total(what) if found else None
        return [terms] if terms else []

    def _three_public(self, item: str) -> list[list[Term]]:
        table = self.one.one("three_public_expenses")
        if table is None:
            return []
        found: list[Term] = []
        for line in table.side(None):
            by_row = item_of([line.name]) if line.name else None
            for column in table.columns_of(None):
                if column.fiscal_year not in (None, self.year) or self._other_basis(column):
                    continue
                by_column = item_of([*column.path])
                total_column = column.measure == "total" and by_column in (None, "total")
                if (by_row == item and total_column) or (by_row is None and by_column == item):
                    found.append(Term(line.cells[column.col], f"{table.title} {line.name or column.label}"))
        return [[found[0]]] if len(found) == 1 else []

    def _other_basis(self, column: Column) -> bool:
        """公开07 prints 预算数 beside 决算数: a final account speaks of the second."""
        printed = "".join(column.path)
        return "预算数" in printed if self.final else "决算数" in printed


def _of_side(side: Side, what: str) -> list[list[Term]]:
    column = one_column(side)
    if column is None:
        return []
    if what == "grand":
        lines = [line for line in (side.grand or side.current,) if line is not None]
        beside = any(line.cells[column.col].value for line in side.between)
        if side.current is not None and beside:
            lines.append(side.current)
    elif what == "current":
        lines = [line for line in (side.current,) if line is not None]
    else:
        lines = [line for line in (*side.parts, *side.between) if says("rows", what, line.name)]
        lines += (
            [p for below in side.parts_of.values() for p in below if says("rows", what, p.name)] if not lines else []
        )
        if len(lines) != 1:
            return []
    return [[Term(line.cells[column.col], f"{side.table.title} {line.name}")] for line in lines]


# --------------------------------------------------------------------------- units


def _units(tables: list[Table]) -> Iterator[Identity]:
    """TXT-11: a statement in another unit than its neighbours whose figures make no sense in it.

    Shanghai prints eight tables in 元 and 三公 in 万元, rightly; a purchase budget of 8 元 among tables in 万元 is a wrong
    unit line, and so is a part that exceeds the whole department a hundred times.
    """
    shown = [table for table in tables if not table.empty and table.statement.unit]
    units = Counter(table.statement.unit for table in shown)
    if len(shown) < 4 or len(units) < 2:
        return
    usual, many = units.most_common(1)[0]
    if many * 3 < len(shown) * 2 or usual is None:
        return
    whole = max(
        (c.value for t in shown if t.statement.unit == usual for line in t.lines for c in line.cells.values()),
        default=Decimal(0),
    )
    for table in shown:
        if table.statement.unit == usual:
            continue
        cells = [(cell, line) for line in table.lines for cell in line.cells.values()]
        cell, line = max(cells, key=lambda pair: abs(pair[0].value))
        label = f"{table.title}（单位：{table.statement.unit}）"
        finer = Unit(table.statement.unit or "万元").in_wan < Unit(usual).in_wan
        least, most = (Decimal("0.05"), None) if finer else (None, whole * 100)
        ok = (least is None or abs(cell.value) >= least) and (most is None or abs(cell.value) <= most)
        bound = least if least is not None else most
        assert bound is not None
        yield Identity(
            "TXT-11", (table.statement.id,), label, "最大数", (Term(cell, line.name),), (),
            stated=(Decimal(int(ok)), Decimal(1)),
            note=f"其余表的单位为{usual} / the other statements are in {usual}",
        )  # fmt: skip
