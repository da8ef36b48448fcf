"""TXT-01, TXT-06, TXT-11: what the text says against what the tables print, and units that do not fit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from budget.amounts import Unit
from budget.disclosure import Disclosure
from budget.printed_text import squeeze
from expectations.checks.across import Coded, Set, basic_total, coded, one_column, sets_of
from expectations.checks.balance import Side, side_of
from expectations.checks.three_public import ITEMS, PARTS, item_and_fund, item_of, period_of
from expectations.view.codes import same_name
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.subjects import asset_total
from expectations.view.tables import COARSEST, Column, Line, Table, is_total, says
from expectations.view.told import Told, amounts_of, carried, empty_means, name_of, topics, word

__all__ = ["Places", "identities", "topics"]


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """TXT-01, TXT-06, TXT-11 and EMP-03 of a disclosure."""
    yield from _units(tables)
    sets = sets_of(tables)
    told = amounts_of(disclosure)
    if len(sets) != 1:
        if told:
            yield skip("TXT-01", "several sets of statements: the text does not say which it means")
        return
    places = Places(sets[0], disclosure.document.fiscal_year, final=disclosure.document.kind == "final_account")
    yield from _empty(places, tables, told)
    named: dict[str, list[Told]] = defaultdict(list)
    lists = {one.fact.sentence for one in told if one.topic == "economic" or one.topic.endswith("_item")}
    for one in told:
        if one.topic in ITEMS and one.fact.sentence in lists:
            continue  # 工会经费 7 万元，公务用车运行维护费 12 万元: what 基本支出 spends on it, not 三公经费
        named[one.topic].append(one)
    for topic, facts in named.items():
        if topic in topics():
            yield from _topic(topic, facts, places)
    yield from _by_name(told, places)
    yield from _running(named, places)


def _topic(topic: str, facts: list[Told], places: Places) -> Iterator[Identity]:
    cells = [terms for place in topics()[topic] for terms in places.find(place)]
    if topic in carried() and any(_lists_what_was_carried(one) for one in facts):
        cells += [terms for place in carried()[topic] for terms in places.find(place)]
    if not cells:
        yield skip("TXT-01", "the table cell is not found", row_label=topic)
        return
    claims = [_claim(topic, one, cells) for one in facts]
    if len({one.fact.amount for one in facts}) > 1:
        # one of them is the table's; the others are of a part, a unit or a year that the text does not name
        agreeing = [claim for claim in claims if claim.holds]
        if agreeing:
            yield agreeing[0]
        else:
            yield skip("TXT-01", "the text names several amounts", row_label=topic)
        return
    yield claims[0]


def _lists_what_was_carried(one: Told) -> bool:
    """当年预算收入 100 万元，其中：一般公共预算拨款 90 万元、上年结转 10 万元 (Xi'an)."""
    text = one.fact.sentence
    parts = word("of_which").search(text)
    return parts is not None and bool(word("carried").search(text, parts.end()))


def _claim(topic: str, one: Told, cells: list[list[Term]]) -> Identity:
    """Against the first place; another place that fits is taken instead (支出总计 or 本年支出合计)."""
    claims = [_against(one, terms, f"文字：{name_of(topic)}", one.fact.sentence[:60]) for terms in cells]
    best = next((claim for claim in claims if claim.holds), claims[0])
    if not best.holds and best.left_value and best.right_value:
        shift = best.left_value.adjusted() - best.right_value.adjusted()
        same = best.left_value.normalize().as_tuple().digits == best.right_value.normalize().as_tuple().digits
        if shift and same:
            return replace(best, check="TXT-11", note=f"相差 10 的 {shift} 次方 / a power of ten apart: {shift}")
    return best


def _against(one: Told, terms: list[Term], label: str, sentence: str) -> Identity:
    """TXT-01 of one figure. Text is as often cut off as rounded: where the table tells more digits, it is good to one of its last."""
    claim = equal("TXT-01", [one.term()], terms, label, sentence)
    return replace(claim, tolerance=one.quantum if one.quantum > COARSEST else _cut_off(claim, one, terms))


def _cut_off(claim: Identity, one: Told, terms: Sequence[Term]) -> Decimal:
    """The tolerance of a figure of the text that tells no more than the table: what cutting off its last digits can do."""
    finest = min((term.cell.quantum for term in terms if term.cell.printed), default=one.quantum)
    return max(claim.tolerance, one.quantum - finest)


# --------------------------------------------------------------------------- functions named in the text

_PRINTED_CODE = re.compile(r"(?<!\d)(2\d{2}(?:\d{2}(?:\d{2})?)?)(?!\d)")
_LEVEL = re.compile(r"[(（](类|款|项)[)）]")


def _by_name(told: list[Told], places: Places) -> Iterator[Identity]:
    """TXT-01 of amounts named by a functional code, or by its whole path 类、款、项."""
    tables = [
        found for kind in (
            "general_budget_expenditure", "expenditure_summary", "government_fund_expenditure", "state_capital_expenditure",
        ) if (table := places.one.one(kind)) is not None and (found := coded(table, places.year)) is not None
    ]  # fmt: skip
    if not tables:
        return
    for one in told:
        if one.topic != "function" or not one.fact.name:
            continue
        cells = [terms for table in tables if (terms := _row_of(table, squeeze(one.fact.name)))]
        if not cells:
            continue
        claims = [_against(one, terms, one.fact.name[-30:], one.fact.sentence[:40]) for terms in cells]
        best = next((claim for claim in claims if claim.holds), None)
        if best is not None:
            yield best
        elif _whole_path(one.fact.name):
            yield claims[0]


def _whole_path(name: str) -> bool:
    return bool(_PRINTED_CODE.match(squeeze(name))) or len(_LEVEL.findall(name)) == 3


def _row_of(table: Coded, name: str) -> list[Term] | None:
    columns = table.column("total")
    lines = [line for line in table.table.side(None) if line.code.isdigit()]
    if columns is None:
        return None
    printed = _PRINTED_CODE.match(name)
    if printed:
        found = [line for line in lines if line.code == printed.group(1)]
    else:
        parts = [part for part in _LEVEL.split(name)[0::2] if part]
        found = (
            [line for line in lines if same_name(line.name, parts[-1]) and _below(line, parts[:-1], lines)]
            if parts
            else []
        )
    if len(found) != 1 or any(column.col not in found[0].cells for column in columns):
        return None
    return [Term(found[0].cells[column.col], f"{table.table.title} {found[0].label}") for column in columns]


def _below(line: Line, parents: list[str], lines: list[Line]) -> bool:
    """Whether the rows whose codes begin this row's are named as the path says."""
    above = [other for other in lines if other.code != line.code and line.code.startswith(other.code)]
    return all(any(same_name(other.name, name) for other in above) for name in parents)


# --------------------------------------------------------------------------- TXT-06: 机关运行经费

_SAME_ITEM = (
    ("维修费", "维修(护)费"),
    ("公车运行维护费", "公务用车运行维护费"),
    ("公务用车运行费", "公务用车运行维护费"),
    ("其他", "其他商品和服务支出"),
)


def _running(named: dict[str, list[Told]], places: Places) -> Iterator[Identity]:
    """机关运行经费 is the 公用经费 of 行政单位; a department with institutions has more 公用经费 than that."""
    public = places.find("general_budget_basic_expenditure/public")
    for topic, severity in (("agency_running", None), ("institution_running", "warning")):
        facts = named.get(topic, [])
        if len({one.fact.amount for one in facts}) != 1 or not facts:
            continue
        if not public:
            yield skip("TXT-06", "no 公用经费 to compare with", row_label=topic)
            continue
        claim = equal("TXT-06", [facts[0].term()], public[0], f"文字：{name_of(topic)}", "公用经费", severity=severity)
        claim = replace(claim, tolerance=_cut_off(claim, facts[0], public[0]))
        if not claim.holds and claim.difference < 0:
            yield skip("TXT-06", "some of the 公用经费 belongs to institutions or is not 机关运行经费", row_label=topic)
            continue
        yield claim
        if claim.holds:
            yield from _running_items(named.get(f"{topic}_item", []), places, severity)


def _running_items(items: list[Told], places: Places, severity: str | None) -> Iterator[Identity]:
    table = places.one.one("general_budget_basic_expenditure")
    if table is None or table.lists > 1:
        return
    found = coded(table, places.year)
    columns = (found.column("public") or found.column("total")) if found is not None else None
    if columns is None:
        return
    for one in items:
        names = _spellings(squeeze(one.fact.name))
        rows = [
            line for line in table.side(None)
            if len(line.code) == 5 and line.code.startswith(("302", "310")) and any(same_name(squeeze(line.name), n) for n in names)
        ]  # fmt: skip
        if len(rows) == 1 and columns[0].col in rows[0].cells:
            right = [Term(rows[0].cells[columns[0].col], f"{table.title} {rows[0].label}")]
            yield equal("TXT-06", [one.term()], right, f"文字：{one.fact.name}", rows[0].label, severity=severity)


def _spellings(name: str) -> set[str]:
    return {name, *(printed for short, printed in _SAME_ITEM if short == name)}


# --------------------------------------------------------------------------- EMP-03: none is nothing


def _empty(places: Places, tables: list[Table], told: list[Told]) -> Iterator[Identity]:
    """EMP-03: where a statement says that there is nothing, the text and the other statements name nothing either."""
    for kind, means in empty_means().items():
        declared = [table for table in tables if table.kind == kind and table.statement.declared_empty and table.empty]
        if not declared or len([table for table in tables if table.kind == kind]) > 1:
            continue
        title, sid = declared[0].title, declared[0].statement.id
        terms = [one.term() for one in told if one.topic in means["topics"]]
        terms += [term for place in means["places"] for found in places.find(place) for term in found]
        for term in terms:
            claim = equal("EMP-03", [term], [], f"{title}（空表）", term.label)
            yield replace(claim, statement_ids=tuple(dict.fromkeys((*claim.statement_ids, sid))))
        if not terms:
            yield skip("EMP-03", "nothing else names what the statement says is none", sid)


class Places:
    """Finds the cells a topic means in one set of statements."""

    def __init__(self, one: Set, year: int | None, *, final: bool) -> None:
        self.one = one
        self.final = final
        self.year = year
        summary = one.one("revenue_expenditure_summary")
        fiscal = one.one("appropriation_summary")
        self.sides = {side: side_of(summary, side) if summary else None for side in ("revenue", "expenditure")}
        self.sides["fiscal_in"] = side_of(fiscal, "revenue") if fiscal else None
        self.sides["fiscal_out"] = side_of(fiscal, "expenditure") if fiscal else None

    def find(self, place: str) -> list[list[Term]]:
        """The cells a place of `topics.toml` means, each as the terms that add up to it; [] when they are not printed."""
        kind, _, what = place.partition("/")
        if kind in self.sides:
            side = self.sides[kind]
            return _of_side(side, what) if side is not None else []
        if kind == "three_public":
            return self._three_public(what)
        if kind == "assets":
            tables = self.one.kinds.get("fixed_assets", [])
            term = asset_total(tables[0], what) if len(tables) == 1 else None
            return [[term]] if term is not None else []
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
        lines = [line for line in table.side(None) if self._own_period(table, line) and not line.blank]
        columns = [
            column for column in table.columns_of(None)
            if column.fiscal_year in (None, self.year) and not self._other_basis(column) and not _is_beside(column)
        ]  # fmt: skip
        if any(item_of([line.name]) in PARTS for line in lines if line.name):
            found = [
                Term(line.cells[column.col], f"{table.title} {line.name or column.label}")
                for line in lines if line.name and item_of([line.name]) == item
                for column in columns if column.measure == "total" and item_of([*column.path]) in (None, "total")
            ]  # fmt: skip
            return [[found[0]]] if len(found) == 1 else []
        totals = [line for line in lines if is_total(line)]  # units stand below it
        one = totals if len(totals) == 1 else lines
        own = [column for column in columns if item_and_fund(column.path)[0] == item]
        if len(own) > 1 and item == "total":
            own = [column for column in own if any("三公" in level for level in column.path)] or own
        by_fund = [column for column in own if item_and_fund(column.path)[1]]
        whole = [column for column in own if column not in by_fund]
        chosen = whole if len(whole) == 1 else by_fund if not whole else []
        if len(one) != 1 or not chosen:
            return []
        return [[Term(one[0].cells[column.col], f"{table.title} {one[0].name or column.label}") for column in chosen]]

    def _own_period(self, table: Table, line: Line) -> bool:
        """Rows of another year and of what changed stand below the own year's in some forms (Shenzhen)."""
        period = period_of(table, line)
        return not period or (self.year is not None and period.startswith(f"{self.year}年"))

    def _other_basis(self, column: Column) -> bool:
        """公开07 prints 预算数 beside 决算数: a final account speaks of the second."""
        printed = "".join(column.path)
        return "预算数" in printed if self.final else "决算数" in printed


def _is_beside(column: Column) -> bool:
    return any(says("columns", "beside", level) or "变化" in level or level.startswith("上年") for level in column.path)


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
