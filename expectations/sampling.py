"""A sample of what passes for the second reader: a sum that holds does not prove cells that stand in no sum.

Whole pages are sampled, because the second reader reads a page at a time. Which pages is decided by the document, the page
and the seed alone: the same sample whatever else is in the batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from budget.amounts import NotAnAmountError, parse_amount
from budget.disclosure import Disclosure, PagePlace, Place
from budget.printed_text import squeeze


@dataclass(frozen=True, slots=True)
class Sampled:
    """A cell to ask the second reader for, and what the first reader read there."""

    sha256: str
    fact_id: str
    at: Place
    raw: str


def sample_places(disclosures: Iterable[Disclosure], share: float, seed: int = 0) -> tuple[Sampled, ...]:
    """Every fact on a `share` (0 to 1) of the pages without an error, of the documents given.

    Cells without a page (workbooks, Word, HTML) are left out: there is no second reader of them. Raises ValueError for a
    share outside 0 … 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}: a part of the pages is a number from 0 to 1")
    found: list[Sampled] = []
    for one in disclosures:
        wrong = {cell.at.page for error in one.errors for cell in error.cells if isinstance(cell.at, PagePlace)}
        for fact in one.facts:
            if not isinstance(fact.at, PagePlace) or fact.at.page in wrong:
                continue
            if _drawn(one.document.sha256, fact.at.page, seed) < share:
                found.append(Sampled(one.document.sha256, fact.id, fact.at, fact.raw))
    return tuple(found)


def _drawn(sha256: str, page: int, seed: int) -> float:
    """A number from 0 to 1 that only this page of this document has."""
    digest = hashlib.sha256(f"{seed}:{sha256}:{page}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the second reader said of a sample: `unheard` cells it could not say anything about."""

    asked: int
    agreed: int
    unheard: int
    disagreed: tuple[tuple[Sampled, str], ...]
    """Each cell it reads otherwise, with what it reads."""

    @property
    def rate(self) -> Decimal | None:
        """The share of heard cells on which both readers agree; None when nothing was heard."""
        heard = self.asked - self.unheard
        return Decimal(self.agreed) / heard if heard else None


def compare(sample: Sequence[Sampled], second_reading: Callable[[str, Place], str | None]) -> Agreement:
    """Ask the second reader for every sampled cell. Amounts are compared by value, anything else without blanks."""
    agreed = unheard = 0
    disagreed = []
    for one in sample:
        heard = second_reading(one.sha256, one.at)
        if heard is None:
            unheard += 1
        elif same_reading(heard, one.raw):
            agreed += 1
        else:
            disagreed.append((one, heard))
    return Agreement(len(sample), agreed, unheard, tuple(disagreed))


def same_reading(one: str, other: str) -> bool:
    """Whether two readings of a cell are one: the same text without blanks, or the same amount."""
    if squeeze(one) == squeeze(other):
        return True
    try:
        return parse_amount(one) == parse_amount(other)
    except NotAnAmountError:
        return False
