"""The `yusuan` command. Thin: each command says what it does, asks the rooms, and shows what came back.

Heavy imports (Prefect, Great Expectations, Scrapy) stay inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import cite, exporting, figures, forms, reporting
from flows.commands.bridges import bridge_app
from flows.commands.counted import counted
from flows.commands.terminal import (
    INTERRUPTED,
    Commands,
    HomeOption,
    JsonFlag,
    err,
    existing,
    out,
    show_table,
    stop,
    writable_folder,
)
from flows.home import House

if TYPE_CHECKING:
    from flows.commands.extract import Read
    from flows.run_summary import RunSummary

app = typer.Typer(
    name="yusuan",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
    help="Crawl, archive, read, prove and load the budget disclosures of Chinese government departments 部门预决算.\n\n"
    "Start with `yusuan demo`; then `yusuan review list --home .demo`.",
)


@app.command()
def extract(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders (read recursively).", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines on standard output instead of a table.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write one JSON file a document below this folder.")] = None,
    checks: Annotated[bool, typer.Option(help="Prove the accounting and add the findings.")] = True,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one a core.")] = None,
    seconds: Annotated[float, typer.Option(help="Time limit a document.")] = 300.0,
    memory_mb: Annotated[int, typer.Option(help="Memory limit of a worker, MiB.")] = 3072,
) -> None:
    """Read documents into disclosures: statements, facts, findings.

    One JSON object a document (schema: budget/data/disclosure.schema.json), as JSON lines on standard output or in
    `OUTPUT/<path below the given folder>.json`. An unreadable file gives an object with `document.error`. Each document of an
    archive is one of its own, `bundle.zip!/folder/a.pdf`, in `OUTPUT/bundle.zip!/folder/a.pdf.json`; `OUTPUT/bundle.zip.json`
    then names them. Exit status: 0 when every file was read, 1 when any has an error, 2 for wrong usage or no documents.

    Examples:

        yusuan extract budget.pdf --json | jq '.facts | length'

        yusuan extract downloads/ --json --output read/
    """
    from archive.whole_files import write_whole
    from flows.commands.extract import extract_sources, find_sources, refuse_shared_outputs
    from flows.documents.workers import Limits

    try:
        over: list[Path] = []
        sources = find_sources(paths, over)
        if output is not None:
            refuse_shared_outputs(sources)
    except (FileNotFoundError, ValueError) as wrong:
        raise stop(str(wrong), 2) from None
    passed = ""
    if over:
        none = counted(len(over), "file is no document and was", "files are no documents and were")
        passed = f"{none} passed over 略过, such as {over[0]}"
    if not sources:
        raise stop(
            f"no documents below {', '.join(map(str, paths))} 没有文件 (.json, .csv, .md and hidden files are passed over)"
            + (f"; {passed}" if passed else ""),
            2,
        )
    if passed:
        err.print(passed, markup=False, highlight=False, soft_wrap=True)
    if output is not None:
        writable_folder(output)
    failed = 0
    rows: list[tuple[str, ...]] = []
    said: list[str] = []
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=err, transient=True, disable=not err.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task("reading", total=len(sources))
        results = extract_sources(
            sources, workers=workers, limits=Limits(seconds=seconds, memory_mb=memory_mb), checks=checks,
            progress=lambda number, source, _: bar.update(task, completed=number, description=source.path.name[:40]),
        )  # fmt: skip
        for read in results:
            disclosure, document = read.disclosure, read.disclosure.document
            failed += document.error is not None
            if output is not None:
                target = output / read.output
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    write_whole(target, disclosure.to_json() + "\n")
                except OSError as error:
                    raise stop(f"{target}: cannot be written 无法写入: {error.strerror}") from None
            elif as_json and not read.is_index:
                sys.stdout.write(disclosure.to_json() + "\n")
                sys.stdout.flush()
            if not as_json:
                code, message = remark(read)
                rows.append((
                    Path(document.file).name, code or document.kind or "", document.agency or "",
                    str(document.fiscal_year or ""), str(len(disclosure.statements)), str(len(disclosure.facts)),
                    str(len(disclosure.errors)), str(len(disclosure.findings) - len(disclosure.errors)),
                ))  # fmt: skip
                said += [f"{code}: {message}"] if code else []
    if not as_json:
        names = ("file", "kind or error", "agency", "year", "statements", "facts", "errors", "warnings")
        show_table(out, names, rows, {"file", "agency"})
        for line in said:
            out.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if failed else 0)


@app.command()
def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Documents, folders, or disclosures (.json) that `extract` wrote.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a document, as JSON lines.")] = False,
    list_checks: Annotated[bool, typer.Option("--checks", help="Show the check catalogue and stop.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; default: one a core.")] = None,
    second_reading: Annotated[
        str | None,
        typer.Option(
            help="Ask an independent reader for the cells on this share of the pages of documents that hold: 0.1.",
            metavar="SHARE",
        ),
    ] = None,
) -> None:
    """Prove the accounting of documents 勾稽校验: what contradicts what, where it stands, which cell is suspected.

    In a folder, documents and the disclosures that `extract` wrote are taken; what is neither is counted and passed over.
    Exit status: 0 no errors (warnings are shown), 1 errors, 2 wrong usage or nothing to validate.

    Examples:

        yusuan validate budget.pdf

        yusuan validate downloads/ --json | jq 'select(.errors > 0) | .file'
    """
    import json

    from flows.commands.validate import NotADisclosureError, Total, catalogue_table, find, show
    from flows.commands.validate import validate as judge_all

    if list_checks:
        out.print(catalogue_table())
        raise typer.Exit(0)
    if not paths:
        raise stop("name the documents to validate (or --checks for the catalogue)", 2)
    total = Total()
    try:
        found = find(paths)
        for one in judge_all(found, workers=workers, second_reading=_share(second_reading)):
            total.add(one)
            if as_json:
                sys.stdout.write(json.dumps(one.to_json(), ensure_ascii=False) + "\n")
                sys.stdout.flush()
            else:
                show(out, one)
    except (FileNotFoundError, NotADisclosureError) as missing:
        raise stop(str(missing), 2) from None
    over = found.passed_over
    passed = (
        f"{counted(len(over), 'file is neither document nor disclosure and was', 'files are neither documents nor disclosures and were')}"
        f" passed over 略过, such as {over[0]}"
        if over
        else ""
    )
    if not total.documents:
        raise stop(
            f"nothing to validate below {', '.join(map(str, paths))} 没有可校验的文件"
            + (f"; {passed}" if passed else ""),
            2,
        )
    if passed:
        err.print(passed, markup=False, highlight=False, soft_wrap=True)
    if not as_json:
        out.print(total.line(), style="bold", markup=False, highlight=False, soft_wrap=True)
    elif twice := total.second_reading():
        err.print(twice, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if total.wrong else 0)


def _share(told: str | None) -> Decimal | None:
    """A share of pages, 0 to 1, as a decimal."""
    if told is None:
        return None
    with contextlib.suppress(ArithmeticError):  # no number, or NaN, which compares with nothing
        if 0 <= (share := Decimal(told)) <= 1:
            return share
    raise stop(f"--second-reading {told}: a share of the pages, 0 to 1, such as 0.1", 2)


def remark(read: Read) -> tuple[str, str]:
    """What is said of a file that is no reading: the code of its error and the message, or that it is an archive."""
    if error := read.disclosure.document.error:
        return error.code, error.message
    return ("archive", read.disclosure.findings[0].message) if read.is_index else ("", "")


@app.command("sample-portal")
def sample_portal(
    host: Annotated[str, typer.Option(help="Address to bind.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8642,
) -> None:
    """Serve the sample portal: a loopback web server built like a TRS static government portal.

    Its list pages, articles and attachments are fictitious budgets made by a script of the project, with a published error, a
    truncated file, an error page behind a .pdf link and an article that is no disclosure among them.
    """
    from spiders.sample_portal.__main__ import main as serve

    raise typer.Exit(serve(["--host", host, "--port", str(port)]))


@app.command()
def up(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(help="Port of the Prefect server; 0 takes a free one.", min=0, max=65535)] = 4200,
    portal_port: Annotated[
        int, typer.Option(help="Port of the sample portal; 0 starts none.", min=0, max=65535)
    ] = 8642,
    review_port: Annotated[int, typer.Option(help="Port of the review page; 0 starts none.", min=0, max=65535)] = 8650,
    schedule: Annotated[
        str | None,
        typer.Option(
            help="When the night runs, as cron in Asia/Shanghai: '0 2 * * *'. Default: as it stands on the server."
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="PostgreSQL for Prefect's own records: postgresql+asyncpg://… Default: a file of the home.",
            envvar="YUSUAN_PREFECT_DATABASE_URL",
        ),
    ] = None,
) -> None:
    """Start Prefect server, worker, deployments and the sample portal on loopback, and watch them; ctrl-C or SIGTERM ends all.

    A service that dies is started again, with a line; runs whose process is gone are crashed. Exit status: 0 told to stop, 1 when a
    service does not come up.
    """
    from flows.services.prefect_api import next_night
    from flows.services.up import (
        ServiceError,
        add_review_page,
        add_sample_portal,
        sample_portal_address,
        standing,
        told_to_stop,
        when,
    )

    house = House.at(home)
    shown = lambda line: out.print(line, markup=False, highlight=False, soft_wrap=True)  # noqa: E731
    addresses = {"sample": sample_portal_address(portal_port)} if portal_port else None
    try:
        with (
            told_to_stop(),
            standing(
                house, port=port, base_urls=addresses, schedule=schedule, database=database, review_port=review_port,
                say=shown,
            ) as all_of_it,
        ):  # fmt: skip
            if portal_port:
                shown(f"sample portal 样例门户   {add_sample_portal(all_of_it, portal_port)}")
            if review_port:
                shown(f"review page 复核页面   {add_review_page(all_of_it, review_port)}")
            page = all_of_it.api.removesuffix("/api")
            shown(f"Prefect              {page}")
            shown(f"deployments          {page}/deployments  (nightly, rerun, export, check-archive)")
            shown(f"home                 {house.home}")
            shown(f"next night 下次运行   {when(next_night(all_of_it.api))}")
            shown(f"run one night now    {page}/deployments → nightly → Run, or: PREFECT_API_URL={all_of_it.api} "
                  "prefect deployment run nightly/nightly")  # fmt: skip
            shown("ready 就绪; ctrl-C stops everything")
            all_of_it.watch()
    except ServiceError as trouble:
        raise stop(str(trouble)) from None
    except KeyboardInterrupt:
        shown("stopped 已停止")


@app.command()
def deploy(
    home: HomeOption = None,
    schedule: Annotated[str | None, typer.Option(help="When the night runs, as cron in Asia/Shanghai.")] = None,
) -> None:
    """Register the deployments with the server that PREFECT_API_URL names: forms with today's choices, schedule, home, alerts."""
    if not os.environ.get("PREFECT_API_URL"):
        raise stop("name the server: PREFECT_API_URL=http://127.0.0.1:4200/api", 2)
    house = enter(home)
    from flows import deploying

    for name in deploying.deploy(house, schedule=schedule):
        out.print(name)


