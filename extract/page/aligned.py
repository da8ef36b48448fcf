"""Tables without upright rules: columns are told by alignment, rows by level rules or by baselines.

Two shapes are read: rows parted by level rules of one width (also only head and foot ruled), and no rules at all but
rows of numbers that stand in columns. What is read here is less certain than a drawn cell, but nothing is guessed that
the page does not show: a strip free of ink in (almost) every row parts two columns, a label centred over several columns
heads them, a line that stands half a line off its neighbours belongs to a cell of several lines.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from extract.page.ruled import joined_rules
from extract.page.sheet import Ints, Sheet, Table, in_cells
from extract.reading import Box

_NUMERIC: Final = re.compile(r"^[-(（]?[\d,，.]*\d[\d,，.]*[%％)）]?$")
_AMOUNT: Final = re.compile(r"^[-(（]?(?:\d[\d,，]*\.\d+|\d{1,3}(?:[,，]\d{3})+)[)）]?$")
_DASH: Final = re.compile(r"^[-—–―－─]+$")
_LEADERS: Final = re.compile(r"(?:[.．。·…‥]\s*){4,}|…{2,}")
_CAPTION: Final = re.compile(r"(?<!其中)[:：]")
_TICK: Final = re.compile(r"^\d{1,3}(?:[,，]\d{3})+$|^\d+$")
TICKS: Final = 4
"""Numbers from which on a column may be the scale of a chart."""
MANY_TICKS: Final = 400
"""Lines that begin with a round number beyond which a page is a long list: no chart is looked for, as each is held against all."""

SAME_SIDE: Final = 6.0
"""Points by which the ends of the level rules of one table may differ."""
WORD_GAP: Final = 0.3
"""Ems between two words of a line."""
WIDE_GAP: Final = 0.9
"""Ems that part two cells of a line beyond doubt."""
HEAD_GAP: Final = 3.2
"""Ems from baseline to baseline within a head: a group stands far above the only line of parts that others wrap."""
ROW_GAP: Final = 3.2
"""Ems from baseline to baseline of two rows that nothing rules, where the rows themselves do not stand farther apart."""
AIRY_ROW_GAP: Final = 4.5
"""Ems up to which rows of numbers that keep one distance are a table: sheets print small letters in high rows."""
WRAP: Final = 1.75
"""Ems from baseline to baseline up to which two lines may belong to one cell."""


@dataclass(frozen=True, slots=True)
class _Word:
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
        return bool(_NUMERIC.match(self.text) or _DASH.match(self.text))

    @property
    def amount(self) -> bool:
        return bool(_AMOUNT.match(self.text))


_Lines = list[list[_Word]]


def aligned_tables(sheet: Sheet, lines: Sequence[Ints], areas: Sequence[Box]) -> list[Table]:
    """Tables among the `lines` of marks that stand outside the ruled tables' `areas`."""
    if not any(_has_wide_gap(sheet, line) for line in lines):
        return []
    words = [_words(sheet, part) for line in lines for part in _baselines(sheet, line)]
    scales = _charts(sheet, words)
    tables: list[Table] = []
    taken: set[int] = set()
    for stack in _stacks(sheet, areas):
        for part in _parts(stack, words):
            table = _between_rules(sheet, words, part)
            if table is not None and _tabular(table) and not _is_chart(table, scales):
                tables.append(table)
                taken.update(int(m) for m in table.marks)
    rest = [[w for w in line if not taken.intersection(w.marks)] for line in words]
    covered = [*areas, *(t.area for t in tables)]
    rest = [line for line in rest if line and not _within(line, covered)]
    for region in _numeric_regions(rest):
        table = _without_rules(sheet, region)
        if table is not None and _tabular(table) and not _is_chart(table, scales):
            tables.append(table)
    return tables


def _tabular(table: Table) -> bool:
    """Whether at least two rows show two cells side by side: the scale and the legend of a chart do not."""
    filled: dict[int, int] = {}
    for (_, top, _, _), marks in zip(table.spans, table.held, strict=True):
        filled[top] = filled.get(top, 0) + bool(len(marks))
    return sum(count >= 2 for count in filled.values()) >= 2


@dataclass(frozen=True, slots=True)
class _Tick:
    """One number of a scale."""

    value: int
    x0: float
    x1: float
    top: float
    bottom: float


def _charts(sheet: Sheet, words: _Lines) -> list[Box]:
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


def _ticks(sheet: Sheet, word: _Word) -> list[_Tick]:
    """A word that is a round number; recognised ones that stand closely below each other may be in one line."""
    parts = [word]
    if any(len(text) > 1 for text in sheet.texts[list(word.marks)].tolist()):
        parts = [_word(sheet, [mark]) for mark in word.marks]
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


def _is_chart(table: Table, scales: Sequence[Box]) -> bool:
    """Whether a table holds a scale, and little besides above and below it: it is the chart of that scale."""
    x0, top, x1, bottom = table.area
    return any(
        x0 <= (s[0] + s[2]) / 2 <= x1 and top - 20 <= s[1] and s[3] <= bottom + 20 and bottom - top <= 4 * (s[3] - s[1])
        for s in scales
    )


def _has_wide_gap(sheet: Sheet, line: Ints) -> bool:
    if len(line) < 2:
        return False
    gap = sheet.along[line][1:] - sheet.end[line][:-1]
    return bool((gap > WIDE_GAP * sheet.size[line][1:]).any())


def _baselines(sheet: Sheet, line: Ints) -> list[Ints]:
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


def _words(sheet: Sheet, line: Ints) -> list[_Word]:
    """Between two ideographs, whose advance is known, a tenth of an em is a gap; digits stand less evenly."""
    gap = sheet.along[line][1:] - sheet.end[line][:-1]
    wide = sheet.texts[line] >= "\u2e80"
    narrow = np.where(np.diff(sheet.order[line]) == 1, 2 * WORD_GAP, WORD_GAP)
    least = np.where(wide[1:] & wide[:-1], 0.12, narrow) * np.minimum(sheet.size[line][1:], sheet.size[line][:-1])
    return [_word(sheet, part.tolist()) for part in np.split(line, np.flatnonzero(gap > least) + 1)]


def _word(sheet: Sheet, marks: list[int]) -> _Word:
    box = sheet.box[marks]
    return _Word(
        text="".join(sheet.texts[marks].tolist()),
        marks=tuple(marks),
        x0=float(sheet.along[marks].min()),
        x1=float(sheet.end[marks].max()),
        top=float(box[:, 1].min()),
        bottom=float(box[:, 3].max()),
        base=float(np.median(sheet.base[marks])),
        size=float(np.median(sheet.size[marks])) or 1.0,
    )


def _within(line: list[_Word], areas: Sequence[Box]) -> bool:
    middle = sum(w.top + w.bottom for w in line) / 2 / len(line)
    x = sum(w.middle for w in line) / len(line)
    return any(x0 <= x <= x1 and top <= middle <= bottom for x0, top, x1, bottom in areas)


# ── rows between level rules ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Stack:
    """Level rules of one width under each other: `full` their heights; `partial` the shorter ones between, (y, x0, x1)."""

    x0: float
    x1: float
    full: tuple[float, ...]
    partial: tuple[tuple[float, float, float], ...]
    ends: tuple[float, ...]
    """Where drawn pieces of the full rules end inside: printers that draw cell by cell leave the columns there."""


