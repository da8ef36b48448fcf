"""Performance forms (项目支出绩效目标表) in the Shandong layout: one grid a project, merged in both directions."""

from __future__ import annotations

from itertools import groupby

from spiders.sample_portal.ledger import FISCAL, Ledger, Project, read_toml
from spiders.sample_portal.statements import Column, ProjectForm, Span, Table, money

TITLE = "项目支出绩效目标表"
WIDTHS = (70.0, 78.0, 110.0, 130.0, 100.0)


def performance_forms(ledger: Ledger, agency: str, first: int) -> list[Table]:
    """A form for each project of the ledger; `first` is the number of the first among the document's tables."""
    return [_form(project, agency, first + n) for n, project in enumerate(ledger.projects)]


def _indicators(project: Project) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(
        (level1, level2, level3, value.replace("{amount}", money(project.amount)))
        for level1, level2, level3, value in read_toml("figures.toml")["indicators"]["every_project"]
    )


def _form(project: Project, agency: str, number: int) -> Table:
    amount = money(project.amount)
    fiscal, other = (amount, "") if project.fund in FISCAL else ("", amount)
    indicators = _indicators(project)
    goal = f"按照年度计划完成“{project.name}”各项任务，资金专款专用、及时到位。"
    rows = [
        ("项目名称", "", project.name, "", ""),
        ("主管部门", "", agency, "实施单位", agency),
        ("项目资金（万元）", "", "年度预算资金总额：", amount, ""),
        ("", "", "其中：财政拨款", fiscal, ""),
        ("", "", "其他资金", other, ""),
        ("年度总体绩效目标", goal, "", "", ""),
        ("绩效指标", "一级指标", "二级指标", "三级指标", "指标值"),
    ]
    spans: list[Span] = [(0, 0, 1, 2), (0, 2, 1, 3), (1, 0, 1, 2), (2, 0, 3, 2), (5, 1, 1, 4)]
    spans += [(row, 3, 1, 2) for row in (2, 3, 4)]
    spans.append((6, 0, 1 + len(indicators), 1))
    for _, group in groupby(indicators, key=lambda i: i[0]):
        same = list(group)
        if len(same) > 1:
            spans.append((len(rows), 1, len(same), 1))
        rows += [
            ("", level1 if n == 0 else "", level2, level3, text)
            for n, (level1, level2, level3, text) in enumerate(same)
        ]
    columns = tuple(Column((str(n),), "text", width) for n, width in enumerate(WIDTHS))
    form = ProjectForm(project.name, amount, fiscal, other, indicators)
    return Table(number, "project_performance", TITLE, (), columns, tuple(rows), tuple(spans), (), project=form)
