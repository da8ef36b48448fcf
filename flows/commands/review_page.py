"""What the review page is handed: originals, pictures, the second reader, and a rerun of single documents."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import ArchiveError
from archive.store import Archive
from budget.disclosure import Place
from budget.states import DocumentState, RunState
from flows.home import House
from flows.run_summary import DocumentOutcome
from flows.services.rerun_by_server import NotByServerError, rerun_by_server
from warehouse import Warehouse

if TYPE_CHECKING:
    from review.page.needs import Needs

log = logging.getLogger("yusuan.review")
PROOF_WAITS_SECONDS = 600.0
"""So long a decision on a form waits for documents of another run to be proved and stored."""


def rerun_after_decision(house: House, warehouse: Warehouse, archive: Archive, shas: Sequence[str]) -> None:
    """Read decided documents again: by a run of the Prefect server that PREFECT_API_URL names, in this process where none is.

    Raises RunEndedBadlyError when the run was begun and ended badly; the decisions stand and the next run follows them.
    """
    if not shas:  # a decision on a form: nothing is read again, only judged
        judge_again_here(warehouse, archive)
        return
    api = os.environ.get("PREFECT_API_URL")
    if api:
        try:
            rerun_by_server(api, house.home, shas)
        except NotByServerError as why:
            log.warning("the rerun after a decision is done in this process: %s", why)
        else:
            return
    rerun_here(warehouse, archive, shas)


def rerun_here(warehouse: Warehouse, archive: Archive, shas: Sequence[str]) -> list[DocumentOutcome]:
    """Read, replay, prove and store these documents in this process, as a run of its own named `review`."""
    from flows.documents.batch import Passage, read_prove_store  # readers and proof: a look at the queue needs neither
    from flows.documents.recipe import code_recipe
    from flows.documents.settling import settle_forms

    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-review-{secrets.token_hex(2)}"
    warehouse.start_run(run_id, flow="review", recipe=code_recipe())
    try:
        outcomes = read_prove_store(shas, warehouse=warehouse, archive=archive, run_id=run_id, workers=1)
        settle_forms(Passage(warehouse, archive, run_id, workers=1))
    except BaseException:
        warehouse.end_run(run_id, RunState.FAILED)
        raise
    lost = sum(one.state is DocumentState.FAILED for one in outcomes)
    warehouse.end_run(
        run_id, RunState.INCOMPLETE if lost else RunState.OK, {"documents": len(outcomes), "failed": lost}
    )
    return outcomes


def judge_again_here(warehouse: Warehouse, archive: Archive) -> int:
    """Judge again what is known otherwise now, in this process, as a run of its own named `forms`; how many documents were."""
    from flows.documents.batch import Passage
    from flows.documents.recipe import code_recipe
    from flows.documents.settling import documents_to_settle, settle_forms

    if not documents_to_settle(warehouse):
        return 0
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-forms-{secrets.token_hex(2)}"
    warehouse.start_run(run_id, flow="forms", recipe=code_recipe())
    try:
        proving = functools.partial(warehouse.lock_when_free, run_id, "proof", seconds=PROOF_WAITS_SECONDS, pause=0.1)
        many = settle_forms(Passage(warehouse, archive, run_id, workers=1, proving=proving))
    except BaseException:
        warehouse.end_run(run_id, RunState.FAILED)
        raise
    warehouse.end_run(run_id, RunState.OK, {"documents": many})
    return many


class _Originals(Mapping[str, Path]):
    """Where the bytes of what an archive holds lie; a content that is gone or damaged is not in it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def __getitem__(self, sha256: str) -> Path:
        try:
            return self._archive.local_path(sha256)
        except (FileNotFoundError, ArchiveError):
            # whoever reads the document again is told so; here nobody can say what the other reader reads
            raise KeyError(sha256) from None

    def __iter__(self) -> Iterator[str]:
        return self._archive.documents()

    def __len__(self) -> int:
        return sum(1 for _ in self._archive.documents())


class SecondReader:
    """`review.queue.SecondReading` over an archive. A page is read once, however many of its cells are asked for."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @cached_property
    def _read(self) -> Callable[[str, Place], str | None]:
        from flows.documents.second_reading import second_reader

        return second_reader(_Originals(self._archive))

    def __call__(self, sha256: str, place: Place, /) -> str | None:
        return self._read(sha256, place)


@contextlib.contextmanager
def needs_of(house: House, warehouse: Warehouse) -> Iterator[Needs]:
    """Everything that the page of this house asks for."""
    from flows.documents.page_pictures import PagePictures
    from review.page.needs import Needs

    with Archive(house.archive) as archive:

        def original(sha256: str) -> Path:
            try:
                return archive.local_path(sha256)
            except ArchiveError as damaged:
                raise FileNotFoundError(str(damaged)) from damaged

        yield Needs(
            originals=original,
            pictures=PagePictures(house.home / "pictures", original),
            second_reading=SecondReader(archive),
            rerun=lambda shas: rerun_after_decision(house, warehouse, archive, shas),
        )
