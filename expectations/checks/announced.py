"""TXT-05, TXT-07, TXT-08, PRJ-09: what the text announces against the lists that follow: counts, purchases, targets, duties."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

from budget.amounts import NotAnAmountError, parse_amount
from budget.disclosure import Disclosure
from budget.printed_text import squeeze
from expectations.checks.forms import Target, heading_of, listed_projects, targets_of
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.subjects import duty_heads
from expectations.view.tables import Line, Table, is_total
from expectations.view.told import Told, all_of, amounts_of, by_sentence, word


def identities(disclosure: Disclosure, tables: list[Table]) -> Iterator[Identity]:
    """TXT-05, TXT-07 and TXT-08 of a disclosure with a text."""
    if not disclosure.prose_facts:
        return
    told = all_of(disclosure)
    yield from _lists(told)
    yield from _vehicles(told)
    yield from _procurement_projects(told, tables)
    yield from _project_count(disclosure, told, tables)
    yield from _purchases(amounts_of(disclosure), tables)
    yield from _targets(told, tables)
    yield from _tasks(told, tables)
    yield from _duties(amounts_of(disclosure), tables)


def _counted(one: Told, many: int, label: str, *, severity: str | None = None, note: str = "") -> Identity:
    return Identity(
        "TXT-05", (), label, one.fact.sentence[:40], (one.count_term(),), (), severity=severity, note=note,
        stated=(Decimal(one.fact.count or "0"), Decimal(many)),
    )  # fmt: skip


# --------------------------------------------------------------------------- TXT-05: counts

_INSIDE = re.compile(r"[(（](?:共)?(\d+)个[)）]")
_NOT_COUNTED = re.compile(r"[^、，,(（]*[(（]不(?:纳入|计入|含)[^()（）]*[)）]")
"""机关党委（不纳入内设机构数）"""
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")


def _lists(told: list[Told]) -> Iterator[Identity]:
    """N个处室，包括：…: the names that follow are N."""
    for one in told:
        if one.topic not in ("department_count", "unit_count") or one.fact.count is None or Decimal(one.fact.count) < 2:
            continue
        found = _names_after(one)
        if found is None:
            continue
        fewest, most = found
        stated = Decimal(one.fact.count)
        many = int(stated) if fewest <= stated <= most else fewest
        yield _counted(one, many, {"department_count": "内设机构", "unit_count": "单位"}[one.topic])


def _names_after(one: Told) -> tuple[int, int] | None:
    """How many names follow the count in its sentence, at fewest and at most (和 may join two names or be part of one)."""
    text = squeeze(one.fact.sentence)
    number = re.search(
        rf"(?:{one.fact.count}|[一二三四五六七八九十]+)(?:{re.escape(squeeze(one.fact.unit) or '个')})", text
    )
    start = word("list_of").search(text, number.end()) if number else None
    if number is None or start is None or start.start() - number.end() > 20:
        return None
    listed = re.split(r"[。;；]", text[start.end() :])[0]
    extra = sum(int(found.group(1)) - 1 for found in _INSIDE.finditer(listed))
    plain = _BRACKETS.sub("", _NOT_COUNTED.sub("", listed))
    names = [name for name in re.split(r"[、，,]", plain) if name]
    if len(names) < 2 or re.search(r"\d", plain) or re.search(r"等|其中|负责|主要|至|建制|性质|来源", plain):
        return None
    joined = sum(len(re.findall(r"(?<!共)(?:和|及|以及|与)", name)) for name in names)
    return len(names) + extra, len(names) + extra + joined


def _vehicles(told: list[Told]) -> Iterator[Identity]:
    """共有车辆 N 辆，其中 A 辆、B 辆、其他用车 C 辆."""
    for sentence in by_sentence(told):
        heads = [one for one in sentence if one.topic == "vehicle_count" and one.fact.count is not None]
        items = [one for one in sentence if one.topic == "vehicle_item" and one.fact.count is not None]
        if len(heads) != 1 or len(items) < 3 or not any("其他" in (one.fact.name or "") for one in items):
            continue
        if len({one.fact.name for one in items}) != len(items):
            continue
        many = sum(int(Decimal(one.fact.count or "0")) for one in items)
        yield _counted(heads[0], many, "车辆")


def _column(table: Table, *words: str) -> int | None:
    found = [
        col for col, path in enumerate(table.statement.columns)
        if path and any(word_ in squeeze(path[-1]) for word_ in words)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _text(table: Table, line: Line, col: int | None) -> str:
    cells = table.statement.rows[line.row].cells if line.row < len(table.statement.rows) else ()
    return squeeze(cells[col]) if col is not None and col < len(cells) else ""


def _details(table: Table) -> list[Line]:
    return [
        line for line in table.side(None)
        if not is_total(line) and line.role != "subtotal" and "小计" not in line.name and not line.blank
    ]  # fmt: skip


def _procurement_projects(told: list[Told], tables: list[Table]) -> Iterator[Identity]:
    """N个项目列入政府采购预算: the projects of the table below, or its rows where each is a project."""
    counts = [one for one in told if one.topic == "procurement_project_count" and one.fact.count is not None]
    lists = [table for table in tables if table.kind == "procurement" and not table.empty]
    if len(counts) != 1:
        return
    if len(lists) != 1:
        yield skip("TXT-05", "no table of purchases, or several", row_label="政府采购项目")
        return
    table = lists[0]
    col = _column(table, "项目名称")
    rows = _details(table)
    distinct = {text for line in rows if col is not None and (text := _text(table, line, col))}
    many = len(distinct) if distinct else len(rows)
    stated = int(Decimal(counts[0].fact.count or "0"))
    yield _counted(counts[0], stated if stated == len(rows) else many, "政府采购项目")


def _project_count(disclosure: Disclosure, told: list[Told], tables: list[Table]) -> Iterator[Identity]:
    """N个项目 with targets: not fewer than have a form; more may have theirs elsewhere, so only a warning when close."""
    counts = [one for one in told if one.topic == "project_count" and one.fact.count is not None]
    forms = len(disclosure.projects)
    if len(counts) != 1 or not forms:
        return
    stated = int(Decimal(counts[0].fact.count or "0"))
    listed = {
        len(listed_projects(table)) for table in tables if table.kind == "project_expenditure" and not table.empty
    }
    if stated in {forms, *listed}:
        yield _counted(counts[0], stated, "绩效项目")
    elif stated < forms and not word("open_list").search(counts[0].fact.sentence):
        yield _counted(counts[0], forms, "绩效项目", severity="warning")
    else:
        yield skip("TXT-05", "forms of some projects may be published elsewhere", row_label="绩效项目")


# --------------------------------------------------------------------------- TXT-07: purchases


def _purchases(told: list[Told], tables: list[Table]) -> Iterator[Identity]:
    """拟购置 …: what the asset section announces is bought through the procurement table."""
    items = [one for one in told if one.topic == "planned_purchase_item"]
    totals = [one for one in told if one.topic == "planned_purchase_total"]
    lists = [table for table in tables if table.kind == "procurement" and not table.empty]
    if not items and not totals:
        return
    if len(lists) != 1 or (total := lists[0].total()) is None:
        yield skip("TXT-07", "no table of purchases with a total, or several")
        return
    table = lists[0]
    column = next(
        (c for c in table.columns if c.measure == "total" and "资金" not in c.leaf and c.col in total.cells), None
    )
    if column is None:
        yield skip("TXT-07", "the table of purchases prints no total column", table.statement.id)
        return
    rows = _details(table)
    whole = [Term(total.cells[column.col], f"{table.title} {total.name}")]
    if not whole[0].cell.printed:  # a total row left blank: its rows are the total (HIE-05 tells that)
        whole = [Term(line.cells[column.col], line.label) for line in rows if column.col in line.cells]
    own = [one.term() for one in (items or totals[:1])]
    yield equal("TXT-07", own, whole, "拟购置", (items or totals)[0].fact.sentence[:40], relation="≤")
    col = _column(table, "采购物品", "物品名称", "品目名称", "采购项目")
    for one in items if col is not None else []:
        same = [
            line for line in rows if column.col in line.cells and _same_thing(_text(table, line, col), one.fact.name)
        ]
        if len(same) == 1:
            bought = [Term(line.cells[column.col], f"{table.title} {_text(table, line, col)}") for line in same]
            yield equal("TXT-07", [one.term()], bought, f"拟购置 {one.fact.name}", one.fact.sentence[:40])


def _same_thing(printed: str, told: str | None) -> bool:
    """办公椅 = 办公椅, 电打孔机 = 打孔机."""
    name = squeeze(told)
    return (
        len(printed) >= 2 and len(name) >= 2 and (printed == name or name.endswith(printed) or printed.endswith(name))
    )


# --------------------------------------------------------------------------- TXT-08: targets

_GOAL = r"(?:[达到为是率]{{0,2}})(?:(≥|≤|=|>|<|不低于|不少于|达到|达|为|高于|大于|不超过))?({number})({unit})"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"


def _targets(told: list[Told], tables: list[Table]) -> Iterator[Identity]:
    """A target named in the text with the words of an indicator has that indicator's value."""
    indicators = [target for table in tables if table.kind == "project_performance" for target in targets_of(table)]
    names = [target.name for target in indicators]
    for target in indicators:
        if len(target.name) < 4 or names.count(target.name) != 1:
            continue
        for one in told:
            if one.topic not in ("performance_target", "performance_rate"):
                continue
            goal = _goal(target, one)
            if goal is not None:
                yield _target(target, one, *goal)
                break


