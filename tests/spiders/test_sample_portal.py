"""The sample portal behaves like a static TRS portal, and its documents add up."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import etree, html

from budget.disclosure import Disclosure
from budget.printed_text import plain_name, squeeze
from expectations import judge
from extract.document import extract_bytes
from spiders.sample_portal import SamplePortal, serve
from spiders.sample_portal.ledger import make_ledger, read_toml
from spiders.sample_portal.make_documents import (
    DOCUMENTS,
    copied_documents,
    copy_specifications,
    entries_of,
    notice,
    print_document,
    specifications,
    truth,
)
from spiders.sample_portal.narrative import Document, make_document

SPECS = {spec["file"]: spec for spec in specifications()}
SHANDONG = [f for f, s in SPECS.items() if s["layout"] == "shandong"]
WRONG = "gaoxin_renshe_2023.pdf"


@pytest.fixture(scope="module")
def shipped() -> Iterator[SamplePortal]:
    with serve() as portal:
        yield portal


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, parts.path or "/", headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def page(url: str) -> html.HtmlElement:
    return html.fromstring(ask(url)[2].decode("utf-8"))


def listed(portal: SamplePortal) -> list[tuple[str, str, str]]:
    """Address, full title and date of every row, over all pages, the way the pager script says."""
    first = ask(portal.list_url)[2].decode()
    found = re.search(r'createPageHTML\((\d+), (\d+), "index", "html"\)', first)
    assert found, "the list has no pager"
    assert found.group(2) == "0"
    rows = []
    for number in range(int(found.group(1))):
        url = portal.list_url if number == 0 else f"{portal.list_url}index_{number}.html"
        for item in page(url).xpath("//main/ul/li"):
            link = item.find("a")
            rows.append((urljoin(url, link.get("href")), link.get("title"), item.findtext("span")))
    return rows


# --- the portal -------------------------------------------------------------------------------------------------------


def test_the_list_runs_over_two_pages_and_a_third_does_not_exist(shipped: SamplePortal) -> None:
    rows = listed(shipped)
    assert len(rows) == 19
    assert len({url for url, _, _ in rows}) == 19
    assert [day for _, _, day in rows][1:] == sorted((day for _, _, day in rows[1:]), reverse=True)
    assert ask(shipped.list_url + "index_2.html")[0] == 404
    assert ask(shipped.list_url + "index.html")[2] == ask(shipped.list_url)[2]


def test_a_long_title_is_cut_in_the_text_and_full_in_the_attribute(shipped: SamplePortal) -> None:
    link = page(shipped.list_url).xpath('//main//a[contains(@title, "综合行政执法局")]')[0]
    assert link.text.endswith("...")
    assert link.get("title") == "云岚市海棠区城市管理综合行政执法局2024年部门预算信息公开"


def test_an_article_carries_the_national_meta_tags_with_their_oddities(shipped: SamplePortal) -> None:
    text = ask(shipped.article_url(WRONG))[2].decode()
    tags = {t.get("name").strip(): t.get("content") for t in html.fromstring(text).xpath("//meta[@name]")}
    assert tags["SiteIDCode"] == "3799000001"
    assert tags["ColumnName"] == "财政预决算"
    assert tags["ArticleTitle"] == "2023年云岚高新技术产业开发区人力资源服务中心单位预算"
    assert tags["PubDate"] in ("2023-02-10 09:30", "2023-2-10 9:30:00")
    assert tags["ContentSource"] == "云岚高新技术产业开发区人力资源服务中心"
    assert {"SiteName", "SiteDomain", "ColumnType", "Keywords", "Url"} <= set(tags)
    assert '" ColumnKeywords "' in text
    assert "<meta name='ContentSource'" in text


def test_publication_dates_are_printed_padded_and_unpadded(shipped: SamplePortal) -> None:
    dates = {page(shipped.article_url(f)).xpath('//meta[@name="PubDate"]/@content')[0] for f in SPECS}
    assert any(re.fullmatch(r"\d{4}-\d\d-\d\d 09:30", d) for d in dates)
    assert any(re.fullmatch(r"\d{4}-\d-\d{1,2} 9:30:00", d) for d in dates)


def test_the_date_in_an_address_may_not_be_the_publication_date(shipped: SamplePortal) -> None:
    url = shipped.article_url("lingang_laobao_2022.pdf")
    assert "/202204/t20220401_" in url
    assert "2022-03-15" in page(url).text_content()


def test_attachments_stand_beside_their_article_and_only_the_link_text_names_them(shipped: SamplePortal) -> None:
    for file in SPECS:
        article = shipped.article_url(file)
        (link,) = page(article).xpath('//div[@class="attach"]//a')
        url = urljoin(article, link.get("href"))
        assert re.fullmatch(r"\./P0\d{8}\d{12}\." + file.rsplit(".", 1)[1], link.get("href"))
        assert link.text.endswith(file.rsplit(".", 1)[1])
        assert url == shipped.file_url(file)
        assert ask(url)[2] == (DOCUMENTS / file).read_bytes()


def test_every_page_offers_a_form_that_is_no_disclosure(shipped: SamplePortal) -> None:
    for url in (shipped.list_url, shipped.article_url(WRONG), shipped.article_url("haitang_tuiyijunren_2024.xlsx")):
        (form,) = page(url).xpath('//footer//a[contains(text(), "依申请公开表")]/@href')
        status, headers, body = ask(urljoin(url, form))
        assert (status, headers["content-type"], body[:5]) == (200, "application/msword", b"{\\rtf")


def test_one_entry_only_refreshes_to_its_article(shipped: SamplePortal) -> None:
    (entry,) = [url for url, title, _ in listed(shipped) if "退役军人事务局2024年" in title and "海棠区" in title]
    body = ask(entry)[2].decode()
    target = re.fullmatch(r"""<meta http-equiv="Refresh" content='0; url=(.+)'>""", body)
    assert target
    assert urljoin(entry, target.group(1)) == shipped.article_url("haitang_tuiyijunren_2024.xlsx")


def test_a_file_that_is_an_error_page_says_html_with_status_200(shipped: SamplePortal) -> None:
    (article,) = [url for url, title, _ in listed(shipped) if "水务局" in title]
    (link,) = page(article).xpath('//div[@class="attach"]//a/@href')
    status, headers, body = ask(urljoin(article, link))
    assert link.endswith(".pdf")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body.startswith(b"<!DOCTYPE html>")


def test_a_truncated_file_is_the_first_half_of_a_document(shipped: SamplePortal) -> None:
    (article,) = [url for url, title, _ in listed(shipped) if "2022年度部门决算" in title]
    (link,) = page(article).xpath('//div[@class="attach"]//a/@href')
    body = ask(urljoin(article, link))[2]
    assert body.startswith(b"%PDF")
    assert b"%%EOF" not in body


def test_two_entries_are_no_budget_of_a_department(shipped: SamplePortal) -> None:
    rows = listed(shipped)
    (intention,) = [url for url, title, _ in rows if "采购意向" in title]
    (report,) = [url for url, title, _ in rows if "预算执行情况" in title]
    (link,) = page(intention).xpath('//div[@class="attach"]//a/@href')
    assert zipfile.is_zipfile(BytesIO(ask(urljoin(intention, link))[2]))
    assert not page(report).xpath('//div[@class="attach"]')


def test_an_unchanged_file_is_answered_with_304(shipped: SamplePortal) -> None:
    url = shipped.file_url(WRONG)
    status, headers, body = ask(url)
    assert (status, int(headers["content-length"])) == (200, len(body))
    assert ask(url, If_None_Match=headers["etag"])[0] == 304
    assert ask(url, If_Modified_Since=headers["last-modified"])[0] == 304
    assert ask(url, If_None_Match='"another"', If_Modified_Since=headers["last-modified"])[0] == 200
    assert ask(url, If_Modified_Since="yesterday")[0] == 200
    assert ask(url, "HEAD")[1]["content-length"] == headers["content-length"]
    assert ask(url, "HEAD")[2] == b""


def test_unknown_paths_are_404_and_never_reach_the_file_system(shipped: SamplePortal) -> None:
    for path in ("/zwgk/czyjs/202402/nothing.html", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"):
        status, _, body = ask(shipped.url + path)
        assert status == 404
        assert b"root:" not in body
    assert ask(shipped.url + "/zwgk/czyjs")[:2][0] == 301
    assert ask(shipped.list_url, "POST")[0] == 501


def test_robots_allows_and_names_the_sitemap(shipped: SamplePortal) -> None:
    robots = ask(shipped.url + "/robots.txt")[2].decode()
    assert robots.splitlines() == ["User-agent: *", "Allow: /", f"Sitemap: {shipped.url}/sitemap.xml"]
    places = etree.fromstring(ask(shipped.url + "/sitemap.xml")[2]).xpath("//*[local-name()='loc']/text()")
    assert len(places) == 20
    assert all(ask(place)[0] == 200 for place in places)


def test_a_replaced_file_keeps_its_address_and_changes_its_marks() -> None:
    with serve() as portal:
        url = portal.file_url("minzheng_2024.pdf")
        before = ask(url)[1]
        assert portal.replace("minzheng_2024.pdf", b"%PDF-1.7 corrected") == url
        status, after, body = ask(url, If_None_Match=before["etag"])
        assert (status, body) == (200, b"%PDF-1.7 corrected")
        assert after["last-modified"] != before["last-modified"]
        assert ask(url, If_Modified_Since=before["last-modified"])[0] == 200


def test_an_added_article_stands_on_top_and_a_removed_one_is_gone() -> None:
    with serve() as portal:
        kept = portal.article_url(WRONG)
        url = portal.add_article("2024年云岚市财政局部门预算", b"%PDF-1.7 new", "caizheng_2024.pdf")
        rows = listed(portal)
        assert (len(rows), rows[0][1]) == (20, "2024年云岚市财政局部门预算")
        assert ask(url)[2] == b"%PDF-1.7 new"
        assert portal.article_url(WRONG) == kept, "a new article must not move the address of an old one"
        portal.remove("caizheng_2024.pdf")
        assert ask(url)[0] == 404
        with pytest.raises(KeyError, match=r"caizheng_2024\.pdf"):
            portal.replace("caizheng_2024.pdf", b"")


def test_failures_are_given_as_often_as_asked() -> None:
    with serve() as portal:
        portal.fail(portal.list_url, 503, 429)
        assert [ask(portal.list_url)[0] for _ in range(3)] == [503, 429, 200]
        assert [r.status for r in portal.requests] == [503, 429, 200]


def test_a_visitor_who_hangs_up_disturbs_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with serve() as portal:
        parts = urlsplit(portal.file_url(WRONG))
        for _ in range(5):
            with socket.create_connection((parts.hostname or "", parts.port or 0)) as rude:
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                rude.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert ask(portal.list_url)[0] == 200
    assert capsys.readouterr().err == ""


def test_the_command_serves_until_it_is_told_to_end() -> None:
    here = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-m", "spiders.sample_portal", "--port", "0"], cwd=here, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    try:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        assert ask(found.group())[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()


def test_the_command_says_when_its_port_is_taken() -> None:
    here = Path(__file__).parents[2]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "spiders.sample_portal", "--port", port], cwd=here, capture_output=True, text=True,
            timeout=30, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


# --- copies -----------------------------------------------------------------------------------------------------------


def test_forty_copies_are_there_quickly_and_differ_in_bytes_and_figures() -> None:
    started = time.perf_counter()
    documents = copied_documents(40)
    entries = entries_of(documents)
    assert time.perf_counter() - started < 5
    with SamplePortal(entries) as portal:
        rows = listed(portal)
        assert len(rows) == 40
        assert len({title for _, title, _ in rows}) == 40
        bodies = {ask(portal.file_url(document.file))[2] for document in documents}
        assert len(bodies) == 40
    totals = {balance(document_facts(truth(document)))["支出总计"] for document in documents}
    assert len(totals) == 40


@pytest.mark.parametrize("spec", copy_specifications(21, ("xlsx",)), ids=lambda s: s["file"])
def test_copies_add_up(spec: dict[str, str]) -> None:
    assert broken(document_facts(truth(make_document(spec)))) == []


def test_there_are_no_more_copies_than_names() -> None:
    assert len({(s["agency"], s["year"]) for s in copy_specifications(420, ("xlsx",))}) == 420
    with pytest.raises(ValueError, match="at most 420"):
        copy_specifications(421, ("xlsx",))


# --- the documents ----------------------------------------------------------------------------------------------------

Facts = dict[str, list[tuple[str | None, str, str, str, Decimal]]]
"""Statement kind → (side, code, name, column path joined by /, amount)."""


def document_facts(text: str) -> Facts:
    whole = json.loads(text)
    kinds = {s["table"]: s["kind"] for s in whole["statements"]}
    facts: Facts = defaultdict(list)
    for table, column, side, code, name, amount in whole["facts"]:
        facts[kinds[table]].append((side, code, name, "/".join(whole["columns"][column]), Decimal(amount)))
    return facts


def balance(facts: Facts, kind: str = "revenue_expenditure_summary") -> dict[str, Decimal]:
    """Name → amount of a summary's first amount column on either side."""
    found: dict[str, Decimal] = {}
    for _, _, name, _, amount in facts[kind]:
        found.setdefault(name, amount)
    return found


