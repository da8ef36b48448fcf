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
    """Departments with loaded documents whose name, or former name, is this; else those that contain it."""
    wanted = (
        "SELECT DISTINCT COALESCE(n.department, d.agency) AS department, COALESCE(d.region, '') AS region FROM documents_current d "
        "LEFT JOIN department_names n ON n.agency = d.agency AND n.region = COALESCE(d.region, '') "
        "WHERE d.agency IS NOT NULL AND ({}) ORDER BY 2, 1"
    )
    exact = rows(engine, wanted.format("d.agency = :name OR n.department = :name"), {"name": name})
    like = exact or rows(
        engine,
        wanted.format("d.agency LIKE :name ESCAPE '!' OR n.department LIKE :name ESCAPE '!'"),
        {"name": "%" + name.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"},
    )
    return [Department(row["department"], row["region"]) for row in like]


def agencies_of(engine: Engine, department: Department) -> list[str]:
    """The names under which its documents stand: its own and those of predecessors. Views are asked by these: they are indexed."""
    found = rows(
        engine,
        "SELECT agency FROM department_names WHERE department = :name AND region = :region ORDER BY agency",
        {"name": department.name, "region": department.region},
    )
    return sorted({department.name, *(row["agency"] for row in found)})


def _named(engine: Engine, department: Department) -> tuple[str, dict[str, Any]]:
    """A condition on agency and region, and its values. One that was renamed away from this name is not in it."""
    values: dict[str, Any] = {f"agency{n}": name for n, name in enumerate(agencies_of(engine, department))}
    return f"agency IN ({', '.join(':' + name for name in values)}) AND region = :region", {
        **values,
        "region": department.region,
    }


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
    here, values = _named(engine, department)
    if year is not None:
        here, values = f"{here} AND fiscal_year = :year", {**values, "year": year}
    found = rows(
        engine,
        "SELECT fiscal_year, basis, measure, amount_wan, raw, cite, is_own_year, publisher_discrepancy FROM figures "
        f"WHERE {here} AND code = '' AND measure NOT LIKE '%!_by!_%' ESCAPE '!' ORDER BY fiscal_year, basis, agency",
        values,
    )
    amounts: dict[str, dict[Column, Amount]] = {}
    for row in found:
        column = Column(row["fiscal_year"], row["basis"])
        cells = amounts.setdefault(row["measure"], {})
        amount = Amount(
            float(row["amount_wan"]), row["raw"] or "", row["cite"], bool(row["is_own_year"]), bool(row["publisher_discrepancy"])
        )  # fmt: skip
        before = cells.get(column)
        if before is not None:
            amount = Amount(
                round(before.wan + amount.wan, 6), f"{before.raw} + {amount.raw}", f"{before.cite} {amount.cite}",
                before.is_own_year and amount.is_own_year, before.publisher_discrepancy or amount.publisher_discrepancy,
            )  # fmt: skip
        cells[column] = amount
    columns = sorted(
        {column for cells in amounts.values() for column in cells}, key=lambda one: (one.fiscal_year or 0, one.basis)
    )
    return Profile(department, tuple(columns), amounts)


def projects(
    engine: Engine, department: Department, year: int, at_most: int = PROJECTS_AT_MOST
) -> list[dict[str, Any]]:
    """The largest projects of a year with a performance form: code, name, amount_wan, goals, sha256, page."""
    here, values = _named(engine, department)
    return rows(
        engine,
        "SELECT code, name, amount_wan, goals, sha256, page FROM projects_current "
        f"WHERE {here.replace('region =', COALESCED)} AND fiscal_year = :year AND amount_wan IS NOT NULL "
        f"ORDER BY amount_wan DESC LIMIT {int(at_most)}",
        {**values, "year": year},
    )


def documents(engine: Engine, department: Department, year: int) -> list[dict[str, Any]]:
    """All that is held of a department in a year, whatever its state."""
    here, values = _named(engine, department)
    return rows(
        engine,
        "SELECT fiscal_year, kind, title, state, reason, published_at, url, sha256, facts, warnings FROM document_states "
        f"WHERE {here.replace('region =', COALESCED)} AND fiscal_year = :year ORDER BY kind, version_no",
        {**values, "year": year},
    )


COALESCED = "COALESCE(region, '') ="
"""Views of documents have NULL where `figures` has '' for a region that is not known."""
