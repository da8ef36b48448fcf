"""Names and codes as the checks compare them: without blanks, without 支出 and 等 at the end, historic names included."""

from __future__ import annotations

import re
from functools import cache

from budget.codes import codes_of, names_of
from budget.printed_text import squeeze
from expectations.view.tables import names


@cache
def core(name: str) -> str:
    """A class or item name without what forms add or drop: blanks, 支出, 等, (类)."""
    return re.sub(r"等$", "", names()["classes"]["strip"].sub("", squeeze(name)))


@cache
def _class_by_name() -> dict[str, str]:
    return {
        core(name): code for code, all_names in codes_of("functional").items() if len(code) == 3 for name in all_names
    }


@cache
def _known_names() -> frozenset[str]:
    return frozenset(core(name) for all_names in codes_of("functional").values() for name in all_names)


@cache
def class_code(name: str) -> str | None:
    """The 3-digit code of a functional class by its printed name, also a historic one; None when it is no class."""
    return _class_by_name().get(core(name))


@cache
def is_known_name(name: str) -> bool:
    """Whether the code list knows the name at any level."""
    return core(name) in _known_names()


@cache
def _item_names() -> frozenset[str]:
    return frozenset(
        core(name)
        for code, all_names in codes_of("department_economic").items() if len(code) == 5
        for name in all_names
    )  # fmt: skip


@cache
def is_item_name(name: str) -> bool:
    """Whether a name is that of a 款 of the economic classification (委托业务费, 印刷费)."""
    return core(name) in _item_names()


@cache
def same_name(left: str, right: str) -> bool:
    """Whether two printed class or item names are the same but for 支出, 等 and blanks."""
    return core(left) == core(right)


@cache
def listed_under(code: str, name: str) -> bool | None:
    """Whether the list has this name for the code; None when it does not know the code."""
    known = names_of(code)
    return any(same_name(name, other) for other in known) if known else None
