"""The verdict on the nights, the metrics, and which run is meant by `last`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from budget.disclosure import Disclosure, Document, DocumentError
from budget.states import DocumentState, Reason, RunState
from flows.choosing import NothingNamedError, choose, last_runs, run_asked_for
from flows.home import House
from flows.metrics import metrics_text
from flows.verdict import complaints, span
from warehouse import Warehouse
from warehouse.portal_runs import PortalRun

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)


def night(portal: str, ended: datetime, complete: bool = True) -> PortalRun:
    return PortalRun(portal, "static_pager", ended, "finished" if complete else "wall", complete)


def cut(sha256: str) -> Disclosure:
    error = DocumentError(code="truncated", message="cut")
    return Disclosure(document=Document(file="a.pdf", sha256=sha256, reader=None, kind=None, recipe="r", error=error))


def test_a_verdict_names_the_night_and_the_portals_that_are_not_well(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse:
        assert complaints(warehouse, ["a"], span("26h"), NOW) == [
            "no night ended within 26 h 没有运行", "a: never crawled 从未抓取",
        ]  # fmt: skip
        warehouse.start_run("r1", flow="nightly")
        warehouse.record_portal_runs("r1", [night("a", NOW - timedelta(days=3)), night("b", datetime.now(UTC))])
        warehouse.end_run("r1", RunState.OK)
        now = datetime.now(UTC)
        assert [one.partition(":")[0] for one in complaints(warehouse, ["b"], span("26h"), now)] == ["a"]
        warehouse.end_run("r1", RunState.INCOMPLETE)
        assert "is incomplete" in complaints(warehouse, ["b"], span("30d"), now)[0]
        assert "no night ended" in complaints(warehouse, [], span("26h"), now + timedelta(hours=27))[0]


@pytest.mark.parametrize("told", ["26", "h", "-1h", "1w"])
def test_a_span_is_hours_or_days(told: str) -> None:
    with pytest.raises(ValueError, match="write it as 26h or 2d"):
        span(told)


def test_last_is_the_last_run_that_left_something_and_a_run_has_several_names(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse:
        assert choose(warehouse, what="failed") == []
        warehouse.start_run("20261130T180000Z-nightly-aa", flow="nightly", flow_run_id="0000-1")
        warehouse.store(
            cut("a" * 64), state=DocumentState.IN_REVIEW, reason=Reason.TRUNCATED, run_id="20261130T180000Z-nightly-aa"
        )
        warehouse.start_run("20261201T180000Z-nightly-bb", flow="nightly", flow_run_id="0000-2")
        assert run_asked_for(warehouse, "last") == "20261130T180000Z-nightly-aa", "the quiet night left nothing"
        assert choose(warehouse, what="failed") == choose(warehouse, failed_in_run="last") == ["a" * 64]
        assert choose(warehouse, what="failed", portal="nowhere") == []
        assert choose(warehouse, what="failed", year=2031) == []
        line = next(one for one in last_runs(warehouse) if one.endswith("-aa"))
        assert " · 1 wait · " in line
        for name in ("0000-1", line, "20261130T180000Z-nightly-aa"):
            assert run_asked_for(warehouse, name) == "20261130T180000Z-nightly-aa"
        with pytest.raises(NothingNamedError, match="there is no run 'typo'"):
            run_asked_for(warehouse, "typo")


def test_metrics_are_prometheus_text(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    with Warehouse.open(house.database_url) as warehouse:
        warehouse.migrate().start_run("r1", flow="nightly")
        warehouse.record_portal_runs("r1", [night('a"b', NOW)])
    told = metrics_text(house, NOW + timedelta(seconds=90))
    assert 'yusuan_runs{flow="nightly",state="running"} 1\n' in told
    assert 'yusuan_portal_last_good_age_seconds{portal="a\\"b"} 90\n' in told
    assert all(line.startswith("#") or line.rpartition(" ")[2] for line in told.splitlines())
