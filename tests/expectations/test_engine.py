"""Great Expectations is asked in one place: it names rows, writes nothing, and what it cannot answer is an error."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from expectations.judging.engine import SuiteError, evaluate
from expectations.judging.judgement import rows_of, suites, together

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


def of_check(check: str, value: int) -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "value", "max_value": value, "row_condition": rows_of(check)},
        "meta": {"check": check},
    }


@pytest.mark.parametrize("limits", [(3, 3, 3), (3, 9, 3)])
def test_expectations_of_single_checks_name_the_same_rows_together_as_one_by_one(limits: tuple[int, int, int]) -> None:
    checks = ["A", "B", "C"]
    frame = pd.DataFrame({"whose": list("abcdef"), "check": checks * 2, "value": [1, 5, 3, 9, 2, 4]})
    asked = [of_check(check, limit) for check, limit in zip(checks, limits, strict=True)]
    apart, _ = evaluate("some", frame, asked, ("whose",))
    joined, _ = evaluate("some", frame, together(asked), ("whose",))
    assert len(together(asked)) == (1 if len(set(limits)) == 1 else 3)
    assert {row["whose"] for _, row in joined} == {row["whose"] for _, row in apart}


def test_the_suites_are_asked_as_one_expectation() -> None:
    """Each costs the library some 13 ms a batch, whatever is in it; `results` still asks them one by one."""
    every = [one for suite in suites() for one in suite["expectations"]]
    assert len(every) > 50
    assert [len(one["meta"]["checks"]) for one in together(every)] == [len(every)]
