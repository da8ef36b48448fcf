"""What was held when: figures that a later reading of the same file changed are kept, with the epoch they belonged to.

`version_history` is written by triggers of the database (migration 0004), whoever changes a state. An epoch ends when a reading
changes figures that had been loaded; most readings under a newer recipe change none and end no epoch.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, literal, select

from warehouse.tables import facts, facts_past


def keep_past(connection: Connection, sha256: str) -> None:
    """Copy the figures of a version to `facts_past`, before a reading that changes some of them replaces them."""
    epoch = connection.scalar(select(func.max(facts_past.c.epoch)).where(facts_past.c.sha256 == sha256))
    now = 0 if epoch is None else epoch + 1
    kept = [column.name for column in facts_past.columns if column.name != "epoch"]
    copied = select(*(facts.c[name] for name in kept), literal(now)).where(facts.c.sha256 == sha256)
    connection.execute(insert(facts_past).from_select([*kept, "epoch"], copied))
