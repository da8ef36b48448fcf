"""A sample of what passes for the second reader: a sum that holds does not prove cells that stand in no sum.

Whole pages are sampled, because the second reader reads a page at a time. Which pages is decided by the document, the page
and the seed alone: the same sample whatever else is in the batch.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

from budget.amounts import NotAnAmountError, parse_amount
from budget.disclosure import Disclosure, Finding, FindingCell, PagePlace, Place
from budget.printed_text import squeeze
from budget.states import Origin, Severity

CHECK = "SECOND_READING"


@dataclass(frozen=True, slots=True)
class Sampled:
    """A cell to ask the second reader for, and what the first reader read there."""

    sha256: str
    fact_id: str
    at: Place
    raw: str


@cache
def sampled_share() -> Decimal:
    """The share of pages that the house samples (`sampling.toml`)."""
    told = tomllib.loads(resources.files("expectations").joinpath("data", "sampling.toml").read_text(encoding="utf-8"))
    return Decimal(told["share"])


def sample_places(disclosures: Iterable[Disclosure], share: float | Decimal, seed: int = 0) -> tuple[Sampled, ...]:
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
    """Ask the second reader for every sampled cell: what stands in its box, None (or nothing at all) when it cannot say.

    A character that it cannot name (`(cid:12)`) says nothing either: fonts without a table of their own letters.
    """
    agreed = unheard = 0
    disagreed = []
    for one in sample:
        heard = second_reading(one.sha256, one.at)
        if heard is None or not heard.strip() or _NAMELESS in heard:
            unheard += 1
        elif holds(heard, one.raw):
            agreed += 1
        else:
            disagreed.append((one, heard))
    return Agreement(len(sample), agreed, unheard, tuple(disagreed))


def holds(heard: str, raw: str) -> bool:
    """Whether what was heard in a cell's box is what was read there: the same reading, or the figure among its neighbours.

    A box may reach over a neighbour, and two readers part a line into words differently; neither is a misread figure. A digit,
    a sign or a point more, less or other is one: figures are compared whole.
    """
    if same_reading(heard, raw):
        return True
    wanted = _FIGURE.findall(_plain(raw))
    figures = _FIGURE.findall(_plain(heard))
    return bool(wanted) and any(figures[n : n + len(wanted)] == wanted for n in range(len(figures)))


_NAMELESS = "(cid:"
_FIGURE = re.compile(r"[-(]?[0-9][0-9.]*%?")


def _plain(text: str) -> str:
    """Half-width, without the commas of thousands."""
    return re.sub(r"(?<=[0-9]),(?=[0-9])", "", unicodedata.normalize("NFKC", text)).replace("−", "-").replace("—", "-")


def second_reading_findings(disclosure: Disclosure, agreement: Agreement) -> tuple[Finding, ...]:
    """An error of origin extraction for every cell of the document that the second reader reads otherwise."""
    facts = {fact.id: fact for fact in disclosure.facts}
    titles = {one.id: one.title or one.kind for one in disclosure.statements}
    found = []
    for one, heard in agreement.disagreed:
        if one.sha256 != disclosure.document.sha256:
            continue
        fact = facts[one.fact_id]
        cell = f"{titles.get(fact.statement_id, '')}“{fact.name}·{fact.column[-1] if fact.column else ''}”"
        page = f"第{one.at.page}页 / page {one.at.page}" if isinstance(one.at, PagePlace) else ""
        message = (
            f"{CHECK} {cell}：读作 {one.raw}，另一读取程序读作 {heard}\n"
            f"{page}: this cell was read as {one.raw!r}, an independent reader reads {heard!r} there; look at the page, then "
            "correct the cell, or accept it when it was read rightly"
        )
        found.append(
            Finding(
                check=CHECK, severity=Severity.ERROR, origin=Origin.EXTRACTION, message=message,
                statement_id=fact.statement_id, left=one.raw, right=heard,
                cells=(FindingCell(fact_id=fact.id, at=one.at, raw=one.raw),),
            )
        )  # fmt: skip
    return tuple(found)


def same_reading(one: str, other: str) -> bool:
    """Whether two readings of a cell are one: the same text without blanks, or the same amount."""
    if squeeze(one) == squeeze(other):
        return True
    try:
        return parse_amount(one) == parse_amount(other)
    except NotAnAmountError:
        return False
