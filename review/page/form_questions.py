"""Questions about whole forms: a check that fails in most documents of a form, theirs or ours? One code path with `yusuan forms`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from budget.known_forms import ReadingRefusedError
from review.page.app import FORM, READS, RULES, _desk, _page
from review.page.people import Person
from warehouse.forms import FormRefusedError, decide, decisions, open_questions, revoke

router = APIRouter()


@router.get("/forms")
def show_questions(request: Request, person: Person = READS) -> Response:
    return _questions(request)


def _questions(request: Request, told: str | None = None, refused: str | None = None, status: int = 200) -> Response:
    desk = _desk(request)
    item = request.query_params.get("item")
    sha256 = desk.queue.show(item).row.sha256 if item else None
    return _page(
        request, "forms.html", status, questions=open_questions(desk.warehouse, sha256), told=told, refused=refused,
        decisions=decisions(desk.warehouse),
    )  # fmt: skip


@router.post("/forms/{what}")
def answer_question(request: Request, what: str, fields: FormData = FORM, person: Person = RULES) -> Response:
    """A decision or its revocation; the documents of the form are then judged again as after any decision."""
    desk = _desk(request)
    said = {name: str(fields.get(name, "")).strip() for name in ("form", "check", "publisher", "reading", "note", "id")}
    try:
        if what == "decide":
            made = decide(
                desk.warehouse, said["form"], said["check"], said["reading"], note=said["note"], by=person.name,
                publisher=said["publisher"],
            )  # fmt: skip
            told = ", ".join(one.id for one in made)
        elif what == "revoke":
            told = revoke(desk.warehouse, said["id"], person.name).id
        else:
            raise HTTPException(404, "not_found")
    except (FormRefusedError, ReadingRefusedError) as wrong:
        return _questions(request, refused=str(wrong), status=400)
    if desk.reruns is not None:
        desk.reruns(())  # nothing is read again; what the decision concerns is judged again after every rerun
    return _questions(request, told=told)
