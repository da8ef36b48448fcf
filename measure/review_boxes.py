"""Whether the boxes of the review page hold what was read: `python -m measure.review_boxes [FILE_OR_FOLDER…] [--cells N]`.

Of every document (default: the sample documents) N random cells are taken. Of pages, the text that stock pdfplumber finds inside
the box that the page draws must be the text that was read; of workbooks, Word and HTML, the cell of the table as the page lays it
out. With `--scans N`, pages of each PDF are drawn as pictures and read as a scan: the print of the first file inside the box of the
scan must be the text that was read. Prints both by reader, and every cell that does not hold.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import Counter
from importlib import resources
from pathlib import Path

import pdfplumber
import pypdfium2

from budget.disclosure import Disclosure, Fact, Finding, FindingCell, PagePlace
from budget.printed_text import squeeze
from budget.states import Origin, Severity
from extract.document import extract_bytes
from review.page.shown import item_boxes, item_tables

SUFFIXES = (".pdf", ".docx", ".doc", ".xlsx", ".xls", ".html", ".htm")
SEED = 20
SCAN_PIXELS_A_POINT = 200 / 72


def main() -> None:
    """Take cells, look, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--cells", type=int, default=20, help="cells a document")
    parser.add_argument("--scans", type=int, default=0, help="pages of each PDF that are drawn and read as a scan")
    told = parser.parse_args()
    roots = told.paths or [Path(str(resources.files("spiders.sample_portal"))) / "documents"]
    files = [one for root in roots for one in ([root] if root.is_file() else sorted(root.rglob("*")))]
    chance = random.Random(SEED)
    held: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for path in files:
        if path.suffix.lower() not in SUFFIXES:
            continue
        if told.scans and path.suffix.lower() != ".pdf":
            continue
        read = extract_bytes(scanned(path, told.scans) if told.scans else path.read_bytes(), path.name)
        if read.document.error is not None or not read.facts:
            continue
        for fact in chance.sample(read.facts, min(told.cells, len(read.facts))):
            shown = _shown(path, read, fact)
            asked[str(read.document.reader)] += 1
            holds = squeeze(shown) == squeeze(fact.raw)
            held[str(read.document.reader)] += holds
            if not holds:
                print(f"{path.name} {fact.statement_id}:{fact.row}:{fact.col} read {fact.raw!r}, shown {shown!r}")
    for reader, count in sorted(asked.items()):
        print(f"{reader}: {held[reader]} of {count} cells hold what was read")
    sys.exit(0 if held == asked else 1)


def scanned(path: Path, tables: int) -> bytes:
    """A PDF of pictures of the pages of `path`, all but the first so many that print most figures left white."""
    with pdfplumber.open(path) as printed:
        figures = [sum(sign["text"].isdigit() for sign in page.chars) for page in printed.pages]
    kept = sorted(range(len(figures)), key=lambda number: -figures[number])[:tables]
    source, made = pypdfium2.PdfDocument(path), pypdfium2.PdfDocument.new()
    for number, page in enumerate(source):
        width, height = page.get_size()
        drawn = made.new_page(width, height)
        if number in kept:
            picture = pypdfium2.PdfImage.new(made)
            picture.set_bitmap(page.render(scale=SCAN_PIXELS_A_POINT))
            picture.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
            drawn.insert_obj(picture)
            drawn.gen_content()
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def _shown(path: Path, read: Disclosure, fact: Fact) -> str:
    """What the page shows where the fact stands: the print inside its box, or its cell of the table."""
    finding = Finding(
        check="-", severity=Severity.ERROR, origin=Origin.UNKNOWN, message="", statement_id=fact.statement_id,
        cells=(FindingCell(fact_id=fact.id, at=fact.at, raw=fact.raw),),
    )  # fmt: skip
    if isinstance(fact.at, PagePlace):
        (box,) = [one for one in item_boxes(read, finding)[fact.at.page] if one.kind == "suspect"]
        with pdfplumber.open(path) as pdf:
            page = pdf.pages[fact.at.page - 1]
            inside = [
                sign["text"]
                for sign in page.chars
                if box.x <= (sign["x0"] + sign["x1"]) / 2 <= box.x + box.width
                and box.y <= (sign["top"] + sign["bottom"]) / 2 <= box.y + box.height
            ]
        return "".join(inside)
    (table,) = [one for one in item_tables(read, finding, whole=True) if one.id == fact.statement_id]
    (cell,) = [cell for row in table.rows for cell in row.cells if "suspect" in cell.marks]
    return cell.text


if __name__ == "__main__":
    main()
