"""What the Prefect server believes to be under way, against the processes that live: a run whose process is gone is crashed.

Prefect itself never looks: a run that lost its machine stays Running for ever, one that is cancelled without a worker stays
Cancelling, and a worker that comes back after three days runs the three missed nights one after another.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.services.prefect_api import NIGHT, OURS, ask

UNDER_WAY = ("RUNNING", "PENDING", "CANCELLING")
CATCH_UP_WITHIN = timedelta(hours=26)
"""A night that was missed or cut so recently is caught up with one run; older ones are the next night's."""
STARTING = timedelta(minutes=3)
"""So long a run may be Pending before its process shows: a loaded machine imports for a minute."""


def runs_under_way(api: str) -> list[dict[str, Any]]:
    """The runs of our deployments that are Running, Pending or Cancelling."""
    wanted = {"deployments": OURS, "flow_runs": {"state": {"type": {"any_": list(UNDER_WAY)}}}}
    return list(ask(api, "POST", "/flow_runs/filter", wanted))


def crash(api: str, run: dict[str, Any], why: str) -> None:
    """Have the server call a run crashed, whatever it was."""
    state = {"type": "CRASHED", "name": "Crashed", "message": why}
    ask(api, "POST", f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})


def crash_dead(api: str, alive: Collection[str], *, starting: timedelta = STARTING) -> list[dict[str, Any]]:
    """Crash every run under way without a process among `alive` (flow run ids); gives those.

    A run that changed its state within `starting` is left alone: its process may not show yet.
    """
    crashed = []
    for run in runs_under_way(api):
        since = datetime.fromisoformat(run["state"]["timestamp"])
        if run["id"] in alive or datetime.now(UTC) - since < starting:
            continue
        crash(
            api, run,
            f"its process is gone (it was {run['state_name']} since {since:%Y-%m-%d %H:%M} UTC): killed, or a power cut. What it "
            "had stored stands; the next run takes the rest 进程已不存在，已入库的内容保留",
        )  # fmt: skip
        crashed.append(run)
    return crashed


def missed_nights(api: str) -> list[dict[str, Any]]:
    """Runs that the scheduler made and nobody started in their time, earliest first."""
    wanted = {
        "deployments": NIGHT, "sort": "EXPECTED_START_TIME_ASC",
        "flow_runs": {
            "state": {"type": {"any_": ["SCHEDULED"]}},
            "expected_start_time": {"before_": datetime.now(UTC).isoformat()},
        },
    }  # fmt: skip
    return [run for run in ask(api, "POST", "/flow_runs/filter", wanted) if run["auto_scheduled"]]


def give_up(api: str, run: dict[str, Any]) -> None:
    """Cancel a night that was missed."""
    state = {
        "type": "CANCELLED", "name": "Missed",
        "message": "missed: nothing ran at that time; one later run takes what it would have taken 已错过，由之后的一次运行补上",
    }  # fmt: skip
    ask(api, "POST", f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})


def recent(run: dict[str, Any]) -> bool:
    """Whether a run was expected so recently that one run shall catch up."""
    return datetime.now(UTC) - datetime.fromisoformat(run["expected_start_time"]) < CATCH_UP_WITHIN


def is_night(run: dict[str, Any], api: str) -> bool:
    """Whether a run is one of nightly's."""
    return bool(run["deployment_id"] == ask(api, "GET", "/deployments/name/nightly/nightly")["id"])


def catch_up(api: str) -> str:
    """Create one run of nightly now; gives its name."""
    deployment = ask(api, "GET", "/deployments/name/nightly/nightly")
    run = ask(
        api, "POST", f"/deployments/{deployment['id']}/create_flow_run",
        {"tags": ["catch-up"], "state": {"type": "SCHEDULED"}},
    )  # fmt: skip
    return str(run["name"])


def later_night(api: str, flow_run_id: str) -> str | None:
    """For a scheduled night that begins late: when the last night is due that was to begin after it, None when it is the last."""
    this = ask(api, "GET", f"/flow_runs/{flow_run_id}")
    if not this["auto_scheduled"] or this["deployment_id"] is None:
        return None
    wanted = {
        "sort": "EXPECTED_START_TIME_DESC", "limit": 1,
        "deployments": {"id": {"any_": [this["deployment_id"]]}},
        "flow_runs": {
            "expected_start_time": {
                "after_": (datetime.fromisoformat(this["expected_start_time"]) + timedelta(seconds=1)).isoformat(),
                "before_": datetime.now(UTC).isoformat(),
            }
        },
    }  # fmt: skip
    later = [run for run in ask(api, "POST", "/flow_runs/filter", wanted) if run["auto_scheduled"]]
    return str(later[0]["expected_start_time"]) if later else None
