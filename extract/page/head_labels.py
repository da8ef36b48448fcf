"""The head of a table that no upright rule draws: words → labels, and the columns that each stands over."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from extract.page.columns import Column, hangs_from
from extract.page.words import SAME_SIDE, WRAP, Lines, Rule, Word


@dataclass(frozen=True, slots=True)
class _Label:
    """A head cell: one or more lines about one middle. `first`, `last`: the columns it stands over."""

    words: tuple[Word, ...]
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


def _parted(above: Word | _Label, below: Word | _Label, rules: list[Rule]) -> bool:
    """Whether a rule runs between two head words at the lower one's middle."""
    return any(above.bottom - 2 < y < below.top + 2 and a - 2 <= below.middle <= b + 2 for y, a, b in rules)


def labels_of(lines: Lines, cuts: list[float], rules: list[Rule], floor: float) -> list[_Label]:
    """Head words → labels: pieces of one line of one cell joined, then lines of one cell stacked.

    `floor` is where the head ends.
    """
    words: list[Word] = []
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


def _stacked_between(words: list[Word], rules: list[Rule]) -> list[_Label]:
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


def _stacked_freely(words: list[Word], floor: float) -> list[_Label]:
    """Words of a head without rules → labels. `floor` is where the head ends.

    Lines about one middle are one wrapped label, or a group above the part in its middle. Labels stand in the middle of
    their cells, so a lowest label begins as far above its own middle as the floor is below: these tops are the borders
    of the head's rows, and what the lines can be must fit them.
    """
    chains: list[list[Word]] = []
    for word in words:
        home = next((c for c in chains if hangs_from(word, c[-1])), None)
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


def _height(words: Sequence[Word]) -> float:
    """Middle between the first and the last line."""
    return (words[0].top + words[0].bottom + words[-1].top + words[-1].bottom) / 4


def _is_lowest(chain: Sequence[Word], words: list[Word]) -> bool:
    """Whether nothing stands below a chain of lines, as wide as it is."""
    left, right, bottom = min(w.x0 for w in chain), max(w.x1 for w in chain), chain[-1].bottom
    return not any(w.top >= bottom - 1 and w.x1 > left and w.x0 < right for w in words)


def _goes_on(upper: list[Word], rest: list[Word], words: list[Word], borders: list[float], floor: float) -> bool:
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


def _goes_on_below(label: _Label, word: Word) -> bool:
    """Whether a word is the last line of a long text set flush left."""
    return (
        abs(label.x0 - word.x0) < 0.5 * word.size
        and word.x1 <= label.x1 + word.size
        and label.x1 - label.x0 > 10 * word.size
    )


def _one_cell(left: Word, right: Word, cuts: list[float], lines: Lines) -> bool:
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


def _two_rows(upper: Word, lower: Word, words: list[Word]) -> bool:
    """Whether both lines show labels of one line: two rows, not the two lines of a wrapped label."""

    def single(line: Word, other: Word) -> bool:
        return any(
            abs(w.base - line.base) < 0.15 * w.size and w is not line
            and not any(abs(v.base - other.base) < 0.15 * v.size and abs(v.middle - w.middle) < 0.8 * w.size for v in words)
            for w in words
        )  # fmt: skip

    return single(upper, lower) and single(lower, upper)


def _over_three(upper: Word, lower: Word, words: list[Word], floor: float) -> bool:
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


def head_rows(
    labels: list[_Label], columns: list[Column], cuts: list[float], rules: list[Rule], floor: float
) -> tuple[list[list[_Label]], list[Word]]:
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
    left_over: list[Word] = []
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
    columns: list[Column],
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
    beneath = [_rule_below(label, rules, edges) for label in level]
    for label, near in zip(level, beneath, strict=True):
        # one rule below several labels says where none of them ends
        if near is not None and beneath.count(near) == 1:
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


def _rule_below(label: _Label, rules: list[Rule], edges: list[float]) -> Rule | None:
    """The nearest rule below a label and over its middle that does not run through the whole table."""
    low = label.bottom + 2.5 * label.words[0].size
    under = [r for r in rules if label.bottom - 2 < r[0] < low and r[1] - 2 <= label.middle <= r[2] + 2]
    near = min(under, key=lambda r: r[0], default=None)
    if near is None or (near[1] <= edges[0] + 2 * SAME_SIDE and near[2] >= edges[-1] - 2 * SAME_SIDE):
        return None
    return near


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
