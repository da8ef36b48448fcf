"""The section "Checks of published documents" of docs/accuracy.md: what the checks find in documents as `yusuan extract` wrote
them, which of them stand without an error, and how often one wrong digit would be noticed. Every figure is counted here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from budget.disclosure import Disclosure, Finding
from budget.kinds import statement_kinds
from budget.states import Origin
from expectations.judging.catalogue import checks
from measure.digit_changes import KINDS, measure, places

BEGIN, END = "<!-- checks: begin -->", "<!-- checks: end -->"
MOST_PLACES = 25
_NUMBER = re.compile(r"^\d+_")


def read(outputs: Path) -> dict[str, Disclosure]:
    """Path below the folder → disclosure, in the order of the paths."""
    files = sorted(outputs.rglob("*.json"))
    return {file.relative_to(outputs).as_posix(): Disclosure.from_json(file.read_bytes()) for file in files}


def by_city(given: Mapping[str, Disclosure]) -> list[str]:
    """Documents, and those without any error, by the folder they lie in (`001_上海` is 上海)."""
    total: Counter[str] = Counter()
    clean: Counter[str] = Counter()
    for name, one in given.items():
        city = _NUMBER.sub("", name.split("/")[0]) if "/" in name else "–"
        total[city] += 1
        clean[city] += not one.errors and one.document.error is None
    rows = ["| city | documents | without any error | share |", "|---|---|---|---|"]
    for city, many in [*sorted(total.items()), ("all", total.total())]:
        good = clean.total() if city == "all" else clean[city]
        rows.append(f"| {city} | {many} | {good} | {good / max(1, many):.3f} |")
    return rows


def by_check(given: Mapping[str, Disclosure]) -> list[str]:
    """Findings by check and severity: roots by whose error they are, what the roots cause, and in how many documents."""
    roots: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    caused: Counter[tuple[str, str]] = Counter()
    documents: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, one in given.items():
        for found in one.findings:
            key = (found.check, found.severity.value)
            documents[key].add(name)
            if found.caused_by is None:
                roots[key][found.origin.value] += 1
            else:
                caused[key] += 1
    origins = [origin.value for origin in Origin]
    rows = [
        f"| check | identity | severity | {' | '.join(origins)} | caused by others | documents |",
        "|---|---|---|" + "---|" * (len(origins) + 2),
    ]
    order = {check: number for number, check in enumerate(checks())}
    for check, severity in sorted(documents, key=lambda key: (order.get(key[0], len(order)), key)):
        key = (check, severity)
        rule = checks()[check].zh.replace("|", "\\|") if check in checks() else "–"
        counts = " | ".join(str(roots[key][origin]) for origin in origins)
        rows.append(f"| {check} | {rule} | {severity} | {counts} | {caused[key]} | {len(documents[key])} |")
    return rows


def by_digit(given: Sequence[Disclosure], changes: int, seed: int) -> list[str]:
    """The guarantee by statement kind, and the places where a change passed unseen."""
    counts, unseen = measure(list(given), changes, seed)
    chinese = {kind.name: kind.chinese for kind in statement_kinds()}
    rows = ["| statement | noticed | changed | share |", "|---|---|---|---|"]
    for kind in KINDS:
        if kind in counts:
            noticed, tried = counts[kind]
            rows.append(f"| {kind} {chinese.get(kind, '')} | {noticed} | {tried} | {noticed / tried:.4f} |")
    noticed, tried = (sum(values) for values in zip(*counts.values(), strict=True)) if counts else (0, 0)
    rows.append(f"| all | {noticed} | {tried} | {noticed / max(1, tried):.4f} |")
    found = places(unseen)
    if not found:
        return [*rows, "", "No change passed unseen."]
    rows += ["", "Where a change passed unseen:", "", "| statement | column | row | changes |", "|---|---|---|---|"]
    for (kind, column, role), many in found.most_common(MOST_PLACES):
        rows.append(f"| {kind} | {column.replace('|', '/')} | {role} | {many} |")
    rest = found.total() - sum(many for _, many in found.most_common(MOST_PLACES))
    return [*rows, *([f"| other places | | | {rest} |"] if rest else [])]


def section(outputs: Path, changes: int = 1500, seed: int = 1) -> str:
    """The section as Markdown. Raises FileNotFoundError when the folder holds no disclosure."""
    given = read(outputs)
    if not given:
        raise FileNotFoundError(f"{outputs} holds no disclosure; extract the documents first")
    readable = [
        one for one in given.values() if one.document.error is None and any(fact.kind in KINDS for fact in one.facts)
    ]
    findings: list[Finding] = [found for one in given.values() for found in one.findings]
    lines = [
        BEGIN, "", "## Checks of published documents", "",
        "Written by `python -m measure.accuracy SHARED_DIR` from what `yusuan extract` wrote of the published documents.", "",
        f"{len(given)} documents, {len(findings)} findings, {sum(one.caused_by is None for one in findings)} of them roots.", "",
        *by_city(given), "", "### Findings by check and origin", "",
        "A root is told by whose error it is: `publisher` when an independent reader reads the suspected cell as we did,",
        "`extraction` when it reads another figure, `unknown` where nobody could be asked.", "",
        *by_check(given), "", "### One wrong digit", "",
        f"One digit of one amount changed at random in {changes} facts (seed {seed}); a change within the tolerance of every",
        "identity that the cell stands in is drawn again. Noticed means: an error that the document did not have before",
        "(`python -m measure.digit_changes OUT/pdf`).", "",
        *by_digit(readable, changes, seed), "", END, "",
    ]  # fmt: skip
    return "\n".join(lines)
