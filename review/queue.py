"""The queue: one item for every document version that did not load and every file that could not be had.

An item is `open` (a person is asked), `decided` (a decision waits for its rerun) or `closed` (loaded, or rejected). Its id
comes from the content, so running again finds the item instead of making another. Items open and close in the transaction
that stores the version (`ReviewQueue.store`); `sync` repairs a warehouse that was filled past the queue.

Decisions are written once and never changed; they are replayed on every reading (`review.replay`).
"""

from __future__ import annotations

import getpass
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, and_, exists, func, literal, or_, select, update

from budget.decisions import Decision, FindingAnchor, anchor_of
from budget.disclosure import Disclosure, Finding
from budget.printed_text import squeeze
from budget.reconciliations import Reconciliation
from budget.sightings import Sighting
from budget.states import DocumentState, Reason, Severity
from review.cells import CellAddress, anchor_of_cell, parse_cell, same_cell
from review.evidence import Evidence, evidence_of
from review.replay import correct_cell, standing_corrections
from review.stages import Stage, stage_of
from warehouse import tables
from warehouse.loading import StoreResult, decisions_of, kept_reading
from warehouse.store import Warehouse
from warehouse.versions import find_version, insert_if_new, record_sighting

ItemState = Literal["open", "decided", "closed"]

NEEDS_A_PERSON = frozenset(
    {
        DocumentState.IN_REVIEW,
        DocumentState.FAILED,
        DocumentState.BLOCKED,
        DocumentState.WITHDRAWN,
        DocumentState.NOT_A_DISCLOSURE,
    }
)
SETTLED = frozenset({DocumentState.LOADED, DocumentState.SUPERSEDED, DocumentState.REJECTED, DocumentState.TAKEN_APART})
_AT_ONCE = 500
_SHORT, _LONG = 10, 24
"""Hex digits of an item id: forty bits, and more for the one in a few hundred thousand that would meet another."""


class NoSuchItemError(LookupError):
    """No item, or more than one, begins like this."""


class DecisionRefusedError(ValueError):
    """A decision that means nothing for this item; the message says what can be decided instead."""


