"""Rows that no rule parts: a table ruled by its frame, its columns or its groups alone prints several rows between two rules.

Where at least two columns show complete figures on several lines, every line is a row. Where a single cell does, nothing says
which figure belongs to which row: its lines are kept apart, so that they are no amount and are reported.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Final

import numpy as np

from extract.page.sheet import Sheet, Table

FIGURE: Final = re.compile(r"^[-−(（]?\d[\d,，]*(?:\.\d+)?[%％)）]?$|^[-—–]{1,4}$")
COLUMNS: Final = 2
"""Columns that must show figures on several lines for the lines to be rows."""
PADDING: Final = 4.0
"""Points between a rule and the text beside it, at the most; what is wider is room for another digit."""
ONE_LINE: Final = 0.5
"""Letter heights within which the baselines of neighbouring columns are one line."""
STEP: Final = 0.8
"""Letter heights between two rows at the least."""


def with_rows(sheet: Sheet, table: Table) -> Table:
    """The table with a row for every printed line of figures."""
    cuts: dict[int, list[float]] = {}
    apart: set[int] = set()
    for band in range(len(table.ys) - 1):
        inside = [k for k, span in enumerate(table.spans) if span[1] == band and span[3] == band + 1]
        several = [k for k in inside if _is_several(sheet, table, k)]
        if len({table.spans[k][0] for k in several}) >= COLUMNS:
            found = _boundaries(sheet, table, inside, table.ys[band], table.ys[band + 1])
            if found:
                cuts[band] = found
                continue
        apart.update(several)
    if cuts:
        return _cut(sheet, replace(table, apart=frozenset()), cuts, apart)
    return replace(table, apart=frozenset(apart)) if apart else table


def _lines(table: Table, k: int) -> list[np.ndarray]:
    """The marks of a cell, line by line."""
    marks, breaks = table.held[k], table.breaks[k]
    if not len(marks):
        return []
    at = [*np.flatnonzero(breaks).tolist(), len(marks)]
    if at[0] != 0:
        at.insert(0, 0)
    return [marks[a:b] for a, b in itertools.pairwise(at) if b > a]


def _text(sheet: Sheet, line: np.ndarray) -> str:
    return "".join(sheet.texts[line].tolist()).strip()


def _is_several(sheet: Sheet, table: Table, k: int) -> bool:
    """Whether a cell shows two or more figures, each whole on its line."""
    lines = _lines(table, k)
    texts = [_text(sheet, line) for line in lines]
    if len(texts) < 2 or not all(FIGURE.match(text) for text in texts):
        return False
    if sum(any(ch.isdigit() for ch in text) for text in texts) < 2:
        return False
    pairs = list(itertools.pairwise(text.rstrip("%％)）") for text in texts))
    if any(_goes_on(above, below) for above, below in pairs):
        return False
    if all("." in text for text in texts if any(ch.isdigit() for ch in text)):
        return True
    left, _, right, _ = table.spans[k]
    return not any(_fills(sheet, line, table.xs[left], table.xs[right]) for line in lines[:-1])


def _fills(sheet: Sheet, line: np.ndarray, x0: float, x1: float) -> bool:
    """Whether one more digit has no room in a line: then the figure on it may go on in the next."""
    low, high = float(sheet.box[line, 0].min()), float(sheet.box[line, 2].max())
    padding = min(low - x0, x1 - high, PADDING)
    return high - low + (high - low) / len(line) > x1 - x0 - 2 * padding


def _goes_on(above: str, below: str) -> bool:
    """Whether the figure of one line goes on in the next: the break falls behind a point or inside a group of three."""
    if above.endswith((",", "，", ".")):
        return True
    if "." in above:
        return "." not in below and "," not in below
    groups = re.split("[,，]", above)
    return len(groups) > 1 and len(groups[-1]) < 3


def _boundaries(sheet: Sheet, table: Table, inside: list[int], top: float, bottom: float) -> list[float]:
    """Where to cut a band: half way between the baselines on which figures stand."""
    bases: list[tuple[float, float]] = []
    for k in inside:
        for line in _lines(table, k):
            if FIGURE.match(_text(sheet, line)):
                bases.append((float(np.median(sheet.base[line])), float(sheet.size[line].max())))
    bases.sort()
    rows: list[list[tuple[float, float]]] = []
    for base, size in bases:
        if rows and base - rows[-1][-1][0] <= ONE_LINE * size:
            rows[-1].append((base, size))
        else:
            rows.append([(base, size)])
    middles = [(sum(base for base, _ in row) / len(row), max(size for _, size in row)) for row in rows]
    steps = list(itertools.pairwise(middles))
    if len(middles) < 2 or any(below[0] - above[0] < STEP * below[1] for above, below in steps):
        return []
    # letters stand above their baseline: half way between two lines is a third of a letter below the upper one
    cuts = [(above[0] + below[0]) / 2 - below[1] / 3 for above, below in steps]
    return cuts if top < cuts[0] and cuts[-1] < bottom else []


def _cut(sheet: Sheet, table: Table, cuts: dict[int, list[float]], apart: set[int]) -> Table:
    ys: list[float] = []
    new_index: list[int] = []
    for index, y in enumerate(table.ys):
        new_index.append(len(ys))
        ys.append(y)
        ys += cuts.get(index, [])
    pieces: list[tuple[tuple[int, int, int, int], np.ndarray, np.ndarray, bool, bool]] = []
    for k, (left, top, right, bottom) in enumerate(table.spans):
        held, breaks = table.held[k], table.breaks[k]
        if bottom - top != 1 or top not in cuts:
            span = (left, new_index[top], right, new_index[bottom])
            pieces.append((span, held, breaks, k in apart, k in table.open_below))
            continue
        begins = new_index[top]
        row = np.searchsorted(np.array(cuts[top]), sheet.middle[held, 1]) if len(held) else np.empty(0, np.intp)
        last = len(cuts[top])
        for part in range(last + 1):
            mine = row == part
            starts = breaks[mine].copy()
            if len(starts):
                starts[0] = True
            span = (left, begins + part, right, begins + part + 1)
            pieces.append((span, held[mine], starts, False, k in table.open_below and part == last))
    pieces.sort(key=lambda piece: (piece[0][1], piece[0][0]))
    return replace(
        table, ys=ys, spans=[p[0] for p in pieces], held=[p[1] for p in pieces], breaks=[p[2] for p in pieces],
        apart=frozenset(n for n, p in enumerate(pieces) if p[3]), open_below=frozenset(n for n, p in enumerate(pieces) if p[4]),
    )  # fmt: skip
