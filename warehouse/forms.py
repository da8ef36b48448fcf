"""What the warehouse knows of forms: which there are, which failures their documents share, and what people decided.

Everything here is a function of the stored documents and the decisions, not of the order in which either came: a document whose
`forms_known` differs from what is known now was judged under other knowledge and is to be judged again (`to_judge_again`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from budget.known_forms import (
    EVERY_PUBLISHER,
    FormDecision,
    FormOutcome,
    FormPlace,
    KnownForms,
    SharedFailure,
    explanation_of,
    is_shared,
    reading_named,
)
from warehouse.connection import reading as reading_of
from warehouse.store import Warehouse
from warehouse.tables import form_decisions

JUDGED_AGAIN = ("loaded", "in_review", "superseded", "rejected")
"""States of versions whose findings follow what is known of their forms."""
_AT_ONCE = 1000
"""Names put to one query; databases take no unlimited number."""
_PLACE = "o.form, o.check_id, o.row_label"


class FormRefusedError(ValueError):
    """A decision that cannot be made or taken back; the message says why."""


def known_forms(connection: Connection, forms: Sequence[str] | None = None) -> KnownForms:
    """What is known of these forms, of every form when none are named."""
    return KnownForms(_shared(connection, forms), _standing(connection))


def _shared(connection: Connection, forms: Sequence[str] | None) -> dict[FormPlace, SharedFailure]:
    among = "" if forms is None else "AND o.form IN :forms"
    asked = text(
        f"SELECT COALESCE(v.region, '') AS publisher, {_PLACE}, COUNT(DISTINCT v.document_id) AS asked, "
        "COUNT(DISTINCT CASE WHEN o.failed THEN v.document_id END) AS failed "
        "FROM form_outcomes o JOIN document_versions v ON v.sha256 = o.sha256 "
        "WHERE v.state IN ('loaded', 'in_review') AND EXISTS (SELECT 1 FROM form_outcomes p "
        "WHERE p.form = o.form AND p.check_id = o.check_id AND p.row_label = o.row_label AND p.failed) "
        f"{among} GROUP BY COALESCE(v.region, ''), {_PLACE}"
    )
    why = text(
        "SELECT o.explained FROM form_outcomes o JOIN document_versions v ON v.sha256 = o.sha256 "
        "WHERE v.state IN ('loaded', 'in_review') AND o.failed AND COALESCE(v.region, '') = :publisher "
        "AND o.form = :form AND o.check_id = :check AND o.row_label = :row"
    )
    given: dict[str, Any] = {}
    if forms is not None:
        asked, given = asked.bindparams(bindparam("forms", expanding=True)), {"forms": list(forms)}
    found = {}
    for publisher, form, check, row, all_of_them, failed in connection.execute(asked, given).all():
        if is_shared(failed, all_of_them):
            place = FormPlace(publisher, form, check, row)
            explained = connection.scalars(why, place._asdict()).all()
            found[place] = SharedFailure(explanation_of(_names(one) for one in explained))
    return found


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
    ).bindparams(bindparam("forms", expanding=True), bindparam("states", expanding=True))
    told: dict[tuple[str, str, str], list[FormOutcome]] = defaultdict(list)
    given = {"forms": sorted(forms), "states": list(JUDGED_AGAIN)}
    for sha256, publisher, before, form, check, row, explained in connection.execute(failing, given).all():
        here = told[sha256, publisher, before]
        if form is not None:
            here.append(FormOutcome(form, check, row, True, tuple(_names(explained))))
    return sorted(
        sha256 for (sha256, publisher, before), outcomes in told.items() if known.digest(publisher, outcomes) != before
    )


def open_questions(warehouse: Warehouse, sha256: str | None = None) -> list[dict[str, Any]]:
    """The failures that most documents of a form share and nobody decided, of a document or of all: place, counts, explanation."""
    with reading_of(warehouse.engine) as connection:
        of = None if sha256 is None else _failing_places(connection, sha256)
        forms = None if of is None else sorted({form for form, _, _ in of}) or [""]
        known = known_forms(connection, forms)
        asked = [
            (place, shared)
            for place, shared in sorted(known.shared.items())
            if known.decided(place) is None and (of is None or place[1:] in of)
        ]
        return [_question(connection, place, shared) for place, shared in asked]


def _failing_places(connection: Connection, sha256: str) -> set[tuple[str, str, str]]:
    wanted = text("SELECT form, check_id, row_label FROM form_outcomes WHERE sha256 = :sha256 AND failed")
    return {(form, check, row) for form, check, row in connection.execute(wanted, {"sha256": sha256}).all()}


def _question(connection: Connection, place: FormPlace, shared: SharedFailure) -> dict[str, Any]:
    return {**_counts(connection, place), **place._asdict(), "explained": shared.explained, **_shown(connection, place)}


def _counts(connection: Connection, place: FormPlace) -> dict[str, int]:
    wanted = text(
        "SELECT asked, failed FROM form_checks WHERE publisher = :publisher AND form = :form AND check_id = :check AND row_label = :row"
    )
    found = connection.execute(wanted, place._asdict()).first()
    return {"asked": found[0], "failed": found[1]} if found else {"asked": 0, "failed": 0}


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
    warehouse: Warehouse, form: str, check: str, row: str | None = None, publisher: str | None = None
) -> list[FormPlace]:
    """The places at which a check was asked on a form (its first digits are enough) and failed in a document."""
    wanted = text(
        "SELECT publisher, form, check_id, row_label FROM form_checks WHERE form LIKE :form AND check_id = :check AND failed > 0 "
        "ORDER BY publisher, form, row_label"
    )
    with reading_of(warehouse.engine) as connection:
        found = [FormPlace(*one) for one in connection.execute(wanted, {"form": f"{form}%", "check": check}).all()]
    return [
        one
        for one in found
        if (row is None or one.row == row) and (publisher in (None, EVERY_PUBLISHER) or one.publisher == publisher)
    ]


def decide(
    warehouse: Warehouse, place: FormPlace, reading: str, *, note: str, by: str, everywhere: bool = False
) -> FormDecision:
    """A person's word on a place, in place of an earlier one; `everywhere`: for this form, whoever prints it.

    Raises ReadingRefusedError for what is not in the closed list, FormRefusedError where a rule is to be set aside that holds in
    more documents than it fails in: there the document erred, not the rule.
    """
    whose = reading_named(reading)[0].whose

    def work(connection: Connection) -> FormDecision:
        counts = _counts(connection, place)
        if counts["asked"] == 0:
            raise FormRefusedError(f"{place.check} “{place.row}” is asked in no document of form {place.form}")
        if whose != "theirs" and 2 * counts["failed"] <= counts["asked"]:
            raise FormRefusedError(
                f"{place.check} “{place.row}” fails in {counts['failed']} of {counts['asked']} documents of this form: the rule "
                "holds in the others, so it fits; decide the document instead"
            )
        at = place._replace(publisher=EVERY_PUBLISHER) if everywhere else place
        shown = _shown(connection, place)
        made = FormDecision(
            id=_id_of(connection, at, reading), **at._asdict(), reading=reading, note=note, decided_by=by,
            decided_at=datetime.now(UTC), kind=shown["kind"], title=shown["title"],
        )  # fmt: skip
        _put(connection, made)
        return made

    return warehouse.transact(work)


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
    ).bindparams(bindparam("shas", expanding=True))
    of_all = text("SELECT form, COUNT(DISTINCT sha256) FROM statements WHERE form IN :forms GROUP BY form").bindparams(
        bindparam("forms", expanding=True)
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
