"""query, show, compare, cite: what an analyst types, on documents of the sample portal."""

from __future__ import annotations

import csv
import hashlib
import io
import random
import sqlite3
from pathlib import Path

import pdfplumber
import pytest

from archive.store import Archive
from budget.printed_text import squeeze
from flows.documents.cut_pictures import NoPictureError, cut, cut_pdf
from tests.flows.analysts import lines, run
from warehouse import Warehouse
from warehouse.asking import QuestionError, ask, reading_only, rows
from warehouse.citations import NoSuchFigureError, cite


@pytest.fixture(scope="module")
def opened(analysts_home: Path):
    with Warehouse.open(analysts_home / "warehouse.sqlite") as warehouse:
        yield warehouse


def test_a_query_answers_as_table_csv_and_json(analysts_home: Path) -> None:
    sql = "SELECT fiscal_year, three_public_wan FROM three_public WHERE agency = '云岚市民政局' ORDER BY 1"
    assert lines(run("query", sql, "--json", "--home", analysts_home)) == [
        {"fiscal_year": 2022, "three_public_wan": 8.76},
        {"fiscal_year": 2023, "three_public_wan": 8.7},
        {"fiscal_year": 2024, "three_public_wan": 9.25},
    ]
    told = list(csv.DictReader(io.StringIO(run("query", sql, "--csv", "--home", analysts_home))))
    assert [row["three_public_wan"] for row in told] == ["8.76", "8.7", "9.25"]
    assert "9.25" in run("query", sql, "--home", analysts_home)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM facts", "DROP VIEW figures", "UPDATE facts SET raw = '1'", "PRAGMA writable_schema = ON", "VACUUM INTO '/tmp/x'",
        "ATTACH 'other.sqlite' AS other", "SELECT 1; DELETE FROM facts", "CREATE TABLE mine (a)", "BEGIN IMMEDIATE", "",
        "SELECT load_extension('x')", "SELECT nobody FROM figures", "SELECT * FROM nowhere", "WITH a AS (SELECT 1) INSERT INTO runs SELECT 1",
    ],
)  # fmt: skip
def test_a_query_changes_nothing_and_says_why(opened: Warehouse, analysts_home: Path, statement: str) -> None:
    before = hashlib.sha256((analysts_home / "warehouse.sqlite").read_bytes()).hexdigest()
    with pytest.raises(QuestionError) as told, ask(opened.engine, statement) as answer:
        list(answer.rows)
    assert "\n" not in str(told.value)
    assert hashlib.sha256((analysts_home / "warehouse.sqlite").read_bytes()).hexdigest() == before


def test_a_wrong_query_ends_with_one_line_and_status_2(analysts_home: Path) -> None:
    told = run("query", "SELECT nobody FROM figures", "--home", analysts_home, code=2)
    assert "nobody" in told
    assert "Traceback" not in told


def test_a_query_that_takes_too_long_is_ended(opened: Warehouse) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(QuestionError, match="too long"), ask(opened.engine, endless, seconds=0.2) as answer:
        list(answer.rows)


def test_one_picture_while_others_write(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "w.sqlite").migrate() as warehouse, reading_only(warehouse.engine) as reader:
        count = "SELECT COUNT(*) AS n FROM runs"
        before = reader.rows(count)
        warehouse.start_run("r1")
        assert reader.rows(count) == before == [{"n": 0}]
        assert rows(warehouse.engine, count) == [{"n": 1}]


def test_show_tells_the_figures_of_a_department(analysts_home: Path) -> None:
    told = lines(run("show", "云岚市民政局", "--json", "--home", analysts_home))
    by_key = {(row["measure"], row["fiscal_year"]): row for row in told}
    assert by_key["expenditure", 2024]["amount_wan"] == 6710.29
    assert by_key["basic", 2024]["amount_wan"] + by_key["project", 2024]["amount_wan"] == pytest.approx(6710.29)
    assert (by_key["three_public", 2023]["raw"], by_key["three_public", 2023]["is_own_year"]) == ("8.70", True)
    assert by_key["three_public", 2022]["is_own_year"] is False
    table = run("show", "社会保险事业", "2024", "--home", analysts_home)
    assert "8071.35" in table
    assert "unit_budget" in table


def test_a_name_that_nobody_or_several_have_is_told(analysts_home: Path) -> None:
    assert "没有此部门" in run("show", "财政部", "--home", analysts_home, code=1)
    several = run("show", "云岚市", "--home", analysts_home, code=1)
    assert "云岚市民政局" in several
    assert "云岚市社会保险事业中心" in several
    # a name is no pattern
    assert "没有此部门" in run("show", "%", "--home", analysts_home, code=1)


def test_compare_gives_difference_and_ratio(analysts_home: Path) -> None:
    told = {
        row["measure"]: row
        for row in lines(run("compare", "云岚市民政局@2023", "云岚市民政局@2024", "--json", "--home", analysts_home))
    }
    row = told["three_public"]
    assert (row["a_wan"], row["b_wan"], row["difference_wan"], row["ratio"]) == (8.7, 9.25, 0.55, 1.0632)
    assert "DEPARTMENT@YEAR" in run("compare", "a@b", "c", "--home", analysts_home, code=2)


