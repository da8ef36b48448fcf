"""`rerun`: read again - what failed, what waits, a portal, named documents, what fails a check, or what an older recipe read."""

from __future__ import annotations

from prefect import flow
from prefect.logging import get_run_logger
from prefect.states import State

from budget.states import RunState
from flows.choosing import What, choose, run_asked_for
from flows.commands.counted import counted
from flows.home import House
from flows.run_summary import RunSummary
from flows.runs import end, process, run_name, running


@flow(name="rerun", flow_run_name=run_name, persist_result=False, validate_parameters=True)
def rerun(
    what: What | None = None,
    of_run: str | None = None,
    portal: str | None = None,
    province: str | None = None,
    year: int | None = None,
    documents: list[str] | None = None,
    check: str | None = None,
    failed_in_run: str | None = None,
    outdated: bool = False,
    home: str | None = None,
    workers: int | None = None,
) -> State[RunSummary]:
    """Read documents again under today's recipe with today's decisions.

    Args:
        what: waiting = everything that is neither loaded nor rejected; failed = what did not load in a run; in_review; outdated = what
            another recipe read; portal, document, check = those named below.
        of_run: which run (failed, in_review): its id, Prefect's id or name of it; the last that left something unloaded when not given.
        portal: only documents seen at this portal.
        province: only documents of this province.
        year: only documents of this fiscal year.
        documents: sha256, in full or its first digits (at least 8).
        check: documents on which this check found something, such as BAL-05.
        failed_in_run: as `what` = failed of this run.
        outdated: as `what` = outdated.
        home: the installation's folder; YUSUAN_HOME when not given.
        workers: reading processes; one a core when not given.

    With nothing named: everything that waits, and every document with a decision that waits for its rerun.
    """
    if what is None and of_run is not None:
        what = "failed"
    with running("rerun", House.of_run(home), alone=False) as run:
        chosen = choose(
            run.warehouse, documents, portal, of_run or failed_in_run, outdated, what=what, province=province, year=year,
            check=check, this_run=run.run_id,
        )  # fmt: skip
        notes: tuple[str, ...] = ()
        if what == "failed" or failed_in_run is not None:
            of = run_asked_for(run.warehouse, of_run or failed_in_run or "last", run.run_id)
            notes = (f"what did not load in run {of}" if of else "no run left anything that still waits",)
        get_run_logger().info("%s to read again %s", counted(len(chosen), "document"), "; ".join(notes))
        process(run, chosen, workers)
        return end(
            run,
            run.summary(RunState.OK, notes=notes if chosen else (*notes, "nothing to read again 没有需要重读的文件")),
        )
