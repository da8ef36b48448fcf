"""One grid → its pieces: several tables of one grid apart, each cut into banner, header, body and notes."""

from __future__ import annotations

import re
from collections.abc import Callable

from budget.amounts import Unit, find_unit
from budget.disclosure import PagePlace
from budget.words import HEADERS
from extract.reading import Grid, GridCell, Line
from extract.statements.captions import SIGNATURE, is_meta, is_note, is_title_line, says_empty
from extract.statements.figures import is_amount_text
from extract.statements.forms import FORM_STARTS, PROJECT_LABEL, is_form
from extract.statements.headers import header_rows, is_column_number_row, is_header_text, looks_like_data, shows_figures
from extract.statements.heads import NO_HEAD, column_heads
from extract.statements.matrix import Matrix, own_cells, text_of
from extract.statements.model import BLANK, Cell, Piece
from extract.statements.task_lists import task_list_in

ROWS_TO_A_HEADER = 5
"""Rows below the title of a second table within which its header or its form begins."""
ROWS_TO_A_REPEATED_HEADER = 4
"""Rows below a line within which the header of the table before it, printed again, makes that line a title."""
LONGEST_UNIT_CELL = 30
"""Signs below which a cell that names a unit behind 单位 is part of a banner."""
LONGEST_PLAIN_WORD = 6
"""Signs up to which a wide cell that says 无 is a cell like others; a longer one is a note."""

_UNIT_CELL = re.compile(r"^(?:货币|金额)?(?:计量)?单位[:：][^:：]{0,10}元[)）]?$")
_YEAR_CELL = re.compile(r"^(?:19|20)\d{2}年?(?:度)?$")
_UNITS = frozenset(unit.value for unit in Unit)


def pieces_of(grid: Grid, lines: list[Line]) -> list[Piece]:
    """The pieces of a grid from top to bottom; the `lines` above the grid are the first one's."""
    matrix = grid.covering()
    pieces: list[Piece] = []
    start = 0
    while start < len(matrix):
        end = _next_table(matrix, start)
        parts = _without_tasks(_part(matrix, start, end))
        for part in parts:
            piece = _piece(part, grid, lines if start == 0 else [], rest=part is not parts[0])
            if piece is not None:
                pieces.append(piece)
        start = end
    return pieces


def _without_tasks(matrix: Matrix) -> list[Matrix]:
    """A matrix, or the list of tasks that stands within a form and the form, which may go on over the page: it comes last."""
    tasks = task_list_in(matrix, 0)
    if tasks is None:
        return [matrix]
    between = tasks.end - tasks.start

    def closed_up(cell: GridCell, _: int) -> GridCell:
        return cell if cell.row < tasks.end else cell.moved(cell.row - between, cell.col, cell.rows, cell.cols)

    def alone(cell: GridCell, _: int) -> GridCell:
        left = max(cell.col, tasks.left)
        return cell.moved(cell.row - tasks.start, left - tasks.left, cell.rows, cell.col + cell.cols - left)

    width = list(range(len(matrix[0])))
    listed = _rebuilt(matrix[tasks.start : tasks.end], width[tasks.left :], alone)
    rest = _rebuilt(matrix[: tasks.start] + matrix[tasks.end :], width, closed_up)
    return [listed, rest] if rest else [listed]


def _rebuilt(matrix: Matrix, columns: list[int], moved: Callable[[GridCell, int], GridCell]) -> Matrix:
    """Some columns of a matrix with every cell moved once; `moved` gives a cell at its new place, found in a column."""
    known: dict[int, GridCell] = {}

    def once(cell: GridCell | None, c: int) -> GridCell | None:
        if cell is None:
            return None
        if id(cell) not in known:
            known[id(cell)] = moved(cell, c)
        return known[id(cell)]

    return [[once(row[c], c) for c in columns] for row in matrix]


def _part(matrix: Matrix, start: int, end: int) -> Matrix:
    """Rows start..end as a matrix of its own, rows counted from 0."""
    if start == 0 and end == len(matrix):
        return matrix

    def moved(cell: GridCell, _: int) -> GridCell:
        top = max(cell.row, start)
        return cell.moved(top - start, cell.col, min(cell.row + cell.rows, end) - top, cell.cols)

    return _rebuilt(matrix[start:end], list(range(len(matrix[start]))), moved)


def _next_table(matrix: Matrix, start: int) -> int:
    """The row where another table begins inside the same grid (several tables on one sheet), or the end."""
    seen_body = False
    for r in range(start, len(matrix)):
        if seen_body and _is_title_of_next(matrix, start, r):
            above = own_cells(matrix, r - 1)
            return r - 1 if len(above) == 1 and is_meta(above[0].shown) else r
        seen_body = seen_body or looks_like_data(matrix, r)
    return len(matrix)


