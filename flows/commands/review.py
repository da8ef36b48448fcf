"""`yusuan review …`: the queue on the terminal. The rules are review/'s; here they are only asked and shown."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from pydantic import BaseModel

from budget.decisions import Decision
from budget.states import Reason
from flows.commands.counted import counted
from flows.commands.terminal import HomeOption, JsonFlag, existing, out, review_detail, review_list, stop
from flows.home import House
from review.cells import CellAddressError
from review.queue import Bulk, BulkAction, DecisionRefusedError, NoSuchItemError, ReviewQueue, Wanted
from review.replay import CorrectionError
from review.rules import NoSuchRuleError
from review.stages import Stage
from warehouse import Warehouse

if TYPE_CHECKING:
    from fastapi import FastAPI

review_app = typer.Typer(
    no_args_is_help=True,
    help="The queue of documents that wait for a person 复核.\n\n"
    "Look (`list`, `show ID`, or the page: `serve`), decide (`correct`, `accept`, `reject`, `reextract`, `bulk`), then "
    "`yusuan rerun` reads the decided documents again. Decisions are kept apart from the extraction and replayed for ever.",
)

ItemArgument = Annotated[str, typer.Argument(help="The item, or its first characters.", show_default=False)]
ItemsArgument = Annotated[list[str], typer.Argument(help="Items, or the first characters of each.", show_default=False)]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Take the place of an opposite decision.")]
RerunOption = Annotated[bool, typer.Option("--rerun", help="Read the document again at once, in this process.")]
MOST_AT_ONCE = 5000
"""Items that one bulk decides."""
NoteOption = Annotated[
    str, typer.Option("--note", help="Why; who reads it next year must understand.", show_default=False)
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; default: the user of this system.")]


@contextlib.contextmanager
def queue_of(home: Path | None, rerun: bool = False) -> Iterator[ReviewQueue]:
    """The queue of a house, with the second reader and, when asked, a rerun in this process after each decision.

    What a person can mend is said in one line.
    """
    from archive.store import Archive
    from flows.commands.review_page import SecondReader, rerun_here

    house = existing(home)
    with Warehouse.open(house.database_url) as warehouse, Archive(house.archive) as archive:
        again = (lambda shas: rerun_here(warehouse, archive, shas)) if rerun else None
        try:
            yield ReviewQueue(warehouse.migrate(), again, SecondReader(archive))
        except (
            NoSuchItemError, NoSuchRuleError, DecisionRefusedError, CellAddressError, CorrectionError,
        ) as trouble:  # fmt: skip
            raise stop(str(trouble)) from None


def _plain(thing: object) -> object:
    """JSON for what dataclasses leave: models as objects, all else as text (dates, decimals, cell addresses)."""
    return thing.model_dump(mode="json") if isinstance(thing, BaseModel) else str(thing)


def as_json_line(thing: object) -> None:
    """One JSON object on standard output."""
    told = dataclasses.asdict(thing) if dataclasses.is_dataclass(thing) and not isinstance(thing, type) else thing
    sys.stdout.write(json.dumps(told, ensure_ascii=False, default=_plain) + "\n")


def decided(item_id: str, what: str, rerun: bool = False) -> None:
    then = "read again" if rerun else "`yusuan rerun` reads it again with this decision"
    out.print(f"{item_id}: {what}; {then}", markup=False, highlight=False)


def tell_each(items: list[str], decide: Callable[[str], Decision], what: Callable[[Decision], str], as_json: bool, rerun: bool) -> None:  # fmt: skip
    """The same decision on several items, each by itself; those refused are told at the end, with exit status 1."""
    refused = []
    for item in items:
        try:
            decision = decide(item)
        except (NoSuchItemError, DecisionRefusedError, CellAddressError, CorrectionError) as why:
            if len(items) == 1:
                raise
            refused.append(str(why))
            continue
        if as_json:
            as_json_line(decision.model_dump(mode="json"))
        else:
            decided(item, what(decision), rerun)
    if refused:
        raise stop("\n".join(refused))


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
    items: ItemsArgument,
    note: NoteOption,
    finding: Annotated[
        list[int] | None, typer.Option(help="Only this error and what it causes; may be repeated (one item only).")
    ] = None,
    replace: ReplaceOption = False,
    rerun: RerunOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """The document says so: accept its errors as the publisher's own discrepancy. It loads, marked as such."""
    if finding and len(items) > 1:
        raise stop("--finding numbers the errors of one item; name one item", 2)
    with queue_of(home, rerun) as queue:
        tell_each(
            items, lambda item: queue.accept(item, note, by, findings=finding, replace=replace),
            lambda made: f"{counted(len(made.findings), 'finding')} accepted as published", as_json, rerun,
        )  # fmt: skip


