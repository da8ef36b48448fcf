"""`Warehouse`: the door of this room. Every method is one transaction; a process may be killed between any two bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, func, inspect, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from budget.decisions import Decision
from budget.disclosure import Disclosure
from budget.known_forms import NOT_JUDGED, JudgedForms
from budget.reconciliations import Reconciliation
from budget.sightings import Sighting
from budget.states import DocumentState, Reason, RunState
from warehouse import coverage as coverage_of
from warehouse import damage, run_lock, tables
from warehouse.connection import UnusableWarehouseError, in_one_transaction, make_engine, reading, told_url, usable
from warehouse.coverage import Coverage
from warehouse.loading import StoreResult, decisions_of, inherited_decisions, judgement_of, kept_reading, store_reading
from warehouse.portal_runs import PortalNight, PortalRun, last_nights, record_portal_runs
from warehouse.rows import content_digest, inflate
from warehouse.run_lock import Claims, RunLock, hold_when_free
from warehouse.versions import Version, find_version, insert_if_new, record_sighting

if TYPE_CHECKING:
    from alembic.config import Config

Also = Callable[[Connection, StoreResult], None]
"""What must happen in the same transaction as a store: review opens or closes its item here."""
Result = TypeVar("Result")
CHECK_SECONDS = 120.0
"""A warehouse of 10 GB on a slow disk takes longer: then the check is cut, and says so."""


class Warehouse:
    """A database of disclosures. `Warehouse.open(url).migrate()` is ready for use, from empty or from any older schema."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str | Path | URL) -> Warehouse:
        """The warehouse at `url`: `sqlite:///path`, `postgresql://…`, or the path of an SQLite file (made if missing).

        Raises UnusableWarehouseError for what is no such address.
        """
        if isinstance(url, Path):
            url.parent.mkdir(parents=True, exist_ok=True)
            url = URL.create("sqlite", database=str(url))
        try:
            return cls(make_engine(url))
        except (ArgumentError, ValueError) as error:
            raise UnusableWarehouseError(f"no address of a database: {error}") from None

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # schema

    def migrate(self) -> Warehouse:
        """Bring the schema to the newest revision in one transaction; several processes may do so at once. Gives the warehouse.

        Raises UnusableWarehouseError for a file that is no database, a server that does not answer, a schema from elsewhere.
        """

        def upgrade(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(730277)"))
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

        with usable(self.engine):
            if self.schema_revision() != newest_revision():
                from alembic import command  # takes longer to load than a command that only looks may take
                from alembic.util import CommandError

                try:
                    in_one_transaction(self.engine, upgrade)
                except CommandError as error:  # a revision that this code does not know
                    place = told_url(self.engine.url)
                    raise UnusableWarehouseError(f"{place}: made by another version of yusuan: {error}") from error
        return self

    def schema_revision(self) -> str | None:
        """The migration that the database is at, None when it is empty."""
        with reading(self.engine) as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

    def refuse_damage(self, seconds: float = CHECK_SECONDS) -> str | None:
        """Look for damaged pages of an SQLite file, for at most so long; gives words when it was not finished by then.

        Raises UnusableWarehouseError for a damaged file. A PostgreSQL server looks after its own pages.
        """
        return damage.refuse_damage(self.engine, seconds)

    # what the night saw and read

    def record_sighting(self, sighting: Sighting, run_id: str | None = None) -> str:
        """Keep one sighting; gives its id. A file never seen becomes a version in state archived."""
        return self.record_sightings([sighting], run_id)[0]

    def record_sightings(self, seen: Iterable[Sighting], run_id: str | None = None) -> list[str]:
        """Keep sightings, all in one transaction, in the order given; gives their ids."""
        kept = list(seen)
        return self.transact(lambda connection: [record_sighting(connection, one, run_id) for one in kept])

    def store(
        self,
        disclosure: Disclosure,
        *,
        state: DocumentState,
        reason: Reason | None = None,
        run_id: str | None = None,
        error_message: str | None = None,
        size_bytes: int | None = None,
        reconciliations: Sequence[Reconciliation] = (),
        forms: JudgedForms = NOT_JUDGED,
        also: Also | None = None,
    ) -> StoreResult:
        """Keep one reading of one version with the state its judge gave it, whole or not at all. Rules: `warehouse.loading`.

        Raises StoreRefusedError for a reading that breaks the contract (a loaded one with errors, a fact without statement).
        """
        asked = judgement_of(disclosure, state, reason, error_message, size_bytes, reconciliations, forms)

        def work(connection: Connection) -> StoreResult:
            now = datetime.now(UTC)
            if run_id is not None:
                insert_if_new(connection, tables.runs, _run_row(run_id, now))
            result = store_reading(connection, asked, run_id, now)
            if also is not None:
                also(connection, result)
            return result

        return self.transact(work)

    # what is known

    def version(self, sha256: str) -> Version | None:
        """The row of `document_versions` by column name, None when this content is not known."""
        with reading(self.engine) as connection:
            return find_version(connection, sha256)

    def holds(self, sha256: str, recipe: str) -> bool:
        """Whether this content has been read under this recipe, so that reading it again would change nothing."""
        found = self.version(sha256)
        return found is not None and found["content_digest"] is not None and found["recipe"] == recipe

    def disclosure(self, sha256: str) -> Disclosure | None:
        """The current reading of a version, findings included."""
        with reading(self.engine) as connection:
            return kept_reading(connection, sha256)

    def decisions_for(self, sha256: str) -> tuple[Decision, ...]:
        """What people decided on this version, oldest first."""
        with reading(self.engine) as connection:
            return decisions_of(connection, sha256)

    def replayed_decisions(self, sha256: str) -> tuple[Decision, ...]:
        """What a reading of this version is put to: what stands on the versions it replaced, then its own decisions."""
        with reading(self.engine) as connection:
            return inherited_decisions(connection, sha256) + decisions_of(connection, sha256)

    def versions_in(self, *states: DocumentState) -> list[Version]:
        """The versions in these states, by sha256."""
        table = tables.document_versions
        wanted = select(table).where(table.c.state.in_([state.value for state in states])).order_by(table.c.sha256)
        with reading(self.engine) as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]

    def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a query as analysts write it; what is called `…_wan` or `amount_exact` comes as `Decimal`."""
        with reading(self.engine) as connection:
            found = connection.execute(text(statement), values).mappings()
            return [{name: _decimal_if_money(name, value) for name, value in row.items()} for row in found]

    def count_states(self) -> dict[DocumentState, int]:
        """How many versions are in which state."""
        table = tables.document_versions
        with reading(self.engine) as connection:
            found = connection.execute(select(table.c.state, func.count()).group_by(table.c.state)).all()
        return {DocumentState(state): count for state, count in found}

    # runs

    def start_run(
        self, run_id: str, *, flow: str | None = None, flow_run_id: str | None = None, recipe: str | None = None
    ) -> None:
        """Note that a run began. A resumed run keeps its first beginning."""
        row = {**_run_row(run_id, datetime.now(UTC)), "flow": flow, "flow_run_id": flow_run_id, "recipe": recipe}

        def work(connection: Connection) -> None:
            if not insert_if_new(connection, tables.runs, row):
                again = {
                    "state": RunState.RUNNING.value,
                    "ended_at": None,
                    "flow_run_id": flow_run_id,
                    "recipe": recipe,
                }
                connection.execute(update(tables.runs).where(tables.runs.c.run_id == run_id).values(**again))

        self.transact(work)

    def end_run(self, run_id: str, state: RunState, counts: dict[str, Any] | None = None) -> None:
        """Note how a run ended. Raises LookupError for a run that never began."""
        values = {"state": state.value, "ended_at": datetime.now(UTC), "counts": counts}

        def work(connection: Connection) -> None:
            if not connection.execute(
                update(tables.runs).where(tables.runs.c.run_id == run_id).values(**values)
            ).rowcount:
                raise LookupError(f"run {run_id!r} never began; start_run comes first")

        self.transact(work)

    def record_portal_runs(self, run_id: str, portals: Iterable[PortalRun]) -> None:
        """Keep what a run saw of each portal. Told again (a resumed run), the later word stands."""
        told = list(portals)

        def work(connection: Connection) -> None:
            insert_if_new(connection, tables.runs, _run_row(run_id, datetime.now(UTC)))
            record_portal_runs(connection, run_id, told)

        self.transact(work)

    def portal_nights(self) -> dict[str, PortalNight]:
        """Per portal its last night and the last one that was complete."""
        with reading(self.engine) as connection:
            return last_nights(connection)

    def coverage(self, today: date, *, years: Iterable[int] | None = None, region: str | None = None) -> list[Coverage]:
        """Every expected document of every department seen once, with what is known of it. Rules: `warehouse.coverage`."""
        with reading(self.engine) as connection:
            return coverage_of.coverage(connection, today, years=years, region=region)

    def run(self, run_id: str) -> dict[str, Any] | None:
        """The row of `runs`, None when there is no such run."""
        with reading(self.engine) as connection:
            found = connection.execute(select(tables.runs).where(tables.runs.c.run_id == run_id)).mappings().first()
            return dict(found) if found else None

    def run_lock(self, run_id: str, name: str = "nightly") -> AbstractContextManager[run_lock.RunLock]:
        """`with warehouse.run_lock(run_id):` holds the lock; RunLockedError names the living run that holds it."""
        return run_lock.hold(self.engine, name, run_id)

    def lock_when_free(
        self,
        run_id: str,
        name: str = "nightly",
        *,
        seconds: float,
        pause: float = 2.0,
        tell: Callable[[str], object] = lambda message: None,
    ) -> AbstractContextManager[RunLock]:
        """As `run_lock`, but waits so long for who holds it; `tell` hears for whom. Then RunLockedError."""
        return hold_when_free(self.engine, name, run_id, seconds=seconds, pause=pause, tell=tell)

    def claims(self, run_id: str) -> Claims:
        """`with warehouse.claims(run_id) as claims:` which documents this run reads, so that no other does."""
        return Claims(self.engine, run_id)

    # comparing warehouses

    def dump_rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every row that is content as (table, row), in the order of the keys; nothing that tells when or in which run.

        Two warehouses that were given the same documents give the same rows, however often one of them was killed.
        """
        with reading(self.engine) as connection:
            for table in sorted(tables.metadata.tables.values(), key=lambda table: table.name):
                if table.name in tables.RUN_BOUND:
                    continue
                keys = list(table.primary_key.columns)
                for row in connection.execute(select(table).order_by(*keys)).mappings():
                    yield table.name, _content(table.name, dict(row))

    def content_digest(self) -> str:
        """sha256 over `dump_rows`."""
        digest = hashlib.sha256()
        for name, row in self.dump_rows():
            digest.update(json.dumps([name, row], ensure_ascii=False, sort_keys=True, default=str).encode())
        return digest.hexdigest()

    def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` in one writing transaction, again while the database is merely busy."""
        return in_one_transaction(self.engine, work)


def newest_revision() -> str:
    """The revision that the newest migration leads to: the first four digits of its file, as alembic would tell later."""
    return max(path.name[:4] for path in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))


def alembic_config() -> Config:
    """Alembic pointed at the migrations in this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _decimal_if_money(name: str, value: Any) -> Any:
    if isinstance(value, str | int | float) and (name.endswith("_wan") or name == "amount_exact"):
        return Decimal(str(value))
    return value


def _run_row(run_id: str, now: datetime) -> dict[str, Any]:
    return {"run_id": run_id, "started_at": now, "state": RunState.RUNNING.value}


def _content(table: str, row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name not in tables.RUN_COLUMNS}
    if table == "readings":
        kept["disclosure_zlib"] = content_digest(inflate(kept["disclosure_zlib"]))
    if table == "sightings" and kept["outcome"] == "unchanged":
        # a run that was killed between archive and warehouse finds its own file unchanged
        kept["outcome"] = "archived"
    if table == "decisions":
        kept["decision"] = {name: value for name, value in kept["decision"].items() if name != "decided_at"}
    return kept
