"""Writes what is made from the catalogue: `python -m expectations.judging.write_suites` (suites and docs/checks.md)."""

from __future__ import annotations

import json
from pathlib import Path

from expectations.judging import checks_page
from expectations.judging.catalogue import families
from expectations.judging.judgement import suite_of

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Rewrites one file a family below `expectations/suites`, and the page of checks."""
    for family in families():
        suite = suite_of(family)
        # findings of reading (UNREAD) are no identities: nothing is left to judge
        if any("-" in one["meta"]["check"] for one in suite["expectations"]):
            path = ROOT / "expectations" / "suites" / f"{family}.json"
            path.write_text(json.dumps(suite, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (ROOT / "docs" / "checks.md").write_text(checks_page.page(), encoding="utf-8")


if __name__ == "__main__":
    main()
