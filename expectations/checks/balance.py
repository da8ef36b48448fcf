"""BAL: inside 收支总表 and 财政拨款收支总表. Revenue and expenditure stand side by side as two lists of rows.

The lists differ by province: a 本年收入合计 below its parts (Hebei, Shandong, 公开01), above them (the central form), or
not printed at all (Shanghai); sub-rows of 财政拨款收入 with 其中, with another style of ordinal, or with none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from budget.printed_text import says_of_which, squeeze
from expectations.view.codes import class_code, is_known_name
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.tables import Column, Line, Table, says

SUMMARIES = ("revenue_expenditure_summary", "appropriation_summary")
FUNDS = ("general_budget", "gov_fund", "state_capital")
_NUMBER = re.compile(r"^[\d,.，\s()（）+-]*$")
_NUMERAL = re.compile(r"^第?[一二三四五六七八九十]+[、.．:：]")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a summary taken apart. Every line is in exactly one of the fields or is a part of one of them."""

    table: Table
    side: str
    parts: tuple[Line, ...]
    """The addends of the current-year total (or of the grand total where no current-year total is printed)."""
    nature: tuple[Line, ...]
    """Rows that split the same total by nature (基本支出, 项目支出)."""
    current: Line | None
    between: tuple[Line, ...]
    """Addends of the grand total beside the current-year total: carry-over, surplus used, subsidies below the line."""
    grand: Line | None
    parts_of: dict[int, tuple[Line, ...]]
    """Sub-rows by the row number of the line above them."""
    columns: tuple[Column, ...]

    def cell(self, line: Line, column: Column) -> Term:
        return Term(line.cells[column.col], line.name)

    @property
    def total_columns(self) -> list[Column]:
        """Columns over all funds; fund columns of 财政拨款收支总表 are left out."""
        return [column for column in self.columns if fund_of(column) is None]


def fund_of(column: Column) -> str | None:
    """general_budget, gov_fund or state_capital when the column shows one fund only."""
    for value in (column.measure, column.fund):
        if value in FUNDS:
            return value
    leaf = column.leaf
    return next((fund for fund in FUNDS if says("rows", fund, leaf)), None)


def side_of(table: Table, side: str) -> Side | None:
    """The revenue or expenditure list of a summary taken apart; None when it prints no amounts on that side."""
    known = table.worked_out
    if side not in known:
        known[side] = _taken_apart(table, side)
    found: Side | None = known[side]
    return found


def _taken_apart(table: Table, side: str) -> Side | None:
    columns = lists_of(table, side)[0]
    lines = _lines_of(table, side, 0)
    if not lines or not columns:
        return None
    grand = next((line for line in reversed(lines) if says("rows", "grand_total", line.name)), None)
    currents = [line for line in lines if says("rows", "current_total", line.name)]
    current = currents[0] if currents else None
    if grand is None and len(currents) == 2 and currents[1] is lines[-1]:
        grand = currents[1]  # 本年收入合计 … 收入合计 (Fujian)
    if grand is None:
        totals = [line for line in lines if is_total_row(line)]
        grand = totals[-1] if totals and totals[-1] is not current else None
    until = next((i for i, line in enumerate(lines) if line is grand), len(lines))
    body = [line for line in lines[:until] if line is not current]
    position = next((i for i, line in enumerate(lines) if line is current), None)
    if current is not None and position is not None and _stands_above(lines, position):
        return _central_form(table, side, lines[:until], position, current, grand, columns)
    before = [line for line in body if current is None or line.row < current.row]
    after = [line for line in body if current is not None and line.row > current.row]
    leveled = _below_the_only_heading(before)
    parts, below = leveled[:2] if leveled else _with_parts(before)
    between, below_after = _with_parts(after, carry=True)
    below.update(below_after)
    if current is None:
        carry = tuple(
            line for line in parts if says("rows", "carry_in", line.name) or says("rows", "carry_out", line.name)
        )
        parts = [line for line in parts if line not in carry]
        between = [*carry, *between]
    if parts and all(line.blank for line in parts):
        parts = _below_blank(parts, below)
        shown = [Term(line.cells[columns[0].col], line.name) for line in parts]
        if current is not None and not equal("", [Term(current.cells[columns[0].col], "")], shown, "", "").holds:
            parts = []  # the levels below the headings are not told apart
    parts, heading = (parts, leveled[2]) if leveled else _below_one_heading(parts)
    nature = tuple(line for line in parts if side == "expenditure" and says("rows", "by_nature", line.name))
    # 对附属单位补助 and 上缴上级 alone stand among the classes (Guangdong); 基本 and 项目 split the whole total again
    split = any(line.name in ("基本支出", "项目支出") for line in nature)
    if split and len(nature) < len(parts):
        parts = [line for line in parts if line not in nature]
    else:
        nature = ()
    nature = (*heading,) if heading else nature
    return Side(table, side, tuple(parts), nature, current, tuple(between), grand, below, columns)


