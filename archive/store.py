"""The archive: every original for ever, by its hash, and the ledger of what was served where and when.

Layout of an archive directory:

    <sha256>             the bytes of one file as they were downloaded, read-only, named by their hash; never changed, never removed
    .incoming/           files being written; whatever a killed crawl left there is removed by the next
    sightings.sqlite     the ledger (`archive.ledger`)

Order of writing makes a crash harmless: bytes reach their final name (written, synced, renamed) before any row references them.
A crawl killed at any moment and started again ends with the same archive as one that was never disturbed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from archive.errors import ArchiveError
from archive.ledger import KnownFile, Ledger
from archive.whole_files import sync_folder, write_whole, writer_of

_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class Archive:
    """The archive in one directory. One writer at a time is usual; several processes are safe."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.incoming = directory / ".incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)
        self._sweep()
        self.ledger = Ledger(directory / "sightings.sqlite")

    def close(self) -> None:
        self.ledger.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _sweep(self) -> None:
        """Removes what killed crawls left half-written: their process is in the name, a living one is left alone."""
        for leftover in self.incoming.iterdir():
            process = writer_of(leftover.name)
            alive = process is not None and Path("/proc").is_dir() and Path("/proc", str(process)).exists()
            if not alive or process == os.getpid():
                leftover.unlink(missing_ok=True)

    # --- bytes ---------------------------------------------------------------------------------------------------------

    def path_of(self, sha256: str) -> Path:
        """Where a document stands. Raises ValueError on anything that is no hash, so that no data reaches the file system."""
        if not _SHA256.match(sha256):
            raise ValueError(f"{sha256!r} is no SHA-256 in lower-case hexadecimal")
        return self.directory / sha256

    def holds(self, sha256: str) -> bool:
        return self.path_of(sha256).is_file()

    def put(self, data: bytes) -> str:
        """Stores bytes and returns their SHA-256. Bytes already there are compared by size and left alone.

        Raises ArchiveError when a file under this name has another size: then the disk, not the portal, is at fault.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        target = self.path_of(sha256)
        if target.exists():
            if target.stat().st_size != len(data):
                raise ArchiveError(
                    f"{target}: {target.stat().st_size} bytes, expected {len(data)}; the file was damaged after archiving: "
                    "move it away and crawl again"
                )
            return sha256
        write_whole(target, data, through=self.incoming, mode=0o444)
        sync_folder(self.directory)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes of a document, verified. Raises FileNotFoundError, or ArchiveError when they no longer have this hash."""
        path = self.path_of(sha256)
        data = path.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise ArchiveError(f"{path}: the bytes have the hash {found}; the file was damaged after archiving")
        return data

    def documents(self) -> Iterator[str]:
        """The hashes of all files that stand in the archive, sorted."""
        yield from sorted(path.name for path in self.directory.iterdir() if _SHA256.match(path.name))

    def damaged(self) -> list[str]:
        """Hashes whose file no longer has these bytes (reads everything)."""
        return [
            name
            for name in self.documents()
            if hashlib.sha256((self.directory / name).read_bytes()).hexdigest() != name
        ]

    def known_file(self, address: str) -> KnownFile | None:
        """What was last served under an address, None when nothing, or when its bytes are gone from the archive."""
        known = self.ledger.known_file(address)
        return known if known is not None and self.holds(known.sha256) else None
