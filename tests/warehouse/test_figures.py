"""`figures`: one answer a department, year and measure. Each trap of the printed tables is set here, in both databases."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from budget.disclosure import (
    Disclosure,
    Document,
    Fact,
    Finding,
    Indicator,
    PagePlace,
    Project,
    ProseFact,
    Row,
    Statement,
)  # fmt: skip
from budget.states import DocumentState, Origin, Reason, Severity
from warehouse.document_figures import figures_of
from warehouse.store import Warehouse

GUIDE = (Path(__file__).parents[2] / "docs" / "warehouse.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"```sql\n-- ([\w-]+)\n(.*?);\n```", GUIDE, re.DOTALL))
LOADED = DocumentState.LOADED


def fact(kind: str, amount: str, **told: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "raw": amount,
        "amount": amount,
        "role": "total",
        "measure": "total",
        "code": "",
        "name": "合计",
        **told,
    }


def document(
    sha256: str, facts: Iterable[dict[str, Any]], *, year: int = 2024, kind: str = "department_budget", agency: str = "民政局",
    **told: Any,
) -> Disclosure:  # fmt: skip
    """A disclosure whose facts stand one a row in one table a kind."""
    made: list[Fact] = []
    rows: dict[str, int] = {}
    for one in facts:
        number = rows.setdefault(one["kind"], 0)
        rows[one["kind"]] += 1
        made.append(
            Fact(
                id=f"{one['kind']}:{number}:1", statement_id=one["kind"], row=number, col=1, column=("合计",),
                at=PagePlace(page=1, bbox=(1, 2, 3, 4)), **{"fund": "all", "fiscal_year": year, "basis": "budget", **one},
            )
        )  # fmt: skip
    statements = tuple(
        Statement(
            id=name, kind=name, title=name, unit="万元", columns=(("名称",), ("合计",)),
            rows=tuple(Row(cells=(one.name, one.raw)) for one in made if one.kind == name), declared_empty=False,
        )
        for name in rows
    )  # fmt: skip
    about = Document(
        file=f"{sha256[:1]}.pdf", sha256=sha256, reader="pdf", kind=kind, agency=agency, region="云岚市", fiscal_year=year,  # type: ignore[arg-type]
        title=f"{year}年", recipe=told.pop("recipe", "r1"),
    )  # fmt: skip
    return Disclosure(document=about, statements=statements, facts=tuple(made), **told)


def wide_three_public(year: int, total: str, reception: str) -> list[dict[str, Any]]:
    kind = "three_public_expenses"
    said = {"role": "detail", "name": "", "fiscal_year": year}
    return [
        fact(kind, total, **said),
        fact(kind, reception, **said, measure="reception", item="reception"),
    ]


def long_three_public(total: str, reception: str) -> list[dict[str, Any]]:
    kind = "three_public_expenses"
    found = []
    for measure, fund in (("general_budget", "general_budget"), ("total", "all")):
        found += [
            fact(kind, total, measure=measure, fund=fund, name="“三公”经费小计"),
            fact(kind, "0", measure=measure, fund=fund, role="detail", item="abroad", name="因公出国(境)费"),
            fact(kind, "0", measure=measure, fund=fund, role="of_which", item="abroad", name="其他因公出国(境)费"),
            fact(kind, reception, measure=measure, fund=fund, role="detail", item="reception", name="公务接待费"),
        ]
    return found


def test_two_years_of_one_agency_give_one_figure_a_year(warehouse: Warehouse) -> None:
    """The budget of 2024 prints 9.32 for 2023, the budget of 2023 printed 8.70: the year's own document answers."""
    warehouse.store(document("a" * 64, wide_three_public(2023, "8.70", "0.80"), year=2023), state=LOADED)
    later = [*wide_three_public(2024, "9.25", "0.85"), *wide_three_public(2023, "9.32", "0.92")]
    warehouse.store(document("b" * 64, later), state=LOADED)
    naive = (
        "SELECT decimal_sum(amount_exact) AS amount_exact FROM facts_current WHERE fiscal_year = 2023 AND item IS NULL"
    )
    assert warehouse.rows(naive)[0]["amount_exact"] == Decimal("18.02")  # the trap
    own = warehouse.rows(naive + " AND is_own_year")
    assert own[0]["amount_exact"] == Decimal("8.70")
    found = warehouse.rows(QUERIES["three-public"])
    assert [(row["fiscal_year"], row["three_public_wan"], row["reception_wan"]) for row in found] == [
        (2023, Decimal("8.7"), Decimal("0.8")),
        (2024, Decimal("9.25"), Decimal("0.85")),
    ]


