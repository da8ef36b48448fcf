"""Performance forms that run over pages under a heading that every page repeats are one form, with all their indicators."""

from __future__ import annotations

from budget.disclosure import Disclosure, PagePlace
from extract.document import disclosure_of
from extract.reading import Grid, GridCell, Line, Reading

HEADING = "政策和项目预算绩效目标表"
HEAD = [
    ["项目名称", "{name}", "", "", ""],
    ["主管部门", "某市人民政府办公室", "", "实施单位", "某市人民政府办公室"],
    ["项目资金（万元）", "年度资金总额：", "", "891.00", ""],
    ["总体目标", "保障政务运行", "", "", ""],
    ["绩效指标", "一级指标", "二级指标", "三级指标", "指标值"],
]


def grid(rows: list[list[str]], page: int) -> Grid:
    cells = []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            place = PagePlace(page=page, bbox=(50 + 90 * c, 100 + 20 * r, 140 + 90 * c, 120 + 20 * r))
            cells.append(GridCell(r, c, text, place))
    return Grid(len(rows), 5, tuple(cells), page=page, box=(50, 100, 500, 100 + 20 * len(rows)))


def form(name: str) -> list[list[str]]:
    return [[text.format(name=name) for text in row] for row in HEAD]


def indicators(level1: str, level2: str, names: list[str]) -> list[list[str]]:
    return [["绩效指标", level1, level2, name, "100%"] for name in names]


def read(*pages: list[list[str]], heading: str = HEADING) -> Disclosure:
    blocks: list[Line | Grid] = []
    for number, rows in enumerate(pages, 1):
        blocks += [Line(heading, number, (200, 60, 400, 75), 15.0), grid(rows, number)]
    return disclosure_of(Reading("pdf", tuple(blocks), len(pages)), "given.pdf", "0" * 64)


def test_indicators_under_the_repeated_heading_belong_to_the_form_before() -> None:
    first = [*form("政务运行"), *indicators("产出指标", "数量指标", ["印刷份数", "会议次数"])]
    second = indicators("产出指标", "质量指标", ["验收合格率", "设备完好率", "故障率"])
    third = indicators("满意度指标", "服务对象满意度指标", ["使用人员满意度"])
    found = read(first, second, third)
    assert [(one.kind, one.pages) for one in found.statements] == [("project_performance", (1, 2, 3))]
    [project] = found.projects
    assert (project.name, project.amount) == ("政务运行", "891")
    assert [one.level3 for one in project.indicators] == [
        "印刷份数", "会议次数", "验收合格率", "设备完好率", "故障率", "使用人员满意度",
    ]  # fmt: skip


def test_the_next_form_under_the_same_heading_is_another_project() -> None:
    pages = [
        [*form(name), *indicators("产出指标", "数量指标", [f"{name}次数", f"{name}份数"])]
        for name in ("政务运行", "公车统管")
    ]
    found = read(*pages)
    assert [(project.name, len(project.indicators)) for project in found.projects] == [("政务运行", 2), ("公车统管", 2)]
    assert [one.pages for one in found.statements] == [(1,), (2,)]


def test_a_form_without_its_name_row_is_not_glued_to_the_one_before() -> None:
    first = [*form("政务运行"), *indicators("产出指标", "数量指标", ["印刷份数", "会议次数"])]
    second = [*form("")[2:], *indicators("产出指标", "数量指标", ["巡检次数", "检修次数"])]
    assert [one.pages for one in read(first, second).statements] == [(1,), (2,)]
