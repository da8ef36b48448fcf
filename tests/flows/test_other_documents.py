"""Documents of one body find each other in the warehouse: whoever comes later carries the contradiction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from archive.store import Archive
from budget.disclosure import Disclosure
from budget.sightings import Sighting
from budget.states import DocumentState
from flows.documents.batch import read_prove_store
from flows.documents.beside import _answered_by_other, documents_beside
from flows.run_summary import DocumentOutcome
from review.queue import ReviewQueue
from warehouse import Warehouse
from warehouse.same_subject import Standing

CLASSES = (("201", "一般公共服务支出", 20), ("208", "社会保障和就业支出", 30), ("210", "卫生健康支出", 40), ("213", "农林水支出", 50),
           ("221", "住房保障支出", 60), ("229", "其他支出", 70))  # fmt: skip


def workbook(path: Path, *, pension: int = 30, year: int = 2024, before: int | None = None) -> bytes:
    """临港县商务局's budget: 一般公共预算支出表 of six classes, adding up whatever 208 prints; `before` is its 208 of last year."""
    book = openpyxl.Workbook()
    cover = book.active
    assert cover is not None
    cover.title = "封面"
    cover.append([f"临港县商务局{year}年部门预算"])
    sheet = book.create_sheet("表5")

    def amounts(of_208: int) -> list[int]:
        printed = [of_208 if code == "208" else amount for code, _, amount in CLASSES]
        return [sum(printed), *printed]

    names = [("", "合计"), *((code, name) for code, name, _ in CLASSES)]
    columns = {"合计": amounts(pension), "基本支出": amounts(pension), "项目支出": [""] * len(names)}
    if before is not None:
        columns = {f"{year - 1}年预算数": amounts(before), f"{year}年预算数": amounts(pension)}
    sheet.append(["一般公共预算支出表"])
    sheet.append([f"部门：临港县商务局{year}年", "", "", "", "单位：万元"])
    sheet.append(["科目编码", "科目名称", *columns])
    for number, (code, name) in enumerate(names):
        sheet.append([code, name, *(column[number] for column in columns.values())])
    book.save(path)
    return path.read_bytes()


