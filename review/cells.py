"""Naming a money cell so that it is found again: by what a person sees of it, not by its place in a list.

On the command line a cell is `<statement id>:<row>:<col>` as `show` prints it, good for one reading. A decision keeps a
`CellAnchor` instead: statement kind and title, header path, the row's code and name, and the how manieth of its like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from budget.amounts import NotAnAmountError, parse_amount
from budget.decisions import CellAnchor
from budget.disclosure import Disclosure, Fact, Statement
from budget.printed_text import is_blank, plain_name, squeeze


class CellAddressError(ValueError):
    """An address that is misspelt or names no money cell; the message says what there is instead."""


@dataclass(frozen=True, slots=True, order=True)
class CellAddress:
    """A cell of one reading: statement id, row and column from 0."""

    statement_id: str
    row: int
    col: int

    def __str__(self) -> str:
        return f"{self.statement_id}:{self.row}:{self.col}"


def parse_cell(written: str) -> CellAddress:
    """`t03:12:4` → its parts. Raises CellAddressError for any other spelling."""
    parts = written.strip().rsplit(":", 2)
    if len(parts) != 3 or not parts[0] or not (parts[1].isdecimal() and parts[2].isdecimal()):
        raise CellAddressError(
            f"{written!r} is no cell: expected <statement id>:<row>:<col> as `show` prints it, such as t03:12:4"
        )
    return CellAddress(parts[0], int(parts[1]), int(parts[2]))


@dataclass(frozen=True)
class MoneyTable:
    """A statement with its facts: which columns carry money, and who owns a cell that carries none."""

    statement: Statement
    facts: tuple[Fact, ...]

    @cached_property
    def by_place(self) -> dict[tuple[int, int], Fact]:
        return {(fact.row, fact.col): fact for fact in self.facts}

    @cached_property
    def columns(self) -> dict[int, list[Fact]]:
        """The money columns and their facts. A column without a single amount cannot be told from a text column."""
        found: dict[int, list[Fact]] = {}
        for fact in self.facts:
            found.setdefault(fact.col, []).append(fact)
        return dict(sorted(found.items()))

    def text(self, row: int, col: int) -> str:
        """What is printed in the cell; '' beyond the end of a short row."""
        cells = self.statement.rows[row].cells
        return cells[col] if col < len(cells) else ""

    def path(self, col: int) -> tuple[str, ...]:
        return self.columns[col][0].column

    def row_fact(self, row: int, col: int) -> Fact | None:
        """The fact of the row that shares the cell's list (side): the cell itself, else the nearest one."""
        own = self.by_place.get((row, col))
        if own is not None:
            return own
        side = self.columns[col][0].side
        same = [fact for fact in self.facts if fact.row == row and fact.side == side]
        return min(same, key=lambda fact: (abs(fact.col - col), fact.col), default=None)

    def label(self, row: int, col: int) -> tuple[str, str]:
        """(code, name) of the row as the cell's list has it; by the nearest text to the left where no fact tells."""
        fact = self.row_fact(row, col)
        if fact is not None:
            return fact.code, fact.name
        for left in range(col - 1, -1, -1):
            printed = self.text(row, left)
            if not is_blank(printed) and not _is_amount(printed):
                return "", plain_name(printed)
        return "", ""


def money_tables(disclosure: Disclosure) -> dict[str, MoneyTable]:
    """The statements by id, in reading order, each with its own facts."""
    facts: dict[str, list[Fact]] = {statement.id: [] for statement in disclosure.statements}
    for fact in disclosure.facts:
        facts[fact.statement_id].append(fact)
    return {statement.id: MoneyTable(statement, tuple(facts[statement.id])) for statement in disclosure.statements}


def money_cell(disclosure: Disclosure, address: CellAddress) -> MoneyTable:
    """The table of a money cell. Raises CellAddressError when there is no such cell in this reading."""
    tables = money_tables(disclosure)
    table = tables.get(address.statement_id)
    if table is None:
        raise CellAddressError(
            f"{address}: there is no statement {address.statement_id!r}; there are {', '.join(tables) or 'none'}"
        )
    rows = len(table.statement.rows)
    if address.row >= rows:
        raise CellAddressError(f"{address}: {address.statement_id} has rows 0 to {rows - 1}" if rows else f"{address}: {address.statement_id} has no rows")  # fmt: skip
    if address.col not in table.columns:
        known = ", ".join(f"{col} ({' / '.join(table.path(col))})" for col in table.columns)
        raise CellAddressError(
            f"{address}: column {address.col} of {address.statement_id} ({table.statement.kind}) carries no facts; "
            + (f"its money columns are {known}" if known else "it has no money columns, only text can be read there")
        )
    return table


def anchor_of_cell(disclosure: Disclosure, address: CellAddress) -> CellAnchor:
    """The cell as a person sees it. Raises CellAddressError as `money_cell` does."""
    table = money_cell(disclosure, address)
    code, name = table.label(address.row, address.col)
    statement = table.statement
    anchor = CellAnchor(
        statement_kind=statement.kind, statement_title=statement.title, column=table.path(address.col), code=code,
        name=name, read=table.text(address.row, address.col),
    )  # fmt: skip
    for occurrence, found in enumerate(_like(disclosure, anchor)):
        if found == address:
            return anchor.model_copy(update={"occurrence": occurrence})
    raise CellAddressError(f"{address}: the cell cannot be told from its neighbours; reject or extract again instead")


def find_cell(disclosure: Disclosure, anchor: CellAnchor) -> CellAddress | None:
    """Where the anchored cell stands in this reading, None when it is not there."""
    for occurrence, found in enumerate(_like(disclosure, anchor)):
        if occurrence == anchor.occurrence:
            return found
    return None


def same_cell(one: CellAnchor, other: CellAnchor) -> bool:
    """Whether two anchors name one cell, whatever was read there."""
    return one.model_copy(update={"read": ""}) == other.model_copy(update={"read": ""})


def _like(disclosure: Disclosure, anchor: CellAnchor) -> Iterator[CellAddress]:
    """All cells with the anchor's statement, column, code and name, in reading order."""
    tables = [table for table in money_tables(disclosure).values() if table.statement.kind == anchor.statement_kind]
    titled = [table for table in tables if squeeze(table.statement.title) == squeeze(anchor.statement_title)]
    wanted = tuple(map(squeeze, anchor.column))
    for table in titled or tables:
        cols = [col for col in table.columns if tuple(map(squeeze, table.path(col))) == wanted]
        for row in range(len(table.statement.rows)):
            for col in cols:
                code, name = table.label(row, col)
                if (code, squeeze(name)) == (anchor.code, squeeze(anchor.name)):
                    yield CellAddress(table.statement.id, row, col)


def _is_amount(printed: str) -> bool:
    try:
        return parse_amount(printed) is not None
    except NotAnAmountError:
        return False
