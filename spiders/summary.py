"""What a crawl says about itself: one `PortalSummary` a portal, one `CrawlSummary` a run, written to `summary.json`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from budget.sightings import Sighting
from budget.states import Reason


class ListCount(BaseModel):
    """One list in one run. `whole`: read to an end that was proved. `expected` are the list's own words, None when it has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    list: str
    rows_expected: int | None = None
    rows_fetched: int = 0
    pages_expected: int | None = None
    pages_fetched: int = 0
    whole: bool = False


class PortalSummary(BaseModel):
    """One portal in one run. Counts of sightings are those of `sightings.jsonl`.

    `incomplete`: the night is not proved whole: a list without a proved end, a wall, no network, an answer cut off, nothing had of
    what was taken, or more lost than `LOST_SHARE_AT_MOST`; `problems` says what. `notes`: what a person may want to know of a
    whole night. `lists` are all of them, of a portal with more than `LISTS_TOLD` only those that are not whole. `rows_remembered` (of `rows_fetched`) stand on list pages that were not asked for because
    the page above them showed nothing new; `articles_remembered` were checked within the portal's `recheck_days`. Rows and
    pages `expected` are what the portal itself says, None when it says nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    portal: str
    family: str
    finish_reason: str
    incomplete: bool
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lists: tuple[ListCount, ...] = ()
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
    gone: int = 0
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
    notes: list[str] = field(default_factory=list)
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

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


# failures that tomorrow may mend, and answers cut off: one of them leaves a night incomplete
_TRANSIENT = ("network", "limit_time", "truncated")
# of what was taken, this share may be lost (failed, elsewhere, without any file) in a night that is complete
LOST_SHARE_AT_MOST = 0.06
LISTS_TOLD = 200


def count_sightings(sightings: list[Sighting]) -> dict[str, object]:
    """The counts of `PortalSummary` that come from sightings."""
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
        "found": files_seen(sightings),
        "new": sum(1 for one in sightings if one.outcome == "archived"),
        "changed": sum(1 for one in sightings if one.replaces_sha256),
        "unchanged": sum(1 for one in sightings if one.outcome == "unchanged"),
        "gone": sum(1 for one in sightings if one.outcome == "gone"),
        "ignored": dict(sorted(ignored.items())),
        "blocked": dict(sorted(blocked.items())),
        "failed": dict(sorted(failed.items())),
    }


def files_seen(sightings: list[Sighting]) -> int:
    """How many files were offered and wanted: had, or not had tonight."""
    return sum(1 for one in sightings if one.url and one.outcome not in ("ignored", "gone"))


def off_site(sighting: Sighting) -> bool:
    """Whether a sighting is of something that was wanted and stands on a host that is not the portal's."""
    return sighting.reason is Reason.OUT_OF_SCOPE and (sighting.detail or "").startswith("off_site:")


def why_incomplete(sightings: list[Sighting], rows: int) -> list[str]:
    """Why the sightings of a portal's night leave it incomplete, in words; empty for a night whose entries all ended well.

    rows: the entries of its lists. An entry ended well when a file of it was had or when a rule refused it; it is lost when what it
    offers failed, stands elsewhere, or is nothing at all. `gone` is an end that the portal chose.
    """
    told = []
    walls = Counter(one.reason.value if one.reason else "unknown" for one in sightings if one.outcome == "blocked")
    if walls:
        told.append(f"blocked: {_counted(walls)}")
    failed = Counter(one.reason.value if one.reason else "unknown" for one in sightings if one.outcome == "failed")
    if transient := Counter({name: count for name, count in failed.items() if name in _TRANSIENT}):
        told.append(f"not had tonight: {_counted(transient)}")
    of_article: dict[tuple[str, str], list[Sighting]] = {}
    for one in sightings:
        if not (one.detail or "").endswith("(list)"):
            of_article.setdefault((one.list_url, one.article_url), []).append(one)
    had = lost = 0
    elsewhere: Counter[str] = Counter()
    nothing = 0
    for ends in of_article.values():
        here = sum(1 for one in ends if one.sha256)
        had += here
        lost += sum(1 for one in ends if one.outcome in ("failed", "blocked"))
        if not here and (away := [one for one in ends if off_site(one)]):
            elsewhere[urlsplit(away[0].url or away[0].article_url).hostname or "?"] += 1
        elif not here and any(one.reason is Reason.NO_ATTACHMENT for one in ends):
            nothing += 1
    lost += nothing + sum(elsewhere.values())
    if elsewhere:
        told_hosts = ", ".join(f"{host} ({count})" for host, count in elsewhere.most_common(5))
        told_elsewhere = f"on hosts that are not the portal's, name them in `hosts` if they are: {told_hosts}"
    taken = had + lost
    gone = any(one.outcome == "gone" for one in sightings)
    if rows and not taken and not gone:
        told.append(f"none of {rows} entries was taken as a disclosure")
    elif taken and not had and lost:
        told.append(f"nothing was had of {lost} disclosures that were taken")
    elif taken and lost / taken > LOST_SHARE_AT_MOST:
        told.append(f"{lost} of {taken} disclosures were lost, more than {LOST_SHARE_AT_MOST:.0%}")
    if told and elsewhere:
        told.append(told_elsewhere)
    if told and nothing:
        told.append(f"{nothing} articles have neither file nor text nor table")
    if told and (lasting := Counter({name: count for name, count in failed.items() if name not in _TRANSIENT})):
        told.append(f"failed: {_counted(lasting)}")
    return told


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
