"""`static_pager`: lists published as files, `index.html` and `index_<k>.html` beside it (TRS WCM, Guangdong NFCMS; PORTALS §2.1).

How many pages there are stands only in a script call, `createPageHTML`, whose arguments come in two orders. `first_suffix` says
which number page 2 carries: 1 (TRS: `index_1.html`), 2 (NFCMS and the six-argument call).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urljoin, urlsplit

from scrapy.http import Request

from spiders.families.base import PortalSpider, folder_of
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading.pages import HtmlPage, Row, read_rows, text_of

# a call, not `function createPageHTML(…)`; arguments may span lines
_CALL = re.compile(r"(?<!function )(?<![\w.])createPageHTML\s*\(([^()]{1,300})\)")
_LINE_COMMENT = re.compile(r"(?<![:\"'])//[^\n]*")
# Guangdong's NFCMS computes the pages in the script: entries by entries a page
_COMPUTED = re.compile(r"Math\s*\.\s*ceil\s*\(\s*(\d{1,6})\s*/\s*([1-9]\d{0,3})\s*\)")
_CALLED = re.compile(r"(?<!function )(?<![\w.])createPageHTML\s*\(")
_ROWS_TOTAL = re.compile(r"共\s*(?:有)?\s*(\d{1,6})\s*(?:条|项|篇)(?:记录|信息|数据)?")
_PAGES_TOTAL = re.compile(r"共\s*(\d{1,4})\s*页")


@dataclass(frozen=True, slots=True)
class Pager:
    """What a list says about its pages. `total` counts pages; `first_suffix` is the number in the address of page 2."""

    total: int
    first_suffix: int
    name: str = "index"
    extension: str = "html"
    rows_total: int | None = None


def without_comments(script: str) -> str:
    """A script without its comments, in linear time; one without end is none."""
    kept, at = [], 0
    while (begin := script.find("/*", at)) >= 0 and (end := script.find("*/", begin + 2)) >= 0:
        kept += [script[at:begin], " "]
        at = end + 2
    return _LINE_COMMENT.sub(" ", "".join([*kept, script[at:]]))


def read_pager(text: str) -> Pager | None:
    """The pager of a list page: `createPageHTML(6, 0, "index", "html")` or
    `createPageHTML('page_div', 2, 1, 'nav_list', 'shtml', 22)`; None when no call has plain numbers.

    The order is told by the first argument: a number means total first, 0-based, `_1` is page 2; a name of an element means
    1-based, `_2` is page 2. A call with names for its numbers is read where the script computes them from plain ones
    (`Math.ceil(29/20)`, 1-based).
    """
    script = without_comments(text)
    for call in _CALL.finditer(script):
        arguments = [part.strip() for part in call.group(1).split(",")]
        numbers = [int(part) for part in arguments if re.fullmatch(r"\d{1,6}", part)]
        words = [part[1:-1] for part in arguments if re.fullmatch(r"""(["'])[\w./-]{0,80}\1""", part)]
        if len(numbers) < 2 or len(numbers) + len(words) != len(arguments):
            continue
        element_first = not arguments[0].isdigit()
        words = words[1:] if element_first else words
        name = words[0] if words and re.fullmatch(r"[\w-]+", words[0]) else "index"
        extension = words[1].lstrip(".") if len(words) > 1 and re.fullmatch(r"\.?\w{2,5}", words[1]) else "html"
        rows = numbers[2] if len(numbers) > 2 else None
        return Pager(max(numbers[0], 1), 2 if element_first else 1, name, extension, rows)
    computed = _COMPUTED.search(script)
    if computed and _CALLED.search(script):
        rows, a_page = int(computed.group(1)), int(computed.group(2))
        return Pager(max(-(-rows // a_page), 1), 2, rows_total=rows)
    return None


class StaticPagerSpider(PortalSpider):
    """Lists as static files. Pages are asked for one after the other, so that a lying pager is noticed at the first repeat."""

    family: ClassVar[str] = "static_pager"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/\d{6}/t\d{8}_\d+\.s?html?$|/content/m?post_\d+\.html?$|/t?\d{6,8}[/_][\w-]+\.s?html?$"
        r"|\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z)(?:[?#]|$)|/\d{4,}(?:/\d+)*/\d+\.s?html?$",
        re.IGNORECASE,
    )

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        rows = tuple(self._rows(page, listing))
        pager = read_pager(page.text)
        if pager is None and number == 1 and _CALLED.search(without_comments(page.text)):
            self.tally.problem(f"list {listing.url}: its pager cannot be read, further pages may be missing")
        suffix = self.portal.setting(listing.column, "first_suffix")
        if suffix is None and pager:
            suffix = pager.first_suffix
        total, rows_total = self._totals(page, pager)
        if pager:
            following = number < pager.total
            name, extension = pager.name, pager.extension
        else:
            name, extension = "index", self._extension(page)
            following = self._links_to(page, name, extension, number + (suffix if suffix is not None else 2) - 1)
            if suffix is None and number == 1 and not following:
                # no script and no suffix told: the pager's own links say whether page 2 is _1 or _2
                if self._links_to(page, name, extension, 1):
                    suffix, following = 1, True
            elif suffix is None and listing.pages_read:
                suffix = self._suffix_in_use(page, number)
                following = self._links_to(page, name, extension, number + suffix - 1)
            suffix = 2 if suffix is None else suffix
        listing.page_address, listing.page_offset = (f"{folder_of(page.url)}{name}_", f".{extension}"), suffix - 2
        next_url = listing.address_of(number + 1) if following else None
        return ListPage(rows, total, rows_total, next_url)

    def _rows(self, page: HtmlPage, listing: Listing) -> list[Row]:
        selector = self.portal.setting(listing.column, "row")
        rows = read_rows(page, selector, self.article, folder_of(listing.url))
        if listing.depth > 0 and not selector:
            known = {row.url for row in rows}
            for link in page.tree.iter("a"):
                url = page.link(link.get("href"))
                # folders often stand in a menu (长沙): being below the list is enough
                if url and url not in known:
                    row = Row(url, (link.get("title") or "").strip() or text_of(link))
                    if row.title and self.is_folder(row, listing):
                        known.add(url)
                        rows.append(row)
        return rows

    def _totals(self, page: HtmlPage, pager: Pager | None) -> tuple[int | None, int | None]:
        shown = text_of(page.tree)
        rows, pages = _ROWS_TOTAL.search(shown), _PAGES_TOTAL.search(shown)
        total = pager.total if pager else int(pages.group(1)) if pages else None
        rows_total = (
            pager.rows_total if pager and pager.rows_total is not None else int(rows.group(1)) if rows else None
        )
        return total, rows_total

    @staticmethod
    def _extension(page: HtmlPage) -> str:
        found = re.search(r"\.(s?html?)$", urlsplit(page.url).path)
        return found.group(1) if found else "html"

    @staticmethod
    def _links_to(page: HtmlPage, name: str, extension: str, number: int) -> bool:
        """Whether the page links to this page number (links only: `index_351.html` elsewhere is a column's id)."""
        wanted = urljoin(folder_of(page.url), f"{name}_{number}.{extension}")
        return any(page.link(link.get("href")) == wanted for link in page.tree.iter("a"))

    @staticmethod
    def _suffix_in_use(page: HtmlPage, number: int) -> int:
        found = re.search(r"_(\d+)\.s?html?$", urlsplit(page.url).path)
        return int(found.group(1)) - number + 2 if found else 2