_LEVELS = (
    re.compile(r"^[一二三四五六七八九十]+[、.．:：]"), re.compile(r"^[（(][一二三四五六七八九十]+[)）]"), re.compile(r"^\d+[、.．]"),
    re.compile(r"^[（(]\d+[)）]"),
)  # fmt: skip


def _level(line: Line) -> int:
    return next((level for level, style in enumerate(_LEVELS) if style.match(line.ordinal)), len(_LEVELS))


def _below_blank(parts: list[Line], below: dict[int, tuple[Line, ...]]) -> list[Line]:
    """Headings without an amount (一、部门预算) stand above the rows that carry it: those of the next level are the addends."""
    inner = [line for part in parts for line in below.get(part.row, ()) if not says_of_which(line.printed_name)]
    top = min((_level(line) for line in inner), default=0)
    found = [line for line in inner if _level(line) == top]
    return found if any(not line.blank for line in found) else parts


def lists_of(table: Table, side: str) -> list[tuple[Column, ...]]:
    """The amount columns of a side, cut where names stand between them.

    Some forms print the same expenditure three times, by function and by two economic classifications, each list with its
    own names (Shaanxi). The first is the side's own; the others are further views of the same totals.
    """
    columns = table.columns_of(side)
    amounts = {column.col for column in table.columns}
    found: list[list[Column]] = [[]]
    for before, column in zip([None, *columns], columns, strict=False):
        between = range(before.col + 1, column.col) if before is not None else range(0)
        if any(col not in amounts and _holds_names(table, col) for col in between):
            found.append([])
        found[-1].append(column)
    return [tuple(one) for one in found]


def _holds_names(table: Table, col: int) -> bool:
    texts = [row.cells[col] for row in table.statement.rows if col < len(row.cells) and row.cells[col].strip()]
    return sum(not _NUMBER.match(text) for text in texts) >= 3


def _lines_of(table: Table, side: str, number: int) -> list[Line]:
    """The lines of one list of a side, each by the name that stands in that list; lines without any amount are the first's.

    Two lists may print one name in one row: (3)对个人和家庭的补助 beside 9、对个人和家庭的补助.
    """
    lists = lists_of(table, side)
    own = {column.col for column in lists[number]}
    before = max((column.col for one in lists[:number] for column in one), default=-1)
    found = []
    for line in table.side(side):
        printed = {col for col, cell in line.cells.items() if cell.fact_id is not None}
        if printed & own or (not number and not printed):
            row = table.statement.rows[line.row] if len(lists) > 1 and line.row < len(table.statement.rows) else None
            texts = row.cells[before + 1 : min(own)] if row is not None else ()
            here = next((text for text in reversed(texts) if squeeze(text).endswith(line.name)), line.printed_name)
            found.append(line if here == line.printed_name else replace(line, printed_name=here))
    return found


