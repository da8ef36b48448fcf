"""Workbooks (.xlsx, .xls) → `Reading`: one grid a sheet, values and merged ranges through calamine.

A cell's text is what the sheet shows: the number in its number format (`extract.readers.number_format`), so that a zero
shown as a dash stays a dash. Hidden sheets, rows and columns are not shown and are not read. Formulas are never run.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple

import python_calamine as calamine
from lxml import etree

from budget.disclosure import ReaderName, SheetPlace, Unread
from extract.readers.biff import xls_looks, xls_pictures
from extract.readers.embedded_pictures import PictureReader, as_table
from extract.readers.number_format import BUILT_IN, NumberFormatError, shown_number
from extract.readers.office_parts import opened
from extract.reading import Grid, GridCell, Line, NotUnderstood, Reading, UnreadableError, joined_lines

MAX_PLACES = 3_000_000
MAX_COLUMNS = 400
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


@dataclass(frozen=True, slots=True)
class _Looks:
    """How the cells of one sheet are shown: number format by place, and the rows and columns that are hidden."""

    formats: dict[tuple[int, int], str]
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]
    uncomputed: tuple[tuple[int, int, str], ...] = ()
    """Row, column and text of formulas that no program has ever computed: the file holds no value for them."""
    errors: tuple[tuple[int, int, str], ...] = ()
    """Row, column and text of cells that show an error (#REF!, #N/A): calamine gives nothing for them."""
    twice: tuple[tuple[int, int], ...] = ()
    """Row and column of cells that the file gives more than once."""
    indents: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many characters the text of a cell is set in by its alignment, where it is."""
    struck_out: frozenset[tuple[int, int]] = frozenset()
    unseen: frozenset[tuple[int, int]] = frozenset()
    """Row and column of cells in white letters on no ground: nobody sees them."""
    conditional: tuple[tuple[int, int, int, int], ...] = ()
    """Rows and columns (first, last) of ranges whose number format depends on a condition."""
    drawing: str | None = None
    """The part of the pictures and text boxes that lie on the sheet."""


_PLAIN = _Looks({}, frozenset(), frozenset())


def read_workbook(data: bytes, reader: ReaderName) -> Reading:
    """A workbook → one grid a visible sheet (`reader` is xlsx or xls). Raises UnreadableError and nothing else."""
    with _guarded("the workbook"):
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    looks = _xlsx_looks(data) if reader == "xlsx" else _xls_looks(data)
    blocks: list[Line | Grid] = []
    unread: list[Unread] = []
    met: list[NotUnderstood] = []
    pictures = _Pictures()
    if not book.sheets_metadata:
        raise UnreadableError("corrupt", "the workbook has no sheet; open it by hand and save it anew")
    for meta in book.sheets_metadata:
        if meta.typ != calamine.SheetTypeEnum.WorkSheet or meta.visible != calamine.SheetVisibleEnum.Visible:
            continue
        look = looks.get(meta.name, _PLAIN)
        with _guarded(f"sheet {meta.name!r}"):
            blocks.extend(_sheet_blocks(book.get_sheet_by_name(meta.name), meta.name, look, met))
        if look.drawing is not None:
            blocks.extend(_drawn_blocks(data, look.drawing, meta.name, pictures))
        for r, c, formula in look.uncomputed:
            if r not in look.hidden_rows and c not in look.hidden_columns:
                unread.append(Unread(text=f"={formula}", at=SheetPlace(sheet=meta.name, cell=cell_name(r, c))))
        for r, c in look.twice:
            if r not in look.hidden_rows and c not in look.hidden_columns:
                place = SheetPlace(sheet=meta.name, cell=cell_name(r, c))
                met.append(NotUnderstood("cell_given_twice", f"{meta.name}!{place.cell}", place))
    if reader == "xls":
        for number, picture in enumerate(xls_pictures(data), 1):
            blocks.extend(_in_order(pictures.blocks(picture, f"picture {number}"), pictures))
    return Reading(
        reader=reader, blocks=tuple(blocks), unread=tuple(unread), not_understood=(*met, *pictures.reader.met)
    )


@dataclass
class _Pictures:
    """The pictures of a workbook, and how many tables they have given."""

    reader: PictureReader = field(default_factory=PictureReader)
    tables: int = 0

    def blocks(self, data: bytes, label: str) -> tuple[Line | Grid, ...]:
        return self.reader.blocks(data, label)


def _in_order(found: tuple[Line | Grid, ...], pictures: _Pictures) -> Iterator[Line | Grid]:
    """What a picture shows, its tables numbered after those of the pictures before."""
    for block in found:
        if isinstance(block, Grid):
            pictures.tables += 1
            yield as_table(block, pictures.tables)
        else:
            yield block


def _drawn_blocks(data: bytes, part: str, sheet: str, pictures: _Pictures) -> Iterator[Line | Grid]:
    """What lies on a sheet: the lines of its text boxes, the tables of its pictures."""
    with opened(data) as package:
        root, relations = package.xml(part), package.relations(part)
        for element in root.iter(f"{_A}p", f"{_A}blip") if root is not None else ():
            if element.tag == f"{_A}p":
                text = "".join(piece.text or "" for piece in element.iter(f"{_A}t")).strip()
                if text:
                    yield Line(text=text)
                continue
            relation = relations.get(element.get(f"{_R}embed") or "")
            if relation is None or relation.external:
                continue
            shown = package.data(relation.name)
            if shown is None:
                pictures.reader.missing(f"{sheet}: {relation.name}")
            else:
                yield from _in_order(pictures.blocks(shown, f"{sheet}: {relation.name}"), pictures)


@contextmanager
def _guarded(what: str) -> Iterator[None]:
    """Calls into calamine: what it cannot read, and what makes it panic, is a reason and nothing else."""
    try:
        yield
    except calamine.PasswordError as error:
        raise UnreadableError("encrypted", f"{what} asks for a password; ask the publisher for an open file") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableError("corrupt", f"{what} cannot be read: {error}") from error
    except BaseException as panic:
        # a panic in Rust comes as an exception that is no Exception
        if type(panic).__name__ != "PanicException":
            raise
        raise UnreadableError("corrupt", f"{what} breaks its reader: {panic}") from panic


def _sheet_blocks(
    sheet: calamine.CalamineSheet, name: str, looks: _Looks, met: list[NotUnderstood]
) -> Iterator[Line | Grid]:
    if sheet.start is None or sheet.end is None:
        return
    if (sheet.end[0] + 1) * (sheet.end[1] + 1) > MAX_PLACES and sheet.total_height * sheet.total_width > MAX_PLACES:
        raise UnreadableError(
            "limit_size", f"sheet {name!r} spans {sheet.total_height:,} × {sheet.total_width:,} places"
        )
    texts = _texts(sheet, name, looks, met)
    if not texts:
        return
    rows = [r for r in range(max(r for r, _ in texts) + 1) if r not in looks.hidden_rows]
    first_row = min(r for r, _ in texts)
    rows = [r for r in rows if r >= first_row]
    width = max(c for _, c in texts) + 1
    columns = [c for c in range(min(c for _, c in texts), width) if c not in looks.hidden_columns]
    if len({c for _, c in texts}) == 1:
        for r, c in sorted(texts):
            yield Line(text=texts[r, c].strip())
        return
    row_at, column_at = {r: i for i, r in enumerate(rows)}, {c: i for i, c in enumerate(columns)}
    merged: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for (r0, c0), (r1, c1) in sheet.merged_cell_ranges or ():
        places = [(r, c) for r in range(r0, min(r1, rows[-1]) + 1) for c in range(c0, min(c1, columns[-1]) + 1)
                  if r in row_at and c in column_at]  # fmt: skip
        if not places:
            continue
        top = places[0]
        if (r0, c0) in texts:
            texts[top] = texts[r0, c0]
        merged[top] = (len({r for r, _ in places}), len({c for _, c in places}))
        covered.update(places[1:])
    cells = []
    for r in rows:
        for c in columns:
            if (r, c) in covered or ((r, c) not in texts and (r, c) not in merged):
                continue
            text = joined_lines(texts.get((r, c), "").replace("\r", "").split("\n"))
            high, wide = merged.get((r, c), (1, 1))
            blanks = text[: len(text) - len(text.lstrip())]
            cells.append(
                GridCell(
                    row=row_at[r], col=column_at[c], text=text, at=SheetPlace(sheet=name, cell=cell_name(r, c)),
                    rows=high, cols=wide,
                    indent=sum(2 if ch == "　" else 1 for ch in blanks) // 2 + looks.indents.get((r, c), 0),
                )
            )  # fmt: skip
    yield Grid(n_rows=len(rows), n_cols=len(columns), cells=tuple(cells), sheet=name)


def _texts(
    sheet: calamine.CalamineSheet, name: str, looks: _Looks, met: list[NotUnderstood]
) -> dict[tuple[int, int], str]:
    """What every cell that is seen shows, by row and column."""
    values = sheet.to_python(skip_empty_area=False)
    texts: dict[tuple[int, int], str] = {}
    for r, row in enumerate(values):
        if r in looks.hidden_rows:
            continue
        for c, value in enumerate(row[:MAX_COLUMNS]):
            if c in looks.hidden_columns or value == "" or value is None or (r, c) in looks.unseen:
                continue
            if (doubt := _doubt(looks, r, c, value)) is not None:
                place = SheetPlace(sheet=name, cell=cell_name(r, c))
                met.append(NotUnderstood(doubt, f"{place.cell} {value}", place))
                continue
            try:
                text = shown(value, looks.formats.get((r, c)))
            except NumberFormatError as error:
                place = SheetPlace(sheet=name, cell=cell_name(r, c))
                met.append(NotUnderstood("number_format", f"{place.cell} {value}: {error}", place))
                continue
            if text.strip():
                texts[r, c] = text
    for r, c, text in looks.errors:
        if r not in looks.hidden_rows and c not in looks.hidden_columns and c < MAX_COLUMNS:
            texts.setdefault((r, c), text)
    return texts


def _doubt(looks: _Looks, row: int, col: int, value: object) -> Literal["struck_out", "number_format"] | None:
    """Why a number is not taken though it stands in its cell: crossed out, or shown as a condition wants."""
    if isinstance(value, bool) or not (isinstance(value, int | float) or re.search(r"\d", str(value))):
        return None
    if (row, col) in looks.struck_out:
        return "struck_out"
    within = any(r0 <= row <= r1 and c0 <= col <= c1 for r0, c0, r1, c1 in looks.conditional)
    return "number_format" if within and isinstance(value, int | float) else None


def cell_name(row: int, col: int) -> str:
    """`C12` for row 11, column 2 (both from 0)."""
    letters = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def shown(value: object, number_format: str | None) -> str:
    """What a sheet shows for a stored value. Raises NumberFormatError where its format is not understood."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return shown_number(value, number_format)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _xls_looks(data: bytes) -> dict[str, _Looks]:
    """Sheet name → number formats and hidden rows and columns of an .xls."""
    return {
        name: _Looks(look.formats, look.hidden_rows, look.hidden_columns, indents=look.indents)
        for name, look in xls_looks(data).items()
    }


def _xlsx_looks(data: bytes) -> dict[str, _Looks]:
    """Sheet name → number formats and hidden rows and columns. calamine gives values only."""
    with opened(data) as package:
        main = package.main("xl/workbook.xml")
        book, relations = package.xml(main), package.relations(main)
        if book is None:
            return {}
        sheet_styles = package.xml(package.related(main, "styles") or "")
        styles, fonts = _cell_styles(sheet_styles), _cell_fonts(sheet_styles)
        scaling = _conditions_with_formats(sheet_styles)
        found = {}
        for sheet in book.iter(f"{_S}sheet"):
            relation = relations.get(sheet.get(f"{_R}id") or "")
            part = package.xml(relation.name) if relation is not None and not relation.external else None
            if part is not None and relation is not None:
                look = _sheet_looks(part, styles, sheet.get("name") or "")
                drawing = package.related(relation.name, "drawing") if part.find(f"{_S}drawing") is not None else None
                found[sheet.get("name") or ""] = replace(_with_fonts(look, part, fonts, scaling), drawing=drawing)
        return found


class _Style(NamedTuple):
    """Number format of a style, and how many characters it sets text in."""

    number_format: str
    indent: int


def _cell_styles(styles: etree._Element | None) -> list[_Style]:
    if styles is None:
        return []
    own = {f.get("numFmtId"): f.get("formatCode") or "" for f in styles.iterfind(f"{_S}numFmts/{_S}numFmt")}
    found = []
    for xf in styles.iterfind(f"{_S}cellXfs/{_S}xf"):
        number = xf.get("numFmtId") or "0"
        shown_as = own.get(number) or (BUILT_IN.get(int(number), "General") if number.isdigit() else "General")
        alignment = xf.find(f"{_S}alignment")
        indent = (alignment.get("indent") if alignment is not None else None) or "0"
        found.append(_Style(shown_as, int(indent) if indent.isdigit() else 0))
    return found


_WHITE = frozenset({"FFFFFFFF", "00FFFFFF"})


def _cell_fonts(styles: etree._Element | None) -> list[tuple[bool, bool]]:
    """Of every style of cells: whether its letters are crossed out, and whether they are white on no ground."""
    if styles is None:
        return []
    fonts = []
    for font in styles.iterfind(f"{_S}fonts/{_S}font"):
        strike, color = font.find(f"{_S}strike"), font.find(f"{_S}color")
        struck = strike is not None and (strike.get("val") or "1") not in ("0", "false")
        fonts.append(
            (struck, color is not None and ((color.get("rgb") or "").upper() in _WHITE or color.get("theme") == "0"))
        )
    patterns = [fill.find(f"{_S}patternFill") for fill in styles.iterfind(f"{_S}fills/{_S}fill")]
    filled = [one is None or (one.get("patternType") or "none") != "none" for one in patterns]
    found = []
    for xf in styles.iterfind(f"{_S}cellXfs/{_S}xf"):
        number, ground = _index(xf.get("fontId")), _index(xf.get("fillId"))
        struck, white = fonts[number] if number < len(fonts) else (False, False)
        found.append((struck, white and not (ground < len(filled) and filled[ground])))
    return found


def _index(written: str | None) -> int:
    return int(written) if written is not None and written.isdigit() else 0


def _conditions_with_formats(styles: etree._Element | None) -> frozenset[str]:
    """The numbers of the styles of conditions that change how a number is shown."""
    if styles is None:
        return frozenset()
    return frozenset(
        str(n) for n, one in enumerate(styles.iterfind(f"{_S}dxfs/{_S}dxf")) if one.find(f"{_S}numFmt") is not None
    )


def _with_fonts(look: _Looks, part: etree._Element, fonts: list[tuple[bool, bool]], scaling: frozenset[str]) -> _Looks:
    """The looks of a sheet with its cells that are crossed out, unseen, or shown as a condition wants.

    Tables and conditions put colours behind cells: where a sheet has any, white letters may be seen.
    """
    coloured = part.find(f"{_S}tableParts") is not None or part.find(f"{_S}conditionalFormatting") is not None
    struck, unseen = set(), set()
    if any(one[0] or one[1] for one in fonts):
        for row in part.iterfind(f"{_S}sheetData/{_S}row"):
            for cell in row.iterfind(f"{_S}c"):
                style = _index(cell.get("s"))
                place = _place_of(cell.get("r") or "")
                if place is None or style >= len(fonts):
                    continue
                if fonts[style][0]:
                    struck.add(place)
                if fonts[style][1] and not coloured:
                    unseen.add(place)
    conditional = tuple(_ranges_of_conditions(part, scaling))
    return replace(look, struck_out=frozenset(struck), unseen=frozenset(unseen), conditional=conditional)


def _ranges_of_conditions(part: etree._Element, scaling: frozenset[str]) -> Iterator[tuple[int, int, int, int]]:
    """Rows and columns (first, last) of the ranges that conditions of these styles cover."""
    for condition in part.iterfind(f"{_S}conditionalFormatting"):
        if any(rule.get("dxfId") in scaling for rule in condition.iterfind(f"{_S}cfRule")):
            for written in (condition.get("sqref") or "").split():
                first, _, last = written.partition(":")
                one, other = _place_of(first), _place_of(last or first)
                if one is not None and other is not None:
                    yield (*one, *other)


def _place_of(reference: str) -> tuple[int, int] | None:
    """`C12` → row 11, column 2 (both from 0); None for what is none."""
    found = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})", reference)
    return (int(found.group(2)) - 1, _column(found.group(1), 0)) if found else None