_GOAL_VERB = re.compile(r"(?:[达到为是控制在保持于约≥≤=><]|不低于|不少于|不超过|不高于|高于|大于|超过)*$")
FEWEST_TASKS = 3


def _tasks(told: list[Told], tables: list[Table]) -> Iterator[Identity]:
    """TXT-08 and TXT-05 of the tasks of the year (10、做好养老保险新区补贴工作), each told with its goals.

    A goal of a task is the indicator whose name it ends with in the form that is headed by the task. As many tasks as
    forms is usual, not required: a warning.
    """
    goals: dict[str, list[tuple[str, Told]]] = defaultdict(list)
    for one in told:
        task, _, name = (one.fact.name or "").partition("：")
        if one.topic in ("performance_target", "performance_rate") and name:
            goals[task].append((_GOAL_VERB.sub("", squeeze(name)), one))
    # a form without a title is the rest of the one before it
    forms = [table for table in tables if table.kind == "project_performance" and table.statement.title]
    if len(goals) < FEWEST_TASKS or len(forms) < FEWEST_TASKS:
        return
    first = next(iter(goals.values()))[0][1]
    if len(forms) * 2 < len(goals):
        yield skip("TXT-05", "forms of some tasks may be published elsewhere", row_label="绩效工作")
    else:
        yield _tasks_and_forms(first, len(goals), len(forms))
    named = Counter(heading_of(table) for table in forms)
    for table in forms:
        task = heading_of(table)
        if named[task] != 1 or task not in goals:
            continue
        for target in targets_of(table):
            same = [one for name, one in goals[task] if name.endswith(target.name) and one.fact.percent is not None]
            if len(target.name) < 3 or target.unit != "%" or not same:
                continue
            yield _target(target, same[0], abs(Decimal(same[0].fact.percent or "0")), "%")


