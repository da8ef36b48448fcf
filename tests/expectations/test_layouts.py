"""Forms that look wrong and are not, and forms that look right and are not: one test a layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from budget.disclosure import Disclosure, Indicator, Project, ProseFact
from expectations import reconcile
from expectations.judging.checks_page import page

Build = Callable[..., Disclosure]


def outcome(disclosure: Disclosure) -> dict[str, set[bool | None]]:
    found: dict[str, set[bool | None]] = {}
    for identity in reconcile(disclosure).identities:
        found.setdefault(identity.check, set()).add(identity.holds)
    return found


def two_sided(rows: list[list[str]], kind: str = "revenue_expenditure_summary") -> dict[str, Any]:
    return {"kind": kind, "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"], "rows": rows}


def test_the_central_form_prints_the_current_year_above_its_parts(document: Build) -> None:
    made = two_sided([
        ["一、本年收入", "100.00", "一、本年支出", "110.00"],
        ["（一）一般公共预算拨款", "70.00", "（一）社会保障和就业支出", "60.00"],
        ["（二）政府性基金预算拨款", "30.00", "（二）卫生健康支出", "50.00"],
        ["二、上年结转", "10.00", "二、结转下年", ""],
        ["收入总计", "110.00", "支出总计", "110.00"],
    ], "appropriation_summary")  # fmt: skip
    found = outcome(document(made))
    assert found["BAL-02"] == found["BAL-03"] == found["BAL-04"] == found["BAL-05"] == found["BAL-06"] == {True}


def test_rows_below_the_subtotal_without_a_carry_word_are_addends_of_the_grand_total(document: Build) -> None:
    made = two_sided([
        ["一、财政拨款收入", "80.00", "一、社会保障和就业支出", "100.00"],
        ["二、事业收入", "10.00", "二、卫生健康支出", ""],
        ["本年收入合计", "90.00", "本年支出合计", "100.00"],
        ["上级补助收入", "", "", ""],
        ["附属单位上缴收入", "10.00", "对附属单位补助支出", ""],
        ["收入总计", "100.00", "支出总计", "100.00"],
    ])  # fmt: skip
    assert outcome(document(made))["BAL-04"] == {True}


def test_parts_of_the_carry_over_are_not_added_twice(document: Build) -> None:
    made = two_sided([
        ["一、财政拨款", "90.00", "一、社会保障和就业支出", "100.00"],
        ["二、单位资金", "", "二、卫生健康支出", ""],
        ["本年收入合计", "90.00", "本年支出合计", "100.00"],
        ["上年结余、结转", "10.00", "结转下年", ""],
        ["1.财政拨款结余、结转", "10.00", "", ""],
        ["2.非财政拨款结余、结转", "0.00", "", ""],
        ["收入总计", "100.00", "支出总计", "100.00"],
    ])  # fmt: skip
    assert outcome(document(made))["BAL-04"] == {True}


def test_subsidies_printed_among_the_classes_are_addends(document: Build) -> None:
    made = two_sided([
        ["一、预算拨款", "100.00", "一、社会保障和就业支出", "90.00"],
        ["二、其他收入", "", "二、对附属单位补助支出", "10.00"],
        ["本年收入合计", "100.00", "本年支出合计", "100.00"],
        ["收入总计", "100.00", "支出总计", "100.00"],
    ])  # fmt: skip
    assert outcome(document(made))["BAL-03"] == {True}


def test_item_rows_without_their_classes_add_up_to_the_total_and_may_repeat(document: Build) -> None:
    made = {
        "kind": "expenditure_summary", "columns": ["科目编码", "科目名称", "合计"],
        "rows": [["2080501", "行政单位离退休", "10.00"], ["2080501", "行政单位离退休", "5.00"], ["2101101", "行政单位医疗", "7.00"], ["", "合计", "22.00"]],
    }  # fmt: skip
    found = outcome(document(made))
    assert found["HIE-01"] == {True}
    assert "HIE-02" not in found and "HIE-03" not in found


def test_parts_headed_of_which_are_read_as_the_rows_show(document: Build) -> None:
    columns = ["科目编码", "科目名称", "合计", "基本支出", "项目支出", "其中/事业单位经营支出"]
    part = [
        ["208", "社会保障和就业支出", "50.00", "20.00", "30.00", "12.00"],
        ["210", "卫生健康支出", "9.00", "4.00", "5.00", "5.00"],
    ]
    addend = [
        ["208", "社会保障和就业支出", "62.00", "20.00", "30.00", "12.00"],
        ["210", "卫生健康支出", "14.00", "4.00", "5.00", "5.00"],
    ]
    for rows in (part, addend):
        made = {"kind": "expenditure_summary", "columns": columns, "rows": rows}
        assert outcome(document(made))["ROW-03"] == {True}


def test_a_column_that_is_no_addend_is_not_added(document: Build) -> None:
    columns = ["科目编码", "科目名称", "合计", "基本支出", "项目支出", "比上年增减"]
    rows = [
        ["208", "社会保障和就业支出", "50.00", "20.00", "30.00", "-3.00"],
        ["210", "卫生健康支出", "9.00", "4.00", "5.00", "1.00"],
    ]
    made = {"kind": "general_budget_expenditure", "columns": columns, "rows": rows}
    assert False not in outcome(document(made))["ROW-04"]


def test_a_total_row_that_is_wholly_blank_above_details_is_a_violation(document: Build) -> None:
    made = {
        "kind": "procurement", "columns": ["项目名称", "采购金额/合计", "采购金额/一般公共预算拨款"],
        "rows": [["合计", "", ""], ["本级小计", "", ""], ["复印纸", "1.20", "1.20"], ["打印机", "2.00", "2.00"]],
    }  # fmt: skip
    failing = [identity for identity in reconcile(document(made)).identities if identity.holds is False]
    assert [(identity.check, identity.row_label) for identity in failing] == [
        ("HIE-05", "合计"),
        ("HIE-05", "本级小计"),
    ]
    assert {(str(identity.left_value), str(identity.right_value)) for identity in failing} == {("0", "3.2")}


def test_units_above_their_own_details_are_counted_once(document: Build) -> None:
    made = {
        "kind": "project_expenditure", "columns": ["单位名称", "总计"],
        "rows": [["教育局本级", "30.00"], ["　资助", "10.00"], ["　培训", "20.00"], ["第一中学", "12.00"], ["　校舍", "5.00"], ["　营养", "7.00"], ["合计", "42.00"]],
    }  # fmt: skip
    claims = [
        identity
        for identity in reconcile(document(made)).identities
        if identity.check == "HIE-05" and not identity.skipped
    ]
    assert [identity.row_label for identity in claims] == ["合计", "教育局本级", "第一中学"]
    assert all(identity.holds for identity in claims)


def test_income_that_is_not_all_appropriation_skips_the_comparison_of_both_totals(document: Build) -> None:
    made = two_sided([
        ["一、财政拨款收入", "80.00", "一、社会保障和就业支出", "100.00"],
        ["二、事业收入", "20.00", "二、卫生健康支出", ""],
        ["本年收入合计", "100.00", "本年支出合计", "100.00"],
        ["收入总计", "100.00", "支出总计", "100.00"],
    ])  # fmt: skip
    fiscal = two_sided([
        ["一、一般公共预算拨款", "80.00", "一、社会保障和就业支出", "80.00"],
        ["本年收入合计", "80.00", "本年支出合计", "80.00"],
        ["收入总计", "80.00", "支出总计", "80.00"],
    ], "appropriation_summary")  # fmt: skip
    claims = [i for i in reconcile(document(made, fiscal)).identities if i.check == "XRF-05"]
    assert [claim.skipped for claim in claims] == ["revenue beside 财政拨款: 事业收入"]


def test_a_purchase_table_in_yuan_among_tables_in_wan_is_a_wrong_unit(document: Build) -> None:
    body = {
        "columns": ["科目编码", "科目名称", "合计"],
        "rows": [["208", "社会保障和就业支出", "60.00"], ["", "合计", "60.00"]],
    }
    kinds = ("revenue_summary", "expenditure_summary", "general_budget_expenditure", "basic_expenditure")
    made = [{"kind": kind, **body} for kind in kinds]
    purchase = {
        "kind": "procurement",
        "columns": ["项目名称", "合计"],
        "rows": [["办公设备", "8.00"], ["合计", "8.00"]],
        "unit": "元",
    }
    assert outcome(document(*made, purchase))["TXT-11"] == {False}
    purchase["rows"] = [["办公设备", "80000.00"], ["合计", "80000.00"]]
    assert outcome(document(*made, purchase))["TXT-11"] == {True}


def test_an_amount_named_in_the_text_is_its_table_cell(document: Build) -> None:
    made = two_sided([
        ["一、财政拨款收入", "100.00", "一、社会保障和就业支出", "100.00"],
        ["本年收入合计", "100.00", "本年支出合计", "100.00"],
        ["收入总计", "100.00", "支出总计", "100.00"],
    ])  # fmt: skip
    for amount, check, holds in (
        ("100.00", "TXT-01", True),
        ("100.004", "TXT-01", True),
        ("101.00", "TXT-01", False),
        ("1000000", "TXT-11", False),
    ):
        said = ProseFact(topic="total_expenditure", amount=amount, unit="万元", sentence="支出预算")
        assert outcome(document(made, prose_facts=(said,)))[check] == {holds}


def project(amount: str, text: str, operator: str | None, value: str, **more: Any) -> Project:
    cost = Indicator(
        level1="成本指标",
        level2="经济成本指标",
        level3="总成本",
        operator=operator,
        value=value,
        unit="万元",
        text=text,
    )  # type: ignore[arg-type]
    return Project(name="道路养护", amount=amount, indicators=(cost,), **more)


def test_a_cost_indicator_may_stay_below_the_budget_but_not_exceed_it(document: Build) -> None:
    cases = [("200", "≤200万元", "≤", "200", True), ("200", "≤150万元", "≤", "150", True), ("200", "≤200.02万元", "≤", "200.02", False),
             ("200", "=200万元", "=", "200.004", True), ("4000", "=7000万元", "=", "7000", False)]  # fmt: skip
    for amount, text, operator, value, holds in cases:
        assert outcome(document(projects=(project(amount, text, operator, value),)))["PRJ-02"] == {holds}, text


def test_project_plans_splits_codes_and_names(document: Build) -> None:
    good = project(
        "200",
        "≤200万元",
        "≤",
        "200",
        fiscal="150.00",
        other="50.00",
        plan={"03": "25", "06": "50", "12": "100"},
        code="P1",
    )
    found = outcome(document(projects=(good,)))
    assert found["PRJ-01"] == found["PRJ-03"] == found["PRJ-04"] == found["PRJ-05"] == {True}
    bad = good.model_copy(update={"fiscal": "150.03", "plan": {"03": "50", "06": "25", "12": "90"}})
    found = outcome(document(projects=(good, bad)))
    assert (
        False in found["PRJ-01"] and False in found["PRJ-03"] and False in found["PRJ-04"] and False in found["PRJ-05"]
    )


def test_a_project_code_stands_under_one_name_and_on_no_form_twice(document: Build) -> None:
    one = project("200", "≤200万元", "≤", "200", code="11000026T000003742841")
    of_another_unit = one.model_copy(update={"amount": "33.55", "goals": ("另一单位的目标",)})
    assert outcome(document(projects=(one, of_another_unit)))["PRJ-04"] == {None}, "one project, a form of each unit"
    assert outcome(document(projects=(one, one)))["PRJ-04"] == {False}, "the same form twice"
    assert outcome(document(projects=(one, of_another_unit.model_copy(update={"name": "桥梁养护"}))))["PRJ-04"] == {
        False
    }
    blanks = of_another_unit.model_copy(update={"name": "道路 养护"})
    assert outcome(document(projects=(one, blanks)))["PRJ-04"] == {None}


def cost_of(name: str, value: str, level2: str = "经济成本指标") -> Project:
    one = project("537.18", f"={value}万元", "=", value)
    return one.model_copy(
        update={"indicators": (one.indicators[0].model_copy(update={"level3": name, "level2": level2}),)}
    )


def test_only_an_indicator_of_the_whole_cost_must_equal_the_budget(document: Build) -> None:
    for name in ("总成本", "财政投入控制数", "项目经费"):
        assert outcome(document(projects=(cost_of(name, "429.23"),)))["PRJ-02"] == {False}, name
    for name in ("委托业务费", "首付款", "预付产品服务项目"):
        assert outcome(document(projects=(cost_of(name, "429.23"),)))["PRJ-02"] == {True}, f"{name} is a part"
        assert outcome(document(projects=(cost_of(name, "537.20"),)))["PRJ-02"] == {False}, f"{name} above the whole"
    named = cost_of("委托业务费", "429.23").model_copy(update={"name": "委托业务费"})
    assert outcome(document(projects=(named,)))["PRJ-02"] == {False}, "the project is that item"


def test_a_sum_that_the_budget_does_not_pay_is_no_cost_of_it(document: Build) -> None:
    for name in ("本金总额", "项目总投资", "债券发行规模"):
        assert outcome(document(projects=(cost_of(name, "2385"),)))["PRJ-02"] == {None}, name
    assert outcome(document(projects=(cost_of("对周边居民影响", "2385", "社会成本指标"),)))["PRJ-02"] == {None}


def test_a_name_over_several_budgets_is_compared_with_none_of_them(document: Build) -> None:
    form = {
        "kind": "project_performance", "columns": ["项目名称", "项目总额", "三级指标", "指标值"],
        "rows": [["道路养护", "200.00", "总成本", "=200"], ["", "150.00", "总成本", "=150"]],
    }  # fmt: skip
    wrong = project("200", "=150万元", "=", "150")
    assert outcome(document(form, projects=(wrong,)))["PRJ-02"] == {None}
    one_budget = {**form, "rows": form["rows"][:1]}
    assert outcome(document(one_budget, projects=(wrong,)))["PRJ-02"] == {False}


def test_empty_tables_say_so_and_declared_empty_tables_are_empty(document: Build) -> None:
    columns = ["科目编码", "科目名称", "合计"]
    silent = {"kind": "government_fund_expenditure", "columns": columns, "rows": [["", "", ""]]}
    assert outcome(document(silent))["EMP-01"] == {False}
    assert outcome(document({**silent, "declared_empty": True}))["EMP-01"] == {True}
    loud = {
        "kind": "government_fund_expenditure",
        "columns": columns,
        "rows": [["212", "城乡社区支出", "5.00"]],
        "declared_empty": True,
    }
    assert outcome(document(loud))["EMP-02"] == {False}


def test_a_code_without_its_parent_and_a_name_that_is_not_its_own_are_warned_of(document: Build) -> None:
    columns = ["科目编码", "科目名称", "合计"]
    rows = [["208", "社会保障和就业支出", "60.00"], ["20801", "人力资源和社会保障管理事务", "30.00"], ["2080101", "行政运行", "30.00"],
            ["20805", "行政事业单位养老支出", "30.00"], ["2080505", "机关事业单位基本养老保险缴费支出", "30.00"], ["", "合计", "60.00"]]  # fmt: skip
    assert outcome(document({"kind": "expenditure_summary", "columns": columns, "rows": rows}))["COD-01"] == {True}
    rows[3][1] = "行政事业单位离退休"
    assert outcome(document({"kind": "expenditure_summary", "columns": columns, "rows": rows}))["COD-01"] == {True}, (
        "a historic name"
    )
    rows[3][1] = "教育支出"
    assert False in outcome(document({"kind": "expenditure_summary", "columns": columns, "rows": rows}))["COD-01"]


def test_the_page_of_checks_is_the_catalogue() -> None:
    from pathlib import Path

    assert Path(__file__).parents[2].joinpath("docs", "checks.md").read_text(encoding="utf-8") == page()


def test_what_was_carried_over_into_a_project_is_part_of_its_budget(document: Build) -> None:
    form = {
        "kind": "project_performance", "columns": ["项目名称", "道路养护"],
        "rows": [["年度资金总额", "200.00"], ["其中：财政拨款", "150.00"], ["上年结转", "50.00"], ["其他资金", "-"], ["项目名称", "道路养护"]],
    }  # fmt: skip
    split = project("200", "≤200万元", "≤", "200", fiscal="150.00", other="0")
    assert outcome(document(form, projects=(split,)))["PRJ-01"] == {True}
    assert outcome(document(projects=(split,)))["PRJ-01"] == {False}
    form["rows"][2] = ["上年结转", "40.00"]
    assert outcome(document(form, projects=(split,)))["PRJ-01"] == {False}


def test_money_left_in_the_bank_and_what_was_carried_over_are_rows_of_their_own(document: Build) -> None:
    made = two_sided([
        ["一、财政拨款", "90.00", "一、教育支出", "100.00"], ["本年收入合计", "90.00", "本年支出合计", "100.00"],
        ["上年实户资金余额", "10.00", "结转下年", ""], ["上年结转", "", "", ""], ["收入总计", "100.00", "支出总计", "100.00"],
    ])  # fmt: skip
    income = {
        "kind": "revenue_summary", "columns": ["科目编码", "科目名称", "合计", "一般公共预算拨款", "上年实户资金余额"],
        "rows": [["", "合计", "100.00", "90.00", "10.00"]],
    }  # fmt: skip
    one = document(made, income)
    facts = tuple(
        fact.model_copy(update={"measure": "carry_over_in"}) if fact.column[-1] == "上年实户资金余额" else fact
        for fact in one.facts
    )
    assert outcome(one.model_copy(update={"facts": facts}))["XRF-01"] == {True}
    income["rows"][0][4] = "11.00"
    other = document(made, income)
    facts = tuple(
        fact.model_copy(update={"measure": "carry_over_in"}) if fact.column[-1] == "上年实户资金余额" else fact
        for fact in other.facts
    )
    assert False in outcome(other.model_copy(update={"facts": facts}))["XRF-01"]
