"""Pages as pictures, for the review page: drawn in a worker process that may die, kept by hash and page.

Pages of PDFs are drawn by pdfium as displayed, pictures by pillow; other formats have no pages. A picture is kept as
`<sha256>-<page>-<width>x<height>.png` (hundredths of a point), so that its size is known without opening it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path

from pebble import ProcessExpired

from archive.file_kinds import GLANCE_BYTES, FileKind, glance
from flows.documents.second_reading import ask
from review.page.needs import NoPictureError, Picture

SCALE = 2.0
"""Pixels a point: the print of a budget table can be read, and a page stays below a megabyte."""
MOST_PIXELS = 16_000_000
"""A larger page is drawn coarser."""
SECONDS = 30.0
KEPT = 2000
"""Pictures that are kept; the ones looked at longest ago go first."""


class PagePictures:
    """`review.page.needs.Pictures` over a folder. `original` says where the bytes of a sha256 lie."""

    def __init__(self, folder: Path, original: Callable[[str], Path]) -> None:
        self._folder, self._original = folder, original
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, sha256: str, page: int, /) -> Picture:
        kept = next(self._folder.glob(f"{sha256}-{page}-*.png"), None)
        if kept is None:
            kept = self._drawn(sha256, page)
        kept.touch()
        width, _, height = kept.stem.rsplit("-", 1)[1].partition("x")
        return Picture(kept.read_bytes(), int(width) / 100, int(height) / 100)

    def _drawn(self, sha256: str, page: int) -> Path:
        try:
            path = self._original(sha256)
        except (FileNotFoundError, ValueError) as missing:
            raise NoPictureError(f"the original is not there: {type(missing).__name__}") from None
        with path.open("rb") as file:
            kind = glance(file.read(GLANCE_BYTES))
        if kind not in (FileKind.PDF, FileKind.IMAGE):
            raise NoPictureError(f"a {kind.value} has no pages to draw")
        spool = self._folder / f".drawing-{secrets.token_hex(8)}"
        try:
            future = ask(draw, str(path), page, kind is FileKind.PDF, str(spool), seconds=SECONDS)
            try:
                width, height = json.loads(future.result())
            except (FutureTimeoutError, ProcessExpired, MemoryError) as trouble:
                raise NoPictureError(f"drawing page {page} took too much or died: {type(trouble).__name__}") from None
            except (ImportError, FileNotFoundError):
                raise
            except Exception as fault:
                raise NoPictureError(f"page {page} cannot be drawn: {type(fault).__name__}: {fault}") from fault
            kept = self._folder / f"{sha256}-{page}-{round(width * 100)}x{round(height * 100)}.png"
            spool.replace(kept)
        finally:
            spool.unlink(missing_ok=True)
        self._forget_oldest()
        return kept

    def _forget_oldest(self) -> None:
        pictures = list(self._folder.glob("*.png"))
        for old in sorted(pictures, key=lambda one: one.stat().st_mtime)[: max(0, len(pictures) - KEPT)]:
            old.unlink(missing_ok=True)


def draw(path: str, number: int, is_pdf: bool, into: str) -> str:
    """Runs in the worker: page `number` (from 1) as PNG into the file `into`; gives `[width, height]` in points, JSON."""
    return json.dumps((_draw_pdf if is_pdf else _draw_image)(Path(path), number, Path(into)))


def _draw_pdf(path: Path, number: int, into: Path) -> tuple[float, float]:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as pdf:
        if not 1 <= number <= len(pdf):
            raise ValueError(f"there are {len(pdf)} pages")
        page = pdf[number - 1]
        width, height = page.get_size()
        scale = min(SCALE, (MOST_PIXELS / max(1.0, width * height)) ** 0.5)
        page.render(scale=scale).to_pil().save(into, format="PNG")
    return width, height


def _draw_image(path: Path, number: int, into: Path) -> tuple[float, float]:
    from PIL import Image, ImageOps

    from extract.readers.scan_picture import image_pictures

    data = path.read_bytes()
    measured = next((one for one in image_pictures(data) if one.number == number), None)
    if measured is None:
        raise ValueError("there is no such frame")
    with Image.open(path) as picture:
        picture.seek(number - 1)
        frame = ImageOps.exif_transpose(picture).convert("RGB")
    frame.thumbnail((int(MOST_PIXELS**0.5), int(MOST_PIXELS**0.5)))
    frame.save(into, format="PNG")
    return measured.width, measured.height
