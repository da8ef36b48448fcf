"""The review page under attack: forged forms, other hosts, paths, guessing, forged headers, deciding twice."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from archive.store import Archive
from budget.disclosure import DocumentKind
from budget.states import DocumentState, Origin, Reason
from flows.documents.page_pictures import PagePictures
from flows.home import House
from review.page.app import Door, OpenDoorError, router
from review.page.needs import NoPictureError
from review.page.people import LOGIN_TRIES, People, UsersFileError, password_line
from review.page.wording import in_language, words
from review.queue import ReviewQueue
from review.stages import Stage
from warehouse import Warehouse

_spec = importlib.util.spec_from_file_location("review_house_attacked", Path(__file__).with_name("review_house.py"))
assert _spec is not None and _spec.loader is not None
house: Any = importlib.util.module_from_spec(_spec)
sys.modules["review_house_attacked"] = house
_spec.loader.exec_module(house)
PASSWORD = "correct horse 电池"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A house with three small documents that wait; nothing has to be read for it."""
    place = House.at(tmp_path / "home")
    with Warehouse.open(place.database_url) as warehouse:
        queue = ReviewQueue(warehouse.migrate())
        for number in range(3):
            queue.store(house.alike(number), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED)
    return place.home


@pytest.fixture
def users(tmp_path: Path) -> Path:
    kept = tmp_path / "users.toml"
    line = password_line(PASSWORD)
    kept.write_text(
        f'[wang]\nrole = "decide"\npassword = "{line}"\n[li]\nrole = "read"\npassword = "{line}"\n[zu]\nrole = "rules"\n',
        "utf-8",
    )
    return kept


@pytest.fixture
def page(home: Path) -> Iterator[Any]:
    with house.served(home) as served:
        yield served


@pytest.fixture
def locked(home: Path, users: Path) -> Iterator[Any]:
    with house.served(home, Door(people=People(users))) as served:
        yield served


