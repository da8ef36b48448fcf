"""Portals that misbehave as real ones do, all crawled in one night over loopback; each test looks at one of them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from budget.states import Reason

SHORT = (
    "<script>setTimeout(function(){document.cookie='__tst_status=1#;EO_Bot_Ssid=2';location.reload()},1200)</script>"
)
SITES: dict[str, Callable[[Any, Any], dict[str, Any]]] = {}


def site(build: Callable[[Any, Any], dict[str, Any] | None]) -> Callable[[Any, Any], dict[str, Any] | None]:
    SITES[build.__name__] = build  # type: ignore[assignment]
    return build


def articles(site: Any, *numbers: int, path: str = "/ysjs/") -> list[str]:
    """Rows with their articles, each with one PDF of its own bytes."""
    rows = []
    for n in numbers:
        site.article(
            f"{path}202402/t20240206_{n}.html", f"{n}局2024年部门预算", f"./P02024{n}.pdf|{n}局2024年部门预算.pdf"
        )
        site.file(f"{path}202402/P02024{n}.pdf", b"%PDF-1.4 " + str((site.url(), n)).encode())
        rows.append(f"./202402/t20240206_{n}.html|{n}局2024年部门预算|2024-02-06")
    return rows


@site
def h01_page_2_is_index_1(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1, 2), pager='createPageHTML(2, 0, "index", "html");')
    site.lists(*articles(site, 3), path="/ysjs/index_1.html", pager='createPageHTML(2, 1, "index", "html");')


@site
def h01_page_2_is_index_2(site: Any, lab: Any) -> dict[str, Any]:
    site.lists(*articles(site, 1, 2), pager='createPageHTML(2, 0, "index", "html");')
    site.lists(*articles(site, 3), path="/ysjs/index_2.html")
    return {"first_suffix": 2}


@site
def h01_links_without_a_script(site: Any, lab: Any) -> None:
    pager = '<li><a href="index_1.html">下一页</a></li><li><a href="/ysjs/index_15548.html">栏目</a></li>'
    site.lists(*articles(site, 1), pager)
    site.lists(*articles(site, 2), '<li><a href="index_2.html">下一页</a></li>', path="/ysjs/index_1.html")
    site.lists(*articles(site, 3), path="/ysjs/index_2.html")


@site
def h02_six_arguments(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1, 2), pager="createPageHTML('page_div',2, 1,'index','html',3);")
    site.lists(*articles(site, 3), path="/ysjs/index_2.html", pager="createPageHTML('page_div',2, 2,'index','html',3);")


@site
def missing_page(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1), pager='createPageHTML(3, 0, "index", "html");')


@site
def broken_deep_page(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1), pager='createPageHTML(3, 0, "index", "html");')
    site.lists(*articles(site, 2), path="/ysjs/index_2.html", pager='createPageHTML(3, 2, "index", "html");')
    site.routes["/ysjs/index_1.html"] = lab.Answer("<html><head></head><body></body></html>")


@site
def pager_of_names(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1), pager="var total = pages(); createPageHTML(total, 0, 'index', 'html');")


@site
def h23_list_loop(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1), pager='createPageHTML(90, 0, "index", "html");')
    site.routes["/ysjs/index_1.html"] = site.routes["/ysjs/"]


@site
def h23_list_is_the_home_page(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lab.Answer(
        "<html><title>某市政府门户</title><body><a href='/xw/1.html'>要闻</a></body></html>"
    )


@site
def h12_bare_name(site: Any, lab: Any) -> dict[str, Any]:
    rows = ["./202008/t20200803_1.html|石家庄市教育局|", "./202008/t20200803_2.html|关于放假的说明|"]
    site.lists(*rows, path="/ysgk/2018nbmysgkml/", column="")
    meta = '<meta name="ColumnName" content="2018年部门预算公开目录">'
    site.article("/ysgk/2018nbmysgkml/202008/t20200803_1.html", "石家庄市教育局", "./W020.rar|石家庄市教育局",
                 date="2018-03-06", meta=meta)  # fmt: skip
    site.file("/ysgk/2018nbmysgkml/202008/W020.rar", b"Rar!\x1a\x07\x01\x00 and the rest")
    return {"columns": [{"list_url": site.url("/ysgk/2018nbmysgkml/")}]}


@site
def h14_stubs(site: Any, lab: Any) -> None:
    articles(site, 1, 2, 3, 4)
    rows = [f"./{n}/|石家庄市第{word}局2024年部门预算公开" for n, word in enumerate("一二三四", 1)]
    site.lists(*(row.replace("./", "./stub") for row in rows[:0]), *[
        f"./202401/t20240101_{n}.html|石家庄市第{word}局2024年部门预算公开" for n, word in enumerate("一二三四", 1)
    ])  # fmt: skip
    to = "../202402/t20240206_{}.html"
    refresh = "<html><head><meta http-equiv=\"Refresh\" content='0; url={}'></head></html>"
    site.routes["/ysjs/202401/t20240101_1.html"] = lab.Answer(refresh.format(to.format(1)))
    site.routes["/ysjs/202401/t20240101_2.html"] = lab.Answer(
        f"<script>document.location.href='{to.format(2)}'</script>"
    )
    site.routes["/ysjs/202401/t20240101_3.html"] = lab.Answer("<script>$.getJSON('/postmeta/i/77.json')</script>")
    site.routes["/postmeta/i/77.json"] = lab.Answer(
        '{"children":[{"pub_point":"/ysjs/202402/t20240206_3.html"}]}', kind="application/json"
    )
    site.routes["/ysjs/202401/t20240101_4.html"] = lab.Answer(refresh.format("./t20240101_4b.html"))
    site.routes["/ysjs/202401/t20240101_4b.html"] = lab.Answer(refresh.format(to.format(4)))


@site
def h16_titles(site: Any, lab: Any) -> None:
    articles(site, 1, 2, 3)
    site.lists(
        "<li><a href=\"./202402/t20240206_1.html\"title='石家庄市民政局2024年部门预算信息公开'>石家庄市民政局20...</a></li>",
        "<li><a target=_blank title=石家庄市水利局2024年部门预算 href=./202402/t20240206_2.html>石家庄市水利局…</a></li>",
        '<li><a href="./202402/t20240206_3.html">石家庄市审计局2024年部…</a></li>',
    )


@site
def h13_dates(site: Any, lab: Any) -> None:
    rows = articles(site, 1, 2, 3)
    site.lists(*(row.replace("2024-02-06", "[02-14]") for row in rows))
    site.article("/ysjs/202402/t20240206_2.html", "2局2024年部门预算", "./P020242.pdf|预算", date="2024-2-9",
                 meta="")  # fmt: skip
    site.routes["/ysjs/202402/t20240206_3.html"] = lab.Answer(
        '<html><title>3局2024年部门预算</title><body>发布时间：2024- 03- 02<div id="zoom"><a href="./P020243.pdf">3局.pdf</a></div>'
    )


@site
def h17_referer(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    wanted = site.url("/ysjs/202402/t20240206_1.html")

    def guarded(asked: Any) -> Any:
        if asked.headers.get("referer") != wanted:
            return lab.Answer("<html><title>下载出错</title></html>")
        return lab.Answer(lab.pdf, kind="text/html")

    site.routes["/ysjs/202402/P020241.pdf"] = guarded


@site
def h18_412(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lab.Answer(
        "<script>$_ts=window['$_ts']</script>", 412, headers={"Set-Cookie": "FSSBBIl1UgzbN7N80S=x"}
    )


@site
def h18_521(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lab.Answer(
        "<script>document.cookie='__jsl'</script>", 521, headers={"Set-Cookie": "__jsluid_s=x"}
    )


@site
def h18_468(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lab.Answer("", 468)


@site
def h18_js_stub_articles(site: Any, lab: Any) -> None:
    site.lists(*articles(site, *range(1, 9)))
    for n in range(1, 9):
        site.routes[f"/ysjs/202402/t20240206_{n}.html"] = lab.Answer(f"<html><body>{SHORT}</body></html>")


@site
def h18_self_redirect(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lambda asked: lab.Answer("", 302, headers={"Location": "/ysjs/", "Set-Cookie": "wall=1"})


@site
def h18_cookie_redirect_once(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    page = site.routes["/ysjs/"]

    def door(asked: Any) -> Any:
        if "seen=1" in asked.headers.get("cookie", ""):
            return page
        return lab.Answer("", 302, headers={"Location": "/ysjs/", "Set-Cookie": "seen=1; Path=/"})

    site.routes["/ysjs/"] = door


@site
def h18_429_then_well(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    page = site.routes["/ysjs/"]
    times: list[float] = []

    def busy(asked: Any) -> Any:
        times.append(1)
        return page if len(times) > 1 else lab.Answer("", 429, headers={"Retry-After": "1"})

    site.routes["/ysjs/"] = busy


@site
def h18_429_for_hours(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lab.Answer("", 429, headers={"Retry-After": "7200"})


@site
def h18_503_burst(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    file = site.routes["/ysjs/202402/P020241.pdf"]
    count: list[int] = []

    def burst(asked: Any) -> Any:
        count.append(1)
        return file if len(count) > 2 else lab.Answer("busy", 503)

    site.routes["/ysjs/202402/P020241.pdf"] = burst


@site
def h18_502_for_days(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lab.Answer("bad gateway", 502)


@site
def h19_file_types(site: Any, lab: Any) -> None:
    site.lists("./202402/t20240206_1.html|石家庄市民政局2024年部门预算|2024-02-06")
    site.article("/ysjs/202402/t20240206_1.html", "石家庄市民政局2024年部门预算", "/web_files/2024.XLS|公开表",
                 "/module/download/downfile.jsp?classid=0&filename=5f1e.docx&showname=%E9%A2%84%E7%AE%97.docx|说明",
                 "/truecms/attachmentController/download.do?id=9a8b7c6d-0000|民政局预算.pdf",
                 "/getfile/88|绩效目标.xlsx", "/web_files/export.xls|导出的表")  # fmt: skip
    ole, pk = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a book of sheets", b"PK\x03\x04 a package of a word file"
    site.file("/web_files/2024.XLS", ole, "application/octet-stream")
    site.file("/module/download/downfile.jsp?classid=0&filename=5f1e.docx&showname=%E9%A2%84%E7%AE%97.docx", pk,
              "text/html", headers={"Content-Disposition": 'attachment; filename="' + "预算".encode("gbk").decode("latin-1") + '"'})  # fmt: skip
    site.file(
        "/truecms/attachmentController/download.do?id=9a8b7c6d-0000",
        b"%PDF-1.7 at an endpoint",
        "application/x-download",
    )
    site.file("/getfile/88", pk + b"2", "application/octet-stream")
    web = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table><tr><td>1</td></tr></table></html>'
    site.file("/web_files/export.xls", web.encode(), "application/vnd.ms-excel")


@site
def h20_not_what_it_says(site: Any, lab: Any) -> None:
    rows = articles(site, 1, 2, 3, 4, 5)
    site.lists(*rows)
    site.routes["/ysjs/202402/t20240206_1.html"] = lab.Answer(
        b"%PDF-1.4 at the address of an article", kind="application/pdf"
    )
    site.routes["/ysjs/202402/P020242.pdf"] = lab.Answer(
        "<html><title>文件不存在</title></html>", kind="application/pdf"
    )
    site.routes["/ysjs/202402/P020243.pdf"] = lab.Answer(b"%PDF-1.4 fake....", kind="application/pdf")
    site.routes["/ysjs/202402/P020244.pdf"] = lab.Answer(b"%PDF-1.4 " + b"x" * 5000, kind="application/pdf", send=3000)
    site.routes["/ysjs/202402/P020245.pdf"] = lab.Answer(b"", kind="application/pdf")


@site
def h21_tokens(site: Any, lab: Any) -> None:
    site.lists("./202402/t20240206_1.html|民政局2024年部门预算|", "./202402/t20240206_2.html|民政局所属单位2024年预算公开|",
               "./202402/t20240206_3.html|民政局2024年部门预算（另一栏）|")  # fmt: skip
    for n, token in ((1, "aXq=="), (2, "bYr==")):
        site.article(
            f"/ysjs/202402/t20240206_{n}.html", f"民政局2024年部门预算{n}", f"/attachment/x.pdf?{token}|民政局预算.pdf"
        )
        site.file(f"/attachment/x.pdf?{token}", b"%PDF-1.4 under a token")
    site.article("/ysjs/202402/t20240206_3.html", "民政局2024年部门预算（另一栏）", "./copy.pdf|民政局预算.pdf")
    site.file("/ysjs/202402/copy.pdf", b"%PDF-1.4 under a token")


@site
def h22_not_ours(site: Any, lab: Any) -> dict[str, Any]:
    site.lists(
        "./202402/t20240206_1.html|石家庄市民政局2024年部门预算|",
        "./202402/t20240206_2.html|国家统计局部门预算（2024）|",
        "./202402/t20240206_3.html|关于石家庄市2023年预算执行情况和2024年预算草案的报告|",
        "./202402/t20240206_4.html|唐山市民政局2024年部门预算|",
        "./202402/t20240206_5.html|关于做好2024年部门预算公开工作的通知|",
        "./202402/t20240206_6.html|石家庄市水务局2024年部门预算|",
        "<li><a href='http://www.stats.gov.cn/202402/t20240206_9.html'>2024年石家庄市部门预算</a></li>",
    )
    site.article("/ysjs/202402/t20240206_1.html", "石家庄市民政局2024年部门预算", "./P0.pdf|预算.pdf",
                 "/sqb.doc|石家庄市民政局信息公开申请表", "http://files.example.org/x.pdf|异地文件.pdf",
                 "file:///etc/passwd.pdf|本机文件.pdf", "javascript:void('x.pdf')|脚本.pdf")  # fmt: skip
    site.file("/ysjs/202402/P0.pdf", b"%PDF-1.4 one of ours")
    site.article("/ysjs/202402/t20240206_6.html", "石家庄市水务局2024年部门预算", "./P6.pdf|预算.pdf",
                 meta='<meta name="SiteIDCode" content="4201000001">')  # fmt: skip
    return {"site_id_code": "1301000001"}


@site
def h24_gbk(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1), column="部门预算公开栏目")
    page = site.routes["/ysjs/"].body.replace("1局", "石家庄市教育局")
    script = '<script>document.charset="big5"</script>'
    site.routes["/ysjs/"] = lab.Answer((script + page).encode("gbk"), kind="text/html; charset=utf-8")


@site
def h25_transport(site: Any, lab: Any) -> dict[str, Any]:
    rows = articles(site, 1, 2, 3)
    site.lists(*rows, head='<base href="/ysjs/">')
    body = site.routes["/ysjs/"].data
    site.routes["/ysjs/list/index.html"] = lab.Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    count: list[int] = []
    article = site.routes["/ysjs/202402/t20240206_2.html"]

    def resets(asked: Any) -> Any:
        count.append(1)
        return lab.Answer(reset=True) if len(count) == 1 else article

    site.routes["/ysjs/202402/t20240206_2.html"] = resets
    site.routes["/ysjs/202402/P020243.pdf"].pause = 1.0
    return {"columns": [{"list_url": site.url("/ysjs/list/index.html"), "row": "li"}]}


@site
def h26_missing_and_html(site: Any, lab: Any) -> None:
    rows = [
        f"./202402/t20240206_{n}.html|{word}局2024年部门预算|"
        for n, word in enumerate(("民政", "水利", "审计", "教育"), 1)
    ]
    site.lists(*rows)
    site.article("/ysjs/202402/t20240206_1.html", "民政局2024年部门预算", body="<p>详见附件</p>")
    table = "".join(f"<tr><td>20{n}01</td><td>项目{n}</td><td>{n}23.45</td></tr>" for n in range(10, 20))
    site.article("/ysjs/202402/t20240206_2.html", "水利局2024年部门预算", body=f"<table>{table}</table>")
    site.article("/ysjs/202402/t20240206_3.html", "审计局2024年部门预算", body="<p>无</p>")
    site.routes["/ysjs/202402/t20240206_4.html"] = lab.Answer(
        "<html><title>石家庄市人民政府</title><body><div id=zoom>欢迎</div>"
    )


@site
def h28_disallow(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    site.routes["/robots.txt"] = lab.Answer("User-agent: *\nDisallow: /ysjs/\n", kind="text/plain")


@site
def h28_403(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    site.routes["/robots.txt"] = lab.Answer("no", 403)


@site
def h28_500(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    site.routes["/robots.txt"] = lab.Answer("oops", 500)


@site
def h28_html(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1))
    site.routes["/robots.txt"] = lab.Answer("<html>Disallow: /</html>")


@site
def redirect_off_site(site: Any, lab: Any) -> None:
    site.lists(*articles(site, 1, 2))
    away = site.url("/ysjs/202402/P020241.pdf").replace("127.0.0.1", "localhost")
    site.routes["/ysjs/202402/P020241.pdf"] = lab.Answer("", 302, headers={"Location": away})
    site.routes["/ysjs/202402/P020242.pdf"] = lab.Answer("", 302, headers={"Location": "file:///etc/passwd"})


@site
def folders(site: Any, lab: Any) -> dict[str, Any]:
    site.lists(
        '<li class="top_subMenu"><a href="./jyj/"title=\'石家庄市教育局\'>石家庄市教育局</a></li>',
        "./zfcg/|政府采购意向",
        "./202402/t20240206_1.html|石家庄市民政局2024年部门预算",
        path="/bmys/",
    )
    articles(site, 1, path="/bmys/")
    site.lists(*articles(site, 5, path="/bmys/jyj/"), path="/bmys/jyj/", column="石家庄市教育局")
    return {"columns": [{"list_url": site.url("/bmys/")}], "descend": 1}


@site
def too_big(site: Any, lab: Any) -> None:
    site.routes["/ysjs/"] = lab.Answer(gzip.compress(b"\n" * 40_000_000), headers={"Content-Encoding": "gzip"})


@pytest.fixture(scope="module")
def night(shared_lab: Any) -> Any:
    portals, sites = [], {}
    for name, build in SITES.items():
        made = shared_lab.site()
        more = build(made, shared_lab) or {}
        sites[name] = made
        portals.append(shared_lab.portal(made, name, **more))
    found = shared_lab.crawl(*portals, timeout=120)
    found.sites = sites
    return found


def files(night: Any, portal: str) -> list[Any]:
    return [one for one in night.of(portal) if one.outcome in ("archived", "unchanged")]


@pytest.mark.parametrize(
    "name", ["h01_page_2_is_index_1", "h01_page_2_is_index_2", "h02_six_arguments", "h01_links_without_a_script"]
)
def test_all_rows_of_all_pages_come_once(night: Any, name: str) -> None:
    told = night.sum(name)
    assert (told.rows_fetched, told.new, told.incomplete) == (3, 3, False), told.problems
    listed = [path for path in night.sites[name].paths() if path.startswith("/ysjs/index") or path == "/ysjs/"]
    assert len(listed) == told.pages_fetched == len(set(listed))


def test_the_six_argument_call_says_how_many_entries_there_are(night: Any) -> None:
    told = night.sum("h02_six_arguments")
    assert (told.pages_expected, told.rows_expected, told.rows_fetched) == (2, 3, 3)


def test_a_missing_list_page_leaves_the_portal_incomplete(night: Any) -> None:
    told = night.sum("missing_page")
    assert told.incomplete
    assert (told.pages_expected, told.pages_fetched, told.new) == (3, 1, 1)
    assert [problem.split(" of ")[0] for problem in told.problems] == ["list page 2", "list page 3"]
    assert all("404" in problem for problem in told.problems)


def test_a_broken_deep_page_is_noticed_and_the_pages_after_it_are_read(night: Any) -> None:
    told = night.sum("broken_deep_page")
    assert told.incomplete
    assert (told.new, told.pages_expected, told.pages_fetched) == (2, 3, 3)
    assert told.problems == (f"list {night.sites['broken_deep_page'].url('/ysjs/')}: page 2 of 3 is empty",)


def test_a_pager_that_cannot_be_read_is_no_quiet_single_page(night: Any) -> None:
    told = night.sum("pager_of_names")
    assert told.new == 1 and told.incomplete and "pager cannot be read" in told.problems[0]


def test_a_pager_that_repeats_its_first_page_stops_at_once(night: Any) -> None:
    told = night.sum("h23_list_loop")
    assert told.incomplete
    assert "repeats an earlier page" in told.problems[0]
    assert sum(path.startswith("/ysjs/index") for path in night.sites["h23_list_loop"].paths()) == 1


def test_a_home_page_instead_of_the_list_is_no_empty_success(night: Any) -> None:
    told = night.sum("h23_list_is_the_home_page")
    assert told.incomplete
    assert "no entries" in told.problems[0]


def test_a_bare_name_takes_year_and_kind_from_its_column(night: Any) -> None:
    (one,) = files(night, "h12_bare_name")
    assert (one.article_title, one.fiscal_year, one.document_kind) == ("石家庄市教育局", 2018, "department_budget")
    assert (one.published_at, one.date_source) == (date(2018, 3, 6), "meta")
    (other,) = [one for one in night.of("h12_bare_name") if one.outcome == "ignored"]
    assert other.reason is Reason.NOT_A_BUDGET_TITLE


def test_stubs_are_followed_once_and_keep_the_entry_s_title(night: Any) -> None:
    found = {one.article_title: one for one in night.of("h14_stubs")}
    for n, word in enumerate("一二三", 1):
        one = found[f"石家庄市第{word}局2024年部门预算公开"]
        assert one.outcome == "archived" and one.url is not None and one.url.endswith(f"P02024{n}.pdf")
    fourth = found["石家庄市第四局2024年部门预算公开"]
    assert (fourth.outcome, fourth.reason) == ("failed", Reason.HTTP_ERROR)
    assert "second stub" in (fourth.detail or "")


def test_titles_are_whole(night: Any) -> None:
    assert [one.article_title for one in files(night, "h16_titles")] == [
        "石家庄市民政局2024年部门预算信息公开", "石家庄市水利局2024年部门预算", "3局2024年部门预算",
    ]  # fmt: skip


def test_the_publish_date_is_that_of_the_article(night: Any) -> None:
    found = [(one.published_at, one.date_source) for one in files(night, "h13_dates")]
    assert found == [(date(2024, 2, 6), "meta"), (date(2024, 2, 9), "meta"), (date(2024, 3, 2), "label")]


def test_a_file_refused_without_referer_comes_with_it(night: Any) -> None:
    (one,) = files(night, "h17_referer")
    assert one.outcome == "archived" and one.sha256 is not None
    asked = [one for one in night.sites["h17_referer"].asked if one.path.endswith(".pdf")]
    assert [("referer" in one.headers) for one in asked] == [False, True]


@pytest.mark.parametrize(
    ("name", "kind", "requests"),
    [("h18_412", "ruishu", 1), ("h18_521", "jiasule", 1), ("h18_468", "edge_468", 1), ("h18_self_redirect", "self_redirect", 2),
     ("h18_429_for_hours", "too_many_requests", 1)],
)  # fmt: skip
def test_walls_are_recorded_and_not_climbed(night: Any, name: str, kind: str, requests: int) -> None:
    told = night.sum(name)
    assert told.blocked == {kind: 1} and told.incomplete
    (one,) = night.of(name)
    assert (one.outcome, one.reason) == ("blocked", Reason.CHALLENGE)
    assert one.detail is not None and one.detail.startswith(f"blocked:{kind} ")
    assert night.sites[name].paths().count("/ysjs/") == requests


def test_after_three_walls_a_portal_is_left_alone_and_every_article_is_still_recorded(night: Any) -> None:
    told = night.sum("h18_js_stub_articles")
    assert told.blocked == {"js_cookie_stub": 3, "left_alone": 5} or sum(told.blocked.values()) == 8
    evidence = [
        one.detail.split("evidence/")[1]
        for one in night.of("h18_js_stub_articles")
        if "evidence/" in (one.detail or "")
    ]
    assert evidence
    for name in evidence:
        kept = (night.out / "evidence" / name).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == name and b"EO_Bot_Ssid" in kept


@pytest.mark.parametrize("name", ["h18_cookie_redirect_once", "h18_429_then_well", "h18_503_burst"])
def test_patience_is_rewarded(night: Any, name: str) -> None:
    told = night.sum(name)
    assert (told.new, told.incomplete) == (1, False), told


def test_a_bad_gateway_is_retried_three_times_and_then_reported(night: Any) -> None:
    (one,) = night.of("h18_502_for_days")
    assert (one.outcome, one.reason, one.detail) == ("failed", Reason.NETWORK, "HTTP 502 after 4 tries (list)")
    assert night.sum("h18_502_for_days").incomplete


def test_magic_bytes_decide_what_a_file_is(night: Any) -> None:
    found = files(night, "h19_file_types")
    assert {one.link_text for one in found} == {"公开表", "说明", "民政局预算.pdf", "绩效目标.xlsx", "导出的表"}
    assert all(one.outcome == "archived" for one in found)


def test_files_that_are_not_what_they_say(night: Any) -> None:
    found = {one.article_title[0]: one for one in night.of("h20_not_what_it_says")}
    assert found["1"].outcome == "archived" and found["1"].url == found["1"].article_url
    assert (found["2"].outcome, found["2"].reason) == ("failed", Reason.HTML_INSTEAD_OF_FILE)
    assert "文件不存在" in (found["2"].detail or "")
    assert (found["3"].outcome, found["3"].reason) == ("failed", Reason.CORRUPT)
    assert (found["4"].outcome, found["4"].reason, found["4"].size) == ("failed", Reason.TRUNCATED, None)
    assert found["4"].detail == "truncated: 3000 of 5009 bytes came, 3 times"
    assert (found["5"].outcome, found["5"].reason) == ("failed", Reason.EMPTY)


def test_one_document_under_three_addresses_is_three_sightings(night: Any) -> None:
    found = files(night, "h21_tokens")
    assert [one.outcome for one in found] == ["archived", "unchanged", "unchanged"]
    assert len({one.sha256 for one in found}) == 1 and len({one.url for one in found}) == 3
    asked = [path for path in night.sites["h21_tokens"].paths() if path.startswith("/attachment/")]
    assert len(asked) == 1, "two tokens of one address are one download"


def test_what_is_not_ours_is_refused_with_its_reason(night: Any) -> None:
    found = {(one.article_title, one.link_text): one for one in night.of("h22_not_ours")}
    said = {
        title: (one.outcome, one.reason, (one.detail or "").split(":")[0])
        for (title, text), one in found.items()
        if text is None
    }
    scope, title = ("ignored", Reason.OUT_OF_SCOPE), ("ignored", Reason.NOT_A_BUDGET_TITLE)
    assert said == {
        "国家统计局部门预算（2024）": (*scope, "other_jurisdiction"),
        "关于石家庄市2023年预算执行情况和2024年预算草案的报告": (*title, "government_level"),
        "唐山市民政局2024年部门预算": (*scope, "other_jurisdiction"),
        "关于做好2024年部门预算公开工作的通知": (*title, "notice"),
        "石家庄市水务局2024年部门预算": (*scope, "other_jurisdiction"),
        "2024年石家庄市部门预算": (*scope, "off_site"),
    }
    own = "石家庄市民政局2024年部门预算"
    assert found[own, "石家庄市民政局信息公开申请表"].reason is Reason.NOT_A_BUDGET_FILE
    assert found[own, "异地文件.pdf"].reason is Reason.OUT_OF_SCOPE
    assert found[own, "预算.pdf"].outcome == "archived"
    assert not any("passwd" in (one.url or "") or "javascript" in (one.url or "") for one in found.values())
    assert not any("friend" in path for path in night.sites["h22_not_ours"].paths())


def test_a_gbk_page_under_a_utf8_header_is_read(night: Any) -> None:
    (one,) = files(night, "h24_gbk")
    assert one.article_title == "石家庄市教育局2024年部门预算"
    assert one.column_name == "部门预算公开栏目"


def test_gzip_base_reset_and_a_slow_body_are_borne(night: Any) -> None:
    told = night.sum("h25_transport")
    assert (told.new, told.incomplete) == (3, False), told


def test_an_article_without_files_is_document_missing_or_nothing(night: Any) -> None:
    found = {one.article_title[:2]: one for one in night.of("h26_missing_and_html")}
    assert (found["民政"].outcome, found["民政"].reason) == ("failed", Reason.MISSING_ATTACHMENT)
    assert found["水利"].outcome == "archived" and found["水利"].url == found["水利"].article_url
    assert (found["审计"].outcome, found["审计"].reason) == ("ignored", Reason.NO_ATTACHMENT)
    assert (found["教育"].outcome, found["教育"].reason) == ("failed", Reason.HTTP_ERROR)
    assert "soft 404" in (found["教育"].detail or "")


def test_robots_txt_is_policy_not_chance(night: Any) -> None:
    outcome = {
        name: (night.sum(name).new, list(night.sum(name).robots.values())) for name in SITES if name.startswith("h28")
    }
    assert outcome == {
        "h28_disallow": (0, ["HTTP 200: obeyed"]),
        "h28_403": (1, ["HTTP 403: allowed"]),
        "h28_500": (0, ["HTTP 500: disallowed"]),
        "h28_html": (1, ["HTTP 200: allowed"]),
    }
    (one,) = night.of("h28_disallow")
    assert (one.outcome, one.reason) == ("blocked", Reason.ROBOTS)
    assert night.sum("h28_disallow").blocked == {"robots": 1}
    assert night.sum("h28_500").failed == {"network": 1}, "the server is down: that forbids nothing"


def test_redirects_stay_at_home(night: Any) -> None:
    found = night.of("redirect_off_site")
    assert [(one.outcome, one.reason) for one in found] == [("failed", Reason.OUT_OF_SCOPE)] * 2
    assert all("redirects to" in (one.detail or "") for one in found)


def test_a_folder_is_descended_into_and_its_name_kept(night: Any) -> None:
    told = night.sum("folders")
    assert (told.new, told.incomplete) == (2, False), told
    found = {one.article_title: one for one in files(night, "folders")}
    assert found["5局2024年部门预算"].column_name == "部门预算 石家庄市教育局"
    (ignored,) = [one for one in night.of("folders") if one.outcome == "ignored"]
    assert ignored.article_title == "政府采购意向"


def test_a_list_that_unpacks_to_forty_megabytes_is_refused(night: Any) -> None:
    (one,) = night.of("too_big")
    assert (one.outcome, one.reason) == ("failed", Reason.LIMIT_SIZE)


def test_the_night_as_a_whole_adds_up(night: Any) -> None:
    assert night.summary.exit_code == 3 and night.summary.state == "incomplete"
    assert [one.portal for one in night.summary.portals] == list(SITES)
    for told in night.summary.portals:
        mine = night.of(told.portal)
        assert told.new == sum(one.outcome == "archived" for one in mine)
        assert sum(told.ignored.values()) == sum(one.outcome == "ignored" for one in mine)
        assert told.finish_reason == "finished"
    for one in night.sightings:
        if one.sha256:
            kept = (night.archive / one.sha256).read_bytes()
            assert hashlib.sha256(kept).hexdigest() == one.sha256 and len(kept) == one.size
    asked = {one.headers.get("host", "").split(":")[0] for site in night.sites.values() for one in site.asked}
    assert asked == {"127.0.0.1"}
