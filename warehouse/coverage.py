"""Who has published what, and whether the publisher is late or we could not see: one line a department, year and document.

A department is an agency of a region that was seen once. From its first year on it owes a budget and a final account of every
year (`seasons.toml`). What is said of a missing one rests on evidence, never on its absence alone:

    loaded          its figures are in the warehouse
    in_review       the file is here and waits for a person
    waiting         the file is in the archive and no run has read it yet
    failed          the file was seen and could not be had or read                 we could not see
    blocked         the file or its article stood behind a wall                    we could not see
    rejected        a person refused the file, and no other came
    not_published   after the season's end every portal that ever showed this department was read to its end, and the document
                    is not there                                                   the publisher is late
    unknown         nobody has looked since the season ended, or a file that names no department could not be read or had:
                    it may be this one                                             we could not see
    not_due         the season is not over

Only the last depends on the day on which one asks. This module reads; it judges no document and writes nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from budget.printed_text import squeeze
from budget.states import DocumentState, Reason
from warehouse import tables

PORTALS_CLOCK = ZoneInfo("Asia/Shanghai")
_PART = re.compile(r".+?(?:特别行政区|自治区|自治州|自治县|自治旗|省|市|地区|盟|县|区|旗)")
_SHORTEST_NAME = 3


class CoverageStatus(StrEnum):
    """What is known of one expected document; the order is that of precedence: what we hold, what we could not see, the rest."""

    LOADED = "loaded"
    IN_REVIEW = "in_review"
    WAITING = "waiting"
    FAILED = "failed"
    BLOCKED = "blocked"
    REJECTED = "rejected"
    NOT_PUBLISHED = "not_published"
    UNKNOWN = "unknown"
    NOT_DUE = "not_due"


COULD_NOT_SEE = frozenset({CoverageStatus.FAILED, CoverageStatus.BLOCKED, CoverageStatus.UNKNOWN})
_PRECEDENCE = {status: number for number, status in enumerate(CoverageStatus)}
_OF_STATE = {
    DocumentState.LOADED: CoverageStatus.LOADED,
    DocumentState.IN_REVIEW: CoverageStatus.IN_REVIEW,
    DocumentState.WITHDRAWN: CoverageStatus.IN_REVIEW,
    DocumentState.DISCOVERED: CoverageStatus.WAITING,
    DocumentState.ARCHIVED: CoverageStatus.WAITING,
    DocumentState.EXTRACTED: CoverageStatus.WAITING,
    DocumentState.VALIDATED: CoverageStatus.WAITING,
    DocumentState.FAILED: CoverageStatus.FAILED,
    DocumentState.BLOCKED: CoverageStatus.BLOCKED,
    DocumentState.REJECTED: CoverageStatus.REJECTED,
}
"""States that say something about an expected document. Superseded, taken apart and no disclosure say nothing."""


@dataclass(frozen=True, slots=True)
class Season:
    """When the document of a fiscal year is owed, and the kinds of document that fulfil it."""

    expected: str
    years_after: int
    first: str
    last: str
    kinds: frozenset[str]

    def opens(self, fiscal_year: int) -> date:
        return date.fromisoformat(f"{fiscal_year + self.years_after}-{self.first}")

    def ends(self, fiscal_year: int) -> date:
        """The last day on which the document is in time."""
        return date.fromisoformat(f"{fiscal_year + self.years_after}-{self.last}")


@dataclass(frozen=True, slots=True)
class Coverage:
    """One expected document of one department. `published_on`: the earliest day a portal names for it.

    `late_days`: how long after the season it came, or by how much it is overdue; None where neither is known.
    `last_complete_on`: the last day on which every portal of this department had been read to its end.
    """

    region: str
    agency: str
    fiscal_year: int
    expected: str
    status: CoverageStatus
    reason: str | None
    due_from: date
    due_until: date
    published_on: date | None
    late_days: int | None
    last_complete_on: date | None
    portals: tuple[str, ...]
    sha256: str | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file that is held, or a place where one should be: what it says of one or more expected documents."""

    status: CoverageStatus | None
    reason: str | None
    sha256: str | None
    portal: str | None
    region: str
    agency: str | None
    title: str
    source: str
    fiscal_year: int | None
    expected: tuple[str, ...]
    """Empty: no document that anybody owes (a performance text)."""
    published_on: date | None
    seen_on: date | None


