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


MAX_WHOLE_DIGITS = 14
"""Digits before the point of the largest amount that is believed: 10^9 万元 in 元 has fourteen. More is two amounts glued."""
MAX_DECIMALS = 15
"""Digits behind the point that are believed: as many as a workbook keeps of a share that nobody rounded."""

# Longest first: 万元 also ends in 元. 百万元 and 万美元 must be taken for none of them, nor for 元.
_UNIT = re.compile(
    r"(?<![百十千万亿美欧港日英澳加韩])(?:人民币)?(亿元|万元|千元|(?:(?<![\u4e00-\u9fff])|(?<=[币位为是以额计数]))元)"
)
# what stands between 单位 and the unit: any sign or none, as printed and as recognised (单位（万元）, 单位 万元, 单位；万元, 单位均为万元)
_UNIT_STATED = re.compile(
    r"单位[\W_]*(?:均?为|均?是|均以)?[\W_]*(?:人民币)?[\W_]*((?P<word>[\u4e00-\u9fff]{0,2}元)|[镑]|法郎|卢布)"
)
_AMOUNT = re.compile(r"(?:\d+(?:,\d{3})*|\d+(?:,\d{4})*)?(?:\.\d+)?")
# a note behind a figure: raised and circled digits, asterisks, 注1. Raised digits of Word, HTML and PDF reach here as ¹²³
_MARK = re.compile(r"(?:[\u00b9\u00b2\u00b3\u2070-\u2079\u2460-\u2473\u2776-\u277f*※†‡]|\(?注\d{0,2}\)?)+$")


class NotAnAmountError(ValueError):
    """A cell of a money column that is neither blank nor a number; the caller reports it with its place."""


def find_unit(text: str) -> Unit | None:
    """The unit named in a line such as `单位：万元` or `金额单位:元`; None when it names none."""
    found = _UNIT.search(squeeze(text))
    return Unit(found.group(1)) if found else None


def stated_unit(text: str) -> Unit | None:
    """The unit that stands behind the word 单位, with any sign or none between them; None when none of ours does.

    `部门：某单位 单位：万元` states 万元: of several 单位 the last one that a unit follows counts. A word that merely ends in
    元 (方元 for 万元 in a recognised line, 百万元, 万美元) is none of ours and never read as 元.
    """
    word = _stated_word(text)
    return Unit(word) if word in set(Unit) else None


_UNIT_ALONE = re.compile(r"[(（]?(?:人民币)?(亿元|万元|千元|元)[)）]?")


def lone_unit(text: str) -> Unit | None:
    """The unit that is all a text prints: `（万元）`, `人民币元`; None for any other text."""
    found = _UNIT_ALONE.fullmatch(squeeze(text))
    return Unit(found.group(1)) if found else None


def says_strange_unit(text: str) -> bool:
    """Whether a line such as `单位：百万元` or `单位:万美元` states a unit that is none of ours."""
    word = _stated_word(text)
    return word is not None and word not in set(Unit)


def _stated_word(text: str) -> str | None:
    found = list(_UNIT_STATED.finditer(squeeze(text)))
    return (found[-1].group("word") or found[-1].group(1)) if found else None


def without_mark(printed: str) -> str:
    """A printed amount without the mark of a note behind it: `24.93¹`, `12.50*`, `1234.56①` and `36注1`, never a digit less."""
    text = squeeze(printed)
    return _MARK.sub("", text) if text[:1].isdigit() or text[:1] in "-−(¥￥+." else text


def parse_amount(printed: str) -> Decimal | None:
    """The number a money cell prints, in the cell's own unit; None for a blank or a dash.

    Accepts thousands separators (also full width, groups of four, and `120258,600`), a leading minus, accountants' parentheses for a
    negative, and a note's mark behind the figure, which is no digit of it. Raises NotAnAmountError for anything else, also
    for groups of unequal length and for more digits than an amount has: unknown input is reported, never absorbed.
    """
    if is_blank(printed):
        return None
    text = without_mark(printed).replace("−", "-")
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1]
    text = text.removeprefix("¥").removeprefix("￥").lstrip("+")
    if text.startswith("-") and not negative:
        negative, text = True, text[1:]
    whole, _, decimals = text.partition(".")
    if not text or not _AMOUNT.fullmatch(text) or not (whole or decimals):
        raise NotAnAmountError(f"not an amount: {printed!r}")
    digits = whole.replace(",", "")
    if len(digits.lstrip("0")) > MAX_WHOLE_DIGITS or len(decimals) > MAX_DECIMALS:
        raise NotAnAmountError(f"more digits than an amount has: {printed[:60]!r}")
    value = Decimal(f"{digits or '0'}.{decimals or '0'}") if decimals else Decimal(digits)
    return -value if negative else value


_WITH_UNIT = re.compile(r"(?:人民币)?(.*\d.*?)(亿元|万元|千元|元)")


def amount_with_unit(printed: str) -> tuple[Decimal, Unit] | None:
    """The number and the unit of a cell that prints both (12.50万元); None for any other text. Never raises."""
    found = _WITH_UNIT.fullmatch(without_mark(printed))
    if found is None:
        return None
    try:
        value = parse_amount(found.group(1))
    except NotAnAmountError:
        return None
    return None if value is None else (value, Unit(found.group(2)))


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
    text = without_mark(printed)
    return len(text.rsplit(".", 1)[1].rstrip(")")) if "." in text else 0
