"""Statement kinds: which statement a printed title names. Titles are data (`data/kinds.toml`).

Nothing here looks at a table's columns; that is for the rooms that read tables.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from budget.disclosure import Fund
from budget.printed_text import squeeze

_NAMED_FUND = 3
"""A fund's name is one sign in a folded title but was five or six letters on the page: it counts as such."""
_QUOTES = re.compile("[“”‘’\"'`《》〈〉「」『』]")
_YEAR = re.compile(r"(?:19|20)\d{2}年?度?")
_NUMERALS = "一二三四五六七八九十"
_ORDINALS = f"0-9{_NUMERALS}"
_NUMBER = rf"(?:[0-9]{{1,3}}|[{_NUMERALS}]{{1,3}}(?!般))"
"""The number of a table in digits or in numerals, never in both: 附表5一般公共预算支出表 is number 5."""
# what stands before a title: 附件2, 表1, 公开01表, 预算01表, 1-1, 三、, （四）, 第二部分
_LEADING = re.compile(
    r"^(?:"
    rf"附(?:件|表|图)?{_NUMBER}?(?:-[0-9]{{1,2}})*[:：、.．]?"
    r"|(?:公开|预算|决算|部门预算|部门决算)?[0-9]{1,2}(?:-[0-9]{1,2})*表[:：、.．]?"
    rf"|(?:公开|预算|决算)?(?:报表|表){_NUMBER}(?:-[0-9]{{1,2}})*[:：、.．]?"
    rf"|表[(（][{_ORDINALS}]{{1,3}}[)）]"
    rf"|[(（][{_ORDINALS}]{{1,3}}[)）][、.．]?"
    rf"|[{_ORDINALS}]{{1,3}}[、.．:：]"
    rf"|第[{_ORDINALS}]{{1,3}}部分[:：、]?"
    r"|[0-9]{1,2}(?:-[0-9]{1,2})+"
    r"|[0-9]{1,2}(?=[^0-9年])"
    r")"
)
_TRAILING = re.compile(
    r"[(（]?(?:公开|预算|决算|附)?(?:[0-9]{1,2}(?:-[0-9]{1,2})*表|表[0-9]{1,2}(?:-[0-9]{1,2})*)[)）]?$|[(（](?:续表?|[{n}])[)）]$|续表?\d*$".replace(
        "{n}", _ORDINALS
    )
)
_CONTENTS_LINE = re.compile(r"(?:[.…·•．‥⋯_-]{3,}|\.{2,})\s*[-—]?\d*[-—]?$|[.…·]{2,}")


@dataclass(frozen=True, slots=True)
class ByColumns:
    """What the columns and rows of a table of one kind show; everything named has to be there."""

    headers_all: frozenset[str] = frozenset()
    headers_any: frozenset[str] = frozenset()
    measures_all: frozenset[str] = frozenset()
    measures_any: frozenset[str] = frozenset()
    measures_several: frozenset[str] = frozenset()
    both_sides: bool = False
    row_begins: tuple[str, ...] = ()
    row_items_several: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StatementKind:
    """One kind: its name in the project, its Chinese name, the folded titles that name it, and what `data/kinds.toml` says
    of it besides (explained there)."""

    name: str
    chinese: str
    contains: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    fund: Fund = "all"
    fund_in_title: bool = False
    own: frozenset[str] = frozenset()
    statement: bool = False
    facts: bool = True
    weak_title: bool = False
    classes_by_name: bool = False
    items_in_rows: bool = False
    item_in_title: bool = False
    certain: ByColumns | None = None
    suggested: tuple[ByColumns, ...] = ()


UNKNOWN_KIND = StatementKind("unknown", "", facts=False)
"""What a table is that nobody knows; also any name that is none of a kind."""


def _by_columns(entry: dict[str, Any]) -> ByColumns:
    """Raises TypeError for a word that no rule has."""
    told = {key: frozenset(value) for key, value in entry.items() if key not in ("both_sides", "row_begins")}
    return ByColumns(**told, both_sides=entry.get("both_sides", False), row_begins=tuple(entry.get("row_begins", ())))


def kind_from(name: str, entry: dict[str, Any]) -> StatementKind:
    """Raises TypeError for a word that no kind has."""
    told: dict[str, Any] = dict(entry)
    for key in ("contains", "ends", "decides"):
        told[key] = tuple(told.get(key, ()))
    told["together"] = tuple(map(tuple, told.get("together", ())))
    told["own"] = frozenset(told.get("own", ()))
    told["certain"] = _by_columns(told["certain"]) if "certain" in told else None
    told["suggested"] = tuple(map(_by_columns, told.get("suggested", ())))
    return StatementKind(name, **told)


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads(resources.files("budget").joinpath("data/kinds.toml").read_text(encoding="utf-8"))


