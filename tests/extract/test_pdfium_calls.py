"""What pdfium is asked in bulk: more things on a page than one set of places holds, readers side by side, cycles of objects."""

from __future__ import annotations

import gc
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

from reportlab.lib.colors import white
from reportlab.pdfgen.canvas import Canvas

from extract.document import extract_bytes
from extract.readers.pdf import read_pdf
from extract.readers.pdfium import _Records, open_pdf
from extract.reading import Grid, GridCell, Reading

SIDE = 40
"""Rows and columns of the large table: 1,600 cells, 1,600 figures and more rules than one set of places."""


def large(first: int = 0, clipped: bool = False) -> bytes:
    """A page with a table of SIDE × SIDE figures, counting up from `first`; every rule is a thin filled shape."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(1700.0, 900.0), invariant=1)
    canvas.setFont("Helvetica", 8)
    for row in range(SIDE):
        for col in range(SIDE):
            if clipped:
                canvas.saveState()
                window = canvas.beginPath()
                window.rect(20 + 40 * col, 860 - 20 * row, 40, 20)
                canvas.clipPath(window, stroke=0)
            canvas.drawString(24 + 40 * col, 866 - 20 * row, f"{first + row * SIDE + col}.00")
            if clipped:
                canvas.restoreState()
            canvas.rect(20 + 40 * col, 879.5 - 20 * row, 40, 0.5, stroke=0, fill=1)
            canvas.rect(19.5 + 40 * col, 860 - 20 * row, 0.5, 20, stroke=0, fill=1)
    canvas.rect(20, 879.5 - 20 * SIDE, 40 * SIDE, 0.5, stroke=0, fill=1)
    canvas.rect(19.5 + 40 * SIDE, 880 - 20 * SIDE, 0.5, 20 * SIDE, stroke=0, fill=1)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def figures(reading: Reading) -> list[str]:
    return [cell.text for block in reading.blocks if isinstance(block, Grid) for cell in block.cells]


def counted(first: int = 0) -> list[str]:
    return [f"{number}.00" for number in range(first, first + SIDE * SIDE)]


def test_a_page_with_more_characters_and_shapes_than_one_set_of_places_is_read_to_its_end() -> None:
    with open_pdf(large()) as pdf:
        page = pdf.page(1)
    assert page.characters > 5 * _Records.SIZE
    assert page.paths > 3 * _Records.SIZE
    assert figures(read_pdf(large())) == counted()


def test_figures_that_each_have_their_own_clip_are_all_read() -> None:
    assert figures(read_pdf(large(clipped=True))) == counted()


def test_a_figure_clipped_away_is_not_read_beside_figures_that_are_not() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(200.0, 100.0), invariant=1)
    for y, seen in ((80, True), (60, False), (40, True)):
        canvas.saveState()
        window = canvas.beginPath()
        window.rect(10 if seen else 150, y - 5, 40, 20)
        canvas.clipPath(window, stroke=0)
        canvas.drawString(12, y, f"{y}.00")
        canvas.restoreState()
    canvas.showPage()
    canvas.save()
    assert [block.text for block in read_pdf(buffer.getvalue()).blocks if not isinstance(block, Grid)] == [
        "80.00",
        "40.00",
    ]


def test_what_one_page_says_of_its_ink_is_not_taken_for_the_next() -> None:
    """The places are used again for the next page: its white text on white must not inherit the black ink before."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(200.0, 100.0), invariant=1)
    for ink in (None, white, None):
        if ink:
            canvas.setFillColor(ink)
        canvas.drawString(12, 50, "12.50")
        canvas.showPage()
    canvas.save()
    assert [block.page for block in read_pdf(buffer.getvalue()).blocks] == [1, 3]


def test_readers_side_by_side_do_not_write_into_each_other() -> None:
    firsts = [1000, 3000, 5000, 7000, 9000, 11000]
    documents = [large(first) for first in firsts]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda data: figures(read_pdf(data)), documents)) == [counted(first) for first in firsts]


def test_the_search_for_cycles_runs_again_after_a_document_and_only_if_it_ran_before() -> None:
    document = large()
    assert gc.isenabled()
    assert extract_bytes(document, "a.pdf").document.error is None
    assert gc.isenabled()
    assert extract_bytes(b"%PDF-1.4 no more", "b.pdf").document.error is not None
    assert gc.isenabled()
    gc.disable()
    try:
        extract_bytes(document, "a.pdf")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_cell_moved_to_another_place_keeps_everything_else() -> None:
    cell = GridCell(1, 2, "12.50", None, 3, 4, 5, 0.5, True, "1", "2", 1.5)
    assert sum(one.init for one in fields(GridCell)) == 12, "a new field of a cell must be moved with it"
    assert cell.moved(6, 7, 8, 9) == replace(cell, row=6, col=7, rows=8, cols=9)
