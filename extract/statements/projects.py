"""Performance forms (绩效目标表) → `Project`: amounts, payment plan, goals, indicators.

A form is labels and values side by side, not a header above rows. It is read by its labels, wherever they stand: Hebei's
form with code and plan, the national one with 年度资金总额, county variants.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from budget.amounts import NotAnAmountError, Unit, decimal_text, find_unit, parse_amount, to_wan
from budget.disclosure import Finding, FindingCell, Indicator, Project
from budget.printed_text import is_blank, squeeze
from budget.states import Origin, Severity
from extract.statements.doubts import UNIT, UNMEASURED
from extract.statements.tables import PROJECT_LABEL, Cell, Table

_MONEY_WITH_UNIT = re.compile(r"(?:人民币)?[\d,.]+[亿万千]?元")
_OPERATOR = re.compile(
    r"^(?P<operator>[=＝≥≧≤≦><＞＜])?(?P<value>-?\d+(?:,\d{3})*(?:\.\d+)?)(?P<unit>[^\d~\-—–]{0,12})$"
)
_SAME = {"＝": "=", "≧": "≥", "≦": "≤", "＞": ">", "＜": "<"}
_TOTAL = (
    "预算数",
    "年度预算资金总额",
    "年度资金总额",
    "资金总额",
    "预算资金总额",
    "项目资金总额",
    "预算金额",
    "年度预算数",
    "项目预算",
    "当年预算",
    "年度预算",
    "预算总额",
    "总额",
    "实施期资金总额",
    "合计",
)
_FISCAL = ("财政资金", "财政拨款", "当年财政拨款", "一般公共预算", "本年财政拨款", "其中财政拨款", "其中财政资金")
_OTHER = ("其他资金", "其他", "单位资金", "非财政资金")


def projects_of(tables: list[Table], unit: Unit) -> tuple[list[Project], list[Finding]]:
    """Every performance form of a document, and what is doubtful about its amounts.

    `unit` is used where a form or a list prints none; that is a finding (`UNIT`). Amounts among which none is known to be
    the project's are another (`UNMEASURED`).
    """
    projects: list[Project] = []
    findings: list[Finding] = []
    without_unit: list[Project] = []
    for table in tables:
        if table.kind != "project_performance":
            continue
        if table.form:
            printed = table.unit or _labelled_unit(table)
            project, undecided = project_of(table, table.unit or unit)
            found = [project] if project is not None else []
            findings += [_undecided(project, undecided)] if project is not None and undecided else []
        else:
            printed = table.unit
            found = _listed(table, table.unit or unit)
        projects.extend(found)
        if printed is None and not _names_its_units(table):
            without_unit += [
                one for one in found if any(not _is_nothing(a) for a in (one.amount, one.fiscal, one.other))
            ]
    agreed = len({table.unit for table in tables if table.unit is not None}) == 1
    findings += [_without_unit(without_unit, unit, agreed)] if without_unit else []
    return projects, findings


def _is_nothing(amount: str | None) -> bool:
    """Whether an amount is not printed or zero: zeros are zeros in any unit."""
    return amount is None or not Decimal(amount)


def _names_its_units(table: Table) -> bool:
    """Whether a header of the table or every number of money in it names its own unit (预算金额（万元）; 12.5万元)."""
    return any(_header_unit(path) for path in table.paths) or any(
        _MONEY_WITH_UNIT.fullmatch(squeeze(cell.shown)) for row in table.rows for cell in row if cell.own
    )


def _header_unit(path: Sequence[str]) -> Unit | None:
    """The unit that a column's header prints: 预算金额（万元）."""
    return next((unit for level in reversed(path) if (unit := find_unit(level))), None)


