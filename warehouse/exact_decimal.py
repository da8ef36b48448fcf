"""Amounts in a database that has no decimals: exact in, exact out, exact sums.

PostgreSQL keeps NUMERIC. SQLite would keep REAL, and 0.1 + 0.2 would begin to differ from 0.3, so there an amount is its own
decimal text. Text alone would sort 9 after 100 and, worse, answer `amount_wan > 100` wrongly without a word; so the column
carries the collation `decimal` of SQLite's own decimal extension. Every connection of ours and the `sqlite3` shell know it
and compare by value; any other client gets an error from the tables instead of a wrong answer.

Analysts use the views. There, in any client: `amount_fen` (integer 分: exact sums), `amount_exact` (the decimal text) and
`amount_wan` (NUMERIC on PostgreSQL, on SQLite the nearest number: to read, sort and compare). `decimal_sum(amount_exact)`
is exact in both databases; in PostgreSQL it is an aggregate made by the first migration.
"""

from __future__ import annotations

import sqlite3
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import NUMERIC
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from budget.amounts import decimal_text

FEN_IN_WAN = 1_000_000
"""1 万元 = 10,000 元 = 1,000,000 分."""
_LARGEST = 2**63 - 1
_DIGITS = 200
"""Working precision of sums: more digits than any amount that passes the contract's limits can carry."""


class ExactDecimal(TypeDecorator[Decimal]):
    """A `Decimal` kept digit for digit: NUMERIC on PostgreSQL, text with the collation `decimal` on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(NUMERIC(asdecimal=True))
        return dialect.type_descriptor(Text(collation="decimal"))

    def process_bind_param(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | str | None:
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError(f"money is never a float: {value!r}")
        exact = Decimal(value)
        if not exact.is_finite():
            raise ValueError(f"an amount must be finite: {value!r}")
        plain = decimal_text(exact)
        return Decimal(plain) if dialect.name == "postgresql" else plain

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


def to_fen(amount_wan: Decimal | None) -> int | None:
    """`amount_wan` in whole 分, half to even; exact for every amount a page can print in money. None when beyond 64 bits."""
    if amount_wan is None:
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        fen = int((amount_wan * FEN_IN_WAN).to_integral_value(ROUND_HALF_EVEN))
    return fen if -_LARGEST <= fen <= _LARGEST else None


class _DecimalSum:
    """SQLite aggregate `decimal_sum`, as in SQLite's decimal extension but strict: what is no number is an error."""

    def __init__(self) -> None:
        self.total: Decimal | None = None

    def step(self, value: str | int | float | None) -> None:
        if value is None:
            return
        if isinstance(value, float):
            raise ValueError("decimal_sum takes decimal text, not a float")
        with localcontext() as context:
            context.prec = _DIGITS
            self.total = (self.total or Decimal(0)) + Decimal(value)

    def finalize(self) -> str | None:
        return None if self.total is None else decimal_text(self.total)


def _compare(left: str, right: str) -> int:
    """Collation `decimal`. Text that is no number sorts after numbers, by code point."""
    try:
        a, b = Decimal(left), Decimal(right)
    except InvalidOperation:
        return (left > right) - (left < right)
    return (a > b) - (a < b)


def teach_sqlite(connection: sqlite3.Connection) -> None:
    """Give one SQLite connection the collation `decimal` and the aggregate `decimal_sum`. For analysts' own connections too."""
    connection.create_collation("decimal", _compare)
    connection.create_aggregate("decimal_sum", 1, _DecimalSum)  # type: ignore[arg-type]
