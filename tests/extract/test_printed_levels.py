"""Levels as they are printed decide what a row is a part of; sums over the whole table confirm them, never row by row."""

from __future__ import annotations

from budget.disclosure import Disclosure
from expectations.judging.judgement import judge
from extract.document import extract_bytes

Rows = tuple[tuple[int, str, str, str], ...]
FUNCTIONS: Rows = (
    (0, "合计", "130.00", "90.00"), (0, "公共安全支出", "100.00", "60.00"), (1, "公安", "60.00", "40.00"), (2, "行政运行", "50.00", "35.00"),
    (2, "一般行政管理事务", "10.00", "5.00"), (1, "司法", "40.00", "20.00"), (2, "行政运行", "40.00", "20.00"),
    (0, "住房保障支出", "30.00", "30.00"), (1, "住房改革支出", "30.00", "30.00"), (2, "住房公积金", "30.00", "30.00"),
)  # fmt: skip


def read(rows: Rows, title: str = "支出总表") -> Disclosure:
    cells = "".join(
        f'<tr><td style="padding-left:{10.5 * level}pt">{name}</td><td>{a}</td><td>{b}</td></tr>'
        for level, name, a, b in rows
    )
    page = (
        f"<html><body><p>某局2026年部门预算</p><p>{title}</p><p>单位：万元</p><table>"
        f"<tr><td>功能分类科目名称</td><td>合计</td><td>基本支出</td></tr>{cells}</table></body></html>"
    )
    return extract_bytes(page.encode(), "某局2026年部门预算.html")


def parents(found: Disclosure) -> dict[int, int | None]:
    return {fact.row: fact.parent_row for fact in found.facts}


def test_a_row_is_a_part_of_the_row_it_is_set_in_below() -> None:
    found = read(FUNCTIONS)
    first = min(fact.row for fact in found.facts)
    assert {row - first: parent and parent - first for row, parent in parents(found).items()} == {
        0: None, 1: None, 2: 1, 3: 2, 4: 2, 5: 1, 6: 5, 7: None, 8: 7, 9: 8,
    }  # fmt: skip
    roles = [next(fact.role for fact in found.facts if fact.row == row) for row in sorted(parents(found))]
    assert roles[1:] == ["class", "section", "item", "item", "section", "item", "class", "section", "item"]


def test_one_wrong_figure_is_told_and_does_not_break_the_reading() -> None:
    wrong = (*FUNCTIONS[:4], (2, "一般行政管理事务", "11.00", "5.00"), *FUNCTIONS[5:])
    found = read(wrong)
    assert parents(found) == parents(read(FUNCTIONS))
    (findings,) = judge([found]).values()
    told = [(one.left, one.right) for one in findings if one.check == "HIE-05"]
    assert told == [("60", "61")]


def test_units_over_their_items_are_subtotals() -> None:
    rows: Rows = (
        (0, "合计", "60.00", "30.00"), (0, "甲局本级", "40.00", "20.00"), (1, "工资", "25.00", "15.00"), (1, "办公费", "15.00", "5.00"),
        (0, "甲局信息中心", "20.00", "10.00"), (1, "工资", "12.00", "6.00"), (1, "办公费", "8.00", "4.00"),
    )  # fmt: skip
    found = read(rows, "基本支出表")
    roles = {(fact.row, fact.name): fact.role for fact in found.facts}
    assert [role for (_, name), role in roles.items() if "局" in name] == ["subtotal", "subtotal"]
    assert [role for (_, name), role in roles.items() if name in ("工资", "办公费")] == ["detail"] * 4


def test_indents_whose_sums_do_not_hold_are_no_levels() -> None:
    flat: Rows = (
        (0, "合计", "60.00", "30.00"), (0, "甲支出", "10.00", "10.00"), (1, "乙支出", "20.00", "10.00"), (0, "丙支出", "30.00", "10.00"),
    )  # fmt: skip
    assert set(parents(read(flat)).values()) == {None}


def test_a_row_that_is_not_published_does_not_make_all_rows_one_level() -> None:
    rows: Rows = (
        (0, "合计", "100.00", "40.00"), (0, "甲局", "100.00", "40.00"), (1, "甲局本级", "50.00", "20.00"), (1, "甲局信息中心", "20.00", "10.00"),
        (1, "甲局服务站", "20.00", "10.00"),
    )  # fmt: skip
    found = read(rows, "基本支出表")
    first = min(fact.row for fact in found.facts)
    assert {row - first: parent for row, parent in parents(found).items()} == {
        0: None, 1: None, 2: first + 1, 3: first + 1, 4: first + 1,
    }  # fmt: skip
    (findings,) = judge([found]).values()
    told = [(one.left, one.right) for one in findings if one.check == "HIE-05" and one.severity == "error"]
    assert told == [("100", "90")], "the gap of the units, not twice the total"


