"""A run through a real local Prefect server: deployment triggered through the API, artifacts, rerun of what failed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from flows.run_summary import RunSummary
from spiders.sample_portal import SamplePortal
from warehouse.exports import Manifest


@pytest.fixture(scope="module")
def portal() -> Iterator[SamplePortal]:
    with SamplePortal().start() as served:
        yield served


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployed")


def ask(client: httpx.Client, method: str, url: str, **more: Any) -> Any:
    """The JSON answer. A server that says 503 (its SQLite is busy) is asked again, as Prefect's own client does."""
    for _ in range(30):
        answer = client.request(method, url, **more)
        if answer.status_code != 503:
            break
        time.sleep(1)
    return answer.raise_for_status().json()


def trigger(api: str, name: str, parameters: dict[str, Any], seconds: float = 180) -> dict[str, Any]:
    """Create a flow run of a deployment through the API and wait until it has ended; gives the run."""
    with httpx.Client(base_url=api, timeout=30) as client:
        deployment = ask(client, "GET", f"/deployments/name/{name}")
        run = ask(client, "POST", f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": parameters})
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run = ask(client, "GET", f"/flow_runs/{run['id']}")
            if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return dict(run)
            time.sleep(1)
    raise TimeoutError(f"{name} is still {run['state_name']} after {seconds} s")


def artifacts(api: str, flow_run_id: str) -> dict[str, Any]:
    with httpx.Client(base_url=api, timeout=30) as client:
        wanted = {"artifacts": {"flow_run_id": {"any_": [flow_run_id]}}}
        found = ask(client, "POST", "/artifacts/filter", json=wanted)
    return {one["key"]: one for one in found}


@pytest.fixture(scope="module")
def night(prefect_api: str, portal: SamplePortal, home: Path) -> dict[str, Any]:
    return trigger(
        prefect_api, "nightly/nightly",
        {"portals": ["sample"], "base_urls": {"sample": portal.url}, "home": str(home)},
    )  # fmt: skip


def test_the_deployments_stand_on_the_server_with_their_schedule(prefect_api: str) -> None:
    with httpx.Client(base_url=prefect_api, timeout=30) as client:
        nightly = ask(client, "GET", "/deployments/name/nightly/nightly")
        rerun = ask(client, "GET", "/deployments/name/rerun/rerun")
    assert [(one["schedule"]["cron"], one["schedule"]["timezone"]) for one in nightly["schedules"]] == [
        ("0 2 * * *", "Asia/Shanghai")
    ]
    assert nightly["work_pool_name"] == rerun["work_pool_name"] == "yusuan"
    assert nightly["global_concurrency_limit"] is None, (
        "a killed run would keep its slot; the run lock keeps two nights apart"
    )


def scheduled_by_prefect(api: str, name: str, seconds: float = 60) -> list[dict[str, Any]]:
    """Runs of a deployment that Prefect's scheduler made, earliest first; none when none came within `seconds`."""
    wanted = {
        "deployments": {"name": {"any_": [name]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }  # fmt: skip
    deadline = time.monotonic() + seconds
    with httpx.Client(base_url=api, timeout=30) as client:
        while True:
            runs = [run for run in ask(client, "POST", "/flow_runs/filter", json=wanted) if run["auto_scheduled"]]
            if runs or time.monotonic() > deadline:
                return runs
            time.sleep(1)


def test_the_next_night_is_scheduled_without_anybody_asking(prefect_api: str) -> None:
    """A scheduler can fail in its loop while its server answers: only a run that exists proves the schedule."""
    runs = scheduled_by_prefect(prefect_api, "nightly")
    assert runs, "no run of nightly was scheduled within a minute; see logs/prefect-server.log"
    first = datetime.fromisoformat(runs[0]["expected_start_time"])
    assert runs[0]["state_name"] == "Scheduled"
    assert first.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M") == "02:00"
    assert 0 < (first - datetime.now(UTC)).total_seconds() <= 24 * 3600


def test_a_triggered_night_completes_and_shows_its_artifacts(prefect_api: str, night: dict[str, Any]) -> None:
    assert night["state_name"] == "Completed"
    shown = artifacts(prefect_api, night["id"])
    assert {"run-summary", "portals", "documents", "documents-progress", "failed-downloads"} <= shown.keys()
    assert shown["documents-progress"]["data"] == 100
    documents = json.loads(shown["documents"]["data"])
    failed = [row for row in documents if row["state 状态"] != "loaded"]
    assert sorted(row["reason 原因"] for row in failed) == ["checks_failed", "truncated"]
    assert "20730.94" in next(row["detail 说明"] for row in failed if row["reason 原因"] == "checks_failed")
    assert "in review 待复核 | 2" in shown["run-summary"]["data"]


def test_rerun_reads_only_what_failed_in_that_run(prefect_api: str, night: dict[str, Any], home: Path) -> None:
    run_id = sorted(path.name for path in (home / "runs").iterdir())[-1]
    again = trigger(prefect_api, "rerun/rerun", {"failed_in_run": run_id, "home": str(home)})
    assert again["state_name"] == "Completed"
    summary = RunSummary.read(sorted((home / "runs").iterdir())[-1])
    assert summary.flow == "rerun"
    assert sorted(one.reason or "" for one in summary.documents) == ["checks_failed", "truncated"]
    assert summary.rows_added == 0


def test_a_rerun_that_names_nothing_known_fails_and_says_so(
    prefect_api: str, home: Path, night: dict[str, Any]
) -> None:
    run = trigger(prefect_api, "rerun/rerun", {"failed_in_run": "no-such-run", "home": str(home)})
    assert run["state_type"] == "FAILED"
    assert "no-such-run" in run["state"]["message"]


def test_an_export_is_a_deployment(prefect_api: str, night: dict[str, Any], home: Path, tmp_path: Path) -> None:
    parameters = {"formats": ["csv"], "years": [2024], "to": str(tmp_path), "home": str(home)}
    run = trigger(prefect_api, "export/export", parameters)
    assert run["state_name"] == "Completed"
    told = Manifest.read(tmp_path / "csv")
    assert told.damaged() == []
    rows = json.loads(artifacts(prefect_api, run["id"])["export"]["data"])
    assert {row["view"]: row["rows"] for row in rows} == told.rows
    nobody = trigger(prefect_api, "export/export", {**parameters, "region": "西藏"})
    assert nobody["state_type"] == "FAILED"
    assert "西藏" in nobody["state"]["message"]


def test_the_telemetry_of_prefect_and_great_expectations_is_off() -> None:
    """Importing the flows is enough, in whatever order the libraries come after."""
    import os

    import flows  # noqa: F401

    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["GX_ANALYTICS_ENABLED"].lower() == "false"
