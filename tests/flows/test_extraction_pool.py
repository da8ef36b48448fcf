"""Documents are read in workers that may hang, starve or die: each ends with a reason and the batch goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flows.documents.workers import Job, Limits, extract_all

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"
GOOD = DOCUMENTS / "gaoxin_renshe_2024.pdf"


def test_documents_come_back_in_the_order_given_with_their_recipe(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(GOOD.read_bytes()[:30000])
    jobs = [Job(GOOD, "a.pdf", "r1"), Job(broken, "b.pdf", "r1"), Job(DOCUMENTS / "minzheng_2023.docx", "c.docx", "r1")]
    read = list(extract_all(jobs, workers=2))
    assert [job.file for job, _ in read] == ["a.pdf", "b.pdf", "c.docx"]
    assert [bool(disclosure.facts) for _, disclosure in read] == [True, False, True]
    assert read[1][1].document.error is not None
    assert read[1][1].document.error.code == "truncated"
    assert {disclosure.document.recipe for _, disclosure in read} == {"r1"}


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(seconds=0.02), "limit_time"),
        (Limits(size_mb=0), "limit_size"),
    ],
)
def test_a_document_over_a_limit_ends_with_the_limit_as_reason(limits: Limits, code: str) -> None:
    ((_, disclosure),) = extract_all([Job(GOOD, "a.pdf")], workers=1, limits=limits)
    assert disclosure.document.error is not None
    assert disclosure.document.error.code == code
    assert "a.pdf" in disclosure.document.error.message
    assert len(disclosure.document.sha256) == 64


def _children(of: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == of and b"spawn_main" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the worker through /proc")
def test_a_worker_that_is_killed_fails_its_document_only() -> None:
    killed: list[int] = []

    def kill_one_worker() -> None:
        deadline = time.monotonic() + 30
        while not killed and time.monotonic() < deadline:
            for child in _children(os.getpid()):
                if (Path("/proc") / str(child) / "maps").read_text(errors="replace").count("pdfium"):
                    os.kill(child, signal.SIGKILL)
                    killed.append(child)
                    return
            time.sleep(0.002)

    killer = threading.Thread(target=kill_one_worker)
    killer.start()
    jobs = [Job(path, path.name) for path in sorted(DOCUMENTS.glob("*.pdf"))]
    read = [disclosure for _, disclosure in extract_all(jobs, workers=1)]
    killer.join()
    assert killed, "no worker was caught reading"
    lost = [disclosure.document for disclosure in read if disclosure.document.error]
    assert len(read) == len(jobs)
    assert len(lost) <= 1
    assert all("died" in document.error.message for document in lost if document.error)
    assert sum(bool(disclosure.facts) for disclosure in read) >= len(jobs) - 1


def test_the_first_worker_of_a_program_is_deaf_to_interrupts_from_its_first_instruction() -> None:
    started = """
import multiprocessing, signal, time
from flows.documents.workers import deaf_to_interrupts
if __name__ == "__main__":
    with deaf_to_interrupts():
        worker = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(0,))
        worker.start()
        print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
    worker.join()
"""
    done = subprocess.run(
        [sys.executable, "-c", started],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "True", "workers inherit the mask of who starts them"