def test_a_citation_has_all_that_is_needed(opened: Warehouse, analysts_home: Path) -> None:
    name = rows(
        opened.engine,
        "SELECT cite FROM figures WHERE measure = 'three_public' AND fiscal_year = 2024 AND agency = '云岚市民政局'",
    )[0]["cite"]
    (told,) = lines(run("cite", name, "--json", "--home", analysts_home))
    assert told["raw"] == "9.25"
    assert told["amount_wan"] == "9.25"
    assert told["agency"] == "云岚市民政局"
    assert told["url"] == "https://czj.example.gov.cn/minzheng_2024.pdf"
    assert told["first_seen_at"] == "2024-02-20T18:00:00.000000+00:00"
    assert told["place"]["page"] == 11
    assert told["state"] == "loaded"
    with Archive(analysts_home / "archive") as archive:
        assert hashlib.sha256(archive.read(told["sha256"])).hexdigest() == told["sha256"]
    # the cell as the review shows it names the same figure
    assert cite(opened.engine, f"{told['sha256'][:8]}:{told['cell']}").cite == name


def test_a_citation_names_the_sums_that_prove_it(opened: Warehouse) -> None:
    found = rows(
        opened.engine,
        "SELECT cite FROM facts_current WHERE agency = '云岚市民政局' AND document_year = 2024 AND statement = 'expenditure_summary' "
        "AND code = '208' AND measure = 'total'",
    )
    told = cite(opened.engine, found[0]["cite"])
    assert {"HIE-02", "ROW-03"} <= {one.check for one in told.sums}
    assert all(told.amount_wan in (one.left, one.right) for one in told.sums)


@pytest.mark.parametrize(
    "name", ["nobody", "7f69:f00001", "f" * 12 + ":f00001", "{sha}:t99:1:1", "{sha}:f99999", "{sha}:prose:99999"]
)
def test_a_name_that_cites_nothing_is_told(opened: Warehouse, name: str) -> None:
    sha256 = rows(opened.engine, "SELECT MIN(sha256) AS sha256 FROM documents_current")[0]["sha256"]
    with pytest.raises(NoSuchFigureError):
        cite(opened.engine, name.format(sha=sha256[:12]))


def test_the_cut_pictures_show_the_printed_text(opened: Warehouse, analysts_home: Path) -> None:
    """Forty random figures: what another reader finds in the box of the page is what is printed; other files say what they are."""
    everything = rows(opened.engine, "SELECT cite FROM facts_current ORDER BY sha256, fact_no")
    kinds = set()
    with Archive(analysts_home / "archive") as archive:
        for row in random.Random(15).sample(everything, 40):
            told = cite(opened.engine, row["cite"])
            made = cut(told, archive, opened.disclosure(told.sha256))
            kinds.add(told.reader)
            if told.place["page"] is None:
                assert made.suffix == ".html"
                assert "非原件截图" in made.said
                assert f"class=cited>{told.raw}<" in made.data.decode()
                continue
            assert made.data.startswith(b"\x89PNG")
            with pdfplumber.open(io.BytesIO(archive.read(told.sha256))) as pdf:
                box = tuple(told.place[side] + add for side, add in (("x0", -1), ("top", -1), ("x1", 1), ("bottom", 1)))
                assert squeeze(pdf.pages[told.place["page"] - 1].crop(box, strict=False).extract_text()) == squeeze(
                    told.raw
                )
    assert kinds == {"pdf", "docx", "xlsx"}


def test_a_picture_has_ink_in_its_box(analysts_home: Path, opened: Warehouse) -> None:
    from PIL import Image

    (row,) = rows(
        opened.engine,
        "SELECT sha256, page, x0, top, x1, bottom FROM facts_current WHERE page IS NOT NULL ORDER BY sha256, fact_no LIMIT 1",
    )
    with Archive(analysts_home / "archive") as archive:
        data = archive.read(row["sha256"])
    drawn = Image.open(
        io.BytesIO(cut_pdf(data, row["page"], (row["x0"], row["top"], row["x1"], row["bottom"]), outlined=False))
    )
    assert min(drawn.convert("L").get_flattened_data()) < 100
    with pytest.raises(NoPictureError, match="pages"):
        cut_pdf(data, 999, (0, 0, 1, 1))


def test_a_missing_original_is_said_and_the_citation_given(
    analysts_home: Path, opened: Warehouse, tmp_path: Path
) -> None:
    (row,) = rows(opened.engine, "SELECT cite FROM facts_current WHERE page IS NOT NULL LIMIT 1")
    other = tmp_path / "home"
    other.mkdir()
    (other / "warehouse.sqlite").write_bytes(_copy_of(analysts_home / "warehouse.sqlite", tmp_path))
    told = run("cite", row["cite"], "--picture", tmp_path / "a.png", "--home", other, code=3)
    assert "原件不在档案中" in told
    assert "sha256" in told
    assert not (tmp_path / "a.png").exists()


def _copy_of(database: Path, folder: Path) -> bytes:
    with sqlite3.connect(database) as source, sqlite3.connect(folder / "copy.sqlite") as target:
        source.backup(target)
    target.close()
    return (folder / "copy.sqlite").read_bytes()
