"""Bridges between departments: renamed, merged, split, and units of a department.

A proposal is made where the machine sees reason: equal printed codes under two names, or a name that goes on where another
ends. Nothing counts before a person has confirmed it; then `department_names` says for every old name what the body is called
today, and for a unit which department's figures contain its own.

A split has no one successor: its bridges are kept and shown, and no figure is moved.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from typing import Any, Literal, get_args

from sqlalchemy import Connection, delete, insert, select, update

from budget.printed_text import squeeze
from warehouse.store import Warehouse
from warehouse.tables import department_bridges, department_names, document_versions
from warehouse.versions import insert_if_new

Kind = Literal["renamed", "merged", "split", "unit_of"]
STATES = ("proposed", "confirmed", "rejected")
ALIKE = 0.6
"""Share of letters that two names have in common, in order, from which on one may go on as the other."""
Body = tuple[str, str]
"""Region and agency."""


class BridgeError(ValueError):
    """A bridge that is not known or cannot be; the message says why."""


def bridges(warehouse: Warehouse, state: str | None = None) -> list[dict[str, Any]]:
    """The bridges, by what they lead from."""
    table = department_bridges
    wanted = select(table).order_by(table.c.from_region, table.c.from_agency, table.c.kind, table.c.to_agency)
    if state is not None:
        wanted = wanted.where(table.c.state == state)
    return warehouse.transact(lambda connection: [dict(row) for row in connection.execute(wanted).mappings()])


def propose(warehouse: Warehouse) -> list[str]:
    """Look for bridges among what is loaded; gives the ids of the new proposals."""

    def work(connection: Connection) -> list[str]:
        held = _held(connection)
        found = [*_by_code(held), *_by_name(held), *_units(held)]
        return [
            name for kind, one, other, why in found if (name := _put(connection, kind, one, other, why)) is not None
        ]

    return warehouse.transact(work)


def decide(
    warehouse: Warehouse,
    bridge: str,
    *,
    confirmed: bool,
    by: str,
    source: str | None = None,
    on: date | None = None,
    kind: str | None = None,
) -> None:
    """A person's word on a bridge, by its id or the beginning of it. A later word replaces an earlier one. Raises BridgeError."""
    if kind is not None and kind not in get_args(Kind):
        raise BridgeError(f"{kind}: a bridge is {', '.join(get_args(Kind))}")

    def work(connection: Connection) -> None:
        table = department_bridges
        found = connection.scalars(
            select(table.c.bridge_id).where(table.c.bridge_id.startswith(bridge, autoescape=True))
        ).all()
        if len(found) != 1:
            raise BridgeError(
                f"{bridge}: {'several bridges begin' if found else 'no bridge begins'} so; `yusuan bridge list`"
            )
        values: dict[str, Any] = {
            "state": "confirmed" if confirmed else "rejected", "decided_by": by, "decided_at": datetime.now(UTC),
        }  # fmt: skip
        if confirmed:
            values |= {"source": source, "effective_on": on}
        if kind is not None:
            values["kind"] = kind
        connection.execute(update(table).where(table.c.bridge_id == found[0]).values(**values))
        _rename(connection)

    warehouse.transact(work)


def add(
    warehouse: Warehouse, kind: str, one: Body, other: Body, *, by: str, source: str, on: date | None = None
) -> str:
    """A bridge that a person names, confirmed at once; gives its id. Raises BridgeError."""
    if kind not in get_args(Kind):
        raise BridgeError(f"{kind}: a bridge is {', '.join(get_args(Kind))}")
    if one == other:
        raise BridgeError(f"{one[1]}: a body is no other than itself")
    name = _id_of(kind, one, other)

    def work(connection: Connection) -> None:
        _put(connection, kind, one, other, f"named by {by}")

    warehouse.transact(work)
    decide(warehouse, name, confirmed=True, by=by, source=source, on=on)
    return name


def _id_of(kind: str, one: Body, other: Body) -> str:
    return "B-" + hashlib.sha256("\0".join((kind, *one, *other)).encode()).hexdigest()[:10]


def _put(connection: Connection, kind: str, one: Body, other: Body, why: str) -> str | None:
    """Keep a proposal; its id, or None when the pair is known under any kind."""
    table = department_bridges
    known = connection.scalar(
        select(table.c.bridge_id).where(
            table.c.from_region == one[0],
            table.c.from_agency == one[1],
            table.c.to_region == other[0],
            table.c.to_agency == other[1],
        )
    )
    if known is not None:
        return None
    name = _id_of(kind, one, other)
    row = {
        "bridge_id": name, "kind": kind, "from_region": one[0], "from_agency": one[1], "to_region": other[0], "to_agency": other[1],
        "state": "proposed", "why": why, "proposed_at": datetime.now(UTC),
    }  # fmt: skip
    return name if insert_if_new(connection, table, row) else None


