"""The ledger tells the same story after any crash, and opens what earlier releases wrote."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import ledger as ledger_module
from archive.errors import ArchiveError
from archive.ledger import SCHEMA_VERSION, Ledger, read_sightings, write_sightings
from archive.store import Archive
from budget.sightings import Sighting
from spiders.reading.addresses import identity

ROOT = Path(__file__).parents[2]
BEFORE_VERSIONS = """
CREATE TABLE IF NOT EXISTS documents (
  sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, first_run TEXT NOT NULL, first_seen TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS addresses (
  address TEXT PRIMARY KEY, sha256 TEXT NOT NULL, etag TEXT, last_modified TEXT, content_key TEXT,
  previous_sha256 TEXT, changed_run TEXT, checked_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pages (
  address TEXT PRIMARY KEY, etag TEXT, last_modified TEXT, content_type TEXT, body BLOB NOT NULL, checked_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lists (
  portal TEXT NOT NULL, list TEXT NOT NULL, memory BLOB NOT NULL, PRIMARY KEY (portal, list)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, started_at TEXT NOT NULL, finished_at TEXT);
CREATE TABLE IF NOT EXISTS sightings (
  run TEXT NOT NULL, portal TEXT NOT NULL, list_url TEXT NOT NULL, article_url TEXT NOT NULL, url TEXT NOT NULL,
  sha256 TEXT, sighting TEXT NOT NULL, PRIMARY KEY (run, portal, list_url, article_url, url)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sightings_by_document ON sightings (sha256);
"""
"""How 0.1.0 made the file, before it carried a version."""


def seen(url: str, sha256: str | None = None, **more: Any) -> Sighting:
    told = {
        "portal": "sample", "family": "static_pager", "list_url": "http://127.0.0.1/ysjs/", "article_url": "http://127.0.0.1/a.html",
        "article_title": "民政局2024年部门预算", "url": url, "seen_at": datetime(2026, 3, 1, tzinfo=UTC), "outcome": "archived",
        "sha256": sha256, "size": 3,
    }  # fmt: skip
    return Sighting.model_validate(told | more)


def record(archive: Archive, run: str, sighting: Sighting, **more: Any) -> Sighting:
    return archive.ledger.record(run, sighting, address=identity(sighting.url or ""), **more)


def test_new_known_and_changed_bytes_under_one_address(tmp_path: Path) -> None:
    url = "http://127.0.0.1/P0.pdf"
    with Archive(tmp_path) as archive:
        one, two = archive.put(b"one"), archive.put(b"two")
        archive.ledger.start_run("first")
        first = record(archive, "first", seen(url, one, etag='"1"'))
        assert (first.outcome, first.replaces_sha256) == ("archived", None)
        archive.ledger.start_run("second")
        assert record(archive, "second", seen(url, one, etag='"1"'), changed=False).outcome == "unchanged"
        assert archive.known_file(url).etag == '"1"'  # type: ignore[union-attr]
        archive.ledger.start_run("third")
        third = record(archive, "third", seen(url, two, etag='"2"'))
        assert (third.outcome, third.replaces_sha256) == ("archived", one)
        # the third run is killed here and started again: it must say the same
        archive.ledger.start_run("third")
        again = record(archive, "third", seen(url, two, etag='"2"'), changed=False)
        assert (again.outcome, again.replaces_sha256) == ("archived", one)
        archive.ledger.start_run("fourth")
        fourth = record(archive, "fourth", seen(url, two), changed=False)
        assert (fourth.outcome, fourth.replaces_sha256) == ("unchanged", None)
        # the old bytes come back
        archive.ledger.start_run("fifth")
        fifth = record(archive, "fifth", seen(url, one))
        assert (fifth.outcome, fifth.replaces_sha256) == ("unchanged", two)
        assert len(archive.ledger.sightings_of_document(one)) == 3


def test_the_first_place_of_a_document_in_a_run_is_its_archiving(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        name = archive.put(b"one")
        archive.ledger.start_run("r")
        record(archive, "r", seen("http://127.0.0.1/z.pdf", name))
        record(archive, "r", seen("http://127.0.0.1/a.pdf", name))
        assert [(one.url, one.outcome) for one in archive.ledger.sightings_of("r")] == [
            ("http://127.0.0.1/a.pdf", "archived"), ("http://127.0.0.1/z.pdf", "unchanged"),
        ]  # fmt: skip


def test_an_address_is_known_whatever_its_volatile_query(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        name = archive.put(b"one")
        archive.ledger.start_run("r")
        record(archive, "r", seen("http://127.0.0.1/x.pdf?aXq==", name))
        record(archive, "r", seen("http://127.0.0.1/y.docx123.docx?sid=1&id=7", name))
        assert archive.known_file(identity("http://127.0.0.1/x.pdf?other==")) is not None
        assert archive.known_file(identity("http://127.0.0.1/y.docx123.docx?sid=2&id=7")) is not None
        assert archive.known_file(identity("http://127.0.0.1/y.docx123.docx?sid=2&id=8")) is None


def test_sightings_survive_a_cut_last_line_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "sightings.jsonl"
    write_sightings(path, [seen("http://127.0.0.1/a.pdf"), seen("http://127.0.0.1/b.pdf")])
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"portal": "sam')
    assert [one.url for one in read_sightings(path)] == ["http://127.0.0.1/a.pdf", "http://127.0.0.1/b.pdf"]
    path.write_bytes(b"{}\n" + whole)
    with pytest.raises(ArchiveError, match=r"sightings.jsonl:1: no sighting"):
        read_sightings(path)


def version_of(path: Path) -> int:
    database = sqlite3.connect(path)
    try:
        return int(database.execute("PRAGMA user_version").fetchone()[0])
    finally:
        database.close()


def test_a_ledger_without_a_version_is_taken_over_with_every_row(tmp_path: Path) -> None:
    path = tmp_path / "sightings.sqlite"
    sighting = seen("http://127.0.0.1/a.pdf", "0" * 64)
    old = sqlite3.connect(path)
    old.executescript(BEFORE_VERSIONS)
    key = ("r", sighting.portal, sighting.list_url, sighting.article_url, sighting.url, sighting.sha256)
    old.execute("INSERT INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?)", (*key, sighting.model_dump_json()))
    old.execute("INSERT INTO addresses VALUES ('a', ?, '\"1\"', NULL, NULL, NULL, NULL, '2026-03-01')", ("0" * 64,))
    old.commit()
    tables = old.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    old.close()
    assert version_of(path) == 0
    ledger = Ledger(path)
    assert ledger.sightings_of("r") == [sighting]
    assert ledger.known_file("a") == ledger_module.KnownFile("0" * 64, '"1"', None, None)
    ledger.close()
    assert version_of(path) == SCHEMA_VERSION == 1
    after = sqlite3.connect(path)
    assert after.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall() == tables
    after.close()


def test_a_new_ledger_has_the_tables_of_the_old_ones(tmp_path: Path) -> None:
    Ledger(tmp_path / "new.sqlite").close()
    old, new = sqlite3.connect(":memory:"), sqlite3.connect(tmp_path / "new.sqlite")
    old.executescript(BEFORE_VERSIONS)
    query = "SELECT name, sql FROM sqlite_master ORDER BY name"
    assert new.execute(query).fetchall() == old.execute(query).fetchall()
    new.close()
    old.close()


def test_a_ledger_of_a_newer_release_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sightings.sqlite"
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.execute("CREATE TABLE unknown (x)")
    newer.commit()
    newer.close()
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match=r"sightings.sqlite: schema version 2, expected at most 1: .*install"):
        Archive(tmp_path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith("sightings")] == ["sightings.sqlite"]


def test_the_next_schema_version_is_made_in_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sightings.sqlite"
    ledger = Ledger(path)
    ledger.start_run("r")
    ledger.close()
    first, column = ledger_module._MIGRATIONS[0], "ALTER TABLE runs ADD COLUMN note TEXT"
    monkeypatch.setattr(ledger_module, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(ledger_module, "_MIGRATIONS", (first, (column, "no statement")))
    with pytest.raises(sqlite3.OperationalError):
        Ledger(path)
    assert version_of(path) == 1
    monkeypatch.setattr(ledger_module, "_MIGRATIONS", (first, (column,)))
    Ledger(path).close()
    assert version_of(path) == 2
    database = sqlite3.connect(path)
    assert database.execute("SELECT run, note FROM runs").fetchall() == [("r", None)]
    database.close()


def test_many_processes_open_one_new_ledger_at_once(tmp_path: Path) -> None:
    code = f"from pathlib import Path; from archive.ledger import Ledger; Ledger(Path({str(tmp_path / 'l.sqlite')!r})).close()"
    started = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(6)
    ]
    assert [(one.communicate(timeout=60)[1], one.returncode) for one in started] == [("", 0)] * 6
    assert version_of(tmp_path / "l.sqlite") == SCHEMA_VERSION
