"""`python archive/processes.py PARENT SIGNAL COMMAND…`: become COMMAND, bound to the life of the process that started it.

A service that `yusuan` starts for itself (the sample portal, a Prefect server) must not outlive it, even when it is killed with
SIGKILL and can tell nobody. Linux sends the signal; other systems have nothing of the kind, and the command runs unbound.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


def start_bound(
    command: Sequence[str],
    sink: IO[bytes],
    environment: dict[str, str] | None = None,
    sign: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start COMMAND in a session of its own: ctrl-C in the terminal reaches the caller only, and the command dies with it.

    `sign` is what the command is sent when the caller dies. To be called from the thread that lives longest (the main one):
    Linux watches the thread, not the process.
    """
    bound = [sys.executable, "-I", str(Path(__file__)), str(os.getpid()), str(int(sign)), *command]
    return subprocess.Popen(
        bound, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
    )


def main(arguments: Sequence[str]) -> None:
    parent, sign, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != int(parent):  # it died before we could ask
            sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
