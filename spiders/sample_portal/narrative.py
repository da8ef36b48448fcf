"""The words around the tables: what a disclosure says about its own figures. Every amount is taken from the ledger.

A `Document` is blocks in reading order: headings, paragraphs and tables. It knows nothing about file formats.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from spiders.sample_portal.hebei import HebeiLayout
from spiders.sample_portal.ledger import CENT, Ledger, make_ledger, read_toml, total
from spiders.sample_portal.performance import performance_forms
from spiders.sample_portal.shandong import ShandongLayout
from spiders.sample_portal.statements import Table, chinese, economic_name


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 0 is the title of the document, 1 opens a part and a new page."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


Block = Heading | Paragraph | Table


@dataclass(frozen=True, slots=True)
class Document:
    """One disclosure before it is printed."""

    file: str
    title: str
    agency: str
    code: str
    fiscal_year: int
    kind: str
    layout: str
    blocks: tuple[Block, ...]
    cut_rows: bool = False
    row_padding: float = 7.0
    type_size: float = 0.0
    """Points; 0 leaves the letter height to the width of the table."""

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(b for b in self.blocks if isinstance(b, Table))

    @property
    def format(self) -> str:
        return self.file.rsplit(".", 1)[1]


def _change(now: Decimal, before: Decimal, reason: str) -> str:
    """增加 with amount, percent on last year's base, and reason; 持平 needs none."""
    delta = now - before
    if not delta:
        return "与上年持平"
    word, rate = ("增加", "增长") if delta > 0 else ("减少", "下降")
    percent = ""
    if before:
        percent = f"，{rate}{(abs(delta) / before * 100).quantize(CENT, ROUND_HALF_UP)}%"
    return f"比上年{word}{abs(delta):.2f}万元{percent}，主要原因是{reason}"


def _parts(amounts: Iterable[tuple[str, Decimal]]) -> str:
    return "，".join(f"{name}{amount:.2f}万元" for name, amount in amounts if amount)


def income_and_expenditure(ledger: Ledger, year: int, whom: str) -> list[str]:
    """收支总体情况, with the change against last year."""
    income = _parts(
        (
            ("一般公共预算拨款", ledger.income("general_budget")),
            ("政府性基金预算拨款", ledger.income("gov_fund")),
            ("国有资本经营预算拨款", ledger.income("state_capital")),
            ("单位资金", ledger.income("unit_funds")),
            ("上年结转", ledger.carried),
        )
    )
    spent = _parts((("基本支出", ledger.basic), ("项目支出", ledger.project)))
    lines = [
        f"{year}年{whom}收入预算{ledger.expenditure:.2f}万元，其中：{income}。",
        f"{year}年{whom}支出预算{ledger.expenditure:.2f}万元，其中：{spent}。",
    ]
    if ledger.basic:
        parts = _parts((("人员经费", ledger.personnel), ("公用经费", ledger.public)))
        lines.append(f"基本支出{ledger.basic:.2f}万元，其中：{parts}。")
    up = ledger.expenditure > ledger.total_before
    reason = "民生保障类项目资金规模扩大" if up else "部分阶段性项目执行完毕，相应核减资金"
    lines.append(f"{year}年收支预算总额{_change(ledger.expenditure, ledger.total_before, reason)}。")
    return lines


def running_costs(ledger: Ledger, year: int, body: str, whom: str) -> str:
    """机关运行经费: the 公用经费 of administrative bodies, with its items."""
    if body == "事业":
        return f"{whom}为事业单位，不安排机关运行经费。"
    items = [(economic_name(c), a) for c, a in sorted(ledger.economic.items()) if c[:3] in ("302", "310")]
    return f"{year}年机关运行经费{ledger.public:.2f}万元，包括：{_parts(items)}。"


def three_public(ledger: Ledger, year: int, whom: str) -> str:
    """“三公”经费 with its five figures and the reason of the change."""
    now, before = ledger.three_public, ledger.three_public_before
    if not now.sum and not before.sum:
        return f"{year}年{whom}没有安排“三公”经费，与上年持平。"
    return (
        f"{year}年“三公”经费财政拨款预算{now.sum:.2f}万元，{_change(now.sum, before.sum, '从严控制一般性支出')}。"
        f"其中：因公出国（境）费{now.abroad:.2f}万元；公务用车购置及运行维护费{now.vehicles:.2f}万元"
        f"（公务用车购置费{now.purchase:.2f}万元、公务用车运行维护费{now.running:.2f}万元）；"
        f"公务接待费{now.reception:.2f}万元。"
    )


def buying(ledger: Ledger, year: int, whom: str) -> str:
    """政府采购: total and goods, works, services."""
    if not ledger.procurement:
        return f"{year}年{whom}没有安排政府采购预算。"
    of = {s: total(p.amount for p in ledger.procurement if p.subject == s) for s in ("goods", "works", "services")}
    return (
        f"{year}年政府采购预算{sum(of.values()):.2f}万元，其中：货物类{of['goods']:.2f}万元，工程类{of['works']:.2f}万元，"
        f"服务类{of['services']:.2f}万元。"
    )


