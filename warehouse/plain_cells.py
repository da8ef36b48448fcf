"""Text for programs that calculate what looks like a formula: a cell of a CSV or workbook must never run."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, full-width forms included."""


def safe_text(value: str) -> str:
    """`value`, with an apostrophe before it where a spreadsheet would calculate it. Numbers stay numbers.

    >>> safe_text("=1+1"), safe_text("-3.50"), safe_text("民政局")
    ("'=1+1", '-3.50', '民政局')
    """
    if not value.startswith(STARTS) or is_number(value):
        return value
    return "'" + value


def is_number(value: str) -> bool:
    """Whether text is a plain decimal number."""
    try:
        return Decimal(value).is_finite() and value.strip() == value
    except InvalidOperation:
        return False
