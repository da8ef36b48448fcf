"""The closed list of readings: each explains what it is about, none explains a figure that is merely wrong."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget.known_forms import (
    FEWEST_DOCUMENTS,
    FormOutcome,
    FormPlace,
    KnownForms,
    ReadingRefusedError,
    SharedFailure,
    fingerprint,
    folded_row,
    form_readings,
    reading_named,
    shared_failure,
)
from expectations.judging.form_readings import as_read, explanations
from expectations.view.identities import Identity, Term, equal
from expectations.view.tables import Table, tables_of
from extract.document import extract_bytes

HEADS = ("功能分类科目名称", "合计", "基本支出", "项目支出")


def table(*rows: tuple[str, ...], title: str = "支出总表") -> Table:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in (HEADS, *rows))
    page = f"<html><body><p>某局2026年部门预算</p><p>{title}</p><p>单位：万元</p><table>{body}</table></body></html>"
    (found,) = tables_of(extract_bytes(page.encode(), "某局2026年部门预算.html"))
    return found


def term(of: Table, name: str, head: str = "合计") -> Term:
    line = next(line for line in of.lines if line.name == name)
    column = next(column for column in of.columns if column.leaf == head)
    return Term(line.cells[column.col], name)


def claim(left: list[Term], right: list[Term]) -> Identity:
    return equal("HIE-05", left, right, "合计", "")


def explained(of: Table, identity: Identity) -> set[str]:
    assert identity.holds is False
    return explanations(identity, {of.statement.id: of})


PARTS = (("教育支出", "30.00", "10.00", "20.00"), ("住房保障支出", "50.00", "45.00", "5.00"))


def test_the_carry_over_that_is_printed_beside_explains_what_it_is_missing_from() -> None:
    of = table(
        ("本年支出合计", "80.00", "55.00", "25.00"), *PARTS, ("上年结转", "7.77", "", ""), ("支出总计", "87.77", "", "")
    )
    missing = claim([term(of, "支出总计")], [term(of, "教育支出"), term(of, "住房保障支出")])
    assert explained(of, missing) == {"carry_over"}
    counted_too = claim([term(of, "本年支出合计")], [term(of, one) for one in ("教育支出", "住房保障支出", "上年结转")])
    assert "contained=上年结转" in explained(of, counted_too)


def test_what_says_of_which_is_no_addend() -> None:
    of = table(("合计", "80.00", "55.00", "25.00"), *PARTS, ("其中：公租房", "4.00", "", "4.00"))
    last = of.lines[-1]
    inside = Term(last.cells[of.columns[0].col], last.name)
    identity = claim([term(of, "合计")], [term(of, "教育支出"), term(of, "住房保障支出"), inside])
    assert "of_which" in explained(of, identity)


def test_parts_listed_twice_are_twice_the_total() -> None:
    of = table(("合计", "80.00", "55.00", "25.00"), *PARTS)
    parts = [term(of, "教育支出"), term(of, "住房保障支出")]
    assert explained(of, claim([term(of, "合计")], [*parts, *parts])) == {"twice"}


@pytest.mark.parametrize("total", ["80.01", "81.00", "800.00", "8.00", "157.70"])
def test_a_wrong_total_is_explained_by_no_reading(total: str) -> None:
    rows = (("合计", total, "", ""), *PARTS, ("上年结转", "7.77", "", ""))
    of = table(*rows)
    identity = claim([term(of, "合计")], [term(of, "教育支出"), term(of, "住房保障支出")])
    told = explanations(identity, {of.statement.id: of}) if identity.holds is False else set()
    assert told == set()


def test_a_reading_is_judged_with_the_tolerance_of_its_own_print_and_keeps_its_place() -> None:
    of = table(
        ("本年支出合计", "80.00", "55.00", "25.00"), *PARTS, ("上年结转", "7.77", "", ""), ("支出总计", "87.80", "", "")
    )
    wrong = claim([term(of, "支出总计")], [term(of, "教育支出"), term(of, "住房保障支出")])
    assert as_read("carry_over", "", wrong, {of.statement.id: of}) is None, "0.03 is more than rounding"
    two_sides = claim([term(of, "支出总计")], [term(of, "本年支出合计")])
    assert two_sides.statement_ids == (of.statement.id,)


def test_only_the_closed_list_can_be_named() -> None:
    assert {one.whose for one in form_readings().values()} == {"theirs", "ours", "form"}
    for written in ("fits", "does_not_fit", "carry_over", "contained=经营支出"):
        assert reading_named(written)[0].name == written.partition("=")[0]
    for written in ("", "contained", "contained=", "fits=7", "12.50", "carry-over"):
        with pytest.raises(ReadingRefusedError):
            reading_named(written)


def test_over_all_rows_only_what_one_reading_explains_is_one_failure() -> None:
    alike = [("carry_over",)] * FEWEST_DOCUMENTS
    assert shared_failure("*", alike, FEWEST_DOCUMENTS) == SharedFailure("carry_over", 3, 3)
    assert shared_failure("*", [*alike[1:], ()], FEWEST_DOCUMENTS) is None
    assert shared_failure("合计", [*alike[1:], ()], FEWEST_DOCUMENTS) == SharedFailure(None, 3, 3)
    assert shared_failure("合计", alike, 4) is None, "three of four are not most"
    assert shared_failure("合计", alike[1:], 2) is None, "two documents are no form"


def test_a_form_is_the_same_next_year_and_for_a_unit_and_another_with_another_column() -> None:
    columns = [["项目"], ["2026年预算数"]]
    one = fingerprint("expenditure_summary", "表三 2026年部门支出总表", columns)
    assert one == fingerprint("expenditure_summary", "表二 2027年单位支出总表", [["项 目"], ["2027年预算数"]])
    assert one != fingerprint("expenditure_summary", "表三 2026年部门支出总表", [*columns, ["其中：上年结转"]])
    assert one != fingerprint("revenue_summary", "表三 2026年部门支出总表", columns)


@pytest.mark.parametrize(
    ("printed", "kept"),
    [("2080501 行政单位离退休", "行政单位离退休"), ("一、一般公共服务支出", "一般公共服务支出"), ("（二）上年结转", "上年结转"),
     ("2026年预算数", "预算数"), ("合 计", "合计")],
)  # fmt: skip
def test_a_row_is_known_by_its_words(printed: str, kept: str) -> None:
    assert folded_row(printed) == kept


def test_knowledge_concerns_only_documents_that_fail_there() -> None:
    place = FormPlace("甲市", "f" * 16, "XRF-04", "财政拨款")
    known = KnownForms({place: SharedFailure("carry_over")})
    fails = FormOutcome(place.form, place.check, place.row, True, ("carry_over",))
    assert known.digest("甲市", [fails]) != ""
    assert known.digest("乙市", [fails]) == ""
    assert known.digest("甲市", [fails._replace(failed=False)]) == ""
    assert known.digest("甲市", [fails]) != KnownForms({place: SharedFailure(None)}).digest("甲市", [fails])


def test_amounts_that_agree_need_no_reading() -> None:
    of = table(("合计", "80.00", "55.00", "25.00"), *PARTS)
    assert claim([term(of, "合计")], [term(of, "教育支出"), term(of, "住房保障支出")]).difference == Decimal(0)
