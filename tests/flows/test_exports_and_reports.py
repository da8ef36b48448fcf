"""Exports opened by foreign readers, reports in a browser: counts and sums equal the warehouse's."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import unicodedata
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from budget.decisions import Decision, anchor_of
from budget.states import DocumentState, Origin, Reason
from flows.reports import errors as errors_report
from flows.reports.page import report
from tests.flows.analysts import ROOT, furnish, run
from warehouse import Warehouse
from warehouse.asking import rows
from warehouse.exports import FORMATS, Chosen, ExportError, Manifest, NothingChosenError, export
from warehouse.exports.chosen import EXPORTED
from warehouse.plain_cells import safe_text


@pytest.fixture(scope="module")
def opened(analysts_home: Path):
    with Warehouse.open(analysts_home / "warehouse.sqlite") as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def folder(opened: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    export(opened, made, list(FORMATS))
    return made


def counted(warehouse: Warehouse, view: str) -> tuple[int, int | None]:
    """Rows of a view and the sum of its amounts in 分."""
    fen = "SUM(amount_fen)" if view in ("figures", "facts_current") else "NULL"
    (row,) = rows(warehouse.engine, f"SELECT COUNT(*) AS n, {fen} AS fen FROM {view}")
    return row["n"], row["fen"]


def read_parquet(folder: Path, view: str) -> pd.DataFrame:
    return pd.read_parquet(folder / "parquet" / view)


def read_parquet_with_duckdb(folder: Path, view: str) -> pd.DataFrame:
    import duckdb

    return duckdb.sql(
        f"SELECT * FROM read_parquet('{folder}/parquet/{view}/**/*.parquet', hive_partitioning = true)"
    ).df()


def read_csv(folder: Path, view: str) -> pd.DataFrame:
    return pd.read_csv(folder / "csv" / f"{view}.csv", dtype=str, keep_default_na=False)


def read_xlsx(folder: Path, view: str) -> pd.DataFrame:
    found = pd.read_excel(folder / "xlsx" / "yusuan.xlsx", sheet_name=view, skiprows=[1], engine="openpyxl")
    return found.astype({"amount_fen": int}) if "amount_fen" in found else found


def read_duckdb(folder: Path, view: str) -> pd.DataFrame:
    import duckdb

    with duckdb.connect(str(folder / "duckdb" / "yusuan.duckdb"), read_only=True) as connection:
        return connection.sql(f"SELECT * FROM {view}").df()


def read_package(folder: Path, view: str) -> pd.DataFrame:
    frictionless = pytest.importorskip("frictionless")
    package = frictionless.Package(str(folder / "datapackage" / "datapackage.json"))
    return pd.DataFrame([row.to_dict() for row in package.get_resource(view.replace("_", "-")).read_rows()])


READERS = {
    "pandas and pyarrow on Parquet": read_parquet, "DuckDB on Parquet": read_parquet_with_duckdb, "pandas on CSV": read_csv,
    "pandas and openpyxl on XLSX": read_xlsx, "DuckDB on its file": read_duckdb, "frictionless on the package": read_package,
}  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("view", [one.name for one in EXPORTED])
def test_a_foreign_reader_finds_the_same_counts_and_sums(
    opened: Warehouse, folder: Path, view: str, reader: str
) -> None:
    count, fen = counted(opened, view)
    if count == 0 and reader.startswith("DuckDB on Parquet"):
        pytest.skip("an empty view")
    found = READERS[reader](folder, view)
    assert len(found) == count
    if fen is not None:
        assert sum(int(value) for value in found["amount_fen"]) == fen
        exact = sum((Decimal(str(value)) for value in found["amount_exact"]), Decimal(0))
        assert exact.quantize(Decimal("0.0001")) == (Decimal(fen) / 1_000_000).quantize(Decimal("0.0001"))


def test_frictionless_finds_the_package_valid(folder: Path) -> None:
    frictionless = pytest.importorskip("frictionless")
    told = frictionless.Package(str(folder / "datapackage" / "datapackage.json")).validate()
    assert told.valid, told.flatten(["title", "message"])[:5]
    said = json.loads((folder / "datapackage" / "datapackage.json").read_text(encoding="utf-8"))
    fields = {field["name"]: field for field in said["resources"][0]["schema"]["fields"]}
    assert fields["amount_wan"]["unit"] == "万元"
    assert fields["amount_exact"]["columnType"] == "value"


def test_the_manifest_counts_and_proves(opened: Warehouse, folder: Path) -> None:
    for name in FORMATS:
        manifest = Manifest.read(folder / name)
        assert manifest.damaged() == []
        assert manifest.rows["facts_current"] == counted(opened, "facts_current")[0]
        assert manifest.told["views"]["facts_current"]["sums"]["amount_fen"] == counted(opened, "facts_current")[1]
        files = {path.relative_to(folder / name).as_posix() for path in (folder / name).rglob("*") if path.is_file()}
        assert files - {"manifest.json"} == manifest.told["files"].keys()


def test_a_damaged_file_is_found(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "csv", tmp_path / "csv")
    with (tmp_path / "csv" / "figures.csv").open("a") as stream:
        stream.write("x")
    assert Manifest.read(tmp_path / "csv").damaged() == ["figures.csv"]


def test_equal_content_gives_equal_bytes(opened: Warehouse, folder: Path, tmp_path: Path) -> None:
    again = export(opened, tmp_path, ["parquet", "csv", "xlsx", "datapackage"])
    for name, manifest in again.items():
        assert manifest.told == Manifest.read(folder / name).told


def test_years_are_folders_of_the_parquet(folder: Path) -> None:
    assert {path.name for path in (folder / "parquet" / "figures").iterdir()} == {
        "fiscal_year=2022",
        "fiscal_year=2023",
        "fiscal_year=2024",
    }


def test_an_export_of_a_part_holds_that_part(opened: Warehouse, tmp_path: Path) -> None:
    export(opened, tmp_path, ["csv"], Chosen(region="云岚市海棠区", years=(2024,)))
    found = read_csv(tmp_path, "figures")
    assert set(found["agency"]) == {"云岚市海棠区人力资源和社会保障局"}
    assert set(found["fiscal_year"]) == {"2024"}
    export(opened, tmp_path, ["csv"], Chosen(department="云岚市民政局"))
    assert set(read_csv(tmp_path, "facts_current")["agency"]) == {"云岚市民政局"}


def test_a_part_without_rows_leaves_nothing(opened: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(NothingChosenError, match="西藏"):
        export(opened, tmp_path, ["csv"], Chosen(region="西藏"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_left_alone(opened: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="no export"):
        export(opened, tmp_path, ["csv"])
    assert (tmp_path / "csv" / "mine.txt").read_text() == "mine"


def test_an_increment_holds_what_was_loaded_since(tmp_path: Path) -> None:
    home = furnish(tmp_path / "home")
    with Warehouse.open(home / "warehouse.sqlite") as warehouse:
        names = [
            row["sha256"] for row in rows(warehouse.engine, "SELECT sha256 FROM documents_current ORDER BY sha256")
        ]
        warehouse.transact(
            lambda connection: connection.exec_driver_sql(
                "UPDATE version_history SET at = '2020-01-01 00:00:00.000000' WHERE sha256 <> ?", (names[0],)
            )
        )
        made = export(warehouse, tmp_path / "out", ["csv"], Chosen(since=date(2024, 1, 1)))["csv"]
        assert made.told["increment"] is True
        assert made.told["views"]["facts_current"]["replaces_rows_of_equal"] == ["sha256"]
        assert set(read_csv(tmp_path / "out", "facts_current")["sha256"]) == {names[0]}
        # of a department all its figures come again: another document may answer now
        assert len(set(read_csv(tmp_path / "out", "figures")["agency"])) == 1


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("@SUM(A1)", "'@SUM(A1)"), ("+1+1", "'+1+1"), ("-cmd", "'-cmd"), ("\t=1", "'\t=1"), ("＝1", "'＝1"),
        ("-3.50", "-3.50"), ("——", "——"), ("民政局", "民政局"), ("", ""), ("-", "'-"),
    ],
)  # fmt: skip
def test_no_text_runs_in_a_spreadsheet(text: str, kept: str) -> None:
    assert safe_text(text) == kept


def test_a_formula_in_a_document_is_text_in_csv_and_xlsx(tmp_path: Path) -> None:
    home = furnish(tmp_path / "home")
    with Warehouse.open(home / "warehouse.sqlite") as warehouse:
        warehouse.transact(lambda c: c.exec_driver_sql("UPDATE facts SET name = '=1+1' WHERE fact_no = 0"))
        export(warehouse, tmp_path / "out", ["csv", "xlsx"])
    assert "'=1+1" in set(read_csv(tmp_path / "out", "facts_current")["name"])
    import openpyxl

    book = openpyxl.load_workbook(tmp_path / "out" / "xlsx" / "yusuan.xlsx")
    assert not [
        cell.coordinate for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "f"
    ]


def test_export_on_the_command_line(analysts_home: Path, tmp_path: Path) -> None:
    run("export", "--to", tmp_path, "--format", "csv", "--year", "2024", "--home", analysts_home)
    assert set(read_csv(tmp_path, "figures")["fiscal_year"]) == {"2024"}
    assert "formats are" in run("export", "--to", tmp_path, "--format", "ods", "--home", analysts_home, code=2)


def test_the_example_notebook_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells, one after the other, on the export; a notebook's last line is shown, here it is only evaluated."""
    monkeypatch.setenv("YUSUAN_EXPORT", str(folder))
    notebook = json.loads((ROOT / "docs" / "examples" / "three_public.ipynb").read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec("".join(cell["source"]), names)
    assert names["by_year"].loc["云岚市民政局", 2023] == 8.7
    assert names["largest"]["cite"].count(":") == 1
    assert names["chart"].to_dict()["mark"] == {"type": "bar"}


# reports


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        self.tags.add(tag)
        if told.get("id"):
            self.ids.add(str(told["id"]))
        if tag == "a" and (told.get("href") or "").startswith("#"):
            self.targets.append(str(told["href"])[1:])


def parsed(page: str) -> Links:
    links = Links()
    links.feed(page)
    return links


@pytest.fixture(scope="module")
def page(opened: Warehouse) -> str:
    return report(opened, ["云岚市民政局", "海棠区人力资源"], date(2024, 12, 1))


def test_every_number_of_a_report_leads_to_its_sources(opened: Warehouse, page: str) -> None:
    links = parsed(page)
    assert len(links.targets) > 50
    assert set(links.targets) <= links.ids
    # each of the figures behind the numbers is quoted with its name
    told = set(re.findall(r"<code>([0-9a-f]{16}:(?:f\d+|prose:\d+))</code>", page))
    known = {row["cite"] for row in rows(opened.engine, "SELECT cite FROM figures")}
    assert len(told) > 60
    assert told <= known


def test_a_report_shows_the_figures_of_the_warehouse(page: str) -> None:
    for shown in ("6,710.29", "6,307.68", "1,123.09", "9.25", "8.76", "237.60", "4,078.23"):
        assert f">{shown}</a>" in page


def test_a_report_needs_no_scripts_and_no_network(page: str) -> None:
    links = parsed(page)
    assert not links.tags & {"script", "link", "iframe", "img", "object"}
    assert not re.search(r"(?:src=|@import|url\()", page)
    assert links.tags >= {"svg", "table"}


def test_the_names_of_strangers_are_escaped(tmp_path: Path) -> None:
    home = furnish(tmp_path / "home")
    with Warehouse.open(home / "warehouse.sqlite") as warehouse:
        warehouse.transact(
            lambda c: c.exec_driver_sql("UPDATE document_versions SET title = '<script>alert(1)</script>\u202e'")
        )
        warehouse.transact(
            lambda c: c.exec_driver_sql(
                "UPDATE document_figures SET class_code = '<script>', code = '<script>' WHERE class_code = '208'"
            )
        )
        made = report(warehouse, ["云岚市民政局"], date(2024, 12, 1))
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert "\u202e" not in made


def test_a_report_on_a_region_counts_no_unit_twice(tmp_path: Path) -> None:
    home = furnish(tmp_path / "home")

    def total(made: str) -> str:
        return re.findall(r'href="#s0-expenditure-2024-budget">([^<]+)<', made)[0]

    with Warehouse.open(home / "warehouse.sqlite") as warehouse:
        before = report(warehouse, ["云岚市"], date(2024, 12, 1))
        run(
            "bridge",
            "add",
            "云岚市社会保险事业中心",
            "云岚市民政局",
            "--kind",
            "unit_of",
            "--region",
            "云岚市",
            "--source",
            "test",
            "--home",
            home,
        )
        after = report(warehouse, ["云岚市"], date(2024, 12, 1))
    assert (total(before), total(after)) == ("18,859.87", "10,788.52")


def test_a_report_in_a_browser(page: str, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium")
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    common = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}",
    ]  # fmt: skip
    address = (tmp_path / "report.html").as_uri()
    subprocess.run(
        [*common, "--window-size=1200,2400", f"--screenshot={tmp_path / 'page.png'}", address],
        capture_output=True,
        timeout=120,
        check=True,
    )
    subprocess.run(
        [*common, f"--print-to-pdf={tmp_path / 'page.pdf'}", address], capture_output=True, timeout=120, check=True
    )
    from PIL import Image

    picture = Image.open(tmp_path / "page.png").convert("RGB")
    assert len(picture.getcolors(maxcolors=1 << 24) or []) > 50
    import pypdfium2

    pdf = pypdfium2.PdfDocument(tmp_path / "page.pdf")
    printed = "".join(one.get_textpage().get_text_range() for one in pdf)
    pdf.close()
    assert "6,710.29" in printed
    assert "民政局" in unicodedata.normalize("NFKC", printed)


