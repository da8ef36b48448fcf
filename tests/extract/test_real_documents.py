"""What real disclosures say of themselves, and which statements stand on their pages, as a person read them.

The facts are in `real_documents.toml`; the documents lie outside the repository and are skipped where absent. The first of
every few is read here; set YUSUAN_ALL=1 to read them all (minutes). `python -m measure.accuracy` counts over all of them.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from budget.disclosure import Disclosure
from extract.document import extract_bytes

SHARED = Path(os.environ.get("YUSUAN_SHARED", Path(__file__).parents[2].parent / "shared"))
CORPUS = SHARED / "corpus" / "pdf"
CHECKED: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "real_documents.toml").read_text(encoding="utf-8")
)["document"]
CHOSEN = CHECKED if os.environ.get("YUSUAN_ALL") else CHECKED[9::18]
WITH_STATEMENTS = [entry for entry in CHECKED if "statements" in entry]
LOOKED_AT = [entry for entry in CHECKED if entry.get("looked_at")]
KINDS_CHOSEN = WITH_STATEMENTS if os.environ.get("YUSUAN_ALL") else LOOKED_AT[4::7]

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no real disclosures under {CORPUS}")


@cache
def read(file: str, sha256: str) -> Disclosure:
    data = (CORPUS / file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == sha256, "another file than the one that was checked"
    return extract_bytes(data, file)


def test_the_list_is_whole() -> None:
    assert len(CHECKED) == len({entry["sha256"] for entry in CHECKED}) == 103
    assert len(WITH_STATEMENTS) >= 20
    cities = Counter(entry["file"].split("/")[0] for entry in LOOKED_AT)
    assert len(LOOKED_AT) >= 20
    assert len(cities) == 8
    assert min(cities.values()) >= 2


@pytest.mark.parametrize("entry", CHOSEN, ids=lambda entry: entry["file"])
def test_year_kind_agency_and_title_are_the_printed_ones(entry: dict[str, Any]) -> None:
    document = read(entry["file"], entry["sha256"]).document
    found = {name: getattr(document, name) for name in ("fiscal_year", "kind", "agency", "title")}
    assert found == {name: entry.get(name) for name in found}


@pytest.mark.parametrize("entry", KINDS_CHOSEN, ids=lambda entry: entry["file"])
def test_statements_are_those_of_the_pages(entry: dict[str, Any]) -> None:
    """Every statement with its kind and where it stands, in order; tables that are no statements are not listed."""
    disclosure = read(entry["file"], entry["sha256"])
    found = [(one.pages, one.kind) for one in disclosure.statements if one.pages and one.kind != "unknown"]
    if entry.get("looked_at"):
        spans = [f"{pages[0]}-{pages[-1]}" if len(pages) > 1 else str(pages[0]) for pages, _ in found]
    else:
        spans = [str(pages[0]) for pages, _ in found]
    assert [f"{span} {kind}" for span, (_, kind) in zip(spans, found, strict=True)] == entry["statements"]
