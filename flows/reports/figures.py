"""What a report shows: sums of single measures of `figures` with every citation behind them, for a department or a region."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from budget.codes import names_of
from warehouse.asking import rows
from warehouse.coverage import Coverage
from warehouse.departments import NoSuchDepartmentError, agencies_of, find_department
from warehouse.document_figures import measures
from warehouse.store import Warehouse

CHANGES_AT_MOST = 50
PROJECTS_AT_MOST = 12
FEN_IN_WAN = 1_000_000
IS_ABOUT = (
    "income", "income_with_carry_over", "expenditure", "expenditure_with_carry_over", "basic", "project", "expenditure_general_budget",
    "expenditure_gov_fund", "expenditure_state_capital", "three_public", "abroad", "vehicle_purchase", "vehicle_running", "reception",
    "agency_running", "procurement",
)  # fmt: skip
"""Measures of the table of totals, in its order."""


@dataclass(slots=True)
class Told:
    """One number of a report: 万元, and the figures it is the sum of."""

    fen: int = 0
    cites: list[str] = field(default_factory=list)
    own_year: bool = True
    discrepancy: bool = False

    @property
    def wan(self) -> float:
        return round(self.fen / FEN_IN_WAN, 6)


Key = tuple[str, int, str]
"""Measure, fiscal year, basis."""


@dataclass(slots=True)
class Subject:
    """A department, or all departments of a region, with its figures."""

    name: str
    is_region: bool
    bodies: list[tuple[str, str]]
    """Region and agency."""
    totals: dict[Key, Told] = field(default_factory=dict)
    classes: dict[tuple[str, int, str, str], Told] = field(default_factory=dict)
    """Measure, year, basis, class code."""
    projects: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    proofs: dict[str, int] = field(default_factory=dict)
    coverage: list[Coverage] = field(default_factory=list)

    @property
    def years(self) -> list[int]:
        return sorted({year for _, year, _ in self.totals})

    def columns(self) -> list[tuple[int, str]]:
        """Years and bases that have a figure of the table of totals."""
        return sorted({(year, basis) for measure, year, basis in self.totals if measure in IS_ABOUT})

    def measures(self) -> list[Any]:
        named = {measure for measure, _, _ in self.totals}
        return sorted(
            (one for one in measures() if one.name in named and one.name in IS_ABOUT),
            key=lambda one: IS_ABOUT.index(one.name),
        )


def subject_of(warehouse: Warehouse, name: str) -> Subject:
    """The department of this name, else the region and all whose name begins so. Raises NoSuchDepartmentError."""
    engine = warehouse.engine
    try:
        found = find_department(engine, name)
    except NoSuchDepartmentError as no_department:
        in_region = rows(
            engine,
            "SELECT DISTINCT region, agency FROM documents_current WHERE (region = :name OR region LIKE :begins) AND agency IS NOT NULL "
            "ORDER BY region, agency",
            {"name": name, "begins": name.replace("%", "") + "%"},
        )
        if not in_region:
            raise no_department
        return Subject(name, True, [(row["region"], row["agency"]) for row in in_region])
    return Subject(found.name, False, [(found.region, agency) for agency in agencies_of(engine, found)])


def filled(warehouse: Warehouse, subject: Subject, today: date) -> Subject:
    """The subject with all that its report shows. Of a region, units that are counted in a loaded department are left out."""
    engine = warehouse.engine
    wanted = (
        "SELECT measure, subject, fiscal_year, basis, class_code, amount_fen, cite, is_own_year, publisher_discrepancy, part_of, scope "
        "FROM figures WHERE region = :region AND agency = :agency AND fiscal_year IS NOT NULL ORDER BY measure, fiscal_year, code"
    )
    for region, agency in subject.bodies:
        for row in rows(engine, wanted, {"region": region, "agency": agency}):
            if row["amount_fen"] is None or (subject.is_region and row["part_of"]):
                continue
            key = (row["measure"], row["fiscal_year"], row["basis"])
            by_class = row["measure"] == row["subject"] and "_by_" in row["measure"]
            told = (
                subject.classes.setdefault((*key, row["class_code"]), Told())
                if by_class
                else subject.totals.setdefault(key, Told())
            )
            told.fen += row["amount_fen"]
            told.cites.append(row["cite"])
            told.own_year &= bool(row["is_own_year"])
            told.discrepancy |= bool(row["publisher_discrepancy"])
    for region, agency in subject.bodies:
        held = {"agency": agency, "region": region}
        here = "agency = :agency AND COALESCE(region, '') = :region"
        subject.projects += rows(
            engine,
            f"SELECT agency, fiscal_year, code, name, amount_wan, goals, sha256, page FROM projects_current WHERE {here} AND amount_wan IS NOT NULL "
            f"ORDER BY fiscal_year DESC, amount_wan DESC LIMIT {PROJECTS_AT_MOST}",
            held,
        )  # fmt: skip
        subject.changes += rows(
            engine,
            "SELECT agency, document_year, statement, code, name, measure, old_raw, new_raw, old_sha256, sha256 FROM changes "
            f"WHERE {here} AND against = 'version' AND change = 'changed' AND state = 'loaded' LIMIT {CHANGES_AT_MOST}",
            held,
        )  # fmt: skip
        subject.documents += rows(
            engine,
            f"SELECT agency, fiscal_year, kind, title, state, reason, published_at, url, sha256 FROM document_states WHERE {here} "
            "ORDER BY fiscal_year, kind, version_no",
            held,
        )
        for row in rows(
            engine,
            "SELECT r.status, COUNT(*) AS identities FROM reconciliations r JOIN documents_current d ON d.sha256 = r.sha256 "
            "WHERE d.agency = :agency AND COALESCE(d.region, '') = :region GROUP BY r.status",
            held,
        ):
            subject.proofs[row["status"]] = subject.proofs.get(row["status"], 0) + row["identities"]
    subject.projects.sort(key=lambda row: (-(row["fiscal_year"] or 0), -float(row["amount_wan"])))
    del subject.projects[PROJECTS_AT_MOST:]
    if subject.years:
        names = {agency for _, agency in subject.bodies}
        years = [year for year in range(min(subject.years), max(subject.years) + 1) if year <= today.year]
        subject.coverage = [one for one in warehouse.coverage(today, years=years) if one.agency in names]
    return subject


def class_name(code: str) -> str:
    """The name of a class of the classification, the newest of them; the code where it is not known."""
    names = names_of(code)
    return f"{code} {names[0]}" if names else code or "（无科目编码）"
