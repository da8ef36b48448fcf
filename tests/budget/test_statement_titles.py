"""Titles as departments print them name a statement kind."""

from __future__ import annotations

import pytest

from budget.kinds import classify_title, fold_title, fund_of_title, is_contents_line, statement_kinds

TITLES = {
    "revenue_expenditure_summary": [
        "部门预算收支总表", "收支总体情况表", "预算01表收支总表", "2023年预算单位财务收支预算总表", "收入支出决算总表",
        "公开01表 收入支出决算总表", "收入支出预算总表(功能分类科目)", "部门综合预算收支总表", "表1：收支总表",
    ],
    "revenue_summary": ["部门预算收入总表", "收入决算表", "附件2 2024年部门收入总表", "收入预算表", "收入总体情况表"],
    "expenditure_summary": ["部门支出总表", "支出决算表", "1-1 部门支出总表", "表三、支出总表", "2026年本年支出总体情况表"],
    "appropriation_summary": ["部门预算财政拨款收支总表", "财政拨款收入支出决算总表", "（四）财政拨款收支总表"],
    "appropriation_expenditure": [
        "财政拨款支出表(功能科目)", "2026年预算单位财政拨款支出预算表", "财政拨款支出预算总表", "部门财政拨款支出情况表",
    ],
    "agency_running_expenses": ["一般公共预算机关运行经费支出预算表", "部门机关运行经费情况表", "机关运行经费支出表"],
    "meeting_and_training_expenses": [
        "会议费明细表", "培训费明细表", "一般公共预算会议费、培训费支出预算表", "附件3 会议费预算表",
    ],
    "general_budget_expenditure": [
        "一般公共预算支出情况表", "部门预算一般公共预算财政拨款支出表", "一般公共预算财政拨款支出决算表",
        "2023年预算单位一般公共预算支出功能分类预算表", "一般公共预算支出情况表（按功能分类科目）",
    ],
    "general_budget_basic_expenditure": [
        "部门预算一般公共预算财政拨款基本支出表", "一般公共预算财政拨款基本支出决算(明细)表",
        "一般公共预算基本支出部门预算经济分类预算表", "一般公共预算基本支出情况表（按经济分类科目）",
    ],
    "three_public_expenses": [
        "部门预算财政拨款“三公”经费支出表", "“三公”经费和机关运行经费预算表", "财政拨款安排的行政经费及“三公”经费预算表",
        "部门综合预算一般公共预算拨款“三公”经费及会议费、培训费支出预算表",
    ],
    "government_fund_expenditure": [
        "政府性基金预算支出情况表", "部门政府基金预算财政拨款支出表", "政府性基金预算财政拨款收入支出决算表", "部门综合预算政府性基金收支表",
    ],
    "state_capital_expenditure": [
        "国有资本经营预算支出情况表", "固有资本经营预算支出表", "国有资本经营预算财政拨款支出决算表", "国有资本经营预算财政拨款收入支出决算表",
    ],
    "basic_expenditure": ["基本支出预算情况表", "部门预算基本支出预算表", "基本支出总表"],
    "project_expenditure": ["项目支出预算情况表", "一般公共预算项目支出情况表（按经济分类科目）", "项目支出决算表", "项目支出总表"],
    "procurement": ["政府采购预算情况表", "部门政府采购预算", "预算10表政府采购预算明细表"],
    "fixed_assets": ["部门固定资产占用情况表", "固定资产占用情况表"],
    "project_performance": ["项目支出绩效目标表", "3、某项目绩效目标表", "财政项目支出绩效目标申报表"],
    "department_performance": ["部门整体支出绩效目标表", "部门职责及工作活动绩效目标指标"],
    "organisation": ["部门机构设置情况"],
    "social_insurance_fund": ["2026年社会保险基金预算支出表", "社会保险基金预算收支表"],
    "government_debt": ["2024年地方政府债务限额及余额决算情况表", "地方政府债券使用情况表"],
    "government_table": ["2025年全市及市级一般公共预算收入表"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "title"), [(kind, title) for kind, titles in TITLES.items() for title in titles])
def test_a_printed_title_names_its_statement(kind: str, title: str) -> None:
    assert classify_title(title) == kind


def test_every_kind_of_the_data_file_has_a_title_in_this_test() -> None:
    assert {kind.name for kind in statement_kinds()} == set(TITLES)


def test_no_alias_is_claimed_by_two_kinds() -> None:
    owners: dict[str, str] = {}
    for kind in statement_kinds():
        for alias in (*kind.contains, *kind.ends, *kind.decides):
            assert owners.setdefault(alias, kind.name) == kind.name, alias


def test_an_alias_survives_its_own_folding() -> None:
    printed = str.maketrans({"G": "一般公共预算", "F": "政府性基金预算", "S": "国有资本经营预算"})
    lost = [
        (kind.name, alias)
        for kind in statement_kinds()
        for alias in kind.contains
        if alias not in fold_title(alias.translate(printed))
    ]
    assert not lost, "an alias that folding changes can never be found"


@pytest.mark.parametrize("line", ["一、收支总表..........3", "部门收入总表……………5", "三、支出总表 ...... 12"])
def test_a_contents_line_names_no_statement(line: str) -> None:
    assert is_contents_line(line)
    assert classify_title(line) is None


@pytest.mark.parametrize("text", ["社会保障和就业支出", "目录", "福州市物流业固定资产投资完成额分季度增速", "名词解释"])
def test_other_text_names_no_statement(text: str) -> None:
    assert classify_title(text) is None


def test_the_first_letter_of_a_fund_is_no_ordinal() -> None:
    # 一般公共预算 begins like the ordinal 一、; it once lost its first letter and became 支出总表
    assert fold_title("一般公共预算支出情况表") == fold_title("五、一般公共预算支出情况表") == "G支出表"


@pytest.mark.parametrize(
    "title",
    [
        "债务支出预算表",
        "财政专户管理资金预算支出表",
        "2026年上缴上级支出表",
        "会议接待支出表",
        "非税收入表",
        "经营收入表",
    ],
)
def test_a_part_of_the_money_is_not_the_statement_of_all_of_it(title: str) -> None:
    assert classify_title(title) is None


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("石家庄市公安局支出预算表", "expenditure_summary"),
        ("某某县人民医院2026年度收入预算表", "revenue_summary"),
        ("部门综合支出表", "expenditure_summary"),
        ("某某监狱2024年支出预算表", "expenditure_summary"),
        ("某某水库收入表", "revenue_summary"),
        ("合并支出表", "expenditure_summary"),
        ("表3 支出预算表", "expenditure_summary"),
    ],
)
def test_a_short_title_may_name_whose_statement_it_is(title: str, kind: str) -> None:
    assert classify_title(title) == kind


@pytest.mark.parametrize(
    ("title", "fund"),
    [
        ("财政拨款基本支出表(经济科目)", "fiscal"),
        ("一般公共预算项目支出情况表（按经济分类科目）", "general_budget"),
        ("部门政府基金预算财政拨款项目支出表", "gov_fund"),
        ("部门预算项目支出及其他支出预算表", None),
        ("一般公共预算、政府性基金预算项目支出表", None),
    ],
)
def test_a_title_may_name_the_fund_of_its_table(title: str, fund: str | None) -> None:
    assert fund_of_title(title) == fund


def test_latin_letters_in_a_title_are_no_funds() -> None:
    assert fund_of_title("G60科创走廊项目支出预算表") is None
    assert fund_of_title("SMT产业项目支出表") is None
    assert fund_of_title("一般公共预算项目支出表") == "general_budget"
