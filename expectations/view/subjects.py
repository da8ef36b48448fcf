"""PRC, AST, PRJ: checks inside single subjects (政府采购, 资产, 项目绩效); 三公经费 has a module of its own."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from budget.amounts import NotAnAmountError, Unit, parse_amount, printed_decimals
from budget.disclosure import Disclosure, Indicator, Project
from budget.printed_text import is_blank, plain_name, says_of_which, split_ordinal, squeeze
from expectations.view.codes import is_item_name
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.tables import COARSEST, Cell, Line, Table, is_total, says


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """PRC-01, PRC-03, PRC-04, AST-01, AST-02, PRJ-01 to PRJ-09."""
    for table in tables:
        if table.kind == "procurement":
            yield from _procurement(table)
        elif table.kind == "fixed_assets":
            yield from _assets(table)
        elif table.kind == "department_performance":
            yield from _duties(table)
    yield from _projects(disclosure, tables)


# --------------------------------------------------------------------------- 政府采购


def _columns(table: Table, key: str) -> list[int]:
    return [
        col for col, path in enumerate(table.statement.columns) if path and says("procurement", key, squeeze(path[-1]))
    ]


def _number(table: Table, row: int, col: int) -> Decimal | None:
    cells = table.statement.rows[row].cells if row < len(table.statement.rows) else ()
    try:
        return parse_amount(cells[col]) if col < len(cells) else None
    except NotAnAmountError:
        return None


def _procurement(table: Table) -> Iterator[Identity]:
    if table.empty:
        return
    total = next(
        (column for column in table.columns if column.measure == "total" and not budget_column(column.path)), None
    )
    if total is None:
        return
    details = [
        line for line in table.side(None)
        if total.col in line.cells and not is_total(line) and line.role != "subtotal" and "小计" not in line.name
    ]  # fmt: skip
    quantities, prices, reserved = (_columns(table, key) for key in ("quantity", "unit_price", "sme_reserved"))
    if len(quantities) == 1 and len(prices) == 1:
        claims = [claim for line in details if (claim := _product(table, line, quantities[0], prices[0], total.col))]
        # prices are printed in 元 in some forms and in 万元 in others: the rows show which
        wrong = sum(not claim.holds for claim in claims)
        if claims and wrong * 2 > len(claims):
            yield skip("PRC-01", "the rows do not show quantity × price as the amount", table.statement.id)
        else:
            yield from claims
    if len(reserved) == 1:
        for line in details:
            if reserved[0] in line.cells and line.cells[reserved[0]].printed:
                yield equal(
                    "PRC-03", [Term(line.cells[reserved[0]], f"{line.name} 预留")], [Term(line.cells[total.col], line.name)],
                    line.label, total.label, relation="≤",
                )  # fmt: skip
    yield from _budgets(table, details, total.col)


def budget_column(path: tuple[str, ...]) -> bool:
    """Whether a column of 政府采购 prints the budget of the project a row is bought from."""
    return says("procurement", "budget", squeeze(path[-1])) if path else False


def _product(table: Table, line: Line, quantity: int, price: int, amount: int) -> Identity | None:
    many, each = _number(table, line.row, quantity), _number(table, line.row, price)
    cell = line.cells[amount]
    if many is None or each is None or not cell.printed or line.row >= len(table.statement.rows):
        return None
    raw = table.statement.rows[line.row].cells[price]
    unit = Unit(table.statement.unit).in_wan if table.statement.unit else Decimal(1)
    half = Decimal(1).scaleb(-printed_decimals(raw)) / 2
    return Identity(
        "PRC-01", (table.statement.id,), line.label, f"{many} × {each}", (), (Term(cell, line.name),),
        tolerance=(half * abs(many) + Decimal(1).scaleb(-printed_decimals(cell.raw)) / 2) * unit,
        stated=(many * each * unit, cell.value),
    )  # fmt: skip


def _budgets(table: Table, details: list[Line], amount: int) -> Iterator[Identity]:
    """PRC-04: rows of one project print its budget again; their amounts together stay below it."""
    columns = [col for col, path in enumerate(table.statement.columns) if budget_column(path)]
    if len(columns) != 1:
        return
    runs: list[tuple[str, Decimal, list[Line]]] = []
    for line in details:
        budget = line.cells[columns[0]].value if columns[0] in line.cells and line.cells[columns[0]].printed else None
        if budget is None:
            continue
        if runs and runs[-1][0] == line.name and runs[-1][1] == budget and runs[-1][2][-1].row + 1 == line.row:
            runs[-1][2].append(line)
        else:
            runs.append((line.name, budget, [line]))
    for name, _, lines in runs:
        yield equal(
            "PRC-04", [Term(line.cells[amount], line.name) for line in lines],
            [Term(lines[0].cells[columns[0]], f"{name} 预算资金")], name, "预算资金", relation="≤",
        )  # fmt: skip


# --------------------------------------------------------------------------- 资产


def _assets(table: Table) -> Iterator[Identity]:
    statement = table.statement
    headers = [squeeze("".join(path)) for path in statement.columns]
    columns = [c for c, text in enumerate(headers) if says("assets", "quantity", text) or says("assets", "value", text)]
    first = min(columns, default=0)
    rows = [
        (r, next((text for text in row.cells[:first] if not is_blank(text)), ""))
        for r, row in enumerate(statement.rows)
    ]
    total = [
        r for r, text in rows if says("assets", "total", plain_name(text)) or says("assets", "total", squeeze(text))
    ]
    # without an ordinal a row among numbered ones goes on with the 其中 above it
    numbered = any(split_ordinal(text)[0] for r, text in rows if r not in total)
    main: list[int] = []
    parts: dict[int, list[int]] = defaultdict(list)
    for r, text in rows:
        if r in total or not text:
            continue
        if main and (says_of_which(text) or (numbered and not split_ordinal(text)[0])):
            parts[main[-1]].append(r)
        else:
            main.append(r)
    if len(total) != 1 or not main:
        yield skip("AST-01", "no total row above numbered rows", statement.id)
        return
    for col in columns:
        terms = {r: _asset_term(table, r, col, text) for r, text in rows}
        if any(term is None for term in terms.values()):
            yield skip("AST-01", "a cell is no number", statement.id, column_label=headers[col])
            continue
        whole = terms[total[0]]
        sums = [term for r in main if (term := terms[r]) is not None]
        if whole is not None and whole.cell.printed and any(term.cell.printed for term in sums):
            yield equal("AST-01", [whole], sums, whole.label, headers[col])
        for head, below in parts.items():
            for r in below:
                part, parent = terms[r], terms[head]
                if part is not None and parent is not None and part.cell.printed and parent.cell.printed:
                    yield equal("AST-02", [part], [parent], part.label, headers[col], relation="≤")


def asset_total(table: Table, what: str) -> Term | None:
    """资产总额 of 固定资产占用情况表, `what` is quantity or value; None when it is not one printed cell."""
    columns = [c for c, path in enumerate(table.statement.columns) if says("assets", what, squeeze("".join(path)))]
    rows = [
        (r, text) for r, row in enumerate(table.statement.rows)
        for text in [next((text for text in row.cells[: min(columns, default=0)] if not is_blank(text)), "")]
        if says("assets", "total", plain_name(text)) or says("assets", "total", squeeze(text))
    ]  # fmt: skip
    if len(columns) != 1 or len(rows) != 1:
        return None
    term = _asset_term(table, rows[0][0], columns[0], rows[0][1])
    return term._replace(label=f"{table.title} {term.label}") if term is not None and term.cell.printed else None


def _asset_term(table: Table, row: int, col: int, name: str) -> Term | None:
    line = next((line for line in table.side(None) if line.row == row and col in line.cells), None)
    if line is not None:
        return Term(line.cells[col], plain_name(name))
    cells = table.statement.rows[row]
    raw = cells.cells[col] if col < len(cells.cells) else ""
    try:
        value = parse_amount(raw) or Decimal(0)
    except NotAnAmountError:
        return None
    at = cells.at[col] if col < len(cells.at) else None
    return Term(Cell(table.statement.id, row, col, value, raw, None, at, COARSEST), plain_name(name))


# --------------------------------------------------------------------------- 绩效


def duty_heads(table: Table) -> list[Line]:
    """The duties of 整体绩效目标表: 一、二、… above their activities."""
    return [
        line
        for line in table.side(None)
        if not is_total(line) and line.ordinal and line.ordinal[0] in "一二三四五六七八九十"
    ]


def _duties(table: Table) -> Iterator[Identity]:
    """PRJ-09: 一、职责 = 1、2、3、 activities below it."""
    lines = [line for line in table.side(None) if not is_total(line)]
    heads = duty_heads(table)
    if len(heads) < 1 or len(heads) == len(lines):
        yield skip("PRJ-09", "duties and activities are not told apart", table.statement.id)
        return
    for head in heads:
        following = [line for line in lines if line.row > head.row]
        stop = next((line.row for line in following if line in heads), None)
        below = [line for line in following if stop is None or line.row < stop]
        for column in table.columns_of(None):
            terms = [Term(line.cells[column.col], line.name) for line in below if column.col in line.cells]
            if (
                column.measure in ("total", None)
                and terms
                and column.col in head.cells
                and head.cells[column.col].printed
            ):
                yield equal("PRJ-09", [Term(head.cells[column.col], head.name)], terms, head.name, column.label)


def _several_budgets(tables: list[Table]) -> tuple[str, ...]:
    """Name cells of forms printed as one list where a name stands over several budgets, one for each unit (Beijing)."""
    found: list[str] = []
    for table in tables:
        leaves = [squeeze(path[-1]) if path else "" for path in table.statement.columns]
        if table.kind != "project_performance" or "项目名称" not in leaves or "项目总额" not in leaves:
            continue
        name_col, amount_col, name = leaves.index("项目名称"), leaves.index("项目总额"), ""
        for row in table.statement.rows:
            if max(name_col, amount_col) >= len(row.cells):
                continue
            printed = squeeze(row.cells[name_col])
            if not printed and name and not is_blank(row.cells[amount_col]):
                found.append(name)
            name = printed or name
    return tuple(dict.fromkeys(found))


def _projects(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    projects, several = disclosure.projects, _several_budgets(tables)
    if not projects:
        return
    with_cost = [bool(_cost_indicators(project)) for project in projects]
    for number, project in enumerate(projects):
        yield from _split(number, project, tables)
        if any(squeeze(project.name) in text for text in several):
            yield skip("PRJ-02", "the form prints several budgets under this name", row_label=project.name)
        else:
            yield from _cost(number, project)
        yield from _plan(number, project)
        if project.indicators and sum(with_cost) * 2 > len(projects):
            yield _counted("PRJ-07", int(with_cost[number]), 1, project.name, "成本指标", number, project, least=True)
    yield from _codes(projects)
    names = [squeeze(p.name) for p in projects]
    for name, many in Counter(names).items():
        if many > 1:
            number = names.index(name)
            yield _counted("PRJ-05", many, 1, name, "次数", number, projects[number])
    if len(set(names)) == len(names):
        yield Identity("PRJ-05", (), "项目", "", stated=(Decimal(len(names)), Decimal(len(names))))


_SIGNS = re.compile(r"\W+")


def _codes(projects: tuple[Project, ...]) -> Iterator[Identity]:
    """PRJ-04: a code is one project's.

    Under two names it is a contradiction, and so is the same form printed twice. One code and name over forms of different
    budgets and goals is one project that several units carry, each with its own form (departments of Beijing).
    """
    forms: dict[str, list[int]] = defaultdict(list)
    for number, project in enumerate(projects):
        if project.code is not None and not is_blank(project.code):
            forms[project.code].append(number)
    single = 0
    for code, numbers in forms.items():
        of_code = [projects[number] for number in numbers]
        names_ = {
            _SIGNS.sub("", squeeze(project.name)): number for number, project in zip(numbers, of_code, strict=True)
        }
        if len(names_) > 1:
            suspect = list(names_.values())[-1]
            yield _counted("PRJ-04", len(names_), 1, code, "项目名称数", suspect, projects[suspect])
            continue
        contents = [(p.amount, p.goals, p.indicators) for p in of_code]
        again = [n for at, n in enumerate(numbers) if contents[at] in contents[:at]]
        if again:
            yield _counted("PRJ-04", 1 + len(again), 1, code, "相同的表", again[0], projects[again[0]])
        elif len(numbers) > 1:
            yield skip("PRJ-04", "several units carry the project, each with a form of its own", row_label=code)
        else:
            single += 1
    if single:
        yield Identity("PRJ-04", (), "项目", "", stated=(Decimal(single), Decimal(single)))


def _counted(
    check: str, left: int, right: int, row: str, column: str, number: int, project: Project, *, least: bool = False
) -> Identity:
    sides = (Decimal(right), Decimal(left)) if least else (Decimal(left), Decimal(right))
    return Identity(
        check, (), row, column, (project_term(number, project, 0, project.amount or "0", project.name),), (),
        "≤" if least else "=", stated=sides,
    )  # fmt: skip


def project_term(number: int, project: Project, col: int, amount: str, label: str) -> Term:
    """An amount of a performance form as a term; `number` is the project's in its disclosure, `col` tells its amounts apart."""
    quantum = min(COARSEST, Decimal(1).scaleb(-printed_decimals(amount)))
    raw = amount if project.amount is not None else ""
    return Term(Cell("", number, col, Decimal(amount), raw, None, project.at, quantum), label)


