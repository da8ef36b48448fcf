"""A page laid out for reading: marks and ruling lines as arrays, in the direction its text runs. Shared by all table finders.

Here belong the turn of a page, baselines and lines, blanks between marks, and `Table`, what every finder hands over.
How a table is found stands in `extract.page.ruled` and `extract.page.aligned`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from budget.disclosure import PagePlace
from extract.reading import LINE_BREAK, Box, Grid, GridCell, Rule, Word

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
_POINTLESS: Final = re.compile(r"^-?\d{4,}$")
"""Digits cut by the lower edge of a page: printers leave out the point that lies wholly behind it."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The visible marks of a page as arrays of one length: single characters (PDF) or words (scans, second reader)."""

    texts: npt.NDArray[np.str_]
    box: Floats
    """(n, 4) displayed points."""
    middle: Floats
    """(n, 2) middle of what shows of the mark: not that of its box where the page cuts it."""
    origin: Floats
    """(n, 2) where the mark stands on its baseline, displayed points."""
    size: Floats
    """(n,) em of the font in points (words: their height)."""
    advance: Floats
    """(n,) how far along the baseline the mark reaches from its origin, side bearings included."""
    turn: npt.NDArray[np.int64]
    """(n,) quarter turns anticlockwise of the writing direction, 0 for text from left to right."""
    order: Ints
    """(n,) place in the text layer, its blanks counted: two marks follow each other without a blank when it grows by one."""
    confidence: Floats | None = None
    cut: Bools | None = None
    """(n, 4) whether the clip of the page cuts the mark at its left, top, right, bottom as displayed; None: nothing is cut."""

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def nothing(cls) -> Glyphs:
        return cls.of_words(())

    @classmethod
    def of_words(cls, words: tuple[Word, ...]) -> Glyphs:
        """Words as marks; their baseline is the bottom of their box."""
        box = np.array([w.box for w in words], float).reshape(-1, 4)
        return cls(
            texts=np.array([w.text for w in words], np.str_),
            box=box,
            middle=(box[:, :2] + box[:, 2:]) / 2,
            origin=np.stack([box[:, 0], box[:, 3]], axis=1),
            size=box[:, 3] - box[:, 1],
            advance=box[:, 2] - box[:, 0],
            turn=np.zeros(len(words), np.int64),
            order=2 * np.arange(len(words)),
            confidence=np.array([w.confidence for w in words]),
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """Ruling lines as arrays: `level` (n, 3) y, x0, x1 and `upright` (n, 3) x, top, bottom, in points."""

    level: Floats
    upright: Floats

    @classmethod
    def nothing(cls) -> Ruling:
        return cls(np.empty((0, 3)), np.empty((0, 3)))

    @classmethod
    def of_lines(cls, lines: Floats, straight: float = 0.6, short: float = 1.0) -> Ruling:
        """(n, 4) boxes → rules: those at most `straight` points off the axis and at least `short` points long."""
        wide, tall = lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]
        level, upright = (tall <= straight) & (wide >= short), (wide <= straight) & (tall >= short)
        h, v = lines[level & ~(upright & (tall > wide))], lines[upright & ~(level & (wide >= tall))]
        return cls(
            np.stack([(h[:, 1] + h[:, 3]) / 2, h[:, 0], h[:, 2]], axis=1),
            np.stack([(v[:, 0] + v[:, 2]) / 2, v[:, 1], v[:, 3]], axis=1),
        )

    @classmethod
    def of_rules(cls, rules: tuple[Rule, ...]) -> Ruling:
        h = [((r.box[1] + r.box[3]) / 2, r.box[0], r.box[2]) for r in rules if r.direction == "h"]
        v = [((r.box[0] + r.box[2]) / 2, r.box[1], r.box[3]) for r in rules if r.direction == "v"]
        return cls(np.array(h, float).reshape(-1, 3), np.array(v, float).reshape(-1, 3))


def _turned_points(x: Floats, y: Floats, turn: int, width: float, height: float) -> tuple[Floats, Floats]:
    """Displayed points → the frame in which text of `turn` runs from left to right."""
    if turn == 0:
        return x, y
    if turn == 1:  # upwards on the page
        return height - y, x
    if turn == 2:
        return width - x, height - y
    return y, width - x  # downwards


