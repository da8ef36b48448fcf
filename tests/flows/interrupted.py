"""ctrl-C at a moment of a run: how long it takes to end, with which status and last words, and who is left behind.

    python tests/flows/interrupted.py [SECONDS …]

A `yusuan demo` in a session of its own (as a terminal would have it) gets SIGINT in its whole process group after so many
seconds. Prints a line a moment; tests/flows runs it with a few.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class End:
    """How a run ended that was told to."""

    seconds: float
    status: int
    said: str
    left: tuple[str, ...]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_demo(home: Path, log: Path) -> subprocess.Popen[bytes]:
    """A demo that has no Prefect server of its own yet, on a free port; its output goes to `log`."""
    home.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    command = [sys.executable, "-m", "flows.command_line", "demo", "--home", str(home), "--port", str(free_port())]
    with log.open("wb") as sink:
        return subprocess.Popen(
            command, cwd=ROOT, env={**environment, "YUSUAN_TEST_MARK": str(home)}, stdout=sink, stderr=sink,
            start_new_session=True,
        )  # fmt: skip


def belonging_to(home: Path) -> tuple[str, ...]:
    """Command lines of the living processes that this demo started, found by their environment."""
    mark = f"YUSUAN_TEST_MARK={home}\0".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_text().replace("\0", " ")[:120])
    return tuple(found)


def left_after(home: Path, seconds: float) -> tuple[str, ...]:
    """Who still lives after at most so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := belonging_to(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def wait_for_words(log: Path, words: str, seconds: float = 90) -> None:
    """Until the log says so; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while words not in log.read_text(errors="replace"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{words!r} was not said within {seconds} s:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)


def interrupt(process: subprocess.Popen[bytes], home: Path, log: Path, patience: float = 30) -> End:
    """SIGINT to the whole process group, as ctrl-C in a terminal does."""
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    try:
        status = process.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
    return End(time.monotonic() - began, status, log.read_text(errors="replace"), left_after(home, 3))


def main() -> int:
    bad = 0
    for moment in [float(one) for one in sys.argv[1:]] or [1.0, 4.0, 7.0, 10.0, 13.0]:
        with tempfile.TemporaryDirectory(prefix="yusuan-interrupted-") as folder:
            home, log = Path(folder, "home"), Path(folder, "log")
            process = start_demo(home, log)
            time.sleep(moment)
            if process.poll() is not None:
                print(f"after {moment:5.1f} s: had ended with {process.returncode}")
                continue
            end = interrupt(process, home, log)
            good = end.status == 130 and end.seconds < 6 and not end.left
            bad += not good
            print(
                f"after {moment:5.1f} s: ended {end.seconds:4.1f} s later with {end.status}, left: {end.left or 'nobody'}"
            )
            if not good:
                print("    " + "\n    ".join(end.said.splitlines()[-25:]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
