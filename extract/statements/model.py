"""What the other modules of this package hand on: a cell, a piece of one grid, a table joined over its pages."""

from __future__ import annotations

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
    shown: str = field(init=False, repr=False, compare=False)
    """As of a `GridCell`: normalised and without blanks (`budget.printed_text.squeeze`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", squeeze(self.text))

    @classmethod
    def of(cls, cell: GridCell, own: bool) -> Cell:
        """A place that a cell of the grid covers; `own` where it begins there."""
        return cls(
            cell.text, cell.at, own, cell.indent, cell.rows, cell.cols, cell.confidence, cell.open_below,
            cell.cut_above, cell.cut_below,
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


def width_of(table: Table) -> int:
    """How many columns a table has."""
    return len(table.paths) or (len(table.rows[0]) if table.rows else 0)
