"""`check-archive`: every original against its hash; as a command and as a deployment."""

from __future__ import annotations

from collections.abc import Iterator

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed, State

from archive.store import Archive
from flows.commands.counted import counted
from flows.home import House
from flows.runs import run_name
from warehouse import Warehouse


def troubles(house: House, archive: Archive) -> Iterator[tuple[str, str | None]]:
    """Every original that the warehouse or the archive knows, with what is wrong with it (None: nothing)."""
    with Warehouse.open(house.database_url) as warehouse:
        known = warehouse.migrate().rows(
            "SELECT DISTINCT sha256 FROM sightings WHERE sha256 IS NOT NULL AND outcome IN ('archived', 'unchanged')"
        )
    yield from archive.check(sorted({row["sha256"] for row in known} | set(archive.documents())))


@flow(name="check-archive", flow_run_name=run_name, persist_result=False)
def check_archive(home: str | None = None) -> State[None]:
    """Read every original and compare it with its hash. Failed, with a table, when one is missing, damaged or unreadable."""
    house = House.of_run(home)
    log = get_run_logger()
    found, count = [], 0
    with Archive(house.archive) as archive:
        for sha256, trouble in troubles(house, archive):
            count += 1
            if trouble is not None:
                log.warning("%s", trouble)
                found.append({"sha256": sha256, "trouble 问题": trouble})
    if not found:
        return Completed(message=f"{counted(count, 'original')} 原始文件: all are as archived")
    create_table_artifact(
        found, key="damaged-originals", description="Originals that are not as archived 损坏的原始文件"
    )
    return Failed(
        name="Damaged", message=f"{len(found)} of {counted(count, 'original')} are not as archived; see the table"
    )
