"""Words of the field that several packages read for: one data file a subject in `budget/data`, loaded once.

Every list is a field of a frozen dataclass whose name stands in its file; a list that the file has and the class has not,
or the other way round, is an error at import (`WordsError`). All words are normalised: ask with text that
`budget.printed_text.squeeze` has brought to that form.

Totals (`data/totals.toml`): `TOTAL_WORDS` are whole names of totals and subtotals (合计, 总计, 小计, 本年收入合计 …),
`is_total(text)` also knows names that end in a word for a sum, `is_subtotal(text)` names of the total of a part,
`total_role(name)` says which of `grand_total`, `total`, `subtotal` a name is, or None. `TOTALS` has the lists themselves.

`any_of(words)` is the regular expression for one of the words of a list, `holds(text, words)` whether one stands in a text.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal, TypeVar

T = TypeVar("T")
Words = tuple[str, ...]
TotalRole = Literal["grand_total", "total", "subtotal"]


class WordsError(Exception):
    """A data file of words does not have the lists that its class names."""


def read_words(file: str, shape: type[T]) -> T:
    """The lists of `budget/data/<file>.toml` as an instance of the dataclass `shape`; a sub-table gives a dataclass of its own.

    Raises `WordsError` when lists are missing from the file or unknown to the class.
    """
    text = resources.files("budget").joinpath("data", f"{file}.toml").read_text(encoding="utf-8")
    return _shaped(file, tomllib.loads(text), shape)


def _shaped(where: str, raw: dict[str, Any], shape: type[T]) -> T:
    known = {one.name for one in dataclasses.fields(shape)}  # type: ignore[arg-type]
    if known != set(raw):
        raise WordsError(
            f"{where}: lists {sorted(set(raw) - known)} are unknown, {sorted(known - set(raw))} are missing"
        )
    return shape(**{name: tuple(words) for name, words in raw.items()})


def any_of(words: Words) -> str:
    """A group of a regular expression that matches any of the words, the longest that fits."""
    return "(?:" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + ")"


def holds(text: str, words: Words) -> bool:
    """Whether one of the words stands anywhere in a text."""
    return any(word in text for word in words)


@dataclass(frozen=True, slots=True)
class Totals:
    """`data/totals.toml`."""

    words: Words
    subtotals: Words
    alone: Words
    named: Words
    grand: Words
    main: Words
    ends: Words
    others: Words


TOTALS: Final = read_words("totals", Totals)
TOTAL_WORDS: Final = frozenset((*TOTALS.words, *TOTALS.subtotals, *TOTALS.alone, *TOTALS.named))
"""Whole names of totals and subtotals."""
LONGEST_BEFORE_A_TOTAL: Final = 12
"""Signs before a word for a sum that still name what is summed; longer texts are sentences."""


@lru_cache(maxsize=1 << 14)
def is_total(text: str) -> bool:
    """Whether a name is that of a total or subtotal: one of `TOTAL_WORDS`, or short words with 合计 or 总计 behind."""
    if text in TOTAL_WORDS:
        return True
    return any(text.endswith(end) and len(text) - len(end) <= LONGEST_BEFORE_A_TOTAL for end in TOTALS.ends)


def is_subtotal(text: str) -> bool:
    """Whether a name ends as that of the total of a part of a list (某单位小计)."""
    return text.endswith(TOTALS.subtotals)


@lru_cache(maxsize=1 << 14)
def total_role(name: str) -> TotalRole | None:
    """Which total a row of this name is: of everything (收入总计), of its list (合计 first or last in the name), of a part; else None."""
    if name in TOTALS.grand:
        return "grand_total"
    if not holds(name, TOTALS.subtotals) and (name in TOTALS.words or name in TOTALS.others or _is_main(name)):
        return "total"
    return "subtotal" if is_subtotal(name) else None


def _is_main(name: str) -> bool:
    return name.startswith(TOTALS.main) or name.endswith(TOTALS.main)


@dataclass(frozen=True, slots=True)
class Headers:
    """`data/headers.toml`."""

    whole: Words
    begins: Words
    ends: Words
    holds: Words
    row_numbers: Words
    column_numbers: Words
    code_levels: Words
    deeper_levels: Words
    codes: Words
    above_codes: Words
    names: Words
    of_accounts: Words
    of_functions: Words
    of_projects: Words
    of_units: Words
    own_codes: Words
    last_year: Words
    budget: Words
    amounts: Words
    budgets_of_funds: Words
    final: Words
    executed: Words
    changes: Words
    revenue: Words
    expenditure: Words


HEADERS: Final = read_words("headers", Headers)


@dataclass(frozen=True, slots=True)
class Labels:
    """`data/labels.toml`."""

    bearers: Words
    codes: Words
    exact: Words
    begins: Words
    year: Words
    closing: Words
    dates: Words
    numbered: Words
    numbered_after: Words
    coded_bodies: Words
    own: Words
    signed_for: Words
    signers: Words
    notes: Words
    always_notes: Words


LABELS: Final = read_words("labels", Labels)


@dataclass(frozen=True, slots=True)
class EmptyNotes:
    """`data/empty_notes.toml`."""

    says: Words
    absent: Words
    absent_things: Words
    none: Words
    none_things: Words
    conditions: Words
    conditional: Words
    of_this_table: Words
    list_names: Words
    list_empty: Words
    list_reasons: Words
    list_yes: Words


EMPTY_NOTES: Final = read_words("empty_notes", EmptyNotes)


@dataclass(frozen=True, slots=True)
class Forms:
    """`data/forms.toml`."""

    subjects: Words
    subject_labels: Words
    seconds: Words
    words: Words
    indicators: Words
    levels: Words
    any_benefit: Words
    head: Words
    begins: Words
    no_form: Words
    whole_department: Words
    whole_department_title: Words
    title: Words
    goals: Words
    task_names: Words
    task_amounts: Words
    task_headers: Words
    task_totals: Words


FORMS: Final = read_words("forms", Forms)
