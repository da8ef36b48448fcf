"""What the item screen shows, as plain rows: the table with its cells marked, boxes on pages, sums, the figure elsewhere.

Nothing here makes HTML; templates lay it out, escaped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, select

from budget.disclosure import Disclosure, Fact, Finding, PagePlace, Place, SheetPlace, Statement, TablePlace
from budget.states import Severity
from review.evidence import Evidence, FindingShown
from review.queue import ItemDetail
from warehouse import tables
from warehouse.forms import FormQuestion, never_met, open_questions
from warehouse.store import Warehouse

ROWS_WHOLE = 60
"""A table up to this long is shown whole; of a longer one the head and the rows around what is wrong."""
AROUND = 3
ELSEWHERE_AT_MOST = 12
AIR = 2.0
"""Points that a box stands off the print it marks, so that its line covers no digit; a blank cell is marked as it is."""


@dataclass(frozen=True, slots=True)
class Box:
    """A marked place on a page, in points. `kind` is suspect, cell, or unread."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    address: str


@dataclass(slots=True)
class ShownCell:
    text: str
    address: str
    """For `correct`; '' for a cell that carries no money."""
    marks: list[str] = field(default_factory=list)
    """suspect, cell, other, corrected, unread: classes of the page."""
    corrected: str | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    number: int
    cells: tuple[ShownCell, ...]
    skipped: int = 0
    """Rows left out before this one."""