def _below_the_only_heading(lines: list[Line]) -> tuple[list[Line], dict[int, tuple[Line, ...]], list[Line]] | None:
    """(addends, sub-rows, heading) of a list whose ordinals tell its levels: 一、部门预算 over 1、…, (1)…; None for others.

    An addend that prints nothing over parts that do (1、财政拨款 over (1)一般公共预算拨款) is stood for by its parts.
    """
    numbered = [line for line in lines if _level(line) < len(_LEVELS)]
    plain = [line for line in lines if _level(line) == len(_LEVELS) and not line.of_which]
    if len(lines) < 3 or _level(lines[0]) != 0 or any(_level(line) == 0 for line in lines[1:]) or plain:
        return None
    top = min((_level(line) for line in numbered[1:]), default=0)
    tops: list[Line] = []
    below: dict[int, list[Line]] = {}
    of_part: dict[int, list[Line]] = {}
    for line in lines[1:]:
        level = _level(line)
        if level == top:
            tops.append(line)
        elif not tops:
            return None
        elif level < len(_LEVELS):
            below.setdefault(tops[-1].row, []).append(line)
        else:  # 其中 is a part of the row above it, whatever that is
            above = below[tops[-1].row][-1] if below.get(tops[-1].row) else tops[-1]
            of_part.setdefault(above.row, []).append(line)
    addends: list[Line] = []
    for line in tops:
        parts = [part for part in below.get(line.row, []) if _level(part) == top + 1]
        addends += parts if line.blank and any(not part.blank for part in parts) else [line]
    rows = {**of_part, **below}
    return addends, {row: tuple(parts) for row, parts in rows.items()}, [] if lines[0].blank else lines[:1]


def is_total_row(line: Line) -> bool:
    return says("rows", "any_total", line.name) or line.role == "grand_total"


def _stands_above(lines: list[Line], position: int) -> bool:
    """The central form: 一、本年收入 first, its parts （一）…（九） below it, or numbered 一、…九、 again, or by 1、 or by nothing.

    A numbered heading with nothing above it that could be its part has its parts below, up to the next numeral.
    """
    current = lines[position]
    followers = lines[position + 1 : position + 3]
    if not _NUMERAL.match(current.ordinal):
        return False
    if position == 0 and followers and not _NUMERAL.match(followers[0].ordinal) and not _is_own(followers[0]):
        return not is_total_row(followers[0])
    return any(line.ordinal.startswith(("(", "（")) for line in followers) or bool(_numbered_again(lines, position))


_NUMBERS = "一二三四五六七八九十"
_NUMBERED = [*_NUMBERS, *(f"十{n}" for n in _NUMBERS[:9]), *(f"二十{n}" for n in ("", *_NUMBERS[:9])), "三十"]
"""The numerals of the rows of a list, in order."""


def _numbered_again(lines: list[Line], position: int) -> list[Line]:
    """The rows below a heading that are numbered from 一 again (一、本年支出 over 一、一般公共服务支出, 二、外交支出 …).

    They end where a numeral is not the next one (二、结转下年). Empty unless they begin with the heading's own first numeral.
    """
    found: list[Line] = []
    for line in lines[position + 1 :]:
        if line.ordinal.rstrip("、.．:：") != _NUMBERED[len(found)]:
            if _NUMERAL.match(line.ordinal) or not found:
                break
            continue
        found.append(line)
        if len(found) == len(_NUMBERED):
            break
    return found if len(found) > 1 and lines[position].ordinal.rstrip("、.．:：") == _NUMBERED[0] else []


def _central_form(
    table: Table, side: str, lines: list[Line], position: int, current: Line, grand: Line | None,
    columns: tuple[Column, ...],
) -> Side:  # fmt: skip
    again = _numbered_again(lines, position)
    heads = [line for line in lines if _NUMERAL.match(line.ordinal) and line not in again]
    below: dict[int, tuple[Line, ...]] = {}
    for head in heads:
        following = [line for line in lines if line.row > head.row]
        stop = next((line.row for line in following if line in heads), None)
        own = [line for line in following if (stop is None or line.row < stop) and not line.of_which]
        printed = {line.row for line in own}
        below[head.row] = tuple(line for line in own if line.parent_row not in printed)
    parts = below.pop(current.row, ())
    between = tuple(line for line in heads if line is not current)
    return Side(table, side, parts, (), current, between, grand, below, columns)


