"""After a run's documents are stored: those whose forms are known otherwise than when they were judged are judged again.

What is stored is then a function of the documents and of what people decided, whatever came first. Which documents these are is read
from the warehouse (`warehouse.forms.to_judge_again`), so a run that was killed before settling leaves it to the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from archive.errors import ArchiveError
from budget.disclosure import Disclosure
from flows.documents.batch import GROUP, Passage, prove_and_store
from flows.documents.proof import as_read
from flows.documents.recipe import code_recipe
from flows.run_summary import DocumentOutcome
from review.queue import ReviewQueue
from warehouse import Warehouse
from warehouse.forms import to_judge_again

MOST_ROUNDS = 4
"""Judging again can load a version that takes the place of another, which then counts no more; so rarely that few rounds do."""

log = logging.getLogger("yusuan.forms")


def settle_forms(passage: Passage, stored: Callable[[DocumentOutcome], object] = lambda outcome: None) -> int:
    """Judge again what is to be judged again, from the stored readings; how many documents were.

    A document that another recipe read, or to which decisions are replayed, is read again. What another run is reading is left to
    it, and a document whose original is gone is left as it is, with a word in the log; the next run takes them.
    """
    done: set[str] = set()
    for _ in range(MOST_ROUNDS):
        waiting = [sha256 for sha256 in documents_to_settle(passage.warehouse) if sha256 not in done]
        if not waiting:
            break
        done.update(waiting)
        anew = [
            sha256 for sha256 in waiting if passage.recipe_of(sha256) != code_recipe() or not _as_today(passage, sha256)
        ]
        from_stored = [sha256 for sha256 in waiting if sha256 not in set(anew)]
        for first in range(0, len(from_stored), GROUP):
            for outcome in _judge_again(passage, from_stored[first : first + GROUP]):
                stored(outcome)
        if anew:
            Passage(
                passage.warehouse, passage.archive, passage.run_id, passage.workers, passage.limits, stored=stored,
                claim=passage.claim, proving=passage.proving,
            ).go(anew)  # fmt: skip
    return len(done)


def documents_to_settle(warehouse: Warehouse) -> list[str]:
    """sha256 of the documents that were judged under other knowledge of their forms than there is now."""
    with warehouse.engine.connect() as connection:
        return to_judge_again(connection)


def _as_today(passage: Passage, sha256: str) -> bool:
    """Whether the stored reading is what would be read today."""
    version = passage.warehouse.version(sha256)
    return version is not None and version["recipe"] == code_recipe()


def _judge_again(passage: Passage, group: Iterable[str]) -> list[DocumentOutcome]:
    with passage.proving():
        read, paths = {}, {}
        for sha256, disclosure, path in _stored(passage, group):
            read[sha256], paths[sha256] = as_read(disclosure), path
        return prove_and_store(
            read, paths, passage.warehouse, ReviewQueue(passage.warehouse), passage.run_id, passage.limits
        )


def _stored(passage: Passage, group: Iterable[str]) -> Iterator[tuple[str, Disclosure, Path]]:
    """The stored readings with the originals that the second reader is asked of, as they are now that nobody else stores."""
    for sha256 in group:
        disclosure = passage.warehouse.disclosure(sha256)
        if disclosure is None or not _as_today(passage, sha256):
            continue
        try:
            yield sha256, disclosure, passage.archive.local_path(sha256)
        except (OSError, ArchiveError) as gone:
            log.warning("%s is not judged again with what is known of its forms now: %s", sha256[:12], gone)
