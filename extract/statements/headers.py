"""Header rows of a table: where they end.

Works on a rectangle of cells with spans; knows header words (through `budget.measures`), not formats.
"""

from __future__ import annotations

import itertools
import re

from budget.codes import system_of
from budget.measures import is_generic, measure_of_level
from budget.printed_text import split_ordinal
from budget.words import TOTAL_WORDS, TOTALS
from extract.statements.figures import is_amount_text
from extract.statements.matrix import Matrix, own_cells, text_of

_HEADER_WORDS = re.compile(
    r"^(?:项目|科目|科目编码|科目名称|科目代码|编码|名称|代码|类|款|项|序号|行次|收入|支出|本年收入|本年支出|单位名称|单位代码|单位编码"
    r"|项目名称|项目编码|项目类别|项目类型|项目单位|功能分类.*|支出功能分类.*|经济分类.*|.*经济分类科目.*|.*功能分类科目.*|支出项目类别.*"
    r"|资金性质|资金来源|其中|备注|说明|数量|单价|计量单位|数量单位|规格|.*编码|.*科目|.*科目名称|采购.*|政府采购.*|优|良|中|差|评价标准"
    r"|绩效指标|绩效目标|内容描述|职责活动|单位性质|单位规格|经费保障形式|主管部门|.*预算数|.*决算数|.*执行数|.*资金|.*经费|.*费用?|功能科目|经济科目)$"
)


_YEAR_HEADER = re.compile(r"^(?:19|20)\d{2}年?(?:度)?$")


_COLUMN_NUMBER = re.compile(
    r"^(?:栏次|档次|行次|列次|序号|\*\*|——|—|-|[甲乙丙丁戊]|[(（]?\d{1,2}[)）]?|[A-Za-z]|[①-⑳]|\d{1,2}\s*=\s*[\d+\-*/().]+)$"
)


_YEAR = re.compile(r"(?:19|20)\d{2}")


_CODE_AND_NAME = re.compile(r"^\[?(\d{3}(?:\d{2}){0,2})\]?\s*[-—_:：]?\s*(?=[^\d\s,.，%])")


def is_column_number_row(matrix: Matrix, r: int) -> bool:
    """Whether row r is 栏次 / 档次: column numbers that count up, never data (trap 5)."""
    texts = [text_of(cell) for cell in own_cells(matrix, r)]
    # 类 | 款 | 项 | 栏次 | 1 | 2 | 3: in final accounts the levels of the code stand in the same row
    while len(texts) > 2 and texts[0] in ("类", "款", "项", "目"):
        texts = texts[1:]
    if len(texts) < 2 or not all(_COLUMN_NUMBER.match(t) for t in texts):
        return False
    if "**" in texts and all(t == "**" or t.isdigit() for t in texts):
        # ** | 1 and ** | **: no data prints two asterisks for a name
        counted = [int(t) for t in texts if t.isdigit()]
        return counted == list(range(1, len(counted) + 1))
    if any(t in ("栏次", "档次", "列次") for t in texts):
        return True
    numbers = [int(m.group()) for t in texts if (m := re.match(r"\d{1,2}", t.strip("(（")))]
    letters = [t for t in texts if re.match(r"^[甲乙丙丁戊A-Za-z]$", t)]
    counting = len(numbers) >= 2 and all(b - a == 1 for a, b in itertools.pairwise(numbers))
    return counting and (numbers[0] == 1 or (bool(letters) and numbers[0] <= 3)) and len(numbers) >= 3 - bool(letters)


# 一般公共预算支出情况表（按功能分类科目）
_BRACKETED_END = re.compile(r"[(（][^()（）]*[)）]$")


def is_header_text(text: str) -> bool:
    """Whether a text reads like a column header."""
    if not text or len(text) > 60 or _BRACKETED_END.sub("", text).endswith("表"):
        return False
    return (
        bool(_YEAR_HEADER.match(text))
        or bool(_HEADER_WORDS.match(text))
        or is_generic(text)
        or measure_of_level(text) is not None
    )


