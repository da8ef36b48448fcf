"""Money on performance forms and lists of projects: a printed amount in the unit of its cell, label or header → 万元."""

from __future__ import annotations

import re
from collections.abc import Sequence

from budget.amounts import NotAnAmountError, Unit, decimal_text, find_unit, parse_amount, to_wan
from budget.printed_text import squeeze


def header_unit(path: Sequence[str]) -> Unit | None:
    """The unit that a column's header prints: 预算金额（万元）."""
    return next((unit for level in reversed(path) if (unit := find_unit(level))), None)


def money(text: str, unit: Unit) -> str | None:
    """An amount in 万元 as the contract writes it; None for a blank and for what is no amount. A unit in the cell wins over `unit`."""
    printed = squeeze(text)
    named = find_unit(printed)
    number = re.sub(r"(?:人民币)?[亿万千]?元$", "", printed)
    try:
        value = parse_amount(number)
    except NotAnAmountError:
        return None
    return None if value is None else decimal_text(to_wan(value, named or unit))
