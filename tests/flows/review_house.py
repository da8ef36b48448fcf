"""A house with documents that wait, and its review page on a loopback port: what the tests of the page stand on.

`python -m tests.flows.review_house FOLDER` makes one to look at with `yusuan review serve --home FOLDER`.
"""

from __future__ import annotations

import contextlib
import io
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import uvicorn
from fastapi import FastAPI

from archive.store import Archive
from budget.disclosure import Disclosure, Document, Fact, Finding, FindingCell, Row, Statement
from budget.sightings import Sighting
from budget.states import DocumentState, Origin, Reason, Severity
from flows.commands.review_page import needs_of, rerun_here
from flows.home import House
from review.page.app import Door, create_app
from review.queue import ReviewQueue
from warehouse import Warehouse

DOCUMENTS = Path(__file__).parents[2] / "spiders" / "sample_portal" / "documents"
PRINTED_WRONG = "gaoxin_renshe_2023.pdf"
"""It prints 支出总计 20730.94 where every sum says 7825.53."""
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def wrong_workbook() -> bytes:
    """A workbook of the sample portal in which one printed amount was changed."""
    book = openpyxl.load_workbook(DOCUMENTS / "shebaozhongxin_2023.xlsx")
    cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
    for cell in cells:
        if isinstance(cell.value, int | float) and cell.value > 100:
            cell.value = float(Decimal(str(cell.value)) + Decimal("11.11"))
            break
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def cut_pdf() -> bytes:
    """A file whose end was never sent."""
    return (DOCUMENTS / "minzheng_2024.pdf").read_bytes()[:20000]


def seen(url: str, sha256: str | None, title: str) -> Sighting:
    """The sighting of a file, or of one that could not be had."""
    more = {} if sha256 else {"reason": Reason.HTTP_ERROR, "detail": f"HTTP 404 {HOSTILE}"}
    return Sighting(
        portal="sample", family="shtml", list_url="http://127.0.0.1/l/", article_url="http://127.0.0.1/1", article_title=title,
        url=url, sha256=sha256, outcome="archived" if sha256 else "failed", seen_at=datetime(2026, 1, 1, tzinfo=UTC), **more,
    )  # fmt: skip


def fill(home: Path, many: int = 0) -> None:
    """The wrong PDF, the wrong workbook, the cut file and a lost one; and `many` small documents that fail alike."""
    house = House.at(home)
    with Warehouse.open(house.database_url) as warehouse, Archive(house.archive) as archive:
        warehouse.migrate()
        queue = ReviewQueue(warehouse)
        files = {
            "renshe.pdf": (DOCUMENTS / PRINTED_WRONG).read_bytes(), "shebao.xlsx": wrong_workbook(), "cut.pdf": cut_pdf(),
        }  # fmt: skip
        shas = {name: archive.put(data) for name, data in files.items()}
        queue.record_sightings(
            [seen(f"http://127.0.0.1/{name}", sha256, f"{name} {HOSTILE}") for name, sha256 in shas.items()]
        )
        queue.record_sightings([seen("http://127.0.0.1/lost.pdf", None, f"某局2024年部门预算 {HOSTILE}")])
        rerun_here(warehouse, archive, list(shas.values()))
        for number in range(many):
            queue.store(alike(number), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)


def alike(number: int) -> Disclosure:
    """One of many documents in which the same form does not add up."""
    statement = Statement(
        id="t01", kind="expenditure_summary", title="部门支出总表", unit="万元", columns=(("项目",), ("合计",)),
        rows=(Row(cells=("基本支出", "1.00")), Row(cells=("合计", "2.00"))), declared_empty=False,
    )  # fmt: skip
    facts = tuple(
        Fact(
            id=f"f{row}", statement_id="t01", kind=statement.kind, row=row, col=1, column=("合计",), code="", name=name,
            role=role, measure="total", raw=raw, amount=raw, at=None,  # type: ignore[arg-type]
        )
        for row, (name, raw, role) in enumerate((("基本支出", "1.00", "item"), ("合计", "2.00", "grand_total")))
    )  # fmt: skip
    finding = Finding(
        check="HIE-01", severity=Severity.ERROR, origin=Origin.PUBLISHER, message=f"HIE-01 合计 2.00 ≠ 1.00 {HOSTILE}",
        cells=(FindingCell(fact_id="f1", raw="2.00"), FindingCell(fact_id="f0", raw="1.00")), statement_id="t01",
        left="2.00", right="1.00", difference="1.00",
    )  # fmt: skip
    document = Document(
        file=f"{number}.xlsx", sha256=f"{number:08x}" + "a" * 56, reader="xlsx", kind="unit_budget", agency=f"第{number}局",
        region="云岚市", fiscal_year=2024, title=f"第{number}局2024年单位预算 {HOSTILE}", recipe="r1",
    )  # fmt: skip
    return Disclosure(document=document, statements=(statement,), facts=facts, findings=(finding,))


@dataclass
class Served:
    """A page that is served."""

    address: str
    warehouse: Warehouse
    queue: ReviewQueue

    def item(self, of: str) -> str:
        """The open item whose summary or title holds this text."""
        (row,) = [one for one in self.queue.list(state=None) if of in f"{one.summary} {one.title} {one.check}"]
        return row.item_id


@contextlib.contextmanager
def served(home: Path, door: Door | None = None) -> Iterator[Served]:
    """The page of a house, in this process, on a free loopback port."""
    house = House.at(home)
    with (
        Warehouse.open(house.database_url) as warehouse,
        needs_of(house, warehouse.migrate()) as needs,
        listening(create_app(warehouse, needs, door)) as address,
    ):
        yield Served(address, warehouse, ReviewQueue(warehouse, None, needs.second_reading))


@contextlib.contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The application on a free loopback port; gives its address."""
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", proxy_headers=False, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        bound.close()


if __name__ == "__main__":
    fill(Path(sys.argv[1]), many=int(sys.argv[2]) if len(sys.argv) > 2 else 40)
