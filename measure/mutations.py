"""What the checks see of a fault: `python -m measure.mutations [SOURCE…] [--documents 480] [--seed 1] [--examples 3] [--json FILE]`.

SOURCE: Word documents (.docx) with tables that add up; without any, those of the sample portal. Each is taken apart into lines and
tables, one fault of one kind is planted, the document is written again as HTML, DOCX, XLSX or PDF, read and proved, and what came
out is held against the same document without the fault:

found      a new error at the planted cell or table        told      a new error elsewhere
harmless   the same figures, nothing new                   warned    other figures and a new warning
silent     other figures, nothing new

Prints the outcomes by kind and by format, and examples of what stayed silent. Exit status 0, whatever is found.
"""

from __future__ import annotations

import argparse
import copy
import html
import io
import itertools
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Final

from budget.disclosure import Disclosure, Fact, Finding, TablePlace
from budget.states import Severity
from expectations import apply, judge
from extract.document import extract_bytes
from extract.readers.word import read_docx
from extract.reading import Grid, Line

FORMATS: Final = ("html", "docx", "xlsx", "pdf")
BATCH: Final = 40
"""Documents judged at once: Great Expectations costs half a second a batch."""
PAGE: Final = (842.0, 595.0)
"""Points of a page of A4 across."""


@dataclass
class Place:
    """A cell of a table of the model."""

    text: str
    row: int
    col: int
    rows: int = 1
    cols: int = 1


@dataclass
class TableModel:
    """A table as it will be written again."""

    n_rows: int
    n_cols: int
    cells: list[Place]

    def at(self, row: int, col: int) -> Place | None:
        return next((c for c in self.cells if c.row == row and c.col == col), None)

    def without_row(self, row: int) -> None:
        self.cells = [c for c in self.cells if c.row != row]
        for cell in self.cells:
            if cell.row > row:
                cell.row -= 1
            elif cell.row + cell.rows > row:
                cell.rows -= 1
        self.n_rows -= 1

    def with_row_again(self, row: int) -> None:
        for cell in self.cells:
            if cell.row > row:
                cell.row += 1
        self.cells += [Place(c.text, row + 1, c.col, 1, c.cols) for c in list(self.cells) if c.row == row]
        self.n_rows += 1


Block = str | TableModel


@dataclass
class Base:
    """A source document: its blocks, and what is read from it."""

    name: str
    blocks: list[Block]
    disclosure: Disclosure

    def table(self, number: int) -> TableModel:
        return self.tables[number - 1]

    @property
    def tables(self) -> list[TableModel]:
        return [block for block in self.blocks if isinstance(block, TableModel)]


@dataclass(frozen=True)
class Planted:
    """A fault: the document with it, the statement's kind it stands in, and what was printed there."""

    blocks: list[Block]
    kind: str
    what: str
    raw: str = ""


@dataclass
class Outcomes:
    """Counts by kind of fault and by format, and examples of silence."""

    by_kind: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    by_format: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    silent: list[str] = field(default_factory=list)


Mutation = Callable[[Base, random.Random], Planted | None]
MUTATIONS: dict[str, Mutation] = {}


def mutation(function: Mutation) -> Mutation:
    """Registers a kind of fault under the name of its function."""
    MUTATIONS[function.__name__] = function  # type: ignore[attr-defined]
    return function


# ---- picking places --------------------------------------------------------------------------------------------------


def _pick(base: Base, chance: random.Random, *, roles: Sequence[str] = (), least: Decimal = Decimal(1)) -> Fact | None:
    """A fact of a statement, not in prose, of the roles asked for."""
    facts = [
        fact for fact in base.disclosure.facts
        if isinstance(fact.at, TablePlace) and abs(fact.value) >= least and (not roles or fact.role in roles)
    ]  # fmt: skip
    return chance.choice(facts) if facts else None


def _copied(base: Base) -> Base:
    return Base(base.name, copy.deepcopy(base.blocks), base.disclosure)


def _cell(base: Base, fact: Fact) -> Place | None:
    assert isinstance(fact.at, TablePlace)
    return base.table(fact.at.table).at(fact.at.row, fact.at.col)