def _stacks(sheet: Sheet, areas: Sequence[Box]) -> list[_Stack]:
    if len(sheet.level) < 3:
        return []
    level, _ = joined_rules(sheet.level, np.empty((0, 3)))
    free = [
        r
        for r in level.tolist()
        if not any(t - 3 <= r[0] <= b + 3 and x0 - 3 <= (r[1] + r[2]) / 2 <= x1 + 3 for x0, t, x1, b in areas)
    ]
    free.sort()
    groups: list[list[list[float]]] = []
    for rule in free:
        home = next(
            (g for g in groups if abs(g[0][1] - rule[1]) <= SAME_SIDE and abs(g[0][2] - rule[2]) <= SAME_SIDE), None
        )
        if home is None:
            groups.append([rule])
        else:
            home.append(rule)
    stacks = []
    for group in groups:
        x0, x1 = min(r[1] for r in group), max(r[2] for r in group)
        if len(group) < 2 or x1 - x0 < 0.25 * sheet.width:
            continue
        if any(g is not group and _holds(g, group) for g in groups):
            continue  # partial rules of a wider table
        full = tuple(r[0] for r in group)
        partial = tuple(
            (y, a, b) for y, a, b in free
            if full[0] - 3 < y < full[-1] + 3 and a >= x0 - SAME_SIDE and b <= x1 + SAME_SIDE and b - a < x1 - x0 - 2 * SAME_SIDE
        )  # fmt: skip
        if len(full) >= 3 or partial:
            stacks.append(_Stack(x0, x1, full, partial, _piece_ends(sheet, x0, x1, full)))
    return stacks


def _holds(outer: list[list[float]], inner: list[list[float]]) -> bool:
    """Whether rules are parts of wider ones: between their heights and their ends."""
    wider = outer[0][2] - outer[0][1] > inner[0][2] - inner[0][1] + SAME_SIDE
    beside = outer[0][1] <= inner[0][1] + SAME_SIDE and outer[0][2] >= inner[0][2] - SAME_SIDE
    return len(outer) >= 2 and wider and beside and outer[0][0] < inner[0][0] and outer[-1][0] > inner[-1][0]


def _piece_ends(sheet: Sheet, x0: float, x1: float, full: tuple[float, ...]) -> tuple[float, ...]:
    """Places where pieces of at least half of the full rules begin or end."""
    rules = sheet.level
    near = np.abs(rules[:, 0, None] - np.array(full)).argmin(axis=1)
    on = (
        (np.abs(rules[:, 0] - np.array(full)[near]) <= 3)
        & (rules[:, 1] >= x0 - SAME_SIDE)
        & (rules[:, 2] <= x1 + SAME_SIDE)
    )
    ends = [
        (float(x), int(k)) for (_, a, b), k in zip(rules[on].tolist(), near[on].tolist(), strict=True) for x in (a, b)
    ]
    ends = sorted(e for e in ends if x0 + 4 < e[0] < x1 - 4)
    found: list[float] = []
    start = 0
    for i in range(1, len(ends) + 1):
        if i == len(ends) or ends[i][0] - ends[i - 1][0] > 2.0:
            if len({k for _, k in ends[start:i]}) >= max(2, 0.5 * len(full)):
                found.append(sum(x for x, _ in ends[start:i]) / (i - start))
            start = i
    return tuple(found)


def _bands(lines: _Lines, stack: _Stack) -> list[_Lines]:
    """The lines between each two full rules of a stack."""
    bands: list[_Lines] = [[] for _ in range(len(stack.full) - 1)]
    for line in lines:
        inside = [w for w in line if stack.x0 - 3 <= w.middle <= stack.x1 + 3]
        if not inside:
            continue
        middle = sum((w.top + w.bottom) / 2 for w in inside) / len(inside)
        k = int(np.searchsorted(stack.full, middle)) - 1
        if 0 <= k < len(bands):
            bands[k].append(inside)
    return bands


def _parts(stack: _Stack, lines: _Lines) -> list[_Stack]:
    """One stack a table: tables of one width under each other are parted by a band with a heading or a caption."""
    bands = _bands(lines, stack)
    sizes = [w.size for band in bands for line in band for w in line]
    if not sizes:
        return []
    usual = float(np.median(sizes))
    heights = np.diff(np.array(stack.full))
    common = float(np.median(heights))
    parts: list[_Stack] = []
    start = 0
    for k, band in enumerate(bands):
        words = [w for line in band for w in line]
        heading = any(abs(w.size - usual) > 0.12 * usual for w in words) and all(len(line) <= 3 for line in band)
        airy = heights[k] > 2 * common and heights[k] > 2.5 * usual * max(1, len(band))
        blank = not words and (
            heights[k] > 1.8 * common or not any(stack.full[k] < y < stack.full[k + 1] for y, _, _ in stack.partial)
        )
        ruled_inside = any(stack.full[k] + 3 < y < stack.full[k + 1] - 3 for y, _, _ in stack.partial)
        if (heading or airy or (blank and heights[k] > 1.8 * common)) and not ruled_inside:
            parts.append(replace(stack, full=stack.full[start : k + 1]))
            start = k + 1
    parts.append(replace(stack, full=stack.full[start:]))
    return [
        p
        for p in parts
        if len(p.full) >= 2 and (len(p.full) >= 3 or any(p.full[0] < y < p.full[1] for y, _, _ in p.partial))
    ]


