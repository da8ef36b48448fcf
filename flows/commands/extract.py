"""What `yusuan extract` does: files and folders → one Disclosure each, judged, as JSON lines or a folder of JSON files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.file_kinds import GLANCE_BYTES, NEVER_A_PAGE, SAVED_PAGES, glance
from budget.disclosure import Disclosure
from flows.commands.output_names import member_path, output_name
from flows.documents.recipe import document_recipe
from flows.documents.workers import Job, Limits, extract_all

PASSED_OVER = {".json", ".csv", ".md"}
BATCH = 40
"""Documents judged together: Great Expectations costs about the same for one as for forty."""


@dataclass(frozen=True)
class Source:
    """A file to read and where its output goes below the output folder."""

    path: Path
    output: Path


@dataclass(frozen=True)
class Read:
    """One disclosure of a source. `is_index`: it stands for an archive whose members follow, and is no document itself."""

    source: Source
    disclosure: Disclosure
    output: Path
    is_index: bool = False
    bytes_in: Path | None = None


DOCUMENT_SUFFIXES = frozenset(
    [
        ".pdf",
        ".doc",
        ".docx",
        ".wps",
        ".xls",
        ".xlsx",
        ".et",
        ".rtf",
        ".htm",
        ".html",
        ".mht",
        ".mhtml",
        ".ofd",
        ".odt",
        ".ods",
        ".ppt",
        ".pptx",
        ".xml",
        ".zip",
        ".rar",
        ".7z",
        ".gz",
        ".tar",
        ".tgz",
        ".png",
        ".jpg",
        ".jpeg",
        ".tif",
        ".tiff",
        ".bmp",
        ".gif",
    ]
)
"""What portals attach. In a folder a file of another name is a document when its first bytes say so."""


def is_document(path: Path) -> bool:
    """Whether a file that stands in a folder is a document, by its name, else by its first bytes."""
    if path.suffix.lower() in DOCUMENT_SUFFIXES:
        return True
    with path.open("rb") as file:
        return glance(file.read(GLANCE_BYTES)) in NEVER_A_PAGE | SAVED_PAGES


def find_sources(paths: Iterable[Path], passed_over: list[Path] | None = None) -> list[Source]:
    """The documents below the given paths, in a stable order.

    A file given by itself is always taken. In folders `.json`, `.csv`, `.md` and hidden files are never documents; a file that
    is none by name and first bytes (source code, notes) joins `passed_over`. Raises FileNotFoundError naming a path that does
    not exist. Links to folders are not followed.
    """
    sources: list[Source] = []
    for path in paths:
        if path.is_file():
            sources.append(Source(path, Path(output_name(path.name))))
        elif path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                inside = file.relative_to(path)
                if file.suffix.lower() in PASSED_OVER or any(part.startswith(".") for part in inside.parts):
                    continue
                if not is_document(file):
                    if passed_over is not None:
                        passed_over.append(file)
                    continue
                sources.append(Source(file, inside.parent / output_name(inside.name)))
        else:
            raise FileNotFoundError(f"{path}: no such file or folder")
    return sources


def refuse_shared_outputs(sources: Iterable[Source]) -> None:
    """Raises ValueError naming two different files whose outputs would be one: the second would replace the first."""
    taken: dict[Path, Path] = {}
    for source in sources:
        other = taken.setdefault(source.output, source.path)
        if other.resolve() != source.path.resolve():
            raise ValueError(f"{other} and {source.path} would both be written to {source.output}: extract them apart")


def label_of(path: Path) -> str:
    """A path as text. Names from old Chinese archives are GBK bytes, which no JSON can carry as the file system gives them."""
    name = os.fsencode(path)
    for charset in ("utf-8", "gb18030"):
        try:
            return name.decode(charset)
        except UnicodeDecodeError:
            continue
    return name.decode("utf-8", "backslashreplace")


def extract_sources(
    sources: list[Source],
    *,
    workers: int | None = None,
    limits: Limits | None = None,
    checks: bool = True,
    progress: Callable[[int, Source, Disclosure], None] | None = None,
    spool: Path | None = None,
) -> Iterator[Read]:
    """Read all sources in worker processes and judge them in batches; yields in the order given.

    An archive gives first itself (`is_index`), then each of its documents, known as `bundle.zip!/folder/a.pdf`.
    `spool` is a folder of the caller's for their bytes: without it they are gone when the last one has been asked for.
    """
    recipe = document_recipe()
    with ExitStack() as stack:
        if spool is None:
            spool = Path(stack.enter_context(TemporaryDirectory(prefix="yusuan-members-")))
        jobs = (Job(source.path, label_of(source.path), recipe) for source in sources)
        results = _by_source(sources, extract_all(jobs, workers=workers, limits=limits, spool=spool), progress)
        while batch := list(islice(results, BATCH)):
            yield from _judged(batch, checks)


def _by_source(
    sources: list[Source],
    results: Iterator[tuple[Job, Disclosure]],
    progress: Callable[[int, Source, Disclosure], None] | None,
) -> Iterator[Read]:
    number = 0
    for job, disclosure in results:
        if job.member is not None:
            source = sources[number - 1]
            below = source.output.with_suffix("")  # what was read is named `<file>.json`: without it, the file
            output = below.with_name(below.name + "!") / member_path(job.member)
            yield Read(source, disclosure, output, bytes_in=job.path)
            continue
        source = sources[number]
        number += 1
        if progress:
            progress(number, source, disclosure)
        yield Read(source, disclosure, source.output, is_index=job.members is not None, bytes_in=source.path)


def _judged(batch: list[Read], checks: bool) -> list[Read]:
    if not checks or not batch:
        return batch
    from flows.documents.proof import prove

    documents = [one for one in batch if not one.is_index]
    paths = {one.disclosure.document.sha256: one.bytes_in for one in documents if one.bytes_in is not None}
    proved = iter(prove([one.disclosure for one in documents], paths, alike=True))
    return [one if one.is_index else replace(one, disclosure=next(proved).disclosure) for one in batch]
