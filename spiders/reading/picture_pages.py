"""Pictures of pages → one document: a PDF whose pages are the pictures in their order, read as a scan by the reader of PDFs.

JPEG data is taken over byte for byte, other pictures pixel for pixel, and nothing in the file depends on the day it was made: the same
pictures give the same bytes. Pictures smaller than a page (icons, seals, QR codes) are no pages.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

from PIL import Image, UnidentifiedImageError

# the sides of a picture that may be a page, in pixels: A4 at 60 dots an inch
SHORT_SIDE, LONG_SIDE = 480, 640
# a page is no wider than this, a banner is
LONGEST_SHAPE = 4.0
PIXELS_AT_MOST = 120_000_000
# how large a picture is printed: dots an inch
RESOLUTION = 150.0


class NotAPictureError(ValueError):
    """Data that is no picture, or one that cannot be decoded. The message says why."""


def is_page(data: bytes) -> bool:
    """Whether a picture is as large as a page. Raises NotAPictureError."""
    with _open(data) as picture:
        short, long = sorted(picture.size)
    return short >= SHORT_SIDE and long >= LONG_SIDE and long <= LONGEST_SHAPE * short


def document_of(pictures: Sequence[bytes]) -> bytes:
    """A PDF of the pictures, one a page, in order. Raises NotAPictureError."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for data in pictures:
        picture, width, height = _stream(data)
        number = len(objects) + 1
        across, down = width * 72 / RESOLUTION, height * 72 / RESOLUTION
        content = f"q {across:.2f} 0 0 {down:.2f} 0 0 cm /P Do Q".encode()
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across:.2f} {down:.2f}] /Contents {number + 1} 0 R "
            f"/Resources << /XObject << /P {number + 2} 0 R >> >> >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            picture,
        ]
        kids.append(f"{number} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>".encode()
    written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(written)


def _open(data: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(data))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise NotAPictureError(f"no picture: {error}") from error
    if picture.width * picture.height > PIXELS_AT_MOST:
        raise NotAPictureError(f"{picture.width} × {picture.height} pixels, more than {PIXELS_AT_MOST}")
    return picture


def _stream(data: bytes) -> tuple[bytes, int, int]:
    """A picture as an object of a PDF, its width and height in pixels."""
    with _open(data) as picture:
        width, height = picture.size
        try:
            picture.load()  # cut off data shows here
            if picture.format == "JPEG" and picture.mode in ("L", "RGB"):
                colours, how, body = picture.mode, "DCTDecode", data
            else:
                plain = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
                colours, how, body = plain.mode, "FlateDecode", zlib.compress(plain.tobytes(), 6)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise NotAPictureError(f"a picture that cannot be read: {error}") from error
    space = "DeviceGray" if colours == "L" else "DeviceRGB"
    head = (
        f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /{space} /BitsPerComponent 8 "
        f"/Filter /{how} /Length {len(body)} >>\nstream\n"
    )
    return head.encode() + body + b"\nendstream", width, height
