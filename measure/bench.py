"""`make bench`: speed and memory as ratios to a stock peer in the same run, because machines are shared and noisy.

Extraction (bytes → facts, everything included) against stock pdfplumber `extract_tables` on the same pages, interleaved file
by file; two worker processes against one; judging and storing per document. Documents: the sample portal's PDFs, or the
files and folders given. The load of the machine is told beside the figures: other work on it costs the two processes most.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table


def pdfs(paths: list[Path]) -> list[Path]:
    """The PDFs named, or those of the sample portal that can be read."""
    if not paths:
        import spiders.sample_portal.documents as documents

        paths = [Path(folder) for folder in documents.__path__]
    found: list[Path] = []
    for path in paths:
        found += sorted(path.rglob("*.pdf")) if path.is_dir() else [path]
    return found


def ours(path: Path) -> tuple[float, int]:
    """(seconds, pages) of one document, bytes to facts."""
    from extract.document import extract_bytes

    data = path.read_bytes()
    began = time.perf_counter()
    disclosure = extract_bytes(data, path.name)
    return time.perf_counter() - began, disclosure.document.pages or 0


def stock(path: Path) -> float:
    """Seconds of stock pdfplumber for the tables of the same document, without meaning."""
    import pdfplumber

    began = time.perf_counter()
    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            page.extract_tables()
    return time.perf_counter() - began


def own_peak_memory_mb() -> float:
    """Peak memory of this process.

    `ru_maxrss` of a child begins at what its parent had at the fork; the kernel's own mark begins anew with the program.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def peak_memory_mb(path: Path) -> float:
    """Peak memory of a process that reads this document and nothing else."""
    code = (
        "import sys; from pathlib import Path; from extract.document import extract_bytes; "
        "extract_bytes(Path(sys.argv[1]).read_bytes(), 'x'); "
        "from measure.bench import own_peak_memory_mb; print(own_peak_memory_mb())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return float(done.stdout)


SETTLED_SECONDS = 5.0
"""After the first document every worker has started and imported its readers by then."""


def in_workers(files: list[Path], workers: int) -> float:
    """Pages a second of the worker pool that `yusuan extract` uses, from the moment all of its workers are at work.

    The largest documents go first, so that the end of a short list does not wait for one of them. One process has the
    cost of the pool too (results travel as JSON), so that two are compared with the same.
    """
    from flows.documents.workers import AHEAD, Job, extract_all

    first = min(files, key=lambda path: path.stat().st_size)
    warm_up = AHEAD * workers
    began = 0.0

    def jobs() -> Iterator[Job]:
        nonlocal began
        yield from (Job(first, first.name) for _ in range(warm_up))
        time.sleep(SETTLED_SECONDS)  # asked for more when the first one is done; the others end meanwhile
        began = time.perf_counter()
        for path in sorted(files, key=lambda path: path.stat().st_size, reverse=True):
            yield Job(path, path.name)

    pages = 0
    for number, (_, disclosure) in enumerate(extract_all(jobs(), workers=workers)):
        if number >= warm_up:
            pages += disclosure.document.pages or 0
    return pages / (time.perf_counter() - began)


def bench(paths: list[Path], rounds: int, judged: int) -> Table:
    """Measure and give the table."""
    files = pdfs(paths)
    if not files:
        raise SystemExit("no PDF there")
    ours(files[0])  # imports and first-use costs are nobody's speed
    stock(files[0])
    our_rates, stock_rates, ratios = [], [], []
    for _ in range(rounds):
        seconds = stock_seconds = pages = 0.0
        for path in files:
            spent, counted = ours(path)
            seconds, pages = seconds + spent, pages + counted
            stock_seconds += stock(path)
        our_rates.append(pages / seconds)
        stock_rates.append(pages / stock_seconds)
        ratios.append(stock_seconds / seconds)
    table = Table("what", "yusuan", "stock pdfplumber", "ratio")
    table.add_row(
        f"pages a second, one process ({len(files)} documents, {rounds} rounds, median)",
        f"{statistics.median(our_rates):.1f}", f"{statistics.median(stock_rates):.1f}", f"{statistics.median(ratios):.1f} ×",
    )  # fmt: skip
    alone, together = in_workers(files, 1), in_workers(files, 2)
    table.add_row(
        f"pages a second, two workers against one ({alone:.1f})", f"{together:.1f}", "", f"{together / alone:.2f} ×"
    )
    largest = max(files, key=lambda path: path.stat().st_size)
    table.add_row(f"peak memory, MiB ({largest.name})", f"{peak_memory_mb(largest):.0f}", "", "")
    for what, milliseconds in judge_and_store(files, judged):
        table.add_row(what, f"{milliseconds:.1f}", "", "")
    table.add_row("peak memory of this process, MiB", f"{own_peak_memory_mb():.0f}", "", "")
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    table.add_row(f"load of the machine over 1, 5, 15 minutes ({os.cpu_count()} cores)", load, "", "")
    return table


def judge_and_store(files: list[Path], judged: int) -> list[tuple[str, float]]:
    """Milliseconds a document for judging a batch of `judged`, and for storing."""
    from budget.disclosure import Disclosure
    from budget.states import DocumentState
    from expectations import judge
    from extract.document import extract_bytes
    from warehouse import Warehouse

    read = [extract_bytes(path.read_bytes(), path.name) for path in files]
    batch: list[Disclosure] = []
    for number in range(judged):
        one = read[number % len(read)]
        document = one.document.model_copy(update={"sha256": f"{number:064x}"})
        batch.append(one.model_copy(update={"document": document}))
    judge(batch[:1])
    began = time.process_time()  # it waits for nothing: what others do on the machine is not its speed
    judge(batch)
    judging = (time.process_time() - began) * 1000 / judged
    with tempfile.TemporaryDirectory() as folder, Warehouse.open(Path(folder) / "bench.sqlite") as warehouse:
        warehouse.migrate()
        began = time.perf_counter()
        for one in batch[:50]:
            warehouse.store(one, state=DocumentState.IN_REVIEW)
        storing = (time.perf_counter() - began) * 1000 / min(50, judged)
    return [
        (f"judging, ms of processor a document (one batch of {judged})", judging),
        ("storing, ms a document", storing),
    ]


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="PDFs or folders; default: the sample portal's documents")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--judged", type=int, default=200)
    told = parser.parse_args()
    Console().print(bench(told.paths, told.rounds, told.judged))


if __name__ == "__main__":
    main()
