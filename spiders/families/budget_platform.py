"""`budget_platform`: unified disclosure platforms, one adapter each for those whose interface is published (PORTALS §2.10).

An adapter says which requests list the departments, which list a department's papers, and what an answer offers. A platform that
has no adapter is refused with its name; nothing is guessed. Answers may be JSON inside a JSON string, up to three deep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from scrapy.http import Request, Response

from budget.states import Reason
from spiders import pages
from spiders.archive import now
from spiders.families.base import Listing, ListPage, PortalSpider, Trouble, posted
from spiders.pages import Article, Attachment, Meta, Row

_WRAPS = 4


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform: `opens` gives the first request of a column, `lists` reads its answers, `files` an article's answer."""

    name: str
    address: re.Pattern[str]
    opens: Callable[[BudgetPlatformSpider, Listing], Iterator[Request]]
    lists: Callable[[BudgetPlatformSpider, Any, Listing, int, str], ListPage | list[Request]]
    files: Callable[[Any, str], list[Attachment]]


def unwrapped(body: bytes) -> Any:
    """JSON that may be a string holding JSON, and so on. Raises ValueError."""
    value: Any = pages.decode(body, "")[0]
    for _ in range(_WRAPS):
        value = json.loads(value)
        if not isinstance(value, str):
            return value
    raise ValueError(f"still a string after {_WRAPS} readings")


def _query(listing: Listing) -> dict[str, str]:
    """The parameters of a list's address, also those behind `#/overView?`."""
    parts = urlsplit(listing.url)
    return dict(parse_qsl(parts.query)) | dict(parse_qsl(parts.fragment.partition("?")[2]))


# --- 江苏 (as of 2021: names of fields as its own pages sent them) -----------------------------------------------------------------------


def _jiangsu_opens(spider: BudgetPlatformSpider, listing: Listing) -> Iterator[Request]:
    years = [listing.column.fiscal_year] if listing.column.fiscal_year else spider.years()
    parts = spider.parts(listing, [str(year) for year in years])
    for part in parts:
        part.hint = replace(part.hint, fiscal_year=int(part.part))
        yield _jiangsu_departments(spider, part, _query(listing).get("code", ""))


def _jiangsu_departments(spider: BudgetPlatformSpider, listing: Listing, code: str) -> Request:
    form = {"pid": code, "departmentName": "", "date": listing.part, "typeid": ""}
    return spider.ask_list(listing, urljoin(listing.url, "/front/department/getdepartmentname.do"), 1, form)


def _jiangsu_lists(spider: BudgetPlatformSpider, told: Any, listing: Listing, number: int, url: str) -> ListPage | list[Request]:
    if "department" not in listing.said:
        requests = []
        listing.whole = True
        for one in told:
            hint = replace(listing.hint, name=f"{listing.part}年 {one['name']} 预决算")
            below = Listing(listing.column, listing.url, hint, 0, part=f"{listing.part}/{one['iid']}")
            below.said = {"department": str(one["iid"]), "type": str(one.get("dtype") or ""), "name": str(one["name"]), "year": listing.part}
            spider._remember(below)
            requests.append(spider.ask_list(below, urljoin(url, "/front/budgetfinal/itemsandpag.do"), 1, _jiangsu_page(below, 1)))
        return requests
    rows = []
    for one in told.get("budgetTemplates") or ():
        title = str(one.get("title") or one.get("name") or f"{listing.said['name']}{listing.said['year']}年部门预决算")
        address = f"{urljoin(url, '/front/budgetfinal/getTemporaryFiles.do')}?{urlencode({'uuid': one['uuid']})}"
        rows.append(Row(address, title, pages.read_date(str(one.get("t_uploaddate") or one.get("date") or ""))))
    total = told.get("total_page") or told.get("totalPage")
    return ListPage(
        tuple(rows), int(total) if str(total).isdigit() else None, None, url if rows else None, _jiangsu_page(listing, number + 1)
    )


def _jiangsu_page(listing: Listing, number: int) -> dict[str, str]:
    said = listing.said
    return {"page_num": str(number), "groupid": said["department"], "typeid": said["type"], "date": said["year"]}


def _jiangsu_files(told: Any, url: str) -> list[Attachment]:
    return [_file(urljoin(url, f"download.do?{urlencode({'iid': one['iid']})}"), str(one.get("t_oldname") or "")) for one in told]


# --- 内蒙古 --------------------------------------------------------------------------------------------------------------------------


