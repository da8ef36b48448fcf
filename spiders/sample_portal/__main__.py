"""`python -m spiders.sample_portal [--host 127.0.0.1] [--port 8642] [--delay SECONDS]`: the sample portal until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from spiders.sample_portal.server import SamplePortal


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted or terminated. Returns 0, or 1 when the port is taken."""
    parser = argparse.ArgumentParser(
        prog="yusuan sample-portal", description="A sample government portal, on loopback only."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8642, help="0 takes any free port")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds to wait before each answer")
    options = parser.parse_args(arguments)
    portal = SamplePortal(delay_seconds=options.delay)
    try:
        portal.start(options.host, options.port)
    except (OSError, OverflowError) as error:  # a port beyond 65535 overflows
        print(f"cannot listen on {options.host}:{options.port}: {error}; choose another --port", file=sys.stderr)
        return 1
    ended = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: ended.set())
    print(f"sample portal: {portal.list_url}  (Ctrl-C ends it)", flush=True)
    ended.wait()
    portal.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
