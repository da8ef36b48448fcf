"""DOC: a document beside others of its body: what holds, what contradicts, what says nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from budget.disclosure import Disclosure
from budget.states import Origin, Severity
from expectations import judge, reconcile, units_listed
from expectations.checks.other_documents import says_where

Build = Callable[..., Disclosure]


def whole(revenue: str = "100.00", spent: str | None = None) -> dict[str, Any]:
    rows = [
        ["一、财政拨款收入", revenue, "一、社会保障和就业支出", spent or revenue],
        ["收入总计", revenue, "支出总计", spent or revenue],
    ]
    columns = ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"]
    return {"kind": "revenue_expenditure_summary", "title": "收支总表", "columns": columns, "rows": rows}


def fiscal(amount: str) -> dict[str, Any]:
    rows = [
        ["一、一般公共预算拨款", amount, "一、社会保障和就业支出", amount],
        ["收入总计", amount, "支出总计", amount],
    ]
    columns = ["收入/项目", "收入/金额", "支出/项目", "支出/合计"]
    return {"kind": "appropriation_summary", "title": "财政拨款收支总表", "columns": columns, "rows": rows}


def units(*names: str) -> dict[str, Any]:
    rows = [[f"（{number}）", name] for number, name in zip("一二三四五", names, strict=False)]
    return {"kind": "organisation", "title": "机构设置", "columns": ["序号", "单位名称"], "rows": rows}


ITEMS = (("201", "一般公共服务支出", "20.00"), ("208", "社会保障和就业支出", "30.00"), ("210", "卫生健康支出", "40.00"),
         ("213", "农林水支出", "50.00"), ("221", "住房保障支出", "60.00"), ("229", "其他支出", "70.00"))  # fmt: skip


def by_code(columns: tuple[str, ...] = ("合计",), **amounts: str) -> dict[str, Any]:
    """支出总表 of six classes; `c208="31.00"` prints another amount in every column."""
    rows = [[code, name, *[amounts.get(f"c{code}", amount)] * len(columns)] for code, name, amount in ITEMS]
    return {"kind": "general_budget_expenditure", "columns": ["科目编码", "科目名称", *columns], "rows": rows}


@pytest.fixture
def of(document: Build) -> Build:
    """A disclosure of 某市商务局, unless another body, region or year is named; the year of a column is its header's."""

    def make(
        *tables: dict[str, Any], sha: str = "a", agency: str = "某市商务局", region: str | None = "某市", **more: Any
    ) -> Disclosure:
        one = document(*tables, sha256=sha * 64, **more)
        year = one.document.fiscal_year
        facts = []
        for fact in one.facts:
            header = "/".join(fact.column)
            of_header = next((y for y in (2022, 2023, 2024) if f"{y}年" in header), year)
            basis = "budget" if "预算数" in header else "final" if "决算" in header else None
            facts.append(fact.model_copy(update={"fiscal_year": of_header, "basis": basis}))
        named = one.document.model_copy(update={"agency": agency, "region": region})
        return one.model_copy(update={"document": named, "facts": tuple(facts)})

    return make


def claims(one: Disclosure, *beside: Disclosure, check: str = "DOC") -> list[tuple[bool | None, str, str]]:
    return [
        (claim.holds, str(claim.left_value), str(claim.right_value))
        for claim in reconcile(one, beside).identities
        if claim.check.startswith(check)
    ]


def verdicts(one: Disclosure, *beside: Disclosure, check: str = "DOC") -> list[bool | None]:
    return [holds for holds, _, _ in claims(one, *beside, check=check)]


# --------------------------------------------------------------------------- units and departments


def test_a_unit_has_no_more_than_its_department(of: Build) -> None:
    department = of(whole("100.00"), units("某市商务局(本级)", "某市商务发展中心"), sha="d")
    for amount, expected in (("40.00", True), ("100.00", True), ("100.005", True), ("100.02", False)):
        unit = of(whole(amount), agency="某市商务发展中心", kind="unit_budget", sha="b")
        assert verdicts(unit, department) == [expected] * 2, amount
        # and when the department is the one that comes later
        assert verdicts(department, unit)[:2] == [expected] * 2, amount
    assert claims(of(whole("140.00"), agency="某市商务发展中心", kind="unit_budget"), department)[0] == (
        False,
        "140",
        "100",
    )
    assert claims(department, of(whole("140.00"), agency="某市商务发展中心", kind="unit_budget", sha="b"))[0] == (
        False,
        "140",
        "100",
    )


def test_the_office_of_a_department_is_its_unit_without_a_list(of: Build) -> None:
    department = of(whole("100.00"), sha="d")
    office = of(whole("120.00"), agency="某市商务局（本级）", kind="unit_budget")
    assert verdicts(office, department) == [False, False]


