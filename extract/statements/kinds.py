"""Which statement a table is: what its header can only be, then its title, then what its header suggests."""

from __future__ import annotations

import re

from budget.kinds import classify_title
from budget.measures import fold_header, item_of_row, measure_of_level
from budget.project_words import fold_label, indicator_header, is_project_name
from extract.statements.figures import is_amount_text
from extract.statements.forms import PROJECT_LABEL
from extract.statements.model import Table


def classify(table: Table) -> str:
    """The statement kind of a table: what its header can only be, then its title, then what its header suggests."""
    certain = _certain_kind(table)
    if certain:
        return certain
    titled = classify_title(table.title) if table.title else None
    if titled and titled not in ("project_performance", "organisation"):
        return titled
    return _suggested_kind(table) or titled or "unknown"


_ABOUT_UNITS = frozenset(
    [
        "单位性质",
        "单位规格",
        "经费保障形式",
        "拟变动情况",
        "经费性质",
        "在职人数",
        "预算单位性质",
        "单位类型",
        "编制数",
        "人员编制",
        "变动情况",
        "在职人员",
        "单位级别",
    ]
)


def _certain_kind(table: Table) -> str | None:
    leaves = {fold_header(level) for path in table.paths for level in path}
    if table.form:
        words = {cell.shown for row in table.rows for cell in row}
        title = table.title or ""
        if any(PROJECT_LABEL.match(cell.shown) for row in table.rows[:3] for cell in row[:1]):
            return "project_performance"  # 专项资金整体绩效目标表 is a form for one 专项, not for the department
        if "整体" in title or any(w.startswith(("整体绩效目标", "部门整体")) for w in words):
            return "department_performance"
        return "project_performance"
    if "职责活动" in leaves:
        return "department_performance"
    folded = {fold_label(level) for path in table.paths for level in path}
    tells = any(leaf.endswith(("绩效目标", "绩效指标")) for leaf in folded) or len(folded & indicator_header()) >= 3
    if tells and any(is_project_name(path[-1]) for path in table.paths if path):
        return "project_performance"
    if leaves & {"采购物品名称", "政府采购目录序号", "采购品目名称", "采购品目", "采购目录", "采购项目名称"}:
        return "procurement"
    if "单位名称" in leaves and leaves & _ABOUT_UNITS:
        return "organisation"
    return None


def _suggested_kind(table: Table) -> str | None:
    measures = {m for path in table.paths for level in path if (m := measure_of_level(level))}
    levels = {fold_header(level) for path in table.paths for level in path}
    names = [cell.shown for row in table.rows for cell in row[:3] if cell.own]
    tops = {fold_header(path[0]) for path in table.paths if path}
    money = sum(role == "money" for role in table.roles)
    if not money:
        return None
    items = {n: item for n in names if n and (item := item_of_row(n))}
    several = len(set(items.values()) & {"abroad", "reception", "vehicle_total"}) >= 2
    # tables by economic class name the same items among many others
    mostly = sum(n in items for n in names if n) * 2 >= sum(bool(n) and not is_amount_text(n) for n in names)
    if {"abroad", "reception"} <= measures or (several and mostly):
        return "three_public_expenses"
    if levels & {"价值"} and any(n.startswith(("资产总额", "一、土地", "房屋", "1、房屋")) for n in names):
        return "fixed_assets"
    if any(t.endswith("收入") for t in tops) and any(t.endswith("支出") for t in tops):
        return "appropriation_summary" if {"general_budget", "gov_fund"} <= measures else "revenue_expenditure_summary"
    if (
        len(
            {"business_revenue", "superior_subsidy", "other_revenue", "operating_revenue", "affiliated_payment"}
            & measures
        )
        >= 2
    ):
        return "revenue_summary"
    if {"basic", "project"} <= measures and len({"operating_expenditure", "paid_up", "subsidy_down"} & measures) >= 1:
        return "expenditure_summary"
    if "项目名称" in levels and any("项目" in t for t in levels):
        return "project_expenditure"
    return None


_TOLD = re.compile(r"[\u4e00-\u9fff]{2}|^-?(?:\d[\d,，]*\.\d+|\d{1,3}(?:[,，]\d{3})+)$")
"""A word, or an amount by itself."""


def is_statement(table: Table) -> bool:
    """Whether a table goes into the disclosure: it has a known kind, or it shows a number that must not be lost.

    Lists of words (contents of the document, duties) are no statements.
    """
    if not table.rows and not table.paths:
        return False
    bare = not table.form and not any(table.paths)
    if bare and not any(_TOLD.search(cell.shown) for row in table.rows for cell in row if cell.own):
        return bool(table.notes) and table.kind != "unknown"  # the scale and the bars of a chart
    if table.kind != "unknown":
        return True
    if any(fold_header(level) in ("报表名称", "是否空表") for path in table.paths for level in path):
        return False
    texts = {cell.shown for row in table.rows for cell in row}
    if texts & {"报表名称", "是否空表"}:
        return False
    return any(is_amount_text(cell.shown) for row in table.rows for cell in row if cell.own)
