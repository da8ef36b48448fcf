"""Engines and transactions: what has to be set so that several processes can write and any of them can be killed.

SQLite: WAL, foreign keys, a busy timeout, and every writing transaction begins IMMEDIATE, because a transaction that first
reads and then writes fails at once when another wrote in between, whatever the timeout. PostgreSQL: row locks, and a retry
when the server chose this transaction as the victim of a deadlock.
"""

from __future__ import annotations

import json
import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, IntegrityError, OperationalError, ProgrammingError

from warehouse.exact_decimal import teach_sqlite

BUSY_MILLISECONDS = 5_000
"""So long SQLite waits in silence; then we wait on and say so."""
GIVE_UP_SECONDS = 180.0
"""A nightly with four workers never waits a second; three minutes mean that somebody holds the file open by hand."""
_TRANSIENT_SQLSTATES = {"40001", "40P01", "55P03", "57P03", "08006", "08001"}

Result = TypeVar("Result")
log = logging.getLogger("yusuan.warehouse")


class UnusableWarehouseError(RuntimeError):
    """A database that is no warehouse or does not answer; the message names it (without its password) and says why."""


@contextmanager
def usable(engine: Engine) -> Iterator[None]:
    """What a database says instead of opening, in one line: no database file, damaged, not writable, no server."""
    try:
        yield
    except DBAPIError as error:
        raise UnusableWarehouseError(
            f"{told_url(engine.url)}: no warehouse can be opened there 无法打开数据库: {_why(error)}"
        ) from error


def told_url(url: URL) -> str:
    """How a database is named in messages: its file, or its host and name. No user, no password, in no spelling of an address."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database or ''}"
    hosts = url.query.get("host", ())
    host = url.host or (hosts if isinstance(hosts, str) else ",".join(hosts)) or "localhost"
    return f"{url.get_backend_name()}://{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


def _why(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]


def database_url(url: str | URL) -> URL:
    """`url` with the driver this project ships with: psycopg 3 for plain `postgresql://` and `postgres://`."""
    if isinstance(url, str) and url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):  # what it says repeats parts of the address, a password with a slash among them
        raise ValueError("write it as sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE") from None
    if made.drivername == "postgresql":
        made = made.set(drivername="postgresql+psycopg")
    if made.get_backend_name() not in ("sqlite", "postgresql"):
        raise ValueError(f"a warehouse is SQLite or PostgreSQL, not {made.get_backend_name()!r}")
    return made


def make_engine(url: str | URL) -> Engine:
    """An engine for `url` (`sqlite:///path`, `postgresql://…`) with this room's pragmas, functions and JSON spelling."""
    target = database_url(url)
    options: dict[str, Any] = {
        "json_serializer": lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
    }
    if target.get_backend_name() == "postgresql":
        return create_engine(target, pool_pre_ping=True, **options)
    engine = create_engine(target, connect_args={"timeout": BUSY_MILLISECONDS / 1000}, **options)
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # the driver's own BEGIN is deferred and comes late; ours is explicit
    connection.isolation_level = None
    teach_sqlite(connection)
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def is_transient(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when tried again: the database was busy or chose us as a victim."""
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        return "locked" in str(original) or "busy" in str(original)
    return getattr(original, "sqlstate", None) in _TRANSIENT_SQLSTATES


def _in_words(error: DBAPIError, waited: float) -> str:
    """What a person can do about it."""
    why = _why(error)
    if "locked" in why or "busy" in why:
        return f"held by another program for {waited:.0f} s ({why}): close it there (an open edit in a database browser?) 数据库被占用"
    if "full" in why:
        return f"the disk is full ({why}): make room and run again; what was stored before stands 磁盘已满"
    return f"{why}; what was stored before stands, run again when it is mended"


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one consistent picture."""
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except DatabaseError as error:
        if isinstance(error, IntegrityError | ProgrammingError):
            raise
        raise UnusableWarehouseError(f"{told_url(engine.url)}: {_in_words(error, 0)}") from error


def in_one_transaction(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """Run `work` in one writing transaction: all of it or nothing. Repeated while the database is merely busy.

    `work` must have no effect outside the connection. Raises whatever it raises, after rolling back; UnusableWarehouseError when the
    database was held for too long, is full, damaged or away. Who waits for more than some seconds says so.
    """
    began = time.monotonic()
    attempt, told = 0, False
    while True:
        try:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                return work(connection)
        except (OperationalError, DBAPIError) as error:
            waited = time.monotonic() - began
            if not is_transient(error) or waited > GIVE_UP_SECONDS:
                if isinstance(error, IntegrityError | ProgrammingError) or not isinstance(error, DatabaseError):
                    raise
                raise UnusableWarehouseError(f"{told_url(engine.url)}: {_in_words(error, waited)}") from error
            if not told and waited * 1000 >= BUSY_MILLISECONDS * 0.9:
                told = True
                log.warning(
                    "waiting for the database %s 等待数据库: %s", told_url(engine.url), _in_words(error, waited)
                )
            attempt += 1
            time.sleep(min(2.0, 0.02 * 2**attempt) * random.uniform(0.5, 1.0))
