"""HIE: a total is the sum of its parts down the page, in every amount column.

Two ways to know what is a part: codes (208 → 20805 → 2080505, also when a level is not printed or a code repeats under
several economic codes) and, in lists without codes, 小计 rows and units above their own details.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.tables import Cell, Column, Line, Table, is_total, names, says

BY_CODE = (
    "revenue_summary", "expenditure_summary", "general_budget_expenditure", "general_budget_basic_expenditure",
    "government_fund_expenditure", "state_capital_expenditure", "basic_expenditure", "project_expenditure", "procurement",
    "appropriation_expenditure", "agency_running_expenses",
)  # fmt: skip
ECONOMIC = ("department_economic", "government_economic")
LEVEL = {3: "class", 5: "section", 7: "item"}


@dataclass(slots=True)
class Node:
    """A line with the lines whose code continues its own."""

    line: Line
    children: list[Node] = field(default_factory=list)


def forest(lines: list[Line]) -> list[Node]:
    """Coded lines in reading order as a forest: the parent is the nearest line above whose code begins this one's.

    A line whose parent is printed elsewhere (sorted tables) is hung below it when only one line has that code.
    """
    roots: list[Node] = []
    stack: list[Node] = []
    nodes = [Node(line) for line in lines]
    by_code: dict[str, list[Node]] = {}
    for node in nodes:
        by_code.setdefault(node.line.code, []).append(node)
    for node in nodes:
        code = node.line.code
        while stack and not _begins(stack[-1].line.code, code):
            stack.pop()
        parent = stack[-1] if stack else _elsewhere(code, by_code)
        (parent.children if parent is not None else roots).append(node)
        stack.append(node)
    return roots


def _begins(parent: str, code: str) -> bool:
    return len(parent) < len(code) and code.startswith(parent)


def _elsewhere(code: str, by_code: dict[str, list[Node]]) -> Node | None:
    for length in range(len(code) - 2, 2, -2):
        found = by_code.get(code[:length], [])
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


def walk(nodes: list[Node]) -> Iterator[Node]:
    """Every node of a forest, parents first."""
    for node in nodes:
        yield node
        yield from walk(node.children)


def additive_columns(table: Table) -> list[Column]:
    """Columns whose cells may be added down the page: everything but prices, quantities, rates and budgets repeated per item."""
    return [
        column
        for column in table.columns_of(None)
        if column.measure not in ("quantity", "unit_price", "catalogue_code")
        and not _repeats(column)
        and not names()["procurement"]["quantity"].search(column.leaf)
    ]


def _repeats(column: Column) -> bool:
    return bool(column.path) and (says("procurement", "budget", column.leaf) or "单价" in column.leaf)


def identities(tables: list[Table]) -> Iterator[Identity]:
    """HIE-01 to HIE-05."""
    for table in tables:
        if table.kind not in BY_CODE:
            continue
        if table.empty and not _blank_total_above_details(table):
            yield skip("HIE-01", "the table shows no amounts", table.statement.id)
            continue
        if table.lists > 1:
            yield from _lists_side_by_side(table)
            continue
        if _prints_levels(table):
            yield from _blank_rows_once(table, _by_parents(table))
            continue
        coded = [line for line in table.side(None) if _codes(line)] if not table.unit_codes else []
        yield from _blank_rows_once(table, _by_code(table, coded) if coded else _by_position(table))


def _blank_rows_once(table: Table, claims: Iterator[Identity]) -> Iterator[Identity]:
    """A total row that is blank in every column misses its parts once, not once a column."""
    blank = {line.row for line in table.lines if line.blank}
    told: set[tuple[str, int]] = set()
    for claim in claims:
        row = claim.left[0].cell.row if len(claim.left) == 1 else None
        if row in blank and claim.holds is False:
            if (claim.check, row) in told:
                continue
            told.add((claim.check, row))
        yield claim


def _codes(line: Line) -> bool:
    return (
        line.code.isdigit() and len(line.code) in (3, 5, 7) and line.code_system not in ("project", "catalogue", "unit")
    )


def _blank_total_above_details(table: Table) -> bool:
    return any(is_total(line) for line in table.lines) and any(
        cell.printed for line in table.lines for cell in line.cells.values()
    )


def _economic(lines: list[Line]) -> bool:
    return sum(line.code_system in ECONOMIC or line.code[0] in "35" for line in lines) * 2 > len(lines)


def _terms(lines: list[Line], column: Column) -> list[Term]:
    return [Term(line.cells[column.col], line.label) for line in lines if column.col in line.cells]


def _by_code(table: Table, coded: list[Line]) -> Iterator[Identity]:
    economic = _economic(coded)
    total_check = "HIE-04" if economic else "HIE-01"
    roots = forest(coded)
    total = table.total()
    units = [
        line
        for line in table.side(None)
        if not _codes(line) and not is_total(line) and not line.of_which and not line.blank
    ]
    columns = additive_columns(table)
    heads = _unit_heads(table, units, coded) if units else None
    if heads is not None:
        yield from _units(table, heads, columns, total)
    elif total is None:
        yield skip(total_check, "no total row, or several", table.statement.id)
    else:
        plain = [line for line in units if _is_flat(line, total)]
        for column in columns:
            addends = _terms([node.line for node in roots] + plain, column)
            if column.col not in total.cells or not _any_printed(total.cells[column.col], addends):
                continue
            own = [Term(total.cells[column.col], total.name)]
            claim = equal(total_check, own, addends, total.name, column.label)
            if units and not claim.holds:  # a row whose code was not printed, or not read, is still an addend
                more = addends + _terms([line for line in units if line not in plain], column)
                other = equal(total_check, own, more, total.name, column.label)
                claim = other if other.holds else claim
            if len(units) > len(plain) + 2 and not claim.holds:
                reason = "rows without a code stand between the codes: what they add up is not shown"
                yield skip(total_check, reason, table.statement.id, column_label=column.label)
            else:
                yield claim
    for node in walk(roots):
        if not node.children:
            continue
        check = "HIE-04" if economic else "HIE-02" if len(node.line.code) == 3 else "HIE-03"
        for column in columns:
            addends = _terms([child.line for child in node.children], column)
            if column.col not in node.line.cells or not addends:
                continue
            if not node.line.cells[column.col].printed and not any(term.cell.printed for term in addends):
                continue
            yield equal(
                check, [Term(node.line.cells[column.col], node.line.label)], addends, node.line.label, column.label
            )


def _any_printed(cell: Cell, terms: list[Term]) -> bool:
    return cell.printed or any(term.cell.printed for term in terms)


def _is_flat(line: Line, total: Line) -> bool:
    """An uncoded row among coded ones that is an addend of the total (结转下年 as a row)."""
    return line.role == "carry" or says("rows", "carry_in", line.name) or says("rows", "carry_out", line.name)


def _unit_heads(table: Table, units: list[Line], coded: list[Line]) -> list[tuple[Line, list[Line]]] | None:
    """Units above their own coded rows (per-unit tables): each with the roots below it, when the figures show it."""
    heads: list[tuple[Line, list[Line]]] = []
    ordered = [line for line in table.side(None) if line in units or line in coded]
    if not ordered or ordered[0] not in units:
        return None
    for line in ordered:
        if line in units:
            heads.append((line, []))
        else:
            heads[-1][1].append(line)
    heads = [(head, [node.line for node in forest(below)]) for head, below in heads]
    columns = additive_columns(table)
    fits = sum(
        equal("", _terms([head], column), _terms(below, column), "", "").holds is True
        for head, below in heads for column in columns[:1]
    )  # fmt: skip
    return heads if below_all(heads) and fits * 2 > len(heads) else None


def below_all(heads: list[tuple[Line, list[Line]]]) -> bool:
    """Whether every unit has rows below it."""
    return all(below for _, below in heads)


def _units(
    table: Table, heads: list[tuple[Line, list[Line]]], columns: list[Column], total: Line | None
) -> Iterator[Identity]:
    for column in columns:
        if total is not None and column.col in total.cells:
            yield equal(
                "HIE-05", _terms([total], column), _terms([head for head, _ in heads], column), total.name, column.label
            )
        for head, below in heads:
            yield equal("HIE-05", _terms([head], column), _terms(below, column), head.name, column.label)


# --------------------------------------------------------------------------- levels that are printed


def _prints_levels(table: Table) -> bool:
    """Whether a row without a code of functions is printed above its parts."""
    parents = {line.parent_row for line in table.side(None) if line.parent_row is not None}
    return any(line.row in parents and not _codes(line) for line in table.side(None))


def _by_parents(table: Table) -> Iterator[Identity]:
    """HIE-05 where print shows the levels: the total is the sum of the top rows, every row the sum of its parts."""
    lines = [line for line in table.side(None) if not line.of_which]
    totals = [line for line in lines if is_total(line)]
    rest = [line for line in lines if line not in totals]
    parts: dict[int, list[Line]] = {}
    for line in rest:
        if line.parent_row is not None:
            parts.setdefault(line.parent_row, []).append(line)
    tops = [line for line in rest if line.parent_row is None]
    whole = [(total, tops) for total in _distinct(totals)]
    for head, below in [*whole, *((line, parts[line.row]) for line in rest if line.row in parts)]:
        for column in additive_columns(table):
            addends = _terms(below, column)
            own = head.cells[column.col]
            if column.col in head.cells and addends and _any_printed(own, addends):
                yield equal("HIE-05", [Term(own, head.label)], addends, head.label, column.label)


def _distinct(totals: list[Line]) -> list[Line]:
    """Totals that differ: one that is printed at the top and again at the end is one."""
    found: dict[tuple[Decimal, ...], Line] = {}
    for line in totals:
        found.setdefault(tuple(cell.value for _, cell in sorted(line.cells.items())), line)
    return list(found.values())


# --------------------------------------------------------------------------- lists without codes


def _by_position(table: Table) -> Iterator[Identity]:
    """HIE-05: 合计 = Σ 小计 = Σ details; units above their details where the figures show that they are."""
    sid = table.statement.id
    lines = [line for line in table.side(None) if not line.of_which]
    totals = [line for line in lines if is_total(line)]
    rest = [line for line in lines if not is_total(line)]
    if not rest:
        yield skip("HIE-05", "no rows beside the total", sid)
        return
    subtotals = [line for line in rest if line.role == "subtotal" or says("rows", "subtotal_word", line.name)]
    columns = additive_columns(table)
    if subtotals:
        yield from _with_subtotals(table, totals, rest, subtotals, columns)
        return
    if len(totals) != 1:
        yield skip("HIE-05", "no total row, or several", sid)
        return
    total = totals[0]
    groups = _grouped(total, rest, columns)
    for column in columns:
        if column.col not in total.cells:
            continue
        addends = _terms([head for head, _ in groups] if groups else rest, column)
        if not total.cells[column.col].printed and not any(term.cell.printed for term in addends):
            continue
        if groups is None and _counted_twice(total, rest, column):
            yield skip("HIE-05", "rows nest in a way that the print does not show", sid, column_label=column.label)
            continue
        yield equal("HIE-05", _terms([total], column), addends, total.name, column.label)
    for head, below in groups or []:
        for column in columns:
            if not below or column.col not in head.cells:
                continue
            if (below_terms := _terms(below, column)) and not _counted_twice(head, below, column):
                yield equal("HIE-05", _terms([head], column), below_terms, head.name, column.label)


def _with_subtotals(
    table: Table, totals: list[Line], rest: list[Line], subtotals: list[Line], columns: list[Column]
) -> Iterator[Identity]:
    first = rest[0] in subtotals
    blocks = _blocks(rest, subtotals, first=first)
    for column in columns:
        if len(totals) == 1 and column.col in totals[0].cells:
            addends = _terms(subtotals, column)
            if totals[0].cells[column.col].printed or any(
                term.cell.printed for _, b in blocks for term in _terms(b, column)
            ):
                if not any(line.cells[column.col].printed for line in subtotals if column.col in line.cells):
                    addends = _terms([line for _, below in blocks for line in below], column)
                yield equal("HIE-05", _terms(totals, column), addends, totals[0].name, column.label)
        for head, below in blocks:
            terms = _terms(below, column)
            if (
                terms
                and column.col in head.cells
                and (head.cells[column.col].printed or any(t.cell.printed for t in terms))
            ):
                yield equal("HIE-05", _terms([head], column), terms, head.name, column.label)


def _blocks(rest: list[Line], subtotals: list[Line], *, first: bool) -> list[tuple[Line, list[Line]]]:
    blocks: list[tuple[Line, list[Line]]] = []
    open_rows: list[Line] = []
    for line in rest:
        if line in subtotals:
            if first:
                blocks.append((line, []))
            else:
                blocks.append((line, open_rows))
                open_rows = []
        elif first:
            blocks[-1][1].append(line)
        else:
            open_rows.append(line)
    return blocks


def _counted_twice(total: Line, rest: list[Line], column: Column) -> bool:
    """Whether the rows nest: together far more than their total, and several are the sum of the rows that follow them."""
    value = total.cells[column.col].value
    amounts = [term.amount for term in _terms(rest, column)]
    if not value or sum(amounts) <= value * 3 / 2:
        return False
    runs = [run for position in range(len(amounts)) if (run := _run_below(amounts, position))]
    return len(runs) * 4 >= len(amounts) or (len(runs) >= 2 and max(runs) >= 2)


def _run_below(amounts: list[Decimal], position: int) -> int:
    """How many rows below this one add up to it; 0 when none do."""
    head, running = amounts[position], Decimal(0)
    if not head:
        return 0
    for count, amount in enumerate(amounts[position + 1 :], 1):
        running += amount
        if running >= head:
            return count if running == head else 0
    return 0


def _grouped(total: Line, rest: list[Line], columns: list[Column]) -> list[tuple[Line, list[Line]]] | None:
    """Units above their details: by indent where the print keeps it, else by figures that add up without a gap."""
    column = next((c for c in columns if c.col in total.cells and total.cells[c.col].value), None)
    if column is None or any(column.col not in line.cells for line in rest):
        return None
    if equal("", _terms([total], column), _terms(rest, column), "", "").holds:
        return None
    if (coded := _units_by_code(rest)) and _fits(total, coded, column):
        return coded
    depths = {line.indent for line in rest}
    if len(depths) == 2 and rest[0].indent == min(depths):
        heads = [line for line in rest if line.indent == min(depths)]
        indented = _blocks(rest, heads, first=True)
        if len(heads) < len(rest) and _fits(total, indented, column):
            return indented
    groups: list[tuple[Line, list[Line]]] = []
    position = 0
    while position < len(rest):
        head, below = rest[position], []
        position += 1
        while position < len(rest):
            below.append(rest[position])
            position += 1
            if equal("", _terms([head], column), _terms(below, column), "", "").holds:
                break
        else:
            return None
        groups.append((head, below))
    return (
        groups
        if groups and equal("", _terms([total], column), _terms([h for h, _ in groups], column), "", "").holds
        else None
    )


def _fits(total: Line, groups: list[tuple[Line, list[Line]]], column: Column) -> bool:
    """Whether the figures bear a grouping out: the total is the sum of the heads, or most heads are the sum of theirs."""
    if equal("", _terms([total], column), _terms([head for head, _ in groups], column), "", "").holds:
        return True
    full = [(head, below) for head, below in groups if below]
    sums = [equal("", _terms([head], column), _terms(below, column), "", "").holds is True for head, below in full]
    return len(sums) >= 2 and sum(sums) * 5 >= len(sums) * 4


def _units_by_code(rest: list[Line]) -> list[tuple[Line, list[Line]]] | None:
    """121 above 121001, 121002: departments above their units, by the code printed before the name."""
    if not all(line.code.isdigit() for line in rest):
        return None
    roots = forest(rest)
    return [(node.line, [child.line for child in node.children]) for node in roots] if len(roots) < len(rest) else None


# --------------------------------------------------------------------------- 公开06: lists side by side


def _lists_side_by_side(table: Table) -> Iterator[Identity]:
    """公开06: 人员经费 | 公用经费 | 公用经费, each list with code, name and amount, totals in the last row."""
    lines = [line for line in table.side(None) if line.cells]
    coded = [line for line in lines if _codes(line)]
    measure_of = {column.col: column.measure for column in table.columns}
    roots = forest(coded)
    for node in walk(roots):
        if node.children:
            addends = [_only(child.line) for child in node.children]
            own = _only(node.line)
            if own.cell.printed or any(term.cell.printed for term in addends):
                yield equal("HIE-04", [own], addends, node.line.label, "")
    for line in lines:
        if line.code or not says("rows", "total_word", line.name):
            continue
        own = _only(line)
        wanted = "personnel" if "人员" in line.name else "public" if "公用" in line.name else None
        addends = [
            _only(node.line) for node in roots
            if wanted is None or measure_of.get(min(node.line.cells)) == wanted
        ]  # fmt: skip
        if addends:
            yield equal("HIE-04", [own], addends, line.name, "")


def _only(line: Line) -> Term:
    return Term(line.cells[min(line.cells)], line.label)
