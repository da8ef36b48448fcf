"""Words of a straightened picture, each with a confidence that tells which amounts to trust.

Every line is read in the boxes that the network finds; what stands in the cells of a table, and every number, is read a
second time from a crop that follows the ink. Ink that nobody has read becomes a word that is no text (`UNREADABLE`), so
that a cell is never blank by oversight.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

import cv2
import numpy as np
import numpy.typing as npt

from budget.printed_text import squeeze
from extract.page.tables import blocks_of
from extract.readers.scan_figures import Digit, ink_verdict, is_well_formed, settled, strangers
from extract.readers.scan_picture import Grey, Mask, Picture, ink_of
from extract.readers.scan_recognition import Reading, find_lines, read_lines
from extract.readers.scan_rules import find_rules, without_rules
from extract.reading import TRUSTED, Box, Grid, Page, Rule, Word

UNREADABLE: Final = "�"
"""The text of ink that could not be read."""
DISAGREED: Final = 0.4
"""Confidence of a text on which two readings, or a reading and the ink, disagree."""

CERTAIN: Final = 0.98
"""Weakest sign of a figure from which on one reading is enough where the ink bears it out."""
LETTER: Final = 2.2
"""Points: ink smaller than this in both directions is a point, a comma's dot or dirt."""

PixelBox = tuple[int, int, int, int]
Ints = npt.NDArray[np.intp]

_NUMERIC = re.compile(r"[\d.,，。:：;()（）%％+\-−—]")


@dataclass(slots=True)
class _Band:
    """One line of text in one cell (`cell` ≥ 0) or outside tables (-1), with the boxes the network found in it."""

    cell: int
    box: PixelBox
    pieces: list[int] = field(default_factory=list)


def words_of(
    picture: Picture, wanted: Callable[[Box], bool] | None = None, places: Sequence[PixelBox] | None = None
) -> Page:
    """Words and ruling lines of the straightened sheet, in its points.

    `wanted` says of a box in displayed points whether what stands there is to be read; the other lines cost nothing. `places`
    are the wanted boxes of `lines_small` where they are known.
    """
    ink = ink_of(picture.grey, picture.scale)
    rules, covered = find_rules(ink, picture.scale)
    sheet = _Sheet.of(picture, ink, rules, covered)
    if wanted is not None:
        sheet.wanted, sheet.places = wanted, places
    words = sheet.words()
    width, height = picture.size
    return Page(picture.number, width, height, tuple(words), rules)


def upright(picture: Picture) -> Picture:
    """The picture turned so that its lines run from left to right and stand on their feet.

    Sheets are fed sideways or head first. Looked at small: only the beginnings of the few longest lines are read, each way.
    """
    rows, columns = picture.grey.shape
    shrink = min(0.5, (MAX_TURN_PIXELS / (rows * columns)) ** 0.5)
    small = cast(Grey, cv2.resize(picture.grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA))
    boxes = find_lines(small)
    if not boxes:
        return picture
    sizes = np.array([(x1 - x0, bottom - top) for x0, top, x1, bottom in boxes], float)
    standing = float(sizes[sizes[:, 1] > 1.6 * sizes[:, 0]].max(axis=1, initial=0).sum())
    lying = float(sizes[sizes[:, 0] > 1.6 * sizes[:, 1]].max(axis=1, initial=0).sum())
    sides = [1, 3] if standing > 1.5 * lying else [0, 2]
    longest = sorted(boxes, key=lambda b: (-max(b[2] - b[0], b[3] - b[1]), b))[:TURN_LINES]
    crops = [picture.grey[_part(box, shrink, rows, columns)] for box in longest]
    sure = []
    for quarters in sides:
        read = read_lines([cast(Grey, np.ascontiguousarray(np.rot90(crop, quarters))) for crop in crops])
        signs = [chance for line in read for chance in line.sure]
        if len(signs) >= TURN_SIGNS and float(np.mean(signs)) >= TURN_SURE:
            return picture.turned(quarters)
        sure.append(sum(signs))
    return picture.turned(sides[0] if sure[0] * 1.1 >= sure[1] else sides[1])


