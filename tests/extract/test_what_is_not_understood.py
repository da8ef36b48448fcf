"""What a reader meets and cannot read is an error with its place: nothing is passed over without a word."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from docx import Document
from docx.shared import Pt
from PIL import Image, ImageDraw

from budget.disclosure import Disclosure
from extract.document import extract_bytes

TITLE = "<p>某局2026年部门预算</p><p>表1 收支总表</p><p>单位：万元</p>"


def read(data: bytes, name: str) -> Disclosure:
    return extract_bytes(data, name)


def page(cell: str, more: str = "") -> Disclosure:
    table = (
        "<table><tr><td>收入</td><td>预算数</td><td>支出</td><td>预算数</td></tr>"
        f"<tr><td>一般公共预算拨款收入</td><td>{cell}</td><td>一般公共服务支出</td><td>1234.56</td></tr>"
        f"<tr><td>收入总计</td><td>1234.56</td><td>支出总计</td><td>1234.56</td></tr></table>"
    )
    return read(f"<html><body>{TITLE}{table}{more}</body></html>".encode(), "某局2026年部门预算.html")


def told(found: Disclosure, check: str = "UNREAD") -> list[str]:
    return [one.message for one in found.findings if one.check == check and one.severity == "error"]


def amounts(found: Disclosure) -> list[str]:
    return [fact.amount for fact in found.facts]


@pytest.mark.parametrize(
    "mark", ["<sup>1</sup>", "<sup>①</sup>", "①", "¹", "*", "<span style='vertical-align:super'>2</span>", "注1"]
)
def test_the_mark_of_a_note_in_a_page_is_no_digit(mark: str) -> None:
    assert amounts(page(f"1234.56{mark}")) == ["1234.56"] * 4


def test_two_figures_on_two_lines_of_a_cell_are_never_one() -> None:
    found = page("1200<br>34.56")
    assert "120034.56" not in amounts(found)
    assert told(found)


def test_a_figure_broken_inside_its_grouping_is_one() -> None:
    assert "1234.56" in amounts(page("1,<br>234.56"))


def test_a_crossed_out_figure_is_not_read_and_is_said_so() -> None:
    found = page("<s>9.99</s>1234.56")
    assert amounts(found) == ["1234.56"] * 4
    assert any("9.99" in message for message in told(found))


def test_a_script_that_writes_cells_of_figures_is_said_not_to_be_read() -> None:
    rows = "".join(f"<td>{n}.50</td>" for n in range(5))
    assert any(
        "script" in message for message in told(page("1234.56", f"<script>document.write('<tr>{rows}</tr>')</script>"))
    )
    assert not told(page("1234.56", "<script>var price = 1.50;</script>"))


def test_a_picture_that_is_not_at_hand_is_said_not_to_be_read_and_a_logo_is_not() -> None:
    assert any("W0202.jpg" in message for message in told(page("1234.56", "<p><img src='./W0202.jpg'></p>")))
    assert not told(page("1234.56", "<p><a href='/'><img src='logo.png'></a><img src='dot.png' width='20'></p>"))


def table_picture() -> bytes:
    """A ruled table of two columns and three rows, drawn large enough to be recognised."""
    image = Image.new("RGB", (900, 300), "white")
    draw = ImageDraw.Draw(image)
    for y in (10, 100, 190, 280):
        draw.line((10, y, 890, y), fill="black", width=3)
    for x in (10, 450, 890):
        draw.line((x, 10, x, 280), fill="black", width=3)
    for row, texts in enumerate((("201", "1234.56"), ("208", "2345.67"), ("210", "3580.23"))):
        for col, text in enumerate(texts):
            draw.text((40 + 440 * col, 35 + 90 * row), text, fill="black", font_size=40)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_table_pasted_as_a_picture_is_read_or_said_not_to_be() -> None:
    carried = base64.b64encode(table_picture()).decode()
    found = page("1234.56", f"<p><img src='data:image/png;base64,{carried}'></p>")
    cells = {cell for statement in found.statements for row in statement.rows for cell in row.cells}
    assert {"2345.67", "3580.23"} <= cells or told(found)


def word(change: Callable[[Document], None]) -> bytes:  # type: ignore[valid-type]
    document = Document()
    document.add_paragraph("某局2026年部门预算")
    document.add_paragraph("表1 收支总表")
    document.add_paragraph("单位：万元")
    table = document.add_table(3, 4)
    texts = (
        "收入",
        "预算数",
        "支出",
        "预算数",
        "一般公共预算拨款收入",
        "",
        "一般公共服务支出",
        "36",
        "收入总计",
        "36",
        "支出总计",
        "36",
    )
    for cell, text in zip((cell for row in table.rows for cell in row.cells), texts, strict=True):
        cell.text = text
    change(table.cell(1, 1))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_raised_run(cell: object) -> None:
    paragraph = cell.paragraphs[0]  # type: ignore[attr-defined]
    paragraph.add_run("36")
    paragraph.add_run("1").font.superscript = True


def with_small_lifted_run(cell: object) -> None:
    paragraph = cell.paragraphs[0]  # type: ignore[attr-defined]
    paragraph.add_run("36")
    run = paragraph.add_run("1")
    run.font.size = Pt(6)
    properties = run._element.get_or_add_rPr()
    lift = properties.makeelement(f"{{{properties.nsmap['w']}}}position", {f"{{{properties.nsmap['w']}}}val": "8"})
    properties.append(lift)


def with_struck_run(cell: object) -> None:
    paragraph = cell.paragraphs[0]  # type: ignore[attr-defined]
    paragraph.add_run("99").font.strike = True
    paragraph.add_run("36")


def with_two_paragraphs(cell: object) -> None:
    cell.text = "12"  # type: ignore[attr-defined]
    cell.add_paragraph("24")  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", [with_raised_run, with_small_lifted_run, with_struck_run])
def test_raised_and_struck_out_runs_of_word_are_no_digits(change: Callable[[object], None]) -> None:
    found = read(word(change), "某局2026年部门预算.docx")
    assert amounts(found) == ["36"] * 4
    assert bool(told(found)) == (change is with_struck_run)


def test_two_paragraphs_of_a_cell_of_word_are_two_figures() -> None:
    found = read(word(with_two_paragraphs), "某局2026年部门预算.docx")
    assert "1224" not in amounts(found) and told(found)


def test_parts_of_a_package_are_found_by_its_relationships_whatever_they_are_called() -> None:
    source = zipfile.ZipFile(io.BytesIO(word(lambda cell: cell.paragraphs[0].add_run("36"))))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in source.namelist():
            data = re.sub(rb"word/document\.xml", b"word/main part.xml", source.read(name))
            package.writestr(name.replace("word/document.xml", "word/main part.xml"), data)
    assert amounts(read(out.getvalue(), "某局2026年部门预算.docx")) == ["36"] * 4


def workbook(change: Callable[[openpyxl.worksheet.worksheet.Worksheet], None]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, openpyxl.worksheet.worksheet.Worksheet)
    for row in (
        ["某局2026年部门预算"], ["收支总表"], ["单位：万元"], ["收入", "预算数", "支出", "预算数"],
        ["一般公共预算拨款收入", 1200, "一般公共服务支出", 1234.56], ["其他收入", 34.56],
        ["收入总计", 1234.56, "支出总计", 1234.56],
    ):  # fmt: skip
        sheet.append(row)
    change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_number_format_that_is_not_understood_is_an_error_at_its_cell() -> None:
    found = read(workbook(lambda sheet: setattr(sheet["B5"], "number_format", "0.00E+00")), "某局2026年部门预算.xlsx")
    assert "1200" not in amounts(found)
    (message,) = [one for one in told(found) if "0.00E+00" in one]
    assert "B5" in message


def changed_sheet(old: bytes, new: bytes) -> bytes:
    """The workbook with one replacement in its sheet's part."""
    source = zipfile.ZipFile(io.BytesIO(workbook(lambda sheet: None)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                assert old in data
                data = data.replace(old, new)
            package.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="6"', b'<row r="6" ht="0" customHeight="1"'),
        (b'<row r="6"', b'<row r="6" hidden="1"'),
        (b"<sheetData>", b'<cols><col min="2" max="2" width="0" customWidth="1"/></cols><sheetData>'),
    ],
)
def test_rows_of_height_nothing_and_columns_of_width_nothing_are_not_read(old: bytes, new: bytes) -> None:
    assert "34.56" in amounts(read(workbook(lambda sheet: None), "某局2026年部门预算.xlsx"))
    assert "34.56" not in amounts(read(changed_sheet(old, new), "某局2026年部门预算.xlsx"))


def test_a_cell_given_twice_is_an_error() -> None:
    again = b'<row r="5"><c r="B5"><v>9999.99</v></c></row></sheetData>'
    assert any("B5" in one for one in told(read(changed_sheet(b"</sheetData>", again), "某局2026年部门预算.xlsx")))
