"""Pieces → tables: what a page break or the edge of a sheet cut is one table again."""

from __future__ import annotations

import re
from dataclasses import replace

from budget.amounts import find_unit, stated_unit
from budget.kinds import fold_title
from budget.measures import fold_header
from budget.printed_text import is_blank
from budget.words import TOTAL_WORDS
from extract.reading import Line
from extract.statements.captions import is_meta, is_note, is_title_line
from extract.statements.cutting import row_of
from extract.statements.figures import is_amount_text
from extract.statements.forms import begins_form, has_head_of_form, is_head_of_form, is_tail
from extract.statements.heads import NO_HEAD, Head
from extract.statements.model import BLANK, Cell, Piece, Table, width_of
from extract.statements.page_breaks import RECENT, join_cut_cells, join_cut_row
from extract.statements.titles import title_of, unit_of


def give_notes(tables: list[Table], lines: list[Line]) -> list[Line]:
    """Gives the note lines right below a table to it; returns the lines that are left."""
    if not tables or not lines:
        return lines
    taken = 0
    for i, line in enumerate(lines[:6]):
        text = line.shown
        if is_note(text):
            tables[-1].notes.append(text)
            taken = i + 1
        elif (
            taken == i and taken and not is_title_line(text) and not is_meta(text) and find_unit(text) is None
            and line.heading is None and not tables[-1].notes[-1].endswith(("。", "；"))
            and not re.match(r"^第.部分|^[一二三四五六七八九十]+、", text)
        ):  # fmt: skip
            tables[-1].notes[-1] += text
            taken = i + 1
        elif re.match(r"^\d[.、．]", text) and taken == i and taken:
            tables[-1].notes.append(text)
            taken = i + 1
        else:
            break
    return lines[taken:]


def add_piece(tables: list[Table], piece: Piece) -> None:
    title = title_of(piece)
    previous = tables[-1] if tables else None
    if not piece.body and not piece.header and not piece.form:
        if previous is not None and piece.notes:
            previous.notes.extend(piece.notes)
        elif piece.banner:
            # a frame around a heading: it belongs to the table below
            tables.append(
                Table(
                    None, "", None, (), [], [], [], piece.banner, lines_above=tuple(line.text for line in piece.lines)
                )
            )
        return
    if previous is not None and previous.kind == "" and not previous.rows and not previous.paths:
        tables.pop()
        piece.banner = [*previous.banner, *piece.banner]
        piece.lines = [*(Line(text=t) for t in previous.lines_above), *piece.lines]
        title = title_of(piece)
        previous = tables[-1] if tables else None
    if previous is not None and previous.form and piece.header and not piece.body:
        # a last row of indicators alone on its page looks like a header
        rows = [row_of(piece.matrix, r) for r in range(piece.top, len(piece.matrix))]
        piece = replace(piece, header=0, paths=(NO_HEAD,) * len(piece.paths), body=rows) if is_tail(rows) else piece
    if previous is not None and is_head_of_form(previous, piece, title):
        previous.form = True
    if previous is not None and _continues(previous, piece, title):
        _join(previous, piece)
        return
    texts = [*(line.shown for line in piece.lines), *piece.banner]
    tables.append(
        Table(
            title=title, kind="", unit=unit_of(piece), paths=piece.paths, rows=list(piece.body),
            pages=[piece.page] if piece.page is not None else [], notes=list(piece.notes), banner=list(piece.banner),
            form=piece.form, sheet=piece.sheet, lines_above=tuple(texts[-12:]), edges=piece.edges,
        )
    )  # fmt: skip


def _continues(table: Table, piece: Piece, title: str | None) -> bool:
    if table.sheet is not None or piece.sheet is not None:
        return False
    if piece.page is not None:
        if not table.pages or piece.page - table.pages[-1] not in (0, 1):
            return False
        if piece.page == table.pages[-1] and (piece.lines or piece.banner):
            return False
    if title and (not table.title or fold_title(title) != fold_title(table.title)):
        return False
    if piece.form and not table.form and table.paths:
        # rows of a list of indicators, its header not repeated, read like a form
        fits = _same_columns(table, piece) or _fits(table, piece)
        return fits and not title and not _between(piece) and not begins_form(piece)
    if piece.form != table.form:
        # the end of a form may carry none of its labels
        return table.form and _follows_in_form(table, piece, title) and _ends_a_form(piece)
    if piece.form:
        return _follows_in_form(table, piece, title) and not begins_form(piece)
    if not title and _between(piece):
        return False
    if piece.page is None and title and piece.lines:
        # in a flowing text a repeated title begins a table again only if its rows go on
        return bool(piece.header) and _same_header(table, piece) and _goes_on(table, piece)
    if piece.header:
        return _same_header(table, piece) and _goes_on(table, piece)
    return bool(table.paths) and (_same_columns(table, piece) or _fits(table, piece))


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
    return bool(piece.body) and (not piece.header or is_tail(piece.body)) and any(c.shown for c in piece.body[0])


def _fits(table: Table, piece: Piece) -> bool:
    """Whether the columns of a piece stand where columns of the table stand."""
    return bool(piece.body) and len(_aligned(table, piece)[0]) == width_of(table)


def _between(piece: Piece) -> bool:
    """Whether text that is no banner stands above a piece."""
    return any(
        not is_meta(line.shown) and not (find_unit(line.shown) and len(line.shown) < 40)
        and (len(line.shown) > 4)
        for line in piece.lines
    )  # fmt: skip


