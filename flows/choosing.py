"""What a run is asked to do: which portals a night crawls, which documents a rerun reads. Asked before the run and by it.

No Prefect here: a name that means nothing is told at once, without a server.
"""

from __future__ import annotations

from collections.abc import Sequence

from budget.states import DocumentState
from flows.commands.counted import counted
from flows.documents.recipe import document_recipe
from flows.home import House
from flows.portals.confirmation import own_portals, portal_folders, why_refused
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


def choose(
    warehouse: Warehouse,
    documents: Sequence[str] | None = None,
    portal: str | None = None,
    failed_in_run: str | None = None,
    outdated: bool = False,
    *,
    this_run: str = "",
) -> list[str]:
    """The sha256 of what a rerun is asked for, without doubles. Raises NothingNamedError for a name that nothing has."""
    chosen: list[str] = []
    for name in documents or ():
        chosen += _by_prefix(warehouse, name)
    if portal is not None:
        found = warehouse.rows(
            "SELECT DISTINCT sha256 FROM sightings WHERE portal = :portal AND sha256 IS NOT NULL ORDER BY sha256",
            portal=portal,
        )
        if not found:
            raise NothingNamedError(f"no document was ever seen at portal {portal!r}")
        chosen += [row["sha256"] for row in found]
    if failed_in_run is not None:
        chosen += _failed_in(warehouse, failed_in_run, this_run)
    if outdated:
        versions = warehouse.versions_in(DocumentState.LOADED, DocumentState.TAKEN_APART, *NOT_LOADED)
        chosen += [
            one["sha256"]
            for one in versions
            if one["recipe"] != document_recipe(warehouse.replayed_decisions(one["sha256"]))
        ]
    if documents is None and portal is None and failed_in_run is None and not outdated:
        # a decision asks for its rerun whatever the state: `reextract` lifts a rejection and re-reads a loaded document
        decided = [row.sha256 for row in ReviewQueue(warehouse).list(state="decided") if row.sha256]
        chosen = [one["sha256"] for one in warehouse.versions_in(*NOT_LOADED)] + decided
    return list(dict.fromkeys(chosen))


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


def _failed_in(warehouse: Warehouse, run_id: str, this_run: str) -> list[str]:
    if run_id == "last":
        last = warehouse.rows(
            "SELECT run_id FROM runs WHERE run_id <> :now ORDER BY started_at DESC LIMIT 1", now=this_run
        )
        if not last:
            raise NothingNamedError("there is no earlier run")
        run_id = last[0]["run_id"]
    if warehouse.run(run_id) is None:
        raise NothingNamedError(f"there is no run {run_id!r}; `yusuan runs` lists them")
    # what failed then may have been loaded since: only what still waits is read again
    found = warehouse.rows(
        "SELECT d.sha256 FROM run_documents d JOIN document_versions v ON v.sha256 = d.sha256 "
        "WHERE d.run_id = :run_id AND d.state <> 'loaded' AND v.state NOT IN ('loaded', 'rejected', 'superseded') "
        "ORDER BY d.sha256",
        run_id=run_id,
    )
    return [row["sha256"] for row in found]
