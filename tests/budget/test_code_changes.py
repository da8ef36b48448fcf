"""What changed of the codes over the years."""

from __future__ import annotations

import pytest

from budget.code_changes import changes_of, code_changes, name_in
from budget.codes import names_of


@pytest.mark.parametrize(
    ("code", "year", "name"),
    [
        ("207", 2018, "文化体育与传媒支出"), ("207", 2019, "文化旅游体育与传媒支出"), ("210", 2026, "卫生健康支出"),
        ("20139", 2023, None), ("20139", 2024, "社会工作事务"), ("20805", 2019, "行政事业单位离退休"), ("201", 2024, None),
    ],
)  # fmt: skip
def test_the_name_of_a_code_in_a_year(code: str, year: int, name: str | None) -> None:
    assert name_in(code, year) == name


def test_the_nearest_change_comes_first_and_the_beginning_of_the_system_last() -> None:
    assert [(one.code, one.since) for one in changes_of("2080501")] == [("2080501", 2020), ("20805", 2020), ("", 2007)]
    assert [(one.system, one.since) for one in changes_of("50101")] == [("government_economic", 2018)]


def test_every_change_has_a_source_and_names_that_the_list_of_codes_knows() -> None:
    for one in code_changes():
        assert one.source
        if one.code and one.new_name:
            assert one.new_name in names_of(one.code, one.system), one  # type: ignore[arg-type]
