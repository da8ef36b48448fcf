"""Proof: `Disclosure` → `Finding`s. Accounting identities in `Decimal`, judged by Great Expectations in one batch.

`judge` (many disclosures → findings), `apply` (findings into a disclosure), `reconciliation_rows` (what is stored beside the
facts), `reconcile` and `frame` (the identities themselves), `write_data_docs` (static pages of a batch), `sample_places` and
`compare` (the second reading of what passes). This room opens no document and knows no format.
"""

from expectations.checks.other_documents import units_listed
from expectations.judging.data_docs import write_data_docs
from expectations.judging.engine import SuiteError
from expectations.judging.judgement import Judgement, SecondReading, apply, judge
from expectations.judging.reconciliation import Reconciled, frame, reconcile, reconciliation_rows
from expectations.judging.sampling import Agreement, Sampled, compare, sample_places

__all__ = [
    "Agreement",
    "Judgement",
    "Reconciled",
    "Sampled",
    "SecondReading",
    "SuiteError",
    "apply",
    "compare",
    "frame",
    "judge",
    "reconcile",
    "reconciliation_rows",
    "sample_places",
    "units_listed",
    "write_data_docs",
]
