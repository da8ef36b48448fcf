"""A run: its id, its folder, its lock, and the Prefect state its end is shown as. Shared by nightly and rerun."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed, State

from archive.store import Archive
from budget.states import DocumentState, RunState
from expectations.judging.data_docs import write_data_docs
from flows.artifacts import Progress, publish
from flows.commands.counted import counted
from flows.documents.batch import read_prove_store
from flows.documents.recipe import code_recipe
from flows.documents.workers import Limits
from flows.home import House
from flows.run_summary import DocumentOutcome, RunSummary
from flows.services.marked import end_with_supervisor
from review.queue import ReviewQueue
from warehouse import Warehouse

BATCH = 20
"""Documents a task: extracted in one pool, judged in one Great Expectations batch."""


@dataclass
class Run:
    """One run of a flow while it is under way."""

    run_id: str
    flow: str
    house: House
    warehouse: Warehouse
    archive: Archive
    started_at: datetime
    documents: list[DocumentOutcome] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.house.runs / self.run_id

    @property
    def data_docs(self) -> Path:
        """Great Expectations' verdicts of this run as pages that open without internet."""
        return self.folder / "data_docs"

    def summary(self, state: RunState, **more: object) -> RunSummary:
        """The typed summary, with the state of queue and warehouse as they are now."""
        states = self.warehouse.count_states()
        items = ReviewQueue(self.warehouse).counts().items()
        waiting = sum(count for (item_state, _, _), count in items if item_state != "closed")
        return RunSummary.model_validate(
            {
                "run_id": self.run_id, "flow": self.flow, "started_at": self.started_at,
                "ended_at": datetime.now(UTC), "state": state, "recipe": code_recipe(),
                "documents": tuple(self.documents), "waiting_for_review": waiting,
                "loaded_in_all": states.get(DocumentState.LOADED, 0), **more,
            }
        )  # fmt: skip


def run_name() -> str:
    """How a flow run is called in the UI: the flow and when it began, in the time of the portals."""
    return f"{flow_run.get_flow_name()} {datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"


@contextlib.contextmanager
def running(flow: str, house: House) -> Iterator[Run]:
    """Open the house, take the lock that keeps two runs apart, note the run's beginning; close all at the end.

    A run that ends by an exception is noted as failed (or cancelled) before the exception goes on. Raises RunLockedError,
    naming the owner, when another run is alive.
    """
    end_with_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{flow}-{secrets.token_hex(2)}"
    with contextlib.ExitStack() as stack:
        warehouse = stack.enter_context(Warehouse.open(house.database_url)).migrate()
        stack.enter_context(warehouse.run_lock(run_id))
        archive = stack.enter_context(Archive(house.archive))
        run = Run(run_id, flow, house, warehouse, archive, datetime.now(UTC))
        run.folder.mkdir(parents=True, exist_ok=True)
        warehouse.start_run(run_id, flow=flow, flow_run_id=flow_run.get_id(), recipe=code_recipe())
        try:
            yield run
        except BaseException as end:
            state = RunState.FAILED if isinstance(end, Exception) else RunState.CANCELLED
            warehouse.end_run(run_id, state)
            run.summary(state, notes=(f"{type(end).__name__}: {end}",)).write(run.folder)
            raise


@task(
    name="read-prove-store",
    task_run_name="read-prove-store {first}-{last}",
    persist_result=False,
    cache_policy=NO_CACHE,
)
def read_batch(shas: Sequence[str], first: int, last: int, run: Run, workers: int | None, progress: Progress) -> None:
    """One batch of documents; what became of each goes to the run and to the log."""
    log = get_run_logger()
    outcomes = read_prove_store(
        shas, warehouse=run.warehouse, archive=run.archive, run_id=run.run_id, workers=workers, limits=Limits(),
        advance=progress.advance,
        tell=lambda judgement, files: write_data_docs(judgement, run.data_docs, batch=f"batch-{first:06}", files=files),
    )  # fmt: skip
    run.documents.extend(outcomes)
    for outcome in outcomes:
        tell = log.info if outcome.state is DocumentState.LOADED else log.warning
        tell(
            "%s %s %s %s",
            outcome.state.value,
            outcome.reason or "",
            outcome.file,
            (outcome.detail or "").partition("\n")[0],
        )


def process(run: Run, shas: Sequence[str], workers: int | None = None) -> None:
    """All documents in batches, with a progress artifact."""
    if not shas:
        return
    progress = Progress(len(shas), "documents read")
    for start in range(0, len(shas), BATCH):
        batch = list(shas[start : start + BATCH])
        read_batch(batch, start + 1, start + len(batch), run, workers or os.cpu_count(), progress)


def end(run: Run, summary: RunSummary) -> State[RunSummary]:
    """Note the end, publish the artifacts, and give the Prefect state that shows it. Incomplete is never green."""
    summary.write(run.folder)
    run.warehouse.end_run(
        run.run_id, summary.state,
        {
            "found": summary.portal_total("found"), "new": summary.portal_total("new"),
            "loaded": summary.count(DocumentState.LOADED), "in_review": summary.count(DocumentState.IN_REVIEW),
            "failed": summary.count(DocumentState.FAILED), "rows_added": summary.rows_added,
        },
    )  # fmt: skip
    publish(summary, run.data_docs / "index.html")
    message = (
        f"{summary.count(DocumentState.LOADED)} loaded, {len(summary.not_loaded)} not loaded, "
        f"{counted(summary.portal_total('new'), 'new file')}, {counted(summary.rows_added, 'row')} added"
    )
    if summary.state is RunState.OK:
        return Completed(message=message, data=summary)
    name = summary.state.value.capitalize()
    return Failed(name=name, message="; ".join((*summary.notes, message)), data=summary)