def _turned_boxes(box: Floats, turn: int, width: float, height: float) -> Floats:
    if turn == 0:
        return box
    xa, ya = _turned_points(box[:, 0], box[:, 1], turn, width, height)
    xb, yb = _turned_points(box[:, 2], box[:, 3], turn, width, height)
    return np.stack([np.minimum(xa, xb), np.minimum(ya, yb), np.maximum(xa, xb), np.maximum(ya, yb)], axis=1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page in its reading direction. `base` and `along`: baseline and position along it, for the mark's own turn."""

    width: float
    height: float
    turn: int
    texts: npt.NDArray[np.str_]
    box: Floats
    middle: Floats
    base: Floats
    along: Floats
    end: Floats
    size: Floats
    order: Ints
    straight: Bools
    """Marks that run in the reading direction of the sheet."""
    sideways: npt.NDArray[np.int64]
    confidence: Floats | None
    level: Floats
    upright: Floats
    cut_above: Bools | None = None
    """Marks through which the upper edge of the page, in the reading direction, cuts."""
    cut_below: Bools | None = None

    @classmethod
    def of(cls, width: float, height: float, glyphs: Glyphs, ruling: Ruling) -> Sheet:
        turn = int(np.bincount(glyphs.turn, minlength=4).argmax()) if len(glyphs) else 0
        box = _turned_boxes(glyphs.box, turn, width, height)
        middle = np.stack(_turned_points(glyphs.middle[:, 0], glyphs.middle[:, 1], turn, width, height), axis=1)
        x, y = _turned_points(glyphs.origin[:, 0], glyphs.origin[:, 1], turn, width, height)
        sideways = (glyphs.turn - turn) & 3
        # text that climbs: lines follow each other to the right, letters upwards
        if sideways.any():
            turned = [sideways == 1, sideways == 2, sideways == 3]
            base = np.select(turned, [x, -y, -x], y)
            along = np.select(turned, [-box[:, 3], -box[:, 2], box[:, 1]], box[:, 0])
            origin = np.select(turned, [-y, -x, y], x)
            length = np.where(sideways & 1, box[:, 3] - box[:, 1], box[:, 2] - box[:, 0])
        else:
            base, along, origin, length = y, box[:, 0], x, box[:, 2] - box[:, 0]
        end = np.maximum(along + length, origin + glyphs.advance)
        along = np.minimum(along, origin)
        level, upright = ruling.level, ruling.upright
        if turn:
            h = _turned_boxes(level[:, [1, 0, 2, 0]], turn, width, height)
            v = _turned_boxes(upright[:, [0, 1, 0, 2]], turn, width, height)
            level, upright = (h[:, [1, 0, 2]], v[:, [0, 1, 3]]) if turn == 2 else (v[:, [1, 0, 2]], h[:, [0, 1, 3]])
        cut = None if glyphs.cut is None or not glyphs.cut.any() else glyphs.cut
        # left, top, right, bottom as displayed: what is up for text that runs upwards stands at its left
        above, below = ((1, 3), (0, 2), (3, 1), (2, 0))[turn]
        sheet_width, sheet_height = (height, width) if turn & 1 else (width, height)
        return cls(
            width=sheet_width,
            height=sheet_height,
            turn=turn,
            texts=glyphs.texts,
            box=box,
            middle=middle,
            base=base,
            along=along,
            end=end,
            size=glyphs.size,
            order=glyphs.order,
            straight=sideways == 0,
            sideways=sideways,
            confidence=glyphs.confidence,
            level=level,
            upright=upright,
            cut_above=None if cut is None else cut[:, above],
            cut_below=None if cut is None else cut[:, below],
        )

    def shown(self, box: Box) -> Box:
        """A box of the reading frame in displayed points."""
        if self.turn == 0:
            return box
        back = (4 - self.turn) & 3
        turned = _turned_boxes(np.array([box]), back, self.width, self.height)[0].tolist()
        return (turned[0], turned[1], turned[2], turned[3])

    def shown_box(self, boxes: Floats) -> Box:
        x0, top, x1, bottom = self.shown(bounds(boxes))
        return (round(x0, 3), round(top, 3), round(x1, 3), round(bottom, 3))


def bounds(boxes: Floats) -> Box:
    low, high = boxes.min(axis=0).tolist(), boxes.max(axis=0).tolist()
    return (low[0], low[1], high[2], high[3])


def lines_of(sheet: Sheet, marks: Ints) -> list[Ints]:
    """Marks → lines of text from top to bottom, each from left to right."""
    if not len(marks):
        return []
    line = line_numbers(sheet, marks, np.zeros(len(marks), np.intp))
    order = np.lexsort((sheet.along[marks], line))
    marks, line = marks[order], line[order]
    at = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), len(marks)]
    return [marks[a:b] for a, b in itertools.pairwise(at)]


