"""`vsb`: 博达 (PORTALS §2.5). Pages are numbered from the end: page 1 is `<slug>.htm`, page 2 `<slug>/<total-1>.htm`, the last `1.htm`.

The number of a page therefore changes when the list grows; only the pager's "next" is followed. A list that grew a page while it
was read says another total then, and is read again.
"""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import urlsplit

from budget.printed_text import squeeze
from spiders.families.base import PortalSpider
from spiders.families.listing import Listing, ListPage
from spiders.reading.pages import HtmlPage, _select, read_rows, text_of

_PLACE = re.compile(r"(?<!\d)(\d{1,4})\s*/\s*(\d{1,4})(?!\d)")
_ROWS_TOTAL = re.compile(r"共\s*(\d{1,6})\s*(?:条|项|篇)")
_NEXT = re.compile(r"^(下一?页|下页|后页|next)[>›»]*$", re.IGNORECASE)


class VsbSpider(PortalSpider):
    family: ClassVar[str] = "vsb"
    article: ClassVar[re.Pattern[str]] = re.compile(
        r"/info/\d+/\d+\.htm|/content\.jsp\?.*wbnewsid=\d+|\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z)(?:[?#]|$)",
        re.IGNORECASE,
    )
    refers: ClassVar[frozenset[str]] = frozenset({"file"})
    """Without a Referer the download program answers with an error page and status 200."""

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage:
        folder = page.url.rsplit("/", 1)[0] + "/"
        rows = tuple(read_rows(page, self.portal.setting(listing.column, "row"), self.article, folder))
        shown = [
            squeeze(text_of(one)) for one in _select(page.tree, "span.p_t, .p_t, .pb_sys_common, .pages, .page, .Page")
        ]
        places = [found for text in shown if (found := _PLACE.search(text)) and int(found.group(1)) == number]
        total = int(places[0].group(2)) if places else None
        counts = [found for text in shown if (found := _ROWS_TOTAL.search(text))]
        return ListPage(rows, total, int(counts[0].group(1)) if counts else None, self._next(page))

    @staticmethod
    def _next(page: HtmlPage) -> str | None:
        links = _select(page.tree, ".p_next a, a.p_next, a.Next, a.next") or list(page.tree.iter("a"))
        for link in links:
            url = page.link(link.get("href"))
            if url and _NEXT.match(squeeze(text_of(link))) and urlsplit(url).path != "/" and url != page.url:
                return url
        return None
