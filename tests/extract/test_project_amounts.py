"""Which of a form's amounts are the project's: of the year, and the parts that stand below them."""

from __future__ import annotations

from extract.document import extract_bytes

FORM = """<html><head><meta charset="utf-8"><title>某局2024年部门预算</title></head><body>
<p>2024年专项资金总体绩效目标表</p>
<table>
<tr><td colspan="2">项目名称</td><td colspan="4">公租房建设</td></tr>
<tr><td rowspan="3">资金金额（万元）</td><td>实施期资金总额：</td><td>301800.00</td><td>年度资金总额：</td><td colspan="2">200000.00</td></tr>
<tr><td>其中：财政拨款</td><td>300000.00</td><td>其中：财政拨款</td><td colspan="2">{fiscal}</td></tr>
<tr><td>其他资金</td><td>1800.00</td><td>其他资金</td><td colspan="2">{other}</td></tr>
<tr><td>一级指标</td><td>二级指标</td><td>三级指标</td><td>指标值</td><td colspan="2">备注</td></tr>
<tr><td>产出指标</td><td>数量指标</td><td>收购套数</td><td>≥2703套</td><td colspan="2"></td></tr>
</table></body></html>"""


def amounts(fiscal: str, other: str) -> tuple[str | None, str | None, str | None]:
    (project,) = extract_bytes(FORM.format(fiscal=fiscal, other=other).encode(), "form.html").projects
    return project.amount, project.fiscal, project.other


def test_the_parts_below_the_amount_of_the_year_are_its_own_not_those_of_all_years() -> None:
    assert amounts("199000.00", "1000.00") == ("200000", "199000", "1000")
    assert amounts("200000.00", "") == ("200000", "200000", "0")


def page(unit_line: str, label: str, *, second: str = "") -> bytes:
    """支出总表 with its unit line, and a form whose money label is `label`; `second` is the unit line of one more table."""
    more = f"<p>{second}</p><table><tr><td>科目编码</td><td>科目名称</td><td>合计</td></tr><tr><td>201</td><td>一般公共服务支出</td><td>345678.90</td></tr></table>"
    return f"""<html><head><meta charset="utf-8"><title>某局2024年部门预算</title></head><body>
<p>支出总表</p><p>{unit_line}</p>
<table><tr><td>科目编码</td><td>科目名称</td><td>合计</td><td>基本支出</td><td>项目支出</td></tr>
<tr><td>201</td><td>一般公共服务支出</td><td>345678.90</td><td>0</td><td>345678.90</td></tr></table>
<p>项目绩效目标表</p>
<table>
<tr><td colspan="2">项目名称</td><td colspan="4">公租房建设</td></tr>
<tr><td>{label}</td><td>年度资金总额</td><td>345678.90</td><td>其中：财政拨款</td><td colspan="2">345678.90</td></tr>
<tr><td>一级指标</td><td>二级指标</td><td>三级指标</td><td>指标值</td><td colspan="2">备注</td></tr>
<tr><td>产出指标</td><td>数量指标</td><td>收购套数</td><td>≥2703套</td><td colspan="2"></td></tr>
</table>{more if second else ""}</body></html>""".encode()


def test_a_form_without_a_unit_is_read_in_the_unit_of_all_other_tables_and_that_is_a_warning() -> None:
    found = extract_bytes(page("单位：元", "资金"), "form.html")
    assert [(one.amount, one.fiscal) for one in found.projects] == [("34.56789", "34.56789")]
    assert [(one.severity, one.cells[0].raw) for one in found.findings if one.check == "UNIT"] == [
        ("warning", "公租房建设")
    ]


def test_a_form_without_a_unit_beside_tables_of_two_units_is_an_error() -> None:
    found = extract_bytes(page("单位：元", "资金", second="一般公共预算支出表 单位：万元"), "form.html")
    assert [one.severity for one in found.findings if one.check == "UNIT" and one.statement_id is None] == ["error"]


def test_a_form_that_prints_its_unit_keeps_it_whatever_the_other_tables_print() -> None:
    found = extract_bytes(page("单位：元", "资金（万元）"), "form.html")
    assert [one.amount for one in found.projects] == ["345678.9"]
    assert not [one for one in found.findings if one.check == "UNIT"]
