"""The picture of a scanned page: rendered within limits, freed of stamps, straightened. No recognition and no tables here.

A scan lies askew, a little sheared, sometimes on its side. Everything above reads the straightened picture; `Picture.shown`
takes a box back to the page as displayed.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from extract.reading import Box, UnreadableError

Grey = npt.NDArray[np.uint8]
Colours = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

MAX_SOURCE_PIXELS: Final = 120_000_000
"""Pixels of one embedded picture before decoding: A3 at 600 dpi has 70 million."""
MAX_PIXELS: Final = 9_000_000
"""Pixels of a page as read: A4 at 300 dpi has 8.7 million."""
LOWEST_SCALE, HIGHEST_SCALE = 150 / 72, 300 / 72
"""Pixels a point: coarser pictures are enlarged because small print needs it, finer ones reduced because nothing is gained."""
LOOKED_AT: Final = 110 / 72
"""Pixels a point at which the skew of a page is measured."""
MAX_SKEW: Final = 8.0
"""Degrees. What lies more askew than this was laid on the glass on its side."""
MAX_PAGES: Final = 500


@dataclass(frozen=True, slots=True)
class Picture:
    """A straightened page. `grey` is what is read: white paper, stamps taken out. Pixel = `scale` × point."""

    number: int
    width: float
    height: float
    """Size of the page as displayed, points."""
    grey: Grey
    scale: float
    back: Floats
    """(2, 3) straightened pixels → displayed points."""
    stamps: tuple[Box, ...]
    """Straightened pixels: boxes of the stamps that were taken out."""
    tinted: Mask
    """Where coloured ink was taken out, as `grey`: print under it may have gone with it."""

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the straightened sheet in points."""
        return self.grey.shape[1] / self.scale, self.grey.shape[0] / self.scale

    def shown(self, box: Box) -> Box:
        """A box in straightened points → the box around it on the page as displayed."""
        x0, top, x1, bottom = (v * self.scale for v in box)
        corners = np.array([[x0, top, 1], [x1, top, 1], [x0, bottom, 1], [x1, bottom, 1]])
        at = corners @ self.back.T
        low = np.clip(at.min(axis=0), 0, (self.width, self.height))
        high = np.clip(at.max(axis=0), 0, (self.width, self.height))
        return (round(float(low[0]), 3), round(float(low[1]), 3), round(float(high[0]), 3), round(float(high[1]), 3))

    def turned(self, quarters: int) -> Picture:
        """The same page read after `quarters` quarter turns anticlockwise."""
        quarters &= 3
        if not quarters:
            return self
        height, width = self.grey.shape
        # turned pixels → straightened pixels, pixel edges at whole numbers
        back_turn = {
            1: np.array([[0.0, -1.0, width], [1.0, 0.0, 0.0], [0, 0, 1]]),
            2: np.array([[-1.0, 0.0, width], [0.0, -1.0, height], [0, 0, 1]]),
            3: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, height], [0, 0, 1]]),
        }[quarters]
        ahead = np.linalg.inv(back_turn)
        stamps = []
        for x0, top, x1, bottom in self.stamps:
            at = np.array([[x0, top, 1], [x1, bottom, 1]]) @ ahead[:2].T
            stamps.append((float(at[:, 0].min()), float(at[:, 1].min()), float(at[:, 0].max()), float(at[:, 1].max())))
        grey = cast(Grey, np.ascontiguousarray(np.rot90(self.grey, quarters)))
        tinted = cast(Mask, np.ascontiguousarray(np.rot90(self.tinted, quarters)))
        return Picture(
            self.number, self.width, self.height, grey, self.scale, self.back @ back_turn, tuple(stamps), tinted
        )


