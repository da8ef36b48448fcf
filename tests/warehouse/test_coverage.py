"""Coverage: what the publisher owes and has not published is told apart from what we could not see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from budget.disclosure import Disclosure
from budget.sightings import Sighting
from budget.states import DocumentState, Reason
from warehouse import Warehouse
from warehouse.coverage import (
    Coverage,
    CoverageStatus,
    named_agency,
    names_an_organisation,
    seasons,
    short_name,
    whole_region,
)
from warehouse.portal_runs import PortalList, PortalRun

LIST = "https://czj.example.gov.cn/yjs/"
MakeDisclosure = Callable[..., Disclosure]
MakeSighting = Callable[..., Sighting]


def sha(number: int) -> str:
    return f"{number:016x}" * 4


def crawled(warehouse: Warehouse, day: str, *, complete: bool = True, portal: str = "haigang", **bound: object) -> None:
    """A night of a portal that ended at noon of `day` by the portals' clock."""
    told = PortalRun(
        portal=portal, family="static_pager", ended_at=datetime.fromisoformat(f"{day}T12:00:00+08:00"),
        finish_reason="finished" if complete else "shutdown", complete=complete, found=3, new=1, blocked=0 if complete else 2,
        problems=() if complete else ("page 3 did not come",), lists=(PortalList(LIST, **bound),),  # type: ignore[arg-type]
    )  # fmt: skip
    warehouse.record_portal_runs(f"run-{day}", [told])


@pytest.fixture
def seen(warehouse: Warehouse, disclosure: MakeDisclosure, sighting: MakeSighting) -> Callable[..., None]:
    """A document that a portal showed, in a state."""

    def see(
        number: int, agency: str | None, year: int | None, kind: str | None, state: DocumentState = DocumentState.LOADED,
        *, title: str = "t", on: str = "2024-02-20", reason: Reason | None = None,
        document_region: str | None = "河北省秦皇岛市海港区", **more: object,
    ) -> None:  # fmt: skip
        warehouse.record_sighting(
            sighting(
                sha(number), url=f"{LIST}{number}.pdf", article_url=f"{LIST}{number}.html", article_title=title,
                published_at=date.fromisoformat(on), **{"region": "河北省秦皇岛市海港区", **more},
            )
        )  # fmt: skip
        if state is not DocumentState.ARCHIVED:
            told = disclosure(
                sha256=sha(number),
                agency=agency,
                year=year or 2024,
                kind=kind,
                fiscal_year=year,
                region=document_region,
            )
            warehouse.store(told, state=state, reason=reason)

    return see


@pytest.fixture
def missed(warehouse: Warehouse, sighting: MakeSighting) -> Callable[..., None]:
    """A file that a portal showed and that could not be had."""

    def miss(title: str, year: int | None, kind: str | None, outcome: str = "failed", **more: object) -> None:
        values: dict[str, object] = {
            "article_url": f"{LIST}{title}.html", "url": f"{LIST}{title}.pdf", "published_at": date(2025, 2, 1), **more
        }  # fmt: skip
        values.setdefault("reason", Reason.CHALLENGE if outcome == "blocked" else Reason.HTTP_ERROR)
        warehouse.record_sighting(
            sighting(
                None, article_title=title, fiscal_year=year, document_kind=kind, outcome=outcome,
                **{"region": "河北省秦皇岛市海港区", **values},
            )
        )  # fmt: skip

    return miss


def grid(found: list[Coverage]) -> dict[tuple[str, int, str], str]:
    return {(one.agency, one.fiscal_year, one.expected): one.status.value for one in found}


def one(warehouse: Warehouse, today: str, agency: str, year: int, expected: str) -> Coverage:
    return next(
        each for each in warehouse.coverage(date.fromisoformat(today), years=[year])
        if (each.agency, each.expected) == (agency, expected)
    )  # fmt: skip


