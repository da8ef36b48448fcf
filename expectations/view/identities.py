"""An identity: two sides computed in `Decimal` from named cells, its tolerance, and whether it holds.

Families (`balance`, `hierarchy`, …) claim identities; a check that does not apply is claimed as skipped with the reason,
never passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from expectations.view.tables import COARSEST, Cell, shows_nothing

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


@dataclass(frozen=True, slots=True)
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

    left_value: Decimal = field(init=False, compare=False)
    right_value: Decimal = field(init=False, compare=False)
    difference: Decimal = field(init=False, compare=False)
    excess: Decimal = field(init=False, compare=False)
    """By how much the two sides miss each other beyond the tolerance; 0 or below when the identity holds."""

    def __post_init__(self) -> None:
        if self.skipped is not None:
            left = right = gap = excess = _NOTHING
        else:
            left, right = self.stated or (_sum(self.left), _sum(self.right))
            gap = left - right
            excess = (gap if self.relation == "≤" else abs(gap)) - self.tolerance
        write = object.__setattr__
        write(self, "left_value", left)
        write(self, "right_value", right)
        write(self, "difference", gap)
        write(self, "excess", excess)

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
    return _tolerance(max([term.cell.quantum for term in terms if term.cell.printed], default=COARSEST), addends)


@lru_cache(maxsize=1 << 12)
def _tolerance(quantum: Decimal, addends: int) -> Decimal:
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
    ids: dict[str, None] = {}
    printed = [0, 0]
    quantum: Decimal | None = None
    for number, side in enumerate((left, right)):
        for cell, _, _ in side:
            if cell.statement_id:
                ids[cell.statement_id] = None
            if cell.fact_id is not None or not shows_nothing(cell.raw):
                printed[number] += 1
                if quantum is None or cell.quantum > quantum:
                    quantum = cell.quantum
    addends = max(*printed, 1) if min(len(left), len(right)) <= 1 else sum(printed)
    return Identity(
        check, tuple(ids), row_label, column_label, tuple(left), tuple(right), relation,
        _tolerance(COARSEST if quantum is None else quantum, addends), None, note, severity,
    )  # fmt: skip


def skip(check: str, reason: str, *statement_ids: str, row_label: str = "", column_label: str = "") -> Identity:
    """A check that does not apply here, with the reason."""
    return Identity(check, tuple(statement_ids), row_label, column_label, skipped=reason)
