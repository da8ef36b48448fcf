"""What the first bytes of an answer are, without opening anything. `detect` has its cases in tests/extract/test_file_types.py."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from archive.file_kinds import GLANCE_BYTES, NEVER_A_PAGE, NO_KIND, PAGES, SAVED_PAGES, FileKind, detect, glance


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name in names:
            package.writestr(name, b"<x/>")
    return buffer.getvalue()


CASES: list[tuple[bytes, FileKind]] = [
    (b"%PDF-1.4", FileKind.PDF),
    (b"\r\n\r\n%PDF-1.4", FileKind.PDF),
    (b"<html>%PDF-1.4</html>", FileKind.HTML),
    (b"PK\x03\x04x", FileKind.ZIP),
    (zipped("word/document.xml"), FileKind.ZIP),
    (b"Rar!\x1a\x07\x00", FileKind.RAR),
    (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind.OLE),
    (b"\x1f\x8b\x08\x00", FileKind.GZIP),
    (bytes(257).replace(b"\x00", b"a") + b"ustar", FileKind.TAR),
    (b"GIF89a", FileKind.IMAGE),
    (b"{\\rtf", FileKind.RTF),
    (b"\xef\xbb\xbf {\\rtf1", FileKind.RTF),
    (b"", FileKind.EMPTY),
    (b" \r\n\x00", FileKind.EMPTY),
    (b" " * 2 * GLANCE_BYTES, FileKind.EMPTY),
    (b"\x00\x01\x02", FileKind.UNKNOWN),
    (b'{"code": 404}', FileKind.JSON),
    ("系统繁忙，请稍后再试".encode("gbk"), FileKind.TEXT),
    (b"\xef\xbb\xbf  <!DOCTYPE html><html>", FileKind.HTML),
    ("<html><body>页</body>".encode("utf-16"), FileKind.HTML),
    (b"<script>location.href='/a.html'</script>", FileKind.HTML),
    (b'<li><a href="/a.html">2024</a></li>', FileKind.TEXT),
    (b'<?xml version="1.0"?><a/>', FileKind.XML),
    (b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>', FileKind.OFFICE_HTML),
    (
        b'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><p>' + b"x" * GLANCE_BYTES + b"<TABLE>",
        FileKind.OFFICE_HTML,
    ),
    (b'<html xmlns:v="urn:schemas-microsoft-com:vml"><p>no table', FileKind.HTML),
    (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', FileKind.OFFICE_HTML),
    (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', FileKind.SHEET_XML),
    (b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x", FileKind.MHTML),
]


@pytest.mark.parametrize(("body", "kind"), CASES, ids=[f"{i}-{kind}" for i, (_, kind) in enumerate(CASES)])
def test_the_first_bytes_decide(body: bytes, kind: FileKind) -> None:
    assert glance(body) is kind


def test_a_glance_gives_kinds_of_its_four_groups_and_detection_none_of_its_own() -> None:
    groups = (NEVER_A_PAGE, SAVED_PAGES, PAGES, NO_KIND)
    assert sum(len(group) for group in groups) == len(frozenset().union(*groups))
    for body, kind in CASES:
        assert sum(kind in group for group in groups) == 1
        assert detect(body) not in (FileKind.OLE, FileKind.OFFICE_HTML)


def test_both_agree_where_nothing_must_be_opened() -> None:
    for body, kind in CASES:
        if kind not in (FileKind.ZIP, FileKind.OLE, FileKind.OFFICE_HTML):
            assert detect(body) is kind, body[:40]


def test_bytes_of_no_known_format_are_no_page_though_they_hold_the_letters_of_a_tag() -> None:
    chance = random.Random(4)
    for _ in range(50):
        noise = bytearray(chance.randbytes(3000))
        noise[0:4] = b"\x01\x02\x03\x04"
        noise[1500:1503] = b"<p>"
        assert glance(bytes(noise)) is FileKind.UNKNOWN


def test_a_glance_reads_no_further_than_it_says() -> None:
    assert glance(b"x" * GLANCE_BYTES + b"<html>") is FileKind.TEXT
    assert detect(b"x" * GLANCE_BYTES + b"<html>") is FileKind.HTML
