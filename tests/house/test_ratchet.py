"""The ratchet: what is too complex or too long may only shrink."""

from __future__ import annotations

import pytest

from measure.ratchet import complaints, kept, measured, written

BEFORE = {"complexity": {"a.py:f": 30, "b.py:g": 25}, "function_lines": {}, "file_lines": {"a.py": 700}}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (BEFORE, []),
        ({**BEFORE, "complexity": {"a.py:f": 31, "b.py:g": 25}}, ["complexity: a.py:f grew from 30 to 31"]),
        ({**BEFORE, "complexity": {**BEFORE["complexity"], "c.py:h": 22}}, ["complexity: c.py:h is new at 22"]),
        ({**BEFORE, "file_lines": {"a.py": 650}}, ["file_lines: a.py shrank from 700 to 650"]),
        ({**BEFORE, "complexity": {"a.py:f": 30}}, ["complexity: b.py:g is gone"]),
    ],
)
def test_what_is_new_or_grew_or_shrank_is_told(now: dict[str, dict[str, int]], told: list[str]) -> None:
    found = complaints(now, BEFORE)
    assert len(found) == len(told)
    assert all(line.startswith(expected) for line, expected in zip(found, told, strict=True))


def test_writing_never_raises_a_figure_and_never_adds_one() -> None:
    now = {**BEFORE, "complexity": {"a.py:f": 99, "c.py:h": 50}}
    text = written(now, BEFORE)
    assert '"a.py:f" = 30' in text
    assert "c.py:h" not in text
    assert "b.py:g" not in text


def test_nothing_of_this_checkout_is_new_or_grew() -> None:
    told = [line for line in complaints(measured(), kept()) if " is new " in line or " grew " in line]
    assert told == []
