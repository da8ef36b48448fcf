"""`Reconciliation`: one accounting identity as it was computed for one document, whether it holds or not.

What `expectations` computes and the warehouse keeps beside the facts, so that "proved" is a row and not a claim.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from budget.states import Severity


class Reconciliation(BaseModel):
    """One identity `left = right` (or `left ≤ right`) within `tolerance`; amounts in the unit that the check works in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    """An id of the check catalogue, `BAL-06`."""
    status: Literal["passed", "failed", "skipped"]
    """A check that does not apply is `skipped`, never `passed`."""
    severity: Severity | None = None
    statement_id: str | None = None
    subject: str | None = None
    """Which row, column or sentence, in the field's words."""
    left: Decimal | None = None
    right: Decimal | None = None
    tolerance: Decimal | None = None
