"""OFD (GB/T 33190-2016), the national layout format that replaces PDF on portals → `Reading`.

A page of OFD is text with the place of every character, paths and pictures, in millimetres from the top left; it becomes the same
glyphs and ruling lines as a page of PDF, and tables are found on it by the same code. Seals lie over the page as signatures and
pictures: they hide nothing of the text below. Nothing is followed outside the package, no script is run.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from lxml import etree

from budget.disclosure import PagePlace, Unread
from extract.page.tables import Glyphs, PageBlocks, Ruling, page_blocks
from extract.readers.embedded_pictures import PictureReader
from extract.readers.office_parts import Package, opened
from extract.readers.overprint import printed_once, with_marks
from extract.reading import Grid, Line, NotUnderstood, Reading, UnreadableError

POINTS: Final = 72 / 25.4
"""Points of one millimetre."""
A4: Final = (210.0, 297.0)
"""Millimetres of a page that gives no size."""
MAX_PAGES: Final = 2000
MAX_OBJECTS: Final = 400_000
"""Objects of one page; a dense printed page has under 20,000."""
MAX_CHARACTERS: Final = 400_000
MAX_NESTING: Final = 20
"""Blocks of objects inside one another."""
ASCENT, DESCENT = 0.88, 0.12
"""Shares of the letter height above and below the baseline: the em box of Chinese fonts."""
NARROW: Final = 0.5
"""Letter heights that a character below U+0100 takes where the file does not say."""
PAGE_PICTURE: Final = 0.5
"""Share of the page that a picture covers from which on a page without text is a scan."""
THIN: Final = 4.0
"""Points up to which a filled path is a drawn line and no shaded area."""
SLANT: Final = 0.1
"""Quarter turns by which text may be off the axes; more is a watermark."""
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_PATH = re.compile(r"[SMLQBAC]|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?")
_ARGUMENTS: Final = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
_HARMLESS_NOTES: Final = {"Watermark", "Stamp", "Link", "Highlight", "Path"}
"""Kinds of annotation that hold no figures of the document."""
Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass
class _Page:
    """What stands on one page so far, in points."""

    width: float
    height: float
    texts: list[str] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    origins: list[tuple[float, float]] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    advances: list[float] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)
    pictures: list[tuple[str, float]] = field(default_factory=list)
    """Resource of each picture and the share of the page that it covers."""
    objects: int = 0
    counter: int = 0
    """Characters so far, blanks counted, and one more between two texts."""

    def glyphs(self) -> Glyphs:
        if not self.texts:
            return Glyphs.nothing()
        box = np.array(self.boxes, float).reshape(-1, 4)
        return with_marks(
            printed_once(
                Glyphs(
                    texts=np.array(self.texts, np.str_), box=box, middle=(box[:, :2] + box[:, 2:]) / 2,
                    origin=np.array(self.origins, float).reshape(-1, 2), size=np.array(self.sizes, float),
                    advance=np.array(self.advances, float), turn=np.array(self.turns, np.int64),
                    order=np.array(self.order, np.intp),
                )
            )
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Document:
    """One document of a package: its parts by the identifiers that its pages use."""

    root: str
    size: tuple[float, float]
    pages: tuple[str, ...]
    templates: dict[str, str]
    pictures: dict[str, str]
    attachments: tuple[str, ...]
    annotations: dict[str, str]
    """Page id → the part with its annotations."""
    page_ids: tuple[str, ...]


def read_ofd(data: bytes) -> Reading:
    """An OFD file → lines and grids of its pages. Raises UnreadableError (corrupt, limit_pages, limit_memory, limit_nesting …)."""
    with opened(data) as package:
        documents = list(_documents(package))
        if not documents:
            raise UnreadableError("corrupt", "OFD.xml names no document; open the file by hand and save it anew")
        blocks: list[Line | Grid] = []
        sizes: list[tuple[float, float]] = []
        met: list[NotUnderstood] = []
        pictures = PictureReader()
        unread: list[Unread] = []
        seen_text = False
        for document in documents:
            met += [NotUnderstood("embedded_file", name) for name in document.attachments]
            for part, page_id in zip(document.pages, document.page_ids, strict=True):
                if len(sizes) >= MAX_PAGES:
                    raise UnreadableError("limit_pages", f"the file has more than {MAX_PAGES} pages")
                number = len(sizes) + 1
                page = _read_page(package, document, part, number)
                sizes.append((page.width, page.height))
                seen_text = seen_text or bool(page.texts)
                found = _blocks(package, document, page, number, pictures)
                blocks += found.blocks
                unread += found.unread
                met += _notes(package, document.annotations.get(page_id), number, page)
    if not blocks and not pictures.read and not seen_text:
        raise UnreadableError("empty", f"none of the {len(sizes)} pages shows text or a picture")
    return Reading("ofd", tuple(blocks), len(sizes), tuple(unread), tuple(sizes), (*met, *pictures.met))


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: etree._Element | None, *names: str) -> Iterator[etree._Element]:
    """The elements below one, level by level by their names; names of no namespace fit any."""
    if element is None:
        return
    if not names:
        yield element
        return
    for child in element:
        if _local(child) == names[0]:
            yield from _children(child, *names[1:])


def _text(element: etree._Element | None, *names: str) -> str:
    return next(((found.text or "").strip() for found in _children(element, *names)), "")


def _place(base: str, location: str) -> str:
    """Where a part stands: from the root of the package with a slash before it, else from the folder of `base`."""
    location = location.strip().replace("\\", "/")
    if location.startswith("/"):
        return posixpath.normpath(location).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), location)) if location else ""


def _documents(package: Package) -> Iterator[_Document]:
    entry = next((name for name in package.names if name.lower() == "ofd.xml"), "OFD.xml")
    root = package.xml(entry)
    if root is None:
        raise UnreadableError("corrupt", "OFD.xml is missing: not an OFD file, or a damaged one")
    for body in _children(root, "DocBody"):
        part = _place(entry, _text(body, "DocRoot"))
        document = package.xml(part)
        if document is None:
            raise UnreadableError("corrupt", f"{part or 'a document'} is missing from the OFD file; download it again")
        yield _document(package, part, document)


def _document(package: Package, part: str, document: etree._Element) -> _Document:
    common = next(_children(document, "CommonData"), None)
    pictures: dict[str, str] = {}
    for name in ("PublicRes", "DocumentRes"):
        for resource in _children(common, name):
            pictures |= _pictures(package, _place(part, (resource.text or "")))
    templates = {
        page.get("ID") or "": _place(part, page.get("BaseLoc") or "") for page in _children(common, "TemplatePage")
    }
    pages = list(_children(document, "Pages", "Page"))
    annotations: dict[str, str] = {}
    notes = _place(part, _text(document, "Annotations"))
    listed = package.xml(notes) if notes else None
    for page in _children(listed, "Page"):
        annotations[page.get("PageID") or ""] = _place(notes, _text(page, "FileLoc"))
    carried = _place(part, _text(document, "Attachments"))
    attached = package.xml(carried) if carried else None
    names = tuple(one.get("Name") or one.get("ID") or "#" for one in _children(attached, "Attachment"))
    return _Document(
        part, _box_size(_text(common, "PageArea", "PhysicalBox")) or A4,
        tuple(_place(part, page.get("BaseLoc") or "") for page in pages), templates, pictures, names, annotations,
        tuple(page.get("ID") or "" for page in pages),
    )  # fmt: skip


def _pictures(package: Package, part: str) -> dict[str, str]:
    """Identifier → part of the pictures that a part of resources names."""
    root = package.xml(part) if part else None
    if root is None:
        return {}
    base = root.get("BaseLoc") or ""
    folder = _place(part, base) + "/x" if base else part
    found = {}
    for media in _children(root, "MultiMedias", "MultiMedia"):
        if media.get("Type", "Image") == "Image":
            found[media.get("ID") or ""] = _place(folder, _text(media, "MediaFile"))
    return found


def _numbers(text: str | None) -> list[float]:
    return [float(one) for one in _NUMBER.findall(text or "")]


def _box_size(text: str) -> tuple[float, float] | None:
    numbers = _numbers(text)
    return (numbers[2], numbers[3]) if len(numbers) == 4 and numbers[2] > 0 and numbers[3] > 0 else None


def _read_page(package: Package, document: _Document, part: str, number: int) -> _Page:
    root = package.xml(part)
    if root is None:
        raise UnreadableError("corrupt", f"page {number} ({part}) is missing from the OFD file; download it again")
    width, height = _box_size(_text(root, "Area", "PhysicalBox")) or document.size
    page = _Page(width * POINTS, height * POINTS)
    for template in _children(root, "Template"):
        below = package.xml(document.templates.get(template.get("TemplateID") or "", ""))
        _layers(below, page, number)
    _layers(root, page, number)
    return page


def _layers(root: etree._Element | None, page: _Page, number: int) -> None:
    for layer in _children(root, "Content", "Layer"):
        _objects(layer, page, number, 0)


def _objects(parent: etree._Element, page: _Page, number: int, depth: int) -> None:
    if depth > MAX_NESTING:
        raise UnreadableError("limit_nesting", f"page {number} nests blocks more than {MAX_NESTING} deep")
    for element in parent:
        page.objects += 1
        if page.objects > MAX_OBJECTS:
            raise UnreadableError("limit_memory", f"page {number} draws more than {MAX_OBJECTS:,} objects")
        if element.get("Visible") in ("false", "0") or element.get("Alpha") == "0":
            continue
        kind = _local(element)
        if kind == "TextObject":
            _take_text(element, page, number)
        elif kind == "PathObject":
            _take_path(element, page)
        elif kind == "ImageObject":
            size = _box_size(element.get("Boundary") or "") or (0.0, 0.0)
            share = size[0] * size[1] * POINTS**2 / (page.width * page.height)
            page.pictures.append((element.get("ResourceID") or "", share))
        elif kind == "PageBlock":
            _objects(element, page, number, depth + 1)


def _frame(element: etree._Element) -> tuple[float, float, Matrix]:
    """Left and top of an object's boundary, and its own matrix."""
    boundary, matrix = _numbers(element.get("Boundary")), _numbers(element.get("CTM"))
    x, y = (boundary[0], boundary[1]) if len(boundary) == 4 else (0.0, 0.0)
    return x, y, (matrix[0], matrix[1], matrix[2], matrix[3], matrix[4], matrix[5]) if len(matrix) == 6 else IDENTITY


