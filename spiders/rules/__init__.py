"""The data files of this room: what titles, links and walls look like. Read once, checked when read."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def read_rules(name: str) -> dict[str, Any]:
    """The TOML file `spiders/rules/<name>.toml` as a mapping."""
    return tomllib.loads(resources.files("spiders").joinpath("rules", f"{name}.toml").read_text(encoding="utf-8"))


@cache
def pattern(expression: str) -> re.Pattern[str]:
    """A rule's regular expression, compiled once, case-insensitive, `.` over line ends."""
    return re.compile(expression, re.IGNORECASE | re.DOTALL)