def test_last_years_column_answers_where_its_own_document_is_missing(warehouse: Warehouse) -> None:
    warehouse.store(document("b" * 64, wide_three_public(2023, "9.32", "0.92")), state=LOADED)
    (row,) = warehouse.rows("SELECT fiscal_year, document_year, is_own_year, three_public_wan FROM three_public")
    assert (row["fiscal_year"], row["document_year"], bool(row["is_own_year"])) == (2023, 2024, False)


def test_whole_and_parts_are_never_of_two_documents(warehouse: Warehouse) -> None:
    """The document of the year prints no 出国费: the column of the next year must not fill it in."""
    warehouse.store(document("a" * 64, wide_three_public(2023, "8.70", "0.80"), year=2023), state=LOADED)
    other = [*wide_three_public(2023, "9.32", "0.92"), fact("three_public_expenses", "7", measure="abroad", item="abroad", role="detail", fiscal_year=2023)]  # fmt: skip
    warehouse.store(document("b" * 64, other), state=LOADED)
    (row,) = warehouse.rows("SELECT three_public_wan, abroad_wan FROM three_public WHERE fiscal_year = 2023")
    assert (row["three_public_wan"], row["abroad_wan"]) == (Decimal("8.7"), None)


def test_both_encodings_of_three_public_give_one_form(warehouse: Warehouse) -> None:
    warehouse.store(document("a" * 64, wide_three_public(2024, "9.25", "0.85")), state=LOADED)
    warehouse.store(document("b" * 64, long_three_public("7.46", "1.04"), agency="人社局"), state=LOADED)
    naive = "SELECT decimal_sum(amount_exact) AS amount_exact FROM facts_current WHERE agency = '人社局' AND measure = 'total'"
    assert warehouse.rows(naive)[0]["amount_exact"] == Decimal("8.50")  # the trap: total and parts
    found = warehouse.rows(
        "SELECT agency, measure, amount_exact FROM figures WHERE subject = 'three_public' ORDER BY agency, measure"
    )
    assert [(row["agency"], row["measure"], row["amount_exact"]) for row in found] == [
        ("人社局", "abroad", Decimal("0")), ("人社局", "reception", Decimal("1.04")), ("人社局", "three_public", Decimal("7.46")),
        ("民政局", "reception", Decimal("0.85")), ("民政局", "three_public", Decimal("9.25")),
    ]  # fmt: skip


def test_the_total_of_a_department_whatever_the_role_of_its_row(warehouse: Warehouse) -> None:
    summary, table = "revenue_expenditure_summary", "expenditure_summary"
    facts = [
        fact(summary, "110", side="expenditure", role="grand_total", name="支出总计"),
        fact(summary, "100", side="expenditure", name="本年支出合计"),
        fact(table, "100"), fact(table, "40", measure="basic"), fact(table, "60", measure="project"),
    ]  # fmt: skip
    warehouse.store(document("a" * 64, facts), state=LOADED)
    warehouse.store(
        document("b" * 64, [fact(table, "7"), fact(table, "7", measure="basic")], agency="人社局"), state=LOADED
    )
    found = warehouse.rows(QUERIES["department-total"])
    assert {row["department"]: (row["expenditure_wan"], row["basic_wan"], row["project_wan"]) for row in found} == {
        "民政局": (100, 40, 60),
        "人社局": (7, 7, None),
    }


def test_procurement_is_counted_once(warehouse: Warehouse) -> None:
    rows = [
        fact("procurement", "12"), fact("procurement", "12", measure="fiscal_total", fund="fiscal"),
        fact("procurement", "12", role="class", code="212", code_system="functional"),
        fact("procurement", "12", role="item", code="2120102", code_system="functional"),
    ]  # fmt: skip
    warehouse.store(document("a" * 64, rows), state=LOADED)
    (row,) = warehouse.rows(QUERIES["procurement"])
    assert (row["measure"], float(row["wan"]), row["departments"]) == ("procurement", 12.0, 1)


def by_function(*amounts: tuple[str, str, str], total: str) -> list[dict[str, Any]]:
    kind = "general_budget_expenditure"
    found = [fact(kind, total)]
    return found + [
        fact(kind, amount, role=role, code=code, code_system="functional", name=code) for code, role, amount in amounts
    ]