def _between_rules(sheet: Sheet, lines: _Lines, stack: _Stack) -> Table | None:
    bands = _bands(lines, stack)
    first, last = 0, len(bands)
    # a rule under the page's head and one above its foot may be as wide as the table
    while first < last and not _is_row(bands[first]):
        first += 1
    while last > first and not bands[last - 1]:
        last -= 1
    if last - first < 1 or sum(_is_row(b) for b in bands[first:last]) < 1:
        return None
    head = first
    while head < last and not any(w.numeric for line in bands[head] for w in line):
        head += 1
    levels = {round(y) for y, _, _ in stack.partial}
    empty = head == last and last - first <= 3 and 0 < len(levels) <= 3
    if head == last and not empty:
        head = first + 1 if last - first > 1 else first
    partial = [r for r in stack.partial if stack.full[first] + 1 < r[0] < stack.full[last] - 1]
    body = [line for k in range(head, last) for line in bands[k]]
    header = [line for k in range(first, head) for line in bands[k]]
    if not empty and (head - first > 4 or not _heads(header, body, stack)):
        body, header, head = header + body, [], first
    rules = sorted([(y, stack.x0, stack.x1) for y in stack.full[first + 1 : last]] + partial)
    header_rules = [r for r in rules if header and r[0] < stack.full[head] - 1]
    rows: list[_Row] = []
    for k in range(head, last):
        within = sorted({r[0] for r in partial if stack.full[k] + 1 < r[0] < stack.full[k + 1] - 1})
        if within:
            edges = [stack.full[k], *within, stack.full[k + 1]]
            for a, b in itertools.pairwise(edges):
                inside = [[w for w in line if a <= (w.top + w.bottom) / 2 < b] for line in bands[k]]
                rows.append(
                    _Row(a, b, [line for line in inside if line], tuple(r[1:] for r in rules if abs(r[0] - b) < 0.5))
                )
        else:
            rows += _rows_of_band(bands[k], stack.full[k], stack.full[k + 1])
    return _assembled(
        sheet,
        header,
        rows,
        (stack.x0, stack.full[first], stack.x1, stack.full[last]),
        list(stack.ends),
        header_rules,
        partial,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A row between two heights. `closed`: the stretches of x over which a rule closes it below; None: everywhere."""

    top: float
    bottom: float
    lines: _Lines
    closed: tuple[tuple[float, float], ...] | None = None


_COUNTED_BY = ("栏次", "档次", "行次")


def _numbers_columns(row: _Row) -> bool:
    """Whether a row numbers the columns: 栏次 | 1 | 2 | 3."""
    words = sorted((w for line in row.lines for w in line), key=lambda w: w.x0)
    counted = [int(w.text) for w in words if w.text.isdecimal()]
    named = [w.text for w in words if not w.text.isdecimal()]
    return len(counted) > 1 and counted == list(range(1, len(counted) + 1)) and all(t in _COUNTED_BY for t in named)


def _is_row(band: _Lines) -> bool:
    return any(len(line) >= 2 for line in band) or sum(len(line) for line in band) >= 2


def _heads(header: _Lines, body: _Lines, stack: _Stack) -> bool:
    """Whether lines look like a head: they label (almost) every place that the rows below fill."""
    if not header or not body:
        return False
    spans = sorted((w.x0, w.x1) for line in body for w in line if w.x1 - w.x0 < 0.4 * (stack.x1 - stack.x0))
    places: list[list[float]] = []
    for x0, x1 in spans:
        if places and x0 < places[-1][1]:
            places[-1][1] = max(places[-1][1], x1)
        else:
            places.append([x0, x1])
    labels = [w for line in header for w in line if w.x1 - w.x0 < 0.4 * (stack.x1 - stack.x0)]
    missing = sum(1 for x0, x1 in places if not any(w.x0 < x1 + w.size and w.x1 > x0 - w.size for w in labels))
    return missing <= (1 if len(places) >= 5 else 0)


def _rows_of_band(band: _Lines, top: float, bottom: float) -> list[_Row]:
    """One row, or several where numbers stand under each other between two rules (head and foot ruled only)."""
    groups = _row_groups(band)
    counted = [g for g in groups if sum(w.numeric for line in g for w in line) >= 1]
    if len(counted) < 2 or not _under_each_other(counted):
        return [_Row(top, bottom, band)]
    groups = _attached(groups)
    edges = [top, *(_between(a, b) for a, b in itertools.pairwise(groups)), bottom]
    return [_Row(edges[i], edges[i + 1], g) for i, g in enumerate(groups)]


def _under_each_other(groups: Sequence[_Lines]) -> bool:
    for a, b in itertools.pairwise(groups):
        ours = [w for line in a for w in line if w.amount or _DASH.match(w.text)]
        theirs = [w for line in b for w in line if w.amount or _DASH.match(w.text)]
        if any(min(p.x1, q.x1) - max(p.x0, q.x0) > 0 for p in ours for q in theirs):
            return True
    return False


# ── rows without rules ────────────────────────────────────────────────────────────────────────────────────────────────


def _numeric_regions(lines: _Lines) -> list[_Lines]:
    """Stretches of lines that hold rows of numbers, with the head above them."""
    lines = sorted(lines, key=lambda line: line[0].base)
    strong = [_row_strength(line) or _parted_in(line) for line in lines]
    regions: list[_Lines] = []
    i = taken = 0
    while i < len(lines):
        if strong[i] == 0 or (_is_caption(lines[i]) and not _row_strength(lines[i])):
            i += 1
            continue
        first = last = i
        pitch = _pitch(lines, i)
        j = i + 1
        while j < len(lines):
            size = lines[j][0].size
            reach = max(ROW_GAP * size, pitch)
            if lines[j][0].base - lines[last][0].base > reach or _differs(size, lines[last][0].size):
                break
            if strong[j] or (j - last <= 3 and _may_continue(lines[j], lines[first : last + 1])):
                last = j
            elif j - last > 3:
                break
            j += 1
        last = max(k for k in range(first, last + 1) if strong[k] or k == first)
        while last + 1 < len(lines) and _hangs_below(lines, last, strong):
            last += 1
        numbered = [_row_strength(line) for line in lines[first : last + 1]]
        worded = sum(1 for line in lines[first : last + 1] if _parted_in(line))
        if sum(n > 0 for n in numbered) >= 3 or max(numbered) >= 4 or worded >= 4:
            top = _head_of(lines, first, taken, pitch)
            regions.append(lines[top : last + 1])
            taken = last + 1
        i = last + 1
    return regions


def _pitch(lines: _Lines, first: int) -> float:
    """Points from row to row, with a little slack, where three rows of numbers in the first lines keep one distance; else 0."""
    near = [line[0] for line in itertools.islice(lines, first, first + 8) if _row_strength(line)]
    gaps = [below.base - above.base for above, below in itertools.pairwise(near)]
    for above, below, word in zip(gaps, gaps[1:], near, strict=False):
        if abs(above - below) <= 0.1 * above and above <= AIRY_ROW_GAP * word.size:
            return 1.1 * above
    return 0.0


def _row_strength(line: list[_Word]) -> int:
    """How many numbers a line shows in places of their own; 0 for prose and contents lines."""
    if len(line) < 2 or _LEADERS.search("".join(w.text for w in line)):
        return 0
    gaps = [b.x0 - a.x1 > WIDE_GAP * b.size for a, b in itertools.pairwise(line)]
    if not any(gaps):
        return 0
    numbers = sum(w.numeric for w in line)
    amounts = sum(w.amount for w in line)
    return numbers if amounts >= 1 or numbers >= 2 else 0


def _parted_in(line: list[_Word]) -> int:
    """1 for a line of words in at least three places, which prose never shows; 0 else."""
    if len(line) < 3 or _LEADERS.search("".join(w.text for w in line)):
        return 0
    return int(sum(b.x0 - a.x1 > WIDE_GAP * b.size for a, b in itertools.pairwise(line)) >= 2)


def _differs(a: float, b: float) -> bool:
    return abs(a - b) > 0.12 * max(a, b)


def _may_continue(line: list[_Word], above: _Lines) -> bool:
    """A line without numbers inside a table: it stays within the places that the rows above use."""
    left, right = min(w.x0 for row in above for w in row), max(w.x1 for row in above for w in row)
    slack = 0.2 * (right - left)  # names stand at the left of their column, the label over them in its middle
    return all(w.x0 >= left - slack and w.x1 <= right + slack for w in line)


def _hangs_below(lines: _Lines, last: int, strong: list[int]) -> bool:
    """The last line of a wrapped cell, less than a row below the last row of numbers."""
    here, below = lines[last], lines[last + 1]
    return (
        not strong[last + 1]
        and 0 < below[0].base - here[0].base < 0.95 * here[0].size
        and _may_continue(below, lines[max(0, last - 5) : last + 1])
    )


def _head_of(lines: _Lines, first: int, taken: int, pitch: float = 0.0) -> int:
    """Index of the topmost line of the head above `first`: same letters, close, not a caption (`单位：…`), not a title.

    Lines before `taken` belong to the table above; close is as close as the rows are, too (`pitch`).
    """
    top = first
    size = lines[first][0].size
    left, right = lines[first][0].x0, lines[first][-1].x1
    while top > taken:
        line = lines[top - 1]
        if lines[top][0].base - line[0].base > max(HEAD_GAP * size, pitch) or _differs(line[0].size, size):
            break
        if _is_caption(line) or line[-1].text.endswith(("。", "；", "，")):
            break
        if any(w.x1 - w.x0 > 0.5 * max(right - left, 1.0) for w in line):
            break
        top -= 1
        left, right = min(left, line[0].x0), max(right, line[-1].x1)
    # a lone line centred over the whole table is its title; over some of its columns it heads them
    while top < first and len(lines[top]) == 1 and first - top > 2 and _is_title(lines[top], lines[first:], size):
        if lines[top + 1][0].base - lines[top][0].base <= 0.9 * size:
            break
        top += 1
    return top


def _is_title(line: list[_Word], below: _Lines, size: float) -> bool:
    left, right = min(w.x0 for row in below for w in row), max(w.x1 for row in below for w in row)
    return line[0].text.endswith("表") or abs(line[0].middle - (left + right) / 2) < 0.8 * size


def _is_caption(line: list[_Word]) -> bool:
    """Whether a line says whose table it is, for which year, in which unit (`单位：万元`)."""
    return any(_CAPTION.search(w.text.rstrip(":：")) or (w.text.endswith((":", "：")) and len(line) > 1) for w in line)


def _without_rules(sheet: Sheet, lines: _Lines) -> Table | None:
    numbers = [i for i, line in enumerate(lines) if _row_strength(line)]
    if not numbers:
        return None
    first = numbers[0]
    # the first row may begin above its numbers (a wrapped name)
    while first > 0 and lines[numbers[0]][0].base - lines[first - 1][0].base < 0.8 * lines[first][0].size:
        first -= 1
    header, body = lines[:first], lines[first:]
    groups = _split_rows(_attached(_row_groups(body)))
    formed = len(numbers) < 0.5 * len(groups)
    if formed and header:
        # a form of labels and values side by side has no head
        header, groups = [], _split_rows(_attached(_row_groups(lines)))
    tops = [min(w.top for line in g for w in line) for g in groups]
    bottoms = [max(w.bottom for line in g for w in line) for g in groups]
    edges = [tops[0] - 1, *(_between(a, b) for a, b in itertools.pairwise(groups)), bottoms[-1] + 1]
    if header:
        edges[0] = (max(w.bottom for line in header for w in line) + tops[0]) / 2
    rows = [_Row(edges[i], edges[i + 1], g) for i, g in enumerate(groups)]
    every = [w for line in lines for w in line]
    x0, x1 = min(w.x0 for w in every) - 1, max(w.x1 for w in every) + 1
    top = min(w.top for w in every) - 1
    return _assembled(sheet, header, rows, (x0, top, x1, rows[-1].bottom), [], [], [], merged=formed)


def _between(above: _Lines, below: _Lines) -> float:
    return (max(w.bottom for line in above for w in line) + min(w.top for line in below for w in line)) / 2


def _row_groups(lines: _Lines) -> list[_Lines]:
    """Lines that overlap in height belong to one row: cells of several lines are set around the middle of their row."""
    groups: list[_Lines] = []
    for line in sorted(lines, key=lambda one: one[0].base):
        if groups and line[0].base - groups[-1][-1][0].base < 0.8 * line[0].size:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _split_rows(groups: list[_Lines]) -> list[_Lines]:
    """Part again what only a merged cell held together: two rows beside a cell that stands between them.

    Two lines of one wrapped cell differ from two rows in that the upper one is full: the next letter would not have
    fitted into the widest place of its column.
    """
    widths: list[tuple[float, float, float]] = [(w.x0, w.x1, w.x1 - w.x0) for g in groups for line in g for w in line]
    out: list[_Lines] = []
    for group in groups:
        words = [w for line in group for w in line]
        rows: list[float] = []
        for upper in words:
            room = max(
                (wide for a, b, wide in widths if min(b, upper.x1) - max(a, upper.x0) > 0.5 * (upper.x1 - upper.x0)),
                default=0.0,
            )
            room = min(room, 1.6 * (upper.x1 - upper.x0) + 8 * upper.size)
            for lower in words:
                apart = lower.base - upper.base
                under = min(lower.x1, upper.x1) - max(lower.x0, upper.x0) > 0
                if (
                    0.9 * upper.size < apart < 2.2 * upper.size
                    and under
                    and upper.x1 - upper.x0 < room - 1.3 * upper.size
                ):
                    rows += [upper.base, lower.base]
        bases = _clustered(rows)
        if len(bases) < 2:
            out.append(group)
            continue
        parts: list[_Lines] = [[] for _ in bases]
        for line in group:
            for word in line:
                near = min(range(len(bases)), key=lambda k: (round(abs(bases[k] - word.base), 1), k))
                parts[near].append([word])
        out += [sorted(part, key=lambda line: (line[0].base, line[0].x0)) for part in parts if part]
    return out


def _attached(groups: list[_Lines]) -> list[_Lines]:
    """Groups without a number, between rows that all have some, are the outer lines of a neighbour's wrapped cell."""
    counted = [any(w.numeric for line in g for w in line) for g in groups]
    if sum(counted) < 0.7 * len(groups):
        return groups
    out: list[_Lines] = []
    pending: list[_Lines] = []
    for group, has in zip(groups, counted, strict=True):
        words = [w for line in group for w in line]
        lone = not has and len({round(w.x0) for w in words}) == 1
        if lone and out and _near(out[-1], group) and not (pending and _near(pending[-1], group) and len(pending) > 2):
            above_free = any(_same_place(w, words[0]) for line in out[-1] for w in line)
            if above_free and not pending:
                # the row above already shows this cell on its own line: it goes on here, unless it began above a later row
                pending.append(group)
                continue
        if has and pending:
            before, after = _shared(out[-1], pending, group)
            out[-1] = out[-1] + before
            group = after + group
            pending = []
        elif pending:
            out += pending
            pending = []
        out.append(group)
    if pending:
        if out:
            out[-1] = out[-1] + [line for g in pending for line in g]
        else:
            out = pending
    return out


def _near(above: _Lines, below: _Lines) -> bool:
    return below[0][0].base - above[-1][0].base <= WRAP * below[0][0].size


def _same_place(a: _Word, b: _Word) -> bool:
    return abs(a.x0 - b.x0) < 1.5 * a.size or min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 * min(a.x1 - a.x0, b.x1 - b.x0)


def _shared(above: _Lines, pending: list[_Lines], below: _Lines) -> tuple[_Lines, _Lines]:
    """Pending lines → (what belongs to the row above, what to the row below): below when its own line lacks that cell."""
    lines = [line for g in pending for line in g]
    word = lines[0][0]
    if any(_same_place(word, w) for line in below for w in line):
        return lines, []
    return [], lines


# ── columns ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Column:
    """The stretch its words fill, and the cut to the next column."""

    x0: float
    x1: float


def _columns(
    body: list[_Word],
    rows: int,
    header: list[_Word],
    x0: float,
    x1: float,
    rule_ends: list[float],
    merged: bool,
    upper: Sequence[_Word] = (),
) -> tuple[list[_Column], list[float]]:
    """Stretches of x filled by words of the body, and the cuts between them.

    A strip in which (almost) no row shows ink parts two columns; so does the end of a partial rule; a label of the head
    over an empty strip names a column of its own. `header` are the words of the head that may name a column, `upper` those
    above them that may belong to the same labels: no cut runs through one that stands over a single column.
    """
    step = 0.25
    size = float(np.median([w.size for w in body])) if body else 9.0
    narrow = [w for w in body if w.x1 - w.x0 < 0.4 * (x1 - x0)]
    cover = _cover(narrow, x0, x1, step)
    # a word half as wide as the table stands over merged cells, unless all it covers is one column
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (cover > 0).astype(np.int8), [0])))).tolist()
    places = [(x0 + a * step, x0 + b * step) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    for word in body:
        if word.x1 - word.x0 >= 0.4 * (x1 - x0) and sum(word.x1 > a and word.x0 < b for a, b in places) <= 1:
            narrow.append(word)
    cover = _cover(narrow, x0, x1, step)
    allowed = int((0.2 if merged else 0.04) * rows) if rows >= 8 else 0
    filled = cover > allowed
    forced = _clustered(rule_ends)
    for x in forced:
        at = int((x - x0) / step)
        if 0 <= at < len(cover) and cover[at] <= max(1, 0.3 * rows):
            filled[max(0, at - 1) : at + 2] = False
    turns = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8))).tolist()
    cores = [_Column(x0 + a * step, x0 + b * step) for a, b in zip(turns[::2], turns[1::2], strict=True)]
    if not forced and (flush := _under_flush_heads(cores, header)) is not None:
        cores, header = flush, []
    # a column that is blank but for a word or two, and one that only the head names
    stacked = [*header, *upper]
    # the last line of a wrapped label may be narrow: the whole label tells whether it has a column already
    header = [_widened(w, stacked, cores) for w in header]
    for word in [*narrow, *header]:
        if all(word.x0 > c.x1 or word.x1 < c.x0 for c in cores):
            cores.append(_Column(word.x0, word.x1))
            cores.sort(key=lambda c: c.x0)
    if not cores:
        return [], []
    cores = _merged_cores(cores, header, body, size, forced)
    single = [
        w
        for w in upper
        if sum(w.x1 > c.x0 and w.x0 < c.x1 for c in cores) <= 1 and any(_hangs_from(v, w) for v in stacked)
    ]
    cover += _cover([*header, *single, *(w for w in body if w.x1 - w.x0 >= 0.4 * (x1 - x0))], x0, x1, step)
    # rules that begin inside the table leave out a column, even where this page shows nothing in it
    if any(x0 + 8 < x < cores[0].x0 for x in forced):
        cores.insert(0, _Column(x0, x0 + step))
    if any(cores[-1].x1 < x < x1 - 8 for x in forced):
        cores.append(_Column(x1 - step, x1))
    cuts = []
    for left, right in itertools.pairwise(cores):
        low, high = sorted((left.x1, right.x0))
        ends = [x for x in forced if low - 2 <= x <= high + 2]
        if ends:
            cuts.append(sum(ends) / len(ends))
            continue
        a, b = max(0, int((low - x0) / step)), int((high - x0) / step) + 1
        strip = cover[a:b]
        least = np.flatnonzero(strip == strip.min()) if len(strip) else np.zeros(1, np.intp)
        pieces = np.split(least, np.flatnonzero(np.diff(least) > 1) + 1)
        widest = max(pieces, key=len)
        cuts.append(x0 + (a + (int(widest[0]) + int(widest[-1]) + 1) / 2) * step)
    return cores, cuts