@pytest.mark.parametrize(
    "stranger",
    [
        {"agency": "某市商务研究院"}, {"agency": "某市商务发展中心", "year": 2023},
        {"agency": "某市商务发展中心", "region": "他市"}, {"agency": "某市商务发展中心", "kind": "final_account"},
    ],
)  # fmt: skip
def test_a_body_that_the_list_does_not_name_is_compared_with_nothing(of: Build, stranger: dict[str, Any]) -> None:
    department = of(whole("100.00"), units("某市商务局(本级)", "某市商务发展中心"), sha="d")
    assert verdicts(of(whole("140.00"), **{"kind": "unit_budget", **stranger}), department) == []


@pytest.mark.parametrize(
    ("office", "expected"),
    [("60.00", True), ("60.01", True), ("60.02", False), ("59.98", False)],
)
def test_all_units_together_are_the_departments_appropriation(of: Build, office: str, expected: bool) -> None:
    department = of(fiscal("100.00"), units("某市商务局(本级)", "某市商务发展中心"), sha="d")
    mine = of(fiscal(office), agency="某市商务局（本级）", kind="unit_budget", sha="b")
    centre = of(fiscal("40.00"), agency="某市商务发展中心", kind="unit_budget", sha="c")
    found = [claim for claim in reconcile(department, [mine, centre]).identities if claim.check == "DOC-01"]
    assert [claim.holds for claim in found if claim.column_label == "2家单位之和"] == [expected]


def test_units_paid_by_each_other_may_have_more_together_but_never_less(of: Build) -> None:
    department = of(whole("100.00"), units("某市商务局(本级)", "某市商务发展中心"), sha="d")
    for office, expected in (("60.00", True), ("75.00", True), ("59.98", False)):
        mine = of(whole(office), agency="某市商务局（本级）", kind="unit_budget", sha="b")
        centre = of(whole("40.00"), agency="某市商务发展中心", kind="unit_budget", sha="c")
        assert verdicts(department, mine, centre)[-2:] == [expected] * 2


def test_a_list_with_a_unit_missing_adds_up_to_nothing(of: Build) -> None:
    department = of(fiscal("100.00"), units("某市商务局(本级)", "某市商务发展中心"), sha="d")
    centre = of(fiscal("40.00"), agency="某市商务发展中心", kind="unit_budget", sha="c")
    told = [claim for claim in reconcile(department, [centre]).identities if claim.check == "DOC-01"]
    assert [claim.holds for claim in told] == [True, None]
    assert told[-1].skipped == "not every unit of the list has its budget here: 某市商务局"


def test_the_list_of_units_is_read_without_ordinals_and_own_office(of: Build) -> None:
    assert units_listed(of(units("某市商务局(本级)", "二、某市商务发展中心"))) == ("某市商务局", "某市商务发展中心")


# --------------------------------------------------------------------------- other years, accounts


def test_last_years_column_is_what_last_year_printed(of: Build) -> None:
    last = of(by_code(("2023年预算数",)), year=2023, sha="b")
    for amount, expected in (("30.00", 0), ("30.005", 0), ("30.01", 1), ("29.99", 1)):
        this = of(by_code(("2023年预算数", "2024年预算数"), c208=amount))
        assert verdicts(this, last, check="DOC-02").count(True) == 6 - expected, amount
        assert verdicts(this, last, check="DOC-02").count(False) == expected, amount
        # last year's document found later carries the same contradiction, from its side
        assert verdicts(last, this, check="DOC-02").count(False) == expected, amount
    assert (False, "29.99", "30") in claims(this, last)
    assert (False, "30", "29.99") in claims(last, this)


@pytest.mark.parametrize("header", ["2023年执行数", "2023年调整预算数", "2023年预算数/比上年增减"])
def test_columns_that_are_not_what_last_year_printed_are_left_alone(of: Build, header: str) -> None:
    last = of(by_code(("2023年预算数",)), year=2023, sha="b")
    assert verdicts(of(by_code((header, "2024年预算数"), c208="99.00")), last) == []


def test_a_final_account_prints_the_budget_of_its_year(of: Build) -> None:
    budget = of(by_code(("2024年预算数",)), sha="b")
    for amount, expected in (("30.00", 0), ("30.01", 1)):
        account = of(by_code(("2024年年初预算数", "2024年决算数"), c208=amount), kind="final_account")
        assert verdicts(account, budget, check="DOC-03").count(False) == expected
        assert verdicts(budget, account, check="DOC-03").count(False) == expected
    two = of(by_code(("2024年预算数",)), kind="unit_budget", sha="c")
    assert verdicts(account, budget, two) == [], "which of the two budgets the account speaks of is not said"


def test_a_document_of_another_body_says_nothing(of: Build) -> None:
    this = of(by_code(("2023年预算数", "2024年预算数"), c208="99.00"))
    for stranger in ({"agency": "某市教育局"}, {"region": "他市"}):
        assert verdicts(this, of(by_code(("2023年预算数",)), year=2023, sha="b", **stranger)) == []
    nameless = of(by_code(("2023年预算数",)), year=2023, sha="b", agency="商务局", region=None)
    here = of(by_code(("2023年预算数", "2024年预算数"), c208="99.00"), agency="商务局")
    assert verdicts(here, nameless) == [], "every city has a 商务局"


