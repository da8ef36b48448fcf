"""Processes that end with the one that started them, also when that is killed and can tell nobody.

`python archive/processes.py PARENT SIGNAL COMMAND…` becomes COMMAND, bound to the life of PARENT. Linux sends the signal
(`PR_SET_PDEATHSIG` in prctl(2)); other systems have nothing of the kind: there a process can only look (`watch_parent`), and a
COMMAND runs unbound. Standard library only: the file is run by its path, without the other packages.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
SECONDS_BETWEEN_LOOKS = 1.0


def die_with_parent(parent: int | None = None, sign: signal.Signals = signal.SIGKILL) -> None:
    """Has Linux send this process `sign` when its parent ends; to be called once, at the process's beginning.

    `parent`: the parent's process id, where the caller was given it: when the parent ended before this call, this process exits
    at once with status 1. Linux watches the thread that started this process, not the whole parent.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def watch_parent(parent: int) -> None:
    """Starts a thread that exits this process with status 1 within a second after its parent has ended, on every system."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def this_host() -> str:
    """The host and its boot: after a restart no process of before lives."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return f"{platform.node()}/{boot.read_text().strip()}" if boot.exists() else platform.node()


def process_started(pid: int) -> str | None:
    """When process `pid` of this host started, as the system counts; None when there is no such process."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # the command in parentheses may contain blanks and parentheses; state is field 3, start time field 22
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in ("Z", "X") else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def start_bound(
    command: Sequence[str],
    sink: IO[bytes],
    environment: dict[str, str] | None = None,
    sign: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Starts COMMAND in a session of its own: ctrl-C in the terminal reaches the caller only, and the command dies with it.

    `sign` is what the command is sent when the caller dies. To be called from the thread that lives longest (the main one).
    """
    bound = [sys.executable, "-I", str(Path(__file__)), str(os.getpid()), str(int(sign)), *command]
    return subprocess.Popen(
        bound, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
    )


def main(arguments: Sequence[str]) -> None:
    parent, sign, *command = arguments
    die_with_parent(int(parent), signal.Signals(int(sign)))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