def pdf_picture(pdf: pypdfium2.PdfDocument, number: int, finer: float = 1.0, part: Box | None = None) -> Picture:
    """Page `number` (from 1) of an open PDF, straightened. Raises UnreadableError (limit_memory, corrupt).

    `finer` times as many pixels a point as a page is read with otherwise, and `finer`² times as many in all. `part`, in
    displayed points, draws and straightens that much of the page alone; boxes still lead back to the whole page.
    """
    try:
        page = pdf[number - 1]
    except pypdfium2.PdfiumError as error:
        raise UnreadableError("corrupt", f"page {number} cannot be opened: {error}") from error
    try:
        width, height = page.get_size()
        scale = finer * _scale_of(page, number, width, height)
        cut = (0.0, 0.0, width, height) if part is None else _within_page(part, width, height)
        around = (cut[0], height - cut[3], width - cut[2], cut[1])  # left, bottom, right, top
        lies = None if part is None else _skew_of_page(page)
        bitmap = page.render(scale=scale, crop=around, rev_byteorder=True, prefer_bgrx=False)
        try:
            colours = np.array(bitmap.to_numpy())
        finally:
            bitmap.close()
    except pypdfium2.PdfiumError as error:
        raise UnreadableError("corrupt", f"page {number} cannot be drawn: {error}") from error
    finally:
        page.close()
    if colours.ndim == 2:
        colours = np.repeat(colours[:, :, None], 3, axis=2)
    if part is None:
        return straightened(number, width, height, cast(Colours, colours[:, :, :3]), colours.shape[1] / width)
    return straightened(number, width, height, cast(Colours, colours[:, :, :3]), scale, cut[:2], lies)


def _skew_of_page(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """`skew_of` of a whole page: a chart alone has slanted edges and too few lines to tell."""
    bitmap = page.render(scale=LOOKED_AT, grayscale=True)
    try:
        return skew_of(cast(Grey, np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)), LOOKED_AT)
    finally:
        bitmap.close()


def _within_page(part: Box, width: float, height: float) -> Box:
    """A part of a page in whole points, at least one point wide and tall."""
    x0, top = max(0.0, min(np.floor(part[0]), width - 1)), max(0.0, min(np.floor(part[1]), height - 1))
    return (x0, top, min(width, max(np.ceil(part[2]), x0 + 1)), min(height, max(np.ceil(part[3]), top + 1)))


def _scale_of(page: pypdfium2.PdfPage, number: int, width: float, height: float) -> float:
    """Pixels a point at which the page's largest picture keeps its own pixels, within the limits."""
    finest = 0.0
    for drawn in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=8):
        across, down = cast(Any, drawn).get_px_size()
        if across * down > MAX_SOURCE_PIXELS:
            raise UnreadableError("limit_memory", f"page {number} holds a picture of {across} × {down} pixels")
        left, bottom, right, top = drawn.get_bounds()
        area = max(1.0, (right - left) * (top - bottom))
        if area > 0.05 * width * height:
            finest = max(finest, (across * down / area) ** 0.5)
    wanted = min(HIGHEST_SCALE, max(LOWEST_SCALE, finest))
    return float(min(wanted, (MAX_PIXELS / max(1.0, width * height)) ** 0.5))


LEAST_SHARE: Final = 0.03
"""Share of the page below which a picture is an emblem or a signature."""


def picture_boxes(pdf: pypdfium2.PdfDocument, number: int) -> tuple[Box, ...]:
    """Where the larger pictures of page `number` (from 1) stand, in displayed points; () when there is none."""
    page = pdf[number - 1]
    try:
        left, bottom, right, top = page.get_bbox()
        turns = page.get_rotation() // 90 & 3
        boxes = []
        for drawn in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=8):
            x0, y0, x1, y1 = drawn.get_bounds()
            x0, x1, y0, y1 = max(x0, left), min(x1, right), max(y0, bottom), min(y1, top)
            if x1 <= x0 or y1 <= y0 or (x1 - x0) * (y1 - y0) < LEAST_SHARE * (right - left) * (top - bottom):
                continue
            boxes.append({
                0: (x0 - left, top - y1, x1 - left, top - y0),
                1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
                2: (right - x1, y0 - bottom, right - x0, y1 - bottom),
                3: (top - y1, right - x1, top - y0, right - x0),
            }[turns])  # fmt: skip
        return tuple(boxes)
    finally:
        page.close()


