"""Storing one reading of one document version: the rules of what replaces what, in one transaction.

    same recipe, same reading, same judgement   nothing is written                                  unchanged
    first reading                               rows are written                                    stored
    another recipe (or judgement)               the version's rows are replaced                     replaced
    … that contradicts what had been loaded     loaded figures are withdrawn, the version waits     withdrawn
    … that died of time, memory or its worker   what is loaded stays, the failure is with the run   kept

A version that a person rejected stays rejected under every recipe, until a person asks to extract it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from budget.decisions import Decision, kept_out, standing
from budget.disclosure import Disclosure
from budget.known_forms import NOT_JUDGED, JudgedForms
from budget.reconciliations import Reconciliation
from budget.states import DocumentState, Reason, Severity
from warehouse import tables
from warehouse.figures import FigureChange, compare, unsettled
from warehouse.history import keep_past
from warehouse.rows import change_rows, content_digest, deflate, inflate, reading_rows, storable
from warehouse.versions import Version, find_version, lock_version, make_room, neighbours, upsert

Outcome = Literal["stored", "unchanged", "replaced", "withdrawn", "kept"]

HELD = frozenset({DocumentState.LOADED.value, DocumentState.SUPERSEDED.value})
"""States whose figures had been found to hold."""
REASON_KEPT_OUT = {"reject": Reason.PERSON, "government": Reason.OUT_OF_SCOPE}
"""Why a version is rejected, by the decision that keeps it out."""
ATTEMPT_DIED = frozenset({Reason.WORKER_DIED, Reason.LIMIT_TIME, Reason.LIMIT_MEMORY, Reason.NETWORK})
"""Reasons that say something about the machine of one night and nothing about figures that had held."""
NEEDS_A_RUN = frozenset(
    {DocumentState.DISCOVERED, DocumentState.ARCHIVED, DocumentState.EXTRACTED, DocumentState.VALIDATED}
)
"""States on the way: a version that stays in one of them waits for the next run, not for a person."""


class StoreRefusedError(ValueError):
    """A disclosure that breaks the contract in a way the tables cannot hold; the message names what and where."""


@dataclass(frozen=True, slots=True)
class StoreResult:
    """What became of a stored reading. `state` and `reason` are those of the version now, whatever was asked for."""

    sha256: str
    document_id: str
    outcome: Outcome
    state: DocumentState
    reason: Reason | None
    rows_written: int = 0
    changes: tuple[FigureChange, ...] = ()
    """Figures that this reading contradicts and no person has answered for."""
    superseded: tuple[str, ...] = ()
    """Older versions of the document that this one has just replaced."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What flows ask for: the reading, and the state its checks and decisions give it."""

    disclosure: Disclosure
    state: DocumentState
    reason: Reason | None
    message: str | None
    size_bytes: int | None = None
    reconciliations: tuple[Reconciliation, ...] = ()
    forms: JudgedForms = NOT_JUDGED
    digest: str = field(default="")


def judgement_of(
    disclosure: Disclosure,
    state: DocumentState,
    reason: Reason | None,
    message: str | None,
    size_bytes: int | None,
    reconciliations: Sequence[Reconciliation],
    forms: JudgedForms = NOT_JUDGED,
) -> Judgement:
    """The request in one piece, checked. Raises StoreRefusedError for what no reading may be.

    A document that could not be read is FAILED for the reason of its error unless the caller knows better; a reading with
    an error finding cannot be LOADED.
    """
    disclosure = storable(disclosure)
    document = disclosure.document
    if document.error is not None:
        reason = reason or Reason(document.error.code)
        message = message or document.error.message
        if state is DocumentState.LOADED:
            raise StoreRefusedError(
                f"{document.file}: cannot be loaded, it could not be read: {document.error.message}"
            )
    if state is DocumentState.LOADED and disclosure.errors:
        first = disclosure.errors[0]
        raise StoreRefusedError(
            f"{document.file}: cannot be loaded, {len(disclosure.errors)} errors stand, the first {first.check}: {first.message}"
        )
    if state is DocumentState.SUPERSEDED:
        raise StoreRefusedError(f"{document.file}: only the warehouse knows what is superseded; ask for loaded")
    _refuse_broken_references(disclosure)
    if state is DocumentState.LOADED:
        reason = None
    digest = content_digest(disclosure, reconciliations)
    return Judgement(disclosure, state, reason, message, size_bytes, tuple(reconciliations), forms, digest)


def _refuse_broken_references(disclosure: Disclosure) -> None:
    file = disclosure.document.file
    statements = [statement.id for statement in disclosure.statements]
    if len(set(statements)) != len(statements):
        raise StoreRefusedError(f"{file}: two statements share one id")
    facts = [fact.id for fact in disclosure.facts]
    if len(set(facts)) != len(facts):
        raise StoreRefusedError(f"{file}: two facts share one id")
    known = set(statements)
    for fact in disclosure.facts:
        if fact.statement_id not in known:
            raise StoreRefusedError(
                f"{file}: fact {fact.id} belongs to statement {fact.statement_id!r}, which is not there"
            )


