"""`budget_platform`: unified disclosure platforms, one adapter each for those whose interface is published (PORTALS §2.10).

An adapter says which requests list the departments, which list a department's papers, and what an answer offers. A platform that
has no adapter is refused with its name; nothing is guessed. Answers may be JSON inside a JSON string, up to three deep.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin

from scrapy.http import Request, Response

from archive.ledger import now
from budget.states import Reason
from spiders.families.base import PortalSpider, posted
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading import pages
from spiders.reading.pages import Article, Row
from spiders.reading.platforms import Platform, address_fields, platform_of, token, unwrapped


@dataclass(frozen=True, slots=True)
class Adapter:
    """`opens` gives the first requests of a column, `lists` reads their answers."""

    opens: Callable[[BudgetPlatformSpider, Listing], Iterator[Request]]
    lists: Callable[[BudgetPlatformSpider, Any, Listing, int, str], ListPage | list[Request]]


# --- 江苏 (as of 2021: names of fields as its own pages sent them) -----------------------------------------------------------------------


def _jiangsu_opens(spider: BudgetPlatformSpider, listing: Listing) -> Iterator[Request]:
    years = [listing.column.fiscal_year] if listing.column.fiscal_year else spider.years()
    parts = spider.parts(listing, [str(year) for year in years])
    for part in parts:
        part.hint = replace(part.hint, fiscal_year=int(part.part))
        yield _jiangsu_departments(spider, part, address_fields(listing.url).get("code", ""))


def _jiangsu_departments(spider: BudgetPlatformSpider, listing: Listing, code: str) -> Request:
    form = {"pid": code, "departmentName": "", "date": listing.part, "typeid": ""}
    return spider.ask_list(listing, urljoin(listing.url, "/front/department/getdepartmentname.do"), 1, form)


def _jiangsu_lists(
    spider: BudgetPlatformSpider, told: Any, listing: Listing, number: int, url: str
) -> ListPage | list[Request]:
    if "department" not in listing.said:
        requests = []
        if not isinstance(told, list):
            raise TypeError(f"departments come as a {type(told).__name__} with {sorted(told)[:8]}")
        if told:
            listing.whole = True
        else:
            return ListPage(())
        for one in told:
            hint = replace(listing.hint, name=f"{listing.part}年 {one['name']} 预决算")
            below = Listing(listing.column, listing.url, hint, 0, part=f"{listing.part}/{one['iid']}")
            below.said = {
                "department": str(one["iid"]),
                "type": str(one.get("dtype") or ""),
                "name": str(one["name"]),
                "year": listing.part,
            }
            spider._remember(below)
            if int(listing.part) < now().year - 1 and spider.read_lately(below):
                # a closed year of a department rarely changes; a province has hundreds of departments
                requests += list(spider._take_remembered(below))
                continue
            requests.append(
                spider.ask_list(below, urljoin(url, "/front/budgetfinal/itemsandpag.do"), 1, _jiangsu_page(below, 1))
            )
        return requests
    rows = []
    for one in told["budgetTemplates"] or ():
        title = str(one.get("title") or one.get("name") or f"{listing.said['name']}{listing.said['year']}年部门预决算")
        address = f"{urljoin(url, '/front/budgetfinal/getTemporaryFiles.do')}?{urlencode({'uuid': one['uuid']})}"
        rows.append(Row(address, title, pages.read_date(str(one.get("t_uploaddate") or one.get("date") or ""))))
    total = told.get("total_page") or told.get("totalPage")
    return ListPage(
        tuple(rows),
        int(total) if str(total).isdigit() else None,
        None,
        url if rows else None,
        _jiangsu_page(listing, number + 1),
    )


def _jiangsu_page(listing: Listing, number: int) -> dict[str, str]:
    said = listing.said
    return {"page_num": str(number), "groupid": said["department"], "typeid": said["type"], "date": said["year"]}


# --- 内蒙古 --------------------------------------------------------------------------------------------------------------------------


def _neimenggu_opens(spider: BudgetPlatformSpider, listing: Listing) -> Iterator[Request]:
    area = address_fields(listing.url).get("areaCode", "") or address_fields(listing.url).get("cityCode", "")
    before = urljoin(listing.url, f"/yjs/business/basic/select?{urlencode({'id': area + 'zf', 'type': '2'})}&p=")
    listing.page_address = (before, "")
    yield spider.ask_list(listing, listing.address_of(1), 1)


def _neimenggu_lists(
    spider: BudgetPlatformSpider, told: Any, listing: Listing, number: int, url: str
) -> ListPage | list[Request]:
    rows = [
        Row(urljoin(url, f"/yjs/business/basic/result/{token(one['id'])}"), str(one.get("title") or ""),
            pages.read_date(str(one.get("publishTime") or "")))
        for one in told["list"] or ()
    ]  # fmt: skip
    total = str(told.get("pages") or told.get("totalPage") or "")
    last = total.isdigit() and number >= int(total)
    return ListPage(
        tuple(rows),
        int(total) if total.isdigit() else None,
        None,
        listing.address_of(number + 1) if rows and not last else None,
    )


ADAPTERS = {
    "jiangsu": Adapter(_jiangsu_opens, _jiangsu_lists),
    "neimenggu": Adapter(_neimenggu_opens, _neimenggu_lists),
}


class BudgetPlatformSpider(PortalSpider):
    family: ClassVar[str] = "budget_platform"
    beside: ClassVar[bool] = False
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
            known = ", ".join(ADAPTERS)
            self.tally.problem(
                f"list {listing.url}: no adapter for this platform; known are {known}: say which in `platform`"
            )
            return
        yield from ADAPTERS[platform.name].opens(self, listing)

    def read_answer(self, response: Response, listing: Listing, number: int) -> ListPage | Trouble | list[Request]:
        platform = self.platform(listing)
        assert platform is not None
        try:
            return ADAPTERS[platform.name].lists(self, unwrapped(response.body), listing, number, response.url)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Trouble(
                "failed",
                Reason.HTTP_ERROR,
                f"the platform {platform.name} answers in another shape: {type(error).__name__} {error}",
            )

    def ask_article(self, row_url: str, referer: str, **told: Any) -> Request:
        asked = super().ask_article(row_url, referer, **told)
        if "getTemporaryFiles.do" not in row_url:
            return asked
        bare, _, query = row_url.partition("?")
        return posted(asked.replace(url=bare), dict(parse_qsl(query)))

    def read_detail(self, response: Response, shown: date | None) -> Article | Trouble | None:
        return self.read_entry(platform_of(self.portal.columns[0].list_url, self.portal.platform), response, shown)
