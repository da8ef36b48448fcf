"""The forms of the deployments in the Prefect UI: Prefect draws them from a JSON schema of the flow's parameters.

Details of the installation are left out; what is chosen from a known set (portals, provinces, families, runs, checks) is a choice.
The sets are those of the moment of deploying; the end of every run of a deployment refreshes them.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from prefect import Flow

from flows.choosing import last_runs
from flows.home import House
from flows.portals.confirmation import own_portals, portal_folders
from spiders.portals import FAMILIES, PortalError, load_portals
from spiders.register import register
from warehouse import Warehouse

HIDDEN = ("home", "base_urls", "workers", "from_register", "failed_in_run", "outdated")
"""Parameters of flows that belong to the installation or to the command line, not into a form."""


def choices(house: House) -> dict[str, list[str] | list[int]]:
    """Parameter → what can be chosen for it in this house."""
    with Warehouse.open(house.database_url) as warehouse:
        warehouse.migrate()
        years = warehouse.rows(
            "SELECT DISTINCT fiscal_year FROM document_versions WHERE fiscal_year IS NOT NULL ORDER BY fiscal_year DESC"
        )
        seen = [row["portal"] for row in warehouse.rows("SELECT DISTINCT portal FROM sightings ORDER BY portal")]
        checks = [row["check_id"] for row in warehouse.rows("SELECT DISTINCT check_id FROM findings ORDER BY check_id")]
        runs = last_runs(warehouse)
    try:
        known = sorted({*load_portals(portal_folders(house)), *own_portals(house)})
    except PortalError:  # `portals check` names the file that is wrong; the others stay to be chosen
        known = sorted(load_portals([]))
    return {
        "portals": known,
        "portal": list(dict.fromkeys([*seen, *known])),
        "province": sorted({entry.province for entry in register()}),
        "family": sorted(FAMILIES),
        "of_run": runs,
        "year": [row["fiscal_year"] for row in years],
        "check": checks,
    }


OPEN = ("of_run", "portal", "portals", "year", "check")
"""Choices that an API call or an older page may go beyond: the set grows with every run."""


def form_of(flow: Flow[..., Any], known: dict[str, list[str] | list[int]]) -> dict[str, Any]:
    """The JSON schema of a flow's form with these choices."""
    schema = deepcopy(flow.parameters.model_dump())
    for name in HIDDEN:
        schema["properties"].pop(name, None)
    for name, written in schema["properties"].items():
        if not known.get(name):
            continue
        plain = {"type": "integer" if isinstance(known[name][0], int) else "string"}
        chosen: dict[str, Any] = {**plain, "title": "choose 选择", "enum": known[name]}
        kinds = [chosen, {**plain, "title": "type 输入"}] if name in OPEN else [chosen]
        if name == "portals":
            kinds = [{"type": "array", "items": one, "title": one["title"]} for one in kinds]
        written.pop("type", None)
        written["anyOf"] = [*kinds, {"type": "null"}]
    return schema
