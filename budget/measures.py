"""Measures: what a column of a statement measures, told from its header path. Spellings are data (`data/measures.toml`)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from budget.disclosure import Fund
from budget.kinds import kind_of
from budget.printed_text import plain_name, squeeze

_YEAR = re.compile(r"(?:19|20)\d{2}(?:年度|年)?")
_OF_A_YEAR = re.compile(r"(?:19|20)\d{2}年?|(?:预算|决算|执行)数|^[上本当去]年")
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_QUOTES = re.compile("[“”‘’\"'《》]")
# 上年结余、结转 is 上年结余结转
_BETWEEN = re.compile(r"[、，,·/]")
# 项目支出总数 is 项目支出
_TAILS = ("预算数", "决算数", "预算", "决算", "金额", "合计", "小计", "总数", "总额", "总计")
_FUNDS = (
    ("政府性基金预算", "F"), ("政府基金预算", "F"), ("政府性基金", "F"), ("国有资本经营预算", "S"), ("国有资本经营", "S"), ("固有资本经营预算", "S"),
    ("一般公共预算", "G"), ("公共财政预算", "G"),
)  # fmt: skip
_FUND_OF: dict[str, Fund] = {
    "fiscal_total": "fiscal", "general_budget": "general_budget", "gov_fund": "gov_fund",
    "state_capital": "state_capital", "fiscal_account_funds": "fiscal_account_funds", "unit_funds": "unit_funds",
}  # fmt: skip
_OF_UNITS = ("business_revenue", "operating_revenue", "superior_subsidy", "affiliated_payment", "other_revenue")
"""Revenue of the units' own, which together are 单位资金 (docs/field.md: funds)."""
_FUND_OF |= dict.fromkeys(_OF_UNITS, "unit_funds")
_FUND_OF_SIGN: dict[str, Fund] = {"G": "general_budget", "F": "gov_fund", "S": "state_capital"}

UNKNOWN = "unknown"
"""The measure of amounts whose header says something that is none of the measures."""
CHANGE = "change"
"""The measure of differences against another year."""
NO_MEASURES = frozenset({UNKNOWN, CHANGE})


@dataclass(frozen=True, slots=True)
class Measure:
    """What an amount measures: the measure of the domain, the 三公 item it is for, the fund it comes from."""

    measure: str
    item: str | None
    fund: Fund


@dataclass(frozen=True, slots=True)
class _Spellings:
    generic: frozenset[str]
    exact: dict[str, str]
    parts: tuple[tuple[str, str], ...]
    items: tuple[str, ...]
    not_money: frozenset[str]
    not_money_parts: tuple[str, ...]
    changes: tuple[str, ...]
    blocks: tuple[re.Pattern[str], ...]
    fund_of: dict[str, Fund]
    parts_of: dict[str, str]


@cache
def _spellings() -> _Spellings:
    raw = tomllib.loads(resources.files("budget").joinpath("data/measures.toml").read_text(encoding="utf-8"))
    exact: dict[str, str] = {}
    parts: list[tuple[str, str]] = []
    for name, entry in raw["measures"].items():
        for alias in entry.get("is", ()):
            exact[alias] = name
        parts.extend((alias, name) for alias in entry.get("has", ()))
    parts.sort(key=lambda pair: -len(pair[0]))
    not_money = raw["not_money"]
    return _Spellings(
        frozenset(raw["generic"]), exact, tuple(parts), tuple(raw["items"]["order"]),
        frozenset(not_money["is"]), tuple(not_money["has"]), tuple(raw["changes"]["has"]),
        tuple(re.compile(one) for one in raw["blocks"]["is"]), dict(raw["fund_of_level"]), dict(raw["part_below"]),
    )  # fmt: skip


@cache
def fold_header(level: str) -> str:
    """One header level in the form the alias file uses."""
    text = _QUOTES.sub("", squeeze(level))
    text = plain_name(text)
    text = _YEAR.sub("", text)
    text = re.sub(r"[(（](?:境|费)[)）]", "", text)
    # capital letters are the signs of the funds: GPS and G60 are none
    text = _BRACKETS.sub("", text).rstrip(":：").lower()
    for printed, sign in _FUNDS:
        text = text.replace(printed, sign)
    return _BETWEEN.sub("", text)


@cache
def measure_of_level(level: str) -> str | None:
    """The measure that one header level names by itself; None for generic and unknown levels."""
    spellings = _spellings()
    text = fold_header(level)
    if text in spellings.generic:
        return None
    if text in spellings.exact:
        return spellings.exact[text]
    for part, name in spellings.parts:
        if part in text:
            return name
    for tail in _TAILS:
        if text.endswith(tail) and text[: -len(tail)] in spellings.exact:
            return spellings.exact[text[: -len(tail)]]
    return None


def is_generic(level: str) -> bool:
    """Whether a level says only "the amount" (合计, 小计, 预算数, 金额 …)."""
    return fold_header(level) in _spellings().generic


