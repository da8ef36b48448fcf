"""Performance forms that run over pages under a heading that every page repeats are one form, with all their indicators."""

from __future__ import annotations

from dataclasses import replace

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
    width = len(rows[0])
    return Grid(len(rows), width, tuple(cells), page=page, box=(50, 100, 50 + 90 * width, 100 + 20 * len(rows)))


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


def test_a_form_for_a_special_fund_names_it_in_its_own_way() -> None:
    # several forms on one page, their names behind 专项（项目）名称; the heading speaks of 整体, the forms are for one fund each
    pages = []
    for name in ("网络建设维护", "社保大厦物业费", "伯乐奖"):
        rows = [*form(name), *indicators("产出指标", "数量指标", [f"{name}次数"])]
        rows[0][0] = "专项（项目）名称"
        pages.append(rows)
    blocks: list[Line | Grid] = [Line("2020年专项资金整体绩效目标表", 1, (200, 60, 400, 75), 15.0)]
    blocks += [grid(rows, number) for number, rows in enumerate(pages, 1)]
    found = disclosure_of(Reading("pdf", tuple(blocks), len(pages)), "given.pdf", "0" * 64)
    assert {one.kind for one in found.statements} == {"project_performance"}
    assert [(one.name, one.amount, len(one.indicators)) for one in found.projects] == [
        ("网络建设维护", "891", 1),
        ("社保大厦物业费", "891", 1),
        ("伯乐奖", "891", 1),
    ]


def test_a_name_that_no_line_parts_from_its_label_is_the_name() -> None:
    rows = [*form("伯乐奖"), *indicators("产出指标", "数量指标", ["补助人数"])]
    whole = grid(rows, 1)
    label = GridCell(0, 0, "专项（项目）名称 伯乐奖", whole.cells[0].at, cols=5)
    one = replace(whole, cells=(label, *whole.cells[5:]))
    found = disclosure_of(Reading("pdf", (Line(HEADING, 1, (200, 60, 400, 75), 15.0), one), 1), "given.pdf", "0" * 64)
    assert [(project.name, project.amount) for project in found.projects] == [("伯乐奖", "891")]


def test_indicators_are_headed_in_several_ways_and_goals_may_stand_below_their_head() -> None:
    rows = [*form("网络维护"), *indicators("产出指标", "数量指标", ["光纤条数", "线路条数"])]
    rows[3][1] = "年度目标"
    rows.insert(4, ["", "有效保证信息系统正常运行。", "", "", ""])
    rows[5][3] = "指标内容"
    [project] = read(rows).projects
    assert project.goals == ("有效保证信息系统正常运行。",)
    assert [one.level3 for one in project.indicators] == ["光纤条数", "线路条数"]


def test_names_of_indicators_stand_anywhere_below_a_wide_head() -> None:
    # the second page divides the column of names where the first does not
    rows = [*form("基金财务"), *indicators("产出指标", "数量指标", ["征缴笔数", "及时率"])]
    wide = []
    for cell in grid([[*row[:4], "", row[4]] for row in rows], 1).cells:
        if cell.row == 4 and cell.col in (3, 4):
            wide += [replace(cell, cols=2)] if cell.col == 3 else []
        elif cell.row == 6 and cell.col in (3, 4):
            wide.append(replace(cell, text="及时率" if cell.col == 4 else ""))
        else:
            wide.append(cell)
    whole = Grid(len(rows), 6, tuple(wide), page=1, box=(50, 100, 590, 300))
    found = disclosure_of(Reading("pdf", (Line(HEADING, 1, (200, 60, 400, 75), 15.0), whole), 1), "given.pdf", "0" * 64)
    assert [(one.level3, one.text) for one in found.projects[0].indicators] == [
        ("征缴笔数", "100%"),
        ("及时率", "100%"),
    ]


def test_a_first_level_set_in_the_middle_of_its_rows_is_that_of_all_of_them() -> None:
    rows = form("营养改善")
    rows += [["", "成本指标", "经济成本指标", "成本控制数", "1"], ["", "", "数量指标", "服务人数", "2"]]
    rows += [["", "产出指标", "质量指标", "合规率", "3"], ["", "", "时效指标", "及时率", "4"]]
    [project] = read(rows).projects
    assert [one.level1 for one in project.indicators] == ["成本指标", "产出指标", "产出指标", "产出指标"]


def test_a_label_that_its_column_clips_still_names_the_amount() -> None:
    rows = [*form("警用服装购置"), *indicators("产出指标", "数量指标", ["购置套数"])]
    rows[2][2] = "期资金总"
    assert [project.amount for project in read(rows).projects] == ["891"]


def two_clipped_labels(first: str, second: str) -> Disclosure:
    rows = [*form("警用服装购置"), *indicators("产出指标", "数量指标", ["购置套数"])]
    rows[2] = ["期资金总", first, "度资金总", "", second]
    rows.insert(3, ["财政拨款", first, "财政拨款", "", second])
    return read(rows)


def test_of_clipped_labels_over_different_amounts_none_is_taken_and_a_finding_names_them() -> None:
    found = two_clipped_labels("300.00", "100.00")
    assert [(one.amount, one.fiscal, one.other) for one in found.projects] == [(None, None, None)]
    [finding] = [one for one in found.findings if "警用服装购置" in one.message]
    assert finding.check == "UNMEASURED"
    assert [cell.raw for cell in finding.cells] == ["期资金总", "度资金总"], "in printed order"
    assert "“期资金总”300、“度资金总”100" in finding.message


def test_clipped_labels_over_one_amount_leave_no_doubt() -> None:
    found = two_clipped_labels("300.00", "300")
    assert [(one.amount, one.fiscal) for one in found.projects] == [("300", "300")]
    assert not [one for one in found.findings if one.check == "UNMEASURED"]


def test_indicators_written_one_after_the_other_in_a_cell_are_as_many_indicators() -> None:
    told = (
        "1、1-产出指标；11-数量指标；会议活动保障次数；实施周期指标值:每年≥20场；年度指标值:每年≥20场。"
        "2、1-产出指标；12-质量指标；咨询解答率.；实施周期指标值:≥99.5%；年度指标值:≥99.5%。"
        "3、4-成本指标；41-经济成本指标；办件成本；实施周期指标值:≤29.91元/件；年度指标值:≤29.91元/件。"
        "1．1－产出指标，13－时效指标，恢复时间；实施周期指标值：一级≤1小时；二级≤2小时，年度指标值：一级≤1小时；二级≤2小时；"
    )
    rows = [
        ["项目名称（资金使用单位）", "总计", "财政拨款", "绩效目标", "绩效指标"],
        ["合计", "86.64", "86.64", "", ""],
        ["热线平台运营", "86.64", "86.64", "提升服务效能。", told],
        ["网站运维", "0.00", "0.00", "网站可用。", "见附件"],
    ]
    project, without = read(rows, heading="项目支出绩效目标表").projects
    assert (project.name, project.amount) == ("热线平台运营", "86.64")
    assert (without.name, without.indicators) == ("网站运维", ())
    assert [(one.level1, one.level2, one.level3, one.operator, one.value, one.unit) for one in project.indicators] == [
        ("产出指标", "数量指标", "会议活动保障次数", None, None, None),
        ("产出指标", "质量指标", "咨询解答率", "≥", "99.5", "%"),
        ("成本指标", "经济成本指标", "办件成本", "≤", "29.91", "元/件"),
        ("产出指标", "时效指标", "恢复时间", None, None, None),
    ]
    assert project.indicators[-1].text == "一级≤1小时;二级≤2小时"
