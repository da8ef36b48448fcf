"""One night at a time: a lock whose owner can die.

The row names its owner (run, host, process and when that process started). A second run is refused with that name. A dead
owner is recognised without waiting on the same host (no such process, or another process under its number) and by its
silence on another host. A heartbeat thread keeps the row fresh; an owner that was put to sleep and lost its lock is told.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, select, update

from archive.processes import process_started, this_host
from warehouse.connection import in_one_transaction
from warehouse.tables import run_locks
from warehouse.versions import insert_if_new

HEARTBEAT_SECONDS = 15.0
SILENT_AFTER = timedelta(minutes=10)
"""An owner on another host that has not been heard of for so long is dead: forty heartbeats."""


class RunLockedError(RuntimeError):
    """Another run holds the lock; the message names it and says what to do."""


class RunLockLostError(RuntimeError):
    """This run slept so long that another has taken its lock; it must not write any more."""


@dataclass(frozen=True, slots=True)
class RunLock:
    """A lock that is held. `check` raises RunLockLostError when it is not any more."""

    engine: Engine
    name: str
    token: str
    taken_over_from: str | None = None
    """Run id of the dead owner whose lock this was."""

    def check(self) -> None:
        if not in_one_transaction(self.engine, self._beat):
            raise RunLockLostError(
                f"the lock {self.name!r} was taken by another run, because this process was not heard of for "
                f"{SILENT_AFTER.total_seconds():.0f} s; stop it and look at the other run"
            )

    def _beat(self, connection: Connection) -> bool:
        mine = (run_locks.c.name == self.name) & (run_locks.c.token == self.token)
        return connection.execute(update(run_locks).where(mine).values(heartbeat_at=datetime.now(UTC))).rowcount == 1


@contextmanager
def hold(engine: Engine, name: str, run_id: str) -> Iterator[RunLock]:
    """Hold lock `name` for run `run_id`; raises RunLockedError when a living run holds it. Released at the end."""
    lock = in_one_transaction(engine, lambda connection: _take(connection, engine, name, run_id))
    done = threading.Event()
    keeper = threading.Thread(target=_keep_fresh, args=(lock, done), name=f"lock {name}", daemon=True)
    keeper.start()
    try:
        yield lock
    finally:
        done.set()
        keeper.join()
        mine = (run_locks.c.name == name) & (run_locks.c.token == lock.token)
        in_one_transaction(engine, lambda connection: connection.execute(delete(run_locks).where(mine)).rowcount)


def _keep_fresh(lock: RunLock, done: threading.Event) -> None:
    while not done.wait(HEARTBEAT_SECONDS):
        if not in_one_transaction(lock.engine, lock._beat):
            return


def _take(connection: Connection, engine: Engine, name: str, run_id: str) -> RunLock:
    now, token = datetime.now(UTC), secrets.token_hex(16)
    pid = os.getpid()
    row = {
        "name": name, "token": token, "run_id": run_id, "host": this_host(), "pid": pid,
        "process_started": process_started(pid) or "", "acquired_at": now, "heartbeat_at": now,
    }  # fmt: skip
    if insert_if_new(connection, run_locks, row):
        return RunLock(engine, name, token)
    owner = connection.execute(select(run_locks).where(run_locks.c.name == name).with_for_update()).mappings().first()
    if owner is None:
        raise RunLockedError(f"the lock {name!r} was released this moment; try again")
    silence = now - owner["heartbeat_at"]
    if _lives(owner["host"], owner["pid"], owner["process_started"], silence):
        raise RunLockedError(
            f"run {owner['run_id']} holds the lock {name!r} since {owner['acquired_at']:%Y-%m-%d %H:%M:%S} UTC: process "
            f"{owner['pid']} on {owner['host'].partition('/')[0]}, last heard of {silence.total_seconds():.0f} s ago. "
            "Wait for it to end, or end that process and start again: a dead owner's lock is taken over"
        )
    connection.execute(update(run_locks).where(run_locks.c.name == name).values(**row))
    return RunLock(engine, name, token, taken_over_from=owner["run_id"])


def _lives(host: str, pid: int, started: str, silence: timedelta) -> bool:
    here = this_host()
    if host == here:
        return process_started(pid) == started
    if "/" in host and host.partition("/")[0] == here.partition("/")[0]:
        # same machine, another boot
        return False
    return silence < SILENT_AFTER
