"""Data Docs open without a network and show what Great Expectations found, nothing from data unescaped."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from budget.disclosure import Disclosure
from expectations import judge
from expectations.judging.data_docs import write_data_docs

Build = Callable[..., Disclosure]

WRONG = {
    "kind": "revenue_expenditure_summary", "title": "收支总表<script>alert(1)</script>",
    "columns": ["收入/项目", "收入/预算数", "支出/项目", "支出/预算数"],
    "rows": [
        ["一、财政拨款收入", "100.00", "一、社会保障和就业支出", "80.00"], ["", "", "二、卫生健康支出", "20.00"],
        ["收入总计", "100.00", "支出总计", "190.00"],
    ],
}  # fmt: skip


class Links(HTMLParser):
    """Everything a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def test_a_batch_is_a_page_with_counts_and_findings(document: Build, tmp_path: Path) -> None:
    one = document(WRONG)
    judged = judge([one])
    index = write_data_docs(judged, tmp_path / "data_docs", batch="night-1", files={one.document.sha256: "a&b.pdf"})
    page = (index.parent / "night-1.html").read_text(encoding="utf-8")
    assert "BAL-06" in page and "支出总计" in page and "a&amp;b.pdf" in page
    failed = sum(row.status == "failed" for row in judged.reconciliations[one.document.sha256])
    shown = re.findall(r'<td class="n (?:error|warning)">(\d+)', page)
    assert sum(map(int, shown)) == failed >= 2


def test_the_index_adds_up_the_batches_of_a_run(document: Build, tmp_path: Path) -> None:
    judged = judge([document(WRONG)])
    for batch in ("one", "two"):
        index = write_data_docs(judged, tmp_path, batch=batch)
    text = index.read_text(encoding="utf-8")
    assert "2 份文件" in text and "2 份有错误" in text
    assert 'href="one.html"' in text and 'href="two.html"' in text


def test_the_pages_fetch_and_run_nothing(document: Build, tmp_path: Path) -> None:
    write_data_docs(judge([document(WRONG)]), tmp_path, batch="b")
    for page in tmp_path.glob("*.html"):
        links = Links()
        links.feed(page.read_text(encoding="utf-8"))
        assert "script" not in links.tags and "link" not in links.tags and "img" not in links.tags
        assert all(re.fullmatch(r"[\w.-]+\.html", link) for link in links.links), links.links


@pytest.mark.parametrize("batch", ["../up", "a/b", "", "index", "x" * 200])
def test_no_name_leads_out_of_the_folder(document: Build, tmp_path: Path, batch: str) -> None:
    with pytest.raises(ValueError, match="no name for a page"):
        write_data_docs(judge([document(WRONG)]), tmp_path, batch=batch)
