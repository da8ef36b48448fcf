"""A crawl in several processes: portals divided by host, every process with a part of them, one run, one archive, one summary.

A host is in one part only, so that it is still asked one request at a time. Parts write into `OUT/part-<n>`; this process asks
nothing of any portal: it starts them, hands a stop on, and sums up. It dies with its caller, and they with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from archive.ledger import now, write_sightings
from archive.store import Archive
from archive.whole_files import write_whole
from budget.sightings import Sighting
from spiders.portals import Portal
from spiders.summary import CrawlSummary, PortalSummary, count_sightings

# from so many portals on a second process is worth its memory
PORTALS_FOR_TWO = 60
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_BETWEEN_SUMMARIES = 5.0
# how long parts that were told to stop may take; then they are killed
GRACE_SECONDS = 10.0


def processes_for(portals: int) -> int:
    """How many processes a list of so many portals gets unless somebody says otherwise."""
    return 2 if portals >= PORTALS_FOR_TWO and (os.cpu_count() or 1) > 1 else 1


def divide(portals: Sequence[Portal], processes: int) -> list[list[Portal]]:
    """The portals in at most so many parts of about the same size; portals that share a host stay together."""
    of_host: dict[str, list[Portal]] = {}
    for portal in portals:
        of_host.setdefault(urlsplit(portal.columns[0].list_url).hostname or "", []).append(portal)
    parts: list[list[Portal]] = [[] for _ in range(processes)]
    for group in sorted(of_host.values(), key=len, reverse=True):
        min(parts, key=len).extend(group)
    return [part for part in parts if part]


class Divided:
    """One run in several processes."""

    def __init__(self, portals: Sequence[Portal], archive: Path, out: Path, run: str, processes: int) -> None:
        self.portals, self.archive, self.out, self.run = portals, archive, out, run
        self.parts = divide(portals, processes)
        self.started_at = now()
        self.stopped_at: float | None = None
        self.running: list[subprocess.Popen[bytes]] = []

    def folder(self, number: int) -> Path:
        return self.out / f"part-{number}"

    def crawl(self) -> CrawlSummary:
        """Runs all parts to their end and writes `sightings.jsonl` and `summary.json`."""
        for number in range(len(self.parts), 64):
            if not self.folder(number).exists():
                break
            shutil.rmtree(self.folder(number))
        (self.out / "evidence").mkdir(exist_ok=True)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        self.running = [self._start(number, part) for number, part in enumerate(self.parts)]
        told = time.monotonic()
        while any(one.poll() is None for one in self.running):
            time.sleep(SECONDS_BETWEEN_LOOKS)
            if time.monotonic() - told > SECONDS_BETWEEN_SUMMARIES:
                told = time.monotonic()
                self._write(self._merged({}, None))
            if self.stopped_at is not None and time.monotonic() - self.stopped_at > GRACE_SECONDS:
                for one in self.running:
                    one.kill()
        return self._finish()

    def _start(self, number: int, part: Sequence[Portal]) -> subprocess.Popen[bytes]:
        folder = self.folder(number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        write_whole(folder / "run.json", json.dumps({"run": self.run}) + "\n")
        (folder / "evidence").symlink_to(Path("..", "evidence"))
        command = [sys.executable, "-m", "spiders.crawl", "--archive", str(self.archive), "--out", str(folder)]
        command += ["--parent", str(os.getpid()), "--part"]
        for portal in part:
            file = folder / f"{portal.id}.yaml"
            # a crawl that asks for everything again has set `recheck_days: 0`, which a file must explain
            told = {"reason": "as this crawl was asked"} | portal.model_dump(mode="json", exclude_defaults=True)
            file.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
            command += ["--portal", str(file)]
        root = Path(__file__).resolve().parents[1]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=root, start_new_session=True)

    def _stop(self, number: int, frame: object) -> None:
        if self.stopped_at is None:
            self.stopped_at = time.monotonic()
        for one in self.running:
            one.terminate()

    def _of_parts(self) -> tuple[dict[str, PortalSummary], list[str]]:
        """What the parts have written, and their errors."""
        done: dict[str, PortalSummary] = {}
        errors = []
        for number in range(len(self.parts)):
            with contextlib.suppress(FileNotFoundError):
                told = CrawlSummary.model_validate_json((self.folder(number) / "summary.json").read_bytes())
                done |= {one.portal: one for one in told.portals}
                errors += [told.error] if told.error else []
        return done, errors

    def _merged(self, seen: dict[str, list[Sighting]], error: str | None) -> CrawlSummary:
        done, errors = self._of_parts()
        portals = tuple(
            done.get(one.id)
            or PortalSummary(
                portal=one.id, family=one.family, finish_reason="shutdown", incomplete=True,
                problems=("the process that crawls this portal ended before it",),
            )
            for one in self.portals
        )  # fmt: skip
        if seen:
            portals = tuple(one.model_copy(update=count_sightings(seen.get(one.portal, []))) for one in portals)
        error = error or (errors[0] if errors else None)
        incomplete = any(one.incomplete for one in portals)
        return CrawlSummary(
            run=self.run, started_at=self.started_at, finished_at=now(),
            state="crashed" if error else "incomplete" if incomplete else "finished",
            exit_code=1 if error else 3 if incomplete else 0, error=error, portals=portals,
        )  # fmt: skip

    def _finish(self) -> CrawlSummary:
        codes = [one.wait() for one in self.running]
        with Archive(self.archive) as archive:
            sightings = archive.ledger.sightings_of(self.run)
            write_sightings(self.out / "sightings.jsonl", sightings)
            seen: dict[str, list[Sighting]] = {}
            for one in sightings:
                seen.setdefault(one.portal, []).append(one)
            broken = [number for number, code in enumerate(codes) if code not in (0, 3) and code >= 0]
            summary = self._merged(seen, f"part {broken[0]} ended with status {codes[broken[0]]}" if broken else None)
            if summary.error is None and all(one.finish_reason == "finished" for one in summary.portals):
                archive.ledger.finish_run(self.run)
        self._write(summary)
        return summary

    def _write(self, summary: CrawlSummary) -> None:
        write_whole(self.out / "summary.json", summary.model_dump_json(indent=1) + "\n")
