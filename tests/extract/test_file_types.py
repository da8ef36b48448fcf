"""What a file is, by content: the lies portals tell with names, and files that are cut off or locked."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path

import pytest

from archive.file_kinds import FileKind, detect
from extract.document import extract_bytes, format_of
from extract.reading import UnreadableError

SHARED = Path(os.environ.get("YUSUAN_SHARED", Path(__file__).parents[2].parent / "shared"))


def package(*names: str, mimetype: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        if mimetype:
            written.writestr("mimetype", mimetype)
        for name in names:
            written.writestr(name, b"<x/>")
    return buffer.getvalue()


def compound(*streams: str, storage: str = "") -> bytes:
    """A compound file with empty streams of the given names at the root, and one storage that holds a Workbook."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    names = [(name, 2, free) for name in streams] + ([(storage, 1, len(streams) + 2)] if storage else [])

    def entry(name: str, kind: int, right: int, child: int) -> bytes:
        written = (name + "\0").encode("utf-16-le")
        head = written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1)
        return (head + struct.pack("<III", free, right, child) + bytes(36) + struct.pack("<II", end, 0)).ljust(
            128, b"\0"
        )

    table = entry("Root Entry", 5, free, 1 if names else free)
    for i, (name, kind, child) in enumerate(names):
        table += entry(name, kind, i + 2 if i + 1 < len(names) else free, child)
    if storage:
        table += entry("Workbook", 2, free, free)
    table += bytes(-len(table) % 512)
    sectors = len(table) // 512
    fat = [0xFFFFFFFD] + [i + 2 for i in range(sectors - 1)] + [end]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    return header.ljust(512, b"\xff") + struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff") + table


CASES: list[tuple[bytes, FileKind]] = [
    (b"", FileKind.EMPTY),
    (b" \r\n\x00\x00", FileKind.EMPTY),
    (b"\xef\xbb\xbf", FileKind.EMPTY),
    (b"%PDF-1.4\n...", FileKind.PDF),
    (b"\r\njunk before the mark\n%PDF-1.4\n...", FileKind.PDF),
    (b"<html><body>a page about %PDF-1.4</body></html>", FileKind.HTML),
    (package("[Content_Types].xml", "word/document.xml"), FileKind.DOCX),
    (package("[Content_Types].xml", "xl/workbook.xml"), FileKind.XLSX),
    (package("ppt/presentation.xml"), FileKind.PPTX),
    (package("OFD.xml", "Doc_0/Document.xml"), FileKind.OFD),
    (package("content.xml", mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), FileKind.ODS),
    (package("a.pdf", "word/not-a-document.xml"), FileKind.ZIP),
    (package(), FileKind.EMPTY),
    (package("a.pdf", "b.pdf")[:60], FileKind.TRUNCATED),
    (compound("WordDocument", "1Table"), FileKind.DOC),
    (compound("Workbook"), FileKind.XLS),
    (compound("Book"), FileKind.XLS),
    (compound("WordDocument", storage="ObjectPool"), FileKind.DOC),
    (compound("EncryptedPackage", "EncryptionInfo"), FileKind.ENCRYPTED_OFFICE),
    (compound("PowerPoint Document"), FileKind.PPT),
    (compound("Contents", storage="ObjectPool"), FileKind.UNKNOWN),
    (compound("WordDocument")[:700], FileKind.TRUNCATED),
    (b"{\\rtf1\\ansi}", FileKind.RTF),
    (b"\xef\xbb\xbf\r\n{\\rtf1}", FileKind.RTF),
    (b"Rar!\x1a\x07\x00" + bytes(20), FileKind.RAR),
    (b"Rar!\x1a\x07\x01\x00" + bytes(20), FileKind.RAR),
    (b"7z\xbc\xaf\x27\x1c" + bytes(30), FileKind.SEVEN_ZIP),
    (b"\x1f\x8b\x08\x00" + bytes(10), FileKind.GZIP),
    (b"\xff\xd8\xff\xe0" + bytes(10), FileKind.IMAGE),
    ("<table><tr><td>名为 .xls 的网页</td></tr></table>".encode("gbk"), FileKind.HTML),
    ("\ufeff<html><body>名为 .doc</body></html>".encode("utf-16-le"), FileKind.HTML),
    (
        b'<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"><table>',
        FileKind.HTML,
    ),
    (b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', FileKind.HTML),
    (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x", FileKind.MHTML),
    (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', FileKind.SHEET_XML),
    (
        b'<?xml version="1.0"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"/>',
        FileKind.WORD_XML,
    ),
    (b'<?xml version="1.0"?><feed/>', FileKind.XML),
    (b'{"code": 404, "msg": "not found"}', FileKind.JSON),
    ("系统繁忙，请稍后再试".encode("gbk"), FileKind.TEXT),
    (b"fake PDF content!", FileKind.TEXT),
    (bytes(range(256)) * 4, FileKind.UNKNOWN),
]


@pytest.mark.parametrize(("data", "kind"), CASES, ids=[f"{i}-{kind}" for i, (_, kind) in enumerate(CASES)])
def test_content_decides(data: bytes, kind: FileKind) -> None:
    assert detect(data) is kind


def test_nothing_shorter_than_a_file_breaks_the_detection() -> None:
    for data, _ in CASES:
        for end in range(0, min(len(data), 1600), 7):
            assert detect(data[:end]) in FileKind


def test_every_type_has_a_reader_or_a_reason() -> None:
    for data, kind in CASES:
        try:
            found = format_of(data)
        except UnreadableError as error:
            disclosure = extract_bytes(data, "x")
            assert disclosure.document.error is not None and disclosure.document.error.code == error.code, kind
        else:
            assert found in {"pdf", "docx", "xlsx", "xls", "doc", "rtf", "html", "archive", "image", "ofd"}, kind


def test_one_document_in_an_archive_is_read_as_itself_and_several_are_named() -> None:
    body = b"<html><body><p>2024</p><table><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table></body></html>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.writestr("a.html", body)
    assert extract_bytes(buffer.getvalue(), "a.zip").document.reader == "html"
    with zipfile.ZipFile(buffer, "a") as written:
        written.writestr("b.html", body)
    error = extract_bytes(buffer.getvalue(), "a.zip").document.error
    assert error is not None and error.code == "unsupported" and "a.html, b.html" in error.message


@pytest.mark.skipif(not (SHARED / "samples").is_dir(), reason="no sample documents beside the project (YUSUAN_SHARED)")
def test_sample_files_are_what_their_extension_says() -> None:
    found = {path: detect(path.read_bytes()) for path in (SHARED / "samples").rglob("*.*") if path.suffix != ".json"}
    assert len(found) > 40
    assert {path.name for path, kind in found.items() if kind != path.suffix[1:]} == set()
