"""Prefect's API by plain HTTP, for programs that must not import Prefect: it reads its settings when it is imported."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

OURS = {"tags": {"all_": ["yusuan"]}}
"""The filter of our deployments, whatever else stands on the server."""
NIGHT = {"name": {"any_": ["nightly"]}, **OURS}
BUSY = 503
"""What a server says whose SQLite is busy: asked again, as Prefect's own client does."""


class ServerAwayError(RuntimeError):
    """The Prefect server does not answer, or refuses; the message names it and says why."""


def ask(api: str, method: str, path: str, body: Any = None, *, seconds: float = 10) -> Any:
    """The JSON answer to one request, None when it has no body. Raises ServerAwayError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{api}{path}", data=data, method=method, headers={"Content-Type": "application/json"}
    )
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as refused:
            if refused.code == BUSY and time.monotonic() < deadline:
                time.sleep(0.5)
                continue
            told = refused.read()[:300].decode(errors="replace")
            raise ServerAwayError(f"the Prefect server at {api} answers {refused.code} to {path}: {told}") from None
        except (urllib.error.URLError, OSError) as away:
            why = getattr(away, "reason", away)
            raise ServerAwayError(f"the Prefect server at {api} does not answer: {why}") from None


def next_night(api: str) -> datetime | None:
    """When the next run of nightly begins that Prefect's scheduler made; None while there is none."""
    wanted = {
        "deployments": NIGHT, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "sort": "EXPECTED_START_TIME_ASC",
    }  # fmt: skip
    for run in ask(api, "POST", "/flow_runs/filter", wanted):
        if run["auto_scheduled"]:
            return datetime.fromisoformat(run["expected_start_time"])
    return None
