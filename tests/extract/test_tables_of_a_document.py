"""Tables as a document holds them: twice, announced and missing, split sideways, several in one grid, in several units."""

from __future__ import annotations

import pytest

from budget.disclosure import Disclosure
from extract.document import extract_bytes
from extract.reading import Grid, GridCell, Line, Reading


def page(*blocks: str) -> Disclosure:
    return extract_bytes(
        f"<html><body><p>某局2026年部门预算</p>{''.join(blocks)}</body></html>".encode(), "某局2026年部门预算.html"
    )


def table(rows: list[list[str]], title: str = "支出总表", unit: str = "单位：万元") -> str:
    cells = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows)
    return f"<p>{title}</p><p>{unit}</p><table>{cells}</table>"


HEAD = ["科目编码", "科目名称", "合计", "基本支出", "项目支出"]
ROWS = [HEAD, ["", "合计", "100.00", "60.00", "40.00"], ["201", "一般公共服务支出", "100.00", "60.00", "40.00"]]


def checks(found: Disclosure, severity: str = "error") -> list[str]:
    return [one.check for one in found.findings if one.severity == severity]


def test_an_equal_copy_of_a_table_gives_its_facts_once_and_a_warning() -> None:
    once, twice = page(table(ROWS)), page(table(ROWS), table(ROWS))
    assert [fact.amount for fact in twice.facts] == [fact.amount for fact in once.facts]
    assert "TWICE" in checks(twice, "warning") and "TWICE" not in checks(once, "warning")


def test_a_copy_with_other_figures_is_an_error() -> None:
    other = [[text.replace("100.00", "110.00").replace("60.00", "70.00") for text in row] for row in ROWS]
    assert "TWICE" in checks(page(table(ROWS), table(other)))


def test_tables_of_two_units_of_a_department_are_two() -> None:
    first = table(ROWS, unit="单位名称：甲中心 单位：万元")
    second = table(
        [[t.replace("100.00", "70.00").replace("60.00", "30.00") for t in row] for row in ROWS],
        unit="单位名称：乙中心 单位：万元",
    )
    assert "TWICE" not in checks(page(first, second))


NAMES = ("收支总表", "收入总表", "支出总表", "财政拨款收支总表", "一般公共预算支出表")


def test_a_table_that_the_contents_name_and_the_document_lacks_is_an_error() -> None:
    contents = "".join(f"<p>{name}………{n}</p>" for n, name in enumerate(NAMES, 3))
    tables = "".join(table(ROWS, title=name) for name in NAMES if name != "收入总表")
    found = page(contents, tables)
    assert [one.message for one in found.findings if one.check == "MISSING" and "收入总表" in one.message]
    assert "MISSING" not in checks(page(contents, tables, table(ROWS, title="收入总表")))


def test_a_second_table_in_the_same_grid_is_a_table_of_its_own() -> None:
    rows = [*ROWS, ["附表3", "", "", "", ""], ["某某情况收入表", "", "", "", ""], ["科目编码", "科目名称", "年初数", "完成数", ""],
            ["", "本年收入合计", "4908.30", "2719.55", ""]]  # fmt: skip
    cells = "".join(
        f'<tr><td colspan="5">{row[0]}</td></tr>'
        if row[0] and not any(row[1:])
        else "<tr>" + "".join(f"<td>{t}</td>" for t in row) + "</tr>"
        for row in rows
    )
    found = page(f"<p>支出总表</p><p>单位：万元</p><table>{cells}</table>")
    assert [fact.amount for fact in found.facts if fact.kind == "expenditure_summary"] == ["100", "60", "40"] * 2
    assert any("4908.30" in row.cells for statement in found.statements[1:] for row in statement.rows)


def grid(rows: list[list[str]], number: int) -> Grid:
    cells = tuple(GridCell(r, c, text, None) for r, row in enumerate(rows) for c, text in enumerate(row))
    return Grid(len(rows), len(rows[0]), cells, page=number, box=(40, 100, 550, 160))


def test_a_table_split_sideways_over_two_pages_is_one() -> None:
    from extract.document import disclosure_of

    left = grid([["合计", "本年收入小计", "一般公共预算资金", "事业收入"], ["100.00", "90.00", "60.00", "20.00"]], 1)
    right = grid([["其他收入", "上年结转结余"], ["10.00", "10.00"]], 2)
    lines = [Line("收入总表", 1, (200, 40, 300, 55), 15.0), Line("单位：万元", 1, (450, 70, 520, 80), 9.0)]
    found = disclosure_of(Reading("pdf", (*lines, left, right), 2), "某局2026年部门预算.pdf", "0" * 64)
    assert [statement.pages for statement in found.statements] == [(1, 2)]
    assert len(found.facts) == 6