def _under_flush_heads(cores: list[_Column], heads: Sequence[_Word]) -> list[_Column] | None:
    """Columns whose heads stand flush left over figures set flush right, where nothing is drawn: every head with the one core
    between its own beginning and that of the next, or with none where its column is blank. None for any other layout.

    Only where a core has no head above it: else the heads stand over their columns.
    """
    heads = sorted(heads, key=lambda w: w.x0)
    bare = [c for c in cores if not any(w.x0 < c.x1 and w.x1 > c.x0 for w in heads)]
    if not bare or len(heads) < 2:
        return None
    ends = [*(w.x0 for w in heads[1:]), np.inf]
    columns = []
    for head, end in zip(heads, ends, strict=True):
        own = [c for c in cores if head.x0 - SAME_SIDE <= c.x0 and c.x1 <= end + SAME_SIDE]
        if len(own) > 1:
            return None
        columns.append(_Column(min([head.x0, *(c.x0 for c in own)]), max([head.x1, *(c.x1 for c in own)])))
    held = sum(any(a.x0 <= c.x0 and c.x1 <= a.x1 for a in columns) for c in cores)
    apart = all(a.x1 <= b.x0 for a, b in itertools.pairwise(columns))
    return columns if held == len(cores) and apart else None


def _cover(words: list[_Word], x0: float, x1: float, step: float) -> Ints:
    """How many words cover each `step` from x0 to x1."""
    cover = np.zeros(int((x1 - x0) / step) + 2, np.intp)
    for word in words:
        cover[max(0, int((word.x0 - x0) / step)) : max(0, int((word.x1 - x0) / step) + 1)] += 1
    return cover


