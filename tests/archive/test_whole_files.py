"""A reader sees the old file or all of the new one, whatever cuts the writing short."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from archive.whole_files import write_whole, writer_of

ROOT = Path(__file__).parents[2]


def test_text_that_cannot_be_written_to_the_end_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / ("算" * 83 + ".json")
    write_whole(target, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "new" * 10_000 + "\udc80")
    assert target.read_text() == "old"
    write_whole(target, "新")
    assert target.read_bytes() == "新".encode()
    assert list(tmp_path.iterdir()) == [target]


def test_bytes_that_the_disk_refuses_leave_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "summary.json"
    write_whole(target, b"old")
    code = (
        "import sys; from pathlib import Path; from archive.whole_files import write_whole; "
        "write_whole(Path(sys.argv[1]), bytes(1 << 20))"
    )

    def small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))

    command = [sys.executable, "-c", code, str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, preexec_fn=small_files_only)
    assert done.returncode == 1 and "File too large" in done.stderr
    assert (target.read_bytes(), list(tmp_path.iterdir())) == (b"old", [target])


def test_a_file_that_cannot_take_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "taken", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_another_folder_and_other_permissions(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    write_whole(tmp_path / "a", b"1", through=tmp_path / "incoming", mode=0o444)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o444
    assert list((tmp_path / "incoming").iterdir()) == []
    plain = tmp_path / "b"
    write_whole(plain, "2")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(plain.stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize(
    ("name", "process"), [(".17-a0b1c2d3.part", 17), ("17-abc", 17), ("abc", None), (".part", None)]
)
def test_a_leftover_names_the_process_that_wrote_it(name: str, process: int | None) -> None:
    assert writer_of(name) == process
