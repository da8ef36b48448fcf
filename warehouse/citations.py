"""A citation for a figure: who printed it, where, when it was seen, what proves it. Names of figures are `<sha256>:<figure>`.

`<sha256>` is the file's hash or its first 8 digits and more; `<figure>` a fact id of today's reading (`f00118`), the cell as the
review shows it (`t03:12:4`: table, row and column from 0), or `prose:7` for a figure of the narrative. The hash names the content for ever; a better
reading may count tables anew, so a citation also says what the cell is called.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from budget.amounts import decimal_text
from budget.printed_text import squeeze
from warehouse.asking import rows

SHORT = 16
"""Digits of a hash in the name of a figure that we print."""
LEAST_DIGITS = 8
SUMS_AT_MOST = 20
_CELL = re.compile(r"^(.+):(\d{1,6}):(\d{1,6})$")
_NAME = re.compile(r"^([0-9a-f]{8,64})[:/](.+)$")


class NoSuchFigureError(LookupError):
    """A name that is misspelt or names no figure; the message says what is there."""


@dataclass(frozen=True, slots=True)
class Sum:
    """An accounting identity that the figure takes part in. Amounts as the check works, 万元 unless it says otherwise."""

    check: str
    status: str
    subject: str
    left: str | None
    right: str | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A finding that names the cell."""

    check: str
    severity: str
    origin: str
    message: str