def _at(x: float, y: float, left: float, top: float, m: Matrix) -> tuple[float, float]:
    """A point of an object in points of its page."""
    return (x * m[0] + y * m[2] + m[4] + left) * POINTS, (x * m[1] + y * m[3] + m[5] + top) * POINTS


def _deltas(text: str | None, count: int) -> list[float]:
    """The steps between characters: numbers, or `g 3 5` for three steps of five."""
    found: list[float] = []
    parts = (text or "").split()
    index = 0
    while index < len(parts) and len(found) < count:
        if parts[index] == "g" and index + 2 < len(parts):
            times, step = _numbers(parts[index + 1]), _numbers(parts[index + 2])
            found += (step[:1] or [0.0]) * min(count, int(times[0]) if times else 0)
            index += 3
        else:
            found += _numbers(parts[index])[:1]
            index += 1
    return found[:count]


def _take_text(element: etree._Element, page: _Page, number: int) -> None:
    colour = next(_children(element, "FillColor"), None)
    if (colour is not None and colour.get("Alpha") == "0") or element.get("Fill") == "false":
        return
    left, top, matrix = _frame(element)
    size = (_numbers(element.get("Size")) or [0.0])[0]
    stretch = (_numbers(element.get("HScale")) or [1.0])[0]
    quarter = np.arctan2(matrix[1], matrix[0]) / (np.pi / 2)
    turn = round(float(quarter))
    if size <= 0 or abs(float(quarter) - turn) > SLANT:
        return
    tall = size * float(np.hypot(matrix[2], matrix[3]))
    x = y = 0.0
    for code in _children(element, "TextCode"):
        text = code.text or ""
        x = (_numbers(code.get("X")) or [x])[0]
        y = (_numbers(code.get("Y")) or [y])[0]
        across, down = _deltas(code.get("DeltaX"), len(text)), _deltas(code.get("DeltaY"), len(text))
        at_x, at_y = x, y
        for index, sign in enumerate(text):
            usual = size * stretch * (NARROW if ord(sign) < 0x100 else 1.0)
            step = across[index] if index < len(across) else (0.0 if down else usual)
            page.counter += 1
            if sign.strip():
                advance = min(step, usual) if step > 0 else usual
                _take_sign(page, sign, (at_x, at_y), advance, size, tall, turn, (left, top, matrix))
            at_x += step
            at_y += down[index] if index < len(down) else 0.0
        page.counter += 1
        if len(page.texts) > MAX_CHARACTERS:
            raise UnreadableError("limit_memory", f"page {number} holds more than {MAX_CHARACTERS:,} characters")


