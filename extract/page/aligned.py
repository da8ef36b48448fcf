"""Tables without upright rules: columns are told by alignment, rows by level rules or by baselines.

Two shapes are read: rows parted by level rules of one width (also only head and foot ruled), and no rules at all but
rows of numbers that stand in columns. What is read here is less certain than a drawn cell, but nothing is guessed that
the page does not show: a strip free of ink in (almost) every row parts two columns, a label centred over several columns
heads them, a line that stands half a line off its neighbours belongs to a cell of several lines.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from extract.page.charts import is_chart, scales_of_charts
from extract.page.column_numbers import numbers_columns
from extract.page.columns import Column, columns_of, joined_pieces, leaf_words
from extract.page.head_labels import head_rows, labels_of
from extract.page.row_groups import (
    AIRY_ROW_GAP,
    ROW_GAP,
    Row,
    attached,
    between,
    first_of_row,
    is_row,
    row_groups,
    rows_of_band,
    split_rows,
)
from extract.page.ruled import joined_rules
from extract.page.sheet import Ints, Sheet, Table, in_cells
from extract.page.words import AMOUNT, DASH, SAME_SIDE, WRAP, Lines, Rule, Word, baselines, words_of
from extract.reading import Box

_LEADERS: Final = re.compile(r"(?:[.．。·…‥]\s*){4,}|…{2,}")
_CAPTION: Final = re.compile(r"(?<!其中)[:：]")
WIDE_GAP: Final = 0.9
"""Ems that part two cells of a line beyond doubt."""
HEAD_GAP: Final = 3.2
"""Ems from baseline to baseline within a head: a group stands far above the only line of parts that others wrap."""


def aligned_tables(sheet: Sheet, lines: Sequence[Ints], areas: Sequence[Box]) -> list[Table]:
    """Tables among the `lines` of marks that stand outside the ruled tables' `areas`."""
    if not any(_has_wide_gap(sheet, line) for line in lines):
        return []
    words = [words_of(sheet, part) for line in lines for part in baselines(sheet, line)]
    scales = scales_of_charts(sheet, words)
    tables: list[Table] = []
    taken: set[int] = set()
    for stack in _stacks(sheet, areas):
        for part in _parts(stack, words):
            table = _between_rules(sheet, words, part)
            if table is not None and _tabular(table) and not is_chart(table, scales):
                tables.append(table)
                taken.update(int(m) for m in table.marks)
    rest = [[w for w in line if not taken.intersection(w.marks)] for line in words]
    covered = [*areas, *(t.area for t in tables)]
    rest = [line for line in rest if line and not _within(line, covered)]
    for region in _numeric_regions(rest):
        table = _without_rules(sheet, region)
        if table is not None and _tabular(table) and not is_chart(table, scales):
            tables.append(table)
    return tables


def _tabular(table: Table) -> bool:
    """Whether at least two rows show two cells side by side: the scale and the legend of a chart do not."""
    filled: dict[int, int] = {}
    for (_, top, _, _), marks in zip(table.spans, table.held, strict=True):
        filled[top] = filled.get(top, 0) + bool(len(marks))
    return sum(count >= 2 for count in filled.values()) >= 2


def _has_wide_gap(sheet: Sheet, line: Ints) -> bool:
    if len(line) < 2:
        return False
    gap = sheet.along[line][1:] - sheet.end[line][:-1]
    return bool((gap > WIDE_GAP * sheet.size[line][1:]).any())


def _within(line: list[Word], areas: Sequence[Box]) -> bool:
    middle = sum(w.top + w.bottom for w in line) / 2 / len(line)
    x = sum(w.middle for w in line) / len(line)
    return any(x0 <= x <= x1 and top <= middle <= bottom for x0, top, x1, bottom in areas)


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


