"""The way of the documents from the archive to the warehouse: read in worker processes, replay, prove, load or queue.

Every step is a function of the bytes and the recipe (and, for the checks across documents, of what is in the warehouse), and
every document is stored in one transaction of its own: killed anywhere and run again, the same rows result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.errors import ArchiveError
from archive.store import Archive
from budget.disclosure import Disclosure
from budget.sightings import SaidByPages, Sighting
from budget.states import DocumentState, Reason
from expectations import Judgement
from flows.documents.beside import documents_beside
from flows.documents.proof import Proved, prove
from flows.documents.recipe import document_recipe
from flows.documents.sampled_reading import SecondReading, read_again
from flows.documents.words_of_pages import asked_for_what_nobody_said, said
from flows.documents.workers import Job, Limits, extract_all
from flows.run_summary import DocumentOutcome
from review.queue import ReviewQueue
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
    tell: Callable[[Judgement, dict[str, str]], object] = lambda judgement, files: None,
) -> list[DocumentOutcome]:
    """One batch of archived contents, by sha256; gives what became of each, in the order given.

    An archive among them is taken apart: each of its documents is archived by its own hash, seen at the archive's addresses
    (`<address>!/folder/a.pdf`), and goes the way of any document; its outcome follows. The archive itself is noted as taken
    apart last, so that a run killed before takes it again. `tell` is given the batch's judgement and the file names by sha256.
    """

    def recipe_of(sha256: str) -> str:
        return document_recipe(warehouse.replayed_decisions(sha256))

    queue = ReviewQueue(warehouse)
    originals, missing = _originals(warehouse, archive, shas)
    jobs = [
        Job(path, _known_as(warehouse, sha256), recipe_of(sha256), said=said(warehouse, sha256))
        for sha256, path in originals.items()
    ]
    archived = {path: sha256 for sha256, path in originals.items()}

    def said_of(job: Job, label: str, sha256: str) -> SaidByPages:
        return said(warehouse, sha256, archived[job.path] if job.path else None, label)

    read: dict[str, Disclosure] = {}
    archives: list[Disclosure] = []
    with TemporaryDirectory(prefix="yusuan-members-") as spool:
        results = extract_all(
            jobs, workers=workers, limits=limits, spool=Path(spool), recipe_of=recipe_of, said_of=said_of
        )
        for job, disclosure in results:
            sha256 = disclosure.document.sha256
            if job.member is None:
                advance()
            if job.members is not None:
                archives.append(disclosure)
                continue
            if job.member is not None:
                _keep_member(job, disclosure, archives[-1].document.sha256, archive, queue, run_id)
            if job.path is not None:
                read.setdefault(sha256, asked_for_what_nobody_said(disclosure, job.said))
    paths = {sha256: originals.get(sha256) or archive.local_path(sha256) for sha256 in read}
    decisions = {sha256: warehouse.replayed_decisions(sha256) for sha256 in read}
    files = {sha256: one.document.file for sha256, one in read.items()}
    judged = prove(
        [read[sha256] for sha256 in sorted(read)], paths, decisions,
        tell=lambda judgement: tell(judgement, files), beside=lambda batch: documents_beside(warehouse, batch),
    )  # fmt: skip
    judged, sampled = read_again(judged, paths, decisions, limits=limits)
    outcomes = [
        _with_sample(_store(proved, warehouse, queue, run_id), sampled.get(proved.disclosure.document.sha256))
        for proved in judged
    ]
    given = {sha256: number for number, sha256 in enumerate(read)}
    outcomes.sort(key=lambda outcome: given[outcome.sha256])
    return (
        missing
        + outcomes
        + [_store(Proved(one), warehouse, queue, run_id, DocumentState.TAKEN_APART) for one in archives]
    )


def _with_sample(outcome: DocumentOutcome, sampled: SecondReading | None) -> DocumentOutcome:
    return outcome if sampled is None else outcome.model_copy(update={"sampled": sampled.counted()})


def _originals(
    warehouse: Warehouse, archive: Archive, shas: Sequence[str]
) -> tuple[dict[str, Path], list[DocumentOutcome]]:
    """Where the verified bytes of each content lie, and an outcome for each whose original is missing or damaged.

    The warehouse is left as it is for those; the others of the batch go on.
    """
    found: dict[str, Path] = {}
    failed = []
    for sha256 in shas:
        try:
            found[sha256] = archive.local_path(sha256)
            continue
        except FileNotFoundError:
            reason, what = "not_in_archive", f"{archive.address_of(sha256)} is missing: restore it from a backup"
        except ArchiveError as error:
            reason, what = "damaged_in_archive", str(error)
        failed.append(
            DocumentOutcome(
                sha256=sha256,
                file=_known_as(warehouse, sha256),
                state=DocumentState.FAILED,
                reason=reason,
                detail=f"{what}; nothing of it was changed in the warehouse",
            )
        )
    return found, failed


def _keep_member(
    job: Job, disclosure: Disclosure, parent: str, archive: Archive, queue: ReviewQueue, run_id: str
) -> None:
    """Archive one document of an archive, and note it as seen wherever its archive was seen.

    A member whose bytes cannot be had is a file that could not be had, with the reason.
    """
    seen = []
    data = job.path.read_bytes() if job.path is not None else None
    sha256 = archive.put(data) if data is not None else None
    error = disclosure.document.error
    for sighting in archive.ledger.sightings_of_document(parent):
        if sighting.url is None:
            continue
        url = f"{sighting.url}!/{job.member}"
        changes: dict[str, object] = {
            "url": url, "link_text": job.member, "sha256": sha256, "size": None if data is None else len(data),
            "content_type": None, "etag": None, "last_modified": None,
            "replaces_sha256": _before(queue.warehouse, url, sha256, sighting),
        }  # fmt: skip
        if sha256 is None and error is not None:
            changes |= {"outcome": "failed", "reason": Reason(error.code), "detail": error.message}
        seen.append(sighting.model_copy(update=changes))
    queue.record_sightings(seen, run_id)


def _before(warehouse: Warehouse, url: str, sha256: str | None, sighting: Sighting) -> str | None:
    """What stood in this place of the archive before the archive was changed."""
    if sighting.replaces_sha256 is None or sha256 is None:
        return None
    found = warehouse.rows(
        "SELECT sha256 FROM sightings WHERE url = :url AND sha256 IS NOT NULL AND sha256 <> :sha256 "
        "ORDER BY last_seen_at DESC LIMIT 1",
        url=url, sha256=sha256,
    )  # fmt: skip
    return found[0]["sha256"] if found else None


def _known_as(warehouse: Warehouse, sha256: str) -> str:
    """The name a document is known by: the last part of the first address it was seen at. A label, never a path."""
    found = warehouse.rows(
        "SELECT url FROM sightings WHERE sha256 = :sha256 AND url IS NOT NULL ORDER BY url LIMIT 1", sha256=sha256
    )
    if not found:
        return sha256[:16]
    address, inside, member = found[0]["url"].partition("!/")
    return f"{address.rsplit('/', 1)[-1]}{inside}{member}"


def state_of(disclosure: Disclosure) -> tuple[DocumentState, Reason | None]:
    """Where a proved reading belongs: loaded when no error stands, else before a person, with the reason."""
    document = disclosure.document
    if document.error is not None:
        reason = Reason(document.error.code)
        return (DocumentState.FAILED if reason in MACHINE_TROUBLE else DocumentState.IN_REVIEW), reason
    if document.kind == "government_budget":
        return DocumentState.NOT_A_DISCLOSURE, Reason.GOVERNMENT_BUDGET
    if any(finding.check == "DECISION_MISFIT" for finding in disclosure.errors):
        return DocumentState.IN_REVIEW, Reason.DECISION_MISFIT
    if disclosure.errors:
        return DocumentState.IN_REVIEW, Reason.CHECKS_FAILED
    if not (disclosure.facts or disclosure.projects) and document.kind not in ("narrative", "performance_text"):
        return DocumentState.IN_REVIEW, Reason.NOTHING_READ
    return DocumentState.LOADED, None


def _store(
    proved: Proved, warehouse: Warehouse, queue: ReviewQueue, run_id: str, known: DocumentState | None = None
) -> DocumentOutcome:
    disclosure = proved.disclosure
    document = disclosure.document
    state, reason = (known, None) if known else state_of(disclosure)
    stored = queue.store(disclosure, state=state, reason=reason, run_id=run_id, reconciliations=proved.reconciliations)
    settled = (DocumentState.LOADED, DocumentState.TAKEN_APART)
    item = queue.item_of(document.sha256) if stored.state not in settled else None
    roots = [finding for finding in disclosure.errors if finding.caused_by is None]
    beside = [finding for finding in disclosure.findings if finding.check.startswith("DOC-")]
    return DocumentOutcome(
        sha256=document.sha256, file=document.file, title=document.title, state=stored.state,
        reason=stored.reason.value if stored.reason else None,
        detail=document.error.message if document.error else next((one.message for one in (*roots, *beside)), None),
        review_item=item, facts=len(disclosure.facts), rows_added=stored.rows_written, errors=len(roots),
        warnings=len(disclosure.findings) - len(disclosure.errors),
    )  # fmt: skip