@review_app.command()
def correct(
    item: ItemArgument,
    cell: Annotated[str, typer.Option("--cell", help="STATEMENT:ROW:COLUMN as `show` prints it.", show_default=False)],
    value: Annotated[
        str,
        typer.Option("--value", help="What should stand there, in the page's unit; '' for blank.", show_default=False),
    ],
    note: NoteOption,
    second_look: Annotated[
        str | None,
        typer.Option("--second-look", help="Who looked a second time; needed where both readers read the cell alike."),
    ] = None,
    replace: ReplaceOption = False,
    rerun: RerunOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Put a figure beside what is read in a cell; what is printed stays, and so does the contradiction it is part of."""
    with queue_of(home, rerun) as queue:
        tell_each(
            [item],
            lambda one: queue.correct(one, cell, value, note, by, second_look=second_look, replace=replace),
            lambda made: f"{cell} corrected to {value!r}", as_json, rerun,
        )  # fmt: skip


@review_app.command()
def reject(
    items: ItemsArgument, note: NoteOption, by: ByOption = None, home: HomeOption = None, as_json: JsonFlag = False
) -> None:
    """Keep documents out of the warehouse for good; `reextract` lifts it."""
    with queue_of(home) as queue:
        for item in items:
            made = queue.reject(item, note, by)
            if as_json:
                as_json_line(made.model_dump(mode="json"))
            else:
                out.print(f"{item}: rejected", markup=False)


@review_app.command()
def reextract(
    items: ItemsArgument,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    rerun: RerunOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Ask for another reading, after the extractor has learnt; lifts a rejection. A file that could not be had is fetched again."""
    with queue_of(home, rerun) as queue:
        for item in items:
            had = queue.show(item).row.sha256 is not None
            made = queue.reextract(item, note, by)
            if as_json:
                as_json_line(made.model_dump(mode="json"))
            elif had:
                decided(item, "another reading asked for", rerun)
            else:
                out.print(
                    f"{item}: asked for again; there is no file yet to read: the next crawl (`yusuan nightly`) fetches it",
                    markup=False, highlight=False,
                )  # fmt: skip


@review_app.command()
def undo(
    item: Annotated[str | None, typer.Argument(help="The item.", show_default=False)] = None,
    decision: Annotated[str | None, typer.Option(help="This decision; default: the last that stands.")] = None,
    bulk: Annotated[str | None, typer.Option(help="All decisions of a bulk, by its id.")] = None,
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
    rerun: RerunOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take a decision back: the document is read and judged again without it."""
    if (item is None) == (bulk is None):
        raise stop("name an item, or a bulk with --bulk", 2)
    with queue_of(home, rerun) as queue:
        if bulk is not None:
            _tell_bulk(queue.undo_bulk(bulk, note, by), as_json)
            return
        tell_each(
            [item or ""], lambda one: queue.undo(one, note, by, decision),
            lambda made: f"{', '.join(made.replaces)} taken back", as_json, rerun,
        )  # fmt: skip


@review_app.command()
def bulk(
    action: Annotated[str, typer.Argument(help="accept, reject, government, reextract or newer.")],
    note: NoteOption,
    cause: Annotated[str | None, typer.Option(help="Items of this cause, as `list --json` tells it.")] = None,
    portal: Annotated[str | None, typer.Option(help="Items of this portal.")] = None,
    check: Annotated[str | None, typer.Option(help="Items whose first error is of this check.")] = None,
    origin: Annotated[str | None, typer.Option(help="extraction, publisher, source or unknown.")] = None,
    reason: Annotated[str | None, typer.Option(help="A reason code, such as truncated.")] = None,
    item: Annotated[list[str] | None, typer.Option(help="This item; may be repeated.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Decide; without it only what would change is shown.")] = False,
    rerun: RerunOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """One decision on many open items. Without --yes it only shows what it would change."""
    if action not in get_args(BulkAction):
        raise stop(f"{action}: one of {', '.join(get_args(BulkAction))}", 2)
    wanted = Wanted(cause=cause, portal=portal, check=check, origin=origin, reason=reason)
    if not item and wanted == Wanted():
        raise stop("name the items: --cause, --portal, --check, --origin, --reason or --item", 2)
    with queue_of(home, rerun) as queue:
        items = list(item) if item else [row.item_id for row in queue.page(wanted, limit=MOST_AT_ONCE)[0]]
        if yes:
            _tell_bulk(queue.bulk(items, action, note, by), as_json)  # type: ignore[arg-type]
            return
        told = queue.preview(items, action)  # type: ignore[arg-type]
    if as_json:
        as_json_line(told)
        return
    for one, what in told.items():
        out.print(f"{one}: {what}", markup=False, highlight=False)
    out.print(f"{counted(len(told), 'item')}; nothing was changed, --yes decides", style="dim", highlight=False)


def _tell_bulk(done: Bulk, as_json: bool) -> None:
    if as_json:
        as_json_line(done)
        return
    out.print(f"{done.bulk_id}: {counted(len(done.decided), 'item')} decided", markup=False, highlight=False)
    for one, why in done.refused.items():
        out.print(f"  {one}: refused: {why}", markup=False, highlight=False)


@review_app.command()
def rules(
    confirm_rule: Annotated[str | None, typer.Option("--confirm", help="Let this rule hold from now on.")] = None,
    revoke_rule: Annotated[
        str | None, typer.Option("--revoke", help="End this rule and take back what it decided.")
    ] = None,
    rerun: RerunOption = False,
    by: ByOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Decisions that repeat, proposed as rules; confirmed once by a person, and what they have decided since."""
    from review import rules as kept

    with queue_of(home, rerun) as queue:
        person = by or getpass.getuser()
        if confirm_rule is not None:
            _tell_bulk(kept.confirm(queue, confirm_rule, person), as_json)
            return
        if revoke_rule is not None:
            taken_back = kept.revoke(queue, revoke_rule, person)
            out.print(
                f"{revoke_rule}: revoked, {counted(taken_back, 'decision')} taken back", markup=False, highlight=False
            )
            return
        found = kept.rules(queue)
    for one in found:
        if as_json:
            as_json_line(one)
            continue
        out.print(
            f"{one.rule_id}  {one.state}  {one.action}  {one.cause}: learnt from {one.decided}, has decided {one.applied}, "
            f"{one.open} wait", markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
    if not found and not as_json:
        out.print(f"no rules: {kept.REPEATS} like decisions for one cause propose one")


@review_app.command()
def password() -> None:
    """Ask for a password and print the line that a users file keeps of it."""
    from review.page.people import password_line

    out.print(password_line(typer.prompt("password", hide_input=True, confirmation_prompt=True)), soft_wrap=True)


@review_app.command()
def serve(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Address to bind; other than loopback only with --users.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8650,
    users: Annotated[
        Path | None, typer.Option(help="TOML file of people, their roles and passwords (docs/review.md).")
    ] = None,
    user_header: Annotated[
        str | None, typer.Option(help="Header in which a reverse proxy names the person; needs --users.")
    ] = None,
    proxy: Annotated[
        list[str] | None, typer.Option(help="Address of the proxy that is believed; default: loopback.")
    ] = None,
) -> None:
    """The page for people: the queue, an item on one screen, decisions. ctrl-C stops it."""
    import uvicorn

    from flows.commands.review_page import needs_of
    from review.page.app import Door, OpenDoorError, create_app
    from review.page.people import People, UsersFileError

    house = existing(home).enter()
    try:
        known = People(users) if users is not None else None
        door = Door(host, known, user_header, tuple(proxy) if proxy else ("127.0.0.1", "::1"))
        door.check()
    except (OpenDoorError, UsersFileError) as wrong:
        raise stop(str(wrong), 2) from None
    with Warehouse.open(house.database_url) as warehouse, needs_of(house, warehouse.migrate()) as needs:
        try:
            bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as taken:
            raise stop(f"{host}:{port}: cannot be bound: {taken.strerror}; choose another --port") from None
        with bound:
            shown = f"[{host}]" if ":" in host else host
            out.print(f"review page 复核页面   http://{shown}:{bound.getsockname()[1]}/", highlight=False)
            app = create_app(warehouse, needs, door)
            _with_figures(app, house, warehouse)
            # no word of a proxy about the address of who asks: the door believes addresses
            config = uvicorn.Config(
                app, log_level="warning", proxy_headers=False, server_header=False,
                timeout_graceful_shutdown=5,
            )  # fmt: skip
            uvicorn.Server(config).run(sockets=[bound])


def _with_figures(app: FastAPI, house: House, warehouse: Warehouse) -> None:
    """Serve the figures (`/api/…`, read-only) and the metrics (`/metrics`) beside the queue, to whoever may read it."""
    from fastapi import Depends
    from fastapi.responses import PlainTextResponse

    from flows.metrics import metrics_text
    from review.page.app import allowed
    from warehouse.api import api_router

    readers = [Depends(allowed("read"))]
    app.include_router(api_router(warehouse.engine), prefix="/api/figures", dependencies=readers)
    app.add_api_route(
        "/metrics",
        lambda: PlainTextResponse(metrics_text(house)),
        methods=["GET"],
        dependencies=readers,
        include_in_schema=False,
    )
