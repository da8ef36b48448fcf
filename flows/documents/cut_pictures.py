"""The picture of a cited figure: cut from the page of a PDF or scan; of other files its table as it was read, and saying so.

Boxes are points from the top left of the page as displayed, as everywhere.
"""

from __future__ import annotations

import html
import io
from dataclasses import dataclass

import pypdfium2
from PIL import Image, ImageDraw, ImageOps

from archive.errors import ArchiveError
from archive.store import Archive
from budget.disclosure import Disclosure, Statement
from extract.readers.scan_picture import image_pictures
from extract.reading import UnreadableError
from warehouse.citations import Citation

SCALE = 3.0
"""Pixels a point: the figures of a printed page are easy to read."""
MARGIN_ACROSS = 170.0
MARGIN_DOWN = 42.0
"""Points of the page around the box: a row or two, and the columns beside it."""
LARGEST_SIDE = 14_400.0
"""Points; the largest page of a PDF."""
ROWS_AROUND = 3
OUTLINE = (200, 30, 30)

Box = tuple[float, float, float, float]


class NoPictureError(RuntimeError):
    """No picture can be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A picture. `suffix` .png or .html; `cut_from_page` whether it shows the file itself or what was read of it."""

    data: bytes
    suffix: str
    cut_from_page: bool
    said: str


def cut(citation: Citation, archive: Archive, reading: Disclosure | None) -> Cut:
    """The picture of a figure. Raises NoPictureError: the original is missing or damaged, or the figure has no place."""
    place = citation.place
    if place["page"] is not None:
        try:
            data = archive.read(citation.sha256)
        except FileNotFoundError:
            raise NoPictureError(f"the original {citation.sha256} is not in the archive 原件不在档案中") from None
        except ArchiveError as damaged:
            raise NoPictureError(str(damaged)) from None
        box = (place["x0"], place["top"], place["x1"], place["bottom"])
        if data[:1024].find(b"%PDF-") >= 0:
            return Cut(cut_pdf(data, place["page"], box), ".png", True, f"cut from page {place['page']} 原件截图")
        if (picture := cut_image(data, place["page"], box)) is not None:
            return Cut(picture, ".png", True, f"cut from picture {place['page']} 原件截图")
    if reading is None:
        raise NoPictureError("the reading of this document is not kept")
    statement = reading.statement_by_id.get(citation.statement_id or "")
    if statement is None:
        if citation.sentence is None:
            raise NoPictureError("the figure stands in no table and no sentence")
        body = f"<p>{html.escape(citation.sentence)}</p>"
    else:
        body = _table(statement, citation)
    said = f"drawn from what was read, not a picture of the file: a {citation.reader} file has no pages to cut 据读取结果绘制，非原件截图"
    return Cut(_page(citation, body, said).encode(), ".html", False, said)


def cut_pdf(data: bytes, number: int, box: Box, *, outlined: bool = True) -> bytes:
    """PNG of the part of page `number` (from 1) around `box`, the box outlined. Raises NoPictureError."""
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise NoPictureError(f"the PDF cannot be opened: {error}") from None
    try:
        if not 1 <= number <= len(pdf):
            raise NoPictureError(f"the PDF has {len(pdf)} pages, none {number}")
        page = pdf[number - 1]
        width, height = page.get_size()
        if max(width, height) > LARGEST_SIDE:
            raise NoPictureError(f"page {number} is {width:.0f} × {height:.0f} points")
        part = _around(box, width, height)
        crop = (part[0], height - part[3], width - part[2], part[1])
        drawn = page.render(scale=SCALE, crop=crop).to_pil().convert("RGB")
    except pypdfium2.PdfiumError as error:
        raise NoPictureError(f"page {number} cannot be drawn: {error}") from None
    finally:
        pdf.close()
    return _png(drawn, box, part, SCALE, outlined)


def cut_image(data: bytes, number: int, box: Box) -> bytes | None:
    """PNG of the part of a picture file's frame around the box; None for a file that is no picture."""
    try:
        size = next((one.width, one.height) for one in image_pictures(data) if one.number == number)
    except (UnreadableError, StopIteration):
        return None
    with Image.open(io.BytesIO(data)) as opened:
        opened.seek(number - 1)
        frame = ImageOps.exif_transpose(opened).convert("RGB")
    scale = frame.width / size[0]
    part = _around(box, *size)
    return _png(frame.crop(tuple(round(side * scale) for side in part)), box, part, scale, True)  # type: ignore[arg-type]


def _around(box: Box, width: float, height: float) -> Box:
    x0, top, x1, bottom = box
    return (
        max(0.0, x0 - MARGIN_ACROSS), max(0.0, top - MARGIN_DOWN), min(width, x1 + MARGIN_ACROSS), min(height, bottom + MARGIN_DOWN),
    )  # fmt: skip


def _png(drawn: Image.Image, box: Box, part: Box, scale: float, outlined: bool) -> bytes:
    if outlined:
        x0, top, x1, bottom = ((side - part[n % 2]) * scale for n, side in enumerate(box))
        ImageDraw.Draw(drawn).rectangle((x0 - 4, top - 4, x1 + 4, bottom + 4), outline=OUTLINE, width=3)
    kept = io.BytesIO()
    drawn.save(kept, "PNG", optimize=False)
    return kept.getvalue()


def _table(statement: Statement, citation: Citation) -> str:
    """The rows around the cell under their headers; the cell marked."""
    row, col = (int(part) for part in (citation.cell or "").rsplit(":", 2)[1:])
    first, last = max(0, row - ROWS_AROUND), min(len(statement.rows), row + ROWS_AROUND + 1)
    heads = "".join(f"<th>{html.escape(' / '.join(path))}</th>" for path in statement.columns)
    lines = []
    for number in range(first, last):
        cells = "".join(
            f"<td{' class=cited' if (number, at) == (row, col) else ''}>{html.escape(text)}</td>"
            for at, text in enumerate(statement.rows[number].cells)
        )
        lines.append(f"<tr>{cells}</tr>")
    return f"<table><caption>{html.escape(statement.title or statement.kind)}（{statement.unit or ''}）</caption><tr>{heads}</tr>{''.join(lines)}</table>"


def _page(citation: Citation, body: str, said: str) -> str:
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>' + html.escape(citation.cite) + "</title>"
        "<style>body{font:14px sans-serif;margin:1em}table{border-collapse:collapse}td,th{border:1px solid #888;padding:2px 6px}"
        "td.cited{outline:3px solid #c81e1e;font-weight:bold}caption{text-align:left}small{color:#555}</style>"
        f"{body}<p><small>{html.escape(said)}; {html.escape(citation.where)}</small></p></html>"
    )
