"""The life of an item: opened by a reading that does not hold, decided by a person, closed by the rerun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from budget.decisions import DECISION_MISFIT, FIGURES_CHANGED
from budget.disclosure import Disclosure, DocumentError, Finding
from budget.sightings import Sighting
from budget.states import DocumentState, Reason
from review.cells import CellAddress, CellAddressError
from review.queue import DecisionRefusedError, NoSuchItemError, ReviewQueue
from review.replay import CorrectionError, against_the_page, as_printed, replay, settle
from review.stages import stage_of
from warehouse.loading import StoreResult
from warehouse.store import Warehouse

MakeDocument = Callable[..., Disclosure]
MakeFinding = Callable[..., Finding]
SHA = "3f9c" + "0" * 60
ITEM = "R-3f9c000000"
RIGHT_SIDE = (
    ("一、一般公共预算拨款", "1,500.00", "一、社会保障支出", "1,200.00"),
    ("二、政府性基金预算拨款", "", "二、卫生健康支出", "300.00"),
    ("收入总计", "1,500.00", "支出总计", "1,520.00"),
)


def balance(disclosure: Disclosure, make: MakeFinding) -> tuple[Finding, ...]:
    """A judge of one rule, BAL-06, as expectations would say it."""
    totals = {f.name: f for f in disclosure.facts if f.statement_id == "t01" and f.role == "grand_total"}
    left, right = totals["收入总计"], totals["支出总计"]
    if left.value == right.value:
        return ()
    cells = tuple({"fact_id": f.id, "at": f.at, "raw": f.raw} for f in (right, left))
    return (make(left=left.amount, right=right.amount, cells=cells),)


class Desk:
    """What flows do for one document: extract (given), replay, judge, settle, store through the queue."""

    def __init__(self, warehouse: Warehouse, read: Disclosure, make: MakeFinding) -> None:
        self.queue, self.read, self.make = ReviewQueue(warehouse, rerun=self), read, make
        self.results: list[StoreResult] = []

    def __call__(self, sha256s: Sequence[str] = (SHA,)) -> StoreResult:
        for sha256 in sha256s:
            decisions = self.queue.decisions_for(sha256)
            replayed, misfits = replay(self.read, decisions)
            judged = balance(replayed, self.make)
            against = {one.id for one in against_the_page(decisions)}
            printed = balance(replay(self.read, [d for d in decisions if d.id not in against])[0], self.make)
            stays = as_printed(printed, judged, replayed, decisions)
            findings = (*replayed.findings, *misfits, *settle(judged, decisions, replayed.statements), *stays)
            recipe = f"{self.read.document.recipe}+{len(decisions)}"
            document = replayed.document.model_copy(update={"recipe": recipe})
            proved = replayed.model_copy(update={"findings": findings, "document": document})
            state, reason = DocumentState.LOADED, None
            if proved.errors:
                state, reason = DocumentState.IN_REVIEW, Reason.CHECKS_FAILED
                if any(found.check == DECISION_MISFIT for found in proved.errors):
                    reason = Reason.DECISION_MISFIT
            self.results.append(self.queue.store(proved, state=state, reason=reason, run_id=f"n{len(self.results)}"))
        return self.results[-1]


@pytest.fixture
def desk(warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding) -> Desk:
    made = Desk(warehouse, document(RIGHT_SIDE), unbalanced)
    made()
    return made


def loaded(warehouse: Warehouse, name: str) -> list[tuple[Decimal, bool, bool]]:
    rows = warehouse.rows(
        "SELECT amount_wan, publisher_discrepancy, corrected FROM facts_current "
        "WHERE name = :name AND statement = 'revenue_expenditure_summary'",
        name=name,
    )
    return [(Decimal(r["amount_wan"]), bool(r["publisher_discrepancy"]), bool(r["corrected"])) for r in rows]


def test_a_reading_that_does_not_hold_opens_one_item_with_its_evidence(desk: Desk, warehouse: Warehouse) -> None:
    rows = desk.queue.list()
    assert [(r.item_id, r.state, r.stage, r.reason, r.errors) for r in rows] == [
        (ITEM, "open", "validate", Reason.CHECKS_FAILED, 1)
    ]
    assert rows[0].summary == "BAL-06: 收入总计 ≠ 支出总计"
    assert (rows[0].agency, rows[0].fiscal_year) == ("海港区财政局", 2024)
    desk()
    assert desk.queue.list() == rows
    assert loaded(warehouse, "支出总计") == []


def test_show_tells_both_sides_the_cells_and_the_other_statements(desk: Desk) -> None:
    detail = desk.queue.show("r-3f9c")
    assert detail.evidence is not None and detail.version is not None
    error = detail.evidence.errors[0]
    assert (error.check, error.left, error.right, error.statement) == ("BAL-06", "1500", "1520", "部门收支总表")
    suspect = error.cells[0]
    assert (str(suspect.address), suspect.raw, suspect.name, suspect.column) == (
        "t01:2:3", "1,520.00", "支出总计", ("支出", "预算数"),
    )  # fmt: skip
    assert suspect.at is not None and suspect.at.page == 2  # type: ignore[union-attr]
    assert [(cell.statement, cell.amount_wan) for cell in error.elsewhere] == [("部门支出总表", "1500")]
    assert [(s.id, s.rows, s.facts) for s in detail.evidence.statements] == [("t01", 3, 5), ("t01x", 1, 1)]


def test_accepting_loads_the_document_and_marks_the_publishers_discrepancy(desk: Desk, warehouse: Warehouse) -> None:
    decision = desk.queue.accept(ITEM, "原文如此，已核对", by="王审核")
    assert decision.findings[0].statement_kind == "revenue_expenditure_summary"
    assert desk.results[-1].state is DocumentState.LOADED
    assert desk.queue.list() == []
    assert [r.state for r in desk.queue.list(state=None)] == ["closed"]
    assert loaded(warehouse, "支出总计") == [(Decimal(1520), True, False)]
    assert [r["check_id"] for r in warehouse.rows("SELECT check_id FROM publisher_discrepancies")] == ["BAL-06"]


def test_an_acceptance_holds_for_a_better_extractor_but_not_for_other_figures(
    desk: Desk, warehouse: Warehouse, document: MakeDocument
) -> None:
    desk.queue.accept(ITEM, "原文如此", by="王审核")
    desk.read = document(RIGHT_SIDE, recipe="r2", statement_id="t01")
    assert desk().state is DocumentState.LOADED
    changed = (*RIGHT_SIDE[:2], ("收入总计", "1,500.00", "支出总计", "1,530.00"))
    desk.read = document(changed, recipe="r3")
    result = desk()
    assert (result.state, result.reason) == (DocumentState.IN_REVIEW, Reason.DECISION_MISFIT)
    assert [r.reason for r in desk.queue.list()] == [Reason.DECISION_MISFIT]
    assert loaded(warehouse, "支出总计") == []


def test_correcting_a_cell_loads_the_document_and_keeps_what_was_read(desk: Desk, warehouse: Warehouse) -> None:
    decision = desk.queue.correct(ITEM, "t01:2:3", "1,500.00", "第2页是1,500.00", by="王审核")
    assert (decision.cell.read, decision.value) == ("1,520.00", "1,500.00")  # type: ignore[union-attr]
    assert desk.results[-1].state is DocumentState.LOADED
    assert loaded(warehouse, "支出总计") == [(Decimal(1500), False, True)]
    kept = warehouse.disclosure(SHA)
    assert kept is not None
    assert [(f.left, f.right) for f in kept.findings] == [("1,520.00", "1,500.00")]


def test_a_second_correction_of_a_cell_keeps_what_the_extractor_had_read(desk: Desk, warehouse: Warehouse) -> None:
    desk.queue.correct(ITEM, "t01:2:3", "1,510.00", "看错", by="王审核")
    assert desk.results[-1].state is DocumentState.IN_REVIEW
    second = desk.queue.correct(ITEM, "t01:2:3", "1,500.00", "再看", by="李复核")
    assert second.cell.read == "1,520.00"  # type: ignore[union-attr]
    assert desk.results[-1].state is DocumentState.LOADED
    assert loaded(warehouse, "支出总计") == [(Decimal(1500), False, True)]


def test_a_corrected_figure_does_not_contradict_what_had_been_loaded(
    desk: Desk, warehouse: Warehouse, document: MakeDocument
) -> None:
    desk.queue.correct(ITEM, "t01:2:3", "1,500.00", "第2页", by="王审核")
    # a worse extractor reads an income wrongly; the person types yet another figure than was loaded
    worse = (("一、一般公共预算拨款", "1,800.00", *RIGHT_SIDE[0][2:]), *RIGHT_SIDE[1:])
    desk.read = document(worse, recipe="r2")
    assert (desk().reason, loaded(warehouse, "支出总计")) == (Reason.FIGURES_CHANGED, [])
    assert [r.stage for r in desk.queue.list()] == ["load"]
    desk.queue.correct(ITEM, "t01:0:1", "1,400.00", "第2页", by="王审核")
    assert desk.results[-1].state is DocumentState.LOADED
    assert loaded(warehouse, "一般公共预算拨款") == [(Decimal(1400), False, True)]


def test_a_contradiction_with_loaded_figures_can_be_accepted(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    desk = Desk(warehouse, document(), unbalanced)
    desk()
    assert loaded(warehouse, "卫生健康支出") == [(Decimal(300), False, False)]
    rows = document().statements[0].rows
    changed = tuple(tuple("310.00" if c == "300.00" else c for c in row.cells) for row in rows)
    desk.read = document(changed, recipe="r2")
    assert desk().reason is Reason.FIGURES_CHANGED
    shown = desk.queue.show(ITEM)
    assert shown.evidence is not None
    assert [(e.check, e.left, e.right) for e in shown.evidence.errors] == [(FIGURES_CHANGED, "300", "310")]
    assert [(c["against"], c["old_raw"], c["new_raw"]) for c in shown.figure_changes] == [
        ("loaded", "300.00", "310.00")
    ]
    desk.queue.accept(ITEM, "旧版读错", by="王审核")
    assert desk.results[-1].state is DocumentState.LOADED
    assert loaded(warehouse, "卫生健康支出") == [(Decimal(310), False, False)]


def test_rejecting_closes_the_item_for_every_later_recipe(
    desk: Desk, warehouse: Warehouse, document: MakeDocument
) -> None:
    desk.queue.reject(ITEM, "不是本部门的预算", by="王审核")
    assert warehouse.version(SHA)["state"] == "rejected"  # type: ignore[index]
    desk.read = document(recipe="r9")
    assert desk().state is DocumentState.REJECTED
    assert desk.queue.list(state=None)[0].state == "closed"
    desk.queue.reextract(ITEM, by="李复核")
    assert desk.results[-1].state is DocumentState.LOADED


def test_without_a_rerun_a_decision_waits(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    desk = Desk(warehouse, document(RIGHT_SIDE), unbalanced)
    desk()
    quiet = ReviewQueue(warehouse)
    quiet.accept(ITEM, "原文如此", by="王审核")
    assert [r.state for r in quiet.list(state=None)] == ["decided"]
    with pytest.raises(LookupError, match="without a rerun"):
        quiet.rerun_decided()
    assert desk.queue.rerun_decided() == (SHA,)
    assert desk.queue.counts() == {("closed", "validate", Reason.CHECKS_FAILED): 1}


def test_only_chosen_errors_and_what_they_caused_are_accepted(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    queue = ReviewQueue(warehouse)
    three = (unbalanced(), unbalanced(check="XRF-02", caused_by=0), unbalanced(check="HIE-01"))
    queue.store(document(findings=three), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
    assert queue.list()[0].summary.startswith("BAL-06, HIE-01: ")
    decision = queue.accept(ITEM, "原文如此", by="王审核", findings=[0])
    assert [anchor.check for anchor in decision.findings] == ["BAL-06", "XRF-02"]
    with pytest.raises(DecisionRefusedError, match=r"\[7\] are no errors; its errors are \[0, 1, 2\]"):
        queue.accept(ITEM, "原文如此", by="王审核", findings=[7])


@pytest.mark.parametrize(
    ("cell", "value", "error", "told"),
    [
        ("t01:2:3", "一千五百", CorrectionError, "no amount"),
        ("t01:2", "1", CellAddressError, "expected <statement id>:<row>:<col>"),
        ("t01:2:2", "1", CellAddressError, "money columns are 1"),
        ("t01:2:3", "1, 520.00", DecisionRefusedError, "already reads"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_leaves_nothing(
    desk: Desk, cell: str, value: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        desk.queue.correct(ITEM, cell, value, "看错", by="王审核")
    assert desk.queue.decisions_for(SHA) == ()
    assert desk.queue.list()[0].state == "open"


def test_a_decision_needs_a_note_and_eyes_on_the_current_reading(desk: Desk, document: MakeDocument) -> None:
    with pytest.raises(DecisionRefusedError, match="needs a note"):
        desk.queue.accept(ITEM, "  ", by="王审核")
    seen = desk.queue.show(ITEM).version["recipe"]  # type: ignore[index]
    desk.read = document(RIGHT_SIDE, recipe="r2")
    desk()
    with pytest.raises(DecisionRefusedError, match="read again since you looked"):
        desk.queue.accept(ITEM, "原文如此", by="王审核", seen=seen)


def test_an_unreadable_file_waits_at_stage_extract_and_cannot_be_accepted(
    warehouse: Warehouse, document: MakeDocument
) -> None:
    queue = ReviewQueue(warehouse)
    error = DocumentError(code="encrypted", message="haigang.pdf: needs a password")
    unreadable = Disclosure(document=document().document.model_copy(update={"error": error}))
    queue.store(unreadable, state=DocumentState.IN_REVIEW)
    row = queue.list(stage="extract", reason=Reason.ENCRYPTED)[0]
    assert row.summary == "haigang.pdf: needs a password"
    with pytest.raises(DecisionRefusedError, match="no finding to accept"):
        queue.accept(row.item_id, "x", by="王审核")
    with pytest.raises(DecisionRefusedError, match="nothing was read"):
        queue.correct(row.item_id, CellAddress("t01", 0, 0), "1", "x", by="王审核")


def test_items_are_found_by_text_and_by_a_short_id(warehouse: Warehouse, document: MakeDocument) -> None:
    queue = ReviewQueue(warehouse)
    for start in ("3f9c", "3f9d"):
        queue.store(document(sha256=start + "0" * 60), state=DocumentState.IN_REVIEW, reason=Reason.NOTHING_READ)
    assert len(queue.list(text="海港")) == 2
    assert queue.list(text="100%") == []
    assert queue.show("3F9D").row.item_id == "R-3f9d000000"
    with pytest.raises(NoSuchItemError, match="short for R-3f9c000000 and R-3f9d000000"):
        queue.show("R-3f9")
    with pytest.raises(NoSuchItemError, match="there is no item"):
        queue.show("R-abc")
    with pytest.raises(NoSuchItemError, match="no item id"):
        queue.show("R-%")


def test_sync_opens_what_was_stored_past_the_queue(warehouse: Warehouse, document: MakeDocument) -> None:
    queue = ReviewQueue(warehouse)
    warehouse.store(document(), state=DocumentState.IN_REVIEW, reason=Reason.NOTHING_READ)
    assert queue.list() == []
    assert queue.sync() == 1
    assert [r.item_id for r in queue.list()] == [ITEM]
    warehouse.store(document(recipe="r2"), state=DocumentState.LOADED)
    assert queue.sync() == 0
    assert queue.list() == []


def test_a_file_that_could_not_be_had_waits_until_it_is(
    warehouse: Warehouse, sighting: Callable[..., Sighting]
) -> None:
    queue = ReviewQueue(warehouse)
    night = datetime(2024, 2, 20, tzinfo=UTC)
    lost = sighting(None, reason=Reason.HTTP_ERROR, detail="HTTP 404", seen_at=night)
    queue.record_sightings([lost, sighting(None, url=None, outcome="ignored", reason=Reason.NO_ATTACHMENT)])
    row = queue.list()[0]
    assert (row.stage, row.reason, row.sha256) == ("download", Reason.HTTP_ERROR, None)
    assert row.summary == "2024年部门预算公开: blocked, HTTP 404"
    assert len(queue.list()) == 1
    detail = queue.show(row.item_id)
    assert detail.sightings[0]["url"] == "https://czj.example.gov.cn/yjs/202402/a.pdf"
    with pytest.raises(DecisionRefusedError, match="could not be had"):
        queue.accept(row.item_id, "x", by="王审核")
    queue.reextract(row.item_id, by="王审核")
    assert queue.list(state="decided")[0].item_id == row.item_id
    queue.record_sightings([lost.model_copy(update={"seen_at": night + timedelta(1)})])
    assert [r.item_id for r in queue.list()] == [row.item_id]
    queue.record_sightings([sighting("a" * 64, seen_at=night + timedelta(2))])
    assert queue.list() == []
    queue.record_sightings([lost.model_copy(update={"seen_at": night + timedelta(3)})])
    assert [r.item_id for r in queue.list()] == [row.item_id]
    queue.reject(row.item_id, "已撤下", by="王审核")
    queue.record_sightings([lost.model_copy(update={"seen_at": night + timedelta(4)})])
    assert queue.list() == []


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_stage(reason: Reason) -> None:
    expected = {
        "checks_failed": "validate", "decision_misfit": "validate", "figures_changed": "load", "person": "load",
        "nothing_read": "extract", "corrupt": "extract", "worker_died": "extract", "http_error": "download",
    }.get(reason.value)  # fmt: skip
    stage = stage_of(DocumentState.IN_REVIEW, reason)
    assert stage == expected if expected else stage in ("download", "extract")


def test_nobody_decides_on_a_closed_item_until_it_is_asked_for_again(desk: Desk, warehouse: Warehouse) -> None:
    desk.queue.reject(ITEM, "不是本部门的预算", by="王审核")
    for decide in (
        lambda: desk.queue.accept(ITEM, "原文如此", by="李复核"),
        lambda: desk.queue.correct(ITEM, "t1:0:2", "1", "看错了", by="李复核"),
        lambda: desk.queue.reject(ITEM, "再退一次", by="李复核"),
    ):
        with pytest.raises(DecisionRefusedError, match=r"closed \(rejected\).*reextract"):
            decide()
    assert [one.action for one in desk.queue.decisions_for(SHA)] == ["reject"]
    desk.queue.rerun = None
    desk.queue.reextract(ITEM, by="李复核")
    assert desk.queue.accept(ITEM, "原文如此", by="李复核").action == "accept"


def test_a_rejected_download_is_closed_too(warehouse: Warehouse) -> None:
    queue = ReviewQueue(warehouse)
    missing = Sighting(
        portal="a", family="shtml", list_url="http://a/l/", article_url="http://a/1", article_title="2024年部门预算公开",
        url="http://a/1.pdf", outcome="failed", reason=Reason.HTTP_ERROR, detail="HTTP 404", seen_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    queue.record_sightings([missing])
    (row,) = queue.list()
    queue.reject(row.item_id, "撤下了", by="王审核")
    with pytest.raises(DecisionRefusedError, match=r"closed \(rejected\)"):
        queue.reject(row.item_id, "再退一次", by="王审核")


def test_the_summary_names_a_check_once_and_keeps_to_one_line(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    found = unbalanced(message="BAL-06 收支总表 收入总计：1500 ≠ 1520\n整句的说明。\nExpected: both equal.")
    queue = ReviewQueue(warehouse)
    queue.store(
        document(findings=(found, found)), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED
    )  # fmt: skip
    (row,) = queue.list()
    assert row.summary == "BAL-06 × 2: 收支总表 收入总计：1500 ≠ 1520"
