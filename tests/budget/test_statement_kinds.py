"""A statement kind is one entry of `budget/data/kinds.toml`: what it says besides its titles is known and consistent."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from budget.kinds import UNKNOWN_KIND, kind_from, kind_of, kinds_by_columns, names_of_statements, statement_kinds
from budget.measures import Measure, is_own_measure, measure_of

RAW = tomllib.loads(resources.files("budget").joinpath("data/kinds.toml").read_text(encoding="utf-8"))
MEASURES = tomllib.loads(resources.files("budget").joinpath("data/measures.toml").read_text(encoding="utf-8"))[
    "measures"
]


def test_a_word_that_no_kind_has_is_an_error() -> None:
    with pytest.raises(TypeError, match="titel"):
        kind_from("new", {"chinese": "新表", "titel": "新"})
    with pytest.raises(TypeError, match="header"):
        kind_from("new", {"chinese": "新表", "suggested": [{"header": ["新"]}]})


def test_a_new_kind_needs_its_entry_only() -> None:
    found = kind_from(
        "new", {"chinese": "新表", "contains": ["新表"], "fund": "gov_fund", "own": ["gov_fund"], "statement": True}
    )
    assert (found.fund, found.own, found.statement, found.facts) == ("gov_fund", {"gov_fund"}, True, True)


def test_measures_of_kinds_are_measures() -> None:
    for kind in statement_kinds():
        rules = [*kind.suggested, *([kind.certain] if kind.certain else [])]
        named = {
            *kind.own,
            *(m for rule in rules for m in (*rule.measures_all, *rule.measures_any, *rule.measures_several)),
        }
        assert named <= set(MEASURES), kind.name


def test_kinds_that_columns_tell_are_kinds_with_a_rule() -> None:
    certain, suggested = kinds_by_columns("certain"), kinds_by_columns("suggested")
    assert UNKNOWN_KIND not in (*certain, *suggested)
    # the one whose rule is the words of lists of projects
    assert [kind.name for kind in certain if kind.certain is None] == ["project_performance"]
    assert {kind.name for kind in statement_kinds() if kind.certain} < {kind.name for kind in certain}
    assert {kind.name for kind in statement_kinds() if kind.suggested} == {kind.name for kind in suggested}


def test_an_unknown_name_is_the_unknown_kind_and_gives_no_facts() -> None:
    assert kind_of("unknown") is kind_of("") is UNKNOWN_KIND and not UNKNOWN_KIND.facts
    assert "unknown" not in names_of_statements()


def test_the_fund_and_the_whole_of_a_kind_are_those_of_its_entry() -> None:
    assert measure_of(("合计",), "government_fund_expenditure") == Measure("total", None, "gov_fund")
    assert measure_of(("合计",), "project_expenditure") == Measure("total", None, "all")
    assert is_own_measure("basic_expenditure", "basic") and not is_own_measure("basic_expenditure", "project")


def test_a_kind_decided_by_its_columns_has_lists_without_repetition() -> None:
    for name, entry in RAW["kinds"].items():
        for key, words in entry.items():
            if isinstance(words, list) and words and isinstance(words[0], str):
                assert len(set(words)) == len(words), (name, key)