def _clustered(values: list[float]) -> list[float]:
    out: list[list[float]] = []
    for value in sorted(values):
        if out and value - out[-1][-1] <= 3.0:
            out[-1].append(value)
        else:
            out.append([value])
    return [sum(group) / len(group) for group in out]


def _merged_cores(
    cores: list[_Column], header: list[_Word], body: list[_Word], size: float, forced: list[float]
) -> list[_Column]:
    """Neighbouring stretches that one lowest head label spans, none having a label of its own, are one column (`223 01 05`)."""
    if not header:
        return cores
    lowest: list[_Word | None] = []
    for core in cores:
        over = [w for w in header if w.x1 > core.x0 and w.x0 < core.x1]
        lowest.append(max(over, key=lambda w: w.base) if over else None)
    cores, lowest = _under_their_labels(cores, lowest, body, forced)
    out = [cores[0]]
    for i in range(1, len(cores)):
        a, b = lowest[i - 1], lowest[i]
        gap = cores[i].x0 - out[-1].x1
        alone = b is None or a is None
        same = a is not None and b is not None and a is b
        apart = not _share_rows(body, out[-1], cores[i])
        same = same or (a is not None and b is not None and apart and _around(a, b, out[-1], cores[i]))
        if any(out[-1].x1 - 2 <= x <= cores[i].x0 + 2 for x in forced):
            same = alone = False
        if (same and (apart or gap < 2.0 * size)) or (alone and gap < 1.0 * size and not _numbers_in(body, cores[i])):
            out[-1] = _Column(out[-1].x0, cores[i].x1)
        else:
            out.append(cores[i])
    return out


def _under_their_labels(
    cores: list[_Column], lowest: list[_Word | None], body: list[_Word], forced: list[float]
) -> tuple[list[_Column], list[_Word | None]]:
    """A label in the middle of its column and numbers at its right edge need not overlap: the nearest such two are one."""

    def rows(core: _Column) -> list[float]:
        return [w.base for w in body if w.x1 > core.x0 and w.x0 < core.x1]

    while True:
        pairs = []
        for i in range(len(cores) - 1):
            low, high = sorted((cores[i].x1, cores[i + 1].x0))
            if (lowest[i] is None) == (lowest[i + 1] is None) or any(low - 2 <= x <= high + 2 for x in forced):
                continue
            left, right = rows(cores[i]), rows(cores[i + 1])
            # the row that numbers the columns stands in the middle like the labels do
            named = left if lowest[i] is not None else right
            if (left or right) and len(named) <= 2 and not any(abs(a - b) < 2.0 for a in left for b in right):
                pairs.append((high - low, i))
        if not pairs:
            return cores, lowest
        i = min(pairs)[1]
        cores = [*cores[:i], _Column(cores[i].x0, cores[i + 1].x1), *cores[i + 2 :]]
        lowest = [*lowest[:i], lowest[i] or lowest[i + 1], *lowest[i + 2 :]]


def _around(a: _Word, b: _Word, left: _Column, right: _Column) -> bool:
    """Whether two head words of a line stand about the middle of one of two stretches: pieces of one label over both."""
    if abs(a.base - b.base) > 0.1 * a.size or b.x0 - a.x1 > 2.0 * a.size:
        return False
    middle = (a.x0 + b.x1) / 2
    return any(abs((c.x0 + c.x1) / 2 - middle) < 0.2 * a.size for c in (left, right))


def _joined_pieces(words: list[_Word]) -> list[_Word]:
    """Pieces of a line that together are as wide as the line above them are the end of one wrapped label (`政  拨款`)."""
    out: list[_Word] = []
    for word in sorted(words, key=lambda w: (round(w.base), w.x0)):
        last = out[-1] if out else None
        if last is not None and abs(last.base - word.base) < 0.5 and 0 < word.x0 - last.x1 < 2 * word.size and any(
            0 < word.base - above.base <= WRAP * word.size
            and abs(above.x0 - last.x0) < 0.3 * word.size and abs(above.x1 - word.x1) < 0.3 * word.size
            for above in words
        ):  # fmt: skip
            out[-1] = replace(
                last, text=last.text + word.text, marks=last.marks + word.marks, x1=word.x1,
                top=min(last.top, word.top), bottom=max(last.bottom, word.bottom),
            )  # fmt: skip
        else:
            out.append(word)
    return out


def _share_rows(body: list[_Word], left: _Column, right: _Column) -> bool:
    """Whether some row shows words in both of two stretches."""
    bases = [w.base for w in body if w.x1 > left.x0 and w.x0 < left.x1]
    return any(abs(w.base - base) < 0.5 * w.size for w in body if w.x1 > right.x0 and w.x0 < right.x1 for base in bases)


def _numbers_in(words: list[_Word], core: _Column) -> bool:
    return any(w.amount and w.x1 > core.x0 and w.x0 < core.x1 for w in words)


# ── the head ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Label:
    """A head cell: one or more lines about one middle. `first`, `last`: the columns it stands over."""

    words: tuple[_Word, ...]
    first: int = -1
    last: int = -1

    @property
    def x0(self) -> float:
        return min(w.x0 for w in self.words)

    @property
    def x1(self) -> float:
        return max(w.x1 for w in self.words)

    @property
    def top(self) -> float:
        return min(w.top for w in self.words)

    @property
    def bottom(self) -> float:
        return max(w.bottom for w in self.words)

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def height(self) -> float:
        return (self.top + self.bottom) / 2