def _below_one_heading(parts: list[Line]) -> tuple[list[Line], list[Line]]:
    """(addends, a heading over all of them): 一、部门预算 above 1、…, 2、… with the total's own amount (Shaanxi)."""
    if len(parts) < 4 or _level(parts[0]) != 0 or parts[0].blank or any(_level(line) == 0 for line in parts[1:]):
        return parts, []
    if sum(_level(line) < len(_LEVELS) for line in parts[1:]) * 2 < len(parts):
        return parts, []
    if all(line.blank for line in parts[1:]):
        # the rows that carry the amount are the heading's own parts (1、财政拨款 set in below it): it stands for them
        return parts, []
    return parts[1:], parts[:1]


def _with_parts(lines: list[Line], *, carry: bool = False) -> tuple[list[Line], dict[int, tuple[Line, ...]]]:
    """(addends, sub-rows by the row of the addend above them)."""
    numbered = sum(bool(_NUMERAL.match(line.ordinal)) for line in lines)
    style = not carry and numbered >= 2 and numbered * 3 >= len([line for line in lines if not line.of_which])
    known = sum(class_code(line.name) is not None for line in lines)
    tops: list[Line] = []
    below: dict[int, list[Line]] = {}
    for line in lines:
        if tops and _is_part(line, tops[-1], style=style, carry=carry, by_class=known >= 3):
            below.setdefault(tops[-1].row, []).append(line)
        else:
            tops.append(line)
    return tops, {row: tuple(parts) for row, parts in below.items()}


def _is_part(line: Line, above: Line, *, style: bool, carry: bool, by_class: bool) -> bool:
    # below the subtotal rows carry no ordinals, so only the word 其中 tells a part
    if line.parent_row is not None and line.parent_row == above.row:
        return True
    if says_of_which(line.printed_name) if carry else line.of_which:
        return True
    if any(says("rows", fund, line.name) for fund in FUNDS):
        if says("rows", "fiscal_revenue", above.name):
            return True
        carried = says("rows", "carry_in", above.name) or says("rows", "carry_out", above.name)
        if carried and (carry or _level(line) > _level(above)):
            return True
    if carry:
        return (
            (says("rows", "carry_in", above.name) or says("rows", "carry_out", above.name))
            and says("rows", "carry_parts", line.name)
            and not _sets_in_anew(line, above)
        )
    listed = bool(line.ordinal and above.ordinal) and _level(line) == _level(above)
    if by_class and not listed and class_code(line.name) is None and is_known_name(line.name):
        return True  # 款 and 项 printed below their 类 without codes
    return style and not _NUMERAL.match(line.ordinal) and bool(_NUMERAL.match(above.ordinal)) and not _is_own(line)


def _sets_in_anew(line: Line, above: Line) -> bool:
    """Two carry rows below one another are both addends (上年结转 and 上年结余), unless the first is their sum by name."""
    if line.ordinal and not _NUMERAL.match(line.ordinal) and (not above.ordinal or _NUMERAL.match(above.ordinal)):
        return False  # 1. and 2. below 上年结余、结转 (Shenzhen)
    both = says("rows", "carry_in", line.name) or says("rows", "carry_out", line.name)
    return both and line.indent <= above.indent and not line.name.startswith(("基本支出", "项目支出", "经营"))


def _is_own(line: Line) -> bool:
    """Rows that are never parts although they carry no ordinal among numbered rows."""
    return (
        says("rows", "carry_in", line.name) or says("rows", "surplus_used", line.name)
        or says("rows", "carry_out", line.name) or says("rows", "by_nature", line.name)
    )  # fmt: skip


def identities(tables: list[Table]) -> Iterator[Identity]:
    """BAL-01 to BAL-09 of every summary among the tables."""
    for table in tables:
        if table.kind not in SUMMARIES:
            continue
        if table.empty:
            yield skip("BAL-02", "the table shows no amounts", table.statement.id)
            continue
        sides = {side: side_of(table, side) for side in ("revenue", "expenditure")}
        for side in sides.values():
            if side is not None:
                yield from _side(side)
        yield from _both(table, sides["revenue"], sides["expenditure"])
        for name in sides:
            for number in range(1, len(lists_of(table, name))):
                yield from _view(table, name, number)
        if table.kind == "appropriation_summary":
            yield from _fund_rows(table)


