"""The data dictionary: views, columns, types and units, from the schema and `dictionary.toml`.

`python -m warehouse.dictionary > docs/warehouse-dictionary.md` writes the page; a test holds it equal. Exports carry the same words.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from sqlalchemy import Engine, inspect

from warehouse import tables
from warehouse.document_figures import measures
from warehouse.store import Warehouse

ColumnType = Literal["text", "integer", "number", "boolean", "date", "datetime", "json"]
MONEY = (("_wan", "number", "万元"), ("_fen", "integer", "分"))
"""Ends of the names of columns that hold one measure of `figures`."""


@dataclass(frozen=True, slots=True)
class Described:
    """A column of a view: what it is, in which unit (None: no quantity), what it says."""

    name: str
    type: ColumnType
    unit: str | None
    says: str


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(resources.files("warehouse").joinpath("dictionary.toml").read_text(encoding="utf-8"))


def views() -> dict[str, str]:
    """What a row of each view is, by the view's name, in the order of the page."""
    return dict(_told()["views"])


def described(view: str, column: str) -> Described:
    """What a column of a view says. Raises LookupError for one that nobody described."""
    said = _told()["of"].get(view, {}).get(column) or _told()["columns"].get(column)
    if said is not None:
        return Described(column, said["type"], said.get("unit"), said["says"])
    for end, kind, unit in MONEY:
        for measured in measures():
            if column == measured.name + end:
                return Described(column, kind, unit, f"{measured.english} {measured.chinese}")  # type: ignore[arg-type]
    raise LookupError(f"warehouse/dictionary.toml says nothing of {view}.{column}")


def columns_of(engine: Engine, view: str) -> list[Described]:
    """The columns of a view as the database has them, in its order. Raises LookupError as `described` does."""
    return [described(view, column["name"]) for column in inspect(engine).get_columns(view)]


def page(engine: Engine) -> str:
    """The whole dictionary as Markdown."""
    return "\n".join(_lines(engine)) + "\n"


def _lines(engine: Engine) -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Made from the schema by `python -m warehouse.dictionary`; do not edit. How to ask: [warehouse.md](warehouse.md)."
    yield "Amounts are 万元 (10,000 元) in columns that end in `_wan` and in `amount_exact`, 分 (0.01 元) in those that end in `_fen`."
    yield ""
    yield "## Measures of figures"
    yield ""
    yield "| measure | subject | 中文 | what |"
    yield "|---|---|---|---|"
    for measured in measures():
        yield f"| `{measured.name}` | {measured.subject} | {measured.chinese} | {measured.english} |"
    yield ""
    yield "## Views"
    for view, row in views().items():
        yield ""
        yield f"### {view}"
        yield ""
        yield f"A row is {row}."
        yield ""
        yield "| column | type | unit | what |"
        yield "|---|---|---|---|"
        for one in columns_of(engine, view):
            yield f"| `{one.name}` | {one.type} | {one.unit or ''} | {one.says} |"
    yield ""
    yield "## Tables"
    yield ""
    yield "What the views are made from; they mix states, so ask the views. Keys in bold."
    for name, table in sorted(tables.metadata.tables.items()):
        yield ""
        yield f"### {name} (table)"
        yield ""
        yield "| column | SQL type | may be empty |"
        yield "|---|---|---|"
        for column in table.columns:
            shown = f"**{column.name}**" if column.primary_key else column.name
            yield f"| {shown} | {_sql_type(column.type)} | {'yes' if column.nullable else ''} |"


def _sql_type(kind: Any) -> str:
    if isinstance(kind, tables.ExactDecimal):
        return "NUMERIC (SQLite: decimal text)"
    if isinstance(kind, tables.Moment):
        return "TIMESTAMP WITH TIME ZONE (SQLite: UTC)"
    return str(kind)


if __name__ == "__main__":
    with Warehouse.open("sqlite://").migrate() as empty:
        sys.stdout.write(page(empty.engine))
