"""Requirements: each ends below a release that may break us, and the lock pins a version inside each bound."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
BOUNDS = {"<", "<=", "==", "~="}
"""Operators of a specifier that end it above."""


def required() -> list[Requirement]:
    """What pyproject.toml asks for: to build, to run, and every extra."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = stated["project"]["optional-dependencies"].values()
    groups = [stated["build-system"]["requires"], stated["project"]["dependencies"], *extras]
    return [Requirement(line) for group in groups for line in group]


def locked() -> dict[str, str]:
    """Canonical name → version of requirements.lock."""
    pins = [line.split("==") for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").split()]
    return {canonicalize_name(name): version for name, version in pins}


def ends(requirement: Requirement) -> bool:
    return any(part.operator in BOUNDS for part in requirement.specifier)


@pytest.mark.parametrize("requirement", required(), ids=str)
def test_a_requirement_ends_somewhere_and_the_lock_is_inside(requirement: Requirement) -> None:
    """No exemptions: a library whose next release may break nothing does not exist."""
    assert ends(requirement), f"{requirement} has no upper bound"
    version = locked().get(canonicalize_name(requirement.name))
    assert version is not None, f"{requirement} is not in requirements.lock"
    assert requirement.specifier.contains(version), f"the lock pins {version}, not {requirement}"


@pytest.mark.parametrize("line", ["numpy", "pypdfium2>=5", "pydantic!=2.11.0", "lxml>5"])
def test_a_requirement_without_an_end_is_noticed(line: str) -> None:
    assert not ends(Requirement(line))


def test_sqlalchemy_that_stops_the_scheduler_is_outside() -> None:
    bound = next(one for one in required() if canonicalize_name(one.name) == "sqlalchemy")
    assert not bound.specifier.contains("2.1.9")
