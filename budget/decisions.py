"""`Decision`: what a person decided about a document. Kept apart from the extraction, replayed on every re-extraction.

A decision is anchored to what the person saw, not to positions that move when the extractor improves: a corrected cell by
statement kind, row label, column path and the text that had been read; an accepted finding by its check and both sides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import BaseModel, ConfigDict

from budget.amounts import NotAnAmountError, parse_amount
from budget.disclosure import Finding, Statement
from budget.printed_text import squeeze

CORRECTED = "CORRECTED"
"""Check id of the warning that a replayed correction leaves on its cell: left what was read, right what a person typed."""
DECISION_MISFIT = "DECISION_MISFIT"
"""Check id of the error that a decision leaves which no longer fits what is read."""
FIGURES_CHANGED = "FIGURES_CHANGED"
"""Check id of the error that a reading leaves which contradicts loaded figures: left the old amount, right the new."""


class CellAnchor(BaseModel):
    """A money cell as a person saw it. `occurrence` counts equal anchors in reading order from 0 (names repeat, trap 13)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statement_kind: str
    statement_title: str | None
    column: tuple[str, ...]
    code: str
    name: str
    occurrence: int = 0
    read: str
    """What the extractor had read there; '' for a cell read as blank. A replay that reads something else is a misfit."""


class FindingAnchor(BaseModel):
    """A finding as a person saw it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    statement_kind: str | None
    left: str | None
    right: str | None
    cells: tuple[str, ...]
    """`raw` of each cell, the suspected one first."""


Action = Literal["accept", "correct", "reject", "reextract", "newer", "government", "note", "undo"]
"""`reextract` changes no figure: it lifts an earlier `reject`, because a person asked to try again. `newer` asks the publisher's
site for another file and `note` says something; neither changes what is read. `government` keeps a document out because it is
a whole government's, no department's. `undo` takes one earlier decision back."""


class Decision(BaseModel):
    """One decision on one document version (by sha256). Newer decisions do not delete older ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    sha256: str
    action: Action
    note: str
    decided_by: str
    decided_at: datetime
    cell: CellAnchor | None = None
    value: str | None = None
    """action `correct`: the text that stands on the page, in the unit of the page; '' for blank."""
    findings: tuple[FindingAnchor, ...] = ()
    """action `accept`: the findings accepted as the publisher's own discrepancy; action `correct`: accepted findings that it
    takes the place of."""
    second_look: str | None = None
    """action `correct`: who looked a second time at a cell that both readers read alike. The figure then changes against the
    page: what is printed and the contradiction stay in sight."""
    replaces: tuple[str, ...] = ()
    """Ids of decisions on the same thing that this one takes the place of, or (action `undo`) takes back."""
    cause: str | None = None
    """Why the item waited, as `review.causes` says: what a decision that repeats is proposed for."""
    bulk: str | None = None
    """What binds the decisions that a person made on many items at once."""
    rule: str | None = None
    """The confirmed rule that decided, None where a person did."""


def standing(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions that count, oldest first: without those taken back, and without what changes nothing (notes, undoing).

    `decisions` come in the order in which they were made. A finding that was accepted and whose cell was corrected later, in
    the open, is no longer accepted.
    """
    made = tuple(decisions)
    gone = {earlier for one in made if one.action == "undo" for earlier in one.replaces}
    kept: list[Decision] = []
    for one in made:
        if one.id in gone or one.action in ("undo", "note", "newer"):
            continue
        if one.action == "correct":
            kept = [_without(earlier, one.findings) if earlier.id in one.replaces else earlier for earlier in kept]
        elif one.replaces:
            kept = [earlier for earlier in kept if earlier.id not in one.replaces]
        kept.append(one)
    return tuple(one for one in kept if one.action != "accept" or one.findings)


def _without(decision: Decision, findings: tuple[FindingAnchor, ...]) -> Decision:
    if decision.action != "accept":
        return decision
    left = tuple(one for one in decision.findings if not any(same_anchor(one, other) for other in findings))
    return decision.model_copy(update={"findings": left})


def kept_out(decisions: Iterable[Decision]) -> Decision | None:
    """The decision that keeps the document out: the last that stands, when it is `reject` or `government`; else None."""
    last = standing(decisions)[-1:]
    return last[0] if last and last[0].action in ("reject", "government") else None


def anchor_of(finding: Finding, statements: Iterable[Statement]) -> FindingAnchor:
    """What a person saw of `finding`: its check, the kind of its statement, both sides, and what its cells print."""
    kinds = {statement.id: statement.kind for statement in statements}
    return FindingAnchor(
        check=finding.check,
        statement_kind=kinds.get(finding.statement_id) if finding.statement_id else None,
        left=finding.left,
        right=finding.right,
        cells=tuple(cell.raw for cell in finding.cells),
    )


def same_anchor(one: FindingAnchor, other: FindingAnchor) -> bool:
    """Whether two anchors show a person the same contradiction.

    Sides and printed amounts are compared by value and cells in any order: a better guess of the suspected cell shows no
    other figures. Any other figure is another contradiction.
    """
    return (
        one.check == other.check
        and one.statement_kind == other.statement_kind
        and _same_side(one.left, other.left)
        and _same_side(one.right, other.right)
        and Counter(map(_shown, one.cells)) == Counter(map(_shown, other.cells))
    )


def _same_side(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return squeeze(one) == squeeze(other)


def _shown(printed: str) -> Decimal | str:
    try:
        amount = parse_amount(printed)
    except NotAnAmountError:
        return squeeze(printed)
    return "" if amount is None else amount