def _tasks_and_forms(first: Told, tasks: int, forms: int) -> Identity:
    return Identity(
        "TXT-05", (), "绩效工作", f"绩效目标表（{forms}张）", (first.percent_term(),), (), severity="warning",
        stated=(Decimal(tasks), Decimal(forms)),
    )  # fmt: skip


def _goal(target: Target, one: Told) -> tuple[Decimal, str] | None:
    """The number and unit that stand behind the indicator's name in the sentence."""
    if one.fact.percent is not None and squeeze(one.fact.name) == target.name:
        return Decimal(one.fact.percent), "%"
    text = squeeze(one.fact.sentence)
    # 企业满意度 must not be found inside 入驻企业满意度
    pattern = (
        r"(?<![^,、;:。.到的使成保\d])"
        + re.escape(target.name)
        + _GOAL.format(number=_NUMBER, unit=r"%|[人个户次家项名场件台套]|万元|元|")
    )
    found = re.search(pattern, text)
    if found is None or not found.group(2):
        return None
    try:
        value = parse_amount(found.group(2))
    except NotAnAmountError:
        return None
    return (value, found.group(3)) if value is not None else None


def _target(target: Target, one: Told, value: Decimal, unit: str) -> Identity:
    same = value == target.value and (not unit or not target.unit or unit == target.unit)
    note = ""
    if unit and target.unit and unit != target.unit:
        note = f"计量单位不同：{unit}、{target.unit} / another unit: {unit}, {target.unit}"
    return Identity(
        "TXT-08", (target.statement_id,), target.name, one.fact.sentence[:40], (one.count_term(), target.term()), (),
        stated=(value, value if same else target.value if value != target.value else Decimal(0)), note=note,
    )  # fmt: skip


# --------------------------------------------------------------------------- PRJ-09: duties


def _duties(told: list[Told], tables: list[Table]) -> Iterator[Identity]:
    """The duties of 整体绩效目标表 together are the 项目支出 that the text names; some forms leave duties out: a warning."""
    named = [one for one in told if one.topic == "project_expenditure"]
    lists = [table for table in tables if table.kind == "department_performance" and not table.empty]
    if not lists or len({one.fact.amount for one in named}) != 1 or len(lists) > 1:
        return
    heads = duty_heads(lists[0])
    columns = [column for column in lists[0].columns_of(None) if column.measure in ("total", None)]
    if not heads or len(columns) != 1:
        return
    terms = [Term(line.cells[columns[0].col], line.name) for line in heads if columns[0].col in line.cells]
    yield equal("PRJ-09", terms, [named[0].term()], "各项职责", "项目支出", severity="warning")
