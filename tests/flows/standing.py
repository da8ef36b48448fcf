"""`yusuan up` as a program of its own, for tests that kill parts of it: started, listened to, looked at through the API."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.services.marked import Marked, marked
from flows.services.prefect_api import ServerAwayError, ask

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: Callable[[], Any], seconds: float, named: str) -> Any:
    """The first true answer. Raises TimeoutError naming what did not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(ServerAwayError):
            if found := what():
                return found
        time.sleep(0.2)
    raise TimeoutError(f"{named} within {seconds} s")


@dataclass
class Up:
    """One `yusuan up`."""

    home: Path
    port: int
    portal_port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str, seconds: float = 120) -> None:
        def heard() -> bool:
            assert self.process.poll() is None or words in self.said(), f"up ended:\n{self.said()}"
            return words in self.said()

        until(heard, seconds, f"{words!r} in\n{self.said()}")

    def processes(self) -> list[Marked]:
        """Every living process that some `up` of this home started."""
        return [one for one in marked() if one.home == str(self.home)]

    def of(self, words: str) -> Marked | None:
        """The process whose command line holds these words, None while there is none."""
        for one in self.processes():
            with contextlib.suppress(OSError):
                if words in Path(f"/proc/{one.pid}/cmdline").read_text().replace("\0", " "):
                    return one
        return None

    def start_run(self, name: str, parameters: dict[str, Any] | None = None) -> str:
        deployment = ask(self.api, "GET", f"/deployments/name/{name}")
        made = ask(
            self.api, "POST", f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters or {}}
        )
        return str(made["id"])

    def state_of(self, run: str) -> dict[str, Any]:
        state: dict[str, Any] = ask(self.api, "GET", f"/flow_runs/{run}")["state"]
        return state

    def wait_for_state(self, run: str, *names: str, seconds: float = 180) -> dict[str, Any]:
        return dict(until(lambda: (now := self.state_of(run))["name"] in names and now, seconds, f"{names} of {run}"))

    def end(self, sign: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
        self.process.send_signal(sign)
        self.process.wait(seconds)

    def power_cut(self) -> None:
        """Everything is killed at once."""
        for pid in [self.process.pid, *(one.pid for one in self.processes())]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not self.processes(), 10, "everybody dead")


@contextlib.contextmanager
def up(
    home: Path,
    *more: str,
    port: int = 0,
    portal_port: int = 0,
    ready: bool = True,
    environment: dict[str, str] | None = None,
) -> Iterator[Up]:
    """`yusuan up` on free ports until the end of the block; nobody of it is left behind."""
    home.mkdir(exist_ok=True)
    port, portal_port = port or free_port(), portal_port or free_port()
    log = home.parent / f"{home.name}-up.log"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "YUSUAN_"))}
    command = [
        sys.executable, "-m", "flows.command_line", "up", "--home", str(home), "--port", str(port),
        "--portal-port", str(portal_port), *([] if "--review-port" in more else ["--review-port", "0"]), *more,
    ]  # fmt: skip
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**clean, **(environment or {}), "PYTHONPATH": str(ROOT)},
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    one = Up(home, port, portal_port, log, process)
    try:
        if ready:
            one.wait_for("ready 就绪")
        yield one
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
        if process.poll() is None or one.processes():
            process.kill()
            one.power_cut()
