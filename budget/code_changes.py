"""How the codes of the budget changed over the years: what was renamed, added, begun. A code keeps its meaning where only its name changed.

Old names survive in later documents (a final account of 2025 may still print 离退休), so a name tells a year no more than it tells
a code: compare years by code, and ask here why a name differs or a code has no figures before a year.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

from budget.codes import system_of
from budget.disclosure import CodeSystem
from budget.printed_text import squeeze

Change = Literal["renamed", "added", "begun"]


@dataclass(frozen=True, slots=True)
class CodeChange:
    """One line of data/code_changes.csv. `code` is '' where a whole system began with the year `since`."""

    system: str
    code: str
    since: int
    change: Change
    old_name: str
    new_name: str
    source: str


@cache
def code_changes() -> tuple[CodeChange, ...]:
    """All that is known, by system and code. Raises ValueError for a line of a kind that does not exist."""
    with (resources.files("budget") / "data" / "code_changes.csv").open(encoding="utf-8") as lines:
        return tuple(_read(lines))  # type: ignore[arg-type]


def _read(lines: Iterator[str]) -> Iterator[CodeChange]:
    for line in csv.DictReader(lines):
        if line["change"] not in get_args(Change):
            raise ValueError(f"code_changes.csv: {line['change']!r} is none of {', '.join(get_args(Change))}")
        yield CodeChange(
            line["system"], line["code"], int(line["since"]), cast(Change, line["change"]), line["old_name"], line["new_name"],
            line["source"],
        )  # fmt: skip


def changes_of(code: str, system: CodeSystem | None = None) -> tuple[CodeChange, ...]:
    """What changed of a code, and of those above it (2080501 → 20805 → 208), the nearest first; then of its system."""
    plain = squeeze(code)
    of = system or system_of(plain)
    mine = [one for one in code_changes() if one.system == of and plain.startswith(one.code)]
    return tuple(sorted(mine, key=lambda one: (-len(one.code), one.since)))


def name_in(code: str, year: int, system: CodeSystem | None = None) -> str | None:
    """The name of a code in a year, where it was renamed; None where nothing is known of it, or there was no such code yet."""
    plain = squeeze(code)
    for one in reversed(changes_of(plain, system)):
        if one.code == plain:
            return one.new_name if year >= one.since else one.old_name or None
    return None
