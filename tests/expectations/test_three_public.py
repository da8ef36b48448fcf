"""三公经费表 in the shapes that cities print: with 会议费 and 培训费, years side by side or below one another, unit by unit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from budget.disclosure import Disclosure, ProseFact
from expectations import reconcile

Build = Callable[..., Disclosure]
BLOCK = ("合计", "“三公”经费预算/小计", "“三公”经费预算/公务接待费", "会议费", "培训费")


def xian(*, prior: str = "50.00", own: str = "33.00", change: str = "-17.00", unit: str = "11.00") -> dict[str, Any]:
    """上年, 当年 and 增减变化情况 side by side, 合计 over a department and its two units (Xi'an)."""
    columns = [f"{block}/{leaf}" for block in ("上年", "当年", "增减变化情况") for leaf in BLOCK]
    whole = [
        prior,
        "10.00",
        "10.00",
        "2.00",
        "38.00",
        own,
        "9.00",
        "9.00",
        "2.00",
        "22.00",
        change,
        "-1.00",
        "-1.00",
        "",
        "-16.00",
    ]
    first = [
        "30.00",
        "6.00",
        "6.00",
        "",
        "24.00",
        "22.00",
        "5.00",
        "5.00",
        "",
        "17.00",
        "-8.00",
        "-1.00",
        "-1.00",
        "",
        "-7.00",
    ]
    second = [
        "20.00",
        "4.00",
        "4.00",
        "2.00",
        "14.00",
        unit,
        "4.00",
        "4.00",
        "2.00",
        "5.00",
        "-9.00",
        "",
        "",
        "",
        "-9.00",
    ]
    return {
        "kind": "three_public_expenses", "columns": ["单位编码", "单位名称", *columns],
        "rows": [["", "合计", *whole], ["117", "某局", *whole], ["117001", "某局本级", *first], ["117002", "某中心", *second]],
    }  # fmt: skip


def with_units(one: Disclosure) -> Disclosure:
    """The disclosure with the codes of the first column read as those of units, as the readers do."""
    facts = []
    for fact in one.facts:
        code = one.statements[0].rows[fact.row].cells[0]
        facts.append(fact.model_copy(update={"code": code, "code_system": "unit" if code else None}))
    return one.model_copy(update={"facts": tuple(facts)})


def wrong(one: Disclosure) -> list[tuple[str, str, Decimal, Decimal]]:
    return [
        (i.check, i.column_label, i.left_value, i.right_value)
        for i in reconcile(one).identities
        if i.holds is False and i.check in ("TPE-01", "HIE-05", "TXT-01")
    ]


def test_years_beside_their_change_with_meetings_and_units_hold(document: Build) -> None:
    one = with_units(document(xian()))
    assert wrong(one) == []
    claimed = [i for i in reconcile(one).identities if i.holds is not None and i.check in ("TPE-01", "HIE-05")]
    assert sum(i.check == "HIE-05" for i in claimed) == 28, "14 columns with figures, 合计 and the department"


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"prior": "51.00"}, {"上年/合计", "增减变化情况/合计"}),
        ({"own": "34.00"}, {"当年/合计", "增减变化情况/合计"}),
        ({"change": "-16.00"}, {"增减变化情况/合计"}),
        ({"unit": "12.00"}, {"当年/合计", "增减变化情况/合计"}),
    ],
)
def test_a_wrong_figure_is_seen_in_its_year_and_in_the_change(
    document: Build, changed: dict[str, str], found: set[str]
) -> None:
    assert {column for _, column, _, _ in wrong(with_units(document(xian(**changed))))} == found


def shenzhen(*, total: str = "147.90", change: str = "-28.11") -> dict[str, Any]:
    """A year a row, each item over its funds (Shenzhen)."""
    items = ("总计", "因公出国（境）费", "公务接待费", "公务用车购置及运行维护费/小计", "公务用车购置及运行维护费/公务用车购置费",
             "公务用车购置及运行维护费/公务用车运行维护费")  # fmt: skip
    columns = [f"{item}/{fund}" for item in items for fund in ("一般公共预算", "政府性基金预算")]
    return {
        "kind": "three_public_expenses", "columns": ["预算单位", "年度", *columns],
        "rows": [
            ["某局", "2023 年", "176.01", "0.00", "129.80", "0.00", "15.11", "0.00", "31.10", "0.00", "0.00", "0.00", "31.10", "0.00"],
            ["", "2024 年", total, "0.00", "115.00", "0.00", "5.10", "0.00", "27.80", "0.00", "0.00", "0.00", "27.80", "0.00"],
            ["", "增减变化金额", change, "0.00", "-14.80", "0.00", "-10.01", "0.00", "-3.30", "0.00", "0.00", "0.00", "-3.30", "0.00"],
        ],
    }  # fmt: skip


