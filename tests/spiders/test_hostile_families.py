"""What each product does when it misbehaves, all in one night over loopback (PORTALS §2.2–2.11, §7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from budget.states import Reason

ROW = '<li><a href="{}">{}</a><span>2026-02-10</span></li>'
SITES: dict[str, tuple[str, str, Callable[[Any, Any], dict[str, Any] | None]]] = {}
CAPTCHA = '<html><body>请输入验证码<form><img src="/captcha"><input name="codeValue"></form></body></html>'
SLOT = (
    '<script src="/x/unitbuild.js" webId="16" parseType="bulidstatic" url="/api-gateway/unit" '
    "queryData=\"{'parseType':'bulidstatic','webId':'16','tagId':'信息list','pageId':'1'}\"></script>"
)
COLUMN, TEMPLATE, BLOCK = (f"8c34b9fc-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))


def site(family: str, path: str) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    def add(build: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        SITES[build.__name__] = (family, path, build)
        return build

    return add


def pdf(site: Any, path: str) -> None:
    site.file(path, f"%PDF-1.4 {site.url(path)}".encode())


@site("hanweb_jpage", "/col/col1/index.html")
def jpage_deep_page_empty(site: Any, lab: Any) -> None:
    """H04: the second group answers 54 bytes of nothing."""
    pdf(site, "/a.pdf")
    group = '<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page=2&amp;columnid=1"></a>]]></nextgroup>'
    record = f"<record><![CDATA[{ROW.format('/art/2026/2/1/art_1_1.html', '民政局2026年部门预算')}]]></record>"
    site.routes["/col/col1/index.html"] = lab.Answer(
        f'<script type="text/xml"><datastore>{group}<totalrecord>30</totalrecord><recordset>{record}</recordset></datastore></script>'
    )
    site.article("/art/2026/2/1/art_1_1.html", "民政局2026年部门预算", "/a.pdf|预算.pdf")
    nothing = lab.Answer("<datastore><recordset></recordset></datastore>\n\n\n\n\n", kind="text/xml")
    site.program = lambda asked: nothing if asked.path.startswith("/module/web/jpage/dataproxy.jsp?") else None


@site("hanweb_jpage", "/col/col1/index.html")
def jpage_records_only_in_html(site: Any, lab: Any) -> None:
    """山东省: an empty record set, the entries in the page itself."""
    pdf(site, "/a.pdf")
    site.lists(ROW.format("/art/2026/2/1/art_1_1.html", "民政局2026年部门预算"), path="/col/col1/index.html",
               head='<script type="text/xml"><datastore><recordset></recordset></datastore></script>')  # fmt: skip
    site.article("/art/2026/2/1/art_1_1.html", "民政局2026年部门预算", "/a.pdf|预算.pdf")


@site("hanweb_jpage", "/col/col1/index.html")
def jpage_that_is_jpaas(site: Any, lab: Any) -> None:
    site.routes["/col/col1/index.html"] = lab.Answer(f"<html><title>财政预决算</title><body>{SLOT}</body></html>")


@site("hanweb_jpaas", "/col/col1/index.html")
def jpaas_two_files_in_one_string(site: Any, lab: Any) -> None:
    """H06: `sPdfUrl` names two files joined with `#`."""
    site.routes["/col/col1/index.html"] = lab.Answer(f"<html><title>财政预决算</title><body>{SLOT}</body></html>")
    html = f"<ul>{ROW.format('/art/2026/art_aa11.html', '民政局2026年部门预算')}</ul><div pagination count='1' pageNo='1'></div>"
    unit = lab.Answer(json.dumps({"success": True, "data": {"html": html}}), kind="application/json")
    site.program = lambda asked: unit if asked.path.startswith("/api-gateway/unit?") else None
    site.article("/art/2026/art_aa11.html", "民政局2026年部门预算", body='<iframe id="pdf_iframe" src=""></iframe>',
                 meta='<script>var sPdfUrl = "/cms_files/A.pdf#/cms_files/B.pdf";</script>')  # fmt: skip
    pdf(site, "/cms_files/A.pdf")
    pdf(site, "/cms_files/B.pdf")


@site("hanweb_jpaas", "/col/col1/index.html")
def jpaas_says_no(site: Any, lab: Any) -> None:
    site.routes["/col/col1/index.html"] = lab.Answer(f"<html><title>财政预决算</title><body>{SLOT}</body></html>")
    told = lab.Answer(
        json.dumps({"success": False, "message": "页面不存在", "data": {"html": ""}}), kind="application/json"
    )
    site.program = lambda asked: told if asked.path.startswith("/api-gateway/unit?") else None


@site("fragment", "/public/column/65?type=4&catId=70&action=list")
def lonsun_hidden(site: Any, lab: Any) -> None:
    """H08: 200 and one sentence."""
    site.routes["/public/column/65?type=4&catId=70&action=list"] = lab.Answer(
        "<script>x({labelName:'publicInfoList',siteId:'6'})</script>"
    )
    site.program = lambda asked: lab.Answer("目录id已隐藏") if asked.path.startswith("/site/label/8888?") else None


@site("fragment", "/gongkai/channel_c6254/")
def gongkai_parent(site: Any, lab: Any) -> None:
    """H10: 财政信息 holds no entries; its child column does."""
    child = "channel_c_5f9fa491ab327f36e4c1305d"
    site.lists(f"<li><a href='/gongkai/{child}/'>财政预决算</a></li>", "<li><a href='/gongkai/channel_c99/'>财政收支</a></li>",
               path="/gongkai/channel_c6254/", column="财政信息")  # fmt: skip
    site.lists(path=f"/gongkai/{child}/", column="财政预决算")
    scripts = {
        "/gongkai/script_channel_c6254.js": 'window["channel_c6254"] = {channel:{title:"财政信息"},items:[]};',
        f"/gongkai/script_{child}.js": f"""window['{child}'] = {{items:[{{title:"民政局2026年部门预算",router:"/gongkai/{child}/doc_65c1.html",release:"02-10",releaseYear:"2026"}},]}};""",
    }
    site.program = lambda asked: (
        lab.Answer(scripts[urlsplit(asked.path).path], kind="text/javascript")
        if urlsplit(asked.path).path in scripts
        else None
    )
    site.routes[f"/gongkai/{child}/doc_65c1.html"] = lab.Answer(
        f'<html><title>民政局2026年部门预算</title><body><div id="zoom"><a href="/gongkai/{child}/doc_65c1_9f.pdf">预算.pdf</a></div>'
    )
    pdf(site, f"/gongkai/{child}/doc_65c1_9f.pdf")


@site("fragment", f"/columns/{COLUMN}/index.html")
def uuid_without_a_block(site: Any, lab: Any) -> None:
    site.routes[f"/columns/{COLUMN}/index.html"] = lab.Answer("<html><title>财政预决算</title><body></body></html>")


@site("fragment", f"/columns/{COLUMN}/index.html")
def uuid_in_variables(site: Any, lab: Any) -> None:
    """H09: template and block named apart; the name of a file carries its extension twice and `sid` differs per request."""
    site.routes[f"/columns/{COLUMN}/index.html"] = lab.Answer(
        f"<title>财政预决算</title><script>var templateId='{TEMPLATE}', blockId = \"{BLOCK}\";</script>"
    )
    base = f"/columns/{COLUMN}/templates/{TEMPLATE}/blocks/{BLOCK}?page="
    rows = [
        ROW.format(f"/columns/{COLUMN}/202602/14/{BLOCK[:-1]}{n}.html", f"民政局{2020 + n}年部门预算") for n in (5, 6)
    ]
    site.routes[base + "1&fix=0"] = lab.Answer("".join(rows))
    site.routes[base + "2&fix=0"] = lab.Answer("")
    for n in (5, 6):
        link = f"/attachments/1/202602/14/%E9%A2%84%E7%AE%97.pdf12345678901234567.pdf?sid=8c34-{n}"
        site.article(
            f"/columns/{COLUMN}/202602/14/{BLOCK[:-1]}{n}.html", f"民政局{2020 + n}年部门预算", f"{link}|预算.pdf"
        )
        pdf(site, link)


@site("gkmlpt", "/gkmlpt/index#5")
def gkmlpt_behind_a_wall(site: Any, lab: Any) -> None:
    """梅州: the page answers, its interface is behind 加速乐."""
    site.routes["/gkmlpt/index"] = lab.Answer("<script>window._CONFIG = {SID:'7', TREE:[]}</script>")
    site.routes["/gkmlpt/api/all/5?page=1&sid=7"] = lab.Answer(
        "<script>document.cookie</script>", 521, headers={"Set-Cookie": "__jsluid_s=1"}
    )


@site("gkmlpt", "/gkmlpt/index#5")
def gkmlpt_after_a_reset(site: Any, lab: Any) -> None:
    site.routes["/gkmlpt/index"] = lab.Answer("<script>window._CONFIG = {SID:'7', TREE:[]}</script>")
    articles = [{"id": 1, "title": "民政局2026年部门预算", "url": "/gkmlpt/content/1/post_1.html", "display_publish_time": "2026-2-9 10:00:00",
                 "attachment": [{"name": "预算.pdf", "url": "/attachment/1.pdf"}, {"name": "依申请公开申请表.doc", "url": "/attachment/2.doc"}]}]  # fmt: skip
    good = lab.Answer(json.dumps({"classify": {"post_count": 1}, "articles": articles}), kind="application/json")
    tries: list[int] = []

    def drops(asked: Any) -> Any:
        tries.append(1)
        return lab.Answer(reset=True) if len(tries) == 1 else good

    site.routes["/gkmlpt/api/all/5?page=1&sid=7"] = drops
    site.routes["/gkmlpt/content/1/post_1.html"] = lab.Answer("gone", 404)
    pdf(site, "/attachment/1.pdf")


@site("gkmlpt", "/gkmlpt/index#5")
def gkmlpt_answers_a_page(site: Any, lab: Any) -> None:
    site.routes["/gkmlpt/index"] = lab.Answer("<script>window._CONFIG = {SID:'7', TREE:[]}</script>")
    site.routes["/gkmlpt/api/all/5?page=1&sid=7"] = lab.Answer("<html><title>首页</title><body>欢迎访问</body></html>")


@site("vsb", "/bmys.htm")
def vsb_captcha(site: Any, lab: Any) -> None:
    """H18: the download asks for the characters of a picture."""
    site.lists(
        '<li id="line_u7_0"><span>[02-10]</span><a href="info/1116/1.htm">民政局2026年部门预算</a></li>',
        path="/bmys.htm",
    )
    link = "/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=9"
    site.article("/info/1116/1.htm", "民政局2026年部门预算", f"{link}|附件1.xls")
    site.routes[link] = lab.Answer(CAPTCHA)


@site("vsb", "/list.jsp?urltype=tree.TreeTempUrl&wbtreeid=1021")
def vsb_dynamic(site: Any, lab: Any) -> None:
    """包头: the same product, pages by query."""
    here = "/list.jsp?urltype=tree.TreeTempUrl&wbtreeid=1021"
    for number, name in ((1, "民政局"), (2, "水利局")):
        following = f'<span class="p_next p_fun"><a href="{here}&PAGENUM=2">下页</a></span>' if number == 1 else ""
        row = f'<li id="line_u7_0"><a href="/info/1116/{number}.htm">{name}2026年部门预算</a></li>'
        site.lists(
            row, f"<span class='p_t'>{number}/2</span>{following}", path=here + ("&PAGENUM=2" if number == 2 else "")
        )
        site.article(f"/info/1116/{number}.htm", f"{name}2026年部门预算", f"/f{number}.pdf|预算.pdf")
        pdf(site, f"/f{number}.pdf")


@site("query_list", "/2026nbmczys/1.html")
def numbered_files_in_gbk(site: Any, lab: Any) -> None:
    """西安: 1.html, 2.html; articles of 24 hexadecimal digits; upper-case extensions; GBK bytes under a UTF-8 header (H24)."""
    for number, name in ((1, "民政局"), (2, "水利局")):
        hexed = f"65c1f0{number:0>18}"
        pager = "<a href='1.html'>1</a><a href='2.html'>2</a>"
        site.lists(
            ROW.format(f"/bmczys/{hexed}.html", f"{name}2026年部门预算"), pager, path=f"/2026nbmczys/{number}.html"
        )
        page = site.routes[f"/2026nbmczys/{number}.html"].body
        site.routes[f"/2026nbmczys/{number}.html"] = lab.Answer(page.encode("gbk"), kind="text/html; charset=utf-8")
        site.article(f"/bmczys/{hexed}.html", f"{name}2026年部门预算", f"/web_files/{number}.XLS|预算表")
        site.file(f"/web_files/{number}.XLS", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 " + site.url(str(number)).encode())


@site("query_list", "/list.aspx?id=1")
def query_list_behind_ruishu(site: Any, lab: Any) -> None:
    site.routes["/list.aspx?id=1"] = lab.Answer(
        "<script>$_ts</script>", 412, headers={"Set-Cookie": "FSSBBIl1UgzbN7N80S=x"}
    )


@site("shtml", "/sjz/c1/list.shtml")
def shtml_gap(site: Any, lab: Any) -> None:
    """Three pages are told, the last is not there."""
    for number in (1, 2):
        hexed = f"{number:0>32}"
        site.lists(ROW.format(f"/sjz/c1/202602/{hexed}.shtml", f"第{number}局2026年部门预算"), path="/sjz/c1/list" + ("_2" if number == 2 else "") + ".shtml",
                   pager=f"createPageHTML('page_div',3,{number},'list','shtml',3)")  # fmt: skip
        site.article(f"/sjz/c1/202602/{hexed}.shtml", f"第{number}局2026年部门预算", f"{hexed}/files/表.xlsx|表")
        site.file(f"/sjz/c1/202602/{hexed}/files/%E8%A1%A8.xlsx", b"PK\x03\x04" + site.url(hexed).encode())


@site("budget_platform", "/index.html#/overView?code=320115000")
def jiangsu(site: Any, lab: Any) -> dict[str, Any]:
    """H11: departments, a department's papers, the files of a paper: three forms, one download."""

    def interface(asked: Any) -> Any:
        path, form = urlsplit(asked.path).path, {name: values[0] for name, values in parse_qs(asked.body).items()}
        told: Any = None
        if path == "/front/department/getdepartmentname.do" and form["pid"] == "320115000" and form["date"] == "2026":
            told = [
                {"iid": 11, "name": "民政局", "pid": 1, "dtype": "2"},
                {"iid": 12, "name": "水利局", "pid": 1, "dtype": "2"},
            ]
        if path == "/front/budgetfinal/itemsandpag.do" and form["typeid"] == "2":
            told = {"budgetTemplates": [{"uuid": f"u{form['groupid']}"}] if form["page_num"] == "1" else []}
        if path == "/front/budgetfinal/getTemporaryFiles.do":
            told = [{"iid": f"9{form['uuid'][1:]}", "t_oldname": "2026年部门预算.pdf", "t_uploaddate": "2026-02-10"}]
        if path == "/front/budgetfinal/download.do":
            return lab.Answer(f"%PDF-1.4 {asked.path}", kind="application/octet-stream")
        return lab.Answer(json.dumps(told), kind="application/json") if told is not None else None

    site.program = interface
    return {
        "platform": "jiangsu",
        "columns": [{"list_url": site.url("/index.html#/overView?code=320115000"), "fiscal_year": 2026}],
    }