def token(client: httpx.Client, path: str = "/queue") -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def log_in(client: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return client.post(
        "/login", data={"csrf": token(client, "/login"), "name": name, "password": password, "to": "/queue"}
    )


def decide(client: httpx.Client, item: str, csrf: str, **more: str) -> httpx.Response:
    fields = {"csrf": csrf, "action": "reject", "note": "x", "seen_no": "0", **more}
    return client.post(f"/item/{item}/decide", data=fields, headers={"accept": "application/json"})


def test_every_form_is_refused_without_the_token_of_its_session(page: Any) -> None:
    (item, *_) = [row.item_id for row in page.queue.list()]
    posts = [route.path for route in router.routes if "POST" in getattr(route, "methods", ())]
    assert len(posts) >= 7
    with httpx.Client(base_url=page.address) as client:
        good = token(client, f"/item/{item}")
        for path in posts:
            address = path.format(item_id=item, bulk_id="b-1", rule_id="q-1", what="confirm")
            assert client.post(address, data={"action": "reject", "note": "x"}).status_code == 403, path
            assert client.post(address, data={"csrf": "0" * 64, "note": "x"}).status_code == 403, path
            forged = client.post(
                address, data={"csrf": good, "note": "x"}, headers={"origin": "http://elsewhere.example"}
            )
            assert forged.status_code == 403, path
        with httpx.Client(base_url=page.address) as other:
            token(other, f"/item/{item}")
            assert decide(other, item, good).status_code == 403, "the token of another session"
        assert page.queue.show(item).decisions == ()
        assert decide(client, item, good).status_code == 200


def test_a_page_elsewhere_whose_name_points_here_is_not_answered(page: Any) -> None:
    with httpx.Client(base_url=page.address) as client:
        answer = client.get("/queue", headers={"host": "budget.example:8650"})
        assert (answer.status_code, "HIE-01" in answer.text) == (421, False)


def test_every_answer_forbids_scripts_frames_and_guessing_of_types(page: Any) -> None:
    with httpx.Client(base_url=page.address) as client:
        for path in ("/queue", "/static/page.js", "/nowhere", "/api/items", "/login"):
            headers = client.get(path).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy, path
            assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY", path
        assert re.search(r"<script(?! src=\"/static/)|<[a-z][^>]*\s(on\w+|style)=", client.get("/queue").text) is None


@pytest.mark.parametrize(
    "path",
    [
        "/original/../../etc/passwd", "/original/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/original/" + "a" * 63, "/original/" + "A" * 64,
        "/original/" + "b" * 64, "/picture/" + "b" * 64 + "/1.png", "/picture/../../x/1.png", "/static/../app.py",
        "/static/%2e%2e/app.py", "/item/R-%", "/item/..%2f..", "/item/R-1' OR '1'='1",
    ],
)  # fmt: skip
def test_no_path_leads_out(page: Any, path: str) -> None:
    with httpx.Client(base_url=page.address) as client:
        answer = client.get(path)
        assert answer.status_code == 404, answer.text[:200]
        assert "root:" not in answer.text


def test_an_original_is_only_ever_saved(home: Path) -> None:
    with Archive(House.at(home).archive) as archive:
        sha256 = archive.put(b"<html><script>alert(1)</script>")
    with Warehouse.open(House.at(home).database_url) as warehouse:
        ReviewQueue(warehouse).record_sightings([house.seen("http://127.0.0.1/x.html", sha256, "x")])
    with house.served(home) as served, httpx.Client(base_url=served.address) as client:
        answer = client.get(f"/original/{sha256}")
        assert answer.status_code == 200 and answer.content.startswith(b"<html>")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert (
            answer.headers["content-disposition"].startswith("attachment")
            and "nosniff" in answer.headers["x-content-type-options"]
        )


def test_a_file_that_is_no_page_and_one_that_breaks_its_drawer_have_no_picture(tmp_path: Path) -> None:
    broken, text = tmp_path / "broken", tmp_path / "text"
    broken.write_bytes(b"%PDF-1.7\n" + b"\xff" * 4000)
    text.write_bytes(b"<html></html>")
    pictures = PagePictures(tmp_path / "pictures", lambda sha256: broken if sha256[0] == "a" else text)
    with pytest.raises(NoPictureError, match="page 1 cannot be drawn"):
        pictures("a" * 64, 1)
    with pytest.raises(NoPictureError, match="no pages to draw"):
        pictures("b" * 64, 1)
    assert list((tmp_path / "pictures").iterdir()) == []


def test_a_form_of_another_shape_or_size_changes_nothing(page: Any) -> None:
    item = page.queue.list()[0].item_id
    with httpx.Client(base_url=page.address) as client:
        csrf = token(client, f"/item/{item}")
        assert decide(client, item, csrf, note="x" * 600_000).status_code == 413
        assert client.post(f"/item/{item}/decide", content=(b"x" for _ in range(3))).status_code == 413, (
            "of no known length"
        )
        for odd in (
            {"action": "rerun_decided"},
            {"action": "__class__"},
            {"action": "correct", "cell": "t01"},
            {"note": " "},
        ):
            assert decide(client, item, csrf, **odd).status_code == 409, odd
        assert client.get("/queue?page=-1&fiscal_year=abc&older=x&state=<b>&sort=drop").status_code == 200
    assert page.queue.show(item).decisions == ()


def test_who_decides_twice_is_told_and_decides_once(page: Any) -> None:
    item = page.queue.list()[0].item_id
    with httpx.Client(base_url=page.address) as client:
        csrf = token(client, f"/item/{item}")
        assert decide(client, item, csrf).status_code == 200
        again = decide(client, item, csrf)
        assert again.status_code == 409 and "since you looked" in again.json()["error"]
    assert len(page.queue.show(item).decisions) == 1


def test_nothing_is_shown_before_logging_in_and_roles_hold(locked: Any) -> None:
    item = locked.queue.list()[0].item_id
    with httpx.Client(base_url=locked.address) as client:
        for path in ("/queue", f"/item/{item}", "/api/items", "/rules", "/people", "/picture/" + "a" * 64 + "/1.png"):
            answer = client.get(path)
            assert answer.status_code in (303, 401) and "HIE-01" not in answer.text, path
        assert log_in(client, "li").status_code == 303
        assert decide(client, item, token(client)).status_code == 403
        assert client.post("/rules/q-1/confirm", data={"csrf": token(client)}).status_code == 403
    with httpx.Client(base_url=locked.address) as client:
        assert log_in(client, "wang").headers["location"] == "/queue"
        assert decide(client, item, token(client)).json()["decided_by"] == "wang"
        assert client.post("/rules/q-1/confirm", data={"csrf": token(client)}).status_code == 403


def test_guessing_passwords_is_stopped_also_with_the_right_one(locked: Any) -> None:
    with httpx.Client(base_url=locked.address) as client:
        answers = [log_in(client, "wang", f"guess {number}").status_code for number in range(LOGIN_TRIES + 2)]
        assert answers == [401] * LOGIN_TRIES + [429] * 2
        assert log_in(client, "wang").status_code == 429


def test_a_proxys_header_is_believed_only_from_the_proxy(home: Path, users: Path) -> None:
    known = People(users)
    for door, status in (
        (Door(people=known, user_header="X-Remote-User"), 200),
        (Door(people=known, user_header="X-Remote-User", proxies=("10.9.8.7",)), 303),
        (Door(people=known), 303),
    ):
        with house.served(home, door) as served, httpx.Client(base_url=served.address) as client:
            assert client.get("/queue", headers={"X-Remote-User": "zu"}).status_code == status
            assert client.get("/queue", headers={"X-Remote-User": "nobody"}).status_code == 303
            forged = client.get("/queue", headers={"X-Remote-User": "zu", "X-Forwarded-For": "10.9.8.7"})
            assert forged.status_code == status


def test_no_name_turns_the_direction_of_the_page(page: Any) -> None:
    item = page.queue.list()[0].item_id
    page.queue.note(item, "see \u202efdp.exe\u2066", by="\u200fwang")
    with httpx.Client(base_url=page.address) as client:
        text = client.get(f"/item/{item}").text
    assert "fdp.exe" in text
    assert re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", text) is None


def test_a_forged_session_is_nobodys(locked: Any) -> None:
    with httpx.Client(base_url=locked.address) as client:
        for forged in ("x", "..", "eyJ3Ijox.0", "WyJ3YW5nIiwgOTk5OTk5OTk5OSwgIngiXQ." + "0" * 64, "a.é"):
            assert client.get("/queue", headers={"cookie": f"yusuan_review={forged}".encode()}).status_code == 303


@pytest.mark.parametrize(
    "to", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"]
)
def test_logging_in_leads_to_our_own_pages_only(locked: Any, to: str) -> None:
    with httpx.Client(base_url=locked.address) as client:
        fields = {"csrf": token(client, "/login"), "name": "wang", "password": PASSWORD, "to": to}
        assert client.post("/login", data=fields).headers["location"] == "/queue"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "budget.example"])
