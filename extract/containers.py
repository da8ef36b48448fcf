"""Archives (ZIP, RAR, 7z, gzip) → the documents inside. A member's name is a label: it never becomes a path on a disk.

Portals pack one disclosure a department, or a whole county, into archives with folders, nested archives and names in GBK.
Every archive is taken for a bomb until its members have stayed inside the limits.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.file_kinds import FileKind, detect
from extract.readers.pdf_extras import embedded_documents, without_embedded
from extract.reading import UnreadableError

CHUNK = 1 << 20
RATIO_MATTERS_FROM = 64 * 1024 * 1024
"""Small archives of text may shrink to anything; only what expands beyond this is judged by its ratio."""
CONTAINERS = frozenset({FileKind.ZIP, FileKind.RAR, FileKind.SEVEN_ZIP, FileKind.GZIP})


@dataclass(frozen=True, slots=True)
class ContainerLimits:
    """What one archive may hold, nested archives included. Sizes in bytes; `max_ratio` is expanded : archive."""

    max_members: int = 2000
    max_expanded: int = 1024 * 1024 * 1024
    max_member: int = 300 * 1024 * 1024
    max_ratio: int = 300
    max_nesting: int = 3


DEFAULT_CONTAINER_LIMITS = ContainerLimits()


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: `name` a clean label unique in it (`folder/file.pdf`), its bytes, or why it gives none.

    An archive inside that cannot be opened comes whole, with its problem.
    """

    name: str
    data: bytes
    problem: UnreadableError | None = None


@dataclass(slots=True)
class _Budget:
    limits: ContainerLimits
    archive: int
    members: int = 0
    expanded: int = 0
    names: dict[str, int] = field(default_factory=dict)

    def open_member(self) -> None:
        self.members += 1
        if self.members > self.limits.max_members:
            raise UnreadableError("limit_size", f"the archive has more than {self.limits.max_members:,} members")

    def spend(self, size: int) -> None:
        self.expanded += size
        limit = self.limits.max_expanded
        if self.expanded > limit:
            raise UnreadableError("limit_size", f"the archive expands to more than {limit:,} bytes")
        if self.expanded > RATIO_MATTERS_FROM and self.expanded > self.limits.max_ratio * self.archive:
            raise UnreadableError(
                "limit_size",
                f"{self.archive:,} bytes expand more than {self.limits.max_ratio} times: a bomb, not a disclosure",
            )

    def unique(self, name: str) -> str:
        count = self.names.get(name, 0) + 1
        self.names[name] = count
        if count == 1:
            return name
        stem, dot, extension = name.rpartition(".")
        return self.unique(f"{stem} ({count}).{extension}" if dot and "/" not in extension else f"{name} ({count})")


@dataclass(frozen=True, slots=True)
class _Raw:
    name: str
    data: bytes
    problem: UnreadableError | None = None


def is_container(data: bytes) -> bool:
    """Whether a file is an archive of documents (an office package is a document, not an archive), or a PDF that carries some."""
    kind = detect(data)
    return kind in CONTAINERS or (kind is FileKind.PDF and bool(embedded_documents(data)))


def members(data: bytes, limits: ContainerLimits = DEFAULT_CONTAINER_LIMITS) -> Iterator[Member]:
    """The files of an archive in its own order, archives inside it opened in their place (`inner.zip!/file.pdf`).

    A member that alone cannot be had (a password, a damaged part) comes with its `problem`, so that the others are not
    lost. Raises UnreadableError for the archive as a whole: empty, encrypted (nothing can be read without a password),
    limit_size, limit_nesting, truncated, corrupt, unsupported.
    """
    if detect(data) is FileKind.PDF and embedded_documents(data):
        yield from _portfolio(data)
        return
    count = 0
    for member in _opened(data, "", 1, _Budget(limits, max(1, len(data)))):
        count += 1
        yield member
    if not count:
        raise UnreadableError("empty", "an archive without files; download it again")


def _portfolio(data: bytes) -> Iterator[Member]:
    """A PDF that carries documents: its own pages as one document, and each of those it carries."""
    budget = _Budget(DEFAULT_CONTAINER_LIMITS, max(1, len(data)))
    yield Member("pages.pdf", without_embedded(data))
    for name, carried in embedded_documents(data):
        budget.open_member()
        budget.spend(len(carried))
        yield Member(budget.unique(_label(name, budget.members)), carried)


