"""OLE2 compound files ([MS-CFB]): the names of the streams at the root, and their bytes. Nothing of an application here.

Written for hostile input: every chain is bounded by the sectors that the file has, every stream by the bytes of the file.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NO_STREAM = 0xFFFFFFFF
_LAST_SECTOR = 0xFFFFFFFA
MAX_ENTRIES = 65_536


class NotACompoundFileError(ValueError):
    """The bytes are no compound file, or one whose tables are damaged; the message says which."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    is_storage: bool
    left: int
    right: int
    child: int
    start: int
    size: int


class CompoundFile:
    """The root of a compound file. Names compare without case, as the format wants."""

    def __init__(self, data: bytes) -> None:
        """Raises NotACompoundFileError when the header, allocation tables or directory cannot be followed."""
        if len(data) < 512 or not data.startswith(SIGNATURE):
            raise NotACompoundFileError("no compound file signature")
        self._data = data
        major, _, shift, mini_shift = struct.unpack_from("<HHHH", data, 26)
        if shift not in (9, 12) or mini_shift > shift or major not in (3, 4):
            raise NotACompoundFileError(f"impossible sector sizes (version {major}, 2^{shift}, 2^{mini_shift})")
        self._sector = 1 << shift
        self._mini_sector = 1 << mini_shift
        self._sectors = (len(data) + self._sector - 1) // self._sector
        self._mini_cutoff = struct.unpack_from("<I", data, 56)[0]
        (first_directory,) = struct.unpack_from("<I", data, 48)
        first_mini, mini_count, first_difat, difat_count = struct.unpack_from("<IIII", data, 60)
        self._fat = self._allocation(first_difat, difat_count)
        self._entries = self._directory(first_directory)
        mini = self._chain(first_mini, mini_count * self._sector) if first_mini < _LAST_SECTOR else b""
        self._mini_fat = _integers(mini)
        root = self._entries[0]
        self._mini_stream = self._chain(root.start, root.size) if root.start < _LAST_SECTOR else b""
        self._root = {entry.name.lower(): entry for entry in self._siblings(root.child)}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of streams and storages at the root, as written."""
        return tuple(entry.name for entry in self._root.values())

    def stream(self, name: str) -> bytes | None:
        """The bytes of a root stream; None when there is none. A chain cut short gives what is there."""
        entry = self._root.get(name.lower())
        if entry is None or entry.is_storage:
            return None
        if entry.size < self._mini_cutoff:
            return self._mini_chain(entry.start, entry.size)
        return self._chain(entry.start, entry.size)

    def cut_streams(self) -> tuple[str, ...]:
        """Root streams that hold fewer bytes than the directory says: the end of the file is missing, or a chain is broken."""
        whole = ((entry, self.stream(entry.name)) for entry in self._root.values() if not entry.is_storage)
        return tuple(entry.name for entry, found in whole if found is not None and len(found) < entry.size)

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        return self._data[start : start + self._sector]

    def _allocation(self, first_difat: int, difat_count: int) -> array[int]:
        wanted = list(struct.unpack_from("<109I", self._data, 76))
        sector = first_difat
        for _ in range(min(difat_count, self._sectors)):
            if sector >= _LAST_SECTOR:
                break
            block = _integers(self._at(sector))
            if len(block) < 2:
                break
            wanted.extend(block[:-1])
            sector = block[-1]
        fat = array("I")
        for number in wanted[: self._sectors + 109]:
            if number < self._sectors:
                fat.extend(_integers(self._at(number).ljust(self._sector, b"\xff")))
        if not fat:
            raise NotACompoundFileError("the file allocation table is missing")
        return fat

    def _chain(self, start: int, size: int) -> bytes:
        parts: list[bytes] = []
        sector, left = start, min(size, len(self._data))
        for _ in range(self._sectors):
            if left <= 0 or sector >= len(self._fat):
                break
            part = self._at(sector)[:left]
            parts.append(part)
            left -= len(part)
            sector = self._fat[sector]
        return b"".join(parts)

    def _mini_chain(self, start: int, size: int) -> bytes:
        parts: list[bytes] = []
        sector, left = start, size
        for _ in range(len(self._mini_fat)):
            if left <= 0 or sector >= len(self._mini_fat):
                break
            at = sector * self._mini_sector
            part = self._mini_stream[at : at + min(left, self._mini_sector)]
            parts.append(part)
            left -= len(part)
            sector = self._mini_fat[sector]
        return b"".join(parts)

    def _directory(self, first: int) -> list[_Entry]:
        table = self._chain(first, MAX_ENTRIES * 128)
        entries = [_entry(table[at : at + 128]) for at in range(0, len(table) - 127, 128)]
        if not entries:
            raise NotACompoundFileError("the directory is missing")
        return entries

    def _siblings(self, first: int) -> list[_Entry]:
        found: list[_Entry] = []
        seen: set[int] = set()
        waiting = [first]
        while waiting:
            number = waiting.pop()
            if number in seen or number >= len(self._entries):
                continue
            seen.add(number)
            entry = self._entries[number]
            found.append(entry)
            waiting += [entry.left, entry.right]
        return found


def _integers(block: bytes) -> array[int]:
    return array("I", struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4]))


def _entry(record: bytes) -> _Entry:
    length = struct.unpack_from("<H", record, 64)[0]
    name = record[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
    left, right, child = struct.unpack_from("<III", record, 68)
    start, size = struct.unpack_from("<II", record, 116)
    return _Entry(name, record[66] != 2, left, right, child, start, size)
