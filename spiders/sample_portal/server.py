"""`SamplePortal`: the sample government portal on the loopback interface, for demonstrations and tests.

Everything is held in memory by exact path: no address reaches the file system. Pages and files carry ETag and
Last-Modified and answer conditional requests, like the static portals they stand for. What the world does to a portal can
be done to it while it runs: a file replaced under its address, an article added or taken away, slow answers, errors.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from spiders.sample_portal import pages
from spiders.sample_portal.ledger import read_toml

COLUMN = "/zwgk/czyjs/"
ROWS = 15
"""Rows of a list page."""
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "doc": "application/msword",
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "application/javascript; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """What stands under one path."""

    data: bytes
    content_type: str
    modified: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.data).hexdigest()[:20]}"'


@dataclass(frozen=True, slots=True)
class Request:
    """One request as answered."""

    method: str
    path: str
    status: int
    at: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One article of the list and the file it carries. `folder` is set when the list links to a refresh stub there."""

    number: int
    title: str
    day: date
    source: str
    file: str | None
    link: str
    data: bytes
    content_type: str
    paragraphs: tuple[str, ...]
    url_day: date
    folder: str = ""
    revision: int = 0
    """How often the file was replaced: Last-Modified moves with it."""

    @property
    def base(self) -> str:
        return f"{COLUMN}{self.folder}{self.url_day:%Y%m}/"

    @property
    def path(self) -> str:
        return f"{self.base}t{self.url_day:%Y%m%d}_{self.number}.html"

    @property
    def attachment(self) -> str:
        """`P0` + date + twelve digits: the human name stands in the link text only."""
        if not self.file:
            return ""
        digits = int(hashlib.sha256(f"{self.number}/{self.file}".encode()).hexdigest(), 16) % 10**12
        return f"{self.base}P0{self.url_day:%Y%m%d}{digits:012d}.{self.file.rsplit('.', 1)[1]}"

    @property
    def modified(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 1, 30, tzinfo=UTC) + timedelta(days=self.revision)


def _stored(file: str) -> bytes:
    return resources.files("spiders.sample_portal.documents").joinpath(file).read_bytes()


