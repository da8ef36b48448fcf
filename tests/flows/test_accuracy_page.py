"""The page of measured figures: its section is replaced whole, the sections of others stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from budget.disclosure import Disclosure, Document, Finding
from extract.document import extract_bytes
from measure import accuracy_of_checks
from measure.accuracy import BEGIN, END, sums_table, write

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


DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"


def made(*findings: tuple[str, str, str, int | None]) -> Disclosure:
    document = Document(file="a.pdf", sha256="a" * 64, reader="pdf", kind="department_budget")
    told = [
        Finding.model_validate({"check": c, "severity": s, "origin": o, "message": "", "cells": (), "caused_by": by})
        for c, s, o, by in findings
    ]
    return Disclosure(document=document, findings=tuple(told))


def test_documents_without_an_error_are_counted_by_city() -> None:
    given = {
        "001_上海/a.json": made(("BAL-06", "error", "publisher", None)), "001_上海/b.json": made(("PRE-01", "warning", "unknown", None)),
        "002_北京/c.json": made(),
    }  # fmt: skip
    assert accuracy_of_checks.by_city(given)[2:] == [
        "| 上海 | 2 | 1 | 0.500 |", "| 北京 | 1 | 1 | 1.000 |", "| all | 3 | 2 | 0.667 |",
    ]  # fmt: skip


def test_findings_are_told_by_check_and_origin_and_what_they_cause_apart() -> None:
    given = {
        "x/a.json": made(("XRF-01", "error", "publisher", None), ("BAL-06", "error", "publisher", 0), ("HIE-01", "error", "unknown", None)),
        "x/b.json": made(("XRF-01", "error", "extraction", None), ("NEW", "warning", "source", None)),
    }  # fmt: skip
    rows = [row.split(" | ") for row in accuracy_of_checks.by_check(given)]
    assert rows[0][3:] == ["extraction", "publisher", "source", "form", "unknown", "caused by others", "documents |"]
    assert [(row[0], *row[2:]) for row in rows[2:]] == [
        ("| BAL-06", "error", "0", "0", "0", "0", "0", "1", "1 |"), ("| HIE-01", "error", "0", "0", "0", "0", "1", "0", "1 |"),
        ("| XRF-01", "error", "1", "1", "0", "0", "0", "0", "2 |"), ("| NEW", "warning", "0", "0", "1", "0", "0", "0", "1 |"),
    ]  # fmt: skip


def test_wrong_digits_are_tried_by_statement_and_the_section_stands_between_its_marks(tmp_path: Path) -> None:
    folder = tmp_path / "pdf" / "001_临港"
    folder.mkdir(parents=True)
    name = "lingang_laobao_2023.xlsx"
    one = extract_bytes((DOCUMENTS / name).read_bytes(), name)
    (folder / f"{name}.json").write_text(one.to_json(), encoding="utf-8")
    text = accuracy_of_checks.section(tmp_path / "pdf", changes=20)
    digits = text.split("### One wrong digit")[1]
    (all_kinds,) = [row for row in digits.splitlines() if row.startswith("| all |")]
    noticed, tried = all_kinds.split("|")[2:4]
    assert (int(tried), 15 <= int(noticed) <= 20) == (20, True)
    assert "| 临港 | 1 | 1 | 1.000 |" in text
    page = tmp_path / "accuracy.md"
    page.write_text(
        f"# Accuracy\n\n{accuracy_of_checks.BEGIN}\nwhat stood here\n{accuracy_of_checks.END}\n\n{BEGIN}\nread\n{END}\n"
    )
    write(text, page, accuracy_of_checks.BEGIN, accuracy_of_checks.END)
    assert "what stood here" not in page.read_text() and f"{BEGIN}\nread\n{END}" in page.read_text()


def test_a_folder_without_disclosures_is_no_measure(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="extract the documents first"):
        accuracy_of_checks.section(tmp_path)
