"""Pictures inside Word files, workbooks and web pages: those that may show a table are recognised, or said not to have been read.

People paste tables as pictures. A picture that holds ruled cells with amounts joins the document where it stands; one that
cannot be opened (a drawing of Windows, a picture that is not at hand) is yielded as not understood.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from PIL import Image, UnidentifiedImageError

from budget.disclosure import TablePlace
from budget.printed_text import squeeze
from extract.reading import Grid, GridCell, Line, NotUnderstood, UnreadableError

LEAST_WIDTH: Final = 240
"""Pixels: a table of two columns needs more at any resolution at which its figures can be read."""
LEAST_HEIGHT: Final = 60
"""Pixels: four lines of text of the smallest legible size (15 pixels from line to line)."""
MAX_PIXELS: Final = 60_000_000
"""A page of A4 at 600 dots an inch has 35 million."""
MAX_PICTURES: Final = 60
"""Pictures of one document that are recognised (seconds each); the others are said not to have been read."""
AMOUNTS: Final = 6
"""Amounts in lines without ruled cells from which on a picture is taken for a table and not for a chart with labels."""
_AMOUNT = re.compile(r"-?\d[\d,]*\.\d{1,6}|\d{1,3}(?:,\d{3})+")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@dataclass
class PictureReader:
    """Reads the pictures of one document in order; each picture once, however often it stands there."""

    met: list[NotUnderstood] = field(default_factory=list)
    read: int = 0
    _known: dict[str, tuple[Line | Grid, ...]] = field(default_factory=dict)

    def blocks(self, data: bytes, label: str) -> tuple[Line | Grid, ...]:
        """What a picture shows of tables, `()` for one that shows none; what cannot be read is added to `met`.

        Grids come with places on the picture; `as_table` gives them their place in the document.
        """
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._known:
            self._known[digest] = self._recognised(data, label)
        return self._known[digest]

    def page(self, data: bytes, label: str) -> tuple[Line | Grid, ...]:
        """Everything that the picture of a whole page shows; what cannot be read is added to `met`."""
        if self.read >= MAX_PICTURES:
            self._unread(label)
            return ()
        self.read += 1
        from extract.readers.scan import read_image  # loads the recognition libraries

        try:
            found = read_image(data)
        except UnreadableError:
            self._unread(label)
            return ()
        self.met += [NotUnderstood("picture", f"{label}: {one.text}") for one in found.unread]
        return found.blocks

    def missing(self, label: str) -> None:
        """A picture that stands here and whose bytes are not at hand."""
        self.met.append(NotUnderstood("missing_picture", label))

    def _unread(self, label: str) -> None:
        self.met.append(NotUnderstood("picture", label))

    def _recognised(self, data: bytes, label: str) -> tuple[Line | Grid, ...]:
        try:
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
        except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
            self._unread(label)
            return ()
        if width < LEAST_WIDTH or height < LEAST_HEIGHT:
            return ()
        if self.read >= MAX_PICTURES or width * height > MAX_PIXELS:
            self._unread(label)
            return ()
        self.read += 1
        from extract.readers.scan import read_image  # loads the recognition libraries

        try:
            found = read_image(data)
        except UnreadableError:
            self._unread(label)
            return ()
        grids = [
            block for block in found.blocks if isinstance(block, Grid) and _amounts(cell.text for cell in block.cells)
        ]
        if grids:
            if found.unread:
                self.met.append(NotUnderstood("picture", f"{label}: {found.unread[0].text}"))
            return tuple(_without_place(block) for block in found.blocks)
        if _amounts(block.text for block in found.blocks if isinstance(block, Line)) >= AMOUNTS:
            self._unread(label)
        return ()


_BEGINS: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_BEFORE: Final = 8
"""Bytes of the header of a record of Office's drawings: 4 that say what it is, 4 of its length ([MS-ODRAW] 2.2.23)."""
_IDENTITIES: Final = (17, 33)
"""Bytes between that header and the picture: one or two identifiers of 16 bytes and a mark."""


def pictures_within(data: bytes) -> list[bytes]:
    """The PNG and JPEG pictures that stand in a stream of an old Word file or workbook, in order.

    A picture counts where the record before it says how long it is, so that bytes that merely look like one do not.
    """
    found: list[bytes] = []
    at = 0
    while True:
        places = [place for place in (data.find(mark, at) for mark in _BEGINS) if place >= 0]
        if not places or len(found) >= MAX_PICTURES:
            return found
        begin = min(places)
        at = begin + 4
        for before in _IDENTITIES:
            header = begin - before - _BEFORE
            length = int.from_bytes(data[header + 4 : header + 8], "little") - before if header >= 0 else 0
            if header >= 0 and data[header + 3] == 0xF0 and 0 < length <= len(data) - begin:
                found.append(data[begin : begin + length])
                at = begin + length
                break


def _without_place(block: Line | Grid) -> Line | Grid:
    return replace(block, page=None, box=None)


def as_table(grid: Grid, number: int) -> Grid:
    """A grid of a picture as the `number`-th table of its document."""
    cells: Sequence[GridCell] = [
        replace(cell, at=TablePlace(table=number, row=cell.row, col=cell.col)) for cell in grid.cells
    ]
    return replace(grid, cells=tuple(cells))


def _amounts(texts: Iterable[str]) -> int:
    """How many of the texts are amounts or, in cells, numbers; a chart's axis has whole numbers only and no cells."""
    return sum(bool(_AMOUNT.search(squeeze(text)) or _NUMBER.fullmatch(squeeze(text))) for text in texts)
