"""Tables → statements and facts: what every money cell is called, coded, measured and worth in 万元.

A cell of a money column that is no number becomes a finding with its place; nothing is guessed or dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from budget.amounts import NotAnAmountError, Unit, amount_with_unit, decimal_text, find_unit, parse_amount, to_wan
from budget.codes import is_class_name, join_code, level_of, system_of
from budget.disclosure import CodeSystem, Fact, Finding, FindingCell, Role, Row, Statement
from budget.kinds import fund_of_title
from budget.measures import (
    CHANGE,
    NO_MEASURES,
    UNKNOWN,
    Measure,
    fund_of_row,
    is_own_measure,
    item_of_row,
    item_of_title,
    measure_of,
    measure_of_level,
    unsaid,
)
from budget.printed_text import is_blank, plain_name, says_of_which, split_ordinal, squeeze
from budget.states import Origin, Severity
from budget.words import TOTAL_WORDS, is_total, total_role
from extract.statements.model import Cell, Table

NO_FACTS = frozenset({"organisation", "project_performance", "unknown"})
_FUND_IN_TITLE = frozenset(
    [
        "basic_expenditure",
        "project_expenditure",
        "procurement",
        "agency_running_expenses",
        "meeting_and_training_expenses",
    ]
)
"""Kinds of all funds: one that is paid from a single fund, or from the fiscal funds, says so in its title only
(一般公共预算项目支出表 beside 项目支出表, 财政拨款基本支出表)."""
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


def statement_of(table: Table, number: int, default_year: int | None) -> Statement:
    """The table as the contract prints it; `number` counts statements of the document from 1."""
    rows = tuple(
        Row(
            cells=tuple(_printed(c) if c.own else "" for c in row),
            at=tuple(c.at if c.own else None for c in row),
        )
        for row in table.rows
    )
    confidence = min((c.confidence for row in table.rows for c in row if c.shown), default=1.0)
    return Statement(
        id=f"t{number:02}", kind=table.kind, title=table.title, unit=table.unit.value if table.unit else None,
        fiscal_year=table_year(table) or default_year, pages=tuple(table.pages), columns=table.paths, rows=rows,
        notes=tuple(table.notes), declared_empty=table.declared_empty, confidence=confidence,
    )  # fmt: skip


def _printed(cell: Cell) -> str:
    return cell.text.replace("\r", "").replace("\n", "")


_YEAR = re.compile(r"(20[0-4]\d)\s*年?度?")


def table_year(table: Table) -> int | None:
    """The fiscal year a table's own title or banner names (预算年度：2024)."""
    for text in [*table.banner, *([table.title] if table.title else []), *reversed(table.lines_above[-4:])]:
        found = re.search(r"预算年度[:：]?(20\d{2})", text) or (
            re.search(r"(20[0-4]\d)年", text) if len(text) < 60 else None
        )
        if found:
            return int(found.group(1))
    return None


def own_year(table: Table, default: int | None) -> int | None:
    """The year that the amounts of a table are of where no column says another: the one that its title or banner prints, if it
    is one alone; else the document's."""
    texts = [*table.banner, *([table.title] if table.title else [])]
    years = {int(year) for text in texts if len(text) < 60 for year in re.findall(r"(20[0-4]\d)年", squeeze(text))}
    return years.pop() if len(years) == 1 else default


