"""TPE-02, PRC-05, XRF-13: 三公, purchases and units against the statements they are paid from. Warnings: other money may pay too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from budget.disclosure import Disclosure
from budget.printed_text import squeeze
from expectations.checks.across import Set, coded, sets_of
from expectations.checks.prose import Places
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.subjects import budget_column
from expectations.view.tables import COARSEST, Line, Table, is_total, names

ITEMS = {"vehicle_running": "30231", "reception": "30217", "abroad": "30212"}


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """TPE-02, PRC-05 and XRF-13 of every set of statements."""
    year = disclosure.document.fiscal_year
    for one in sets_of(tables):
        places = Places(one, year, final=disclosure.document.kind == "final_account")
        yield from _three_public(one, places)
        yield from _purchases(one, places)
        yield from _units(one)


def _three_public(one: Set, places: Places) -> Iterator[Identity]:
    """What 基本支出 spends on 三公 is inside 三公经费; 项目支出 may add to it."""
    basic, three = one.one("general_budget_basic_expenditure"), one.one("three_public_expenses")
    if basic is None or three is None:
        yield skip("TPE-02", one.why_not("general_budget_basic_expenditure", "three_public_expenses"))
        return
    lines = [line for line in basic.side(None) if line.code in ITEMS.values()]
    found = coded(basic, places.year)
    columns = found.column("total") if found is not None and basic.lists == 1 else None
    for item, code in ITEMS.items():
        mine = [line for line in lines if line.code == code and line.cells]
        theirs = places.find(f"three_public/{item}")
        if len(mine) != 1 or not theirs:
            yield skip("TPE-02", "one of the two tables does not print it", basic.statement.id, row_label=item)
            continue
        col = columns[0].col if columns else min(mine[0].cells)
        if col not in mine[0].cells or not mine[0].cells[col].printed:
            continue
        left = [Term(mine[0].cells[col], f"{basic.title} {mine[0].label}")]
        claim = equal("TPE-02", left, theirs[0], mine[0].label, three.title, relation="≤")
        # 三公 tables are rounded to two places where the others print six (1.550000 beside 1.551273)
        yield replace(claim, tolerance=max(claim.tolerance, COARSEST / 2))


def _purchases(one: Set, places: Places) -> Iterator[Identity]:
    """PRC-05: what is bought from 公用经费 is not more than it."""
    table = one.one("procurement")
    if table is None:
        return
    column = next((c for c in table.columns_of(None) if c.measure == "total" and not budget_column(c.path)), None)
    rows = [
        line for line in table.side(None)
        if column is not None and column.col in line.cells and not is_total(line)
        and any(names()["procurement"]["public_money"].search(text) for text in _texts(table, line))
    ]  # fmt: skip
    public = places.find("general_budget_basic_expenditure/public")
    if column is None or not rows or not public:
        yield skip("PRC-05", "no purchase is named as 公用经费, or 公用经费 is not printed", table.statement.id)
        return
    bought = [Term(line.cells[column.col], line.label) for line in rows]
    yield equal("PRC-05", bought, public[0], "公用经费采购", table.title, relation="≤")


def _texts(table: Table, line: Line) -> list[str]:
    """Everything a row prints, without blanks: the project a thing is bought for may stand before or behind its name."""
    cells = table.statement.rows[line.row].cells if line.row < len(table.statement.rows) else ()
    return [squeeze(line.name), *map(squeeze, cells)]


def _units(one: Set) -> Iterator[Identity]:
    """XRF-13: every unit of 机构设置 has its 小计 among the purchases."""
    organisation, table = one.kinds.get("organisation", []), one.one("procurement")
    if len(organisation) != 1 or table is None:
        yield skip("XRF-13", "机构设置 and 政府采购 are not both printed")
        return
    blocks = [line for line in table.side(None) if _is_block(line)]
    rows = [row for row in organisation[0].statement.rows if any(squeeze(text) for text in row.cells)]
    if not blocks:
        yield skip("XRF-13", "the purchases are not grouped by unit", table.statement.id)
        return
    cells = [Term(next(iter(line.cells.values())), line.label) for line in blocks[:1]]
    ids = (organisation[0].statement.id, table.statement.id)
    claim = Identity("XRF-13", ids, organisation[0].title, "单位个数", tuple(cells), ())
    yield replace(claim, stated=(Decimal(len(rows)), Decimal(len(blocks))))


def _is_block(line: Line) -> bool:
    return bool(line.cells) and (line.role == "subtotal" or line.name.endswith("小计")) and line.name != "小计"
