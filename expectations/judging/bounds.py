"""Bounds of runs: what a portal's night, or a run as a whole, may measure before somebody has to explain it.

A checked document proves itself; a night does not. A list that shows half its entries, a family that was misread, a recipe that
sends everything to review are quiet: nothing fails, there is only less. Bounds stand in a file of their own beside the portal's
(`<portal>.bounds.toml`; `run.bounds.toml` for the whole run), and Great Expectations judges them
(`run_suites/runs.json`): one row a portal and run, the bounds as columns beside what was measured.

    # Explain the run before moving a bound. 先说明这次运行，再改界限。
    [found]
    min = 12
    because = "twelve bureaus, one budget each; the list is never shortened"

What a file does not bound is not judged. No bound is ever made up here.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from expectations.judging.engine import SuiteError, evaluate

if TYPE_CHECKING:
    import pandas as pd

RULE = "先说明这次运行，再改界限 / explain the run before moving a bound"
SHORTEST_REASON = 8


class BoundsError(ValueError):
    """A file of bounds that cannot be used; the message names the file, what was found and what is expected."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured of a run. `fewest`: with fewer documents a share says nothing."""

    id: str
    kind: Literal["count", "share"]
    zh: str
    en: str
    fewest: int = 1


@dataclass(frozen=True, slots=True)
class Bound:
    """Both ends are inside; None is open. `because` says why the bound is where it is."""

    low: Decimal | None
    high: Decimal | None
    because: str


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """One row of the judged frame: whose (a portal's id, or `run`), what was measured (None: not measurable), and its bounds."""

    whose: str
    values: Mapping[str, Decimal | None]
    bounds: Mapping[str, Bound]
    source: str = ""
    """The file of the bounds."""


@dataclass(frozen=True, slots=True)
class OutOfBounds:
    """A measure that fell outside."""

    whose: str
    measure: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    because: str
    source: str

    @property
    def message(self) -> str:
        """Which bound, what was measured, where the bound stands and what to do; Chinese, then English."""
        one = measures()[self.measure]
        low = "" if self.low is None else f"≥ {_shown(self.low)}"
        high = "" if self.high is None else f"≤ {_shown(self.high)}"
        allowed = "，".join(part for part in (low, high) if part)
        return (
            f"{self.whose}: {one.zh} {_shown(self.value)}，界限 {allowed}；{self.measure} ({one.en}) is {_shown(self.value)}, allowed "
            f"{' and '.join(part for part in (low, high) if part)}, because {self.because!r} ({self.source}). {RULE}"
        )


def _shown(value: Decimal) -> str:
    return f"{value.normalize():f}"


@cache
def measures() -> dict[str, Measure]:
    """What is measured of every run, by id (`run_measures.toml`)."""
    told = tomllib.loads(
        resources.files("expectations").joinpath("data", "run_measures.toml").read_text(encoding="utf-8")
    )
    return {name: Measure(id=name, **one) for name, one in told.items()}


def parse_bounds(text: str, source: str) -> dict[str, Bound]:
    """The bounds of one file, by measure. Raises BoundsError; `source` is the file it names."""
    try:
        told: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as wrong:
        raise BoundsError(f"{source}: {wrong}") from None
    return {name: _bound(name, one, source) for name, one in told.items()}


def _bound(name: str, told: Any, source: str) -> Bound:
    if name not in measures():
        raise BoundsError(f"{source}: no measure `{name}`; known are {', '.join(measures())}")
    if not isinstance(told, dict) or (unknown := told.keys() - {"min", "max", "because"}):
        found = ", ".join(sorted(unknown)) if isinstance(told, dict) else repr(told)
        raise BoundsError(f"{source}: [{name}] holds `min`, `max` and `because`, found {found}")
    because = told.get("because")
    if not isinstance(because, str) or len(because.strip()) < SHORTEST_REASON:
        raise BoundsError(f"{source}: [{name}] must say why in `because`: who reads it next year must understand")
    ends = {end: _number(name, end, told[end], source) for end in ("min", "max") if end in told}
    if not ends:
        raise BoundsError(f"{source}: [{name}] bounds nothing: it needs `min`, `max` or both")
    low, high = ends.get("min"), ends.get("max")
    if low is not None and high is not None and low > high:
        raise BoundsError(f"{source}: [{name}] min {low} is above max {high}")
    return Bound(low, high, because.strip())


