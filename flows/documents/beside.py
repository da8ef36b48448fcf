"""The documents that a batch is compared with (DOC): those in the warehouse, and those of the batch that come before.

Of two documents that contradict each other the later one carries the finding; both do once both have been read again. Two files
of one disclosure (DOC-04, an error) are compared on one side only once one of them is loaded: what is loaded is not taken back
by a file that came after it. A batch is compared and stored in the order of its sha256, so that a run that was killed and run
again ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from budget.disclosure import Disclosure, Document
from expectations.checks.other_documents import BUDGETS, office_name, same_body, same_disclosure, units_listed
from flows.documents.recipe import code_part
from warehouse import Warehouse
from warehouse.same_subject import Standing, documents_of, neighbours_of, places_of, standings_of


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
    return _told_once(warehouse, fresh, _of_one_place(warehouse, found), earlier)


def _of_one_place(warehouse: Warehouse, found: dict[str, tuple[Disclosure, ...]]) -> dict[str, tuple[Disclosure, ...]]:
    """Without the others that only portals of other places show: headings name a district alone (鼓楼区 is in four cities)."""
    asked = {*found, *(other.document.sha256 for others in found.values() for other in others)}
    if not asked:
        return found
    with warehouse.engine.connect() as connection:
        places = places_of(connection, asked)

    def apart(one: str, other: str) -> bool:
        ours, theirs = places.get(one), places.get(other)
        return bool(ours and theirs) and not any(a in b or b in a for a in ours or () for b in theirs or ())

    kept = {
        own: tuple(other for other in others if not apart(own, other.document.sha256)) for own, others in found.items()
    }
    return {own: others for own, others in kept.items() if others}


def _told_once(
    warehouse: Warehouse, fresh: dict[str, Disclosure], found: dict[str, tuple[Disclosure, ...]], order: list[str]
) -> dict[str, tuple[Disclosure, ...]]:
    """Without the other files of one disclosure that a loaded document need not answer for: they answer for it."""
    pairs = {
        (own, other.document.sha256)
        for own, others in found.items() for other in others if same_disclosure(fresh[own].document, other.document)
    }  # fmt: skip
    if not pairs:
        return found
    with warehouse.engine.connect() as connection:
        standing = standings_of(connection, {sha256 for pair in pairs for sha256 in pair}, "DOC-04")
    place = {sha256: number for number, sha256 in enumerate(order)}
    left_out = {
        (own, other) for own, other in pairs
        if own in standing
        and _answered_by_other(
            standing[own], standing.get(other), fresh[own].document.recipe,
            read_already=other in place and place[other] < place[own],
        )
    }  # fmt: skip
    kept = {
        own: tuple(other for other in others if (own, other.document.sha256) not in left_out)
        for own, others in found.items()
    }
    return {own: others for own, others in kept.items() if others}


def _answered_by_other(own: Standing, other: Standing | None, recipe: str, *, read_already: bool) -> bool:
    """Whether the other file of a pair carries what contradicts, and `own`, being read under `recipe`, does not.

    Every file was compared with the others before it came to be loaded, so nothing is loaded on both sides and told on none.
    `read_already`: the other was read before in this batch.
    """
    if not own.held:
        return False
    if other is None or not other.held:
        return True
    if other.sha256 in own.names:
        return False
    if own.sha256 in other.names:
        return True
    if own.recipe == recipe:
        # the same reading again: compared as when it was stored, with what had been loaded before it
        return _loaded(own) < _loaded(other)
    if code_part(own.recipe) == code_part(recipe):
        return False  # a person has changed its figures since
    # a new recipe: the second of the two to be read under it is compared with the first
    return not (read_already or code_part(other.recipe) == code_part(recipe))


def _loaded(one: Standing) -> tuple[str, str]:
    return (one.loaded_at.isoformat() if one.loaded_at is not None else "", one.sha256)


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
