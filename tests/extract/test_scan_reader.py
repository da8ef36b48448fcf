"""Scanned pages: tables drawn as pictures, laid askew, stamped, mixed with printed pages, and what hostile pictures do."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

pytest.importorskip("onnxruntime", reason="recognition of scans needs onnxruntime and rapidocr")

from budget.amounts import parse_amount
from budget.disclosure import PagePlace
from extract.document import extract_bytes
from extract.document import read as read_any
from extract.readers.scan import TRUSTED, read_image, read_scan, read_scanned_pages, second_reading
from extract.readers.scan_picture import Grey
from extract.reading import Box, Grid, GridCell, Line, Reading, UnreadableError

ROOT = Path(__file__).resolve().parents[2]
FONT = ROOT / "spiders" / "sample_portal" / "font" / "sample.ttf"
DPI = 150
SCALE = DPI / 72
LEFT, TOP, ROW = 60.0, 120.0, 22.0
COLUMNS = (60.0, 230.0, 330.0, 430.0, 530.0)
HEADER = ("项目", "合计", "基本支出", "项目支出")
ROWS = (
    ("合计", "11106.23", "1556.23", "9550.00"),
    ("一般公共服务支出", "1331.23", "1111.11", "220.12"),
    ("教育支出", "60.00", "", "60.00"),
    ("卫生健康支出", "225.00", "225.00", ""),
    ("农林水支出", "8150.00", "188.66", "7961.34"),
    ("住房保障支出", "1400.88", "77.07", "1323.81"),
)


def _font(points: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), round(points * SCALE))


def _drawn_page() -> tuple[Image.Image, dict[str, tuple[float, float]]]:
    """A4 with a table, at 150 dpi, and the middle of every amount in points."""
    page = Image.new("RGB", (round(595 * SCALE), round(842 * SCALE)), (250, 250, 248))
    pen = ImageDraw.Draw(page)
    pen.text((200 * SCALE, 60 * SCALE), "部门预算支出总表", font=_font(18), fill="black")
    pen.text((440 * SCALE, 98 * SCALE), "单位：万元", font=_font(10), fill="black")
    bottom = TOP + ROW * (len(ROWS) + 1)
    for i in range(len(ROWS) + 2):
        y = (TOP + i * ROW) * SCALE
        pen.line((COLUMNS[0] * SCALE, y, COLUMNS[-1] * SCALE, y), fill="black", width=2)
    for x in COLUMNS:
        pen.line((x * SCALE, TOP * SCALE, x * SCALE, bottom * SCALE), fill="black", width=2)
    places: dict[str, tuple[float, float]] = {}
    for r, row in enumerate((HEADER, *ROWS)):
        for c, text in enumerate(row):
            right = COLUMNS[c + 1] - 4
            width = pen.textlength(text, font=_font(10)) / SCALE
            x = COLUMNS[c] + 4 if c == 0 else right - width
            pen.text((x * SCALE, (TOP + r * ROW + 5) * SCALE), text, font=_font(10), fill=(20, 20, 20))
            if r and c and text:
                places[f"{r},{c}"] = (x + width / 2, TOP + r * ROW + 11)
    return page, places


def _stamped(page: Image.Image, at: tuple[float, float] = (430.0, 215.0)) -> Image.Image:
    """A red seal printed over the figures, as ink lies on ink: what is black stays black."""
    seal = Image.new("RGB", page.size, "white")
    pen = ImageDraw.Draw(seal)
    x, y = at[0] * SCALE, at[1] * SCALE
    for radius, width in ((56 * SCALE, 6),):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=(214, 40, 48), width=width)
    star = [(x + 18 * SCALE * np.sin(k * 4 * np.pi / 5), y - 18 * SCALE * np.cos(k * 4 * np.pi / 5)) for k in range(5)]
    pen.polygon(star, fill=(214, 40, 48))
    mixed = np.asarray(page, np.uint16) * np.asarray(seal, np.uint16) // 255
    return Image.fromarray(mixed.astype(np.uint8))


def _askew(page: Image.Image, degrees: float) -> Image.Image:
    return page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(250, 250, 248))


def _pdf_of(*pages: Image.Image) -> bytes:
    out = io.BytesIO()
    pages[0].save(out, "PDF", resolution=DPI, save_all=True, append_images=list(pages[1:]), quality=90)
    return out.getvalue()


def _amount_cells(reading: Reading) -> list[GridCell]:
    grids = [block for block in reading.blocks if isinstance(block, Grid)]
    return [cell for grid in grids for cell in grid.cells if cell.row and cell.col and re.search(r"\d", cell.text)]


def _figures(reading: Reading) -> dict[tuple[int, int], Decimal | None]:
    return {(cell.row, cell.col): parse_amount(cell.text) for cell in _amount_cells(reading)}


WANTED = {(r, c): Decimal(t) for r, row in enumerate(ROWS, 1) for c, t in enumerate(row) if c and t}


@pytest.fixture(scope="module")
def askew_and_stamped() -> bytes:
    return _pdf_of(_askew(_stamped(_drawn_page()[0]), 1.5))


@pytest.fixture(scope="module")
def reading(askew_and_stamped: bytes) -> Reading:
    return read_scan(askew_and_stamped)


def test_every_amount_of_a_stamped_page_laid_askew_is_read_in_its_cell(reading: Reading) -> None:
    assert reading.reader == "scan"
    assert reading.pages == 1
    assert _figures(reading) == WANTED


def test_names_and_header_of_a_stamped_page_are_read(reading: Reading) -> None:
    (grid,) = [block for block in reading.blocks if isinstance(block, Grid)]
    assert (grid.n_rows, grid.n_cols) == (7, 4)
    rows = grid.matrix()
    assert [cell.text if cell else None for cell in rows[0]] == list(HEADER)
    assert [row[0].text if row[0] else None for row in rows[1:]] == [row[0] for row in ROWS]


def test_boxes_lie_on_the_page_as_displayed_not_on_the_straightened_one(reading: Reading) -> None:
    _page, places = _drawn_page()
    turn = np.radians(1.5)
    for cell in _amount_cells(reading):
        x, y = places[f"{cell.row},{cell.col}"]
        dx, dy = x - 297.5, y - 421  # anticlockwise about the middle, y downwards
        shown = (297.5 + dx * np.cos(turn) + dy * np.sin(turn), 421 - dx * np.sin(turn) + dy * np.cos(turn))
        assert isinstance(cell.at, PagePlace)
        x0, top, x1, bottom = cell.at.bbox
        assert x0 <= shown[0] <= x1, (cell.text, cell.at.bbox, shown)
        assert top <= shown[1] <= bottom, (cell.text, cell.at.bbox, shown)
        assert x1 - x0 < 60
        assert bottom - top < 16


def test_clear_figures_are_trusted(reading: Reading) -> None:
    sure = [cell.confidence >= TRUSTED for cell in _amount_cells(reading)]
    assert sum(sure) >= 0.8 * len(sure)


def test_a_figure_whose_end_is_covered_by_a_stamp_is_not_trusted() -> None:
    page, places = _drawn_page()
    pen = ImageDraw.Draw(page)
    x, y = places["5,3"]  # 7961.34, of which opaque ink covers the last digits
    seal = (x + 8, y - 24)
    pen.ellipse([v * SCALE for v in (seal[0], seal[1], seal[0] + 48, seal[1] + 48)], outline=(214, 40, 48), width=9)
    pen.ellipse(
        [v * SCALE for v in (seal[0] + 4, seal[1] + 4, seal[0] + 22, seal[1] + 44)], outline=(214, 40, 48), width=22
    )
    (cell,) = [c for c in _amount_cells(read_scan(_pdf_of(page))) if (c.row, c.col) == (5, 3)]
    assert cell.text == "7961.34" or cell.confidence < TRUSTED
    assert cell.confidence < TRUSTED


def test_reading_a_scan_twice_gives_the_same(askew_and_stamped: bytes, reading: Reading) -> None:
    assert read_scan(askew_and_stamped) == reading


def test_a_second_reading_of_finer_pixels_finds_the_same_figures_in_the_same_places(
    askew_and_stamped: bytes, reading: Reading
) -> None:
    again = [cell for grid in second_reading(askew_and_stamped, 1) for cell in grid.cells if cell.text]
    for cell in _amount_cells(reading):
        assert isinstance(cell.at, PagePlace)
        x0, top, x1, bottom = cell.at.bbox
        middle = ((x0 + x1) / 2, (top + bottom) / 2)
        holding = [
            other.text
            for other in again
            if isinstance(other.at, PagePlace)
            and other.at.bbox[0] <= middle[0] <= other.at.bbox[2]
            and other.at.bbox[1] <= middle[1] <= other.at.bbox[3]
        ]
        assert [parse_amount(text) for text in holding] == [parse_amount(cell.text)]


def test_a_page_fed_on_its_side_or_upside_down_is_read() -> None:
    page = _drawn_page()[0]
    for turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180):
        read = read_scan(_pdf_of(page.transpose(turn)))
        assert _figures(read) == WANTED
        x0, top, x1, bottom = next(
            c.at.bbox for c in _amount_cells(read) if isinstance(c.at, PagePlace) and (c.row, c.col) == (1, 1)
        )
        x, y = _drawn_page()[1]["1,1"]
        there = (y, 595 - x) if turn == Image.Transpose.ROTATE_90 else (595 - x, 842 - y)
        assert x0 - 1 <= there[0] <= x1 + 1
        assert top - 1 <= there[1] <= bottom + 1


def test_a_png_is_one_page() -> None:
    out = io.BytesIO()
    _drawn_page()[0].save(out, "PNG", dpi=(DPI, DPI))
    read = read_image(out.getvalue())
    assert read.pages == 1
    assert read.page_sizes[0] == pytest.approx((595, 842), abs=1)
    assert _figures(read) == WANTED


def test_a_scanned_page_among_printed_ones_is_not_lost() -> None:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    canvas.drawString(72, 700, "2024 budget 4321.09")
    canvas.showPage()
    canvas.drawImage(ImageReader(_drawn_page()[0]), 0, 0, 595, 842)
    canvas.showPage()
    canvas.save()
    mixed = read_any(out.getvalue())
    assert mixed.reader == "pdf"
    assert [block.page for block in mixed.blocks if isinstance(block, Line) and "4321.09" in block.text] == [1]
    assert {block.page for block in mixed.blocks if isinstance(block, Grid)} == {2}
    assert _figures(mixed) == WANTED


@pytest.mark.parametrize("turn", [0, 90])
def test_a_table_pasted_as_a_picture_into_a_printed_page_is_read(turn: int) -> None:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    table = _drawn_page()[0].crop([round(v * SCALE) for v in (50, 115, 540, 280)])
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(842, 595) if turn else (595, 842))  # reportlab turns the sheet with the page
    for i in range(8):
        canvas.drawString(72, 790 - 14 * i, f"Paragraph {i} of printed text with 4321.{i:02d} in it")
    canvas.drawImage(ImageReader(table), 50, 450, 490, 165)
    canvas.setPageRotation(turn)
    canvas.showPage()
    canvas.drawString(72, 700, "a page with an emblem")
    canvas.drawImage(ImageReader(table), 72, 600, 60, 20)
    canvas.showPage()
    canvas.save()
    mixed = read_any(out.getvalue())
    printed = [block.text for block in mixed.blocks if isinstance(block, Line) and "Paragraph" in block.text]
    assert len(printed) == 8
    assert {block.page for block in mixed.blocks if isinstance(block, Grid)} == {1}
    assert _figures(mixed) == WANTED


def test_a_scanned_document_gives_facts_with_confidence() -> None:
    disclosure = extract_bytes(_pdf_of(_drawn_page()[0]), "scan.pdf")
    assert disclosure.document.error is None
    assert disclosure.document.reader == "scan"
    assert sorted(fact.value for fact in disclosure.facts) == sorted(WANTED.values())
    assert all(fact.confidence is not None for fact in disclosure.facts)


def test_words_of_a_page_carry_confidence_and_rules_both_directions(askew_and_stamped: bytes) -> None:
    page = read_scanned_pages(askew_and_stamped, [1])[1]
    assert {word.text for word in page.words} >= {"11106.23", "7961.34", "1323.81"}
    assert all(0.0 <= word.confidence <= 1.0 for word in page.words)
    assert {rule.direction for rule in page.rules} == {"h", "v"}


def test_a_picture_that_would_take_gigabytes_is_refused_before_it_is_decoded() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    png += struct.pack(">I", 4) + b"IDAT" + b"\0\0\0\0" + struct.pack(">I", zlib.crc32(b"IDAT\0\0\0\0"))
    with pytest.raises(UnreadableError) as refused:
        read_image(png)
    assert refused.value.code == "limit_memory"


def test_a_cut_picture_is_corrupt_and_an_empty_one_empty() -> None:
    out = io.BytesIO()
    _drawn_page()[0].save(out, "PNG")
    with pytest.raises(UnreadableError) as refused:
        read_image(out.getvalue()[:2000])
    assert refused.value.code == "corrupt"
    with pytest.raises(UnreadableError) as refused:
        read_image(b"")
    assert refused.value.code == "empty"


def test_the_time_limit_stops_a_scan_between_pages() -> None:
    blank = Image.new("RGB", (300, 400), "white")
    with pytest.raises(UnreadableError) as refused:
        read_scan(_pdf_of(blank, blank), max_seconds=0.0)
    assert refused.value.code == "limit_time"


def test_a_blank_sheet_gives_a_page_without_blocks() -> None:
    read = read_scan(_pdf_of(Image.new("RGB", (620, 877), "white")))
    assert read.pages == 1
    assert read.blocks == ()


def test_a_background_that_shows_no_text_is_looked_at_once_and_a_table_behind_it_is_still_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same picture at the same place of every page (a watermark of the portal) is rendered for the first page alone."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    from extract.readers import scan
    from extract.readers.pdf import read_pdf

    background = Image.new("RGB", (400, 200), (225, 235, 245))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1)
    for number in range(4):
        canvas.drawImage(ImageReader(background), 60, 60, 475, 240)
        canvas.drawString(80, 700, f"page {number}")
        if number == 3:
            shown = Image.new("RGB", (900, 300), "white")
            draw = ImageDraw.Draw(shown)
            for row, text in enumerate(("1234.56  2345.67", "3456.78  4567.89")):
                draw.text((60, 60 + 110 * row), text, fill="black", font_size=56)
            canvas.drawImage(ImageReader(shown), 60, 350, 475, 160)
        canvas.showPage()
    canvas.save()
    rendered: list[int] = []
    real = scan.pdf_picture

    def counted(pdf: object, number: int, finer: float = 1.0, part: Box | None = None) -> object:
        rendered.append(number)
        return real(pdf, number, finer, part)  # type: ignore[arg-type]

    monkeypatch.setattr(scan, "pdf_picture", counted)
    found = read_pdf(out.getvalue(), picture_reader=scan.read_scanned_blocks)
    assert rendered == [1, 4]
    assert any("1234.56" in block.text for block in found.blocks if isinstance(block, Line))


def _beside_printed_text(picture: Image.Image, width: float, height: float, pages: int = 1) -> bytes:
    """Printed pages of one line each with the same picture on them, `width` × `height` points."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842), invariant=1)
    for number in range(pages):
        canvas.drawString(72, 780, f"page {number} of printed text that nobody needs to recognise")
        canvas.drawImage(ImageReader(picture), 72, 300, width, height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _pie() -> Image.Image:
    """A chart: a slice with slanted edges, and two labels of two tight lines each."""
    chart = Image.new("RGB", (640, 360), "white")
    draw = ImageDraw.Draw(chart)
    draw.pieslice((250, 90, 430, 270), 80, 275, fill=(90, 120, 200))
    for x, y, text in ((40, 150, "47.52%"), (40, 172, "44,003.26"), (470, 150, "52.48%"), (470, 172, "48,592.98")):
        draw.text((x, y), text, fill="black", font_size=20)
    return chart


def test_the_labels_of_a_chart_beside_printed_text_are_read_and_its_edges_are_no_text() -> None:
    words = " ".join(
        block.text for block in read_any(_beside_printed_text(_pie(), 450, 253)).blocks if isinstance(block, Line)
    )
    assert sorted(re.findall(r"\d[\d.,]*%?", words.split("recognise", 1)[1])) == [
        "44,003.26",
        "47.52%",
        "48,592.98",
        "52.48%",
    ]


def test_only_the_lines_of_a_picture_that_are_not_printed_are_recognised_and_each_picture_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from extract.readers import scan_words

    read: list[int] = []
    real = scan_words.read_lines

    def counted(crops: Sequence[Grey]) -> object:
        read.append(len(crops))
        return real(crops)

    monkeypatch.setattr(scan_words, "read_lines", counted)
    found = read_any(_beside_printed_text(_pie(), 450, 253, pages=4))
    assert len({block.page for block in found.blocks if "48,592.98" in getattr(block, "text", "")}) == 4
    assert sum(read) <= 2 * 4, "two readings of each of the four labels, on the first of four pages"


def test_a_small_table_in_a_picture_beside_printed_text_keeps_every_figure() -> None:
    """Nothing that is printed is lost to speed: letters of 7 points in cells, beside text."""
    table = Image.new("RGB", (1200, 360), "white")
    draw = ImageDraw.Draw(table)
    for line in range(7):
        draw.line((0, 5 + 58 * line, 1199, 5 + 58 * line), fill="black", width=3)
    for column in range(5):
        draw.line((1 + 299 * column, 5, 1 + 299 * column, 353), fill="black", width=3)
    wanted = [f"{(row + 3) * 137 + column * 41}.{row}{column}" for row in range(6) for column in range(4)]
    for place, text in enumerate(wanted):
        draw.text((1 + 299 * (place % 4) + 120, 5 + 58 * (place // 4) + 18), text, fill="black", font_size=24)
    found = read_any(_beside_printed_text(table, 360, 108))
    cells = [cell.text for block in found.blocks if isinstance(block, Grid) for cell in block.cells]
    assert sorted(text for text in cells if text) == sorted(wanted)


@pytest.mark.parametrize("said", ["0", "many", "65"])
def test_a_number_of_threads_that_is_none_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from extract.readers.scan_recognition import THREADS, threads

    monkeypatch.setenv(THREADS, said)
    with pytest.raises(ValueError, match=THREADS):
        threads()


def test_a_provider_that_is_not_installed_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from extract.readers.scan_recognition import PROVIDERS, providers

    assert providers() == ["CPUExecutionProvider"]
    monkeypatch.setenv(PROVIDERS, "NoSuchExecutionProvider,CPUExecutionProvider")
    with pytest.raises(ValueError, match="NoSuchExecutionProvider"):
        providers()
