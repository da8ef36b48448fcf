"""Notes on empty tables that stand in the list of tables instead of below the table.

Forms of Shaanxi print 报表目录 with the columns 报表, 报表名称, 是否空表 and the reason (表11 …结转资金支出表, 是, 不涉及): the note
that every table without data needs (docs/field.md, sections of the text) is that row, and the table itself says nothing. What the list says is
handed to the table it names; whether the table is empty indeed is for the checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from budget.kinds import classify_title
from budget.words import EMPTY_NOTES, Words, holds
from extract.statements.model import Table

_YEAR = re.compile(r"20\d{2}(?:年度?)?")
_NUMBER = re.compile(r"^(?:附|公开)?表(\d{1,2}(?:-\d{1,2})*)$")


class Listed(NamedTuple):
    """A row of the list that says 是: the number and title of the table, and the row's words as a note."""

    number: str
    title: str
    note: str


def give_listed_notes(tables: Sequence[Table]) -> None:
    """Adds to every table that the document's list of tables calls empty the words of its row as a note."""
    listed = [one for table in tables for one in listed_empty(table)]
    for one in listed:
        for table in _named(tables, one) or _numbered(tables, one):
            table.notes.append(one.note)


def _named(tables: Sequence[Table], one: Listed) -> list[Table]:
    title = _plain(one.title)
    return [] if title is None else [table for table in tables if _plain(table.title) == title]


def _numbered(tables: Sequence[Table], one: Listed) -> list[Table]:
    """The tables under the number of the row and of its kind: 部门综合预算财政拨款结转资金支出表 is listed with 上年 before 结转."""
    return [t for t in tables if one.number and one.number in _numbers(t) and _same_kind(t, one)]


def listed_empty(table: Table) -> Iterator[Listed]:
    """The rows of a list of tables that say 是 under 是否空表; nothing for a table that is no such list."""
    rows = [[cell.shown for cell in row] for row in table.rows]
    heads = [[head.leaf for head in table.paths], *rows]
    found = next((start for start, head in enumerate(heads) if _is_header(head)), None)
    if found is not None:
        yield from _listed(rows[found:], heads[found])


def _is_header(head: list[str]) -> bool:
    return _place(head, EMPTY_NOTES.list_names) >= 0 and _place(head, EMPTY_NOTES.list_empty) >= 0


def _place(head: list[str], words: Words) -> int:
    """The first column headed by one of the words, -1 where none is."""
    return next((col for col, text in enumerate(head) if text in words), -1)


def _listed(rows: list[list[str]], head: list[str]) -> Iterator[Listed]:
    name, empty = _place(head, EMPTY_NOTES.list_names), _place(head, EMPTY_NOTES.list_empty)
    reason = next((col for col, text in enumerate(head) if holds(text, EMPTY_NOTES.list_reasons)), len(head))
    for row in rows:
        if max(name, empty) >= len(row) or row[empty] not in EMPTY_NOTES.list_yes or not row[name]:
            continue
        why = [f"{head[reason]}:{text}" for text in row[reason : reason + 1] if text]
        yield Listed(_number(row[:name]), row[name], " ".join([f"{head[empty]}:{row[empty]}", *why]))


def _number(texts: list[str]) -> str:
    return next((found.group(1) for found in map(_NUMBER.match, texts) if found), "")


def _plain(title: str | None) -> str | None:
    """A title without years and signs; None for one of dashes, which names no table."""
    return re.sub(r"\W", "", _YEAR.sub("", title or "")) or None


def _numbers(table: Table) -> set[str]:
    return {found.group(1) for text in table.heading_texts if (found := _NUMBER.match(text))}


def _same_kind(table: Table, one: Listed) -> bool:
    kind = classify_title(one.title)
    return kind is not None and kind == table.kind
