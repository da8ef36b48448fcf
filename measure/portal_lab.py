"""A loopback web server for hostile portals: every test says what its site answers and what was asked of it. No outside address."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from archive.ledger import read_sightings
from budget.sightings import Sighting
from spiders.crawl import CrawlSummary, crawl_in_subprocess
from spiders.portals import Portal
from spiders.summary import PortalSummary

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


@dataclass
class Answer:
    """What a route sends. `send` cuts the body short of its Content-Length; `reset` breaks the connection; `pause` waits first."""

    body: bytes | str = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    send: int | None = None
    reset: bool = False
    pause: float = 0.0

    @property
    def data(self) -> bytes:
        return self.body.encode("utf-8") if isinstance(self.body, str) else self.body


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: str = ""


Route = Answer | Callable[[Asked], Answer]


class Site:
    """One portal on its own port. `routes` maps path (with query) to an answer; anything else is 404."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.program: Callable[[Asked], Answer | None] | None = None
        """Answers what no route answers; None is a 404."""
        self.asked: list[Asked] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                site._answer(self)

            do_HEAD = do_POST = do_GET  # noqa: N815

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        asked = Asked(
            handler.command, handler.path, {name.lower(): value for name, value in handler.headers.items()}, sent
        )
        self.asked.append(asked)
        route = self.routes.get(handler.path) or (self.program and self.program(asked)) or Answer("nothing here", 404)
        answer = route(asked) if callable(route) else route
        if answer.pause:
            time.sleep(answer.pause)
        if answer.reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            handler.close_connection = True
            handler.connection.close()
            return
        data = answer.data
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.status != 304:
            handler.send_header("Content-Type", answer.kind)
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if answer.status != 304 and handler.command != "HEAD":
            # a crawl that a test kills hangs up in the middle of a file
            with contextlib.suppress(ConnectionError):
                handler.wfile.write(data if answer.send is None else data[: answer.send])
        if answer.send is not None:
            handler.close_connection = True

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    # --- pages ---------------------------------------------------------------------------------------------------------

    def lists(
        self, *rows: str, path: str = "/ysjs/", pager: str = "", head: str = "", column: str = "部门预算"
    ) -> None:
        """A list page at `path`; rows are `<li>`s or `href|title|date`."""
        items = []
        for row in rows:
            if not row.startswith("<"):
                href, title, shown = (*row.split("|"), "")[:3]
                row = f'<li><a href="{href}" title="{title}">{title}</a><span>{shown}</span></li>'
            items.append(row)
        self.routes[path] = Answer(
            f'<html><head><meta name="ColumnName" content="{column}"><title>{column}</title>{head}</head><body>'
            f'<div class="header"><a href="/friend/202401/t20240101_1.html">2024年友情部门预算</a></div>'
            f"<ul>{''.join(items)}</ul><script>{pager}</script></body></html>"
        )

    def article(
        self, path: str, title: str, *files: str, date: str = "2024-02-06", body: str = "", meta: str = ""
    ) -> None:
        """An article with its attachments outside the body, `href|text`."""
        links = "".join('<a href="{}">{}</a>'.format(*one.split("|")) for one in files)
        self.routes[path] = Answer(
            f'<html><head><meta name="ArticleTitle" content="{title}"><meta name="PubDate" content="{date} 09:00">{meta}'
            f'<title>{title}</title></head><body><div id="zoom">{body}</div><div class="fujian">{links}</div></body></html>'
        )

    def file(self, path: str, body: bytes = PDF, kind: str = "application/pdf", **more: Any) -> None:
        self.routes[path] = Answer(body, kind=kind, **more)


def with_validators(body: bytes | str, kind: str, etag: str) -> Callable[[Asked], Answer]:
    """A route with an ETag that answers 304 when asked for what it has."""

    def route(asked: Asked) -> Answer:
        if asked.headers.get("if-none-match") == etag:
            return Answer(status=304, headers={"ETag": etag})
        return Answer(body, kind=kind, headers={"ETag": etag})

    return route


@dataclass
class Night:
    """What one crawl left behind."""

    summary: CrawlSummary
    out: Path
    archive: Path

    @property
    def sightings(self) -> list[Sighting]:
        return read_sightings(self.out / "sightings.jsonl")

    def of(self, portal: str) -> list[Sighting]:
        return [one for one in self.sightings if one.portal == portal]

    def sum(self, portal: str) -> PortalSummary:
        return self.summary.portal(portal)


@dataclass
class Lab:
    """Makes sites and portals, and crawls them."""

    folder: Path
    sites: list[Site] = field(default_factory=list)
    nights: int = 0
    Answer: Any = Answer
    pdf: bytes = PDF

    with_validators = staticmethod(with_validators)

    def site(self) -> Site:
        self.sites.append(Site())
        return self.sites[-1]

    def portal(self, site: Site, name: str, path: str = "/ysjs/", **more: Any) -> Portal:
        columns = more.pop("columns", [{"list_url": site.url(path)}])
        return Portal.model_validate(
            {"id": name, "name": "测试门户", "region": "河北省石家庄市", "family": "static_pager", "delay": 0, "recheck_days": 0,
             "reason": "a loopback portal needs no pause", "columns": columns} | more
        )  # fmt: skip

    def yaml(self, portal: Portal) -> Path:
        file = self.folder / f"{portal.id}.yaml"
        file.write_text(
            yaml.safe_dump(portal.model_dump(mode="json", exclude_defaults=True), allow_unicode=True), "utf-8"
        )
        return file

    def crawl(
        self,
        *portals: Portal,
        archive: str = "archive",
        out: str | None = None,
        timeout: float = 60,
        recheck: bool = False,
    ) -> Night:
        self.nights += 1
        directory = self.folder / (out or f"night{self.nights}")
        summary = crawl_in_subprocess(portals, self.folder / archive, directory, timeout, recheck=recheck)
        return Night(summary, directory, self.folder / archive)
