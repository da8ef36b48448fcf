"""`hanweb_jpage`: 大汉, classic (PORTALS §2.3). The first records stand in a script-typed XML island of the column page, the others
come from `dataproxy.jsp` in one of two styles: pages (`page=N`, its address in `<nextgroup>`), or records (`startrecord`, `endrecord`).

Whether records are counted from 0 or from 1 differs by site and nobody says it: every request begins with the last record that
is known, so that neither way loses one.
"""

from __future__ import annotations

import html
import re
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from scrapy.http import Request, Response

from budget.states import Reason
from spiders.families.base import PortalSpider, folder_of
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading import pages
from spiders.reading.addresses import identity
from spiders.reading.pages import HtmlPage, Row, read_page, read_rows, rows_of_fragment

_HREF = re.compile(r"href\s*=\s*[\"']([^\"']{1,1500})[\"']", re.IGNORECASE)
_TOTAL = re.compile(r"<totalrecord>\s*(\d{1,7})|\btotalrecord[\"']?\s*[:=]\s*[\"']?(\d{1,7})", re.IGNORECASE)
_PAGES = re.compile(r"<totalpage>\s*(\d{1,6})|\btotalpage[\"']?\s*[:=]\s*[\"']?(\d{1,6})", re.IGNORECASE)
_A_PAGE = re.compile(r"\bperpage[\"']?\s*[:=]\s*[\"']?(\d{1,4})", re.IGNORECASE)
_PROXY = re.compile(r"[\"']([^\"'&]{0,200}/jpage/dataproxy\.jsp)")
_FIELD = r"\b{}[\"']?\s*[:=]\s*[\"']?([^\"'&,;}}\s<>]{{0,80}})"
_FIELDS = ("appid", "webid", "path", "columnid", "sourceContentType", "unitid", "webname", "permissiontype")
_PAGE_FIELDS = ("webid", "columnid", "unitid", "webname", "path", "permissiontype")
GROUP = 45


