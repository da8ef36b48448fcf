"""What the page says: its words by language, and how codes, messages and moments are told in one of them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib import resources

from budget.printed_text import without_direction


@cache
def words() -> dict[str, dict[str, str]]:
    """What the page says, by language."""
    return tomllib.loads((resources.files("review.page") / "words.toml").read_text("utf-8"))


def said(code: object, told: Mapping[str, str]) -> str:
    """A state, reason, origin, stage or kind in words; a code without words as it is."""
    return told.get(f"say_{code}", str(code))


def in_language(message: str, language: str) -> str:
    """The part of a finding's message that is in this language.

    Checks write what is wrong, then one line in Chinese and one in English that begins with "Expected:"; others stay whole.
    """
    lines = message.split("\n")
    if len(lines) != 3 or not lines[2].startswith("Expected:"):
        return message
    return "\n".join((lines[0], lines[2] if language == "en" else lines[1]))


def when(moment: datetime | None) -> str:
    """Date and minute; '' for none."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def shown(value: object) -> object:
    """What a template puts out; text of strangers turns no direction. Markup is of our own making and is kept."""
    return without_direction(value) if type(value) is str else value


FILTERS: dict[str, Callable[..., str]] = {"said": said, "in_language": in_language, "when": when}
