"""TPE-01 and the units of 三公经费表: items in rows (Hebei) or columns (Shandong, Shanghai, 公开07), years side by side (Xi'an)
or below one another (Shenzhen), with the change printed beside them, for one body or unit by unit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from budget.printed_text import squeeze
from expectations.checks.balance import FUNDS
from expectations.checks.rows import Header, header_tree
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.tables import COARSEST, Cell, Line, Table, is_total, says

ITEMS = ("vehicle_total", "abroad", "vehicle_purchase", "vehicle_running", "reception")
PARTS = ("abroad", "vehicle_total", "reception")


def identities(tables: list[Table]) -> Iterator[Identity]:
    """TPE-01, and HIE-05 over the units of a table, for every 三公经费表."""
    for table in tables:
        if table.kind != "three_public_expenses":
            continue
        if table.empty:
            yield skip("TPE-01", "the table shows no amounts", table.statement.id)
            continue
        claims = [*_sums(table), *_with_meetings(table), *_changes_beside(table), *_changes_below(table)]
        if claims:
            yield from claims
        else:
            yield skip("TPE-01", "the parts are not printed beside their total", table.statement.id)
        yield from _units(table)


def item_of(texts: list[str]) -> str | None:
    """What a row name or header path of 三公经费表 is about: total, abroad, vehicle_total, …; None for anything else."""
    leaf = texts[-1]
    if says("three_public", "count", leaf) and "费" not in leaf:
        return None
    if says("three_public", "generic_total", leaf):
        above = next((item for text in reversed(texts[:-1]) if (item := item_of([text])) not in (None, "total")), None)
        return above or "total"
    for item in ITEMS:
        if says("three_public", item, leaf):
            return item
    return "total" if says("three_public", "total", leaf) else None


def item_and_fund(path: Sequence[str]) -> tuple[str | None, str | None]:
    """(what a column is about, the fund it shows of it): 公务接待费/一般公共预算 is reception in that fund (Shenzhen)."""
    texts = [squeeze(text) for text in path]
    if len(texts) > 1 and any(says("rows", fund, texts[-1]) for fund in FUNDS):
        return item_of(texts[:-1]), texts[-1]
    if texts and says("three_public", "agency_running", texts[-1]):
        return "agency_running", None
    return item_of(texts) if texts else None, None


def _sums(table: Table) -> Iterator[Identity]:
    for label, cells, sure in (*_blocks_of_columns(table), *_blocks_of_rows(table)):
        yield from _three_public_sums(label, cells, sure=sure)


Block = tuple[str, dict[str, Term], bool]


def _blocks_of_columns(table: Table) -> Iterator[Block]:
    groups: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    unknown: set[tuple[str, ...]] = set()
    for col, path in enumerate(table.statement.columns):
        item, fund = item_and_fund(path)
        texts = [squeeze(text) for text in path[: -1 if fund else None]]
        key = tuple(text for text in texts[:-1] if item_of([text]) in (None, "total"))
        if fund:  # each fund adds up by itself, whatever 小计 stands above it
            key = (*(text for text in key if not says("three_public", "generic_total", text)), fund)
        if item is None:
            unknown.add(key)
        else:
            groups[key].setdefault(item, col)
    for key, columns in groups.items():
        if not set(columns) & set(PARTS):
            continue
        sure = (
            key not in unknown
            or any("三公" in text for text in key)
            or "三公" in "".join(table.statement.columns[columns["total"]] if "total" in columns else ())
        )
        for line in table.side(None):
            cells = {
                item: Term(_cell(table, line, col), f"{line.name} {'/'.join(table.statement.columns[col])}".strip())
                for item, col in columns.items()
            }
            if any(term.cell.printed for term in cells.values()):
                yield " ".join((line.name, *key)).strip(), cells, sure


def _blocks_of_rows(table: Table) -> Iterator[Block]:
    segments: list[dict[str, Line]] = []
    others = False
    for line in table.side(None):
        item = item_of([line.name]) if line.name else None
        if item is None:
            others = others or not line.blank
            continue
        if item == "total" or not segments:
            segments.append({})
        segments[-1].setdefault(item, line)
    for segment in segments:
        if not set(segment) & set(PARTS):
            continue
        # 合计 over the three alone is theirs; beside 会议费 or 行政经费 it may be of more
        sure = "total" not in segment or "三公" in segment["total"].name or (not others and len(segments) == 1)
        for column in table.columns_of(None):
            if says("columns", "not_an_addend", column.leaf):
                continue
            cells = {
                item: Term(line.cells[column.col], line.name)
                for item, line in segment.items()
                if column.col in line.cells
            }
            if any(term.cell.printed for term in cells.values()):
                yield column.label, cells, sure


def _cell(table: Table, line: Line, col: int) -> Cell:
    if col in line.cells:
        return line.cells[col]
    row = table.statement.rows[line.row] if line.row < len(table.statement.rows) else None
    at = row.at[col] if row is not None and col < len(row.at) else None
    return Cell(table.statement.id, line.row, col, Decimal(0), "", None, at, COARSEST)


def _three_public_sums(label: str, cells: dict[str, Term], *, sure: bool) -> Iterator[Identity]:
    if "total" in cells and all(part in cells for part in PARTS):
        claim = equal("TPE-01", [cells["total"]], [cells[part] for part in PARTS], "三公", label)
        if sure or claim.holds:
            yield claim
        else:
            yield skip(
                "TPE-01",
                "the total may hold more than the three (会议费, 培训费)",
                *claim.statement_ids,
                column_label=label,
            )
    if "vehicle_total" in cells and "vehicle_purchase" in cells and "vehicle_running" in cells:
        parts = [cells["vehicle_purchase"], cells["vehicle_running"]]
        yield equal("TPE-01", [cells["vehicle_total"]], parts, "公务用车", label)


# --------------------------------------------------------------------------- 会议费, 培训费


def _with_meetings(table: Table) -> Iterator[Identity]:
    """TPE-01: 合计 = 三公 + 会议费 + 培训费, where the three stand side by side below one header."""
    for header in _headers(header_tree(table.columns_of(None))):
        total = header.total()
        beside = [child for child in header.below if child.column is None or child.column is not total]
        texts = [squeeze(child.text) for child in beside]
        three = [text for text in texts if "三公" in text]
        if total is None or len(three) != 1 or not any(text in ("会议费", "培训费") for text in texts):
            continue
        if any(text not in ("会议费", "培训费") and text not in three for text in texts):
            continue
        columns = [column for child in beside for column in child.value_columns()]
        many = _units_below(table)
        for line in table.side(None):
            own = Term(line.cells[total.col], f"{line.name} {total.leaf}")
            parts = [Term(line.cells[column.col], f"{line.name} {column.leaf}") for column in columns]
            if own.cell.printed or any(part.cell.printed for part in parts):
                claim = equal("TPE-01", [own], parts, line.label, total.label)
                yield replace(claim, tolerance=claim.tolerance * many.get(line.row, 1))


def _headers(header: Header) -> Iterator[Header]:
    yield header
    for child in header.below:
        if child.column is None:
            yield from _headers(child)


# --------------------------------------------------------------------------- what changed

_CHANGE = re.compile(r"增减|变化")
_RATE = re.compile(r"%|率|幅|比例")
_PRIOR = re.compile(r"上年|上一年")
_OWN = re.compile(r"当年|本年|今年")
_YEAR = re.compile(r"20\d\d")


def _changes_beside(table: Table) -> Iterator[Identity]:
    """TPE-01: 当年 − 上年 = 增减变化, column by column of the three blocks."""
    blocks: dict[str, dict[tuple[str, ...], int]] = defaultdict(dict)
    for col, path in enumerate(table.statement.columns):
        if len(path) > 1:
            blocks[squeeze(path[0])][tuple(map(squeeze, path[1:]))] = col
    change = [text for text in blocks if _CHANGE.search(text) and not _RATE.search(text)]
    years = _in_order([text for text in blocks if text not in change])
    if len(change) != 1 or years is None or any(set(blocks[text]) != set(blocks[change[0]]) for text in years):
        return
    many = _units_below(table)
    for path in blocks[change[0]]:
        if any(_RATE.search(text) for text in path):
            continue
        label = "/".join((change[0], *path))
        for line in table.side(None):
            own, prior, changed = (
                Term(_cell(table, line, blocks[text][path]), f"{line.name} {text}/{path[-1]}")
                for text in (years[1], years[0], change[0])
            )
            if any(term.cell.printed for term in (own, prior, changed)):
                claim = _changed(own, prior, changed, line.label, label)
                yield replace(claim, tolerance=claim.tolerance * many.get(line.row, 1))


def _in_order(texts: list[str]) -> tuple[str, str] | None:
    """(the year before, the year) of two headings: by 上年 and 当年, or by their years; None when they are not two years."""
    if len(texts) != 2:
        return None
    prior, own = [t for t in texts if _PRIOR.search(t)], [t for t in texts if _OWN.search(t)]
    if len(prior) == len(own) == 1:
        return prior[0], own[0]
    years = {found.group(): text for text in texts if (found := _YEAR.search(text))}
    if len(years) != 2 or abs(int(min(years)) - int(max(years))) != 1:
        return None
    return years[min(years)], years[max(years)]


def _changed(own: Term, prior: Term, change: Term, row: str, column: str) -> Identity:
    return equal("TPE-01", [change], [own, Term(prior.cell, prior.label, -1)], row, column)


def _changes_below(table: Table) -> Iterator[Identity]:
    """TPE-01: the rows 2025年, 2026年 and 增减变化金额 of a unit, below one another (Shenzhen)."""
    lines = [line for line in table.side(None) if not line.blank]
    for number in range(len(lines) - 2):
        three = lines[number : number + 3]
        texts = [period_of(table, line) for line in three]
        if not _CHANGE.search(texts[2]) or _RATE.search(texts[2]):
            continue
        order = _in_order(texts[:2])
        if order is None:
            continue
        prior, own = (three[texts.index(text)] for text in order)
        for column in table.columns_of(None):
            terms = [
                Term(line.cells[column.col], f"{column.label} {period_of(table, line)}")
                for line in (own, prior, three[2])
            ]
            if any(term.cell.printed for term in terms):
                yield _changed(terms[0], terms[1], terms[2], texts[2], column.label)


def period_of(table: Table, line: Line) -> str:
    """What a row says about its year: 2026年, 增减变化金额; '' where the rows are no years."""
    cells = table.statement.rows[line.row].cells if line.row < len(table.statement.rows) else ()
    first = min((column.col for column in table.columns_of(None)), default=0)
    return next(
        (text for text in map(squeeze, cells[:first]) if re.match(r"20\d\d年", text) or _CHANGE.search(text)), ""
    )


# --------------------------------------------------------------------------- units


def _units(table: Table) -> Iterator[Identity]:
    """HIE-05: 合计 = the units, a department = the units whose codes begin with its own."""
    for head, below in _heads(table):
        for column in table.columns_of(None):
            own = Term(head.cells[column.col], head.label)
            parts = [Term(line.cells[column.col], line.label) for line in below]
            if own.cell.printed or any(part.cell.printed for part in parts):
                yield equal("HIE-05", [own], parts, head.label, column.label)


def _heads(table: Table) -> list[tuple[Line, list[Line]]]:
    """Every line that stands over units, with the lines right below it in the hierarchy of their codes."""
    lines = [line for line in table.side(None) if not line.blank]
    coded = [line for line in lines if line.code_system == "unit" and line.code.isdigit()]
    if len(coded) < 2 or max(Counter(line.code for line in coded).values()) > 1:
        return []
    above: dict[str, str] = {}
    for line in coded:
        outer = [other.code for other in coded if other.code != line.code and line.code.startswith(other.code)]
        if outer:
            above[line.code] = max(outer, key=len)
    totals = [line for line in lines if is_total(line)]
    heads = [(line, [other for other in coded if above.get(other.code) == line.code]) for line in coded]
    if len(totals) == 1 and len(lines) == len(coded) + 1:
        heads.insert(0, (totals[0], [line for line in coded if line.code not in above]))
    return [(head, below) for head, below in heads if below]


def _units_below(table: Table) -> dict[int, int]:
    """Row of a line over units → how many rounded rows it is the sum of."""
    heads = _heads(table)
    # by code: what stands below a unit has a longer code, whatever rows a broken reading gives them
    below = {head.code: lines for head, lines in heads}

    def many(code: str) -> int:
        return sum(many(line.code) for line in below[code]) if code in below else 1

    return {head.row: many(head.code) for head, _ in heads}
