"""Tables that stand in a document more than once: one page twice, one table twice, a second copy with other figures.

An equal copy gives no facts, or every sum over the document would be doubled. A copy that contradicts the first is an error:
nothing in the document says which of them is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from budget.disclosure import Finding, FindingCell
from budget.kinds import fold_title
from budget.states import Origin, Severity
from extract.statements.figures import is_amount_text
from extract.statements.model import Table

TWICE: Final = "TWICE"
"""Check id: a table of one kind, title and year stands twice in a document."""
SAME_ROWS: Final = 0.8
"""Share of the row names of two tables that are the same from which on they are one table printed twice."""
FEWEST_AMOUNTS: Final = 3
"""Amounts below which two equal tables may be two empty forms."""


_OWNER = re.compile(r"(?:单位|部门)(?:[(（](?:单位|部门)[)）])?(?:名称)?[:：](?!.{0,5}元)")
"""A line that says whose table it is: tables of two units of one department are alike in everything else."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Places of the tables that are equal copies of earlier ones, and what is to be said."""

    copies: frozenset[int]
    findings: tuple[Finding, ...]


def repeated_tables(tables: Sequence[Table]) -> Repeated:
    """Every table held against the earlier ones of its kind, title, headers and owner."""
    seen: dict[tuple[object, ...], int] = {}
    copies: set[int] = set()
    findings: list[Finding] = []
    for number, table in enumerate(tables):
        if table.form or not any(table.paths) or table.kind == "project_performance":
            continue
        amounts = _amounts(table)
        if len(amounts) < FEWEST_AMOUNTS:
            continue
        key = _key(table)
        first = seen.setdefault(key, number)
        if first == number:
            continue
        if _texts(tables[first]) == _texts(table):
            copies.add(number)
            findings.append(_finding(table, Severity.WARNING))
        elif table.kind != "unknown" and _same_rows(tables[first], table) and _amounts(tables[first]) != amounts:
            findings.append(_finding(table, Severity.ERROR))
    return Repeated(frozenset(copies), tuple(findings))


def _key(table: Table) -> tuple[object, ...]:
    owner = tuple(sorted({text for text in (*table.banner, *table.lines_above[-4:]) if _OWNER.search(text)}))
    return table.kind, fold_title(table.title or ""), table.title or "", table.paths, owner, table.unit


def _texts(table: Table) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(cell.shown if cell.own else "" for cell in row) for row in table.rows)


def _amounts(table: Table) -> list[str]:
    return [cell.shown for row in table.rows for cell in row if cell.own and is_amount_text(cell.shown)]


def _names(table: Table) -> set[str]:
    return {
        "|".join(cell.shown for cell in row if cell.own and cell.shown and not is_amount_text(cell.shown))
        for row in table.rows
    }


def _same_rows(one: Table, other: Table) -> bool:
    ours, theirs = _names(one), _names(other)
    return len(ours & theirs) >= SAME_ROWS * max(len(ours), len(theirs))


def _finding(table: Table, severity: Severity) -> Finding:
    title = table.title or table.kind
    first = next((cell for row in table.rows for cell in row if cell.own and is_amount_text(cell.shown)), None)
    told = {
        Severity.WARNING: (
            f"“{title}”在文件中重复出现，内容相同，只取一次 / {title} stands twice in the document, alike in every cell; it was taken once"
        ),
        Severity.ERROR: (
            f"“{title}”在文件中出现两次而数字不同，无法判断以哪个为准"
            f" / {title} stands twice in the document with different figures; nothing says which is meant: see the original"
        ),
    }[severity]
    return Finding(
        check=TWICE, severity=severity, origin=Origin.SOURCE, message=told,
        cells=(FindingCell(at=first.at, raw=first.shown),) if first is not None else (),
    )  # fmt: skip