def _is_title_of_next(matrix: Matrix, start: int, r: int) -> bool:
    """Whether row r, below rows of data, shows nothing but the title of another table."""
    cells = own_cells(matrix, r)
    if len(cells) != 1 or not cells[0].shown.endswith("表"):
        return False
    if cells[0].cols == 1 and len(matrix[r]) > 2 and cells[0].col != 0:
        return False
    titled = is_title_line(cells[0].shown) or _header_again(matrix, start, r + 1)
    return titled and _header_within(matrix, r + 1)


def _header_again(matrix: Matrix, start: int, end: int) -> bool:
    """Whether one of the rows that follow a would-be title is a header of the table before it, word for word or nearly so:
    then a table begins, whatever its title names."""
    heads = [_texts(matrix, r) for r in range(start, end) if not looks_like_data(matrix, r)]
    for r in range(end, min(end + ROWS_TO_A_REPEATED_HEADER, len(matrix))):
        texts = _texts(matrix, r)
        alike = any(2 * len(texts & head) >= len(texts) for head in heads)
        if len(texts) >= 2 and alike and not shows_figures(matrix, r):
            return True
    return False


def _texts(matrix: Matrix, r: int) -> set[str]:
    return {cell.shown for cell in own_cells(matrix, r)}


def _header_within(matrix: Matrix, start: int) -> bool:
    """Whether a table begins within a few rows: with a header, or with the first label of a form."""
    return any(
        header_rows(matrix, r) or any(FORM_STARTS.match(cell.shown) for cell in own_cells(matrix, r)[:1])
        for r in range(start, min(start + ROWS_TO_A_HEADER, len(matrix)))
    )


def _piece(matrix: Matrix, grid: Grid, lines: list[Line], *, rest: bool = False) -> Piece | None:
    """A piece from the rows of one table; None where nothing is printed. `rest`: what is left of a form without its list."""
    start, banner = _banner(matrix, grid)
    if start >= len(matrix):
        bare = Piece(matrix, banner, 0, (), [], [], grid.page, grid.sheet, False, lines)
        return bare if banner else None
    form = rest or is_form(matrix, start)
    count = 0 if form else header_rows(matrix, start, max(0, grid.header_repeat - start))
    matrix = _compact(matrix, start, blank_too=count > 0)
    body = _Body(matrix, start, count)
    for r in range(start + count, len(matrix)):
        body.take(r)
    return Piece(
        matrix, [*banner, *body.banner], count,
        column_heads(matrix, start, count) if count else (NO_HEAD,) * len(matrix[0]),
        body.without_blank_end(), body.notes, grid.page, grid.sheet, form, lines,
        _edges(matrix, start) if grid.page is not None else (), start,
    )  # fmt: skip


def _banner(matrix: Matrix, grid: Grid) -> tuple[int, list[str]]:
    """The row below the banner, and the texts of the banner."""
    banner: list[str] = []
    for r in range(len(matrix)):
        cells = own_cells(matrix, r)
        if cells and not _is_banner(matrix, r, cells, grid):
            return r, banner
        banner.extend(cell.shown for cell in cells)
    return len(matrix), banner


class _Body:
    """The rows below a header while they are taken one by one: rows of the body, notes, units printed among them."""

    def __init__(self, matrix: Matrix, start: int, header: int) -> None:
        self.matrix = matrix
        self.header = header
        self.headers = {tuple(map(text_of, matrix[r])) for r in range(start, start + header)}
        self.rows: list[tuple[Cell, ...]] = []
        self.notes: list[str] = []
        self.banner: list[str] = []

    def take(self, r: int) -> None:
        """Takes row r as what it is; a header that is printed again is left out."""
        cells, row = own_cells(self.matrix, r), row_of(self.matrix, r)
        texts = [cell.shown for cell in cells]
        if not cells:
            if any(cell.own for cell in row):
                self.rows.append(row)
        elif len(cells) == 1 and self._is_note(cells[0], len(row)):
            self.notes.append(texts[0])
        elif self._is_header_again(r, texts):
            pass
        elif all(map(SIGNATURE.match, texts)):
            self.notes.append(" ".join(texts))
        elif all("单位" in text and find_unit(text) for text in texts):
            self.banner.extend(texts)
        else:
            self.rows.append(row)

    def _is_note(self, cell: GridCell, width: int) -> bool:
        """Whether the only cell of a row is a note: by its words, below another note, or because it says 无."""
        wide = cell.cols * 2 > width
        if is_note(cell.shown) or (wide and self.notes and not is_amount_text(cell.shown)):
            return True
        return wide and width > 2 and len(cell.shown) > LONGEST_PLAIN_WORD and says_empty(cell.shown)

    def _is_header_again(self, r: int, texts: list[str]) -> bool:
        if not self.header:
            return False
        if len(texts) > 1 and tuple(map(text_of, self.matrix[r])) in self.headers:
            return True
        numbered = not _COLUMN_NUMBERS.isdisjoint(texts) and is_column_number_row(self.matrix, r)
        return bool(self.rows) and numbered

    def without_blank_end(self) -> list[tuple[Cell, ...]]:
        """The rows of the body without the blank ones at its end; one row is left in any case."""
        rows = self.rows
        while len(rows) > 1 and not any(cell.shown for cell in rows[-1]):
            rows.pop()
        return rows


