"""SLF: tests of meaning that need no knowledge of a form. What fails here was read wrongly or not at all; no publisher is to blame.

Sums prove figures against each other and are blind to what is missing from all of them: a list that gave no project, a table
without headers, names that are numbers, a total that nobody found, a magnitude that cannot be.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from budget.amounts import Unit, printed_decimals
from budget.codes import codes_of, names_of
from budget.disclosure import Disclosure, Fact, Statement
from budget.printed_text import squeeze
from budget.project_words import fold_label, indicator_header
from budget.words import total_role
from expectations.view.identities import Identity
from expectations.view.tables import says

FEWEST_ROWS: Final = 3
"""Rows beyond which a performance form or list holds a project."""
MOST_AMOUNT: Final = Decimal(10) ** 9
"""万元: ten trillion yuan; no department has a hundredth of it."""
DEPARTMENT_TOTAL: Final = (Decimal(1), Decimal(10) ** 7)
"""万元: between these lies the total of any department's budget; a factor of ten thousand leaves the span on one side or the other."""
INDICATOR_WORDS: Final = 3
"""Words of the vocabulary of indicators in one row that make it a header of indicators."""
TIMES: Final = (2, 3, 4, 5, 6)
"""How often rows may stand in a table without their levels being seen: each level repeats the total once."""
ALWAYS_TOTAL: Final = frozenset(
    {
        "expenditure_summary", "general_budget_expenditure", "general_budget_basic_expenditure", "government_fund_expenditure",
        "revenue_summary", "basic_expenditure", "appropriation_expenditure",
    }
)  # fmt: skip
"""Kinds of statement that print a total wherever they print several rows (docs/field.md)."""
FEWEST_ALIKE: Final = 3
"""Things that must be alike for one that differs from all of them to say something."""
SAME_SIZE: Final = 30
"""Times by which the largest figures of the tables of one document differ as a rule, at the most."""
SUMMARIES: Final = ("revenue_expenditure_summary", "appropriation_summary")
SECTION_DIGITS: Final = 5
"""Digits of the code of a section 款 of the functional classification."""
_LIKE_TOTAL: Final = re.compile(r"(?:合|总|小)[针什汁讣訃叶汗]$|^(?:台|含|舍|会)计$")
"""The words for totals with one sign misprinted or misread."""
CLASS_DIGITS: Final = 3
"""Digits of the code of a class 类 of the functional classification."""
_NUMBER: Final = re.compile(r"^[-−(（]?\d[\d,，.、]*[%％)）]?$")
_VALUE: Final = re.compile(r"^[=≥≤<>＝＞＜]?-?\d[\d,.]*\D{0,3}$")
_YEAR: Final = re.compile(r"^(?:19|20)\d{2}$")
_OF_REVENUE: Final = re.compile(r"收入(?:合计|总计)$|(?:拨款|事业|经营|其他|补助)收入$")
_OF_EXPENDITURE: Final = re.compile(r"支出(?:合计|总计)$")
_TOTAL_ROLES: Final = ("total", "grand_total", "subtotal")


def identities(disclosure: Disclosure) -> Iterator[Identity]:
    """SLF-01 to SLF-16 of a disclosure: `stated` gives what was found and what must be."""
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in disclosure.facts:
        facts[fact.statement_id].append(fact)
    for statement in disclosure.statements:
        yield from _projects(disclosure, statement)
        own = facts.get(statement.id, [])
        if own:
            yield _headers(statement, own)
            yield from _heads_of_groups(statement, own)
            yield _names(statement, own)
            yield _sizes(statement, own)
            yield from _total_row(statement, own)
            yield from _times(statement, own)
            yield from _class_rows(statement, own)
            yield _decimals(statement, own)
            yield from _misspelt_totals(statement, own)
            yield _codes(statement, own)
            yield from _items(statement, own)
            yield _unit(disclosure, statement, facts)
    yield from _magnitude(disclosure)


def _counted(check: str, statement: Statement, what: str, found: int, wanted: int = 0) -> Identity:
    title = statement.title or statement.kind
    return Identity(check, (statement.id,), title, what, stated=(Decimal(found), Decimal(wanted)))


def _projects(disclosure: Disclosure, statement: Statement) -> Iterator[Identity]:
    """SLF-01, SLF-02: a performance form or list gives a project, and indicators where it prints them."""
    if statement.kind != "project_performance" or len(statement.rows) <= FEWEST_ROWS:
        return
    if not any(_VALUE.match(squeeze(cell)) for row in statement.rows for cell in row.cells):
        return  # a blank form
    places = {at for row in statement.rows for at in row.at if at is not None}
    own = [project for project in disclosure.projects if project.at in places]
    yield _counted("SLF-01", statement, "项目数", len(own) or 0, len(own) or 1)
    header = any(
        len({fold_label(cell) for cell in cells if cell} & indicator_header()) >= INDICATOR_WORDS
        for cells in ([path[-1] for path in statement.columns if path], *(row.cells for row in statement.rows))
    )
    if own and header:
        read = sum(len(project.indicators) for project in own)
        yield _counted("SLF-02", statement, "指标数", read, read or 1)