PictureKey = tuple[bytes, tuple[float, ...]]
"""Hash of what a picture is made of, and where it stands, in points to the tenth."""


def picture_keys(pdf: pypdfium2.PdfDocument, number: int) -> tuple[PictureKey, ...]:
    """One key a picture of page `number` (from 1): the same picture at the same place of another page has the same."""
    page = pdf[number - 1]
    try:
        keys = []
        for drawn in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=8):
            size = pypdfium2.raw.FPDFImageObj_GetImageDataRaw(drawn, None, 0)
            data = (ctypes.c_ubyte * size)()
            pypdfium2.raw.FPDFImageObj_GetImageDataRaw(drawn, data, size)
            place = (*drawn.get_bounds(), *page.get_bbox(), float(page.get_rotation()))
            keys.append((hashlib.blake2b(bytes(data), digest_size=16).digest(), tuple(round(at, 1) for at in place)))
        return tuple(keys)
    finally:
        page.close()


def image_pictures(data: bytes) -> Iterator[Picture]:
    """The frames of a PNG, JPEG, BMP or TIFF file as straightened pages; a page is as large as its resolution says.

    Raises UnreadableError: limit_memory before decoding, limit_pages, corrupt, not_a_document.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the own limit below is asked first
        try:
            opened = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF", "BMP"))
            for number, frame in enumerate(ImageSequence.Iterator(opened), 1):
                if number > MAX_PAGES:
                    raise UnreadableError("limit_pages", f"the picture file has more than {MAX_PAGES} frames")
                if frame.width * frame.height > MAX_SOURCE_PIXELS:
                    raise UnreadableError("limit_memory", f"frame {number} has {frame.width} × {frame.height} pixels")
                yield _image_picture(number, frame)
        except UnidentifiedImageError as error:
            raise UnreadableError("not_a_document", f"no PNG, JPEG, TIFF or BMP: {error}") from error
        except Image.DecompressionBombError as error:
            raise UnreadableError("limit_memory", str(error)) from error
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise UnreadableError("corrupt", f"the picture cannot be decoded: {error}") from error


def _image_picture(number: int, frame: Image.Image) -> Picture:
    turned = ImageOps.exif_transpose(frame)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        alpha = turned.convert("RGBA")
        paper = Image.new("RGBA", alpha.size, "white")
        turned = Image.alpha_composite(paper, alpha)
    dpi = _dots_per_inch(turned)
    width, height = turned.width * 72 / dpi, turned.height * 72 / dpi
    scale = min(HIGHEST_SCALE, max(LOWEST_SCALE, dpi / 72), (MAX_PIXELS / (width * height)) ** 0.5)
    colours = np.asarray(turned.convert("RGB"))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size != (turned.width, turned.height):
        way = cv2.INTER_AREA if size[0] < turned.width else cv2.INTER_CUBIC
        colours = cast(Colours, cv2.resize(colours, size, interpolation=way))
    return straightened(number, width, height, cast(Colours, colours), colours.shape[1] / width)


def _dots_per_inch(image: Image.Image) -> float:
    """What the file says when that gives a page between A6 and A2, else what makes the longer side that of A4."""
    longer = max(image.width, image.height)
    said = image.info.get("dpi")
    if said and said[0] and 105 / 25.4 <= longer / float(said[0]) <= 594 / 25.4:
        return float(said[0])
    return longer / (297 / 25.4)


def straightened(
    number: int,
    width: float,
    height: float,
    colours: Colours,
    scale: float,
    begins: tuple[float, float] = (0.0, 0.0),
    lies: tuple[float, float] | None = None,
) -> Picture:
    """A page in colour, or the part of it that `begins` there, → grey without stamps and without skew.

    `scale` is pixels a point, `begins` in points from the top left of the page; `lies` the skew where it is known.
    """
    grey, stamps, tinted = without_stamps(colours, scale)
    angle, lean = skew_of(grey, scale) if lies is None else lies
    rows, columns = grey.shape
    a, b = np.radians(angle), np.radians(lean)
    # displayed → straightened: the axes as they lie on the page become the axes of the sheet
    axes = np.array([[np.cos(a), -np.sin(b)], [np.sin(a), np.cos(b)]])
    turn = np.linalg.inv(axes)
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]], float) @ turn.T
    low = np.floor(corners.min(axis=0))
    size = np.ceil(corners.max(axis=0) - low).astype(int)
    ahead = np.concatenate([turn, -low[:, None]], axis=1)
    if angle or lean:
        # warpAffine speaks of pixel middles, the boxes of pixel edges: half a pixel is of no consequence here
        grey = cast(Grey, cv2.warpAffine(
            grey, ahead, (int(size[0]), int(size[1])), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255,
        ))  # fmt: skip
        turned = cv2.warpAffine(tinted.astype(np.uint8), ahead, (int(size[0]), int(size[1])), flags=cv2.INTER_NEAREST)
        tinted = cast(Mask, turned.astype(bool))
    back = np.concatenate([axes, (axes @ low)[:, None]], axis=1) / scale
    back[:, 2] += begins
    moved = []
    for x0, top, x1, bottom in stamps:
        at = np.array([[x0, top, 1], [x1, top, 1], [x0, bottom, 1], [x1, bottom, 1]]) @ ahead.T
        moved.append((float(at[:, 0].min()), float(at[:, 1].min()), float(at[:, 0].max()), float(at[:, 1].max())))
    return Picture(number, width, height, grey, scale, back, tuple(moved), tinted)


# ── coloured ink ──────────────────────────────────────────────────────────────────────────────────────────────────────

STAMP_SIDES: Final = (30.0, 260.0)
"""Points. Round seals are 38 to 45 mm, office marks and signatures from 12 mm; a coloured area of a table is larger."""


def without_stamps(colours: Colours, scale: float) -> tuple[Grey, tuple[Box, ...], Mask]:
    """Grey picture in which stamps are paper, where they stood (boxes in pixels), and their ink.

    Only there the lightest channel is taken: it turns red or blue ink to paper and leaves black under it black. Elsewhere
    colour is kept as darkness, because losses are printed in red and header rows are shaded.
    """
    grey = cast(Grey, cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY))
    lightest, darkest = colours.max(axis=2), colours.min(axis=2)
    ink = np.zeros(grey.shape, bool)
    vivid = (lightest.astype(np.int16) - darkest > 50) & (lightest > 90)
    if vivid.mean() < 0.0002:
        return grey, (), ink
    reach = max(3, round(3 * scale))
    joined = cv2.morphologyEx(
        vivid.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8),
    )  # fmt: skip
    count, label, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    hue = colours.argmax(axis=2)
    stamps: list[Box] = []
    least, most = (side * scale for side in STAMP_SIDES)
    for i in range(1, count):
        x, y, wide, tall, _area = (int(v) for v in stats[i])
        if not (least <= wide <= most and least <= tall <= most and 0.4 <= wide / tall <= 2.5):
            continue
        part = np.s_[y : y + tall, x : x + wide]
        own = (label[part] == i) & vivid[part]
        if own.mean() > 0.6:
            continue  # a shaded area, not drawn ink
        channel = int(np.bincount(hue[part][own], minlength=3).argmax())
        edge = max(2, round(1.5 * scale))
        y0, x0 = max(0, y - edge), max(0, x - edge)
        part = np.s_[y0 : y + tall + edge, x0 : x + wide + edge]
        area = colours[part].astype(np.int16)
        tinted = area.max(axis=2) - area.min(axis=2) > 18
        tinted = cv2.dilate(tinted.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        paper = float(np.percentile(area[:, :, channel], 90))
        level = _levelled(area[:, :, channel].astype(np.float64), paper, own, (x - x0, y - y0))
        grey[part] = np.where(tinted, level, grey[part]).astype(np.uint8)
        ink[y : y + tall, x : x + wide] |= own
        stamps.append((float(x), float(y), float(x + wide), float(y + tall)))
    return grey, tuple(stamps), ink


def _levelled(channel: Floats, paper: float, own: Mask, at: tuple[int, int]) -> Floats:
    """The stamp's lightest channel stretched so that its plain ink becomes paper."""
    x, y = at
    inside = channel[y : y + own.shape[0], x : x + own.shape[1]][own]
    plain = float(np.percentile(inside, 55)) if len(inside) else paper
    if plain < 100:
        return np.clip(channel * (255.0 / max(1.0, paper)), 0, 255)
    # only ink clearly darker than the plain stamp is print
    level = np.minimum(channel * (255.0 / max(1.0, plain * 0.94)), 255)
    return cast(Floats, np.clip(level, 0, 255))


