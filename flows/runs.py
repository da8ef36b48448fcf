"""A run: its id, its folder, its lock, and the Prefect state its end is shown as. Shared by nightly and rerun."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.runtime import deployment, flow_run
from prefect.states import Completed, Failed, State

from archive.store import Archive
from budget.states import DocumentState, RunState
from expectations.judging.data_docs import write_data_docs
from flows.artifacts import Progress, publish
from flows.commands.counted import counted
from flows.difference import difference
from flows.documents.batch import ARCHIVE_TROUBLE, Passage
from flows.documents.recipe import code_recipe
from flows.documents.settling import documents_to_settle, settle_forms
from flows.documents.workers import Limits
from flows.home import House
from flows.run_summary import DocumentOutcome, RunSummary
from flows.services.marked import end_with_supervisor
from review.queue import ReviewQueue
from warehouse import RunLock, Warehouse
from warehouse.forms import never_met, open_questions

NIGHT_WAITS_SECONDS = 4 * 3600.0
"""So long a night waits for another to end: longer than a night, shorter than till the next."""
MOST_NAMED = 5
"""Forms named in a note of a run."""
PROOF_WAITS_SECONDS = 1800.0
"""So long a group of documents waits for that of another run to be proved and stored, which takes seconds."""


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
    lock: RunLock | None = None
    """That of a night; reruns have none, documents are claimed one by one."""
    left_to_others: list[tuple[str, str]] = field(default_factory=list)
    """Documents that another run was reading: sha256 and its id."""
    judged_again: int = 0
    """Documents judged again because their forms are known otherwise now."""

    @property
    def folder(self) -> Path:
        return self.house.runs / self.run_id

    @property
    def data_docs(self) -> Path:
        """Great Expectations' verdicts of this run as pages that open without internet."""
        return self.folder / "data_docs"

    def summary(self, state: RunState, *, notes: tuple[str, ...] = (), **more: object) -> RunSummary:
        """The typed summary, with the state of queue and warehouse as they are now.

        A run that met a missing, damaged or unreadable original is not ok, whatever else it was.
        """
        broken = [one for one in self.documents if one.reason in ARCHIVE_TROUBLE]
        if broken:
            state = RunState.INCOMPLETE if state in (RunState.OK, RunState.SUSPICIOUS) else state
            notes += (
                f"{counted(len(broken), 'original')} of the archive could not be read as archived 原始文件缺失或损坏: "
                "`yusuan check-archive` names them all",
            )
        if self.left_to_others:
            others = ", ".join(sorted({run_id for _, run_id in self.left_to_others}))
            notes += (
                f"{counted(len(self.left_to_others), 'document')} left to another run that was reading them: {others}",
            )
        notes += notes_on_forms(self)
        states = self.warehouse.count_states()
        items = ReviewQueue(self.warehouse).counts().items()
        waiting = sum(count for (item_state, _, _), count in items if item_state != "closed")
        return RunSummary.model_validate(
            {
                "run_id": self.run_id, "flow": self.flow, "started_at": self.started_at,
                "ended_at": datetime.now(UTC), "state": state, "recipe": code_recipe(),
                "documents": tuple(self.documents), "waiting_for_review": waiting,
                "loaded_in_all": states.get(DocumentState.LOADED, 0), "notes": notes, **more,
            }
        )  # fmt: skip


def run_name() -> str:
    """How a flow run is called in the UI: the flow and when it began, in the time of the portals."""
    return f"{flow_run.get_flow_name()} {datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"


