"""Which rows an export holds: views, narrowed by region, years, department, or to what changed since a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from warehouse.dictionary import Described, described


class NothingChosenError(ValueError):
    """A choice that holds no row; the message says which."""


@dataclass(frozen=True, slots=True)
class ExportedView:
    """A view of an export: how its rows are ordered, and by which columns an increment replaces the rows before it."""

    name: str
    order: tuple[str, ...]
    replaced_by: tuple[str, ...]
    partitioned: bool = False
    """Whether Parquet divides it by fiscal_year."""


BY_DOCUMENT = ("sha256",)
BY_DEPARTMENT = ("region", "agency")
EXPORTED = (
    ExportedView("figures", ("region", "agency", "fiscal_year", "basis", "measure", "code", "sha256", "fact_no", "prose_no"), BY_DEPARTMENT, True),
    ExportedView("department_totals", ("region", "agency", "fiscal_year", "basis", "scope"), BY_DEPARTMENT),
    ExportedView("three_public", ("region", "agency", "fiscal_year", "basis", "scope"), BY_DEPARTMENT),
    ExportedView("facts_current", ("sha256", "fact_no"), BY_DOCUMENT, True),
    ExportedView("documents_current", ("sha256",), BY_DOCUMENT),
    ExportedView("projects_current", ("sha256", "project_no"), BY_DOCUMENT),
    ExportedView("indicators_current", ("sha256", "project_no", "indicator_no"), BY_DOCUMENT),
    ExportedView("prose_current", ("sha256", "prose_no"), BY_DOCUMENT),
    ExportedView("publisher_discrepancies", ("sha256", "finding_no"), BY_DOCUMENT),
    ExportedView(
        "changes",
        ("sha256", "against", "change", "statement", "side", "code", "name", "measure", "item", "fund", "fiscal_year", "basis", "old_raw", "new_raw"),
        BY_DOCUMENT,
    ),
    ExportedView("versions", ("sha256",), BY_DOCUMENT),
)  # fmt: skip
"""What an export holds. `versions` tells, in an increment, which documents were replaced or taken back."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A part of the warehouse; what is None is not narrowed. `region`: the region and all whose name begins so."""

    region: str | None = None
    years: tuple[int, ...] = ()
    department: str | None = None
    since: date | None = None
    views: tuple[str, ...] = ()

    def exported(self) -> tuple[ExportedView, ...]:
        """The views of the export. Raises ValueError for one that is none of them."""
        known = {one.name: one for one in EXPORTED}
        unknown = [name for name in self.views if name not in known]
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no view of an export; there are {', '.join(known)}")
        return tuple(known[name] for name in self.views) if self.views else EXPORTED

    def as_json(self) -> dict[str, Any]:
        return {
            "region": self.region, "years": list(self.years) or None, "department": self.department,
            "since": self.since.isoformat() if self.since else None,
        }  # fmt: skip

    def question(
        self, view: ExportedView, columns: list[Described], year: int | None = None, only_year: bool = False
    ) -> tuple[str, dict[str, Any]]:
        """The statement and its values for the rows of a view; `only_year` for those of one `year` (None: of none)."""
        have = {one.name for one in columns}
        where: list[str] = []
        values: dict[str, Any] = {}
        if self.region is not None and "region" in have:
            where.append("(region = :region OR region LIKE :region_begins ESCAPE '!')")
            values |= {
                "region": self.region,
                "region_begins": self.region.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%",
            }
        if self.years and "fiscal_year" in have:
            # years are numbers by their type: nothing to quote
            where.append(f"fiscal_year IN ({', '.join(str(int(one)) for one in self.years)})")
        if self.department is not None:
            name = "department = :department OR agency = :department" if "department" in have else (
                "agency = :department OR agency IN (SELECT agency FROM department_names WHERE department = :department)"
            )  # fmt: skip
            where.append(f"({name})")
            values["department"] = self.department
        if self.since is not None:
            touched = "SELECT h.sha256 FROM version_history h WHERE h.at >= :since"
            values["since"] = datetime.combine(self.since, time(), UTC)
            if view.replaced_by == BY_DOCUMENT:
                where.append(f"sha256 IN ({touched})")
            else:
                where.append(f"agency IN (SELECT v.agency FROM document_versions v WHERE v.sha256 IN ({touched}))")
        if only_year:
            where.append("fiscal_year IS NULL" if year is None else f"fiscal_year = {int(year)}")
        wanted = ", ".join(one.name for one in columns)
        order = order_of(view.name, view.order)
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        return f"SELECT {wanted} FROM {view.name}{condition} ORDER BY {order}", values


_LEAST = {"text": "''", "integer": "-1", "number": "-1"}
"""What an empty cell sorts as, the same in both databases."""


def order_of(view: str, columns: tuple[str, ...]) -> str:
    """What follows ORDER BY: empty cells sort first, in both databases."""
    return ", ".join(f"COALESCE({name}, {_LEAST[described(view, name).type]})" for name in columns)