def _split(number: int, project: Project, tables: list[Table]) -> Iterator[Identity]:
    if project.amount is None or (project.fiscal is None and project.other is None):
        return
    parts = [
        project_term(number, project, col, text, f"{project.name} {label}")
        for col, text, label in ((1, project.fiscal, "财政资金"), (2, project.other, "其他资金")) if text is not None
    ]  # fmt: skip
    if project.fiscal is None and not parts[0].cell.value:
        return
    own = [project_term(number, project, 0, project.amount, f"{project.name} 预算数")]
    claim = equal("PRJ-01", own, parts, project.name, "预算数")
    if not claim.holds:
        # the central form prints 上年结转 between 财政拨款 and 其他资金
        for carried in _carried_in_form(project, tables):
            whole = equal("PRJ-01", own, [*parts, carried], project.name, "预算数")
            claim = whole if whole.holds else claim
    yield claim


def _carried_in_form(project: Project, tables: list[Table]) -> Iterator[Term]:
    """The amounts beside 上年结转 in the forms that print the project's name."""
    name = squeeze(project.name)
    for table in tables:
        rows = table.statement.rows if table.kind == "project_performance" else ()
        if not any(squeeze(text) == name for row in rows for text in row.cells):
            continue
        for number, row in enumerate(rows):
            texts = list(map(squeeze, row.cells))
            col = next((c for c, text in enumerate(texts) if plain_name(text).rstrip(":：") == "上年结转"), None)
            for value_col in range(col + 1, len(texts)) if col is not None else ():
                try:
                    value = parse_amount(row.cells[value_col])
                except NotAnAmountError:
                    break
                if value is not None:
                    at = row.at[value_col] if value_col < len(row.at) else None
                    cell = Cell(table.statement.id, number, value_col, value, row.cells[value_col], None, at, COARSEST)
                    yield Term(cell, f"{project.name} 上年结转")
                    break


