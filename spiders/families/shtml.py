"""`shtml`: TRS 海云 and its like (PORTALS §2.2). Lists are files `<template>.shtml`, `<template>_2.shtml` …, counted from 1, or JSON by channel.

The six-argument `createPageHTML` says pages and records. Where a page prints no entries itself, its channel (`<meta
name="channelid">`) is asked at `/common/search/<channel>`, page by page.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar
from urllib.parse import urljoin

from scrapy.http import Request, Response

from budget.states import Reason
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.families.static_pager import StaticPagerSpider
from spiders.reading import pages
from spiders.reading.addresses import extension
from spiders.reading.pages import Attachment, HtmlPage, Row

_CHANNEL = re.compile(r"/(?:common/search|searchList)/([0-9a-f]{32})")
_SEARCH = re.compile(r"/searchList/[0-9a-f]{32}")
A_PAGE = 50


class ShtmlSpider(StaticPagerSpider):
    family: ClassVar[str] = "shtml"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/\d{6}/[0-9a-f]{32}\.s?html?|/\d{4}/\d{1,2}/\d{1,2}/[0-9a-f]{32}\.s?html?|/c\d+/c?\w+/content\.s?html?"
        r"|/\d{8}/[0-9a-f]{32}\.html|/\d{4}-\d{2}/\d{2}/content_\w+\.s?html?|/doc/\d{4}/\d{2}/\d{2}/\d+\.s?html?"
        r"|\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z)(?:[?#]|$)",
        re.IGNORECASE,
    )

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        if "channel" not in listing.said:
            return super().read_answer(response, listing, number)
        try:
            data = json.loads(pages.decode(response.body, "")[0])["data"]
            rows = tuple(row for row in (_row(one, response.url) for one in data["results"] or ()) if row)
            told = str(data.get("total", ""))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            printed: ListPage = listing.said["printed"]
            if number == 1 and printed.rows:
                self._list_problem(
                    listing,
                    f"list {listing.url}: its channel does not answer ({type(error).__name__}), only the {len(printed.rows)} "
                    "entries printed on the page were read",
                )
                return printed
            return Trouble("failed", Reason.HTTP_ERROR, f"no results of the channel: {type(error).__name__} {error}")
        rows_total = int(told) if told.isdigit() else None
        # the server may give fewer than it was asked for
        a_page = listing.said.setdefault("a_page", len(rows) or A_PAGE)
        total = -(-rows_total // a_page) if rows_total is not None else None
        more = bool(rows) and (total is None or number < total)
        return ListPage(rows, total or None, rows_total, listing.address_of(number + 1) if more else None)

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        static = super().read_list(page, listing, number)
        if not isinstance(static, ListPage) or number > 1:
            return static
        # a file that the template links is no entry; entries without a pager may be the newest of many
        entries = [row for row in static.rows if not extension(row.url)]
        if entries and (static.pages_total is not None or static.next_url is not None):
            return static
        channel = _CHANNEL.search(page.text)
        told = pages.meta_value(page, "channelid")
        guid = channel.group(1) if channel else told if told and re.fullmatch(r"[0-9a-f]{32}", told) else None
        if guid is None:
            return static
        path = f"/searchList/{guid}" if _SEARCH.search(page.text) else f"/common/search/{guid}"
        query = f"_isAgg=true&_isJson=true&_pageSize={A_PAGE}&_template=index&_channelName=&page="
        listing.said |= {"channel": guid, "printed": static}
        listing.page_address, listing.page_offset = (f"{urljoin(page.url, path)}?{query}", ""), 0
        return [self.ask_list(listing, listing.address_of(1), 1)]


def _row(told: dict[str, Any], base: str) -> Row | None:
    url = pages.resolve(base, told.get("url"))
    if url is None:
        return None
    files = []
    for one in told.get("resList") or ():
        # the keys of an attachment are not the same everywhere
        name = next((str(one[key]) for key in ("fileName", "name", "title", "originalName") if one.get(key)), "")
        file = pages.resolve(
            url, next((str(one[key]) for key in ("url", "filePath", "path", "fileUrl") if one.get(key)), None)
        )
        if file and pages.is_file_address(file, name):
            files.append(Attachment(file, name, "direct", pages.refusal(file, name)))
    shown = pages.read_date(str(told.get("publishedTimeStr") or told.get("publishedTime") or ""))
    return Row(url, " ".join(str(told.get("title") or "").split()), shown, tuple(files))