GLOSSARY = (
    "财政拨款收入：本级财政当年拨付的各类预算资金。",
    "上年结转：上年度安排、尚未用完而按原用途继续使用的资金。",
    "基本支出：维持机构正常运转和完成日常工作所需的支出，由人员经费和公用经费组成。",
    "项目支出：基本支出以外，为特定工作任务安排的支出。",
    "“三公”经费：因公出国（境）费、公务用车购置及运行维护费、公务接待费三项支出。",
    "机关运行经费：行政单位用于购买日常办公所需货物和服务的公用经费。",
)


def _sections(ledger: Ledger, agency: str, year: int, body: str, whom: str) -> list[Block]:
    performance = (
        f"{year}年{whom}项目支出全部设定绩效目标，涉及项目{len(ledger.projects)}个，预算资金{ledger.project:.2f}万元。"
        "执行中按季度跟踪进度，年终开展自评。"
    )
    assets = f"截至{year - 1}年12月31日，{whom}的资产以办公设备为主，{year}年没有购置大型设备的安排。"
    parts = (
        ("收支预算总体情况", income_and_expenditure(ledger, year, whom)),
        ("机关运行经费安排情况", [running_costs(ledger, year, body, whom)]),
        ("“三公”经费预算情况", [three_public(ledger, year, whom)]),
        ("政府采购预算情况", [buying(ledger, year, whom)]),
        ("国有资产占用情况", [assets]),
        ("预算绩效情况", [performance]),
    )
    blocks: list[Block] = []
    for n, (heading, texts) in enumerate(parts, 1):
        blocks += [Heading(2, f"{chinese(n)}、{heading}"), *(Paragraph(t) for t in texts)]
    return blocks


def _overview(agency: str, kind: str, duties: Iterable[str], body: str) -> list[Block]:
    nature = "行政单位" if body == "行政" else "公益一类事业单位"
    return [
        Heading(2, "一、主要职责"),
        *(Paragraph(f"{n}.{duty}。") for n, duty in enumerate(duties, 1)),
        Heading(2, "二、机构设置"),
        Paragraph(f"{agency}为{nature}，纳入本{kind}预算编制范围的只有{agency}本级。"),
    ]


def _publish_error(tables: list[Table], error: dict[str, str]) -> list[Table]:
    """Put one wrong figure where the publisher put it: table, row name, column leaf → printed text."""
    changed = []
    for table in tables:
        if table.title != error["table"]:
            changed.append(table)
            continue
        lines = []
        for line in table.lines:
            cells = list(line.cells)
            for n, column in enumerate(table.columns):
                at_row = column.side in line.keys and line.keys[column.side][1] == error["row"]
                if at_row and column.role == "amount":
                    cells[n] = error["published"]
            lines.append(replace(line, cells=tuple(cells)))
        changed.append(replace(table, lines=tuple(lines)))
    return changed


def make_document(spec: dict[str, Any]) -> Document:
    """The document that an entry of `documents.toml` describes."""
    file, layout, agency = str(spec["file"]), str(spec["layout"]), str(spec["agency"])
    year, code, body = int(spec["year"]), str(spec["code"]), str(spec["body"])
    unit = spec["kind"] == "unit_budget"
    word, whom = ("单位", "本单位") if unit else ("部门", "本部门")
    ledger = make_ledger(str(spec["profile"]), Decimal(str(spec.get("factor", "1"))))
    duties = read_toml("documents.toml")["duties"][spec["profile"]]
    overview = _overview(agency, word, duties, body)
    sections = _sections(ledger, agency, year, body, whom)
    glossary = [Paragraph(text) for text in GLOSSARY]
    if layout == "hebei":
        tables = HebeiLayout(ledger, agency, code, year).tables()
        title = f"{agency}{year}年{word}预算信息公开"
        blocks: list[Block] = [
            Heading(0, title),
            Heading(1, f"第一部分  {year}年{word}预算公开表"),
            *tables,
            Heading(1, f"第二部分  {year}年{word}预算信息公开情况说明"),
            *overview,
            *sections,
            Heading(2, "七、名词解释"),
            *glossary,
        ]
    else:
        tables = ShandongLayout(ledger, agency, year, word, body).tables()
        title = f"{year}年{agency}{word}预算"
        if isinstance(spec.get("publisher_error"), dict):
            tables = _publish_error(tables, spec["publisher_error"])
        forms = performance_forms(ledger, agency, len(tables) + 1) if spec.get("forms") else []
        blocks = [
            Heading(0, title),
            Heading(1, f"第一部分  {word}概况"),
            *overview,
            Heading(1, f"第二部分  {year}年{word}预算表"),
            *tables,
            Heading(1, f"第三部分  {year}年{word}预算情况和重要事项说明"),
            *sections,
            *forms,
            Heading(1, "第四部分  名词解释"),
            *glossary,
        ]
    return Document(
        file, title, agency, code, year, str(spec["kind"]), layout, tuple(blocks),
        bool(spec.get("cut_rows")), float(spec.get("row_padding", 7)), float(spec.get("type_size", 0)),
    )  # fmt: skip