def blocks_of(table: Table) -> tuple[Block, ...]:
    """The lists of a table. A new list begins where, after money columns, a code or name column repeats the first one's
    header or stands under another side (收入 | 支出, 人员经费 | 公用经费)."""
    roles, paths = table.roles, table.paths
    starts = [0]
    first: str | None = None
    for c, role in enumerate(roles):
        leaf = re.sub(r"[(（].*", "", squeeze(paths[c][-1])) if paths[c] else ""
        if role not in ("code", "name", "seq"):
            continue
        if first is None and role != "seq":
            first = leaf
        after_money = any(roles[k] == "money" for k in range(starts[-1], c))
        if not after_money:
            continue
        top, start_top = (paths[c][0] if paths[c] else ""), (paths[starts[-1]][0] if paths[starts[-1]] else "")
        first_top = next(
            (paths[k][0] for k in range(starts[-1], c) if roles[k] in ("code", "name") and paths[k]), start_top
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
    leaf = squeeze(table.paths[following][-1])
    return any(
        table.roles[k] == "money" and table.paths[k] and squeeze(table.paths[k][-1]) == leaf for k in range(start, c)
    )


def _side_of(top: str) -> Side | None:
    text = squeeze(top)
    if re.search(r"收入", text) and "支出" not in text:
        return "revenue"
    if re.search(r"支出", text) and "收入" not in text:
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


def _goes_on_with(path: tuple[str, ...], following: tuple[str, ...]) -> bool:
    """Whether a code column holds the next level of the code beside it (类 | 款 | 项), not a code of its own: beside the
    function's stand the unit's and the project's (类 | 款 | 项 | 单位代码)."""
    leaf, next_leaf = (squeeze(one[-1]) if one else "" for one in (path, following))
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
        leaf = re.sub(r"[(（].*", "", squeeze(paths[c][-1])) if paths[c] else ""
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
        tops = [paths[c][0] for c in columns if paths[c] and roles[c] in ("name", "money", "code")]
        side = next((s for t in tops if (s := _side_of(t))), None)
    return Block(columns, tuple(map(tuple, groups)), names, money, side)


@dataclass(slots=True)
class _Key:
    """What a row of one list is called."""

    code: str = ""
    system: CodeSystem | None = None
    alt_code: str | None = None
    name: str = ""
    ordinal: str | None = None
    role: Role = "detail"
    printed: str = ""


_CODE_NAME = re.compile(r"^[\[【(（]?(\d{3}(?:\d{2}){0,2})[\]】)）]?[-—–_:：]?(?=[^\d,.%-])(.+)$")


def facts_of(
    table: Table,
    statement: Statement,
    unit: Unit,
    year: int | None,
    basis: Literal["budget", "final"] | None,
    first: int,
) -> tuple[list[Fact], list[Finding]]:
    """Every money cell of a table as a fact, and a finding for every cell of a money column that is no number.

    `unit` is the unit of cells whose column names none; `first` numbers the facts of the document.
    """
    facts: list[Fact] = []
    findings: list[Finding] = []
    if table.kind in NO_FACTS or (table.form):
        return facts, findings
    blocks = blocks_of(table)
    paths = _told_apart(
        table.kind, [_Path.of(table, c, unit, year) for c in range(len(table.paths))], blocks, year, basis
    )
    above: list[dict[int, str]] = [{} for _ in blocks]
    for r, row in enumerate(table.rows):
        for block, carried in zip(blocks, above, strict=True):
            key = _key(table, block, row, carried)
            told = _said_by_row(table, row, block, year)
            for c in block.money:
                cell = row[c]
                if not cell.own or is_blank(cell.text):
                    continue
                column = paths[c]
                printed_in = column.unit
                try:
                    value = parse_amount(cell.text)
                except NotAnAmountError:
                    named = amount_with_unit(cell.text)
                    if named is None:
                        if not _is_label(cell, key):
                            findings.append(_unread(statement, cell, column.path))
                        continue
                    value, printed_in = named
                if value is None:
                    continue
                measure, item, fund = column.measure.measure, column.measure.item, column.measure.fund
                told_basis = column.basis or told.basis or basis
                if table.kind == "three_public_expenses" and item is None:
                    item = item_of_row(key.name)
                if block.side == "revenue" and fund in ("all", "fiscal"):
                    fund = fund_of_row(key.name) or fund
                facts.append(
                    Fact(
                        id=f"f{first + len(facts):05}", statement_id=statement.id, kind=table.kind, row=r, col=c,
                        column=column.path, side=block.side, code=key.code, code_system=key.system, alt_code=key.alt_code,
                        name=key.name, ordinal=key.ordinal, role=key.role,
                        measure=CHANGE if told.change else measure, item=item,
                        fund=fund, fiscal_year=column.year or told.year or year, basis=None if told_basis == "none" else told_basis,
                        raw="".join(_printed(cell).split()), amount=decimal_text(to_wan(value, printed_in)), at=cell.at,
                        confidence=cell.confidence,
                    )
                )  # fmt: skip
    return facts, findings


@dataclass(frozen=True, slots=True)
class _RowSays:
    """What the label of a row says of its amounts, where the header does not."""

    year: int | None = None
    basis: Basis | None = None
    change: bool = False


def _said_by_row(table: Table, row: tuple[Cell, ...], block: Block, year: int | None) -> _RowSays:
    """The year that a row is of, or that it is a change, where years stand below one another in 三公经费表 (Shenzhen: 2025年,
    2026年, 增减变化金额). Elsewhere a year in a row is the one in which a project began.
    """
    if not block.money:
        return _RowSays()
    texts = [squeeze(cell.text) for cell in row[: block.money[0]] if cell.own]
    if any(_ROW_CHANGE.match(text) for text in texts):
        return _RowSays(change=True)
    if table.kind != "three_public_expenses":
        return _RowSays()
    label = next((text for text in texts if _ROW_YEAR.match(text)), None)
    return _RowSays() if label is None else _RowSays(*year_and_basis((label,), year))


_ROW_YEAR = re.compile(r"^20\d\d年度?(?:预算|决算|执行)?数?$")
_ROW_CHANGE = re.compile(
    r"^(?:(?:比|较)(?:上年|20\d\d年)(?:预算|决算|执行)?数?)?(?:增减|变化|变动)(?:变化|变动)?(?:额|数|金额|数额|情况)?$"
)


@dataclass(frozen=True, slots=True)
class _Path:
    """What the header path of a column says of its amounts."""

    path: tuple[str, ...]
    unit: Unit
    measure: Measure
    year: int | None
    basis: Basis | None

    @classmethod
    def of(cls, table: Table, c: int, unit: Unit, year: int | None) -> _Path:
        path = table.paths[c]
        named = next((u for level in reversed(path) if (u := find_unit(level)) and "元" in level), unit)
        path_year, path_basis = year_and_basis(path, year)
        measure = measure_of(path, table.kind)
        if measure.fund == "all" and table.title and table.kind in _FUND_IN_TITLE:
            measure = replace(measure, fund=fund_of_title(table.title) or "all")
        if measure.item is None and table.title and table.kind == "meeting_and_training_expenses":
            measure = replace(measure, item=item_of_title(table.title))
        return cls(path, named, measure, path_year, path_basis)

    def measured(self, name: str) -> _Path:
        """The same column under another measure."""
        return replace(self, measure=replace(self.measure, measure=name))


def _told_apart(
    kind: str, paths: list[_Path], blocks: tuple[Block, ...], year: int | None, basis: Literal["budget", "final"] | None
) -> list[_Path]:
    """The columns of every list so that no two of them claim to be the same amount.

    Of several that do (支出总计 and 2026年政府采购项目 / 小计), the one whose header says nothing else keeps its measure; the
    others, and all of them where none is plainer, are `unknown`. A list without a total column whose one column is what the
    statement is about (一般公共预算支出 / 合计) has its total there.
    """
    told = list(paths)
    for block in blocks:
        same: dict[tuple[object, ...], list[int]] = {}
        for c in block.money:
            one = paths[c]
            if one.measure.measure not in NO_MEASURES:
                same.setdefault((one.measure, one.year or year, one.basis or basis), []).append(c)
        for columns in same.values():
            if len(columns) < 2:
                continue
            least = min(len(unsaid(paths[c].path)) for c in columns)
            plain = [c for c in columns if len(unsaid(paths[c].path)) == least]
            for c in columns:
                if plain != [c]:
                    told[c] = told[c].measured(UNKNOWN)
        spans: dict[tuple[object, ...], list[int]] = {}
        for c in block.money:
            spans.setdefault((paths[c].year or year, paths[c].basis or basis), []).append(c)
        for columns in spans.values():
            whole = [c for c in columns if is_own_measure(kind, told[c].measure.measure)]
            if len(whole) == 1 and not any(told[c].measure.measure == "total" for c in columns):
                told[whole[0]] = told[whole[0]].measured("total")
    return told


def _is_label(cell: Cell, key: _Key) -> bool:
    """A total's name that spans into the amount columns is a label, not an amount."""
    return cell.cols > 1 and (cell.shown in TOTAL_WORDS or squeeze(cell.text) == squeeze(key.printed))


def _unread(statement: Statement, cell: Cell, path: tuple[str, ...]) -> Finding:
    return Finding(
        check="UNREAD", severity=Severity.ERROR, origin=Origin.EXTRACTION, statement_id=statement.id,
        message=f"{statement.title or statement.kind}: column {' / '.join(path) or '?'} shows {cell.text.strip()!r}, which is no amount",
        cells=(FindingCell(at=cell.at, raw=cell.text.strip()),),
    )  # fmt: skip


Basis = Literal["budget", "final", "none"]
"""`none`: 执行数, what was spent by the time the budget was made, is neither a budget nor a final account."""


def year_and_basis(path: tuple[str, ...], year: int | None) -> tuple[int | None, Basis | None]:
    """(fiscal year, budget or final) that a header path names: `2022年预算数` → (2022, budget), 上年 → the year before."""
    found_year: int | None = None
    basis: Basis | None = None
    for level in path:
        text = squeeze(level)
        named = re.search(r"(20[0-4]\d)年", text)
        if named:
            found_year = int(named.group(1))
        elif year is not None and re.search(r"^(?:上年度?|去年)$|上年(?:度)?(?:预算|决算|执行)", text):
            found_year = year - 1
        if re.search(r"决算", text):
            basis = "final"
        elif re.search(r"执行", text):
            basis = "none"
        elif (
            re.search(r"预算(?:数|安排|金额)|预算$", text)
            and "一般公共预算" not in text
            and "基金预算" not in text
            and "经营预算" not in text
        ):
            basis = "budget"
    return found_year, basis


def _key(table: Table, block: Block, row: tuple[Cell, ...], above: dict[int, str]) -> _Key:
    key = _Key()
    texts = [row[c].shown for c in block.columns if c not in block.money and table.roles[c] in ("code", "name", "text")]
    total = next((t for t in texts if is_total(t)), None)
    groups = sorted(block.codes, key=lambda group: _code_rank(table, group))
    coded = [(code, _system(code, table, group)) for group in groups if (code := _code(group, row, above))]
    codes = [code for code, _ in coded]
    name_cell = next((row[c] for c in block.names if row[c].shown), None)
    printed = name_cell.shown if name_cell is not None else ""
    if total is not None and not any(re.match(r"^\d{3}", code) for code in codes):
        codes, coded = [], []
        printed = total if not printed or is_total(printed) or printed == total else printed
        if block.codes and any(row[c].shown == total for g in block.codes for c in g):
            printed = total
    found = _CODE_NAME.match(printed)
    if found and system_of(found.group(1)) and not codes:
        codes, printed = [found.group(1)], found.group(2)
        others = [
            m.group(1) for c in block.names[1:] if (m := _CODE_NAME.match(row[c].shown)) and system_of(m.group(1))
        ]
        key.alt_code = next((o for o in others if system_of(o) == "department_economic"), None)
    elif not printed and not codes:
        for c in block.columns:
            if table.roles[c] == "text" and (m := _CODE_NAME.match(row[c].shown)):
                codes, printed = [m.group(1)], m.group(2)
                break
    if codes:
        key.code = codes[0]
        if len(codes) > 1:
            systems = [system for _, system in coded]
            if systems[0] == "government_economic" and systems[1] == "department_economic":
                codes[0], codes[1] = codes[1], codes[0]
            key.code, key.alt_code = codes[0], codes[1]
        key.system = dict(coded).get(key.code) or system_of(key.code)
    key.printed = printed
    key.ordinal = split_ordinal(re.sub(r"^其中[:：]?", "", printed))[0]
    key.name = plain_name(printed)
    key.role = _role(key, name_cell, table)
    return key


def _code_rank(table: Table, group: tuple[int, ...]) -> int:
    """Codes of units say whose row it is, not what it is for: any other code of the row comes first."""
    header = "".join(table.paths[group[0]])
    return 2 if "单位" in header else 1 if "项目" in header and "科目" not in header else 0


def _system(code: str, table: Table, group: tuple[int, ...]) -> CodeSystem | None:
    header = squeeze("".join(table.paths[group[0]]))
    if "单位" in header and "科目" not in header:
        return "unit"
    if re.search(r"项目(?:编码|代码|编号)", header) and "功能" not in header:
        return "project" if system_of(code) in (None, "project") else system_of(code)
    return system_of(code)


def _code(group: tuple[int, ...], row: tuple[Cell, ...], above: dict[int, str]) -> str:
    """The full code of one group of code columns; staircase rows take the levels above them from earlier rows."""
    parts = [row[c].shown for c in group]
    if not any(parts):
        return ""
    if not any(re.search(r"\d", p) for p in parts):
        return ""
    if len(group) == 1:
        text = re.sub(r"[\s.\-]", "", parts[0]) if re.fullmatch(r"[\d\s.\-]+", parts[0]) else parts[0]
        return text if re.fullmatch(r"[0-9A-Za-z]+", text) else ""
    deepest = max(i for i, p in enumerate(parts) if p)
    for i, c in enumerate(group):
        if parts[i]:
            above[c] = parts[i]
            for lower in group[i + 1 :]:
                if not row[lower].shown:
                    above.pop(lower, None)
    full = [parts[i] or (above.get(c, "") if i < deepest else "") for i, c in enumerate(group)]
    return join_code(tuple(full))


_CARRY = frozenset({"carry_over_in", "carry_over_out", "non_fiscal_surplus_used"})


def _role(key: _Key, cell: Cell | None, table: Table) -> Role:
    name = squeeze(key.name)
    total = total_role(name)
    if total is not None:
        return "total" if total == "subtotal" and table.kind == "three_public_expenses" else total
    if says_of_which(key.printed):
        return "of_which"
    if key.code and key.system not in ("unit", "project", "catalogue") and (level := level_of(key.code)):
        return level
    if measure_of_level(name) in _CARRY:
        return "carry"
    if table.kind in ("revenue_expenditure_summary", "appropriation_summary"):
        if is_class_name(name):
            return "class"
        if key.ordinal and re.match(r"^[一二三四五六七八九十]+、", key.ordinal):
            return "detail"
        return "of_which" if cell is not None and (cell.indent > 0 or not key.ordinal) and name else "detail"
    if (
        table.kind == "three_public_expenses"
        and cell is not None
        and cell.indent > 1
        and not (key.ordinal and re.match(r"^[一二三四五六七八九十]+、", key.ordinal))
    ):
        return "of_which"
    return "detail"


def default_unit(tables: list[Table]) -> Unit:
    """The unit of tables that print none: the one that all others print, else 万元."""
    units = {t.unit for t in tables if t.unit is not None}
    return units.pop() if len(units) == 1 else Unit.WAN


def iter_money(table: Table) -> Iterator[tuple[int, int, Cell]]:
    """(row, column, cell) of every money cell that shows something."""
    for r, row in enumerate(table.rows):
        for c, role in enumerate(table.roles):
            if role == "money" and row[c].own and not is_blank(row[c].text):
                yield r, c, row[c]
