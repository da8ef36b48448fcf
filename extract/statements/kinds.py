"""Which statement a table is: what its header can only be, then its title, then what its header suggests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from budget.kinds import UNKNOWN_KIND, ByColumns, classify_title, kind_of, kinds_by_columns
from budget.measures import fold_header, item_of_row, measure_of_level
from budget.project_words import fold_label, indicator_header, is_project_name
from budget.words import EMPTY_NOTES, FORMS, HEADERS, holds
from extract.statements.figures import is_amount_text
from extract.statements.forms import PROJECT_LABEL
from extract.statements.model import Table

FEWEST_INDICATOR_HEADERS = 3
"""Headers of indicators that make a list of projects one of performance."""
SEVERAL = 2
"""Of the measures or items named for a kind: so many are no chance."""
HEAD_ROWS = 3
"""First rows of a form among which it says what it is for."""
NAME_COLUMNS = 3
"""First columns of a table in which rows are named."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a table shows in its headers and rows."""

    headers: frozenset[str]
    measures: frozenset[str]
    both_sides: bool
    names: tuple[str, ...]

    @classmethod
    def of(cls, table: Table) -> _Seen:
        levels = {level for head in table.paths for level in head}
        tops = [fold_header(head[0]) for head in table.paths if head]
        return cls(
            frozenset(map(fold_header, levels)), frozenset(filter(None, map(measure_of_level, levels))),
            any(top.endswith(HEADERS.revenue) for top in tops) and any(top.endswith(HEADERS.expenditure) for top in tops),
            tuple(cell.shown for row in table.rows for cell in row[:NAME_COLUMNS] if cell.begins),
        )  # fmt: skip

    def fits(self, rule: ByColumns) -> bool:
        """Whether everything that a rule names is there."""
        return self._has_headers(rule) and self._has_measures(rule) and self._has_rows(rule)

    def _has_headers(self, rule: ByColumns) -> bool:
        if rule.both_sides and not self.both_sides:
            return False
        return rule.headers_all <= self.headers and _any_of(rule.headers_any, self.headers)

    def _has_measures(self, rule: ByColumns) -> bool:
        several = not rule.measures_several or len(rule.measures_several & self.measures) >= SEVERAL
        return several and rule.measures_all <= self.measures and _any_of(rule.measures_any, self.measures)

    def _has_rows(self, rule: ByColumns) -> bool:
        if rule.row_begins and not any(name.startswith(rule.row_begins) for name in self.names):
            return False
        return not rule.row_items_several or self._has_items(rule.row_items_several)

    def _has_items(self, wanted: frozenset[str]) -> bool:
        """Whether most names are of the items; tables by economic class name the same items among many others."""
        items = [item for name in self.names if (item := item_of_row(name))]
        words = sum(not is_amount_text(name) for name in self.names)
        return len(wanted.intersection(items)) >= SEVERAL and len(items) * 2 >= words


def _any_of(wanted: frozenset[str], there: frozenset[str]) -> bool:
    return not wanted or bool(wanted & there)


def classify(table: Table) -> str:
    """The statement kind of a table: what its header can only be, then its title, then what its header suggests."""
    seen = _Seen.of(table)
    certain = _kind_of_form(table) if table.form else _certain_kind(table, seen)
    if certain:
        return certain
    titled = classify_title(table.title or "")
    if titled and not kind_of(titled).weak_title:
        return titled
    return _suggested_kind(table, seen) or titled or UNKNOWN_KIND.name


def _kind_of_form(table: Table) -> str:
    """Of one project or of a whole department. 专项资金整体绩效目标表 is a form for one 专项, not for the department."""
    if any(PROJECT_LABEL.match(row[0].shown) for row in table.rows[:HEAD_ROWS]):
        return "project_performance"
    whole = any(cell.shown.startswith(FORMS.whole_department) for row in table.rows for cell in row)
    whole = whole or holds(table.title or "", FORMS.whole_department_title)
    return "department_performance" if whole else "project_performance"


def _certain_kind(table: Table, seen: _Seen) -> str | None:
    for kind in kinds_by_columns("certain"):
        if _is_list_of_projects(table) if kind.certain is None else seen.fits(kind.certain):
            return kind.name
    return None


def _is_list_of_projects(table: Table) -> bool:
    """Whether a list prints projects with their goals or indicators in columns."""
    heads = [head for head in table.paths if head]
    folded = {fold_label(level) for head in heads for level in head}
    if (
        not any(leaf.endswith(FORMS.goals) for leaf in folded)
        and len(folded & indicator_header()) < FEWEST_INDICATOR_HEADERS
    ):
        return False
    return any(is_project_name(head[-1]) for head in heads)


def _suggested_kind(table: Table, seen: _Seen) -> str | None:
    if "money" not in table.roles:
        return None
    kinds = kinds_by_columns("suggested")
    return next((kind.name for kind in kinds if any(map(seen.fits, kind.suggested))), None)


_TOLD = re.compile(r"[\u4e00-\u9fff]{2}|^-?(?:\d[\d,，]*\.\d+|\d{1,3}(?:[,，]\d{3})+)$")
"""A word, or an amount by itself."""


def is_statement(table: Table) -> bool:
    """Whether a table goes into the disclosure: it has a known kind, or it shows a number that must not be lost.

    Lists of words (contents of the document, duties) are no statements.
    """
    if not table.rows and not table.paths:
        return False
    bare = not table.form and not any(table.paths)
    if bare and not any(_TOLD.search(text) for text in _own_texts(table)):
        return bool(table.notes) and table.kind != UNKNOWN_KIND.name  # the scale and the bars of a chart
    if table.kind != UNKNOWN_KIND.name:
        return True
    return not _is_list_of_tables(table) and any(map(is_amount_text, _own_texts(table)))


def _own_texts(table: Table) -> Iterator[str]:
    return (cell.shown for row in table.rows for cell in row if cell.own)


def _is_list_of_tables(table: Table) -> bool:
    texts = {cell.shown for row in table.rows for cell in row}
    texts |= {fold_header(level) for head in table.paths for level in head}
    return not texts.isdisjoint((*EMPTY_NOTES.list_names, *EMPTY_NOTES.list_empty))
