"""Decisions put to a reading: corrections to its cells before it is judged, acceptances to its findings afterwards.

Pure functions; the extraction itself is never changed. `replay` gives a new Disclosure in which a corrected figure stands
beside what was read (`Fact.corrected`, and a finding CORRECTED); what is printed stays in `raw` and in the cells of the rows.
`settle` turns what a person accepted into the publisher's own discrepancy. A
decision that no longer fits what is read is not bent: it becomes a finding DECISION_MISFIT, and the document waits.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from budget.amounts import NotAnAmountError, Unit, decimal_text, parse_amount, to_wan
from budget.decisions import (
    CORRECTED,
    DECISION_MISFIT,
    Decision,
    FindingAnchor,
    anchor_of,
    kept_out,
    same_anchor,
    standing,
)
from budget.disclosure import Correction, Disclosure, Fact, Finding, FindingCell, Place, Statement
from budget.printed_text import squeeze
from budget.states import Origin, Severity
from review.cells import CellAddress, MoneyTable, find_cell, money_cell, same_cell


class CorrectionError(ValueError):
    """A value that cannot stand in its cell; the message says why."""


def in_order(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Decisions in the order they were made."""
    return tuple(sorted(decisions, key=lambda decision: (decision.decided_at, decision.id)))


def rejection(decisions: Iterable[Decision]) -> Decision | None:
    """The decision that keeps the document out, None when there is none or a person has asked to try again since."""
    return kept_out(in_order(decisions))


