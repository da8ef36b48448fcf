"""Tables on a page: glyphs and ruling lines → lines of text and grids of cells with spans, text and boxes.

Here belongs everything that is true of tables on paper whatever file or reader the page came from. No file format and no
budget knowledge. All boxes are x0, top, x1, bottom in displayed points; a page whose text runs sideways is read in its
own direction and the boxes are turned back.

How a ruled table is found: ruling lines within `SNAP` of each other are one, collinear stretches closer than `SNAP` are
joined, four crossings joined by lines on all sides make a cell, cells that share a corner make a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from budget.disclosure import PagePlace, Unread
from extract.reading import Box, Grid, GridCell, Line, Page, Rule, Word

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

SNAP: Final = 3.0
"""Points within which two ruling lines, or the end of one and the side of another, are taken to touch."""
SHORTEST: Final = 3.0
"""A joined ruling line below this length is a dot or a dash."""
NUMBER: Final = re.compile(r"(?<![\d.,，])-?(?:\d[\d,，]*\.\d+|\d{1,3}(?:[,，]\d{3})+)(?![\d.])")
"""A number that could be money: decimals or grouped thousands."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The visible marks of a page as arrays of one length: single characters (PDF) or words (scans, second reader)."""

    texts: npt.NDArray[np.str_]
    box: Floats
    """(n, 4) displayed points."""
    origin: Floats
    """(n, 2) where the mark stands on its baseline, displayed points."""
    size: Floats
    """(n,) letter height in points."""
    turn: npt.NDArray[np.int64]
    """(n,) quarter turns anticlockwise of the writing direction, 0 for text from left to right."""
    confidence: Floats | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def nothing(cls) -> Glyphs:
        return cls(np.empty(0, "<U1"), np.empty((0, 4)), np.empty((0, 2)), np.empty(0), np.empty(0, np.int64))

    @classmethod
    def of_words(cls, words: tuple[Word, ...]) -> Glyphs:
        """Words as marks; their baseline is the bottom of their box."""
        if not words:
            return cls.nothing()
        box = np.array([w.box for w in words], float)
        return cls(
            texts=np.array([w.text for w in words]),
            box=box,
            origin=np.stack([box[:, 0], box[:, 3]], axis=1),
            size=box[:, 3] - box[:, 1],
            turn=np.zeros(len(words), np.int64),
            confidence=np.array([w.confidence for w in words]),
        )

    def chosen(self, which: Bools | Ints) -> Glyphs:
        confidence = None if self.confidence is None else self.confidence[which]
        return Glyphs(self.texts[which], self.box[which], self.origin[which], self.size[which], self.turn[which], confidence)


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
    sheet = _Sheet.of(width, height, glyphs, ruling)
    tables = _ruled_tables(sheet)
    blocks: list[tuple[float, float, Line | Grid]] = []
    owner = np.full(len(glyphs), -1, np.intp)
    areas: list[Box] = []
    for index, table in enumerate(tables):
        owner[table.marks] = index
        grid = table.grid(sheet, number)
        areas.append(table.area)
        blocks.append((table.area[1], table.area[0], grid))
    free = np.flatnonzero((owner < 0) & sheet.straight)
    unread: list[Unread] = []
    for line in _lines(sheet, free):
        text = _joined(sheet, line)
        box = sheet.shown_box(sheet.box[line])
        x0, top, _x1, _bottom = _bounds(sheet.box[line])
        blocks.append((top, x0, Line(text, number, box, round(float(np.median(sheet.size[line])), 2))))
        unread += _lost_numbers(sheet, line, areas, number)
    blocks.sort(key=lambda b: (b[0], b[1]))
    return PageBlocks(tuple(b[2] for b in blocks), tuple(unread))


