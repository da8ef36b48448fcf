"""What the warehouse knows of forms: which there are, which failures their documents share, and what people decided.

Everything here is a function of the stored documents and the decisions, not of the order in which either came: a document whose
`forms_known` differs from what is known now was judged under other knowledge and is to be judged again (`to_judge_again`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, insert, select, text, update

from budget.known_forms import (
    EVERY_PUBLISHER,
    EVERY_ROW,
    FEWEST_DOCUMENTS,
    FormDecision,
    FormOutcome,
    FormPlace,
    KnownForms,
    SharedFailure,
    reading_named,
    shared_failure,
)
from warehouse.connection import reading as reading_of
from warehouse.store import Warehouse
from warehouse.tables import form_decisions

JUDGED_AGAIN = ("loaded", "in_review", "superseded", "rejected")
"""States of versions whose findings follow what is known of their forms."""
_AFTER_DIGITS = "g"
"""Sorts after every hexadecimal digit."""
_AT_ONCE = 1000
"""Names put to one query; databases take no unlimited number."""
_PLACE = "o.form, o.check_id, o.row_label"


class FormRefusedError(ValueError):
    """A decision that cannot be made or taken back; the message says why."""


def known_forms(connection: Connection, forms: Sequence[str] | None = None) -> KnownForms:
    """What is known of these forms, of every form when none are named."""
    return KnownForms(_shared(connection, forms), _standing(connection))


_COUNTED = (
    "FROM form_outcomes o JOIN document_versions v ON v.sha256 = o.sha256 WHERE v.state IN ('loaded', 'in_review')"
)
"""Of a document in several versions any that is in one of these states speaks for it."""
_AT = "AND COALESCE(v.region, '') = :publisher AND o.form = :form AND o.check_id = :check AND o.row_label = :row"


def _shared(connection: Connection, forms: Sequence[str] | None) -> dict[FormPlace, SharedFailure]:
    among = "" if forms is None else "AND o.form IN :forms"
    often = text(
        f"SELECT COALESCE(v.region, '') AS publisher, {_PLACE} {_COUNTED} AND o.failed {among} "
        f"GROUP BY COALESCE(v.region, ''), {_PLACE} HAVING COUNT(DISTINCT v.document_id) >= :fewest"
    )
    given: dict[str, Any] = {"fewest": FEWEST_DOCUMENTS}
    if forms is not None:
        often, given = often.bindparams(bindparam("forms", expanding=True, type_=Text)), {**given, "forms": list(forms)}
    found = {}
    for place in [FormPlace(*one) for one in connection.execute(often, given).all()]:
        explained = [_names(one) for one in _explained(connection, place).values()]
        shared = shared_failure(place.row, explained, _asked(connection, place))
        if shared is not None:
            found[place] = SharedFailure(shared.explained)
    return found


def _explained(connection: Connection, place: FormPlace) -> dict[str, str]:
    """Document → what explains its failure at a place."""
    wanted = text(f"SELECT v.document_id, o.explained {_COUNTED} AND o.failed {_AT} ORDER BY v.version_no")
    return {row[0]: row[1] for row in connection.execute(wanted, place._asdict())}


def _asked(connection: Connection, place: FormPlace) -> int:
    """Documents of the form in which the check says something."""
    wanted = text(f"SELECT COUNT(DISTINCT v.document_id) {_COUNTED} {_AT}")
    return int(connection.scalar(wanted, place._replace(row=EVERY_ROW)._asdict()) or 0)


def _names(explained: str) -> list[str]:
    return explained.split(",") if explained else []


def _standing(connection: Connection) -> dict[FormPlace, FormDecision]:
    kept = select(form_decisions).where(form_decisions.c.revoked_at.is_(None))
    found = (_decision(row) for row in connection.execute(kept).mappings())
    return {one.place: one for one in found}


def _decision(row: Any) -> FormDecision:
    told = dict(row)
    return FormDecision(
        id=told.pop("decision_id"), check=told.pop("check_id"), row=told.pop("row_label"), **told
    )  # fmt: skip


def to_judge_again(connection: Connection) -> list[str]:
    """sha256 of the versions that were judged under other knowledge than there is now, sorted."""
    known = known_forms(connection)
    forms = {place.form for place in (*known.shared, *known.decisions)}
    failing = text(
        f"SELECT v.sha256, COALESCE(v.region, ''), v.forms_known, {_PLACE}, o.explained "
        "FROM document_versions v LEFT JOIN form_outcomes o ON o.sha256 = v.sha256 AND o.failed AND o.form IN :forms "
        "WHERE v.state IN :states AND (v.forms_known <> '' OR o.form IS NOT NULL)"
    ).bindparams(bindparam("forms", expanding=True, type_=Text), bindparam("states", expanding=True, type_=Text))
    told: dict[tuple[str, str, str], list[FormOutcome]] = defaultdict(list)
    given = {"forms": sorted(forms), "states": list(JUDGED_AGAIN)}
    for sha256, publisher, before, form, check, row, explained in connection.execute(failing, given).all():
        here = told[sha256, publisher, before]
        if form is not None:
            here.append(FormOutcome(form, check, row, True, tuple(_names(explained))))
    return sorted(
        sha256 for (sha256, publisher, before), outcomes in told.items() if known.digest(publisher, outcomes) != before
    )


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """A check that fails in most documents of a form, at these rows: theirs or ours? `failed` of `asked` documents, at the row with
    the most; `explained`: the reading that explains it in each of them, None where none of the list does."""

    publisher: str
    form: str
    kind: str | None
    title: str | None
    check: str
    rows: tuple[str, ...]
    failed: int
    asked: int
    explained: str | None


def open_questions(warehouse: Warehouse, sha256: str | None = None) -> list[FormQuestion]:
    """The failures that most documents of a form share and nobody decided, of one document's forms or of all."""
    with reading_of(warehouse.engine) as connection:
        of = None if sha256 is None else _failing_checks(connection, sha256)
        known = known_forms(connection, None if of is None else sorted({form for form, _ in of}) or [""])
        groups: dict[tuple[str, str, str], list[FormPlace]] = defaultdict(list)
        for place in sorted(known.shared):
            if known.decided(place) is None and (of is None or (place.form, place.check) in of):
                groups[place[:3]].append(place)
        return [_question(connection, places, known) for places in groups.values()]


