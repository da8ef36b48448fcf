"""What a person is shown about a reading: its findings with every cell concerned, and what other statements say.

Typed rows for a terminal or a page to lay out; nothing here prints.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from budget.disclosure import Disclosure, Fact, Finding, FindingCell, Place, Unread
from budget.states import Origin, Severity
from review.cells import CellAddress

ELSEWHERE_AT_MOST = 20


@dataclass(frozen=True, slots=True)
class CellShown:
    """A cell with its address for `correct`, its place on the page, and what it was taken for."""

    address: CellAddress | None
    """None for a place outside the tables, such as a sentence."""
    at: Place | None
    raw: str
    statement: str | None
    """Title of its statement, or its kind."""
    code: str
    name: str
    column: tuple[str, ...]
    measure: str | None
    amount_wan: str | None
    fact_id: str | None


@dataclass(frozen=True, slots=True)
class FindingShown:
    """One finding. `number` is what `accept(findings=…)` takes; `elsewhere` the same figure in other statements."""

    number: int
    check: str
    severity: Severity
    origin: Origin
    message: str
    statement: str | None
    left: str | None
    right: str | None
    difference: str | None
    tolerance: str | None
    caused_by: int | None
    cells: tuple[CellShown, ...]
    elsewhere: tuple[CellShown, ...]


@dataclass(frozen=True, slots=True)
class StatementShown:
    """One statement of the document: what there is to look at."""

    id: str
    kind: str
    title: str | None
    unit: str | None
    pages: tuple[int, ...]
    rows: int
    facts: int
    declared_empty: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """Findings (errors first, in their order), statements, and numbers that ended in no cell."""

    findings: tuple[FindingShown, ...]
    statements: tuple[StatementShown, ...]
    unread: tuple[Unread, ...]

    @property
    def errors(self) -> tuple[FindingShown, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def evidence_of(reading: Disclosure) -> Evidence:
    """The evidence of one reading."""
    by_id = {fact.id: fact for fact in reading.facts}
    shown = [_finding(reading, by_id, number, finding) for number, finding in enumerate(reading.findings)]
    shown.sort(key=lambda finding: (finding.severity is not Severity.ERROR, finding.number))
    counts = Counter(fact.statement_id for fact in reading.facts)
    statements = tuple(
        StatementShown(
            statement.id, statement.kind, statement.title, statement.unit, statement.pages, len(statement.rows),
            counts[statement.id], statement.declared_empty,
        )
        for statement in reading.statements
    )  # fmt: skip
    return Evidence(tuple(shown), statements, reading.unread)


def _finding(reading: Disclosure, by_id: dict[str, Fact], number: int, finding: Finding) -> FindingShown:
    suspect = by_id.get(finding.cells[0].fact_id or "") if finding.cells else None
    named = {cell.fact_id for cell in finding.cells}
    elsewhere = [] if suspect is None else [fact for fact in _same_figure(reading, suspect) if fact.id not in named]
    return FindingShown(
        number=number, check=finding.check, severity=finding.severity, origin=finding.origin, message=finding.message,
        statement=_title(reading, finding.statement_id), left=finding.left, right=finding.right,
        difference=finding.difference, tolerance=finding.tolerance, caused_by=finding.caused_by,
        cells=tuple(_cell(reading, by_id, cell) for cell in finding.cells),
        elsewhere=tuple(_of_fact(reading, fact) for fact in elsewhere[:ELSEWHERE_AT_MOST]),
    )  # fmt: skip


def _same_figure(reading: Disclosure, suspect: Fact) -> list[Fact]:
    """Facts of other statements with the same code, or the same name where none is printed (合计, 收入总计)."""
    return [
        fact
        for fact in reading.facts
        if fact.statement_id != suspect.statement_id
        and (fact.code == suspect.code if suspect.code else not fact.code and fact.name == suspect.name)
    ]


def _cell(reading: Disclosure, by_id: dict[str, Fact], cell: FindingCell) -> CellShown:
    fact = by_id.get(cell.fact_id or "")
    if fact is not None:
        return _of_fact(reading, fact)
    address = _address_at(reading, cell.at)
    statement = _title(reading, address.statement_id) if address else None
    return CellShown(address, cell.at, cell.raw, statement, "", "", (), None, None, None)


def _of_fact(reading: Disclosure, fact: Fact) -> CellShown:
    return CellShown(
        CellAddress(fact.statement_id, fact.row, fact.col), fact.at, fact.raw, _title(reading, fact.statement_id),
        fact.code, fact.name, fact.column, fact.measure, fact.amount, fact.id,
    )  # fmt: skip


def _address_at(reading: Disclosure, at: Place | None) -> CellAddress | None:
    """The table cell that stands exactly at `at`."""
    if at is None:
        return None
    for statement in reading.statements:
        for number, row in enumerate(statement.rows):
            for col, place in enumerate(row.at):
                if place == at:
                    return CellAddress(statement.id, number, col)
    return None


def _title(reading: Disclosure, statement_id: str | None) -> str | None:
    statement = reading.statement_by_id.get(statement_id or "")
    return (statement.title or statement.kind) if statement else None