@site("static_pager", "/ysjs/")
def article_that_only_links_to_a_platform(site: Any, lab: Any) -> None:
    """无锡: the first on this portal's own platform, the second elsewhere."""
    site.lists(
        "./202602/t20260210_1.html|民政局2026年部门预算|2026-02-10",
        "./202602/t20260210_2.html|水利局2026年部门预算|2026-02-10",
    )
    site.article(
        "/ysjs/202602/t20260210_1.html", "民政局2026年部门预算", body='<a href="/#/detailsPage?id=804411">查看</a>'
    )
    site.article(
        "/ysjs/202602/t20260210_2.html",
        "水利局2026年部门预算",
        body='<a href="http://yjsgk.jsczt.cn/#/detailsPage?id=8">查看</a>',
    )
    site.routes["/front/budgetfinal/getTemporaryFiles.do"] = lambda asked: lab.Answer(
        json.dumps([{"iid": 5, "t_oldname": "预算.pdf"}] if asked.body == "uuid=804411" else []),
        kind="application/json",
    )
    pdf(site, "/front/budgetfinal/download.do?iid=5")


@site("budget_platform", "/bmp_pub/index_gfa.html?ADMDIV=140729000")
def platform_without_an_adapter(site: Any, lab: Any) -> None:
    pass