def _failing_checks(connection: Connection, sha256: str) -> set[tuple[str, str]]:
    wanted = text("SELECT form, check_id FROM form_outcomes WHERE sha256 = :sha256 AND failed")
    return {(form, check) for form, check in connection.execute(wanted, {"sha256": sha256}).all()}


def _question(connection: Connection, places: Sequence[FormPlace], known: KnownForms) -> FormQuestion:
    first = places[0]
    counts = [_counts(connection, place) for place in places]
    most = max(counts, key=lambda one: one["failed"])
    whys = {known.shared[place].explained for place in places}
    over_all = known.shared.get(first._replace(row=EVERY_ROW))
    explained = over_all.explained if over_all is not None else whys.pop() if len(whys) == 1 else None
    rows = tuple(place.row for place in places if place.row != EVERY_ROW)
    shown = _shown(connection, first)
    return FormQuestion(
        first.publisher, first.form, shown["kind"], shown["title"], first.check, rows, most["failed"], most["asked"], explained
    )  # fmt: skip


def _counts(connection: Connection, place: FormPlace) -> dict[str, int]:
    return {"asked": _asked(connection, place), "failed": len(_explained(connection, place))}


def _shown(connection: Connection, place: FormPlace) -> dict[str, str | None]:
    """Kind and title by which people know a form."""
    found = connection.execute(
        text("SELECT kind, MAX(title) FROM statements WHERE form = :form GROUP BY kind"), {"form": place.form}
    ).first()
    return {"kind": found[0] if found else None, "title": found[1] if found else None}


def decisions(warehouse: Warehouse, *, revoked: bool = False) -> list[FormDecision]:
    """What people decided, by form; with those taken back when asked for."""
    kept = form_decisions.c
    wanted = select(form_decisions).order_by(kept.publisher, kept.form, kept.check_id, kept.row_label, kept.decided_at)
    if not revoked:
        wanted = wanted.where(kept.revoked_at.is_(None))
    with reading_of(warehouse.engine) as connection:
        return [_decision(row) for row in connection.execute(wanted).mappings()]