class Place:
    """An archive and a warehouse to put documents in."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.archive = Archive(folder / "archive").__enter__()
        self.warehouse = Warehouse.open(folder / "w.sqlite").migrate()

    def put(self, *contents: bytes) -> list[str]:
        return [self.archive.put(content) for content in contents]

    def read(self, shas: Sequence[str]) -> dict[str, DocumentOutcome]:
        done = read_prove_store(shas, warehouse=self.warehouse, archive=self.archive, run_id="r", workers=1)
        return {outcome.sha256: outcome for outcome in done}

    def findings(self, sha256: str) -> list[tuple[str, str, str | None, str | None]]:
        kept = self.warehouse.disclosure(sha256)
        assert kept is not None
        return [(f.check, f.severity.value, f.left, f.right) for f in kept.findings if f.check.startswith("DOC")]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "house")


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[bytes, bytes]:
    """Two files of one disclosure that disagree on 208 and on the total, in the order of their sha256."""
    contents = [workbook(tmp_path / "a.xlsx"), workbook(tmp_path / "b.xlsx", pension=31)]
    first, second = sorted(contents, key=lambda content: hashlib.sha256(content).hexdigest())
    return first, second


def test_the_file_that_comes_later_waits_for_a_person(place: Place, two_files: tuple[bytes, bytes]) -> None:
    first, second = place.put(*two_files)
    assert place.read([second])[second].state is DocumentState.LOADED
    outcome = place.read([first])[first]
    assert (outcome.state, outcome.reason) == (DocumentState.IN_REVIEW, "checks_failed")
    assert outcome.detail is not None and "DOC-04" in outcome.detail and second in outcome.detail
    assert {(check, severity) for check, severity, _, _ in place.findings(first)} == {("DOC-04", "error")}
    assert {left for _, _, left, _ in place.findings(first)} | {right for _, _, _, right in place.findings(first)} >= {
        "30",
        "31",
    }
    assert place.findings(second) == [], "what is loaded is not taken back by a stranger"
    stored = place.warehouse.rows(
        "SELECT check_id, status FROM reconciliations WHERE sha256 = :s AND check_id = 'DOC-04'", s=first
    )
    assert {row["status"] for row in stored} == {"passed", "failed"}


def test_in_one_batch_the_second_by_sha256_carries_it_and_killed_between_them_nothing_differs(
    tmp_path: Path, two_files: tuple[bytes, bytes]
) -> None:
    whole, killed = Place(tmp_path / "whole"), Place(tmp_path / "killed")
    first, second = whole.put(*two_files)
    killed.put(*two_files)
    together = whole.read([second, first])
    assert list(together) == [second, first], "outcomes come in the order that was asked for"
    assert [together[sha].state for sha in (first, second)] == [DocumentState.LOADED, DocumentState.IN_REVIEW]
    killed.read([first])
    killed.read([second])
    assert whole.warehouse.content_digest() == killed.warehouse.content_digest()
    again = whole.read([second])
    assert again[second].rows_added == 0, "read again, the same findings"


@pytest.mark.parametrize("turned", [False, True])
def test_the_loaded_one_read_again_stays_and_nothing_is_written(
    place: Place, two_files: tuple[bytes, bytes], turned: bool
) -> None:
    first, second = place.put(*(two_files[::-1] if turned else two_files))
    place.read([first])
    assert place.read([second])[second].state is DocumentState.IN_REVIEW
    stands = place.warehouse.content_digest()
    for again in ([first], [second], [first, second], [first]):
        done = place.read(again)
        assert [done[sha].rows_added for sha in again] == [0] * len(again)
        assert place.warehouse.content_digest() == stands
    assert place.warehouse.version(first)["state"] == "loaded"  # type: ignore[index]
    assert place.findings(first) == []
    assert {check for check, *_ in place.findings(second)} == {"DOC-04"}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_under_a_new_recipe_the_loaded_one_stays_and_the_other_waits(
    place: Place, two_files: tuple[bytes, bytes], turned: bool, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = place.put(*(two_files[::-1] if turned else two_files))
    place.read([first])
    place.read([second])
    monkeypatch.setattr("flows.documents.recipe.code_recipe", lambda: "0123456789abcdef")
    for batch in [[first, second]] if together else [[second], [first]]:
        place.read(batch)
    assert [place.warehouse.version(sha)["state"] for sha in (first, second)] == ["loaded", "in_review"]  # type: ignore[index]
    assert [place.warehouse.version(sha)["recipe"] for sha in (first, second)] == ["0123456789abcdef"] * 2  # type: ignore[index]
    assert place.findings(first) == []
    assert {check for check, *_ in place.findings(second)} == {"DOC-04"}


def test_a_contradiction_that_was_accepted_stays_settled_whichever_is_read_again(
    place: Place, two_files: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    second, first = place.put(*two_files)
    place.read([first])
    item = place.read([second])[second].review_item
    assert item is not None
    ReviewQueue(place.warehouse).accept(item, "both were published", by="reviewer")
    assert place.read([second])[second].state is DocumentState.LOADED
    settled = place.findings(second)
    assert {(check, severity) for check, severity, *_ in settled} == {("DOC-04", "warning")}
    stands = place.warehouse.content_digest()
    for again in ([first], [second]):
        place.read(again)
        assert place.warehouse.content_digest() == stands
    monkeypatch.setattr("flows.documents.recipe.code_recipe", lambda: "0123456789abcdef")
    for again in ([first], [second]):
        assert place.read(again)[again[0]].state is DocumentState.LOADED
    assert (place.findings(first), place.findings(second)) == ([], settled)


@pytest.mark.parametrize(
    ("own", "other", "recipe", "read_already", "expected"),
    [
        ({"held": False}, {}, "r", False, False),  # who is not loaded answers for itself
        ({}, {"held": False}, "r", False, True),
        ({}, None, "r", True, True),
        ({}, {"names": "a"}, "r2", True, True),
        ({"names": "b"}, {}, "r", False, False),
        ({"at": 1}, {"at": 2}, "r", False, True),
        ({"at": 2}, {"at": 1}, "r", False, False),
        (
            {"at": 1},
            {"at": 2},
            "r+corrected",
            False,
            False,
        ),  # a person changed a figure: the other will not be read again
        ({"at": 2}, {"at": 1}, "r2", False, True),
        ({"at": 1}, {"at": 2}, "r2", True, False),
        ({"at": 1}, {"at": 2, "recipe": "r2+decided"}, "r2", False, False),
    ],
)
def test_of_two_loaded_files_one_answers_for_both(
    own: dict[str, Any], other: dict[str, Any] | None, recipe: str, read_already: bool, expected: bool
) -> None:
    def standing(sha: str, held: bool = True, recipe: str = "r", at: int = 1, names: str = "") -> Standing:
        return Standing(sha * 64, held, recipe, datetime(2024, 1, at, tzinfo=UTC), frozenset(n * 64 for n in names))

    beside = standing("b", **other) if other is not None else None
    assert _answered_by_other(standing("a", **own), beside, recipe, read_already=read_already) is expected


def test_two_files_that_agree_are_both_loaded_and_compared_once(place: Place, tmp_path: Path) -> None:
    first, second = place.put(
        workbook(tmp_path / "a.xlsx"), workbook(tmp_path / "b.xlsx", before=30)
    )  # another file that prints the same figures for the year
    for sha in (first, second):
        assert place.read([sha])[sha].state is DocumentState.LOADED
    stands = place.warehouse.content_digest()
    for again in ([first], [second], [second, first]):
        place.read(again)
        assert place.warehouse.content_digest() == stands
    told = place.warehouse.rows("SELECT DISTINCT sha256 FROM reconciliations WHERE check_id = 'DOC-04'")
    assert [row["sha256"] for row in told] == [second]


@pytest.mark.parametrize("late", [False, True])
def test_last_years_column_is_held_against_last_year_and_shown(place: Place, tmp_path: Path, late: bool) -> None:
    """Whichever of the two is found later tells it; a warning keeps nobody out of the warehouse."""
    old, new = place.put(workbook(tmp_path / "a.xlsx", year=2023), workbook(tmp_path / "b.xlsx", before=33))
    first, second = (new, old) if late else (old, new)
    place.read([first])
    outcome = place.read([second])[second]
    assert (outcome.state, outcome.errors) == (DocumentState.LOADED, 0)
    assert outcome.detail is not None and outcome.detail.startswith("DOC-02") and first in outcome.detail
    sides = ("30", "33") if late else ("33", "30")
    assert ("DOC-02", "warning", *sides) in place.findings(second)
    assert place.findings(first) == []


def test_a_newer_version_of_the_same_document_is_no_other_document(
    place: Place, two_files: tuple[bytes, bytes]
) -> None:
    first, second = place.put(*two_files)
    place.read([first])
    with place.warehouse.engine.begin() as connection:
        place_of = "SELECT document_id FROM document_versions WHERE sha256 = '{}'"
        connection.exec_driver_sql(
            "INSERT INTO document_versions (sha256, document_id, version_no, recipe, state) "
            f"SELECT '{second}', document_id, 2, '', 'archived' FROM document_versions WHERE sha256 = '{first}'"
        )
        assert connection.exec_driver_sql(place_of.format(second)).scalar() is not None
    assert place.read([second])[second].state is DocumentState.LOADED
    assert place.findings(second) == []
    assert place.warehouse.version(first)["state"] == "superseded"  # type: ignore[index]


def test_a_rejected_document_is_beside_nothing(place: Place, two_files: tuple[bytes, bytes]) -> None:
    first, second = place.put(*two_files)
    place.read([first])
    with place.warehouse.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE document_versions SET state = 'rejected' WHERE sha256 = '{first}'")
    assert place.read([second])[second].state is DocumentState.LOADED


@pytest.mark.parametrize(
    ("one", "other", "compared"),
    [
        ("江苏省南京市鼓楼区", "福建省福州市鼓楼区", False), ("福建省福州市", "福建省福州市鼓楼区", True), (None, "福建省福州市鼓楼区", True),
        ("福建省福州市鼓楼区", "福建省福州市鼓楼区", True),
    ],
)  # fmt: skip
def test_a_district_of_one_name_in_two_cities_is_two_places(
    place: Place, one: str | None, other: str, compared: bool
) -> None:
    def seen(sha: str, region: str | None) -> Disclosure:
        if region is not None:
            sighting = Sighting(
                portal=region, family="static_pager", list_url="http://portal.test/", article_url=f"http://portal.test/{sha}",
                article_title="鼓楼区财政局2024年部门预算", url=f"http://portal.test/{sha}.pdf", sha256=sha * 64, region=region,
                seen_at=datetime(2026, 1, 1, tzinfo=UTC), outcome="archived",
            )  # fmt: skip
            place.warehouse.record_sighting(sighting)
        document = {"file": "x", "sha256": sha * 64, "reader": "xlsx", "kind": "department_budget", "agency": "鼓楼区财政局", "region": "鼓楼区", "fiscal_year": 2024}  # fmt: skip
        return Disclosure.model_validate({"document": document, "statements": []})

    place.warehouse.store(seen("a", one), state=DocumentState.IN_REVIEW)
    found = documents_beside(place.warehouse, [seen("b", other)])
    assert [kept.document.sha256[0] for kept in found.get("b" * 64, ())] == ["a"] * compared


def test_units_find_the_department_that_lists_them_whichever_comes_first(place: Place) -> None:
    def named(sha: str, agency: str, kind: str, *units: str) -> Disclosure:
        document = {"file": "x", "sha256": sha * 64, "reader": "xlsx", "kind": kind, "agency": agency, "region": "临港县", "fiscal_year": 2024}  # fmt: skip
        table = {
            "id": "t1", "kind": "organisation", "title": "机构设置", "unit": None, "columns": [["序号"], ["单位名称"]],
            "rows": [{"cells": [str(n), unit]} for n, unit in enumerate(units, 1)], "declared_empty": False,
        }  # fmt: skip
        return Disclosure.model_validate({"document": document, "statements": [table] if units else []})

    department = named("d", "临港县商务局", "department_budget", "临港县商务局（本级）", "临港县会展中心")
    centre, stranger = named("b", "临港县会展中心", "unit_budget"), named("c", "临港县第一中学", "unit_budget")
    for one in (department, stranger):
        place.warehouse.store(one, state=DocumentState.IN_REVIEW)
    place.warehouse.transact(lambda connection: None)
    place.warehouse.store(centre, state=DocumentState.IN_REVIEW)
    assert {sha[0]: [one.document.sha256[0] for one in found] for sha, found in documents_beside(place.warehouse, [centre, stranger]).items()} == {"b": ["d"]}  # fmt: skip
    assert [one.document.sha256[0] for one in documents_beside(place.warehouse, [department])["d" * 64]] == ["b"]
