"""`yusuan query | show | compare`: figures on the terminal, as CSV and JSON. Nothing here can change the warehouse."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.tables_of_figures import Form, cell_text, show_rows
from flows.commands.terminal import HomeOption, existing, out, stop

if TYPE_CHECKING:
    from warehouse import Warehouse
    from warehouse.departments import Department, Profile

CsvFlag = Annotated[
    bool, typer.Option("--csv", help="CSV on standard output; cells that look like formulas are quoted.")
]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a row, as JSON lines.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="Where several departments have one name.")]
BASIS = {"budget": "预算", "final": "决算"}


def form_of(as_csv: bool, as_json: bool) -> Form:
    """Table, CSV or JSON; both flags are wrong usage."""
    if as_csv and as_json:
        raise stop("--csv or --json, not both", 2)
    return "csv" if as_csv else "json" if as_json else "table"


@contextlib.contextmanager
def opened(home: Path | None) -> Iterator[Warehouse]:
    """The warehouse of a house at its newest schema; what a person can mend is said in one line."""
    from warehouse import Warehouse
    from warehouse.asking import QuestionError
    from warehouse.departments import NoSuchDepartmentError

    with Warehouse.open(existing(home).database_url) as warehouse:
        try:
            yield warehouse.migrate()
        except QuestionError as wrong:
            raise stop(str(wrong), 2) from None
        except NoSuchDepartmentError as wrong:
            raise stop(str(wrong)) from None


def query(
    statement: Annotated[
        str, typer.Argument(metavar="SQL", help="One SELECT. Views: docs/warehouse.md.", show_default=False)
    ],
    as_csv: CsvFlag = False,
    as_json: JsonLines = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows on the terminal; --csv and --json give all.")] = 200,
    seconds: Annotated[float, typer.Option(min=0.1, help="The question is ended after so long.")] = 300.0,
    home: HomeOption = None,
) -> None:
    """Ask the warehouse in SQL. Read-only: no statement can change it.

    Exit status: 0 answered, 2 not understood.

    Examples:

        yusuan query "SELECT department, fiscal_year, expenditure_wan FROM department_totals"

        yusuan query "SELECT * FROM figures WHERE fiscal_year = 2024" --csv > figures.csv
    """
    from warehouse.asking import ask

    form = form_of(as_csv, as_json)
    with opened(home) as warehouse, ask(warehouse.engine, statement, seconds=seconds) as answer:
        show_rows(answer.columns, answer.rows, form, limit=limit)


def show(
    department: Annotated[str, typer.Argument(help="Its name, or a part of it that no other has.", show_default=False)],
    year: Annotated[
        int | None, typer.Argument(help="One year, with its documents and projects.", show_default=False)
    ] = None,
    region: RegionOption = None,
    as_csv: CsvFlag = False,
    as_json: JsonLines = False,
    home: HomeOption = None,
) -> None:
    """The figures of a department over the years, 万元: each the one answer of `figures`.

    A figure from last year's column of the next year's document is marked ‹ , one that takes part in a published contradiction !.
    """
    from warehouse import departments

    form = form_of(as_csv, as_json)
    with opened(home) as warehouse:
        found = departments.find_department(warehouse.engine, department, region)
        told = departments.profile(warehouse.engine, found, year)
        if form != "table":
            _long_rows([told], form)
            return
        out.print(f"[bold]{found.label}[/bold]  万元", highlight=False)
        heads = [f"{column.fiscal_year or '?'} {BASIS[column.basis]}" for column in told.columns]
        rows = []
        for measured in told.measures():
            rows.append(
                (measured.chinese, measured.name, *(_marked(told, measured.name, column) for column in told.columns))
            )
        show_rows(("", "measure", *heads), rows, "table")
        if year is not None:
            _year(warehouse, found, year)


def _marked(told: Profile, measure: str, column: object) -> str:
    amount = told.amounts[measure].get(column)  # type: ignore[call-overload]
    if amount is None:
        return ""
    return cell_text(amount.wan) + ("" if amount.is_own_year else " ‹") + (" !" if amount.publisher_discrepancy else "")


def _year(warehouse: Warehouse, found: Department, year: int) -> None:
    from warehouse import departments

    held = departments.documents(warehouse.engine, found, year)
    out.print("documents 文件", style="bold")
    show_rows(
        ("kind", "title", "state", "published", "sha256"),
        [(row["kind"], row["title"], row["state"], row["published_at"], row["sha256"][:16]) for row in held], "table",
    )  # fmt: skip
    largest = departments.projects(warehouse.engine, found, year)
    if largest:
        out.print("largest projects 项目", style="bold")
        show_rows(("name", "万元"), [(row["name"], row["amount_wan"]) for row in largest], "table")


def _long_rows(told: list[Profile], form: Form) -> None:
    columns = (
        "department",
        "region",
        "fiscal_year",
        "basis",
        "measure",
        "chinese",
        "amount_wan",
        "raw",
        "is_own_year",
        "cite",
    )
    rows = [
        (
            one.department.name, one.department.region, column.fiscal_year, column.basis, measured.name, measured.chinese,
            amount.wan, amount.raw, amount.is_own_year, amount.cite,
        )
        for one in told for measured in one.measures() for column, amount in one.amounts[measured.name].items()
    ]  # fmt: skip
    show_rows(columns, rows, form)


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A department, or DEPARTMENT@YEAR.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="B", help="Another, or the same @ANOTHER_YEAR.", show_default=False)],
    year: Annotated[
        int | None, typer.Option("--year", help="Year of both; default: the newest that both have.")
    ] = None,
    basis: Annotated[str, typer.Option("--basis", help="budget or final.")] = "budget",
    region: RegionOption = None,
    as_csv: CsvFlag = False,
    as_json: JsonLines = False,
    home: HomeOption = None,
) -> None:
    """Two departments, or one in two years, figure by figure: 万元, difference B - A and ratio B / A.

    Examples:

        yusuan compare 民政局 退役军人事务局 --year 2024

        yusuan compare 民政局@2023 民政局@2024
    """
    from warehouse import departments
    from warehouse.departments import Column

    form = form_of(as_csv, as_json)
    if basis not in BASIS:
        raise stop(f"--basis {basis}: budget or final", 2)
    with opened(home) as warehouse:
        sides = []
        for told in (first, second):
            name, _, at = told.partition("@")
            if at and not at.isdecimal():
                raise stop(f"{told}: write DEPARTMENT@YEAR, such as 民政局@2023", 2)
            found = departments.find_department(warehouse.engine, name, region)
            sides.append((departments.profile(warehouse.engine, found), int(at) if at else year))
        years = [{column.fiscal_year for column in told.columns if column.basis == basis} for told, _ in sides]
        common = max((one for one in years[0] & years[1] if one is not None), default=None)
        chosen = [wanted if wanted is not None else common for _, wanted in sides]
        if None in chosen:
            raise stop(f"{first} and {second} have no {basis} of one year 没有共同年度; name years: A@2023 B@2024")
        columns = [Column(one, basis) for one in chosen]
        rows = []
        for measured in departments.measures():
            pair = [
                told.amounts.get(measured.name, {}).get(column)
                for (told, _), column in zip(sides, columns, strict=True)
            ]
            if pair == [None, None]:
                continue
            left, right = pair
            both = left is not None and right is not None
            difference = round(right.wan - left.wan, 6) if both else None  # type: ignore[union-attr]
            ratio = round(right.wan / left.wan, 4) if both and left.wan else None  # type: ignore[union-attr]
            rows.append((measured.chinese, measured.name, left and left.wan, right and right.wan, difference, ratio))
        heads = [
            f"{told.department.name} {column.fiscal_year}" for (told, _), column in zip(sides, columns, strict=True)
        ]
        if form == "table":
            show_rows(("", "measure", *heads, "B - A", "B / A"), rows, form)
        else:
            show_rows(("chinese", "measure", "a_wan", "b_wan", "difference_wan", "ratio"), rows, form)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(query)
    app.command()(show)
    app.command()(compare)
