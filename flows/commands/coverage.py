"""Coverage and portals' nights as a person reads them: who has published what, which portal was read to its end, who is late."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.commands.terminal import UNLIMITED
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
EXPECTED = {"budget": "预算", "final_account": "决算"}


def today() -> date:
    """The day where the portals are."""
    return datetime.now(PORTALS_CLOCK).date()


def coverage_lines(found: Sequence[Coverage]) -> list[str]:
    """One JSON object an expected document."""
    return [json.dumps(dataclasses.asdict(one), ensure_ascii=False, default=str) for one in found]


def coverage_table(console: Console, found: Sequence[Coverage]) -> None:
    """One line an expected document, by region, and below them how many are in which state."""
    if not found:
        console.print(
            "no department was ever seen here 尚无部门: run `yusuan nightly` first, or widen --year and --region"
        )
        return
    for region, documents in groupby(found, key=lambda one: one.region):
        console.print(f"\n[bold]{escape(region)}[/bold]", highlight=False)
        console.print(_documents_table(list(documents), console.width), crop=False)
    counts = Counter(one.status for one in found)
    console.print(", ".join(f"{SHOWN[status][1]} {counts[status]}" for status in CoverageStatus if counts[status]))
    unseen = sum(counts[status] for status in COULD_NOT_SEE)
    console.print(
        f"the publisher is late 发布方逾期: {counts[CoverageStatus.NOT_PUBLISHED]}; we could not see 我方未见: {unseen}",
        highlight=False,
    )


def _documents_table(documents: Sequence[Coverage], screen: int) -> Table:
    rows, above = [], None
    for one in documents:
        rows.append(
            (
                "" if one.agency == above else one.agency, f"{one.fiscal_year} {EXPECTED.get(one.expected, one.expected)}",
                SHOWN[one.status][1],
                f"{one.late_days} d" if one.late_days else "", str(one.due_until), str(one.published_on or ""),
                one.reason or "",
            )
        )  # fmt: skip
        above = one.agency
    table, cut = _fitted(("agency", "document", "status", "late", "due", "published", "why"), rows, screen)
    for one, row in zip(documents, cut, strict=True):
        colour = SHOWN[one.status][0]
        table.add_row(*(f"[{colour}]{cell}[/]" if number == 2 else escape(cell) for number, cell in enumerate(row)))
    return table


SHORTEST_LAST = 12


def _fitted(names: Sequence[str], rows: Sequence[Sequence[str]], screen: int) -> tuple[Table, list[tuple[str, ...]]]:
    """A table, and its rows with the last column cut to what a screen of so many characters leaves: one line a row."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    left = screen - 3
    for number, name in enumerate(names[:-1]):
        width = max(cell_len(cell) for cell in (name, *(row[number] for row in rows)))
        whole = name == "portal" or screen >= UNLIMITED  # an id is to be copied, and what is no screen has room
        left -= (width if whole else min(width, 32)) + 2
        right = name in ("found", "new", "blocked", "failed", "late")
        table.add_column(
            name,
            no_wrap=True,
            min_width=width if whole else min(width, 24),
            max_width=None if whole else 32,
            overflow="ellipsis",
            justify="right" if right else "left",
        )
    # rich would rather fold all others away than cut a long last one
    table.add_column(names[-1], no_wrap=True)
    return table, [(*row[:-1], _cut(row[-1], max(left, SHORTEST_LAST))) for row in rows]


def _cut(text: str, width: int) -> str:
    """The text on so many columns; its first word, which may be a code, stays whole."""
    width = max(width, cell_len(text.partition(" ")[0]) + 1)
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


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
    bounds: str = ""
    """What past nights found, where nobody has set bounds."""


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
    rows = [
        (
            one.portal, _when(one.last_good_run), _when(one.last_run),
            *("" if count is None else str(count) for count in (one.found, one.new, one.blocked, one.failed)),
            str(one.late), ("" if one.complete in (True, None) else "incomplete ") + one.remark,
        )
        for one in lines
    ]  # fmt: skip
    names = ("portal", "last good run", "last run", "found", "new", "blocked", "failed", "late", "remark")
    table, cut = _fitted(names, rows, console.width)
    for fitted in cut:
        table.add_row(*map(escape, fitted))
    console.print(table, crop=False)
    for row, fitted in zip(rows, cut, strict=True):
        if fitted[-1] != row[-1]:
            console.print(f"{row[0]}: {row[-1]}", markup=False, highlight=False, soft_wrap=True)
    if unbounded := [f"{one.portal} ({one.bounds})" for one in lines if one.bounds]:
        console.print(
            f"no bounds 未设界限: {', '.join(unbounded)}; `yusuan portals bounds ID` proposes some",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(PORTALS_CLOCK):%Y-%m-%d %H:%M}" if moment else "never"
