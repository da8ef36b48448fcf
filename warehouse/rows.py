"""A `Disclosure` as rows of the tables: a pure function, so that the same reading always gives the same rows."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table

from budget.disclosure import Disclosure, Finding, PagePlace, Place, SheetPlace
from budget.known_forms import FormOutcome, form_of
from budget.reconciliations import Reconciliation
from budget.states import Origin
from warehouse import tables
from warehouse.document_figures import DocumentFigure, figures_of
from warehouse.exact_decimal import to_fen
from warehouse.figures import FigureChange, corrected_facts

Row = dict[str, Any]
_NO_PLACE: Row = dict.fromkeys(
    ("page", "x0", "top", "x1", "bottom", "sheet", "cell", "table_no", "table_row", "table_col")
)


def storable(disclosure: Disclosure) -> Disclosure:
    """`disclosure` without NUL characters, which PDF text layers contain and PostgreSQL cannot hold; U+FFFD stands for one."""
    printed = disclosure.to_json()
    if "\\u0000" not in printed:
        return disclosure
    # an escaped backslash before `u0000` is six harmless letters of text
    return Disclosure.from_json(re.sub(r"(?<!\\)((?:\\\\)*)\\u0000", lambda found: found.group(1) + "�", printed))


def content_digest(disclosure: Disclosure, reconciliations: Sequence[Reconciliation] = ()) -> str:
    """sha256 of all that was read and judged, without the file's name and the seconds it took."""
    document = disclosure.document.model_copy(update={"file": ""})
    content = disclosure.model_copy(update={"document": document, "seconds": None})
    digest = hashlib.sha256(content.to_json().encode())
    for reconciliation in reconciliations:
        digest.update(b"\0" + reconciliation.model_dump_json().encode())
    return digest.hexdigest()


def deflate(disclosure: Disclosure) -> bytes:
    """The contract JSON of a reading, small: about a tenth."""
    return zlib.compress(disclosure.to_json().encode(), 6)


def inflate(kept: bytes) -> Disclosure:
    """The inverse of `deflate`."""
    return Disclosure.from_json(zlib.decompress(kept))


def place_columns(at: Place | None) -> Row:
    """The ten place columns; all None where nothing is known."""
    if at is None:
        return dict(_NO_PLACE)
    if isinstance(at, PagePlace):
        x0, top, x1, bottom = at.bbox
        return {**_NO_PLACE, "page": at.page, "x0": x0, "top": top, "x1": x1, "bottom": bottom}
    if isinstance(at, SheetPlace):
        return {**_NO_PLACE, "sheet": at.sheet, "cell": at.cell}
    return {**_NO_PLACE, "table_no": at.table, "table_row": at.row, "table_col": at.col}


def discrepant_facts(findings: Sequence[Finding]) -> frozenset[str]:
    """Ids of the facts that take part in a contradiction the publisher printed: which of them is wrong is not known."""
    return frozenset(
        cell.fact_id
        for finding in findings
        if finding.origin is Origin.PUBLISHER
        for cell in finding.cells
        if cell.fact_id
    )


