"""`export`: the warehouse in open formats, as a run of its own; for schedules and for who works in the Prefect page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger

from flows.home import House
from warehouse import Warehouse
from warehouse.exports import Chosen
from warehouse.exports import export as write

Format = Literal["parquet", "csv", "xlsx", "duckdb", "datapackage"]


@flow(name="export", persist_result=False, validate_parameters=True)
def export(
    formats: list[Format] | None = None,
    region: str | None = None,
    years: list[int] | None = None,
    department: str | None = None,
    since: date | None = None,
    to: str | None = None,
    home: str | None = None,
) -> dict[str, str]:
    """Write the loaded figures to files. Gives the manifest's path by format; any trouble fails the run.

    Args:
        formats: parquet when not given.
        region: a region and all whose name begins so.
        years: fiscal years of the rows.
        department: one department by its name.
        since: only what was loaded, replaced or taken back since this day: an increment, see manifest.json.
        to: the folder; HOME/exports when not given. A folder below it for each format, replaced when the new one is whole.
        home: the installation's folder; YUSUAN_HOME when not given.
    """
    house = House.at(home)
    folder = Path(to) if to else house.home / "exports"
    chosen = Chosen(region=region, years=tuple(years or ()), department=department, since=since)
    with Warehouse.open(house.database_url) as warehouse:
        made = write(warehouse.migrate(), folder, formats or ["parquet"], chosen)
    rows = [
        {"format": name, "view": view, "rows": count, "folder": str(manifest.folder)}
        for name, manifest in made.items()
        for view, count in manifest.rows.items()
    ]
    create_table_artifact(table=rows, key="export", description="rows written 导出行数")
    for name, manifest in made.items():
        get_run_logger().info("%s: %d rows in %s", name, sum(manifest.rows.values()), manifest.folder)
    return {name: str(manifest.folder / "manifest.json") for name, manifest in made.items()}
