"""`rerun`: read again - named documents, a portal, everything that did not load in a run, or what an older recipe read."""

from __future__ import annotations

from prefect import flow
from prefect.states import State

from budget.states import RunState
from flows.choosing import choose
from flows.home import House
from flows.run_summary import RunSummary
from flows.runs import end, process, run_name, running


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
    with running("rerun", House.of_run(home), alone=False) as run:
        chosen = choose(run.warehouse, documents, portal, failed_in_run, outdated, this_run=run.run_id)
        process(run, chosen, workers)
        return end(run, run.summary(RunState.OK, notes=() if chosen else ("nothing to read again",)))
