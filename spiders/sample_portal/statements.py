"""`Table`: a statement as it is printed, with the facts that stand in it. The Hebei and the Shandong layout.

A table is header rows with spans, body rows and notes; each figure knows the statement kind, header path, code and name
it must be read as, so that the truth of a document falls out of making it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from spiders.sample_portal.ledger import FISCAL, PERSONNEL, Ledger, ThreePublic, read_toml, total

Span = tuple[int, int, int, int]
"""Row, column, rows, columns of a merged header or body cell."""


@dataclass(frozen=True, slots=True)
class Column:
    """A printed column. `path` is its header path; `role` decides alignment and whether figures in it are facts."""

    path: tuple[str, ...]
    role: str  # ordinal | code | name | text | amount
    width: float
    side: str | None = None


@dataclass(frozen=True, slots=True)
class TrueFact:
    """One figure as it must be read: amounts in 万元."""

    table: int
    kind: str
    column: tuple[str, ...]
    side: str | None
    code: str
    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class Line:
    """A body row: what is printed, and the code and name of each side of it."""

    cells: tuple[str, ...]
    keys: dict[str | None, tuple[str, str]]
    merged: tuple[int, int] | None = None
    """First column and number of columns printed as one cell."""


@dataclass(frozen=True, slots=True)
class Table:
    """One statement. `above` are the lines over it (left, middle, right); `lanci` the 栏次 row, part of the header."""

    number: int
    kind: str
    title: str
    above: tuple[tuple[str, str, str], ...]
    columns: tuple[Column, ...]
    header: tuple[tuple[str, ...], ...]
    spans: tuple[Span, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    repeat_above: bool = False

    def facts(self) -> list[TrueFact]:
        """Every printed figure of a money column."""
        found = []
        for line in self.lines:
            for column, text in zip(self.columns, line.cells, strict=True):
                if column.role == "amount" and text.strip():
                    code, name = line.keys[column.side]
                    found.append(TrueFact(self.number, self.kind, column.path, column.side, code, name, text))
        return found


def money(amount: Decimal, *, zero: str = "") -> str:
    """Two places, blank for nothing."""
    return f"{amount:.2f}" if amount else zero


def functional_name(code: str) -> str:
    return read_toml("names.toml")["functional"][code]


def economic_name(code: str) -> str:
    return read_toml("names.toml")["department_economic"][code]


def to_government(code: str, body: str) -> str:
    """The government's economic code of a department's economic code, for 行政 or 事业 bodies."""
    table = read_toml("names.toml")["to_government"][body]
    return table.get(code) or table[f"{code[:3]}__"]


# --- headers ----------------------------------------------------------------------------------------------------------


def header_of(columns: Sequence[Column], depth: int) -> tuple[tuple[tuple[str, ...], ...], tuple[Span, ...]]:
    """Header rows and spans of columns from their paths: equal neighbours join, a short path reaches down."""
    rows = [[""] * len(columns) for _ in range(depth)]
    spans: list[Span] = []
    for level in range(depth):
        at = 0
        while at < len(columns):
            path = columns[at].path
            if level >= len(path):
                at += 1
                continue
            last = level == len(path) - 1
            wide = 1
            while not last and at + wide < len(columns) and columns[at + wide].path[: level + 1] == path[: level + 1]:
                wide += 1
            tall = depth - level if last else 1
            rows[level][at] = path[level]
            if wide > 1 or tall > 1:
                spans.append((level, at, tall, wide))
            at += wide
    return tuple(tuple(r) for r in rows), tuple(spans)


def _table(
    number: int,
    kind: str,
    title: str,
    above: Iterable[tuple[str, str, str]],
    columns: Sequence[Column],
    depth: int,
    lines: Iterable[Line],
    *,
    lanci: bool = False,
    notes: Iterable[str] = (),
    repeat_above: bool = False,
) -> Table:
    header, spans = header_of(columns, depth)
    if lanci:
        header = (*header, ("栏次", *(str(n) for n in range(1, len(columns)))))
    return Table(
        number, kind, title, tuple(above), tuple(columns), header, spans, tuple(lines), tuple(notes), repeat_above
    )


def _amounts(prefix: tuple[str, ...], names: Sequence[str], width: float, side: str | None = None) -> list[Column]:
    return [Column((*prefix, name), "amount", width, side) for name in names]


# --- functional rows --------------------------------------------------------------------------------------------------


def _sums(ledger: Ledger, code: str, funds: Sequence[str], *, basic: bool) -> dict[str, Decimal]:
    """What the items below a code spend of these funds. `code` '' is everything."""
    items = ledger.under(code)
    personnel = total(i.personnel for i in items) if basic else Decimal(0)
    public = total(i.public for i in items) if basic else Decimal(0)
    project = total(i.project(funds) for i in items)
    return {
        "personnel": personnel,
        "public": public,
        "basic": personnel + public,
        "project": project,
        "total": personnel + public + project,
    }


ALL_FUNDS = (*FISCAL, "unit_funds")


def _revenue(ledger: Ledger, code: str) -> dict[str, Decimal]:
    """What flows in for the items below a code: by fund, without and with last year's balance."""
    items = ledger.under(code)
    basic = total(i.basic for i in items)
    fund = {f: total(i.project((f,)) - i.carried((f,)) for i in items) for f in ALL_FUNDS}
    fund["general_budget"] += basic
    carried = total(i.carried(ALL_FUNDS) for i in items)
    fiscal = total(fund[f] for f in FISCAL)
    year = fiscal + fund["unit_funds"]
    return {**fund, "fiscal": fiscal, "year": year, "carried": carried, "total": year + carried}


