"""Questions that change nothing: one statement of SQL on a connection that cannot write.

SQLite: the file is opened read-only, `query_only` is on, and an authorizer lets statements read and nothing else. PostgreSQL: a
read-only transaction and one prepared statement, which several commands cannot be. Both end a statement that takes too long.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

from warehouse.exact_decimal import teach_sqlite

SECONDS = 300.0
"""How long a question may take unless the caller says otherwise."""
ROWS_AT_ONCE = 2_000
STEPS_BETWEEN_LOOKS = 100_000
"""Instructions of SQLite's machine between two looks at the clock."""
_READS = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
}  # fmt: skip
_LOOKS = {"table_info", "table_xinfo", "table_list", "index_list", "index_info"}
"""Pragmas that tell the schema and change nothing."""
_COLON = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


class QuestionError(RuntimeError):
    """A statement that is no question, that the database does not understand, or that took too long; said in one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows, in the database's order. `rows` is read once."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


class Reader:
    """One consistent picture of the warehouse: every question of it is answered from the same state."""

    def __init__(self, connection: sqlite3.Connection | Connection) -> None:
        self._connection = connection
        self._cursors = 0

    def ask(self, statement: str, values: Mapping[str, Any] | None = None) -> Answer:
        """The answer to one statement; `values` for `:name`. Raises QuestionError."""
        statement = _trimmed(statement)
        if isinstance(self._connection, sqlite3.Connection):
            return _asked_sqlite(self._connection, statement, dict(values or {}))
        return _asked_postgresql(self._connection, statement, dict(values or {}))

    def stream(self, statement: str, values: Mapping[str, Any] | None = None) -> Answer:
        """As `ask`, for statements of this project that may give millions of rows: the server keeps them, not this process."""
        if isinstance(self._connection, sqlite3.Connection):
            return self.ask(statement, values)
        self._cursors += 1
        return _asked_postgresql(self._connection, _trimmed(statement), dict(values or {}), f"stream{self._cursors}")

    def rows(self, statement: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows as dictionaries."""
        answer = self.ask(statement, values)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


@contextmanager
def reading_only(engine: Engine, *, seconds: float = SECONDS) -> Iterator[Reader]:
    """`with reading_only(engine) as reader:`. Each statement (SQLite: all together) ends after `seconds`. Raises QuestionError."""
    if engine.dialect.name == "sqlite":
        with _sqlite(engine, seconds) as connection:
            yield Reader(connection)
        return
    with engine.connect() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        try:
            yield Reader(connection)
        finally:
            connection.rollback()


@contextmanager
def ask(
    engine: Engine, statement: str, values: Mapping[str, Any] | None = None, *, seconds: float = SECONDS
) -> Iterator[Answer]:
    """`with ask(engine, sql) as answer:` - the rows stream while the block lasts. Raises QuestionError.

    Amount columns come as the view has them: `…_wan` a number, `amount_exact` a decimal.
    """
    with reading_only(engine, seconds=seconds) as reader:
        yield reader.ask(statement, values)


def _trimmed(statement: str) -> str:
    statement = statement.strip().rstrip(";").strip()
    if not statement:
        raise QuestionError("an empty question 空语句: write it as SQL, such as SELECT * FROM figures LIMIT 5")
    return statement


def rows(engine: Engine, statement: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """All rows of a question as dictionaries."""
    with ask(engine, statement, values or {}) as answer:
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


@contextmanager
def _sqlite(engine: Engine, seconds: float) -> Iterator[sqlite3.Connection]:
    path = Path(engine.url.database or "")
    if not path.is_file():
        raise QuestionError(f"{path}: no warehouse is there 没有数据库")
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=30)
    except sqlite3.Error as error:
        raise QuestionError(f"{path}: cannot be opened for reading 无法打开: {error}") from None
    try:
        teach_sqlite(connection)
        connection.execute("PRAGMA query_only=ON")
        until = time.monotonic() + seconds
        connection.set_progress_handler(lambda: int(time.monotonic() > until), STEPS_BETWEEN_LOOKS)
        connection.isolation_level = None
        connection.execute("BEGIN")
        connection.set_authorizer(_may)
        yield connection
    finally:
        connection.close()


def _may(action: int, first: str | None, _second: str | None, _database: str | None, _within: str | None) -> int:
    if action in _READS or (action == sqlite3.SQLITE_PRAGMA and first in _LOOKS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _asked_sqlite(connection: sqlite3.Connection, statement: str, values: dict[str, Any]) -> Answer:
    try:
        cursor = connection.execute(statement, {name: _plain(value) for name, value in values.items()})
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _told(error) from None
    return _answer(cursor.description, lambda: cursor.fetchmany(ROWS_AT_ONCE))


def _plain(value: Any) -> Any:
    """As SQLite keeps it: points in time are UTC text, decimals text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if value.tzinfo else value.isoformat(" ")
    if isinstance(value, date | Decimal):
        return str(value)
    return value


def _asked_postgresql(connection: Connection, statement: str, values: dict[str, Any], cursor_name: str = "") -> Answer:
    raw = connection.connection.driver_connection
    if raw is None:
        raise QuestionError("the database gave no connection")
    named = _COLON.sub(r"%(\1)s", statement.replace("%", "%%")) if values else statement
    try:
        if cursor_name:
            cursor = raw.cursor(cursor_name)
            cursor.execute(named, values or None)
        else:
            cursor = raw.cursor()
            # what is prepared is one command: no second one can end the read-only transaction
            cursor.execute(named, values or None, prepare=True)
    except raw_errors() as error:
        raise _told(error) from None
    return _answer(cursor.description, lambda: cursor.fetchmany(ROWS_AT_ONCE))


def raw_errors() -> type[Exception]:
    """The error class of PostgreSQL's driver, which is an extra of the package."""
    import psycopg

    return psycopg.Error


def _answer(description: Any, fetch: Any) -> Answer:
    if description is None:
        raise QuestionError(
            "this is no question: it gives no rows, and nothing can be changed from here 只读，不能修改"
        )
    return Answer(tuple(column[0] for column in description), _stream(fetch))


def _stream(fetch: Any) -> Iterator[tuple[Any, ...]]:
    while True:
        try:
            found = fetch()
        except sqlite3.Error as error:
            raise _told(error) from None
        if not found:
            return
        yield from found


def _told(error: Exception) -> QuestionError:
    """What the database says, in words for who asked."""
    said = str(error).strip().partition("\n")[0]
    if "not authorized" in said or "readonly" in said or "read-only" in said or "prohibited" in said:
        return QuestionError(f"nothing can be changed from here 只读，不能修改: {said}")
    if "interrupted" in said or "statement timeout" in said:
        return QuestionError("the question took too long and was ended 查询超时: ask for less, or allow more --seconds")
    if "one statement at a time" in said or "multiple commands" in said:
        return QuestionError("one question at a time 一次只能执行一条语句")
    if "no such table" in said or "does not exist" in said:
        said += "; docs/warehouse.md names the views"
    return QuestionError(f"the database does not understand this 语句有误: {said}")
