"""Great Expectations is asked in one place: it names rows, writes nothing, and what it cannot answer is an error."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from expectations.judging.engine import SuiteError, evaluate

FRAME = pd.DataFrame({"whose": ["a", "b"], "value": [1, 5]})


def at_most(value: int, column: str = "value") -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": column, "max_value": value},
        "meta": {"check": "MOST"},
    }


def test_failing_rows_are_named_by_the_index_with_the_meta_of_their_expectation() -> None:
    named, _ = evaluate("some", FRAME, [at_most(3), at_most(9)], ("whose",))
    assert [(said["check"], row["whose"]) for said, row in named] == [("MOST", "b")]


def test_an_expectation_that_cannot_be_evaluated_is_an_error() -> None:
    with pytest.raises(SuiteError, match="absent"):
        evaluate("some", FRAME, [at_most(3, "absent")], ("whose",))


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    evaluate("some", FRAME, [at_most(3)], ("whose",))
    assert list(tmp_path.iterdir()) == []
