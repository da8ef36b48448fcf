"""The second reading that validation asks for: the same bytes, another reader, one cell.

expectations/ never opens a file; it gets this callable. PDF pages are read again by stock pdfplumber, which shares no code
with the first reader; for other formats there is no second reader yet and the answer is None (cannot say).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from budget.disclosure import PagePlace, Place
from extract.reading import Grid, UnreadableError

log = logging.getLogger("yusuan.second_reading")

SecondReading = Callable[[str, Place], str | None]


def second_reader(paths: Mapping[str, Path]) -> SecondReading:
    """A second reader of the files in `paths` (sha256 → where its bytes lie). A page is read once, however often asked."""

    @lru_cache(maxsize=64)
    def page_of(sha256: str, number: int) -> list[Grid] | None:
        from extract.readers.pdfplumber_pages import second_reading

        data = paths[sha256].read_bytes()
        if not data.startswith(b"%PDF-"):
            return None
        try:
            return second_reading(data, number)
        except UnreadableError as trouble:
            log.warning("no second reading of %s page %d: %s", sha256[:12], number, trouble.message)
            return None

    def read(sha256: str, place: Place) -> str | None:
        if sha256 not in paths or not isinstance(place, PagePlace):
            return None
        grids = page_of(sha256, place.page)
        return None if grids is None else _text_at(grids, place)

    return read


def _text_at(grids: list[Grid], place: PagePlace) -> str | None:
    """The text of the smallest ruled cell that holds the middle of the place; None when no table of the second reader does."""
    x0, top, x1, bottom = place.bbox
    x, y = (x0 + x1) / 2, (top + bottom) / 2
    holding = []
    for grid in grids:
        for cell in grid.cells:
            if isinstance(cell.at, PagePlace):
                a, b, c, d = cell.at.bbox
                if a <= x <= c and b <= y <= d:
                    holding.append(((c - a) * (d - b), cell.text))
    return min(holding)[1] if holding else None


def texts_on_pages(path: str, boxes: dict[int, list[tuple[float, float, float, float]]]) -> dict[int, list[str]]:
    """What the second reader reads in the boxes of some pages of a file; pages it cannot read are left out. Runs in a worker."""
    from extract.readers.pdfplumber_pages import texts_in_boxes

    data = Path(path).read_bytes()
    found = {}
    for page, places in boxes.items():
        try:
            found[page] = texts_in_boxes(data, page, places)
        except UnreadableError as trouble:
            log.warning("no second reading of %s page %d: %s", Path(path).name[:12], page, trouble.message)
    return found
