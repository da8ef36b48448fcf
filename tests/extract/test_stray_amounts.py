"""A table that was read as text is told: amounts in rows never vanish."""

from __future__ import annotations

from extract.reading import Grid, GridCell, Line, Reading
from extract.statements.stray_amounts import stray_amounts


def reading(*texts: str, page: int | None = 3) -> Reading:
    return Reading(
        "pdf",
        tuple(Line(text, page, (50.0, 20.0 * n, 500.0, 20.0 * n + 10)) for n, text in enumerate(texts)),
        5,
    )


def test_rows_of_amounts_outside_any_table_are_unread_with_their_place() -> None:
    unread, [finding] = stray_amounts(reading("合计 300.00 200.00 100.00", "201 一般公共服务支出 1,300.50 200.00"))
    assert [one.text for one in unread] == ["300.00", "200.00", "100.00", "1,300.50", "200.00"]
    assert (finding.check, finding.severity, finding.origin) == ("UNREAD", "error", "extraction")
    assert len(finding.cells) == 5 and "第3页成行的 5 个金额" in finding.message


def test_sentences_scales_of_charts_and_a_pair_of_figures_are_no_table() -> None:
    assert stray_amounts(
        reading(
            "收入预算 12,345.67万元，其中财政拨款 10,000.00 万元、事业收入 2,345.67万元。",
            "2026年收入 1,234.56 比2025年 1,200.00 增加 34.56，增长 2.88%；详见附表。",
            "1,000 2,000 3,000 4,000",
            "5,000",
            "比重 12.50% 37.50%",
            "面积 12.35 15.20",
        )
    ) == ((), [])


def test_a_column_of_amounts_alone_is_told_and_each_page_by_itself() -> None:
    assert len(stray_amounts(reading("300.00", "200.00", "100.00", "50.00"))[1]) == 1
    two_pages = Reading("pdf", reading("300.00", "20.00").blocks + reading("3.00", "2.00", page=4).blocks, 5)
    assert stray_amounts(two_pages) == ((), [])


def test_a_text_without_pages_is_told_without_places() -> None:
    lines = Reading("docx", (Line("合计\t300.00\t200.00"), Line("基本支出\t200.00\t100.00")))
    unread, [finding] = stray_amounts(lines)
    assert unread == () and "正文成行的 4 个金额" in finding.message


def test_a_row_below_the_header_of_the_table_before_is_told_however_few_its_amounts() -> None:
    grid = Grid(2, 3, tuple(GridCell(0, c, text, None) for c, text in enumerate(("科目名称", "合计", "基本支出"))), 3)
    rows = reading("科目名称 合计 基本支出", "初中教育 38,258.25 38,258.25", page=4).blocks
    assert len(stray_amounts(Reading("pdf", (grid, *rows), 5))[1]) == 1
    assert stray_amounts(Reading("pdf", rows, 5)) == ((), [])
