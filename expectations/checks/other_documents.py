"""DOC: a document beside the others of its body and its department, when both are in the warehouse.

    DOC-01  a unit's budget against its department's, and all the units of a department against the department
    DOC-02  a column of last year against what last year's document printed
    DOC-03  the budget column of a final account against that year's budget
    DOC-04  two files of one disclosure (a workbook and its print) figure by figure

The others are handed in as disclosures; which of them are worth handing in, flows and the warehouse decide. Here it is decided
again, and strictly, whether two documents speak of the same body. The cells of a claim are those of the document that is
judged; the other side is stated, and the note names the other document.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from budget.disclosure import Disclosure, Document, Fact
from budget.measures import NO_MEASURES
from budget.printed_text import plain_name, squeeze
from expectations.checks.across import one_column, sets_of
from expectations.checks.balance import side_of
from expectations.view.identities import Identity, Relation, Term, skip, tolerance_of
from expectations.view.tables import Table, tables_of

BUDGETS = ("department_budget", "unit_budget")
INCOMPARABLE = frozenset({"quantity", "unit_price", "catalogue_code"}) | NO_MEASURES


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(
        resources.files("expectations").joinpath("data", "other_documents.toml").read_text(encoding="utf-8")
    )


@cache
def _pattern(*keys: str) -> re.Pattern[str]:
    value: Any = _data()
    for key in keys:
        value = value[key]
    return re.compile(value)


# --------------------------------------------------------------------------- who is who


def same_body(one: Document, other: Document) -> bool:
    """Whether two documents are one body's: the same name in the same region.

    Without a region on both sides only a name that says where its body is counts: every city has a 财政局.
    """
    if not one.agency or not other.agency or squeeze(one.agency) != squeeze(other.agency):
        return False
    return _same_place(one, other, one.agency)


def _same_place(one: Document, other: Document, name: str) -> bool:
    if one.region and other.region:
        return one.region == other.region
    return says_where(name)


def says_where(name: str) -> bool:
    """Whether a body's name begins with the place it is in; False where it only may (see other_documents.toml)."""
    return re.search(_data()["units"]["says_where"], squeeze(name), re.VERBOSE) is not None


def same_disclosure(one: Document, other: Document) -> bool:
    """Whether two documents are files of one disclosure: same body, year and kind."""
    same = one.kind == other.kind and one.fiscal_year is not None and one.fiscal_year == other.fiscal_year
    return same and same_body(one, other)


def units_listed(disclosure: Disclosure) -> tuple[str, ...]:
    """The names in the document's list of units (机构设置), without blanks and without 本级; () when it prints none."""
    found: dict[str, None] = {}
    for statement in disclosure.statements:
        if statement.kind != "organisation":
            continue
        leaves = [squeeze(path[-1]) if path else "" for path in statement.columns]
        # the more a header says the better: 单位名称 rather than 名称
        named = [c for c, leaf in enumerate(leaves) if re.fullmatch(_pattern("units", "name_column"), leaf)]
        if len(named) != 1:
            continue
        for row in statement.rows:
            name = office_name(row.cells[named[0]]) if named[0] < len(row.cells) else ""
            if len(name) > 2:
                found[name] = None
    return tuple(found)


def office_name(name: str | None) -> str:
    """A body's name without blanks, ordinal and the words for its own office: `（一）某市商务局（本级）` → 某市商务局."""
    plain = plain_name(name or "")
    return _pattern("units", "own_office").sub("", plain) or plain


def is_unit_of(unit: Document, department: Disclosure) -> bool:
    """Whether a unit's budget belongs to a department's of the same year: named in its list, or its own office."""
    whole = department.document
    if unit.kind != "unit_budget" or whole.kind != "department_budget" or unit.fiscal_year != whole.fiscal_year:
        return False
    if not unit.agency or not whole.agency or unit.fiscal_year is None or not _same_place(unit, whole, unit.agency):
        return False
    name = office_name(unit.agency)
    return name == office_name(whole.agency) or name in units_listed(department)


# --------------------------------------------------------------------------- claims


def identities(disclosure: Disclosure, tables: list[Table], beside: Sequence[Disclosure]) -> Iterator[Identity]:
    """DOC-01 to DOC-04 of one document against the others, in the order of their sha256."""
    own = _Read(disclosure, tables)
    readable = [
        one for one in beside if one.document.error is None and one.document.sha256 != disclosure.document.sha256
    ]
    others = [_Read(one) for one in sorted(readable, key=lambda one: one.document.sha256)]
    if not others or disclosure.document.error is not None:
        return
    yield from _units(own, others)
    for other in others:
        if not same_body(own.document, other.document):
            continue
        yield from _other_years(own, other, others)
        yield from _two_files(own, other)