_COLUMN_NUMBERS = frozenset(HEADERS.column_numbers)


def row_of(matrix: Matrix, r: int) -> tuple[Cell, ...]:
    """Row r of a matrix as cells of a body."""
    row = []
    before: GridCell | None = None
    for cell in matrix[r]:
        row.append(BLANK if cell is None else Cell.of(cell, own=cell.row == r and cell is not before))
        before = cell
    return tuple(row)


def _compact(matrix: Matrix, start: int, blank_too: bool) -> Matrix:
    """Drops columns in which no cell begins below the banner: lines of the banner cut them, not the table.

    `blank_too`: also columns below a header that show nothing at all (a margin drawn as a column).
    """
    width, rows = len(matrix[0]), matrix[start:]
    kept = [c for c in range(width) if _begins_in(rows, c) and (not blank_too or any(text_of(row[c]) for row in rows))]
    if len(kept) == width or not kept:
        return matrix
    new_at = {c: i for i, c in enumerate(kept)}

    def moved(cell: GridCell, c: int) -> GridCell:
        places = [new_at[k] for k in range(cell.col, cell.col + cell.cols) if k in new_at]
        return cell.moved(cell.row, places[0] if places else new_at[c], cell.rows, max(1, len(places)))

    return _rebuilt(matrix, kept, moved)


def _begins_in(rows: Matrix, c: int) -> bool:
    return any(row[c] is not None and (c == 0 or row[c] is not row[c - 1]) for row in rows)


def _edges(matrix: Matrix, start: int) -> tuple[tuple[float, float], ...]:
    """The x range of every column, from cells of that column alone; used to match parts of a table."""
    edges: list[tuple[float, float]] = []
    for column in zip(*matrix[start:], strict=True):
        boxes = [c.at.bbox for c in column if c is not None and c.cols == 1 and isinstance(c.at, PagePlace)]
        edges.append((min(box[0] for box in boxes), max(box[2] for box in boxes)) if boxes else (0.0, 0.0))
    return tuple(edges)


def _is_banner(matrix: Matrix, r: int, cells: list[GridCell], grid: Grid) -> bool:
    """Whether a row above the header only says whose table it is, of what, for which year, in which unit."""
    texts = [cell.shown for cell in cells]
    if looks_like_data(matrix, r) and not all(is_meta(text) or find_unit(text) for text in texts):
        return False
    width = len(matrix[r])
    if _has_unit_cell(texts) or all(_is_banner_text(cell.shown, cell, width) for cell in cells):
        return True
    return len(cells) == 1 and len(matrix) > r + 1 and _is_wide_line(cells[0], width, grid)


def _has_unit_cell(texts: list[str]) -> bool:
    """2024年 | | 单位：元, 某局 | | 单位：元: whatever stands beside the unit says whose table it is, or of which year."""
    if not any(map(_UNIT_CELL.match, texts)):
        return False
    return all(_UNIT_CELL.match(t) or _YEAR_CELL.match(t) or is_meta(t) or not is_header_text(t) for t in texts)


def _is_wide_line(cell: GridCell, width: int, grid: Grid) -> bool:
    """Whether the only cell of a row is a line over the table, not its header, a note, or the label of a form."""
    wide = cell.cols * 2 > width > 2 or (cell.cols == 1 and grid.sheet is not None)
    return wide and not is_header_text(cell.shown) and not is_note(cell.shown) and not PROJECT_LABEL.match(cell.shown)


def _is_banner_text(text: str, cell: GridCell, width: int) -> bool:
    if _YEAR_CELL.match(text):
        # years side by side head columns; a year alone across the table is a banner
        return cell.cols >= width
    if is_meta(text) or text in _UNITS or ("单位" in text and len(text) < LONGEST_UNIT_CELL and find_unit(text)):
        return True
    return is_title_line(text) and ("表" in text or cell.cols * 2 > width) and not is_header_text(text)