def _with_text(
    base: Base, chance: random.Random, change: Callable[[str], str | None], **asked: object
) -> Planted | None:
    """The document with the text of one amount changed."""
    fact = _pick(base, chance, **asked)  # type: ignore[arg-type]
    if fact is None:
        return None
    new = _copied(base)
    cell = _cell(new, fact)
    text = change(cell.text) if cell is not None else None
    if cell is None or text is None or text == cell.text:
        return None
    old, cell.text = cell.text, text
    return Planted(new.blocks, fact.kind, f"{fact.name} / {'/'.join(fact.column)}: {old} → {text}", text)


def _digits(text: str) -> list[int]:
    return [i for i, sign in enumerate(text) if sign.isdigit()]


# ---- kinds of faults -------------------------------------------------------------------------------------------------


@mutation
def digit_changed(base: Base, chance: random.Random) -> Planted | None:
    def change(text: str) -> str | None:
        whole = [i for i in _digits(text) if "." not in text[:i]]
        if not whole:
            return None
        i = chance.choice(whole)
        return text[:i] + chance.choice([d for d in "123456789" if d != text[i]]) + text[i + 1 :]

    return _with_text(base, chance, change)


@mutation
def digits_swapped(base: Base, chance: random.Random) -> Planted | None:
    def change(text: str) -> str | None:
        pairs = [i for i in range(len(text) - 1) if text[i : i + 2].isdigit() and text[i] != text[i + 1]]
        if not pairs:
            return None
        i = chance.choice(pairs)
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]

    return _with_text(base, chance, change)


@mutation
def digit_dropped(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: text[1:] if text[:2].isdigit() else None, least=Decimal(10))


@mutation
def digit_doubled(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: text[0] + text.replace(",", "") if text[:1].isdigit() else None)


@mutation
def point_moved(base: Base, chance: random.Random) -> Planted | None:
    def change(text: str) -> str | None:
        whole, point, rest = text.replace(",", "").partition(".")
        return f"{whole}{rest[0]}.{rest[1:]}" if point and len(rest) > 1 else None

    return _with_text(base, chance, change)


@mutation
def sign_added(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: f"-{text}")


@mutation
def amount_deleted(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: "")