def blank_before(sheet: Sheet, line: Ints) -> Bools:
    """For each mark of a line whether a blank stands before it."""
    if not len(line):
        return np.empty(0, bool)
    gap = sheet.along[line][1:] - sheet.end[line][:-1]
    size = np.minimum(sheet.size[line][1:], sheet.size[line][:-1])
    # the text layer knows the true advance of `.` or `1`, which may be as wide as a digit in one font and not in the next
    follows = np.diff(sheet.order[line]) == 1
    return np.concatenate(([False], gap > np.where(follows, 0.6, 0.22) * size))


@dataclass(frozen=True, slots=True)
class Run:
    """Marks read as one text: a cell, or a line outside all tables."""

    text: str
    box: Box
    """Displayed points, tight around the marks."""
    x0: float
    top: float
    """Left and top in the reading direction of the sheet."""
    size: float
    first: float
    """Left of its first mark: where a name begins, whatever its wrapped lines do."""


def runs_of(sheet: Sheet, groups: Sequence[Ints], breaks: Sequence[Bools] | None = None) -> list[Run]:
    """Groups of marks in reading order, none empty → their texts and boxes.

    One blank where a gap shows, none where a line of a cell wraps (`breaks`: the marks that begin a line).
    """
    if not groups:
        return []
    marks = np.concatenate(groups)
    ends = np.cumsum([len(g) for g in groups])
    starts = np.concatenate(([0], ends[:-1]))
    boxes = sheet.box[marks]
    tight = np.concatenate(
        [np.minimum.reduceat(boxes[:, :2], starts, axis=0), np.maximum.reduceat(boxes[:, 2:], starts, axis=0)], axis=1
    )
    shown = _turned_boxes(tight, (4 - sheet.turn) & 3, sheet.width, sheet.height).round(3).tolist()
    blank = blank_before(sheet, marks)
    blank[starts] = False
    if breaks is not None:
        blank &= ~np.concatenate(breaks)
    texts = sheet.texts[marks].tolist()
    for i in np.flatnonzero(blank).tolist():
        texts[i] = " " + texts[i]
    sizes = sheet.size[marks[starts]].tolist()
    return [
        Run("".join(texts[a:b]), (box[0], box[1], box[2], box[3]), x0, top, size, first)
        for a, b, box, (x0, top, _, _), size, first in zip(
            starts.tolist(), ends.tolist(), shown, tight.tolist(), sizes, boxes[starts, 0].tolist(), strict=True
        )
    ]


def in_cells(sheet: Sheet, marks: Ints, cell: Ints, count: int) -> tuple[list[Ints], list[Bools]]:
    """Marks sorted into `count` cells, each in reading order, with the marks that begin a line."""
    line = line_numbers(sheet, marks, cell)
    order = np.lexsort((sheet.along[marks], line, cell))
    marks, cell, line = marks[order], cell[order], line[order]
    starts = np.concatenate(([True], (np.diff(line) != 0) | (np.diff(cell) != 0))) if len(marks) else np.empty(0, bool)
    at = np.searchsorted(cell, np.arange(count + 1)).tolist()
    held = [marks[a:b] for a, b in itertools.pairwise(at)]
    return held, [starts[a:b] for a, b in itertools.pairwise(at)]


def line_numbers(sheet: Sheet, marks: Ints, group: Ints) -> Ints:
    """Number of the line of each mark within its group: baselines closer than a third of a letter are one line.

    Raised or lowered small print (m², a wrapped note mark) belongs to the line that it overlaps.
    """
    if not len(marks):
        return np.empty(0, np.intp)
    base, size, turned = sheet.base[marks], sheet.size[marks], sheet.sideways[marks]
    order = np.lexsort((base, turned, group))
    gap = np.diff(base[order])
    reach = 0.35 * np.minimum(size[order][1:], size[order][:-1])
    new = (np.diff(group[order]) != 0) | (np.diff(turned[order]) != 0) | (gap > np.clip(reach, 1.2, 5.0))
    number = np.concatenate(([0], np.cumsum(new)))
    line = np.empty(len(marks), np.intp)
    line[order] = number
    total = int(number[-1]) + 1
    largest = np.zeros(total)
    np.maximum.at(largest, line, size)
    top, bottom = np.full(total, np.inf), np.full(total, -np.inf)
    np.minimum.at(top, line, sheet.box[marks, 1])
    np.maximum.at(bottom, line, sheet.box[marks, 3])
    owner = np.zeros(total, np.intp)
    owner[line] = group
    merged = np.arange(total)
    for step in (1, -1):
        near = np.arange(total) - step
        near[near < 0] = total - 1
        near[near == total] = 0
        overlap = np.minimum(bottom, bottom[near]) - np.maximum(top, top[near])
        small = (owner == owner[near]) & (largest < 0.8 * largest[near]) & (overlap > 0.4 * (bottom - top))
        merged = np.where(small & (merged == np.arange(total)), near, merged)
    return merged[line]


