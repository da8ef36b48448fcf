"""What a file is, by its bytes alone. Names, extensions and Content-Type lie; what stands in the file decides.

`detect` opens packages and compound files to see what is inside, and names files that cannot be read: empty, cut off, encrypted,
or of a kind that no reader knows. `glance` judges the answer of a server by its beginning and opens nothing. Both know the same
signatures and the same marks of a page.
"""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum

from archive.compound_file import SIGNATURE, CompoundFile, NotACompoundFileError


class FileKind(StrEnum):
    """The kinds of file that portals send."""

    PDF = "pdf"
    DOCX = "docx"
    DOC = "doc"
    XLSX = "xlsx"
    XLS = "xls"
    PPTX = "pptx"
    PPT = "ppt"
    RTF = "rtf"
    HTML = "html"
    OFFICE_HTML = "office_html"
    """A web page saved by Word or Excel; only `glance` tells it from other pages."""
    MHTML = "mhtml"
    WORD_XML = "word_xml"
    """Word 2003 XML and flat OPC: one XML file, no package."""
    SHEET_XML = "sheet_xml"
    """Excel 2003 XML."""
    ODT = "odt"
    ODS = "ods"
    OFD = "ofd"
    WPS = "wps"
    """Kingsoft Writer or Spreadsheets in a form of its own (most .wps and .et files are Word's and Excel's)."""
    OLE = "ole"
    """A compound file of whatever kind; only `glance` leaves it at that."""
    ZIP = "zip"
    RAR = "rar"
    SEVEN_ZIP = "7z"
    GZIP = "gzip"
    TAR = "tar"
    IMAGE = "image"
    XML = "xml"
    JSON = "json"
    TEXT = "text"
    ENCRYPTED_OFFICE = "encrypted_office"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    UNKNOWN = "unknown"


NEVER_A_PAGE = frozenset(
    {
        FileKind.PDF, FileKind.OLE, FileKind.ZIP, FileKind.RAR, FileKind.SEVEN_ZIP, FileKind.GZIP, FileKind.TAR, FileKind.RTF,
        FileKind.IMAGE,
    }
)  # fmt: skip
"""What `glance` says of files that stand for themselves, wherever they were served."""
SAVED_PAGES = frozenset({FileKind.OFFICE_HTML, FileKind.MHTML, FileKind.WORD_XML, FileKind.SHEET_XML})
"""Documents that an office program saved as a page: a file where a file was expected, a page elsewhere."""
PAGES = frozenset({FileKind.HTML, FileKind.XML})
NO_KIND = frozenset({FileKind.EMPTY, FileKind.JSON, FileKind.TEXT, FileKind.UNKNOWN})
"""What has no signature and no mark of a page: pieces of lists, data, blanks, formats that nobody here knows."""
GLANCE_BYTES = 4096
_DETECT_BYTES = 65_536
_BLANK = b"\x00 \t\r\n\xef\xbb\xbf"
_SIGNATURES: tuple[tuple[bytes, FileKind], ...] = (
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),
    (b"PK00PK\x03\x04", FileKind.ZIP),
    (b"PK\x07\x08PK\x03\x04", FileKind.ZIP),
    (SIGNATURE, FileKind.OLE),
    (b"Rar!\x1a\x07", FileKind.RAR),
    (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),
    (b"\x1f\x8b\x08", FileKind.GZIP),
    (b"\xff\xd8\xff", FileKind.IMAGE),
    (b"\x89PNG\r\n\x1a\n", FileKind.IMAGE),
    (b"GIF87a", FileKind.IMAGE),
    (b"GIF89a", FileKind.IMAGE),
    (b"II*\x00", FileKind.IMAGE),
    (b"MM\x00*", FileKind.IMAGE),
)
_PACKAGES: tuple[tuple[str, FileKind], ...] = (
    ("word/document.xml", FileKind.DOCX),
    ("xl/workbook.xml", FileKind.XLSX),
    ("xl/workbook.bin", FileKind.XLSX),
    ("ppt/presentation.xml", FileKind.PPTX),
    ("ofd.xml", FileKind.OFD),
)
_MAIN_CONTENT: tuple[tuple[str, FileKind], ...] = (
    ("wordprocessingml.document.main+xml", FileKind.DOCX),
    ("ms-word.document.macroenabled.main+xml", FileKind.DOCX),
    ("wordprocessingml.template.main+xml", FileKind.DOCX),
    ("spreadsheetml.sheet.main+xml", FileKind.XLSX),
    ("ms-excel.sheet.macroenabled.main+xml", FileKind.XLSX),
    ("spreadsheetml.template.main+xml", FileKind.XLSX),
    ("presentationml.presentation.main+xml", FileKind.PPTX),
)
"""Types of main parts as `[Content_Types].xml` names them: the parts of a package may be called anything (ECMA-376 part 2)."""
_CONTENT_TYPES_BYTES = 1 << 20
_STREAMS: tuple[tuple[str, FileKind], ...] = (
    ("encryptedpackage", FileKind.ENCRYPTED_OFFICE),
    ("worddocument", FileKind.DOC),
    ("workbook", FileKind.XLS),
    ("book", FileKind.XLS),
    ("powerpoint document", FileKind.PPT),
    ("wpsdocument", FileKind.WPS),
    ("etworkbook", FileKind.WPS),
)
_HTML = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|title|table|tbody|tr|td|div|p|span|center|font|script|style|br|h[1-6])\b",
    re.I,
)
_MHTML = re.compile(r"^(?:mime-version|content-type|from|date|subject|x-[\w-]+|snapshot-content-location)\s*:", re.I)
# Excel and Word "save as web page", and what many ASP.NET exports send under the name .xls
_OFFICE = re.compile(
    r"urn:schemas-microsoft-com:office|schemas-microsoft-com:vml|Excel\.Sheet|Word\.Document|progid=", re.I
)


