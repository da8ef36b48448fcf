"""What the command line shows and how: consoles, shared options, and the tables of runs and reviews."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from budget.states import DocumentState, RunState
from flows.commands.counted import counted
from flows.home import House, NoHouseError

if TYPE_CHECKING:
    from budget.disclosure import Place
    from flows.run_summary import RunSummary
    from review.evidence import CellShown, FindingShown
    from review.queue import ItemDetail, QueueRow

UNLIMITED = 100_000
"""Columns of what is no screen: in a pipe or a file no line is folded and nothing is cut for want of room."""


def console_of(stream: TextIO) -> Console:
    """A console as wide as the screen, or as COLUMNS says; without limit where the stream is no screen."""
    if stream.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return Console(soft_wrap=False)
    return Console(soft_wrap=False, width=UNLIMITED, height=25)


out = console_of(sys.stdout)
err = Console(stderr=True)

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="YUSUAN_HOME",
        help="The installation's folder: archive, warehouse, runs. Default: ./yusuan-data",
    ),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def stop(message: str, code: int = 1) -> typer.Exit:
    """Say what is wrong on standard error; the caller raises what this returns."""
    err.print(f"[red]yusuan:[/red] {escape(message)}", highlight=False, soft_wrap=True)
    return typer.Exit(code)


INTERRUPTED = (
    "interrupted; nothing is lost: run the same command again and it carries on\n"
    "        已中断，没有丢失任何内容：再次运行同一命令即可继续"
)

READING_INTERRUPTED = (
    "interrupted; what was written stands, and the same command run again reads everything anew\n"
    "        已中断，已写出的内容保留；再次运行同一命令将从头读起"
)


LATER = {
    "portals": (
        "flows.commands.portals",
        "portals_app",
        "The portals 门户: which there are, how the last night went, who has published what.",
    ),
    "review": ("flows.commands.review", "review_app", "The queue of documents that wait for a person 复核."),
}
"""Groups of commands that are imported when one of them is asked for: module, name, and what the list of all commands says."""


class Commands(TyperGroup):
    """All commands: what none of them can go on from, and a person can mend, ends each of them with one line and a status."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name; a group that is imported later is only named, until it is asked for (`resolve_command`)."""
        if cmd_name in LATER:
            return TyperGroup(name=cmd_name, help=LATER[cmd_name][2])
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in LATER:
            module, name, _ = LATER[args[0]]
            group = typer.main.get_command(getattr(import_module(module), name))
            return args[0], group, args[1:]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            without_home = ctx.invoked_subcommand in ("extract", "validate")
            raise stop(READING_INTERRUPTED if without_home else INTERRUPTED, 130) from None
        except NoHouseError as wrong:
            raise stop(str(wrong), 2) from None
        except typer.Exit:  # a RuntimeError, too
            raise
        except RuntimeError as trouble:
            from flows.run_summary import NoSummaryError
            from warehouse import UnusableWarehouseError

            if isinstance(trouble, UnusableWarehouseError | NoSummaryError):
                raise stop(str(trouble)) from None
            raise


def writable_folder(folder: Path) -> Path:
    """The folder, made if missing. A file in its place, or one that may not be written to, ends the command with status 2."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise stop(f"--output {folder}: no folder can be made there 无法建立文件夹: {error.strerror}", 2) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise stop(f"--output {folder}: may not be written to 没有写入权限", 2)
    return folder


def existing(home: Path | None) -> House:
    """The house of a command that only looks; where none is it says so with status 2, and makes nothing."""
    try:
        return House.existing(home)
    except NoHouseError as wrong:
        raise stop(str(wrong), 2) from None


def show_table(console: Console, names: Sequence[str], rows: Sequence[Sequence[str]], folding: Collection[str]) -> None:
    """A table that leaves nothing out: on a narrow screen the columns named in `folding` fold, ids and codes never."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for number, name in enumerate(names):
        if name in folding:
            table.add_column(name, overflow="fold")
        else:
            width = max(cell_len(cell) for cell in (name, *(row[number] for row in rows)))
            table.add_column(name, no_wrap=True, min_width=width)
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table, crop=False)