def test_a_department_owes_a_budget_and_an_account_from_its_first_year_on(warehouse: Warehouse, seen) -> None:
    seen(1, "海港区财政局", 2024, "department_budget")
    seen(2, "财政局", 2024, "final_account", on="2025-09-10")
    crawled(warehouse, "2026-05-01")
    assert grid(warehouse.coverage(date(2026, 5, 2))) == {
        ("财政局", 2024, "budget"): "loaded",
        ("财政局", 2024, "final_account"): "loaded",
        ("财政局", 2025, "budget"): "not_published",
        ("财政局", 2025, "final_account"): "not_due",
        ("财政局", 2026, "budget"): "not_published",
        ("财政局", 2026, "final_account"): "not_due",
    }
    overdue = one(warehouse, "2026-05-02", "财政局", 2026, "budget")
    assert (overdue.due_from, overdue.due_until, overdue.late_days) == (date(2026, 1, 1), date(2026, 4, 30), 2)
    assert overdue.last_complete_on == date(2026, 5, 1)
    assert overdue.region == "河北省秦皇岛市海港区"


@pytest.mark.parametrize(
    ("night", "complete", "today", "status", "told"),
    [
        (None, True, "2025-04-30", "not_due", None),
        (None, True, "2025-05-01", "unknown", "haigang was never read to its end"),
        ("2025-04-30", True, "2025-05-01", "unknown", "last on 2025-04-30"),
        ("2025-05-01", False, "2025-05-01", "unknown", "never read to its end"),
        ("2025-05-01", True, "2025-05-01", "not_published", "in no list on 2025-05-01"),
    ],
)
def test_nothing_is_called_unpublished_that_nobody_looked_for(
    warehouse: Warehouse, seen, night: str | None, complete: bool, today: str, status: str, told: str | None
) -> None:
    seen(1, "海港区财政局", 2024, "department_budget")
    if night:
        crawled(warehouse, night, complete=complete)
    found = one(warehouse, today, "财政局", 2025, "budget")
    assert found.status == status
    assert (found.reason is None) if told is None else told in (found.reason or "")


def test_a_list_of_another_year_or_kind_shows_nothing(warehouse: Warehouse, seen) -> None:
    seen(1, "海港区财政局", 2024, "department_budget")
    crawled(warehouse, "2026-05-10", fiscal_year=2024)
    assert one(warehouse, "2026-06-01", "财政局", 2025, "budget").status == "unknown"
    crawled(warehouse, "2026-05-11", document_kind="final_account")
    assert one(warehouse, "2026-06-01", "财政局", 2025, "budget").status == "unknown"
    crawled(warehouse, "2026-05-12", fiscal_year=2025)
    assert one(warehouse, "2026-06-01", "财政局", 2025, "budget").status == "not_published"


def test_every_portal_that_showed_the_department_must_have_been_read(warehouse: Warehouse, seen) -> None:
    seen(1, "海港区财政局", 2024, "department_budget")
    seen(2, "海港区财政局", 2024, "final_account", portal="czj_own")
    crawled(warehouse, "2025-05-01")
    found = one(warehouse, "2025-05-02", "财政局", 2025, "budget")
    assert (found.status, found.last_complete_on, found.portals) == ("unknown", None, ("czj_own", "haigang"))
    assert "czj_own" in (found.reason or "")
    crawled(warehouse, "2025-05-03", portal="czj_own")
    assert one(warehouse, "2025-05-04", "财政局", 2025, "budget").status == "not_published"


