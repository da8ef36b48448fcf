"""What `yusuan extract` does: files and folders → one Disclosure each, judged, as JSON lines or a folder of JSON files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from budget.disclosure import Disclosure
from flows.extraction_pool import Job, Limits, extract_all
from flows.recipe import document_recipe

PASSED_OVER = {".json", ".csv", ".md"}
BATCH = 40
"""Documents judged together: Great Expectations costs about the same for one as for forty."""


@dataclass(frozen=True)
class Source:
    """A file to read and where its output goes below the output folder."""

    path: Path
    output: Path


def find_sources(paths: Iterable[Path]) -> list[Source]:
    """The documents below the given paths, in a stable order.

    A file given by itself is always taken; in folders `.json`, `.csv`, `.md` and hidden files are no documents. Raises
    FileNotFoundError naming a path that does not exist. Links to folders are not followed.
    """
    sources: list[Source] = []
    for path in paths:
        if path.is_file():
            sources.append(Source(path, Path(path.name + ".json")))
        elif path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                inside = file.relative_to(path)
                if file.suffix.lower() in PASSED_OVER or any(part.startswith(".") for part in inside.parts):
                    continue
                sources.append(Source(file, inside.parent / (inside.name + ".json")))
        else:
            raise FileNotFoundError(f"{path}: no such file or folder")
    return sources


def extract_sources(
    sources: list[Source],
    *,
    workers: int | None = None,
    limits: Limits | None = None,
    checks: bool = True,
    progress: Callable[[int, Source, Disclosure], None] | None = None,
) -> Iterator[tuple[Source, Disclosure]]:
    """Read all sources in worker processes and judge them in batches; yields in the order given."""
    recipe = document_recipe()
    jobs = [Job(source.path, str(source.path), recipe) for source in sources]
    batch: list[tuple[Source, Disclosure]] = []
    for number, (source, (_, disclosure)) in enumerate(
        zip(sources, extract_all(jobs, workers=workers, limits=limits), strict=True), start=1
    ):
        if progress:
            progress(number, source, disclosure)
        batch.append((source, disclosure))
        if len(batch) >= BATCH:
            yield from _judged(batch, checks)
            batch = []
    yield from _judged(batch, checks)


def _judged(batch: list[tuple[Source, Disclosure]], checks: bool) -> list[tuple[Source, Disclosure]]:
    if not checks or not batch:
        return batch
    from flows.proof import prove

    paths = {disclosure.document.sha256: source.path for source, disclosure in batch}
    proved = prove([disclosure for _, disclosure in batch], paths)
    return [(source, one.disclosure) for (source, _), one in zip(batch, proved, strict=True)]