def test_leaves_add_up_to_the_total(warehouse: Warehouse) -> None:
    facts = by_function(
        ("208", "class", "100"), ("20801", "section", "70"), ("2080101", "item", "70"), ("20802", "section", "30"),
        ("210", "class", "5"), total="105",
    )  # fmt: skip
    warehouse.store(document("a" * 64, facts), state=LOADED)
    found = warehouse.rows(
        "SELECT code, amount_exact, adds_up FROM figures WHERE measure = 'general_budget_by_function' ORDER BY code"
    )
    assert [(row["code"], row["amount_exact"]) for row in found] == [("2080101", 70), ("20802", 30), ("210", 5)]
    assert all(row["adds_up"] for row in found)


def test_rows_that_are_withheld_leave_the_classes_to_answer() -> None:
    facts = by_function(("208", "class", "100"), ("20801", "section", "100"), ("2080101", "item", "60"), total="100")
    leaves = [one for one in figures_of(document("a" * 64, facts)) if one.measure.is_by_class]
    assert [(one.code, one.adds_up) for one in leaves] == [("20801", True)]


def test_leaves_that_do_not_add_up_say_so() -> None:
    facts = by_function(("208", "class", "90"), total="100")
    leaves = [one for one in figures_of(document("a" * 64, facts)) if one.measure.is_by_class]
    assert [(one.code, one.adds_up) for one in leaves] == [("208", False)]


def test_a_row_that_names_the_body_is_the_total_where_no_other_is() -> None:
    kind = "general_budget_expenditure"
    tree = by_function(("208", "class", "60"), ("20801", "section", "60"), ("208", "class", "40"), total="0")[1:]
    units = [
        fact(kind, "60", role="detail", name="民政局(本级)"),
        *tree[:2],
        fact(kind, "40", role="detail", name="救助站"),
        tree[2],
    ]
    leaves = [one for one in figures_of(document("a" * 64, units)) if one.measure.is_by_class]
    assert [(one.code, one.amount, one.adds_up) for one in leaves] == [("208", 60, True), ("208", 40, True)]


def test_the_row_that_says_its_name_answers_before_its_neighbour() -> None:
    kind = "three_public_expenses"
    rows = [
        fact(kind, "13674.34", role="detail", name="行政经费"),
        fact(kind, "378.87", role="detail", name="“三公”经费"),
    ]
    assert [(one.measure.name, one.amount) for one in figures_of(document("a" * 64, rows))] == [
        ("three_public", Decimal("378.87"))
    ]


def test_two_different_amounts_in_one_place_answer_nothing() -> None:
    facts = [fact("procurement", "12"), fact("procurement", "13")]
    assert figures_of(document("a" * 64, facts)) == []


def test_the_narrative_answers_where_no_table_does(warehouse: Warehouse) -> None:
    said = ProseFact(
        topic="agency_running",
        amount="131.92",
        raw="131.92",
        unit="万元",
        fiscal_year=2024,
        sentence="机关运行经费131.92万元。",
    )
    warehouse.store(document("a" * 64, [fact("procurement", "1")], prose_facts=(said,)), state=LOADED)
    (row,) = warehouse.rows("SELECT amount_exact, cite, fact_no FROM figures WHERE measure = 'agency_running'")
    assert (row["amount_exact"], row["cite"], row["fact_no"]) == (Decimal("131.92"), f"{'a' * 16}:prose:0", None)


def test_the_department_answers_before_its_own_unit(warehouse: Warehouse) -> None:
    warehouse.store(document("a" * 64, [fact("procurement", "5")], kind="unit_budget"), state=LOADED)
    warehouse.store(document("b" * 64, [fact("procurement", "9")]), state=LOADED)
    (row,) = warehouse.rows("SELECT amount_exact, scope, documents FROM figures WHERE measure = 'procurement'")
    assert (row["amount_exact"], row["scope"], row["documents"]) == (9, "department", 2)


def test_budget_against_final(warehouse: Warehouse) -> None:
    table = "expenditure_summary"
    warehouse.store(document("a" * 64, [fact(table, "100")]), state=LOADED)
    account = [fact(table, "93", basis="final"), fact(table, "101", basis="budget")]
    warehouse.store(document("b" * 64, account, kind="final_account"), state=LOADED)
    (row,) = warehouse.rows(QUERIES["budget-against-final"])
    assert (row["measure"], row["budget_wan"], row["final_wan"]) == ("expenditure", 100, 93)


