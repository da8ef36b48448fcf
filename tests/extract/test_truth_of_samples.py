"""Documents with known truth: every fact found once, with its whole path, code, name and amount, and none invented."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from budget.disclosure import Disclosure
from budget.printed_text import plain_name, squeeze
from extract.document import extract_bytes

SHARED = Path(os.environ.get("YUSUAN_SHARED") or Path(__file__).parents[2].parent / "shared")
SAMPLES = SHARED / "samples"
EXACT = [
    "reference/000_zibo_2023.pdf", "reference/003_zhengding_2022.pdf", "reference/001_haigang_2024.docx",
    "reference/004_gaoxin_2019.doc", "styles/d08_000_docx.docx", "styles/d09_001_xlsx.xlsx", "styles/d10_000_xls.xls",
    "styles/d03_003_pdf.pdf", "styles/d15_000_pdf.pdf", "synthetic/s02_hebei_docx.docx", "synthetic/s03_hebei_xlsx.xlsx",
    "synthetic/s05_shandong_doc.doc", "synthetic/s08_shanghai_docx.docx", "synthetic/s11_final_xls.xls",
    "synthetic/s14_guangzhou_docx.docx", "synthetic/s16_yantai_pdf.pdf", "synthetic/s19_beijing_pdf.pdf",
    "synthetic/s21_beijing_xlsx.xlsx", "styles/d02_001_pdf.pdf", "styles/d04_001_pdf.pdf", "synthetic/s04_shandong_pdf.pdf",
    "synthetic/s09_shanghai_pdf.pdf", "synthetic/s18_yantai_pdf.pdf", "synthetic/s01_hebei_pdf.pdf",
]  # fmt: skip
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the sample documents are not at {SAMPLES}")

Key = tuple[str, str, str, str, Decimal]


def path_of(column: list[str]) -> str:
    levels: list[str] = []
    for level in map(squeeze, column):
        if level and (not levels or levels[-1] != level):
            levels.append(level)
    return "/".join(levels)


def true_facts(truth: dict[str, Any]) -> Counter[Key]:
    return Counter(
        (f["statement"], squeeze(f["row_code"] or ""), plain_name(f["row_name"] or ""), path_of(f["column"]), Decimal(f["amount"]))
        for f in truth["facts"]
    )  # fmt: skip


def found_facts(disclosure: Disclosure) -> Counter[Key]:
    return Counter((f.kind, f.code, plain_name(f.name), path_of(list(f.column)), f.value) for f in disclosure.facts)


def read(sample: str) -> tuple[Disclosure, dict[str, Any]]:
    path = SAMPLES / sample
    truth = json.loads((path.parent / re.sub(r"\.[a-z]+$", ".truth.json", path.name)).read_text(encoding="utf-8"))
    return extract_bytes(path.read_bytes(), path.name), truth


@pytest.mark.parametrize("sample", EXACT)
def test_every_fact_of_a_sample_is_found_and_none_is_invented(sample: str) -> None:
    disclosure, truth = read(sample)
    want, have = true_facts(truth), found_facts(disclosure)
    assert not want - have, f"missing {list((want - have).elements())[:3]}"
    assert not have - want, f"invented {list((have - want).elements())[:3]}"
    assert not [f for f in disclosure.findings if f.check == "UNREAD"]


@pytest.mark.parametrize(
    "sample",
    ["styles/d02_001_pdf.pdf", "styles/d04_001_pdf.pdf", "styles/d09_001_xlsx.xlsx", "synthetic/s09_shanghai_pdf.pdf",
     "synthetic/s11_final_xls.xls", "synthetic/s18_yantai_pdf.pdf"],
)  # fmt: skip
def test_every_cell_of_a_sample_is_read_as_it_is_shown(sample: str) -> None:
    disclosure, truth = read(sample)
    tables = [block for block in truth["blocks"] if block["type"] == "table"]
    want = Counter(text for table in tables for row in table["body"] for cell in row if (text := squeeze(cell or "")))
    have = Counter(
        text for s in disclosure.statements for row in s.rows for cell in row.cells if (text := squeeze(cell))
    )
    assert have == want


@pytest.mark.parametrize(
    "sample",
    ["synthetic/s02_hebei_docx.docx", "synthetic/s14_guangzhou_docx.docx", "synthetic/s21_beijing_xlsx.xlsx",
     "synthetic/s18_yantai_pdf.pdf"],
)  # fmt: skip
def test_every_project_and_indicator_of_a_sample_is_found(sample: str) -> None:
    disclosure, truth = read(sample)
    assert [(p.name, Decimal(p.amount or "0")) for p in disclosure.projects] == [
        (squeeze(p["name"]), Decimal(p["amount"])) for p in truth["projects"]
    ]
    for found, true in zip(disclosure.projects, truth["projects"], strict=True):
        assert [(i.level1, i.level2, i.level3, i.operator, i.value) for i in found.indicators] == [
            (i["level1"], i["level2"], squeeze(i["level3"]), i["operator"], i["value"]) for i in true["indicators"]
        ]
        assert found.plan == true["plan"]


def test_side_year_and_basis_of_facts_agree_with_the_truth() -> None:
    disclosure, truth = read("synthetic/s11_final_xls.xls")
    want = Counter((f["side"], f["fiscal_year"], f["basis"], Decimal(f["amount"])) for f in truth["facts"])
    assert Counter((f.side, f.fiscal_year, f.basis, f.value) for f in disclosure.facts) == want
    assert disclosure.document.kind == "final_account"
    assert disclosure.document.agency == truth["agency"]
