"""The crawl as a process of its own: `python -m spiders.crawl --portal sample --archive DIR --out RUN_DIR`.

A run directory holds `run.json` (the run's id), `sightings.jsonl`, `summary.json` and `evidence/` (pages of walls). A run that was
killed is continued by starting it again with the same directory; a finished directory is used for a new run.

Exit status: 0 all portals finished, 3 some incomplete or blocked, 1 a crash, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from archive.ledger import now, read_sightings, write_sightings
from archive.processes import die_with_parent, watch_parent
from archive.store import Archive
from archive.whole_files import write_whole
from budget.sightings import Sighting
from spiders.divided import Divided, processes_for
from spiders.portals import Portal, PortalError, find_portal
from spiders.reading.addresses import Scope
from spiders.register import read_filter
from spiders.summary import LISTS_TOLD, CrawlSummary, PortalSummary, Tally, count_sightings, files_seen, why_incomplete

# one process reads them all: a crawler is about half a MiB, and an hour of pauses is an hour for one portal or for three hundred
PORTALS_AT_ONCE = 400
# how the ids of register portals begin: their family is a guess from the address
REGISTERED = "reg_"
# the environment's ways to name a proxy: told that they are not used (settings.py says why)
PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
# a crawl that is killed has written what it knew so long ago at most
SECONDS_BETWEEN_SUMMARIES = 2.0
# how long a crawl that was told to stop may finish what is under way, and how long its caller waits for that
CLOSING_SECONDS = 3.0
GRACE_SECONDS = 30.0

__all__ = ["CrawlError", "CrawlSummary", "crawl_in_subprocess", "read_sightings", "read_summary"]


class CrawlError(RuntimeError):
    """A crawl whose outcome cannot be trusted: no summary, or an exit status that contradicts it."""


def crawl_in_subprocess(
    portals: Sequence[Portal | str | Path],
    archive: Path,
    out: Path,
    timeout: float = 6 * 3600,
    *,
    recheck: bool = False,
    processes: int | None = None,
) -> CrawlSummary:
    """Crawls portals (by `Portal`, id or file) in a process of its own and returns its checked summary.

    recheck: every list, article and file is asked for, also those checked within a portal's `recheck_days`. processes: over how many
    the portals are divided; by the length of the list when nobody says it (`spiders.divided`).

    After `timeout` seconds the crawl is asked to stop (it closes cleanly and is `incomplete`), then killed. Raises CrawlError when
    the process leaves no summary, or one that does not agree with its exit status or with `sightings.jsonl`.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="portals-") as folder:
        command = [
            sys.executable,
            "-m",
            "spiders.crawl",
            "--archive",
            str(archive),
            "--out",
            str(out),
            "--parent",
            str(os.getpid()),
        ]
        command += ["--recheck"] if recheck else []
        command += ["--processes", str(processes)] if processes is not None else []
        for number, portal in enumerate(portals):
            if isinstance(portal, Portal):
                file = Path(folder, f"{number}.yaml")
                file.write_text(
                    yaml.safe_dump(portal.model_dump(mode="json", exclude_defaults=True), allow_unicode=True), "utf-8"
                )
                command += ["--portal", str(file)]
            else:
                command += ["--portal", str(portal)]
        stale = _written(out / "summary.json")
        with (out / "crawl.log").open("ab") as log:
            # a session of its own: ctrl-C in the terminal reaches the caller only, who asks the crawl to close, once
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=_project_root(),
                start_new_session=True,
            )
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                code = _close(process)
            except BaseException:
                _close(process)
                raise
    if _written(out / "summary.json") in (None, stale):
        raise CrawlError(
            f"the crawl ended with status {code} and left no summary; its last words in {out / 'crawl.log'}:\n"
            f"{_tail(out / 'crawl.log')}"
        )
    summary = read_summary(out / "summary.json")
    if code < 0:
        # killed: what it wrote as its portals ended is true of those, and says of the others that they did not end
        return summary.model_copy(update={"state": "incomplete", "exit_code": 3})
    if summary.exit_code != code:
        raise CrawlError(
            f"the crawl ended with status {code}, its summary says {summary.exit_code}: see {out / 'crawl.log'}"
        )
    unfinished = [one.portal for one in summary.portals if one.finish_reason != "finished" and not one.incomplete]
    seen = files_seen(read_sightings(out / "sightings.jsonl"))
    if unfinished or seen != sum(one.found for one in summary.portals):
        raise CrawlError(
            f"{out}: the summary does not agree with itself or with sightings.jsonl ({seen} files; {unfinished})"
        )
    return summary


