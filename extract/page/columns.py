"""Columns of a table that no upright rule draws: where words of its rows and its head stand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from extract.page.sheet import Ints
from extract.page.words import SAME_SIDE, WRAP, Word


@dataclass(frozen=True, slots=True)
class Column:
    """The stretch its words fill, and the cut to the next column."""

    x0: float
    x1: float


def columns_of(
    body: list[Word],
    rows: int,
    header: list[Word],
    x0: float,
    x1: float,
    rule_ends: list[float],
    merged: bool,
    upper: Sequence[Word] = (),
) -> tuple[list[Column], list[float]]:
    """Stretches of x filled by words of the body, and the cuts between them.

    A strip in which (almost) no row shows ink parts two columns; so does the end of a partial rule; a label of the head
    over an empty strip names a column of its own. `header` are the words of the head that may name a column, `upper` those
    above them that may belong to the same labels: no cut runs through one that stands over a single column.
    """
    step = 0.25
    size = float(np.median([w.size for w in body])) if body else 9.0
    narrow = _within_one_column(body, x0, x1, step)
    cover = _cover(narrow, x0, x1, step)
    allowed = int((0.2 if merged else 0.04) * rows) if rows >= 8 else 0
    filled = cover > allowed
    forced = clustered(rule_ends)
    for x in forced:
        at = int((x - x0) / step)
        if 0 <= at < len(cover) and cover[at] <= max(1, 0.3 * rows):
            filled[max(0, at - 1) : at + 2] = False
    turns = np.flatnonzero(np.diff(np.concatenate(([False], filled, [False])).astype(np.int8))).tolist()
    cores = [Column(x0 + a * step, x0 + b * step) for a, b in zip(turns[::2], turns[1::2], strict=True)]
    cores = _with_whole_amounts(cores, narrow, header)
    if not forced and (flush := _under_flush_heads(cores, header)) is not None:
        cores, header = flush, []
    # a column that is blank but for a word or two, and one that only the head names
    stacked = [*header, *upper]
    # the last line of a wrapped label may be narrow: the whole label tells whether it has a column already
    header = [_widened(w, stacked, cores) for w in header]
    for word in [*narrow, *header]:
        if all(word.x0 > c.x1 or word.x1 < c.x0 for c in cores):
            cores.append(Column(word.x0, word.x1))
            cores.sort(key=lambda c: c.x0)
    if not cores:
        return [], []
    cores = _merged_cores(cores, header, body, size, forced)
    single = [
        w
        for w in upper
        if sum(w.x1 > c.x0 and w.x0 < c.x1 for c in cores) <= 1 and any(hangs_from(v, w) for v in stacked)
    ]
    cover += _cover([*header, *single, *(w for w in body if w.x1 - w.x0 >= 0.4 * (x1 - x0))], x0, x1, step)
    # rules that begin inside the table leave out a column, even where this page shows nothing in it
    if any(x0 + 8 < x < cores[0].x0 for x in forced):
        cores.insert(0, Column(x0, x0 + step))
    if any(cores[-1].x1 < x < x1 - 8 for x in forced):
        cores.append(Column(x1 - step, x1))
    cuts = [_cut(left, right, forced, cover, x0, step) for left, right in itertools.pairwise(cores)]
    return cores, cuts


def _within_one_column(body: list[Word], x0: float, x1: float, step: float) -> list[Word]:
    """The words that stand in one column. One half as wide as the table stands over merged cells, unless all it covers is one."""
    wide = [w for w in body if w.x1 - w.x0 >= 0.4 * (x1 - x0)]
    narrow = [w for w in body if w.x1 - w.x0 < 0.4 * (x1 - x0)]
    cover = _cover(narrow, x0, x1, step)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], (cover > 0).astype(np.int8), [0])))).tolist()
    places = [(x0 + a * step, x0 + b * step) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [*narrow, *(w for w in wide if sum(w.x1 > a and w.x0 < b for a, b in places) <= 1)]


def _cut(left: Column, right: Column, forced: list[float], cover: Ints, x0: float, step: float) -> float:
    """Where two columns part: at the ends of rules between them, else in the middle of the widest strip of least ink."""
    low, high = sorted((left.x1, right.x0))
    ends = [x for x in forced if low - 2 <= x <= high + 2]
    if ends:
        return sum(ends) / len(ends)
    a, b = max(0, int((low - x0) / step)), int((high - x0) / step) + 1
    strip = cover[a:b]
    least = np.flatnonzero(strip == strip.min()) if len(strip) else np.zeros(1, np.intp)
    pieces = np.split(least, np.flatnonzero(np.diff(least) > 1) + 1)
    widest = max(pieces, key=len)
    return float(x0 + (a + (int(widest[0]) + int(widest[-1]) + 1) / 2) * step)


def _with_whole_amounts(cores: list[Column], words: list[Word], heads: Sequence[Word]) -> list[Column]:
    """Stretches as wide as the amounts that begin in them: no cut runs through a figure. Two that an amount reaches over are one,
    unless each has a head of its own."""
    amounts = [w for w in words if w.amount]
    out: list[Column] = []
    for core in cores:
        own = [w for w in amounts if w.x0 < core.x1 and w.x1 > core.x0]
        before = out[-1] if out else None
        if before is not None and any(w.x0 < before.x1 for w in own):
            if _has_head(before, heads) and _has_head(core, heads):
                out.append(core)
            else:
                out[-1] = Column(before.x0, core.x1)
        else:
            out.append(Column(min([core.x0, *(w.x0 for w in own)]), core.x1))
    return out


def _has_head(core: Column, heads: Sequence[Word]) -> bool:
    return any(w.x0 < core.x1 and w.x1 > core.x0 for w in heads)


def _under_flush_heads(cores: list[Column], heads: Sequence[Word]) -> list[Column] | None:
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
        columns.append(Column(min([head.x0, *(c.x0 for c in own)]), max([head.x1, *(c.x1 for c in own)])))
    held = sum(any(a.x0 <= c.x0 and c.x1 <= a.x1 for a in columns) for c in cores)
    apart = all(a.x1 <= b.x0 for a, b in itertools.pairwise(columns))
    return columns if held == len(cores) and apart else None


def _cover(words: list[Word], x0: float, x1: float, step: float) -> Ints:
    """How many words cover each `step` from x0 to x1."""
    cover = np.zeros(int((x1 - x0) / step) + 2, np.intp)
    for word in words:
        cover[max(0, int((word.x0 - x0) / step)) : max(0, int((word.x1 - x0) / step) + 1)] += 1
    return cover


def clustered(values: list[float]) -> list[float]:
    out: list[list[float]] = []
    for value in sorted(values):
        if out and value - out[-1][-1] <= 3.0:
            out[-1].append(value)
        else:
            out.append([value])
    return [sum(group) / len(group) for group in out]


def _merged_cores(
    cores: list[Column], header: list[Word], body: list[Word], size: float, forced: list[float]
) -> list[Column]:
    """Neighbouring stretches that one lowest head label spans, none having a label of its own, are one column (`223 01 05`)."""
    if not header:
        return cores
    lowest: list[Word | None] = []
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
            out[-1] = Column(out[-1].x0, cores[i].x1)
        else:
            out.append(cores[i])
    return out


def _under_their_labels(
    cores: list[Column], lowest: list[Word | None], body: list[Word], forced: list[float]
) -> tuple[list[Column], list[Word | None]]:
    """A label in the middle of its column and numbers at its right edge need not overlap: the nearest such two are one."""

    def rows(core: Column) -> list[float]:
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
        cores = [*cores[:i], Column(cores[i].x0, cores[i + 1].x1), *cores[i + 2 :]]
        lowest = [*lowest[:i], lowest[i] or lowest[i + 1], *lowest[i + 2 :]]


def _around(a: Word, b: Word, left: Column, right: Column) -> bool:
    """Whether two head words of a line stand about the middle of one of two stretches: pieces of one label over both."""
    if abs(a.base - b.base) > 0.1 * a.size or b.x0 - a.x1 > 2.0 * a.size:
        return False
    middle = (a.x0 + b.x1) / 2
    return any(abs((c.x0 + c.x1) / 2 - middle) < 0.2 * a.size for c in (left, right))


def joined_pieces(words: list[Word]) -> list[Word]:
    """Pieces of a line that together are as wide as the line above them are the end of one wrapped label (`政  拨款`)."""
    out: list[Word] = []
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


def _share_rows(body: list[Word], left: Column, right: Column) -> bool:
    """Whether some row shows words in both of two stretches."""
    bases = [w.base for w in body if w.x1 > left.x0 and w.x0 < left.x1]
    return any(abs(w.base - base) < 0.5 * w.size for w in body if w.x1 > right.x0 and w.x0 < right.x1 for base in bases)


def _numbers_in(words: list[Word], core: Column) -> bool:
    return any(w.amount and w.x1 > core.x0 and w.x0 < core.x1 for w in words)


def leaf_words(words: list[Word]) -> list[Word]:
    """Head words that may name a column: nothing below them, and not on the topmost of several levels."""
    lowest = [
        w for w in words
        if not any(v.top >= w.bottom - 1 and v.x1 > w.x0 and v.x0 < w.x1 for v in words if v is not w)
    ]  # fmt: skip
    if not lowest:
        return []
    top, low = min(w.base for w in words), max(w.base for w in lowest)
    return [w for w in lowest if _below_top(w, top, low)]


def hangs_from(lower: Word, upper: Word) -> bool:
    """Whether a word stands right under the middle of another, a line lower."""
    near = 0 < lower.base - upper.base <= WRAP * lower.size
    return near and abs(lower.middle - upper.middle) < 0.3 * lower.size


def _widened(word: Word, words: Sequence[Word], cores: list[Column]) -> Word:
    """A head word as wide as the lines of its label above it; a line over several columns is a label of its own."""
    left, right, last = word.x0, word.x1, word
    while True:
        above = next((w for w in words if hangs_from(last, w)), None)
        if above is None:
            return replace(word, x0=left, x1=right)
        if sum(above.x1 > c.x0 and above.x0 < c.x1 for c in cores) > 1:
            # the last line of a group has its parts below
            parts = any(w.base > word.base + 0.5 * word.size and w.x1 > above.x0 and w.x0 < above.x1 for w in words)
            return replace(word, x0=above.x0, x1=above.x1) if parts else replace(word, x0=left, x1=right)
        left, right, last = min(left, above.x0), max(right, above.x1), above


def _below_top(word: Word, top: float, low: float) -> bool:
    """Whether a word is not on top: a label that spans all levels stands halfway down, one that heads others on top."""
    return word.base >= low - 0.75 * (low - top) or low - top < 0.5 * word.size
