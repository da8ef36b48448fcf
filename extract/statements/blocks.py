"""The lists of a table: side-by-side tables have two or more, each with its own code, name and money columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from budget.words import HEADERS, any_of, holds
from extract.statements.heads import Head
from extract.statements.model import Table, shows

Side = Literal["revenue", "expenditure"]


@dataclass(frozen=True, slots=True)
class Block:
    """One list of a table: its own code, name and money columns. Side-by-side tables have two or more."""

    columns: tuple[int, ...]
    codes: tuple[tuple[int, ...], ...]
    """Groups of code columns; two groups where a row prints two code systems."""
    names: tuple[int, ...]
    money: tuple[int, ...]
    side: Side | None


_NAMED_OR_NUMBERED = ("code", "name", "seq")
_BRACKETED = re.compile(r"[(（].*")
_OWN_CODE = re.compile(any_of(HEADERS.own_codes))
_WHOLE_CODE = re.compile(any_of(HEADERS.codes))


def blocks_of(table: Table) -> tuple[Block, ...]:
    """The lists of a table. A new list begins where, after money columns, a code or name column repeats the first one's
    header or stands under another side (收入 | 支出, 人员经费 | 公用经费)."""
    starts = _starts(table)
    ends = [*starts[1:], len(table.roles)]
    return tuple(_block(table, start, end, len(starts) > 1) for start, end in zip(starts, ends, strict=True))


def _starts(table: Table) -> list[int]:
    """The first column of every list."""
    starts = [0]
    first = next((c for c, role in enumerate(table.roles) if role in ("code", "name")), len(table.roles))
    for c, role in enumerate(table.roles):
        after_money = "money" in table.roles[starts[-1] : c]
        if role in _NAMED_OR_NUMBERED and after_money and _begins_list(table, starts[-1], c, first):
            starts.append(c)
    return starts


def _begins_list(table: Table, start: int, c: int, first: int) -> bool:
    """Whether column c, right of money, begins a list beside the one that begins at `start`; `first` is the first column of
    codes or names of the table."""
    leaf = _plain_leaf(table.paths[c])
    if leaf and c >= first and leaf == _plain_leaf(table.paths[first]):
        return True
    return table.roles[c] != "seq" and (_is_on_other_side(table, start, c) or _money_again(table, start, c))


def _plain_leaf(head: Head) -> str:
    return _BRACKETED.sub("", head.leaf)


def _is_on_other_side(table: Table, start: int, c: int) -> bool:
    side = _side_of(table.paths[c].top)
    # a source nobody knows, left blank all the way down (财政专户管理的支出), looks like a column of names
    named = shows(table.rows, c) or _plain_leaf(table.paths[c]) in HEADERS.names
    return named and side is not None and side != _side_of(_first_top(table, start, c))


def _first_top(table: Table, start: int, end: int) -> str:
    """What stands above the first code or name of the list that begins at `start`."""
    keys = (table.paths[k] for k in range(start, end) if table.roles[k] in ("code", "name"))
    return next(filter(None, keys), table.paths[start]).top


def _money_again(table: Table, start: int, c: int) -> bool:
    """Whether the next money column right of c is headed like one of the list that begins at `start`: a third or fourth
    list side by side (支出按功能 | 按部门经济 | 按政府经济), which a procurement list with 预算资金 … 单价 is not."""
    following = _heads_of_money(table, c + 1, len(table.roles))[:1]
    return any(following) and any(head.leaf == following[0].leaf for head in _heads_of_money(table, start, c) if head)


def _heads_of_money(table: Table, start: int, end: int) -> list[Head]:
    return [table.paths[k] for k in range(start, end) if table.roles[k] == "money"]


def _side_of(top: str) -> Side | None:
    revenue, expenditure = holds(top, HEADERS.revenue), holds(top, HEADERS.expenditure)
    if revenue == expenditure:
        return None
    return "revenue" if revenue else "expenditure"


def _goes_on_with(head: Head, following: Head) -> bool:
    """Whether a code column holds the next level of the code beside it (类 | 款 | 项), not a code of its own: beside the
    function's stand the unit's and the project's (类 | 款 | 项 | 单位代码)."""
    leaf, next_leaf = head.leaf, following.leaf
    if leaf == next_leaf:
        return True
    if not leaf or not next_leaf:
        # one header centred over the columns of the levels leaves the others without a text
        return not _OWN_CODE.search(leaf + next_leaf)
    return not (_WHOLE_CODE.search(next_leaf) or _WHOLE_CODE.search(leaf))


def _is_bare(table: Table, col: int) -> bool:
    """Without header and cells: where no rule parts columns, the place of a header that is centred over others."""
    return not table.paths[col] and not shows(table.rows, col)


def _block(table: Table, start: int, end: int, several: bool) -> Block:
    columns = tuple(range(start, end))
    money = tuple(c for c in columns if table.roles[c] == "money")
    codes = _code_groups(table, columns)
    names = _names(table, columns, codes, money[0] if money else end)
    return Block(columns, codes, names, money, _side(table, columns) if several else None)


def _code_groups(table: Table, columns: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    groups: list[list[int]] = []
    for c in columns:
        if table.roles[c] != "code":
            continue
        if groups and _is_next_level(table, groups[-1][-1], c):
            groups[-1].append(c)
        else:
            groups.append([c])
    return tuple(map(tuple, groups))


def _is_next_level(table: Table, before: int, c: int) -> bool:
    bare = all(_is_bare(table, k) for k in range(before + 1, c))
    return bare and _goes_on_with(table.paths[before], table.paths[c])


def _names(
    table: Table, columns: tuple[int, ...], codes: tuple[tuple[int, ...], ...], first_money: int
) -> tuple[int, ...]:
    """The columns of names, the best first; beside two codes the one behind the first code."""
    candidates = [c for c in columns if table.roles[c] == "name"]
    left = [c for c in candidates if c < first_money] or candidates
    behind_code = [c for c in candidates if c > codes[0][-1]][:1] if len(codes) > 1 else []
    ranked = sorted(left, key=lambda c: (_rank(table.paths[c]), c))
    return tuple(dict.fromkeys([*behind_code, *ranked]))


def _rank(head: Head) -> int:
    leaf = _plain_leaf(head)
    return next((i for i, word in enumerate(HEADERS.names) if leaf.endswith(word)), len(HEADERS.names))


def _side(table: Table, columns: tuple[int, ...]) -> Side | None:
    tops = (table.paths[c].top for c in columns if table.roles[c] in ("name", "money", "code"))
    return next(filter(None, map(_side_of, tops)), None)