def enter(home: Path | None) -> House:
    """The house, with Prefect pointed at it; before anything imports Prefect."""
    return House.at(home).enter()


def run_flow(flow_name: str, house: House, **parameters: object) -> RunSummary:
    """Run nightly or rerun in this process; what a person can mend is said in one line, before a run is made of it."""
    from flows.choosing import WrongAddressError
    from flows.commands.expected_trouble import EXPECTED, in_one_line, no_interrupt_is_lost, quietly, refuse_wrong
    from flows.services.up import temporary_server

    try:
        refuse_wrong(flow_name, house, parameters)
        temporary_server(house)
        from flows.nightly import nightly
        from flows.rerun import rerun
        from flows.services import in_process

        with no_interrupt_is_lost(), quietly():
            return in_process.run(nightly if flow_name == "nightly" else rerun, house.home, **parameters)
    except KeyboardInterrupt:
        raise stop(INTERRUPTED, 130) from None
    except WrongAddressError as wrong:
        raise stop(str(wrong), 2) from None
    except EXPECTED as trouble:
        raise stop(str(trouble)) from None
    except Exception as trouble:
        if (told := in_one_line(trouble)) is None:
            raise
        stop(told)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)  # what Prefect registered for the end of the process would wait for its server for minutes


@contextlib.contextmanager
def ctrl_c_is_told() -> Iterator[None]:
    """ctrl-C outside the flow itself (before it, after it) ends with the same words."""
    try:
        yield
    except KeyboardInterrupt:
        raise stop(INTERRUPTED, 130) from None


