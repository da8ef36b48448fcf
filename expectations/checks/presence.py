"""EMP-01, EMP-02, PRE, COD: empty tables say so, the statements every form has are there, codes have parents and their listed names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

from budget.disclosure import Disclosure
from expectations.checks.across import FUND_TABLES, sets_of
from expectations.checks.hierarchy import BY_CODE
from expectations.checks.prose import Places
from expectations.view.codes import listed_under
from expectations.view.identities import Identity, Term, skip
from expectations.view.tables import Line, Table, chinese_of
from expectations.view.told import amounts_of, empty_means, sections

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
            yield from _empty(table, partial(_nothing_elsewhere, table, tables, disclosure))
        if table.kind in BY_CODE and table.lists == 1:
            yield from _codes(table)
    yield from _present(tables)
    yield from _sections(disclosure, tables)


def _empty(table: Table, proven: Callable[[], bool]) -> Iterator[Identity]:
    """EMP-01, EMP-02. Without its note an empty table is an error, unless the rest of the document proves that it is empty:

    then the form lacks a sentence, and no figure can be lost (Beijing and Shanghai print no notes at all).
    """
    sid = table.statement.id
    printed = [cell for line in table.lines for cell in line.cells.values() if cell.printed]
    if not printed:
        declared = table.statement.declared_empty
        yield Identity(
            "EMP-01", (sid,), table.title, "空表说明", stated=(Decimal(int(declared)), Decimal(1)),
            severity="warning" if not declared and proven() else None,
        )  # fmt: skip
    if table.statement.declared_empty:
        shown = [cell for cell in printed if cell.value]
        yield Identity(
            "EMP-02", (sid,), table.title, "有数单元格", tuple(Term(cell, table.title) for cell in shown), (),
            stated=(Decimal(len(shown)), Decimal(0)),
        )  # fmt: skip


_FUND_OF = {kind: fund for fund, kind in FUND_TABLES.items()}


def _nothing_elsewhere(table: Table, tables: list[Table], disclosure: Disclosure) -> bool:
    """Whether the text says 0 for what the table is about, or both summaries print nothing for its fund."""
    topics = empty_means().get(table.kind, {}).get("topics", [])
    told = [one.amount for one in amounts_of(disclosure) if one.topic in topics]
    if any(told):
        return False
    if told:
        return True
    fund = _FUND_OF.get(table.kind)
    sets = sets_of(tables)
    if len(sets) != 1:
        return False
    places = Places(sets[0], disclosure.document.fiscal_year, final=disclosure.document.kind == "final_account")
    if table.kind in ("general_budget_basic_expenditure", "three_public_expenses"):
        basic = places.find("general_budget_expenditure/basic")  # 三公 is paid from 基本支出
        general = sets[0].one("general_budget_expenditure")
        printed = general is not None and any(
            "基本支出" in level for path in general.statement.columns for level in path
        )
        return printed and not any(term.cell.value for terms in basic for term in terms)
    if fund is None or places.sides["fiscal_in"] is None:
        return False
    found = [*places.find(f"fiscal_in/{fund}"), *places.find(f"revenue/{fund}")]
    return not any(term.cell.value for terms in found for term in terms)


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
