"""Whether the pages of an SQLite file still hang together: asked before a run writes into them."""

from __future__ import annotations

import sqlite3
import time

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from warehouse.connection import UnusableWarehouseError, told_url

INSTRUCTIONS_BETWEEN_LOOKS = 20_000


def refuse_damage(engine: Engine, seconds: float) -> str | None:
    """`PRAGMA quick_check`, cut after so many seconds; then words, else None. Raises UnusableWarehouseError for a damaged file."""
    if engine.dialect.name != "sqlite":
        return None
    deadline = time.monotonic() + seconds
    found: list[str] = []
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(lambda: int(time.monotonic() > deadline), INSTRUCTIONS_BETWEEN_LOOKS)
        try:
            found = [row[0] for row in raw.execute("PRAGMA quick_check(1)")]
        except sqlite3.OperationalError as cut:
            if "interrupted" not in str(cut):
                found = [str(cut)]
            else:
                return f"{told_url(engine.url)}: its check was cut after {seconds:g} s; nothing wrong was found so far"
        except (sqlite3.DatabaseError, DatabaseError) as damaged:
            found = [str(damaged)]
        finally:
            raw.set_progress_handler(None, 0)
    if found != ["ok"]:
        raise UnusableWarehouseError(
            f"{told_url(engine.url)}: the database is damaged 数据库已损坏: {found[0].splitlines()[0]}; nothing was run. Restore it from a "
            "backup (docs/operations.md)"
        )
    return None
