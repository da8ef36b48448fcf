"""The profile: every second of reading belongs to one stage, and the program's own calls exist."""

from __future__ import annotations

import time
from pathlib import Path

import spiders.sample_portal.documents as samples
from extract import document
from measure.profile import STAGES, Clock, by_kind, documents, profile, slowest


def test_time_of_a_stage_within_another_counts_once() -> None:
    clock = Clock()
    began = time.process_time()
    with clock.stage("meaning"):
        sum(range(200_000))
        with clock.stage("prose"):
            sum(range(400_000))
    passed = time.process_time() - began
    spent = clock.taken()
    assert 0 < spent["meaning"] < spent["prose"]
    assert sum(spent.values()) <= passed
    assert clock.taken() == {}


def test_documents_are_told_by_kind_and_by_stage() -> None:
    files = documents([Path(folder) for folder in samples.__path__])
    few = [next(path for path in files if path.suffix == ending) for ending in (".pdf", ".docx")]
    real = document.disclosure_of
    found, proving = profile(few)
    assert document.disclosure_of is real
    assert [one.kind for one in found] == ["text PDF", "Word"]
    assert set(found[0].stages) <= set(STAGES)
    assert {"open", "glyphs", "tables", "meaning", "prose"} <= set(found[0].stages)
    assert proving > 0
    assert by_kind(found).row_count == 3
    assert slowest(found, 1).row_count == 1