# ── skew ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def ink_of(grey: Grey, scale: float) -> Mask:
    """Where print is: darker than its surroundings by a sixth of the range, whatever the paper's tone."""
    reach = max(15, int(14 * scale)) | 1
    mean = cv2.blur(grey, (reach, reach), borderType=cv2.BORDER_REPLICATE).astype(np.int16)
    depth = float(mean.mean() - np.percentile(grey, 0.5))
    return cast(Mask, mean - grey > max(20.0, min(50.0, depth * 0.22)))


def skew_of(grey: Grey, scale: float) -> tuple[float, float]:
    """Degrees by which lines of print climb (clockwise positive) and by which upright rules lean; 0 where nothing tells.

    The angle is the one at which rows of ink are sharpest.
    """
    step = max(1, round(scale / LOOKED_AT))
    small = cast(Grey, cv2.resize(grey, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA))
    ink = ink_of(small, scale / step)
    long = max(12, int(15 * scale / step))
    bits = ink.astype(np.uint8)
    level = cv2.bitwise_and(_runs_of(bits, 3, 1, 1, long), bits)
    y, x = np.nonzero(level if level.sum() > 3 * max(small.shape) else ink)
    angle = _sharpest(x, y)
    upright = cv2.bitwise_and(_runs_of(bits, 1, 3, long, 1), bits)
    if upright.sum() <= 2 * max(small.shape):
        return angle, angle
    y, x = np.nonzero(upright)
    # upright lines lean the other way round: x falls as y grows when the sheet is turned clockwise
    lean = -_sharpest(y, x)
    return (angle, lean) if abs(lean - angle) < 1.5 else (angle, angle)


