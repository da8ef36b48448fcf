"""Performance forms (绩效目标表) → `Project`: amounts, payment plan, goals, indicators.

A form is labels and values side by side, not a header above rows. It is read by its labels, wherever they stand: Hebei's
form with code and plan, the national one with 年度资金总额, county variants.
"""

from __future__ import annotations

import re
from decimal import Decimal

from budget.amounts import Unit, find_unit
from budget.disclosure import Finding, FindingCell, Project
from budget.printed_text import is_blank, squeeze
from budget.project_words import form_words
from budget.states import Origin, Severity
from extract.statements.doubts import UNIT, UNMEASURED
from extract.statements.forms import PROJECT_LABEL
from extract.statements.model import Cell, Table
from extract.statements.project_amounts import header_unit, money
from extract.statements.project_indicators import indicator_header_row, indicators_below
from extract.statements.project_lists import projects_of_list
from extract.statements.project_stages import stages_of

_MONEY_WITH_UNIT = re.compile(r"(?:人民币)?[\d,.]+[亿万千]?元")


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
            found = projects_of_list(table, table.unit or unit)
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
    return any(header_unit(path) for path in table.paths) or any(
        _MONEY_WITH_UNIT.fullmatch(squeeze(cell.shown)) for row in table.rows for cell in row if cell.own
    )


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
    name = _value_after(table, form_words().names) or _name_behind_its_label(table) or _name_in_title(table)
    if not name:
        return None, []
    amount_unit = _labelled_unit(table) or unit
    header = indicator_header_row(table)
    top = table.rows[:header] if header is not None else table.rows
    indicators = indicators_below(table, header) if header is not None else ()
    place = next((c.at for row in own for c in row), None)
    stages = stages_of(top, amount_unit, _label)
    amount, column = _amount_at(top, form_words().totals, amount_unit) if stages is None else (stages.amount, None)
    clipped = _clipped_totals(top, amount_unit) if amount is None and stages is None else {}
    undecided = len({one for one, _, _ in clipped.values()}) > 1
    if clipped and not undecided:
        amount, column, _ = next(iter(clipped.values()))
    if stages is not None:
        fiscal, other = stages.fiscal, stages.other
    else:
        # below a total of unknown year their own year is unknown too
        fiscal = None if undecided else _amount_at(top, form_words().fiscal, amount_unit, column)[0]
        other = None if undecided else _amount_at(top, form_words().other, amount_unit, column)[0]
    project = Project(
        code=_code(_value_after(table, ("项目编码", "项目代码"))),
        name=name,
        amount=amount,
        fiscal=fiscal,
        other=other,
        executed=None if stages is None else stages.executed,
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
            if (
                not cell.own
                or text in found
                or len(text) < _CLIPPED
                or not any(text in label for label in form_words().totals)
            ):
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


_TITLED = re.compile(
    r"^(?:附?表?[\d一二三四五六七八九十]{0,3}[、.．:：-]?)*(?:20\d\d年度?)?(?P<name>.+?)(?:项目)?(?:支出)?绩效(?:目标)?(?:申报|自评|评价)?表(?:[(（].*[)）])?$"
)
_NO_NAME = re.compile(
    r"^(?:20\d\d年?度?|部门|单位|本级|市级|省级|区级|县级|财政|预算|项目|支出|专项|资金|经费|一般性|重点|政策|任务|整体|转移|支付|总体|绩效|信息|明细|年度|和|及|与)+$"
)


def _name_in_title(table: Table) -> str:
    """The name of a project whose form prints it in its heading alone: `1、参保人员管理绩效目标表`; '' for a heading of any form."""
    found = _TITLED.match(squeeze(table.title or ""))
    name = found["name"] if found else ""
    return "" if _NO_NAME.match(name) or "整体" in name or len(name) < 3 else name


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
                amount = money(value.text, unit) if value is not None else None
                if amount is None and (label in form_words().other or label in form_words().fiscal):
                    # blank beside 其他资金: none; what stands there then is the next label, or nothing
                    amount = "0"
                if amount is not None:
                    found.append((amount, c))
        if found:
            return found[0] if beside is None else min(found, key=lambda one: abs(one[1] - beside))
    return None, None


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

_OUTCOME_HEADS = frozenset(
    ["实际完成情况", "完成情况", "目标实际完成情况", "实际完成情况综述", "目标完成情况", "年度总体目标完成情况综述"]
)


def _goals(table: Table) -> tuple[str, ...]:
    for r, row in enumerate(table.rows):
        own = [c for c in row if c.own and c.shown]
        if len(own) >= 2 and re.search(
            r"^(?:年度)?(?:总体)?(?:绩效)?目标|^年度总体绩效目标|^总体目标|^年度绩效目标", own[0].shown
        ):
            text = own[-1].shown
            below = [c for c in table.rows[r + 1] if c.own and c.shown] if r + 1 < len(table.rows) else []
            if text in _OUTCOME_HEADS and below:
                # 预期目标 | 实际完成情况 head two cells: the goal is the first
                text = next((c.shown for c in below if c.shown != own[0].shown), "")
            if text in _GOAL_HEADS and len(below) == 1:
                text = below[0].shown
            if len(text) < 6:
                continue
            parts = re.split(r"(?<=[。；;])(?=\d+[.、．])|(?<![\d.])(?=\d{1,2}[.、．](?=[^\d\s]))", text)
            return tuple(p for p in (part.strip() for part in parts) if p)
    return ()
