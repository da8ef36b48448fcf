"""The documents that a batch is compared with (DOC): those in the warehouse, and those of the batch that come before.

Of two documents that contradict each other the later one carries the finding; both do once both have been read again. A batch
is compared and stored in the order of its sha256, so that a run that was killed and run again ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from budget.disclosure import Disclosure, Document
from expectations.other_documents import BUDGETS, office_name, same_body, units_listed
from warehouse import Warehouse
from warehouse.same_subject import documents_of, neighbours_of


def documents_beside(warehouse: Warehouse, read: Sequence[Disclosure]) -> dict[str, tuple[Disclosure, ...]]:
    """By sha256, the readings that each of a batch is compared with. What is read again takes the place of its stored reading."""
    readable = [one for one in read if one.document.error is None]
    with warehouse.engine.connect() as connection:
        stored = neighbours_of(connection, [one.document for one in readable])
        documents = documents_of(connection, [one.document.sha256 for one in readable])
    fresh = {one.document.sha256: one for one in readable}
    kept: dict[str, Disclosure | None] = {}

    def reading(sha256: str) -> Disclosure | None:
        if sha256 in fresh:
            return fresh[sha256]
        if sha256 not in kept:
            kept[sha256] = warehouse.disclosure(sha256)
        return kept[sha256]

    known = {one.document.sha256: one for one in stored}
    found: dict[str, tuple[Disclosure, ...]] = {}
    earlier: list[str] = []
    for one in readable:
        own = one.document.sha256
        document_id = documents.get(own, own)
        if document_id is None:
            continue
        chosen: dict[str, Disclosure] = {}
        for other in (*known, *(sha256 for sha256 in earlier if sha256 not in known)):
            neighbour = known.get(other)
            others_id = neighbour.document_id if neighbour is not None else documents.get(other, other)
            if other == own or others_id == document_id:
                continue
            about = fresh[other].document if other in fresh or neighbour is None else neighbour.document
            recipe = neighbour.recipe if neighbour is not None else ""
            if _may_belong(warehouse, one, about, fresh.get(other), recipe) and (another := reading(other)) is not None:
                chosen[other] = another
        if chosen:
            found[own] = tuple(chosen[sha256] for sha256 in sorted(chosen))
        earlier.append(own)
    return found


def _may_belong(
    warehouse: Warehouse, one: Disclosure, other: Document, fresh: Disclosure | None, recipe: str
) -> bool:  # fmt: skip
    mine = one.document
    if mine.fiscal_year is None or other.fiscal_year is None or abs(mine.fiscal_year - other.fiscal_year) > 1:
        return False
    if same_body(mine, other):
        return True
    if mine.fiscal_year != other.fiscal_year or {mine.kind, other.kind} != set(BUDGETS):
        return False
    if office_name(mine.agency) == office_name(other.agency):
        return True
    if mine.kind == "department_budget":
        return office_name(other.agency) in units_listed(one)
    listed = units_listed(fresh) if fresh is not None else _units_of(warehouse, other.sha256, recipe)
    return office_name(mine.agency) in listed


@lru_cache(maxsize=4096)
def _units_of(warehouse: Warehouse, sha256: str, recipe: str) -> tuple[str, ...]:
    """The units that a stored department lists; kept while the process lives, as a night asks for each of its units."""
    kept = warehouse.disclosure(sha256)
    return units_listed(kept) if kept is not None else ()
