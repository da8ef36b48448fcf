"""Many portals are read side by side: as fast as their pauses allow, in little memory, and the same story after a kill."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from archive.ledger import read_sightings
from archive.store import Archive
from spiders.requests.settings import SETTINGS, settings_for

ROOT = Path(__file__).parents[2]
PORTALS, DOCUMENTS, DELAY = 30, 5, 0.05


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


many_portals = _script("many_portals")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    made = many_portals.Portals(PORTALS, DOCUMENTS, 0.1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def nights(site: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The first night, and a second with nothing new: (figures, summary, requests a host, folder)."""
    folder = tmp_path_factory.mktemp("many")
    told = []
    for name in ("first", "second"):
        found, summary = many_portals.night(site, DELAY, folder / "archive", folder / name)
        told.append((found, summary, {host: len(asked) for host, asked in site.asked.items()}, folder / name))
    return told


def story(out: Path) -> list[tuple[object, ...]]:
    """What a run saw, without the times."""
    return [
        (one.portal, one.article_url, one.url, one.sha256, one.outcome, one.reason)
        for one in read_sightings(out / "sightings.jsonl")
    ]


def test_all_portals_are_read_side_by_side(nights: list[Any]) -> None:
    found, summary, asked, _ = nights[0]
    assert (found.state, found.new) == ("finished", PORTALS * DOCUMENTS)
    assert set(asked.values()) == {2 + 2 * DOCUMENTS} and len(asked) == PORTALS
    began = [one.seconds for one in summary.portals]
    # one after the other, with this latency alone, they would take so many seconds
    assert max(began) < PORTALS * (2 + 2 * DOCUMENTS) * 0.1 / 2
    assert found.peak_mib < 500


def test_a_night_with_nothing_new_asks_twice_a_column(nights: list[Any]) -> None:
    found, summary, asked, _ = nights[1]
    assert (found.state, found.new) == ("finished", 0)
    assert sum(one.unchanged for one in summary.portals) == PORTALS * DOCUMENTS
    assert max(asked.values()) <= 3


def test_no_host_is_asked_faster_than_its_delay(nights: list[Any]) -> None:
    # a request waits in two queues between the pause and the wire
    assert all(found.smallest_gap >= DELAY * 0.5 for found, *_ in nights)


def test_a_fixed_delay_is_kept_as_given(site: Any) -> None:
    portal = many_portals.portals_of(site, 1.0)[0]
    told = settings_for(portal)
    assert (told["DOWNLOAD_DELAY"], told["AUTOTHROTTLE_ENABLED"], told["DOWNLOAD_DELAY_JITTER"]) == (1.0, False, 0)
    assert settings_for(portal.model_copy(update={"delay": None})) == SETTINGS
    assert SETTINGS["AUTOTHROTTLE_ENABLED"]


def test_many_portals_killed_and_started_again_tell_the_same_story(
    site: Any, nights: list[Any], tmp_path: Path
) -> None:
    documents = 40
    archive, out = tmp_path / "archive", tmp_path / "run"
    command = [sys.executable, "-m", "spiders.crawl", "--archive", str(archive), "--out", str(out)]
    for portal in many_portals.portals_of(site, DELAY):
        file = tmp_path / f"{portal.id}.yaml"
        file.write_text(
            yaml.safe_dump(portal.model_dump(mode="json", exclude_defaults=True), allow_unicode=True), "utf-8"
        )
        command += ["--portal", str(file)]

    def kept() -> set[str]:
        return {path.name for path in archive.iterdir() if len(path.name) == 64} if archive.is_dir() else set()

    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while len(kept()) < documents and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    alive = kept()
    assert documents <= len(alive) < PORTALS * DOCUMENTS and not (out / "summary.json").exists()
    assert subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL, timeout=120).returncode == 0
    assert story(out) == story(nights[0][3])
    assert (
        alive <= kept() == {path.name for path in (nights[0][3].parent / "archive").iterdir() if len(path.name) == 64}
    )
    with Archive(archive) as opened:
        assert opened.damaged() == []
