"""What a run is asked to do: which portals a night crawls, which documents a rerun reads. Asked before the run and by it.

No Prefect here: a name that means nothing is told at once, without a server.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from budget.states import DocumentState
from flows.commands.counted import counted
from flows.documents.recipe import document_recipe
from flows.home import House
from flows.portals.confirmation import own_portals, portal_folders, why_refused
from flows.services.prefect_api import ServerAwayError, ask
from review.queue import ReviewQueue
from spiders.portals import Portal, PortalError, find_portal, load_portals
from spiders.register import read_filter
from warehouse import Warehouse

NOT_LOADED = (DocumentState.IN_REVIEW, DocumentState.FAILED, DocumentState.ARCHIVED, DocumentState.WITHDRAWN)


class NothingNamedError(ValueError):
    """A rerun that names nothing known; the message says what was asked for."""


class WrongAddressError(PortalError):
    """`base_urls` that name a portal nobody chose, or give what is no address: it would be crawled at its own address unasked."""


def chosen_portals(
    house: House, names: list[str] | None, base_urls: dict[str, str], register: str | None = None
) -> list[Portal]:
    """The portals by name and by filter of the register; with neither, all of the installation that may be crawled.

    Raises PortalError naming what is wrong with which file or filter, and for a named portal that nobody has confirmed;
    WrongAddressError for an address of a portal that is not chosen, or that is none.
    """
    if names is None and register is not None:
        found: list[Portal] = []
    elif names is None:
        own = own_portals(house)
        found = [portal for portal in own.values() if why_refused(house, portal) is None]
        if own and not found:
            raise PortalError("no portal of this installation may be crawled:\n" + "\n".join(refused(house)))
        found = found or [find_portal("sample", [])]
    else:
        found = [find_portal(name, portal_folders(house)) for name in names]
        complaints = [trouble for portal in found if (trouble := why_refused(house, portal))]
        if complaints:
            raise PortalError("\n".join(complaints))
    found += registered_portals(house, register, found)
    chosen = [portal.id for portal in found]
    for name in base_urls:
        if name not in chosen:
            raise WrongAddressError(
                f"--base-url {name}=…: no portal `{name}` is to be crawled; chosen: {', '.join(chosen) or 'none'}"
            )
    return [_at(portal, base_urls[portal.id]) if portal.id in base_urls else portal for portal in found]


def _at(portal: Portal, address: str) -> Portal:
    try:
        return portal.at(address)
    except ValueError as wrong:
        raise WrongAddressError(f"--base-url {portal.id}={address}: {wrong}") from None


def refused(house: House) -> tuple[str, ...]:
    """Why which portals of the installation are not crawled."""
    return tuple(trouble for portal in own_portals(house).values() if (trouble := why_refused(house, portal)))


def registered_portals(house: House, chosen: str | None, already: Sequence[Portal]) -> list[Portal]:
    """The register's columns that a filter chooses, without those that `already` are crawled.

    A column that has a portal file of its own is crawled as that says. Raises PortalError for a filter that is none.
    """
    if chosen is None:
        return []
    try:
        entries = read_filter(chosen)
    except ValueError as error:
        raise PortalError(str(error)) from None
    written = {
        column.list_url: portal
        for portal in load_portals(portal_folders(house)).values()
        for column in portal.columns
        if why_refused(house, portal) is None
    }
    ids = {portal.id for portal in already}
    found: dict[str, Portal] = {}
    for entry in entries:
        if entry.portal is not None:
            portal = written.get(entry.url, entry.portal)
            if portal.id not in ids:
                found[portal.id] = portal
    return list(found.values())


What = Literal["waiting", "failed", "in_review", "outdated", "portal", "document", "check"]
"""What a rerun is of: everything that waits; what did not load in a run; what waits for a person; what an older recipe read; a portal's
documents; one document; the documents on which a check fails."""


def choose(
    warehouse: Warehouse,
    documents: Sequence[str] | None = None,
    portal: str | None = None,
    failed_in_run: str | None = None,
    outdated: bool = False,
    *,
    what: What | None = None,
    province: str | None = None,
    year: int | None = None,
    check: str | None = None,
    this_run: str = "",
) -> list[str]:
    """The sha256 of what a rerun is asked for, without doubles. Raises NothingNamedError for a name that nothing has.

    With `what`, the other names narrow it: `failed` of a run (the last that left something unloaded when none is named), of a portal,
    of a province, of a fiscal year. Without, each name adds its documents, and no name at all means everything that waits.
    """
    if what is not None:
        return _chosen_as(warehouse, what, documents or (), portal, failed_in_run, province, year, check, this_run)
    chosen: list[str] = []
    for name in documents or ():
        chosen += _by_prefix(warehouse, name)
    if portal is not None:
        chosen += _of_portal(warehouse, portal)
    if failed_in_run is not None:
        chosen += _failed_in(warehouse, failed_in_run, this_run)
    if outdated:
        chosen += _outdated(warehouse)
    if documents is None and portal is None and failed_in_run is None and not outdated:
        chosen = _waiting(warehouse)
    kept = _narrowed(warehouse, chosen, None, province, year)
    return [one for one in dict.fromkeys(chosen) if one in kept]


def _chosen_as(
    warehouse: Warehouse, what: What, documents: Sequence[str], portal: str | None, of_run: str | None,
    province: str | None, year: int | None, check: str | None, this_run: str,
) -> list[str]:  # fmt: skip
    if what == "document":
        if not documents:
            raise NothingNamedError("what = document: name it by its sha256, in full or its first digits")
        chosen = [sha256 for name in documents for sha256 in _by_prefix(warehouse, name)]
    elif what == "portal":
        if portal is None:
            raise NothingNamedError("what = portal: say which")
        chosen = _of_portal(warehouse, portal)
    elif what == "check":
        if check is None:
            raise NothingNamedError("what = check: say which, such as BAL-05")
        found = warehouse.rows(
            "SELECT DISTINCT f.sha256 FROM findings f JOIN document_versions v ON v.sha256 = f.sha256 "
            "WHERE f.check_id = :check_id AND v.state NOT IN ('rejected', 'superseded') ORDER BY f.sha256",
            check_id=check,
        )  # fmt: skip
        chosen = [row["sha256"] for row in found]
    elif what == "outdated":
        chosen = _outdated(warehouse)
    elif what == "in_review":
        chosen = [one["sha256"] for one in warehouse.versions_in(DocumentState.IN_REVIEW)]
        if of_run is not None:
            left = set(_failed_in(warehouse, of_run, this_run))
            chosen = [one for one in chosen if one in left]
    elif what == "failed":
        chosen = _failed_in(warehouse, of_run or LAST, this_run)
    else:
        chosen = _waiting(warehouse)
    kept = _narrowed(warehouse, chosen, portal, province, year)
    return [one for one in dict.fromkeys(chosen) if one in kept]


def _narrowed(
    warehouse: Warehouse, chosen: Sequence[str], portal: str | None, province: str | None, year: int | None
) -> set[str]:
    """Of these documents those of a portal, a province (the region they were seen for begins so), a fiscal year."""
    kept = set(chosen)
    if portal is not None or province is not None:
        rows = warehouse.rows("SELECT sha256, portal, region FROM sightings WHERE sha256 IS NOT NULL")
        kept &= {
            row["sha256"]
            for row in rows
            if (portal is None or row["portal"] == portal)
            and (province is None or (row["region"] or "").startswith(province))
        }
    if year is not None:
        found = warehouse.rows("SELECT sha256 FROM document_versions WHERE fiscal_year = :year", year=year)
        kept &= {row["sha256"] for row in found}
    return kept


def _of_portal(warehouse: Warehouse, portal: str) -> list[str]:
    found = warehouse.rows(
        "SELECT DISTINCT sha256 FROM sightings WHERE portal = :portal AND sha256 IS NOT NULL ORDER BY sha256",
        portal=portal,
    )
    if not found:
        raise NothingNamedError(f"no document was ever seen at portal {portal!r}")
    return [row["sha256"] for row in found]


def _outdated(warehouse: Warehouse) -> list[str]:
    versions = warehouse.versions_in(DocumentState.LOADED, DocumentState.TAKEN_APART, *NOT_LOADED)
    return [
        one["sha256"]
        for one in versions
        if one["recipe"] != document_recipe(warehouse.replayed_decisions(one["sha256"]))
    ]


def _waiting(warehouse: Warehouse) -> list[str]:
    # a decision asks for its rerun whatever the state: `reextract` lifts a rejection and re-reads a loaded document
    decided = [row.sha256 for row in ReviewQueue(warehouse).list(state="decided") if row.sha256]
    return [one["sha256"] for one in warehouse.versions_in(*NOT_LOADED)] + decided


def _by_prefix(warehouse: Warehouse, name: str) -> list[str]:
    prefix = name.lower()
    if len(prefix) < 8 or set(prefix) - set("0123456789abcdef"):
        raise NothingNamedError(f"{name!r} is no sha256: give at least its first 8 hexadecimal digits")
    found = warehouse.rows(
        "SELECT sha256 FROM document_versions WHERE sha256 LIKE :prefix ORDER BY sha256", prefix=prefix + "%"
    )
    if len(found) != 1:
        raise NothingNamedError(f"{counted(len(found), 'document begins', 'documents begin')} with {name!r}")
    return [found[0]["sha256"]]


LAST = "last"
STILL_WAITS = (
    "FROM run_documents d JOIN document_versions v ON v.sha256 = d.sha256 "
    "WHERE d.state NOT IN ('loaded', 'taken_apart') AND v.state NOT IN ('loaded', 'taken_apart', 'rejected', 'superseded')"
)
"""What did not load in a run and has not been loaded, rejected or replaced since."""


def run_asked_for(warehouse: Warehouse, name: str, this_run: str = "") -> str | None:
    """The id of the run that is meant: its id, the id or the name that Prefect gave it, a line of the form's choice, or `last`.

    `last` is the last run that left something which still waits, None when nothing waits. Raises NothingNamedError for a name that
    no run has, or that several have.
    """
    name = name.rpartition(SEPARATOR)[2].strip()
    if name == LAST:
        left = warehouse.rows(
            f"SELECT r.run_id FROM runs r WHERE r.run_id <> :now AND EXISTS (SELECT 1 {STILL_WAITS} AND d.run_id = r.run_id) "
            "ORDER BY r.started_at DESC LIMIT 1",
            now=this_run,
        )
        return left[0]["run_id"] if left else None
    found = warehouse.rows("SELECT run_id FROM runs WHERE run_id = :name OR flow_run_id = :name", name=name)
    if not found:
        known = _prefect_ids(name)
        runs = warehouse.rows(
            "SELECT run_id, flow, flow_run_id, started_at FROM runs WHERE run_id <> :now", now=this_run
        )
        found = [one for one in runs if one["flow_run_id"] in known] or [one for one in runs if name_of(one) == name]
    if len(found) > 1:
        raise NothingNamedError(f"{len(found)} runs are called {name!r}: {', '.join(one['run_id'] for one in found)}")
    if not found:
        raise NothingNamedError(f"there is no run {name!r}; `yusuan runs` lists them")
    return str(found[0]["run_id"])


def _prefect_ids(name: str) -> set[str]:
    """The flow runs that the server, where one is named, knows by this name."""
    api = os.environ.get("PREFECT_API_URL")
    if not api:
        return set()
    try:
        found = ask(api, "POST", "/flow_runs/filter", {"flow_runs": {"name": {"any_": [name]}}})
    except ServerAwayError:
        return set()
    return {one["id"] for one in found}


def name_of(run: Mapping[str, Any]) -> str:
    """How a run is called in the Prefect UI: flow and beginning, in the time of the portals."""
    began = run["started_at"]
    began = datetime.fromisoformat(began) if isinstance(began, str) else began
    began = began if began.tzinfo else began.replace(tzinfo=UTC)
    return f"{run['flow']} {began.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"


SEPARATOR = " · "


def last_runs(warehouse: Warehouse, most: int = 20) -> list[str]:
    """The last runs as a form offers them: `nightly 2026-12-01 02:00 · 3 wait · 20261130T180000Z-nightly-fd67`; `last` first."""
    rows = warehouse.rows(
        f"SELECT r.run_id, r.flow, r.started_at, (SELECT count(*) {STILL_WAITS} AND d.run_id = r.run_id) AS waiting "
        "FROM runs r WHERE r.flow IS NOT NULL ORDER BY r.started_at DESC"
    )
    return [LAST, *(SEPARATOR.join((name_of(row), f"{row['waiting']} wait", row["run_id"])) for row in rows[:most])]


def _failed_in(warehouse: Warehouse, name: str, this_run: str) -> list[str]:
    run_id = run_asked_for(warehouse, name, this_run)
    if run_id is None:
        return _waiting(warehouse)  # what waits was left by no run that is known: it is not kept back
    # what failed then may have been loaded since: only what still waits is read again
    found = warehouse.rows(f"SELECT d.sha256 {STILL_WAITS} AND d.run_id = :run_id ORDER BY d.sha256", run_id=run_id)
    return [row["sha256"] for row in found]
