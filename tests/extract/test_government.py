"""Documents of a whole government are none of a department, whatever their tables are called."""

from __future__ import annotations

import pytest

from budget.states import DocumentState, Reason
from extract.document import extract_bytes
from flows.documents.batch import state_of


def page(heading: str, *titles: str, rows: str = "") -> bytes:
    rows = (
        rows or "<tr><td>201 一般公共服务支出</td><td>1,500,000.00</td></tr><tr><td>合计</td><td>1,500,000.00</td></tr>"
    )
    tables = "".join(
        f"<p>{title}</p><p>单位：万元</p><table><tr><td>科目</td><td>预算数</td></tr>{rows}</table>" for title in titles
    )
    return f"<html><body><h1>{heading}</h1>{tables}</body></html>".encode()


@pytest.mark.parametrize(
    ("heading", "titles"),
    [
        ("关于某市2025年预算执行情况与2026年全市及市级预算（草案）的报告", ("2025年市级一般公共预算支出表",)),
        ("", ("2025年全市一般公共预算支出完成情况表", "2025年全市政府性基金预算支出完成情况表")),
        ("", ("某市2024年地方政府债务限额及余额决算情况表", "某市2024年地方政府债券使用情况表")),
        ("2026年省本级预算公开表", ("2026年省本级一般公共预算支出预计情况表",)),
        ("", ("某州州本级2026年“三公”经费预算安排情况统计表",)),
    ],
)
def test_a_governments_document_has_no_fact_of_a_department(heading: str, titles: tuple[str, ...]) -> None:
    found = extract_bytes(page(heading, *titles), "t2026.html")
    assert found.document.kind == "government_budget"
    assert not found.facts and not found.projects and not found.prose_facts
    assert [finding.check for finding in found.findings] == ["GOVERNMENT"]
    assert state_of(found) == (DocumentState.NOT_A_DISCLOSURE, Reason.GOVERNMENT_BUDGET)


@pytest.mark.parametrize(
    ("heading", "titles"),
    [
        ("某市财政局2026年部门预算", ("2026年市级部门一般公共预算支出表", "2026年市级部门政府性基金预算支出表")),
        ("某市医疗保障局2026年部门预算公开", ("一般公共预算支出表", "支出总表", "社会保险基金预算支出表")),
        ("某市发展和改革委员会2026年部门预算", ("一般公共预算支出表", "地方政府债券项目绩效目标表")),
    ],
)
def test_a_departments_document_stays_one(heading: str, titles: tuple[str, ...]) -> None:
    found = extract_bytes(page(heading, *titles), "t2026.html")
    assert found.document.kind == "department_budget"
    assert any(fact.kind == "general_budget_expenditure" for fact in found.facts)
    assert not any(fact.fund == "gov_fund" and "社会保险" in (s.title or "") for fact in found.facts for s in found.statements
                   if s.id == fact.statement_id)  # fmt: skip