@mutation
def letter_for_a_digit(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(
        base, chance, lambda text: text.replace("0", "O", 1) if "0" in text else text.replace("1", "l", 1)
    )


@mutation
def two_points(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: text.replace(".", "..", 1) if "." in text else None)


@mutation
def separators_mixed(base: Base, chance: random.Random) -> Planted | None:
    def change(text: str) -> str | None:
        whole, point, rest = text.replace(",", "").partition(".")
        return f"{whole[:1]},{whole[1:3]},{whole[3:]}{point}{rest}" if len(whole) >= 4 else None

    return _with_text(base, chance, change, least=Decimal(1000))


@mutation
def unseen_sign(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: text[:1] + "\u200b" + text[1:])


@mutation
def note_mark_raised(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: f"{text}¹")


@mutation
def note_mark_circled(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: f"{text}①")


@mutation
def note_mark_star(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: f"{text}*")


@mutation
def note_mark_as_a_digit(base: Base, chance: random.Random) -> Planted | None:
    """What a reader that drops the raised property gives: the mark has become a digit."""
    return _with_text(base, chance, lambda text: f"{text}1" if "." in text else None)


@mutation
def unit_behind_an_amount(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: f"{text}万元")


@mutation
def two_amounts_in_a_cell(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: f"{text}\n12.34")


@mutation
def word_before_an_amount(base: Base, chance: random.Random) -> Planted | None:
    return _with_text(base, chance, lambda text: f"约{text}")


def _row_fault(
    base: Base, chance: random.Random, change: Callable[[TableModel, int], bool], **asked: object
) -> Planted | None:
    fact = _pick(base, chance, **asked)  # type: ignore[arg-type]
    if fact is None or not isinstance(fact.at, TablePlace):
        return None
    new = _copied(base)
    table = new.table(fact.at.table)
    if any(c.row <= fact.at.row < c.row + c.rows and c.rows > 1 for c in table.cells):
        return None
    if not change(table, fact.at.row):
        return None
    return Planted(new.blocks, fact.kind, f"{fact.role} {fact.code} {fact.name} ({fact.kind})", fact.raw)


def _drop(table: TableModel, row: int) -> bool:
    table.without_row(row)
    return True


@mutation
def row_deleted(base: Base, chance: random.Random) -> Planted | None:
    return _row_fault(base, chance, _drop, roles=("item", "detail"))


@mutation
def total_row_deleted(base: Base, chance: random.Random) -> Planted | None:
    return _row_fault(base, chance, _drop, roles=("total", "grand_total"))


@mutation
def class_row_deleted(base: Base, chance: random.Random) -> Planted | None:
    return _row_fault(base, chance, _drop, roles=("class",))


@mutation
def row_twice(base: Base, chance: random.Random) -> Planted | None:
    def change(table: TableModel, row: int) -> bool:
        table.with_row_again(row)
        return True

    return _row_fault(base, chance, change, roles=("item", "detail"))


@mutation
def rows_exchange_amounts(base: Base, chance: random.Random) -> Planted | None:
    def change(table: TableModel, row: int) -> bool:
        above = [c for c in table.cells if c.row == row and c.text.replace(",", "").replace(".", "").isdigit()]
        swapped = False
        for cell in above:
            other = table.at(row + 1, cell.col)
            if other is not None and other.text != cell.text and other.rows == cell.rows == 1:
                cell.text, other.text = other.text, cell.text
                swapped = True
        return swapped

    return _row_fault(base, chance, change, roles=("item", "detail", "section"))


@mutation
def row_moved_right(base: Base, chance: random.Random) -> Planted | None:
    def change(table: TableModel, row: int) -> bool:
        cells = sorted((c for c in table.cells if c.row == row), key=lambda c: c.col)
        amounts = [c for c in cells if c.text.replace(",", "").replace(".", "").isdigit() and len(c.text) > 3]
        if len(amounts) < 1 or amounts[-1] is cells[-1]:
            return False
        texts = [c.text for c in cells]
        first = cells.index(amounts[0])
        for cell, text in zip(cells[first:], ["", *texts[first:-1]], strict=True):
            cell.text = text
        return texts[-1] == ""

    return _row_fault(base, chance, change, roles=("item", "detail", "section", "class"))


def _named_fault(
    base: Base, chance: random.Random, change: Callable[[str], str], roles: Sequence[str]
) -> Planted | None:
    """The document with the printed label of a row changed."""
    fact = _pick(base, chance, roles=roles)
    if fact is None or not isinstance(fact.at, TablePlace):
        return None
    new = _copied(base)
    cells = [
        c
        for c in new.table(fact.at.table).cells
        if c.row == fact.at.row and fact.name and fact.name in c.text.replace(" ", "")
    ]
    if not cells:
        return None
    old = cells[0].text
    cells[0].text = change(old)
    return Planted(new.blocks, fact.kind, f"{old} → {cells[0].text} ({fact.kind})", old)


@mutation
def total_misspelt(base: Base, chance: random.Random) -> Planted | None:
    return _named_fault(base, chance, lambda text: text.replace("计", "针"), ("total", "grand_total"))


@mutation
def name_misspelt(base: Base, chance: random.Random) -> Planted | None:
    return _named_fault(
        base, chance, lambda text: text[:-2] + text[-1] + text[-2] if len(text) > 3 else text, ("item", "section")
    )


@mutation
def code_digit_wrong(base: Base, chance: random.Random) -> Planted | None:
    fact = next(
        (
            f
            for f in chance.sample(base.disclosure.facts, len(base.disclosure.facts))
            if len(f.code) >= 5 and isinstance(f.at, TablePlace)
        ),
        None,
    )
    if fact is None or not isinstance(fact.at, TablePlace):
        return None
    new = _copied(base)
    cell = next(
        (c for c in new.table(fact.at.table).cells if c.row == fact.at.row and c.text.strip() == fact.code), None
    )
    if cell is None:
        return None
    cell.text = f"{fact.code[:3]}{(int(fact.code[3]) + 5) % 10}{fact.code[4:]}"
    return Planted(new.blocks, fact.kind, f"{fact.code} → {cell.text} {fact.name}", cell.text)


@mutation
def names_exchanged(base: Base, chance: random.Random) -> Planted | None:
    fact = _pick(base, chance, roles=("item",))
    if fact is None or not isinstance(fact.at, TablePlace):
        return None
    new = _copied(base)
    table = new.table(fact.at.table)
    own = next((c for c in table.cells if c.row == fact.at.row and fact.name and fact.name in c.text), None)
    other = table.at(fact.at.row + 1, own.col) if own is not None else None
    if own is None or other is None or not other.text or other.text == own.text:
        return None
    own.text, other.text = other.text, own.text
    return Planted(new.blocks, fact.kind, f"{own.text} ↔ {other.text}", own.text)


# ---- columns, headers, units, years, tables --------------------------------------------------------------------------


def _columns(base: Base, fact: Fact) -> list[int]:
    return sorted({f.col for f in base.disclosure.facts if f.statement_id == fact.statement_id})


@mutation
def columns_exchanged(base: Base, chance: random.Random) -> Planted | None:
    fact = _pick(base, chance)
    columns = _columns(base, fact) if fact is not None else []
    if fact is None or len(columns) < 2 or not isinstance(fact.at, TablePlace):
        return None
    one, other = chance.sample(columns, 2)
    new = _copied(base)
    table = new.table(fact.at.table)
    rows = {f.row for f in base.disclosure.facts if f.statement_id == fact.statement_id}
    first = min(
        f.at.row for f in base.disclosure.facts if f.statement_id == fact.statement_id and isinstance(f.at, TablePlace)
    )
    changed = False
    for row in range(first, first + len(rows) + 5):
        a, b = table.at(row, one), table.at(row, other)
        if a is not None and b is not None and a.text != b.text:
            a.text, b.text, changed = b.text, a.text, True
    return Planted(new.blocks, fact.kind, f"columns {one} ↔ {other} of {fact.kind}") if changed else None


def _header_fault(base: Base, chance: random.Random, change: Callable[[str], str | None]) -> Planted | None:
    fact = _pick(base, chance)
    if fact is None or not isinstance(fact.at, TablePlace) or not fact.column:
        return None
    new = _copied(base)
    heads = [
        c for c in new.table(fact.at.table).cells if c.row < fact.at.row and c.text.replace(" ", "") == fact.column[-1]
    ]
    text = change(heads[0].text) if heads else None
    if not heads or text is None or text == heads[0].text:
        return None
    old, heads[0].text = heads[0].text, text
    return Planted(new.blocks, fact.kind, f"header {old} → {text} ({fact.kind})", text)


@mutation
def header_unknown(base: Base, chance: random.Random) -> Planted | None:
    return _header_fault(base, chance, lambda text: "甲类数")


@mutation
def header_removed(base: Base, chance: random.Random) -> Planted | None:
    return _header_fault(base, chance, lambda text: "")


@mutation
def header_of_another(base: Base, chance: random.Random) -> Planted | None:
    return _header_fault(base, chance, lambda text: {"基本支出": "项目支出", "项目支出": "基本支出"}.get(text))


@mutation
def year_in_a_header(base: Base, chance: random.Random) -> Planted | None:
    year = str(base.disclosure.document.fiscal_year)
    return _header_fault(base, chance, lambda text: text.replace(year, str(int(year) - 3)) if year in text else None)


def _line_fault(
    base: Base, chance: random.Random, change: Callable[[str], str | None], *, every: bool = False
) -> Planted | None:
    """The document with one line (or every line) above its tables changed."""
    places = [
        i
        for i, block in enumerate(base.blocks)
        if isinstance(block, str) and (new := change(block)) is not None and new != block
    ]
    if not places:
        return None
    blocks = copy.deepcopy(base.blocks)
    chosen = places if every else [chance.choice(places)]
    for i in chosen:
        old = blocks[i]
        assert isinstance(old, str)
        blocks[i] = change(old) or ""
    return Planted(blocks, "", f"{base.blocks[chosen[0]]!r} → {blocks[chosen[0]]!r} ({len(chosen)} lines)")


def _unit_line(text: str) -> bool:
    return "单位" in text and text.rstrip().endswith("元") and len(text) < 40


@mutation
def unit_wrong_in_one_table(base: Base, chance: random.Random) -> Planted | None:
    return _line_fault(base, chance, lambda t: t.replace("万元", "元") if _unit_line(t) and "万元" in t else None)


@mutation
def unit_wrong_in_all_tables(base: Base, chance: random.Random) -> Planted | None:
    return _line_fault(
        base, chance, lambda t: t.replace("万元", "元") if _unit_line(t) and "万元" in t else None, every=True
    )


@mutation
def unit_removed(base: Base, chance: random.Random) -> Planted | None:
    return _line_fault(base, chance, lambda t: "　" if _unit_line(t) else None)


@mutation
def unit_removed_everywhere(base: Base, chance: random.Random) -> Planted | None:
    return _line_fault(base, chance, lambda t: "　" if _unit_line(t) else None, every=True)


@mutation
def unit_without_colon(base: Base, chance: random.Random) -> Planted | None:
    return _line_fault(
        base, chance, lambda t: t.replace("：", "").replace(":", "") if _unit_line(t) else None, every=True
    )


@mutation
def unit_misread(base: Base, chance: random.Random) -> Planted | None:
    return _line_fault(base, chance, lambda t: t.replace("万元", "方元") if _unit_line(t) and "万元" in t else None)


@mutation
def year_in_a_title(base: Base, chance: random.Random) -> Planted | None:
    year = str(base.disclosure.document.fiscal_year)
    return _line_fault(
        base, chance, lambda t: t.replace(year, str(int(year) - 2)) if year in t and t.rstrip().endswith("表") else None
    )


def _whole_table(base: Base, chance: random.Random) -> tuple[list[Block], int, Fact] | None:
    """Blocks, the place of a table with facts among them, and one of its facts."""
    fact = _pick(base, chance)
    if fact is None or not isinstance(fact.at, TablePlace):
        return None
    blocks = copy.deepcopy(base.blocks)
    places = [i for i, block in enumerate(blocks) if isinstance(block, TableModel)]
    return blocks, places[fact.at.table - 1], fact


def _with_heading(blocks: Sequence[Block], place: int) -> int:
    """Where the lines above a table begin: its title and its unit."""
    start = place
    while start and isinstance(blocks[start - 1], str) and place - start < 2:
        start -= 1
    return start


@mutation
def table_deleted(base: Base, chance: random.Random) -> Planted | None:
    found = _whole_table(base, chance)
    if found is None:
        return None
    blocks, place, fact = found
    start = _with_heading(blocks, place)
    return Planted([*blocks[:start], *blocks[place + 1 :]], fact.kind, f"{fact.kind} is gone")


@mutation
def table_twice(base: Base, chance: random.Random) -> Planted | None:
    found = _whole_table(base, chance)
    if found is None:
        return None
    blocks, place, fact = found
    start = _with_heading(blocks, place)
    return Planted(
        [*blocks[: place + 1], *copy.deepcopy(blocks[start : place + 1]), *blocks[place + 1 :]],
        fact.kind,
        f"{fact.kind} twice",
    )


@mutation
def table_twice_rescaled(base: Base, chance: random.Random) -> Planted | None:
    found = _whole_table(base, chance)
    if found is None:
        return None
    blocks, place, fact = found
    start = _with_heading(blocks, place)
    second = copy.deepcopy(blocks[start : place + 1])
    for block in second:
        for cell in block.cells if isinstance(block, TableModel) else ():
            _rescale(cell, Decimal("1.1"))
    return Planted([*blocks[: place + 1], *second, *blocks[place + 1 :]], fact.kind, f"{fact.kind} twice, × 1.1")


def _rescale(cell: Place, factor: Decimal) -> None:
    plain = cell.text.replace(",", "").strip()
    if plain.replace(".", "", 1).isdigit() and "." in plain:
        cell.text = f"{Decimal(plain) * factor:.2f}"


@mutation
def document_rescaled(base: Base, chance: random.Random) -> Planted | None:
    """Every amount of every table times ten thousand: every sum still holds."""
    blocks = copy.deepcopy(base.blocks)
    for block in blocks:
        for cell in block.cells if isinstance(block, TableModel) else ():
            _rescale(cell, Decimal(10_000))
    return Planted(blocks, "", "every amount × 10,000")


# ---- writing ---------------------------------------------------------------------------------------------------------


def as_html(blocks: Sequence[Block]) -> bytes:
    """The document as a page."""
    parts = []
    for block in blocks:
        if isinstance(block, str):
            parts.append(f"<p>{html.escape(block)}</p>")
            continue
        rows = []
        for r in range(block.n_rows):
            cells = sorted((c for c in block.cells if c.row == r), key=lambda c: c.col)
            rows.append("<tr>" + "".join(
                f'<td rowspan="{c.rows}" colspan="{c.cols}">{html.escape(c.text).replace(chr(10), "<br>")}</td>' for c in cells
            ) + "</tr>")  # fmt: skip
        parts.append(f"<table>{''.join(rows)}</table>")
    return f'<html><head><meta charset="utf-8"></head><body>{"".join(parts)}</body></html>'.encode()


def as_docx(blocks: Sequence[Block]) -> bytes:
    """The document as a Word file."""
    import docx

    document = docx.Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        table = document.add_table(block.n_rows, block.n_cols)
        for c in block.cells:
            cell = table.cell(c.row, c.col)
            if c.rows > 1 or c.cols > 1:
                cell = cell.merge(table.cell(c.row + c.rows - 1, c.col + c.cols - 1))
            cell.text = c.text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def as_xlsx(blocks: Sequence[Block]) -> bytes:
    """The document as a workbook: a sheet a table, with the lines above it in its first rows; texts, as printed."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    above: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            above.append(block)
            continue
        sheet = book.create_sheet(f"表{len(book.sheetnames) + 1}")
        lines = above[-12:]
        for r, text in enumerate(lines, 1):
            sheet.cell(r, 1, text)
        for c in block.cells:
            row = len(lines) + 1 + c.row
            sheet.cell(row, c.col + 1, c.text)
            if c.rows > 1 or c.cols > 1:
                sheet.merge_cells(
                    start_row=row, start_column=c.col + 1, end_row=row + c.rows - 1, end_column=c.col + c.cols
                )
        above = []
    if not book.sheetnames:
        book.create_sheet("表1")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_pdf(blocks: Sequence[Block]) -> bytes:
    """The document as ruled pages; a table that does not fit its page goes on on the next."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    if "Mutations" not in pdfmetrics.getRegisteredFontNames():
        font = resources.files("spiders.sample_portal.font").joinpath("sample.ttf").read_bytes()
        pdfmetrics.registerFont(TTFont("Mutations", io.BytesIO(font)))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=PAGE, invariant=1)
    y = 40.0
    canvas.setFont("Mutations", 9)
    for number, block in enumerate(blocks):
        if isinstance(block, str):
            following = next((b for b in blocks[number + 1 : number + 3] if isinstance(b, TableModel)), None)
            if y > PAGE[1] - (140 if following is not None else 50):
                canvas.showPage()
                canvas.setFont("Mutations", 9)
                y = 40.0
            for start in range(0, len(block), 75):
                canvas.drawString(40, PAGE[1] - y, block[start : start + 75])
                y += 14
            continue
        y = _draw(canvas, block, y + 4) + 16
    canvas.save()
    return out.getvalue()


