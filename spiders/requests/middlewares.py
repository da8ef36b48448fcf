"""What a spider must not think about: robots.txt, walls, retries, redirects, validators, TLS. One class each, all for Scrapy.

Every request of this room says in `meta["kind"]` what it is for: `list`, `article`, `jump` or `file`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from OpenSSL import SSL
from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import Settings
from service_identity.exceptions import VerificationError

from archive.file_kinds import NO_KIND, PAGES, FileKind, glance
from archive.ledger import KnownPage
from spiders.reading.addresses import identity
from spiders.reading.whole import cut_in_markup
from spiders.requests.gate import CRAWL_DELAY_AT_MOST, Gate, RefusedRequest, pass_gate, retry_after
from spiders.requests.header_bound import bounded
from spiders.requests.walls import recognise_wall

logger = logging.getLogger(__name__)

_EXTENDED_NAME = re.compile(rb"filename\*\s*=\s*utf-8''([^;\s]{1,600})", re.IGNORECASE)
_PLAIN_NAME = re.compile(rb"filename\s*=\s*(?:\"([^\"]{1,600})\"|([^;\s]{1,600}))", re.IGNORECASE)
# an answer cut off is asked for so many times in all
CUT_TRIES = 3


class RobotsForbids(IgnoreRequest):
    """robots.txt says no, or could not be had (`unreachable`). The message says which."""

    unreachable = False


class RobotsPolicy(RobotsTxtMiddleware):
    """robots.txt, decided and not left to chance (RFC 9309 §2.3.1).

    200: obeyed. Other 2xx–4xx (404 is the rule on these portals, 403 and 412 come from walls that stand before every page):
    allowed, the page itself will tell. 5xx and no answer after the retries: the server is down, nothing is asked tonight and that is
    a network failure. A redirect that leaves the portal: everything is disallowed. `Crawl-delay` is obeyed up to
    CRAWL_DELAY_AT_MOST seconds. What was decided for a host is kept in `spider.robots`.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._down: set[str] = set()

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        robots: dict[str, str] = self.crawler.spider.robots  # type: ignore[union-attr]
        if response.status >= 500 and recognise_wall(response.status, response.body) is None:
            robots[netloc] = f"HTTP {response.status}: disallowed"
            self._down.add(netloc)
            response = response.replace(body=b"User-agent: *\nDisallow: /\n")
        elif 300 <= response.status < 400 and response.status != 304:
            # a redirect that was refused (GuardedRedirect), or one that leads nowhere
            location = (response.headers.get("Location") or b"").decode("latin-1")[:200]
            robots[netloc] = f"HTTP {response.status} to {location}, refused: disallowed"
            response = response.replace(body=b"User-agent: *\nDisallow: /\n")
        elif response.status != 200 or glance(response.body) is FileKind.HTML:
            robots[netloc] = f"HTTP {response.status}: allowed"
            response = response.replace(body=b"")
        else:
            robots[netloc] = "HTTP 200: obeyed"
            self._keep_crawl_delay(response, netloc)
        await super()._parse_robots(response, netloc, request)

    def _keep_crawl_delay(self, response: Response, netloc: str) -> None:
        parser: Any = self._parserimpl.from_crawler(self.crawler, response.body)
        asked = parser.rp.crawl_delay(self._robotstxt_useragent)
        if asked:
            gate = Gate.of(self.crawler)
            gate.crawl_delay[netloc] = min(float(asked), CRAWL_DELAY_AT_MOST)
            self.crawler.spider.robots[netloc] = (  # type: ignore[union-attr]
                f"HTTP 200: obeyed, Crawl-delay {asked:g} s kept as {gate.crawl_delay[netloc]:g} s"
            )

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self.crawler.spider.robots[netloc] = f"{type(exc).__name__}: disallowed"  # type: ignore[union-attr]
        parser = self._parserimpl.from_crawler(self.crawler, b"User-agent: *\nDisallow: /\n")
        waiting: Any = self._parsers[netloc]
        self._parsers[netloc] = parser
        waiting.callback(parser)

    def process_request_2(self, rp: Any, request: Request) -> None:
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            netloc = urlsplit(request.url).netloc
            decided = self.crawler.spider.robots.get(netloc, "")  # type: ignore[union-attr]
            unreachable = not decided.startswith("HTTP") or netloc in self._down
            why = decided.removesuffix(": disallowed") or "no answer"
            refusal = RobotsForbids(
                f"no connection to {netloc} ({why})"
                if unreachable
                else f"robots.txt of {netloc} ({decided}) forbids this address"
            )
            refusal.unreachable = unreachable
            raise refusal from error