@dataclass(slots=True)
class _Department:
    """`agency` is the name without the place before it, `region` the finest place under which it was met."""

    region: str
    agency: str
    portals: set[str] = field(default_factory=set)
    first_year: int = 9999
    last_year: int = 0
    seen: dict[tuple[int, str], list[_Seen]] = field(default_factory=lambda: defaultdict(list))


@cache
def seasons() -> tuple[Season, ...]:
    """The seasons of `seasons.toml`."""
    return tuple(
        Season(one["expected"], one["years_after"], one["from"], one["until"], frozenset(one["kinds"]))
        for one in _rules()["season"]
    )


@cache
def _rules() -> dict[str, Any]:
    return tomllib.loads(resources.files("warehouse").joinpath("seasons.toml").read_text(encoding="utf-8"))


# --- names ---------------------------------------------------------------------------------------------------------------


def region_parts(region: str) -> list[str]:
    """`河北省秦皇岛市海港区` → its three names."""
    return _PART.findall(region)


def whole_region(portal_region: str | None, document_region: str | None) -> str:
    """One name for the place of a document: the portal's, made finer by the document's where the portal serves a whole province.

    A document names its place as its heading does, in any length; the portal's YAML names it from the province down. Where the
    two contradict each other at a county's portal, the portal is believed.
    """
    ours, theirs = portal_region or "", document_region or ""
    if not ours or not theirs or theirs in ours:
        return ours or theirs
    if ours in theirs:
        return theirs
    parts = region_parts(ours)
    for known in range(len(parts), 0, -1):
        # the portal says province and city, the document city and county
        tail = "".join(parts[-known:])
        if theirs.startswith(tail):
            return "".join(parts[:-known]) + theirs
    elsewhere = re.match(r".+?(?:省|自治区)", theirs) is not None
    county, city = theirs.endswith(("县", "区", "旗")), theirs.endswith(("市", "州", "盟", "地区"))
    finer = not elsewhere and ((county and len(parts) <= 2) or (city and len(parts) == 1))
    return ours + theirs if finer else ours


def short_name(agency: str, region: str) -> str:
    """An agency's name without the place before it: headings print `海港区财政局` one year and `财政局` the next."""
    name = squeeze(agency)
    again = True
    while again:
        again = False
        for part in region_parts(region):
            if name.startswith(part) and len(name) - len(part) >= _SHORTEST_NAME - 1:
                name, again = name[len(part) :], True
    return name


def names_an_organisation(title: str) -> bool:
    """Whether a title says whose document it is: `教育局2024年部门预算` does, `2024年部门预算公开` and `附件1` do not."""
    rules = _rules()["titles"]
    rest = re.sub(rules["words"], "", squeeze(title))
    return len(rest) >= 2 and re.search(rules["organisation"], rest) is not None


def named_agency(title: str) -> str | None:
    """The one organisation that a title names, None when it names none or several: `2024年云岚市水务局部门预算` → 云岚市水务局."""
    rules = _rules()["titles"]
    chunks = [chunk for chunk in re.split(rules["words"], squeeze(title)) if chunk]
    named = [chunk for chunk in chunks if re.fullmatch(rf".{{1,40}}{rules['organisation']}(?:机关)?", chunk)]
    return named[0] if len(named) == 1 and len(chunks) == 1 else None


# --- evidence ------------------------------------------------------------------------------------------------------------