def _draw(canvas: object, table: TableModel, y: float) -> float:
    room = PAGE[0] - 80
    longest = [max([2, *(len(c.text) / c.cols for c in table.cells if c.col == k)]) for k in range(table.n_cols)]
    total = sum(min(size, 14) for size in longest)
    widths = [room * min(size, 14) / total for size in longest]
    xs = [40.0]
    for width in widths:
        xs.append(xs[-1] + width)
    size = 7.0
    lines = {id(c): _wrapped(c.text, size, xs[c.col + c.cols] - xs[c.col] - 5) for c in table.cells}
    tall = [
        max([1, *(len(lines[id(c)]) for c in table.cells if c.row == r and c.rows == 1)]) * 9.0 + 5
        for r in range(table.n_rows)
    ]
    top = y
    ys = []
    for height in tall:
        if top + height > PAGE[1] - 45:
            canvas.showPage()  # type: ignore[attr-defined]
            top = 45.0
        ys.append(top)
        top += height
    page_of = [0]
    for above, below in itertools.pairwise(ys):
        page_of.append(page_of[-1] + (below < above))
    if page_of and page_of[-1]:
        return _draw_over_pages(canvas, table, xs, tall, lines, y)
    for c in table.cells:
        bottom = ys[c.row + c.rows - 1] + tall[c.row + c.rows - 1]
        _draw_cell(canvas, lines[id(c)], xs[c.col], ys[c.row], xs[c.col + c.cols], bottom, size)
    return top


