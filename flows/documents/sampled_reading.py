"""The sampled second reading: on a share of the pages of what passes, an independent reader is asked for every cell.

It is asked in worker processes (`flows.documents.second_reading`), with a time and a memory limit: it is slow, and what it reads is hostile.
Where it disagrees the document does not load: it waits for a person, with the page and the cell. Cells that a person has read
are not asked for: no program overrules the person.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from budget.decisions import CORRECTED, Decision
from budget.disclosure import Disclosure, PagePlace, Place
from budget.printed_text import squeeze
from expectations.judging.sampling import (
    Agreement,
    Sampled,
    compare,
    sample_places,
    sampled_share,
    second_reading_findings,
)
from flows.documents.proof import Proved
from flows.documents.recipe import code_recipe
from flows.documents.second_reading import SECONDS_A_PAGE, answer, ask, texts_on_pages
from flows.documents.workers import Limits
from flows.run_summary import SampledPages
from review.cells import find_cell, money_cell
from review.replay import settle, standing_corrections

Heard = dict[tuple[str, Place], str]


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What the sample of one document gave: `pages` asked for, and the agreement over their cells."""

    pages: int
    agreement: Agreement

    def counted(self) -> SampledPages:
        """As a run's summary keeps it."""
        said = self.agreement
        return SampledPages(
            pages=self.pages, cells=said.asked, agreed=said.agreed, unheard=said.unheard, disagreed=len(said.disagreed)
        )


class Unasked(StrEnum):
    """Why the second reader was asked for no cell of a document."""

    NO_BYTES = "read earlier, without their bytes 仅有读取结果"
    ERRORS = "with errors 有错误"
    NO_READER = "no PDF with text, for which there is a second reader 非文字版PDF"
    NO_CELLS = "without a cell to ask for 无可复读单元格"
    NOT_DRAWN = "of which no page was drawn 未抽中"


def why_unasked(disclosure: Disclosure, *, bytes_at_hand: bool) -> Unasked:
    """Why `read_again` told nothing of a document."""
    if not bytes_at_hand:
        return Unasked.NO_BYTES
    if disclosure.document.error is not None or disclosure.errors:
        return Unasked.ERRORS
    if disclosure.document.reader != "pdf":
        return Unasked.NO_READER
    if not any(isinstance(fact.at, PagePlace) for fact in disclosure.facts):
        return Unasked.NO_CELLS
    return Unasked.NOT_DRAWN


def read_again(
    proved: Sequence[Proved],
    paths: Mapping[str, Path],
    decisions: Mapping[str, tuple[Decision, ...]] | None = None,
    *,
    share: Decimal | None = None,
    limits: Limits | None = None,
) -> tuple[list[Proved], dict[str, SecondReading]]:
    """The same documents, in the order given, with an error for every sampled cell that is read otherwise; and what was sampled.

    Sampled are documents without an error, of which a text is printed on pages (there is no second reader of scans, workbooks,
    Word and HTML). `share` is that of the house when not given. What a person accepted before is settled, and a cell that a
    person corrected is not asked for. Raises FileNotFoundError when the bytes of a document are not where `paths` says.
    """
    passing = {
        one.disclosure.document.sha256: one.disclosure
        for one in proved
        if one.disclosure.document.reader == "pdf" and not one.disclosure.errors
    }
    drawn = sample_places(
        [one for sha256, one in passing.items() if sha256 in paths], sampled_share() if share is None else share,
        seed=int(code_recipe(), 16),
    )  # fmt: skip
    by_hand = {
        sha256: _read_by_a_person(passing[sha256], (decisions or {}).get(sha256, ()))
        for sha256 in {one.sha256 for one in drawn}
    }
    sample = [one for one in drawn if one.fact_id not in by_hand[one.sha256]]
    if not sample:
        return list(proved), {}
    heard = _heard(sample, paths, (limits or Limits()).seconds)
    of_document: dict[str, list[Sampled]] = defaultdict(list)
    for one in sample:
        of_document[one.sha256].append(one)
    told = {
        sha256: SecondReading(
            len({_page(one) for one in mine}), compare(mine, lambda sha256, at: heard.get((sha256, at)))
        )
        for sha256, mine in of_document.items()
    }
    return [_with_findings(one, told, decisions or {}) for one in proved], told


def _read_by_a_person(disclosure: Disclosure, decisions: Sequence[Decision]) -> frozenset[str]:
    """The facts whose text is what a person typed: cells that were corrected, and those the extractor has since learnt to read."""
    corrected = {
        cell.fact_id
        for found in disclosure.findings
        if found.check == CORRECTED
        for cell in found.cells
        if cell.fact_id is not None
    }
    for decision in standing_corrections(decisions):
        address = find_cell(disclosure, decision.cell) if decision.cell is not None else None
        if address is None:
            continue
        fact = money_cell(disclosure, address).by_place.get((address.row, address.col))
        if fact is not None and squeeze(fact.raw) == squeeze(decision.value or ""):
            corrected.add(fact.id)
    return frozenset(corrected)


def _with_findings(
    proved: Proved, told: Mapping[str, SecondReading], decisions: Mapping[str, tuple[Decision, ...]]
) -> Proved:
    disclosure = proved.disclosure
    sha256 = disclosure.document.sha256
    if sha256 not in told or not told[sha256].agreement.disagreed:
        return proved
    found = second_reading_findings(disclosure, told[sha256].agreement)
    settled = settle(found, decisions.get(sha256, ()), disclosure.statements)
    return replace(proved, disclosure=disclosure.model_copy(update={"findings": (*disclosure.findings, *settled)}))


def _page(one: Sampled) -> int:
    assert isinstance(one.at, PagePlace)
    return one.at.page


def _heard(sample: Sequence[Sampled], paths: Mapping[str, Path], seconds: float) -> Heard:
    """What the second reader says of every place; a document that it cannot read, in time or at all, says nothing."""
    asked: dict[str, dict[int, list[PagePlace]]] = defaultdict(lambda: defaultdict(list))
    for one in sample:
        assert isinstance(one.at, PagePlace)
        asked[one.sha256][one.at.page].append(one.at)
    heard: Heard = {}
    for sha256, texts in _ask(asked, paths, seconds):
        for page, said in texts.items():
            heard |= {(sha256, at): text for at, text in zip(asked[sha256][page], said, strict=True)}
    return heard


def _ask(
    asked: Mapping[str, Mapping[int, Sequence[PagePlace]]], paths: Mapping[str, Path], seconds: float
) -> Iterator[tuple[str, dict[int, list[str]]]]:
    futures = {
        sha256: ask(
            texts_on_pages, str(paths[sha256]), {page: [at.bbox for at in places] for page, places in pages.items()},
            seconds=min(seconds, SECONDS_A_PAGE * (1 + len(pages))),
        )
        for sha256, pages in asked.items()
    }  # fmt: skip
    for sha256, future in futures.items():
        said = json.loads(answer(future, sha256[:12]) or "{}")
        yield sha256, {int(page): texts for page, texts in said.items()}
