"""Bounds of runs: a person's word about what a night may measure, judged by Great Expectations, both ends inside."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import resources

import pytest

from expectations.judging.bounds import (
    RULE,
    BoundsError,
    MeasuredRun,
    judge_runs,
    measures,
    parse_bounds,
    runs_frame,
    runs_suite,
)

BECAUSE = 'because = "twelve bureaus, one budget each"\n'


def row(whose: str, text: str, **values: str | None) -> MeasuredRun:
    measured = {name: None if value is None else Decimal(value) for name, value in values.items()}
    return MeasuredRun(whose, measured, parse_bounds(text, f"{whose}.bounds.toml"), f"{whose}.bounds.toml")


@pytest.mark.parametrize(
    ("found", "outside"), [("11", True), ("12", False), ("13", False), ("20", False), ("21", True), (None, False)]
)
def test_both_ends_of_a_bound_are_inside_and_what_was_not_measured_is_not_judged(
    found: str | None, outside: bool
) -> None:
    told = judge_runs([row("a", f"[found]\nmin = 12\nmax = 20\n{BECAUSE}", found=found)])
    assert [(one.whose, one.measure) for one in told] == ([("a", "found")] if outside else [])


@pytest.mark.parametrize(("value", "outside"), [("0.2999", False), ("0.3", False), ("0.3001", True)])
def test_a_share_is_compared_as_a_decimal(value: str, outside: bool) -> None:
    told = judge_runs([row("a", f"[share_in_review]\nmax = 0.3\n{BECAUSE}", share_in_review=value)])
    assert bool(told) is outside


def test_every_measure_is_judged_on_both_sides() -> None:
    for name, one in measures().items():
        low, high = ("2", "4") if one.kind == "count" else ("0.2", "0.4")
        text = f"[{name}]\nmin = {low}\nmax = {high}\n{BECAUSE}"
        for value, outside in (("0", True), (low, False), (high, False), ("5" if one.kind == "count" else "0.5", True)):
            assert bool(judge_runs([row("a", text, **{name: value})])) is outside, (name, value)


def test_each_portal_has_its_own_bounds_and_the_message_says_what_to_do() -> None:
    text = f"[found]\nmin = 12\n{BECAUSE}"
    told = judge_runs([row("a", text, found="3"), row("b", text, found="12"), row("c", "", found="0")])
    (one,) = told
    assert (one.whose, one.value, one.low, one.high) == ("a", Decimal(3), Decimal(12), None)
    assert one.message.startswith("a: 发现的文件 3，界限 ≥ 12；found")
    assert "'twelve bureaus, one budget each' (a.bounds.toml)" in one.message
    assert one.message.endswith(RULE)


def test_without_bounds_nothing_is_judged() -> None:
    assert judge_runs([row("a", "", found="0"), row("b", "", found=None)]) == ()
    assert judge_runs([]) == ()


def test_a_portal_stands_once_in_a_run() -> None:
    text = f"[found]\nmin = 1\n{BECAUSE}"
    with pytest.raises(ValueError, match="two rows"):
        judge_runs([row("a", text, found="1"), row("a", text, found="2")])


def test_the_frame_has_a_row_a_portal_and_the_bounds_as_columns() -> None:
    table = runs_frame([row("a", f"[found]\nmin = 12\n{BECAUSE}", found="3")])
    assert table.loc[0, ["whose", "found", "found_min", "found_max"]].tolist() == ["a", Decimal(3), Decimal(12), None]
    assert len(table.columns) == 1 + 3 * len(measures())


def test_the_suite_on_disk_is_the_one_of_the_measures() -> None:
    """Write it again after a change of `run_measures.toml`: json.dumps(runs_suite(), ensure_ascii=False, indent=1)."""
    shipped = resources.files("expectations").joinpath("run_suites", "runs.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == runs_suite()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fuond]\nmin = 1\n" + BECAUSE, "no measure `fuond`; known are list_rows, found"),
        ("[found]\nmin = 1\n", "must say why"),
        ("[found]\nmin = 1\nbecause = ''\n", "must say why"),
        ("[found]\nlow = 1\n" + BECAUSE, "found low"),
        ("[found]\n" + BECAUSE, "bounds nothing"),
        ("[found]\nmin = 5\nmax = 4\n" + BECAUSE, "min 5 is above max 4"),
        ("[found]\nmin = -1\n" + BECAUSE, "expected 0 or more"),
        ("[found]\nmin = 1.5\n" + BECAUSE, "whole number"),
        ("[found]\nmin = true\n" + BECAUSE, "expected a number"),
        ("[found]\nmin = nan\n" + BECAUSE, "expected 0 or more"),
        ("[share_failed]\nmax = 20\n" + BECAUSE, "expected 0 to 1"),
        ("found = 3\n", "`min`, `max` and `because`, found 3"),
        ("[found\n", "line 1"),
    ],
)
def test_a_file_that_says_something_else_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(BoundsError) as wrong:
        parse_bounds(text, "HOME/portals/a.bounds.toml")
    assert "HOME/portals/a.bounds.toml" in str(wrong.value)
    assert said in str(wrong.value)