class WallWatch:
    """Marks answers that are walls, so that nothing retries or parses them."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> WallWatch:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        cookies = b"; ".join(response.headers.getlist("Set-Cookie")).decode("latin-1")
        # 429 is first a request for patience: RetryAfter waits before it is called a wall
        wall = recognise_wall(response.status, response.body, cookies)
        if wall and response.status != 429:
            Gate.of(self.crawler).wall(request)
            request.meta["wall"] = wall
            request.meta["dont_retry"] = True
        return response


class PatientRetry(RetryMiddleware):
    """Retries with growing pauses; `Retry-After` is obeyed for the whole host, up to RETRY_AFTER_MAX seconds.

    An answer cut in its body or its markup is no answer: asked again CUT_TRIES times, then `meta["cut"]` says what is missing.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler.settings)
        self.crawler = crawler
        self.first_pause = crawler.settings.getfloat("RETRY_FIRST_PAUSE")
        self.longest = crawler.settings.getfloat("RETRY_AFTER_MAX")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PatientRetry:
        return cls(crawler)

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        asked = retry_after(response)
        if asked is not None and asked > self.longest:
            request.meta["retry_after"] = asked
            return response
        if response.status == 200 and not request.meta.get("wall") and (cut := what_is_missing(request, response)):
            tries = request.meta.get("cut_tries", 0) + 1
            if tries < CUT_TRIES:
                again = request.replace(dont_filter=True)
                again.meta["cut_tries"] = tries
                await asyncio.sleep(self._pause(request))
                return again
            request.meta["cut"] = f"truncated: {cut}, {tries} times"
            return response
        answer = super().process_response(request, response)
        # what a Retry-After asks for is waited out at the gate, with the host's slot held
        if isinstance(answer, Request) and asked is None:
            await asyncio.sleep(self._pause(answer))
        return answer

    async def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]
        answer = super().process_exception(request, exception)
        if isinstance(answer, Request):
            # the whole host waits: nothing is learned from asking a host that is away for something else meanwhile
            Gate.of(self.crawler).be_quiet(urlsplit(request.url).netloc, self._pause(answer))
        return answer

    def _pause(self, request: Request) -> float:
        return min(self.first_pause * 2.0 ** (request.meta.get("retry_times", 1) - 1), self.longest)


def what_is_missing(request: Request, response: Response) -> str | None:
    """What says that an answer did not come whole: its length, or markup that ends in the middle; None for a whole one."""
    if "dataloss" in response.flags:
        return f"{len(response.body)} of {header(response, 'Content-Length') or 'an unknown number of'} bytes came"
    if request.meta.get("kind") in ("list", "article", "jump") and (found := cut_in_markup(response.body)):
        return found
    return None


class GuardedRedirect(RedirectMiddleware):
    """Redirects stay on the portal's site or the hosts its YAML names; a page that redirects to itself is a wall.

    A redirect that is refused comes back to the spider as the 3xx answer with `meta["refused_redirect"]`.
    """

    def handle_referer(self, request: Request, response: Response) -> None:
        """The Referer stays what the spider said."""

    def _engine_started(self) -> None:
        """Scrapy looks for its Referer middleware here; this room has none."""

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        location = response.headers.get("Location")
        if response.status not in (301, 302, 303, 307, 308) or not location:
            return super().process_response(request, response)
        target = urljoin(request.url, location.decode("utf-8", errors="replace"))
        try:
            await Gate.of(self.crawler).judge(target)
        except RefusedRequest:
            request.meta["refused_redirect"] = target
            return response
        except IgnoreRequest:
            pass  # left alone meanwhile: said when the redirect itself is asked for
        if request.meta.get("kind") is None:
            return super().process_response(request, response)
        if target == request.url:
            # one round with the cookie it sets is what any browser does; a second is a wall
            if request.meta.get("went_to_itself"):
                request.meta["self_redirect"] = True
                return response
            request.meta["went_to_itself"] = True
        return super().process_response(request, response)


