"""`nightly`: crawl the portals, archive, read, prove, load or queue; say what happened."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Cancelled, State

from archive.whole_files import write_whole
from budget.sightings import Sighting
from budget.states import DocumentState, RunState
from flows.choosing import chosen_portals, refused
from flows.commands.counted import counted
from flows.home import House
from flows.portals.bounds import measure, outside, read_bounds
from flows.run_summary import FailedDownload, Measured, Outside, RunSummary
from flows.runs import Run, end, process, run_name, running
from flows.services.prefect_api import ServerAwayError
from flows.services.under_way import later_night
from review.queue import ReviewQueue
from spiders.crawl import CrawlSummary, crawl_in_subprocess, read_summary
from spiders.portals import Portal
from warehouse.portal_runs import PortalList, PortalRun

LISTS = "lists.json"
"""In a run's crawl folder: which lists of which portals it was told to read."""
REGISTERED = "registered"
"""Marker file in a run's crawl folder: its sightings are in the warehouse."""


@flow(name="nightly", flow_run_name=run_name, persist_result=False, validate_parameters=True)
def nightly(
    portals: list[str] | None = None,
    province: str | None = None,
    family: str | None = None,
    slice: str | None = None,
    recheck: bool = False,
    base_urls: dict[str, str] | None = None,
    home: str | None = None,
    workers: int | None = None,
    from_register: str | None = None,
) -> State[RunSummary]:
    """One night.

    Args:
        portals: ids or YAML files of the portals to crawl; all that this installation has when not given. An empty list
            crawls nothing and reads what earlier runs left unread.
        province: columns of the register in this province, instead of or beside `portals`. None has been verified by this project.
        family: columns of the register of this family of portals.
        slice: of the register's columns so chosen those from:to, such as 0:10.
        recheck: ask for everything again, also what the lists say is unchanged.
        base_urls: portal id → scheme, host and port to crawl it at instead of its own (the sample portal on another port).
        home: the installation's folder; YUSUAN_HOME when not given.
        workers: reading processes; one a core when not given.
        from_register: the three above as one filter, `province=广东省,family=gkmlpt,slice=0:10`.
    """
    if (later := a_later_night_is_due()) is not None:
        return Cancelled(
            name="Missed", message=f"missed, and the night of {later} is due as well: that one takes all 已错过"
        )
    from_register = from_register or register_filter(province=province, family=family, slice=slice)
    with running("nightly", House.of_run(home)) as run:
        register_unregistered(run)
        wanted = chosen_portals(run.house, portals, base_urls or {}, from_register)
        read_bounds(run.house, [portal.id for portal in wanted])  # a wrong file is told before the night, not after it
        crawled = crawl(run, wanted, recheck) if wanted else None
        seen = register_unregistered(run)
        process(run, waiting(run), workers)
        not_crawled = refused(run.house) if portals is None and from_register is None else ()
        return end(run, summarise(run, crawled, seen, judged_by_bounds(run, crawled), not_crawled))


def register_filter(**chosen: str | None) -> str | None:
    """Choices of the form as a filter of the register, None when nothing is chosen."""
    return ",".join(f"{name}={value}" for name, value in chosen.items() if value) or None


def a_later_night_is_due() -> str | None:
    """When a later scheduled night was to begin that is due, too: nights that were missed are not run one after another."""
    api, this = os.environ.get("PREFECT_API_URL"), flow_run.get_id()
    if not api or this is None or flow_run.get_run_count() > 1:
        return None
    try:
        return later_night(api, this)
    except ServerAwayError as away:  # a night that can be run is run
        get_run_logger().warning("whether later nights are due is not known: %s", away)
        return None


@task(name="crawl", persist_result=False, cache_policy=NO_CACHE)
def crawl(run: Run, portals: Sequence[Portal], recheck: bool = False) -> CrawlSummary:
    """Scrapy in a subprocess; its summary is checked against its exit status."""
    log = get_run_logger()
    folder = run.folder / "crawl"
    folder.mkdir(parents=True, exist_ok=True)
    lists = {portal.id: [column.model_dump(mode="json") for column in portal.columns] for portal in portals}
    write_whole(folder / LISTS, json.dumps(lists, ensure_ascii=False) + "\n")
    log.info("crawling %s; log: %s", counted(len(portals), "portal"), run.folder / "crawl" / "crawl.log")
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
        sightings = run.archive.ledger.sightings_of(json.loads(note.read_text("utf-8"))["run"])
        ReviewQueue(run.warehouse).record_sightings(sightings, folder.parent.name)
        run.warehouse.record_portal_runs(folder.parent.name, portal_runs(folder))
        keep_evidence(folder / "evidence", run.house.evidence)
        (folder / REGISTERED).touch()
        taken += sightings
    return taken


