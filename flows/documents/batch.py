"""The way of the documents from the archive to the warehouse: read in worker processes, replay, prove, load or queue.

Every step is a function of the bytes and the recipe (and, for the checks across documents, of what is in the warehouse), and
every document is stored in one transaction of its own: killed anywhere and run again, the same rows result.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.errors import ArchiveError
from archive.store import Archive
from budget.disclosure import Disclosure
from budget.known_forms import KnownForms, form_of
from budget.sightings import SaidByPages, Sighting
from budget.states import DocumentState, Reason
from expectations import Judgement, SuiteError
from flows.documents.beside import documents_beside
from flows.documents.proof import Proved, prove
from flows.documents.recipe import document_recipe
from flows.documents.sampled_reading import SecondReading, read_again
from flows.documents.words_of_pages import asked_for_what_nobody_said, said
from flows.documents.workers import Job, Limits, extract_all
from flows.run_summary import DocumentOutcome
from review.queue import ReviewQueue
from warehouse import RunLockLostError, UnusableWarehouseError, Warehouse
from warehouse.forms import known_forms

GROUP = 20
"""Documents that are proved at once at most: Great Expectations takes as long for one as for ten."""
PATIENCE_SECONDS = 15.0
"""A reading waits at most so long for others to be proved with: what a kill can cost beside the documents being read."""
MISSING, DAMAGED, UNREADABLE = "not_in_archive", "damaged_in_archive", "unreadable_in_archive"
ARCHIVE_TROUBLE = frozenset({MISSING, DAMAGED, UNREADABLE})
"""Reasons that say something of the archive and nothing of the document: a run that met one is not ok."""
MACHINE_TROUBLE = {Reason.LIMIT_TIME, Reason.LIMIT_MEMORY, Reason.WORKER_DIED}
"""Reasons that say more about the machine than about the document: the next run tries again."""


@dataclass
class _TakenApart:
    """An archive whose documents are still coming."""

    disclosure: Disclosure
    left: int


@dataclass
class Passage:
    """The way of a run's documents through reading, proof and storing, and what is on it now.

    Documents are proved and stored in groups, in the order given: as many as were read meanwhile, up to `GROUP`, and no reading
    waits longer than `PATIENCE_SECONDS` for others. Told to end (cancel, ctrl-C), it stores what was read first.
    """

    warehouse: Warehouse
    archive: Archive
    run_id: str
    workers: int | None = None
    limits: Limits | None = None
    stored: Callable[[DocumentOutcome], object] = lambda outcome: None
    """Told of each document when it is stored, or known not to be."""
    tell: Callable[[Judgement, dict[str, str]], object] = lambda judgement, files: None
    """Told of each group's judgement, with the file names by sha256."""
    claim: Callable[[str], str | None] = lambda sha256: None
    """Asked before a document is read: which other run is reading it now, None when it is ours."""
    proving: Callable[[], AbstractContextManager[object]] = nullcontext
    """Held while a group is proved and stored: documents are compared with each other, so one group comes after the other."""
    left_to_others: list[tuple[str, str]] = field(default_factory=list)
    """sha256 and run of what another run was reading."""
    outcomes: list[DocumentOutcome] = field(default_factory=list)
    _group: dict[str, Disclosure] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)
    _paths: dict[str, Path] = field(default_factory=dict)
    _open: list[_TakenApart] = field(default_factory=list)
    _complete: list[Disclosure] = field(default_factory=list)
    _since: float = 0.0
    _seconds: dict[str, float | None] = field(default_factory=dict)

    def go(self, shas: Iterable[str]) -> list[DocumentOutcome]:
        """All of these archived contents; gives what became of each."""
        queue = ReviewQueue(self.warehouse)
        with TemporaryDirectory(prefix="yusuan-members-") as spool:
            results = extract_all(
                self._jobs(shas), workers=self.workers, limits=self.limits, spool=Path(spool), recipe_of=self.recipe_of,
                said_of=self._said_of, idle=self._impatient,
            )  # fmt: skip
            try:
                for job, disclosure in results:
                    self._take(job, disclosure, queue)
                    if len(self._group) >= GROUP:
                        self._store_group(queue)
                    self._impatient()
            except BaseException as end:
                if not isinstance(end, UnusableWarehouseError | RunLockLostError | SuiteError):
                    self._store_group(queue)  # what was read is kept, whoever told the run to end
                raise
            finally:
                results.close()
            self._store_group(queue)
        return self.outcomes

    def recipe_of(self, sha256: str) -> str:
        return document_recipe(self.warehouse.replayed_decisions(sha256))

    def _said_of(self, job: Job, label: str, sha256: str) -> SaidByPages:
        return said(self.warehouse, sha256, job.sha256, label)

    def _jobs(self, shas: Iterable[str]) -> Iterator[Job]:
        """A job for each content whose verified bytes are at hand; the others have their outcome at once."""
        for sha256 in shas:
            if (owner := self.claim(sha256)) is not None:
                self.left_to_others.append((sha256, owner))
                continue
            known_as = _known_as(self.warehouse, sha256)
            found = _original(self.archive, sha256)
            if isinstance(found, Path):
                self._paths[sha256] = found
                yield Job(found, known_as, self.recipe_of(sha256), sha256, said=said(self.warehouse, sha256))
            else:
                self._end(_not_to_be_read(sha256, known_as, *found))

    def _end(self, outcome: DocumentOutcome) -> None:
        self.outcomes.append(outcome)
        self.stored(outcome)

    def _impatient(self) -> None:
        if self._group and time.monotonic() - self._since > PATIENCE_SECONDS:
            self._store_group(ReviewQueue(self.warehouse))

    def _take(self, job: Job, disclosure: Disclosure, queue: ReviewQueue) -> None:
        """One reading, as it comes from the readers."""
        sha256 = disclosure.document.sha256
        if job.trouble is not None:
            self._end(_not_to_be_read(job.sha256, job.file, UNREADABLE, job.trouble))
        elif job.member is None and sha256 != job.sha256:
            what = (
                f"{job.path}: the bytes that were read have the hash {sha256}; the file was changed while it was read"
            )
            self._end(_not_to_be_read(job.sha256, job.file, DAMAGED, what))
        elif job.members is not None:
            self._open.append(_TakenApart(disclosure, len(job.members)))
        else:
            if job.member is not None:
                _keep_member(
                    job, disclosure, self._open[-1].disclosure.document.sha256, self.archive, queue, self.run_id
                )
            if job.path is not None and sha256 not in self._done:
                self._since = self._since if self._group else time.monotonic()
                self._seconds[sha256] = job.seconds
                self._group.setdefault(sha256, asked_for_what_nobody_said(disclosure, job.said))
        if job.member is not None and self._open:
            (self._open[-2] if job.members is not None else self._open[-1]).left -= 1
        while self._open and self._open[-1].left == 0:
            self._complete.append(self._open.pop().disclosure)

    def _store_group(self, queue: ReviewQueue) -> None:
        """Prove what was read and store it, one transaction a document; then the archives that all of it came from."""
        read, self._group = self._group, {}
        complete, self._complete = self._complete, []
        if not read and not complete:
            return
        with self.proving():
            paths = {
                sha256: self._paths.pop(sha256) if sha256 in self._paths else self.archive.local_path(sha256)
                for sha256 in read
            }
            files = {sha256: one.document.file for sha256, one in read.items()}
            outcomes = prove_and_store(
                read,
                paths,
                self.warehouse,
                queue,
                self.run_id,
                self.limits,
                lambda judgement: self.tell(judgement, files),
            )
            given = {sha256: number for number, sha256 in enumerate(read)}
            outcomes.sort(key=lambda outcome: given[outcome.sha256])
            outcomes += [
                _store(Proved(one), self.warehouse, queue, self.run_id, DocumentState.TAKEN_APART) for one in complete
            ]
        self._done |= read.keys()
        for outcome in outcomes:
            title = outcome.title or _title_seen(self.warehouse, outcome.sha256)
            self._end(outcome.model_copy(update={"title": title, "seconds": self._seconds.pop(outcome.sha256, None)}))


