"""What the other modules of this package hand on: a cell, a piece of one grid, a table joined over its pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from budget.amounts import Unit
from budget.disclosure import Place
from budget.printed_text import squeeze
from extract.reading import GridCell, Line
from extract.statements.captions import says_empty
from extract.statements.column_roles import ColumnRole
from extract.statements.heads import Head
from extract.statements.matrix import Matrix


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a body row: the text that covers it, and whether that text begins here (`own`)."""

    text: str = ""
    at: Place | None = None
    own: bool = False
    indent: int = 0
    rows: int = 1
    cols: int = 1
    confidence: float = 1.0
    open_below: bool = False
    cut_above: str = ""
    cut_below: str = ""
    begins_at: float = 0.0
    """How far its first sign stands from the left edge of its column, in widths of a sign."""
    shown: str = field(init=False, repr=False, compare=False)
    """As of a `GridCell`: normalised and without blanks (`budget.printed_text.squeeze`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", squeeze(self.text))

    @property
    def begins(self) -> bool:
        """Whether a text begins here."""
        return self.own and bool(self.shown)

    @classmethod
    def of(cls, cell: GridCell, own: bool) -> Cell:
        """A place that a cell of the grid covers; `own` where it begins there."""
        return cls(
            cell.text, cell.at, own, cell.indent, cell.rows, cell.cols, cell.confidence, cell.open_below,
            cell.cut_above, cell.cut_below, cell.begins,
        )  # fmt: skip


BLANK = Cell()
Row = tuple[Cell, ...]


@dataclass(slots=True)
class Table:
    """One table of the document, joined over its pages, before its cells are given a meaning."""

    title: str | None
    kind: str
    unit: Unit | None
    paths: tuple[Head, ...]
    rows: list[Row]
    pages: list[int]
    notes: list[str]
    banner: list[str]
    form: bool = False
    sheet: str | None = None
    roles: tuple[ColumnRole, ...] = ()
    lines_above: tuple[str, ...] = ()
    edges: tuple[tuple[float, float], ...] = ()

    @property
    def width(self) -> int:
        """How many columns it has."""
        return len(self.paths) or _width(self.rows)

    @property
    def is_frame(self) -> bool:
        """Whether it is only a frame around a heading: banner and lines above, no header, no rows."""
        return not self.kind and not self.rows and not self.paths

    @property
    def declared_empty(self) -> bool:
        """Whether a note says that there is nothing to show."""
        return any(says_empty(note) for note in self.notes)

    @property
    def heading_texts(self) -> list[str]:
        """Everything printed above the header: banner rows, lines above, title."""
        return [*self.lines_above, *self.banner, *([self.title] if self.title else [])]


@dataclass(slots=True)
class Piece:
    """A part of one grid: banner rows, header rows, body rows, notes."""

    matrix: Matrix
    banner: list[str]
    header: int
    paths: tuple[Head, ...]
    body: list[Row]
    notes: list[str]
    page: int | None
    sheet: str | None
    form: bool
    lines: list[Line]
    edges: tuple[tuple[float, float], ...] = ()
    top: int = 0
    """The row of `matrix` below the banner."""

    @property
    def width(self) -> int:
        """How many columns its rows have, 0 without rows."""
        return _width(self.body)

    @property
    def lines_shown(self) -> list[str]:
        """The lines above it as they are compared."""
        return [line.shown for line in self.lines]


def shows(rows: Iterable[Row], c: int) -> bool:
    """Whether one of the rows shows something in column c."""
    return any(row[c].shown for row in rows)


def _width(rows: list[Row]) -> int:
    return len(rows[0]) if rows else 0
