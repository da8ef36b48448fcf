"""What the first bytes of a download say it is. Names, extensions and Content-Type lie; magic decides (PORTALS §4 rule 7)."""

from __future__ import annotations

import re
from typing import Literal

FileType = Literal[
    "pdf", "zip", "ole", "rar", "7z", "rtf", "gzip", "image", "office_html", "html", "xml", "empty", "unknown"
]

_MAGIC: tuple[tuple[bytes, FileType], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "gzip"),
    (b"\xff\xd8\xff", "image"),
    (b"\x89PNG\r\n", "image"),
    (b"II*\x00", "image"),
    (b"MM\x00*", "image"),
)
# Excel and Word "save as web page", and what many ASP.NET exports send under the name .xls
_OFFICE_HTML = re.compile(
    rb"urn:schemas-microsoft-com:office|schemas-microsoft-com:vml|Excel\.Sheet|Word\.Document|progid=", re.I
)
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body|script|meta|title|table|div|p)\b", re.I)
DOCUMENTS: frozenset[FileType] = frozenset(
    {"pdf", "zip", "ole", "rar", "7z", "rtf", "gzip", "image", "office_html", "unknown"}
)


def file_type(body: bytes) -> FileType:
    """The type of a download by its first bytes. A PDF may begin up to 1,024 bytes late (ISO 32000-1, annex H)."""
    if not body:
        return "empty"
    for magic, kind in _MAGIC:
        if body.startswith(magic):
            return kind
    head = body[:4096]
    at = head[:1024].find(b"%PDF")
    # junk before %PDF is allowed, a page that merely speaks of %PDF is not one
    if at == 0 or (at > 0 and not _HTML.search(head[:at])):
        return "pdf"
    probe = head.replace(b"\x00", b"") if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    if probe.lstrip().startswith(b"MIME-Version:") and b"multipart/related" in body[:2048]:
        return "office_html"
    stripped = probe.lstrip(b"\xef\xbb\xbf \t\r\n")
    if stripped.startswith(b"<?xml") and b"<html" not in probe.lower():
        return "office_html" if _OFFICE_HTML.search(probe) else "xml"
    if _HTML.search(probe):
        return "office_html" if _OFFICE_HTML.search(probe) and b"<table" in body.lower() else "html"
    return "unknown"
