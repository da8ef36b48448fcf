"""What the end of a page cuts in two is one: rows, merged cells, lines of letters. Files are drawn here with reportlab."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from budget.disclosure import Disclosure, PagePlace
from extract.document import extract_bytes

WIDTH, HEIGHT = landscape(A4)
XS = (40.0, 250.0, 340.0, 430.0, 560.0, 640.0, 720.0, 800.0)
HEAD = ("项目名称", "项目总额", "其中：财政资金", "绩效目标", "一级指标", "三级指标", "本年绩效指标值")
ROW = 40.0
HIGH = 80.0
"""Top of the table on each page, points from the top."""
FONT = Path(__file__).resolve().parents[2] / "spiders" / "sample_portal" / "font" / "sample.ttf"
"""Embedded, so that no font of the machine decides where letters stand."""
pdfmetrics.registerFont(TTFont("Sample", FONT))


class Sheet:
    """A long sheet whose rows are printed page by page: merged cells run on over the page breaks and are cut there."""

    def __init__(self, rows_on_page: int) -> None:
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
        self.rows_on_page = rows_on_page

    def page(self, number: int, merged: list[tuple[int, int, tuple[str, ...]]], single: list[tuple[str, ...]]) -> None:
        """`merged`: (first row, rows, texts of the first columns); `single`: texts of the other columns, row by row."""
        c, first = self.canvas, number * self.rows_on_page
        rows = single[first : first + self.rows_on_page]
        c.setFont("Sample", 9)
        if number == 0:
            c.drawString(300, HEIGHT - 40, "项目支出绩效目标表")
            c.drawString(700, HEIGHT - 60, "单位：万元")
        self._frame(HIGH, HIGH + ROW, XS)
        for x, text in zip(XS, HEAD, strict=False):
            c.drawString(x + 3, HEIGHT - HIGH - 24, text)
        top, bottom = HIGH + ROW, HIGH + ROW * (1 + len(rows))
        for i, texts in enumerate(rows):
            y = top + i * ROW
            self._frame(y, y + ROW, XS[4:])
            for x, text in zip(XS[4:], texts, strict=False):
                c.drawString(x + 3, HEIGHT - y - 24, text)
        c.saveState()
        path = c.beginPath()
        path.rect(0, HEIGHT - bottom, WIDTH, bottom - top)
        c.clipPath(path, stroke=0)
        for start, count, texts in merged:
            y0, y1 = top + (start - first) * ROW, top + (start + count - first) * ROW
            self._frame(max(y0, top), min(y1, bottom), XS[:5], open_below=y1 > bottom)
            for x, text in zip(XS, texts, strict=False):
                parts = text.split("\n")
                for k, part in enumerate(parts):
                    middle = (y0 + y1) / 2 + 12 * (k - (len(parts) - 1) / 2)
                    c.drawString(x + 3, HEIGHT - middle - 3.2, part)
        c.restoreState()
        c.showPage()

    def _frame(self, top: float, bottom: float, xs: tuple[float, ...], open_below: bool = False) -> None:
        c = self.canvas
        c.line(xs[0], HEIGHT - top, xs[-1], HEIGHT - top)
        if not open_below:
            c.line(xs[0], HEIGHT - bottom, xs[-1], HEIGHT - bottom)
        for x in xs:
            c.line(x, HEIGHT - top, x, HEIGHT - bottom)

    def read(self) -> Disclosure:
        self.canvas.save()
        return extract_bytes(self.buffer.getvalue(), "given.pdf")


SINGLE = [("产出指标", f"完成的事项{k}", f"{k}项") for k in range(1, 9)]
CUT = (
    "11000022T000000456102-成本监审\n工作经费\n三年一审",
    "142.000000",
    "142.000000",
    "办成成本调理\n为定费提供\n支出",
)


def cut_in_the_middle(rows_on_page: int = 4) -> Disclosure:
    """Two rows of a project stand before the break and two behind it: its middle line is cut through its letters."""
    merged = [
        (0, 2, ("11000022T000000456100-调理", "143.000000", "143.000000", "调理成本")),
        (2, 4, CUT),
        (6, 2, ("11000022T000000456396-报传", "580.145500", "580.145500", "报传推行")),
    ]
    sheet = Sheet(rows_on_page)
    for number in range(len(SINGLE) // rows_on_page):
        sheet.page(
            number,
            [m for m in merged if m[0] < (number + 1) * rows_on_page and m[0] + m[1] > number * rows_on_page],
            SINGLE,
        )
    return sheet.read()


def test_a_row_cut_through_its_letters_is_one_row() -> None:
    found = cut_in_the_middle()
    assert len(found.statements) == 1
    amounts = [row.cells[1] for row in found.statements[0].rows if row.cells[1]]
    assert amounts == ["143.000000", "142.000000", "580.145500"]


def test_a_line_that_both_pages_show_is_read_once() -> None:
    names = [row.cells[0] for row in cut_in_the_middle().statements[0].rows if row.cells[0]]
    assert names[1] == "11000022T000000456102-成本监审工作经费三年一审"
    goals = [row.cells[3] for row in cut_in_the_middle().statements[0].rows if row.cells[3]]
    assert goals[1] == "办成成本调理为定费提供支出"


def test_a_project_that_goes_on_on_the_next_page_is_one_project_with_all_its_indicators() -> None:
    projects = cut_in_the_middle().projects
    assert [(p.code, p.name, Decimal(p.amount or "0"), len(p.indicators)) for p in projects] == [
        ("11000022T000000456100", "调理", Decimal(143), 2),
        ("11000022T000000456102", "成本监审工作经费三年一审", Decimal(142), 4),
        ("11000022T000000456396", "报传", Decimal("580.1455"), 2),
    ]
    assert [i.level3 for i in projects[1].indicators] == ["完成的事项3", "完成的事项4", "完成的事项5", "完成的事项6"]


def test_a_merged_cell_whose_text_stands_on_the_second_page_keeps_its_place_there() -> None:
    merged = [
        (0, 3, ("11000022T000000456100-调理", "143.000000", "143.000000", "调理成本")),
        (3, 5, ("11000022T000000456102-监审", "142.000000", "142.000000", "监审成本")),
    ]
    sheet = Sheet(4)
    sheet.page(0, merged, SINGLE)
    sheet.page(1, merged[1:], SINGLE)
    found = sheet.read()
    rows = [row for row in found.statements[0].rows if row.cells[1]]
    assert [row.cells[1] for row in rows] == ["143.000000", "142.000000"]
    assert rows[1].at is not None and isinstance(rows[1].at[1], PagePlace) and rows[1].at[1].page == 2
    assert [len(p.indicators) for p in found.projects] == [3, 5]


def test_two_projects_with_one_name_on_either_side_of_a_page_break_stay_two() -> None:
    merged = [
        (0, 4, ("11000022T000000456100-调理", "143.000000", "143.000000", "调理成本")),
        (4, 4, ("11000022T000000456102-调理", "143.000000", "143.000000", "调理成本")),
    ]
    sheet = Sheet(4)
    sheet.page(0, merged[:1], SINGLE)
    sheet.page(1, merged[1:], SINGLE)
    assert [(p.code, p.amount) for p in sheet.read().projects] == [
        ("11000022T000000456100", "143"),
        ("11000022T000000456102", "143"),
    ]


def with_a_hole(second_page: bool) -> Disclosure:
    """Printers leave out what lies wholly behind the edge of a page: the upper half of 142.000000 has lost its point."""
    merged = [(0, 2, ("11000022T000000456100-调理", "143.000000", "143.000000", "调理成本"))]
    holed = (2, 4, (CUT[0], "142 000000", "142 000000", CUT[3]))
    sheet = Sheet(4)
    sheet.page(0, [*merged, holed], SINGLE)
    sheet.page(1, [(2, 4, CUT)] if second_page else [], SINGLE)
    return sheet.read()


def test_a_point_that_lies_behind_the_edge_comes_back_from_the_other_page() -> None:
    found = with_a_hole(second_page=True)
    assert [p.amount for p in found.projects] == ["143", "142"]
    assert found.statements[0].confidence == 1.0


def test_a_number_stands_on_the_page_that_shows_all_of_it() -> None:
    pages = {
        at.page: row.cells[1]
        for row in with_a_hole(second_page=True).statements[0].rows
        if row.cells[1] and row.at is not None and isinstance(at := row.at[1], PagePlace)
    }
    assert pages == {1: "143.000000", 2: "142.000000"}
    # both pages show it whole: it stands where it begins
    whole = [row for row in cut_in_the_middle().statements[0].rows if row.cells[1] == "142.000000"]
    assert whole[0].at is not None and isinstance(whole[0].at[1], PagePlace) and whole[0].at[1].page == 1


def test_cut_digits_without_a_point_are_not_trusted_without_their_other_half() -> None:
    assert with_a_hole(second_page=False).statements[0].confidence == 0.5


def test_one_name_over_several_amounts_is_as_many_projects() -> None:
    # a project of several units: its name is merged over the parts of all, each part has its own amount
    merged = [
        (0, 4, ("11000022T000000456100-调理", "", "", "")),
        (4, 4, ("11000022T000000456102-监审", "142.00", "142.00", "监审成本")),
    ]
    parts = [(0, 2, ("", "60.00", "60.00", "调理市地")), (2, 2, ("", "83.00", "83.00", "调理企业"))]
    sheet = Sheet(8)
    sheet.page(0, [(a, n, (t[0], "", "", "")) for a, n, t in merged[:1]] + parts + merged[1:], SINGLE)
    projects = sheet.read().projects
    assert sum(Decimal(p.amount or "0") for p in projects) == Decimal(285)
    assert [len(p.indicators) for p in projects] == [2, 2, 4]


def test_a_heading_of_two_lines_on_every_page_is_the_title_of_one_table() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH, HEIGHT), invariant=1)
    for page in range(4):
        canvas.setFont("Sample", 16)
        canvas.drawCentredString(WIDTH / 2, HEIGHT - 40, "2022年部门综合预算政府采购（资产配置、购买服务）")
        canvas.drawCentredString(WIDTH / 2, HEIGHT - 62, "预算表（不含上年结转）")
        canvas.setFont("Sample", 9)
        canvas.drawString(700, HEIGHT - 74, "单位：万元")
        rows = [
            ("序号", "采购项目", "采购目录", "金额"),
            *((str(3 * page + i), f"设备{3 * page + i}", "A0201", f"{page + i}.50") for i in (1, 2, 3)),
        ]
        for r in range(len(rows) + 1):
            canvas.line(40, HEIGHT - 80 - 20 * r, 640, HEIGHT - 80 - 20 * r)
        for c in range(5):
            canvas.line(40 + 150 * c, HEIGHT - 80, 40 + 150 * c, HEIGHT - 80 - 20 * len(rows))
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                canvas.drawString(44 + 150 * c, HEIGHT - 94 - 20 * r, text)
        canvas.showPage()
    canvas.save()
    (statement,) = extract_bytes(buffer.getvalue(), "given.pdf").statements
    assert (statement.kind, statement.title) == (
        "procurement",
        "2022年部门综合预算政府采购(资产配置、购买服务)预算表(不含上年结转)",
    )
    assert [row.cells[0] for row in statement.rows] == [str(n) for n in range(1, 13)]
