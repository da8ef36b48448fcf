"""What every reader yields and the rest of extract/ consumes. No format and no budget knowledge here.

Page readers (PDF, scan) first make a `Page` of words and ruling lines; tables are found on it; then the page joins a
`Reading` like the grids of Word, workbook and HTML readers do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from budget.disclosure import Place, ReaderName, Unread
from budget.printed_text import squeeze

Box = tuple[float, float, float, float]
"""x0, top, x1, bottom in points from the top left of the page as displayed (after /Rotate)."""


TRUSTED = 0.8
"""Recognised text below this confidence may be wrong; an amount below it is a finding."""


@dataclass(frozen=True, slots=True)
class Word:
    """A run of characters without a blank, on one baseline. `box` covers exactly its characters."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight ruling line, horizontal or vertical, as a box of (almost) no thickness."""

    box: Box
    direction: Literal["h", "v"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page as a reader of the paper sees it: visible words and ruling lines, in displayed points."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell of a rectangular grid; `rows` × `cols` grid places when merged, text and place at its top left.

    `text` keeps what is printed, with line breaks inside the cell removed. `indent` is the depth by which the text is
    set in (leading blanks or x offset), 0 when none; a hint for levels.
    """

    row: int
    col: int
    text: str
    at: Place | None
    rows: int = 1
    cols: int = 1
    indent: int = 0
    confidence: float = 1.0
    open_below: bool = False
    """The cell reaches the end of its page and no line closes it there, while lines close others beside it."""
    cut_above: str = ""
    """The first line of the text when the edge of the page cuts through its letters: the page before shows it too."""
    cut_below: str = ""
    """The last line of the text when the edge of the page cuts through its letters: the next page shows it too."""
    begins: float = 0.0
    """How far the first sign of its first line stands from the left edge of its column, in widths of a sign."""
    shown: str = field(init=False, repr=False, compare=False)
    """The text as it is compared: normalised and without blanks (`budget.printed_text.squeeze`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", squeeze(self.text))

    def moved(self, row: int, col: int, rows: int, cols: int) -> GridCell:
        """The same cell at another place of a grid."""
        return GridCell(
            row, col, self.text, self.at, rows, cols, self.indent, self.confidence, self.open_below, self.cut_above,
            self.cut_below, self.begins,
        )  # fmt: skip


LINE_BREAK: Final = "␤"
"""Stands in a cell's text where two lines of it are two figures: it is no blank, so that nothing joins them again."""
_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_ENDS_IN_DIGIT = re.compile(r"[\d)）%％][\s\u3000]*$")
_BEGINS_WITH_DIGIT = re.compile(r"^[\s\u3000]*[-−(（]?\d")


def joined_lines(lines: Iterable[str]) -> str:
    """The lines or paragraphs of one cell as one text.

    Two lines that are figures are kept apart by LINE_BREAK: `1200` above `3456` is not 12003456. They join only where the
    break falls inside a grouping or beside a point (`12,345,` + `678.00`, `12.` + `5`).
    """
    text = ""
    for line in lines:
        if not line.strip():
            text += line
        elif _ENDS_IN_DIGIT.search(text) and _BEGINS_WITH_DIGIT.match(line) and not _is_words(text):
            text += LINE_BREAK + line
        else:
            text += line
    return text


def _is_words(text: str) -> bool:
    """Whether what stands before a break is text that merely ends in a digit (2024年第1 + 2批): letters stand in its last line."""
    return any(ch.isalpha() for ch in text.rsplit(LINE_BREAK, 1)[-1])


def raised(text: str) -> str:
    """Digits that stand above the line, as the signs that say so: a note's mark behind a figure must not become a digit of it."""
    return text.translate(_RAISED)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as drawn: a rectangle of `n_rows` × `n_cols`, each place covered by at most one cell.

    `page` is where it stands (PDF, scan) and `box` its area; None for Word, HTML and workbooks.
    `header_repeat` counts the rows marked as a repeated header (Word `tblHeader`), 0 when the format does not say.
    `open_top` / `open_bottom`: the table touches the page's edge without a closing rule.
    """

    n_rows: int
    n_cols: int
    cells: tuple[GridCell, ...]
    page: int | None = None
    box: Box | None = None
    open_top: bool = False
    open_bottom: bool = False
    header_repeat: int = 0
    sheet: str | None = None

    def matrix(self) -> list[list[GridCell | None]]:
        """n_rows × n_cols with every cell at its top left place and None elsewhere."""
        rows: list[list[GridCell | None]] = [[None] * self.n_cols for _ in range(self.n_rows)]
        for cell in self.cells:
            rows[cell.row][cell.col] = cell
        return rows

    def covering(self) -> list[list[GridCell | None]]:
        """n_rows × n_cols with every place holding the cell that covers it."""
        rows: list[list[GridCell | None]] = [[None] * self.n_cols for _ in range(self.n_rows)]
        for cell in self.cells:
            for r in range(cell.row, min(self.n_rows, cell.row + cell.rows)):
                for c in range(cell.col, min(self.n_cols, cell.col + cell.cols)):
                    rows[r][c] = cell
        return rows


@dataclass(frozen=True, slots=True)
class Line:
    """A line (pages) or paragraph (Word, HTML) of text outside any grid; blanks between its words are kept as one blank.

    `size` is the letter height in points where known: headings are larger.
    """

    text: str
    page: int | None = None
    box: Box | None = None
    size: float | None = None
    heading: int | None = None
    """Heading level when the format marks one (Word, HTML)."""
    in_chart: bool = False
    """Whether it stands in the field of a chart: its numbers are drawn, no rows of a table."""
    shown: str = field(init=False, repr=False, compare=False)
    """The text as it is compared: normalised and without blanks (`budget.printed_text.squeeze`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shown", squeeze(self.text))


NotUnderstoodKind = Literal[
    "number_format", "cell_given_twice", "picture", "missing_picture", "annotation", "embedded_file", "part", "hidden_text", "script",
    "struck_out", "table_failed", "element", "frame", "chart", "margin",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something that a reader met, that may hold a figure, and that it did not read: `text` names or shows it."""

    kind: NotUnderstoodKind
    text: str
    at: Place | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One document as read: lines and grids in reading order, top to bottom, page after page."""

    reader: ReaderName
    blocks: tuple[Line | Grid, ...]
    pages: int | None = None
    unread: tuple[Unread, ...] = ()
    page_sizes: tuple[tuple[float, float], ...] = field(default=())
    not_understood: tuple[NotUnderstood, ...] = ()


class UnreadableError(Exception):
    """A file that gives no reading. `code` is an error code of the contract, the message says where and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


PageReader = Callable[[bytes, int], Page]
"""bytes of a file, page number from 1 → Page. Two of them exist for PDF, independent of each other."""
