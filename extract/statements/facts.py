"""Tables → statements and facts: what every money cell is called, coded, measured and worth in 万元.

A cell of a money column that is no number becomes a finding with its place; nothing is guessed or dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, NamedTuple

from budget.amounts import NotAnAmountError, Unit, amount_with_unit, decimal_text, parse_amount, to_wan
from budget.disclosure import Fact, Finding, FindingCell, Row, Statement
from budget.kinds import kind_of
from budget.measures import CHANGE, fund_of_row, item_of_row
from budget.printed_text import is_blank
from budget.states import Origin, Severity
from budget.words import HEADERS, LABELS, TOTAL_WORDS, any_of
from extract.statements.blocks import Block, Side, blocks_of
from extract.statements.column_meaning import Basis, ColumnMeaning, told_apart, year_and_basis
from extract.statements.model import Cell, Table
from extract.statements.row_keys import Key, key_of


def statement_of(table: Table, number: int, default_year: int | None) -> Statement:
    """The table as the contract prints it; `number` counts statements of the document from 1."""
    rows = tuple(
        Row(
            cells=tuple(_printed(c) if c.own else "" for c in row),
            at=tuple(c.at if c.own else None for c in row),
        )
        for row in table.rows
    )
    confidence = min((c.confidence for row in table.rows for c in row if c.shown), default=1.0)
    return Statement(
        id=f"t{number:02}", kind=table.kind, title=table.title, unit=table.unit.value if table.unit else None,
        fiscal_year=table_year(table) or default_year, pages=tuple(table.pages), columns=table.paths, rows=rows,
        notes=tuple(table.notes), declared_empty=table.declared_empty, confidence=confidence,
    )  # fmt: skip


def _printed(cell: Cell) -> str:
    return cell.text.replace("\r", "").replace("\n", "")


LONGEST_YEAR_LINE = 60
"""Signs below which a line above a table says of which year it is; a longer one is a sentence."""
LINES_OF_YEARS = 4
"""Lines right above a table that are asked for its year."""
_LABELLED_YEAR = re.compile(any_of(LABELS.year) + r"[:：]?(20\d{2})")
_YEAR = re.compile(r"(20[0-4]\d)年")


def table_year(table: Table) -> int | None:
    """The fiscal year a table's own title or banner names (预算年度：2024)."""
    titles = [table.title] if table.title else []
    for text in [*table.banner, *titles, *reversed(table.lines_above[-LINES_OF_YEARS:])]:
        found = _LABELLED_YEAR.search(text) or (_YEAR.search(text) if len(text) < LONGEST_YEAR_LINE else None)
        if found:
            return int(found.group(1))
    return None


def own_year(table: Table, default: int | None) -> int | None:
    """The year that the amounts of a table are of where no column says another: the one that its title or banner prints, if it
    is one alone; else the document's."""
    texts = [*table.banner, *([table.title] if table.title else [])]
    years = {int(year) for text in texts if len(text) < LONGEST_YEAR_LINE for year in _YEAR.findall(text)}
    return years.pop() if len(years) == 1 else default


def facts_of(
    table: Table,
    statement: Statement,
    unit: Unit,
    year: int | None,
    basis: Literal["budget", "final"] | None,
    first: int,
) -> tuple[list[Fact], list[Finding]]:
    """Every money cell of a table as a fact, and a finding for every cell of a money column that is no number.

    `unit` is the unit of cells whose column names none; `first` numbers the facts of the document.
    """
    facts: list[Fact] = []
    findings: list[Finding] = []
    if table.form or not kind_of(table.kind).facts:
        return facts, findings
    meanings = [ColumnMeaning.of(table, c, unit, year) for c in range(len(table.paths))]
    blocks = blocks_of(table)
    columns = told_apart(table.kind, meanings, blocks, year, basis)
    above: list[dict[int, str]] = [{} for _ in blocks]
    for r, row in enumerate(table.rows):
        for block, carried in zip(blocks, above, strict=True):
            key = key_of(table, block, row, carried)
            said = _said_by_row(table, row, block, year).filled(year, basis)
            for c in block.money:
                if not row[c].own or is_blank(row[c].text):
                    continue
                printed = _amount(row[c], columns[c].unit)
                if printed is not None:
                    place = _Place(f"f{first + len(facts):05}", statement.id, r, c, block.side)
                    facts.append(_fact(table, row[c], key, columns[c], said, printed, place))
                elif not _is_label(row[c], key):
                    findings.append(_unread(statement, row[c], columns[c].path))
    return facts, findings


