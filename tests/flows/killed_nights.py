"""Nights that are killed at a random moment and run again must end like one that was not disturbed, row for row.

    python tests/flows/killed_nights.py [--moments 10] [--copies 40] [--seed 1]

Serves a portal of `copies` documents, runs one undisturbed night, then for each random moment: starts a night in a new home,
kills it (SIGKILL) at that moment, runs it again, and compares every content row of the warehouse and every file of the
archive with the undisturbed one. Prints a line a moment; exit status 1 when any differs. tests/flows runs it with two moments.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flows.home import House
from flows.services.up import prefect_house
from spiders.sample_portal import SamplePortal
from spiders.sample_portal.make_documents import copied_portal
from warehouse import Warehouse


def content(home: Path) -> tuple[str, list[str]]:
    """(digest over every content row of the warehouse, the names of the archive's files)."""
    with Warehouse.open(House.at(home).database_url) as warehouse:
        rows = warehouse.content_digest()
    return rows, sorted(path.name for path in (home / "archive").iterdir() if len(path.name) == 64)


def night(home: Path, portal: SamplePortal, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A night as a process group of its own; its output goes to `<home>.log`."""
    command = [
        sys.executable, "-m", "flows.command_line", "nightly", "--home", str(home), "--portal", "sample",
        "--base-url", f"sample={portal.url}",
    ]  # fmt: skip
    with home.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)


def finish(process: subprocess.Popen[bytes], home: Path) -> None:
    """Wait for a night that nobody disturbs; raises when it does not end well."""
    if process.wait(600) != 0:
        raise RuntimeError(f"a night ended with {process.returncode}:\n{home.with_suffix('.log').read_text()[-3000:]}")


def alive(words: str) -> list[int]:
    """Processes whose command line holds `words`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if words in (entry / "cmdline").read_text().replace("\0", " "):
                    found.append(int(entry.name))
    return found


def killed_nights(folder: Path, moments: int, copies: int, seed: int) -> Iterator[tuple[float, bool, str]]:
    """For each moment: (seconds after the start, whether all is equal, what was seen)."""
    chance = random.Random(seed)
    with (
        copied_portal(copies, delay_seconds=0.05).start() as portal,
        prefect_house(House.at(folder / "prefect"), port=0, worker=False) as api,
    ):
        environment = {**os.environ, "PREFECT_API_URL": api, "PREFECT_HOME": str(folder / "prefect" / "prefect")}
        undisturbed = folder / "undisturbed"
        began = time.monotonic()
        finish(night(undisturbed, portal, environment), undisturbed)
        length = time.monotonic() - began
        wanted = content(undisturbed)
        if len(wanted[1]) != copies:
            raise RuntimeError(f"the undisturbed night archived {len(wanted[1])} of {copies} documents")
        for number in range(moments):
            moment = chance.uniform(0.03, 0.97) * length
            home = folder / f"killed-{number}"
            process = night(home, portal, environment)
            time.sleep(moment)
            running = process.poll() is None
            process.kill()
            process.wait()
            deadline = time.monotonic() + 10
            while alive(str(home)) and time.monotonic() < deadline:
                time.sleep(0.1)
            orphans = alive(str(home))
            had = len(list((home / "archive").glob("[0-9a-f]" * 64))) if (home / "archive").exists() else 0
            finish(night(home, portal, environment), home)
            got = content(home)
            note = f"{'killed' if running else 'had ended'}, {had} of {copies} archived by then, {len(orphans)} orphans"
            yield moment, got == wanted and not orphans, note
            shutil.rmtree(home)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--copies", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    good = 0
    with tempfile.TemporaryDirectory(prefix="yusuan-nights-") as folder:
        for moment, equal, note in killed_nights(Path(folder), told.moments, told.copies, told.seed):
            good += equal
            print(f"killed after {moment:6.2f} s: {'equal' if equal else 'DIFFERENT'} ({note})", flush=True)
    print(f"{good} of {told.moments} killed nights equal the undisturbed one")
    return 0 if good == told.moments else 1


if __name__ == "__main__":
    sys.exit(main())
