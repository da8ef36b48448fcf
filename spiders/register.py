"""The register: every known budget column of the country as a `Portal` that can be crawled, or the reason why not yet.

`register.csv` holds facts that others published (a public check of 2026-04-18): region, province, level, address of the list, the
family its address suggests, and the HTTP status that check saw (empty: no answer). **No entry has been verified by this project**
unless a portal file names its address and says `verified: <day>`; `Entry.verified` tells. A register portal is a beginning: crawl it,
read its summary, and write a YAML file for what differs.

    python -m spiders.register --province 广东省 --family gkmlpt          what there is
    python -m spiders.register --check                                    the linter
    python -m spiders.crawl --register province=广东省,family=gkmlpt --archive … --out …
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from pydantic import ValidationError

from spiders.portals import FAMILIES, Column, Family, Portal, PortalError, load_portals, packaged_portals, read_portal
from spiders.reading.platforms import platform_of
from spiders.reading.recognise import recognise_address

Level = Literal["province", "prefecture", "county"]
LEVELS: tuple[str, ...] = get_args(Level)
CHECKED = "2026-04-18"
MOST_LINES = 20
SHORTEST_DELAY = 0.5
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the register: a portal, or the reason why it cannot be crawled as it stands. `line` counts from 2 (the header is 1)."""

    line: int
    region: str
    province: str
    level: str
    url: str
    family: str
    http_status: str
    portal: Portal | None
    reason: str | None
    verified: bool

    @property
    def note(self) -> str:
        """What a reader must know before trusting it."""
        seen = f"HTTP {self.http_status}" if self.http_status else "no answer"
        return (
            "verified: see its portal file" if self.verified else f"never verified by this project; {seen} on {CHECKED}"
        )


def whole_region(province: str, region: str) -> str:
    """A region with its province before it, as titles are judged by: `河北省石家庄市正定县`."""
    return region if region.startswith(province) else f"{province}{region}"


def register_id(url: str) -> str:
    """The id of a register portal: its host, so that people know it, and a hash of its address, so that it is nobody else's."""
    host = re.sub(r"[^a-z0-9]+", "_", (urlsplit(url).hostname or "").lower().removeprefix("www.")).strip("_")
    return f"reg_{host[:44]}_{zlib.crc32(url.encode()):08x}"


@cache
def register() -> tuple[Entry, ...]:
    """All entries in the order of the file. Raises ValueError for a line that no entry can be made of."""
    text = resources.files("spiders").joinpath("register.csv").read_text(encoding="utf-8")
    verified = {column.list_url for portal in load_portals([]).values() if portal.verified for column in portal.columns}
    first: dict[str, str] = {}
    entries = []
    for line, row in enumerate(csv.DictReader(text.splitlines()), 2):
        if row["family"] not in FAMILIES or row["level"] not in LEVELS:
            raise ValueError(f"register.csv:{line}: {row['family']!r} is no family or {row['level']!r} no level")
        region = whole_region(row["province"], row["region"])
        portal: Portal | None = None
        reason = why_not(row["url"], row["family"])
        if reason is None and row["url"] in first:
            reason = f"the same list as {first[row['url']]}: read there once for all"
        if reason is None:
            portal, reason = _portal(row["url"], region, row["family"])
            first.setdefault(row["url"], region)
        told = (row["region"], row["province"], row["level"], row["url"], row["family"], row["http_status"])
        entries.append(Entry(line, *told, portal, reason, row["url"] in verified))
    return tuple(entries)


def why_not(url: str, family: str) -> str | None:
    """Why an address cannot be crawled as it stands, None when it can."""
    parts = urlsplit(url)
    if family == "budget_platform":
        return (
            None
            if platform_of(url)
            else f"no adapter for the platform at {parts.hostname}: its interface is not published"
        )
    if parts.fragment.startswith(("/", "!/")):
        return f"{url} is built by a script behind `#`: its interface is not known"
    if parts.path in ("", "/") and not parts.query:
        return "the address is a site's front page and no list: look for the column and write a portal file"
    return None


def _portal(url: str, region: str, family: str) -> tuple[Portal | None, str | None]:
    try:
        return Portal(
            id=register_id(url),
            name=f"{region}预决算公开",
            region=region,
            family=_family(family),
            columns=(Column(list_url=url),),
        ), None
    except ValidationError as error:
        return None, "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())


def _family(name: str) -> Family:
    return next(one for one in get_args(Family) if one == name)


def select(
    *,
    family: str | None = None,
    province: str | None = None,
    level: str | None = None,
    region: str | None = None,
    part: slice | None = None,
) -> list[Entry]:
    """Entries by family, province, level, region (a piece of its name) and slice of what is then left.

    Raises ValueError for a family, province or level that the register does not have: a misspelt filter is no empty crawl.
    """
    known = register()
    for name, value in (("family", family), ("province", province), ("level", level)):
        values = {getattr(one, name) for one in known}
        if value is not None and value not in values:
            raise ValueError(f"no {name} `{value}` in the register; there are {', '.join(sorted(values))}")
    found = [
        one
        for one in known
        if family in (None, one.family) and province in (None, one.province) and level in (None, one.level)
        and (region is None or region in whole_region(one.province, one.region))
    ]  # fmt: skip
    return found[part] if part is not None else found


