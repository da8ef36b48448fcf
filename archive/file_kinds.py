"""What a file is, told from its bytes alone. Names, extensions and Content-Type lie; what stands in the file decides.

Also tells files that cannot be read and why: empty, cut off, encrypted, or of a kind that no reader knows.
"""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum

from archive.compound_file import SIGNATURE, CompoundFile, NotACompoundFileError


class FileKind(StrEnum):
    """The kinds of file that portals send. A web page saved by Word or Excel is HTML whatever its name says."""

    PDF = "pdf"
    DOCX = "docx"
    DOC = "doc"
    XLSX = "xlsx"
    XLS = "xls"
    PPTX = "pptx"
    PPT = "ppt"
    RTF = "rtf"
    HTML = "html"
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


_ZIP_EMPTY = b"PK\x05\x06"
_ZIP = b"PK\x03\x04"
_MAGIC: tuple[tuple[bytes, FileKind], ...] = (
    (b"Rar!\x1a\x07", FileKind.RAR),
    (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),
    (b"\x1f\x8b\x08", FileKind.GZIP),
    (b"\xff\xd8\xff", FileKind.IMAGE),
    (b"\x89PNG\r\n\x1a\n", FileKind.IMAGE),
    (b"GIF87a", FileKind.IMAGE),
    (b"GIF89a", FileKind.IMAGE),
    (b"II*\x00", FileKind.IMAGE),
    (b"MM\x00*", FileKind.IMAGE),
    (b"BM", FileKind.UNKNOWN),
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
_RTF_AT = 64


def detect(data: bytes) -> FileKind:
    """The type of a file by content; never raises. TRUNCATED only where the format proves that the end is missing."""
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        return FileKind.EMPTY
    if data.startswith((_ZIP, _ZIP_EMPTY, b"PK00PK\x03\x04", b"PK\x07\x08PK\x03\x04")):
        return _package(data)
    if data.startswith(SIGNATURE):
        return _compound(data)
    for magic, kind in _MAGIC:
        if data.startswith(magic) and kind is not FileKind.UNKNOWN:
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
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:_RTF_AT].startswith(b"{\\rt"):
        return FileKind.RTF
    return _text(data)


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


def _text(data: bytes) -> FileKind:
    head = _head(data)
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


def _head(data: bytes) -> str | None:
    """The first 64 Ki characters as text when the file is text in a plausible encoding; None for binary files."""
    sample = data[:65_536]
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
