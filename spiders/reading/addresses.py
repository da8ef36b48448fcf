"""Addresses: what belongs to a portal, what names the same file. Nothing here asks a network."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

from spiders.rules import pattern, read_rules

if TYPE_CHECKING:
    from spiders.portals import Portal

# an address longer than this is no link but somebody's attempt
LONGEST_ADDRESS = 4096


@cache
def _suffixes() -> PublicSuffixList:
    """The public suffix list as the library ships it: no network."""
    return PublicSuffixList()


def resolve(base: str, link: str | None) -> str | None:
    """A link as found → an absolute http(s) address without fragment, or None for anything a spider must not follow.

    `javascript:`, `mailto:`, `file:` and broken links give None.
    """
    cleaned = "".join((link or "").split()) if link and "\n" in link else (link or "").strip()
    if not cleaned or cleaned.startswith("#") or len(cleaned) > LONGEST_ADDRESS:
        return None
    try:
        joined = urljoin(base, cleaned.replace("\\", "/"))
        parts = urlsplit(joined)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return urlunsplit(parts._replace(fragment=""))


@lru_cache(maxsize=65536)
def _site_of_host(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return str(_suffixes().privatesuffix(host) or host)
    return host


def site_of(url: str) -> str:
    """The site an address belongs to, by the public suffix list: `jw.cq.gov.cn` → `cq.gov.cn`, `x.bj.cn` → itself.

    An IP address, and a name that is a suffix itself, is a site of its own.
    """
    return _site_of_host((urlsplit(url).hostname or "").rstrip(".").lower())


def belongs(url: str, home: str, hosts: tuple[str, ...] = ()) -> bool:
    """Whether an address is of the same site as `home`, or on one of the extra hosts a portal names."""
    return site_of(url) == site_of(home) or (urlsplit(url).hostname or "").lower() in hosts


@dataclass(frozen=True, slots=True)
class Scope:
    """What a portal may be asked: the sites of its columns, and the hosts that its file names."""

    sites: frozenset[str]
    hosts: frozenset[str]
    places: frozenset[tuple[str, int]]
    """Host and port of every column: there the portal itself stands, whatever kind of address that is."""

    @classmethod
    def of(cls, portal: Portal) -> Scope:
        urls = [column.list_url for column in portal.columns]
        places = set()
        for url in urls:
            parts = urlsplit(url)
            places.add((str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)))
        return cls(frozenset(site_of(url) for url in urls), frozenset(portal.hosts), frozenset(places))

    def holds(self, url: str) -> bool:
        """Whether an address is of the portal's sites, or on one of the extra hosts that it names."""
        return site_of(url) in self.sites or (urlsplit(url).hostname or "").rstrip(".").lower() in self.hosts

    def stands_at(self, host: str, port: int) -> bool:
        """Whether the portal itself stands at a host and port, or names that IP address in `hosts`."""
        return (host, port) in self.places or (host in self.hosts and _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def identity(url: str) -> str:
    """The address without what changes from link to link (§4 rule 9): compared, never asked for.

    Named volatile parameters go; an opaque query without `=` goes where the path already names a file.
    """
    parts = urlsplit(url)
    volatile = set(read_rules("attachments")["volatile_parameters"])
    query = parts.query
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        kept = [(name, value) for name, value in pairs if name.lower() not in volatile]
        opaque = "=" not in query.rstrip("=")
        if (opaque and extension(url)) or not kept:
            query = ""
        elif len(kept) != len(pairs):
            query = urlencode(kept)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", query, ""))


def extension(url: str) -> str | None:
    """The document extension of an address's path in lower case (`.XLS` → `xls`), None when it has none of ours."""
    suffix = PurePosixPath(unquote(urlsplit(url).path)).suffix.lower().lstrip(".")
    return suffix if suffix in read_rules("attachments")["extensions"] else None


def is_endpoint(url: str) -> bool:
    """Whether an address is one of the known download endpoints that carry no extension."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return any(pattern(rule).search(target) for rule in read_rules("attachments")["endpoints"])


def readable(url: str) -> str:
    """Path and query with percent-encoding undone, for matching names; never for asking."""
    parts = urlsplit(url)
    return unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def below(url: str, folder: str) -> bool:
    """Whether an address lies under the folder of another (same host)."""
    here, base = urlsplit(url), urlsplit(folder)
    return here.netloc.lower() == base.netloc.lower() and here.path.startswith(base.path.rsplit("/", 1)[0] + "/")
