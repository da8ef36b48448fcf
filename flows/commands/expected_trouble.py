"""What a person who typed a command can mend: found before a run is made of it where it can be, and told in one line."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from archive.errors import ArchiveError
from expectations.judging.bounds import BoundsError
from flows.choosing import NothingNamedError, choose, chosen_portals
from flows.home import House, WrongHouseError
from flows.portals.bounds import read_bounds
from flows.run_summary import NoSummaryError
from flows.services.up import ServiceError
from spiders.crawl import CrawlError
from spiders.portals import PortalError
from warehouse import RunLockedError, RunLockLostError, UnusableWarehouseError, Warehouse

EXPECTED: tuple[type[Exception], ...] = (
    ServiceError, RunLockedError, RunLockLostError, WrongHouseError, NothingNamedError, BoundsError, PortalError, CrawlError, NoSummaryError,
    UnusableWarehouseError, ArchiveError,
)  # fmt: skip
"""Errors whose message says what is wrong and what to do; no traceback makes them clearer."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def in_one_line(trouble: BaseException) -> str | None:
    """What a full disk or a server that is away says instead of a traceback; None for anything else.

    The whole chain of causes is asked: Prefect wraps what its client met.
    """
    seen: BaseException | None = trouble
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in NO_ROOM:
            place = f" ({seen.filename})" if seen.filename else ""
            return f"no room 磁盘已满: {seen.strerror}{place}; what was stored before stands: make room and run again"
        if (
            type(seen).__module__.partition(".")[0] in ("httpx", "httpcore")
            or type(seen).__name__ == "PrefectHTTPStatusError"
        ):
            server = os.environ.get("PREFECT_API_URL", "")
            return (
                f"the Prefect server {server} went away 服务已断开 ({type(seen).__name__}): what was read is stored, only Prefect does not know "
                "how the run ended; run again when it answers"
            )
        seen = seen.__cause__ or seen.__context__
    return None


def refuse_wrong(flow_name: str, house: House, parameters: Mapping[str, Any]) -> None:
    """Raise what the flow would raise for these parameters (PortalError, NothingNamedError), without a server and a run."""
    if flow_name == "nightly":
        wanted = chosen_portals(
            house, parameters.get("portals"), parameters.get("base_urls") or {}, parameters.get("from_register")
        )
        read_bounds(house, [portal.id for portal in wanted])
        return
    with Warehouse.open(house.database_url) as warehouse:
        choose(warehouse.migrate(), **{name: value for name, value in parameters.items() if name != "workers"})


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Prefect's log without tracebacks of expected errors: they are told in one line by who ran the flow."""

    def without_traceback(record: logging.LogRecord) -> bool:
        kind = record.exc_info[0] if record.exc_info else None
        if record.getMessage().startswith("View at"):  # a temporary server has no page to view
            return False
        if record.exc_info and record.exc_info[1] is not None and in_one_line(record.exc_info[1]) is not None:
            return False
        return not (kind is not None and issubclass(kind, (*EXPECTED, KeyboardInterrupt)))

    names = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")
    for name in names:
        logging.getLogger(name).addFilter(without_traceback)
    try:
        yield
    finally:
        for name in names:
            logging.getLogger(name).removeFilter(without_traceback)


@contextlib.contextmanager
def no_interrupt_is_lost() -> Iterator[None]:
    """A ctrl-C that Python drops is sent once more.

    Where it meets the main thread in a finaliser or the callback of a weak reference (SQLAlchemy and Prefect have many), Python can
    only print "Exception ignored" and go on: the run would go on, too, and the person wait.
    """
    before = sys.unraisablehook
    main = threading.main_thread().ident

    def again(dropped: sys.UnraisableHookArgs) -> None:
        if main is None or not issubclass(dropped.exc_type, KeyboardInterrupt):
            before(dropped)
            return
        timer = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))
        timer.daemon = True
        timer.start()

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before
