"""Failures that the documents of one form share: ours until a person says otherwise.

A form is the fingerprint of a statement's folded title and header paths, without years and figures. A rule that fails at the same
row in most documents of a form does not fit it, or is broken in its template; either way no single publisher is accused.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from budget.disclosure import Statement
from budget.printed_text import squeeze
from expectations.judging.reconciliation import Reconciled
from expectations.view.identities import Identity

FEWEST_DOCUMENTS: Final = 3
"""Documents of a form that must fail alike before the failure is the form's."""
SHARE: Final = 0.8
"""Of the documents of a form in which the rule can be asked; real contradictions were shared by half of a form at most."""
_FIGURES = re.compile(r"[\d〇零一二三四五六七八九十]+|[年度“”‘’\"']")


class Failure(NamedTuple):
    """A rule at one row of one form."""

    check: str
    form: str
    row: str


def form_of(statement: Statement) -> str:
    """The fingerprint of a statement's form: 16 hexadecimal digits."""
    parts = [statement.kind, _FIGURES.sub("", squeeze(statement.title or ""))]
    parts += ["/".join(_FIGURES.sub("", squeeze(level)) for level in path) for path in statement.columns]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def failure_at(identity: Identity, forms: Mapping[str, str]) -> Failure | None:
    """What would be shared if other documents failed alike; None for claims that concern no statement."""
    form = forms.get(identity.statement_ids[0]) if identity.statement_ids else None
    return Failure(identity.check, form, _FIGURES.sub("", squeeze(identity.row_label))) if form else None


def shared_failures(
    reconciled: Sequence[Reconciled], failing: Mapping[str, Sequence[int]]
) -> dict[Failure, tuple[int, int]]:
    """Failure → (documents that fail, documents that can be asked), where most documents of a form fail alike."""
    failed: dict[Failure, set[str]] = defaultdict(set)
    asked: dict[Failure, set[str]] = defaultdict(set)
    for one in reconciled:
        sha256 = one.disclosure.document.sha256
        forms = {statement.id: form_of(statement) for statement in one.disclosure.statements}
        named = set(failing.get(sha256, ()))
        for number, identity in enumerate(one.identities):
            if identity.skipped is not None or not (identity.left_value or identity.right_value):
                continue
            place = failure_at(identity, forms)
            if place is not None:
                asked[place].add(sha256)
                if number in named:
                    failed[place].add(sha256)
    return {
        place: (len(documents), len(asked[place]))
        for place, documents in failed.items()
        if len(documents) >= FEWEST_DOCUMENTS and len(documents) >= SHARE * len(asked[place])
    }
