"""One module a CMS family: how its lists page, nothing else. `base` holds the way list → article → attachment."""

from __future__ import annotations

from typing import Any


def spider_of(family: str) -> Any:
    """The spider class of a family. Raises KeyError for a family that nobody has written."""
    from spiders.families.static_pager import StaticPagerSpider

    return {one.family: one for one in (StaticPagerSpider,)}[family]
