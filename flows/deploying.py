"""Register the deployments with a Prefect server: `yusuan deploy`, and `yusuan up` when it starts.

What `deployments/prefect.yaml` says, and what only an installation knows: the home its runs belong to, the choices that stand in
the forms (`flows.forms`), the addresses of portals that are served elsewhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module, resources
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate, WorkPoolCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from flows import alerts
from flows.forms import choices, form_of
from flows.home import DEPLOYED_HOME, House


def prefect_file() -> Path:
    """The deployments shipped with the package."""
    return Path(str(resources.files("deployments") / "prefect.yaml"))


def flow_at(entrypoint: str) -> Flow[..., Any]:
    """The flow that a module path names. Raises ImportError, AttributeError."""
    module, _, name = entrypoint.rpartition(".")
    found: Flow[..., Any] = getattr(import_module(module), name)
    return found


def deploy(house: House, base_urls: dict[str, str] | None = None, schedule: str | None = None) -> list[str]:
    """Register all deployments with the server of this process; gives their names.

    base_urls: portal id → address it is crawled at instead of its own. schedule: cron of the night in Asia/Shanghai; without it the
    schedules that stand on the server are kept, and those of the file are taken where none stand. Raises what Prefect's client
    raises when the server is away.
    """
    told = yaml.safe_load(prefect_file().read_text(encoding="utf-8"))
    made: dict[str, UUID] = {}
    known = choices(house)
    with get_client(sync_client=True) as client:
        for one in told["deployments"]:
            pool = one["work_pool"]["name"]
            try:
                client.read_work_pool(pool)
            except ObjectNotFound:
                _create_pool(client, pool)
            flow = flow_at(one["entrypoint"])
            schedules = _schedules(client, f"{flow.name}/{one['name']}", one.get("schedules", ()), schedule)
            made[f"{flow.name}/{one['name']}"] = client.create_deployment(
                flow_id=client.create_flow(flow), name=one["name"], description=one["description"], tags=one["tags"],
                entrypoint=one["entrypoint"], work_pool_name=pool, work_queue_name=one["work_pool"]["work_queue_name"],
                schedules=schedules, parameters=_installed(flow, base_urls),
                parameter_openapi_schema=form_of(flow, known), enforce_parameter_schema=True,
                job_variables={"env": {DEPLOYED_HOME: str(house.home)}},
            )  # fmt: skip
        alerts.set_up(client, list(made.values()), made["nightly/nightly"])
    return list(made)


def refresh_forms(house: House) -> None:
    """Bring the choices of the forms to what is known now. Raises what Prefect's client raises when the server is away."""
    told = yaml.safe_load(prefect_file().read_text(encoding="utf-8"))
    known = choices(house)
    with get_client(sync_client=True) as client:
        for one in told["deployments"]:
            flow = flow_at(one["entrypoint"])
            standing = client.read_deployment_by_name(f"{flow.name}/{one['name']}")
            client.update_deployment(standing.id, DeploymentUpdate(parameter_openapi_schema=form_of(flow, known)))


def _create_pool(client: SyncPrefectClient, name: str) -> None:
    import contextlib

    from prefect.workers.process import ProcessWorker

    made = WorkPoolCreate(name=name, type="process", base_job_template=ProcessWorker.get_default_base_job_template())
    with contextlib.suppress(ObjectAlreadyExists):  # another program deploys at the same moment
        client.create_work_pool(made)


def _installed(flow: Flow[..., Any], base_urls: dict[str, str] | None) -> dict[str, Any]:
    """The parameters that an installation knows and a form does not show."""
    return {"base_urls": base_urls} if base_urls and "base_urls" in flow.parameters.properties else {}


def _schedules(client: SyncPrefectClient, name: str, written: Any, asked: str | None) -> list[DeploymentScheduleCreate]:
    """The schedules a deployment is to have: none where the file has none; what people changed in the page stays."""
    if not written:
        return []
    if asked is None:
        try:
            standing = client.read_deployment_by_name(name).schedules
        except ObjectNotFound:
            standing = []
        if standing:
            return [DeploymentScheduleCreate(schedule=one.schedule, active=one.active) for one in standing]
    return [
        DeploymentScheduleCreate(
            schedule=CronSchedule(cron=asked or one["cron"], timezone=one["timezone"]), active=one["active"]
        )
        for one in written
    ]


def main(arguments: list[str]) -> int:
    """`python -m flows.deploying [--base-url ID=URL …] [--schedule CRON]`: a process of its own for who must not import Prefect."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--base-url", action="append", default=[])
    parser.add_argument("--schedule")
    told = parser.parse_args(arguments)
    addresses = dict(one.split("=", 1) for one in told.base_url)
    sys.stdout.write(json.dumps(deploy(House.at(), addresses, told.schedule)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
