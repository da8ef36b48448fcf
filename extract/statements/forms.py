"""Performance forms: labels and values side by side, not a header above rows; how they begin, go on and end.

The words are data (`budget/data/forms.toml`, fields of a form `budget/data/projects.toml`).
"""

from __future__ import annotations

import re

from budget.measures import measure_of_level
from budget.project_words import fold_label, indicator_header, is_project_name, list_words
from budget.words import FORMS, TOTALS, any_of, holds
from extract.statements.figures import is_amount_text
from extract.statements.headers import is_header_text
from extract.statements.matrix import Matrix, own_cells, text_of
from extract.statements.model import Cell, Piece, Table

PROJECT_LABEL = re.compile(
    "^" + any_of(FORMS.subjects) + "(?:[(（][^()（）]{1,8}[)）])?" + any_of(FORMS.subject_labels) + "[:：]?"
)
"""What stands before the name or the code of what a form is for (`项目名称`, `专项（项目）名称`)."""
FORM_STARTS = re.compile(PROJECT_LABEL.pattern + "$")
INDICATOR_WORDS = frozenset(FORMS.indicators)

LONGEST_LABEL = 20
"""Signs below which a text can be the label of a form."""
LEVEL_COLUMNS = 3
"""First columns of a form, in which levels of indicators and its labels stand."""
HEAD_ROWS = 3
"""First rows of a piece among which a label begins a form."""
FEWEST_INDICATORS = 3
"""Different headers and levels of indicators that make a form by themselves."""
FEWEST_LEVELS = 2
"""Levels of indicators, alone or with an indicator behind them, that make a form with little else."""
FEWEST_WORDS = 4
"""Different labels that make a form, beside one header or level of indicators."""
FEWEST_INDICATOR_HEADERS = 3
"""Headers of indicators side by side that make the header of a form's indicators."""
FEWEST_AMOUNT_HEADERS = 2
"""Headers that name amounts, side by side, that make the header of a list."""

LABELS_AND_VALUES = 4
"""Cells of a row that holds two labels, each with its value."""

_YEAR = re.compile(r"^[(（]?\d{4}年度[)）]?$")
_BENEFIT = re.compile("^.{2,8}" + any_of(FORMS.any_benefit))


def is_form(matrix: Matrix, start: int) -> bool:
    """Whether a grid is a performance form: labels and values side by side, not a header above rows."""
    words = {text for row in matrix[start:] for cell in row if len(text := text_of(cell)) < LONGEST_LABEL}
    if not words.isdisjoint(FORMS.no_form):
        return False
    if _begins_like_a_form(matrix, start):
        return True
    indicators = len(words & INDICATOR_WORDS)
    if indicators >= FEWEST_INDICATORS or _has_levels(matrix, start, indicators):
        return not _has_list_header(matrix, start)
    return indicators >= 1 and _labels_among(words) >= FEWEST_WORDS


def _labels_among(words: set[str]) -> int:
    """How many of the labels of a form some of the words begin with."""
    return sum(any(text.startswith(label) for text in words) for label in FORMS.words)


def _begins_like_a_form(matrix: Matrix, start: int) -> bool:
    """Whether the name of what a form is for stands above one of the labels that follow it."""
    if _is_labels_and_values([cell.shown for cell in own_cells(matrix, start)]):
        return True
    labels = [cells[0].shown for r in range(start, min(start + 2, len(matrix))) if (cells := own_cells(matrix, r))]
    return len(labels) == 2 and bool(FORM_STARTS.match(labels[0])) and labels[1].startswith(FORMS.seconds)


def _is_labels_and_values(texts: list[str]) -> bool:
    """Whether a row is 项目名称 | what it is | 主管部门 | whose it is: a header has labels only."""
    if len(texts) < LABELS_AND_VALUES or not FORM_STARTS.match(texts[0]) or not texts[2].startswith(FORMS.seconds):
        return False
    return not any(
        is_header_text(text) or text.startswith((*FORMS.seconds, *FORMS.words)) for text in (texts[1], texts[3])
    )


def _has_levels(matrix: Matrix, start: int, indicators: int) -> bool:
    """Whether levels of indicators stand below one another, their first indicator in the same cell."""
    if indicators < FEWEST_LEVELS and len(matrix) - start < FEWEST_INDICATORS:
        return False
    firsts = (text_of(cell) for row in matrix[start:] for cell in row[:LEVEL_COLUMNS])
    return sum(text.startswith(FORMS.levels) for text in firsts) >= FEWEST_LEVELS


def _has_list_header(matrix: Matrix, start: int) -> bool:
    """Whether a header stands above rows: a list of projects that prints their amounts or indicators in columns."""
    texts = [cell.shown for cell in own_cells(matrix, start)]
    if _heads_a_list_of_projects(texts):
        return True
    if any(map(FORM_STARTS.match, texts)) and not INDICATOR_WORDS.isdisjoint(texts):
        return True  # a form has these words under each other
    amounts = sum(measure_of_level(text) is not None or text.rstrip("：:") in TOTALS.ends for text in texts)
    return amounts >= FEWEST_AMOUNT_HEADERS


def _heads_a_list_of_projects(texts: list[str]) -> bool:
    heads, words = {fold_label(text) for text in texts}, list_words()
    if heads.isdisjoint(words.totals) or heads.isdisjoint((*words.goals, *words.written)):
        return False
    return any(map(is_project_name, texts)) and not any(map(is_amount_text, texts))


def begins_form(piece: Piece) -> bool:
    """Whether a piece has a label that begins a form among its first cells."""
    texts = [cell.shown for row in piece.body[:HEAD_ROWS] for cell in row[:LEVEL_COLUMNS]]
    return any(text.startswith(FORMS.begins) or _YEAR.match(text) or PROJECT_LABEL.match(text) for text in texts)


def has_head_of_form(piece: Piece) -> bool:
    """Whether a piece has any label of the head of a form."""
    labels = [cell.shown for row in piece.body for cell in row if cell.own]
    return any(label.startswith(FORMS.head) or FORM_STARTS.match(label) for label in labels)


def is_tail(rows: list[tuple[Cell, ...]]) -> bool:
    """Whether rows begin with a kind of indicator."""
    return any(cell.own and (cell.shown.startswith(FORMS.levels) or _BENEFIT.match(cell.shown)) for cell in rows[0])


def _may_be_a_head(table: Table) -> bool:
    return not table.form and not any(table.paths) and holds(table.title or "", FORMS.title)


def is_head_of_form(table: Table, piece: Piece, title: str | None) -> bool:
    """Whether a table of labels alone is the head of the form whose indicators begin on the next page, under their header."""
    if title or not piece.body or not piece.form or not _may_be_a_head(table):
        return False
    first = {fold_label(cell.shown) for cell in piece.body[0] if cell.own}
    return len(first & indicator_header()) >= FEWEST_INDICATOR_HEADERS and not begins_form(piece)
