"""The processes that belong to one `yusuan up`, found by the mark in their environment, whoever their parent is now.

A process that a service started inherits the mark; one whose parent was killed keeps it. Linux only (`/proc`): elsewhere none is
found, and a service's process group is all that can be ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from archive.processes import process_started

MARK = "YUSUAN_UP"
"""Environment variable: `<pid>|<when that started>|<home>` of the `yusuan up` that a process belongs to."""
FLOW_RUN = "PREFECT__FLOW_RUN_ID"
"""Prefect's: the flow run that a process was started for."""
SECONDS_BETWEEN_LOOKS = 1.0


@dataclass(frozen=True)
class Marked:
    """A living process of some `yusuan up`."""

    pid: int
    parent: int
    mark: str
    flow_run: str | None

    @property
    def home(self) -> str:
        return self.mark.split("|", 2)[2]

    @property
    def owner_lives(self) -> bool:
        return lives(self.mark)


def mark_of(home: Path) -> str:
    """The mark of this process as a supervisor of `home`."""
    return f"{os.getpid()}|{process_started(os.getpid())}|{home}"


def lives(mark: str) -> bool:
    """Whether the supervisor of a mark is still that process."""
    pid, started, _ = mark.split("|", 2)
    return process_started(int(pid)) == started


def marked() -> list[Marked]:
    """Every living process that carries a mark; those of other users cannot be looked at."""
    found = []
    for entry in Path("/proc").iterdir() if Path("/proc/self/environ").exists() else ():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError):
            environment = dict(
                line.partition("=")[::2]
                for line in (entry / "environ").read_bytes().decode(errors="surrogateescape").split("\0")
            )
            if environment.get(MARK, "").count("|") < 2:
                continue
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[0] in ("Z", "X"):
                continue
            found.append(Marked(int(entry.name), int(fields[1]), environment[MARK], environment.get(FLOW_RUN)))
    return found


def flow_processes(processes: Iterable[Marked]) -> list[Marked]:
    """Of the processes of flow runs the uppermost of each: the flow itself, without its readers and its crawl."""
    of_runs = {one.pid: one for one in processes if one.flow_run}
    return [
        one for one in of_runs.values() if one.parent not in of_runs or of_runs[one.parent].flow_run != one.flow_run
    ]


def tell(processes: Iterable[Marked], sign: signal.Signals) -> int:
    """Send a signal to each that still is who it was; gives how many were told."""
    told = 0
    for one in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(one.pid, sign)
            told += 1
    return told


def end_with_supervisor(end: Callable[[], object]) -> None:
    """In a flow that an `up` started: call `end` once when that `up` is gone. Without a mark nothing is watched."""
    mark = os.environ.get(MARK, "")
    if mark.count("|") < 2:
        return

    def watch() -> None:
        while lives(mark):
            time.sleep(SECONDS_BETWEEN_LOOKS)
        end()

    threading.Thread(target=watch, name="supervisor-watch", daemon=True).start()
