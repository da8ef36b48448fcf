"""The guide for analysts is run: its queries answer in both databases and its columns exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from sqlalchemy import inspect

from budget.disclosure import Disclosure
from budget.measures import NO_MEASURES
from budget.sightings import Sighting
from budget.states import DocumentState, Reason
from warehouse import tables
from warehouse.store import Warehouse

GUIDE = (Path(__file__).parents[2] / "docs" / "warehouse.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"```sql\n-- ([\w-]+)\n(.*?);\n```", GUIDE, re.DOTALL))
A, B, C = "a" * 64, "b" * 64, "c" * 64


def as_classes(disclosure: Disclosure) -> Disclosure:
    facts = tuple(
        fact.model_copy(update={"role": "class", "code": ("208", "210")[n]}) for n, fact in enumerate(disclosure.facts)
    )
    return disclosure.model_copy(update={"facts": facts})


@pytest.fixture
def filled(warehouse: Warehouse, disclosure: Callable[..., Disclosure], sighting: Callable[..., Sighting]) -> Warehouse:
    warehouse.record_sighting(sighting(A))
    warehouse.store(as_classes(disclosure(["100.1", "0.2"], sha256=A)), state=DocumentState.LOADED)
    warehouse.record_sighting(sighting(B, replaces_sha256=A))
    warehouse.store(as_classes(disclosure(["100.1", "0.3"], sha256=B)), state=DocumentState.LOADED)
    waiting = disclosure(sha256=C, agency="教育局")
    warehouse.store(waiting, state=DocumentState.IN_REVIEW, reason=Reason.NOTHING_READ)
    return warehouse


def test_the_guide_asks_three_questions() -> None:
    assert list(QUERIES) == ["spending-by-class", "changed-after-publishing", "coverage"]


def test_spending_by_class_counts_the_newest_version_only(filled: Warehouse) -> None:
    found = filled.rows(QUERIES["spending-by-class"])
    assert [(row["agency"], row["code"], int(row["fen"])) for row in found] == [
        ("海港区财政局", "208", 100_100_000),
        ("海港区财政局", "210", 300_000),
    ]
    assert [float(row["wan"]) for row in found] == [100.1, 0.3]


def test_changed_after_publishing_gives_both_figures(filled: Warehouse) -> None:
    found = filled.rows(QUERIES["changed-after-publishing"])
    assert [(row["name"], row["old_raw"], row["new_raw"], row["old_sha256"]) for row in found] == [
        ("项目1", "0.2", "0.3", A)
    ]


def test_coverage_counts_what_waits(filled: Warehouse) -> None:
    found = filled.rows(QUERIES["coverage"])
    assert {(row["state"], row["reason"], row["documents"]) for row in found} == {
        ("loaded", "", 1),
        ("superseded", "", 1),
        ("in_review", "nothing_read", 1),
    }


def test_every_view_and_table_is_in_the_guide_with_its_columns(warehouse: Warehouse) -> None:
    inspector = inspect(warehouse.engine)
    for name in (*inspector.get_view_names(), *tables.metadata.tables):
        assert f"`{name}`" in GUIDE, f"{name} is not explained"
    shown = {column["name"] for column in inspector.get_columns("facts_current")}
    rows = re.findall(r"^\| `facts_current` \|.*$", GUIDE, re.MULTILINE)
    named = {name for name in re.findall(r"`(\w+)`", rows[0]) if name != "facts_current"}
    assert named <= shown, f"the guide names {sorted(named - shown)}, which facts_current does not have"


def test_the_guide_names_every_measure() -> None:
    named = set(re.findall(r"`(\w+)`", GUIDE.split("## Measures")[1].split("## Views")[0]))
    spelled = tomllib.loads(resources.files("budget").joinpath("data/measures.toml").read_text(encoding="utf-8"))
    assert set(spelled["measures"]) | NO_MEASURES == named - {"measure", "fund", "item", "column_text"}


def test_every_column_of_every_view_is_named_in_its_row_and_nothing_else_is(warehouse: Warehouse) -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", GUIDE.split("## Views")[1].split("\n## ")[0], re.MULTILINE))
    _, after = GUIDE.split("Document columns, in every view but the last two:")
    document = set(re.findall(r"`(\w+)`", after.split("In `facts_*`")[0]))
    place = set(re.findall(r"`(\w+)`", after.split("The place, where a view has it:")[1].split("\n\n")[0]))
    inspected = inspect(warehouse.engine)
    views = set(inspected.get_view_names())
    assert rows.keys() == views
    for view in views:
        told = rows[view].partition("|")[2]
        columns = {column["name"] for column in inspected.get_columns(view)}
        named = set(re.findall(r"`(\w+)`", told)) - views
        if "those of `facts_current`" in told:
            named |= set(re.findall(r"`(\w+)`", rows["facts_current"].partition("|")[2]))
        named |= place if "the place" in told or view == "facts_candidate" else set()
        named |= document if view not in ("portal_nights", "same_subject") else set()
        assert named == columns, view
