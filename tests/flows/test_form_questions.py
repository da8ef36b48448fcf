"""The page on which a person says of a whole form: theirs or ours. It decides as the command line does, by roles and tokens."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from flows.commands.review_page import judge_again_here
from review.page.app import create_app
from review.page.needs import Needs
from tests.flows.printed_forms import CHECK, READING, City, budget
from warehouse.forms import decisions, open_questions


def nothing(*arguments: object) -> Path:
    raise FileNotFoundError(str(arguments))


@pytest.fixture
def city(tmp_path: Path) -> City:
    place = City(tmp_path / "city")
    place.store(*(budget(number) for number in range(3)))
    return place


@pytest.fixture
def page(city: City) -> Iterator[httpx.Client]:
    needs = Needs(nothing, nothing, rerun=lambda shas: judge_again_here(city.warehouse, city.archive))  # type: ignore[arg-type]
    with TestClient(create_app(city.warehouse, needs), base_url="http://127.0.0.1") as client:
        yield client


def token(page: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.get("/forms").text)
    assert found is not None
    return found[1]


def answer(page: httpx.Client, city: City, reading: str) -> httpx.Response:
    (question,) = open_questions(city.warehouse)
    fields = {"csrf": token(page), "form": question.form, "check": question.check, "publisher": question.publisher}
    return page.post("/forms/decide", data={**fields, "reading": reading, "note": "见编制说明"})


def states_become(city: City, wanted: str) -> None:
    until = time.monotonic() + 60
    while (found := {row["state"] for row in city.warehouse.rows("SELECT state FROM document_versions")}) != {wanted}:
        assert time.monotonic() < until, found
        time.sleep(0.1)


def test_an_item_tells_what_its_form_shares_and_the_answer_frees_the_others_too(page: httpx.Client, city: City) -> None:
    item = city.warehouse.rows("SELECT item_id FROM review_items ORDER BY item_id")[0]["item_id"]
    assert f"{CHECK} 同一表式同样不成立 3 / 3" in page.get(f"/item/{item}").text
    assert READING in page.get(f"/forms?item={item}").text
    assert answer(page, city, READING).status_code == 200
    states_become(city, "loaded")
    (made,) = decisions(city.warehouse)
    assert made.id in page.get("/forms").text
    assert page.post("/forms/revoke", data={"csrf": token(page), "id": made.id}).status_code == 200
    states_become(city, "in_review")


def test_what_is_not_in_the_list_is_refused_and_so_is_a_form_without_its_token(page: httpx.Client, city: City) -> None:
    refused = answer(page, city, "plus 3.15")
    assert refused.status_code == 400
    assert "is no reading" in refused.text
    assert page.post("/forms/decide", data={"csrf": "0" * 64, "reading": "fits"}).status_code == 403
    assert page.post("/forms/other", data={"csrf": token(page)}).status_code == 404
    assert decisions(city.warehouse) == []


def test_a_form_that_no_other_document_has_is_told_in_the_item(tmp_path: Path) -> None:
    place = City(tmp_path / "one")
    place.store(budget(0))
    with TestClient(create_app(place.warehouse, Needs(nothing, nothing)), base_url="http://127.0.0.1") as client:
        item = place.warehouse.rows("SELECT item_id FROM review_items")[0]["item_id"]
        assert "首次遇到的表式: 支出总表" in client.get(f"/item/{item}").text
        place.store(budget(1))
        assert "首次遇到的表式" not in client.get(f"/item/{item}").text
