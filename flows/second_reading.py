"""The second reading that validation asks for: the same bytes, another reader, one cell.

expectations/ never opens a file; it gets this callable. PDF pages are read again by stock pdfplumber, which shares no code
with the first reader; for other formats there is no second reader yet and the answer is None (cannot say).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from budget.disclosure import PagePlace, Place

SecondReading = Callable[[str, Place], str | None]


def second_reader(paths: Mapping[str, Path]) -> SecondReading:
    """A second reader of the files in `paths` (sha256 → where its bytes lie)."""

    def read(sha256: str, place: Place) -> str | None:
        path = paths.get(sha256)
        if path is None or not isinstance(place, PagePlace):
            return None
        with path.open("rb") as source:
            if source.read(5) != b"%PDF-":
                return None
        return _pdfplumber_text(path, place)

    return read


def _pdfplumber_text(path: Path, place: PagePlace) -> str | None:
    """The characters that pdfplumber has in the box, without blanks; None when it cannot open the page."""
    import pdfplumber
    from pdfminer.pdfparser import PDFSyntaxError

    x0, top, x1, bottom = place.bbox
    try:
        with pdfplumber.open(path, pages=[place.page]) as pdf:
            page = pdf.pages[0]
            inside = [
                char
                for char in page.chars
                if x0 <= (char["x0"] + char["x1"]) / 2 <= x1 and top <= (char["top"] + char["bottom"]) / 2 <= bottom
            ]
    except (PDFSyntaxError, ValueError, IndexError, KeyError):
        return None
    lines: dict[int, list[dict[str, object]]] = {}
    for char in sorted(inside, key=lambda char: (round(char["top"]), char["x0"])):
        lines.setdefault(round(char["top"]), []).append(char)
    return "".join(str(char["text"]) for line in lines.values() for char in line).replace(" ", "")
