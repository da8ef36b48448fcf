"""What a run saw of each portal: kept for coverage ("nobody has published" needs somebody who looked) and for `portals status`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from warehouse import tables
from warehouse.versions import upsert


@dataclass(frozen=True, slots=True)
class PortalList:
    """One list of a portal; year and kind where the list is bound to one."""

    list_url: str
    fiscal_year: int | None = None
    document_kind: str | None = None


@dataclass(frozen=True, slots=True)
class PortalRun:
    """One portal in one run. `complete`: every list was read to its end and nothing was left for tomorrow.

    `ignored`, `blocked`, `failed`: sightings; `found`: files that articles offer. `lists` without an entry says nothing about
    which documents the portal could have shown, so that nothing is concluded from it.
    """

    portal: str
    family: str
    ended_at: datetime
    finish_reason: str
    complete: bool
    problems: tuple[str, ...] = ()
    list_rows: int = 0
    articles: int = 0
    found: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ignored: int = 0
    blocked: int = 0
    failed: int = 0
    lists: tuple[PortalList, ...] = ()


@dataclass(frozen=True, slots=True)
class PortalNight:
    """The last night of a portal, and when it was last read to its end (None: never)."""

    last: PortalRun
    run_id: str
    last_complete_at: datetime | None


def record_portal_runs(connection: Connection, run_id: str, portals: Iterable[PortalRun]) -> None:
    """Write the rows of one run, each whole."""
    columns = tables.portal_columns
    for one in portals:
        row = {
            "run_id": run_id, "portal": one.portal, "family": one.family, "ended_at": one.ended_at,
            "finish_reason": one.finish_reason, "complete": one.complete, "problems": list(one.problems),
            "list_rows": one.list_rows, "articles": one.articles, "found": one.found, "new": one.new,
            "changed": one.changed, "unchanged": one.unchanged, "ignored": one.ignored, "blocked": one.blocked,
            "failed": one.failed,
        }  # fmt: skip
        upsert(connection, tables.portal_runs, row)
        connection.execute(delete(columns).where(columns.c.run_id == run_id, columns.c.portal == one.portal))
        lists = {each.list_url: each for each in one.lists}
        if lists:
            connection.execute(
                insert(columns),
                [
                    {
                        "run_id": run_id, "portal": one.portal, "list_url": each.list_url,
                        "fiscal_year": each.fiscal_year, "document_kind": each.document_kind,
                    }
                    for each in lists.values()
                ],
            )  # fmt: skip


def last_nights(connection: Connection) -> dict[str, PortalNight]:
    """Per portal: its last night, by when it ended."""
    table = tables.portal_runs
    complete: dict[str, datetime] = {}
    last: dict[str, tuple[str, PortalRun]] = {}
    for row in connection.execute(select(table).order_by(table.c.ended_at, table.c.run_id)).mappings():
        kept = {name: value for name, value in row.items() if name not in ("run_id", "problems")}
        night = PortalRun(**kept, problems=tuple(row["problems"]))
        last[night.portal] = row["run_id"], night
        if night.complete:
            complete[night.portal] = night.ended_at
    return {portal: PortalNight(night, run_id, complete.get(portal)) for portal, (run_id, night) in last.items()}
