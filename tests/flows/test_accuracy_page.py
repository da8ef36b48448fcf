"""The page of measured figures: its section is replaced whole, the sections of others stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.accuracy import BEGIN, END, sums_table, write

PRINTED = (
    "a.pdf facts 3/3 given 3\n"
    "ALL                  2 documents  fact recall 0.9000 precision 1.0000 loose 1.0000  cell recall 0.5000 precision 0.7500  "
    "projects   \u2013    indicators 1.0000 prose   \u2013  \n"
    "docx                 1 documents  fact recall 1.0000 precision 1.0000 loose 1.0000  cell recall 1.0000 precision 1.0000  "
    "projects 1.0000 indicators 1.0000 prose 1.0000\n"
)


def test_the_sums_become_a_table_with_all_formats_last() -> None:
    rows = sums_table(PRINTED)[2:]
    assert rows == [
        "| docx | 1 | 1.0000 | 1.0000 | 1.0000 | 1.0000 | 1.0000 | 1.0000 | 1.0000 |",
        "| ALL | 2 | 0.9000 | 1.0000 | 0.5000 | 0.7500 | \u2013 | 1.0000 | \u2013 |",
    ]


def test_a_tool_that_prints_nothing_is_no_result() -> None:
    with pytest.raises(SystemExit, match="no sums"):
        sums_table("Traceback")


def test_only_the_own_section_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "accuracy.md"
    page.write_text("# Accuracy\n\n## Validation\n\nmeasured\n")
    write(f"{BEGIN}\nfirst\n{END}\n", page)
    write(f"{BEGIN}\nsecond\n{END}\n", page)
    assert page.read_text() == f"# Accuracy\n\n## Validation\n\nmeasured\n\n{BEGIN}\nsecond\n{END}\n"
