"""XRF: the same amount in several statements of one document.

A document may hold several sets of statements (a department and its units). Identities are claimed inside one set; where a
set has two statements of one kind, the checks that need that kind are skipped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from budget.disclosure import Disclosure
from budget.measures import CHANGE, UNKNOWN
from budget.printed_text import squeeze
from expectations.checks.balance import FUNDS, Side, fund_of, side_of
from expectations.checks.hierarchy import forest
from expectations.checks.rows import Header, header_tree
from expectations.view.codes import class_code, core
from expectations.view.identities import Identity, Term, equal, skip, tolerance_of
from expectations.view.tables import COARSEST, Cell, Column, Line, Table, is_total, says

_UNPLACED = frozenset({None, "total", UNKNOWN, CHANGE})
"""Measures under which a column is not looked for in another table."""
FUND_TABLES = {
    "general_budget": "general_budget_expenditure",
    "gov_fund": "government_fund_expenditure",
    "state_capital": "state_capital_expenditure",
}
OWN_CODES = {
    "expenditure_summary": "functional", "general_budget_expenditure": "functional", "government_fund_expenditure": "functional",
    "state_capital_expenditure": "functional", "general_budget_basic_expenditure": "department_economic",
}  # fmt: skip
"""Kind → the classification it is about, where a document prints it by several."""
DISAGREE = 0.2
"""Per-code checks are claimed only where no more of the codes disagree: some forms list income under other codes."""


@dataclass(slots=True)
class Set:
    """Statements that describe one body in one year: kind → its tables."""

    kinds: dict[str, list[Table]] = field(default_factory=lambda: defaultdict(list))

    def one(self, kind: str) -> Table | None:
        """The only table of a kind that prints amounts; None when there is none or several.

        Forms print 一般公共预算支出表 twice, 按功能分类 and 按经济分类 (Shenzhen, Fuzhou, Xi'an): the one by the kind's own
        classification is meant.
        """
        found = self._shown(kind)
        if len(found) > 1:
            found = [table for table in found if classified_by(table) == OWN_CODES.get(kind)]
        return found[0] if len(found) == 1 else None

    def views(self, kind: str) -> list[Table]:
        """The tables that print the amounts of `one` again by another classification."""
        own = self.one(kind)
        return [table for table in self._shown(kind) if own is not None and table is not own]

    def _shown(self, kind: str) -> list[Table]:
        return [table for table in self.kinds.get(kind, []) if not table.empty]

    def why_not(self, *kinds: str) -> str:
        for kind in kinds:
            if self.one(kind) is None:
                return f"{kind}: {'several tables' if self._shown(kind) else 'no table with amounts'}"
        return ""


def classified_by(table: Table) -> str | None:
    """functional, department_economic or government_economic: what most codes of a table are; None without codes."""
    systems = Counter(line.code_system for line in table.lines if line.code and line.code_system)
    return systems.most_common(1)[0][0] if systems else None


def sets_of(tables: list[Table]) -> list[Set]:
    """Tables in reading order, cut where the summary that opens a set comes again."""
    openers = [table.kind for table in tables if table.kind == "revenue_expenditure_summary" and not table.empty]
    current = Set()
    sets = [current]
    for table in tables:
        again = table.kind == "revenue_expenditure_summary" and len(openers) > 1 and not table.empty
        if (
            again
            and any(not t.empty for t in current.kinds.get(table.kind, []))
            and current.kinds.get("revenue_summary")
        ):
            current = Set()
            sets.append(current)
        current.kinds[table.kind].append(table)
    return sets


# --------------------------------------------------------------------------- amounts found by what they mean


@dataclass(frozen=True, slots=True)
class Coded:
    """A table by function: its total line, its coded lines, its columns by meaning."""

    table: Table
    total: Line | None
    columns: dict[str, list[Column]]
    heads: tuple[Line, ...] = ()
    """The units whose rows follow below each, where no line is the total of them all (Shenzhen)."""

    def column(self, *measures: str) -> list[Column] | None:
        """The columns that show this measure for the document's year; a group without 小计 gives all of its parts."""
        for measure in measures:
            if self.columns.get(measure):
                return self.columns[measure]
        return None

    def of_total(self, *measures: str) -> list[Term] | None:
        columns = self.column(*measures)
        lines = (self.total,) if self.total is not None else self.heads
        if columns is None or not lines or any(column.col not in line.cells for line in lines for column in columns):
            return None
        return [
            Term(line.cells[column.col], " ".join(dict.fromkeys((self.table.title, line.name, column.leaf))))
            for line in lines for column in columns
        ]  # fmt: skip


def coded(table: Table | None, year: int | None) -> Coded | None:
    """A statement by function (or by unit) with the columns that speak of the document's own year."""
    if table is None or table.lists > 1:
        return None
    total = table.total() or _only_line(table)
    columns = [
        column for column in table.columns_of(None)
        if (year is None or column.fiscal_year in (None, year))
        and not any(says("columns", "beside", level) for level in column.path)
    ]  # fmt: skip
    return Coded(table, total, _by_meaning(columns), () if total is not None else _unit_heads(table))


def _unit_heads(table: Table) -> tuple[Line, ...]:
    """The lines without a code that each stand above the classes of one unit; () where other lines have no code either."""
    lines = [line for line in table.side(None) if not line.blank]
    if table.unit_codes or not lines or lines[0].code:
        return ()
    for above, line in zip(lines, [*lines[1:], None], strict=True):
        if not above.code and (line is None or len(line.code) != 3 or not line.code.isdigit()):
            return ()
    return tuple(line for line in lines if not line.code)


def _only_line(table: Table) -> Line | None:
    """收入总表 without codes prints one row: the row is its total."""
    lines = [line for line in table.side(None) if not line.blank]
    return lines[0] if len(lines) == 1 and not lines[0].code else None


def _by_meaning(columns: list[Column]) -> dict[str, list[Column]]:
    """What a total line says under which columns: measure → columns that together show it.

    A header group counts by its own 小计, else by all of its parts. A measure that stands in two places (本年收入 and
    上年结转 both split by fund) means neither.
    """
    tree = header_tree(columns)
    while len(tree.below) == 1 and tree.below[0].column is None:
        tree = tree.below[0]
    total = tree.total()
    spends = any(child.column is None and _group_meaning(child.text) == "spending" for child in tree.below)
    if total is None and not spends:
        totals = [child.column for child in tree.below if child.column is not None and child.column.measure == "total"]
        total = totals[0] if len(totals) == 1 else None
    places: dict[str, list[list[Column]]] = defaultdict(list)
    if total is not None:
        places["total"].append([total])
    _collect(tree, total, places, inside=None)
    if not places.get("total") and len(places.get("spending", [])) == 1:
        places["total"] = places["spending"]
        places.pop("carry_over_out", None)  # 公开08: what is left over stands beside 本年支出, not in it
    return {measure: found[0] for measure, found in places.items() if len(found) == 1}


def _collect(header: Header, total: Column | None, places: dict[str, list[list[Column]]], inside: str | None) -> None:
    whole = header.total()
    for child in header.below:
        column = child.column
        if column is not None and whole is not None and says("columns", "of_which", child.text):
            continue
        if column is not None:
            if column is not total and column is not header.total() and column.measure not in _UNPLACED:
                assert column.measure is not None
                places[column.measure].append([column])
            continue
        key = _group_meaning(child.text)
        if key is not None:
            places[key].append(child.value_columns())
        elif (own := child.total()) is not None and own.measure not in _UNPLACED:
            assert own.measure is not None
            places[own.measure].append([own])
        if key not in ("carry_over_in", "carry_over_out"):
            _collect(child, total, places, key)


def _group_meaning(text: str) -> str | None:
    if says("columns", "carry_out", text):
        return "carry_over_out"
    if says("columns", "carry_in", text):
        return "carry_over_in"
    if "本年收入" in text:
        return "current_year_subtotal"
    if says("rows", "fiscal_revenue", text) or text in ("财政拨款", "财政拨款收入"):
        return "fiscal_total"
    if text.endswith("基本支出"):
        return "basic"
    if "本年支出" in text:
        return "spending"
    return None


# --------------------------------------------------------------------------- the checks


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """XRF-01 to XRF-10 inside every set of statements."""
    year = disclosure.document.fiscal_year
    units = {table.statement.id: table.statement.unit for table in tables}
    for one in sets_of(tables):
        for claim in _set(one, year):
            yield _by_unit(claim, units)


def _by_unit(claim: Identity, units: Mapping[str, str | None]) -> Identity:
    """The same digits in statements of different (or no) printed unit: the unit line is what is wrong, not the figure."""
    if claim.holds is not False or len({units.get(sid) for sid in claim.statement_ids}) < 2:
        return claim
    shift = _power_of_ten(claim.left_value, claim.right_value)
    if shift is None:
        return claim
    usual = Counter(units.values()).most_common(1)[0][0]
    odd = [sid for sid in claim.statement_ids if units.get(sid) != usual]
    if any(term.cell.statement_id in odd for term in claim.right) and not any(
        term.cell.statement_id in odd for term in claim.left
    ):  # the statement in another unit than its neighbours is the suspect
        claim, shift = replace(claim, left=claim.right, right=claim.left), -shift
    return replace(
        claim,
        statement_ids=tuple(sorted(claim.statement_ids, key=lambda sid: sid not in odd)),
        check="TXT-11",
        note=f"相差 10 的 {shift} 次方，单位可能有误 / a power of ten apart ({shift}): check the unit",
    )


def _set(one: Set, year: int | None) -> Iterator[Identity]:
    summary = one.one("revenue_expenditure_summary")
    appropriation = one.one("appropriation_summary")
    income = coded(one.one("revenue_summary"), year)
    spending = coded(one.one("expenditure_summary"), year)
    funds = {fund: coded(one.one(kind), year) for fund, kind in FUND_TABLES.items()}
    basic = one.one("general_budget_basic_expenditure")
    left = side_of(summary, "revenue") if summary else None
    right = side_of(summary, "expenditure") if summary else None
    a_left = side_of(appropriation, "revenue") if appropriation else None
    a_right = side_of(appropriation, "expenditure") if appropriation else None
    fiscal_only = only_fiscal(left, a_left)

    yield from _xrf01(one, left, income)
    yield from _xrf02(one, right, spending)
    yield from _xrf03(one, left, right, income, spending)
    yield from _xrf04(one, left, a_left, income)
    yield from _xrf05(one, right, a_right, fiscal_only)
    yield from _xrf06(one, a_left, a_right, funds)
    yield from _xrf07(one, spending, funds, a_right, fiscal_only)
    yield from _xrf08(one, funds["general_budget"], basic)
    yield from _views(one, funds, basic, year)
    yield from _xrf09(one, right, spending, a_left, a_right, funds)
    yield from _xrf10(one, left, right, income, spending)
    yield from _xrf11(one, spending, funds["general_budget"], year)


def one_column(side: Side | None) -> Column | None:
    """The column over all funds of a side of a summary; None when several stand there."""
    if side is None:
        return None
    columns = side.total_columns
    if len(columns) > 1:
        columns = [column for column in columns if column.measure == "total" or says("columns", "total", column.leaf)]
    return columns[0] if len(columns) == 1 else None


def term(side: Side, line: Line, column: Column | None = None) -> Term | None:
    """A cell of a summary as a term named by statement and row."""
    column = column or one_column(side)
    if column is None or column.col not in line.cells:
        return None
    return Term(line.cells[column.col], f"{side.table.title} {line.name}")


def _named(side: Side, key: str) -> list[Line]:
    rows = [*side.parts, *side.between, *(part for below in side.parts_of.values() for part in below)]
    return [line for line in rows if says("rows", key, line.name)]


def _minus(terms: list[Term] | None) -> list[Term]:
    return [Term(t.cell, t.label, -t.sign) for t in terms or []]


def _titles(*tables: Table | Side | Coded | None) -> str:
    found = [t.table.title if not isinstance(t, Table) else t.title for t in tables if t is not None]
    return " = ".join(found)


def _xrf01(one: Set, left: Side | None, income: Coded | None) -> Iterator[Identity]:
    if left is None or income is None or one_column(left) is None:
        yield skip(
            "XRF-01", one.why_not("revenue_expenditure_summary", "revenue_summary") or "columns of several years"
        )
        return
    total = income.of_total("total")
    grand, current = left.grand, left.current
    if total is None:
        yield skip("XRF-01", "收入总表 prints no total", income.table.statement.id)
    elif grand is not None or current is not None:
        whole = _shows_carry(income.table)
        beside = [term(left, line) for line in left.between]
        nothing_beside = not any(t and t.cell.value for t in beside)
        line = (grand or current) if whole or nothing_beside or current is None else current
        if _says_current(total[0]) and current is not None:
            line = current
        elif not whole and not nothing_beside and grand is not None and current is not None:
            line = grand if _equals(term(left, grand), total) else current
        assert line is not None
        own = term(left, line)
        if own is not None:
            yield equal("XRF-01", [own], total, line.name, "合计")
    year_total = income.of_total("current_year_subtotal")
    if year_total is not None and current is not None and (own := term(left, current)) is not None:
        yield equal("XRF-01", [own], year_total, current.name, "本年收入")
    carry = income.of_total("carry_over_in")
    rows = [line for line in left.between if says("rows", "carry_in", line.name)]
    # 上年实户资金余额 is carried over too, in a row and a column of its own beside 上年结转 (Shaanxi)
    leaves = {squeeze(column.leaf) for column in income.column("carry_over_in") or []}
    if len(leaves) == 1 and not any(squeeze(line.name) in leaves for line in rows):
        rows = [line for line in left.between if squeeze(line.name) in leaves] or rows
    if carry is not None and len(rows) == 1 and (own := term(left, rows[0])) is not None:
        yield equal("XRF-01", [own], carry, rows[0].name, "上年结转")


def _says_current(total: Term) -> bool:
    return "本年收入" in total.label


def _equals(own: Term | None, other: list[Term]) -> bool:
    return own is not None and equal("", [own], other, "", "").holds is True


def _shows_carry(table: Table) -> bool:
    return any(says("columns", "carry_in", level) for path in table.statement.columns for level in path)


def _xrf02(one: Set, right: Side | None, spending: Coded | None) -> Iterator[Identity]:
    if right is None or spending is None or one_column(right) is None:
        yield skip(
            "XRF-02", one.why_not("revenue_expenditure_summary", "expenditure_summary") or "columns of several years"
        )
        return
    total = spending.of_total("total")
    if total is None:
        yield skip("XRF-02", "支出总表 prints no total", spending.table.statement.id)
        return
    carry = spending.of_total("carry_over_out")
    has_carry = any(says("columns", "carry_out", level) for path in spending.table.statement.columns for level in path)
    below = [
        line for line in right.between
        if says("rows", "subsidy_down", line.name) or says("rows", "paid_up", line.name)
    ]  # fmt: skip
    if right.current is not None and (own := term(right, right.current)) is not None:
        beside = [t for line in below if (t := term(right, line)) is not None]
        inside = _minus(spending.of_total("subsidy_down")) + _minus(spending.of_total("paid_up")) if beside else []
        yield _total_or_what_it_carries(
            right, equal("XRF-02", [own], [*total, *_minus(carry), *inside], right.current.name, "合计"), total
        )
    if right.grand is None or (own := term(right, right.grand)) is None:
        return
    others = any(t.cell.value for line in right.between if line not in below and (t := term(right, line)) is not None)
    if has_carry or not others or right.current is None:
        yield equal("XRF-02", [own], total, right.grand.name, "合计")
        return
    why = "支出总表 leaves out what the summary carries over"
    yield skip("XRF-02", why, spending.table.statement.id, row_label=right.grand.name)


def _total_or_what_it_carries(right: Side, claim: Identity, total: list[Term]) -> Identity:
    """XRF-02, in the reading of forms whose 支出总表 holds what is carried over to next year where only that holds to the digit."""
    own = term(right, right.grand) if right.grand is not None and not claim.holds else None
    other = (
        equal("XRF-02", [own], total, right.grand.name, "合计") if own is not None and right.grand is not None else None
    )
    return other if other is not None and other.holds and other.left_value else claim


def _xrf03(
    one: Set, left: Side | None, right: Side | None, income: Coded | None, spending: Coded | None
) -> Iterator[Identity]:
    reason = one.why_not("revenue_summary", "expenditure_summary")
    if income is None or spending is None:
        yield skip("XRF-03", reason)
        return
    a, b = income.of_total("total"), spending.of_total("total")
    if a is None or b is None:
        yield skip("XRF-03", "a total is not printed", income.table.statement.id)
        return
    if why := _not_the_same(left, right, income, spending):
        yield skip("XRF-03", why, income.table.statement.id, spending.table.statement.id)
        return
    yield equal("XRF-03", a, b, _titles(income, spending), "合计")


def _not_the_same(left: Side | None, right: Side | None, income: Coded, spending: Coded) -> str:
    """Why total income need not be total expenditure; '' when it must be."""
    spare = [line for line in right.between if (t := term(right, line)) is not None and t.cell.value] if right else []
    out = spending.of_total("carry_over_out")
    if any(says("rows", "carry_out", line.name) for line in spare) and not (out and any(t.cell.value for t in out)):
        return "something is carried over to the next year"
    if _shows_carry(income.table) and not _says_current_total(income):
        return ""
    if left is None:
        return "收入总表 shows no carry-over and no summary says whether there is one"
    beside = [t for line in left.between if (t := term(left, line)) is not None]
    return "收入总表 leaves out what was carried over" if any(t.cell.value for t in beside) else ""


def _says_current_total(income: Coded) -> bool:
    return any("本年收入" in column.leaf for column in income.columns.get("total", []))


def only_fiscal(left: Side | None, a_left: Side | None) -> str:
    """'' when every revenue of the summary is 财政拨款, else why that cannot be said."""
    column, a_column = one_column(left), one_column(a_left)
    if left is None or a_left is None or column is None or a_column is None:
        return "the two summaries are not both printed"
    if not left.parts:
        return "the revenue rows are not told apart"
    for line in (*left.parts, *left.between):
        if says("rows", "fiscal_revenue", line.name) or any(says("rows", fund, line.name) for fund in FUNDS):
            continue
        own = line.cells.get(column.col)
        if own is None or not own.value:
            continue
        if says("rows", "carry_in", line.name):
            carried = [term(a_left, row, a_column) for row in a_left.between if says("rows", "carry_in", row.name)]
            if abs(sum((t.amount for t in carried if t), Decimal(0)) - own.value) <= own.quantum:
                continue
            return "what was carried over is not all 财政拨款"
        return f"revenue beside 财政拨款: {line.name}"
    return ""


def _xrf04(one: Set, left: Side | None, a_left: Side | None, income: Coded | None) -> Iterator[Identity]:
    reason = one.why_not("revenue_expenditure_summary", "appropriation_summary")
    if left is None or a_left is None or one_column(left) is None or one_column(a_left) is None:
        yield skip("XRF-04", reason or "columns of several years")
    else:
        yield from _fiscal_rows(left, a_left)
    if a_left is None or income is None or one_column(a_left) is None:
        return
    fiscal = income.of_total("fiscal_total") or _fund_terms(income)
    own = _fiscal_total(a_left)
    if fiscal and own:
        yield _fiscal_income(a_left, income, own, fiscal)


def _fiscal_income(a_left: Side, income: Coded, own: list[Term], fiscal: list[Term]) -> Identity:
    """XRF-04 between the summary and 收入总表, in the reading of the form that holds.

    A 收入总表 without a column for what was carried over prints it inside its fund columns (Chongqing, in every document): there
    本年收入 and 上年结转 of the summary together are what it shows.
    """
    usual = equal("XRF-04", own, fiscal, "财政拨款", _titles(a_left, income))
    if usual.holds or income.of_total("carry_over_in"):
        return usual
    carried = [t for line in a_left.between if says("rows", "carry_in", line.name) and (t := term(a_left, line))]
    if not any(t.cell.value for t in carried):
        return usual
    inside = equal("XRF-04", [*own, *carried], fiscal, "财政拨款（含上年结转）", _titles(a_left, income))
    return inside if inside.holds else usual


def _fund_terms(income: Coded) -> list[Term] | None:
    found = [terms for fund in FUNDS if (terms := income.of_total(fund))]
    return [t for terms in found for t in terms] if found and income.of_total("general_budget") else None


def _fiscal_total(side: Side) -> list[Term] | None:
    """财政拨款 of the current year in a summary: its own row, its total, or its fund rows."""
    rows = [line for line in side.parts if says("rows", "fiscal_revenue", line.name)]
    if len(rows) == 1 and (t := term(side, rows[0])) is not None:
        return [t]
    if side.table.kind == "appropriation_summary" and side.current is not None:
        t = term(side, side.current)
        return [t] if t is not None else None
    by_fund = [[line for line in side.parts if says("rows", fund, line.name)] for fund in FUNDS]
    if not by_fund[0] or any(len(found) > 1 for found in by_fund):
        return None
    found = [term(side, lines[0]) for lines in by_fund if lines]
    return [t for t in found if t is not None] if all(found) else None


def _fiscal_rows(left: Side, a_left: Side) -> Iterator[Identity]:
    own, other = _fiscal_total(left), _fiscal_total(a_left)
    ids = (left.table.statement.id, a_left.table.statement.id)
    if own and other:
        yield equal("XRF-04", own, other, "财政拨款收入", _titles(left, a_left))
    else:
        yield skip("XRF-04", "财政拨款 is no row of its own", *ids)
    for fund in FUNDS:
        mine = [line for line in _named(left, fund) if not _below_carry(left, line)]
        theirs = [line for line in a_left.parts if says("rows", fund, line.name)]
        if len(mine) != 1 or len(theirs) != 1:
            continue
        a, b = term(left, mine[0]), term(a_left, theirs[0])
        if a is not None and b is not None and (a.cell.printed or b.cell.printed):
            yield equal("XRF-04", [a], [b], mine[0].name, _titles(left, a_left))


def _below_carry(side: Side, line: Line) -> bool:
    return any(line in side.parts_of.get(row.row, ()) for row in side.between)


def _xrf05(one: Set, right: Side | None, a_right: Side | None, why_not: str) -> Iterator[Identity]:
    reason = one.why_not("revenue_expenditure_summary", "appropriation_summary")
    if right is None or a_right is None:
        yield skip("XRF-05", reason)
        return
    ids = (right.table.statement.id, a_right.table.statement.id)
    if why_not:
        yield skip("XRF-05", why_not, *ids)
        return
    a = term(right, right.grand) if right.grand else None
    b = term(a_right, a_right.grand) if a_right.grand else None
    if a is None or b is None:
        yield skip("XRF-05", "a grand total is not printed", *ids)
        return
    yield equal("XRF-05", [a], [b], "支出总计", _titles(right, a_right))


def _xrf06_in_all(
    one: Set, a_left: Side | None, a_right: Side, line: Line | None, funds: dict[str, Coded | None]
) -> Identity:
    """Without fund columns the fund statements together are 财政拨款支出, when every fund that has revenue has its statement."""
    sid = a_right.table.statement.id
    own = term(a_right, line) if line is not None else None
    used = {
        fund for fund in FUNDS if a_left is not None
        for row in _named(a_left, fund) if any(cell.value for cell in row.cells.values())
    }  # fmt: skip
    several = [kind for kind in FUND_TABLES.values() if one.why_not(kind).endswith("several tables")]
    totals = {fund: table.of_total("total") for fund, table in funds.items() if table is not None}
    if own is None or several or not used or not used <= set(totals) or not all(totals.values()):
        return skip("XRF-06", "not one statement with a total for each fund that has revenue", sid)
    terms = [t for found in totals.values() for t in found or ()]
    tables = [table for table in funds.values() if table is not None]
    claim = equal("XRF-06", [own], terms, _titles(a_right, *tables), "财政拨款支出")
    if claim.holds or a_left is None:
        return claim
    carried = _carried_apart(one, a_left, tables)
    whole = equal("XRF-06", [own], [*terms, *carried], claim.row_label, claim.column_label)
    return whole if whole.holds else claim


def _carried_apart(one: Set, a_left: Side, tables: list[Coded]) -> list[Term]:
    """What was carried over, where the document says that the fund statements leave it out; [] where it does not say so.

    It says so by a statement of its own (上年结转资金支出表, Shaanxi), in the title or notes of a fund statement (不含上年结转),
    or by the header of its total (年初预算数, central ministries). A difference that only happens to be the carry-over is none.
    """
    rows = [line for line in a_left.between if says("rows", "carry_in", line.name)]
    carried = [t for line in rows if (t := term(a_left, line)) is not None and t.cell.value]
    for table in (table for found in one.kinds.values() for table in found if not table.empty):
        title = squeeze(table.title)
        if not says("statements", "of_carried_over", title) or says("statements", "without_carried_over", title):
            continue
        own = coded(table, None)
        # without a total line the list is only known to be there
        return (own.of_total("total") if own is not None and own.total is not None else None) or carried
    return carried if any(_leaves_out_carried(table) for table in tables) else []


def _leaves_out_carried(coded_table: Coded) -> bool:
    statement = coded_table.table.statement
    if any(
        says("statements", "without_carried_over", squeeze(text)) for text in (statement.title or "", *statement.notes)
    ):
        return True
    return any(
        says("columns", "opening", level) for column in coded_table.column("total") or [] for level in column.path
    )


def _xrf06(one: Set, a_left: Side | None, a_right: Side | None, funds: dict[str, Coded | None]) -> Iterator[Identity]:
    if a_right is None:
        yield skip("XRF-06", one.why_not("appropriation_summary"))
        return
    line = a_right.current or a_right.grand
    if not any(fund_of(column) for column in a_right.columns):
        yield _xrf06_in_all(one, a_left, a_right, line, funds)
        return
    for fund, kind in FUND_TABLES.items():
        columns = [column for column in a_right.columns if fund_of(column) == fund]
        printed = one.kinds.get(kind, [])
        if line is None or len(columns) != 1 or not printed:
            yield skip("XRF-06", f"{kind}: no table or no single column beside it", a_right.table.statement.id)
            continue
        own = term(a_right, line, columns[0])
        own = Term(own.cell, f"{own.label} {columns[0].leaf}") if own else None
        table = funds[fund]
        if own is None:
            continue
        if table is not None and (total := table.of_total("total")) is not None:
            yield equal("XRF-06", [own], total, _titles(a_right, table), columns[0].label)
        elif own.cell.value and all(each.empty for each in printed):
            yield equal("XRF-06", [own], [], f"{a_right.table.title} = {printed[0].title} (空表)", columns[0].label)
        else:
            yield skip("XRF-06", one.why_not(kind) or f"{kind} prints no total", a_right.table.statement.id)


def _xrf07(
    one: Set, spending: Coded | None, funds: dict[str, Coded | None], a_right: Side | None, why_not: str
) -> Iterator[Identity]:
    if spending is None:
        yield skip("XRF-07", one.why_not("expenditure_summary"))
        return
    sid = spending.table.statement.id
    missing = [kind for kind in FUND_TABLES.values() if not one.kinds.get(kind) and _column_used(a_right, kind)]
    several = [kind for kind in FUND_TABLES.values() if one.why_not(kind).endswith("several tables")]
    tables = [table for table in funds.values() if table is not None]
    if why_not or missing or several or not tables:
        yield skip("XRF-07", why_not or f"not one table each: {', '.join(missing + several) or 'fund tables'}", sid)
        return
    if (t := spending.of_total("carry_over_out")) and any(x.cell.value for x in t):
        yield skip("XRF-07", "支出总表 includes what is carried over", sid)
        return
    for measure in ("total", "basic", "project"):
        own = spending.of_total(measure)
        parts = [table.of_total(measure) for table in tables]
        if own is None or (measure == "total" and not all(parts)):
            continue
        present = [t for terms in parts if terms for t in terms]
        if present and (own[0].cell.printed or any(t.cell.printed for t in present)):
            yield equal("XRF-07", own, present, _titles(spending, *tables), own[0].label.rsplit(" ", 1)[-1])
    yield from _per_code("XRF-07", [spending], tables)


def _column_used(a_right: Side | None, kind: str) -> bool:
    if a_right is None:
        return False
    fund = next(fund for fund, table in FUND_TABLES.items() if table == kind)
    return any(
        line.cells[column.col].value
        for column in a_right.columns if fund_of(column) == fund
        for line in a_right.table.side("expenditure") if column.col in line.cells
    )  # fmt: skip


def _xrf08(one: Set, general: Coded | None, basic: Table | None) -> Iterator[Identity]:
    if general is None or basic is None:
        yield skip("XRF-08", one.why_not("general_budget_expenditure", "general_budget_basic_expenditure"))
        return
    own = general.of_total("basic")
    if own is None:
        yield skip("XRF-08", "一般公共预算支出表 prints no 基本支出 column", general.table.statement.id)
        return
    other = basic_total(basic)
    if not other:
        yield skip("XRF-08", "一般公共预算基本支出表 prints no total", basic.statement.id)
        return
    yield equal("XRF-08", own, other, f"{general.table.title} = {basic.title}", "基本支出")


def _views(one: Set, funds: dict[str, Coded | None], basic: Table | None, year: int | None) -> Iterator[Identity]:
    """XRF-06, XRF-08: 按功能分类 and 按经济分类 are two views of the same money: totals agree, and 基本支出 by function row by row."""
    own = {kind: funds[fund] for fund, kind in FUND_TABLES.items()}
    own["general_budget_basic_expenditure"] = coded(basic, year)
    for kind, mine in own.items():
        check = "XRF-08" if kind == "general_budget_basic_expenditure" else "XRF-06"
        for view in one.views(kind):
            theirs = coded(view, year)
            if mine is None or theirs is None:
                yield skip(check, "the view by another classification prints no total", view.statement.id)
                continue
            for measure in ("total", "basic", "project", "personnel", "public"):
                a, b = mine.of_total(measure), theirs.of_total(measure)
                if a and b and any(t.cell.printed for t in a) and any(t.cell.printed for t in b):
                    claim = equal(check, a, b, _titles(mine, theirs), a[0].label.rsplit(" ", 1)[-1])
                    yield replace(claim, tolerance=claim.tolerance * (_rows_of(a, mine) + _rows_of(b, theirs)))
            general = funds["general_budget"]
            if check == "XRF-08" and general is not None and classified_by(view) == "functional":
                yield from _basic_per_code(general, theirs)


def _rows_of(total: list[Term], table: Coded) -> int:
    """How many rounded rows a total is the sum of: two views round different rows."""
    cols = {t.cell.col for t in total}
    lines = [line for line in table.table.side(None) if line.code and any(line.cells[col].printed for col in cols)]
    codes = {line.code for line in lines}
    return max(1, sum(not any(other != code and other.startswith(code) for other in codes) for code in codes))


def _basic_per_code(general: Coded, view: Coded) -> Iterator[Identity]:
    """XRF-08 by code: the column 基本支出 of 一般公共预算支出表 against 基本支出表 by function."""
    a, b = _by_key([general], "basic"), _by_key([view], "total")
    claims = [
        equal("XRF-08", a[code], b[code], code, f"{_titles(general, view)} 基本支出")
        for code in a if code in b and any(t.cell.printed for t in (*a[code], *b[code]))
    ]  # fmt: skip
    if sum(not claim.holds for claim in claims) > max(1, DISAGREE * len(claims)):
        yield skip(
            "XRF-08", "the tables do not list the same codes", general.table.statement.id, view.table.statement.id
        )
    else:
        yield from claims


def basic_total(table: Table) -> list[Term] | None:
    """基本支出 in all: the total of the table, or its 人员经费合计 and 公用经费合计."""
    lines = [line for line in table.side(None) if line.cells]
    if table.lists > 1:
        ends = [line for line in lines if not line.code and says("rows", "total_word", line.name)]
        if len(ends) == 2:
            return [Term(line.cells[min(line.cells)], f"{table.title} {line.name}") for line in ends]
        whole = [line for line in ends if is_total(line)]
        return [Term(whole[0].cells[min(whole[0].cells)], table.title)] if len(whole) == 1 else None
    found = coded(table, None)
    return found.of_total("total") if found else None


def _xrf09(
    one: Set,
    right: Side | None,
    spending: Coded | None,
    a_left: Side | None,
    a_right: Side | None,
    funds: dict[str, Coded | None],
) -> Iterator[Identity]:
    if right is None or spending is None or one_column(right) is None:
        yield skip(
            "XRF-09", one.why_not("revenue_expenditure_summary", "expenditure_summary") or "columns of several years"
        )
    else:
        minus = ("carry_over_out", *(("subsidy_down", "paid_up") if _below(right) else ()))
        yield from _classes(right, one_column(right), spending, minus)
        yield from _below_classes(right, [spending])
    if a_right is None:
        return
    yield from _below_classes(a_right, [table for table in funds.values() if table is not None])
    if not any(fund_of(column) for column in a_right.columns):
        yield from _classes_of_all_funds(one, a_left, a_right, funds)
    for fund, table in funds.items():
        columns = [column for column in a_right.columns if fund_of(column) == fund]
        if table is not None and len(columns) == 1:
            yield from _classes(a_right, columns[0], table, ("carry_over_out",))


def _classes_of_all_funds(
    one: Set, a_left: Side | None, a_right: Side, funds: dict[str, Coded | None]
) -> Iterator[Identity]:
    """XRF-09 of 财政拨款收支总表 without fund columns: a class is that class in the fund statements together."""
    whole = _xrf06_in_all(one, a_left, a_right, a_right.current or a_right.grand, funds)
    tables = [table for table in funds.values() if table is not None]
    column = one_column(a_right)
    if whole.skipped is not None or column is None or not tables:
        yield skip("XRF-09", "no statement for each fund that has revenue", a_right.table.statement.id)
        return
    shown = {t.cell.statement_id for t in whole.right}
    if not whole.holds or shown != {table.table.statement.id for table in tables}:
        yield skip("XRF-09", "the fund statements leave out what was carried over", a_right.table.statement.id)
        return
    sums = [_sums_by_class(table, table.column("total"), ("carry_over_out",)) for table in tables]
    if not all(sums):
        yield skip("XRF-09", "no classes by function to compare with", a_right.table.statement.id)
        return
    merged: dict[str, list[Term]] = defaultdict(list)
    for found in sums:
        for code, terms in found.items():
            merged[code] += terms
    for claim in _class_rows(a_right, column, merged, _titles(a_right, *tables)):
        # the class is a sum of rounded items in the one and rounded as a whole in the other
        yield replace(claim, tolerance=max(claim.tolerance, tolerance_of((*claim.left, *claim.right), 2)))


def _below(right: Side) -> list[Line]:
    return [
        line for line in right.between if says("rows", "subsidy_down", line.name) or says("rows", "paid_up", line.name)
    ]


def _classes(side: Side, column: Column | None, table: Coded, minus: tuple[str, ...]) -> Iterator[Identity]:
    columns = table.column("total")
    sid = (side.table.statement.id, table.table.statement.id)
    by_class = _sums_by_class(table, columns, minus)
    if column is None or not columns or not by_class:
        yield skip("XRF-09", "no classes by function to compare with", *sid)
        return
    yield from _class_rows(side, column, by_class, f"{_titles(side, table)} {column.leaf}")


def _class_rows(side: Side, column: Column, by_class: Mapping[str, list[Term]], where: str) -> Iterator[Identity]:
    """XRF-09 of every class that a summary prints in a column: it is the sum of the terms of its code."""
    for line in side.parts:
        code = class_code(line.name)
        if code is None or column.col not in line.cells:
            continue
        own = Term(line.cells[column.col], f"{side.table.title} {line.name}")
        terms = by_class.get(code, [])
        if own.cell.printed or any(t.cell.printed for t in terms):
            yield equal("XRF-09", [own], terms, f"{code} {line.name}", where)


def _below_classes(side: Side, tables: list[Coded]) -> Iterator[Identity]:
    """款 and 项 that a summary prints below its 类 without codes: each is the row of that name in the statements by code.

    A name may stand at several levels (公共卫生 as 款 and 项); rows of one name are taken in the order of their codes.
    """
    column = one_column(side)
    if column is None or not tables or any(table.column("total") is None or table.table.unit_codes for table in tables):
        return
    claims: list[Identity] = []
    for head in side.parts:
        code, below = class_code(head.name), side.parts_of.get(head.row, ())
        if code is None or not below:
            continue
        rows = _rows_by_name(tables, code)
        for line in below:
            found = rows.get(core(line.name))
            if not found or column.col not in line.cells:
                continue
            terms = found.pop(0) if len(found) > 1 else found[0]
            own = Term(line.cells[column.col], f"{side.table.title} {line.name}")
            claims.append(equal("XRF-09", [own], terms, f"{code} {line.name}", _titles(side, *tables)))
    if sum(not claim.holds for claim in claims) > max(1, DISAGREE * len(claims)):
        sid = (side.table.statement.id, *(table.table.statement.id for table in tables))
        yield skip("XRF-09", "the rows below the classes are not those of the statements by code", *sid)
    else:
        yield from claims


def _rows_by_name(tables: list[Coded], code: str) -> dict[str, list[list[Term]]]:
    """Name → the rows of a class with that name, in the order of their codes; one row a code, summed over the tables."""
    by_code: dict[str, list[Term]] = defaultdict(list)
    names_of: dict[str, str] = {}
    for table in tables:
        for line in table.table.side(None):
            if line.code.startswith(code) and len(line.code) in (5, 7):
                by_code[line.code] += _cells(line, table.column("total") or [], table)
                names_of.setdefault(line.code, core(line.name))
    found: dict[str, list[list[Term]]] = defaultdict(list)
    for each in sorted(by_code):
        found[names_of[each]].append(by_code[each])
    return found


def _sums_by_class(table: Coded, columns: list[Column] | None, minus: tuple[str, ...]) -> dict[str, list[Term]]:
    lines = [
        line
        for line in table.table.side(None)
        if line.code.isdigit() and line.code.startswith("2") and len(line.code) in (3, 5, 7)
    ]
    found: dict[str, list[Term]] = defaultdict(list)
    if table.table.unit_codes:
        return found
    less = [column for measure in minus for column in table.column(measure) or []]
    for node in forest(lines):
        terms = _cells(node.line, columns or [], table)
        found[node.line.code[:3]] += [*terms, *_minus(_cells(node.line, less, table))]
    return found


def _cells(line: Line, columns: list[Column], table: Coded) -> list[Term]:
    return [
        Term(line.cells[c.col], f"{table.table.title} {line.label} {c.leaf}") for c in columns if c.col in line.cells
    ]


def _xrf10(
    one: Set, left: Side | None, right: Side | None, income: Coded | None, spending: Coded | None
) -> Iterator[Identity]:
    if income is None or spending is None:
        yield skip("XRF-10", one.why_not("revenue_summary", "expenditure_summary"))
        return
    if why := _not_the_same(left, right, income, spending):
        yield skip("XRF-10", why, income.table.statement.id, spending.table.statement.id)
        return
    yield from _per_code("XRF-10", [income], [spending], measures=("total",))


def _per_code(
    check: str, lefts: list[Coded], rights: list[Coded], measures: tuple[str, ...] = ("total", "basic", "project")
) -> Iterator[Identity]:
    ids = tuple(table.table.statement.id for table in (*lefts, *rights))
    for measure in measures:
        if any(table.column(measure) is None for table in lefts) or not any(table.column(measure) for table in rights):
            continue
        if measure == "total" and any(table.column(measure) is None for table in rights):
            continue
        a, b = _by_key(lefts, measure), _by_key(rights, measure)
        levels = {len(code) for code in a} & {len(code) for code in b}
        claims = []
        for key in dict.fromkeys([*a, *b]):
            if len(key) not in levels:
                continue
            mine, theirs = a.get(key, []), b.get(key, [])
            if any(t.cell.printed for t in (*mine, *theirs)):
                mine, theirs = mine or [_lost(lefts[0], measure, key)], theirs or [_lost(rights[0], measure, key)]
                claims.append(equal(check, mine, theirs, key, f"{_titles(*lefts)} = {_titles(*rights)} {measure}"))
        if not claims:
            yield skip(check, "no code is printed on both sides", *ids, column_label=measure)
        elif sum(not claim.holds for claim in claims) > max(1, DISAGREE * len(claims)):
            yield skip(check, "the tables do not list the same codes", *ids, column_label=measure)
        else:
            yield from claims


def _lost(table: Coded, measure: str, code: str) -> Term:
    """The cell of a code that a table should print and does not: a row lost on the way, or never printed."""
    columns = table.column(measure)
    col = columns[0].col if columns else 0
    cell = Cell(table.table.statement.id, -int(code), col, Decimal(0), "", None, None, COARSEST)
    return Term(cell, f"{table.table.title} {code} (没有这一行)")


def _by_key(tables: list[Coded], measure: str) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = defaultdict(list)
    for table in tables:
        columns = table.column(measure) or []
        for line in table.table.side(None):
            if line.code.isdigit() and len(line.code) in (3, 5, 7) and not table.table.unit_codes:
                found[line.code] += _cells(line, columns, table)
    return found


def _xrf11(one: Set, spending: Coded | None, general: Coded | None, year: int | None) -> Iterator[Identity]:
    lists = [table for table in one.kinds.get("project_expenditure", []) if not table.empty]
    if not lists:
        yield skip("XRF-11", one.why_not("project_expenditure"))
    for table in lists:
        only_general = "一般公共预算" in table.title
        wanted = general if only_general else spending
        own = wanted.of_total("project") if wanted else None
        found = coded(table, year)
        total = found.of_total("total") if found else None
        if (
            own is None
            or not total
            or (len(lists) > 1 and not only_general and sum("一般" in t.title for t in lists) + 1 < len(lists))
        ):
            yield skip("XRF-11", "no 项目支出 column or no total to compare with", table.statement.id)
            continue
        claim = equal("XRF-11", own, total, f"{own[0].label} = {table.title}", "项目支出")
        if claim.holds or _power_of_ten(claim.left_value, claim.right_value) is not None or _covers(total, own):
            yield claim
        else:
            yield skip("XRF-11", "the list shows a part of 项目支出 only", table.statement.id)


def _covers(total: list[Term], own: list[Term]) -> bool:
    """A list that holds nearly all of 项目支出 is meant to hold all of it; a list of key projects is not."""
    left, right = sum((t.amount for t in own), Decimal(0)), sum((t.amount for t in total), Decimal(0))
    return left > 0 and Decimal("0.9") * left < right < Decimal("1.1") * left


def _power_of_ten(left: Decimal, right: Decimal) -> int | None:
    """The power of ten (not 0) between two amounts that have the same digits; None when there is none."""
    if not left or not right or left.normalize().as_tuple().digits != right.normalize().as_tuple().digits:
        return None
    shift = left.adjusted() - right.adjusted()
    return shift if shift else None
