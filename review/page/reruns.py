"""Decisions are followed by a rerun of just their documents, one after the other in a thread; the page asks how far it is."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from review.queue import Rerun

log = logging.getLogger("yusuan.review")
AT_ONCE = 50
"""Documents decided while another rerun was under way are read together, up to so many: a run has a price of its own."""
KEPT = 10_000
"""Documents whose rerun is remembered; older ones are in the warehouse anyway."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rerun of a document is; `seconds` since it was asked for."""

    state: Literal["waiting", "running", "done", "failed"]
    message: str
    seconds: float

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed")


class Reruns:
    """`Rerun` as the queue wants it, that gives back at once. `progress` says what became of it."""

    def __init__(self, rerun: Rerun) -> None:
        self._rerun = rerun
        self._asked: queue.SimpleQueue[tuple[str, ...] | None] = queue.SimpleQueue()
        self._known: dict[str, tuple[Literal["waiting", "running", "done", "failed"], str, float, float | None]] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="review-rerun", daemon=True)
        self._thread.start()

    def __call__(self, sha256s: Sequence[str], /) -> None:
        asked = tuple(sha256s)
        self._note(asked, "waiting", "")
        self._asked.put(asked)

    def progress(self, sha256: str) -> Progress | None:
        """None when no rerun of it was asked for here."""
        with self._lock:
            known = self._known.get(sha256)
        if known is None:
            return None
        state, message, asked_at, ended_at = known
        return Progress(state, message, (ended_at or time.monotonic()) - asked_at)

    def close(self) -> None:
        """End after what is under way."""
        self._asked.put(None)
        self._thread.join(timeout=60)

    def _note(
        self, shas: tuple[str, ...], state: Literal["waiting", "running", "done", "failed"], message: str
    ) -> None:
        now = time.monotonic()
        with self._lock:
            for sha256 in shas:
                asked_at = now if state == "waiting" else self._known.get(sha256, ("", "", now, None))[2]
                self._known.pop(sha256, None)
                self._known[sha256] = (state, message, asked_at, now if state in ("done", "failed") else None)
            while len(self._known) > KEPT:
                self._known.pop(next(iter(self._known)))

    def _next(self) -> tuple[str, ...] | None:
        """What was asked for since, together; None when the page closes. A decision on a form names no document of its own."""
        first = self._asked.get()
        if first is None:
            return None
        together = list(first)
        while together and len(together) < AT_ONCE:
            try:
                asked = self._asked.get_nowait()
            except queue.Empty:
                break
            if asked is None:
                self._asked.put(None)  # read these, then end
                break
            together += asked
        return tuple(dict.fromkeys(together))

    def _work(self) -> None:
        while (shas := self._next()) is not None:
            self._note(shas, "running", "")
            try:
                self._rerun(shas)
            except Exception as fault:
                # the decision is kept: the next run follows it, and the person is told now
                log.exception("the rerun after a decision failed")
                self._note(shas, "failed", f"{type(fault).__name__}: {fault}")
            else:
                self._note(shas, "done", "")
