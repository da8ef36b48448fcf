"""No two columns of a list claim to be the same amount; what a header does not say is told, not taken for the total."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from budget.disclosure import Disclosure, PagePlace
from extract.document import disclosure_of, extract_bytes
from extract.reading import Grid, GridCell, Line, Reading


def read(title: str, rows: list[list[Any]], merged: tuple[str, ...]) -> Disclosure:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in [[title], ["部门：某某省财政厅", "单位：万元"], *rows]:
        page.append(row)
    for place in merged:
        page.merge_cells(place)
    stream = io.BytesIO()
    book.save(stream)
    return extract_bytes(stream.getvalue(), "2026年某某省财政厅部门预算.xlsx")


def measures(disclosure: Disclosure, code: str) -> list[tuple[str, str, str]]:
    return [(f.column[-1], f.measure, f.amount) for f in disclosure.facts if f.code == code]


REVENUE = [
    ["科目编码", "科目名称", "合计", "一般公共预算拨款", "", "", "政府性基金预算拨款", "专项债券收入"],
    ["", "", "", "小计", "经费拨款", "纳入一般公共预算管理的非税收入拨款", "", ""],
    ["", "合计", 1140.5, 1000.5, 900.5, 100, 100, 40],
    ["201", "一般公共服务支出", 1140.5, 1000.5, 900.5, 100, 100, 40],
]
REVENUE_MERGED = ("A3:A4", "B3:B4", "C3:C4", "D3:F3", "G3:G4", "H3:H4")


def test_parts_of_a_fund_and_a_source_nobody_knows_are_told_and_are_no_totals() -> None:
    disclosure = read("收入总表", REVENUE, REVENUE_MERGED)
    assert measures(disclosure, "201") == [
        ("合计", "total", "1140.5"),
        ("小计", "general_budget", "1000.5"),
        ("经费拨款", "unknown", "900.5"),
        ("纳入一般公共预算管理的非税收入拨款", "unknown", "100"),
        ("政府性基金预算拨款", "gov_fund", "100"),
        ("专项债券收入", "unknown", "40"),
    ]
    [told] = [finding for finding in disclosure.findings if finding.check == "UNMEASURED"]
    assert told.severity == "warning"
    assert [cell.raw for cell in told.cells] == ["900.5", "100", "40"]
    assert all(name in told.message for name in ("经费拨款", "纳入一般公共预算管理的非税收入拨款", "专项债券收入"))


def test_of_two_totals_the_plainer_header_is_the_total() -> None:
    rows = [
        ["科目编码", "科目名称", "支出总计", "基本支出", "项目支出", "2026年政府采购项目", ""],
        ["", "", "", "", "", "小计", "其中：2026年政府采购项目中预留给中小企业的项目资金规模"],
        ["201", "一般公共服务支出", 300, 100, 200, 50, 20],
    ]
    merged = ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:E4", "F3:G3")
    disclosure = read("支出总表", rows, merged)
    assert [measure for _, measure, _ in measures(disclosure, "201")] == [
        "total", "basic", "project", "unknown", "sme_reserved",
    ]  # fmt: skip


def test_columns_that_say_the_same_are_all_unknown() -> None:
    rows = [["科目编码", "科目名称", "合计", "基本支出", "基本支出"], ["201", "一般公共服务支出", 300, 100, 200]]
    disclosure = read("支出总表", rows, ())
    assert [measure for _, measure, _ in measures(disclosure, "201")] == ["total", "unknown", "unknown"]
    assert [finding.check for finding in disclosure.findings if finding.check == "UNMEASURED"] == ["UNMEASURED"]


def test_two_years_side_by_side_are_two_totals() -> None:
    rows = [["科目编码", "科目名称", "2025年预算数", "2026年预算数"], ["201", "一般公共服务支出", 300, 400]]
    disclosure = read("一般公共预算支出表", rows, ())
    assert [(f.measure, f.fiscal_year) for f in disclosure.facts] == [("total", 2025), ("total", 2026)]
    assert not [finding for finding in disclosure.findings if finding.check == "UNMEASURED"]


def test_what_a_statement_is_about_is_its_total_where_no_other_column_is() -> None:
    rows = [
        ["功能分类科目", "", "一般公共预算支出", "", ""],
        ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        ["", "合计", 280, 200, 80],
        ["201", "一般公共服务支出", 280, 200, 80],
    ]
    disclosure = read("一般公共预算支出情况表（按功能分类科目）", rows, ("A3:B3", "C3:E3"))
    assert [statement.kind for statement in disclosure.statements] == ["general_budget_expenditure"]
    assert [(f.measure, f.fund) for f in disclosure.facts[:3]] == [
        ("total", "general_budget"), ("basic", "general_budget"), ("project", "general_budget"),
    ]  # fmt: skip


def test_the_code_of_a_unit_beside_the_levels_of_a_function_is_a_code_of_its_own() -> None:
    rows = [
        ["科目编码", "", "", "单位代码", "单位名称（科目）", "合计", "基本支出", "项目支出"],
        ["类", "款", "项", "", "", "", "", ""],
        ["", "", "", "", "合计", 300, 200, 100],
        ["", "", "", "301301", "某某厅机关", 300, 200, 100],
        ["201", "06", "01", "301301", "行政运行", 200, 200, None],
        ["201", "06", "02", "301301", "一般行政管理事务", 100, None, 100],
    ]
    disclosure = read("部门支出总表", rows, ("A3:C3", "D3:D4", "E3:E4", "F3:F4", "G3:G4", "H3:H4"))
    assert [(f.code, f.code_system, f.name) for f in disclosure.facts if f.measure == "total"] == [
        ("", None, "合计"),
        ("301301", "unit", "某某厅机关"),
        ("2010601", "functional", "行政运行"),
        ("2010602", "functional", "一般行政管理事务"),
    ]


def test_a_table_of_whole_numbers_that_nobody_knows_is_told() -> None:
    disclosure = read("某某资金情况", [["项目", "甲数", "乙数"], ["某某", 12, 30], ["另一", 5, 6]], ())
    assert not disclosure.facts
    assert [finding.check for finding in disclosure.findings] == ["UNCLASSIFIED"]


def test_the_levels_of_the_code_and_the_numbers_of_the_columns_in_one_row_are_header() -> None:
    rows = [
        ["功能分类科目编码", "", "", "科目名称", "本年支出", "", ""],
        ["", "", "", "", "合计", "基本支出", "项目支出"],
        ["类", "款", "项", "栏次", "1", "2", "3"],
        ["", "", "", "合计", 300, 200, 100],
        ["201", "", "", "一般公共服务支出", 300, 200, 100],
        ["201", "06", "01", "行政运行", 300, 200, 100],
    ]
    disclosure = read("一般公共预算财政拨款支出决算表", rows, ("A3:C4", "D3:D4", "E3:G3"))
    assert [(f.code, f.name, f.amount) for f in disclosure.facts if f.measure == "total"] == [
        ("", "合计", "300"), ("201", "一般公共服务支出", "300"), ("2010601", "行政运行", "300"),
    ]  # fmt: skip
    assert not [finding for finding in disclosure.findings if finding.severity == "error"]


def test_a_blank_column_nobody_knows_begins_no_list_of_its_own() -> None:
    rows = [
        ["科目编码", "科目名称", "合计", "基本支出", "项目支出", "某某安排的支出", "单位资金", ""],
        ["", "", "", "", "", "", "小计", "事业支出"],
        ["201", "一般公共服务支出", 115, 70, 35, None, 10, 8],
    ]
    merged = ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:E4", "F3:F4", "G3:H3")
    disclosure = read("部门支出预算表", rows, merged)
    assert [(f.name, f.measure) for f in disclosure.facts] == [
        ("一般公共服务支出", measure) for measure in ("total", "basic", "project", "unit_funds", "unknown")
    ]


def test_what_was_spent_by_then_is_neither_a_budget_nor_a_final_account() -> None:
    rows = [["科目编码", "科目名称", "2025年执行数", "2026年预算数"], ["", "共计", 300, 400]]
    disclosure = read("一般公共预算支出表", rows, ())
    assert [(f.role, f.fiscal_year, f.basis) for f in disclosure.facts] == [
        ("total", 2025, None), ("total", 2026, "budget"),
    ]  # fmt: skip


def test_a_header_over_one_of_the_columns_of_a_code_is_that_of_all() -> None:
    rows = [
        ["", "功能分类科目编码", "", "科目名称", "合计"],
        ["201", "", "", "一般公共服务支出", 300],
        ["201", "06", "", "财政事务", 300],
        ["201", "06", "01", "行政运行", 300],
    ]
    disclosure = read("一般公共预算支出表", rows, ())
    assert [fact.code for fact in disclosure.facts] == ["201", "20106", "2010601"]


def sheet(rows: list[list[Any]], name: str = "给定.xlsx") -> Disclosure:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    for line in page.iter_rows():
        for cell in line:
            if isinstance(cell.value, str) and cell.value.startswith("#"):
                cell.data_type = "e"
    stream = io.BytesIO()
    book.save(stream)
    return extract_bytes(stream.getvalue(), name)


HEAD = ["科目编码", "科目名称", "合计", "基本支出"]
ROW = ["201", "一般公共服务支出", 100, 60]


@pytest.mark.parametrize("unit", ["百万元", "十万元", "万美元", "美元", "港元", "万日元"])
def test_a_unit_nobody_knows_is_an_error_and_never_yuan(unit: str) -> None:
    disclosure = sheet([["支出总表"], ["部门：某局", "", "", f"单位：{unit}"], HEAD, ROW])
    [told] = [finding for finding in disclosure.findings if finding.check == "UNIT"]
    assert (told.severity, disclosure.statements[0].unit) == ("error", None)
    assert unit in told.message


@pytest.mark.parametrize("beside", ["2024年", "2024年度", "示例县教育局"])
def test_what_stands_beside_the_unit_is_no_header(beside: str) -> None:
    disclosure = sheet([["支出总表"], [beside, "", "", "单位：元"], HEAD, ["201", "一般公共服务支出", 1000000, 600000]])
    assert disclosure.statements[0].unit == "元"
    assert [(fact.column, fact.amount) for fact in disclosure.facts] == [(("合计",), "100"), (("基本支出",), "60")]


def test_an_error_of_the_sheet_is_unread_and_no_blank() -> None:
    disclosure = sheet(
        [["支出总表"], ["部门：某局", "", "", "单位：万元"], HEAD, ["201", "一般公共服务支出", "#REF!", 60]]
    )
    assert [finding.cells[0].raw for finding in disclosure.findings if finding.check == "UNREAD"] == ["#REF!"]


@pytest.mark.parametrize("printed", ["预算单位：示例县教育局 2024年度", "填报单位：示例县教育局  2024年2月"])
def test_the_date_beside_a_name_is_no_part_of_it(printed: str) -> None:
    assert sheet([["支出总表"], [printed, "", "", "单位：万元"], HEAD, ROW]).document.agency == "示例县教育局"


def test_a_column_without_header_and_cells_parts_no_code() -> None:
    rows = [
        ["", "", "功能分类科目编码", "", "", "科目名称", "合计"],
        ["", "类", "款", "", "项", "栏次", "1"],
        ["201", "", "", "", "", "一般公共服务支出", "300.00"],
        ["201", "", "06", "", "", "财政事务", "300.00"],
        ["201", "", "06", "01", "", "行政运行", "300.00"],
    ]
    cells = tuple(
        GridCell(r, c, text, PagePlace(page=1, bbox=(50 + 70 * c, 100 + 20 * r, 120 + 70 * c, 120 + 20 * r)))
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    heading = Line("一般公共预算支出表", 1, (200, 60, 400, 75), 15.0)
    grid = Grid(5, 7, cells, page=1, box=(50, 100, 540, 200))
    disclosure = disclosure_of(Reading("pdf", (heading, grid), 1), "given.pdf", "0" * 64)
    assert [fact.code for fact in disclosure.facts] == ["201", "20106", "2010601"]


def test_a_workbook_of_one_statement_is_a_disclosure() -> None:
    disclosure = sheet([["支出总表"], ["部门：示例县教育局", "", "", "单位：万元"], HEAD, ROW])
    assert disclosure.document.kind == "department_budget"


@pytest.mark.parametrize(
    ("name", "year"), [("P020250305412.xlsx", None), ("2025部门预算.xlsx", 2025), ("20250305.xlsx", None)]
)
def test_digits_of_a_serial_number_are_no_year(name: str, year: int | None) -> None:
    rows = [["支出总表"], ["部门：示例县教育局", "", "", "单位：万元"], HEAD, ROW]
    assert sheet(rows, name).document.fiscal_year == year