def _number(name: str, end: str, value: object, source: str) -> Decimal:
    kind = measures()[name].kind
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BoundsError(f"{source}: [{name}] {end} is {value!r}, expected a number")
    number = Decimal(value)
    if not number.is_finite() or number < 0 or (kind == "share" and number > 1):
        raise BoundsError(
            f"{source}: [{name}] {end} is {value}, expected {'0 to 1' if kind == 'share' else '0 or more'}"
        )
    if kind == "count" and number != int(number):
        raise BoundsError(f"{source}: [{name}] {end} is {value}, expected a whole number")
    return number


# --------------------------------------------------------------------------- the judge


def runs_frame(rows: Sequence[MeasuredRun]) -> pd.DataFrame:
    """One row a portal (and one for the run): `whose`, and for every measure its value, `<measure>_min` and `<measure>_max`."""
    import pandas as pd

    columns: dict[str, list[Any]] = {"whose": [row.whose for row in rows]}
    for name in measures():
        columns[name] = [row.values.get(name) for row in rows]
        columns[f"{name}_min"] = [row.bounds[name].low if name in row.bounds else None for row in rows]
        columns[f"{name}_max"] = [row.bounds[name].high if name in row.bounds else None for row in rows]
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def runs_suite() -> dict[str, Any]:
    """The suite as it is written to `run_suites/runs.json`: two expectations a measure."""

    def expectation(measure: Measure, upper: str, lower: str, end: str) -> dict[str, Any]:
        return {
            "type": "expect_column_pair_values_a_to_be_greater_than_b",
            "kwargs": {
                "column_A": upper, "column_B": lower, "or_equal": True, "ignore_row_if": "either_value_is_missing",
            },
            "meta": {"measure": measure.id, "end": end, "formula": f"{upper} ≥ {lower}: {measure.en}"},
            "severity": "critical",
        }  # fmt: skip

    pairs = [
        expectation(one, *ends)
        for one in measures().values()
        for ends in ((one.id, f"{one.id}_min", "min"), (f"{one.id}_max", one.id, "max"))
    ]
    return {"name": "runs", "meta": {"version": 1}, "expectations": pairs}


@cache
def _shipped() -> dict[str, Any]:
    text = resources.files("expectations").joinpath("run_suites", "runs.json").read_text(encoding="utf-8")
    shipped: dict[str, Any] = json.loads(text)
    return shipped


def judge_runs(rows: Sequence[MeasuredRun]) -> tuple[OutOfBounds, ...]:
    """What fell outside, in the order of the rows. Raises SuiteError when Great Expectations cannot evaluate the suite.

    A measure without a bound, or that could not be measured, is not judged: Great Expectations is not even asked.
    """
    judged = {name for row in rows for name in row.bounds if row.values.get(name) is not None}
    if not judged:
        return ()
    if len({row.whose for row in rows}) != len(rows):
        raise ValueError("two rows of one portal: a run measures each once")
    asked = [one for one in _shipped()["expectations"] if one["meta"]["measure"] in judged]
    unjudged = judged - {one["meta"]["measure"] for one in asked}
    if unjudged:
        raise SuiteError(f"no expectation judges {sorted(unjudged)}: add them to expectations/run_suites")
    named, _ = evaluate("runs", runs_frame(rows), asked, ("whose",))
    outside = {(row["whose"], said["measure"]) for said, row in named}
    return tuple(_outside(row, name) for row in rows for name in measures() if (row.whose, name) in outside)


def _outside(row: MeasuredRun, name: str) -> OutOfBounds:
    bound, value = row.bounds[name], row.values[name]
    assert value is not None
    return OutOfBounds(row.whose, name, value, bound.low, bound.high, bound.because, row.source)
