"""An identity: two sides computed in `Decimal` from named cells, its tolerance, and whether it holds.

Families (`balance`, `hierarchy`, …) claim identities; a check that does not apply is claimed as skipped with the reason,
never passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from expectations.tables import COARSEST, Cell

Relation = Literal["=", "≤"]


class Term(NamedTuple):
    """A cell with the sign it enters its side with, and the words a person finds it by."""

    cell: Cell
    label: str
    sign: int = 1

    @property
    def amount(self) -> Decimal:
        return self.cell.value if self.sign == 1 else -self.cell.value


_NOTHING = Decimal(0)


def _sum(terms: tuple[Term, ...]) -> Decimal:
    total = _NOTHING
    for cell, _, sign in terms:
        total = total + cell.value if sign == 1 else total - cell.value
    return total


@dataclass(frozen=True)
class Identity:
    """`left relation right` of one check in one place. Amounts in 万元 (other units are named in `column_label`)."""

    check: str
    statement_ids: tuple[str, ...]
    row_label: str
    column_label: str
    left: tuple[Term, ...] = ()
    right: tuple[Term, ...] = ()
    relation: Relation = "="
    tolerance: Decimal = Decimal(0)
    skipped: str | None = None
    note: str = ""
    severity: str | None = None
    """Overrides the catalogue's severity where the field says so (TXT-06 for 事业运行经费)."""
    stated: tuple[Decimal, Decimal] | None = None
    """Both sides where they are no sums of cells (counts, products, percentages)."""

    left_value: Decimal = field(init=False, compare=False, default=Decimal(0))
    right_value: Decimal = field(init=False, compare=False, default=Decimal(0))
    difference: Decimal = field(init=False, compare=False, default=Decimal(0))
    excess: Decimal = field(init=False, compare=False, default=Decimal(0))
    """By how much the two sides miss each other beyond the tolerance; 0 or below when the identity holds."""

    def __post_init__(self) -> None:
        if self.skipped is not None:
            return
        left, right = self.stated or (_sum(self.left), _sum(self.right))
        gap = left - right
        reach = gap if self.relation == "≤" else abs(gap)
        for name, value in (
            ("left_value", left),
            ("right_value", right),
            ("difference", gap),
            ("excess", reach - self.tolerance),
        ):
            object.__setattr__(self, name, value)

    @property
    def holds(self) -> bool | None:
        return None if self.skipped is not None else self.excess <= 0

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.left + self.right


def tolerance_of(terms: Iterable[Term], addends: int) -> Decimal:
    """max(q, q/2·n) for a sum of n addends, q/2 for a single value against a single value.

    q is the worth of the last digit of the coarsest printed term: rounding each addend moves a sum by half a digit at
    most. With two decimals of 万元 this is the field's max(0.01, 0.005·n); tables in 元 or with six decimals are held to
    what they print.
    """
    quantum = max([term.cell.quantum for term in terms if term.cell.printed], default=COARSEST)
    return quantum / 2 if addends <= 1 else max(quantum, quantum / 2 * addends)


def equal(
    check: str,
    left: Sequence[Term],
    right: Sequence[Term],
    row_label: str,
    column_label: str,
    *,
    relation: Relation = "=",
    note: str = "",
    severity: str | None = None,
) -> Identity:
    """The identity of two sums of cells with the tolerance of their print."""
    printed = [sum(term.cell.printed for term in side) for side in (left, right)]
    addends = max(*printed, 1) if min(len(left), len(right)) <= 1 else sum(printed)
    ids = tuple(dict.fromkeys(term.cell.statement_id for term in (*left, *right) if term.cell.statement_id))
    return Identity(
        check, ids, row_label, column_label, tuple(left), tuple(right), relation,
        tolerance_of((*left, *right), addends), None, note, severity,
    )  # fmt: skip


def skip(check: str, reason: str, *statement_ids: str, row_label: str = "", column_label: str = "") -> Identity:
    """A check that does not apply here, with the reason."""
    return Identity(check, tuple(statement_ids), row_label, column_label, skipped=reason)
