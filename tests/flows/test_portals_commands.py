"""`yusuan portals`: a portal is proposed, refused by the night until a person has confirmed it, crawled, and its gaps are told."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from archive.ledger import read_sightings
from flows.choosing import chosen_portals, refused, registered_portals
from flows.commands.coverage import late_by_portal, portal_lines, status_table
from flows.commands.portals import level_of, portals_app
from flows.home import House
from flows.nightly import portal_runs
from flows.portals.confirmation import (
    Confirmation,
    add_portal,
    confirm_portal,
    confirmation_file,
    digest_of,
    id_of,
    own_portals,
    titles_taken,
    trial_of,
    why_refused,
)  # fmt: skip
from flows.portals.page import PageError, fetch_page
from measure.portal_lab import Lab
from spiders.portals import PortalError, read_portal
from spiders.register import register
from spiders.sample_portal import SamplePortal
from spiders.sample_portal.make_documents import copied_portal
from warehouse import Warehouse


@pytest.fixture(scope="module")
def portal() -> Iterator[SamplePortal]:
    with copied_portal(4).start() as served:
        yield served


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House.at(tmp_path_factory.mktemp("portals"))


@pytest.fixture(scope="module")
def added(house: House, portal: SamplePortal, yusuan: Any) -> str:
    """The sample portal as `portals add` proposes it."""
    done = yusuan("portals", "add", portal.list_url, "--region", "云岚市", "--id", "yunlan", "--home", house.home)
    return str(done.stdout)


def confirming(house: House) -> tuple[list[str], str]:
    """Three titles and an attachment that the trial took."""
    seen = trial_of(house, "yunlan")
    attachment = next(one.link_text or one.url for one in seen if one.sha256)
    assert attachment is not None
    return titles_taken(seen)[:3], attachment


def test_a_portal_is_proposed_from_its_own_page(added: str, house: House, portal: SamplePortal) -> None:
    proposed = read_portal(house.portals / "yunlan.yaml")
    assert (proposed.family, proposed.region) == ("static_pager", "云岚市")
    assert [column.list_url for column in proposed.columns] == [portal.list_url]
    assert len((house.portals / "yunlan.yaml").read_text("utf-8").splitlines()) <= 20
    fixtures = house.portals / "fixtures" / "yunlan"
    assert "财政预决算" in (fixtures / "list.html").read_bytes().decode("utf-8")
    assert json.loads((fixtures / "list.json").read_text())["url"] == portal.list_url
    assert "yusuan portals confirm yunlan" in added
    assert len(read_sightings(fixtures / "sightings.jsonl")) >= 4


def test_the_night_refuses_it_until_a_person_has_looked(added: str, house: House, yusuan: Any) -> None:
    assert "confirmed by nobody" in (why_refused(house, own_portals(house)["yunlan"]) or "")
    done = yusuan("portals", "check", "--home", house.home, code=1)
    assert "yunlan: added on" in done.stdout
    with pytest.raises(PortalError, match="confirmed by nobody"):
        chosen_portals(house, ["yunlan"], {})
    with pytest.raises(PortalError, match="no portal of this installation may be crawled"):
        chosen_portals(house, None, {})
    done = yusuan("nightly", "--home", house.home, code=1)
    assert "yusuan portals confirm yunlan" in done.stderr


def test_a_confirmation_must_name_what_the_trial_took(added: str, house: House) -> None:
    titles, attachment = confirming(house)
    with pytest.raises(PortalError, match="3 different titles as the portal prints them are needed, 2 given"):
        confirm_portal(house, "yunlan", [titles[0], titles[1], f" {titles[1]}"], attachment, "t")
    with pytest.raises(PortalError, match="saw no entry `2024年无此局部门预算`"):
        confirm_portal(house, "yunlan", [*titles[:2], "2024年无此局部门预算"], attachment, "t")
    with pytest.raises(PortalError, match=r"did not download an attachment `none\.pdf`"):
        confirm_portal(house, "yunlan", titles, "none.pdf", "t")
    with pytest.raises(PortalError, match="no portal `elsewhere`"):
        confirm_portal(house, "elsewhere", titles, attachment, "t")
    with pytest.raises(PortalError, match="no portal"):
        confirm_portal(house, "../yunlan", titles, attachment, "t")
    assert why_refused(house, own_portals(house)["yunlan"]) is not None


@pytest.fixture(scope="module")
def night(added: str, house: House, yusuan: Any) -> dict[str, Any]:
    """Confirmed, and crawled once."""
    titles, attachment = confirming(house)
    told = [part for title in titles for part in ("--title", title)]
    done = yusuan(
        "portals", "confirm", "yunlan", *told, "--attachment", attachment, "--by", "审核人", "--home", house.home
    )
    assert "confirmed by 审核人" in done.stdout
    done = yusuan("nightly", "--home", house.home, "--json")
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


def test_a_confirmed_portal_is_crawled_and_its_night_is_noted(night: dict[str, Any], house: House) -> None:
    said = [note for note in night["notes"] if "forms that no other document has" not in note]
    assert (night["state"], said) == ("ok", [])
    with Warehouse.open(house.database_url) as warehouse:
        noted = warehouse.portal_nights()["yunlan"]
        lists = warehouse.rows("SELECT list_url, fiscal_year FROM portal_columns")
    told = night["portals"][0]
    assert (noted.last.found, noted.last.new) == (told["found"], told["new"]) == (4, 4)
    assert noted.last.complete
    assert noted.last_complete_at == noted.last.ended_at
    assert noted.run_id == night["run_id"]
    assert lists == [{"list_url": own_portals(house)["yunlan"].columns[0].list_url, "fiscal_year": None}]


def test_status_is_one_line_a_portal(night: dict[str, Any], house: House, yusuan: Any) -> None:
    shown = yusuan("portals", "status", "--home", house.home).stdout
    line = next(line for line in shown.splitlines() if "yunlan" in line)
    assert re.findall(r"\s\d+(?=\s)", line)[:4] == [" 4", " 4", " 0", " 0"]
    told = json.loads(yusuan("portals", "status", "--home", house.home, "--json").stdout)
    assert (told["portal"], told["found"], told["complete"], told["remark"]) == ("yunlan", 4, True, "")


def test_coverage_tells_the_publishers_gap_from_ours(night: dict[str, Any], house: House, yusuan: Any) -> None:
    with Warehouse.open(house.database_url) as warehouse:
        known = warehouse.rows("SELECT DISTINCT fiscal_year FROM documents_current")
    year = int(known[0]["fiscal_year"])
    later = f"{date.today().year + 1}"  # noqa: DTZ011 - any day after the crawl will do

    def asked(*more: str) -> list[dict[str, Any]]:
        done = yusuan("portals", "coverage", "--home", house.home, "--json", *more)
        return [json.loads(line) for line in done.stdout.splitlines()]

    loaded = asked("--year", str(year), "--status", "loaded")
    assert loaded
    assert {one["region"][:3] for one in loaded} == {"云岚市"}
    missing = asked("--year", str(year + 1), "--status", "not_published")
    assert missing
    assert all("in no list on" in one["reason"] and one["late_days"] > 0 for one in missing)
    blind = asked("--year", later, "--on", f"{later}-05-01", "--status", "unknown")
    assert {one["expected"] for one in blind} == {"budget"}
    assert all("read to its end" in one["reason"] for one in blind)
    screen = yusuan("portals", "coverage", "--home", house.home, "--year", str(year + 1)).stdout
    assert f"the publisher is late 发布方逾期: {len(missing)}" in screen
    yusuan("portals", "coverage", "--home", house.home, "--status", "lost", code=2)
    yusuan("portals", "coverage", "--home", house.home, "--on", "2026-13-01", code=2)


def test_a_change_of_what_is_read_asks_again(night: dict[str, Any], house: House) -> None:
    file = house.portals / "yunlan.yaml"
    before = file.read_text("utf-8")
    proposed = read_portal(file)
    assert digest_of(proposed.model_copy(update={"delay": 3.0, "reason": "a slow machine"})) == digest_of(proposed)
    try:
        file.write_text(before + "descend: 1\n", "utf-8")
        assert "changed since it was confirmed" in (why_refused(house, own_portals(house)["yunlan"]) or "")
    finally:
        file.write_text(before, "utf-8")
    assert why_refused(house, own_portals(house)["yunlan"]) is None


def test_one_unconfirmed_portal_does_not_stop_the_others_and_is_named(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    house.portals.mkdir()
    for name in ("first", "second"):
        content = {"id": name, "name": "某县", "region": "河北省某县", "family": "static_pager",
                   "columns": [{"list_url": f"http://{name}.example.gov.cn/ys/"}]}  # fmt: skip
        (house.portals / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    waiting = Confirmation(
        portal="second", url="http://x.cn/", added_at=datetime(2026, 1, 2, tzinfo=UTC), recognised_by="r", trial_of="d"
    )
    confirmation_file(house, "second").write_text(waiting.model_dump_json(), "utf-8")
    assert [one.id for one in chosen_portals(house, None, {})] == ["first"], (
        "a file without a confirmation was written by a person"
    )
    assert refused(house) == (
        "second: added on 2026-01-02 and confirmed by nobody: "
        "`yusuan portals confirm second --title … --title … --title … --attachment …`",
    )
    confirmation_file(house, "second").write_text("{}", "utf-8")
    assert "no confirmation" in refused(house)[0]


def test_a_portal_that_is_there_already_is_not_added_twice(
    night: dict[str, Any], house: House, portal: SamplePortal
) -> None:
    with pytest.raises(PortalError, match="already a list of the portal `yunlan`"):
        add_portal(house, portal.list_url, region="云岚市", portal_id="again")
    with pytest.raises(PortalError, match="--region"):
        add_portal(house, portal.list_url + "?other=1")
    with pytest.raises(PortalError, match="--family nonsense"):
        add_portal(house, portal.list_url + "?other=1", family="nonsense", region="云岚市")
    assert sorted(path.name for path in house.portals.glob("*.yaml")) == ["yunlan.yaml"]


class _Wall(BaseHTTPRequestHandler):
    """robots.txt that forbids /secret/, a wall at /wall/, a page without marks, another site's redirect."""

    def do_GET(self) -> None:
        pages = {
            "/robots.txt": (200, b"User-agent: *\nDisallow: /secret/\n", "text/plain"),
            "/wall/": (412, b"<html><script>$_ts=window['$_ts'];</script></html>", "text/html"),
            "/plain/": (200, "<html><title>某局\u2028id: x</title><p>无标志</p></html>".encode(), "text/html"),
        }
        status, body, kind = pages.get(self.path, (404, b"", "text/html"))
        if self.path == "/away/":
            status = 302
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://elsewhere.example.com/")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def walls() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Wall)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "told"),
    [("/secret/", "robots.txt"), ("/wall/", "not climbed"), ("/away/", "redirects to another site"), ("/none/", "HTTP 404")],
)  # fmt: skip
def test_a_page_that_may_not_or_cannot_be_had_is_no_portal(walls: str, tmp_path: Path, path: str, told: str) -> None:
    house = House.at(tmp_path)
    with pytest.raises(PageError, match=re.escape(told)):
        add_portal(house, walls + path, region="河北省某县")
    assert list(house.portals.iterdir()) == []