def _bands(lines: Lines, stack: _Stack) -> list[Lines]:
    """The lines between each two full rules of a stack."""
    bands: list[Lines] = [[] for _ in range(len(stack.full) - 1)]
    for line in lines:
        inside = [w for w in line if stack.x0 - 3 <= w.middle <= stack.x1 + 3]
        if not inside:
            continue
        middle = sum((w.top + w.bottom) / 2 for w in inside) / len(inside)
        k = int(np.searchsorted(stack.full, middle)) - 1
        if 0 <= k < len(bands):
            bands[k].append(inside)
    return bands


def _parts(stack: _Stack, lines: Lines) -> list[_Stack]:
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


def _between_rules(sheet: Sheet, lines: Lines, stack: _Stack) -> Table | None:
    bands = _bands(lines, stack)
    first, last = 0, len(bands)
    # a rule under the page's head and one above its foot may be as wide as the table
    while first < last and not is_row(bands[first]):
        first += 1
    while last > first and not bands[last - 1]:
        last -= 1
    if last - first < 1 or sum(is_row(b) for b in bands[first:last]) < 1:
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
    rows: list[Row] = []
    for k in range(head, last):
        within = sorted({r[0] for r in partial if stack.full[k] + 1 < r[0] < stack.full[k + 1] - 1})
        if within:
            edges = [stack.full[k], *within, stack.full[k + 1]]
            for a, b in itertools.pairwise(edges):
                inside = [[w for w in line if a <= (w.top + w.bottom) / 2 < b] for line in bands[k]]
                rows.append(
                    Row(a, b, [line for line in inside if line], tuple(r[1:] for r in rules if abs(r[0] - b) < 0.5))
                )
        else:
            rows += rows_of_band(bands[k], stack.full[k], stack.full[k + 1])
    return _assembled(
        sheet,
        header,
        rows,
        (stack.x0, stack.full[first], stack.x1, stack.full[last]),
        list(stack.ends),
        header_rules,
        partial,
    )


def _places(body: Lines, stack: _Stack) -> list[list[float]]:
    """The stretches that the rows fill, each of which a head must label; drawn pieces tell the columns, as a short figure need not
    stand below the middle of its own."""
    narrow = [w for line in body for w in line if w.x1 - w.x0 < 0.4 * (stack.x1 - stack.x0)]
    if stack.ends:
        # drawn pieces tell the columns: a short figure need not stand below the middle of its own
        edges = list(itertools.pairwise([stack.x0, *stack.ends, stack.x1]))
        spans = [edge for edge in edges if any(edge[0] <= w.middle < edge[1] for w in narrow)]
    else:
        spans = sorted((w.x0, w.x1) for w in narrow)
    places: list[list[float]] = []
    for x0, x1 in spans:
        if places and x0 < places[-1][1]:
            places[-1][1] = max(places[-1][1], x1)
        else:
            places.append([x0, x1])
    return places


def _heads(header: Lines, body: Lines, stack: _Stack) -> bool:
    """Whether lines look like a head: they label (almost) every place that the rows below fill."""
    if not header or not body:
        return False
    places = _places(body, stack)
    labels = [w for line in header for w in line if w.x1 - w.x0 < 0.4 * (stack.x1 - stack.x0)]
    missing = sum(1 for x0, x1 in places if not any(w.x0 < x1 + w.size and w.x1 > x0 - w.size for w in labels))
    return missing <= (1 if len(places) >= 5 else 0)


def _numeric_regions(lines: Lines) -> list[Lines]:
    """Stretches of lines that hold rows of numbers, with the head above them."""
    lines = sorted(lines, key=lambda line: line[0].base)
    strong = [_row_strength(line) or _parted_in(line) for line in lines]
    regions: list[Lines] = []
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


def _pitch(lines: Lines, first: int) -> float:
    """Points from row to row, with a little slack, where three rows of numbers in the first lines keep one distance; else 0."""
    near = [line[0] for line in itertools.islice(lines, first, first + 8) if _row_strength(line)]
    gaps = [below.base - above.base for above, below in itertools.pairwise(near)]
    for above, below, word in zip(gaps, gaps[1:], near, strict=False):
        if abs(above - below) <= 0.1 * above and above <= AIRY_ROW_GAP * word.size:
            return 1.1 * above
    return 0.0