def _without_unit(projects: list[Project], unit: Unit, agreed: bool) -> Finding:
    """One finding a document: amounts of projects that were read in a unit which their forms do not print."""
    named = "、".join(f"“{one.name}”" for one in projects[:3]) + (" 等" if len(projects) > 3 else "")
    if agreed:
        severity = Severity.WARNING
        told = (
            f"{len(projects)} 个项目（{named}）的绩效表未印金额单位，按其他各表的{unit}读取"
            f" / the forms of {len(projects)} projects print no unit; read in {unit} like all other statements"
        )
    else:
        severity = Severity.ERROR
        told = (
            f"{len(projects)} 个项目（{named}）的绩效表未印金额单位，他表亦无一致单位，暂按{unit}读取，可能相差一万倍"
            f" / the forms of {len(projects)} projects print no unit and the other tables agree on none; read as {unit}, which may"
            " be wrong by 10,000"
        )
    return Finding(
        check=UNIT, severity=severity, origin=Origin.SOURCE, message=told,
        cells=tuple(FindingCell(at=one.at, raw=one.name) for one in projects[:3]),
    )  # fmt: skip


def _undecided(project: Project, totals: list[tuple[Cell, str]]) -> Finding:
    printed = "、".join(f"“{_label(cell)}”{amount}" for cell, amount in totals)
    return Finding(
        check=UNMEASURED, severity=Severity.WARNING, origin=Origin.UNKNOWN,
        message=f"项目“{project.name}”的金额标签印得不全，各为 {printed}，无法判断哪个是预算数，未取值"
        f" / project {project.name}: labels of amounts are cut off and the amounts differ ({printed}); none was taken",
        cells=tuple(FindingCell(at=cell.at, raw=cell.shown) for cell, _ in totals),
    )  # fmt: skip


_LIST_TOTAL = (
    "总计", "合计", "金额", "预算数", "预算金额", "资金总额", "项目总额", "项目资金总额", "预算资金总额", "年度资金总额", "项目预算金额",
)  # fmt: skip


def _listed(table: Table, unit: Unit) -> list[Project]:
    """Projects of a list that prints amount, goal and indicators in columns; a project goes on down to the next amount.

    One name over several amounts is as many projects: each unit of a department plans its own part. Rows that carry
    neither goal nor indicator are totals of units.
    """
    leaves = [re.sub(r"[(（].*", "", squeeze(p[-1])).strip("：:") if p else "" for p in table.paths]

    def find(*starts: str) -> int | None:
        return next((c for c, leaf in enumerate(leaves) if leaf.startswith(starts)), None)

    name = next((c for c, leaf in enumerate(leaves) if leaf.startswith("项目") and leaf not in _LIST_TOTAL), None)
    goal = find("绩效目标", "年度目标", "总体目标", "年度绩效目标", "年度总体目标")
    total = next((c for c, leaf in enumerate(leaves) if leaf in _LIST_TOTAL), None)
    fiscal, other = find("财政拨款", "财政资金"), find("其他资金")
    units = [_header_unit(path) or unit for path in table.paths]
    levels = find("一级指标"), find("二级指标"), find("三级指标", "指标名称")
    value = next((c for c, leaf in enumerate(leaves) if "指标值" in leaf and "依据" not in leaf), None)
    written = next((c for c, leaf in enumerate(leaves) if leaf in ("绩效指标", "指标")), None)
    if name is None or total is None or (goal is None and levels[2] is None):
        return []
    sign, measured = (
        find("绩效指标性质", "指标性质", "指标方向"),
        find("绩效度量单位", "度量单位", "计量单位", "指标单位"),
    )
    projects: list[Project] = []
    indicators: list[Indicator] = []
    level1 = level2 = ""
    for row in table.rows:
        told = [row[c].shown for c in (goal, levels[2]) if c is not None]
        begins = (row[name].own or (row[total].own and _money(row[total].text, units[total]) is not None)) and row[
            name
        ].shown
        if begins and any(told):
            _close(projects, indicators)
            level1 = level2 = ""
            code = _CODED.match(row[name].shown)
            projects.append(
                Project(
                    code=code.group(1) if code else None, name=code.group(2) if code else row[name].shown,
                    amount=_money(row[total].text, units[total]),
                    goals=(row[goal].text.strip(),) if goal is not None and row[goal].shown else (), indicators=(),
                    fiscal=_money(row[fiscal].text, units[fiscal]) if fiscal is not None else None,
                    other=_money(row[other].text, units[other]) if other is not None else None,
                    at=row[name].at if row[name].own else row[total].at,
                )
            )  # fmt: skip
        if written is not None and projects and row[written].own and begins and any(told):
            indicators.extend(_written_indicators(row[written].shown))
        three = levels[2]
        if three is None or value is None or not projects or not row[three].own or not row[three].shown:
            continue
        level1 = (row[levels[0]].shown if levels[0] is not None else "") or level1
        level2 = (row[levels[1]].shown if levels[1] is not None else "") or level2
        indicators.append(_signed_indicator(level1, level2, row, three, value, sign, measured))
    _close(projects, indicators)
    return projects


