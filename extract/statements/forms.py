"""Performance forms: labels and values side by side, not a header above rows; how they begin, go on and end."""

from __future__ import annotations

import re

from budget.measures import measure_of_level
from budget.project_words import fold_label, indicator_header, is_project_name, list_words
from budget.words import TOTALS
from extract.statements.figures import is_amount_text
from extract.statements.matrix import Matrix, own_cells, text_of
from extract.statements.model import Cell, Piece, Table

_FORM_WORDS = ("一级指标", "二级指标", "三级指标", "指标值", "绩效目标", "绩效指标", "项目名称", "年度总体目标", "项目编码", "预算规模及资金用途",
               "资金支出计划", "项目资金", "年度资金总额", "总体目标", "年度绩效目标", "部门名称", "整体绩效目标", "任务名称", "年度主要任务", "主管部门", "实施单位",
               "产出指标", "效益指标", "满意度指标", "数量指标", "质量指标", "时效指标", "成本指标", "社会效益指标", "服务对象满意度指标")  # fmt: skip


PROJECT_LABEL = re.compile(
    r"^(?:项目|专项|专项资金|政策|转移支付)(?:[(（][^()（）]{1,8}[)）])?(?:名称|编码|代码)[:：]?"
)
"""What stands before the name or the code of what a form is for (`项目名称`, `专项（项目）名称`)."""


FORM_STARTS = re.compile(PROJECT_LABEL.pattern + "$")


_FORM_SECONDS = (
    "主管部门",
    "项目资金",
    "实施单位",
    "预算规模",
    "项目单位",
    "主管预算部门",
    "项目属性",
    "项目类别",
    "项目负责人",
    "预算单位",
    "资金支出计划",
)


INDICATOR_WORDS = frozenset(
    [
        "一级指标",
        "二级指标",
        "三级指标",
        "产出指标",
        "效益指标",
        "满意度指标",
        "数量指标",
        "质量指标",
        "时效指标",
        "成本指标",
        "社会效益指标",
        "经济效益指标",
        "指标值",
        "绩效指标",
        "年度指标值",
    ]
)


_FUSED = re.compile(r"^(?:产出|效益|满意度|成本)指标")
"""A level of indicators, alone or with its first indicator behind it in one cell."""


def is_form(matrix: Matrix, start: int) -> bool:
    """Whether a grid is a performance form: labels and values side by side, not a header above rows."""
    texts = {text_of(cell) for row in matrix[start:] for cell in row}
    words = {text for text in texts if text and len(text) < 20}
    indicators = len(words & INDICATOR_WORDS)
    if "职责活动" in words:
        return False
    labels = [text_of(c) for c in own_cells(matrix, start)]
    below = [text_of(c) for c in own_cells(matrix, start + 1)] if start + 1 < len(matrix) else []
    if labels and FORM_STARTS.match(labels[0]) and below and below[0].startswith(_FORM_SECONDS):
        return True
    fused = 0
    if any(map(_FUSED.match, texts)):
        fused = sum(bool(_FUSED.match(text_of(c))) for row in matrix[start:] for c in row[:3] if c is not None)
    if indicators >= 3 or (fused >= 2 and (indicators >= 2 or len(matrix) - start >= 3)):
        return not _has_list_header(matrix, start)
    return indicators >= 1 and sum(any(text.startswith(word) for text in words) for word in _FORM_WORDS) >= 4


def _has_list_header(matrix: Matrix, start: int) -> bool:
    """Whether a header stands above rows: a list of projects that prints their amounts or indicators in columns."""
    texts = [text_of(c) for c in own_cells(matrix, start)]
    heads = {fold_label(text) for text in texts}
    if (
        any(is_project_name(text) for text in texts)
        and heads & set(list_words().totals)
        and heads & {*list_words().goals, *list_words().written}
        and not any(is_amount_text(text) for text in texts)
    ):
        return True
    if any(FORM_STARTS.match(t) for t in texts) and any(t in INDICATOR_WORDS for t in texts):
        return True  # a form has these words under each other
    return sum(measure_of_level(t) is not None or t.rstrip("：:") in TOTALS.ends for t in texts) >= 2


FORM_HEAD = re.compile(
    r"^(?:项目名称|主管部门|实施单位|项目单位|项目资金|资金金额|预算规模|年度资金总额|实施期资金总额|(?:年度)?总体目标|年度目标)"
)


_FORM_BEGINS = re.compile(
    r"^(?:项目名称|项目编码|部门名称|单位名称|预算单位|[(（]?\d{4}年度[)）]?$|项目单位|专项名称|预算部门|部门[(（]单位[)）]名称)"
)


def begins_form(piece: Piece) -> bool:
    return any(
        _FORM_BEGINS.match(cell.shown) or PROJECT_LABEL.match(cell.shown) for row in piece.body[:3] for cell in row[:3]
    )


def is_tail(rows: list[tuple[Cell, ...]]) -> bool:
    """Whether rows begin with a kind of indicator."""
    first = [cell.shown for cell in rows[0] if cell.own]
    return any(re.match(r"^(?:产出|效益|满意度|成本|.{2,8}效益)指标", text) for text in first)


def is_head_of_form(table: Table, piece: Piece, title: str | None) -> bool:
    """Whether a table of labels alone is the head of the form whose indicators begin on the next page, under their header."""
    if table.form or not piece.form or title or any(table.paths) or not piece.body or "绩效" not in (table.title or ""):
        return False
    first = {fold_label(cell.shown) for cell in piece.body[0] if cell.own}
    return len(first & indicator_header()) >= 3 and not begins_form(piece)
