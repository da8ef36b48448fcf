"""One amount printed by several classifications: lists side by side in a summary, and statements by function and by economic code."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from budget.disclosure import Disclosure
from expectations import reconcile
from expectations.view.identities import Identity

Build = Callable[..., Disclosure]


def claims(disclosure: Disclosure, check: str) -> list[Identity]:
    return [one for one in reconcile(disclosure).identities if one.check == check and one.skipped is None]


def wrong(disclosure: Disclosure) -> list[tuple[str, Decimal, Decimal]]:
    return [
        (one.check, one.left_value, one.right_value)
        for one in reconcile(disclosure).identities
        if one.holds is False and one.check != "PRE-01"
    ]


def shaanxi(
    heading: str, department: str = "35.00", business: str = "25.00", personnel: str = "30.00"
) -> dict[str, Any]:
    """收支总表 of Shaanxi: income, and expenditure by function, by department and by government economic class."""
    return {
        "kind": "revenue_expenditure_summary",
        "columns": [
            "收入/项目", "收入/预算数", "支出/支出功能分类", "支出/预算数", "支出/部门预算支出经济分类", "支出/预算数",
            "支出/政府预算支出经济分类", "支出/预算数",
        ],
        "rows": [
            ["一、部门预算", heading, "一、部门预算", heading, "一、部门预算", heading, "一、部门预算", heading],
            ["1、财政拨款", "", "1、一般公共服务支出", "40.00", "1、人员经费和公用经费支出", department, "1、机关工资福利支出", "30.00"],
            ["(1)一般公共预算拨款", "55.00", "2、外交支出", "", "(1)工资福利支出", personnel, "2、机关商品和服务支出", "10.00"],
            ["其中：专项资金", "9.00", "3、文化旅游", "", "(2)商品和服务支出", "5.00", "3、机关资本性支出（一）", ""],
            ["(2)政府性基金拨款", "", "4、公共安全支出", "", "2、专项业务经费支出", business, "4、对个人和家庭的补助", "20.00"],
            ["2、事业收入", "", "5、教育支出", "20.00", "(1)商品和服务支出", "5.00", "", ""],
            ["3、其他收入", "5.00", "6、科学技术支出", "", "(2)对个人和家庭的补助", "20.00", "5、其他支出", ""],
            ["本年收入合计", "60.00", "本年支出合计", "60.00", "本年支出合计", "60.00", "本年支出合计", "60.00"],
            ["上年结转", "", "结转下年", "", "结转下年", "", "结转下年", ""],
            ["收入总计", "60.00", "支出总计", "60.00", "支出总计", "60.00", "支出总计", "60.00"],
        ],
    }  # fmt: skip


def test_every_list_beside_the_first_adds_up_by_its_own_names(document: Build) -> None:
    for heading in ("60.00", ""):
        made = document(shaanxi(heading))
        assert wrong(made) == [], heading
        sums = {(one.row_label, one.right_value) for one in claims(made, "BAL-03")}
        assert {("人员经费和公用经费支出", Decimal("35.00")), ("专项业务经费支出", Decimal("25.00"))} <= sums
        assert ("BAL-02", Decimal(60)) in {(one.check, one.right_value) for one in claims(made, "BAL-02")}


def test_a_wrong_figure_in_a_list_beside_the_first_is_seen_there(document: Build) -> None:
    assert wrong(document(shaanxi("60.00", department="36.00"))) == [
        ("BAL-03", Decimal("60.00"), Decimal("61.00")), ("BAL-03", Decimal("36.00"), Decimal("35.00"))
    ]  # fmt: skip
    assert wrong(document(shaanxi("", personnel="31.00"))) == [("BAL-03", Decimal("35.00"), Decimal("36.00"))]


def test_a_total_in_another_list_is_that_of_the_first(document: Build) -> None:
    made = shaanxi("60.00")
    made["rows"][7][5] = made["rows"][9][5] = "61.00"
    made["rows"][4][5] = "26.00"
    made["rows"][5][5] = "6.00"
    found = wrong(document(made))
    assert ("BAL-03", Decimal("61.00"), Decimal("60.00")) in found and (
        "BAL-05",
        Decimal("61.00"),
        Decimal("60.00"),
    ) in found


def test_other_income_below_a_blank_heading_keeps_the_summaries_apart(document: Build) -> None:
    fiscal = {
        "kind": "appropriation_summary", "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
        "rows": [
            ["一、一般公共预算拨款", "55.00", "一、一般公共服务支出", "40.00"], ["二、政府性基金拨款", "", "二、教育支出", "15.00"],
            ["收入总计", "55.00", "支出总计", "55.00"],
        ],
    }  # fmt: skip
    found = [one for one in reconcile(document(shaanxi(""), fiscal)).identities if one.check == "XRF-05"]
    assert [one.skipped for one in found] == ["revenue beside 财政拨款: 其他收入"]


BY_FUNCTION = {
    "kind": "general_budget_expenditure", "title": "一般公共预算支出表（按功能分类）",
    "columns": ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
    "rows": [
        ["", "合计", "60.00", "35.00", "25.00"], ["201", "一般公共服务支出", "40.00", "25.00", "15.00"],
        ["205", "教育支出", "20.00", "10.00", "10.00"],
    ],
}  # fmt: skip


def by_economic(total: str = "60.00", wages: str = "45.00") -> dict[str, Any]:
    return {
        "kind": "general_budget_expenditure", "title": "一般公共预算支出表（按经济分类）",
        "columns": ["科目编码", "科目名称", "合计"],
        "rows": [["", "合计", total], ["301", "工资福利支出", wages], ["302", "商品和服务支出", "15.00"]],
    }  # fmt: skip


def summary(general: str = "60.00") -> dict[str, Any]:
    return {
        "kind": "appropriation_summary", "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
        "rows": [
            ["一、一般公共预算拨款", general, "一、一般公共服务支出", "40.00"], ["二、政府性基金拨款", "", "二、教育支出", "20.00"],
            ["收入总计", general, "支出总计", general],
        ],
    }  # fmt: skip


def test_the_statement_by_function_is_compared_where_one_by_economic_code_stands_beside_it(document: Build) -> None:
    made = document(summary(), BY_FUNCTION, by_economic())
    assert [one.right_value for one in claims(made, "XRF-06")] == [Decimal("60.00"), Decimal("60.00")]
    assert {one.row_label for one in claims(made, "XRF-09")} == {"201 一般公共服务支出", "205 教育支出"}
    assert wrong(made) == []


def test_the_two_views_have_one_total(document: Build) -> None:
    assert wrong(document(summary(), BY_FUNCTION, by_economic("61.00", "46.00"))) == [
        ("XRF-06", Decimal("60.00"), Decimal("61.00"))
    ]  # fmt: skip
    # two sums of rounded rows may differ by what their rounding does
    assert wrong(document(summary(), BY_FUNCTION, by_economic("60.02", "45.02"))) == []
    assert wrong(document(summary(), BY_FUNCTION, by_economic("60.03", "45.03"))) == [
        ("XRF-06", Decimal("60.00"), Decimal("60.03"))
    ]  # fmt: skip


def test_basic_expenditure_by_function_is_the_column_of_the_general_statement_row_by_row(document: Build) -> None:
    basic = {
        "kind": "general_budget_basic_expenditure", "title": "基本支出明细表（按功能分类）",
        "columns": ["科目编码", "科目名称", "合计", "人员经费", "公用经费"],
        "rows": [["", "合计", "35.00", "30.00", "5.00"], ["201", "一般公共服务支出", "25.00", "21.00", "4.00"], ["205", "教育支出", "10.00", "9.00", "1.00"]],
    }  # fmt: skip
    economic = {
        "kind": "general_budget_basic_expenditure", "title": "基本支出明细表（按经济分类）",
        "columns": ["科目编码", "科目名称", "合计", "人员经费", "公用经费"],
        "rows": [["", "合计", "35.00", "30.00", "5.00"], ["301", "工资福利支出", "30.00", "30.00", ""], ["302", "商品和服务支出", "5.00", "", "5.00"]],
    }  # fmt: skip
    made = document(BY_FUNCTION, basic, economic)
    assert {one.row_label for one in claims(made, "XRF-08")} >= {"201", "205"}
    assert wrong(made) == []
    basic["rows"][2] = ["205", "教育支出", "11.00", "10.00", "1.00"]
    assert ("XRF-08", Decimal("10.00"), Decimal("11.00")) in wrong(document(BY_FUNCTION, basic, economic))
    basic["rows"][1] = ["201", "一般公共服务支出", "24.00", "20.00", "4.00"]
    found = [
        one
        for one in reconcile(document(BY_FUNCTION, basic, economic)).identities
        if one.check == "XRF-08" and one.skipped
    ]
    assert [one.skipped for one in found] == ["the tables do not list the same codes"]


def carried_over(spent: str = "63.00") -> dict[str, Any]:
    """财政拨款收支总表 with 3.00 carried over, beside BY_FUNCTION, whose 60.00 are the revenue of the year."""
    made = summary()
    made["rows"] = [
        *made["rows"][:2], ["本年收入合计", "60.00", "本年支出合计", spent], ["上年结转", "3.00", "结转下年", ""],
        ["收入总计", "63.00", "支出总计", spent],
    ]  # fmt: skip
    return made


def list_of_carried_over(*rows: list[str]) -> dict[str, Any]:
    return {
        "kind": "project_expenditure", "title": "财政拨款上年结转资金支出表", "columns": ["单位名称", "预算项目名称", "金额"],
        "rows": list(rows),
    }  # fmt: skip


def test_statements_without_what_was_carried_over_add_up_with_the_statement_that_lists_it(document: Build) -> None:
    one, two = ["某市商务局", "展会经费", "1.00"], ["某市商务局", "口岸经费", "2.00"]
    for listed in ([["合计", "", "3.00"], one, two], [one, two]):
        apart = list_of_carried_over(*listed)
        assert [one.holds for one in claims(document(carried_over(), BY_FUNCTION, apart), "XRF-06")] == [True]
        assert [one.holds for one in claims(document(carried_over("64.00"), BY_FUNCTION, apart), "XRF-06")] == [False]
    other = list_of_carried_over(["合计", "", "2.00"], two)
    assert [one.holds for one in claims(document(carried_over(), BY_FUNCTION, other), "XRF-06")] == [False]


def test_statements_short_by_what_was_carried_over_are_wrong_where_nothing_says_that_they_leave_it_out(
    document: Build,
) -> None:
    assert ("XRF-06", Decimal("63.00"), Decimal("60.00")) in wrong(document(carried_over(), BY_FUNCTION))
    nothing = list_of_carried_over(["", "", ""]) | {"declared_empty": True}
    assert [one.holds for one in claims(document(carried_over(), BY_FUNCTION, nothing), "XRF-06")] == [False]


def test_a_statement_says_itself_that_it_leaves_out_what_was_carried_over(document: Build) -> None:
    titled = BY_FUNCTION | {"title": "一般公共预算支出明细表（按支出功能分类科目-不含上年结转）"}
    noted = BY_FUNCTION | {"notes": ["注：本表不含财政拨款结转资金。"]}
    opening = BY_FUNCTION | {
        "columns": ["科目编码", "科目名称", *(f"年初预算数/{leaf}" for leaf in ("小计", "基本支出", "项目支出"))]
    }
    for said in (titled, noted, opening):
        assert [one.holds for one in claims(document(carried_over(), said), "XRF-06")] == [True]
        assert [one.holds for one in claims(document(carried_over("64.00"), said), "XRF-06")] == [False]


def test_a_class_of_a_summary_without_fund_columns_is_that_class_of_all_fund_statements(document: Build) -> None:
    fund = {
        "kind": "government_fund_expenditure", "columns": ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        "rows": [["", "合计", "5.00", "", "5.00"], ["212", "城乡社区支出", "5.00", "", "5.00"]],
    }  # fmt: skip
    made = summary()
    made["rows"] = [
        ["一、一般公共预算拨款", "60.00", "一、一般公共服务支出", "40.00"], ["二、政府性基金拨款", "5.00", "二、教育支出", "20.00"],
        ["", "", "三、城乡社区支出", "5.00"], ["收入总计", "65.00", "支出总计", "65.00"],
    ]  # fmt: skip
    assert {one.right_value for one in claims(document(made, BY_FUNCTION, fund), "XRF-09")} == {
        Decimal(40),
        Decimal(20),
        Decimal(5),
    }
    made["rows"][0][3], made["rows"][1][3] = "40.01", "19.99"
    assert wrong(document(made, BY_FUNCTION, fund)) == [], "rounded rows add up to a hundredth more or less"
    made["rows"][0][3], made["rows"][1][3] = "41.00", "19.00"
    assert wrong(document(made, BY_FUNCTION, fund)) == [
        ("XRF-09", Decimal("41.00"), Decimal("40.00")), ("XRF-09", Decimal("19.00"), Decimal("20.00"))
    ]  # fmt: skip


def test_units_above_their_rows_are_together_the_total_of_a_statement(document: Build) -> None:
    by_unit = {
        **BY_FUNCTION,
        "rows": [
            ["", "某局（本级）", "40.00", "25.00", "15.00"], ["201", "一般公共服务支出", "40.00", "25.00", "15.00"],
            ["", "某中心", "20.00", "10.00", "10.00"], ["205", "教育支出", "20.00", "10.00", "10.00"],
        ],
    }  # fmt: skip
    assert [(one.holds, one.right_value) for one in claims(document(summary(), by_unit), "XRF-06")] == [
        (True, Decimal(60))
    ]
    by_unit["rows"][2][2] = "21.00"
    assert [one.holds for one in claims(document(summary(), by_unit), "XRF-06")] == [False]


def test_numbered_rows_below_what_was_carried_over_add_up_to_it(document: Build) -> None:
    made = {
        "kind": "revenue_expenditure_summary", "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
        "rows": [
            ["一、财政拨款", "90.00", "一、教育支出", "100.00"], ["本年收入合计", "90.00", "本年支出合计", "100.00"],
            ["上年结余、结转", "10.00", "结转下年", "0.00"], ["1.财政拨款结余、结转", "8.00", "1.财政拨款结余、结转", "0.00"],
            ["2.非财政拨款结余、结转", "2.00", "2.非财政拨款结余、结转", "0.00"], ["收入总计", "100.00", "支出总计", "100.00"],
        ],
    }  # fmt: skip
    assert wrong(document(made)) == []
    made["rows"][3][1] = "8.50"
    assert wrong(document(made)) == [("BAL-07", Decimal("10.00"), Decimal("10.50"))]
    made["rows"][3][0], made["rows"][4][0] = "其中：财政拨款结余、结转", "其中：专项结余"
    assert wrong(document(made)) == [], "其中 names no more than some of it"