def page_of(number: int, width: float, height: float, glyphs: Glyphs, ruling: Ruling) -> Page:
    """Glyphs and rules as the common `Page`: characters joined into words where no blank stands between them."""
    sheet = _Sheet.of(width, height, glyphs, ruling)
    words: list[Word] = []
    for line in _lines(sheet, np.flatnonzero(sheet.straight)):
        parts = np.split(line, np.flatnonzero(_blank_before(sheet, line)))
        for part in parts:
            if len(part):
                words.append(Word("".join(sheet.texts[part].tolist()), sheet.shown_box(sheet.box[part])))
    rules = [Rule((x0, y, x1, y), "h") for y, x0, x1 in ruling.level.tolist()]
    rules += [Rule((x, top, x, bottom), "v") for x, top, bottom in ruling.upright.tolist()]
    return Page(number, width, height, tuple(words), tuple(rules))


# ── the sheet in reading direction ────────────────────────────────────────────────────────────────────────────────────


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
class _Sheet:
    """A page in its reading direction. `base` and `along`: baseline and position along it, for the mark's own turn."""

    width: float
    height: float
    turn: int
    texts: npt.NDArray[np.str_]
    box: Floats
    base: Floats
    along: Floats
    size: Floats
    straight: Bools
    """Marks that run in the reading direction of the sheet."""
    sideways: npt.NDArray[np.int64]
    confidence: Floats | None
    level: Floats
    upright: Floats

    @classmethod
    def of(cls, width: float, height: float, glyphs: Glyphs, ruling: Ruling) -> _Sheet:
        turn = int(np.bincount(glyphs.turn, minlength=4).argmax()) if len(glyphs) else 0
        box = _turned_boxes(glyphs.box, turn, width, height)
        x, y = _turned_points(glyphs.origin[:, 0], glyphs.origin[:, 1], turn, width, height)
        sideways = (glyphs.turn - turn) & 3
        # text that climbs: lines follow each other to the right, letters upwards
        base = np.select([sideways == 1, sideways == 2, sideways == 3], [x, -y, -x], y)
        along = np.select([sideways == 1, sideways == 2, sideways == 3], [-box[:, 3], -box[:, 2], box[:, 1]], box[:, 0])
        level, upright = ruling.level, ruling.upright
        if turn:
            h = _turned_boxes(level[:, [1, 0, 2, 0]], turn, width, height)
            v = _turned_boxes(upright[:, [0, 1, 0, 2]], turn, width, height)
            level, upright = (h[:, [1, 0, 2]], v[:, [0, 1, 3]]) if turn == 2 else (v[:, [1, 0, 2]], h[:, [0, 1, 3]])
        sheet_width, sheet_height = (height, width) if turn & 1 else (width, height)
        return cls(
            sheet_width, sheet_height, turn, glyphs.texts, box, base, along, glyphs.size, sideways == 0, sideways,
            glyphs.confidence, level, upright,
        )  # fmt: skip

    def shown(self, box: Box) -> Box:
        """A box of the reading frame in displayed points."""
        if self.turn == 0:
            return box
        back = (4 - self.turn) & 3
        turned = _turned_boxes(np.array([box]), back, self.width, self.height)[0].tolist()
        return (turned[0], turned[1], turned[2], turned[3])

    def shown_box(self, boxes: Floats) -> Box:
        x0, top, x1, bottom = self.shown(_bounds(boxes))
        return (round(x0, 3), round(top, 3), round(x1, 3), round(bottom, 3))


def _bounds(boxes: Floats) -> Box:
    low, high = boxes.min(axis=0).tolist(), boxes.max(axis=0).tolist()
    return (low[0], low[1], high[2], high[3])


# ── crossings and cells ───────────────────────────────────────────────────────────────────────────────────────────────


def _snapped(values: Floats, tolerance: float = SNAP) -> tuple[Ints, Floats]:
    """Values chained within `tolerance` → (group of each, mean of each group), groups in ascending order."""
    order = np.argsort(values, kind="stable")
    group = np.empty(len(values), np.intp)
    group[order] = np.concatenate(([0], np.cumsum(np.diff(values[order]) > tolerance)))
    return group, np.bincount(group, values) / np.bincount(group)


