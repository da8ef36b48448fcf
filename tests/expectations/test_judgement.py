"""Great Expectations is the judge; findings name the suspected cell, its origin and what it explains."""

from __future__ import annotations

import copy
import socket
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from budget.disclosure import Disclosure, Finding, FindingCell, Place, Unread
from budget.states import Origin, Severity
from expectations import apply, frame, judge, reconcile, reconciliation_rows
from expectations.judging import judgement
from expectations.judging.catalogue import checks

Build = Callable[..., Disclosure]

WRONG_TOTAL = {
    "kind": "revenue_expenditure_summary",
    "title": "收支总表",
    "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
    "rows": [
        ["一、财政拨款收入", "100.00", "一、社会保障和就业支出", "80.00"],
        ["二、其他收入", "20.00", "二、卫生健康支出", "40.00"],
        ["本年收入合计", "120.00", "本年支出合计", "120.00"],
        ["上年结转", "", "结转下年", ""],
        ["收入总计", "120.00", "支出总计", "210.00"],
    ],
}


def errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def test_a_wrong_total_is_one_root_that_names_its_cell_both_sides_and_the_right_amount(document: Build) -> None:
    one = document(WRONG_TOTAL)
    found = errors(judge([one])[one.document.sha256])
    assert [(f.check, f.caused_by) for f in found] == [("BAL-05", None), ("BAL-06", 0)]
    root = found[0]
    assert root.cells[0].fact_id == "t01.4.3"
    assert (root.left, root.right, root.difference) == ("210", "120", "90")
    assert "收支总表" in root.message and "支出总计" in root.message and "120" in root.message
    first, chinese, english = root.message.split("\n")
    assert first == "BAL-05 收支总表 支出总计：210 ≠ 120"
    assert "疑点是收支总表“支出总计”印作 210.00，若为 120 则 2 项勾稽全部成立" in chinese
    assert "suspected is 收支总表“支出总计”, printed as 210.00: as 120 all 2 identities hold" in english
    assert root.statement_id == "t01"


def test_a_sound_document_has_no_error_and_its_identities_are_stored_as_passed_or_skipped(document: Build) -> None:
    sound = copy.deepcopy(WRONG_TOTAL)
    sound["rows"][4][3] = "120.00"
    one = document(sound)
    judged = judge([one])
    assert errors(judged[one.document.sha256]) == []
    stored = {row.check: row.status for row in judged.reconciliations[one.document.sha256]}
    assert stored["BAL-06"] == "passed"
    assert stored["XRF-01"] == "skipped"
    assert {row.status for row in reconciliation_rows(one)} >= {"passed", "skipped"}


def test_the_frame_has_one_row_an_identity_with_both_sides_in_decimal(document: Build) -> None:
    table = frame([reconcile(document(WRONG_TOTAL))])
    row = table[table["check"] == "BAL-05"].iloc[0]
    assert (row["left"], row["right"], row["difference"]) == (Decimal("210.00"), Decimal("120.00"), Decimal("90.00"))
    assert row["holds"] is False
    assert "t01.4.3=210.00" in row["left_cells"]
    skipped = table[table["skipped"].notna()]
    assert len(skipped) and skipped["excess"].isna().all()


def without(check: str) -> list[dict[str, Any]]:
    suites = copy.deepcopy(list(judgement.suites()))
    for suite in suites:
        suite["expectations"] = [one for one in suite["expectations"] if one["meta"]["check"] != check]
    return suites