class _Read:
    """A disclosure with what is worked out of it once, when it is asked for."""

    def __init__(self, disclosure: Disclosure, tables: list[Table] | None = None) -> None:
        self.disclosure, self.document, self._tables = disclosure, disclosure.document, tables
        self._terms: dict[str, Term] | None = None

    @property
    def tables(self) -> list[Table]:
        if self._tables is None:
            self._tables = tables_of(self.disclosure)
        return self._tables

    def term(self, fact: Fact) -> Term | None:
        """The fact as a term; None where its row is not told apart."""
        if self._terms is None:
            self._terms = {
                cell.fact_id: Term(cell, line.label)
                for table in self.tables for line in table.lines for cell in line.cells.values() if cell.fact_id
            }  # fmt: skip
        return self._terms.get(fact.id)

    @property
    def basis(self) -> str | None:
        kind = self.document.kind
        return "budget" if kind in BUDGETS else "final" if kind == "final_account" else None


def _note(other: Document) -> str:
    """The other document in words, Chinese and English."""
    name = " ".join(part for part in (other.agency, str(other.fiscal_year or ""), other.title) if part)
    return f"对照文件“{name}”（{other.sha256}） / compared with {name} ({other.sha256})"


def _stated(
    check: str, term: Term, value: Decimal, others: Iterable[Term], other: Document, *, relation: Relation = "=",
    column: str = "", addends: int = 1, severity: str | None = None, turned: bool = False,
) -> Identity:  # fmt: skip
    """One own cell against an amount of another document. `turned`: the other's amount is the left side."""
    sides = (value, term.amount) if turned else (term.amount, value)
    return Identity(
        check, (term.cell.statement_id,), term.label, column, () if turned else (term,), (term,) if turned else (), relation,
        tolerance_of((term, *others), addends), None, _note(other), severity, sides,
    )  # fmt: skip


# --------------------------------------------------------------------------- DOC-01: units and their department

TOTALS = (
    ("revenue_expenditure_summary", "revenue"), ("revenue_expenditure_summary", "expenditure"),
    ("appropriation_summary", "expenditure"),
)  # fmt: skip
ADDS_UP = "appropriation_summary"
"""Fiscal appropriation is nobody's twice; what units pay each other stands in the totals of both."""


def _total(one: _Read, kind: str, side: str) -> Term | None:
    sets = sets_of(one.tables)
    table = sets[0].one(kind) if len(sets) == 1 else None
    part = side_of(table, side) if table is not None else None
    column = one_column(part)
    line = (part.grand or part.current) if part is not None else None
    if part is None or column is None or line is None or column.col not in line.cells:
        return None
    return Term(line.cells[column.col], line.name) if line.cells[column.col].printed else None


def _units(own: _Read, others: list[_Read]) -> Iterator[Identity]:
    for other in others:
        if is_unit_of(own.document, other.disclosure):
            yield from _within(own, other, turned=False)
        elif is_unit_of(other.document, own.disclosure):
            yield from _within(own, other, turned=True)
    units = [other for other in others if is_unit_of(other.document, own.disclosure)]
    if not units:
        return
    listed = set(units_listed(own.disclosure))
    by_name = {office_name(unit.document.agency): unit for unit in units}
    if not listed or listed - set(by_name) or len(by_name) != len(units):
        missing = "、".join(sorted(listed - set(by_name))[:3])
        yield skip("DOC-01", f"not every unit of the list has its budget here: {missing}" if missing else "no list of units, or a unit with several budgets")  # fmt: skip
        return
    for kind, side in TOTALS:
        whole = _total(own, kind, side)
        parts = [_total(by_name[name], kind, side) for name in sorted(listed)]
        if whole is None or any(part is None for part in parts):
            continue
        shown = [part for part in parts if part is not None]
        value = sum((part.amount for part in shown), Decimal(0))
        yield _stated(
            "DOC-01", whole, value, shown, by_name[min(listed)].document, relation="=" if kind == ADDS_UP else "≤",
            column=f"{len(shown)}家单位之和", addends=len(shown),
        )  # fmt: skip


def _within(own: _Read, other: _Read, *, turned: bool) -> Iterator[Identity]:
    """A unit's total ≤ its department's. `turned`: the document judged is the department."""
    for kind, side in TOTALS:
        mine, theirs = _total(own, kind, side), _total(other, kind, side)
        if mine is not None and theirs is not None:
            yield _stated("DOC-01", mine, theirs.amount, [theirs], other.document, relation="≤", turned=turned)


# --------------------------------------------------------------------------- figures by what they say


class Meaning(NamedTuple):
    """What a figure is about; two documents that print it once each print the same figure."""

    kind: str
    side: str | None
    code: str
    name: str
    measure: str
    item: str | None
    fund: str | None
    fiscal_year: int | None
    basis: str | None


