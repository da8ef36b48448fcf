"""One grid → its pieces: several tables of one grid apart, each cut into banner, header, body and notes."""

from __future__ import annotations

import re

from budget.amounts import Unit, find_unit
from budget.disclosure import PagePlace
from extract.reading import Grid, GridCell, Line
from extract.statements.captions import SIGNATURE, is_meta, is_note, is_title_line, says_empty
from extract.statements.figures import is_amount_text
from extract.statements.forms import FORM_STARTS, PROJECT_LABEL, is_form
from extract.statements.headers import header_rows, is_column_number_row, is_header_text, looks_like_data, shows_figures
from extract.statements.heads import NO_HEAD, column_heads
from extract.statements.matrix import Matrix, own_cells, text_of
from extract.statements.model import BLANK, Cell, Piece


def pieces_of(grid: Grid, lines: list[Line], first_on_page: bool) -> list[Piece]:
    matrix = grid.covering()
    pieces: list[Piece] = []
    start = 0
    while start < len(matrix):
        end = _next_table(matrix, start)
        part = _part(matrix, start, end)
        piece = _piece(part, grid, lines if not pieces else [], first_on_page and not pieces)
        if piece is not None:
            pieces.append(piece)
        start = end
    return pieces


def _part(matrix: Matrix, start: int, end: int) -> Matrix:
    """Rows start..end as a matrix of its own, rows counted from 0."""
    if start == 0 and end == len(matrix):
        return matrix
    moved: dict[int, GridCell] = {}
    part: Matrix = []
    for r in range(start, end):
        row: list[GridCell | None] = []
        for cell in matrix[r]:
            if cell is None:
                row.append(None)
                continue
            if id(cell) not in moved:
                top = max(cell.row, start)
                moved[id(cell)] = cell.moved(top - start, cell.col, min(cell.row + cell.rows, end) - top, cell.cols)
            row.append(moved[id(cell)])
        part.append(row)
    return part


def _next_table(matrix: Matrix, start: int) -> int:
    """The row where another table begins inside the same grid (several tables on one sheet), or the end."""
    seen_body = False
    for r in range(start, len(matrix)):
        cells = own_cells(matrix, r)
        if not cells:
            continue
        if seen_body and len(cells) <= 2 and not any(is_amount_text(text_of(c)) for c in cells):
            text = text_of(cells[0])
            lone = len(cells) == 1 and (cells[0].cols > 1 or len(matrix[r]) <= 2 or cells[0].col == 0)
            titled = is_title_line(text) or _header_again(matrix, start, r + 1)
            if lone and text.endswith("表") and titled and _header_within(matrix, r + 1):
                above = own_cells(matrix, r - 1)
                return r - 1 if len(above) == 1 and is_meta(text_of(above[0])) else r
        seen_body = seen_body or looks_like_data(matrix, r)
    return len(matrix)


def _header_again(matrix: Matrix, start: int, end: int) -> bool:
    """Whether one of the rows that follow a would-be title is a header of the table before it, word for word or nearly so:
    then a table begins, whatever its title names."""
    heads = [{text_of(c) for c in own_cells(matrix, r)} for r in range(start, end) if not looks_like_data(matrix, r)]
    for r in range(end, min(end + 4, len(matrix))):
        texts = {text_of(c) for c in own_cells(matrix, r)}
        if (
            len(texts) >= 2
            and not shows_figures(matrix, r)
            and any(2 * len(texts & head) >= len(texts) for head in heads)
        ):
            return True
    return False


def _header_within(matrix: Matrix, start: int) -> bool:
    """Whether a table begins within a few rows: with a header, or with the first label of a form."""
    rows = range(start, min(start + 5, len(matrix)))
    return any(
        header_rows(matrix, r) or any(FORM_STARTS.match(text_of(c)) for c in own_cells(matrix, r)[:1]) for r in rows
    )


def _piece(matrix: Matrix, grid: Grid, lines: list[Line], first_on_page: bool) -> Piece | None:
    banner: list[str] = []
    start = 0
    while start < len(matrix):
        cells = own_cells(matrix, start)
        if cells and not _is_banner(matrix, start, cells, grid):
            break
        banner.extend(text_of(c) for c in cells)
        start += 1
    if start >= len(matrix):
        if not banner:
            return None
        return Piece(matrix, banner, 0, (), [], [], grid.page, grid.sheet, False, lines, first_on_page)
    form = is_form(matrix, start)
    marked = max(0, grid.header_repeat - start)
    count = 0 if form else header_rows(matrix, start, marked)
    matrix = _compact(matrix, start, blank_too=count > 0)
    paths = column_heads(matrix, start, count) if count else (NO_HEAD,) * len(matrix[0])
    header_texts = {tuple(text_of(c) for c in matrix[r]) for r in range(start, start + count)}
    body: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    for r in range(start + count, len(matrix)):
        cells = own_cells(matrix, r)
        row = row_of(matrix, r)
        if not cells:
            if any(c.own for c in row):
                body.append(row)
            continue
        alone = len(cells) == 1
        text = text_of(cells[0])
        if alone and (is_note(text) or (notes and cells[0].cols * 2 > len(row) and not is_amount_text(text)) or (
            cells[0].cols * 2 > len(row) > 2 and says_empty(text) and len(text) > 6
        )):  # fmt: skip
            notes.append(text)
            continue
        if count and len(cells) > 1 and tuple(text_of(c) for c in matrix[r]) in header_texts:
            continue
        if body and count and is_column_number_row(matrix, r) and any(text_of(c) in ("栏次", "档次") for c in cells):
            continue
        if all(SIGNATURE.match(text_of(c)) for c in cells):
            notes.append(" ".join(text_of(c) for c in cells))
            continue
        if all("单位" in text_of(c) and find_unit(text_of(c)) for c in cells):
            banner.extend(text_of(c) for c in cells)
            continue
        body.append(row)
    while body and not any(c.shown for c in body[-1]) and len(body) > 1:
        body.pop()
    edges = _edges(matrix, start) if grid.page is not None else ()
    return Piece(matrix, banner, count, paths, body, notes, grid.page, grid.sheet, form, lines, first_on_page, edges,
                  header_texts, start)  # fmt: skip