def looks_like_data(matrix: Matrix, r: int) -> bool:
    """Whether row r can only be data: it shows an amount, a code, an ordinal before a name, or a lone total."""
    return shows_figures(matrix, r) or _begins_with_total(matrix, r)


def shows_figures(matrix: Matrix, r: int) -> bool:
    """Whether row r shows an amount, a code before a name, or an ordinal before a name: no header row does."""
    cells = own_cells(matrix, r)
    texts = [text_of(cell) for cell in cells]
    for i, text in enumerate(texts):
        if is_amount_text(text) and not _YEAR.fullmatch(text):
            return True
        if (coded := _CODE_AND_NAME.match(text)) and system_of(coded.group(1)):
            return True
        ordinal, rest = split_ordinal(text)
        if ordinal and i < 4 and not re.match(r"^[(（]", ordinal) and len(rest) < 40:
            return True
    return False


def _begins_with_total(matrix: Matrix, r: int) -> bool:
    cells = own_cells(matrix, r)
    texts = [text_of(cell) for cell in cells]
    if not texts:
        return False
    if texts[0] in TOTAL_WORDS or texts[0].endswith((*TOTALS.main, *TOTALS.subtotals)):
        first = cells[0]
        lone = len(texts) == 1
        return (
            (lone or texts[0] not in TOTALS.main)
            and first.rows == 1
            and not all(is_header_text(t) for t in texts[1:] or ["?"])
        )
    return False


def header_rows(matrix: Matrix, start: int = 0, marked: int = 0) -> int:
    """How many rows from `start` are header rows, the column-number row included; 0 when data begins at once.

    The header goes on while a cell still spans below, while a spanning cell still waits for its parts, and while a row
    holds nothing but header words. `marked` is the number of rows that the format itself marks as header.
    """
    n = len(matrix)
    if start >= n or (not own_cells(matrix, start)) or (looks_like_data(matrix, start) and not marked):
        return 0
    if not _begins_header(matrix, start):
        return 0
    end = start
    while end < n:
        if is_column_number_row(matrix, end):
            return end + 1 - start
        cells = own_cells(matrix, end)
        if end > start:
            if not cells:
                break
            waiting = end < _bottom(matrix, start, end) or _waits_for_parts(matrix, end - 1)
            # 小计 opens a header row that names the parts of a group, and a data row everywhere else
            if shows_figures(matrix, end) or (not waiting and _begins_with_total(matrix, end)):
                break
            if not waiting:
                header_like = sum(is_header_text(text_of(c)) for c in cells)
                if header_like < len(cells) or len(cells) < 2 or _is_complete(matrix, start, end):
                    break
        end += 1
        if end - start > 8:
            break
    return end - start


def _begins_header(matrix: Matrix, r: int) -> bool:
    cells = own_cells(matrix, r)
    if len(cells) == 1 and len(matrix[r]) > 2 and not is_header_text(text_of(cells[0])):
        return False
    known = sum(is_header_text(text_of(c)) for c in cells)
    covered = sum(cell is not None and bool(text_of(cell)) for cell in matrix[r])
    return known >= 1 and covered * 4 > len(matrix[r]) and all(len(text_of(c)) <= 60 for c in cells)


def _is_complete(matrix: Matrix, start: int, end: int) -> bool:
    """Whether every column has a text in the header rows so far: what follows names a row, however like a header it reads
    (上级补助收入 | 上缴上级支出 is a row of 收支总表)."""
    return all(any(text_of(matrix[r][c]) for r in range(start, end)) for c in range(len(matrix[start])))


def _bottom(matrix: Matrix, start: int, end: int) -> int:
    """The row below the deepest cell that begins in the header rows so far."""
    deepest = start + 1
    for r in range(start, end):
        for cell in matrix[r]:
            if cell is not None and cell.row <= r and text_of(cell):
                deepest = max(deepest, cell.row + cell.rows)
    return deepest


def _waits_for_parts(matrix: Matrix, r: int) -> bool:
    """Whether a header cell that ends in row r spans several columns and so still has to name its parts."""
    return any(
        cell is not None and cell.cols > 1 and cell.row + cell.rows - 1 == r and text_of(cell) for cell in matrix[r]
    )
