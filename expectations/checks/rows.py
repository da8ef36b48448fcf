"""ROW (and PRC-02): a total is the sum of its parts along a row, as the header tree says.

A leaf 合计 or 小计 is the sum of its siblings below the same header; 合计 at the top is the sum of all other columns, each
group counted by its own 小计. Where a sibling is not one of the measures the field adds up (a prior year, a change, an
unknown header), the rows themselves must show that it is an addend before the identity is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from expectations.checks.balance import SUMMARIES
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.tables import Column, Line, Table, says

TOP = {
    "revenue_summary": "ROW-01", "expenditure_summary": "ROW-03", "general_budget_expenditure": "ROW-04",
    "government_fund_expenditure": "ROW-04", "state_capital_expenditure": "ROW-04", "appropriation_expenditure": "ROW-04",
    "general_budget_basic_expenditure": "ROW-05", "project_expenditure": "ROW-07", "basic_expenditure": "ROW-07",
    "procurement": "ROW-07", "revenue_expenditure_summary": "ROW-04",
}  # fmt: skip
BELOW = {"revenue_summary": "ROW-02", "expenditure_summary": "ROW-04", "general_budget_basic_expenditure": "ROW-05"}
ADDENDS = {
    "revenue": frozenset({
        "current_year_subtotal", "fiscal_total", "general_budget", "gov_fund", "state_capital", "fiscal_account_funds",
        "business_revenue", "operating_revenue", "superior_subsidy", "affiliated_payment", "other_revenue", "unit_funds",
        "non_fiscal_surplus_used", "carry_over_in",
    }),
    "expenditure": frozenset({
        "basic", "project", "personnel", "public", "operating_expenditure", "paid_up", "subsidy_down", "carry_over_out",
    }),
}  # fmt: skip
ENOUGH_ROWS = 3
SHARE = 0.8


@dataclass(slots=True)
class Header:
    """A header text with what stands below it; a leaf has a column."""

    text: str
    column: Column | None = None
    below: list[Header] = field(default_factory=list)

    def value_columns(self) -> list[Column]:
        """The columns that together are this header's amount: its own, its 小计, or all of its parts."""
        if self.column is not None:
            return [self.column]
        total = self.total()
        if total is not None:
            return [total]
        return [column for child in self._addends() for column in child.value_columns()]

    def _addends(self) -> list[Header]:
        """What stands below: 其中 beside one other column is a part of that one (本级财政拨款 / 金额 | 其中:经费拨款)."""
        plain = [child for child in self.below if not says("columns", "of_which", child.text)]
        return plain if len(plain) == 1 else self.below

    def total(self) -> Column | None:
        totals = [child.column for child in self.below if child.column is not None and _is_total(child.column, self)]
        return totals[0] if len(totals) == 1 else None


def _is_total(column: Column, parent: Header) -> bool:
    return says("columns", "total", column.leaf) or column.leaf == parent.text


def header_tree(columns: list[Column]) -> Header:
    """The header levels of the columns as a tree; equal texts are one header only when they stand side by side."""
    root = Header("")
    for column in columns:
        node = root
        for level in column.path[:-1]:
            if not (node.below and node.below[-1].text == level and node.below[-1].column is None):
                node.below.append(Header(level))
            node = node.below[-1]
        leaf = column.path[-1] if column.path else ""
        node.below.append(Header(leaf, column))
    return root


def identities(tables: list[Table]) -> Iterator[Identity]:
    """ROW-01 to ROW-07 and PRC-02 of every statement with a total among its columns."""
    for table in tables:
        if table.kind not in TOP or table.empty or table.lists > 1:
            continue
        for side in dict.fromkeys(column.side for column in table.columns):
            if table.kind in SUMMARIES and side != "expenditure":
                continue
            columns = table.columns_of(side)
            if len(columns) < 2:
                continue
            lines = [line for line in table.side(side) if not line.blank]
            yield from _of_header(table, header_tree(columns), lines, top=True)
    yield from _by_nature(tables)


def _of_header(table: Table, header: Header, lines: list[Line], *, top: bool) -> Iterator[Identity]:
    total = header.total()
    siblings = [child for child in header.below if child.column is not total or total is None]
    if total is not None and siblings:
        yield from _claim(table, header, total, siblings, lines, top=top)
    single = len(header.below) == 1
    for child in header.below:
        if child.column is None:
            yield from _of_header(table, child, lines, top=top and single)


def _check(table: Table, top: bool) -> str:
    if table.kind == "procurement" and not any(line.code_system == "functional" for line in table.lines):
        return "PRC-02"
    return TOP[table.kind] if top else BELOW.get(table.kind, TOP[table.kind])


