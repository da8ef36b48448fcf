"""What each column of a table is for, from its header and its cells."""

from __future__ import annotations

import re
from typing import Literal

from budget.codes import system_of
from budget.measures import is_money_path, is_not_money_path
from budget.printed_text import is_blank
from budget.words import HEADERS, any_of
from extract.statements.figures import is_amount_text, shows_figure
from extract.statements.heads import Head

ColumnRole = Literal["seq", "code", "name", "text", "money"]

CODE_COLUMNS = 4
"""First columns of a table among which codes stand that no header calls codes."""
_CODE_CELL = re.compile(r"^\d{1,7}$")
_ROW_NUMBER_CELL = re.compile(r"\d{1,4}|[^\d]{0,12}")
_ABOVE_CODES = re.compile(any_of(HEADERS.above_codes))
# what a workbook shows where a formula failed: a cell of whatever the column is
_SHEET_ERROR = re.compile(r"^#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)$")


def column_roles(heads: tuple[Head, ...], columns: list[list[str]]) -> tuple[ColumnRole, ...]:
    """What each column is for, from its header and from the texts (without blanks) that its body cells show."""
    return tuple(column_role(head, columns[c], c) for c, head in enumerate(heads))


def column_role(head: Head, texts: list[str], c: int) -> ColumnRole:
    """What column c is for, from its header path and the texts of its body cells.

    A column below a header of money is money also where none of its cells is a plain number: each of them is reported then.
    """
    shown = [text for text in texts if not is_blank(text) and not _SHEET_ERROR.match(text)]
    named = _named_role(head, shown)
    if named is not None:
        return named
    return _below_money(shown) if is_money_path(head) else _told_by_cells(head, shown, c)


def _named_role(head: Head, shown: list[str]) -> ColumnRole | None:
    """The role that a header names which is no money's."""
    if head.leaf in HEADERS.row_numbers and all(map(_ROW_NUMBER_CELL.fullmatch, shown)):
        return "seq"
    if head.leaf.endswith(HEADERS.codes) or head.leaf in HEADERS.code_levels:
        return "code"
    return "text" if is_not_money_path(head) else None


def _below_money(shown: list[str]) -> ColumnRole:
    """The role of a column whose header names money: names where most of its cells are words."""
    figures = sum(map(shows_figure, shown))
    return "money" if not shown or figures * 2 > len(shown) or any(map(is_amount_text, shown)) else "name"


def _told_by_cells(head: Head, shown: list[str], c: int) -> ColumnRole:
    """The role of a column whose header says nothing."""
    numbers = list(filter(is_amount_text, shown))
    if len(numbers) * 2 <= len(shown):
        return "name"
    return "code" if c < CODE_COLUMNS and _may_head_codes(head.leaf) and _are_codes(numbers) else "money"


def _may_head_codes(leaf: str) -> bool:
    """Whether a header may stand over codes: none at all, a level, or what the names beside them are called."""
    return leaf in ("", *HEADERS.code_levels, *HEADERS.deeper_levels) or bool(_ABOVE_CODES.search(leaf))


def _are_codes(numbers: list[str]) -> bool:
    if not all(map(_CODE_CELL.match, numbers)):
        return False
    known = sum(system_of(text) is not None for text in numbers)
    return known * 2 >= len(numbers) or all(len(text) == 2 for text in numbers)