def test_only_loopback_is_served_without_people(host: str, users: Path) -> None:
    with pytest.raises(OpenDoorError, match="without a password"):
        Door(host).check()
    Door(host, People(users)).check()
    with pytest.raises(OpenDoorError, match="needs --users"):
        Door("127.0.0.1", user_header="X-Remote-User").check()


@pytest.mark.parametrize(
    "text", ["", "wang = 1", '[wang]\nrole = "king"', '[wang]\nrole = "read"\npassword = "secret1"', "[wang", '[w]\nrole = "read"\nx = 1']
)  # fmt: skip
def test_a_users_file_that_is_none_is_refused_without_its_secrets(tmp_path: Path, text: str) -> None:
    (tmp_path / "users.toml").write_text(text)
    with pytest.raises(UsersFileError) as told:
        People(tmp_path / "users.toml")
    assert "secret1" not in str(told.value)


def test_both_languages_say_everything() -> None:
    assert set(words()) == {"zh", "en"}
    assert words()["zh"].keys() == words()["en"].keys()


def test_every_code_that_the_page_shows_has_words_and_a_message_is_told_in_one_language() -> None:
    codes = (*DocumentState, *Reason, *Origin, *get_args(Stage), *get_args(DocumentKind))
    assert [code for code in codes if f"say_{code}" not in words()["zh"]] == []
    message = "BAL-05 收支总表：2 ≠ 1\n“支出总计”应满足……\nExpected: total; found 2 ≠ 1."
    assert in_language(message, "zh") == "BAL-05 收支总表：2 ≠ 1\n“支出总计”应满足……"
    assert in_language(message, "en") == "BAL-05 收支总表：2 ≠ 1\nExpected: total; found 2 ≠ 1."
    assert in_language("one\ntwo", "en") == "one\ntwo"


def test_the_vendored_script_needs_no_network_and_brings_its_licence() -> None:
    static = Path(house.__file__).parents[2] / "review" / "page" / "static"
    assert "Zero-Clause BSD" in (static / "htmx-LICENSE.txt").read_text("utf-8")
    fetch: Callable[[str], list[str]] = lambda text: re.findall(r"""(?:src|href)=["'](?!/|\?|#|{{)([^"']+)""", text)  # noqa: E731
    for template in (static.parent / "templates").glob("*.html"):
        assert fetch(template.read_text("utf-8")) == [], template.name