def _claim(
    table: Table, header: Header, total: Column, siblings: list[Header], lines: list[Line], *, top: bool
) -> Iterator[Identity]:
    check = _check(table, top)
    sid = table.statement.id
    plain = [child for child in siblings if not says("columns", "not_an_addend", child.text)]
    if not plain:
        yield skip(check, "no column beside the total is an addend", sid, column_label=total.label)
        return
    of_which = [child for child in plain if says("columns", "of_which", child.text)]
    if len(of_which) == len(plain):
        yield skip(check, "the columns beside the total are parts of it (其中)", sid, column_label=total.label)
        return
    rows = [line for line in lines if total.col in line.cells]
    addends, claims = _reading(check, rows, total, plain, of_which)
    family = (
        "revenue"
        if table.kind in ("revenue_summary", "project_expenditure", "basic_expenditure", "procurement")
        else "expenditure"
    )
    known = all(_known(column, family) for column in addends) and len(plain) == len(siblings)
    if known and _never_holds(claims):
        first = next(claim for claim in claims if not claim.holds)
        note = f"本表 {len(claims)} 行均不成立，表头或列可能读错 / none of {len(claims)} rows holds: the header may be misread"
        yield replace(first, note=note)
    elif known or _shown_by(claims):
        yield from claims
    else:
        yield skip(check, "the rows do not show that these columns add up", sid, column_label=total.label)


def _reading(
    check: str, rows: list[Line], total: Column, plain: list[Header], of_which: list[Header]
) -> tuple[list[Column], list[Identity]]:
    """The addends and their claims. 其中 over columns means a part in some forms and nothing in others: the rows say."""
    readings = []
    for children in (plain, [child for child in plain if child not in of_which]) if of_which else (plain,):
        addends = [column for child in children for column in child.value_columns()]
        readings.append((addends, [_row(check, line, total, addends) for line in rows]))
    return max(readings, key=lambda reading: sum(claim.holds is True for claim in reading[1]))


def _known(column: Column, family: str) -> bool:
    """Whether the field adds this column up: by its measure, or a 小计 by the header it stands below."""
    measures = ADDENDS["expenditure"] | (ADDENDS["revenue"] if family == "revenue" else frozenset())
    if column.measure in measures:
        return True
    return family == "revenue" and any(
        says("columns", "carry_in", level) or "本年收入" in level or "财政拨款" in level for level in column.path[:-1]
    )


def _row(check: str, line: Line, total: Column, addends: list[Column]) -> Identity:
    return equal(
        check,
        [Term(line.cells[total.col], f"{line.name} {total.leaf}")],
        [Term(line.cells[column.col], f"{line.name} {column.leaf}") for column in addends if column.col in line.cells],
        line.label,
        total.label,
    )


def _never_holds(claims: list[Identity]) -> bool:
    """Many rows and hardly one adds up: one thing is wrong with the table, not one with every row."""
    telling = [claim for claim in claims if claim.left_value or claim.right_value]
    return len(telling) >= 5 and sum(claim.holds is True for claim in telling) < (1 - SHARE) * len(telling)


def _shown_by(claims: list[Identity]) -> bool:
    telling = [claim for claim in claims if claim.left_value or claim.right_value]
    return len(telling) >= ENOUGH_ROWS and sum(claim.holds is True for claim in telling) >= SHARE * len(telling)


def _by_nature(tables: list[Table]) -> Iterator[Identity]:
    """ROW-06: 301 and 303 are 人员经费, 302 and 310 公用经费 in 一般公共预算基本支出表 (not strict everywhere: a warning)."""
    for table in tables:
        if table.kind != "general_budget_basic_expenditure" or table.empty or table.lists > 1:
            continue
        by_measure = {column.measure: column for column in table.columns_of(None)}
        personnel, public = by_measure.get("personnel"), by_measure.get("public")
        if personnel is None or public is None:
            yield skip("ROW-06", "人员经费 and 公用经费 are not both printed as columns", table.statement.id)
            continue
        for line in table.side(None):
            wrong = {"301": public, "303": public, "302": personnel, "310": personnel}.get(line.code)
            if wrong is None or wrong.col not in line.cells:
                continue
            total = next((column for column in table.columns_of(None) if column.measure == "total"), None)
            right = personnel if wrong is public else public
            if total is None or total.col not in line.cells or right.col not in line.cells:
                continue
            yield equal(
                "ROW-06", [Term(line.cells[total.col], line.label)], [Term(line.cells[right.col], line.label)],
                line.label, right.label,
            )  # fmt: skip
