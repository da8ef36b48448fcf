"""Whether what is learnt of forms hides a fault: `python -m measure.planted_faults READ… [--changes 1000] [--by 77.7] [--seed 7]
[--forget] [--json FILE]`.

READ: folders or files of disclosures as `yusuan extract --json --output READ` writes them. One amount of one document is changed (a
figure of a money table, by --by 万元), as often as --changes says, evenly over the documents. The change is noticed when it raises an
error that the document did not have before. Twice: with no knowledge of forms, and after a person has answered every question that
the documents of its city raise about whole forms (`measure.unknown_forms`). Printed by statement kind, with every change that was
noticed before the answers and is not noticed after them. Exit status 0 when there is none, 1 when there is one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from budget.disclosure import Disclosure, Fact
from budget.known_forms import NOTHING_KNOWN, KnownForms
from expectations import Reconciled, reconcile
from expectations.judging.form_knowledge import as_decided, outcomes_of, publisher_of, with_batch
from measure.digit_changes import Complaint, changed, complaints
from measure.unknown_forms import answered, by_city, forget, questions_of, read_disclosures

FEWEST_FACTS = 20
NOT_SUMS = frozenset({"unknown", "government_table", "meeting_and_training_expenses"})
"""Kinds of which no identity is known."""


@dataclass
class Noticed:
    """kind → how many changes were tried, noticed before the answers, and after them; and what the answers hid."""

    tried: Counter[str] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    hidden: list[str] = field(default_factory=list)
    questions: int = 0


def known_of(documents: Sequence[Disclosure]) -> tuple[KnownForms, int]:
    """What is known of a city's forms when every question was answered, and how many there were."""
    computed = [reconcile(one) for one in documents]
    known = with_batch(NOTHING_KNOWN, [(publisher_of(one), outcomes_of(one)) for one in computed])
    return answered(known), len(questions_of(known))


def wrong_fact(fact: Fact, by: Decimal) -> Fact:
    """The fact with another amount."""
    amount = format(fact.value + by, "f")
    return fact.model_copy(update={"amount": amount, "raw": amount})


def plant(
    documents: Sequence[Disclosure], known: KnownForms, many: int, by: Decimal, random_: random.Random, noticed: Noticed
) -> None:
    """So many changes in each of these documents, told to `noticed`."""

    def raised(one: Reconciled, without: Counter[Complaint]) -> bool:
        return bool(complaints(one) - without)

    for one in documents:
        facts = [fact for fact in one.facts if fact.value and fact.kind not in NOT_SUMS]
        sound = reconcile(one)
        plain, read = complaints(sound), complaints(as_decided(sound, known))
        for fact in random_.sample(facts, min(many, len(facts))):
            broken = reconcile(changed(one, wrong_fact(fact, by)))
            before, after = raised(broken, plain), raised(as_decided(broken, known), read)
            noticed.tried[fact.kind] += 1
            noticed.before[fact.kind] += before
            noticed.after[fact.kind] += after
            if before and not after:
                noticed.hidden.append(
                    f"{one.document.region} {one.document.title}: {fact.kind} {fact.name} {'/'.join(fact.column)}"
                )


def measure(found: Sequence[Disclosure], changes: int, by: Decimal, seed: int) -> dict[str, Noticed]:
    """By city."""
    cities = {
        city: [one for one in documents if len(one.facts) > FEWEST_FACTS] for city, documents in by_city(found).items()
    }
    many = changes // max(1, sum(len(documents) for documents in cities.values())) + 1
    random_ = random.Random(seed)
    told: dict[str, Noticed] = defaultdict(Noticed)
    for city, documents in cities.items():
        known, told[city].questions = known_of(documents)
        plant(documents, known, many, by, random_, told[city])
    return told


def _line(name: str, tried: int, before: int, after: int) -> str:
    return f"{name:40} {tried:5}  before {before:5} {before / max(1, tried):.4f}  after {after:5} {after / max(1, tried):.4f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("read", type=Path, nargs="+")
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--by", type=Decimal, default=Decimal("77.7"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--forget", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    if asked.forget:
        forget()
    told = measure(list(read_disclosures(asked.read)), asked.changes, asked.by, asked.seed)
    kinds: Counter[str] = sum((one.tried for one in told.values()), Counter())
    for kind in sorted(kinds):
        print(
            _line(
                kind,
                kinds[kind],
                sum(one.before[kind] for one in told.values()),
                sum(one.after[kind] for one in told.values()),
            )
        )
    for city, one in told.items():
        print(_line(f"{city} ({one.questions} questions)", one.tried.total(), one.before.total(), one.after.total()))
    sums = [sum(getattr(one, name).total() for one in told.values()) for name in ("tried", "before", "after")]
    print(_line("all", *sums))
    hidden = [line for one in told.values() for line in one.hidden]
    for line in hidden:
        print(f"noticed before, hidden after: {line}")
    if asked.json is not None:
        kept = {"tried": sums[0], "noticed_before": sums[1], "noticed_after": sums[2], "hidden": hidden}
        asked.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    return 1 if hidden else 0


if __name__ == "__main__":
    sys.exit(main())
