"""Words of a line: the stretches of marks without a gap."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from extract.page.sheet import Ints, Sheet

_NUMERIC: Final = re.compile(r"^[-(（]?[\d,，.]*\d[\d,，.]*[%％)）]?$")
AMOUNT: Final = re.compile(r"^[-(（]?(?:\d[\d,，]*\.\d+|\d{1,3}(?:[,，]\d{3})+)[)）]?$")
DASH: Final = re.compile(r"^[-—–―－─]+$")
WORD_GAP: Final = 0.3
"""Ems between two words of a line."""
SAME_SIDE: Final = 6.0
"""Points by which the ends of the level rules of one table may differ."""
WRAP: Final = 1.75
"""Ems from baseline to baseline up to which two lines may belong to one cell."""

Rule = tuple[float, float, float]
"""A level rule: height, left end, right end, in points."""


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of a line without a gap."""

    text: str
    marks: tuple[int, ...]
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    size: float

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def numeric(self) -> bool:
        return bool(_NUMERIC.match(self.text) or DASH.match(self.text))

    @property
    def amount(self) -> bool:
        return bool(AMOUNT.match(self.text))


Lines = list[list[Word]]


def baselines(sheet: Sheet, line: Ints) -> list[Ints]:
    """One line, or several where labels set about different middles stand side by side, each a little lower than the last.

    Baselines of printed text are exact; those of recognised text are not.
    """
    base = sheet.base[line]
    recognised = sheet.confidence is not None and bool((sheet.confidence[line] < 1).any())
    if recognised or float(np.ptp(base)) <= 0.35 * float(sheet.size[line].min()):
        return [line]
    order = np.argsort(base, kind="stable")
    group = np.empty(len(line), np.intp)
    group[order] = np.concatenate(([0], np.cumsum(np.diff(base[order]) > 0.12 * float(sheet.size[line].min()))))
    return [line[group == g] for g in range(int(group.max()) + 1)]


def words_of(sheet: Sheet, line: Ints) -> list[Word]:
    """Between two ideographs, whose advance is known, a tenth of an em is a gap; digits stand less evenly."""
    gap = sheet.along[line][1:] - sheet.end[line][:-1]
    wide = sheet.texts[line] >= "\u2e80"
    narrow = np.where(np.diff(sheet.order[line]) == 1, 2 * WORD_GAP, WORD_GAP)
    least = np.where(wide[1:] & wide[:-1], 0.12, narrow) * np.minimum(sheet.size[line][1:], sheet.size[line][:-1])
    return [word(sheet, part.tolist()) for part in np.split(line, np.flatnonzero(gap > least) + 1)]


def word(sheet: Sheet, marks: list[int]) -> Word:
    box = sheet.box[marks]
    return Word(
        text="".join(sheet.texts[marks].tolist()),
        marks=tuple(marks),
        x0=float(sheet.along[marks].min()),
        x1=float(sheet.end[marks].max()),
        top=float(box[:, 1].min()),
        bottom=float(box[:, 3].max()),
        base=float(np.median(sheet.base[marks])),
        size=float(np.median(sheet.size[marks])) or 1.0,
    )
