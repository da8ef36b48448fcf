"""Header rows of a table: where they end.

Works on a rectangle of cells with spans; knows header words (`budget.words`, `budget.measures`), not formats.
"""

from __future__ import annotations

import itertools
import re

from budget.codes import system_of
from budget.measures import is_generic, measure_of_level
from budget.printed_text import split_ordinal
from budget.words import HEADERS, TOTAL_WORDS, TOTALS, any_of
from extract.statements.figures import is_amount_text
from extract.statements.matrix import Matrix, own_cells, text_of, texts_of

LONGEST_HEADER = 60
"""Signs of the longest text that is believed to be a header."""
LONGEST_ORDINAL_NAME = 40
"""Signs behind an ordinal up to which it numbers a row; a longer text is a sentence that is numbered."""
COVERED = 4
"""A header covers more than one in so many of its places."""
ORDINAL_COLUMNS = 4
"""First cells of a row among which an ordinal numbers it."""
MOST_HEADER_ROWS = 9
"""Rows behind which a header is believed to have ended, whatever follows."""

_YEAR_HEADER = re.compile(r"^(?:19|20)\d{2}年?(?:度)?$")
_LEVELS = (*HEADERS.code_levels, *HEADERS.deeper_levels)
_NUMBERED = frozenset(HEADERS.column_numbers)
_NUMBERING = frozenset((*HEADERS.row_numbers, *HEADERS.column_numbers))
_COLUMN_NUMBER = re.compile(
    r"^(?:\*\*|——|—|-|[甲乙丙丁戊]|[(（]?\d{1,2}[)）]?|[A-Za-z]|[①-⑳]|\d{1,2}\s*=\s*[\d+\-*/().]+)$"
)
_COLUMN_LETTER = re.compile(r"^[甲乙丙丁戊A-Za-z]$")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_CODE_AND_NAME = re.compile(r"^\[?(\d{3}(?:\d{2}){0,2})\]?\s*[-—_:：]?\s*(?=[^\d\s,.，%])")
_HELD = re.compile(any_of(HEADERS.holds))
# 一般公共预算支出情况表（按功能分类科目）
_BRACKETED_END = re.compile(r"[(（][^()（）]*[)）]$")


def is_column_number_row(matrix: Matrix, r: int) -> bool:
    """Whether row r is 栏次 / 档次: column numbers that count up, never data (trap 5)."""
    texts = texts_of(matrix, r)
    # 类 | 款 | 项 | 栏次 | 1 | 2 | 3: in final accounts the levels of the code stand in the same row
    while len(texts) > 2 and texts[0] in _LEVELS:
        texts = texts[1:]
    if len(texts) < 2 or not all(map(_numbers_a_column, texts)):
        return False
    if set(texts) - {_STARS} == set(filter(str.isdecimal, texts)) and _STARS in texts:
        counted = [int(text) for text in texts if text != _STARS]
        return counted == list(range(1, len(counted) + 1))
    return not _NUMBERED.isdisjoint(texts) or _count_up(texts)


def _numbers_a_column(text: str) -> bool:
    return text in _NUMBERING or bool(_COLUMN_NUMBER.match(text))


_STARS = "**"
"""Printed in a row of column numbers for the columns of names: ** | 1 and ** | **. No data prints two asterisks for a name."""


def _count_up(texts: list[str]) -> bool:
    """Whether a row of numbers and letters numbers its columns: 1 | 2 | 3, 甲 | 1 | 2."""
    numbers = [int(found.group()) for text in texts if (found := re.match(r"\d{1,2}", text.strip("(（")))]
    lettered = any(map(_COLUMN_LETTER.match, texts))
    if len(numbers) < (2 if lettered else 3) or any(b - a != 1 for a, b in itertools.pairwise(numbers)):
        return False
    return numbers[0] == 1 or (lettered and numbers[0] <= 3)


def is_header_text(text: str) -> bool:
    """Whether a text reads like a column header."""
    if not text or len(text) > LONGEST_HEADER or _BRACKETED_END.sub("", text).endswith("表"):
        return False
    known = bool(_YEAR_HEADER.match(text)) or _has_header_words(text)
    return known or is_generic(text) or measure_of_level(text) is not None


def _has_header_words(text: str) -> bool:
    if text in HEADERS.whole or text in HEADERS.code_levels:
        return True
    return text.startswith(HEADERS.begins) or text.endswith(HEADERS.ends) or bool(_HELD.search(text))


