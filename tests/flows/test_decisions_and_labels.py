"""What a person decided is followed by the next rerun, what a reader found survives validation, and odd names survive both."""

from __future__ import annotations

import os
from pathlib import Path

from archive.store import Archive
from budget.disclosure import Disclosure, Finding
from budget.states import DocumentState, Origin, Reason, Severity
from extract.document import extract_bytes
from flows.choosing import choose
from flows.commands.extract import label_of
from flows.documents.batch import read_prove_store
from flows.documents.proof import as_read
from review.queue import ReviewQueue
from warehouse import Warehouse

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"


def half_a_pdf() -> tuple[bytes, Disclosure]:
    data = (DOCUMENTS / "gaoxin_renshe_2024.pdf").read_bytes()[:20000]
    return data, extract_bytes(data, "half.pdf", recipe="r1")


def test_a_rejected_document_is_read_again_when_a_person_asks_for_it(tmp_path: Path) -> None:
    data, disclosure = half_a_pdf()
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        archive.put(data)
        queue = ReviewQueue(warehouse)
        queue.store(disclosure, state=DocumentState.IN_REVIEW, reason=Reason.TRUNCATED)
        item = queue.item_of(disclosure.document.sha256)
        assert item
        queue.reject(item, "no", "reviewer")
        assert choose(warehouse) == []
        queue.reextract(item, "again", "reviewer")
        assert choose(warehouse) == [disclosure.document.sha256]


def test_a_file_gone_from_the_archive_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    good = (DOCUMENTS / "lingang_laobao_2023.xlsx").read_bytes()
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        there = archive.put(good)
        outcomes = read_prove_store(["0" * 64, there], warehouse=warehouse, archive=archive, run_id="r", workers=1)
        assert [(one.sha256, one.state, one.reason) for one in outcomes] == [
            ("0" * 64, DocumentState.FAILED, "not_in_archive"), (there, DocumentState.LOADED, None),
        ]  # fmt: skip
        assert warehouse.version("0" * 64) is None


def test_a_damaged_original_is_told_before_anything_is_read_from_it(tmp_path: Path) -> None:
    good = (DOCUMENTS / "lingang_laobao_2023.xlsx").read_bytes()
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        damaged = archive.put(good)
        (tmp_path / "archive" / damaged).chmod(0o644)
        (tmp_path / "archive" / damaged).write_bytes(good[:-1] + b"x")
        (outcome,) = read_prove_store([damaged], warehouse=warehouse, archive=archive, run_id="r", workers=1)
        assert (outcome.sha256, outcome.state, outcome.reason) == (damaged, DocumentState.FAILED, "damaged_in_archive")
        assert (
            outcome.detail is not None
            and "set aside" in outcome.detail
            and "restore it from a backup; nothing of it was changed" in outcome.detail
        )
        assert warehouse.rows("SELECT sha256 FROM document_versions") == []
        assert not archive.holds(damaged), "the next sighting downloads it again"
        assert archive.put(good) == damaged
        assert archive.read(damaged) == good


def test_validating_a_kept_disclosure_keeps_what_its_reading_found() -> None:
    def finding(check: str) -> Finding:
        return Finding(check=check, severity=Severity.ERROR, origin=Origin.EXTRACTION, message=check, cells=())

    _, disclosure = half_a_pdf()
    found = disclosure.model_copy(
        update={"findings": tuple(map(finding, ("UNREAD", "BAL-05", "UNIT", "UNSURE", "UNPROVED")))}
    )
    assert [one.check for one in as_read(found).findings] == ["UNREAD", "UNIT", "UNSURE"]


def test_names_in_the_bytes_of_old_archives_become_text() -> None:
    assert label_of(Path(os.fsdecode("预算".encode("gbk") + b".pdf"))) == "预算.pdf"
    assert label_of(Path("预算.pdf")) == "预算.pdf"
    label_of(Path(os.fsdecode(b"\xff\xfe\xff.pdf"))).encode("utf-8")
