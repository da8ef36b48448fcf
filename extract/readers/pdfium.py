"""PDF pages through pdfium: bytes → glyphs and ruling lines of each page, in displayed points. The fast reader.

Here belong the calls into pdfium and the questions only the file can answer: where a character stands, whether ink of it
can be seen, which paths are ruling lines. Words, tables and cells are found elsewhere (`extract.page.tables`).

pdfium is called through `ctypes.PyDLL` on the library that pypdfium2 ships: a page asks for thousands of numbers, and the
loop over them runs inside `map` without giving the interpreter lock away. What these calls take is made ready once
(`_argument`, `_Records`), because turning a number into a pointer costs more than most of the calls. pdfium is not
thread-safe: use processes.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice, repeat
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pypdfium2_raw.bindings as bindings

from budget.printed_text import fold
from extract.page.tables import Glyphs, Ruling, page_of
from extract.readers.overprint import printed_once, with_marks
from extract.readers.pdf_extras import annotations_of, embedded_file, embedded_names, flattened
from extract.reading import Page, UnreadableError

Floats = npt.NDArray[np.float64]
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

MAX_CHARACTERS = 400_000
"""Characters of one page; a dense printed page has under 20,000."""
MAX_OBJECTS = 400_000
"""Objects of one page, those inside forms counted each time they are drawn."""
MAX_SEGMENTS = 3_000_000
"""Path segments of one page."""
MAX_FORM_DEPTH = 16

_TEXT, _PATH, _IMAGE, _SHADING, _FORM = 1, 2, 3, 4, 5
_LINE_TO, _CURVE_TO, _MOVE_TO = 0, 1, 2
_INVISIBLE_MODES = (3, 7)
LAYER_SHARE: Final = 0.8
"""Share of a page's characters that are drawn without ink from which on they are a recogniser's layer over a scan."""
LAYER_PICTURE: Final = 0.5
"""Share of the page that the picture below such a layer covers at least."""
THIN: Final = 4.0
"""A filled shape up to this many points thick is a drawn line; a thicker one is a shaded area."""


def _library() -> ctypes.PyDLL:
    loaded = bindings._libs["pdfium"]
    return ctypes.PyDLL(loaded._name)


_LIBRARY: Final = _library()
_P, _I, _D, _F = ctypes.c_void_p, ctypes.c_int, ctypes.c_double, ctypes.c_float


def _function(name: str, result: Any, *arguments: Any) -> Any:
    function = _LIBRARY[name]
    function.restype = result
    function.argtypes = arguments
    return function


def _bare(name: str, result: Any) -> Any:
    """A function that is called thousands of times a page. It takes what it gets: small whole numbers as they are, every
    pointer only as `_argument` or a place of `_Records` (a bare address would be cut to 32 bits)."""
    function = _LIBRARY[name]
    function.restype = result
    return function


_argument: Final[Callable[[int | None], Any]] = _P.from_param
"""A handle, or NULL, as an argument made ready for calling."""


_load_document = _function("FPDF_LoadMemDocument64", _P, _P, ctypes.c_size_t, _P)
_close_document = _function("FPDF_CloseDocument", None, _P)
_last_error = _function("FPDF_GetLastError", ctypes.c_ulong)
_page_count = _function("FPDF_GetPageCount", _I, _P)
_load_page = _function("FPDF_LoadPage", _P, _P, _I)
_close_page = _function("FPDF_ClosePage", None, _P)
_rotation = _function("FPDFPage_GetRotation", _I, _P)
_bounding_box = _function("FPDF_GetPageBoundingBox", _I, _P, _P)

_load_text = _function("FPDFText_LoadPage", _P, _P)
_close_text = _function("FPDFText_ClosePage", None, _P)
_count_chars = _function("FPDFText_CountChars", _I, _P)
_get_text = _function("FPDFText_GetText", _I, _P, _I, _I, _P)
_unicode = _bare("FPDFText_GetUnicode", ctypes.c_uint)
_char_box = _bare("FPDFText_GetCharBox", _I)
_char_origin = _bare("FPDFText_GetCharOrigin", _I)
_char_matrix = _bare("FPDFText_GetMatrix", _I)
_font_size = _bare("FPDFText_GetFontSize", _D)
_char_object = _bare("FPDFText_GetTextObject", _P)
_unmapped = _bare("FPDFText_HasUnicodeMapError", _I)
_render_mode = _bare("FPDFTextObj_GetTextRenderMode", _I)

_count_objects = _function("FPDFPage_CountObjects", _I, _P)
_object_at = _bare("FPDFPage_GetObject", _P)
_object_type = _bare("FPDFPageObj_GetType", _I)
_object_matrix = _bare("FPDFPageObj_GetMatrix", _I)
_object_bounds = _bare("FPDFPageObj_GetBounds", _I)
_fill_colour = _bare("FPDFPageObj_GetFillColor", _I)
_form_count = _bare("FPDFFormObj_CountObjects", _I)
_form_object = _bare("FPDFFormObj_GetObject", _P)
_draw_mode = _bare("FPDFPath_GetDrawMode", _I)
_segment_count = _bare("FPDFPath_CountSegments", _I)
_path_segment = _bare("FPDFPath_GetPathSegment", _P)
_segment_point = _bare("FPDFPathSegment_GetPoint", _I)
_segment_type = _bare("FPDFPathSegment_GetType", _I)
_segment_close = _bare("FPDFPathSegment_GetClose", _I)
_clip_path = _bare("FPDFPageObj_GetClipPath", _P)
_clip_count = _bare("FPDFClipPath_CountPaths", _I)
_clip_segments = _bare("FPDFClipPath_CountPathSegments", _I)
_clip_segment = _bare("FPDFClipPath_GetPathSegment", _P)

_bitmap_create = _function("FPDFBitmap_CreateEx", _P, _I, _I, _I, _P, _I)
_bitmap_fill = _function("FPDFBitmap_FillRect", _I, _P, _I, _I, _I, _I, ctypes.c_ulong)
_bitmap_destroy = _function("FPDFBitmap_Destroy", None, _P)
_render = _function("FPDF_RenderPageBitmap", None, _P, _P, _I, _I, _I, _I, _I, _I)


class _Records:
    """Memory into which pdfium writes one record of `width` numbers a call, and every place in it as a ready argument.

    `pointers` is how many of the numbers the function takes a pointer to; 1 where it writes the whole record at once.
    """

    SIZE: Final = 1024

    def __init__(self, kind: Any, width: int, pointers: int) -> None:
        self._memory = (kind * (width * self.SIZE))()
        step = ctypes.sizeof(kind)
        self._numbers = np.frombuffer(self._memory, np.dtype(kind)).reshape(self.SIZE, width)
        self._places = [
            [ctypes.byref(self._memory, step * (width * record + number)) for record in range(self.SIZE)]
            for number in range(pointers)
        ]

    def ask(self, function: Any, *things: Sequence[Any] | repeat[Any], count: int, before: int = 0) -> npt.NDArray[Any]:
        """(count, width): what `function` writes for each of `things`; `before` where it refuses to write."""
        found = np.empty((count, self._numbers.shape[1]), self._numbers.dtype)
        if count <= self.SIZE:
            self._numbers[:count] = before
            deque(map(function, *things, *self._places), maxlen=0)
            found[:] = self._numbers[:count]
            return found
        calls = [iter(thing) for thing in things]
        for start in range(0, count, self.SIZE):
            here = min(self.SIZE, count - start)
            self._numbers[:here] = before
            deque(map(function, *(islice(call, here) for call in calls), *self._places), maxlen=0)
            found[start : start + here] = self._numbers[:here]
        return found


class _Memory(threading.local):
    """One set of records for each thread that reads, kept from page to page."""

    def __init__(self) -> None:
        self.boxes = _Records(ctypes.c_double, 4, 4)
        self.points = _Records(ctypes.c_double, 2, 2)
        self.vertices = _Records(_F, 2, 2)
        self.bounds = _Records(_F, 4, 4)
        self.matrices = _Records(_F, 6, 1)
        self.colours = _Records(ctypes.c_uint, 4, 4)
        self.modes = _Records(_I, 2, 2)


_MEMORY: Final = _Memory()


def _multiply(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


class PdfFile:
    """An open PDF. `with open_pdf(data) as pdf:`; pages are read by number from 1."""

    def __init__(self, handle: int, pages: int) -> None:
        self._handle = handle
        self.pages = pages

    def page(self, number: int) -> PageContent:
        """Glyphs and rules of one page. Raises UnreadableError (corrupt, limit_memory)."""
        page = _load_page(self._handle, number - 1)
        if not page:
            raise UnreadableError("corrupt", f"page {number} of {self.pages} cannot be opened; ask for the file again")
        try:
            showing, bare = annotations_of(page)
            if showing and flattened(page):
                _close_page(page)
                page = _load_page(self._handle, number - 1)
                if not page:
                    raise UnreadableError(
                        "corrupt", f"page {number} of {self.pages} cannot be opened with its form fields"
                    )
            content = _read_page(page, number)
            return replace(content, annotations=tuple(bare)) if bare else content
        finally:
            if page:
                _close_page(page)

    @property
    def embedded(self) -> list[str]:
        """The names of the files that the document carries."""
        return embedded_names(self._handle)

    def embedded_file(self, index: int) -> bytes | None:
        """The bytes of one of `embedded`; None for one that cannot be unpacked."""
        return embedded_file(self._handle, index)


@dataclass(frozen=True, slots=True)
class PageContent:
    """What stands on one page, in displayed points. `images` counts the pictures, `has_text` whether a text layer exists.

    `unmapped` counts the characters of the text layer that stand for nothing known: their font says no character for the
    code, or one of the private area. `paths` counts what is drawn by lines and curves.
    """

    number: int
    width: float
    height: float
    glyphs: Glyphs
    ruling: Ruling
    images: int
    has_text: bool
    characters: int = 0
    unmapped: int = 0
    paths: int = 0
    annotations: tuple[str, ...] = ()
    """Texts of annotations and fields that no appearance shows: viewers make one up, or show nothing."""

    @property
    def is_garbled(self) -> bool:
        """Whether the text layer says something else than the page shows. Bullets of symbol fonts alone do not make it so."""
        return self.unmapped >= 8 and self.unmapped * 10 > self.characters


@contextmanager
def open_pdf(data: bytes) -> Iterator[PdfFile]:
    """Open a PDF held in memory. Raises UnreadableError: empty, truncated, encrypted, not_a_document, corrupt."""
    if not data:
        raise UnreadableError("empty", "the file has no bytes; download it again")
    start = data.find(b"%PDF-", 0, 1024)
    if start < 0:
        raise UnreadableError("not_a_document", f"no PDF header in the first 1,024 bytes, found {data[:12]!r}")
    _refuse_truncated(data)
    handle = _load_document(data, len(data), None)
    pages = _page_count(handle) if handle else 0
    if pages < 1:
        # the last error outlives the file that made it: only a failed load says something new
        code = 0 if handle else _last_error()
        if handle:
            _close_document(handle)
        if code in (4, 5):
            raise UnreadableError("encrypted", "the PDF asks for a password or uses an unknown security handler")
        if b"startxref" not in data[-2048:] and b"%%EOF" not in data[-2048:]:
            raise UnreadableError("truncated", "the PDF ends without its cross-reference table; download it again")
        raise UnreadableError("corrupt", "pdfium finds no page in the file; download it again or ask the publisher")
    try:
        yield PdfFile(handle, pages)
    finally:
        _close_document(handle)


def _refuse_truncated(data: bytes) -> None:
    """pdfium repairs a cut file without a word and gives the pages that are left: that would lose the rest silently."""
    end = data.rfind(b"%%EOF")
    if end < 0:
        if data.rfind(b"startxref") < 0:
            raise UnreadableError("truncated", "the PDF has no end (no startxref, no %%EOF); download it again")
        return
    rest = data[end + 5 :]
    updated = _OBJECT.match(rest.lstrip())
    if b" obj" in rest and b"startxref" not in rest and (updated or not _is_whole(data, end)):
        raise UnreadableError("truncated", f"{len(rest)} bytes follow the last %%EOF and break off; download it again")
    linear = data.find(b"/Linearized", 0, 1024)
    if linear < 0:
        return
    length = data.find(b"/L ", linear, linear + 256)
    digits = data[length + 3 : length + 16].split()[0] if length > 0 else b""
    if digits.isdigit() and int(digits) > len(data):
        raise UnreadableError(
            "truncated", f"the PDF says it has {int(digits)} bytes, {len(data)} arrived; download it again"
        )


_OBJECT = re.compile(rb"\d{1,10}\s+\d{1,5}\s+obj\b")
"""An object right behind the end begins an update of the file that broke off; left-over bytes begin anywhere."""
_START = re.compile(rb"startxref\s+(\d{1,12})\s*$")


def _is_whole(data: bytes, end: int) -> bool:
    """Whether the file is whole up to the last %%EOF at `end`: its startxref leads to a table or stream that names a root.

    Some writers leave bytes of an old buffer behind the end (iText 2.1.7: 91 of 300 debt disclosures); a file that breaks off
    while it was being updated names a table that is not there, or parts behind it.
    """
    found = _START.search(data[max(0, end - 64) : end].rstrip())
    if found is None:
        return False
    at = data.find(b"%PDF-", 0, 1024) + int(found.group(1))
    start = data[at : at + 24].lstrip()
    if start.startswith(b"xref"):
        trailer = data.find(b"trailer", at, end)
        return trailer >= 0 and b"/Root" in data[trailer:end]
    return bool(re.match(rb"\d{1,10}\s+\d{1,5}\s+obj", start)) and b"/Root" in data[at : at + 4096]


def read_page_words(data: bytes, number: int) -> Page:
    """The `PageReader` of pdfium: one page as words and rules."""
    with open_pdf(data) as pdf:
        if not 1 <= number <= pdf.pages:
            raise ValueError(f"page {number} of a file with {pdf.pages} pages")
        content = pdf.page(number)
    return page_of(content.number, content.width, content.height, content.glyphs, content.ruling)


# ── one page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Frame:
    """From PDF space to displayed points: the shown box (CropBox within MediaBox) and /Rotate."""

    x0: float
    y0: float
    x1: float
    y1: float
    turns: int

    @property
    def size(self) -> tuple[float, float]:
        width, height = self.x1 - self.x0, self.y1 - self.y0
        return (height, width) if self.turns & 1 else (width, height)

    def displayed(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        if self.turns == 0:
            return x - self.x0, self.y1 - y
        if self.turns == 1:
            return y - self.y0, x - self.x0
        if self.turns == 2:
            return self.x1 - x, y - self.y0
        return self.y1 - y, self.x1 - x

    def displayed_box(self, left: Floats, bottom: Floats, right: Floats, top: Floats) -> Floats:
        """(n, 4) x0, top, x1, bottom as displayed."""
        xa, ya = self.displayed(left, bottom)
        xb, yb = self.displayed(right, top)
        return np.stack([np.minimum(xa, xb), np.minimum(ya, yb), np.maximum(xa, xb), np.maximum(ya, yb)], axis=1)


def _frame_of(page: int) -> _Frame:
    box = np.zeros(4, np.float32)  # FS_RECTF: left, top, right, bottom
    if not _bounding_box(page, box.ctypes.data):
        box[:] = (0.0, 792.0, 612.0, 0.0)
    left, top, right, bottom = (float(v) for v in box)
    return _Frame(min(left, right), min(top, bottom), max(left, right), max(top, bottom), _rotation(page) & 3)


@dataclass(slots=True)
class _Objects:
    """The objects of a page in drawing order, forms opened: handles, types, and the form each stands in (0 = page)."""

    handles: list[int]
    types: list[int]
    forms: list[int]
    matrices: list[Matrix]
    """Matrix of each form to page space; index 0 is the page itself."""
    clips: list[Clip]
    """Clip box of each form in page space."""


@dataclass(frozen=True, slots=True)
class _Areas:
    """Filled areas: place in the drawing order of the page, and (n, 4) boxes as displayed."""

    order: npt.NDArray[np.intp]
    box: Floats

    @classmethod
    def nothing(cls) -> _Areas:
        return cls(np.empty(0, np.intp), np.empty((0, 4)))


Clip = tuple[float, float, float, float]
"""x0, y0, x1, y1 in page space (y upwards)."""
NO_CLIP: Final[Clip] = (-np.inf, -np.inf, np.inf, np.inf)


def _objects_of(page: int, number: int) -> _Objects:
    count = _count_objects(page)
    if count > MAX_OBJECTS:
        raise UnreadableError("limit_memory", f"page {number} draws {count} objects, more than {MAX_OBJECTS}")
    handles = list(map(_object_at, repeat(_argument(page)), range(count)))
    types = list(map(_object_type, map(_argument, handles)))
    found = _Objects(handles, types, [0] * count, [IDENTITY], [NO_CLIP])
    if _FORM not in types:
        return found
    opened = _Objects([], [], [], [IDENTITY], [NO_CLIP])
    _open_forms(zip(handles, types, strict=True), 0, opened, number, 0)
    return opened


def _open_forms(children: Iterable[tuple[int, int]], form: int, into: _Objects, number: int, depth: int) -> None:
    for handle, kind in children:
        if kind != _FORM:
            into.handles.append(handle)
            into.types.append(kind)
            into.forms.append(form)
            continue
        opened = _argument(handle)
        count = _form_count(opened)
        if len(into.handles) + count > MAX_OBJECTS or depth >= MAX_FORM_DEPTH:
            raise UnreadableError("limit_nesting", f"page {number} nests forms deeper or wider than any printed page")
        a, b, c, d, e, f = _MEMORY.matrices.ask(_object_matrix, [opened], count=1)[0].tolist()
        outer = into.matrices[form]
        clip = _intersect(into.clips[form], _transformed(_clip_of(opened), outer))
        into.matrices.append(_multiply((a, b, c, d, e, f), outer))
        into.clips.append(clip)
        inner = [_form_object(opened, i) for i in range(count)]
        _open_forms(
            ((h, _object_type(_argument(h))) for h in inner if h), len(into.matrices) - 1, into, number, depth + 1
        )


def _intersect(a: Clip, b: Clip) -> Clip:
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))


def _transformed(clip: Clip, m: Matrix) -> Clip:
    if m == IDENTITY or clip == NO_CLIP:
        return clip
    xs = [x * m[0] + y * m[2] + m[4] for x in (clip[0], clip[2]) for y in (clip[1], clip[3])]
    ys = [x * m[1] + y * m[3] + m[5] for x in (clip[0], clip[2]) for y in (clip[1], clip[3])]
    return (min(xs), min(ys), max(xs), max(ys))


def _clip_of(drawn: Any) -> Clip:
    """The box an object is clipped to, in the space of its parent (bounds of each clip path, intersected)."""
    path = _argument(_clip_path(drawn))
    clip = NO_CLIP
    point = (_F * 2)()
    x_at, y_at = ctypes.byref(point), ctypes.byref(point, ctypes.sizeof(_F))
    for i in range(max(0, _clip_count(path))):
        segments = _clip_segments(path, i)
        if segments <= 0:
            # an empty clip path hides everything (`0 0 0 0 re W n`)
            continue
        xs, ys = [], []
        for j in range(min(segments, 10_000)):
            if _segment_point(_argument(_clip_segment(path, i, j)), x_at, y_at):
                xs.append(point[0])
                ys.append(point[1])
        if xs:
            clip = _intersect(clip, (min(xs), min(ys), max(xs), max(ys)))
    return clip


def _clips(
    drawn: list[Any], forms: list[int], objects: _Objects, frame: _Frame
) -> tuple[Floats, npt.NDArray[np.intp]] | None:
    """(k + 1, 4) the different clip boxes as displayed, and which of them each object (as argument) has; None when nothing
    is clipped. The last box clips nothing.

    Objects drawn under one clip share its path inside pdfium, so the address of the last path's first segment tells
    equal clips apart: each is read once.
    """
    paths = list(map(_argument, map(_clip_path, drawn)))
    counts = list(map(_clip_count, paths))
    if max(counts, default=0) <= 0 and all(c == NO_CLIP for c in objects.clips):
        return None
    firsts = list(map(_clip_segment, paths, [c - 1 for c in counts], repeat(0)))
    if None in firsts:
        # an empty clip path has no address to know it by
        firsts = [-i if at is None and n > 0 else at for i, (at, n) in enumerate(zip(firsts, counts, strict=True), 1)]
    keys = list(zip(firsts, counts, forms, strict=True))
    number: dict[tuple[int | None, int, int], int] = {}
    boxes: list[Clip] = []
    for key, one in dict(zip(keys, drawn, strict=True)).items():
        own = _clip_of(one) if key[1] > 0 else NO_CLIP
        number[key] = len(boxes)
        boxes.append(_intersect(objects.clips[key[2]], _transformed(own, objects.matrices[key[2]])))
    finite = np.clip([*boxes, NO_CLIP], -1e6, 1e6)
    shown = frame.displayed_box(finite[:, 0], finite[:, 1], finite[:, 2], finite[:, 3])
    return shown, np.fromiter(map(number.__getitem__, keys), np.intp, len(keys))


def _read_page(page: int, number: int) -> PageContent:
    frame = _frame_of(page)
    objects = _objects_of(page, number)
    ruling, areas = _ruling_of(objects, frame, number)
    glyphs, characters, unmapped = _glyphs_of(page, objects, areas, frame, number)
    width, height = frame.size
    images, paths = objects.types.count(_IMAGE), objects.types.count(_PATH)
    return PageContent(number, width, height, glyphs, ruling, images, characters > 0, characters, unmapped, paths)


# ── ruling lines ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _ruling_of(objects: _Objects, frame: _Frame, number: int) -> tuple[Ruling, _Areas]:
    """Every straight horizontal or vertical stretch of a visible path: strokes, thin filled shapes, straight curves.

    And the filled areas, which may hide the text drawn before them.
    """
    chosen = [i for i, kind in enumerate(objects.types) if kind == _PATH]
    if not chosen:
        return Ruling.nothing(), _Areas.nothing()
    handles = [objects.handles[i] for i in chosen]
    drawn_paths = list(map(_argument, handles))
    counts = list(map(_segment_count, drawn_paths))
    total = sum(max(0, c) for c in counts)
    if total > MAX_SEGMENTS:
        raise UnreadableError("limit_memory", f"page {number} draws {total} line segments, more than {MAX_SEGMENTS}")
    if total == 0:
        return Ruling.nothing(), _Areas.nothing()
    modes = _MEMORY.modes.ask(_draw_mode, drawn_paths, count=len(handles))
    filled, stroked = modes[:, 0] != 0, modes[:, 1] != 0
    forms = [objects.forms[i] for i in chosen]
    bars, bar_of = _bars(drawn_paths, np.array(counts), filled & ~stroked, forms, objects, frame)
    for i in bar_of.tolist():
        counts[i] = 0
    total = sum(max(0, c) for c in counts)
    if total == 0:
        return Ruling.of_lines(_within_clips(bars, bar_of, drawn_paths, forms, objects, frame)), _Areas.nothing()

    owners: list[Any] = []
    places: list[int] = []
    for path, count in zip(drawn_paths, counts, strict=True):
        owners += (path,) * max(0, count)
        places += range(max(0, count))
    segments = list(map(_argument, map(_path_segment, owners, places)))
    points = _MEMORY.vertices.ask(_segment_point, segments, count=total)
    kinds = np.fromiter(map(_segment_type, segments), np.int8, total)
    path_of = np.repeat(np.arange(len(handles)), np.maximum(counts, 0))

    m = _MEMORY.matrices.ask(_object_matrix, drawn_paths, count=len(handles)).astype(float)
    if len(objects.matrices) > 1:
        f = np.array(objects.matrices)[forms]
        o = m.copy()
        m[:, 0] = o[:, 0] * f[:, 0] + o[:, 1] * f[:, 2]
        m[:, 1] = o[:, 0] * f[:, 1] + o[:, 1] * f[:, 3]
        m[:, 2] = o[:, 2] * f[:, 0] + o[:, 3] * f[:, 2]
        m[:, 3] = o[:, 2] * f[:, 1] + o[:, 3] * f[:, 3]
        m[:, 4] = o[:, 4] * f[:, 0] + o[:, 5] * f[:, 2] + f[:, 4]
        m[:, 5] = o[:, 4] * f[:, 1] + o[:, 5] * f[:, 3] + f[:, 5]
    m = m[path_of]
    px = points[:, 0] * m[:, 0] + points[:, 1] * m[:, 2] + m[:, 4]
    py = points[:, 0] * m[:, 1] + points[:, 1] * m[:, 3] + m[:, 5]
    x, y = frame.displayed(px, py)

    begins = np.flatnonzero((kinds == _MOVE_TO) | np.concatenate(([True], path_of[1:] != path_of[:-1])))
    ends = np.append(begins[1:], total) - 1
    piece_of = np.repeat(np.arange(len(begins)), ends - begins + 1)
    # straight stretches, each from the point before
    straight = np.flatnonzero((kinds[1:] == _LINE_TO) & (piece_of[1:] == piece_of[:-1])) + 1
    a, b = straight - 1, straight
    # a filled shape, and a stroked one that says so, is closed from its last point to its first
    closing = np.flatnonzero((ends - begins >= 2) & (np.hypot(x[ends] - x[begins], y[ends] - y[begins]) > 0.1))
    if len(closing):
        closed = filled[path_of[ends[closing]]] | np.array(
            [bool(_segment_close(segments[e])) for e in ends[closing].tolist()]
        )
        closing = closing[closed]
        a, b = np.concatenate([a, ends[closing]]), np.concatenate([b, begins[closing]])
    # some printers draw every border as a curve whose control points lie on one line
    curved = np.flatnonzero((kinds == _CURVE_TO) & (piece_of == np.roll(piece_of, -2)))
    if len(curved):
        heads = _curve_heads(kinds, piece_of)
        flat = [heads - 1, heads, heads + 1, heads + 2]
        xs, ys = x[np.stack(flat)], y[np.stack(flat)]
        level = (np.ptp(xs, axis=0) <= 0.2) | (np.ptp(ys, axis=0) <= 0.2)
        a, b = np.concatenate([a, heads[level] - 1]), np.concatenate([b, heads[level] + 2])
    drawn, solid, shape = _drawn(drawn_paths, filled, stroked, x, y, begins, path_of, frame)
    areas = _Areas(np.array(chosen)[path_of[begins[solid]]], shape[solid])
    keep = drawn[piece_of[a]]
    a, b = a[keep], b[keep]
    lines = np.stack(
        [np.minimum(x[a], x[b]), np.minimum(y[a], y[b]), np.maximum(x[a], x[b]), np.maximum(y[a], y[b])], axis=1
    )
    lines, owner = np.concatenate([lines, bars]), np.concatenate([path_of[a], bar_of])
    return Ruling.of_lines(_within_clips(lines, owner, drawn_paths, forms, objects, frame)), areas


def _bars(
    paths: list[Any],
    counts: npt.NDArray[np.intp],
    filled_only: npt.NDArray[np.bool_],
    forms: list[int],
    objects: _Objects,
    frame: _Frame,
) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Thin filled shapes of few points, as lines through their middle, and the path of each.

    Most printers draw borders so; their bounds say all, which spares the walk over their points.
    """
    simple = np.flatnonzero(filled_only & (counts >= 4) & (counts <= 6))
    if not len(simple):
        return np.empty((0, 4)), simple
    shapes = [paths[i] for i in simple.tolist()]
    box = _MEMORY.bounds.ask(_object_bounds, shapes, count=len(shapes)).astype(float)  # left, bottom, right, top
    if len(objects.matrices) > 1:
        clips = [(b[0], b[1], b[2], b[3]) for b in box.tolist()]
        box = np.array(
            [_transformed(c, objects.matrices[forms[i]]) for c, i in zip(clips, simple.tolist(), strict=True)]
        )
    shown = frame.displayed_box(box[:, 0], box[:, 1], box[:, 2], box[:, 3])
    wide, tall = shown[:, 2] - shown[:, 0], shown[:, 3] - shown[:, 1]
    thin = np.minimum(wide, tall) <= THIN
    shown, wide, tall = shown[thin], wide[thin], tall[thin]
    middle = (shown[:, :2] + shown[:, 2:]) / 2
    level = wide >= tall
    lines = np.where(
        level[:, None],
        np.stack([shown[:, 0], middle[:, 1], shown[:, 2], middle[:, 1]], axis=1),
        np.stack([middle[:, 0], shown[:, 1], middle[:, 0], shown[:, 3]], axis=1),
    )
    return lines, simple[thin]


