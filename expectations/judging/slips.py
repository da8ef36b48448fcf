"""What a wrong figure looks like beside the right one: evidence of how it came to be, for the words of a finding.

A digit that differs, two swapped, one lost or doubled, a slipped decimal point, a factor between units, a neighbouring row
or column. Evidence only: it never decides whether something is wrong, and it repairs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from expectations.view.identities import Term
from expectations.view.tables import Cell, Table


class Slip(NamedTuple):
    """A name for the kind of slip, and the words for it."""

    kind: str
    zh: str
    en: str


FEWEST_DIGITS = 3
"""300 and 200 differ in one digit too, and that says nothing."""
_UNITS = {4: "元/万元", 3: "元/千元", 8: "元/亿元"}


def slip_of(printed: Decimal, right: Decimal) -> Slip | None:
    """How `printed` may have come from `right`; None when the two do not resemble each other."""
    if not printed or not right or printed == right:
        return None
    if printed == -right:
        return Slip("sign", "正负号相反", "the sign is reversed")
    if (power := _power(printed, right)) is not None:
        if unit := _UNITS.get(abs(power)):
            return Slip(
                "unit",
                f"相差 10 的 {power} 次方（{unit}），可能计量单位有误",
                f"a factor of 10^{power} ({unit}): the unit may be wrong",
            )
        return Slip("decimal", f"小数点差 {abs(power)} 位", f"the decimal point slipped by {abs(power)}")  # fmt: skip
    one, other = _aligned(printed, right)
    if max(len(one.strip("0")), len(other.strip("0"))) < FEWEST_DIGITS:
        return None
    return _digits(one, other)


def _power(one: Decimal, other: Decimal) -> int | None:
    a, b = one.normalize().as_tuple(), other.normalize().as_tuple()
    if a.digits != b.digits or a.sign != b.sign:
        return None
    return one.adjusted() - other.adjusted() or None


def _aligned(one: Decimal, other: Decimal) -> tuple[str, str]:
    """Both amounts as digits with the same number of decimals."""
    decimals = max(0, *(-int(value.normalize().as_tuple().exponent) for value in (one, other)))
    a, b = (str(int(abs(value).scaleb(decimals))) for value in (one, other))
    return a, b


def _digits(printed: str, right: str) -> Slip | None:
    if len(printed) == len(right):
        differ = [i for i, (a, b) in enumerate(zip(printed, right, strict=True)) if a != b]
        if len(differ) == 1:
            a, b = printed[differ[0]], right[differ[0]]
            return Slip("digit", f"仅一位数字不同（{a}↔{b}）", f"one digit differs ({a} for {b})")
        if len(differ) == 2:
            i, j = differ
            if printed[i] == right[j] and printed[j] == right[i]:
                return Slip("swap", f"两位数字颠倒（{printed[i]}{printed[j]}）", f"two digits are swapped ({printed[i]}, {printed[j]})")  # fmt: skip
    if _without_one(right, printed):
        return Slip("dropped", "少一位数字", "a digit is missing")
    if _without_one(printed, right):
        return Slip("doubled", "多一位数字", "a digit too many")
    return None


def _without_one(long: str, short: str) -> bool:
    if len(short) < 2:
        return False
    # 1556.23 → 156.23 keeps its decimals, 120.50 → 12.50 too: the lengths differ by one
    return len(long) == len(short) + 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def shift_of(cell: Cell, places: Sequence[Term]) -> Slip | None:
    """Whether a neighbour in the same column or row prints the right amount: a row or column that slipped."""
    here = [term.cell for term in places if term.cell.statement_id == cell.statement_id and cell.statement_id]
    if any(other.col == cell.col and abs(other.row - cell.row) == 1 for other in here):
        return Slip("row", "相邻一行印有该数，可能错行", "the row beside prints that amount: it may stand one row off")
    if not cell.printed and any(other.row == cell.row for other in here):
        return Slip("column", "同行另一列印有该数，可能错列", "another column of the row prints that amount: it may stand one column off")  # fmt: skip
    return None


def counted_of(cell: Cell, right: Decimal, table: Table) -> Slip | None:
    """Whether the difference is the amount of exactly one row of the column: a row counted twice, or left out."""
    gap = abs(cell.value - right)
    rows = [
        line for line in table.lines
        if line.row != cell.row and cell.col in line.cells and abs(line.cells[cell.col].value) == gap
    ]  # fmt: skip
    if not gap or len(rows) != 1:
        return None
    name = rows[0].label
    if abs(cell.value) > abs(right):
        return Slip(
            "twice", f"差额等于“{name}”一行，可能重复计入", f"the difference is the row {name}: it may be counted twice"
        )
    return Slip("left_out", f"差额等于“{name}”一行，可能漏计", f"the difference is the row {name}: it may be left out")