def show_run(summary: RunSummary, house: House) -> None:
    """What a run did, on the terminal."""
    from flows.commands.terminal import run_report

    run_report(out, summary, house)


def exit_of(summary: RunSummary) -> typer.Exit:
    """0 for a run that is ok, 1 for one that failed, 3 for one that is incomplete or suspicious."""
    from budget.states import RunState

    return typer.Exit({RunState.OK: 0, RunState.FAILED: 1}.get(summary.state, 3))


@app.command()
def nightly(
    portal: Annotated[
        list[str] | None,
        typer.Option("--portal", help="Portal id or YAML file; may be repeated. Default: all of the installation."),
    ] = None,
    no_crawl: Annotated[
        bool, typer.Option("--no-crawl", help="Crawl nothing; read what earlier runs left unread.")
    ] = False,
    base_url: Annotated[
        list[str] | None, typer.Option(help="ID=URL: crawl a portal at another scheme, host and port.")
    ] = None,
    home: HomeOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Reading processes; default: one a core.")] = None,
    register: Annotated[
        str | None,
        typer.Option(
            help="Columns of the register: province=…,family=…,level=…,region=…,slice=from:to. None is verified by this project."
        ),
    ] = None,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Ask for everything again, also what the lists say is unchanged.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """One night: crawl, archive, read, prove, load or queue.

    Exit status: 0 ok, 3 incomplete (a portal was not read to its end) or suspicious (outside the bounds beside its portal file),
    1 failed, 2 wrong usage, 130 interrupted. Interrupted anywhere and run again, it carries on.
    """
    house = enter(home)
    addresses: dict[str, str] = {}
    for given in base_url or ():
        name, found, url = given.partition("=")
        if not found:
            raise stop(f"--base-url {given}: write it as ID=URL", 2)
        if name in addresses:
            raise stop(f"--base-url {given}: `{name}` has an address already: {addresses[name]}", 2)
        addresses[name] = url
    summary = run_flow(
        "nightly", house, portals=[] if no_crawl else portal, base_urls=addresses or None, workers=workers,
        from_register=register, recheck=recheck,
    )  # fmt: skip
    if as_json:
        sys.stdout.write(summary.model_dump_json() + "\n")
    else:
        show_run(summary, house)
    raise exit_of(summary)


@app.command()
def rerun(
    documents: Annotated[
        list[str] | None, typer.Argument(help="sha256, in full or its first 8 digits or more.", show_default=False)
    ] = None,
    portal: Annotated[str | None, typer.Option(help="Every document seen at this portal.")] = None,
    failed_in_run: Annotated[
        str | None,
        typer.Option(
            help="Every document that did not load in this run: its id, Prefect's id or name of it, or `last`, the last that left something."
        ),
    ] = None,
    outdated: Annotated[bool, typer.Option("--outdated", help="Every document that another recipe read.")] = False,
    home: HomeOption = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Reading processes; default: one a core.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read documents again, with the decisions of reviewers replayed. With nothing named: all that did not load."""
    house = existing(home).enter()
    summary = run_flow(
        "rerun", house, documents=documents or None, portal=portal, failed_in_run=failed_in_run, outdated=outdated,
        workers=workers,
    )  # fmt: skip
    if as_json:
        sys.stdout.write(summary.model_dump_json() + "\n")
    else:
        show_run(summary, house)
    raise exit_of(summary)


@app.command()
def metrics(home: HomeOption = None) -> None:
    """Runs, documents, review items and portals as Prometheus reads them, on standard output."""
    from flows.metrics import metrics_text

    sys.stdout.write(metrics_text(existing(home)))


@app.command()
def backup(
    target: Annotated[
        Path, typer.Argument(help="A folder on another disk; made if missing, brought up to date if not.")
    ],
    home: HomeOption = None,
) -> None:
    """Copy the installation while it runs: databases, originals, portals, summaries. Run again, only what is new is copied."""
    from flows.backup import BackupError, back_up

    try:
        copied = back_up(existing(home), target)
    except (BackupError, OSError) as trouble:
        raise stop(str(trouble)) from None
    out.print(
        f"{target}: {counted(copied.databases, 'database')}, {copied.originals} new of {counted(copied.held, 'original')} 已备份",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A folder that `yusuan backup` made.", exists=True, file_okay=False)],
    home: HomeOption = None,
) -> None:
    """Fill an empty home from a backup, and compare every original with its hash. Exit status 1 when one is not whole."""
    from flows.backup import BackupError
    from flows.backup import restore as fill

    try:
        wrong = fill(source, House.at(home))
    except (BackupError, OSError) as trouble:
        raise stop(str(trouble)) from None
    for one in wrong:
        out.print(one, markup=False, highlight=False, soft_wrap=True)
    if wrong:
        raise stop(counted(len(wrong), "original is not", "originals are not") + " as archived")
    out.print(f"{House.at(home).home}: restored 已恢复; `yusuan up` or `yusuan nightly` carries on", highlight=False)


@app.command("check-archive")
def check_archive(home: HomeOption = None, as_json: JsonFlag = False) -> None:
    """Read every original that the warehouse knows and compare it with its hash; a damaged one is set aside and downloaded again.

    Exit status: 0 all are whole, 1 some are missing, damaged or unreadable (each is named).
    """
    import json

    from archive.store import Archive
    from flows.check_archive import troubles

    house = existing(home)
    count = 0
    found = []
    with Archive(house.archive) as archive:
        for sha256, trouble in troubles(house, archive):
            count += 1
            if trouble is not None:
                found.append(sha256)
                if as_json:
                    sys.stdout.write(json.dumps({"sha256": sha256, "trouble": trouble}, ensure_ascii=False) + "\n")
                else:
                    out.print(trouble, markup=False, highlight=False, soft_wrap=True)
    told = f"{counted(count, 'original')} 原始文件: {len(found)} not as archived"
    if found:
        raise stop(told)
    err.print(told, markup=False, highlight=False)


@app.command()
def demo(
    home: Annotated[Path, typer.Option("--home", help="Where the demo keeps its things.")] = Path(".demo"),
    port: Annotated[int, typer.Option(help="Port of the sample portal on 127.0.0.1.", min=1, max=65535)] = 8642,
) -> None:
    """One night on the sample portal that ships with yusuan. Run it twice: the second time nothing is done twice."""
    from flows.services.up import ServiceError, sample_portal_process

    house = enter(home)
    try:
        with ctrl_c_is_told(), sample_portal_process(house, port) as address:
            out.print(f"sample portal 样例门户: {address}")
            summary = run_flow("nightly", house, portals=["sample"], base_urls={"sample": f"http://127.0.0.1:{port}"})
    except ServiceError as trouble:
        raise stop(str(trouble)) from None
    from flows.commands.terminal import where_to_look

    show_run(summary, house)
    where_to_look(out, house)
    raise exit_of(summary)


@app.command()
def runs(
    show: Annotated[
        str | None, typer.Option("--show", help="One run, by its id or the first characters of it, or `last`.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """The runs of this installation, newest first; with --show one of them in full."""
    from flows.commands.terminal import run_report, runs_table
    from flows.run_summary import RunSummary

    house = existing(home)
    folders = sorted((path for path in house.runs.glob("*") if path.is_dir()), reverse=True)
    if show is None:
        runs_table(out, folders, as_json)
        return
    named = [one for one in folders if one.name.startswith(show)] if show else []
    if len(named) > 1 and named[-1].name != show:
        raise stop(f"{show}: {len(named)} runs begin so, {named[-1].name} to {named[0].name}: name more of it", 2)
    # of those that begin so the oldest, last here, is the one whose name is no longer than what was asked for
    chosen = folders[0] if show == "last" and folders else named[-1] if named else house.runs / Path(show).name
    try:
        summary = RunSummary.read(chosen)
    except FileNotFoundError:
        raise stop(f"{show}: no summary of such a run in {house.runs}; a run that was killed leaves none") from None
    if as_json:
        sys.stdout.write(summary.model_dump_json() + "\n")
    else:
        run_report(out, summary, house)


for commands in (figures, cite, exporting, reporting, forms):
    commands.register(app)
app.add_typer(bridge_app, name="bridge")


def main() -> None:
    """Entry point of the console command."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(stop(INTERRUPTED, 130).exit_code)


if __name__ == "__main__":
    main()
