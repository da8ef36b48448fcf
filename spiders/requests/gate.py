"""What every request of a crawl passes before it leaves: scheme, scope, resolved address, patience, and hosts that are left alone.

`Guard` (a downloader middleware, before robots.txt) and the download handlers ask the same `Gate`, one for each portal: a request
that waited in a queue is judged again at the moment it would leave. Nothing here knows what a request is for.
"""

from __future__ import annotations

import asyncio
import email.utils
import gzip
import io
import ipaddress
import socket
import time
import weakref
import zlib
from collections.abc import Iterable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer

from spiders.portals import Portal
from spiders.reading.addresses import Scope
from spiders.requests.walls import Wall, recognise_wall

# after so many walls in one night a portal is left alone
WALLS_ARE_ENOUGH = 3
# a host that is lost so often in a row, or for so long in a row, is left alone until tomorrow
LOSSES_ARE_ENOUGH = 8
LOST_SECONDS = 360.0
# robots.txt may ask for more patience than we have by ourselves, up to this
CRAWL_DELAY_AT_MOST = 30.0
# a wall is a small page: larger bodies are looked at when they are unpacked
WALL_BYTES = 20_000

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class RefusedRequest(IgnoreRequest):
    """A request that must not leave: the message names the address and the rule."""


class LeftAlone(IgnoreRequest):
    """A host that is asked nothing more tonight. `walled`: for its walls, otherwise for its losses."""

    walled = False


class TimeIsUp(IgnoreRequest):
    """The portal's time of this night is used up."""


def not_public(address: str) -> str | None:
    """What kind of address no crawler may ask for by itself: loopback, private, link-local, …; None for a public one.

    Addresses inside addresses (IPv4 in IPv6, NAT64, 6to4) are judged by what they lead to.
    """
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    for kind, found in (
        ("loopback", ip.is_loopback), ("link-local", ip.is_link_local), ("unspecified", ip.is_unspecified),
        ("multicast", ip.is_multicast), ("private", ip.is_private), ("not public", not ip.is_global),
    ):  # fmt: skip
        if found:
            return kind
    return None


class Gate:
    """One portal's gate. Times are those of `time.monotonic`."""

    def __init__(self, portal: Portal, pause: float = 0.0) -> None:
        self.scope = Scope.of(portal)
        self.local = portal.local
        self.ends_at = time.monotonic() + portal.max_hours * 3600
        self.max_hours = portal.max_hours
        self.walls = 0
        self.walls_of: dict[str, int] = {}
        self.losses: dict[str, int] = {}
        self.lost_seconds: dict[str, float] = {}
        self.quiet_until: dict[str, float] = {}
        self.crawl_delay: dict[str, float] = {}
        self._next_at: dict[str, float] = {}
        self._judged: dict[tuple[str, int], str | None] = {}

    _gates: ClassVar[weakref.WeakKeyDictionary[Crawler, Gate]] = weakref.WeakKeyDictionary()

    @classmethod
    def of(cls, crawler: Crawler) -> Gate:
        """The gate of the portal that a crawler reads."""
        gate = cls._gates.get(crawler)
        if gate is None:
            spider: Any = crawler.spider
            gate = cls._gates[crawler] = cls(spider.portal)
        return gate

    # --- may it leave? -------------------------------------------------------------------------------------------------

    async def judge(self, url: str) -> None:
        """Raises RefusedRequest, LeftAlone or TimeIsUp for a request that must not leave."""
        self.judge_known(url)
        parts = urlsplit(url)
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        if (host, port) not in self._judged:
            self._judged[host, port] = await self._address(host, port)
        if trouble := self._judged[host, port]:
            raise RefusedRequest(f"refused: {url[:200]} {trouble}")

    def judge_known(self, url: str) -> None:
        """The part of `judge` that needs no resolver."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise RefusedRequest(f"refused: {url[:200]!r} is no address") from None
        if parts.scheme not in ("http", "https") or not host:
            raise RefusedRequest(f"refused: {url[:200]} is no http or https address")
        if not self.scope.holds(url):
            raise RefusedRequest(f"refused: {url[:200]} is not of this portal: name its host in `hosts` if it is")
        if self.walls >= WALLS_ARE_ENOUGH:
            alone = LeftAlone(f"not asked: {self.walls} walls before it tonight")
            alone.walled = True
            raise alone
        if (
            self.losses.get(parts.netloc, 0) >= LOSSES_ARE_ENOUGH
            or self.lost_seconds.get(parts.netloc, 0) > LOST_SECONDS
        ):
            raise LeftAlone(f"host left alone: {self.losses[parts.netloc]} losses in a row before it")
        if time.monotonic() > self.ends_at:
            raise TimeIsUp(f"not asked: the portal's {self.max_hours:g} hours of this night are used up")

    async def _address(self, host: str, port: int) -> str | None:
        """Why an address must not be asked for, by what its name resolves to; None where it may, or where nothing answers."""
        if self.local or self.scope.stands_at(host, port):
            return None
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return None  # the download fails by itself and says so
        for *_, place in found:
            if kind := not_public(str(place[0])):
                return f"leads to {place[0]}, a {kind} address"
        return None

    # --- when may it leave? --------------------------------------------------------------------------------------------

    async def wait(self, netloc: str) -> None:
        """Waits out `Retry-After` and robots.txt's `Crawl-delay`. Called with the host's slot held: nothing overtakes."""
        while (until := max(self.quiet_until.get(netloc, 0.0), self._next_at.get(netloc, 0.0))) > time.monotonic():
            await asyncio.sleep(until - time.monotonic())
        if delay := self.crawl_delay.get(netloc):
            self._next_at[netloc] = time.monotonic() + delay

    def be_quiet(self, netloc: str, seconds: float) -> None:
        self.quiet_until[netloc] = max(self.quiet_until.get(netloc, 0.0), time.monotonic() + seconds)

    # --- what came of it -----------------------------------------------------------------------------------------------

    def lost(self, netloc: str, seconds: float) -> None:
        self.losses[netloc] = self.losses.get(netloc, 0) + 1
        self.lost_seconds[netloc] = self.lost_seconds.get(netloc, 0.0) + seconds

    def answered(self, netloc: str) -> None:
        self.losses.pop(netloc, None)
        self.lost_seconds.pop(netloc, None)

    def wall(self, request: Request) -> None:
        """Counts a wall, each request's once. What robots.txt answers is no wall: the page itself will tell."""
        if request.meta.get("kind") is not None and not request.meta.get("wall_counted"):
            request.meta["wall_counted"] = True
            self.walls += 1

    def no_wall_after_all(self) -> None:
        """A file refused without a Referer came with it."""
        self.walls = max(self.walls - 1, 0)


