"""A question cannot change either database, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from budget.disclosure import Disclosure
from budget.states import DocumentState
from warehouse.asking import QuestionError, ask, reading_only, rows
from warehouse.exports import Manifest, export
from warehouse.store import Warehouse


@pytest.fixture
def filled(warehouse: Warehouse, disclosure: Callable[..., Disclosure]) -> Warehouse:
    warehouse.store(disclosure(["100.1", "0.2"]), state=DocumentState.LOADED)
    return warehouse


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM facts", "DROP VIEW figures", "INSERT INTO runs (run_id, started_at, state) VALUES ('x', '2024-01-01', 'ok')",
        "SELECT 1; DELETE FROM facts", "COMMIT; DELETE FROM facts", "UPDATE facts SET raw = '1'", "CREATE TABLE mine (a integer)",
        "WITH gone AS (DELETE FROM facts RETURNING 1) SELECT * FROM gone", "SET TRANSACTION READ WRITE", "SELECT nobody FROM figures", " ; ",
    ],
)  # fmt: skip
def test_nothing_is_changed_and_it_is_said(filled: Warehouse, statement: str) -> None:
    before = filled.content_digest()
    with pytest.raises(QuestionError) as told, ask(filled.engine, statement) as answer:
        list(answer.rows)
    assert "\n" not in str(told.value)
    assert filled.content_digest() == before


def test_values_percent_signs_and_casts_are_left_alone(filled: Warehouse) -> None:
    asked = "SELECT name, CAST(raw AS TEXT) AS raw FROM facts_current WHERE agency LIKE '%财政%' AND raw = :raw AND name <> '12:30'"
    assert rows(filled.engine, asked, {"raw": "0.2"}) == [{"name": "项目1", "raw": "0.2"}]
    assert rows(filled.engine, "SELECT COUNT(*) AS n FROM facts_current WHERE agency LIKE '%财政%'") == [{"n": 2}]


def test_a_stream_gives_the_same_rows(filled: Warehouse) -> None:
    asked = "SELECT raw FROM facts_current ORDER BY fact_no"
    with reading_only(filled.engine) as reader:
        assert list(reader.stream(asked).rows) == list(reader.ask(asked).rows) == [("100.1",), ("0.2",)]


def test_both_databases_export_the_same_bytes(filled: Warehouse, tmp_path: Path) -> None:
    """Parquet and CSV of the views whose content tells nothing of when and where it was loaded."""
    made = export(filled, tmp_path, ["csv", "parquet"])
    told = Manifest.read(tmp_path / "csv").told
    assert told["views"]["facts_current"]["rows"] == 2
    lines = (tmp_path / "csv" / "facts_current.csv").read_text(encoding="utf-8-sig").splitlines()
    head = lines[0].split(",")
    first = dict(zip(head, lines[1].split(","), strict=True))
    # what SQLite keeps as 0, REAL and text is what PostgreSQL keeps as boolean, NUMERIC and NUMERIC
    assert (first["amount_wan"], first["amount_exact"], first["amount_fen"], first["publisher_discrepancy"]) == (
        "100.1",
        "100.1",
        "100100000",
        "false",
    )
    assert first["is_own_year"] == "true"
    assert made["parquet"].rows == made["csv"].rows
