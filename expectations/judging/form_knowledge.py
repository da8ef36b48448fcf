"""What a document says of its forms, and what is known of them put to its claims.

A rule that fails at the same row in most documents of a form does not fit it, or is broken in its template; either way no single
publisher is accused, and a person is asked once. What a person said is put to the claims before they are judged: a rule that does
not fit becomes a warning that names the decision, a reading of the form is judged in place of the rule.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from budget.known_forms import (
    EVERY_ROW,
    FormDecision,
    FormOutcome,
    FormPlace,
    KnownForms,
    SharedFailure,
    folded_row,
    form_of,
    reading_named,
    shared_failure,
)
from budget.states import Severity
from expectations.judging.catalogue import check
from expectations.judging.form_readings import as_read, explanations
from expectations.judging.reconciliation import Reconciled, severity_of
from expectations.view.identities import Identity


def publisher_of(one: Reconciled) -> str:
    """Who prints the document's forms: its region."""
    return one.disclosure.document.region or ""


def forms_of(one: Reconciled) -> dict[str, str]:
    """The form of each statement, by statement id."""
    return {statement.id: form_of(statement) for statement in one.disclosure.statements}


def place_of(identity: Identity, publisher: str, forms: Mapping[str, str]) -> FormPlace | None:
    """Where other documents would fail alike; None for claims that concern no statement."""
    form = forms.get(identity.statement_ids[0]) if identity.statement_ids else None
    return FormPlace(publisher, form, identity.check, folded_row(identity.row_label)) if form else None


def outcomes_of(one: Reconciled) -> tuple[FormOutcome, ...]:
    """How every rule fared on every form of a document, and at each row at which it failed.

    Only errors are a question of whose they are, and only where the check itself does not say it. Two sums of nothing say nothing.
    """
    forms, publisher = forms_of(one), publisher_of(one)
    asked: dict[FormPlace, list[Identity]] = defaultdict(list)
    for identity in one.identities:
        place = place_of(identity, publisher, forms) if _tells(identity) else None
        if place is not None:
            asked[place].append(identity)
            asked[place._replace(row=EVERY_ROW)].append(identity)
    tables = {table.statement.id: table for table in one.tables}
    why = {id(one): explanations(one, tables) for here in asked.values() for one in here if _fails(one)}
    found = []
    for place, identities in asked.items():
        failing = [why[id(identity)] for identity in identities if _fails(identity)]
        if failing or place.row == EVERY_ROW:
            explained = set.intersection(*failing) if failing else set()
            found.append(FormOutcome(place.form, place.check, place.row, bool(failing), tuple(sorted(explained))))
    return tuple(sorted(found))


def _tells(identity: Identity) -> bool:
    if identity.skipped is not None or not identity.statement_ids:
        return False
    rule = check(identity.check)
    if rule.severity is not Severity.ERROR or rule.origin is not None:
        return False
    return identity.stated is not None or bool(identity.left_value or identity.right_value)


def _fails(identity: Identity) -> bool:
    return identity.holds is False and severity_of(identity) is Severity.ERROR


def with_batch(known: KnownForms, said: Sequence[tuple[str, Sequence[FormOutcome]]]) -> KnownForms:
    """What is known, and the failures that most documents of a batch share; `said` is (publisher, outcomes) of each document."""
    asked: Counter[tuple[str, str, str]] = Counter()
    failed: dict[FormPlace, list[FormOutcome]] = defaultdict(list)
    for publisher, outcomes in said:
        for one in outcomes:
            asked[publisher, one.form, one.check] += one.row == EVERY_ROW
            if one.failed:
                failed[FormPlace(publisher, one.form, one.check, one.row)].append(one)
    shared = dict(known.shared)
    for place, here in failed.items():
        found = shared_failure(place.row, [one.explained for one in here], asked[place[:3]])
        if found is not None:
            shared[place] = found
    return KnownForms(shared, known.decisions)


def as_decided(one: Reconciled, known: KnownForms) -> Reconciled:
    """The claims of a document as people decided that its forms be read; in the same order."""
    if not known.decisions:
        return one
    forms, publisher = forms_of(one), publisher_of(one)
    tables = {table.statement.id: table for table in one.tables}

    def decided(identity: Identity) -> Identity:
        place = place_of(identity, publisher, forms) if identity.holds is False else None
        decision = known.decided(place) if place is not None else None
        if decision is None:
            return identity
        reading, part = reading_named(decision.reading)
        if reading.whose == "theirs":
            return identity
        if reading.whose == "ours":
            return replace(identity, severity="warning", note=_with(identity.note, decision))
        read = as_read(reading.name, part, identity, tables)
        return identity if read is None else replace(read, note=_with(identity.note, decision))

    return Reconciled(one.disclosure, one.tables, tuple(decided(identity) for identity in one.identities))


def _with(note: str, decision: FormDecision) -> str:
    reading, part = reading_named(decision.reading)
    zh, _, en = note.partition(" / ")
    named = f"“{part}”" if part else ""
    told = (
        f"{decision.decided_by} 认定（{decision.id}）：{reading.zh}{named}",
        f"as {decision.decided_by} decided ({decision.id}): {reading.en}{f' ({part})' if part else ''}",
    )
    return f"{zh}，{told[0]} / {en or zh}, {told[1]}" if zh else " / ".join(told)


class KnownHere:
    """What is known of the places of one document."""

    def __init__(self, one: Reconciled, known: KnownForms) -> None:
        self._known, self._publisher = known, publisher_of(one)
        self._forms = forms_of(one) if known.shared or known.decisions else {}

    def shared(self, identities: Sequence[Identity]) -> SharedFailure | None:
        """The failure that one of these shares with most documents of its form."""
        return next((found for place in self._places(identities) if (found := self._known.shared_at(place))), None)

    def whose(self, identities: Sequence[Identity]) -> str | None:
        """Whose error a person said that it is where one of these fails: theirs, ours, form; None where nobody did."""
        decisions = (self._known.decided(place) for place in self._places(identities))
        return next((reading_named(one.reading)[0].whose for one in decisions if one is not None), None)

    def _places(self, identities: Sequence[Identity]) -> list[FormPlace]:
        found = (place_of(identity, self._publisher, self._forms) for identity in identities)
        return [place for place in found if place is not None]
