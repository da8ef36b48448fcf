"""`rerun`: read again - named documents, a portal, everything that did not load in a run, or what an older recipe read."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import flow
from prefect.states import State

from budget.states import DocumentState, RunState
from flows.house import House
from flows.recipe import document_recipe
from flows.run_summary import RunSummary
from flows.runs import Run, end, process, run_name, running
from review.queue import ReviewQueue

NOT_LOADED = (DocumentState.IN_REVIEW, DocumentState.FAILED, DocumentState.ARCHIVED, DocumentState.WITHDRAWN)


class NothingNamedError(ValueError):
    """A rerun that names nothing known; the message says what was asked for."""


@flow(name="rerun", flow_run_name=run_name, persist_result=False, validate_parameters=True)
def rerun(
    documents: list[str] | None = None,
    portal: str | None = None,
    failed_in_run: str | None = None,
    outdated: bool = False,
    home: str | None = None,
    workers: int | None = None,
) -> State[RunSummary]:
    """Read documents again under today's recipe with today's decisions.

    Args:
        documents: sha256, in full or its first digits (at least 8).
        portal: every document seen at this portal.
        failed_in_run: every document that did not load in this run (run id, or `last`).
        outdated: every document that another recipe read.
        home: the installation's folder; YUSUAN_HOME when not given.
        workers: reading processes; one a core when not given.

    With nothing named: every document that is not loaded and not rejected, and every one with a decision that waits for it.
    """
    with running("rerun", House.at(home)) as run:
        chosen = choose(run, documents, portal, failed_in_run, outdated)
        process(run, chosen, workers)
        return end(run, run.summary(RunState.OK, notes=() if chosen else ("nothing to read again",)))


def choose(
    run: Run, documents: Sequence[str] | None, portal: str | None, failed_in_run: str | None, outdated: bool
) -> list[str]:
    """The sha256 of what was asked for, without doubles. Raises NothingNamedError for a name that nothing has."""
    chosen: list[str] = []
    for name in documents or ():
        chosen += _by_prefix(run, name)
    if portal is not None:
        found = run.warehouse.rows(
            "SELECT DISTINCT sha256 FROM sightings WHERE portal = :portal AND sha256 IS NOT NULL ORDER BY sha256",
            portal=portal,
        )
        if not found:
            raise NothingNamedError(f"no document was ever seen at portal {portal!r}")
        chosen += [row["sha256"] for row in found]
    if failed_in_run is not None:
        chosen += _failed_in(run, failed_in_run)
    if outdated:
        versions = run.warehouse.versions_in(DocumentState.LOADED, DocumentState.TAKEN_APART, *NOT_LOADED)
        chosen += [
            one["sha256"]
            for one in versions
            if one["recipe"] != document_recipe(run.warehouse.decisions_for(one["sha256"]))
        ]
    if documents is None and portal is None and failed_in_run is None and not outdated:
        # a decision asks for its rerun whatever the state: `reextract` lifts a rejection and re-reads a loaded document
        decided = [row.sha256 for row in ReviewQueue(run.warehouse).list(state="decided") if row.sha256]
        chosen = [one["sha256"] for one in run.warehouse.versions_in(*NOT_LOADED)] + decided
    return list(dict.fromkeys(chosen))


def _by_prefix(run: Run, name: str) -> list[str]:
    prefix = name.lower()
    if len(prefix) < 8 or set(prefix) - set("0123456789abcdef"):
        raise NothingNamedError(f"{name!r} is no sha256: give at least its first 8 hexadecimal digits")
    found = run.warehouse.rows(
        "SELECT sha256 FROM document_versions WHERE sha256 LIKE :prefix ORDER BY sha256", prefix=prefix + "%"
    )
    if len(found) != 1:
        raise NothingNamedError(f"{len(found)} documents begin with {name!r}")
    return [found[0]["sha256"]]


def _failed_in(run: Run, run_id: str) -> list[str]:
    if run_id == "last":
        last = run.warehouse.rows(
            "SELECT run_id FROM runs WHERE run_id <> :now ORDER BY started_at DESC LIMIT 1", now=run.run_id
        )
        if not last:
            raise NothingNamedError("there is no earlier run")
        run_id = last[0]["run_id"]
    if run.warehouse.run(run_id) is None:
        raise NothingNamedError(f"there is no run {run_id!r}; `yusuan runs` lists them")
    # what failed then may have been loaded since: only what still waits is read again
    found = run.warehouse.rows(
        "SELECT d.sha256 FROM run_documents d JOIN document_versions v ON v.sha256 = d.sha256 "
        "WHERE d.run_id = :run_id AND d.state <> 'loaded' AND v.state NOT IN ('loaded', 'rejected', 'superseded') "
        "ORDER BY d.sha256",
        run_id=run_id,
    )
    return [row["sha256"] for row in found]