def _expected_of(kind: str | None, seen_kind: str | None) -> tuple[str, ...]:
    """Which expected documents a kind fulfils. A narrative is what its title says; an unread file without a kind may be either."""
    if kind == "not_a_disclosure":
        return ()
    kind = seen_kind if kind in (None, "narrative") else kind
    if kind is None:
        return tuple(season.expected for season in seasons())
    return tuple(season.expected for season in seasons() if kind in season.kinds)


def _evidence(connection: Connection) -> list[_Seen]:
    """Everything held and everything that could not be had, once a place where it was seen."""
    version, seen = tables.document_versions, tables.sightings
    held = connection.execute(
        select(
            version.c.sha256, version.c.state, version.c.reason, version.c.agency, version.c.region, version.c.fiscal_year,
            version.c.kind, version.c.title, seen.c.portal, seen.c.region.label("seen_region"),
            seen.c.fiscal_year.label("seen_year"), seen.c.document_kind, seen.c.article_title, seen.c.source_org,
            seen.c.published_at, seen.c.first_seen_at,
        ).select_from(version.outerjoin(seen, seen.c.sha256 == version.c.sha256))
        .where(version.c.state != DocumentState.TAKEN_APART.value)
        .order_by(version.c.sha256, seen.c.sighting_id)
    ).mappings()  # fmt: skip
    found = []
    for row in held:
        state = DocumentState(row["state"])
        found.append(
            _Seen(
                status=_OF_STATE.get(state), reason=row["reason"], sha256=row["sha256"], portal=row["portal"],
                region=whole_region(row["seen_region"], row["region"]), agency=row["agency"],
                title=row["article_title"] or row["title"] or "", source=row["source_org"] or "",
                fiscal_year=row["fiscal_year"] or row["seen_year"],
                expected=() if state is DocumentState.NOT_A_DISCLOSURE else _expected_of(row["kind"], row["document_kind"]),
                published_on=row["published_at"], seen_on=_day(row["first_seen_at"]),
            )
        )  # fmt: skip
    return found + _could_not_be_had(connection)


def _could_not_be_had(connection: Connection) -> list[_Seen]:
    """Blocked and failed sightings whose place gave no file later; entries with the right title and no document behind it, too."""
    seen = tables.sightings
    later = seen.alias("later")
    had = (
        select(later.c.sighting_id)
        .where(
            later.c.portal == seen.c.portal, later.c.article_url == seen.c.article_url, later.c.sha256.is_not(None),
            later.c.last_seen_at >= seen.c.last_seen_at, (later.c.url == seen.c.url) | seen.c.url.is_(None),
        )
        .exists()
    )  # fmt: skip
    rows = connection.execute(
        select(seen)
        .where(
            seen.c.outcome.in_(("blocked", "failed"))
            | (seen.c.outcome == "ignored")
            & ((seen.c.reason == Reason.NO_ATTACHMENT.value) | seen.c.detail.like("off_site%")),
            ~had,
        )
        .order_by(seen.c.sighting_id)
    ).mappings()
    return [
        _Seen(
            status=CoverageStatus.BLOCKED if row["outcome"] == "blocked" else CoverageStatus.FAILED, reason=row["reason"], sha256=None, portal=row["portal"],
            region=row["region"] or "", agency=None, title=row["article_title"], source=row["source_org"] or "",
            fiscal_year=row["fiscal_year"] or _title_year(row["article_title"]),
            expected=_expected_of(None, row["document_kind"] or _title_kind(row["article_title"])),
            published_on=row["published_at"], seen_on=_day(row["first_seen_at"]),
        )
        for row in rows
    ]  # fmt: skip


def _title_year(title: str) -> int | None:
    """The only year that a title names; a sighting that was ignored carries none."""
    years = set(re.findall(r"(?<!\d)20\d\d(?=年)", squeeze(title)))
    return int(years.pop()) if len(years) == 1 else None


