"""A sample of what passes is read by an independent reader, in workers of its own; a cell read otherwise keeps the document out."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from archive.store import Archive
from budget.decisions import Decision, anchor_of
from budget.disclosure import Disclosure, PagePlace
from budget.states import DocumentState, Origin, Reason, Severity
from expectations.judging.sampling import CHECK, sampled_share
from extract.document import extract_bytes
from extract.readers.pdfplumber_pages import texts_in_boxes
from flows.documents import batch as documents
from flows.documents import sampled_reading, second_reading
from flows.documents.batch import read_prove_store, state_of
from flows.documents.proof import Proved, prove
from flows.documents.sampled_reading import read_again
from flows.documents.second_reading import answer, ask, second_reader, stop_readers, texts_on_pages
from flows.documents.workers import Limits
from flows.run_summary import RunSummary, SampledPages
from review.cells import CellAddress, anchor_of_cell
from review.replay import correct_cell, replay
from warehouse import Warehouse

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"
PDF = DOCUMENTS / "gaoxin_renshe_2024.pdf"
ALL = Decimal(1)


@pytest.fixture(scope="module")
def sound() -> Proved:
    (proved,) = prove([extract_bytes(PDF.read_bytes(), PDF.name)], {})
    assert not proved.disclosure.errors
    return proved


def misread(proved: Proved, raw: str) -> tuple[Proved, str]:
    """The document with one amount misread, of a page that no sum would betray; and the fact's id."""
    disclosure = proved.disclosure
    fact = next(one for one in disclosure.facts if isinstance(one.at, PagePlace) and len(one.raw) > 5)
    facts = tuple(one.model_copy(update={"raw": raw}) if one.id == fact.id else one for one in disclosure.facts)
    return Proved(disclosure.model_copy(update={"facts": facts}), proved.reconciliations), fact.id


def paths(proved: Proved) -> dict[str, Path]:
    return {proved.disclosure.document.sha256: PDF}


def test_every_cell_of_a_sound_document_is_read_alike_by_both_readers(sound: Proved) -> None:
    (same,), told = read_again([sound], paths(sound), share=ALL)
    assert same is sound
    (one,) = told.values()
    cells = [fact for fact in sound.disclosure.facts if isinstance(fact.at, PagePlace)]
    assert one.agreement.asked == one.agreement.agreed == len(cells) > 150
    assert one.pages == len({fact.at.page for fact in cells if isinstance(fact.at, PagePlace)})


def test_a_misread_cell_is_an_error_of_ours_that_names_page_and_cell(sound: Proved) -> None:
    wrong, fact_id = misread(sound, "9,999.99")
    (kept,), told = read_again([wrong], paths(sound), share=ALL)
    (found,) = [one for one in kept.disclosure.findings if one.check == CHECK]
    assert (found.severity, found.origin) == (Severity.ERROR, Origin.EXTRACTION)
    (cell,) = found.cells
    assert cell.fact_id == fact_id and isinstance(cell.at, PagePlace)
    assert found.left == "9,999.99" and found.right and found.right in found.message
    assert f"page {cell.at.page}" in found.message and f"第{cell.at.page}页" in found.message
    assert state_of(kept.disclosure) == (DocumentState.IN_REVIEW, Reason.CHECKS_FAILED)
    assert [len(one.agreement.disagreed) for one in told.values()] == [1]


def test_what_a_person_accepted_is_not_asked_twice(sound: Proved) -> None:
    wrong, _ = misread(sound, "9,999.99")
    (kept,), _told = read_again([wrong], paths(sound), share=ALL)
    sha256 = sound.disclosure.document.sha256
    decision = Decision(
        id="d1", sha256=sha256, action="accept", note="looked", decided_by="reviewer",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC),
        findings=tuple(anchor_of(one, kept.disclosure.statements) for one in kept.disclosure.errors),
    )  # fmt: skip
    (again,), _told = read_again([wrong], paths(sound), {sha256: (decision,)}, share=ALL)
    assert not again.disclosure.errors
    assert "accepted this as published" in again.disclosure.findings[-1].message