def looks_like_data(matrix: Matrix, r: int) -> bool:
    """Whether row r can only be data: it shows an amount, a code, an ordinal before a name, or a lone total."""
    return shows_figures(matrix, r) or _begins_with_total(matrix, r)


def shows_figures(matrix: Matrix, r: int) -> bool:
    """Whether row r shows an amount, a code before a name, or an ordinal before a name: no header row does."""
    texts = texts_of(matrix, r)
    return any(map(_is_figure_or_coded, texts)) or any(map(_is_numbered_name, texts[:ORDINAL_COLUMNS]))


def _is_figure_or_coded(text: str) -> bool:
    if is_amount_text(text) and not _YEAR.fullmatch(text):
        return True
    coded = _CODE_AND_NAME.match(text)
    return coded is not None and system_of(coded.group(1)) is not None


def _is_numbered_name(text: str) -> bool:
    ordinal, rest = split_ordinal(text)
    return ordinal is not None and not ordinal.startswith(("(", "（")) and len(rest) < LONGEST_ORDINAL_NAME


def _begins_with_total(matrix: Matrix, r: int) -> bool:
    """Whether row r is that of a total: its name first, and behind it not only headers. 合计 alone heads a column, too."""
    cells = own_cells(matrix, r)
    if not cells:
        return False
    first, others = cells[0], [cell.shown for cell in cells[1:]]
    if first.rows != 1 or not _names_a_total(first.shown):
        return False
    return not others or (first.shown not in TOTALS.main and not all(map(is_header_text, others)))


def _names_a_total(text: str) -> bool:
    return text in TOTAL_WORDS or text.endswith((*TOTALS.main, *TOTALS.subtotals))


def header_rows(matrix: Matrix, start: int = 0, marked: int = 0) -> int:
    """How many rows from `start` are header rows, the column-number row included; 0 when data begins at once.

    The header goes on while a cell still spans below, while a spanning cell still waits for its parts, and while a row
    holds nothing but header words. `marked` is the number of rows that the format itself marks as header.
    """
    if start >= len(matrix) or not _begins_header(matrix, start) or (not marked and looks_like_data(matrix, start)):
        return 0
    most = min(len(matrix) - start, MOST_HEADER_ROWS)
    for count in range(most):
        if is_column_number_row(matrix, start + count):
            return count + 1
        if count and not _is_header_row(matrix, start, start + count):
            return count
    return most


def _is_header_row(matrix: Matrix, start: int, r: int) -> bool:
    """Whether the header that begins at `start` and has reached row r goes on with it."""
    cells = own_cells(matrix, r)
    if not cells or shows_figures(matrix, r):
        return False
    if r < _bottom(matrix, start, r) or _waits_for_parts(matrix, r - 1):
        return True
    # 小计 opens a header row that names the parts of a group, and a data row everywhere else
    if _begins_with_total(matrix, r) or len(cells) < 2 or _is_complete(matrix, start, r):
        return False
    return all(map(is_header_text, texts_of(matrix, r)))


def _begins_header(matrix: Matrix, r: int) -> bool:
    texts = texts_of(matrix, r)
    if len(texts) == 1 and len(matrix[r]) > 2 and not is_header_text(texts[0]):
        return False
    covered = sum(map(bool, map(text_of, matrix[r])))
    short = all(len(text) <= LONGEST_HEADER for text in texts)
    return short and covered * COVERED > len(matrix[r]) and any(map(is_header_text, texts))


def _is_complete(matrix: Matrix, start: int, end: int) -> bool:
    """Whether every column has a text in the header rows so far: what follows names a row, however like a header it reads
    (上级补助收入 | 上缴上级支出 is a row of 收支总表)."""
    return all(any(text_of(matrix[r][c]) for r in range(start, end)) for c in range(len(matrix[start])))


def _bottom(matrix: Matrix, start: int, end: int) -> int:
    """The row below the deepest cell that begins in the header rows so far."""
    depths = (
        cell.row + cell.rows
        for r in range(start, end)
        for cell in matrix[r]
        if cell is not None and cell.row <= r and cell.shown
    )
    return max(depths, default=start + 1)


def _waits_for_parts(matrix: Matrix, r: int) -> bool:
    """Whether a header cell that ends in row r spans several columns and so still has to name its parts."""
    return any(
        cell is not None and cell.cols > 1 and cell.row + cell.rows - 1 == r and cell.shown for cell in matrix[r]
    )