_WRITTEN = re.compile(r"(?:\d{1,3}[、.])?\d-(?P<one>[^;,-]{2,12})[;,]\d\d-(?P<two>[^;,-]{2,16})[;,]")
"""Indicators one after the other in one cell: `1、1-产出指标；11-数量指标；会议次数；实施周期指标值:≥20场；年度指标值:≥20场。`"""


def _written_indicators(text: str) -> list[Indicator]:
    found = []
    heads = list(_WRITTEN.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=bool(heads)):
        name, told, value = text[head.end() : end].partition("年度指标值:")
        if not told:
            continue
        name = name.partition("实施周期指标值:")[0].rstrip(".;,。")
        found.append(_indicator(head["one"], head["two"], name, value.rstrip(".;,。"), None, None))
    return found


_CODED = re.compile(r"^([0-9]{6,}[0-9A-Z]{4,})[-—_:：]+(.+)$")
"""A project code and its name in one cell (`11000022T000000456102-成本监审工作经费`)."""


def _close(projects: list[Project], indicators: list[Indicator]) -> None:
    """Gives the last project the indicators collected since its name."""
    if projects and indicators:
        projects[-1] = projects[-1].model_copy(update={"indicators": tuple(indicators)})
    indicators.clear()


def _signed_indicator(
    level1: str, level2: str, row: tuple[Cell, ...], three: int, value: int, sign: int | None, measured: int | None
) -> Indicator:
    """An indicator whose sign and unit may stand in columns of their own (≥ | 90 | %); 定性 there is no sign."""
    before = row[sign].shown if sign is not None else ""
    before = before if _SAME.get(before, before) in ("=", "≥", "≤", ">", "<") else ""
    after = row[measured].shown if measured is not None else ""
    return _indicator(level1, level2, row[three].shown, before + row[value].shown + after, None, None)


_UNIT_LABEL = 14
"""Characters below which a cell with brackets is a label that names a unit: 资金金额（万元）."""


def _labelled_unit(table: Table) -> Unit | None:
    """The unit that a label of a form prints in brackets; None when none does."""
    cells = (cell.shown for row in table.rows for cell in row if cell.own and cell.shown)
    labels = (shown for shown in cells if "元" in shown and "(" in shown and len(shown) < _UNIT_LABEL)
    return next((unit for label in labels if (unit := find_unit(label))), None)


def project_of(table: Table, unit: Unit) -> tuple[Project | None, list[tuple[Cell, str]]]:
    """One form, None when it names no project; and the labels with their amounts among which its amount is not known."""
    own = [[c for c in row if c.own and c.shown] for row in table.rows]
    name = _value_after(table, ("项目名称", "专项名称", "专项资金名称", "政策名称")) or _name_behind_its_label(table)
    if not name:
        return None, []
    amount_unit = _labelled_unit(table) or unit
    header = _indicator_header(table)
    top = table.rows[:header] if header is not None else table.rows
    indicators = _indicators(table, header) if header is not None else ()
    place = next((c.at for row in own for c in row), None)
    amount, column = _amount_at(top, _TOTAL, amount_unit)
    clipped = _clipped_totals(top, amount_unit) if amount is None else {}
    undecided = len({one for one, _, _ in clipped.values()}) > 1
    if clipped and not undecided:
        amount, column, _ = next(iter(clipped.values()))
    project = Project(
        code=_code(_value_after(table, ("项目编码", "项目代码"))),
        name=name,
        amount=amount,
        # below a total of unknown year their own year is unknown too
        fiscal=None if undecided else _amount_at(top, _FISCAL, amount_unit, column)[0],
        other=None if undecided else _amount_at(top, _OTHER, amount_unit, column)[0],
        plan=_plan(table),
        goals=_goals(table),
        indicators=indicators,
        at=place,
    )
    return project, [(cell, one) for one, _, cell in clipped.values()] if undecided else []