def _project_root() -> str:
    """Where `python -m spiders.crawl` finds the packages, whatever the caller's directory."""
    return str(Path(__file__).resolve().parents[1])


def _close(process: subprocess.Popen[bytes]) -> int:
    """Asks a crawl to stop, then makes it."""
    process.terminate()
    try:
        return process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _written(path: Path) -> tuple[int, int] | None:
    """Which writing of a file this is, None when there is no file."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.is_file() else None


def _tail(path: Path, size: int = 2000) -> str:
    return path.read_bytes()[-size:].decode("utf-8", errors="replace")


def read_summary(path: Path) -> CrawlSummary:
    """A `summary.json` as `CrawlSummary`."""
    return CrawlSummary.model_validate_json(path.read_bytes())


# --- inside the process ------------------------------------------------------------------------------------------------------


def _run_id(out: Path) -> str:
    """The id of the run this directory holds: that of a run cut short, or a new one."""
    note, summary = out / "run.json", out / "summary.json"
    if note.is_file():
        unfinished = True
        if summary.is_file():
            with contextlib.suppress(ValueError):
                unfinished = any(one.finish_reason == "shutdown" for one in read_summary(summary).portals)
        summary.unlink(missing_ok=True)
        if unfinished:
            return str(json.loads(note.read_text("utf-8"))["run"])
    run = f"{now():%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    (out / "sightings.jsonl").unlink(missing_ok=True)
    summary.unlink(missing_ok=True)
    write_whole(note, json.dumps({"run": run}) + "\n")
    return run


class _Crawl:
    """One run inside its process: starts a crawler a portal, writes what they report, sums up."""

    def __init__(self, portals: list[Portal], archive: Archive, out: Path, part: bool = False) -> None:
        self.part = part
        self.portals = portals
        self.archive = archive
        self.out = out
        self.run = _run_id(out)
        self.started_at = now()
        self.archive.ledger.start_run(self.run)
        self.stopping = False
        self.open: dict[Any, Portal] = {}
        self.done: dict[str, PortalSummary] = {}
        self._live = (out / "sightings.jsonl").open("a", encoding="utf-8")
        self._seen = 0
        self._told = time.monotonic()
        self._written = 0.0

    def report(self, sighting: Sighting) -> None:
        self._live.write(sighting.model_dump_json() + "\n")
        self._live.flush()
        self._seen += 1
        if time.monotonic() - self._told > 5:
            self._told = time.monotonic()
            self.say(f"{self._seen} sightings, {len(self.done)} of {len(self.portals)} portals done")

    @staticmethod
    def say(text: str) -> None:
        print(f"{datetime.now().astimezone():%H:%M:%S} {text}", file=sys.stderr, flush=True)

    async def crawl(self, runner: Any) -> None:
        waiting = asyncio.Semaphore(PORTALS_AT_ONCE)
        hosts: dict[str, asyncio.Lock] = {}

        async def one(portal: Portal) -> None:
            # two portals on one host take turns: its pause is counted once
            async with hosts.setdefault(portal.columns[0].list_url.split("/")[2], asyncio.Lock()), waiting:
                if self.stopping:
                    self.done[portal.id] = self._never_started(portal)
                    return
                await self._portal(runner, portal)

        await asyncio.gather(*(one(portal) for portal in self.portals))

    async def stop(self) -> None:
        """Closes every crawler, also those that are only just opening (a stop they would not notice).

        What is still under way after CLOSING_SECONDS is left: nothing archived depends on it.
        """
        closing: list[asyncio.Task[None]] = []
        end = time.monotonic() + CLOSING_SECONDS
        while self.open and time.monotonic() < end:
            for crawler in self.open:
                if crawler.engine is not None and crawler.engine.running and crawler.crawling:
                    crawler.crawling = False
                    closing.append(asyncio.ensure_future(crawler.engine.stop_async()))
            await asyncio.sleep(0.1)
        if self.open:
            from twisted.internet import reactor as installed

            reactor: Any = installed
            for crawler, portal in list(self.open.items()):
                if crawler.spider is not None:
                    self.done[portal.id] = self._sum_up(
                        portal, crawler.spider, crawler.stats.get_stats() | {"finish_reason": "shutdown"}
                    )
            reactor.stop()

    async def _portal(self, runner: Any, portal: Portal) -> None:
        """Crawls one portal. A portal of the register whose page carries the marks of another family is read again as that."""
        other = await self._crawl_as(runner, portal)
        if other is not None and portal.id.startswith(REGISTERED) and not self.stopping:
            self.say(f"{portal.id}: its page has the marks of {other}; read as that")
            await self._crawl_as(runner, portal.model_copy(update={"family": other}))

    async def _crawl_as(self, runner: Any, portal: Portal) -> str | None:
        """Crawls a portal as its family says. Returns the family that an empty list's own page names instead."""
        from scrapy.crawler import Crawler

        from spiders.families import spider_of
        from spiders.requests.settings import settings_for

        self.say(f"{portal.id}: begins")
        crawler = None
        try:
            crawler = Crawler(spider_of(portal.family), settings_for(portal))
            self.open[crawler] = portal
            await runner.crawl(
                crawler,
                portal=portal,
                archive=self.archive,
                run=self.run,
                evidence=self.out / "evidence",
                report=self.report,
            )
        except Exception as error:  # noqa: BLE001 - a portal that cannot be opened is told, the others go on
            self.say(f"{portal.id}: {traceback.format_exc()}")
            self.done[portal.id] = self._broken(portal, error)
            return None
        finally:
            self.open.pop(crawler, None)
        spider: Any = crawler.spider
        stats: dict[str, Any] = crawler.stats.get_stats() if crawler.stats else {}
        self.done[portal.id] = self._sum_up(portal, spider, stats)
        told = self.done[portal.id]
        if time.monotonic() - self._written > SECONDS_BETWEEN_SUMMARIES:
            self._write(self._so_far())
            self._written = time.monotonic()
        self.say(
            f"{portal.id}: {told.finish_reason}{', incomplete' if told.incomplete else ''}; {told.rows_fetched} rows, "
            f"{told.articles} articles, {told.found} files: {told.new} new, {told.unchanged} unchanged, "
            f"{sum(told.failed.values())} failed, {sum(told.blocked.values())} blocked"
        )
        return spider.tally.other_family if told.rows_fetched == 0 else None

    def _sum_up(self, portal: Portal, spider: Any, stats: dict[str, Any]) -> PortalSummary:
        tally: Tally = spider.tally
        seen = self.archive.ledger.sightings_of(self.run, portal.id)
        counts = count_sightings(seen)
        lists = spider.account()
        problems = list(tally.problems) + why_incomplete(seen, tally.rows_fetched)
        errors = stats.get("spider_exceptions/count") or sum(
            value for name, value in stats.items() if name.startswith("spider_exceptions/") and isinstance(value, int)
        )
        if errors:
            problems.append(f"{errors} errors in the spider itself: see the log")
        reason = str(stats.get("finish_reason", "unknown"))
        return PortalSummary(
            portal=portal.id, family=portal.family, finish_reason=reason,
            incomplete=reason != "finished" or bool(problems), problems=tuple(problems), notes=tuple(tally.notes),
            lists=lists if len(lists) <= LISTS_TOLD else tuple(one for one in lists if not one.whole),
            rows_expected=tally.rows_expected, rows_fetched=tally.rows_fetched, pages_expected=tally.pages_expected,
            pages_fetched=tally.pages_fetched, rows_remembered=tally.rows_remembered, articles=tally.articles,
            articles_remembered=tally.articles_remembered, robots=dict(sorted(spider.robots.items())),
            legacy_tls=dict(sorted(spider.legacy_tls.items())), requests=stats.get("downloader/request_count", 0),
            not_modified=stats.get("downloader/response_status_count/304", 0), bytes=stats.get("downloader/response_bytes", 0),
            seconds=round(time.monotonic() - spider.began, 1), **counts,  # type: ignore[arg-type]
        )  # fmt: skip

    def _broken(self, portal: Portal, error: Exception) -> PortalSummary:
        counts = count_sightings(self.archive.ledger.sightings_of(self.run, portal.id))
        return PortalSummary(
            portal=portal.id,
            family=portal.family,
            finish_reason="crashed",
            incomplete=True,
            problems=(f"the crawl of this portal broke: {type(error).__name__}: {error}",),
            **counts,  # type: ignore[arg-type]
        )

    @staticmethod
    def _never_started(portal: Portal, problem: str = "stopped before it began") -> PortalSummary:
        return PortalSummary(
            portal=portal.id,
            family=portal.family,
            finish_reason="shutdown",
            incomplete=True,
            problems=(problem,),
        )

    def _so_far(self) -> CrawlSummary:
        """What a crawl killed from now on leaves: the portals that ended, and that the others did not."""
        portals = tuple(
            self.done.get(one.id) or self._never_started(one, "the crawl was killed before this portal ended")
            for one in self.portals
        )
        return CrawlSummary(
            run=self.run,
            started_at=self.started_at,
            finished_at=now(),
            state="incomplete",
            exit_code=3,
            portals=portals,
        )

    def _write(self, summary: CrawlSummary) -> None:
        write_whole(self.out / "summary.json", summary.model_dump_json(indent=1) + "\n")

    def finish(self, error: str | None = None) -> CrawlSummary:
        """Writes `sightings.jsonl` in its final order and `summary.json`."""
        self._live.close()
        seen = self.archive.ledger.sightings_of(self.run)
        write_sightings(self.out / "sightings.jsonl", seen)
        # counted again: a document that two portals offer is new at one of them only, and that is told when both are read
        of_portal: dict[str, list[Sighting]] = {}
        for sighting in seen:
            of_portal.setdefault(sighting.portal, []).append(sighting)
        portals = tuple(
            self.done[one.id].model_copy(update=count_sightings(of_portal.get(one.id, [])))
            if one.id in self.done
            else self._never_started(one)
            for one in self.portals
        )
        incomplete = any(one.incomplete for one in portals)
        finished = all(one.finish_reason == "finished" for one in portals) and error is None
        if finished and not self.part:
            self.archive.ledger.finish_run(self.run)
        summary = CrawlSummary(
            run=self.run, started_at=self.started_at, finished_at=now(),
            state="crashed" if error else "incomplete" if incomplete else "finished",
            exit_code=1 if error else 3 if incomplete else 0, error=error, portals=portals,
        )  # fmt: skip
        self._write(summary)
        return summary


