"""The Shandong layout: twelve tables, codes in three columns 类/款/项, both economic code systems side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from spiders.sample_portal.ledger import FISCAL, Ledger, ThreePublic, read_toml, total
from spiders.sample_portal.statements import (
    ALL_FUNDS,
    Column,
    Income,
    Line,
    Spending,
    Table,
    amount_columns,
    class_rows,
    economic_name,
    economic_rows,
    filled,
    functional_name,
    government_name,
    make_table,
    money,
    people_and_office,
    received_of,
    side_by_side,
    spent_of,
    to_government,
)

CLASSES: list[str] = read_toml("names.toml")["classes"]["shandong"]
FUNCTION = (
    *(Column(("科目编码", part), "code", 26) for part in ("类", "款", "项")),
    Column(("科目名称",), "name", 132),
)
ECONOMIC_CODES = tuple(Column(("科目编码", part), "code", 28) for part in ("类", "款"))
SOURCES = (
    Column(("合计",), "amount", 58),
    *amount_columns(["小计", "一般公共预算", "政府性基金预算"], 58, under=("财政拨款",)),
    *amount_columns(["财政专户管理资金", "单位资金", "使用非财政拨款结余", "上年结转"], 50),
)
FUND_TABLES = {
    "general_budget": (5, "general_budget_expenditure", "一般公共预算"),
    "gov_fund": (8, "government_fund_expenditure", "政府性基金预算"),
    "state_capital": (9, "state_capital_expenditure", "国有资本经营预算"),
}


@dataclass(frozen=True, slots=True)
class ShandongLayout:
    """One body's twelve tables. `word` is 部门 or 单位, `body` 行政 or 事业 (it decides the government's economic codes).

    The revenue table has no column for 国有资本经营预算: a ledger with state capital does not fit this layout.
    """

    ledger: Ledger
    agency: str
    year: int
    word: str
    body: str

    def tables(self) -> list[Table]:
        """In printing order. Raises ValueError for a ledger with state capital."""
        if self.ledger.spent("state_capital"):
            raise ValueError(f"{self.agency}: the Shandong revenue table has no column for 国有资本经营预算")
        return [
            self.revenue_expenditure_summary(),
            self.revenue_summary(),
            self.expenditure_summary(),
            self.appropriation_summary(),
            self.fund_expenditure("general_budget"),
            self.general_basic_expenditure(),
            self.three_public(),
            self.fund_expenditure("gov_fund"),
            self.fund_expenditure("state_capital"),
            self.basic_expenditure(),
            self.project_expenditure(),
            self.procurement(),
        ]

    def _table(
        self, number: int, kind: str, title: str, columns: Sequence[Column], lines: Sequence[Line], empty: str = ""
    ) -> Table:
        above = (f"{self.word}名称：{self.agency}", "", "单位：万元")
        return make_table(number, kind, title, above, columns, lines, note=f"注：{empty}。")

    def _by_function(
        self, codes: Sequence[str], amounts: Callable[[str], tuple[str, ...]], *, total_in_code: bool = False
    ) -> list[Line]:
        """合计 first; `total_in_code` prints it across the code columns instead of as a name."""
        lines = []
        for at in ["", *codes] if codes else []:
            name = functional_name(at) if at else "合计"
            across = total_in_code and not at
            labels = ("合计", "", "", "") if across else (at[:3], at[3:5], at[5:7], name)
            lines.append(Line((*labels, *amounts(at)), {None: (at, name)}, (0, 4) if across else None))
        return lines

    def _by_economic(self, amounts: Callable[[str, Decimal], tuple[str, ...]]) -> list[Line]:
        lines = []
        for code, amount in economic_rows(self.ledger):
            cells, name = ("", "", "合计", "", "", ""), "合计"
            if code:
                other, name = to_government(code, self.body), economic_name(code)
                cells = (code[:3], code[3:], name, other[:3], other[3:], government_name(other))
            lines.append(Line((*cells, *amounts(code, amount)), {None: (code, name)}))
        return lines

    def revenue_expenditure_summary(self) -> Table:
        """Table 1: the funds of 财政拨款收入 are printed below it without the word 其中."""
        ledger, everything = self.ledger, money(self.ledger.expenditure)
        left: list[Income] = [
            ("一、财政拨款收入", "财政拨款收入", money(ledger.fiscal_income)),
            ("    一般公共预算收入", "一般公共预算收入", money(ledger.income("general_budget"))),
            ("    政府性基金预算拨款收入", "政府性基金预算拨款收入", money(ledger.income("gov_fund"))),
            ("    国有资本经营预算拨款收入", "国有资本经营预算拨款收入", money(ledger.income("state_capital"))),
            ("二、财政专户管理资金收入", "财政专户管理资金收入", ""),
            ("三、事业收入（不含教育收费）", "事业收入（不含教育收费）", money(ledger.income("unit_funds"))),
            ("四、事业单位经营收入", "事业单位经营收入", ""),
            ("五、其他收入", "其他收入", ""),
        ]
        left = [
            *filled(left, len(CLASSES)),
            ("本年收入合计", "本年收入合计", money(ledger.income_of_year)),
            ("上级补助收入", "上级补助收入", ""),
            ("附属单位上缴收入", "附属单位上缴收入", ""),
            ("使用非财政拨款结余", "使用非财政拨款结余", ""),
            ("上年结转", "上年结转", money(ledger.carried)),
            ("收入总计", "收入总计", everything),
        ]
        right: list[Spending] = [
            *class_rows(ledger, CLASSES, [ALL_FUNDS]),
            ("本年支出合计", "本年支出合计", (everything,)),
            ("", "", ("",)),
            ("对附属单位的补助支出", "对附属单位的补助支出", ("",)),
            ("上缴上级支出", "上缴上级支出", ("",)),
            ("结转下年", "结转下年", ("",)),
            ("支出总计", "支出总计", (everything,)),
        ]
        columns = [
            Column(("收入", "项目"), "name", 170, "revenue"),
            Column(("收入", "预算数"), "amount", 84, "revenue"),
            Column(("支出", "项目"), "name", 170, "expenditure"),
            Column(("支出", "预算数"), "amount", 84, "expenditure"),
        ]
        lines = side_by_side(left, right, ordinal=False)
        return self._table(1, "revenue_expenditure_summary", "收支总体情况表", columns, lines)

    def revenue_summary(self) -> Table:
        """Table 2."""

        def amounts(code: str) -> tuple[str, ...]:
            of = received_of(self.ledger, code)
            fiscal = (money(of["fiscal"]), money(of["general_budget"]), money(of["gov_fund"]))
            return (money(of["total"]), *fiscal, "", money(of["unit_funds"]), "", "", "", "", "", money(of["carried"]))

        fiscal = ["小计", "一般公共预算收入", "政府性基金预算收入"]
        others = "财政专户管理资金收入 事业收入 事业单位经营收入 其他收入 上级补助收入 附属单位上缴收入 使用非财政拨款结余 上年结转"
        columns = [
            *FUNCTION,
            Column(("合计",), "amount", 54),
            *amount_columns(fiscal, 54, under=("财政拨款收入",)),
            *amount_columns(others.split(), 46),
        ]
        lines = self._by_function(self.ledger.codes(ALL_FUNDS, basic=True), amounts)
        return self._table(2, "revenue_summary", "收入总体情况表", columns, lines)

    def expenditure_summary(self) -> Table:
        """Table 3."""

        def amounts(code: str) -> tuple[str, ...]:
            of = spent_of(self.ledger, code, ALL_FUNDS)
            return money(of["total"]), money(of["basic"]), money(of["project"]), "", "", "", ""

        names = ["合计", "基本支出", "项目支出", "上缴上级支出", "对附属单位补助支出", "事业单位经营支出", "结转下年"]
        lines = self._by_function(self.ledger.codes(ALL_FUNDS, basic=True), amounts)
        columns = [*FUNCTION, *amount_columns(names, 64)]
        return self._table(3, "expenditure_summary", "支出总体情况表", columns, lines)

    def appropriation_summary(self) -> Table:
        """Table 4: three header rows."""
        ledger = self.ledger
        everything = total(ledger.spent(f) for f in FISCAL)
        received: list[Income] = [
            ("一、一般公共预算收入", "一般公共预算收入", money(ledger.income("general_budget"))),
            ("二、政府性基金预算收入", "政府性基金预算收入", money(ledger.income("gov_fund"))),
            ("三、国有资本经营预算", "国有资本经营预算", money(ledger.income("state_capital"))),
        ]
        left: list[Income] = [
            *filled(received, len(CLASSES)),
            ("本年收入合计", "本年收入合计", money(ledger.fiscal_income)),
            ("上年结转", "上年结转", money(total(ledger.carried_in(f) for f in FISCAL))),
            ("其中：一般公共预算结转", "一般公共预算结转", money(ledger.carried_in("general_budget"))),
            ("      政府性基金预算结转", "政府性基金预算结转", money(ledger.carried_in("gov_fund"))),
            ("      国有资本经营预算结转", "国有资本经营预算结转", money(ledger.carried_in("state_capital"))),
            ("收入总计", "收入总计", money(everything)),
        ]
        totals = tuple(money(a) for a in (everything, *(ledger.spent(f) for f in FISCAL)))
        blank = ("",) * 4
        right: list[Spending] = [
            *class_rows(ledger, CLASSES, [FISCAL, *((f,) for f in FISCAL)]),
            ("本年支出合计", "本年支出合计", totals),
            ("结转下年", "结转下年", blank),
            *([("", "", blank)] * 3),
            ("支出总计", "支出总计", totals),
        ]
        names = ["总计", "一般公共预算", "政府性基金预算", "国有资本经营预算"]
        columns = [
            Column(("收入", "项目"), "name", 130, "revenue"),
            Column(("收入", "预算数"), "amount", 66, "revenue"),
            Column(("支出", "项目"), "name", 150, "expenditure"),
            *amount_columns(names, 66, under=("支出", "预算数"), side="expenditure"),
        ]
        lines = side_by_side(left, right, ordinal=False)
        return self._table(4, "appropriation_summary", "财政拨款收支总体情况表", columns, lines)

    def fund_expenditure(self, fund: str) -> Table:
        """Tables 5, 8 and 9: 合计 stands across the code columns."""
        number, kind, subject = FUND_TABLES[fund]

        def amounts(code: str) -> tuple[str, ...]:
            of = spent_of(self.ledger, code, (fund,))
            return tuple(money(of[m]) for m in ("total", "basic", "personnel", "public", "project"))

        columns = [
            *FUNCTION,
            Column(("合计",), "amount", 76),
            *amount_columns(["小计", "人员支出", "日常公用支出"], 76, under=("基本支出",)),
            Column(("项目支出",), "amount", 76),
        ]
        codes = self.ledger.codes((fund,), basic=fund == "general_budget")
        lines = self._by_function(codes, amounts, total_in_code=True)
        empty = f"{self.year}年没有使用{subject}拨款安排的支出"
        return self._table(number, kind, f"{subject}支出情况表", columns, lines, empty)

    def general_basic_expenditure(self) -> Table:
        """Table 6: the department's and the government's economic codes in one row."""

        def amounts(code: str, amount: Decimal) -> tuple[str, ...]:
            return (money(amount), *map(money, people_and_office(self.ledger, code, amount)))

        columns = [
            *ECONOMIC_CODES,
            Column(("部门预算支出经济分类科目名称",), "name", 120),
            *ECONOMIC_CODES,
            Column(("政府预算支出经济分类科目名称",), "text", 120),
            *amount_columns(["小计", "人员支出", "日常公用支出"], 70, under=("基本支出预算",)),
        ]
        empty = f"{self.year}年没有使用一般公共预算拨款安排的基本支出"
        title = "一般公共预算基本支出情况表"
        return self._table(6, "general_budget_basic_expenditure", title, columns, self._by_economic(amounts), empty)

    def three_public(self) -> Table:
        """Table 7: last year and this year side by side in one row without a name."""

        def columns(year: int) -> list[Column]:
            block = (f"{year}年预算数",)
            vehicles = (*block, "公务用车购置及运行维护费")
            return [
                *amount_columns(["合计", "因公出国（境）经费"], 56, under=block),
                *amount_columns(["小计", "公务用车购置经费", "公务用车运行维护费"], 56, under=vehicles),
                *amount_columns(["公务接待费"], 56, under=block),
            ]

        def cells(p: ThreePublic) -> tuple[str, ...]:
            return tuple(money(a) for a in (p.sum, p.abroad, p.vehicles, p.purchase, p.running, p.reception))

        before, now = self.ledger.three_public_before, self.ledger.three_public
        lines = [Line((*cells(before), *cells(now)), {None: ("", "")})] if now.sum else []
        both = [*columns(self.year - 1), *columns(self.year)]
        empty = f"{self.year}年没有一般公共预算“三公”经费支出"
        return self._table(7, "three_public_expenses", "一般公共预算“三公”经费支出情况表", both, lines, empty)

    def basic_expenditure(self) -> Table:
        """Table 10: 基本支出 of all funds; here 一般公共预算 pays all of it."""

        def amounts(_: str, amount: Decimal) -> tuple[str, ...]:
            return money(amount), money(amount), money(amount), "", "", "", "", ""

        columns = [
            *ECONOMIC_CODES,
            Column(("部门预算支出经济分类科目",), "name", 100),
            *ECONOMIC_CODES,
            Column(("政府预算支出经济分类科目",), "text", 100),
            *SOURCES,
        ]
        empty = f"{self.agency}{self.year}年没有基本支出预算"
        return self._table(10, "basic_expenditure", "基本支出预算情况表", columns, self._by_economic(amounts), empty)

    def project_expenditure(self) -> Table:
        """Table 11: projects by name, without codes."""
        projects = self.ledger.projects
        whole = funding([(p.amount, p.fund, p.carried) for p in projects])
        lines = [Line(("合计", "", *whole), {None: ("", "合计")})] if projects else []
        for p in projects:
            lines.append(Line((p.name, p.type, *funding([(p.amount, p.fund, p.carried)])), {None: ("", p.name)}))
        columns = [Column(("项目名称",), "name", 180), Column(("项目类型",), "text", 60), *SOURCES]
        empty = f"{self.year}年没有项目支出预算"
        return self._table(11, "project_expenditure", "项目支出预算情况表", columns, lines, empty)

    def procurement(self) -> Table:
        """Table 12: 政府采购 by functional code, three header rows."""
        bought = self.ledger.procurement

        def amounts(code: str) -> tuple[str, ...]:
            return funding([(p.amount, "general_budget", False) for p in bought if p.code.startswith(code)])

        codes: list[str] = []
        for at in sorted({p.code for p in bought}):
            codes += [c for c in (at[:3], at[:5], at) if c not in codes]
        columns = [*FUNCTION, *(Column(("资金来源", *c.path), "amount", c.width) for c in SOURCES)]
        empty = f"{self.year}年没有安排政府采购预算"
        return self._table(12, "procurement", "政府采购预算情况表", columns, self._by_function(codes, amounts), empty)


def funding(amounts: Sequence[tuple[Decimal, str, bool]]) -> tuple[str, ...]:
    """The cells of `SOURCES` for (amount, fund, carried) lines: carried money counts as 上年结转 alone."""

    def of(fund: str) -> Decimal:
        return total(a for a, f, carried in amounts if f == fund and not carried)

    fiscal = total(of(f) for f in FISCAL)
    last = total(a for a, _, carried in amounts if carried)
    everything = fiscal + of("unit_funds") + last
    parts = (money(fiscal), money(of("general_budget")), money(of("gov_fund")), "", money(of("unit_funds")), "")
    return (money(everything), *parts, money(last))
