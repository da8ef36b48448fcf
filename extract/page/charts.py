"""Charts, which are no tables: they are known by the scale beside them."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.page.sheet import Sheet, Table
from extract.page.words import Lines, Word, word
from extract.reading import Box

_TICK: Final = re.compile(r"^\d{1,3}(?:[,，]\d{3})+$|^\d+$")
TICKS: Final = 4
"""Numbers from which on a column may be the scale of a chart."""
MANY_TICKS: Final = 400
"""Lines that begin with a round number beyond which a page is a long list: no chart is looked for, as each is held against all."""


@dataclass(frozen=True, slots=True)
class _Tick:
    """One number of a scale."""

    value: int
    x0: float
    x1: float
    top: float
    bottom: float


def scales_of_charts(sheet: Sheet, words: Lines) -> list[Box]:
    """The scales of charts: round numbers that fall to nothing, each as far from the last as it is less.

    Nothing stands left of a scale; the amounts of a table that fall so evenly have names there.
    """
    ticks = sorted((t for line in words if line for t in _ticks(sheet, line[0])), key=lambda t: t.bottom)
    found: list[Box] = []
    if len(ticks) > MANY_TICKS:
        return found
    while len(ticks) >= TICKS:
        first = ticks[0]
        scale = [t for t in ticks if abs(t.x1 - first.x1) <= 0.5 * (first.bottom - first.top)]
        while len(scale) > TICKS and scale[-1].value > scale[-2].value:
            scale.pop()  # a number of the text below
        if not _falls_evenly(scale):
            scale = [first]
        else:
            found.append((min(t.x0 for t in scale), first.top, first.x1, scale[-1].bottom))
        ticks = [t for t in ticks if t not in scale]
    return found


def _ticks(sheet: Sheet, one: Word) -> list[_Tick]:
    """A word that is a round number; recognised ones that stand closely below each other may be in one line."""
    parts = [one]
    if any(len(text) > 1 for text in sheet.texts[list(one.marks)].tolist()):
        parts = [word(sheet, [mark]) for mark in one.marks]
    return [_Tick(int(re.sub("[,，]", "", w.text)), w.x0, w.x1, w.top, w.bottom) for w in parts if _TICK.match(w.text)]


def _falls_evenly(scale: Sequence[_Tick]) -> bool:
    """Whether numbers below each other fall to nothing, their places in step with their values; some may be missing."""
    if len(scale) < TICKS:
        return False
    falls = [above.value - below.value for above, below in itertools.pairwise(scale)]
    step = math.gcd(*falls)
    last = scale[-1].value
    if min(falls) <= 0 or last % step or last > step or sum(falls) > 2 * step * len(scale):
        return False
    pitch = (scale[-1].bottom - scale[0].bottom) / sum(falls)
    return all(
        abs(below.bottom - above.bottom - fall * pitch) < 0.25 * step * pitch
        for (above, below), fall in zip(itertools.pairwise(scale), falls, strict=True)
    )


def is_chart(table: Table, scales: Sequence[Box]) -> bool:
    """Whether a table holds a scale, and little besides above and below it: it is the chart of that scale."""
    x0, top, x1, bottom = table.area
    return any(
        x0 <= (s[0] + s[2]) / 2 <= x1 and top - 20 <= s[1] and s[3] <= bottom + 20 and bottom - top <= 4 * (s[3] - s[1])
        for s in scales
    )
