"""Proof: `Disclosure` → `Finding`s. Accounting identities in `Decimal`, judged by Great Expectations in one batch.

`judge` (many disclosures → findings), `apply` (findings into a disclosure), `reconciliation_rows` (what is stored beside the
facts), `reconcile` and `frame` (the identities themselves). This room opens no document and knows no format.
"""

from expectations.judgement import Judgement, SecondReading, SuiteError, apply, judge
from expectations.reconciliation import Reconciled, frame, reconcile, reconciliation_rows

__all__ = [
    "Judgement",
    "Reconciled",
    "SecondReading",
    "SuiteError",
    "apply",
    "frame",
    "judge",
    "reconcile",
    "reconciliation_rows",
]
