"""Figures of the text as terms of identities, and the topics that `topics.toml` knows. Nothing here judges."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from budget.amounts import Unit, printed_decimals
from budget.disclosure import Disclosure, ProseFact
from expectations.view.identities import Term
from expectations.view.tables import COARSEST, Cell

AMOUNT, PERCENT, COUNT = 1000, 1001, 1002
"""Columns that figures of the text take in keys of cells: no table is as wide."""


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("expectations").joinpath("data", "topics.toml").read_text(encoding="utf-8"))


def topics() -> dict[str, tuple[str, ...]]:
    """Topic of a prose fact → the places its amount may stand in."""
    return {str(key): tuple(value) for key, value in _data()["topics"].items()}


def carried() -> dict[str, tuple[str, ...]]:
    """Topic of a total of the current year → where it stands when its sentence counts what was carried over in it."""
    return {str(key): tuple(value) for key, value in _data()["carried"].items()}


@dataclass(frozen=True, slots=True)
class Sum:
    """A total of the text and the topics that make it up: all of `whole` are named, or at least `least` of `parts`."""

    total: str
    parts: tuple[str, ...]
    whole: tuple[str, ...]
    least: int
    inside: dict[str, tuple[str, ...]]


@cache
def sums() -> tuple[Sum, ...]:
    return tuple(
        Sum(
            one["total"], tuple(one["parts"]), tuple(one.get("whole", ())), int(one.get("least", 0)),
            {head: tuple(below) for head, below in one.get("inside", {}).items()},
        )
        for one in _data()["sums"]
    )  # fmt: skip


@cache
def stem_of(topic: str) -> str:
    """The stem of the derived topics of a topic: basic_expenditure → basic."""
    return next((stem for stem, of in _data()["stems"].items() if len(of) == 1 and topic in of), topic)


def topics_of(stem: str) -> tuple[str, ...]:
    """The topics whose amount a stem's change belongs to: total → total_revenue, total_expenditure."""
    return tuple(_data()["stems"].get(stem, (stem,)))


@cache
def name_of(topic: str) -> str:
    """What a reviewer calls a topic, its derived forms included: basic_delta → 基本支出增减."""
    for ending, said in (("_delta", "增减"), ("_percent", "增减比例"), ("_item", "分项"), ("", "")):
        stem = topic.removesuffix(ending) if ending else topic
        if topic.endswith(ending) and stem in _data()["names"]:
            return str(_data()["names"][stem]) + said
    return topic


@cache
def word(key: str) -> re.Pattern[str]:
    return re.compile(_data()["words"][key])


def empty_means() -> dict[str, dict[str, list[str]]]:
    """Statement kind → the topics and places that are 0 where the statement says that it is empty."""
    found: dict[str, dict[str, list[str]]] = _data()["empty"]
    return found


def sections() -> dict[str, dict[str, list[str]]]:
    """Section of a disclosure's text → topics or statements that show it is there."""
    return {one["name"]: {key: list(one[key]) for key in ("topics", "statements")} for one in _data()["sections"]}


@dataclass(frozen=True, slots=True)
class Told:
    """A figure of the text with its number in the disclosure."""

    number: int
    fact: ProseFact

    @property
    def topic(self) -> str:
        return self.fact.topic

    @property
    def amount(self) -> Decimal:
        return Decimal(self.fact.amount or "0")

    def term(self) -> Term:
        """The amount as a term; its worth is that of the last digit printed, at most two decimals of a 万元."""
        fact = self.fact
        return Term(Cell("", self.number, AMOUNT, self.amount, _raw(fact), None, fact.at, self.quantum), self.label)

    @property
    def quantum(self) -> Decimal:
        unit = Unit(self.fact.unit).in_wan if self.fact.unit in ("元", "千元", "万元", "亿元") else Decimal(1)
        if self.fact.raw is not None:
            return unit * Decimal(1).scaleb(-min(printed_decimals(self.fact.raw), 6))
        decimals = max(printed_decimals(format((self.amount / unit).normalize(), "f")), 2)
        return max(unit * Decimal(1).scaleb(-decimals), min(COARSEST, unit))

    def percent_term(self) -> Term:
        text = self.fact.percent or "0"
        return Term(Cell("", self.number, PERCENT, Decimal(text), _raw(self.fact) or text, None, self.fact.at, COARSEST), self.label)  # fmt: skip

    def count_term(self) -> Term:
        text = self.fact.count or "0"
        return Term(Cell("", self.number, COUNT, Decimal(text), text, None, self.fact.at, Decimal(1)), self.label)

    @property
    def label(self) -> str:
        return f"文字“{self.fact.sentence[:24]}{'…' if len(self.fact.sentence) > 24 else ''}”"


def _raw(fact: ProseFact) -> str:
    return fact.raw or fact.amount or fact.percent or fact.count or ""


def amounts_of(disclosure: Disclosure) -> list[Told]:
    """Amounts of the document's own year, in reading order."""
    year = disclosure.document.fiscal_year
    return [
        Told(number, fact)
        for number, fact in enumerate(disclosure.prose_facts)
        if fact.amount is not None and (year is None or fact.fiscal_year in (None, year))
    ]


def all_of(disclosure: Disclosure) -> list[Told]:
    """Every figure of the text, in reading order."""
    return [Told(number, fact) for number, fact in enumerate(disclosure.prose_facts)]


def by_sentence(told: list[Told]) -> list[list[Told]]:
    """Figures that stand in one sentence, in reading order."""
    groups: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        groups[one.fact.sentence].append(one)
    return list(groups.values())