def _cost_indicators(project: Project) -> list[Indicator]:
    return [
        one for one in project.indicators
        if says("indicators", "cost", squeeze(one.level1)) or says("indicators", "cost", squeeze(one.level2))
    ]  # fmt: skip


def _cost(number: int, project: Project) -> Iterator[Identity]:
    if project.amount is None:
        return
    budget = project_term(number, project, 0, project.amount, f"{project.name} 预算数")
    if not budget.cell.value:
        # 0 this year: what the cost names was paid before, or is not yet decided
        yield skip("PRJ-02", "the form prints no money for this year", row_label=project.name)
        return
    money = [one for one in _cost_indicators(project) if _money(one) is not None]
    for position, one in enumerate(money):
        value = _money(one)
        assert value is not None
        if says("indicators", "not_spent", squeeze(one.level3)) or says("indicators", "no_money", squeeze(one.level2)):
            reason = "the indicator names a sum that the budget does not pay (本金, 总投资, 社会成本)"
            yield skip("PRJ-02", reason, row_label=project.name, column_label=one.level3)
            continue
        decimals = printed_decimals(one.value or "") or 2
        quantum = min(COARSEST, Decimal(1).scaleb(-decimals)) * Unit(one.unit or "万元").in_wan
        cell = Cell("", number, 100 + position, value, one.text, None, project.at, quantum)
        # one cost alone is the whole budget only where its words say so: a component may stand alone as well
        whole = one.operator in (None, "=") and one.unit == "万元" and _names_the_whole(one, project)
        alone = len(money) == 1 and whole and not _is_a_part(one, project)
        yield equal(
            "PRJ-02", [Term(cell, f"{project.name} {one.level3}")], [budget], project.name, one.level3,
            relation="=" if alone else "≤",
        )  # fmt: skip


