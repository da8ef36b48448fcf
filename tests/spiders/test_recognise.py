"""A list page tells its CMS family by its marks; its address only suggests one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

from archive.store import Archive
from spiders.families import spider_of
from spiders.families.listing import Listing
from spiders.portals import Portal
from spiders.reading.pages import decode
from spiders.reading.recognise import recognise, recognise_address
from spiders.reading.titles import ColumnHint

SAVED = Path(os.environ.get("YUSUAN_SHARED", Path(__file__).parents[2].parent / "shared")) / "corpus" / "html"
UUID = "8c34b9fc-1111-4222-8333-444455556666"

MARKED = [
    ("hanweb_jpage", '<script type="text/xml"><datastore><recordset></recordset></datastore></script>'),
    ("hanweb_jpage", "var url='/module/web/jpage/dataproxy.jsp?page=2'"),
    (
        "hanweb_jpaas",
        '<script src="/cms_files/default/script/AuthorizedRead/unitbuild.js" parseType="bulidstatic"></script>',
    ),
    ("gkmlpt", "window._CONFIG = {ACTION:'index', SID: '757012', TREE: []};"),
    ("fragment", "$.get('/site/label/8888',{labelName:'publicInfoList'})"),
    ("fragment", f"/columns/{UUID}/templates/{UUID}/blocks/{UUID}?page=1"),
    ("fragment", '<script src="/gongkai/script_channel_c6254.js?size=0&size=7"></script>'),
    ("vsb", '<span class="p_next p_fun"><a href="ysgk/10.htm">下页</a></span>'),
    ("shtml", "createPageHTML('page_div', 2, 1, 'nav_list','shtml', 22)"),
    ("static_pager", 'createPageHTML(6, 0, "index", "html");'),
    ("query_list", "<input name=\"__VIEWSTATE\"><a href=\"javascript:__doPostBack('p','2')\">"),
]


@pytest.mark.parametrize(("family", "source"), MARKED)
def test_every_mark_names_its_family_and_shows_itself(family: str, source: str) -> None:
    found = recognise(source, "http://x.gov.cn/zwgk/")
    assert found is not None and (found.family, found.by) == (family, "page")
    assert found.evidence and found.evidence.split(" … ")[0][:12] in " ".join(source.split())


def test_a_definition_of_the_pager_is_no_mark_and_the_address_says_less() -> None:
    found = recognise("function createPageHTML(_nPageCount, _nCurrIndex){}", "http://x.gov.cn/zwgk/ysjs/")
    assert found is not None and (found.family, found.by) == ("static_pager", "address")
    assert recognise("<p>nothing</p>", "mailto:x") is None


@pytest.mark.parametrize(
    ("family", "url"),
    [
        ("budget_platform", "http://yjsgk.jsczt.cn/#/overView?code=320115000"),
        ("gkmlpt", "http://www.heping.gov.cn/gkmlpt/index#3012"),
        ("fragment", "http://www.zhangdian.gov.cn/gongkai/channel_c6254/"),
        ("fragment", f"http://www.zd.gov.cn/columns/{UUID}/index.html"),
        ("fragment", "https://www.shucheng.gov.cn/public/column/6598721?type=4&catId=7032591&action=list"),
        ("hanweb_jpage", "http://sczj.zibo.gov.cn/col/col2743/index.html"),
        ("shtml", "http://www.cangzhou.gov.cn/cangzhou/c100001/common_list.shtml"),
        ("query_list", "https://www.qhdhgq.gov.cn/czyjs_list.aspx?category_id=221"),
        ("vsb", "http://www.x.gov.cn/zwgk/ysgk.htm"),
        ("static_pager", "http://www.changsha.gov.cn/szf/ztzl/ysgk/"),
    ],
)
def test_an_address_suggests_a_family(family: str, url: str) -> None:
    found = recognise_address(url)
    assert found is not None and found.family == family


def test_every_saved_page_that_carries_a_mark_is_recognised_by_it() -> None:
    folder = SAVED
    if not folder.is_dir():
        pytest.skip("the saved pages are not here")
    plain = {
        "hanweb_jpaas": r"unitbuild\.js|bulidstatic", "gkmlpt": r"window\._CONFIG = \{", "fragment": r"script_channel_",
        "static_pager": r"(?<!function )createPageHTML\(\d",
    }  # fmt: skip
    seen = dict.fromkeys(plain, 0)
    for path in folder.glob("*/*.html"):
        source, _ = decode(path.read_bytes())
        for family, mark in plain.items():
            if re.search(mark, source):
                found = recognise(source)
                assert found is not None and found.family == family, path.name
                seen[family] += 1
    assert all(seen.values()), f"a mark that no saved page carries proves nothing: {seen}"


@pytest.mark.parametrize(
    ("page", "family", "url", "asked"),
    [
        ("022_佛山/交通运输局_2026年部门预算.html", "gkmlpt", "http://jtys.foshan.gov.cn/gkmlpt/index", ["/gkmlpt/api/all/365?page=1&sid=757039"]),
        ("018_济南/住房和建设局_2026年部门预算.html", "hanweb_jpaas", "http://jncc.jinan.gov.cn/col/col1/index.html", ["/front/page/build/unit?parseType=bulidstatic&unitType=ajax-xxgk&webId=19&"]),
        ("065_淄博/住房和建设局_2026年部门预算.html", "fragment", "http://zj.zibo.gov.cn/gongkai/channel_c_5f9fa491ab327f36e4c1305d_n_1605682402.2911/",
         ["/gongkai/script_channel_c_5f9fa491ab327f36e4c1305d_n_1605682402.2911.js?size=0&size="]),
    ],
)  # fmt: skip
def test_a_saved_page_says_what_its_list_must_be_asked_with(
    tmp_path: Path, page: str, family: str, url: str, asked: list[str]
) -> None:
    saved = SAVED / page
    if not saved.is_file():
        pytest.skip("the saved pages are not here")
    told = {
        "id": "saved",
        "name": "存档页面",
        "region": "广东省佛山市",
        "family": family,
        "columns": [{"list_url": url}],
    }
    portal = Portal.model_validate(told)
    with Archive(tmp_path) as archive:
        spider = spider_of(family)(portal, archive, "run", tmp_path / "evidence", lambda _: None)
        listing = Listing(portal.columns[0], url, ColumnHint(None, url), 0)
        first = next(iter(spider.first_pages(listing)))
        requests = spider.read_answer(HtmlResponse(first.url, body=saved.read_bytes(), request=first), listing, 0)
    assert isinstance(requests, list) and len(requests) == len(asked)
    for request, piece in zip(requests, asked, strict=True):
        assert piece in request.url
