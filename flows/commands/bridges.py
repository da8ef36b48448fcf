"""`yusuan bridge …`: which departments are the same body under another name. Proposals are the machine's, decisions a person's."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.figures import CsvFlag, JsonLines, form_of, opened
from flows.commands.tables_of_figures import show_rows
from flows.commands.terminal import HomeOption, out, stop

if TYPE_CHECKING:
    from warehouse import Warehouse

bridge_app = typer.Typer(
    no_args_is_help=True,
    help="Departments renamed, merged or split, and units of a department 机构改革沿革.\n\n`propose` looks for them by code, name and the "
    "years that are held; nothing counts before a person says `confirm`.",
)
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; default: the user of this system.")]


@contextlib.contextmanager
def bridging(home: Path | None) -> Iterator[Warehouse]:
    """The warehouse; a bridge that cannot be is said in one line."""
    from warehouse.bridges import BridgeError

    with opened(home) as warehouse:
        try:
            yield warehouse
        except BridgeError as wrong:
            raise stop(str(wrong)) from None


@bridge_app.command("list")
def list_bridges(
    state: Annotated[str, typer.Option(help="proposed, confirmed, rejected or all.")] = "all",
    as_csv: CsvFlag = False,
    as_json: JsonLines = False,
    home: HomeOption = None,
) -> None:
    """The bridges that are known, and what became of them."""
    from warehouse.bridges import STATES, bridges

    if state not in (*STATES, "all"):
        raise stop(f"--state {state}: one of {', '.join(STATES)}, all", 2)
    columns = ("bridge_id", "state", "kind", "from_agency", "to_agency", "effective_on", "source", "why")
    with bridging(home) as warehouse:
        found = bridges(warehouse, None if state == "all" else state)
        show_rows(columns, [tuple(row[name] for name in columns) for row in found], form_of(as_csv, as_json))


@bridge_app.command()
def codes(
    code: Annotated[str | None, typer.Argument(help="A code, such as 20805; default: all that changed.")] = None,
    as_csv: CsvFlag = False,
    as_json: JsonLines = False,
) -> None:
    """How functional and economic codes changed since 2007, with the source: renamed, added, begun 科目沿革."""
    from budget.code_changes import changes_of, code_changes

    columns = ("system", "code", "since", "change", "old_name", "new_name", "source")
    found = code_changes() if code is None else changes_of(code)
    show_rows(columns, [tuple(getattr(one, name) for name in columns) for one in found], form_of(as_csv, as_json))


@bridge_app.command()
def propose(home: HomeOption = None) -> None:
    """Look for departments that go on under another name, and for units of departments; what is found waits for a person."""
    from warehouse.bridges import propose as look

    with bridging(home) as warehouse:
        new = look(warehouse)
    out.print(
        f"{len(new)} new 新提议: {', '.join(new)}" if new else "nothing new 没有新提议", markup=False, highlight=False
    )


@bridge_app.command()
def confirm(
    bridge: Annotated[str, typer.Argument(help="A bridge by its id, or its first characters.", show_default=False)],
    source: Annotated[str, typer.Option("--source", help="What says so: a decree, an address.", show_default=False)],
    effective: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Since when.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="renamed, merged, split or unit_of, where the proposal is wrong.")
    ] = None,
    by: ByOption = None,
    home: HomeOption = None,
) -> None:
    """Say that a proposal is right: `department` and `part_of` of the views follow it at once."""
    from warehouse.bridges import decide

    with bridging(home) as warehouse:
        decide(
            warehouse,
            bridge,
            confirmed=True,
            by=by or getpass.getuser(),
            source=source,
            on=effective.date() if effective else None,
            kind=kind,
        )
    out.print(f"{bridge}: confirmed", markup=False, highlight=False)


@bridge_app.command()
def reject(
    bridge: Annotated[str, typer.Argument(help="A bridge by its id, or its first characters.", show_default=False)],
    by: ByOption = None,
    home: HomeOption = None,
) -> None:
    """Say that a proposal is wrong; it is not made again."""
    from warehouse.bridges import decide

    with bridging(home) as warehouse:
        decide(warehouse, bridge, confirmed=False, by=by or getpass.getuser())
    out.print(f"{bridge}: rejected", markup=False, highlight=False)


@bridge_app.command()
def add(
    from_agency: Annotated[str, typer.Argument(help="The body under its old name, or the unit.", show_default=False)],
    to_agency: Annotated[str, typer.Argument(help="Its name since, or the department.", show_default=False)],
    source: Annotated[str, typer.Option("--source", help="What says so: a decree, an address.", show_default=False)],
    kind: Annotated[str, typer.Option("--kind", help="renamed, merged, split or unit_of.")] = "renamed",
    region: Annotated[str, typer.Option("--region", help="Region of both, as the view figures has it.")] = "",
    effective: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="Since when.")] = None,
    by: ByOption = None,
    home: HomeOption = None,
) -> None:
    """Say that two bodies belong together which no proposal names."""
    from warehouse.bridges import add as put

    with bridging(home) as warehouse:
        name = put(
            warehouse, kind, (region, from_agency), (region, to_agency), by=by or getpass.getuser(), source=source,
            on=effective.date() if effective else None,
        )  # fmt: skip
    out.print(f"{name}: confirmed", markup=False, highlight=False)
