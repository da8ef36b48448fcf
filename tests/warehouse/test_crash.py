"""Killed anywhere, several at once, one night at a time: what stands in the database is whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from archive.processes import process_started
from budget.disclosure import Disclosure
from budget.sightings import Sighting
from budget.states import DocumentState
from warehouse import tables
from warehouse.run_lock import RunLockedError, RunLockLostError
from warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
CONFTEST = Path(__file__).with_name("conftest.py")

# One night of one worker: versions of eight documents, each read, then replaced by its publisher, then read better.
NIGHT = """
import importlib.util, sys
from datetime import UTC, datetime, timedelta
from budget.sightings import Sighting
from budget.states import DocumentState, Reason
from review.queue import ReviewQueue
from warehouse import Warehouse

spec = importlib.util.spec_from_file_location("c", sys.argv[2])
c = importlib.util.module_from_spec(spec)
spec.loader.exec_module(c)
url, run_id, first, step = sys.argv[1], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
warehouse = Warehouse.open(url)
queue = ReviewQueue(warehouse)
night = datetime(2024, 2, 20, tzinfo=UTC)
for n in range(first, 8, step):
    old, new = f"{n:02x}" + "a" * 62, f"{n:02x}" + "b" * 62
    address = f"https://czj.example.gov.cn/{n}.pdf"
    seen = dict(portal="p", family="trs", list_url="l", article_url=f"a{n}", article_title="预算公开", url=address)
    queue.record_sightings([Sighting(sha256=old, seen_at=night, outcome="archived", **seen)], run_id)
    amounts = [f"{k}.{n}1" for k in range(60)]
    queue.store(c.make_disclosure(amounts, sha256=old), state=DocumentState.LOADED, run_id=run_id)
    print("stored", n, flush=True)
    if n % 2:
        seen_at = night + timedelta(days=1)
        queue.record_sightings([Sighting(sha256=new, replaces_sha256=old, seen_at=seen_at, outcome="archived", **seen)], run_id)
        amounts[3] = "999"
        queue.store(c.make_disclosure(amounts, sha256=new), state=DocumentState.LOADED, run_id=run_id)
    else:
        amounts[5] = "777"
        queue.store(c.make_disclosure(amounts, sha256=old, recipe="r2"), state=DocumentState.LOADED, run_id=run_id)
"""


def start(database: str, run_id: str, first: int = 0, step: int = 1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", NIGHT, database, str(CONFTEST), run_id, str(first), str(step)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def whole(warehouse: Warehouse) -> None:
    """Every version that was read has as many facts as it says, and every waiting one its item."""
    lost = warehouse.rows(
        "SELECT v.sha256 FROM document_versions v LEFT JOIN facts f ON f.sha256 = v.sha256 "
        "GROUP BY v.sha256, v.facts HAVING COUNT(f.fact_no) <> v.facts"
    )
    assert lost == []
    assert warehouse.rows("SELECT sha256 FROM document_states WHERE state = 'in_review' AND item_state IS NULL") == []


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The content of a warehouse after a night in which nothing happened."""
    path = tmp_path_factory.mktemp("undisturbed") / "warehouse.sqlite"
    with Warehouse.open(path).migrate() as warehouse:
        night = start(f"sqlite:///{path}", "n1")
        _, told = night.communicate(timeout=120)
        assert night.returncode == 0, told
        states = warehouse.count_states()
        assert states == {DocumentState.LOADED: 4, DocumentState.SUPERSEDED: 4, DocumentState.IN_REVIEW: 4}
        return dump(warehouse)


def dump(warehouse: Warehouse) -> str:
    return "\n".join(f"{name} {sorted(row.items())}" for name, row in warehouse.dump_rows())


def test_a_killed_and_resumed_night_equals_an_undisturbed_one_row_for_row(database: str, undisturbed: str) -> None:
    with Warehouse.open(database) as warehouse:
        for attempt, after in enumerate((0, 1, 2)):
            process = start(database, f"n{attempt}")
            assert process.stdout is not None
            for _ in range(after + 1):
                assert process.stdout.readline().startswith("stored")
            # somewhere inside the transactions that follow
            time.sleep(0.004 * attempt)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            whole(warehouse)
        last = start(database, "n9")
        _, told = last.communicate(timeout=120)
        assert last.returncode == 0, told
        whole(warehouse)
        if warehouse.engine.dialect.name == "sqlite":
            assert dump(warehouse) == undisturbed
            assert warehouse.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert warehouse.count_states()[DocumentState.LOADED] == 4


