"""Which other documents may speak of the same body as some just read: by agency, region and year, candidates included.

Only the newest version of a document counts, whatever its state but rejected: what a newer version has replaced is compared
with it as a version (`figure_changes`). Two versions of one document are never each other's neighbours here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from budget.disclosure import Document
from budget.states import DocumentState
from warehouse.loading import HELD
from warehouse.tables import document_versions, findings, sightings

READ = (DocumentState.LOADED, DocumentState.IN_REVIEW, DocumentState.WITHDRAWN)
"""States in which a version has a reading that a person has not put aside."""
BUDGETS = ("department_budget", "unit_budget")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stored document as far as its version row tells: `document` has no figures."""

    document: Document
    document_id: str
    recipe: str


def neighbours_of(connection: Connection, read: Sequence[Document]) -> list[Neighbour]:
    """Stored documents that may stand beside one of those read, by sha256, in one query.

    Of the same agency in the same year or one beside it; and the budgets of departments and units of the same region and
    year, as only their lists of units say which belong together.
    """
    table = document_versions.c
    named = [one for one in read if one.agency and one.fiscal_year is not None]
    if not named:
        return []
    years = {one.fiscal_year for one in named if one.fiscal_year is not None}
    agencies = {one.agency for one in named}
    same_agency = and_(table.agency.in_(agencies), table.fiscal_year.between(min(years) - 1, max(years) + 1))
    regions = {(one.region, one.fiscal_year, one.kind) for one in named if one.region and one.kind in BUDGETS}
    same_region = [
        and_(table.region == region, table.fiscal_year == year, table.kind == BUDGETS[kind == BUDGETS[0]])
        for region, year, kind in sorted(regions)
    ]  # fmt: skip
    newest = document_versions.alias("newest")
    wanted = (
        select(document_versions)
        .where(
            table.state.in_([state.value for state in READ]),
            table.content_digest.is_not(None),
            or_(same_agency, *same_region),
            table.version_no
            == select(func.max(newest.c.version_no)).where(newest.c.document_id == table.document_id).scalar_subquery(),
        )
        .order_by(table.sha256)
    )
    return [
        Neighbour(
            Document(
                file=row["file"] or "", sha256=row["sha256"], reader=None, kind=row["kind"], agency=row["agency"],
                agency_code=row["agency_code"], region=row["region"], fiscal_year=row["fiscal_year"], title=row["title"],
            ),
            row["document_id"],
            row["recipe"],
        )
        for row in connection.execute(wanted).mappings()
    ]  # fmt: skip


def documents_of(connection: Connection, shas: Iterable[str]) -> dict[str, str | None]:
    """sha256 → the document whose newest version it is, None for an older or a rejected version; unknown ones are left out."""
    table, newest = document_versions.c, document_versions.alias("newest")
    last = select(func.max(newest.c.version_no)).where(newest.c.document_id == table.document_id).scalar_subquery()
    found = connection.execute(
        select(table.sha256, table.document_id, table.state, (table.version_no == last).label("is_newest")).where(
            table.sha256.in_(list(shas))
        )
    )
    rejected = DocumentState.REJECTED.value
    return {row.sha256: row.document_id if row.is_newest and row.state != rejected else None for row in found}


def places_of(connection: Connection, shas: Iterable[str]) -> dict[str, frozenset[str]]:
    """sha256 → the regions of the portals it was seen on, from the province down; those without any are left out."""
    seen = select(sightings.c.sha256, sightings.c.region).where(
        sightings.c.sha256.in_(sorted(set(shas))), sightings.c.region.is_not(None)
    )
    places: dict[str, set[str]] = {}
    for row in connection.execute(seen.distinct()):
        places.setdefault(row.sha256, set()).add(row.region)
    return {sha256: frozenset(found) for sha256, found in places.items()}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a stored version stands towards another file of the same disclosure."""

    sha256: str
    held: bool
    """Whether its figures are loaded."""
    recipe: str
    loaded_at: datetime | None
    names: frozenset[str]
    """The other files that its findings of one check say it contradicts, accepted ones included."""


def standings_of(connection: Connection, shas: Iterable[str], check: str) -> dict[str, Standing]:
    """sha256 → standing of those that are stored; `check` is the id of the findings that name other files."""
    wanted = sorted(set(shas))
    told = select(findings.c.sha256, findings.c.message).where(
        findings.c.check_id == check, findings.c.sha256.in_(wanted)
    )
    names: dict[str, set[str]] = {}
    for row in connection.execute(told):
        names.setdefault(row.sha256, set()).update(re.findall(r"\b[0-9a-f]{64}\b", row.message))
    table = document_versions.c
    found = connection.execute(
        select(table.sha256, table.state, table.recipe, table.loaded_at).where(table.sha256.in_(wanted))
    )
    return {
        row.sha256: Standing(
            row.sha256, row.state in HELD, row.recipe, row.loaded_at, frozenset(names.get(row.sha256, ()))
        )
        for row in found
    }
