"""`Decision`: what a person decided about a document. Kept apart from the extraction, replayed on every re-extraction.

A decision is anchored to what the person saw, not to positions that move when the extractor improves: a corrected cell by
statement kind, row label, column path and the text that had been read; an accepted finding by its check and both sides.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


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
    action: Literal["accept", "correct", "reject"]
    note: str
    decided_by: str
    decided_at: datetime
    cell: CellAnchor | None = None
    value: str | None = None
    """action `correct`: the text that stands on the page, in the unit of the page; '' for blank."""
    findings: tuple[FindingAnchor, ...] = ()
    """action `accept`: the findings accepted as the publisher's own discrepancy."""
