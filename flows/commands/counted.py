"""How many of what, in words that agree: `1 portal`, `2 portals`."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """`counted(1, "file is", "files are")` is `1 file is`; without `many` the plural takes an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
