"""Tables drawn with ruling lines: crossings, cells, spans, and sides that are not drawn.

Ruling lines within `SNAP` of each other are one, collinear stretches closer than `SNAP` are joined, four crossings joined
by lines on all sides make a cell, cells that share a corner make a table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from extract.page.sheet import Bools, Floats, Ints, Sheet, Table, in_cells

SNAP: Final = 3.0
"""Points within which two ruling lines, or the end of one and the side of another, are taken to touch."""
SHORTEST: Final = 3.0
"""A joined ruling line below this length is a dot or a dash."""
_OF_NUMBERS: Final = frozenset("0123456789.,")
_AMOUNT: Final = re.compile(r"\d+\.\d{1,6}|\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?")


def ruled_tables(sheet: Sheet) -> list[Table]:
    """Every group of at least two ruled cells, with the marks that stand in each."""
    level, upright = joined_rules(sheet.level, sheet.upright)
    if not len(level) or not len(upright):
        return []
    middle = sheet.middle
    tops, bottoms = _missing_sides(upright, level, middle, columns=True)
    left, right = _missing_sides(level, upright, middle[:, ::-1], columns=False)
    if len(tops) or len(bottoms) or len(left) or len(right):
        level, upright = joined_rules(np.concatenate([level, tops, bottoms]), np.concatenate([upright, left, right]))
    cells = _cells(level, upright)
    if cells is None:
        return []
    label = _components(cells)
    lone = np.bincount(label, minlength=len(label))[label] < 2  # a single frame is no table
    keep = np.flatnonzero(~lone)
    if not len(keep):
        return []
    cells, label = _Cells(cells.xs, cells.ys, cells.spans[keep]), label[keep]
    owner = _owners(cells, sheet)
    tables = []
    for table in np.unique(label).tolist():
        members = np.flatnonzero(label == table)
        found = _table_of(cells, members, owner, sheet)
        tables.append(
            replace(
                found,
                open_top=bool((np.abs(tops[:, 0] - found.ys[0]) <= SNAP).any()),
                open_bottom=bool((np.abs(bottoms[:, 0] - found.ys[-1]) <= SNAP).any()),
                open_below=_open_below(found, bottoms),
            )
        )
    return tables


def _open_below(table: Table, added: Floats) -> frozenset[int]:
    """The cells of the last row that no drawn line closes, none when that is so of all of them.

    Where a page cuts merged cells, the lines between the rows beside them are drawn and these cells stay open. A printer
    that leaves out the last line of every page says nothing about single cells.
    """
    sides = added[np.abs(added[:, 0] - table.ys[-1]) <= SNAP].tolist()
    if not sides:
        return frozenset()
    last = [k for k, span in enumerate(table.spans) if span[3] == len(table.ys) - 1]
    middles = {k: (table.xs[table.spans[k][0]] + table.xs[table.spans[k][2]]) / 2 for k in last}
    found = frozenset(k for k, x in middles.items() if any(low < x < high for _, low, high in sides))
    return frozenset() if len(found) == len(last) else found


def _owners(cells: _Cells, sheet: Sheet) -> Ints:
    """The cell in which the middle of each mark stands, -1 for none. The smallest wins where frames are nested."""
    n_x, n_y = len(cells.xs), len(cells.ys)
    spans = cells.spans
    plan = np.full((n_x + 1, n_y + 1), -1, np.intp)
    size = (spans[:, 2] - spans[:, 0]) * (spans[:, 3] - spans[:, 1])
    large = np.flatnonzero(size > 1)
    for i in large[np.argsort(-size[large], kind="stable")].tolist():
        left, top, right, bottom = spans[i].tolist()
        plan[left:right, top:bottom] = i
    unit = np.flatnonzero(size == 1)
    plan[spans[unit, 0], spans[unit, 1]] = unit
    # -1 wraps to the spare last place, which holds -1
    column = np.searchsorted(cells.xs, sheet.middle[:, 0], "right") - 1
    row = np.searchsorted(cells.ys, sheet.middle[:, 1], "right") - 1
    return _whole_numbers(sheet, plan[column, row])


def _whole_numbers(sheet: Sheet, owner: Ints) -> Ints:
    """A number printed wider than its cell runs over the rule; all of it belongs where most of it stands.

    It is one number when the text layer shows no blank in it, it reads as one amount, and the step over the rule is not
    wider than those between its other digits: two figures that touch have at least the padding of their cells between.
    """
    if len(owner) < 2:
        return owner
    follows = (np.diff(sheet.order) == 1) & (np.abs(np.diff(sheet.base)) < 0.1 * sheet.size[1:])
    done = -1
    for i in np.flatnonzero(follows & (np.diff(owner) != 0)).tolist():
        if i <= done or sheet.texts[i] not in _OF_NUMBERS or sheet.texts[i + 1] not in _OF_NUMBERS:
            continue
        first, last = i, i + 1
        while first > 0 and follows[first - 1] and sheet.texts[first - 1] in _OF_NUMBERS:
            first -= 1
        while last < len(follows) and follows[last] and sheet.texts[last + 1] in _OF_NUMBERS:
            last += 1
        done = last
        token = slice(first, last + 1)
        if not _AMOUNT.fullmatch("".join(sheet.texts[token].tolist())):
            continue
        plain = np.array([text.isdigit() for text in sheet.texts[token].tolist()])
        steps = np.diff(sheet.along[token])
        between_digits = steps[plain[1:] & plain[:-1]]
        across = steps[np.diff(owner[token]) != 0]
        if len(between_digits) < 2 or across.max() > 1.08 * float(np.median(between_digits)):
            continue
        homes, counts = np.unique(owner[token][owner[token] >= 0], return_counts=True)
        owner[token] = homes[counts.argmax()]
    return owner


def _table_of(cells: _Cells, members: Ints, owner: Ints, sheet: Sheet) -> Table:
    spans = cells.spans[members]
    order = np.lexsort((spans[:, 0], spans[:, 1]))
    members, spans = members[order], spans[order]
    used_x = np.unique(spans[:, [0, 2]])
    used_y = np.unique(spans[:, [1, 3]])
    local = np.stack(
        [
            np.searchsorted(used_x, spans[:, 0]),
            np.searchsorted(used_y, spans[:, 1]),
            np.searchsorted(used_x, spans[:, 2]),
            np.searchsorted(used_y, spans[:, 3]),
        ],
        axis=1,
    )
    place = np.full(len(cells.spans), -1, np.intp)
    place[members] = np.arange(len(members))
    inside = np.flatnonzero(owner >= 0)
    inside = inside[place[owner[inside]] >= 0]
    held, breaks = in_cells(sheet, inside, place[owner[inside]], len(members))
    return Table(
        xs=cells.xs[used_x].tolist(), ys=cells.ys[used_y].tolist(),
        spans=[(a, b, c, d) for a, b, c, d in local.tolist()], held=held, breaks=breaks,
    )  # fmt: skip


def _snapped(values: Floats, tolerance: float = SNAP) -> tuple[Ints, Floats]:
    """Values chained within `tolerance` → (group of each, mean of each group), groups in ascending order."""
    order = np.argsort(values, kind="stable")
    group = np.empty(len(values), np.intp)
    group[order] = np.concatenate(([0], np.cumsum(np.diff(values[order]) > tolerance)))
    return group, np.bincount(group, values) / np.bincount(group)


def _joined_stretches(group: Ints, low: Floats, high: Floats, gap: float = SNAP) -> tuple[Ints, Floats, Floats]:
    """Stretches of one group that overlap or lie within `gap` become one; the short ones that remain are dropped."""
    apart = 1e6
    key = group * apart
    start = key + low
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate((key + high)[order])
    new = np.concatenate(([True], start[1:] > reach[:-1] + gap))
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(start)) - 1
    which = group[order][first]
    lows, highs = start[first] - which * apart, reach[last] - which * apart
    keep = highs - lows >= SHORTEST
    return which[keep], lows[keep], highs[keep]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells between grid lines: `xs`, `ys` their positions, `spans` (n, 4) left, top, right, bottom as indexes."""

    xs: Floats
    ys: Floats
    spans: Ints