def _joined_stretches(group: Ints, low: Floats, high: Floats, gap: float = SNAP) -> tuple[Ints, Floats, Floats]:
    """Stretches of one group that overlap or lie within `gap` become one; the short ones that remain are dropped."""
    apart = 1e6
    key = group * apart
    start = key + low
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate((key + high)[order])
    new = np.concatenate(([True], start[1:] > reach[:-1] + gap))
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(start)) - 1
    which = group[order][first]
    lows, highs = start[first] - which * apart, reach[last] - which * apart
    keep = highs - lows >= SHORTEST
    return which[keep], lows[keep], highs[keep]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells between grid lines: `xs`, `ys` their positions, `spans` (n, 4) left, top, right, bottom as indexes."""

    xs: Floats
    ys: Floats
    spans: Ints


def _edges(level: Floats, upright: Floats) -> tuple[Floats, Floats]:
    """Snap and join: rules as they look. Returns level (n, 3), upright (n, 3)."""
    if len(level):
        group, at = _snapped(level[:, 0])
        which, low, high = _joined_stretches(group, level[:, 1], level[:, 2])
        level = np.stack([at[which], low, high], axis=1)
    if len(upright):
        group, at = _snapped(upright[:, 0])
        which, low, high = _joined_stretches(group, upright[:, 1], upright[:, 2])
        upright = np.stack([at[which], low, high], axis=1)
    return level, upright


def _cells(level: Floats, upright: Floats) -> _Cells | None:
    """Joined rules → every smallest rectangle whose four sides are drawn."""
    if len(level) < 2 or len(upright) < 2:
        return None
    ys, h_of = np.unique(level[:, 0], return_inverse=True)
    xs, v_of = np.unique(upright[:, 0], return_inverse=True)
    crosses = (
        (upright[:, 1, None] <= level[:, 0] + SNAP) & (upright[:, 2, None] >= level[:, 0] - SNAP)
        & (upright[:, 0, None] >= level[:, 1] - SNAP) & (upright[:, 0, None] <= level[:, 2] + SNAP)
    )  # fmt: skip
    of_v, of_h = np.nonzero(crosses)
    if len(of_v) < 4:
        return None
    n_x, n_y = len(xs), len(ys)
    v_at = np.full((n_x, n_y), -1, np.intp)
    h_at = v_at.copy()
    px, py = v_of[of_v], h_of[of_h]
    v_at[px, py], h_at[px, py] = of_v, of_h
    there = v_at >= 0
    below = np.full((n_x, n_y), n_y, np.intp)
    marks = np.where(there, np.arange(n_y), n_y)
    below[:, :-1] = np.minimum.accumulate(marks[:, ::-1], axis=1)[:, ::-1][:, 1:]
    right = np.full((n_x, n_y), n_x, np.intp)
    marks = np.where(there, np.arange(n_x)[:, None], n_x)
    right[:-1, :] = np.minimum.accumulate(marks[::-1], axis=0)[::-1][1:]

    x, y = np.nonzero(there)
    b, r = below[x, y], right[x, y]
    ok = (b < n_y) & (r < n_x)
    x, y, b, r = x[ok], y[ok], b[ok], r[ok]
    ok = (v_at[x, b] == v_at[x, y]) & (h_at[r, y] == h_at[x, y])
    x, y, b, r = x[ok], y[ok], b[ok], r[ok]
    whole = (h_at[r, b] == h_at[x, b]) & (v_at[r, b] == v_at[r, y]) & (h_at[r, b] >= 0)
    spans = np.stack([x, y, r, b], axis=1)
    found, open_ = spans[whole], spans[~whole]
    if len(open_):
        # merged cells: walk on along both sides until a drawn corner closes the rectangle
        v_list, h_list, below_list, right_list = v_at.tolist(), h_at.tolist(), below.tolist(), right.tolist()
        more = []
        for cx, cy, first_right, first_below in open_.tolist():
            corner = _closing_corner(cx, cy, first_right, first_below, v_list, h_list, below_list, right_list, n_x, n_y)
            if corner is not None:
                more.append((cx, cy, *corner))
        if more:
            found = np.concatenate([found, np.array(more, np.intp)])
    return _Cells(xs, ys, found) if len(found) else None


def _closing_corner(
    x: int, y: int, first_right: int, first_below: int,
    v_at: list[list[int]], h_at: list[list[int]], below: list[list[int]], right: list[list[int]], n_x: int, n_y: int,
) -> tuple[int, int] | None:  # fmt: skip
    v, h = v_at[x][y], h_at[x][y]
    b = first_below
    while b < n_y and v_at[x][b] == v:
        bottom = h_at[x][b]
        r = first_right
        while r < n_x and h_at[r][y] == h:
            if h_at[r][b] == bottom and v_at[r][b] == v_at[r][y]:
                return r, b
            r = right[r][y]
        b = below[x][b]
    return None


def _missing_sides(along: Floats, across: Floats, middle: Floats) -> tuple[Floats, Floats]:
    """Sides that are not drawn: (at the low ends, at the high ends) of the rules `along`, as rules like `across`.

    A table cut by the edge of a page or printed without its outer border ends in rules that run on beyond the last rule
    across them and stop together. Where marks stand between such loose ends, a side belongs there.
    `along` (n, 3) position, low, high; `across` (m, 3) likewise; `middle` (k, 2) middles of the marks, position of
    `along` first.
    """
    crosses = (
        (along[:, 1, None] <= across[:, 0] + SNAP) & (along[:, 2, None] >= across[:, 0] - SNAP)
        & (along[:, 0, None] >= across[:, 1] - SNAP) & (along[:, 0, None] <= across[:, 2] + SNAP)
    )  # fmt: skip
    sides = []
    for end in (1, 2):
        meets = crosses & (np.abs(across[None, :, 0] - along[:, end, None]) <= SNAP)
        loose = ~meets.any(axis=1) & crosses.any(axis=1)
        added: list[tuple[float, float, float]] = []
        if loose.sum() >= 1:
            group, at = _snapped(along[:, end])
            for g in np.unique(group[loose]).tolist():
                members = np.flatnonzero((group == g) & crosses.any(axis=1))
                members = members[np.argsort(along[members, 0])]
                added += _sides_between(along, across, crosses, members, loose, float(at[g]), end, middle)
        sides.append(np.array(added, float).reshape(-1, 3))
    return sides[0], sides[1]


def _sides_between(
    along: Floats, across: Floats, crosses: Bools, members: Ints, loose: Bools, at: float, end: int, middle: Floats
) -> list[tuple[float, float, float]]:
    """One side for every run of neighbouring rules that some rule across joins, when text stands before their ends."""
    added: list[tuple[float, float, float]] = []
    first = 0
    needed = False
    for k in range(len(members)):
        if k + 1 < len(members):
            a, b = int(members[k]), int(members[k + 1])
            shared = crosses[a] & crosses[b]
            if shared.any():
                last = float(across[shared, 0].min() if end == 1 else across[shared, 0].max())
                low, high = min(at, last), max(at, last)
                within = (middle[:, 0] > along[a, 0]) & (middle[:, 0] < along[b, 0])
                needed |= bool((loose[a] or loose[b]) and (within & (middle[:, 1] > low) & (middle[:, 1] < high)).any())
                continue
        if needed and k > first:
            added.append((at, float(along[members[first], 0]), float(along[members[k], 0])))
        first, needed = k + 1, False
    return added


def _components(cells: _Cells) -> Ints:
    """Label of each cell's table: cells that share a corner belong together."""
    n, spans, n_y = len(cells.spans), cells.spans, len(cells.ys)
    corners = np.stack(
        [spans[:, 0] * n_y + spans[:, 1], spans[:, 0] * n_y + spans[:, 3], spans[:, 2] * n_y + spans[:, 1], spans[:, 2] * n_y + spans[:, 3]],
        axis=1,
    )
    label = np.arange(n)
    flat = corners.ravel()
    while True:
        least = np.full(len(cells.xs) * n_y, n)
        np.minimum.at(least, flat, np.repeat(label, 4))
        new = least[corners].min(axis=1)
        new = new[new]
        if (new == label).all():
            return label
        label = new


