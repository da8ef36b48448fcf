"""A statement as the checks see it: lines with a code and a name, amount columns with their header path, cells.

Facts carry only cells that print a number. A sum also needs to know what is printed blank (a blank is 0 in a sum, and a
blank total above details is a violation), so lines and columns are rebuilt here from the statement's rows and headers.
Nothing here judges.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple, TypeVar

from budget.amounts import Unit, printed_decimals
from budget.disclosure import ColumnPath, Disclosure, Fact, Place, Statement
from budget.kinds import statement_kinds
from budget.printed_text import is_blank, plain_name, says_of_which, split_ordinal, squeeze

T = TypeVar("T")

COARSEST = Decimal("0.01")
"""Tolerances never follow a coarser print than two decimals of the unit: `31` in a table of cents means 31.00."""


@cache
def names() -> dict[str, dict[str, re.Pattern[str]]]:
    """The patterns of `names.toml`: section → key → compiled expression."""
    data = tomllib.loads(resources.files("expectations").joinpath("data", "names.toml").read_text(encoding="utf-8"))
    return {
        section: {key: re.compile(pattern) for key, pattern in entries.items()} for section, entries in data.items()
    }


@lru_cache(maxsize=1 << 17)
def says(section: str, key: str, name: str) -> bool:
    """Whether a plain name is one of the names `names.toml` lists under section.key."""
    return bool(names()[section][key].search(name))


@lru_cache(maxsize=1 << 16)
def shows_nothing(raw: str) -> bool:
    """Whether a cell prints nothing: blank, or dashes only."""
    return is_blank(raw)


@lru_cache(maxsize=1 << 16)
def _decimals(raw: str) -> int:
    return printed_decimals(raw)


_NOTHING = Decimal(0)


class Cell(NamedTuple):
    """A money cell in 万元, printed or blank (`fact_id` None, value 0). `quantum` is the worth of its last printed digit."""

    statement_id: str
    row: int
    col: int
    value: Decimal
    raw: str
    fact_id: str | None
    at: Place | None
    quantum: Decimal

    @property
    def printed(self) -> bool:
        return self.fact_id is not None or not shows_nothing(self.raw)


@dataclass(frozen=True, slots=True)
class Column:
    """An amount column of one side. `measure` and `fund` are None where no cell of it prints a number."""

    col: int
    path: ColumnPath
    side: str | None
    measure: str | None = None
    fund: str | None = None
    fiscal_year: int | None = None
    basis: str | None = None
    label: str = field(init=False, compare=False, default="")
    """The whole header path in one."""
    leaf: str = field(init=False, compare=False, default="")
    """The last level of the header, without blanks."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", "/".join(self.path))
        object.__setattr__(self, "leaf", squeeze(self.path[-1]) if self.path else "")


class Cells(dict[int, Cell]):
    """The cells of one line by column.

    Two names may share a printed row (a list wrapped beside another, a table split badly): each then owns a part of the
    columns. A column that a line does not own is not `in` its cells, and reads as a blank that was never printed.
    """

    __slots__ = ("row", "statement_id")

    def __init__(self, statement_id: str, row: int, cells: Mapping[int, Cell]) -> None:
        super().__init__(cells)
        self.statement_id = statement_id
        self.row = row

    def __missing__(self, col: int) -> Cell:
        return Cell(self.statement_id, self.row, col, _NOTHING, "", None, None, COARSEST)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One name with its amounts: a printed row, or one side of it."""

    row: int
    side: str | None
    code: str
    name: str
    printed_name: str
    role: str | None
    code_system: str | None
    cells: Cells
    order: int
    parent_row: int | None = None
    """The row that this one is printed as a part of."""
    label: str = field(init=False, default="")
    """Code and name, as a person finds the line."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", f"{self.code} {self.name}".strip())

    @property
    def ordinal(self) -> str:
        return split_ordinal(self.printed_name)[0] or ""

    @property
    def indent(self) -> int:
        return len(self.printed_name) - len(self.printed_name.lstrip(" 　\t"))

    @property
    def of_which(self) -> bool:
        return self.role == "of_which" or says_of_which(self.printed_name)

    @property
    def blank(self) -> bool:
        return not any(cell.printed for cell in self.cells.values())


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A statement with its lines in reading order and its amount columns from left to right."""

    statement: Statement
    lines: tuple[Line, ...]
    columns: tuple[Column, ...]
    lists: int = 1
    """Lists side by side under one another's continuation (人员 | 公用 | 公用): 1 for an ordinary table."""
    worked_out: dict[str, Any] = field(init=False, default_factory=dict)
    """What several families ask of a table, kept after the first has asked; a changed table begins anew."""

    @property
    def kind(self) -> str:
        return self.statement.kind

    @property
    def title(self) -> str:
        return self.statement.title or chinese_of(self.statement.kind)

    def side(self, side: str | None) -> list[Line]:
        return [line for line in self.lines if line.side == side]

    def columns_of(self, side: str | None) -> list[Column]:
        return [column for column in self.columns if column.side == side]

    @property
    def unit_codes(self) -> bool:
        """Whether the codes printed here name units (`121` → `121001`), not functions."""
        leaves = [squeeze(path[-1]) for path in self.statement.columns if path]
        return any(says("units", "code_header", leaf) for leaf in leaves) and not any("科目" in leaf for leaf in leaves)

    @property
    def empty(self) -> bool:
        """No cell prints an amount other than zero."""
        known = self.worked_out
        if "empty" not in known:
            known["empty"] = not any(cell.value for line in self.lines for cell in line.cells.values())
        return bool(known["empty"])

    def total(self) -> Line | None:
        """The line of the whole table: 合计 or 总计 first or last, by role or by name; None when there is none or several."""
        known = self.worked_out
        if "total" not in known:
            found = [line for line in self.lines if line.side is None and is_total(line)]
            grand = [line for line in found if line.role in ("grand_total", "total")]
            known["total"] = found[0] if len(found) == 1 else grand[0] if len(grand) == 1 else None
        line: Line | None = known["total"]
        return line


