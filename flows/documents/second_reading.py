"""The second reading: the same bytes, another reader. In worker processes, because every downloaded byte is hostile.

expectations/ never opens a file; it gets a callable. PDF pages are read again by stock pdfplumber, which shares no code with the
first reader, and scanned ones by recognition of a finer picture; for other formats there is no second reader and the answer is
None (cannot say). So it is for a page that takes too long, too much memory, or kills its worker.
"""

from __future__ import annotations

import atexit
import json
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import lru_cache
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from archive.file_kinds import GLANCE_BYTES, FileKind, glance
from budget.disclosure import PagePlace, Place
from extract.reading import UnreadableError
from flows.documents.workers import Limits, deaf_to_interrupts, enter_worker

log = logging.getLogger("yusuan.second_reading")

SecondReading = Callable[[str, Place], str | None]
Box = tuple[float, float, float, float]

SECONDS_A_PAGE = 60.0
"""stock pdfplumber takes a quarter of a second for a page; one of thousands of curves, many."""
MOST_WORKERS = 2
"""It is asked for a few pages of a batch: more would be started and stand idle."""
PAGES_A_WORKER = 200
"""Then another takes its place, and with it goes whatever a parser has kept."""


# --------------------------------------------------------------------------- the workers

_starting = threading.RLock()
"""Held while a pool is started, stopped or given a question: a night asks from several threads at once."""
_pools: list[ProcessPool] = []
"""The one pool of this process, started when it is first asked: a batch asks for few pages, and a start takes a second."""


def ask(function: Callable[..., Any], *arguments: object, seconds: float) -> ProcessFuture:
    """Call a function of this module in a worker, with a time and a memory limit."""
    with _starting:
        if not _pools or not _pools[0].active:
            stop_readers()
            limits = Limits()
            pool = ProcessPool(
                max_workers=min(MOST_WORKERS, os.cpu_count() or 1), max_tasks=PAGES_A_WORKER,
                context=multiprocessing.get_context("spawn"), initializer=enter_worker,
                initargs=[limits.memory_mb, limits.size_mb],
            )  # fmt: skip
            with deaf_to_interrupts():
                _ = pool.active
            _pools.append(pool)
        return _pools[0].schedule(function, args=list(arguments), timeout=seconds)


def answer(future: ProcessFuture, what: str) -> str | None:
    """What the worker answered, JSON; None, with a line in the log, when it ran out of time or memory or died.

    Raises FileNotFoundError when the bytes it was to read are gone: that says nothing about them.
    """
    try:
        said: str | None = future.result()
        return said
    except (FutureTimeoutError, ProcessExpired, MemoryError) as trouble:
        log.warning("no second reading of %s: %s: %s", what, type(trouble).__name__, trouble)
        return None
    except (ImportError, FileNotFoundError):
        raise  # no document can cause that: the installation is broken, or its bytes were taken away before they were read
    except Exception as fault:  # noqa: BLE001 - whatever a parser stumbles over: the second reader cannot say, and that is told
        log.warning("no second reading of %s: %s: %s", what, type(fault).__name__, fault)
        return None
    except BaseException:
        stop_readers()
        raise


@atexit.register
def stop_readers() -> None:
    """End the workers; the next question starts new ones."""
    with _starting:
        while _pools:
            pool = _pools.pop()
            pool.stop()
            pool.join()


# --------------------------------------------------------------------------- what is asked


def second_reader(paths: Mapping[str, Path], seconds: float = SECONDS_A_PAGE) -> SecondReading:
    """A second reader of the files in `paths` (sha256 → where its bytes lie). A page is read once, however often asked."""

    @lru_cache(maxsize=64)
    def page_of(sha256: str, number: int) -> list[tuple[Box, str]] | None:
        with paths[sha256].open("rb") as file:
            if glance(file.read(GLANCE_BYTES)) is not FileKind.PDF:
                return None
        question = ask(cells_on_page, str(paths[sha256]), number, seconds=seconds)
        found = answer(question, f"{sha256[:12]} page {number}")
        return None if found is None else [(tuple(box), text) for box, text in json.loads(found)]

    def read(sha256: str, place: Place) -> str | None:
        if sha256 not in paths or not isinstance(place, PagePlace):
            return None
        cells = page_of(sha256, place.page)
        return None if cells is None else _text_at(cells, place)

    return read


def _text_at(cells: list[tuple[Box, str]], place: PagePlace) -> str | None:
    """The text of the smallest ruled cell that holds the middle of the place; None when no table of the second reader does."""
    x0, top, x1, bottom = place.bbox
    x, y = (x0 + x1) / 2, (top + bottom) / 2
    holding = [((c - a) * (d - b), text) for (a, b, c, d), text in cells if a <= x <= c and b <= y <= d]
    return min(holding)[1] if holding else None


# --------------------------------------------------------------------------- in the worker


def cells_on_page(path: str, number: int) -> str | None:
    """The cells of a page, as JSON: `[[box, text], …]`; None when it cannot be read. A page without any text is recognised."""
    from extract.readers import pdfplumber_pages, scan

    data = Path(path).read_bytes()
    try:
        printed = pdfplumber_pages.has_text(data, number)
        grids = (pdfplumber_pages if printed else scan).second_reading(data, number)
    except UnreadableError as trouble:
        log.warning("no second reading of %s page %d: %s", Path(path).name[:12], number, trouble.message)
        return None
    return json.dumps(
        [(cell.at.bbox, cell.text) for grid in grids for cell in grid.cells if isinstance(cell.at, PagePlace)]
    )


def texts_on_pages(path: str, boxes: dict[int, list[Box]]) -> str:
    """What the second reader reads in the boxes of some pages, as JSON: `{page: [text, …]}`; unreadable pages are left out."""
    from extract.readers.pdfplumber_pages import texts_in_boxes

    data = Path(path).read_bytes()
    found = {}
    for page, places in boxes.items():
        try:
            found[page] = texts_in_boxes(data, page, places)
        except UnreadableError as trouble:
            log.warning("no second reading of %s page %d: %s", Path(path).name[:12], page, trouble.message)
    return json.dumps(found)
