"""Extraction in worker processes that may die without hurting the batch.

Every downloaded byte is hostile: a file may hang its parser, eat the memory or kill the process. Each document is read in
a pool worker with a time and a memory limit; whatever happens there, the caller gets a `Disclosure`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from archive.processes import die_with_parent
from budget.disclosure import Disclosure, Document, DocumentError, ErrorCode, Finding
from budget.sightings import SaidByPages
from budget.states import Origin, Severity

log = logging.getLogger("yusuan.extraction")
MAX_MEMBER_MB = 320
"""No file that a worker writes is larger (`extract.containers` stops a member at 300 MiB)."""


@dataclass(frozen=True)
class Limits:
    """What one document may cost."""

    seconds: float = 300.0
    """Processor time: a busy machine reads slower, and that is not the document's fault."""
    memory_mb: int = 3072
    size_mb: int = 200


@dataclass(frozen=True)
class Job:
    """One file to read: its bytes lie in `path`; `file` is the name it is known by.

    An archive comes back with `members`, the labels of what it holds; each of them follows as a job of its own, with
    `member` its label and its bytes in `path` under a name of our own: no name of an archive reaches the file system.
    `path` is None for a member whose bytes cannot be had (a password, a damaged part).
    """

    path: Path | None
    file: str
    recipe: str = ""
    sha256: str = ""
    """Of the bytes in `path`, where the caller knows it: then nothing is hashed again."""
    member: str | None = None
    members: tuple[str, ...] | None = None
    said: SaidByPages | None = None
    """What the pages where it was seen say of it."""
    seconds: float | None = None
    """How long its reader took by the clock; None before it was read."""
    trouble: str | None = None
    """Why its bytes could not be read from where they lie: the disclosure that comes with it says nothing of the document."""


