"""Which files are versions of which document, and which of them is the one to believe.

A version is a file content (sha256). It belongs to the document that stood under the same address before: only a sighting
that says `replaces_sha256` joins versions, because many portals serve different files under one address and different
addresses for one file, and only the spider of the portal knows which. The newest version has the highest `version_no`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from budget.sightings import Sighting
from budget.states import DocumentState
from warehouse.tables import document_versions, documents, sightings

Version = dict[str, Any]
"""One row of `document_versions` by column name."""


def insert_if_new(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert unless its key exists; whether it was inserted. Waits for another process that inserts the same key."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).values(row).on_conflict_do_nothing()
    # PostgreSQL's driver forgets the count of an insert unless asked to keep it
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def upsert(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert, or write all columns that are no key when the key exists."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    keys = [column.name for column in table.primary_key.columns]
    statement = make(table).values(row)
    changed = {name: statement.excluded[name] for name in row if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def find_version(connection: Connection, sha256: str) -> Version | None:
    """The version with this content, or None."""
    found = connection.execute(select(document_versions).where(document_versions.c.sha256 == sha256)).mappings().first()
    return dict(found) if found else None


def lock_version(connection: Connection, sha256: str, now: datetime) -> Version:
    """The version with this content, made (state archived) when unknown, with its document locked for this transaction."""
    if find_version(connection, sha256) is None:
        insert_if_new(connection, documents, {"document_id": document_id_of(sha256), "root_sha256": sha256})
        insert_if_new(
            connection,
            document_versions,
            {
                "sha256": sha256, "document_id": document_id_of(sha256), "version_no": 1, "recipe": "",
                "state": DocumentState.ARCHIVED.value, "first_stored_at": now,
            },
        )  # fmt: skip
    while True:
        version = find_version(connection, sha256)
        if version is None:
            raise LookupError(f"version {sha256} vanished while it was being locked")
        lock_document(connection, version["document_id"])
        again = find_version(connection, sha256)
        if again is not None and again["document_id"] == version["document_id"]:
            return again


def lock_document(connection: Connection, document_id: str) -> None:
    """Hold the document until the transaction ends. SQLite has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            select(documents.c.document_id).where(documents.c.document_id == document_id).with_for_update()
        )


def document_id_of(root_sha256: str) -> str:
    """The id of the document whose first known version has this content."""
    return f"D-{root_sha256[:16]}"


def sighting_id_of(sighting: Sighting) -> str:
    """What makes a sighting the same one on another night: column, article, address and content."""
    parts = (
        sighting.portal, sighting.list_url, sighting.article_url, sighting.url or "",
        sighting.sha256 or f"-{sighting.outcome}",
    )  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def record_sighting(connection: Connection, sighting: Sighting, run_id: str | None) -> str:
    """Keep what was seen; join the version to the document it belongs to. Gives the sighting's id.

    The same sighting again only moves `last_seen_at` and the portal's words (title, link text), which publishers edit.
    """
    sighting_id = sighting_id_of(sighting)
    row = {
        "sighting_id": sighting_id, "sha256": sighting.sha256, "portal": sighting.portal, "family": sighting.family,
        "list_url": sighting.list_url, "article_url": sighting.article_url, "article_title": sighting.article_title,
        "url": sighting.url, "link_text": sighting.link_text, "column_name": sighting.column_name,
        "published_at": sighting.published_at, "date_source": sighting.date_source, "source_org": sighting.source_org,
        "region": sighting.region, "fiscal_year": sighting.fiscal_year, "document_kind": sighting.document_kind,
        "outcome": sighting.outcome, "reason": sighting.reason.value if sighting.reason else None,
        "detail": sighting.detail, "size_bytes": sighting.size, "content_type": sighting.content_type,
        "etag": sighting.etag, "last_modified": sighting.last_modified, "replaces_sha256": sighting.replaces_sha256,
        "first_seen_at": sighting.seen_at, "last_seen_at": sighting.seen_at, "run_id": run_id,
    }  # fmt: skip
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(sightings).values(row)
    kept = {"sighting_id", "first_seen_at", "size_bytes", "replaces_sha256"}
    changes: dict[str, Any] = {name: statement.excluded[name] for name in row if name not in kept}
    # a 304 says nothing about size, type and validators, and only the night of the change says what was replaced
    for name in ("size_bytes", "content_type", "etag", "last_modified", "replaces_sha256"):
        changes[name] = func.coalesce(statement.excluded[name], sightings.c[name])
    # recorded late (a resumed run reads its file again) must not turn the clock back
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["sighting_id"],
            set_=changes,
            where=statement.excluded.last_seen_at >= sightings.c.last_seen_at,
        )
    )
    if sighting.sha256:
        version = lock_version(connection, sighting.sha256, sighting.seen_at)
        if version["size_bytes"] is None and sighting.size is not None:
            _set(connection, sighting.sha256, size_bytes=sighting.size)
        if sighting.replaces_sha256 and sighting.replaces_sha256 != sighting.sha256:
            version = _replace(connection, version, sighting.replaces_sha256, sighting.seen_at)
        _quote(connection, version["document_id"])
    return sighting_id


