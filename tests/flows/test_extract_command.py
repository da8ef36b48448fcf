"""`yusuan extract`: the contract, folders, exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from flows.commands.extract import find_sources
from flows.commands.validate import find

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "spiders" / "sample_portal" / "documents"


def extract(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.command_line", "extract", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as people have them: nested, with files that are no documents and one that is broken."""
    folder = tmp_path_factory.mktemp("downloads")
    (folder / "2024").mkdir()
    for name, target in (
        ("gaoxin_renshe_2023.pdf", "wrong.pdf"), ("minzheng_2023.docx", "2024/部门预算.docx"),
        ("lingang_laobao_2023.xlsx", "2024/tables.xlsx"),
    ):  # fmt: skip
        (folder / target).write_bytes((DOCUMENTS / name).read_bytes())
    (folder / "broken.pdf").write_bytes((DOCUMENTS / "gaoxin_renshe_2023.pdf").read_bytes()[:20000])
    for passed_over in ("notes.md", "list.csv", "old.json", ".hidden.pdf"):
        (folder / passed_over).write_text("x")
    return folder


def test_only_documents_of_a_folder_are_read(folder: Path) -> None:
    found = find_sources([folder, folder / "notes.md"])
    assert [str(source.output) for source in found] == [
        "2024/tables.xlsx.json", "2024/部门预算.docx.json", "broken.pdf.json", "wrong.pdf.json", "notes.md.json",
    ]  # fmt: skip


def test_every_output_keeps_the_contract(folder: Path, tmp_path: Path) -> None:
    done = extract(folder, "--json", "--output", tmp_path)
    assert done.returncode == 1, "one file is broken"
    schema = json.loads((resources.files("budget") / "data" / "disclosure.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    outputs = {path.relative_to(tmp_path).as_posix(): json.loads(path.read_text()) for path in tmp_path.rglob("*.json")}
    assert set(outputs) == {"wrong.pdf.json", "broken.pdf.json", "2024/部门预算.docx.json", "2024/tables.xlsx.json"}
    for output in outputs.values():
        validator.validate(output)
    assert outputs["broken.pdf.json"]["document"]["error"]["code"] == "truncated"
    assert outputs["broken.pdf.json"]["facts"] == []
    assert {found["check"] for found in outputs["wrong.pdf.json"]["findings"]} >= {
        "BAL-05",
        "BAL-06",
        "XRF-02",
        "XRF-05",
    }
    assert [found for found in outputs["2024/tables.xlsx.json"]["findings"] if found["severity"] == "error"] == []


def test_json_lines_go_to_standard_output_one_a_document() -> None:
    done = extract(DOCUMENTS / "lingang_laobao_2023.xlsx", DOCUMENTS / "minzheng_2023.docx", "--json", "--no-checks")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["document"]["file"]).name for line in lines] == ["lingang_laobao_2023.xlsx", "minzheng_2023.docx"]


def test_a_path_that_does_not_exist_is_wrong_usage_and_is_named() -> None:
    done = extract("no/such/folder", "--json")
    assert done.returncode == 2
    assert "no/such/folder" in done.stderr


def test_two_files_of_one_name_are_never_written_over_each_other(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.xlsx").write_bytes((DOCUMENTS / "lingang_laobao_2023.xlsx").read_bytes())
    done = extract(tmp_path / "a", tmp_path / "b", "--json", "--output", tmp_path / "out")
    assert done.returncode == 2
    assert "x.xlsx.json" in "".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def test_a_folder_without_documents_is_wrong_usage(tmp_path: Path) -> None:
    done = extract(tmp_path)
    assert done.returncode == 2 and done.stdout == ""
    assert f"no documents below {tmp_path}" in done.stderr
    (tmp_path / "__init__.py").write_text("x = 1")
    done = extract(tmp_path, "--json", "--output", tmp_path / "out")
    assert done.returncode == 2 and "1 file is no document and was passed over" in done.stderr
    assert not (tmp_path / "out").exists()


def test_source_code_in_a_folder_is_passed_over_as_validate_does(tmp_path: Path) -> None:
    (tmp_path / "tables.xlsx").write_bytes((DOCUMENTS / "lingang_laobao_2023.xlsx").read_bytes())
    for name in ("__init__.py", "run.sh", "notes.txt", "empty"):
        (tmp_path / name).write_text("" if name == "empty" else "import os")
    (tmp_path / "无后缀").write_bytes(b"%PDF-1.4 x")
    over: list[Path] = []
    found = find_sources([tmp_path, tmp_path / "run.sh"], over)
    assert [one.path.name for one in found] == ["tables.xlsx", "无后缀", "run.sh"], "what is named itself is read"
    assert sorted(one.name for one in over) == ["__init__.py", "empty", "notes.txt", "run.sh"]
    validated = find([tmp_path, tmp_path / "run.sh"])
    assert (validated.sources, validated.passed_over) == (found, over)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells when the workers are there")
@pytest.mark.parametrize("command", ["extract", "validate"])
def test_ctrl_c_while_a_folder_is_read_is_told(command: str) -> None:
    arguments = [sys.executable, "-m", "flows.command_line", command, str(DOCUMENTS)]
    process = subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while len(children.read_text().split()) < 2 and time.monotonic() < deadline:  # a tracker of resources, a worker
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers as well
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "yusuan: interrupted; what was written stands" in said and "已中断" in said
    assert "Traceback" not in said
