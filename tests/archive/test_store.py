"""The archive keeps bytes for ever, knows what it was last served, and tells the same story after any crash."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveError
from archive.store import Archive
from archive.whole_files import write_whole
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


@pytest.mark.parametrize("leave", ["read", "local_path", "damaged"])
def test_damage_after_archiving_is_found_never_passed_on_and_mended_by_the_next_download(
    tmp_path: Path, leave: str
) -> None:
    with Archive(tmp_path) as archive:
        name = archive.put(b"whole")
        (tmp_path / name).chmod(0o644)
        (tmp_path / name).write_bytes(b"hole!")
        if leave == "damaged":
            assert archive.damaged() == [name]
        else:
            with pytest.raises(
                ArchiveError, match=f"{name}: .*damaged after archiving and is set aside as .*restore it"
            ):
                getattr(archive, leave)(name)
        assert not archive.holds(name) and list(archive.documents()) == []
        assert (tmp_path / ".damaged" / name).read_bytes() == b"hole!"
        assert archive.put(b"whole") == name
        assert archive.read(name) == b"whole"


def test_an_original_of_another_size_is_not_taken_for_the_same(tmp_path: Path) -> None:
    with Archive(tmp_path) as archive:
        name = archive.put(b"whole")
        (tmp_path / name).chmod(0o644)
        (tmp_path / name).write_bytes(b"hole")
        with pytest.raises(ArchiveError, match="4 bytes, expected 5"):
            archive.put(b"whole")


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "0" * 63, "sightings.sqlite", ""])
def test_only_a_hash_becomes_a_path(tmp_path: Path, name: str) -> None:
    with Archive(tmp_path) as archive:
        for asked in (archive.holds, archive.size, archive.address_of, archive.read, archive.local_path):
            with pytest.raises(ValueError, match="no SHA-256"):
                asked(name)


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
        (tmp_path / name).unlink()
        assert archive.known_file(url) is None


class Shelf:
    """Originals in memory, local files on demand: what a store without a file system looks like to `Archive`."""

    def __init__(self, cache: Path) -> None:
        self.cache, self.kept = cache, dict[str, bytes]()
        cache.mkdir()

    def holds(self, sha256: str) -> bool:
        return sha256 in self.kept

    def size(self, sha256: str) -> int:
        return len(self.read(sha256))

    def put(self, sha256: str, data: bytes) -> None:
        self.kept[sha256] = data

    def read(self, sha256: str) -> bytes:
        if sha256 not in self.kept:
            raise FileNotFoundError(self.address_of(sha256))
        return self.kept[sha256]

    def local_path(self, sha256: str) -> Path:
        write_whole(self.cache / sha256, self.read(sha256))
        return self.cache / sha256

    def names(self) -> Iterator[str]:
        return iter(sorted(self.kept))

    def set_aside(self, sha256: str) -> str:
        self.kept[f"damaged {sha256}"] = self.kept.pop(sha256)
        return f"shelf:damaged {sha256}"

    def address_of(self, sha256: str) -> str:
        return f"shelf:{sha256}"

    def close(self) -> None:
        shutil.rmtree(self.cache)


@pytest.mark.parametrize("backend", ["folder", "shelf"])
def test_an_archive_is_the_same_whatever_its_backend(tmp_path: Path, backend: str) -> None:
    cache = tmp_path / "cache"
    with Archive(tmp_path / "archive", Shelf(cache) if backend == "shelf" else None) as archive:
        one, two = archive.put(b"one"), archive.put(b"three")
        assert archive.put(b"one") == one
        assert list(archive.documents()) == sorted([one, two])
        assert (archive.holds(two), archive.size(two), archive.read(two)) == (True, 5, b"three")
        assert archive.local_path(one).read_bytes() == b"one"
        assert archive.address_of(one).endswith(one)
        missing = "0" * 64
        assert not archive.holds(missing)
        for asked in (archive.size, archive.read, archive.local_path):
            with pytest.raises(FileNotFoundError):
                asked(missing)
        assert archive.damaged() == []
        archive.ledger.start_run("r")
        record(archive, "r", seen("http://127.0.0.1/a.pdf", one))
        assert archive.known_file("http://127.0.0.1/a.pdf") is not None
    assert not cache.exists()
    assert (tmp_path / "archive" / "sightings.sqlite").is_file()