class Rerun(Protocol):
    """What review asks of the floor above: read these contents again, replay, judge, settle and store through the queue."""

    def __call__(self, sha256s: Sequence[str], /) -> object: ...


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of the list."""

    item_id: str
    state: ItemState
    stage: Stage
    reason: Reason | None
    sha256: str | None
    title: str | None
    agency: str | None
    region: str | None
    fiscal_year: int | None
    kind: str | None
    url: str | None
    summary: str
    errors: int
    opened_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """Everything a person needs to decide: `row` as listed, and the evidence of the reading (None when nothing was read)."""

    row: QueueRow
    version: dict[str, Any] | None
    sightings: tuple[dict[str, Any], ...]
    evidence: Evidence | None
    figure_changes: tuple[dict[str, Any], ...]
    decisions: tuple[Decision, ...]


class ReviewQueue:
    """The queue of one warehouse. With a `rerun`, every decision that asks for one is followed by it at once."""

    def __init__(self, warehouse: Warehouse, rerun: Rerun | None = None) -> None:
        self.warehouse = warehouse
        self.rerun = rerun

    # filling

    def store(
        self,
        disclosure: Disclosure,
        *,
        state: DocumentState,
        reason: Reason | None = None,
        run_id: str | None = None,
        error_message: str | None = None,
        size_bytes: int | None = None,
        reconciliations: Sequence[Reconciliation] = (),
    ) -> StoreResult:
        """`Warehouse.store`, and in the same transaction the item that the outcome opens or closes."""
        return self.warehouse.store(
            disclosure, state=state, reason=reason, run_id=run_id, error_message=error_message, size_bytes=size_bytes,
            reconciliations=reconciliations, also=self.follow,
        )  # fmt: skip

    def follow(self, connection: Connection, result: StoreResult) -> None:
        """Open or close the item of a version that has just been stored."""
        if result.state in NEEDS_A_PERSON:
            _open_version(connection, result.sha256, datetime.now(UTC))
        elif result.state in SETTLED:
            _close(connection, tables.review_items.c.sha256 == result.sha256, datetime.now(UTC))

    def record_sightings(self, seen: Iterable[Sighting], run_id: str | None = None) -> list[str]:
        """`Warehouse.record_sightings`, with an item for every file that could not be had, closed when it is had after all."""
        kept = list(seen)

        def work(connection: Connection) -> list[str]:
            ids = [record_sighting(connection, one, run_id) for one in kept]
            for first in range(0, len(ids), _AT_ONCE):
                batch = slice(first, first + _AT_ONCE)
                urls = [one.url for one in kept[batch] if one.url]
                _sync_sightings(connection, datetime.now(UTC), ids[batch], urls)
            return ids

        return self.warehouse.transact(work)

    def sync(self) -> int:
        """Open what should be open and close what is settled; how many items were opened."""

        def work(connection: Connection) -> int:
            now = datetime.now(UTC)
            items, versions = tables.review_items, tables.document_versions
            waiting = connection.scalars(
                select(versions.c.sha256)
                .outerjoin(items, items.c.sha256 == versions.c.sha256)
                .where(versions.c.state.in_(NEEDS_A_PERSON), or_(items.c.item_id.is_(None), items.c.state == "closed"))
                .order_by(versions.c.sha256)
            ).all()
            for sha256 in waiting:
                _open_version(connection, sha256, now)
            settled = select(versions.c.sha256).where(versions.c.state.in_(SETTLED))
            _close(connection, items.c.sha256.in_(settled), now)
            return len(waiting) + _sync_sightings(connection, now)

        return self.warehouse.transact(work)

    # looking

    def list(
        self,
        *,
        state: ItemState | None = "open",
        stage: Stage | None = None,
        reason: Reason | None = None,
        text: str | None = None,
        limit: int | None = None,
    ) -> list[QueueRow]:
        """Items, by region, agency and year. `text` is looked for in title, agency, region and summary; None means all."""
        items, versions, seen = tables.review_items, tables.document_versions, tables.sightings
        query = _listed().order_by(versions.c.region, versions.c.agency, versions.c.fiscal_year, items.c.item_id)
        for column, wanted in ((items.c.state, state), (items.c.stage, stage), (items.c.reason, reason)):
            if wanted is not None:
                query = query.where(column == str(wanted))
        if text:
            searched = (versions.c.title, versions.c.agency, versions.c.region, seen.c.article_title, items.c.summary)
            query = query.where(or_(*(column.contains(text, autoescape=True) for column in searched)))
        with self.warehouse.engine.connect() as connection:
            return [_row(found) for found in connection.execute(query.limit(limit)).mappings()]

    def counts(self) -> dict[tuple[ItemState, Stage, Reason | None], int]:
        """How many items are in which state, at which stage, for which reason."""
        items = tables.review_items.c
        with self.warehouse.engine.connect() as connection:
            found = connection.execute(
                select(items.state, items.stage, items.reason, func.count()).group_by(
                    items.state, items.stage, items.reason
                )
            ).all()
        return {(state, stage, Reason(reason) if reason else None): count for state, stage, reason, count in found}

    def item_of(self, sha256: str) -> str | None:
        """The id of the item of a version, None when it has none."""
        with self.warehouse.engine.connect() as connection:
            return connection.scalar(
                select(tables.review_items.c.item_id).where(tables.review_items.c.sha256 == sha256)
            )

    def show(self, item_id: str) -> ItemDetail:
        """Everything about one item. `item_id` may be shortened as long as it is unique; raises NoSuchItemError."""
        with self.warehouse.engine.connect() as connection:
            row = _row(_find(connection, item_id))
            if row.sha256 is None:
                place = tables.sightings.c.sighting_id == _sighting_of(connection, row.item_id)
                return ItemDetail(row, None, _sightings(connection, place), None, (), ())
            version = find_version(connection, row.sha256)
            reading = kept_reading(connection, row.sha256)
            changes = connection.execute(
                select(tables.figure_changes)
                .where(tables.figure_changes.c.sha256 == row.sha256)
                .order_by(tables.figure_changes.c.against, tables.figure_changes.c.change_no)
            ).mappings()
            return ItemDetail(
                row,
                version,
                _sightings(connection, tables.sightings.c.sha256 == row.sha256),
                evidence_of(reading) if reading is not None else None,
                tuple(dict(change) for change in changes),
                decisions_of(connection, row.sha256),
            )

    def decisions_for(self, sha256: str) -> tuple[Decision, ...]:
        """What people decided on this content, oldest first."""
        return self.warehouse.decisions_for(sha256)

    # deciding

    def accept(
        self,
        item_id: str,
        note: str,
        by: str | None = None,
        findings: Iterable[int] | None = None,
        seen: str | None = None,
    ) -> Decision:
        """Accept errors as the publisher's own: all, or those numbered as `show` numbers them with what they cause.

        `seen` is the recipe of the reading the person looked at. Raises DecisionRefusedError when there is no error to
        accept, or another reading stands there now.
        """
        chosen = None if findings is None else set(findings)

        def decide(connection: Connection, sha256: str, reading: Disclosure | None) -> dict[str, Any]:
            if reading is None or not reading.errors:
                raise DecisionRefusedError(
                    f"{item_id}: there is no finding to accept; correct, reject or extract again"
                )
            anchors = tuple(anchor_of(finding, reading.statements) for finding in _chosen(item_id, reading, chosen))
            return {"findings": anchors}

        return self._decide(item_id, "accept", note, by, decide, seen)

    def correct(
        self,
        item_id: str,
        cell: str | CellAddress,
        value: str,
        note: str,
        by: str | None = None,
        seen: str | None = None,
    ) -> Decision:
        """Correct a money cell to `value`, the text that stands on the page ('' for blank), in the page's unit.

        Raises CellAddressError (no such cell), CorrectionError (no amount) or DecisionRefusedError (nothing to correct).
        """
        address = parse_cell(cell) if isinstance(cell, str) else cell

        def decide(connection: Connection, sha256: str, reading: Disclosure | None) -> dict[str, Any]:
            if reading is None or not reading.statements:
                raise DecisionRefusedError(
                    f"{item_id}: nothing was read, so no cell can be corrected; reject or extract again"
                )
            anchor = anchor_of_cell(reading, address)
            if squeeze(anchor.read) == squeeze(value):
                raise DecisionRefusedError(f"{item_id}: {address} already reads {anchor.read!r}")
            for earlier in standing_corrections(decisions_of(connection, sha256)):
                # the reading shown has the earlier correction in it; the anchor keeps what the extractor had read
                if (
                    earlier.cell is not None
                    and same_cell(earlier.cell, anchor)
                    and (earlier.value or "") == anchor.read
                ):
                    anchor = earlier.cell
            correct_cell(reading, address, _draft(sha256, note, value))
            return {"cell": anchor, "value": value.strip()}

        return self._decide(item_id, "correct", note, by, decide, seen)

    def reject(self, item_id: str, note: str, by: str | None = None) -> Decision:
        """Keep the document out for good: the version is rejected and the item closed, until somebody asks to extract again."""
        return self._decide(item_id, "reject", note, by, lambda connection, sha256, reading: {})

    def reextract(self, item_id: str, note: str = "", by: str | None = None) -> Decision:
        """Ask for another reading; lifts an earlier rejection. For a file that could not be had: the next crawl tries again."""
        return self._decide(item_id, "reextract", note, by, lambda connection, sha256, reading: {})

    def rerun_decided(self) -> tuple[str, ...]:
        """Rerun every version with a decision that waits for it; gives their sha256. Raises LookupError without a `rerun`."""
        if self.rerun is None:
            raise LookupError("this queue was made without a rerun")
        waiting = tuple(row.sha256 for row in self.list(state="decided") if row.sha256)
        if waiting:
            self.rerun(waiting)
        return waiting

    def _decide(
        self,
        item_id: str,
        action: Literal["accept", "correct", "reject", "reextract"],
        note: str,
        by: str | None,
        what: _Decide,
        seen: str | None = None,
    ) -> Decision:
        person = by or getpass.getuser()
        if action != "reextract" and not note.strip():
            raise DecisionRefusedError("a decision needs a note: who reads it next year must know why")

        def work(connection: Connection) -> tuple[Decision, str | None]:
            row = _row(_find(connection, item_id))
            if row.sha256 is None and action in ("accept", "correct"):
                raise DecisionRefusedError(f"{item_id}: the file could not be had; reject it or ask to try again")
            if row.state == "closed" and action != "reextract":
                raise DecisionRefusedError(
                    f"{row.item_id}: the item is closed ({_why_closed(connection, row)}), nobody is asked; `reextract` opens it again"
                )
            subject = row.sha256 or f"sighting:{_sighting_of(connection, row.item_id)}"
            version = find_version(connection, row.sha256) if row.sha256 else None
            if seen is not None and version is not None and version["recipe"] != seen:
                raise DecisionRefusedError(f"{item_id}: the document has been read again since you looked; look again")
            reading = kept_reading(connection, row.sha256) if row.sha256 else None
            values = what(connection, subject, reading)
            decision = _write(connection, subject, action, note.strip(), person, values)
            closed = action == "reject"
            if closed and version is not None:
                rejected = {"state": DocumentState.REJECTED.value, "reason": Reason.PERSON.value}
                connection.execute(
                    update(tables.document_versions)
                    .where(tables.document_versions.c.sha256 == row.sha256)
                    .values(**rejected)
                )
            moment = {"closed_at" if closed else "decided_at": decision.decided_at}
            connection.execute(
                update(tables.review_items)
                .where(tables.review_items.c.item_id == row.item_id)
                .values(state="closed" if closed else "decided", **moment)
            )
            return decision, row.sha256

        decision, sha256 = self.warehouse.transact(work)
        if sha256 is not None and action != "reject" and self.rerun is not None:
            self.rerun([sha256])
        return decision


def _why_closed(connection: Connection, row: QueueRow) -> str:
    """What became of a closed item: the state of its version; rejected, or had since, for a file that could not be had."""
    version = find_version(connection, row.sha256) if row.sha256 else None
    if version is not None:
        return str(version["state"])
    subject = f"sighting:{_sighting_of(connection, row.item_id)}"
    decided = decisions_of(connection, subject)
    return "rejected" if decided and decided[-1].action == "reject" else "the file was had since"


class _Decide(Protocol):
    def __call__(self, connection: Connection, sha256: str, reading: Disclosure | None, /) -> dict[str, Any]: ...


def _chosen(item_id: str, reading: Disclosure, chosen: set[int] | None) -> list[Finding]:
    """The errors to accept: all, or the chosen ones and every error that one of them has caused."""
    errors = {number: finding for number, finding in enumerate(reading.findings) if finding.severity is Severity.ERROR}
    if chosen is None:
        return list(errors.values())
    unknown = sorted(chosen - errors.keys())
    if unknown:
        raise DecisionRefusedError(f"{item_id}: {unknown} are no errors; its errors are {sorted(errors)}")
    return [finding for number, finding in errors.items() if number in chosen or finding.caused_by in chosen]


def _draft(sha256: str, note: str, value: str) -> Decision:
    return Decision(
        id="draft",
        sha256=sha256,
        action="correct",
        note=note,
        decided_by="draft",
        decided_at=datetime.now(UTC),
        value=value,
    )


def _write(
    connection: Connection,
    subject: str,
    action: Literal["accept", "correct", "reject", "reextract"],
    note: str,
    by: str,
    values: dict[str, Any],
) -> Decision:
    """Keep one decision, numbered after the ones before it on the same subject."""
    kept = tables.decisions
    number = connection.scalar(select(func.count()).select_from(kept).where(kept.c.sha256 == subject)) or 0
    content = json.dumps([subject, number, action, note, by, values.get("value")], ensure_ascii=False)
    decision = Decision(
        id=f"d-{hashlib.sha256(content.encode()).hexdigest()[:10]}", sha256=subject, action=action, note=note,
        decided_by=by, decided_at=datetime.now(UTC), **values,
    )  # fmt: skip
    connection.execute(
        kept.insert().values(
            decision_id=decision.id, sha256=subject, decision_no=number, action=action, note=note, decided_by=by,
            decided_at=decision.decided_at, decision=decision.model_dump(mode="json"),
        )
    )  # fmt: skip
    return decision


def _open_version(connection: Connection, sha256: str, now: datetime) -> None:
    """Open the item of a version, or bring the open one up to date with the reading that stands there now."""
    version = find_version(connection, sha256)
    if version is None:
        raise LookupError(f"there is no version {sha256}")
    reading = kept_reading(connection, sha256)
    reason = Reason(version["reason"]) if version["reason"] else None
    values = {
        "stage": stage_of(DocumentState(version["state"]), reason), "reason": version["reason"],
        "summary": _summary(version, reading), "state": "open", "closed_at": None, "decided_at": None,
    }  # fmt: skip
    items = tables.review_items
    known = connection.execute(select(items).where(items.c.sha256 == sha256)).mappings().first()
    if known is None:
        _insert_item(connection, sha256, {**values, "sha256": sha256, "opened_at": now})
        return
    opened = {} if known["state"] == "open" else {"opened_at": now}
    connection.execute(update(items).where(items.c.sha256 == sha256).values(**values, **opened))


def _sync_sightings(
    connection: Connection, now: datetime, only: Sequence[str] | None = None, urls: Sequence[str] = ()
) -> int:
    """Items for files that could not be had, closed when the same address gave a file since; how many were opened.

    `only` and `urls` keep the search to sightings just recorded; without them all are looked at.
    """
    items, missed = tables.review_items, tables.sightings
    had = tables.sightings.alias("had")
    had_since = exists().where(
        had.c.portal == missed.c.portal, had.c.article_url == missed.c.article_url, had.c.url == missed.c.url,
        had.c.sha256.is_not(None), had.c.last_seen_at >= missed.c.last_seen_at,
    )  # fmt: skip
    lost = and_(missed.c.outcome.in_(("blocked", "failed")), missed.c.sha256.is_(None))
    asked = lost if only is None else and_(lost, missed.c.sighting_id.in_(only))
    answered = lost if only is None else and_(lost, missed.c.url.in_(urls))
    waiting = connection.execute(
        select(missed)
        .outerjoin(items, items.c.sighting_id == missed.c.sighting_id)
        .where(asked, items.c.item_id.is_(None), ~had_since)
        .order_by(missed.c.sighting_id)
    ).mappings().all()  # fmt: skip
    for sighting in waiting:
        summary = f"{sighting['article_title']}: {sighting['outcome']}, {sighting['detail'] or sighting['reason'] or 'no detail'}"
        values = {
            "sighting_id": sighting["sighting_id"], "stage": "download", "reason": sighting["reason"],
            "summary": summary, "state": "open", "opened_at": now,
        }  # fmt: skip
        _insert_item(connection, sighting["sighting_id"], values)
    # missing again after it had been there, or after a person asked to try again; what a person rejected stays closed
    rejected = exists().where(
        tables.decisions.c.sha256 == literal("sighting:") + missed.c.sighting_id, tables.decisions.c.action == "reject"
    )
    again = select(missed.c.sighting_id).where(asked, ~had_since, ~rejected)
    stale = ("closed",) if only is None else ("closed", "decided")
    connection.execute(
        update(items)
        .where(items.c.sighting_id.in_(again), items.c.state.in_(stale))
        .values(state="open", opened_at=now, closed_at=None)
    )
    _close(connection, items.c.sighting_id.in_(select(missed.c.sighting_id).where(answered, had_since)), now)
    return len(waiting)


def _summary(version: dict[str, Any], reading: Disclosure | None) -> str:
    """One line that says why: the root errors by check with the first of them, or what kept the file from being read."""
    if version["error_message"]:
        return str(version["error_message"])
    roots = [finding for finding in reading.errors if finding.caused_by is None] if reading is not None else []
    if not roots:
        return str(version["reason"] or version["state"])
    checks = Counter(finding.check for finding in roots)
    named = ", ".join(f"{check} × {count}" if count > 1 else check for check, count in checks.items())
    # most messages begin with the check they are of; the sentences below the first line are for `show`
    first = roots[0].message.partition("\n")[0].removeprefix(roots[0].check).lstrip(" :")
    return f"{named}: {first}"


def _insert_item(connection: Connection, digest: str, values: dict[str, Any]) -> None:
    for length in (_SHORT, _LONG):
        if insert_if_new(connection, tables.review_items, {"item_id": f"R-{digest[:length]}", **values}):
            return
    raise RuntimeError(f"two items begin with {digest[:_LONG]}")


def _close(connection: Connection, chosen: Any, now: datetime) -> None:
    items = tables.review_items
    connection.execute(update(items).where(chosen, items.c.state != "closed").values(state="closed", closed_at=now))


def _listed() -> Any:
    items, versions, documents, seen = (
        tables.review_items, tables.document_versions, tables.documents, tables.sightings,
    )  # fmt: skip
    return (
        select(
            items, versions.c.title, versions.c.agency, versions.c.region, versions.c.fiscal_year, versions.c.kind,
            versions.c.errors, seen.c.url, seen.c.article_title, seen.c.region.label("seen_region"),
        )
        .outerjoin(versions, versions.c.sha256 == items.c.sha256)
        .outerjoin(documents, documents.c.document_id == versions.c.document_id)
        .outerjoin(seen, seen.c.sighting_id == func.coalesce(items.c.sighting_id, documents.c.sighting_id))
    )  # fmt: skip


def _row(found: Any) -> QueueRow:
    return QueueRow(
        item_id=found["item_id"], state=found["state"], stage=found["stage"],
        reason=Reason(found["reason"]) if found["reason"] else None, sha256=found["sha256"],
        title=found["title"] or found["article_title"], agency=found["agency"],
        region=found["region"] or found["seen_region"], fiscal_year=found["fiscal_year"], kind=found["kind"],
        url=found["url"], summary=found["summary"], errors=found["errors"] or 0, opened_at=found["opened_at"],
    )  # fmt: skip


def _find(connection: Connection, written: str) -> Any:
    """The one item whose id begins as written; `R-` and case do not matter."""
    digits = written.strip().lower().removeprefix("r-")
    if not digits or not set(digits) <= set("0123456789abcdef"):
        raise NoSuchItemError(f"{written!r} is no item id; `list` prints them, such as R-3f9c02a1b4")
    items = tables.review_items
    query = _listed().where(items.c.item_id.like(f"R-{digits}%")).order_by(items.c.item_id).limit(3)
    found = connection.execute(query).mappings().all()
    if not found:
        raise NoSuchItemError(f"there is no item {written}; `list` prints them")
    if len(found) > 1 and found[0]["item_id"] != f"R-{digits}":
        raise NoSuchItemError(
            f"{written} is short for {found[0]['item_id']} and {found[1]['item_id']}; give more digits"
        )
    return found[0]


def _sighting_of(connection: Connection, item_id: str) -> str | None:
    return connection.scalar(select(tables.review_items.c.sighting_id).where(tables.review_items.c.item_id == item_id))


def _sightings(connection: Connection, chosen: Any) -> tuple[dict[str, Any], ...]:
    seen = tables.sightings
    found = connection.execute(select(seen).where(chosen).order_by(seen.c.url, seen.c.sighting_id)).mappings()
    return tuple(dict(row) for row in found)


__all__ = ["DecisionRefusedError", "FindingAnchor", "ItemDetail", "NoSuchItemError", "QueueRow", "Rerun", "ReviewQueue"]
