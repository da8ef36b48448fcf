"""Classification codes: systems, levels, parents, and codes printed in several cells."""

from __future__ import annotations

import pytest

from budget.codes import is_class_name, join_code, level_of, names_of, parent_of, system_of


@pytest.mark.parametrize(
    ("code", "system", "level", "parent"),
    [
        ("208", "functional", "class", None),
        ("20805", "functional", "section", "208"),
        ("2080505", "functional", "item", "20805"),
        ("30201", "department_economic", "section", "302"),
        ("50101", "government_economic", "section", "501"),
        ("13030224P00308P12449R", "project", None, None),
        ("A02010108", "catalogue", None, None),
        ("合计", None, None, None),
        ("2024", None, None, None),
    ],
)
def test_a_code_tells_its_system_level_and_parent(
    code: str, system: str | None, level: str | None, parent: str | None
) -> None:
    assert (system_of(code), level_of(code), parent_of(code)) == (system, level, parent)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (("208", "05", "05"), "2080505"),
        (("208", "", ""), "208"),
        (("208", "20805", "2080505"), "2080505"),
        (("208", "5", "5"), "2080505"),
        (("208 05 05",), "2080505"),
        (("301", "01"), "30101"),
    ],
)
def test_a_code_in_several_cells_is_joined_to_its_full_length(parts: tuple[str, ...], code: str) -> None:
    assert join_code(parts) == code


def test_names_of_listed_codes() -> None:
    assert "社会保障和就业支出" in names_of("208")
    assert names_of("99999") == ()
    assert is_class_name("社会保障和就业支出")
    assert not is_class_name("一般行政管理事务")
