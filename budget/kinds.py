"""Statement kinds: which statement a printed title names. Titles are data (`data/kinds.toml`).

Nothing here looks at a table's columns; that is for the rooms that read tables.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

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
class StatementKind:
    """One kind: its name in the project, its Chinese name, and the folded titles that name it."""

    name: str
    chinese: str
    contains: tuple[str, ...]
    ends: tuple[str, ...]
    decides: tuple[str, ...]
    together: tuple[tuple[str, ...], ...] = ()


@cache
def _data() -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[StatementKind, ...]]:
    text = resources.files("budget").joinpath("data/kinds.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    folding = raw["folding"]
    kinds = tuple(
        StatementKind(
            name, entry["chinese"], tuple(entry.get("contains", ())), tuple(entry.get("ends", ())),
            tuple(entry.get("decides", ())), tuple(tuple(words) for words in entry.get("together", ())),
        )
        for name, entry in raw["kinds"].items()
    )  # fmt: skip
    return tuple((a, b) for a, b in folding["funds"]), tuple(folding["drop"]), kinds


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

    Aliases: DOMAIN §3. The words 预算/决算 decide the kind of the document, never the kind of the statement.
    """
    found = alias_in(text)
    return found[0] if found else None


@cache
def _before_short_aliases() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How the names of those end whose statements these are, and words that name a part of the money."""
    raw = tomllib.loads(resources.files("budget").joinpath("data/kinds.toml").read_text(encoding="utf-8"))["folding"]
    return tuple(raw["bearers"]), tuple(raw["parts_of_money"])


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
    for kind in reversed(statement_kinds()):
        for word in kind.decides:
            if word in title:
                return kind.name, word
    best: tuple[int, str, str] | None = None
    for kind in statement_kinds():
        for alias in kind.contains:
            weight = len(alias) + (_NAMED_FUND if alias[0] in "GFS" else 0)
            if alias in bare and (best is None or weight > best[0]):
                best = (weight, kind.name, alias)
    if best is None:
        # short aliases stand inside many longer titles: they count only when nothing longer is named
        for kind in statement_kinds():
            for alias in kind.ends:
                longer = best is None or len(alias) > best[0]
                if longer and bare.endswith(alias) and _may_stand_before(bare.removesuffix(alias)):
                    best = (len(alias), kind.name, alias)
    if best is None:
        for kind in statement_kinds():
            for words in kind.together:
                if all(word in title for word in words):
                    return kind.name, "".join(words)
    return (best[1], best[2]) if best else None


_FUND_SIGNS: tuple[tuple[str, Fund], ...] = (("G", "general_budget"), ("F", "gov_fund"), ("S", "state_capital"))


@cache
def fund_of_title(text: str) -> Fund | None:
    """The fund from which a title says that its table is paid; None where it names none or several.

    `财政拨款` alone is all three fiscal funds (DOMAIN §4.1 fiscal_total).
    """
    title = fold_title(text)
    named = [fund for sign, fund in _FUND_SIGNS if sign in title]
    if len(named) == 1:
        return named[0]
    return "fiscal" if not named and "财政拨款" in title else None
