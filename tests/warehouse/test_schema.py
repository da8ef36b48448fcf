"""The schema from empty: migrations equal the tables, views answer, amounts are exact, sums too."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, inspect, select

from budget.disclosure import Disclosure
from budget.states import DocumentState
from warehouse import tables
from warehouse.connection import database_url, make_engine
from warehouse.exact_decimal import teach_sqlite, to_fen
from warehouse.store import Warehouse, alembic_config, newest_revision

LOADED = DocumentState.LOADED
MakeDisclosure = Callable[..., Disclosure]


def alembic(warehouse: Warehouse, work: Callable[..., object], *arguments: str) -> None:
    def run(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        work(config, *arguments)

    warehouse.transact(run)


def test_migrations_from_empty_make_exactly_the_tables(empty_database: str) -> None:
    with Warehouse.open(empty_database) as warehouse:
        assert warehouse.schema_revision() is None
        warehouse.migrate()
        alembic(warehouse, command.check)
        assert set(inspect(warehouse.engine).get_table_names()) == {*tables.metadata.tables, "alembic_version"}
        revision = warehouse.schema_revision()
        assert warehouse.migrate().schema_revision() == revision
        alembic(warehouse, command.downgrade, "base")
        assert inspect(warehouse.engine).get_table_names() == ["alembic_version"]
        assert inspect(warehouse.engine).get_view_names() == []
        assert warehouse.migrate().schema_revision() == revision


def test_the_newest_revision_is_the_head_of_the_migrations() -> None:
    assert newest_revision() == ScriptDirectory.from_config(alembic_config()).get_current_head()


def test_several_processes_may_migrate_at_once(empty_database: str) -> None:
    code = "import sys; from warehouse import Warehouse; Warehouse.open(sys.argv[1]).migrate()"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command_line = [sys.executable, "-c", code, empty_database]
    running = [subprocess.Popen(command_line, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], told


def test_every_view_answers_without_rows(warehouse: Warehouse) -> None:
    views = inspect(warehouse.engine).get_view_names()
    assert {
        "facts_current",
        "facts_candidate",
        "documents_current",
        "document_states",
        "publisher_discrepancies",
    } <= set(views)
    for view in views:
        assert warehouse.rows(f"SELECT * FROM {view}") == []


def test_two_versions_of_a_document_are_never_loaded_at_once(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    warehouse.store(disclosure(), state=LOADED)
    version = warehouse.version("a" * 64)
    assert version is not None
    twin = {**version, "sha256": "b" * 64, "version_no": 2}
    with pytest.raises(Exception, match=r"(?i)unique"):
        warehouse.transact(lambda connection: connection.execute(insert(tables.document_versions).values(**twin)))


def test_sums_are_exact_where_floats_are_not(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    printed = ["0.1"] * 10 + ["100000000000.01", "-100000000000", "690.070159"]
    warehouse.store(disclosure(printed), state=LOADED)
    row = warehouse.rows("SELECT decimal_sum(amount_exact) AS wan, SUM(amount_fen) AS fen FROM facts_current")[0]
    assert Decimal(row["wan"]) == Decimal("691.080159")
    assert int(row["fen"]) == 691080159
    assert sum(map(float, printed)) != 691.080159
    assert Decimal(warehouse.rows("SELECT decimal_sum(amount_wan) AS wan FROM facts")[0]["wan"]) == Decimal(
        "691.080159"
    )


@pytest.mark.parametrize("source", ["facts_current", "facts"])
def test_amounts_compare_and_sort_by_value(warehouse: Warehouse, disclosure: MakeDisclosure, source: str) -> None:
    warehouse.store(disclosure(["9", "100", "-20", "100.00", "7825.53"]), state=LOADED)
    found = warehouse.rows(f"SELECT amount_wan FROM {source} WHERE amount_wan > 10 ORDER BY amount_wan DESC, fact_no")
    assert [row["amount_wan"] for row in found] == [Decimal("7825.53"), 100, 100]
    assert warehouse.rows(f"SELECT COUNT(*) AS n FROM {source} WHERE amount_wan = 100") == [{"n": 2}]


def test_a_client_that_does_not_know_decimals_can_use_the_views(tmp_path: Path, disclosure: MakeDisclosure) -> None:
    path = tmp_path / "warehouse.sqlite"
    with Warehouse.open(path).migrate() as warehouse:
        warehouse.store(disclosure(["9", "100", "0.1", "0.2"]), state=LOADED)
        views = inspect(warehouse.engine).get_view_names()
    with sqlite3.connect(path) as plain:
        for view in views:
            plain.execute(f"SELECT * FROM {view}").fetchall()
        asked = (
            "SELECT name, amount_wan, amount_exact FROM facts_current WHERE amount_wan > 0.15 ORDER BY amount_wan DESC"
        )
        assert plain.execute(asked).fetchall() == [("项目1", 100.0, "100"), ("项目0", 9.0, "9"), ("项目3", 0.2, "0.2")]
        assert plain.execute("SELECT SUM(amount_fen) FROM facts_current").fetchone() == (109_300_000,)


def test_a_client_that_does_not_know_decimals_is_told_by_the_tables_instead_of_misled(
    tmp_path: Path, disclosure: MakeDisclosure
) -> None:
    path = tmp_path / "warehouse.sqlite"
    with Warehouse.open(path).migrate() as warehouse:
        warehouse.store(disclosure(["9", "100"]), state=LOADED)
    with sqlite3.connect(path) as plain:
        with pytest.raises(sqlite3.OperationalError, match="no such collation sequence: decimal"):
            plain.execute("SELECT * FROM facts WHERE amount_wan > 10").fetchall()
        assert plain.execute("SELECT amount_wan FROM facts ORDER BY fact_no").fetchall() == [("9",), ("100",)]
        teach_sqlite(plain)
        assert plain.execute("SELECT amount_wan FROM facts WHERE amount_wan > 10").fetchall() == [("100",)]


def test_the_shell_of_sqlite_knows_decimals(tmp_path: Path, disclosure: MakeDisclosure) -> None:
    shell = shutil.which("sqlite3")
    if shell is None:
        pytest.skip("the sqlite3 shell is not installed")
    path = tmp_path / "warehouse.sqlite"
    with Warehouse.open(path).migrate() as warehouse:
        warehouse.store(disclosure(["9", "100", "0.1", "0.2"]), state=LOADED)
    query = "SELECT decimal_sum(f.amount_wan) FROM facts f WHERE f.amount_wan < 50"
    answer = subprocess.run([shell, str(path), query], capture_output=True, text=True, check=False)
    if "no such function" in answer.stderr or "no such collation" in answer.stderr:
        pytest.skip(f"this sqlite3 shell was built without the decimal extension: {answer.stderr.strip()}")
    assert answer.stdout.strip() == "9.3"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amounts=st.lists(
        st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**15), max_value=10**15), max_size=12
    )
)
def test_every_decimal_comes_back_digit_for_digit(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[Decimal]
) -> None:
    engine = make_engine("sqlite://")
    table = tables.reconciliations
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        table.create(connection)
        rows = [
            {"sha256": "a", "reconciliation_no": n, "check_id": "x", "status": "passed", "left_value": amount}
            for n, amount in enumerate(amounts)
        ]
        connection.exec_driver_sql("CREATE TABLE document_versions (sha256 TEXT PRIMARY KEY)")
        connection.exec_driver_sql("INSERT INTO document_versions VALUES ('a')")
        if rows:
            connection.execute(insert(table), rows)
        back = list(connection.scalars(select(table.c.left_value).order_by(table.c.reconciliation_no)))
        total = connection.exec_driver_sql("SELECT decimal_sum(left_value) FROM reconciliations").scalar()
    engine.dispose()
    assert back == amounts
    assert total is None if not amounts else Decimal(total) == sum(amounts)


def test_an_amount_finer_than_a_fen_is_rounded_in_fen_only(warehouse: Warehouse, disclosure: MakeDisclosure) -> None:
    warehouse.store(disclosure(["0.0000015", "12345678901234567890.5"]), state=LOADED)
    rows = warehouse.rows("SELECT amount_exact, amount_fen FROM facts_current ORDER BY fact_no")
    assert [row["amount_exact"] for row in rows] == [Decimal("0.0000015"), Decimal("12345678901234567890.5")]
    assert [row["amount_fen"] for row in rows] == [2, None]
    assert (to_fen(Decimal("0.0000025")), to_fen(Decimal("-7825.53"))) == (2, -7825530000)


def test_a_float_is_no_money(sqlite_warehouse: Warehouse) -> None:
    row = {"sha256": "a", "reconciliation_no": 0, "check_id": "x", "status": "passed", "left_value": 0.1}
    with pytest.raises(Exception, match="never a float"):
        sqlite_warehouse.transact(lambda connection: connection.execute(insert(tables.reconciliations).values(**row)))


def test_addresses_of_other_databases_are_refused() -> None:
    assert database_url("postgres://h/d").drivername == "postgresql+psycopg"
    with pytest.raises(ValueError, match="SQLite or PostgreSQL"):
        database_url("mysql://h/d")
