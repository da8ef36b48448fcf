"""One contract for every CMS family, over loopback portals that speak as the products do (PORTALS §2.2–2.11): requests, answers,
off-by-one dialects, Referer checks, rotating tokens. The portals live: entries come and go between nights and while they are read.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from scrapy.http import HtmlResponse

from archive.store import Archive
from measure.living_portals import A_PAGE, COUNTED, PORTALS, Paper, Portal
from spiders.families import spider_of
from spiders.families.listing import Listing, ListPage, Trouble
from spiders.reading.titles import ColumnHint


@dataclass
class Night:
    """One night over all portals: what was asked of each."""

    done: Any
    asked: dict[str, list[Any]]

    def sum(self, name: str) -> Any:
        return self.done.sum(name)

    def of(self, name: str) -> list[Any]:
        return self.done.of(name)


@dataclass
class Town:
    """All the portals, and their nights."""

    lab: Any
    portals: dict[str, Portal]
    archive: str

    def night(self) -> Night:
        for portal in self.portals.values():
            portal.site.asked.clear()
            portal.served = 0
        told = [
            self.lab.portal(portal.site, name, family=PORTALS[name][0], recheck_days=7, columns=[{"list_url": portal.site.url(portal.path)}],
                            **portal.settings)
            for name, portal in self.portals.items()
        ]  # fmt: skip
        done = self.lab.crawl(*told, archive=self.archive, timeout=120)
        return Night(done, {name: list(portal.site.asked) for name, portal in self.portals.items()})


def town(lab: Any, archive: str) -> Town:
    portals = {
        name: Portal(lab, lab.site(), speak, path, settings) for name, (_, path, speak, settings) in PORTALS.items()
    }
    return Town(lab, portals, archive)


@dataclass
class Week:
    portals: dict[str, Portal]
    first: Night
    quiet: Night
    busy: Night
    known: dict[str, int]


@pytest.fixture(scope="module")
def week(shared_lab: Any) -> Week:
    place = town(shared_lab, "week")
    first = place.night()
    known = {name: len(portal.budgets) for name, portal in place.portals.items()}
    quiet = place.night()
    for portal in place.portals.values():
        portal.add(77)
    return Week(place.portals, first, quiet, place.night(), known)


@pytest.fixture(scope="module")
def moving(shared_lab: Any) -> tuple[dict[str, Portal], Night]:
    place = town(shared_lab, "moving")
    for portal in place.portals.values():
        portal.grow_after = 2
    return place.portals, place.night()


@pytest.fixture(scope="module")
def shrinking(shared_lab: Any) -> tuple[dict[str, Portal], Night]:
    place = town(shared_lab, "shrinking")
    place.portals = {name: portal for name, portal in place.portals.items() if name in COUNTED}
    for portal in place.portals.values():
        portal.shrink_after = 2
    return place.portals, place.night()


@pytest.fixture(scope="module")
def cut_short(shared_lab: Any) -> tuple[dict[str, Portal], Night]:
    """A first whole night, then one on which every pager ends after its first page, read in full."""
    place = town(shared_lab, "short")
    place.night()
    for portal in place.portals.values():
        portal.ends_after = 1
        portal.add(78)
        for n in range(A_PAGE):
            portal.papers.insert(
                0, Paper(200 + n, f"石家庄市第{n}医院2026年单位预算", f"%PDF-1.4 {portal.site.url()} {n}".encode())
            )
    return place.portals, place.night()


@pytest.mark.parametrize("name", PORTALS)
def test_every_disclosure_is_found_and_nothing_else(week: Week, name: str) -> None:
    told, portal = week.first.sum(name), week.portals[name]
    assert (told.incomplete, told.problems, told.failed, told.blocked) == (False, (), {}, {})
    files = [one for one in week.first.of(name) if one.sha256]
    first_night = [one for one in portal.budgets if one.number != 77]
    assert Counter(one.article_title for one in files) == Counter(one.title for one in first_night)
    assert {one.fiscal_year for one in files} == {2026}
    ignored = {one.article_title for one in week.first.of(name) if one.outcome == "ignored"}
    assert ignored == {one.title for one in portal.papers if not one.budget}
    assert told.rows_fetched == 15


@pytest.mark.parametrize("name", PORTALS)
def test_one_document_in_two_places_is_stored_once_and_seen_twice(week: Week, name: str) -> None:
    told = week.first.sum(name)
    assert (told.found, told.new, told.unchanged) == (13, 12, 1)


@pytest.mark.parametrize("name", PORTALS)
def test_nothing_is_asked_for_twice(week: Week, name: str) -> None:
    asked = Counter(
        (one.method, re.sub(r"[?&]sid=\d+", "", one.path) if "/files/" in one.path else one.path, one.body)
        for one in week.first.asked[name]
    )
    assert {what: times for what, times in asked.items() if times > 1} == {}


@pytest.mark.parametrize("name", PORTALS)
def test_dates_are_those_of_the_article_or_the_list(week: Week, name: str) -> None:
    portal = week.portals[name]
    days = {one.title: one.day for one in portal.papers}
    assert all(one.published_at == days[one.article_title] for one in week.first.of(name) if one.sha256)


@pytest.mark.parametrize("name", PORTALS)
def test_a_night_with_nothing_new_asks_at_most_three_times(week: Week, name: str) -> None:
    told = week.quiet.sum(name)
    assert len(week.quiet.asked[name]) <= 3, [one.path for one in week.quiet.asked[name]]
    assert (told.new, told.unchanged, told.incomplete, told.rows_fetched) == (0, 13, False, 15)
    before = {(one.article_title, one.sha256) for one in week.first.of(name)}
    assert {(one.article_title, one.sha256) for one in week.quiet.of(name)} == before


@pytest.mark.parametrize("name", PORTALS)
def test_one_new_entry_costs_its_own_article_and_file(week: Week, name: str) -> None:
    told = week.busy.sum(name)
    assert (told.new, told.unchanged, told.incomplete) == (1, 13, False), told
    (new,) = [one for one in week.busy.of(name) if one.outcome == "archived"]
    assert new.article_title == "石家庄市第77中学2026年单位预算"
    pdfs = [one.path for one in week.busy.asked[name] if "paper-" in one.path]
    assert len(pdfs) == 1
    assert len(week.busy.asked[name]) <= 7, [one.path for one in week.busy.asked[name]]


@pytest.mark.parametrize("name", PORTALS)
def test_a_list_that_grows_while_it_is_read_loses_nothing_and_doubles_nothing(
    moving: tuple[dict[str, Portal], Night], name: str
) -> None:
    portals, night = moving
    found = Counter(one.article_title for one in night.of(name) if one.sha256)
    old = {one.title for one in portals[name].budgets if one.number < 100}
    assert old <= set(found) and set(found.values()) == {1}
    told = night.sum(name)
    if told.pages_expected is not None or told.rows_expected is not None:
        assert told.incomplete is False, told.problems
    pdfs = Counter(re.sub(r"[?&]sid=\d+", "", one.path) for one in night.asked[name] if "paper-" in one.path)
    assert set(pdfs.values()) == {1}


@pytest.mark.parametrize("name", COUNTED)
def test_a_list_that_shrinks_while_it_is_read_loses_nothing_either(
    shrinking: tuple[dict[str, Portal], Night], name: str
) -> None:
    portals, night = shrinking
    assert portals[name].shrink_after is None, "the entry was taken away"
    found = Counter(one.article_title for one in night.of(name) if one.sha256)
    assert found == Counter(one.title for one in portals[name].budgets)


@pytest.mark.parametrize("name", [name for name in PORTALS if name != "gongkai"])
def test_a_pager_that_ends_early_is_incomplete(cut_short: tuple[dict[str, Portal], Night], name: str) -> None:
    _, night = cut_short
    told = night.sum(name)
    assert told.incomplete and told.problems


HOSTILE = {
    "comments without end": "<script>" + "/* " * 80_000 + "createPageHTML(",
    "scripts without end": "<script" * 40_000,
    "channels": "script_channel_" * 20_000,
    "strings in scripts": "<script>" + "'.pdf?" * 40_000,
    "files of one string": "<script>'" + ".pdf?" * 50_000,
    "blanks": "共" + " " * 250_000 + "location" + " " * 250_000,
    "no end of islands": "<datastore>" * 60_000,
    "no end of records": "<datastore>" + "<record><![CDATA[" * 15_000 + "</datastore>",
    "a row of links": "<ul><li>2026-02-10" + "<a href='/art/2026/2/1/art_1_1.html'>x</a>" * 10_000 + "</li></ul>",
    "open brackets": "window._CONFIG = {SID:'1',TREE:" + "[" * 200_000,
    "open strings": "window._CONFIG={SID:'1',TREE:[" + '"\\' * 200_000,
    "slots without end": "<script querydata=\"{'a':'b'\" url='/x'></script>" * 6_000,
    "pagers": "createPageHTML(" * 60_000 + "__doPostBack('" * 6_000,
    "postbacks": '<a href="javascript:__doPostBack(\'x">下一页</a>' * 5_000,
    "deep": "<div>" * 20_000 + "<a href='/info/1/1.htm'>2026年部门预算</a>",
    "a script of braces": '<script>window["channel_c1"] = {items:[' + "{a:" * 100_000 + "</script>",
}


@pytest.mark.parametrize("family", sorted({family for family, *_ in PORTALS.values()} - {"budget_platform"}))
@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_keeps_a_family_busy_or_breaks_it(
    shared_lab: Any, tmp_path_factory: pytest.TempPathFactory, family: str, name: str
) -> None:
    """Every page is hostile: an answer, a reason or nothing, within seconds, never an exception."""
    path = {"fragment": "/gongkai/channel_c1/", "gkmlpt": "/gkmlpt/index", "hanweb_jpage": "/col/col1/index.html"}.get(
        family, "/ysjs/"
    )
    portal = shared_lab.portal(shared_lab.site(), "hostile", path, family=family)
    with Archive(tmp_path_factory.mktemp("archive")) as archive:
        spider = spider_of(family)(portal, archive, "run", tmp_path_factory.getbasetemp() / "evidence", lambda _: None)
        column = portal.columns[0]
        listing = Listing(column, column.list_url, ColumnHint(None, column.list_url), 0)
        first = next(iter(spider.first_pages(listing)))
        page = f"<html><title>财政预决算</title><body>{HOSTILE[name]}</body></html>".encode()
        began = time.monotonic()
        answer = spider.read_answer(
            HtmlResponse(first.url, body=page, request=first), listing, first.cb_kwargs["number"]
        )
        assert isinstance(answer, (ListPage, Trouble, list))
        assert time.monotonic() - began < 10