def places(
    warehouse: Warehouse, form: str, check: str, rows: Sequence[str] = (), publisher: str | None = None
) -> list[FormPlace]:
    """Where a check fails on a form (its first digits are enough), at these rows or at all."""
    wanted = text(
        f"SELECT DISTINCT COALESCE(v.region, '') AS publisher, {_PLACE} {_COUNTED} AND o.failed "
        "AND o.form >= :form AND o.form < :after AND o.check_id = :check ORDER BY publisher, o.form, o.row_label"
    )
    given = {"form": form, "after": f"{form}{_AFTER_DIGITS}", "check": check}
    with reading_of(warehouse.engine) as connection:
        found = [FormPlace(*one) for one in connection.execute(wanted, given).all()]
    return [one for one in found if (not rows or one.row in rows) and (publisher is None or one.publisher == publisher)]


def decide(
    warehouse: Warehouse,
    form: str,
    check: str,
    reading: str,
    *,
    note: str,
    by: str,
    rows: Sequence[str] = (),
    publisher: str | None = None,
    everywhere: bool = False,
) -> list[FormDecision]:
    """A person's word on a check that fails on a form, in place of an earlier one; gives the decisions that were made.

    Without `rows` it is of every row of the form, but a rule that does not fit is set aside only at the rows where most documents
    fail, each by its name: at another row the same check may be right. `everywhere`: whoever prints the form. Raises
    ReadingRefusedError for what is not in the closed list, FormRefusedError where there is no such failure, or where a rule is to be
    set aside that holds in more documents than it fails in: there the document erred, not the rule.
    """
    whose = reading_named(reading)[0].whose
    found = places(warehouse, form, check, rows, publisher)
    if len({(place.publisher, place.form) for place in found}) != 1:
        told = "; ".join(sorted({f"{place.publisher or '-'} {place.form}" for place in found}))
        raise FormRefusedError(
            f"{check} fails on {'several forms: ' + told if found else f'no form {form} at such a row'}"
        )

    def work(connection: Connection) -> list[FormDecision]:
        counted = {place: _counts(connection, place) for place in found}
        most = [place for place in found if 2 * counted[place]["failed"] > counted[place]["asked"]]
        of_form = found[0]._replace(row=EVERY_ROW)
        if whose == "ours":
            chosen = [place for place in most if place.row != EVERY_ROW]
        else:
            chosen = [place for place in (found if rows else [of_form]) if whose == "theirs" or place in most]
        if not chosen:
            counts = _counts(connection, found[0] if rows else of_form)
            raise FormRefusedError(
                f"{check} fails in {counts['failed']} of {counts['asked']} documents of this form: the rule holds in the others, "
                "so it fits; decide the document instead"
            )
        return [_made(connection, place, reading, note, by, everywhere) for place in chosen]

    return warehouse.transact(work)


def _made(connection: Connection, place: FormPlace, reading: str, note: str, by: str, everywhere: bool) -> FormDecision:
    at = place._replace(publisher=EVERY_PUBLISHER) if everywhere else place
    shown = _shown(connection, place)
    made = FormDecision(
        id=_id_of(connection, at, reading), **at._asdict(), reading=reading, note=note, decided_by=by,
        decided_at=datetime.now(UTC), kind=shown["kind"], title=shown["title"],
    )  # fmt: skip
    _put(connection, made)
    return made


def _id_of(connection: Connection, place: FormPlace, reading: str) -> str:
    kept = form_decisions.c
    before = connection.scalars(
        select(kept.decision_id).where(
            kept.publisher == place.publisher, kept.form == place.form, kept.check_id == place.check,
            kept.row_label == place.row,
        )
    ).all()  # fmt: skip
    return "F-" + hashlib.sha256("\0".join((*place, reading, str(len(before)))).encode()).hexdigest()[:10]


