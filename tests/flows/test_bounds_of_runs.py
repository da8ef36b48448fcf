"""A night outside the bounds that a person set is suspicious, says which bound and what to do; nothing new is not suspicious."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from archive.store import Archive
from budget.states import DocumentState, RunState
from expectations.judging.bounds import parse_bounds
from flows.command_line import exit_of
from flows.home import House
from flows.nightly import keep_evidence, nightly, summarise
from flows.portals.bounds import WHOLE_RUN, complaints_of_bounds, history, measure, proposal, remark_of
from flows.portals.confirmation import id_of
from flows.run_summary import DocumentOutcome, Measured, RunSummary
from flows.runs import Run
from flows.services import in_process
from spiders.portals import RESERVED
from spiders.sample_portal import SamplePortal
from spiders.sample_portal.make_documents import copied_portal
from spiders.summary import CrawlSummary, PortalSummary
from warehouse import Warehouse

COPIES = 3
FOUND = """\
[found]
min = {low}
max = {high}
because = "the portal of this test prints three documents"
[share_in_review]
max = 0
because = "and all of them are sound"
"""


@pytest.fixture(scope="module")
def portal() -> Iterator[SamplePortal]:
    with copied_portal(COPIES).start() as served:
        yield served


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bounded")


def bound(home: Path, low: int, high: int) -> Path:
    file = home / "portals" / "sample.bounds.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(FOUND.format(low=low, high=high), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def nights(prefect_api: str, portal: SamplePortal, home: Path) -> dict[str, RunSummary]:
    """Four nights of one home: unbounded, inside, under a bound that was moved up, and inside again."""

    def night() -> RunSummary:
        with temporary_settings({PREFECT_API_URL: prefect_api}):
            return in_process.run(nightly, home, portals=["sample"], base_urls={"sample": portal.url}, workers=1)

    found = {"unbounded": night()}
    bound(home, COPIES, COPIES)
    found["inside"] = night()
    bound(home, COPIES + 1, COPIES + 5)
    found["outside"] = night()
    bound(home, 0, COPIES)
    found["moved"] = night()
    return found


def test_a_night_without_bounds_is_measured_and_not_judged(nights: dict[str, RunSummary], home: Path) -> None:
    first = nights["unbounded"]
    assert first.state == "ok" and first.outside == ()
    (sample, whole) = first.measured
    assert (sample.whose, whole.whose) == ("sample", "run")
    assert sample.values == whole.values
    assert {name: sample.values[name] for name in ("list_rows", "found", "new", "read", "documents")} == {
        "list_rows": COPIES, "found": COPIES, "new": COPIES, "read": COPIES, "documents": COPIES,
    }  # fmt: skip
    assert sample.values["share_in_review"] == sample.values["share_failed"] == 0
    assert sample.values["share_in_review_tonight"] is None, "three documents are too few for a share"
    with Warehouse.open(House.at(home).database_url) as warehouse:
        (printed,) = warehouse.rows("SELECT count(*) AS n FROM statements")
    assert sample.values["statements"] == printed["n"] > 20
    assert sample.values["departments"] is not None and sample.values["departments"] >= 1


def test_a_second_night_with_nothing_new_is_inside(nights: dict[str, RunSummary]) -> None:
    second = nights["inside"]
    assert second.portal_total("new") == 0 and second.documents == ()
    assert second.state == "ok" and second.outside == ()
    assert second.measured[0].values["found"] == COPIES


def test_a_night_outside_is_suspicious_and_says_bound_measure_and_rule(nights: dict[str, RunSummary]) -> None:
    night = nights["outside"]
    assert night.state == "suspicious"
    (one,) = night.outside
    assert (one.whose, one.measure, one.value, one.low, one.high) == ("sample", "found", COPIES, 4, 8)
    assert one.source == "portals/sample.bounds.toml"
    assert night.notes == (one.message,)
    assert "explain the run before moving a bound" in one.message and "先说明这次运行，再改界限" in one.message


def test_after_a_person_moved_the_bound_the_next_night_is_ok(nights: dict[str, RunSummary]) -> None:
    assert nights["moved"].state == "ok"


def test_the_state_stands_in_the_warehouse_and_past_nights_that_were_ok_make_the_proposal(
    nights: dict[str, RunSummary], home: Path
) -> None:
    house = House.at(home)
    with Warehouse.open(house.database_url) as warehouse:
        kept = [row["state"] for row in warehouse.rows("SELECT state FROM runs ORDER BY started_at")]
    assert kept == ["ok", "ok", "suspicious", "ok"]
    past = history(house, "sample")
    assert [one["found"] for one in past] == [COPIES] * 3
    text = proposal("sample", past)
    with pytest.raises(ValueError, match="must say why"):
        parse_bounds(text, "proposal")
    bounds = parse_bounds(text.replace('because = ""', 'because = "read and explained"'), "proposal")
    assert (bounds["found"].low, bounds["found"].high) == (Decimal(2), Decimal(4))
    assert bounds["share_in_review"].high == Decimal("0.2")
    assert remark_of(house, "sample") == ""
    (house.portals / "sample.bounds.toml").unlink()
    assert remark_of(house, "sample") == "found 3 in 3 nights"


# --------------------------------------------------------------------------- what makes a run what it is


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    house = House.at(tmp_path)
    with Warehouse.open(house.database_url).migrate() as warehouse, Archive(house.archive) as archive:
        yield Run("20260101T000000Z-nightly-0000", "nightly", house, warehouse, archive, datetime.now(UTC))


def crawled(state: str = "finished", error: str | None = None, incomplete: bool = False) -> CrawlSummary:
    night = PortalSummary(portal="a", family="shtml", finish_reason="finished", incomplete=incomplete, found=4, new=1, unchanged=2, failed={"http_error": 1})  # fmt: skip
    return CrawlSummary.model_validate(
        {"run": "r", "started_at": datetime.now(UTC), "finished_at": None, "state": state, "exit_code": 1 if error else 0,
         "error": error, "portals": (night,)}
    )  # fmt: skip


def test_a_crawl_that_broke_makes_the_run_failed_with_its_last_words(run: Run) -> None:
    summary = summarise(run, crawled("crashed", "Traceback …\nKeyError: 'x'\n"), [])
    assert summary.state is RunState.FAILED
    assert "the crawl broke: KeyError: 'x'" in summary.notes[0] and "crawl.log" in summary.notes[0]


def test_a_run_is_no_better_than_the_worst_of_it(run: Run) -> None:
    beyond = judged(run, "[found]\nmin = 9\n")
    assert beyond[1], "outside"
    assert summarise(run, crawled(), [], beyond).state is RunState.SUSPICIOUS
    assert summarise(run, crawled(incomplete=True), [], beyond).state is RunState.INCOMPLETE
    assert summarise(run, crawled("crashed", "KeyError"), [], beyond).state is RunState.FAILED
    assert summarise(run, crawled(), []).state is RunState.OK


def judged(run: Run, text: str) -> tuple[tuple[Measured, ...], tuple[object, ...]]:
    from flows.nightly import judged_by_bounds

    run.house.portals.mkdir(exist_ok=True)
    (run.house.portals / "a.bounds.toml").write_text(f'{text}because = "a reason of a test"\n', encoding="utf-8")
    return judged_by_bounds(run, crawled())


def test_the_whole_run_has_bounds_of_its_own(run: Run) -> None:
    (run.house.home / "run.bounds.toml").write_text('[read]\nmin = 1\nbecause = "there is always one"\n', "utf-8")
    told = summarise(run, None, [], (measured := measure(run.warehouse, (), ()), _outside(run, measured)))
    assert told.state is RunState.SUSPICIOUS
    assert [(one.whose, one.measure, one.value) for one in told.outside] == [("run", "read", 0)]


def _outside(run: Run, measured: tuple[Measured, ...]) -> tuple[object, ...]:
    from flows.portals.bounds import outside

    return outside(run.house, measured)


def test_shares_are_of_what_was_asked_for_and_of_what_was_read(run: Run) -> None:
    documents = [
        DocumentOutcome(sha256=f"{number:064}", file="f", state=DocumentState.LOADED if number < 4 else DocumentState.IN_REVIEW)
        for number in range(5)
    ]  # fmt: skip
    portal, whole = measure(run.warehouse, crawled().portals, documents)
    assert portal.values["share_failed"] == Decimal("0.25")
    assert portal.values["read"] == 0, "none of them was seen at this portal"
    assert whole.values["share_in_review_tonight"] == Decimal("0.2")
    assert whole.values["share_in_review"] is None, "the warehouse is empty"


def test_the_linter_names_bounds_of_no_portal_and_bounds_without_a_reason(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    house.portals.mkdir()
    (house.portals / "smaple.bounds.toml").write_text('[found]\nmin = 1\nbecause = "long enough"\n', "utf-8")
    (house.portals / "sample.bounds.toml").write_text("[found]\nmin = 1\n", "utf-8")
    first, second = complaints_of_bounds(house, ["sample", "tianjin"])
    assert "no portal `smaple`" in first and "must say why" in second


def test_pages_that_stood_for_a_file_are_kept_where_messages_name_them(tmp_path: Path) -> None:
    taken, kept = tmp_path / "run" / "evidence", tmp_path / "evidence"
    taken.mkdir(parents=True)
    (taken / "ab12").write_bytes(b"<html>")
    keep_evidence(taken, kept)
    keep_evidence(taken, kept)
    assert [(one.name, one.read_bytes()) for one in kept.iterdir()] == [("ab12", b"<html>")]
    keep_evidence(tmp_path / "none", kept)


def test_prefect_shows_the_suspicious_night_as_failed_with_the_bound_as_artifact(
    nights: dict[str, RunSummary], prefect_api: str
) -> None:
    message = nights["outside"].outside[0].message
    with httpx.Client(base_url=prefect_api, timeout=30) as client:
        runs = (
            client.post("/flow_runs/filter", json={"sort": "START_TIME_DESC", "limit": 200}).raise_for_status().json()
        )
        (told,) = [run for run in runs if message in ((run["state"] or {}).get("message") or "")]
        wanted = {"artifacts": {"flow_run_id": {"any_": [told["id"]]}}}
        shown = {
            one["key"]: one["data"] for one in client.post("/artifacts/filter", json=wanted).raise_for_status().json()
        }
    assert (told["state_type"], told["state_name"]) == ("FAILED", "Suspicious")
    (row,) = json.loads(shown["out-of-bounds"])
    assert (row["portal 门户"], row["measure 指标"], row["measured 实测"], row["min 下限"]) == (
        "sample",
        "found",
        "3",
        "4",
    )
    assert message in shown["run-summary"]


def test_the_exit_status_tells_the_state() -> None:
    def status(state: RunState) -> int:
        summary = RunSummary.model_construct(state=state)
        return exit_of(summary).exit_code

    assert {state.value: status(state) for state in RunState if state not in (RunState.RUNNING, RunState.CANCELLED)} == {
        "ok": 0, "suspicious": 3, "incomplete": 3, "failed": 1,
    }  # fmt: skip


def test_no_portal_can_have_the_name_of_the_run_as_a_whole() -> None:
    assert WHOLE_RUN in RESERVED and id_of("http://www.run.gov.cn/") == f"p_{WHOLE_RUN}"
