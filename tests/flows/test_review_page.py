"""The review page as a person drives it: by keys in a real browser, on real documents, alone and with somebody else."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from budget.states import DocumentState

CHROMIUM = Path("/usr/bin/chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="the wheel playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium"),
]

_spec = importlib.util.spec_from_file_location("review_house", Path(__file__).with_name("review_house.py"))
assert _spec is not None and _spec.loader is not None
house: Any = importlib.util.module_from_spec(_spec)
sys.modules["review_house"] = house
_spec.loader.exec_module(house)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home: Path = tmp_path_factory.mktemp("house")
    house.fill(home, many=45)
    return home


@pytest.fixture
def page_of_house(filled: Path, tmp_path: Path) -> Iterator[Any]:
    """A page over a copy of the house, so that every test decides on the same items."""
    shutil.copytree(filled, tmp_path / "home")
    with house.served(tmp_path / "home") as served:
        yield served


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Any]:
    """A tab that fails the test when a script of a document ran, or the page broke one of its own rules."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1400, "height": 900})
    context.set_default_timeout(20_000)
    wrong: list[str] = []
    opened = context.new_page()
    opened.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    yield opened
    context.close()
    assert wrong == []


def loaded(tab: Any) -> None:
    """Wait until the page says, without being loaded again, that the document was read and is loaded."""
    sync_api.expect(tab.locator("#state .version")).to_contain_text("loaded", timeout=60_000)


def test_a_published_contradiction_is_accepted_by_two_keys_and_taken_back_by_two(page_of_house: Any, tab: Any) -> None:
    item = page_of_house.item("20730.94")
    tab.goto(f"{page_of_house.address}/item/{item}")
    tab.locator("rect.suspect").wait_for()
    tab.keyboard.press("a")
    tab.keyboard.press("Enter")
    loaded(tab)
    rows = page_of_house.warehouse.rows
    assert rows("SELECT raw, corrected FROM facts_current WHERE raw = '20730.94'") == [
        {"raw": "20730.94", "corrected": 0}
    ]
    assert rows("SELECT check_id FROM publisher_discrepancies") != []
    tab.keyboard.press("u")
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator("#state .state").first).to_contain_text("Open", timeout=60_000)
    assert rows("SELECT raw FROM facts_current") == []


def test_a_cell_that_is_printed_so_is_corrected_only_after_a_second_look_and_stays_in_sight(
    page_of_house: Any, tab: Any
) -> None:
    item = page_of_house.item("20730.94")
    tab.goto(f"{page_of_house.address}/item/{item}")
    tab.locator("rect.suspect").wait_for()
    tab.keyboard.press("c")
    tab.keyboard.type("7825.53")
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator(".refused")).to_contain_text("both readers read '20730.94'")
    assert page_of_house.queue.show(item).decisions == ()
    assert tab.locator('#decide-correct input[name="value"]').input_value() == "7825.53", "what was typed is kept"
    tab.locator('#decide-correct input[name="second_look"]').fill("李复核")
    tab.keyboard.press("Enter")
    loaded(tab)
    (told,) = page_of_house.warehouse.rows("SELECT raw, corrected_raw, amount_wan FROM corrections_current")
    assert told == {"raw": "20730.94", "corrected_raw": "7825.53", "amount_wan": Decimal("7825.53")}
    contradictions = page_of_house.warehouse.rows(
        "SELECT left_value, right_value, message FROM publisher_discrepancies"
    )
    assert ("20730.94", "7825.53") in {(one["left_value"], one["right_value"]) for one in contradictions}


def test_a_workbook_shows_its_table_with_the_suspected_cell_and_is_corrected(page_of_house: Any, tab: Any) -> None:
    item = page_of_house.item("7840.33")
    tab.goto(f"{page_of_house.address}/item/{item}")
    suspect = tab.locator("td.suspect").first
    suspect.wait_for()
    printed = suspect.inner_text()
    suspect.click()
    assert tab.locator("#cell").input_value() == suspect.get_attribute("data-cell")
    tab.keyboard.type("7829.22" if printed.replace(",", "") == "7840.33" else "7840.33")
    tab.locator('#decide-correct input[name="second_look"]').fill("李复核")
    tab.keyboard.press("Enter")
    tab.locator("#state .progress.done").wait_for(timeout=60_000)
    decision = page_of_house.queue.show(item).decisions[-1]
    assert decision.action == "correct" and decision.cell is not None
    assert decision.cell.read == printed


