"""ctrl-C ends a run soon and in words, kill -9 leaves nobody behind, and who typed a wrong name is told before a run is made."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from flows.commands.expected_trouble import no_interrupt_is_lost
from flows.home import House, NoHouseError


@pytest.fixture(scope="module")
def interrupted() -> ModuleType:
    spec = importlib.util.spec_from_file_location("interrupted", Path(__file__).with_name("interrupted.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["interrupted"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_ctrl_c_during_reading_ends_the_run_with_a_line_and_leaves_nobody(
    tmp_path: Path, interrupted: ModuleType
) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    process = interrupted.start_demo(home, log)
    interrupted.wait_for_words(log, "16 new, 0 unchanged")  # the crawl is done, the workers are starting
    end = interrupted.interrupt(process, home, log)
    assert end.status == 130, end.said
    assert end.seconds < 25, "about three on a quiet machine"
    assert end.left == ()
    assert "interrupted; nothing is lost: run the same command again" in end.said
    assert "没有丢失" in end.said and "Traceback" not in end.said
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        assert connection.execute("SELECT state FROM runs").fetchall() == [("cancelled",)]
        assert connection.execute("SELECT count(*) FROM run_locks").fetchone() == (0,)


@pytest.mark.slow
def test_a_demo_killed_with_sigkill_leaves_no_portal_and_no_server(tmp_path: Path, interrupted: ModuleType) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    process = interrupted.start_demo(home, log)
    interrupted.wait_for_words(log, "crawling 1 portal;")
    assert len(interrupted.belonging_to(home)) >= 3, "itself, the sample portal, the temporary server"
    process.kill()
    process.wait()
    assert interrupted.left_after(home, 15) == ()


def test_a_ctrl_c_that_python_drops_in_a_finaliser_comes_again() -> None:
    class Finalised:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), no_interrupt_is_lost():
        thing = Finalised()
        del thing  # the interrupt meets the main thread here, and Python ignores it
        time.sleep(10)
        pytest.fail("nobody said it again")


def test_other_errors_that_python_drops_are_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: told.append(dropped.exc_type))

    class Finalised:
        def __del__(self) -> None:
            raise ValueError

    with no_interrupt_is_lost():
        thing = Finalised()
        del thing
    assert told == [ValueError]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nightly", "--portal", "nosuch"], "no portal `nosuch`"),
        (["rerun", "deadbeef"], "0 documents begin with 'deadbeef'"),
        (["rerun", "--portal", "nosuch"], "no document was ever seen at portal 'nosuch'"),
    ],
)
def test_a_wrong_name_is_told_in_one_line_and_makes_no_run(
    tmp_path: Path, yusuan, arguments: list[str], said: str
) -> None:
    (tmp_path / "runs").mkdir()
    done = yusuan(*arguments, "--home", tmp_path, code=1)
    assert done.stderr.startswith("yusuan:") and said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stdout + done.stderr
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["review", "list"], ["review", "show", "R-12345678"], ["review", "reject", "R-1", "--note", "x"], ["runs"],
        ["portals", "coverage"], ["portals", "status"], ["portals", "bounds", "sample"], ["rerun"],
    ],
)  # fmt: skip
def test_a_command_that_looks_refuses_a_home_that_is_none_and_makes_nothing(
    tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from flows import command_line
    from flows.commands.portals import portals_app
    from flows.commands.review import review_app

    monkeypatch.delenv("YUSUAN_DATABASE_URL", raising=False)
    rooms = {"review": review_app, "portals": portals_app}
    app = rooms.get(arguments[0], command_line.app)
    done = CliRunner().invoke(
        app, [*(arguments[1:] if app is not command_line.app else arguments), "--home", str(tmp_path / "typo")]
    )
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_what_makes_a_folder_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YUSUAN_DATABASE_URL", raising=False)
    with pytest.raises(NoHouseError, match="no yusuan home at"):
        House.existing(tmp_path)
    (tmp_path / "portals").mkdir()
    assert House.existing(tmp_path).home == tmp_path
    other = tmp_path / "other"
    monkeypatch.setenv("YUSUAN_DATABASE_URL", "postgresql://nowhere/x")
    with pytest.raises(NoHouseError):
        House.existing(other)
    other.mkdir()
    assert House.existing(other).home == other
