"""Header paths say what a column measures, for which item, from which fund."""

from __future__ import annotations

import pytest

from budget.measures import fund_of_row, is_money_path, is_not_money_path, item_of_row, item_of_title, measure_of


@pytest.mark.parametrize(
    ("path", "kind", "measure", "item", "fund"),
    [
        (("合计",), "expenditure_summary", "total", None, "all"),
        (("本年收入", "小计"), "revenue_summary", "current_year_subtotal", None, "all"),
        (("财政拨款", "小计"), "project_expenditure", "fiscal_total", None, "fiscal"),
        (("财政拨款收入", "一般公共预算收入"), "revenue_summary", "general_budget", None, "general_budget"),
        (("本年拨款", "财政拨款", "国有资本经营预算"), "project_expenditure", "state_capital", None, "state_capital"),
        (("上年结转结余", "政府性基金预算资金"), "revenue_summary", "carry_over_in", None, "gov_fund"),
        (("基本支出", "小计"), "general_budget_expenditure", "basic", None, "general_budget"),
        (("基本支出", "日常公用支出"), "general_budget_expenditure", "public", None, "general_budget"),
        (("其中", "对附属单位补助支出"), "expenditure_summary", "subsidy_down", None, "all"),
        (("2023年预算数", "公务用车购置及运行维护费", "小计"), "three_public_expenses", "vehicle_total", "vehicle_total", "all"),
        (("决算数", "公务用车购置及运行费", "公务用车购置费"), "three_public_expenses", "vehicle_purchase", "vehicle_purchase", "all"),
        (("因公出国(境)费用",), "three_public_expenses", "abroad", "abroad", "all"),
        (("2024年预留中小微企业份额",), "procurement", "sme_reserved", None, "all"),
        (("机关运行经费预算数",), "three_public_expenses", "agency_running", "agency_running", "all"),
        (("支出", "政府性基金预算财政拨款"), "appropriation_summary", "gov_fund", None, "gov_fund"),
        (("收入", "预算数"), "appropriation_summary", "total", None, "fiscal"),
        (("基本支出", "人员经费"), "appropriation_expenditure", "personnel", None, "fiscal"),
        (("机关运行经费支出",), "agency_running_expenses", "agency_running", "agency_running", "all"),
    ],
)  # fmt: skip
def test_a_path_measures(path: tuple[str, ...], kind: str, measure: str, item: str | None, fund: str) -> None:
    found = measure_of(path, kind)
    assert (found.measure, found.item, found.fund) == (measure, item, fund)


@pytest.mark.parametrize(
    ("path", "kind", "measure", "item", "fund"),
    [
        (("上年结余、结转",), "basic_expenditure", "carry_over_in", None, "all"),
        (("专项业务经费支出",), "general_budget_expenditure", "project", None, "general_budget"),
        (("上年实户资金余额",), "revenue_summary", "carry_over_in", None, "unit_funds"),
        (("预算数", "项目支出", "项目支出总数"), "general_budget_expenditure", "project", None, "general_budget"),
        (("当年", "一般公共预算拨款安排的“三公”经费预算", "小计"), "three_public_expenses", "total", None, "general_budget"),
    ],
)  # fmt: skip
def test_a_path_of_another_province_measures(
    path: tuple[str, ...], kind: str, measure: str, item: str | None, fund: str
) -> None:
    found = measure_of(path, kind)
    assert (found.measure, found.item, found.fund) == (measure, item, fund)


@pytest.mark.parametrize(
    ("path", "fund"),
    [
        (("专项债券收入",), "all"),
        (("财政专户拨款收入", "教育收费"), "fiscal_account_funds"),
        (("一般公共预算拨款", "经费拨款"), "general_budget"),
        (("一般公共预算拨款", "其中：专项资金列入部门预算的项目"), "general_budget"),
        (("预算数", "项目支出", "扣除基建项目后预算数"), "all"),
    ],
)
def test_a_leaf_that_nobody_knows_is_neither_a_total_nor_what_stands_above_it(path: tuple[str, ...], fund: str) -> None:
    found = measure_of(path, "revenue_summary")
    assert (found.measure, found.fund) == ("unknown", fund)


@pytest.mark.parametrize(
    "path", [("增减变化情况", "培训费"), ("2026年预算数比2025年执行数", "增减额"), ("增减额",), ("比上年增减", "小计")]
)
def test_a_change_is_no_amount_of_a_year(path: tuple[str, ...]) -> None:
    assert measure_of(path, "three_public_expenses").measure == "change"


def test_fees_by_themselves_are_the_money_of_the_fiscal_account() -> None:
    assert measure_of(("教育收费",), "revenue_summary").measure == "fiscal_account_funds"


@pytest.mark.parametrize(
    ("path", "measure"),
    [
        (("三公经费增减变化情况", "2024年预算数"), "total"),
        (("三公经费增减变化情况", "2025年预算数", "公务接待费"), "reception"),
        (("三公经费增减变化情况", "增减额"), "change"),
        (("2025年预算数与2024年预算数增减情况", "一般公共预算"), "change"),
    ],
)
def test_an_amount_of_a_year_below_a_heading_that_speaks_of_changes_is_that_amount(
    path: tuple[str, ...], measure: str
) -> None:
    assert measure_of(path, "three_public_expenses").measure == measure


@pytest.mark.parametrize("leaf", ["GPS设备购置", "G15国道", "SMT产线"])
def test_latin_letters_are_no_funds(leaf: str) -> None:
    assert measure_of((leaf,), "project_expenditure").fund == "all"


def test_a_measure_whose_name_speaks_of_a_difference_is_that_measure() -> None:
    assert measure_of(("用事业基金弥补收支差额",), "revenue_summary").measure == "non_fiscal_surplus_used"


@pytest.mark.parametrize("leaf", ["数量", "行次", "增长率", "科目编码", "政府采购目录序号", "计量单位", "人数"])
def test_counts_codes_and_ratios_are_no_money(leaf: str) -> None:
    assert is_not_money_path((leaf,))
    assert not is_money_path((leaf,))


def test_a_price_is_money_but_its_quantity_is_not() -> None:
    assert is_money_path(("单价",))
    assert not is_money_path(("数量",))


def test_a_row_may_name_the_item_or_the_fund() -> None:
    assert item_of_row("（二）公务用车购置及运行维护支出") == "vehicle_total"
    assert item_of_row("三、公务接待费") == "reception"
    assert item_of_row("行政经费") is None
    assert fund_of_row("一、一般公共预算拨款收入") == "general_budget"
    assert fund_of_row("五、教育支出") is None


def test_travel_is_no_training() -> None:
    assert item_of_row("差旅费") is None
    assert item_of_row("培训费") == "training"


def test_a_title_may_name_the_one_item_of_its_table() -> None:
    assert item_of_title("会议费明细表") == "meeting"
    assert item_of_title("2026年培训费支出预算表") == "training"
    assert item_of_title("一般公共预算会议费、培训费支出预算表") is None