def prove_and_store(
    read: Mapping[str, Disclosure],
    paths: Mapping[str, Path],
    warehouse: Warehouse,
    queue: ReviewQueue,
    run_id: str,
    limits: Limits | None = None,
    tell: Callable[[Judgement], object] = lambda judgement: None,
) -> list[DocumentOutcome]:
    """Readings, by sha256, judged with what is known now and stored, one transaction a document, in the order of their sha256."""
    decisions = {sha256: warehouse.replayed_decisions(sha256) for sha256 in read}
    judged = prove(
        [read[sha256] for sha256 in sorted(read)], paths, decisions, tell=tell,
        beside=lambda batch: documents_beside(warehouse, batch), known=_known(warehouse, read.values()),
    ) if read else []  # fmt: skip
    judged, sampled = read_again(judged, paths, decisions, limits=limits)
    return [
        _with_sample(_store(one, warehouse, queue, run_id), sampled.get(one.disclosure.document.sha256))
        for one in judged
    ]


def _known(warehouse: Warehouse, read: Iterable[Disclosure]) -> KnownForms:
    """What is known of the forms that these are printed on."""
    forms = {form_of(statement) for disclosure in read for statement in disclosure.statements}
    with warehouse.engine.connect() as connection:
        return known_forms(connection, sorted(forms))


