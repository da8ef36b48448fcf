"""The search for cycles of references, put off while very many small objects are made that hold none.

A document is hundreds of thousands of cells, places and facts, a judged batch millions of terms. Python looks through all of them again and again for cycles
while they are made: a fifteenth of the time of reading a document, and half of that of loading one from JSON.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Makers:
    """How many are at work in the threads of this process, and whether the search ran when the first began."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.at_work = 0
        self.search_ran = True


_MAKERS = _Makers()


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """No search for cycles until the last one at work in the process ends; then it goes on as it was before the first.

    Cycles made meanwhile wait for the next search.
    """
    with _MAKERS.lock:
        if not _MAKERS.at_work:
            _MAKERS.search_ran = gc.isenabled()
            gc.disable()
        _MAKERS.at_work += 1
    try:
        yield
    finally:
        with _MAKERS.lock:
            _MAKERS.at_work -= 1
            if not _MAKERS.at_work and _MAKERS.search_ran:
                gc.enable()
