"""Pieces → tables: what a page break cut is one table again."""

from __future__ import annotations

import re
from dataclasses import replace

from budget.amounts import find_unit
from budget.kinds import fold_title
from budget.measures import fold_header
from budget.words import HEADERS, TOTAL_WORDS
from extract.reading import Line
from extract.statements.alignment import aligned
from extract.statements.captions import is_meta, is_note, is_title_line
from extract.statements.cutting import row_of
from extract.statements.forms import begins_form, has_head_of_form, is_head_of_form, is_tail
from extract.statements.heads import NO_HEAD
from extract.statements.model import BLANK, Piece, Row, Table
from extract.statements.page_breaks import RECENT, join_cut_cells, join_cut_row
from extract.statements.titles import title_of, unit_of

LINES_OF_NOTES = 6
"""Lines below a table among which its notes stand."""
LINES_KEPT = 12
"""Lines above a table that are kept with it: whose it is, of which year."""
LONGEST_UNIT_LINE = 40
"""Signs below which a line that names a unit is no text between two pieces."""
SHORTEST_TEXT = 5
"""Signs from which on a line is text between two pieces."""
_NEW_PARAGRAPH = re.compile(r"^第.部分|^[一二三四五六七八九十]+、")
_NUMBERED_NOTE = re.compile(r"^\d[.、．]")


def give_notes(tables: list[Table], lines: list[Line]) -> list[Line]:
    """Gives the note lines right below a table to it; returns the lines that are left."""
    if not tables:
        return lines
    notes, taken = tables[-1].notes, 0
    for line in lines[:LINES_OF_NOTES]:
        if is_note(line.shown) or (taken and _NUMBERED_NOTE.match(line.shown) and not _goes_on_a_note(notes, line)):
            notes.append(line.shown)
        elif taken and _goes_on_a_note(notes, line):
            notes[-1] += line.shown
        else:
            break
        taken += 1
    return lines[taken:]


def _goes_on_a_note(notes: list[str], line: Line) -> bool:
    """Whether a line below a note is its next line and begins nothing of its own."""
    text = line.shown
    if line.heading is not None or notes[-1].endswith(("。", "；")) or _NEW_PARAGRAPH.match(text):
        return False
    return not is_title_line(text) and not is_meta(text) and find_unit(text) is None


def add_piece(tables: list[Table], piece: Piece) -> None:
    """Joins a piece to the last table where it goes on with it, else adds it as a table of its own."""
    if not piece.body and not piece.header and not piece.form:
        _add_bare(tables, piece)
        return
    _take_frame(tables, piece)
    title = title_of(piece)
    if tables and _goes_on_with(tables[-1], piece := _as_rows(tables[-1], piece), title):
        _join(tables[-1], piece)
    else:
        tables.append(_table(piece, title))


def _take_frame(tables: list[Table], piece: Piece) -> None:
    """Gives a piece the frame around its heading, which stands above it as a table without rows and header."""
    if tables and tables[-1].is_frame:
        frame = tables.pop()
        piece.banner = [*frame.banner, *piece.banner]
        piece.lines = [*(Line(text=text) for text in frame.lines_above), *piece.lines]


def _add_bare(tables: list[Table], piece: Piece) -> None:
    """A piece of a banner and notes alone: notes to the table above, or a frame around the heading of the one below."""
    if tables and piece.notes:
        tables[-1].notes.extend(piece.notes)
    elif piece.banner:
        lines = tuple(line.text for line in piece.lines)
        tables.append(Table(None, "", None, (), [], [], [], piece.banner, lines_above=lines))


def _as_rows(table: Table, piece: Piece) -> Piece:
    """A piece whose header is a row: a last row of indicators alone on its page looks like one."""
    if not table.form or not piece.header or piece.body:
        return piece
    rows = [row_of(piece.matrix, r) for r in range(piece.top, len(piece.matrix))]
    return replace(piece, header=0, paths=(NO_HEAD,) * len(piece.paths), body=rows) if is_tail(rows) else piece


def _table(piece: Piece, title: str | None) -> Table:
    texts = [*piece.lines_shown, *piece.banner]
    return Table(
        title=title, kind="", unit=unit_of(piece), paths=piece.paths, rows=list(piece.body),
        pages=[piece.page] if piece.page is not None else [], notes=list(piece.notes), banner=list(piece.banner),
        form=piece.form, sheet=piece.sheet, lines_above=tuple(texts[-LINES_KEPT:]), edges=piece.edges,
    )  # fmt: skip


def _goes_on_with(table: Table, piece: Piece, title: str | None) -> bool:
    """Whether a piece is the next part of a table. A table that turns out to be the head of a form becomes one."""
    if is_head_of_form(table, piece, title):
        table.form = True
    if not _may_follow(table, piece) or (title and not _same_title(table, title)):
        return False
    if piece.form or table.form:
        return _goes_on_as_form(table, piece, title)
    return _goes_on_as_list(table, piece, title)


