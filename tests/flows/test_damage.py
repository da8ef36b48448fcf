"""What a disk, an administrator or another program does to an installation is told in a line, and makes no wrong figure."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from archive.store import Archive
from budget.states import DocumentState
from flows.documents.batch import Passage, read_prove_store
from flows.documents.workers import Job, Limits, extract_all
from flows.home import House
from warehouse import RunLockLostError, UnusableWarehouseError, Warehouse
from warehouse.connection import told_url

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"
GOOD = DOCUMENTS / "lingang_laobao_2023.xlsx"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_original_that_may_not_be_read_is_its_own_outcome_and_the_others_are_loaded(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        good, other = archive.put(GOOD.read_bytes()), archive.put(b"%PDF-1.4 other")
        (tmp_path / "archive" / other).chmod(0)
        outcomes = {
            one.sha256: one
            for one in read_prove_store(
                sorted([good, other]), warehouse=warehouse, archive=archive, run_id="r", workers=1
            )
        }
    assert outcomes[good].state is DocumentState.LOADED
    assert outcomes[other].reason == "unreadable_in_archive"


def test_a_file_that_cannot_be_read_says_nothing_of_the_document(tmp_path: Path) -> None:
    """A folder in place of the file: an error of the system, for root as for others."""
    (tmp_path / "a.pdf").mkdir()
    ((job, disclosure),) = extract_all([Job(tmp_path / "a.pdf", "a.pdf", sha256="1" * 64)], workers=1)
    assert job.trouble is not None and "EISDIR" in job.trouble
    assert disclosure.document.sha256 == "1" * 64
    assert disclosure.document.error is not None and disclosure.document.error.code == "worker_died"


def test_a_file_that_changes_between_check_and_reading_is_no_other_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        good = archive.put(GOOD.read_bytes())
        swapped = tmp_path / "archive" / good
        verified = Archive.local_path

        def swap_then(self: Archive, sha256: str) -> Path:
            path = verified(self, sha256)
            swapped.chmod(0o644)
            swapped.write_bytes((DOCUMENTS / "minzheng_2023.docx").read_bytes())
            return path

        monkeypatch.setattr(Archive, "local_path", swap_then)
        (outcome,) = read_prove_store([good], warehouse=warehouse, archive=archive, run_id="r", workers=1)
        assert (outcome.sha256, outcome.state, outcome.reason) == (good, DocumentState.FAILED, "damaged_in_archive")
        assert warehouse.rows("SELECT sha256 FROM document_versions") == []


def test_a_reader_ended_from_outside_is_read_again_and_never_corrupt(tmp_path: Path) -> None:
    ended: list[int] = []

    def end_one() -> None:
        deadline = time.monotonic() + 30
        while not ended and time.monotonic() < deadline:
            for entry in Path("/proc").iterdir():
                try:
                    mine = (
                        entry.name.isdigit()
                        and f" {os.getpid()} " in (entry / "stat").read_text().rpartition(")")[2][:12]
                    )
                    if mine and "pdfium" in (entry / "maps").read_text(errors="replace"):
                        os.kill(int(entry.name), signal.SIGTERM)
                        ended.append(int(entry.name))
                        return
                except OSError:
                    continue
            time.sleep(0.002)

    thread = threading.Thread(target=end_one)
    thread.start()
    jobs = [Job(path, path.name) for path in sorted(DOCUMENTS.glob("*.pdf"))]
    read = [disclosure.document for _, disclosure in extract_all(jobs, workers=1)]
    thread.join()
    assert ended and len(read) == len(jobs)
    codes = {one.error.code for one in read if one.error}
    assert "worker_died" not in codes, "it was read again at once"


def test_a_damaged_database_is_one_line_and_no_run(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse:
        assert warehouse.refuse_damage() is None
    with sqlite3.connect(tmp_path / "w.sqlite") as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = (tmp_path / "w.sqlite").stat().st_size
    with (tmp_path / "w.sqlite").open("r+b") as file:
        for page in range(3, size // 4096, 5):
            file.seek(page * 4096)
            file.write(os.urandom(4096))
    with (
        Warehouse.open(tmp_path / "w.sqlite") as warehouse,
        pytest.raises(UnusableWarehouseError, match="database is damaged"),
    ):
        warehouse.refuse_damage()


def test_a_database_held_by_another_program_is_told_within_seconds(tmp_path: Path) -> None:
    house = House.at(tmp_path / "home")
    with Warehouse.open(house.database_url) as warehouse:
        warehouse.migrate()
    held = sqlite3.connect(house.home / "warehouse.sqlite", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    program = "from warehouse import Warehouse; import sys\nwith Warehouse.open(sys.argv[1]) as one: one.start_run('r')"
    began = time.monotonic()
    waiting = subprocess.Popen(
        [sys.executable, "-c", program, house.database_url],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert waiting.stderr is not None
    line = waiting.stderr.readline()
    assert time.monotonic() - began < 15 and "waiting for the database" in line and "held by another program" in line
    held.execute("ROLLBACK")
    assert waiting.wait(30) == 0


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:GEHEIM@127.0.0.1:1/db", "postgresql://127.0.0.1:1/db?user=u&password=GEHEIM",
        "postgresql+psycopg://127.0.0.1:1/db?password=GEHEIM&sslmode=disable", "postgresql://u:GEHEIM/x@127.0.0.1:1/db",
        "postgres://u:GEHEIM@127.0.0.1:1/db", "postgresql:///db?host=127.0.0.1&port=1&password=GEHEIM", "mysql://u:GEHEIM@h/db",
    ],
)  # fmt: skip
def test_no_form_of_a_password_is_printed(url: str) -> None:
    with pytest.raises(UnusableWarehouseError) as told, Warehouse.open(url) as warehouse:
        warehouse.migrate()
    assert "GEHEIM" not in str(told.value) and "Traceback" not in str(told.value)


def test_a_database_is_named_by_host_and_name() -> None:
    assert told_url(make_url("postgresql://u:p@h:5/db?password=x")) == "postgresql://h:5/db"


def test_who_lost_its_documents_writes_nothing(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        good = archive.put(GOOD.read_bytes())
        with warehouse.claims("slept") as claims:
            assert claims.take(good) is None and claims.take(good) is None
            claims.check([good])
            with warehouse.claims("other") as others:
                assert others.take(good) == "slept"
            warehouse.transact(lambda connection: connection.exec_driver_sql("DELETE FROM run_locks").rowcount)
            with pytest.raises(RunLockLostError, match="taken over by another"):
                claims.check([good])


def test_processor_time_is_what_is_limited() -> None:
    """A reader that spends it is ended, in whatever code; by the clock it has ten times as long."""
    ((_, disclosure),) = extract_all(
        [Job(DOCUMENTS / "gaoxin_renshe_2024.pdf", "a.pdf")], workers=1, limits=Limits(seconds=0.1)
    )
    assert disclosure.document.error is not None
    assert disclosure.document.error.code == "limit_time" and "processor time" in disclosure.document.error.message


def test_what_was_read_is_stored_when_a_run_is_told_to_end(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, Archive(tmp_path / "archive") as archive:
        shas = sorted(archive.put(path.read_bytes()) for path in DOCUMENTS.glob("*_2023.*"))
        passage = Passage(warehouse, archive, "r", workers=1)
        taken = 0
        whole = Passage._take

        def cut(self: Passage, *arguments: object) -> None:
            nonlocal taken
            whole(self, *arguments)  # type: ignore[arg-type]
            taken += 1
            if taken == 3:
                raise KeyboardInterrupt

        Passage._take = cut  # type: ignore[method-assign, assignment]
        try:
            with pytest.raises(KeyboardInterrupt):
                passage.go(shas)
        finally:
            Passage._take = whole  # type: ignore[method-assign]
        assert [one.sha256 for one in passage.outcomes] == shas[:3]
        assert sum(warehouse.count_states().values()) == 3