@cache
def _chinese() -> dict[str, str]:
    return {kind.name: kind.chinese for kind in statement_kinds()}


def chinese_of(kind: str) -> str:
    """The Chinese name of a statement kind; the kind itself where it has none."""
    return _chinese().get(kind, kind)


def is_total(line: Line) -> bool:
    """Whether a line is the total of its list (not a 小计 of one unit, not a coded row)."""
    if line.code or line.of_which:
        return False
    if says("rows", "subtotal_word", line.name) and line.name != "小计":
        return False
    return line.role in ("grand_total", "total") or says("rows", "any_total", line.name)


def tables_of(disclosure: Disclosure) -> list[Table]:
    """Every statement of a disclosure as a table, in reading order."""
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in disclosure.facts:
        facts[fact.statement_id].append(fact)
    return [_table(statement, facts.get(statement.id, [])) for statement in disclosure.statements]


def _quantum(decimals: int, unit: Decimal) -> Decimal:
    # `480544221.6` 元 may be rounded; a tenth of a 元 is nothing, a tenth of a 万元 is
    coarsest = Decimal("0.1") if unit < 1 else COARSEST
    return unit * min(coarsest, Decimal(1).scaleb(-decimals))


def _table(statement: Statement, facts: list[Fact]) -> Table:
    unit = Unit(statement.unit).in_wan if statement.unit else Decimal(1)
    decimals = [_decimals(fact.amount_text) for fact in facts]
    finest = max(decimals, default=2) or 2
    quanta = {digits: _quantum(digits or finest, unit) for digits in set(decimals)}
    columns = _columns(statement, facts)
    sid = statement.id
    cells = {
        (fact.row, fact.col): Cell(
            sid, fact.row, fact.col, Decimal(fact.amount), fact.raw, fact.id, fact.at, quanta[digits]
        )
        for fact, digits in zip(facts, decimals, strict=True)
    }
    blank_quantum = unit * min(COARSEST, Decimal(1).scaleb(-finest))
    lines: list[Line] = []
    for side in dict.fromkeys(column.side for column in columns):
        lines += _lines(statement, facts, side, [c for c in columns if c.side == side], cells, blank_quantum)
    lists = _side_by_side(lines)
    if lists > 1:
        lines.sort(key=lambda line: (min(line.cells, default=0), line.row))
    else:
        lines.sort(key=lambda line: (line.row, line.order))
    return Table(statement, tuple(lines), tuple(columns), lists)


def _columns(statement: Statement, facts: list[Fact]) -> list[Column]:
    by_place: dict[tuple[int, str | None], list[Fact]] = defaultdict(list)
    for fact in facts:
        by_place[fact.col, fact.side].append(fact)
    columns = []
    for (col, side), here in by_place.items():
        path = statement.columns[col] if col < len(statement.columns) else here[0].column
        columns.append(
            Column(
                col,
                tuple(path) or here[0].column,
                side,
                _common(fact.measure for fact in here),
                _common(fact.fund for fact in here),
                _common(fact.fiscal_year for fact in here),
                _common(fact.basis for fact in here),
            )
        )
    return sorted(columns, key=lambda column: column.col)


