"""A portal is a few lines of YAML: what every one of them, present and future, must keep; and what is refused, with its line."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from spiders.families import spider_of
from spiders.portals import FAMILIES, PortalError, find_portal, load_portals, packaged_portals, read_portal

GOOD = """id: example
name: 示例县
region: 河北省石家庄市示例县
family: static_pager
columns:
  - list_url: http://www.example.gov.cn/zwgk/czyjs/
"""


@pytest.mark.parametrize("file", packaged_portals(), ids=lambda file: file.name)
def test_every_portal_keeps_the_contract(file: Path) -> None:
    portal = read_portal(file)
    text = file.read_text(encoding="utf-8")
    assert file.name == f"{portal.id}.yaml"
    assert len(text.splitlines()) <= 20, "a portal says only what differs"
    assert spider_of(portal.family).family == portal.family
    for column in portal.columns:
        host = urlsplit(column.list_url).hostname or ""
        loopback = host == "127.0.0.1"
        assert loopback or host.endswith((".gov.cn", ".cn", ".com")), f"{column.list_url}: not a portal's address"
        assert loopback or portal.delay is None or portal.delay >= 0.5, (
            "no portal is asked more often than twice a second"
        )
    assert "\t" not in text and text.endswith("\n")


def test_every_family_of_the_yaml_has_a_spider() -> None:
    for family in FAMILIES:
        assert spider_of(family).family == family
    with pytest.raises(KeyError):
        spider_of("vsb_of_tomorrow")


def test_the_sample_portal_is_packaged_and_can_be_moved() -> None:
    sample = find_portal("sample", [])
    assert sample.delay == 0
    assert sample.at("http://127.0.0.1:4711").columns[0].list_url == "http://127.0.0.1:4711/zwgk/czyjs/"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("colour: red\n", ":7: unknown key `colour`; known are id, name, region"),
        ("id: other\n", ":7: `id` is said twice"),
        ("    rows: li\n", ":7: unknown key `columns.0.rows`; known are list_url"),
        ("max_pages: many\n", ":7: `max_pages`: Input should be a valid integer"),
        ("delay: 5\n", "say why in `reason`"),
        ("recheck_days: 0\n", "say why in `reason`"),
        ("row: 'li >> a['\n", ":7: `row`:"),
        ("charset: klingon\n", ":7: `charset`:"),
        ("hosts: [HTTP://x]\n", ":7: `hosts`:"),
        ("family: vsb\n", "`family` is said twice"),
        ("name: [\n", ":8:"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_line(tmp_path: Path, change: str, complaint: str) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(GOOD + change, "utf-8")
    with pytest.raises(PortalError) as error:
        read_portal(file)
    assert str(error.value).startswith(str(file))
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x.gov.cn/", "http://user:pass@x.gov.cn/", "//x.gov.cn/", "x.gov.cn"]
)
def test_only_public_web_addresses_are_lists(tmp_path: Path, url: str) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(GOOD.replace("http://www.example.gov.cn/zwgk/czyjs/", url), "utf-8")
    with pytest.raises(PortalError, match=r":6: `columns\.0\.list_url`"):
        read_portal(file)


def test_the_id_under_which_a_run_as_a_whole_is_kept_is_no_portal_s(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(GOOD.replace("id: example", "id: run"), "utf-8")
    with pytest.raises(PortalError, match=r":1: `id`: .*`run` stands for a run as a whole.*choose another id"):
        read_portal(file)


def test_portals_of_a_user_s_folder_are_added_and_none_may_hide_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "example.yaml").write_text(GOOD, "utf-8")
    monkeypatch.setenv("YUSUAN_PORTALS", str(tmp_path))
    assert {"sample", "example"} <= set(load_portals())
    assert find_portal("example").region == "河北省石家庄市示例县"
    (tmp_path / "second.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "third.yaml").write_text(GOOD + "colour: red\n", "utf-8")
    with pytest.raises(PortalError) as error:
        load_portals()
    assert "the id `example` is already that of" in str(error.value) and "third.yaml:7" in str(error.value)
    with pytest.raises(PortalError, match="no such folder"):
        load_portals([tmp_path / "none"])


def test_an_unknown_portal_names_the_known_ones() -> None:
    with pytest.raises(PortalError, match=r"known are .*sample"):
        find_portal("nowhere", [])