@cache
def is_money_path(path: tuple[str, ...]) -> bool:
    """Whether a header path names an amount of money."""
    return bool(path) and not is_not_money_path(path) and any(
        measure_of_level(level) is not None or is_generic(level) for level in path
    )  # fmt: skip


@cache
def is_not_money_path(path: tuple[str, ...]) -> bool:
    """Whether the leaf of a header path names numbers that are no money: quantities, codes, ratios, row numbers."""
    if not path:
        return False
    spellings = _spellings()
    leaf = fold_header(path[-1])
    raw = squeeze(path[-1])
    return leaf in spellings.not_money or any(part in raw for part in spellings.not_money_parts)


@cache
def is_change(path: tuple[str, ...]) -> bool:
    """Whether a header path names a change against another year, not an amount of a year (增减变化情况, 比上年增减额).

    A level that names a year or a basis below one that speaks of changes is an amount of that year
    (三公经费增减变化情况 / 2025年预算数).
    """
    spellings = _spellings()
    for level in reversed(path):
        text = fold_header(level)
        if text not in spellings.exact and any(part in text for part in spellings.changes):
            return True
        if _OF_A_YEAR.search(level):
            return False
    return False


def _is_block(level: str) -> bool:
    """Whether a level only says whose or which year's amounts follow (部门预算, 当年, 2022年, 其中), not what they measure."""
    text = fold_header(level)
    return not text or text in _spellings().generic or any(one.fullmatch(text) for one in _spellings().blocks)


@cache
def unsaid(path: tuple[str, ...]) -> tuple[str, ...]:
    """The levels of a header path that this project knows no meaning of."""
    return tuple(level for level in path if measure_of_level(level) is None and not _is_block(level))


@cache
def measure_of(path: tuple[str, ...], kind: str = "") -> Measure:
    """What the amounts below a header path measure in a statement of `kind`.

    The deepest level that says something decides; a carry-over above it wins (`上年结转 / 一般公共预算` is a carry-over in
    that fund); `小计` below 本年收入, 财政拨款, 基本支出 is theirs. A path of blocks and 合计 only measures the total.
    A change against another year is `change`. A leaf that nobody knows is `unknown`: a part of what stands above it
    (一般公共预算拨款 / 其中：专项资金), or something new, but never that itself.
    """
    named = [name for level in path if (name := measure_of_level(level))]
    named = [n for i, n in enumerate(named) if not (n == "total" and len(named) > 1 and i < len(named) - 1)]
    fund: Fund = kind_of(kind).fund
    for level in path:
        fund = _fund_of_level(level) or fund
    item = next((name for name in reversed(named) if name in _spellings().items), None)
    if is_change(path):
        return Measure(CHANGE, item, fund)
    if path and (path[-1] in unsaid(path) or _is_part(path)):
        return Measure(UNKNOWN, item, fund)
    if not named:
        return Measure("total", item, fund)
    measure = named[-1]
    for carry in ("carry_over_in", "carry_over_out"):
        if carry in named:
            measure = carry
    return Measure(measure, item, fund)


def is_own_measure(kind: str, measure: str) -> bool:
    """Whether a measure is what a statement of this kind is about as a whole: 一般公共预算支出 / 合计 in 一般公共预算支出表 is its
    total, where no other column is."""
    return measure in kind_of(kind).own


def _is_part(path: tuple[str, ...]) -> bool:
    """Whether a leaf that means the whole by itself stands below the whole: 财政专户拨款收入 / 教育收费 beside other fees."""
    whole = _spellings().parts_of.get(fold_header(path[-1]))
    return whole is not None and any(measure_of_level(level) == whole for level in path[:-1])


def _fund_of_level(level: str) -> Fund | None:
    """The fund that a header level names, also where it says more than the fund (一般公共预算拨款安排的“三公”经费预算)."""
    text = fold_header(level)
    if text in _spellings().fund_of:
        return _spellings().fund_of[text]
    name = measure_of_level(level)
    if name in _FUND_OF:
        return _FUND_OF[name]
    return _FUND_OF_SIGN.get(text[0]) if name is None and len(text) > 1 else None


@cache
def item_of_row(name: str) -> str | None:
    """The 三公 item that a row name says (`（二）公务用车购置及运行维护费` → vehicle_total); None for other rows."""
    found = measure_of_level(name)
    return found if found in _spellings().items else None


@cache
def fund_of_row(name: str) -> Fund | None:
    """The fund that a revenue row names (`一、一般公共预算拨款收入` → general_budget, `1.政府性基金预算拨款结余、结转` → gov_fund); None
    when it names none."""
    text = fold_header(name)
    found = _FUND_OF.get(measure_of_level(name) or "") or _FUND_OF_SIGN.get(text[:1])
    return found or ("fiscal" if text.startswith("财政拨款") else None)


@cache
def item_of_title(title: str) -> str | None:
    """The item that a title says its whole table is for (`会议费明细表` → meeting); None when it names none or several."""
    spellings = _spellings()
    folded = fold_header(title)
    named = {name for alias, name in spellings.exact.items() if name in spellings.items and alias in folded}
    return named.pop() if len(named) == 1 else None
