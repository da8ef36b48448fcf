"""`yusuan up`: nights are scheduled and fire, what dies is started again, and after a power cut the next night runs by itself."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from flows.home import DEPLOYED_HOME, House, WrongHouseError
from flows.services.prefect_api import ask

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes through /proc")


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("standing", Path(__file__).with_name("standing.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["standing"] = module
    spec.loader.exec_module(module)
    return module


def traceback_free(home: Path) -> bool:
    return "Traceback" not in (home / "logs" / "prefect-server.log").read_text(errors="replace")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_night_fires_by_schedule_and_services_that_die_are_started_again(tmp_path: Path, program: ModuleType) -> None:
    with program.up(tmp_path / "home", "--schedule", "* * * * *") as up:
        said = up.said()
        assert "next night" in said and f"http://127.0.0.1:{up.port}" in said
        nights = {
            "deployments": {"name": {"any_": ["nightly"]}},
            "flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED"]}}},
        }
        first = program.until(lambda: ask(up.api, "POST", "/flow_runs/filter", nights), 180, "a night that fired")[0]
        assert first["auto_scheduled"] and first["state_name"] == "Completed", first["state"]
        assert traceback_free(up.home)
        os.kill(up.of("worker start").pid, signal.SIGKILL)
        up.wait_for("the worker was killed by signal 9; started again in 1 s", 30)
        program.until(lambda: up.of("worker start"), 30, "another worker")
        os.kill(up.of("server start").pid, signal.SIGKILL)
        up.wait_for("the Prefect server was killed by signal 9", 30)
        program.until(lambda: ask(up.api, "GET", "/health"), 60, "the server again")
        later = program.until(
            lambda: [run for run in ask(up.api, "POST", "/flow_runs/filter", nights) if run["start_time"] > first["end_time"]],
            180, "a night after both deaths",
        )  # fmt: skip
        assert later
        began = time.monotonic()
        up.end(signal.SIGTERM)
        assert time.monotonic() - began < 10
        assert up.process.returncode == 0 and "stopped" in up.said()
        assert up.processes() == [], "no child and no grandchild is left"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_a_power_cut_the_dead_run_is_crashed_and_the_next_one_runs(tmp_path: Path, program: ModuleType) -> None:
    home = tmp_path / "home"
    with program.up(home) as up:
        run = up.start_run("nightly/nightly")
        up.wait_for_state(run, "Running")
        program.until(lambda: list(home.glob("runs/*/crawl/run.json")), 60, "the crawl")
        up.power_cut()
    with program.up(home, port=up.port, portal_port=up.portal_port) as again:
        dead = again.state_of(run)
        assert dead["type"] == "CRASHED" and "its process is gone" in dead["message"]
        assert "is crashed: its process is gone" in again.said()
        again.wait_for_state(again.start_run("nightly/nightly"), "Completed")
        # told to stop in the middle of a run: the run says so, nobody is left
        third = again.start_run("nightly/nightly", {"recheck": True})
        again.wait_for_state(third, "Running")
        began = time.monotonic()
        again.end(signal.SIGTERM)
        assert time.monotonic() - began < 10 and again.processes() == []


@pytest.mark.slow
def test_an_up_that_was_killed_takes_its_run_with_it_and_the_next_ends_what_is_left(
    tmp_path: Path, program: ModuleType
) -> None:
    with program.up(tmp_path / "home") as up:
        run = up.start_run("nightly/nightly")
        up.wait_for_state(run, "Running")
        up.process.kill()
        up.process.wait()
        program.until(lambda: not [one for one in up.processes() if one.flow_run is None], 15, "its services are gone")
    assert up.processes() == []


def test_a_worker_of_one_home_refuses_the_run_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUSUAN_HOME", str(tmp_path / "a"))
    monkeypatch.setenv(DEPLOYED_HOME, str(tmp_path / "b"))
    with pytest.raises(WrongHouseError, match="this worker belongs to the home"):
        House.of_run()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(DEPLOYED_HOME, str(tmp_path / "a"))
    assert House.of_run().home == tmp_path / "a"
    monkeypatch.delenv("YUSUAN_HOME")
    monkeypatch.setenv(DEPLOYED_HOME, str(tmp_path / "b"))
    assert House.of_run().home == tmp_path / "b"


def test_a_home_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    House.at(tmp_path / "deep" / "home")
    assert (tmp_path / "deep" / "home").stat().st_mode & 0o777 == 0o700
