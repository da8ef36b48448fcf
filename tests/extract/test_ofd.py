"""OFD is read like the page it shows: every fact of the document it was made from, whatever its writer did."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from archive.file_kinds import FileKind, detect
from budget.disclosure import Disclosure, PagePlace
from extract.document import extract_bytes

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"
_spec = importlib.util.spec_from_file_location("print_ofd", Path(__file__).with_name("print_ofd.py"))
assert _spec is not None and _spec.loader is not None
print_ofd = importlib.util.module_from_spec(_spec)
sys.modules["print_ofd"] = print_ofd
_spec.loader.exec_module(print_ofd)
Style = print_ofd.Style

STYLES = {
    "lines": Style(),
    "one-text-a-character": Style(a_character=True),
    "steps-in-groups": Style(groups=True),
    "text-through-a-matrix": Style(scaled=True),
    "rules-as-filled-boxes": Style(filled_rules=True, template=True),
    "a-seal-over-the-figures": Style(seal=True, other_names=True),
}


def facts(found: Disclosure) -> Counter[tuple[object, ...]]:
    return Counter((f.kind, f.code, f.name, f.column, f.amount, f.fiscal_year, f.measure, f.role) for f in found.facts)


def whole(name: str) -> bytes:
    return (DOCUMENTS / name).read_bytes()


PDFS = sorted(path.name for path in DOCUMENTS.glob("*.pdf"))


@pytest.mark.parametrize(
    ("name", "style"),
    [*((name, "lines") for name in PDFS), *((PDFS[n % len(PDFS)], style) for n, style in enumerate(STYLES) if n)],
)
def test_every_fact_of_the_pages_is_read(name: str, style: str) -> None:
    wanted = extract_bytes(whole(name), name)
    found = extract_bytes(print_ofd.ofd_of(whole(name), STYLES[style]), f"{name}.ofd")
    assert found.document.error is None
    assert found.document.reader == "ofd"
    assert (found.document.agency, found.document.fiscal_year, found.document.pages) == (
        wanted.document.agency, wanted.document.fiscal_year, wanted.document.pages,
    )  # fmt: skip
    assert facts(found) == facts(wanted)
    assert len(wanted.facts) > 100
    assert [p.amount for p in found.projects] == [p.amount for p in wanted.projects]


def test_a_table_without_rules_is_read_or_said_not_to_be() -> None:
    found = extract_bytes(print_ofd.ofd_of(whole(PDFS[0]), Style(rules=False)), "a.ofd")
    wanted = extract_bytes(whole(PDFS[0]), "a.pdf")
    told = [one for one in found.findings if one.severity == "error" and one.check == "UNREAD"]
    assert facts(found) == facts(wanted) or told or sum((facts(found) - facts(wanted)).values()) == 0


def test_the_figures_stand_where_the_page_shows_them() -> None:
    name = PDFS[0]
    wanted = extract_bytes(whole(name), name).facts
    found = extract_bytes(print_ofd.ofd_of(whole(name), Style()), "a.ofd").facts
    assert len(found) == len(wanted)
    for fact, other in zip(found, wanted, strict=True):
        here, there = fact.at, other.at
        assert isinstance(here, PagePlace) and isinstance(there, PagePlace)
        assert here.page == there.page
        assert abs(here.bbox[0] - there.bbox[0]) < 8 and abs(here.bbox[3] - there.bbox[3]) < 8


def test_a_package_is_known_for_ofd_by_its_entry() -> None:
    assert detect(print_ofd.ofd_of(whole(PDFS[0]), Style())) is FileKind.OFD


def changed(old: str, new: str, part: str) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(print_ofd.ofd_of(whole(PDFS[0]), Style())))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name in source.namelist():
            text = source.read(name).decode()
            package.writestr(name, text.replace(old, new, 1) if name.endswith(part) else text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (changed("Doc_0/Document.xml", "Doc_0/Gone.xml", "OFD.xml"), "corrupt"),
        (changed("Pages/Page_0/Content.xml", "Pages/Page_999/Content.xml", "Document.xml"), "corrupt"),
        (changed("<ofd:OFD", "<!DOCTYPE x><ofd:OFD", "OFD.xml"), "unsafe"),
        (changed("<ofd:Content>", "<ofd:Content", "Page_0/Content.xml"), "corrupt"),
    ],
)
def test_a_damaged_file_gives_its_reason(data: bytes, code: str) -> None:
    error = extract_bytes(data, "a.ofd").document.error
    assert error is not None and error.code == code


def test_blocks_nested_without_end_are_refused() -> None:
    nest = "<ofd:PageBlock>" * 60 + "</ofd:PageBlock>" * 60
    error = extract_bytes(changed("</ofd:Layer>", f"{nest}</ofd:Layer>", "Page_0/Content.xml"), "a.ofd").document.error
    assert error is not None and error.code == "limit_nesting"
