"""No reading is too broken to be judged: a check that cannot be applied is skipped, it never raises."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budget.disclosure import CodeSystem, Disclosure, Fact, Indicator, Project, ProseFact, Role, Row, Statement
from budget.kinds import statement_kinds
from expectations import Reconciled, judge, reconcile
from expectations.checks.prose import topics
from expectations.judging.wording import findings_of

Build = Callable[..., Disclosure]
KINDS = [*(kind.name for kind in statement_kinds()), "unknown"]
MEASURES = [
    "total", "basic", "project", "personnel", "public", "general_budget", "gov_fund", "state_capital", "fiscal_total",
    "current_year_subtotal", "carry_over_in", "carry_over_out", "quantity", "unit_price", "other_revenue", "nonsense",
]  # fmt: skip
CODES = ["", "208", "20801", "2080101", "301", "30101", "30231", "20", "9" * 30, "P07", "0", "208a"]
NAMES = ["", "合计", "小计", "收入总计", "本年支出合计", "其中：办公费", "一、", "结转下年", "三公", "购置费", "上年结转", "100.00"]  # fmt: skip
AMOUNTS = ["0", "-1", "0.000000000000001", "9" * 40, "100", "100.00", "-0.5"]
PRINTS = ["", "——", "100.00", "1,2,3", "n/a", "-", "％", "1.000.000", "٣"]


def broken(one: Disclosure, random_: random.Random) -> Disclosure:
    """A reading as a bad day would give it: cells lost, rows doubled, columns blank, kinds and sides mistaken."""
    facts, statements = list(one.facts), list(one.statements)
    for _ in range(random_.randint(1, 6)):
        facts, statements = random_.choice(MUTATIONS)(facts, statements, random_)
    if random_.random() < 0.5:
        random_.shuffle(facts)
    prose = tuple(_prose(random_) for _ in range(random_.randint(0, 8)))
    return one.model_copy(
        update={
            "facts": tuple(facts), "statements": tuple(statements), "prose_facts": one.prose_facts + prose,
            "projects": one.projects + tuple(_project(random_) for _ in range(random_.randint(0, 3))),
        }
    )  # fmt: skip


Parts = tuple[list[Fact], list[Statement]]


def _drop_facts(facts: list[Fact], statements: list[Statement], random_: random.Random) -> Parts:
    share = random_.random()
    return [fact for fact in facts if random_.random() > share], statements


def _double_a_row(facts: list[Fact], statements: list[Statement], random_: random.Random) -> Parts:
    if not facts:
        return facts, statements
    like = random_.choice(facts)
    here = [f for f in facts if (f.statement_id, f.row) == (like.statement_id, like.row)]
    row = like.row + random_.choice([-1, 0, 1, 1000])
    return facts + [f.model_copy(update={"id": f"{f.id}'", "row": abs(row)}) for f in here], statements


def _blank_a_column(facts: list[Fact], statements: list[Statement], random_: random.Random) -> Parts:
    if not facts:
        return facts, statements
    like = random_.choice(facts)
    return [f for f in facts if (f.statement_id, f.col) != (like.statement_id, like.col)], statements


def _mistake_a_kind(facts: list[Fact], statements: list[Statement], random_: random.Random) -> Parts:
    if not statements:
        return facts, statements
    number = random_.randrange(len(statements))
    changed: dict[str, Any] = random_.choice([
        {"kind": random_.choice(KINDS)}, {"unit": random_.choice([None, "元", "亿元"])}, {"declared_empty": True},
        {"columns": statements[number].columns[:1]}, {"columns": ()}, {"rows": statements[number].rows[:1]}, {"rows": ()},
        {"rows": tuple(Row(cells=row.cells[: random_.randint(0, 4)]) for row in statements[number].rows)},
        {"rows": tuple(Row(cells=tuple(random_.choice(PRINTS) for _ in row.cells)) for row in statements[number].rows)},
        {"columns": tuple((random_.choice(NAMES),) for _ in statements[number].columns)}, {"title": None},
        {"columns": tuple(() for _ in statements[number].columns)},
    ])  # fmt: skip
    return facts, [s.model_copy(update=changed) if n == number else s for n, s in enumerate(statements)]


def _mistake_facts(facts: list[Fact], statements: list[Statement], random_: random.Random) -> Parts:
    share = random_.choice([0.02, 0.3, 1.0])
    field: dict[str, list[Any]] = {
        "side": [None, "revenue", "expenditure"], "role": list(get_args(Role)), "measure": MEASURES, "code": CODES,
        "name": NAMES, "amount": AMOUNTS, "raw": PRINTS, "col": [0, 1, 2, 3, 50], "row": [0, 1, 2, 500],
        "fund": [None, "general_budget", "gov_fund"], "code_system": [None, *get_args(CodeSystem)],
        "fiscal_year": [None, 1999, 2024], "basis": [None, "budget", "final"], "column": [(), ("合计",), ("", "")],
        "statement_id": ["lost", *(s.id for s in statements)], "at": [None],
    }  # fmt: skip
    key = random_.choice(list(field))
    return [
        f.model_copy(update={key: random_.choice(field[key])}) if random_.random() < share else f for f in facts
    ], statements


def _repeat_a_statement(facts: list[Fact], statements: list[Statement], random_: random.Random) -> Parts:
    if not statements:
        return facts, statements
    again = random_.choice(statements)
    copies = [f.model_copy(update={"statement_id": again.id + "b"}) for f in facts if f.statement_id == again.id]
    return facts + copies, [*statements, again.model_copy(update={"id": again.id + "b"})]


MUTATIONS: list[Callable[[list[Fact], list[Statement], random.Random], Parts]] = [
    _drop_facts, _double_a_row, _blank_a_column, _mistake_a_kind, _mistake_facts, _repeat_a_statement,
]  # fmt: skip


def _prose(random_: random.Random) -> ProseFact:
    stem = random_.choice([*topics(), "nonsense", "agency_running_item", "assets_total", "planned_purchase_item"])
    return ProseFact(
        topic=stem + random_.choice(["", "", "_delta", "_percent", "_share", "_count"]),
        amount=random_.choice([None, *AMOUNTS]), percent=random_.choice([None, "0", "-100", "100", "5.55", "0.1"]),
        count=random_.choice([None, "0", "3", "-1"]), unit=random_.choice([None, "万元", "元", "%", "个", "亿元"]),
        name=random_.choice([None, "办公费", ""]), fiscal_year=random_.choice([None, 2023, 2024]),
        base_year=random_.choice([None, 2023]), sentence=random_.choice(["", "一" * 300, "比上年增加，其中：XX。", "持平。"]),
    )  # fmt: skip


def _project(random_: random.Random) -> Project:
    amount = random_.choice([None, *AMOUNTS])
    indicators = tuple(
        Indicator(
            level1=random_.choice(["成本指标", "产出指标", ""]), level2="", level3=random_.choice(["经济成本", "单位成本", ""]),
            operator=random_.choice([None, "=", "≤"]), value=random_.choice([None, "100", "abc", "1,00", "-3"]),
            unit=random_.choice([None, "元", "万元", "%"]), text="…",
        )
        for _ in range(random_.randint(0, 3))
    )  # fmt: skip
    return Project(
        name=random_.choice(["", "甲", "乙"]), code=random_.choice([None, "", "A1"]), amount=amount, fiscal=amount,
        other=random_.choice([None, "0"]), plan={"03": random_.choice(["", "25%", "x"]), "12": "100"}, indicators=indicators,
    )  # fmt: skip


def prove_whatever(one: Disclosure) -> None:
    """Every identity and every message: also of those that hold, as an expectation may name any of them."""
    reconciled: Reconciled = reconcile(one)
    claimed = [n for n, identity in enumerate(reconciled.identities) if identity.skipped is None]
    failing = [n for n in claimed if not reconciled.identities[n].holds]
    findings_of(reconciled, failing, lambda sha256, place: "1.00")
    findings_of(reconciled, claimed[:3], None)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_broken_reading_of_made_tables_raises(made: list[Disclosure], seed: int) -> None:
    random_ = random.Random(seed)
    prove_whatever(broken(random_.choice(made), random_))


def test_no_broken_reading_of_real_documents_raises(samples: Path, truth: Callable[[Path], Disclosure]) -> None:
    paths = sorted(samples.glob("*/*.truth.json"))
    for number, path in enumerate(paths[::4]):
        random_ = random.Random(number)
        for _ in range(2):
            prove_whatever(broken(truth(path), random_))


def test_broken_readings_are_judged_together(made: list[Disclosure]) -> None:
    random_ = random.Random(7)
    batch = []
    for number in range(30):
        one = broken(random_.choice(made), random_)
        batch.append(one.model_copy(update={"document": one.document.model_copy(update={"sha256": f"{number:064x}"})}))
    assert len(judge(batch)) == 30


@pytest.fixture(scope="module")
def made(every_kind: list[Disclosure]) -> list[Disclosure]:
    return every_kind


def test_two_names_that_share_a_printed_row_leave_each_other_blank(document: Build) -> None:
    """公开01 as a bad day reads it: two revenue names in one row, so that neither owns all columns of its side."""
    one = document({
        "kind": "revenue_expenditure_summary",
        "columns": ["收入/项目", "收入/2023年", "收入/2024年", "支出/项目", "支出/2024年"],
        "rows": [
            ["一、财政拨款收入", "90.00", "100.00", "一、社会保障和就业支出", "100.00"],
            ["收入总计", "90.00", "100.00", "支出总计", "100.00"],
        ],
    })  # fmt: skip
    facts = [
        fact.model_copy(update={"name": "收入合计"}) if (fact.row, fact.col) == (1, 1) else fact for fact in one.facts
    ]  # fmt: skip
    prove_whatever(one.model_copy(update={"facts": tuple(facts)}))
