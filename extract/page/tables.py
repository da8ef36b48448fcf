"""Tables on a page: glyphs and ruling lines → lines of text and grids of cells with spans, text and boxes.

Here belongs everything that is true of tables on paper whatever file or reader the page came from. No file format and no
budget knowledge. All boxes are x0, top, x1, bottom in displayed points; a page whose text runs sideways is read in its
own direction and the boxes are turned back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from budget.disclosure import PagePlace, Unread
from extract.page.aligned import aligned_tables
from extract.page.charts import fields_of_charts, has_empty_cells
from extract.page.ruled import ruled_tables
from extract.page.sheet import Floats, Glyphs, Ints, Ruling, Sheet, Table, blank_before, lines_of, runs_of
from extract.page.unruled_rows import with_rows
from extract.reading import Box, Grid, Line, Page, Rule, Word

NUMBER: Final = re.compile(r"(?<![\d.,，])-?(?:\d[\d,，]*\.\d+|\d{1,3}(?:[,，]\d{3})+)(?![\d.])")
"""A number that could be money: decimals or grouped thousands."""

__all__ = ["Glyphs", "PageBlocks", "Ruling", "blocks_of", "page_blocks", "page_of"]


@dataclass(frozen=True, slots=True)
class PageBlocks:
    """What a page holds, top to bottom, and the numbers inside its tables that ended in no cell."""

    blocks: tuple[Line | Grid, ...]
    unread: tuple[Unread, ...]


def blocks_of(page: Page) -> PageBlocks:
    """Lines and grids of a page that a page reader gave as words and rules."""
    return page_blocks(page.number, page.width, page.height, Glyphs.of_words(page.words), Ruling.of_rules(page.rules))


def page_blocks(number: int, width: float, height: float, glyphs: Glyphs, ruling: Ruling) -> PageBlocks:
    """Lines and grids of a page, in reading order (top to bottom, side by side from left to right)."""
    sheet = Sheet.of(width, height, glyphs, ruling)
    ruled = ruled_tables(sheet)
    fields = fields_of_charts(sheet, ruled) if any(map(has_empty_cells, ruled)) else {}
    blocks = _blocks(sheet, number, ruled, fields)
    if blocks.unread and ruled and not fields and (fields := fields_of_charts(sheet, ruled)):
        return _blocks(sheet, number, ruled, fields)
    return blocks


def _blocks(sheet: Sheet, number: int, ruled: list[Table], fields: dict[int, Box]) -> PageBlocks:
    """The blocks of a page whose ruled tables, the fields of charts aside, are known."""
    tables = [with_rows(sheet, table) for index, table in enumerate(ruled) if index not in fields]
    blocks: list[tuple[float, float, Line | Grid]] = []
    owner = np.full(len(sheet.texts), -1, np.intp)
    areas: list[Box] = []
    for index, table in enumerate(tables):
        owner[table.marks] = index
        grid = table.grid(sheet, number)
        areas.append(table.area)
        blocks.append((table.area[1], table.area[0], grid))
    free = np.flatnonzero(owner < 0)
    lines = lines_of(sheet, free)
    for table in aligned_tables(sheet, [line for line in lines if sheet.straight[line[0]]], areas):
        owner[table.marks] = len(areas)
        areas.append(table.area)
        blocks.append((table.area[1], table.area[0], table.grid(sheet, number)))
    if len(areas) > len(tables):
        free = np.flatnonzero(owner < 0)
        lines = lines_of(sheet, free)
    lines, halves = _side_by_side(sheet, lines, areas)
    inside = np.zeros(len(sheet.texts), bool)
    for x0, top, x1, bottom in areas:
        x, y = sheet.middle[free, 0], sheet.middle[free, 1]
        inside[free] |= (x >= x0) & (x <= x1) & (y >= top) & (y <= bottom)
    unread: list[Unread] = []
    for line, run in zip(lines, runs_of(sheet, lines), strict=True):
        drawn = any(_holds(field, sheet.middle[line]) for field in fields.values())
        blocks.append((run.top, run.x0, Line(run.text, number, run.box, round(run.size, 2), in_chart=drawn)))
        if inside[line].any():
            unread += _lost_numbers(sheet, line[inside[line]], number)
    blocks.sort(key=lambda b: _reading_order(b[0], b[1], halves))
    return PageBlocks(tuple(b[2] for b in blocks), tuple(unread))


def _holds(box: Box, points: Floats) -> bool:
    x0, top, x1, bottom = box
    x, y = points[:, 0], points[:, 1]
    return bool(((x >= x0) & (x <= x1) & (y >= top) & (y <= bottom)).all())


@dataclass(frozen=True, slots=True)
class _Halves:
    """A zone of the page read half by half: two tables side by side, each with its own lines above."""

    top: float
    bottom: float
    gutter: float


def _reading_order(top: float, x0: float, halves: list[_Halves]) -> tuple[float, int, float, float]:
    for zone in halves:
        if zone.top - 0.5 <= top < zone.bottom:
            return zone.top, int(x0 >= zone.gutter), top, x0
    return top, 0, top, x0


def _side_by_side(sheet: Sheet, lines: list[Ints], areas: list[Box]) -> tuple[list[Ints], list[_Halves]]:
    """Lines above two tables that stand side by side, cut between the two: each table has its own title and unit."""
    halves: list[_Halves] = []
    pairs = [
        (a, b) for a in areas for b in areas
        if a[2] <= b[0] and min(a[3], b[3]) - max(a[1], b[1]) > 0.5 * min(a[3] - a[1], b[3] - b[1])
        and not any(c not in (a, b) and c[0] < b[0] and c[2] > a[2] and c[1] < a[3] and c[3] > a[1] for c in areas)
    ]  # fmt: skip
    for a, b in pairs:
        left, right, top = a[2], b[0], min(a[1], b[1])
        ceiling = max((c[3] for c in areas if c[3] <= top), default=0.0)
        start: float | None = None
        for i in range(len(lines) - 1, -1, -1):
            line = lines[i]
            low = float(sheet.box[line, 1].min())
            if low >= top or float(sheet.box[line, 3].max()) <= ceiling:
                continue
            before, after = line[sheet.end[line] <= left + 3], line[sheet.along[line] >= right - 3]
            if len(before) + len(after) < len(line):
                break  # ink between the two: it stands above both
            if len(before) and len(after):
                lines[i : i + 1] = [before, after]
                start = low
        if start is not None:
            halves.append(_Halves(start, max(a[3], b[3]), (left + right) / 2))
    return lines, halves


def page_of(number: int, width: float, height: float, glyphs: Glyphs, ruling: Ruling) -> Page:
    """Glyphs and rules as the common `Page`: characters joined into words where no blank stands between them."""
    sheet = Sheet.of(width, height, glyphs, ruling)
    words: list[Word] = []
    for line in lines_of(sheet, np.flatnonzero(sheet.straight)):
        parts = np.split(line, np.flatnonzero(blank_before(sheet, line)))
        for part in parts:
            if len(part):
                words.append(Word("".join(sheet.texts[part].tolist()), sheet.shown_box(sheet.box[part])))
    rules = [Rule((x0, y, x1, y), "h") for y, x0, x1 in ruling.level.tolist()]
    rules += [Rule((x, top, x, bottom), "v") for x, top, bottom in ruling.upright.tolist()]
    return Page(number, width, height, tuple(words), tuple(rules))


def _lost_numbers(sheet: Sheet, marks: Ints, number: int) -> list[Unread]:
    """The numbers that marks of one line spell: they stand within the area of a table and in no cell."""
    texts = sheet.texts[marks].tolist()
    blank = blank_before(sheet, marks)
    at: list[int] = []
    text = ""
    for i, (piece, gap) in enumerate(zip(texts, blank.tolist(), strict=True)):
        if gap:
            text, at = text + " ", [*at, i]
        text, at = text + piece, [*at, *([i] * len(piece))]
    lost = []
    for found in NUMBER.finditer(text):
        which = marks[sorted(set(at[found.start() : found.end()]))]
        lost.append(Unread(text=found.group(), at=PagePlace(page=number, bbox=sheet.shown_box(sheet.box[which]))))
    return lost
