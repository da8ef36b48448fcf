"""Glyphs that are printed twice, and glyphs that stand above their line: what a person sees of them.

Programs make letters bold by printing them two or more times a hair apart, and some print whole titles several times at the same
place; a person sees each once. A small digit that stands above the line is the mark of a note, not a digit of the figure beside it.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from extract.page.tables import Glyphs
from extract.reading import raised

TWICE: Final = 0.1
"""Share of the letter height within which the same letter of the same size stands at the same place: digits of one number stand
at least four times as far apart."""
SAME_SIZE: Final = 0.05
SMALL: Final = 0.75
"""Share of the letter height of its neighbour below which a digit is small: marks are set at a half to two thirds."""
LIFTED: Final = 0.15
"""Share of the letter height of its neighbour by which the foot of a mark stands above the line."""
NEAR: Final = 1.2
"""Letter heights between a figure and its mark, and between the digits of a mark, at the most."""


def printed_once(glyphs: Glyphs) -> Glyphs:
    """The glyphs without those that stand again where the same letter stands already; their order is closed up."""
    again = _again(glyphs)
    if not again.any():
        return glyphs
    kept = np.flatnonzero(~again)
    dropped_before = np.zeros(int(glyphs.order.max()) + 2, np.intp)
    np.add.at(dropped_before, glyphs.order[again] + 1, 1)
    shift = np.cumsum(dropped_before)
    chosen = {f.name: value[kept] for f in fields(Glyphs) if (value := getattr(glyphs, f.name)) is not None}
    chosen["order"] = chosen["order"] - shift[chosen["order"]]
    return replace(glyphs, **chosen)


def _again(glyphs: Glyphs) -> npt.NDArray[np.bool_]:
    """Whether each glyph stands where an earlier one of the same letter, size and direction stands."""
    again = np.zeros(len(glyphs), bool)
    if len(glyphs) < 2:
        return again
    reach = TWICE * glyphs.size
    cell = max(2 * float(reach.max()), 1e-3)
    letter = np.unique(glyphs.texts, return_inverse=True)[1]
    for dx in (0.0, 0.5):
        for dy in (0.0, 0.5):
            x, y = np.floor(glyphs.origin[:, 0] / cell + dx), np.floor(glyphs.origin[:, 1] / cell + dy)
            order = np.lexsort((glyphs.order, x, y, letter))
            same = (np.diff(letter[order]) == 0) & (np.diff(x[order]) == 0) & (np.diff(y[order]) == 0)
            if not same.any():
                continue
            first = 0
            for place in np.flatnonzero(same).tolist():
                # all members of the cell before this one, nearest first
                first = place if place == 0 or not same[place - 1] else first
                later = order[place + 1]
                for earlier in order[first : place + 1]:
                    if not again[earlier] and _at_one_place(glyphs, int(earlier), int(later), float(reach[later])):
                        again[later] = True
                        break
    return again


def _at_one_place(glyphs: Glyphs, one: int, other: int, reach: float) -> bool:
    apart = np.abs(glyphs.origin[one] - glyphs.origin[other])
    alike = abs(glyphs.size[one] - glyphs.size[other]) <= SAME_SIZE * glyphs.size[one]
    return bool(alike and (apart <= reach).all() and glyphs.turn[one] == glyphs.turn[other])


def with_marks(glyphs: Glyphs) -> Glyphs:
    """The glyphs with small raised digits behind a digit as raised signs (¹²³): they are marks, and no digits of the figure."""
    if len(glyphs) < 2:
        return glyphs
    digit = np.char.isdigit(glyphs.texts)
    order = np.argsort(glyphs.order, kind="stable")
    before = order[:-1]
    after = order[1:]
    small = glyphs.size[after] <= SMALL * glyphs.size[before]
    candidates = np.flatnonzero(digit[after] & small & (digit[before] | (glyphs.texts[before] == "%")))
    if not len(candidates):
        return glyphs
    texts = glyphs.texts.copy()
    changed = False
    for place in candidates.tolist():
        figure = int(before[place])
        last = figure
        for index in order[place + 1 :].tolist():
            if not digit[index] or not _stands_above(glyphs, index, figure, last):
                break
            texts[index] = raised(str(texts[index]))
            changed, last = True, index
    return replace(glyphs, texts=texts) if changed else glyphs


def _stands_above(glyphs: Glyphs, mark: int, figure: int, last: int) -> bool:
    """Whether a small digit stands above the foot of the figure and right behind what stands before it."""
    size = float(glyphs.size[figure])
    if glyphs.turn[mark] or glyphs.turn[figure] or glyphs.size[mark] > SMALL * size:
        return False
    lift = float(glyphs.origin[figure, 1] - glyphs.origin[mark, 1])
    gap = float(glyphs.box[mark, 0] - glyphs.box[last, 2])
    return LIFTED * size <= lift <= size and -0.3 * size <= gap <= NEAR * size * 0.5