def page(title: str, *rows: tuple[str, ...]) -> Disclosure:
    """A page with one table; a cell may begin with its spans (`colspan=2>text`)."""
    told = [[text if "span=" in text else f">{text}" for text in row] for row in rows]
    cells = "".join("<tr>" + "".join(f"<td {text}</td>" for text in row) + "</tr>" for row in told)
    text = f"<html><body><p>某局2026年部门预算</p><p>{title}</p><p>单位：万元</p><table>{cells}</table></body></html>"
    return extract_bytes(text.encode(), "某局2026年部门预算.html")


def test_lists_side_by_side_on_one_side_have_levels_of_their_own() -> None:
    found = page(
        "财政拨款收支总表（政府性基金）",
        ("收入", "收入", "支出", "支出", "支出", "支出"),
        ("项目", "预算数", "支出功能分类科目", "预算数", "部门预算支出经济分类科目", "预算数"),
        ("一、政府性基金拨款", "90.00", "一、科学技术支出", "40.00", "一、人员经费和公用经费支出", "30.00"),
        ("", "", "二、农林水支出", "50.00", "　　工资福利支出", "20.00"),
        ("", "", "", "", "　　商品和服务支出", "10.00"),
        ("", "", "", "", "二、专项业务经费支出", "60.00"),
        ("", "", "", "", "　　商品和服务支出", "60.00"),
        ("本年收入合计", "90.00", "本年支出合计", "90.00", "本年支出合计", "90.00"),
    )
    names = {(fact.col, fact.name) for fact in found.facts}
    assert (3, "农林水支出") in names and (5, "工资福利支出") in names and (5, "农林水支出") not in names


def test_a_code_that_prints_its_own_level_only_is_the_code_of_that_level() -> None:
    found = page(
        "一般公共预算支出表",
        ("功能科目编码", "功能科目名称", "合计"),
        ("", "合计", "115.11"),
        ("208", "社会保障和就业支出", "115.11"),
        ("05", "行政事业单位养老支出", "113.28"),
        ("2080505", "机关事业单位基本养老保险缴费支出", "81.23"),
        ("06", "机关事业单位职业年金缴费支出", "32.05"),
        ("99", "其他社会保障和就业支出", "1.83"),
        ("2089999", "其他社会保障和就业支出", "1.83"),
    )
    assert [(fact.code, fact.role) for fact in found.facts] == [
        ("", "total"), ("208", "class"), ("20805", "section"), ("2080505", "item"), ("2080506", "item"), ("20899", "section"),
        ("2089999", "item"),
    ]  # fmt: skip


def test_a_department_stands_above_the_units_whose_codes_go_on_from_its_own() -> None:
    found = page(
        "项目支出表",
        ("单位编码", "单位（项目）名称", "项目金额"),
        ("", "合计", "90.00"),
        ("241", "某局", "90.00"),
        ("241001", "某局本级", "60.00"),
        ("241002", "某局福利院", "30.00"),
    )
    rows = {fact.name: (fact.role, fact.parent_row) for fact in found.facts}
    (department,) = {fact.row for fact in found.facts if fact.name == "某局"}
    assert rows["某局"] == ("subtotal", None)
    assert rows["某局本级"] == ("detail", department) and rows["某局福利院"] == ("detail", department)


def test_the_tasks_of_a_form_for_a_whole_department_are_a_table_of_their_own() -> None:
    found = page(
        "部门整体支出绩效自评表",
        ("部门（单位）名称", "", "", "某局", "", "", ""),
        (
            "rowspan=5>年度主要任务",
            "rowspan=2>任务名称",
            "rowspan=2>主要内容",
            "colspan=2>预算金额（万元）",
            "rowspan=2>分值",
            "rowspan=2>得分",
        ),
        ("总额", "财政拨款"),
        ("做好大气污染防治", "燃煤设施拆改", "28.53", "28.53", "5", "5"),
        ("做好水污染防治", "河流治理", "18.93", "10.00", "5", "4.5"),
        ("金额合计", "", "47.46", "38.53", "10", "9.5"),
        ("年度总体目标", "目标1：改善环境", "", "", "", "", ""),
        ("年度绩效指标", "一级指标", "二级指标", "指标内容", "指标值", "", ""),
        ("年度绩效指标", "产出指标", "数量指标", "监测点位", "≥10个", "", ""),
    )
    figures = [(fact.name, fact.role, fact.column[-1], fact.amount) for fact in found.facts]
    assert figures == [
        ("做好大气污染防治", "detail", "总额", "28.53"), ("做好大气污染防治", "detail", "财政拨款", "28.53"),
        ("做好水污染防治", "detail", "总额", "18.93"), ("做好水污染防治", "detail", "财政拨款", "10"),
        ("金额合计", "total", "总额", "47.46"), ("金额合计", "total", "财政拨款", "38.53"),
    ]  # fmt: skip
    assert not found.errors
