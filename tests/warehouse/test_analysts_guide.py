"""The guide for analysts is run: its queries answer in both databases, each trap of the tables is set and not walked into."""

from __future__ import annotations

import importlib
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
from warehouse import dictionary, tables
from warehouse.document_figures import measures
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


def test_the_guide_asks_these_questions() -> None:
    assert list(QUERIES) == [
        "spending-by-class", "three-public", "department-total", "procurement", "project-indicators", "contradictions",
        "held-on-a-day", "budget-against-final", "quote", "changed-after-publishing", "coverage",
    ]  # fmt: skip


def test_spending_by_class_counts_the_newest_version_only(filled: Warehouse) -> None:
    found = filled.rows(QUERIES["spending-by-class"])
    assert [(row["agency"], row["class_code"], int(row["fen"])) for row in found] == [
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


def test_every_view_and_table_is_in_the_guide(warehouse: Warehouse) -> None:
    for name in (*inspect(warehouse.engine).get_view_names(), *tables.metadata.tables):
        assert f"`{name}`" in GUIDE, f"{name} is not explained"


def test_the_guide_names_every_measure() -> None:
    named = set(re.findall(r"`(\w+)`", GUIDE.split("## Measures")[1].split("## Views")[0]))
    spelled = tomllib.loads(resources.files("budget").joinpath("data/measures.toml").read_text(encoding="utf-8"))
    assert set(spelled["measures"]) | NO_MEASURES == named - {"measure", "fund", "item", "column_text"}


def test_the_dictionary_is_made_from_the_schema(warehouse: Warehouse) -> None:
    assert set(dictionary.views()) == set(inspect(warehouse.engine).get_view_names())
    written = (Path(__file__).parents[2] / "docs" / "warehouse-dictionary.md").read_text(encoding="utf-8")
    assert written == dictionary.page(warehouse.engine), "python -m warehouse.dictionary > docs/warehouse-dictionary.md"


def test_a_column_that_nobody_described_is_told() -> None:
    with pytest.raises(LookupError, match=r"figures\.nobody"):
        dictionary.described("figures", "nobody")


def test_the_migration_makes_a_column_of_every_measure_it_names() -> None:
    named = {measured.name for measured in measures() if not measured.is_by_class}
    views = importlib.import_module("warehouse.migrations.versions.0005_views_for_analysts")
    assert set(views.MEASURES) | set(views.THREE_PUBLIC) <= named
