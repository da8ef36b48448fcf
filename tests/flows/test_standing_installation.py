"""What ships for standing installations: telemetry off in every file, and a backup that is as good as the home."""

from __future__ import annotations

import configparser
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from archive.store import Archive
from flows.backup import BackupError, back_up, restore
from flows.documents.batch import read_prove_store
from flows.home import House
from warehouse import Warehouse

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "spiders" / "sample_portal" / "documents"
OFF = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false", "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}  # fmt: skip


def environment_of_unit(file: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    found = [line.partition("=")[2] for line in file.read_text().splitlines() if line.startswith("Environment=")]
    parser.read(file)
    assert parser["Service"]["ExecStart"].startswith("/opt/yusuan/.venv/bin/")
    return dict(line.partition("=")[::2] for line in found)


@pytest.mark.parametrize(
    "unit", sorted((ROOT / "deployments" / "systemd").glob("*.service")), ids=lambda file: file.name
)
def test_every_unit_has_the_telemetry_off(unit: Path) -> None:
    told = environment_of_unit(unit)
    assert told.items() >= OFF.items()
    program = "from prefect.settings import get_current_settings as s; print(s().server.analytics_enabled)"
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "DO_NOT"))}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**bare, **told, "PREFECT_HOME": "/nonexistent"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False", "as a bare `prefect server start` would see it"


def test_the_compose_file_has_the_telemetry_off() -> None:
    told = yaml.safe_load((ROOT / "deployments" / "compose" / "compose.yaml").read_text())
    assert told["services"]["yusuan"]["environment"].items() >= OFF.items()


def filled(house: House) -> str:
    with Warehouse.open(house.database_url).migrate() as warehouse, Archive(house.archive) as archive:
        shas = sorted(archive.put(path.read_bytes()) for path in DOCUMENTS.glob("*_2023.xlsx"))
        assert shas
        read_prove_store(shas, warehouse=warehouse, archive=archive, run_id="r", workers=1)
        return warehouse.content_digest()


def test_a_backup_taken_while_it_runs_restores_the_same_rows(tmp_path: Path) -> None:
    house, copy = House.at(tmp_path / "home"), tmp_path / "copy"
    digest = filled(house)
    with sqlite3.connect(house.home / "warehouse.sqlite") as reader:  # a night is reading and writing
        reader.execute("SELECT count(*) FROM facts").fetchone()
        first = back_up(house, copy)
    assert first.originals == first.held > 0 and first.databases == 2
    assert back_up(house, copy).originals == 0, "only what is new is copied"
    again = House.at(tmp_path / "again")
    assert restore(copy, again) == []
    with Warehouse.open(again.database_url).migrate() as warehouse:
        assert warehouse.content_digest() == digest
    with pytest.raises(BackupError, match="there already"):
        restore(copy, again)
    with pytest.raises(BackupError, match="lies in the home itself"):
        back_up(house, house.home / "copy")


def test_a_damaged_copy_is_told_when_it_is_restored(tmp_path: Path) -> None:
    house, copy = House.at(tmp_path / "home"), tmp_path / "copy"
    filled(house)
    back_up(house, copy)
    original = next(path for path in (copy / "archive").iterdir() if len(path.name) == 64)
    original.chmod(0o644)
    original.write_bytes(original.read_bytes()[:-1] + b"x")
    (wrong,) = restore(copy, House.at(tmp_path / "again"))
    assert original.name in wrong