def store_reading(connection: Connection, asked: Judgement, run_id: str | None, now: datetime) -> StoreResult:
    """Apply the rules above to one reading. Everything happens on `connection`, in the caller's transaction."""
    sha256 = asked.disclosure.document.sha256
    version = lock_version(connection, sha256, now)
    result = _store(connection, asked, version, run_id, now)
    if result.outcome == "unchanged":
        _note_known(connection, version, asked)
    if run_id is not None:
        upsert(
            connection,
            tables.run_documents,
            {
                "run_id": run_id, "sha256": sha256, "outcome": result.outcome, "state": asked.state.value,
                "reason": asked.reason.value if asked.reason else None, "message": asked.message,
                "recipe": asked.disclosure.document.recipe, "rows_written": result.rows_written, "at": now,
            },
        )  # fmt: skip
    return result


def _store(
    connection: Connection, asked: Judgement, version: Version, run_id: str | None, now: datetime
) -> StoreResult:
    sha256, old_state = version["sha256"], version["state"]
    if asked.state is DocumentState.FAILED and asked.reason in ATTEMPT_DIED and old_state in HELD:
        return _nothing_written(version, "kept")
    decisions = decisions_of(connection, sha256)
    state, reason = asked.state, asked.reason
    if (out := kept_out(decisions)) is not None:
        state, reason = DocumentState.REJECTED, REASON_KEPT_OUT[out.action]
    same_reading = version["recipe"] == asked.disclosure.document.recipe and version["content_digest"] == asked.digest
    if same_reading and (state, reason) == (DocumentState.LOADED, None) and old_state in HELD:
        return _nothing_written(version, "unchanged")

    published = _published(connection, version)
    changes = compare(published, asked.disclosure) if published and asked.disclosure.document.error is None else ()
    contradicting: tuple[FigureChange, ...] = ()
    if old_state != DocumentState.SUPERSEDED:
        contradicting = unsettled(changes, asked.disclosure, decisions)
    if contradicting and state is DocumentState.LOADED:
        state, reason = DocumentState.IN_REVIEW, Reason.FIGURES_CHANGED
    superseded: list[str] = []
    if state is DocumentState.LOADED:
        current, superseded = make_room(connection, version)
        if not current or old_state == DocumentState.SUPERSEDED:
            state = DocumentState.SUPERSEDED
    if same_reading and (old_state, version["reason"]) == (state.value, reason.value if reason else None):
        return _nothing_written(version, "unchanged", contradicting)

    shown = _with_changes(asked.disclosure, contradicting)
    if changes and old_state in HELD:
        keep_past(connection, sha256)
    rows_written = _replace_rows(connection, version, shown, asked)
    _keep_published(connection, version, published, state)
    _write_changes(connection, version, asked, changes, published)
    _update_version(connection, version, shown, asked, state, reason, run_id, now)
    _compare_with_neighbours(connection, sha256)
    return StoreResult(
        sha256,
        version["document_id"],
        _outcome(version, old_state, state),
        state,
        reason,
        rows_written,
        contradicting,
        tuple(superseded),
    )


def _note_known(connection: Connection, version: Version, asked: Judgement) -> None:
    """What is known of a form may change without changing what is found; then nothing else is written."""
    if version["forms_known"] != asked.forms.known:
        table = tables.document_versions
        chosen = table.c.sha256 == version["sha256"]
        connection.execute(update(table).where(chosen).values(forms_known=asked.forms.known))


def _outcome(version: Version, old_state: str, state: DocumentState) -> Outcome:
    if old_state == DocumentState.LOADED and state not in (DocumentState.LOADED, DocumentState.SUPERSEDED):
        return "withdrawn"
    return "replaced" if version["content_digest"] is not None else "stored"


def _nothing_written(version: Version, outcome: Outcome, contradicting: tuple[FigureChange, ...] = ()) -> StoreResult:
    reason = Reason(version["reason"]) if version["reason"] else None
    state = DocumentState(version["state"])
    return StoreResult(version["sha256"], version["document_id"], outcome, state, reason, changes=contradicting)


def decisions_of(connection: Connection, sha256: str) -> tuple[Decision, ...]:
    """What people decided on this version, oldest first."""
    found = connection.scalars(
        select(tables.decisions.c.decision)
        .where(tables.decisions.c.sha256 == sha256)
        .order_by(tables.decisions.c.decision_no)
    )
    return tuple(Decision.model_validate(kept) for kept in found)


MOST_VERSIONS_BACK = 50
"""Versions of one document whose decisions are looked for."""


def inherited_decisions(connection: Connection, sha256: str) -> tuple[Decision, ...]:
    """The acceptances and corrections that stand on the versions which this one replaced, oldest first.

    They are put to the new file as they were given: what they were about may stand there unchanged, and nobody is asked twice.
    Rejections are about one file and stay with it.
    """
    versions = tables.document_versions.c
    found: list[tuple[Decision, ...]] = []
    known = {sha256}
    older: str | None = sha256
    for _ in range(MOST_VERSIONS_BACK):
        older = connection.scalar(select(versions.supersedes_sha256).where(versions.sha256 == older))
        if older is None or older in known:
            break
        known.add(older)
        kept = standing(decisions_of(connection, older))
        found.append(tuple(one for one in kept if one.action in ("accept", "correct")))
    return tuple(one for of_version in reversed(found) for one in of_version)


