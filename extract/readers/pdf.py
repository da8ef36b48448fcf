"""PDF → `Reading`. Opens the file, reads page after page, puts each page's lines and grids together. No budget knowledge.

The fast way reads glyphs and rules with pdfium (`extract.readers.pdfium`); any other `PageReader` can take its place, and
then pages come as words and rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Protocol

from budget.disclosure import PagePlace, ReaderName
from extract.page.tables import PageBlocks, blocks_of, page_blocks
from extract.readers.pdfium import PageContent, open_pdf
from extract.reading import NotUnderstood, PageReader, Reading, UnreadableError

MAX_PAGES = 2000
MAX_BYTES = 200 * 1024 * 1024
_FIGURE = re.compile(r"\d")
OUTLINES = 100
"""A page without a character and with so many drawn shapes may spell its text in curves."""


class PictureReader(Protocol):
    """Reads pages that are pictures: bytes of the PDF, page numbers from 1 → what each page holds.

    `printed` are pages on which text can be seen beside pictures; those whose pictures add nothing are left out.
    """

    def __call__(
        self,
        data: bytes,
        page_numbers: Sequence[int],
        *,
        printed: Mapping[int, PageContent] | None = None,
        max_seconds: float | None = None,
    ) -> dict[int, PageBlocks]: ...


def read_pdf(
    data: bytes,
    *,
    page_reader: PageReader | None = None,
    max_pages: int = MAX_PAGES,
    max_bytes: int = MAX_BYTES,
    max_seconds: float | None = None,
    picture_reader: PictureReader | None = None,
) -> Reading:
    """Every page of a PDF as lines and grids, in reading order.

    `page_reader` None reads with pdfium. Raises UnreadableError with a code of the contract: empty, not_a_document,
    truncated, encrypted, corrupt, limit_size, limit_pages, limit_time (looked at between pages), limit_memory,
    limit_nesting, and unsupported for a file without any text layer (a scan) when there is no `picture_reader`.

    `picture_reader` is asked for the pages on which a picture stands, all at once: those without visible text are read
    as pictures, the others when a picture on them holds text of its own. They take their place between the others. A file
    of nothing but such pages gives a reading by `scan`. Without it the pages of pure picture give no block.

    Pages whose characters stand for nothing known, and pages whose text is drawn as curves, are read as pictures too: their
    text layer would be garbage or nothing. Where that shows nothing, the file is `unsupported`.
    """
    if len(data) > max_bytes:
        raise UnreadableError("limit_size", f"the PDF has {len(data)} bytes, more than {max_bytes}")
    deadline = None if max_seconds is None else monotonic() + max_seconds
    pages_found: list[PageBlocks] = []
    pictured: list[int] = []
    printed: dict[int, PageContent] = {}
    sizes: list[tuple[float, float]] = []
    garbled: list[int] = []
    met: list[NotUnderstood] = []
    text = seen = False
    with open_pdf(data) as pdf:
        met += [NotUnderstood("embedded_file", name or f"#{n}") for n, name in enumerate(pdf.embedded, 1)]
        if pdf.pages > max_pages:
            raise UnreadableError("limit_pages", f"the PDF has {pdf.pages} pages, more than {max_pages}")
        for number in range(1, pdf.pages + 1):
            if deadline is not None and monotonic() > deadline:
                raise UnreadableError("limit_time", f"{max_seconds} s were over before page {number} of {pdf.pages}")
            if page_reader is None:
                content = pdf.page(number)
                size = (content.width, content.height)
                whole_page = PagePlace(page=number, bbox=(0.0, 0.0, *size))
                met += [
                    NotUnderstood("annotation", one, whole_page) for one in content.annotations if _FIGURE.search(one)
                ]
                if content.is_garbled:
                    garbled.append(number)
                    pictured.append(number)
                    found, has_text = PageBlocks((), ()), False
                else:
                    found, has_text = _laid_out(content, whole_page, met), content.has_text
                    seen = seen or len(content.glyphs) > 0
                    if content.images and len(content.glyphs):
                        printed[number] = content
                    elif not len(content.glyphs) and (content.images or content.paths >= OUTLINES):
                        pictured.append(number)
            else:
                page = page_reader(data, number)
                found, size, has_text = blocks_of(page), (page.width, page.height), bool(page.words)
                seen = seen or has_text
            pages_found.append(found)
            sizes.append(size)
            text = text or has_text
        pages = pdf.pages
    if picture_reader is not None and (pictured or printed):
        left = None if deadline is None else max(0.0, deadline - monotonic())
        for number, found in picture_reader(data, pictured, printed=printed, max_seconds=left).items():
            pages_found[number - 1] = found
    elif picture_reader is None and not text and not garbled:
        raise UnreadableError(
            "unsupported", f"none of the {pages} pages has a text layer: a scan, to be read as pictures"
        )
    illegible = [number for number in garbled if not pages_found[number - 1].blocks]
    if illegible:
        raise UnreadableError(
            "unsupported",
            f"page {illegible[0]}: the fonts do not say which characters they show, and nothing legible is drawn "
            f"({len(illegible)} of {pages} pages); ask the publisher for another file, or print this one and scan it",
        )
    blocks = [block for found in pages_found for block in found.blocks]
    unread = [number for found in pages_found for number in found.unread]
    reader: ReaderName = "scan" if picture_reader is not None and pictured and not seen else "pdf"
    return Reading(reader, tuple(blocks), pages, tuple(unread), tuple(sizes), tuple(met))


def _laid_out(content: PageContent, place: PagePlace, met: list[NotUnderstood]) -> PageBlocks:
    """The blocks of a page; a page on which our search for tables breaks down is told, and the other pages are read."""
    try:
        return _from_content(content)
    except (IndexError, KeyError, ValueError, ArithmeticError) as error:
        met.append(NotUnderstood("table_failed", f"page {content.number}: {type(error).__name__} {error}", place))
        return PageBlocks((), ())


def _from_content(content: PageContent) -> PageBlocks:
    return page_blocks(content.number, content.width, content.height, content.glyphs, content.ruling)
