"""The list of tables of Shaanxi says which tables are printed empty and why: that is their note."""

from __future__ import annotations

from extract.document import extract_bytes

PAGE = """<html><head><meta charset="utf-8"><title>某局2026年部门预算</title></head><body>
<h1>某局2026年部门综合预算</h1><p>报表目录</p>
<table><tr><td>报表</td><td>报表名称</td><td>是否空表</td><td>表格为空的理由</td></tr>
<tr><td>表1</td><td>2026年部门综合预算支出总表</td><td></td><td></td></tr>
<tr><td>表2</td><td>2026年部门综合预算政府性基金支出表</td><td>{fund}</td><td>{why}</td></tr>
<tr><td>表3</td><td>2026年部门综合预算财政拨款上年结转资金支出表</td><td>是</td><td>不涉及</td></tr></table>
<p>表1</p><p>2026年部门综合预算支出总表</p><p>单位：万元</p>
<table><tr><td>科目编码</td><td>科目名称</td><td>合计</td><td>基本支出</td><td>项目支出</td></tr>
<tr><td>201</td><td>一般公共服务支出</td><td>12.50</td><td>10.00</td><td>2.50</td></tr></table>
<p>表2</p><p>2026年部门综合预算政府性基金支出表</p><p>单位：万元</p>
<table><tr><td>科目编码</td><td>科目名称</td><td>合计</td><td>基本支出</td><td>项目支出</td></tr>
<tr><td></td><td></td><td></td><td></td><td></td></tr></table>
<p>表3</p><p>2026部门综合预算财政拨款结转资金支出表</p><p>单位：万元</p>
<table><tr><td>单位编码</td><td>单位名称</td><td>项目名称</td><td>金额</td></tr>
<tr><td></td><td></td><td></td><td></td></tr></table></body></html>"""


def declared(fund: str, why: str) -> dict[str, tuple[bool, tuple[str, ...]]]:
    read = extract_bytes(PAGE.format(fund=fund, why=why).encode(), "list.html")
    return {one.kind: (one.declared_empty, one.notes) for one in read.statements}


def test_a_table_that_the_list_calls_empty_is_declared_empty_with_the_reason_as_printed() -> None:
    found = declared("是", "无政府性基金")
    assert found["government_fund_expenditure"] == (True, ("是否空表:是 表格为空的理由:无政府性基金",))
    assert found["expenditure_summary"] == (False, ())


def test_a_table_that_the_list_does_not_call_empty_has_no_note() -> None:
    assert declared("否", "")["government_fund_expenditure"] == (False, ())
    assert declared("", "")["government_fund_expenditure"] == (False, ())


def test_a_title_that_differs_from_the_list_is_known_by_the_number_of_its_table() -> None:
    assert declared("", "")["project_expenditure"] == (True, ("是否空表:是 表格为空的理由:不涉及",))


def test_a_row_of_dashes_in_the_list_is_the_note_of_no_table() -> None:
    page = PAGE.format(fund="否", why="").replace("2026年部门综合预算财政拨款上年结转资金支出表", "——", 1)
    page = page.replace("<td>表3</td>", "<td>——</td>")
    untitled = "<p>表3</p><p>2026部门综合预算财政拨款结转资金支出表</p><p>单位：万元</p>"
    assert untitled in page
    read = extract_bytes(page.replace(untitled, "").encode(), "list.html")
    assert [one.title for one in read.statements].count(None) >= 1, "a table without a title"
    assert [one.notes for one in read.statements if "是否空表:是" in "".join(one.notes)] == []