@pytest.fixture(scope="module")
def night(shared_lab: Any) -> Any:
    portals = []
    for name, (family, path, build) in SITES.items():
        made = shared_lab.site()
        portals.append(shared_lab.portal(made, name, path, **({"family": family} | (build(made, shared_lab) or {}))))
    return shared_lab.crawl(*portals, archive="hostile_families", timeout=120)


def files(night: Any, name: str) -> list[Any]:
    return [one for one in night.of(name) if one.sha256]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("jpage_deep_page_empty", "page 2 is empty; 1 of 30 entries so far"),
        ("jpage_that_is_jpaas", "its marks are those of `hanweb_jpaas`"),
        ("jpaas_says_no", "build/unit says no: 页面不存在"),
        ("lonsun_hidden", "the portal hides this category: '目录id已隐藏'"),
        ("uuid_without_a_block", "nothing on the page says where its list comes from"),
        ("gkmlpt_behind_a_wall", "blocked:jiasule"),
        ("gkmlpt_answers_a_page", "no list of articles"),
        ("query_list_behind_ruishu", "blocked:ruishu"),
        ("shtml_gap", "list page 3 of"),
        ("platform_without_an_adapter", "no adapter for this platform; known are jiangsu, neimenggu"),
    ],
)
def test_a_list_that_could_not_be_read_says_what_was_there_instead(night: Any, name: str, problem: str) -> None:
    told = night.sum(name)
    assert told.incomplete and any(problem in one for one in told.problems), told.problems


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("jpage_deep_page_empty", ["民政局2026年部门预算"]),
        ("jpage_records_only_in_html", ["民政局2026年部门预算"]),
        ("jpaas_two_files_in_one_string", ["民政局2026年部门预算", "民政局2026年部门预算"]),
        ("gongkai_parent", ["民政局2026年部门预算"]),
        ("uuid_in_variables", ["民政局2025年部门预算", "民政局2026年部门预算"]),
        ("vsb_dynamic", ["民政局2026年部门预算", "水利局2026年部门预算"]),
        ("numbered_files_in_gbk", ["民政局2026年部门预算", "水利局2026年部门预算"]),
        ("shtml_gap", ["第1局2026年部门预算", "第2局2026年部门预算"]),
        ("jiangsu", ["民政局2026年部门预决算", "水利局2026年部门预决算"]),
    ],
)
def test_what_could_be_read_was_read(night: Any, name: str, titles: list[str]) -> None:
    found = files(night, name)
    assert sorted(one.article_title for one in found) == sorted(titles), night.sum(name)
    assert {one.outcome for one in found} <= {"archived", "unchanged"}