def test_items_over_funds_add_up_fund_by_fund_and_year_by_year(document: Build) -> None:
    assert wrong(document(shenzhen())) == []
    assert {(left, right) for _, _, left, right in wrong(document(shenzhen(total="148.90")))} == {
        (Decimal("148.90"), Decimal("147.90")), (Decimal("-28.11"), Decimal("-27.11"))
    }  # fmt: skip
    assert {(left, right) for _, _, left, right in wrong(document(shenzhen(change="-28.21")))} == {
        (Decimal("-28.21"), Decimal("-28.11"))
    }


def said(topic: str, amount: str, sentence: str = "一句话") -> ProseFact:
    return ProseFact(topic=topic, amount=amount, raw=amount, unit="万元", fiscal_year=2024, sentence=sentence)


def test_the_text_is_compared_with_the_row_of_its_year(document: Build) -> None:
    assert wrong(document(shenzhen(), prose_facts=(said("three_public", "147.90"),))) == []
    found = wrong(document(shenzhen(), prose_facts=(said("three_public", "176.01"),)))
    assert [(check, left, right) for check, _, left, right in found] == [
        ("TXT-01", Decimal("176.01"), Decimal("147.90"))
    ]


def test_the_text_is_compared_with_the_total_over_the_units(document: Build) -> None:
    one = with_units(document(xian(), prose_facts=(said("reception", "9.00"), said("three_public", "9.00"))))
    checked = [i for i in reconcile(one).identities if i.check == "TXT-01" and i.holds is not None]
    assert [i.right_value for i in checked] == [Decimal("9.00"), Decimal("9.00")] and wrong(one) == []


def test_the_running_expenses_printed_beside_the_three_are_those_of_the_text(document: Build) -> None:
    table = {
        "kind": "three_public_expenses",
        "columns": ["“三公”经费/合计", "“三公”经费/因公出国(境)费", "“三公”经费/公务接待费", "“三公”经费/公务用车购置及运行费/小计", "机关运行经费预算数"],
        "rows": [["12.00", "", "2.00", "10.00", "1547.40"]],
    }  # fmt: skip
    assert wrong(document(table, prose_facts=(said("agency_running", "1547.40"),))) == []
    assert wrong(document(table, prose_facts=(said("agency_running", "1547.50"),)))[0][2:] == (
        Decimal("1547.50"), Decimal("1547.40"),
    )  # fmt: skip


def test_an_item_told_among_economic_items_is_what_basic_expenditure_spends(document: Build) -> None:
    table = {
        "kind": "three_public_expenses", "columns": ["项目", "预算数"],
        "rows": [["合计", "29.30"], ["1、因公出国（境）费用", "0.00"], ["2、公务接待费", "3.30"], ["3、公务用车购置及运行费", "26.00"],
                 ["其中：（1）公务用车购置费", "0.00"], ["（2）公务用车运行费", "26.00"]],
    }  # fmt: skip
    text = "工会经费17.25万元，公务用车运行维护费12.00万元。"
    running = said("vehicle_running", "12.00", text)
    assert wrong(document(table, prose_facts=(said("economic", "17.25", text), running))) == []
    assert wrong(document(table, prose_facts=(running,)))[0][2:] == (Decimal("12.00"), Decimal("26.00"))


def test_a_total_over_the_three_alone_is_theirs_whatever_its_name(document: Build) -> None:
    rows = [
        ["合计", "30.30"],
        ["因公出国（境）费用", "0.00"],
        ["公务接待费", "3.30"],
        ["公务用车购置及运行费", "26.00"],
    ]
    table = {"kind": "three_public_expenses", "columns": ["项目", "预算数"], "rows": rows}
    assert wrong(document(table)) == [("TPE-01", "预算数", Decimal("30.30"), Decimal("29.30"))]
    more = {**table, "rows": [*rows, ["会议费", "1.00"]]}
    assert wrong(document(more)) == [], "合计 may be of more than the three"


def test_units_that_a_broken_reading_puts_in_one_row_are_judged_all_the_same(document: Build) -> None:
    one = with_units(document(xian()))
    squashed = tuple(fact.model_copy(update={"row": 2 if fact.row == 1 else fact.row}) for fact in one.facts)
    assert reconcile(one.model_copy(update={"facts": squashed})).identities
