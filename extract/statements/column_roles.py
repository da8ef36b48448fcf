"""What each column of a table is for, from its header and its cells."""

from __future__ import annotations

import re
from typing import Literal

from budget.codes import system_of
from budget.measures import is_money_path, is_not_money_path
from budget.printed_text import is_blank
from extract.statements.figures import is_amount_text, shows_figure
from extract.statements.heads import Head

ColumnRole = Literal["seq", "code", "name", "text", "money"]


_CODE_CELL = re.compile(r"^\d{1,7}$")


_SEQ = re.compile(r"^(?:序号|行次|栏次)$")


_CODE = re.compile(r"(?:编码|代码|编号)$|^(?:类|款|项)$")


def column_roles(paths: tuple[Head, ...], columns: list[list[str]]) -> tuple[ColumnRole, ...]:
    """What each column is for, from its header and from the texts (without blanks) that its body cells show."""
    return tuple(column_role(path, columns[c], c) for c, path in enumerate(paths))


# what a workbook shows where a formula failed: a cell of whatever the column is
_SHEET_ERROR = re.compile(r"^#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)$")


# what may stand over codes that no header calls codes: nothing, or what the names beside them are called
_OVER_CODES = re.compile(r"^$|科目|分类|项目|名称|编|码|^[类款项目]$|单位|部门|采购")


def column_role(path: Head, texts: list[str], c: int) -> ColumnRole:
    """What column c is for, from its header path and the texts of its body cells.

    A column below a header of money is money also where none of its cells is a plain number: each of them is reported then.
    """
    shown = [t for t in texts if not is_blank(t) and not _SHEET_ERROR.match(t)]
    figures = sum(shows_figure(t) for t in shown)
    amounts = sum(is_amount_text(t) for t in shown)
    leaf = path.leaf
    if _SEQ.match(leaf) and all(re.fullmatch(r"\d{1,4}|栏次|[^\d]{0,12}", t) for t in shown):
        return "seq"
    if _CODE.search(leaf):
        return "code"
    if is_not_money_path(path):
        return "text"
    if is_money_path(path):
        return "money" if not shown or amounts or figures * 2 > len(shown) else "name"
    if shown and amounts * 2 > len(shown):
        if (
            c <= 3
            and _OVER_CODES.search(leaf)
            and all(_CODE_CELL.match(t) for t in shown if is_amount_text(t))
            and _are_codes(shown)
        ):
            return "code"
        return "money"
    return "name"


def _are_codes(shown: list[str]) -> bool:
    numbers = [t for t in shown if is_amount_text(t)]
    known = sum(system_of(t) is not None for t in numbers)
    return known * 2 >= len(numbers) or all(len(t) == 2 for t in numbers)
