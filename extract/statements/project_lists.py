"""Lists of projects: one project a row, with amount, goal and indicators in columns → `Project`.

What a column holds is told by its header (`budget/data/projects.toml`); a project goes on down to the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from budget.amounts import Unit
from budget.disclosure import Indicator, PagePlace, Place, Project
from budget.project_words import fold_label, is_project_name, list_words
from extract.statements.model import Cell, Table
from extract.statements.project_amounts import header_unit, money
from extract.statements.project_indicators import signed_indicator, written_indicators

_CODED = re.compile(r"^([0-9]{6,}[0-9A-Z]{4,})[-—_:：]+(.+)$")
"""A project code and its name in one cell (`11000022T000000456102-成本监审工作经费`)."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a list prints what; None for what it does not print."""

    name: int
    total: int
    goal: int | None
    fiscal: int | None
    other: int | None
    level1: int | None
    level2: int | None
    level3: int | None
    value: int | None
    written: int | None
    sign: int | None
    measured: int | None


@dataclass(slots=True)
class _Open:
    """The projects of a list while it is read, and the indicators since the last one's name."""

    projects: list[Project] = field(default_factory=list)
    indicators: list[Indicator] = field(default_factory=list)
    level1: str = ""
    level2: str = ""

    def close(self) -> None:
        if self.projects and self.indicators:
            self.projects[-1] = self.projects[-1].model_copy(update={"indicators": tuple(self.indicators)})
        self.indicators.clear()
        self.level1 = self.level2 = ""


def columns_of(table: Table) -> Columns | None:
    """The columns of a list of projects; None for a table that is none."""
    words = list_words()
    leaves = [fold_label(path[-1]) if path else "" for path in table.paths]

    def first(wanted: Sequence[str]) -> int | None:
        return next((c for c, leaf in enumerate(leaves) if leaf.startswith(tuple(wanted))), None)

    name, total = _name_column(table, leaves), _total_column(table, leaves)
    goal = next((c for c, leaf in enumerate(leaves) if leaf in words.goals or leaf.endswith("绩效目标")), None)
    if goal is None:
        goal = first(words.goals)
    level3 = first(words.level3)
    if name is None or total is None or (goal is None and level3 is None):
        return None
    value = next((c for c, leaf in enumerate(leaves) if "指标值" in leaf and "依据" not in leaf), None)
    return Columns(
        name=name, total=total, goal=goal, fiscal=first(words.fiscal), other=first(words.other), level1=first(words.level1),
        level2=first(words.level2), level3=level3, value=value,
        written=next((c for c, leaf in enumerate(leaves) if leaf in words.written), None),
        sign=first(words.signs), measured=first(words.units),
    )  # fmt: skip


def _name_column(table: Table, leaves: Sequence[str]) -> int | None:
    """The column of names: of several the deepest level that the list fills."""
    words = list_words()
    named = [c for c, leaf in enumerate(leaves) if leaf and is_project_name(leaf) and leaf not in words.totals]
    filled = [c for c in named if any(row[c].own and row[c].shown for row in table.rows)] or named

    def depth(c: int) -> int:
        return max((n for n, word in enumerate(words.names) if leaves[c].endswith(word)), default=-1)

    return max(filled, key=lambda c: (depth(c), -c), default=None)


def _total_column(table: Table, leaves: Sequence[str]) -> int | None:
    """The column of the project's amount: the best word that a list prints, the first column under it."""
    for word in list_words().totals:
        if word in leaves:
            return leaves.index(word)
    ends = tuple(word for word in list_words().totals if len(word) >= 3)
    return next((c for c, leaf in enumerate(leaves) if leaf.endswith(ends)), None)


def projects_of_list(table: Table, unit: Unit) -> list[Project]:
    """Projects of a list that prints amount, goal and indicators in columns; a project goes on down to the next amount.

    One name over several amounts is as many projects: each unit of a department plans its own part. Rows that carry
    neither goal nor indicator are totals of units. `unit` is that of columns whose header names none.
    """
    at = columns_of(table)
    if at is None:
        return []
    units = [header_unit(path) or unit for path in table.paths]
    found = _Open()
    for row in table.rows:
        begins = _begins(row, at, units)
        project = _project(row, at, units) if begins else None
        if project is not None and not _goes_on(found.projects, project):
            found.close()
            found.projects.append(project)
            if at.written is not None and row[at.written].own:
                found.indicators.extend(written_indicators(row[at.written].shown))
        _take_indicator(found, row, at)
    found.close()
    return found.projects


def _goes_on(projects: Sequence[Project], project: Project) -> bool:
    """Whether a row repeats the open project at the top of a new page: the same name, amounts and goal on another page."""
    if not projects:
        return False
    last = projects[-1]
    same = (last.code, last.name, last.amount, last.goals) == (
        project.code,
        project.name,
        project.amount,
        project.goals,
    )
    return same and _page(last.at) != _page(project.at)


def _page(at: Place | None) -> int | None:
    return at.page if isinstance(at, PagePlace) else None


def _begins(row: tuple[Cell, ...], at: Columns, units: Sequence[Unit]) -> bool:
    """Whether a row begins a project: it names one, by itself or with an amount of its own, and shows a goal or an indicator."""
    amount = row[at.total].own and money(row[at.total].text, units[at.total]) is not None
    tells = any(row[c].shown for c in (at.goal, at.level3) if c is not None)
    return bool((row[at.name].own or amount) and row[at.name].shown and tells)


def _project(row: tuple[Cell, ...], at: Columns, units: Sequence[Unit]) -> Project:
    def amount(column: int | None) -> str | None:
        return money(row[column].text, units[column]) if column is not None else None

    coded = _CODED.match(row[at.name].shown)
    goal = row[at.goal] if at.goal is not None else None
    return Project(
        code=coded.group(1) if coded else None, name=coded.group(2) if coded else row[at.name].shown,
        amount=amount(at.total), goals=(goal.text.strip(),) if goal is not None and goal.shown else (), indicators=(),
        fiscal=amount(at.fiscal), other=amount(at.other),
        at=row[at.name].at if row[at.name].own else row[at.total].at,
    )  # fmt: skip


def _take_indicator(found: _Open, row: tuple[Cell, ...], at: Columns) -> None:
    if at.level3 is None or at.value is None or not found.projects:
        return
    if not row[at.level3].own or not row[at.level3].shown:
        return
    found.level1 = (row[at.level1].shown if at.level1 is not None else "") or found.level1
    found.level2 = (row[at.level2].shown if at.level2 is not None else "") or found.level2
    found.indicators.append(
        signed_indicator(found.level1, found.level2, row, at.level3, at.value, at.sign, at.measured)
    )