@contextlib.contextmanager
def running(flow: str, house: House, *, alone: bool = True) -> Iterator[Run]:
    """Open the house, note the run's beginning; close all at the end. `alone`: hold the lock that keeps two nights apart.

    A run that meets the lock waits for its owner and says so. A run that ends by an exception is noted as failed (or cancelled)
    before the exception goes on. Raises RunLockedError, naming the owner, when another night has not ended for too long;
    UnusableWarehouseError for a database that is damaged.
    """
    end_with_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{flow}-{secrets.token_hex(2)}"
    log = get_run_logger()
    with contextlib.ExitStack() as stack:
        warehouse = stack.enter_context(Warehouse.open(house.database_url)).migrate()
        lock = (
            stack.enter_context(
                warehouse.lock_when_free(run_id, seconds=_patience(), tell=lambda message: log.warning("%s", message))
            )
            if alone
            else None
        )
        if (unfinished := warehouse.refuse_damage()) is not None:
            log.warning("%s", unfinished)
        archive = stack.enter_context(Archive(house.archive))
        run = Run(run_id, flow, house, warehouse, archive, datetime.now(UTC), lock=lock)
        run.folder.mkdir(parents=True, exist_ok=True)
        log.info("run %s", run_id)
        warehouse.start_run(run_id, flow=flow, flow_run_id=flow_run.get_id(), recipe=code_recipe())
        try:
            yield run
        except BaseException as end:
            state = RunState.FAILED if isinstance(end, Exception) else RunState.CANCELLED
            warehouse.end_run(run_id, state, _counts(run.documents))
            run.summary(state, notes=(_why_it_ended(end),)).write(run.folder)
            raise


def _patience() -> float:
    return float(os.environ.get("YUSUAN_LOCK_WAIT_SECONDS") or NIGHT_WAITS_SECONDS)


def _why_it_ended(end: BaseException) -> str:
    """A note that a person understands."""
    if isinstance(end, KeyboardInterrupt):
        return "interrupted (ctrl-C); what was read is stored, the next run takes the rest 已中断"
    if not isinstance(end, Exception):
        return "cancelled or told to end; what was read is stored, the next run takes the rest 已取消"
    return f"{type(end).__name__}: {end}"


def _counts(documents: Sequence[DocumentOutcome]) -> dict[str, int]:
    def count(state: DocumentState) -> int:
        return sum(one.state is state for one in documents)

    return {
        "loaded": count(DocumentState.LOADED), "in_review": count(DocumentState.IN_REVIEW),
        "failed": count(DocumentState.FAILED), "rows_added": sum(one.rows_added for one in documents),
    }  # fmt: skip


@task(
    name="read-prove-store",
    task_run_name="read-prove-store {count} documents",
    persist_result=False,
    cache_policy=NO_CACHE,
)
def read_all(shas: Sequence[str], count: int, run: Run, workers: int | None, progress: Progress) -> None:
    """The run's documents through reading, proof and storing; what became of each goes to the run, the log and the progress."""
    log = get_run_logger()
    groups = itertools.count(1)

    def stored(outcome: DocumentOutcome) -> None:
        run.documents.append(outcome)
        claims.drop(outcome.sha256)
        tell = log.info if outcome.state is DocumentState.LOADED else log.warning
        tell(
            "%s %s %s [%s] %s",
            outcome.state.value, outcome.reason or "", outcome.title or outcome.file, outcome.sha256[:12],
            (outcome.detail or "").partition("\n")[0],
        )  # fmt: skip
        progress.advance(outcome.title or outcome.file)

    @contextlib.contextmanager
    def proving() -> Iterator[None]:
        with run.warehouse.lock_when_free(run.run_id, "proof", seconds=PROOF_WAITS_SECONDS, pause=0.1):
            if run.lock is not None:
                run.lock.check()
            yield

    with run.warehouse.claims(run.run_id) as claims:
        passage = Passage(
            run.warehouse, run.archive, run.run_id, workers, Limits(), stored=stored, claim=claims.take, proving=proving,
            tell=lambda judgement, files: write_data_docs(
                judgement, run.data_docs, batch=f"group-{next(groups):06}", files=files
            ),
        )  # fmt: skip
        passage.go(shas)
        run.judged_again += settle_forms(passage, lambda outcome: settled(run, outcome))
    run.left_to_others += passage.left_to_others
    for sha256, other in passage.left_to_others:
        log.warning("%s is being read by run %s and is left to it", sha256[:12], other)


