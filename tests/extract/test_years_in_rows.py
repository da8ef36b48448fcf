"""三公经费表 with a year a row (Shenzhen): a figure is of the year of its row."""

from __future__ import annotations

from extract.document import extract_bytes

PAGE = """<html><head><meta charset="utf-8"><title>某局2026年部门预算</title></head><body><h1>某局2026年部门预算</h1>
<p>{title}</p><p>单位：万元</p>
<table><tr><td rowspan="2">预算单位</td><td rowspan="2">年度</td><td colspan="2">总计</td><td colspan="2">公务接待费</td></tr>
<tr><td>一般公共预算</td><td>政府性基金预算</td><td>一般公共预算</td><td>政府性基金预算</td></tr>
<tr><td rowspan="3">某局（本级）</td><td>2025 年</td><td>176.01</td><td>0.00</td><td>15.11</td><td>0.00</td></tr>
<tr><td>2026 年</td><td>147.90</td><td>0.00</td><td>5.10</td><td>0.00</td></tr>
<tr><td>增减变化金额</td><td>-28.11</td><td>0.00</td><td>-10.01</td><td>0.00</td></tr></table></body></html>"""


def test_a_figure_is_of_the_year_that_its_row_names() -> None:
    read = extract_bytes(PAGE.format(title="财政拨款“三公”经费支出表").encode(), "three.html")
    years = {fact.raw: fact.fiscal_year for fact in read.facts if fact.value}
    assert years == {"176.01": 2025, "15.11": 2025, "147.90": 2026, "5.10": 2026, "-28.11": 2026, "-10.01": 2026}
