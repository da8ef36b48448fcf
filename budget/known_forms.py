"""Forms: the fingerprint of a printed table, how the rules fare on it, and what a person decided.

A form is the fingerprint of a statement's kind, its folded title and its header paths, without figures and years: departments that
fill in one sheet share it, this year's and last year's. Row labels are no part of it: which rows a table has depends on the department.
What is known is kept by place: publisher, form, check and row. Only readings of a closed list (`data/form_readings.toml`) can be
decided, never a number.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from budget.disclosure import Statement
from budget.printed_text import squeeze

FEWEST_DOCUMENTS: Final = 3
"""Documents of a form that must fail alike before the failure is the form's."""
SHARE: Final = 0.8
"""Of the documents of a form in which the rule can be asked; real contradictions were shared by half of a form at most."""
EVERY_PUBLISHER: Final = "*"
"""A decision on a form of whoever prints it."""
EVERY_ROW: Final = "*"
"""All rows of a form together: a reading that explains what fails in every row is one thing, whatever rows a department has."""
_FIGURES = re.compile(r"[\d〇零一二三四五六七八九十]+|[年度“”‘’\"']")
_WHOSE = re.compile("部门|单位|本级")
"""A unit prints the form of its department under 单位收支总表."""
_ROW_FIGURES = re.compile(r"\d+(?:年度?|月|日)?|^[(（]?[一二三四五六七八九十]+[)）、.．]+|[“”‘’\"']")


@lru_cache(maxsize=1 << 14)
def _folded(text: str) -> str:
    return _FIGURES.sub("", squeeze(text))


@lru_cache(maxsize=1 << 16)
def folded_row(label: str) -> str:
    """The label of a row without codes, years and ordinals, as it stands in every document of a form."""
    return _ROW_FIGURES.sub("", squeeze(label))


def form_of(statement: Statement) -> str:
    """The fingerprint of the form that a statement is printed on: 16 hexadecimal digits."""
    return fingerprint(statement.kind, statement.title, statement.columns)


def fingerprint(kind: str, title: str | None, columns: Iterable[Iterable[str]]) -> str:
    """The same of a kind, a printed title and header paths."""
    parts = [kind, _WHOSE.sub("", _folded(title or ""))]
    parts += ["/".join(_folded(level) for level in path) for path in columns]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


class FormPlace(NamedTuple):
    """A rule at one row of the form of one publisher (a region as documents name it; '' where they name none)."""

    publisher: str
    form: str
    check: str
    row: str


class FormOutcome(NamedTuple):
    """How a rule fared on a form in one document (`row` is `EVERY_ROW`), or at one row at which it failed; before any decision.

    `explained`: the readings of the closed list under which everything that fails there would hold.
    """

    form: str
    check: str
    row: str
    failed: bool
    explained: tuple[str, ...] = ()


class FormReading(NamedTuple):
    """One entry of the closed list."""

    name: str
    whose: Literal["theirs", "ours", "form"]
    part: bool
    zh: str
    en: str


class ReadingRefusedError(ValueError):
    """A reading that is not in the closed list; the message has the list."""


@cache
def form_readings() -> dict[str, FormReading]:
    """The closed list, by name, in the order in which explanations are preferred."""
    data = tomllib.loads(resources.files("budget").joinpath("data", "form_readings.toml").read_text(encoding="utf-8"))
    return {
        name: FormReading(name, one["whose"], one.get("part", False), one["zh"], one["en"])
        for name, one in data.items()
    }


def reading_named(written: str) -> tuple[FormReading, str]:
    """The reading that `contained=经营支出` or `fits` names, and its part. Raises ReadingRefusedError."""
    name, _, part = written.partition("=")
    found = form_readings().get(name)
    if found is None or found.part != bool(part):
        known = ", ".join(f"{one.name}=PART" if one.part else one.name for one in form_readings().values())
        raise ReadingRefusedError(f"{written!r} is no reading; one of {known}")
    return found, part


class FormDecision(BaseModel):
    """What a person said of one place. It holds until it is revoked; `kind` and `title` say to readers which form it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    publisher: str
    form: str
    check: str
    row: str
    reading: str
    note: str
    decided_by: str
    decided_at: datetime
    kind: str | None = None
    title: str | None = None
    revoked_by: str | None = None
    revoked_at: datetime | None = None

    @property
    def place(self) -> FormPlace:
        return FormPlace(self.publisher, self.form, self.check, self.row)


class SharedFailure(NamedTuple):
    """A failure that most documents of a form share. The counts are those of a batch; a warehouse, where they grow every night,
    tells them when it is asked (`form_checks`) and not in findings."""

    explained: str | None = None
    failed: int | None = None
    asked: int | None = None


@dataclass(frozen=True)
class KnownForms:
    """What is known of forms when a document is judged."""

    shared: Mapping[FormPlace, SharedFailure] = field(default_factory=dict)
    decisions: Mapping[FormPlace, FormDecision] = field(default_factory=dict)

    def decided(self, place: FormPlace) -> FormDecision | None:
        """The decision that holds at a place: of its publisher and row, else of every row, else of every publisher."""
        wider = (
            place._replace(publisher=publisher, row=row)
            for publisher in (place.publisher, EVERY_PUBLISHER)
            for row in (place.row, EVERY_ROW)
        )
        return next((found for at in wider if (found := self.decisions.get(at)) is not None), None)

    def shared_at(self, place: FormPlace) -> SharedFailure | None:
        """The failure that most documents of the form share at a row, or over all its rows."""
        return self.shared.get(place) or self.shared.get(place._replace(row=EVERY_ROW))

    def digest(self, publisher: str, outcomes: Iterable[FormOutcome]) -> str:
        """What of all this concerns a document, in 16 hexadecimal digits; '' where nothing does.

        Only a failure asks for knowledge, so a document in which a rule holds is not judged again when its form becomes known.
        """
        told = []
        for one in sorted(one for one in outcomes if one.failed):
            place = FormPlace(publisher, one.form, one.check, one.row)
            shared, decision = self.shared_at(place), self.decided(place)
            if shared is not None or decision is not None:
                said = f"{decision.id} {decision.reading}" if decision is not None else ""
                told.append("\t".join((*place, "-" if shared is None else shared.explained or "shared", said)))
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] if told else ""


NOTHING_KNOWN: Final = KnownForms()


class JudgedForms(NamedTuple):
    """What judging a document says of its forms: how the rules fared, and under which knowledge (`KnownForms.digest`)."""

    outcomes: tuple[FormOutcome, ...] = ()
    known: str = ""


NOT_JUDGED: Final = JudgedForms()


def shared_failure(row: str, explained: Sequence[Iterable[str]], asked: int) -> SharedFailure | None:
    """The failure of a form, where so many fail of the documents in which the rule is asked; `explained`: what explains it in each.

    Over all rows only what one reading explains is one failure: one that fails in one row and one in another share nothing.
    """
    failed = len(explained)
    if failed < FEWEST_DOCUMENTS or failed < SHARE * asked:
        return None
    why = explanation_of(explained)
    return SharedFailure(why, failed, asked) if row != EVERY_ROW or why is not None else None


def explanation_of(explained: Iterable[Iterable[str]]) -> str | None:
    """The first reading of the list that explains the failure in every document."""
    common = set.intersection(*map(set, explained))
    order = list(form_readings())
    return min(common, key=lambda name: (order.index(name.partition("=")[0]), name), default=None)