def _draw_over_pages(
    canvas: object, table: TableModel, xs: list[float], tall: list[float], lines: dict[int, list[str]], y: float
) -> float:
    """Row by row; merged cells are cut at the end of a page, their text stands where they begin."""
    top = 45.0
    for r in range(table.n_rows):
        if top + tall[r] > PAGE[1] - 45:
            canvas.showPage()  # type: ignore[attr-defined]
            top = 45.0
        for c in table.cells:
            if c.row <= r < c.row + c.rows:
                _draw_cell(
                    canvas, lines[id(c)] if c.row == r else [], xs[c.col], top, xs[c.col + c.cols], top + tall[r], 7.0
                )
        top += tall[r]
    return top


def _draw_cell(canvas: object, lines: list[str], x0: float, top: float, x1: float, bottom: float, size: float) -> None:
    canvas.setFont("Mutations", size)  # type: ignore[attr-defined]
    canvas.rect(x0, PAGE[1] - bottom, x1 - x0, bottom - top)  # type: ignore[attr-defined]
    for n, line in enumerate(lines):
        canvas.drawString(x0 + 2.5, PAGE[1] - (top + 10 + 9 * n), line)  # type: ignore[attr-defined]
    canvas.setFont("Mutations", 9)  # type: ignore[attr-defined]


