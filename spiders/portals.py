"""`Portal`: one portal as its YAML file says it. Reading, checking and finding these files; no network.

Files stand in `spiders/portals/*.yaml` (packaged) and in the folders of `YUSUAN_PORTALS` (separated like PATH). A file says only
what differs from the family's defaults; an unknown key, a repeated key or a wrong value is refused with file and line.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit, urlunsplit

import yaml
from lxml.cssselect import CSSSelector
from lxml.etree import XPathError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from budget.disclosure import DocumentKind

MAX_BYTES = 64 * 1024
Family = Literal[
    "static_pager",
    "shtml",
    "hanweb_jpage",
    "hanweb_jpaas",
    "vsb",
    "gkmlpt",
    "fragment",
    "budget_platform",
    "query_list",
]
FAMILIES: tuple[str, ...] = get_args(Family)


RESERVED = frozenset({"run"})
"""Ids that no portal has: what a run measures as a whole is kept, and bounded, beside its portals under `run`."""


class PortalError(ValueError):
    """A portal file that cannot be used. The message names file, line, what was found and what is expected."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _selector(value: str | None) -> str | None:
    if value is not None:
        try:
            CSSSelector(value)
        except (SyntaxError, XPathError) as error:
            raise ValueError(f"{value!r} is no CSS selector: {error}") from error
    return value


def http_url(value: str) -> str:
    """The address as it is. Raises ValueError for what is no http(s) address of a host."""
    try:
        parts = urlsplit(value)
        told = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # half an IPv6 address, a port beyond 65535
        told = False
    if not told:
        raise ValueError(f"{value!r} is no http or https address")
    if parts.username or parts.password:
        raise ValueError(f"{value!r} carries a user name; portals are public")
    return value


def _expression(value: str | None) -> str | None:
    if value is not None:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"{value!r} is no regular expression: {error}") from error
    return value


class Column(_Strict):
    """One list of a portal. What is not said here is taken from the portal, then from the family."""

    list_url: str
    name: str | None = None
    fiscal_year: int | None = Field(default=None, ge=2000, le=2100)
    document_kind: DocumentKind | None = None
    row: str | None = None
    first_suffix: int | None = Field(default=None, ge=0, le=9)
    descend: int | None = Field(default=None, ge=0, le=3)

    _check_url = field_validator("list_url")(http_url)
    _check_row = field_validator("row")(_selector)


class Portal(_Strict):
    """A portal and its columns. Times in seconds."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")
    name: str = Field(min_length=2)
    region: str = Field(min_length=2)
    family: Family
    columns: tuple[Column, ...] = Field(min_length=1)
    site_id_code: str | None = Field(default=None, pattern=r"^[0-9A-Z]{4,10}$")
    charset: str | None = None
    first_suffix: int | None = Field(default=None, ge=0, le=9)
    row: str | None = None
    body: str | None = None
    descend: int = Field(default=0, ge=0, le=3)
    detail: str | None = None
    page_param: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.$-]{0,40}$")
    platform: str | None = None
    max_pages: int = Field(default=200, ge=1, le=2000)
    recheck_days: int = Field(default=7, ge=0, le=60)
    needs_referer: bool = False
    tls: Literal["strict", "auto", "legacy"] = "auto"
    hosts: tuple[str, ...] = ()
    local: bool = False
    """A test portal: private and loopback addresses in its scope may be asked. The portal's own host and port always may."""
    max_hours: float = Field(default=5, gt=0, le=24)
    delay: float | None = Field(default=None, ge=0, le=120)
    reason: str | None = Field(default=None, min_length=8)
    verified: date | None = None
    """The day on which somebody compared a crawl of the live portal with what it shows; never set by guess."""

    @field_validator("id")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value in RESERVED:
            raise ValueError(f"`{value}` stands for a run as a whole (its bounds and measures): choose another id")
        return value

    _check_selectors = field_validator("row", "body")(_selector)
    _check_detail = field_validator("detail")(_expression)

    @field_validator("charset")
    @classmethod
    def _known_charset(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                codecs.lookup(value)
            except LookupError as error:
                raise ValueError(f"{value!r} is no character set") from error
        return value

    @field_validator("hosts")
    @classmethod
    def _bare_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"[a-z0-9.-]+", host):
                raise ValueError(f"{host!r} is no bare host name in lower case")
        return value

    @model_validator(mode="after")
    def _says_why(self) -> Portal:
        unusual = [name for name in ("delay", "charset") if getattr(self, name) is not None]
        if self.tls == "legacy":
            unusual.append("tls")
        if self.local:
            unusual.append("local")
        if self.recheck_days == 0:
            unusual.append("recheck_days: 0")
        if unusual and not self.reason:
            raise ValueError(f"{', '.join(unusual)} differs from the default: say why in `reason`")
        return self

    def at(self, base_url: str) -> Portal:
        """The same portal at another scheme, host and port (tests, mirrors): paths stay."""
        base = urlsplit(http_url(base_url))

        def moved(url: str) -> str:
            return urlunsplit(urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc))

        columns = tuple(column.model_copy(update={"list_url": moved(column.list_url)}) for column in self.columns)
        return self.model_copy(update={"columns": columns})

    def setting(self, column: Column, name: str) -> Any:
        """A setting of a column, or of its portal where the column says nothing."""
        value = getattr(column, name)
        return getattr(self, name) if value is None else value


