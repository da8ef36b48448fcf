"""Pages as portals write them: character sets, dates, stubs, pagers, attachments."""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from pathlib import Path

import pytest

from spiders.families.static_pager import Pager, StaticPagerSpider, read_pager
from spiders.reading.addresses import belongs, identity, resolve, site_of
from spiders.reading.pages import (
    decode,
    find_attachments,
    json_jump,
    read_article,
    read_date,
    read_meta,
    read_page,
    read_rows,
    redirect_stub,
)
from spiders.requests.walls import recognise_wall

HERE = "http://www.example.gov.cn/zwgk/ysjs/202402/t20240226_1.html"


@pytest.mark.parametrize(
    ("body", "content_type", "override", "charset"),
    [
        ("部门预算公开".encode(), "text/html; charset=gb2312", None, "utf-8"),
        ("部门预算公开".encode("gbk"), "text/html; charset=utf-8", None, "gb18030"),
        (b'<meta charset="gb2312">' + "部门预算公开".encode("gbk"), "text/html", None, "gb2312"),
        (b"<script>document.charset='big5'</script>" + "部门预算公开".encode("gbk"), "", None, "gb18030"),
        (b"\xef\xbb\xbf" + "部门预算公开".encode(), "text/html; charset=gbk", None, "utf-8-sig"),
        ("部门预算公开".encode("gbk"), "text/html; charset=iso-8859-1", None, "gb18030"),
        ("部门预算公开".encode("gbk"), "text/html; charset=x-user-defined", None, "gb18030"),
        ("部门预算公开".encode("utf-16-le"), "", "utf-16-le", "utf-16-le"),
    ],
)
def test_text_is_read_whatever_the_labels_say(
    body: bytes, content_type: str, override: str | None, charset: str
) -> None:
    text, found = decode(body, content_type, override)
    assert (text[-6:], found) == ("部门预算公开", charset)


def test_one_broken_character_does_not_turn_a_utf8_page_into_gbk() -> None:
    body = ("部门预算公开" * 400).encode() + b"\xe9\x83" + "结束".encode()
    text, charset = decode(body, "text/html; charset=utf-8")
    assert charset == "utf-8" and text.startswith("部门预算公开") and text.endswith("结束")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-2-9 17:25:23", date(2026, 2, 9)), ("2026- 03- 02", date(2026, 3, 2)), ("2026年3月2日", date(2026, 3, 2)),
        ("2026/03/02", date(2026, 3, 2)), ("2026-13-40 2026.1.5", date(2026, 1, 5)), ("[02-14]", None), ("t20260301", None), (None, None),
    ],
)  # fmt: skip
def test_dates_in_every_spelling(text: str | None, found: date | None) -> None:
    assert read_date(text) == found


def test_meta_tags_with_blanks_quotes_reversed_attributes_and_several_sets() -> None:
    page = read_page(
        """<meta name="SiteName" content="布局"><meta name="ColumnName" content="头部">
        <meta content='正定县教育局2026年部门预算' name=" ArticleTitle "><meta NAME='pubdate' CONTENT='2026-2-9 17:25'>
        <meta name="SiteName" content="正定县"><meta name="ColumnName" content="部门预算">
        <meta name="ArticleTitle" content="正定县民政局2026年部门预算"><meta name="PubDate" content="2026-02-10">
        <meta name="SiteIDCode" content="1301230001">""".encode(),
        HERE,
    )
    meta = read_meta(page)
    assert (meta.article_title, meta.pub_date) == ("正定县民政局2026年部门预算", date(2026, 2, 10))
    assert (meta.column_name, meta.site_id_code) == ("部门预算", "1301230001")