Rule = tuple[float, float, float]


def _parted(above: _Word | _Label, below: _Word | _Label, rules: list[Rule]) -> bool:
    """Whether a rule runs between two head words at the lower one's middle."""
    return any(above.bottom - 2 < y < below.top + 2 and a - 2 <= below.middle <= b + 2 for y, a, b in rules)


def _labels(lines: _Lines, cuts: list[float], rules: list[Rule], floor: float) -> list[_Label]:
    """Head words → labels: pieces of one line of one cell joined, then lines of one cell stacked.

    `floor` is where the head ends.
    """
    words: list[_Word] = []
    for line in lines:
        for word in line:
            before = (
                words[-1]
                if (words and words[-1].base == word.base) or (words and abs(words[-1].base - word.base) < 0.5)
                else None
            )
            if before is not None and word.x0 - before.x1 < 3 * word.size and _one_cell(before, word, cuts, lines):
                words[-1] = replace(
                    before, text=before.text + word.text, marks=before.marks + word.marks, x1=word.x1,
                    top=min(before.top, word.top), bottom=max(before.bottom, word.bottom),
                )  # fmt: skip
            else:
                words.append(word)
    words.sort(key=lambda w: (w.base, w.x0))
    return _stacked_between(words, rules) if rules else _stacked_freely(words, floor)


def _stacked_between(words: list[_Word], rules: list[Rule]) -> list[_Label]:
    """Words of a head with rules → labels: lines about one middle that no rule parts."""
    labels: list[_Label] = []
    for word in words:
        for k, label in enumerate(labels):
            last = label.words[-1]
            beneath = abs(label.middle - word.middle) <= max(0.8 * word.size, 0.12 * (label.x1 - label.x0))
            if (
                0 < word.base - last.base <= WRAP * word.size
                and (beneath or _goes_on_below(label, word))
                and not _parted(last, word, rules)
            ):
                labels[k] = _Label((*label.words, word))
                break
        else:
            labels.append(_Label((word,)))
    return labels


def _stacked_freely(words: list[_Word], floor: float) -> list[_Label]:
    """Words of a head without rules → labels. `floor` is where the head ends.

    Lines about one middle are one wrapped label, or a group above the part in its middle. Labels stand in the middle of
    their cells, so a lowest label begins as far above its own middle as the floor is below: these tops are the borders
    of the head's rows, and what the lines can be must fit them.
    """
    chains: list[list[_Word]] = []
    for word in words:
        home = next((c for c in chains if _hangs_from(word, c[-1])), None)
        if home is None:
            chains.append([word])
        else:
            home.append(word)
    borders = [2 * _height(c) - floor for c in chains if len(c) == 1 and _is_lowest(c, words)]
    highest = min(_height(c[:1]) for c in chains)
    if below := [b for b in borders if b > highest]:
        borders.append(2 * highest - min(below))  # where the head begins: a group on top is as far from its own borders
    labels: list[_Label] = []
    for chain in chains:
        first = 0
        for i in range(1, len(chain)):
            if not _goes_on(chain[first:i], chain[i:], words, borders, floor):
                labels.append(_Label(tuple(chain[first:i])))
                first = i
        labels.append(_Label(tuple(chain[first:])))
    return labels


def _height(words: Sequence[_Word]) -> float:
    """Middle between the first and the last line."""
    return (words[0].top + words[0].bottom + words[-1].top + words[-1].bottom) / 4


def _is_lowest(chain: Sequence[_Word], words: list[_Word]) -> bool:
    """Whether nothing stands below a chain of lines, as wide as it is."""
    left, right, bottom = min(w.x0 for w in chain), max(w.x1 for w in chain), chain[-1].bottom
    return not any(w.top >= bottom - 1 and w.x1 > left and w.x0 < right for w in words)


def _goes_on(upper: list[_Word], rest: list[_Word], words: list[_Word], borders: list[float], floor: float) -> bool:
    """Whether the first of the `rest` of a chain of lines belongs to the label of the lines above it."""
    last, lower = upper[-1], rest[0]
    size = lower.size
    step = lower.base - last.base
    if len(upper) > 1 and abs(step - (last.base - upper[-2].base)) > 0.06 * size:
        return False
    even = all(abs(b.base - a.base - step) <= 0.06 * size for a, b in itertools.pairwise(rest))
    if not _is_lowest([*upper, *rest], words):
        # a group: it is as high as one row, so no border runs between its lines
        between = (last.base + lower.base) / 2 - (last.base - (last.top + last.bottom) / 2)
        return not any(abs(b - between) < 0.3 * size for b in borders)
    if not even:
        return len(upper) > 1
    whole = _misfit(2 * _height([*upper, *rest]) - floor, borders)
    apart = _misfit(2 * _height(rest) - floor, borders)
    fits = 0.3 * size
    if whole <= fits < apart:
        return True
    if apart <= fits < whole:
        return False
    if len(upper) > 1:
        return True
    middle = (last.base + lower.base) / 2
    halfway = any(abs(w.base - middle) < 0.2 * size for w in words)
    return not _over_three(last, lower, words, floor) and (halfway or not _two_rows(last, lower, words))


def _misfit(top: float, borders: list[float]) -> float:
    return min((abs(top - border) for border in borders), default=np.inf)


def _goes_on_below(label: _Label, word: _Word) -> bool:
    """Whether a word is the last line of a long text set flush left."""
    return (
        abs(label.x0 - word.x0) < 0.5 * word.size
        and word.x1 <= label.x1 + word.size
        and label.x1 - label.x0 > 10 * word.size
    )


def _one_cell(left: _Word, right: _Word, cuts: list[float], lines: _Lines) -> bool:
    """Whether two words of a line are pieces of one label: no cut between, or letters spaced over the columns they head."""
    if not any(left.x1 - 0.5 <= c <= right.x0 + 0.5 for c in cuts):
        return True
    reach = 2 * left.size
    headed = any(
        left.x0 - reach <= w.middle <= right.x1 + reach and w.top > max(left.bottom, right.bottom)
        for line in lines
        for w in line
    )
    spaced = len(left.text) == 1 or left.x1 - left.x0 > 1.1 * left.size * len(left.text)
    return headed and spaced and len(right.text) == 1


def _two_rows(upper: _Word, lower: _Word, words: list[_Word]) -> bool:
    """Whether both lines show labels of one line: two rows, not the two lines of a wrapped label."""

    def single(line: _Word, other: _Word) -> bool:
        return any(
            abs(w.base - line.base) < 0.15 * w.size and w is not line
            and not any(abs(v.base - other.base) < 0.15 * v.size and abs(v.middle - w.middle) < 0.8 * w.size for v in words)
            for w in words
        )  # fmt: skip

    return single(upper, lower) and single(lower, upper)


def _over_three(upper: _Word, lower: _Word, words: list[_Word], floor: float) -> bool:
    """Whether the upper of two words in one column heads that column and those beside it: what stands there hangs below it."""
    words = [w for w in words if w.base > upper.base - 0.5 * upper.size and w is not upper]
    sides = (
        max((w for w in words if w.x1 <= lower.x0), key=lambda w: w.x1, default=None),
        min((w for w in words if w.x0 >= lower.x1), key=lambda w: w.x0, default=None),
    )
    for side in sides:
        if side is None:
            return False
        stack = [w for w in words if abs(w.middle - side.middle) < 0.3 * w.size]
        if min(w.base for w in stack) < upper.base + 0.5 * upper.size:
            return False
        middle = sum(w.top + w.bottom for w in stack) / 2 / len(stack)
        if 2 * middle - floor <= (upper.top + upper.bottom) / 2:
            return False
    return True