def test_a_check_without_an_expectation_stops_the_batch_instead_of_passing(
    document: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = tuple(without("BAL-06"))
    monkeypatch.setattr(judgement, "suites", lambda: rest)
    with pytest.raises(judgement.SuiteError, match="BAL-06"):
        judge([document(WRONG_TOTAL)])


def test_the_verdict_follows_the_expectation_not_our_own_arithmetic(
    document: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    loosened = copy.deepcopy(list(judgement.suites()))
    for suite in loosened:
        for one in suite["expectations"]:
            if one["meta"]["check"] == "BAL-06":
                one["kwargs"]["max_value"] = 1000
    monkeypatch.setattr(judgement, "suites", lambda: tuple(loosened))
    one = document(WRONG_TOTAL)
    assert {finding.check for finding in errors(judge([one])[one.document.sha256])} == {"BAL-05"}
    tightened = copy.deepcopy(loosened)
    for suite in tightened:
        for expectation in suite["expectations"]:
            if expectation["meta"]["check"] == "BAL-02":
                expectation["kwargs"]["max_value"] = -1
    monkeypatch.setattr(judgement, "suites", lambda: tuple(tightened))
    assert "BAL-02" in {finding.check for finding in judge([one])[one.document.sha256]}


def test_every_check_that_can_be_claimed_has_its_expectation_in_the_shipped_suites() -> None:
    assert judgement.judged_checks() == set(checks()) - {"UNREAD"}
    for suite in judgement.suites():
        assert suite == judgement.suite_of(suite["meta"]["family"])


def test_judging_opens_no_connection(document: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    one = document(WRONG_TOTAL)
    assert errors(judge([one])[one.document.sha256])


@pytest.mark.parametrize(
    ("heard", "origin"),
    [("210.00", Origin.PUBLISHER), ("210", Origin.PUBLISHER), ("120.00", Origin.EXTRACTION), (None, Origin.UNKNOWN)],
)
def test_the_second_reading_of_the_suspected_cell_decides_whose_error_it_is(
    document: Build, heard: str | None, origin: Origin
) -> None:
    asked = []

    def second_reading(sha256: str, place: Place) -> str | None:
        asked.append((sha256, place))
        return heard

    one = document(WRONG_TOTAL)
    found = errors(judge([one], second_reading=second_reading)[one.document.sha256])
    assert {finding.origin for finding in found} == {origin}
    assert {place.row for _, place in asked} == {4}
    assert errors(judge([one])[one.document.sha256])[0].origin is Origin.UNKNOWN


def test_many_documents_are_judged_in_one_batch_and_kept_apart(document: Build) -> None:
    sound = copy.deepcopy(WRONG_TOTAL)
    sound["rows"][4][3] = "120.00"
    documents = [
        document(WRONG_TOTAL if number % 3 == 0 else sound, sha256=f"{number:064x}") for number in range(30)
    ]  # fmt: skip
    judged = judge(documents)
    assert len(judged) == 30
    wrong = {int(sha, 16) for sha, findings in judged.items() if errors(findings)}
    assert wrong == set(range(0, 30, 3))


def test_numbers_that_no_cell_took_and_findings_already_there_are_kept(document: Build) -> None:
    earlier = Finding(
        check="DECISION_MISFIT", severity=Severity.ERROR, origin=Origin.EXTRACTION, message="earlier",
        cells=(FindingCell(raw="1"),),
    )  # fmt: skip
    one = document(WRONG_TOTAL, findings=(earlier,), unread=(Unread(text="12.34"),))
    found = judge([one])[one.document.sha256]
    assert found[0] == earlier
    assert found[1].check == "UNREAD" and found[1].cells[0].raw == "12.34"
    assert found[3].caused_by == 2, "indexes count from the first finding of the disclosure"
    assert apply(one, found).errors[0] == earlier


def test_a_value_one_column_off_is_one_root_with_the_cell_that_lost_it_first(document: Build) -> None:
    moved = {
        "kind": "expenditure_summary",
        "columns": ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        "rows": [
            ["", "合计", "60.00", "60.00", ""],
            ["208", "社会保障和就业支出", "60.00", "60.00", ""],
            ["20801", "人力资源和社会保障管理事务", "30.00", "", "30.00"],
            ["20805", "行政事业单位养老支出", "30.00", "30.00", ""],
        ],
    }
    one = document(moved)
    found = errors(judge([one])[one.document.sha256])
    roots = [finding for finding in found if finding.caused_by is None]
    assert len(roots) == 1
    assert (roots[0].cells[0].at.row, roots[0].cells[0].at.col, roots[0].cells[0].raw) == (2, 3, "")


def test_nothing_to_judge_is_no_error(document: Build) -> None:
    assert dict(judge([])) == {}
    one = document(kind="narrative")
    assert errors(judge([one])[one.document.sha256]) == []