def run_report(console: Console, summary: RunSummary, house: House) -> None:
    """A run on one screen: counts, what is not loaded and why, what could not be downloaded."""
    colour = {RunState.OK: "green", RunState.FAILED: "red"}.get(summary.state, "yellow")
    console.print()
    console.print(
        f"run 运行 [bold]{summary.run_id}[/bold]  [{colour}]{summary.state.value}[/{colour}]", highlight=False
    )
    counts = Table.grid(padding=(0, 2))
    counts.add_column()
    counts.add_column(justify="right")
    counts.add_column(style="dim")
    ignored = summary.reasons("ignored")
    if summary.portals:
        counts.add_row("found 发现", str(summary.portal_total("found")), "files of disclosures on the portals")
        counts.add_row(
            "archived 存档", str(summary.portal_total("new")),
            f"new; {summary.portal_total('unchanged')} unchanged and not downloaded again",
        )  # fmt: skip
    counts.add_row("loaded 入库", str(summary.count(DocumentState.LOADED)), f"now {summary.loaded_in_all} in all")
    in_review = [one for one in summary.documents if one.state is not DocumentState.LOADED]
    counts.add_row("in review 复核", str(len(in_review)), f"now {summary.waiting_for_review} waiting in all")
    if summary.portals:
        counts.add_row("ignored 略过", str(sum(ignored.values())), _reasons(ignored))
        for field, label in (("blocked", "blocked 受阻"), ("failed", "failed 未取得")):
            reasons = summary.reasons(field)
            counts.add_row(label, str(sum(reasons.values())), _reasons(reasons))
    if (sampled := summary.sampled).cells:
        counts.add_row(
            "read twice 复读", str(sampled.cells),
            f"cells of {counted(sampled.pages, 'page')}: {sampled.agreed} agree, {sampled.disagreed} disagree, {sampled.unheard} not heard",
        )  # fmt: skip
    counts.add_row("rows added 新增行", str(summary.rows_added), "in the warehouse")
    console.print(counts)
    if in_review or summary.failed_downloads:
        console.print("\nnot loaded 未入库:", style="bold")
    for one in in_review:
        console.print(
            f"  {one.review_item or ''}  [yellow]{one.reason or one.state.value}[/yellow]  {escape(one.title or one.file)}"
        )
        if one.detail:
            console.print(Padding(Text(shorten(one.detail)), (0, 0, 0, 6), expand=False), style="dim")
    for failed in summary.failed_downloads:
        console.print(f"  [yellow]{failed.reason or failed.outcome}[/yellow]  {escape(failed.title)}")
        console.print(Padding(Text(f"{failed.url} {failed.detail or ''}"), (0, 0, 0, 6), expand=False), style="dim")
    for note in summary.notes:
        console.print(f"note 说明: {note}", markup=False, highlight=False)
    if summary.portals and not summary.portal_total("new") and not summary.rows_added:
        console.print("[green]nothing new: no file was downloaded again and no row was added 无新内容[/green]")
    data_docs = house.runs / summary.run_id / "data_docs" / "index.html"
    if data_docs.exists():
        console.print(f"[dim]Data Docs 校验报告: {data_docs}[/dim]", highlight=False, soft_wrap=True)
    console.print(
        f"[dim]summary: {house.runs / summary.run_id / 'summary.json'}[/dim]", highlight=False, soft_wrap=True
    )


def shorten(message: str, width: int = 300) -> str:
    """The first words of a message; `review show` has all of it."""
    return message if len(message) <= width else message[: width - 1] + "…"


def _reasons(reasons: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))


def where_to_look(console: Console, house: House) -> None:
    """What a newcomer can do after the demo."""
    home = house.home
    here = Path.cwd()
    shown = home.relative_to(here) if home.is_relative_to(here) else home
    command = Path(sys.executable).with_name("yusuan")
    yusuan = command.relative_to(here) if command.is_relative_to(here) else Path("yusuan")
    console.print()
    console.print("where to look next 接下来:", style="bold")
    rows = [
        (f"{yusuan} review list --home {shown}", "what waits for a person"),
        (f"{yusuan} review show ID --home {shown}", "the evidence: sums, cells, page and box"),
        (f"{yusuan} rerun --home {shown}", "after a decision: read again and load"),
        (f"{yusuan} runs --home {shown}", "what each run did"),
        (f"sqlite3 {shown}/warehouse.sqlite 'SELECT * FROM facts_current LIMIT 5'", "the figures (docs/warehouse.md)"),
        ("make up", "Prefect with the deployments, these runs among its runs"),
    ]
    for line, meaning in rows:
        console.print(f"  {line}", highlight=False, soft_wrap=True)
        console.print(f"      [dim]{meaning}[/dim]")


NO_SUMMARY = "no summary: killed, or still running"
UNREADABLE = "its summary cannot be read: --show says why"


def _summary(folder: Path) -> RunSummary | str:
    """The summary of a run, or why there is none; one that cannot be read does not hide the others."""
    from flows.run_summary import NoSummaryError, RunSummary

    try:
        return RunSummary.read(folder)
    except FileNotFoundError:
        return NO_SUMMARY
    except NoSummaryError:
        return UNREADABLE


def runs_table(console: Console, folders: Sequence[Path], as_json: bool) -> None:
    """All runs, newest first; one without summary was killed."""
    found = [(folder, _summary(folder)) for folder in folders]
    if as_json:
        for folder, summary in found:
            line = (
                json.loads(summary.model_dump_json())
                if not isinstance(summary, str)
                else {"run_id": folder.name, "state": None, "note": summary}
            )
            line.pop("documents", None)
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    rows: list[tuple[str, ...]] = []
    for folder, summary in found:
        if isinstance(summary, str):
            rows.append((folder.name, summary, "", "", "", "", ""))
            continue
        rows.append((
            summary.run_id, summary.state.value, str(summary.portal_total("found")), str(summary.portal_total("new")),
            str(summary.count(DocumentState.LOADED)), str(len(summary.not_loaded)), str(summary.rows_added),
        ))  # fmt: skip
    show_table(console, ("run", "state", "found", "new", "loaded", "unloaded", "rows"), rows, {"state"})


