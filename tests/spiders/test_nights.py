"""Night after night: nothing twice, corrections kept, and no kill that loses or changes anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from archive.ledger import read_sightings
from archive.store import Archive
from spiders.crawl import CrawlError, crawl_in_subprocess, read_summary

ROOT = Path(__file__).resolve().parents[2]


def ten_articles(lab: Any, pause: float = 0.0) -> Any:
    site = lab.site()
    rows = []
    for n in range(10):
        site.article(f"/ysjs/202402/t20240206_{n}.html", f"{n}局2024年部门预算", f"./P0{n}.pdf|{n}局2024年部门预算.pdf")
        site.file(f"/ysjs/202402/P0{n}.pdf", b"%PDF-1.4 " + str(n).encode() * 50_000, pause=pause)
        rows.append(f"./202402/t20240206_{n}.html|{n}局2024年部门预算|2024-02-06")
    site.lists(*rows)
    return site


def story(path: Path) -> list[dict[str, Any]]:
    """The sightings of a run without the times, which no rerun can repeat."""
    return [one.model_dump(mode="json", exclude={"seen_at"}) for one in read_sightings(path / "sightings.jsonl")]


def start(lab: Any, portal: Any, archive: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "spiders.crawl",
        "--portal",
        str(lab.yaml(portal)),
        "--archive",
        str(archive),
        "--out",
        str(out),
    ]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def wait_for(condition: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the crawl did not get so far"
        time.sleep(0.01)


def kept(archive: Path) -> set[str]:
    return {one.name for one in archive.iterdir() if len(one.name) == 64} if archive.is_dir() else set()


def test_the_second_night_downloads_nothing_again(lab: Any) -> None:
    site = ten_articles(lab)
    for path, route in list(site.routes.items()):
        site.routes[path] = lab.with_validators(route.data, route.kind, f'"{path}"')
    portal = lab.portal(site, "quiet")
    first = lab.crawl(portal)
    assert first.sum("quiet").new == 10 and first.summary.exit_code == 0
    second = lab.crawl(portal)
    told = second.sum("quiet")
    assert (told.new, told.unchanged, told.not_modified, told.incomplete) == (0, 10, 21, False)
    assert told.bytes < 8_000 < 500_000 < first.sum("quiet").bytes
    assert {one.sha256 for one in second.sightings} == {one.sha256 for one in first.sightings}


def test_a_server_without_validators_is_compared_by_hash(lab: Any) -> None:
    portal = lab.portal(ten_articles(lab), "plain")
    lab.crawl(portal)
    told = lab.crawl(portal).sum("plain")
    assert (told.new, told.unchanged, told.changed) == (0, 10, 0)


def test_changed_bytes_under_the_old_address_and_a_correction_under_a_new_one(lab: Any) -> None:
    site = ten_articles(lab)
    portal = lab.portal(site, "mended")
    old = {one.url: one.sha256 for one in lab.crawl(portal).sightings}
    changed = site.url("/ysjs/202402/P03.pdf")
    site.file("/ysjs/202402/P03.pdf", b"%PDF-1.4 corrected")
    site.article("/ysjs/202403/t20240301_99.html", "3局2024年部门预算（更正）", "./P099.pdf|更正.pdf")
    site.file("/ysjs/202403/P099.pdf", b"%PDF-1.4 corrected again")
    site.lists(*[f"./202402/t20240206_{n}.html|{n}局2024年部门预算" for n in range(10)],
               "./202403/t20240301_99.html|3局2024年部门预算（更正）|")  # fmt: skip
    night = lab.crawl(portal)
    new = {one.url: one for one in night.sightings if one.outcome == "archived"}
    assert set(new) == {changed, site.url("/ysjs/202403/P099.pdf")}
    assert new[changed].replaces_sha256 == old[changed]
    assert (night.sum("mended").new, night.sum("mended").changed, night.sum("mended").unchanged) == (2, 1, 9)
    assert len(kept(night.archive)) == 12, "the old bytes stay"


def test_a_page_with_a_counter_is_no_new_version_and_one_with_new_figures_is(lab: Any) -> None:
    site = lab.site()
    site.lists("./202402/t20240206_1.html|民政局2024年部门预算|2024-02-06")
    visits: list[int] = []
    amount = ["1234.50"]

    def page(asked: Any) -> Any:
        visits.append(1)
        cells = "".join(f"<tr><td>项目{n}</td><td>{amount[0]}</td></tr>" for n in range(12))
        return lab.Answer(
            f'<html><head><meta name="ArticleTitle" content="民政局2024年部门预算"></head><body><p>访问 {len(visits)} 次</p>'
            f'<div id="zoom"><table>{cells}</table></div></body></html>'
        )

    site.routes["/ysjs/202402/t20240206_1.html"] = page
    portal = lab.portal(site, "counter")
    first, second = lab.crawl(portal), lab.crawl(portal)
    assert [one.outcome for one in second.sightings] == ["unchanged"]
    assert second.sightings[0].sha256 == first.sightings[0].sha256
    amount[0] = "1234.60"
    third = lab.crawl(portal)
    assert third.sightings[0].outcome == "archived"
    assert third.sightings[0].replaces_sha256 == first.sightings[0].sha256


def test_a_stop_does_not_wait_for_a_download_without_end(lab: Any, tmp_path: Path) -> None:
    site = ten_articles(lab)
    site.routes["/ysjs/202402/P05.pdf"].pause = 60.0
    archive, out = tmp_path / "archive2", tmp_path / "run"
    process = start(lab, lab.portal(site, "endless"), archive, out)
    wait_for(lambda: "/ysjs/202402/P05.pdf" in site.paths())
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 3
    told = read_summary(out / "summary.json").portal("endless")
    assert (told.finish_reason, told.incomplete, told.new) == ("shutdown", True, len(kept(archive)))


@pytest.mark.parametrize("files", [1, 6])
def test_a_crawl_killed_and_started_again_tells_the_same_story(lab: Any, tmp_path: Path, files: int) -> None:
    site = ten_articles(lab, pause=0.05)
    portal = lab.portal(site, "killed")
    calm = lab.crawl(portal, archive="calm")
    archive, out = tmp_path / "stormy", tmp_path / "run"
    process = start(lab, portal, archive, out)
    wait_for(lambda: len(kept(archive)) >= files)
    process.kill()
    process.wait()
    assert not (out / "summary.json").exists()
    alive = kept(archive)
    assert len(alive) >= files
    with Archive(archive) as opened:
        assert opened.damaged() == []
    summary = crawl_in_subprocess([portal], archive, out)
    assert summary.exit_code == 0
    assert story(out) == story(calm.out)
    assert kept(archive) == kept(calm.archive) and alive <= kept(archive)
    assert {(archive / name).read_bytes() for name in kept(archive)} == {
        (calm.archive / name).read_bytes() for name in kept(calm.archive)
    }


def test_a_terminated_crawl_closes_cleanly_says_incomplete_and_can_be_continued(lab: Any, tmp_path: Path) -> None:
    site = ten_articles(lab, pause=0.2)
    portal = lab.portal(site, "stopped")
    archive, out = tmp_path / "archive2", tmp_path / "run"
    process = start(lab, portal, archive, out)
    wait_for(lambda: len(kept(archive)) >= 2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 3
    summary = read_summary(out / "summary.json")
    told = summary.portal("stopped")
    assert (summary.state, told.finish_reason, told.incomplete) == ("incomplete", "shutdown", True)
    assert 2 <= told.new < 10
    again = crawl_in_subprocess([portal], archive, out)
    assert again.run == summary.run and again.portal("stopped").new == 10


def test_a_finished_run_directory_begins_a_new_run(lab: Any) -> None:
    portal = lab.portal(ten_articles(lab), "again")
    first = lab.crawl(portal, out="same")
    second = lab.crawl(portal, out="same")
    assert first.summary.run != second.summary.run
    assert second.sum("again").unchanged == 10


def test_a_crawl_that_takes_too_long_is_stopped_and_says_so(lab: Any, tmp_path: Path) -> None:
    site = ten_articles(lab, pause=0.4)
    summary = crawl_in_subprocess([lab.portal(site, "slow")], tmp_path / "a", tmp_path / "o", timeout=2.5)
    assert (summary.exit_code, summary.portal("slow").finish_reason) == (3, "shutdown")


def test_two_portals_in_one_run_and_one_of_them_dead(lab: Any) -> None:
    alive, dead = ten_articles(lab), lab.site()
    dead.close()
    lab.sites.remove(dead)
    night = lab.crawl(lab.portal(alive, "alive"), lab.portal(dead, "dead"))
    assert night.summary.exit_code == 3
    assert (night.sum("alive").new, night.sum("alive").incomplete) == (10, False)
    assert night.sum("dead").failed == {"network": 1} and night.sum("dead").incomplete


def test_a_portal_whose_spider_cannot_be_opened_is_told_and_the_others_go_on(lab: Any, tmp_path: Path) -> None:
    alive, broken = lab.portal(ten_articles(lab), "alive"), lab.portal(lab.site(), "broken", family="vsb")
    # the family's class is gone: what a bad release of one family looks like
    code = (
        "import sys, spiders.families as families; families._SPIDERS['vsb'] = 'NoSuchSpider'; "
        "from spiders.crawl import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "--archive", str(tmp_path / "a"), "--out", str(tmp_path / "o")]
    for portal in (broken, alive):
        command += ["--portal", str(lab.yaml(portal))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    summary = read_summary(tmp_path / "o" / "summary.json")
    assert (done.returncode, summary.exit_code, summary.state) == (3, 3, "incomplete"), done.stderr
    told = summary.portal("broken")
    assert (told.finish_reason, told.incomplete, told.found) == ("crashed", True, 0)
    assert "NoSuchSpider" in told.problems[0]
    assert (summary.portal("alive").new, summary.portal("alive").incomplete) == (10, False)


def test_a_crawl_that_cannot_begin_is_an_error_and_no_empty_success(lab: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: bad\nname: 坏\n", "utf-8")
    with pytest.raises(CrawlError, match="status 2 and left no summary"):
        crawl_in_subprocess([bad], tmp_path / "a", tmp_path / "o")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(CrawlError, match="status 1 and left no summary"):
        crawl_in_subprocess([lab.portal(lab.site(), "ok")], blocked, tmp_path / "o2")


def test_the_command_line_moves_a_portal_and_reports_on_standard_error(lab: Any, tmp_path: Path) -> None:
    site = ten_articles(lab)
    portal = lab.portal(site, "moved")
    there = portal.at("http://127.0.0.1:9/")
    command = [sys.executable, "-m", "spiders.crawl", "--portal", str(lab.yaml(there)), "--archive", str(tmp_path / "a"),
               "--out", str(tmp_path / "o"), "--base-url-override", f"moved={site.url()}"]  # fmt: skip
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"http_proxy": "http://127.0.0.1:9"},
    )
    assert done.returncode == 0, done.stderr
    assert "moved: finished; 10 rows, 10 articles, 10 files: 10 new" in done.stderr
    assert json.loads((tmp_path / "o" / "summary.json").read_text())["portals"][0]["new"] == 10


def test_a_crawl_dies_with_its_parent_even_when_that_is_killed(lab: Any, tmp_path: Path) -> None:
    site = ten_articles(lab, pause=30.0)
    portal = lab.yaml(lab.portal(site, "orphan"))
    script = (
        "import sys; from pathlib import Path; from spiders.crawl import crawl_in_subprocess; "
        f"crawl_in_subprocess([Path({str(portal)!r})], Path({str(tmp_path / 'a')!r}), Path({str(tmp_path / 'o')!r}))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    try:
        wait_for(lambda: any(path.endswith(".pdf") for path in site.paths()), 60)
        child = int(Path("/proc", str(parent.pid), "task", str(parent.pid), "children").read_text().split()[0])
    finally:
        parent.kill()
        parent.wait()
    wait_for(
        lambda: (
            not Path("/proc", str(child)).exists() or "\nState:\tZ" in Path("/proc", str(child), "status").read_text()
        ),
        10,
    )


def test_a_second_night_killed_and_started_again_remembers_no_more_and_no_less(lab: Any, tmp_path: Path) -> None:
    site = ten_articles(lab, pause=0.05)
    portal = lab.portal(site, "remembering", recheck_days=7)
    for archive in ("calm", "stormy"):
        assert lab.crawl(portal, archive=archive).sum("remembering").new == 10
    rows = [f"./202402/t20240206_{n}.html|{n}局2024年部门预算|2024-02-06" for n in range(16)]
    for n in range(10, 16):
        site.article(f"/ysjs/202402/t20240206_{n}.html", f"{n}局2024年部门预算", f"./P0{n}.pdf|{n}局2024年部门预算.pdf")
        site.file(f"/ysjs/202402/P0{n}.pdf", b"%PDF-1.4 " + str(n).encode() * 50_000, pause=0.05)
    site.lists(*rows)
    calm = lab.crawl(portal, archive="calm")
    assert (calm.sum("remembering").new, calm.sum("remembering").articles_remembered) == (6, 10)
    archive, out = lab.folder / "stormy", tmp_path / "run"
    process = start(lab, portal, archive, out)
    wait_for(lambda: len(kept(archive)) >= 12)
    process.kill()
    process.wait()
    assert crawl_in_subprocess([portal], archive, out).exit_code == 0
    assert story(out) == story(calm.out)
    site.asked.clear()
    assert lab.crawl(portal, archive="stormy").sum("remembering").articles_remembered == 16
    assert len(site.asked) == 2
