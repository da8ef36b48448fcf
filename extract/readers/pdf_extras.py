"""What a PDF shows or carries beside the content of its pages: annotations, form fields, embedded files.

Annotations and fields that have an appearance are made part of their page (`flattened`), as every viewer shows them; those that
have text and no appearance, and files embedded in the document, are named, so that nothing is passed over.
"""

from __future__ import annotations

import ctypes
import hashlib
import io
import re
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium

from archive.file_kinds import FileKind, detect

FREE_TEXT, STAMP, WIDGET = 3, 13, 20
"""Subtypes that show text or figures of their own; links, highlights and pop-up notes show none."""
SHOWING: Final = (FREE_TEXT, STAMP, WIDGET)
MAX_ANNOTATIONS: Final = 20_000
MAX_EMBEDDED: Final = 1_000
MAX_EMBEDDED_BYTES: Final = 200 * 1024 * 1024
MAX_NAME: Final = 400


def annotations_of(page: int) -> tuple[int, list[str]]:
    """How many annotations of a page show something of their own, and the texts of those that have no appearance."""
    handle = ctypes.cast(page, pdfium.FPDF_PAGE)
    count = min(MAX_ANNOTATIONS, pdfium.FPDFPage_GetAnnotCount(handle))
    showing, bare = 0, []
    for index in range(max(0, count)):
        annotation = pdfium.FPDFPage_GetAnnot(handle, index)
        if not annotation:
            continue
        try:
            if pdfium.FPDFAnnot_GetSubtype(annotation) not in SHOWING or _is_hidden(annotation):
                continue
            if pdfium.FPDFAnnot_HasKey(annotation, b"AP"):
                showing += 1
            elif text := (_string(annotation, b"V") or _string(annotation, b"Contents")):
                bare.append(text)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return showing, bare


def flattened(page: int) -> bool:
    """Makes what annotations and fields show part of the page's content; False when pdfium could not."""
    done = pdfium.FPDFPage_Flatten(ctypes.cast(page, pdfium.FPDF_PAGE), pdfium.FLAT_NORMALDISPLAY)
    return bool(done != pdfium.FLATTEN_FAIL)


def _is_hidden(annotation: object) -> bool:
    flags = pdfium.FPDFAnnot_GetFlags(annotation)
    return bool(flags & (pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW))


def _string(annotation: object, key: bytes) -> str:
    size = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if size <= 2 or size > 1 << 20:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0").strip()


def embedded_names(document: int) -> list[str]:
    """The names of the files that a document carries; '' for one without a name."""
    handle = ctypes.cast(document, pdfium.FPDF_DOCUMENT)
    return [_name(handle, index) for index in range(_embedded_count(handle))]


def embedded_file(document: int, index: int) -> bytes | None:
    """The bytes of the file with that place; None for one that is too large or cannot be unpacked."""
    attachment = pdfium.FPDFDoc_GetAttachment(ctypes.cast(document, pdfium.FPDF_DOCUMENT), index)
    size = ctypes.c_ulong()
    if not attachment or not pdfium.FPDFAttachment_GetFile(attachment, None, 0, ctypes.byref(size)):
        return None
    if not size.value or size.value > MAX_EMBEDDED_BYTES:
        return None
    buffer = (ctypes.c_char * size.value)()
    if not pdfium.FPDFAttachment_GetFile(attachment, buffer, size.value, ctypes.byref(size)):
        return None
    return bytes(buffer)


def _embedded_count(handle: object) -> int:
    return max(0, min(MAX_EMBEDDED, int(pdfium.FPDFDoc_GetAttachmentCount(handle))))


def _name(handle: object, index: int) -> str:
    attachment = pdfium.FPDFDoc_GetAttachment(handle, index)
    size = pdfium.FPDFAttachment_GetName(attachment, None, 0) if attachment else 0
    if size <= 2 or size > 4 * MAX_NAME:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    pdfium.FPDFAttachment_GetName(attachment, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")[:MAX_NAME]


DOCUMENTS: Final = frozenset(
    {
        FileKind.PDF, FileKind.DOCX, FileKind.DOC, FileKind.XLSX, FileKind.XLS, FileKind.RTF, FileKind.HTML, FileKind.MHTML,
        FileKind.ZIP, FileKind.RAR, FileKind.SEVEN_ZIP, FileKind.OFD, FileKind.WPS, FileKind.IMAGE,
    }
)  # fmt: skip
"""Kinds of embedded files that are documents of their own; stamps, fonts and XML of invoices are none."""


def embedded_documents(data: bytes) -> list[tuple[str, bytes]]:
    """(name, bytes) of the documents that a PDF carries; none where it carries none or cannot be opened."""
    if b"/EmbeddedFile" not in data and b"/ObjStm" not in data:
        return []
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return []  # its reader says why
    try:
        found = []
        for index, name in enumerate(embedded_names(ctypes.cast(document.raw, ctypes.c_void_p).value or 0)):
            carried = embedded_file(ctypes.cast(document.raw, ctypes.c_void_p).value or 0, index)
            if carried and detect(carried) in DOCUMENTS:
                found.append((name, carried))
        return found
    finally:
        document.close()


_IDENTIFIER = re.compile(rb"(/ID\s*\[\s*<)[0-9A-Fa-f]{32}(>\s*<)[0-9A-Fa-f]{32}(>\s*\])")


def without_embedded(data: bytes) -> bytes:
    """The same PDF without the files it carries; the same bytes give the same bytes (pdfium writes an identifier by chance)."""
    document = pypdfium2.PdfDocument(data)
    try:
        for index in range(_embedded_count(document.raw) - 1, -1, -1):
            pdfium.FPDFDoc_DeleteAttachment(document.raw, index)
        out = io.BytesIO()
        document.save(out)
        own = hashlib.sha256(data).hexdigest().encode()[:32]
        return _IDENTIFIER.sub(
            lambda found: found.group(1) + own + found.group(2) + own + found.group(3), out.getvalue()
        )
    finally:
        document.close()
