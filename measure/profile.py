"""Where the time of documents goes: `python -m measure.profile [PATH…] [--slowest N] [--no-proof]`.

Every document below the paths is read once in this process, by the processor's clock, and proved in one batch. Told are seconds
by stage and kind of document, and the slowest documents by page with the stage that makes them slow. Stages, in the order in
which a document passes them:

    open       checking the bytes, opening a PDF, loading its pages
    glyphs     characters and rules of each page from pdfium
    tables     lines and grids of each page
    pictures   what only pictures show: drawing, finding lines, recognising them
    meaning    statements, facts, projects, findings
    prose      facts in sentences
    proof      identities and their judge

What a stage calls of another one counts for the other alone.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from budget.disclosure import Disclosure

STAGES = ("open", "glyphs", "tables", "pictures", "meaning", "prose", "proof")
CALLS = {
    "extract.document:read": "open",
    "extract.readers.pdfium:_read_page": "glyphs",
    "extract.readers.pdf:_from_content": "tables",
    "extract.document:_read_pictured_pages": "pictures",
    "extract.document:_read_image": "pictures",
    "extract.document:disclosure_of": "meaning",
    "extract.document:prose_facts_of": "prose",
}
"""Functions whose time is a stage of its own."""
KINDS = {"pdf": "text PDF", "scan": "scan", "docx": "Word", "doc": "Word", "xlsx": "workbook", "xls": "workbook"}
PICTURES = 0.2
"""Share of its time from which on a text PDF counts as one with pictures."""


@dataclass
class Clock:
    """Seconds of processor time by stage; the stage that runs now has the time that passes."""

    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _running: list[str] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._turn()
        self._running.append(name)
        try:
            yield
        finally:
            self._turn()
            self._running.pop()

    def _turn(self) -> None:
        now = time.process_time()
        if self._running:
            self.spent[self._running[-1]] += now - self._since
        self._since = now

    def taken(self) -> dict[str, float]:
        """What was spent since the last time this was asked."""
        spent = dict(self.spent)
        self.spent.clear()
        return spent


@contextmanager
def measured(clock: Clock) -> Iterator[None]:
    """The functions of `CALLS` with their time told to a clock."""

    def timed(call: Callable[..., Any], stage: str) -> Callable[..., Any]:
        @wraps(call)
        def within(*args: Any, **kwargs: Any) -> Any:
            with clock.stage(stage):
                return call(*args, **kwargs)

        return within

    real = []
    for place, stage in CALLS.items():
        module_name, name = place.split(":")
        module = importlib.import_module(module_name)
        real.append((module, name, getattr(module, name)))
        setattr(module, name, timed(getattr(module, name), stage))
    try:
        yield
    finally:
        for module, name, call in real:
            setattr(module, name, call)


@dataclass(frozen=True)
class Spent:
    """One document: seconds by stage."""

    name: str
    kind: str
    pages: int
    stages: dict[str, float]

    @property
    def seconds(self) -> float:
        return sum(self.stages.values())

    @property
    def why(self) -> str:
        """The stage that takes most, and its share."""
        stage = max(self.stages, key=lambda one: self.stages[one])
        return f"{stage} {self.stages[stage] / max(1e-9, self.seconds):.0%}"


def kind_of(disclosure: Disclosure, stages: dict[str, float]) -> str:
    """What kind of document it is, as far as its speed goes."""
    reader = disclosure.document.reader or "unreadable"
    if reader == "pdf" and stages.get("pictures", 0.0) > PICTURES * sum(stages.values()):
        return "PDF with pictures"
    return KINDS.get(reader, reader)


def profile(paths: Sequence[Path], *, proof: bool = True) -> tuple[list[Spent], float]:
    """Every document read once; and milliseconds a document of proving all of them in one batch (0 without)."""
    from expectations import judge
    from extract.document import extract_bytes

    clock = Clock()
    found: list[Spent] = []
    read: list[Disclosure] = []
    with measured(clock):
        for path in paths:
            disclosure = extract_bytes(path.read_bytes(), path.name)
            stages = clock.taken()
            found.append(Spent(str(path), kind_of(disclosure, stages), disclosure.document.pages or 1, stages))
            read += [disclosure] if disclosure.document.error is None else []
    if not proof or not read:
        return found, 0.0
    judge(read[:1])
    began = time.process_time()
    judge(read)
    return found, (time.process_time() - began) * 1000 / len(read)


def documents(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those below the folders named that `yusuan extract` would take."""
    from flows.commands.extract import find_sources

    return [source.path for source in find_sources(list(paths))]


def by_kind(found: Sequence[Spent]) -> Table:
    """Milliseconds a page by kind and stage."""
    table = Table("kind", "documents", "pages", "s", "ms a page", *STAGES[:-1])
    groups: dict[str, list[Spent]] = defaultdict(list)
    for one in found:
        groups[one.kind].append(one)
    for kind, members in [*sorted(groups.items()), ("all", list(found))]:
        pages = sum(one.pages for one in members)
        stages = [sum(one.stages.get(stage, 0.0) for one in members) * 1000 / pages for stage in STAGES[:-1]]
        seconds = sum(one.seconds for one in members)
        table.add_row(
            kind, str(len(members)), str(pages), f"{seconds:.1f}", f"{seconds * 1000 / pages:.1f}",
            *(f"{value:.2f}" for value in stages),
        )  # fmt: skip
    return table


def slowest(found: Sequence[Spent], how_many: int) -> Table:
    """The documents that take most a page, and why."""
    table = Table("slowest by page", "kind", "pages", "ms a page", "most of it")
    for one in sorted(found, key=lambda one: -one.seconds / one.pages)[:how_many]:
        table.add_row(Path(one.name).name, one.kind, str(one.pages), f"{one.seconds * 1000 / one.pages:.1f}", one.why)
    return table


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders; default: the sample portal's documents")
    parser.add_argument("--slowest", type=int, default=10)
    parser.add_argument("--no-proof", action="store_true")
    told = parser.parse_args()
    paths = told.paths
    if not paths:
        import spiders.sample_portal.documents as samples

        paths = [Path(folder) for folder in samples.__path__]
    files = documents(paths)
    if not files:
        raise SystemExit("no documents there")
    console = Console(width=None if sys.stdout.isatty() else 160)
    found, proving = profile(files, proof=not told.no_proof)
    console.print(by_kind(found))
    console.print(slowest(found, told.slowest))
    if proving:
        console.print(f"proof: {proving:.1f} ms a document, one batch of {len(found)}", highlight=False)


if __name__ == "__main__":
    main()
