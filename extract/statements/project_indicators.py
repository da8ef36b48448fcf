"""Indicators of performance forms and lists (绩效指标) → `Indicator`: levels, name, sign, value and unit as printed."""

from __future__ import annotations

import re

from budget.disclosure import Indicator
from budget.project_words import fold_label, indicator_header
from extract.statements.model import Cell, Table

HEADER_WORDS = 3
"""Words of the vocabulary of indicators from which on a row is the header above them."""
_OPERATOR = re.compile(
    r"^(?P<operator>[=＝≥≧≤≦><＞＜])?(?P<value>-?\d+(?:,\d{3})*(?:\.\d+)?)(?P<unit>[^\d~\-—–]{0,12})$"
)
_SAME = {"＝": "=", "≧": "≥", "≦": "≤", "＞": ">", "＜": "<"}


def indicator_header_row(table: Table) -> int | None:
    """The row of a form that heads its indicators; None where it prints none."""
    for r, row in enumerate(table.rows):
        texts = {fold_label(c.shown) for c in row if c.own and c.shown}
        if "三级指标" in texts or ("一级指标" in texts and any("指标值" in t for t in texts)):
            return r
        if len(texts & indicator_header()) >= HEADER_WORDS:
            return r
    return None


_WRITTEN = re.compile(r"(?:\d{1,3}[、.])?\d-(?P<one>[^;,-]{2,12})[;,]\d\d-(?P<two>[^;,-]{2,16})[;,]")
"""Indicators one after the other in one cell: `1、1-产出指标；11-数量指标；会议次数；实施周期指标值:≥20场；年度指标值:≥20场。`"""


def written_indicators(text: str) -> list[Indicator]:
    """The indicators of a cell that prints them all."""
    found = []
    heads = list(_WRITTEN.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=bool(heads)):
        name, told, value = text[head.end() : end].partition("年度指标值:")
        if not told:
            continue
        name = name.partition("实施周期指标值:")[0].rstrip(".;,。")
        found.append(indicator_of(head["one"], head["two"], name, value.rstrip(".;,。"), None, None))
    return found


def signed_indicator(
    level1: str, level2: str, row: tuple[Cell, ...], three: int, value: int, sign: int | None, measured: int | None
) -> Indicator:
    """An indicator whose sign and unit may stand in columns of their own (≥ | 90 | %); 定性 there is no sign."""
    before = row[sign].shown if sign is not None else ""
    before = before if _SAME.get(before, before) in ("=", "≥", "≤", ">", "<") else ""
    after = row[measured].shown if measured is not None else ""
    return indicator_of(level1, level2, row[three].shown, before + row[value].shown + after, None, None)


_LEVEL1_OF = {
    "数量指标": "产出指标", "质量指标": "产出指标", "时效指标": "产出指标",
    "经济效益指标": "效益指标", "社会效益指标": "效益指标", "生态效益指标": "效益指标", "可持续影响指标": "效益指标",
    "服务对象满意度指标": "满意度指标",
    "经济成本指标": "成本指标", "社会成本指标": "成本指标", "生态环境成本指标": "成本指标",
}  # fmt: skip
"""The first level of a second one where every form agrees on it; 成本指标 itself is a second level in older forms."""


def indicators_below(table: Table, header: int) -> tuple[Indicator, ...]:
    """The indicators below the header in row `header` of a form; none where it prints neither names nor values."""
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
        found.append(indicator_of(level1, level2, name, text, _at(row, description), _at(row, basis)))
    return tuple(found)


def _at(row: tuple[Cell, ...], column: int | None) -> str | None:
    return (row[column].shown or None) if column is not None else None


def indicator_of(
    level1: str, level2: str, name: str, text: str, description: str | None, basis: str | None
) -> Indicator:
    """An indicator from its texts; sign, value and unit are told apart where the text is one number with them."""
    parts = _OPERATOR.match(text)
    operator = parts.group("operator") if parts else None
    return Indicator(
        level1=level1, level2=level2, level3=name, description=description,
        operator=_SAME.get(operator or "", operator),  # type: ignore[arg-type]
        value=parts.group("value").replace(",", "") if parts else None,
        unit=(parts.group("unit") or None) if parts else None, text=text, basis=basis,
    )  # fmt: skip
