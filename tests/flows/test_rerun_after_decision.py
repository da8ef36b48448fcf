"""A decision starts the reading of just its document: by the Prefect server that is known, else in the process of the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from archive.store import Archive
from budget.states import DocumentState
from flows.commands.review_page import rerun_after_decision, rerun_here
from flows.home import House
from flows.services.prefect_api import ask
from flows.services.rerun_by_server import NotByServerError, rerun_by_server
from flows.services.up import standing
from review.page.reruns import Reruns
from review.queue import ReviewQueue
from tests.flows.review_house import DOCUMENTS, PRINTED_WRONG, seen
from warehouse import Warehouse


@pytest.fixture
def waiting(tmp_path: Path) -> tuple[House, str, str]:
    """A home with one document that contradicts itself; its sha256 and its item."""
    house = House.at(tmp_path / "home")
    with Warehouse.open(house.database_url) as warehouse, Archive(house.archive) as archive:
        queue = ReviewQueue(warehouse.migrate())
        sha256 = archive.put((DOCUMENTS / PRINTED_WRONG).read_bytes())
        queue.record_sightings([seen("http://127.0.0.1/renshe.pdf", sha256, "renshe")])
        rerun_here(warehouse, archive, [sha256])
        item = queue.item_of(sha256)
        assert item is not None
        queue.accept(item, "as published", by="王审核")
    return house, sha256, item


def state_of(house: House, sha256: str) -> str:
    with Warehouse.open(house.database_url) as warehouse:
        version = warehouse.version(sha256)
    assert version is not None
    return str(version["state"])


def served_within(api: str, seconds: float) -> None:
    """Wait until the worker of a standing that has just begun has said that it is there."""
    until = time.monotonic() + seconds
    while ask(api, "GET", "/deployments/name/rerun/rerun")["status"] != "READY":
        assert time.monotonic() < until, "no worker has said that it is there"
        time.sleep(0.5)


def test_where_a_server_is_known_a_run_of_it_reads_the_document(waiting: tuple[House, str, str]) -> None:
    house, sha256, _ = waiting
    with standing(house, port=0) as all_of_it:
        served_within(all_of_it.api, 90)
        name = rerun_by_server(all_of_it.api, house.home, [sha256])
        runs = ask(all_of_it.api, "POST", "/flow_runs/filter", {"flow_runs": {"tags": {"all_": ["review"]}}})
        assert [(one["name"], one["state_type"]) for one in runs] == [(name, "COMPLETED")]
        assert runs[0]["parameters"]["documents"] == [sha256]
        with pytest.raises(NotByServerError, match="is of the home"):
            rerun_by_server(all_of_it.api, house.home.parent, [sha256])
    assert state_of(house, sha256) == DocumentState.LOADED


def test_where_the_server_is_away_the_document_is_read_in_this_process(
    waiting: tuple[House, str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house, sha256, _ = waiting
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with Warehouse.open(house.database_url) as warehouse, Archive(house.archive) as archive:
        rerun_after_decision(house, warehouse, archive, [sha256])
    assert state_of(house, sha256) == DocumentState.LOADED
    assert "in this process" in caplog.text and "does not answer" in caplog.text


def test_what_is_decided_while_another_rerun_is_under_way_is_read_together() -> None:
    asked: list[tuple[str, ...]] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(shas: Sequence[str]) -> None:
        asked.append(tuple(shas))
        begun.set()
        assert go_on.wait(30)

    reruns = Reruns(slow)
    reruns(["a"])
    assert begun.wait(30)
    for sha256 in ("b", "c", "b"):
        reruns([sha256])
    go_on.set()
    reruns.close()
    assert asked == [("a",), ("b", "c")]
    assert [(reruns.progress(one) or pytest.fail(one)).state for one in "abc"] == ["done"] * 3