def _take_sign(
    page: _Page, sign: str, at: tuple[float, float], advance: float, size: float, tall: float, turn: int,
    frame: tuple[float, float, Matrix],
) -> None:  # fmt: skip
    x, y = at
    corners = [_at(x + dx, y + dy, *frame) for dx in (0.0, advance) for dy in (-ASCENT * size, DESCENT * size)]
    xs, ys = [corner[0] for corner in corners], [corner[1] for corner in corners]
    box = (min(xs), min(ys), max(xs), max(ys))
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    if not (0 <= middle[0] <= page.width and 0 <= middle[1] <= page.height):
        return
    page.order.append(page.counter)
    page.texts.append(sign)
    page.boxes.append(box)
    page.origins.append(_at(x, y, *frame))
    page.sizes.append(tall * POINTS)
    page.advances.append(advance * POINTS if ord(sign) >= 0x2E80 else 0.0)
    page.turns.append(-turn & 3)


def _take_path(element: etree._Element, page: _Page) -> None:
    """The straight stretches of a path: drawn lines, the sides of drawn boxes, and filled boxes thin enough to be a line."""
    data = next(_children(element, "AbbreviatedData"), None)
    stroked, filled = element.get("Stroke") != "false", element.get("Fill") == "true"
    if data is None or not (stroked or filled):
        return
    left, top, matrix = _frame(element)
    for points, straight in _pieces(data.text or ""):
        shown = [_at(x, y, left, top, matrix) for x, y in points]
        if filled and len(shown) > 2:
            xs, ys = [x for x, _ in shown], [y for _, y in shown]
            wide, tall = max(xs) - min(xs), max(ys) - min(ys)
            if min(wide, tall) <= THIN:
                x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
                page.lines.append((min(xs), y, max(xs), y) if wide >= tall else (x, min(ys), x, max(ys)))
                continue
        if stroked and straight:
            for (x0, y0), (x1, y1) in itertools.pairwise(shown):
                page.lines.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))


