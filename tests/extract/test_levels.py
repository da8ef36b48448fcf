"""Rows without codes that are sums of rows below them are no details, where their sums explain the whole table."""

from __future__ import annotations

from extract.document import extract_bytes

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
