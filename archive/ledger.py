"""The ledger: what was served where and when, as one SQLite file next to the originals.

    documents  sha256, size, the run and time of first archiving
    addresses  per file address: what was last served there, with its validators (ETag, Last-Modified)
    pages      list and article pages with validators, so that a 304 can be read again (compressed)
    lists      per list: its entries as last seen, when each was last checked and in which run
    runs       one row a crawl
    sightings  one row a run and place (portal, list, article, address): the `Sighting` as JSON

Address and sighting are written in one transaction: a crawl killed at any moment and started again with the same run directory
ends with the same sightings as one that was never disturbed.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.errors import ArchiveError
from archive.whole_files import write_whole
from budget.sightings import Sighting

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE IF NOT EXISTS documents (
  sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, first_run TEXT NOT NULL, first_seen TEXT NOT NULL)""",
        """CREATE TABLE IF NOT EXISTS addresses (
  address TEXT PRIMARY KEY, sha256 TEXT NOT NULL, etag TEXT, last_modified TEXT, content_key TEXT,
  previous_sha256 TEXT, changed_run TEXT, checked_at TEXT NOT NULL)""",
        """CREATE TABLE IF NOT EXISTS pages (
  address TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, content_type TEXT, body BLOB NOT NULL, checked_at TEXT NOT NULL)""",
        """CREATE TABLE IF NOT EXISTS lists (
  portal TEXT NOT NULL, list TEXT NOT NULL, memory BLOB NOT NULL, PRIMARY KEY (portal, list)) WITHOUT ROWID""",
        "CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT)",
        """CREATE TABLE IF NOT EXISTS sightings (
  run TEXT NOT NULL, portal TEXT NOT NULL, list_url TEXT NOT NULL, article_url TEXT NOT NULL, url TEXT NOT NULL,
  sha256 TEXT, sighting TEXT NOT NULL, PRIMARY KEY (run, portal, list_url, article_url, url)) WITHOUT ROWID""",
        "CREATE INDEX IF NOT EXISTS sightings_by_document ON sightings (sha256)",
    ),
)
"""Entry n makes schema version n + 1 out of version n (`PRAGMA user_version`). Entries are added, never changed: ledgers are kept.

Version 0 is a new file, or one of the time before versions were written, which has these tables already.
"""
SCHEMA_VERSION = len(_MIGRATIONS)


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What was last served under an address."""

    sha256: str
    etag: str | None
    last_modified: str | None
    content_key: str | None


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page as last downloaded, with the validators it came with."""

    etag: str | None
    last_modified: str | None
    content_type: str
    body: bytes


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class Ledger:
    """The ledger in one file. One writer at a time is usual; several processes are safe."""

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes it, and brings it to `SCHEMA_VERSION`.

        Raises ArchiveError for a file that a newer release has written; it is left as it is.
        """
        self._database = sqlite3.connect(path, timeout=30, isolation_level=None)
        if self._version() > SCHEMA_VERSION:
            found = self._version()
            self.close()
            raise ArchiveError(
                f"{path}: schema version {found}, expected at most {SCHEMA_VERSION}: a newer release of yusuan wrote this ledger; "
                "install that release or a later one"
            )
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._migrate()

    def close(self) -> None:
        self._database.close()

    def _version(self) -> int:
        return int(self._database.execute("PRAGMA user_version").fetchone()[0])

    def _migrate(self) -> None:
        if self._version() == SCHEMA_VERSION:
            return
        with self._transaction() as database:
            # read again inside the transaction: another process may have migrated meanwhile
            for number, statements in enumerate(_MIGRATIONS[self._version() :], self._version() + 1):
                for statement in statements:
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {number}")

    # --- addresses -----------------------------------------------------------------------------------------------------

    def known_file(self, address: str) -> KnownFile | None:
        """What was last served under an address, None when nothing. Whether the archive still holds it is another question.

        address: as `record` was given it, that is without what changes from link to link.
        """
        row = self._database.execute(
            "SELECT sha256, etag, last_modified, content_key FROM addresses WHERE address = ?", (address,)
        ).fetchone()
        return KnownFile(*row) if row else None

    def known_page(self, url: str) -> KnownPage | None:
        row = self._database.execute(
            "SELECT etag, last_modified, content_type, body FROM pages WHERE address = ?", (url,)
        ).fetchone()
        return KnownPage(row[0], row[1], row[2] or "", zlib.decompress(row[3])) if row else None

    def keep_page(self, url: str, page: KnownPage) -> None:
        """Keeps a page that came with validators, so that tomorrow's 304 can be read."""
        self._database.execute(
            "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?)",
            (url, page.etag, page.last_modified, page.content_type, zlib.compress(page.body, 6), now().isoformat()),
        )

    # --- lists ---------------------------------------------------------------------------------------------------------

    def known_list(self, portal: str, key: str) -> dict[str, Any] | None:
        """What a spider remembered of a list, None when nothing."""
        row = self._database.execute("SELECT memory FROM lists WHERE portal = ? AND list = ?", (portal, key)).fetchone()
        if row is None:
            return None
        memory: dict[str, Any] = json.loads(zlib.decompress(row[0]))
        return memory

    def keep_lists(self, portal: str, memories: dict[str, dict[str, Any]]) -> None:
        """Remembers lists whole, all in one transaction: a killed crawl leaves the memory of the night before."""
        with self._transaction() as database:
            for key, memory in memories.items():
                packed = zlib.compress(json.dumps(memory, ensure_ascii=False).encode(), 6)
                database.execute("INSERT OR REPLACE INTO lists VALUES (?, ?, ?)", (portal, key, packed))

    # --- runs and sightings --------------------------------------------------------------------------------------------

    def start_run(self, run: str) -> None:
        """Opens a run, or opens it again after a crash."""
        self._database.execute(
            "INSERT INTO runs (run, started_at) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET finished_at = NULL",
            (run, now().isoformat()),
        )

    def finish_run(self, run: str) -> None:
        self._database.execute("UPDATE runs SET finished_at = ? WHERE run = ?", (now().isoformat(), run))

    def record(
        self,
        run: str,
        sighting: Sighting,
        *,
        address: str,
        content_key: str | None = None,
        whole: bool = True,
        changed: bool = True,
    ) -> Sighting:
        """Writes one sighting, and for a file what its address now serves, in one transaction.

        address: the identity of the sighting's url, under which `known_file` finds it again; which part of a url names the
        file is for the caller to say. whole: False for a truncated body, whose validators must not stop tomorrow's download.
        changed: False for a 304 or for a page whose text is the same. Returns the sighting with `outcome` and
        `replaces_sha256` as the run must show them.
        """
        with self._transaction() as database:
            if sighting.sha256 and sighting.url:
                sighting = self._record_file(database, run, sighting, address, content_key, whole, changed)
            database.execute(
                "INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    run, sighting.portal, sighting.list_url, sighting.article_url, sighting.url or "", sighting.sha256,
                    sighting.model_dump_json(),
                ),
            )  # fmt: skip
        return sighting

    def _record_file(
        self,
        database: sqlite3.Connection,
        run: str,
        sighting: Sighting,
        address: str,
        content_key: str | None,
        whole: bool,
        changed: bool,
    ) -> Sighting:
        sha256, seen = sighting.sha256, sighting.seen_at.isoformat()
        database.execute("INSERT OR IGNORE INTO documents VALUES (?, ?, ?, ?)", (sha256, sighting.size or 0, run, seen))
        first_run = database.execute("SELECT first_run FROM documents WHERE sha256 = ?", (sha256,)).fetchone()[0]
        row = database.execute(
            "SELECT sha256, previous_sha256, changed_run FROM addresses WHERE address = ?", (address,)
        ).fetchone()
        old, previous, changed_run = row or (None, None, None)
        if old is not None and old != sha256:
            previous, changed_run = old, run
        replaces = previous if changed_run == run and previous != sha256 else None
        if changed or row is None:
            database.execute(
                "INSERT OR REPLACE INTO addresses VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    address, sha256, sighting.etag if whole else None, sighting.last_modified if whole else None,
                    content_key, previous, changed_run, seen,
                ),
            )  # fmt: skip
        else:
            database.execute("UPDATE addresses SET checked_at = ? WHERE address = ?", (seen, address))
        outcome = "archived" if first_run == run else "unchanged"
        return sighting.model_copy(update={"outcome": outcome, "replaces_sha256": replaces})

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def sightings_of(self, run: str, portal: str | None = None) -> list[Sighting]:
        """The sightings of a run, or of one portal in it, in the order of their places.

        A document that was archived in this run is `archived` at the first of its places and `unchanged` at the others,
        whichever download came first.
        """
        rows = self._database.execute(
            "SELECT sighting FROM sightings WHERE run = ? AND portal >= ? AND portal <= ? "
            "ORDER BY portal, list_url, article_url, url",
            (run, portal or "", portal or "\U0010ffff"),
        )
        found = [Sighting.model_validate_json(row[0]) for row in rows]
        shown: set[str] = set()
        for index, sighting in enumerate(found):
            if sighting.outcome == "archived" and sighting.sha256:
                if sighting.sha256 in shown:
                    found[index] = sighting.model_copy(update={"outcome": "unchanged"})
                shown.add(sighting.sha256)
        return found

    def sightings_at(self, run: str, portal: str, list_url: str, article_url: str) -> list[Sighting]:
        """The sightings of one list entry in one run."""
        rows = self._database.execute(
            "SELECT sighting FROM sightings WHERE run = ? AND portal = ? AND list_url = ? AND article_url = ? ORDER BY url",
            (run, portal, list_url, article_url),
        )
        return [Sighting.model_validate_json(row[0]) for row in rows]

    def sightings_of_document(self, sha256: str) -> list[Sighting]:
        """Every sighting of one document over all runs, oldest first."""
        rows = self._database.execute("SELECT sighting FROM sightings WHERE sha256 = ?", (sha256,))
        return sorted((Sighting.model_validate_json(row[0]) for row in rows), key=lambda sighting: sighting.seen_at)


def write_sightings(path: Path, sightings: list[Sighting]) -> None:
    """Writes `sightings.jsonl` whole or not at all."""
    write_whole(path, "".join(sighting.model_dump_json() + "\n" for sighting in sightings))


def read_sightings(path: Path) -> list[Sighting]:
    """The sightings of a `sightings.jsonl`. A last line cut by a crash is left out; any other bad line raises ArchiveError."""
    found = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            found.append(Sighting.model_validate(json.loads(line)))
        except ValueError as error:
            if number == len(lines):
                break
            raise ArchiveError(f"{path}:{number}: no sighting: {error}") from error
    return found