def shipped_entries() -> list[Entry]:
    """The list of `documents.toml`, newest first, with the committed files."""
    specs = {s["file"]: s for s in read_toml("documents.toml")["document"]}
    articles = read_toml("documents.toml")["article"]
    entries = []
    for n, article in enumerate(articles):
        title, day = str(article["title"]), date.fromisoformat(article["date"])
        spec: dict[str, Any] = specs.get(article.get("file", ""), {})
        source = str(article.get("source") or spec.get("agency"))
        name, data, kind, link = article.get("file"), b"", "", f"{title}.pdf"
        paragraphs: tuple[str, ...] = (f"现将{title}予以公开，详见附件。",)
        if name:
            data, kind = _stored(name), TYPES[name.rsplit(".", 1)[1]]
            link = f"{title}.{name.rsplit('.', 1)[1]}"
        elif "truncated" in article:
            whole = _stored(article["truncated"])
            name, data, kind = f"truncated_{n}.pdf", whole[: len(whole) // 2], TYPES["pdf"]
        elif article.get("error_page"):
            name, data, kind = f"error_{n}.pdf", pages.error_page().encode(), TYPES["html"]
        elif article.get("notice") == "采购意向":
            name, data, kind = f"notice_{n}.docx", _stored("notice.docx"), TYPES["docx"]
            link, paragraphs = str(article["link"]), ("为便于供应商了解采购信息，现将近期采购意向公开如下，详见附件。",)
        else:
            paragraphs = (
                "报告分预算执行情况和预算草案两部分，全文刊载于市人民代表大会常务委员会公报。",
                "全市财政收支的执行结果以年度决算为准。",
            )
        url_day = date.fromisoformat(article.get("url_date", article["date"]))
        folder = "tyjrswj/" if article.get("stub") else ""
        number = 1000 + len(articles) - n
        entries.append(Entry(number, title, day, source, name, link, data, kind, paragraphs, url_day, folder))
    return entries


class SamplePortal:
    """A portal that can be started, asked for its address, changed while it runs, and closed; also a context manager.

    It lists `entries`, newest first, or without them the shipped list (`documents.toml`). `delay_seconds` is waited before
    each answer.
    """

    def __init__(self, entries: Sequence[Entry] | None = None, *, delay_seconds: float = 0.0) -> None:
        self.delay_seconds = delay_seconds
        self.requests: list[Request] = []
        self._lock = threading.RLock()
        self._failures: dict[str, list[int]] = {}
        self._entries = shipped_entries() if entries is None else list(entries)
        self._resources: dict[str, Resource] = {}
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._url = ""
        self._build()

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self, host: str = "127.0.0.1", port: int = 0) -> SamplePortal:
        """Listen on `host:port` (0: any free port) in a thread of its own. Raises OSError when the port is taken."""
        handler = type("Handler", (_Handler,), {"portal": self})
        self._server = _Server((host, port), handler)
        shown = f"[{host}]" if ":" in host else host
        self._url = f"http://{shown}:{self._server.server_address[1]}"
        self._build()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="sample portal", daemon=True
        )
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering. Closing twice is no error."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> SamplePortal:
        return self if self._server else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Address of the portal without a closing slash."""
        return self._url

    @property
    def list_url(self) -> str:
        """Address of the budget column."""
        return self._url + COLUMN

    # --- contents -----------------------------------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The articles as listed now, newest first."""
        with self._lock:
            return tuple(self._entries)

    def article_url(self, name: str) -> str:
        """Address of the article that carries this file."""
        return self._url + self._entries[self._find(name)].path

    def file_url(self, name: str) -> str:
        """Address of this file."""
        return self._url + self._entries[self._find(name)].attachment

    def _find(self, name: str) -> int:
        for n, entry in enumerate(self._entries):
            if name in (entry.file, entry.attachment, self._url + entry.attachment):
                return n
        raise KeyError(f"the sample portal has no file {name!r}")

    def replace(self, name: str, data: bytes) -> str:
        """Put other bytes under the address of a file (its name or its URL); Last-Modified and ETag move. Returns the URL."""
        with self._lock:
            at = self._find(name)
            entry = self._entries[at]
            self._entries[at] = replace(entry, data=data, revision=entry.revision + 1)
            self._build()
            return self._url + entry.attachment

    def add_article(
        self, title: str, data: bytes, file: str, *, source: str = "云岚市财政局", day: date | None = None
    ) -> str:
        """Publish an article with one file on top of the list; returns the address of the file."""
        with self._lock:
            published = day or max(e.day for e in self._entries) + timedelta(days=1)
            suffix = file.rsplit(".", 1)[1]
            entry = Entry(
                max(e.number for e in self._entries) + 1, title, published, source, file, f"{title}.{suffix}", data,
                TYPES[suffix], (f"现将{title}予以公开，详见附件。",), published,
            )  # fmt: skip
            self._entries.insert(0, entry)
            self._build()
            return self._url + entry.attachment

    def remove(self, name: str) -> None:
        """Take the article with this file and the file itself off the portal: both answer 404 from now on."""
        with self._lock:
            del self._entries[self._find(name)]
            self._build()

    def fail(self, path: str, *statuses: int) -> None:
        """Answer the next requests of a path or URL with these statuses, one each, before it is healthy again."""
        with self._lock:
            self._failures.setdefault(urlsplit(path).path, []).extend(statuses)

    def _build(self) -> None:
        built = datetime(2024, 3, 18, 2, 0, tzinfo=UTC)
        made: dict[str, Resource] = {}

        def put(path: str, body: str | bytes, kind: str, modified: datetime = built) -> None:
            made[path] = Resource(body.encode() if isinstance(body, str) else body, TYPES.get(kind, kind), modified)

        newest = max([built, *(e.modified for e in self._entries)])
        count = max(1, -(-len(self._entries) // ROWS))
        for page in range(count):
            shown = self._entries[page * ROWS : (page + 1) * ROWS]
            rows = [pages.Row("./" + self._listed(e).removeprefix(COLUMN), e.title, e.day) for e in shown]
            text = pages.list_page(rows, page, count)
            put(COLUMN + ("index.html" if page == 0 else f"index_{page}.html"), text, "html", newest)
            if page == 0:
                put(COLUMN, text, "html", newest)
        for entry in self._entries:
            files = (
                (pages.Attachment("./" + entry.attachment.removeprefix(entry.base), entry.link),) if entry.file else ()
            )
            article = pages.Article(
                entry.title, entry.day, entry.source, pages.COLUMN, "./" + entry.path.removeprefix(COLUMN),
                f"yl{entry.number}/{entry.day.year}-{entry.number:05d}", entry.paragraphs, files,
            )  # fmt: skip
            up = "../../../" if entry.folder else "../../"
            put(entry.path, pages.article_page(article, padded=entry.number % 2 == 0, up=up), "html", entry.modified)
            if entry.file:
                put(entry.attachment, entry.data, entry.content_type, entry.modified)
            if entry.folder:
                stub = pages.refresh_stub("./" + entry.path.removeprefix(COLUMN + entry.folder))
                put(COLUMN + entry.folder, stub, "html", entry.modified)
        for path in ("/", "/index.html", "/zwgk/", "/zwgk/index.html"):
            put(path, pages.home_page(), "html")
        put("/images/style.css", pages.STYLE, "css")
        put("/images/page.js", pages.PAGER, "js")
        put("/zwgk/zn/ysqgkb.doc", FORM, "doc")
        put("/robots.txt", f"User-agent: *\nAllow: /\nSitemap: {self._url}/sitemap.xml\n", "txt")
        places = "".join(f"<url><loc>{escape(self._url + e.path)}</loc></url>" for e in self._entries)
        put(
            "/sitemap.xml",
            '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
            f"<url><loc>{escape(self._url + COLUMN)}</loc></url>{places}</urlset>\n",
            "xml",
        )
        with self._lock:
            self._resources = made

    @staticmethod
    def _listed(entry: Entry) -> str:
        return COLUMN + entry.folder if entry.folder else entry.path

    # --- answering ----------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, known: str | None, since: str | None) -> tuple[int, Resource | None, str]:
        """Status, body and where to go instead, for one request; also keeps the record in `requests`."""
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        with self._lock:
            failures = self._failures.get(path)
            found = self._resources.get(path)
            moved = "" if found or path + "/" not in self._resources else path + "/"
            if failures:
                status, found = failures.pop(0), None
            elif moved:
                status = 301
            elif not found:
                status = 404
            elif _unchanged(found, known, since):
                status = 304
            else:
                status = 200
            self.requests.append(Request(method, path, status, time.time()))
        return status, found, moved


FORM = (
    "{\\rtf1\\ansi\\ansicpg936 \\u25919?\\u24220?\\u20449?\\u24687?\\u20844?\\u24320?\\u30003?\\u35831?\\u34920?\\par}"
).encode("ascii")
"""政府信息公开申请表: the form template that stands on every page and is no disclosure (an RTF called .doc, as usual)."""


def _unchanged(found: Resource, known: str | None, since: str | None) -> bool:
    """RFC 9110: If-None-Match decides alone when it is sent."""
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
        return "*" in tags or found.etag in tags
    if since is None:
        return False
    try:
        return found.modified <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        # an unreadable date, or one without a zone, is no condition
        return False


class _Handler(BaseHTTPRequestHandler):
    portal: SamplePortal
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server_version = "nginx"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        status, found, moved = self.portal.answer(
            self.command, path, self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        )
        if status == 200 and found:
            self._send(status, found.data, found.content_type, found, body=body)
        elif status == 304 and found:
            self.send_response(304)
            self.send_header("ETag", found.etag)
            self.send_header("Last-Modified", format_datetime(found.modified, usegmt=True))
            self.end_headers()
        elif moved:
            self.send_response(301)
            self.send_header("Location", moved)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            text = pages.not_found() if status == 404 else f"<html><body><h1>{status}</h1></body></html>"
            self._send(status, text.encode(), TYPES["html"], None, body=body)

    def _send(self, status: int, data: bytes, kind: str, found: Resource | None, *, body: bool) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if found:
            self.send_header("ETag", found.etag)
            self.send_header("Last-Modified", format_datetime(found.modified, usegmt=True))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are kept in `SamplePortal.requests`, not printed."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # a crawler that was killed in the middle of an answer is what some tests are about, not an error of the portal
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serve(host: str = "127.0.0.1", port: int = 0) -> Iterator[SamplePortal]:
    """The portal with the shipped list for the length of a `with` block; `.url` and `.list_url` say where."""
    portal = SamplePortal().start(host, port)
    try:
        yield portal
    finally:
        portal.close()