def _put(connection: Connection, made: FormDecision) -> None:
    kept = form_decisions.c
    at = made.place
    connection.execute(
        update(form_decisions)
        .where(
            kept.publisher == at.publisher, kept.form == at.form, kept.check_id == at.check, kept.row_label == at.row,
            kept.revoked_at.is_(None),
        )
        .values(revoked_by=made.decided_by, revoked_at=made.decided_at)
    )  # fmt: skip
    told = made.model_dump()
    connection.execute(
        insert(form_decisions).values(
            decision_id=told.pop("id"), check_id=told.pop("check"), row_label=told.pop("row"), **told
        )
    )


def revoke(warehouse: Warehouse, decision: str, by: str) -> FormDecision:
    """Take a decision back, by its id or the beginning of it; it is kept. Raises FormRefusedError."""

    def work(connection: Connection) -> FormDecision:
        kept = form_decisions.c
        found = (
            connection.execute(
                select(form_decisions).where(
                    kept.decision_id.startswith(decision, autoescape=True), kept.revoked_at.is_(None)
                )
            )
            .mappings()
            .all()
        )
        if len(found) != 1:
            many = "several decisions that stand begin" if found else "no decision that stands begins"
            raise FormRefusedError(f"{decision}: {many} so; `yusuan forms list --decisions`")
        values = {"revoked_by": by, "revoked_at": datetime.now(UTC)}
        connection.execute(update(form_decisions).where(kept.decision_id == found[0]["decision_id"]).values(**values))
        return _decision({**found[0], **values})

    return warehouse.transact(work)


def take_in(warehouse: Warehouse, brought: Iterable[FormDecision]) -> tuple[list[FormDecision], list[str]]:
    """Decisions of another installation; gives those that were new here, and why others were not taken.

    What a person decided here is not overruled by what comes from elsewhere. Raises ReadingRefusedError.
    """

    def work(connection: Connection) -> tuple[list[FormDecision], list[str]]:
        standing = _standing(connection)
        taken, left = [], []
        for one in brought:
            reading_named(one.reading)
            mine = standing.get(one.place)
            if one.revoked_at is not None:
                left.append(f"{one.id}: was revoked by {one.revoked_by}")
            elif mine is not None and mine.reading != one.reading:
                left.append(f"{one.id}: {mine.decided_by} decided {mine.reading} here ({mine.id}), not {one.reading}")
            elif mine is None:
                made = one.model_copy(update={"id": _id_of(connection, one.place, one.reading)})
                _put(connection, made)
                standing[made.place] = made
                taken.append(made)
        return taken, left

    return warehouse.transact(work)


def never_met(warehouse: Warehouse, shas: Sequence[str]) -> list[dict[str, Any]]:
    """Forms that these documents are printed on and no other document is: form, publisher, kind, title."""
    of_these = text(
        "SELECT t.form, COALESCE(v.region, '') AS publisher, MIN(t.kind) AS kind, MIN(t.title) AS title, "
        "COUNT(DISTINCT t.sha256) AS documents FROM statements t JOIN document_versions v ON v.sha256 = t.sha256 "
        "WHERE t.sha256 IN :shas AND t.kind <> 'unknown' AND t.form IS NOT NULL GROUP BY t.form, COALESCE(v.region, '')"
    ).bindparams(bindparam("shas", expanding=True, type_=Text))
    of_all = text("SELECT form, COUNT(DISTINCT sha256) FROM statements WHERE form IN :forms GROUP BY form").bindparams(
        bindparam("forms", expanding=True, type_=Text)
    )
    here: dict[tuple[str, str], dict[str, Any]] = {}
    in_these: dict[str, int] = defaultdict(int)
    in_all: dict[str, int] = {}
    with reading_of(warehouse.engine) as connection:
        for some in _pieces(sorted(set(shas))):
            for row in connection.execute(of_these, {"shas": some}).mappings():
                here.setdefault((row["publisher"], row["form"]), dict(row))
                in_these[row["form"]] += row["documents"]
        for some in _pieces(sorted(in_these)):
            in_all |= {row[0]: row[1] for row in connection.execute(of_all, {"forms": some})}
    return [one for (_, form), one in sorted(here.items()) if in_all[form] == in_these[form]]


def _pieces(names: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(names), _AT_ONCE):
        yield names[first : first + _AT_ONCE]
