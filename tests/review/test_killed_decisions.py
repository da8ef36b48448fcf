"""Killed between any two bytes: what was answered as decided is there, whole, and nothing is decided twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from budget.disclosure import Disclosure, Finding
from budget.states import DocumentState, Reason
from review.queue import ReviewQueue
from warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
ITEMS, KILLS = 50, 20
DECIDE = """
import sys
from pathlib import Path
from review.queue import DecisionRefusedError, ReviewQueue
from warehouse import Warehouse

with Warehouse.open(Path(sys.argv[1])) as warehouse:
    queue = ReviewQueue(warehouse)
    for row in queue.list(state="open"):
        for decision in (queue.note(row.item_id, "seen", by="wang"), queue.accept(row.item_id, "as published", by="wang")):
            print(decision.id, flush=True)
"""


@pytest.mark.slow
def test_no_answered_decision_is_lost_by_twenty_kills(
    tmp_path: Path, document: Callable[..., Disclosure], unbalanced: Callable[..., Finding]
) -> None:
    place = tmp_path / "w.sqlite"
    with Warehouse.open(place) as warehouse:
        queue = ReviewQueue(warehouse.migrate())
        for number in range(ITEMS):
            queue.store(
                document(sha256=f"{number:064x}"[::-1], findings=(unbalanced(),)),
                state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED,
            )  # fmt: skip
    answered: list[str] = []
    for kill in range(KILLS):
        running = subprocess.Popen(
            [sys.executable, "-c", DECIDE, str(place)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert running.stdout is not None
        for _ in range(1 + kill % 4):
            if line := running.stdout.readline().strip():
                answered.append(line)
        running.send_signal(signal.SIGKILL)
        answered += running.stdout.read().split()
        running.wait()
    with Warehouse.open(place) as warehouse:
        kept = warehouse.rows(
            "SELECT decision_id, sha256, decision_no, action FROM decisions ORDER BY sha256, decision_no"
        )
        assert set(answered) <= {row["decision_id"] for row in kept} and len(answered) >= KILLS
        assert len(kept) <= len(answered) + KILLS, "at most the one under way when it was killed was not answered"
        for sha256 in {row["sha256"] for row in kept}:
            mine = [row for row in kept if row["sha256"] == sha256]
            assert [row["decision_no"] for row in mine] == list(range(len(mine)))
            assert sum(row["action"] == "accept" for row in mine) <= 1
        waiting = {row.sha256 for row in ReviewQueue(warehouse).list(state="decided")}
        assert waiting == {row["sha256"] for row in kept if row["action"] == "accept"}
