"""The forms of the deployments in the Prefect UI: Prefect draws them from a JSON schema of the flow's parameters.

Details of the installation are left out; what is chosen from a known set (portals, provinces, families, runs) is a choice. The
sets are those of the moment of deploying: `yusuan up` and every run's end refresh them.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from prefect import Flow

from flows.home import House

HIDDEN = ("home", "base_urls", "workers", "from_register")
"""Parameters of flows that belong to the installation or to the command line, not into a form."""


def form_of(flow: Flow[..., Any], house: House) -> dict[str, Any]:
    """The JSON schema of a flow's form in this house."""
    schema = deepcopy(flow.parameters.model_dump())
    for name in HIDDEN:
        schema["properties"].pop(name, None)
    return schema