def joined_rules(level: Floats, upright: Floats) -> tuple[Floats, Floats]:
    """Snap and join: rules as they look. Returns level (n, 3), upright (n, 3)."""
    if len(level):
        group, at = _snapped(level[:, 0])
        which, low, high = _joined_stretches(group, level[:, 1], level[:, 2])
        level = np.stack([at[which], low, high], axis=1)
    if len(upright):
        group, at = _snapped(upright[:, 0])
        which, low, high = _joined_stretches(group, upright[:, 1], upright[:, 2])
        upright = np.stack([at[which], low, high], axis=1)
    return level, upright


def _cells(level: Floats, upright: Floats) -> _Cells | None:
    """Joined rules → every smallest rectangle whose four sides are drawn."""
    if len(level) < 2 or len(upright) < 2:
        return None
    ys, h_of = np.unique(level[:, 0], return_inverse=True)
    xs, v_of = np.unique(upright[:, 0], return_inverse=True)
    crosses = (
        (upright[:, 1, None] <= level[:, 0] + SNAP) & (upright[:, 2, None] >= level[:, 0] - SNAP)
        & (upright[:, 0, None] >= level[:, 1] - SNAP) & (upright[:, 0, None] <= level[:, 2] + SNAP)
    )  # fmt: skip
    of_v, of_h = np.nonzero(crosses)
    if len(of_v) < 4:
        return None
    n_x, n_y = len(xs), len(ys)
    v_at = np.full((n_x, n_y), -1, np.intp)
    h_at = v_at.copy()
    px, py = v_of[of_v], h_of[of_h]
    v_at[px, py], h_at[px, py] = of_v, of_h
    there = v_at >= 0
    below = np.full((n_x, n_y), n_y, np.intp)
    marks = np.where(there, np.arange(n_y), n_y)
    below[:, :-1] = np.minimum.accumulate(marks[:, ::-1], axis=1)[:, ::-1][:, 1:]
    right = np.full((n_x, n_y), n_x, np.intp)
    marks = np.where(there, np.arange(n_x)[:, None], n_x)
    right[:-1, :] = np.minimum.accumulate(marks[::-1], axis=0)[::-1][1:]

    x, y = np.nonzero(there)
    b, r = below[x, y], right[x, y]
    ok = (b < n_y) & (r < n_x)
    x, y, b, r = x[ok], y[ok], b[ok], r[ok]
    ok = (v_at[x, b] == v_at[x, y]) & (h_at[r, y] == h_at[x, y])
    x, y, b, r = x[ok], y[ok], b[ok], r[ok]
    whole = (h_at[r, b] == h_at[x, b]) & (v_at[r, b] == v_at[r, y]) & (h_at[r, b] >= 0)
    spans = np.stack([x, y, r, b], axis=1)
    found, open_ = spans[whole], spans[~whole]
    if len(open_):
        # merged cells: walk on along both sides until a drawn corner closes the rectangle
        v_list, h_list, below_list, right_list = v_at.tolist(), h_at.tolist(), below.tolist(), right.tolist()
        more = []
        for cx, cy, first_right, first_below in open_.tolist():
            corner = _closing_corner(cx, cy, first_right, first_below, v_list, h_list, below_list, right_list, n_x, n_y)
            if corner is not None:
                more.append((cx, cy, *corner))
        if more:
            found = np.concatenate([found, np.array(more, np.intp)])
    return _Cells(xs, ys, found) if len(found) else None


