"""The databases of the warehouse's tests, and a document with the cells people get wrong: blanks, repeats, two sides."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from budget.disclosure import Disclosure, Document, Fact, Finding, FindingCell, PagePlace, Place, Row, Statement
from budget.states import Origin, Severity
from review.queue import ReviewQueue
from warehouse.store import Warehouse

_spec = importlib.util.spec_from_file_location(
    "warehouse_conftest", Path(__file__).parents[1] / "warehouse" / "conftest.py"
)
assert _spec is not None and _spec.loader is not None
_databases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_databases)
postgresql_server = _databases.postgresql_server
postgresql_admin = _databases.postgresql_admin
postgresql_rows = _databases.postgresql_rows
database = _databases.database
warehouse = _databases.warehouse
sqlite_warehouse = _databases.sqlite_warehouse
sighting = _databases.sighting
pytest_generate_tests = _databases.pytest_generate_tests

SHA = "3f9c" + "0" * 60


@pytest.fixture
def queue(warehouse: Warehouse) -> Iterator[ReviewQueue]:
    yield ReviewQueue(warehouse)


def at(row: int, col: int) -> Place:
    return PagePlace(page=2, bbox=(100.0 * col, 20.0 * row, 100.0 * col + 90, 20.0 * row + 12))


def make_document(
    rows: tuple[tuple[str, ...], ...] = (
        ("一、一般公共预算拨款", "1,500.00", "一、社会保障支出", "1,200.00"),
        ("二、政府性基金预算拨款", "", "二、卫生健康支出", "300.00"),
        ("收入总计", "1,500.00", "支出总计", "1,500.00"),
        ("一、一般公共预算拨款", "20.00", "", ""),
    ),
    *,
    recipe: str = "r1",
    unit: str = "万元",
    per_wan: int = 1,
    statement_id: str = "t01",
    findings: tuple[Finding, ...] = (),
    sha256: str = SHA,
) -> Disclosure:
    """A summary with incomes on the left and expenditures on the right, and a second statement that repeats a total."""
    from decimal import Decimal

    from budget.amounts import NotAnAmountError, decimal_text, parse_amount
    from budget.printed_text import plain_name

    columns = (("收入", "项目"), ("收入", "预算数"), ("支出", "项目"), ("支出", "预算数"))
    statement = Statement(
        id=statement_id, kind="revenue_expenditure_summary", title="部门收支总表", unit=unit, columns=columns,  # type: ignore[arg-type]
        rows=tuple(Row(cells=row, at=tuple(at(r, c) for c in range(4))) for r, row in enumerate(rows)),
        declared_empty=False, pages=(2,),
    )  # fmt: skip
    facts = []
    for r, row in enumerate(rows):
        for c, side in ((1, "revenue"), (3, "expenditure")):
            try:
                value = parse_amount(row[c])
            except NotAnAmountError:
                continue
            if value is None:
                continue
            name = plain_name(row[c - 1])
            facts.append(
                Fact(
                    id=f"f{len(facts):05}", statement_id=statement_id, kind=statement.kind, row=r, col=c,
                    column=columns[c], side=side, code="", name=name,  # type: ignore[arg-type]
                    role="grand_total" if "总计" in name else "class", measure="total", basis="budget",
                    raw=row[c], amount=decimal_text(value / Decimal(per_wan)), at=at(r, c),
                )
            )  # fmt: skip
    other = Statement(
        id=statement_id + "x", kind="expenditure_summary", title="部门支出总表", unit="万元", columns=(("项目",), ("合计",)),
        rows=(Row(cells=("支出总计", "1,500.00")),), declared_empty=False,
    )  # fmt: skip
    facts.append(
        Fact(
            id=f"f{len(facts):05}", statement_id=other.id, kind=other.kind, row=0, col=1, column=("合计",), code="",
            name="支出总计", role="grand_total", measure="total", raw="1,500.00", amount="1500", at=None,
        )
    )  # fmt: skip
    document = Document(
        file="haigang.pdf", sha256=sha256, reader="pdf", pages=20, kind="department_budget", agency="海港区财政局",
        region="河北省秦皇岛市海港区", fiscal_year=2024, title="2024年部门预算", recipe=recipe,
    )  # fmt: skip
    return Disclosure(document=document, statements=(statement, other), facts=tuple(facts), findings=findings)


@pytest.fixture
def document() -> Callable[..., Disclosure]:
    return make_document


@pytest.fixture
def unbalanced() -> Callable[..., Finding]:
    def make(left: str = "1500", right: str = "1520", **more: object) -> Finding:
        values: dict[str, object] = {
            "check": "BAL-06", "severity": Severity.ERROR, "origin": Origin.UNKNOWN, "message": "收入总计 ≠ 支出总计",
            "statement_id": "t01", "left": left, "right": right, "difference": "-20",
            "cells": (FindingCell(fact_id="f00004", at=at(2, 3), raw="1,500.00"), FindingCell(fact_id="f00003", raw="1,500.00")),
            **more,
        }  # fmt: skip
        return Finding(**values)  # type: ignore[arg-type]

    return make


@pytest.fixture
def moment() -> datetime:
    return datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
