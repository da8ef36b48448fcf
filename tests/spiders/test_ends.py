"""How entries, lists and files end: pictures of pages, servlets, what was withdrawn, lists short of their own number, stubs that stay."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from budget.states import Reason
from measure.portal_lab import Answer
from spiders.reading.picture_pages import NotAPictureError, document_of, is_page
from spiders.reading.whole import closes, cut_in_markup


def picture(width: int, height: int, kind: str = "PNG", shade: int = 200) -> bytes:
    written = io.BytesIO()
    Image.new("L", (width, height), shade).save(written, kind)
    return written.getvalue()


def one_article(lab: Any, **article: Any) -> Any:
    site = lab.site()
    site.lists("./202602/t20260210_1.html|民政局2026年部门预算|2026-02-10")
    site.article("/ysjs/202602/t20260210_1.html", "民政局2026年部门预算", **article)
    return site


# --- pictures -------------------------------------------------------------------------------------------------------------


def test_pictures_of_pages_are_archived_in_order_as_one_document(lab: Any) -> None:
    names = ("W020_1.png", "W020_2.jpg", "W020_3.png")
    site = one_article(lab, body="".join(f'<p><img src="./{name}"></p>' for name in names) + '<img src="./qrcode.png">')
    sheets = [picture(827, 1169, "PNG", 10), picture(827, 1169, "JPEG", 20), picture(827, 1169, "PNG", 30)]
    for name, sheet in zip(names, sheets, strict=True):
        site.file(f"/ysjs/202602/{name}", sheet, "image/png")
    portal = lab.portal(site, "pictures")
    night = lab.crawl(portal)
    (one,) = night.of("pictures")
    assert (one.outcome, one.content_type, one.detail) == (
        "archived",
        "application/pdf",
        "3 pictures of pages as one PDF",
    )
    kept = (night.archive / str(one.sha256)).read_bytes()
    assert kept == document_of(sheets) and sheets[1] in kept, "a JPEG is taken over byte for byte"
    assert night.sum("pictures").incomplete is False
    assert "/ysjs/202602/qrcode.png" not in site.paths()
    (again,) = lab.crawl(portal).of("pictures")
    assert (again.outcome, again.sha256) == ("unchanged", one.sha256)


def test_a_page_with_text_and_pictures_of_pages_is_archived_with_both(lab: Any) -> None:
    site = one_article(lab, body="<p>" + "部门预算情况说明。" * 80 + '</p><img src="./1.png">')
    site.file("/ysjs/202602/1.png", picture(827, 1169), "image/png")
    found = lab.crawl(lab.portal(site, "both")).of("both")
    assert sorted(one.detail or "" for one in found) == [
        "1 pictures of pages as one PDF",
        "the page itself is the document",
    ]


def test_icons_and_seals_are_no_document(lab: Any) -> None:
    site = one_article(lab, body='<img src="./seal.png"><img src="./a.png" width="30">')
    site.file("/ysjs/202602/seal.png", picture(150, 150), "image/png")
    night = lab.crawl(lab.portal(site, "icons"))
    (one,) = night.of("icons")
    assert (one.outcome, one.reason) == ("ignored", Reason.NO_ATTACHMENT)
    assert night.sum("icons").incomplete, "the only disclosure has nothing"


def test_a_missing_picture_leaves_no_half_document(lab: Any) -> None:
    site = one_article(lab, body='<img src="./1.png"><img src="./2.png">')
    site.file("/ysjs/202602/1.png", picture(827, 1169), "image/png")
    night = lab.crawl(lab.portal(site, "torn"))
    (one,) = night.of("torn")
    assert (one.outcome, one.reason, one.detail) == ("failed", Reason.HTTP_ERROR, "picture 2 of 2: HTTP 404")
    assert night.sum("torn").incomplete


def test_what_is_no_picture_is_refused() -> None:
    assert is_page(picture(827, 1169)) and not is_page(picture(1200, 120)) and not is_page(picture(300, 300))
    with pytest.raises(NotAPictureError):
        is_page(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(NotAPictureError):
        document_of([picture(827, 1169, "JPEG")[:2000]])


# --- files ------------------------------------------------------------------------------------------------------------------


def test_a_servlet_s_file_is_followed_and_named_by_its_header(lab: Any) -> None:
    site = one_article(lab, body='<a href="/DownloadServlet?id=77">下载</a>')
    name = "民政局预算.pdf".encode("gbk").decode("latin-1")
    site.file(
        "/DownloadServlet?id=77",
        kind="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    (one,) = lab.crawl(lab.portal(site, "servlet")).of("servlet")
    assert (one.outcome, one.link_text) == ("archived", "民政局预算.pdf")


def test_files_on_another_host_are_counted_and_allowed_when_named(lab: Any) -> None:
    site, store = one_article(lab), lab.site()
    store.file("/bucket/x.pdf")
    there = store.url("/bucket/x.pdf").replace("127.0.0.1", "localhost")
    site.article("/ysjs/202602/t20260210_1.html", "民政局2026年部门预算", f"{there}|预算.pdf")
    told = lab.crawl(lab.portal(site, "away")).sum("away")
    assert told.incomplete and any("localhost (1)" in one for one in told.problems)
    named = lab.crawl(lab.portal(site, "named", hosts=["localhost"], local=True), archive="named").sum("named")
    assert (named.new, named.incomplete) == (1, False), named.problems


def test_a_page_of_amounts_that_never_closes_is_no_document(lab: Any) -> None:
    site = one_article(lab)
    rows = "".join(f"<tr><td>20{n}</td><td>{n}3.45</td></tr>" for n in range(10, 400))
    whole = f'<html><head><meta name="ArticleTitle" content="民政局2026年部门预算"></head><body><div id="zoom"><table>{rows}</table></div></body></html>'
    site.routes["/ysjs/202602/t20260210_1.html"] = Answer(whole[: len(whole) // 2])
    night = lab.crawl(lab.portal(site, "open"))
    (one,) = night.of("open")
    assert (one.outcome, one.reason, one.sha256) == ("failed", Reason.TRUNCATED, None)
    assert night.sum("open").incomplete
    site.routes["/ysjs/202602/t20260210_1.html"] = Answer(whole)
    assert lab.crawl(lab.portal(site, "open")).sum("open").new == 1, "tomorrow it is asked for again"


def test_markup_tells_whether_a_page_is_whole() -> None:
    assert cut_in_markup(b"<html><body><ul><li>a</li><li>b") is not None
    assert cut_in_markup(b"<html><body><p>x</p><a href='x") is not None
    assert cut_in_markup(b"<html><body><p>x</p> <!-- a note") is not None
    assert cut_in_markup(b"<html><body><p>careless but whole") is None
    assert cut_in_markup(b"<li><a href='x'>a</a></li>") is None
    assert cut_in_markup(b"<html><body><ul><li>a</ul></body>") is None
    assert closes(b"<li>piece") and not closes(b"<html><body>") and closes(b"<html></HTML >")


# --- what was withdrawn ---------------------------------------------------------------------------------------------------


def two_articles(lab: Any) -> Any:
    site = lab.site()
    for n in (1, 2):
        site.article(f"/ysjs/202602/t20260210_{n}.html", f"{n}局2026年部门预算", f"./P{n}.pdf|预算.pdf")
        site.file(f"/ysjs/202602/P{n}.pdf", f"%PDF-1.4 of the bureau {n}".encode())
    site.lists(*(f"./202602/t20260210_{n}.html|{n}局2026年部门预算|2026-02-10" for n in (1, 2)))
    return site


def test_an_entry_that_left_its_list_is_gone_once(lab: Any) -> None:
    site = two_articles(lab)
    portal = lab.portal(site, "left")
    lab.crawl(portal)
    site.lists("./202602/t20260210_1.html|1局2026年部门预算|2026-02-10")
    night = lab.crawl(portal)
    (one,) = [one for one in night.of("left") if one.outcome == "gone"]
    assert one.article_title == "2局2026年部门预算" and "withdrawn" in (one.detail or "")
    assert (night.sum("left").gone, night.sum("left").incomplete) == (1, False)
    assert lab.crawl(portal).sum("left").gone == 0


def test_a_file_that_answers_404_now_is_gone_and_no_loss(lab: Any) -> None:
    site = two_articles(lab)
    portal = lab.portal(site, "file")
    first = {one.url: one.sha256 for one in lab.crawl(portal).sightings}
    del site.routes["/ysjs/202602/P2.pdf"]
    night = lab.crawl(portal)
    (one,) = [one for one in night.of("file") if one.outcome == "gone"]
    assert one.url is not None and first[one.url] in (one.detail or "")
    assert (night.sum("file").gone, night.sum("file").found, night.sum("file").incomplete) == (1, 1, False)


def test_an_article_that_answers_404_now_is_gone(lab: Any) -> None:
    site = two_articles(lab)
    portal = lab.portal(site, "article")
    lab.crawl(portal)
    del site.routes["/ysjs/202602/t20260210_2.html"]
    assert lab.crawl(portal).sum("article").gone == 1


# --- lists ----------------------------------------------------------------------------------------------------------------


def test_each_list_is_compared_with_its_own_number(lab: Any) -> None:
    site = two_articles(lab)
    site.lists(
        *(f"/ysjs/202602/t20260210_{n}.html|{n}局2026年部门预算|" for n in (1, 2)),
        path="/a/",
        pager="共 7 条",
    )
    site.routes["/a/"] = Answer(site.routes["/a/"].body.replace("</ul>", "</ul><p>共 7 条</p>"))
    portal = lab.portal(site, "short", columns=[{"list_url": site.url("/ysjs/")}, {"list_url": site.url("/a/")}])
    told = lab.crawl(portal).sum("short")
    assert told.incomplete and told.problems == (f"list {site.url('/a/')}: 2 of 7 entries",)
    assert {one.list: (one.rows_fetched, one.rows_expected, one.whole) for one in told.lists} == {
        site.url("/ysjs/"): (2, None, True), site.url("/a/"): (2, 7, False),
    }  # fmt: skip


def test_a_last_page_that_is_a_known_stub_is_a_note_from_the_second_night_on(lab: Any) -> None:
    site = two_articles(lab)
    page = site.routes["/ysjs/"].body.replace(
        "<script></script>", '<script>createPageHTML(2, 0, "index", "html");</script>'
    )
    site.routes["/ysjs/"] = Answer(page)
    site.routes["/ysjs/index_1.html"] = Answer("<html><head></head><body></body></html>")
    portal = lab.portal(site, "stub")
    assert lab.crawl(portal).sum("stub").incomplete
    told = lab.crawl(portal).sum("stub")
    assert (told.incomplete, len(told.notes)) == (False, 1), told.problems


@pytest.mark.parametrize("answer", ['{"data": []}', "[]", '{"rows": [{"id": 1}]}'])
def test_a_platform_without_any_entry_is_incomplete(lab: Any, answer: str) -> None:
    site = lab.site()
    site.program = lambda asked: Answer(answer, kind="application/json")
    for name, path in (("jiangsu", "/i.html#/overView?code=1"), ("neimenggu", "/yjs/business/page/index?areaCode=1")):
        told = lab.crawl(lab.portal(site, name, path, family="budget_platform", platform=name), archive=name).sum(name)
        assert told.incomplete and told.problems


@pytest.mark.parametrize("padding", [0, 6000])
def test_a_small_page_with_a_family_s_marks_is_no_wall(lab: Any, padding: int) -> None:
    site = lab.site()
    shell = '<div id="app"></div><script src="/js/app.0a1b.js"></script>'
    site.routes["/gkmlpt/index"] = Answer(
        f"<html><body>{shell}<script>window._CONFIG = {{SID:'7'}}</script><!--{'x' * padding}--></body></html>"
    )
    row = {
        "id": 1,
        "title": "民政局2026年部门预算",
        "url": "/gkmlpt/content/1/post_1.html",
        "attachment": [{"name": "a.pdf", "url": "/a.pdf"}],
    }
    site.routes["/gkmlpt/api/all/5?page=1&sid=7"] = Answer(
        json.dumps({"classify": {"post_count": 1}, "articles": [row]})
    )
    site.article("/gkmlpt/content/1/post_1.html", "民政局2026年部门预算")
    site.file("/a.pdf")
    told = lab.crawl(lab.portal(site, "shell", "/gkmlpt/index#5", family="gkmlpt")).sum("shell")
    assert (told.new, told.incomplete) == (1, False), told.problems


@pytest.mark.parametrize("known", ["pages", "records"])
@pytest.mark.parametrize("escaped", [False, True])
def test_a_dataproxy_that_knows_one_style_is_asked_in_both(lab: Any, known: str, escaped: bool) -> None:
    site = lab.site()
    rows = []
    for n in range(6):
        rows.append(
            f"<record><![CDATA[<li><a href='/art/2026/2/1/art_1_{n}.html'>{n}局2026年部门预算</a></li>]]></record>"
        )
        site.article(f"/art/2026/2/1/art_1_{n}.html", f"{n}局2026年部门预算", f"/P{n}.pdf|预算.pdf")
        site.file(f"/P{n}.pdf", f"%PDF-1.4 of the bureau {n}".encode())
    proxy = "/module/web/jpage/dataproxy.jsp"
    group = (
        f'<nextgroup><![CDATA[<a href="{proxy}?page=2&amp;columnid=1"></a>]]></nextgroup>' if known == "records" else ""
    )
    island = f"<datastore>{group}<totalrecord>6</totalrecord><recordset>{''.join(rows[:3])}</recordset></datastore>"
    if escaped:
        island = island.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    script = f"x({{proxyUrl:'{proxy}',columnid:1,unitid:'7'}})"
    site.routes["/col/col1/index.html"] = Answer(
        f"<html><body><script type='text/xml'>{island}</script><script>{script}</script></body></html>"
    )

    def program(asked: Any) -> Any:
        if not asked.path.startswith(proxy):
            return None
        style = "records" if "startrecord=" in asked.path else "pages"
        found = "".join(rows[3:]) if style == known else ""
        return Answer(
            f"<datastore><totalrecord>6</totalrecord><recordset>{found}</recordset></datastore>", kind="text/xml"
        )

    site.program = program
    told = lab.crawl(lab.portal(site, "proxy", "/col/col1/index.html", family="hanweb_jpage")).sum("proxy")
    assert (told.new, told.incomplete) == (6, False), told.problems
    assert not any("&quot;" in path or "%26quot" in path for path in site.paths())
