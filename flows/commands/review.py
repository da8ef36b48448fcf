"""`yusuan review …`: the queue on the terminal. The rules are review/'s; here they are only asked and shown."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

import typer
from pydantic import BaseModel

from budget.states import Reason
from flows.commands.counted import counted
from flows.commands.terminal import HomeOption, JsonFlag, existing, out, review_detail, review_list, stop
from review.cells import CellAddressError
from review.queue import DecisionRefusedError, NoSuchItemError, ReviewQueue
from review.replay import CorrectionError
from review.stages import Stage
from warehouse import Warehouse

review_app = typer.Typer(
    no_args_is_help=True,
    help="The queue of documents that wait for a person 复核.\n\n"
    "Look (`list`, `show ID`), decide (`correct`, `accept`, `reject`, `reextract`), then `yusuan rerun` reads the decided "
    "documents again. Decisions are kept apart from the extraction and replayed for ever.",
)

ItemArgument = Annotated[str, typer.Argument(help="The item, or its first characters.", show_default=False)]
NoteOption = Annotated[
    str, typer.Option("--note", help="Why; who reads it next year must understand.", show_default=False)
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; default: the user of this system.")]


@contextlib.contextmanager
def queue_of(home: Path | None) -> Iterator[ReviewQueue]:
    """The queue of a house; what a person can mend is said in one line."""
    with Warehouse.open(existing(home).database_url) as warehouse:
        try:
            yield ReviewQueue(warehouse.migrate())
        except (NoSuchItemError, DecisionRefusedError, CellAddressError, CorrectionError) as trouble:
            raise stop(str(trouble)) from None


def _plain(thing: object) -> object:
    """JSON for what dataclasses leave: models as objects, all else as text (dates, decimals, cell addresses)."""
    return thing.model_dump(mode="json") if isinstance(thing, BaseModel) else str(thing)


def decided(item_id: str, what: str) -> None:
    out.print(f"{item_id}: {what}; `yusuan rerun` reads it again with this decision", markup=False, highlight=False)


@review_app.command("list")
def list_items(
    state: Annotated[str, typer.Option(help="open, decided, closed or all.")] = "open",
    stage: Annotated[str | None, typer.Option(help="download, extract, validate or load.")] = None,
    reason: Annotated[str | None, typer.Option(help="A reason code, such as checks_failed or truncated.")] = None,
    text: Annotated[str | None, typer.Option(help="Words in title, agency, region or summary.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """What waits for a person, and why."""
    if state not in ("open", "decided", "closed", "all"):
        raise stop(f"--state {state}: one of open, decided, closed, all", 2)
    if stage is not None and stage not in get_args(Stage):
        raise stop(f"--stage {stage}: one of {', '.join(get_args(Stage))}", 2)
    if reason is not None and reason not in list(Reason):
        raise stop(f"--reason {reason}: one of {', '.join(Reason)}", 2)
    with queue_of(home) as queue:
        rows = queue.list(
            state=None if state == "all" else state,  # type: ignore[arg-type]
            stage=stage, reason=Reason(reason) if reason else None, text=text,  # type: ignore[arg-type]
        )  # fmt: skip
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(dataclasses.asdict(row), ensure_ascii=False, default=str) + "\n")
        return
    review_list(out, rows)


@review_app.command()
def show(item: ItemArgument, home: HomeOption = None, as_json: JsonFlag = False) -> None:
    """The evidence of one item: each failing sum with both sides, the cells with page and box, other statements."""
    with queue_of(home) as queue:
        detail = queue.show(item)
    if as_json:
        sys.stdout.write(json.dumps(dataclasses.asdict(detail), ensure_ascii=False, default=_plain) + "\n")
        return
    review_detail(out, detail)


@review_app.command()
def accept(
    item: ItemArgument,
    note: NoteOption,
    finding: Annotated[
        list[int] | None, typer.Option(help="Only this error and what it causes; may be repeated.")
    ] = None,
    by: ByOption = None,
    home: HomeOption = None,
) -> None:
    """The document says so: accept its errors as the publisher's own discrepancy. It loads, marked as such."""
    with queue_of(home) as queue:
        decision = queue.accept(item, note, by, findings=finding)
    decided(item, f"{counted(len(decision.findings), 'finding')} accepted as published")


@review_app.command()
def correct(
    item: ItemArgument,
    cell: Annotated[str, typer.Option("--cell", help="STATEMENT:ROW:COLUMN as `show` prints it.", show_default=False)],
    value: Annotated[
        str,
        typer.Option("--value", help="What stands on the page, in the page's unit; '' for blank.", show_default=False),
    ],
    note: NoteOption,
    by: ByOption = None,
    home: HomeOption = None,
) -> None:
    """We misread a cell: write what stands on the page."""
    with queue_of(home) as queue:
        queue.correct(item, cell, value, note, by)
    decided(item, f"{cell} corrected to {value!r}")


@review_app.command()
def reject(item: ItemArgument, note: NoteOption, by: ByOption = None, home: HomeOption = None) -> None:
    """Keep the document out of the warehouse for good; `reextract` lifts it."""
    with queue_of(home) as queue:
        queue.reject(item, note, by)
    out.print(f"{item}: rejected", markup=False)


@review_app.command()
def reextract(
    item: ItemArgument,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    by: ByOption = None,
    home: HomeOption = None,
) -> None:
    """Ask for another reading, after the extractor has learnt; lifts a rejection. A file that could not be had is fetched again."""
    with queue_of(home) as queue:
        had = queue.show(item).row.sha256 is not None
        queue.reextract(item, note, by)
    if had:
        decided(item, "another reading asked for")
    else:
        out.print(
            f"{item}: asked for again; there is no file yet to read: the next crawl (`yusuan nightly`) fetches it",
            markup=False, highlight=False,
        )  # fmt: skip
