"""EMP-01, EMP-02, PRE, COD: empty tables say so, the statements every form has are there, codes have parents and their listed names."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from budget.disclosure import Disclosure
from expectations.codes import listed_under
from expectations.hierarchy import BY_CODE
from expectations.identities import Identity, Term, skip
from expectations.tables import Line, Table, chinese_of
from expectations.told import sections

STATEMENTS = (
    "revenue_expenditure_summary", "revenue_summary", "expenditure_summary", "appropriation_summary",
    "general_budget_expenditure", "general_budget_basic_expenditure", "three_public_expenses", "government_fund_expenditure",
)  # fmt: skip
FEWEST_TOPICS = 5
"""A file with fewer subjects in its text is a set of tables with a heading."""
MAY_BE_EMPTY = (*STATEMENTS, "state_capital_expenditure", "basic_expenditure", "project_expenditure", "procurement")


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """EMP-01, EMP-02, PRE-01, PRE-02 and COD-01 of a disclosure."""
    for table in tables:
        if table.kind in MAY_BE_EMPTY:
            yield from _empty(table)
        if table.kind in BY_CODE and table.lists == 1:
            yield from _codes(table)
    yield from _present(tables)
    yield from _sections(disclosure, tables)


def _empty(table: Table) -> Iterator[Identity]:
    sid = table.statement.id
    printed = [cell for line in table.lines for cell in line.cells.values() if cell.printed]
    if not printed:
        yield Identity(
            "EMP-01", (sid,), table.title, "空表说明", stated=(Decimal(int(table.statement.declared_empty)), Decimal(1))
        )
    if table.statement.declared_empty:
        shown = [cell for cell in printed if cell.value]
        yield Identity(
            "EMP-02", (sid,), table.title, "有数单元格", tuple(Term(cell, table.title) for cell in shown), (),
            stated=(Decimal(len(shown)), Decimal(0)),
        )  # fmt: skip


def _present(tables: list[Table]) -> Iterator[Identity]:
    kinds = {table.kind for table in tables}
    if "revenue_expenditure_summary" not in kinds:
        yield skip("PRE-01", "no 收支总表: the document is a part, or prints no statements")
        return
    for kind in STATEMENTS:
        yield Identity("PRE-01", (), chinese_of(kind), "", stated=(Decimal(int(kind in kinds)), Decimal(1)))


def _sections(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """PRE-02: the text speaks of every subject that a disclosure must explain. The day of approval is not printed."""
    told = {fact.topic for fact in disclosure.prose_facts}
    kinds = {table.kind for table in tables}
    if len(told) < FEWEST_TOPICS or not tables or disclosure.document.kind == "performance_text":
        yield skip("PRE-02", "the file holds no text beside its tables")
        return
    missing = [
        name for name, shown in sections().items()
        if not told & set(shown["topics"]) and not kinds & set(shown["statements"])
    ]  # fmt: skip
    yield Identity(
        "PRE-02", (), "、".join(missing) or "说明", "应说明的内容", stated=(Decimal(len(sections()) - len(missing)), Decimal(len(sections()))),
        note=f"文字未见：{'、'.join(missing)} / the text does not speak of: {'、'.join(missing)}" if missing else "",
    )  # fmt: skip


def _codes(table: Table) -> Iterator[Identity]:
    coded = [line for line in table.side(None) if line.code.isdigit() and len(line.code) in (3, 5, 7) and line.cells]
    codes = {line.code for line in coded}
    deeper = [line for line in coded if len(line.code) > 3]
    prints_parents = sum(line.code[:-2] in codes for line in deeper) * 10 >= len(deeper) * 8
    seen: set[str] = set()
    fit = 0
    for line in coded:
        if line.code in seen:
            continue
        seen.add(line.code)
        orphan = len(line.code) > 3 and prints_parents and line.code[:-2] not in codes
        if orphan:
            yield _misfit(table, line, "上级科目")
        misnamed = bool(line.name) and listed_under(line.code, line.name) is False
        if misnamed:
            yield _misfit(table, line, "科目名称")
        fit += not orphan and not misnamed
    if fit:  # one row for all that fit: a row a code would be a third of the frame
        yield Identity(
            "COD-01", (table.statement.id,), table.title, "相符的科目数", stated=(Decimal(fit), Decimal(fit))
        )


def _misfit(table: Table, line: Line, column: str) -> Identity:
    cell = next((c for c in line.cells.values() if c.printed), next(iter(line.cells.values())))
    return Identity(
        "COD-01", (table.statement.id,), line.label, column, (Term(cell, line.label),), (),
        stated=(Decimal(0), Decimal(1)),
    )  # fmt: skip
