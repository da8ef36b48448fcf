"""`yusuan review …` on the terminal: what is said is what will happen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from budget.sightings import Sighting
from budget.states import Reason
from flows.commands import terminal
from flows.commands.review import review_app
from flows.home import House
from review.queue import ReviewQueue
from warehouse import Warehouse


@pytest.fixture
def missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The item of a file that could not be had; its home is `tmp_path`."""
    monkeypatch.delenv("YUSUAN_DATABASE_URL", raising=False)
    seen = Sighting(
        portal="a", family="shtml", list_url="http://a/l/", article_url="http://a/1", article_title="某局2024年部门预算",
        url="http://a/1.pdf", outcome="failed", reason=Reason.HTTP_ERROR, detail="HTTP 404; evidence/ab12",
        seen_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    with Warehouse.open(House.at(tmp_path).database_url) as warehouse:
        queue = ReviewQueue(warehouse.migrate())
        queue.record_sightings([seen], "r1")
        (row,) = queue.list()
    return row.item_id


def said(home: Path, *arguments: str) -> str:
    with terminal.out.capture() as captured, terminal.err.capture() as wrong:
        CliRunner().invoke(review_app, [*arguments, "--home", str(home)])
    return captured.get() + wrong.get()


def test_a_file_that_was_never_had_is_fetched_by_the_next_crawl_not_read_by_a_rerun(
    missed: str, tmp_path: Path
) -> None:
    told = " ".join(said(tmp_path, "reextract", missed, "--note", "again").split())
    assert f"{missed}: asked for again" in told
    assert "the next crawl (`yusuan nightly`) fetches it" in told and "rerun" not in told


def test_the_list_never_cuts_an_id_and_keeps_a_reason_to_one_line(missed: str, tmp_path: Path) -> None:
    lines = said(tmp_path, "list").splitlines()
    assert lines[0].startswith(f"{missed}  http_error  某局2024年部门预算")
    assert lines[1].strip().startswith("某局2024年部门预算: failed, HTTP 404; evidence/ab12")
    assert len(lines) == 3


def test_a_closed_item_is_refused_in_one_line(missed: str, tmp_path: Path) -> None:
    said(tmp_path, "reject", missed, "--note", "withdrawn")
    told = " ".join(said(tmp_path, "reject", missed, "--note", "once more").split())
    assert "closed (rejected)" in told and "`reextract` opens it again" in told
