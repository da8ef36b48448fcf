"""Coverage and portals' nights as a person reads them: who has published what, which portal was read to its end, who is late."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from warehouse.coverage import COULD_NOT_SEE, PORTALS_CLOCK, Coverage, CoverageStatus
from warehouse.portal_runs import PortalNight

SHOWN = {
    CoverageStatus.LOADED: ("green", "loaded 入库"),
    CoverageStatus.IN_REVIEW: ("yellow", "in_review 复核"),
    CoverageStatus.WAITING: ("yellow", "waiting 待读"),
    CoverageStatus.FAILED: ("magenta", "failed 未取得"),
    CoverageStatus.BLOCKED: ("magenta", "blocked 受阻"),
    CoverageStatus.REJECTED: ("dim", "rejected 退回"),
    CoverageStatus.NOT_PUBLISHED: ("red", "not_published 未公开"),
    CoverageStatus.UNKNOWN: ("magenta", "unknown 未知"),
    CoverageStatus.NOT_DUE: ("dim", "not_due 未到期"),
}
EXPECTED = {"budget": "budget 预算", "final_account": "final_account 决算"}


def today() -> date:
    """The day where the portals are."""
    return datetime.now(PORTALS_CLOCK).date()


def coverage_lines(found: Sequence[Coverage]) -> list[str]:
    """One JSON object an expected document."""
    return [json.dumps(dataclasses.asdict(one), ensure_ascii=False, default=str) for one in found]


def coverage_table(console: Console, found: Sequence[Coverage]) -> None:
    """One line an expected document, and below it how many are in which state."""
    if not found:
        console.print(
            "no department was ever seen here 尚无部门; run `yusuan nightly` first, or widen --year and --region"
        )
        return
    table = Table("region", "agency", "year", "document", "status", "due until", "published", "late", "why")
    for one in found:
        colour, word = SHOWN[one.status]
        table.add_row(
            escape(one.region), escape(one.agency), str(one.fiscal_year), EXPECTED.get(one.expected, one.expected),
            f"[{colour}]{word}[/{colour}]", str(one.due_until), str(one.published_on or ""),
            f"{one.late_days} d" if one.late_days else "", escape(one.reason or ""),
        )  # fmt: skip
    console.print(table)
    counts = Counter(one.status for one in found)
    console.print(", ".join(f"{SHOWN[status][1]} {counts[status]}" for status in CoverageStatus if counts[status]))
    unseen = sum(counts[status] for status in COULD_NOT_SEE)
    console.print(
        f"the publisher is late 发布方逾期: {counts[CoverageStatus.NOT_PUBLISHED]}; we could not see 我方未见: {unseen}",
        highlight=False,
    )


def late_by_portal(found: Sequence[Coverage]) -> dict[str, int]:
    """Per portal, how many documents its departments owe and have not published."""
    late: defaultdict[str, int] = defaultdict(int)
    for one in found:
        if one.status is CoverageStatus.NOT_PUBLISHED:
            for portal in one.portals:
                late[portal] += 1
    return dict(late)


@dataclasses.dataclass(frozen=True, slots=True)
class PortalLine:
    """One portal's line: its last good run, what its last run found, what is late there. None where it was never crawled."""

    portal: str
    family: str
    last_good_run: datetime | None
    last_run: datetime | None
    complete: bool | None
    found: int | None
    new: int | None
    blocked: int | None
    failed: int | None
    late: int
    remark: str


def portal_lines(
    families: Mapping[str, str], nights: Mapping[str, PortalNight], late: Mapping[str, int], remarks: Mapping[str, str]
) -> list[PortalLine]:
    """Lines of the installed portals (id → family) and of all that were ever crawled, by id."""
    lines = []
    for portal in sorted({*families, *nights}):
        night = nights.get(portal)
        last = night.last if night else None
        remark = remarks.get(portal) or ("" if portal in families else "no longer installed")
        if last is None:
            lines.append(
                PortalLine(
                    portal, families[portal], None, None, None, None, None, None, None, 0, remark or "never crawled"
                )
            )
            continue
        lines.append(
            PortalLine(
                portal, last.family, night.last_complete_at if night else None, last.ended_at, last.complete, last.found,
                last.new, last.blocked, last.failed, late.get(portal, 0), remark or "; ".join(last.problems),
            )
        )  # fmt: skip
    return lines


def status_table(console: Console, lines: Sequence[PortalLine]) -> None:
    """One line a portal."""
    table = Table(
        "portal", "family", "last good run", "last run", "found", "new", "blocked", "failed", "late", "remark"
    )
    for one in lines:
        table.add_row(
            one.portal, one.family, _when(one.last_good_run),
            _when(one.last_run) + ("" if one.complete in (True, None) else " [yellow]incomplete[/yellow]"),
            *("" if count is None else str(count) for count in (one.found, one.new, one.blocked, one.failed)),
            str(one.late), escape(one.remark),
        )  # fmt: skip
    console.print(table)


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(PORTALS_CLOCK):%Y-%m-%d %H:%M}" if moment else "never"