def detect(data: bytes) -> FileKind:
    """The kind of a file by content; never raises. TRUNCATED only where the format proves that the end is missing."""
    found = _by_signature(data)
    if found is FileKind.ZIP:
        return _package(data)
    if found is FileKind.OLE:
        return _compound(data)
    return found or _text(data, _head(data[:_DETECT_BYTES]))


def glance(data: bytes) -> FileKind:
    """The kind of a server's answer by its first `GLANCE_BYTES` bytes; never raises, opens nothing.

    Every package is a ZIP and every compound file an OLE, whole or not. Data whose first bytes are given alone is judged as well,
    but for pictures in BMP, whose signature is their length.
    """
    found = _by_signature(data)
    if found is not None:
        return found
    head = _head(data[:GLANCE_BYTES])
    kind = _text(data, head)
    if (
        kind in PAGES
        and head is not None
        and _OFFICE.search(head)
        and (kind is FileKind.XML or b"<table" in data.lower())
    ):
        return FileKind.OFFICE_HTML
    return kind


def _by_signature(data: bytes) -> FileKind | None:
    """EMPTY, or the kind whose signature stands at its place; None for text and for binary formats that nobody here knows."""
    if not data[:GLANCE_BYTES].strip(_BLANK) and not data.strip(_BLANK):
        return FileKind.EMPTY
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(b"BM") and int.from_bytes(data[2:6], "little") == len(data):
        return FileKind.IMAGE
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return FileKind.IMAGE
    if data[257:262] == b"ustar":
        return FileKind.TAR
    at = data[:1024].find(b"%PDF-")
    # junk may stand before %PDF (ISO 32000-1 annex H); a page that merely speaks of %PDF is a page
    if at == 0 or (at > 0 and not _HTML.search(data[:at].decode("latin-1"))):
        return FileKind.PDF
    if data[:GLANCE_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rt"):
        return FileKind.RTF
    return None


def _package(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = {info.filename.replace("\\", "/").lower() for info in package.infolist()}
            mimetype = _mimetype(package)
            main = _main_content(package)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        return FileKind.TRUNCATED if b"PK\x05\x06" not in data[-65_600:] else FileKind.ZIP
    for name, kind in _PACKAGES:
        if name in names:
            return kind
    for word, kind in _MAIN_CONTENT:
        if word in main:
            return kind
    if "opendocument.text" in mimetype:
        return FileKind.ODT
    if "opendocument.spreadsheet" in mimetype:
        return FileKind.ODS
    if not names:
        return FileKind.EMPTY
    return FileKind.ZIP


def _mimetype(package: zipfile.ZipFile) -> str:
    try:
        info = package.getinfo("mimetype")
    except KeyError:
        return ""
    if info.file_size > 200 or info.flag_bits & 1:
        return ""
    return package.read(info).decode("ascii", "replace")


def _main_content(package: zipfile.ZipFile) -> str:
    """What `[Content_Types].xml` says of a package's parts, in lower case; '' when it says nothing."""
    try:
        info = package.getinfo("[Content_Types].xml")
    except KeyError:
        return ""
    if info.flag_bits & 1:
        return ""
    with package.open(info) as stream:
        return stream.read(_CONTENT_TYPES_BYTES).decode("utf-8", "replace").lower()


def _compound(data: bytes) -> FileKind:
    try:
        names = {name.lower() for name in CompoundFile(data).names}
    except NotACompoundFileError:
        return FileKind.TRUNCATED
    for name, kind in _STREAMS:
        if name in names:
            return kind
    # a cut-off file has lost its directory, which writers put last
    return FileKind.UNKNOWN if names else FileKind.TRUNCATED


def _text(data: bytes, head: str | None) -> FileKind:
    if head is None:
        return FileKind.UNKNOWN
    start = head.lstrip("\ufeff \t\r\n")
    lowered = start.lower()
    if _MHTML.match(start) and re.search(r"^content-type\s*:\s*(?:multipart/related|text/html)", lowered, re.M):
        return FileKind.MHTML
    if lowered.startswith("<?xml") or (lowered.startswith("<") and "xmlns" in lowered[:2000]):
        if (
            "schemas.microsoft.com/office/word/2003" in lowered
            or "schemas.microsoft.com/office/2006/xmlpackage" in lowered
        ):
            return FileKind.WORD_XML
        if "urn:schemas-microsoft-com:office:spreadsheet" in lowered and "<html" not in lowered:
            return FileKind.SHEET_XML
        if lowered.startswith("<?xml") and not re.search(r"<html\b|<!doctype\s+html", lowered):
            return FileKind.XML
    if _HTML.search(start):
        return FileKind.HTML
    if start[:1] in "{[" and data.rstrip()[-1:] in (b"}", b"]"):
        return FileKind.JSON
    return FileKind.TEXT


def _head(sample: bytes) -> str | None:
    """The beginning of a file as text when it is text in a plausible encoding; None for binary files."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return sample.decode("utf-16", "replace")
    if b"\x00" in sample:
        if sample[1:40:2].count(0) > 15 or sample[0:40:2].count(0) > 15:
            return sample.decode("utf-16-le" if sample[1:2] == b"\x00" else "utf-16-be", "replace")
        # a stray NUL does not make a page binary, browsers pass over it
        if not re.search(rb"<(?:!doctype|html|head|body|table)\b", sample, re.I):
            return None
    controls = sum(sample.count(bytes([c])) for c in range(1, 32) if c not in (9, 10, 12, 13))
    if controls > len(sample) // 50 + 2:
        return None
    for name in ("utf-8", "gb18030"):
        text = sample.decode(name, "replace")
        # the sample may end inside a character
        if text.count("\ufffd") <= len(sample) // 200 + 1:
            return text
    return sample.decode("latin-1") if re.search(rb"<(?:html|table|body|head)\b", sample, re.I) else None
