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


class Decision(BaseModel):
    """One decision on one document version (by sha256). Newer decisions do not delete older ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    sha256: str
    action: Literal["accept", "correct", "reject", "reextract"]
    """`reextract` changes no figure; it lifts an earlier `reject`, because a person asked to try again."""
    note: str
    decided_by: str
    decided_at: datetime
    cell: CellAnchor | None = None
    value: str | None = None
    """action `correct`: the text that stands on the page, in the unit of the page; '' for blank."""
    findings: tuple[FindingAnchor, ...] = ()
    """action `accept`: the findings accepted as the publisher's own discrepancy."""


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
