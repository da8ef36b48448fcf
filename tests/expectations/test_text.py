"""What the text says, against itself, the tables and the lists: each check with good, bad, just inside and just outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from budget.disclosure import Disclosure, Indicator, Project, ProseFact
from expectations import reconcile

Build = Callable[..., Disclosure]


def says(topic: str, sentence: str = "一句话", **figure: Any) -> ProseFact:
    """A figure of the text: amount, percent or count; `raw` as printed with two decimals unless told otherwise."""
    amount = figure.get("amount")
    figure.setdefault("unit", "万元" if amount is not None else None)
    figure.setdefault("raw", amount or figure.get("percent"))
    return ProseFact(topic=topic, sentence=sentence, fiscal_year=figure.pop("year", 2024), **figure)


def verdicts(one: Disclosure, check: str) -> list[bool | None]:
    return [identity.holds for identity in reconcile(one).identities if identity.check == check]


def skipped(one: Disclosure, check: str) -> bool:
    found = verdicts(one, check)
    return bool(found) and set(found) == {None}


SUMMARY = {
    "kind": "revenue_expenditure_summary", "title": "收支总表",
    "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
    "rows": [
        ["一、财政拨款收入", "100.00", "一、社会保障和就业支出", "100.00"], ["收入总计", "100.00", "支出总计", "100.00"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "raw", "holds"),
    [("100", "100.00", True), ("100.005", "100.005", True), ("100.01", "100.01", False), ("101", "101", True), ("102", "102", False)],
)  # fmt: skip
def test_txt01_a_total_of_the_text_is_that_of_the_table_to_its_last_digit(
    document: Build, amount: str, raw: str, holds: bool
) -> None:
    one = document(SUMMARY, prose_facts=(says("total_expenditure", amount=amount, raw=raw),))
    assert verdicts(one, "TXT-01") == [holds]


def test_txt01_is_skipped_where_no_table_prints_the_topic(document: Build) -> None:
    assert skipped(document(SUMMARY, prose_facts=(says("abroad", amount="3.00"),)), "TXT-01")


def test_txt11_a_total_of_the_text_in_another_unit_is_a_unit_not_a_figure(document: Build) -> None:
    one = document(SUMMARY, prose_facts=(says("total_expenditure", amount="1000000", raw="1000000"),))
    assert verdicts(one, "TXT-11") == [False] and verdicts(one, "TXT-01") == []


@pytest.mark.parametrize(("part", "holds"), [("40.00", True), ("40.01", True), ("40.02", False), ("4.00", False)])
def test_txt02_the_parts_of_a_sentence_add_up(document: Build, part: str, holds: bool) -> None:
    text = "收入100.00万元，其中一般公共预算60.00万元，政府性基金若干。"
    facts = (
        says("total_revenue", text, amount="100.00"), says("revenue_general_budget", text, amount="60.00"),
        says("revenue_gov_fund", text, amount=part),
    )  # fmt: skip
    assert verdicts(document(prose_facts=facts), "TXT-02") == [holds]


def test_txt02_an_open_list_is_skipped(document: Build) -> None:
    text = "机关运行经费10.00万元，主要用于办公费、水费、电费等。"
    facts = (
        says("agency_running", text, amount="10.00"),
        *(says("agency_running_item", text, amount="1.00", name=n) for n in ("办公费", "水费", "电费")),
    )
    found = verdicts(document(prose_facts=facts), "TXT-02")
    assert not any(found), "nothing is claimed of it"
    assert False not in found


@pytest.mark.parametrize(
    ("percent", "raw", "holds"),
    [("5.26", "5.26", True), ("5.27", "5.27", True), ("5.28", "5.28", False), ("5", "5", True), ("6", "6", False), ("5.3", "5.3", True)],
)  # fmt: skip
def test_txt03_a_percentage_is_of_the_prior_year(document: Build, percent: str, raw: str, holds: bool) -> None:
    text = "三公经费100.00万元，比上年增加5.00万元。"  # 5 / 95 = 5.263 %
    facts = (
        says("three_public", text, amount="100.00"), says("three_public_delta", text, amount="5.00"),
        says("three_public_percent", text, percent=percent, raw=raw, unit="%"),
    )  # fmt: skip
    assert verdicts(document(prose_facts=facts), "TXT-03") == [holds]


def test_txt03_a_percentage_of_the_current_year_is_called_a_wrong_base(document: Build) -> None:
    text = "收支100.00万元，减少20.00万元，减少20%。"  # 20 / 120 = 16.67 %
    facts = (
        says("total_revenue", text, amount="100.00"), says("total_delta", text, amount="-20.00"),
        says("total_percent", text, percent="-20", unit="%"),
    )  # fmt: skip
    (claim,) = (i for i in reconcile(document(prose_facts=facts)).identities if i.check == "TXT-03")
    assert claim.holds is False and "基数" in claim.note and "wrong base" in claim.note


@pytest.mark.parametrize(("reception", "holds"), [("-0.50", True), ("-0.495", True), ("-0.49", False), ("0.50", False)])
def test_txt04_changes_of_parts_are_the_change_of_the_total(document: Build, reception: str, holds: bool) -> None:
    facts = (
        says("three_public_delta", "减少0.50万元", amount="-0.50"), says("reception_delta", "接待费变动", amount=reception),
        says("vehicle_total", "用车4.50万元，与上年持平。", amount="4.50"), says("abroad", "出国0万元，与上年持平。", amount="0.00"),
    )  # fmt: skip
    assert verdicts(document(prose_facts=facts), "TXT-04") == [holds]


def test_txt04_a_part_that_tells_no_change_leaves_it_open(document: Build) -> None:
    facts = (
        says("three_public_delta", "减少0.50万元", amount="-0.50"), says("reception_delta", "x", amount="-0.40"),
        says("vehicle_total", "用车4.50万元。", amount="4.50"), says("abroad", "出国0万元，与上年持平。", amount="0.00"),
    )  # fmt: skip
    assert skipped(document(prose_facts=facts), "TXT-04")


@pytest.mark.parametrize(
    ("sentence", "count", "found"),
    [
        ("内设3个处室，包括：办公室、财务处、人事处。", "3", [True]),
        ("内设四个处室，包括：办公室、财务处、人事处。", "4", [False]),
        ("内设3个处室，分别为办公室、财务处和人事处。", "3", [True]),
        ("内设3个处室，包括：办公室、康复区（2个）。", "3", [True]),
        ("内设3个处室，包括：办公室、财务处、人事处、机关党委（不纳入内设机构数）。", "3", [True]),
        ("内设9个处室，包括：办公室、财务处等。", "9", []),
        ("内设9个处室。", "9", []),
    ],
)
def test_txt05_a_count_is_the_number_of_names_that_follow(
    document: Build, sentence: str, count: str, found: list[bool]
) -> None:
    one = document(prose_facts=(says("department_count", sentence, count=count, unit="个"),))
    assert verdicts(one, "TXT-05") == found


PROCUREMENT = {
    "kind": "procurement", "title": "政府采购预算表", "columns": ["项目名称", "采购物品名称", "政府采购金额/合计"],
    "rows": [["合计", "", "1.00"], ["档案专项", "打孔机", "0.30"], ["档案专项", "办公椅", "0.20"], ["终端专项", "扫描仪", "0.50"]],
}  # fmt: skip


@pytest.mark.parametrize(("count", "holds"), [("2", True), ("3", True), ("4", False)])
def test_txt05_projects_of_the_purchases_are_projects_or_rows(document: Build, count: str, holds: bool) -> None:
    one = document(PROCUREMENT, prose_facts=(says("procurement_project_count", count=count, unit="个"),))
    assert verdicts(one, "TXT-05") == [holds]


BASIC = {
    "kind": "general_budget_basic_expenditure", "title": "基本支出表",
    "columns": ["科目编码", "科目名称", "合计", "人员经费", "公用经费"],
    "rows": [
        ["", "合计", "50.00", "30.00", "20.00"], ["301", "工资福利支出", "30.00", "30.00", ""], ["30101", "基本工资", "30.00", "30.00", ""],
        ["302", "商品和服务支出", "20.00", "", "20.00"], ["30201", "办公费", "15.00", "", "15.00"], ["30217", "公务接待费", "2.00", "", "2.00"],
        ["30231", "公务用车运行维护费", "3.00", "", "3.00"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "found"), [("20.00", [True]), ("20.005", [True]), ("20.01", [False]), ("12.00", [None])]
)
def test_txt06_running_expenses_are_not_more_than_public_expenses(
    document: Build, amount: str, found: list[bool | None]
) -> None:
    assert verdicts(document(BASIC, prose_facts=(says("agency_running", amount=amount),)), "TXT-06") == found


@pytest.mark.parametrize(("amount", "holds"), [("15.00", True), ("15.01", False)])
def test_txt06_each_item_is_its_economic_code(document: Build, amount: str, holds: bool) -> None:
    facts = (says("agency_running", amount="20.00"), says("agency_running_item", amount=amount, name="办公费"))
    assert verdicts(document(BASIC, prose_facts=facts), "TXT-06") == [True, holds]


@pytest.mark.parametrize(
    ("amount", "found"), [("0.20", [True, True]), ("0.73", [True, False]), ("1.73", [False, False])]
)
def test_txt07_announced_purchases_are_in_the_procurement_table(
    document: Build, amount: str, found: list[bool]
) -> None:
    one = document(PROCUREMENT, prose_facts=(says("planned_purchase_item", amount=amount, name="电办公椅"),))
    assert verdicts(one, "TXT-07") == found


FORM = {
    "kind": "project_performance", "title": "甲项目绩效目标表", "columns": ["", "", ""],
    "rows": [["项目名称", "甲", ""], ["二级指标", "三级指标", "指标值"], ["数量指标", "平台就业数量", "≥10000人"]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("要求达到平台就业数量≥10000人。", [True]), ("要求达到平台就业数量≥9000人。", [False]),
        ("要求达到平台就业数量≥80%。", [False]), ("新平台就业数量≥80%。", []),
    ],
)  # fmt: skip
def test_txt08_a_target_of_the_text_is_the_indicator_of_that_name(
    document: Build, sentence: str, found: list[bool]
) -> None:
    one = document(FORM, prose_facts=(says("performance_target", sentence, amount="80000.00"),))
    assert verdicts(one, "TXT-08") == found


@pytest.mark.parametrize(
    ("fact", "sound"),
    [
        (says("three_public", "三公经费3.00万元。", amount="3.00"), True),
        (says("three_public", "三公经费XX万元，出国3.00万元。", amount="3.00"), False),
        (says("three_public", "三公经费3.00。", amount="3.00", unit=None), False),
        (says("three_public", "2026年三公经费3.00万元。", amount="3.00", year=2026), False),
        (says("three_public", "2023年三公经费3.00万元。", amount="3.00", year=2023), True),
    ],
)
def test_txt09_placeholders_missing_units_and_years_to_come(document: Build, fact: ProseFact, sound: bool) -> None:
    assert verdicts(document(prose_facts=(fact,)), "TXT-09") == [sound]


@pytest.mark.parametrize(("percent", "holds"), [("5.26", True), ("0", True), ("-5.26", False)])
def test_txt10_a_change_and_its_percentage_point_the_same_way(document: Build, percent: str, holds: bool) -> None:
    text = "三公经费100.00万元，变动5.00万元。"
    facts = (
        says("three_public", text, amount="100.00"), says("three_public_delta", text, amount="5.00"),
        says("three_public_percent", text, percent=percent, unit="%"),
    )  # fmt: skip
    assert verdicts(document(prose_facts=facts), "TXT-10") == [holds]


# --------------------------------------------------------------------------- lists, forms, empty tables

THREE = {
    "kind": "three_public_expenses", "title": "三公经费表", "columns": ["项目", "合计"],
    "rows": [
        ["三公经费合计", "6.00"], ["因公出国（境）费", "1.00"], ["公务用车购置及运行费", "3.00"], ["其中：购置费", ""], ["运行费", "3.00"],
        ["公务接待费", "2.00"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(("reception", "holds"), [("2.00", True), ("1.00", True), ("2.005", True), ("2.02", False)])
def test_tpe02_basic_expenditure_does_not_spend_more_on_the_three(document: Build, reception: str, holds: bool) -> None:
    basic = BASIC | {
        "rows": [row if row[0] != "30217" else [*row[:2], reception, "", reception] for row in BASIC["rows"]]
    }  # type: ignore[operator]
    found = [v for v in verdicts(document(basic, THREE), "TPE-02") if v is not None]
    assert found == [True, holds]


def test_tpe02_is_skipped_without_the_table(document: Build) -> None:
    assert skipped(document(BASIC), "TPE-02")


@pytest.mark.parametrize(("amount", "holds"), [("19.99", True), ("20.00", True), ("20.02", False)])
def test_prc05_purchases_from_public_expenses_stay_below_them(document: Build, amount: str, holds: bool) -> None:
    bought = PROCUREMENT | {"rows": [["合计", "", amount], ["日常公用经费预算", "纸", amount]]}
    assert verdicts(document(BASIC, bought), "PRC-05") == [holds]


def form(name: str, amount: str, title: str | None = None) -> tuple[dict[str, Any], Project]:
    table = {
        "kind": "project_performance", "title": title or f"{name}绩效目标表", "columns": ["", ""],
        "rows": [["项目名称", name], ["预算数", f"{amount}万元"]],
    }  # fmt: skip
    indicators = (Indicator(level1="产出指标", level2="数量指标", level3="次数", text="≥1"),)
    return table, Project(name=name, amount=amount, indicators=indicators)


@pytest.mark.parametrize(
    ("title", "found"),
    [("1、养老补助绩效目标表", [True]), ("养老补助经费项目绩效目标表", [False]), ("项目支出绩效目标表", [None]), ("养老补助项目绩效目标表", [True])],
)  # fmt: skip
def test_prj06_a_heading_names_the_project_of_its_form(document: Build, title: str, found: list[bool | None]) -> None:
    table, project = form("养老补助", "10", title)
    assert verdicts(document(table, projects=(project,)), "PRJ-06") == found


@pytest.mark.parametrize(
    ("grades", "found"),
    [
        (["≥95%", "≥90%", "≥80%", "<80%"], [True]), (["≥95%", "≥90%", "≥80%", "<81%"], [False]), (["≥95%", "≥90%", "≥80%", "<79%"], [False]),
        (["95%-100%", "90%-95%", "80-90%", "70-80%"], [True, True, True]), (["好", "一般", "差", "很差"], []),
        (["≥90%", "≥90%", "≥80%", "<80%"], [False, True]),
    ],
)  # fmt: skip
def test_prj08_grades_meet(document: Build, grades: list[str], found: list[bool]) -> None:
    duties = {
        "kind": "department_performance", "columns": ["职责活动", "年度预算数", "评价标准/优", "评价标准/良", "评价标准/中", "评价标准/差"],
        "rows": [["一、职责", "9.00", *grades]],
    }  # fmt: skip
    assert verdicts(document(duties), "PRJ-08") == found


def listed(total: str = "30.00", one: str = "10.00", two: str = "20.00") -> dict[str, Any]:
    return {
        "kind": "project_expenditure", "title": "项目支出表", "columns": ["项目名称", "合计"],
        "rows": [["合计", total], ["甲项目", one], ["乙项目", two]],
    }  # fmt: skip


@pytest.mark.parametrize(("amount", "holds"), [("20", True), ("20.004", True), ("20.02", False)])
def test_xrf11_forms_add_up_to_the_list_when_every_project_has_one(document: Build, amount: str, holds: bool) -> None:
    forms = [form("甲项目", "10"), form("乙项目", amount)]
    one = document(listed(), *(table for table, _ in forms), projects=tuple(project for _, project in forms))
    found = [verdict for verdict in verdicts(one, "XRF-11") if verdict is not None]
    assert len(found) == 3 and all(found) is holds


def test_xrf11_a_missing_form_is_no_finding(document: Build) -> None:
    table, project = form("甲项目", "10")
    assert set(verdicts(document(listed(), table, projects=(project,)), "XRF-11")) == {None}


@pytest.mark.parametrize(("amount", "holds"), [("5.00", True), ("5.02", False)])
def test_xrf12_projects_named_after_an_item_add_up_to_it(document: Build, amount: str, holds: bool) -> None:
    spent = {
        "kind": "expenditure_summary", "columns": ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        "rows": [["", "合计", "15.00", "", "15.00"], ["2230105", "国有企业退休人员社会化管理补助支出", "15.00", "", "15.00"]],
    }  # fmt: skip
    names = ("中央国有企业退休人员社会化管理资金", "省级国有企业退休人员社会化管理资金")
    forms = [form(names[0], "10"), form(names[1], amount)]
    one = document(spent, *(table for table, _ in forms), projects=tuple(project for _, project in forms))
    assert verdicts(one, "XRF-12") == [holds]
    assert skipped(document(spent, forms[0][0], projects=(forms[0][1],)), "XRF-12")


@pytest.mark.parametrize(("units", "holds"), [(2, True), (3, False)])
def test_xrf13_every_unit_has_its_block_of_purchases(document: Build, units: int, holds: bool) -> None:
    organisation = {
        "kind": "organisation", "columns": ["单位名称", "规格"], "rows": [[f"单位{number}", "正科级"] for number in range(units)],
    }  # fmt: skip
    bought = PROCUREMENT | {
        "rows": [["合计", "", "1.00"], ["本级小计", "", "0.50"], ["甲", "桌", "0.50"], ["中心小计", "", "0.50"], ["乙", "椅", "0.50"]],
    }  # fmt: skip
    assert verdicts(document(organisation, bought), "XRF-13") == [holds]


@pytest.mark.parametrize(("amount", "found"), [("0", [True]), ("0.00", [True]), ("0.01", [False]), ("8.00", [False])])
def test_emp03_what_is_declared_none_is_none_in_the_text(document: Build, amount: str, found: list[bool]) -> None:
    empty = {
        "kind": "three_public_expenses", "columns": ["项目", "合计"], "rows": [], "declared_empty": True, "notes": ["注：没有三公经费"],
    }  # fmt: skip
    assert verdicts(document(SUMMARY, empty, prose_facts=(says("reception", amount=amount),)), "EMP-03") == found
    assert skipped(document(SUMMARY, empty), "EMP-03")


def test_pre02_names_the_section_that_is_missing(document: Build) -> None:
    topics = ("total_revenue", "three_public", "abroad", "agency_running", "procurement_total")
    facts = tuple(says(topic, amount="1.00") for topic in topics)
    (claim,) = (i for i in reconcile(document(SUMMARY, prose_facts=facts)).identities if i.check == "PRE-02")
    assert claim.holds is False and claim.row_label == "国有资产占用"
    full = (*facts, says("vehicle_count", count="3", unit="辆"))
    assert verdicts(document(SUMMARY, prose_facts=full), "PRE-02") == [True]
    assert skipped(document(SUMMARY), "PRE-02")


def empty(kind: str, title: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": title,
        "columns": ["科目编码", "科目名称", "合计"],
        "rows": [["", "合计", ""]],
        **more,
    }


@pytest.mark.parametrize(
    ("fund", "declared", "facts", "severities"),
    [
        ("", False, (), ["warning"]),  # both summaries print nothing for the fund
        ("5.00", False, (), [None]),
        ("5.00", True, (), []),
        ("5.00", False, (says("expenditure_gov_fund", amount="0.00"),), ["warning"]),
    ],
)
def test_emp01_an_empty_table_without_its_note_is_an_error_unless_the_document_proves_it_empty(
    document: Build, fund: str, declared: bool, facts: tuple[ProseFact, ...], severities: list[str | None]
) -> None:
    fiscal = {
        "kind": "appropriation_summary", "columns": ["收入/项目", "收入/金额", "支出/项目", "支出/合计"],
        "rows": [
            ["一、一般公共预算拨款", "10.00", "一、社会保障和就业支出", "10.00"], ["二、政府性基金预算拨款", fund, "", ""],
            ["收入总计", "10.00", "支出总计", "10.00"],
        ],
    }  # fmt: skip
    table = empty("government_fund_expenditure", "政府性基金预算支出表", declared_empty=declared)
    one = document(SUMMARY, fiscal, table, prose_facts=facts)
    failing = [i.severity for i in reconcile(one).identities if i.check == "EMP-01" and i.holds is False]
    assert failing == severities


def test_txt03_a_change_behind_a_list_of_parts_may_be_that_of_the_whole(document: Build) -> None:
    text = "当年收入100.00万元，其中：一般公共预算拨款97.00万元、其他收入3.00万元，较上年减少20.00万元，下降16.67%。"
    facts = [
        says("current_year_revenue", text, amount="100.00"), says("revenue_general_budget", text, amount="97.00"),
        says("other_revenue", text, amount="3.00"), says("other_revenue_delta", text, amount="-20.00"),
        says("other_revenue_percent", text, percent="-16.67", unit="%"),
    ]  # fmt: skip
    assert verdicts(document(prose_facts=tuple(facts)), "TXT-03") == [True]
    facts[4] = says("other_revenue_percent", text, percent="-18.67", unit="%")
    assert verdicts(document(prose_facts=tuple(facts)), "TXT-03") == [False]
    alone = [
        says(fact.topic, text.replace("其中：", "、"), amount=fact.amount, percent=fact.percent) for fact in facts[:4]
    ]
    percent = says("other_revenue_percent", alone[0].sentence, percent="-16.67", unit="%")
    assert verdicts(document(prose_facts=(*alone, percent)), "TXT-03") == [False], (
        "without a list it is of the last amount"
    )


CARRIED = {
    **SUMMARY,
    "rows": [
        ["一、财政拨款收入", "90.00", "一、社会保障和就业支出", "100.00"], ["本年收入合计", "90.00", "本年支出合计", "100.00"],
        ["上年结转", "10.00", "结转下年", ""], ["收入总计", "100.00", "支出总计", "100.00"],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "amount", "holds"),
    [
        ("当年预算收入100.00万元，其中：拨款90.00万元、上年结转10.00万元。", "100.00", True),
        ("当年预算收入100.00万元，其中：拨款90.00万元、上年结转10.00万元。", "101.00", False),
        ("当年预算收入100.00万元。", "100.00", False),
        ("当年预算收入90.00万元，其中：拨款90.00万元。", "90.00", True),
    ],
)
def test_txt01_a_sentence_that_counts_what_was_carried_over_means_the_grand_total(
    document: Build, text: str, amount: str, holds: bool
) -> None:
    one = document(CARRIED, prose_facts=(says("current_year_revenue", text, amount=amount),))
    assert verdicts(one, "TXT-01") == [holds]


def test_txt01_the_revenue_of_a_fund_may_be_told_with_what_was_carried_over_in_it(document: Build) -> None:
    summary = {**SUMMARY, "rows": [["一、一般公共预算拨款", "97.00", "一、教育支出", "100.00"], ["二、政府性基金预算拨款", "3.00", "", ""],
                                   ["收入总计", "100.00", "支出总计", "100.00"]]}  # fmt: skip
    fund = {
        "kind": "government_fund_expenditure", "columns": ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        "rows": [["", "合计", "3.80", "", "3.80"], ["212", "城乡社区支出", "3.80", "", "3.80"]],
    }  # fmt: skip
    for amount, holds in (("3.00", True), ("3.80", True), ("3.90", False)):
        one = document(summary, fund, prose_facts=(says("revenue_gov_fund", amount=amount),))
        assert verdicts(one, "TXT-01") == [holds], amount


def test_txt01_a_function_is_compared_with_the_year_not_with_its_change(document: Build) -> None:
    general = {
        "kind": "general_budget_expenditure",
        "columns": ["科目编码", "科目名称", "2023年执行数", "2024年预算数/年初预算数/小计", "2024年预算数/年初预算数/基本支出",
                    "2024年预算数/年初预算数/项目支出", "2024年预算数/扣除基建后预算数", "2024年预算数比2023年执行数/增减额"],
        "rows": [["201", "一般公共服务支出", "50.00", "58.00", "50.00", "8.00", "57.00", "8.00"], ["", "合计", "50.00", "58.00", "50.00", "8.00", "57.00", "8.00"]],
    }  # fmt: skip
    whole = {
        "kind": "expenditure_summary", "columns": ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        "rows": [["201", "一般公共服务支出", "63.00", "55.00", "8.00"], ["", "合计", "63.00", "55.00", "8.00"]],
    }  # fmt: skip
    facts = [fact.model_copy(update={"fiscal_year": 2023}) if fact.column[0] == "2023年执行数" else fact
             for fact in document(general, whole).facts]  # fmt: skip
    for amount, holds in (("58.00", True), ("63.00", True), ("8.00", False)):
        said = says("function", amount=amount, name="201一般公共服务支出")
        one = document(general, whole, prose_facts=(said,)).model_copy(update={"facts": tuple(facts)})
        assert verdicts(one, "TXT-01") == [holds], amount


def goals(task: str, *rates: tuple[str, str]) -> list[ProseFact]:
    text = f"绩效指标：{task}的目标。"
    return [says("performance_rate", text, percent=rate, unit="%", name=f"{task}：{name}") for name, rate in rates]


def form_of(task: str, *indicators: tuple[str, str]) -> dict[str, Any]:
    return {
        "kind": "project_performance", "title": f"1、{task}绩效目标表", "columns": ["绩效目标", "目标", "", ""],
        "rows": [["一级指标", "二级指标", "三级指标", "指标值"], *(["产出指标", "质量指标", name, value] for name, value in indicators)],
    }  # fmt: skip


def test_txt08_a_goal_of_a_task_is_the_indicator_in_the_form_headed_by_it(document: Build) -> None:
    forms = [
        form_of("养老补贴", ("准确率", "≥90%"), ("到位率", "≥95%")),
        form_of("业务经费", ("准确率", "≥99%")),
        form_of("宣传", ("覆盖率", "≥80%")),
    ]
    facts = [
        *goals("养老补贴", ("发放资金的准确率达到", "99")),
        *goals("业务经费", ("使用率达到", "90")),
        *goals("宣传", ("覆盖率", "80")),
    ]
    one = document(*forms, prose_facts=tuple(facts))
    found = [
        (i.row_label, i.left_value, i.right_value, i.holds) for i in reconcile(one).identities if i.check == "TXT-08"
    ]
    assert found == [("准确率", 99, 90, False), ("覆盖率", 80, 80, True)]
    assert verdicts(one, "TXT-05") == [True], "three tasks, three forms"
    fewer = document(*forms, prose_facts=(*facts, *goals("培训", ("合格率", "95"))))
    (counted,) = (i for i in reconcile(fewer).identities if i.check == "TXT-05")
    assert (counted.left_value, counted.right_value, counted.severity) == (4, 3, "warning")
    many = [fact for number in range(7) for fact in goals(f"工作{number}", ("合格率", "95"))]
    assert skipped(document(*forms, prose_facts=tuple(many)), "TXT-05"), "most forms are published elsewhere"
