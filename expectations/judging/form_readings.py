"""The closed list of readings put to one identity: would it hold if the form adds up in another way that real forms do?

A reading takes a whole kind of row or column in or out (the carry-over, 其中, one part by its name); free sums are never searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from budget.known_forms import form_readings
from budget.printed_text import squeeze
from expectations.view.identities import Identity, Term, equal
from expectations.view.tables import Line, Table, says

Tables = Mapping[str, Table]


def explanations(identity: Identity, tables: Tables) -> set[str]:
    """The readings under which a failing identity would hold, as they are written in a decision."""
    if identity.stated is not None or identity.relation != "=":
        return set()
    found = {
        name
        for name, reading in form_readings().items()
        if reading.whose == "form" and not reading.part and _holds(as_read(name, "", identity, tables))
    }
    for part in _parts(identity, tables):
        if _holds(as_read("contained", part, identity, tables)):
            found.add(f"contained={part}")
    return found


def _holds(identity: Identity | None) -> bool:
    return identity is not None and bool(identity.holds)


def as_read(name: str, part: str, identity: Identity, tables: Tables) -> Identity | None:
    """A failing identity in another reading; None where the reading says nothing here."""
    if name == "carry_over":
        return _with_carry_over(identity, tables)
    if name == "of_which":
        return _without(identity, lambda term: _says_of_which(term, tables))
    if name == "contained":
        return _without(identity, lambda term: _name_of(term, identity, tables) == part)
    if name == "twice":
        return _listed_twice(identity)
    raise KeyError(name)


def _again(identity: Identity, left: tuple[Term, ...], right: tuple[Term, ...]) -> Identity:
    """The same claim of other terms, with the tolerance of their print."""
    made = equal(identity.check, left, right, identity.row_label, identity.column_label, severity=identity.severity)
    return replace(made, statement_ids=identity.statement_ids)


def _with_carry_over(identity: Identity, tables: Tables) -> Identity | None:
    """With the carry-over that one of the tables prints on the side that is the smaller."""
    for table in (tables[sid] for sid in identity.statement_ids if sid in tables):
        carried = [term for term in _carried(identity, table) if term.cell.value and not _is_term(term, identity)]
        if not carried:
            continue
        smaller_left = identity.left_value < identity.right_value
        left = (*identity.left, *carried) if smaller_left else identity.left
        right = identity.right if smaller_left else (*identity.right, *carried)
        read = _again(identity, left, right)
        if read.holds:
            return read
    return None


def _carried(identity: Identity, table: Table) -> Iterator[Term]:
    """The carry-over of a table in the columns of the identity's terms, or in their rows; its parts are not taken beside it."""
    mine = [term.cell for term in identity.terms if term.cell.statement_id == table.statement.id]
    cols, rows = {cell.col for cell in mine}, {cell.row for cell in mine}
    for line in table.lines:
        for column in table.columns:
            across = column.col in cols and _carries(line)
            along = line.row in rows and (says("columns", "carry_in", column.leaf) or column.measure == "carry_over_in")
            if (across or along) and column.col in line.cells:
                yield Term(line.cells[column.col], f"{line.name} {column.leaf}")


def _carries(line: Line) -> bool:
    return says("rows", "carry_in", line.name) or says("rows", "carry_out", line.name)


def _is_term(term: Term, identity: Identity) -> bool:
    return any(_at(term) == _at(other) for other in identity.terms)


def _at(term: Term) -> tuple[str, int, int]:
    return term.cell.statement_id, term.cell.row, term.cell.col


def _without(identity: Identity, left_out: Callable[[Term], bool]) -> Identity | None:
    """Without the addends that are no addends in this reading: on the side that is a sum."""
    left = tuple(term for term in identity.left if len(identity.left) == 1 or not left_out(term))
    right = tuple(term for term in identity.right if len(identity.right) == 1 or not left_out(term))
    if (left, right) == (identity.left, identity.right) or not left or not right:
        return None
    return _again(identity, left, right)


def _says_of_which(term: Term, tables: Tables) -> bool:
    table = tables.get(term.cell.statement_id)
    if table is None:
        return False
    line = _line_of(term, table)
    column = next((one for one in table.columns if one.col == term.cell.col), None)
    return (line is not None and line.of_which) or (column is not None and says("columns", "of_which", column.label))


def _line_of(term: Term, table: Table) -> Line | None:
    return next((one for one in table.lines if one.row == term.cell.row and term.cell.col in one.cells), None)


def _name_of(term: Term, identity: Identity, tables: Tables) -> str | None:
    """What tells an addend from the others: the head of its column where they stand in one row, else the name of its row."""
    table = tables.get(term.cell.statement_id)
    if table is None:
        return None
    side = identity.left if term in identity.left else identity.right
    if len({one.cell.row for one in side}) == 1:
        return next((one.leaf for one in table.columns if one.col == term.cell.col), None)
    line = _line_of(term, table)
    return squeeze(line.name) if line is not None else None


def _parts(identity: Identity, tables: Tables) -> Iterator[str]:
    """Names of addends that alone make the difference."""
    for side, excess in ((identity.left, identity.difference), (identity.right, -identity.difference)):
        if len(side) < 2:
            continue
        for term in side:
            name = _name_of(term, identity, tables)
            if name and term.amount and abs(term.amount - excess) <= identity.tolerance:
                yield name


def _listed_twice(identity: Identity) -> Identity | None:
    """The sum is twice the single figure on the other side."""
    if min(len(identity.left), len(identity.right)) != 1 or max(len(identity.left), len(identity.right)) < 2:
        return None
    single_left = len(identity.left) == 1
    left = (*identity.left, *identity.left) if single_left else identity.left
    right = identity.right if single_left else (*identity.right, *identity.right)
    return _again(identity, left, right)
