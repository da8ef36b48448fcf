"""The figures over HTTP, read-only: a router that a server mounts. JSON, CSV or Parquet by the Accept header.

`api_router(engine)` gives it; OpenAPI describes it. Every answer is of one state of the warehouse and carries an ETag of that
state: who asks again with If-None-Match gets 304 until something was loaded, replaced, taken back, seen or bridged.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from sqlalchemy import Engine

from budget.amounts import decimal_text
from warehouse import dictionary
from warehouse.asking import QuestionError, Reader, reading_only
from warehouse.citations import Citation, NoSuchFigureError, cite
from warehouse.departments import NoSuchDepartmentError, find_department, names_like, profile
from warehouse.dictionary import Described, columns_of
from warehouse.exports.chosen import EXPORTED, order_of
from warehouse.exports.writing import arrow_batches, arrow_schema, as_text, typed

SECONDS = 30.0
"""How long a question may take."""
ROWS_OF_JSON = 1_000
ROWS_OF_A_FILE = 100_000
"""Rows of one answer at most; more are on the next page, or in an export."""
FURTHEST = 10_000_000
VIEWS = {one.name: one.order for one in EXPORTED} | {
    "document_states": ("sha256",), "publisher_discrepancies_all": ("sha256", "finding_no"), "same_subject": ("region", "agency", "fiscal_year", "kind"),
}  # fmt: skip
"""What can be asked, and in which order it comes: the order is whole, so that pages neither overlap nor leave a gap."""
JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"

Picture = Callable[[Citation], tuple[bytes, str]]
"""The picture of a citation and its media type; raises LookupError where none can be made."""


def api_router(engine: Engine | Callable[[], Engine], picture: Picture | None = None) -> APIRouter:
    """The router, to be mounted below a prefix. `picture` is given by a server that can open the archived files."""
    router = APIRouter(tags=["figures"])

    def database() -> Engine:
        return engine if isinstance(engine, Engine) else engine()

    @router.get("/views", summary="The views, their columns, types and units")
    def views() -> dict[str, Any]:
        said = dictionary.views()
        return {
            name: {"row": said[name], "columns": [_described(one) for one in columns_of(database(), name)]}
            for name in VIEWS
        }

    @router.get(
        "/views/{view}",
        summary="Rows of a view, filtered and paged; JSON, CSV or Parquet by Accept",
        responses={200: {"content": {JSON: {}, CSV: {}, PARQUET: {}}}, 304: {"description": "nothing has changed"}},
    )
    def rows_of_a_view(
        request: Request,
        view: str,
        region: str | None = None,
        agency: str | None = None,
        department: str | None = None,
        fiscal_year: int | None = None,
        document_year: int | None = None,
        basis: str | None = None,
        subject: str | None = None,
        measure: str | None = None,
        code: str | None = None,
        class_code: str | None = None,
        statement: str | None = None,
        role: str | None = None,
        kind: str | None = None,
        state: str | None = None,
        sha256: str | None = None,
        limit: Annotated[int, Query(ge=1, le=ROWS_OF_A_FILE)] = 100,
        offset: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
        accept: Annotated[str, Header()] = JSON,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        told = locals()
        filters = {name: told[name] for name in FILTERS if told[name] is not None}
        form = _form(accept)
        if form == JSON and limit > ROWS_OF_JSON:
            raise HTTPException(
                422, f"limit: at most {ROWS_OF_JSON} rows of JSON; CSV and Parquet give {ROWS_OF_A_FILE}"
            )
        unknown = set(request.query_params) - {*FILTERS, "limit", "offset"}
        if view not in VIEWS:
            raise HTTPException(404, f"no view {view!r}; there are {', '.join(VIEWS)}")
        columns = columns_of(database(), view)
        unknown |= filters.keys() - {one.name for one in columns}
        if unknown:
            raise HTTPException(422, f"{view} cannot be filtered by {', '.join(sorted(unknown))}")
        try:
            with reading_only(database(), seconds=SECONDS) as reader:
                etag = _etag(reader, view, filters, limit, offset, form)
                if if_none_match is not None and etag in [one.strip() for one in if_none_match.split(",")]:
                    return Response(status_code=304, headers={"ETag": etag})
                where = " AND ".join(f"{name} = :{name}" for name in filters)
                question = (
                    f"SELECT {', '.join(one.name for one in columns)} FROM {view}{' WHERE ' + where if where else ''} "
                    f"ORDER BY {order_of(view, VIEWS[view])} LIMIT {limit + 1} OFFSET {offset}"
                )
                answer = reader.ask(question, filters)
                found = [
                    tuple(typed(value, column) for value, column in zip(row, columns, strict=True))
                    for row in answer.rows
                ]
        except QuestionError as trouble:
            raise HTTPException(503, str(trouble)) from None
        more = len(found) > limit
        headers = {"ETag": etag, "Vary": "Accept", "Cache-Control": "no-cache"}
        if more:
            following = request.url.include_query_params(offset=offset + limit, limit=limit)
            headers["Link"] = f'<{following}>; rel="next"'
        return _answer(form, view, columns, found[:limit], headers, offset if not more else offset + limit, more)

    @router.get("/departments", summary="Departments whose name contains these words")
    def departments(name: Annotated[str, Query(min_length=1, max_length=100)]) -> list[dict[str, str]]:
        return [{"department": one.name, "region": one.region} for one in names_like(database(), name)[:ROWS_OF_JSON]]

    @router.get("/departments/{name}", summary="The figures of a department over the years, 万元")
    def one_department(name: str, region: str | None = None) -> dict[str, Any]:
        try:
            found = find_department(database(), name, region)
        except NoSuchDepartmentError as wrong:
            raise HTTPException(404, str(wrong)) from None
        told = profile(database(), found)
        figures = [
            {
                "measure": measured.name, "chinese": measured.chinese, "fiscal_year": column.fiscal_year, "basis": column.basis,
                "amount_wan": amount.wan, "raw": amount.raw, "is_own_year": amount.is_own_year, "cite": amount.cite,
            }
            for measured in told.measures() for column, amount in told.amounts[measured.name].items()
        ]  # fmt: skip
        return {"department": found.name, "region": found.region, "unit": "万元", "figures": figures}

    @router.get("/cite/{name}", summary="The citation of a figure: a link that lasts as long as the file")
    def citation(name: str) -> dict[str, Any]:
        found = _cited(database(), name)
        return {**found.as_json(), "status": found.status, "line": found.line}

    if picture is not None:
        _with_pictures(router, database, picture)
    return router


def _with_pictures(router: APIRouter, database: Callable[[], Engine], picture: Picture) -> None:
    @router.get("/cite/{name}/picture", summary="The picture of a figure, cut from its page", response_class=Response)
    def cut(name: str) -> Response:
        try:
            data, kind = picture(_cited(database(), name))
        except LookupError as missing:
            raise HTTPException(404, str(missing)) from None
        # an archived file is a stranger's: what is shown of it runs nothing
        return Response(
            data, media_type=kind, headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        )


def _cited(engine: Engine, name: str) -> Citation:
    try:
        return cite(engine, name)
    except NoSuchFigureError as wrong:
        raise HTTPException(404, str(wrong)) from None


FILTERS = (
    "region", "agency", "department", "fiscal_year", "document_year", "basis", "subject", "measure", "code", "class_code", "statement",
    "role", "kind", "state", "sha256",
)  # fmt: skip


def _described(one: Described) -> dict[str, Any]:
    return {"name": one.name, "type": one.type, "unit": one.unit, "what": one.says}


def _form(accept: str) -> str:
    """The first form of the header that is ours; JSON where it asks for anything. Raises 406."""
    for asked in accept.split(","):
        kind = asked.partition(";")[0].strip().lower()
        if kind in (JSON, CSV, PARQUET):
            return kind
        if kind in ("*/*", "application/*", ""):
            return JSON
    raise HTTPException(406, f"{accept}: {JSON}, {CSV} or {PARQUET}")


_STATE = """
SELECT (SELECT COUNT(*) FROM version_history) AS states, (SELECT MAX(at) FROM version_history) AS changed,
    (SELECT MAX(last_seen_at) FROM sightings) AS seen, (SELECT MAX(decided_at) FROM department_bridges) AS bridged,
    (SELECT COUNT(*) FROM department_names) AS names
