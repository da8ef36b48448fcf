"""Whether the boxes of the review page hold what was read: `python -m measure.review_boxes [FILE_OR_FOLDER…] [--cells N]`.

Of every document (default: the sample documents) N random cells are taken. Of pages, the text that stock pdfplumber finds inside
the box that the page draws must be the text that was read; of workbooks, Word and HTML, the cell of the table as the page lays it
out. Prints both by reader, and every cell that does not hold.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from importlib import resources
from pathlib import Path

import pdfplumber

from budget.disclosure import Disclosure, Fact, Finding, FindingCell, PagePlace
from budget.printed_text import squeeze
from budget.states import Origin, Severity
from extract.document import extract_bytes
from review.page.shown import item_boxes, item_tables

SUFFIXES = (".pdf", ".docx", ".doc", ".xlsx", ".xls", ".html", ".htm")
SEED = 20


def main() -> None:
    """Take cells, look, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--cells", type=int, default=20, help="cells a document")
    told = parser.parse_args()
    roots = told.paths or [Path(str(resources.files("spiders.sample_portal"))) / "documents"]
    files = [one for root in roots for one in ([root] if root.is_file() else sorted(root.rglob("*")))]
    chance = random.Random(SEED)
    held: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for path in files:
        if path.suffix.lower() not in SUFFIXES:
            continue
        read = extract_bytes(path.read_bytes(), path.name)
        if read.document.error is not None or not read.facts:
            continue
        for fact in chance.sample(read.facts, min(told.cells, len(read.facts))):
            shown = _shown(path, read, fact)
            if shown is None:
                continue
            asked[str(read.document.reader)] += 1
            holds = squeeze(shown) == squeeze(fact.raw)
            held[str(read.document.reader)] += holds
            if not holds:
                print(f"{path.name} {fact.statement_id}:{fact.row}:{fact.col} read {fact.raw!r}, shown {shown!r}")
    for reader, count in sorted(asked.items()):
        print(f"{reader}: {held[reader]} of {count} cells hold what was read")
    sys.exit(0 if held == asked else 1)


def _shown(path: Path, read: Disclosure, fact: Fact) -> str | None:
    """What the page shows where the fact stands: the print inside its box, or its cell of the table. None for a scan."""
    finding = Finding(
        check="-", severity=Severity.ERROR, origin=Origin.UNKNOWN, message="", statement_id=fact.statement_id,
        cells=(FindingCell(fact_id=fact.id, at=fact.at, raw=fact.raw),),
    )  # fmt: skip
    if isinstance(fact.at, PagePlace):
        if read.document.reader == "scan":
            return None  # no text to find inside a picture
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
