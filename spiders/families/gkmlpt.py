"""`gkmlpt`: Guangdong's disclosure platform (PORTALS §2.6). The list is JSON by category; page 0 and page 1 are the same page.

`/gkmlpt/index#<category>` carries `window._CONFIG` with the site's number and the tree of categories; without a number in the
address the category is found in the tree by its name. A list names the attachments of its articles, whose own pages are read too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy.http import Request, Response

from budget.states import Reason
from spiders.families.base import PortalSpider
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading import pages
from spiders.reading.pages import Attachment, HtmlPage, Row
from spiders.reading.scripts import NotALiteralError, assigned
from spiders.rules import pattern, read_rules

_SID = re.compile(r"""\bSID["']?\s*:\s*["']?(\d{1,12})""")
_TREE = re.compile(r"""\bTREE["']?\s*:""")
_CHINA = timedelta(hours=8)
A_PAGE = 100


class GkmlptSpider(PortalSpider):
    family: ClassVar[str] = "gkmlpt"
    article: ClassVar[re.Pattern[str]] = re.compile(r"/post_\d+\.html", re.IGNORECASE)

    def first_pages(self, listing: Listing) -> Iterator[Request]:
        yield self.ask_list(listing, listing.url, 0)

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        if number == 0:
            return super().read_answer(response, listing, number)
        try:
            told = json.loads(pages.decode(response.body, "")[0])
            articles, total = told["articles"], told.get("classify", {}).get("post_count")
            rows = tuple(row for row in (_row(one, response.url) for one in articles) if row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Trouble("failed", Reason.HTTP_ERROR, f"no list of articles: {type(error).__name__} {error}")
        rows_total = int(total) if str(total).isdigit() else None
        a_page = listing.said.setdefault("a_page", max(len(articles), 1) if number == 1 else A_PAGE)
        pages_total = -(-rows_total // a_page) if rows_total is not None else None
        more = bool(rows) and (pages_total is None or number < pages_total)
        return ListPage(rows, pages_total or None, rows_total, listing.address_of(number + 1) if more else None)

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        sid = _SID.search(page.text)
        if sid is None:
            return Trouble("failed", Reason.HTTP_ERROR, "no window._CONFIG with a SID on the page of the platform")
        category = re.match(r"/?(\d+)", urlsplit(listing.url).fragment)
        number_of = category.group(1) if category else None
        if number_of is None:
            try:
                found = list(_categories(assigned(page.text, _TREE)))
            except NotALiteralError as error:
                return Trouble("failed", Reason.HTTP_ERROR, f"the tree of categories cannot be read: {error}")
            if not found:
                return Trouble(
                    "failed", Reason.HTTP_ERROR, "no category of budgets in the tree: name one, `…/index#<number>`"
                )
            parts = self.parts(listing, [number for number, _ in found])
            return [self._ask_category(one, page.url, one.part, sid.group(1)) for one in parts]
        return [self._ask_category(listing, page.url, number_of, sid.group(1))]

    def _ask_category(self, listing: Listing, page_url: str, category: str, sid: str) -> Request:
        home = page_url.split("/gkmlpt", 1)[0]
        listing.page_address = (f"{home}/gkmlpt/api/all/{category}?page=", f"&sid={sid}")
        return self.ask_list(listing, listing.address_of(1), 1)


def _categories(tree: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Number and name of every category that holds budgets, the topmost of each branch (its list holds those below)."""
    for node in tree if isinstance(tree, list) and depth < 10 else ():
        if not isinstance(node, dict):
            continue
        name = str(node.get("name") or "")
        if pattern(read_rules("families")["category"]["pattern"]).search(name) and str(node.get("id") or "").isdigit():
            yield str(node["id"]), name
        else:
            yield from _categories(node.get("children"), depth + 1)


def _row(told: dict[str, Any], base: str) -> Row | None:
    url = pages.resolve(base, told.get("url") or told.get("post_url"))
    if url is None:
        return None
    files = []
    for one in told.get("attachment") or ():
        file = pages.resolve(base, one.get("url"))
        if file:
            name = str(one.get("name") or "")
            files.append(Attachment(file, name, "direct", pages.refusal(file, name)))
    return Row(url, " ".join(str(told.get("title") or "").split()), _day(told), tuple(files))


def _day(told: dict[str, Any]) -> date | None:
    shown = pages.read_date(str(told.get("display_publish_time") or told.get("created_at") or ""))
    stamp = str(told.get("date") or "")
    if shown is None and stamp.isdigit() and len(stamp) <= 11:
        return (datetime.fromtimestamp(int(stamp), UTC) + _CHINA).date()
    return shown
