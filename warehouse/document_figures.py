"""What a document answers to plain questions: one amount a measure and year, and the leaves of its classifications.

A table prints 合计, 类, 款 and 项 side by side, a wide 三公 table names its items in the header and a long one in the rows, and
the same total stands in several tables. Here one printed amount is chosen for each measure; the rules are data
(`document_figures.toml`). Whoever sums one measure of the view `figures` counts no money twice.

Nothing is computed: every figure is one printed amount with its fact, or its sentence where only the narrative says it.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal

from budget.disclosure import Disclosure, Fact, ProseFact
from budget.kinds import kind_of

LEVELS = ("item", "section", "class")
"""Roles of rows with a code, deepest first."""
ECONOMIC = ("department_economic", "government_economic")
"""Code systems of economic classes, the departments' own first: a table that prints both is answered by one."""
ROUNDED_WAN = Decimal("0.01")
"""What a printed figure may be off by, a leaf: twice half of the second decimal, in 万元."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a measure may stand; see the head of `document_figures.toml`."""

    statement: str
    roles: tuple[str, ...]
    measures: tuple[str, ...]
    side: str | None = None
    funds: tuple[str, ...] = ()
    exact_fund: bool = False
    item: str | None = None
    without: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of the view `figures`."""

    name: str
    subject: str
    chinese: str
    english: str
    sources: tuple[Source, ...] = ()
    prose: str | None = None
    statement: str | None = None
    code_system: Literal["functional", "economic"] | None = None

    @property
    def is_by_class(self) -> bool:
        return self.statement is not None


@dataclass(frozen=True, slots=True)
class DocumentFigure:
    """One answer of a document. `fact` or `prose` is where it stands; `adds_up` only of leaves: to the printed total."""

    measure: Measured
    fiscal_year: int | None
    basis: str
    fact: Fact | None
    prose_no: int | None = None
    prose: ProseFact | None = None
    code: str = ""
    code_system: str | None = None
    class_code: str = ""
    name: str = ""
    adds_up: bool | None = None

    @property
    def amount(self) -> Decimal:
        """万元."""
        if self.fact is not None:
            return self.fact.value
        if self.prose is None or self.prose.amount is None:
            raise ValueError(f"{self.measure.name}: a figure stands in a table or in a sentence")
        return Decimal(self.prose.amount)


@cache
def measures() -> tuple[Measured, ...]:
    """All measures of `figures`, single amounts before classifications."""
    said = tomllib.loads(resources.files("warehouse").joinpath("document_figures.toml").read_text(encoding="utf-8"))
    found = [
        Measured(
            name, one["subject"], one["chinese"], one["english"],
            tuple(_source(source) for source in one["sources"]), one.get("prose"),
        )
        for name, one in said["measures"].items()
    ]  # fmt: skip
    found += [
        Measured(
            name, one["subject"], one["chinese"], one["english"], statement=one["statement"], code_system=one["code_system"]
        )
        for name, one in said["leaves"].items()
    ]  # fmt: skip
    return tuple(found)


def _source(said: dict[str, Any]) -> Source:
    return Source(
        said["statement"], tuple(said["roles"]), tuple(said["measures"]), said.get("side"), tuple(said.get("funds", ())),
        said.get("exact_fund", False), said.get("item"), frozenset(said.get("without", ())),
        tuple(said.get("names", ())),
    )  # fmt: skip


def figures_of(disclosure: Disclosure) -> list[DocumentFigure]:
    """All figures of a document, in the order of `measures()`, then year, basis and reading order."""
    own_year = disclosure.document.fiscal_year
    usual = "final" if disclosure.document.kind == "final_account" else "budget"
    groups: dict[tuple[int | None, str], dict[str, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for fact in disclosure.facts:
        year = fact.fiscal_year if fact.fiscal_year is not None else own_year
        groups[year, fact.basis or usual][fact.kind].append(fact)
    if not groups and disclosure.prose_facts:
        groups[own_year, usual] = defaultdict(list)
    found: list[DocumentFigure] = []
    for measured in measures():
        for (year, basis), by_kind in sorted(groups.items(), key=lambda one: (one[0][0] or 0, one[0][1])):
            if measured.is_by_class:
                found += _leaves(measured, year, basis, by_kind.get(measured.statement or "", []))
                continue
            stands = _asked(measured.sources, by_kind)
            if stands is not None:
                found.append(DocumentFigure(measured, year, basis, stands))
            elif measured.prose and (year, basis) == (own_year, usual):
                found += _said(measured, year, basis, disclosure.prose_facts)
    return found


def _asked(sources: Iterable[Source], by_kind: dict[str, list[Fact]]) -> Fact | None:
    """The amount of the first source that has one; a source that prints two different ones answers nothing."""
    for source in sources:
        facts = by_kind.get(source.statement, [])
        if source.without and any(fact.measure in source.without for fact in facts):
            continue
        whole = _whole(source.statement, facts)
        ranked: dict[tuple[int, ...], list[Fact]] = defaultdict(list)
        for fact in facts:
            rank = _rank(source, fact, whole)
            if rank is not None:
                ranked[rank].append(fact)
        if ranked:
            best = ranked[min(ranked)]
            if len({fact.value for fact in best}) == 1:
                return best[0]
    return None


def _whole(kind: str, facts: Iterable[Fact]) -> frozenset[str]:
    """The measure that is the total of a table of this kind: `total` where a column is, else what the kind calls its own."""
    printed = {fact.measure for fact in facts}
    return frozenset({"total"}) if "total" in printed else kind_of(kind).own & printed


def _rank(source: Source, fact: Fact, whole: frozenset[str]) -> tuple[int, ...] | None:
    """How well a fact fits, smaller is better; None when it does not."""
    if fact.role not in source.roles or (source.side and fact.side != source.side):
        return None
    if source.item is not None and (fact.item or "") != source.item:
        return None
    measure = next(
        (
            n
            for n, name in enumerate(source.measures)
            if fact.measure == name or (name == "whole" and fact.measure in whole)
        ),
        None,
    )
    if measure is None:
        return None
    fund = 0
    if source.funds:
        if fact.fund is not None and fact.fund not in source.funds:
            return None
        if source.exact_fund and fact.fund is None:
            return None
        fund = source.funds.index(fact.fund) if fact.fund is not None else 0
    # the wide encoding says the item in the measure: a detail of the total column before the parts of it
    named = not any(name in fact.name for name in source.names)
    return (fund, named, source.roles.index(fact.role), measure)


def _said(measured: Measured, year: int | None, basis: str, prose: Sequence[ProseFact]) -> list[DocumentFigure]:
    """What the narrative says of the measure; nothing when two sentences say two amounts."""
    told = [
        (number, one)
        for number, one in enumerate(prose)
        if one.topic == measured.prose and one.amount is not None and one.fiscal_year in (None, year)
    ]
    if len({Decimal(one.amount or "") for _, one in told}) != 1:
        return []
    number, one = told[0]
    return [DocumentFigure(measured, year, basis, None, number, one)]


def _leaves(measured: Measured, year: int | None, basis: str, facts: list[Fact]) -> list[DocumentFigure]:
    """The deepest rows whose sum is the printed total, else the deepest rows, marked as not adding up."""
    whole = _whole(measured.statement or "", facts)
    columns = [fact for fact in facts if fact.measure in whole and fact.item is None]
    systems = ECONOMIC if measured.code_system == "economic" else ("functional",)
    system = next((one for one in systems if any(fact.code_system == one for fact in columns)), None)
    if system is None:
        return []
    rows = [fact for fact in columns if fact.code_system == system and fact.role in LEVELS]
    totals = _totals(columns)
    best, adds_up = _deepest(rows), False
    for chosen in (best, *([fact for fact in rows if fact.role == level] for level in LEVELS)):
        if chosen and any(_equal(chosen, total) for total in totals):
            best, adds_up = chosen, True
            break
    return [
        DocumentFigure(measured, year, basis, fact, None, None, fact.code, system, fact.code[:3], fact.name, adds_up)
        for fact in best
    ]  # fmt: skip


def _totals(columns: Sequence[Fact]) -> set[Decimal]:
    """What the leaves may add up to: the printed total; where no row is one, what stands in the rows that name a body instead
    (深圳): all together, or the first where it is the sum of the others."""
    printed = {fact.value for fact in columns if fact.role in ("total", "grand_total")}
    if printed:
        return printed if len(printed) == 1 else set()
    named = [fact.value for fact in columns if not fact.code and fact.role in ("detail", "subtotal")]
    if not named:
        return set()
    together = sum(named, Decimal(0))
    return {named[0] if named[0] * 2 == together else together}


def _deepest(rows: Sequence[Fact]) -> list[Fact]:
    """The rows whose code no other row goes on from."""
    codes = {fact.code for fact in rows}
    inner = {code[:length] for code in codes for length in (3, 5) if len(code) > length}
    return [fact for fact in rows if fact.code not in inner]


def _equal(rows: Sequence[Fact], total: Decimal) -> bool:
    """Whether the rows add up to the total, within what rounding may do to so many figures."""
    exact = sum((fact.value for fact in rows), Decimal(0))
    return abs(exact - total) <= max(ROUNDED_WAN, ROUNDED_WAN / 2 * len(rows))