class Guard:
    """Every request, robots.txt and redirects too, is judged before anything else is done with it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Guard:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        await Gate.of(self.crawler).judge(request.url)


def wall_of(response: Response) -> Wall | None:
    """The wall that an answer still packed is; None also for bodies too large for a wall."""
    body = response.body
    if len(body) >= WALL_BYTES:
        return None
    if (response.headers.get("Content-Encoding") or b"").strip().lower() == b"gzip":
        try:
            body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(WALL_BYTES)
        except (OSError, EOFError, zlib.error):
            return None  # judged when it is unpacked, or found broken there
    cookies = b"; ".join(response.headers.getlist("Set-Cookie")).decode("latin-1")
    return recognise_wall(response.status, body, cookies)


async def pass_gate(crawler: Crawler, request: Request, download: Any) -> Response:
    """One download with the host's slot held: judged, waited for, counted. download: coroutine function of the request."""
    gate, netloc = Gate.of(crawler), urlsplit(request.url).netloc
    await gate.wait(netloc)
    await gate.judge(request.url)
    began = time.monotonic()
    try:
        response: Response = await download(request)
    except (DownloadCancelledError, IgnoreRequest):
        raise  # too large, or refused: the host is there
    except Exception:
        gate.lost(netloc, time.monotonic() - began)
        raise
    gate.answered(netloc)
    asked = retry_after(response)
    if asked is not None and asked <= crawler.settings.getfloat("RETRY_AFTER_MAX"):
        gate.be_quiet(netloc, asked)
    if response.status != 429 and wall_of(response) is not None:
        gate.wall(request)
    return response


def retry_after(response: Response) -> float | None:
    """The seconds that a 429 or 503 asks to wait, None when it asks for none."""
    if response.status not in (429, 503):
        return None
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


@implementer(IHostnameResolver)
class PublicNames:
    """A resolver for a whole process that gives no private address for a name unless a portal stands at that name.

    The last word: what a name resolved to when it was judged may not be what it resolves to when it is asked.
    """

    def __init__(self, resolver: Any, own: Iterable[str]) -> None:
        self._resolver = resolver
        self._own = frozenset(own)

    def resolveHostName(self, resolutionReceiver: Any, hostName: str, *told: Any, **named: Any) -> Any:  # noqa: N802, N803
        own = hostName.lower().rstrip(".") in self._own
        receiver = resolutionReceiver if own else _OnlyPublic(resolutionReceiver)
        return self._resolver.resolveHostName(receiver, hostName, *told, **named)


@implementer(IResolutionReceiver)
class _OnlyPublic:
    def __init__(self, receiver: Any) -> None:
        self._receiver = receiver

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if not_public(str(address.host)) is None:
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()
