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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, and_, delete, exists, func, literal, or_, select, update

from budget.decisions import Action, Decision, FindingAnchor, anchor_of, kept_out, same_anchor, standing
from budget.disclosure import Disclosure, Finding, Place
from budget.known_forms import NOT_JUDGED, JudgedForms
from budget.printed_text import squeeze
from budget.reconciliations import Reconciliation
from budget.sightings import Sighting
from budget.states import DocumentState, Origin, Reason, Severity
from review.causes import cause_of
from review.cells import CellAddress, CellAddressError, anchor_of_cell, find_cell, money_cell, parse_cell, same_cell
from review.evidence import Evidence, evidence_of
from review.replay import correct_cell, standing_corrections
from review.rules import rule_for
from review.stages import Stage, stage_of
from warehouse import tables
from warehouse.loading import REASON_KEPT_OUT, StoreResult, decisions_of, inherited_decisions, kept_reading
from warehouse.store import Warehouse
from warehouse.versions import find_version, insert_if_new, record_sighting

ItemState = Literal["open", "decided", "closed"]
Rows = list["QueueRow"]
Ids = list[str]
"""Named here, because inside the class `list` is the method."""

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


class StaleDecisionError(DecisionRefusedError):
    """Somebody else decided since the person looked; the message says who decided what."""


class Rerun(Protocol):
    """What review asks of the floor above: read these contents again, replay, judge, settle and store through the queue."""

    def __call__(self, sha256s: Sequence[str], /) -> object: ...


