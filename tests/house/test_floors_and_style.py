"""The house rules that a machine can check: floors, style, types, and what must not stand in tracked files."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


def test_a_room_imports_only_from_floors_below_it() -> None:
    done = run(str(BIN / "lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout


def test_the_floor_contract_notices_a_room_that_imports_its_neighbour(tmp_path: Path) -> None:
    """The contract itself can fail: a copy of the house with one bad import is refused."""
    for room in ("budget", "archive", "spiders", "extract", "expectations", "warehouse", "review", "flows", "measure"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "*.pdf"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "extract" / "trespass.py").write_text("import warehouse\n")
    done = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 1
    assert "extract is not allowed to import warehouse" in done.stdout


def test_ruff_finds_nothing() -> None:
    done = run(str(BIN / "ruff"), "check", ".")
    assert done.returncode == 0, done.stdout
    done = run(str(BIN / "ruff"), "format", "--check", ".")
    assert done.returncode == 0, done.stdout


def test_types_hold() -> None:
    done = run(str(BIN / "mypy"))
    assert done.returncode == 0, done.stdout


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return [ROOT / name for name in run("git", "ls-files", "-z").stdout.split("\0") if name]


def test_no_tracked_file_names_a_package_index_or_a_machine_path() -> None:
    # written apart, so that this file does not name what it looks for
    options = "|".join("--" + name for name in ("index" + "-url", "extra-index" + "-url", "find" + "-links"))
    hosts = "https?://[^\\s\"']*(?:" + "py" + "pi|/simple/)"
    machine = "(?<![\\w.])/(?:" + "work|root|farm)/"
    index = re.compile("|".join((options, hosts, machine)), re.IGNORECASE)
    guilty = []
    for path in tracked():
        if path == Path(__file__) or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if index.search(text):
            guilty.append(str(path.relative_to(ROOT)))
    assert guilty == []


def test_the_lock_pins_names_and_versions_only() -> None:
    lines = (ROOT / "requirements.lock").read_text().split()
    assert len(lines) > 50
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+", line)] == []


def test_committed_fixtures_stay_small() -> None:
    binary = {".pdf", ".docx", ".xlsx", ".xls", ".doc", ".zip", ".png", ".ttf", ".otf", ".gz"}
    total = sum(path.stat().st_size for path in tracked() if path.suffix in binary and path.is_file())
    assert total < 6 * 1024 * 1024
