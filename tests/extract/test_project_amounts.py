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
