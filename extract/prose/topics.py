"""What prose can speak about: `budget/data/prose_topics.toml` read, compiled and matched. No grammar here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from budget.codes import codes_of
from budget.printed_text import squeeze

Strength = Literal["strong", "scope", "weak", "name"]

FUNCTION = "function"
"""Topic of an amount named by a functional class, section or item (行政运行 230 万元)."""
ECONOMIC = "economic"
"""Topic of an amount named by an economic class or item (工资福利支出 900 万元)."""
OTHER = "other"
"""Topic of an amount whose name is no known topic: kept with its name, never lost."""
REASON = "reason"
"""Topic of an amount that explains a change (主要原因是…增加 3 万元)."""
THRESHOLD = "threshold"
"""Topic of an amount that only sets a limit (单价 50 万元以上的设备)."""
RATE = "rate"
"""Topic of an amount for one person, month, square metre."""
TARGET = "performance_target"
"""Topic of an amount that a performance goal or indicator names."""
GOAL_RATE = "performance_rate"
"""Topic of a percentage that is a goal, with its name; where a task heads the goals, behind it: 养老保险新区补贴：…准确率."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as the data file describes it; see the comments there for the meaning of each key."""

    name: str
    strength: Strength = "strong"
    base: str = ""
    share: str = ""
    side: str = ""
    scope: str = ""
    item: str = ""
    items_all: bool = False
    item_inline: bool = False
    nature: bool = False
    needs: str = ""
    emits: tuple[str, ...] = ()
    scoped: Mapping[str, str] = field(default_factory=dict)
    by_side: Mapping[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """What `_delta`, `_percent`, … are added to."""
        return self.base or self.name


@dataclass(frozen=True, slots=True)
class Count:
    """One kind of things counted in words: nouns before or behind the number, and measure words."""

    name: str
    before: re.Pattern[str] | None
    behind: re.Pattern[str] | None
    measures: tuple[str, ...]
    needs: str = ""
    item: str = ""
    after: tuple[str, ...] = ()
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A topic named in a text, at start..end of it."""

    topic: Topic
    start: int
    end: int


def _data() -> dict[str, Any]:
    text = resources.files("budget").joinpath("data/prose_topics.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def topics() -> Mapping[str, Topic]:
    """Every topic of the data file by name."""
    return {name: _topic(name, entry) for name, entry in _data()["topics"].items()}


def _topic(name: str, entry: Mapping[str, Any]) -> Topic:
    return Topic(
        name=name, strength=entry.get("strength", "strong"), base=entry.get("base", ""), share=entry.get("share", ""),
        side=entry.get("side", ""), scope=entry.get("scope", ""), item=entry.get("item", ""),
        items_all=entry.get("items_all", False), item_inline=entry.get("item_inline", False),
        nature=entry.get("nature", False),
        needs=entry.get("needs", ""), emits=tuple(entry.get("emits", ())), scoped=entry.get("scoped", {}), by_side=entry.get("by_side", {}),
    )  # fmt: skip


@cache
def _patterns() -> tuple[tuple[Topic, re.Pattern[str], tuple[str, ...]], ...]:
    found: list[tuple[Topic, re.Pattern[str], tuple[str, ...]]] = []
    for name, entry in _data()["topics"].items():
        topic = topics()[name]
        found.append((topic, _union(entry["aliases"]), ()))
        if "part" in entry:
            found.append((topic, _union(entry["part"]["aliases"]), tuple(entry["part"]["under"])))
    return tuple(found)


def _union(aliases: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{alias})" for alias in aliases))


@cache
def counts() -> tuple[Count, ...]:
    """Every kind of counted things in the order of the data file."""
    return tuple(
        Count(
            entry.get("topic", name),
            re.compile("(?:" + "|".join(entry["aliases"]) + ")") if entry["aliases"] else None,
            re.compile("(?:" + "|".join(entry["behind"]) + ")") if entry["behind"] else None,
            tuple(entry["measures"]), entry.get("needs", ""), entry.get("item", ""), tuple(entry.get("after", ())),
            entry.get("unless", ""),
        )
        for name, entry in _data()["counts"].items()
    )  # fmt: skip


@lru_cache(maxsize=256)
def stands_in(words: str, surroundings: str) -> bool:
    """Whether a sentence with its headings holds the words a topic needs; asked for every figure of the sentence."""
    return bool(re.search(words, surroundings))


def mentions(text: str, *, under: str = "", surroundings: str = "") -> list[Mention]:
    """The topics that `text` names, left to right; where two overlap the longer one stands.

    `text` is folded, without blanks, quotation marks and brackets without figures. `under` is the topic of the list that is
    open, `surroundings` the sentence with its headings (what `needs` is looked for in).
    """
    found: list[Mention] = []
    for topic, pattern, only_under in _patterns():
        if only_under and under not in only_under:
            continue
        if topic.needs and not stands_in(topic.needs, surroundings):
            continue
        found.extend(Mention(topic, m.start(), m.end()) for m in pattern.finditer(text) if m.end() > m.start())
    found.sort(key=lambda m: (-(m.end - m.start), m.start))
    kept: list[Mention] = []
    for mention in found:
        if all(mention.end <= other.start or mention.start >= other.end for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: m.start)


@cache
def _classification() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for system, topic in (
        ("department_economic", ECONOMIC),
        ("government_economic", ECONOMIC),
        ("functional", FUNCTION),
    ):
        for known in codes_of(system).values():  # type: ignore[arg-type]
            names.update({_bare(name): topic for name in known if len(_bare(name)) > 2})
    return names


def _bare(name: str) -> str:
    return re.sub(r"[(（][^()（）]*[)）]|的", "", squeeze(name))


def classified(name: str) -> str | None:
    """`function` or `economic` when a printed name is that of a classification code, else None.

    A name may end a path (…（类）…（款）行政运行（项）), follow its code (2040201-行政运行) or be quoted (“教育支出”科目).
    """
    if re.search(r"[(（](?:[类款项]|2\d\d(?:\d\d){0,2})[)）]|(?:^|[^\d])2\d{6}(?!\d)", name):
        return FUNCTION
    if re.search(r"[(（][35]\d\d(?:\d\d)?[)）]", name):
        return ECONOMIC
    bare = re.sub(r"[“”\"'‘’]|科目$", "", _bare(name))
    known = _classification()
    if any(known.get(part) == FUNCTION for part in re.split(r"[-－—]", bare)[:-1]):
        return FUNCTION
    for start in range(max(0, len(bare) - 40), len(bare) - 2):
        for form in (bare[start:], bare[start:].removesuffix("支出"), bare[start:] + "支出"):
            if form in known:
                return known[form]
    return None
