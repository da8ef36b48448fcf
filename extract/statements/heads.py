"""The header path of every column, from the cells of the header rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple, Self

from extract.reading import GridCell
from extract.statements.headers import is_column_number_row
from extract.statements.matrix import Matrix

_BLANKS = re.compile("[\\s\u200b\ufeff]+")


class Level(NamedTuple):
    """One level of a header: its text without blanks as printed, and as it is compared."""

    printed: str
    shown: str


_NOTHING = Level("", "")


class Head(tuple[str, ...]):
    """The header path of a column from top to leaf, as printed without blanks; empty where nothing heads the column."""

    shown: tuple[str, ...]
    """The same levels as they are compared (`budget.printed_text.squeeze`)."""

    def __new__(cls, levels: Sequence[Level] = ()) -> Self:
        head = super().__new__(cls, (level.printed for level in levels))
        head.shown = tuple(level.shown for level in levels)
        return head

    @property
    def leaf(self) -> str:
        """The deepest level as it is compared, "" where nothing heads the column."""
        return self.shown[-1] if self.shown else ""

    @property
    def top(self) -> str:
        """The highest level as it is compared, "" where nothing heads the column."""
        return self.shown[0] if self.shown else ""

    def below(self, group: Head) -> Head:
        """This head as a part of a group: the levels of the group, then its own."""
        return Head([*map(Level, group, group.shown), *map(Level, self, self.shown)])

    def without_leaf(self) -> Head:
        """The group that a head with several levels stands in."""
        return Head([*map(Level, self, self.shown)][:-1])


NO_HEAD = Head()


def column_heads(matrix: Matrix, start: int, count: int) -> tuple[Head, ...]:
    """The header path of every column: texts from top to leaf without blanks, repeated levels left out.

    Where a format has lost its merges, a blank beside a header that has parts below continues that header (trap 7).
    """
    rows = [r for r in range(start, start + count) if not is_column_number_row(matrix, r)]
    levels = [list(map(_level, matrix[r])) for r in rows]
    for i in range(len(levels) - 1):
        _fill_from_the_left(levels, i)
    columns = range(len(matrix[start]) if matrix else 0)
    return tuple(_head([level[c] for level in levels]) for c in columns)


def _level(cell: GridCell | None) -> Level:
    return _NOTHING if cell is None else Level(_BLANKS.sub("", cell.text), cell.shown)


def _fill_from_the_left(levels: list[list[Level]], i: int) -> None:
    level = levels[i]
    for c in range(1, len(level)):
        if level[c] == _NOTHING != level[c - 1] and _is_part_of_the_left(levels, i, c):
            level[c] = level[c - 1]


def _is_part_of_the_left(levels: list[list[Level]], i: int, c: int) -> bool:
    """Whether a blank in level i continues the header to its left: both have parts below it, and the same above it."""
    above, below = levels[:i], levels[i + 1 :]
    left = levels[i][c - 1]
    return (
        any(level[c - 1] not in (_NOTHING, left) for level in below)
        and any(level[c] != _NOTHING for level in below)
        and all(level[c] in (level[c - 1], _NOTHING) for level in above)
    )


def _head(column: list[Level]) -> Head:
    return Head([level for level, _ in itertools.groupby(level for level in column if level != _NOTHING)])