def test_four_processes_write_at_once_and_nothing_is_lost(database: str, undisturbed: str) -> None:
    with Warehouse.open(database) as warehouse:
        # 0 and 2 share their documents with nobody; two more do the same night again at the same time
        running = [start(database, f"n{k}", first, 2) for k, first in enumerate((0, 1, 0, 1))]
        told = [process.communicate(timeout=170)[1] for process in running]
        assert [process.returncode for process in running] == [0, 0, 0, 0], told
        whole(warehouse)
        assert sum(warehouse.count_states().values()) == 12
        assert warehouse.count_states()[DocumentState.LOADED] == 4


def test_content_digest_tells_content_and_not_time(
    tmp_path: Path, disclosure: Callable[..., Disclosure], sighting: Callable[..., Sighting]
) -> None:
    digests = []
    for number, amounts in enumerate((["1", "2"], ["1", "2"], ["1", "3"])):
        with Warehouse.open(tmp_path / f"{number}.sqlite").migrate() as warehouse:
            warehouse.record_sighting(sighting(seen_at=datetime(2024, 1, number + 1, tzinfo=UTC)), run_id=f"n{number}")
            warehouse.store(disclosure(amounts), state=DocumentState.LOADED, run_id=f"n{number}")
            digests.append(warehouse.content_digest())
    assert digests[0] == digests[1] != digests[2]


def test_a_second_night_is_refused_with_the_name_of_the_first(warehouse: Warehouse) -> None:
    with warehouse.run_lock("night-1") as lock:
        lock.check()
        with pytest.raises(RunLockedError, match=rf"run night-1 holds the lock 'nightly'.*process {os.getpid()} on"):
            warehouse.run_lock("night-2").__enter__()
        with warehouse.run_lock("other", name="rerun"):
            pass
    with warehouse.run_lock("night-3") as lock:
        assert lock.taken_over_from is None


@pytest.fixture
def holder(database: str) -> Iterator[subprocess.Popen[str]]:
    code = (
        "import sys, time; from warehouse import Warehouse\n"
        "with Warehouse.open(sys.argv[1]).run_lock('night-1'):\n    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, database],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_lock_of_a_killed_run_is_taken_over(database: str, holder: subprocess.Popen[str]) -> None:
    with Warehouse.open(database) as warehouse:
        with pytest.raises(RunLockedError, match=f"process {holder.pid} "):
            warehouse.run_lock("night-2").__enter__()
        holder.kill()
        holder.wait()
        with warehouse.run_lock("night-2") as lock:
            assert lock.taken_over_from == "night-1"


def forge(warehouse: Warehouse, **values: object) -> None:
    warehouse.transact(lambda connection: connection.execute(update(tables.run_locks).values(**values)))


def test_a_recycled_process_number_is_not_the_owner(warehouse: Warehouse) -> None:
    with pytest.raises(RunLockLostError), warehouse.run_lock("night-1") as mine:
        forge(warehouse, process_started="1")
        with warehouse.run_lock("night-2") as lock:
            assert lock.taken_over_from == "night-1"
            mine.check()


def test_an_owner_on_another_host_is_dead_after_ten_silent_minutes(warehouse: Warehouse) -> None:
    now = datetime.now(UTC)
    with warehouse.run_lock("night-1"):
        forge(warehouse, host="far/boot", heartbeat_at=now - timedelta(minutes=9))
        with pytest.raises(RunLockedError, match="on far, last heard of 54"):
            warehouse.run_lock("night-2").__enter__()
        forge(warehouse, heartbeat_at=now - timedelta(minutes=11))
        with warehouse.run_lock("night-2") as lock:
            assert lock.taken_over_from == "night-1"


def test_process_start_times_tell_processes_apart() -> None:
    assert process_started(os.getpid()) == process_started(os.getpid())
    assert process_started(os.getpid()) != process_started(1)
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert process_started(child.pid) is None
