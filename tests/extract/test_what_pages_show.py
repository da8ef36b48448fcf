"""What a page of a PDF shows, as a person sees it: letters once, marks as marks, fields and notes, pictures before hidden text."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from budget.disclosure import Disclosure
from extract.containers import is_container, members
from extract.document import extract_bytes

FONT = Path(__file__).resolve().parents[2] / "spiders" / "sample_portal" / "font" / "sample.ttf"
pdfmetrics.registerFont(TTFont("Shown", FONT))
WIDTH, HEIGHT = 595.0, 842.0
XS = (60.0, 260.0, 340.0, 480.0, 540.0)
ROWS = (
    ("收入", "预算数", "支出", "预算数"),
    ("一般公共预算拨款收入", "1200.00", "一般公共服务支出", "1234.56"),
    ("其他收入", "34.56", "", ""),
    ("收入总计", "1234.56", "支出总计", "1234.56"),
)
Draw = Callable[[Canvas, float, float, str], None]


def plain(canvas: Canvas, x: float, y: float, text: str) -> None:
    canvas.drawString(x, y, text)


def page(
    draw: Draw = plain, *, before: Callable[[Canvas], None] | None = None, rules: str = "all", field: bool = False
) -> bytes:
    """One page with 收支总表; `draw` prints every text, `rules` is all, frame or none."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1)
    if before is not None:
        before(canvas)
    canvas.setFont("Shown", 10)
    draw(canvas, 200, HEIGHT - 60, "收支总表")
    draw(canvas, 450, HEIGHT - 80, "单位：万元")
    for r, row in enumerate(ROWS):
        top = 100 + 22 * r
        for c, text in enumerate(row):
            draw(canvas, XS[c] + 4, HEIGHT - top - 15, text)
        if rules == "all" or r == 0:
            canvas.line(XS[0], HEIGHT - top, XS[-1], HEIGHT - top)
        if r == 1 and rules == "frame":
            canvas.line(XS[0], HEIGHT - top, XS[-1], HEIGHT - top)
    bottom = HEIGHT - 100 - 22 * len(ROWS)
    canvas.line(XS[0], bottom, XS[-1], bottom)
    for x in XS:
        canvas.line(x, HEIGHT - 100, x, bottom)
    if field:
        canvas.acroForm.textfield(
            value="34.56", x=XS[1] + 4, y=HEIGHT - 100 - 22 * 2 - 18, width=60, height=14, fontSize=9
        )
    canvas.save()
    return out.getvalue()


def read(data: bytes) -> Disclosure:
    return extract_bytes(data, "某局2026年部门预算.pdf")


def amounts(found: Disclosure) -> list[str]:
    return sorted(fact.amount for fact in found.facts)


WHOLE = sorted(["1200", "1234.56", "34.56", "1234.56", "1234.56"])


def test_the_page_is_read() -> None:
    assert amounts(read(page())) == WHOLE


@pytest.mark.parametrize(("times", "shift"), [(2, 0.3), (2, 0.0), (4, 0.0), (3, 0.2)])
def test_letters_printed_several_times_are_read_once(times: int, shift: float) -> None:
    def bold(canvas: Canvas, x: float, y: float, text: str) -> None:
        for n in range(times):
            canvas.drawString(x + n * shift, y, text)

    found = read(page(bold))
    assert amounts(found) == WHOLE
    assert (found.statements[0].title, found.statements[0].unit) == ("收支总表", "万元")


def test_a_small_raised_digit_is_a_mark_and_no_digit() -> None:
    def marked(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.drawString(x, y, text)
        if text == "34.56":
            canvas.setFont("Shown", 5.5)
            canvas.drawString(x + pdfmetrics.stringWidth(text, "Shown", 10) + 0.4, y + 4, "1")
            canvas.setFont("Shown", 10)

    found = read(page(marked))
    assert amounts(found) == WHOLE
    assert any(fact.raw == "34.56¹" for fact in found.facts), "what was printed is kept"


def test_a_form_field_is_read_as_every_viewer_shows_it() -> None:
    def without(canvas: Canvas, x: float, y: float, text: str) -> None:
        canvas.drawString(x, y, "" if text == "34.56" else text)

    assert amounts(read(page(without))) == sorted(["1200", "1234.56", "1234.56", "1234.56"])
    assert amounts(read(page(without, field=True))) == WHOLE


def test_rows_that_no_rule_parts_are_rows() -> None:
    assert amounts(read(page(rules="frame"))) == WHOLE


def scan_with_layer(shown: str, hidden: str) -> bytes:
    """A picture of a page with a table, and over it an invisible text layer that says something else."""
    image = Image.new("RGB", (1240, 1754), "white")
    draw = ImageDraw.Draw(image)
    for y in (300, 380, 460, 540):
        draw.line((120, y, 1120, y), fill="black", width=3)
    for x in (120, 620, 1120):
        draw.line((x, 300, x, 540), fill="black", width=3)
    for r, (name, amount) in enumerate((("201", "12.50"), ("208", shown), ("210", "20.80"))):
        draw.text((150, 320 + 80 * r), name, fill="black", font_size=38)
        draw.text((700, 320 + 80 * r), amount, fill="black", font_size=38)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.drawImage(ImageReader(image), 0, 0, WIDTH, HEIGHT)
    text = canvas.beginText(340, HEIGHT - 190)
    text.setTextRenderMode(3)
    text.setFont("Shown", 18)
    text.textOut(hidden)
    canvas.drawText(text)
    canvas.save()
    return out.getvalue()


def test_a_hidden_layer_over_a_scan_is_not_believed() -> None:
    found = read(scan_with_layer("3.30", "8.30"))
    shown = {cell for statement in found.statements for row in statement.rows for cell in row.cells}
    assert "8.30" not in shown
    assert found.document.reader == "scan"


def carrying(carried: bytes, name: str) -> bytes:
    """The page as a PDF with one embedded file."""
    document = pypdfium2.PdfDocument(page())
    label = (name + "\0").encode("utf-16-le")
    wide = (ctypes.c_ushort * (len(label) // 2)).from_buffer_copy(label)
    attachment = pdfium.FPDFDoc_AddAttachment(document.raw, wide)
    assert pdfium.FPDFAttachment_SetFile(attachment, document.raw, carried, len(carried))
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def test_a_pdf_that_carries_documents_is_taken_apart_and_always_alike() -> None:
    data = carrying(page(), "预算.pdf")
    assert is_container(data)
    first, second = list(members(data)), list(members(data))
    assert [one.name for one in first] == ["pages.pdf", "预算.pdf"]
    assert [one.data for one in first] == [one.data for one in second]
    assert all(amounts(read(one.data)) == WHOLE for one in first)
    assert not is_container(first[0].data)


def test_a_pdf_that_carries_something_else_says_so() -> None:
    found = read(carrying(b"<x/>", "note.xml"))
    assert amounts(found) == WHOLE
    assert any("note.xml" in one.message for one in found.findings if one.severity == "error")


def test_left_over_bytes_behind_the_end_of_a_whole_file_are_nothing() -> None:
    data = page()
    assert amounts(read(data + b"\nendstream\nendobj\n12 0 obj\n<</Length 5>>\nstream\nabc")) == WHOLE


def test_a_file_that_broke_off_while_it_was_updated_is_refused() -> None:
    error = read(page() + b"\n12 0 obj\n<</Type/Page").document.error
    assert error is not None and error.code == "truncated"