def read_prove_store(
    shas: Sequence[str],
    *,
    warehouse: Warehouse,
    archive: Archive,
    run_id: str,
    workers: int | None = None,
    limits: Limits | None = None,
    tell: Callable[[Judgement, dict[str, str]], object] = lambda judgement, files: None,
) -> list[DocumentOutcome]:
    """Archived contents, by sha256, from the archive to the warehouse; gives what became of each.

    An archive among them is taken apart: each of its documents is archived by its own hash, seen at the archive's addresses
    (`<address>!/folder/a.pdf`), and goes the way of any document; its outcome follows. The archive itself is noted as taken
    apart last, so that a run killed before takes it again. `tell` is given each group's judgement and the file names by sha256.
    """
    return Passage(warehouse, archive, run_id, workers, limits, tell=tell).go(shas)


def _with_sample(outcome: DocumentOutcome, sampled: SecondReading | None) -> DocumentOutcome:
    return outcome if sampled is None else outcome.model_copy(update={"sampled": sampled.counted()})


def _original(archive: Archive, sha256: str) -> Path | tuple[str, str]:
    """Where the verified bytes of a content lie, or why they are not to be had: reason and words."""
    try:
        return archive.local_path(sha256)
    except FileNotFoundError:
        return MISSING, f"{archive.address_of(sha256)} is missing: restore it from a backup"
    except ArchiveError as error:
        return DAMAGED, str(error)
    except OSError as error:
        return (
            UNREADABLE,
            f"{archive.address_of(sha256)} cannot be read: {error.strerror}; mend its permissions or its disk",
        )


def _not_to_be_read(sha256: str, file: str, reason: str, what: str) -> DocumentOutcome:
    """The warehouse is left as it is for a document whose original is gone, damaged or unreadable; the others go on."""
    return DocumentOutcome(
        sha256=sha256, file=file, state=DocumentState.FAILED, reason=reason,
        detail=f"{what}; nothing of it was changed in the warehouse",
    )  # fmt: skip


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


def _title_seen(warehouse: Warehouse, sha256: str) -> str | None:
    """What the portal called a document that says no title of its own."""
    found = warehouse.rows(
        "SELECT article_title FROM sightings WHERE sha256 = :sha256 ORDER BY last_seen_at DESC LIMIT 1", sha256=sha256
    )
    return found[0]["article_title"] or None if found else None


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
    stored = queue.store(
        disclosure,
        state=state,
        reason=reason,
        run_id=run_id,
        reconciliations=proved.reconciliations,
        forms=proved.forms,
    )
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
