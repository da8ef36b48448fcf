"""The published contradictions, with their evidence: only those a person accepted as published, or that two readers read alike in a
document of which no other reading is open.

A contradiction says that printed figures do not agree. It does not say which of them is wrong, nor why, and the page says so.
"""

from __future__ import annotations

import base64
import csv
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from archive.store import Archive
from budget.decisions import Decision, anchor_of, same_anchor
from budget.disclosure import Disclosure, Finding
from budget.states import DocumentState, Origin, Severity
from flows.documents.cut_pictures import NoPictureError, cut
from flows.reports.page import template
from warehouse.asking import rows
from warehouse.citations import SHORT, Citation
from warehouse.citations import cite as cite_figure
from warehouse.plain_cells import safe_text
from warehouse.store import Warehouse

PERSON = "a person accepted it as published 人工确认原文如此"
TWO_READERS = "two readers read the same figures; no other reading is open 双重读取一致"
log = logging.getLogger("yusuan.reports")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One contradiction with all that supports it. `cell` is the citation of the first cell, where one is known."""

    agency: str
    region: str
    fiscal_year: int | None
    title: str
    url: str | None
    sha256: str
    state: str
    check: str
    message: str
    left: str
    right: str
    difference: str
    support: str
    decided_by: str
    note: str
    cells: tuple[Citation, ...]
    pictures: tuple[str, ...]
    """data: addresses of PNG, cut from the page."""

    @property
    def cites(self) -> str:
        return " ".join(cell.cite for cell in self.cells)


def contradictions(warehouse: Warehouse, archive: Archive | None = None) -> Iterator[Contradiction]:
    """Every contradiction that is supported, by region, agency and year. With an archive, with pictures."""
    wanted = (
        "SELECT sha256, agency, region, fiscal_year, title, url, state FROM document_states WHERE state IN ('loaded', 'in_review') "
        "AND sha256 IN (SELECT sha256 FROM findings WHERE origin = 'publisher') ORDER BY region, agency, fiscal_year, sha256"
    )
    for row in rows(warehouse.engine, wanted):
        reading = warehouse.disclosure(row["sha256"])
        if reading is None:
            continue
        for finding, support, decision in _supported(reading, row["state"], warehouse.decisions_for(row["sha256"])):
            cells = tuple(
                cite_figure(warehouse.engine, f"{row['sha256']}:{cell.fact_id}")
                for cell in finding.cells
                if cell.fact_id is not None
            )
            yield Contradiction(
                row["agency"] or "", row["region"] or "", row["fiscal_year"], row["title"] or "", row["url"], row["sha256"], row["state"],
                finding.check, without_suspicion(finding.message), finding.left or "", finding.right or "", finding.difference or "", support,
                decision.decided_by if decision else "", decision.note if decision else "", cells,
                tuple(_pictures(cells, archive, reading)) if archive is not None else (),
            )  # fmt: skip


def without_suspicion(message: str) -> str:
    """What contradicts what, without the words on which figure may be meant: that is for reviewers, not for the public."""
    told = []
    for line in message.split("\n"):
        chinese, english = line.partition("；疑点是"), line.partition("; suspected is")
        cut = chinese if chinese[1] else english
        told.append(cut[0] + ("。" if chinese[1] else "." if english[1] else ""))
    return "\n".join(told)


def _supported(
    reading: Disclosure, state: str, decisions: tuple[Decision, ...]
) -> Iterator[tuple[Finding, str, Decision | None]]:
    accepted = [
        (anchor, decision) for decision in decisions if decision.action == "accept" for anchor in decision.findings
    ]
    doubted = any(one.origin is not Origin.PUBLISHER for one in reading.errors)
    for finding in reading.findings:
        if finding.origin is not Origin.PUBLISHER or finding.caused_by is not None:
            continue
        anchor = anchor_of(finding, reading.statements)
        decision = next((decision for known, decision in accepted if same_anchor(known, anchor)), None)
        if decision is not None and state == DocumentState.LOADED:
            yield finding, PERSON, decision
        elif (
            finding.severity is Severity.ERROR
            and state == DocumentState.IN_REVIEW
            and not doubted
            and not _is_below_nothing(finding)
        ):
            yield finding, TWO_READERS, None


def _is_below_nothing(finding: Finding) -> bool:
    """Whether a side is negative: totals of a budget hardly are, so our reading of the table is in doubt."""
    try:
        return any(Decimal(side) < 0 for side in (finding.left, finding.right) if side is not None)
    except InvalidOperation:
        return False


def _pictures(cells: tuple[Citation, ...], archive: Archive, reading: Disclosure) -> Iterator[str]:
    for cell in cells[:2]:
        try:
            made = cut(cell, archive, reading)
        except NoPictureError as missing:
            log.warning("no picture of %s: %s", cell.cite, missing)
            continue
        if made.cut_from_page:
            yield "data:image/png;base64," + base64.b64encode(made.data).decode()


def page(found: list[Contradiction], today: date) -> str:
    """The contradictions as one HTML file."""
    return str(template("errors.html").render(found=found, today=today.isoformat()))


COLUMNS = (
    "region", "agency", "fiscal_year", "title", "check", "left", "right", "difference", "message", "support", "state", "decided_by", "note",
    "cites", "url", "sha256",
)  # fmt: skip


def as_csv(found: list[Contradiction]) -> str:
    """The contradictions as CSV, one a line; text that begins like a formula has an apostrophe before it."""
    kept = io.StringIO()
    writer = csv.writer(kept, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in found:
        told = [getattr(one, name) for name in COLUMNS]
        writer.writerow(["" if value is None else safe_text(str(value)) for value in told])
    return kept.getvalue()


__all__ = ["SHORT", "Contradiction", "as_csv", "contradictions", "page"]
