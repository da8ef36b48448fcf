"""Forms nobody has met: `python -m measure.unknown_forms READ… [--orders 20] [--seed 1] [--forget] [--json FILE]`.

READ: folders or files of disclosures as `yusuan extract --json --output READ` writes them. Each city (the region that documents name)
is left out once: its documents are judged with no knowledge of its forms, as the first ever; then they arrive one by one, in random
orders, each judged with what the warehouse would know after it, and a person answers each question about a whole form when it is
asked: with the reading that explains it, else that the rule does not fit. Printed by city: documents and errors; failures that most
documents of a form share; after how many documents of a form the question is asked (mean and most over the orders), what was blamed
on the publisher until then, and what is left after the answers.

`--forget` takes from the checks the readings that they try by themselves within one document (the carry-over inside the funds of
收入总表, 其中 beside, a total above its parts), so that forms which the checks know by now are forms that nobody has met. Exit status 0.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import Any

from budget.disclosure import Disclosure, Finding
from budget.known_forms import (
    EVERY_ROW,
    NOTHING_KNOWN,
    FormDecision,
    FormOutcome,
    FormPlace,
    KnownForms,
)
from budget.states import Origin
from expectations import Judgement, judge, reconcile
from expectations.checks import across, balance, rows
from expectations.judging.form_knowledge import outcomes_of, publisher_of, with_batch
from expectations.view.identities import Identity, equal
from flows.documents.proof import as_read

DECIDED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Learnt:
    """One city: how its documents fare as the first ever, in order of arrival, and after the answers."""

    city: str
    documents: int
    errors: int
    blamed: int
    """Root errors of origin publisher when judged as the first ever."""
    questions: tuple[str, ...]
    shared_errors: int
    """Root errors at the places of the questions."""
    shared_blamed: int
    """Of them those of origin publisher."""
    asked_after: tuple[float, int]
    """Documents of the form that had come when a question was asked: mean and most."""
    errors_after: int
    blamed_after: int
    explained: int
    """Questions that one reading of the closed list explains in every document."""


def forget() -> None:
    """Take the readings that the checks try within one document."""

    def usual(a_left: Any, income: Any, own: Any, fiscal: Any) -> Identity:
        return equal("XRF-04", own, fiscal, "财政拨款", across._titles(a_left, income))

    def stands_above(lines: Any, position: int) -> bool:
        followers = lines[position + 1 : position + 3]
        return bool(lines[position].ordinal) and any(line.ordinal.startswith(("(", "（")) for line in followers)

    vars(across)["_fiscal_income"] = usual
    vars(balance)["_stands_above"] = stands_above
    vars(balance)["_numbered_again"] = lambda lines, position: []
    tried = rows._reading
    vars(rows)["_reading"] = lambda check, lines, total, plain, of_which: tried(check, lines, total, plain, [])


def read_disclosures(paths: Sequence[Path]) -> Iterator[Disclosure]:
    """Every disclosure below these folders, by path."""
    for path in paths:
        for file in sorted(path.rglob("*.json")) if path.is_dir() else [path]:
            yield Disclosure.from_json(file.read_bytes())


def by_city(found: Sequence[Disclosure]) -> dict[str, list[Disclosure]]:
    cities: dict[str, list[Disclosure]] = defaultdict(list)
    for one in found:
        if one.document.error is None and one.statements:
            cities[one.document.region or "?"].append(as_read(one))
    return dict(sorted(cities.items()))


def judged(documents: Sequence[Disclosure], known: KnownForms) -> Judgement:
    """Judged each by itself; the second reader reads every figure as it was read."""
    raws = {(one.document.sha256, str(fact.at)): fact.raw for one in documents for fact in one.facts}
    return judge(documents, second_reading=lambda sha256, at: raws.get((sha256, str(at))), alike=False, known=known)


def roots(judgement: Judgement) -> list[Finding]:
    return [one for found in judgement.values() for one in found if one.severity == "error" and one.caused_by is None]


def blamed(found: Sequence[Finding]) -> int:
    return sum(one.origin is Origin.PUBLISHER for one in found)


def questions_of(known: KnownForms) -> dict[tuple[str, str, str], list[FormPlace]]:
    """The places of each question: publisher, form, check."""
    groups: dict[tuple[str, str, str], list[FormPlace]] = defaultdict(list)
    for place in sorted(known.shared):
        groups[place[:3]].append(place)
    return groups


def answered(known: KnownForms) -> KnownForms:
    """What is known once a person has answered every question."""
    decisions: dict[FormPlace, FormDecision] = {}
    for places in questions_of(known).values():
        over_all = next((place for place in places if place.row == EVERY_ROW), None)
        for place in [over_all] if over_all is not None else places:
            reading = known.shared[place].explained or "does_not_fit"
            decisions[place] = FormDecision(
                id=f"F-{len(decisions):04}", **place._asdict(), reading=reading, note="", decided_by="measure", decided_at=DECIDED_AT,
            )  # fmt: skip
    return KnownForms(known.shared, decisions)


def asked_after(
    said: Sequence[tuple[str, tuple[FormOutcome, ...]]], orders: int, seed: int
) -> dict[tuple[str, str, str], list[int]]:
    """Question → after how many documents of its form it was asked, in each order of arrival."""
    random_ = random.Random(seed)
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for _ in range(orders):
        order = list(said)
        random_.shuffle(order)
        told: set[tuple[str, str, str]] = set()
        for number in range(1, len(order) + 1):
            known = with_batch(NOTHING_KNOWN, order[:number])
            for question in questions_of(known).keys() - told:
                told.add(question)
                form = question[1]
                found[question].append(sum(any(one.form == form for one in here) for _, here in order[:number]))
    return found


def learn(city: str, documents: Sequence[Disclosure], orders: int, seed: int) -> Learnt:
    """The experiment of one city."""
    computed = [reconcile(one) for one in documents]
    said = [(publisher_of(one), outcomes_of(one)) for one in computed]
    known = with_batch(NOTHING_KNOWN, said)
    questions = questions_of(known)
    first = judged(documents, NOTHING_KNOWN)
    with_counts = judged(documents, known)
    in_question = [one for one in roots(with_counts) if "同一表式" in one.message]
    keys = {(one.check, one.statement_id, one.left, one.right) for one in in_question}
    before = [one for one in roots(first) if (one.check, one.statement_id, one.left, one.right) in keys]
    after = roots(judged(documents, answered(known)))
    counts = [number for numbers in asked_after(said, orders, seed).values() for number in numbers]
    return Learnt(
        city, len(documents), len(roots(first)), blamed(roots(first)),
        tuple(f"{check} {known.shared[places[0]].explained or ''}".strip() for (_, _, check), places in questions.items()),
        len(before), blamed(before), (round(mean(counts), 2), max(counts)) if counts else (0.0, 0), len(after), blamed(after),
        sum(known.shared[places[0]].explained is not None for places in questions.values()),
    )  # fmt: skip


def lines_of(found: Sequence[Learnt]) -> Iterator[str]:
    yield "city | documents | errors first ever (publisher) | questions (explained) | errors in question (publisher) | asked after: mean, most | errors after answers (publisher)"
    for one in found:
        yield (
            f"{one.city} | {one.documents} | {one.errors} ({one.blamed}) | {len(one.questions)} ({one.explained}) | "
            f"{one.shared_errors} ({one.shared_blamed}) | {one.asked_after[0]}, {one.asked_after[1]} | {one.errors_after} ({one.blamed_after})"
        )
        for question in one.questions:
            yield f"    {question}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("read", type=Path, nargs="+")
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forget", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    if asked.forget:
        forget()
    cities = by_city(list(read_disclosures(asked.read)))
    found = [learn(city, documents, asked.orders, asked.seed) for city, documents in cities.items()]
    for line in lines_of(found):
        print(line)
    if asked.json is not None:
        asked.json.write_text(
            json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
