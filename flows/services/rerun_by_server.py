"""A rerun of named documents as a run of the deployment `rerun`, where a Prefect server and a worker of this home are known.

The review page asks for it after a decision: the run then stands in Prefect's list like every other. By plain HTTP, because the page
must not import Prefect.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.home import DEPLOYED_HOME
from flows.services.prefect_api import ServerAwayError, ask

SECONDS_BETWEEN_LOOKS = 0.5
BEGUN_WITHIN_SECONDS = 120.0
"""A run that no worker has begun by then is cancelled, and the caller reads the documents itself."""
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class NotByServerError(RuntimeError):
    """The server cannot do it (away, no such deployment, of another home, no worker); nothing was read, the message says why."""


class RunEndedBadlyError(RuntimeError):
    """The run was begun and ended otherwise than Completed; the message gives its name, state and words."""


def rerun_by_server(api: str, home: Path, shas: Sequence[str]) -> str:
    """Have the worker read these documents again and wait until it has; gives the name of the run.

    Raises NotByServerError when nothing was begun, RunEndedBadlyError when the run ended badly.
    """
    try:
        deployment = _deployment_of(api, home)
        run = ask(
            api, "POST", f"/deployments/{deployment['id']}/create_flow_run",
            {"parameters": {"documents": list(shas)}, "tags": ["review"], "state": {"type": "SCHEDULED"}},
        )  # fmt: skip
        return _wait(api, run)
    except ServerAwayError as away:
        raise NotByServerError(str(away)) from None


def _deployment_of(api: str, home: Path) -> dict[str, Any]:
    found: dict[str, Any] = ask(api, "GET", "/deployments/name/rerun/rerun")
    of_home = (found.get("job_variables") or {}).get("env", {}).get(DEPLOYED_HOME)
    if of_home != str(home):
        raise NotByServerError(f"the deployment rerun at {api} is of the home {of_home}, not of {home}")
    if found.get("status") != "READY":
        raise NotByServerError(f"no worker serves the deployment rerun at {api}")
    return found


def _wait(api: str, run: dict[str, Any]) -> str:
    until = time.monotonic() + BEGUN_WITHIN_SECONDS
    while True:
        now = ask(api, "GET", f"/flow_runs/{run['id']}")
        if now["state_type"] in ENDED:
            break
        if now["state_type"] in ("SCHEDULED", "PENDING") and time.monotonic() > until:
            state = {
                "type": "CANCELLED",
                "name": "Cancelled",
                "message": "no worker began it; the review page reads by itself",
            }
            ask(api, "POST", f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})
            raise NotByServerError(f"no worker began run {run['name']} within {BEGUN_WITHIN_SECONDS:g} s")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if now["state_type"] != "COMPLETED":
        said = (now.get("state") or {}).get("message") or ""
        raise RunEndedBadlyError(f"run {run['name']} ended as {now['state_name']}: {said}")
    return str(now["name"])  # the name it gave itself when it began
