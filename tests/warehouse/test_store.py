"""What becomes of a reading when it is stored, stored again, read better, contradicted, or replaced by its publisher."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from budget.decisions import FIGURES_CHANGED, Decision, anchor_of
from budget.disclosure import Disclosure, DocumentError, Finding
from budget.reconciliations import Reconciliation
from budget.sightings import Sighting
from budget.states import DocumentState, Origin, Reason, RunState, Severity
from warehouse import tables
from warehouse.loading import StoreRefusedError
from warehouse.store import Warehouse

MakeDisclosure = Callable[..., Disclosure]
MakeSighting = Callable[..., Sighting]
A, B, C = "a" * 64, "b" * 64, "c" * 64
LOADED, IN_REVIEW = DocumentState.LOADED, DocumentState.IN_REVIEW


def amounts(warehouse: Warehouse, view: str = "facts_current") -> list[Decimal]:
    return [
        Decimal(row["amount_wan"]) for row in warehouse.rows(f"SELECT amount_wan FROM {view} ORDER BY sha256, fact_no")
    ]


def decide(warehouse: Warehouse, sha256: str, **values: object) -> None:
    number = len(warehouse.decisions_for(sha256))
    made = Decision(
        id=f"d{number}", sha256=sha256, note="看过原件", decided_by="王审核",
        decided_at=datetime(2024, 3, 1, tzinfo=UTC), **values,  # type: ignore[arg-type]
    )  # fmt: skip
    row = {
        "decision_id": made.id + sha256[:6], "sha256": sha256, "decision_no": number, "action": made.action,
        "note": made.note, "decided_by": made.decided_by, "decided_at": made.decided_at,
        "decision": made.model_dump(mode="json"),
    }  # fmt: skip
    warehouse.transact(lambda connection: connection.execute(tables.decisions.insert().values(row)))


def test_a_loaded_document_shows_its_facts_with_place_and_address(
    warehouse: Warehouse, disclosure: MakeDisclosure, sighting: MakeSighting
) -> None:
    warehouse.record_sighting(sighting())
    result = warehouse.store(disclosure(["100.00", "0.070159"]), state=LOADED, size_bytes=1000)
    assert (result.outcome, result.state, result.rows_written) == ("stored", LOADED, 3)
    row = warehouse.rows("SELECT * FROM facts_current ORDER BY fact_no")[1]
    assert Decimal(row["amount_wan"]) == Decimal("0.070159")
    assert row["amount_fen"] == 70159
    assert (row["page"], row["x0"], row["top"], row["x1"], row["bottom"]) == (3, 400.0, 101.0, 460.0, 113.0)
    assert (row["agency"], row["fiscal_year"], row["statement"]) == ("海港区财政局", 2024, "general_budget_expenditure")
    assert row["url"] == "https://czj.example.gov.cn/yjs/202402/a.pdf"
    assert row["column_text"] == "一般公共预算 / 合计"


def test_storing_the_same_reading_again_writes_nothing(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    warehouse.store(disclosure(), state=LOADED)
    before = warehouse.version(A)
    result = warehouse.store(disclosure(file="elsewhere/b.pdf"), state=LOADED)
    assert (result.outcome, result.rows_written, result.state) == ("unchanged", 0, LOADED)
    assert warehouse.version(A) == before


def test_a_newer_recipe_with_the_same_figures_replaces_the_rows(
    warehouse: Warehouse, disclosure: MakeDisclosure
) -> None:
    warehouse.store(disclosure(), state=LOADED)
    result = warehouse.store(disclosure(["100.0", "200.5"], recipe="r2"), state=LOADED)
    assert (result.outcome, result.state) == ("replaced", LOADED)
    assert amounts(warehouse) == [Decimal("100"), Decimal("200.5")]
    assert warehouse.version(A)["recipe"] == "r2"  # type: ignore[index]


def test_a_newer_recipe_that_reads_more_contradicts_nothing(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    warehouse.store(disclosure(["1"]), state=LOADED)
    result = warehouse.store(disclosure(["1", "2"], recipe="r2"), state=LOADED)
    assert (result.outcome, result.state, result.changes) == ("replaced", LOADED, ())
    changes = warehouse.rows("SELECT change, new_amount_wan FROM figure_changes")
    assert [(row["change"], Decimal(row["new_amount_wan"])) for row in changes] == [("appeared", Decimal(2))]


def test_a_newer_recipe_that_contradicts_withdraws_the_figures(
    warehouse: Warehouse, disclosure: MakeDisclosure
) -> None:
    warehouse.store(disclosure(["100", "200", "300"]), state=LOADED)
    result = warehouse.store(disclosure(["100", "250"], recipe="r2"), state=LOADED)
    assert (result.outcome, result.state, result.reason) == ("withdrawn", IN_REVIEW, Reason.FIGURES_CHANGED)
    assert [change.change for change in result.changes] == ["changed", "vanished"]
    assert amounts(warehouse) == []
    assert amounts(warehouse, "facts_candidate") == [Decimal(100), Decimal(250)]
    kept = warehouse.disclosure(A)
    assert kept is not None
    assert [(found.check, found.left, found.right) for found in kept.errors] == [
        (FIGURES_CHANGED, "200", "250"),
        (FIGURES_CHANGED, "300", None),
    ]


def test_withdrawn_figures_do_not_come_back_by_asking_again(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    warehouse.store(disclosure(["100"]), state=LOADED)
    changed = disclosure(["250"], recipe="r2")
    warehouse.store(changed, state=LOADED)
    again = warehouse.store(changed, state=LOADED)
    assert (again.outcome, again.state, again.reason) == ("unchanged", IN_REVIEW, Reason.FIGURES_CHANGED)
    other = warehouse.store(disclosure(["260"], recipe="r3"), state=LOADED)
    assert (other.state, other.changes[0].old.amount) == (IN_REVIEW, "100")  # type: ignore[union-attr]
    assert amounts(warehouse) == []


def test_a_recipe_that_reads_the_loaded_figures_again_loads_them(
    warehouse: Warehouse, disclosure: MakeDisclosure
) -> None:
    warehouse.store(disclosure(["100"]), state=LOADED)
    warehouse.store(disclosure(["250"], recipe="r2"), state=LOADED)
    result = warehouse.store(disclosure(["100.00"], recipe="r3"), state=LOADED)
    assert result.state is LOADED
    assert amounts(warehouse) == [Decimal(100)]
    assert warehouse.rows("SELECT * FROM figure_changes") == []
    assert warehouse.rows("SELECT * FROM readings WHERE role = 'published'") == []


def test_a_person_may_accept_the_changed_figure_and_only_that_one(
    warehouse: Warehouse, disclosure: MakeDisclosure
) -> None:
    warehouse.store(disclosure(["100"]), state=LOADED)
    warehouse.store(disclosure(["250"], recipe="r2"), state=LOADED)
    seen = warehouse.disclosure(A)
    assert seen is not None
    decide(warehouse, A, action="accept", findings=tuple(anchor_of(one, seen.statements) for one in seen.errors))
    other = warehouse.store(disclosure(["251"], recipe="r3"), state=LOADED)
    assert (other.state, other.reason) == (IN_REVIEW, Reason.FIGURES_CHANGED)
    accepted = warehouse.store(disclosure(["250.00"], recipe="r4"), state=LOADED)
    assert (accepted.state, accepted.reason) == (LOADED, None)
    changes = warehouse.rows("SELECT old_amount_wan, new_amount_wan FROM figure_changes WHERE against = 'loaded'")
    assert [(Decimal(row["old_amount_wan"]), Decimal(row["new_amount_wan"])) for row in changes] == [(100, 250)]


def test_checks_that_fail_under_a_newer_recipe_withdraw_what_was_loaded(
    warehouse: Warehouse, disclosure: MakeDisclosure, finding: Callable[..., Finding]
) -> None:
    warehouse.store(disclosure(), state=LOADED)
    result = warehouse.store(
        disclosure(recipe="r2", findings=(finding(),)), state=IN_REVIEW, reason=Reason.CHECKS_FAILED
    )
    assert (result.outcome, result.state, result.reason) == ("withdrawn", IN_REVIEW, Reason.CHECKS_FAILED)
    assert amounts(warehouse) == []


def test_an_attempt_that_died_leaves_what_is_loaded_and_is_told_with_its_run(
    warehouse: Warehouse, disclosure: MakeDisclosure
) -> None:
    warehouse.store(disclosure(["100"]), state=LOADED)
    dead = Disclosure(document=disclosure(recipe="r2").document)
    result = warehouse.store(dead, state=DocumentState.FAILED, reason=Reason.WORKER_DIED, run_id="n2")
    assert (result.outcome, result.state) == ("kept", LOADED)
    assert amounts(warehouse) == [Decimal(100)]
    told = warehouse.rows("SELECT outcome, state, reason FROM run_documents WHERE run_id = 'n2'")
    assert told == [{"outcome": "kept", "state": "failed", "reason": "worker_died"}]


def test_an_unreadable_file_is_kept_with_its_reason(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    error = DocumentError(code="encrypted", message="a.pdf: needs a password")
    unreadable = Disclosure(document=disclosure(reader=None, kind=None, error=error).document)
    result = warehouse.store(unreadable, state=DocumentState.FAILED)
    assert (result.state, result.reason) == (DocumentState.FAILED, Reason.ENCRYPTED)
    assert warehouse.version(A)["error_message"] == "a.pdf: needs a password"  # type: ignore[index]
    with pytest.raises(StoreRefusedError, match="could not be read"):
        warehouse.store(unreadable, state=LOADED)


def test_a_reading_with_an_error_cannot_be_loaded(
    warehouse: Warehouse, disclosure: MakeDisclosure, finding: Callable[..., Finding]
) -> None:
    with pytest.raises(StoreRefusedError, match="HIE-01"):
        warehouse.store(disclosure(findings=(finding(),)), state=LOADED)
    assert warehouse.version(A) is None


def test_a_changed_file_supersedes_the_old_one_when_it_is_loaded(
    warehouse: Warehouse, disclosure: MakeDisclosure, sighting: MakeSighting
) -> None:
    warehouse.record_sighting(sighting(A))
    warehouse.store(disclosure(["100", "200"]), state=LOADED)
    warehouse.record_sighting(sighting(B, replaces_sha256=A, seen_at=datetime(2024, 2, 21, tzinfo=UTC)))
    assert amounts(warehouse) == [100, 200]
    waiting = warehouse.store(disclosure(["100", "210"], sha256=B), state=IN_REVIEW, reason=Reason.CHECKS_FAILED)
    assert (waiting.superseded, amounts(warehouse)) == ((), [100, 200])
    result = warehouse.store(disclosure(["100", "210"], sha256=B, recipe="r2"), state=LOADED)
    assert (result.state, result.superseded) == (LOADED, (A,))
    assert amounts(warehouse) == [100, 210]
    assert warehouse.version(A)["state"] == "superseded"  # type: ignore[index]
    assert warehouse.version(B)["supersedes_sha256"] == A  # type: ignore[index]
    assert warehouse.version(A)["document_id"] == warehouse.version(B)["document_id"]  # type: ignore[index]
    changes = warehouse.rows("SELECT old_sha256, name, old_amount_wan, new_amount_wan FROM figure_changes")
    assert [
        (r["old_sha256"], r["name"], Decimal(r["old_amount_wan"]), Decimal(r["new_amount_wan"])) for r in changes
    ] == [(A, "项目1", 200, 210)]


def test_an_old_version_read_again_stays_superseded(
    warehouse: Warehouse, disclosure: MakeDisclosure, sighting: MakeSighting
) -> None:
    warehouse.record_sighting(sighting(A))
    warehouse.record_sighting(sighting(B, replaces_sha256=A))
    warehouse.store(disclosure(["2"], sha256=B), state=LOADED)
    late = warehouse.store(disclosure(["1"], sha256=A), state=LOADED)
    assert late.state is DocumentState.SUPERSEDED
    assert warehouse.store(disclosure(["1"], sha256=A), state=LOADED).outcome == "unchanged"
    assert amounts(warehouse) == [2]


def test_a_publisher_who_puts_the_first_file_back_is_believed(
    warehouse: Warehouse, disclosure: MakeDisclosure, sighting: MakeSighting
) -> None:
    warehouse.record_sighting(sighting(A, seen_at=datetime(2024, 2, 20, tzinfo=UTC)))
    warehouse.store(disclosure(["1"], sha256=A), state=LOADED)
    second = sighting(B, replaces_sha256=A, seen_at=datetime(2024, 2, 21, tzinfo=UTC))
    warehouse.record_sighting(second)
    warehouse.store(disclosure(["2"], sha256=B), state=LOADED)
    warehouse.record_sighting(sighting(A, replaces_sha256=B, seen_at=datetime(2024, 2, 22, tzinfo=UTC)))
    assert amounts(warehouse) == [1]
    warehouse.record_sighting(second)
    assert amounts(warehouse) == [1]
    assert warehouse.version(B)["state"] == "superseded"  # type: ignore[index]


def test_a_content_known_from_elsewhere_joins_the_document_it_replaces(
    warehouse: Warehouse, disclosure: MakeDisclosure, sighting: MakeSighting
) -> None:
    warehouse.record_sighting(sighting(A))
    warehouse.store(disclosure(["1"], sha256=A), state=LOADED)
    warehouse.record_sighting(sighting(B, url="https://other.example.gov.cn/b.pdf"))
    warehouse.store(disclosure(["2"], sha256=B), state=LOADED)
    assert amounts(warehouse) == [1, 2]
    warehouse.record_sighting(sighting(B, replaces_sha256=A))
    assert amounts(warehouse) == [2]
    assert warehouse.rows("SELECT COUNT(*) AS n FROM documents") == [{"n": 1}]
    # the joined version is locked and stored again without its old document coming back
    warehouse.store(disclosure(["2"], sha256=B, recipe="r2"), state=LOADED)
    assert warehouse.rows("SELECT COUNT(*) AS n FROM documents") == [{"n": 1}]


def test_the_same_bytes_under_two_addresses_are_one_version_and_two_sightings(
    warehouse: Warehouse, sighting: MakeSighting
) -> None:
    warehouse.record_sightings(
        [sighting(), sighting(url="https://czj.example.gov.cn/b.pdf"), sighting(outcome="unchanged")]
    )
    assert warehouse.rows("SELECT COUNT(*) AS n FROM document_versions") == [{"n": 1}]
    assert warehouse.rows("SELECT COUNT(*) AS n FROM sightings") == [{"n": 2}]
    assert warehouse.version(A)["state"] == "archived"  # type: ignore[index]


def test_facts_in_a_contradiction_of_the_publisher_are_marked(
    warehouse: Warehouse, disclosure: MakeDisclosure, finding: Callable[..., Finding]
) -> None:
    accepted = finding(Severity.WARNING, Origin.PUBLISHER, fact_id="s1:1:2")
    warehouse.store(disclosure(findings=(accepted,)), state=LOADED)
    marked = warehouse.rows("SELECT fact_id, publisher_discrepancy FROM facts_current ORDER BY fact_no")
    assert [bool(row["publisher_discrepancy"]) for row in marked] == [False, True]
    told = warehouse.rows("SELECT check_id, difference FROM publisher_discrepancies")
    assert told == [{"check_id": "HIE-01", "difference": "-10.00"}]


def test_a_rejected_document_stays_rejected_under_every_recipe(
    warehouse: Warehouse, disclosure: MakeDisclosure
) -> None:
    warehouse.store(disclosure(), state=LOADED)
    decide(warehouse, A, action="reject")
    result = warehouse.store(disclosure(recipe="r2"), state=LOADED)
    assert (result.state, result.reason) == (DocumentState.REJECTED, Reason.PERSON)
    decide(warehouse, A, action="reextract")
    assert warehouse.store(disclosure(recipe="r3"), state=LOADED).state is LOADED


def test_reconciliations_are_kept_with_both_sides(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    holds = Reconciliation(
        check="BAL-06", status="passed", severity=Severity.ERROR, subject="收入总计 = 支出总计",
        left=Decimal("7825.53"), right=Decimal("7825.53"), tolerance=Decimal("0.005"),
    )  # fmt: skip
    warehouse.store(disclosure(), state=LOADED, reconciliations=[holds])
    rows = warehouse.rows("SELECT check_id, status, left_value FROM reconciliations")
    assert [(row["check_id"], row["status"], Decimal(row["left_value"])) for row in rows] == [
        ("BAL-06", "passed", Decimal("7825.53"))
    ]


def test_a_text_layer_with_nul_characters_is_kept(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    warehouse.store(disclosure(agency="财政\0局", title="a\\u0000b"), state=LOADED)
    row = warehouse.version(A)
    assert row is not None
    assert (row["agency"], row["title"]) == ("财政�局", "a\\u0000b")


def test_what_is_read_back_is_what_was_stored(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    stored = disclosure(["1.10", "-2.345678901"])
    warehouse.store(stored, state=LOADED)
    assert warehouse.disclosure(A) == stored


def test_runs_end_with_their_counts(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    warehouse.start_run("n1", flow="nightly", recipe="r1")
    warehouse.store(disclosure(), state=LOADED, run_id="n1")
    warehouse.end_run("n1", RunState.OK, {"loaded": 1})
    run = warehouse.run("n1")
    assert run is not None
    assert (run["state"], run["counts"], run["flow"]) == ("ok", {"loaded": 1}, "nightly")
    assert run["ended_at"] >= run["started_at"]
    with pytest.raises(LookupError, match="never began"):
        warehouse.end_run("n9", RunState.OK)


def test_a_thousand_facts_are_stored_in_150_ms(sqlite_warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    took = []
    for number in range(5):
        big = disclosure([f"{n}.{number}1" for n in range(1000)], sha256=f"{number:064x}")
        # the processor's time: what this room can answer for on a machine that others share
        begin = time.process_time()
        assert sqlite_warehouse.store(big, state=LOADED).rows_written == 1001
        took.append(time.process_time() - begin)
    assert min(took) < 0.150, f"storing 1,000 facts took {min(took) * 1000:.0f} ms at best"
