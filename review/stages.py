"""Where on its way a document stopped, told from the reason: what a person looks at first depends on it."""

from __future__ import annotations

from typing import Literal, get_args

from budget.disclosure import ErrorCode
from budget.states import DocumentState, Reason

Stage = Literal["download", "extract", "validate", "load"]

_UNREADABLE = frozenset(Reason(code) for code in get_args(ErrorCode))
_STAGES: dict[Stage, frozenset[Reason]] = {
    "extract": _UNREADABLE | {Reason.NOTHING_READ, Reason.WORKER_DIED},
    "validate": frozenset({Reason.CHECKS_FAILED, Reason.DECISION_MISFIT}),
    "load": frozenset({Reason.FIGURES_CHANGED, Reason.PERSON}),
}
"""Every other reason is a portal's: the file was not had, or is none of the portal's disclosures."""


def stage_of(state: DocumentState, reason: Reason | None) -> Stage:
    """The stage that `state` and `reason` speak of."""
    if reason is not None:
        return next((stage for stage, reasons in _STAGES.items() if reason in reasons), "download")
    if state in (DocumentState.BLOCKED, DocumentState.DISCOVERED):
        return "download"
    return (
        "extract"
        if state in (DocumentState.FAILED, DocumentState.NOT_A_DISCLOSURE, DocumentState.ARCHIVED)
        else "validate"
    )