def test_forty_documents_of_one_form_are_decided_together_after_a_preview_and_undone(
    page_of_house: Any, tab: Any
) -> None:
    tab.goto(f"{page_of_house.address}/queue")
    group = tab.locator(".groups a").first
    sync_api.expect(group).to_contain_text("45")
    group.click()
    tab.locator("#note").wait_for()
    tab.locator('input[name="item"]').first.uncheck()
    tab.locator("#note").focus()
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator(".sure")).to_contain_text("44")
    sync_api.expect(tab.locator("tbody tr").nth(1)).to_contain_text("accepts HIE-01 × 1; 2 figures load")
    assert all(row.state == "open" for row in page_of_house.queue.list(state=None) if row.check == "HIE-01")
    tab.locator("#note").focus()
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator(".done").first).to_contain_text("44")
    decided = [row for row in page_of_house.queue.list(state=None) if row.check == "HIE-01" and row.state != "open"]
    assert len(decided) == 44
    tab.keyboard.press("u")
    sync_api.expect(tab.locator(".done").first).to_contain_text("44")
    made = page_of_house.queue.show(decided[0].item_id).decisions
    assert [one.action for one in made] == ["accept", "undo"]


def test_keys_walk_the_queue_open_an_item_and_go_on_to_the_next(page_of_house: Any, tab: Any) -> None:
    tab.goto(f"{page_of_house.address}/queue?check=HIE-01")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    tab.keyboard.press("k")
    tab.keyboard.press("Enter")
    tab.locator("#decide-reject").wait_for()
    first = tab.url
    tab.keyboard.press("r")
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator("#state .state").first).to_contain_text("Closed")
    tab.keyboard.press("n")
    tab.wait_for_url(lambda url: "/item/" in url and url.split("?")[0] != first.split("?")[0])
    assert "check=HIE-01" in tab.url, "the filter goes on"
    assert page_of_house.warehouse.count_states()[DocumentState.REJECTED] == 1


def test_of_two_people_at_one_item_the_second_is_told_what_the_first_decided(
    page_of_house: Any, tab: Any, chromium: Any
) -> None:
    item = page_of_house.queue.list()[3].item_id
    other = chromium.new_context(locale="zh-CN").new_page()
    for one in (tab, other):
        one.goto(f"{page_of_house.address}/item/{item}")
        one.locator("#decide-reject").wait_for()
    other.keyboard.press("r")
    other.keyboard.press("Enter")
    sync_api.expect(other.locator("#state .state").first).to_contain_text("已关闭")
    tab.keyboard.press("a")
    tab.keyboard.press("Enter")
    sync_api.expect(tab.locator(".refused")).to_contain_text("since you looked")
    sync_api.expect(tab.locator(".refused")).to_contain_text("decided reject")
    assert [one.action for one in page_of_house.queue.show(item).decisions] == ["reject"]
    other.context.close()


def test_what_documents_say_is_text_in_every_place_and_runs_nowhere(page_of_house: Any, tab: Any) -> None:
    item = page_of_house.queue.list(stage="download")[0].item_id
    page_of_house.queue.note(item, house.HOSTILE, by=house.HOSTILE)
    many = next(row.item_id for row in page_of_house.queue.list() if row.check == "HIE-01")
    page_of_house.queue.claim(many, house.HOSTILE)
    for path in (
        "/queue",
        f"/item/{item}",
        f"/item/{many}",
        "/group?check=HIE-01",
        "/people",
        "/rules",
        f"/queue?text={house.HOSTILE}",
    ):
        tab.goto(page_of_house.address + path)
        tab.wait_for_load_state("networkidle")
        assert tab.locator("main img, main script").count() == 0, path
    tab.goto(f"{page_of_house.address}/item/{item}")
    sync_api.expect(tab.locator(".history")).to_contain_text("<script>alert(1)</script>")