def _same_header(table: Table, piece: Piece) -> bool:
    ours = [tuple(map(fold_header, p)) for p in table.paths if p]
    theirs = [tuple(map(fold_header, p)) for p in piece.paths if p]
    return ours == theirs


def _same_columns(table: Table, piece: Piece) -> bool:
    width = len(piece.body[0]) if piece.body else 0
    return width == (len(table.paths) or (len(table.rows[0]) if table.rows else 0))


def _goes_on(table: Table, piece: Piece) -> bool:
    """Whether the rows of a piece go on where the table stops: its numbering does not begin again."""
    if not table.rows or not piece.body:
        return bool(table.rows) or not piece.body
    leaf = [head.leaf for head in table.paths]
    for c, name in enumerate(leaf):
        if name in ("序号", "行次") and c < len(piece.body[0]):
            mine = [r[c].shown for r in table.rows[-RECENT:] if r[c].shown.isdigit()]
            theirs = [r[c].shown for r in piece.body if r[c].shown.isdigit()]
            if mine and theirs:
                return int(theirs[0]) > int(mine[-1])
    first = {c.shown for c in piece.body[0]}
    begins = {c.shown for c in table.rows[0]}
    return not (first & TOTAL_WORDS and begins & TOTAL_WORDS and first & begins & TOTAL_WORDS)


def _join(table: Table, piece: Piece) -> None:
    body = _aligned(table, piece)
    if piece.header and width_of(table) and piece.body and len(piece.body[0]) != width_of(table):
        body = [row for row in body if len(row) == width_of(table)] or body
    if table.rows and body:
        body = join_cut_cells(table, body)
    if table.rows and body:
        joined = join_cut_row(table, body[0])
        if joined is not None:
            table.rows[-1] = joined
            body = body[1:]
    width = width_of(table)
    if any(len(row) > width for row in body):
        wider = max(len(row) for row in body)
        table.paths += (NO_HEAD,) * (wider - len(table.paths))
        table.rows = [row + (BLANK,) * (wider - len(row)) for row in table.rows]
        width = wider
    table.rows.extend(row + (BLANK,) * (width - len(row)) for row in body)
    table.notes.extend(piece.notes)
    table.banner.extend(piece.banner)
    if piece.page is not None and piece.page not in table.pages:
        table.pages.append(piece.page)


def _aligned(table: Table, piece: Piece) -> list[tuple[Cell, ...]]:
    """The rows of a narrower piece in the columns of its table, matched by where they stand on the page.

    The part of a form that a page break cuts off may need fewer columns than the whole form.
    """
    width, given = width_of(table), len(piece.body[0]) if piece.body else 0
    if given > width:
        # a margin drawn as a column on this page only
        blank = [c for c in range(given) if not any(row[c].shown for row in piece.body)]
        for drop in (blank[: given - width], blank[width - given :]):
            if len(drop) == given - width and all(c in (*range(3), *range(given - 3, given)) for c in drop):
                return [tuple(cell for c, cell in enumerate(row) if c not in drop) for row in piece.body]
        return list(piece.body)
    if not given or given == width or len(table.edges) != width or len(piece.edges) != given:
        return list(piece.body)
    places: list[int] = []
    for left, right in piece.edges:
        overlaps = [max(0.0, min(right, b) - max(left, a)) for a, b in table.edges]
        best = max(range(width), key=lambda c: overlaps[c])
        if not overlaps[best] or (places and best <= places[-1]):
            return list(piece.body)
        places.append(best)
    rows = []
    for row in piece.body:
        new = [BLANK] * width
        for c, cell in zip(places, row, strict=True):
            new[c] = cell
        rows.append(tuple(new))
    return rows


def goes_on_sideways(table: Table, piece: Piece) -> bool:
    """Whether a piece is the right half of a table too wide for its page: the next page, as many rows, a header of its own over
    figures alone, and nothing printed between them."""
    if table.form or piece.form or not piece.header or piece.page is None or not table.pages or not table.paths:
        return False
    if piece.page != table.pages[-1] + 1 or not all(
        map(_is_beside, [*piece.banner, *(one.shown for one in piece.lines)])
    ):
        return False
    if len(piece.body) != len(table.rows) or not any(piece.paths) or set(piece.paths) & set(table.paths):
        return False
    shown = [cell.shown for row in piece.body for cell in row if cell.own and cell.shown]
    return bool(shown) and all(is_amount_text(text) or is_blank(text) for text in shown)


def _with_group(last: Head, paths: tuple[Head, ...]) -> list[Head]:
    """The headers of a right half: its first columns without a group belong to the one at the end of the left half."""
    found = list(paths)
    deep = any(len(path) > 1 for path in paths)
    for c, path in enumerate(paths):
        if len(path) != 1 or len(last) < 2 or not deep:
            break
        found[c] = path.below(last.without_leaf())
    return found


def _is_beside(text: str) -> bool:
    """Whether a line above the right half of a table only says its unit, its number or whose it is."""
    return not text or (is_meta(text) and not is_title_line(text)) or stated_unit(text) is not None


def join_sideways(table: Table, piece: Piece) -> None:
    """The columns of a piece become the right columns of a table, row by row."""
    width = width_of(table)
    table.paths = (*table.paths, *_with_group(table.paths[-1], piece.paths))
    table.rows = [
        (*(row[c] if c < len(row) else BLANK for c in range(width)), *more)
        for row, more in zip(table.rows, piece.body, strict=True)
    ]
    table.edges = ()
    assert piece.page is not None
    table.pages.append(piece.page)
    table.notes += piece.notes
    table.unit = table.unit or unit_of(piece)