@dataclass(frozen=True, slots=True)
class Table:
    """A table in the reading frame: its cells as spans of grid lines and the marks that stand in each."""

    xs: list[float]
    ys: list[float]
    spans: list[tuple[int, int, int, int]]
    """left, top, right, bottom as indexes into `xs` and `ys`, ordered by row and column."""
    held: list[Ints]
    """Marks of each cell, in reading order."""
    breaks: list[Bools]
    """For each mark of a cell whether it begins a line."""
    open_top: bool = False
    open_bottom: bool = False
    open_below: frozenset[int] = frozenset()
    """Places in `spans` of the cells that no line closes below, where lines close others beside them."""
    apart: frozenset[int] = frozenset()
    """Places in `spans` of the cells whose lines are figures of their own: their texts are kept apart."""

    @property
    def area(self) -> Box:
        return (self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    @property
    def marks(self) -> Ints:
        return np.concatenate(self.held) if self.held else np.empty(0, np.intp)

    def grid(self, sheet: Sheet, number: int) -> Grid:
        """The table as the contract's grid on page `number`: cells in row order, boxes in displayed points."""
        full = [k for k, marks in enumerate(self.held) if len(marks)]
        runs = dict(
            zip(full, runs_of(sheet, [self.held[k] for k in full], [self.breaks[k] for k in full]), strict=True)
        )
        for k in self.apart:
            starts = self.breaks[k].tolist()
            texts = sheet.texts[self.held[k]].tolist()
            text = "".join(
                (LINE_BREAK if new and n else "") + mark
                for n, (new, mark) in enumerate(zip(starts, texts, strict=True))
            )
            runs[k] = replace(runs[k], text=text)
        flush: dict[int, float] = {}
        for k, run in runs.items():
            left, _, right, _ = self.spans[k]
            if right - left == 1:
                flush[left] = min(flush.get(left, run.x0), run.x0)
        cells = []
        xs, ys = [round(float(x), 3) for x in self.xs], [round(float(y), 3) for y in self.ys]
        for k, (left, top, right, bottom) in enumerate(self.spans):
            text, indent, begins, confidence, found = "", 0, 0.0, 1.0, runs.get(k)
            if found is None:
                place = (xs[left], ys[top], xs[right], ys[bottom])
                if sheet.turn:
                    place = _rounded(sheet.shown(place))
            else:
                text, place = found.text, found.box
                if right - left == 1:
                    indent = max(0, int((found.x0 - flush[left]) / (found.size or 1.0) + 0.25))
                    begins = round((found.first - self.xs[left]) / (found.size or 1.0), 2)
                if sheet.confidence is not None:
                    confidence = float(sheet.confidence[self.held[k]].min())
            at = PagePlace.measured(number, place)
            above = below = ""
            if sheet.cut_above is not None:
                above = self._cut(sheet, k, sheet.cut_above)
            if sheet.cut_below is not None and bottom == len(ys) - 1:
                below = self._cut(sheet, k, sheet.cut_below)
                if _POINTLESS.match(below):
                    confidence = min(confidence, 0.5)
            cells.append(
                GridCell(
                    top,
                    left,
                    text,
                    at,
                    bottom - top,
                    right - left,
                    indent,
                    confidence,
                    k in self.open_below,
                    above,
                    below,
                    begins,
                )
            )
        return Grid(
            len(self.ys) - 1, len(self.xs) - 1, tuple(cells), page=number, box=_rounded(sheet.shown(self.area)),
            open_top=self.open_top, open_bottom=self.open_bottom,
        )  # fmt: skip

    def _cut(self, sheet: Sheet, k: int, cut: Bools) -> str:
        """What the marks of cell k that an edge cuts spell."""
        marks = self.held[k]
        return "".join(sheet.texts[marks[cut[marks]]].tolist())


def _rounded(box: Box) -> Box:
    return (round(box[0], 3), round(box[1], 3), round(box[2], 3), round(box[3], 3))
