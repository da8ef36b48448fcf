"""Why an item waits, as a key that equal troubles share: a form that fails alike in many documents, a portal whose files are cut.

A form is the fingerprint of a statement (`budget.known_forms`): departments that fill in the same sheet share it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from budget.disclosure import Disclosure, Finding
from budget.known_forms import form_of


@dataclass(frozen=True, slots=True)
class Cause:
    """`key` is equal for equal troubles; the rest says what the key is made of, None where it does not apply."""

    key: str
    check: str | None
    origin: str | None
    form: str | None
    portal: str | None
    alone: bool
    """Whether nothing else is wrong with the document: every root error has this cause."""


def cause_of(
    version: dict[str, Any] | None, reason: str | None, portal: str | None, reading: Disclosure | None
) -> Cause:
    """The cause of an item: of its first root error, else why nothing was read, at which portal."""
    roots = [finding for finding in reading.errors if finding.caused_by is None] if reading is not None else []
    if not roots or reading is None:
        why = reason or (version["state"] if version is not None else "missing")
        return Cause(f"{why}@{portal or '-'}", None, None, None, portal, True)
    keys = [_of_finding(finding, reading) for finding in roots]
    key, form = keys[0]
    return Cause(key, roots[0].check, roots[0].origin.value, form, portal, all(other == key for other, _ in keys))


def _of_finding(finding: Finding, reading: Disclosure) -> tuple[str, str | None]:
    statement = reading.statement_by_id.get(finding.statement_id or "")
    form = form_of(statement) if statement is not None else None
    return f"{finding.check}/{finding.origin.value}/{form or '-'}", form
