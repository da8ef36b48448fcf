"""The header path of every column and what each column is for."""

from __future__ import annotations

import re
from typing import Literal

from budget.codes import system_of
from budget.measures import is_money_path, is_not_money_path
from budget.printed_text import is_blank, squeeze
from extract.reading import GridCell
from extract.statements.figures import is_amount_text, shows_figure
from extract.statements.headers import is_column_number_row
from extract.statements.matrix import Matrix, text_of

ColumnRole = Literal["seq", "code", "name", "text", "money"]


_CODE_CELL = re.compile(r"^\d{1,7}$")


def column_paths(matrix: Matrix, start: int, count: int) -> tuple[tuple[str, ...], ...]:
    """The header path of every column: texts from top to leaf without blanks, repeated levels left out.

    Where a format has lost its merges, a blank beside a header that has parts below continues that header (trap 7).
    """
    rows = [r for r in range(start, start + count) if not is_column_number_row(matrix, r)]
    width = len(matrix[start]) if matrix else 0
    levels: list[list[str]] = []
    for r in rows:
        level = ["" for _ in range(width)]
        for c in range(width):
            cell = matrix[r][c]
            level[c] = _plain(cell)
        levels.append(level)
    for i, r in enumerate(rows[:-1]):
        for c in range(1, width):
            if levels[i][c] or not levels[i][c - 1]:
                continue
            here = matrix[r][c]
            left_parts = any(levels[k][c - 1] not in ("", levels[i][c - 1]) for k in range(i + 1, len(rows)))
            own_parts = any(levels[k][c] for k in range(i + 1, len(rows)))
            above_same = all(levels[k][c] == levels[k][c - 1] or not levels[k][c] for k in range(i))
            if (here is None or not text_of(here)) and left_parts and own_parts and above_same:
                levels[i][c] = levels[i][c - 1]
    paths = []
    for c in range(width):
        path: list[str] = []
        for level in levels:
            if level[c] and (not path or path[-1] != level[c]):
                path.append(level[c])
        paths.append(tuple(path))
    return tuple(paths)


def _plain(cell: GridCell | None) -> str:
    return re.sub(r"[\s​﻿]+", "", cell.text) if cell is not None else ""


_SEQ = re.compile(r"^(?:序号|行次|栏次)$")


_CODE = re.compile(r"(?:编码|代码|编号)$|^(?:类|款|项)$")


def column_roles(paths: tuple[tuple[str, ...], ...], columns: list[list[str]]) -> tuple[ColumnRole, ...]:
    """What each column is for, from its header and from the texts (without blanks) that its body cells show."""
    return tuple(column_role(path, columns[c], c) for c, path in enumerate(paths))


# what a workbook shows where a formula failed: a cell of whatever the column is
_SHEET_ERROR = re.compile(r"^#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)$")


# what may stand over codes that no header calls codes: nothing, or what the names beside them are called
_OVER_CODES = re.compile(r"^$|科目|分类|项目|名称|编|码|^[类款项目]$|单位|部门|采购")


def column_role(path: tuple[str, ...], texts: list[str], c: int) -> ColumnRole:
    """What column c is for, from its header path and the texts of its body cells.

    A column below a header of money is money also where none of its cells is a plain number: each of them is reported then.
    """
    shown = [t for t in texts if not is_blank(t) and not _SHEET_ERROR.match(t)]
    figures = sum(shows_figure(t) for t in shown)
    amounts = sum(is_amount_text(t) for t in shown)
    leaf = squeeze(path[-1]) if path else ""
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
