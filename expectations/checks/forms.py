"""Performance forms and project lists as the checks need them: which form tells of which project, what it aims at.

XRF-11 (forms against the list), XRF-12, PRJ-06 and PRJ-08 are claimed here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from budget.amounts import NotAnAmountError, parse_amount
from budget.disclosure import Disclosure, Place, Project
from budget.printed_text import split_ordinal, squeeze
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.subjects import project_term
from expectations.view.tables import Cell, Column, Line, Table, is_total


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """XRF-11 (second half), XRF-12, PRJ-06 and PRJ-08 of a disclosure."""
    for table in tables:
        if table.kind == "department_performance":
            yield from _grades(table)
    if disclosure.projects:
        yield from _headings(disclosure, tables)
        yield from _against_the_list(disclosure, tables)
        yield from _by_function(disclosure, tables)


# --------------------------------------------------------------------------- targets of a form


class Target(NamedTuple):
    """An indicator with a number: `≥10000人` of 平台就业数量."""

    statement_id: str
    row: int
    col: int
    name: str
    value: Decimal
    unit: str
    raw: str
    at: Place | None

    def term(self) -> Term:
        return Term(
            Cell(self.statement_id, self.row, self.col, self.value, self.raw, None, self.at, Decimal(1)), self.name
        )


_VALUE = re.compile(r"^(?:≥|≤|=|>|<|≧|≦|不低于|不少于|不超过)?(\d[\d,]*(?:\.\d+)?)(%|[^\d\-~～至]{0,4})$")


def targets_of(table: Table) -> list[Target]:
    """The indicators of a performance form whose value is one number."""
    rows = table.statement.rows
    found: list[Target] = []
    name_col = value_col = None
    for number, row in enumerate(rows):
        texts = [squeeze(text) for text in row.cells]
        if "三级指标" in texts and any(text.startswith("指标值") for text in texts):
            name_col = texts.index("三级指标")
            value_col = next(col for col, text in enumerate(texts) if text.startswith("指标值"))
            continue
        if name_col is None or value_col is None or max(name_col, value_col) >= len(texts):
            continue
        matched = _VALUE.match(texts[value_col])
        if not matched or not texts[name_col]:
            continue
        try:
            value = parse_amount(matched.group(1))
        except NotAnAmountError:
            continue
        if value is not None:
            at = row.at[value_col] if value_col < len(row.at) else None
            found.append(
                Target(table.statement.id, number, value_col, texts[name_col], value, matched.group(2), row.cells[value_col], at)
            )  # fmt: skip
    return found


# --------------------------------------------------------------------------- PRJ-06: heading and name

_HEADING = re.compile(r"(?:项目)?(?:支出)?(?:预算)?(?:项目)?绩效(?:目标)?(?:申报|自评|批复)?表$")
_FORM = re.compile(r"绩效(?:目标)?(?:申报|自评|批复)?表$")
_GENERIC = re.compile(
    r"^(?:(?:\d{4}年(?:度)?)?(?:部门|单位|财政|预算|本级|市级|区级|县级|专项|重点|资金|支出|项目|整体|[(（)）]))*$"
)
_SIGNS = re.compile(r"[^\w]+")


SHORT_NAME = 4


def _plain(text: str) -> str:
    return _SIGNS.sub("", text)


def heading_of(table: Table) -> str:
    """What the title of a performance form says beside that it is one: 9、养老保险新区补贴绩效目标表 → 养老保险新区补贴."""
    return _HEADING.sub("", split_ordinal(squeeze(table.statement.title))[1])


def headed(disclosure: Disclosure, tables: list[Table]) -> Iterator[tuple[int, Project, Table]]:
    """Projects with the form they were read from: the first form not yet taken that prints the project's name."""
    if not disclosure.projects:
        return
    forms = [table for table in tables if table.kind == "project_performance"]
    texts = {id(t): {squeeze(text) for row in t.statement.rows for text in row.cells if text} for t in forms}
    position = 0
    for number, project in enumerate(disclosure.projects):
        name = squeeze(project.name)
        for later in range(position, len(forms)):
            if name and name in texts[id(forms[later])]:
                yield number, project, forms[later]
                position = later + 1
                break