def _row_strength(line: list[Word]) -> int:
    """How many numbers a line shows in places of their own; 0 for prose and contents lines."""
    if len(line) < 2 or _LEADERS.search("".join(w.text for w in line)):
        return 0
    gaps = [b.x0 - a.x1 > WIDE_GAP * b.size for a, b in itertools.pairwise(line)]
    if not any(gaps):
        return 0
    numbers = sum(w.numeric for w in line)
    amounts = sum(w.amount for w in line)
    return numbers if amounts >= 1 or numbers >= 2 else 0


def _parted_in(line: list[Word]) -> int:
    """1 for a line of words in at least three places, which prose never shows; 0 else."""
    if len(line) < 3 or _LEADERS.search("".join(w.text for w in line)):
        return 0
    return int(sum(b.x0 - a.x1 > WIDE_GAP * b.size for a, b in itertools.pairwise(line)) >= 2)


def _differs(a: float, b: float) -> bool:
    return abs(a - b) > 0.12 * max(a, b)


def _may_continue(line: list[Word], above: Lines) -> bool:
    """A line without numbers inside a table: it stays within the places that the rows above use."""
    left, right = min(w.x0 for row in above for w in row), max(w.x1 for row in above for w in row)
    slack = 0.2 * (right - left)  # names stand at the left of their column, the label over them in its middle
    return all(w.x0 >= left - slack and w.x1 <= right + slack for w in line)


def _hangs_below(lines: Lines, last: int, strong: list[int]) -> bool:
    """The last line of a wrapped cell, less than a row below the last row of numbers."""
    here, below = lines[last], lines[last + 1]
    return (
        not strong[last + 1]
        and 0 < below[0].base - here[0].base < 0.95 * here[0].size
        and _may_continue(below, lines[max(0, last - 5) : last + 1])
    )


def _head_of(lines: Lines, first: int, taken: int, pitch: float = 0.0) -> int:
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


def _is_title(line: list[Word], below: Lines, size: float) -> bool:
    left, right = min(w.x0 for row in below for w in row), max(w.x1 for row in below for w in row)
    return line[0].text.endswith("表") or abs(line[0].middle - (left + right) / 2) < 0.8 * size


def _is_caption(line: list[Word]) -> bool:
    """Whether a line says whose table it is, for which year, in which unit (`单位：万元`)."""
    return any(_CAPTION.search(w.text.rstrip(":：")) or (w.text.endswith((":", "：")) and len(line) > 1) for w in line)


def _without_rules(sheet: Sheet, lines: Lines) -> Table | None:
    numbers = [i for i, line in enumerate(lines) if _row_strength(line)]
    if not numbers:
        return None
    first = first_of_row(lines, numbers[0])
    header, body = lines[:first], lines[first:]
    groups = split_rows(attached(row_groups(body)))
    formed = len(numbers) < 0.5 * len(groups)
    if formed and header:
        # a form of labels and values side by side has no head
        header, groups = [], split_rows(attached(row_groups(lines)))
    tops = [min(w.top for line in g for w in line) for g in groups]
    bottoms = [max(w.bottom for line in g for w in line) for g in groups]
    edges = [tops[0] - 1, *(between(a, b) for a, b in itertools.pairwise(groups)), bottoms[-1] + 1]
    if header:
        edges[0] = (max(w.bottom for line in header for w in line) + tops[0]) / 2
    rows = [Row(edges[i], edges[i + 1], g) for i, g in enumerate(groups)]
    every = [w for line in lines for w in line]
    x0, x1 = min(w.x0 for w in every) - 1, max(w.x1 for w in every) + 1
    top = min(w.top for w in every) - 1
    return _assembled(sheet, header, rows, (x0, top, x1, rows[-1].bottom), [], [], [], merged=formed)


