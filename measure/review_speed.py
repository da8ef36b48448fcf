"""How fast the review page answers: `python -m measure.review_speed [ITEMS] [--home FOLDER]`.

Makes a warehouse with that many open items (default 20,000) in a temporary folder, serves the page in this process, and prints
milliseconds (median and worst of 15) of the queue, a filter, a later page, a search and an item, each also as a ratio to the
login page, which asks the warehouse nothing. With `--home` the items of that house are measured as they are, page pictures too.
"""

from __future__ import annotations

import argparse
import resource
import socket
import statistics
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import uvicorn

from budget.disclosure import Disclosure, Document, Fact, Finding, FindingCell, Row, Statement
from budget.states import DocumentState, Origin, Reason, Severity
from flows.commands.review_page import needs_of
from flows.home import House
from review.page.app import create_app
from review.queue import ReviewQueue
from warehouse import Warehouse

TIMES = 15
CHECKS = ("BAL-01", "BAL-05", "HIE-01", "XRF-02", "EMP-02")
REGIONS = 120


def waiting(number: int) -> Disclosure:
    """A small document with one contradiction; region, year and check vary."""
    statement = Statement(
        id="t01", kind="expenditure_summary", title="部门支出总表", unit="万元", columns=(("项目",), ("合计",)),
        rows=(Row(cells=("基本支出", "1.00")), Row(cells=("合计", "2.00"))), declared_empty=False,
    )  # fmt: skip
    fact = Fact(
        id="f1", statement_id="t01", kind=statement.kind, row=1, col=1, column=("合计",), code="", name="合计",
        role="grand_total", measure="total", raw="2.00", amount="2.00", at=None,
    )  # fmt: skip
    check = CHECKS[number % len(CHECKS)]
    finding = Finding(
        check=check, severity=Severity.ERROR, origin=Origin.PUBLISHER, message=f"{check} 合计 2.00 ≠ 1.00",
        cells=(FindingCell(fact_id="f1", raw="2.00"),), statement_id="t01", left="2.00", right="1.00", difference="1.00",
    )  # fmt: skip
    document = Document(
        file=f"{number}.xlsx", sha256=f"{number:064x}"[::-1], reader="xlsx", kind="unit_budget", agency=f"第{number}局",
        region=f"第{number % REGIONS}县", fiscal_year=2019 + number % 6, title=f"第{number}局单位预算", recipe="r1",
    )  # fmt: skip
    return Disclosure(document=document, statements=(statement,), facts=(fact,), findings=(finding,))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("items", nargs="?", type=int, default=20_000)
    parser.add_argument("--home", type=Path)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = House.at(told.home or folder)
        with Warehouse.open(house.database_url) as warehouse:
            queue = ReviewQueue(warehouse.migrate())
            if told.home is None:
                began = time.monotonic()
                for number in range(told.items):
                    queue.store(waiting(number), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
                print(f"{told.items} items stored in {time.monotonic() - began:.0f} s")
            with needs_of(house, warehouse) as needs:
                _measure(queue, create_app(warehouse, needs))


def _measure(queue: ReviewQueue, app: object) -> None:
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))  # type: ignore[arg-type]
    threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True).start()
    while not server.started:
        time.sleep(0.02)
    rows = queue.list(limit=2000)
    paged = next((row for row in rows if row.sha256 and (queue.show(row.item_id).version or {}).get("pages")), rows[0])
    item = f"/item/{paged.item_id}"
    asked = {
        "login (asks nothing)": "/login", "queue": "/queue", "queue, most figures first": "/queue?sort=frees",
        "queue, filtered": "/queue?fiscal_year=2021&check=BAL-05", "queue, page 300": "/queue?page=300",
        "queue, search": "/queue?text=%E7%AC%AC77", "item": item, "item's page with picture": f"{item}/page/1",
    }  # fmt: skip
    empty = None
    for name, path in asked.items():
        taken = [_milliseconds(f"http://127.0.0.1:{bound.getsockname()[1]}{path}") for _ in range(TIMES)]
        median = statistics.median(taken)
        empty = empty or median
        print(f"{name:28} median {median:7.1f} ms  worst {max(taken):7.1f} ms  {median / empty:6.1f} × the login page")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")
    server.should_exit = True


def _milliseconds(address: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(address, timeout=60) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
