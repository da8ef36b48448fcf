"""The lists of a table: side-by-side tables have two or more, each with its own code, name and money columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from extract.statements.heads import Head
from extract.statements.model import Table

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


def blocks_of(table: Table) -> tuple[Block, ...]:
    """The lists of a table. A new list begins where, after money columns, a code or name column repeats the first one's
    header or stands under another side (收入 | 支出, 人员经费 | 公用经费)."""
    roles, paths = table.roles, table.paths
    starts = [0]
    first: str | None = None
    for c, role in enumerate(roles):
        leaf = re.sub(r"[(（].*", "", paths[c].leaf)
        if role not in ("code", "name", "seq"):
            continue
        if first is None and role != "seq":
            first = leaf
        after_money = any(roles[k] == "money" for k in range(starts[-1], c))
        if not after_money:
            continue
        top, start_top = paths[c].top, paths[starts[-1]].top
        first_top = next(
            (paths[k].top for k in range(starts[-1], c) if roles[k] in ("code", "name") and paths[k]), start_top
        )
        repeats = bool(leaf) and leaf == first
        # a source nobody knows, left blank all the way down (财政专户管理的支出), looks like a column of names
        blank = not any(c < len(row) and row[c].shown for row in table.rows) and leaf not in _NAME_ORDER
        other_side = (
            role in ("name", "code")
            and not blank
            and _side_of(top) is not None
            and _side_of(top) != _side_of(first_top)
        )
        if repeats or other_side or (role != "seq" and _money_again(table, starts[-1], c)):
            starts.append(c)
    blocks = []
    for i, start in enumerate(starts):
        end = starts[i + 1] if i + 1 < len(starts) else len(roles)
        blocks.append(_block(table, start, end, len(starts) > 1))
    return tuple(blocks)


def _money_again(table: Table, start: int, c: int) -> bool:
    """Whether the next money column right of c is headed like one of the list that begins at `start`: a third or fourth
    list side by side (支出按功能 | 按部门经济 | 按政府经济), which a procurement list with 预算资金 … 单价 is not."""
    following = next((k for k in range(c + 1, len(table.roles)) if table.roles[k] == "money"), None)
    if following is None or not table.paths[following]:
        return False
    leaf = table.paths[following].leaf
    return any(table.roles[k] == "money" and table.paths[k] and table.paths[k].leaf == leaf for k in range(start, c))


def _side_of(top: str) -> Side | None:
    if "收入" in top and "支出" not in top:
        return "revenue"
    if "支出" in top and "收入" not in top:
        return "expenditure"
    return None


# what a name column is called, the best first: 科目名称 beats 项目单位 where both stand left of the amounts
_NAME_ORDER = (
    "科目名称",
    "项目名称",
    "名称",
    "项目",
    "职责活动",
    "支出项目类别",
    "单位名称",
    "功能分类科目",
    "支出功能分类科目",
    "科目",
    "预算单位",
    "单位",
)


_OTHER_CODE = re.compile(r"单位|部门|项目")


_WHOLE_CODE = re.compile(r"编码|代码|编号")


def _goes_on_with(path: Head, following: Head) -> bool:
    """Whether a code column holds the next level of the code beside it (类 | 款 | 项), not a code of its own: beside the
    function's stand the unit's and the project's (类 | 款 | 项 | 单位代码)."""
    leaf, next_leaf = path.leaf, following.leaf
    if leaf == next_leaf:
        return True
    if not leaf or not next_leaf:
        # one header centred over the columns of the levels leaves the others without a text
        return not _OTHER_CODE.search(leaf + next_leaf)
    return not (_WHOLE_CODE.search(next_leaf) or _WHOLE_CODE.search(leaf))


def _is_bare(table: Table, col: int) -> bool:
    """Without header and cells: where no rule parts columns, the place of a header that is centred over others."""
    return not table.paths[col] and not any(row[col].shown for row in table.rows)


def _block(table: Table, start: int, end: int, several: bool) -> Block:
    roles, paths = table.roles, table.paths
    columns = tuple(range(start, end))
    money = tuple(c for c in columns if roles[c] == "money")
    groups: list[list[int]] = []
    for c in columns:
        if roles[c] != "code":
            continue
        before = groups[-1][-1] if groups else None
        if (
            before is not None
            and all(_is_bare(table, k) for k in range(before + 1, c))
            and _goes_on_with(paths[before], paths[c])
        ):
            groups[-1].append(c)
        else:
            groups.append([c])
    first_money = money[0] if money else end
    candidates = [c for c in columns if roles[c] == "name"]
    left = [c for c in candidates if c < first_money] or candidates

    def rank(c: int) -> tuple[int, int]:
        leaf = re.sub(r"[(（].*", "", paths[c].leaf)
        for i, word in enumerate(_NAME_ORDER):
            if leaf == word or leaf.endswith(word):
                return i, c
        return len(_NAME_ORDER), c

    names = tuple(sorted(left, key=rank))
    if groups and candidates and len(groups) > 1:
        after = [c for c in candidates if c > groups[0][-1]]
        names = (after[0], *[c for c in names if c != after[0]]) if after else names
    side = None
    if several:
        tops = [paths[c].top for c in columns if paths[c] and roles[c] in ("name", "money", "code")]
        side = next((s for t in tops if (s := _side_of(t))), None)
    return Block(columns, tuple(map(tuple, groups)), names, money, side)
