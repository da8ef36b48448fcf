"""Replay what people decided, prove the accounting, settle what people accepted: the part of a document's way that needs
no file of its own. Shared by nightly, rerun and `yusuan extract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from budget.decisions import Decision
from budget.disclosure import Disclosure
from budget.reconciliations import Reconciliation
from expectations import apply, judge
from flows.second_reading import second_reader
from review.replay import replay, settle


@dataclass(frozen=True)
class Proved:
    """A disclosure with its findings, and every identity that was computed for it."""

    disclosure: Disclosure
    reconciliations: tuple[Reconciliation, ...] = ()


def prove(
    disclosures: Sequence[Disclosure],
    paths: Mapping[str, Path],
    decisions: Mapping[str, tuple[Decision, ...]] | None = None,
) -> list[Proved]:
    """Judge a batch of readings. `paths` says where the bytes of each sha256 lie, for the second reader."""
    decided = decisions or {}
    replayed: list[Disclosure] = []
    for disclosure in disclosures:
        corrected, misfits = replay(disclosure, decided.get(disclosure.document.sha256, ()))
        replayed.append(corrected.model_copy(update={"findings": corrected.findings + tuple(misfits)}))
    readable = [disclosure for disclosure in replayed if disclosure.document.error is None]
    judgement = judge(readable, second_reading=second_reader(paths))
    proved = []
    for disclosure in replayed:
        if disclosure.document.error is not None:
            proved.append(Proved(disclosure))
            continue
        sha256 = disclosure.document.sha256
        found = settle(judgement.findings[sha256], decided.get(sha256, ()), disclosure.statements)
        proved.append(Proved(apply(disclosure, found), judgement.reconciliations[sha256]))
    return proved
