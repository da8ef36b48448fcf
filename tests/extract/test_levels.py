"""Rows without codes that are sums of rows below them are no details, where their sums explain the whole table."""

from __future__ import annotations

import time
from decimal import Decimal

from extract.document import extract_bytes
from extract.statements.even_levels import even_levels

ROWS = (
    ("合计", "100.00", "60.00"), ("科学技术支出", "28.00", "20.00"), ("技术研究与开发", "28.00", "20.00"),
    ("科技成果转化与扩散", "28.00", "20.00"), ("社会保障和就业支出", "72.00", "40.00"), ("行政事业单位养老支出", "72.00", "40.00"),
    ("行政单位离退休", "22.00", "20.00"), ("机关事业单位基本养老保险缴费支出", "50.00", "20.00"),
)  # fmt: skip


def roles(rows: tuple[tuple[str, str, str], ...]) -> dict[str, str]:
    cells = "".join(f"<tr><td>{name}</td><td>{a}</td><td>{b}</td></tr>" for name, a, b in rows)
    page = (
        "<html><body><p>某局2026年部门预算</p><p>支出总表</p><p>单位：万元</p><table>"
        f"<tr><td>功能分类科目名称</td><td>合计</td><td>基本支出</td></tr>{cells}</table></body></html>"
    )
    return {fact.name: fact.role for fact in extract_bytes(page.encode(), "某局2026年部门预算.html").facts}


def test_levels_are_told_by_sums_that_explain_the_whole_table() -> None:
    several = (*ROWS[:6], ("行政单位离退休", "22.00", "20.00"), ("缴费支出", "50.00", "20.00"))
    extra = (
        ("合计", "130.00", "90.00"),
        *several[1:],
        ("住房保障支出", "30.00", "30.00"),
        ("公积金", "10.00", "10.00"),
        ("补贴", "20.00", "20.00"),
    )
    found = roles(extra)
    assert found["合计"] in ("total", "grand_total")
    assert [found[name] for name in ("科学技术支出", "技术研究与开发", "科技成果转化与扩散")] == [
        "class",
        "section",
        "detail",
    ]
    assert [found[name] for name in ("行政单位离退休", "缴费支出", "公积金", "补贴")] == ["detail"] * 4
    assert found["住房保障支出"] == "class"


def test_a_wrong_figure_breaks_the_reading_and_stays_visible() -> None:
    wrong = (*ROWS[:6], ("行政单位离退休", "23.00", "20.00"), ROWS[7])
    assert set(roles(wrong).values()) <= {"total", "grand_total", "detail"}


def test_a_flat_list_stays_flat() -> None:
    flat = (
        ("合计", "60.00", "30.00"),
        ("甲支出", "10.00", "10.00"),
        ("乙支出", "20.00", "10.00"),
        ("丙支出", "30.00", "10.00"),
    )
    assert [role for name, role in roles(flat).items() if name != "合计"] == ["detail"] * 3


def test_a_list_whose_branches_are_all_as_deep_is_read_where_a_category_has_one_project() -> None:
    whole = {3: Decimal(1000)}
    rows = [
        ("本级", 900), ("通用项目", 400), ("大型活动", 200), ("业务培训", 200), ("大宗印刷", 200), ("政策编印", 200), ("专用项目", 500),
        ("其他履职", 500), ("合同尾款", 300), ("博览会", 200), ("中心", 100), ("专用项目", 100), ("其他履职", 100), ("宣传", 100),
    ]  # fmt: skip
    above = even_levels([{3: Decimal(amount)} for _, amount in rows], whole, Decimal("0.005"))
    assert above == [None, 0, 1, 2, 1, 4, 0, 6, 7, 7, None, 10, 11, 12]


def test_a_category_without_projects_of_its_own_does_not_hide_the_depth_of_the_others() -> None:
    amounts = (1000, 600, 460, 140, 100, 40, 400, 400, 150, 250)
    above = even_levels([{3: Decimal(one)} for one in amounts], {3: Decimal(1000)}, Decimal("0.005"))
    assert above == [None, 0, 1, 1, 3, 3, 0, 6, 7, 7]


def test_amounts_that_no_even_depth_explains_have_no_levels_and_hostile_ones_take_no_time() -> None:
    assert even_levels([{0: Decimal(n)} for n in (5, 3, 1, 7)], {0: Decimal(11)}, Decimal("0.005")) == []
    began = time.process_time()
    even_levels([{0: Decimal(1)} for _ in range(400)], {0: Decimal(200)}, Decimal("0.005"))
    assert time.process_time() - began < 5


def listed(heads: tuple[str, ...], *rows: tuple[str, ...]) -> dict[str, tuple[str, str | None]]:
    """Name → (role, name of the row that it is a part of)."""
    cells = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in (heads, *rows))
    page = (
        f"<html><body><p>某局2026年部门预算</p><p>项目支出预算表</p><p>单位：元</p><table>{cells}</table></body></html>"
    )
    facts = extract_bytes(page.encode(), "某局2026年部门预算.html").facts
    names = {fact.row: fact.name for fact in facts}
    return {fact.name: (fact.role, None if fact.parent_row is None else names[fact.parent_row]) for fact in facts}


def test_rows_without_a_code_below_a_coded_row_that_they_add_up_to_are_its_parts() -> None:
    found = listed(
        ("功能分类科目编码", "功能分类科目名称", "项目名称", "预算数"),
        ("201", "一般公共服务支出", "", "270,000"), ("20113", "商贸事务", "", "270,000"), ("2011302", "一般行政管理事务", "", "270,000"),
        ("", "", "钻石宝玉石产业发展专项", "200,000"), ("", "", "商务诚信", "70,000"), ("", "合计", "", "270,000"),
    )  # fmt: skip
    assert found["商务诚信"] == ("detail", "一般行政管理事务") == found["钻石宝玉石产业发展专项"]


def test_a_first_row_that_repeats_the_total_stands_above_the_others() -> None:
    found = listed(
        ("单位代码", "项目名称", "金额", "功能分类科目代码"),
        ("", "合计", "90,000", ""), ("1", "全额", "90,000", ""), ("153001", "警航基地建设", "50,000", "2040299"),
        ("153001", "监管场所建设", "30,000", "2040299"), ("153002", "业务技术用房", "10,000", "2040202"),
    )  # fmt: skip
    assert found["全额"] == ("subtotal", None)
    assert found["警航基地建设"][1] == found["业务技术用房"][1] == "全额"
