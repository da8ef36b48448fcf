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
    # the first two as 0.1.0 named them
    for name in (
        "999999999-abc",
        f"{os.getppid()}-abc",
        ".999999999-abc.part",
        f".{os.getppid()}-abc.part",
        "of nobody",
    ):
        (tmp_path / ".incoming" / name).write_bytes(b"half")
    Archive(tmp_path).close()
    left = sorted(one.name for one in (tmp_path / ".incoming").iterdir())
    assert left == [f".{os.getppid()}-abc.part", f"{os.getppid()}-abc"]


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