def _sheet_looks(part: etree._Element, styles: list[_Style], name: str) -> _Looks:
    """Raises UnreadableError (limit_size) for a sheet whose values lie too far apart: calamine would lay out every place."""
    uncomputed: list[tuple[int, int, str]] = []
    errors: list[tuple[int, int, str]] = []
    lowest = highest = furthest = 0
    nearest = -1
    places: dict[tuple[int, int], str] = {}
    indents: dict[tuple[int, int], int] = {}
    hidden_rows: set[int] = set()
    hidden_columns = _hidden_columns(part)
    usual = part.find(f"{_S}sheetFormatPr")
    flat = usual is not None and usual.get("zeroHeight") in ("1", "true")
    seen: set[tuple[int, int]] = set()
    twice: list[tuple[int, int]] = []
    number = -1
    for row in part.iterfind(f"{_S}sheetData/{_S}row"):
        reference = row.get("r") or ""
        number = int(reference) - 1 if reference.isdigit() else number + 1
        if row.get("hidden") in ("1", "true") or (_is_nothing(row.get("ht")) if row.get("ht") else flat):
            hidden_rows.add(number)
        for i, cell in enumerate(row.iterfind(f"{_S}c")):
            style, col = cell.get("s") or "0", _column(cell.get("r"), i)
            if style.isdigit() and int(style) < len(styles):
                places[number, col], indents[number, col] = styles[int(style)]
            if not len(cell):
                continue
            if (number, col) in seen:
                twice.append((number, col))
            seen.add((number, col))
            formula, value = cell.find(f"{_S}f"), cell.find(f"{_S}v")
            # a formula whose text is empty keeps an empty value of type str
            if formula is not None and (value is None or not (value.text or cell.get("t") == "str")):
                uncomputed.append((number, col, formula.text or ""))
            elif cell.get("t") == "e" and value is not None and value.text:
                errors.append((number, col, value.text))
            lowest, highest = (number if nearest < 0 else lowest), max(highest, number)
            nearest, furthest = (col if nearest < 0 else min(nearest, col)), max(furthest, col)
    if nearest >= 0 and (highest - lowest + 1) * (furthest - nearest + 1) > MAX_PLACES:
        raise UnreadableError(
            "limit_size",
            f"sheet {name!r} has values as far apart as {cell_name(lowest, nearest)} and {cell_name(highest, furthest)}, "
            f"more than {MAX_PLACES:,} places; delete the stray cells and save it anew",
        )
    return _Looks(
        places,
        frozenset(hidden_rows),
        frozenset(hidden_columns),
        tuple(uncomputed),
        tuple(errors),
        tuple(twice),
        {place: indent for place, indent in indents.items() if indent},
    )


def _hidden_columns(part: etree._Element) -> set[int]:
    found: set[int] = set()
    for column in part.iterfind(f"{_S}cols/{_S}col"):
        if column.get("hidden") in ("1", "true") or _is_nothing(column.get("width")):
            low, high = int(column.get("min") or 1), int(column.get("max") or 1)
            found.update(range(low - 1, min(high, MAX_COLUMNS)))
    return found


def _is_nothing(size: str | None) -> bool:
    """Whether a row's height or a column's width is given and is 0: nobody sees it, though it is not marked as hidden."""
    try:
        return size is not None and float(size) == 0
    except ValueError:
        return False


def _column(reference: str | None, otherwise: int) -> int:
    letters = "".join(ch for ch in reference or "" if ch.isalpha()).upper()
    if not letters:
        return otherwise
    col = 0
    for ch in letters:
        col = col * 26 + ord(ch) - 64
    return col - 1