def _headings(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    pairs = list(headed(disclosure, tables))
    # a heading over several forms is the form's name, not a project's
    printed = Counter(squeeze(table.statement.title) for _, _, table in pairs)
    for number, project, table in pairs:
        title = squeeze(table.statement.title)
        heading = _HEADING.sub("", split_ordinal(title)[1])
        generic = printed[title] > 1 or len(heading) < SHORT_NAME or bool(_GENERIC.match(heading))
        if not title or heading == split_ordinal(title)[1] or generic:
            yield skip("PRJ-06", "the heading names no project", table.statement.id, row_label=project.name)
            continue
        whole = _FORM.sub("", split_ordinal(title)[1])  # 预算 and 项目 before it may be the end of the name
        same = _plain(squeeze(project.name)) in (_plain(heading), _plain(whole))
        yield Identity(
            "PRJ-06", (table.statement.id,), f"{heading} / {project.name}" if not same else project.name, "项目名称",
            (project_term(number, project, 0, project.amount or "0", project.name),), (),
            stated=(Decimal(int(same)), Decimal(1)),
        )  # fmt: skip


# --------------------------------------------------------------------------- XRF-11, XRF-12: forms and the list


def listed_projects(table: Table) -> list[Line]:
    """The rows of a project list that are single projects."""
    return [
        line for line in table.side(None)
        if line.name and not is_total(line) and line.role not in ("subtotal", "of_which") and not line.blank
    ]  # fmt: skip


def _amount_column(table: Table) -> Column | None:
    found = [column for column in table.columns_of(None) if column.measure == "total"]
    return found[0] if len(found) == 1 else None


def _against_the_list(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """Σ forms = the list's total, when every listed project has its form; each project by its name where names are single."""
    forms: dict[str, list[tuple[int, Project]]] = defaultdict(list)
    for number, project in enumerate(disclosure.projects):
        forms[squeeze(project.name)].append((number, project))
    for table in tables:
        if table.kind != "project_expenditure" or table.empty:
            continue
        column, total = _amount_column(table), table.total()
        rows = listed_projects(table)
        wanted = Counter(squeeze(line.name) for line in rows)
        have = {name: len(found) for name, found in forms.items()}
        if column is None or not rows or any(have.get(name, 0) < many for name, many in wanted.items()):
            yield skip("XRF-11", "not every listed project has its form", table.statement.id)
            continue
        taken = [found for name in wanted for found in forms[name]]
        if len(taken) != len(rows) or any(project.amount is None for _, project in taken):
            yield skip("XRF-11", "the forms name a project more often than the list", table.statement.id)
            continue
        single = [
            equal(
                "XRF-11", [Term(line.cells[column.col], f"{table.title} {line.name}")],
                [project_term(*forms[squeeze(line.name)][0], 0, forms[squeeze(line.name)][0][1].amount or "0", f"绩效目标表 {line.name}")],
                line.name, "预算数",
            )
            for line in rows if wanted[squeeze(line.name)] == 1 and column.col in line.cells
        ]  # fmt: skip
        if sum(not claim.holds for claim in single) * 2 > len(single):
            yield skip("XRF-11", "the forms print other amounts than the list (several years)", table.statement.id)
            continue
        yield from single
        if total is not None and column.col in total.cells:
            terms = [project_term(n, p, 0, p.amount or "0", f"绩效目标表 {p.name}") for n, p in taken]
            yield equal(
                "XRF-11",
                [Term(total.cells[column.col], f"{table.title} {total.name}")],
                terms,
                table.title,
                "Σ 绩效目标表",
            )


_ITEM_WORDS = re.compile(r"(?:补助|补贴|经费|专项)?(?:支出)?$")
LONG_NAME = 8


def _by_function(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """XRF-12: the forms whose names carry the whole name of a functional item add up to it (国有企业退休人员社会化管理)."""
    spent = [t for t in tables if t.kind == "expenditure_summary" and not t.empty]
    if len(spent) != 1:
        yield skip("XRF-12", "no 支出总表, or several")
        return
    columns = [column for column in spent[0].columns_of(None) if column.measure == "project"]
    if len(columns) != 1:
        yield skip("XRF-12", "支出总表 prints no 项目支出", spent[0].statement.id)
        return
    claimed = False
    named = [(n, p, squeeze(p.name)) for n, p in enumerate(disclosure.projects) if p.amount is not None]
    for line in spent[0].side(None) if len(named) > 1 else ():
        core = _ITEM_WORDS.sub("", squeeze(line.name))
        if len(line.code) != 7 or len(core) < LONG_NAME or columns[0].col not in line.cells:
            continue
        group = [(number, project) for number, project, name in named if core in name]
        if len(group) < 2:
            continue
        claimed = True
        terms = [project_term(n, p, 0, p.amount or "0", f"绩效目标表 {p.name}") for n, p in group]
        yield equal(
            "XRF-12",
            terms,
            [Term(line.cells[columns[0].col], f"{spent[0].title} {line.label}")],
            line.label,
            "项目支出",
        )
    if not claimed:
        yield skip("XRF-12", "no group of projects is named after a functional item", spent[0].statement.id)


# --------------------------------------------------------------------------- PRJ-08: grades

_BOUND = re.compile(r"^(≥|>|≤|<|=|≧|≦|)(\d+(?:\.\d+)?)[%％]?$")
_RANGE = re.compile(r"^(\d+(?:\.\d+)?)[%％]?[-~—～至](\d+(?:\.\d+)?)[%％]?$")
GRADES = ("优", "良", "中", "差")


class Band(NamedTuple):
    """A grade's values, from `low` to `high`; None where it is open."""

    low: Decimal | None
    high: Decimal | None


def band_of(printed: str) -> Band | None:
    """`≥90%` → from 90; `<60%` → below 60; `80-90%` → from 80 to 90; None for words."""
    text = squeeze(printed)
    if found := _RANGE.match(text):
        low, high = sorted((Decimal(found.group(1)), Decimal(found.group(2))))
        return Band(low, high)
    if found := _BOUND.match(text):
        value = Decimal(found.group(2))
        return Band(None, value) if found.group(1) in ("<", "≤", "≦") else Band(value, None)
    return None


def _grades(table: Table) -> Iterator[Identity]:
    columns = [
        next((col for col, path in enumerate(table.statement.columns) if path and squeeze(path[-1]) == grade), None)
        for grade in GRADES
    ]  # fmt: skip
    if any(col is None for col in columns):
        yield skip("PRJ-08", "the grades 优良中差 are no columns", table.statement.id)
        return
    duty = ""
    for number, row in enumerate(table.statement.rows):
        texts = [row.cells[col] if col is not None and col < len(row.cells) else "" for col in columns]
        first = row.cells[0] if row.cells else ""
        duty = squeeze(first) or duty
        bands = [band_of(text) for text in texts]
        if any(band is None for band in bands):
            continue
        for (upper, lower), (col, other) in zip(pairwise(bands), pairwise(columns), strict=True):
            assert upper is not None and lower is not None and col is not None and other is not None
            if (bounds := _meet(upper, lower)) is None:
                continue
            cells = [
                Term(Cell(table.statement.id, number, c, value, row.cells[c], None, row.at[c] if c < len(row.at) else None, Decimal(1)), duty)
                for c, value in ((other, bounds[1]), (col, bounds[0]))
            ]  # fmt: skip
            yield Identity("PRJ-08", (table.statement.id,), duty, "评价标准", tuple(cells), (), stated=bounds)


def _meet(upper: Band, lower: Band) -> tuple[Decimal, Decimal] | None:
    """The two bounds that must be one: where the better grade begins and the worse ends; None when the form leaves it open."""
    if upper.low is not None and lower.high is not None:
        return upper.low, lower.high
    if upper.low is not None and lower.low is not None and lower.high is None and lower.low >= upper.low:
        return upper.low, lower.low + 1  # two grades that begin at the same value overlap
    return None