def _may_follow(table: Table, piece: Piece) -> bool:
    """Whether a piece stands where the next part of a table can: on the next page, or with nothing between on the same."""
    if table.sheet is not None or piece.sheet is not None:
        return False
    if piece.page is None:
        return True
    if not table.pages or piece.page - table.pages[-1] not in (0, 1):
        return False
    return piece.page != table.pages[-1] or not (piece.lines or piece.banner)


def _same_title(table: Table, title: str) -> bool:
    return bool(table.title) and fold_title(title) == fold_title(table.title or "")


def _goes_on_as_form(table: Table, piece: Piece, title: str | None) -> bool:
    if piece.form and not table.form and table.paths:
        # rows of a list of indicators, its header not repeated, read like a form
        return not title and not _between(piece) and not begins_form(piece) and _fits(table, piece)
    if not table.form or not _follows_in_form(table, piece, title):
        return False
    # the end of a form may carry none of its labels
    return not begins_form(piece) if piece.form else _ends_a_form(piece)


def _goes_on_as_list(table: Table, piece: Piece, title: str | None) -> bool:
    if not title and _between(piece):
        return False
    if piece.header:
        return _same_header(table, piece) and _goes_on(table, piece)
    if not table.paths or (piece.page is None and title and piece.lines):
        return False  # in a flowing text a repeated title begins a table again
    return _fits(table, piece)


def _follows_in_form(table: Table, piece: Piece, title: str | None) -> bool:
    """Whether nothing stands between a form and a piece: no text, or its own heading again on the next page.

    Under a repeated heading only the indicators of a form go on; what has any label of its head is the next form.
    """
    if not title:
        return not _between(piece)
    if piece.page is None or not table.pages or piece.page != table.pages[-1] + 1:
        return False
    rest = [line for line in piece.lines if line.shown not in title]
    return not has_head_of_form(piece) and not _between(replace(piece, lines=rest))


def _ends_a_form(piece: Piece) -> bool:
    if not piece.body or not any(cell.shown for cell in piece.body[0]):
        return False
    return not piece.header or is_tail(piece.body)


def _fits(table: Table, piece: Piece) -> bool:
    """Whether a piece has as many columns as the table, or columns that stand where columns of the table stand."""
    if piece.width == table.width:
        return True
    return bool(piece.body) and len(aligned(table, piece)[0]) == table.width


def _between(piece: Piece) -> bool:
    """Whether text that is no banner stands above a piece."""
    return any(map(_is_text, piece.lines))


def _is_text(line: Line) -> bool:
    if len(line.shown) < SHORTEST_TEXT or is_meta(line.shown):
        return False
    return len(line.shown) >= LONGEST_UNIT_LINE or find_unit(line.shown) is None


def _same_header(table: Table, piece: Piece) -> bool:
    ours, theirs = ([tuple(map(fold_header, head)) for head in heads if head] for heads in (table.paths, piece.paths))
    return ours == theirs


def _goes_on(table: Table, piece: Piece) -> bool:
    """Whether the rows of a piece go on where the table stops: its numbering does not begin again."""
    if not table.rows or not piece.body:
        return bool(table.rows) or not piece.body
    numbered = (c for c, head in enumerate(table.paths[: piece.width]) if head.leaf in HEADERS.row_numbers)
    for c in numbered:
        above, below = _numbers(table.rows[-RECENT:], c), _numbers(piece.body, c)
        if above and below:
            return below[0] > above[-1]
    first, begins = ({cell.shown for cell in rows[0]} for rows in (piece.body, table.rows))
    return not first & begins & TOTAL_WORDS


def _numbers(rows: list[Row], c: int) -> list[int]:
    return [int(row[c].shown) for row in rows if row[c].shown.isdecimal()]


def _join(table: Table, piece: Piece) -> None:
    """Adds the rows of a piece to its table; what the page break cut is put together."""
    body = _in_columns_of(table, piece)
    if table.rows and body:
        body = join_cut_cells(table, body)
    if table.rows and body and (joined := join_cut_row(table, body[0])) is not None:
        table.rows[-1] = joined
        body = body[1:]
    _widen(table, max(map(len, body), default=0))
    table.rows.extend(_padded(row, table.width) for row in body)
    table.notes.extend(piece.notes)
    table.banner.extend(piece.banner)
    if piece.page is not None and piece.page not in table.pages:
        table.pages.append(piece.page)


def _in_columns_of(table: Table, piece: Piece) -> list[Row]:
    """The rows of a piece in the columns of its table; under a repeated header those that fit, where any do."""
    body = aligned(table, piece)
    if not piece.header or piece.width == table.width:
        return body
    return [row for row in body if len(row) == table.width] or body


def _widen(table: Table, width: int) -> None:
    if width > table.width:
        table.paths += (NO_HEAD,) * (width - len(table.paths))
        table.rows = [_padded(row, width) for row in table.rows]


def _padded(row: Row, width: int) -> Row:
    return row + (BLANK,) * (width - len(row))
