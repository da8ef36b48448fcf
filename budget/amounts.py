"""Money: printed text → `Decimal`, and the units it is printed in. Everything the project stores is 万元."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from budget.printed_text import is_blank, squeeze


class Unit(StrEnum):
    """The unit a table or sentence prints its money in."""

    YUAN = "元"
    THOUSAND = "千元"
    WAN = "万元"
    YI = "亿元"

    @property
    def in_wan(self) -> Decimal:
        """万元 for one of this unit; always a power of ten, so conversion never rounds."""
        return {
            Unit.YUAN: Decimal("0.0001"),
            Unit.THOUSAND: Decimal("0.1"),
            Unit.WAN: Decimal(1),
            Unit.YI: Decimal(10000),
        }[self]


# Longest first: 万元 also ends in 元. 百万元 and 万美元 must be taken for none of them, nor for 元.
_UNIT = re.compile(r"(?<![百十千万亿美欧港日英澳加韩])(?:人民币)?(亿元|万元|千元|元)")
_UNIT_SAID = re.compile(r"单位[:：][^,，;；。]{0,10}(?:元|镑|法郎|卢布)")
_AMOUNT = re.compile(r"^[-−﹣]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$")


class NotAnAmountError(ValueError):
    """A cell of a money column that is neither blank nor a number; the caller reports it with its place."""


def find_unit(text: str) -> Unit | None:
    """The unit named in a line such as `单位：万元` or `金额单位:元`; None when it names none."""
    found = _UNIT.search(squeeze(text))
    return Unit(found.group(1)) if found else None


def says_strange_unit(text: str) -> bool:
    """Whether a line such as `单位：百万元` or `单位:万美元` names a unit that is none of ours."""
    squeezed = squeeze(text)
    return bool(_UNIT_SAID.search(squeezed)) and find_unit(squeezed) is None


def parse_amount(printed: str) -> Decimal | None:
    """The number a money cell prints, in the cell's own unit; None for a blank or a dash.

    Accepts thousands separators (also full width, trap 9), a leading minus, and accountants' parentheses for a negative.
    Raises NotAnAmountError for anything else: unknown input is reported, never absorbed.
    """
    if is_blank(printed):
        return None
    text = squeeze(printed).replace("−", "-")
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1]
    text = text.removeprefix("¥").removeprefix("￥").lstrip("+")
    if not _AMOUNT.match(text):
        # full-width and misplaced commas (`3，518.85`, `1,2345.00`) are separators only where digits stand on both sides
        loose = re.sub(r"(?<=\d)[,，](?=\d)", "", text)
        if not re.fullmatch(r"-?\d+(?:\.\d+)?|-?\.\d+", loose) or re.search(r"[,，]\d{1,2}(?!\d)", text):
            raise NotAnAmountError(f"not an amount: {printed!r}")
        text = loose
    value = Decimal(text.replace(",", ""))
    return -value if negative else value


def to_wan(value: Decimal, unit: Unit) -> Decimal:
    """`value` in 万元, exact."""
    return value * unit.in_wan


def decimal_text(value: Decimal) -> str:
    """A decimal as the contract prints it: plain digits, no exponent, no trailing zeros after the point."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def printed_decimals(printed: str) -> int:
    """How many digits a printed amount shows after the point: the tolerance of a sum depends on it."""
    text = squeeze(printed)
    return len(text.rsplit(".", 1)[1].rstrip(")")) if "." in text else 0
