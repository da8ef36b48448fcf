"""A department as an analyst sees it: found by its name, its figures over the years, its projects, what is held of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from warehouse.asking import rows
from warehouse.document_figures import Measured, measures

NAMES_AT_MOST = 12
"""Names that an error lists."""
PROJECTS_AT_MOST = 10


class NoSuchDepartmentError(LookupError):
    """No department, or several, of a name; the message lists what there is."""


@dataclass(frozen=True, slots=True)
class Department:
    """A department by the name it goes by today."""

    name: str
    region: str

    @property
    def label(self) -> str:
        return self.name if self.name.startswith(self.region) or not self.region else f"{self.region} {self.name}"


@dataclass(frozen=True, slots=True)
class Amount:
    """One figure of `figures` in 万元 with the name of its citation."""

    wan: float
    raw: str
    cite: str
    is_own_year: bool
    publisher_discrepancy: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A year and basis."""

    fiscal_year: int | None
    basis: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The figures of a department: `amounts[measure][column]`. Measures that it never prints are left out."""

    department: Department
    columns: tuple[Column, ...]
    amounts: dict[str, dict[Column, Amount]]

    def measures(self) -> list[Measured]:
        return [measured for measured in measures() if measured.name in self.amounts]


def names_like(engine: Engine, name: str) -> list[Department]:
    """Departments whose name, or former name, is this; else those that contain it."""
    wanted = "SELECT DISTINCT department, region FROM figures WHERE {} ORDER BY region, department"
    exact = rows(engine, wanted.format("department = :name OR agency = :name"), {"name": name})
    like = exact or rows(
        engine,
        wanted.format("department LIKE :name ESCAPE '!' OR agency LIKE :name ESCAPE '!'"),
        {"name": "%" + name.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"},
    )
    return [Department(row["department"], row["region"]) for row in like]


def find_department(engine: Engine, name: str, region: str | None = None) -> Department:
    """The one department of this name, by a part of it where only one has it. Raises NoSuchDepartmentError."""
    found = [one for one in names_like(engine, name) if region is None or region in one.region]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NoSuchDepartmentError(
            f'{name}: no loaded document is of a department of this name 没有此部门的数据; `yusuan query "SELECT DISTINCT department '
            'FROM figures"` lists them'
        )
    shown = ", ".join(one.label for one in found[:NAMES_AT_MOST]) + (" …" if len(found) > NAMES_AT_MOST else "")
    raise NoSuchDepartmentError(
        f"{name}: {len(found)} departments have it in their name 名称不唯一: {shown}; name more of it, or --region"
    )


def profile(engine: Engine, department: Department, year: int | None = None) -> Profile:
    """The single figures of a department over the years, or of one year. Sums those of merged predecessors."""
    found = rows(
        engine,
        "SELECT fiscal_year, basis, measure, amount_wan, raw, cite, is_own_year, publisher_discrepancy FROM figures "
        "WHERE department = :name AND region = :region AND code = '' AND measure NOT LIKE '%!_by!_%' ESCAPE '!' "
        + ("AND fiscal_year = :year " if year is not None else "")
        + "ORDER BY fiscal_year, basis, agency",
        {"name": department.name, "region": department.region, "year": year} if year is not None
        else {"name": department.name, "region": department.region},
    )  # fmt: skip
    amounts: dict[str, dict[Column, Amount]] = {}
    for row in found:
        column = Column(row["fiscal_year"], row["basis"])
        cells = amounts.setdefault(row["measure"], {})
        here = Amount(
            float(row["amount_wan"]), row["raw"] or "", row["cite"], bool(row["is_own_year"]), bool(row["publisher_discrepancy"])
        )  # fmt: skip
        before = cells.get(column)
        if before is not None:
            here = Amount(
                round(before.wan + here.wan, 6), f"{before.raw} + {here.raw}", f"{before.cite} {here.cite}",
                before.is_own_year and here.is_own_year, before.publisher_discrepancy or here.publisher_discrepancy,
            )  # fmt: skip
        cells[column] = here
    columns = sorted(
        {column for cells in amounts.values() for column in cells}, key=lambda one: (one.fiscal_year or 0, one.basis)
    )
    return Profile(department, tuple(columns), amounts)


def classes(engine: Engine, department: Department, measure: str) -> list[dict[str, Any]]:
    """A classification of a department: year, basis, class_code, wan; the class by its first three digits."""
    return rows(
        engine,
        "SELECT fiscal_year, basis, class_code, MIN(cite) AS cite, SUM(amount_fen) / 1000000.0 AS wan FROM figures "
        "WHERE department = :name AND region = :region AND measure = :measure GROUP BY fiscal_year, basis, class_code "
        "ORDER BY fiscal_year, basis, class_code",
        {"name": department.name, "region": department.region, "measure": measure},
    )


def projects(engine: Engine, department: Department, at_most: int = PROJECTS_AT_MOST) -> list[dict[str, Any]]:
    """The largest projects with a performance form, newest year first: fiscal_year, code, name, amount_wan, goals, sha256."""
    return rows(
        engine,
        "SELECT p.fiscal_year, p.code, p.name, p.amount_wan, p.goals, p.sha256, p.project_no, p.page FROM projects_current p "
        "WHERE p.sha256 IN (SELECT sha256 FROM figures WHERE department = :name AND region = :region) "
        f"AND p.amount_wan IS NOT NULL ORDER BY p.fiscal_year DESC, p.amount_wan DESC LIMIT {int(at_most)}",
        {"name": department.name, "region": department.region},
    )


def documents(engine: Engine, department: Department) -> list[dict[str, Any]]:
    """All that is held of a department, whatever its state, by year."""
    return rows(
        engine,
        "SELECT v.fiscal_year, v.kind, v.title, v.state, v.reason, v.published_at, v.url, v.sha256, v.facts, v.warnings "
        "FROM document_states v WHERE v.agency IN (SELECT DISTINCT agency FROM figures WHERE department = :name AND region = :region) "
        "ORDER BY v.fiscal_year, v.kind, v.version_no",
        {"name": department.name, "region": department.region},
    )
