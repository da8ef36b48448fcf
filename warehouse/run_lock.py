"""One night at a time: a lock whose owner can die.

The row names its owner (run, host, process and when that process started). A second run is refused with that name. A dead
owner is recognised without waiting on the same host (no such process, or another process under its number) and by its
silence on another host. A heartbeat thread keeps the row fresh; an owner that was put to sleep and lost its lock is told.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, select, update

from archive.processes import process_started, this_host
from warehouse.connection import in_one_transaction
from warehouse.tables import run_locks
from warehouse.versions import insert_if_new

HEARTBEAT_SECONDS = 15.0
SILENT_AFTER = timedelta(minutes=10)
"""An owner on another host that has not been heard of for so long is dead: forty heartbeats."""


SECONDS_BETWEEN_WORDS = 300.0
"""How often who waits for a lock says so."""


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


def hold_when_free(
    engine: Engine,
    name: str,
    run_id: str,
    *,
    seconds: float,
    pause: float = 2.0,
    tell: Callable[[str], object] = lambda message: None,
) -> AbstractContextManager[RunLock]:
    """As `hold`, but waits so many seconds for a living owner to end; `tell` hears for whom, at once and every five minutes.

    Raises RunLockedError naming the owner when it has not ended by then.
    """
    return _hold(engine, name, run_id, seconds, pause, tell)


def hold(engine: Engine, name: str, run_id: str) -> AbstractContextManager[RunLock]:
    """Hold lock `name` for run `run_id`; raises RunLockedError when a living run holds it. Released at the end."""
    return _hold(engine, name, run_id, 0.0, 0.0, lambda message: None)


def _take_when_free(
    engine: Engine, name: str, run_id: str, seconds: float, pause: float, tell: Callable[[str], object]
) -> RunLock:
    began = told_at = time.monotonic()
    told = False
    while True:
        try:
            return in_one_transaction(engine, lambda connection: _take(connection, engine, name, run_id))
        except RunLockedError as locked:
            waited = time.monotonic() - began
            if waited >= seconds:
                if seconds:
                    raise RunLockedError(f"waited {waited / 60:.0f} min in vain 等待超时: {locked}") from None
                raise
            if not told or time.monotonic() - told_at > SECONDS_BETWEEN_WORDS:
                tell(f"waiting, for at most {(seconds - waited) / 60:.0f} min 等待中: {locked}")
                told, told_at = True, time.monotonic()
            time.sleep(min(pause, max(0.0, seconds - waited)))


@contextmanager
def _hold(
    engine: Engine, name: str, run_id: str, seconds: float, pause: float, tell: Callable[[str], object]
) -> Iterator[RunLock]:
    lock = _take_when_free(engine, name, run_id, seconds, pause, tell)
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


def _take(connection: Connection, engine: Engine, name: str, run_id: str, token: str = "") -> RunLock:
    now, token = datetime.now(UTC), token or secrets.token_hex(16)
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


DOCUMENT = "document "
"""How the locks of documents are named: this, and the sha256."""


class Claims:
    """The documents that one run is reading: no other run reads them meanwhile, those of a dead run are taken over.

    With several runs at work (a night and a rerun, workers on two machines) each document is read by one of them. Use as a context;
    a thread keeps all claims fresh, and what is still claimed at the end is given back.
    """

    def __init__(self, engine: Engine, run_id: str) -> None:
        self._engine, self._run_id, self._token = engine, run_id, secrets.token_hex(16)
        self._done = threading.Event()
        self._keeper = threading.Thread(target=self._keep_fresh, name=f"claims {run_id}", daemon=True)

    def __enter__(self) -> Claims:
        self._keeper.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._keeper.join()
        in_one_transaction(
            self._engine, lambda connection: connection.execute(delete(run_locks).where(self._mine())).rowcount
        )

    def take(self, sha256: str) -> str | None:
        """Claim a document; gives the message naming the living run that has it, None when it is ours."""

        def work(connection: Connection) -> str | None:
            row = connection.execute(
                select(run_locks.c.token).where(run_locks.c.name == DOCUMENT + sha256)
            ).scalar_one_or_none()
            if row == self._token:
                return None
            try:
                _take(connection, self._engine, DOCUMENT + sha256, self._run_id, self._token)
            except RunLockedError:
                owner = select(run_locks.c.run_id).where(run_locks.c.name == DOCUMENT + sha256)
                return str(connection.execute(owner).scalar_one_or_none() or "another run")
            return None

        return in_one_transaction(self._engine, work)

    def drop(self, sha256: str) -> None:
        """Give a document back."""
        mine = self._mine() & (run_locks.c.name == DOCUMENT + sha256)
        in_one_transaction(self._engine, lambda connection: connection.execute(delete(run_locks).where(mine)).rowcount)

    def check(self, shas: Collection[str]) -> None:
        """Raise RunLockLostError when one of these claims was taken over: this run was not heard of for too long."""
        names = [DOCUMENT + sha256 for sha256 in shas]

        def held(connection: Connection) -> int:
            mine = self._mine() & run_locks.c.name.in_(names)
            return connection.execute(update(run_locks).where(mine).values(heartbeat_at=datetime.now(UTC))).rowcount

        if in_one_transaction(self._engine, held) != len(names):
            raise RunLockLostError(
                f"documents of this run were taken over by another, because this process was not heard of for "
                f"{SILENT_AFTER.total_seconds():.0f} s: nothing more is written; look at the other run"
            )

    def _mine(self) -> ColumnElement[bool]:
        return run_locks.c.token == self._token

    def _keep_fresh(self) -> None:
        def beat(connection: Connection) -> int:
            return connection.execute(
                update(run_locks).where(self._mine()).values(heartbeat_at=datetime.now(UTC))
            ).rowcount

        while not self._done.wait(HEARTBEAT_SECONDS):
            in_one_transaction(self._engine, beat)