def correction(disclosure: Disclosure, value: str) -> tuple[CellAddress, Decision]:
    """A person reads `value` in one cell of the document."""
    fact = next(one for one in disclosure.facts if isinstance(one.at, PagePlace) and len(one.raw) > 5)
    address = CellAddress(fact.statement_id, fact.row, fact.col)
    decision = Decision(
        id="d1", sha256=disclosure.document.sha256, action="correct", note="looked", decided_by="reviewer",
        decided_at=datetime(2026, 1, 1, tzinfo=UTC), cell=anchor_of_cell(disclosure, address), value=value,
    )  # fmt: skip
    return address, decision


def test_a_cell_that_a_person_corrected_is_not_asked_for(sound: Proved) -> None:
    address, decision = correction(sound.disclosure, "9,999.99")
    corrected = Proved(correct_cell(sound.disclosure, address, decision))
    (kept,), told = read_again([corrected], paths(sound), share=ALL)
    assert kept is corrected and not kept.disclosure.errors
    cells = sum(isinstance(fact.at, PagePlace) for fact in sound.disclosure.facts)
    assert [one.agreement.asked for one in told.values()] == [cells - 1], "its neighbours are asked for"


def test_a_corrected_cell_that_the_extractor_has_learnt_to_read_is_not_asked_for_either(sound: Proved) -> None:
    _, decision = correction(sound.disclosure, "9,999.99")
    learnt, _ = misread(sound, "9,999.99")
    decisions = {sound.disclosure.document.sha256: (decision,)}
    (kept,), told = read_again([learnt], paths(sound), decisions, share=ALL)
    assert kept is learnt
    other, _ = misread(sound, "1,111.11")
    (kept,), told = read_again([other], paths(sound), decisions, share=ALL)
    assert [len(one.agreement.disagreed) for one in told.values()] == [1], (
        "another figure than the person's is asked for"
    )
    assert not replay(sound.disclosure, [decision])[1]


def test_bytes_that_are_gone_are_an_error_and_not_a_reader_that_cannot_say(sound: Proved, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.pdf"):
        read_again([sound], {sound.disclosure.document.sha256: tmp_path / "gone.pdf"}, share=ALL)


def test_threads_that_ask_at_once_share_the_workers() -> None:
    stop_readers()
    with ThreadPoolExecutor(4) as threads:
        asked = list(threads.map(lambda _: ask(texts_on_pages, str(PDF), {}, seconds=60), range(4)))
    assert [answer(one, "nothing") for one in asked] == ["{}"] * 4
    assert len(second_reading._pools) == 1
    stop_readers()


def test_documents_with_errors_and_other_formats_are_not_sampled(sound: Proved) -> None:
    broken, _ = misread(sound, "1")
    (found,), _told = read_again([broken], paths(sound), share=ALL)
    book = prove([extract_bytes((DOCUMENTS / "lingang_laobao_2023.xlsx").read_bytes(), "a.xlsx")], {})
    assert read_again([found, *book], paths(sound), share=ALL) == ([found, *book], {})
    assert read_again([sound], paths(sound), share=Decimal(0)) == ([sound], {})
    assert read_again([sound], {}, share=ALL) == ([sound], {}), "without bytes nobody can look again"


def test_a_second_reader_that_takes_too_long_or_finds_no_file_says_nothing(sound: Proved, tmp_path: Path) -> None:
    (same,), told = read_again([sound], paths(sound), share=ALL, limits=Limits(seconds=0.01))
    assert same is sound
    assert [one.agreement.unheard - one.agreement.asked for one in told.values()] == [0]
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"%PDF-1.4\n%%EOF")
    (same,), told = read_again([sound], {sound.disclosure.document.sha256: empty}, share=ALL)
    assert same is sound
    assert [one.agreement.rate for one in told.values()] == [None]