def _replace(connection: Connection, version: Version, old_sha256: str, seen_at: datetime) -> Version:
    """Make `version` the newest of the document that `old_sha256` belongs to."""
    old = lock_version(connection, old_sha256, seen_at)
    document = connection.execute(
        select(documents).where(documents.c.document_id == old["document_id"])
    ).mappings().one()  # fmt: skip
    newest = _newest(connection, old["document_id"])
    if old["document_id"] == version["document_id"]:
        # the first content came back under its address: A, B, A
        late = document["head_seen_at"] is not None and seen_at <= document["head_seen_at"]
        if version["version_no"] != newest and not late:
            _set(connection, version["sha256"], version_no=newest + 1, supersedes_sha256=old_sha256)
    else:
        # the content was already known from another address: all its versions join, in their order, after the old ones
        joined = connection.execute(
            select(document_versions.c.sha256, document_versions.c.version_no, document_versions.c.state)
            .where(document_versions.c.document_id == version["document_id"])
            .order_by(document_versions.c.version_no)
        ).all()
        loaded = [row.sha256 for row in joined if row.state == DocumentState.LOADED]
        if loaded:
            _supersede(connection, old["document_id"], [])
        for row in joined:
            _set(connection, row.sha256, document_id=old["document_id"], version_no=newest + row.version_no)
        if version["version_no"] == 1 or version["supersedes_sha256"] is None:
            _set(connection, version["sha256"], supersedes_sha256=old_sha256)
        connection.execute(documents.delete().where(documents.c.document_id == version["document_id"]))
    connection.execute(
        update(documents).where(documents.c.document_id == old["document_id"]).values(
            head_seen_at=max(seen_at, document["head_seen_at"] or seen_at)
        )
    )  # fmt: skip
    promote(connection, version["sha256"])
    renewed = find_version(connection, version["sha256"])
    if renewed is None:
        raise LookupError(f"version {version['sha256']} vanished while it was being joined to its document")
    return renewed


def promote(connection: Connection, sha256: str) -> None:
    """When the newest version of a document has figures that held (it was superseded once), they are current again."""
    version = find_version(connection, sha256)
    if version is None or version["state"] != DocumentState.SUPERSEDED:
        return
    if version["version_no"] != _newest(connection, version["document_id"]):
        return
    _supersede(connection, version["document_id"], [sha256])
    _set(connection, sha256, state=DocumentState.LOADED.value)


def _supersede(connection: Connection, document_id: str, but: list[str]) -> list[str]:
    """Every loaded version of the document but these becomes superseded; gives those that did."""
    chosen = (
        (document_versions.c.document_id == document_id)
        & (document_versions.c.state == DocumentState.LOADED.value)
        & document_versions.c.sha256.not_in(but)
    )
    found = sorted(connection.scalars(select(document_versions.c.sha256).where(chosen)))
    if found:
        connection.execute(
            update(document_versions)
            .where(document_versions.c.sha256.in_(found))
            .values(state=DocumentState.SUPERSEDED.value)
        )
    return found


def make_room(connection: Connection, version: Version) -> tuple[bool, list[str]]:
    """Before `version` is loaded: (whether it may be current, the older versions that it has just superseded).

    It may not when a newer version of the document has ever been loaded: the publisher has replaced these figures.
    """
    newer_held = connection.scalar(
        select(func.count())
        .select_from(document_versions)
        .where(
            document_versions.c.document_id == version["document_id"],
            document_versions.c.version_no > version["version_no"],
            document_versions.c.loaded_at.is_not(None),
        )
    )
    if newer_held:
        return False, []
    return True, _supersede(connection, version["document_id"], [version["sha256"]])


def neighbours(connection: Connection, version: Version) -> tuple[str | None, str | None]:
    """sha256 of the version before and after this one in its document, None where there is none."""
    same = select(document_versions.c.sha256).where(document_versions.c.document_id == version["document_id"])
    number = document_versions.c.version_no
    before = connection.scalar(same.where(number < version["version_no"]).order_by(number.desc()).limit(1))
    after = connection.scalar(same.where(number > version["version_no"]).order_by(number).limit(1))
    return before, after


def _newest(connection: Connection, document_id: str) -> int:
    return (
        connection.scalar(
            select(func.max(document_versions.c.version_no)).where(document_versions.c.document_id == document_id)
        )
        or 0
    )


def _set(connection: Connection, sha256: str, **values: Any) -> None:
    connection.execute(update(document_versions).where(document_versions.c.sha256 == sha256).values(**values))


def _quote(connection: Connection, document_id: str) -> None:
    """Quote the document by one of the sightings of its newest version: the first by address, whoever came first."""
    newest = connection.scalar(
        select(document_versions.c.sha256)
        .where(document_versions.c.document_id == document_id)
        .order_by(document_versions.c.version_no.desc())
        .limit(1)
    )
    first = connection.scalar(
        select(sightings.c.sighting_id)
        .where(sightings.c.sha256 == newest)
        .order_by(sightings.c.url, sightings.c.article_url, sightings.c.sighting_id)
        .limit(1)
    )
    connection.execute(update(documents).where(documents.c.document_id == document_id).values(sighting_id=first))
