"""`python -m measure.accuracy SHARED_DIR`: reads the reference material and writes the sections "Extraction" and
"Checks of published documents" of docs/accuracy.md.

The figures come from the score tools that lie with the material (`tools/score.py`, `tools/corpus_report.py`) and from the
hand-checked list `tests/extract/real_documents.toml`; nothing is typed. Outputs are kept under `--outputs` and read again from
there with `--reuse`, so that the text can be written anew without reading every document again.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from budget.printed_text import squeeze
from measure import accuracy_of_checks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
CHECKED = ROOT / "tests" / "extract" / "real_documents.toml"
SETS = ("reference", "styles", "synthetic")
BEGIN, END = "<!-- extraction: begin -->", "<!-- extraction: end -->"
_SUMS = re.compile(
    r"^(?P<format>\S.*?)\s+(?P<documents>\d+) documents\s+fact recall\s+(?P<recall>\S+)\s+precision\s+(?P<precision>\S+)"
    r"\s+loose\s+(?P<loose>\S+)\s+cell recall\s+(?P<cells>\S+)\s+precision\s+(?P<cell_precision>\S+)"
    r"\s+projects\s+(?P<projects>\S+)\s+indicators\s+(?P<indicators>\S+)\s+prose\s+(?P<prose>\S+)\s*$",
    re.M,
)
_THRESHOLDS = ("1", "0.99", "0.95", "0.9", "0.8", "0")


@dataclass(frozen=True)
class Coverage:
    """Of the facts of scans whose confidence is at least `threshold`: their share of all, and how many are as printed."""

    threshold: str
    facts: int
    share: float
    right: int


def extract(source: Path, output: Path, *, checks: bool) -> None:
    """Run `yusuan extract` as a user does."""
    command = [sys.executable, "-m", "flows.command_line", "extract", str(source), "--json", "--output", str(output)]
    done = subprocess.run([*command, *([] if checks else ["--no-checks"])], cwd=ROOT, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"extracting {source} ended with {done.returncode}")


def tool(shared: Path, name: str, *arguments: Path) -> str:
    """What a score tool prints. Raises CalledProcessError when it breaks."""
    command = [sys.executable, str(shared / "tools" / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def sums_table(printed: str) -> list[str]:
    """The sums a format that score.py prints, as rows of a table."""
    head = "| format | documents | fact recall | fact precision | cell recall | cell precision | projects | indicators | prose |"
    rows = [head, "|---|---|---|---|---|---|---|---|---|"]
    for found in sorted(_SUMS.finditer(printed), key=lambda found: (found["format"] == "ALL", found["format"])):
        row = found.groupdict()
        names = ("documents", "recall", "precision", "cells", "cell_precision", "projects", "indicators", "prose")
        rows.append(f"| {row['format']} | " + " | ".join(row[name] for name in names) + " |")
    if len(rows) == 2:
        raise SystemExit(f"score.py printed no sums:\n{printed[-500:]}")
    return rows


def scan_coverage(samples: Path, outputs: Path) -> list[Coverage]:
    """How sure the facts of scanned samples are, and whether the sure ones are as printed."""
    seen: list[tuple[Decimal, bool]] = []
    for truth_file in sorted(samples.glob("*/*scan*.truth.json")):
        truth = json.loads(truth_file.read_text(encoding="utf-8"))
        output = outputs / truth_file.parent.name / f"{truth['file']}.json"
        wanted = Counter(
            (squeeze(f["row_code"] or ""), _leaf(f["column"]), Decimal(f["amount"])) for f in truth["facts"]
        )
        for fact in json.loads(output.read_text(encoding="utf-8"))["facts"]:
            key = (fact["code"], _leaf(fact["column"]), Decimal(fact["amount"]))
            right = wanted[key] > 0
            wanted[key] -= right
            seen.append((Decimal(str(fact["confidence"] if fact["confidence"] is not None else 1)), right))
    found = []
    for threshold in _THRESHOLDS:
        chosen = [right for confidence, right in seen if confidence >= Decimal(threshold)]
        found.append(Coverage(threshold, len(chosen), len(chosen) / max(1, len(seen)), sum(chosen)))
    return found


def _leaf(column: Sequence[str] | str) -> str:
    levels = column if isinstance(column, list) else str(column).split(">")
    return squeeze(levels[-1]) if levels else ""


def identity_score(corpus: Path, outputs: Path) -> tuple[int, Counter[str], list[str]]:
    """(documents checked, how often each of year, kind, agency, title is the printed one, what differs)."""
    right: Counter[str] = Counter()
    wrong: list[str] = []
    checked = tomllib.loads(CHECKED.read_text(encoding="utf-8"))["document"]
    known: dict[str, dict[str, Any]] = {}
    for output in outputs.rglob("*.json"):
        document = json.loads(output.read_text(encoding="utf-8"))["document"]
        known[document["sha256"]] = document
    count = 0
    for entry in checked:
        document = known.get(entry["sha256"])
        if document is None:
            continue
        count += 1
        for name in ("fiscal_year", "kind", "agency", "title"):
            if document[name] == entry.get(name):
                right[name] += 1
            else:
                wrong.append(f"{entry['file']}: {name} is {document[name]!r}, printed {entry.get(name)!r}")
    if not count:
        raise SystemExit(f"none of the checked documents stands in {outputs}; is {corpus} the corpus?")
    return count, right, wrong


def section(shared: Path, outputs: Path) -> str:
    """The section as Markdown."""
    lines = [BEGIN, "", "## Extraction", ""]
    lines += [
        "Written by `python -m measure.accuracy SHARED_DIR`, where SHARED_DIR holds the reference material; run it again after a change.",
        "", "```",
        *(f"yusuan extract SHARED_DIR/samples/{name} --json --output OUT/{name} --no-checks" for name in SETS),
        *(f"python SHARED_DIR/tools/score.py SHARED_DIR/samples/{name} OUT/{name}" for name in SETS),
        "yusuan extract SHARED_DIR/corpus/pdf --json --output OUT/pdf",
        "python SHARED_DIR/tools/corpus_report.py SHARED_DIR/corpus/pdf OUT/pdf",
        "```", "",
        "A fact counts when statement kind, full code, name, whole header path and amount in 万元 all agree with the truth.", "",
    ]  # fmt: skip
    for name in SETS:
        printed = tool(shared, "score.py", shared / "samples" / name, outputs / name)
        lines += [f"### Samples: {name}", "", *sums_table(printed), ""]
    lines += [
        "### Scans: what the confidence is worth", "",
        "| confidence at least | facts | share of all | as printed |", "|---|---|---|---|",
    ]  # fmt: skip
    for one in scan_coverage(shared / "samples", outputs):
        share = f"{one.right / one.facts:.4f}" if one.facts else "–"
        lines.append(f"| {one.threshold} | {one.facts} | {one.share:.3f} | {one.right} = {share} |")
    report = tool(shared, "corpus_report.py", shared / "corpus" / "pdf", outputs / "pdf").strip().splitlines()[-1]
    lines += [
        "",
        "### Real disclosures of eight cities",
        "",
        "No truth exists for these: how much of what a page shows was read.",
        "",
    ]
    lines += [f"- {part.strip()}" for part in report.split(";")]
    count, right, wrong = identity_score(shared / "corpus", outputs / "pdf")
    lines += [
        "", f"Of the {count} documents whose first pages a person has read: fiscal year right {right['fiscal_year']}, "
        f"kind {right['kind']}, agency {right['agency']}, title {right['title']}.", "", *(f"- {one}" for one in wrong),
        *([""] if wrong else []), END, "",
    ]  # fmt: skip
    return "\n".join(lines)


def write(text: str, page: Path = PAGE, begin: str = BEGIN, end: str = END) -> None:
    """Put the section into the page in place of the old one between its marks; the other sections stay as they are."""
    old = page.read_text(encoding="utf-8") if page.exists() else "# Accuracy\n\n"
    if begin in old and end in old:
        before, rest = old.split(begin, 1)
        new = before + text.strip("\n") + rest.split(end, 1)[1]
    else:
        new = old.rstrip("\n") + "\n\n" + text
    page.write_text(new, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, help="the reference material")
    parser.add_argument("--outputs", type=Path, required=True, help="folder for what is extracted")
    parser.add_argument("--reuse", action="store_true", help="read outputs that are already there")
    parser.add_argument("--changes", type=int, default=1500, help="how many wrong digits to try")
    given = parser.parse_args(arguments)
    for name in SETS:
        if not (given.reuse and (given.outputs / name).is_dir()):
            extract(given.shared / "samples" / name, given.outputs / name, checks=False)
    if not (given.reuse and (given.outputs / "pdf").is_dir()):
        extract(given.shared / "corpus" / "pdf", given.outputs / "pdf", checks=True)
    write(
        accuracy_of_checks.section(given.outputs / "pdf", given.changes),
        begin=accuracy_of_checks.BEGIN,
        end=accuracy_of_checks.END,
    )
    write(section(given.shared, given.outputs))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
