"""The gate: what must not leave does not leave, whatever asks for it; a listener on another host sees nothing at all."""

from __future__ import annotations

import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from budget.states import Reason
from measure.portal_lab import Answer
from spiders.crawl import crawl_in_subprocess, read_summary
from spiders.divided import divide
from spiders.portals import Portal
from spiders.reading.addresses import Scope, site_of
from spiders.requests.gate import not_public

ROOT = Path(__file__).resolve().parents[2]
ROW = '<li><a href="{}">民政局2026年部门预算</a><span>2026-02-10</span></li>'


class Listener:
    """Everything that connects to one address is counted and hung up on."""

    def __init__(self, host: str) -> None:
        self.seen = 0
        self.socket = socket.socket()
        self.socket.bind((host, 0))
        self.socket.listen(50)
        self.url = f"http://{host}:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.seen += 1
            connection.close()


@pytest.fixture(scope="module")
def listeners() -> Iterator[dict[str, Listener]]:
    """Another loopback host, and another port of the portal's own host."""
    made = {"loopback": Listener("127.0.0.3"), "own host, other port": Listener("127.0.0.1")}
    yield made
    for one in made.values():
        one.socket.close()


WAYS: dict[str, Callable[[Any, str], dict[str, Any]]] = {}


def way(build: Callable[[Any, str], dict[str, Any]]) -> Callable[[Any, str], dict[str, Any]]:
    WAYS[build.__name__] = build
    return build


def an_article(site: Any) -> None:
    site.lists(ROW.format("./202602/t20260210_1.html"))
    site.article("/ysjs/202602/t20260210_1.html", "民政局2026年部门预算", "./P1.pdf|预算.pdf")
    site.file("/ysjs/202602/P1.pdf")


@way
def list_redirect(site: Any, to: str) -> dict[str, Any]:
    site.routes["/ysjs/"] = Answer("", 302, headers={"Location": to})
    return {}


@way
def list_stub_of_meta(site: Any, to: str) -> dict[str, Any]:
    site.routes["/ysjs/"] = Answer(f'<html><head><meta http-equiv="refresh" content="0; url={to}"></head></html>')
    return {}


@way
def list_stub_of_a_script(site: Any, to: str) -> dict[str, Any]:
    site.routes["/ysjs/"] = Answer(f"<script>location.href='{to}'</script>")
    return {}


@way
def list_stub_into_json(site: Any, to: str) -> dict[str, Any]:
    site.routes["/ysjs/"] = Answer("<script>$.getJSON('/postmeta/i/7.json')</script>")
    site.routes["/postmeta/i/7.json"] = Answer(json.dumps({"children": [{"pub_point": to}]}))
    return {}


@way
def next_page(site: Any, to: str) -> dict[str, Any]:
    site.lists(ROW.format("one.aspx?id=1"), f'<li><a href="{to}">下一页</a></li>', path="/ysjs/")
    return {"family": "query_list"}


@way
def base_elsewhere(site: Any, to: str) -> dict[str, Any]:
    site.lists(
        ROW.format("./202602/t20260210_1.html"),
        head=f'<base href="{to}">',
        pager='createPageHTML(3, 0, "index", "html");',
    )
    return {}


@way
def form_action(site: Any, to: str) -> dict[str, Any]:
    form = f'<form action="{to}"><input type="hidden" name="__VIEWSTATE" value="x"><a href="javascript:__doPostBack(\'p\',\'2\')">下一页</a></form>'
    site.lists(ROW.format("one.aspx?id=1"), form)
    return {"family": "query_list"}


@way
def dataproxy(site: Any, to: str) -> dict[str, Any]:
    record = f"<record><![CDATA[{ROW.format('/art/2026/2/1/art_1_1.html')}]]></record>"
    site.routes["/ysjs/"] = Answer(
        f'<script type="text/xml"><datastore><nextgroup><![CDATA[<a href="{to}/module/web/jpage/dataproxy.jsp?page=2"></a>]]></nextgroup>'
        f"<totalrecord>30</totalrecord><recordset>{record}</recordset></datastore></script>"
    )
    return {"family": "hanweb_jpage"}


