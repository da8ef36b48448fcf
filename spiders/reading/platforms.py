"""Unified disclosure platforms whose interface is published (PORTALS §2.10): their addresses, and what files an entry of theirs has.

Articles of other portals often hold nothing but a link to such a platform; with its host named in `hosts` the link is followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from spiders.reading import pages
from spiders.reading.pages import Attachment, HtmlPage

_WRAPS = 4


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform. `entry`: the address people see of an entry → address and POST fields (None: GET) of its files.

    `files`: the answer to that request → the files.
    """

    name: str
    address: re.Pattern[str]
    entry: Callable[[str], tuple[str, dict[str, str] | None] | None]
    files: Callable[[Any, str], list[Attachment]]


def unwrapped(body: bytes) -> Any:
    """JSON that may be a string holding JSON, and so on. Raises ValueError."""
    value: Any = pages.decode(body, "")[0]
    for _ in range(_WRAPS):
        value = json.loads(value)
        if not isinstance(value, str):
            return value
    raise ValueError(f"still a string after {_WRAPS} readings")


def token(value: Any) -> str:
    """An id that goes into a path: letters, digits, dash, underscore. Raises ValueError for anything else."""
    text = str(value)
    if not re.fullmatch(r"[\w-]{1,80}", text):
        raise ValueError(f"{text[:40]!r} is no id")
    return text


def address_fields(url: str) -> dict[str, str]:
    """The parameters of an address, also those behind `#/overView?`."""
    parts = urlsplit(url)
    return dict(parse_qsl(parts.query)) | dict(parse_qsl(parts.fragment.partition("?")[2]))


def _file(url: str, name: str) -> Attachment:
    return Attachment(url, name, "direct", pages.refusal(url, name))


def _jiangsu_entry(url: str) -> tuple[str, dict[str, str] | None] | None:
    number = address_fields(url).get("id")
    if number is None or "/detailsPage" not in urlsplit(url).fragment:
        return None
    return urljoin(url, "/front/budgetfinal/getTemporaryFiles.do"), {"uuid": number}


def _jiangsu_files(told: Any, url: str) -> list[Attachment]:
    return [
        _file(urljoin(url, f"download.do?{urlencode({'iid': one['iid']})}"), str(one.get("t_oldname") or ""))
        for one in told
    ]


def _neimenggu_entry(url: str) -> tuple[str, dict[str, str] | None] | None:
    return (url, None) if re.search(r"/yjs/business/basic/result/[\w-]+$", urlsplit(url).path) else None


def _neimenggu_files(told: Any, url: str) -> list[Attachment]:
    found = []
    for one in told.get("files") or ():
        name, suffix = str(one.get("name") or ""), str(one.get("suffix") or "").lstrip(".")
        text = name if not suffix or name.lower().endswith(f".{suffix.lower()}") else f"{name}.{suffix}"
        found.append(_file(urljoin(url, f"/yjs/business/file/download/{token(one['id'])}"), text))
    return found


PLATFORMS = (
    # 江苏, as its own pages asked in 2021
    Platform(
        "jiangsu",
        re.compile(r"^https?://yjsgk\.jsczt\.cn(:\d+)?(/|$)|#/(overView|detailsPage)\?"),
        _jiangsu_entry,
        _jiangsu_files,
    ),
    Platform("neimenggu", re.compile(r"^https?://[^/]+/yjs/business/"), _neimenggu_entry, _neimenggu_files),
)


def platform_of(url: str, name: str | None = None) -> Platform | None:
    """The platform behind an address, or by its name; None for one that has no adapter."""
    return next((one for one in PLATFORMS if (one.name == name if name else one.address.search(url))), None)


def platform_link(page: HtmlPage) -> tuple[Platform, str] | None:
    """The first link of a page to an entry of a platform. Fragments count: such platforms live behind `#`."""
    for link in page.tree.iter("a"):
        url = urljoin(page.base, (link.get("href") or "").strip())
        platform = platform_of(url) if url.startswith(("http://", "https://")) else None
        if platform is not None and platform.entry(url) is not None:
            return platform, url
    return None
