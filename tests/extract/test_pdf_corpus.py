"""Real and generated disclosures outside the repository: hand-checked rows, cells of the samples. Skipped where absent."""

from __future__ import annotations

import csv
import json
import os
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from extract.page.tables import page_blocks
from extract.readers.pdf import read_pdf
from extract.readers.pdfium import open_pdf
from extract.reading import Grid

SHARED = Path(os.environ.get("YUSUAN_SHARED", Path(__file__).parents[2].parent / "shared"))
CORPUS, SAMPLES = SHARED / "corpus", SHARED / "samples"


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def golden() -> list[dict[str, str]]:
    path = CORPUS / "golden.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=4)
def page_rows(path: Path, page: int) -> tuple[tuple[str, ...], ...]:
    with open_pdf(path.read_bytes()) as pdf:
        content = pdf.page(page)
    found = page_blocks(content.number, content.width, content.height, content.glyphs, content.ruling)
    assert found.unread == ()
    return tuple(
        tuple(squeezed(cell.text) for cell in row if cell and cell.text)
        for block in found.blocks
        if isinstance(block, Grid)
        for row in block.covering()
    )


def in_order(wanted: list[str], row: tuple[str, ...]) -> bool:
    rest = iter(row)
    return all(any(value == text for text in rest) for value in wanted)


@pytest.mark.skipif(not golden(), reason=f"no hand-checked corpus under {CORPUS}")
def test_hand_checked_rows_of_real_documents_are_read_in_order() -> None:
    missing = []
    for line in golden():
        values = [squeezed(v) for v in line["values"].split("|") if v.strip() and v.strip() not in ("-", "—")]
        rows = page_rows(CORPUS / line["file"], int(line["page"]))
        if not any(in_order(values, row) for row in rows):
            missing.append((line["file"], line["page"], line["key"], values))
    assert missing == []


SAMPLE_FILES = (
    "reference/000_zibo_2023.pdf",
    "styles/d03_003_pdf.pdf",
    "styles/d05_000_chrome.pdf",
    "synthetic/s04_shandong_pdf.pdf",
    "synthetic/s09_shanghai_pdf.pdf",
)


@pytest.mark.parametrize("name", SAMPLE_FILES)
def test_cells_of_the_samples_are_read(name: str) -> None:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"no sample {path}")
    truth = json.loads(path.with_name(path.stem + ".truth.json").read_text(encoding="utf-8"))
    reading = read_pdf(path.read_bytes())
    wanted = Counter(
        squeezed(cell)
        for block in truth["blocks"]
        if block["type"] == "table"
        for row in block["body"]
        for cell in row
        if squeezed(cell or "")
    )
    found = Counter(squeezed(cell.text) for block in reading.blocks if isinstance(block, Grid) for cell in block.cells)
    lost = wanted - found
    assert lost.total() <= 0.005 * wanted.total(), lost
    assert not any(re.fullmatch(r"[\d,]+\.\d+", text) for text in lost), "no figure may be lost"
    assert reading.unread == ()
