"""What decisions do to each other: a second look, opposite ones, the last one, taking back, many at once, two people."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from budget.disclosure import Disclosure, Finding, Place
from budget.sightings import Sighting
from budget.states import DocumentState, Origin, Reason
from review.queue import DecisionRefusedError, ReviewQueue, SecondLookError, StaleDecisionError, Wanted
from warehouse.store import Warehouse

_spec = importlib.util.spec_from_file_location("review_test_queue", Path(__file__).with_name("test_queue.py"))
assert _spec is not None and _spec.loader is not None
_queue: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_queue)
Desk, ITEM, RIGHT_SIDE, SHA, loaded = _queue.Desk, _queue.ITEM, _queue.RIGHT_SIDE, _queue.SHA, _queue.loaded
MakeDocument = Callable[..., Disclosure]
MakeFinding = Callable[..., Finding]


@pytest.fixture
def desk(warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding) -> Any:
    made = Desk(warehouse, document(RIGHT_SIDE), unbalanced)
    made()
    return made


def waiting(queue: ReviewQueue) -> ReviewQueue:
    """The same queue, where decisions wait for a rerun."""
    return ReviewQueue(queue.warehouse, None, queue.second_reading)


def alike(text: str) -> Callable[[str, Place], str | None]:
    return lambda sha256, place: text


def test_a_cell_that_both_readers_read_alike_is_not_corrected_without_a_second_look(desk: Any) -> None:
    desk.queue.second_reading = alike("1,520.00")
    with pytest.raises(SecondLookError, match=r"both readers read '1,520.00' in t01:2:3.*--second-look"):
        desk.queue.correct(ITEM, "t01:2:3", "1,500.00", "应为1,500.00", by="王审核")
    assert desk.queue.decisions_for(SHA) == ()
    desk.queue.second_reading = alike("1,500.00")
    assert (
        desk.queue.correct(ITEM, "t01:2:3", "1,500.00", "第2页", by="王审核", second_look="王审核").second_look is None
    )


def test_where_a_finding_is_the_publishers_no_other_reader_need_be_asked(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    desk = Desk(warehouse, document(RIGHT_SIDE), lambda **more: unbalanced(origin=Origin.PUBLISHER, **more))
    desk()
    with pytest.raises(SecondLookError):
        desk.queue.correct(ITEM, "t01:2:3", "1,500.00", "应为1,500.00", by="王审核")


def test_after_a_second_look_what_is_printed_the_correction_and_the_contradiction_are_in_the_views(
    desk: Any, warehouse: Warehouse
) -> None:
    desk.queue.second_reading = alike("1,520.00")
    desk.queue.correct(ITEM, "t01:2:3", "1,500.00", "应为1,500.00", by="王审核", second_look="李复核")
    assert desk.results[-1].state is DocumentState.LOADED
    told = warehouse.rows("SELECT raw, corrected_raw, amount_wan, corrected_by, corrected_why FROM corrections_current")
    assert told == [{
        "raw": "1,520.00", "corrected_raw": "1,500.00", "amount_wan": Decimal(1500), "corrected_by": "王审核",
        "corrected_why": "应为1,500.00",
    }]  # fmt: skip
    assert [(r["check_id"], r["left_value"], r["right_value"]) for r in warehouse.rows(
        "SELECT check_id, left_value, right_value FROM publisher_discrepancies"
    )] == [("BAL-06", "1500", "1520")]  # fmt: skip
    assert loaded(warehouse, "支出总计") == [(Decimal(1500), True, True)]


def test_opposite_decisions_on_one_finding_are_refused_or_replace_each_other_in_the_open(desk: Any) -> None:
    queue = waiting(desk.queue)
    accepted = queue.accept(ITEM, "原文如此", by="王审核")
    with pytest.raises(DecisionRefusedError, match=rf"王审核 .*{accepted.id}.*accept.*--replace"):
        queue.correct(ITEM, "t01:2:3", "1,500.00", "看错", by="李复核")
    corrected = queue.correct(ITEM, "t01:2:3", "1,500.00", "看错", by="李复核", replace=True)
    assert corrected.replaces == (accepted.id,)
    with pytest.raises(DecisionRefusedError, match=r"李复核 .*decided correct '1,500.00': 看错 and waits"):
        queue.accept(ITEM, "原文如此", by="王审核")
    again = queue.accept(ITEM, "原文如此", by="王审核", replace=True)
    assert again.replaces == (corrected.id,)
    desk.queue.rerun_decided()
    assert desk.results[-1].state is DocumentState.LOADED
    assert loaded(desk.queue.warehouse, "支出总计") == [(Decimal(1520), True, False)]


def test_undoing_opens_the_item_again_and_the_figures_are_gone(desk: Any, warehouse: Warehouse) -> None:
    accepted = desk.queue.accept(ITEM, "原文如此", by="王审核")
    assert loaded(warehouse, "支出总计") != []
    undone = desk.queue.undo(ITEM, "看漏了", by="李复核")
    assert undone.replaces == (accepted.id,)
    assert [row.state for row in desk.queue.list()] == ["open"]
    assert loaded(warehouse, "支出总计") == []
    with pytest.raises(DecisionRefusedError, match="no decision stands"):
        desk.queue.undo(ITEM, by="李复核")
    assert [one.action for one in desk.queue.decisions_for(SHA)] == ["accept", "undo"]


def test_a_rejection_that_is_undone_is_read_and_judged_again(desk: Any) -> None:
    desk.queue.reject(ITEM, "不是本部门的", by="王审核")
    assert desk.queue.list() == []
    desk.queue.undo(ITEM, by="王审核")
    assert [row.state for row in desk.queue.list()] == ["open"]


@pytest.mark.parametrize("again", ["reextract", "undo"])
def test_a_lost_file_that_was_rejected_and_asked_for_again_is_asked_for(
    warehouse: Warehouse, sighting: Callable[..., Sighting], again: str
) -> None:
    queue = ReviewQueue(warehouse)
    night = datetime(2024, 2, 20, tzinfo=UTC)
    lost = sighting(None, reason=Reason.HTTP_ERROR, detail="HTTP 404", seen_at=night)
    queue.record_sightings([lost])
    (row,) = queue.list()
    queue.reject(row.item_id, "已撤下", by="王审核")
    queue.note(row.item_id, "电话问过", by="王审核")
    queue.record_sightings([lost.model_copy(update={"seen_at": night + timedelta(1)})])
    assert queue.list() == [], "a note changes nothing"
    getattr(queue, again)(row.item_id, by="李复核")
    queue.record_sightings([lost.model_copy(update={"seen_at": night + timedelta(2)})])
    assert [one.item_id for one in queue.list()] == [row.item_id], "the last decision wins"


def test_what_was_said_of_a_lost_file_is_shown_and_a_later_look_decides(
    warehouse: Warehouse, sighting: Callable[..., Sighting]
) -> None:
    queue = ReviewQueue(warehouse)
    queue.record_sightings([sighting(None, reason=Reason.HTTP_ERROR, detail="HTTP 404")])
    item = queue.list()[0].item_id
    queue.reextract(item, "try again", by="王审核", seen_no=0)
    queue.note(item, "the publisher was told", by="王审核")
    shown = queue.show(item).decisions
    assert [(one.action, one.note) for one in shown] == [("reextract", "try again"), ("note", "the publisher was told")]
    queue.reject(item, "it will not come", by="李复核", seen_no=len(shown))
    assert queue.show(item).row.state == "closed"


def test_a_form_that_is_stale_is_refused_with_what_happened_meanwhile(desk: Any) -> None:
    queue = waiting(desk.queue)
    seen = len(queue.decisions_for(SHA))
    queue.note(ITEM, "我来看", by="王审核")
    with pytest.raises(StaleDecisionError, match=r"since you looked, 王审核 .*note: 我来看"):
        queue.accept(ITEM, "原文如此", by="李复核", seen_no=seen)
    assert queue.accept(ITEM, "原文如此", by="李复核", seen_no=seen + 1).decided_by == "李复核"


def test_an_item_is_one_persons_until_it_is_released(desk: Any) -> None:
    assert desk.queue.claim(ITEM, "王审核") == "王审核"
    assert desk.queue.claim(ITEM, "李复核") == "王审核"
    assert [row.item_id for row in desk.queue.page(Wanted(claimed_by="王审核"), limit=9)[0]] == [ITEM]
    desk.queue.release(ITEM)
    assert desk.queue.claim(ITEM, "李复核", by="组长") == "李复核"
    assert desk.queue.people() == ({"person": "李复核", "holds": 1},)


def test_a_government_document_is_kept_out_as_out_of_scope(desk: Any, document: MakeDocument) -> None:
    desk.queue.government(ITEM, "这是县级总预算", by="王审核")
    desk.read = document(RIGHT_SIDE, recipe="r9")
    result = desk()
    assert (result.state, result.reason) == (DocumentState.REJECTED, Reason.OUT_OF_SCOPE)


def test_asking_for_another_file_keeps_the_item_waiting_over_reruns(desk: Any, document: MakeDocument) -> None:
    desk.queue.newer(ITEM, "请对方重发", by="王审核")
    desk.read = document(RIGHT_SIDE, recipe="r9")
    desk()
    assert [row.state for row in desk.queue.list(state=None)] == ["decided"]


def many(warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding, count: int = 40) -> ReviewQueue:
    queue = ReviewQueue(warehouse)
    for number in range(count):
        queue.store(
            document(RIGHT_SIDE, sha256=f"{number:064x}"[::-1], findings=(unbalanced(origin=Origin.PUBLISHER),)),
            state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED,
        )  # fmt: skip
    return queue


def test_forty_items_of_one_cause_are_decided_at_once_and_taken_back_at_once(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    queue = many(warehouse, document, unbalanced)
    (group,) = queue.groups(Wanted())
    assert (group.items, group.check, group.origin, group.facts) == (40, "BAL-06", "publisher", 40 * 6)
    items = [row.item_id for row in queue.page(Wanted(cause=group.cause), limit=100)[0]]
    told = queue.preview(items, "accept")
    assert set(told.values()) == {"accepts BAL-06 × 1; 6 figures load"} and len(told) == 40
    queue.reject(items[0], "单独退回", by="李复核")
    asked: list[str] = []
    queue.rerun = asked.extend
    done = queue.bulk(items, "accept", "原文如此", by="王审核")
    assert (len(done.decided), list(done.refused)) == (39, [items[0]])
    assert len(asked) == 39 and queue.counts() == {
        ("decided", "validate", Reason.CHECKS_FAILED): 39, ("closed", "validate", Reason.CHECKS_FAILED): 1,
    }  # fmt: skip
    assert len(queue.undo_bulk(done.bulk_id, "整批收回", by="王审核").decided) == 39
    assert queue.undo_bulk(done.bulk_id, by="王审核").decided == {}


def test_pages_of_the_queue_do_not_overlap_and_count_all(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    queue = many(warehouse, document, unbalanced, 7)
    wanted = Wanted(region="河北省秦皇岛市海港区", fiscal_year=2024, check="BAL-06", origin="publisher")
    pages = [queue.page(wanted, limit=3, offset=first, sort="frees") for first in (0, 3, 6)]
    assert [count for _, count in pages] == [7, 7, 7]
    assert len({row.item_id for rows, _ in pages for row in rows}) == 7
    assert queue.page(Wanted(fiscal_year=1999), limit=3) == ([], 0)
    assert queue.choices()["check"] == ("BAL-06",)


def test_a_newer_file_inherits_what_was_decided_and_asks_only_about_what_changed(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding, sighting: Callable[..., Sighting]
) -> None:
    desk = Desk(warehouse, document(RIGHT_SIDE), unbalanced)
    desk.queue.record_sightings([sighting(SHA)])
    desk()
    accepted = desk.queue.accept(ITEM, "原文如此", by="王审核")
    newer = "4" * 64
    later = sighting(newer, replaces_sha256=SHA, seen_at=datetime(2024, 9, 1, tzinfo=UTC))
    desk.queue.record_sightings([later])
    assert [one.id for one in warehouse.replayed_decisions(newer)] == [accepted.id]
    same, changed = (
        document(RIGHT_SIDE, sha256=newer),
        (*RIGHT_SIDE[:2], ("收入总计", "1,500.00", "支出总计", "1,530.00")),
    )
    for read, errors in ((same, []), (document(changed, sha256=newer), ["BAL-06", "DECISION_MISFIT"])):
        judged = _queue.balance(read, unbalanced)
        settled = _queue.settle(judged, warehouse.replayed_decisions(newer), read.statements)
        assert [one.check for one in settled if one.severity.value == "error"] == errors
    desk.queue.reextract(ITEM, by="王审核")
    assert [one.action for one in warehouse.replayed_decisions(newer)] == ["accept"], (
        "what is about one file stays with it"
    )
