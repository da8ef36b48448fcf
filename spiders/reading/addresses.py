"""Addresses: what belongs to a portal, what names the same file. Nothing here asks a network."""

from __future__ import annotations

import ipaddress
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit, urlunsplit

from spiders.rules import pattern, read_rules

# Names below these are given to anyone, so the site is one label longer.
_SHARED_SUFFIXES = ("gov.cn", "com.cn", "org.cn", "net.cn", "edu.cn", "ac.cn")


def resolve(base: str, link: str | None) -> str | None:
    """A link as found → an absolute http(s) address without fragment, or None for anything a spider must not follow.

    `javascript:`, `mailto:`, `file:` and broken links give None.
    """
    cleaned = "".join((link or "").split()) if link and "\n" in link else (link or "").strip()
    if not cleaned or cleaned.startswith("#"):
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


def site_of(url: str) -> str:
    """The site an address belongs to: `jw.cq.gov.cn` → `cq.gov.cn`; an IP address is a site of its own."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        return ".".join(labels[-3:] if host.endswith(_SHARED_SUFFIXES) else labels[-2:])
    return host


def belongs(url: str, home: str, hosts: tuple[str, ...] = ()) -> bool:
    """Whether an address is of the same site as `home`, or on one of the extra hosts a portal names."""
    return site_of(url) == site_of(home) or (urlsplit(url).hostname or "").lower() in hosts


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
