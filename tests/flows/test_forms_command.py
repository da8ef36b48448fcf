"""`yusuan forms …`: a question is shown with what answers it; a decision is data that can be read, revoked and carried elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.commands import terminal
from flows.commands.forms import forms_app, read_decisions
from flows.home import House
from tests.flows.printed_forms import CHECK, CITY, READING, City, budget


class Home:
    """A home in which three departments of a city have filled in one form."""

    def __init__(self, home: Path) -> None:
        self.home = home
        house = House.at(home)
        self.city = City(home, archive=house.archive, database=house.database_url)

    def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        with terminal.out.capture() as captured, terminal.err.capture() as wrong:
            done = CliRunner().invoke(forms_app, [*map(str, arguments), "--home", str(self.home)])
        assert done.exit_code == code, captured.get() + wrong.get() + done.output + repr(done.exception)
        return captured.get() + wrong.get() + done.output

    def states(self) -> list[str]:
        return [row["state"] for row in self.city.warehouse.rows("SELECT state FROM document_versions")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.delenv("YUSUAN_DATABASE_URL", raising=False)
    made = Home(tmp_path / "home")
    made.city.store(*(budget(number) for number in range(3)))
    yield made
    made.city.warehouse.close()


def test_a_question_is_answered_and_taken_back(home: Home) -> None:
    told = home("list")
    form = home.city.form()
    assert f"{CHECK} fails in 3 of 3" in told
    assert f"yusuan forms decide {form[:8]} {CHECK} {READING} --note" in told
    (asked,) = map(json.loads, home("list", "--json").splitlines())
    assert (asked["publisher"], asked["form"], asked["explained"]) == (CITY, form, READING)
    made = json.loads(home("decide", form[:8], CHECK, READING, "--note", "见编制说明", "--by", "王", "--json"))
    assert home.states() == ["loaded"] * 3
    assert "no question" in home("list")
    assert made["id"] in home("list", "--decisions")
    home("revoke", made["id"])
    assert home.states() == ["in_review"] * 3
    assert "revoked" in home("list", "--decisions")


def test_a_form_is_shown_with_how_its_checks_fare(home: Home) -> None:
    told = home("show", home.city.form()[:6], "--failing")
    assert CITY in told
    assert CHECK in told
    rows = [json.loads(line) for line in home("show", home.city.form(), "--json").splitlines()]
    assert {row["asked"] - row["held"] - row["failed"] for row in rows} == {0}
    assert home.city.form() in home("list", "--all", "--json")
    assert "no form begins with" in home("show", "zzzz", code=1)


def test_what_cannot_be_decided_is_refused_in_one_line(home: Home) -> None:
    form = home.city.form()
    assert "one of fits, does_not_fit" in home("decide", form, CHECK, "12.5", "--note", "", code=1)
    assert "on no form" in home("decide", form, "XRF-01", "fits", "--note", "", code=1)
    assert "no decision that stands begins so" in home("revoke", "F-0000", code=1)


def test_decisions_are_carried_as_a_file_that_a_person_can_read(home: Home, tmp_path: Path) -> None:
    home("decide", home.city.form(), CHECK, READING, "--note", '经营支出“已含”在 "项目"\n之内', "--by", "王", "--later")
    assert home.states() == ["in_review"] * 3, "left to the next run"
    file = tmp_path / "decisions.toml"
    home("export", file)
    assert "王" in file.read_text(encoding="utf-8")
    as_json = tmp_path / "decisions.jsonl"
    home("export", as_json, "--json")
    assert read_decisions(file) == read_decisions(as_json)
    other = Home(tmp_path / "other")
    other.city.store(*(budget(number) for number in range(3)))
    assert "1 decision taken in" in other("import", file)
    assert other.states() == ["loaded"] * 3
    assert "0 decisions taken in" in other("import", file)
    other.city.warehouse.close()


@pytest.mark.parametrize("text", ["[[decision]]\nid = 3\n", "not toml", '{"id": "F-1"}\n', '{"cut": '])
def test_a_file_without_decisions_is_told_in_one_line(home: Home, tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text, encoding="utf-8")
    assert "no decisions can be read from it" in home("import", file, code=1)


def test_a_reading_that_is_not_in_the_list_is_not_taken_in(home: Home, tmp_path: Path) -> None:
    home("decide", home.city.form(), CHECK, READING, "--note", "", "--later")
    file = tmp_path / "decisions.toml"
    home("export", file)
    file.write_text(file.read_text(encoding="utf-8").replace(READING, "minus 3.15"), encoding="utf-8")
    assert "nothing was taken in" in home("import", file, code=1)
