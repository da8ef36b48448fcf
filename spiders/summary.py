"""What a crawl says about itself: one `PortalSummary` a portal, one `CrawlSummary` a run, written to `summary.json`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from budget.sightings import Sighting


class PortalSummary(BaseModel):
    """One portal in one run. Counts of sightings are those of `sightings.jsonl`.

    `incomplete`: something of the portal was not read tonight that should have been (a list page missing, a wall, no network,
    stopped early); `problems` says what. `rows_remembered` (of `rows_fetched`) stand on list pages that were not asked for because
    the page above them showed nothing new; `articles_remembered` were checked within the portal's `recheck_days`. Rows and
    pages `expected` are what the portal itself says, None when it says nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    portal: str
    family: str
    finish_reason: str
    incomplete: bool
    problems: tuple[str, ...] = ()
    rows_expected: int | None = None
    rows_fetched: int = 0
    pages_expected: int | None = None
    pages_fetched: int = 0
    rows_remembered: int = 0
    articles: int = 0
    articles_remembered: int = 0
    found: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ignored: dict[str, int] = {}
    blocked: dict[str, int] = {}
    failed: dict[str, int] = {}
    robots: dict[str, str] = {}
    legacy_tls: dict[str, str] = {}
    requests: int = 0
    not_modified: int = 0
    bytes: int = 0
    seconds: float = 0.0


class CrawlSummary(BaseModel):
    """One run. exit_code: 0 all portals finished, 3 some incomplete or blocked, 1 a crash (`error` says where)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    started_at: datetime
    finished_at: datetime | None
    state: Literal["finished", "incomplete", "crashed"]
    exit_code: Literal[0, 1, 3]
    error: str | None = None
    portals: tuple[PortalSummary, ...] = ()

    def portal(self, name: str) -> PortalSummary:
        """The summary of one portal. Raises KeyError when the run did not have it."""
        for one in self.portals:
            if one.portal == name:
                return one
        raise KeyError(name)


@dataclass
class Tally:
    """What a spider counts while it runs; sightings are counted from the archive at the end."""

    rows_expected: int | None = None
    rows_fetched: int = 0
    pages_expected: int | None = None
    pages_fetched: int = 0
    rows_remembered: int = 0
    articles: int = 0
    articles_remembered: int = 0
    problems: list[str] = field(default_factory=list)
    other_family: str | None = None
    """The family whose marks a page without entries carries."""

    def expect(self, pages: int | None, rows: int | None) -> None:
        if pages is not None:
            self.pages_expected = (self.pages_expected or 0) + pages
        if rows is not None:
            self.rows_expected = (self.rows_expected or 0) + rows

    def problem(self, text: str) -> None:
        if text not in self.problems:
            self.problems.append(text)


# failures that tomorrow may mend: they make a portal's night incomplete
_TRANSIENT = ("network", "limit_time")


def count_sightings(sightings: list[Sighting]) -> dict[str, object]:
    """The counts of `PortalSummary` that come from sightings, and whether one of them leaves the night incomplete."""
    ignored: Counter[str] = Counter()
    blocked: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for one in sightings:
        if one.outcome == "ignored":
            ignored[one.reason.value if one.reason else "unknown"] += 1
        elif one.outcome == "blocked":
            kind = (one.detail or "").split(":", 2)
            blocked[kind[1].split()[0] if kind[0] == "blocked" and len(kind) > 1 else str(one.reason)] += 1
        elif one.outcome == "failed":
            failed[one.reason.value if one.reason else "unknown"] += 1
    return {
        "found": sum(1 for one in sightings if one.url and one.outcome != "ignored"),
        "new": sum(1 for one in sightings if one.outcome == "archived"),
        "changed": sum(1 for one in sightings if one.replaces_sha256),
        "unchanged": sum(1 for one in sightings if one.outcome == "unchanged"),
        "ignored": dict(sorted(ignored.items())),
        "blocked": dict(sorted(blocked.items())),
        "failed": dict(sorted(failed.items())),
    }


def leaves_incomplete(counts: dict[str, object]) -> bool:
    """Whether what was counted means that something was not read tonight: any wall, any failure that may be gone tomorrow."""
    failed = counts["failed"]
    assert isinstance(failed, dict)
    return bool(counts["blocked"]) or any(failed.get(reason) for reason in _TRANSIENT)