def _wrapped(text: str, size: float, width: float) -> list[str]:
    from reportlab.pdfbase import pdfmetrics

    found: list[str] = []
    for part in text.split("\n"):
        line = ""
        for sign in part:
            if (
                line
                and pdfmetrics.stringWidth(line + sign, "Mutations", size) > width
                and not (sign.isdigit() or sign in ".,")
            ):
                found.append(line)
                line = ""
            line += sign
        found.append(line)
    return found


WRITERS: Final[dict[str, Callable[[Sequence[Block]], bytes]]] = {
    "html": as_html, "docx": as_docx, "xlsx": as_xlsx, "pdf": as_pdf,
}  # fmt: skip


# ---- judging ---------------------------------------------------------------------------------------------------------


def base_of(path: Path) -> Base:
    """A Word document taken apart."""
    data = path.read_bytes()
    blocks: list[Block] = []
    for block in read_docx(data).blocks:
        if isinstance(block, Line):
            blocks.append(block.text)
        elif isinstance(block, Grid):
            cells = [Place(c.text, c.row, c.col, c.rows, c.cols) for c in block.cells]
            blocks.append(TableModel(block.n_rows, block.n_cols, cells))
    return Base(path.stem, blocks, extract_bytes(data, path.name))


def proved(disclosures: Sequence[Disclosure]) -> list[Disclosure]:
    """The disclosures with the findings of the checks."""
    found = []
    for start in range(0, len(disclosures), BATCH):
        batch = disclosures[start : start + BATCH]
        judgement = judge(batch)
        found += [apply(one, judgement[one.document.sha256]) for one in batch]
    return found