def kept_reading(connection: Connection, sha256: str, role: str = "current") -> Disclosure | None:
    """The reading kept under `role` (`current` or `published`), or None."""
    kept = connection.scalar(
        select(tables.readings.c.disclosure_zlib).where(
            tables.readings.c.sha256 == sha256, tables.readings.c.role == role
        )
    )
    return inflate(kept) if kept is not None else None


def _published(connection: Connection, version: Version) -> Disclosure | None:
    """The reading whose figures were loaded last: the current one, or the one kept when they were withdrawn."""
    role = "current" if version["state"] in HELD else "published"
    return kept_reading(connection, version["sha256"], role)


def _keep_published(
    connection: Connection, version: Version, published: Disclosure | None, state: DocumentState
) -> None:
    kept = tables.readings
    if state.value in HELD:
        connection.execute(delete(kept).where(kept.c.sha256 == version["sha256"], kept.c.role == "published"))
    elif published is not None and version["state"] in HELD:
        upsert(
            connection,
            kept,
            {
                "sha256": version["sha256"], "role": "published", "recipe": published.document.recipe,
                "disclosure_zlib": deflate(published),
            },
        )  # fmt: skip


def _with_changes(disclosure: Disclosure, contradicting: Sequence[FigureChange]) -> Disclosure:
    if not contradicting:
        return disclosure
    told = tuple(change.as_finding() for change in contradicting)
    return disclosure.model_copy(update={"findings": disclosure.findings + told})


def _replace_rows(connection: Connection, version: Version, shown: Disclosure, asked: Judgement) -> int:
    """Write the reading's rows instead of the ones that stood there; how many were written, without those derived from others."""
    sha256 = version["sha256"]
    if version["content_digest"] is not None:
        for table in reversed(tables.OF_A_READING):
            connection.execute(delete(table).where(table.c.sha256 == sha256))
    written = 0
    for table, rows in reading_rows(shown, asked.reconciliations, asked.forms.outcomes):
        connection.execute(insert(table), rows)
        written += 0 if table is tables.document_figures else len(rows)
    upsert(
        connection,
        tables.readings,
        {"sha256": sha256, "role": "current", "recipe": shown.document.recipe, "disclosure_zlib": deflate(shown)},
    )
    return written


def _write_changes(
    connection: Connection,
    version: Version,
    asked: Judgement,
    changes: Sequence[FigureChange],
    published: Disclosure | None,
) -> None:
    """Keep the difference to what had been loaded. No difference to a loaded reading leaves older differences as history."""
    if published is None or asked.disclosure.document.error is not None:
        return
    if changes or version["state"] not in HELD:
        _rewrite_changes(connection, version["sha256"], "loaded", version["sha256"], changes)


def _rewrite_changes(
    connection: Connection, sha256: str, against: str, old_sha256: str, changes: Sequence[FigureChange]
) -> None:
    table = tables.figure_changes
    connection.execute(delete(table).where(table.c.sha256 == sha256, table.c.against == against))
    if changes:
        connection.execute(insert(table), change_rows(sha256, against, old_sha256, changes))


def _update_version(
    connection: Connection,
    version: Version,
    shown: Disclosure,
    asked: Judgement,
    state: DocumentState,
    reason: Reason | None,
    run_id: str | None,
    now: datetime,
) -> None:
    document, table = shown.document, tables.document_versions
    values = {
        "recipe": document.recipe, "state": state.value, "reason": reason.value if reason else None,
        "error_message": asked.message, "file": document.file, "agency": document.agency,
        "agency_code": document.agency_code, "region": document.region, "fiscal_year": document.fiscal_year,
        "kind": document.kind, "title": document.title, "reader": document.reader, "pages": document.pages,
        "facts": len(shown.facts), "errors": len(shown.errors),
        "warnings": sum(finding.severity is Severity.WARNING for finding in shown.findings),
        "content_digest": asked.digest, "forms_known": asked.forms.known, "run_id": run_id, "stored_at": now,
    }  # fmt: skip
    if asked.size_bytes is not None:
        values["size_bytes"] = asked.size_bytes
    if state.value in HELD:
        values["loaded_at"] = now
    connection.execute(update(table).where(table.c.sha256 == version["sha256"]).values(**values))


def _compare_with_neighbours(connection: Connection, sha256: str) -> None:
    """Renew the list of figures that differ between this version and the ones before and after it in its document."""
    version = find_version(connection, sha256)
    if version is None:
        return
    before, after = neighbours(connection, version)
    for old_sha256, new_sha256 in ((before, sha256), (sha256, after)):
        if old_sha256 is None or new_sha256 is None:
            continue
        old, new = kept_reading(connection, old_sha256), kept_reading(connection, new_sha256)
        if old is not None and new is not None and old.document.error is None and new.document.error is None:
            _rewrite_changes(connection, new_sha256, "version", old_sha256, compare(old, new))