def _run(portals: list[Portal], archive_directory: Path, out: Path, part: bool = False) -> int:
    from scrapy.crawler import AsyncCrawlerRunner
    from scrapy.settings import Settings
    from scrapy.utils.log import configure_logging
    from scrapy.utils.reactor import install_reactor

    from spiders.requests.gate import PublicNames
    from spiders.requests.settings import SETTINGS

    install_reactor(str(SETTINGS["TWISTED_REACTOR"]))
    from twisted.internet import reactor as installed

    reactor: Any = installed
    if not any(portal.local for portal in portals):
        own = {place[0] for portal in portals for place in Scope.of(portal).places}
        reactor.installNameResolver(PublicNames(reactor.nameResolver, own))
    configure_logging({"LOG_LEVEL": SETTINGS["LOG_LEVEL"]})
    failures: list[str] = []
    with Archive(archive_directory) as archive:
        crawl = _Crawl(portals, archive, out, part)
        if named := [name for name in PROXY_NAMES if os.environ.get(name)]:
            crawl.say(f"{', '.join(named)} is set and not used: portals are asked directly")
        # a runner's own settings override those of the crawlers given to it, so it has none
        runner = AsyncCrawlerRunner(Settings())

        async def main() -> None:
            try:
                await crawl.crawl(runner)
            except Exception:  # noqa: BLE001 - whatever it was, the summary must say it
                failures.append(traceback.format_exc())
            finally:
                if reactor.running:
                    reactor.callFromThread(reactor.stop)

        def stop(number: int, frame: object) -> None:
            if crawl.stopping:
                os._exit(1)
            crawl.stopping = True
            crawl.say("stopping; once more to leave at once")
            reactor.callFromThread(lambda: asyncio.ensure_future(crawl.stop()))

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        reactor.callWhenRunning(lambda: asyncio.ensure_future(main()))
        reactor.run(installSignalHandlers=False)
        summary = crawl.finish(failures[0] if failures else None)
    if failures:
        print(failures[0], file=sys.stderr)
    crawl.say(f"{summary.state}: {sum(one.new for one in summary.portals)} new files; {out / 'summary.json'}")
    return summary.exit_code