def _head_rows(
    labels: list[_Label], columns: list[_Column], cuts: list[float], rules: list[Rule], floor: float
) -> tuple[list[list[_Label]], list[_Word]]:
    """Labels → levels from top to bottom, the last one the leaves, each label with its columns; and words left over."""
    leaf: list[_Label | None] = [None] * len(columns)
    used: set[int] = set()
    edges = [-np.inf, *cuts, np.inf]
    for i in range(len(columns)):
        own = [(k, la) for k, la in enumerate(labels) if edges[i] <= la.middle < edges[i + 1]]
        if own:
            k, label = max(own, key=lambda item: item[1].height)
            leaf[i] = replace(label, first=i, last=i)
            used.add(k)
    groups = [la for k, la in enumerate(labels) if k not in used]
    groups.sort(key=lambda la: (la.height, la.x0))
    levels: list[list[_Label]] = []
    for label in groups:
        if levels and label.top < levels[-1][-1].bottom - 0.3 * label.words[0].size:
            levels[-1].append(label)
        else:
            levels.append([label])
    heads: list[list[_Label]] = []
    left_over: list[_Word] = []
    for level in levels:
        level.sort(key=lambda la: la.x0)
        placed = _spread(level, leaf, columns, cuts, rules, floor)
        heads.append([la for la in placed if la.first >= 0])
        left_over += [w for la in placed if la.first < 0 for w in la.words]
    heads = [level for level in heads if level]
    return [*heads, [la for la in leaf if la is not None]], left_over


def _spread(
    level: list[_Label],
    leaf: list[_Label | None],
    columns: list[_Column],
    cuts: list[float],
    rules: list[Rule],
    floor: float,
) -> list[_Label]:
    """Give each label of a level the columns it heads: by the rule below it, else so that labels stand over the middle.

    `floor` is where the head ends. Labels stand in the middle of their cells, so a leaf tells where its cell begins: as
    far above its own middle as the floor is below. It hangs from a label only if that is below the label's middle.
    """
    edges = [columns[0].x0, *cuts, columns[-1].x1]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(edges)]
    bottom = max(la.bottom for la in level)
    height = max(la.height for la in level)
    size = level[0].words[0].size

    def below(i: int) -> bool:
        label = leaf[i]
        if label is None:
            return True
        if label.top < bottom - 0.25 * size and (rules or label.height <= height):
            return False
        if not rules:
            return 2 * label.height - floor > height
        return any(bottom - 2 < y < label.top + 2 and a - 2 <= middles[i] <= b + 2 for y, a, b in rules)

    out: list[_Label] = []
    open_columns = [below(i) for i in range(len(columns))]
    pending: list[_Label] = []
    for label in level:
        under = [
            r
            for r in rules
            if label.bottom - 2 < r[0] < label.bottom + 2.5 * size and r[1] - 2 <= label.middle <= r[2] + 2
        ]
        near = min(under, key=lambda r: r[0], default=None)
        whole = near is not None and near[1] <= edges[0] + 2 * SAME_SIDE and near[2] >= edges[-1] - 2 * SAME_SIDE
        if near is not None and not whole:
            mine = [i for i in range(len(columns)) if near[1] - 2 <= middles[i] <= near[2] + 2 and open_columns[i]]
            if mine:
                for i in mine:
                    open_columns[i] = False
                out.append(replace(label, first=mine[0], last=mine[-1]))
                continue
        pending.append(label)
    runs: list[tuple[int, int]] = []
    i = 0
    while i < len(columns):
        if open_columns[i]:
            j = i
            while j + 1 < len(columns) and open_columns[j + 1]:
                j += 1
            runs.append((i, j))
            i = j + 1
        else:
            i += 1
    homes: dict[tuple[int, int], list[_Label]] = {}
    for label in pending:
        home = next((r for r in runs if edges[r[0]] - 2 <= label.middle <= edges[r[1] + 1] + 2), None)
        if home is None:
            out.append(label)
        else:
            homes.setdefault(home, []).append(label)
    for (first, last), labels in homes.items():
        out += _flush_left(labels, first, last, leaf) or _partition(labels, first, last, edges)
    return out


def _flush_left(labels: list[_Label], first: int, last: int, leaf: Sequence[_Label | None]) -> list[_Label]:
    """The labels of a level over the columns first…last, each from the column whose head begins where it does to the next one's;
    empty where they do not all begin so (heads that stand in the middle of theirs)."""
    starts = []
    for label in labels:
        size = label.words[0].size
        here = [i for i in range(first, last + 1) if (la := leaf[i]) is not None and abs(la.x0 - label.x0) < 0.3 * size]
        if len(here) != 1:
            return []
        starts.append(here[0])
    if not starts or starts[0] != first or starts != sorted(set(starts)):
        return []
    ends = [*(start - 1 for start in starts[1:]), last]
    return [replace(la, first=a, last=b) for la, a, b in zip(labels, starts, ends, strict=True)]


def _partition(labels: list[_Label], first: int, last: int, edges: list[float]) -> list[_Label]:
    """Cut the columns first…last into one stretch a label so that every label stands nearest to the middle of its own."""
    n = last - first + 1
    if len(labels) > n:
        return labels

    @cache
    def best(k: int, start: int) -> tuple[float, tuple[int, ...]]:
        if k == len(labels) - 1:
            middle = (edges[first + start] + edges[last + 1]) / 2
            return abs(middle - labels[k].middle), (n,)
        options = []
        for stop in range(start + 1, n - (len(labels) - 1 - k) + 1):
            middle = (edges[first + start] + edges[first + stop]) / 2
            cost, rest = best(k + 1, stop)
            options.append((cost + abs(middle - labels[k].middle), (stop, *rest)))
        return min(options)

    stops = best(0, 0)[1]
    starts = (0, *stops[:-1])
    return [replace(la, first=first + a, last=first + b - 1) for la, a, b in zip(labels, starts, stops, strict=True)]


# ── putting it together ───────────────────────────────────────────────────────────────────────────────────────────────


def _assembled(
    sheet: Sheet,
    header: _Lines,
    rows: list[_Row],
    area: Box,
    ends: list[float],
    rules: list[Rule],
    partial: list[Rule],
    merged: bool = False,
) -> Table | None:
    """Head lines and body rows → a table. `ends`: cuts known from drawn pieces; `rules`: those within the head."""
    x0, top, x1, foot = area  # fmt: skip
    body = [w for r in rows for line in r.lines for w in line]
    head_words = _joined_pieces([w for line in header for w in line])
    if not body and not head_words:
        return None
    if ends:
        cuts = ends
        columns = [_Column(a, b) for a, b in itertools.pairwise([x0, *cuts, x1])]
    else:
        inner = [x for _, a, b in partial for x in (a, b) if x0 + 8 < x < x1 - 8]
        below = [r for r in partial if rows and r[0] > rows[0].top + 1]
        leaves = _leaf_words(head_words)
        upper = [w for w in head_words if w not in leaves]
        # numbers of columns stand where their heads do, not where the figures are
        filling = [w for r in rows if not _numbers_columns(r) for line in r.lines for w in line] or body
        columns, cuts = _columns(filling, len(rows), leaves, x0, x1, inner, merged or bool(below), upper)
    if len(columns) < 2:
        return None
    xs = [x0, *cuts, x1]
    spans: list[tuple[int, int, int, int]] = []
    held: list[list[int]] = []
    ys = [top]
    if header:
        floor = rows[0].top if rows else foot
        labels = _labels(header, cuts, rules, floor)
        levels, left_over = _head_rows(labels, columns, cuts, rules, floor)
        depth = len(levels)
        lows = [max(la.bottom for la in level) for level in levels[:-1]]
        ys += [min(max(low + 1, ys[0] + 0.5 + i), floor - 0.5) for i, low in enumerate(lows)]
        ys = sorted(ys)
        taken = np.zeros((depth, len(columns)), bool)
        for d, level in enumerate(levels[:-1]):
            for label in level:
                if taken[d, label.first : label.last + 1].any():
                    left_over += list(label.words)
                    continue
                taken[d, label.first : label.last + 1] = True
                spans.append((label.first, d, label.last + 1, d + 1))
                held.append([m for w in label.words for m in w.marks])
        for i in range(len(columns)):
            leaf = next((la for la in levels[-1] if la.first == i), None)
            above = [d for d in range(depth - 1) if taken[d, i]]
            start = above[-1] + 1 if above else 0
            spans.append((i, start, i + 1, depth))
            held.append([] if leaf is None else [m for w in leaf.words for m in w.marks])
            for d in range(start):
                if not taken[d, i]:
                    spans.append((i, d, i + 1, d + 1))
                    held.append([])
        for word in left_over:
            home = min(range(len(spans)), key=lambda k: _distance(word, spans[k], xs, ys, floor))
            held[home].extend(word.marks)
        ys.append(floor)
    offset = len(ys) - 1
    ys += [r.bottom for r in rows]
    for first, last, start, stop, marks in _body_cells(sheet, rows, cuts, xs):
        spans.append((first, offset + start, last + 1, offset + stop + 1))
        held.append(marks)
    for i in range(1, len(ys)):
        ys[i] = max(ys[i], ys[i - 1] + 0.01)
    order = sorted(range(len(spans)), key=lambda k: (spans[k][1], spans[k][0]))
    every = np.array([m for k in order for m in held[k]], np.intp)
    cell = np.array([i for i, k in enumerate(order) for _ in held[k]], np.intp)
    in_order, breaks = in_cells(sheet, every, cell, len(order))
    return Table(xs=xs, ys=ys, spans=[spans[k] for k in order], held=in_order, breaks=breaks)