def standing_corrections(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The corrections that count: of several for one cell the newest."""
    kept: list[Decision] = []
    for decision in standing(in_order(decisions)):
        if decision.action != "correct" or decision.cell is None:
            continue
        kept = [other for other in kept if other.cell is None or not same_cell(other.cell, decision.cell)]
        kept.append(decision)
    return tuple(kept)


def against_the_page(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The standing corrections of cells that both readers read alike: after a second look the figure differs from the page."""
    return tuple(one for one in standing_corrections(decisions) if one.second_look is not None)


def replay(disclosure: Disclosure, decisions: Iterable[Decision]) -> tuple[Disclosure, tuple[Finding, ...]]:
    """(the reading with every standing correction in its cells and facts, one error finding a correction that misfits).

    A correction whose value is what is now read does nothing: the extractor has learnt it.
    """
    placed: list[tuple[CellAddress, Decision]] = []
    misfits: list[Finding] = []
    for decision in standing_corrections(decisions):
        anchor, value = decision.cell, decision.value or ""
        if anchor is None:
            continue
        address = find_cell(disclosure, anchor)
        if address is None:
            misfits.append(_misfit(decision, "the cell is not there any more"))
            continue
        table = money_cell(disclosure, address)
        now = table.text(address.row, address.col)
        if _same_text(now, value):
            continue
        if not _same_text(now, anchor.read):
            misfits.append(_misfit(decision, f"{now!r} is read there now", table, address))
            continue
        placed.append((address, decision))
    corrected = disclosure
    for address, decision in placed:
        try:
            corrected = correct_cell(corrected, address, decision)
        except CorrectionError as error:
            misfits.append(_misfit(decision, str(error), money_cell(disclosure, address), address))
    return corrected, tuple(misfits)


def correct_cell(disclosure: Disclosure, address: CellAddress, decision: Decision) -> Disclosure:
    """`disclosure` with one cell and its fact corrected, and the finding CORRECTED that keeps what was read.

    Raises CorrectionError when the value is no amount, or when a blank cell has no neighbours to learn its meaning from.
    """
    value = (decision.value or "").strip()
    table = money_cell(disclosure, address)
    amount = _amount(value)
    read, old = table.text(address.row, address.col), table.by_place.get((address.row, address.col))
    place = _place(table.statement, address, old)
    beside = Correction(raw=value, by=decision.decided_by, why=decision.note, decision=decision.id)
    new = _fact(table, address, beside, read, amount, place, _ids(disclosure)) if amount is not None else None
    look = f"; {decision.second_look} looked a second time, the page prints {read!r}" if decision.second_look else ""
    told = Finding(
        check=CORRECTED, severity=Severity.WARNING, origin=Origin.EXTRACTION, statement_id=table.statement.id,
        message=f"{decision.decided_by} corrected {read!r} to {value!r}: {decision.note}{look}",
        cells=(FindingCell(fact_id=new.id if new else None, at=place, raw=read),), left=read, right=value,
    )  # fmt: skip
    standing_findings = tuple(found for found in disclosure.findings if not _answered(found, place, read))
    return disclosure.model_copy(
        update={
            "facts": _with_fact(disclosure, table, old, new),
            "findings": (*standing_findings, told)
            if len(standing_findings) == len(disclosure.findings)
            else _renumbered(disclosure, standing_findings, told),
        }
    )


def as_printed(
    printed: Sequence[Finding], corrected: Sequence[Finding], disclosure: Disclosure, decisions: Iterable[Decision]
) -> tuple[Finding, ...]:
    """The contradictions that are on the page and no longer in the figures: warnings of origin publisher.

    `printed` are the findings of the reading without the corrections made against the page, `corrected` those with them
    (`disclosure`). What the publisher printed stays in sight whatever a person put beside it.
    """
    against = against_the_page(decisions)
    if not against:
        return ()
    who = "; ".join(f"{one.decided_by} put {one.value or 'blank'} beside {one.cell.read}: {one.note}" for one in against if one.cell)  # fmt: skip
    left = Counter(_key(found, disclosure.statements) for found in corrected)
    told = []
    for finding in printed:
        if finding.severity is not Severity.ERROR and finding.origin is not Origin.PUBLISHER:
            continue
        key = _key(finding, disclosure.statements)
        if left[key]:
            left[key] -= 1
            continue
        told.append(
            finding.model_copy(
                update={
                    "severity": Severity.WARNING, "origin": Origin.PUBLISHER, "caused_by": None,
                    "message": f"{finding.message}（printed so; {who}）",
                }
            )
        )  # fmt: skip
    return tuple(told)


def _key(finding: Finding, statements: Sequence[Statement]) -> str:
    anchor = anchor_of(finding, statements)
    return anchor.model_copy(update={"cells": tuple(sorted(anchor.cells))}).model_dump_json()


def settle(
    findings: Sequence[Finding], decisions: Iterable[Decision], statements: Sequence[Statement] = ()
) -> tuple[Finding, ...]:
    """`findings` in their order, each that a person accepted turned into a warning of origin publisher.

    Only the very contradiction a person saw is settled: same check, both sides and cells (and statement kind, when
    `statements` are given). Equal findings are settled as often as one decision accepted them. Where an acceptance of the
    same check was given for other figures, the finding stays an error and an error DECISION_MISFIT says so.
    """
    accepted = [decision for decision in standing(in_order(decisions)) if decision.action == "accept"]
    left_over = _most_often_accepted(accepted)
    settled: list[Finding] = []
    strangers: list[Finding] = []
    for finding in findings:
        if finding.severity is not Severity.ERROR:
            settled.append(finding)
            continue
        anchor = anchor_of(finding, statements)
        matching = next((one for one in left_over if _fits(one[0], anchor, statements)), None)
        if matching is None:
            settled.append(finding)
            strangers.append(finding)
            continue
        left_over.remove(matching)
        decision = matching[1]
        settled.append(
            finding.model_copy(
                update={
                    "severity": Severity.WARNING,
                    "origin": Origin.PUBLISHER,
                    "message": f"{finding.message}（{decision.decided_by} accepted this as published: {decision.note}）",
                }
            )
        )
    return (*settled, *_stale_acceptances(strangers, left_over, statements))


def _stale_acceptances(
    strangers: Sequence[Finding], unused: Sequence[tuple[FindingAnchor, Decision]], statements: Sequence[Statement]
) -> list[Finding]:
    """One misfit for each error that resembles a contradiction which was accepted with other figures."""
    misfits = []
    for finding in strangers:
        kind = anchor_of(finding, statements).statement_kind
        for anchor, decision in unused:
            if anchor.check != finding.check or (statements and anchor.statement_kind != kind):
                continue
            misfits.append(
                Finding(
                    check=DECISION_MISFIT, severity=Severity.ERROR, origin=Origin.UNKNOWN,
                    statement_id=finding.statement_id, cells=finding.cells,
                    message=f"decision {decision.id} of {decision.decided_by} accepted {anchor.check} with "
                    f"{anchor.left} against {anchor.right}; now it is {finding.left} against {finding.right}: decide again",
                    left=finding.left, right=finding.right,
                )
            )  # fmt: skip
            break
    return misfits


def _most_often_accepted(accepted: Sequence[Decision]) -> list[tuple[FindingAnchor, Decision]]:
    """Every accepted anchor, as often as the decision that accepted it most often did; newest decision first."""
    kept: list[tuple[FindingAnchor, Decision]] = []
    for decision in reversed(accepted):
        for anchor in decision.findings:
            wanted = sum(same_anchor(anchor, other) for other in decision.findings)
            if sum(same_anchor(anchor, other) for other, _ in kept) < wanted:
                kept.append((anchor, decision))
    return kept


def _fits(accepted: FindingAnchor, found: FindingAnchor, statements: Sequence[Statement]) -> bool:
    if not statements:
        found = found.model_copy(update={"statement_kind": accepted.statement_kind})
    return same_anchor(accepted, found)


def _misfit(
    decision: Decision, why: str, table: MoneyTable | None = None, address: CellAddress | None = None
) -> Finding:
    anchor = decision.cell
    where = ""
    if anchor is not None:
        where = " ".join(
            part for part in (anchor.statement_kind, anchor.code, anchor.name, " / ".join(anchor.column)) if part
        )
    cells: tuple[FindingCell, ...] = ()
    if table is not None and address is not None:
        fact = table.by_place.get((address.row, address.col))
        raw = table.text(address.row, address.col)
        cells = (FindingCell(fact_id=fact.id if fact else None, at=_place(table.statement, address, fact), raw=raw),)
    read = anchor.read if anchor else ""
    return Finding(
        check=DECISION_MISFIT, severity=Severity.ERROR, origin=Origin.UNKNOWN, cells=cells,
        statement_id=address.statement_id if address else None, left=read, right=decision.value,
        message=f"decision {decision.id} of {decision.decided_by} corrects {where} from {read!r} to {decision.value!r}, but {why}: decide again",
    )  # fmt: skip


def _same_text(one: str, other: str) -> bool:
    return squeeze(one) == squeeze(other)


def _amount(value: str) -> Decimal | None:
    try:
        return parse_amount(value)
    except NotAnAmountError as error:
        raise CorrectionError(
            f"{value!r} is no amount: give the number as the page prints it, or nothing for blank"
        ) from error


def _ids(disclosure: Disclosure) -> frozenset[str]:
    return frozenset(fact.id for fact in disclosure.facts)


def _place(statement: Statement, address: CellAddress, fact: Fact | None) -> Place | None:
    if fact is not None and fact.at is not None:
        return fact.at
    places = statement.rows[address.row].at
    return places[address.col] if address.col < len(places) else None


def _fact(
    table: MoneyTable,
    address: CellAddress,
    beside: Correction,
    read: str,
    amount: Decimal,
    place: Place | None,
    taken: frozenset[str],
) -> Fact:
    """The fact of a corrected cell: the old one with another amount, or one made of its row's and its column's meaning."""
    wan = decimal_text(to_wan(amount, unit_of_column(table, address.col)))
    changed = {"corrected": beside, "amount": wan, "confidence": 1.0}
    old = table.by_place.get((address.row, address.col))
    if old is not None:
        return old.model_copy(update=changed)
    row = table.row_fact(address.row, address.col)
    column = next(iter(table.columns[address.col]))
    if row is None:
        raise CorrectionError(
            f"{address}: no other amount stands in this row, so its code, name and role are not known; "
            "extract again, or reject with a note"
        )
    # 三公 prints what an amount is for in the row in one layout and in the column in the other
    in_column = {fact.item for fact in table.columns[address.col]}
    in_row = {fact.item for fact in table.facts if fact.row == address.row}
    item = in_column.pop() if len(in_column) == 1 else in_row.pop() if len(in_row) == 1 else None
    in_column_fund = {fact.fund for fact in table.columns[address.col]}
    identity = str(address)
    while identity in taken:
        identity += "+"
    return row.model_copy(
        update={
            **changed, "raw": read, "id": identity, "row": address.row, "col": address.col, "column": column.column,
            "side": column.side, "measure": column.measure, "item": item,
            "fund": column.fund if len(in_column_fund) == 1 else row.fund,
            "fiscal_year": column.fiscal_year, "basis": column.basis, "at": place,
        }
    )  # fmt: skip


def unit_of_column(table: MoneyTable, col: int) -> Unit:
    """The unit a money column is printed in, learnt from its facts (a header may name another than its table).

    Raises CorrectionError when neither the column nor the statement tells.
    """
    for fact in table.columns[col]:
        try:
            printed = parse_amount(fact.amount_text)
        except NotAnAmountError:
            continue
        for unit in Unit:
            if printed and to_wan(printed, unit) == fact.value:
                return unit
    if table.statement.unit is None:
        raise CorrectionError(
            f"column {col} of {table.statement.id}: neither its amounts nor its statement tell the unit"
        )
    return Unit(table.statement.unit)


def _with_fact(disclosure: Disclosure, table: MoneyTable, old: Fact | None, new: Fact | None) -> tuple[Fact, ...]:
    if old is not None:
        replaced = (new if fact.id == old.id else fact for fact in disclosure.facts)
        return tuple(fact for fact in replaced if fact is not None)
    if new is None:
        return disclosure.facts
    facts = list(disclosure.facts)
    places = [(fact.row, fact.col) for fact in table.facts]
    before = bisect_left(places, (new.row, new.col))
    first = facts.index(table.facts[0])
    facts.insert(first + before, new)
    return tuple(facts)


def _answered(finding: Finding, place: Place | None, read: str) -> bool:
    """Whether the extractor's own complaint about exactly this cell is answered by a person having read it."""
    return (
        finding.origin is Origin.EXTRACTION
        and finding.check not in (CORRECTED, DECISION_MISFIT)
        and len(finding.cells) == 1
        and place is not None
        and finding.cells[0].at == place
        and _same_text(finding.cells[0].raw, read)
    )


def _renumbered(disclosure: Disclosure, standing: Sequence[Finding], told: Finding) -> tuple[Finding, ...]:
    """Findings after some were taken out; `caused_by` counts positions, so it moves with them."""
    kept = {id(finding) for finding in standing}
    position: dict[int, int] = {}
    for number, finding in enumerate(disclosure.findings):
        if id(finding) in kept:
            position[number] = len(position)
    moved = (
        finding.model_copy(update={"caused_by": position.get(finding.caused_by)})
        if finding.caused_by is not None
        else finding
        for finding in standing
    )
    return (*moved, told)