@pytest.mark.parametrize("name", ["jpage_records_only_in_html", "jpaas_two_files_in_one_string", "gongkai_parent", "uuid_in_variables",
                                  "vsb_dynamic", "numbered_files_in_gbk", "gkmlpt_after_a_reset", "jiangsu"])  # fmt: skip
def test_a_whole_night_says_so(night: Any, name: str) -> None:
    assert (night.sum(name).incomplete, night.sum(name).problems) == (False, ()), night.sum(name)


def test_files_named_by_the_list_are_had_though_their_article_is_gone(night: Any) -> None:
    found = {one.link_text: one for one in night.of("gkmlpt_after_a_reset")}
    assert found["预算.pdf"].outcome == "archived"
    assert str(found["预算.pdf"].published_at) == "2026-02-09"
    assert found["依申请公开申请表.doc"].reason is Reason.NOT_A_BUDGET_FILE


def test_a_download_behind_a_captcha_is_a_wall(night: Any) -> None:
    (one,) = night.of("vsb_captcha")
    assert (one.outcome, one.reason) == ("blocked", Reason.CHALLENGE) and (one.detail or "").startswith(
        "blocked:captcha"
    )


def test_an_article_that_only_links_to_a_platform_is_followed_or_handed_over(night: Any) -> None:
    found = {one.article_title[:3]: one for one in night.of("article_that_only_links_to_a_platform")}
    assert (found["民政局"].outcome, found["民政局"].link_text) == ("archived", "预算.pdf")
    assert (found["水利局"].outcome, found["水利局"].reason) == ("failed", Reason.MISSING_ATTACHMENT)
    assert "http://yjsgk.jsczt.cn/#/detailsPage?id=8" in (found["水利局"].detail or "")


def test_nothing_outside_loopback_was_asked(night: Any, shared_lab: Any) -> None:
    assert {one.headers.get("host", "").split(":")[0] for site in shared_lab.sites for one in site.asked} == {
        "127.0.0.1"
    }
    assert all(told.finish_reason == "finished" for told in night.summary.portals)
