"""What of an element of a page a person sees: hidden, raised, crossed out, framed, chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from extract.readers.embedded_pictures import LEAST_HEIGHT, LEAST_WIDTH
from extract.readers.page_styles import Style

SHOWN_OF_ADDRESS = 80
TURNED_MATHS: Final = frozenset(
    {"msup", "msub", "msubsup", "mfrac", "mover", "munder", "munderover", "mroot", "mtable"}
)
"""Formulas whose parts do not stand one behind the other: read in line, they would be another number."""
FURNITURE = re.compile(
    r"(?:^|/)(?:images?|imgs?|css|skins?|static|assets|themes?|templates?|styles?|icons?|public|common)/", re.I
)
"""Folders of what a portal shows on every page."""
FIGURE = re.compile(r"\d[\d,]*\.\d{2}(?!\d)")
_UNSHOWN = {
    "head", "script", "style", "noscript", "template", "title", "xml", "object", "iframe", "svg", "select",
    "audio", "video", "canvas", "applet", "frameset", "meta", "link", "base", "datalist", "annotation", "annotation-xml",
}  # fmt: skip
_SHOWN_AS: Final = {
    "table": "table", "inline-table": "table", "table-row": "tr", "table-cell": "td", "table-row-group": "tbody",
    "table-header-group": "thead", "table-footer-group": "tfoot",
}  # fmt: skip
"""Elements that styles make tables of (CSS 2.2, 17.2)."""
_GIVEN_SHAPE: Final = frozenset(
    {"div", "span", "ul", "ol", "li", "dl", "dt", "dd", "p", "section", "article", "main", "a"}
)
_MARKS: Final = frozenset({"sup", "sub", "rt", "rp"})
_OF_TABLES: Final = frozenset({"table", "tr", "td", "th", "tbody", "thead", "tfoot", "col", "colgroup"})
_FRAMED_PAGE = re.compile(r"\.(?:s?html?|pdf|docx?|xlsx?|ofd|wps|et)(?:[?#].*)?$", re.I)
_FRAME_FURNITURE = re.compile(
    r"share|stat|count|header|footer|nav|menu|login|search|weather|top|bottom|foot|head", re.I
)
"""Names of frames that portals put on every page."""


def is_raised(element: etree._Element, style: dict[str, str]) -> bool:
    """Whether an element is a mark beside the text of its line; cells are set higher or lower as a whole."""
    lifted = style.get("vertical-align") in ("super", "text-top", "sub", "text-bottom")
    return element.tag in _MARKS or (lifted and element.tag not in _OF_TABLES)


def is_unshown(element: etree._Element, style: Style) -> bool:
    if not isinstance(element.tag, str) or element.tag in _UNSHOWN or element.tag in TURNED_MATHS:
        return True
    return is_hidden(element, style)


def is_hidden(element: etree._Element, style: Style) -> bool:
    return "hidden" in element.attrib or style.get("display") == "none" or style.get("mso-hide") == "all"


def shown_as(element: etree._Element, style: Style) -> str:
    """The tag that says how an element is shown: boxes that styles make rows and cells of are these."""
    tag = str(element.tag)
    return _SHOWN_AS.get(style.get("display", ""), tag) if tag in _GIVEN_SHAPE else tag


def framed(element: etree._Element) -> str:
    """What a frame shows, where it may be a document: its address, or the page that it carries itself."""
    carried = element.get("srcdoc") or ""
    if carried:
        return (
            f"srcdoc {' '.join(re.sub('<[^>]*>', ' ', carried).split())[:SHOWN_OF_ADDRESS]}"
            if FIGURE.search(carried)
            else ""
        )
    address = (element.get("src") or element.get("data") or "").strip()
    sizes = [pixels(element.get(name)) for name in ("width", "height")]
    if any(size is not None and size < least for size, least in zip(sizes, (LEAST_WIDTH, LEAST_HEIGHT), strict=True)):
        return ""
    name = re.split(r"[?#]", address)[0].rpartition("/")[2]
    is_page = _FRAMED_PAGE.search(name) and not _FRAME_FURNITURE.search(name) and not FURNITURE.search(address)
    return address[-SHOWN_OF_ADDRESS:] if is_page else ""


def shown_texts(element: etree._Element) -> Iterator[str]:
    """The texts below an element, the chosen option alone of a list."""
    if element.tag == "select":
        options = list(element.iter("option"))
        chosen = [one for one in options if one.get("selected") is not None] or options[:1]
        yield from (str(text) for one in chosen for text in one.itertext())
    else:
        yield from (str(text) for text in element.itertext())


def is_struck_out(element: etree._Element, style: dict[str, str]) -> bool:
    lines = style.get("text-decoration", "") + style.get("text-decoration-line", "")
    return element.tag in ("del", "s", "strike") or "line-through" in lines


def pixels(written: str | None) -> int | None:
    """A size in pixels as an attribute gives it; None for none and for a share of something."""
    found = re.match(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$", written or "")
    return int(found.group(1)) if found else None
