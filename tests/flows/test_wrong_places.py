"""What a person can mend is told in one line with a status: a file for a home, a port that is none, a database that is none."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from flows.choosing import WrongAddressError, chosen_portals
from flows.home import House, NoHouseError
from warehouse import UnusableWarehouseError, Warehouse

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "spiders" / "sample_portal" / "documents" / "lingang_laobao_2023.xlsx"


def yusuan(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YUSUAN_")}
    return subprocess.run(
        [sys.executable, "-m", "flows.command_line", *map(str, arguments)], cwd=cwd, capture_output=True, text=True,
        timeout=120, check=False, env={**environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )  # fmt: skip


def told(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The one line of a command that ended with this status."""
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stderr.startswith("yusuan: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("command", [["demo"], ["nightly", "--no-crawl"]])
def test_a_file_is_no_home(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "notes.md").write_text("x")
    assert "no yusuan home can be made there" in told(yusuan(*command, "--home", "notes.md", cwd=tmp_path), 2)
    with pytest.raises(NoHouseError, match=r"notes\.md"):
        House.at(tmp_path / "notes.md" / "below")


@pytest.mark.parametrize("output", ["notes.md", "notes.md/below", "/proc/nowhere"])
def test_an_output_that_can_be_no_folder_is_told_before_anything_is_read(tmp_path: Path, output: str) -> None:
    (tmp_path / "notes.md").write_text("x")
    done = yusuan("extract", DOCUMENT, "--output", output, cwd=tmp_path)
    assert f"--output {output}: no folder can be made there" in told(done, 2)
    assert (tmp_path / "notes.md").read_text() == "x"


def test_a_file_below_the_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "out" / f"{DOCUMENT.name}.json").mkdir(parents=True)
    done = yusuan("extract", DOCUMENT, "--no-checks", "--output", "out", cwd=tmp_path)
    assert f"out/{DOCUMENT.name}.json: cannot be written" in told(done, 1)


def test_a_port_beyond_the_last_is_wrong_usage(tmp_path: Path) -> None:
    done = yusuan("sample-portal", "--port", "99999", cwd=tmp_path)
    assert done.returncode == 2 and "65535" in done.stderr and "Traceback" not in done.stderr
    alone = subprocess.run(
        [sys.executable, "-m", "spiders.sample_portal", "--port", "99999"], cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert alone.returncode == 1 and alone.stderr.startswith("cannot listen on 127.0.0.1:99999")


@pytest.mark.parametrize("command", [["review", "list"], ["portals", "status"], ["rerun"]])
def test_a_warehouse_that_is_no_database_is_named(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "warehouse.sqlite").write_bytes(b"no database at all " * 300)
    line = told(yusuan(*command, "--home", tmp_path, cwd=tmp_path), 1)
    assert f"{tmp_path}/warehouse.sqlite" in line and "file is not a database" in line


def test_a_warehouse_of_another_version_or_address_is_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.sqlite"
    with Warehouse.open(file) as warehouse:
        warehouse.migrate()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with Warehouse.open(file) as warehouse, pytest.raises(UnusableWarehouseError, match="another version of yusuan"):
        warehouse.migrate()
    with pytest.raises(UnusableWarehouseError, match="no address of a database"):
        Warehouse.open("no address")
    with Warehouse.open(f"sqlite:///{tmp_path}/none/w.sqlite") as missing, pytest.raises(UnusableWarehouseError):
        missing.migrate()
    with (
        Warehouse.open("postgresql://reader:secret@127.0.0.1:9/x") as away,
        pytest.raises(UnusableWarehouseError) as refused,
    ):
        away.migrate()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("address", ["notaurl", "http://[half", "http://a.gov.cn:99999/"])
def test_what_is_no_address_is_no_portal_and_makes_no_home(tmp_path: Path, address: str) -> None:
    done = yusuan("portals", "add", address, "--home", "home", cwd=tmp_path)
    assert told(done, 2) == f"yusuan: '{address}' is no http or https address\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--base-url", "samplee=http://127.0.0.1:8777"], "no portal `samplee` is to be crawled; chosen: sample"),
        (["--base-url", "sample=ftp://127.0.0.1"], "'ftp://127.0.0.1' is no http or https address"),
        (["--base-url", "sample=8777"], "'8777' is no http or https address"),
        (["--base-url", "sample"], "write it as ID=URL"),
        (["--base-url", "sample=http://a:1", "--base-url", "sample=http://a:2"], "`sample` has an address already"),
    ],
)
def test_an_address_is_for_a_portal_that_is_crawled_or_refused(tmp_path: Path, more: list[str], said: str) -> None:
    done = yusuan("nightly", "--portal", "sample", *more, "--home", "home", cwd=tmp_path)
    assert said in told(done, 2)
    assert not (tmp_path / "home" / "runs").exists(), "nothing was crawled"


def test_an_address_for_a_night_that_crawls_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongAddressError, match="chosen: none"):
        chosen_portals(House.at(tmp_path), [], {"sample": "http://127.0.0.1:8777"})
    moved = chosen_portals(House.at(tmp_path), ["sample"], {"sample": "http://127.0.0.1:8777"})
    assert [one.columns[0].list_url.startswith("http://127.0.0.1:8777/") for one in moved] == [True]
