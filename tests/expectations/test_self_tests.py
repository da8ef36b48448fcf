"""SLF: what fails here was read wrongly; each test of meaning fails on its fault alone and blames nobody else."""

from __future__ import annotations

import pytest

from budget.disclosure import Disclosure
from expectations import judge
from extract.document import extract_bytes

HEAD = ["科目编码", "科目名称", "合计", "基本支出", "项目支出"]
ROWS = [
    HEAD, ["", "合计", "900.00", "500.00", "400.00"], ["201", "一般公共服务支出", "600.00", "300.00", "300.00"],
    ["20101", "人大事务", "600.00", "300.00", "300.00"], ["2010101", "行政运行", "600.00", "300.00", "300.00"],
    ["208", "社会保障和就业支出", "300.00", "200.00", "100.00"], ["20805", "行政事业单位养老支出", "300.00", "200.00", "100.00"],
    ["2080505", "机关事业单位基本养老保险缴费支出", "300.00", "200.00", "100.00"],
]  # fmt: skip


def read(rows: list[list[str]], title: str = "支出总表", unit: str = "单位：万元") -> Disclosure:
    cells = "".join("<tr>" + "".join(f"<td>{text}</td>" for text in row) + "</tr>" for row in rows)
    page = f"<html><body><p>某局2026年部门预算</p><p>{title}</p><p>{unit}</p><table>{cells}</table></body></html>"
    return extract_bytes(page.encode(), "某局2026年部门预算.html")


def failing(found: Disclosure) -> dict[str, tuple[str, str]]:
    return {
        one.check: (one.severity, one.origin)
        for one in judge([found])[found.document.sha256]
        if one.check.startswith("SLF")
    }


def changed(old: str, new: str) -> list[list[str]]:
    return [[text.replace(old, new) for text in row] for row in ROWS]


def with_text(row: int, col: int, text: str) -> list[list[str]]:
    return [[text if (r, c) == (row, col) else old for c, old in enumerate(line)] for r, line in enumerate(ROWS)]


def test_rows_called_by_numbers_are_told_as_ours() -> None:
    found = read(ROWS)
    named = tuple(
        fact.model_copy(update={"name": "0.5", "code": ""}) if fact.row == 2 else fact for fact in found.facts
    )
    assert failing(found.model_copy(update={"facts": named})).get("SLF-04") == ("error", "extraction")


def test_a_sound_table_fails_none() -> None:
    assert failing(read(ROWS)) == {}


@pytest.mark.parametrize(
    ("rows", "check", "severity"),
    [
        (changed("900.00", "9000000000000.00"), "SLF-05", "error"),
        ([row for row in ROWS if row[1] != "合计"], "SLF-06", "error"),
        (with_text(1, 1, "合针"), "SLF-11", "error"),
        ([row for row in ROWS if row[0] != "208"], "SLF-09", "warning"),
        (with_text(4, 3, "300.001"), "SLF-10", "error"),
    ],
)  # fmt: skip
def test_each_fault_is_told_as_ours(rows: list[list[str]], check: str, severity: str) -> None:
    assert failing(read(rows)).get(check) == (severity, "extraction")


def test_the_total_of_a_department_that_is_none_is_an_error() -> None:
    assert failing(read(ROWS, unit="单位：元")).get("SLF-08") == ("error", "extraction")


def test_rows_whose_levels_are_not_seen_add_up_to_a_multiple_of_the_total() -> None:
    rows = [
        ["功能分类科目名称", "合计"],
        ["合计", "100.00"],
        ["甲类支出", "60.00"],
        ["乙款支出", "60.00"],
        ["丙类支出", "40.00"],
        ["丁款支出", "40.01"],
    ]
    found = failing(read(rows))
    assert found.get("SLF-07") == ("error", "extraction")