def _title_kind(title: str) -> str | None:
    """The kind a title names where it is one: 预算 or 决算, not 预决算."""
    account, budget = "决算" in title, "预算" in title or "预决算" in title
    return None if account == budget else "final_account" if account else "department_budget"


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(PORTALS_CLOCK).date() if moment else None


def _years(one: _Seen) -> set[tuple[int, str]]:
    """(fiscal year, expected) that a file can be: by its year, else by the season in which it appeared."""
    if one.fiscal_year is not None:
        return {(one.fiscal_year, expected) for expected in one.expected}
    appeared = one.published_on or one.seen_on
    if appeared is None:
        return set()
    return {
        (appeared.year - season.years_after, season.expected) for season in seasons() if season.expected in one.expected
    }


class _Complete:
    """When which portal was last read to its end, for a year and an expected document."""

    def __init__(self, connection: Connection) -> None:
        runs, columns = tables.portal_runs, tables.portal_columns
        rows = connection.execute(
            select(runs.c.portal, runs.c.ended_at, columns.c.list_url, columns.c.fiscal_year, columns.c.document_kind)
            .select_from(runs.join(columns, (columns.c.run_id == runs.c.run_id) & (columns.c.portal == runs.c.portal)))
            .where(runs.c.complete.is_(True))
        ).mappings()
        self._by_portal: dict[str, dict[tuple[int | None, str | None], date]] = defaultdict(dict)
        for row in rows:
            holds = self._by_portal[row["portal"]]
            key = (row["fiscal_year"], row["document_kind"])
            ended = row["ended_at"].astimezone(PORTALS_CLOCK).date()
            holds[key] = max(ended, holds.get(key, ended))

    def on(self, portal: str, fiscal_year: int, season: Season) -> date | None:
        """The last day on which a list of the portal that can hold the document was read to its end."""
        days = [
            day
            for (year, kind), day in self._by_portal.get(portal, {}).items()
            if year in (None, fiscal_year) and (kind is None or kind in season.kinds)
        ]
        return max(days, default=None)


# --- the answer ----------------------------------------------------------------------------------------------------------


def coverage(
    connection: Connection, today: date, *, years: Iterable[int] | None = None, region: str | None = None
) -> list[Coverage]:
    """Every expected document of every department seen once, up to the fiscal year of `today`.

    years: only these fiscal years. region: only departments whose region holds this piece of a name. In the order of region,
    agency, year, season.
    """
    evidence = _evidence(connection)
    departments = _departments(evidence)
    unplaced = _place(evidence, departments)
    complete = _Complete(connection)
    wanted = None if years is None else set(years)
    told = []
    for department in sorted(departments.values(), key=lambda one: (one.region, one.agency)):
        if region is not None and region not in department.region:
            continue
        for year in range(department.first_year, max(department.last_year, today.year) + 1):
            if wanted is None or year in wanted:
                told += [_one(department, year, season, today, complete, unplaced) for season in seasons()]
    return told


def _departments(evidence: Sequence[_Seen]) -> dict[str, _Department]:
    """The departments that files name themselves; where a file could not be had or read, its title's.

    By place and name as one: what a city's portal lists as 海棠区民政局 is the 民政局 of 海棠区.
    """
    found: dict[str, _Department] = {}
    for one in evidence:
        agency = one.agency or (named_agency(one.title) if one.status else None)
        if not agency or not one.expected:
            continue
        name = short_name(agency, one.region)
        department = found.setdefault(one.region + name, _Department(one.region, name))
        if len(one.region) > len(department.region):
            department.region, department.agency = one.region, name
        if one.portal:
            department.portals.add(one.portal)
        for year, expected in _years(one):
            department.first_year = min(department.first_year, year)
            department.last_year = max(department.last_year, year)
            if one.status is not None and one.agency:
                department.seen[year, expected].append(one)
    return {key: one for key, one in found.items() if one.last_year}


