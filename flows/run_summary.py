"""The typed summary a run ends in: written as JSON beside the run, shown as Prefect artifacts and on the terminal.

`rerun` reads it back; a figure here is counted, never typed.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from budget.states import DocumentState, RunState


class PortalNight(BaseModel):
    """What one portal gave in one night."""

    model_config = ConfigDict(frozen=True)

    portal: str
    complete: bool
    finish_reason: str
    found: int = 0
    """Files of disclosures seen, new or known."""
    new: int = 0
    unchanged: int = 0
    downloaded_bytes: int = 0
    ignored: dict[str, int] = {}
    blocked: dict[str, int] = {}
    failed: dict[str, int] = {}


class DocumentOutcome(BaseModel):
    """What became of one document version."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    file: str
    title: str | None = None
    url: str | None = None
    state: DocumentState
    reason: str | None = None
    detail: str | None = None
    review_item: str | None = None
    facts: int = 0
    rows_added: int = 0
    errors: int = 0
    warnings: int = 0


class RunSummary(BaseModel):
    """One run of nightly or rerun."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    flow: str
    started_at: datetime
    ended_at: datetime | None = None
    state: RunState
    recipe: str
    portals: tuple[PortalNight, ...] = ()
    documents: tuple[DocumentOutcome, ...] = ()
    notes: tuple[str, ...] = ()

    def count(self, state: DocumentState) -> int:
        return sum(document.state is state for document in self.documents)

    @property
    def not_loaded(self) -> tuple[DocumentOutcome, ...]:
        return tuple(document for document in self.documents if document.state is not DocumentState.LOADED)

    @property
    def rows_added(self) -> int:
        return sum(document.rows_added for document in self.documents)

    def portal_total(self, field: str) -> int:
        return sum(getattr(portal, field) for portal in self.portals)

    def reasons(self, field: str) -> Counter[str]:
        """`ignored`, `blocked` or `failed` of all portals together, by reason."""
        total: Counter[str] = Counter()
        for portal in self.portals:
            total.update(getattr(portal, field))
        return total

    def write(self, folder: Path) -> Path:
        """summary.json in the run's folder, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / "summary.json"
        half = folder / ".summary.json.part"
        half.write_text(self.model_dump_json(indent=1), encoding="utf-8")
        half.replace(target)
        return target
