"""The contradictions that the publishers of the reference documents printed, through the real reader: these and no others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from budget.disclosure import Disclosure
from budget.states import Severity
from expectations import judge
from extract.document import extract_bytes

HARD = {
    "000_zibo_2023.pdf": {"BAL-05": 1, "BAL-06": 1, "XRF-02": 1, "XRF-05": 1, "TXT-01": 1},
    "001_haigang_2024.docx": {"PRJ-02": 1},
    "002_gaoxin_jixiao_2024.doc": {"PRJ-02": 1},
    "003_zhengding_2022.pdf": {"TXT-03": 1},
    "004_gaoxin_2019.doc": {"TXT-02": 1, "HIE-05": 2, "TXT-05": 1, "AST-01": 2},
}
SIDES = {
    ("000_zibo_2023.pdf", "BAL-05"): ("20730.94", "7825.53"), ("001_haigang_2024.docx", "PRJ-02"): ("300", "200"),
    ("002_gaoxin_jixiao_2024.doc", "PRJ-02"): ("7000", "4000"), ("003_zhengding_2022.pdf", "TXT-03"): ("15", "12.8119"),
    ("004_gaoxin_2019.doc", "TXT-02"): ("10009.93", "7281.19"), ("004_gaoxin_2019.doc", "TXT-05"): ("4", "2"),
}  # fmt: skip
SOFT = {
    "001_haigang_2024.docx": {"PRJ-05": 1},
    "002_gaoxin_jixiao_2024.doc": {"PRJ-06": 2, "PRJ-07": 1},
    "003_zhengding_2022.pdf": {"TXT-08": 2, "TXT-05": 1},
    "004_gaoxin_2019.doc": {"PRJ-09": 1, "TXT-07": 4, "PRJ-08": 2},
}


@pytest.fixture(scope="module")
def read(samples: Path) -> dict[str, Disclosure]:
    return {name: extract_bytes((samples / "reference" / name).read_bytes(), name) for name in HARD}


def test_every_published_error_is_found_and_no_other(read: dict[str, Disclosure]) -> None:
    judged = judge(list(read.values()))
    for name, one in read.items():
        found = judged[one.document.sha256]
        errors = [finding for finding in found if finding.severity is Severity.ERROR]
        assert Counter(finding.check for finding in errors) == HARD[name], name
        warnings = Counter(finding.check for finding in found if finding.severity is Severity.WARNING)
        assert SOFT.get(name, {}).items() <= warnings.items(), name
        for finding in errors:
            if (name, finding.check) in SIDES:
                assert (finding.left, finding.right) == SIDES[name, finding.check]


def test_the_wrong_total_of_zibo_is_one_cell(read: dict[str, Disclosure]) -> None:
    one = read["000_zibo_2023.pdf"]
    errors = [f for f in judge([one])[one.document.sha256] if f.severity is Severity.ERROR]
    roots = [finding for finding in errors if finding.caused_by is None]
    assert len(roots) == 1 and roots[0].cells[0].raw == "20730.94"
    for title in ("支出总体情况表", "财政拨款收支总体情况表", "收入总体情况表"):
        assert title in roots[0].message.split("\n")[1]
