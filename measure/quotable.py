"""Whether figures add up and citations show what they say: `python -m measure.quotable HOME`, or on disclosures as `extract --json` writes.

Of a home: the share of loaded documents and tables whose leaves are the printed total, with every exception; and `--citations N`
random figures whose box, as pdfplumber reads the archived page, holds the printed text (other files: whose table is drawn with
the cell marked). Of a folder of disclosures (`--disclosures`): the leaves only, of documents without errors.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pdfplumber

from archive.store import Archive
from budget.disclosure import Disclosure
from budget.printed_text import squeeze
from budget.states import DocumentState
from flows.documents.cut_pictures import NoPictureError, cut
from flows.home import House
from warehouse import Warehouse
from warehouse.asking import rows
from warehouse.citations import cite
from warehouse.document_figures import figures_of

SEED = 15


def leaves(disclosures: Iterable[Disclosure]) -> Iterator[str]:
    """Lines on the leaves of documents: by measure how many tables add up, then every exception."""
    tables: Counter[tuple[str, bool]] = Counter()
    exceptions: list[str] = []
    documents = whole = 0
    for disclosure in disclosures:
        found: dict[tuple[str, int | None, str], bool] = {}
        for figure in figures_of(disclosure):
            if figure.adds_up is not None:
                found[figure.measure.name, figure.fiscal_year, figure.basis] = figure.adds_up
        documents += 1
        whole += all(found.values())
        for (measure, year, basis), adds_up in found.items():
            tables[measure, adds_up] += 1
            if not adds_up:
                exceptions.append(
                    f"  {disclosure.document.agency} {year} {basis} {measure} ({disclosure.document.file})"
                )
    yield f"documents whose leaves all add up: {whole} of {documents}"
    for measure in sorted({name for name, _ in tables}):
        yield f"  {measure}: {tables[measure, True]} of {tables[measure, True] + tables[measure, False]} tables"
    yield f"exceptions: {len(exceptions)}"
    yield from sorted(exceptions)


def citations(warehouse: Warehouse, archive: Archive, count: int) -> Iterator[str]:
    """Lines on random citations: by format how many show the printed text, then every other one."""
    everything = [
        row["cite"] for row in rows(warehouse.engine, "SELECT cite FROM facts_current ORDER BY sha256, fact_no")
    ]
    outcome: dict[str, Counter[bool]] = defaultdict(Counter)
    wrong: list[str] = []
    for name in random.Random(SEED).sample(everything, min(count, len(everything))):
        told = cite(warehouse.engine, name)
        try:
            made = cut(told, archive, warehouse.disclosure(told.sha256))
        except NoPictureError as missing:
            outcome[str(told.reader)][False] += 1
            wrong.append(f"  {name}: {missing}")
            continue
        if made.suffix == ".html":
            right, found = f"class=cited>{told.raw}<" in made.data.decode(), "another cell is marked"
        else:
            found = _printed(archive.read(told.sha256), told.place)
            right = squeeze(found) == squeeze(told.raw)
        outcome[str(told.reader)][right] += 1
        if not right:
            wrong.append(f"  {name}: {told.raw!r}, there {found!r}")
    for reader in sorted(outcome):
        yield f"  {reader}: {outcome[reader][True]} of {sum(outcome[reader].values())} pictures hold the printed text"
    yield from wrong


def _printed(data: bytes, place: dict[str, float]) -> str:
    with pdfplumber.open(io.BytesIO(data)) as pdf:
        box = (place["x0"] - 1, place["top"] - 1, place["x1"] + 1, place["bottom"] + 1)
        return str(pdf.pages[int(place["page"]) - 1].crop(box, strict=False).extract_text() or "")


def _without_errors(folder: Path) -> Iterator[Disclosure]:
    for path in sorted(folder.rglob("*.json")):
        read = Disclosure.from_json(path.read_bytes())
        if read.facts and not read.errors and read.document.error is None:
            yield read


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("place", type=Path, help="a home, or a folder of disclosures")
    parser.add_argument("--disclosures", action="store_true", help="the place is a folder of disclosures")
    parser.add_argument("--citations", type=int, default=100)
    told = parser.parse_args(arguments)
    if told.disclosures:
        print("\n".join(leaves(_without_errors(told.place))))
        return 0
    house = House.existing(told.place)
    with Warehouse.open(house.database_url) as warehouse, Archive(house.archive) as archive:
        loaded = [row["sha256"] for row in warehouse.migrate().versions_in(DocumentState.LOADED)]
        read = (found for sha256 in loaded if (found := warehouse.disclosure(sha256)) is not None)
        print("\n".join(leaves(read)))
        print(f"{told.citations} random citations:")
        print("\n".join(citations(warehouse, archive, told.citations)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
