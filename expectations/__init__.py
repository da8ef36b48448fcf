"""Proof: `Disclosure` → `Finding`s. Accounting identities in `Decimal`, judged by Great Expectations in one batch.

`judge` (many disclosures → findings), `apply` (findings into a disclosure), `reconciliation_rows` (what is stored beside the
facts), `reconcile` and `frame` (the identities themselves), `write_data_docs` (static pages of a batch), `sample_places` and
`compare` (the second reading of what passes). This room opens no document and knows no format. What it offers is loaded when
it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "Agreement": "judging.sampling",
    "Judgement": "judging.judgement",
    "Reconciled": "judging.reconciliation",
    "Sampled": "judging.sampling",
    "SecondReading": "judging.judgement",
    "SuiteError": "judging.engine",
    "apply": "judging.judgement",
    "compare": "judging.sampling",
    "frame": "judging.reconciliation",
    "judge": "judging.judgement",
    "reconcile": "judging.reconciliation",
    "reconciliation_rows": "judging.reconciliation",
    "sample_places": "judging.sampling",
    "units_listed": "checks.other_documents",
    "write_data_docs": "judging.data_docs",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