def _common(values: Iterable[T]) -> T:
    """The value most of the facts of a column share."""
    given = list(values)
    first = given[0]
    return first if given.count(first) == len(given) else Counter(given).most_common(1)[0][0]


def _name_column(statement: Statement, facts: list[Fact]) -> int | None:
    votes: Counter[int] = Counter()
    for fact in facts[:60]:
        if not fact.name or fact.row >= len(statement.rows):
            continue
        for col, text in enumerate(statement.rows[fact.row].cells[: fact.col]):
            if text and squeeze(text).endswith(fact.name):
                votes[col] += 1
    return votes.most_common(1)[0][0] if votes else None


def _printed_name(statement: Statement, row: int, col: int | None, name: str, before: int) -> str:
    cells = statement.rows[row].cells if row < len(statement.rows) else ()
    if col is not None and col < len(cells) and squeeze(cells[col]).endswith(name):
        return cells[col]
    for text in cells[:before]:
        if text and name and squeeze(text).endswith(name):
            return text
    return name


def _lines(
    statement: Statement,
    facts: list[Fact],
    side: str | None,
    columns: list[Column],
    cells: dict[tuple[int, int], Cell],
    blank_quantum: Decimal,
) -> list[Line]:
    own = [fact for fact in facts if fact.side == side]
    name_col = _name_column(statement, own)
    groups: dict[tuple[int, str, str], list[Fact]] = defaultdict(list)
    for fact in own:
        groups[fact.row, fact.code, fact.name].append(fact)
    in_row: Counter[int] = Counter(key[0] for key in groups)
    whole_rows = side is not None or sum(many > 1 for many in in_row.values()) < 2
    lines = []
    for order, ((row, code, name), here) in enumerate(groups.items()):
        amounts = {fact.col: cells[row, fact.col] for fact in here}
        if in_row[row] == 1 and whole_rows:
            for column in columns:
                if column.col not in amounts:
                    amounts[column.col] = _blank(statement, row, column.col, blank_quantum)
        printed = _printed_name(statement, row, name_col, name, max(amounts))
        system = here[0].code_system if len(here) == 1 else _common(fact.code_system for fact in here)
        lines.append(
            Line(
                row,
                side,
                code,
                name,
                printed,
                here[0].role,
                str(system) if system else None,
                Cells(statement.id, row, amounts),
                order,
                here[0].parent_row,
            )
        )
    first = min((column.col for column in columns), default=0)
    for row in range(len(statement.rows)):
        if in_row[row]:
            continue
        line = _blank_line(statement, row, side, columns, name_col, first, blank_quantum)
        if line is not None:
            lines.append(line)
    return lines


def _blank(statement: Statement, row: int, col: int, quantum: Decimal) -> Cell:
    if row >= len(statement.rows):
        return Cell(statement.id, row, col, _NOTHING, "", None, None, quantum)
    printed = statement.rows[row]
    places, texts = printed.at, printed.cells
    raw = texts[col] if col < len(texts) else ""
    if raw and not shows_nothing(raw):
        raw = ""
    return Cell(statement.id, row, col, _NOTHING, raw, None, places[col] if col < len(places) else None, quantum)


def _blank_line(
    statement: Statement,
    row: int,
    side: str | None,
    columns: list[Column],
    name_col: int | None,
    first: int,
    quantum: Decimal,
) -> Line | None:
    texts = statement.rows[row].cells
    printed = texts[name_col] if name_col is not None and name_col < len(texts) else ""
    if side is None:  # 合计 stands in the code column of some forms (trap 2)
        printed = next(
            (text for text in texts[: first or None] if says("rows", "any_total", plain_name(text))), printed
        )
    if shows_nothing(printed):
        return None
    name = plain_name(printed)
    codes = [squeeze(text) for text in texts[: name_col or 0] if re.fullmatch(r"\d{2,7}", squeeze(text))]
    code = codes[0] if len(codes) == 1 and len(codes[0]) in (3, 5, 7) else ""
    amounts = {column.col: _blank(statement, row, column.col, quantum) for column in columns}
    return Line(row, side, code, name, printed, None, None, Cells(statement.id, row, amounts), 0)


def _side_by_side(lines: list[Line]) -> int:
    """How many lists stand beside each other in a table whose sides carry no name (公开06: 人员 | 公用 | 公用)."""
    rows: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if line.side is None:
            rows[line.row].append(line)
    shared = [here for here in rows.values() if len(here) > 1]
    if len(shared) < 2 or any(len(line.cells) > 2 for here in shared for line in here):
        return 1
    return max(len(here) for here in shared)