def _side(side: Side) -> Iterator[Identity]:
    revenue = side.side == "revenue"
    sum_check, grand_check = ("BAL-02", "BAL-04") if revenue else ("BAL-03", "BAL-05")
    for column in side.columns:
        fund = fund_of(column) is not None and side.table.kind == "appropriation_summary"
        checks = ("BAL-08", "BAL-08") if fund else (sum_check, grand_check)
        yield from _sums(side, column, *checks)
    yield from _sub_rows(side)


def _sums(side: Side, column: Column, sum_check: str, grand_check: str) -> Iterator[Identity]:
    sid = side.table.statement.id
    total = side.current or (side.grand if not side.between else None)
    for rows in (side.parts, side.nature):
        if total is not None and rows and any(column.col in line.cells for line in rows):
            yield equal(
                sum_check,
                [side.cell(total, column)],
                [side.cell(line, column) for line in rows],
                total.name,
                column.label,
            )
    if total is None and side.grand is None:
        yield skip(sum_check, "no total row is printed", sid, column_label=column.label)
    if side.grand is None or side.grand is total:
        yield skip(grand_check, "no grand total beside the current-year total", sid, column_label=column.label)
        return
    addends = [side.current] if side.current is not None else list(side.parts)
    yield equal(
        grand_check,
        [side.cell(side.grand, column)],
        [side.cell(line, column) for line in (*addends, *side.between)],
        side.grand.name,
        column.label,
    )


def _view(table: Table, name: str, number: int) -> Iterator[Identity]:
    """BAL-02, BAL-03 of a list that prints a side's total again by another classification: its rows and their parts add up."""
    check, grand_check = ("BAL-02", "BAL-04") if name == "revenue" else ("BAL-03", "BAL-05")
    columns, lines = lists_of(table, name)[number], _lines_of(table, name, number)
    total = next((line for line in lines if says("rows", "current_total", line.name)), None)
    grand = next((line for line in lines if says("rows", "grand_total", line.name)), None)
    first = lists_of(table, name)[0]
    for line, claimed in ((total, check), (grand, grand_check)):
        if line is not None and len(first) == len(columns) == 1 and first[0].col in line.cells:
            own, other = (Term(line.cells[one[0].col], line.name) for one in (columns, first))
            yield equal(claimed, [own], [other], line.name, f"{columns[0].label} = {first[0].label}")
    total = total or grand
    body = [line for line in lines if total is not None and line.row < total.row]
    body = [line for line in body if not says_of_which(line.printed_name)]
    levels = {_level(line) for line in body}
    if total is None or not body or len(_LEVELS) in levels:
        yield skip(
            check,
            "the rows of the list are not told apart by their ordinals",
            table.statement.id,
            column_label=columns[0].label,
        )
        return
    tops: list[Line] = []
    below: dict[int, list[Line]] = {}
    outer = min(levels)
    if outer == 0 and sum(_level(line) == 0 for line in body) == 1:
        body = [line for line in body if _level(line) > 0]  # 一、部门预算 prints the total again
        outer = min((_level(line) for line in body), default=0)
    for line in body:
        if _level(line) == outer:
            tops.append(line)
        elif tops:
            below.setdefault(tops[-1].row, []).append(line)
    for column in columns:
        if not tops or column.col not in total.cells:
            continue
        yield equal(
            check,
            [Term(total.cells[column.col], total.name)],
            [Term(line.cells[column.col], line.name) for line in tops],
            total.name,
            column.label,
        )
        for line in tops:
            parts = below.get(line.row, [])
            if parts and line.cells[column.col].printed:
                yield equal(
                    check,
                    [Term(line.cells[column.col], line.name)],
                    [Term(part.cells[column.col], part.name) for part in parts],
                    line.name,
                    column.label,
                )