@pytest.mark.parametrize(
    ("markup", "shown", "found"),
    [
        (
            '<meta name="PubDate" content="2018-03-06">发布时间：2020-08-03',
            date(2020, 1, 1),
            (date(2018, 3, 6), "meta"),
        ),
        ("<p>发布日期： 2026- 03- 02</p>", date(2020, 1, 1), (date(2026, 3, 2), "label")),
        ('<li><i title="发布日期"></i><em>2026-03-19</em></li>', None, (date(2026, 3, 19), "label")),
        ("<p>正文 2025-01-01</p>", date(2025, 2, 14), (date(2025, 2, 14), "list")),
        ("<p>正文</p>", None, (date(2024, 2, 26), "url")),
    ],
)
def test_the_date_comes_from_the_best_source(markup: str, shown: date | None, found: tuple[date, str]) -> None:
    article = read_article(read_page(f"<html><body>{markup}</body></html>".encode(), HERE), shown)
    assert (article.published_at, article.date_source) == found


@pytest.mark.parametrize(
    ("markup", "target"),
    [
        ("<meta http-equiv=\"Refresh\" content='0; url=./x/'>", "http://www.example.gov.cn/zwgk/ysjs/202402/x/"),
        ("<script>document.location.href='/site/index.html'</script>", "http://www.example.gov.cn/site/index.html"),
        ('<script>window.location.replace("a.html")</script>', "http://www.example.gov.cn/zwgk/ysjs/202402/a.html"),
        ("<script>$.get('/postmeta/i/4711.json')</script>", "http://www.example.gov.cn/postmeta/i/4711.json"),
        (
            "<script>$.get('https://www.example.gov.cn/postmeta/i/1.json', function(d){window.location='/'+d.children[0].pub_point})</script>"
            "<script>if(u.userAgent){location.href='/mindex.html'}</script><script> window.location = '/fzcs/index.html'; </script>",
            "http://www.example.gov.cn/fzcs/index.html",
        ),
        (
            "<script>$.get('https://www.example.gov.cn/postmeta/i/1.json')</script>",
            "https://www.example.gov.cn/postmeta/i/1.json",
        ),
        ("<script>location.href='javascript:alert(1)'</script>", None),
        ('<meta http-equiv="refresh" content="0; url=file:///etc/passwd">', None),
        ("<script>location.href='/a.html'</script>" + "这一页自己有话要说。" * 20, None),
        ("<p>没有跳转</p>", None),
    ],
)
def test_stubs(markup: str, target: str | None) -> None:
    body = f"<html>{markup}</html>".encode()
    assert redirect_stub(read_page(body, HERE), len(body)) == target


def test_a_json_jump_of_another_shape_leads_nowhere() -> None:
    for point in ("/a/t20240101_1.html", "a/t20240101_1.html"):
        good = json.dumps({"children": [{"pub_point": point}]}).encode()
        assert json_jump(good, HERE) == "http://www.example.gov.cn/a/t20240101_1.html"
    for bad in (
        b"",
        b"[]",
        b'{"children": []}',
        b'{"children":[{"pub_point":7}]}',
        b"<html>",
        b'{"children":[{"pub_point":"file:///x"}]}',
    ):
        assert json_jump(bad, HERE) is None


@pytest.mark.parametrize(
    ("script", "pager"),
    [
        ('createPageHTML(6, 0, "index", "html");', Pager(6, 1)),
        ("createPageHTML(3,2,'index','shtml')", Pager(3, 1, "index", "shtml")),
        ("createPageHTML('page_div',2, 1,'nav_list','shtml',22)", Pager(2, 2, "nav_list", "shtml", 22)),
        (
            'function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}\ncreatePageHTML(2, 0, "index", "html")',
            Pager(2, 1),
        ),
        ('//createPageHTML(9, 0, "index", "html");\n createPageHTML(4,\n 0, "index", "html");', Pager(4, 1)),
        ("createPageHTML(page_count, parseInt(pageCurrent))", None),
        (
            "var page_count; if(Math.ceil(29/20)>20){page_count=20}else{page_count=Math.ceil(29/20)}"
            'createPageHTML(page_count, parseInt(pageCurrent), "index", "html");',
            Pager(2, 2, rows_total=29),
        ),
        ("var n = Math.ceil(29/20);", None),
        ("function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}", None),
        ('createPageHTML(0, 0, "index", "html")', Pager(1, 1)),
        ('createPageHTML(5, 0, "../../secret", "html")', Pager(5, 1)),
    ],
)
def test_both_pagers_are_told_apart(script: str, pager: Pager | None) -> None:
    assert read_pager(f"<script>{script}</script>") == pager


