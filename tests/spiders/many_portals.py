"""A night over many portals at once, each at an address of its own on the loopback: wall time, memory, requests.

`python tests/spiders/many_portals.py [--portals 300] [--documents 20] [--delay 1.0] [--latency 0.1] [--folder DIR]` crawls a first
night and a second with nothing new, and prints the figures. Every portal is a list of articles with one file each, on
127.1.<n>.<m>; every answer takes `latency`. The shortest that one portal can take is its requests times its delay.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from spiders.crawl import CrawlSummary, crawl_in_subprocess
from spiders.portals import Portal

SECONDS_BETWEEN_LOOKS = 0.25


def host_of(number: int) -> str:
    return f"127.1.{number // 200}.{number % 200 + 1}"


class Portals:
    """The portals as one server: `asked` holds for every host when it was asked for what."""

    def __init__(self, portals: int, documents: int, latency: float) -> None:
        self.hosts = [host_of(number) for number in range(portals)]
        self.documents = documents
        self.latency = latency
        self.asked: dict[str, list[tuple[float, str]]] = defaultdict(list)
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        if not self._ready.wait(20):
            raise RuntimeError("the portals did not open within 20 s")

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)

        async def begin() -> None:
            first = await self._loop.create_server(lambda: _Answering(self), self.hosts[0], 0, backlog=64)
            self.port = first.sockets[0].getsockname()[1]
            for host in self.hosts[1:]:
                await self._loop.create_server(lambda: _Answering(self), host, self.port, backlog=64)
            self._ready.set()

        self._loop.create_task(begin())
        self._loop.run_forever()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def forget(self) -> None:
        self.asked.clear()

    def answer(self, host: str, path: str) -> bytes:
        """The whole HTTP answer."""
        name = path.rsplit("/", 1)[-1]
        kind, body, status = "text/html; charset=utf-8", b"", "200 OK"
        if path == "/ysjs/":
            rows = "".join(
                f'<li><a href="./202402/t20240206_{n}.html">{n}局2024年部门预算</a><span>2024-02-06</span></li>'
                for n in range(self.documents)
            )
            body = f'<html><head><meta name="ColumnName" content="部门预算"></head><ul>{rows}</ul></html>'.encode()
        elif name.startswith("t2024"):
            number = name.removesuffix(".html").split("_")[1]
            title = f"{number}局2024年部门预算"
            body = (
                f'<html><head><meta name="ArticleTitle" content="{title}"><meta name="PubDate" content="2024-02-06">'
                f'<title>{title}</title></head><div id="zoom">附件</div><a href="./P{number}.pdf">{title}.pdf</a></html>'
            ).encode()
        elif name.endswith(".pdf"):
            kind, body = "application/pdf", f"%PDF-1.4 {host} {name} ".encode() * 400
        else:
            status = "404 Not Found"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


class _Answering(asyncio.Protocol):
    def __init__(self, portals: Portals) -> None:
        self.portals = portals
        self.pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, self.pending = self.pending.split(b"\r\n\r\n", 1)
            host = self.transport.get_extra_info("sockname")[0]
            path = head.split(b" ", 2)[1].decode()
            self.portals.asked[host].append((time.monotonic(), path))
            asyncio.get_running_loop().call_later(self.portals.latency, self._send, host, path)

    def _send(self, host: str, path: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(self.portals.answer(host, path))


def portals_of(site: Portals, delay: float) -> list[Portal]:
    """One portal a host."""
    return [
        Portal.model_validate(
            {"id": f"portal_{number:03d}", "name": "测试门户", "region": "河北省石家庄市", "family": "static_pager", "delay": delay,
             "reason": "a loopback portal", "columns": [{"list_url": f"http://{host}:{site.port}/ysjs/"}]}
        )
        for number, host in enumerate(site.hosts)
    ]  # fmt: skip


def _children(process: int) -> list[int]:
    try:
        lists = [path.read_text() for path in Path("/proc", str(process), "task").glob("*/children")]
    except OSError:
        return []
    own = [int(one) for told in lists for one in told.split()]
    return own + [below for one in own for below in _children(one)]


def _resident(process: int) -> int:
    """Proportional set size in bytes: pages that processes share count once."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc", str(process), "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _processor_seconds() -> float:
    told = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.ru_utime + told.ru_stime


class MemoryWatch:
    """The largest sum of memory that the processes below this one held together, those aside that were there before."""

    def __init__(self) -> None:
        self.peak = 0
        self._own = os.getpid()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            ours = [one for one in _children(self._own) if one not in self._others]
            self.peak = max(self.peak, sum(_resident(one) for one in ours))

    def __enter__(self) -> MemoryWatch:
        self._others = set(_children(self._own))
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()


@dataclass(frozen=True)
class Figures:
    """One night. Seconds from the call to its return; `shortest` is the longest single portal's requests times its delay."""

    state: str
    new: int
    seconds: float
    shortest: float
    processor_seconds: float
    """Of the crawl alone: what tells whether a slow night was the crawl's fault or the machine's."""
    load: float
    """Processes that wanted a processor during the last minute, as the machine says at the end."""
    peak_mib: float
    requests: int
    most_requests: int
    smallest_gap: float
    """Between two requests that reached one host."""

    @property
    def share(self) -> float:
        return self.seconds / self.shortest if self.shortest else 0.0


def night(
    site: Portals, delay: float, archive: Path, out: Path, processes: int | None = None
) -> tuple[Figures, CrawlSummary]:
    """Crawls all portals and measures."""
    site.forget()
    began, used = time.monotonic(), _processor_seconds()
    with MemoryWatch() as memory:
        summary = crawl_in_subprocess(portals_of(site, delay), archive, out, processes=processes)
    seconds = time.monotonic() - began
    times = [[when for when, _ in told] for told in site.asked.values()]
    gaps = [later - sooner for told in times for sooner, later in itertools.pairwise(told)]
    most = max((len(told) for told in times), default=0)
    return (
        Figures(
            summary.state, sum(one.new for one in summary.portals), round(seconds, 2), most * delay, round(_processor_seconds() - used, 1),
            round(os.getloadavg()[0], 1), round(memory.peak / 2**20, 1),
            sum(len(told) for told in times), most, round(min(gaps, default=0.0), 3),
        ),
        summary,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="A night over many portals at once.")
    parser.add_argument("--portals", type=int, default=300)
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--processes", type=int, help="default: by the number of portals")
    parser.add_argument("--folder", type=Path, help="kept; otherwise a temporary one")
    told = parser.parse_args()
    folder = told.folder or Path(tempfile.mkdtemp(prefix="many-portals-"))
    site = Portals(told.portals, told.documents, told.latency)
    try:
        for name in ("first", "second"):
            found, _ = night(site, told.delay, folder / "archive", folder / name, told.processes)
            print(json.dumps({"night": name, **asdict(found), "share_of_shortest": round(found.share, 3)}), flush=True)
    finally:
        site.close()
        if told.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
