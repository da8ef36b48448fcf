"""Replay what people decided, prove the accounting, settle what people accepted: the part of a document's way that needs
no file of its own. Shared by nightly, rerun and `yusuan extract`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from budget.decisions import FIGURES_CHANGED, Decision
from budget.disclosure import Disclosure, Finding
from budget.known_forms import NOT_JUDGED, NOTHING_KNOWN, JudgedForms, KnownForms
from budget.reconciliations import Reconciliation
from budget.states import Origin, Severity
from expectations import Judgement, SuiteError, apply, judge
from expectations.judging.catalogue import checks
from expectations.judging.sampling import CHECK as SAMPLED
from expectations.judging.wording import UNREAD
from flows.documents.second_reading import SecondReading, second_reader
from review.replay import against_the_page, as_printed, replay, settle

log = logging.getLogger("yusuan.proof")

Beside = Mapping[str, Sequence[Disclosure]]
"""By sha256, the other documents that a document is compared with."""


UNPROVED = "UNPROVED"
"""Check id of the error on a document on which a check itself broke."""
Judged = dict[str, tuple[tuple[Finding, ...], tuple[Reconciliation, ...], JudgedForms]]


@dataclass(frozen=True)
class Proved:
    """A disclosure with its findings, every identity that was computed for it, and how the rules fared on its forms."""

    disclosure: Disclosure
    reconciliations: tuple[Reconciliation, ...] = ()
    forms: JudgedForms = NOT_JUDGED


def as_read(disclosure: Disclosure) -> Disclosure:
    """A judged disclosure with what its reading found; what checks, the sample and an earlier reading had found is found anew."""
    found_anew = {*checks(), UNPROVED, SAMPLED, FIGURES_CHANGED} - {UNREAD}
    kept = (one for one in disclosure.findings if one.check not in found_anew)
    return disclosure.model_copy(update={"findings": tuple(one.model_copy(update={"caused_by": None}) for one in kept)})


def prove(
    disclosures: Sequence[Disclosure],
    paths: Mapping[str, Path],
    decisions: Mapping[str, tuple[Decision, ...]] | None = None,
    tell: Callable[[Judgement], object] = lambda judgement: None,
    beside: Callable[[Sequence[Disclosure]], Beside] = lambda readable: {},
    alike: bool = False,
    known: KnownForms = NOTHING_KNOWN,
) -> list[Proved]:
    """Judge a batch of readings. `paths` says where the bytes of each sha256 lie, for the second reader.

    `tell` is given every judgement as Great Expectations made it, before decisions are settled (for Data Docs). `beside` is
    asked, with corrections replayed, which other documents each is compared with. `alike`: a failure that most of these documents
    share accuses nobody; never where rows are stored, which must not depend on what was read beside them: there `known` says what the
    warehouse knows of forms.
    """
    decided = decisions or {}
    replayed: list[Disclosure] = []
    for disclosure in disclosures:
        corrected, misfits = replay(disclosure, decided.get(disclosure.document.sha256, ()))
        replayed.append(corrected.model_copy(update={"findings": corrected.findings + tuple(misfits)}))
    readable = [one for one in replayed if one.document.error is None]
    again = second_reader(paths)
    judged = _judged(readable, again, tell, beside(readable), alike, known)
    printed = _printed(disclosures, decided, again, beside, known)
    proved = []
    for disclosure in replayed:
        sha256 = disclosure.document.sha256
        if sha256 not in judged:
            proved.append(Proved(disclosure))
            continue
        findings, reconciliations, forms = judged[sha256]
        found = settle(findings, decided.get(sha256, ()), disclosure.statements)
        if sha256 in printed:
            found = (*found, *as_printed(printed[sha256][0], findings, disclosure, decided[sha256]))
        proved.append(Proved(apply(disclosure, found), reconciliations, forms))
    return proved


def _printed(
    disclosures: Sequence[Disclosure],
    decided: Mapping[str, tuple[Decision, ...]],
    second_reading: SecondReading,
    beside: Callable[[Sequence[Disclosure]], Beside],
    known: KnownForms,
) -> Judged:
    """The judgement of what is printed, of the documents in which a person put another figure beside it."""
    printed = []
    for disclosure in disclosures:
        decisions = decided.get(disclosure.document.sha256, ())
        against = {one.id for one in against_the_page(decisions)}
        if against and disclosure.document.error is None:
            printed.append(replay(disclosure, [one for one in decisions if one.id not in against])[0])
    return _judged(printed, second_reading, lambda judgement: None, beside(printed), False, known) if printed else {}


def _judged(
    readable: Sequence[Disclosure], second_reading: SecondReading, tell: Callable[[Judgement], object], beside: Beside,
    alike: bool, known: KnownForms,
) -> Judged:  # fmt: skip
    """Findings and reconciliations by sha256.

    A document on which a check itself breaks must not lose the rest of the batch, nor pass unproved: the batch is judged
    again one by one, and that document gets an error UNPROVED. A suite that cannot be evaluated fails the run (SuiteError):
    then no document has been judged, and the next run takes all of them.
    """
    try:
        judgement = judge(readable, second_reading=second_reading, beside=beside, alike=alike, known=known)
    except SuiteError:
        raise
    except Exception as fault:
        if len(readable) == 1:
            (disclosure,) = readable
            log.exception("the checks broke on %s", disclosure.document.file, exc_info=fault)
            unproved = Finding(
                check=UNPROVED, severity=Severity.ERROR, origin=Origin.UNKNOWN, cells=(),
                message=f"勾稽检查未能完成 / the checks broke on this document ({type(fault).__name__}: {fault}); nothing of it is proved",
            )  # fmt: skip
            return {disclosure.document.sha256: ((*disclosure.findings, unproved), (), NOT_JUDGED)}
        one_by_one: Judged = {}
        for disclosure in readable:
            one_by_one |= _judged([disclosure], second_reading, tell, beside, False, known)
        return one_by_one
    tell(judgement)
    return {
        sha256: (found, judgement.reconciliations[sha256], judgement.forms[sha256])
        for sha256, found in judgement.items()
    }
