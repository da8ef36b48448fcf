"""What a command imports before it answers: `--help` is not worth half a second of libraries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from warehouse import Warehouse

HEAVY = (
    "alembic",
    "great_expectations",
    "numpy",
    "pandas",
    "prefect",
    "scrapy",
    "sqlalchemy",
    "twisted",
    "warehouse.store",
)
PROGRAM = """
import sys
from flows.command_line import app
try:
    app(sys.argv[1:])
except SystemExit:
    pass
print("IMPORTED", *sorted(name for name in sys.modules if name.split(".")[0] in {heavy!r} or name in {heavy!r}))
"""


@pytest.mark.parametrize(
    "command", [[], ["extract"], ["nightly"], ["query"], ["show"], ["cite"], ["runs"], ["up"], ["bridge"]]
)
def test_help_imports_none_of_the_heavy_libraries(command: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=HEAVY), *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert told.stdout.splitlines()[-1] == "IMPORTED"


@pytest.mark.parametrize("words", [("runs",), ("review", "list"), ("portals", "list"), ("query", "SELECT 1 AS one")])
def test_a_command_that_only_looks_imports_no_machinery(words: tuple[str, ...], tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "warehouse.sqlite") as warehouse:
        warehouse.migrate()
    unneeded = (
        *(name for name in HEAVY if name not in ("sqlalchemy", "warehouse.store")),
        "extract.document", "expectations.judging.judgement", "fastapi", "cv2", "onnxruntime",
    )  # fmt: skip
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heavy=unneeded), *words, "--home", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert told.stdout.splitlines()[-1] == "IMPORTED"


def test_groups_that_are_imported_later_are_named_and_found() -> None:
    for command, expected in (
        (["--help"], "review"),
        (["review", "--help"], "accept"),
        (["portals", "list", "--help"], "--province"),
    ):
        told = subprocess.run(
            [sys.executable, "-m", "flows.command_line", *command], capture_output=True, text=True, check=True,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert expected in told.stdout