# --- Hebei: nine tables -----------------------------------------------------------------------------------------------

HEBEI_CLASSES = ["一般公共服务支出", "外交支出", "国防支出", "公共安全支出", "教育支出", "科学技术支出", "文化旅游体育与传媒支出", "社会保障和就业支出", "社会保险基金支出", "卫生健康支出", "节能环保支出", "城乡社区支出", "农林水支出", "交通运输支出", "资源勘探工业信息等支出", "商业服务业等支出", "金融支出", "援助其他地区支出", "自然资源海洋气象等支出", "住房保障支出", "粮油物资储备支出", "国有资本经营预算支出", "灾害防治及应急管理支出", "预备费", "其他支出", "转移性支出", "债务还本支出", "债务付息支出", "债务发行费用支出", "抗疫特别国债安排的支出"]
SHANDONG_CLASSES = ["一般公共服务支出", "外交支出", "公共安全支出", "教育支出", "科学技术支出", "文化旅游体育与传媒支出", "社会保障和就业支出", "卫生健康支出", "节能环保支出", "城乡社区支出", "农林水支出", "交通运输支出", "资源勘探工业信息等支出", "商业服务业等支出", "金融支出", "自然资源海洋气象等支出", "住房保障支出", "粮油物资储备支出", "国有资本经营预算支出", "灾害防治及应急管理支出", "其他支出"]
_DIGITS = "零一二三四五六七八九十"


def chinese(number: int) -> str:
    """1 to 39 as an ordinal: 二十一."""
    if number <= 10:
        return _DIGITS[number]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def _class_amounts(ledger: Ledger, funds: Sequence[str]) -> dict[str, Decimal]:
    """Class name → expenditure of these funds (基本支出 counts under 一般公共预算)."""
    basic = "general_budget" in funds
    return {
        functional_name(code): _sums(ledger, code, funds, basic=basic)["total"]
        for code in sorted({i.code[:3] for i in ledger.items})
    }


def _side_by_side(
    left: Sequence[tuple[str, str, str]], right: Sequence[tuple[str, str, tuple[str, ...]]], wide: int, *, ordinal: bool
) -> list[Line]:
    """Two lists in one table: (printed, name, amount) beside (printed, name, amounts)."""
    lines = []
    for n in range(max(len(left), len(right))):
        shown, name, amount = left[n] if n < len(left) else ("", "", "")
        other, other_name, amounts = right[n] if n < len(right) else ("", "", ("",) * wide)
        cells = (shown, amount, other, *amounts)
        lines.append(
            Line((str(n + 1), *cells) if ordinal else cells, {"revenue": ("", name), "expenditure": ("", other_name)})
        )
    return lines