def _headers(statement: Statement, facts: Sequence[Fact]) -> Identity:
    """SLF-03: every figure stands under a header."""
    return _counted("SLF-03", statement, "无表头的数", sum(not any(fact.column) for fact in facts))


def _names(statement: Statement, facts: Sequence[Fact]) -> Identity:
    """SLF-04: no row is called by a number."""
    rows = {fact.row: squeeze(fact.name) for fact in facts}
    numbers = [name for name in rows.values() if _NUMBER.match(name) and not _YEAR.match(name)]
    return _counted("SLF-04", statement, "以数字为名的行", len(numbers))


def _sizes(statement: Statement, facts: Sequence[Fact]) -> Identity:
    """SLF-05: no amount is larger than any budget."""
    return _counted("SLF-05", statement, "超大金额", sum(abs(fact.value) > MOST_AMOUNT for fact in facts))


def _total_row(statement: Statement, facts: Sequence[Fact]) -> Iterator[Identity]:
    """SLF-06: a kind that always prints a total has one, where it prints several rows."""
    if statement.kind not in ALWAYS_TOTAL or any(fact.role in _TOTAL_ROLES for fact in facts):
        return
    rows = {fact.row for fact in facts if fact.value}
    by_unit = any(not fact.code and says("units", "name", fact.name) for fact in facts)
    if len(rows) >= FEWEST_ROWS and not by_unit:
        yield _counted("SLF-06", statement, "合计行", 0, 1)


def _class_rows(statement: Statement, facts: Sequence[Fact]) -> Iterator[Identity]:
    """SLF-09: where a table prints classes above their items, no item stands without its class."""
    codes = {fact.code for fact in facts if fact.code_system == "functional"}
    classes = {code for code in codes if len(code) == CLASS_DIGITS}
    if not classes:
        return
    orphans = {code[:CLASS_DIGITS] for code in codes if len(code) > CLASS_DIGITS} - classes
    yield _counted("SLF-09", statement, "缺类级行的科目 " + "、".join(sorted(orphans)), len(orphans))


def _decimals(statement: Statement, facts: Sequence[Fact]) -> Identity:
    """SLF-10: where all other amounts of a table print as many decimals, none prints more: the mark of a note became a digit."""
    places = Counter(printed_decimals(fact.amount_text) for fact in facts if fact.value)
    usual, often = places.most_common(1)[0] if places else (0, 0)
    longer = sum(count for decimals, count in places.items() if decimals > usual)
    alone = often >= FEWEST_ALIKE and longer == 1 and often + longer == sum(places.values())
    return _counted("SLF-10", statement, "小数位多于其他各数的金额", int(alone and usual > 0))


def _misspelt_totals(statement: Statement, facts: Sequence[Fact]) -> Iterator[Identity]:
    """SLF-11: no row is called by the word for a total with a sign misprinted; a summary prints a total on each side."""
    names = {squeeze(fact.name) for fact in facts if total_role(fact.name) is None}
    yield _counted("SLF-11", statement, "形似合计的行名", sum(bool(_LIKE_TOTAL.search(name)) for name in names))
    if statement.kind in SUMMARIES:
        for side in ("revenue", "expenditure"):
            own = [fact for fact in facts if fact.side == side and fact.value]
            if len({fact.row for fact in own}) >= FEWEST_ROWS:
                yield _counted(
                    "SLF-06", statement, f"合计行（{side}）", int(any(f.role in _TOTAL_ROLES for f in own)), 1
                )


def _heads_of_groups(statement: Statement, facts: Sequence[Fact]) -> Iterator[Identity]:
    """SLF-15, SLF-16: heads that cover several columns cover the right ones, as far as words show it.

    A 小计 is a part of a whole that its group names; a list of revenue under the head 支出 has lost its own.
    """
    paths = {tuple(map(squeeze, fact.column)) for fact in facts}
    alone = [path for path in paths if len(path) == 1 and path[0] == "小计"]
    if any(len(path) == 1 and says("columns", "total", path[0]) and path[0] != "小计" for path in paths):
        yield _counted("SLF-15", statement, "没有分组表头的小计栏", len(alone))
    if statement.kind in SUMMARIES:
        wrong = {fact.row for fact in facts if _stands_on_the_other_side(fact)}
        yield _counted("SLF-16", statement, "列在另一侧的收支项目", len(wrong))


