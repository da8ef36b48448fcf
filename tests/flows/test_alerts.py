"""A run that is not ok is told to a webhook, once; the forms offer choices; a run is accepted by every name it has."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flows.services.prefect_api import ask


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("standing", Path(__file__).with_name("standing.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["standing"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook on loopback: its address, and the messages it was given."""
    heard: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_said: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard
    server.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_that_is_not_ok_reaches_the_webhook_once_and_forms_offer_choices(
    tmp_path: Path, program: ModuleType, receiver: tuple[str, list[dict[str, Any]]]
) -> None:
    address, heard = receiver
    with program.up(tmp_path / "home", environment={"YUSUAN_ALERT_WEBHOOK": address}) as up:
        names = {one["name"] for one in ask(up.api, "POST", "/automations/filter", {})}
        assert {
            "yusuan: a run is not ok", "yusuan: a night is late", "yusuan: no night for 26 hours",
            "yusuan: runs that nobody hears of are crashed",
        } <= names  # fmt: skip
        form = ask(up.api, "GET", "/deployments/name/nightly/nightly")["parameter_openapi_schema"]["properties"]
        assert list(form) == ["portals", "province", "family", "slice", "recheck"]
        assert "广东省" in form["province"]["anyOf"][0]["enum"]
        assert "sample" in form["portals"]["anyOf"][0]["items"]["enum"]
        night = up.start_run("nightly/nightly")
        up.wait_for_state(night, "Completed")
        # a portal that is not there: incomplete, and told
        bad = up.start_run("nightly/nightly", {"base_urls": {"sample": f"http://127.0.0.1:{program.free_port()}"}})
        up.wait_for_state(bad, "Incomplete", "Failed")
        program.until(lambda: heard, 60, "an alert")
        assert len(heard) == 1, "no flood"
        assert heard[0]["title"].startswith("yusuan: nightly") and "sample" in heard[0]["text"]
        # the form knows the runs now, and `failed` is of the run that left something, by whatever name
        form = ask(up.api, "GET", "/deployments/name/rerun/rerun")["parameter_openapi_schema"]["properties"]
        runs = form["of_run"]["anyOf"][0]["enum"]
        assert runs[0] == "last" and "2 wait" in runs[-1]
        scheduled = {"flow_runs": {"state": {"name": {"any_": ["Scheduled"]}}}}
        # a form that changed has its runs scheduled anew, within the scheduler's minute
        program.until(lambda: ask(up.api, "POST", "/flow_runs/filter", scheduled), 120, "a scheduled night")
        name = ask(up.api, "GET", f"/flow_runs/{night}")["name"]
        for of_run in ("last", night, name, runs[-1]):
            again = up.start_run("rerun/rerun", {"what": "failed", "of_run": of_run})
            ended = up.wait_for_state(again, "Completed", "Failed")
            assert ended["name"] == "Completed" and ended["message"].startswith("0 loaded, 2 not loaded"), of_run
        assert up.wait_for_state(up.start_run("check-archive/check-archive"), "Completed")