class HanwebJpageSpider(PortalSpider):
    family: ClassVar[str] = "hanweb_jpage"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/art/\d{4}/(?:\d{1,2}/\d{1,2}/)?art_[\w-]+\.html|/art_\d+_\d+\.html|\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z)(?:[?#]|$)",
        re.IGNORECASE,
    )
    refers: ClassVar[frozenset[str]] = frozenset({"list"})

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        if number <= 1:
            return super().read_answer(response, listing, number)
        text, _ = pages.decode(response.body, "")
        stores = elements(unescaped(text), "datastore")
        found = self._page_of(stores[0], response.url, listing, number) if stores else None
        if (found is None or not found.rows) and (other := self._other_style(response.url, listing, number)):
            return [self.ask_list(listing, other, number)]
        if found is None:
            return Trouble(
                "failed",
                Reason.HTTP_ERROR,
                f"{len(response.body)} bytes without a <datastore> where records were expected",
            )
        return found

    def _other_style(self, asked: str, listing: Listing, number: int) -> str | None:
        """The same records asked for in the style that was not tried; None when it was, or when all that is told has come."""
        said = listing.said
        shown, total = len(said["read"]), said.get("rows_total")
        if said.get("style") or (total is not None and shown >= total):
            return None
        if "startrecord" in dict(parse_qsl(urlsplit(asked).query)):
            said["style"] = "pages"
            fields = {name: said["fields"][name] for name in _PAGE_FIELDS}
            return f"{said['proxy']}?{urlencode({'page': number} | fields)}"
        said["style"] = "records"
        return self._records_after(listing, said["page_url"], shown)

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage:
        # a page has islands for its news boxes too: the list is the one with most records
        # a page saved by a browser carries it escaped
        text = unescaped(page.text)
        island = max(elements(text, "datastore"), key=lambda one: one.lower().count("<record>"), default="")
        self._learn_fields(page, text, island, listing)
        first = self._page_of(island, page.url, listing, number)
        if first.rows:
            return first
        # an empty record set although the column's own HTML has links (山东省)
        rows = read_rows(page, self.portal.setting(listing.column, "row"), self.article, folder_of(listing.url))
        return ListPage(
            tuple(rows),
            first.pages_total,
            first.rows_total,
            first.next_url or self._records_after(listing, page.url, len(rows)),
        )

    def _learn_fields(self, page: HtmlPage, text: str, island: str, listing: Listing) -> None:
        source = text if not island else text[max(0, text.find(island) - 4000) :]
        fields = {}
        for name in _FIELDS:
            values = re.findall(_FIELD.format(name), source)
            fields[name] = next((value for value in values if value), "")
        column = re.search(r"/col/col(\d+)", page.url)
        fields["columnid"] = fields["columnid"] or (column.group(1) if column else "")
        proxy = _PROXY.search(text)
        total, each = _number(_TOTAL, source), _A_PAGE.search(source)
        listing.said |= {
            "proxy": urljoin(page.url, proxy.group(1) if proxy else "/module/web/jpage/dataproxy.jsp"), "fields": fields,
            "rows_total": total, "a_page": int(each.group(1)) if each else 15,
            "page_url": page.url, "proxied": proxy is not None or bool(fields["unitid"]),
        }  # fmt: skip

    def _page_of(self, store: str, url: str, listing: Listing, number: int) -> ListPage:
        fragments = "".join(
            one.strip().removeprefix("<![CDATA[").removesuffix("]]>") for one in elements(store, "record")
        )
        page = read_page(
            f"<html><body>{fragments}</body></html>".encode(),
            listing.said.get("page_url", url),
            "text/html; charset=utf-8",
        )
        rows: tuple[Row, ...] = tuple(rows_of_fragment(page))
        total = _number(_TOTAL, store)
        if total is None:
            total = listing.said.get("rows_total")
        listing.said["rows_total"] = total
        # of this reading: a list that is read again because it moved is read to its end
        read: set[str] = listing.said.get("read", set()) if number > 1 else set()
        listing.said["read"] = read | {identity(row.url) for row in rows}
        shown = len(listing.said["read"])
        following = None
        if rows and (total is None or shown < total):
            group = _HREF.search("".join(elements(store, "nextgroup")[:1]))
            link = page.link(group.group(1).replace("&amp;", "&")) if group else url if number > 1 else None
            style = listing.said.get("style")
            group_url = self._group_after(link, url) if style != "records" else None
            following = group_url or (self._records_after(listing, url, len(rows)) if style != "pages" else None)
        return ListPage(rows, None, total, following)

    @staticmethod
    def _group_after(link: str | None, asked: str) -> str | None:
        """The next group by pages (style b). A proxy that says no next group, or the one it was asked for, is told the number."""
        parts = urlsplit(link or "")
        pairs = dict(parse_qsl(parts.query, keep_blank_values=True))
        if "page" not in pairs:
            return None
        before = dict(parse_qsl(urlsplit(asked).query)).get("page")
        if before is not None and pairs.get("page") == before and before.isdigit():
            pairs["page"] = str(int(before) + 1)
        return parts._replace(query=urlencode(pairs)).geturl()

    @staticmethod
    def _records_after(listing: Listing, asked_url: str, came: int) -> str | None:
        """The next records by number (style a), beginning with the last that came."""
        said = listing.said
        total = said.get("rows_total")
        asked = dict(parse_qsl(urlsplit(asked_url).query)).get("startrecord", "")
        start = int(asked) + came - 1 if asked.isdigit() else came
        if not said.get("proxied") or total is None or start > total or came < (2 if asked else 1):
            return None
        record = {
            "startrecord": str(start),
            "endrecord": str(min(start + GROUP, total)),
            "perpage": str(said["a_page"]),
        }
        column = re.search(r"/col/col(\d+)", said["page_url"])
        record |= {"col": "1"} | said["fields"] | ({"columnid": column.group(1)} if column else {})
        return f"{said['proxy']}?{urlencode(record)}"


def unescaped(text: str) -> str:
    """A text whose island stands in it with its marks escaped (`&lt;datastore&gt;`), undone once."""
    return html.unescape(text) if "<datastore" not in text and "&lt;datastore" in text else text


def elements(text: str, name: str) -> list[str]:
    """What stands inside every `<name>…</name>` of a text, in order; in linear time, an element without end is none."""
    lowered, found, at = text.lower(), [], 0
    if len(lowered) != len(text):
        lowered = text
    opening, closing = re.compile(rf"<{name}(?:\s[^<>]{{0,500}})?>"), f"</{name}>"
    while (begin := opening.search(lowered, at)) and (end := lowered.find(closing, begin.end())) >= 0:
        found.append(text[begin.end() : end])
        at = end + len(closing)
    return found


def _number(expression: re.Pattern[str], text: str) -> int | None:
    found = expression.search(text)
    return int(next(one for one in found.groups() if one)) if found else None
