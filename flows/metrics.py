"""The installation as Prometheus reads it: `yusuan metrics`, and a function that a web page may serve as `/metrics`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from flows.home import House
from review.queue import ReviewQueue
from warehouse import Warehouse

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(house: House, now: datetime | None = None) -> str:
    """The metrics in Prometheus' text format. Raises UnusableWarehouseError."""
    now = now or datetime.now(UTC)
    with Warehouse.open(house.database_url) as warehouse:
        warehouse.migrate()
        runs: dict[tuple[str, ...], float] = {
            (row["flow"] or "", row["state"]): row["n"]
            for row in warehouse.rows("SELECT flow, state, count(*) AS n FROM runs GROUP BY flow, state")
        }
        documents: dict[tuple[str, ...], float] = {
            (state.value,): count for state, count in warehouse.count_states().items()
        }
        queue: dict[tuple[str, ...], float] = defaultdict(float)
        for (state, stage, _), count in ReviewQueue(warehouse).counts().items():
            queue[str(state), str(stage)] += count
        nights = warehouse.portal_nights()
    ages: dict[tuple[str, ...], float] = {
        (portal,): (now - night.last_complete_at).total_seconds()
        for portal, night in nights.items()
        if night.last_complete_at is not None
    }
    failed: dict[tuple[str, ...], float] = {
        (portal,): night.last.failed + night.last.blocked for portal, night in nights.items()
    }
    return "".join(
        (
            _metric("yusuan_runs", "Runs by flow and state.", ("flow", "state"), runs),
            _metric("yusuan_documents", "Document versions by state.", ("state",), documents),
            _metric("yusuan_review_items", "Review items by state and stage.", ("state", "stage"), queue),
            _metric(
                "yusuan_portal_last_good_age_seconds",
                "Seconds since a portal was last read to its end.",
                ("portal",),
                ages,
            ),
            _metric(
                "yusuan_portal_failed", "Blocked and failed sightings of a portal's last night.", ("portal",), failed
            ),
        )
    )


def _metric(name: str, words: str, labels: Iterable[str], values: Mapping[tuple[str, ...], float]) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
    for told, value in sorted(values.items()):
        pairs = ",".join(f'{label}="{_escaped(one)}"' for label, one in zip(labels, told, strict=True))
        lines.append(f"{name}{{{pairs}}} {value:g}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
