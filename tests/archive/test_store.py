"""The archive keeps bytes for ever, knows what it was last served, and tells the same story after any crash."""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveError
from archive.ledger import read_sightings, write_sightings
from archive.store import Archive
from budget.sightings import Sighting
from budget.states import Reason
from spiders.reading.addresses import identity


def seen(url: str, sha256: str | None = None, **more: Any) -> Sighting:
    told = {
        "portal": "sample", "family": "static_pager", "list_url": "http://127.0.0.1/ysjs/", "article_url": "http://127.0.0.1/a.html",
        "article_title": "民政局2024年部门预算", "url": url, "seen_at": datetime(2026, 3, 1, tzinfo=UTC), "outcome": "archived",
        "sha256": sha256, "size": 3,
    }  # fmt: skip
    return Sighting.model_validate(told | more)


def record(archive: Archive, run: str, sighting: Sighting, **more: Any) -> Sighting:
    return archive.ledger.record(run, sighting, address=identity(sighting.url or ""), **more)


def test_bytes_are_named_by_their_hash_and_cannot_be_written_again(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        name = archive.put(b"%PDF-1.4 one")
        assert name == hashlib.sha256(b"%PDF-1.4 one").hexdigest()
        assert (tmp_path / name).read_bytes() == b"%PDF-1.4 one"
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o444
        before = (tmp_path / name).stat()
        assert archive.put(b"%PDF-1.4 one") == name
        assert (tmp_path / name).stat().st_ino == before.st_ino
        assert list(archive.documents()) == [name]
        assert list((tmp_path / ".incoming").iterdir()) == []


def test_damage_after_archiving_is_found_and_never_passed_on(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        name = archive.put(b"whole")
        (tmp_path / name).chmod(0o644)
        (tmp_path / name).write_bytes(b"hole!")
        assert archive.damaged() == [name]
        with pytest.raises(ArchiveError, match="damaged"):
            archive.read(name)
        (tmp_path / name).write_bytes(b"hole")
        with pytest.raises(ArchiveError, match="4 bytes, expected 5"):
            archive.put(b"whole")


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "0" * 63, "sightings.sqlite", ""])
def test_only_a_hash_becomes_a_path(tmp_path: Path, name: str) -> None:
    with Archive(tmp_path) as archive, pytest.raises(ValueError, match="no SHA-256"):
        archive.path_of(name)


def test_what_a_dead_process_left_half_written_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    (tmp_path / ".incoming").mkdir()
    (tmp_path / ".incoming" / "999999999-abc").write_bytes(b"half")
    (tmp_path / ".incoming" / f"{os.getppid()}-abc").write_bytes(b"half")
    Archive(tmp_path).close()
    assert [one.name for one in (tmp_path / ".incoming").iterdir()] == [f"{os.getppid()}-abc"]


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


def test_validators_of_a_truncated_body_or_of_lost_bytes_are_not_sent_again(tmp_path: Path) -> None:
    url = "http://127.0.0.1/P0.pdf"
    with Archive(tmp_path) as archive:
        name = archive.put(b"half")
        archive.ledger.start_run("r")
        record(archive, "r", seen(url, name, etag='"1"', reason=Reason.TRUNCATED), whole=False)
        known = archive.known_file(url)
        assert known is not None and known.etag is None
        archive.path_of(name).unlink()
        assert archive.known_file(url) is None


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