def _opened(data: bytes, prefix: str, depth: int, budget: _Budget) -> Iterator[Member]:
    kind = detect(data)
    if kind is FileKind.EMPTY:
        raise UnreadableError("empty", "an archive without members")
    if kind is FileKind.TRUNCATED:
        raise UnreadableError("truncated", "the archive is cut off; download it again")
    reader = _READERS.get(kind)
    if reader is None:
        raise UnreadableError("unsupported", f"{kind} is no archive that can be opened")
    if depth > budget.limits.max_nesting:
        raise UnreadableError("limit_nesting", f"archives nested more than {budget.limits.max_nesting} deep")
    locked: list[Member] | None = []  # until something opens: an archive of which nothing opens is one fact, not many
    for raw in reader(data, budget):
        label = f"{prefix}{_label(raw.name, budget.members)}"
        if _is_litter(label):
            continue
        if raw.problem is not None and raw.problem.code == "encrypted" and locked is not None:
            locked.append(Member(budget.unique(label), b"", raw.problem))
            continue
        yield from locked or ()
        locked = None
        if raw.problem is not None:
            yield Member(budget.unique(label), b"", raw.problem)
            continue
        if raw.data and detect(raw.data) in CONTAINERS:
            try:
                yield from _opened(raw.data, f"{label}!/", depth + 1, budget)
            except UnreadableError as error:
                if error.code.startswith("limit"):
                    raise
                yield Member(budget.unique(label), raw.data, error)
            continue
        yield Member(budget.unique(label), raw.data)
    if locked:
        raise UnreadableError("encrypted", "the archive asks for a password; ask the publisher for an open one")


def _zip_members(data: bytes, budget: _Budget) -> Iterator[_Raw]:
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, struct.error) as error:
        raise UnreadableError("corrupt", f"the ZIP archive cannot be opened: {error}; download it again") from error
    with package:
        infos = [info for info in package.infolist() if not info.is_dir() and not _is_link(info)]
        if len(infos) > budget.limits.max_members:
            raise UnreadableError("limit_size", f"the archive has {len(infos):,} members, more than allowed")
        for info in infos:
            budget.open_member()
            name = _zip_name(info)
            if info.flag_bits & 1:
                yield _Raw(name, b"", UnreadableError("encrypted", f"{name} asks for a password"))
                continue
            try:
                with package.open(info) as stream:
                    content = _bounded(stream.read, name, budget)
            except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
                yield _Raw(name, b"", UnreadableError("corrupt", f"{name} cannot be unpacked: {error}"))
                continue
            except (NotImplementedError, RuntimeError) as error:
                yield _Raw(name, b"", UnreadableError("unsupported", f"{name} is packed in a way not known: {error}"))
                continue
            yield _Raw(name, content)


