"""The way of the documents from the archive to the warehouse: read in worker processes, replay, prove, load or queue.

Every step is a function of the bytes and the recipe, and every document is stored in one transaction of its own: killed
anywhere and run again, the same rows result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from budget.disclosure import Disclosure
from budget.states import DocumentState, Reason
from flows.extraction_pool import Job, Limits, extract_all
from flows.proof import Proved, prove
from flows.recipe import document_recipe
from flows.run_summary import DocumentOutcome
from review.queue import ReviewQueue
from spiders.archive import Archive
from warehouse import Warehouse

MACHINE_TROUBLE = {Reason.LIMIT_TIME, Reason.LIMIT_MEMORY, Reason.WORKER_DIED}
"""Reasons that say more about the machine than about the document: the next run tries again."""


def read_prove_store(
    shas: Sequence[str],
    *,
    warehouse: Warehouse,
    archive: Archive,
    run_id: str,
    workers: int | None = None,
    limits: Limits | None = None,
    advance: Callable[[], None] = lambda: None,
) -> list[DocumentOutcome]:
    """One batch of archived contents, by sha256; gives what became of each, in the order given."""
    decisions = {sha256: warehouse.decisions_for(sha256) for sha256 in shas}
    jobs = [
        Job(archive.path_of(sha256), _known_as(warehouse, sha256), document_recipe(decisions[sha256]))
        for sha256 in shas
    ]
    read = []
    for _, disclosure in extract_all(jobs, workers=workers, limits=limits):
        read.append(disclosure)
        advance()
    paths = {sha256: archive.path_of(sha256) for sha256 in shas}
    queue = ReviewQueue(warehouse)
    return [_store(proved, warehouse, queue, run_id) for proved in prove(read, paths, decisions)]


def _known_as(warehouse: Warehouse, sha256: str) -> str:
    """The name a document is known by: the last part of the first address it was seen at. A label, never a path."""
    found = warehouse.rows(
        "SELECT url FROM sightings WHERE sha256 = :sha256 AND url IS NOT NULL ORDER BY url LIMIT 1", sha256=sha256
    )
    return found[0]["url"].rsplit("/", 1)[-1] if found else sha256[:16]


def state_of(disclosure: Disclosure) -> tuple[DocumentState, Reason | None]:
    """Where a proved reading belongs: loaded when no error stands, else before a person, with the reason."""
    document = disclosure.document
    if document.error is not None:
        reason = Reason(document.error.code)
        return (DocumentState.FAILED if reason in MACHINE_TROUBLE else DocumentState.IN_REVIEW), reason
    if any(finding.check == "DECISION_MISFIT" for finding in disclosure.errors):
        return DocumentState.IN_REVIEW, Reason.DECISION_MISFIT
    if disclosure.errors:
        return DocumentState.IN_REVIEW, Reason.CHECKS_FAILED
    if not (disclosure.facts or disclosure.projects) and document.kind not in ("narrative", "performance_text"):
        return DocumentState.IN_REVIEW, Reason.NOTHING_READ
    return DocumentState.LOADED, None


def _store(proved: Proved, warehouse: Warehouse, queue: ReviewQueue, run_id: str) -> DocumentOutcome:
    disclosure = proved.disclosure
    document = disclosure.document
    state, reason = state_of(disclosure)
    stored = queue.store(disclosure, state=state, reason=reason, run_id=run_id, reconciliations=proved.reconciliations)
    item = queue.item_of(document.sha256) if stored.state is not DocumentState.LOADED else None
    roots = [finding for finding in disclosure.errors if finding.caused_by is None]
    return DocumentOutcome(
        sha256=document.sha256, file=document.file, title=document.title, state=stored.state,
        reason=stored.reason.value if stored.reason else None,
        detail=document.error.message if document.error else roots[0].message if roots else None,
        review_item=item, facts=len(disclosure.facts), rows_added=stored.rows_written, errors=len(roots),
        warnings=len(disclosure.findings) - len(disclosure.errors),
    )  # fmt: skip
