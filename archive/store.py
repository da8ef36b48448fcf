"""The archive: every original for ever, by its hash, and the ledger of what was served where and when.

Layout of an archive directory:

    <sha256>             the bytes of one file as they were downloaded, read-only, named by their hash; never changed, never removed
    .damaged/            originals that were found to have other bytes than their name says: kept for a look, no longer originals
    .incoming/           files being written; whatever a killed crawl left there is removed by the next
    sightings.sqlite     the ledger (`archive.ledger`)

Order of writing makes a crash harmless: bytes reach their final name (written, synced, renamed) before any row references them.
A crawl killed at any moment and started again ends with the same archive as one that was never disturbed.

Where originals lie is the affair of a `Backend`: a local folder today. What they are called and that they are still the bytes
they were is the affair of `Archive`, whatever the backend.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from archive.errors import ArchiveError
from archive.ledger import KnownFile, Ledger
from archive.whole_files import sync_folder, write_whole, writer_of

DAMAGED = ".damaged"
"""Folder of a local archive for originals that no longer have the bytes of their name."""
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class Backend(Protocol):
    """A place for originals. Names are SHA-256 in lower-case hexadecimal, checked by `Archive`; nothing is ever overwritten.

    Several processes may use one place at once.
    """

    def holds(self, sha256: str) -> bool:
        """Whether there is an original of this name, written whole."""

    def size(self, sha256: str) -> int:
        """Its size in bytes. Raises FileNotFoundError."""

    def put(self, sha256: str, data: bytes) -> None:
        """Stores an original whole or not at all; when this returns it is durable. Storing a name twice is harmless."""

    def read(self, sha256: str) -> bytes:
        """Its bytes, as they are now. Raises FileNotFoundError."""

    def local_path(self, sha256: str) -> Path:
        """A file on this machine with its bytes, for reading, until `close`. Raises FileNotFoundError."""

    def names(self) -> Iterator[str]:
        """The names of all originals, sorted."""

    def set_aside(self, sha256: str) -> str:
        """Takes a damaged original out of the way, so that it can be stored again; gives where it is kept."""

    def address_of(self, sha256: str) -> str:
        """Where an original lies, or would lie, as a person must be told it: a path, a URL."""

    def close(self) -> None:
        """Gives back what was opened, and what `local_path` made."""


class LocalFolder:
    """Originals as read-only files of one folder, those being written in its subfolder `.incoming`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / ".incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        """Removes what killed crawls left half-written: their process is in the name, a living one is left alone."""
        for leftover in self._incoming.iterdir():
            process = writer_of(leftover.name)
            alive = process is not None and Path("/proc").is_dir() and Path("/proc", str(process)).exists()
            if not alive or process == os.getpid():
                leftover.unlink(missing_ok=True)

    def holds(self, sha256: str) -> bool:
        # one that may not be read is as good as gone: the portal's copy takes its place
        path = self._folder / sha256
        return path.is_file() and os.access(path, os.R_OK)

    def size(self, sha256: str) -> int:
        return (self._folder / sha256).stat().st_size

    def put(self, sha256: str, data: bytes) -> None:
        write_whole(self._folder / sha256, data, through=self._incoming, mode=0o444)
        sync_folder(self._folder)

    def read(self, sha256: str) -> bytes:
        return (self._folder / sha256).read_bytes()

    def local_path(self, sha256: str) -> Path:
        path = self._folder / sha256
        path.stat()
        return path

    def names(self) -> Iterator[str]:
        yield from sorted(path.name for path in self._folder.iterdir() if _SHA256.match(path.name))

    def set_aside(self, sha256: str) -> str:
        kept = self._folder / DAMAGED / sha256
        kept.parent.mkdir(exist_ok=True)
        (self._folder / sha256).replace(kept)
        sync_folder(self._folder)
        return str(kept)

    def address_of(self, sha256: str) -> str:
        return str(self._folder / sha256)

    def close(self) -> None:
        """Nothing is open between calls."""


class Archive:
    """Originals by hash in a backend (default: the archive's own folder), and their ledger.

    One writer at a time is usual; several processes are safe. Bytes leave by `read` and `local_path` only, verified.
    """

    def __init__(self, directory: Path, originals: Backend | None = None) -> None:
        """Opens the archive in a directory, or makes it. Raises ArchiveError for a ledger of a newer release."""
        directory.mkdir(parents=True, exist_ok=True)
        self._originals: Backend = LocalFolder(directory) if originals is None else originals
        self.ledger = Ledger(directory / "sightings.sqlite")

    def close(self) -> None:
        self.ledger.close()
        self._originals.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def holds(self, sha256: str) -> bool:
        return self._originals.holds(_checked(sha256))

    def size(self, sha256: str) -> int:
        """Bytes of an original. Raises FileNotFoundError."""
        return self._originals.size(_checked(sha256))

    def address_of(self, sha256: str) -> str:
        """Where an original lies, or would lie, for messages; nothing is opened by it."""
        return self._originals.address_of(_checked(sha256))

    def put(self, data: bytes) -> str:
        """Stores bytes and returns their SHA-256. Bytes already there are compared by size and left alone.

        Raises ArchiveError when the original of this name has another size: then the disk, not the portal, is at fault.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if not self._originals.holds(sha256):
            self._originals.put(sha256, data)
        elif (size := self._originals.size(sha256)) != len(data):
            raise ArchiveError(
                f"{self.address_of(sha256)}: {size} bytes, expected {len(data)}; the file was damaged after archiving: "
                "move it away and crawl again"
            )
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes of an original, verified. Raises FileNotFoundError, or ArchiveError when they no longer have this hash."""
        data = self._originals.read(_checked(sha256))
        self._verify(sha256, hashlib.sha256(data).hexdigest())
        return data

    def local_path(self, sha256: str) -> Path:
        """A file on this machine with the bytes of an original, verified now, for reading until the archive is closed.

        Raises FileNotFoundError, or ArchiveError when the bytes no longer have this hash.
        """
        path = self._originals.local_path(_checked(sha256))
        with path.open("rb") as stream:
            self._verify(sha256, hashlib.file_digest(stream, "sha256").hexdigest())
        return path

    def _verify(self, sha256: str, found: str) -> None:
        """Raises ArchiveError for an original with other bytes, and takes it out of the way: the next sighting downloads it again."""
        if found != sha256:
            raise ArchiveError(
                f"{self.address_of(sha256)}: the bytes have the hash {found}; the file was damaged after archiving and is set aside as "
                f"{self._originals.set_aside(sha256)}: the next night that sees it downloads it again, or restore it from a backup"
            )

    def documents(self) -> Iterator[str]:
        """The hashes of all originals in the archive, sorted."""
        return self._originals.names()

    def damaged(self) -> list[str]:
        """Hashes whose original no longer has these bytes (reads everything)."""
        return [sha256 for sha256, trouble in self.check(self.documents()) if trouble is not None]

    def check(self, shas: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """Each of these originals with what is wrong with it: gone, damaged (and set aside now) or unreadable; None when it is whole."""
        for sha256 in shas:
            try:
                self.read(sha256)
            except FileNotFoundError:
                yield sha256, f"{self.address_of(sha256)}: missing"
            except ArchiveError as damaged:
                yield sha256, str(damaged)
            except OSError as error:
                yield sha256, f"{self.address_of(sha256)}: cannot be read: {error.strerror}"
            else:
                yield sha256, None

    def known_file(self, address: str) -> KnownFile | None:
        """What was last served under an address, None when nothing, or when its bytes are gone from the archive."""
        known = self.ledger.known_file(address)
        return known if known is not None and self.holds(known.sha256) else None


def _checked(sha256: str) -> str:
    """The name of an original. Raises ValueError on anything that is no hash, so that no data reaches the file system."""
    if not _SHA256.match(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256 in lower-case hexadecimal")
    return sha256
