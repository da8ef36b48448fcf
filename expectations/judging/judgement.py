"""`judge`: many disclosures at once → findings. Great Expectations decides what fails; this module only asks and words it.

The suites in `expectations/suites/*.json` are the judge: an identity becomes a finding only when an expectation names its
row as unexpected. Suites, context and data source are made once per batch; nothing is sent anywhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

from budget.cycles import no_search_for_cycles
from budget.disclosure import Disclosure, Finding, Place
from budget.known_forms import NOTHING_KNOWN, JudgedForms, KnownForms
from budget.reconciliations import Reconciliation
from expectations.judging.catalogue import checks
from expectations.judging.engine import Named, SuiteError, evaluate
from expectations.judging.form_knowledge import as_decided, outcomes_of, publisher_of, with_batch
from expectations.judging.reconciliation import Reconciled, frame, reconcile, reconciliation
from expectations.judging.wording import findings_of

if TYPE_CHECKING:
    import pandas as pd

SecondReading = Callable[[str, Place], str | None]
"""(sha256 of the file, place) → what an independent reader reads there, '' for blank, None when it cannot say."""


@dataclass(frozen=True)
class Judgement(Mapping[str, tuple[Finding, ...]]):
    """What was found, by sha256; with the frame that was judged and the reconciliations to store.

    `judged` is what the suites looked at. The frame and the results expectation by expectation are made when they are asked
    for: kept for a whole night they would be most of its memory.
    """

    findings: dict[str, tuple[Finding, ...]]
    reconciliations: dict[str, tuple[Reconciliation, ...]]
    judged: pd.DataFrame | None = field(default=None, repr=False)
    disclosures: tuple[Disclosure, ...] = field(default=(), repr=False)
    beside: Mapping[str, Sequence[Disclosure]] = field(default_factory=dict, repr=False)
    failed: frozenset[tuple[str, int]] = field(default=frozenset(), repr=False)
    forms: dict[str, JudgedForms] = field(default_factory=dict, repr=False)
    """By sha256, how the rules fared on the forms of each document, to be stored with it."""

    @cached_property
    def results(self) -> tuple[dict[str, Any], ...]:
        """The JSON results of the suites, one by one, for Data Docs. Raises SuiteError where they name other rows than before."""
        if self.judged is None or self.judged.empty:
            return ()
        named, outcome = _evaluated(self.judged, _asked(self.judged))
        if {(row["document"], int(row["identity"])) for _, row in named} != self.failed:
            raise SuiteError("the expectations of the suites name other rows one by one than together")
        return (outcome.to_json_dict(),)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The reconciliation frame with a column `failed`: what Great Expectations named."""
        table = frame([reconcile(one, self.beside.get(one.document.sha256, ())) for one in self.disclosures])
        table["failed"] = [
            (document, identity) in self.failed
            for document, identity in zip(table["document"], table["identity"], strict=True)
        ]
        return table

    def __getitem__(self, sha256: str) -> tuple[Finding, ...]:
        return self.findings[sha256]

    def __iter__(self) -> Iterator[str]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)


def judge(
    disclosures: Sequence[Disclosure],
    *,
    second_reading: SecondReading | None = None,
    beside: Mapping[str, Sequence[Disclosure]] | None = None,
    alike: bool = True,
    known: KnownForms = NOTHING_KNOWN,
) -> Judgement:
    """Every finding of every disclosure, by sha256.

    `beside` gives, by sha256, the other documents that a document is compared with (DOC); they are not judged themselves.

    `alike` says whether a failure that most of these documents share, where they are printed on one form, accuses nobody: what a
    document is told then depends on the documents beside it. `known` is what is known of forms without them: what most documents
    of a form share in the warehouse, and what people decided.

    `second_reading` is asked for suspected cells only: agreement makes the finding the publisher's, disagreement ours;
    without it the origin of a contradiction is unknown. Findings that a disclosure already carries come first.
    Raises SuiteError when Great Expectations cannot evaluate an expectation.
    """
    with no_search_for_cycles():
        return _judge(disclosures, second_reading, beside or {}, alike, known)


def _judge(
    disclosures: Sequence[Disclosure],
    second_reading: SecondReading | None,
    beside: Mapping[str, Sequence[Disclosure]],
    alike: bool,
    known: KnownForms,
) -> Judgement:
    by_sha = {one.document.sha256: one for one in disclosures}
    computed = [reconcile(one, beside.get(sha256, ())) for sha256, one in by_sha.items()]
    outcomes_by = [(publisher_of(one), outcomes_of(one)) for one in computed]
    forms = {
        _sha(one): JudgedForms(said, known.digest(publisher, said))
        for one, (publisher, said) in zip(computed, outcomes_by, strict=True)
    }
    reconciled = [as_decided(one, known) for one in computed]
    judged = _judged_frame(reconciled)
    failed = _failing(judged)
    of_document: dict[str, list[int]] = defaultdict(list)
    for document, number in sorted(failed):
        of_document[document].append(number)
    met = with_batch(known, outcomes_by) if alike else known
    findings = {_sha(one): findings_of(one, of_document[_sha(one)], second_reading, met) for one in reconciled}
    stored = {_sha(one): _stored(one, of_document[_sha(one)]) for one in reconciled}
    # Great Expectations keeps exceptions of its own that keep this frame: without its names the identities go at once
    del reconciled, computed
    return Judgement(findings, stored, judged, tuple(by_sha.values()), beside, frozenset(failed), forms)


