"""`make bench`: speed and memory as ratios to a stock peer in the same run, because machines are shared and noisy.

Extraction (bytes → facts, everything included) against stock pdfplumber `extract_tables` on the same pages, interleaved file
by file; two worker processes against one; proving against computing the identities alone; `yusuan --help` against importing
the libraries that draw it; storing per document. Documents: the sample portal's PDFs, or the files and folders given. The load
of the machine is told beside the figures: other work on it costs the two processes most.

`--keep` writes the ratios to a file (`.bench.json`, or `--kept FILE`); the next run shows them beside its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Row:
    """One thing measured: what we take, what the peer takes, and the ratio of every round (none where there is no peer)."""

    name: str
    what: str
    ours: str
    peer: str = ""
    ratios: tuple[float, ...] = ()

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None


def read_kept(path: Path) -> dict[str, float]:
    """The ratios of an earlier run by name; none where nothing was kept. Raises SystemExit for a file that is none of ours."""
    if not path.exists():
        return {}
    try:
        return {str(name): float(ratio) for name, ratio in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, AttributeError, TypeError) as wrong:
        raise SystemExit(f"{path}: no ratios that `--keep` wrote: {wrong}") from None


def keep(rows: Sequence[Row], path: Path) -> None:
    """Write the ratios by name."""
    ratios = {row.name: round(row.ratio, 3) for row in rows if row.ratio is not None}
    path.write_text(json.dumps(ratios, indent=1) + "\n", "utf-8")


def table_of(rows: Sequence[Row], kept: Mapping[str, float]) -> Table:
    """The rows with spread, and what was kept of each."""
    table = Table("what", "yusuan", "peer", "ratio", "spread", "kept", "change")
    for row in rows:
        if row.ratio is None:
            table.add_row(row.what, row.ours, row.peer, "", "", "", "")
            continue
        before = kept.get(row.name)
        table.add_row(
            row.what, row.ours, row.peer, f"{row.ratio:.2f} ×", f"{min(row.ratios):.2f} – {max(row.ratios):.2f}",
            "" if before is None else f"{before:.2f} ×", "" if not before else f"{row.ratio / before - 1:+.0%}",
        )  # fmt: skip
    return table


def bench(paths: list[Path], rounds: int, judged: int) -> list[Row]:
    """Measure everything."""
    files = pdfs(paths)
    if not files:
        raise SystemExit("no PDF there")
    rows = [reading(files, rounds)]
    pairs = [(in_workers(files, 1), in_workers(files, 2)) for _ in range(min(2, rounds))]
    rows.append(Row(
        "workers", "pages a second, two workers against one", f"{statistics.median(two for _, two in pairs):.1f}",
        f"one: {statistics.median(one for one, _ in pairs):.1f}", tuple(two / one for one, two in pairs),
    ))  # fmt: skip
    rows.append(starting(rounds))
    rows += judge_and_store(files, judged, rounds)
    largest = max(files, key=lambda path: path.stat().st_size)
    rows.append(Row("memory", f"peak memory, MiB ({largest.name})", f"{peak_memory_mb(largest):.0f}"))
    rows.append(Row("own memory", "peak memory of this process, MiB", f"{own_peak_memory_mb():.0f}"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    rows.append(Row("load", f"load of the machine over 1, 5, 15 minutes ({os.cpu_count()} cores)", load))
    return rows


def reading(files: Sequence[Path], rounds: int) -> Row:
    """Bytes to facts against stock pdfplumber, file by file in turn."""
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
    return Row(
        "reading", f"pages a second, one process ({len(files)} documents, {rounds} rounds)",
        f"{statistics.median(our_rates):.1f}", f"stock pdfplumber: {statistics.median(stock_rates):.1f}", tuple(ratios),
    )  # fmt: skip


def child_seconds(*command: str) -> float:
    """Processor seconds of a Python process that does this and ends."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def starting(rounds: int) -> Row:
    """The list of commands against importing the two libraries that draw it: 1 is nothing of our own."""
    ask = ("-m", "flows.command_line", "--help")
    bare = ("-c", "import typer.rich_utils, typer.main, rich.console")
    child_seconds(*ask)
    child_seconds(*bare)
    pairs = [(child_seconds(*ask), child_seconds(*bare)) for _ in range(rounds)]
    return Row(
        "start", "yusuan --help, ms of processor", f"{statistics.median(one for one, _ in pairs) * 1000:.0f}",
        f"its libraries: {statistics.median(bare for _, bare in pairs) * 1000:.0f}", tuple(one / bare for one, bare in pairs),
    )  # fmt: skip


def judge_and_store(files: list[Path], judged: int, rounds: int) -> list[Row]:
    """Proving a batch of `judged` against computing its identities alone, and storing."""
    from budget.disclosure import Disclosure
    from budget.states import DocumentState
    from expectations import judge, reconcile
    from extract.document import extract_bytes
    from warehouse import Warehouse

    read = [extract_bytes(path.read_bytes(), path.name) for path in files]
    batch: list[Disclosure] = []
    for number in range(judged):
        one = read[number % len(read)]
        document = one.document.model_copy(update={"sha256": f"{number:064x}"})
        batch.append(one.model_copy(update={"document": document}))
    judge(batch[:1])
    proving, computing = [], []
    for _ in range(rounds):
        began = time.process_time()  # it waits for nothing: what others do on the machine is not its speed
        for one in batch:
            reconcile(one)
        computed = time.process_time()
        judge(batch)
        computing.append((computed - began) * 1000 / judged)
        proving.append((time.process_time() - computed) * 1000 / judged)
    with tempfile.TemporaryDirectory() as folder, Warehouse.open(Path(folder) / "bench.sqlite") as warehouse:
        warehouse.migrate()
        began = time.perf_counter()
        for one in batch[:50]:
            warehouse.store(one, state=DocumentState.IN_REVIEW)
        storing = (time.perf_counter() - began) * 1000 / min(50, judged)
    return [
        Row(
            "proof", f"proving, ms of processor a document (one batch of {judged})", f"{statistics.median(proving):.1f}",
            f"identities alone: {statistics.median(computing):.1f}",
            tuple(one / bare for one, bare in zip(proving, computing, strict=True)),
        ),
        Row("storing", "storing, ms a document", f"{storing:.1f}"),
    ]  # fmt: skip


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="PDFs or folders; default: the sample portal's documents")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--judged", type=int, default=50)
    parser.add_argument("--kept", type=Path, default=Path(".bench.json"), help="ratios of an earlier run")
    parser.add_argument("--keep", action="store_true", help="write the ratios of this run there")
    told = parser.parse_args()
    kept = read_kept(told.kept)
    rows = bench(told.paths, told.rounds, told.judged)
    Console(width=None if sys.stdout.isatty() else 160).print(table_of(rows, kept))
    if told.keep:
        keep(rows, told.kept)


if __name__ == "__main__":
    main()