def _figures(disclosure: Disclosure) -> Counter[tuple[object, ...]]:
    facts = Counter(
        (f.kind, f.code, f.name, f.column, f.role, f.measure, f.fiscal_year, f.amount) for f in disclosure.facts
    )
    return facts + Counter(("project", p.name, p.amount) for p in disclosure.projects)


def _complaints(disclosure: Disclosure, severity: Severity) -> Counter[tuple[str, str]]:
    return Counter(
        (one.check, one.message.split("\n", 1)[0]) for one in disclosure.findings if one.severity is severity
    )


def outcome(planted: Planted, before: Disclosure, after: Disclosure) -> str:
    """What became of a fault."""
    if after.document.error is not None:
        return "found"
    errors = _complaints(after, Severity.ERROR) - _complaints(before, Severity.ERROR)
    if errors:
        new = [
            one
            for one in after.findings
            if one.severity is Severity.ERROR and (one.check, one.message.split("\n", 1)[0]) in errors
        ]
        return "found" if any(_is_there(one, planted, after) for one in new) else "told"
    warnings = _complaints(after, Severity.WARNING) - _complaints(before, Severity.WARNING)
    if _figures(after) == _figures(before):
        return "harmless"
    return "warned" if warnings else "silent"


def _is_there(finding: Finding, planted: Planted, after: Disclosure) -> bool:
    """Whether a finding stands at the planted cell, or in a statement of its kind."""
    if planted.raw and any(planted.raw in cell.raw for cell in finding.cells if cell.raw):
        return True
    kinds = {one.id: one.kind for one in after.statements}
    facts = {one.id: one.kind for one in after.facts}
    named = {kinds.get(finding.statement_id or ""), *(facts.get(cell.fact_id or "") for cell in finding.cells)}
    return not planted.kind or planted.kind in named