@dataclass(frozen=True, slots=True)
class Citation:
    """All that is needed to find and to judge one printed figure again."""

    cite: str
    agency: str | None
    region: str | None
    title: str | None
    kind: str | None
    document_year: int | None
    fiscal_year: int | None
    basis: str | None
    url: str | None
    article_url: str | None
    published_at: str | None
    first_seen_at: str | None
    last_seen_at: str | None
    sha256: str
    file: str | None
    version_no: int
    state: str
    reason: str | None
    recipe: str
    reader: str | None
    statement: str | None
    statement_id: str | None
    statement_title: str | None
    code: str
    name: str
    column: str
    measure: str | None
    raw: str
    unit: str | None
    amount_wan: str | None
    publisher_discrepancy: bool
    corrected: bool
    sentence: str | None
    place: dict[str, Any]
    cell: str | None = None
    """`t03:12:4`: table, row and column of this reading, from 0."""
    sums: tuple[Sum, ...] = field(default=())
    doubts: tuple[Doubt, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The citation as an object of plain values."""
        return asdict(self)

    @property
    def status(self) -> str:
        """In words for who quotes it."""
        if self.state != "loaded":
            return f"not loaded: {self.state}" + (f" ({self.reason})" if self.reason else "") + " 未入库"
        if self.publisher_discrepancy:
            return "loaded; takes part in a contradiction that the document itself prints 原文如此"
        if self.corrected:
            return "loaded; our reading of it was corrected by a person"
        return "loaded; the checks of its document passed 勾稽成立"

    @property
    def where(self) -> str:
        """The place in words."""
        place = self.place
        if place.get("page") is not None:
            box = ", ".join(f"{place[side]:.1f}" for side in ("x0", "top", "x1", "bottom"))
            return f"page {place['page']} 第{place['page']}页 box [{box}] points from the top left"
        if place.get("sheet") is not None:
            return f"sheet {place['sheet']} cell {place['cell']}"
        if place.get("table_no") is not None:
            return (
                f"table {place['table_no']}, row {place['table_row'] + 1}, column {place['table_col'] + 1} of the file"
            )
        return "no place is known 位置未知"

    @property
    def line(self) -> str:
        """One line for a footnote."""
        what = "，".join(
            part
            for part in (self.statement_title, f"“{self.name or self.column}”", self.column if self.name else "")
            if part
        )
        seen = (self.first_seen_at or "")[:10]
        amount = f"{self.raw}{self.unit or ''}" + (
            f"（{self.amount_wan}万元）" if self.amount_wan and self.unit != "万元" else ""
        )
        page = f"，第{self.place['page']}页" if self.place.get("page") is not None else f"，{self.where}"
        published = f"，{self.published_at}公布" if self.published_at else ""
        return (
            f"{self.agency or '（未署名）'}：《{self.title or self.file or ''}》，{what}：{amount}{page}{published}，{self.url or '（无地址）'}，"
            f"{seen}存档，sha256 {self.sha256[:SHORT]}…"
        )


_FACT = """
SELECT f.*, t.title AS statement_title, t.unit, v.fiscal_year AS document_year, v.agency, v.region, v.title, v.kind AS document_kind,
    v.file, v.version_no, v.state, v.reason, v.recipe, v.reader
FROM facts f
JOIN document_versions v ON v.sha256 = f.sha256
JOIN statements t ON t.sha256 = f.sha256 AND t.statement_id = f.statement_id
WHERE f.sha256 = :sha256 AND {which}
"""
_PROSE = """
SELECT f.*, v.fiscal_year AS document_year, v.agency, v.region, v.title, v.kind AS document_kind, v.file, v.version_no, v.state,
    v.reason, v.recipe, v.reader
FROM prose_facts f
JOIN document_versions v ON v.sha256 = f.sha256
WHERE f.sha256 = :sha256 AND f.prose_no = :number
"""
_PLACE = ("page", "x0", "top", "x1", "bottom", "sheet", "cell", "table_no", "table_row", "table_col")


def cite(engine: Engine, name: str) -> Citation:
    """The citation of the figure of this name. Raises NoSuchFigureError."""
    found = _NAME.match(name.strip())
    if found is None:
        raise NoSuchFigureError(
            f"{name!r} names no figure: write SHA256:FIGURE, the first {LEAST_DIGITS} digits or more and a fact id, such as "
            "7f69de7e:f00118, or a cell, 7f69de7e:t03:12:4; the column cite of the views has it"
        )
    sha256 = _whole_hash(engine, found.group(1))
    figure = found.group(2)
    if figure.startswith("prose:") and figure[6:].isdecimal():
        return _of_prose(engine, name, sha256, int(figure[6:]))
    values: dict[str, Any]
    which, values = "f.fact_id = :figure", {"figure": figure}
    if (cell := _CELL.match(figure)) is not None:
        which = "f.statement_id = :table AND f.printed_row = :row AND f.printed_col = :col"
        values = {"table": cell.group(1), "row": int(cell.group(2)), "col": int(cell.group(3))}
    told = rows(engine, _FACT.format(which=which), {"sha256": sha256, **values})
    if not told:
        raise NoSuchFigureError(f"{name}: {_what_there_is(engine, sha256, figure)}")
    return _citation(engine, told[0], f"{sha256[:SHORT]}:{told[0]['fact_id']}")


def _whole_hash(engine: Engine, start: str) -> str:
    found = rows(
        engine,
        "SELECT sha256 FROM document_versions WHERE sha256 LIKE :start ORDER BY sha256 LIMIT 2",
        {"start": start + "%"},
    )
    if len(found) != 1:
        raise NoSuchFigureError(
            f"{start}: {'several documents begin' if found else 'no document begins'} so 没有或不止一个文件"
        )
    return str(found[0]["sha256"])


def _what_there_is(engine: Engine, sha256: str, figure: str) -> str:
    statements = rows(
        engine,
        "SELECT statement_id, title FROM statements WHERE sha256 = :sha256 ORDER BY statement_no",
        {"sha256": sha256},
    )
    named = figure.rsplit(":", 2)[0]
    if any(row["statement_id"] == named for row in statements):
        return f"no figure stands in that row and column of {named} 此单元格没有数字"
    shown = ", ".join(f"{row['statement_id']} {row['title'] or ''}".strip() for row in statements) or "none"
    return f"no such figure; the tables are {shown}"


def _of_prose(engine: Engine, name: str, sha256: str, number: int) -> Citation:
    told = rows(engine, _PROSE, {"sha256": sha256, "number": number})
    if not told:
        raise NoSuchFigureError(f"{name}: the narrative has no figure {number}")
    row = told[0]
    made = {
        **row, "statement_title": None, "statement_id": None, "kind": None, "code": "", "name": row["name"] or row["topic"],
        "column_text": "", "measure": row["topic"], "basis": None, "publisher_discrepancy": False, "corrected": False,
    }  # fmt: skip
    return _citation(engine, made, f"{sha256[:SHORT]}:prose:{number}")


def _citation(engine: Engine, row: dict[str, Any], name: str) -> Citation:
    sha256 = row["sha256"]
    seen = rows(
        engine,
        "SELECT MIN(first_seen_at) AS first_seen_at, MAX(last_seen_at) AS last_seen_at, MIN(published_at) AS published_at, "
        "MIN(region) AS region FROM sightings WHERE sha256 = :sha256",
        {"sha256": sha256},
    )[0]
    quoted = rows(
        engine,
        "SELECT s.url, s.article_url, s.published_at FROM document_versions v JOIN documents d ON d.document_id = v.document_id "
        "JOIN sightings s ON s.sighting_id = d.sighting_id AND s.sha256 = v.sha256 WHERE v.sha256 = :sha256 "
        "UNION ALL SELECT url, article_url, published_at FROM sightings WHERE sha256 = :sha256",
        {"sha256": sha256},
    )
    address = quoted[0] if quoted else {"url": None, "article_url": None, "published_at": None}
    amount = None if row["amount_wan"] is None else Decimal(str(row["amount_wan"]))
    fact_id = row.get("fact_id")
    return Citation(
        cite=name, agency=row["agency"], region=row["region"] or seen["region"], title=row["title"], kind=row["document_kind"],
        document_year=row["document_year"], fiscal_year=row["fiscal_year"] or row["document_year"], basis=row["basis"],
        url=address["url"], article_url=address["article_url"], published_at=_day(address["published_at"]),
        first_seen_at=_moment(seen["first_seen_at"]), last_seen_at=_moment(seen["last_seen_at"]), sha256=sha256, file=row["file"],
        version_no=row["version_no"], state=row["state"], reason=row["reason"], recipe=row["recipe"], reader=row["reader"],
        statement=row["kind"], statement_id=row["statement_id"], statement_title=row["statement_title"], code=row["code"],
        name=row["name"], column=row["column_text"], measure=row["measure"], raw=row["raw"] or "", unit=row["unit"],
        amount_wan=None if amount is None else decimal_text(amount), publisher_discrepancy=bool(row["publisher_discrepancy"]),
        corrected=bool(row["corrected"]), sentence=row.get("sentence"), place={name: row[name] for name in _PLACE},
        cell=f"{row['statement_id']}:{row['printed_row']}:{row['printed_col']}" if fact_id else None,
        sums=_sums(engine, row, amount) if fact_id and amount is not None else (),
        doubts=_doubts(engine, sha256, fact_id) if fact_id else (),
    )  # fmt: skip


def _sums(engine: Engine, row: dict[str, Any], amount: Decimal) -> tuple[Sum, ...]:
    """Identities of its own row in its table, and those of other tables that say its row or column and have its amount."""
    found = rows(
        engine,
        "SELECT check_id, status, statement_id, subject, left_value, right_value FROM reconciliations "
        "WHERE sha256 = :sha256 AND status <> 'skipped' ORDER BY reconciliation_no",
        {"sha256": row["sha256"]},
    )
    names = {
        squeeze(text)
        for text in (row["name"], row["code"], row["column_text"].rpartition(" / ")[2])
        if len(squeeze(text)) > 1
    }
    told = []
    for one in found:
        sides = [Decimal(str(one[side])) for side in ("left_value", "right_value") if one[side] is not None]
        subject = squeeze(one["subject"] or "")
        if amount in sides and any(name in subject for name in names):
            told.append((one["statement_id"] != row["statement_id"], one))
    told.sort(key=lambda pair: pair[0])
    return tuple(
        Sum(one["check_id"], one["status"], one["subject"] or "", _text(one["left_value"]), _text(one["right_value"]))
        for _, one in told[:SUMS_AT_MOST]
    )


def _doubts(engine: Engine, sha256: str, fact_id: str) -> tuple[Doubt, ...]:
    found = rows(
        engine,
        "SELECT DISTINCT f.finding_no, f.check_id, f.severity, f.origin, f.message FROM findings f "
        "JOIN finding_cells c ON c.sha256 = f.sha256 AND c.finding_no = f.finding_no "
        "WHERE f.sha256 = :sha256 AND c.fact_id = :fact_id ORDER BY f.finding_no",
        {"sha256": sha256, "fact_id": fact_id},
    )
    return tuple(Doubt(row["check_id"], row["severity"], row["origin"], row["message"]) for row in found)


def _text(value: Any) -> str | None:
    return None if value is None else decimal_text(Decimal(str(value)))


def _day(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, date) else value


def _moment(value: Any) -> str | None:
    """ISO 8601 with its zone; SQLite keeps UTC without one."""
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime) else str(value).replace(" ", "T") + "+00:00"
