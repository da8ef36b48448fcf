"""PDF pages through stock pdfplumber: the second reader, independent of pdfium from bytes to cells. Slow, asked rarely.

`read_page` is a `PageReader` like pdfium's. `second_reading` goes further and uses pdfplumber's own table finder, so that
a figure read twice was found twice: other parser, other characters, other cells.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pdfplumber
from pdfplumber.page import Page as PlumberPage
from pdfplumber.table import Table as PlumberTable

from budget.disclosure import PagePlace
from extract.reading import Box, Grid, GridCell, Page, Rule, UnreadableError, Word


@contextmanager
def _page(data: bytes, number: int) -> Iterator[PlumberPage]:
    # pdfminer raises whatever its parser stumbles over in a broken file, down to TypeError and RecursionError
    try:
        document = pdfplumber.open(io.BytesIO(data))
    except Exception as error:
        raise UnreadableError("corrupt", f"pdfplumber cannot open the file: {type(error).__name__}: {error}") from error
    try:
        if not 1 <= number <= len(document.pages):
            raise ValueError(f"page {number} of a file with {len(document.pages)} pages")
        page = document.pages[number - 1]
        yield page
    finally:
        document.close()


def read_page(data: bytes, number: int) -> Page:
    """Words and rules of page `number` (from 1). Raises UnreadableError (corrupt) and ValueError for a page that is not there."""
    with _page(data, number) as page:
        try:
            words = page.extract_words(use_text_flow=False, keep_blank_chars=False)
            rules = list(_rules(page))
        except Exception as error:
            raise UnreadableError(
                "corrupt", f"page {number}: pdfplumber stops with {type(error).__name__}: {error}"
            ) from error
        x0, top = float(page.bbox[0]), float(page.bbox[1])
        return Page(
            number,
            float(page.width),
            float(page.height),
            tuple(Word(w["text"], _box(w, x0, top)) for w in words if w["text"].strip()),
            tuple(rules),
        )


def has_text(data: bytes, page_number: int) -> bool:
    """Whether pdfplumber sees any character on a page. Raises as `read_page`."""
    with _page(data, page_number) as page:
        try:
            return any(char["text"].strip() for char in page.chars)
        except Exception as error:
            message = f"page {page_number}: pdfplumber stops with {type(error).__name__}: {error}"
            raise UnreadableError("corrupt", message) from error


def second_reading(data: bytes, page_number: int) -> list[Grid]:
    """The tables of one page as pdfplumber's own finder sees them, top to bottom; boxes are those of the ruled cells."""
    with _page(data, page_number) as page:
        try:
            tables = page.find_tables()
            grids = [_grid(page, table, page_number) for table in tables]
        except Exception as error:
            message = f"page {page_number}: pdfplumber stops with {type(error).__name__}: {error}"
            raise UnreadableError("corrupt", message) from error
    return sorted(grids, key=lambda grid: (grid.box[1], grid.box[0]) if grid.box else (0.0, 0.0))


def _box(thing: dict[str, Any], x0: float, top: float) -> Box:
    return (float(thing["x0"]) - x0, float(thing["top"]) - top, float(thing["x1"]) - x0, float(thing["bottom"]) - top)


def _rules(page: PlumberPage) -> Iterator[Rule]:
    """Edges of lines, rectangles and curves, as pdfplumber takes them apart."""
    x0, top = float(page.bbox[0]), float(page.bbox[1])
    for edge in page.edges:
        box = _box(edge, x0, top)
        if edge["orientation"] == "h" and box[2] - box[0] >= 1:
            yield Rule((box[0], box[1], box[2], box[1]), "h")
        elif edge["orientation"] == "v" and box[3] - box[1] >= 1:
            yield Rule((box[0], box[1], box[0], box[3]), "v")


def _grid(page: PlumberPage, table: PlumberTable, number: int) -> Grid:
    left, top = float(page.bbox[0]), float(page.bbox[1])
    found: list[tuple[float, float, float, float]] = sorted(table.cells, key=lambda c: (c[1], c[0]))
    xs = sorted({round(c[0], 2) for c in found} | {round(c[2], 2) for c in found})
    ys = sorted({round(c[1], 2) for c in found} | {round(c[3], 2) for c in found})
    texts = {
        cell: text
        for row, line in zip(table.rows, table.extract(), strict=True)
        for cell, text in zip(row.cells, line, strict=True)
        if cell is not None
    }
    cells = []
    for cell in found:
        a, b, c, d = cell
        col, row = xs.index(round(a, 2)), ys.index(round(b, 2))
        text = (texts.get(cell) or "").replace("\n", "")
        place = PagePlace(page=number, bbox=(a - left, b - top, c - left, d - top))
        cells.append(GridCell(row, col, text, place, ys.index(round(d, 2)) - row, xs.index(round(c, 2)) - col))
    x0, y0, x1, y1 = table.bbox
    area = (x0 - left, y0 - top, x1 - left, y1 - top)
    return Grid(len(ys) - 1, len(xs) - 1, tuple(cells), page=number, box=area)


def texts_in_boxes(data: bytes, page_number: int, boxes: Sequence[Box]) -> list[str]:
    """What pdfplumber reads inside each box of a page: lines from the top, words apart by a blank, '' where nothing stands.

    Characters decide, not pdfplumber's words or cells: two figures close to each other become one word there, and a table
    without rules has no cells. Raises UnreadableError (corrupt) and ValueError for a page that is not there.
    """
    with _page(data, page_number) as page:
        try:
            # bold is often the same character printed twice, a hair apart
            seen = page.dedupe_chars(extra_attrs=()).chars
            x0, top = float(page.bbox[0]), float(page.bbox[1])
            characters = [(one["text"], _box(one, x0, top)) for one in seen if one["text"].strip()]
        except Exception as error:
            message = f"page {page_number}: pdfplumber stops with {type(error).__name__}: {error}"
            raise UnreadableError("corrupt", message) from error
    return [_text_of([one for one in characters if _stands_in(one[1], box)]) for box in boxes]


def _stands_in(character: Box, box: Box) -> bool:
    """Whether the middle of a character is inside a box, or within a point of it (boxes are those of ruled cells or of ink)."""
    x, y = (character[0] + character[2]) / 2, (character[1] + character[3]) / 2
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1


def _text_of(characters: list[tuple[str, Box]]) -> str:
    lines: list[list[tuple[str, Box]]] = []
    for one in sorted(characters, key=lambda c: (c[1][1] + c[1][3]) / 2):
        middle = (one[1][1] + one[1][3]) / 2
        if lines and middle - (lines[-1][0][1][1] + lines[-1][0][1][3]) / 2 < (one[1][3] - one[1][1]) / 2:
            lines[-1].append(one)
        else:
            lines.append([one])
    return " ".join(_line_of(sorted(line, key=lambda c: c[1][0])) for line in lines)


def _line_of(line: list[tuple[str, Box]]) -> str:
    text = ""
    right = 0.0
    for letter, box in line:
        if text and box[0] - right > (box[3] - box[1]) / 3:
            text += " "
        text += letter
        right = max(right, box[2])
    return text