def read_filter(text: str) -> list[Entry]:
    """`province=广东省,family=gkmlpt,slice=0:50` → entries. Raises ValueError for anything it does not know."""
    told: dict[str, str] = {}
    for piece in filter(None, text.split(",")):
        name, found, value = piece.partition("=")
        if not found or name not in ("family", "province", "level", "region", "slice") or name in told:
            raise ValueError(
                f"--register {text}: `{piece}`; expected family=, province=, level=, region= or slice=from:to, each once"
            )
        told[name] = value
    part = told.pop("slice", None)
    bounds = re.fullmatch(r"(\d*):(\d*)", part) if part is not None else None
    if part is not None and bounds is None:
        raise ValueError(f"--register {text}: `slice={part}`; expected two numbers, from:to")
    chosen = slice(*(int(one) if one else None for one in bounds.groups())) if bounds else None
    return select(part=chosen, **told)


def find_registered(name: str) -> Portal | None:
    """The register portal with this id."""
    return next((one.portal for one in register() if one.portal is not None and one.portal.id == name), None)


# --- the linter --------------------------------------------------------------------------------------------------------------------------


def check_portals(dirs: Iterable[Path] = ()) -> list[str]:
    """What is wrong with the portal files that ship, those of `dirs` and the register; one line a complaint, none when all is well."""
    files: list[Path | Traversable] = [
        *packaged_portals(),
        *(file for folder in dirs for file in sorted(folder.glob("*.yaml"))),
    ]
    complaints: list[str] = []
    for file in files:
        complaints += check_file(file)
    complaints += check_register(register())
    return complaints


def check_file(file: Path | Traversable) -> list[str]:
    """What is wrong with one portal file, beyond what `read_portal` refuses."""
    try:
        portal = read_portal(file)
    except PortalError as error:
        return str(error).splitlines()
    complaints = []
    lines = file.read_text(encoding="utf-8").splitlines()
    if len(lines) > MOST_LINES:
        complaints.append(f"{file}: {len(lines)} lines; a portal says only what differs, in at most {MOST_LINES}")
    if file.name != f"{portal.id}.yaml":
        complaints.append(f"{file}: the id is `{portal.id}`, so the file must be {portal.id}.yaml")
    for column in portal.columns:
        host = urlsplit(column.list_url).hostname or ""
        if host in _LOOPBACK:
            continue
        if portal.delay is not None and portal.delay < SHORTEST_DELAY:
            complaints.append(
                f"{file}: a delay of {portal.delay} s at {host}; no portal is asked more often than every {SHORTEST_DELAY} s"
            )
        if portal.recheck_days == 0:
            complaints.append(f"{file}: `recheck_days: 0` asks {host} for everything every night")
        suggested = recognise_address(column.list_url)
        special = ("gkmlpt", "fragment", "budget_platform")
        if suggested and suggested.family != portal.family and {suggested.family, portal.family} & set(special):
            complaints.append(
                f"{file}: {column.list_url} looks like `{suggested.family}` ({suggested.rule}), the file says `{portal.family}`"
            )
    if portal.family == "budget_platform" and platform_of(portal.columns[0].list_url, portal.platform) is None:
        complaints.append(f"{file}: no adapter for this platform")
    return complaints


def check_register(entries: Sequence[Entry]) -> list[str]:
    """What is wrong with the register: no portal and no reason, an id for two lists, an address that cannot be one."""
    complaints = []
    ids: dict[str, str] = {}
    for one in entries:
        where = f"register.csv:{one.line}"
        if (one.portal is None) == (one.reason is None):
            complaints.append(f"{where}: {one.url} has neither a portal nor a reason, or both")
        if not one.region or not one.province:
            complaints.append(f"{where}: {one.url} has no region")
        if one.portal is not None and ids.setdefault(one.portal.id, one.url) != one.url:
            complaints.append(f"{where}: the id {one.portal.id} is already that of {ids[one.portal.id]}")
    return complaints


def main(arguments: list[str] | None = None) -> int:
    """The command line: lists entries, or lints. Exit status 0, 1 when the linter complains, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m spiders.register", description="The register of known budget columns."
    )
    for name in ("family", "province", "level", "region"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--slice", default=None, metavar="FROM:TO")
    parser.add_argument("--check", action="store_true", help="lint portal files and register")
    parser.add_argument(
        "--portals",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="with --check: portal files of your own",
    )
    told = parser.parse_args(arguments)
    if told.check:
        complaints = check_portals(told.portals)
        print(
            "\n".join(complaints)
            or f"{len(packaged_portals())} portal files and {len(register())} register entries: nothing to complain of"
        )
        return 1 if complaints else 0
    chosen = ",".join(
        f"{name}={value}"
        for name in ("family", "province", "level", "region", "slice")
        if (value := getattr(told, name))
    )
    try:
        found = read_filter(chosen)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for one in found:
        print(
            f"{one.portal.id if one.portal else '-'}\t{one.family}\t{whole_region(one.province, one.region)}\t{one.url}\t{one.reason or one.note}"
        )
    families = Counter(one.family for one in found if one.portal)
    print(
        f"{len(found)} entries, {sum(families.values())} portals ({', '.join(f'{name} {count}' for name, count in families.most_common())}), "
        f"{sum(one.reason is not None for one in found)} not yet, {sum(one.verified for one in found)} verified by this project",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