# ── ruled tables ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Table:
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

    @property
    def area(self) -> Box:
        return (self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    @property
    def marks(self) -> Ints:
        return np.concatenate(self.held) if self.held else np.empty(0, np.intp)

    def grid(self, sheet: _Sheet, number: int) -> Grid:
        cells = []
        lefts: dict[int, list[float]] = {}
        for (left, _top, right, _bottom), marks in zip(self.spans, self.held, strict=True):
            if len(marks) and right - left == 1:
                lefts.setdefault(left, []).append(float(sheet.box[marks, 0].min()))
        flush = {column: min(values) for column, values in lefts.items()}
        for (left, top, right, bottom), marks, starts in zip(self.spans, self.held, self.breaks, strict=True):
            if len(marks):
                place = sheet.shown_box(sheet.box[marks])
                text = _joined(sheet, marks, starts)
                size = float(np.median(sheet.size[marks])) or 1.0
                indent = int((float(sheet.box[marks, 0].min()) - flush.get(left, np.inf)) / size + 0.25) if right - left == 1 else 0
                confidence = 1.0 if sheet.confidence is None else float(sheet.confidence[marks].min())
            else:
                ruled = sheet.shown((self.xs[left], self.ys[top], self.xs[right], self.ys[bottom]))
                place, text, indent, confidence = _rounded(ruled), "", 0, 1.0
            at = PagePlace(page=number, bbox=place)
            cells.append(GridCell(top, left, text, at, bottom - top, right - left, max(0, indent), confidence))
        return Grid(
            len(self.ys) - 1, len(self.xs) - 1, tuple(cells), page=number, box=_rounded(sheet.shown(self.area)),
            open_top=self.open_top, open_bottom=self.open_bottom,
        )  # fmt: skip


def _rounded(box: Box) -> Box:
    return (round(box[0], 3), round(box[1], 3), round(box[2], 3), round(box[3], 3))


def _ruled_tables(sheet: _Sheet) -> list[_Table]:
    level, upright = _edges(sheet.level, sheet.upright)
    if not len(level) or not len(upright):
        return []
    middle = (sheet.box[:, :2] + sheet.box[:, 2:]) / 2
    tops, bottoms = _missing_sides(upright, level, middle)
    left, right = _missing_sides(level, upright, middle[:, ::-1])
    if len(tops) or len(bottoms) or len(left) or len(right):
        level, upright = _edges(np.concatenate([level, tops, bottoms]), np.concatenate([upright, left, right]))
    cells = _cells(level, upright)
    if cells is None:
        return []
    label = _components(cells)
    lone = np.bincount(label, minlength=len(label))[label] < 2  # a single frame is no table
    keep = np.flatnonzero(~lone)
    if not len(keep):
        return []
    cells, label = _Cells(cells.xs, cells.ys, cells.spans[keep]), label[keep]
    owner = _owners(cells, sheet)
    tables = []
    for table in np.unique(label).tolist():
        members = np.flatnonzero(label == table)
        tables.append(_table_of(cells, members, owner, sheet))
    return tables


def _owners(cells: _Cells, sheet: _Sheet) -> Ints:
    """The cell in which the middle of each mark stands, -1 for none. The smallest wins where frames are nested."""
    n_x, n_y = len(cells.xs), len(cells.ys)
    spans = cells.spans
    plan = np.full((n_x + 1, n_y + 1), -1, np.intp)
    size = (spans[:, 2] - spans[:, 0]) * (spans[:, 3] - spans[:, 1])
    large = np.flatnonzero(size > 1)
    for i in large[np.argsort(-size[large], kind="stable")].tolist():
        left, top, right, bottom = spans[i].tolist()
        plan[left:right, top:bottom] = i
    unit = np.flatnonzero(size == 1)
    plan[spans[unit, 0], spans[unit, 1]] = unit
    middle_x, middle_y = (sheet.box[:, 0] + sheet.box[:, 2]) / 2, (sheet.box[:, 1] + sheet.box[:, 3]) / 2
    column = np.searchsorted(cells.xs, middle_x, "right") - 1  # -1 wraps to the spare last place, which holds -1
    row = np.searchsorted(cells.ys, middle_y, "right") - 1
    return plan[column, row]


def _table_of(cells: _Cells, members: Ints, owner: Ints, sheet: _Sheet) -> _Table:
    spans = cells.spans[members]
    order = np.lexsort((spans[:, 0], spans[:, 1]))
    members, spans = members[order], spans[order]
    used_x = np.unique(spans[:, [0, 2]])
    used_y = np.unique(spans[:, [1, 3]])
    local = np.stack(
        [np.searchsorted(used_x, spans[:, 0]), np.searchsorted(used_y, spans[:, 1]), np.searchsorted(used_x, spans[:, 2]), np.searchsorted(used_y, spans[:, 3])],
        axis=1,
    )
    place = np.full(len(cells.spans), -1, np.intp)
    place[members] = np.arange(len(members))
    inside = np.flatnonzero(owner >= 0)
    inside = inside[place[owner[inside]] >= 0]
    held, breaks = _in_cells(sheet, inside, place[owner[inside]], len(members))
    return _Table(
        xs=cells.xs[used_x].tolist(), ys=cells.ys[used_y].tolist(),
        spans=[(a, b, c, d) for a, b, c, d in local.tolist()], held=held, breaks=breaks,
    )  # fmt: skip


def _in_cells(sheet: _Sheet, marks: Ints, cell: Ints, count: int) -> tuple[list[Ints], list[Bools]]:
    """Marks sorted into `count` cells, each in reading order, with the marks that begin a line."""
    line = _line_numbers(sheet, marks, cell)
    order = np.lexsort((sheet.along[marks], line, cell))
    marks, cell, line = marks[order], cell[order], line[order]
    starts = np.concatenate(([True], (np.diff(line) != 0) | (np.diff(cell) != 0))) if len(marks) else np.empty(0, bool)
    at = np.searchsorted(cell, np.arange(1, count))
    return list(np.split(marks, at)), list(np.split(starts, at))


def _line_numbers(sheet: _Sheet, marks: Ints, group: Ints) -> Ints:
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
    for i in range(total):
        for j in (i - 1, i + 1):
            if 0 <= j < total and owner[i] == owner[j] and largest[i] < 0.8 * largest[j]:
                overlap = min(bottom[i], bottom[j]) - max(top[i], top[j])
                if overlap > 0.4 * (bottom[i] - top[i]):
                    merged[i] = j
                    break
    return merged[line]


# ── lines and text ────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(sheet: _Sheet, marks: Ints) -> list[Ints]:
    """Marks → lines of text from top to bottom, each from left to right."""
    if not len(marks):
        return []
    line = _line_numbers(sheet, marks, np.zeros(len(marks), np.intp))
    order = np.lexsort((sheet.along[marks], line))
    marks, line = marks[order], line[order]
    return list(np.split(marks, np.flatnonzero(np.diff(line)) + 1))


def _blank_before(sheet: _Sheet, line: Ints) -> Bools:
    """For each mark of a line whether a blank stands before it."""
    if not len(line):
        return np.empty(0, bool)
    start = sheet.along[line]
    extent = np.where(sheet.sideways[line] & 1, sheet.box[line, 3] - sheet.box[line, 1], sheet.box[line, 2] - sheet.box[line, 0])
    gap = start[1:] - (start + extent)[:-1]
    size = np.minimum(sheet.size[line][1:], sheet.size[line][:-1])
    return np.concatenate(([False], gap > 0.6 * size))


def _joined(sheet: _Sheet, marks: Ints, starts: Bools | None = None) -> str:
    """The text of marks in reading order; one blank where a gap shows, none where a line of a cell wraps."""
    texts = sheet.texts[marks].tolist()
    blank = _blank_before(sheet, marks)
    if starts is not None:
        blank &= ~starts
    if not blank.any():
        return "".join(texts)
    return "".join(" " + text if gap else text for text, gap in zip(texts, blank.tolist(), strict=True))


def _lost_numbers(sheet: _Sheet, line: Ints, areas: list[Box], number: int) -> list[Unread]:
    """Numbers of a line outside all cells that stand within the area of a table."""
    x, y = (sheet.box[line, 0] + sheet.box[line, 2]) / 2, (sheet.box[line, 1] + sheet.box[line, 3]) / 2
    inside = np.zeros(len(line), bool)
    for x0, top, x1, bottom in areas:
        inside |= (x >= x0) & (x <= x1) & (y >= top) & (y <= bottom)
    if not inside.any():
        return []
    marks = line[inside]
    texts = sheet.texts[marks].tolist()
    blank = _blank_before(sheet, marks)
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