@pytest.mark.parametrize("line", ["单位（万元）", "单位 万元", "单位；万元", "金额单位万元", "单位：人民币万元"])
def test_the_unit_of_a_table_is_found_however_it_is_printed(line: str) -> None:
    assert [fact.amount for fact in page(table(ROWS, unit=line)).facts][:1] == ["100"]


def test_a_unit_that_is_none_is_an_error_and_never_yuan() -> None:
    found = page(table(ROWS, unit="单位：方元"))
    assert "UNIT" in checks(found) and all(statement.unit is None for statement in found.statements)


def test_the_year_of_a_table_is_that_of_its_title() -> None:
    found = page(table(ROWS, title="2024年支出总表"))
    assert {fact.fiscal_year for fact in found.facts} == {2024}
    found = page(table(ROWS, title="二〇二四年支出总表"))
    assert {fact.fiscal_year for fact in found.facts} == {2024}


def test_a_money_column_stays_one_whatever_its_header_and_cells_print() -> None:
    rows = [
        ["项目", "2024年", "2025年"],
        ["合计", "47", "31"],
        ["公务接待费", "20", "11"],
        ["因公出国（境）费", "27", "20"],
    ]
    found = page(table(rows, title="“三公”经费支出表"))
    assert sorted((fact.fiscal_year, fact.amount) for fact in found.facts) == [
        (2024, "20"), (2024, "27"), (2024, "47"), (2025, "11"), (2025, "20"), (2025, "31"),
    ]  # fmt: skip
    marked = [[text + "*" if text.replace(".", "").isdigit() and "." in text else text for text in row] for row in ROWS]
    assert [fact.amount for fact in page(table(marked)).facts] == ["100", "60", "40"] * 2
    units = [[text + "元" if text.replace(".", "").isdigit() and "." in text else text for text in row] for row in ROWS]
    assert [fact.amount for fact in page(table(units)).facts][:1] == ["0.01"], "the unit behind a figure is its own"


def test_a_figure_that_cannot_be_read_is_an_error_also_where_it_is_the_only_one() -> None:
    broken = [[text.replace("100.00", "1、00.00") for text in row] for row in ROWS]
    found = page(table(broken))
    assert checks(found).count("UNREAD") == 2


def test_a_list_of_projects_is_read_whatever_the_column_of_names_is_called() -> None:
    for header in ("一级项目名称", "单位（项目）名称", "项目支出名称", "政策和项目名称"):
        rows = [
            ["二级预算单位名称", header, "预算数（万元）", "绩效目标"],
            ["某局本级", "统计管理", "352.27", "完成统计"],
            ["某局本级", "普查", "110.00", "完成普查"],
        ]
        found = page(table(rows, title="重点项目预算绩效情况", unit=""))
        assert [(one.name, one.amount) for one in found.projects] == [("统计管理", "352.27"), ("普查", "110")], header


def test_a_list_that_gives_no_project_is_an_error_of_reading() -> None:
    from expectations import judge

    rows = [["事项", "预算数", "绩效目标"], *([f"事项{n}", "1.00", "完成"] for n in range(5))]
    found = page(table(rows, title="项目支出绩效目标表"))
    findings = judge([found])[found.document.sha256]
    assert [(one.check, one.origin) for one in findings if one.severity == "error" and one.check == "SLF-01"] == [
        ("SLF-01", "extraction")
    ]


def test_a_condition_below_a_full_table_does_not_declare_it_empty() -> None:
    full = page(table(ROWS), "<p>注：此表如无数字则表示单位无该项支出。</p>")
    empty = page(table([*ROWS[:1], ["", "", "", "", ""]]), "<p>注：本表为空，无相关支出。</p>")
    assert [statement.declared_empty for statement in full.statements] == [False]
    assert [statement.declared_empty for statement in empty.statements] == [True]


def test_a_row_of_asterisks_and_column_numbers_is_no_data() -> None:
    rows = [["单位名称", "合计"], ["**", "1"], ["合计", "100.00"], ["甲中心", "60.00"], ["乙中心", "40.00"]]
    assert [fact.amount for fact in page(table(rows)).facts] == ["100", "60", "40"]
