"""Amounts that a page shows in rows and that ended in no table: a table that nobody recognised must not vanish.

Text lines with several amounts that carry no unit are rows of something: sentences name the unit of every amount. A page with
enough of them holds a table that was read as text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from budget.disclosure import Finding, FindingCell, PagePlace, Unread
from budget.states import Origin, Severity
from extract.reading import Line, Reading

ENOUGH = 4
"""Stray amounts on one page from which on they are a table."""
# with a point: the scales of charts and the numbers of articles have none
_STRAY = re.compile(r"(?<![\d.,，])-?(?:\d{1,3}(?:[,，]\d{3})+|\d+)\.\d{2,}(?![\d.,，]|\s*[万亿千元%％‰])")
_SENTENCE = re.compile(r"[。；！？]")


def stray_amounts(reading: Reading) -> tuple[tuple[Unread, ...], list[Finding]]:
    """Every stray amount with the place of its line, and an error for each page that shows enough of them.

    Formats without pages are one page; their lines have no place.
    """
    pages: dict[int | None, list[tuple[str, PagePlace | None]]] = defaultdict(list)
    for block in reading.blocks:
        if isinstance(block, Line):
            place = PagePlace(page=block.page, bbox=block.box) if block.page and block.box else None
            pages[block.page].extend((amount, place) for amount in _amounts_of(block.text))
    unread: list[Unread] = []
    findings: list[Finding] = []
    for page, found in pages.items():
        if len(found) < ENOUGH:
            continue
        unread += [Unread(text=amount, at=place) for amount, place in found if place is not None]
        where = f"第{page}页" if page else "正文"
        findings.append(
            Finding(
                check="UNREAD", severity=Severity.ERROR, origin=Origin.EXTRACTION,
                message=f"{where}成行的 {len(found)} 个金额（{found[0][0]} 等）未归入任何表格，可能是未识别的表"
                f" / {len(found)} amounts in rows ({found[0][0]} …) {f'on page {page} ' if page else ''}ended in no table: look for a"
                " table that was read as text",
                cells=tuple(FindingCell(at=place, raw=amount) for amount, place in found),
            )
        )  # fmt: skip
    return tuple(unread), findings


def _amounts_of(text: str) -> Sequence[str]:
    """The amounts of a line that is a row: two or more without a unit, or one that is the whole line."""
    if _SENTENCE.search(text):
        return ()
    found = _STRAY.findall(text)
    return found if len(found) >= 2 or _STRAY.fullmatch(text.strip()) else ()