@way
def build_unit(site: Any, to: str) -> dict[str, Any]:
    slot = f"""<script parseType="bulidstatic" url="{to}" queryData="{{'tagId':'信息list'}}"></script>"""
    site.routes["/ysjs/"] = Answer(f"<html><body>{slot}</body></html>")
    return {"family": "hanweb_jpaas"}


@way
def label_address(site: Any, to: str) -> dict[str, Any]:
    site.routes["/ysjs/"] = Answer(
        f"<script>x({{url:'{to}/site/label/8888',labelName:'publicInfoList',siteId:'6'}})</script>"
    )
    return {"family": "fragment"}


@way
def robots_redirect(site: Any, to: str) -> dict[str, Any]:
    an_article(site)
    site.routes["/robots.txt"] = Answer("", 302, headers={"Location": f"{to}/robots.txt"})
    return {}


@way
def article_redirect(site: Any, to: str) -> dict[str, Any]:
    an_article(site)
    site.routes["/ysjs/202602/t20260210_1.html"] = Answer("", 302, headers={"Location": to})
    return {}


@way
def article_stub(site: Any, to: str) -> dict[str, Any]:
    an_article(site)
    site.routes["/ysjs/202602/t20260210_1.html"] = Answer(f"<script>location.href='{to}'</script>")
    return {}


@way
def file_redirect(site: Any, to: str) -> dict[str, Any]:
    an_article(site)
    site.routes["/ysjs/202602/P1.pdf"] = Answer("", 302, headers={"Location": f"{to}/x.pdf"})
    return {}


@way
def file_link(site: Any, to: str) -> dict[str, Any]:
    an_article(site)
    site.article("/ysjs/202602/t20260210_1.html", "民政局2026年部门预算", f"{to}/x.pdf|预算.pdf")
    return {}


@way
def picture(site: Any, to: str) -> dict[str, Any]:
    an_article(site)
    site.article("/ysjs/202602/t20260210_1.html", "民政局2026年部门预算", body=f'<img src="{to}/1.png">')
    return {}


@pytest.fixture(scope="module")
def night(shared_lab: Any, listeners: dict[str, Listener]) -> Any:
    portals = []
    kinds = {name.replace(" ", "_").replace(",", ""): one.url for name, one in listeners.items()}
    kinds |= {
        "link_local": "http://169.254.169.254",
        "private": "http://10.0.0.7",
        "decimal": "http://2130706435:9",
        "ipv6": "http://[::1]:9",
    }
    for name, build in WAYS.items():
        for kind, to in kinds.items():
            site = shared_lab.site()
            portals.append(shared_lab.portal(site, f"{name}_{kind}"[:59], **build(site, to)))
    return shared_lab.crawl(*portals, timeout=120)


def test_no_way_leads_to_another_host_or_port(night: Any, listeners: dict[str, Listener]) -> None:
    assert {name: one.seen for name, one in listeners.items()} == {"loopback": 0, "own host, other port": 0}


@pytest.mark.parametrize("name", WAYS)
def test_what_was_refused_is_told_and_the_portal_is_not_complete(night: Any, name: str) -> None:
    told = [one for one in night.summary.portals if one.portal.startswith(name)]
    assert len(told) == 6
    assert all(one.incomplete and one.problems for one in told), told
    assert all(one.finish_reason == "finished" for one in told)


def test_requests_that_leave_the_portal_say_so(night: Any) -> None:
    (one,) = [
        one for one in night.of("dataproxy_loopback") if one.outcome == "failed" and one.reason is Reason.OUT_OF_SCOPE
    ]
    assert "127.0.0.3" in (one.detail or "")


@pytest.mark.parametrize(
    ("address", "kind"),
    [("127.0.0.1", "loopback"), ("10.1.2.3", "private"), ("169.254.169.254", "link-local"), ("::1", "loopback"),
     ("::ffff:10.0.0.1", "private"), ("64:ff9b::7f00:1", "loopback"), ("fe80::1%eth0", "link-local"), ("0.0.0.0", "unspecified"),
     ("100.100.100.200", "not public"), ("2002:7f00:1::", "loopback"), ("fd00:ec2::254", "private"), ("8.8.8.8", None)],
)  # fmt: skip
def test_addresses_are_judged_by_what_they_lead_to(address: str, kind: str | None) -> None:
    assert not_public(address) == kind


