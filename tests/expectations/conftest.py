"""Disclosures to judge: built from plain tables, and from the truth files of the shared samples where these are present."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from budget.amounts import NotAnAmountError, Unit, decimal_text, parse_amount, to_wan
from budget.codes import level_of, system_of
from budget.disclosure import Disclosure, Document, Fact, Project, ProseFact, Row, Statement, TablePlace
from budget.printed_text import plain_name, says_of_which, squeeze

SHARED = Path(os.environ.get("YUSUAN_SHARED") or Path(__file__).parents[2].parent / "shared")

FUND_WORDS = {"一般": "general_budget", "基金": "gov_fund", "国有资本": "state_capital"}
MEASURES = (
    ("财政专户", "fiscal_account_funds"), ("事业收入", "business_revenue"), ("经营收入", "operating_revenue"),
    ("上级补助", "superior_subsidy"), ("附属单位上缴", "affiliated_payment"), ("其他收入", "other_revenue"),
    ("其他资金", "unit_funds"), ("单位资金", "unit_funds"), ("使用非财政拨款结余", "non_fiscal_surplus_used"),
    ("结转下年", "carry_over_out"), ("年末", "carry_over_out"), ("结转", "carry_over_in"), ("经营支出", "operating_expenditure"),
    ("上缴上级", "paid_up"), ("上解上级", "paid_up"), ("对附属单位", "subsidy_down"), ("人员", "personnel"),
    ("公用", "public"), ("基本支出", "basic"), ("项目支出", "project"), ("财政拨款", "fiscal_total"),
    ("数量", "quantity"), ("单价", "unit_price"), ("预留", "sme_reserved"),
)  # fmt: skip


def measure_of(path: list[str]) -> tuple[str, str | None]:
    """(measure, fund) of a header path, from its leaf upward, as docs/field.md names them."""
    levels = [squeeze(level) for level in path]
    leaf = levels[-1]
    fund = next((name for word, name in FUND_WORDS.items() if word in leaf), None)
    if fund:
        return fund, fund
    if leaf in ("小计", "合计", "总计") and len(levels) > 1:
        if "本年收入" in levels[-2]:
            return "current_year_subtotal", None
        if "财政拨款" in levels[-2] and "支出" not in levels[-2]:
            return "fiscal_total", None
        if levels[-2].endswith("基本支出") and len(levels) > 1 and "一般公共预算" not in levels[-2]:
            return "basic", None
        return "total", None
    for word, measure in MEASURES:
        if word in leaf:
            return measure, None
    for word, measure in MEASURES:
        if any(word in level for level in levels[:-1]) and measure in ("personnel", "public"):
            return measure, None
    return "total", None


def role_of(name: str, code: str, printed: str) -> str:
    if name in ("收入总计", "支出总计", "总计"):
        return "grand_total"
    if name in ("合计", "本年收入合计", "本年支出合计") or name.endswith("经费合计"):
        return "total"
    if "小计" in name:
        return "subtotal"
    if says_of_which(printed):
        return "of_which"
    if "结转" in name:
        return "carry"
    return level_of(code) or "detail"


def from_truth(path: Path) -> Disclosure:
    """A truth file as the disclosure a perfect extraction would give (amount columns only, no prose)."""
    truth = json.loads(path.read_text(encoding="utf-8"))
    statements, facts = [], []
    position = 0
    for block in truth["blocks"]:
        if block["type"] != "table" or block.get("kind") == "performance":
            continue
        position += 1
        statements.append(_statement(block, position))
    kinds = {statement.id: statement for statement in statements}
    numbers = {statement.id: number for number, statement in enumerate(statements, 1)}
    for number, given in enumerate(truth["facts"]):
        statement = kinds.get(given["table_id"])
        if statement is not None:
            facts.append(_fact(number, given, statement, numbers[statement.id]))
    projects = tuple(
        Project.model_validate({key: value for key, value in given.items() if key in Project.model_fields})
        for given in truth.get("projects", [])
    )
    prose = tuple(
        ProseFact(
            topic=given["topic"], amount=given.get("amount"), percent=given.get("percent"),
            count=str(given["count"]) if given.get("count") is not None else None, unit=given.get("unit"),
            fiscal_year=truth["fiscal_year"], sentence=given["sentence"],
        )
        for given in truth.get("prose_facts", [])
    )  # fmt: skip
    kind = truth.get("document_kind") or "department_budget"
    return Disclosure(
        document=Document(
            file=truth["file"], sha256=hashlib.sha256(path.name.encode()).hexdigest(), reader="docx", kind=kind,
            fiscal_year=truth["fiscal_year"],
        ),
        statements=tuple(statements), facts=tuple(facts), projects=projects, prose_facts=prose,
    )  # fmt: skip


def _statement(block: dict[str, Any], position: int) -> Statement:
    rows = [
        Row(cells=tuple(cells), at=tuple(TablePlace(table=position, row=r, col=c) for c in range(len(cells))))
        for r, cells in enumerate(block["body"])
    ]
    return Statement(
        id=block["id"], kind=block.get("statement") or "unknown", title=squeeze(block["title"]), unit=block["unit"],
        columns=tuple(tuple(squeeze(level) for level in path) for path in block["columns"]), rows=tuple(rows),
        notes=tuple(block.get("notes") or ()), declared_empty=bool(block.get("notes")) and not _numbers(block),
    )  # fmt: skip


def _numbers(block: dict[str, Any]) -> bool:
    return any(re.search(r"[1-9]", cell) for row in block["body"] for cell in row[1:])


def _fact(number: int, given: dict[str, Any], statement: Statement, position: int) -> Fact:
    printed = given.get("row_name") or given.get("row_key") or ""
    code = given.get("row_code") or ""
    name = plain_name(printed)
    measure, fund = measure_of(given["column"])
    side = given.get("side")
    if side is None and statement.kind in ("revenue_expenditure_summary", "appropriation_summary"):
        side = "revenue" if "收入" in given["column"][0] else "expenditure"
    year = re.search(r"(20\d\d)年", given["column"][0])
    return Fact.model_validate({
        "id": f"f{number}", "statement_id": statement.id, "kind": statement.kind, "row": given["row"], "col": given["col"],
        "column": tuple(squeeze(level) for level in given["column"]), "side": side, "code": code,
        "code_system": system_of(code), "name": name, "role": role_of(name, code, printed), "measure": measure,
        "fund": fund, "fiscal_year": int(year.group(1)) if year else given.get("fiscal_year"),
        "basis": given.get("basis"), "raw": given["rendered"], "amount": given["amount"],
        "at": TablePlace(table=position, row=given["row"], col=given["col"]),
    })  # fmt: skip


@pytest.fixture(scope="session")
def samples() -> Path:
    """The shared sample folder; tests that need it are skipped where it is absent."""
    folder = SHARED / "samples"
    if not folder.is_dir():
        pytest.skip("the shared samples are not here")
    return folder


@pytest.fixture(scope="session")
def truth() -> Callable[[Path], Disclosure]:
    """A truth file as a disclosure."""
    return from_truth


@pytest.fixture
def document() -> Callable[..., Disclosure]:
    """A disclosure from plain tables: (kind, header paths, rows of printed cells), money columns recognised by their cells."""
    return build


NO_MONEY = ("科目编码", "数量", "单价")


def build(*tables: dict[str, Any], year: int = 2024, kind: str = "department_budget", **more: Any) -> Disclosure:
    """Each table: kind, columns (paths joined by /), rows, and optionally title, unit, notes, declared_empty, id."""
    statements, facts = [], []
    for position, table in enumerate(tables, 1):
        sid = table.get("id") or f"t{position:02}"
        columns = tuple(tuple(path.split("/")) for path in table["columns"])
        rows = [tuple(row) for row in table["rows"]]
        statement = Statement(
            id=sid, kind=table["kind"], title=table.get("title") or table["kind"], unit=table.get("unit", "万元"),
            columns=columns, declared_empty=table.get("declared_empty", False), notes=tuple(table.get("notes", ())),
            rows=tuple(
                Row(cells=row, at=tuple(TablePlace(table=position, row=r, col=c) for c in range(len(row))))
                for r, row in enumerate(rows)
            ),
        )  # fmt: skip
        statements.append(statement)
        facts += _facts(statement, position, year)
    return Disclosure(
        document=Document(file="made.docx", sha256=more.pop("sha256", "a" * 64), reader="docx", kind=kind, fiscal_year=year),
        statements=tuple(statements), facts=tuple(facts), **more,
    )  # fmt: skip


def _is_text(statement: Statement, col: int) -> bool:
    for row in statement.rows:
        try:
            parse_amount(row.cells[col])
        except NotAnAmountError:
            return True
    return statement.columns[col][-1] in ("科目编码", "单位编码")


def _facts(statement: Statement, position: int, year: int) -> list[Fact]:
    unit = Unit(statement.unit or "万元")
    texts = [c for c in range(len(statement.columns)) if _is_text(statement, c)]
    no_money = [c for c, path in enumerate(statement.columns) if path[-1] in NO_MONEY]
    facts = []
    for r, row in enumerate(statement.rows):
        for c, raw in enumerate(row.cells):
            if c in texts or c in no_money:
                continue
            value = parse_amount(raw)
            if value is None:
                continue
            before = [row.cells[t] for t in texts if t < c]
            two_sided = statement.kind in ("revenue_expenditure_summary", "appropriation_summary")
            if two_sided:
                before = before[-1:]
            code = next((squeeze(text) for text in before if re.fullmatch(r"\d{3,7}", squeeze(text))), "")
            printed = before[-1] if before and squeeze(before[-1]) != code else ""
            if not printed:
                printed = next((text for text in before if text and squeeze(text) != code), "")
            name = plain_name(printed)
            measure, fund = measure_of(list(statement.columns[c]))
            facts.append(
                Fact.model_validate({
                    "id": f"{statement.id}.{r}.{c}", "statement_id": statement.id, "kind": statement.kind, "row": r, "col": c,
                    "column": statement.columns[c],
                    "side": None if not two_sided else "revenue" if "收入" in statement.columns[c][0] else "expenditure",
                    "code": code, "code_system": system_of(code), "name": name, "role": role_of(name, code, printed),
                    "measure": measure, "fund": fund, "fiscal_year": year, "raw": raw,
                    "amount": decimal_text(to_wan(value, unit)), "at": TablePlace(table=position, row=r, col=c),
                })
            )  # fmt: skip
    return facts


@pytest.fixture(scope="session")
def every_kind() -> list[Disclosure]:
    """A made document of each shape that the checks tell apart: summaries, codes, lists, lists side by side, forms, prose."""
    by_code = ["科目编码", "科目名称", "合计", "基本支出", "项目支出"]
    rows = [
        ["", "合计", "60.00", "35.00", "25.00"], ["208", "社会保障和就业支出", "60.00", "35.00", "25.00"],
        ["20801", "人力资源和社会保障管理事务", "30.00", "5.00", "25.00"], ["2080101", "行政运行", "30.00", "5.00", "25.00"],
        ["20805", "行政事业单位养老支出", "30.00", "30.00", ""],
    ]  # fmt: skip
    summaries = [
        {
            "kind": kind, "title": title,
            "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/合计", "支出/一般公共预算", "支出/政府性基金预算"][: 6 if many else 4],
            "rows": [
                row[: 6 if many else 4]
                for row in (
                    ["一、财政拨款收入", "60.00", "一、社会保障和就业支出", "60.00", "40.00", "20.00"],
                    ["一般公共预算收入", "40.00", "二、卫生健康支出", "", "", ""],
                    ["政府性基金预算收入", "20.00", "", "", "", ""],
                    ["本年收入合计", "60.00", "本年支出合计", "60.00", "40.00", "20.00"],
                    ["上年结转", "", "结转下年", "", "", ""],
                    ["收入总计", "60.00", "支出总计", "60.00", "40.00", "20.00"],
                )
            ],
        }
        for kind, title, many in (
            ("revenue_expenditure_summary", "收支总表", False), ("appropriation_summary", "财政拨款收支总表", True),
        )
    ]  # fmt: skip
    coded = [
        {"kind": kind, "columns": by_code, "rows": rows}
        for kind in ("expenditure_summary", "general_budget_expenditure", "government_fund_expenditure")
    ]
    income = {
        "kind": "revenue_summary",
        "columns": ["科目编码", "科目名称", "合计", "本年收入/小计", "本年收入/财政拨款收入", "本年收入/其他收入", "上年结转"],
        "rows": [["", "合计", "60.00", "60.00", "60.00", "", ""], ["208", "社会保障和就业支出", "60.00", "60.00", "60.00", "", ""]],
    }  # fmt: skip
    economic = {
        "kind": "general_budget_basic_expenditure", "columns": ["科目编码", "科目名称", "合计", "人员经费", "公用经费"],
        "rows": [
            ["", "合计", "35.00", "30.00", "5.00"], ["301", "工资福利支出", "30.00", "30.00", ""],
            ["30101", "基本工资", "30.00", "30.00", ""], ["302", "商品和服务支出", "5.00", "", "5.00"],
            ["30201", "办公费", "4.00", "", "4.00"], ["30217", "公务接待费", "1.00", "", "1.00"],
        ],
    }  # fmt: skip
    beside = {
        "kind": "general_budget_basic_expenditure",
        "columns": ["科目编码", "科目名称", "决算数", "科目编码", "科目名称", "决算数"],
        "rows": [
            ["301", "工资福利支出", "30.00", "302", "商品和服务支出", "5.00"],
            ["30101", "基本工资", "30.00", "30201", "办公费", "4.00"],
            ["", "", "", "30217", "公务接待费", "1.00"], ["人员经费合计", "", "30.00", "公用经费合计", "", "5.00"],
        ],
    }  # fmt: skip
    procurement = {
        "kind": "procurement", "columns": ["项目名称", "预算资金", "采购物品", "数量", "单价", "金额", "其中：预留中小企业份额"],
        "rows": [
            ["合计", "", "", "", "", "9.00", "2.00"], ["甲", "10.00", "桌", "2", "2.00", "4.00", "2.00"],
            ["甲", "10.00", "椅", "5", "1.00", "5.00", ""], ["小计", "", "", "", "", "9.00", "2.00"],
        ],
    }  # fmt: skip
    three = {
        "kind": "three_public_expenses", "columns": ["项目", "合计", "一般公共预算"],
        "rows": [
            ["三公经费合计", "3.00", "3.00"], ["因公出国（境）费", "", ""], ["公务用车购置及运行费", "2.00", "2.00"],
            ["其中：购置费", "", ""], ["运行费", "2.00", "2.00"], ["公务接待费", "1.00", "1.00"],
        ],
    }  # fmt: skip
    assets = {
        "kind": "fixed_assets", "columns": ["项目", "数量", "价值"],
        "rows": [["资产总额", "——", "9.00"], ["一、房屋", "1", "5.00"], ["其中：办公用房", "1", "4.00"], ["二、车辆", "2", "4.00"]],
    }  # fmt: skip
    duties = {
        "kind": "department_performance", "columns": ["职责活动", "年度预算数", "优", "良", "中", "差"],
        "rows": [["一、职责", "9.00", "≥90%", "≥80%", "≥60%", "＜60%"], ["1、活动", "9.00", "≥95", "", "x", "<91"]],
    }  # fmt: skip
    units = {
        "kind": "organisation",
        "columns": ["序号", "单位名称", "编制"],
        "rows": [["1", "本级", "12"], ["2", "中心", "8"]],
    }
    projects = {
        "kind": "project_expenditure", "columns": ["项目名称", "合计", "财政拨款/小计", "财政拨款/一般公共预算"],
        "rows": [["合计", "25.00", "25.00", "25.00"], ["甲", "10.00", "10.00", "10.00"], ["乙", "15.00", "15.00", "15.00"]],
    }  # fmt: skip
    whole = [*summaries, income, *coded, economic, three, procurement, projects, assets, duties, units]
    return [build(*whole), build(*summaries, *coded, beside, three, kind="final_account"), build(*whole, *whole[:4])]
