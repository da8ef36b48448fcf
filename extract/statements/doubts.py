"""What a reading is not sure of: recognised amounts below the trusted confidence, money whose unit nobody printed, tables of
money that are none of the known statements, columns that are none of the known measures.

A doubtful figure never loads silently: each is a finding with its place. No format and no accounting here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from budget.amounts import find_unit
from budget.disclosure import Fact, Finding, FindingCell, Statement
from budget.measures import UNKNOWN, measure_of
from budget.printed_text import squeeze
from budget.states import Origin, Severity
from extract.reading import TRUSTED

UNSURE = "UNSURE"
"""Check id: a recognised amount below the trusted confidence."""
UNIT = "UNIT"
"""Check id: a statement whose unit is printed nowhere on it."""
UNCLASSIFIED = "UNCLASSIFIED"
"""Check id: a table with amounts that is none of the statement kinds; its amounts are kept as cells and give no facts."""
UNMEASURED = "UNMEASURED"
"""Check id: columns of money whose header names none of the measures; their amounts are facts of measure `unknown`."""
_WHOLE = re.compile(r"-?[1-9]\d{0,9}")
_AMOUNT = re.compile(r"-?(?:\d+\.\d{2,}|\d{1,3}(?:,\d{3})+(?:\.\d+)?)")


def doubts(
    statements: Sequence[Statement], facts: Sequence[Fact], strange_units: Mapping[str, str] | None = None
) -> list[Finding]:
    """A finding for every unsure amount, and one for every statement whose unit was taken from elsewhere.

    A unit that all other statements agree on is a warning; without such an agreement the assumed 万元 may be wrong by a
    factor of ten thousand, so a person has to look. `strange_units` are statements (by id) that print a unit which is none of
    ours (单位：百万元), as printed: their amounts are certainly wrong.
    """
    return [
        *_unsure(facts),
        *_without_unit(statements, facts, strange_units or {}),
        *_unclassified(statements),
        *_unmeasured(statements, facts),
    ]


def _unsure(facts: Sequence[Fact]) -> list[Finding]:
    return [
        Finding(
            check=UNSURE, severity=Severity.ERROR, origin=Origin.EXTRACTION, statement_id=fact.statement_id,
            message=f"识别把握不足：“{fact.code or fact.name}·{'/'.join(fact.column)}”读作 {fact.raw}（置信度 {fact.confidence:.2f}）"
            f" / not sure of {fact.raw} ({fact.code or fact.name}, {' / '.join(fact.column)}): confidence {fact.confidence:.2f}",
            cells=(FindingCell(fact_id=fact.id, at=fact.at, raw=fact.raw),),
        )
        for fact in facts
        if fact.confidence is not None and fact.confidence < TRUSTED
    ]  # fmt: skip


def _without_unit(
    statements: Sequence[Statement], facts: Sequence[Fact], strange_units: Mapping[str, str]
) -> list[Finding]:
    bare: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if not any(find_unit(level) and "元" in level for level in fact.column):
            bare[fact.statement_id].append(fact)
    printed = Counter(statement.unit for statement in statements if statement.unit is not None)
    agreed = next(iter(printed)) if len(printed) == 1 else None
    findings = []
    for statement in statements:
        # zeros are zeros in any unit
        concerned = [fact for fact in bare.get(statement.id, ()) if fact.value]
        if statement.unit is not None or not concerned:
            continue
        first = concerned[0]
        title = statement.title or statement.kind
        if statement.id in strange_units:
            severity = Severity.ERROR
            said = squeeze(strange_units[statement.id])
            told = (
                f"“{title}”印作“{said}”，该单位无法识别，金额不可用"
                f" / {title} prints {said!r}, a unit this project does not know: its amounts are not to be used"
            )
        elif agreed:
            severity = Severity.WARNING
            told = f"“{title}”未印金额单位，按其他各表的{agreed}读取 / {title} prints no unit; read in {agreed} like all other statements"
        else:
            severity = Severity.ERROR
            told = (
                f"“{title}”未印金额单位，他表亦无一致单位，暂按万元读取，可能相差一万倍"
                f" / {title} prints no unit and the others agree on none; read as 万元, which may be wrong by 10,000"
            )
        findings.append(
            Finding(
                check=UNIT, severity=severity, origin=Origin.SOURCE, statement_id=statement.id, message=told,
                cells=(FindingCell(fact_id=first.id, at=first.at, raw=first.raw),),
            )
        )  # fmt: skip
    return findings


NOTHING_READ = "NOTHING_READ"
"""Check id: a document shows tables of amounts and gave neither a fact nor a project."""
SHOWN = 4
"""Amounts in tables from which on a document is no mere text."""


def shown_and_not_read(statements: Sequence[Statement], read: int) -> list[Finding]:
    """An error for a document whose tables show amounts while nothing was read from it (`read`: facts and projects)."""
    if read:
        return []
    cells = [
        FindingCell(at=at, raw=squeeze(text))
        for statement in statements
        for row in statement.rows
        for text, at in zip(row.cells, row.at or (None,) * len(row.cells), strict=True)
        if _AMOUNT.fullmatch(squeeze(text))
    ]
    if len(cells) < SHOWN:
        return []
    return [
        Finding(
            check=NOTHING_READ, severity=Severity.ERROR, origin=Origin.EXTRACTION, cells=tuple(cells[:1]),
            message=f"文件的表格显示 {len(cells)} 个金额，但没有读出任何数据"
            f" / the tables of the document show {len(cells)} amounts and nothing was read from them; look at the original",
        )
    ]  # fmt: skip


def _unclassified(statements: Sequence[Statement]) -> list[Finding]:
    findings = []
    for statement in statements:
        if statement.kind != "unknown":
            continue
        cells = [
            (at, squeeze(text))
            for row in statement.rows
            for text, at in zip(row.cells, row.at or (None,) * len(row.cells), strict=True)
        ]
        # whole 万元 are printed without a point: where nothing looks more like money, any number may be
        amounts = [one for one in cells if _AMOUNT.fullmatch(one[1])] or [
            one for one in cells if _WHOLE.fullmatch(one[1])
        ]
        if not amounts:
            continue
        title = statement.title or "（无标题）"
        findings.append(
            Finding(
                check=UNCLASSIFIED, severity=Severity.WARNING, origin=Origin.UNKNOWN, statement_id=statement.id,
                message=f"“{title}”不属于已知表种，其中 {len(amounts)} 个金额未作为数据入库"
                f" / {title} is none of the known statements; its {len(amounts)} amounts are not loaded as facts",
                cells=(FindingCell(at=amounts[0][0], raw=amounts[0][1]),),
            )
        )  # fmt: skip
    return findings


def _unmeasured(statements: Sequence[Statement], facts: Sequence[Fact]) -> list[Finding]:
    columns: dict[str, dict[int, Fact]] = defaultdict(dict)
    for fact in facts:
        if fact.measure == UNKNOWN and fact.value:
            columns[fact.statement_id].setdefault(fact.col, fact)
    findings = []
    for statement in statements:
        firsts = list(columns.get(statement.id, {}).values())
        title = statement.title or statement.kind
        # a header that is known by itself lost its measure because another column of the list claims the same
        twice = [fact for fact in firsts if measure_of(fact.column, fact.kind).measure != UNKNOWN]
        strange = [fact for fact in firsts if fact not in twice]
        for told, zh, en in (
            (strange, "不是已知口径", "name no known measure"),
            (twice, "与本表另一列口径相同，无法区分", "claim the same measure as another column"),
        ):
            if not told:
                continue
            named = "、".join(f"“{'/'.join(fact.column)}”" for fact in told)
            findings.append(
                Finding(
                    check=UNMEASURED, severity=Severity.WARNING, origin=Origin.UNKNOWN, statement_id=statement.id,
                    message=f"“{title}”的列{named}{zh}，其金额按列名保存，口径记为 unknown"
                    f" / {title}: columns {named} {en}; loaded under their own names as `unknown`",
                    cells=tuple(FindingCell(fact_id=fact.id, at=fact.at, raw=fact.raw) for fact in told),
                )
            )  # fmt: skip
    return findings
