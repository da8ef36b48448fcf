"""Scanned pages and pictures → `Page` and `Reading`, by recognition on this machine alone. No budget knowledge.

A page is a scan when nothing of its text can be seen and a picture covers most of it. Tables are found on the straightened
sheet by the same code as on printed pages; the boxes of what is found are taken back to the page as displayed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from time import monotonic

import numpy as np
import pypdfium2

from budget.disclosure import PagePlace, Place, Unread
from extract.page.tables import Glyphs, PageBlocks, Ruling, blocks_of, page_blocks
from extract.readers.pdfium import PageContent, open_pdf
from extract.readers.scan_picture import (
    MAX_PAGES,
    Picture,
    PictureKey,
    image_pictures,
    pdf_picture,
    picture_boxes,
    picture_keys,
)
from extract.readers.scan_words import PixelBox, is_covered, lines_small, shown_box, shows_ink, upright, words_of
from extract.reading import TRUSTED, Box, Grid, Line, Page, Reading, UnreadableError, Word

__all__ = [
    "MAX_BYTES",
    "TRUSTED",
    "read_image",
    "read_scan",
    "read_scanned_blocks",
    "read_scanned_pages",
    "second_reading",
]

MAX_BYTES = 200 * 1024 * 1024
FINER = 1.5
"""How much finer the picture of a second reading is: 200 dots an inch become 300."""


@dataclass(frozen=True, slots=True)
class _Scanned:
    """A recognised page: `page` in points of the straightened sheet, `picture` leads back to the page as displayed."""

    page: Page
    picture: Picture

    def blocks(self) -> PageBlocks:
        """Lines and grids with boxes as displayed."""
        found = blocks_of(self.page)
        return PageBlocks(
            tuple(_moved(block, self.picture) for block in found.blocks),
            tuple(u.model_copy(update={"at": _moved_place(u.at, self.picture)}) for u in found.unread),
        )


def read_scanned_pages(data: bytes, page_numbers: Sequence[int]) -> dict[int, Page]:
    """The named pages (from 1) of a PDF as words with confidence and ruling lines, in points of the straightened sheet.

    Use `read_scanned_blocks` for tables with boxes on the page as displayed. Raises UnreadableError.
    """
    with _pdfium(data) as pdf:
        return {number: _recognised(pdf_picture(pdf, number)).page for number in page_numbers}


def read_scanned_blocks(
    data: bytes,
    page_numbers: Sequence[int],
    *,
    printed: Mapping[int, PageContent] | None = None,
    max_seconds: float | None = None,
) -> dict[int, PageBlocks]:
    """The named pages (from 1) of a PDF as lines and grids, with boxes on the page as displayed.

    `printed` are pages with a text layer and pictures: what only the pictures show is read and joins the printed words;
    a page whose pictures show nothing of their own is left out of the answer. Raises UnreadableError: the codes of
    `open_pdf`, limit_time (looked at between pages), limit_memory.
    """
    deadline = None if max_seconds is None else monotonic() + max_seconds
    found: dict[int, PageBlocks] = {}
    with _pdfium(data) as pdf:
        for number in page_numbers:
            _look_at_clock(deadline, max_seconds, number)
            found[number] = _recognised(pdf_picture(pdf, number)).blocks()
        looked = _Looked()
        for number, content in (printed or {}).items():
            pictures = picture_boxes(pdf, number)
            keys = set(picture_keys(pdf, number)) if pictures else set()
            if not pictures or (keys and keys <= looked.blank):
                continue
            _look_at_clock(deadline, max_seconds, number)
            joined = _joined_page(pdf, content, pictures, looked, keys)
            if joined is not None:
                found[number] = joined
    return found


@dataclass
class _Looked:
    """What was found on pictures of printed pages of one document, by what they look like: each is looked at once.

    An emblem, a background or a letterhead stands on every page; the pixels under it, and so what is read, are the same.
    """

    lines: dict[bytes, list[PixelBox]] = field(default_factory=dict)
    """Lines of text in pixels of the part of the page that was drawn."""
    words: dict[bytes, Page] = field(default_factory=dict)
    blank: set[PictureKey] = field(default_factory=set)
    """Pictures that show no line of text at all: a page on which no other stands is not even drawn."""


def _joined_page(
    pdf: pypdfium2.PdfDocument, content: PageContent, pictures: Sequence[Box], looked: _Looked, keys: set[PictureKey]
) -> PageBlocks | None:
    """A page with the words that only its pictures show; None when the pictures show no line of their own.

    Only the part of the page around the pictures is drawn, and only lines that are not printed anyway are read. The picture
    is read in the direction in which the printed text runs.
    """
    glyphs = content.glyphs
    picture = pdf_picture(pdf, content.number, part=_around(pictures))

    def own(box: Box) -> bool:
        return _within(box, pictures) and not is_covered(box, glyphs.box)

    digest = _digest(picture)
    if digest not in looked.lines:
        looked.lines[digest] = lines_small(picture.grey) if shows_ink(picture) else []
    if not looked.lines[digest]:
        looked.blank |= keys
    lines = [box for box in looked.lines[digest] if own(shown_box(picture, box))]
    if len(lines) < 2:
        return None
    turn = int(np.bincount(glyphs.turn, minlength=4).argmax())
    turned = picture.turned(-turn)
    which = digest + repr((turn, lines)).encode()
    if which not in looked.words:
        looked.words[which] = words_of(turned, own, None if turn else lines)
    seen = looked.words[which]
    words = [replace(word, box=turned.shown(word.box)) for word in seen.words]
    words = [word for word in words if own(word.box)]
    if not words:
        return None
    rules = [turned.shown(rule.box) for rule in seen.rules]
    return page_blocks(
        content.number, content.width, content.height, _with_words(glyphs, words, turn),
        _with_rules(content.ruling, [box for box in rules if _within(box, pictures)]),
    )  # fmt: skip


def _around(pictures: Sequence[Box]) -> Box:
    """The box around pictures, in displayed points."""
    left, top, right, bottom = zip(*pictures, strict=True)
    return (min(left), min(top), max(right), max(bottom))


def _digest(picture: Picture) -> bytes:
    """What tells one part of a page from another: its pixels and where they stand."""
    told = hashlib.blake2b(np.ascontiguousarray(picture.grey).data, digest_size=16)
    told.update(repr((picture.grey.shape, picture.back.tolist())).encode())
    return told.digest()


def _with_words(glyphs: Glyphs, words: Sequence[Word], turn: int) -> Glyphs:
    plain = Glyphs.of_words(tuple(words))
    start, foot = ((0, 3), (2, 3), (2, 1), (0, 1))[turn]  # the corner of a box where its first letter stands
    wide, tall = plain.box[:, 2] - plain.box[:, 0], plain.box[:, 3] - plain.box[:, 1]
    along, across = (tall, wide) if turn & 1 else (wide, tall)
    read = replace(
        plain, origin=plain.box[:, [start, foot]], size=across, advance=along, turn=np.full(len(words), turn, np.int64),
    )  # fmt: skip
    both = ((getattr(_whole(glyphs), f.name), getattr(_whole(read), f.name)) for f in fields(Glyphs))
    return Glyphs(*(np.concatenate(pair) for pair in both))


def _whole(glyphs: Glyphs) -> Glyphs:
    """The same with what it leaves unsaid: characters are certain and cut nowhere."""
    sure = np.ones(len(glyphs)) if glyphs.confidence is None else glyphs.confidence
    cut = np.zeros((len(glyphs), 4), bool) if glyphs.cut is None else glyphs.cut
    return replace(glyphs, confidence=sure, cut=cut)


def _with_rules(ruling: Ruling, boxes: Sequence[Box]) -> Ruling:
    level = [((b[1] + b[3]) / 2, b[0], b[2]) for b in boxes if b[2] - b[0] >= b[3] - b[1]]
    standing = [((b[0] + b[2]) / 2, b[1], b[3]) for b in boxes if b[2] - b[0] < b[3] - b[1]]
    return Ruling(
        np.concatenate([ruling.level, np.array(level, float).reshape(-1, 3)]),
        np.concatenate([ruling.upright, np.array(standing, float).reshape(-1, 3)]),
    )


def _within(box: Box, areas: Sequence[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(a[0] <= x <= a[2] and a[1] <= y <= a[3] for a in areas)


def second_reading(data: bytes, page_number: int) -> list[Grid]:
    """The tables of one page of a PDF recognised once more from a finer picture (`FINER`), boxes as displayed.

    Other pixels give the recogniser another look at every figure; what it misreads twice in the same way stays unseen.
    Raises UnreadableError.
    """
    with _pdfium(data) as pdf:
        found = _recognised(pdf_picture(pdf, page_number, FINER)).blocks()
    return [block for block in found.blocks if isinstance(block, Grid)]


def read_scan(data: bytes, *, max_pages: int = MAX_PAGES, max_seconds: float | None = None) -> Reading:
    """Every page of a PDF read as a picture. Raises UnreadableError with a code of the contract."""
    _look_at_size(data)
    with open_pdf(data) as opened:
        pages = opened.pages
    if pages > max_pages:
        raise UnreadableError("limit_pages", f"the scan has {pages} pages, more than {max_pages}")
    deadline = None if max_seconds is None else monotonic() + max_seconds
    with _pdfium(data) as pdf:

        def pictures() -> Iterator[Picture]:
            for number in range(1, pages + 1):
                _look_at_clock(deadline, max_seconds, number)
                yield pdf_picture(pdf, number)

        return _reading(pictures())


def read_image(data: bytes, *, max_seconds: float | None = None) -> Reading:
    """A PNG, JPEG, BMP or TIFF file; each frame is a page. Raises UnreadableError with a code of the contract."""
    if not data:
        raise UnreadableError("empty", "the file has no bytes; download it again")
    _look_at_size(data)
    deadline = None if max_seconds is None else monotonic() + max_seconds

    def pictures() -> Iterator[Picture]:
        for picture in image_pictures(data):
            _look_at_clock(deadline, max_seconds, picture.number)
            yield picture

    return _reading(pictures())


def _reading(pictures: Iterator[Picture]) -> Reading:
    blocks: list[Line | Grid] = []
    unread: list[Unread] = []
    sizes: list[tuple[float, float]] = []
    for picture in pictures:
        found = _recognised(picture).blocks()
        blocks += found.blocks
        unread += found.unread
        sizes.append((picture.width, picture.height))
    return Reading("scan", tuple(blocks), len(sizes), tuple(unread), tuple(sizes))


def _recognised(picture: Picture) -> _Scanned:
    straight = upright(picture)
    return _Scanned(words_of(straight), straight)


def _moved(block: Line | Grid, picture: Picture) -> Line | Grid:
    box = None if block.box is None else picture.shown(block.box)
    if isinstance(block, Line):
        return replace(block, box=box)
    cells = tuple(replace(cell, at=_moved_place(cell.at, picture)) for cell in block.cells)
    return replace(block, box=box, cells=cells)


def _moved_place(place: Place | None, picture: Picture) -> Place | None:
    if not isinstance(place, PagePlace):
        return place
    box: Box = picture.shown(place.bbox)
    return PagePlace(page=place.page, bbox=box)


def _look_at_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise UnreadableError("limit_size", f"the file has {len(data)} bytes, more than {MAX_BYTES}")


def _look_at_clock(deadline: float | None, seconds: float | None, number: int) -> None:
    if deadline is not None and monotonic() > deadline:
        raise UnreadableError("limit_time", f"{seconds} s were over before page {number} was recognised")


@contextmanager
def _pdfium(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    _look_at_size(data)
    with open_pdf(data):
        pass  # refuses what is truncated, encrypted or no PDF, with the code and the words of the PDF reader
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise UnreadableError("corrupt", f"pdfium cannot open the scan: {error}") from error
    try:
        yield pdf
    finally:
        pdf.close()
