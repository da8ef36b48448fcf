"""What the bench measures: the memory of the reading alone, and the pages of every document once."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

import measure.bench as bench


def document(path: Path, pages: int) -> Path:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(300.0, 200.0), invariant=1)
    for number in range(pages):
        canvas.drawString(20, 100, f"page {number + 1} shows 12.50")
        canvas.showPage()
    canvas.save()
    path.write_bytes(buffer.getvalue())
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own mark of the peak is Linux")
def test_what_this_process_holds_is_not_counted_for_the_reader_it_starts(tmp_path: Path) -> None:
    held = os.urandom(1) * (400 << 20)
    assert bench.own_peak_memory_mb() > 400
    assert 30 < bench.peak_memory_mb(document(tmp_path / "a.pdf", 2)) < 300
    assert len(held) == 400 << 20


def test_the_warm_up_of_the_workers_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three pages in well under the time that starting a worker and importing the readers takes."""
    monkeypatch.setattr(bench, "SETTLED_SECONDS", 3.0)
    files = [document(tmp_path / "a.pdf", 1), document(tmp_path / "b.pdf", 2)]
    assert bench.in_workers(files, 1) > 3 / 3.0


def test_ratios_are_kept_and_shown_beside_those_of_the_next_run(tmp_path: Path) -> None:
    kept = tmp_path / "ratios.json"
    assert bench.read_kept(kept) == {}
    bench.keep([bench.Row("reading", "pages", "40", "4", (9.0, 10.0, 12.0)), bench.Row("memory", "MiB", "120")], kept)
    assert bench.read_kept(kept) == {"reading": 10.0}
    shown = bench.table_of([bench.Row("reading", "pages", "30", "4", (7.0, 8.0, 8.5))], bench.read_kept(kept))
    cells = [next(iter(column.cells)) for column in shown.columns]
    assert cells == ["pages", "30", "4", "8.00 ×", "7.00 – 8.50", "10.00 ×", "-20%"]


def test_a_file_that_holds_no_ratios_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("[1, 2]")
    with pytest.raises(SystemExit, match=r"other\.json"):
        bench.read_kept(tmp_path / "other.json")


def test_the_start_is_measured_in_processor_time_of_the_process_started() -> None:
    idle = bench.child_seconds("-c", "import time; time.sleep(0.5)")
    assert idle < bench.child_seconds("-c", "import time\nwhile time.process_time() < 1: pass")
