"""Anchors against real disclosures: every money cell is found again, also where names repeat in side-by-side lists."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from budget.decisions import Decision
from extract.document import extract_bytes
from review.cells import CellAddress, anchor_of_cell, find_cell
from review.replay import replay

SHARED = Path(os.environ.get("YUSUAN_SHARED") or Path(__file__).parents[2].parent / "shared")


@pytest.mark.parametrize("name", ["000_zibo_2023.pdf", "001_haigang_2024.docx", "003_zhengding_2022.pdf"])
def test_every_money_cell_of_a_real_document_is_found_again_and_can_be_corrected(name: str) -> None:
    path = SHARED / "samples" / "reference" / name
    if not path.exists():
        pytest.skip(f"the reference documents are not beside the project: {path} is missing")
    read = extract_bytes(path.read_bytes(), name)
    assert len(read.facts) > 100
    addresses = {fact.id: CellAddress(fact.statement_id, fact.row, fact.col) for fact in read.facts}
    anchors = {fact.id: anchor_of_cell(read, addresses[fact.id]) for fact in read.facts}
    lost = [str(addresses[key]) for key, anchor in anchors.items() if find_cell(read, anchor) != addresses[key]]
    assert lost == []
    for fact in read.facts[:: len(read.facts) // 15]:
        typed = Decision(
            id="d", sha256=read.document.sha256, action="correct", note="n", decided_by="王审核",
            decided_at=datetime(2024, 3, 1, tzinfo=UTC), cell=anchors[fact.id], value="1,234.56",
        )  # fmt: skip
        replayed, misfits = replay(read, [typed])
        changed = [
            (new.id, new.raw == old.raw, new.corrected.raw if new.corrected else None, new.value)
            for old, new in zip(read.facts, replayed.facts, strict=True)
            if old != new
        ]
        assert (misfits, [one[:3] for one in changed]) == ((), [(fact.id, True, "1,234.56")])
        assert changed[0][3] != fact.value
