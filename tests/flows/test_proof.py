"""A document on which a check breaks waits for a person; the rest of its batch is judged as if it were not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from budget.disclosure import Disclosure
from expectations import SuiteError
from extract.document import extract_bytes
from flows.documents import proof

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"


def read(name: str) -> Disclosure:
    return extract_bytes((DOCUMENTS / name).read_bytes(), name)


def test_checks_that_break_on_one_document_leave_it_unproved_and_the_others_judged(monkeypatch) -> None:
    good, wrong, hostile = read("lingang_laobao_2023.xlsx"), read("gaoxin_renshe_2023.pdf"), read("minzheng_2023.docx")
    real = proof.judge

    def judge(disclosures, **more):
        if any(one.document.sha256 == hostile.document.sha256 for one in disclosures):
            raise KeyError(4)
        return real(disclosures, **more)

    monkeypatch.setattr(proof, "judge", judge)
    proved = proof.prove([good, hostile, wrong], {})
    assert [[found.check for found in one.disclosure.errors] for one in proved] == [
        [], ["UNPROVED"], [found.check for found in real([wrong])[wrong.document.sha256] if found.severity == "error"],
    ]  # fmt: skip
    assert "BAL-06" in [found.check for found in proved[2].disclosure.errors]


def test_a_suite_that_cannot_be_evaluated_fails_the_run_and_passes_nothing(monkeypatch) -> None:
    def judge(disclosures, **more):
        raise SuiteError("no suite")

    monkeypatch.setattr(proof, "judge", judge)
    with pytest.raises(SuiteError):
        proof.prove([read("lingang_laobao_2023.xlsx")], {})