def row_of(matrix: Matrix, r: int) -> tuple[Cell, ...]:
    row = []
    before: GridCell | None = None
    for cell in matrix[r]:
        if cell is None:
            row.append(BLANK)
        else:
            own = cell.row == r and cell is not before
            row.append(
                Cell(cell.text, cell.at, own, cell.indent, cell.rows, cell.cols, cell.confidence, cell.open_below,
                     cell.cut_above, cell.cut_below)
            )  # fmt: skip
        before = cell
    return tuple(row)


def _compact(matrix: Matrix, start: int, blank_too: bool) -> Matrix:
    """Drops columns in which no cell begins below the banner: lines of the banner cut them, not the table.

    `blank_too`: also columns below a header that show nothing at all (a margin drawn as a column).
    """
    if not matrix:
        return matrix
    width = len(matrix[0])
    rows = matrix[start:]
    kept = []
    for c in range(width):
        begins = any(row[c] is not None and (c == 0 or row[c] is not row[c - 1]) for row in rows)
        if begins and (not blank_too or any(text_of(row[c]) for row in rows)):
            kept.append(c)
    if len(kept) == width or not kept:
        return matrix
    new_at = {c: i for i, c in enumerate(kept)}
    moved: dict[int, GridCell] = {}
    out: Matrix = []
    for row in matrix:
        new: list[GridCell | None] = []
        for c in kept:
            cell = row[c]
            if cell is None:
                new.append(None)
                continue
            if id(cell) not in moved:
                places = [new_at[k] for k in range(cell.col, cell.col + cell.cols) if k in new_at]
                first = places[0] if places else new_at[c]
                moved[id(cell)] = cell.moved(cell.row, first, cell.rows, max(1, len(places)))
            new.append(moved[id(cell)])
        out.append(new)
    return out


def _edges(matrix: Matrix, start: int) -> tuple[tuple[float, float], ...]:
    """The x range of every column, from cells of that column alone; used to match parts of a table."""
    width = len(matrix[0]) if matrix else 0
    rows = matrix[start:]
    edges: list[tuple[float, float]] = []
    for c in range(width):
        lefts, rights = [], []
        for row in rows:
            cell = row[c]
            if cell is not None and cell.cols == 1 and isinstance(cell.at, PagePlace):
                box = cell.at.bbox
                lefts.append(box[0])
                rights.append(box[2])
        edges.append((min(lefts), max(rights)) if lefts else (0.0, 0.0))
    return tuple(edges)


_UNIT_CELL = re.compile(r"^(?:货币|金额)?(?:计量)?单位[:：][^:：]{0,10}元[)）]?$")


_YEAR_CELL = re.compile(r"^(?:19|20)\d{2}年?(?:度)?$")


def _is_banner(matrix: Matrix, r: int, cells: list[GridCell], grid: Grid) -> bool:
    texts = [text_of(c) for c in cells]
    if looks_like_data(matrix, r) and not all(is_meta(t) or find_unit(t) for t in texts):
        return False
    if any(_UNIT_CELL.match(t) for t in texts) and all(
        _UNIT_CELL.match(t) or _YEAR_CELL.match(t) or is_meta(t) or not is_header_text(t) for t in texts
    ):
        # 2024年 | | 单位：元, 某局 | | 单位：元: whatever stands beside the unit says whose table it is, or of which year
        return True
    width = len(matrix[r])
    if all(_is_banner_text(t, cells[i], width) for i, t in enumerate(texts)):
        return True
    if len(cells) == 1 and len(matrix) > r + 1:
        cell = cells[0]
        wide = cell.cols * 2 > width > 2 or (cell.cols == 1 and grid.sheet is not None)
        return wide and not is_header_text(texts[0]) and not is_note(texts[0]) and not PROJECT_LABEL.match(texts[0])
    return False


def _is_banner_text(text: str, cell: GridCell, width: int) -> bool:
    if re.fullmatch(r"(?:19|20)\d{2}年?(?:度)?", text):
        # years side by side head columns; a year alone across the table is a banner
        return cell.cols >= width
    if is_meta(text):
        return True
    unit = find_unit(text)
    if unit is not None and "单位" in text and len(text) < 30:
        return True
    if text in [u.value for u in Unit]:
        return True
    return is_title_line(text) and ("表" in text or cell.cols * 2 > width) and not is_header_text(text)
