"""Documents of a whole government: its budget, its execution, its debts. They are no disclosure of a department.

Their tables carry the names of a department's (一般公共预算支出表) and figures a thousand times as large: read as a department's they
would be wrong in every sum. Words: `budget/data/government.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Final

from budget.disclosure import Finding
from budget.kinds import names_of_statements
from budget.printed_text import squeeze
from budget.states import Origin, Severity
from extract.statements.model import Table

GOVERNMENT: Final = "GOVERNMENT"
"""Check id: the document is a government's, its figures are not read as a department's."""
GOVERNMENT_TABLE: Final = "government_table"
"""The statement kind of its tables: shown, without facts."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = resources.files("budget").joinpath("data/government.toml").read_text(encoding="utf-8")
    return {name: re.compile("|".join(words)) for name, words in tomllib.loads(text).items()}


FIRST_LINES: Final = 12
"""Lines in which a document without tables says what it is."""
LONGEST_HEADING: Final = 60


def is_of_government(title: str | None, tables: Sequence[Table], agency: str | None, lines: Sequence[str] = ()) -> bool:
    """Whether a document is a government's: by its own title, or by the titles of most of its tables.

    A table without a title counts for neither side. A department prints some such titles beside its own statements (社会保险基金 of
    a social insurance bureau): then most tables are its own.
    """
    patterns = _patterns()
    heading = squeeze(title or "")
    if patterns["department"].search(heading):
        return False
    if patterns["document"].search(heading) and not agency:
        return True
    if not agency and not any(table.kind in names_of_statements() for table in tables):
        above = [squeeze(line) for line in lines[:FIRST_LINES] if len(line) <= LONGEST_HEADING]
        said = any(patterns["document"].search(one) or patterns["table"].search(one) for one in above)
        if said and not any(patterns["department"].search(one) for one in above):
            return True
    titles = [squeeze(table.title) for table in tables if table.title and table.rows]
    ours = sum(bool(patterns["department"].search(one)) for one in titles)
    theirs = sum(bool(patterns["table"].search(one)) and not patterns["department"].search(one) for one in titles)
    known = sum(
        table.kind in names_of_statements()
        and bool(table.title)
        and not patterns["table"].search(squeeze(table.title or ""))
        for table in tables
    )
    return theirs > ours + known if agency else theirs > 0 and theirs >= ours + known


def set_apart(tables: Iterable[Table]) -> None:
    """Takes the tables of a government's document out of the statements of departments."""
    for table in tables:
        table.kind = GOVERNMENT_TABLE


def told_as_government(title: str | None) -> Finding:
    """The finding that says why no figure of the document was read as a department's."""
    return Finding(
        check=GOVERNMENT, severity=Severity.WARNING, origin=Origin.SOURCE, cells=(),
        message=f"GOVERNMENT 本级政府的预决算或债务公开，不属于部门：{title or '无标题'}\n文件为一级政府的预算、执行情况、决算或债务公开，各表不作为部门报表读取。\n"
        "The document is a government's own budget, execution report, final account or debt list: its tables are not read as a department's.",
    )  # fmt: skip