def test_a_site_is_what_the_public_suffix_list_says() -> None:
    assert site_of("http://www.x.bj.cn/") != site_of("http://www.y.bj.cn/")
    assert site_of("http://jw.cq.gov.cn/") == site_of("http://www.cq.gov.cn:8080/")
    assert site_of("http://a.github.io/") != site_of("http://b.github.io/")


def test_a_portal_may_have_columns_on_several_sites(lab: Any) -> None:
    portal = lab.portal(
        lab.site(), "two", columns=[{"list_url": "http://www.a.gov.cn/x/"}, {"list_url": "http://www.b.gov.cn/y/"}]
    )
    scope = Scope.of(portal)
    assert scope.holds("http://czj.b.gov.cn/z") and not scope.holds("http://www.c.gov.cn/")


# --- patience -----------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_between_a_429_and_its_end(lab: Any) -> None:
    site = lab.site()
    rows = []
    for n in range(6):
        site.article(f"/ysjs/202602/t20260210_{n}.html", f"{n}局2026年部门预算", f"./P{n}.pdf|预算.pdf")
        site.file(f"/ysjs/202602/P{n}.pdf", f"%PDF-1.4 of the bureau {n}".encode())
        rows.append(f"./202602/t20260210_{n}.html|{n}局2026年部门预算|2026-02-10")
    site.lists(*rows)
    times: list[float] = []
    busy = site.routes["/ysjs/202602/t20260210_2.html"]
    asked: list[int] = []

    def once(one: Any) -> Any:
        asked.append(len(site.asked))
        times.append(time.monotonic())
        return busy if len(asked) > 1 else Answer("", 429, headers={"Retry-After": "2"})

    site.routes["/ysjs/202602/t20260210_2.html"] = once
    stamps: list[float] = []
    for path, route in list(site.routes.items()):

        def stamped(one: Any, route: Any = route) -> Any:
            stamps.append(time.monotonic())
            return route(one) if callable(route) else route

        site.routes[path] = stamped
    night = lab.crawl(lab.portal(site, "busy"))
    assert (night.sum("busy").new, night.sum("busy").incomplete) == (6, False)
    assert [one for one in stamps if times[0] + 0.01 < one < times[0] + 1.95] == []


def test_a_crawl_delay_is_kept_and_told(lab: Any) -> None:
    site = lab.site()
    an_article(site)
    site.routes["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 2\n", kind="text/plain")
    stamps: list[float] = []
    for path, route in list(site.routes.items()):

        def stamped(one: Any, route: Any = route) -> Any:
            stamps.append(time.monotonic())
            return route(one) if callable(route) else route

        site.routes[path] = stamped
    night = lab.crawl(lab.portal(site, "slow"))
    assert "Crawl-delay 2 s kept as 2 s" in next(iter(night.sum("slow").robots.values()))
    # robots.txt itself came before anybody knew; a busy machine stamps late, so the two pauses are measured together
    assert len(stamps) == 4 and stamps[3] - stamps[1] > 3.0, site.paths()


def test_a_portal_whose_time_is_up_is_told_and_incomplete(lab: Any) -> None:
    site = lab.site()
    an_article(site)
    site.routes["/ysjs/"].pause = 1.0
    night = lab.crawl(lab.portal(site, "late", max_hours=0.0001))
    assert night.sum("late").incomplete and night.sum("late").failed.get("limit_time")