def test_indicators_of_documents_in_review_are_left_out(warehouse: Warehouse) -> None:
    goal = Project(
        name="救助", amount="1", indicators=(Indicator(level1="产出", level2="数量", level3="人数", text="≥5"),)
    )
    warehouse.store(document("a" * 64, [], projects=(goal,)), state=LOADED)
    waiting = document("b" * 64, [], projects=(goal,), agency="人社局")
    warehouse.store(waiting, state=DocumentState.IN_REVIEW, reason=Reason.NOTHING_READ)
    assert len(warehouse.rows("SELECT * FROM indicators")) == 2  # the trap
    assert [row["agency"] for row in warehouse.rows(QUERIES["project-indicators"])] == ["民政局"]


def test_contradictions_of_documents_in_review_are_told_with_their_state(warehouse: Warehouse) -> None:
    wrong = Finding(
        check="BAL-05", severity=Severity.ERROR, origin=Origin.PUBLISHER, message="5 ≠ 6", cells=(), left="5", right="6"
    )
    waiting = document("a" * 64, [fact("procurement", "5")], findings=(wrong,))
    warehouse.store(waiting, state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
    assert warehouse.rows("SELECT * FROM publisher_discrepancies") == []  # the trap
    found = warehouse.rows(QUERIES["contradictions"])
    assert [(row["state"], row["check_id"], row["left_value"]) for row in found] == [("in_review", "BAL-05", "5")]


def a_moment() -> datetime:
    """Now, a little after what was stored and a little before what will be."""
    time.sleep(0.05)
    now = datetime.now(UTC)
    time.sleep(0.05)
    return now


def held(warehouse: Warehouse, moment: datetime) -> list[Decimal]:
    shown = moment if warehouse.engine.dialect.name == "postgresql" else moment.strftime("%Y-%m-%d %H:%M:%S.%f")
    return [row["amount_exact"] for row in warehouse.rows(QUERIES["held-on-a-day"], moment=shown)]


def test_what_was_held_on_a_day(warehouse: Warehouse) -> None:
    before = a_moment()
    warehouse.store(document("a" * 64, by_function(total="100")), state=LOADED)
    loaded = a_moment()
    # a better reading finds another figure: what had been loaded is taken back
    again = document("a" * 64, by_function(total="102"), recipe="r2")
    assert warehouse.store(again, state=LOADED).outcome == "withdrawn"
    withdrawn = a_moment()
    assert held(warehouse, before) == []
    assert held(warehouse, loaded) == [Decimal("100")]
    assert held(warehouse, withdrawn) == []
    (version,) = warehouse.rows("SELECT state, first_loaded_at, withdrawn_at, superseded_at FROM versions")
    assert version["state"] == "in_review"
    assert version["first_loaded_at"] < version["withdrawn_at"]
    assert version["superseded_at"] is None


def test_a_newer_version_ends_the_time_of_the_older(warehouse: Warehouse, sighting: Any) -> None:
    warehouse.record_sighting(sighting("a" * 64))
    warehouse.store(document("a" * 64, by_function(total="100")), state=LOADED)
    first = a_moment()
    warehouse.record_sighting(sighting("b" * 64, replaces_sha256="a" * 64))
    warehouse.store(document("b" * 64, by_function(total="101")), state=LOADED)
    second = a_moment()
    assert held(warehouse, first) == [Decimal("100")]
    assert held(warehouse, second) == [Decimal("101")]
    found = warehouse.rows("SELECT sha256, superseded_at FROM versions ORDER BY version_no")
    assert [row["superseded_at"] is not None for row in found] == [True, False]


def test_a_reading_without_other_figures_keeps_no_past(warehouse: Warehouse) -> None:
    warehouse.store(document("a" * 64, by_function(total="100")), state=LOADED)
    warehouse.store(document("a" * 64, by_function(total="100"), recipe="r2"), state=LOADED)
    assert warehouse.rows("SELECT * FROM facts_past") == []
    assert held(warehouse, a_moment()) == [Decimal("100")]


@pytest.mark.parametrize("query", sorted(QUERIES))
def test_every_documented_query_answers(warehouse: Warehouse, query: str) -> None:
    moment = datetime.now(UTC)
    given = (
        {"moment": moment if warehouse.engine.dialect.name == "postgresql" else str(moment)}
        if ":moment" in QUERIES[query]
        else {}
    )
    assert warehouse.rows(QUERIES[query], **given) == []
