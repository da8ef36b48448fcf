"""Which CMS family a list page belongs to: by marks in its source first, by its address second. The marks are `rules/families.toml`.

The address alone decides nothing about the product (half of all columns are plain directories, served by six products), so an
address is only the weaker evidence. No network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from spiders.rules import read_rules

PAGE_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Recognition:
    """A family, what it was recognised by (`rule`), the piece of source or address that shows it, and whether that was the page."""

    family: str
    rule: str
    evidence: str
    by: Literal["page", "address"]


@cache
def _case(source: str) -> re.Pattern[str]:
    return re.compile(source)


def recognise(html: str, url: str = "") -> Recognition | None:
    """The family of a list page (its source as text) at an address; None where neither says anything.

    All expressions of a marker must be found; markers are asked in the order of the rules, then the address (PORTALS §1).
    """
    source = html[:PAGE_CHARACTERS]
    for marker in read_rules("families")["marker"]:
        found = [_case(one).search(source) for one in marker["all"]]
        if all(found):
            shown = " … ".join(" ".join(one.group().split())[:80] for one in found if one)
            return Recognition(marker["family"], marker["name"], shown, "page")
    return recognise_address(url)


def recognise_address(url: str) -> Recognition | None:
    """The family an address suggests; None for an address like nobody's."""
    for rule in read_rules("families")["address"]:
        if found := _case(rule["pattern"]).search(url):
            return Recognition(rule["family"], rule["name"], found.group()[:80], "address")
    return None