def test_attachments_outside_the_body_by_script_by_frame_and_never_from_the_furniture() -> None:
    def found(markup: str) -> list[tuple[str, str, str | None]]:
        page = read_page(f"<html><body>{markup}</body></html>".encode(), HERE)
        return [(one.url.rsplit("/", 1)[-1], one.via, one.refused) for one in find_attachments(page)]

    assert found('<span>附件：</span><ul><li><a href="./P1.RAR">教育局</a></li></ul>') == [("P1.RAR", "link", None)]
    assert found('<div class="footer"><a href="/guide.pdf">指南</a></div><nav><a href="/b.pdf">x</a></nav>') == []
    assert found('<a href="/a.doc">信息公开申请表.doc</a>') == [("a.doc", "link", "application_form")]
    assert (
        found('<a href="/%E4%BE%9D%E7%94%B3%E8%AF%B7%E5%85%AC%E5%BC%80%E8%A1%A8.doc">下载</a>')[0][2]
        == "application_form"
    )
    assert found("<script>var sPdfUrl = '/cms_files/A.pdf#/cms_files/B.pdf';</script>") == [
        ("A.pdf", "script", None),
        ("B.pdf", "script", None),
    ]
    assert found("<a href='/a.pdf'>预算</a><script>var u='/a.pdf', v='/other.pdf'</script>") == [
        ("a.pdf", "link", None)
    ]
    assert found('<iframe src="/pdfjs/viewer.html?file=%2Ffiles%2Fa.pdf"></iframe>') == [("a.pdf", "frame", None)]
    assert found('<embed src="./b.pdf"><object data="./c.pdf"></object>') == [
        ("b.pdf", "frame", None),
        ("c.pdf", "frame", None),
    ]
    assert found('<a href="./x.html">说明.html</a><a href="file:///a.pdf">y</a><!--<a href="z.pdf">z</a>-->') == []


def test_links_resolve_against_base_and_never_leave_the_web() -> None:
    page = read_page(b'<base href="/"><a href="a.pdf">x</a>', HERE)
    assert page.link("a.pdf") == "http://www.example.gov.cn/a.pdf"
    assert (
        read_page(b'<base target="_blank">', HERE).link("./a.pdf") == "http://www.example.gov.cn/zwgk/ysjs/202402/a.pdf"
    )
    for link in (
        "javascript:void(0)",
        "mailto:a@b.cn",
        "file:///etc/passwd",
        "data:text/html,x",
        "#top",
        "",
        None,
        "http://[::1",
        "http://x:99999/",
    ):
        assert resolve(HERE, link) is None


def test_sites_and_identities() -> None:
    assert site_of("http://jw.cq.gov.cn/a") == site_of("https://www.cq.gov.cn") == "cq.gov.cn"
    assert site_of("http://127.0.0.1:80/") != site_of("http://127.0.0.2/")
    assert not belongs("http://gov.cn.evil.com/", "http://www.gov.cn/")
    assert belongs("http://oss.example.com/a", "http://www.x.gov.cn/", ("oss.example.com",))
    assert identity("http://X.gov.cn/a.pdf?tok==") == "http://x.gov.cn/a.pdf"
    assert identity("http://x.gov.cn/d.do?id=7&_=123") == "http://x.gov.cn/d.do?id=7"
    assert identity("http://x.gov.cn/d.do?id=7") != identity("http://x.gov.cn/d.do?id=8")
    assert identity("http://x.gov.cn/get?abc") == "http://x.gov.cn/get?abc"


@pytest.mark.parametrize(
    ("status", "body", "cookies", "kind"),
    [
        (412, b"<script>", "FSSBBIl1UgzbN7N80S=x", "ruishu"), (521, b"<script>", "__jsluid_s=x", "jiasule"), (403, b"no", "", "forbidden"),
        (200, b"<script>document.cookie='a=1';location.reload()</script>", "", "js_cookie_stub"),
        (200, b"<html><title>ok</title>" + b"<p>text</p>" * 900 + b"captcha", "", None),
        (200, b"%PDF-1.4 captcha", "", None), (404, b"", "", None), (200, b"<html><body><p>hello</p></body></html>", "", None),
        (200, b'<div id="app"></div><script src="/js/app.0a1b2c.js"></script>', "", "app_shell"),
    ],
)  # fmt: skip
def test_walls_are_told_from_pages(status: int, body: bytes, cookies: str, kind: str | None) -> None:
    wall = recognise_wall(status, body, cookies)
    assert (wall.kind if wall else None) == kind


