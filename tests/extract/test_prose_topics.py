"""The data file of topics: complete, without contradictions, and documented."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from decimal import Decimal
from importlib import resources
from os import environ
from pathlib import Path

import pytest

from extract.document import extract_bytes
from extract.prose.topics import counts, mentions, topics

ROOT = Path(__file__).parents[2]
SYNTHETIC = Path(environ.get("YUSUAN_SHARED", ROOT.parent / "shared")) / "samples" / "synthetic"
_KEYS = {
    "strength", "aliases", "base", "share", "side", "scope", "item", "items_all", "item_inline", "nature", "needs", "emits",
    "scoped", "by_side", "part",
}  # fmt: skip


def test_every_key_of_the_file_is_read():
    raw = tomllib.loads(resources.files("budget").joinpath("data/prose_topics.toml").read_text(encoding="utf-8"))
    assert not {key for entry in raw["topics"].values() for key in entry} - _KEYS
    assert not {key for entry in raw["counts"].values() for key in entry} - {
        "aliases", "behind", "measures", "needs", "item", "after", "unless", "topic",
    }  # fmt: skip


def test_what_a_topic_emits_is_a_topic_or_a_source_of_one():
    for topic in topics().values():
        assert all(name in topics() for name in topic.emits), topic.name
        assert topic.strength in ("strong", "weak", "scope"), topic.name
        assert topic.strength != "strong" or not topic.by_side, topic.name


@pytest.mark.parametrize("topic", sorted(topics()))
def test_a_topic_is_documented(topic: str):
    documented = (ROOT / "docs" / "prose.md").read_text(encoding="utf-8")
    assert f"`{topic}`" in documented


def test_counts_are_documented():
    documented = (ROOT / "docs" / "prose.md").read_text(encoding="utf-8")
    assert not [kind.name for kind in counts() if f"`{kind.name}`" not in documented]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("公务用车购置及运行维护费", ["vehicle_total"]),
        ("公务用车购置费", ["vehicle_purchase"]),
        ("公务用车运行维护费", ["vehicle_running"]),
        ("政府采购货物预算", ["procurement_goods"]),
        ("一般公共预算财政拨款基本支出", ["general_budget", "basic_expenditure"]),
        ("使用非财政拨款结余", ["non_fiscal_surplus_used"]),
        ("上年结转", ["carry_over"]),
        ("对附属单位补助支出", ["affiliated_subsidy"]),
        ("附属单位上缴收入", ["affiliated_payment"]),
    ],
)
def test_the_longest_alias_names_the_topic(text: str, named: list[str]):
    assert [mention.topic.name for mention in mentions(text)] == named


@pytest.mark.skipif(not SYNTHETIC.is_dir(), reason="the sample documents are not beside the project")
@pytest.mark.parametrize(
    "name",
    [
        "s01_hebei_pdf.pdf",
        "s05_shandong_doc.doc",
        "s08_shanghai_docx.docx",
        "s12_final_chrome.pdf",
        "s15_guangzhou_html.html",
        "s18_yantai_pdf.pdf",
    ],
)
def test_sample_documents_give_every_stated_figure_under_its_topic(name: str):
    path = SYNTHETIC / name
    truth = json.loads((SYNTHETIC / f"{path.stem}.truth.json").read_text(encoding="utf-8"))
    facts = extract_bytes(path.read_bytes(), name).prose_facts
    given = Counter((f.topic, Decimal(f.amount or f.percent or f.count or 0)) for f in facts)
    wanted = Counter(
        (f["topic"], Decimal(str(f.get("amount") or f.get("percent") or f.get("count") or 0)))
        for f in truth["prose_facts"]
    )
    assert wanted.total() >= 45
    assert not wanted - given
    amounts_given = sum(1 for f in facts if f.amount is not None)
    amounts_wanted = sum(1 for f in truth["prose_facts"] if f.get("amount"))
    assert amounts_given - amounts_wanted <= 1, "only the limit of the equipment count is stated besides"
    items = {f.name for f in facts if f.topic == "agency_running_item"}
    assert items == {f["name"] for f in truth["prose_facts"] if f["topic"] == "agency_running_item"}