def _sha(one: Reconciled) -> str:
    return one.disclosure.document.sha256


def _stored(one: Reconciled, failing: list[int]) -> tuple[Reconciliation, ...]:
    named = set(failing)
    return tuple(
        reconciliation(identity, failed=number in named) for number, identity in enumerate(one.identities)
    )  # fmt: skip


def apply(disclosure: Disclosure, findings: Sequence[Finding]) -> Disclosure:
    """The disclosure with these findings in place of its own (`judge` keeps those it already had)."""
    return disclosure.model_copy(update={"findings": tuple(findings)})


# --------------------------------------------------------------------------- the judge


@cache
def suites() -> tuple[dict[str, Any], ...]:
    """The expectation suites as shipped, by file name."""
    folder = resources.files("expectations").joinpath("suites")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".json")), key=lambda item: item.name)
    return tuple(json.loads(item.read_text(encoding="utf-8")) for item in files)


def judged_checks(given: Sequence[dict[str, Any]] | None = None) -> set[str]:
    """Check ids that the suites have an expectation for."""
    loaded = suites() if given is None else given
    return {one["meta"]["check"] for suite in loaded for one in suite["expectations"] if "check" in one.get("meta", {})}


def _judged_frame(reconciled: Sequence[Reconciled]) -> pd.DataFrame:
    """What the suites look at: one row a claimed identity, and by how much its sides miss each other beyond the tolerance.

    A skipped identity claims nothing and is not judged; it is stored as skipped.
    """
    import pandas as pd

    documents, numbers, names, excess = [], [], [], []
    for one in reconciled:
        sha256 = _sha(one)
        for number, identity in enumerate(one.identities):
            if identity.skipped is None:
                documents.append(sha256)
                numbers.append(number)
                names.append(identity.check)
                excess.append(identity.excess)
    return pd.DataFrame({
        "document": pd.Series(documents, dtype=object), "identity": pd.Series(numbers, dtype="int64"),
        "check": pd.Series(names, dtype="category"), "excess": pd.Series(excess, dtype=object),
    })  # fmt: skip


def _failing(judged: pd.DataFrame) -> set[tuple[str, int]]:
    """(document, identity) of every row that the suites name.

    Expectations that differ only in the check whose rows they look at are asked as one: each costs the library as much as
    reading a document. Their checks are all of the frame's, so that they look at the same rows together as one by one.
    """
    if judged.empty:
        return set()
    named, _ = _evaluated(judged, together(_asked(judged)))
    return {(row["document"], int(row["identity"])) for _, row in named}


def _asked(judged: pd.DataFrame) -> list[dict[str, Any]]:
    """The expectations of the suites that concern rows of the frame. Raises SuiteError for a check that none judges."""
    present = set(judged["check"].cat.categories)
    unjudged = present - judged_checks()
    if unjudged:
        raise SuiteError(f"no expectation judges {sorted(unjudged)}: add them to expectations/suites")
    return [
        one
        for given in suites()
        for one in given["expectations"]
        if one.get("meta", {}).get("check") in present or "check" not in one.get("meta", {})
    ]


def _evaluated(judged: pd.DataFrame, expectations: Sequence[dict[str, Any]]) -> tuple[list[Named], Any]:
    versions = {given["name"]: given["meta"]["version"] for given in suites()}
    return evaluate("reconciliations", judged, expectations, ("document", "identity"), versions)


def together(expectations: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same expectations, those that ask the same of the rows of single checks as one that asks it of every row.

    Only what looks at the rows of its own check (`meta`) and no others may be joined; the frame must hold no other checks.
    """
    alone: list[dict[str, Any]] = []
    joined: dict[str, dict[str, Any]] = {}
    for one in expectations:
        kwargs = {name: value for name, value in one["kwargs"].items() if name != "row_condition"}
        if one["kwargs"].get("row_condition") != rows_of(one.get("meta", {}).get("check", "")):
            alone.append(one)
            continue
        key = json.dumps([one["type"], kwargs], sort_keys=True)
        first = joined.setdefault(key, {"type": one["type"], "kwargs": kwargs, "meta": {"checks": []}})
        first["meta"]["checks"].append(one["meta"]["check"])
    if len(joined) > 1:  # some ask this and some that of their rows: then each is asked of its own
        return list(expectations)
    return [*alone, *joined.values()]


def rows_of(check: str) -> dict[str, Any]:
    """The condition of an expectation that looks at the rows of one check."""
    return {"type": "comparison", "column": {"name": "check"}, "operator": "==", "parameter": check}


def suite_of(family: str) -> dict[str, Any]:
    """The suite of a family as it is written to `expectations/suites`: one expectation a check of the catalogue."""
    return {
        "name": f"reconciliations.{family}",
        "meta": {"version": 1, "family": family},
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {
                    "column": "excess",
                    "max_value": 0,
                    "row_condition": rows_of(one.id),
                },
                "meta": {"check": one.id, "formula": one.en},
                "severity": "critical" if one.severity.value == "error" else "warning",
            }
            for one in checks().values()
            if one.family == family
        ],
    }
