"""`query_list`: lists made by a program (ASP.NET, PHP, JSP) and everything that no other family knows (PORTALS §2.11).

One generic spider, told by the portal's YAML what cannot be found: `row` (entries), `detail` (address of an article), `page_param`
(name of the page number in the query). The next page is, in this order: the link labelled 下一页; the page parameter counted up;
the postback that stands behind 下一页 (ASP.NET); the file numbered next (`1.html` → `2.html`) that the page links to.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from scrapy.http import Request

from budget.printed_text import squeeze
from spiders.families.base import PortalSpider, folder_of
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading.pages import HtmlPage, Row, read_rows, text_of

_NEXT = re.compile(r"^(下一?页|下页|后一?页|后页|next(page)?|[>›»]|&gt;)[>›»]*$", re.IGNORECASE)
_POSTBACK = re.compile(
    r"__doPostBack\(\s*(?:&#39;|['\"])([^'\"&]{1,200})(?:&#39;|['\"])\s*,\s*(?:&#39;|['\"])([^'\"&]{0,200})"
)
_PAGES = re.compile(
    r"共\s*(\d{1,4})\s*页|(?:第?\s*\d{1,4}\s*页?\s*/\s*共?\s*(\d{1,4})\s*页?)|总页数\s*[:：]?\s*(\d{1,4})"
)
_ROWS = re.compile(r"共\s*(?:有)?\s*(\d{1,6})\s*(?:条|项|篇)|总记录数?\s*[:：]?\s*(\d{1,6})")
_PAGE_NAMES = re.compile(r"^(page|pageno|pageindex|pagenum|p|pageid|curpage|currentpage|pagenumber|pn)$", re.IGNORECASE)
_NUMBERED = re.compile(r"^(.*?)(\d{1,4})(\.s?html?)$")
FILES = r"\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z)(?:[?#]|$)"


class QueryListSpider(PortalSpider):
    family: ClassVar[str] = "query_list"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:show|detail|view|content|info|article|news|read|xx)[\w/]*\.(?:aspx?|php|jspx?|do|action|thtml)\b.*[?&]\w*id=[\w-]+"
        r"|[?&](?:id|newsid|infoid|articleid|contentid|uuid|guid)=[\w-]+|/\w*(?:show|detail|view|article|content|info|news)\w*/[\w-]{1,40}(?:\.s?html?)?$"
        r"|/[0-9a-f]{24,36}\.s?html?$|/\d{4}/?\d{2}/?\d{2}/[\w-]+\.s?html?$|/\d{4,}\.s?html?$|/art/\d{4}/|/t\d{8}_\d+\.|"
        + FILES,
        re.IGNORECASE,
    )

    @cached_property
    def detail(self) -> re.Pattern[str]:
        """What the address of an article looks like: as the YAML says, or as such products usually have it."""
        told = self.portal.detail
        return re.compile(f"{told}|{FILES}", re.IGNORECASE) if told else self.article

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        if number == 1:
            # where a stub or redirect has led: its pager speaks of that address
            listing.said["home"] = page.url
        rows = self._rows(page, listing)
        shown = text_of(page.tree)
        pages_total, rows_total = _first(_PAGES, shown), _first(_ROWS, shown)
        following, form = self._next(page, listing, number, pages_total)
        return ListPage(tuple(rows), pages_total, rows_total, following if rows else None, form)

    def _rows(self, page: HtmlPage, listing: Listing) -> list[Row]:
        rows = read_rows(page, self.portal.setting(listing.column, "row"), self.detail, folder_of(listing.url))
        # a page's own number is no entry: x_list.aspx?category_id=221&page=2
        here = urlsplit(listing.url).path
        return [row for row in rows if not (urlsplit(row.url).path == here and not self.portal.detail)]

    def _next(
        self, page: HtmlPage, listing: Listing, number: int, total: int | None
    ) -> tuple[str | None, dict[str, str] | None]:
        if total is not None and number >= total:
            return None, None
        param = self.portal.page_param
        links = [link for link in page.tree.iter("a") if _NEXT.match(squeeze(text_of(link) or link.get("title")))]
        for link in links:
            url = page.link(link.get("href"))
            if url and url != page.url and urlsplit(url).path != "/":
                return url, None
        if param is None and (total or 0) > 1:
            param = self._param_in_use(page, listing)
        if param is not None:
            return _with(str(listing.said.get("home", listing.url)), param, str(number + 1)), None
        for link in links or page.tree.iter("a"):
            script = f"{link.get('href') or ''} {link.get('onclick') or ''}"
            if (found := _POSTBACK.search(script)) and (link in links or squeeze(text_of(link)) == str(number + 1)):
                return self._posted(page, found.group(1), found.group(2))
        numbered = _NUMBERED.match(page.url)
        if numbered and int(numbered.group(2)) == number:
            wanted = f"{numbered.group(1)}{number + 1}{numbered.group(3)}"
            if any(page.link(link.get("href")) == wanted for link in page.tree.iter("a")):
                return wanted, None
        return None, None

    @staticmethod
    def _param_in_use(page: HtmlPage, listing: Listing) -> str | None:
        """The name of the page number in the links of the pager: they lead to the list itself and differ in it."""
        here = urlsplit(str(listing.said.get("home", listing.url)))
        for link in page.tree.iter("a"):
            parts = urlsplit(page.link(link.get("href")) or "")
            if parts.netloc == here.netloc and parts.path == here.path:
                for name, value in parse_qsl(parts.query):
                    if _PAGE_NAMES.match(name) and value.isdigit():
                        return name
        return None

    @staticmethod
    def _posted(page: HtmlPage, target: str, argument: str) -> tuple[str | None, dict[str, str] | None]:
        """The form that a postback would send: every hidden field as the page gave it."""
        form = {
            str(field.get("name")): str(field.get("value") or "")
            for field in page.tree.iter("input")
            if field.get("name") and (field.get("type") or "text").lower() in ("hidden", "text")
        }
        action = next((one.get("action") for one in page.tree.iter("form") if one.get("action")), None)
        return urljoin(page.url, action or page.url), form | {"__EVENTTARGET": target, "__EVENTARGUMENT": argument}


def _first(expression: re.Pattern[str], text: str) -> int | None:
    found = expression.search(text)
    return int(next(one for one in found.groups() if one)) if found else None


def _with(url: str, param: str, value: str) -> str:
    parts = urlsplit(url)
    pairs = [(name, old) for name, old in parse_qsl(parts.query, keep_blank_values=True) if name != param]
    return parts._replace(query=urlencode([*pairs, (param, value)]), fragment="").geturl()