class SecondReading(Protocol):
    """What another reader reads at a place of a content; None when it cannot say."""

    def __call__(self, sha256: str, place: Place, /) -> str | None: ...


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
    portal: str | None = None
    cause: str | None = None
    check: str | None = None
    origin: str | None = None
    form: str | None = None
    one_cause: bool = True
    facts: int = 0
    """Figures that wait behind the item: what a decision frees."""
    claimed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are asked for; None means any. `older_than`: opened before this moment."""

    state: ItemState | None = "open"
    stage: str | None = None
    reason: str | None = None
    portal: str | None = None
    region: str | None = None
    fiscal_year: int | None = None
    kind: str | None = None
    check: str | None = None
    origin: str | None = None
    form: str | None = None
    cause: str | None = None
    claimed_by: str | None = None
    text: str | None = None
    older_than: datetime | None = None


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Items that wait for one cause: how many, how many figures wait behind them, and one of them to look at."""

    cause: str
    check: str | None
    origin: str | None
    form: str | None
    reason: str | None
    items: int
    facts: int
    one_item: str
    summary: str


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a decision on many items did: the decisions by item, and why which items were refused."""

    bulk_id: str
    decided: dict[str, Decision]
    refused: dict[str, str]


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """Everything a person needs to decide: `row` as listed, and the evidence of the reading (None when nothing was read)."""

    row: QueueRow
    version: dict[str, Any] | None
    sightings: tuple[dict[str, Any], ...]
    evidence: Evidence | None
    figure_changes: tuple[dict[str, Any], ...]
    decisions: tuple[Decision, ...]
    inherited: tuple[Decision, ...] = ()
    """What was decided on the versions that this one replaced, and is put to it too."""


class ReviewQueue:
    """The queue of one warehouse. With a `rerun`, every decision that asks for one is followed by it at once.

    With a `second_reading`, a correction asks it whether the cell is read alike by another reader; without it, the origin of
    the findings tells.
    """

    def __init__(
        self, warehouse: Warehouse, rerun: Rerun | None = None, second_reading: SecondReading | None = None
    ) -> None:
        self.warehouse = warehouse
        self.rerun = rerun
        self.second_reading = second_reading

    # filling

    def store(
        self, disclosure: Disclosure, *, state: DocumentState, reason: Reason | None = None, run_id: str | None = None,
        error_message: str | None = None, size_bytes: int | None = None, reconciliations: Sequence[Reconciliation] = (),
        forms: JudgedForms = NOT_JUDGED,
    ) -> StoreResult:  # fmt: skip
        """`Warehouse.store`, and in the same transaction the item that the outcome opens or closes."""
        return self.warehouse.store(
            disclosure, state=state, reason=reason, run_id=run_id, error_message=error_message, size_bytes=size_bytes,
            reconciliations=reconciliations, forms=forms, also=self.follow,
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
            _tell_causes(connection)
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

    def page(self, wanted: Wanted, *, limit: int, offset: int = 0, sort: Sort = "place") -> tuple[Rows, int]:
        """(some of the items wanted, how many there are in all). Sorted by place, by age, or by how many figures they free."""
        items = tables.review_items.c
        with self.warehouse.engine.connect() as connection:
            if wanted.text:  # looking at every text once is dearer than carrying all ids
                ids = _some_ids(connection, wanted, None, 0, sort)
                return self._rows(connection, ids[offset : offset + limit]), len(ids)
            count = connection.scalar(_narrow(wanted, func.count(items.item_id))) or 0
            return self._rows(connection, _some_ids(connection, wanted, limit, offset, sort)), count

    def after(self, wanted: Wanted, item_id: str, sort: Sort = "place") -> str | None:
        """The first of the items wanted that is not this one: what a person goes on with."""
        with self.warehouse.engine.connect() as connection:
            found = _some_ids(connection, wanted, 2, 0, sort)
        return next((one for one in found if one != item_id), None)

    def _rows(self, connection: Connection, ids: Ids) -> Rows:
        found = connection.execute(_listed().where(tables.review_items.c.item_id.in_(ids))).mappings()
        rows = {one["item_id"]: _row(one) for one in found}
        return [rows[one] for one in ids if one in rows]

    def groups(self, wanted: Wanted, *, limit: int = 50, at_least: int = 2) -> tuple[CauseGroup, ...]:
        """The causes that several of the items wanted share, the one first whose items free most figures."""
        items = tables.review_items.c
        columns = (items.cause, items.check_id, items.origin, items.form)
        count, facts = func.count(items.item_id), func.coalesce(func.sum(items.frees), 0)
        query = (
            _narrow(
                wanted, *columns, func.min(items.reason).label("reason"), count.label("count"), facts.label("facts"),
                func.min(items.item_id).label("one_item"), func.min(items.summary).label("summary"),
            )
            .where(items.cause.is_not(None))
            .group_by(*columns)
            .having(count >= at_least)
            .order_by(count.desc(), facts.desc(), items.cause)
            .limit(limit)
        )  # fmt: skip
        with self.warehouse.engine.connect() as connection:
            return tuple(
                CauseGroup(
                    one["cause"], one["check_id"], one["origin"], one["form"], one["reason"], one["count"],
                    int(one["facts"]), one["one_item"], one["summary"],
                )
                for one in connection.execute(query).mappings()
            )  # fmt: skip

    def choices(self) -> dict[str, tuple[str, ...]]:
        """What the open items can be filtered by: the values that occur, by the names of `Wanted`."""
        items, versions = tables.review_items.c, tables.document_versions.c
        asked = {
            "portal": items.portal, "check": items.check_id, "origin": items.origin, "reason": items.reason,
            "region": versions.region, "fiscal_year": versions.fiscal_year, "kind": versions.kind,
        }  # fmt: skip
        joined = tables.review_items.outerjoin(tables.document_versions, versions.sha256 == items.sha256)
        with self.warehouse.engine.connect() as connection:
            return {
                name: tuple(
                    str(one)
                    for one in connection.scalars(
                        select(column).select_from(joined).where(items.state != "closed").distinct().order_by(column)
                    )
                    if one is not None
                )
                for name, column in asked.items()
            }

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
                lost = _sighting_of(connection, row.item_id)
                seen = _sightings(connection, tables.sightings.c.sighting_id == lost)
                return ItemDetail(row, None, seen, None, (), decisions_of(connection, f"{_OF_SIGHTING}{lost}"))
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
                inherited_decisions(connection, row.sha256),
            )

    def decisions_for(self, sha256: str) -> tuple[Decision, ...]:
        """What people decided on this content, oldest first."""
        return self.warehouse.decisions_for(sha256)

    # working together

    def claim(self, item_id: str, person: str, by: str | None = None) -> str:
        """Take an item for `person`; gives who has it now. Taken by another, it stays theirs until they release it."""
        claims = tables.review_claims

        def work(connection: Connection) -> str:
            found = _find(connection, item_id)["item_id"]
            row = {"item_id": found, "person": person, "by": by or person, "claimed_at": datetime.now(UTC)}
            insert_if_new(connection, claims, row)
            return str(connection.scalar(select(claims.c.person).where(claims.c.item_id == found)))

        return self.warehouse.transact(work)

    def release(self, item_id: str) -> None:
        """Give an item back, whoever had it."""

        def work(connection: Connection) -> None:
            found = _find(connection, item_id)["item_id"]
            connection.execute(delete(tables.review_claims).where(tables.review_claims.c.item_id == found))

        self.warehouse.transact(work)

    def people(self) -> tuple[dict[str, Any], ...]:
        """How many decisions of which kind each person made, and how many items they have."""
        kept, claims = tables.decisions.c, tables.review_claims.c
        with self.warehouse.engine.connect() as connection:
            made = connection.execute(
                select(kept.decided_by, kept.action, func.count()).group_by(kept.decided_by, kept.action)
            ).all()
            held = connection.execute(select(claims.person, func.count()).group_by(claims.person)).all()
        people: dict[str, dict[str, Any]] = {name: {"person": name, "holds": count} for name, count in held}
        for name, action, count in made:
            people.setdefault(name, {"person": name, "holds": 0})[action] = count
        return tuple(people[name] for name in sorted(people))

    # deciding

    def accept(
        self,
        item_id: str,
        note: str,
        by: str | None = None,
        findings: Iterable[int] | None = None,
        seen: str | None = None,
        *,
        seen_no: int | None = None,
        replace: bool = False,
        bulk: str | None = None,
    ) -> Decision:
        """Accept errors as the publisher's own: all, or those numbered as `show` numbers them with what they cause.

        `seen` is the recipe of the reading the person looked at, `seen_no` how many decisions there were. Raises
        DecisionRefusedError when there is no error to accept, another reading stands there now, or a correction of one of the
        cells waits, which `replace` takes back; StaleDecisionError when somebody decided since.
        """
        chosen = None if findings is None else set(findings)

        def decide(connection: Connection, sha256: str, reading: Disclosure | None) -> dict[str, Any]:
            if reading is None or not reading.errors:
                raise DecisionRefusedError(
                    f"{item_id}: there is no finding to accept; correct, reject or extract again"
                )
            errors = _chosen(item_id, reading, chosen)
            replaced = _corrections_accepted(item_id, reading, errors, decisions_of(connection, sha256), replace)
            return {"findings": tuple(anchor_of(one, reading.statements) for one in errors), "replaces": replaced}

        return self._decide(item_id, "accept", note, by, decide, seen, seen_no, bulk)

    def correct(
        self,
        item_id: str,
        cell: str | CellAddress,
        value: str,
        note: str,
        by: str | None = None,
        seen: str | None = None,
        *,
        second_look: str | None = None,
        seen_no: int | None = None,
        replace: bool = False,
    ) -> Decision:
        """Put `value` beside what is read in a money cell: the text that should stand there ('' for blank), in the page's unit.

        Where both readers read the cell alike, the page prints it: then `second_look` names who looked a second time, and the
        contradiction stays in sight. Raises CellAddressError (no such cell), CorrectionError (no amount), DecisionRefusedError
        (nothing to correct, no second look, a finding of the cell was accepted and `replace` is not given) or
        StaleDecisionError.
        """
        address = parse_cell(cell) if isinstance(cell, str) else cell
        alike = self._read_alike(item_id, address)
        look = (second_look or "").strip() or None

        def decide(connection: Connection, sha256: str, reading: Disclosure | None) -> dict[str, Any]:
            if reading is None or not reading.statements:
                raise DecisionRefusedError(
                    f"{item_id}: nothing was read, so no cell can be corrected; reject or extract again"
                )
            anchor = anchor_of_cell(reading, address)
            decisions = decisions_of(connection, sha256)
            earlier = [one for one in standing_corrections(decisions) if one.cell and same_cell(one.cell, anchor)]
            now = earlier[0].value or "" if earlier else anchor.read
            if squeeze(now) == squeeze(value):
                raise DecisionRefusedError(f"{item_id}: {address} already reads {now!r}")
            correct_cell(reading, address, _draft(sha256, note, value))
            if alike and look is None:
                raise SecondLookError(
                    f"{item_id}: both readers read {anchor.read!r} in {address}, so the page prints it: accept the "
                    "contradiction as published, or name who looked a second time (--second-look); what is printed and the "
                    "contradiction then stay in sight"
                )
            accepted = _accepted_of_cell(reading, address, decisions)
            if accepted and not replace:
                raise DecisionRefusedError(
                    f"{item_id}: {_told(accepted.values())} accepted a contradiction of {address} as published; "
                    "to correct instead, say that it replaces that (--replace)"
                )
            return {
                "cell": anchor, "value": value.strip(), "second_look": look if alike else None,
                "replaces": (*accepted, *(one.id for one in earlier)),
                "findings": tuple(anchor for anchor, _ in _accepted_anchors(reading, address, decisions)),
            }  # fmt: skip

        return self._decide(item_id, "correct", note, by, decide, seen, seen_no)

    def _read_alike(self, item_id: str, address: CellAddress) -> bool:
        """Whether both readers read the cell alike; asked before the transaction, because the other reader takes its time."""
        with self.warehouse.engine.connect() as connection:
            sha256 = _find(connection, item_id)["sha256"]
            reading = kept_reading(connection, sha256) if sha256 else None
        if reading is None or not reading.statements:
            return False
        try:
            fact = money_cell(reading, address).by_place.get((address.row, address.col))
        except CellAddressError:
            return False  # whether there is such a cell is told in the transaction, after what matters more
        blamed = (one for one in reading.findings if one.origin is Origin.PUBLISHER)
        if fact is not None and any(cell.fact_id == fact.id for one in blamed for cell in one.cells):
            return True
        if self.second_reading is None or fact is None or fact.at is None:
            return False
        heard = self.second_reading(reading.document.sha256, fact.at)
        return heard is not None and squeeze(heard) == squeeze(fact.raw)

    def reject(
        self, item_id: str, note: str, by: str | None = None, *, seen_no: int | None = None, bulk: str | None = None
    ) -> Decision:
        """Keep the document out for good: the version is rejected and the item closed, until somebody asks to extract again."""
        return self._decide(item_id, "reject", note, by, _nothing, None, seen_no, bulk)

    def government(
        self, item_id: str, note: str, by: str | None = None, *, seen_no: int | None = None, bulk: str | None = None
    ) -> Decision:
        """It is a whole government's, no department's: kept out as out of scope, until somebody asks to extract again."""
        return self._decide(item_id, "government", note, by, _nothing, None, seen_no, bulk)

    def reextract(
        self,
        item_id: str,
        note: str = "",
        by: str | None = None,
        *,
        seen_no: int | None = None,
        bulk: str | None = None,
    ) -> Decision:
        """Ask for another reading; lifts an earlier rejection. For a file that could not be had: the next crawl tries again."""
        return self._decide(item_id, "reextract", note, by, _nothing, None, seen_no, bulk)

    def newer(
        self, item_id: str, note: str, by: str | None = None, *, seen_no: int | None = None, bulk: str | None = None
    ) -> Decision:
        """Wait for another file at the same address: the item stands as decided until one comes or somebody asks again."""
        return self._decide(item_id, "newer", note, by, _nothing, None, seen_no, bulk)

    def note(self, item_id: str, text: str, by: str | None = None) -> Decision:
        """Say something about an item; nothing changes, and it may be closed."""
        return self._decide(item_id, "note", text, by, _nothing)

    def undo(
        self,
        item_id: str,
        note: str = "",
        by: str | None = None,
        decision_id: str | None = None,
        *,
        seen_no: int | None = None,
        rule: str | None = None,
        bulk: str | None = None,
    ) -> Decision:
        """Take a decision back: the last that stands, or the one named. The document is read and judged again without it.

        Raises DecisionRefusedError when there is none, or it is a reextract: then decide otherwise instead.
        """

        def decide(connection: Connection, sha256: str, reading: Disclosure | None) -> dict[str, Any]:
            made = inherited_decisions(connection, sha256) + decisions_of(connection, sha256)
            gone = {earlier for one in made if one.action == "undo" for earlier in one.replaces}
            open_ones = [one for one in made if one.action not in ("undo", "note", "reextract") and one.id not in gone]
            chosen = [one for one in open_ones if decision_id is None or one.id == decision_id][-1:]
            if not chosen:
                named = f"decision {decision_id}" if decision_id else "no decision"
                raise DecisionRefusedError(f"{item_id}: {named} stands that could be taken back")
            return {"replaces": (chosen[0].id,)}

        return self._decide(item_id, "undo", note, by, decide, None, seen_no, bulk, rule)

    def bulk(
        self,
        item_ids: Iterable[str],
        action: BulkAction,
        note: str,
        by: str | None = None,
        *,
        rule: str | None = None,
        seen_nos: Mapping[str, int] | None = None,
    ) -> Bulk:
        """One decision on many items, each in a transaction of its own, then one rerun; what is refused is told by item.

        `seen_nos` says how many decisions there were of each item when the person looked.

        The id of the bulk is kept with every decision of it, so that `undo_bulk` takes back all of it.
        """
        person = by or getpass.getuser()
        items = list(dict.fromkeys(item_ids))
        content = json.dumps([items, action, note, person, datetime.now(UTC).isoformat()])
        bulk_id = f"b-{hashlib.sha256(content.encode()).hexdigest()[:10]}"
        decided: dict[str, Decision] = {}
        refused: dict[str, str] = {}
        for item_id in items:
            what = self._all_errors(item_id) if action == "accept" else _nothing
            try:
                decided[item_id] = self._decide(
                    item_id, action, note, person, what, None, (seen_nos or {}).get(item_id), bulk_id, rule, rerun=False
                )
            except (DecisionRefusedError, NoSuchItemError) as why:
                refused[item_id] = str(why)
        self._rerun(action, [one.sha256 for one in decided.values()])
        return Bulk(bulk_id, decided, refused)

    def preview(self, item_ids: Iterable[str], action: BulkAction) -> dict[str, str]:
        """What `bulk` would do, by item, in words; nothing is changed."""
        told = {}
        for item_id in dict.fromkeys(item_ids):
            with self.warehouse.engine.connect() as connection:
                row = _row(_find(connection, item_id))
                reading = kept_reading(connection, row.sha256) if row.sha256 else None
            if row.state == "closed" and action != "reextract":
                told[item_id] = "refused: the item is closed"
            elif action == "accept":
                errors = reading.errors if reading is not None else ()
                checks = Counter(one.check for one in errors)
                named = ", ".join(f"{check} × {count}" for check, count in checks.items())
                told[item_id] = (
                    f"accepts {named}; {row.facts} figures load" if errors else "refused: no finding to accept"
                )
            else:
                told[item_id] = {
                    "reject": "kept out of the warehouse", "government": "kept out as a whole government's",
                    "reextract": "read again", "newer": "waits for another file",
                }[action]  # fmt: skip
        return told

    def undo_bulk(self, bulk_id: str, note: str = "", by: str | None = None) -> Bulk:
        """Take back every decision of a bulk that still stands."""
        return self._undo_all("bulk", bulk_id, note, by)

    def undo_rule(self, rule_id: str, note: str = "", by: str | None = None) -> Bulk:
        """Take back every decision that a rule made and that still stands."""
        return self._undo_all("rule", rule_id, note, by)

    def _undo_all(self, field: Literal["bulk", "rule"], wanted: str, note: str, by: str | None) -> Bulk:
        kept = tables.decisions.c
        with self.warehouse.engine.connect() as connection:
            made = [
                Decision.model_validate(one)
                for one in connection.scalars(
                    select(kept.decision)
                    .where(kept.action != "undo", kept.decision[field].as_string() == wanted)
                    .order_by(kept.decision_id)
                )
            ]
            items = {one.id: _item_of_subject(connection, one.sha256) for one in made}
        if not made:
            raise NoSuchItemError(f"no decision was made by {field} {wanted}")
        decided: dict[str, Decision] = {}
        refused: dict[str, str] = {}
        reruns = []
        rerun, self.rerun = self.rerun, None
        try:
            for one in made:
                item_id = items[one.id]
                if item_id is None:
                    continue
                try:
                    decided[item_id] = self.undo(item_id, note, by, one.id, bulk=wanted if field == "bulk" else None)
                    reruns.append(one.sha256)
                except DecisionRefusedError as why:
                    refused[item_id] = str(why)
        finally:
            self.rerun = rerun
        self._rerun("undo", reruns)
        return Bulk(wanted, decided, refused)

    def _all_errors(self, item_id: str) -> _Decide:
        def decide(connection: Connection, sha256: str, reading: Disclosure | None) -> dict[str, Any]:
            if reading is None or not reading.errors:
                raise DecisionRefusedError(f"{item_id}: there is no finding to accept")
            _corrections_accepted(item_id, reading, reading.errors, decisions_of(connection, sha256), False)
            return {"findings": tuple(anchor_of(one, reading.statements) for one in reading.errors)}

        return decide

    def _rerun(self, action: str, subjects: Iterable[str]) -> None:
        shas = [one for one in dict.fromkeys(subjects) if not one.startswith(_OF_SIGHTING)]
        if shas and action in RERUN_AFTER and self.rerun is not None:
            self.rerun(shas)

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
        action: Action,
        note: str,
        by: str | None,
        what: _Decide,
        seen: str | None = None,
        seen_no: int | None = None,
        bulk: str | None = None,
        rule: str | None = None,
        rerun: bool = True,
    ) -> Decision:
        person = by or getpass.getuser()
        if action not in ("reextract", "undo") and not note.strip():
            raise DecisionRefusedError("a decision needs a note: who reads it next year must know why")

        def work(connection: Connection) -> Decision:
            row = _row(_find(connection, item_id, lock=True))
            if row.sha256 is None and action in ("accept", "correct"):
                raise DecisionRefusedError(f"{item_id}: the file could not be had; reject it or ask to try again")
            subject = row.sha256 or f"{_OF_SIGHTING}{_sighting_of(connection, row.item_id)}"
            if seen_no is not None and action != "note":
                _refuse_stale(row, decisions_of(connection, subject), seen_no)
            if row.state == "closed" and action not in ("reextract", "note", "undo"):
                raise DecisionRefusedError(
                    f"{row.item_id}: the item is closed ({_why_closed(connection, row)}), nobody is asked; `reextract` opens it again"
                )
            version = find_version(connection, row.sha256) if row.sha256 else None
            if seen is not None and version is not None and version["recipe"] != seen:
                raise DecisionRefusedError(f"{item_id}: the document has been read again since you looked; look again")
            reading = kept_reading(connection, row.sha256) if row.sha256 else None
            told = {"cause": row.cause, "bulk": bulk, "rule": rule, **what(connection, subject, reading)}
            decision = _write(connection, subject, action, note.strip(), person, told)
            if action != "note":
                _settle_item(connection, row, decision, version is not None)
            return decision

        decision = self.warehouse.transact(work)
        if rerun:
            self._rerun(action, [decision.sha256])
        return decision


_OF_SIGHTING = "sighting:"
"""Before the id of a sighting, where a decision is about a file that could not be had."""
RERUN_AFTER = frozenset({"accept", "correct", "reextract", "undo"})
"""Decisions after which the document is read and judged again."""
BulkAction = Literal["accept", "reject", "government", "reextract", "newer"]
Sort = Literal["place", "oldest", "frees"]


class SecondLookError(DecisionRefusedError):
    """A correction of a cell that both readers read alike, without a second look."""


def _nothing(connection: Connection, sha256: str, reading: Disclosure | None) -> dict[str, Any]:
    return {}


def _settle_item(connection: Connection, row: QueueRow, decision: Decision, known: bool) -> None:
    """The state of the item after a decision, and of its version where a person keeps it out."""
    out = REASON_KEPT_OUT.get(decision.action)
    if out is not None and known:
        connection.execute(
            update(tables.document_versions)
            .where(tables.document_versions.c.sha256 == row.sha256)
            .values(state=DocumentState.REJECTED.value, reason=out.value)
        )
    values: dict[str, Any] = {"state": "closed", "closed_at": decision.decided_at}
    if out is None:
        values = {"state": "decided", "decided_at": decision.decided_at, "closed_at": None}
    items = tables.review_items
    connection.execute(update(items).where(items.c.item_id == row.item_id).values(**values))


def _refuse_stale(row: QueueRow, decisions: Sequence[Decision], seen_no: int) -> None:
    since = decisions[seen_no:]
    if since:
        raise StaleDecisionError(f"{row.item_id}: since you looked, {_told(since)}; look again")


def _told(decisions: Iterable[Decision]) -> str:
    """Decisions in one line: who, when, what, why."""
    return "; ".join(
        f"{one.decided_by} ({one.decided_at:%Y-%m-%d %H:%M}, {one.id}) decided {one.action}"
        + (f" {one.value!r}" if one.value is not None else "")
        + (f": {one.note}" if one.note else "")
        for one in decisions
    )


def _accepted_anchors(
    reading: Disclosure, address: CellAddress, decisions: Sequence[Decision]
) -> list[tuple[FindingAnchor, Decision]]:
    """The accepted contradictions in which the cell takes part, with the decision that accepted each."""
    fact = money_cell(reading, address).by_place.get((address.row, address.col))
    if fact is None:
        return []
    of_cell = [
        anchor_of(one, reading.statements)
        for one in reading.findings
        if any(cell.fact_id == fact.id for cell in one.cells)
    ]
    return [
        (anchor, decision)
        for decision in standing(decisions)
        if decision.action == "accept"
        for anchor in decision.findings
        if any(same_anchor(anchor, other) for other in of_cell)
    ]


def _accepted_of_cell(reading: Disclosure, address: CellAddress, decisions: Sequence[Decision]) -> dict[str, Decision]:
    return {decision.id: decision for _, decision in _accepted_anchors(reading, address, decisions)}


def _corrections_accepted(
    item_id: str, reading: Disclosure, errors: Sequence[Finding], decisions: Sequence[Decision], replace: bool
) -> tuple[str, ...]:
    """The corrections that an acceptance of `errors` would take back: of a cell that is accepted as it is printed."""
    of_errors = {cell.fact_id for one in errors for cell in one.cells if cell.fact_id}
    replayed = {fact.corrected.decision for fact in reading.facts if fact.corrected and fact.id in of_errors}
    taken: list[Decision] = []
    for one in standing_corrections(decisions):
        address = find_cell(reading, one.cell) if one.cell is not None else None
        fact = money_cell(reading, address).by_place.get((address.row, address.col)) if address is not None else None
        if one.id in replayed:
            if one.second_look is None:
                continue  # what a person read there is what the page prints: it can be accepted
            raise DecisionRefusedError(
                f"{item_id}: {_told([one])} stands in this contradiction, against the page; `undo` it, then accept what is printed"
            )
        if fact is not None and fact.corrected is None and fact.id in of_errors:
            taken.append(one)
    if taken and not replace:
        raise DecisionRefusedError(
            f"{item_id}: {_told(taken)} and waits for its rerun; to accept what was read instead, say that it replaces that (--replace)"
        )
    return tuple(one.id for one in taken)


def _item_of_subject(connection: Connection, subject: str) -> str | None:
    items = tables.review_items.c
    where = items.sha256 == subject
    if subject.startswith(_OF_SIGHTING):
        where = items.sighting_id == subject.removeprefix(_OF_SIGHTING)
    return connection.scalar(select(items.item_id).where(where))


def _why_closed(connection: Connection, row: QueueRow) -> str:
    """What became of a closed item: the state of its version; rejected, or had since, for a file that could not be had."""
    version = find_version(connection, row.sha256) if row.sha256 else None
    if version is not None:
        return str(version["state"])
    subject = f"{_OF_SIGHTING}{_sighting_of(connection, row.item_id)}"
    return "rejected" if kept_out(decisions_of(connection, subject)) is not None else "the file was had since"


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
    action: Action,
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
        **_cause_columns(version, version["reason"], _portal_of(connection, sha256), reading),
    }  # fmt: skip
    last = [one for one in decisions_of(connection, sha256) if one.action != "note"][-1:]
    if last and last[0].action == "newer":
        values |= {"state": "decided", "decided_at": last[0].decided_at}
    ruled = _decided_by_rule(connection, sha256, reading, values)
    if ruled is not None:
        values |= {"state": "decided", "decided_at": ruled.decided_at}
    items = tables.review_items
    known = connection.execute(select(items).where(items.c.sha256 == sha256)).mappings().first()
    if known is None:
        _insert_item(connection, sha256, {**values, "sha256": sha256, "opened_at": now})
        return
    opened = {} if known["state"] == "open" else {"opened_at": now}
    connection.execute(update(items).where(items.c.sha256 == sha256).values(**values, **opened))


def _decided_by_rule(
    connection: Connection, sha256: str, reading: Disclosure | None, item: dict[str, Any]
) -> Decision | None:
    """The decision that a confirmed rule makes on an item that opens; it waits for the next rerun as a person's would.

    A rule keeps out nothing here: a rejection closes items, and this one is just being opened; confirming again does that.
    """
    rule = rule_for(connection, item["cause"]) if item["one_cause"] else None
    if rule is None or rule["action"] not in ("accept", "newer") or item["state"] != "open":
        return None
    made = decisions_of(connection, sha256)
    if any(one.rule == rule["rule_id"] for one in made):
        return None  # it has decided this one: taken back by a person, or it did not help
    told: dict[str, Any] = {"cause": item["cause"], "rule": rule["rule_id"]}
    if rule["action"] == "accept":
        if reading is None or not reading.errors:
            return None
        told["findings"] = tuple(anchor_of(one, reading.statements) for one in reading.errors)
    return _write(connection, sha256, rule["action"], rule["note"], rule["changed_by"], told)  # type: ignore[arg-type]


def _cause_columns(
    version: dict[str, Any] | None, reason: str | None, portal: str | None, reading: Disclosure | None
) -> dict[str, Any]:
    cause = cause_of(version, reason, portal, reading)
    place = "\t".join(str(version[name] or "") for name in ("region", "agency", "fiscal_year")) if version else ""
    return {
        "place": place, "frees": version["facts"] if version else 0,
        "cause": cause.key, "check_id": cause.check, "origin": cause.origin, "form": cause.form, "portal": cause.portal,
        "one_cause": cause.alone,
    }  # fmt: skip


def _tell_causes(connection: Connection) -> None:
    """Causes for the items of a warehouse that was filled before items had them."""
    items, seen = tables.review_items, tables.sightings
    for item_id, sha256, sighting_id, reason in connection.execute(
        select(items.c.item_id, items.c.sha256, items.c.sighting_id, items.c.reason).where(items.c.cause.is_(None))
    ).all():
        if sha256 is not None:
            columns = _cause_columns(
                find_version(connection, sha256),
                reason,
                _portal_of(connection, sha256),
                kept_reading(connection, sha256),
            )
        else:
            portal = connection.scalar(select(seen.c.portal).where(seen.c.sighting_id == sighting_id))
            columns = _cause_columns(None, reason, portal, None)
        connection.execute(update(items).where(items.c.item_id == item_id).values(**columns))


def _portal_of(connection: Connection, sha256: str) -> str | None:
    seen = tables.sightings.c
    return connection.scalar(select(func.min(seen.portal)).where(seen.sha256 == sha256))


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
            **_cause_columns(None, sighting["reason"], sighting["portal"], None),
        }  # fmt: skip
        _insert_item(connection, sighting["sighting_id"], values)
    # missing again after it had been there, or after a person asked to try again; what a person rejected last stays closed
    made, later = tables.decisions, tables.decisions.alias("later")
    rejected = exists().where(
        made.c.sha256 == literal(_OF_SIGHTING) + missed.c.sighting_id,
        made.c.action.in_(REASON_KEPT_OUT),
        ~exists().where(
            later.c.sha256 == made.c.sha256, later.c.decision_no > made.c.decision_no, later.c.action != "note"
        ),
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
    items, versions, documents, seen, claims = (
        tables.review_items, tables.document_versions, tables.documents, tables.sightings, tables.review_claims,
    )  # fmt: skip
    return (
        select(
            items, versions.c.title, versions.c.agency, versions.c.region, versions.c.fiscal_year, versions.c.kind,
            versions.c.errors, versions.c.facts, claims.c.person.label("claimed_by"), seen.c.url, seen.c.article_title, seen.c.region.label("seen_region"),
        )
        .outerjoin(versions, versions.c.sha256 == items.c.sha256)
        .outerjoin(documents, documents.c.document_id == versions.c.document_id)
        .outerjoin(seen, seen.c.sighting_id == func.coalesce(items.c.sighting_id, documents.c.sighting_id))
        .outerjoin(claims, claims.c.item_id == items.c.item_id)
    )  # fmt: skip


def _some_ids(connection: Connection, wanted: Wanted, limit: int | None, offset: int, sort: Sort) -> Ids:
    items = tables.review_items.c
    order: dict[Sort, tuple[Any, ...]] = {
        "place": (items.place, items.item_id), "oldest": (items.opened_at, items.item_id),
        "frees": (items.frees.desc(), items.item_id.desc()),
    }  # fmt: skip
    query = _narrow(wanted, items.item_id).order_by(*order[sort]).limit(limit).offset(offset)
    return list(connection.scalars(query))


def _narrow(wanted: Wanted, *columns: Any) -> Any:
    """A query of the items wanted, over no more tables than the filter asks for: a queue may be long."""
    items, versions, documents, seen, claims = (
        tables.review_items, tables.document_versions, tables.documents, tables.sightings, tables.review_claims,
    )  # fmt: skip
    joined: Any = items
    of_region = bool(wanted.text) or wanted.region is not None
    if of_region or wanted.fiscal_year is not None or wanted.kind is not None:
        joined = joined.outerjoin(versions, versions.c.sha256 == items.c.sha256)
    if of_region:
        joined = joined.outerjoin(documents, documents.c.document_id == versions.c.document_id).outerjoin(
            seen, seen.c.sighting_id == func.coalesce(items.c.sighting_id, documents.c.sighting_id)
        )
    if wanted.claimed_by is not None:
        joined = joined.join(claims, claims.c.item_id == items.c.item_id)
    query = select(*columns).select_from(joined)
    asked = (
        (items.c.state, wanted.state), (items.c.stage, wanted.stage), (items.c.reason, wanted.reason),
        (items.c.portal, wanted.portal), (versions.c.fiscal_year, wanted.fiscal_year), (versions.c.kind, wanted.kind),
        (items.c.check_id, wanted.check), (items.c.origin, wanted.origin), (items.c.form, wanted.form),
        (items.c.cause, wanted.cause), (claims.c.person, wanted.claimed_by),
    )  # fmt: skip
    for column, value in asked:
        if value is not None:
            query = query.where(column == value)
    if wanted.region is not None:
        query = query.where(func.coalesce(versions.c.region, seen.c.region) == wanted.region)
    if wanted.older_than is not None:
        query = query.where(items.c.opened_at < wanted.older_than)
    if wanted.text:
        searched = (
            versions.c.title, versions.c.agency, versions.c.region, seen.c.article_title, items.c.summary, items.c.item_id,
        )  # fmt: skip
        query = query.where(or_(*(column.contains(wanted.text, autoescape=True) for column in searched)))
    return query


def _row(found: Any) -> QueueRow:
    return QueueRow(
        item_id=found["item_id"], state=found["state"], stage=found["stage"],
        reason=Reason(found["reason"]) if found["reason"] else None, sha256=found["sha256"],
        title=found["title"] or found["article_title"], agency=found["agency"],
        region=found["region"] or found["seen_region"], fiscal_year=found["fiscal_year"], kind=found["kind"],
        url=found["url"], summary=found["summary"], errors=found["errors"] or 0, opened_at=found["opened_at"],
        portal=found["portal"], cause=found["cause"], check=found["check_id"], origin=found["origin"], form=found["form"],
        one_cause=found["one_cause"] is not False, facts=found["facts"] or 0, claimed_by=found["claimed_by"],
    )  # fmt: skip


def _find(connection: Connection, written: str, lock: bool = False) -> Any:
    """The one item whose id begins as written; `R-` and case do not matter. With `lock`, kept from others till the end."""
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
    if lock:
        connection.execute(select(items.c.item_id).where(items.c.item_id == found[0]["item_id"]).with_for_update())
        return connection.execute(_listed().where(items.c.item_id == found[0]["item_id"])).mappings().one()
    return found[0]


def _sighting_of(connection: Connection, item_id: str) -> str | None:
    return connection.scalar(select(tables.review_items.c.sighting_id).where(tables.review_items.c.item_id == item_id))


def _sightings(connection: Connection, chosen: Any) -> tuple[dict[str, Any], ...]:
    seen = tables.sightings
    found = connection.execute(select(seen).where(chosen).order_by(seen.c.url, seen.c.sighting_id)).mappings()
    return tuple(dict(row) for row in found)


__all__ = [
    "Bulk", "CauseGroup", "DecisionRefusedError", "FindingAnchor", "ItemDetail", "NoSuchItemError", "QueueRow", "Rerun",
    "ReviewQueue", "SecondLookError", "SecondReading", "StaleDecisionError", "Wanted",
]  # fmt: skip
