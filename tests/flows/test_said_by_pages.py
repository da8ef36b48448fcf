"""The year and the agency that only a page names: taken from it and told, or asked for, never silently missing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from archive.store import Archive
from budget.sightings import SaidByPages, Sighting
from flows.documents.batch import read_prove_store
from flows.documents.words_of_pages import PageWords, said_by, years_named
from flows.run_summary import DocumentOutcome
from review.queue import ReviewQueue
from warehouse import Warehouse

LABEL = "部门：示例县农业农村局"
TITLE = "示例县农业农村局2024年部门预算"


def workbook(label: str = LABEL) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["部门收支总表"], [label, None, None, "单位：万元"],
        ["收入", None, None, "支出", None], ["项目", "上年预算数", "本年预算数", "项目", "本年预算数"],
        ["一、一般公共预算拨款收入", 90, 100, "一、农林水支出", 100],
        ["本年收入合计", 90, 100, "本年支出合计", 100], ["收入总计", 90, 100, "支出总计", 100],
    ):  # fmt: skip
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


class Night:
    """An archive and a warehouse; `see` shows bytes on a page, `read` reads them."""

    def __init__(self, archive: Archive, warehouse: Warehouse) -> None:
        self.archive, self.warehouse, self.shown = archive, warehouse, 0

    def see(self, data: bytes, title: str = TITLE, name: str = "fj1.xlsx", **more: object) -> str:
        self.shown += 1
        sha256, run = self.archive.put(data), f"night-{self.shown}"
        values: dict[str, object] = {
            "portal": "shili", "family": "static_pager", "list_url": "http://portal.test/", "article_title": title,
            "article_url": f"http://portal.test/{self.shown}.html", "url": f"http://portal.test/{self.shown}/{name}",
            "link_text": "附件1", "seen_at": datetime(2026, 1, 1, tzinfo=UTC), "outcome": "archived", "sha256": sha256,
            "size": len(data), **more,
        }  # fmt: skip
        self.archive.ledger.start_run(run)
        seen = self.archive.ledger.record(run, Sighting(**values), address=str(values["url"]))  # type: ignore[arg-type]
        ReviewQueue(self.warehouse).record_sightings([seen], None)
        return sha256

    def read(self, sha256: str) -> list[DocumentOutcome]:
        return read_prove_store([sha256], warehouse=self.warehouse, archive=self.archive, run_id="r", workers=1)

    def findings(self, sha256: str, check: str) -> list[tuple[str, str]]:
        told = self.warehouse.disclosure(sha256)
        assert told is not None
        return [(one.severity.value, one.message) for one in told.findings if one.check == check]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with Archive(tmp_path / "archive") as archive, Warehouse.open(f"sqlite:///{tmp_path / 'w.sqlite'}") as opened:
        yield Night(archive, opened.migrate())


def test_a_year_that_only_the_title_names_is_the_documents_and_last_year_is_the_one_before(night: Night) -> None:
    sha256 = night.see(workbook())
    (outcome,) = night.read(sha256)
    assert outcome.state == "loaded", outcome.detail
    (row,) = night.warehouse.rows("SELECT fiscal_year, agency FROM documents_current")
    assert row == {"fiscal_year": 2024, "agency": "示例县农业农村局"}
    facts = night.warehouse.rows(
        "SELECT fiscal_year, amount_wan FROM facts_current WHERE name = '一般公共预算拨款收入' ORDER BY fiscal_year"
    )
    assert [(one["fiscal_year"], one["amount_wan"]) for one in facts] == [(2023, Decimal(90)), (2024, Decimal(100))]
    ((severity, message),) = night.findings(sha256, "YEAR")
    assert severity == "warning" and TITLE in message and "not the document" in message
    assert not night.findings(sha256, "AGENCY")
    before = night.warehouse.content_digest()
    assert [one.rows_added for one in night.read(sha256)] == [0]
    assert night.warehouse.content_digest() == before


def test_a_document_whose_year_nobody_names_waits_until_a_list_names_it(night: Night) -> None:
    data = workbook()
    sha256 = night.see(data, "部门预算公开")
    (outcome,) = night.read(sha256)
    assert (outcome.state, outcome.reason) == ("in_review", "checks_failed")
    assert "neither the document nor a page" in (outcome.detail or "")
    assert not night.warehouse.rows("SELECT 1 FROM facts_current")
    night.shown -= 1  # the same page again, its list now bound to a year in the portal file
    night.see(data, "部门预算公开", fiscal_year=2024, column_name="部门预算", seen_at=datetime(2026, 1, 2, tzinfo=UTC))
    assert [one.state for one in night.read(sha256)] == ["loaded"]
    assert night.findings(sha256, "YEAR")[0][0] == "warning"
    assert night.warehouse.rows("SELECT DISTINCT fiscal_year FROM documents_current") == [{"fiscal_year": 2024}]


def test_pages_that_name_several_years_name_none(night: Night) -> None:
    data = workbook()
    sha256 = night.see(data)
    night.see(data, "示例县农业农村局2023年部门预算")
    (outcome,) = night.read(sha256)
    assert outcome.state == "in_review"
    assert "several fiscal years (2023, 2024)" in (outcome.detail or "")


def test_the_agency_of_a_title_is_taken_where_the_document_names_none(night: Night) -> None:
    sha256 = night.see(workbook("2024年度"))
    assert [one.state for one in night.read(sha256)] == ["loaded"]
    assert night.warehouse.rows("SELECT agency, region FROM documents_current") == [
        {"agency": "示例县农业农村局", "region": "示例县"}
    ]
    ((severity, message),) = night.findings(sha256, "AGENCY")
    assert severity == "warning" and TITLE in message
    nameless = night.see(workbook("2023年度"), "2023年部门预算公开")
    assert [one.state for one in night.read(nameless)] == ["loaded"]
    ((severity, message),) = night.findings(nameless, "AGENCY")
    assert severity == "warning" and "names one agency" in message


def test_a_number_in_a_file_name_is_the_day_of_the_upload_where_a_page_names_the_year(night: Night) -> None:
    sha256 = night.see(workbook(), "示例县农业农村局2024年部门预算", name="P020250305412.xlsx")
    night.read(sha256)
    assert night.warehouse.rows("SELECT fiscal_year FROM documents_current") == [{"fiscal_year": 2024}]
    named = night.see(workbook("部门：示例县水利局"), "2024年部门预算", name="2025年水利局.xlsx")
    night.read(named)
    assert night.warehouse.disclosure(named).document.fiscal_year == 2025, "a name that marks its year is believed"  # type: ignore[union-attr]


def test_a_file_of_an_archive_is_named_by_its_own_label_before_the_archives_page(night: Night) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("2023年/fj1.xlsx", workbook())
        package.writestr("fj2.xlsx", workbook("部门：示例县水利局"))
    sha256 = night.see(buffer.getvalue(), name="all.zip")
    night.read(sha256)
    told = night.warehouse.rows("SELECT agency, fiscal_year FROM documents_current ORDER BY fiscal_year")
    assert [(one["agency"], one["fiscal_year"]) for one in told] == [("示例县农业农村局", 2023), ("示例县水利局", 2024)]
    before = night.warehouse.content_digest()
    for one in night.warehouse.rows("SELECT sha256 FROM document_versions WHERE state = 'loaded'"):
        assert [again.rows_added for again in night.read(one["sha256"])] == [0], "read by itself it is the same"
    assert night.warehouse.content_digest() == before


@pytest.mark.parametrize(
    ("text", "years"),
    [("2024年部门预算.xlsx", (2024,)), ("2023年决算和2024年预算", (2023, 2024)), ("二〇二四年部门预算", (2024,)),
     ("部门预算 2025-02-03", ()), ("2025年2月3日公布的部门预算", ()), ("P020250305412.xlsx", ()), ("附件1", ())],
)  # fmt: skip
def test_years_of_titles_and_links(text: str, years: tuple[int, ...]) -> None:
    assert years_named(text) == years


def test_the_words_nearest_to_the_file_count() -> None:
    assert said_by([PageWords("示例县畜牧站2023年预算.xlsx", TITLE, 2024)]) == SaidByPages(
        fiscal_years=(2023,), agencies=("示例县畜牧站",), year_words="示例县畜牧站2023年预算.xlsx",
        agency_words="示例县畜牧站2023年预算.xlsx",
    )  # fmt: skip
    column = said_by(
        [
            PageWords("附件", "部门预算", 2022, "2022年预算"),
            PageWords("附件", "财政局关于批复教育局预算", 2022, "2022年预算"),
        ]
    )
    assert (column.fiscal_year, column.year_words, column.agency) == (2022, "2022年预算", None)
    both = said_by([PageWords(None, "农业农村局2024年部门预算", 2024), PageWords(None, TITLE, 2024)])
    assert (both.fiscal_year, both.agency) == (2024, "示例县农业农村局")
