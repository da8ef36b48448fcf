"""All identities of a disclosure, and the reconciliation frame of many: one row an identity, what Great Expectations judges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from budget.disclosure import Disclosure
from budget.reconciliations import Reconciliation
from budget.states import Severity
from expectations.checks import (
    across,
    announced,
    balance,
    forms,
    hierarchy,
    other_documents,
    paid_from,
    presence,
    prose,
    rows,
    self_tests,
    sentences,
    three_public,
)
from expectations.judging.catalogue import check
from expectations.view import subjects
from expectations.view.identities import Identity
from expectations.view.tables import Table, tables_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A disclosure with its tables and everything that was claimed about them, in the order of the frame."""

    disclosure: Disclosure
    tables: tuple[Table, ...]
    identities: tuple[Identity, ...]


def reconcile(disclosure: Disclosure, beside: Sequence[Disclosure] = ()) -> Reconciled:
    """Compute every identity of the catalogue that the document shows to apply; the others are there as skipped.

    `beside` are other documents of its body and its department, where there are any.
    """
    tables = tables_of(disclosure)
    return Reconciled(disclosure, tuple(tables), tuple(_identities(disclosure, tables, beside)))


def _identities(disclosure: Disclosure, tables: list[Table], beside: Sequence[Disclosure]) -> Iterator[Identity]:
    yield from balance.identities(tables)
    yield from hierarchy.identities(tables)
    yield from rows.identities(tables)
    yield from across.identities(disclosure, tables)
    yield from subjects.identities(disclosure, tables)
    yield from three_public.identities(tables)
    yield from presence.identities(disclosure, tables)
    yield from forms.identities(disclosure, tables)
    yield from paid_from.identities(disclosure, tables)
    yield from prose.identities(disclosure, tables)
    yield from sentences.identities(disclosure)
    yield from announced.identities(disclosure, tables)
    yield from self_tests.identities(disclosure)
    yield from other_documents.identities(disclosure, tables, beside)


def severity_of(identity: Identity) -> Severity:
    """The severity of a claim: its own where the field makes an exception, else the catalogue's.

    Two totals of different tables that miss each other by one last digit are a warning: each was added up from rounded parts.
    """
    if identity.severity:
        return Severity(identity.severity)
    return Severity.WARNING if _is_rounding(identity) else check(identity.check).severity


ACROSS = "XRF"
"""The family of checks that compare tables."""


def _is_rounding(identity: Identity) -> bool:
    if not identity.check.startswith(ACROSS) or identity.holds is not False:
        return False
    printed = [term.cell.quantum for term in identity.terms if term.cell.printed]
    return len(identity.left) == len(identity.right) == 1 == len(printed) - 1 and abs(identity.difference) <= max(
        printed
    )


def reconciliation_rows(disclosure: Disclosure) -> tuple[Reconciliation, ...]:
    """The identities of one disclosure as the project stores them: passed, failed or skipped, amounts in 万元."""
    return tuple(reconciliation(identity) for identity in reconcile(disclosure).identities)


_FIELDS = set(Reconciliation.model_fields)


def reconciliation(identity: Identity, *, failed: bool | None = None) -> Reconciliation:
    """One identity as a stored row; `failed` is the judge's verdict, where one was asked.

    Not validated again: its fields come from an identity, and there are hundreds a document.
    """
    skipped = identity.skipped is not None
    if failed is None:
        failed = not identity.holds
    subject = " · ".join(part for part in (identity.row_label, identity.column_label, identity.skipped or "") if part)
    return Reconciliation.model_construct(
        _FIELDS,
        check=identity.check,
        status="skipped" if skipped else "failed" if failed else "passed",
        severity=severity_of(identity),
        statement_id=identity.statement_ids[0] if identity.statement_ids else None,
        subject=subject or None,
        left=None if skipped else identity.left_value,
        right=None if skipped else identity.right_value,
        tolerance=None if skipped else identity.tolerance,
    )


COLUMNS = (
    "document", "identity", "check", "severity", "statements", "row", "column", "left", "relation", "right", "difference",
    "tolerance", "excess", "holds", "skipped", "left_cells", "right_cells", "note",
)  # fmt: skip


def frame(reconciled: Sequence[Reconciled]) -> pd.DataFrame:
    """The reconciliation frame: one row an identity of one document.

    `document` is the sha256, `identity` the number of the identity in its document; `left`, `right`, `difference`,
    `tolerance` and `excess` are `Decimal` (None where skipped); `left_cells` and `right_cells` name the cells as
    `fact id or statement:row:col`, each with what was printed.
    """
    import pandas as pd

    records = [
        _record(one.disclosure.document.sha256, number, identity)
        for one in reconciled
        for number, identity in enumerate(one.identities)
    ]
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for record in records:
        for name, value in zip(COLUMNS, record, strict=True):
            columns[name].append(value)
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def _record(document: str, number: int, identity: Identity) -> tuple[Any, ...]:
    skipped = identity.skipped is not None
    amounts: tuple[Decimal | None, ...] = (None,) * 5
    if not skipped:
        amounts = (
            identity.left_value, identity.right_value, identity.difference, identity.tolerance, identity.excess
        )  # fmt: skip
    left, right, difference, tolerance, excess = amounts
    return (
        document, number, identity.check, severity_of(identity).value, " ".join(identity.statement_ids),
        identity.row_label, identity.column_label, left, identity.relation, right, difference, tolerance, excess,
        identity.holds, identity.skipped, _cells(identity, "left"), _cells(identity, "right"), identity.note,
    )  # fmt: skip


def _cells(identity: Identity, side: str) -> str:
    terms: Iterable[Any] = identity.left if side == "left" else identity.right
    return "; ".join(
        f"{'-' if term.sign < 0 else ''}{term.cell.fact_id or f'{term.cell.statement_id}:{term.cell.row}:{term.cell.col}'}"
        f"={term.cell.raw or '∅'}"
        for term in terms
    )