def _place(evidence: Sequence[_Seen], departments: dict[str, _Department]) -> dict[tuple[str, int, str], list[_Seen]]:
    """Give files that do not name their department to the one their title or source names.

    Returns those that name nobody, by portal, year and expected document. A title that names an organisation that was never
    seen is that organisation's and hides nobody else's document.
    """
    by_portal: dict[str, list[_Department]] = defaultdict(list)
    for department in departments.values():
        for portal in department.portals:
            by_portal[portal].append(department)
    unplaced: dict[tuple[str, int, str], list[_Seen]] = defaultdict(list)
    for one in evidence:
        if one.agency or one.status is None or not one.expected or one.portal is None:
            continue
        owners = _owners(one, by_portal.get(one.portal, []))
        for year, expected in _years(one):
            for owner in owners:
                owner.seen[year, expected].append(one)
            if not owners and not names_an_organisation(one.title) and not names_an_organisation(one.source):
                unplaced[one.portal, year, expected].append(one)
    return unplaced


def _owners(one: _Seen, candidates: Sequence[_Department]) -> list[_Department]:
    """The departments with the longest names in a title: 教育局 is also a piece of 教育局幼儿园, and of 海棠区教育局."""
    title, source = squeeze(one.title), squeeze(one.source)
    named = [
        (department, name)
        for department in candidates
        if len(department.agency) >= _SHORTEST_NAME and (name := _named_as(department, title, source)) is not None
    ]
    return [department for department, name in named if not any(name != other and name in other for _, other in named)]


def _named_as(department: _Department, title: str, source: str) -> str | None:
    """The name by which a title or source calls a department, with as much of its place as is printed; None where neither does."""
    parts = region_parts(department.region)
    for first in range(len(parts) + 1):
        name = "".join(parts[first:]) + department.agency
        if name in title or source.endswith(name):
            return name
    return None


def _one(
    department: _Department,
    year: int,
    season: Season,
    today: date,
    complete: _Complete,
    unplaced: dict[tuple[str, int, str], list[_Seen]],
) -> Coverage:
    portals = tuple(sorted(department.portals))
    days = {portal: complete.on(portal, year, season) for portal in portals}
    known = [day for day in days.values() if day is not None]
    ends = season.ends(year)
    blank = Coverage(
        department.region, department.agency, year, season.expected, CoverageStatus.UNKNOWN, None, season.opens(year), ends,
        None, None, min(known) if portals and len(known) == len(days) else None, portals, None,
    )  # fmt: skip
    if held := department.seen.get((year, season.expected)):
        return _held(blank, held)
    if today <= ends:
        return replace(blank, status=CoverageStatus.NOT_DUE)
    overdue = (today - ends).days
    if not portals:
        return replace(blank, reason="no portal is known to show this department")
    for portal, day in days.items():
        if day is None or day <= ends:
            since = "never" if day is None else f"last on {day}"
            return replace(blank, reason=f"{portal} was {since} read to its end; the season ended on {ends}")
    strangers = sum(len(unplaced.get((portal, year, season.expected), ())) for portal in portals)
    if strangers:
        return replace(blank, reason=f"{strangers} files there that name no department could not be read or had")
    return replace(
        blank, status=CoverageStatus.NOT_PUBLISHED, late_days=overdue,
        reason=f"in no list on {blank.last_complete_on}, each read to its end",
    )  # fmt: skip


def _held(blank: Coverage, held: Sequence[_Seen]) -> Coverage:
    best = min(held, key=lambda one: _PRECEDENCE[one.status] if one.status else len(_PRECEDENCE))
    assert best.status is not None
    published = min((one.published_on for one in held if one.published_on), default=None)
    late = (published - blank.due_until).days if published else None
    return replace(
        blank, status=best.status, reason=None if best.status is CoverageStatus.LOADED else best.reason,
        published_on=published, late_days=max(0, late) if late is not None else None, sha256=best.sha256,
    )  # fmt: skip
