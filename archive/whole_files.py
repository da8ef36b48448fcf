"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: str | bytes, *, through: Path | None = None, mode: int | None = None) -> None:
    """Writes a file so that a reader sees the old one or all of the new one, also when writing is cut short.

    Text is written as UTF-8. `through`: the folder, on the same file system, where the bytes are written first (default: the
    file's own); the temporary name begins with the process id, and is short because the target's may be as long as names can be.
    `mode`: permission bits of the new file. Raises OSError, UnicodeEncodeError; then the old file stands and nothing is left.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    half = (through or path.parent) / f".{os.getpid()}-{secrets.token_hex(4)}.part"
    try:
        with half.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            half.chmod(mode)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on the disk, so that a file renamed into it is there after a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def writer_of(leftover: str) -> int | None:
    """The id of the process that was writing a temporary file, by its name; None for a name that none of ours has."""
    process = leftover.lstrip(".").split("-", 1)[0]
    return int(process) if process.isdigit() else None
