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