"""


def _etag(reader: Reader, *asked: Any) -> str:
    """A weak ETag of what was asked of which state."""
    told = [reader.rows(_STATE), *asked]
    return 'W/"' + hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()[:32] + '"'


def _answer(
    form: str,
    view: str,
    columns: Sequence[Described],
    found: list[tuple[Any, ...]],
    headers: dict[str, str],
    following: int,
    more: bool,
) -> Response:
    if form == CSV:
        kept = io.StringIO()
        writer = csv.writer(kept, lineterminator="\n")
        writer.writerow([one.name for one in columns])
        writer.writerows([as_text(value) for value in row] for row in found)
        return Response(kept.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
    if form == PARQUET:
        import pyarrow.parquet

        schema = arrow_schema(columns)
        sink = io.BytesIO()
        with pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd") as file:
            for batch in arrow_batches(iter(found), range(len(columns)), schema):
                file.write_batch(batch)
        return Response(sink.getvalue(), media_type=PARQUET, headers=headers)
    body = {
        "view": view, "units": {one.name: one.unit for one in columns if one.unit},
        "rows": [{one.name: _json(value) for one, value in zip(columns, row, strict=True)} for row in found],
        "next_offset": following if more else None,
    }  # fmt: skip
    return Response(json.dumps(body, ensure_ascii=False), media_type=JSON, headers=headers)


def _json(value: Any) -> Any:
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return decimal_text(value) if hasattr(value, "as_tuple") else value.isoformat()
