"""Archives as portals send them: folders, GBK names, archives in archives, passwords, bombs."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import Path

import py7zr
import pytest

from extract.containers import ContainerLimits, is_container, members
from extract.document import extract_archive
from extract.reading import UnreadableError

PDF = b"%PDF-1.7\n" + b"a" * 500


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return buffer.getvalue()


def sevened(files: dict[str, bytes], password: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", password=password) as archive:
        for name, content in files.items():
            archive.writestr(content, name)
    return buffer.getvalue()


def rar_4(files: dict[bytes, bytes], flags: int = 0, archive_flags: int = 0) -> bytes:
    """A RAR 4 archive of stored members (no packing program ships with the tests)."""

    def block(body: bytes) -> bytes:
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body

    found = b"Rar!\x1a\x07\x00" + block(struct.pack("<BHHHI", 0x73, archive_flags, 13, 0, 0))
    for name, content in files.items():
        body = struct.pack(
            "<BHHIIBIIBBHI", 0x74, 0x8000 | flags, 32 + len(name), len(content), len(content), 2, zlib.crc32(content),
            0x58210000, 20, 0x30, len(name), 0x20,
        )  # fmt: skip
        found += block(body + name) + content
    return found + b"\xc4\x3d\x7b\x00\x40\x07\x00"


def names(data: bytes, limits: ContainerLimits | None = None) -> list[str]:
    return [member.name for member in members(data, limits or ContainerLimits())]


def refused(data: bytes, limits: ContainerLimits | None = None) -> str:
    with pytest.raises(UnreadableError) as caught:
        list(members(data, limits or ContainerLimits()))
    return caught.value.code


PACKERS = [zipped, sevened, lambda files: rar_4({name.encode("ascii"): content for name, content in files.items()})]


@pytest.mark.parametrize("pack", PACKERS, ids=["zip", "7z", "rar"])
def test_members_come_with_their_folders_and_bytes(pack) -> None:  # type: ignore[no-untyped-def]
    data = pack({"2024/a.pdf": PDF, "2024/b.doc": b"second"})
    assert is_container(data)
    assert [(m.name, m.data, m.problem) for m in members(data)] == [
        ("2024/a.pdf", PDF, None), ("2024/b.doc", b"second", None),
    ]  # fmt: skip


@pytest.mark.parametrize("pack", PACKERS, ids=["zip", "7z", "rar"])
def test_limits_hold_for_every_kind_of_archive(pack) -> None:  # type: ignore[no-untyped-def]
    data = pack({f"{i}.txt": bytes(5000) for i in range(5)})
    assert len(names(data)) == 5
    assert refused(data, ContainerLimits(max_members=4)) == "limit_size"
    assert refused(data, ContainerLimits(max_expanded=24_999)) == "limit_size"
    assert refused(data, ContainerLimits(max_member=4_999)) == "limit_size"
    assert len(names(data, ContainerLimits(max_members=5, max_expanded=25_000, max_member=5_000))) == 5


@pytest.mark.parametrize("pack", PACKERS, ids=["zip", "7z", "rar"])
def test_a_cut_archive_is_reported_and_never_a_traceback(pack) -> None:  # type: ignore[no-untyped-def]
    data = pack({"a.pdf": PDF * 20, "b.pdf": PDF * 30})
    for end in range(40, len(data) - 8, max(1, len(data) // 25)):
        try:
            found = list(members(data[:end]))
        except UnreadableError as error:
            assert error.code in {"truncated", "corrupt"}
        else:
            assert any(member.problem for member in found) or [m.name for m in found] == ["a.pdf", "b.pdf"]


def test_gbk_names_are_read_with_and_without_a_packers_word_for_it() -> None:
    gbk = "附件/预算公开表.pdf".encode("gbk")
    data = zipped({"x" * len(gbk): PDF}).replace(b"x" * len(gbk), gbk)
    assert names(data) == ["附件/预算公开表.pdf"]
    assert names(zipped({"附件/预算公开表.pdf": PDF})) == ["附件/预算公开表.pdf"]
    utf8 = "决算.pdf".encode()
    assert names(zipped({"x" * len(utf8): PDF}).replace(b"x" * len(utf8), utf8)) == ["决算.pdf"]
    assert names(rar_4({"附件\\预算公开表.pdf".encode("gbk"): PDF})) == ["附件/预算公开表.pdf"]


def test_the_unicode_extra_field_outranks_the_bytes_of_a_name() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        info = zipfile.ZipInfo("plain.pdf")
        said = b"\x01" + struct.pack("<I", zlib.crc32(b"plain.pdf")) + "公开表.pdf".encode()
        info.extra = struct.pack("<HH", 0x7075, len(said)) + said
        package.writestr(info, PDF)
    assert names(buffer.getvalue()) == ["公开表.pdf"]


def test_names_are_labels_that_leave_no_folder_and_touch_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    evil = {"../../evil.pdf": PDF, "/etc/passwd": PDF, "C:\\windows\\x.pdf": PDF, "a\u202efdp.exe": PDF, "..": PDF}
    found = names(zipped(evil))
    assert found == ["evil.pdf", "etc/passwd", "windows/x.pdf", "afdp.exe", "member 5"]
    assert names(rar_4({b"..\\..\\evil.pdf": PDF})) == ["evil.pdf"]
    assert list(tmp_path.rglob("*")) == []


def test_equal_names_are_told_apart() -> None:
    assert names(zipped({"a/x.pdf": PDF, "a\\x.pdf": PDF, "./a/x.pdf": PDF})) == [
        "a/x.pdf",
        "a/x (2).pdf",
        "a/x (3).pdf",
    ]


def test_litter_of_desktops_and_links_are_no_documents() -> None:
    buffer = io.BytesIO(
        zipped({"__MACOSX/._a.pdf": b"x", "b/.DS_Store": b"x", "~$a.docx": b"x", "a.pdf": PDF, "folder/": b""})
    )
    with zipfile.ZipFile(buffer, "a") as package:
        link = zipfile.ZipInfo("link.pdf")
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/passwd")
    assert names(buffer.getvalue()) == ["a.pdf"]


def test_archives_inside_are_opened_in_their_place_but_office_packages_are_not() -> None:
    docx = zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"})
    data = zipped(
        {"甲.zip": zipped({"一.pdf": PDF, "表.docx": docx}), "乙.7z": sevened({"二.pdf": PDF}), "丙.pdf": PDF}
    )
    assert names(data) == ["甲.zip!/一.pdf", "甲.zip!/表.docx", "乙.7z!/二.pdf", "丙.pdf"]


def test_archives_nested_too_deep_are_refused() -> None:
    three = zipped({"c.zip": zipped({"b.zip": zipped({"a.pdf": PDF})})})
    assert names(three) == ["c.zip!/b.zip!/a.pdf"]
    assert refused(zipped({"d.zip": three})) == "limit_nesting"


def test_members_of_nested_archives_count_together() -> None:
    inner = zipped({f"{i}.txt": b"x" for i in range(30)})
    assert (
        refused(zipped({f"{i}.zip": inner + bytes(i) for i in range(10)}), ContainerLimits(max_members=200))
        == "limit_size"
    )


def test_a_bomb_is_told_by_its_ratio() -> None:
    bomb = zipped({"a.txt": bytes(80 * 1024 * 1024)})
    assert len(bomb) < 100_000
    assert refused(bomb) == "limit_size"
    assert refused(zipped({"inner.zip": bomb})) == "limit_size"
    assert refused(gzip.compress(bytes(80 * 1024 * 1024))) == "limit_size"


def _locked(data: bytes, name: bytes) -> bytes:
    """The ZIP with the encryption flag of one member set in both headers."""
    changed = bytearray(data)
    for signature, flag_at, name_at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = data.find(signature)
        while at >= 0:
            if data[at + name_at : at + name_at + len(name)] == name:
                changed[at + flag_at] |= 1
            at = data.find(signature, at + 4)
    return bytes(changed)


def test_a_locked_archive_is_one_fact_and_a_locked_member_one_of_many() -> None:
    both = zipped({"a.pdf": PDF, "b.pdf": PDF})
    one = list(members(_locked(both, b"a.pdf")))
    assert [(m.name, m.problem.code if m.problem else None) for m in one] == [("a.pdf", "encrypted"), ("b.pdf", None)]
    assert refused(_locked(_locked(both, b"a.pdf"), b"b.pdf")) == "encrypted"
    assert refused(sevened({"a.pdf": PDF}, password="x")) == "encrypted"
    assert refused(rar_4({b"a.pdf": PDF}, flags=0x04)) == "encrypted"
    inside = list(members(zipped({"x.7z": sevened({"a.pdf": PDF}, password="x"), "b.pdf": PDF})))
    assert [(m.name, m.problem.code if m.problem else None) for m in inside] == [("x.7z", "encrypted"), ("b.pdf", None)]


def test_a_damaged_member_does_not_lose_the_others() -> None:
    data = bytearray(zipped({"a.pdf": PDF, "b.pdf": b"second"}))
    data[data.find(b"a.pdf") + 8] ^= 0xFF
    found = list(members(bytes(data)))
    assert [(m.name, m.problem.code if m.problem else None) for m in found] == [("a.pdf", "corrupt"), ("b.pdf", None)]


def test_a_part_of_a_split_rar_and_an_empty_zip_say_so() -> None:
    assert refused(rar_4({b"a.pdf": PDF}, archive_flags=0x0001)) == "unsupported"
    assert refused(zipped({})) == "empty"
    assert refused(PDF) == "unsupported"


def test_every_member_of_an_archive_is_a_document_of_its_own() -> None:
    body = b"<html><body><p>2024</p><table><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table></body></html>"
    data = _locked(_locked(zipped({"a.html": body, "b.pdf": PDF, "c.pdf": PDF}), b"b.pdf"), b"c.pdf")
    found = {name: disclosure.document for name, _, disclosure in extract_archive(data, "县.zip")}
    assert list(found) == ["a.html", "b.pdf", "c.pdf"]
    assert found["a.html"].file == "县.zip!/a.html"
    assert found["a.html"].reader == "html"
    assert [found[name].error.code for name in ("b.pdf", "c.pdf") if found[name].error] == ["encrypted", "encrypted"]
    assert len({document.sha256 for document in found.values()}) == 3


def test_gzip_of_one_file_gives_it_under_its_name() -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile("预算.pdf", "wb", fileobj=buffer) as stream:
        stream.write(PDF)
    assert [(m.data, m.problem) for m in members(buffer.getvalue())] == [(PDF, None)]
    assert refused(buffer.getvalue()[:-20]) == "truncated"
