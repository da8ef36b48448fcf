"""`yusuan review …` on the terminal: what is said is what will happen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The items of six files that the portal `a` could not give, all for one cause; their home is `tmp_path`."""
    monkeypatch.delenv("YUSUAN_DATABASE_URL", raising=False)
    with Warehouse.open(House.at(tmp_path).database_url) as warehouse:
        queue = ReviewQueue(warehouse.migrate())
        for number in range(6):
            seen = Sighting(
                portal="a", family="shtml", list_url="http://a/l/", article_url=f"http://a/{number}", article_title="某局2024年部门预算",
                url=f"http://a/{number}.pdf", outcome="failed", reason=Reason.HTTP_ERROR, detail="HTTP 404",
                seen_at=datetime(2026, 1, 1, tzinfo=UTC),
            )  # fmt: skip
            queue.record_sightings([seen], "r1")
        return [row.item_id for row in queue.list()]


def lines(home: Path, *arguments: str) -> list[dict[str, Any]]:
    """What a command says as JSON lines."""
    done = CliRunner().invoke(review_app, [*arguments, "--home", str(home), "--json"])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_several_items_are_decided_in_one_command_and_taken_back_one_by_one(several: list[str], tmp_path: Path) -> None:
    made = lines(tmp_path, "reject", *several[:2], "--note", "withdrawn", "--by", "wang")
    assert [(one["action"], one["decided_by"], one["cause"]) for one in made] == [
        ("reject", "wang", "http_error@a")
    ] * 2
    (undone,) = lines(tmp_path, "undo", several[0], "--decision", made[0]["id"])
    assert undone["replaces"] == [made[0]["id"]]
    told = " ".join(said(tmp_path, "undo").split())
    assert "name an item, or a bulk" in told


def test_a_bulk_is_shown_before_it_decides_and_proposes_a_rule(several: list[str], tmp_path: Path) -> None:
    chosen = ["--note", "ask again", "--portal", "a"]
    (preview,) = lines(tmp_path, "bulk", "newer", *chosen)
    assert preview == dict.fromkeys(several, "waits for another file")
    assert lines(tmp_path, "list", "--state", "decided") == []
    one_by_one = [argument for item in several[:4] for argument in ("--item", item)]
    (done,) = lines(tmp_path, "bulk", "newer", "--note", "ask again", *one_by_one, "--yes")
    assert sorted(done["decided"]) == sorted(several[:4]) and done["refused"] == {}
    (rule,) = lines(tmp_path, "rules")
    assert (rule["state"], rule["action"], rule["decided"], rule["open"]) == ("proposed", "newer", 4, 2)
    (held,) = lines(tmp_path, "rules", "--confirm", rule["rule_id"])
    assert sorted(held["decided"]) == sorted(several[4:])
    assert f"{rule['rule_id']}: revoked, 2 decisions taken back" in said(tmp_path, "rules", "--revoke", rule["rule_id"])
    (gone,) = lines(tmp_path, "undo", "--bulk", done["bulk_id"])
    assert len(gone["decided"]) == 4
    assert "name the items" in said(tmp_path, "bulk", "newer", "--note", "x")
    assert "one of accept" in said(tmp_path, "bulk", "correct", "--note", "x", "--portal", "a")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--host", "0.0.0.0"], "without a password"), (["--user-header", "X-User"], "needs --users"), (["--users", "nowhere.toml"], "cannot be read")],
)  # fmt: skip
def test_the_page_is_not_served_where_anybody_could_decide(
    several: list[str], tmp_path: Path, arguments: list[str], told: str
) -> None:
    assert told in " ".join(said(tmp_path, "serve", *arguments).split())
