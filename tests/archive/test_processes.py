"""A process that is bound to another ends with it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent ended")
SLEEP = f"[{sys.executable!r}, '-c', 'import time; time.sleep(60)']"


def running(process: int) -> bool:
    """Whether a process runs; one that ended and is not yet collected does not."""
    try:
        return "\nState:\tZ" not in Path("/proc", str(process), "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"nothing after {seconds} s"
        time.sleep(0.05)


def child_of(code: str) -> tuple[subprocess.Popen[str], int]:
    """A process that runs `code`, which starts another and prints its id: both."""
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_bound_command_ends_when_its_parent_is_killed(sign: signal.Signals) -> None:
    parent, child = child_of(
        "import signal, sys, time; from archive.processes import start_bound; "
        f"print(start_bound({SLEEP}, sys.stderr.buffer, None, signal.{sign.name}).pid, flush=True); time.sleep(60)"
    )
    time.sleep(0.5)
    assert running(child)
    parent.kill()
    parent.wait()
    wait_for(lambda: not running(child))


@pytest.mark.parametrize("bind", ["die_with_parent(parent)", "watch_parent(parent)"])
def test_each_way_alone_ends_the_child(bind: str) -> None:
    child_code = (
        f"import sys, time; from archive.processes import die_with_parent, watch_parent; parent = int(sys.argv[1]); {bind}; "
        "time.sleep(60)"
    )
    parent, child = child_of(
        "import os, subprocess, sys, time; "
        f"print(subprocess.Popen([sys.executable, '-c', {child_code!r}, str(os.getpid())]).pid, flush=True); time.sleep(60)"
    )
    time.sleep(1.0)
    assert running(child)
    parent.kill()
    parent.wait()
    wait_for(lambda: not running(child))


def test_a_child_whose_parent_ended_before_it_asked_exits_at_once() -> None:
    code = (
        "import sys; from archive.processes import die_with_parent; die_with_parent(int(sys.argv[1])); print('alive')"
    )
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    command = [sys.executable, "-c", code]
    orphan = subprocess.run([*command, str(ended.pid)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (orphan.returncode, orphan.stdout) == (1, "")
    child = subprocess.run([*command, str(os.getpid())], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (child.returncode, child.stdout) == (0, "alive\n")
