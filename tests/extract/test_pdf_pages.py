"""PDF → pages: what a reader of the paper sees, and nothing else. Files are drawn here with reportlab."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.lib.colors import Color, white
from reportlab.pdfgen.canvas import Canvas

from budget.disclosure import PagePlace
from extract.readers.pdf import read_pdf
from extract.readers.pdfium import open_pdf, read_page_words
from extract.readers.pdfplumber_pages import read_page, second_reading
from extract.reading import Box, Grid, Line, Reading, UnreadableError

Draw = Callable[[Canvas], None]
XS, YS = (60.0, 200.0, 320.0), (100.0, 130.0, 160.0)
"""Column and row borders of the small table, points from the top left."""


def drawn(*pages: Draw, size: tuple[float, float] = (400.0, 500.0)) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1, pageCompression=0)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def rules(canvas: Canvas, height: float = 500.0) -> None:
    for y in YS:
        canvas.line(XS[0], height - y, XS[-1], height - y)
    for x in XS:
        canvas.line(x, height - YS[0], x, height - YS[-1])


def figures(canvas: Canvas, height: float = 500.0) -> None:
    canvas.setFont("Helvetica", 10)
    for row, cells in enumerate((("name", "1,234.56"), ("total", "78.90"))):
        for x, text in zip(XS, cells, strict=False):
            canvas.drawString(x + 5, height - YS[row] - 20, text)


def table(canvas: Canvas) -> None:
    rules(canvas)
    figures(canvas)


def cells(reading: Reading) -> list[list[list[str]]]:
    return [
        [[cell.text if cell else "" for cell in row] for row in block.matrix()]
        for block in reading.blocks
        if isinstance(block, Grid)
    ]


def lines(reading: Reading) -> list[str]:
    return [block.text for block in reading.blocks if isinstance(block, Line)]


def place(reading: Reading, text: str) -> Box:
    for block in reading.blocks:
        if isinstance(block, Grid):
            for cell in block.cells:
                if cell.text == text:
                    assert isinstance(cell.at, PagePlace)
                    return cell.at.bbox
    raise AssertionError(f"no cell reads {text!r}")


THE_TABLE = [[["name", "1,234.56"], ["total", "78.90"]]]


def test_a_ruled_table_gives_its_cells_and_the_box_of_each_text() -> None:
    reading = read_pdf(drawn(table))
    assert cells(reading) == THE_TABLE
    x0, top, x1, bottom = place(reading, "1,234.56")
    assert x0 == pytest.approx(206.1, abs=1.0) and x1 == pytest.approx(243.6, abs=1.0)
    # the digits of ten-point Helvetica reach 7 points over the baseline, the comma 2 below
    assert top == pytest.approx(112.9, abs=0.6) and bottom == pytest.approx(121.5, abs=0.6)
    assert reading.pages == 1 and reading.page_sizes == ((400.0, 500.0),) and reading.unread == ()


def test_an_empty_cell_has_the_box_of_its_rules() -> None:
    reading = read_pdf(drawn(lambda c: (rules(c), c.drawString(70, 380, "only"))))  # type: ignore[func-returns-value]
    assert cells(reading) == [[["only", ""], ["", ""]]]
    grid = next(block for block in reading.blocks if isinstance(block, Grid))
    empty = next(cell for cell in grid.cells if (cell.row, cell.col) == (1, 1))
    assert isinstance(empty.at, PagePlace)
    assert empty.at.bbox == pytest.approx((200.0, 130.0, 320.0, 160.0), abs=0.1)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_stored_on_its_side_reads_like_the_page_displayed(turn: int) -> None:
    # the content is drawn turned, /Rotate turns it back: the way of printers that store landscape pages as portrait
    def page(canvas: Canvas) -> None:
        canvas.setPageRotation(turn)
        if turn == 90:
            canvas.translate(500, 0)
            canvas.rotate(90)
        elif turn == 180:
            canvas.translate(400, 500)
            canvas.rotate(180)
        else:
            canvas.translate(0, 400)
            canvas.rotate(-90)
        table(canvas)

    reading = read_pdf(drawn(page))
    assert reading.page_sizes == ((400.0, 500.0),)
    assert cells(reading) == THE_TABLE
    assert place(reading, "78.90") == pytest.approx(place(read_pdf(drawn(table)), "78.90"), abs=0.01)


def test_a_table_that_stands_sideways_on_the_page_is_read_in_its_own_direction() -> None:
    def page(canvas: Canvas) -> None:
        canvas.translate(500, 0)
        canvas.rotate(90)
        table(canvas)

    reading = read_pdf(drawn(page, size=(500.0, 400.0)))
    assert cells(reading) == THE_TABLE
    x0, top, x1, bottom = place(reading, "1,234.56")
    assert bottom - top > 3 * (x1 - x0), "the box is in displayed points: the text climbs"
    assert (x0, bottom) == (pytest.approx(112.9, abs=0.6), pytest.approx(400 - 206.1, abs=1.0))


def test_the_visible_box_of_the_page_is_its_crop_box() -> None:
    def page(canvas: Canvas) -> None:
        canvas.setCropBox((50, 100, 400, 500))
        table(canvas)
        canvas.drawString(60, 40, "99,999.99 below the crop box")

    reading = read_pdf(drawn(page))
    assert reading.page_sizes == ((350.0, 400.0),)
    assert cells(reading) == THE_TABLE and lines(reading) == []
    assert place(reading, "1,234.56")[0] == pytest.approx(156.1, abs=1.0)


def test_borders_drawn_as_curves_and_as_thin_bars_are_rules() -> None:
    def curves(canvas: Canvas) -> None:
        path = canvas.beginPath()
        for y in YS:
            path.moveTo(XS[0], 500 - y)
            path.curveTo(120, 500 - y, 260, 500 - y, XS[-1], 500 - y)
        for x in XS:
            path.moveTo(x, 500 - YS[0])
            path.curveTo(x, 390, x, 350, x, 500 - YS[-1])
        canvas.drawPath(path)
        figures(canvas)

    def bars(canvas: Canvas) -> None:
        for y in YS:
            canvas.rect(XS[0], 500 - y, XS[-1] - XS[0], 0.7, stroke=0, fill=1)
        for x in XS:
            canvas.rect(x, 500 - YS[-1], 0.7, YS[-1] - YS[0], stroke=0, fill=1)
        figures(canvas)

    assert cells(read_pdf(drawn(curves))) == THE_TABLE
    assert cells(read_pdf(drawn(bars))) == THE_TABLE


def test_a_table_inside_a_form_is_read_where_the_form_is_drawn() -> None:
    def page(canvas: Canvas) -> None:
        canvas.beginForm("table", 0, 0, 400, 500)
        table(canvas)
        canvas.endForm()
        canvas.translate(20, -30)
        canvas.doForm("table")

    reading = read_pdf(drawn(page))
    assert cells(reading) == THE_TABLE
    plain = place(read_pdf(drawn(table)), "78.90")
    assert place(reading, "78.90") == pytest.approx(
        (plain[0] + 20, plain[1] + 30, plain[2] + 20, plain[3] + 30), abs=0.01
    )


def test_a_number_wider_than_its_cell_stays_whole() -> None:
    def page(canvas: Canvas) -> None:
        rules(canvas)
        canvas.setFont("Helvetica", 10)
        canvas.drawRightString(212, 380, "1234567.89")
        canvas.drawString(205, 350, "5.00")

    assert cells(read_pdf(drawn(page))) == [[["1234567.89", ""], ["", "5.00"]]]


def test_two_numbers_that_almost_touch_stay_two() -> None:
    def page(canvas: Canvas) -> None:
        rules(canvas)
        canvas.setFont("Helvetica", 10)
        canvas.drawRightString(199, 380, "12345")
        canvas.drawString(201, 380, "67.89")

    assert cells(read_pdf(drawn(page))) == [[["12345", "67.89"], ["", ""]]]


class TestTextThatNobodySees:
    def page(self, hide: Draw) -> Reading:
        def draw(canvas: Canvas) -> None:
            table(canvas)
            canvas.saveState()
            hide(canvas)
            canvas.restoreState()

        return read_pdf(drawn(draw))

    def assert_hidden(self, hide: Draw) -> None:
        reading = self.page(hide)
        assert cells(reading) == THE_TABLE
        assert lines(reading) == [] and reading.unread == ()

    def test_outside_the_page(self) -> None:
        self.assert_hidden(lambda c: c.drawString(60, 520, "55.55"))

    def test_clipped_away(self) -> None:
        def hide(canvas: Canvas) -> None:
            path = canvas.beginPath()
            path.rect(60, 300, 100, 20)
            canvas.clipPath(path, stroke=0)
            canvas.drawString(210, 360, "55.55")

        self.assert_hidden(hide)

    def test_in_invisible_mode(self) -> None:
        def hide(canvas: Canvas) -> None:
            text = canvas.beginText(260, 355)
            text.setTextRenderMode(3)
            text.textOut("55.55")
            canvas.drawText(text)

        self.assert_hidden(hide)

    def test_white_on_white(self) -> None:
        def hide(canvas: Canvas) -> None:
            canvas.setFillColor(white)
            canvas.drawString(260, 355, "55.55")

        self.assert_hidden(hide)

    def test_fully_transparent(self) -> None:
        def hide(canvas: Canvas) -> None:
            canvas.setFillColor(Color(0, 0, 0, alpha=0.0))
            canvas.drawString(260, 355, "55.55")

        self.assert_hidden(hide)

    def test_covered_by_a_white_area(self) -> None:
        def hide(canvas: Canvas) -> None:
            canvas.drawString(265, 355, "55.55")
            canvas.setFillColor(white)
            canvas.rect(262, 350, 50, 15, stroke=0, fill=1)

        self.assert_hidden(hide)

    def test_a_slanted_watermark(self) -> None:
        def hide(canvas: Canvas) -> None:
            canvas.translate(150, 340)
            canvas.rotate(40)
            canvas.drawString(0, 0, "DRAFT 55.55")

        self.assert_hidden(hide)

    def test_but_white_text_on_a_dark_head_is_read(self) -> None:
        def page(canvas: Canvas) -> None:
            canvas.rect(60, 370, 260, 30, stroke=0, fill=1)
            canvas.setFillColor(white)
            canvas.drawString(210, 380, "1,234.56")
            canvas.setFillColor(Color(0, 0, 0))
            rules(canvas)
            canvas.drawString(65, 350, "total")

        assert cells(read_pdf(drawn(page))) == [[["", "1,234.56"], ["total", ""]]]

    def test_and_a_row_cut_by_the_page_keeps_all_of_its_letters(self) -> None:
        def page(canvas: Canvas) -> None:
            path = canvas.beginPath()
            # 55 % of the letters of the second row show; the points of the figures do not
            path.rect(0, 500 - YS[1] - 20 + 0.45 * 7, 400, 400)
            canvas.clipPath(path, stroke=0)
            table(canvas)

        reading = read_pdf(drawn(page))
        assert cells(reading) == THE_TABLE


class TestFilesThatGiveNoReading:
    def code(self, data: bytes, **limits: int) -> str:
        with pytest.raises(UnreadableError) as caught:
            read_pdf(data, **limits)  # type: ignore[arg-type]
        assert caught.value.message
        return caught.value.code

    def test_empty(self) -> None:
        assert self.code(b"") == "empty"

    def test_not_a_pdf(self) -> None:
        assert self.code(b"<html>gone</html>") == "not_a_document"

    def test_cut_off(self) -> None:
        data = drawn(*[table] * 5)
        assert self.code(data[: len(data) // 2]) == "truncated"

    def test_cut_off_after_an_update(self) -> None:
        # pdfium would open the first version and say nothing of the second
        assert self.code(drawn(table) + b"\n9 0 obj\n<< /Type /Page >>\nendobj\n10 0 obj\n<< /Len") == "truncated"

    def test_rubbish_inside(self) -> None:
        assert self.code(b"%PDF-1.4\n" + b"rubbish " * 50 + b"\nstartxref\n9\n%%EOF") == "corrupt"

    def test_locked(self) -> None:
        buffer = io.BytesIO()
        from reportlab.lib.pdfencrypt import StandardEncryption

        canvas = Canvas(buffer, encrypt=StandardEncryption("secret", ownerPassword="owner"))
        canvas.drawString(50, 50, "1.00")
        canvas.save()
        assert self.code(buffer.getvalue()) == "encrypted"

    def test_without_a_text_layer(self) -> None:
        assert self.code(drawn(rules)) == "unsupported"

    def test_too_many_pages_and_too_many_bytes(self) -> None:
        data = drawn(*[table] * 3)
        assert self.code(data, max_pages=2) == "limit_pages"
        assert self.code(data, max_bytes=100) == "limit_size"

    def test_no_time_left(self) -> None:
        with pytest.raises(UnreadableError) as caught:
            read_pdf(drawn(table), max_seconds=-1.0)
        assert caught.value.code == "limit_time"


def test_pages_of_pure_picture_do_not_keep_the_others_from_being_read() -> None:
    reading = read_pdf(drawn(rules, table))
    assert reading.pages == 2
    assert [["name", "1,234.56"], ["total", "78.90"]] in cells(reading)


def test_a_page_that_is_not_there_is_a_wrong_question() -> None:
    with pytest.raises(ValueError, match="page 2 of a file with 1 pages"):
        read_page_words(drawn(table), 2)
    with pytest.raises(ValueError, match="page 0 of a file with 1 pages"):
        read_page(drawn(table), 0)


def test_two_independent_readers_agree_on_words_rules_and_cells() -> None:
    data = drawn(table)
    first, second = read_page_words(data, 1), read_page(data, 1)
    assert [w.text for w in first.words] == [w.text for w in second.words] == ["name", "1,234.56", "total", "78.90"]
    assert len(first.rules) == len(second.rules) == 6
    for a, b in zip(first.words, second.words, strict=True):
        assert a.box[0] == pytest.approx(b.box[0], abs=1.5) and a.box[2] == pytest.approx(b.box[2], abs=1.5)
    assert cells(read_pdf(data, page_reader=read_page)) == THE_TABLE
    grids = second_reading(data, 1)
    assert [[[c.text if c else "" for c in row] for row in grid.matrix()] for grid in grids] == THE_TABLE


def test_the_second_reader_names_a_broken_file() -> None:
    with pytest.raises(UnreadableError) as caught:
        second_reading(b"%PDF-1.4 rubbish", 1)
    assert caught.value.code == "corrupt"


def test_an_open_file_counts_its_pages() -> None:
    with open_pdf(drawn(table, table, rules)) as pdf:
        assert pdf.pages == 3
        assert not pdf.page(3).has_text and pdf.page(1).has_text
