"""What a spider knows while it reads a portal: lists and what is remembered of them, entries on their way, outcomes. No requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from budget.sightings import Sighting
from budget.states import Reason
from spiders.portals import Column
from spiders.reading import pages
from spiders.reading.addresses import identity
from spiders.reading.pages import Article, Row
from spiders.reading.titles import ColumnHint, TitleVerdict

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something could not be had."""

    outcome: Literal["blocked", "failed", "gone"]
    reason: Reason
    detail: str


@dataclass(frozen=True)
class ListMemory:
    """A list as it was last seen: its entries in order with what was known of each, and the totals that the portal said.

    `full_at`: when it was last read to its end, ISO 8601; None for a list that was never.
    """

    rows: tuple[Row, ...]
    checked: dict[str, tuple[str, str]]
    full_at: str | None
    pages_total: int | None
    rows_total: int | None
    stubs: tuple[int, ...] = ()
    """Numbers of pages that were there by the pager's word and empty."""
    furniture: tuple[str, ...] = ()
    """Files that the portal's template prints on every article, by the identity of their address."""

    @cached_property
    def known(self) -> dict[str, Row]:
        """The entries by the identity of their address."""
        return {identity(row.url): row for row in self.rows}

    def same(self, row: Row) -> Row | None:
        """The remembered entry, when it stood as this one stands."""
        old = self.known.get(identity(row.url))
        return old if old is not None and (old.title, old.shown) == (row.title, row.shown) else None

    def dump(self) -> dict[str, Any]:
        entries = [
            [row.url, row.title, row.shown.isoformat() if row.shown else None, row.cut, [[one.url, one.text] for one in row.files],
             *self.checked.get(row.url, (None, None)), *([row.tag] if row.tag else [])]
            for row in self.rows
        ]  # fmt: skip
        return {
            "full_at": self.full_at,
            "pages_total": self.pages_total,
            "rows_total": self.rows_total,
            "entries": entries,
        } | {name: list(told) for name, told in (("stubs", self.stubs), ("furniture", self.furniture)) if told}

    @classmethod
    def load(cls, told: dict[str, Any]) -> ListMemory:
        rows, checked = [], {}
        for url, title, shown, cut, files, when, run, *tag in told["entries"]:
            attached = tuple(pages.Attachment(file, text, "direct", pages.refusal(file, text)) for file, text in files)
            rows.append(
                Row(url, title, date.fromisoformat(shown) if shown else None, attached, cut, tag[0] if tag else "")
            )
            if when:
                checked[url] = (when, run)
        return cls(
            tuple(rows),
            checked,
            told["full_at"],
            told["pages_total"],
            told["rows_total"],
            tuple(told.get("stubs", ())),
            tuple(told.get("furniture", ())),
        )


@dataclass(slots=True)
class Listing:
    """One list being read: a column of the YAML, or a folder found below it."""

    column: Column
    url: str
    hint: ColumnHint
    depth: int
    pages_read: int = 0
    pages_total: int | None = None
    failed_in_a_row: int = 0
    page_address: tuple[str, str] | None = None
    """What stands before and after the number in the address of a page, once a page has told it."""
    page_offset: int = 0
    """What is added to a page's number (from 1) to give the number in its address."""
    rows_total: int | None = None
    read: set[str] = field(default_factory=set)
    """The entries of this reading, by the identity of their addresses: a page repeats when it brings none that is not here."""
    sizes: list[int] = field(default_factory=list)
    """How many entries stood on each page of this reading that brought something."""
    repeated: int = 0
    seen: dict[str, Row] = field(default_factory=dict)
    part: str = ""
    """Which of several lists on one page this is (a slot, a block, a category)."""
    said: dict[str, Any] = field(default_factory=dict)
    """What the family learned from the column's page and needs for the next request."""
    siblings: list[Listing] = field(default_factory=list)
    """All lists of one page, this one among them: one of them may be empty, not all."""
    empty: bool = False
    opening: tuple[str, dict[str, str] | None] = ("", None)
    """The request of page 1, for reading a list again that moved while it was read."""
    round: int = 1
    moved: bool = False
    broken: bool = False
    """Whether one of its pages could not be read tonight."""
    told: bool = False
    """Whether a problem of tonight names this list."""
    stubs: set[int] = field(default_factory=set)
    whole: bool = False
    """Whether the list was read to its end tonight, or is known to be unchanged below the page that was read."""
    full_at: str | None = None
    memory: ListMemory | None = None
    checked: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Per entry: when its article was last asked for, and the run that holds its sightings."""

    @property
    def key(self) -> str:
        """The name under which this list is remembered."""
        return f"{self.url}#{self.part}" if self.part else self.url

    def address_of(self, number: int) -> str:
        """The address of a page, number from 1. Only after `page_address` is known."""
        assert self.page_address is not None
        before, after = self.page_address
        return f"{before}{number + self.page_offset}{after}"


@dataclass(frozen=True, slots=True)
class ListPage:
    """What one page of a list says: its entries, what the portal says of the whole, where the next page is.

    `next_form`: the next page is asked for by POST with these fields. Where no total is told, an empty page is the end and no loss.
    """

    rows: tuple[Row, ...]
    pages_total: int | None = None
    rows_total: int | None = None
    next_url: str | None = None
    next_form: dict[str, str] | None = None
    below: tuple[Listing, ...] = ()
    """Lists that this page leads to and that are read for themselves."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One list entry on its way to an article."""

    listing: Listing
    row: Row
    verdict: TitleVerdict


@dataclass(frozen=True, slots=True)
class Read:
    """An article page as read. `html` is kept only where the page itself may be the document."""

    page_url: str
    article: Article
    title: str
    html: bytes | None
    content_type: str | None
    etag: str | None
    last_modified: str | None
    soft_404: bool
    platform_url: str | None = None
    """Where the article sends its readers, when that is a platform outside the portal."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that an article offers: what its sighting will say."""

    sighting: Sighting
    referer: str


@dataclass(frozen=True, slots=True)
class Got:
    """A file as it came."""

    sha256: str
    size: int
    content_type: str | None
    etag: str | None
    last_modified: str | None
    changed: bool = True
    detail: str | None = None
    name: str | None = None
    """What the server calls the file (Content-Disposition)."""


@dataclass(frozen=True, slots=True)
class Held:
    """An article whose files wait until enough others were seen."""

    sighting: Sighting
    read: Read
    row: Row
    offers: tuple[pages.Attachment, ...]
    listing: Listing


@dataclass(slots=True)
class PictureErrand:
    """The pictures of an article on their way, by their place."""

    sighting: Sighting
    read: Read
    away: bool
    urls: list[str]
    came: dict[int, bytes | Trouble] = field(default_factory=dict)


@dataclass(slots=True)
class Errand(Generic[Item, Result]):
    """One address asked for once, for everybody who wants it."""

    waiting: list[Item] = field(default_factory=list)
    result: Result | None = None
