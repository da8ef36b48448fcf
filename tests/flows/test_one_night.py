"""One night's work, end to end, as a user runs it: portal → archive → extract → prove → load or queue → show → decide."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from budget.printed_text import squeeze
from flows.home import House
from flows.run_summary import RunSummary
from spiders.sample_portal import SamplePortal
from warehouse import Warehouse

WRONG, RIGHT = "20730.94", "7825.53"


@pytest.fixture(scope="module")
def portal() -> Iterator[SamplePortal]:
    with SamplePortal().start() as served:
        yield served


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house")


@pytest.fixture(scope="module")
def first(yusuan, portal: SamplePortal, home: Path) -> RunSummary:
    done = yusuan("nightly", "--home", home, "--portal", "sample", "--base-url", f"sample={portal.url}", "--json")
    return RunSummary.model_validate_json(done.stdout.splitlines()[-1])


def rows(home: Path, statement: str) -> list[sqlite3.Row]:
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(statement).fetchall()


def test_every_document_ends_in_a_state_with_its_reason(first: RunSummary, home: Path) -> None:
    assert first.state == "ok"
    reasons = {(one.state, one.reason) for one in first.documents}
    assert reasons == {("loaded", None), ("in_review", "checks_failed"), ("in_review", "truncated")}
    assert sum(one.state == "loaded" for one in first.documents) == len(first.documents) - 2
    assert len(first.documents) == first.portal_total("new")
    assert first.reasons("failed") == {"html_instead_of_file": 1}
    assert first.reasons("ignored")["not_a_budget_title"] >= 1
    archived = {path.name for path in (home / "archive").iterdir() if len(path.name) == 64}
    assert archived == {one.sha256 for one in first.documents}


def test_the_loaded_facts_are_those_that_the_documents_were_printed_from(first: RunSummary, home: Path) -> None:
    """Fact by fact, against the truth written when the sample documents were made."""
    documents = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"
    loaded = {one.sha256 for one in first.documents if one.state == "loaded"}
    checked = set()
    for truth_file in sorted(documents.glob("*.truth.json")):
        truth = json.loads(truth_file.read_text())
        sha256 = hashlib.sha256((documents / truth["file"]).read_bytes()).hexdigest()
        if sha256 not in loaded:
            continue
        with Warehouse.open(House.at(home).database_url) as warehouse:
            disclosure = warehouse.disclosure(sha256)
        assert disclosure is not None
        kinds = {one["table"]: one["kind"] for one in truth["statements"]}
        wanted = Counter(
            (kinds[table], tuple(map(squeeze, truth["columns"][column])), side, code, squeeze(name), Decimal(amount))
            for table, column, side, code, name, amount in truth["facts"]
        )
        got = Counter(
            (fact.kind, tuple(map(squeeze, fact.column)), fact.side, fact.code, fact.name, fact.value)
            for fact in disclosure.facts
        )
        assert got == wanted, truth["file"]
        checked.add(sha256)
    assert checked == loaded


def test_the_published_error_waits_with_one_root_that_names_cell_page_and_both_totals(
    first: RunSummary, home: Path, yusuan
) -> None:
    waiting = next(one for one in first.documents if one.reason == "checks_failed")
    assert waiting.errors == 1, "one root finding, its consequences under it"
    shown = json.loads(yusuan("review", "show", waiting.review_item, "--home", home, "--json").stdout)
    root = next(
        finding
        for finding in shown["evidence"]["findings"]
        if finding["caused_by"] is None and finding["severity"] == "error"
    )
    assert root["cells"][0]["raw"] == WRONG
    assert root["cells"][0]["at"]["page"] >= 1
    assert len(root["cells"][0]["at"]["bbox"]) == 4
    assert WRONG in root["message"]
    assert RIGHT in root["message"]
    assert root["origin"] == "publisher", "stock pdfplumber reads the same figure there"
    consequences = {finding["check"] for finding in shown["evidence"]["findings"] if finding["caused_by"] is not None}
    assert consequences | {root["check"]} >= {"BAL-05", "BAL-06", "XRF-02", "XRF-05"}
    others = {cell["statement"] for cell in (*root["cells"], *root["elsewhere"]) if cell["raw"] == RIGHT}
    assert any("财政拨款" in title for title in others)


def test_nothing_of_a_document_in_review_is_in_the_facts(first: RunSummary, home: Path) -> None:
    waiting = next(one for one in first.documents if one.reason == "checks_failed")
    assert rows(home, f"SELECT 1 FROM facts_current WHERE sha256 = '{waiting.sha256}'") == []
    assert rows(home, f"SELECT count(*) AS n FROM facts_current WHERE raw = '{WRONG}'")[0]["n"] == 0


def test_a_second_night_downloads_nothing_and_adds_no_row(
    first: RunSummary, home: Path, portal: SamplePortal, yusuan
) -> None:
    with Warehouse.open(House.at(home).database_url) as warehouse:
        before = warehouse.content_digest()
    done = yusuan("nightly", "--home", home, "--portal", "sample", "--base-url", f"sample={portal.url}")
    assert "no file was downloaded again and no row was added" in done.stdout
    again = RunSummary.read(sorted((home / "runs").iterdir())[-1])
    assert again.portal_total("new") == 0
    assert again.portal_total("unchanged") == first.portal_total("new")
    assert again.documents == ()
    with Warehouse.open(House.at(home).database_url) as warehouse:
        assert warehouse.content_digest() == before


def test_an_accepted_document_loads_marked_as_the_publishers_discrepancy(first: RunSummary, home: Path, yusuan) -> None:
    waiting = next(one for one in first.documents if one.reason == "checks_failed")
    yusuan("review", "accept", waiting.review_item, "--note", "其余各表均为 7825.53", "--home", home)
    assert rows(home, f"SELECT 1 FROM facts_current WHERE sha256 = '{waiting.sha256}'") == [], (
        "a decision loads nothing by itself"
    )
    done = yusuan("rerun", "--home", home, "--json")
    summary = RunSummary.model_validate_json(done.stdout.splitlines()[-1])
    assert {(one.state, one.reason) for one in summary.documents} == {("loaded", None), ("in_review", "truncated")}
    found = rows(home, f"SELECT raw, amount_wan, publisher_discrepancy FROM facts_current WHERE raw = '{WRONG}'")
    assert [(row["raw"], row["publisher_discrepancy"]) for row in found] == [(WRONG, 1)]


def test_two_nights_never_overlap(
    home: Path, first: RunSummary, yusuan, portal: SamplePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night that meets another says for whom it waits, and ends with words when that one does not end."""
    monkeypatch.setenv("YUSUAN_LOCK_WAIT_SECONDS", "3")
    with Warehouse.open(House.at(home).database_url) as warehouse, warehouse.run_lock("the-other-run"):
        done = yusuan("nightly", "--home", home, "--portal", "sample", "--base-url", f"sample={portal.url}", code=1)
    assert "waiting, for at most" in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("yusuan: waited") and "run the-other-run holds the lock" in last
    assert "Traceback" not in done.stderr


def test_a_rerun_beside_a_night_reads_what_the_night_does_not(home: Path, first: RunSummary, yusuan) -> None:
    """The lock is the crawl's; of the documents only those are left alone that the night is reading."""
    taken = first.not_loaded[0].sha256
    others = [one.sha256 for one in first.not_loaded if one.sha256 != taken]
    assert others
    with (
        Warehouse.open(House.at(home).database_url) as warehouse, warehouse.run_lock("the-night"),
        warehouse.claims("the-night") as claims,
    ):  # fmt: skip
        assert claims.take(taken) is None
        done = yusuan("rerun", "--home", home, "--json", *(one.sha256 for one in first.not_loaded))
    summary = RunSummary.model_validate_json(done.stdout)
    assert sorted(one.sha256 for one in summary.documents) == sorted(others)
    assert any("left to another run that was reading them: the-night" in note for note in summary.notes)