def _leaf_words(words: list[_Word]) -> list[_Word]:
    """Head words that may name a column: nothing below them, and not on the topmost of several levels."""
    lowest = [
        w for w in words
        if not any(v.top >= w.bottom - 1 and v.x1 > w.x0 and v.x0 < w.x1 for v in words if v is not w)
    ]  # fmt: skip
    if not lowest:
        return []
    top, low = min(w.base for w in words), max(w.base for w in lowest)
    return [w for w in lowest if _below_top(w, top, low)]


def _hangs_from(lower: _Word, upper: _Word) -> bool:
    """Whether a word stands right under the middle of another, a line lower."""
    near = 0 < lower.base - upper.base <= WRAP * lower.size
    return near and abs(lower.middle - upper.middle) < 0.3 * lower.size


def _widened(word: _Word, words: Sequence[_Word], cores: list[_Column]) -> _Word:
    """A head word as wide as the lines of its label above it; a line over several columns is a label of its own."""
    left, right, last = word.x0, word.x1, word
    while True:
        above = next((w for w in words if _hangs_from(last, w)), None)
        if above is None:
            return replace(word, x0=left, x1=right)
        if sum(above.x1 > c.x0 and above.x0 < c.x1 for c in cores) > 1:
            # the last line of a group has its parts below
            parts = any(w.base > word.base + 0.5 * word.size and w.x1 > above.x0 and w.x0 < above.x1 for w in words)
            return replace(word, x0=above.x0, x1=above.x1) if parts else replace(word, x0=left, x1=right)
        left, right, last = min(left, above.x0), max(right, above.x1), above


def _below_top(word: _Word, top: float, low: float) -> bool:
    """Whether a word is not on top: a label that spans all levels stands halfway down, one that heads others on top."""
    return word.base >= low - 0.75 * (low - top) or low - top < 0.5 * word.size


def _distance(word: _Word, span: tuple[int, int, int, int], xs: list[float], ys: list[float], floor: float) -> float:
    bounds_y = [*ys, floor]
    middle_y = (bounds_y[span[1]] + bounds_y[min(span[3], len(bounds_y) - 1)]) / 2
    inside = xs[span[0]] <= word.middle <= xs[span[2]]
    return abs((word.top + word.bottom) / 2 - middle_y) + (0 if inside else 1e4)


def _body_cells(
    sheet: Sheet, rows: list[_Row], cuts: list[float], xs: list[float]
) -> list[tuple[int, int, int, int, list[int]]]:
    """(first column, last column, first row, last row, marks) for every cell; places without words are empty cells.

    A cell reaches down to the next rule that crosses its column; a word wider than its column takes the free places
    beside it.
    """
    n = len(xs) - 1
    middles = [(a + b) / 2 for a, b in itertools.pairwise(xs)]
    top_of = np.zeros((len(rows), n), np.intp)
    for r in range(1, len(rows)):
        closed = rows[r - 1].closed
        for c in range(n):
            open_above = closed is not None and not any(a - 2 <= middles[c] <= b + 2 for a, b in closed)
            top_of[r, c] = top_of[r - 1, c] if open_above else r
    bottoms: dict[tuple[int, int], int] = {}
    for r in range(len(rows)):
        for c in range(n):
            bottoms[int(top_of[r, c]), c] = r
    narrow: list[tuple[tuple[int, int], _Word, list[int]]] = []
    wide: list[tuple[int, int, int, _Word]] = []
    for r, row in enumerate(rows):
        for word in (w for line in row.lines for w in line):
            first = int(np.searchsorted(cuts, word.x0 + 0.2 * word.size, "right"))
            last = int(np.searchsorted(cuts, word.x1 - 0.2 * word.size, "left"))
            if last <= first:
                own = int(np.searchsorted(cuts, word.middle)) if last < first else first
                narrow.append(((int(top_of[r, own]), own), word, list(word.marks)))
                continue
            pieces = _cut_marks(sheet, word, cuts)
            if pieces is None:
                wide.append((r, first, last, word))
                continue
            for column, marks in pieces:
                narrow.append(((int(top_of[r, column]), column), word, marks))
    cells: dict[tuple[int, int], list[int]] = {}
    spread: dict[tuple[int, int], int] = {}
    covered: dict[tuple[int, int], tuple[int, int]] = {}
    for r, first, last, word in wide:
        start = (int(top_of[r, first]), first)
        home = covered.get(start, start)
        places = [(int(top_of[r, c]), c) for c in range(first, last + 1)]
        alike = all(p[0] == home[0] and bottoms.get(p) == bottoms[home] for p in places)
        beside = any(
            p in places[1:] and (abs(w.base - word.base) < 0.5 * word.size or w.numeric or _cut_off(w, word))
            for p, w, _ in narrow
        )
        free = all(covered.get(p, home) == home and p not in spread for p in places[1:])
        cells.setdefault(home, []).extend(word.marks)
        if alike and free and not beside and home[1] <= first:
            spread[home] = max(spread.get(home, first), last)
            covered.update({p: home for p in places if p != home})
    for place, _, marks in narrow:
        # what stands under a wide cell without a rule between goes on in it
        cells.setdefault(covered.get(place, place), []).extend(marks)
    out = []
    for (r, c), bottom in bottoms.items():
        if (r, c) not in covered:
            out.append((c, spread.get((r, c), c), r, bottom, cells.get((r, c), [])))
    return out


def _cut_off(lower: _Word, wide: _Word) -> bool:
    """Whether a word is too far from a wide one to be its next line."""
    return not 0 < lower.base - wide.base <= 2 * WRAP * wide.size


def _cut_marks(sheet: Sheet, word: _Word, cuts: list[float]) -> list[tuple[int, list[int]]] | None:
    """A word over a cut is two cells set close together when a mark ends and another begins there, one side a number."""
    columns = [int(np.searchsorted(cuts, float(sheet.box[m, 0] + sheet.box[m, 2]) / 2)) for m in word.marks]
    pieces: list[tuple[int, list[int]]] = []
    for mark, column in zip(word.marks, columns, strict=True):
        if pieces and pieces[-1][0] == column:
            pieces[-1][1].append(mark)
        else:
            pieces.append((column, [mark]))
    texts = ["".join(sheet.texts[marks].tolist()) for _, marks in pieces]
    sides = [bool(_AMOUNT.match(t) or _DASH.match(t)) for t in texts]
    return pieces if any(sides) and all(a or b for a, b in itertools.pairwise(sides)) else None
