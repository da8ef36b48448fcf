"""Loopback portals that speak as the products do (PORTALS §2.2–2.11) and live: entries come and go between nights and while they are read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

A_PAGE = 5
COLUMN, TEMPLATE, BLOCK = (f"8c34b9fc-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
GUID = "0123456789abcdef0123456789abcdef"
CHANNEL = "channel_c_5f9fa491ab327f36e4c1305d_n_1605682402.2911"
NAMES = (
    "教育局",
    "民政局",
    "水利局",
    "审计局",
    "司法局",
    "财政局",
    "统计局",
    "商务局",
    "林业局",
    "农业农村局",
    "文化和旅游局",
    "应急管理局",
)


@dataclass
class Paper:
    """An entry: a department's budget with its file, or something else."""

    number: int
    title: str
    bytes: bytes
    budget: bool = True

    @property
    def day(self) -> date:
        return date(2026, 1, 1) + timedelta(days=self.number)


@dataclass
class Portal:
    """A portal that is alive: newest entries first. `served`: list pages given out so far tonight."""

    lab: Any
    site: Any
    speak: Callable[[Portal, Any, str, dict[str, str]], Any]
    path: str
    settings: dict[str, Any] = field(default_factory=dict)
    papers: list[Paper] = field(default_factory=list)
    tokens: int = 0
    served: int = 0
    grow_after: int | None = None
    shrink_after: int | None = None
    ends_after: int | None = None

    def __post_init__(self) -> None:
        for n, name in enumerate(NAMES, 1):
            self.papers.insert(
                0, Paper(n, f"石家庄市{name}2026年部门预算", b"%PDF-1.4 " + f"{self.site.url()} {name}".encode())
            )
        # the same bytes a second time, and two entries that are no disclosure
        self.papers.insert(3, Paper(40, "石家庄市教育局所属单位2026年预算公开", self.papers[-1].bytes))
        self.papers.insert(6, Paper(41, "关于做好2026年部门预算公开工作的通知", b"", budget=False))
        self.papers.insert(9, Paper(42, "石家庄市2025年预算执行情况和2026年预算草案的报告", b"", budget=False))
        self.site.program = self.answer

    def add(self, number: int) -> None:
        self.papers.insert(
            0, Paper(number, f"石家庄市第{number}中学2026年单位预算", f"%PDF-1.4 {self.site.url()} {number}".encode())
        )

    @property
    def budgets(self) -> list[Paper]:
        return [one for one in self.papers if one.budget]

    @property
    def count(self) -> int:
        return math.ceil(len(self.papers) / A_PAGE)

    def page(self, number: int) -> list[Paper]:
        """The entries of a list page, number from 1; counts it, and lets the portal grow or end where a test wants it."""
        if self.ends_after is not None and number > self.ends_after:
            return []
        found = self.papers[(number - 1) * A_PAGE : number * A_PAGE]
        self.served += 1
        if self.grow_after == self.served:
            self.grow_after = None
            for n in range(1, A_PAGE + 1):
                self.add(100 + n)
        if self.shrink_after == self.served:
            self.shrink_after = None
            self.papers.remove(self.paper("41"))
        return found

    def answer(self, asked: Any) -> Any:
        parts = urlsplit(asked.path)
        fields = {
            name: values[0] for name, values in parse_qs(f"{parts.query}&{asked.body}", keep_blank_values=True).items()
        }
        if found := re.search(r"/paper-(\d+)\.pdf", parts.path + fields.get("wbfileid", "") + fields.get("iid", "")):
            return self.file(asked, int(found.group(1)))
        return self.speak(self, asked, parts.path, fields)

    def file(self, asked: Any, number: int) -> Any:
        if "/system/_content/" in asked.path and "referer" not in asked.headers:
            return self.lab.Answer("<html><title>下载出错</title><body>" + "x" * 4900)
        paper = next(one for one in self.papers if one.number == number)
        return self.lab.Answer(paper.bytes, kind="text/html")

    def paper(self, number: str) -> Paper:
        return next(one for one in self.papers if one.number == int(number))

    def link(self, paper: Paper) -> str:
        self.tokens += 1
        return f"/files/paper-{paper.number}.pdf?sid={self.tokens}"

    def article(self, paper: Paper, block: str | None = None) -> Any:
        if block is None:
            block = f'<a href="{self.link(paper)}">{paper.title}.pdf</a>'
        return self.lab.Answer(
            f'<html><head><meta name="ArticleTitle" content="{paper.title}"><meta name="PubDate" content="{paper.day} 09:00">'
            f'<title>{paper.title}</title></head><body><div id="zoom"><p>现予公开。</p></div>{block}</body></html>'
        )

    def rows(self, papers: list[Paper], href: str, cut: int = 99, dated: str = "{}") -> str:
        return "".join(
            f'<li><a href="{href.format(one.number)}">{one.title[:cut]}</a><span>{dated.format(one.day)}</span></li>'
            for one in papers
        )

    def html(self, body: str, head: str = "") -> Any:
        return self.lab.Answer(
            f'<html><head><title>财政预决算</title><meta name="ColumnName" content="部门预算">{head}</head><body>'
            f'<div class="header"><ul><li><a href="/zwgk/">政务公开</a></li></ul></div>{body}</body></html>'
        )

    def json(self, value: Any) -> Any:
        return self.lab.Answer(json.dumps(value), kind="application/json")