def _sub_rows(side: Side) -> Iterator[Identity]:
    sid = side.table.statement.id
    for line in (*side.parts, *side.between):
        below = side.parts_of.get(line.row, ())
        funds = [part for part in below if any(says("rows", fund, part.name) for fund in FUNDS)]
        fiscal = side.side == "revenue" and says("rows", "fiscal_revenue", line.name)
        carry = line in side.between and side.table.kind == "appropriation_summary"
        check = "BAL-01" if fiscal else "BAL-07" if carry else None
        if line in side.between and below and _counted_out(below):
            for column in side.columns:
                own, parts = side.cell(line, column), [side.cell(part, column) for part in below]
                if any(part.cell.printed for part in parts):
                    yield equal("BAL-07", [own], parts, line.name, column.label)
            continue
        if check is None or not below:
            continue
        complete = any(says("rows", "general_budget", part.name) for part in funds) and len(funds) == len(below)
        for column in side.columns:
            if not complete:
                reason = "the rows below do not name every fund"
                yield skip(check, reason, sid, row_label=line.name, column_label=column.label)
            elif not any(part.cells[column.col].printed for part in funds):
                yield skip(check, "the rows below are blank", sid, row_label=line.name, column_label=column.label)
            else:
                yield equal(
                    check,
                    [side.cell(line, column)],
                    [side.cell(part, column) for part in funds],
                    line.name,
                    column.label,
                )


def _counted_out(below: tuple[Line, ...]) -> bool:
    """Whether sub-rows are numbered 1., 2., … without 其中: all there are (上年结余、结转 of Shenzhen)."""
    numbers = [re.sub(r"\D", "", line.ordinal) for line in below]
    plain = not any(says_of_which(line.printed_name) for line in below)
    return len(below) > 1 and plain and numbers == [str(number) for number in range(1, len(below) + 1)]


def _both(table: Table, revenue: Side | None, expenditure: Side | None) -> Iterator[Identity]:
    sid = table.statement.id
    if revenue is None or expenditure is None:
        yield skip("BAL-06", "only one side is printed", sid)
        return
    left, right = revenue.grand or revenue.current, expenditure.grand or expenditure.current
    if left is None or right is None:
        yield skip("BAL-06", "a grand total is not printed", sid)
        return
    pairs = paired_columns(revenue, expenditure)
    if not pairs:
        yield skip("BAL-06", "no column of the revenue side matches one of the expenditure side", sid)
    for a, b in pairs:
        yield equal(
            "BAL-06", [revenue.cell(left, a)], [expenditure.cell(right, b)], f"{left.name} = {right.name}", a.label
        )


def paired_columns(revenue: Side, expenditure: Side) -> list[tuple[Column, Column]]:
    """Revenue and expenditure columns that show the same year, basis and fund."""
    left, right = revenue.total_columns, _whole(expenditure.total_columns)
    if len(left) == 1 and len(right) == 1:
        return [(left[0], right[0])]
    same = []
    for a in left:
        matches = [b for b in right if (a.leaf, a.fiscal_year, a.basis) == (b.leaf, b.fiscal_year, b.basis)]
        if len(matches) == 1:
            same.append((a, matches[0]))
    return same


def _whole(columns: list[Column]) -> list[Column]:
    """Without the columns that split another one (人员经费, 项目支出 beside 合计)."""
    totals = [column for column in columns if column.measure == "total" or says("columns", "total", column.leaf)]
    return totals or columns


def _fund_rows(table: Table) -> Iterator[Identity]:
    sid = table.statement.id
    for side in ("revenue", "expenditure"):
        columns = table.columns_of(side)
        totals = _whole([column for column in columns if fund_of(column) is None])
        funds = [column for column in columns if fund_of(column) is not None]
        others = [column for column in columns if fund_of(column) is None and column not in totals]
        if not funds:
            continue
        if len(totals) != 1 or others or len({fund_of(column) for column in funds}) != len(funds):
            yield skip("BAL-09", "the fund columns do not stand beside one total column", sid)
            continue
        for line in table.side(side):
            if line.blank or totals[0].col not in line.cells:
                continue
            yield equal(
                "BAL-09",
                [Term(line.cells[totals[0].col], f"{line.name} {totals[0].leaf}")],
                [Term(line.cells[column.col], f"{line.name} {column.leaf}") for column in funds],
                line.name,
                totals[0].label,
            )