def _is_link(info: zipfile.ZipInfo) -> bool:
    return (info.external_attr >> 16) & 0o170000 == 0o120000


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name: from its Unicode extra field, its UTF-8 flag, or bytes that are UTF-8 or GBK without saying so."""
    if info.flag_bits & 0x800:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    at, extra = 0, info.extra
    while at + 4 <= len(extra):
        identity, size = struct.unpack_from("<HH", extra, at)
        field_bytes = extra[at + 4 : at + 4 + size]
        if (
            identity == 0x7075
            and len(field_bytes) > 5
            and struct.unpack_from("<I", field_bytes, 1)[0] == zlib.crc32(raw)
        ):
            return field_bytes[5:].decode("utf-8", "replace")
        at += 4 + size
    return _decoded_name(raw)


def _decoded_name(raw: bytes) -> str:
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def _bounded(read: Callable[[int], bytes], name: str, budget: _Budget) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := read(CHUNK):
        size += len(part)
        budget.spend(len(part))
        if size > budget.limits.max_member:
            raise UnreadableError("limit_size", f"{name} expands to more than {budget.limits.max_member:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _gzip_members(data: bytes, budget: _Budget) -> Iterator[_Raw]:
    budget.open_member()
    machine = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    waiting, size = data, 0
    try:
        while not machine.eof:
            part = machine.decompress(waiting, CHUNK)
            waiting = machine.unconsumed_tail
            if not part and not waiting:
                raise UnreadableError("truncated", "the gzip file is cut off; download it again")
            size += len(part)
            budget.spend(len(part))
            if size > budget.limits.max_member:
                raise UnreadableError(
                    "limit_size", f"the gzip file expands to more than {budget.limits.max_member:,} bytes"
                )
            parts.append(part)
    except zlib.error as error:
        raise UnreadableError("corrupt", f"the gzip file cannot be unpacked: {error}") from error
    name = data[10:].split(b"\x00", 1)[0][:255] if data[3] & 0x0C == 0x08 else b""
    yield _Raw(_decoded_name(name) or "content", b"".join(parts))


def _seven_zip_members(data: bytes, budget: _Budget) -> Iterator[_Raw]:
    import py7zr
    from py7zr.exceptions import ArchiveError

    try:
        with py7zr.SevenZipFile(io.BytesIO(data), "r") as archive:
            if archive.needs_password():
                raise UnreadableError(
                    "encrypted", "the 7z archive asks for a password; ask the publisher for an open one"
                )
            listed = [info for info in archive.list() if not info.is_directory]
            if len(listed) > budget.limits.max_members:
                raise UnreadableError("limit_size", f"the archive has {len(listed):,} members, more than allowed")
            if sum(info.uncompressed for info in listed) > budget.limits.max_expanded - budget.expanded:
                raise UnreadableError(
                    "limit_size", f"the archive declares more than {budget.limits.max_expanded:,} bytes"
                )
            kept = _memory_of_7z(budget)
            archive.extractall(path="/", factory=kept)
    except UnreadableError:
        raise
    except py7zr.exceptions.PasswordRequired as error:
        raise UnreadableError("encrypted", "the 7z archive asks for a password") from error
    except (ArchiveError, lzma.LZMAError, zlib.error, OSError, EOFError, ValueError, IndexError, KeyError, TypeError,
            AttributeError, struct.error, AssertionError) as error:  # fmt: skip
        raise UnreadableError("corrupt", f"the 7z archive cannot be unpacked: {error!r}") from error
    for name, content in kept.contents():
        budget.open_member()
        yield _Raw(name, content)


def _memory_of_7z(budget: _Budget) -> Any:
    """A py7zr writer factory that keeps members in memory and stops at the limits."""
    from py7zr.io import Py7zIO, WriterFactory

    class Kept(Py7zIO):
        def __init__(self, name: str) -> None:
            self.name, self.buffer = name, io.BytesIO()

        def write(self, s: bytes | bytearray) -> int:
            budget.spend(len(s))
            if self.buffer.tell() + len(s) > budget.limits.max_member:
                raise UnreadableError(
                    "limit_size", f"{self.name} expands to more than {budget.limits.max_member:,} bytes"
                )
            return self.buffer.write(s)

        def read(self, size: int | None = None) -> bytes:
            return self.buffer.read(size)

        def seek(self, offset: int, whence: int = 0) -> int:
            return self.buffer.seek(offset, whence)

        def flush(self) -> None:
            self.buffer.flush()

        def size(self) -> int:
            return self.buffer.getbuffer().nbytes

    class Shelf(WriterFactory):
        def __init__(self) -> None:
            self.kept: list[Kept] = []

        def create(self, filename: str) -> Py7zIO:
            self.kept.append(Kept(filename))
            return self.kept[-1]

        def contents(self) -> Iterator[tuple[str, bytes]]:
            for kept in self.kept:
                yield kept.name, kept.buffer.getvalue()

    return Shelf()


_RAR_ENCRYPTED, _RAR_DIRECTORY, _RAR_VOLUME = 0x04, 0x20, 0x0001
_RAR_END, _RAR_NO_MEMORY, _RAR_UNKNOWN_FORMAT, _RAR_NEXT_VOLUME, _RAR_MISSING_PASSWORD, _RAR_BAD_PASSWORD = (
    10,
    11,
    14,
    15,
    22,
    24,
)


def _rar_members(data: bytes, budget: _Budget) -> Iterator[_Raw]:
    try:
        from unrar.cffi import unrarlib
    except ImportError as error:
        raise UnreadableError(
            "unsupported", "RAR archives need the package unrar2-cffi; install it or unpack by hand"
        ) from error
    with tempfile.TemporaryDirectory(prefix="yusuan-rar-") as folder:
        # the library opens paths only; members are tested into memory and nothing of them is written
        path = Path(folder) / "archive.rar"
        path.write_bytes(data)
        yield from _rar_walk(unrarlib, path, budget)


def _rar_walk(unrarlib: Any, path: Path, budget: _Budget) -> Iterator[_Raw]:
    opening = unrarlib.RAROpenArchiveDataEx(str(path), unrarlib.C_RAR_OM_EXTRACT)
    handle = unrarlib.RAROpenArchiveEx(opening.value)
    result = opening.value.OpenResult
    if result or handle == unrarlib.ffi.NULL:
        raise _rar_error(result, "the RAR archive")
    sink = _RarSink(budget)
    # the library reports through a pointer: the handle must live as long as the archive is open
    keep = unrarlib.ffi.new_handle(sink.receive(unrarlib))
    try:
        if opening.value.Flags & _RAR_VOLUME:
            raise UnreadableError("unsupported", "one part of a split RAR archive; all parts are needed to unpack it")
        unrarlib.RARSetCallbackPtr(handle, unrarlib.PyUNRARCALLBACKStub, keep)
        while True:
            header = unrarlib.RARHeaderDataEx()
            result = unrarlib.RARReadHeaderEx(handle, header)
            if result == _RAR_END:
                break
            if result:
                raise _rar_error(result, "the RAR archive")
            is_file = not header.Flags & _RAR_DIRECTORY and not header.RedirType
            name = _rar_name(unrarlib.ffi.string(header.FileNameW))
            wanted = is_file and not header.Flags & _RAR_ENCRYPTED
            if is_file:
                budget.open_member()
            sink.begin(name)
            operation = unrarlib.C_RAR_TEST if wanted else unrarlib.C_RAR_SKIP
            result = unrarlib.RARProcessFileW(handle, operation, unrarlib.ffi.NULL, unrarlib.ffi.NULL)
            if sink.stopped is not None:
                raise sink.stopped
            if not is_file:
                continue
            if not wanted or result:
                yield _Raw(name, b"", _rar_error(result if wanted else _RAR_MISSING_PASSWORD, name))
                continue
            yield _Raw(name, sink.content())
    finally:
        unrarlib.RARCloseArchive(handle)


def _rar_name(name: str) -> str:
    """A name as it was meant: the library maps bytes that its locale cannot read into a private area and marks the name."""
    if "\ufffe" not in name:
        return name
    raw = bytearray()
    for character in name.replace("\ufffe", ""):
        code = ord(character)
        raw += bytes([code - 0xE000]) if 0xE080 <= code <= 0xE0FF else character.encode("utf-8")
    return _decoded_name(bytes(raw))


def _rar_error(result: int, what: str) -> UnreadableError:
    if result in (_RAR_MISSING_PASSWORD, _RAR_BAD_PASSWORD):
        return UnreadableError("encrypted", f"{what} asks for a password; ask the publisher for an open file")
    if result == _RAR_NEXT_VOLUME:
        return UnreadableError("unsupported", f"{what} continues in another part of a split archive")
    if result == _RAR_UNKNOWN_FORMAT:
        return UnreadableError("unsupported", f"{what}: a RAR format newer than the reader")
    if result == _RAR_NO_MEMORY:
        return UnreadableError("limit_memory", f"{what} needs more memory than there is")
    return UnreadableError("corrupt", f"{what} cannot be unpacked (code {result}); download it again")


class _RarSink:
    """Collects the bytes of one member; asks the library to stop at a limit, a password or a missing part."""

    def __init__(self, budget: _Budget) -> None:
        self.budget = budget
        self.stopped: UnreadableError | None = None
        self.begin("")

    def begin(self, name: str) -> None:
        self.name, self.parts, self.size = name, list[bytes](), 0

    def content(self) -> bytes:
        return b"".join(self.parts)

    def receive(self, unrarlib: Any) -> Callable[[int, Any, int], int]:
        def handle(message: int, pointer: Any, length: int) -> int:
            if message != unrarlib.UCM_PROCESSDATA:
                return -1
            try:
                self.budget.spend(length)
            except UnreadableError as error:
                self.stopped = error
                return -1
            self.size += length
            if self.size > self.budget.limits.max_member:
                limit = self.budget.limits.max_member
                self.stopped = UnreadableError("limit_size", f"{self.name} expands to more than {limit:,} bytes")
                return -1
            self.parts.append(bytes(unrarlib.ffi.buffer(unrarlib.ffi.cast("char *", pointer), length)))
            return 1

        return handle


_READERS: dict[FileKind, Callable[[bytes, _Budget], Iterator[_Raw]]] = {
    FileKind.ZIP: _zip_members,
    FileKind.RAR: _rar_members,
    FileKind.SEVEN_ZIP: _seven_zip_members,
    FileKind.GZIP: _gzip_members,
}


def _label(name: str, number: int) -> str:
    """A name of an archive as a label: relative, with `/`, without `..`, control or direction-changing characters."""
    parts = []
    for part in re.split(r"[\\/]+", name):
        clean = "".join(ch for ch in part if unicodedata.category(ch) not in ("Cc", "Cf", "Cs")).strip()
        clean = re.sub(r"^[A-Za-z]:$", "", clean)
        if clean not in ("", ".", ".."):
            parts.append(clean[:200])
    return "/".join(parts[-20:]) or f"member {number}"


def _is_litter(label: str) -> bool:
    """Files that packing programs and desktops leave in archives."""
    parts = label.split("/")
    return "__MACOSX" in parts or parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini") or parts[-1].startswith("~$")