PORTALS: dict[str, tuple[str, str, Callable[..., Any], dict[str, Any]]] = {}


def speaks(name: str, family: str, path: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(speak: Callable[..., Any]) -> Callable[..., Any]:
        PORTALS[name] = (family, path, speak, settings)
        return speak

    return add


@speaks("trs", "static_pager", "/ysjs/")
def trs(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if found := re.fullmatch(r"/ysjs/202602/t20260201_(\d+)\.html", path):
        return portal.article(portal.paper(found.group(1)))
    if found := re.fullmatch(r"/ysjs/(?:index_(\d+)\.html)?", path):
        number = int(found.group(1) or 0) + 1
        pager = f'<script>createPageHTML({portal.count}, {number - 1}, "index", "html");</script>'
        rows = portal.rows(portal.page(number), "./202602/t20260201_{}.html")
        return portal.html(f"<ul>{rows}</ul>{pager}")
    return None


@speaks("shtml", "shtml", "/sjz/c100001/common_list.shtml")
def shtml(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if found := re.fullmatch(r"/sjz/c100001/202602/0{24}(\d{8})\.shtml", path):
        glued = '<html><head><meta name="ColumnName" content="头部"><meta name="ArticleTitle" content="网站头部"></head></html>'
        answer = portal.article(portal.paper(found.group(1)))
        return portal.lab.Answer(glued + answer.body)
    if found := re.fullmatch(r"/sjz/c100001/common_list(?:_(\d+))?\.shtml", path):
        number = int(found.group(1) or 1)
        pager = f"createPageHTML('page_div',{portal.count}, {number},'common_list','shtml',{len(portal.papers)});"
        return portal.html(
            f"<ul>{portal.rows(portal.page(number), '/sjz/c100001/202602/{:0>32}.shtml')}</ul><script>{pager}</script>"
        )
    return None


@speaks("shtml_json", "shtml", "/sjz/c100002/zfxxgk_list.shtml")
def shtml_json(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if found := re.fullmatch(r"/sjz/c100002/202602/0{24}(\d{8})\.shtml", path):
        return portal.article(portal.paper(found.group(1)))
    if path == f"/common/search/{GUID}":
        number = int(fields["page"])
        results = [
            {"title": one.title, "url": f"//{asked.headers['host']}/sjz/c100002/202602/{one.number:0>32}.shtml",
             "publishedTimeStr": f"{one.day} 10:00:00", "resList": []}
            for one in portal.page(number)
        ]  # fmt: skip
        return portal.json({"data": {"page": number, "rows": A_PAGE, "total": len(portal.papers), "results": results}})
    if path == "/sjz/c100002/zfxxgk_list.shtml":
        return portal.html("<div id='list'></div>", f'<meta name="channelid" content="{GUID}">')
    return None


def hanweb(portal: Portal, path: str, island: str, script: str = "") -> Any:
    if found := re.fullmatch(r"/art/2026/2/1/art_2743_(\d+)\.html", path):
        return portal.article(portal.paper(found.group(1)))
    if path == "/col/col2743/index.html":
        return portal.html(
            f'<div id="1"><script type="text/xml"><datastore>{island}</datastore></script></div><script>{script}</script>'
        )
    return None


def records(portal: Portal, papers: list[Paper]) -> str:
    rows = [portal.rows([one], "/art/2026/2/1/art_2743_{}.html") for one in papers]
    return "<recordset>" + "".join(f"<record><![CDATA[{row}]]></record>" for row in rows) + "</recordset>"


def by_records(first: int) -> Callable[..., Any]:
    def speak(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
        if path == "/module/web/jpage/dataproxy.jsp":
            assert fields["unitid"] == "3207" and fields["webid"] == "1" and fields["columnid"] == "2743"
            start, end = int(fields["startrecord"]) - first, int(fields["endrecord"]) - first
            end = min(end, start + A_PAGE)
            found = [] if portal.ends_after is not None else portal.papers[start : end + 1]
            portal.page(2)
            return portal.lab.Answer(
                f"<datastore><totalrecord>{len(portal.papers)}</totalrecord>{records(portal, found)}</datastore>",
                kind="text/xml",
            )
        total = len(portal.papers)
        script = (
            f"$('#1').jpage({{totalRecord:{total}, perPage:{A_PAGE}, proxyUrl:'/module/web/jpage/dataproxy.jsp', "
            "param:{appid:1,webid:1,path:'/',columnid:2743,sourceContentType:1,unitid:'3207',webname:'x',permissiontype:0}});"
        )
        first_page = portal.page(1) if path.startswith("/col/") else []
        return hanweb(portal, path, records(portal, first_page), script)

    return speak


speaks("jpage_from_1", "hanweb_jpage", "/col/col2743/index.html")(by_records(1))
speaks("jpage_from_0", "hanweb_jpage", "/col/col2743/index.html")(by_records(0))


@speaks("jpage_groups", "hanweb_jpage", "/col/col2743/index.html")
def jpage_groups(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    number = int(fields.get("page", 1))
    query = "webid=1&amp;columnid=2743&amp;unitid=3207&amp;webname=x&amp;path=/&amp;permissiontype=0"
    group = (
        f'<nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?page={number + 1}&{query}"></a>]]></nextgroup>'
    )
    total = f"<totalrecord>{len(portal.papers)}</totalrecord>"
    if path == "/module/web/jpage/dataproxy.jsp":
        return portal.lab.Answer(
            f"<datastore>{group}{total}{records(portal, portal.page(number))}</datastore>", kind="text/xml"
        )
    return hanweb(portal, path, group + total + records(portal, portal.page(1)) if path.startswith("/col/") else "")


@speaks("jpaas", "hanweb_jpaas", "/col/col44837/index.html")
def jpaas(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == "/col/col44837/index.html":
        query = "{'parseType':'bulidstatic','unitType':'ajax-xxgk','webId':'16','tplSetId':'MA','pageType':'column','tagId':'组配分类list','editType':'null','pageId':'44837'}"
        menu = query.replace("'unitType':'ajax-xxgk',", "").replace("组配分类list", "导航")
        unit = "/api-gateway/jpaas-publish-server/front/page/build/unit"
        slots = [
            f'<script src="/x/unitbuild.js?v=6" webId="16" parseType="bulidstatic" url="{unit}" queryData="{one}"></script>'
            for one in (menu, query)
        ]
        return portal.html("".join(slots))
    if path.endswith("/build/unit"):
        if not asked.headers.get("referer", "").endswith("/col/col44837/index.html"):
            return portal.lab.Answer("Forbidden", 403)
        assert fields["tagId"] == "组配分类list"
        number = json.loads(fields["paramJson"])["pageNo"]
        rows = portal.rows(portal.page(number), "/art/2026/art_{:0>32}.html")
        html = f'<ul>{rows}</ul><div pagination count="{len(portal.papers)}" pageSize="{A_PAGE}" pageNo="{number}"><a href="#">2</a></div>'
        return portal.json({"success": True, "data": {"html": html}})
    if found := re.fullmatch(r"/art/2026/art_0{24}(\d{8})\.html", path):
        paper = portal.paper(found.group(1))
        return portal.article(
            paper, f'<iframe id="pdf_iframe" src=""></iframe><script>var sPdfUrl = "{portal.link(paper)}";</script>'
        )
    return None


@speaks("vsb", "vsb", "/zwgk/bmys.htm")
def vsb(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if found := re.fullmatch(r"/info/1116/(\d+)\.htm", path):
        paper = portal.paper(found.group(1))
        link = (
            f"/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1&wbfileid=/paper-{paper.number}.pdf"
        )
        return portal.article(
            paper,
            f'<form name="_newscontent_fromname"><div class="v_news_content"></div>附件【<a href="{link}">x.pdf</a>】</form>',
        )
    if found := re.fullmatch(r"/zwgk/bmys(?:/(\d+))?\.htm", path):
        count = portal.count
        number = count - int(found.group(1)) + 1 if found.group(1) else 1
        folder = "bmys/" if number == 1 else ""
        up = "../" if number == 1 else "../../"
        papers = portal.page(number)
        rows = "".join(
            f'<li id="line_u7_{n}"><span>[{one.day:%m-%d}]</span><a href="{up}info/1116/{one.number}.htm" title="{one.title}">{one.title[:9]}...</a></li>'
            for n, one in enumerate(papers)
        )
        following = (
            f'<span class="p_next p_fun"><a href="{folder}{count - number}.htm">下页</a></span>'
            if number < count
            else ""
        )
        return portal.html(
            f'<ul>{rows}</ul><span class="p_t">{number}/{count}</span><span class="p_no"><a href="bmys/1.htm">9</a></span>{following}'
        )
    return None


@speaks("gkmlpt", "gkmlpt", "/gkmlpt/index#3012")
def gkmlpt(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == "/gkmlpt/index":
        tree = '[{"id":368,"name":"\\u653f\\u7b56","parent":0,"jump_url":null,"children":[{"id":3012,"name":"\\u8d22\\u653f\\u9884\\u51b3\\u7b97","children":[]}]}]'
        return portal.html(
            f"<script>window._CONFIG = {{ ACTION: 'index', SITE_INFO: {{\"f\":\"\\u003Cp\\/\\u003E\"}}, SID: '757012', DETAIL: null, TREE: {tree}, }};</script>"
        )
    if path == "/gkmlpt/api/all/3012":
        assert fields["sid"] == "757012"
        papers = portal.page(max(int(fields["page"]), 1))
        host = f"http://{asked.headers['host']}"
        articles = [
            {"id": one.number, "title": one.title, "date": int(datetime(2026, 1, 1, 20, tzinfo=UTC).timestamp()) + 86400 * one.number,
             "url": f"{host}/gkmlpt/content/9/9103/post_{one.number}.html", "post_url": "", "is_expired": 0,
             "attachment": [{"id": 1, "name": "x.docx", "url": host + portal.link(one)}] if one.budget else []}
            for one in papers
        ]  # fmt: skip
        return portal.json({"classify": {"post_count": len(portal.papers)}, "articles": articles})
    if found := re.fullmatch(r"/gkmlpt/content/9/9103/post_(\d+)\.html", path):
        return portal.article(portal.paper(found.group(1)), "")
    return None


@speaks("gkmlpt_by_name", "gkmlpt", "/gkmlpt/index")
def gkmlpt_by_name(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    return gkmlpt(portal, asked, path, fields)


@speaks("uuid_blocks", "fragment", f"/columns/{COLUMN}/index.html")
def uuid_blocks(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == f"/columns/{COLUMN}/index.html":
        return portal.html(
            f"<div id='list'></div><script>var u='/columns/{COLUMN}/templates/{TEMPLATE}/blocks/{BLOCK}'; load(u+'?page=1&fix=0')</script>"
        )
    if path == f"/columns/{COLUMN}/templates/{TEMPLATE}/blocks/{BLOCK}":
        return portal.lab.Answer(
            portal.rows(portal.page(int(fields["page"])), f"/columns/{COLUMN}/202602/14/{BLOCK[:-4]}{{:0>4}}.html")
        )
    if found := re.fullmatch(rf"/columns/{COLUMN}/202602/14/{BLOCK[:-4]}(\d{{4}})\.html", path):
        paper = portal.paper(found.group(1))
        portal.tokens += 1
        name = quote(f"{paper.title}.pdf12345678901234567")
        return portal.article(
            paper,
            f'<a href="/attachments/1/202602/14/{name}/paper-{paper.number}.pdf?sid={portal.tokens}">{paper.title}.pdf</a>',
        )
    return None


@speaks("lonsun", "fragment", "/public/column/6598721?type=4&catId=7032591&action=list")
def lonsun(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == "/public/column/6598721":
        return portal.html(
            "<div></div><script>Ls.ajax({url:'/site/label/8888',data:{labelName:'publicInfoList',siteId:'6787291',length:14}})</script>"
        )
    if path == "/site/label/8888":
        assert (fields["labelName"], fields["organId"], fields["catId"], fields["siteId"]) == (
            "publicInfoList",
            "6598721",
            "7032591",
            "6787291",
        )
        papers = portal.page(int(fields["pageIndex"]))
        return portal.lab.Answer(
            portal.rows(papers, "/public/6598721/{}.html", cut=int(fields["length"])) or "<li>暂无相关信息</li>"
        )
    if found := re.fullmatch(r"/public/6598721/(\d+)\.html", path):
        return portal.article(portal.paper(found.group(1)))
    return None


@speaks("gongkai", "fragment", f"/gongkai/{CHANNEL}/")
def gongkai(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == f"/gongkai/{CHANNEL}/":
        return portal.html(f'<script src="/gongkai/script_{CHANNEL}.js?size=0&size=7"></script>')
    if path == f"/gongkai/script_{CHANNEL}.js":
        size = int(re.findall(r"size=(\d+)", asked.path)[-1])
        portal.page(1)
        items = ",".join(
            f"{{title:'{one.title}',router:'/gongkai/{CHANNEL}/doc_{one.number:0>24}.html',release:'{one.day}',releaseYear:2026}}"
            for one in portal.papers[:size]
        )
        return portal.lab.Answer(
            f'window["{CHANNEL}"] = {{channel:{{title:"部门预算",router:"/gongkai/{CHANNEL}/"}},items:[{items}]}};',
            kind="text/javascript",
        )
    if found := re.fullmatch(rf"/gongkai/{re.escape(CHANNEL)}/doc_0+(\d+)\.html", path):
        return portal.article(portal.paper(found.group(1)))
    return None


@speaks("aspx", "query_list", "/czyjs_list.aspx?category_id=221")
def aspx(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == "/czyjs_list.aspx":
        number, count = int(fields.get("page", 1)), portal.count
        links = "".join(f'<a href="czyjs_list.aspx?category_id=221&page={n}">{n}</a>' for n in range(1, count + 1))
        return portal.html(
            f"<ul>{portal.rows(portal.page(number), 'czyjs_show.aspx?id={}')}</ul><div class='pages'>第{number}/{count}页 {links}</div>"
        )
    if path == "/czyjs_show.aspx":
        return portal.article(portal.paper(fields["id"]))
    return None


@speaks("postback", "query_list", "/info/more.aspx?cat=221", detail=r"/info/one\.aspx\?id=\d+")
def postback(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == "/info/more.aspx":
        number, count = int(fields.get("__EVENTARGUMENT") or 1), portal.count
        if number > 1:
            assert (
                fields["__VIEWSTATE"] == f"state{number - 1}"
                and fields["__EVENTTARGET"] == "Pager$Next"
                and asked.method == "POST"
            )
        following = (
            f"<a href=\"javascript:__doPostBack('Pager$Next','{number + 1}')\">下一页</a>" if number < count else ""
        )
        form = f'<form method="post" action="more.aspx?cat=221"><input type="hidden" name="__VIEWSTATE" value="state{number}">{following}</form>'
        return portal.html(
            f"<table>{portal.rows(portal.page(number), 'one.aspx?id={}').replace('li>', 'tr>').replace('span>', 'td>')}</table>{form}"
        )
    if path == "/info/one.aspx":
        return portal.article(portal.paper(fields["id"]))
    return None


@speaks(
    "neimenggu", "budget_platform", "/yjs/business/page/index?cityCode=150100&areaCode=150102", platform="neimenggu"
)
def neimenggu(portal: Portal, asked: Any, path: str, fields: dict[str, str]) -> Any:
    if path == "/yjs/business/basic/select":
        assert fields["id"] == "150102zf" and fields["type"] == "2"
        papers = portal.page(int(fields["p"]))
        told = {
            "list": [{"id": one.number, "title": one.title, "publishTime": f"{one.day} 00:00:00"} for one in papers]
        }
        return portal.json(json.dumps(json.dumps(told)))
    if found := re.fullmatch(r"/yjs/business/basic/result/(\d+)", path):
        paper = portal.paper(found.group(1))
        return portal.json({"files": [{"id": f"paper-{paper.number}", "name": paper.title, "suffix": "pdf"}]})
    if found := re.fullmatch(r"/yjs/business/file/download/paper-(\d+)", path):
        return portal.file(asked, int(found.group(1)))
    return None


COUNTED = ("shtml", "shtml_json", "jpage_from_1", "jpage_from_0", "jpage_groups", "jpaas", "gkmlpt", "gkmlpt_by_name")
"""Portals that tell the number of their entries."""