def test_a_host_that_refuses_the_connection_forbids_nothing(tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound, never listening: every connection is refused
        closed.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(PageError) as refused:
            fetch_page(f"http://{place}/list/", tmp_path)
    assert str(refused.value) == f"http://{place}/list/: no connection to {place} (DownloadConnectionRefusedError)"


def test_a_refusal_of_robots_is_told_as_one(walls: str, tmp_path: Path) -> None:
    place = walls.removeprefix("http://")
    with pytest.raises(PageError) as refused:
        fetch_page(f"{walls}/secret/", tmp_path)
    assert str(refused.value) == f"{walls}/secret/: robots.txt of {place} (HTTP 200: obeyed) forbids this address"


def test_a_page_without_marks_wants_a_family_from_a_person(walls: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no http or https address"):
        fetch_page("file:///etc/passwd", tmp_path)
    page = fetch_page(f"{walls}/plain/", tmp_path / "page")
    assert (page.status, page.url) == (200, f"{walls}/plain/")
    house = House.at(tmp_path / "house")
    try:
        made = add_portal(house, f"{walls}/plain/", region="河北省某县", family="query_list")
    except PortalError as trouble:
        pytest.fail(str(trouble))
    assert made.portal.id == read_portal(made.file).id == "p_127_0_0_1", "a title cannot break out of its line"
    assert titles_taken(made.sightings) == []


def test_ids_come_from_the_host() -> None:
    assert [id_of(url) for url in ("http://www.zd.gov.cn/a/", "https://czj.beijing.gov.cn/", "http://10.0.0.1/")] == [
        "zd", "czj_beijing", "p_10_0_0_1",
    ]  # fmt: skip


def test_levels_of_regions() -> None:
    regions = ("天津市", "湖南省长沙市", "河北省石家庄市正定县", "天津市和平区", "内蒙古自治区")
    assert [level_of(region) for region in regions] == ["province", "prefecture", "county", "county", "province"]


def test_the_list_knows_the_register_by_filter(tmp_path: Path, yusuan: Any) -> None:
    def listed(*more: str) -> list[dict[str, Any]]:
        done = yusuan("portals", "list", "--home", tmp_path, "--json", *more)
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert {one["origin"] for one in listed()} == {"packaged"}
    guangdong = listed("--province", "广东省", "--family", "gkmlpt")
    of_register = [one for one in register() if (one.province, one.family) == ("广东省", "gkmlpt")]
    assert len(of_register) > 10
    assert [one["url"] for one in guangdong if one["origin"] == "register"] == [one.url for one in of_register]
    assert all(one["portal"] or one["remark"] for one in guangdong)
    assert {one["level"] for one in listed("--level", "county", "--region", "正定")} == {"county"}
    yusuan("portals", "list", "--home", tmp_path, "--level", "village", code=2)
    yusuan("portals", "list", "--home", tmp_path, "--province", "无此省", code=2)


def test_a_clean_installation_has_nothing_to_complain_of(tmp_path: Path, yusuan: Any) -> None:
    assert "nothing to complain of" in yusuan("portals", "check", "--home", tmp_path).stdout
    bad = tmp_path / "portals" / "bad.yaml"
    bad.parent.mkdir(exist_ok=True)
    bad.write_text(
        "id: other\nname: 某县\nregion: 河北省某县\nfamily: static_pager\ndelay: 5\ncolumns:\n- list_url: http://a.gov.cn/x/\n"
    )
    done = yusuan("portals", "check", "--home", tmp_path, code=1)
    assert "say why in `reason`" in done.stdout.replace("\n", " ")


def test_a_registered_column_with_a_file_of_its_own_is_crawled_as_that_says(tmp_path: Path) -> None:
    entry = next(one for one in register() if one.portal and one.province == "广东省" and one.family == "gkmlpt")
    chosen = f"province=广东省,family=gkmlpt,region={entry.region}"
    house = House.at(tmp_path)
    assert entry.portal in registered_portals(house, chosen, [])
    house.portals.mkdir()
    content = {
        "id": "ours",
        "name": "某区",
        "region": "广东省某区",
        "family": "gkmlpt",
        "columns": [{"list_url": entry.url}],
    }
    (house.portals / "ours.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    ids = [one.id for one in registered_portals(house, chosen, [])]
    assert "ours" in ids
    assert entry.portal is not None
    assert entry.portal.id not in ids
    assert registered_portals(house, chosen, [own_portals(house)["ours"]]) == [
        one for one in registered_portals(house, chosen, []) if one.id != "ours"
    ]


def test_a_crawl_that_was_killed_says_nothing_of_its_portals(tmp_path: Path) -> None:
    assert portal_runs(tmp_path) == []
    assert portal_lines({"a": "shtml"}, {}, late_by_portal([]), {})[0].remark == "never crawled"


def test_a_long_remark_gives_way_to_the_other_columns(capsys: pytest.CaptureFixture[str]) -> None:
    line = portal_lines({"zhengding": "shtml"}, {}, late_by_portal([]), {"zhengding": "not confirmed " * 20})[0]
    status_table(Console(width=100, color_system=None), [line])
    shown = capsys.readouterr().out
    row = next(text for text in shown.splitlines() if "zhengding" in text)
    assert "never" in row and "not confirmed" in row and row.rstrip().endswith("…")
    assert len(row) <= 100
    assert "zhengding: " + "not confirmed " * 20 in shown, "all of it stands below"


def test_a_folder_named_by_the_environment_is_of_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def saved(folder: Path, name: str, url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        column = f"columns:\n- list_url: {url}\n"
        (folder / f"{name}.yaml").write_text(
            f"id: {name}\nname: 某县\nregion: 河北省某县\nfamily: static_pager\n{column}"
        )

    def portals(*arguments: str) -> Any:
        return CliRunner().invoke(portals_app, [*arguments, "--home", str(tmp_path / "home")])

    house, shared = House.seen(tmp_path / "home"), tmp_path / "shared"
    saved(shared, "named", "http://a.gov.cn/x/")
    monkeypatch.setenv("YUSUAN_PORTALS", str(shared))
    assert [one.id for one in chosen_portals(house, None, {})] == ["named"], "the night crawls it by itself"
    saved(house.portals, "kept", "http://b.gov.cn/x/")
    for names in (None, ["kept", "named"]):
        assert [one.id for one in chosen_portals(house, names, {})] == ["kept", "named"]
    listed = [json.loads(line) for line in portals("list", "--json").stdout.splitlines()]
    assert [one["portal"] for one in listed if one["origin"] == "own"] == ["kept", "named"]
    assert "2 own portals" in " ".join(portals("check").stdout.split())
    with pytest.raises(PortalError, match="already a list of the portal `named`"):
        add_portal(house, "http://a.gov.cn/x/", region="河北省某县")

    monkeypatch.setenv("YUSUAN_PORTALS", os.pathsep.join([str(house.portals), str(shared)]))
    assert sorted(own_portals(house)) == ["kept", "named"], "the installation's own folder named again is read once"

    (shared / "named.yaml").write_text("id: named\ncolour: red\n")
    wrong = portals("check")
    assert (wrong.exit_code, "unknown key `colour`" in wrong.stdout) == (1, True)

    monkeypatch.setenv("YUSUAN_PORTALS", str(tmp_path / "nowhere"))
    for command in (["check"], ["list"]):
        missing = portals(*command)
        assert missing.exit_code == 1 and "nowhere: no such folder of portal files" in missing.output
    with pytest.raises(PortalError, match="no such folder"):
        chosen_portals(house, None, {})


def test_a_proposal_names_the_site_s_code_other_columns_and_hosts_and_no_contradiction(
    tmp_path: Any, yusuan: Any
) -> None:
    lab = Lab(tmp_path)
    site = lab.site()
    menu = '<li><a href="/bmjs/">部门决算公开</a></li><li><a href="/zwgk/">政务公开</a></li>'
    site.lists(
        "./202602/t20260210_1.html|民政局2026年部门预算|2026-02-10",
        "./202602/t20260210_2.html|水利局2026年部门预算|2026-02-10",
        "./202602/t20260210_3.html|放假通知|2026-02-10",
        menu, head='<meta name="SiteIDCode" content="1301230001">', pager='createPageHTML(3, 0, "index", "html");',
    )  # fmt: skip
    away = "http://store.example.org/x.pdf|预算.pdf"
    site.article("/ysjs/202602/t20260210_1.html", "民政局2026年部门预算", "./P1.pdf|预算.pdf", away)
    site.article("/ysjs/202602/t20260210_2.html", "水利局2026年部门预算", away)
    site.file("/ysjs/202602/P1.pdf")
    done = yusuan(
        "portals",
        "add",
        site.url("/ysjs/"),
        "--region",
        "河北省石家庄市正定县",
        "--id",
        "seen",
        "--home",
        tmp_path / "home",
    )
    site.close()
    proposed = (tmp_path / "home" / "portals" / "seen.yaml").read_text("utf-8")
    assert "site_id_code: '1301230001'" in proposed and "site_id_code 1301230001: seen on the page" in done.stdout
    assert f"list_url: {site.url('/bmjs/')}  # 部门决算公开" in proposed and "政务公开" not in proposed
    assert "# hosts: [store.example.org]" in proposed
    assert "1 article taken, 2 places not taken" in done.stdout, "what stands beside a file that was had is no loss"
    assert "max_pages" not in done.stdout and f"--home {tmp_path / 'home'}" in done.stdout
    assert read_portal(tmp_path / "home" / "portals" / "seen.yaml").hosts == ()