def _moved(portals: list[Portal], overrides: Iterable[str]) -> list[Portal]:
    for override in overrides:
        name, found, url = override.partition("=")
        if not found or "/" in name:
            name, url = "", override
        if name and name not in {portal.id for portal in portals}:
            raise PortalError(f"--base-url-override {override}: no portal `{name}` in this crawl")
        portals = [portal.at(url) if name in ("", portal.id) else portal for portal in portals]
    return portals


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m spiders.crawl", description="Crawls portals into an archive.")
    parser.add_argument("--portal", action="append", default=[], help="id or YAML file; may be repeated")
    parser.add_argument(
        "--register",
        metavar="FILTER",
        help="portals of the register: family=, province=, level=, region=, slice=from:to",
    )
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="directory of this run")
    parser.add_argument(
        "--base-url-override",
        action="append",
        default=[],
        metavar="[ID=]URL",
        help="crawl at another scheme, host and port",
    )
    parser.add_argument("--recheck", action="store_true", help="ask for everything again, whatever was checked lately")
    parser.add_argument("--processes", type=int, help="over how many the portals are divided; default by their number")
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--parent", type=int, help="process whose end is also this crawl's end")
    told = parser.parse_args(arguments)
    if told.parent is not None:
        # two crawls of one portal must never run at once; nothing is lost: a crawl may be killed at any moment
        die_with_parent(told.parent)
        watch_parent(told.parent)
    try:
        named = [find_portal(name) for name in told.portal]
        if told.register is not None:
            named += [one.portal for one in read_filter(told.register) if one.portal is not None]
        if not named:
            raise PortalError("no portal to crawl: name one with --portal, or some with --register")
        portals = _moved(named, told.base_url_override)
        if len({portal.id for portal in portals}) != len(portals):
            raise PortalError("a portal is named twice")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if told.recheck:
        portals = [portal.model_copy(update={"recheck_days": 0}) for portal in portals]
    told.out.mkdir(parents=True, exist_ok=True)
    try:
        archive, out = told.archive.resolve(), told.out.resolve()
        processes = 1 if told.part else max(told.processes or processes_for(len(portals)), 1)
        if processes > 1 and len(portals) > 1:
            summary = Divided(portals, archive, out, _run_id(out), processes).crawl()
            print(f"{summary.state}: {len(summary.portals)} portals in {processes} processes", file=sys.stderr)
            return summary.exit_code
        return _run(portals, archive, out, told.part)
    except Exception:  # noqa: BLE001 - a crash has its own exit status
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # a parse that runs beside the reactor cannot be stopped: nothing waits for it, everything is written
    os._exit(status)
