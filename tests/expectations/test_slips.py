"""What a wrong figure looks like beside the right one is told; what resembles nothing is not explained."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from budget.disclosure import Disclosure
from budget.states import Severity
from expectations import judge
from expectations.judging.slips import slip_of

Build = Callable[..., Disclosure]


@pytest.mark.parametrize(
    ("printed", "right", "kind"),
    [
        ("5156.23", "1556.23", "swap"),
        ("25.00", "225.00", "dropped"),
        ("1566.23", "156.23", "doubled"),
        ("155.623", "1556.23", "decimal"),
        ("15562300", "1556.23", "unit"),
        ("1.55623", "15562.3", "unit"),
        ("1558.23", "1556.23", "digit"),
        ("-12.50", "12.50", "sign"),
        ("300", "200", None),
        ("20730.94", "7825.53", None),
        ("7825.53", "7825.53", None),
        ("0", "7825.53", None),
    ],
)
def test_a_slip_is_named_after_what_the_digits_show(printed: str, right: str, kind: str | None) -> None:
    found = slip_of(Decimal(printed), Decimal(right))
    assert (found.kind if found else None) == kind


SUMMARY: dict[str, Any] = {
    "kind": "revenue_expenditure_summary", "title": "收支总表",
    "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
    "rows": [
        ["一、财政拨款收入", "1556.23", "一、社会保障和就业支出", "1500.00"], ["", "", "二、卫生健康支出", "56.23"],
        ["收入总计", "1556.23", "支出总计", "1556.23"],
    ],
}  # fmt: skip
SPENT: dict[str, Any] = {
    "kind": "expenditure_summary", "title": "支出总表", "columns": ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
    "rows": [
        ["", "合计", "1556.23", "56.23", "1500.00"], ["208", "社会保障和就业支出", "1500.00", "", "1500.00"],
        ["210", "卫生健康支出", "56.23", "56.23", ""],
    ],
}  # fmt: skip


def root_message(*tables: dict[str, Any], document: Build) -> str:
    one = document(*tables)
    found = [f for f in judge([one])[one.document.sha256] if f.severity is Severity.ERROR and f.caused_by is None]
    assert len(found) == 1
    return found[0].message


def test_the_root_names_the_other_statement_that_prints_the_right_amount(document: Build) -> None:
    wrong = copy.deepcopy(SUMMARY)
    wrong["rows"][2][3] = "1565.23"
    message = root_message(wrong, SPENT, document=document)
    assert "支出总表“合计”" in message and "均为 1556.23" in message
    assert "两位数字颠倒" in message and "two digits are swapped" in message
    first, chinese, english = message.split("\n")
    assert len(first) < 60
    assert chinese.endswith("。") and english.endswith(".")


def test_a_total_that_counts_an_of_which_row_twice_says_so(document: Build) -> None:
    assets = {
        "kind": "fixed_assets", "title": "固定资产占用情况表", "columns": ["项目", "数量", "价值"],
        "rows": [["合计", "1381", "310.40"], ["一、通用设备", "575", "200.00"], ["其中：汽车", "1", "10.40"], ["二、家具", "806", "100.00"]],
    }  # fmt: skip
    assert "差额等于“汽车”一行，可能重复计入" in root_message(assets, document=document)
