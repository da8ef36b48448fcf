"""The ten commonest causes, each from opening its item to its end by keys alone: at most three actions; `-s` prints actions and seconds.

An action is one key that chooses or decides, or one value typed. Each cause has a house of its own with a real file in it.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import docx
import openpyxl
import pytest

from archive.store import Archive
from budget.disclosure import Disclosure, Document
from budget.states import DocumentState, Reason
from flows.commands.review_page import rerun_here
from flows.home import House
from review.queue import ReviewQueue, Wanted
from tests.flows import review_house as made
from warehouse import Warehouse

CHROMIUM = Path("/usr/bin/chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="the wheel playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium"),
]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
MOST_ACTIONS = 3


def wrong_word() -> bytes:
    """A Word file of the sample portal in which one printed total was changed."""
    book = docx.Document(str(made.DOCUMENTS / "minzheng_2023.docx"))
    for row in book.tables[0].rows:
        cell = row.cells[-1]
        text = cell.text.strip().replace(",", "")
        if "总计" in row.cells[0].text and text:
            for run in cell.paragraphs[0].runs[1:]:
                run.text = ""
            cell.paragraphs[0].runs[0].text = str(Decimal(text) + Decimal("11.11"))
            break
    else:
        raise AssertionError("no total in the first table")
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def page_of(workbook: bytes) -> bytes:
    """The workbook's sheets as one page of the web."""
    tables = []
    for sheet in openpyxl.load_workbook(io.BytesIO(workbook), data_only=True):
        rows = ["".join(f"<td>{'' if v is None else v}</td>" for v in row) for row in sheet.iter_rows(values_only=True)]
        tables.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
    title = "2023年云岚市社会保险事业中心单位预算"
    return f"<html><head><meta charset=utf-8><title>{title}</title></head><body><h1>{title}</h1>{''.join(tables)}</body></html>".encode()


def damaged_zip() -> bytes:
    """A Word file of which the middle was never sent."""
    whole = (made.DOCUMENTS / "minzheng_2023.docx").read_bytes()
    assert zipfile.is_zipfile(io.BytesIO(whole))
    return whole[:2000] + b"\0" * 4000 + whole[6000:]


def right_workbook() -> bytes:
    return (made.DOCUMENTS / "shebaozhongxin_2023.xlsx").read_bytes()


@dataclass(frozen=True)
class Cause:
    """What waits, which keys decide it, and how its version (or, without one, its item) ends."""

    name: str
    keys: tuple[str, ...]
    ends: str
    file: str = ""
    data: Callable[[], bytes] | None = None


CAUSES = (
    Cause("a contradiction printed in a PDF", ("a", "Enter"), "loaded", "renshe.pdf", lambda: (made.DOCUMENTS / made.PRINTED_WRONG).read_bytes()),
    Cause("a contradiction in a workbook", ("a", "Enter"), "loaded", "shebao.xlsx", made.wrong_workbook),
    Cause("a wrong figure in a workbook", ("c", "=7793.81", "Enter"), "loaded", "shebao.xlsx", made.wrong_workbook),
    Cause("a contradiction in a Word file", ("a", "Enter"), "loaded", "minzheng.docx", wrong_word),
    Cause("a contradiction in a web page", ("a", "Enter"), "loaded", "shebao.html", lambda: page_of(made.wrong_workbook())),
    Cause("a file cut short", ("w", "Enter"), "decided", "cut.pdf", made.cut_pdf),
    Cause("a damaged file", ("w", "Enter"), "decided", "damaged.docx", damaged_zip),
    Cause("a file that could not be had", ("e", "Enter"), "decided"),
    Cause("a government's budget", ("g", "Enter"), "closed"),
    Cause("what an older program could not read", ("e", "Enter"), "loaded", "older.xlsx", right_workbook),
)  # fmt: skip


def wait(home: Path, cause: Cause) -> str:
    """Fill the house with what the cause is about; gives the item."""
    house = House.at(home)
    with Warehouse.open(house.database_url) as warehouse, Archive(house.archive) as archive:
        queue = ReviewQueue(warehouse.migrate())
        if cause.file.startswith("older"):
            assert cause.data is not None
            sha256 = archive.put(cause.data())
            queue.record_sightings([made.seen("http://127.0.0.1/older.xlsx", sha256, cause.name)])
            nothing = Document(kind=None, file=cause.file, sha256=sha256, reader="xlsx", recipe="r0")
            queue.store(Disclosure(document=nothing), state=DocumentState.IN_REVIEW, reason=Reason.NOTHING_READ)
        elif cause.data is not None:
            sha256 = archive.put(cause.data())
            queue.record_sightings([made.seen(f"http://127.0.0.1/{cause.file}", sha256, cause.name)])
            rerun_here(warehouse, archive, [sha256])
        elif cause.keys[0] == "g":
            queue.store(made.alike(1), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
        else:
            queue.record_sightings([made.seen("http://127.0.0.1/lost.pdf", None, cause.name)])
        (row,) = queue.list()
        return row.item_id


@pytest.fixture
def tab() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        opened = browser.new_page(locale="en-GB", viewport={"width": 1400, "height": 900})
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


@pytest.mark.parametrize("cause", CAUSES, ids=[one.name.replace(" ", "-") for one in CAUSES])
def test_a_cause_is_decided_by_keys_in_three_actions(cause: Cause, tmp_path: Path, tab: Any) -> None:
    item = wait(tmp_path / "home", cause)
    assert len(cause.keys) <= MOST_ACTIONS
    with made.served(tmp_path / "home") as served:
        began = time.monotonic()
        tab.goto(f"{served.address}/item/{item}")
        tab.locator("#state").wait_for()
        for key in cause.keys:
            if key.startswith("="):
                tab.keyboard.type(key[1:])
            else:
                tab.keyboard.press(key)
        if cause.ends == "loaded":
            sync_api.expect(tab.locator("#state .version.loaded")).to_be_visible(timeout=60_000)
        else:
            sync_api.expect(tab.locator(f"#state .state.{cause.ends}")).to_be_visible(timeout=60_000)
        assert tab.locator(".refused").count() == 0
        print(f"{cause.name}: {len(cause.keys)} actions, {time.monotonic() - began:.1f} s to {cause.ends}")
        assert [one.action for one in served.queue.show(item).decisions] != []


def test_a_form_that_fails_alike_is_decided_for_forty_documents_in_three_actions(tmp_path: Path, tab: Any) -> None:
    house = House.at(tmp_path / "home")
    with Warehouse.open(house.database_url) as warehouse:
        queue = ReviewQueue(warehouse.migrate())
        for number in range(40):
            queue.store(made.alike(number), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
    with made.served(tmp_path / "home") as served:
        (group,) = served.queue.groups(Wanted())
        began = time.monotonic()
        tab.goto(f"{served.address}/group?cause={quote(group.cause)}")
        tab.locator("#note").wait_for()
        tab.keyboard.press("Enter")  # shows what it would change
        sync_api.expect(tab.locator(".sure")).to_contain_text("40")
        tab.keyboard.press("Enter")
        sync_api.expect(tab.locator(".done").first).to_contain_text("40")
        print(f"a form that fails alike in 40 documents: 2 actions, {time.monotonic() - began:.1f} s to decided")
        assert {row.state for row in served.queue.list(state=None)} == {"decided"} or served.queue.list() == []
