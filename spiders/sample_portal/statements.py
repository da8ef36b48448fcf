"""`Table`: a statement as it is printed, with the facts that stand in it, and the rows that every layout has.

A table is header rows with spans, body rows and notes; each figure knows the statement kind, header path, code and name
it must be read as, so that the truth of a document falls out of making it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from spiders.sample_portal.ledger import FISCAL, PERSONNEL, Ledger, read_toml, total

Span = tuple[int, int, int, int]
"""Row, column, rows, columns of a merged header cell."""
ColumnPath = tuple[str, ...]
Keys = dict[str | None, tuple[str, str]]
"""Side of a row → its code and name."""
ALL_FUNDS = (*FISCAL, "unit_funds")


@dataclass(frozen=True, slots=True)
class Column:
    """A printed column. `path` is its header path; `role` decides alignment and whether figures in it are facts."""

    path: tuple[str, ...]
    role: str  # ordinal | code | name | text | amount
    width: float
    side: str | None = None


@dataclass(frozen=True, slots=True)
class TrueFact:
    """One figure as it must be read: amounts in 万元."""

    table: int
    kind: str
    column: tuple[str, ...]
    side: str | None
    code: str
    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class Line:
    """A body row: what is printed, and the code and name of each side of it."""

    cells: tuple[str, ...]
    keys: Keys
    merged: tuple[int, int] | None = None
    """First column and number of columns printed as one cell."""


@dataclass(frozen=True, slots=True)
class ProjectForm:
    """What a performance form (绩效目标表) says: amounts in 万元, indicators as (level 1, 2, 3, printed value)."""

    name: str
    amount: str
    fiscal: str
    other: str
    indicators: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One statement. `above` are the lines over it (left, middle, right); `lanci` the 栏次 row, part of the header."""

    number: int
    kind: str
    title: str
    above: tuple[tuple[str, str, str], ...]
    columns: tuple[Column, ...]
    header: tuple[tuple[str, ...], ...]
    spans: tuple[Span, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    repeat_above: bool = False
    project: ProjectForm | None = None
    """Set for a performance form: the whole grid is `header`, its amounts belong to the project and are no facts."""

    def facts(self) -> list[TrueFact]:
        """Every printed figure of a money column."""
        found = []
        for line in self.lines:
            for column, text in zip(self.columns, line.cells, strict=True):
                if column.role == "amount" and text.strip():
                    code, name = line.keys[column.side]
                    found.append(TrueFact(self.number, self.kind, column.path, column.side, code, name, text))
        return found


def money(amount: Decimal, *, zero: str = "") -> str:
    """Two places, blank for nothing."""
    return f"{amount:.2f}" if amount else zero


def functional_name(code: str) -> str:
    """Name of a functional code."""
    return str(read_toml("names.toml")["functional"][code])


def economic_name(code: str) -> str:
    """Name of an economic code of the department."""
    return str(read_toml("names.toml")["department_economic"][code])


def government_name(code: str) -> str:
    """Name of an economic code of the government."""
    return str(read_toml("names.toml")["government_economic"][code])


def to_government(code: str, body: str) -> str:
    """The government's economic code of a department's economic code, for 行政 or 事业 bodies."""
    table = read_toml("names.toml")["to_government"][body]
    return str(table.get(code) or table[f"{code[:3]}__"])


_DIGITS = "零一二三四五六七八九十"


def chinese(number: int) -> str:
    """1 to 39 as an ordinal: 二十一."""
    if number <= 10:
        return _DIGITS[number]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


# --- headers ----------------------------------------------------------------------------------------------------------


def header_of(columns: Sequence[Column], depth: int) -> tuple[tuple[tuple[str, ...], ...], tuple[Span, ...]]:
    """Header rows and spans of columns from their paths: equal neighbours join, a short path reaches down."""
    rows = [[""] * len(columns) for _ in range(depth)]
    spans: list[Span] = []
    for level in range(depth):
        at = 0
        while at < len(columns):
            path = columns[at].path
            if level >= len(path):
                at += 1
                continue
            last = level == len(path) - 1
            wide = 1
            while not last and at + wide < len(columns) and columns[at + wide].path[: level + 1] == path[: level + 1]:
                wide += 1
            tall = depth - level if last else 1
            rows[level][at] = path[level]
            if wide > 1 or tall > 1:
                spans.append((level, at, tall, wide))
            at += wide
    return tuple(tuple(r) for r in rows), tuple(spans)


def make_table(
    number: int,
    kind: str,
    title: str,
    above: tuple[str, str, str],
    columns: Sequence[Column],
    lines: Sequence[Line],
    *,
    note: str,
    lanci: bool = False,
    repeat_above: bool = False,
) -> Table:
    """A table; `note` is printed only when there is no line. `lanci` adds the 栏次 row to the header."""
    header, spans = header_of(columns, max(len(c.path) for c in columns))
    if lanci:
        header = (*header, ("栏次", *(str(n) for n in range(1, len(columns)))))
    notes = () if lines else (note,)
    return Table(number, kind, title, (above,), tuple(columns), header, spans, tuple(lines), notes, repeat_above)


def amount_columns(names: Sequence[str], width: float, under: ColumnPath = (), side: str | None = None) -> list[Column]:
    """Money columns of one width below one header."""
    return [Column((*under, name), "amount", width, side) for name in names]


# --- rows -------------------------------------------------------------------------------------------------------------

Income = tuple[str, str, str]
"""Left side of a summary: printed, name, amount."""
Spending = tuple[str, str, tuple[str, ...]]
"""Right side of a summary: printed, name, amounts."""


def side_by_side(left: Sequence[Income], right: Sequence[Spending], *, ordinal: bool) -> list[Line]:
    """Two lists of equal length in one table, numbered when `ordinal`."""
    lines = []
    for n, ((shown, name, amount), (other, other_name, amounts)) in enumerate(zip(left, right, strict=True), 1):
        cells = (shown, amount, other, *amounts)
        keys: Keys = {"revenue": ("", name), "expenditure": ("", other_name)}
        lines.append(Line((str(n), *cells) if ordinal else cells, keys))
    return lines


def filled(rows: Sequence[Income], count: int) -> list[Income]:
    """Rows filled up with empty ones: the totals of both sides stand in one printed row."""
    return [*rows, *([("", "", "")] * (count - len(rows)))]


def class_rows(ledger: Ledger, classes: Sequence[str], blocks: Sequence[Sequence[str]]) -> list[Spending]:
    """One row a functional class, with what each block of funds spends on it."""
    amounts = [class_amounts(ledger, funds) for funds in blocks]
    return [
        (f"{chinese(n)}、{name}", name, tuple(money(of.get(name, Decimal(0))) for of in amounts))
        for n, name in enumerate(classes, 1)
    ]


def spent_of(ledger: Ledger, code: str, funds: Sequence[str]) -> dict[str, Decimal]:
    """What the items below a code spend of these funds ('' is everything); 基本支出 is paid from 一般公共预算."""
    items = ledger.under(code)
    basic = "general_budget" in funds
    personnel = total(i.personnel for i in items) if basic else Decimal(0)
    public = total(i.public for i in items) if basic else Decimal(0)
    project = total(i.project(funds) for i in items)
    return {
        "personnel": personnel,
        "public": public,
        "basic": personnel + public,
        "project": project,
        "total": personnel + public + project,
    }


def class_amounts(ledger: Ledger, funds: Sequence[str]) -> dict[str, Decimal]:
    """Class name → expenditure of these funds."""
    codes = sorted({i.code[:3] for i in ledger.items})
    return {functional_name(code): spent_of(ledger, code, funds)["total"] for code in codes}


def received_of(ledger: Ledger, code: str) -> dict[str, Decimal]:
    """What flows in for the items below a code: by fund, 财政拨款 together, this year, last year's balance, all."""
    items = ledger.under(code)
    fund = {f: total(i.project((f,)) - i.carried((f,)) for i in items) for f in ALL_FUNDS}
    fund["general_budget"] += total(i.basic for i in items)
    carried = total(i.carried(ALL_FUNDS) for i in items)
    fiscal = total(fund[f] for f in FISCAL)
    year = fiscal + fund["unit_funds"]
    return {**fund, "fiscal": fiscal, "year": year, "carried": carried, "total": year + carried}


def economic_rows(ledger: Ledger) -> list[tuple[str, Decimal]]:
    """('', total) first, then each class with its lines: what an economic table prints. Empty when nothing is."""
    if not ledger.economic:
        return []
    rows = [("", total(ledger.economic.values()))]
    for group in sorted({code[:3] for code in ledger.economic}):
        below = {c: a for c, a in sorted(ledger.economic.items()) if c.startswith(group)}
        rows += [(group, total(below.values())), *below.items()]
    return rows


def people_and_office(ledger: Ledger, code: str, amount: Decimal) -> tuple[Decimal, Decimal]:
    """人员经费 and 公用经费 of an economic row; '' is the total row."""
    if not code:
        return ledger.personnel, ledger.public
    return (amount, Decimal(0)) if code.startswith(PERSONNEL) else (Decimal(0), amount)