def _place_below(rows: list[tuple], count: int, empty: tuple) -> list[tuple]:
    """Rows filled up with empty ones: the totals of both sides stand in one printed row."""
    return [*rows, *([empty] * (count - len(rows)))]


def hebei(ledger: Ledger, agency: str, code: str, year: int) -> list[Table]:
    """The nine tables of the Hebei layout. Income has nine kinds until 2022, five with 单位资金 from 2023."""
    above = ((f"{code}{agency}", f"预算年度：{year}", "单位：万元"),)
    classes = HEBEI_CLASSES if year < 2023 else [*HEBEI_CLASSES, "人行科目"]
    ordinal = Column(("序号",), "ordinal", 30)
    common = {"lanci": True, "repeat_above": True}

    def numbered(names: Sequence[str], amounts: dict[str, str]) -> list[tuple[str, str, str]]:
        return [(f"{chinese(n)}、{name}", name, amounts.get(name, "")) for n, name in enumerate(names, 1)]

    funds = ("一般公共预算拨款收入", "政府性基金预算拨款收入", "国有资本经营预算拨款收入", "财政专户管理资金收入")
    others = ("事业收入", "事业单位经营收入", "上级补助收入", "附属单位上缴收入", "其他收入") if year < 2023 else ("单位资金",)
    income = {name: money(ledger.income(fund)) for name, fund in zip(funds, FISCAL, strict=False)}
    income[others[0]] = money(ledger.income("unit_funds"))
    spent = _class_amounts(ledger, ALL_FUNDS)
    everything = money(ledger.expenditure)
    left = _place_below(numbered([*funds, *others], income), len(classes), ("", "", ""))
    left += [
        ("本年收入合计", "本年收入合计", money(ledger.income_of_year)),
        ("上年结转结余", "上年结转结余", money(ledger.carried)),
        ("收入总计", "收入总计", everything),
    ]
    right = [(shown, name, (money(spent.get(name, Decimal(0))),)) for shown, name, _ in numbered(classes, {})]
    right += [
        ("本年支出合计", "本年支出合计", (everything,)),
        ("年终结转结余", "年终结转结余", ("",)),
        ("支出总计", "支出总计", (everything,)),
    ]
    columns = [
        ordinal,
        Column(("收入", "项目"), "name", 170, "revenue"),
        Column(("收入", "预算数"), "amount", 80, "revenue"),
        Column(("支出", "项目"), "name", 170, "expenditure"),
        Column(("支出", "预算数"), "amount", 80, "expenditure"),
    ]
    tables = [
        _table(1, "revenue_expenditure_summary", "部门预算收支总表", above, columns, 2,
               _side_by_side(left, right, 1, ordinal=True), **common)  # fmt: skip
    ]

    function = [Column(("功能分类科目", "科目编码"), "code", 62), Column(("功能分类科目", "科目名称"), "name", 150)]
    columns = [
        ordinal,
        *function,
        Column(("合计",), "amount", 62),
        *_amounts(
            ("本年收入",),
            ["小计", "财政拨款收入", "财政专户收入", "事业收入", "经营收入", "上级补助收入", "附属单位上缴收入", "其他收入"],
            56,
        ),
        Column(("上年结转",), "amount", 56),
    ]

    def by_function(codes: Sequence[str], amounts_of) -> list[Line]:  # type: ignore[no-untyped-def]
        lines = []
        for n, at in enumerate(["", *codes], 1):
            name = functional_name(at) if at else "合计"
            lines.append(Line((str(n), at, name, *amounts_of(at)), {None: (at, name)}))
        return lines

    def revenue(at: str) -> tuple[str, ...]:
        of = _revenue(ledger, at)
        return (
            money(of["total"]), money(of["year"]), money(of["fiscal"]), "", money(of["unit_funds"]), "", "", "", "",
            money(of["carried"]),
        )  # fmt: skip

    every = ledger.codes(ALL_FUNDS, basic=True)
    tables.append(_table(2, "revenue_summary", "部门预算收入总表", above, columns, 2, by_function(every, revenue), **common))

    columns = [
        ordinal,
        *function,
        *(Column((name,), "amount", 70) for name in ("合计", "基本支出", "项目支出", "经营支出", "上解上级支出", "对附属单位补助支出")),
    ]

    def spending(at: str) -> tuple[str, ...]:
        of = _sums(ledger, at, ALL_FUNDS, basic=True)
        return money(of["total"]), money(of["basic"]), money(of["project"]), "", "", ""

    tables.append(
        _table(3, "expenditure_summary", "部门预算支出总表", above, columns, 2, by_function(every, spending), **common)
    )

    left = _place_below(
        [
            (f"{chinese(n)}、{name}", name, money(ledger.income(fund)))
            for n, (name, fund) in enumerate(
                zip(("一般公共预算拨款", "政府性基金预算拨款", "国有资本经营预算拨款"), FISCAL, strict=True), 1
            )
        ],
        len(classes),
        ("", "", ""),
    )
    carried = total(ledger.carried_in(f) for f in FISCAL)
    fiscal_total = total(ledger.spent(f) for f in FISCAL)
    left += [
        ("本年收入合计", "本年收入合计", money(ledger.fiscal_income)),
        ("年初财政拨款结转和结余", "年初财政拨款结转和结余", money(carried)),
        ("一、一般公共预算拨款", "一般公共预算拨款", money(ledger.carried_in("general_budget"))),
        ("二、政府性基金预算拨款", "政府性基金预算拨款", money(ledger.carried_in("gov_fund"))),
        ("三、国有资本经营预算拨款", "国有资本经营预算拨款", money(ledger.carried_in("state_capital"))),
        ("收入总计", "收入总计", money(fiscal_total)),
    ]
    of_fund = {f: _class_amounts(ledger, (f,)) for f in FISCAL}
    totals = tuple(money(a) for a in (fiscal_total, *(ledger.spent(f) for f in FISCAL)))
    blank = ("",) * 4
    right = []
    for shown, name, _ in numbered(classes, {}):
        parts = [of_fund[f].get(name, Decimal(0)) for f in FISCAL]
        right.append((shown, name, tuple(money(a) for a in (total(parts), *parts))))
    right += [
        ("本年支出合计", "本年支出合计", totals),
        ("年末财政拨款结转和结余", "年末财政拨款结转和结余", blank),
        ("", "", blank),
        ("", "", blank),
        ("", "", blank),
        ("支出总计", "支出总计", totals),
    ]
    columns = [
        ordinal,
        Column(("收入", "项目"), "name", 130, "revenue"),
        Column(("收入", "金额"), "amount", 66, "revenue"),
        Column(("支出", "项目"), "name", 140, "expenditure"),
        *_amounts(
            ("支出",), ["合计", "一般公共预算财政拨款", "政府性基金预算财政拨款", "国有资本经营预算财政拨款"], 66, "expenditure"
        ),
    ]
    tables.append(
        _table(4, "appropriation_summary", "部门预算财政拨款收支总表", above, columns, 2,
               _side_by_side(left, right, 4, ordinal=True), **common)  # fmt: skip
    )

    def of_funds(number: int, kind: str, title: str, fund: str) -> Table:
        columns = [ordinal, *function, *(Column((name,), "amount", 84) for name in ("合计", "基本支出", "项目支出"))]
        basic = fund == "general_budget"
        codes = ledger.codes((fund,), basic=basic)

        def amounts(at: str) -> tuple[str, ...]:
            of = _sums(ledger, at, (fund,), basic=basic)
            return money(of["total"]), money(of["basic"]), money(of["project"])

        lines = by_function(codes, amounts) if codes else []
        subject = {"gov_fund": "政府性基金预算", "state_capital": "国有资本经营预算"}.get(fund, "一般公共预算")
        notes = () if codes else (f"注：本部门{year}年没有{subject}财政拨款支出，空表列示。",)
        return _table(number, kind, title, above, columns, 2, lines, notes=notes, **common)

    tables.append(
        of_funds(5, "general_budget_expenditure", "部门预算一般公共预算财政拨款支出表", "general_budget")
    )
    columns = [
        ordinal,
        Column(("支出部门经济分类科目", "科目编码"), "code", 62),
        Column(("支出部门经济分类科目", "科目名称"), "name", 170),
        *_amounts(("一般公共预算基本支出",), ["合计", "人员经费", "公用经费"], 84),
    ]
    lines = []
    for n, (at, amount) in enumerate(economic_rows(ledger), 1):
        personnel = at.startswith(PERSONNEL)
        parts = (
            (ledger.personnel, ledger.public) if not at else (amount, Decimal(0)) if personnel else (Decimal(0), amount)
        )
        name = economic_name(at) if at else "合计"
        lines.append(Line((str(n), at, name, money(amount), *(money(a) for a in parts)), {None: (at, name)}))
    tables.append(
        _table(6, "general_budget_basic_expenditure", "部门预算一般公共预算财政拨款基本支出表", above, columns, 2,
               lines, **common)  # fmt: skip
    )
    tables.append(of_funds(7, "government_fund_expenditure", "部门预算政府性基金预算财政拨款支出表", "gov_fund"))
    tables.append(of_funds(8, "state_capital_expenditure", "部门预算国有资本经营预算财政拨款支出表", "state_capital"))

    columns = [
        ordinal,
        Column(("项目",), "name", 210),
        *_amounts(("资金性质",), ["合计", "一般公共预算财政拨款", "政府性基金预算拨款", "国有资本经营预算财政拨款"], 76),
    ]
    p = ledger.three_public
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
        for n, (shown, name, a) in enumerate(subjects, 1)
    ]
    notes = () if p.sum else (f"注：本部门{year}年没有安排财政拨款“三公”经费支出，空表列示。",)
    tables.append(
        _table(9, "three_public_expenses", "部门预算财政拨款“三公”经费支出表", above, columns, 2,
               lines if p.sum else [], notes=notes, **common)  # fmt: skip
    )
    return tables


