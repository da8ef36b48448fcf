"""Files of an export: one writer a format. Each is given a view's columns and its rows in order, and says which files it made."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from budget.amounts import decimal_text
from warehouse.dictionary import Described, views
from warehouse.exports.chosen import ExportedView
from warehouse.plain_cells import safe_text

Row = tuple[Any, ...]
ROWS_OF_A_SHEET = 1_048_575
"""Rows of an XLSX sheet below its head."""
ROWS_AT_ONCE = 20_000
EXACT_DIGITS, EXACT_DECIMALS = 38, 12
"""DECIMAL of exact amounts in Parquet and DuckDB."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member of a package: the earliest that ZIP knows."""
UNIT_ROW = "units 单位"


class TooManyRowsError(ValueError):
    """More rows than the format holds."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a view, all of them or of one fiscal year (`partition`)."""

    view: ExportedView
    columns: tuple[Described, ...]
    rows: Iterator[Row]
    partition: tuple[int | None, ...] = ()


class Writer(Protocol):
    """Writes the views of an export into a folder, one after the other, then finishes."""

    by_year: bool

    def write(self, part: Part) -> None: ...

    def finish(self, about: dict[str, Any]) -> None: ...


def typed(value: Any, column: Described) -> Any:
    """A value of the database as its type: SQLite keeps booleans as 0 and 1, times and exact decimals as text."""
    if value is None:
        return None
    match column.type:
        case "boolean":
            return bool(value)
        case "number":
            return Decimal(str(value)) if column.name == "amount_exact" else float(value)
        case "date":
            return value if isinstance(value, date) else date.fromisoformat(value)
        case "datetime":
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        case "json":
            read = json.loads(value) if isinstance(value, str) else value
            return json.dumps(read, ensure_ascii=False, sort_keys=True)
        case _:
            return value


def as_text(value: Any) -> str:
    """A typed value as a cell of a CSV."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case float():
            return decimal_text(Decimal(repr(value)))
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case str():
            return safe_text(value)
        case _:
            return str(value)


class CsvWriter:
    """`<view>.csv`, UTF-8 with a mark by which Excel knows it, and `columns.csv` with types and units."""

    by_year = False

    def __init__(self, folder: Path, encoding: str = "utf-8-sig") -> None:
        self._folder = folder
        self._encoding = encoding
        self._columns: list[tuple[str, ...]] = []

    def write(self, part: Part) -> None:
        with (self._folder / f"{part.view.name}.csv").open("w", encoding=self._encoding, newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([one.name for one in part.columns])
            for row in part.rows:
                writer.writerow([as_text(value) for value in row])
        self._columns += [(part.view.name, one.name, one.type, one.unit or "", one.says) for one in part.columns]

    def finish(self, about: dict[str, Any]) -> None:
        with (self._folder / "columns.csv").open("w", encoding=self._encoding, newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("view", "column", "type", "unit", "what"))
            writer.writerows(tuple(map(safe_text, row)) for row in self._columns)


class PackageWriter(CsvWriter):
    """A Tabular Data Package, with the roles of the Fiscal Data Package on the columns of `figures`: CSV and datapackage.json."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "utf-8")
        self._resources: list[dict[str, Any]] = []

    def write(self, part: Part) -> None:
        super().write(part)
        self._resources.append({
            "name": part.view.name.replace("_", "-"), "title": part.view.name, "description": views()[part.view.name],
            "path": f"{part.view.name}.csv", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv",
            "encoding": "utf-8", "schema": {"fields": [_field(part.view.name, one) for one in part.columns], "missingValues": [""]},
        })  # fmt: skip

    def finish(self, about: dict[str, Any]) -> None:
        said = {
            "profile": "tabular-data-package", "name": "yusuan", "title": "预决算公开 Budget disclosures of Chinese government departments",
            "description": "Figures as published by the departments; see manifest.json for what this package holds. "
            "Text cells that begin like a formula have an apostrophe before them.",
            "countryCode": "CN", "fiscalPeriod": about["chosen"]["years"], "resources": self._resources,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        (self._folder / "datapackage.json").write_text(
            json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )


FISCAL_ROLES = {
    "fiscal_year": "date:fiscal-year", "department": "administrative-classification:generic:level1:label", "basis": "phase:id",
    "region": "geo:target:title", "code": "functional-classification:generic:level1:code",
    "name": "functional-classification:generic:level1:label", "amount_exact": "value",
}  # fmt: skip
"""`columnType` of the Fiscal Data Package by column of `figures`; `code` and `name` are those of the measure's classification."""
PACKAGE_TYPES = {"text": "string", "json": "string"}


def _field(view: str, column: Described) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": PACKAGE_TYPES.get(column.type, column.type),
        "description": column.says,
    }
    if column.unit:
        field["unit"] = column.unit
    if column.type == "datetime":
        field["format"] = "%Y-%m-%dT%H:%M:%S.%fZ"
    if view == "figures" and column.name in FISCAL_ROLES:
        field["columnType"] = FISCAL_ROLES[column.name]
    return field


class ParquetWriter:
    """`<view>/part.parquet`, or `<view>/fiscal_year=2024/part.parquet` (Hive) where the view is divided; units in the schema."""

    by_year = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, part: Part) -> None:
        import pyarrow.parquet

        folder = self._folder / part.view.name
        columns = part.columns
        if part.partition:
            (year,) = part.partition
            folder /= f"fiscal_year={'__HIVE_DEFAULT_PARTITION__' if year is None else year}"
        folder.mkdir(parents=True, exist_ok=True)
        left = [n for n, one in enumerate(columns) if not (part.partition and one.name == "fiscal_year")]
        schema = arrow_schema([columns[n] for n in left])
        with pyarrow.parquet.ParquetWriter(folder / "part.parquet", schema, compression="zstd") as writer:
            for batch in arrow_batches(part.rows, left, schema):
                writer.write_batch(batch)

    def finish(self, about: dict[str, Any]) -> None:
        """Nothing stands beside the files."""


