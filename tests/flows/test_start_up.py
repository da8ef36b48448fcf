"""Commands that only look load no more than they need: the modules of a fresh process are counted, because seconds depend on the machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.commands.portals import portals_app
from flows.commands.review import review_app
from flows.commands.terminal import LATER
from warehouse import Warehouse

HEAVY = {"prefect", "great_expectations", "pandas", "scrapy", "twisted", "cv2", "onnxruntime", "pdfplumber", "fastapi"}
DATABASE = {"sqlalchemy", "alembic"}
FEW = 500
"""Modules: the command line with its help has some 350, one library of tables or models alone brings that many."""
ASK = """
import json, sys
sys.argv = ["yusuan", *sys.argv[1:]]
from flows.command_line import main
status = 0
try:
    main()
except SystemExit as ended:
    status = ended.code
print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)
"""


def modules_after(*words: str) -> set[str]:
    """Modules in a fresh process after a command that ended well."""
    done = subprocess.run([sys.executable, "-c", ASK, *words], capture_output=True, text=True, check=True)
    status, modules = json.loads(done.stderr.splitlines()[-1])
    assert not status, done.stderr
    return set(modules)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Warehouse.open(tmp_path / "warehouse.sqlite") as warehouse:
        warehouse.migrate()
    return tmp_path


def test_the_list_of_commands_loads_the_command_line_alone() -> None:
    loaded = modules_after("--help")
    assert not loaded & (HEAVY | DATABASE | {"numpy", "pydantic"})
    assert len(loaded) < FEW


@pytest.mark.parametrize("words", [("extract", "--help"), ("show", "--help"), ("runs", "--help")])
def test_help_loads_neither_a_database_nor_a_reader(words: tuple[str, ...]) -> None:
    assert not modules_after(*words) & (HEAVY | DATABASE | {"numpy", "budget.disclosure"})


@pytest.mark.parametrize("words", [("runs",), ("review", "list"), ("portals", "list"), ("query", "SELECT 1 AS one")])
def test_a_command_that_only_looks_loads_no_machinery(home: Path, words: tuple[str, ...]) -> None:
    loaded = modules_after(*words, "--home", str(home))
    assert not loaded & (HEAVY | {"alembic", "numpy", "extract.document", "expectations.judging.judgement"})


def test_groups_that_are_loaded_later_are_listed_as_they_present_themselves() -> None:
    apps = {"review": review_app, "portals": portals_app}
    assert apps.keys() == LATER.keys()
    for name, app in apps.items():
        assert str(app.info.help).split("\n", 1)[0] == LATER[name][1]
