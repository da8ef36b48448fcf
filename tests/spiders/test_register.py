"""The register: every known column is a portal or a stated reason, nothing pretends to be verified, and the linter finds what is wrong."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from spiders.crawl import read_summary
from spiders.families import spider_of
from spiders.portals import load_portals
from spiders.register import (
    check_file,
    check_portals,
    check_register,
    find_registered,
    read_filter,
    register,
    select,
    why_not,
)

ROOT = Path(__file__).resolve().parents[2]


def test_every_line_is_a_portal_or_a_reason() -> None:
    entries = register()
    assert len(entries) > 3000
    assert all((one.portal is None) != (one.reason is None) for one in entries)
    portals = [one.portal for one in entries if one.portal]
    assert len(portals) > 0.85 * len(entries)
    assert len({one.id for one in portals}) == len(portals) == len({one.columns[0].list_url for one in portals})
    assert {spider_of(one.family).family for one in portals} == {one.family for one in portals}
    assert resources.files("spiders").joinpath("register.csv").stat().st_size < 500_000  # type: ignore[attr-defined]


def test_nothing_pretends_to_be_verified() -> None:
    read_by_file = {column.list_url for one in load_portals([]).values() if one.verified for column in one.columns}
    for one in register():
        assert one.verified == (one.url in read_by_file)
        assert one.verified or one.note.startswith("never verified by this project; ")


def test_a_region_carries_its_province_so_that_titles_of_other_places_are_known() -> None:
    (zhengding,) = select(region="石家庄市正定县")
    assert zhengding.portal is not None
    assert (zhengding.portal.region, zhengding.portal.family) == ("河北省石家庄市正定县", "fragment")
    assert find_registered(zhengding.portal.id) == zhengding.portal
    assert find_registered("reg_nowhere_00000000") is None


def test_the_register_is_a_crawl_list_by_family_province_level_region_and_slice() -> None:
    guangdong = select(province="广东省", family="gkmlpt")
    assert guangdong and {(one.province, one.family) for one in guangdong} == {("广东省", "gkmlpt")}
    assert read_filter("province=广东省,family=gkmlpt,slice=1:3") == guangdong[1:3]
    assert {one.level for one in read_filter("level=prefecture")} == {"prefecture"}
    assert len(read_filter("")) == len(register())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("family=nonsense", "no family `nonsense`"), ("province=广东", "no province `广东`"), ("colour=red", "`colour=red`"),
     ("slice=a:b", "expected two numbers"), ("level=county,level=county", "each once")],
)  # fmt: skip
def test_a_misspelt_filter_is_no_empty_crawl(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_filter(text)


@pytest.mark.parametrize(
    ("url", "family", "reason"),
    [
        (
            "https://czt.shanxi.gov.cn/bmp_pub/index_gfa.html?ADMDIV=140729000",
            "budget_platform",
            "no adapter for the platform at czt.shanxi.gov.cn",
        ),
        ("http://x.gov.cn/info/index.html#/czyjs", "static_pager", "built by a script"),
        ("http://czj.x.gov.cn/", "static_pager", "a site's front page"),
        ("https://czt.nmg.gov.cn/yjs/business/page/index?cityCode=150100", "budget_platform", None),
        ("http://x.gov.cn/ysjs/", "static_pager", None),
        ("http://x.gov.cn/?s=97", "query_list", None),
    ],
)
def test_what_cannot_be_crawled_says_why(url: str, family: str, reason: str | None) -> None:
    found = why_not(url, family)
    assert found is None if reason is None else found is not None and reason in found


def test_the_linter_has_nothing_to_say_of_what_ships() -> None:
    assert check_portals() == []


def test_the_linter_names_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "id: other\nname: 示例县\nregion: 河北省\nfamily: static_pager\ndelay: 0.1\nrecheck_days: 0\nreason: because I can wait no longer\n"
        "columns:\n  - list_url: http://www.x.gov.cn/gkmlpt/index#3012\n" + "# padding\n" * 15,
        "utf-8",
    )
    said = "\n".join(check_file(file))
    for complaint in ("24 lines", "must be other.yaml", "a delay of 0.1 s", "`recheck_days: 0`", "looks like `gkmlpt`"):
        assert complaint in said, said
    file.write_text("id: [\n", "utf-8")
    assert "bad.yaml:2" in check_file(file)[0]
    assert any("bad.yaml" in one for one in check_portals([tmp_path]))


def test_the_linter_names_what_is_wrong_with_the_register() -> None:
    from dataclasses import replace

    first, second = [one for one in register() if one.portal][:2]
    said = "\n".join(check_register([first, replace(second, portal=first.portal and first.portal.model_copy(update={"columns": second.portal.columns})),
                                     replace(first, reason="both"), replace(second, region="")]))  # type: ignore[union-attr]  # fmt: skip
    assert "is already that of" in said and "or both" in said and "has no region" in said


def test_a_slice_of_the_register_is_crawled(lab: Any, tmp_path: Path) -> None:
    site = lab.site()
    site.routes["/gkmlpt/index"] = lab.Answer("<script>window._CONFIG = {SID:'7', TREE:[]}</script>")
    (entry,) = [one for one in register() if one.portal and one.url.startswith("http://www.chaonan.gov.cn/gkmlpt")][:1]
    assert entry.portal is not None
    wanted = f"region={entry.region},family=gkmlpt,slice=0:1"
    command = [sys.executable, "-m", "spiders.crawl", "--register", wanted, "--archive", str(tmp_path / "a"), "--out", str(tmp_path / "o"),
               "--base-url-override", f"{entry.portal.id}={site.url()}"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    told = read_summary(tmp_path / "o" / "summary.json").portal(entry.portal.id)
    assert any("no category of budgets" in one for one in told.problems)
    none = subprocess.run(
        [*command[:3], "--archive", str(tmp_path / "a"), "--out", str(tmp_path / "o2")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert none.returncode == 2 and "no portal to crawl" in none.stderr


def test_a_registered_column_is_read_as_the_family_its_page_shows(lab: Any) -> None:
    site = lab.site()
    island = "<li><a href='/art/2026/2/1/art_1_1.html'>民政局2026年部门预算</a><span>2026-02-10</span></li>"
    site.routes["/ysjs/"] = lab.Answer(
        f'<html><title>财政预决算</title><body><script type="text/xml"><datastore><totalrecord>1</totalrecord><recordset><record><![CDATA[{island}]]>'
        "</record></recordset></datastore></script></body></html>"
    )
    site.article("/art/2026/2/1/art_1_1.html", "民政局2026年部门预算", "/a.pdf|预算.pdf")
    site.file("/a.pdf")
    told = lab.crawl(lab.portal(site, "reg_guessed")).sum("reg_guessed")
    assert (told.family, told.new, told.incomplete) == ("hanweb_jpage", 1, False)
    written = lab.crawl(lab.portal(site, "written")).sum("written")
    assert (written.family, written.new, written.incomplete) == ("static_pager", 0, True), (
        "what a person wrote is not second-guessed"
    )
    assert "its marks are those of `hanweb_jpage`" in written.problems[0]
