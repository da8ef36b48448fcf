"""Rows of a question on the terminal, as CSV and as JSON lines; one place for all commands that answer with figures."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from budget.amounts import decimal_text
from flows.commands.terminal import out, show_table
from warehouse.plain_cells import safe_text

LONG = 24
"""Columns with a cell wider than so many letters fold on a narrow screen."""
Form = Literal["table", "csv", "json"]


def cell_text(value: Any) -> str:
    """A value as a person reads it: no exponent, no binary tail."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return decimal_text(Decimal(repr(round(value, 6))))
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def json_value(value: Any) -> Any:
    """A value as JSON has it: decimals as their text, times as ISO 8601."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def show_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], form: Form, *, limit: int | None = None) -> int:
    """Write rows to standard output; gives how many there were. On the terminal at most `limit`, and it says so."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        count = 0
        for row in rows:
            writer.writerow(
                [safe_text(cell_text(value)) if isinstance(value, str) else cell_text(value) for value in row]
            )
            count += 1
        return count
    if form == "json":
        count = 0
        for row in rows:
            told = {name: json_value(value) for name, value in zip(columns, row, strict=True)}
            sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
            count += 1
        return count
    shown: list[tuple[str, ...]] = []
    more = 0
    for row in rows:
        if limit is not None and len(shown) >= limit:
            more = 1
            break
        shown.append(tuple(cell_text(value) for value in row))
    folding = {name for number, name in enumerate(columns) if any(len(row[number]) > LONG for row in shown)}
    show_table(out, columns, shown, folding)
    if more:
        out.print(
            f"… only the first {limit} rows 仅显示前 {limit} 行; --csv or --json gives all, --limit more",
            highlight=False,
        )
    elif not shown:
        out.print("no rows 没有结果", highlight=False)
    return len(shown)
