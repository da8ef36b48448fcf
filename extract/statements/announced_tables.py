"""Tables that the contents of a document announce and that are not in it: a page was left out, or a table was not read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from budget.disclosure import Finding
from budget.kinds import classify_title, fold_title
from budget.printed_text import squeeze
from budget.states import Origin, Severity
from extract.reading import Line, Reading
from extract.statements.model import Table

MISSING: Final = "MISSING"
"""Check id: the contents name a statement of which the document holds none."""
FEWEST: Final = 4
"""Statements that the contents must name, and most of which must be there, before one that is not says something."""
_LEADERS = re.compile(r"(?:[.．·…‥—-]\s*){3,}\s*-?\d{0,3}-?\s*$")
_NO_STATEMENT: Final = ("project_performance", "department_performance", "organisation", "fixed_assets")
"""Kinds that contents name for parts of the text as well."""


def missing_tables(reading: Reading, tables: Sequence[Table]) -> list[Finding]:
    """An error for each statement that a line of the contents names and no table of the document is."""
    named: dict[str, str] = {}
    for block in reading.blocks:
        if not isinstance(block, Line) or not _LEADERS.search(block.text):
            continue
        title = _LEADERS.sub("", block.text)
        text = squeeze(title)
        kind = classify_title(title) if text.endswith(("表", ")", "）")) else None
        if kind is not None and kind not in _NO_STATEMENT:
            named.setdefault(kind, text)
    there = {table.kind for table in tables}
    titles = {fold_title(text) for table in tables for text in table.heading_texts}
    gone = {kind: text for kind, text in named.items() if kind not in there and fold_title(text) not in titles}
    if len(named) < FEWEST or 2 * len(gone) > len(named):
        return []
    return [
        Finding(
            check=MISSING, severity=Severity.ERROR, origin=Origin.SOURCE, cells=(),
            message=f"目录列有“{text}”，文件中没有该表 / the contents name {text}, which is not in the document: a page may be missing",
        )
        for text in gone.values()
    ]  # fmt: skip