HANGS_AFTER = 10
"""Times the limit of processor time that a document may take by the clock: beyond it, it waits for something that never comes."""
TOLD_TO_END = (-signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
"""Exit codes of a reader that somebody ended from outside: no document does that."""

SaidOfMember = Callable[[Job, str, str], SaidByPages]


@dataclass
class _Ticket:
    """A job on its way: `future` once it is scheduled, `known` when its end is known without reading."""

    job: Job
    future: ProcessFuture | None = None
    known: Disclosure | None = None
    again: bool = False
    """It is read a second time, because its first reader was ended from outside."""


def enter_worker(memory_mb: int, size_mb: int) -> None:
    """A worker dies with its parent (a killed flow must leave no reader behind) and cannot outgrow its memory."""
    if sys.platform == "linux":
        die_with_parent()
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # members of archives are laid out as files: none may be larger than what an archive may hold
    largest = max(size_mb, MAX_MEMBER_MB) << 20
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def _read(path: str, file: str, recipe: str, spool: str, said: SaidByPages | None, seconds: float) -> tuple[str, float]:
    """Runs in the worker; the result travels as JSON, so that nothing unpickles what a parser made.

    After so many seconds of processor time the system ends the worker (SIGPROF), whatever code it is in. With the result come
    the seconds by the clock. A document gives its disclosure. An archive gives `{"members": [[label, sha256, [code, message] or null], ...]}` and
    lays their bytes into `spool`, each under its sha256.
    """
    began = time.monotonic()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return _read_in_time(path, file, recipe, spool, said), time.monotonic() - began
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _read_in_time(path: str, file: str, recipe: str, spool: str, said: SaidByPages | None) -> str:
    from extract.containers import is_container, members
    from extract.document import extract_bytes, unreadable
    from extract.reading import UnreadableError

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return json.dumps({"unreadable": f"{error.strerror} ({errno.errorcode.get(error.errno or 0, error.errno)})"})
    if not is_container(data):
        return extract_bytes(data, file, recipe=recipe, said=said).to_json()
    found: list[tuple[str, str, tuple[str, str] | None]] = []
    try:
        for member in members(data):
            sha256 = ""
            if member.data:
                sha256 = hashlib.sha256(member.data).hexdigest()
                (Path(spool) / sha256).write_bytes(member.data)
            problem = member.problem
            found.append((member.name, sha256, (problem.code, problem.message) if problem else None))
    except UnreadableError as error:
        return unreadable(data, file, error, recipe=recipe).to_json()
    return json.dumps({"members": found})


def failed(job: Job, code: ErrorCode, message: str) -> Disclosure:
    """The disclosure of a document that gave nothing, with the reason.

    A member without bytes is known by the hash of its name, so that every member stays one of its own.
    """
    return Disclosure(
        document=Document(
            file=job.file, sha256=_sha256_of(job), reader=None, kind=None, recipe=job.recipe,
            error=DocumentError(code=code, message=message),
        )
    )  # fmt: skip


def _sha256_of(job: Job) -> str:
    if job.sha256:
        return job.sha256
    with contextlib.suppress(OSError):  # bytes that cannot be read have no hash that anybody knows
        if job.path is not None:
            with job.path.open("rb") as source:
                return hashlib.file_digest(source, "sha256").hexdigest()
    return hashlib.sha256(job.file.encode("utf-8", "surrogatepass")).hexdigest()


def extract_all(
    jobs: Iterable[Job],
    *,
    workers: int | None = None,
    limits: Limits | None = None,
    spool: Path | None = None,
    recipe_of: Callable[[str], str] | None = None,
    said_of: SaidOfMember | None = None,
    idle: Callable[[], object] = lambda: None,
) -> Generator[tuple[Job, Disclosure], None, None]:
    """Read every job's document in a pool; yields in the order given, each as soon as it and those before it are done.

    An archive that opens gives first itself (`job.members` is set; the disclosure names its members and holds no figure),
    then each of its members, with time and memory limits of their own. `spool` is a folder of the caller's for their bytes:
    without it they are gone when the last pair has been yielded. `recipe_of` gives the recipe of a member by its sha256;
    else it is that of its archive. `said_of` gives what pages say of a member, by its archive's job, its label and its sha256.

    `idle` is called, about once a second, while the next document is waited for.

    Never raises for a document: a file over a limit or one that killed its worker gives a Disclosure with an error.
    """
    limits = limits or Limits()
    count = workers or os.cpu_count() or 1
    coming = iter(jobs)
    queue: deque[_Ticket] = deque()
    context = multiprocessing.get_context("spawn")  # Prefect runs threads: forking them is not safe
    with ExitStack() as stack:
        if spool is None:
            spool = Path(stack.enter_context(TemporaryDirectory(prefix="yusuan-members-")))
        pool = stack.enter_context(
            ProcessPool(
                max_workers=count, context=context, initializer=enter_worker,
                initargs=[limits.memory_mb, limits.size_mb],
            )
        )  # fmt: skip
        try:
            with deaf_to_interrupts():
                _ = pool.active  # starts the workers and the threads that replace them
            while True:
                # a few jobs ahead keep the workers busy; thousands of finished readings would fill the memory
                queue.extend(_Ticket(job) for job in islice(coming, max(0, AHEAD * count - len(queue))))
                if not queue:
                    return
                for ticket in islice(queue, AHEAD * count):
                    _schedule(pool, ticket, limits, spool)
                _wait_for(queue[0], idle)
                if _ended_from_outside(queue[0]):
                    queue[0].future, queue[0].again = None, True
                    continue
                ticket = queue.popleft()
                job, disclosure, members = _result(ticket, limits, spool, recipe_of, said_of)
                queue.extendleft(reversed(members))
                yield job, disclosure
        except BaseException:
            pool.stop()
            raise


def _wait_for(ticket: _Ticket, idle: Callable[[], object]) -> None:
    while ticket.future is not None and not ticket.future.done():
        wait([ticket.future], timeout=1.0)
        if not ticket.future.done():
            idle()


def _ended_from_outside(ticket: _Ticket) -> bool:
    """Whether its reader was told to end by somebody, for the first time."""
    if ticket.future is None or ticket.again:
        return False
    death = ticket.future.exception()
    return isinstance(death, ProcessExpired) and death.exitcode in TOLD_TO_END


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Threads and processes started meanwhile never see ctrl-C: it is for the run, who stops its workers itself.

    A worker could refuse it only after its imports, seconds after it was started; the mask is there from its first instruction.
    """
    resource_tracker.ensure_running()  # the first start of a process starts it, and unblocks the signal afterwards
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


AHEAD = 8
"""Jobs scheduled before the one that is waited for, a worker."""


def _schedule(pool: ProcessPool, ticket: _Ticket, limits: Limits, spool: Path) -> None:
    if ticket.future is not None or ticket.known is not None:
        return
    job = ticket.job
    assert job.path is not None
    try:
        size = job.path.stat().st_size
    except OSError as error:
        ticket.job, ticket.known = _unreadable(job, error.strerror or str(error))
        return
    if size > limits.size_mb << 20:
        message = (
            f"{job.file}: {size >> 20} MiB, more than the {limits.size_mb} MiB allowed; raise the limit to read it"
        )
        ticket.known = failed(job, "limit_size", message)
        return
    arguments = [str(job.path), job.file, job.recipe, str(spool), job.said, limits.seconds]
    ticket.future = pool.schedule(_read, args=arguments, timeout=HANGS_AFTER * limits.seconds)


def _unreadable(job: Job, why: str) -> tuple[Job, Disclosure]:
    """A document whose bytes could not be read from where they lie: nothing is known of it."""
    message = f"{job.file}: its bytes cannot be read from {job.path}: {why}"
    return replace(job, trouble=message), failed(job, "worker_died", message)


def _result(
    ticket: _Ticket,
    limits: Limits,
    spool: Path,
    recipe_of: Callable[[str], str] | None,
    said_of: SaidOfMember | None,
) -> tuple[Job, Disclosure, list[_Ticket]]:
    job = ticket.job
    if ticket.known is not None:
        return job, ticket.known, []
    assert ticket.future is not None
    try:
        answer, seconds = ticket.future.result()
        job = replace(job, seconds=round(seconds, 2))
        if answer.startswith('{"unreadable"'):
            return *_unreadable(job, json.loads(answer)["unreadable"]), []
        if not answer.startswith('{"members"'):
            return job, Disclosure.from_json(answer), []
        members = [
            _member(job, label, sha256, problem, spool, recipe_of, said_of)
            for label, sha256, problem in json.loads(answer)["members"]
        ]
        names = tuple(one.job.member or "" for one in members)
        return replace(job, members=names), _taken_apart(job, names), members
    except FutureTimeoutError:
        code, message = (
            "limit_time",
            f"not read within {HANGS_AFTER * limits.seconds:g} s by the clock: its reader hangs",
        )
    except MemoryError:
        code, message = "limit_memory", f"needs more than {limits.memory_mb} MiB; raise the limit to read it"
    except ProcessExpired as death:
        if death.exitcode == -signal.SIGPROF:
            within = f"not read within {limits.seconds:g} s of processor time; raise the limit to read it"
            return job, failed(job, "limit_time", f"{job.file}: {within}"), []
        if death.exitcode in TOLD_TO_END:
            told = f"its reader was ended from outside (signal {-death.exitcode}), twice; the next run reads it again"
            return job, failed(job, "worker_died", f"{job.file}: {told}"), []
        # a library in C++ or Rust that is refused memory aborts, the kernel kills the largest process
        starved = death.exitcode in (-signal.SIGABRT, -signal.SIGKILL)
        code = "limit_memory" if starved else "corrupt"
        within = f", allowed {limits.memory_mb} MiB" if starved else ""
        message = f"the reader died on it (exit code {death.exitcode}{within}); open it by hand"
    except ImportError:
        raise  # no document can cause that: the installation is broken, and no document may be blamed for it
    except Exception as fault:
        log.exception("extraction of %s failed", job.file, exc_info=fault)
        if "bad_alloc" in str(fault):  # how a library in C++ says MemoryError
            within = f"needs more than {limits.memory_mb} MiB; raise the limit to read it"
            return job, failed(job, "limit_memory", f"{job.file}: {within}"), []
        code, message = "corrupt", f"the extractor failed on it ({type(fault).__name__}: {fault}); open it by hand"
    return job, failed(job, cast(ErrorCode, code), f"{job.file}: {message}"), []


def _member(
    archive: Job, label: str, sha256: str, problem: tuple[ErrorCode, str] | None, spool: Path,
    recipe_of: Callable[[str], str] | None, said_of: SaidOfMember | None,
) -> _Ticket:  # fmt: skip
    recipe = recipe_of(sha256) if recipe_of and sha256 else archive.recipe
    said = said_of(archive, label, sha256) if said_of and sha256 else None
    job = Job(spool / sha256 if sha256 else None, f"{archive.file}!/{label}", recipe, sha256, label, said=said)
    if problem is not None:
        code, message = problem
        return _Ticket(job, known=failed(job, code, f"{job.file}: {message}"))
    if not sha256:
        return _Ticket(job, known=failed(job, "empty", f"{job.file}: the file holds nothing; download it again"))
    return _Ticket(job)


def _taken_apart(job: Job, members: tuple[str, ...]) -> Disclosure:
    """What stands for an archive that opened: no reader, no kind, no error, and a finding that names what it held."""
    sha256 = _sha256_of(job)
    named = ", ".join(members[:20]) + (", …" if len(members) > 20 else "")
    finding = Finding(
        check="ARCHIVE", severity=Severity.WARNING, origin=Origin.SOURCE, cells=(),
        message=f"{job.file}: an archive of {len(members)} files, each read as a document of its own: {named}",
    )  # fmt: skip
    document = Document(file=job.file, sha256=sha256, reader=None, kind=None, recipe=job.recipe)
    return Disclosure(document=document, findings=(finding,))
