"""OFD files (GB/T 33190-2016) made from the pages of a PDF: the same characters at the same places, the same ruling lines.

The places come from stock pdfplumber, which no reader of ours shares. What writers of OFD do differently is an option: one text a
character or a line, steps written out or in groups, text through a matrix, rules drawn or as thin filled boxes, a template page
below every page, a seal as a picture over the figures.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pdfplumber
from PIL import Image, ImageDraw

MM = 25.4 / 72
NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'


@dataclass(frozen=True)
class Style:
    """How a writer of OFD does it."""

    a_character: bool = False
    groups: bool = False
    scaled: bool = False
    filled_rules: bool = False
    rules: bool = True
    template: bool = False
    seal: bool = False
    other_names: bool = False


def ofd_of(pdf: bytes, style: Style) -> bytes:
    """The pages of a PDF as an OFD file."""
    folder = "Document" if style.other_names else "Doc_0"
    out = io.BytesIO()
    with pdfplumber.open(io.BytesIO(pdf)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        ids = itertools.count(10)
        pages, first = [], source.pages[0]
        for number, page in enumerate(source.pages):
            part = f"Pages/Page_{number}/Content.xml"
            package.writestr(f"{folder}/{part}", _page(page, style, ids))
            pages.append(f'<ofd:Page ID="{next(ids)}" BaseLoc="{part}"/>')
        template = ""
        if style.template:
            package.writestr(f"{folder}/Tpls/Tpl_0/Content.xml", _content([], first.width, first.height))
            template = '<ofd:TemplatePage ID="2" BaseLoc="Tpls/Tpl_0/Content.xml"/>'
        if style.seal:
            package.writestr(f"{folder}/Res/seal.png", _seal())
            package.writestr(
                f"{folder}/DocumentRes.xml",
                f'<ofd:Res {NAMESPACE} BaseLoc="Res"><ofd:MultiMedias><ofd:MultiMedia ID="5" Type="Image">'
                "<ofd:MediaFile>seal.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>",
            )
        resources = "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>" if style.seal else ""
        box = f"0 0 {first.width * MM:.4f} {first.height * MM:.4f}"
        package.writestr(
            f"{folder}/Document.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><ofd:Document {NAMESPACE}><ofd:CommonData><ofd:PageArea>'
            f"<ofd:PhysicalBox>{box}</ofd:PhysicalBox></ofd:PageArea>{resources}{template}</ofd:CommonData>"
            f"<ofd:Pages>{''.join(pages)}</ofd:Pages></ofd:Document>",
        )
        package.writestr(
            "OFD.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><ofd:OFD {NAMESPACE} Version="1.0" DocType="OFD"><ofd:DocBody>'
            f"<ofd:DocRoot>{folder}/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
    return out.getvalue()


def _content(objects: list[str], width: float, height: float, template: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><ofd:Page {NAMESPACE}><ofd:Area><ofd:PhysicalBox>0 0 {width * MM:.4f} '
        f'{height * MM:.4f}</ofd:PhysicalBox></ofd:Area>{template}<ofd:Content><ofd:Layer ID="3" Type="Body">'
        f"{''.join(objects)}</ofd:Layer></ofd:Content></ofd:Page>"
    )


def _page(page: Any, style: Style, ids: Iterator[int]) -> str:
    objects = [_text(chars, style, ids) for chars in _texts(page.chars, style)]
    if style.rules:
        objects += [_rule(line, style, ids) for line in (*page.lines, *page.rects)]
    if style.seal:
        objects.append(f'<ofd:ImageObject ID="{next(ids)}" Boundary="60 40 40 40" ResourceID="5" Alpha="120"/>')
    template = '<ofd:Template TemplateID="2" ZOrder="Background"/>' if style.template else ""
    return _content(objects, float(page.width), float(page.height), template)


def _texts(chars: list[Any], style: Style) -> Iterator[list[Any]]:
    """Characters that one text object holds: one each, or a run of one size on one baseline without a wide gap."""
    run: list[Any] = []
    for char in chars:
        if not char["text"].strip():
            continue
        goes_on = run and not style.a_character and abs(run[-1]["bottom"] - char["bottom"]) < 0.1
        if goes_on and run[-1]["size"] == char["size"] and -1 < char["x0"] - run[-1]["x1"] < 3 * char["size"]:
            run.append(char)
            continue
        if run:
            yield run
        run = [char]
    if run:
        yield run


def _text(chars: list[Any], style: Style, ids: Iterator[int]) -> str:
    first, last = chars[0], chars[-1]
    size = first["size"] * MM
    left, top = first["x0"] * MM, first["top"] * MM
    # 0.88 of the letter stands above its baseline
    base = 0.88 * size
    steps = [(b["x0"] - a["x0"]) * MM for a, b in itertools.pairwise(chars)]
    scale = 2.0 if style.scaled else 1.0
    deltas = " ".join(f"{step / scale:.4f}" for step in steps)
    if style.groups and steps and max(steps) - min(steps) < 1e-3:
        deltas = f"g {len(steps)} {steps[0] / scale:.4f}"
    matrix = f' CTM="{scale} 0 0 {scale} 0 0"' if style.scaled else ""
    width = (last["x1"] - first["x0"]) * MM
    text = escape("".join(char["text"] for char in chars))
    return (
        f'<ofd:TextObject ID="{next(ids)}" Boundary="{left:.4f} {top:.4f} {width:.4f} {size:.4f}" Font="1" '
        f'Size="{size / scale:.4f}"{matrix}><ofd:TextCode X="0" Y="{base / scale:.4f}"'
        f"{f' DeltaX={chr(34)}{deltas}{chr(34)}' if deltas else ''}>{text}</ofd:TextCode></ofd:TextObject>"
    )


def _rule(line: Any, style: Style, ids: Iterator[int]) -> str:
    x0, y0, x1, y1 = (line[key] * MM for key in ("x0", "top", "x1", "bottom"))
    if style.filled_rules and (x1 - x0 < 1 or y1 - y0 < 1):
        wide, tall = max(x1 - x0, 0.2), max(y1 - y0, 0.2)
        return (
            f'<ofd:PathObject ID="{next(ids)}" Boundary="{x0:.4f} {y0:.4f} {wide:.4f} {tall:.4f}" Stroke="false" Fill="true">'
            f"<ofd:AbbreviatedData>M 0 0 L {wide:.4f} 0 L {wide:.4f} {tall:.4f} L 0 {tall:.4f} C</ofd:AbbreviatedData></ofd:PathObject>"
        )
    box = f"{x0:.4f} {y0:.4f} {x1 - x0:.4f} {y1 - y0:.4f}"
    wide, tall = x1 - x0, y1 - y0
    data = f"M 0 0 L {wide:.4f} {tall:.4f}"
    if line.get("object_type") == "rect":
        data = f"M 0 0 L {wide:.4f} 0 L {wide:.4f} {tall:.4f} L 0 {tall:.4f} C"
    return (
        f'<ofd:PathObject ID="{next(ids)}" Boundary="{box}" LineWidth="0.2"><ofd:AbbreviatedData>{data}'
        "</ofd:AbbreviatedData></ofd:PathObject>"
    )


def _seal() -> bytes:
    image = Image.new("RGBA", (300, 300), (255, 255, 255, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((5, 5, 295, 295), outline=(200, 0, 0, 255), width=8)
    draw.line((150, 60, 150, 240), fill=(200, 0, 0, 255), width=8)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