def test_a_header_without_end_is_cut_off_soon(lab: Any) -> None:
    site = lab.site()
    sent: list[int] = []
    server = socket.create_server(("127.0.0.1", 0))

    def endless() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                if b"robots.txt" in connection.recv(4096):
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    continue
                count = 0
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\n")
                    while count < 50_000_000:
                        connection.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")
                        count += 1007
                except OSError:
                    sent.append(count)

    threading.Thread(target=endless, daemon=True).start()
    url = f"http://127.0.0.1:{server.getsockname()[1]}/ysjs/"
    night = lab.crawl(lab.portal(site, "header", columns=[{"list_url": url}]))
    server.close()
    assert night.sum("header").failed == {"network": 1} and night.sum("header").incomplete
    assert sent and max(sent) < 20_000_000, "what the sockets hold, not what the server would send"


# --- what stays of a crawl ------------------------------------------------------------------------------------------------


def test_a_killed_crawl_leaves_what_it_knew_of_the_portals_that_had_ended(lab: Any, tmp_path: Path) -> None:
    quick, slow = lab.site(), lab.site()
    an_article(quick)
    an_article(slow)
    slow.routes["/ysjs/202602/P1.pdf"].pause = 60.0
    command = [sys.executable, "-m", "spiders.crawl", "--archive", str(tmp_path / "a"), "--out", str(tmp_path / "o")]
    for portal in (lab.portal(quick, "quick"), lab.portal(slow, "slow")):
        command += ["--portal", str(lab.yaml(portal))]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not (tmp_path / "o" / "summary.json").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    told = read_summary(tmp_path / "o" / "summary.json")
    assert (told.state, told.exit_code) == ("incomplete", 3)
    assert (told.portal("quick").incomplete, told.portal("quick").new) == (False, 1)
    assert told.portal("slow").incomplete and "killed" in told.portal("slow").problems[0]


def test_portals_are_divided_by_host_over_processes_and_summed_up_as_one_run(lab: Any, tmp_path: Path) -> None:
    portals: list[Portal] = []
    for n in range(5):
        site = lab.site()
        an_article(site)
        site.file("/ysjs/202602/P1.pdf", f"%PDF-1.4 of the portal {n}".encode())
        portals.append(lab.portal(site, f"portal_{n}"))
    host = {"columns": [{"list_url": portals[0].columns[0].list_url.replace("127.0.0.1", "localhost")}]}
    portals.append(lab.portal(lab.sites[0], "elsewhere", **host))
    assert [len(part) for part in divide(portals, 2)] == [5, 1], "one host is in one part"
    told = crawl_in_subprocess(portals, tmp_path / "a", tmp_path / "o", processes=2)
    assert (told.exit_code, [one.portal for one in told.portals]) == (0, [one.id for one in portals])
    assert sum(one.new for one in told.portals) == 5, "one document is offered by two portals"
    assert json.loads((tmp_path / "o" / "run.json").read_text())["run"] == told.run
    again = crawl_in_subprocess(portals, tmp_path / "a", tmp_path / "o", processes=2, recheck=True)
    assert again.run != told.run and sum(one.unchanged for one in again.portals) == 6


def test_a_page_made_to_be_slow_delays_no_other_portal_and_no_stop(lab: Any, tmp_path: Path) -> None:
    slow, quick = lab.site(), lab.site()
    links = "<li><a href='./202602/t20260210_{}.html'>民政局2026年部门预算</a></li>"
    slow.routes["/ysjs/"] = Answer(
        "<html><body><ul>" + "".join(links.format(n) for n in range(60_000)) + "</ul></body></html>"
    )
    stamps: list[float] = []
    an_article(quick)
    rows = "".join(links.format(n) for n in range(40))
    quick.routes["/ysjs/"] = Answer(f"<html><body><ul>{rows}</ul></body></html>", pause=0.5)

    def page(asked: Any) -> Any:
        stamps.append(time.monotonic())
        return Answer("<html><title>民政局2026年部门预算</title><body><div id='zoom'>无</div></body></html>", pause=0.1)

    quick.program = page
    command = [sys.executable, "-m", "spiders.crawl", "--archive", str(tmp_path / "a"), "--out", str(tmp_path / "o")]
    for portal in (lab.portal(slow, "slow"), lab.portal(quick, "quick")):
        command += ["--portal", str(lab.yaml(portal))]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while len(stamps) < 30:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 3
    assert max(later - sooner for sooner, later in itertools.pairwise(stamps)) < 2.0
