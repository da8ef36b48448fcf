"""The list of tasks within a form for a whole department: 任务名称 | 主要内容 | 预算金额（总额、财政拨款、其他资金） with rows of its own.

The national form (部门整体支出绩效目标表, 自评表) prints it between the name of the department and the goals, beside one tall label.
"""

from __future__ import annotations

from typing import NamedTuple

from budget.words import FORMS, holds
from extract.statements.matrix import Matrix, own_cells, text_of

FEWEST_ROWS = 2
"""Rows of the header and its first task."""


class TaskList(NamedTuple):
    """Rows start..end of a matrix, from its column `left` on."""

    start: int
    end: int
    left: int


def task_list_in(matrix: Matrix, start: int) -> TaskList | None:
    """The first list of tasks at or below row `start`; None where there is none."""
    for r in range(start, len(matrix)):
        cells = own_cells(matrix, r)
        left = next((cell.col for cell in cells if cell.shown in FORMS.task_names), None)
        if left is None or not any(cell.col > left and holds(cell.shown, FORMS.task_amounts) for cell in cells):
            continue
        end = _end_of(matrix, r, left)
        return TaskList(r, end, left) if end - r >= FEWEST_ROWS else None
    return None


def _end_of(matrix: Matrix, start: int, left: int) -> int:
    """The row below the list: where the label beside it is another one than at its beginning, or its total is printed."""
    beside = _beside(matrix, start, left)
    for r in range(start + 1, len(matrix)):
        if _beside(matrix, r, left) not in ("", beside) or text_of(matrix[r][left]) in FORMS.task_headers:
            return r
        if text_of(matrix[r][left]).endswith(FORMS.task_totals):
            return r + 1
    return len(matrix)


def _beside(matrix: Matrix, r: int, left: int) -> str:
    return "".join(dict.fromkeys(text_of(cell) for cell in matrix[r][:left]))