class _Held:
    """What is loaded of one body: years, printed codes, kinds of documents."""

    def __init__(self) -> None:
        self.years: set[int] = set()
        self.codes: set[str] = set()
        self.kinds: set[str] = set()


def _held(connection: Connection) -> dict[Body, _Held]:
    table = document_versions.c
    wanted = select(table.region, table.agency, table.agency_code, table.fiscal_year, table.kind).where(
        table.state == "loaded", table.agency.is_not(None), table.fiscal_year.is_not(None)
    )
    held: dict[Body, _Held] = defaultdict(_Held)
    for row in connection.execute(wanted):
        one = held[row.region or "", row.agency]
        one.years.add(row.fiscal_year)
        one.kinds.add(row.kind)
        if row.agency_code:
            one.codes.add(row.agency_code)
    return held


Proposal = tuple[str, Body, Body, str]


def _by_code(held: dict[Body, _Held]) -> Iterable[Proposal]:
    """Two names of one region with one printed code in different years."""
    by_code: dict[tuple[str, str], list[Body]] = defaultdict(list)
    for body, one in held.items():
        for code in one.codes:
            by_code[body[0], code].append(body)
    for (_, code), bodies in sorted(by_code.items()):
        for older, newer in _pairs(held, bodies):
            yield "renamed", older, newer, f"both print the code {code}"


def _by_name(held: dict[Body, _Held]) -> Iterable[Proposal]:
    """A name that begins in the year after a like one ends, in one region."""
    by_region: dict[str, list[Body]] = defaultdict(list)
    for body in held:
        by_region[body[0]].append(body)
    for bodies in by_region.values():
        for one, other in _pairs(held, bodies):
            if max(held[one].years) + 1 == min(held[other].years) and held[one].kinds & held[other].kinds:
                share = SequenceMatcher(None, squeeze(one[1]), squeeze(other[1]), autojunk=False).ratio()
                if share >= ALIKE:
                    yield (
                        "renamed",
                        one,
                        other,
                        f"names alike {share:.2f}; {max(held[one].years)} is followed by {min(held[other].years)}",
                    )


def _pairs(held: dict[Body, _Held], bodies: list[Body]) -> Iterable[tuple[Body, Body]]:
    """Every two bodies that share no year, the older first."""
    for one in sorted(bodies):
        for other in sorted(bodies):
            if one != other and max(held[one].years) < min(held[other].years):
                yield one, other


def _units(held: dict[Body, _Held]) -> Iterable[Proposal]:
    """A unit whose name begins with that of a department of its region."""
    departments = [body for body, one in held.items() if "department_budget" in one.kinds]
    for body, one in sorted(held.items()):
        if one.kinds == {"unit_budget"}:
            above = [
                other for other in departments if other[0] == body[0] and other != body and body[1].startswith(other[1])
            ]
            if above:
                longest = max(above, key=lambda other: len(other[1]))
                yield "unit_of", body, longest, "its name begins with that of the department"


def _rename(connection: Connection) -> None:
    """Make `department_names` anew from the confirmed bridges. Raises BridgeError for names that lead in a circle."""
    table = department_bridges
    confirmed = connection.execute(select(table).where(table.c.state == "confirmed")).mappings().all()
    goes_on: dict[Body, Body] = {}
    part_of: dict[Body, Body] = {}
    for row in confirmed:
        one, other = (row["from_region"], row["from_agency"]), (row["to_region"], row["to_agency"])
        if row["kind"] in ("renamed", "merged"):
            if goes_on.get(one, other) != other:
                raise BridgeError(
                    f"{one[1]} is confirmed to go on as {goes_on[one][1]} already; reject that bridge first"
                )
            goes_on[one] = other
        elif row["kind"] == "unit_of":
            part_of[one] = other
    rows = []
    for body in sorted({*goes_on, *part_of}):
        today, above = _last(goes_on, body), part_of.get(body)
        rows.append({
            "region": body[0], "agency": body[1], "department": today[1], "part_of": _last(goes_on, above)[1] if above else None,
        })  # fmt: skip
    connection.execute(delete(department_names))
    if rows:
        connection.execute(insert(department_names), rows)


def _last(goes_on: dict[Body, Body], body: Body) -> Body:
    seen = {body}
    while body in goes_on:
        body = goes_on[body]
        if body in seen:
            raise BridgeError(f"{body[1]}: the bridges lead in a circle")
        seen.add(body)
    return body
