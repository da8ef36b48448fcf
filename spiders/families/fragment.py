"""`fragment`: lists that a page fetches piece by piece, three products (PORTALS §2.7–2.9): blocks by UUID, 龙讯, gongkai.

blocks by UUID  the column page names template and block; `/columns/…/templates/…/blocks/…?page=N` answers `<li>`s
龙讯            `/site/label/8888?labelName=publicInfoList&…&pageIndex=N` answers `<li>`s with titles cut to `length`
gongkai         `/gongkai/script_<channel>.js?size=0&size=N` sets `window["<channel>"] = {channel, items}`

None of the first two says how many pages there are: an empty page is the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from scrapy.http import Request, Response

from budget.printed_text import squeeze
from budget.states import Reason
from spiders.families.base import PortalSpider, folder_of
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading import pages
from spiders.reading.addresses import identity
from spiders.reading.pages import HtmlPage, Row, read_page, read_rows, rows_of_fragment, text_of
from spiders.reading.scripts import NotALiteralError, assigned
from spiders.requests.middlewares import header
from spiders.rules import pattern, read_rules

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_BLOCK = re.compile(rf"(?:/columns/({_UUID}))?/templates/({_UUID})/blocks/({_UUID})", re.IGNORECASE)
_TEMPLATE = re.compile(rf"\btemplate[_-]?(?:id|uuid|guid)?[\"']?\s*[:=]\s*[\"']({_UUID})", re.IGNORECASE)
_BLOCK_ID = re.compile(rf"\bblock[_-]?(?:id|uuid|guid)?[\"']?\s*[:=]\s*[\"']({_UUID})", re.IGNORECASE)
_COLUMN = re.compile(rf"/columns/({_UUID})", re.IGNORECASE)
_SITE = re.compile(r"\bsiteId[\"']?\s*[:=]\s*[\"']?(\d{1,12})")
_LABEL = re.compile(r"[\"']([^\"'\s<>]{0,100}/site/label/\d+)")
_CUT_AT = re.compile(r"\blength[\"']?\s*[:=]\s*[\"']?(\d{1,4})")
_FILE = re.compile(r"\bfile[\"']?\s*[:=]\s*[\"'](/[\w/.-]{1,80})")
_HIDDEN = re.compile(r"目录\s*id\s*已隐藏|栏目(已)?隐藏", re.IGNORECASE)
_SCRIPT = re.compile(r"script_(channel_[\w.]{1,120}?)\.js")
_FOLDER = re.compile(r"[\w./-]{0,80}$")
_CHANNEL = re.compile(r"/gongkai/(?:site_[\w.]+/)?(channel_[\w.]+?)(?:/|$)")
MANY = 2000


class FragmentSpider(PortalSpider):
    family: ClassVar[str] = "fragment"
    article: ClassVar[re.Pattern[str]] = re.compile(
        rf"/columns/{_UUID}/\d{{6}}/\d{{2}}/{_UUID}\.html|/public/\d+/\d+\.html|/content/article/\d+|/doc_[0-9a-f]+\.html"
        r"|/open(?:ness)?Content/[\w/]*\d+\.html|\.(?:pdf|docx?|xlsx?|wps|et|ofd|zip|rar|7z)(?:[?#]|$)",
        re.IGNORECASE,
    )

    def first_pages(self, listing: Listing) -> Iterator[Request]:
        yield self.ask_list(listing, listing.url, 0)

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        if number == 0:
            return super().read_answer(response, listing, number)
        text, _ = pages.decode(response.body, header(response, "Content-Type") or "", self.portal.charset)
        if "channel" in listing.said:
            return self._items(text, listing, response.url)
        if _HIDDEN.search(text[:4000]):
            return Trouble("failed", Reason.HTTP_ERROR, f"the portal hides this category: {squeeze(text)[:60]!r}")
        page = read_page(
            f"<html><body>{text}</body></html>".encode(), listing.said["page_url"], "text/html; charset=utf-8"
        )
        rows = rows_of_fragment(page, self.article)
        if cut := listing.said.get("cut_at"):
            rows = [Row(row.url, row.title, row.shown, cut=len(row.title) >= cut - 2) for row in rows]
        return ListPage(tuple(rows), next_url=listing.address_of(number + 1) if rows else None)

    def read_list(self, page: HtmlPage, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        if _HIDDEN.search(page.text[:4000]):
            return Trouble(
                "failed", Reason.HTTP_ERROR, f"the portal hides this category: {squeeze(text_of(page.tree))[:60]!r}"
            )
        listing.said["page_url"] = page.url
        for dialect in (self._blocks, self._gongkai, self._lonsun):
            requests = dialect(page, listing)
            if requests is not None:
                return requests
        rows = tuple(read_rows(page, self.portal.setting(listing.column, "row"), self.article, folder_of(listing.url)))
        if rows:
            self.tally.problem(
                f"list {listing.url}: only the {len(rows)} entries printed on the page were read; nothing says how to ask for more"
            )
            return ListPage(rows)
        return Trouble(
            "failed",
            Reason.HTTP_ERROR,
            f"nothing on the page says where its list comes from (titled {pages.page_title(page)[:60]!r})",
        )

    # --- blocks by UUID ----------------------------------------------------------------------------------------------------------

    def _blocks(self, page: HtmlPage, listing: Listing) -> list[Request] | None:
        own = _COLUMN.search(listing.url) or _COLUMN.search(page.url)
        if own is None:
            return None
        paths: dict[str, None] = {}
        for found in _BLOCK.finditer(page.text):
            column = found.group(1) or own.group(1)
            if column.lower() == own.group(1).lower():
                paths[f"/columns/{column}/templates/{found.group(2)}/blocks/{found.group(3)}"] = None
        if not paths and (template := _TEMPLATE.search(page.text)):
            paths = {
                f"/columns/{own.group(1)}/templates/{template.group(1)}/blocks/{block}": None
                for block in _BLOCK_ID.findall(page.text)
            }
        if not paths:
            return None
        requests = []
        for part in self.parts(listing, paths):
            part.page_address = (f"{urljoin(page.url, part.part)}?page=", "&fix=0")
            requests.append(self.ask_list(part, part.address_of(1), 1))
        return requests

    # --- 龙讯 ----------------------------------------------------------------------------------------------------------------------

    def _lonsun(self, page: HtmlPage, listing: Listing) -> list[Request] | None:
        query = {name.lower(): value for name, value in parse_qsl(urlsplit(listing.url).query)}
        organ = re.search(r"/(?:public|content)/column/(\d+)", urlsplit(listing.url).path)
        label = _LABEL.search(page.text)
        if organ is None and label is None:
            return None
        site, cut, file = _SITE.search(page.text), _CUT_AT.search(page.text), _FILE.search(page.text)
        listing.said["cut_at"] = int(cut.group(1)) if cut else 50
        asked = {
            "IsAjax": "1", "dataType": "html", "_": "0.1", "labelName": "publicInfoList", "siteId": site.group(1) if site else "",
            "pageSize": "15", "action": query.get("action", "list"), "isDate": "true", "dateFormat": "yyyy-MM-dd",
            "length": str(listing.said["cut_at"]), "organId": organ.group(1) if organ else query.get("organid", ""),
            "type": query.get("type", "4"), "catId": query.get("catid", ""), "cId": "", "result": "暂无相关信息",
            "file": file.group(1) if file else "/xxgk/publicInfoList_newest2020",
        }  # fmt: skip
        address = urljoin(page.url, label.group(1) if label else "/site/label/8888")
        listing.page_address = (f"{address}?{urlencode(asked)}&pageIndex=", "")
        listing.said["asked_for"] = 15
        return [self.ask_list(listing, listing.address_of(1), 1)]

    # --- gongkai -------------------------------------------------------------------------------------------------------------------

    def _gongkai(self, page: HtmlPage, listing: Listing) -> list[Request] | None:
        own = _CHANNEL.search(urlsplit(listing.url).path)
        if own is None:
            return None
        rows = read_rows(page, self.portal.setting(listing.column, "row"), self.article, folder_of(listing.url))
        # the page's own entries are few and newest; they stand in for a script that fails
        listing.said |= {"channel": own.group(1), "printed": rows, "page": page}
        script = next((found for found in _SCRIPT.finditer(page.text) if found.group(1) == own.group(1)), None)
        before = _FOLDER.search(page.text[max(0, script.start() - 80) : script.start()]) if script else None
        folder = before.group() if before else "/gongkai/"
        return [self.ask_list(listing, f"{urljoin(page.url, folder)}script_{own.group(1)}.js?size=0&size={MANY}", 1)]

    def _items(self, text: str, listing: Listing, url: str) -> ListPage | Trouble | list[Request]:
        name = re.compile(rf"""window\[\s*["']{re.escape(listing.said["channel"])}["']\s*\]\s*=""")
        try:
            items = assigned(text, name)["items"]
        except (NotALiteralError, KeyError, TypeError) as error:
            return Trouble(
                "failed", Reason.HTTP_ERROR, f"the channel's script has no items: {type(error).__name__} {error}"
            )
        rows = [row for row in (_item(one, listing.said["page_url"]) for one in items or ()) if row]
        known = {identity(row.url) for row in rows}
        rows += [row for row in listing.said["printed"] if identity(row.url) not in known]
        if len(rows) >= MANY:
            self.tally.problem(f"list {listing.url}: {MANY} items, as many as were asked for: there may be more")
        children = self._children(listing)
        if not rows and not children:
            return ListPage(())
        # 财政信息 holds its lists one level down
        return ListPage(tuple(rows), below=tuple(children))

    def _children(self, listing: Listing) -> list[Listing]:
        page: HtmlPage = listing.said["page"]
        found: dict[str, Listing] = {}
        words = pattern(read_rules("families")["category"]["pattern"])
        if listing.said.get("child"):
            return []
        for link in page.tree.iter("a"):
            url, text = page.link(link.get("href")), link.get("title") or text_of(link)
            channel = _CHANNEL.search(urlsplit(url or "").path)
            if (
                url
                and channel
                and channel.group(1) != listing.said["channel"]
                and words.search(squeeze(text))
                and not self.article.search(url)
            ):
                hint = replace(listing.hint, name=f"{listing.hint.name or ''} {text}".strip(), url=url)
                found[channel.group(1)] = Listing(listing.column, url, hint, 0, said={"child": True})
        return list(found.values())


def _item(told: Any, base: str) -> Row | None:
    if not isinstance(told, dict):
        return None
    url = pages.resolve(base, told.get("router") or told.get("url"))
    if url is None:
        return None
    year = str(told.get("releaseYear") or "")
    release = str(told.get("release") or "")
    shown = pages.read_date(release) or pages.read_date(f"{year}-{release}")
    return Row(url, " ".join(str(told.get("title") or "").split()), shown)