# the same safe loader in C where PyYAML was built with it: a night may open thousands of these files
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_portal(path: Path | Traversable) -> Portal:
    """One YAML file → `Portal`. Raises `PortalError` naming the file and the line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PortalError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise PortalError(f"{path}: {len(data)} bytes; a portal file has at most {MAX_BYTES}")
    try:
        text = data.decode("utf-8")
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            lines = dict(_lines(root, ())) if root else {}
            content = loader.construct_document(root) if root else None
        finally:
            loader.dispose()
    except UnicodeDecodeError as error:
        raise PortalError(f"{path}: not UTF-8 at byte {error.start}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PortalError(f"{path}:{line}: {error.problem}") from error
    if not isinstance(content, dict):
        raise PortalError(f"{path}:1: expected `key: value` lines, found {type(content).__name__}")
    try:
        return Portal.model_validate(content)
    except ValidationError as error:
        raise PortalError("\n".join(_complaint(path, lines, item) for item in error.errors())) from error


def _lines(node: yaml.Node, at: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Where every value of a document stands: path of keys → line from 1. Raises on a key said twice."""
    yield at, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"`{key.value}` is said twice", problem_mark=key.start_mark)
            seen.add(key.value)
            yield from _lines(value, (*at, key.value))
            yield (*at, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*at, index))


def _complaint(path: object, lines: dict[tuple[str | int, ...], int], item: Any) -> str:
    where = tuple(item["loc"])
    line = next((lines[where[:n]] for n in range(len(where), -1, -1) if where[:n] in lines), 1)
    name = ".".join(str(part) for part in where) or "the file"
    if item["type"] == "extra_forbidden":
        known = Column.model_fields if len(where) > 1 else Portal.model_fields
        return f"{path}:{line}: unknown key `{name}`; known are {', '.join(known)}"
    return f"{path}:{line}: `{name}`: {item['msg']}"


def packaged_portals() -> list[Traversable]:
    """The YAML files that ship with the project, by name."""
    folder = resources.files("spiders").joinpath("portals")
    return sorted((item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)


def named_folders() -> list[Path]:
    """The folders that `YUSUAN_PORTALS` names, in its order."""
    return [Path(part) for part in os.environ.get("YUSUAN_PORTALS", "").split(os.pathsep) if part]


def load_portals(dirs: Iterable[Path] | None = None, *, packaged: bool = True) -> dict[str, Portal]:
    """All portals by id: the packaged ones and those of `dirs` (default: the folders of `YUSUAN_PORTALS`).

    Raises `PortalError` for every file that is wrong at once, and for an id that two files claim.
    """
    if dirs is None:
        dirs = named_folders()
    files: list[Path | Traversable] = list(packaged_portals()) if packaged else []
    for folder in dirs:
        if not folder.is_dir():
            raise PortalError(f"{folder}: no such folder of portal files")
        files += sorted(folder.glob("*.yaml"))
    portals: dict[str, Portal] = {}
    origin: dict[str, object] = {}
    complaints = []
    for file in files:
        try:
            portal = read_portal(file)
        except PortalError as error:
            complaints.append(str(error))
            continue
        if portal.id in portals:
            complaints.append(f"{file}:1: the id `{portal.id}` is already that of {origin[portal.id]}")
            continue
        portals[portal.id], origin[portal.id] = portal, file
    if complaints:
        raise PortalError("\n".join(complaints))
    return portals


def find_portal(name: str, dirs: Iterable[Path] | None = None) -> Portal:
    """A portal by the path of its file (ends in .yaml or .yml) or by its id; ids that begin with `reg_` are those of the register."""
    if name.endswith((".yaml", ".yml")):
        return read_portal(Path(name))
    if name.startswith("reg_"):
        from spiders.register import find_registered

        if registered := find_registered(name):
            return registered
    portals = load_portals(dirs)
    if name not in portals:
        raise PortalError(f"no portal `{name}`; known are {', '.join(sorted(portals)) or 'none'}; or give a YAML file")
    return portals[name]