def by_code(facts: Facts, kind: str) -> dict[str, dict[str, Decimal]]:
    """Column → code ('' for 合计) → amount."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for _, code, _, column, amount in facts[kind]:
        found[column][code] = amount
    return found


FUNCTIONAL = (
    "revenue_summary", "expenditure_summary", "general_budget_expenditure", "government_fund_expenditure",
    "state_capital_expenditure", "procurement",
)  # fmt: skip
ECONOMIC = ("general_budget_basic_expenditure", "basic_expenditure")
PARTS = {
    "合计": ["基本支出", "基本支出/小计", "项目支出"],
    "基本支出/小计": ["基本支出/人员支出", "基本支出/日常公用支出"],
    "本年收入/小计": ["本年收入/财政拨款收入", "本年收入/事业收入"],
    "财政拨款收入/小计": ["财政拨款收入/一般公共预算收入", "财政拨款收入/政府性基金预算收入"],
    "基本支出预算/小计": ["基本支出预算/人员支出", "基本支出预算/日常公用支出"],
    "一般公共预算基本支出/合计": ["一般公共预算基本支出/人员经费", "一般公共预算基本支出/公用经费"],
    "财政拨款/小计": ["财政拨款/一般公共预算", "财政拨款/政府性基金预算"],
    "资金来源/财政拨款/小计": ["资金来源/财政拨款/一般公共预算", "资金来源/财政拨款/政府性基金预算"],
    "资金来源/合计": ["资金来源/财政拨款/小计", "资金来源/单位资金", "资金来源/上年结转"],
}
TOTALS = {
    "revenue_summary": [["本年收入/小计", "上年结转"], ["财政拨款收入/小计", "事业收入", "上年结转"]],
    "basic_expenditure": [["财政拨款/小计", "单位资金", "上年结转"]],
    "project_expenditure": [["财政拨款/小计", "单位资金", "上年结转"]],
}


def broken(facts: Facts) -> list[str]:
    """Every identity of the domain (BAL, HIE, ROW, XRF, TPE) that these figures do not satisfy. Exact: no tolerance."""
    wrong: list[str] = []

    def hold(what: str, left: Decimal, right: Decimal) -> None:
        if left != right:
            wrong.append(f"{what}: {left} ≠ {right}")

    # HIE: a code is the sum of the codes one level below, 合计 the sum of the classes
    for kind in (*FUNCTIONAL, *ECONOMIC):
        steps = ((0, 3), (3, 5), (5, 7)) if kind in FUNCTIONAL else ((0, 3), (3, 5))
        for column, amounts in by_code(facts, kind).items():
            for above, below in steps:
                for code in [c for c in amounts if len(c) == above]:
                    children = [a for c, a in amounts.items() if len(c) == below and c.startswith(code)]
                    hold(f"HIE {kind} {column} {code or '合计'}", amounts[code], sum(children, Decimal(0)))
    projects = by_name(facts, "project_expenditure")
    for column, named in projects.items():
        hold(f"HIE-05 {column}", named["合计"], sum((a for n, a in named.items() if n != "合计"), Decimal(0)))
    # ROW: a column is the sum of its parts, row by row
    for kind in (*FUNCTIONAL, *ECONOMIC, "project_expenditure"):
        columns = by_code(facts, kind) if kind != "project_expenditure" else projects
        for whole, parts in PARTS.items():
            if kind in TOTALS and whole == "合计":
                continue
            present = [columns[p] for p in parts if p in columns]
            for row, amount in columns.get(whole, {}).items():
                if present:
                    hold(
                        f"ROW {kind} {whole} {row}", amount, sum((p.get(row, Decimal(0)) for p in present), Decimal(0))
                    )
        for parts in TOTALS.get(kind, []):
            if parts[0] in columns:
                for row, amount in columns["合计"].items():
                    hold(
                        f"ROW {kind} 合计 {row}", amount,
                        sum((columns[p].get(row, Decimal(0)) for p in parts if p in columns), Decimal(0)),
                    )  # fmt: skip
    wrong += broken_summaries(facts)
    return wrong


def by_name(facts: Facts, kind: str) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for _, _, name, column, amount in facts[kind]:
        found[column][name] = amount
    return found


def broken_summaries(facts: Facts) -> list[str]:
    """BAL, XRF and TPE."""
    wrong: list[str] = []
    zero = Decimal(0)

    def hold(what: str, left: Decimal, right: Decimal) -> None:
        if left != right:
            wrong.append(f"{what}: {left} ≠ {right}")

    summary = balance(facts)
    income = [(n, a) for s, _, n, _, a in facts["revenue_expenditure_summary"] if s == "revenue"]
    spent = [(n, a) for s, _, n, _, a in facts["revenue_expenditure_summary"] if s == "expenditure"]
    ends = ("本年收入合计", "本年支出合计", "收入总计", "支出总计", "上年结转", "上年结转结余")
    below = ("一般公共预算收入", "政府性基金预算拨款收入", "国有资本经营预算拨款收入")
    part = [a for n, a in income if n in below]
    if "财政拨款收入" in summary:
        hold("BAL-01", summary["财政拨款收入"], sum(part, zero))
        income = [(n, a) for n, a in income if n not in below]
    hold("BAL-02", summary["本年收入合计"], sum((a for n, a in income if n not in ends), zero))
    hold("BAL-03", summary["本年支出合计"], sum((a for n, a in spent if n not in ends), zero))
    carried = summary.get("上年结转", summary.get("上年结转结余", zero))
    hold("BAL-04", summary["收入总计"], summary["本年收入合计"] + carried)
    hold("BAL-05", summary["支出总计"], summary["本年支出合计"])
    hold("BAL-06", summary["收入总计"], summary["支出总计"])

    rows: dict[str, dict[str, Decimal]] = defaultdict(dict)
    received: list[tuple[str, Decimal]] = []
    for side, _, name, column, amount in facts["appropriation_summary"]:
        if side == "expenditure":
            rows[column.rsplit("/", 1)[1]][name] = amount
        else:
            received.append((name, amount))
    whole = rows.get("合计") or rows["总计"]
    funds = [column for column in rows if column not in ("合计", "总计")]
    for name, amount in whole.items():
        hold(f"BAL-09 {name}", amount, sum((rows[f].get(name, zero) for f in funds), zero))
    for column, amounts in rows.items():
        classes = sum((a for n, a in amounts.items() if n not in ends), zero)
        hold(f"BAL-08 {column}", amounts["本年支出合计"], classes)
        hold(f"BAL-08 {column} 总计", amounts["支出总计"], amounts["本年支出合计"])
    names = [n for n, _ in received]
    split = names.index("本年收入合计")
    hold("BAL-02 appropriation", received[split][1], sum((a for _, a in received[:split]), zero))
    after = received[split + 1 : -1]
    if after:
        hold("BAL-07", after[0][1], sum((a for _, a in after[1:]), zero))
    hold("BAL-04 appropriation", received[-1][1], received[split][1] + (after[0][1] if after else zero))
    hold("BAL-06 appropriation", received[-1][1], whole["支出总计"])

    revenue, expenditure = by_code(facts, "revenue_summary"), by_code(facts, "expenditure_summary")
    hold("XRF-01", summary["收入总计"], revenue["合计"][""])
    hold("XRF-01 上年结转", carried, revenue.get("上年结转", {}).get("", zero))
    hold("XRF-02", summary["本年支出合计"], expenditure["合计"][""])
    hold("XRF-02 总计", summary["支出总计"], expenditure["合计"][""])
    hold("XRF-03", revenue["合计"][""], expenditure["合计"][""])
    fiscal = revenue.get("财政拨款收入/小计") or revenue["本年收入/财政拨款收入"]
    hold("XRF-04", received[split][1], fiscal[""])
    if "财政拨款收入" in summary:
        hold("XRF-04 summary", summary["财政拨款收入"], received[split][1])
    only_fiscal = "本年收入/事业收入" not in revenue and "事业收入" not in revenue
    if only_fiscal:
        hold("XRF-05", summary["支出总计"], whole["支出总计"])
    tables = {
        "一般": "general_budget_expenditure",
        "政府": "government_fund_expenditure",
        "国有": "state_capital_expenditure",
    }
    of_fund = {start: by_code(facts, kind) for start, kind in tables.items()}
    for column in funds:
        hold(f"XRF-06 {column}", rows[column]["支出总计"], of_fund[column[:2]]["合计"][""])
    if only_fiscal:
        for code, amount in expenditure["合计"].items():
            parts = [t["合计"].get(code, zero) for t in of_fund.values() if t]
            hold(f"XRF-07 {code}", amount, sum(parts, zero))
    general, basic = of_fund["一般"], by_code(facts, "general_budget_basic_expenditure")
    if basic:
        column = "基本支出预算/小计" if "基本支出预算/小计" in basic else "一般公共预算基本支出/合计"
        spent_basic = general.get("基本支出/小计") or general["基本支出"]
        hold("XRF-08", spent_basic[""], basic[column][""])
    named = {n: a for _, code, n, column, a in facts["expenditure_summary"] if column == "合计" and len(code) == 3}
    for name, amount in spent:
        if name not in ends:
            hold(f"XRF-09 {name}", amount, named[name])
    for code, amount in revenue["合计"].items():
        hold(f"XRF-10 {code}", amount, expenditure["合计"][code])
    projects = by_name(facts, "project_expenditure")
    if projects:
        hold("XRF-11", expenditure["项目支出"][""], projects["合计"]["合计"])

    for year in {c.split("/")[0] for _, _, n, c, _ in facts["three_public_expenses"] if not n}:
        p = {c: a for _, _, n, c, a in facts["three_public_expenses"] if c.startswith(year)}
        vehicles = f"{year}/公务用车购置及运行维护费"
        hold(
            f"TPE-01 {year}",
            p[f"{year}/合计"],
            sum(
                (p.get(f"{year}/{x}", zero) for x in ("因公出国（境）经费", "公务接待费")),
                p.get(f"{vehicles}/小计", zero),
            ),
        )
        hold(
            f"TPE-01 {year} 用车",
            p.get(f"{vehicles}/小计", zero),
            p.get(f"{vehicles}/公务用车购置经费", zero) + p.get(f"{vehicles}/公务用车运行维护费", zero),
        )
    subjects = by_name(facts, "three_public_expenses").get("资金性质/合计")
    if subjects:
        three = subjects["因公出国（境）费"] + subjects["公务用车购置及运维费"] + subjects["公务接待费"]
        hold("TPE-01", subjects["“三公”经费小计"], three)
        hold(
            "TPE-01 用车", subjects["公务用车购置及运维费"], subjects["公务用车购置费"] + subjects["公务用车运行维护费"]
        )
        hold("TPE-02", subjects["公务用车运行维护费"], basic["一般公共预算基本支出/合计"].get("30231", zero))
    return wrong


def shipped_truth(file: str) -> str:
    return (DOCUMENTS / f"{Path(file).stem}.truth.json").read_text("utf-8")


@pytest.mark.parametrize("file", [f for f in SPECS if f != WRONG])
def test_a_document_satisfies_every_identity(file: str) -> None:
    assert broken(document_facts(shipped_truth(file))) == []


def test_one_document_has_the_published_error_and_nothing_else() -> None:
    assert broken(document_facts(shipped_truth(WRONG))) == [
        "BAL-05: 20730.94 ≠ 7825.53",
        "BAL-06: 7825.53 ≠ 20730.94",
        "XRF-02 总计: 20730.94 ≠ 7825.53",
        "XRF-05: 20730.94 ≠ 7825.53",
    ]


def test_the_checks_of_this_file_notice_a_changed_figure() -> None:
    whole = json.loads(shipped_truth("minzheng_2024.pdf"))
    unnoticed = []
    for n, fact in enumerate(whole["facts"]):
        original = fact[5]
        fact[5] = str(Decimal(original) + Decimal("0.01"))
        if not broken(document_facts(json.dumps(whole))):
            unnoticed.append((n, fact[3], fact[4], whole["columns"][fact[1]]))
        fact[5] = original
    # last year's figures and procurement stand alone; everything else is held by at least one identity
    assert len(unnoticed) <= 2, unnoticed


@pytest.mark.parametrize(
    ("profile", "figures"),
    [
        ("zibo", {"expenditure": "7825.53", "basic": "0", "project": "7825.53", "carried": "0"}),
        ("haigang", {"expenditure": "4078.23", "basic": "1945.84", "personnel": "1813.92", "public": "131.92",
                     "project": "2132.39", "carried": "828.39", "income_of_year": "3249.84"}),
        ("zhengding", {"expenditure": "11106.23", "basic": "0.58", "project": "11105.65"}),
    ],
)  # fmt: skip
def test_the_leaf_figures_add_up_to_the_published_totals(profile: str, figures: dict[str, str]) -> None:
    ledger = make_ledger(profile)
    assert {name: getattr(ledger, name) for name in figures} == {n: Decimal(a) for n, a in figures.items()}


def test_a_ledger_without_anything_left_for_its_rest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(read_toml("figures.toml")["zhengding"]["basic"], "2080107", "0.58")
    with pytest.raises(ValueError, match="nothing left for 2080102"):
        make_ledger("zhengding")


def test_fifteen_documents_cover_two_layouts_and_three_formats() -> None:
    assert {(s["layout"], f.rsplit(".", 1)[1]) for f, s in SPECS.items()} == {
        (layout, suffix) for layout in ("hebei", "shandong") for suffix in ("pdf", "docx", "xlsx")
    }
    for file, spec in SPECS.items():
        statements = [table for table in make_document(spec).tables if not table.project]
        assert len(statements) == (12 if file in SHANDONG else 9)
    assert sum(f.stat().st_size for f in DOCUMENTS.parent.rglob("*") if f.is_file()) < 2 * 1024 * 1024


def test_forms_add_up_to_the_project_expenditure() -> None:
    with_forms = [f for f, s in SPECS.items() if s.get("forms")]
    assert len(with_forms) == 4
    for file in with_forms:
        whole = json.loads(shipped_truth(file))
        forms = sum((Decimal(p["amount"]) for p in whole["projects"]), Decimal(0))
        assert forms == by_code(document_facts(json.dumps(whole)), "expenditure_summary")["项目支出"][""]


def test_a_table_without_figures_says_so() -> None:
    for file, spec in SPECS.items():
        for table in make_document(spec).tables:
            assert table.project or bool(table.lines) != bool(table.notes), f"{file} {table.title}"


def assert_committed(document: Document) -> None:
    """Printing it gives the same bytes twice, and those that are committed where zlib is the one of the commit."""
    if document.format == "pdf":
        pytest.importorskip("reportlab")
    made = print_document(document)
    assert made == print_document(document), "the same figures must give the same bytes"
    if zlib.ZLIB_RUNTIME_VERSION.split(".")[:2] != ["1", "2"]:
        pytest.skip(f"committed with zlib 1.2, this is {zlib.ZLIB_RUNTIME_VERSION}: compressed bytes may differ")
    assert made == (DOCUMENTS / document.file).read_bytes(), "run python -m spiders.sample_portal.make_documents"


@pytest.mark.parametrize("file", list(SPECS))
def test_documents_are_made_byte_for_byte(file: str) -> None:
    document = make_document(SPECS[file])
    assert truth(document) == shipped_truth(file)
    assert_committed(document)


def test_the_notice_is_made_byte_for_byte() -> None:
    assert_committed(notice())


def test_a_page_break_cuts_one_row_of_one_document() -> None:
    pytest.importorskip("reportlab")
    from spiders.sample_portal.print_pdf import cut_rows

    cuts = {f: cut_rows(make_document(s)) for f, s in SPECS.items() if f.endswith(".pdf")}
    assert cuts == {**dict.fromkeys(cuts, 0), "lingang_laobao_2022.pdf": 1}


# --- read and judged --------------------------------------------------------------------------------------------------


@cache
def extracted(name: str, data: bytes) -> Disclosure:
    return extract_bytes(data, name)


def shipped_disclosure(file: str) -> Disclosure:
    return extracted(file, (DOCUMENTS / file).read_bytes())


def read_facts(name: str, data: bytes) -> Counter[tuple[str, ...]]:
    """The facts that the project's own extraction finds in a document."""
    disclosure = extracted(name, data)
    assert disclosure.document.error is None
    assert disclosure.unread == ()
    return Counter(
        (f.kind, *map(squeeze, f.column), str(f.side), f.code, plain_name(f.name), str(f.value.normalize()))
        for f in disclosure.facts
    )


