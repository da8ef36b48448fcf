"""Run a flow in this process and get its typed summary whatever Prefect state shows it. For the command line and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.exceptions import MissingResult
from prefect.states import State

from flows.home import House
from flows.run_summary import NoSummaryError, RunSummary


def run(flow: Flow[..., Any], home: Path | str | None = None, **parameters: Any) -> RunSummary:
    """The summary of one run of `nightly` or `rerun`. Raises what the flow raised (a lock that is held, a wrong name)."""
    house = House.at(home)
    state: State[Any] = flow(home=str(house.home), return_state=True, **parameters)  # type: ignore[assignment]
    try:
        result = state.result(raise_on_failure=False)
    except MissingResult as missing:
        raise NoSummaryError(f"{flow.name} ended as {state.name} without a summary: {missing}") from None
    if isinstance(result, RunSummary):
        return result
    if isinstance(result, BaseException):
        raise result
    raise NoSummaryError(f"{flow.name} ended as {state.name} without a summary: {state.message}")