def _within_clips(
    lines: Floats, owner: npt.NDArray[np.intp], paths: list[Any], forms: list[int], objects: _Objects, frame: _Frame
) -> Floats:
    """What shows of each line within the page and the clip of its path."""
    width, height = frame.size
    limits = np.array([[0.0, 0.0, width, height]])
    clips = _clips(paths, forms, objects, frame)
    if clips is not None:
        shown, which = clips
        limits = np.concatenate([np.maximum(shown[:, :2], 0), np.minimum(shown[:, 2:], (width, height))], axis=1)
        limits = limits[which[owner]]
    slack = 1.0  # borders are often drawn on the edge of the clip: half of the line shows
    inside = ((lines[:, 2:] >= limits[:, :2] - slack) & (lines[:, :2] <= limits[:, 2:] + slack)).all(axis=1)
    lines = lines[inside]
    if clips is not None:
        limits = limits[inside]
    low, high = np.tile(limits[:, :2], 2), np.tile(limits[:, 2:], 2)
    shown_part: Floats = np.minimum(np.maximum(lines, low), high)
    return shown_part


def _curve_heads(kinds: npt.NDArray[np.int8], piece_of: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Index of the first of the three points of every curve stretch (pdfium stores them as three curve-to points)."""
    is_curve = kinds == _CURVE_TO
    starts = np.flatnonzero(is_curve & ~np.concatenate(([False], is_curve[:-1] & (piece_of[1:] == piece_of[:-1]))))
    stops = np.flatnonzero(is_curve & ~np.concatenate((is_curve[1:] & (piece_of[1:] == piece_of[:-1]), [False]))) + 1
    heads = [h for s, e in zip(starts.tolist(), stops.tolist(), strict=True) for h in range(s, e - 2, 3) if h > 0]
    return np.array(heads, np.intp)


def _drawn(
    paths: list[Any],
    filled: npt.NDArray[np.bool_],
    stroked: npt.NDArray[np.bool_],
    x: Floats,
    y: Floats,
    begins: npt.NDArray[np.intp],
    path_of: npt.NDArray[np.intp],
    frame: _Frame,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Floats]:
    """For every piece (subpath) whether its edges are ruling lines that show, whether it is a filled area, and its box.

    No rules: paths neither stroked nor filled, shaded areas in white or as large as the page (backgrounds), and
    whatever is fully transparent.
    """
    owner = path_of[begins]
    low_x, high_x = np.minimum.reduceat(x, begins), np.maximum.reduceat(x, begins)
    low_y, high_y = np.minimum.reduceat(y, begins), np.maximum.reduceat(y, begins)
    wide, tall = high_x - low_x, high_y - low_y
    drawn = filled[owner] | stroked[owner]
    solid = filled[owner] & (np.minimum(wide, tall) > THIN)
    shade = solid & ~stroked[owner]
    width, height = frame.size
    drawn &= ~(shade & (wide * tall > 0.5 * width * height))
    shaded = np.unique(owner[shade & drawn])
    red, green, blue, alpha = _MEMORY.colours.ask(
        _fill_colour, [paths[i] for i in shaded.tolist()], count=len(shaded), before=1
    ).T
    pale = np.zeros(len(paths), bool)
    pale[shaded] = (alpha == 0) | (np.minimum(np.minimum(red, green), blue) >= 250)
    drawn &= ~(shade & pale[owner])
    return drawn, solid, np.stack([low_x, low_y, high_x, high_y], axis=1)


# ── characters ────────────────────────────────────────────────────────────────────────────────────────────────────────

# Chromium and some fonts map glyphs to radicals (⽉ ⻔) where the page shows the ideograph (月 门).
_RADICALS: Final = {code: fold(chr(code)) for code in range(0x2E80, 0x2FE0) if len(fold(chr(code))) == 1}


def _glyphs_of(page: int, objects: _Objects, areas: _Areas, frame: _Frame, number: int) -> tuple[Glyphs, int, int]:
    """The visible characters; how many the text layer has, blanks left out, and how many of these are unmapped."""
    text_page = _load_text(page)
    if not text_page:
        return Glyphs.nothing(), 0, 0
    try:
        count = _count_chars(text_page)
        if count > MAX_CHARACTERS:
            raise UnreadableError("limit_memory", f"page {number} holds {count} characters, more than {MAX_CHARACTERS}")
        if count <= 0:
            return Glyphs.nothing(), 0, 0
        return _characters(page, text_page, count, objects, areas, frame)
    finally:
        _close_text(text_page)


def _codes(text_page: int, count: int) -> npt.NDArray[np.uint32]:
    buffer = np.zeros(count * 2 + 2, np.uint16)
    length = _get_text(text_page, 0, count, buffer.ctypes.data) - 1
    codes = buffer[: max(0, length)].astype(np.uint32)
    # characters beyond the basic plane take two places in the text and one in the page
    if length == count and not ((codes >= 0xD800) & (codes < 0xE000)).any():
        return codes
    return np.fromiter(map(_unicode, repeat(_argument(text_page)), range(count)), np.uint32, count)


def _characters(
    page: int, text_page: int, count: int, objects: _Objects, areas: _Areas, frame: _Frame
) -> tuple[Glyphs, int, int]:
    codes = _codes(text_page, count)
    # codes of glyphs that no table maps to characters come as if they were characters, control characters among them
    text = repeat(_argument(text_page))
    stray = np.fromiter(map(_unmapped, text, range(count)), np.int8, count) == 1
    stray |= (codes >= 0xE000) & (codes < 0xF900) | (codes == 0xFFFD)
    unmapped = int(np.count_nonzero(stray))
    blank = (codes <= 32) & (codes != 2) | (codes == 0xA0) | (codes == 0x3000) | (codes == 0x200B) | (codes == 0xFEFF)
    blank |= (codes >= 0x2000) & (codes <= 0x200A) | (codes >= 0xD800) & (codes < 0xE000) | (codes > 0x10FFFF)
    keep = np.flatnonzero(~blank)
    characters = int(np.count_nonzero(~blank | stray))
    if not len(keep):
        return Glyphs.nothing(), characters, unmapped
    places, n = keep.tolist(), len(keep)
    codes = codes[keep]
    codes[(codes == 2) | (codes == 0xFFFE)] = ord("-")  # pdfium's marks for a hyphen at the end of a line
    radical = (codes >= 0x2E80) & (codes < 0x2FE0)
    for i in np.flatnonzero(radical).tolist():
        codes[i] = ord(_RADICALS.get(int(codes[i]), chr(int(codes[i]))))

    boxes = _MEMORY.boxes.ask(_char_box, text, places, count=n)  # left, right, bottom, top
    origins = _MEMORY.points.ask(_char_origin, text, places, count=n)

    owners = [pointer or 0 for pointer in map(_char_object, text, places)]
    # characters of one text object follow each other: they have its matrix, font, ink and clip
    owner = np.array(owners, np.uint64)
    begins = np.concatenate(([True], owner[1:] != owner[:-1]))
    first, run_of = np.flatnonzero(begins), np.cumsum(begins) - 1
    handles: list[int] = owner[first].tolist()
    box = frame.displayed_box(boxes[:, 0], boxes[:, 2], boxes[:, 1], boxes[:, 3])
    samples = keep[first].tolist()
    matrix = _MEMORY.matrices.ask(_char_matrix, text, samples, count=len(first))
    fonts = np.fromiter(map(_font_size, text, samples), np.float64, len(first))
    size = fonts * np.hypot(matrix[:, 2], matrix[:, 3])
    width = (fonts * np.hypot(matrix[:, 0], matrix[:, 1]))[run_of]
    wide = (codes >= 0x2E80) & (codes < 0xFFE7) & ((codes < 0xFF61) | (codes > 0xFFDF))

    quarter = np.arctan2(matrix[:, 1], matrix[:, 0]).astype(float) / (np.pi / 2)
    turn = np.rint(quarter).astype(np.int64)
    upright = np.abs(quarter - turn) <= 0.06  # five degrees: more is a watermark or a stamp
    turn = (turn - frame.turns) & 3  # /Rotate turns the page clockwise

    x, y = frame.displayed(origins[:, 0], origins[:, 1])
    up = np.array([(0, -1), (-1, 0), (0, 1), (1, 0)])[turn] * (0.7 * size)[:, None]
    far_x, far_y = x + up[run_of, 0], y + up[run_of, 1]
    caps = np.stack([np.minimum(x, far_x), np.minimum(y, far_y), np.maximum(x, far_x), np.maximum(y, far_y)], axis=1)
    visible, doubtful, middle, cut = _visible(handles, objects, areas, box, run_of, upright, caps, frame)
    layer = _is_layer_over_picture(handles, run_of, objects, frame)
    if layer is not None:
        visible &= ~layer
        doubtful &= ~layer
    if doubtful.any():
        visible &= ~doubtful | _inked(page, box, visible & ~doubtful, doubtful, frame)
    chosen = np.flatnonzero(visible)
    glyphs = Glyphs(
        texts=codes.astype("<u4").view("<U1")[chosen],
        box=box[chosen],
        middle=middle[chosen],
        origin=np.stack([x, y], axis=1)[chosen],
        size=size[run_of][chosen],
        advance=np.where(wide, width, 0.0)[chosen],
        turn=turn[run_of][chosen],
        order=keep[chosen],
        confidence=None,
        cut=None if cut is None else cut[chosen],
    )
    return with_marks(printed_once(glyphs)), characters, unmapped


def _is_layer_over_picture(
    handles: list[int], run_of: npt.NDArray[np.intp], objects: _Objects, frame: _Frame
) -> npt.NDArray[np.bool_] | None:
    """The characters of an invisible text layer that a scanner laid over the picture of its page; None where there is none.

    Such text is what a recogniser guessed: the picture is what the page shows.
    """
    if _IMAGE not in objects.types:
        return None
    modes = np.array([_render_mode(_argument(h)) == _INVISIBLE_MODES[0] if h else False for h in handles], bool)[run_of]
    if not len(modes) or np.count_nonzero(modes) < LAYER_SHARE * len(modes):
        return None
    width, height = frame.size
    for handle, kind, form in zip(objects.handles, objects.types, objects.forms, strict=True):
        if kind == _IMAGE and (bounds := _bounds(handle)):
            left, bottom, right, top = _transformed(bounds, objects.matrices[form])
            if abs(right - left) * abs(top - bottom) >= LAYER_PICTURE * width * height:
                return modes
    return None


def _visible(
    handles: list[int],
    objects: _Objects,
    areas: _Areas,
    box: Floats,
    run_of: npt.NDArray[np.intp],
    upright: npt.NDArray[np.bool_],
    caps: Floats,
    frame: _Frame,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Floats, npt.NDArray[np.bool_] | None]:
    """Per character: whether it can be seen by geometry, whether only the rendered page can tell, middle of what shows,
    and whether its clip cuts it at its left, top, right, bottom (None: nothing is clipped).

    `caps` (n, 4) is the height of a capital letter over the origin of each character.

    Not seen: outside the page, outside its clip, slanted (watermarks). Doubtful: invisible or white or transparent ink
    (white text may stand on a dark header), and text drawn before a picture or a filled area that covers it.
    """
    width, height = frame.size
    middle = (box[:, :2] + box[:, 2:]) / 2
    cx, cy = middle[:, 0], middle[:, 1]
    seen = (cx >= 0) & (cy >= 0) & (cx <= width) & (cy <= height) & upright[run_of]
    forms: list[int] = [0] * len(handles)
    if len(objects.matrices) > 1:
        form_of = dict(zip(objects.handles, objects.forms, strict=True))
        forms = [form_of.get(h, 0) for h in handles]
    real = [i for i, h in enumerate(handles) if h] if 0 in handles else list(range(len(handles)))
    suspect = np.zeros(len(handles), bool)
    sides: npt.NDArray[np.bool_] | None = None
    if real:
        drawn = [_argument(handles[i]) for i in real]
        clips = _clips(drawn, [forms[i] for i in real], objects, frame)
        if clips is not None:
            shapes, which = clips
            clip_of = np.full(len(handles), len(shapes) - 1)
            clip_of[real] = which
            shown = shapes[clip_of[run_of]]
            # a row cut by the page shows half of its digits on each: letters of one line are seen or not seen together,
            # whatever their height (`142.000000` must not lose its point), and less than two fifths cannot be read
            low, high = np.minimum(box[:, :2], caps[:, :2]), np.maximum(box[:, 2:], caps[:, 2:])
            sticks_out = (low < shown[:, :2]) | (high > shown[:, 2:])
            cut = np.flatnonzero(sticks_out[:, 0] | sticks_out[:, 1])
            if len(cut):
                low, high, shown, own = low[cut], high[cut], shown[cut], box[cut]
                first, last = np.maximum(low, shown[:, :2]), np.minimum(high, shown[:, 2:])
                seen[cut] &= (last - first >= 0.4 * (high - low)).all(axis=1)
                inked = ((own[:, :2] < shown[:, :2]) | (own[:, 2:] > shown[:, 2:])).any(axis=1)
                middle[cut[inked]] = (first[inked] + last[inked]) / 2
                sides = np.zeros((len(box), 4), bool)
                room = 0.08 * (high - low)
                sides[cut, :2], sides[cut, 2:] = shown[:, :2] - low > room, high - shown[:, 2:] > room
        red, green, blue, alpha = _MEMORY.colours.ask(_fill_colour, drawn, count=len(real), before=255).T
        modes = np.fromiter(map(_render_mode, drawn), np.int32, len(real))
        pale = ((red >= 235) & (green >= 235) & (blue >= 235)) | (alpha < 20)
        invisible, clipping = _INVISIBLE_MODES
        suspect[real] = (modes == invisible) | (modes == clipping) | pale
    doubtful = seen & suspect[run_of]
    covered = _covered(handles, objects, areas, box, run_of, frame)
    if covered is not None:
        doubtful |= seen & covered
    return seen, doubtful, middle, sides


def _covered(
    handles: list[int], objects: _Objects, areas: _Areas, box: Floats, run_of: npt.NDArray[np.intp], frame: _Frame
) -> npt.NDArray[np.bool_] | None:
    """Characters over which a picture or a filled area is drawn later; None when there is none such."""
    if _TEXT not in objects.types:
        return None
    first_text = objects.types.index(_TEXT)
    late = areas.order > first_text
    orders, shapes = areas.order[late].tolist(), areas.box[late].tolist()
    if _IMAGE in objects.types or _SHADING in objects.types:
        for i in range(first_text + 1, len(objects.types)):
            if objects.types[i] in (_IMAGE, _SHADING) and (bounds := _bounds(objects.handles[i])):
                left, bottom, right, top = bounds
                area = _transformed((left, bottom, right, top), objects.matrices[objects.forms[i]])
                shown = frame.displayed_box(*(np.array([v]) for v in area))[0].tolist()
                orders.append(i)
                shapes.append(shown)
    if not orders:
        return None
    place = {h: i for i, h in enumerate(objects.handles)}
    rank = np.array([place.get(h, len(place)) for h in handles])[run_of]
    cx, cy = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    covered = np.zeros(len(box), bool)
    for order, (x0, top, x1, bottom) in zip(orders, shapes, strict=True):
        covered |= (rank < order) & (cx > x0) & (cx < x1) & (cy > top) & (cy < bottom)
    return covered if covered.any() else None


def _bounds(handle: int) -> Clip | None:
    """Left, bottom, right, top of an object in the space of its parent, None when it has no extent."""
    bounds = (_F * 4)()
    step = ctypes.sizeof(_F)
    if not _object_bounds(_argument(handle), *(ctypes.byref(bounds, step * side) for side in range(4))):
        return None
    left, bottom, right, top = bounds
    return left, bottom, right, top


def _inked(
    page: int, box: Floats, certain: npt.NDArray[np.bool_], doubtful: npt.NDArray[np.bool_], frame: _Frame
) -> npt.NDArray[np.bool_]:
    """Render the page and look: a doubtful character is believed where the picture shows contrast that is its own.

    Contrast that a certain character leaves at the same spot proves nothing.
    """
    shade, scale = _rendered(page, frame)
    believed = np.zeros(len(box), bool)
    sure = box[certain]
    for i in np.flatnonzero(doubtful).tolist():
        x0, top, x1, bottom = box[i].tolist()
        cx, cy = (x0 + x1) / 2, (top + bottom) / 2
        if ((sure[:, 0] <= cx) & (sure[:, 2] >= cx) & (sure[:, 1] <= cy) & (sure[:, 3] >= cy)).any():
            continue
        spot = shade[max(0, int(top * scale)) : int(bottom * scale) + 1, max(0, int(x0 * scale)) : int(x1 * scale) + 1]
        believed[i] = bool(spot.size) and int(spot.max()) - int(spot.min()) >= 60
    return believed


def _rendered(page: int, frame: _Frame) -> tuple[npt.NDArray[np.uint8], float]:
    """The page in grey and its scale in pixels a point; at most 16 million pixels."""
    width, height = frame.size
    scale = min(2.0, (16e6 / max(1.0, width * height)) ** 0.5)
    w, h = max(1, int(width * scale)), max(1, int(height * scale))
    pixels = np.full((h, w), 255, np.uint8)
    bitmap = _bitmap_create(w, h, 1, pixels.ctypes.data, w)  # 1 = FPDFBitmap_Gray
    if not bitmap:
        raise UnreadableError("limit_memory", f"no bitmap of {w} x {h} pixels for a page")
    try:
        _bitmap_fill(bitmap, 0, 0, w, h, 0xFFFFFFFF)
        _render(bitmap, page, 0, 0, w, h, 0, 0x08)  # FPDF_GRAYSCALE
    finally:
        _bitmap_destroy(bitmap)
    return pixels, scale
