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

DASHES: Final = ("—", "–", "―", "─", "…")
"""Signs that fonts draw wider than they say, so that two in a row stand at one place; twice or once they say the same."""
TWICE: Final = 0.1
"""Share of the letter height within which the same letter of the same size stands at the same place: digits of one number stand
at least four times as far apart."""
SAME_SIZE: Final = 0.05
SMALL: Final = 0.75
"""Share of the letter height of its neighbour below which a digit is small: marks are set at a half to two thirds."""
LIFTED: Final = 0.15
"""Share of the letter height of its neighbour by which the foot of a mark stands above the line."""
NEAR: Final = 0.8
"""Heights of a mark between it and what stands before it, at the most."""


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
    dash = np.isin(glyphs.texts, DASHES)
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
                    if (
                        not again[earlier]
                        and not dash[later]
                        and _at_one_place(glyphs, int(earlier), int(later), float(reach[later]))
                    ):
                        again[later] = True
                        break
    return again


def _at_one_place(glyphs: Glyphs, one: int, other: int, reach: float) -> bool:
    apart = np.abs(glyphs.origin[one] - glyphs.origin[other])
    alike = abs(glyphs.size[one] - glyphs.size[other]) <= SAME_SIZE * glyphs.size[one]
    return bool(alike and (apart <= reach).all() and glyphs.turn[one] == glyphs.turn[other])


def with_marks(glyphs: Glyphs) -> Glyphs:
    """The glyphs with small raised digits behind a digit as raised signs (¹²³): they are marks, and no digits of the figure."""
    digit = np.char.isdigit(glyphs.texts) if len(glyphs) else np.zeros(0, bool)
    if np.count_nonzero(digit) < 2:
        return glyphs
    level = glyphs.turn == 0
    small = np.flatnonzero(digit & level & (glyphs.size <= SMALL * float(glyphs.size[digit].max())))
    if not len(small):
        return glyphs
    texts = glyphs.texts.copy()
    figure_of: dict[int, int] = {}
    for mark in small[np.argsort(glyphs.box[small, 0], kind="stable")].tolist():
        before = _before(glyphs, mark, digit & level)
        if before is None:
            continue
        figure = figure_of.get(before, before)
        if _stands_above(glyphs, mark, figure):
            figure_of[mark] = figure
            texts[mark] = raised(str(texts[mark]))
    return replace(glyphs, texts=texts) if figure_of else glyphs


def _before(glyphs: Glyphs, mark: int, digits: npt.NDArray[np.bool_]) -> int | None:
    """The digit right before a mark on its line; None where none stands near."""
    size = float(glyphs.size[mark])
    gap = glyphs.box[mark, 0] - glyphs.box[:, 2]
    level = (glyphs.box[:, 1] - size <= glyphs.box[mark, 3]) & (glyphs.box[:, 3] >= glyphs.box[mark, 1])
    near = np.flatnonzero(digits & level & (gap >= -0.3 * size) & (gap <= NEAR * size))
    near = near[near != mark]
    return int(near[np.argmin(np.abs(gap[near]))]) if len(near) else None


def _stands_above(glyphs: Glyphs, mark: int, figure: int) -> bool:
    """Whether a digit is small beside a figure and its foot stands above that of the figure."""
    size = float(glyphs.size[figure])
    lift = float(glyphs.origin[figure, 1] - glyphs.origin[mark, 1])
    return bool(glyphs.size[mark] <= SMALL * size and LIFTED * size <= lift <= size)