_CLIPPED = 4
"""Letters of a label that are enough to know it by."""


def _clipped_totals(rows: list[tuple[Cell, ...]], unit: Unit) -> dict[str, tuple[str, int, Cell]]:
    """The middles of labels that a column too narrow for them shows (`期资金总` of 实施期资金总额), in printed order.

    Each with its amount, its column and its cell.
    """
    found: dict[str, tuple[str, int, Cell]] = {}
    for row in rows:
        for cell in row:
            text = _label(cell)
            if not cell.own or text in found or len(text) < _CLIPPED or not any(text in label for label in _TOTAL):
                continue
            amount, column = _amount_at(rows, (text,), unit)
            if amount is not None and column is not None:
                found[text] = (amount, column, cell)
    return found


def _code(printed: str) -> str | None:
    """A project code; dashes are none."""
    return None if is_blank(printed) else printed


def _label(cell: Cell) -> str:
    text = re.sub(r"[(（][^()（）]*[)）]", "", cell.shown)
    return re.sub(r"^其中[:：]?|[:：]$", "", text).strip(":：")


def _value_after(table: Table, labels: tuple[str, ...]) -> str:
    for row in table.rows:
        own = [c for c in row if c.own]
        for i, cell in enumerate(own):
            if _label(cell) in labels:
                value = next((c.shown for c in own[i + 1 :] if c.shown), "")
                if value and _label(next(c for c in own[i + 1 :] if c.shown)) not in (
                    "主管部门",
                    "实施单位",
                    "项目名称",
                ):
                    return value
    return ""


def _name_behind_its_label(table: Table) -> str:
    """The name where no line parts it from its label (`专项（项目）名称 某某经费` in one cell as wide as the form)."""
    for row in table.rows[:3]:
        shown = [c.shown for c in row if c.own and c.shown]
        if len(shown) == 1 and (label := PROJECT_LABEL.match(shown[0])) and "名称" in label.group():
            return shown[0][label.end() :]
    return ""


def _amount_at(
    rows: list[tuple[Cell, ...]], labels: tuple[str, ...], unit: Unit, beside: int | None = None
) -> tuple[str | None, int | None]:
    """(the amount behind the first of `labels` that is printed, the column of that label).

    A form of several years prints its money twice, 实施期资金总额 | 年度资金总额, each over its own 财政拨款 and 其他资金: of
    labels that stand twice the one nearest to the column `beside` counts.
    """
    for label in labels:
        found = []
        for row in rows:
            own = [(c, cell) for c, cell in enumerate(row) if cell.own]
            for i, (c, cell) in enumerate(own):
                if _label(cell) != label or i + 1 >= len(own):
                    continue
                value = next((other for _, other in own[i + 1 :] if other.shown), None)
                amount = _money(value.text, unit) if value is not None else None
                if amount is None and (label in _OTHER or label in _FISCAL):
                    # blank beside 其他资金: none; what stands there then is the next label, or nothing
                    amount = "0"
                if amount is not None:
                    found.append((amount, c))
        if found:
            return found[0] if beside is None else min(found, key=lambda one: abs(one[1] - beside))
    return None, None


def _money(text: str, unit: Unit) -> str | None:
    printed = squeeze(text)
    named = find_unit(printed)
    number = re.sub(r"(?:人民币)?[亿万千]?元$", "", printed)
    try:
        value = parse_amount(number)
    except NotAnAmountError:
        return None
    return None if value is None else decimal_text(to_wan(value, named or unit))


def _plan(table: Table) -> dict[str, str]:
    for r, row in enumerate(table.rows[:-1]):
        months = {
            c: m.group(1) for c, cell in enumerate(row) if cell.own and (m := re.match(r"^(\d{1,2})月底", cell.shown))
        }
        if len(months) >= 2:
            below = table.rows[r + 1]
            return {
                month.zfill(2): value for c, month in months.items()
                if c < len(below) and (value := below[c].shown.rstrip("%"))
            }  # fmt: skip
    return {}