SHARED = Path(os.environ.get("YUSUAN_SHARED", Path(__file__).resolve().parents[2].parent / "shared")) / "corpus"
# what a person reads on the page: file (below corpus/) → number of files that are a disclosure, and of those that are not
LABELLED = {
    "004_重庆/2026年重庆市发展和改革局部门预算": (7, 0),
    "004_重庆/中共深圳市区委宣传部_中共重庆市委宣传部2026年部门预算情况说明": (8, 0),
    "004_重庆/商务局_重庆市商务委员会部门及所属单位2026年预算情况说明": (10, 0),
    "004_重庆/政府办公厅_重庆市人民政府办公厅（本级）2026年单位预算情况说明": (1, 0),
    "006_苏州/科技创新局_苏州市科技局本级2026年度项目预算绩效目标表": (1, 0),
    "012_天津/交通运输局_2026年部门预算": (1, 0),
    "014_无锡/住房和建设局_2026年度无锡市住房和城乡建设局整体预算绩效目标表": (7, 0),
    "014_无锡/科技创新局_2026年部门预算": (1, 0),
    "014_无锡/民政局_2026年部门预算": (0, 0),
    "015_长沙/财政局_2026年部门预算": (0, 0),
    "016_郑州/司法局_2026年部门预算": (6, 0),
    "017_福州/教育局_2026年市教育局（本级）及二级预算单位预算公开": (1, 0),
    "018_济南/人力资源和社会保障局_2026年部门预算": (0, 2),
    "020_西安/城市管理和综合执法局_2026年部门预算": (1, 0),
    "028_温州/公安局_2026年部门预算": (1, 0),
    "035_昆明/审计局_2026年部门预算": (1, 0),
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus of real pages is not here (YUSUAN_SHARED)")
def test_attachments_of_real_pages_are_those_a_person_finds() -> None:
    counted = {}
    for name in LABELLED:
        page = read_page((SHARED / "html" / f"{name}.html").read_bytes(), HERE)
        found = find_attachments(page)
        counted[name] = (sum(one.refused is None for one in found), sum(one.refused is not None for one in found))
    assert counted == LABELLED


@pytest.mark.skipif(not SHARED.is_dir(), reason="the corpus of real pages is not here (YUSUAN_SHARED)")
def test_no_page_that_lists_files_is_read_as_having_none() -> None:
    missed = []
    with (SHARED / "manifest_html.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["kind"] == "detail+attachments":
                page = read_page((SHARED / row["file"]).read_bytes(), HERE)
                if not any(one.refused is None for one in find_attachments(page)):
                    missed.append(row["file"])
    assert missed == []


def test_a_dated_entry_beside_articles_is_a_row_whatever_its_address_and_the_pager_is_none() -> None:
    page = read_page(
        """<ul><li><a href="./202402/t20240206_1.html">民政局2024年部门预算</a><span>2024-02-06</span></li>
        <li><a href="./tyjrswj/" title="退役军人事务局2024年部门预算">退役军人事务局2024年…</a><span>2024-02-20</span></li>
        <li><a href="http://other.example.gov.cn/x">水务局2024年部门预算</a><span>2024-02-21</span></li>
        <li><a href="index_1.html">下一页</a></li></ul>
        <ul class="side"><li><a href="/zwgk/">政府文件与通知</a><span>2024-02-21</span></li></ul>""".encode(),
        "http://x.gov.cn/ysjs/",
    )
    rows = read_rows(page, None, StaticPagerSpider.article, "http://x.gov.cn/ysjs/")
    assert [row.title for row in rows] == [
        "民政局2024年部门预算",
        "退役军人事务局2024年部门预算",
        "水务局2024年部门预算",
    ]
