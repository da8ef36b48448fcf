"""`Ledger`: one department's budget as leaf figures, and every sum that a disclosure prints, added up from them.

Nothing here knows how a table looks. All money is `Decimal` in 万元 with two places.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import resources
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal(0)
FISCAL = ("general_budget", "gov_fund", "state_capital")
"""The three funds that together are 财政拨款."""
PERSONNEL = ("301", "303")
"""Economic classes that are 人员经费; the others of 基本支出 are 公用经费."""


@cache
def read_toml(name: str) -> dict[str, Any]:
    """A data file of this package."""
    return tomllib.loads(resources.files("spiders.sample_portal").joinpath(name).read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Project:
    """A line of 项目支出. `carried` projects are paid from last year's balance, not from this year's income."""

    name: str
    type: str
    code: str
    amount: Decimal
    fund: str
    carried: bool


@dataclass(frozen=True, slots=True)
class Procurement:
    """What one functional item buys: goods, works or services."""

    code: str
    amount: Decimal
    subject: str


@dataclass(frozen=True, slots=True)
class Item:
    """One functional item (项, 7 digits) with everything printed about it."""

    code: str
    personnel: Decimal
    public: Decimal
    projects: tuple[Project, ...]

    @property
    def basic(self) -> Decimal:
        return self.personnel + self.public

    def project(self, funds: Iterable[str]) -> Decimal:
        return total(p.amount for p in self.projects if p.fund in funds)

    def carried(self, funds: Iterable[str]) -> Decimal:
        return total(p.amount for p in self.projects if p.carried and p.fund in funds)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts, 0 for none."""
    return sum(amounts, ZERO)


@dataclass(frozen=True, slots=True)
class ThreePublic:
    """“三公”经费 of one year."""

    abroad: Decimal
    purchase: Decimal
    running: Decimal
    reception: Decimal

    @property
    def vehicles(self) -> Decimal:
        return self.purchase + self.running

    @property
    def sum(self) -> Decimal:
        return self.abroad + self.vehicles + self.reception


@dataclass(frozen=True, slots=True)
class Ledger:
    """A budget: functional items in code order, economic lines of 基本支出, and last year for comparison."""

    items: tuple[Item, ...]
    economic: Mapping[str, Decimal]
    procurement: tuple[Procurement, ...]
    three_public: ThreePublic
    three_public_before: ThreePublic
    total_before: Decimal

    @property
    def projects(self) -> tuple[Project, ...]:
        return tuple(p for item in self.items for p in item.projects)

    @property
    def basic(self) -> Decimal:
        return total(item.basic for item in self.items)

    @property
    def personnel(self) -> Decimal:
        return total(item.personnel for item in self.items)

    @property
    def public(self) -> Decimal:
        return total(item.public for item in self.items)

    @property
    def project(self) -> Decimal:
        return total(p.amount for p in self.projects)

    @property
    def expenditure(self) -> Decimal:
        return self.basic + self.project

    @property
    def carried(self) -> Decimal:
        return total(p.amount for p in self.projects if p.carried)

    def spent(self, fund: str) -> Decimal:
        """Expenditure of one fund; 基本支出 is paid from 一般公共预算 alone."""
        return total(p.amount for p in self.projects if p.fund == fund) + (
            self.basic if fund == "general_budget" else 0
        )

    def carried_in(self, fund: str) -> Decimal:
        return total(p.amount for p in self.projects if p.carried and p.fund == fund)

    def income(self, fund: str) -> Decimal:
        """This year's income of one fund: what is spent and not carried over."""
        return self.spent(fund) - self.carried_in(fund)

    @property
    def fiscal_income(self) -> Decimal:
        return total(self.income(fund) for fund in FISCAL)

    @property
    def income_of_year(self) -> Decimal:
        return self.expenditure - self.carried

    def under(self, prefix: str) -> tuple[Item, ...]:
        """The items of a class (3 digits), section (5) or the item itself (7)."""
        return tuple(item for item in self.items if item.code.startswith(prefix))

    def codes(self, funds: Iterable[str], *, basic: bool) -> list[str]:
        """Class, section and item codes in printing order, of the items that spend money of these funds."""
        funds = tuple(funds)
        codes: list[str] = []
        for item in self.items:
            if not item.project(funds) and not (basic and item.basic):
                continue
            codes += [c for c in (item.code[:3], item.code[:5], item.code) if c not in codes]
        return codes


def _scaled(amount: str, factor: Decimal) -> Decimal:
    return (Decimal(amount) * factor).quantize(CENT, ROUND_HALF_UP)


def make_ledger(profile: str, factor: Decimal = Decimal(1)) -> Ledger:
    """The budget of `figures.toml` under this name, every leaf multiplied by `factor` and rounded to two places.

    Sums stay exact because they are added from the rounded leaves. Raises ValueError when the functional items of 基本支出
    leave nothing for the item marked `rest`.
    """
    figures = read_toml("figures.toml")[profile]
    economic = {code: _scaled(amount, factor) for code, amount in figures["economic"].items()}
    public = total(a for c, a in economic.items() if not c.startswith(PERSONNEL))
    basic = {code: ZERO if a == "rest" else _scaled(a, factor) for code, a in figures["basic"].items()}
    rest = next((code for code, a in figures["basic"].items() if a == "rest"), None)
    if rest:
        basic[rest] = total(economic.values()) - total(basic.values())
        if basic[rest] < max(public, CENT):
            raise ValueError(f"figures.toml [{profile}]: nothing left for {rest}: {basic[rest]} with 公用经费 {public}")
    projects = [
        Project(name, kind, code, _scaled(amount, factor), fund, carried)
        for name, kind, code, amount, fund, carried in figures["projects"]
    ]
    items = tuple(
        Item(
            code,
            basic.get(code, ZERO) - (public if code == rest else ZERO),
            public if code == rest else ZERO,
            tuple(p for p in projects if p.code == code),
        )
        for code in sorted({*basic, *(p.code for p in projects)})
    )
    procurement = tuple(Procurement(c, _scaled(a, factor), subject) for c, a, subject in figures["procurement"])
    now = ThreePublic(economic.get("30212", ZERO), ZERO, economic.get("30231", ZERO), economic.get("30217", ZERO))
    before = ThreePublic(*(_scaled(a, factor) for a in figures["three_public_before"]))
    return Ledger(items, economic, procurement, now, before, _scaled(figures["total_before"], factor))
