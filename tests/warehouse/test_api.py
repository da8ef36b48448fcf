"""The API: what it gives, in three forms, page by page; what it refuses."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pandas as pd
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from budget.disclosure import Disclosure
from budget.states import DocumentState
from warehouse.api import CSV, PARQUET, api_router
from warehouse.store import Warehouse

AGENCIES = ("财政局", "民政局", "教育局")


@pytest.fixture
def client(warehouse: Warehouse, disclosure: Callable[..., Disclosure]) -> Iterator[TestClient]:
    for number, agency in enumerate(AGENCIES):
        read = disclosure(["100.1", "0.2", "3"], sha256=f"{number:x}" * 64, agency=agency)
        warehouse.store(read, state=DocumentState.LOADED)
    app = FastAPI()
    app.include_router(
        api_router(warehouse.engine, lambda citation: (citation.raw.encode(), "image/png")), prefix="/api"
    )
    with TestClient(app) as opened:
        yield opened


def test_rows_come_with_units_and_a_filter(client: TestClient) -> None:
    told = client.get("/api/views/facts_current", params={"agency": "民政局"}).json()
    assert [row["raw"] for row in told["rows"]] == ["100.1", "0.2", "3"]
    assert told["units"]["amount_wan"] == "万元"
    assert told["next_offset"] is None


def test_pages_neither_overlap_nor_leave_a_gap(client: TestClient) -> None:
    seen, address, pages = [], "/api/views/facts_current?limit=4", 0
    while address:
        told = client.get(address)
        seen += [row["cite"] for row in told.json()["rows"]]
        address = told.links["next"]["url"] if "next" in told.links else ""
        pages += 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 9


def test_csv_and_parquet_hold_the_same_rows(client: TestClient) -> None:
    asked = "/api/views/facts_current"
    table = pd.read_csv(io.StringIO(client.get(asked, headers={"Accept": CSV}).text))
    parquet = pd.read_parquet(io.BytesIO(client.get(asked, headers={"Accept": PARQUET}).content))
    rows = client.get(asked).json()["rows"]
    assert list(table["amount_fen"]) == list(parquet["amount_fen"]) == [row["amount_fen"] for row in rows]
    assert list(table.columns) == list(parquet.columns) == list(rows[0])


def test_an_etag_holds_until_something_is_loaded(
    client: TestClient, warehouse: Warehouse, disclosure: Callable[..., Disclosure]
) -> None:
    first = client.get("/api/views/documents_current")
    again = {"If-None-Match": first.headers["etag"]}
    assert client.get("/api/views/documents_current", headers=again).status_code == 304
    # another form, another page and another filter are other answers
    assert client.get("/api/views/documents_current", headers=again | {"Accept": CSV}).status_code == 200
    assert client.get("/api/views/documents_current?limit=1", headers=again).status_code == 200
    warehouse.store(disclosure(["7"], sha256="f" * 64, agency="审计局"), state=DocumentState.LOADED)
    renewed = client.get("/api/views/documents_current", headers=again)
    assert renewed.status_code == 200
    assert len(renewed.json()["rows"]) == 4


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("views/facts", 404), ("views/nobody", 404), ("views/figures?nobody=1", 422), ("views/documents_current?measure=total", 422),
        ("views/figures?limit=0", 422), ("views/figures?limit=5000", 422), ("views/figures?offset=-1", 422), ("views/figures?fiscal_year=x", 422),
        ("departments/nobody", 404), ("cite/nobody", 404), ("cite/ffffffff:f1", 404), ("views/figures;DROP TABLE facts", 404),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(client: TestClient, address: str, status: int) -> None:
    told = client.get(f"/api/{address}")
    assert told.status_code == status
    assert told.json()["detail"]


def test_a_filter_is_a_value_and_no_sql(client: TestClient) -> None:
    told = client.get("/api/views/facts_current", params={"agency": "' OR 1=1 --"}).json()
    assert told["rows"] == []


def test_another_form_is_refused(client: TestClient) -> None:
    assert client.get("/api/views/figures", headers={"Accept": "application/xml"}).status_code == 406


def test_nothing_can_be_changed(client: TestClient) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)("/api/views/figures").status_code == 405


def test_a_department_and_a_citation(client: TestClient) -> None:
    assert client.get("/api/departments", params={"name": "民政"}).json() == [
        {"department": "民政局", "region": "河北省秦皇岛市海港区"}
    ]
    name = client.get("/api/views/facts_current", params={"agency": "民政局"}).json()["rows"][0]["cite"]
    told = client.get(f"/api/cite/{name}").json()
    assert (told["raw"], told["agency"], told["place"]["page"]) == ("100.1", "民政局", 3)
    picture = client.get(f"/api/cite/{name}/picture")
    assert (picture.content, picture.headers["content-type"]) == (b"100.1", "image/png")


def test_the_views_and_openapi_are_described(client: TestClient) -> None:
    told = client.get("/api/views").json()
    assert {"name": "amount_wan", "type": "number", "unit": "万元"}.items() <= next(
        one for one in told["figures"]["columns"] if one["name"] == "amount_wan"
    ).items()
    said = client.get("/openapi.json").json()["paths"]["/api/views/{view}"]["get"]
    assert {"fiscal_year", "measure", "limit", "offset", "accept", "if-none-match"} <= {
        one["name"] for one in said["parameters"]
    }