def test_what_is_held_is_told_by_its_state(warehouse: Warehouse, seen) -> None:
    seen(1, "海港区财政局", 2024, "department_budget")
    seen(2, "海港区财政局", 2024, "final_account", DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
    seen(3, "海港区民政局", 2024, "unit_budget", DocumentState.FAILED, reason=Reason.LIMIT_TIME)
    seen(4, "海港区民政局", 2024, "final_account", DocumentState.REJECTED, reason=Reason.PERSON)
    seen(5, "海港区民政局", 2025, "performance_text")
    seen(6, None, None, None, DocumentState.ARCHIVED, title="海港区民政局2025年部门预算", fiscal_year=2025, document_kind="department_budget")  # fmt: skip
    crawled(warehouse, "2026-10-01")
    found = grid(warehouse.coverage(date(2026, 10, 1), years=[2024, 2025]))
    assert found == {
        ("财政局", 2024, "budget"): "loaded",
        ("财政局", 2024, "final_account"): "in_review",
        ("财政局", 2025, "budget"): "not_published",
        ("财政局", 2025, "final_account"): "not_published",
        ("民政局", 2024, "budget"): "failed",
        ("民政局", 2024, "final_account"): "rejected",
        ("民政局", 2025, "budget"): "waiting",
        ("民政局", 2025, "final_account"): "not_published",
    }
    assert one(warehouse, "2026-10-01", "财政局", 2024, "final_account").reason == "checks_failed"


def test_a_file_behind_a_wall_or_a_404_is_not_unpublished(warehouse: Warehouse, seen, missed) -> None:
    for number, agency in enumerate(("财政局", "民政局", "教育局"), 1):
        seen(number, f"海港区{agency}", 2024, "department_budget")
    missed("海港区财政局2025年部门预算", 2025, "department_budget")
    missed("民政局2025年部门预算", 2025, "department_budget", "blocked", url=None)
    crawled(warehouse, "2025-05-01")
    found = warehouse.coverage(date(2025, 5, 1), years=[2025])
    budgets = {each.agency: (each.status, each.reason) for each in found if each.expected == "budget"}
    assert budgets["财政局"] == ("failed", "http_error")
    assert budgets["民政局"] == ("blocked", "challenge")
    assert budgets["教育局"][0] == "not_published"


def test_an_entry_with_nothing_behind_it_is_not_unpublished(warehouse: Warehouse, seen, missed) -> None:
    for number, agency in enumerate(("财政局", "民政局", "教育局"), 1):
        seen(number, f"海港区{agency}", 2024, "department_budget")
    ignored: dict[str, object] = {"outcome": "ignored", "url": None}
    missed("财政局2025年部门预算", None, None, reason=Reason.NO_ATTACHMENT, **ignored)
    missed(
        "民政局2025年部门预算", None, None, reason=Reason.OUT_OF_SCOPE, detail="off_site: other.example.cn", **ignored
    )
    missed("教育局2025年采购预算", None, None, reason=Reason.NOT_A_BUDGET_TITLE, **ignored)
    crawled(warehouse, "2026-10-01")
    found = grid(warehouse.coverage(date(2026, 10, 1), years=[2025]))
    assert {key[0]: status for key, status in found.items() if key[2] == "budget"} == {
        "财政局": "failed", "民政局": "failed", "教育局": "not_published",
    }  # fmt: skip
    assert {status for key, status in found.items() if key[2] == "final_account"} == {"not_published"}


def test_a_file_that_came_later_is_no_longer_failed(
    warehouse: Warehouse, seen, missed, sighting: MakeSighting, disclosure: MakeDisclosure
) -> None:
    seen(1, "海港区财政局", 2024, "department_budget")
    place = {"article_url": f"{LIST}x.html", "url": f"{LIST}x.pdf"}
    missed("海港区财政局2025年部门预算", 2025, "department_budget", seen_at=datetime(2025, 2, 1, tzinfo=UTC), **place)
    assert one(warehouse, "2025-05-02", "财政局", 2025, "budget").status == "failed"
    warehouse.record_sighting(
        sighting(
            sha(9), article_title="2025年部门预算", seen_at=datetime(2025, 2, 3, tzinfo=UTC), fiscal_year=2025, **place
        )
    )
    crawled(warehouse, "2025-05-01")
    # it came, and says neither whose it is nor of what kind
    assert one(warehouse, "2025-05-02", "财政局", 2025, "budget").status == "unknown"
    named = disclosure(sha256=sha(9), agency="海港区财政局", year=2025)
    warehouse.store(named, state=DocumentState.LOADED)
    assert one(warehouse, "2025-05-02", "财政局", 2025, "budget").status == "loaded"


def test_a_file_that_names_nobody_keeps_us_from_accusing_anybody(warehouse: Warehouse, seen, missed) -> None:
    seen(1, "海港区财政局", 2024, "department_budget")
    crawled(warehouse, "2025-05-01")
    missed("关于海港区体育局等2025年部门预算", 2025, "department_budget")
    assert one(warehouse, "2025-05-02", "财政局", 2025, "budget").status == "not_published"
    missed("2025年部门预算公开", 2025, None)
    found = one(warehouse, "2025-05-02", "财政局", 2025, "budget")
    assert found.status == "unknown"
    assert "1 files there that name no department" in (found.reason or "")


def test_a_department_is_known_from_the_title_of_a_file_that_could_not_be_had(
    warehouse: Warehouse, seen, missed
) -> None:
    missed("2025年海港区水务局部门预算", 2025, "department_budget")
    seen(2, None, None, None, DocumentState.IN_REVIEW, title="秦皇岛市海港区审计局2025年部门预算公开", reason=Reason.TRUNCATED,
         fiscal_year=2025, document_kind="department_budget")  # fmt: skip
    crawled(warehouse, "2026-05-01")
    assert grid(warehouse.coverage(date(2026, 5, 1), years=[2025])) == {
        ("审计局", 2025, "budget"): "in_review",
        ("审计局", 2025, "final_account"): "not_due",
        ("水务局", 2025, "budget"): "failed",
        ("水务局", 2025, "final_account"): "not_due",
    }
    assert one(warehouse, "2026-05-01", "水务局", 2026, "budget").status == "not_published"


@pytest.mark.parametrize("title_first", [True, False])
def test_a_district_in_a_title_of_its_citys_portal_is_no_second_department(
    warehouse: Warehouse, seen, title_first: bool
) -> None:
    city = {"region": "河北省秦皇岛市"}
    scan, account = (1, 2) if title_first else (2, 1)
    seen(scan, None, None, None, DocumentState.IN_REVIEW, title="秦皇岛市海港区民政局2022年度部门决算", on="2023-09-01",
         reason=Reason.NOTHING_READ, document_region=None, fiscal_year=2022, document_kind="final_account", **city)  # fmt: skip
    seen(account, "海港区民政局", 2024, "department_budget", document_region="海港区", **city)
    crawled(warehouse, "2026-05-01")
    found = warehouse.coverage(date(2026, 5, 1))
    assert {(each.region, each.agency) for each in found} == {("河北省秦皇岛市海港区", "民政局")}
    told = grid(found)
    assert told["民政局", 2022, "final_account"] == "in_review"
    assert told["民政局", 2024, "budget"] == "loaded"
    assert [year for _, year, expected in told if expected == "budget"] == [2022, 2023, 2024, 2025, 2026]


def test_a_title_with_its_place_is_the_department_of_that_place_only(warehouse: Warehouse, seen, missed) -> None:
    city = {"region": "河北省秦皇岛市"}
    seen(1, "秦皇岛市民政局", 2024, "department_budget", document_region="秦皇岛市", **city)
    seen(2, "海港区民政局", 2024, "department_budget", document_region="海港区", **city)
    missed("秦皇岛市海港区民政局2025年部门预算", 2025, "department_budget", **city)
    crawled(warehouse, "2026-05-01")
    told = {each.region: each.status.value for each in warehouse.coverage(date(2026, 5, 1), years=[2025])
            if each.expected == "budget"}  # fmt: skip
    assert told == {"河北省秦皇岛市海港区": "failed", "河北省秦皇岛市": "not_published"}


@pytest.mark.parametrize(
    ("title", "agency"),
    [("2024年云岚市水务局部门预算", "云岚市水务局"), ("海港区民政局2023年度部门决算公开", "海港区民政局"), ("2024年部门预算公开", None),
     ("关于批复2024年部门预算的通知", None), ("财政局2024年和教育局2023年决算", None)],
)  # fmt: skip
def test_the_organisation_of_a_title_is_taken_only_when_it_is_one(title: str, agency: str | None) -> None:
    assert named_agency(title) == agency


def test_a_document_published_after_the_season_is_late(warehouse: Warehouse, seen) -> None:
    seen(1, "海港区财政局", 2024, "department_budget", on="2024-05-10")
    seen(2, "海港区财政局", 2024, "final_account", on="2025-09-30")
    assert one(warehouse, "2026-01-01", "财政局", 2024, "budget").late_days == 10
    assert one(warehouse, "2026-01-01", "财政局", 2024, "final_account").late_days == 0


def test_region_and_year_choose(warehouse: Warehouse, seen) -> None:
    seen(1, "海港区财政局", 2023, "department_budget")
    assert {each.fiscal_year for each in warehouse.coverage(date(2025, 1, 1))} == {2023, 2024, 2025}
    assert len(warehouse.coverage(date(2025, 1, 1), years=[2024], region="秦皇岛")) == 2
    assert warehouse.coverage(date(2025, 1, 1), region="石家庄") == []


def test_the_last_night_of_a_portal_and_the_last_good_one(warehouse: Warehouse) -> None:
    crawled(warehouse, "2025-05-01")
    crawled(warehouse, "2025-05-03", complete=False)
    crawled(warehouse, "2025-05-03", complete=False)
    night = warehouse.portal_nights()["haigang"]
    assert (night.run_id, night.last.complete, night.last.blocked) == ("run-2025-05-03", False, 2)
    assert night.last.problems == ("page 3 did not come",)
    assert night.last_complete_at == datetime(2025, 5, 1, 4, 0, tzinfo=UTC)
    assert warehouse.rows("SELECT COUNT(*) AS n FROM portal_columns") == [{"n": 2}]
    assert [row["portal"] for row in warehouse.rows("SELECT portal FROM portal_nights")] == ["haigang", "haigang"]


def test_what_a_run_saw_is_no_content(warehouse: Warehouse) -> None:
    before = warehouse.content_digest()
    crawled(warehouse, "2025-05-01")
    assert warehouse.content_digest() == before


@pytest.mark.parametrize(
    ("portal", "document", "whole"),
    [
        ("河北省秦皇岛市海港区", None, "河北省秦皇岛市海港区"),
        ("河北省秦皇岛市海港区", "海港区", "河北省秦皇岛市海港区"),
        ("河北省秦皇岛市海港区", "北京市", "河北省秦皇岛市海港区"),
        ("天津市", "和平区", "天津市和平区"),
        ("天津市", "河北省", "天津市"),
        ("江苏省", "南京市", "江苏省南京市"),
        ("江苏省", "江苏省南京市", "江苏省南京市"),
        ("江苏省南京市", "南京市鼓楼区", "江苏省南京市鼓楼区"),
        (None, "正定县", "正定县"),
    ],
)
def test_places_are_named_from_the_province_down(portal: str | None, document: str | None, whole: str) -> None:
    assert whole_region(portal, document) == whole


def test_an_agency_has_one_name_with_or_without_its_place() -> None:
    place = "河北省秦皇岛市海港区"
    assert {short_name(name, place) for name in ("秦皇岛市海港区财政局", "海港区 财政局", "财政局")} == {"财政局"}
    assert short_name("山东省济南市市中区民政局", "山东省济南市市中区") == "民政局"
    assert short_name("海港区", place) == "海港区"


@pytest.mark.parametrize(
    ("title", "named"),
    [("海港区体育局2025年部门预算", True), ("2025年部门预算公开", False), ("附件1：2025年单位决算报告", False), ("东镇2024年度决算", True), ("2024年项目库", False)],
)  # fmt: skip
def test_a_title_names_an_organisation_or_nobody(title: str, named: bool) -> None:
    assert names_an_organisation(title) is named


def test_seasons_are_those_of_the_law() -> None:
    told = {season.expected: (season.opens(2024), season.ends(2024)) for season in seasons()}
    assert told == {
        "budget": (date(2024, 1, 1), date(2024, 4, 30)),
        "final_account": (date(2025, 8, 1), date(2025, 9, 30)),
    }
    assert next(iter(CoverageStatus)) == "loaded"
