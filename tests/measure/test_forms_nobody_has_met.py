"""The measures of forms: a question is asked with the third document, its answer frees the city and hides no planted fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extract.document import extract_bytes
from measure import planted_faults, unknown_forms
from tests.flows.printed_forms import CHECK, CITY, READING, budget


@pytest.fixture
def read(tmp_path: Path) -> Path:
    folder = tmp_path / "read"
    folder.mkdir()
    for number in range(5):
        found = extract_bytes(budget(number), f"{number}.html")
        (folder / f"{number}.json").write_text(found.to_json(), encoding="utf-8")
    return folder


def test_a_city_nobody_has_met_is_one_question_and_loads_after_the_answer(read: Path, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    assert unknown_forms.main([str(read), "--orders", "3", "--json", str(told)]) == 0
    (city,) = json.loads(told.read_text(encoding="utf-8"))
    assert (city["city"], city["documents"], city["questions"]) == (CITY, 5, [f"{CHECK} {READING}"])
    assert city["asked_after"] == [3, 3]
    assert city["errors"] == city["shared_errors"] > 0
    assert city["errors_after"] == 0


def test_what_is_learnt_hides_no_fault(read: Path, tmp_path: Path) -> None:
    told = tmp_path / "told.json"
    assert planted_faults.main([str(read), "--changes", "60", "--json", str(told)]) == 0
    found = json.loads(told.read_text(encoding="utf-8"))
    assert found["hidden"] == []
    assert found["tried"] >= 60
    assert found["noticed_after"] >= found["noticed_before"] > 0