def process(run: Run, shas: Sequence[str], workers: int | None = None) -> None:
    """All documents, with a progress artifact; then those that are known otherwise than when they were judged."""
    if shas:
        read_all(shas, len(shas), run, workers or os.cpu_count(), Progress(len(shas), "documents read"))
    elif documents_to_settle(run.warehouse):
        read_all((), 0, run, workers or os.cpu_count(), Progress(0, "documents judged again"))


def settled(run: Run, outcome: DocumentOutcome) -> None:
    """A document of this run that was judged again has become what it is now; one of an earlier run is counted."""
    for number, one in enumerate(run.documents):
        if one.sha256 == outcome.sha256:
            told = {"rows_added": one.rows_added, "seconds": one.seconds, "sampled": one.sampled + outcome.sampled}
            run.documents[number] = outcome.model_copy(update=told)


def notes_on_forms(run: Run) -> tuple[str, ...]:
    """What a run says of forms: those nobody has met, what a person is asked of a whole form, and what was judged again."""
    notes: tuple[str, ...] = ()
    new = never_met(run.warehouse, [one.sha256 for one in run.documents])
    if new:
        named = "、".join(dict.fromkeys(f"{one['publisher']}{one['title'] or one['kind']}" for one in new[:MOST_NAMED]))
        notes += (
            f"{counted(len(new), 'form')} that no other document has 首次遇到的表式: {named}{' …' if len(new) > MOST_NAMED else ''}",
        )
    if asked := len(open_questions(run.warehouse)):
        notes += (
            f"{counted(asked, 'question')} about whole forms, theirs or ours 待认定的表式问题: `yusuan forms list`",
        )
    if run.judged_again:
        notes += (
            f"{counted(run.judged_again, 'document')} judged again with what is known of their forms now 按表式认定重新勾稽",
        )
    return notes


def _addresses(run: Run) -> dict[str, str]:
    """Of the run's documents the article (else the file) where each was seen last."""
    mine = {one.sha256 for one in run.documents}
    seen = run.warehouse.rows(
        "SELECT sha256, article_url, url FROM sightings WHERE sha256 IS NOT NULL ORDER BY last_seen_at"
    )
    return {row["sha256"]: row["article_url"] or row["url"] for row in seen if row["sha256"] in mine}


def refresh(house: House) -> None:
    """Bring the forms of the deployments to what this run knows; a run is no worse for it when that fails."""
    from flows.deploying import refresh_forms

    try:
        refresh_forms(house)
    except (httpx.HTTPError, OSError, ObjectNotFound) as away:
        get_run_logger().warning("the choices of the forms were not refreshed: %s", away)


def end(run: Run, summary: RunSummary) -> State[RunSummary]:
    """Note the end, publish the artifacts, and give the Prefect state that shows it. Incomplete is never green."""
    summary.write(run.folder)
    run.warehouse.end_run(
        run.run_id, summary.state,
        {
            "found": summary.portal_total("found"), "new": summary.portal_total("new"),
            **_counts(summary.documents),
        },
    )  # fmt: skip
    publish(summary, run.data_docs / "index.html", difference(run.warehouse, summary), _addresses(run))
    if deployment.id is not None:
        refresh(run.house)
    message = (
        f"{summary.count(DocumentState.LOADED)} loaded, {len(summary.not_loaded)} not loaded, "
        f"{counted(summary.portal_total('new'), 'new file')}, {counted(summary.rows_added, 'row')} added"
    )
    if summary.state is RunState.OK:
        return Completed(message=message, data=summary)
    name = summary.state.value.capitalize()
    return Failed(name=name, message="; ".join((*summary.notes, message)), data=summary)
