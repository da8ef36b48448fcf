"""What the tables of the command line show: ids and codes whole on any screen, and nothing cut where there is no screen."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from flows.command_line import app
from flows.commands.counted import counted
from flows.commands.coverage import portal_lines, status_table
from flows.commands.terminal import show_table

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "spiders" / "sample_portal" / "documents"


def yusuan(*arguments: str | Path, columns: int | None) -> str:
    """What a command writes into a pipe; `columns`: of a screen that COLUMNS speaks of."""
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "YUSUAN_PORTALS")}
    if columns:
        environment["COLUMNS"] = str(columns)
    return subprocess.run(
        [sys.executable, "-m", "flows.command_line", *map(str, arguments)], cwd=ROOT, env=environment,
        capture_output=True, text=True, timeout=120, check=False,
    ).stdout  # fmt: skip


def shown(names: Sequence[str], rows: Sequence[Sequence[str]], folding: set[str], columns: int) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, color_system=None)
    show_table(console, names, rows, folding)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("columns", [20, 40, 80, 1000])
def test_an_id_is_whole_on_a_screen_of_any_width(columns: int) -> None:
    name, long = "20261120T094343Z-nightly-ab12", "no summary: killed, or still running"
    lines = shown(("run", "state", "found"), [(name, long, "7"), ("x", "[red]", "8")], {"state"}, columns)
    assert any(name in line for line in lines)
    assert columns < 80 or all(any(word in line for line in lines) for word in ("killed", "running", "[red]", " 8"))
    assert columns < 1000 or any(long in line for line in lines)


def test_the_runs_are_named_whole_and_found_by_their_first_characters(tmp_path: Path) -> None:
    runs = [f"20261120T09434{number}Z-nightly-ab1{number}" for number in (1, 2)]
    for run in (*runs, "20261119T000000Z-rerun-cd34", "20261119T000000Z-rerun-cd34-again"):
        (tmp_path / "runs" / run).mkdir(parents=True)
    for columns in (80, None):
        told = yusuan("runs", "--home", tmp_path, columns=columns)
        assert all(run in told for run in runs)

    def asked(name: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["runs", "--home", str(tmp_path), "--show", name])
        return done.exit_code, " ".join(done.output.split())

    status, said = asked("20261120")
    assert status == 2 and f"2 runs begin so, {runs[0]} to {runs[1]}: name more of it" in said
    assert "no summary of such a run" in asked("20261120T094342")[1], "one run, which was killed"
    assert "no summary of such a run" in asked("20261119T000000Z-rerun-cd34")[1], "a whole name is no beginning"
    assert asked("2025")[0] == 1


def test_the_first_characters_of_a_run_show_it(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from budget.states import RunState
    from flows.run_summary import RunSummary

    run = "20261120T094341Z-nightly-ab12"
    now = datetime(2026, 11, 20, tzinfo=UTC)
    summary = RunSummary(
        run_id=run, flow="nightly", started_at=now, ended_at=now, state=RunState.OK, recipe="r", documents=(),
        waiting_for_review=0, loaded_in_all=0,
    )  # fmt: skip
    (tmp_path / "runs" / run).mkdir(parents=True)
    summary.write(tmp_path / "runs" / run)
    for name in ("20261120T0943", run, "last"):
        assert run in yusuan("runs", "--home", tmp_path, "--show", name, columns=80)

    broken = tmp_path / "runs" / "20261119T000000Z-rerun-cd34"
    broken.mkdir()
    (broken / "summary.json").write_text("{")
    listed = yusuan("runs", "--home", tmp_path, columns=None).splitlines()
    assert any(broken.name in line and "cannot be read" in line for line in listed)
    assert any(run in line and " ok " in line for line in listed), "the others are listed all the same"
    done = CliRunner().invoke(app, ["runs", "--home", str(tmp_path), "--show", broken.name])
    assert done.exit_code == 1 and "no summary of a run" in done.output and "pydantic" not in done.output


def test_portals_and_errors_are_named_whole_in_a_pipe_and_on_80_columns(tmp_path: Path) -> None:
    broken = tmp_path / ("某市某某局2024年部门预算公开" * 3 + ".pdf")
    broken.write_bytes((DOCUMENTS / "gaoxin_renshe_2023.pdf").read_bytes()[:20000])
    assert "truncated" in yusuan("extract", broken, "--no-checks", columns=80)
    piped = yusuan("extract", broken, "--no-checks", columns=None)
    assert any(broken.name in line and "truncated" in line for line in piped.splitlines())
    listed = yusuan("portals", "list", "--home", tmp_path, columns=None).splitlines()
    assert any("zhengding" in line and "af6c7bf6-0c06-4934-b010-c2c42ec3bb1a/index.html" in line for line in listed)
    assert all(name in yusuan("portals", "list", "--home", tmp_path, columns=80) for name in ("zhengding", "zhangdian"))


def test_the_id_of_a_portal_and_a_code_are_whole_in_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    portal = "a_portal_with_a_name_as_long_as_names_of_portals_may_ever_be"
    line = replace(portal_lines({portal: "shtml"}, {}, {}, {})[0], remark="html_instead_of_file of a page")
    for columns in (80, 100_000):
        status_table(Console(width=columns, color_system=None), [line])
        told = capsys.readouterr().out
        assert portal in told and "html_instead_of_file" in told


def test_one_is_told_in_the_singular() -> None:
    assert [counted(number, "portal") for number in (0, 1, 2)] == ["0 portals", "1 portal", "2 portals"]
    assert [counted(number, "entry is", "entries are") for number in (1, 21)] == ["1 entry is", "21 entries are"]
