"""The application: routes that ask the queue and lay out what it says. One code path with the command line: `ReviewQueue`.

Every POST carries a token made of the session; every answer a content security policy without inline scripts or styles.
"""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import ipaddress
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from review.cells import CellAddressError
from review.page.needs import Needs, NoPictureError
from review.page.people import People, Person, Role, Sessions, TooOften
from review.page.reruns import Reruns
from review.page.shown import item_shown
from review.page.wording import FILTERS, shown, words
from review.queue import BulkAction, DecisionRefusedError, NoSuchItemError, ReviewQueue, Sort, Wanted
from review.replay import CorrectionError
from review.rules import NoSuchRuleError, confirm, revoke, rules
from warehouse.store import Warehouse

log = logging.getLogger("yusuan.review")
HERE = Path(str(resources.files("review.page")))
COOKIE = "yusuan_review"
PAGE_ROWS = 50
CHOICES_SECONDS = 20.0
BULK_ITEMS = 500
"""Items of a group that are shown and decided at once."""
MOST_BODY = 512 * 1024
"""Bytes of a form; the largest names BULK_ITEMS items."""
REFUSED = (DecisionRefusedError, CellAddressError, CorrectionError)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}  # fmt: skip
_SHA256 = re.compile(r"[0-9a-f]{64}")
ONE_ITEM = ("accept", "correct", "reject", "reextract", "newer", "government", "note", "undo")


class OpenDoorError(ValueError):
    """An address on which anybody could decide; the message says what is needed."""


@dataclass(frozen=True)
class Door:
    """How people come in. Without `people` the person at this machine has every role; then only loopback is served."""

    host: str = "127.0.0.1"
    people: People | None = None
    user_header: str | None = None
    """Header in which a reverse proxy says who it is, believed only from the addresses `proxies`."""
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")

    def check(self) -> None:
        """Raises OpenDoorError where others could come in without a password or a proxy that knows them."""
        if self.user_header is not None and self.people is None:
            raise OpenDoorError("--user-header needs --users: the file says what each person may do")
        if _loopback(self.host):
            return
        if self.people is None or not (self.people.passwords or self.user_header):
            raise OpenDoorError(
                f"--host {self.host}: others could decide without a password; give --users FILE (or stay on 127.0.0.1)"
            )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass
class Desk:
    """What the routes share."""

    warehouse: Warehouse
    needs: Needs
    door: Door
    queue: ReviewQueue
    reruns: Reruns | None
    sessions: Sessions
    failures: TooOften
    templates: Environment
    choices: tuple[float, dict[str, tuple[str, ...]]] = (float("-inf"), {})


