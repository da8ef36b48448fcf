"""`nightly`: crawl the portals, archive, read, prove, load or queue; say what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.states import State

from budget.sightings import Sighting
from budget.states import DocumentState, RunState
from flows.house import House
from flows.run_summary import FailedDownload, RunSummary
from flows.runs import Run, end, process, run_name, running
from review.queue import ReviewQueue
from spiders.crawl import CrawlSummary, crawl_in_subprocess
from spiders.portals import Portal, PortalError, find_portal, load_portals
from spiders.register import read_filter

REGISTERED = "registered"
"""Marker file in a run's crawl folder: its sightings are in the warehouse."""


@flow(name="nightly", flow_run_name=run_name, persist_result=False, validate_parameters=True)
def nightly(
    portals: list[str] | None = None,
    base_urls: dict[str, str] | None = None,
    home: str | None = None,
    workers: int | None = None,
    register: str | None = None,
    recheck: bool = False,
) -> State[RunSummary]:
    """One night.

    Args:
        portals: ids or YAML files of the portals to crawl; all that this installation has when not given. An empty list
            crawls nothing and reads what earlier runs left unread.
        base_urls: portal id → scheme, host and port to crawl it at instead of its own (the sample portal on another port).
        home: the installation's folder; YUSUAN_HOME when not given.
        workers: reading processes; one a core when not given.
        register: a filter of the register of known columns, such as `province=广东省,family=gkmlpt,slice=0:10`, instead of
            or beside `portals`. None of them has been verified by this project.
        recheck: ask for everything again, also what the lists say is unchanged.
    """
    with running("nightly", House.at(home)) as run:
        register_unregistered(run)
        wanted = chosen_portals(run.house, portals, base_urls or {}, register)
        crawled = crawl(run, wanted, recheck) if wanted else None
        seen = register_unregistered(run)
        process(run, waiting(run), workers)
        return end(run, summarise(run, crawled, seen))


def chosen_portals(
    house: House, names: list[str] | None, base_urls: dict[str, str], register: str | None = None
) -> list[Portal]:
    """The portals by name and by filter of the register, or all of the installation when neither is given.

    Raises PortalError naming what is wrong with which file or filter.
    """
    if names is None and register is not None:
        found: list[Portal] = []
    elif names is None:
        own = load_portals([house.portals], packaged=False) if house.portals.is_dir() else {}
        found = list(own.values()) or [find_portal("sample")]
    else:
        own_folder = [house.portals] if house.portals.is_dir() else None
        found = [find_portal(name, own_folder) for name in names]
    if register is not None:
        try:
            entries = read_filter(register)
        except ValueError as wrong:
            raise PortalError(str(wrong)) from None
        found += [one.portal for one in entries if one.portal is not None]
    return [portal.at(base_urls[portal.id]) if portal.id in base_urls else portal for portal in found]


@task(name="crawl", persist_result=False, cache_policy=NO_CACHE)
def crawl(run: Run, portals: Sequence[Portal], recheck: bool = False) -> CrawlSummary:
    """Scrapy in a subprocess; its summary is checked against its exit status."""
    log = get_run_logger()
    log.info("crawling %d portals; log: %s", len(portals), run.folder / "crawl" / "crawl.log")
    summary = crawl_in_subprocess(portals, run.house.archive, run.folder / "crawl", recheck=recheck)
    for portal in summary.portals:
        log.info(
            "%s: %d found, %d new, %d unchanged, ignored %s, blocked %s, failed %s%s",
            portal.portal, portal.found, portal.new, portal.unchanged, portal.ignored, portal.blocked, portal.failed,
            f"; INCOMPLETE: {'; '.join(portal.problems)}" if portal.incomplete else "",
        )  # fmt: skip
    return summary


@task(name="register-sightings", persist_result=False, cache_policy=NO_CACHE)
def register_unregistered(run: Run) -> list[Sighting]:
    """The sightings of every crawl that the warehouse has not taken over yet: this run's, and those of runs that died."""
    taken: list[Sighting] = []
    for note in sorted(run.house.runs.glob("*/crawl/run.json")):
        folder = note.parent
        if (folder / REGISTERED).exists():
            continue
        sightings = run.archive.sightings_of(json.loads(note.read_text("utf-8"))["run"])
        ReviewQueue(run.warehouse).record_sightings(sightings, folder.parent.name)
        (folder / REGISTERED).touch()
        taken += sightings
    return taken


def waiting(run: Run) -> list[str]:
    """Archived contents that no run has finished yet, and those a machine's trouble kept from being read; by sha256."""
    states = (
        DocumentState.DISCOVERED, DocumentState.ARCHIVED, DocumentState.EXTRACTED, DocumentState.VALIDATED,
        DocumentState.FAILED,
    )  # fmt: skip
    return [version["sha256"] for version in run.warehouse.versions_in(*states)]


def summarise(run: Run, crawled: CrawlSummary | None, seen: Sequence[Sighting]) -> RunSummary:
    """What the night was. Incomplete when any portal was not crawled to its end."""
    notes = []
    state = RunState.OK
    for portal in crawled.portals if crawled else ():
        if portal.incomplete:
            state = RunState.INCOMPLETE
            notes.append(f"{portal.portal}: {'; '.join(portal.problems) or portal.finish_reason}")
    failed = [
        FailedDownload(
            portal=one.portal, url=one.url or one.article_url, title=one.article_title, outcome=one.outcome,
            reason=one.reason.value if one.reason else None, detail=one.detail,
        )
        for one in seen
        if one.outcome in ("blocked", "failed")
    ]  # fmt: skip
    return run.summary(
        state, portals=crawled.portals if crawled else (), failed_downloads=tuple(failed), notes=tuple(notes)
    )
