"""Rows of a table that no upright rule draws: lines that belong together, and what only a merged cell held together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from extract.page.columns import clustered
from extract.page.words import DASH, WRAP, Lines, Word

ROW_GAP: Final = 3.2
"""Ems from baseline to baseline of two rows that nothing rules, where the rows themselves do not stand farther apart."""
AIRY_ROW_GAP: Final = 4.5
"""Ems up to which rows of numbers that keep one distance are a table: sheets print small letters in high rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row between two heights. `closed`: the stretches of x over which a rule closes it below; None: everywhere."""

    top: float
    bottom: float
    lines: Lines
    closed: tuple[tuple[float, float], ...] | None = None


def is_row(band: Lines) -> bool:
    return any(len(line) >= 2 for line in band) or sum(len(line) for line in band) >= 2


def rows_of_band(band: Lines, top: float, bottom: float) -> list[Row]:
    """One row, or several where numbers stand under each other between two rules (head and foot ruled only)."""
    groups = row_groups(band)
    counted = [g for g in groups if sum(w.numeric for line in g for w in line) >= 1]
    if len(counted) < 2 or not _under_each_other(counted):
        return [Row(top, bottom, band)]
    groups = attached(groups)
    edges = [top, *(between(a, b) for a, b in itertools.pairwise(groups)), bottom]
    return [Row(edges[i], edges[i + 1], g) for i, g in enumerate(groups)]


def _under_each_other(groups: Sequence[Lines]) -> bool:
    for a, b in itertools.pairwise(groups):
        ours = [w for line in a for w in line if w.amount or DASH.match(w.text)]
        theirs = [w for line in b for w in line if w.amount or DASH.match(w.text)]
        if any(min(p.x1, q.x1) - max(p.x0, q.x0) > 0 for p in ours for q in theirs):
            return True
    return False


def between(above: Lines, below: Lines) -> float:
    return (max(w.bottom for line in above for w in line) + min(w.top for line in below for w in line)) / 2


def row_groups(lines: Lines) -> list[Lines]:
    """Lines that overlap in height belong to one row: cells of several lines are set around the middle of their row."""
    groups: list[Lines] = []
    for line in sorted(lines, key=lambda one: one[0].base):
        if groups and line[0].base - groups[-1][-1][0].base < 0.8 * line[0].size:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def split_rows(groups: list[Lines]) -> list[Lines]:
    """Part again what only a merged cell held together: two rows beside a cell that stands between them.

    Two lines of one wrapped cell differ from two rows in that the upper one is full: the next letter would not have
    fitted into the widest place of its column.
    """
    widths: list[tuple[float, float, float]] = [(w.x0, w.x1, w.x1 - w.x0) for g in groups for line in g for w in line]
    out: list[Lines] = []
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
        bases = clustered(rows)
        if len(bases) < 2:
            out.append(group)
            continue
        parts: list[Lines] = [[] for _ in bases]
        for line in group:
            for word in line:
                near = min(range(len(bases)), key=lambda k: (round(abs(bases[k] - word.base), 1), k))
                parts[near].append([word])
        out += [sorted(part, key=lambda line: (line[0].base, line[0].x0)) for part in parts if part]
    return out


def attached(groups: list[Lines]) -> list[Lines]:
    """Groups without a number, between rows that all have some, are the outer lines of a neighbour's wrapped cell."""
    counted = [any(w.numeric for line in g for w in line) for g in groups]
    if sum(counted) < 0.7 * len(groups):
        return groups
    out: list[Lines] = []
    pending: list[Lines] = []
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


def _near(above: Lines, below: Lines) -> bool:
    return below[0][0].base - above[-1][0].base <= WRAP * below[0][0].size


def _same_place(a: Word, b: Word) -> bool:
    return abs(a.x0 - b.x0) < 1.5 * a.size or min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 * min(a.x1 - a.x0, b.x1 - b.x0)


def _shared(above: Lines, pending: list[Lines], below: Lines) -> tuple[Lines, Lines]:
    """Pending lines → (what belongs to the row above, what to the row below): below when its own line lacks that cell."""
    lines = [line for g in pending for line in g]
    word = lines[0][0]
    if any(_same_place(word, w) for line in below for w in line):
        return lines, []
    return [], lines


def first_of_row(lines: Lines, numbers: int) -> int:
    """The first line of the row whose numbers stand in line `numbers`: a wrapped name may begin above them."""
    first = numbers
    while first > 0 and lines[numbers][0].base - lines[first - 1][0].base < 0.8 * lines[first][0].size:
        first -= 1
    return first
