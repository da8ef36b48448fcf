"""What is known of forms decides what is stored, whatever came first: documents, batches, kills, decisions and their revocation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from budget.known_forms import EVERY_ROW, ReadingRefusedError
from budget.states import DocumentState, Origin, Severity
from flows.documents import settling
from tests.flows.printed_forms import CHECK, CITY, READING, ROW, City, budget
from warehouse.forms import (
    FormRefusedError,
    decide,
    decisions,
    never_met,
    open_questions,
    revoke,
    take_in,
    to_judge_again,
)

MakeCity = Callable[[str], City]


@pytest.fixture
def city(tmp_path: Path) -> MakeCity:
    return lambda name: City(tmp_path / name)


def origins(city: City, sha256: str) -> set[Origin]:
    return {one.origin for one in city.reading(sha256).findings if one.check == CHECK and one.caused_by is None}


def state(city: City, sha256: str) -> str:
    version = city.warehouse.version(sha256)
    assert version is not None
    return str(version["state"])


def test_what_most_documents_of_a_form_share_is_one_question_with_the_reading_that_explains_it(city: MakeCity) -> None:
    place = city("one")
    shas = [place.store(budget(number))[0] for number in range(3)]
    for sha256 in shas:
        assert origins(place, sha256) == {Origin.FORM}
        told = [one.message for one in place.reading(sha256).errors if one.check == CHECK and one.caused_by is None]
        assert any("同一表式的多数文件同样不成立" in message and "事业单位经营支出" in message for message in told)
    (question,) = open_questions(place.warehouse)
    assert (question.check, question.failed, question.asked) == (CHECK, 3, 3)
    assert question.explained == READING
    assert ROW in question.rows
    assert open_questions(place.warehouse, shas[0]) == [question]


def test_the_order_of_arrival_does_not_matter(city: MakeCity) -> None:
    documents = [budget(number, contained=number < 4) for number in range(5)]
    one_by_one, reversed_, at_once = city("a"), city("b"), city("c")
    for content in documents:
        one_by_one.store(content)
    for content in reversed(documents):
        reversed_.store(content)
    at_once.store(*documents)
    assert one_by_one.rows() == reversed_.rows() == at_once.rows()
    assert {
        origin for sha256 in at_once.store() or map(_sha, documents[:4]) for origin in origins(at_once, sha256)
    } == {Origin.FORM}


def _sha(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


def test_a_failure_is_a_single_documents_again_once_others_of_its_form_hold(city: MakeCity) -> None:
    """The share is crossed in the other direction too."""
    place = city("one")
    failing = [place.store(budget(number))[0] for number in range(3)]
    assert open_questions(place.warehouse)
    for number in range(3, 9):
        place.store(budget(number, contained=False))
    assert not open_questions(place.warehouse)
    told = [one.message for sha256 in failing for one in place.reading(sha256).errors]
    assert not any("同一表式" in message for message in told)
    fresh = city("other")
    fresh.store(*(budget(number, contained=number < 3) for number in range(9)))
    assert fresh.rows() == place.rows()


def test_a_run_killed_between_storing_and_settling_settles_at_the_next(city: MakeCity) -> None:
    whole, killed = city("whole"), city("killed")
    documents = [budget(number) for number in range(4)]
    whole.store(*documents)
    for content in documents:
        killed.store(content, settle=False)
    with killed.warehouse.engine.connect() as connection:
        assert to_judge_again(connection)
    assert killed.rows() != whole.rows()
    assert killed.settle() > 0
    assert killed.rows() == whole.rows()
    assert killed.settle() == 0


def test_judging_again_reads_nothing_again(city: MakeCity, monkeypatch: pytest.MonkeyPatch) -> None:
    place = city("one")
    for number in range(3):
        place.store(budget(number), settle=False)

    class Refused(settling.Passage):
        def go(self, shas: object) -> list[object]:  # type: ignore[override]
            raise AssertionError(f"read again: {list(shas)}")  # type: ignore[call-overload]

    monkeypatch.setattr(settling, "Passage", Refused)
    assert place.settle() == 3


def test_a_rule_that_does_not_fit_is_a_warning_that_names_the_decision_until_it_is_revoked(city: MakeCity) -> None:
    place = city("one")
    shas = place.store(*(budget(number) for number in range(4)))
    before = place.rows()
    assert {state(place, sha256) for sha256 in shas} == {"in_review"}
    asked = open_questions(place.warehouse)
    made = decide(place.warehouse, place.form(), CHECK, "does_not_fit", note="经营支出不计入合计", by="王")
    assert ROW in {one.row for one in made}
    assert EVERY_ROW not in {one.row for one in made}, "at another row the same check may be right"
    assert place.settle() == len(shas)
    assert {state(place, sha256) for sha256 in shas} == {"loaded"}
    for sha256 in shas:
        told = [one for one in place.reading(sha256).findings if one.check == CHECK]
        assert {one.severity for one in told} == {Severity.WARNING}
        assert {one.origin for one in told} == {Origin.FORM}
        assert any("王" in one.message and "规则不适合该表式" in one.message for one in told)
    for decision in made:
        revoke(place.warehouse, decision.id, "李")
    assert place.settle() == len(shas)
    assert {state(place, sha256) for sha256 in shas} == {"in_review"}
    assert open_questions(place.warehouse) == asked
    findings = [row for name, row in place.rows() if name == "findings"]
    assert findings == [row for name, row in before if name == "findings"]


def test_a_reading_of_the_form_is_judged_in_place_of_the_rule_and_a_wrong_figure_is_told_as_ever(
    city: MakeCity,
) -> None:
    place = city("one")
    shas = place.store(*(budget(number) for number in range(3)))
    (made,) = decide(place.warehouse, place.form(), CHECK, READING, note="经营支出已含在项目支出内", by="王")
    assert made.row == EVERY_ROW
    assert place.settle() == 3
    assert {state(place, sha256) for sha256 in shas} == {"loaded"}
    assert not [one for sha256 in shas for one in place.reading(sha256).findings if one.check == CHECK]
    (wrong,) = place.store(budget(7, wrong="9999.99"))
    assert state(place, wrong) == "in_review"
    told = [one for one in place.reading(wrong).errors if one.check == CHECK]
    assert told
    assert all("王" in one.message for one in told)


def test_a_person_who_says_theirs_makes_it_the_publishers(city: MakeCity) -> None:
    place = city("one")
    shas = place.store(*(budget(number) for number in range(3)))
    decide(place.warehouse, place.form(), CHECK, "fits", note="查证属实", by="王")
    assert not open_questions(place.warehouse)
    place.settle()
    assert {state(place, sha256) for sha256 in shas} == {"in_review"}
    assert all(Origin.FORM not in origins(place, sha256) for sha256 in shas)


def test_a_rule_that_holds_in_most_documents_of_a_form_cannot_be_set_aside(city: MakeCity) -> None:
    place = city("one")
    place.store(budget(0), *(budget(number, contained=False) for number in range(1, 4)))
    with pytest.raises(FormRefusedError, match="fails in 1 of 4"):
        decide(place.warehouse, place.form(), CHECK, "does_not_fit", note="", by="王")
    with pytest.raises(FormRefusedError, match="on no form"):
        decide(place.warehouse, place.form(), "BAL-05", "fits", note="", by="王")
    with pytest.raises(ReadingRefusedError, match="one of fits, does_not_fit"):
        decide(place.warehouse, place.form(), CHECK, "plus 3.01", note="", by="王")


def test_decisions_are_carried_to_another_installation_and_do_not_overrule_it(city: MakeCity) -> None:
    here, there = city("here"), city("there")
    here.store(*(budget(number) for number in range(3)))
    (made,) = decide(here.warehouse, here.form(), CHECK, "does_not_fit", note="见说明", by="王", rows=[ROW])
    taken, left = take_in(there.warehouse, decisions(here.warehouse))
    assert ([one.place for one in taken], left) == ([made.place], [])
    there.store(*(budget(number) for number in range(3)))
    here.settle()
    assert there.rows("review_items") == here.rows("review_items"), "here they had waited for a person"
    assert take_in(there.warehouse, decisions(here.warehouse)) == ([], [])
    revoke(there.warehouse, made.id, "李")
    decide(there.warehouse, here.form(), CHECK, "fits", note="", by="李", rows=[ROW])
    taken, left = take_in(there.warehouse, decisions(here.warehouse))
    assert taken == []
    assert "李 decided fits" in left[0]
    assert [one.reading for one in decisions(there.warehouse)] == ["fits"]


def test_a_form_that_no_other_document_has_is_told(city: MakeCity) -> None:
    place = city("one")
    first = place.store(budget(0))
    assert [(one["publisher"], one["kind"]) for one in never_met(place.warehouse, first)] == [
        (CITY, "expenditure_summary")
    ]
    second = place.store(budget(1))
    assert never_met(place.warehouse, second) == []
    assert len(never_met(place.warehouse, [*first, *second])) == 1
    assert DocumentState(state(place, first[0])) is DocumentState.IN_REVIEW
