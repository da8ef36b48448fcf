"""`yusuan validate`: what contradicts what, in Chinese and English, and an exit status a script can use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "spiders" / "sample_portal" / "documents"


def validate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.command_line", "validate", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False, env=None)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sample documents read once, one of them with a published error in its totals."""
    folder = tmp_path_factory.mktemp("read")
    command = [sys.executable, "-m", "flows.command_line", "extract", "--no-checks", "--json", "--output", str(folder)]
    documents = [str(DOCUMENTS / name) for name in ("gaoxin_renshe_2023.pdf", "lingang_laobao_2023.xlsx")]
    subprocess.run([*command, *documents], cwd=ROOT, check=True, capture_output=True, timeout=240)
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
    done = validate("--json", DOCUMENTS / "lingang_laobao_2023.xlsx")
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