def _names_the_whole(one: Indicator, project: Project) -> bool:
    name = squeeze(one.level3)
    return name in squeeze(project.name) or says("indicators", "whole_cost", name)


def _is_a_part(one: Indicator, project: Project) -> bool:
    """Whether an indicator is about one part of the cost: an item of the economic classification, or one payment of several."""
    name = squeeze(one.level3)
    if name in squeeze(project.name):
        return False  # 委托业务费 of the project 委托业务费
    return says("indicators", "one_payment", name) or is_item_name(name)


def _money(one: Indicator) -> Decimal | None:
    """The amount of a cost indicator in 万元; None when it carries none, or a price per head."""
    if one.value is None or one.unit not in ("元", "千元", "万元", "亿元") or one.operator in ("≥", ">"):
        return None
    if says("indicators", "per_unit", squeeze(one.level3)) or says(
        "indicators", "per_unit", squeeze(one.description or "")
    ):
        return None
    try:
        value = parse_amount(one.value)
    except NotAnAmountError:
        return None
    return value * Unit(one.unit).in_wan if value is not None else None


def _plan(number: int, project: Project) -> Iterator[Identity]:
    steps = []
    for month in sorted(project.plan):
        try:
            share = parse_amount(project.plan[month].rstrip("%％"))
        except NotAnAmountError:
            continue
        if share is not None:
            steps.append((month, share))
    if not steps:
        return
    term = (project_term(number, project, 0, project.amount or "0", project.name),)
    for (month, share), (following, later) in pairwise(steps):
        yield Identity("PRJ-03", (), project.name, f"{month}月 ≤ {following}月", term, (), "≤", stated=(share, later))
    if steps[-1][0] == "12":
        yield Identity("PRJ-03", (), project.name, "12月", term, (), stated=(steps[-1][1], Decimal(100)))
