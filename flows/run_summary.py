"""The typed summary a run ends in: written as JSON beside the run, shown as Prefect artifacts and on the terminal.

`rerun` reads it back; a figure here is counted, never typed.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from archive.whole_files import write_whole
from budget.states import DocumentState, RunState
from spiders.summary import PortalSummary


class NoSummaryError(RuntimeError):
    """A run that ended without saying what it did, or whose summary cannot be read; the message has why."""


class SampledPages(BaseModel):
    """The second reading of what passes: pages and cells asked for, and what an independent reader said of them."""

    model_config = ConfigDict(frozen=True)

    pages: int = 0
    cells: int = 0
    agreed: int = 0
    unheard: int = 0
    """Cells it could say nothing about."""
    disagreed: int = 0

    def __add__(self, other: SampledPages) -> SampledPages:
        return SampledPages(**{name: getattr(self, name) + getattr(other, name) for name in SampledPages.model_fields})


class DocumentOutcome(BaseModel):
    """What became of one document version."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    file: str
    title: str | None = None
    state: DocumentState
    reason: str | None = None
    detail: str | None = None
    review_item: str | None = None
    facts: int = 0
    rows_added: int = 0
    errors: int = 0
    """Root findings of severity error; their consequences are not counted."""
    warnings: int = 0
    sampled: SampledPages = SampledPages()
    seconds: float | None = None
    """How long its reader took by the clock, waiting for a free reader left out; None where that is not known."""


class FailedDownload(BaseModel):
    """A file that was seen and could not be had, or a place that was walled off."""

    model_config = ConfigDict(frozen=True)

    portal: str
    url: str
    title: str
    outcome: str
    reason: str | None
    detail: str | None


class Measured(BaseModel):
    """What a run measured of a portal, or of itself (`whose` = run); measures by the names of `expectations.judging.bounds`."""

    model_config = ConfigDict(frozen=True)

    whose: str
    values: dict[str, Decimal | None]


class Outside(BaseModel):
    """A measure outside the bounds that a person set; `message` says it in Chinese and English."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    whose: str
    measure: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    because: str
    source: str
    message: str


class RunSummary(BaseModel):
    """One run of nightly or rerun."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    flow: str
    started_at: datetime
    ended_at: datetime | None = None
    state: RunState
    recipe: str
    portals: tuple[PortalSummary, ...] = ()
    failed_downloads: tuple[FailedDownload, ...] = ()
    documents: tuple[DocumentOutcome, ...] = ()
    waiting_for_review: int = 0
    """Items in the queue when the run ended, those of earlier runs and of files that could not be had included."""
    loaded_in_all: int = 0
    """Documents loaded in the warehouse when the run ended."""
    measured: tuple[Measured, ...] = ()
    outside: tuple[Outside, ...] = ()
    """What fell outside its bounds: the run is suspicious, or worse."""
    notes: tuple[str, ...] = ()

    def count(self, state: DocumentState) -> int:
        return sum(document.state is state for document in self.documents)

    @property
    def not_loaded(self) -> tuple[DocumentOutcome, ...]:
        done = (DocumentState.LOADED, DocumentState.TAKEN_APART)
        return tuple(document for document in self.documents if document.state not in done)

    @property
    def rows_added(self) -> int:
        return sum(document.rows_added for document in self.documents)

    @property
    def sampled(self) -> SampledPages:
        """The second reading over all documents of the run."""
        return sum((document.sampled for document in self.documents), SampledPages())

    def portal_total(self, field: str) -> int:
        """A count of `PortalSummary` (found, new, unchanged, …) over all portals."""
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
        write_whole(target, self.model_dump_json(indent=1))
        return target

    @classmethod
    def read(cls, folder: Path) -> RunSummary:
        """The summary of a run's folder.

        Raises FileNotFoundError when the run left none (it was killed), NoSummaryError for a file that is none.
        """
        data = (folder / "summary.json").read_bytes()
        try:
            return cls.model_validate_json(data)
        except ValidationError as wrong:
            told = f"{folder / 'summary.json'}: no summary of a run 无法读取: {wrong.errors()[0]['msg']}"
            raise NoSummaryError(told) from wrong