def _assembled(
    sheet: Sheet,
    header: Lines,
    rows: list[Row],
    area: Box,
    ends: list[float],
    rules: list[Rule],
    partial: list[Rule],
    merged: bool = False,
) -> Table | None:
    """Head lines and body rows → a table. `ends`: cuts known from drawn pieces; `rules`: those within the head."""
    x0, top, x1, foot = area  # fmt: skip
    body = [w for r in rows for line in r.lines for w in line]
    head_words = joined_pieces([w for line in header for w in line])
    if not body and not head_words:
        return None
    if ends:
        cuts = ends
        columns = [Column(a, b) for a, b in itertools.pairwise([x0, *cuts, x1])]
    else:
        columns, cuts = _columns_of_rows(rows, head_words, x0, x1, partial, merged)
    if len(columns) < 2:
        return None
    xs = [x0, *cuts, x1]
    spans: list[tuple[int, int, int, int]] = []
    held: list[list[int]] = []
    ys = [top]
    if header:
        floor = rows[0].top if rows else foot
        labels = labels_of(header, cuts, rules, floor)
        levels, left_over = head_rows(labels, columns, cuts, rules, floor)
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


def _columns_of_rows(
    rows: list[Row], head_words: list[Word], x0: float, x1: float, partial: list[Rule], merged: bool
) -> tuple[list[Column], list[float]]:
    """Columns and cuts from where words stand. Numbers of columns stand where their heads do, not where figures are."""
    inner = [x for _, a, b in partial for x in (a, b) if x0 + 8 < x < x1 - 8]
    below = [r for r in partial if rows and r[0] > rows[0].top + 1]
    leaves = leaf_words(head_words)
    upper = [w for w in head_words if w not in leaves]
    every = [(r, w) for r in rows for line in r.lines for w in line]
    filling = [w for r, w in every if not numbers_columns(r.lines)] or [w for _, w in every]
    return columns_of(filling, len(rows), leaves, x0, x1, inner, merged or bool(below), upper)


def _distance(word: Word, span: tuple[int, int, int, int], xs: list[float], ys: list[float], floor: float) -> float:
    bounds_y = [*ys, floor]
    middle_y = (bounds_y[span[1]] + bounds_y[min(span[3], len(bounds_y) - 1)]) / 2
    inside = xs[span[0]] <= word.middle <= xs[span[2]]
    return abs((word.top + word.bottom) / 2 - middle_y) + (0 if inside else 1e4)


def _body_cells(
    sheet: Sheet, rows: list[Row], cuts: list[float], xs: list[float]
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
    narrow: list[tuple[tuple[int, int], Word, list[int]]] = []
    wide: list[tuple[int, int, int, Word]] = []
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


def _cut_off(lower: Word, wide: Word) -> bool:
    """Whether a word is too far from a wide one to be its next line."""
    return not 0 < lower.base - wide.base <= 2 * WRAP * wide.size


def _cut_marks(sheet: Sheet, word: Word, cuts: list[float]) -> list[tuple[int, list[int]]] | None:
    """A word over a cut is two cells set close together when a mark ends and another begins there, one side a number."""
    columns = [int(np.searchsorted(cuts, float(sheet.box[m, 0] + sheet.box[m, 2]) / 2)) for m in word.marks]
    pieces: list[tuple[int, list[int]]] = []
    for mark, column in zip(word.marks, columns, strict=True):
        if pieces and pieces[-1][0] == column:
            pieces[-1][1].append(mark)
        else:
            pieces.append((column, [mark]))
    texts = ["".join(sheet.texts[marks].tolist()) for _, marks in pieces]
    sides = [bool(AMOUNT.match(t) or DASH.match(t)) for t in texts]
    return pieces if any(sides) and all(a or b for a, b in itertools.pairwise(sides)) else None
