"""When two readings of a document contradict each other: figures matched by what they say, not by where they stand.

A better reader moves boxes, joins rows and spells headers differently; none of this changes what a reader of the warehouse
is told. A figure is told apart by statement kind, side, code, name, measure, item, fund, year and basis, and by its
occurrence among equal ones in reading order (names repeat, trap 13). Only these and the amount count.

A figure that newly appears contradicts nothing. One that changed or vanished takes back something analysts may have used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from budget.amounts import decimal_text
from budget.decisions import CORRECTED, FIGURES_CHANGED, Decision, FindingAnchor, anchor_of, same_anchor, standing
from budget.disclosure import Disclosure, Fact, Finding, FindingCell
from budget.states import Origin, Severity


class FigureKey(NamedTuple):
    """What a figure is about; equal keys in two readings are the same figure."""

    kind: str
    side: str | None
    code: str
    name: str
    measure: str
    item: str | None
    fund: str | None
    fiscal_year: int | None
    basis: str | None
    occurrence: int


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One figure that two readings do not agree on. `old` or `new` is None where that reading does not have it."""

    change: Literal["changed", "vanished", "appeared"]
    key: FigureKey
    old: Fact | None
    new: Fact | None

    @property
    def contradicts(self) -> bool:
        """Whether something that had been said is taken back."""
        return self.change != "appeared"

    def as_finding(self) -> Finding:
        """The change as a person is shown it, and anchored by: old amount left, new amount right (万元)."""
        key = self.key
        what = " ".join(part for part in (key.kind, key.side, key.code, key.name, key.measure) if part)
        old = decimal_text(self.old.value) if self.old else None
        new = decimal_text(self.new.value) if self.new else None
        told = (
            f"was loaded as {old} 万元 and is now read as {new} 万元"
            if new
            else f"was loaded as {old} 万元 and is now not read"
        )
        cells = [FindingCell(fact_id=self.new.id, at=self.new.at, raw=self.new.raw)] if self.new else []
        if self.old:
            cells.append(FindingCell(at=self.old.at, raw=self.old.raw))
        return Finding(
            check=FIGURES_CHANGED,
            severity=Severity.ERROR,
            origin=Origin.EXTRACTION,
            message=f"{what} {told}; an extraction with another recipe disagrees with what had been loaded",
            cells=tuple(cells),
            statement_id=self.new.statement_id if self.new else None,
            left=old,
            right=new,
        )


def figures(facts: Iterable[Fact], fiscal_year: int | None = None) -> dict[FigureKey, Fact]:
    """Facts by key, in reading order. `fiscal_year` of the document stands in where a fact prints none."""
    seen: Counter[FigureKey] = Counter()
    found: dict[FigureKey, Fact] = {}
    for fact in facts:
        year = fact.fiscal_year if fact.fiscal_year is not None else fiscal_year
        key = FigureKey(
            fact.kind, fact.side, fact.code, fact.name, fact.measure, fact.item, fact.fund, year, fact.basis, 0
        )
        found[key._replace(occurrence=seen[key])] = fact
        seen[key] += 1
    return found


def compare(old: Disclosure, new: Disclosure) -> tuple[FigureChange, ...]:
    """Every figure that `old` and `new` do not agree on: first what changed or vanished, in the old reading order."""
    before = figures(old.facts, old.document.fiscal_year)
    after = figures(new.facts, new.document.fiscal_year)
    changes: list[FigureChange] = []
    for key, fact in before.items():
        other = after.get(key)
        if other is None:
            changes.append(FigureChange("vanished", key, fact, None))
        elif other.value != fact.value:
            changes.append(FigureChange("changed", key, fact, other))
    changes.extend(FigureChange("appeared", key, None, fact) for key, fact in after.items() if key not in before)
    return tuple(changes)


def corrected_facts(disclosure: Disclosure) -> frozenset[str]:
    """Ids of the facts whose figure a person typed (they carry a finding CORRECTED)."""
    return frozenset(
        cell.fact_id
        for finding in disclosure.findings
        if finding.check == CORRECTED
        for cell in finding.cells[:1]
        if cell.fact_id
    )


def unsettled(
    changes: Sequence[FigureChange], new: Disclosure, decisions: Iterable[Decision]
) -> tuple[FigureChange, ...]:
    """The contradicting changes that no person has answered for.

    A person answers by having corrected that very cell, or by having accepted the same change: same check, same old and
    same new amount. Another new amount is another question.
    """
    by_hand = corrected_facts(new)
    anchors: list[FindingAnchor] = [
        anchor
        for decision in standing(decisions)
        if decision.action == "accept"
        for anchor in decision.findings
        if anchor.check == FIGURES_CHANGED
    ]
    open_changes = []
    for change in changes:
        if not change.contradicts or (change.new is not None and change.new.id in by_hand):
            continue
        wanted = anchor_of(change.as_finding(), new.statements)
        if not any(same_anchor(anchor, wanted) for anchor in anchors):
            open_changes.append(change)
    return tuple(open_changes)