def true_facts(text: str) -> Counter[tuple[str, ...]]:
    whole = json.loads(text)
    kinds = {s["table"]: s["kind"] for s in whole["statements"]}
    return Counter(
        (kinds[t], *map(squeeze, whole["columns"][c]), str(side), code, plain_name(name), str(Decimal(a).normalize()))
        for t, c, side, code, name, a in whole["facts"]
    )


@pytest.mark.parametrize("file", list(SPECS))
def test_a_document_is_read_to_exactly_its_truth(file: str) -> None:
    assert read_facts(file, (DOCUMENTS / file).read_bytes()) == true_facts(shipped_truth(file))


@pytest.mark.parametrize("spec", copy_specifications(7, ("xlsx", "docx")), ids=lambda s: s["file"])
def test_a_copy_is_read_to_exactly_its_truth(spec: dict[str, str]) -> None:
    document = make_document(spec)
    assert read_facts(document.file, print_document(document)) == true_facts(truth(document))


@pytest.mark.parametrize("file", [f for f, s in SPECS.items() if s.get("forms")])
def test_performance_forms_are_read_to_exactly_their_truth(file: str) -> None:
    read = shipped_disclosure(file).projects
    true = json.loads(shipped_truth(file))["projects"]
    assert [(p.name, Decimal(p.amount or 0)) for p in read] == [(p["name"], Decimal(p["amount"])) for p in true]
    for project, form in zip(read, true, strict=True):
        found = [[i.level1, i.level2, i.level3, squeeze(i.text)] for i in project.indicators]
        assert found == [[*levels, squeeze(text)] for *levels, text in form["indicators"]]


def test_documents_name_their_agency_year_and_kind() -> None:
    for file, spec in SPECS.items():
        found = shipped_disclosure(file).document
        assert (found.agency, found.fiscal_year, found.kind) == (spec["agency"], spec["year"], spec["kind"])


def test_the_checks_find_the_published_error_and_no_other() -> None:
    read = [shipped_disclosure(f) for f in SPECS]
    judged = judge(read)
    errors = {
        d.document.file: {(f.check, f.left, f.right) for f in judged[d.document.sha256] if f.severity == "error"}
        for d in read
    }
    wrong = errors.pop(WRONG)
    assert wrong >= {
        ("BAL-05", "20730.94", "7825.53"),
        ("BAL-06", "7825.53", "20730.94"),
        ("XRF-02", "20730.94", "7825.53"),
        ("XRF-05", "20730.94", "7825.53"),
    }
    assert all("20730.94" in finding for finding in wrong)
    assert [file for file, found in errors.items() if found] == []
