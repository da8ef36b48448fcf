"""`hanweb_jpaas`: new 大汉 (PORTALS §2.4). Lists are empty script slots; each is filled from `build/unit` with the slot's own queryData.

The answer is JSON whose `data.html` holds records and pager. The server answers 403 without the column page as Referer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import urlencode

from scrapy.http import Request, Response

from budget.states import Reason
from spiders.families.base import PortalSpider, folder_of
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading import pages
from spiders.reading.pages import HtmlPage, read_page, read_rows, rows_of_fragment
from spiders.reading.scripts import NotALiteralError, read_literal

_COUNT = re.compile(r"""\bcount\s*=\s*["']?(\d{1,7})""")
_PAGE_SIZE = re.compile(r"""\bpage_?size\s*=\s*["']?(\d{1,4})""", re.IGNORECASE)
_A_LIST = re.compile(r"list|列表|信息|目录|公开", re.IGNORECASE)
A_PAGE = 20


class HanwebJpaasSpider(PortalSpider):
    family: ClassVar[str] = "hanweb_jpaas"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/art/\d{4}/(?:\d{1,2}/\d{1,2}/)?art_[\w-]+\.html|\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z)(?:[?#]|$)",
        re.IGNORECASE,
    )
    refers: ClassVar[frozenset[str]] = frozenset({"list", "file"})

    def first_pages(self, listing: Listing) -> Iterator[Request]:
        yield self.ask_list(listing, listing.url, 0)

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        if number == 0:
            return super().read_answer(response, listing, number)
        try:
            told = json.loads(pages.decode(response.body, "")[0])
            fragment = told["data"]["html"] or ""
        except (ValueError, KeyError, TypeError) as error:
            return Trouble("failed", Reason.HTTP_ERROR, f"no records from build/unit: {type(error).__name__} {error}")
        if not told.get("success", True):
            return Trouble(
                "failed", Reason.HTTP_ERROR, f"build/unit says no: {str(told.get('message') or told.get('msg'))[:120]}"
            )
        page = read_page(
            f"<html><body>{fragment}</body></html>".encode(), listing.said["page_url"], "text/html; charset=utf-8"
        )
        rows = tuple(rows_of_fragment(page, self.article))
        count, size = _COUNT.search(fragment), _PAGE_SIZE.search(fragment)
        rows_total = int(count.group(1)) if count else None
        a_page = int(size.group(1)) if size else listing.said.setdefault("a_page", len(rows) or A_PAGE)
        pages_total = -(-rows_total // a_page) if rows_total else None
        more = bool(rows) and (number < pages_total if pages_total is not None else True)
        return ListPage(rows, pages_total, rows_total, self._address(listing, number + 1) if more else None)

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        slots: dict[str, tuple[str, dict[str, str]]] = {}
        for script in page.tree.iter("script"):
            # libxml2 lowers the names of attributes
            query, url = script.get("querydata"), page.link(script.get("url"))
            if not query or not url:
                continue
            try:
                told = read_literal(query)
            except NotALiteralError as error:
                self.tally.problem(f"list {listing.url}: a slot's queryData cannot be read: {error}")
                continue
            fields = {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
            slots[json.dumps(fields, sort_keys=True, ensure_ascii=False)] = url, fields
        if not slots:
            rows = tuple(
                read_rows(page, self.portal.setting(listing.column, "row"), self.article, folder_of(listing.url))
            )
            if rows:
                self.tally.problem(
                    f"list {listing.url}: no build/unit slot; only the {len(rows)} entries printed on the page were read"
                )
                return ListPage(rows)
            return Trouble(
                "failed", Reason.HTTP_ERROR, f"no build/unit slot on the column's page ({self._marks(page)})"
            )
        likely = {
            key: slot
            for key, slot in slots.items()
            if "unitType" in slot[1] or _A_LIST.search(slot[1].get("tagId", ""))
        }
        chosen = likely or slots
        requests = []
        for part, (url, fields) in zip(self.parts(listing, chosen), chosen.values(), strict=True):
            part.said |= {"page_url": page.url, "unit": url, "fields": fields}
            requests.append(self.ask_list(part, self._address(part, 1), 1))
        return requests

    def _marks(self, page: HtmlPage) -> str:
        found = pages.page_title(page)[:60]
        return f"titled {found!r}"

    @staticmethod
    def _address(listing: Listing, number: int) -> str:
        size = {"pageNo": number, "pageSize": A_PAGE}
        asked = listing.said["fields"] | {"paramJson": json.dumps(size, separators=(",", ":"))}
        return f"{listing.said['unit']}?{urlencode(asked)}"
