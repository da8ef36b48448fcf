"""`yusuan validate`: what contradicts what, in Chinese and English, and an exit status a script can use."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from budget.disclosure import Disclosure, Finding
from budget.states import Origin, Severity
from extract.document import extract_bytes
from flows.command_line import _share, app
from flows.commands.validate import Total, find
from flows.commands.validate import validate as judge_all
from flows.documents.sampled_reading import Unasked

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "spiders" / "sample_portal" / "documents"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def validate(*arguments: str | Path) -> Done:
    """`yusuan validate …` in this process: Great Expectations takes seconds to import."""
    done = CliRunner().invoke(app, ["validate", *map(str, arguments)], catch_exceptions=False)
    return Done(done.exit_code, done.stdout, done.stderr)


def validate_alone(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same as a user runs it, in a process of its own."""
    command = [sys.executable, "-m", "flows.command_line", "validate", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False, env=None)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sample documents read once, one of them with a published error in its totals."""
    folder = tmp_path_factory.mktemp("read")
    for name in ("gaoxin_renshe_2023.pdf", "lingang_laobao_2023.xlsx"):
        disclosure = extract_bytes((DOCUMENTS / name).read_bytes(), name)
        (folder / f"{name}.json").write_text(disclosure.to_json() + "\n", encoding="utf-8")
    return folder


def test_a_published_error_is_told_once_with_what_it_causes_below_it(read: Path) -> None:
    done = validate(read / "gaoxin_renshe_2023.pdf.json")
    assert done.returncode == 1, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    roots = [line for line in lines if line.startswith("✗")]
    assert len(roots) == 1
    assert "项勾稽成立" in done.stdout and "疑点是" in done.stdout and "Expected:" in done.stdout
    assert any(line.startswith("↳") for line in lines)
    assert "第" in roots[0] + lines[lines.index(roots[0]) + 1]


def test_a_sound_document_holds_and_the_status_is_zero(read: Path) -> None:
    done = validate(read / "lingang_laobao_2023.xlsx.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout


def test_the_json_report_counts_identities_and_numbers_the_causes(read: Path) -> None:
    done = validate("--json", *sorted(read.glob("*.json")))
    assert done.returncode == 1
    reports = {Path(one["file"]).name: one for one in map(json.loads, done.stdout.splitlines())}
    wrong, sound = reports["gaoxin_renshe_2023.pdf"], reports["lingang_laobao_2023.xlsx"]
    assert sound["errors"] == 0 and sound["identities"]["failed"] == sound["warnings"]
    assert sound["identities"]["passed"] > 100 and wrong["identities"]["passed"] > 100
    causes = [one["caused_by"] for one in wrong["findings"] if one["severity"] == "error"]
    assert causes[0] is None and set(causes[1:]) == {0}
    assert wrong["findings"][0]["left"] != wrong["findings"][0]["right"]


def test_a_document_is_read_and_judged_in_one_step() -> None:
    done = validate_alone("--json", DOCUMENTS / "lingang_laobao_2023.xlsx")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["identities"]["passed"] > 100


@pytest.mark.parametrize("arguments", [["no-such-file.pdf"], [], [str(ROOT / "tests" / "flows" / "wrong.json")]])
def test_wrong_usage_is_told_with_status_two(arguments: list[str], tmp_path: Path) -> None:
    if arguments and arguments[0].endswith(".json"):
        arguments = [str(tmp_path / "wrong.json")]
        (tmp_path / "wrong.json").write_text('{"a": 1}')
    done = validate(*arguments)
    assert done.returncode == 2
    assert "yusuan:" in done.stderr and "Traceback" not in done.stderr


def test_the_catalogue_is_shown() -> None:
    done = validate("--checks")
    assert done.returncode == 0
    assert "BAL-06" in done.stdout and "TXT-03" in done.stdout


def test_a_folder_that_extract_wrote_is_validated_with_a_total(read: Path, tmp_path: Path) -> None:
    folder = tmp_path / "read"
    shutil.copytree(read, folder)
    (folder / "package.json").write_text('{"a": 1}')
    (folder / "__init__.py").write_text("")
    done = validate(folder)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "2 documents 份文件, 1 with errors 有错误"
    assert "__init__.py" not in done.stdout
    assert "2 files are neither documents nor disclosures" in done.stderr


def test_a_folder_with_nothing_to_validate_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("x = 1")
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / ".hidden.pdf").write_bytes(b"%PDF-1.4")
    found = find([tmp_path])
    assert (found.sources, [one.name for one in found.kept]) == ([], ["notes.json"])
    done = validate(tmp_path)
    assert done.returncode == 2
    assert "nothing to validate" in done.stderr and "2 files are neither" in done.stderr


def test_in_a_folder_names_and_first_bytes_tell_documents(tmp_path: Path) -> None:
    for name, data in (
        ("a.pdf", b"cut"), ("公开表", b"%PDF-1.4 x"), ("b.XLSX", b"PK"), ("c.py", b"import os"), ("d.txt", b"text"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
    found = find([tmp_path, tmp_path / "c.py"])
    assert sorted(one.path.name for one in found.sources) == ["a.pdf", "b.XLSX", "c.py", "公开表"]
    assert sorted(one.name for one in found.passed_over) == ["c.py", "d.txt"]


def test_what_names_the_members_of_an_archive_is_no_document(read: Path, tmp_path: Path) -> None:
    kept = Disclosure.from_json((read / "lingang_laobao_2023.xlsx.json").read_bytes())
    named = Finding(check="ARCHIVE", severity=Severity.WARNING, origin=Origin.SOURCE, message="2 files", cells=())
    index = kept.model_copy(update={"findings": (named,), "facts": (), "statements": ()})
    (tmp_path / "bundle.zip.json").write_text(index.to_json())
    assert list(judge_all(find([tmp_path]))) == []


def test_a_second_reading_of_all_pages_is_counted() -> None:
    (one,) = judge_all(find([DOCUMENTS / "gaoxin_renshe_2024.pdf"]), workers=1, second_reading=Decimal(1))
    assert one.sampled is not None
    assert one.sampled.agreed == one.sampled.cells > 150
    total = Total()
    total.add(one)
    assert total.line().startswith("1 document 份文件, 0 with errors 有错误; read a second time 抽样复读: ")
    assert one.to_json()["second_reading"] == one.sampled.model_dump()


def test_documents_of_an_archive_are_read_a_second_time_too(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.write(DOCUMENTS / "gaoxin_renshe_2024.pdf", "a.pdf")
    (one,) = judge_all(find([bundle]), workers=1, second_reading=Decimal(1))
    assert one.sampled is not None
    assert (one.sampled.agreed, one.sampled.unheard) == (one.sampled.cells, 0) and one.sampled.cells > 150


def test_a_second_reading_that_asked_for_nothing_says_why(read: Path) -> None:
    arguments = [
        "--second-reading",
        "1",
        "--workers",
        "1",
        *sorted(read.glob("*.json")),
        DOCUMENTS / "lingang_laobao_2023.xlsx",
    ]
    done = validate(*arguments)
    last = done.stdout.splitlines()[-1]
    assert "read a second time 抽样复读: 0 cells of 0 pages of 0 documents" in last
    assert f"not asked 未复读: 2 {Unasked.NO_BYTES.value}, 1 {Unasked.NO_READER.value}" in last
    done = validate("--json", *arguments)
    assert [json.loads(line)["no_second_reading"] for line in done.stdout.splitlines()] == [
        Unasked.NO_BYTES.value, Unasked.NO_BYTES.value, Unasked.NO_READER.value,
    ]  # fmt: skip
    assert "read a second time 抽样复读: 0 cells" in done.stderr
    assert "second" not in validate(*arguments[4:]).stdout, "nothing is said where nothing was asked"


def test_a_second_reading_of_no_page_and_of_a_wrong_document_says_so() -> None:
    total = Total()
    for name, share in (("gaoxin_renshe_2024.pdf", 0), ("gaoxin_renshe_2023.pdf", 1)):
        for one in judge_all(find([DOCUMENTS / name]), workers=1, second_reading=Decimal(share)):
            total.add(one)
    assert total.unasked == {Unasked.NOT_DRAWN: 1, Unasked.ERRORS: 1}


@pytest.mark.parametrize("share", ["2", "-1", "ten", "nan", ""])
def test_a_share_that_is_none_is_wrong_usage(share: str) -> None:
    with pytest.raises(typer.Exit) as stopped:
        _share(share)
    assert stopped.value.exit_code == 2
    assert _share("0.1") == Decimal("0.1") and _share(None) is None
