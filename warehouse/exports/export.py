"""One export: all chosen rows of one picture of the warehouse, written whole or not at all, with a manifest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.asking import Reader, reading_only
from warehouse.dictionary import Described, columns_of
from warehouse.exports.chosen import Chosen, ExportedView, NothingChosenError
from warehouse.exports.writing import FORMATS, Part, Row, Writer, typed
from warehouse.store import Warehouse

MANIFEST = "manifest.json"
SECONDS = 6 * 3600.0
"""How long the questions of an export may take."""


class ExportError(RuntimeError):
    """An export that cannot be written; the message says where and why."""


@dataclass(slots=True)
class Counted:
    """Rows and exact sums of one view, as they went into the files."""

    rows: int = 0
    fen: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds: counts and sums by view, sha256 and size by file."""

    folder: Path
    told: dict[str, Any]

    @property
    def rows(self) -> dict[str, int]:
        return {name: view["rows"] for name, view in self.told["views"].items()}

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of an export. Raises FileNotFoundError."""
        return cls(folder, json.loads((folder / MANIFEST).read_text(encoding="utf-8")))

    def damaged(self) -> list[str]:
        """Files that are gone or no longer what was written."""
        return [
            name
            for name, said in self.told["files"].items()
            if not (self.folder / name).is_file() or _sha256(self.folder / name) != said["sha256"]
        ]


def export(
    warehouse: Warehouse, folder: Path, formats: Sequence[str], chosen: Chosen | None = None
) -> dict[str, Manifest]:
    """Write the chosen rows as `folder/<format>/…` for each format; gives the manifests by format.

    A format's folder that holds an older export is replaced when the new one is whole; one that holds anything else is refused.
    Raises ExportError, NothingChosenError (no row of figures and facts), ValueError (a format or view that does not exist).
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ValueError(f"{', '.join(unknown) or 'no format'}: formats are {', '.join(FORMATS)}")
    chosen = chosen or Chosen()
    made: dict[str, Manifest] = {}
    for name in formats:
        target = folder / name
        _refuse_strangers(target)
        arriving = folder / f".{name}.arriving.{os.getpid()}"
        try:
            shutil.rmtree(arriving, ignore_errors=True)
            arriving.mkdir(parents=True)
            told = _write(warehouse, arriving, name, chosen)
            _swap(arriving, target)
        except OSError as error:
            raise ExportError(f"{target}: cannot be written 无法写入: {error.strerror or error}") from error
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
        made[name] = Manifest(target, told)
    return made


def _refuse_strangers(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise ExportError(f"{target}: is a file, not a folder 不是文件夹")
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise ExportError(f"{target}: holds files that are no export; name another folder 目录非空且不是导出目录")


def _swap(arriving: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old.{os.getpid()}")
    if target.exists():
        target.rename(old)
    arriving.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _write(warehouse: Warehouse, folder: Path, name: str, chosen: Chosen) -> dict[str, Any]:
    writer: Writer = FORMATS[name](folder)  # type: ignore[call-arg]
    counted: dict[str, Counted] = {}
    about: dict[str, Any] = {
        "format": name, "schema_revision": warehouse.schema_revision(), "chosen": chosen.as_json(), "increment": chosen.since is not None,
    }  # fmt: skip
    with reading_only(warehouse.engine, seconds=SECONDS) as reader:
        for view in chosen.exported():
            columns = tuple(columns_of(warehouse.engine, view.name))
            count = counted.setdefault(
                view.name, Counted(fen={one.name: 0 for one in columns if one.name.endswith("_fen")})
            )
            for part in _parts(reader, view, columns, chosen, count, writer.by_year):
                writer.write(part)
    if not any(count.rows for count in counted.values()):
        raise NothingChosenError(
            f"no row of the warehouse is chosen 没有符合条件的数据: {json.dumps(chosen.as_json(), ensure_ascii=False)}"
        )
    writer.finish(about)
    about["views"] = {
        view.name: {
            "rows": counted[view.name].rows, "sums": counted[view.name].fen, "replaces_rows_of_equal": list(view.replaced_by),
        }
        for view in chosen.exported()
    }  # fmt: skip
    about["files"] = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    (folder / MANIFEST).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return about


def _parts(
    reader: Reader, view: ExportedView, columns: tuple[Described, ...], chosen: Chosen, count: Counted, by_year: bool
) -> Iterator[Part]:
    if not (by_year and view.partitioned):
        statement, values = chosen.question(view, list(columns))
        yield Part(view, columns, _typed(reader.stream(statement, values).rows, columns, count))
        return
    every, values = chosen.question(view, list(columns))
    years = reader.rows(f"SELECT DISTINCT fiscal_year FROM ({every}) chosen", values)
    for year in sorted((row["fiscal_year"] for row in years), key=lambda one: (one is None, one)):
        statement, values = chosen.question(view, list(columns), year, only_year=True)
        yield Part(view, columns, _typed(reader.stream(statement, values).rows, columns, count), (year,))


def _typed(rows: Iterator[Row], columns: tuple[Described, ...], count: Counted) -> Iterator[Row]:
    sums = [(place, one.name) for place, one in enumerate(columns) if one.name.endswith("_fen")]
    totals = count.fen if count.fen is not None else {}
    for row in rows:
        count.rows += 1
        for place, name in sums:
            totals[name] += row[place] or 0
        yield tuple(typed(value, column) for value, column in zip(row, columns, strict=True))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