@pytest.mark.parametrize(
    "name",
    ["市场监督管理局", "城市管理局", "综合城市管理局", "省城市管理局", "社区卫生服务中心", "农贸市场管理所", "市政园林局", "企业上市服务中心",
     "县级公立医院", "市直机关工作委员会", "中国民主同盟委员会", "鼓楼区财政局", "高新区管理委员会", "国旗管理处", "财政局", "石家庄市"],
)  # fmt: skip
def test_a_name_that_every_city_has_is_not_one_body_without_a_region(of: Build, name: str) -> None:
    assert not says_where(name)
    one = of(by_code(c208="30.10"), agency=name, region=None)
    assert verdicts(one, of(by_code(), sha="b", agency=name, region=None)) == []
    assert False in verdicts(of(by_code(c208="30.10"), agency=name), of(by_code(), sha="b", agency=name)), (
        "with a region it is"
    )


@pytest.mark.parametrize(
    "name",
    ["石家庄市财政局", "临港县商务局", "西安市市场监督管理局", "聊城市城市管理局", "河北省财政厅", "内蒙古自治区财政厅", "凉山彝族自治州教育局",
     "恩施州财政局", "兴安盟财政局", "科尔沁左翼后旗财政局", "北京市朝阳区财政局", "成都市教育局", "江门市公安局", "中共临港县委组织部"],
)  # fmt: skip
def test_a_name_that_begins_with_its_place_is_one_body_without_a_region(of: Build, name: str) -> None:
    assert says_where(name)
    one = of(by_code(c208="30.10"), agency=name, region=None)
    assert False in verdicts(one, of(by_code(), sha="b", agency=name))


# --------------------------------------------------------------------------- two files of one disclosure


def test_a_workbook_prints_the_figures_of_its_pdf(of: Build) -> None:
    pdf = of(by_code(), sha="b")
    assert verdicts(of(by_code()), pdf) == [True] * 6
    for amount, expected in (("30.005", True), ("30.01", False)):
        found = reconcile(of(by_code(c208=amount)), [pdf]).identities
        assert [claim.holds for claim in found if claim.check == "DOC-04"].count(False) == (not expected)


def test_a_contradiction_is_an_error_that_names_the_other_document(of: Build) -> None:
    one, other = of(by_code(c208="30.10")), of(by_code(), sha="b")
    (found,) = [finding for finding in judge([one], beside={"a" * 64: [other]})["a" * 64] if finding.check == "DOC-04"]
    assert (found.severity, found.left, found.right, found.difference) == (Severity.ERROR, "30.1", "30", "0.1")
    assert [cell.raw for cell in found.cells] == ["30.10"]
    assert (
        f"对照文件“某市商务局 2024”（{'b' * 64}）" in found.message
        and f"compared with 某市商务局 2024 ({'b' * 64})" in found.message
    )
    assert found.statement_id == "t01"


def test_the_second_reader_of_one_document_says_nothing_of_the_other(of: Build) -> None:
    one, other = of(by_code(c208="30.10")), of(by_code(), sha="b")
    for reads, origin in (("30.10", Origin.UNKNOWN), ("30.00", Origin.EXTRACTION)):
        judged = judge([one], beside={"a" * 64: [other]}, second_reading=lambda sha, at, reads=reads: reads)
        assert [finding.origin for finding in judged["a" * 64] if finding.check == "DOC-04"] == [origin]


def test_two_files_that_hardly_agree_are_one_warning(of: Build) -> None:
    other = of(by_code(c201="1.00", c208="1.00", c210="2.00", c213="0.00"), sha="b")
    found = [
        finding for finding in judge([of(by_code())], beside={"a" * 64: [other]})["a" * 64] if finding.check == "DOC-04"
    ]
    assert [(finding.severity, "4 of 6 comparable figures differ" in finding.message) for finding in found] == [(Severity.WARNING, True)]  # fmt: skip


def test_the_others_are_taken_in_one_order_and_judged_rows_are_stored(of: Build) -> None:
    one = of(by_code(c208="30.10"))
    two = [of(by_code(), sha=sha) for sha in "bc"]
    forward, back = (judge([one], beside={"a" * 64: given}) for given in (two, two[::-1]))
    assert forward["a" * 64] == back["a" * 64]
    rows = [row for row in forward.reconciliations["a" * 64] if row.check == "DOC-04"]
    assert [row.status for row in rows].count("failed") == 2 and len(rows) == 12
    assert {row.left for row in rows if row.status == "failed"} == {Decimal("30.1")}
    assert forward.frame["failed"].sum() >= 2


def test_an_unreadable_document_and_the_document_itself_are_no_others(of: Build) -> None:
    one = of(by_code())
    broken = of(by_code(c208="1.00"), sha="b")
    error = {"code": "corrupt", "message": "no"}
    broken = Disclosure.model_validate(
        broken.model_dump(by_alias=True) | {"document": broken.document.model_dump() | {"error": error}}
    )
    assert verdicts(one, broken, one) == []