def _stands_on_the_other_side(fact: Fact) -> bool:
    path, name = "".join(map(squeeze, fact.column)), squeeze(fact.name)
    if "收入" in path and "支出" not in path:
        return bool(_OF_EXPENDITURE.search(name))
    return "支出" in path and "收入" not in path and bool(_OF_REVENUE.search(name))


def _codes(statement: Statement, facts: Sequence[Fact]) -> Identity:
    """SLF-12: a code of no list does not stand beside a name that the lists give another code of the same class."""
    wrong = set()
    for fact in facts:
        if fact.code_system == "department_economic" and fact.code and not names_of(fact.code, fact.code_system):
            name = squeeze(fact.name)
            named = [code for code, known in codes_of("department_economic").items() if name in known]
            if any(code[:CLASS_DIGITS] == fact.code[:CLASS_DIGITS] for code in named):
                wrong.add(fact.code)
    return _counted("SLF-12", statement, "名称属于另一编码的编码 " + "、".join(sorted(wrong)), len(wrong))


def _items(statement: Statement, facts: Sequence[Fact]) -> Iterator[Identity]:
    """SLF-13: where sections print their items, none prints none."""
    codes = {fact.code for fact in facts if fact.code_system == "functional"}
    sections = {code for code in codes if len(code) == SECTION_DIGITS}
    above = {code[:SECTION_DIGITS] for code in codes if len(code) > SECTION_DIGITS}
    bare = sections - above
    if len(above & sections) >= FEWEST_ALIKE:
        yield _counted("SLF-13", statement, "无项级行的款级科目 " + "、".join(sorted(bare)), len(bare))


def _unit(disclosure: Disclosure, statement: Statement, facts: Mapping[str, Sequence[Fact]]) -> Identity:
    """SLF-14: a table in another unit than all others does not print figures of their size: its unit is misprinted or misread."""
    others = [one for one in disclosure.statements if one.id != statement.id and one.unit and facts.get(one.id)]
    units = {one.unit for one in others}
    suspicious = False
    if statement.unit and len(others) >= FEWEST_ALIKE and len(units) == 1 and statement.unit not in units:
        sizes = sorted(max(abs(fact.value) for fact in facts[one.id]) for one in others)
        own = max(abs(fact.value) for fact in facts[statement.id])
        usual = sizes[len(sizes) // 2]
        printed = own / Unit(statement.unit).in_wan * Unit(others[0].unit or "万元").in_wan
        low, high = usual / SAME_SIZE, usual * SAME_SIZE
        suspicious = low <= printed <= high and not low <= own <= high
    return _counted("SLF-14", statement, "与他表单位不同而数字大小相同", int(suspicious))


def _times(statement: Statement, facts: Sequence[Fact]) -> Iterator[Identity]:
    """SLF-07: the rows that are no totals add up to the total once, not several times: else levels were taken for one."""
    if statement.kind not in (*ALWAYS_TOTAL, "project_expenditure"):
        return
    columns: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        columns[fact.col].append(fact)
    worst = 0
    for own in columns.values():
        totals = [fact.value for fact in own if fact.role in _TOTAL_ROLES and says("rows", "total_word", fact.name)]
        parts = [fact.value for fact in own if fact.role == "detail"]
        if len(totals) != 1 or not totals[0] or len(parts) < FEWEST_ROWS:
            continue
        ratio = sum(parts) / totals[0]
        if any(abs(ratio - times) * abs(totals[0]) <= Decimal("0.01") * len(parts) for times in TIMES):
            worst = max(worst, int(ratio.to_integral_value()))
    if worst:
        yield _counted("SLF-07", statement, "明细之和为合计的倍数", worst, 1)


def _magnitude(disclosure: Disclosure) -> Iterator[Identity]:
    """SLF-08: the total of a department lies in the span of all departments; sums alone are blind to a factor."""
    if disclosure.document.kind not in ("department_budget", "unit_budget", "final_account"):
        return
    for statement in disclosure.statements:
        if statement.kind not in ("revenue_expenditure_summary", "expenditure_summary", "revenue_summary"):
            continue
        totals = [
            abs(fact.value) for fact in disclosure.facts
            if fact.statement_id == statement.id and fact.role in _TOTAL_ROLES and fact.measure == "total" and fact.value
        ]  # fmt: skip
        if not totals:
            continue
        low, high = DEPARTMENT_TOTAL
        largest = max(totals)
        yield Identity(
            "SLF-08", (statement.id,), statement.title or statement.kind, "总额量级（万元）",
            stated=(largest, largest if low <= largest <= high else (low if largest < low else high)),
        )  # fmt: skip