def test_a_contradiction_that_waits_is_listed_with_its_evidence(analysts_home: Path, opened: Warehouse) -> None:
    from archive.store import Archive

    with Archive(analysts_home / "archive") as archive:
        (found,) = errors_report.contradictions(opened, archive)
    assert (found.check, found.left, found.right, found.state) == ("BAL-05", "20730.94", "7825.53", "in_review")
    assert found.support == errors_report.TWO_READERS
    assert found.pictures
    assert found.cells[0].raw == "20730.94"
    page = errors_report.page([found], date(2024, 12, 1))
    assert "这不说明哪一个数字有误" in page
    assert "疑点" not in page
    assert "suspected" not in page
    assert "20730.94" in page
    (line,) = csv.DictReader(errors_report.as_csv([found]).splitlines())
    assert line["cites"].startswith(found.sha256[:16])


def test_a_document_in_which_our_reading_is_in_doubt_is_not_listed(tmp_path: Path) -> None:
    home = furnish(tmp_path / "home")
    with Warehouse.open(home / "warehouse.sqlite") as warehouse:
        (row,) = rows(warehouse.engine, "SELECT sha256 FROM document_states WHERE state = 'in_review'")
        read: Any = warehouse.disclosure(row["sha256"])
        doubt = read.errors[0].model_copy(update={"origin": Origin.EXTRACTION, "check": "SLF-01"})
        worse = read.model_copy(
            update={"findings": (*read.findings, doubt), "document": read.document.model_copy(update={"recipe": "r2"})}
        )
        warehouse.store(worse, state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
        assert list(errors_report.contradictions(warehouse)) == []


def test_a_contradiction_that_a_person_accepted_names_the_person(tmp_path: Path) -> None:
    home = furnish(tmp_path / "home")
    with Warehouse.open(home / "warehouse.sqlite") as warehouse:
        (row,) = rows(warehouse.engine, "SELECT sha256 FROM document_states WHERE state = 'in_review'")
        read: Any = warehouse.disclosure(row["sha256"])
        finding = read.errors[0]
        decision = Decision.model_validate({
            "id": "D-1", "sha256": row["sha256"], "action": "accept", "findings": [anchor_of(finding, read.statements)], "note": "sum is wrong in print",
            "decided_by": "li", "decided_at": "2024-03-01T00:00:00Z",
        })  # fmt: skip
    assert [support for _, support, _ in errors_report._supported(read, "loaded", (decision,))][:1] == [
        errors_report.PERSON
    ]