_GOAL_HEADS = frozenset(["年度目标", "年度总目标", "年度绩效目标", "年度总体目标"])


def _goals(table: Table) -> tuple[str, ...]:
    for r, row in enumerate(table.rows):
        own = [c for c in row if c.own and c.shown]
        if len(own) >= 2 and re.search(
            r"^(?:年度)?(?:总体)?(?:绩效)?目标|^年度总体绩效目标|^总体目标|^年度绩效目标", own[0].shown
        ):
            text = own[-1].shown
            below = [c for c in table.rows[r + 1] if c.own and c.shown] if r + 1 < len(table.rows) else []
            if text in _GOAL_HEADS and len(below) == 1:
                text = below[0].shown
            if len(text) < 6:
                continue
            parts = re.split(r"(?<=[。；;])(?=\d+[.、．])|(?<![\d.])(?=\d{1,2}[.、．](?=[^\d\s]))", text)
            return tuple(p for p in (part.strip() for part in parts) if p)
    return ()


def _indicator_header(table: Table) -> int | None:
    for r, row in enumerate(table.rows):
        texts = {c.shown for c in row if c.own}
        if "三级指标" in texts or ("一级指标" in texts and any("指标值" in t for t in texts)):
            return r
    return None


_LEVEL1_OF = {
    "数量指标": "产出指标", "质量指标": "产出指标", "时效指标": "产出指标",
    "经济效益指标": "效益指标", "社会效益指标": "效益指标", "生态效益指标": "效益指标", "可持续影响指标": "效益指标",
    "服务对象满意度指标": "满意度指标",
    "经济成本指标": "成本指标", "社会成本指标": "成本指标", "生态环境成本指标": "成本指标",
}  # fmt: skip
"""The first level of a second one where every form agrees on it; 成本指标 itself is a second level in older forms."""


def _indicators(table: Table, header: int) -> tuple[Indicator, ...]:
    columns = {cell.shown: c for c, cell in enumerate(table.rows[header]) if cell.own and cell.shown}

    def find(*words: str) -> int | None:
        return next(
            (c for text, c in columns.items() for word in words if text.startswith(word) or text.endswith(word)), None
        )

    one, two, three = find("一级指标"), find("二级指标"), find("三级指标", "指标名称", "指标内容")
    value = find("指标值", "年度指标值", "目标值")
    description, basis = find("绩效指标描述", "指标描述", "指标说明"), find("指标值确定依据", "确定依据")
    value = next((c for text, c in columns.items() if "指标值" in text and "依据" not in text), value)
    if three is None or value is None:
        return ()
    # a piece on another page may divide the width of a header's cell in its own way
    names = [c for c in range(three, three + table.rows[header][three].cols) if c < value] or [three]
    found = []
    level1 = level2 = ""
    printed = {row[one].shown for row in table.rows[header + 1 :]} if one is not None else set()
    for row in table.rows[header + 1 :]:
        new1, new2 = (row[c].shown if c is not None else "" for c in (one, two))
        level1, level2 = new1 or level1, new2 or level2
        if not new1 and _LEVEL1_OF.get(new2, level1) in printed:
            # without rules a label stands in the middle of its rows, below the first of them
            level1 = _LEVEL1_OF.get(new2, level1)
        cell = next((row[c] for c in names if row[c].own and row[c].shown), row[three])
        name, text = cell.shown, row[value].shown
        if not (name or text) or not cell.own:
            continue
        found.append(_indicator(level1, level2, name, text, _at(row, description), _at(row, basis)))
    return tuple(found)


def _at(row: tuple[Cell, ...], column: int | None) -> str | None:
    return (row[column].shown or None) if column is not None else None


def _indicator(level1: str, level2: str, name: str, text: str, description: str | None, basis: str | None) -> Indicator:
    parts = _OPERATOR.match(text)
    operator = parts.group("operator") if parts else None
    return Indicator(
        level1=level1, level2=level2, level3=name, description=description,
        operator=_SAME.get(operator or "", operator),  # type: ignore[arg-type]
        value=parts.group("value").replace(",", "") if parts else None,
        unit=(parts.group("unit") or None) if parts else None, text=text, basis=basis,
    )  # fmt: skip
