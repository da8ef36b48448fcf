"""docs/checks.md from the catalogue: `python -m expectations.judging.checks_page docs/checks.md` writes it, without a name prints it."""

from __future__ import annotations

import sys
from pathlib import Path

from expectations.judging.catalogue import checks, families


def page() -> str:
    """docs/checks.md."""
    lines = [
        "# Checks",
        "",
        "Generated from `expectations/catalogue.toml` by `python -m expectations.judging.checks_page docs/checks.md`; edit the catalogue.",
        "",
        "An `error` keeps a document out of the warehouse until a person has looked; a `warning` is loaded and shown. A check",
        "that does not apply to a document is skipped with the reason, never passed. Amounts are compared in 万元 as `Decimal`.",
        "",
        "Tolerance `print`: q/2 for one value against another, max(q, q/2·n) for a sum of n printed addends, where q is the",
        "worth of the last digit of the coarsest printed amount (at most two decimals of its unit). With two decimals of 万元",
        "this is 0.005 and max(0.01, 0.005·n).",
    ]
    for family, title in families().items():
        here = [one for one in checks().values() if one.family == family]
        if not here:
            continue
        lines += [
            "",
            f"## {family} {title}",
            "",
            "| id | 勾稽关系 | identity | applies | severity | tolerance |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            "| " + " | ".join([one.id, *(t.replace("|", "\\|") for t in (one.zh, one.en, one.applies)), one.severity.value, one.tolerance]) + " |"
            for one in here
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page to the named file, or print it."""
    if arguments:
        Path(arguments[0]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