def _pieces(data: str) -> Iterator[tuple[list[tuple[float, float]], bool]]:
    """(points, whether all stretches between them are straight) of every subpath of `S`/`M x y L x y … C`."""
    tokens = _PATH.findall(data)
    points: list[tuple[float, float]] = []
    straight = True
    index = 0
    while index < len(tokens):
        command = tokens[index]
        index += 1
        if command not in _ARGUMENTS:
            continue
        count = _ARGUMENTS[command]
        arguments = tokens[index : index + count]
        if len(arguments) < count or any(one in _ARGUMENTS for one in arguments):
            continue
        index += count
        if command in "SM":
            if len(points) > 1:
                yield points, straight
            points, straight = [(float(arguments[0]), float(arguments[1]))], True
        elif command == "C":
            if len(points) > 1:
                yield [*points, points[0]], straight
            points, straight = points[:1], True
        else:
            straight = straight and command == "L"
            points.append((float(arguments[-2]), float(arguments[-1])))
    if len(points) > 1:
        yield points, straight


def _blocks(package: Package, document: _Document, page: _Page, number: int, pictures: PictureReader) -> PageBlocks:
    """Lines and grids of a page; a page without text whose picture covers it is read as a scan."""
    lines = np.array(page.lines, float).reshape(-1, 4)
    ruling = Ruling.of_lines(lines) if len(lines) else Ruling.nothing()
    found = page_blocks(number, page.width, page.height, page.glyphs(), ruling)
    shown: list[Line | Grid] = []
    for resource, share in page.pictures:
        part = document.pictures.get(resource, "")
        data = package.data(part) if part else None
        scan = not page.texts and share >= PAGE_PICTURE
        if data is None:
            if share >= PAGE_PICTURE or scan:
                pictures.missing(f"page {number}: {part or resource}")
            continue
        blocks = pictures.page(data, part) if scan else pictures.blocks(data, part)
        shown += [_on_page(block, number, page) for block in blocks]
    return PageBlocks((*found.blocks, *shown), found.unread) if shown else found


def _on_page(block: Line | Grid, number: int, page: _Page) -> Line | Grid:
    """What a picture shows, with the page as the place of its cells: where on the page is not told."""
    whole = PagePlace(page=number, bbox=(0.0, 0.0, page.width, page.height))
    if isinstance(block, Line):
        return replace(block, page=number, box=None)
    cells = tuple(replace(cell, at=_own_place(cell.at, number, whole)) for cell in block.cells)
    return replace(block, page=number, box=None, cells=cells)


def _own_place(at: object, number: int, whole: PagePlace) -> PagePlace:
    return at.model_copy(update={"page": number}) if isinstance(at, PagePlace) else whole


def _notes(package: Package, part: str | None, number: int, page: _Page) -> list[NotUnderstood]:
    """Annotations that write figures onto a page: said, not read."""
    root = package.xml(part) if part else None
    found = []
    for note in _children(root, "Annot"):
        if note.get("Type") in _HARMLESS_NOTES or note.get("Visible") == "false":
            continue
        text = "".join(code.text or "" for code in note.iter() if _local(code) == "TextCode")
        if re.search(r"\d", text):
            place = PagePlace(page=number, bbox=(0.0, 0.0, page.width, page.height))
            found.append(NotUnderstood("annotation", text[:80], place))
    return found
