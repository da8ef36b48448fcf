"""Charts, which are no tables: they are known by the scale beside them."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from extract.page.sheet import Sheet, Table, lines_of
from extract.page.words import Lines, Word, baselines, word, words_of
from extract.reading import Box

_TICK: Final = re.compile(r"^(\d{1,3}(?:[,，]\d{3})+|\d+)(?:\.0+)?$")
TICKS: Final = 4
"""Numbers from which on a column may be the scale of a chart."""
MANY_TICKS: Final = 400
"""Lines that begin with a round number beyond which a page is a long list: no chart is looked for, as each is held against all."""

NEAR_LINE: Final = 0.35
"""Heights of a number of a scale between its middle and its line of the grid."""
BESIDE: Final = 30.0
"""Points between a scale and the field of its chart."""
A_FEW: Final = 1 / 3
"""Share of empty cells below which no ruled table is looked at as a chart."""


class Scale(NamedTuple):
    """The numbers beside a chart. `has_grid`: whether a line begins at each of them."""

    area: Box
    has_grid: bool


@dataclass(frozen=True, slots=True)
class _Tick:
    """One number of a scale."""

    value: int
    x0: float
    x1: float
    top: float
    bottom: float


def scales_of_charts(sheet: Sheet, words: Lines) -> list[Scale]:
    """The scales of charts: round numbers that fall to nothing, each as far from the last as it is less; or that fall to
    something, each with a line of the grid behind it (the rules of a table run between its numbers).

    Nothing stands left of a scale; the amounts of a table that fall so evenly have names there.
    """
    ticks = sorted((t for line in words if line for t in _ticks(sheet, line[0])), key=lambda t: t.bottom)
    found: list[Scale] = []
    if len(ticks) > MANY_TICKS:
        return found
    while len(ticks) >= TICKS:
        first = ticks[0]
        scale = [t for t in ticks if abs(t.x1 - first.x1) <= 0.5 * (first.bottom - first.top)]
        while len(scale) > TICKS and scale[-1].value > scale[-2].value:
            scale.pop()  # a number of the text below
        grid = _has_grid(sheet, scale)
        if not _falls_evenly(scale) or not (grid or _falls_to_nothing(scale)):
            scale = [first]
        else:
            found.append(Scale((min(t.x0 for t in scale), first.top, first.x1, scale[-1].bottom), grid))
        ticks = [t for t in ticks if t not in scale]
    return found


def _ticks(sheet: Sheet, one: Word) -> list[_Tick]:
    """A word that is a round number; recognised ones that stand closely below each other may be in one line."""
    parts = [one]
    if any(len(text) > 1 for text in sheet.texts[list(one.marks)].tolist()):
        parts = [word(sheet, [mark]) for mark in one.marks]
    told = [(w, _TICK.match(w.text)) for w in parts]
    return [_Tick(int(re.sub("[,，]", "", m.group(1))), w.x0, w.x1, w.top, w.bottom) for w, m in told if m is not None]


def _falls_evenly(scale: Sequence[_Tick]) -> bool:
    """Whether numbers below each other fall, their places in step with their values; some may be missing."""
    if len(scale) < TICKS:
        return False
    falls = [above.value - below.value for above, below in itertools.pairwise(scale)]
    step = math.gcd(*falls)
    if min(falls) <= 0 or scale[-1].value % step or sum(falls) > 2 * step * len(scale):
        return False
    pitch = (scale[-1].bottom - scale[0].bottom) / sum(falls)
    return all(
        abs(below.bottom - above.bottom - fall * pitch) < 0.25 * step * pitch
        for (above, below), fall in zip(itertools.pairwise(scale), falls, strict=True)
    )


def _falls_to_nothing(scale: Sequence[_Tick]) -> bool:
    return scale[-1].value <= math.gcd(*(above.value - below.value for above, below in itertools.pairwise(scale)))


def _has_grid(sheet: Sheet, scale: Sequence[_Tick]) -> bool:
    """Whether a level rule begins right of nearly every number, at half its height."""
    return sum(_has_line(sheet, tick) for tick in scale) >= len(scale) - 1


def _has_line(sheet: Sheet, tick: _Tick) -> bool:
    height = tick.bottom - tick.top
    y, x0 = sheet.level[:, 0], sheet.level[:, 1]
    near = np.abs(y - (tick.top + tick.bottom) / 2) < NEAR_LINE * height
    return bool((near & (x0 > tick.x1 - 1) & (x0 < tick.x1 + 4 * height)).any())


def has_empty_cells(table: Table) -> bool:
    """Whether a ruled table has enough empty cells to be looked at as a chart."""
    return _empty(table) >= A_FEW * len(table.held)


def fields_of_charts(sheet: Sheet, ruled: Sequence[Table]) -> dict[int, Box]:
    """Those ruled tables that are the fields of charts, by number, with the area of the field and its scale: a grid at a scale,
    with hardly a filled cell, or with the lines of the grid at the numbers of the scale."""
    lines = lines_of(sheet, np.flatnonzero(sheet.straight))
    scales = scales_of_charts(sheet, [words_of(sheet, part) for line in lines for part in baselines(sheet, line)])
    found: dict[int, Box] = {}
    for number, table in enumerate(ruled):
        beside = [scale for scale in scales if _stands_at(table.area, scale.area)]
        if any(scale.has_grid for scale in beside) or (beside and _empty(table) * 2 > len(table.held)):
            found[number] = _around([table.area, *(scale.area for scale in beside)])
    return found


def _around(areas: Sequence[Box]) -> Box:
    x0, top, x1, bottom = zip(*areas, strict=True)
    return min(x0), min(top), max(x1), max(bottom)


def _empty(table: Table) -> int:
    return sum(not len(marks) for marks in table.held)


def _stands_at(area: Box, scale: Box) -> bool:
    """Whether an area is as high as a scale, which stands within it or just left of it."""
    x0, top, x1, bottom = area
    high = bottom - top <= 4 * (scale[3] - scale[1])
    return high and x0 - BESIDE < scale[2] < x1 and top - 20 <= scale[1] and scale[3] <= bottom + 20


def is_chart(table: Table, scales: Sequence[Scale]) -> bool:
    """Whether a table holds a scale, and little besides above and below it: it is the chart of that scale."""
    x0, top, x1, bottom = table.area
    return any(
        x0 <= (s[0] + s[2]) / 2 <= x1 and top - 20 <= s[1] and s[3] <= bottom + 20 and bottom - top <= 4 * (s[3] - s[1])
        for s in (scale.area for scale in scales)
    )