@dataclass(frozen=True, slots=True)
class ShownTable:
    id: str
    title: str
    kind: str
    unit: str
    head: tuple[tuple[tuple[str, int], ...], ...]
    """Header rows of (text, columns it spans)."""
    rows: tuple[ShownRow, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Sum:
    """One identity that was computed."""

    check: str
    subject: str
    left: str
    right: str
    difference: str
    tolerance: str
    status: str


@dataclass(frozen=True, slots=True)
class ItemShown:
    """The whole screen. `chosen` is the finding looked at, None where nothing was judged."""

    detail: ItemDetail
    chosen: FindingShown | None
    roots: tuple[FindingShown, ...]
    consequences: dict[int, list[FindingShown]]
    warnings: tuple[FindingShown, ...]
    tables: tuple[ShownTable, ...]
    sums: tuple[Sum, ...]
    pages: tuple[int, ...]
    boxes: dict[int, tuple[Box, ...]]
    paged: bool
    elsewhere: tuple[dict[str, Any], ...]
    versions: tuple[dict[str, Any], ...]
    questions: tuple[FormQuestion, ...] = ()
    """What fails in most documents of one of its forms."""
    never_met: tuple[str, ...] = ()
    """Titles of its forms that no other document has."""


def item_shown(
    warehouse: Warehouse, detail: ItemDetail, reading: Disclosure | None, chosen: int | None, whole: bool = False
) -> ItemShown:
    """The screen of one item with the finding `chosen` (its number; default the first root error) in sight."""
    evidence = detail.evidence or Evidence((), (), ())
    roots = tuple(one for one in evidence.errors if one.caused_by is None)
    caused: dict[int, list[FindingShown]] = defaultdict(list)
    for one in evidence.findings:
        if one.caused_by is not None:
            caused[one.caused_by].append(one)
    by_number = {one.number: one for one in evidence.findings}
    finding = by_number.get(chosen if chosen is not None else -1) or next(iter((*roots, *evidence.findings)), None)
    raw = reading.findings[finding.number] if finding is not None and reading is not None else None
    boxes = item_boxes(reading, raw) if reading is not None else {}
    pages = tuple(sorted(boxes))
    paged = reading is not None and reading.document.pages is not None
    return ItemShown(
        detail, finding, roots, dict(caused),
        tuple(one for one in evidence.findings if one.severity is Severity.WARNING),
        item_tables(reading, raw, whole) if reading is not None else (),
        _sums(warehouse, detail, raw), pages, boxes, paged,
        _elsewhere(warehouse, detail, reading, raw), _versions(warehouse, detail), *_forms(warehouse, detail),
    )  # fmt: skip


def _forms(warehouse: Warehouse, detail: ItemDetail) -> tuple[tuple[FormQuestion, ...], tuple[str, ...]]:
    sha256 = detail.row.sha256
    if sha256 is None:
        return (), ()
    new = (one["title"] or one["kind"] for one in never_met(warehouse, [sha256]))
    return tuple(open_questions(warehouse, sha256)), tuple(dict.fromkeys(new))


def place_words(at: Place | None) -> str:
    """A place, short: `p. 5`, `Sheet1 C12`, `table 2 r3 c4`."""
    if isinstance(at, PagePlace):
        return f"p. {at.page}"
    if isinstance(at, SheetPlace):
        return f"{at.sheet} {at.cell}"
    if isinstance(at, TablePlace):
        return f"table {at.table} r{at.row + 1} c{at.col + 1}"
    return ""


def item_boxes(reading: Disclosure, finding: Finding | None) -> dict[int, tuple[Box, ...]]:
    """The marked places by page: the cells of the finding, the suspected one first, and what ended in no cell."""
    found: dict[int, list[Box]] = defaultdict(list)
    by_id = {fact.id: fact for fact in reading.facts}
    for number, cell in enumerate(finding.cells if finding is not None else ()):
        fact = by_id.get(cell.fact_id or "")
        at = cell.at or (fact.at if fact else None)
        if isinstance(at, PagePlace):
            address = f"{fact.statement_id}:{fact.row}:{fact.col}" if fact else ""
            found[at.page].append(_box(at, "cell" if number else "suspect", address, AIR if cell.raw else 0.0))
    for left_over in reading.unread:
        if isinstance(left_over.at, PagePlace):
            found[left_over.at.page].append(_box(left_over.at, "unread", "", AIR))
    return {page: tuple(boxes) for page, boxes in found.items()}


def _box(at: PagePlace, kind: str, address: str, air: float) -> Box:
    x0, top, x1, bottom = at.bbox
    left, high = round(x0 - air, 1), round(top - air, 1)
    return Box(left, high, round(x1 - x0 + 2 * air, 1), round(bottom - top + 2 * air, 1), kind, address)


def item_tables(reading: Disclosure, finding: Finding | None, whole: bool) -> tuple[ShownTable, ...]:
    """The tables of the finding's cells, the suspected one first; of a reading without findings the first table."""
    by_id = {fact.id: fact for fact in reading.facts}
    marked: dict[tuple[str, int, int], str] = {}
    places = {}
    for number, cell in enumerate(finding.cells if finding is not None else ()):
        fact = by_id.get(cell.fact_id or "")
        if fact is not None:
            marked.setdefault((fact.statement_id, fact.row, fact.col), "cell" if number else "suspect")
        elif cell.at is not None:
            places[cell.at] = "cell" if number else "suspect"
    wanted = list(dict.fromkeys(statement for statement, _, _ in marked))
    if finding is not None and finding.statement_id is not None and finding.statement_id not in wanted:
        wanted.append(finding.statement_id)
    if not wanted and reading.statements:
        wanted = [reading.statements[0].id]
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in reading.facts:
        facts[fact.statement_id].append(fact)
    return tuple(
        _table(statement, facts[statement.id], marked, places, whole)
        for wanted_id in wanted
        for statement in reading.statements
        if statement.id == wanted_id
    )


def _table(
    statement: Statement,
    facts: Sequence[Fact],
    marked: dict[tuple[str, int, int], str],
    places: dict[Place, str],
    whole: bool,
) -> ShownTable:
    by_place = {(fact.row, fact.col): fact for fact in facts}
    money = {fact.col for fact in facts}
    rows: list[tuple[bool, ShownRow]] = []
    for number, row in enumerate(statement.rows):
        cells = []
        for col, text in enumerate(row.cells):
            fact = by_place.get((number, col))
            at = row.at[col] if col < len(row.at) else None
            cell = ShownCell(text, f"{statement.id}:{number}:{col}" if col in money else "", place=place_words(at))
            mark = marked.get((statement.id, number, col)) or (places.get(at) if at is not None else None)
            cell.marks = [mark] if mark else []
            if fact is not None and fact.corrected is not None:
                cell.corrected = fact.corrected.raw
                cell.marks.append("corrected")
            cells.append(cell)
        rows.append((any(cell.marks for cell in cells), ShownRow(number, tuple(cells))))
    shown, left_out = _around(rows, whole)
    head = _head(statement)
    return ShownTable(
        statement.id, statement.title or "", statement.kind, statement.unit or "", head, shown, left_out
    )  # fmt: skip


def _around(rows: list[tuple[bool, ShownRow]], whole: bool) -> tuple[tuple[ShownRow, ...], int]:
    if whole or len(rows) <= ROWS_WHOLE:
        return tuple(row for _, row in rows), 0
    near = {
        other
        for number, (wrong, _) in enumerate(rows)
        if wrong
        for other in range(number - AROUND, number + AROUND + 1)
    }
    kept, skipped = [], 0
    for number, (_, row) in enumerate(rows):
        if number < AROUND or number in near or number == len(rows) - 1:
            kept.append(ShownRow(row.number, row.cells, skipped))
            skipped = 0
        else:
            skipped += 1
    return tuple(kept), len(rows) - len(kept)


def _head(statement: Statement) -> tuple[tuple[tuple[str, int], ...], ...]:
    """The header tree as rows of spans: neighbours that share a path up to here share a cell."""
    depth = max((len(path) for path in statement.columns), default=0)
    head = []
    for level in range(depth):
        spans: list[tuple[tuple[str, ...], str, int]] = []
        for path in statement.columns:
            key, text = path[: level + 1], path[level] if level < len(path) else ""
            if spans and spans[-1][0] == key and level < len(path):
                spans[-1] = (key, text, spans[-1][2] + 1)
            else:
                spans.append((key, text, 1))
        head.append(tuple((text, count) for _, text, count in spans))
    return tuple(head)


def _sums(warehouse: Warehouse, detail: ItemDetail, finding: Finding | None) -> tuple[Sum, ...]:
    """The identities of the finding's statement, those that do not hold first."""
    if detail.row.sha256 is None or finding is None:
        return ()
    made = tables.reconciliations
    where = [made.c.sha256 == detail.row.sha256]
    if finding.statement_id is not None:
        where.append(made.c.statement_id == finding.statement_id)
    query = select(made).where(and_(*where)).order_by(made.c.status, made.c.reconciliation_no).limit(400)
    with warehouse.engine.connect() as connection:
        found = connection.execute(query).mappings().all()
    sums = []
    for one in found:
        left, right = one["left_value"], one["right_value"]
        difference = left - right if left is not None and right is not None else None
        sums.append(
            Sum(one["check_id"], one["subject"] or "", _text(left), _text(right), _text(difference), _text(one["tolerance"]), one["status"])
        )  # fmt: skip
    return tuple(sums)


def _text(value: object) -> str:
    return "" if value is None else f"{value:f}" if hasattr(value, "as_tuple") else str(value)


def _elsewhere(
    warehouse: Warehouse, detail: ItemDetail, reading: Disclosure | None, finding: Finding | None
) -> tuple[dict[str, Any], ...]:
    """The suspected figure in other documents of the same agency: other years, budget beside final account, other versions."""
    if reading is None or finding is None or not finding.cells or reading.document.agency is None:
        return ()
    suspect = next((fact for fact in reading.facts if fact.id == finding.cells[0].fact_id), None)
    if suspect is None:
        return ()
    facts, versions = tables.facts, tables.document_versions
    query = (
        select(
            versions.c.title, versions.c.fiscal_year, versions.c.state, facts.c.kind, facts.c.column_text, facts.c.code,
            facts.c.name, facts.c.raw, facts.c.amount_wan, facts.c.page,
        )
        .join(versions, versions.c.sha256 == facts.c.sha256)
        .where(
            versions.c.agency == reading.document.agency, versions.c.sha256 != reading.document.sha256,
            facts.c.kind == suspect.kind, facts.c.measure == suspect.measure, facts.c.code == suspect.code,
            facts.c.name == suspect.name,
        )
        .order_by(versions.c.fiscal_year.desc(), facts.c.fact_no)
        .limit(ELSEWHERE_AT_MOST)
    )  # fmt: skip
    if suspect.side is not None:
        query = query.where(facts.c.side == suspect.side)
    with warehouse.engine.connect() as connection:
        return tuple(dict(one) for one in connection.execute(query).mappings())


def _versions(warehouse: Warehouse, detail: ItemDetail) -> tuple[dict[str, Any], ...]:
    """The history of the document: every version of it, oldest first."""
    if detail.version is None:
        return ()
    made = tables.document_versions
    query = select(
        made.c.sha256,
        made.c.version_no,
        made.c.state,
        made.c.reason,
        made.c.first_stored_at,
        made.c.facts,
        made.c.recipe,
    ).where(made.c.document_id == detail.version["document_id"])
    with warehouse.engine.connect() as connection:
        return tuple(dict(one) for one in connection.execute(query.order_by(made.c.version_no)).mappings())
