"""How often one wrong digit is noticed: `python -m measure.digit_changes READ… [--changes 2000] [--seed 1]`.

READ: folders or files of disclosures as `yusuan extract --json --output READ` writes them. One digit of one amount of one fact
is changed at random, in a fact of a table of the nine statement kinds; a change within the tolerance of every identity that
the cell stands in (0.005 for each rounded addend) is drawn again: no check may speak of it. The change is noticed when it
raises an error that the document did not have before. Prints the share by statement kind and the places where a change passed
unseen.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from budget.disclosure import Disclosure, Fact
from budget.states import Severity
from expectations import Reconciled, reconcile
from expectations.judging.reconciliation import severity_of

KINDS = (
    "revenue_expenditure_summary", "revenue_summary", "expenditure_summary", "appropriation_summary",
    "general_budget_expenditure", "general_budget_basic_expenditure", "three_public_expenses", "government_fund_expenditure",
    "state_capital_expenditure",
)  # fmt: skip
Complaint = tuple[str, tuple[str, ...], str, str]


def complaints(one: Reconciled) -> Counter[Complaint]:
    """The errors of a document by check and place, without their amounts."""
    return Counter(
        (claim.check, claim.statement_ids, claim.row_label, claim.column_label)
        for claim in one.identities
        if claim.holds is False and severity_of(claim) is Severity.ERROR
    )


def tolerances(one: Reconciled) -> dict[tuple[str, int, int], Decimal]:
    """Cell → the tightest tolerance of the identities that it stands in."""
    found: dict[tuple[str, int, int], Decimal] = {}
    for claim in one.identities:
        if claim.skipped is None and claim.stated is None:
            for term in claim.terms:
                key = (term.cell.statement_id, term.cell.row, term.cell.col)
                found[key] = min(found.get(key, claim.tolerance), claim.tolerance)
    return found


def change_a_digit(fact: Fact, tolerance: Decimal, random_: random.Random) -> Fact | None:
    """The fact with one digit of its amount changed; None when the change stays within the tolerance."""
    places = [position for position, sign in enumerate(fact.raw) if sign in "0123456789"]
    if not places:
        return None
    position = random_.choice(places)
    digit = random_.choice([sign for sign in "0123456789" if sign != fact.raw[position]])
    raw = fact.raw[:position] + digit + fact.raw[position + 1 :]
    digits = [sign for sign in fact.raw if sign in "0123456789."]
    before, after = Decimal("".join(digits)), Decimal("".join(sign for sign in raw if sign in "0123456789."))
    if not before:
        return None
    amount = fact.value * after / before
    if abs(amount - fact.value) <= tolerance:
        return None
    return fact.model_copy(update={"raw": raw, "amount": format(amount.quantize(Decimal("1e-10")).normalize(), "f")})


def changed(one: Disclosure, fact: Fact) -> Disclosure:
    """The disclosure with this fact in place of the one of the same id."""
    facts = tuple(fact if other.id == fact.id else other for other in one.facts)
    statements = []
    for statement in one.statements:
        if statement.id == fact.statement_id and fact.row < len(statement.rows):
            row = statement.rows[fact.row]
            cells = tuple(fact.raw if col == fact.col else text for col, text in enumerate(row.cells))
            rows = (
                *statement.rows[: fact.row],
                row.model_copy(update={"cells": cells}),
                *statement.rows[fact.row + 1 :],
            )
            statement = statement.model_copy(update={"rows": rows})
        statements.append(statement)
    return one.model_copy(update={"facts": facts, "statements": tuple(statements)})


def disclosures(paths: list[Path]) -> Iterator[Disclosure]:
    for path in paths:
        for file in sorted(path.rglob("*.json")) if path.is_dir() else [path]:
            one = Disclosure.from_json(file.read_bytes())
            if one.document.error is None and any(fact.kind in KINDS for fact in one.facts):
                yield one


def measure(
    given: list[Disclosure], changes: int, seed: int
) -> tuple[dict[str, list[int]], list[tuple[Disclosure, Fact, Fact]]]:
    """Kind → [noticed, tried], and every change that passed unseen (disclosure, fact before, fact after)."""
    random_ = random.Random(seed)
    pool = [(one, fact) for one in given for fact in one.facts if fact.kind in KINDS and fact.value]
    drawn: dict[str, list[tuple[Disclosure, Fact, Fact]]] = defaultdict(list)
    known = {one.document.sha256: tolerances(reconcile(one)) for one in given}
    tried = 0
    while tried < changes and pool:
        one, fact = random_.choice(pool)
        tolerance = known[one.document.sha256].get((fact.statement_id, fact.row, fact.col), Decimal("0.01"))
        wrong = change_a_digit(fact, tolerance, random_)
        if wrong is not None:
            drawn[one.document.sha256].append((one, fact, wrong))
            tried += 1
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    unseen = []
    for of_document in drawn.values():
        before = complaints(reconcile(of_document[0][0]))
        for one, fact, wrong in of_document:
            noticed = bool(complaints(reconcile(changed(one, wrong))) - before)
            counts[fact.kind][0] += noticed
            counts[fact.kind][1] += 1
            if not noticed:
                unseen.append((one, fact, wrong))
    return counts, unseen


def places(unseen: Iterable[tuple[Disclosure, Fact, Fact]]) -> Counter[tuple[str, str, str]]:
    """Where changes passed unseen: (statement kind, header path, role of the row) → how many."""
    return Counter((fact.kind, "/".join(fact.column), fact.role) for _, fact, _ in unseen)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("read", nargs="+", type=Path)
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unseen", action="store_true", help="name every place where a change passed unseen")
    given = parser.parse_args()
    counts, unseen = measure(list(disclosures(given.read)), given.changes, given.seed)
    noticed, tried = (sum(values) for values in zip(*counts.values(), strict=True)) if counts else (0, 0)
    for kind in KINDS:
        if kind in counts:
            one, many = counts[kind]
            sys.stdout.write(f"{kind:36} {one:6} of {many:6}  {one / many:.4f}\n")
    sys.stdout.write(f"{'all':36} {noticed:6} of {tried:6}  {noticed / max(1, tried):.4f}\n")
    for (kind, column, role), many in places(unseen).most_common(40):
        sys.stdout.write(f"  unseen {many:4} {kind} {column} ({role})\n")
    for disclosure, fact, wrong in unseen if given.unseen else []:
        sys.stdout.write(
            f"    {Path(disclosure.document.file).name}: {fact.kind} {fact.code} {fact.name} {'/'.join(fact.column)} {fact.raw} → {wrong.raw}\n"
        )
    return 0 if tried and noticed / tried >= 0.97 else 1


if __name__ == "__main__":
    raise SystemExit(main())
