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
    told = {fact.raw: (fact.fiscal_year, fact.measure == "change") for fact in read.facts if fact.value}
    assert told == {
        "176.01": (2025, False), "15.11": (2025, False), "147.90": (2026, False), "5.10": (2026, False),
        "-28.11": (2026, True), "-10.01": (2026, True),
    }  # fmt: skip


def test_a_row_may_name_its_basis_too() -> None:
    page = PAGE.replace("2025 年", "2025年决算数").replace("2026 年", "2026年预算数")
    read = extract_bytes(page.format(title="财政拨款“三公”经费支出表").encode(), "three.html")
    assert {fact.raw: fact.basis for fact in read.facts if fact.raw in ("176.01", "147.90")} == {
        "176.01": "final", "147.90": "budget",
    }  # fmt: skip
    spent = page.replace("2025年决算数", "2025年执行数").format(title="财政拨款“三公”经费支出表")
    assert next(f for f in extract_bytes(spent.encode(), "x.html").facts if f.raw == "176.01").basis is None
