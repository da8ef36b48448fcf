"""Money of a self-assessment form in columns: 年初预算数 | 全年预算数(A) | 全年执行数(B), one row for the total and each source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from budget.amounts import Unit
from budget.project_words import form_words, stage_words
from extract.statements.model import Cell, Row
from extract.statements.project_amounts import money

LabelOf = Callable[[Cell], str]


@dataclass(frozen=True, slots=True)
class Stages:
    """Amounts in 万元 as the contract writes them; None where a row or column is not printed."""

    amount: str | None = None
    fiscal: str | None = None
    other: str | None = None
    executed: str | None = None


def stages_of(rows: Sequence[Row], unit: Unit, label_of: LabelOf) -> Stages | None:
    """The money of a form whose header names at least two stages; None for any other form."""
    words = stage_words()
    for r, row in enumerate(rows):
        heads = {label_of(cell): c for c, cell in enumerate(row) if cell.own and cell.shown}
        planned = next((heads[word] for word in (*words.adjusted, *words.initial) if word in heads), None)
        spent = next((heads[word] for word in words.executed if word in heads), None)
        named = sum(word in heads for word in (*words.adjusted, *words.initial, *words.executed))
        if named < 2 or planned is None:
            continue
        first = min(heads[word] for word in heads if word in (*words.adjusted, *words.initial, *words.executed))
        below = _Below(rows[r + 1 :], first, unit, label_of)
        return Stages(
            below.amount(form_words().totals, planned, blank=None),
            below.amount(form_words().fiscal, planned, blank="0"),
            below.amount(form_words().other, planned, blank="0"),
            None if spent is None else below.amount(form_words().totals, spent, blank=None),
        )
    return None


@dataclass(frozen=True, slots=True)
class _Below:
    """The rows below the header of stages; their labels stand left of column `first`."""

    rows: Sequence[Row]
    first: int
    unit: Unit
    label_of: LabelOf

    def amount(self, labels: Sequence[str], column: int, *, blank: str | None) -> str | None:
        """The amount in a column of the row that carries the first of `labels` printed; `blank` where it shows none."""
        for label in labels:
            for row in self.rows:
                if any(cell.own and self.label_of(cell) == label for cell in row[: self.first]):
                    return money(row[column].text, self.unit) or blank
        return None
