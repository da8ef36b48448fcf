"""What a run did that the run before it of the same flow had not: new, loaded since, failing since, figures changed, gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from budget.states import DocumentState
from flows.run_summary import DocumentOutcome, RunSummary
from warehouse import Warehouse

MOST_FIGURES = 200
"""Changed figures that are shown; `figure_changes` has them all."""


@dataclass(frozen=True)
class Difference:
    """Rows for a table; `before` is the id of the run compared with, None when there is none."""

    before: str | None
    rows: tuple[dict[str, str], ...] = ()

    def in_words(self) -> str:
        """`3 new 新, 1 now fails 变为失败`; or that nothing differs."""
        kinds = Counter(row["what 变化"] for row in self.rows)
        return ", ".join(f"{count} × {kind}" for kind, count in kinds.items()) or "no difference 无差异"


def difference(warehouse: Warehouse, summary: RunSummary) -> Difference:
    """Per document its state before this run and after it, and per portal the counts that differ."""
    found = warehouse.rows(
        "SELECT run_id FROM runs WHERE flow = :flow AND run_id <> :now AND ended_at IS NOT NULL AND state <> 'cancelled' "
        "ORDER BY started_at DESC LIMIT 1",
        flow=summary.flow, now=summary.run_id,
    )  # fmt: skip
    before = found[0]["run_id"] if found else None
    rows = [row for one in summary.documents if (row := _of_document(warehouse, one, summary.run_id)) is not None]
    rows += _figures(warehouse, summary)
    if before is not None:
        rows += _of_portals(warehouse, before, summary)
    return Difference(before, tuple(rows))


def _of_document(warehouse: Warehouse, one: DocumentOutcome, run_id: str) -> dict[str, str] | None:
    earlier = warehouse.rows(
        "SELECT d.state, d.reason FROM run_documents d JOIN runs r ON r.run_id = d.run_id "
        "WHERE d.sha256 = :sha256 AND d.run_id <> :now ORDER BY d.at DESC LIMIT 1",
        sha256=one.sha256, now=run_id,
    )  # fmt: skip
    now = _words(one.state.value, one.reason)
    was = _words(earlier[0]["state"], earlier[0]["reason"]) if earlier else ""
    if was == now:
        return None
    if not earlier:
        version = warehouse.version(one.sha256)
        replaces = version["supersedes_sha256"] if version else None
        what = f"new, replaces {replaces[:12]} 新版" if replaces else "new 新"
    elif one.state is DocumentState.LOADED:
        what = "loaded now 现已入库"
    elif earlier[0]["state"] == DocumentState.LOADED.value:
        what = "withdrawn 撤回"
    else:
        what = "other reason 原因变化"
    return _row(what, one.title or one.file, was, now)


def _figures(warehouse: Warehouse, summary: RunSummary) -> list[dict[str, str]]:
    """Figures of this run's documents that differ from the version or the reading before, old → new."""
    mine = {one.sha256: one.title or one.file for one in summary.documents}
    if not mine:
        return []
    rows = warehouse.rows(
        "SELECT c.sha256, c.change, c.code, c.name, c.old_raw, c.new_raw FROM figure_changes c "
        "JOIN run_documents d ON d.sha256 = c.sha256 AND d.run_id = :now ORDER BY c.sha256, c.change_no",
        now=summary.run_id,
    )
    return [
        _row(
            f"figure {row['change']} 数字变动", f"{mine.get(row['sha256'], row['sha256'][:12])}: {row['code']} {row['name']}",
            row["old_raw"] or "", row["new_raw"] or "",
        )
        for row in rows[:MOST_FIGURES]
    ]  # fmt: skip


def _of_portals(warehouse: Warehouse, before: str, summary: RunSummary) -> list[dict[str, str]]:
    then = {
        row["portal"]: row for row in warehouse.rows("SELECT * FROM portal_runs WHERE run_id = :run_id", run_id=before)
    }
    rows = []
    for portal in summary.portals:
        was = then.get(portal.portal)
        if was is None:
            continue
        now = {"found": portal.found, "failed": sum(portal.failed.values()), "blocked": sum(portal.blocked.values())}
        rows += [
            _row(f"{name} at the portal 门户数量", portal.portal, str(was[name]), str(count))
            for name, count in now.items()
            if was[name] != count
        ]
    return rows


def _words(state: str, reason: str | None) -> str:
    return f"{state} ({reason})" if reason else state


def _row(what: str, whose: str, was: str, now: str) -> dict[str, str]:
    return {"what 变化": what, "whose 对象": whose, "before 之前": was, "after 之后": now}
