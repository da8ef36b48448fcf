"""Shared by the tests of flows: one Prefect server, one portal, and the command line as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.home import House
from flows.services.up import prefect_house

Yusuan = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prefect server with the deployments and a process worker, on a free loopback port."""
    house = House.at(tmp_path_factory.mktemp("prefect"))
    with prefect_house(house, port=0) as api:
        yield api


@pytest.fixture(scope="session")
def yusuan(prefect_api: str) -> Yusuan:
    """`yusuan …` in a process of its own, talking to the shared server."""

    def run(*arguments: str | Path, code: int | None = 0, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PREFECT_API_URL": prefect_api, "COLUMNS": "200", "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "flows.command_line", *map(str, arguments)],
            env=environment, cwd=cwd or Path(__file__).parents[2], capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert code is None or done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def analysts_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with five documents of the sample portal; tests must not write to its warehouse."""
    from tests.flows.analysts import furnish

    return furnish(tmp_path_factory.mktemp("analysts"))
