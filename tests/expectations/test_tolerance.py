"""Every family with a good row, a bad row, one just inside and one just outside the tolerance of its print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from budget.disclosure import Disclosure
from expectations import reconcile

Build = Callable[..., Disclosure]
Table = dict[str, Any]


def table(kind: str, columns: list[str], rows: list[list[str]], **more: Any) -> Table:
    return {"kind": kind, "columns": columns, "rows": rows, **more}


def summary(**cells: str) -> Table:
    """收支总表 with three income rows, two classes, carry-over on both sides; any cell can be given another text."""
    c = {
        "fiscal": "100.00", "general": "70.00", "fund": "30.00", "other": "20.00", "income": "120.00", "carry": "5.00",
        "all_in": "125.00", "social": "80.00", "health": "40.00", "spent": "120.00", "left": "5.00", "all_out": "125.00",
    } | cells  # fmt: skip
    return table(
        "revenue_expenditure_summary",
        ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
        [
            ["一、财政拨款收入", c["fiscal"], "一、社会保障和就业支出", c["social"]],
            ["一般公共预算收入", c["general"], "二、卫生健康支出", c["health"]],
            ["政府性基金预算收入", c["fund"], "三、节能环保支出", ""],
            ["二、其他收入", c["other"], "四、城乡社区支出", ""],
            ["本年收入合计", c["income"], "本年支出合计", c["spent"]],
            ["上年结转", c["carry"], "结转下年", c["left"]],
            ["收入总计", c["all_in"], "支出总计", c["all_out"]],
        ],
    )


def appropriation(**cells: str) -> Table:
    c = {
        "general": "70.00", "fund": "30.00", "income": "100.00", "carry": "6.00", "carry_general": "4.00", "carry_fund": "2.00",
        "social": "60.00", "social_g": "60.00", "city": "46.00", "city_g": "14.00", "city_f": "32.00", "spent": "106.00",
        "spent_g": "74.00", "spent_f": "32.00", "all_f": "32.00",
    } | cells  # fmt: skip
    return table(
        "appropriation_summary",
        ["收入/项目", "收入/金额", "支出/项目", "支出/合计", "支出/一般公共预算", "支出/政府性基金预算"],
        [
            ["一、一般公共预算拨款", c["general"], "一、社会保障和就业支出", c["social"], c["social_g"], ""],
            ["二、政府性基金预算拨款", c["fund"], "二、城乡社区支出", c["city"], c["city_g"], c["city_f"]],
            ["本年收入合计", c["income"], "本年支出合计", c["spent"], c["spent_g"], c["spent_f"]],
            ["年初财政拨款结转和结余", c["carry"], "年末财政拨款结转和结余", "", "", ""],
            ["一、一般公共预算拨款", c["carry_general"], "", "", "", ""],
            ["二、政府性基金预算拨款", c["carry_fund"], "", "", "", ""],
            ["收入总计", "106.00", "支出总计", "106.00", "74.00", c["all_f"]],
        ],
    )


def by_function(kind: str = "expenditure_summary", **cells: str) -> Table:
    c = {
        "total": "120.00", "class": "80.00", "section": "50.00", "item1": "20.00", "item2": "30.00", "section2": "30.00",
        "class2": "40.00", "basic": "70.00", "project": "50.00",
    } | cells  # fmt: skip
    return table(
        kind,
        ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        [
            ["", "合计", c["total"], c["basic"], c["project"]],
            ["208", "社会保障和就业支出", c["class"], "30.00", "50.00"],
            ["20801", "人力资源和社会保障管理事务", c["section"], "20.00", "30.00"],
            ["2080101", "行政运行", c["item1"], "20.00", ""],
            ["2080102", "一般行政管理事务", c["item2"], "", "30.00"],
            ["20805", "行政事业单位养老支出", c["section2"], "10.00", "20.00"],
            ["210", "卫生健康支出", c["class2"], "40.00", ""],
        ],
    )


def economic(**cells: str) -> Table:
    c = {
        "total": "50.00",
        "people": "30.00",
        "a": "10.00",
        "b": "20.00",
        "public": "20.00",
        "all_people": "30.00",
    } | cells
    return table(
        "general_budget_basic_expenditure",
        ["科目编码", "科目名称", "合计", "人员经费", "公用经费"],
        [
            ["", "合计", c["total"], c["all_people"], "20.00"],
            ["301", "工资福利支出", c["people"], "30.00", ""],
            ["30101", "基本工资", c["a"], "10.00", ""],
            ["30102", "津贴补贴", c["b"], "20.00", ""],
            ["302", "商品和服务支出", c["public"], "", "20.00"],
        ],
    )


def income(**cells: str) -> Table:
    c = {"total": "125.00", "subtotal": "120.00", "fiscal": "100.00", "other": "20.00", "carry": "5.00"} | cells
    return table(
        "revenue_summary",
        ["科目编码", "科目名称", "合计", "本年收入/小计", "本年收入/财政拨款收入", "本年收入/其他收入", "上年结转"],
        [["", "合计", c["total"], c["subtotal"], c["fiscal"], c["other"], c["carry"]]],
    )


def projects(**cells: str) -> Table:
    c = {"total": "50.00", "fiscal": "45.00", "one": "30.00", "two": "20.00"} | cells
    return table(
        "project_expenditure",
        ["项目名称", "合计", "财政拨款/小计", "财政拨款/一般公共预算", "财政拨款/政府性基金预算", "单位资金"],
        [
            ["合计", c["total"], c["fiscal"], "25.00", "20.00", "5.00"],
            ["道路养护", c["one"], "25.00", "5.00", "20.00", "5.00"],
            ["公园养护", c["two"], "20.00", "20.00", "", ""],
        ],
    )


def three_public(**cells: str) -> Table:
    c = {"total": "9.00", "abroad": "1.00", "vehicles": "6.00", "buy": "4.00", "run": "2.00", "guests": "2.00"} | cells
    return table(
        "three_public_expenses",
        ["项目", "合计"],
        [
            ["“三公”经费小计", c["total"]],
            ["一、因公出国（境）费", c["abroad"]],
            ["二、公务用车购置及运维费", c["vehicles"]],
            ["其中：公务用车购置费", c["buy"]],
            ["公务用车运行维护费", c["run"]],
            ["三、公务接待费", c["guests"]],
        ],
    )


def purchases(**cells: str) -> Table:
    c = {
        "total": "10.00",
        "sub": "10.00",
        "amount": "6.00",
        "general": "6.00",
        "sme": "6.00",
        "budget": "20.00",
    } | cells
    return table(
        "procurement",
        ["项目名称", "预算资金", "数量", "单价", "采购金额/合计", "采购金额/一般公共预算拨款", "预留中小微企业份额"],
        [
            ["合计", "", "", "", c["total"], "10.00", "10.00"],
            ["本级小计", "", "", "", c["sub"], "10.00", "10.00"],
            ["办公设备", c["budget"], "3", "2.00", c["amount"], c["general"], c["sme"]],
            ["运维服务", "9.00", "1", "4.00", "4.00", "4.00", "4.00"],
        ],
    )


def assets(**cells: str) -> Table:
    c = {"total": "393.70", "cars": "58.92", "rest": "334.78", "office": "0"} | cells
    return table(
        "fixed_assets",
        ["项目", "数量", "价值"],
        [
            ["资产总额", "——", c["total"]],
            ["1、房屋（平方米）", "0", "0"],
            ["其中：办公用房（平方米）", "0", c["office"]],
            ["2、车辆（台、辆）", "3", c["cars"]],
            ["3、其他固定资产", "978", c["rest"]],
        ],
    )


def failing(*tables: Table, build: Build, **more: Any) -> set[str]:
    """Checks that fail; which statements are present is another test's business."""
    found = {identity.check for identity in reconcile(build(*tables, **more)).identities if identity.holds is False}
    return found - {"PRE-01"}


