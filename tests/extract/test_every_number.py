"""Every number that a page shows ends somewhere: in a cell, in a line of prose, or in `unread`. Nothing is left behind.

Counted on the documents of the sample portal against a second, independent look at their text layer (stock pdfplumber).
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pdfplumber
import pytest

from budget.disclosure import PagePlace
from budget.printed_text import squeeze
from extract.document import disclosure_of
from extract.readers.pdf import read_pdf
from extract.reading import Grid, Line, Reading

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"
PRINTED = sorted(DOCUMENTS.glob("*.pdf"))[::2]
NUMBER = re.compile(r"(?<![\d.,])-?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?![\d.])")


def numbers_in(text: str) -> Counter[str]:
    return Counter(NUMBER.findall(text))


def numbers_of_reading(reading: Reading, page: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for block in reading.blocks:
        if isinstance(block, Line) and block.page == page:
            found += numbers_in(block.text)
        elif isinstance(block, Grid) and block.page == page:
            for cell in block.cells:
                found += numbers_in(squeeze(cell.text))
    for unread in reading.unread:
        if isinstance(unread.at, PagePlace) and unread.at.page == page:
            found += numbers_in(unread.text)
    return found


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.stem)
def test_the_numbers_of_a_page_are_those_of_its_cells_its_prose_and_its_unread(path: Path) -> None:
    reading = read_pdf(path.read_bytes())
    counted = 0
    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            words = " ".join(word["text"] for word in page.extract_words(x_tolerance=1.5, keep_blank_chars=False))
            shown = numbers_in(words)
            read = numbers_of_reading(reading, page.page_number)
            assert read == shown, f"page {page.page_number}: lost {shown - read}, invented {read - shown}"
            counted += sum(shown.values())
    assert counted > 100, "the documents are full of figures"


@pytest.mark.parametrize("path", PRINTED, ids=lambda path: path.stem)
def test_the_numbers_of_the_tables_are_in_the_disclosure(path: Path) -> None:
    """From grids to statements nothing may fall off: rows of statements, amounts and indicators of project forms."""
    reading = read_pdf(path.read_bytes())
    disclosure = disclosure_of(reading, path.name, "0" * 64)
    in_tables: Counter[str] = Counter()
    for block in reading.blocks:
        if isinstance(block, Grid):
            for cell in block.cells:
                in_tables += numbers_in(squeeze(cell.text))
    kept: Counter[str] = Counter()
    for statement in disclosure.statements:
        for row in statement.rows:
            for text in row.cells:
                kept += numbers_in(squeeze(text))
        for note in statement.notes:
            kept += numbers_in(squeeze(note))
        for heading in statement.columns:
            for level in heading:
                kept += numbers_in(squeeze(level))
    for unread in disclosure.unread:
        kept += numbers_in(unread.text)
    assert in_tables - kept == Counter()
    raws = Counter(fact.raw for fact in disclosure.facts)
    assert sum(raws.values()) > 50
    assert (
        raws - in_tables - Counter({raw: count for raw, count in raws.items() if not NUMBER.fullmatch(raw)})
        == Counter()
    )