def review_list(console: Console, rows: Sequence[QueueRow]) -> None:
    """The queue, two lines an item: its id (never cut, it is to be copied), why and what; then the first words of the reason."""
    if not rows:
        console.print("nothing waits 没有待复核的文件")
        return
    for row in rows:
        why = row.reason.value if row.reason else row.stage
        errors = f", {counted(row.errors, 'error')}" if row.errors else ""
        console.print(
            f"[bold]{row.item_id}[/bold]  [yellow]{why}[/yellow]  {escape(row.title or row.agency or '')}  "
            f"[dim]{row.state} · {row.stage}{errors}[/dim]",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
        console.print(
            Text(f"    {row.summary.partition(chr(10))[0]}", style="dim"),
            no_wrap=True,
            overflow="ellipsis",
            highlight=False,
        )
    console.print(
        f"{counted(len(rows), 'item')} 项; `yusuan review show ID` has the evidence", style="dim", highlight=False
    )


def place_text(place: Place | None) -> str:
    """A place in words."""
    if place is None:
        return ""
    from budget.disclosure import PagePlace, SheetPlace

    if isinstance(place, PagePlace):
        return f"page {place.page} 第{place.page}页 box [{', '.join(f'{side:.0f}' for side in place.bbox)}]"
    if isinstance(place, SheetPlace):
        return f"sheet {place.sheet} {place.cell}"
    return f"table {place.table} row {place.row + 1} column {place.col + 1}"


def _cell_row(cell: CellShown) -> tuple[str, ...]:
    label = " ".join(part for part in (cell.code, cell.name) if part)
    return (
        str(cell.address) if cell.address else "", cell.statement or "", label, " / ".join(cell.column), cell.raw,
        place_text(cell.at),
    )  # fmt: skip


def _finding(console: Console, shown: FindingShown) -> None:
    console.print(
        f"\n[{'red' if shown.severity.value == 'error' else 'yellow'}]{shown.severity.value} {shown.number}[/] "
        f"[bold]{shown.check}[/bold] origin 来源: {shown.origin.value}",
        highlight=False,
    )
    console.print(f"  {shown.message}", markup=False, highlight=False)
    if shown.left is not None or shown.right is not None:
        console.print(
            f"  left 左 {shown.left}  right 右 {shown.right}  difference 差 {shown.difference}"
            + (f"  tolerance 容差 {shown.tolerance}" if shown.tolerance else ""),
            highlight=False,
        )
    if shown.cells or shown.elsewhere:
        table = Table("--cell", "statement", "row", "column", "printed", "place", pad_edge=False)
        for cell in shown.cells:
            table.add_row(*map(escape, _cell_row(cell)))
        for cell in shown.elsewhere:
            table.add_row(*map(escape, _cell_row(cell)), style="dim")
        console.print(table)


def review_detail(console: Console, detail: ItemDetail) -> None:
    """Everything about one item, root findings first and what they cause counted under them."""
    row = detail.row
    console.print(f"[bold]{row.item_id}[/bold] {row.state} · {row.stage} · {row.reason.value if row.reason else ''}")
    console.print(f"{row.title or ''} {row.agency or ''} {row.fiscal_year or ''}".strip(), markup=False)
    if detail.evidence is None or not detail.evidence.findings:
        console.print(f"why 原因: {row.summary}", markup=False, highlight=False, soft_wrap=True)
    for sighting in detail.sightings:
        console.print(
            f"seen 出处: {sighting['article_title']}  {sighting['url'] or sighting['article_url']}",
            markup=False,
            soft_wrap=True,
        )
    if detail.version is not None:
        console.print(
            f"sha256 {detail.version['sha256']}  recipe {detail.version['recipe']}", highlight=False, soft_wrap=True
        )
    if detail.evidence is not None:
        caused: dict[int, list[FindingShown]] = {}
        for shown in detail.evidence.findings:
            if shown.caused_by is not None:
                caused.setdefault(shown.caused_by, []).append(shown)
        for shown in detail.evidence.findings:
            if shown.caused_by is None:
                _finding(console, shown)
                for consequence in caused.get(shown.number, []):
                    console.print(f"    ↳ {consequence.check}: {consequence.message}", markup=False, highlight=False)
        for unread in detail.evidence.unread:
            console.print(f"unread 未读: {unread.text} {place_text(unread.at)}", markup=False)
    for change in detail.figure_changes:
        console.print(f"figure changed 数字变动: {change}", markup=False)
    for decision in detail.decisions:
        what = ""
        if decision.cell is not None:
            cell = decision.cell
            column = " / ".join(cell.column)
            what = f" {cell.name} {column}: {cell.read!r} → {decision.value!r}"
        if decision.second_look:
            what += f", second look {decision.second_look}"
        if decision.replaces:
            what += f", in place of {', '.join(decision.replaces)}"
        console.print(
            f"decided 决定: {decision.id} {decision.action}{what} by {decision.decided_by} at "
            f"{decision.decided_at:%Y-%m-%d %H:%M}: {decision.note}",
            markup=False, highlight=False,
        )  # fmt: skip