@cache
def _data() -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[StatementKind, ...]]:
    folding = _raw()["folding"]
    kinds = tuple(kind_from(name, entry) for name, entry in _raw()["kinds"].items())
    return tuple((a, b) for a, b in folding["funds"]), tuple(folding["drop"]), kinds


@cache
def kind_of(name: str) -> StatementKind:
    """The kind of a name; `UNKNOWN_KIND` for `unknown` and for any other name that is none."""
    return next((kind for kind in statement_kinds() if kind.name == name), UNKNOWN_KIND)


@cache
def kinds_by_columns(how: Literal["certain", "suggested"]) -> tuple[StatementKind, ...]:
    """The kinds that columns can tell, in the order in which they are asked for."""
    return tuple(kind_of(name) for name in _raw()["by_columns"][how])


@cache
def names_of_statements() -> frozenset[str]:
    """The kinds that are statements of a budget or final account: they tell what kind of document it is."""
    return frozenset(kind.name for kind in statement_kinds() if kind.statement)


def statement_kinds() -> tuple[StatementKind, ...]:
    """All kinds in the order of the data file."""
    return _data()[2]


def is_contents_line(text: str) -> bool:
    """Whether a line belongs to a table of contents: dots that lead to a page number."""
    return bool(_CONTENTS_LINE.search(squeeze(text)))


def fold_title(text: str) -> str:
    """A printed title in the form the alias file uses: no blanks, quotes, numbers, years; funds as G, F, S."""
    funds, drop, _ = _data()
    # capital letters are the signs of the funds: the G of G60科创走廊 is none
    title = _QUOTES.sub("", squeeze(text)).lower()
    title = _YEAR.sub("", title)
    title = _TRAILING.sub("", title)
    for _ in range(3):
        shorter = _LEADING.sub("", title)
        if shorter == title or not shorter:
            break
        title = shorter
    for printed, sign in funds:
        title = title.replace(printed, sign)
    for word in drop:
        title = title.replace(word, "")
    return title


def classify_title(text: str) -> str | None:
    """The statement kind a title names, or None. The longest alias wins; contents lines name none.

    Aliases: docs/field.md, statements. The words 预算/决算 decide the kind of the document, never the kind of the statement.
    """
    found = alias_in(text)
    return found[0] if found else None


@cache
def _before_short_aliases() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How the names of those end whose statements these are, and words that name a part of the money."""
    folding = _raw()["folding"]
    return tuple(folding["bearers"]), tuple(folding["parts_of_money"])


def _may_stand_before(words: str) -> bool:
    """Whether a short alias is the whole title but for whose statement it is: 某监狱支出表 is a 支出表, 债务支出表 is none."""
    bearers, parts = _before_short_aliases()
    return words.endswith(bearers) or not any(part in words for part in parts)


@cache
def alias_in(text: str) -> tuple[str, str] | None:
    """(kind, folded alias) of the longest alias in a title, or None."""
    if is_contents_line(text):
        return None
    title = fold_title(text)
    bare = re.sub(r"[(（][^()（）]*[)）]", "", title)
    bare = re.sub(r"[(（].*$", "", bare)
    if not bare:
        bare = title
    return _deciding_word(title) or _longest_within(bare) or _longest_at_the_end(bare) or _words_together(title)


def _deciding_word(title: str) -> tuple[str, str] | None:
    words = ((kind.name, word) for kind in reversed(statement_kinds()) for word in kind.decides)
    return next((found for found in words if found[1] in title), None)


def _longest_within(title: str) -> tuple[str, str] | None:
    found = [(kind.name, alias) for kind in statement_kinds() for alias in kind.contains if alias in title]
    return max(found, key=lambda pair: _weight(pair[1]), default=None)


def _weight(alias: str) -> int:
    return len(alias) + (_NAMED_FUND if alias[0] in "GFS" else 0)


def _longest_at_the_end(title: str) -> tuple[str, str] | None:
    """Short aliases stand inside many longer titles: they count only where nothing longer is named."""
    found = [
        (kind.name, alias) for kind in statement_kinds() for alias in kind.ends
        if title.endswith(alias) and _may_stand_before(title.removesuffix(alias))
    ]  # fmt: skip
    return max(found, key=lambda pair: len(pair[1]), default=None)


def _words_together(title: str) -> tuple[str, str] | None:
    several = ((kind.name, words) for kind in statement_kinds() for words in kind.together)
    return next(((name, "".join(words)) for name, words in several if all(word in title for word in words)), None)


_FUND_SIGNS: tuple[tuple[str, Fund], ...] = (("G", "general_budget"), ("F", "gov_fund"), ("S", "state_capital"))


@cache
def fund_of_title(text: str) -> Fund | None:
    """The fund from which a title says that its table is paid; None where it names none or several.

    `财政拨款` alone is all three fiscal funds (docs/field.md: funds).
    """
    title = fold_title(text)
    named = [fund for sign, fund in _FUND_SIGNS if sign in title]
    if len(named) == 1:
        return named[0]
    return "fiscal" if not named and "财政拨款" in title else None