def test_the_night_counts_what_was_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled_reading, "sampled_share", lambda: ALL)
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        shas = [archive.put(path.read_bytes()) for path in (PDF, DOCUMENTS / "lingang_laobao_2023.xlsx")]
        read, book = read_prove_store(shas, warehouse=warehouse, archive=archive, run_id="r", workers=1)
    assert read.state is DocumentState.LOADED and book.sampled == SampledPages()
    assert read.sampled.cells == read.sampled.agreed > 150 and read.sampled.pages > 3
    summary = RunSummary.model_validate(
        {"run_id": "r", "flow": "nightly", "started_at": datetime.now(UTC), "state": "ok", "recipe": "x",
         "documents": (read, book, read)}
    )  # fmt: skip
    assert summary.sampled.cells == 2 * read.sampled.cells
    assert RunSummary.model_validate_json(summary.model_dump_json()) == summary
    assert documents.read_again is read_again


def test_the_house_samples_two_pages_in_a_hundred() -> None:
    assert sampled_share() == Decimal("0.02")


def test_the_second_reader_reads_what_stands_in_a_box_and_nothing_of_its_neighbours() -> None:
    disclosure: Disclosure = extract_bytes(PDF.read_bytes(), PDF.name)
    fact = next(one for one in disclosure.facts if isinstance(one.at, PagePlace) and len(one.raw) > 5)
    assert isinstance(fact.at, PagePlace)
    x0, top, x1, _ = fact.at.bbox
    boxes = [fact.at.bbox, (x0, top, x1, top), (0.0, 0.0, 1.0, 1.0)]
    here, _, nothing = texts_in_boxes(PDF.read_bytes(), fact.at.page, boxes)
    assert here == fact.raw and nothing == ""


def test_the_reader_of_suspected_cells_is_a_worker_too_and_a_page_that_takes_too_long_says_nothing(
    sound: Proved,
) -> None:
    fact = next(one for one in sound.disclosure.facts if isinstance(one.at, PagePlace) and len(one.raw) > 5)
    assert fact.at is not None
    sha256 = sound.disclosure.document.sha256
    assert second_reader(paths(sound))(sha256, fact.at) == fact.raw
    assert second_reader(paths(sound), seconds=0.001)(sha256, fact.at) is None
    assert second_reader(paths(sound))(sha256, fact.at) == fact.raw, "the next question finds a worker again"
    assert second_reader({})(sha256, fact.at) is None
    book = DOCUMENTS / "lingang_laobao_2023.xlsx"
    assert second_reader({sha256: book})(sha256, fact.at) is None
    stop_readers()
    assert not [one for one in multiprocessing.active_children() if one.is_alive()]


def test_a_suspected_cell_of_a_scan_is_recognised_again(tmp_path: Path) -> None:
    """A page drawn as pixels has no text for pdfplumber; the figure is read again from a finer picture."""
    pytest.importorskip("onnxruntime", reason="recognition of scans needs onnxruntime and rapidocr")
    page = Image.new("L", (1240, 700), 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=34)
    for row, (name, figure) in enumerate([("201", "1,234.56"), ("205", "2,345.67"), ("208", "3,580.23")]):
        top = 100 + row * 90
        draw.rectangle((100, top, 600, top + 90), outline=0, width=3)
        draw.rectangle((600, top, 1100, top + 90), outline=0, width=3)
        draw.text((130, top + 25), name, fill=0, font=font)
        draw.text((750, top + 25), figure, fill=0, font=font)
    scan = tmp_path / "scan.pdf"
    page.save(scan, "PDF", resolution=150.0)
    middle = PagePlace(page=1, bbox=(366.0, 104.0, 420.0, 118.0))
    assert second_reader({"a" * 64: scan})("a" * 64, middle) == "2,345.67"
    stop_readers()