def keep_evidence(taken: Path, kept: Path) -> None:
    """Pages that stood where a file should have been, from a crawl's folder to the home: messages name them `evidence/<sha256>`."""
    for page in taken.iterdir() if taken.is_dir() else ():
        if page.is_file() and not (kept / page.name).exists():
            kept.mkdir(exist_ok=True)
            write_whole(kept / page.name, page.read_bytes())


def portal_runs(folder: Path) -> list[PortalRun]:
    """What a crawl says of its portals; nothing when it was killed before it could say anything."""
    if not (folder / "summary.json").is_file():
        return []
    summary = read_summary(folder / "summary.json")
    lists = json.loads((folder / LISTS).read_text("utf-8")) if (folder / LISTS).is_file() else {}
    return [
        PortalRun(
            portal=one.portal, family=one.family, ended_at=summary.finished_at or summary.started_at,
            finish_reason=one.finish_reason, complete=not one.incomplete, problems=one.problems, list_rows=one.rows_fetched,
            articles=one.articles, found=one.found, new=one.new, changed=one.changed, unchanged=one.unchanged,
            ignored=sum(one.ignored.values()), blocked=sum(one.blocked.values()), failed=sum(one.failed.values()),
            lists=tuple(
                PortalList(column["list_url"], column["fiscal_year"], column["document_kind"])
                for column in lists.get(one.portal, ())
            ),
        )
        for one in summary.portals
    ]  # fmt: skip


def waiting(run: Run) -> list[str]:
    """Archived contents that no run has finished yet, and those a machine's trouble kept from being read; by sha256."""
    states = (
        DocumentState.DISCOVERED, DocumentState.ARCHIVED, DocumentState.EXTRACTED, DocumentState.VALIDATED,
        DocumentState.FAILED,
    )  # fmt: skip
    return [version["sha256"] for version in run.warehouse.versions_in(*states)]


def judged_by_bounds(run: Run, crawled: CrawlSummary | None) -> tuple[tuple[Measured, ...], tuple[Outside, ...]]:
    """What the night measured, and what of it a person's bounds do not allow."""
    measured = measure(run.warehouse, crawled.portals if crawled else (), run.documents)
    return measured, outside(run.house, measured)


def summarise(
    run: Run,
    crawled: CrawlSummary | None,
    seen: Sequence[Sighting],
    judged: tuple[tuple[Measured, ...], tuple[Outside, ...]] = ((), ()),
    not_crawled: Sequence[str] = (),
) -> RunSummary:
    """What the night was. Failed when the crawl broke, incomplete when a portal was not crawled to its end, else suspicious when
    something fell outside its bounds."""
    notes = [f"not crawled: {one}" for one in not_crawled]
    measured, out_of_bounds = judged
    state = RunState.SUSPICIOUS if out_of_bounds else RunState.OK
    for portal in crawled.portals if crawled else ():
        if portal.incomplete:
            state = RunState.INCOMPLETE
            notes.append(f"{portal.portal}: {'; '.join(portal.problems) or portal.finish_reason}")
    if crawled is not None and crawled.state == "incomplete" and state is not RunState.INCOMPLETE:
        state = RunState.INCOMPLETE
        notes.append("the crawl says of itself that it is incomplete")
    if crawled is not None and (crawled.state == "crashed" or crawled.error is not None):
        state = RunState.FAILED
        last = (crawled.error or "no reason given").strip().splitlines()[-1]
        notes.append(f"the crawl broke: {last}; all of it in {run.folder / 'crawl' / 'crawl.log'}")
    notes += [one.message for one in out_of_bounds]
    failed = [
        FailedDownload(
            portal=one.portal, url=one.url or one.article_url, title=one.article_title, outcome=one.outcome,
            reason=one.reason.value if one.reason else None, detail=one.detail,
        )
        for one in seen
        if one.outcome in ("blocked", "failed")
    ]  # fmt: skip
    return run.summary(
        state, portals=crawled.portals if crawled else (), failed_downloads=tuple(failed), notes=tuple(notes),
        measured=measured, outside=out_of_bounds,
    )  # fmt: skip