def claimed(*tables: Table, build: Build, **more: Any) -> set[str]:
    return {identity.check for identity in reconcile(build(*tables, **more)).identities if identity.skipped is None}


# check, table with the cell to change, the cell, text just inside, text just outside, text far off
CASES = [
    ("BAL-01", summary, "fiscal", "100.01", "100.02", "1000.00"),
    ("BAL-02", summary, "income", "120.01", "120.02", "12.00"),
    ("BAL-03", summary, "spent", "120.01", "120.02", "210.00"),
    ("BAL-04", summary, "all_in", "125.01", "125.02", "152.00"),
    ("BAL-05", summary, "all_out", "125.01", "125.02", "20730.94"),
    ("BAL-06", summary, "all_out", "125.004", "125.01", "152.00"),
    ("BAL-07", appropriation, "carry", "6.01", "6.02", "0"),
    ("BAL-08", appropriation, "spent_f", "32.004", "32.01", "23.00"),
    ("BAL-09", appropriation, "city", "46.01", "46.02", "64.00"),
    ("HIE-01", by_function, "total", "120.01", "120.02", "102.00"),
    ("HIE-02", by_function, "class", "80.01", "80.02", "8.00"),
    ("HIE-03", by_function, "section", "50.01", "50.02", "5.00"),
    ("HIE-04", economic, "people", "30.01", "30.02", "3.00"),
    ("HIE-05", projects, "two", "20.01", "20.02", "200.00"),
    ("ROW-01", income, "total", "125.01", "125.02", "152.00"),
    ("ROW-02", income, "subtotal", "120.01", "120.02", "102.00"),
    ("ROW-03", by_function, "total", "120.01", "120.02", "210.00"),
    ("ROW-05", economic, "total", "50.01", "50.02", "5.00"),
    ("ROW-06", economic, "public", "20.004", "20.01", "2.00"),
    ("ROW-07", projects, "fiscal", "45.01", "45.02", "54.00"),
    ("TPE-01", three_public, "total", "9.01", "9.02", "90.00"),
    ("TPE-01", three_public, "vehicles", "6.01", "6.02", "0"),
    ("PRC-01", purchases, "amount", "6.02", "6.03", "9.00"),
    ("PRC-02", purchases, "general", "6.004", "6.01", "3.00"),
    ("PRC-03", purchases, "sme", "6.004", "6.01", "60.00"),
    ("PRC-04", purchases, "budget", "5.996", "5.99", "1.00"),
    ("AST-01", assets, "total", "393.71", "393.72", "452.62"),
    ("AST-02", assets, "office", "0.00", "0.01", "2.00"),
]


