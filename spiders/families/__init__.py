"""One module a CMS family: how its lists page, nothing else. `base` holds the way list → article → attachment."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_SPIDERS = {
    "static_pager": "StaticPagerSpider",
    "shtml": "ShtmlSpider",
    "hanweb_jpage": "HanwebJpageSpider",
    "hanweb_jpaas": "HanwebJpaasSpider",
    "vsb": "VsbSpider",
    "gkmlpt": "GkmlptSpider",
    "fragment": "FragmentSpider",
    "budget_platform": "BudgetPlatformSpider",
    "query_list": "QueryListSpider",
}


def spider_of(family: str) -> Any:
    """The spider class of a family. Raises KeyError for a family that nobody has written."""
    name = _SPIDERS[family]
    return getattr(import_module(f"spiders.families.{family}"), name)