def reading_rows(
    disclosure: Disclosure, reconciliations: Sequence[Reconciliation] = (), outcomes: Sequence[FormOutcome] = ()
) -> list[tuple[Table, list[Row]]]:
    """All rows of one reading by table, parents first. Numbers count from 0 in reading order."""
    sha256 = disclosure.document.sha256
    discrepant = discrepant_facts(disclosure.findings)
    corrected = corrected_facts(disclosure)
    by_table: dict[Table, list[Row]] = {table: [] for table in tables.OF_A_READING}
    for number, statement in enumerate(disclosure.statements):
        by_table[tables.statements].append({
            "sha256": sha256, "statement_id": statement.id, "statement_no": number, "kind": statement.kind,
            "title": statement.title, "unit": statement.unit, "fiscal_year": statement.fiscal_year,
            "pages": list(statement.pages), "columns": [list(path) for path in statement.columns],
            "notes": list(statement.notes), "printed_rows": len(statement.rows),
            "declared_empty": statement.declared_empty, "confidence": statement.confidence, "form": form_of(statement),
        })  # fmt: skip
    for number, fact in enumerate(disclosure.facts):
        by_table[tables.facts].append({
            "sha256": sha256, "fact_no": number, "fact_id": fact.id, "statement_id": fact.statement_id, "kind": fact.kind,
            "printed_row": fact.row, "printed_col": fact.col,
            "column_path": list(fact.column), "column_text": " / ".join(fact.column),
            "side": fact.side, "code": fact.code, "code_system": fact.code_system, "alt_code": fact.alt_code,
            "name": fact.name, "ordinal": fact.ordinal, "role": fact.role, "parent_row": fact.parent_row, "measure": fact.measure, "item": fact.item,
            "fund": fact.fund, "fiscal_year": fact.fiscal_year, "basis": fact.basis, "raw": fact.raw,
            "amount_wan": fact.value, "amount_fen": to_fen(fact.value), "confidence": fact.confidence,
            "publisher_discrepancy": fact.id in discrepant, "corrected": fact.id in corrected,
            "corrected_raw": fact.corrected.raw if fact.corrected else None,
            "corrected_by": fact.corrected.by if fact.corrected else None,
            "corrected_why": fact.corrected.why if fact.corrected else None,
            **place_columns(fact.at),
        })  # fmt: skip
    for number, project in enumerate(disclosure.projects):
        by_table[tables.projects].append({
            "sha256": sha256, "project_no": number, "code": project.code, "name": project.name,
            "amount_wan": project.amount, "fiscal_wan": project.fiscal, "other_wan": project.other,
            "executed_wan": project.executed,
            "plan": project.plan, "goals": list(project.goals), **place_columns(project.at),
        })  # fmt: skip
        by_table[tables.indicators].extend(
            {"sha256": sha256, "project_no": number, "indicator_no": indicator_number, **indicator.model_dump()}
            for indicator_number, indicator in enumerate(project.indicators)
        )
    for number, prose in enumerate(disclosure.prose_facts):
        by_table[tables.prose_facts].append({
            "sha256": sha256, "prose_no": number, "topic": prose.topic, "amount_wan": prose.amount,
            "percent": prose.percent, "count": prose.count, "unit": prose.unit, "raw": prose.raw,
            "name": prose.name, "fiscal_year": prose.fiscal_year, "base_year": prose.base_year,
            "sentence": prose.sentence, **place_columns(prose.at),
        })  # fmt: skip
    for number, finding in enumerate(disclosure.findings):
        by_table[tables.findings].append({
            "sha256": sha256, "finding_no": number, "check_id": finding.check, "severity": finding.severity.value,
            "origin": finding.origin.value, "message": finding.message, "statement_id": finding.statement_id,
            "left_value": finding.left, "right_value": finding.right, "difference": finding.difference,
            "tolerance": finding.tolerance, "caused_by": finding.caused_by,
        })  # fmt: skip
        by_table[tables.finding_cells].extend(
            {
                "sha256": sha256, "finding_no": number, "cell_no": cell_number,
                "fact_id": cell.fact_id, "raw": cell.raw, **place_columns(cell.at),
            }
            for cell_number, cell in enumerate(finding.cells)
        )  # fmt: skip
    for number, result in enumerate(reconciliations):
        by_table[tables.reconciliations].append({
            "sha256": sha256, "reconciliation_no": number, "check_id": result.check,
            "severity": result.severity.value if result.severity else None, "status": result.status,
            "statement_id": result.statement_id, "subject": result.subject,
            "left_value": result.left, "right_value": result.right, "tolerance": result.tolerance,
        })  # fmt: skip
    by_table[tables.form_outcomes] = _outcome_rows(sha256, outcomes)
    fact_no = {fact.id: number for number, fact in enumerate(disclosure.facts)}
    by_table[tables.document_figures].extend(
        _figure_row(sha256, number, figure, fact_no, discrepant) for number, figure in enumerate(figures_of(disclosure))
    )
    for number, left_over in enumerate(disclosure.unread):
        by_table[tables.unread].append(
            {"sha256": sha256, "unread_no": number, "text": left_over.text, **place_columns(left_over.at)}
        )
    return [(table, rows) for table, rows in by_table.items() if rows]


def _outcome_rows(sha256: str, outcomes: Sequence[FormOutcome]) -> list[Row]:
    return [
        {
            "sha256": sha256, "form": one.form, "check_id": one.check, "row_label": one.row, "failed": one.failed,
            "explained": ",".join(one.explained),
        }
        for one in outcomes
    ]  # fmt: skip


def _figure_row(
    sha256: str, number: int, figure: DocumentFigure, fact_no: dict[str, int], discrepant: frozenset[str]
) -> Row:
    fact, prose = figure.fact, figure.prose
    return {
        "sha256": sha256, "figure_no": number, "subject": figure.measure.subject, "measure": figure.measure.name,
        "fiscal_year": figure.fiscal_year, "basis": figure.basis, "code": figure.code, "code_system": figure.code_system,
        "class_code": figure.class_code, "name": figure.name,
        "amount_wan": figure.amount, "amount_fen": to_fen(figure.amount),
        "raw": fact.raw if fact else prose.raw if prose else None, "statement": fact.kind if fact else None,
        "fact_no": fact_no[fact.id] if fact else None, "fact_id": fact.id if fact else None, "prose_no": figure.prose_no,
        "adds_up": figure.adds_up, "publisher_discrepancy": fact is not None and fact.id in discrepant,
    }  # fmt: skip


def change_rows(sha256: str, against: str, old_sha256: str, changes: Sequence[FigureChange]) -> list[Row]:
    """Rows of `figure_changes`."""
    return [
        {
            "sha256": sha256, "against": against, "change_no": number, "old_sha256": old_sha256, "change": change.change,
            **change.key._asdict(),
            "old_amount_wan": change.old.value if change.old else None,
            "new_amount_wan": change.new.value if change.new else None,
            "old_raw": change.old.raw if change.old else None,
            "new_raw": change.new.raw if change.new else None,
            "old_place": change.old.at.model_dump(mode="json") if change.old and change.old.at else None,
            "new_place": change.new.at.model_dump(mode="json") if change.new and change.new.at else None,
            "new_fact_id": change.new.id if change.new else None,
        }
        for number, change in enumerate(changes)
    ]  # fmt: skip