def _closing_corner(
    x: int, y: int, first_right: int, first_below: int,
    v_at: list[list[int]], h_at: list[list[int]], below: list[list[int]], right: list[list[int]], n_x: int, n_y: int,
) -> tuple[int, int] | None:  # fmt: skip
    v, h = v_at[x][y], h_at[x][y]
    b = first_below
    while b < n_y and v_at[x][b] == v:
        bottom = h_at[x][b]
        r = first_right
        while r < n_x and h_at[r][y] == h:
            if h_at[r][b] == bottom and v_at[r][b] == v_at[r][y]:
                return r, b
            r = right[r][y]
        b = below[x][b]
    return None


def _missing_sides(along: Floats, across: Floats, middle: Floats, columns: bool) -> tuple[Floats, Floats]:
    """Sides that are not drawn: (at the low ends, at the high ends) of the rules `along`, as rules like `across`.

    A table cut by the edge of a page or printed without its outer border ends in rules that run on beyond the last rule
    across them and stop together. Where no rule joins such ends and marks stand before them, a side belongs there.
    `along` (n, 3) position, low, high; `across` (m, 3) likewise; `middle` (k, 2) middles of the marks, position of
    `along` first.
    """
    crosses = (
        (along[:, 1, None] <= across[:, 0] + SNAP) & (along[:, 2, None] >= across[:, 0] - SNAP)
        & (along[:, 0, None] >= across[:, 1] - SNAP) & (along[:, 0, None] <= across[:, 2] + SNAP)
    )  # fmt: skip
    sides = []
    for end in (1, 2):
        group, at = _snapped(along[:, end])
        order = np.lexsort((along[:, 0], group))
        left, right = order[:-1], order[1:]
        gaps, height = (along[left, 0] + along[right, 0]) / 2, at[group[left]]
        pair = group[left] == group[right]
        closed = (
            (np.abs(across[:, 0, None] - height) <= SNAP) & (across[:, 1, None] <= gaps) & (across[:, 2, None] >= gaps)
        ).any(axis=0)  # fmt: skip
        added: list[tuple[float, float, float]] = []
        for g in np.unique(group[left[pair & ~closed]]).tolist():
            mine = np.flatnonzero(pair & (group[left] == g))
            members = np.append(left[mine], right[mine[-1]])
            # neighbours only: a cell that passes by between two ends is not theirs to close
            passing = np.sort(along[(along[:, 1] <= at[g] + SNAP) & (along[:, 2] >= at[g] - SNAP), 0])
            shut = closed[mine] | (np.diff(np.searchsorted(passing, along[members, 0])) > 1)
            if not shut.all():
                added += _sides_between(along, across, crosses, members, shut, float(at[g]), end, middle, columns)
        sides.append(np.array(added, float).reshape(-1, 3))
    return sides[0], sides[1]


