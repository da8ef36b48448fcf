"""The report on one or two subjects as one HTML file: charts, tables, and below them the sources of every number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from budget.amounts import decimal_text
from budget.printed_text import without_direction
from flows.reports.charts import BASIS, drawings
from flows.reports.figures import Subject, Told, class_name, filled, subject_of
from warehouse.asking import reading_only
from warehouse.citations import SHORT
from warehouse.store import Warehouse

SOURCES_AT_MOST = 60
"""Citations shown of one number; a region's sum has more, and the page says so."""

_SOURCES = """
SELECT f.sha256, f.fact_id, f.raw, f.page, f.sheet, f.cell, f.table_no, f.table_row, f.table_col, f.name, f.statement_title,
    f.column_text, f.agency, f.title, f.url
FROM facts_current f WHERE f.cite = :cite AND f.sha256 = :sha256
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One printed figure behind a number."""

    cite: str
    agency: str
    title: str
    what: str
    raw: str
    place: str
    url: str | None
    sha256: str


@dataclass(slots=True)
class Group:
    """The sources of one number of the page. `id` is the anchor its number links to."""

    id: str
    what: str
    told: Told
    sources: list[Source]

    @property
    def left_out(self) -> int:
        return len(self.told.cites) - len(self.sources)


def report(warehouse: Warehouse, names: list[str], today: date) -> str:
    """The page on a department or region, beside another one where two names are given. Raises NoSuchDepartmentError."""
    subjects = [filled(warehouse, subject_of(warehouse, name), today) for name in names]
    groups: dict[str, Group] = {}
    with reading_only(warehouse.engine) as reader:
        shown = []
        for number, subject in enumerate(subjects):
            totals = [
                (
                    measured,
                    [
                        _number(groups, number, (measured.name, *column), subject.totals.get((measured.name, *column)))
                        for column in subject.columns()
                    ],
                )
                for measured in subject.measures()
            ]
            shown.append({
                "name": subject.name, "is_region": subject.is_region, "bodies": subject.bodies,
                "columns": [f"{year} {BASIS[basis]}" for year, basis in subject.columns()], "totals": totals,
                "drawings": [(caption, Markup(svg)) for caption, svg in drawings(subject)],
                "classes": _classes(groups, number, subject), "projects": subject.projects, "changes": subject.changes,
                "documents": subject.documents, "proofs": subject.proofs, "coverage": subject.coverage,
            })  # fmt: skip
        known: dict[str, Source | None] = {}
        for group in groups.values():
            for cite in group.told.cites[:SOURCES_AT_MOST]:
                if cite not in known:
                    known[cite] = _source(reader, cite)
                if (source := known[cite]) is not None:
                    group.sources.append(source)
    return template("report.html").render(
        title=" / ".join(subject.name for subject in subjects), subjects=shown, groups=list(groups.values()), today=today.isoformat(),
    )  # fmt: skip


def _number(groups: dict[str, Group], subject: int, key: tuple[Any, ...], told: Told | None) -> dict[str, Any] | None:
    """A number of the page with its anchor; its group is made."""
    if told is None:
        return None
    name = "s" + "-".join(str(part) for part in (subject, *key))
    groups[name] = Group(name, " ".join(str(part) for part in key), told, [])
    return {
        "id": name,
        "wan": f"{told.wan:,.2f}",
        "own": told.own_year,
        "discrepancy": told.discrepancy,
        "of": len(told.cites),
    }


def _classes(groups: dict[str, Group], number: int, subject: Subject) -> dict[str, Any]:
    """The table of expenditure by class: its years and a line a class."""
    of = {key: told for key, told in subject.classes.items() if key[0] == "expenditure_by_function"}
    columns = sorted({(year, basis) for _, year, basis, _ in of})
    lines = []
    for code in sorted({key[3] for key in of}):
        cells = [
            _number(
                groups,
                number,
                ("expenditure_by_function", *column, code),
                of.get(("expenditure_by_function", *column, code)),
            )
            for column in columns
        ]
        lines.append((class_name(code), cells))
    return {"columns": [f"{year} {BASIS[basis]}" for year, basis in columns], "lines": lines}


def _source(reader: Any, cite: str) -> Source | None:
    start, _, figure = cite.partition(":")
    version = reader.rows("SELECT sha256 FROM documents_current WHERE sha256 LIKE :start", {"start": start + "%"})
    if not version:
        return None
    sha256 = version[0]["sha256"]
    if figure.startswith("prose:"):
        (row,) = reader.rows(
            "SELECT agency, title, url, raw, sentence, page, sheet, cell, table_no, table_row, table_col FROM prose_current "
            "WHERE sha256 = :sha256 AND prose_no = :number",
            {"sha256": sha256, "number": int(figure[6:])},
        )
        return Source(
            cite,
            row["agency"] or "",
            row["title"] or "",
            row["sentence"],
            row["raw"] or "",
            _place(row),
            row["url"],
            sha256,
        )
    (row,) = reader.rows(_SOURCES, {"cite": cite, "sha256": sha256})
    what = " · ".join(part for part in (row["statement_title"], row["name"], row["column_text"]) if part)
    return Source(cite, row["agency"] or "", row["title"] or "", what, row["raw"], _place(row), row["url"], sha256)


def _place(row: dict[str, Any]) -> str:
    if row["page"] is not None:
        return f"第{row['page']}页 page {row['page']}"
    if row["sheet"] is not None:
        return f"{row['sheet']} {row['cell']}"
    if row["table_no"] is not None:
        return f"表{row['table_no']} 行{row['table_row'] + 1} 列{row['table_col'] + 1}"
    return ""


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True,
        finalize=lambda value: without_direction(value) if type(value) is str else value,
    )  # fmt: skip
    environment.filters["wan"] = lambda value: "" if value is None else f"{float(value):,.2f}"
    environment.filters["plain"] = lambda value: "" if value is None else decimal_text(value)
    environment.filters["short"] = lambda sha256: sha256[:SHORT]
    return environment


def template(name: str) -> Any:
    """A template of this folder. What is put into it is escaped: names, titles and sentences come from strangers' files."""
    return _environment().from_string(resources.files("flows.reports").joinpath(name).read_text(encoding="utf-8"))
