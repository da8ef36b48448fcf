"""`PortalSpider`: list → article → attachment, the way that all families share. A family says how its lists are read and paged.

A family sets `family` and `article` and answers two questions: `first_pages` (which requests open a column) and `read_list` (what
a downloaded list page holds and which request follows). Everything after the list entry, and every outcome, is here.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from archive.file_kinds import NEVER_A_PAGE, NO_KIND, PAGES, FileKind, glance
from archive.ledger import now
from archive.store import Archive
from archive.whole_files import write_whole
from budget.printed_text import squeeze
from budget.sightings import Sighting
from budget.states import Reason
from spiders.families.listing import (
    Entry,
    Errand,
    Got,
    Held,
    Listing,
    ListMemory,
    ListPage,
    Offer,
    PictureErrand,
    Read,
    Trouble,
)
from spiders.portals import Portal
from spiders.reading import pages, titles
from spiders.reading.addresses import Scope, identity, readable
from spiders.reading.pages import Article, Attachment, HtmlPage, Row
from spiders.reading.picture_pages import NotAPictureError, document_of, is_page
from spiders.reading.platforms import Platform, platform_link, unwrapped
from spiders.reading.recognise import recognise
from spiders.reading.titles import ColumnHint, TitleVerdict, judge_title
from spiders.reading.whole import closes
from spiders.requests.gate import Gate, LeftAlone, RefusedRequest, TimeIsUp
from spiders.requests.middlewares import RobotsForbids, disposition_name, header
from spiders.requests.settings import FILE_BYTES, FILE_SECONDS
from spiders.rules import read_rules
from spiders.summary import ListCount, Tally

# entries of one list page and lists of one portal that are read; more is told
ROWS_A_PAGE = 3000
LISTS_A_PORTAL = 2000
# a page larger than this is parsed beside the reactor, whose other portals must not wait for it
HEAVY_BYTES = 100_000
# so many entries are taken before the other portals get their turn
ROWS_A_TURN = 50
# so many articles must name a file outside their bodies before it is the template's
ARTICLES_THAT_TELL = 3
PICTURES_AT_MOST = 300
BAD_PAGES_ARE_ENOUGH = 3
# a list that moves while it is read is read again, so many times in all
ROUNDS_ARE_ENOUGH = 3
# no file of any kind that portals publish is smaller: a signature and some words are no document
SMALLEST_FILE = 18
EVIDENCE_BYTES = 64 * 1024
EVIDENCE_FILES = 20


class PortalSpider(scrapy.Spider):
    """Reads one portal. Writes every outcome to the archive as a `Sighting`; nothing is yielded as an item."""

    family: ClassVar[str] = ""
    article: ClassVar[re.Pattern[str]] = re.compile("")
    """What the address of an article looks like in this family (searched in the absolute address)."""
    refers: ClassVar[frozenset[str]] = frozenset()
    """Kinds of request that this family's servers refuse without a Referer."""
    beside: ClassVar[bool] = True
    """Whether `read_answer` may run beside the reactor: it asks neither ledger nor archive."""

    def __init__(
        self, portal: Portal, archive: Archive, run: str, evidence: Path, report: Callable[[Sighting], None]
    ) -> None:
        super().__init__(name=portal.id)
        self.portal = portal
        self.archive = archive
        self.run = run
        self.evidence = evidence
        self.report = report
        self.tally = Tally()
        self.scope = Scope.of(portal)
        self.robots: dict[str, str] = {}
        self.legacy_tls: dict[str, str] = {}
        self.began = time.monotonic()
        self._read: set[str] = set()
        """The articles of tonight that came and are pages."""
        self._loose: dict[str, set[str]] = {}
        """Files outside the body of an article, by identity: the entries whose articles name them."""
        self._furniture: set[str] = set()
        self._held: list[Held] = []
        self._articles: dict[str, Errand[Entry, Read | Trouble | Got]] = {}
        self._files: dict[str, Errand[Offer, Got | Trouble]] = {}
        self._lists: set[str] = set()
        self._listings: list[Listing] = []
        self._parts: list[Listing] = []
        self._referer_fails = False
        self._evidence_files = 0

    # --- what a family says ------------------------------------------------------------------------------------------------

    def first_pages(self, listing: Listing) -> Iterator[Request]:
        """The requests that open a list: usually its first page. A page numbered 0 is only the way to the first."""
        yield self.ask_list(listing, listing.url, 1)

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        """A downloaded list page (number from 1) → its entries and the next page."""
        raise NotImplementedError

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        """An answer of a list, of whatever format → its entries, or why there are none, or what must be asked for instead."""
        if response.meta.get("stub") and urlsplit(response.url).path.endswith(".json"):
            landing = pages.json_jump(response.body, response.url)
            if landing is None:
                return Trouble("failed", Reason.HTTP_ERROR, "the JSON of a jump leads nowhere")
            request = self.ask_list(listing, landing, number)
            request.meta["stub"] = True
            return [request]
        page = self._page(response)
        target = pages.redirect_stub(page, len(response.body))
        if target:
            if number <= 1 and target != response.url and not response.meta.get("stub"):
                request = self.ask_list(listing, target, number)
                request.meta["stub"] = True
                return [request]
            return Trouble("failed", Reason.HTTP_ERROR, f"a stub that leads to {target}")
        if number <= 1:
            self._learn_column(page, listing)
        return self.read_list(page, listing, number)

    def ask_article(self, row_url: str, referer: str, **told: Any) -> Request:
        """The request for what a list entry leads to."""
        return self._ask(row_url, "article", self._on_article, referer, 5, **told)

    def read_detail(self, response: Response, shown: date | None) -> Article | Trouble | None:
        """An article that is no HTML page (the JSON of a platform); None where it is one."""
        return None

    def is_folder(self, row: Row, listing: Listing) -> bool:
        """Whether an entry leads to a list below this one (a department's folder) and not to an article."""
        path = urlsplit(row.url).path
        return (
            row.url.startswith(folder_of(listing.url))
            and folder_of(row.url) != folder_of(listing.url)
            and (path.endswith("/") or re.search(r"/index\.s?html?$", path) is not None)
        )

    # --- requests ------------------------------------------------------------------------------------------------------------

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **told: Any) -> PortalSpider:
        spider = super().from_crawler(crawler, *args, **told)
        crawler.signals.connect(spider._idle, signals.spider_idle)
        return spider

    def _idle(self) -> None:
        """Nothing is under way any more: what was held until more articles came is settled now."""
        if self._held:
            for request in self._release():
                self.crawler.engine.crawl(request)  # type: ignore[union-attr]

    async def start(self) -> AsyncIterator[Request]:
        for column in self.portal.columns:
            hint = ColumnHint(column.name, column.list_url, column.fiscal_year, column.document_kind)
            for request in self._open(Listing(column, column.list_url, hint, self.portal.setting(column, "descend"))):
                yield request

    def _open(self, listing: Listing) -> Iterator[Request]:
        if listing.key not in self._lists:
            if len(self._listings) >= LISTS_A_PORTAL:
                self.tally.problem(f"{LISTS_A_PORTAL} lists read, as many as a portal may have: there are more")
                return
            self._lists.add(listing.key)
            self._remember(listing)
            yield from self.first_pages(listing)

    def _remember(self, listing: Listing) -> None:
        self._listings.append(listing)
        told = self.archive.ledger.known_list(self.portal.id, listing.key)
        if told is not None:
            listing.memory = ListMemory.load(told)

    def parts(self, listing: Listing, names: Iterable[str]) -> list[Listing]:
        """The several lists that one column page holds, each read and remembered by itself."""
        made = [
            replace(listing, part=name, seen={}, read=set(), sizes=[], checked={}, said=dict(listing.said), memory=None)
            for name in names
        ]
        for one in made:
            one.siblings = made
        self._parts += made
        listing.whole = True
        return made

    def _remember_parts(self) -> None:
        """What is known of lists that a page turned out to hold: asked of the ledger here, not where the page was parsed."""
        while self._parts:
            self._remember(self._parts.pop(0))

    def ask_list(self, listing: Listing, url: str, number: int, form: dict[str, str] | None = None) -> Request:
        """The request for a page of a list. form: asked for by POST."""
        if number == 1:
            listing.opening = (url, form)
        # lists before articles before files, so that a night cut short has seen the most
        request = self._ask(url, "list", self._on_list, listing.url, 10, listing=listing, number=number)
        return request if form is None else posted(request, form)

    def _ask(
        self, url: str, kind: str, callback: Callable[..., Any], referer: str | None, priority: int, **told: Any
    ) -> Request:
        headers = {"Referer": referer} if referer and (self.portal.needs_referer or kind in self.refers) else {}
        meta: dict[str, Any] = {"kind": kind}
        if kind == "file":
            meta |= {"download_timeout": FILE_SECONDS, "download_maxsize": FILE_BYTES}
        return Request(
            url, callback=callback, errback=self._on_error, headers=headers, meta=meta, cb_kwargs=told, dont_filter=True,
            priority=priority,
        )  # fmt: skip

    def _wall(self, response: Response) -> None:
        """Counts a wall that only the spider recognises."""
        if response.request is not None:
            Gate.of(self.crawler).wall(response.request)

    # --- troubles --------------------------------------------------------------------------------------------------------------

    def trouble_of(self, response: Response) -> Trouble | None:
        """Why an answer is not what was asked for, None when it is."""
        meta = response.meta
        if wall := meta.get("wall"):
            return Trouble(
                "blocked", Reason.CHALLENGE, f"blocked:{wall.kind} {wall.evidence}{self._keep_evidence(response)}"
            )
        if target := meta.get("refused_redirect"):
            return Trouble(
                "failed",
                Reason.OUT_OF_SCOPE,
                f"redirects to {target}, which is not of this portal: name its host in `hosts`",
            )
        if meta.get("self_redirect"):
            self._wall(response)
            return Trouble(
                "blocked", Reason.CHALLENGE, f"blocked:self_redirect HTTP {response.status} to itself, twice"
            )
        if response.status == 429 or "retry_after" in meta:
            self._wall(response)
            asked = f", asks to wait {meta['retry_after']:.0f} s" if "retry_after" in meta else ""
            return Trouble("blocked", Reason.CHALLENGE, f"blocked:too_many_requests HTTP {response.status}{asked}")
        if cut := meta.get("cut"):
            return Trouble("failed", Reason.TRUNCATED, cut)
        if response.status >= 500:
            return Trouble(
                "failed", Reason.NETWORK, f"HTTP {response.status} after {1 + meta.get('retry_times', 0)} tries"
            )
        if response.status not in (200, 203, 304):
            return Trouble("failed", Reason.HTTP_ERROR, f"HTTP {response.status}")
        return None

    def _trouble_of_failure(self, failure: Failure) -> Trouble:
        error = failure.value
        said = " ".join(str(error).split())[:300] or type(error).__name__
        if isinstance(error, RefusedRequest):
            return Trouble("failed", Reason.OUT_OF_SCOPE, said)
        if isinstance(error, LeftAlone):
            if error.walled:
                return Trouble("blocked", Reason.CHALLENGE, f"blocked:left_alone {said}")
            return Trouble("failed", Reason.NETWORK, said)
        if isinstance(error, TimeIsUp):
            return Trouble("failed", Reason.LIMIT_TIME, said)
        if isinstance(error, RobotsForbids) and error.unreachable:
            return Trouble("failed", Reason.NETWORK, f"not even robots.txt answers: {said}")
        if isinstance(error, RobotsForbids):
            return Trouble("blocked", Reason.ROBOTS, f"blocked:robots {said}")
        if isinstance(error, DownloadTimeoutError):
            return Trouble("failed", Reason.LIMIT_TIME, f"no whole answer in time: {said}")
        if isinstance(error, DownloadCancelledError) or "DOWNLOAD_MAXSIZE" in said:
            return Trouble("failed", Reason.LIMIT_SIZE, said)
        if isinstance(error, IgnoreRequest):
            return Trouble("failed", Reason.HTTP_ERROR, said)
        return Trouble("failed", Reason.NETWORK, f"{type(error).__name__}: {said}")

    def _keep_evidence(self, response: Response) -> str:
        if not response.body or self._evidence_files >= EVIDENCE_FILES:
            return ""
        body = response.body[:EVIDENCE_BYTES]
        name = hashlib.sha256(body).hexdigest()
        self.evidence.mkdir(parents=True, exist_ok=True)
        if not (self.evidence / name).exists():
            self._evidence_files += 1
            write_whole(self.evidence / name, body)
        return f"; evidence/{name}"

    def _on_error(self, failure: Failure) -> Iterator[Request]:
        request: Request = failure.request  # type: ignore[attr-defined]
        trouble = self._trouble_of_failure(failure)
        told = request.cb_kwargs
        kind = request.meta["kind"]
        if kind == "list":
            yield from self._list_trouble(told["listing"], told["number"], request.url, trouble)
        elif kind in ("article", "jump"):
            yield from self._article_done(told["key"], trouble)
        else:
            self._file_done(told["key"], trouble)

    # --- lists -------------------------------------------------------------------------------------------------------------------

    def _list_trouble(self, listing: Listing, number: int, url: str, trouble: Trouble) -> Iterator[Request]:
        self._list_problem(listing, f"list page {number} of {listing.url}: {trouble.detail}")
        # article_url names the page of the list, so that two failing pages are two sightings
        told = self._sighting(listing, Row(url, listing.hint.name or listing.url), None)
        self._record(
            told.model_copy(
                update={"outcome": trouble.outcome, "reason": trouble.reason, "detail": f"{trouble.detail} (list)"}
            )
        )
        if trouble.outcome != "blocked":
            yield from self._past_a_bad_page(listing, number)

    def _past_a_bad_page(self, listing: Listing, number: int) -> Iterator[Request]:
        """Deep pages are sometimes broken stubs (PORTALS §2.1): where the portal says how many there are, the others are read."""
        listing.failed_in_a_row += 1
        listing.broken = True
        listing.whole = False
        more = listing.pages_total is not None and number < min(listing.pages_total, self.portal.max_pages)
        if more and listing.page_address and listing.failed_in_a_row < BAD_PAGES_ARE_ENOUGH:
            yield self.ask_list(listing, listing.address_of(number + 1), number + 1)

    def _list_problem(self, listing: Listing, text: str) -> None:
        """Something that keeps a list from being whole, told once for each page."""
        listing.told = True
        self.tally.problem(text)

    async def _read_beside(self, response: Response, read: Callable[[], Any]) -> Any:
        """Runs a parse; of a large page beside the reactor, so that no other portal waits for it."""
        return await asyncio.to_thread(read) if self.beside and len(response.body) > HEAVY_BYTES else read()

    async def _on_list(self, response: Response, listing: Listing, number: int) -> AsyncIterator[Request]:
        self._remember_parts()
        trouble = self.trouble_of(response)
        if trouble is None and not response.body and number > 1:
            # fragments of a list end in nothing at all
            for request in self._empty_page(response, listing, number, ListPage(())):
                yield request
            return
        if trouble is None and not response.body:
            trouble = Trouble("failed", Reason.HTTP_ERROR, "an empty answer where a list was expected")
        elif trouble is None and (kind := glance(response.body)) not in PAGES | NO_KIND:
            trouble = Trouble("failed", Reason.HTTP_ERROR, f"a file of kind {kind} where a list was expected")
        if trouble is not None:
            for request in self._list_trouble(listing, number, response.url, trouble):
                yield request
            return
        answer = await self._read_beside(response, lambda: self.read_answer(response, listing, number))
        self._remember_parts()
        if isinstance(answer, Trouble):
            for request in self._list_trouble(listing, number, response.url, answer):
                yield request
            return
        if isinstance(answer, list):
            for request in answer:
                yield request
            return
        if len(answer.rows) > ROWS_A_PAGE:
            listing.broken = True
            self._list_problem(
                listing,
                f"list {listing.url}: page {number} has {len(answer.rows)} entries, the first {ROWS_A_PAGE} were read",
            )
            answer = replace(answer, rows=answer.rows[:ROWS_A_PAGE])
        listing.pages_read += 1
        self.tally.pages_fetched += 1
        if number == 1:
            if listing.round == 1:
                self.tally.expect(answer.pages_total, answer.rows_total)
            else:
                self.tally.expect(
                    _more(answer.pages_total, listing.pages_total), _more(answer.rows_total, listing.rows_total)
                )
            listing.pages_total, listing.rows_total = answer.pages_total, answer.rows_total
        elif _differ(answer.pages_total, listing.pages_total) or _differ(answer.rows_total, listing.rows_total):
            listing.moved = True
        for below in answer.below:
            for request in self._open(below):
                yield request
        for taken, asked in enumerate(self._take_page(response, listing, number, answer), 1):
            if asked is not None:
                yield asked
            if taken % ROWS_A_TURN == 0:
                await asyncio.sleep(0)

    def _take_page(
        self, response: Response, listing: Listing, number: int, answer: ListPage
    ) -> Iterator[Request | None]:
        """Takes the entries of a page, then judges where the list goes on. None: an entry that asks for nothing."""
        if not answer.rows:
            if answer.below:
                listing.whole = True
                return
            yield from self._empty_page(response, listing, number, answer)
            return
        listing.failed_in_a_row = 0
        keys = {identity(row.url) for row in answer.rows}
        brings = keys - listing.read
        listing.read |= keys
        if brings:
            listing.sizes.append(len(answer.rows))
        new = 0
        for row in answer.rows:
            if identity(row.url) not in listing.seen:
                listing.seen[identity(row.url)] = row
                self.tally.rows_fetched += 1
                new += not self._remembered(listing, row)
                yield from self._take_row(listing, row)
                yield None
        if brings:
            listing.repeated = 0
        elif not listing.moved and (ended := self._repeats(listing, number, answer)) is not None:
            yield from ended
            return
        if answer.next_url is None:
            if listing.pages_total is not None and number < listing.pages_total:
                self._list_problem(listing, f"list {listing.url}: {number} of {listing.pages_total} pages read")
            else:
                yield from self._end_of_list(listing)
        elif number >= self.portal.max_pages:
            self._list_problem(listing, f"list {listing.url}: stopped at max_pages {self.portal.max_pages}")
        elif not new and self._nothing_new_below(listing, answer):
            yield from self._take_remembered(listing)
        else:
            yield self.ask_list(listing, answer.next_url, number + 1, answer.next_form)

    def _repeats(self, listing: Listing, number: int, answer: ListPage) -> Iterator[Request] | None:
        """A page without any entry that this reading had not seen: what it means. None: the next page must tell.

        Every page number answers with the same page: the pager lies, its first suffix is wrong, or this is past the end. The end is
        believed where the list's own total is reached, where the pager names no further page, or where a shorter page came before.
        """
        if listing.rows_total is not None and len(listing.seen) >= listing.rows_total:
            return self._end_of_list(listing)
        if listing.pages_total is not None:
            listing.broken = True
            self._list_problem(
                listing, f"list {listing.url}: page {number} repeats an earlier page; check `first_suffix`"
            )
            return iter(())
        listing.repeated += 1
        if answer.next_url is None or (listing.repeated == 1 and number < self.portal.max_pages):
            # where no total is told the list may also have grown by just one page meanwhile
            return None
        shorter = len(listing.sizes) > 1 and listing.sizes[-1] < max(listing.sizes[:-1])
        if shorter or listing.sizes[-1] < listing.said.get("asked_for", 0):
            return self._end_of_list(listing)
        listing.broken = True
        self._list_problem(
            listing,
            f"list {listing.url}: page {number} brings no new entry, and nothing says that the list ends after "
            f"{len(listing.seen)} entries",
        )
        return iter(())

    def _empty_page(self, response: Response, listing: Listing, number: int, answer: ListPage) -> Iterator[Request]:
        if number == 1:
            listing.empty = listing.whole = True
            held = len(listing.memory.rows) if listing.memory else 0
            if all(one.empty for one in listing.siblings) or held:
                before = f"; it held {held} before" if held else ""
                self._list_problem(
                    listing, f"list {listing.url}: no entries on its first page ({self._instead(response)}){before}"
                )
        elif listing.pages_total is not None or (listing.rows_total or 0) > len(listing.seen):
            if self._known_stub(listing, number):
                listing.whole, listing.full_at = True, now().isoformat()
                self.tally.note(
                    f"list {listing.url}: its last page {number} is empty, as before; all entries were read"
                )
                return
            of = f"of {listing.pages_total} " if listing.pages_total else ""
            missing = f"; {len(listing.seen)} of {listing.rows_total} entries so far" if listing.rows_total else ""
            self._list_problem(listing, f"list {listing.url}: page {number} {of}is empty{missing}")
            listing.stubs.add(number)
            yield from self._past_a_bad_page(listing, number)
        else:
            yield from self._end_of_list(listing)

    def _known_stub(self, listing: Listing, number: int) -> bool:
        """Whether the last page of a list is a broken stub that takes nothing away (PORTALS §2.1).

        Only the last, and only when the list's own number of entries is reached, or the same page was such a stub the last time and
        every entry of that time was read again.
        """
        if listing.pages_total is None or number < listing.pages_total or listing.broken:
            return False
        if listing.rows_total is not None:
            return len(listing.seen) >= listing.rows_total
        memory = listing.memory
        return (
            memory is not None
            and number in memory.stubs
            and memory.pages_total == listing.pages_total
            and all(identity(row.url) in listing.seen for row in memory.rows)
        )

    def _instead(self, response: Response) -> str:
        """What a page without entries is, for the person who must look at it."""
        if glance(response.body) not in PAGES:
            return f"{len(response.body)} bytes: {squeeze(response.body[:60].decode('utf-8', errors='replace'))!r}"
        page = self._page(response)
        if pages.is_soft_404(page):
            return "the site's error page"
        found = recognise(page.text)
        if found and found.by == "page" and found.family != self.portal.family:
            self.tally.other_family = found.family
        other = (
            f"; its marks are those of `{found.family}`: {found.rule}"
            if found and found.family != self.portal.family
            else ""
        )
        return f"titled {pages.page_title(page)[:60]!r}{other}"

    # --- nights with nothing new -----------------------------------------------------------------------------------------------------

    def _remembered(self, listing: Listing, row: Row) -> bool:
        """Whether an entry stood in the list at its last reading just as it stands there now."""
        return listing.memory is not None and listing.memory.same(row) is not None

    def _fresh(self, when: str | None, name: str) -> bool:
        """Whether something was checked recently enough: `recheck_days`, for each address at another day of the second half."""
        days = self.portal.recheck_days
        if when is None or days == 0:
            return False
        age = now() - datetime.fromisoformat(when)
        return age < timedelta(days=days - zlib.crc32(name.encode()) % (days // 2 + 1))

    def read_lately(self, listing: Listing) -> bool:
        """Whether a list was read to its end within the portal's `recheck_days`."""
        return listing.memory is not None and self._fresh(listing.memory.full_at, listing.key)

    def _nothing_new_below(self, listing: Listing, answer: ListPage) -> bool:
        """Whether the pages below one that showed only known entries need not be asked for.

        Only when everything that was read stands as it stood, the portal's own totals agree, and the whole list was read lately.
        """
        memory = listing.memory
        if memory is None or listing.moved or not self._fresh(memory.full_at, listing.key):
            return False
        tonight = {key for key, row in listing.seen.items() if memory.same(row)}
        new = len(listing.seen) - len(tonight)
        if {identity(row.url) for row in memory.rows[: len(tonight)]} != tonight:
            return False
        if _differ(answer.rows_total, memory.rows_total + new if memory.rows_total is not None else None):
            return False
        if answer.pages_total is not None and memory.pages_total is not None:
            return memory.pages_total <= answer.pages_total <= memory.pages_total + new
        return True

    def _take_remembered(self, listing: Listing) -> Iterator[Request]:
        assert listing.memory is not None
        for row in listing.memory.rows:
            if identity(row.url) not in listing.seen:
                listing.seen[identity(row.url)] = row
                self.tally.rows_fetched += 1
                self.tally.rows_remembered += 1
                yield from self._take_row(listing, row)
        listing.whole, listing.full_at = True, listing.memory.full_at

    def _end_of_list(self, listing: Listing) -> Iterator[Request]:
        """The last page was read. A list that moved meanwhile is read again: what slipped from page to page would be lost."""
        if listing.broken:
            return
        short = (listing.rows_total or 0) - len(listing.seen)
        memory = listing.memory
        always = (
            memory is not None
            and memory.full_at is not None
            and memory.rows_total is not None
            and memory.rows_total - len(memory.rows) == short
        )
        if listing.moved or (short > 0 and not always and listing.pages_read > 1):
            if listing.round < (ROUNDS_ARE_ENOUGH if listing.moved else 2):
                listing.round += 1
                listing.moved = False
                listing.read.clear()
                listing.sizes.clear()
                request = self.ask_list(listing, listing.opening[0], 1, listing.opening[1])
                request.meta["unconditional"] = True
                yield request
                return
            if listing.moved:
                self._list_problem(
                    listing, f"list {listing.url}: it moved each time it was read, {listing.round} times"
                )
                return
        if short > 0:
            counted = f"list {listing.url}: {len(listing.seen)} of {listing.rows_total} entries"
            if always:
                self.tally.note(f"{counted}, as the last time it was read whole")
            else:
                self._list_problem(listing, counted + (", twice" if listing.round > 1 else ""))
        gone = [row for row in memory.rows if identity(row.url) not in listing.seen] if memory else []
        if listing.pages_total is None and listing.rows_total is None and len(gone) > max(2, len(listing.seen) // 10):
            # no total says whether this is the end: what stood there before does
            self._list_problem(
                listing,
                f"list {listing.url}: ends after {len(listing.seen)} entries; {len(gone)} that stood in it before are gone",
            )
        listing.whole, listing.full_at = True, now().isoformat()
        if memory is not None and memory.full_at is not None:
            for row in gone:
                self._withdrawn(listing, row)

    def _withdrawn(self, listing: Listing, row: Row) -> None:
        """An entry that stood in the list when it was last read whole and stands there no more: told, and remembered no longer."""
        verdict = judge_title(row.title, replace(listing.hint, tag=row.tag), self.portal.region)
        if verdict.take:
            told = self._sighting(listing, row, verdict)
            self._record(
                told.model_copy(update={"outcome": "gone", "detail": "withdrawn: its list no longer names it"})
            )

    def account(self) -> tuple[ListCount, ...]:
        """The lists as they were read, after the crawl; a list that was not proved whole, and none at all, are problems."""
        if not self._listings:
            self.tally.problem("no list was read at all")
        for one in self._listings:
            if not one.whole and not one.told:
                self._list_problem(one, f"list {one.key}: not read to its end")
        return tuple(
            ListCount(
                list=one.key, rows_expected=one.rows_total, rows_fetched=len(one.seen), pages_expected=one.pages_total,
                pages_fetched=one.pages_read, whole=one.whole and not one.broken and not one.told,
            )
            for one in self._listings
        )  # fmt: skip

    def closed(self, reason: str) -> None:
        """Remembers the lists of a crawl that ran to its end (called by Scrapy)."""
        if reason != "finished":
            return
        memories = {}
        for listing in self._listings:
            old = listing.memory
            rows = list(listing.seen.values())
            if not rows and not old:
                continue
            if not listing.whole and old:
                rows += [row for row in old.rows if identity(row.url) not in listing.seen]
            checked = (old.checked if old else {}) | listing.checked
            memory = ListMemory(
                tuple(rows), {row.url: checked[row.url] for row in rows if row.url in checked}, listing.full_at if listing.whole else None,
                listing.pages_total, listing.rows_total, tuple(sorted(listing.stubs)),
                tuple(sorted(self._furniture | set(old.furniture if old else ()))),
            )  # fmt: skip
            memories[listing.key] = memory.dump()
        self.archive.ledger.keep_lists(self.portal.id, memories)

    def _replay(self, entry: Entry) -> bool:
        """Repeats the sightings of an entry that stands as it stood and was checked lately; False when it must be asked for."""
        listing, row = entry.listing, entry.row
        memory = listing.memory
        old = memory.same(row) if memory else None
        if memory is None or old is None or old.url not in memory.checked:
            return False
        when, run = memory.checked[old.url]
        if not self._fresh(when, identity(row.url)):
            return False
        # under the address of that night: tokens in it may be others tonight
        told = self.archive.ledger.sightings_at(run, self.portal.id, listing.url, old.url)
        if not told or not all(self._holds(one) for one in told):
            return False
        for one in told:
            self._record(one.model_copy(update={"seen_at": now(), "replaces_sha256": None}), changed=False)
        listing.seen[identity(row.url)] = old
        listing.checked[old.url] = (when, self.run)
        self.tally.articles_remembered += 1
        return True

    def _holds(self, sighting: Sighting) -> bool:
        """Whether a sighting of another night is still true without asking: what failed or was missing is asked for again."""
        if sighting.outcome == "ignored":
            return sighting.reason is not Reason.NO_ATTACHMENT
        if sighting.outcome not in ("archived", "unchanged") or sighting.reason is not None or sighting.url is None:
            return False
        known = self.archive.known_file(identity(sighting.url))
        return known is not None and known.sha256 == sighting.sha256

    def _learn_column(self, page: HtmlPage, listing: Listing) -> None:
        if listing.hint.name is None:
            name = pages.read_meta(page).column_name or pages.page_title(page) or None
            listing.hint = replace(listing.hint, name=name)

    def _take_row(self, listing: Listing, row: Row) -> Iterator[Request]:
        verdict = judge_title(row.title, replace(listing.hint, tag=row.tag), self.portal.region)
        if not self.scope.holds(row.url):
            if verdict.take:
                host = urlsplit(row.url).hostname
                self._ignore(
                    listing, row, Reason.OUT_OF_SCOPE, f"off_site: {host} is not of this portal: name it in `hosts`"
                )
            else:
                self._ignore(listing, row, *self._why(verdict))
            return
        if listing.depth > 0 and self.is_folder(row, listing):
            if verdict.take or verdict.rule == "no_budget_words":
                hint = replace(listing.hint, name=f"{listing.hint.name or ''} {row.title}".strip(), url=row.url)
                yield from self._open(Listing(listing.column, row.url, hint, listing.depth - 1))
            else:
                self._ignore(listing, row, *self._why(verdict))
            return
        undecided = (
            row.cut
            or titles.is_cut(row.title)
            or (verdict.rule == "no_budget_words" and titles.names_organisation(row.title))
        )
        if not verdict.take and not undecided:
            self._ignore(listing, row, *self._why(verdict))
            return
        entry = Entry(listing, row, verdict)
        if not self._replay(entry):
            yield from self._want_article(entry)

    @staticmethod
    def _why(verdict: TitleVerdict) -> tuple[Reason, str]:
        elsewhere = verdict.rule == "other_jurisdiction"
        return (Reason.OUT_OF_SCOPE if elsewhere else Reason.NOT_A_BUDGET_TITLE), verdict.detail

    # --- articles ------------------------------------------------------------------------------------------------------------------

    def _want_article(self, entry: Entry) -> Iterator[Request]:
        key = identity(entry.row.url)
        errand = self._articles.get(key)
        if errand is None:
            errand = self._articles[key] = Errand()
            errand.waiting.append(entry)
            yield self.ask_article(entry.row.url, entry.listing.url, key=key, shown=entry.row.shown)
            return
        if errand.result is None:
            errand.waiting.append(entry)
        else:
            yield from self._settle(entry, errand.result)

    async def _on_article(
        self, response: Response, key: str, shown: date | None, followed: bool = False
    ) -> AsyncIterator[Request]:
        for request in await self._read_article(response, key, shown, followed):
            yield request

    async def _read_article(self, response: Response, key: str, shown: date | None, followed: bool) -> list[Request]:
        """What an article's answer leads to: requests, and its entries settled."""
        if (trouble := self.trouble_of(response)) is not None:
            return list(self._article_done(key, trouble))
        known = self.archive.known_file(key) if response.status == 304 else None
        if known or glance(response.body) in NEVER_A_PAGE:
            # a list link or article address that serves the file itself (郑州)
            return list(self._article_done(key, self._got(response, key)))
        detail = self.read_detail(response, shown)
        if isinstance(detail, Trouble):
            return list(self._article_done(key, detail))
        if detail is not None:
            read = Read(response.url, detail, detail.title or "", None, None, None, None, False)
            return list(self._article_done(key, read))
        page = await self._read_beside(response, lambda: self._page(response))
        target = pages.redirect_stub(page, len(response.body))
        if target and target != response.url:
            if followed or not self.scope.holds(target):
                why = "a second stub" if followed else "a stub that leaves the portal"
                return list(self._article_done(key, Trouble("failed", Reason.HTTP_ERROR, f"{why}, to {target}")))
            if urlsplit(target).path.endswith(".json"):
                return [self._ask(target, "jump", self._on_jump, response.url, 5, key=key, shown=shown)]
            return [
                self._ask(target, "article", self._on_article, response.url, 5, key=key, shown=shown, followed=True)
            ]
        article = await self._read_beside(response, lambda: pages.read_article(page, shown, self.portal.body))
        handed = None if article.attachments else platform_link(page)
        if handed:
            platform, url = handed
            entry = platform.entry(url)
            if entry is not None and self.scope.holds(entry[0]):
                told = {
                    "key": key,
                    "shown": article.published_at or shown,
                    "platform": platform,
                    "article": article,
                    "title": pages.page_title(page),
                }
                asked = self._ask(entry[0], "article", self._on_platform, response.url, 5, **told)
                return [asked if entry[1] is None else posted(asked, entry[1])]
        read = Read(
            page.url, article, pages.page_title(page), response.body, header(response, "Content-Type"), header(response, "ETag"),
            header(response, "Last-Modified"), pages.is_soft_404(page), handed[1] if handed else None,
        )  # fmt: skip
        if any(one.refused is None and not one.loose for one in article.attachments):
            read = replace(read, html=None)
        return list(self._article_done(key, read))

    def _on_platform(
        self, response: Response, key: str, shown: date | None, platform: Platform, article: Article, title: str
    ) -> Iterator[Request]:
        """The files that a platform holds for an article which only links to it (无锡)."""
        found = self.trouble_of(response) or self.read_entry(platform, response, shown)
        if isinstance(found, Trouble):
            yield from self._article_done(key, found)
            return
        whole = replace(article, attachments=found.attachments)
        yield from self._article_done(key, Read(response.url, whole, title, None, None, None, None, False))

    def read_entry(self, platform: Platform | None, response: Response, shown: date | None) -> Article | Trouble:
        """What an entry of a platform offers."""
        if platform is None:
            return Trouble("failed", Reason.HTTP_ERROR, "no adapter for this platform")
        try:
            files = platform.files(unwrapped(response.body), response.url)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Trouble(
                "failed", Reason.HTTP_ERROR, f"no files in the platform's answer: {type(error).__name__} {error}"
            )
        if not files:
            return Trouble("failed", Reason.MISSING_ATTACHMENT, "the platform lists no file for this entry")
        return Article(None, pages.Meta(), shown, "list" if shown else None, None, tuple(files), "", 0, False, False)

    def _on_jump(self, response: Response, key: str, shown: date | None) -> Iterator[Request]:
        target = None if self.trouble_of(response) else pages.json_jump(response.body, response.url)
        if target is None or not self.scope.holds(target):
            detail = f"the JSON of a jump, {response.url}, leads nowhere (HTTP {response.status})"
            yield from self._article_done(key, Trouble("failed", Reason.HTTP_ERROR, detail))
            return
        yield self._ask(target, "article", self._on_article, response.url, 5, key=key, shown=shown, followed=True)

    def _article_done(self, key: str, result: Read | Trouble | Got) -> Iterator[Request]:
        errand = self._articles[key]
        errand.result = result
        self.tally.articles += 1
        if isinstance(result, Read):
            self._read.add(key)
        waiting, errand.waiting = errand.waiting, []
        for entry in waiting:
            yield from self._settle(entry, result)
        if self._held and len(self._read) >= ARTICLES_THAT_TELL:
            yield from self._release()

    def _settle(self, entry: Entry, result: Read | Trouble | Got) -> Iterator[Request]:
        """What an article, now read, means for one list entry."""
        listing, row = entry.listing, entry.row
        if isinstance(result, Trouble) and any(one.refused is None for one in row.files):
            # the article is away, its files are named by the list itself
            result = Read(row.url, _listed(row), row.title, None, None, None, None, False)
        if isinstance(result, Trouble):
            sighting = self._sighting(listing, row, entry.verdict)
            old = listing.memory.same(row) if listing.memory else None
            if (
                result.detail in ("HTTP 404", "HTTP 410")
                and old
                and listing.memory
                and old.url in listing.memory.checked
            ):
                result = Trouble("gone", Reason.HTTP_ERROR, f"{result.detail}; the article was read before")
            self._record(
                sighting.model_copy(
                    update={"outcome": result.outcome, "reason": result.reason, "detail": result.detail}
                )
            )
            return
        listing.checked[row.url] = (now().isoformat(), self.run)
        if isinstance(result, Got):
            sighting = self._sighting(listing, row, entry.verdict).model_copy(
                update={"url": row.url, "link_text": row.title}
            )
            self._file_sighting(sighting, result)
            return
        article, meta = result.article, result.article.meta
        title = row.title
        if (row.cut or titles.is_cut(title) or not title) and article.title:
            title = article.title
        hint = replace(listing.hint, name=meta.column_name or listing.hint.name, tag=row.tag)
        verdict = judge_title(title, hint, self.portal.region)
        if not verdict.take and meta.column_name and listing.hint.name:
            verdict = judge_title(title, replace(listing.hint, tag=row.tag), self.portal.region)
        row = replace(row, title=title)
        sighting = self._sighting(listing, row, verdict, article, hint.name)
        if not verdict.take:
            reason, detail = self._why(verdict)
            self._record(sighting.model_copy(update={"outcome": "ignored", "reason": reason, "detail": detail}))
            return
        if stranger := self._other_site(meta.site_id_code):
            self._record(
                sighting.model_copy(update={"outcome": "ignored", "reason": Reason.OUT_OF_SCOPE, "detail": stranger})
            )
            return
        offers = {identity(one.url): one for one in (*row.files, *article.attachments)}
        held = Held(sighting, result, row, tuple(offers.values()), listing)
        for key, one in offers.items():
            if one.loose:
                self._loose.setdefault(key, set()).add(row.url)
        if any(one.loose for one in offers.values()) and len(self._read) < ARTICLES_THAT_TELL:
            # what stands on every article is the template's: so many must be seen before that can be said
            self._held.append(held)
            return
        yield from self._offers(held)

    def _release(self) -> Iterator[Request]:
        """Settles what was held until enough articles were seen, or no more come."""
        held, self._held = self._held, []
        for one in held:
            yield from self._offers(one)

    def _of_the_template(self, attachment: Attachment, listing: Listing) -> bool:
        """Whether a file stands outside the body of most articles at one address, and nothing in its name speaks of budgets."""
        key = identity(attachment.url)
        if not attachment.loose or titles.speaks_of_budgets(f"{attachment.text} {readable(attachment.url)}"):
            return False
        articles = len(self._loose.get(key, ()))
        known = listing.memory is not None and key in listing.memory.furniture
        if known or (articles >= ARTICLES_THAT_TELL and 2 * articles >= len(self._read)):
            self._furniture.add(key)
        return key in self._furniture

    def _offers(self, held: Held) -> Iterator[Request]:
        """Asks for the files that an article offers; an article that offers none of its own is judged by itself."""
        offered = away = False
        for attachment in held.offers:
            text = attachment.text or attachment.url
            one = held.sighting.model_copy(update={"url": attachment.url, "link_text": attachment.text or None})
            refused = f"{attachment.refused}: {text}" if attachment.refused else None
            if refused is None and self._of_the_template(attachment, held.listing):
                refused = f"template: {text} stands on every article"
            if refused is not None:
                self._record(
                    one.model_copy(update={"outcome": "ignored", "reason": Reason.NOT_A_BUDGET_FILE, "detail": refused})
                )
            elif not self.scope.holds(attachment.url):
                away = True
                detail = f"off_site: {urlsplit(attachment.url).hostname} is not of this portal: name it in `hosts`"
                self._record(
                    one.model_copy(update={"outcome": "ignored", "reason": Reason.OUT_OF_SCOPE, "detail": detail})
                )
            else:
                offered = True
                yield from self._want_file(Offer(one, held.read.page_url))
        if not offered:
            yield from self._without_attachment(held.sighting, held.read, held.row, away)

    def _without_attachment(self, sighting: Sighting, read: Read, row: Row, away: bool = False) -> Iterator[Request]:
        """An article without files of its own: its pictures are the document, or its page is, or files are missing, or there is
        nothing (PORTALS §4 rule 8). away: it names files on hosts that are not the portal's."""
        article = read.article
        stem = squeeze(row.title)[:8]
        about = bool(article.meta.article_title) or stem in squeeze(read.title) or stem in squeeze(article.title)
        if read.soft_404 or not about:
            detail = f"soft 404: the page is titled {read.title[:80]!r}"
            self._record(
                sighting.model_copy(update={"outcome": "failed", "reason": Reason.HTTP_ERROR, "detail": detail})
            )
            return
        pictures = [url for url in article.pictures if self.scope.holds(url)][:PICTURES_AT_MOST]
        if pictures:
            errand = PictureErrand(sighting, read, away, pictures)
            for number, url in enumerate(pictures):
                asked = self._ask(url, "file", self._on_picture, read.page_url, 0, errand=errand, number=number)
                yield asked.replace(errback=self._on_picture_error)
            return
        self._by_its_page(sighting, read, away)

    def _by_its_page(self, sighting: Sighting, read: Read, away: bool, pictures_had: bool = False) -> None:
        """What an article is whose files and pictures are none, or are had."""
        rules = read_rules("attachments")
        article = read.article
        enough = (
            article.amounts >= rules["amounts_that_make_a_table"]
            or len(squeeze(article.body_text)) >= rules["characters_that_make_a_narrative"]
        )
        if read.html is not None and article.has_body and enough:
            if closes(read.html):
                self._page_is_the_document(sighting, read)
            else:
                detail = f"truncated: a page of {len(read.html)} bytes that never closes <html> is no document"
                self._record(
                    sighting.model_copy(update={"outcome": "failed", "reason": Reason.TRUNCATED, "detail": detail})
                )
        elif pictures_had or away:
            return  # its sightings say where its document is
        elif article.promises_attachment or read.platform_url:
            detail = "the article promises an attachment and has none"
            if read.platform_url:
                detail = (
                    f"only a link to a platform, {read.platform_url}: name its host in `hosts`, or make it a portal"
                )
            self._record(
                sighting.model_copy(update={"outcome": "failed", "reason": Reason.MISSING_ATTACHMENT, "detail": detail})
            )
        else:
            detail = f"no attachment, {article.amounts} amounts in tables, {len(squeeze(article.body_text))} characters"
            self._record(
                sighting.model_copy(update={"outcome": "ignored", "reason": Reason.NO_ATTACHMENT, "detail": detail})
            )

    # --- pictures of pages -----------------------------------------------------------------------------------------------------------

    async def _on_picture(self, response: Response, errand: PictureErrand, number: int) -> AsyncIterator[Request]:
        trouble = self.trouble_of(response)
        if trouble is None and glance(response.body) is not FileKind.IMAGE:
            trouble = Trouble("failed", Reason.HTML_INSTEAD_OF_FILE, f"{len(response.body)} bytes that are no picture")
        await self._picture_done(errand, number, trouble or response.body)
        return
        yield

    async def _on_picture_error(self, failure: Failure) -> AsyncIterator[Request]:
        told = failure.request.cb_kwargs  # type: ignore[attr-defined]
        await self._picture_done(told["errand"], told["number"], self._trouble_of_failure(failure))
        return
        yield

    async def _picture_done(self, errand: PictureErrand, number: int, result: bytes | Trouble) -> None:
        errand.came[number] = result
        if len(errand.came) < len(errand.urls):
            return
        came = [errand.came[n] for n in range(len(errand.urls))]
        had = False
        try:
            sheets = [one for one in came if isinstance(one, bytes) and await asyncio.to_thread(is_page, one)]
            missing = [(n, one) for n, one in enumerate(came, 1) if isinstance(one, Trouble)]
            if missing and (sheets or len(missing) == len(came)):
                n, trouble = missing[0]
                detail = f"picture {n} of {len(came)}: {trouble.detail}"
                told = {"outcome": trouble.outcome, "reason": trouble.reason, "detail": detail}
                self._record(errand.sighting.model_copy(update=told | {"url": errand.urls[0]}))
                return
            if sheets:
                made = await asyncio.to_thread(document_of, sheets)
                sha256 = await asyncio.to_thread(self.archive.put, made)
                got = Got(
                    sha256,
                    len(made),
                    "application/pdf",
                    None,
                    None,
                    detail=f"{len(sheets)} pictures of pages as one PDF",
                )
                self._file_sighting(errand.sighting.model_copy(update={"url": errand.urls[0]}), got)
                had = True
        except NotAPictureError as error:
            told = {"outcome": "failed", "reason": Reason.CORRUPT, "detail": str(error), "url": errand.urls[0]}
            self._record(errand.sighting.model_copy(update=told))
            return
        self._by_its_page(errand.sighting, errand.read, errand.away, had)

    def _page_is_the_document(self, sighting: Sighting, read: Read) -> None:
        assert read.html is not None
        key = pages.content_key(read.article)
        known = self.archive.known_file(identity(sighting.article_url))
        same = known is not None and known.content_key == key
        sha256 = known.sha256 if known is not None and same else self.archive.put(read.html)
        told = sighting.model_copy(
            update={
                "url": sighting.article_url, "sha256": sha256, "size": self.archive.size(sha256),
                "content_type": read.content_type, "etag": read.etag, "last_modified": read.last_modified,
                "detail": "the page itself is the document",
            }
        )  # fmt: skip
        self._record(told, content_key=key, changed=not same)

    def _other_site(self, code: str | None) -> str | None:
        own = self.portal.site_id_code
        if own and code and own[:4].isdigit() and code[:4].isdigit() and own[:4] != code[:4]:
            return f"other_jurisdiction: SiteIDCode {code}, the portal's own is {own}"
        return None

    # --- files -----------------------------------------------------------------------------------------------------------------------

    def _want_file(self, offer: Offer) -> Iterator[Request]:
        assert offer.sighting.url is not None
        key = identity(offer.sighting.url)
        errand = self._files.get(key)
        if errand is None:
            errand = self._files[key] = Errand()
            errand.waiting.append(offer)
            told = {"key": key, "address": offer.sighting.url, "came_from": offer.referer}
            yield self._ask(offer.sighting.url, "file", self._on_file, offer.referer, 0, **told)
            return
        if errand.result is None:
            errand.waiting.append(offer)
        else:
            self._settle_file(offer, errand.result)

    async def _on_file(
        self, response: Response, key: str, address: str, came_from: str, with_referer: bool = False
    ) -> AsyncIterator[Request]:
        kind = glance(response.body)
        wall = response.meta.get("wall")
        # many servers give files only to those who come from the article; a challenge is no such server
        refused = (wall is not None and wall.kind == "forbidden") or (
            wall is None and response.status == 200 and kind in PAGES
        )
        if refused and not with_referer and not self.portal.needs_referer and not self._referer_fails:
            yield self._again(response, came_from)
            return
        trouble = self.trouble_of(response)
        if with_referer and wall is not None:
            self._referer_fails = True
        elif with_referer and response.meta.get("was_wall"):
            Gate.of(self.crawler).no_wall_after_all()
        if trouble is None and response.status != 304:
            if kind is FileKind.EMPTY:
                blank = f"{len(response.body)} bytes, all blank" if response.body else "an empty body"
                trouble = Trouble("failed", Reason.EMPTY, blank)
            elif kind in PAGES:
                says = pages.page_title(self._page(response))[:60]
                trouble = Trouble(
                    "failed", Reason.HTML_INSTEAD_OF_FILE,
                    f"{len(response.body)} bytes of {kind} titled {says!r}, asked with Referer too{self._keep_evidence(response)}",
                )  # fmt: skip
            elif len(response.body) < SMALLEST_FILE:
                detail = f"{len(response.body)} bytes: no {kind} file is so small{self._keep_evidence(response)}"
                trouble = Trouble("failed", Reason.CORRUPT, detail)
        if trouble is not None:
            self._file_done(key, self._gone(response, key) or trouble)
            return
        # a disk takes milliseconds to promise that bytes will stay: the other portals need not wait for it
        kept = None if response.status == 304 else await asyncio.to_thread(self.archive.put, response.body)
        self._file_done(key, self._got(response, key, kept))

    def _gone(self, response: Response, key: str) -> Trouble | None:
        """A file that was had once and answers 404 or 410 now was withdrawn: told as that, the archive keeps it."""
        known = self.archive.known_file(key) if response.status in (404, 410) else None
        if known is None:
            return None
        return Trouble("gone", Reason.HTTP_ERROR, f"HTTP {response.status}; archived before as {known.sha256}")

    def _again(self, response: Response, came_from: str) -> Request:
        """The same file asked for once more, unconditionally and with a Referer."""
        told = response.cb_kwargs
        asked = self._ask(
            told["address"], "file", self._on_file, came_from, 0, **told | {"with_referer": True}
        )  # fmt: skip
        asked.meta["unconditional"] = True
        asked.meta["was_wall"] = response.meta.get("wall") is not None
        asked.headers["Referer"] = came_from
        return asked

    def _got(self, response: Response, address: str, kept: str | None = None) -> Got:
        """A file that came. kept: the hash under which the archive holds it already."""
        validators = header(response, "ETag"), header(response, "Last-Modified")
        kind = header(response, "Content-Type")
        if response.status == 304:
            known = self.archive.known_file(address)
            assert known is not None  # validators are sent only for known files
            size = self.archive.size(known.sha256)
            return Got(known.sha256, size, kind, known.etag, known.last_modified, changed=False)
        sha256 = kept or self.archive.put(response.body)
        return Got(sha256, len(response.body), kind, *validators, name=disposition_name(response))

    def _file_done(self, key: str, result: Got | Trouble) -> None:
        errand = self._files[key]
        errand.result = result
        waiting, errand.waiting = errand.waiting, []
        for offer in waiting:
            self._settle_file(offer, result)

    def _settle_file(self, offer: Offer, result: Got | Trouble) -> None:
        if isinstance(result, Got):
            self._file_sighting(offer.sighting, result)
            return
        self._record(
            offer.sighting.model_copy(
                update={"outcome": result.outcome, "reason": result.reason, "detail": result.detail}
            )
        )

    def _file_sighting(self, sighting: Sighting, got: Got) -> None:
        said = sighting.link_text
        told = sighting.model_copy(
            update={
                "sha256": got.sha256, "size": got.size, "content_type": got.content_type, "etag": got.etag,
                "last_modified": got.last_modified, "detail": got.detail,
                "link_text": said if said and not titles.says_nothing(said) else got.name or said,
            }
        )  # fmt: skip
        self._record(told, changed=got.changed)

    # --- sightings -------------------------------------------------------------------------------------------------------------------

    def _page(self, response: Response) -> HtmlPage:
        return pages.read_page(response.body, response.url, header(response, "Content-Type") or "", self.portal.charset)

    def _sighting(
        self,
        listing: Listing,
        row: Row,
        verdict: TitleVerdict | None,
        article: Article | None = None,
        column: str | None = None,
    ) -> Sighting:
        published, source = (
            (article.published_at, article.date_source) if article else (row.shown, "list" if row.shown else None)
        )
        return Sighting(
            portal=self.portal.id, family=self.portal.family, list_url=listing.url, article_url=row.url, article_title=row.title,
            url=None, column_name=column or listing.hint.name, published_at=published, date_source=source,  # type: ignore[arg-type]
            source_org=article.source_org if article else None, region=self.portal.region,
            fiscal_year=verdict.fiscal_year if verdict else None, document_kind=verdict.document_kind if verdict else None,
            seen_at=now(), outcome="archived",
        )  # fmt: skip

    def _ignore(self, listing: Listing, row: Row, reason: Reason, detail: str) -> None:
        sighting = self._sighting(listing, row, None)
        self._record(sighting.model_copy(update={"outcome": "ignored", "reason": reason, "detail": detail}))

    def _record(self, sighting: Sighting, *, content_key: str | None = None, changed: bool = True) -> None:
        address = identity(sighting.url) if sighting.url else ""
        self.report(
            self.archive.ledger.record(self.run, sighting, address=address, content_key=content_key, changed=changed)
        )


def posted(request: Request, form: dict[str, str]) -> Request:
    """The same request as a POST of form fields; never conditional."""
    headers = request.headers.copy()
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return request.replace(method="POST", body=urlencode(form).encode("ascii"), headers=headers)


def _listed(row: Row) -> Article:
    """What a list says of an article whose own page cannot be had."""
    return Article(
        row.title, pages.Meta(), row.shown, "list" if row.shown else None, None, row.files, "", 0, False, False
    )


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other


def _more(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def folder_of(url: str) -> str:
    """The folder an address stands in, with its trailing slash: `http://x/a/b/index.html` → `http://x/a/b/`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rsplit('/', 1)[0]}/"