def _figures(one: _Read, wanted: Callable[[Fact], bool]) -> dict[Meaning, Fact]:
    """The wanted facts that their meaning tells apart; what is printed under one meaning twice is left out."""
    found: dict[Meaning, Fact | None] = {}
    document, basis = one.document, one.basis
    for fact in one.disclosure.facts:
        if fact.measure in INCOMPARABLE or fact.kind == "unknown" or not wanted(fact):
            continue
        year = fact.fiscal_year if fact.fiscal_year is not None else document.fiscal_year
        name = fact.name if not fact.code else ""
        meaning = Meaning(
            fact.kind, fact.side, fact.code, name, fact.measure, fact.item, fact.fund, year, fact.basis or basis
        )
        found[meaning] = None if meaning in found else fact
    return {meaning: fact for meaning, fact in found.items() if fact is not None}


def _of_its_own(one: _Read) -> Callable[[Fact], bool]:
    """Facts of the document's own year and basis."""

    def own(fact: Fact) -> bool:
        return (
            fact.fiscal_year in (None, one.document.fiscal_year)
            and fact.basis in (None, one.basis)
            and _as_printed(fact)
        )

    return own


def _as_printed(fact: Fact) -> bool:
    header = "/".join(fact.column)
    return not _pattern("not_as_printed").search(header) and not _pattern("compares").search(header)


def _other_years(own: _Read, other: _Read, others: list[_Read]) -> Iterator[Identity]:
    """DOC-02 and DOC-03: one of the two prints a column about the other's year and basis."""
    for printer, owner in ((own, other), (other, own)):
        if owner.basis is None or printer.basis is None or owner.document.fiscal_year is None:
            continue
        year, basis = owner.document.fiscal_year, owner.basis
        if (printer.document.fiscal_year, printer.basis) == (year, basis):
            continue
        if not _speaks_of(printer.document, owner.document):
            continue
        if printer.basis == "final" and basis == "budget" and _several(owner, [own, *others]):
            continue
        check = "DOC-03" if printer.document.fiscal_year == year else "DOC-02"

        def about(fact: Fact, printer: _Read = printer, year: int = year, basis: str = basis) -> bool:
            told = fact.fiscal_year if fact.fiscal_year is not None else printer.document.fiscal_year
            return (told, fact.basis or printer.basis) == (year, basis) and _as_printed(fact)

        yield from _compare(
            check, own, other, _figures(printer, about), _figures(owner, _of_its_own(owner)), printer is own
        )


def _speaks_of(printer: Document, owner: Document) -> bool:
    """Whether the columns of one may be about the other: budgets about a budget of their own kind, accounts about any."""
    if printer.kind in BUDGETS and owner.kind in BUDGETS:
        return printer.kind == owner.kind
    return True


def _several(owner: _Read, others: list[_Read]) -> bool:
    """Whether the body has both a department's and a unit's budget of that year: which one an account speaks of is not said."""
    same = {
        other.document.kind
        for other in others
        if same_body(owner.document, other.document)
        and other.document.fiscal_year == owner.document.fiscal_year
        and other.basis == owner.basis
    }
    return len(same) > 1


def _two_files(own: _Read, other: _Read) -> Iterator[Identity]:
    """DOC-04: same body, year and kind in another file."""
    if own.basis is None or not same_disclosure(own.document, other.document):
        return
    yield from _compare("DOC-04", own, other, _figures(own, lambda _: True), _figures(other, lambda _: True), True)


def _compare(
    check: str, own: _Read, other: _Read, printed: dict[Meaning, Fact], owned: dict[Meaning, Fact], own_prints: bool
) -> Iterator[Identity]:
    """Every figure that stands in both. `own_prints`: the first figures are those of the document judged."""
    claims = []
    for meaning, fact in printed.items():
        against = owned.get(meaning)
        if against is None:
            continue
        mine, theirs = (fact, against) if own_prints else (against, fact)
        term, its = own.term(mine), other.term(theirs)
        if term is None or its is None:
            continue
        claims.append(_stated(check, term, its.amount, [its], other.document, column="/".join(mine.column)))
    wrong = [claim for claim in claims if not claim.holds]
    telling = sum(bool(claim.left_value or claim.right_value) for claim in claims)
    enough = telling >= _data()["fewest"]
    if wrong and enough and telling - len(wrong) < Decimal(_data()["same_disclosure"]) * telling:
        yield _hardly_any(wrong[0], len(wrong), telling)
    elif check == "DOC-04" and not enough:
        yield skip(check, f"only {telling} figures stand in both files", column_label=_note(other.document))
    else:
        yield from claims


def _hardly_any(first: Identity, wrong: int, many: int) -> Identity:
    """One claim for two documents that do not tell the same figures at all."""
    zh, _, en = first.note.partition(" / ")
    note = (
        f"{zh}，{many} 个可比数据中 {wrong} 个不一致，可能口径、单位或范围不同"
        f" / {en}, {wrong} of {many} comparable figures differ: another scope, unit or state of the budget"
    )
    return Identity(
        first.check, first.statement_ids, first.row_label, first.column_label, first.left, first.right, first.relation,
        first.tolerance, None, note, "warning", first.stated,
    )  # fmt: skip