def create_app(warehouse: Warehouse, needs: Needs, door: Door | None = None) -> FastAPI:
    """The application over one warehouse. Raises OpenDoorError for a door that anybody could use."""
    door = door or Door()
    door.check()
    reruns = Reruns(needs.rerun) if needs.rerun is not None else None
    queue = ReviewQueue(warehouse, reruns, needs.second_reading)
    queue.sync()
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=shown,
    )  # fmt: skip
    templates.filters.update(FILTERS)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        if reruns is not None:
            await run_in_threadpool(reruns.close)

    app = FastAPI(title="yusuan review", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.desk = Desk(warehouse, needs, door, queue, reruns, Sessions(), TooOften(), templates)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    from review.page import form_questions  # its routes are made of what stands below

    app.include_router(router)
    app.include_router(form_questions.router)
    app.middleware("http")(_guarded)
    app.add_exception_handler(HTTPException, _told_wrong)
    app.add_exception_handler(NoSuchItemError, _no_such)
    app.add_exception_handler(NoSuchRuleError, _no_such)
    return app


# --------------------------------------------------------------------------- who asks


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """What holds for every request: the host it was meant for, its size, the headers of the answer."""
    desk = _desk(request)
    host = request.headers.get("host", "").rsplit(":", 1)[0] if "]" not in request.headers.get("host", "") else "::1"
    length = request.headers.get("content-length", "0")
    if desk.door.people is None and not _loopback(host):
        # a page elsewhere whose name was made to point here
        answer: Response = Response("this page is served on loopback only", 421, media_type="text/plain")
    elif request.method == "POST" and not (length.isdecimal() and 0 < int(length) <= MOST_BODY):
        answer = Response("too large, or of no known length", 413, media_type="text/plain")
    else:
        answer = await call_next(request)
    for name, value in HEADERS.items():
        answer.headers[name] = value
    if not request.url.path.startswith(("/static/", "/picture/")):
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _cookie(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


def _person(request: Request) -> Person | None:
    """Who asks: told by the proxy, by the session, or the person at this machine."""
    desk = _desk(request)
    door = desk.door
    if door.people is None:
        return Person(getpass.getuser(), "rules")
    if door.user_header and request.client is not None and request.client.host in door.proxies:
        told = request.headers.get(door.user_header)
        if told is not None:
            return door.people.named(told)
    name = desk.sessions.name_of(_cookie(request)) if _cookie(request) else None
    return door.people.named(name) if name else None


def allowed(role: Role) -> Callable[[Request], Person]:
    """The person who asks, when they may; else 401 or 403."""

    def who(request: Request) -> Person:
        person = _person(request)
        if person is None:
            raise HTTPException(401)
        if not person.may(role):
            raise HTTPException(403, "not_allowed")
        return person

    return who


READS, DECIDES, RULES = (Depends(allowed(role)) for role in get_args(Role))


async def _form(request: Request) -> FormData:
    """The fields of a POST, once its token is the session's and it comes from our own pages."""
    desk = _desk(request)
    origin = request.headers.get("origin")
    if origin not in (None, "null") and origin.partition("://")[2] != request.headers.get("host"):  # type: ignore[union-attr]
        raise HTTPException(403, "stale_form")
    fields = await request.form(max_files=0, max_fields=2 * BULK_ITEMS + 50)
    cookie = _cookie(request)
    if not cookie or not desk.sessions.form_token_fits(cookie, str(fields.get("csrf", ""))):
        raise HTTPException(403, "stale_form")
    return fields


FORM = Depends(_form)


def _told_wrong(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    if fault.status_code == 401:
        if _wants_json(request):
            return JSONResponse({"error": "log in"}, 401)
        return RedirectResponse(f"/login?to={quote(_local(request))}", 303)
    key = str(fault.detail)
    told = _words(request).get(key, key)
    if _wants_json(request):
        return JSONResponse({"error": told}, fault.status_code)
    return _page(request, "told.html", fault.status_code, message=told)


def _no_such(request: Request, fault: Exception) -> Response:
    if _wants_json(request):
        return JSONResponse({"error": str(fault)}, 404)
    return _page(request, "told.html", 404, message=str(fault))


def _local(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


# --------------------------------------------------------------------------- laying out


def _language(request: Request) -> str:
    told = request.query_params.get("lang") or request.cookies.get("lang")
    if told not in words():
        told = "en" if request.headers.get("accept-language", "zh").lower().startswith("en") else "zh"
    return told


def _words(request: Request) -> dict[str, str]:
    return words()[_language(request)]


def _page(request: Request, template: str, status: int = 200, **shown: Any) -> Response:
    """A page or a piece of one. A person without a session gets one here: the token of its forms hangs on it."""
    desk = _desk(request)
    person = _person(request)
    cookie = _cookie(request)
    fresh = not cookie or desk.sessions.name_of(cookie) is None
    if fresh:
        cookie = desk.sessions.issue("" if desk.door.people is not None and person is None else (person.name if person else ""))  # fmt: skip
    language = _language(request)
    html = desk.templates.get_template(template).render(
        t=words()[language], lang=language, other_lang="en" if language == "zh" else "zh", person=person,
        csrf=desk.sessions.form_token(cookie), here=_local(request), with_login=desk.door.people is not None, **shown,
    )  # fmt: skip
    answer = Response(html, status, media_type="text/html; charset=utf-8")
    if fresh:
        _set_cookie(answer, cookie)
    if request.query_params.get("lang") in words():
        answer.set_cookie("lang", language, samesite="strict", httponly=True)
    return answer


def _set_cookie(answer: Response, cookie: str) -> None:
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path="/")


def _as_json(thing: object) -> object:
    return thing.model_dump(mode="json") if isinstance(thing, BaseModel) else str(thing)


def _json(thing: Any, status: int = 200) -> Response:
    told = dataclasses.asdict(thing) if dataclasses.is_dataclass(thing) and not isinstance(thing, type) else thing
    return Response(json.dumps(told, ensure_ascii=False, default=_as_json), status, media_type="application/json")


# --------------------------------------------------------------------------- looking

router = APIRouter()
_FILTERS = ("portal", "region", "kind", "check", "origin", "reason", "stage", "form", "cause", "claimed_by", "text")


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """The filter that an address spells; a value that means nothing is left out."""
    told: dict[str, Any] = {name: query[name][:200] for name in _FILTERS if query.get(name)}
    state = query.get("state", "open")
    told["state"] = None if state == "all" else state if state in ("open", "decided", "closed") else "open"
    if query.get("fiscal_year", "").isdecimal():
        told["fiscal_year"] = int(query["fiscal_year"][:4])
    if query.get("older", "").isdecimal():
        told["older_than"] = datetime.now(UTC) - timedelta(days=int(query["older"][:4]))
    return Wanted(**told)


def _sort_of(query: Mapping[str, str]) -> Sort:
    told = query.get("sort", "place")
    return "frees" if told == "frees" else "oldest" if told == "oldest" else "place"


@router.get("/")
def start(person: Person = READS) -> Response:
    return RedirectResponse("/queue", 303)


@router.get("/queue")
def show_queue(request: Request, person: Person = READS) -> Response:
    query = request.query_params
    number = int(query["page"]) if query.get("page", "").isdecimal() and len(query["page"]) < 7 else 1
    wanted, sort = wanted_of(query), _sort_of(query)
    queue = _desk(request).queue
    rows, count = queue.page(wanted, limit=PAGE_ROWS, offset=(max(1, number) - 1) * PAGE_ROWS, sort=sort)
    kept = {name: value for name, value in query.items() if value and name not in ("page", "lang")}
    return _page(
        request, "queue.html", rows=rows, count=count, number=max(1, number), pages=-(-count // PAGE_ROWS),
        groups=queue.groups(wanted) if number <= 1 and wanted.cause is None else (), choices=_choices(_desk(request)), kept=kept,
        address=urlencode(kept), link=lambda **more: "/queue?" + urlencode({**kept, **more}),
    )  # fmt: skip


def _choices(desk: Desk) -> dict[str, tuple[str, ...]]:
    """What can be filtered by, asked of the warehouse every CHOICES_SECONDS: it changes seldom and takes a while."""
    asked_at, known = desk.choices
    if time.monotonic() - asked_at > CHOICES_SECONDS:
        known = desk.queue.choices()
        desk.choices = (time.monotonic(), known)
    return known


def _next_item(request: Request, not_this: str) -> str | None:
    """The next open item of the list the person came from."""
    query = request.query_params
    wanted = dataclasses.replace(wanted_of(query), state="open")
    return _desk(request).queue.after(wanted, not_this, _sort_of(query))


def _from(request: Request) -> str:
    return urlencode(
        [(k, v) for k, v in request.query_params.items() if v and k in (*_FILTERS, "fiscal_year", "older", "sort")]
    )


def _item(request: Request, item_id: str, status: int = 200, **told: Any) -> Response:
    desk = _desk(request)
    detail = desk.queue.show(item_id)
    sha256 = detail.row.sha256
    reading = desk.warehouse.disclosure(sha256) if sha256 else None
    query = request.query_params
    chosen = int(query["finding"]) if query.get("finding", "").isdecimal() else None
    shown = item_shown(desk.warehouse, detail, reading, chosen, whole=query.get("rows") == "all")
    suspect = shown.chosen.cells[0] if shown.chosen is not None and shown.chosen.cells else None
    return _page(
        request, "item.html", status, shown=shown, row=detail.row, detail=detail, version=detail.version, seen_no=len(detail.decisions),
        suspect=str(suspect.address) if suspect is not None and suspect.address is not None else "",
        progress=_progress(desk, sha256), waits=desk.reruns is None, came_from=_from(request),
        next_item=_next_item(request, detail.row.item_id), refused=told.get("refused"), entered=told.get("entered", {}),
        document_pages=reading.document.pages if reading is not None else None,
    )  # fmt: skip


def _progress(desk: Desk, sha256: str | None) -> Any:
    return desk.reruns.progress(sha256) if desk.reruns is not None and sha256 else None


@router.get("/item/{item_id}")
def show_item(request: Request, item_id: str, person: Person = READS) -> Response:
    return _item(request, item_id)


@router.get("/item/{item_id}/state")
def show_state(request: Request, item_id: str, person: Person = READS) -> Response:
    """How far the rerun is; asked for every second until it has ended."""
    desk = _desk(request)
    detail = desk.queue.show(item_id)
    return _page(
        request, "state.html", row=detail.row, version=detail.version, progress=_progress(desk, detail.row.sha256),
        waits=desk.reruns is None, came_from=_from(request), next_item=_next_item(request, detail.row.item_id),
    )  # fmt: skip


@router.get("/item/{item_id}/page/{number}")
def show_page(request: Request, item_id: str, number: int, person: Person = READS) -> Response:
    """One page of the document with its boxes."""
    desk = _desk(request)
    detail = desk.queue.show(item_id)
    sha256 = detail.row.sha256
    reading = desk.warehouse.disclosure(sha256) if sha256 else None
    query = request.query_params
    chosen = int(query["finding"]) if query.get("finding", "").isdecimal() else None
    boxes = item_shown(desk.warehouse, detail, reading, chosen).boxes.get(number, ()) if reading is not None else ()
    picture, why = None, "no file"
    if sha256 is not None:
        try:
            picture = desk.needs.pictures(sha256, number)
        except NoPictureError as trouble:
            why = str(trouble)
    return _page(
        request, "page.html", row=detail.row, number=number, picture=picture, why=why, boxes=boxes,
        last=(reading.document.pages or number) if reading is not None else number,
        finding="" if chosen is None else chosen,
    )  # fmt: skip


@router.get("/item/{item_id}/second")
def show_second(request: Request, item_id: str, person: Person = READS) -> Response:
    """What the other reader reads in the cells of a finding; asked when the screen stands, because it takes its time."""
    desk = _desk(request)
    detail = desk.queue.show(item_id)
    told = request.query_params.get("finding", "")
    found = next(
        (one for one in (detail.evidence.findings if detail.evidence else ()) if str(one.number) == told), None
    )
    asked = desk.needs.second_reading
    heard = []
    for cell in found.cells[:12] if found is not None else ():
        said = asked(detail.row.sha256, cell.at) if asked is not None and cell.at is not None and detail.row.sha256 else None  # fmt: skip
        heard.append((cell, said))
    return _page(request, "second.html", heard=heard)


@router.get("/picture/{sha256}/{number}.png")
def picture(request: Request, sha256: str, number: int, person: Person = READS) -> Response:
    if not _SHA256.fullmatch(sha256) or not 1 <= number <= 100_000:
        raise HTTPException(404, "not_found")
    try:
        found = _desk(request).needs.pictures(sha256, number)
    except NoPictureError as trouble:
        raise HTTPException(404, str(trouble)) from None
    return Response(found.png, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.get("/original/{sha256}")
def original(request: Request, sha256: str, person: Person = READS) -> Response:
    """The file as it was served, only ever to be saved: its name is its hash, its type says nothing."""
    desk = _desk(request)
    if not _SHA256.fullmatch(sha256) or desk.warehouse.version(sha256) is None:
        raise HTTPException(404, "not_found")
    try:
        path = desk.needs.originals(sha256)
    except FileNotFoundError as missing:
        raise HTTPException(404, str(missing)) from None
    name = (desk.warehouse.version(sha256) or {}).get("file") or sha256[:16]
    suffix = re.sub(r"[^a-z0-9.]", "", Path(str(name)).suffix.lower())[:8]
    return FileResponse(path, media_type="application/octet-stream", filename=f"{sha256[:16]}{suffix}")


@router.get("/rules")
def show_rules(request: Request, person: Person = READS) -> Response:
    return _page(request, "rules.html", rules=rules(_desk(request).queue), told=None)


@router.get("/people")
def show_people(request: Request, person: Person = READS) -> Response:
    counts = _desk(request).queue.counts()
    return _page(request, "people.html", people=_desk(request).queue.people(), counts=sorted(counts.items(), key=str), actions=ONE_ITEM)  # fmt: skip


@router.get("/api/items")
def api_items(request: Request, person: Person = READS) -> Response:
    """The queue as JSON: the filters of the page, `limit` and `offset`."""
    query = request.query_params
    limit, offset = (int(query[one]) if query.get(one, "").isdecimal() else given for one, given in (("limit", 100), ("offset", 0)))  # fmt: skip
    rows, count = _desk(request).queue.page(
        wanted_of(query), limit=min(limit, 1000), offset=offset, sort=_sort_of(query)
    )
    return _json({"count": count, "items": [dataclasses.asdict(row) for row in rows]})


@router.get("/api/items/{item_id}")
def api_item(request: Request, item_id: str, person: Person = READS) -> Response:
    return _json(_desk(request).queue.show(item_id))


# --------------------------------------------------------------------------- deciding


@router.post("/item/{item_id}/decide")
def decide(request: Request, item_id: str, fields: FormData = FORM, person: Person = DECIDES) -> Response:
    """One decision on one item. Refused ones show the item again, with what was typed and what happened meanwhile."""
    told = {name: str(value) for name, value in fields.items()}
    queue = _desk(request).queue
    try:
        decision = _decided(queue, item_id, told, person.name)
    except REFUSED as why:
        if _wants_json(request):
            return _json({"error": str(why)}, 409)
        return _item(request, item_id, 409, refused=str(why), entered=told)
    if _wants_json(request):
        return _json(decision.model_dump(mode="json"))
    return RedirectResponse(f"/item/{quote(item_id)}?{_from(request)}", 303)


def _decided(queue: ReviewQueue, item_id: str, told: Mapping[str, str], by: str) -> Any:
    action, note = told.get("action", ""), told.get("note", "")
    if action not in ONE_ITEM:
        raise DecisionRefusedError(f"{action!r} is no decision")
    seen_no = int(told["seen_no"]) if told.get("seen_no", "").isdecimal() else 0
    replace = told.get("replace") == "1"
    if action == "accept":
        findings = [int(one) for one in told.get("finding", "").split(",") if one.isdecimal()] or None
        return queue.accept(
            item_id, note, by, findings=findings, seen=told.get("recipe") or None, seen_no=seen_no, replace=replace
        )
    if action == "correct":
        return queue.correct(
            item_id, told.get("cell", ""), told.get("value", ""), note, by, seen=told.get("recipe") or None,
            second_look=told.get("second_look"), seen_no=seen_no, replace=replace,
        )  # fmt: skip
    if action == "note":
        return queue.note(item_id, note, by)
    if action == "undo":
        return queue.undo(item_id, note, by, told.get("decision") or None, seen_no=seen_no)
    return getattr(queue, action)(item_id, note, by, seen_no=seen_no)


@router.post("/item/{item_id}/claim")
def claim(request: Request, item_id: str, fields: FormData = FORM, person: Person = DECIDES) -> Response:
    queue = _desk(request).queue
    if fields.get("release") == "1":
        queue.release(item_id)
    else:
        holder = queue.claim(item_id, str(fields.get("person") or person.name), person.name)
        if holder != person.name and not fields.get("person"):
            return _item(request, item_id, 409, refused=f"{_words(request)['held_by']}: {holder}")
    return RedirectResponse(f"/item/{quote(item_id)}?{_from(request)}", 303)


_BULK = get_args(BulkAction)


@router.get("/group")
def show_group(request: Request, person: Person = READS) -> Response:
    """All items of one filter, to be decided together."""
    query = request.query_params
    rows, count = _desk(request).queue.page(wanted_of(query), limit=BULK_ITEMS)
    return _page(request, "group.html", rows=rows, count=count, told=None, action="accept", note="", actions=_BULK, result=None, seen={})  # fmt: skip


@router.post("/group")
def decide_group(request: Request, fields: FormData = FORM, person: Person = DECIDES) -> Response:
    """First what it would change, then, told so, the decision; each item of a bulk is refused or decided by itself."""
    queue = _desk(request).queue
    items = [str(one) for one in fields.getlist("item")][:BULK_ITEMS]
    action, note = str(fields.get("action", "")), str(fields.get("note", ""))
    if action not in _BULK:
        raise HTTPException(400, "not_found")
    rows = [queue.show(one).row for one in items]
    result = told = None
    seen: dict[str, int] = {}
    if fields.get("sure") == "1":
        for one in fields.getlist("seen"):
            item_id, _, number = str(one).rpartition(":")
            seen[item_id] = int(number) if number.isdecimal() else 0
        result = queue.bulk(items, action, note, person.name, seen_nos=seen)  # type: ignore[arg-type]
    else:
        told = queue.preview(items, action)  # type: ignore[arg-type]
        seen = {one: len(queue.show(one).decisions) for one in items}
    if _wants_json(request):
        return _json(result if result is not None else {"preview": told})
    return _page(request, "group.html", rows=rows, count=len(rows), told=told, action=action, note=note, actions=_BULK, result=result, seen=seen)  # fmt: skip


@router.post("/bulk/{bulk_id}/undo")
def undo_bulk(request: Request, bulk_id: str, fields: FormData = FORM, person: Person = DECIDES) -> Response:
    queue = _desk(request).queue
    result = queue.undo_bulk(bulk_id, str(fields.get("note", "")), person.name)
    rows = [queue.show(one).row for one in (*result.decided, *result.refused)]
    if _wants_json(request):
        return _json(result)
    return _page(request, "group.html", rows=rows, count=len(rows), told=None, action="undo", note="", actions=_BULK, result=result, seen={})  # fmt: skip


@router.post("/rules/{rule_id}/{what}")
def change_rule(request: Request, rule_id: str, what: str, fields: FormData = FORM, person: Person = RULES) -> Response:
    queue = _desk(request).queue
    if what == "confirm":
        done = confirm(queue, rule_id, person.name)
        told = f"{rule_id}: {len(done.decided)} / {len(done.refused)}"
    elif what == "revoke":
        told = f"{rule_id}: {revoke(queue, rule_id, person.name, str(fields.get('note', '')))}"
    else:
        raise HTTPException(404, "not_found")
    return _page(request, "rules.html", rules=rules(queue), told=told)


# --------------------------------------------------------------------------- coming in


@router.get("/login")
def show_login(request: Request) -> Response:
    return _page(request, "login.html", to=_inside(request.query_params.get("to")), wrong=None)


def _inside(address: str | None) -> str:
    """An address of this page, never one elsewhere."""
    return address if address and re.match(r"/(?![/\\])[^\\\r\n]*$", address) else "/queue"


@router.post("/login")
def log_in(request: Request, fields: FormData = FORM) -> Response:
    desk = _desk(request)
    name, to = str(fields.get("name", ""))[:200], _inside(str(fields.get("to", "")))
    keys = (f"from {request.client.host if request.client else '?'}", f"name {name}")
    if desk.failures.blocked(*keys):
        return _page(request, "login.html", 429, to=to, wrong=_words(request)["too_often"])
    person = desk.door.people.login(name, str(fields.get("password", ""))[:1000]) if desk.door.people else None
    if person is None:
        desk.failures.failed(*keys)
        log.warning("a login failed from %s", keys[0])
        return _page(request, "login.html", 401, to=to, wrong=_words(request)["wrong_login"])
    answer = RedirectResponse(to, 303)
    _set_cookie(answer, desk.sessions.issue(person.name))
    return answer


@router.post("/logout")
def log_out(request: Request, fields: FormData = FORM) -> Response:
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


__all__: Sequence[str] = ("Door", "OpenDoorError", "create_app")
