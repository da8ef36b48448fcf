"""`yusuan report`: pages that people look at."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.figures import opened
from flows.commands.terminal import HomeOption, existing, out, stop


def report(
    subject: Annotated[
        str | None, typer.Argument(metavar="DEPARTMENT|REGION", help="By its name.", show_default=False)
    ] = None,
    compare: Annotated[str | None, typer.Option("--compare", help="Another department or region beside it.")] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="The published contradictions instead, as page and CSV.")
    ] = False,
    output: Annotated[
        Path, typer.Option("--output", help="The HTML file; with --errors a CSV of its name beside it.")
    ] = Path("report.html"),
    home: HomeOption = None,
) -> None:
    """One HTML file that needs no network: figures over the years, projects, changes, data quality, every number with its source.

    Exit status: 0 written, 1 no such department or region, 2 wrong usage.

    Examples:

        yusuan report 云岚市民政局 --output minzheng.html

        yusuan report 云岚市民政局 --compare 云岚市退役军人事务局 --output both.html

        yusuan report --errors --output errors.html
    """
    from archive.whole_files import write_whole
    from warehouse.coverage import PORTALS_CLOCK

    if errors == (subject is not None) or (errors and compare):
        raise stop("name a department or region, or --errors for the published contradictions", 2)
    today = datetime.now(PORTALS_CLOCK).date()
    written = [output]
    with opened(home) as warehouse:
        if errors:
            from archive.store import Archive
            from flows.reports import errors as listed

            with Archive(existing(home).archive) as archive:
                found = list(listed.contradictions(warehouse, archive))
            texts = [listed.page(found, today), listed.as_csv(found)]
            written.append(output.with_suffix(".csv"))
        else:
            from flows.reports.page import report as make

            texts = [make(warehouse, [name for name in (subject, compare) if name], today)]
    try:
        for path, text in zip(written, texts, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
    except OSError as error:
        raise stop(f"{output}: cannot be written 无法写入: {error.strerror}", 2) from None
    for path in written:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(report)