class Validators:
    """Conditional requests: what the archive knows about an address goes out, a 304 for a page comes back as that page."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Validators:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        kind = request.meta.get("kind")
        if kind not in ("list", "article", "file") or request.meta.get("unconditional") or request.method != "GET":
            return
        archive = self.crawler.spider.archive  # type: ignore[union-attr]
        known = archive.ledger.known_page(request.url) if kind != "file" else None
        known = known or (archive.known_file(identity(request.url)) if kind != "list" else None)
        if known is None:
            return
        if known.etag:
            request.headers["If-None-Match"] = known.etag
        if known.last_modified:
            request.headers["If-Modified-Since"] = known.last_modified

    def process_response(self, request: Request, response: Response) -> Response | Request:
        if request.meta.get("kind") not in ("list", "article") or request.method != "GET":
            return response
        archive = self.crawler.spider.archive  # type: ignore[union-attr]
        stats: Any = self.crawler.stats
        if response.status == 304:
            stats.inc_value("yusuan/not_modified_pages")
            known = archive.ledger.known_page(request.url)
            if known is not None:
                return Response(
                    request.url, body=known.body, headers={"Content-Type": known.content_type}, request=request
                )
            return response
        etag, modified = header(response, "ETag"), header(response, "Last-Modified")
        whole = response.status == 200 and not response.flags and not request.meta.get("redirect_times")
        # lists also come as JSON or as a bare fragment
        readable = PAGES | NO_KIND if request.meta["kind"] == "list" else PAGES
        page = response.body and glance(response.body) in readable and not request.meta.get("wall")
        if whole and page and (etag or modified):
            kept = KnownPage(etag, modified, header(response, "Content-Type") or "", response.body)
            archive.ledger.keep_page(request.url, kept)
        return response


def header(response: Response, name: str) -> str | None:
    """A response header as text, None when it is absent or empty."""
    value = response.headers.get(name)
    return value.decode("latin-1").strip() or None if value else None


def disposition_name(response: Response) -> str | None:
    """The file name of a Content-Disposition, None without one: `filename*`, percent-encoded, UTF-8 or GBK (PORTALS §5)."""
    value = (response.headers.get("Content-Disposition") or b"")[:2000]
    if found := _EXTENDED_NAME.search(value):
        return unquote_to_bytes(found.group(1)).decode("utf-8", errors="replace").strip() or None
    found = _PLAIN_NAME.search(value)
    if found is None:
        return None
    raw = unquote_to_bytes(found.group(1) or found.group(2))
    for name in ("utf-8", "gb18030"):
        try:
            return raw.decode(name).strip() or None
        except UnicodeDecodeError:
            continue
    return None


class _Overlaid:
    """A crawler seen with some settings changed: what a second download handler is built from."""

    def __init__(self, crawler: Crawler, changed: dict[str, Any]) -> None:
        self._crawler = crawler
        self.settings = Settings(crawler.settings.copy_to_dict(), priority="project")
        self.settings.setdict(changed, priority="cmdline")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._crawler, name)


class PlainHttp:
    """Download handler for http: every request passes the portal's gate."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._handler = bounded(HTTP11DownloadHandler(crawler))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PlainHttp:
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        return await pass_gate(self._crawler, request, self._handler.download_request)

    async def close(self) -> None:
        await self._handler.close()


class TolerantTls:
    """Download handler for https: certificates are verified; a host that fails is asked again without, and reported.

    Legacy renegotiation, TLS 1.0, self-signed and expired chains are common on county portals (PORTALS §6). `tls: strict` in a
    portal's YAML forbids the second way, `tls: legacy` skips the first (some hosts hang in it).
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._strict = bounded(HTTP11DownloadHandler(crawler))
        self._second: HTTP11DownloadHandler | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TolerantTls:
        return cls(crawler)

    @property
    def _legacy(self) -> HTTP11DownloadHandler:
        """Made when first needed: few portals of a night do."""
        if self._second is None:
            changed = {"DOWNLOAD_VERIFY_CERTIFICATES": False, "DOWNLOAD_TLS_MIN_VERSION": "TLSv1.0"}
            overlaid: Any = _Overlaid(self._crawler, changed)
            self._second = bounded(HTTP11DownloadHandler(overlaid))
        return self._second

    async def download_request(self, request: Request) -> Response:
        return await pass_gate(self._crawler, request, self._download)

    async def _download(self, request: Request) -> Response:
        spider: Any = self._crawler.spider
        host, policy = urlsplit(request.url).netloc, spider.portal.tls
        if policy == "legacy" or host in spider.legacy_tls:
            return await self._legacy.download_request(request)
        try:
            return await self._strict.download_request(request)
        except Exception as error:
            cause = _tls_cause(error)
            if cause is None or policy == "strict":
                raise
            spider.legacy_tls[host] = cause
            logger.warning("%s: TLS fails (%s); asked without verification from here on", host, cause)
        return await self._legacy.download_request(request)

    async def close(self) -> None:
        await self._strict.close()
        if self._second is not None:
            await self._second.close()


def _tls_cause(error: BaseException) -> str | None:
    """What of an exception, its causes and Twisted's nested reasons is a TLS failure, None when nothing is."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        one = getattr(waiting[0], "value", waiting[0])
        del waiting[0]
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, (SSL.Error, VerificationError)):
            return f"{type(one).__name__}: {' '.join(str(one).split())[:160]}"
        if isinstance(one, BaseException):
            waiting += [one.__cause__, one.__context__, *(getattr(one, "reasons", None) or [])]
    return None