def _runs_of(bits: cv2.typing.MatLike, tall: int, wide: int, high: int, long: int) -> cv2.typing.MatLike:
    """Ink thickened by `tall` × `wide`, of which only runs of at least `high` × `long` are left."""
    thick = cv2.dilate(bits, np.ones((tall, wide), np.uint8))
    return cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((high, long), np.uint8))


def _sharpest(along: npt.NDArray[np.intp], across: npt.NDArray[np.intp]) -> float:
    """Angle in degrees at which the points, sheared along it, fall into the fewest rows."""
    if len(along) < 200:
        return 0.0
    every = max(1, len(along) // 60_000)
    u, v = along[::every].astype(np.float64), across[::every].astype(np.float64)
    u -= u.mean()

    def sharpness(angle: float) -> float:
        row = v - u * np.tan(np.radians(angle))
        counts = np.bincount((row - row.min()).round().astype(np.intp))
        return float((counts.astype(np.float64) ** 2).sum())

    best = max(np.arange(-MAX_SKEW, MAX_SKEW + 0.1, 0.2), key=lambda a: (sharpness(a), -abs(a)))
    for width in (0.1, 0.025):
        best = max(best + np.arange(-4, 5) * width, key=lambda a: (sharpness(a), -abs(a)))
    return 0.0 if abs(best) < 0.03 else round(float(best), 3)
