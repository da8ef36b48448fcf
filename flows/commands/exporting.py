"""`yusuan export`: the warehouse in open formats."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.figures import opened
from flows.commands.terminal import HomeOption, JsonFlag, out, show_table, stop


def export(
    to: Annotated[Path, typer.Option("--to", help="The folder; one below it for each format.", show_default=False)],
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="parquet, csv, xlsx, duckdb or datapackage; may be repeated. Default: parquet."),
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="A region and all whose name begins so.")] = None,
    years: Annotated[list[int] | None, typer.Option("--year", help="Fiscal year; may be repeated.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="One department, by its name.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", formats=["%Y-%m-%d"], help="Only what was loaded, replaced or taken back since this day."
        ),
    ] = None,
    views: Annotated[list[str] | None, typer.Option("--view", help="Only these views; may be repeated.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the loaded figures to files that other programs open, with counts, sums and hashes in manifest.json.

    Equal content gives equal bytes (but for DuckDB files). An increment says in its manifest which rows it replaces.
    Exit status: 0 written, 1 not written, 2 wrong usage.

    Examples:

        yusuan export --to open-data --format parquet --format csv

        yusuan export --to hebei-2024 --format xlsx --region 河北省 --year 2024
    """
    from warehouse.exports import Chosen, ExportError, NothingChosenError
    from warehouse.exports import export as write
    from warehouse.exports.writing import TooManyRowsError

    chosen = Chosen(
        region=region,
        years=tuple(years or ()),
        department=department,
        since=since.date() if since else None,
        views=tuple(views or ()),
    )
    with opened(home) as warehouse:
        try:
            made = write(warehouse, to, formats or ["parquet"], chosen)
        except (ExportError, NothingChosenError, TooManyRowsError) as trouble:
            raise stop(str(trouble)) from None
        except ValueError as wrong:
            raise stop(str(wrong), 2) from None
    if as_json:
        sys.stdout.write(
            json.dumps({name: manifest.told for name, manifest in made.items()}, ensure_ascii=False) + "\n"
        )
        return
    rows = [
        (name, view, f"{count}", str(manifest.folder))
        for name, manifest in made.items()
        for view, count in manifest.rows.items()
    ]
    show_table(out, ("format", "view", "rows", "folder"), rows, {"folder"})


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(export)
