"""Extraction in worker processes that may die without hurting the batch.

Every downloaded byte is hostile: a file may hang its parser, eat the memory or kill the process. Each document is read in
a pool worker with a time and a memory limit; whatever happens there, the caller gets a `Disclosure`.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from budget.disclosure import Disclosure, Document, DocumentError, ErrorCode

log = logging.getLogger("yusuan.extraction")


@dataclass(frozen=True)
class Limits:
    """What one document may cost."""

    seconds: float = 300.0
    memory_mb: int = 3072
    size_mb: int = 200


@dataclass(frozen=True)
class Job:
    """One document to read: its bytes lie in `path`; `file` is the name it is known by."""

    path: Path
    file: str
    recipe: str = ""


def _enter_worker(memory_mb: int) -> None:
    """A worker dies with its parent (a killed flow must leave no reader behind) and cannot outgrow its memory."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _read(path: str, file: str, recipe: str) -> str:
    """Runs in the worker; the result travels as JSON, so that nothing unpickles what a parser made."""
    from extract.document import extract_bytes

    return extract_bytes(Path(path).read_bytes(), file, recipe=recipe).to_json()


def failed(job: Job, code: ErrorCode, message: str) -> Disclosure:
    """The disclosure of a document that gave nothing, with the reason."""
    with job.path.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    return Disclosure(
        document=Document(
            file=job.file, sha256=sha256, reader=None, kind=None, recipe=job.recipe,
            error=DocumentError(code=code, message=message),
        )
    )  # fmt: skip


def extract_all(
    jobs: Iterable[Job], *, workers: int | None = None, limits: Limits | None = None
) -> Iterator[tuple[Job, Disclosure]]:
    """Read every job's document in a pool; yields in the order given, each as soon as it and those before it are done.

    Never raises for a document: a file over a limit or one that killed its worker gives a Disclosure with an error.
    """
    limits = limits or Limits()
    pending: list[tuple[Job, object]] = []
    context = multiprocessing.get_context("spawn")  # Prefect runs threads: forking them is not safe
    with ProcessPool(
        max_workers=workers or os.cpu_count() or 1, context=context,
        initializer=_enter_worker, initargs=[limits.memory_mb],
    ) as pool:  # fmt: skip
        try:
            for job in jobs:
                if job.path.stat().st_size > limits.size_mb << 20:
                    pending.append((job, None))
                else:
                    arguments = [str(job.path), job.file, job.recipe]
                    pending.append((job, pool.schedule(_read, args=arguments, timeout=limits.seconds)))
            for job, future in pending:
                yield job, _result(job, future, limits)
        except BaseException:
            pool.stop()
            raise


def _result(job: Job, future: object, limits: Limits) -> Disclosure:
    if future is None:
        return failed(job, "limit_size", f"{job.file}: larger than {limits.size_mb} MiB; raise the limit to read it")
    try:
        return Disclosure.from_json(future.result())  # type: ignore[attr-defined]
    except FutureTimeoutError:
        return failed(
            job, "limit_time", f"{job.file}: not read within {limits.seconds:g} s; raise the limit to read it"
        )
    except MemoryError:
        return failed(
            job, "limit_memory", f"{job.file}: needs more than {limits.memory_mb} MiB; raise the limit to read it"
        )
    except ProcessExpired as death:
        return failed(
            job, "corrupt", f"{job.file}: the reader died on it (exit code {death.exitcode}); open it by hand"
        )
    except Exception as fault:
        log.exception("extraction of %s failed", job.file, exc_info=fault)
        return failed(job, "corrupt", f"{job.file}: the extractor failed on it ({type(fault).__name__}: {fault})")
