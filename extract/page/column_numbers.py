"""Rows that number the columns of a table: 栏次 | 1 | 2 | 3."""

from __future__ import annotations

from typing import Final

from extract.page.words import Lines

COUNTED_BY: Final = ("栏次", "档次", "行次")


def numbers_columns(lines: Lines) -> bool:
    """Whether the lines of a row number the columns, from one on, each by one."""
    words = sorted((w for line in lines for w in line), key=lambda w: w.x0)
    counted = [int(w.text) for w in words if w.text.isdecimal()]
    named = [w.text for w in words if not w.text.isdecimal()]
    return len(counted) > 1 and counted == list(range(1, len(counted) + 1)) and all(t in COUNTED_BY for t in named)
