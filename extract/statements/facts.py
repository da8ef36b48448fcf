"""Tables → statements and facts: what every money cell is called, coded, measured and worth in 万元.

A cell of a money column that is no number becomes a finding with its place; nothing is guessed or dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from budget.amounts import NotAnAmountError, Unit, amount_with_unit, decimal_text, parse_amount, to_wan
from budget.disclosure import Fact, Finding, FindingCell, Row, Statement
from budget.measures import CHANGE, fund_of_row, item_of_row
from budget.printed_text import is_blank
from budget.states import Origin, Severity
from budget.words import TOTAL_WORDS
from extract.statements.blocks import Block, blocks_of
from extract.statements.column_meaning import Basis, ColumnMeaning, told_apart, year_and_basis
from extract.statements.model import Cell, Table
from extract.statements.row_keys import Key, key_of

NO_FACTS = frozenset({"organisation", "project_performance", "unknown"})


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


_YEAR = re.compile(r"(20[0-4]\d)\s*年?度?")


def table_year(table: Table) -> int | None:
    """The fiscal year a table's own title or banner names (预算年度：2024)."""
    for text in [*table.banner, *([table.title] if table.title else []), *reversed(table.lines_above[-4:])]:
        found = re.search(r"预算年度[:：]?(20\d{2})", text) or (
            re.search(r"(20[0-4]\d)年", text) if len(text) < 60 else None
        )
        if found:
            return int(found.group(1))
    return None


def own_year(table: Table, default: int | None) -> int | None:
    """The year that the amounts of a table are of where no column says another: the one that its title or banner prints, if it
    is one alone; else the document's."""
    texts = [*table.banner, *([table.title] if table.title else [])]
    years = {int(year) for text in texts if len(text) < 60 for year in re.findall(r"(20[0-4]\d)年", text)}
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
    if table.kind in NO_FACTS or (table.form):
        return facts, findings
    blocks = blocks_of(table)
    paths = told_apart(
        table.kind, [ColumnMeaning.of(table, c, unit, year) for c in range(len(table.paths))], blocks, year, basis
    )
    above: list[dict[int, str]] = [{} for _ in blocks]
    for r, row in enumerate(table.rows):
        for block, carried in zip(blocks, above, strict=True):
            key = key_of(table, block, row, carried)
            told = _said_by_row(table, row, block, year)
            for c in block.money:
                cell = row[c]
                if not cell.own or is_blank(cell.text):
                    continue
                column = paths[c]
                printed_in = column.unit
                try:
                    value = parse_amount(cell.text)
                except NotAnAmountError:
                    named = amount_with_unit(cell.text)
                    if named is None:
                        if not _is_label(cell, key):
                            findings.append(_unread(statement, cell, column.path))
                        continue
                    value, printed_in = named
                if value is None:
                    continue
                measure, item, fund = column.measure.measure, column.measure.item, column.measure.fund
                told_basis = column.basis or told.basis or basis
                if table.kind == "three_public_expenses" and item is None:
                    item = item_of_row(key.name)
                if block.side == "revenue" and fund in ("all", "fiscal"):
                    fund = fund_of_row(key.name) or fund
                facts.append(
                    Fact(
                        id=f"f{first + len(facts):05}", statement_id=statement.id, kind=table.kind, row=r, col=c,
                        column=column.path, side=block.side, code=key.code, code_system=key.system, alt_code=key.alt_code,
                        name=key.name, ordinal=key.ordinal, role=key.role,
                        measure=CHANGE if told.change else measure, item=item,
                        fund=fund, fiscal_year=column.year or told.year or year, basis=None if told_basis == "none" else told_basis,
                        raw="".join(_printed(cell).split()), amount=decimal_text(to_wan(value, printed_in)), at=cell.at,
                        confidence=cell.confidence,
                    )
                )  # fmt: skip
    return facts, findings


@dataclass(frozen=True, slots=True)
class _RowSays:
    """What the label of a row says of its amounts, where the header does not."""

    year: int | None = None
    basis: Basis | None = None
    change: bool = False


def _said_by_row(table: Table, row: tuple[Cell, ...], block: Block, year: int | None) -> _RowSays:
    """The year that a row is of, or that it is a change, where years stand below one another in 三公经费表 (Shenzhen: 2025年,
    2026年, 增减变化金额). Elsewhere a year in a row is the one in which a project began.
    """
    if not block.money:
        return _RowSays()
    texts = [cell.shown for cell in row[: block.money[0]] if cell.own]
    if any(_ROW_CHANGE.match(text) for text in texts):
        return _RowSays(change=True)
    if table.kind != "three_public_expenses":
        return _RowSays()
    label = next((text for text in texts if _ROW_YEAR.match(text)), None)
    return _RowSays() if label is None else _RowSays(*year_and_basis((label,), year))


_ROW_YEAR = re.compile(r"^20\d\d年度?(?:预算|决算|执行)?数?$")


_ROW_CHANGE = re.compile(
    r"^(?:(?:比|较)(?:上年|20\d\d年)(?:预算|决算|执行)?数?)?(?:增减|变化|变动)(?:变化|变动)?(?:额|数|金额|数额|情况)?$"
)


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