def plant(bases: Sequence[Base], documents: int, seed: int) -> Iterator[tuple[str, str, Base, Planted]]:
    """(kind, format, base, planted) of so many faults: every kind in every format, over the bases in turn."""
    chance = random.Random(seed)
    rounds = max(1, -(-documents // (len(MUTATIONS) * len(FORMATS))))
    for turn in range(rounds):
        for number, (kind, mutate) in enumerate(MUTATIONS.items()):
            for place, form in enumerate(FORMATS):
                for again in range(12):
                    base = bases[(turn * len(FORMATS) + number + place + again) % len(bases)]
                    planted = mutate(base, chance)
                    if planted is not None:
                        yield kind, form, base, planted
                        break


def run(bases: Sequence[Base], documents: int, seed: int) -> Outcomes:
    """Plants, reads, proves and counts."""
    untouched = {
        (base.name, form): extract_bytes(WRITERS[form](base.blocks), f"{base.name}.{form}")
        for base in bases
        for form in FORMATS
    }
    before = dict(zip(untouched, proved(list(untouched.values())), strict=True))
    cases = list(plant(bases, documents, seed))
    read = [extract_bytes(WRITERS[form](planted.blocks), f"{base.name}.{form}") for _, form, base, planted in cases]
    outcomes = Outcomes()
    for (kind, form, base, planted), after in zip(cases, _proved_each(read), strict=True):
        result = outcome(planted, before[base.name, form], after)
        outcomes.by_kind[kind][result] += 1
        outcomes.by_format[form][result] += 1
        if result == "silent":
            outcomes.silent.append(f"{kind} ({form}, {base.name}): {planted.what}")
    return outcomes


def _proved_each(read: Sequence[Disclosure]) -> list[Disclosure]:
    """Proved, though two faults may have made the same bytes."""
    unique = {one.document.sha256: one for one in read if one.document.error is None}
    found = {one.document.sha256: one for one in proved(list(unique.values()))}
    return [found.get(one.document.sha256, one) for one in read]


ORDER: Final = ("found", "told", "harmless", "warned", "silent")


def report(outcomes: Outcomes, examples: int) -> str:
    """Tables by kind and by format, and examples of what stayed silent."""
    lines = [f"{'kind':28} " + " ".join(f"{name:>8}" for name in ORDER)]
    for kind, counts in sorted(outcomes.by_kind.items()):
        lines.append(f"{kind:28} " + " ".join(f"{counts[name]:8}" for name in ORDER))
    lines.append("")
    for form, counts in outcomes.by_format.items():
        lines.append(f"{form:28} " + " ".join(f"{counts[name]:8}" for name in ORDER))
    total = sum(outcomes.by_format.values(), Counter())
    lines.append(f"{'all':28} " + " ".join(f"{total[name]:8}" for name in ORDER))
    lines.append(
        f"{len(outcomes.by_kind)} kinds, {sum(total.values())} documents, silent {total['silent'] / max(1, sum(total.values())):.1%}"
    )
    seen: Counter[str] = Counter()
    for one in outcomes.silent:
        kind = one.split(" ", 1)[0]
        seen[kind] += 1
        if seen[kind] <= examples:
            lines.append(f"silent: {one}")
    return "\n".join(lines)


def sample_sources() -> list[Path]:
    """The disclosures of the sample portal that are Word documents: a truth stands beside each."""
    folder = Path(str(resources.files("spiders.sample_portal.documents")))
    return sorted(path for path in folder.glob("*.docx") if path.with_name(f"{path.stem}.truth.json").exists())


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit status."""
    parser = argparse.ArgumentParser(prog="python -m measure.mutations", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("sources", nargs="*", type=Path)
    parser.add_argument("--documents", type=int, default=480)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    bases = [base_of(path) for path in options.sources or sample_sources()]
    if not bases:
        print("no Word documents to plant faults in", file=sys.stderr)
        return 2
    outcomes = run(bases, options.documents, options.seed)
    print(report(outcomes, options.examples))
    if options.json:
        told = {"by_kind": outcomes.by_kind, "by_format": outcomes.by_format, "silent": outcomes.silent}
        options.json.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
