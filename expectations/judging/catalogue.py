"""The check catalogue (`catalogue.toml`): formula, applicability and severity of every check, as data."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from budget.states import Origin, Severity


class Check(BaseModel):
    """One check: what must hold, in Chinese and English, when it is claimed, and what a failure means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    zh: str
    en: str
    applies: str
    severity: Severity
    tolerance: str = "print"
    origin: Origin | None = None
    """Whose error a failure is, where the check itself says so: a self-test of reading blames nobody else."""

    @property
    def family(self) -> str:
        return self.id.split("-")[0]


@cache
def _data() -> tuple[dict[str, str], dict[str, Check]]:
    data = tomllib.loads(resources.files("expectations").joinpath("data", "catalogue.toml").read_text(encoding="utf-8"))
    checks = {key: Check(id=key, **entry) for key, entry in data["checks"].items()}
    return data["families"], checks


def checks() -> dict[str, Check]:
    """Check id → check, in the order of the catalogue."""
    return _data()[1]


def families() -> dict[str, str]:
    """Family (the letters before the dash) → what it is about."""
    return _data()[0]


def check(check_id: str) -> Check:
    """A check by id; KeyError for an id that is not in the catalogue."""
    return checks()[check_id]
