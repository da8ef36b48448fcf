"""Decisions on fifty items, then a newer recipe, then changed files: what is replayed, what is asked again; nothing is lost."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from budget.decisions import DECISION_MISFIT
from budget.disclosure import Disclosure, Finding
from budget.sightings import Sighting
from budget.states import DocumentState, Reason
from review.queue import ReviewQueue
from review.replay import replay, settle
from warehouse.store import Warehouse

_spec = importlib.util.spec_from_file_location("fifty_test_queue", Path(__file__).with_name("test_queue.py"))
assert _spec is not None and _spec.loader is not None
_queue: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_queue)
MakeDocument = Callable[..., Disclosure]
MakeFinding = Callable[..., Finding]

DECIDED = ("accept",) * 20 + ("correct",) * 15 + ("reject",) * 5 + ("government",) * 5 + ("newer",) * 5
CELL = "t01:2:3"
"""支出总计 of the right side: what the contradiction is about."""


def rows(number: int, expenditure: str | None = None) -> tuple[tuple[str, ...], ...]:
    """A summary of its own figures: incomes of 1,500 + number, expenditures of 20 more unless told."""
    income = f"{1500 + number}.00"
    return (
        ("一、一般公共预算拨款", income, "一、社会保障支出", "1,200.00"),
        ("收入合计", income, "二、卫生健康支出", "300.00"),
        ("收入总计", income, "支出总计", expenditure or f"{1520 + number}.00"),
    )


class Night:
    """Read, replay, judge, settle and store fifty documents, as a night does; what is read is given."""

    def __init__(self, warehouse: Warehouse, make: MakeFinding) -> None:
        self.warehouse, self.make = warehouse, make
        self.queue = ReviewQueue(warehouse, rerun=self)
        self.reads: dict[str, Disclosure] = {}

    def __call__(self, sha256s: Sequence[str]) -> None:
        for sha256 in sha256s:
            decisions = self.warehouse.replayed_decisions(sha256)  # those of the files it replaced too, as a night does
            replayed, misfits = replay(self.reads[sha256], decisions)
            judged = _queue.balance(replayed, self.make)
            findings = (*replayed.findings, *misfits, *settle(judged, decisions, replayed.statements))
            recipe = f"{replayed.document.recipe}+{len(decisions)}"
            proved = replayed.model_copy(
                update={"findings": findings, "document": replayed.document.model_copy(update={"recipe": recipe})}
            )
            self.queue.store(proved, state=_state(proved), reason=_reason(proved))

    def states(self, sha256s: Sequence[str]) -> Counter[str]:
        """Items by what a person sees of them: their own state, of a loaded document `loaded`."""
        found = []
        for sha256 in sha256s:
            version = self.warehouse.version(sha256)
            assert version is not None
            item = self.queue.item_of(sha256)
            found.append("loaded" if version["state"] == "loaded" or item is None else self.queue.show(item).row.state)
        return Counter(found)


def _reason(proved: Disclosure) -> Reason | None:
    if not proved.errors:
        return None
    misfit = any(one.check == DECISION_MISFIT for one in proved.errors)
    return Reason.DECISION_MISFIT if misfit else Reason.CHECKS_FAILED


def _state(proved: Disclosure) -> DocumentState:
    return DocumentState.IN_REVIEW if proved.errors else DocumentState.LOADED


@pytest.fixture
def decided(
    sqlite_warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding, sighting: Callable[..., Sighting]
) -> Night:
    """Fifty items, each decided once: 20 accepted, 15 corrected, 5 rejected, 5 of a government, 5 that wait for another file."""
    night = Night(sqlite_warehouse, unbalanced)
    for number in range(len(DECIDED)):
        sha256 = sha(number)
        night.queue.record_sightings([at(sighting, number, sha256)])
        night.reads[sha256] = document(rows(number), sha256=sha256)
        night([sha256])
    assert len(night.queue.list()) == 50
    for number, action in enumerate(DECIDED):
        item = night.queue.item_of(sha(number))
        assert item is not None
        if action == "correct":
            night.queue.correct(item, CELL, f"{1500 + number}.00", "对照原件", by="王审核")
        else:
            getattr(night.queue, action)(item, "已核对", by="王审核")
    return night


def sha(number: int, file: int = 0) -> str:
    return f"{number:08x}{file:08x}" + "b" * 48


def at(sighting: Callable[..., Sighting], number: int, sha256: str, **more: Any) -> Sighting:
    return sighting(sha256, url=f"https://budget.example/{number}.pdf", **more)


def decisions_kept(night: Night, shas: Sequence[str]) -> list[str]:
    return [one.action for sha256 in shas for one in night.queue.decisions_for(sha256)]


def test_fifty_decisions_over_a_newer_recipe_and_changed_files(
    decided: Night, document: MakeDocument, sighting: Callable[..., Sighting]
) -> None:
    shas = [sha(number) for number in range(50)]
    assert decided.states(shas) == {"loaded": 35, "closed": 10, "decided": 5}
    assert decisions_kept(decided, shas) == list(DECIDED)

    # a newer recipe that reads the same: everything is replayed, nobody is asked
    for number in range(50):
        decided.reads[sha(number)] = document(rows(number), sha256=sha(number), recipe="r2")
    decided(shas)
    assert decided.states(shas) == {"loaded": 35, "closed": 10, "decided": 5}

    # a recipe that reads otherwise: five of the accepted documents and one of the corrected get other figures than those that are
    # loaded, so their persons are asked, with the difference; of two corrected cells it now reads what the person had typed
    other = {
        0: "1500.00",
        1: "1501.00",
        2: "1502.00",
        3: "1600.00",
        4: "1601.00",
        20: "1520.00",
        21: "1521.00",
        22: "1777.00",
    }
    for number in range(50):
        decided.reads[sha(number)] = document(rows(number, other.get(number)), sha256=sha(number), recipe="r3")
    decided(shas)
    assert decided.states(shas) == {"loaded": 29, "closed": 10, "decided": 5, "open": 6}
    asked = (0, 1, 2, 3, 4, 22)
    assert sorted(row.sha256 or "" for row in decided.queue.list(state="open")) == [sha(number) for number in asked]
    for number in asked[:5]:
        item = decided.queue.item_of(sha(number))
        assert item is not None
        changes = {(one["old_raw"], one["new_raw"]) for one in decided.queue.show(item).figure_changes}
        assert (f"{1520 + number}.00", other[number]) in changes
    item = decided.queue.item_of(sha(22))
    assert item is not None
    evidence = decided.queue.show(item).evidence
    assert evidence is not None
    assert any("1542.00" in one.message and "1777.00" in one.message for one in evidence.findings)

    # other files at the same addresses: of ten the figures are the same, of ten the contradiction is another, five are right
    newer = [sha(number, 1) for number in range(5, 30)]
    for number in range(5, 30):
        expenditure = None if number < 15 else f"{1700 + number}.00" if number < 25 else f"{1500 + number}.00"
        later = at(
            sighting, number, sha(number, 1), replaces_sha256=sha(number), seen_at=datetime(2026, 9, 1, tzinfo=UTC)
        )
        decided.queue.record_sightings([later])
        decided.reads[sha(number, 1)] = document(rows(number, expenditure), sha256=sha(number, 1), recipe="r3")
    decided(newer)
    assert decided.states(newer) == {"loaded": 15, "open": 10}
    assert sorted(row.sha256 for row in decided.queue.list(state="open")) == sorted(
        [*(sha(number) for number in asked), *(sha(number, 1) for number in range(15, 25))]
    )
    assert decisions_kept(decided, shas) == list(DECIDED), "nothing that was decided is lost"
