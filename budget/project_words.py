"""Words of performance forms and of lists of projects; data (`data/projects.toml`)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from budget.printed_text import squeeze

_BRACKETS = re.compile(r"[(（][^()（）]*[)）]?")


@dataclass(frozen=True, slots=True)
class ListWords:
    """Headers of the columns of a list of projects; each tuple in order of preference."""

    names: tuple[str, ...]
    no_names: tuple[str, ...]
    totals: tuple[str, ...]
    fiscal: tuple[str, ...]
    other: tuple[str, ...]
    goals: tuple[str, ...]
    level1: tuple[str, ...]
    level2: tuple[str, ...]
    level3: tuple[str, ...]
    values: tuple[str, ...]
    signs: tuple[str, ...]
    units: tuple[str, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormWords:
    """Labels of a performance form; each tuple in order of preference."""

    names: tuple[str, ...]
    totals: tuple[str, ...]
    fiscal: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageWords:
    """Headers of the columns of money of a self-assessment form."""

    adjusted: tuple[str, ...]
    initial: tuple[str, ...]
    executed: tuple[str, ...]


@cache
def _raw() -> dict[str, dict[str, list[str]]]:
    text = resources.files("budget").joinpath("data/projects.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return found


@cache
def list_words() -> ListWords:
    """The headers of lists of projects."""
    return ListWords(**{name: tuple(words) for name, words in _raw()["list"].items()})


@cache
def stage_words() -> StageWords:
    """The headers of columns of money of a self-assessment form."""
    return StageWords(**{name: tuple(words) for name, words in _raw()["stages"].items()})


@cache
def form_words() -> FormWords:
    """The labels of performance forms."""
    return FormWords(**{name: tuple(words) for name, words in _raw()["form"].items()})


@cache
def indicator_header() -> frozenset[str]:
    """Words of the header above indicators."""
    return frozenset(_raw()["indicators"]["header"])


@cache
def fold_label(text: str) -> str:
    """A header or label in the form of the data file: no blanks, no text in brackets, no colon. `单位（项目）名称` is 单位项目名称."""
    squeezed = squeeze(text).strip("：:")
    inner = re.sub(r"[(（](项目|任务|政策|专项)[)）]", r"\1", squeezed)
    return _BRACKETS.sub("", inner).strip("：:")


def is_project_name(header: str) -> bool:
    """Whether the header of a column, or a label, names projects: 项目名称, 一级项目名称, 单位（项目）名称, 政策和项目名称."""
    folded = fold_label(header)
    words = list_words()
    if folded in words.no_names:
        return False
    return folded in words.names or any(folded.endswith(name) for name in words.names if len(name) >= 4)
