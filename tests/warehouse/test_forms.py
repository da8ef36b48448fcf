"""What is known of forms is asked of the rows, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from budget.disclosure import Disclosure
from budget.known_forms import EVERY_ROW, FormOutcome, FormPlace, JudgedForms, KnownForms, SharedFailure
from budget.states import DocumentState, Reason
from warehouse.forms import (
    FormRefusedError,
    decide,
    decisions,
    known_forms,
    never_met,
    open_questions,
    revoke,
    to_judge_again,
)
from warehouse.store import Warehouse

CITY, FORM, CHECK, ROW = "海港市", "f" * 16, "XRF-04", "财政拨款"
PLACE = FormPlace(CITY, FORM, CHECK, ROW)
Store = Callable[..., str]


@pytest.fixture
def store(warehouse: Warehouse, disclosure: Callable[..., Disclosure]) -> Store:
    """One document of the form, in which the check fails or holds."""

    def put(
        number: int, *, fails: bool = True, why: tuple[str, ...] = ("carry_over",), state: str = "in_review"
    ) -> str:
        sha256 = f"{number:02x}" * 32
        outcomes = [FormOutcome(FORM, CHECK, EVERY_ROW, fails, why if fails else ())]
        outcomes += [FormOutcome(FORM, CHECK, ROW, True, why)] if fails else []
        warehouse.store(
            disclosure(sha256=sha256, region=CITY), state=DocumentState(state),
            reason=Reason.CHECKS_FAILED if state == "in_review" else None, forms=JudgedForms(tuple(outcomes)),
        )  # fmt: skip
        return sha256

    return put


def known(warehouse: Warehouse, forms: list[str] | None = None) -> KnownForms:
    with warehouse.engine.connect() as connection:
        return known_forms(connection, forms)


def stale(warehouse: Warehouse) -> list[str]:
    with warehouse.engine.connect() as connection:
        return to_judge_again(connection)


def test_an_empty_warehouse_knows_nothing(warehouse: Warehouse) -> None:
    assert known(warehouse) == known(warehouse, []) == KnownForms()
    assert stale(warehouse) == []
    assert open_questions(warehouse) == []
    assert never_met(warehouse, []) == []


def test_a_failure_is_shared_from_three_documents_and_eighty_of_a_hundred(warehouse: Warehouse, store: Store) -> None:
    shas = [store(number) for number in range(2)]
    assert known(warehouse).shared == {}
    shas.append(store(2))
    shared = {PLACE: SharedFailure("carry_over"), PLACE._replace(row=EVERY_ROW): SharedFailure("carry_over")}
    assert known(warehouse).shared == known(warehouse, [FORM]).shared == shared
    assert known(warehouse, ["0" * 16]).shared == {}
    assert stale(warehouse) == shas
    store(3, fails=False)
    assert known(warehouse).shared == {}, "three of four"
    store(4)
    assert known(warehouse).shared == shared, "four of five"
    store(5, state="rejected")
    assert [(one.failed, one.asked) for one in open_questions(warehouse)] == [(4, 5)], (
        "what a person keeps out says nothing"
    )


def test_what_explains_one_document_and_not_another_explains_nothing(warehouse: Warehouse, store: Store) -> None:
    for number, why in enumerate((("carry_over", "twice"), ("carry_over",), ("of_which",))):
        store(number, why=why)
    assert known(warehouse).shared == {PLACE: SharedFailure(None)}
    (question,) = open_questions(warehouse)
    assert (question.rows, question.explained) == ((ROW,), None)


def test_a_document_judged_with_what_is_known_is_not_judged_again(
    warehouse: Warehouse, store: Store, disclosure: Callable[..., Disclosure]
) -> None:
    shas = [store(number) for number in range(3)]
    outcomes = (FormOutcome(FORM, CHECK, EVERY_ROW, True, ("carry_over",)), FormOutcome(FORM, CHECK, ROW, True, ("carry_over",)))  # fmt: skip
    now = known(warehouse).digest(CITY, outcomes)
    for sha256 in shas:
        result = warehouse.store(
            disclosure(sha256=sha256, region=CITY), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED,
            forms=JudgedForms(outcomes, now),
        )  # fmt: skip
        assert result.outcome == "unchanged", "nothing but what was known is written"
    assert stale(warehouse) == []
    (made,) = decide(warehouse, FORM[:6], CHECK, "carry_over", note="", by="王")
    assert stale(warehouse) == shas
    revoke(warehouse, made.id, "李")
    assert stale(warehouse) == []


def test_a_newer_word_takes_the_place_of_an_older_and_both_are_kept(warehouse: Warehouse, store: Store) -> None:
    for number in range(3):
        store(number)
    (first,) = decide(warehouse, FORM, CHECK, "does_not_fit", note="a", by="王")
    (second,) = decide(warehouse, FORM, CHECK, "fits", note="b", by="李", rows=[ROW])
    assert [one.id for one in decisions(warehouse)] == [second.id]
    gone = {one.id: one.revoked_by for one in decisions(warehouse, revoked=True)}
    assert gone == {first.id: "李", second.id: None}
    (again,) = decide(warehouse, FORM, CHECK, "does_not_fit", note="a", by="王", rows=[ROW])
    assert again.id not in gone
    with pytest.raises(FormRefusedError, match="no decision that stands"):
        revoke(warehouse, first.id, "王")


def test_a_decision_for_everybody_is_of_other_publishers_too(warehouse: Warehouse, store: Store) -> None:
    for number in range(3):
        store(number)
    decide(warehouse, FORM, CHECK, "carry_over", note="", by="王", everywhere=True)
    decided = known(warehouse).decided(PLACE._replace(publisher="别市", row="另一行"))
    assert decided is not None
    assert decided.reading == "carry_over"
    assert {(row["row_label"], row["asked"], row["held"], row["failed"], row["reading"]) for row in warehouse.rows("SELECT * FROM form_checks")} == {
        (EVERY_ROW, 3, 0, 3, "carry_over"), (ROW, 3, 0, 3, "carry_over"),
    }  # fmt: skip
