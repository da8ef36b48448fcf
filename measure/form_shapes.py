"""The grammar of random forms: statements, their columns and rows, with figures that add up (`measure.forms` prints and judges them)."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

CLASSES: Final = (
    ("201", "一般公共服务支出", (("20103", "政府办公厅（室）及相关机构事务", (("2010301", "行政运行"), ("2010302", "一般行政管理事务"))),
                              ("20132", "组织事务", (("2013201", "行政运行"), ("2013299", "其他组织事务支出"))))),
    ("205", "教育支出", (("20502", "普通教育", (("2050201", "学前教育"), ("2050202", "小学教育"), ("2050203", "初中教育"))),)),
    ("206", "科学技术支出", (("20604", "技术研究与开发", (("2060404", "科技成果转化与扩散"),)),)),
    ("208", "社会保障和就业支出", (("20805", "行政事业单位养老支出", (("2080501", "行政单位离退休"), ("2080505", "机关事业单位基本养老保险缴费支出"),
                                                              ("2080506", "机关事业单位职业年金缴费支出"))),)),
    ("210", "卫生健康支出", (("21011", "行政事业单位医疗", (("2101101", "行政单位医疗"), ("2101103", "公务员医疗补助"))),)),
    ("221", "住房保障支出", (("22102", "住房改革支出", (("2210201", "住房公积金"), ("2210203", "购房补贴"))),)),
)  # fmt: skip
ECONOMIC: Final = (
    ("301", "工资福利支出", (("30101", "基本工资"), ("30102", "津贴补贴"), ("30113", "住房公积金"))),
    ("302", "商品和服务支出", (("30201", "办公费"), ("30211", "差旅费"), ("30231", "公务用车运行维护费"))),
    ("303", "对个人和家庭的补助", (("30301", "离休费"), ("30302", "退休费"))),
)  # fmt: skip

Amount = Decimal | None


@dataclass
class Row:
    """A printed row: code, name, depth, amounts in 万元 (None: not printed)."""

    code: str
    name: str
    depth: int
    amounts: list[Amount]
    total: bool = False
    shown_code: str | None = None
    """What is printed for the code where it is not the whole code (05 below 208)."""
    beside: tuple[str, ...] = ()
    """Texts in the columns behind code and name, or before the name where there is no code."""
    after: tuple[str, ...] = ()

    def texts(self, columns: int) -> list[str]:
        """What stands in the text columns of the row."""
        code = self.code if self.shown_code is None else self.shown_code
        found = [
            *self.beside,
            *([code] if columns > 1 + len(self.beside) + len(self.after) else []),
            self.name,
            *self.after,
        ]
        return found if len(found) == columns else [*found, *([""] * (columns - len(found)))][:columns]


@dataclass
class Form:
    """A statement as it will be printed: header paths of all columns, text columns first, and rows."""

    title: str
    text_heads: list[str]
    paths: list[tuple[str, ...]]
    rows: list[Row]
    unit: str
    style: Style
    right: list[Row] = field(default_factory=list)
    """The second list of a table side by side; then `paths` holds the columns of both, half and half."""


@dataclass
class Style:
    """How it is drawn."""

    drawing: str
    zero: str
    centred: bool
    numbers: bool
    size: float
    page: str
    note: str
    indent: float
    row_height: float
    total_last: bool


def money(rng: random.Random) -> Decimal:
    """An amount of 0.01 to 99,999.99, seldom round."""
    return Decimal(rng.randint(1, 10 ** rng.randint(3, 7))) / 100


def style_of(rng: random.Random, drawing: str) -> Style:
    """A random manner of drawing."""
    return Style(
        drawing, rng.choice(["", "", "0.00", "—"]), rng.random() < 0.6, rng.random() < 0.15, rng.choice([8.0, 9.0, 10.5]),
        rng.choice(["upright", "across"]), rng.choice(["", "", "注：本表按项级科目公开。"]), rng.choice([0.0, 1.0, 2.0]),
        rng.choice([15.0, 18.0, 22.0]), rng.random() < 0.4,
    )  # fmt: skip


def by_function(rng: random.Random, style: Style) -> Form:
    """支出总表 or 一般公共预算支出表 by function: with codes, or by levels alone."""
    coded = rng.random() < 0.6 or not style.indent
    general = rng.random() < 0.5
    shapes: list[list[tuple[str, ...]]] = [
        [("合计",), ("基本支出",), ("项目支出",)],
        [("合计",), ("基本支出", "小计"), ("基本支出", "人员经费"), ("基本支出", "公用经费"), ("项目支出",)],
    ]
    paths = rng.choice(shapes)
    rows: list[Row] = []
    for code, name, sections in rng.sample(CLASSES, rng.randint(2, len(CLASSES))):
        top = Row(code, name, 0, [])
        rows.append(top)
        below = []
        for section_code, section_name, items in sections:
            section = Row(section_code, section_name, 1, [])
            rows.append(section)
            leaves = [Row(item, name_, 2, _spread(rng, len(paths))) for item, name_ in items]
            rows.extend(leaves)
            section.amounts = _sum(leaves)
            below.append(section)
        top.amounts = _sum(below)
    whole = Row("", "合计", 0, _sum([row for row in rows if row.depth == 0]), total=True)
    rows = [*rows, whole] if style.total_last else [whole, *rows]
    title = "一般公共预算支出表" if general else "支出总表"
    heads = ["科目编码", "科目名称"] if coded else ["功能分类科目名称"]
    return Form(title, heads, paths, rows, rng.choice(["万元", "万元", "元"]), style)


def by_economic(rng: random.Random, style: Style) -> Form:
    """一般公共预算基本支出表 by economic classification."""
    paths: list[tuple[str, ...]] = [("合计",), ("人员经费",), ("公用经费",)]
    rows = []
    for code, name, items in ECONOMIC:
        leaves = []
        for item, name_ in items:
            amount = money(rng)
            leaves.append(Row(item, name_, 1, [amount, *((None, amount) if code == "302" else (amount, None))]))
        rows += [Row(code, name, 0, _sum(leaves)), *leaves]
    whole = Row("", "合计", 0, _sum([row for row in rows if row.depth == 0]), total=True)
    rows = [*rows, whole] if style.total_last else [whole, *rows]
    return Form("一般公共预算基本支出表", ["科目编码", "科目名称"], paths, rows, "万元", style)


def summary(rng: random.Random, style: Style) -> Form:
    """收支总表: two lists side by side below 收入 and 支出."""
    revenue = [Row("", "一、一般公共预算拨款收入", 0, [money(rng)]), Row("", "二、政府性基金预算拨款收入", 0, [rng.choice([None, money(rng)])]),
               Row("", "三、事业收入", 0, [rng.choice([None, money(rng)])]), Row("", "四、其他收入", 0, [money(rng)])]  # fmt: skip
    current = _sum(revenue)
    carry = rng.choice([None, money(rng)])
    grand = [(current[0] or Decimal(0)) + (carry or Decimal(0))]
    revenue += [Row("", "本年收入合计", 0, current, total=True), Row("", "上年结转", 0, [carry]),
                Row("", "收入总计", 0, [*grand], total=True)]  # fmt: skip
    names = [name for _, name, _ in CLASSES][: rng.randint(4, 6)]
    parts = _parts(rng, grand[0], len(names))
    expenditure = [
        Row("", f"{'一二三四五六'[k]}、{name}", 0, [part])
        for k, (name, part) in enumerate(zip(names, parts, strict=True))
    ]
    expenditure += [
        Row("", "本年支出合计", 0, [*grand], total=True),
        Row("", "结转下年", 0, [None]),
        Row("", "支出总计", 0, [*grand], total=True),
    ]
    longest = max(len(revenue), len(expenditure))
    for rows, last in ((revenue, 3), (expenditure, 3)):
        while len(rows) < longest:
            rows.insert(len(rows) - last, Row("", "", 0, [None]))
    return Form(
        "收支总表", ["项目", "项目"], [("收入", "预算数"), ("支出", "预算数")], revenue, rng.choice(["万元", "元"]), style, expenditure
    )  # fmt: skip


def three_public(rng: random.Random, style: Style) -> Form:
    """“三公”经费支出表: one row a unit, items in columns."""
    paths: list[tuple[str, ...]] = [
        ("合计",), ("因公出国（境）费",), ("公务用车购置及运行费", "小计"), ("公务用车购置及运行费", "公务用车购置费"),
        ("公务用车购置及运行费", "公务用车运行费"), ("公务接待费",),
    ]  # fmt: skip
    rows = []
    for k in range(rng.randint(1, 4)):
        abroad, buying, running, reception = (
            rng.choice([None, money(rng)]),
            rng.choice([None, money(rng)]),
            money(rng),
            money(rng),
        )
        cars = (buying or Decimal(0)) + running
        rows.append(
            Row(
                "",
                f"某市第{'一二三四'[k]}事务中心",
                0,
                [cars + (abroad or 0) + reception, abroad, cars, buying, running, reception],
            )
        )
    rows = [Row("", "合计", 0, _sum(rows), total=True), *rows]
    return Form("一般公共预算“三公”经费支出表", ["单位名称"], paths, rows, "万元", style)


DEPARTMENT: Final = (
    "某市某局",
    ("某市某局本级", "某市某局信息中心", "某市某局执法支队", "某市某局培训学校", "某市某局服务站"),
)


def _with_total(rows: list[Row], style: Style, rng: random.Random) -> list[Row]:
    """The rows with their total above or below them, or both."""
    tops = [row for row in rows if row.depth == min(one.depth for one in rows)]
    whole = Row("", "合计", 0, _sum(tops), total=True)
    twice = rng.random() < 0.1
    return [
        *([] if style.total_last and not twice else [whole]),
        *rows,
        *([whole] if style.total_last or twice else []),
    ]


def _functions(rng: random.Random, columns: int, depth: int, most: int, short: bool = False) -> list[Row]:
    """Classes with their sections and items, one below the other."""
    rows: list[Row] = []
    for code, name, sections in sorted(rng.sample(CLASSES, rng.randint(1, most))):
        top = Row(code, name, depth, [])
        rows.append(top)
        below = []
        for section_code, section_name, items in sections:
            section = Row(section_code, section_name, depth + 1, [], shown_code=section_code[3:] if short else None)
            leaves = [Row(item, name_, depth + 2, _spread(rng, columns)) for item, name_ in items]
            section.amounts = _sum(leaves)
            rows += [section, *leaves]
            below.append(section)
        top.amounts = _sum(below)
    return rows


def short_codes(rng: random.Random, style: Style) -> Form:
    """By function, where 款 prints its own two digits only below its 类."""
    rows = _with_total(_functions(rng, 3, 0, 5, short=True), style, rng)
    paths: list[tuple[str, ...]] = [("合计",), ("基本支出",), ("项目支出",)]
    return Form("一般公共预算支出表", ["功能科目编码", "功能科目名称"], paths, rows, rng.choice(["万元", "元"]), style)


def by_unit(rng: random.Random, style: Style) -> Form:
    """支出总表 with units over their functions; units with codes in the column of codes, or without."""
    coded = rng.random() < 0.5
    rows: list[Row] = []
    for k, unit in enumerate(rng.sample(DEPARTMENT[1], rng.randint(2, 4))):
        below = _functions(rng, 3, 1, 3)
        rows += [Row(f"12500{k + 1}" if coded else "", unit, 0, _sum([row for row in below if row.depth == 1])), *below]
    paths: list[tuple[str, ...]] = [("合计",), ("基本支出",), ("项目支出",)]
    return Form("支出总表", ["科目编码", "科目名称"], paths, _with_total(rows, style, rng), "万元", style)


def units_in_levels(rng: random.Random, style: Style) -> Form:
    """收入总表 by unit: the department above its units, told by indents or by codes that go on."""
    paths: list[tuple[str, ...]] = [
        ("总计",), ("本年收入", "小计"), ("本年收入", "一般公共预算"), ("本年收入", "事业收入"), ("上年结转结余", "小计"), ("上年结转结余", "一般公共预算"),
    ]  # fmt: skip
    coded = not style.indent or rng.random() < 0.4
    leaves = []
    for k, unit in enumerate(rng.sample(DEPARTMENT[1], rng.randint(3, 5))):
        general, business, carried = money(rng), rng.choice([None, money(rng)]), rng.choice([None, money(rng)])
        current = general + (business or 0)
        leaves.append(
            Row(
                f"24100{k + 1}" if coded else "",
                unit,
                1,
                [current + (carried or 0), current, general, business, carried, carried],
            )
        )
    rows = [Row("241" if coded else "", DEPARTMENT[0], 0, _sum(leaves)), *leaves]
    heads = ["单位编码", "单位名称"] if coded else ["单位名称"]
    return Form("收入总表", heads, paths, _with_total(rows, style, rng), rng.choice(["万元", "元"]), style)


def two_codes(rng: random.Random, style: Style) -> Form:
    """基本支出 with the department's economic code, and the government's beside it."""
    government = {
        "301": ("50501", "工资福利支出"),
        "302": ("50502", "商品和服务支出"),
        "303": ("50901", "社会福利和救助"),
    }
    rows = []
    for code, name, items in ECONOMIC:
        leaves = [Row(item, name_, 1, [money(rng)], after=government[code]) for item, name_ in items]
        rows += [Row(code, name, 0, _sum(leaves)), *leaves]
    heads = ["部门预算经济科目编码", "部门预算经济科目名称", "政府预算经济科目编码", "政府预算经济科目名称"]
    return Form("一般公共预算基本支出表", heads, [("合计",)], _with_total(rows, style, rng), "万元", style)


def of_two_years(rng: random.Random, style: Style) -> Form:
    """一般公共预算支出表 beside the year before, with the change."""
    rows = _functions(rng, 3, 0, 5)
    for row in rows:
        before, now = (money(rng), money(rng)) if row.depth == 2 else (None, None)
        row.amounts = [before, now, now - before if now is not None and before is not None else None]
    for depth in (1, 0):
        for k, row in enumerate(rows):
            if row.depth == depth:
                below = itertools.takewhile(lambda one: one.depth > depth, rows[k + 1 :])  # noqa: B023
                row.amounts = _sum([one for one in below if one.depth == depth + 1])
    paths: list[tuple[str, ...]] = [("2025年预算数",), ("2026年预算数",), ("增减额",)]
    return Form("一般公共预算支出表", ["科目编码", "科目名称"], paths, _with_total(rows, style, rng), "万元", style)


MAKERS: Final = (
    by_function, by_function, by_economic, summary, three_public, short_codes, by_unit, units_in_levels, two_codes, of_two_years,
)  # fmt: skip


def _spread(rng: random.Random, columns: int) -> list[Amount]:
    basic = rng.choice([None, money(rng)])
    project = money(rng) if basic is None else rng.choice([None, money(rng)])
    total = (basic or Decimal(0)) + (project or Decimal(0))
    if columns == 3:
        return [total, basic, project]
    if basic is None:
        return [total, None, None, None, project]
    people = Decimal(rng.randint(0, int(basic * 100))) / 100
    return [total, basic, people or None, (basic - people) or None, project]


def _parts(rng: random.Random, whole: Decimal, count: int) -> list[Amount]:
    cuts = sorted(rng.randint(0, int(whole * 100)) for _ in range(count - 1))
    ends = [0, *cuts, int(whole * 100)]
    return [Decimal(b - a) / 100 or None for a, b in itertools.pairwise(ends)]


def _sum(rows: Sequence[Row]) -> list[Amount]:
    return [
        sum((row.amounts[k] or Decimal(0) for row in rows), Decimal(0)) or None for k in range(len(rows[0].amounts))
    ]
