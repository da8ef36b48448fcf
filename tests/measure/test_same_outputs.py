"""Two extractions are held against each other without their recipes and seconds; anything else that differs is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from measure.same_outputs import main


def written(folder: Path, name: str, amount: str, recipe: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"document": {"file": name, "recipe": recipe}, "facts": [{"raw": amount, "name": "合计"}]}
    path.write_text(json.dumps(found, ensure_ascii=False), "utf-8")


def test_outputs_that_differ_in_the_recipe_alone_are_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "before", "a/one.pdf.json", "1.00", "x")
    written(tmp_path / "after", "a/one.pdf.json", "1.00", "y")
    assert main([str(tmp_path / "before"), str(tmp_path / "after")]) == 0
    assert capsys.readouterr().out == "1 equal, 0 different, 0 missing, 0 new\n"


def test_the_seconds_that_reading_took_are_no_difference(tmp_path: Path) -> None:
    for folder, seconds in (("before", 1.5), ("after", 0.2)):
        written(tmp_path / folder, "one.pdf.json", "1.00", "x")
        path = tmp_path / folder / "one.pdf.json"
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "seconds": seconds}), "utf-8")
    assert main([str(tmp_path / "before"), str(tmp_path / "after")]) == 0


def test_a_changed_figure_a_lost_and_a_new_document_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "before", "one.pdf.json", "1.00", "x")
    written(tmp_path / "before", "lost.pdf.json", "1.00", "x")
    written(tmp_path / "after", "one.pdf.json", "1.01", "x")
    written(tmp_path / "after", "more.pdf.json", "1.00", "x")
    assert main([str(tmp_path / "before"), str(tmp_path / "after")]) == 1
    shown = capsys.readouterr().out
    assert 'facts[0].raw: "1.00" → "1.01"' in shown
    assert "lost.pdf.json: only in" in shown and "more.pdf.json: only in" in shown
    assert shown.endswith("0 equal, 1 different, 1 missing, 1 new\n")


def test_a_folder_without_outputs_is_wrong_usage(tmp_path: Path) -> None:
    written(tmp_path / "before", "one.pdf.json", "1.00", "x")
    assert main([str(tmp_path / "before"), str(tmp_path / "empty")]) == 2