def _neimenggu_opens(spider: BudgetPlatformSpider, listing: Listing) -> Iterator[Request]:
    area = _query(listing).get("areaCode", "") or _query(listing).get("cityCode", "")
    before = urljoin(listing.url, f"/yjs/business/basic/select?{urlencode({'id': area + 'zf', 'type': '2'})}&p=")
    listing.page_address = (before, "")
    yield spider.ask_list(listing, listing.address_of(1), 1)


def _neimenggu_lists(spider: BudgetPlatformSpider, told: Any, listing: Listing, number: int, url: str) -> ListPage | list[Request]:
    rows = [
        Row(urljoin(url, f"/yjs/business/basic/result/{_token(one['id'])}"), str(one.get("title") or ""),
            pages.read_date(str(one.get("publishTime") or "")))
        for one in told.get("list") or ()
    ]  # fmt: skip
    total = str(told.get("pages") or told.get("totalPage") or "")
    last = total.isdigit() and number >= int(total)
    return ListPage(tuple(rows), int(total) if total.isdigit() else None, None, listing.address_of(number + 1) if rows and not last else None)


def _neimenggu_files(told: Any, url: str) -> list[Attachment]:
    found = []
    for one in told.get("files") or ():
        name, suffix = str(one.get("name") or ""), str(one.get("suffix") or "").lstrip(".")
        text = name if not suffix or name.lower().endswith(f".{suffix.lower()}") else f"{name}.{suffix}"
        found.append(_file(urljoin(url, f"/yjs/business/file/download/{_token(one['id'])}"), text))
    return found


def _token(value: Any) -> str:
    """An id that goes into a path: letters, digits, dash, underscore. Raises ValueError for anything else."""
    text = str(value)
    if not re.fullmatch(r"[\w-]{1,80}", text):
        raise ValueError(f"{text[:40]!r} is no id")
    return text


def _file(url: str, name: str) -> Attachment:
    return Attachment(url, name, "direct", pages.refusal(url, name))


PLATFORMS = (
    Platform("jiangsu", re.compile(r"^https?://yjsgk\.jsczt\.cn(/|$)"), _jiangsu_opens, _jiangsu_lists, _jiangsu_files),
    Platform("neimenggu", re.compile(r"^https?://czt\.nmg\.gov\.cn/yjs/"), _neimenggu_opens, _neimenggu_lists, _neimenggu_files),
)


def platform_of(url: str, name: str | None = None) -> Platform | None:
    """The platform behind an address, or by its name."""
    return next((one for one in PLATFORMS if (one.name == name if name else one.address.search(url))), None)


class BudgetPlatformSpider(PortalSpider):
    family: ClassVar[str] = "budget_platform"
    article: ClassVar[re.Pattern[str]] = re.compile(r"getTemporaryFiles\.do|/basic/result/")

    def years(self) -> list[int]:
        """The years asked for where the column names none: the present and the three before."""
        this = now().year
        return list(range(this, this - 4, -1))

    def platform(self, listing: Listing) -> Platform | None:
        return platform_of(listing.url, self.portal.platform)

    def first_pages(self, listing: Listing) -> Iterator[Request]:
        platform = self.platform(listing)
        if platform is None:
            known = ", ".join(one.name for one in PLATFORMS)
            self.tally.problem(f"list {listing.url}: no adapter for this platform; known are {known}: say which in `platform`")
            return
        yield from platform.opens(self, listing)

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        platform = self.platform(listing)
        assert platform is not None
        try:
            return platform.lists(self, unwrapped(response.body), listing, number, response.url)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Trouble("failed", Reason.HTTP_ERROR, f"the platform {platform.name} answers in another shape: {type(error).__name__} {error}")

    def ask_article(self, row_url: str, referer: str, **told: Any) -> Request:
        asked = super().ask_article(row_url, referer, **told)
        if "getTemporaryFiles.do" not in row_url:
            return asked
        bare, _, query = row_url.partition("?")
        return posted(asked.replace(url=bare), dict(parse_qsl(query)))

    def read_detail(self, response: Response, shown: date | None) -> Article | Trouble | None:
        platform = platform_of(self.portal.columns[0].list_url, self.portal.platform)
        assert platform is not None
        try:
            files = platform.files(unwrapped(response.body), response.url)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Trouble("failed", Reason.HTTP_ERROR, f"no files in the platform's answer: {type(error).__name__} {error}")
        if not files:
            return Trouble("failed", Reason.MISSING_ATTACHMENT, "the platform lists no file for this entry")
        return Article(None, Meta(), shown, "list" if shown else None, None, tuple(files), "", 0, False, False)
