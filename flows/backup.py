"""A copy of an installation that hangs together, taken while it runs; and the way back.

Databases first, by SQLite's own online copy, then originals: they are never changed, so that every original that a row of the copied
warehouse names is in the copy. Originals that are there already are not copied again. Prefect's records are not part of it: `yusuan up`
makes them anew. A warehouse on PostgreSQL is for `pg_dump`.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from archive.store import Archive
from archive.whole_files import sync_folder, write_whole
from flows.check_archive import troubles
from flows.home import OWNERS_ALONE, House

DATABASES = ("warehouse.sqlite", "archive/sightings.sqlite")
FOLDERS = ("portals", "evidence", "runs")
FILES = ("run.bounds.toml",)


class BackupError(RuntimeError):
    """A copy that cannot be made or used; the message names what and why."""


@dataclass(frozen=True)
class Copied:
    """What was copied. `originals`: new ones of `held`."""

    databases: int
    originals: int
    held: int


def back_up(house: House, target: Path) -> Copied:
    """Bring `target` to the state of the house. Raises BackupError, OSError."""
    target.mkdir(parents=True, mode=OWNERS_ALONE, exist_ok=True)
    if target.resolve().is_relative_to(house.home):
        raise BackupError(f"{target} lies in the home itself: a disk that dies takes both")
    databases = sum(_copy_database(house.home / name, target / name) for name in DATABASES)
    for name in FOLDERS:
        if (house.home / name).is_dir():
            shutil.copytree(house.home / name, target / name, dirs_exist_ok=True)
    for name in FILES:
        if (house.home / name).is_file():
            write_whole(target / name, (house.home / name).read_bytes())
    kept = target / "archive"
    kept.mkdir(exist_ok=True)
    new = held = 0
    with Archive(house.archive) as archive:
        for sha256 in archive.documents():
            held += 1
            if not (kept / sha256).exists():
                write_whole(kept / sha256, archive.read(sha256), mode=0o444)
                new += 1
    sync_folder(kept)
    return Copied(databases, new, held)


def _copy_database(source: Path, target: Path) -> bool:
    if not source.is_file():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(target.name + ".part")
    half.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(source, timeout=60)) as one,
        contextlib.closing(sqlite3.connect(half)) as other,
    ):
        one.backup(other)
        found = other.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise BackupError(f"{source} is damaged ({found}): the copy of before was kept")
        other.execute("PRAGMA journal_mode=DELETE")
    half.replace(target)
    return True


def restore(source: Path, house: House) -> list[str]:
    """Fill a home that is empty from a copy; gives what is wrong with the originals (nothing when all are whole).

    Raises BackupError for a source that is no copy, and for a home that holds a warehouse already: nothing is overwritten.
    """
    if not (source / "archive" / "sightings.sqlite").is_file():
        raise BackupError(f"{source} is no copy made by `yusuan backup`")
    for name in ("warehouse.sqlite", "archive"):
        if (house.home / name).exists():
            raise BackupError(f"{house.home / name} is there already: restore into an empty home, then name that one")
    shutil.copytree(source, house.home, dirs_exist_ok=True)
    house.home.chmod(OWNERS_ALONE)
    with Archive(house.archive) as archive:
        return [trouble for _, trouble in troubles(house, archive) if trouble is not None]
