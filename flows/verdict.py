"""Whether the nights of an installation are well: the verdict of the alerts as words and an exit status, without Prefect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from budget.states import RunState
from warehouse import Warehouse

_SPAN = re.compile(r"(\d+)\s*([hd])")


def span(told: str) -> timedelta:
    """`26h`, `2d`. Raises ValueError."""
    found = _SPAN.fullmatch(told.strip().lower())
    if found is None:
        raise ValueError(f"{told}: write it as 26h or 2d")
    number = int(found[1])
    return timedelta(hours=number) if found[2] == "h" else timedelta(days=number)


def complaints(
    warehouse: Warehouse, portals: Iterable[str], since: timedelta, now: datetime | None = None
) -> list[str]:
    """What is not well: no night ended since then, the last was not ok, a portal was not read to its end since then."""
    now = now or datetime.now(UTC)
    found = []
    nights = warehouse.rows(
        "SELECT run_id, state, ended_at FROM runs WHERE flow = 'nightly' AND ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1"
    )
    hours = f"{since.total_seconds() / 3600:g} h"
    if not nights or now - _moment(nights[0]["ended_at"]) > since:
        last = f"; the last was {nights[0]['run_id']}" if nights else ""
        found.append(f"no night ended within {hours}{last} 没有运行")
    elif nights[0]["state"] != RunState.OK.value:
        found.append(f"the last night {nights[0]['run_id']} is {nights[0]['state']} 上次运行异常")
    seen = warehouse.portal_nights()
    for portal in sorted(set(portals) | set(seen)):
        night = seen.get(portal)
        if night is None:
            found.append(f"{portal}: never crawled 从未抓取")
        elif night.last_complete_at is None or now - night.last_complete_at > since:
            when = f"{night.last_complete_at:%Y-%m-%d %H:%M} UTC" if night.last_complete_at else "never"
            found.append(f"{portal}: not read to its end within {hours}; last: {when} 未完整读取")
    return found


def _moment(told: datetime | str) -> datetime:
    moment = datetime.fromisoformat(told) if isinstance(told, str) else told
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