def _amount(cell: Cell, unit: Unit) -> Decimal | None:
    """The amount of a cell that is not blank in 万元; None where it is no amount. A unit behind the figure is its own."""
    try:
        value = parse_amount(cell.text)
    except NotAnAmountError:
        named = amount_with_unit(cell.text)
        return None if named is None else to_wan(*named)
    return None if value is None else to_wan(value, unit)


class _Place(NamedTuple):
    """Where a fact stands."""

    id: str
    statement: str
    row: int
    col: int
    side: Side | None


def _fact(
    table: Table, cell: Cell, key: Key, column: ColumnMeaning, said: _RowSays, amount: Decimal, place: _Place
) -> Fact:
    basis = column.basis or said.basis
    item, fund = column.measure.item, column.measure.fund
    if item is None and kind_of(table.kind).items_in_rows:
        item = item_of_row(key.name)
    if place.side == "revenue" and fund in ("all", "fiscal"):
        fund = fund_of_row(key.name) or fund
    return Fact(
        id=place.id, statement_id=place.statement, kind=table.kind, row=place.row, col=place.col, column=column.path,
        side=place.side, code=key.code, code_system=key.system, alt_code=key.alt_code, name=key.name,
        ordinal=key.ordinal, role=key.role, measure=CHANGE if said.change else column.measure.measure, item=item,
        fund=fund, fiscal_year=column.year or said.year, basis=None if basis == "none" else basis,
        raw="".join(_printed(cell).split()), amount=decimal_text(amount), at=cell.at, confidence=cell.confidence,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _RowSays:
    """What the label of a row says of its amounts, where the header does not."""

    year: int | None = None
    basis: Basis | None = None
    change: bool = False

    def filled(self, year: int | None, basis: Basis | None) -> _RowSays:
        """The same with the year and basis of the table where the row names none."""
        return replace(self, year=self.year or year, basis=self.basis or basis)


_BASES = any_of((*HEADERS.budget, *HEADERS.final, *HEADERS.executed))
_CHANGES = any_of(HEADERS.changes)
_ROW_YEAR = re.compile(r"^20\d\d年度?" + _BASES + "?数?$")
_ROW_CHANGE = re.compile(
    r"^(?:(?:比|较)(?:上年|20\d\d年)" + _BASES + "?数?)?" + _CHANGES + "(?:变化|变动)?(?:额|数|金额|数额|情况)?$"
)


def _said_by_row(table: Table, row: tuple[Cell, ...], block: Block, year: int | None) -> _RowSays:
    """The year that a row is of, or that it is a change, where years stand below one another in 三公经费表 (Shenzhen: 2025年,
    2026年, 增减变化金额). Elsewhere a year in a row is the one in which a project began.
    """
    texts = [cell.shown for cell in row[: block.money[0]] if cell.own] if block.money else []
    if any(map(_ROW_CHANGE.match, texts)):
        return _RowSays(change=True)
    labels = filter(_ROW_YEAR.match, texts if kind_of(table.kind).items_in_rows else ())
    return next((_RowSays(*year_and_basis((label,), year)) for label in labels), _RowSays())


def _is_label(cell: Cell, key: Key) -> bool:
    """A total's name that spans into the amount columns is a label, not an amount."""
    return cell.cols > 1 and (cell.shown in TOTAL_WORDS or cell.shown == key.printed)


def _unread(statement: Statement, cell: Cell, path: tuple[str, ...]) -> Finding:
    return Finding(
        check="UNREAD", severity=Severity.ERROR, origin=Origin.EXTRACTION, statement_id=statement.id,
        message=f"{statement.title or statement.kind}: column {' / '.join(path) or '?'} shows {cell.text.strip()!r}, which is no amount",
        cells=(FindingCell(at=cell.at, raw=cell.text.strip()),),
    )  # fmt: skip


def default_unit(tables: list[Table]) -> Unit:
    """The unit of tables that print none: the one that all others print, else 万元."""
    units = {t.unit for t in tables if t.unit is not None}
    return units.pop() if len(units) == 1 else Unit.WAN