@pytest.mark.parametrize(("check", "made", "cell", "inside", "outside", "far"), CASES)
def test_a_check_holds_within_the_print_and_fails_beyond_it(
    check: str, made: Callable[..., Table], cell: str, inside: str, outside: str, far: str, document: Build
) -> None:
    assert check in claimed(made(), build=document)
    assert failing(made(), build=document) == set()
    assert check not in failing(made(**{cell: inside}), build=document)
    assert check in failing(made(**{cell: outside}), build=document)
    assert check in failing(made(**{cell: far}), build=document)


def test_function_tables_of_one_fund_add_basic_and_project(document: Build) -> None:
    made = by_function("general_budget_expenditure", basic="70.02")
    assert {"ROW-04", "HIE-01"} <= failing(made, build=document)
    assert "ROW-04" not in failing(by_function("general_budget_expenditure"), build=document)


def test_a_table_of_all_fiscal_funds_adds_up_like_those_of_one(document: Build) -> None:
    made = by_function("appropriation_expenditure", basic="70.02")
    assert {"ROW-04", "HIE-01"} <= failing(made, build=document)
    assert failing(by_function("appropriation_expenditure"), build=document) == set()


def plain_summary(total: str = "120.00", social: str = "80.00", income_total: str = "120.00") -> Table:
    """收支总表 without anything carried over, so that every table must show the same total."""
    return summary(
        fiscal="120.00", general="90.00", fund="30.00", other="", income=income_total, carry="", all_in=income_total, social=social,
        left="", spent=total, all_out=total,
    )  # fmt: skip


ACROSS = [
    ("XRF-01", lambda text: [plain_summary(), income(total=text, subtotal=text, fiscal=text, other="", carry="")], "120.004", "120.01"),
    ("XRF-02", lambda text: [plain_summary(), by_function(total=text)], "120.004", "120.01"),
    ("XRF-03", lambda text: [income(total=text, subtotal=text, fiscal=text, other="", carry=""), plain_summary(), by_function()], "120.004", "120.01"),
    ("XRF-04", lambda text: [summary(), appropriation(general=text)], "70.004", "70.01"),
    ("XRF-06", lambda text: [appropriation(), by_function("government_fund_expenditure", total=text)], "32.004", "32.01"),
    ("XRF-08", lambda text: [by_function("general_budget_expenditure", basic="50.00"), economic(total=text)], "50.004", "50.01"),
    ("XRF-09", lambda text: [plain_summary(social=text), by_function()], "80.004", "80.01"),
    ("XRF-11", lambda text: [by_function(), projects(total=text)], "50.004", "50.01"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "made", "inside", "outside"), ACROSS)
def test_statements_of_one_document_agree(
    check: str, made: Callable[[str], list[Table]], inside: str, outside: str, document: Build
) -> None:
    assert check in claimed(*made(inside), build=document)
    assert check not in failing(*made(inside), build=document)
    assert check in failing(*made(outside), build=document)


def test_codes_agree_between_income_and_expenditure_and_a_lost_row_is_missed(document: Build) -> None:
    revenue = by_function("revenue_summary")
    lost = by_function()
    lost["rows"] = [row for row in lost["rows"] if row[0] != "20805"]
    assert "XRF-10" not in failing(plain_summary(), revenue, by_function(), build=document)
    assert "XRF-10" in failing(plain_summary(), revenue, lost, build=document)


def test_amounts_in_yuan_are_held_to_the_cent(document: Build) -> None:
    rows = [["", "合计", "1,200,000"], ["208", "社会保障和就业支出", "800,000"], ["210", "卫生健康支出", "400,000"]]
    made = table("expenditure_summary", ["科目编码", "科目名称", "合计"], rows, unit="元")
    assert failing(made, build=document) == set()
    rows[0][2] = "1,200,001"
    assert "HIE-01" in failing(made, build=document)