def economic_rows(ledger: Ledger) -> list[tuple[str, Decimal]]:
    """('', total) first, then each class with its lines: what an economic table prints. Empty when nothing is."""
    if not ledger.economic:
        return []
    rows = [("", total(ledger.economic.values()))]
    for group in sorted({code[:3] for code in ledger.economic}):
        below = {c: a for c, a in sorted(ledger.economic.items()) if c.startswith(group)}
        rows += [(group, total(below.values())), *below.items()]
    return rows


# --- Shandong: twelve tables ------------------------------------------------------------------------------------------


def _split(code: str) -> tuple[str, str, str]:
    """208 | 05 | 05: the three code columns."""
    return code[:3], code[3:5], code[5:7]


def shandong(ledger: Ledger, agency: str, year: int, kind: str, body: str) -> list[Table]:
    """The twelve tables of the Shandong layout; `kind` is 部门 or 单位, `body` 行政 or 事业. It has no 国资 revenue column."""
    above = ((f"{kind}名称：{agency}", "", "单位：万元"),)
    everything = money(ledger.expenditure)
    spent = _class_amounts(ledger, ALL_FUNDS)
    numbered = [(f"{chinese(n)}、{name}", name) for n, name in enumerate(SHANDONG_CLASSES, 1)]

    left = [
        ("一、财政拨款收入", "财政拨款收入", money(ledger.fiscal_income)),
        ("    一般公共预算收入", "一般公共预算收入", money(ledger.income("general_budget"))),
        ("    政府性基金预算拨款收入", "政府性基金预算拨款收入", money(ledger.income("gov_fund"))),
        ("    国有资本经营预算拨款收入", "国有资本经营预算拨款收入", money(ledger.income("state_capital"))),
        ("二、财政专户管理资金收入", "财政专户管理资金收入", ""),
        ("三、事业收入（不含教育收费）", "事业收入（不含教育收费）", money(ledger.income("unit_funds"))),
        ("四、事业单位经营收入", "事业单位经营收入", ""),
        ("五、其他收入", "其他收入", ""),
    ]
    left = _place_below(left, len(numbered), ("", "", "")) + [
        ("本年收入合计", "本年收入合计", money(ledger.income_of_year)),
        ("上级补助收入", "上级补助收入", ""),
        ("附属单位上缴收入", "附属单位上缴收入", ""),
        ("使用非财政拨款结余", "使用非财政拨款结余", ""),
        ("上年结转", "上年结转", money(ledger.carried)),
        ("收入总计", "收入总计", everything),
    ]
    right = [(shown, name, (money(spent.get(name, Decimal(0))),)) for shown, name in numbered] + [
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
    tables = [
        _table(1, "revenue_expenditure_summary", "收支总体情况表", above, columns, 2,
               _side_by_side(left, right, 1, ordinal=False))  # fmt: skip
    ]

    code_columns = [Column(("科目编码", part), "code", 26) for part in ("类", "款", "项")]
    name_column = Column(("科目名称",), "name", 132)

    def by_function(codes: Sequence[str], amounts_of, *, total_in_code: bool = False) -> list[Line]:  # type: ignore[no-untyped-def]
        lines = []
        for at in ["", *codes]:
            name = functional_name(at) if at else "合计"
            labels = ("合计", "", "", "") if total_in_code and not at else (*_split(at), name)
            merged = (0, 4) if total_in_code and not at else None
            lines.append(Line((*labels, *amounts_of(at)), {None: (at, name)}, merged))
        return lines

    every = ledger.codes(ALL_FUNDS, basic=True)
    columns = [
        *code_columns,
        name_column,
        Column(("合计",), "amount", 54),
        *_amounts(("财政拨款收入",), ["小计", "一般公共预算收入", "政府性基金预算收入"], 54),
        *(
            Column((name,), "amount", 46)
            for name in ("财政专户管理资金收入", "事业收入", "事业单位经营收入", "其他收入", "上级补助收入",
                         "附属单位上缴收入", "使用非财政拨款结余", "上年结转")  # fmt: skip
        ),
    ]

    def revenue(at: str) -> tuple[str, ...]:
        of = _revenue(ledger, at)
        return (
            money(of["total"]), money(of["fiscal"]), money(of["general_budget"]), money(of["gov_fund"]), "",
            money(of["unit_funds"]), "", "", "", "", "", money(of["carried"]),
        )  # fmt: skip

    tables.append(_table(2, "revenue_summary", "收入总体情况表", above, columns, 2, by_function(every, revenue)))

    columns = [
        *code_columns,
        name_column,
        *(Column((name,), "amount", 64) for name in ("合计", "基本支出", "项目支出", "上缴上级支出", "对附属单位补助支出", "事业单位经营支出", "结转下年")),
    ]

    def spending(at: str) -> tuple[str, ...]:
        of = _sums(ledger, at, ALL_FUNDS, basic=True)
        return money(of["total"]), money(of["basic"]), money(of["project"]), "", "", "", ""

    tables.append(_table(3, "expenditure_summary", "支出总体情况表", above, columns, 2, by_function(every, spending)))

    fiscal_total = total(ledger.spent(f) for f in FISCAL)
    carried = total(ledger.carried_in(f) for f in FISCAL)
    left = [
        ("一、一般公共预算收入", "一般公共预算收入", money(ledger.income("general_budget"))),
        ("二、政府性基金预算收入", "政府性基金预算收入", money(ledger.income("gov_fund"))),
        ("三、国有资本经营预算", "国有资本经营预算", money(ledger.income("state_capital"))),
    ]
    left = _place_below(left, len(numbered), ("", "", "")) + [
        ("本年收入合计", "本年收入合计", money(ledger.fiscal_income)),
        ("上年结转", "上年结转", money(carried)),
        ("其中：一般公共预算结转", "一般公共预算结转", money(ledger.carried_in("general_budget"))),
        ("      政府性基金预算结转", "政府性基金预算结转", money(ledger.carried_in("gov_fund"))),
        ("      国有资本经营预算结转", "国有资本经营预算结转", money(ledger.carried_in("state_capital"))),
        ("收入总计", "收入总计", money(fiscal_total)),
    ]
    of_fund = {f: _class_amounts(ledger, (f,)) for f in FISCAL}
    totals = tuple(money(a) for a in (fiscal_total, *(ledger.spent(f) for f in FISCAL)))
    blank = ("",) * 4
    right = []
    for shown, name in numbered:
        parts = [of_fund[f].get(name, Decimal(0)) for f in FISCAL]
        right.append((shown, name, tuple(money(a) for a in (total(parts), *parts))))
    right += [
        ("本年支出合计", "本年支出合计", totals),
        ("结转下年", "结转下年", blank),
        ("", "", blank),
        ("", "", blank),
        ("", "", blank),
        ("支出总计", "支出总计", totals),
    ]
    columns = [
        Column(("收入", "项目"), "name", 130, "revenue"),
        Column(("收入", "预算数"), "amount", 66, "revenue"),
        Column(("支出", "项目"), "name", 150, "expenditure"),
        *_amounts(("支出", "预算数"), ["总计", "一般公共预算", "政府性基金预算", "国有资本经营预算"], 66, "expenditure"),
    ]
    tables.append(
        _table(4, "appropriation_summary", "财政拨款收支总体情况表", above, columns, 3,
               _side_by_side(left, right, 4, ordinal=False))  # fmt: skip
    )

    def of_funds(number: int, kind_: str, title: str, fund: str, subject: str) -> Table:
        columns = [
            *code_columns,
            name_column,
            Column(("合计",), "amount", 76),
            *_amounts(("基本支出",), ["小计", "人员支出", "日常公用支出"], 76),
            Column(("项目支出",), "amount", 76),
        ]
        basic = fund == "general_budget"
        codes = ledger.codes((fund,), basic=basic)

        def amounts(at: str) -> tuple[str, ...]:
            of = _sums(ledger, at, (fund,), basic=basic)
            return tuple(money(of[m]) for m in ("total", "basic", "personnel", "public", "project"))

        lines = by_function(codes, amounts, total_in_code=True) if codes else []
        notes = () if codes else (f"注：{year}年没有使用{subject}拨款安排的支出。",)
        return _table(number, kind_, title, above, columns, 2, lines, notes=notes)

    tables.append(of_funds(5, "general_budget_expenditure", "一般公共预算支出情况表", "general_budget", "一般公共预算"))

    economic_codes = [Column(("科目编码", part), "code", 28) for part in ("类", "款")]
    rows = economic_rows(ledger)

    def by_economic(amounts_of) -> list[Line]:  # type: ignore[no-untyped-def]
        lines = []
        for at, amount in rows:
            if not at:
                cells, name = ("", "", "合计", "", "", ""), "合计"
            else:
                other = to_government(at, body)
                name = economic_name(at)
                cells = (at[:3], at[3:], name, other[:3], other[3:], read_toml("names.toml")["government_economic"][other])
            lines.append(Line((*cells, *amounts_of(at, amount)), {None: (at, name)}))
        return lines

    columns = [
        *economic_codes,
        Column(("部门预算支出经济分类科目名称",), "name", 120),
        *economic_codes,
        Column(("政府预算支出经济分类科目名称",), "text", 120),
        *_amounts(("基本支出预算",), ["小计", "人员支出", "日常公用支出"], 70),
    ]

    def parts(at: str, amount: Decimal) -> tuple[str, ...]:
        if not at:
            return money(amount), money(ledger.personnel), money(ledger.public)
        personnel = at.startswith(PERSONNEL)
        return money(amount), money(amount) if personnel else "", "" if personnel else money(amount)

    tables.append(
        _table(6, "general_budget_basic_expenditure", "一般公共预算基本支出情况表", above, columns, 2, by_economic(parts),
               notes=() if rows else (f"注：{year}年没有使用一般公共预算拨款安排的基本支出。",))  # fmt: skip
    )

    def three_public_columns(of: int) -> list[Column]:
        block = f"{of}年预算数"
        vehicles = (block, "公务用车购置及运行维护费")
        return [
            Column((block, "合计"), "amount", 56),
            Column((block, "因公出国（境）经费"), "amount", 56),
            *_amounts(vehicles, ["小计", "公务用车购置经费", "公务用车运行维护费"], 56),
            Column((block, "公务接待费"), "amount", 56),
        ]

    def three_public_cells(p: ThreePublic) -> tuple[str, ...]:
        return tuple(money(a) for a in (p.sum, p.abroad, p.vehicles, p.purchase, p.running, p.reception))

    line = Line((*three_public_cells(ledger.three_public_before), *three_public_cells(ledger.three_public)), {None: ("", "")})
    columns = [*three_public_columns(year - 1), *three_public_columns(year)]
    tables.append(
        _table(7, "three_public_expenses", "一般公共预算“三公”经费支出情况表", above, columns, 3,
               [line] if ledger.three_public.sum else [],
               notes=() if ledger.three_public.sum else (f"注：{year}年没有一般公共预算“三公”经费支出。",))  # fmt: skip
    )
    tables.append(of_funds(8, "government_fund_expenditure", "政府性基金预算支出情况表", "gov_fund", "政府性基金预算"))
    tables.append(
        of_funds(9, "state_capital_expenditure", "国有资本经营预算支出情况表", "state_capital", "国有资本经营预算")
    )

    sources = [
        Column(("合计",), "amount", 58),
        *_amounts(("财政拨款",), ["小计", "一般公共预算", "政府性基金预算"], 58),
        *(Column((name,), "amount", 50) for name in ("财政专户管理资金", "单位资金", "使用非财政拨款结余", "上年结转")),
    ]
    columns = [
        *economic_codes,
        Column(("部门预算支出经济分类科目",), "name", 100),
        *economic_codes,
        Column(("政府预算支出经济分类科目",), "text", 100),
        *sources,
    ]

    def paid(at: str, amount: Decimal) -> tuple[str, ...]:
        return money(amount), money(amount), money(amount), "", "", "", "", ""

    tables.append(
        _table(10, "basic_expenditure", "基本支出预算情况表", above, columns, 2, by_economic(paid),
               notes=() if rows else (f"注：{agency}{year}年没有基本支出预算。",))  # fmt: skip
    )

    def funding(amounts: Sequence[tuple[Decimal, str, bool]]) -> tuple[str, ...]:
        def of(fund: str) -> Decimal:
            return total(a for a, f, carried in amounts if f == fund and not carried)

        fiscal = total(of(f) for f in FISCAL)
        last = total(a for a, _, carried in amounts if carried)
        every_ = fiscal + of("unit_funds") + last
        return (
            money(every_), money(fiscal), money(of("general_budget")), money(of("gov_fund")), "",
            money(of("unit_funds")), "", money(last),
        )  # fmt: skip

    columns = [Column(("项目名称",), "name", 180), Column(("项目类型",), "text", 60), *sources]
    lines = [Line(("合计", "", *funding([(p.amount, p.fund, p.carried) for p in ledger.projects])), {None: ("", "合计")})]
    lines += [
        Line((p.name, p.type, *funding([(p.amount, p.fund, p.carried)])), {None: ("", p.name)}) for p in ledger.projects
    ]
    tables.append(_table(11, "project_expenditure", "项目支出预算情况表", above, columns, 2, lines))

    columns = [
        *(Column(("科目编码", part), "code", 26) for part in ("类", "款", "项")),
        name_column,
        *(Column(("资金来源", *c.path), "amount", c.width) for c in sources),
    ]
    bought = sorted({p.code for p in ledger.procurement})
    codes: list[str] = []
    for at in bought:
        codes += [c for c in (at[:3], at[:5], at) if c not in codes]

    def buying(at: str) -> tuple[str, ...]:
        return funding([(p.amount, "general_budget", False) for p in ledger.procurement if p.code.startswith(at)])

    tables.append(
        _table(12, "procurement", "政府采购预算情况表", above, columns, 3, by_function(codes, buying) if codes else [],
               notes=() if codes else (f"注：{year}年没有安排政府采购预算。",))  # fmt: skip
    )
    return tables