def arrow_schema(columns: Sequence[Described]) -> Any:
    """The Arrow schema of a view: what a column says and its unit are in its metadata."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(), "json": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
        "date": pa.date32(), "datetime": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    exact = pa.decimal128(EXACT_DIGITS, EXACT_DECIMALS)
    return pa.schema([
        pa.field(
            one.name, exact if one.name == "amount_exact" else kinds[one.type],
            metadata={"unit": one.unit or "", "description": one.says},
        )
        for one in columns
    ])  # fmt: skip


def arrow_batches(rows: Iterator[Row], places: Sequence[int], schema: Any) -> Iterator[Any]:
    """The rows in record batches, of each row the values at `places`."""
    import pyarrow as pa

    kept: list[Row] = []

    def batch() -> Any:
        arrays = [
            pa.array([row[place] for row in kept], type=field.type) for place, field in zip(places, schema, strict=True)
        ]
        return pa.record_batch(arrays, schema=schema)

    for row in rows:
        kept.append(row)
        if len(kept) == ROWS_AT_ONCE:
            yield batch()
            kept.clear()
    if kept:
        yield batch()


class DuckDbWriter:
    """`yusuan.duckdb`: a table a view, comments with units. The content is repeatable, the bytes of the format are not."""

    by_year = False

    def __init__(self, folder: Path) -> None:
        import duckdb

        self._connection = duckdb.connect(str(folder / "yusuan.duckdb"))

    def write(self, part: Part) -> None:
        import pyarrow as pa

        schema = arrow_schema(part.columns)
        self._insert(part.view.name, schema.empty_table(), "CREATE TABLE {} AS SELECT * FROM arriving")
        # batch by batch from here: DuckDB would ask a stream from a thread of its own, and SQLite answers in one only
        for batch in arrow_batches(part.rows, range(len(part.columns)), schema):
            self._insert(part.view.name, pa.Table.from_batches([batch]), "INSERT INTO {} SELECT * FROM arriving")
        self._connection.execute(f"COMMENT ON TABLE {part.view.name} IS {_quoted(views()[part.view.name])}")
        for one in part.columns:
            said = one.says + (f" ({one.unit})" if one.unit else "")
            self._connection.execute(f'COMMENT ON COLUMN {part.view.name}."{one.name}" IS {_quoted(said)}')

    def finish(self, about: dict[str, Any]) -> None:
        self._connection.execute("CHECKPOINT")
        self._connection.close()

    def _insert(self, table: str, rows: Any, statement: str) -> None:
        self._connection.register("arriving", rows)
        self._connection.execute(statement.format(table))
        self._connection.unregister("arriving")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class XlsxWriter:
    """`yusuan.xlsx`: a sheet a view below notes on all of them; heads frozen, units in the second row."""

    by_year = False

    def __init__(self, folder: Path) -> None:
        import openpyxl

        self._path = folder / "yusuan.xlsx"
        self._book = openpyxl.Workbook(write_only=True)
        self._notes = self._book.create_sheet("notes")
        self._told: list[tuple[str, ...]] = []

    def write(self, part: Part) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font

        sheet = self._book.create_sheet(part.view.name)
        sheet.freeze_panes = "A3"
        bold = []
        for one in part.columns:
            cell = WriteOnlyCell(sheet, value=one.name)
            cell.font = Font(bold=True)
            bold.append(cell)
        sheet.append(bold)
        sheet.append([one.unit or "" for one in part.columns])
        for number, row in enumerate(part.rows):
            if number >= ROWS_OF_A_SHEET - 1:
                raise TooManyRowsError(
                    f"{part.view.name} has more than {ROWS_OF_A_SHEET - 1:,} rows, more than a sheet holds: narrow by region, year or "
                    "department, or take another format"
                )
            sheet.append([_sheet_value(value) for value in row])
        self._told.append((part.view.name, "", "", views()[part.view.name]))
        self._told += [(part.view.name, one.name, one.unit or "", one.says) for one in part.columns]

    def finish(self, about: dict[str, Any]) -> None:
        self._notes.append(["yusuan: figures as published by the departments 部门公开数据"])
        self._notes.append(["chosen 范围", json.dumps(about["chosen"], ensure_ascii=False)])
        self._notes.append(
            ["The second row of each sheet has the units. Text that begins like a formula has an apostrophe before it."]
        )
        self._notes.append(["Amounts of one measure may be summed; those of different measures contain each other."])
        self._notes.append([])
        self._notes.append(["view", "column", "unit", "what"])
        for line in self._told:
            self._notes.append([safe_text(text) for text in line])
        made = self._path.with_suffix(".made")
        self._book.save(made)
        _same_bytes(made, self._path)
        made.unlink()


def _sheet_value(value: Any) -> Any:
    """What a cell of a workbook holds: its times have no zone, its numbers are binary, its text never runs."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, str):
        return safe_text(_CONTROL.sub("�", value))
    return value


def _same_bytes(made: Path, path: Path) -> None:
    """The package again without the time it was made at: equal content gives equal bytes."""
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", data)
            new.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)


FORMATS: dict[str, type[Writer]] = {
    "parquet": ParquetWriter, "csv": CsvWriter, "xlsx": XlsxWriter, "duckdb": DuckDbWriter, "datapackage": PackageWriter,
}  # type: ignore[dict-item]  # fmt: skip