MAX_TURN_PIXELS: Final = 550_000
"""Pixels on which the direction of lines is looked for: A4 at 75 dots an inch."""
TURN_LINES: Final = 6
TURN_SIGNS, TURN_SURE = 12, 0.95
"""So many signs read with this probability stand on their feet; head first they are read with 0.4 to 0.75."""
TURN_LENGTH: Final = 10
"""Of a line so many times its height is read to see which way up it stands: some ten signs."""


def _part(box: PixelBox, shrink: float, rows: int, columns: int) -> tuple[slice, slice]:
    """Where the beginning of a line found on a smaller picture stands on a picture of `rows` × `columns`."""
    x0, top, x1, bottom = box
    across, down = x1 - x0, bottom - top
    x1, bottom = x0 + min(across, TURN_LENGTH * down), top + min(down, TURN_LENGTH * across)
    return (
        slice(max(0, int(top / shrink)), min(rows, round(bottom / shrink))),
        slice(max(0, int(x0 / shrink)), min(columns, round(x1 / shrink))),
    )


def lines_small(grey: Grey) -> list[PixelBox]:
    """Boxes of lines of text found on half of the pixels each way, in pixels of `grey`."""
    small = cast(Grey, cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    rows, columns = grey.shape
    return [(2 * x0, 2 * top, min(columns, 2 * x1), min(rows, 2 * bottom)) for x0, top, x1, bottom in find_lines(small)]


STANDS: Final = 1.5
"""A box so many times as tall as it is wide holds no line of text; it may be the edge of a drawing."""
EDGE: Final = 3
"""An upright stroke so many times as tall as a line of text is the edge of a drawing."""
LARGER: Final = 300 / 72
"""Pixels a point at which tight lines of small letters are told apart."""
MAX_LARGER_PIXELS: Final = 700_000
"""Pixels up to which a sheet of pieces is drawn larger for that."""
BETWEEN: Final = 24
"""Pixels of paper between pieces of a sheet that are looked at together."""


def lines_within(grey: Grey, places: Sequence[PixelBox], scale: float) -> list[PixelBox]:
    """Boxes of lines of text within `places` (pixels), found on a sheet onto which these alone are put, row by row.

    `scale` is pixels a point.
    """
    rows, columns = grey.shape
    cut = []
    for x0, top, x1, bottom in sorted(places, key=lambda box: (box[1] - box[3], box)):
        grow = max(4, (bottom - top) // 3)
        cut.append((max(0, x0 - grow), max(0, top - grow), min(columns, x1 + grow), min(rows, bottom + grow)))
    if not cut:
        return []
    put, (wide, tall) = _laid_out([(x1 - x0, bottom - top) for x0, top, x1, bottom in cut])
    sheet = np.full((tall, wide), np.uint8(np.median(grey[::7, ::7])), np.uint8)
    for (x0, top, x1, bottom), (x, y) in zip(cut, put, strict=True):
        sheet[y : y + bottom - top, x : x + x1 - x0] = grey[top:bottom, x0:x1]
    found: set[PixelBox] = set()
    seen = _found_larger(sheet, scale)
    for place, (x, y) in zip(cut, put, strict=True):
        x0, top, x1, bottom = place
        own = [
            (left - x + x0, high - y + top, right - x + x0, low - y + top)
            for left, high, right, low in seen
            if x <= (left + right) / 2 < x + x1 - x0 and y <= (high + low) / 2 < y + bottom - top
        ]
        if any(_is_torn(box, place) for box in own):
            own = [box for box in _seen_in_context(grey, place) if _lies_in(box, place)]
        found.update((max(x0, a), max(top, b), min(x1, c), min(bottom, d)) for a, b, c, d in own)
    return sorted(_each_once(found), key=lambda box: (box[1], box[0]))


def _found_larger(sheet: Grey, scale: float) -> list[PixelBox]:
    """`find_lines` on a sheet drawn larger where its letters are small: tight lines come apart, and a small sheet costs little."""
    rows, columns = sheet.shape
    larger = max(1.0, min(LARGER / scale, (MAX_LARGER_PIXELS / (rows * columns)) ** 0.5))
    if larger > 1:
        sheet = cast(Grey, cv2.resize(sheet, None, fx=larger, fy=larger, interpolation=cv2.INTER_CUBIC))
    return [
        (round(x0 / larger), round(top / larger), round(x1 / larger), round(bottom / larger))
        for x0, top, x1, bottom in find_lines(sheet)
    ]


def _laid_out(sizes: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Where pieces of (width, height) go on a sheet about as wide as it is tall, and its width and height."""
    area = sum((across + BETWEEN) * (down + BETWEEN) for across, down in sizes)
    wide = max(max(across for across, _ in sizes) + 2 * BETWEEN, round(area**0.5))
    put: list[tuple[int, int]] = []
    x, y, tall = BETWEEN, BETWEEN, 0
    for across, down in sizes:
        if x > BETWEEN and x + across + BETWEEN > wide:
            x, y, tall = BETWEEN, y + tall + BETWEEN, 0
        put.append((x, y))
        x, tall = x + across + BETWEEN, max(tall, down)
    return put, (wide, y + tall + BETWEEN)


def _is_torn(box: PixelBox, place: PixelBox) -> bool:
    """Whether a box is no line of text but, it may be, an edge of a drawing: it fills its place or stands upright."""
    fills = box[1] <= place[1] + 1 and box[3] >= place[3] - 1
    return fills or box[3] - box[1] > STANDS * (box[2] - box[0])


def _seen_in_context(grey: Grey, place: PixelBox) -> list[PixelBox]:
    """Boxes of lines around a place: a drawing cut out of its surroundings may look like a sign."""
    x0, top, x1, bottom = place
    rows, columns = grey.shape
    left, high = max(0, 2 * x0 - x1), max(0, 2 * top - bottom)
    part = grey[high : min(rows, 2 * bottom - top), left : min(columns, 2 * x1 - x0)]
    return [(a + left, b + high, c + left, d + high) for a, b, c, d in find_lines(cast(Grey, part))]


def _lies_in(box: PixelBox, place: PixelBox) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return place[0] <= x <= place[2] and place[1] <= y <= place[3]


def _each_once(boxes: Iterable[PixelBox]) -> list[PixelBox]:
    """Boxes without those of which most lies within another: neighbouring places show an edge of each other."""
    kept: list[PixelBox] = []
    for box in sorted(boxes, key=lambda b: (-(b[2] - b[0]) * (b[3] - b[1]), b)):
        size = (box[2] - box[0]) * (box[3] - box[1])
        shared = (
            max(0, min(box[2], k[2]) - max(box[0], k[0])) * max(0, min(box[3], k[3]) - max(box[1], k[1])) for k in kept
        )
        if max(shared, default=0) <= 0.6 * size:
            kept.append(box)
    return kept


def shown_box(picture: Picture, box: PixelBox) -> Box:
    """A box in straightened pixels → the box around it on the page as displayed."""
    x0, top, x1, bottom = (side / picture.scale for side in box)
    return picture.shown((x0, top, x1, bottom))


def shows_ink(picture: Picture) -> bool:
    """Whether anything on the sheet is darker than what is around it: plain areas and soft shades show no letter."""
    return bool(ink_of(picture.grey, picture.scale).any())


def is_covered(box: Box, glyphs: npt.NDArray[np.float64]) -> bool:
    """Whether printed glyphs (n, 4) stand in at least a quarter of a box: the picture shows what is printed anyway."""
    wide = np.minimum(glyphs[:, 2], box[2]) - np.maximum(glyphs[:, 0], box[0])
    tall = np.minimum(glyphs[:, 3], box[3]) - np.maximum(glyphs[:, 1], box[1])
    shared = float((np.clip(wide, 0, None) * np.clip(tall, 0, None)).sum())
    return shared > 0.25 * (box[2] - box[0]) * (box[3] - box[1])


@dataclass(slots=True)
class _Sheet:
    picture: Picture
    clean: Grey
    """Without rules and lone dirt."""
    letters: Mask
    cells: Ints
    """(n, 4) pixel boxes of table cells."""
    area: Mask
    """Where tables are."""
    wanted: Callable[[Box], bool] | None = None
    """Whether what stands in a box (displayed points) is to be read; None where all of it is."""
    places: Sequence[PixelBox] | None = None
    """Where lines are wanted (`lines_small`), None where nobody has looked."""

    @classmethod
    def of(cls, picture: Picture, ink: Mask, rules: tuple[Rule, ...], covered: Mask) -> _Sheet:
        scale = picture.scale
        clean = without_rules(picture.grey, covered)
        near = cv2.dilate(covered.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        clean, letters = _without_dirt(clean, cast(Mask, ink & ~near), scale)
        width, height = picture.size
        grids = [b for b in blocks_of(Page(picture.number, width, height, (), rules)).blocks if isinstance(b, Grid)]
        boxes = [
            cell.at.bbox for grid in grids for cell in grid.cells if cell.at is not None and hasattr(cell.at, "bbox")
        ]
        cells = np.round(np.array(boxes, float).reshape(-1, 4) * scale).astype(np.intp)
        rows, columns = clean.shape
        cells[:, 0::2] = np.clip(cells[:, 0::2], 0, columns)
        cells[:, 1::2] = np.clip(cells[:, 1::2], 0, rows)
        area = np.zeros(clean.shape, bool)
        for x0, top, x1, bottom in cells.tolist():
            area[top:bottom, x0:x1] = True
        return cls(picture, clean, letters, cells, area)

    def words(self) -> list[Word]:
        pieces, bands = self._pieces()
        first = read_lines([self._crop(box, 0.0) for box in pieces])
        self._bands_of_missed_ink(bands)
        bands = [band for band in bands if band.pieces or self._wants(band.box)]
        again = [i for i, band in enumerate(bands) if self._wants_second(band, [first[p] for p in band.pieces])]
        tight = {i: self._ink_box(bands[i].box) for i in again}
        second = dict(zip(again, read_lines([self._crop(tight[i], 0.16) for i in again]), strict=True))
        alone = {band.cell for band in bands if not band.pieces} - {band.cell for band in bands if band.pieces}
        words: list[Word] = []
        for i, band in enumerate(bands):
            if not band.pieces and band.cell not in alone and self._under_stamp(band.box):
                continue  # what a stamp left of itself beside a name
            once = sorted(((pieces[p], first[p]) for p in band.pieces), key=lambda pair: pair[0][0])
            words += self._judged(band, once, tight.get(i), second.get(i))
        return self._held_against_ink(words)

    def _under_stamp(self, box: PixelBox) -> bool:
        return any(box[0] < s[2] and box[2] > s[0] and box[1] < s[3] and box[3] > s[1] for s in self.picture.stamps)

    def _may_hide_marks(self, box: PixelBox, borne_out: bool) -> bool:
        """Whether a digit or sign may have gone with the stamp: coloured ink at an end of a figure, or over unclear ink."""
        if not self.picture.stamps:
            return False
        x0, top, x1, bottom = box
        reach = round(0.9 * (bottom - top))
        tinted = self.picture.tinted[top:bottom]
        ends = tinted[:, max(0, x0 - reach) : x0].any() or tinted[:, x1 : x1 + reach].any()
        return bool(ends or (not borne_out and tinted[:, x0:x1].any()))

    def _held_against_ink(self, words: list[Word]) -> list[Word]:
        """The words with less confidence in figures that grammar, ink or the look of a digit speaks against."""
        s = self.picture.scale
        out: list[Word] = []
        digits: list[Digit] = []
        doubted: set[int] = set()
        for i, word in enumerate(words):
            if is_numeric(word.text) and not re.search(r"[一-鿿]", word.text):
                word = replace(word, text=settled(word.text))
                x0, top, x1, bottom = (round(v * s) for v in word.box)
                verdict, found = ink_verdict(self.letters, self.clean, (x0, top, x1, bottom), word.text, i)
                digits += found
                hidden = self._may_hide_marks((x0, top, x1, bottom), verdict == "borne out")
                if verdict == "contradicted" or hidden or not is_well_formed(word.text):
                    doubted.add(i)
            out.append(word)
        doubted |= strangers(digits)
        return [replace(w, confidence=min(w.confidence, DISAGREED)) if i in doubted else w for i, w in enumerate(out)]

    # ── where lines stand ─────────────────────────────────────────────────────────────────────────────────────────────

    def _pieces(self) -> tuple[list[PixelBox], list[_Band]]:
        """Boxes of the network cut at the sides of cells, and the lines of text they make up."""
        pieces: list[PixelBox] = []
        bands: list[_Band] = []
        in_cell: dict[int, list[int]] = {}
        for x0, top, x1, bottom in self._lines():
            left = np.maximum(self.cells[:, 0], x0)
            right = np.minimum(self.cells[:, 2], x1)
            high, low = np.maximum(self.cells[:, 1], top), np.minimum(self.cells[:, 3], bottom)
            meets = np.flatnonzero((right - left > 2) & (low - high > 2))
            inside = False
            for cell in meets.tolist():
                part = (int(left[cell]), int(high[cell]), int(right[cell]), int(low[cell]))
                inked = self._inked(part)
                if not inked:
                    continue
                inside = True
                in_cell.setdefault(cell, []).append(len(pieces))
                pieces.append(self._grown(part, (x0, top, x1, bottom), cell))
            if not inside and self._inked((x0, top, x1, bottom)) and not self.area[(top + bottom) // 2, (x0 + x1) // 2]:
                bands.append(_Band(-1, (x0, top, x1, bottom), [len(pieces)]))
                pieces.append((x0, top, x1, bottom))
        for cell, members in in_cell.items():
            bands += self._cell_bands(cell, members, pieces)
        return pieces, bands

    def _lines(self) -> list[PixelBox]:
        """Boxes of the network around lines that are wanted.

        Where some are not wanted and nothing is ruled, the sheet is a chart or a photograph beside printed text: its few
        words are found on half of the pixels, and their lines told apart on what is there alone.
        """
        if self.wanted is None or len(self.cells):
            return [box for box in find_lines(self.clean) if self._wants(box)]
        if self.places is None:
            self.places = [box for box in lines_small(self.clean) if self._wants(box)]
        found = lines_within(self.clean, self.places, self.picture.scale)
        heights = sorted(bottom - top for x0, top, x1, bottom in found if x1 - x0 >= bottom - top)
        usual = heights[len(heights) // 2] if heights else self.clean.shape[0]
        return [box for box in found if not self._is_edge(box, usual)]

    def _is_edge(self, box: PixelBox, usual: int) -> bool:
        """Whether a box holds the edge of a drawing: upright, far taller than a line is here, and of one stroke."""
        x0, top, x1, bottom = box
        tall = bottom - top
        if tall <= STANDS * (x1 - x0) or tall <= EDGE * usual:
            return False
        part = self.letters[top:bottom, x0:x1].astype(np.uint8)
        _count, _label, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
        return int(stats[1:, cv2.CC_STAT_HEIGHT].max(initial=0)) > 0.5 * tall

    def _wants(self, box: PixelBox) -> bool:
        return self.wanted is None or self.wanted(shown_box(self.picture, box))

    def _inked(self, box: PixelBox) -> bool:
        """Whether there is more than a trace of letters: at least a comma of 5 points."""
        x0, top, x1, bottom = box
        part = self.letters[top:bottom, x0:x1]
        if not part.any():
            return False
        rows = np.flatnonzero(part.any(axis=1))
        columns = np.flatnonzero(part.any(axis=0))
        least = LETTER * 0.8 * self.picture.scale
        return bool(rows[-1] - rows[0] + 1 >= least or columns[-1] - columns[0] + 1 >= least)

    def _grown(self, part: PixelBox, box: PixelBox, cell: int) -> PixelBox:
        """A box within a cell made tight to the ink it holds, with a margin."""
        x0, top, x1, bottom = part
        columns = np.flatnonzero(self.letters[top:bottom, x0:x1].any(axis=0))
        margin = max(2, round(0.25 * (bottom - top)))
        return (max(x0, x0 + int(columns[0]) - margin), top, min(x1, x0 + int(columns[-1]) + 1 + margin), bottom)

    def _cell_bands(self, cell: int, members: list[int], pieces: list[PixelBox]) -> list[_Band]:
        bands: list[_Band] = []
        cell_x0, cell_x1 = int(self.cells[cell, 0]), int(self.cells[cell, 2])
        for p in sorted(members, key=lambda p: (pieces[p][1] + pieces[p][3], pieces[p][0])):
            _x0, top, _x1, bottom = pieces[p]
            for band in bands:
                shared = min(bottom, band.box[3]) - max(top, band.box[1])
                if shared > 0.5 * min(bottom - top, band.box[3] - band.box[1]):
                    band.box = (cell_x0, min(top, band.box[1]), cell_x1, max(bottom, band.box[3]))
                    band.pieces.append(p)
                    break
            else:
                bands.append(_Band(cell, (cell_x0, top, cell_x1, bottom), [p]))
        return bands

    def _bands_of_missed_ink(self, bands: list[_Band]) -> None:
        """Lines in cells where the network saw nothing but letters stand."""
        rest = self.letters.copy()
        rest[~self.area] = False
        for band in bands:
            x0, top, x1, bottom = band.box
            reach = max(1, (bottom - top) // 6)
            rest[max(0, top - reach) : bottom + reach, x0:x1] = False
        least = LETTER * 1.3 * self.picture.scale
        for cell, (x0, top, x1, bottom) in enumerate(self.cells.tolist()):
            part = rest[top:bottom, x0:x1]
            if not part.any():
                continue
            rows = part.any(axis=1)
            edges = np.flatnonzero(np.diff(np.concatenate(([0], rows.astype(np.int8), [0]))))
            runs = [[top + a, top + b] for a, b in zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)]
            joined: list[list[int]] = []
            for a, b in runs:  # 二 is two runs, one character
                if (
                    joined
                    and a - joined[-1][1] < 2.5 * self.picture.scale
                    and b - joined[-1][0] < 14 * self.picture.scale
                ):
                    joined[-1][1] = b
                else:
                    joined.append([a, b])
            for a, b in joined:
                columns = np.flatnonzero(rest[a:b, x0:x1].any(axis=0))
                if b - a >= least or columns[-1] - columns[0] >= least:
                    bands.append(_Band(cell, (x0, a, x1, b)))

    def _ink_box(self, box: PixelBox) -> PixelBox:
        """The smallest box around the letters of a band."""
        x0, top, x1, bottom = box
        part = self.letters[top:bottom, x0:x1]
        if not part.any():
            return box
        rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
        return (x0 + int(columns[0]), top + int(rows[0]), x0 + int(columns[-1]) + 1, top + int(rows[-1]) + 1)

    def _crop(self, box: PixelBox, margin: float) -> Grey:
        """The clean picture in a box widened by a share of its height, paper beyond the edge of the sheet."""
        x0, top, x1, bottom = box
        grow = round(margin * (bottom - top))
        across = round(1.6 * margin * (bottom - top))
        rows, columns = self.clean.shape
        part = self.clean[
            max(0, top - grow) : min(rows, bottom + grow), max(0, x0 - across) : min(columns, x1 + across)
        ]
        return cast(Grey, np.ascontiguousarray(part))

    # ── what they read ────────────────────────────────────────────────────────────────────────────────────────────────

    def _wants_second(self, band: _Band, once: Sequence[Reading]) -> bool:
        if not once:
            return True
        text = "".join(reading.text for reading in once)
        if len(once) == 1 and self._is_certain(band, once[0]):
            return False
        if is_numeric(text) or min(reading.weakest for reading in once) < TRUSTED:
            return True
        return band.cell >= 0 and len(once) > 1

    def _is_certain(self, band: _Band, reading: Reading) -> bool:
        """Whether a figure needs no second reading: sure of every sign, the same by digits alone, of the form of a figure, and
        borne out by its ink, mark by mark. Its digits are still held against those of the page."""
        text = squeeze(reading.text)
        if reading.weakest < CERTAIN or text != squeeze(reading.amount) or not is_well_formed(text):
            return False
        return ink_verdict(self.letters, self.clean, self._ink_box(band.box), text, 0)[0] == "borne out"

    def _judged(
        self, band: _Band, once: Sequence[tuple[PixelBox, Reading]], tight: PixelBox | None, second: Reading | None
    ) -> list[Word]:
        """The words of a line after both readings have been held against each other."""
        text = "".join(reading.text for _, reading in once)
        if second is None or tight is None:
            return [word for box, reading in once for word in self._split(box, reading, 1.0)]
        if not once:
            if not squeeze(second.text):
                return [self._word(UNREADABLE, tight, 0.0)]
            return self._split(tight, second, DISAGREED if is_numeric(second.text) else 1.0)
        same = squeeze(text) == squeeze(second.text)
        if is_numeric(text) or is_numeric(second.text):
            cap = 1.0 if same and squeeze(second.text) == squeeze(second.amount) else DISAGREED
            if same and cap < 1.0 and not re.fullmatch(r"[\d.,\-]*", squeeze(text)):
                cap = 0.9  # brackets, a percent sign: the digits cannot tell
            better = second.weakest >= min(reading.weakest for _, reading in once)
            cap = min(cap, min(reading.weakest for _, reading in once))
            if better or len(once) > 1:
                return self._split(tight, second, min(cap, second.weakest))
            return self._split(once[0][0], once[0][1], min(cap, second.weakest))
        if squeeze(second.text) and second.weakest > min(reading.weakest for _, reading in once) and not same:
            return self._split(tight, second, 1.0)
        return [word for box, reading in once for word in self._split(box, reading, 1.0)]

    def _split(self, box: PixelBox, reading: Reading, cap: float) -> list[Word]:
        """A line as read → words parted where the ink leaves a gap or the text a blank."""
        if not squeeze(reading.text):
            return []
        x0, top, x1, bottom = box
        columns = self.letters[top:bottom, x0:x1].any(axis=0)
        rows = np.flatnonzero(self.letters[top:bottom, x0:x1].any(axis=1))
        if not len(rows):
            return []
        top, bottom = top + int(rows[0]), top + int(rows[-1]) + 1
        gap = max(3.0, 1.2 * (bottom - top))
        inked = np.flatnonzero(columns)
        starts = np.concatenate(([0], np.flatnonzero(np.diff(inked) > gap) + 1))
        stretches = [
            (x0 + int(inked[a]), x0 + int(inked[b - 1]) + 1)
            for a, b in zip(starts, [*starts[1:], len(inked)], strict=True)
        ]
        texts = [""] * len(stretches)
        sure = [1.0] * len(stretches)
        for character, chance, at in zip(reading.text, reading.sure, reading.at, strict=True):
            middle = x0 + at * (x1 - x0)
            which = min(
                range(len(stretches)), key=lambda i: max(stretches[i][0] - middle, middle - stretches[i][1], 0.0)
            )
            texts[which] += character
            sure[which] = min(sure[which], chance)
        words = []
        for (a, b), text, chance in zip(stretches, texts, sure, strict=True):
            if squeeze(text):
                words.append(self._word(squeeze_blanks(text), (a, top, b, bottom), min(cap, chance)))
        return words

    def _word(self, text: str, box: PixelBox, confidence: float) -> Word:
        s = self.picture.scale
        return Word(text, (box[0] / s, box[1] / s, box[2] / s, box[3] / s), round(confidence, 3))


def squeeze_blanks(text: str) -> str:
    return re.sub(r"\s+", "", text)


def is_numeric(text: str) -> bool:
    """Whether a text is mostly a number: then digits decide, and a wrong one is a wrong amount."""
    plain = squeeze(text)
    return bool(re.search(r"\d", plain)) and 2 * len(_NUMERIC.findall(plain)) > len(plain)


def _without_dirt(clean: Grey, letters: Mask, scale: float) -> tuple[Grey, Mask]:
    """Specks that stand away from all letters become paper: read as points they would cut an amount."""
    _count, label, stats, _ = cv2.connectedComponentsWithStats(letters.astype(np.uint8), connectivity=8)
    large = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) >= LETTER * scale
    large[0] = False
    kernel = np.ones((2 * max(1, round(2.6 * scale)) + 1, 2 * max(2, round(4.2 * scale)) + 1), np.uint8)
    near = cv2.dilate(large[label].astype(np.uint8), kernel).astype(bool)
    kept = large.copy()
    kept[np.unique(label[near & letters])] = True
    kept[0] = False
    keep = kept[label]
    dirt = cv2.dilate((letters & ~keep).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool) & ~keep
    out = clean.copy()
    out[dirt] = np.uint8(min(255, int(np.median(clean[::7, ::7]))))
    return out, cast(Mask, letters & keep)
