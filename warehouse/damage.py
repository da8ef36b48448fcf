"""Whether the pages of an SQLite file still hang together: asked before a run writes into them."""

from __future__ import annotations

import sqlite3
import time

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from warehouse.connection import UnusableWarehouseError, told_url

INSTRUCTIONS_BETWEEN_LOOKS = 20_000
CUT = "interrupted"
"""What SQLite says of a statement that its progress handler ended."""


def refuse_damage(engine: Engine, seconds: float) -> str | None:
    """`PRAGMA quick_check`, cut after so many seconds; then words, else None. Raises UnusableWarehouseError for a damaged file."""
    if engine.dialect.name != "sqlite":
        return None
    try:
        found = _quick_check(engine, time.monotonic() + seconds)
    except (sqlite3.DatabaseError, DatabaseError) as damaged:  # so damaged that it does not even open
        found = str(getattr(damaged, "orig", None) or damaged)
    if found == CUT:
        return f"{told_url(engine.url)}: its check was cut after {seconds:g} s; nothing wrong was found so far"
    if found != "ok":
        raise UnusableWarehouseError(
            f"{told_url(engine.url)}: the database is damaged 数据库已损坏: {found.splitlines()[0]}; nothing was run. Restore it from a "
            "backup (docs/operations.md)"
        )
    return None


def _quick_check(engine: Engine, deadline: float) -> str:
    """What `PRAGMA quick_check` says first: `ok`, a fault, or CUT when the deadline came before its end."""
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(lambda: int(time.monotonic() > deadline), INSTRUCTIONS_BETWEEN_LOOKS)
        try:
            return str(next(iter(raw.execute("PRAGMA quick_check(1)")))[0])
        except sqlite3.OperationalError as ended:
            return CUT if CUT in str(ended) else str(ended)
        finally:
            raw.set_progress_handler(None, 0)
