"""Amounts that a page shows in rows and that ended in no table: a table that nobody recognised must not vanish.

Text lines with several amounts that carry no unit are rows of something: sentences name the unit of every amount. A page with
enough of them holds a table that was read as text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from budget.disclosure import Finding, FindingCell, PagePlace, Unread
from budget.states import Origin, Severity
from extract.reading import Grid, Line, Reading

ENOUGH = 4
"""Stray amounts on one page from which on they are a table."""
HEAD_ROWS = 3
"""First rows of a table in which its heads stand."""
HEADS = 3
"""Heads of one table in one line that make the line its header, printed again."""
ROWS = 3
"""Lines that follow each other, each a name with an amount behind it, from which on they are a table; where pages have charts,
their legends are no such lines."""
# with a point: the scales of charts and the numbers of articles have none
_STRAY = re.compile(r"(?<![\d.,，])-?(?:\d{1,3}(?:[,，]\d{3})+|\d+)\.\d{2,}(?![\d.,，]|\s*[万亿千元%％‰])")
_ROW = re.compile(r"\S.*\s" + _STRAY.pattern + r"\s*$")
_SENTENCE = re.compile(r"[。；！？]")


def stray_amounts(reading: Reading) -> tuple[tuple[Unread, ...], list[Finding]]:
    """Every stray amount with the place of its line, and an error for each page that shows enough of them.

    Formats without pages are one page; their lines have no place.
    """
    pages: dict[int | None, list[_Stray]] = defaultdict(list)
    headed: set[int | None] = set()
    heads: list[str] = []
    for block in reading.blocks:
        if not isinstance(block, Line):
            heads = _heads_of(block)
        elif not block.in_chart:
            pages[block.page].extend(_strays_of(block))
            # the head of the table above, again: what follows is its end
            headed |= {block.page} if sum(head in block.shown for head in heads) >= HEADS else set()
    if len(pages[None]) < ENOUGH:
        pages[None] = (_rows_of_text(reading) or pages[None]) if reading.pages is None else []
    enough = {page: 1 if page in headed else ENOUGH if page else ROWS for page in pages}
    many = {page: strays for page, strays in pages.items() if len(strays) >= enough[page]}
    unread = tuple(
        Unread(text=one.amount, at=one.place) for strays in many.values() for one in strays if one.place is not None
    )
    return unread, [_finding(page, strays) for page, strays in many.items()]


def _heads_of(grid: Grid) -> list[str]:
    return [cell.shown for cell in grid.cells if cell.row < HEAD_ROWS and len(cell.shown) > 1]


def _rows_of_text(reading: Reading) -> list[_Stray]:
    """The amounts of lines that follow each other and are rows, where `_amounts_of` finds none in them."""
    found: list[_Stray] = []
    run: list[_Stray] = []
    for block in (*reading.blocks, None):
        row = isinstance(block, Line) and not _SENTENCE.search(block.text) and _is_row(block.text)
        if row and isinstance(block, Line):
            run.append(_Stray(_STRAY.findall(block.text)[-1], None))
            continue
        found += run if len(run) >= ROWS else []
        run = []
    return found


def _is_row(text: str) -> bool:
    return bool(_STRAY.fullmatch(text.strip()) or _ROW.match(text))


class _Stray(NamedTuple):
    amount: str
    place: PagePlace | None


def _strays_of(line: Line) -> list[_Stray]:
    place = PagePlace(page=line.page, bbox=line.box) if line.page and line.box else None
    return [_Stray(amount, place) for amount in _amounts_of(line.text)]


def _finding(page: int | None, strays: list[_Stray]) -> Finding:
    where = f"第{page}页" if page else "正文"
    first = strays[0].amount
    return Finding(
        check="UNREAD", severity=Severity.ERROR, origin=Origin.EXTRACTION,
        message=f"{where}成行的 {len(strays)} 个金额（{first} 等）未归入任何表格，可能是未识别的表"
        f" / {len(strays)} amounts in rows ({first} …) {f'on page {page} ' if page else ''}ended in no table: look for a"
        " table that was read as text",
        cells=tuple(FindingCell(at=one.place, raw=one.amount) for one in strays),
    )  # fmt: skip


def _amounts_of(text: str) -> Sequence[str]:
    """The amounts of a line that is a row: two or more without a unit, or one that is the whole line."""
    if _SENTENCE.search(text):
        return ()
    found = _STRAY.findall(text)
    return found if len(found) >= 2 or _STRAY.fullmatch(text.strip()) else ()
