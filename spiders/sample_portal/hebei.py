"""The Hebei layout: nine tables, 序号 and 栏次, three lines above each table, 合计 first, codes in one column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from spiders.sample_portal.ledger import FISCAL, Ledger, read_toml, total
from spiders.sample_portal.statements import (
    ALL_FUNDS,
    Column,
    Income,
    Line,
    Spending,
    Table,
    amount_columns,
    chinese,
    class_rows,
    economic_name,
    economic_rows,
    filled,
    functional_name,
    make_table,
    money,
    people_and_office,
    received_of,
    side_by_side,
    spent_of,
)

CLASSES: list[str] = read_toml("names.toml")["classes"]["hebei"]
ORDINAL = Column(("序号",), "ordinal", 30)
FUNCTION = (
    Column(("功能分类科目", "科目编码"), "code", 62),
    Column(("功能分类科目", "科目名称"), "name", 150),
)
FUND_NAMES = ("一般公共预算拨款", "政府性基金预算拨款", "国有资本经营预算拨款")
FUND_TABLES = {
    "general_budget": (5, "general_budget_expenditure", "一般公共预算"),
    "gov_fund": (7, "government_fund_expenditure", "政府性基金预算"),
    "state_capital": (8, "state_capital_expenditure", "国有资本经营预算"),
}


@dataclass(frozen=True, slots=True)
class HebeiLayout:
    """One department's nine tables. Until 2022 income has nine kinds, from 2023 five with 单位资金."""

    ledger: Ledger
    agency: str
    code: str
    year: int

    def tables(self) -> list[Table]:
        """In printing order."""
        return [
            self.revenue_expenditure_summary(),
            self.revenue_summary(),
            self.expenditure_summary(),
            self.appropriation_summary(),
            self.fund_expenditure("general_budget"),
            self.basic_expenditure(),
            self.fund_expenditure("gov_fund"),
            self.fund_expenditure("state_capital"),
            self.three_public(),
        ]

    @property
    def classes(self) -> list[str]:
        """The functional classes of the summaries; 人行科目 is the 31st from 2023."""
        return CLASSES if self.year < 2023 else [*CLASSES, "人行科目"]

    def _table(
        self, number: int, kind: str, title: str, columns: Sequence[Column], lines: Sequence[Line], empty: str = ""
    ) -> Table:
        above = (f"{self.code}{self.agency}", f"预算年度：{self.year}", "单位：万元")
        note = f"注：本部门{self.year}年没有{empty}，空表列示。"
        return make_table(
            number,
            kind,
            f"部门预算{title}",
            above,
            [ORDINAL, *columns],
            lines,
            note=note,
            lanci=True,
            repeat_above=True,
        )

    def _by_function(self, codes: Sequence[str], amounts: Callable[[str], tuple[str, ...]]) -> list[Line]:
        lines = []
        for n, at in enumerate(["", *codes] if codes else [], 1):
            name = functional_name(at) if at else "合计"
            lines.append(Line((str(n), at, name, *amounts(at)), {None: (at, name)}))
        return lines

    def revenue_expenditure_summary(self) -> Table:
        """Table 1."""
        ledger = self.ledger
        others: tuple[str, ...] = ("事业收入", "事业单位经营收入", "上级补助收入", "附属单位上缴收入", "其他收入")
        if self.year >= 2023:
            others = ("单位资金",)
        names = [*(f"{name}收入" for name in FUND_NAMES), "财政专户管理资金收入", *others]
        amounts = {name: money(ledger.income(fund)) for name, fund in zip(names, FISCAL, strict=False)}
        amounts[others[0]] = money(ledger.income("unit_funds"))
        left: list[Income] = [(f"{chinese(n)}、{name}", name, amounts.get(name, "")) for n, name in enumerate(names, 1)]
        everything = money(ledger.expenditure)
        left = [
            *filled(left, len(self.classes)),
            ("本年收入合计", "本年收入合计", money(ledger.income_of_year)),
            ("上年结转结余", "上年结转结余", money(ledger.carried)),
            ("收入总计", "收入总计", everything),
        ]
        right: list[Spending] = [
            *class_rows(ledger, self.classes, [ALL_FUNDS]),
            ("本年支出合计", "本年支出合计", (everything,)),
            ("年终结转结余", "年终结转结余", ("",)),
            ("支出总计", "支出总计", (everything,)),
        ]
        columns = [
            Column(("收入", "项目"), "name", 170, "revenue"),
            Column(("收入", "预算数"), "amount", 80, "revenue"),
            Column(("支出", "项目"), "name", 170, "expenditure"),
            Column(("支出", "预算数"), "amount", 80, "expenditure"),
        ]
        lines = side_by_side(left, right, ordinal=True)
        return self._table(1, "revenue_expenditure_summary", "收支总表", columns, lines)

    def revenue_summary(self) -> Table:
        """Table 2."""

        def amounts(code: str) -> tuple[str, ...]:
            of = received_of(self.ledger, code)
            year = (money(of["year"]), money(of["fiscal"]), "", money(of["unit_funds"]), "", "", "", "")
            return (money(of["total"]), *year, money(of["carried"]))

        sources = [
            "小计",
            "财政拨款收入",
            "财政专户收入",
            "事业收入",
            "经营收入",
            "上级补助收入",
            "附属单位上缴收入",
            "其他收入",
        ]
        columns = [
            *FUNCTION,
            Column(("合计",), "amount", 62),
            *amount_columns(sources, 56, under=("本年收入",)),
            Column(("上年结转",), "amount", 56),
        ]
        lines = self._by_function(self.ledger.codes(ALL_FUNDS, basic=True), amounts)
        return self._table(2, "revenue_summary", "收入总表", columns, lines)

    def expenditure_summary(self) -> Table:
        """Table 3."""

        def amounts(code: str) -> tuple[str, ...]:
            of = spent_of(self.ledger, code, ALL_FUNDS)
            return money(of["total"]), money(of["basic"]), money(of["project"]), "", "", ""

        names = ["合计", "基本支出", "项目支出", "经营支出", "上解上级支出", "对附属单位补助支出"]
        lines = self._by_function(self.ledger.codes(ALL_FUNDS, basic=True), amounts)
        return self._table(3, "expenditure_summary", "支出总表", [*FUNCTION, *amount_columns(names, 70)], lines)

    def appropriation_summary(self) -> Table:
        """Table 4."""
        ledger = self.ledger
        funds = list(enumerate(zip(FUND_NAMES, FISCAL, strict=True), 1))
        everything = total(ledger.spent(f) for f in FISCAL)
        received: list[Income] = [
            (f"{chinese(n)}、{name}", name, money(ledger.income(fund))) for n, (name, fund) in funds
        ]
        left: list[Income] = [
            *filled(received, len(self.classes)),
            ("本年收入合计", "本年收入合计", money(ledger.fiscal_income)),
            ("年初财政拨款结转和结余", "年初财政拨款结转和结余", money(total(ledger.carried_in(f) for f in FISCAL))),
            *((f"{chinese(n)}、{name}", name, money(ledger.carried_in(fund))) for n, (name, fund) in funds),
            ("收入总计", "收入总计", money(everything)),
        ]
        totals = tuple(money(a) for a in (everything, *(ledger.spent(f) for f in FISCAL)))
        blank = ("",) * 4
        right: list[Spending] = [
            *class_rows(ledger, self.classes, [FISCAL, *((f,) for f in FISCAL)]),
            ("本年支出合计", "本年支出合计", totals),
            ("年末财政拨款结转和结余", "年末财政拨款结转和结余", blank),
            *([("", "", blank)] * 3),
            ("支出总计", "支出总计", totals),
        ]
        names = ["合计", "一般公共预算财政拨款", "政府性基金预算财政拨款", "国有资本经营预算财政拨款"]
        columns = [
            Column(("收入", "项目"), "name", 130, "revenue"),
            Column(("收入", "金额"), "amount", 66, "revenue"),
            Column(("支出", "项目"), "name", 140, "expenditure"),
            *amount_columns(names, 66, under=("支出",), side="expenditure"),
        ]
        lines = side_by_side(left, right, ordinal=True)
        return self._table(4, "appropriation_summary", "财政拨款收支总表", columns, lines)

    def fund_expenditure(self, fund: str) -> Table:
        """Tables 5, 7 and 8: what one fund pays, by functional code."""
        number, kind, subject = FUND_TABLES[fund]

        def amounts(code: str) -> tuple[str, ...]:
            of = spent_of(self.ledger, code, (fund,))
            return money(of["total"]), money(of["basic"]), money(of["project"])

        columns = [*FUNCTION, *amount_columns(["合计", "基本支出", "项目支出"], 84)]
        lines = self._by_function(self.ledger.codes((fund,), basic=fund == "general_budget"), amounts)
        return self._table(number, kind, f"{subject}财政拨款支出表", columns, lines, f"{subject}财政拨款支出")

    def basic_expenditure(self) -> Table:
        """Table 6: 基本支出 by the department's economic codes."""
        lines = []
        for n, (code, amount) in enumerate(economic_rows(self.ledger), 1):
            name = economic_name(code) if code else "合计"
            parts = people_and_office(self.ledger, code, amount)
            lines.append(Line((str(n), code, name, money(amount), *map(money, parts)), {None: (code, name)}))
        columns = [
            Column(("支出部门经济分类科目", "科目编码"), "code", 62),
            Column(("支出部门经济分类科目", "科目名称"), "name", 170),
            *amount_columns(["合计", "人员经费", "公用经费"], 84, under=("一般公共预算基本支出",)),
        ]
        title = "一般公共预算财政拨款基本支出表"
        return self._table(6, "general_budget_basic_expenditure", title, columns, lines, "一般公共预算财政拨款基本支出")

    def three_public(self) -> Table:
        """Table 9: prints 0 where other tables leave a blank."""
        p = self.ledger.three_public
        subjects = [
            ("“三公”经费小计", "“三公”经费小计", p.sum),
            ("一、因公出国（境）费", "因公出国（境）费", p.abroad),
            ("    其中：教学科研人员因公出国（境）费", "教学科研人员因公出国（境）费", Decimal(0)),
            ("          其他因公出国（境）费", "其他因公出国（境）费", p.abroad),
            ("二、公务用车购置及运维费", "公务用车购置及运维费", p.vehicles),
            ("    其中：公务用车购置费", "公务用车购置费", p.purchase),
            ("          公务用车运行维护费", "公务用车运行维护费", p.running),
            ("三、公务接待费", "公务接待费", p.reception),
        ]
        lines = [
            Line((str(n), shown, money(a, zero="0"), money(a, zero="0"), "", ""), {None: ("", name)})
            for n, (shown, name, a) in enumerate(subjects if p.sum else [], 1)
        ]
        names = ["合计", "一般公共预算财政拨款", "政府性基金预算拨款", "国有资本经营预算财政拨款"]
        columns = [Column(("项目",), "name", 210), *amount_columns(names, 76, under=("资金性质",))]
        title, empty = "财政拨款“三公”经费支出表", "安排财政拨款“三公”经费支出"
        return self._table(9, "three_public_expenses", title, columns, lines, empty)