def _sides_between(
    along: Floats,
    across: Floats,
    crosses: Bools,
    members: Ints,
    closed: Bools,
    at: float,
    end: int,
    middle: Floats,
    columns: bool,
) -> list[tuple[float, float, float]]:
    """One side for every run of neighbouring rules that belong together, when text stands before their ends.

    Two rules belong together when a rule across joins them. Upright rules (`columns`) also do when both begin and end
    alike and one meets no rule at all: the sides of a cell as high as the page.
    """
    added: list[tuple[float, float, float]] = []
    first = 0
    needed = False
    before, after = members[:-1], members[1:]
    shared: Bools = crosses[before] & crosses[after]
    joined: Bools = np.logical_or.reduce(shared, axis=1)
    together = joined & ~closed
    if columns:
        far = along[:, 3 - end]
        alike = np.abs(far[before] - far[after]) <= SNAP
        lone = ~(crosses[before].any(axis=1) & crosses[after].any(axis=1))
        together |= alike & lone & ~closed
    for k, belongs in enumerate([*together.tolist(), False]):
        if belongs:
            if not needed:
                a, b = before[k], after[k]
                last = along[a, 3 - end]
                if joined[k]:
                    last = across[shared[k], 0].min() if end == 1 else across[shared[k], 0].max()
                low, high = min(at, float(last)), max(at, float(last))
                within = (middle[:, 0] > along[a, 0]) & (middle[:, 0] < along[b, 0])
                needed = bool((within & (middle[:, 1] > low) & (middle[:, 1] < high)).any())
            continue
        if needed and k > first:
            added.append((at, float(along[members[first], 0]), float(along[members[k], 0])))
        first, needed = k + 1, False
    return added


def _components(cells: _Cells) -> Ints:
    """Label of each cell's table: cells that share a corner belong together."""
    n, spans, n_y = len(cells.spans), cells.spans, len(cells.ys)
    corners = np.stack(
        [
            spans[:, 0] * n_y + spans[:, 1],
            spans[:, 0] * n_y + spans[:, 3],
            spans[:, 2] * n_y + spans[:, 1],
            spans[:, 2] * n_y + spans[:, 3],
        ],
        axis=1,
    )
    label = np.arange(n)
    flat = corners.ravel()
    while True:
        least = np.full(len(cells.xs) * n_y, n)
        np.minimum.at(least, flat, np.repeat(label, 4))
        new = least[corners].min(axis=1)
        new = new[new]
        if (new == label).all():
            return label
        label = new
