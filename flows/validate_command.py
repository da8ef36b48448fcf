"""What `yusuan validate` does: documents, or disclosures read earlier → what was proved, what contradicts, and where.

Reading and judging are those of `yusuan extract`; here is only what a person sees of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from budget.disclosure import Disclosure, Finding
from budget.reconciliations import Reconciliation
from budget.states import Origin, Severity
from expectations import reconciliation_rows
from expectations.catalogue import checks
from expectations.wording import where
from flows.extract_command import Source, extract_sources, find_sources
from flows.extraction_pool import Limits
from flows.proof import prove

ORIGINS = {
    Origin.PUBLISHER: "原文如此 as published", Origin.EXTRACTION: "可能误读 may be misread",
    Origin.SOURCE: "来源文件 of the file", Origin.UNKNOWN: "来源未定 not decided",
}  # fmt: skip


class NotADisclosureError(ValueError):
    """A .json file that is no disclosure."""


@dataclass(frozen=True)
class Validated:
    """One document with its findings, and the identities behind them."""

    disclosure: Disclosure
    reconciliations: tuple[Reconciliation, ...] = field(default=(), repr=False)

    @property
    def errors(self) -> int:
        return len(self.disclosure.errors) + (self.disclosure.document.error is not None)

    def roots(self, severity: Severity) -> list[tuple[Finding, list[Finding]]]:
        """Findings that nothing else explains, each with what it causes."""
        findings = self.disclosure.findings
        return [
            (one, [other for other in findings if other.caused_by == number])
            for number, one in enumerate(findings)
            if one.caused_by is None and one.severity is severity
        ]

    def counts(self) -> Counter[str]:
        """How many identities passed, failed and were skipped."""
        return Counter(row.status for row in self.reconciliations)

    def to_json(self) -> dict[str, object]:
        """The report of one document as JSON values; `caused_by` numbers into `findings`."""
        document, counts = self.disclosure.document, self.counts()
        return {
            "file": document.file,
            "sha256": document.sha256,
            "error": document.error.model_dump() if document.error else None,
            "identities": {status: counts[status] for status in ("passed", "failed", "skipped")},
            "errors": self.errors,
            "warnings": len(self.disclosure.findings) - len(self.disclosure.errors),
            "findings": [finding.model_dump(mode="json") for finding in self.disclosure.findings],
        }


def validate(paths: Iterable[Path], *, workers: int | None = None, limits: Limits | None = None) -> Iterator[Validated]:
    """Read and judge the documents below the paths; a `.json` file given by itself is a disclosure read earlier.

    Raises FileNotFoundError for a path that is not there, NotADisclosureError for a `.json` that is no disclosure.
    """
    given = list(paths)
    kept = [_read(path) for path in given if path.suffix == ".json" and path.is_file()]
    sources = find_sources(path for path in given if not (path.suffix == ".json" and path.is_file()))
    if kept:
        for one in prove([_as_read(disclosure) for disclosure in kept], {}):
            yield Validated(one.disclosure, one.reconciliations)
    yield from _documents(sources, workers, limits)


def _as_read(disclosure: Disclosure) -> Disclosure:
    """The disclosure with what its reading found; what checks had found is found anew."""
    kept = [one for one in disclosure.findings if one.check == "UNREAD" or one.check not in checks()]
    return disclosure.model_copy(
        update={
            "findings": tuple(one.model_copy(update={"caused_by": None}) for one in kept if one.check != "UNPROVED")
        }
    )


def _read(path: Path) -> Disclosure:
    try:
        return Disclosure.from_json(path.read_bytes())
    except ValidationError as wrong:
        raise NotADisclosureError(f"{path}: no disclosure as `yusuan extract` writes it ({wrong.error_count()} faults)") from wrong  # fmt: skip


def _documents(sources: list[Source], workers: int | None, limits: Limits | None) -> Iterator[Validated]:
    for read in extract_sources(sources, workers=workers, limits=limits):
        if not read.is_index:
            yield Validated(read.disclosure, reconciliation_rows(read.disclosure))


# --------------------------------------------------------------------------- for people


def show(console: Console, validated: Sequence[Validated]) -> None:
    """Every document with its contradictions: the suspected cell, both sides, where; below it what it causes."""
    for one in validated:
        console.print(_document(one))
    if len(validated) > 1:
        wrong = sum(one.errors > 0 for one in validated)
        console.print(Text(f"{len(validated)} documents 份文件, {wrong} with errors 有错误", style="bold"))


def _document(one: Validated) -> Group:
    document = one.disclosure.document
    head = Text()
    head.append(Path(document.file).name, style="bold")
    head.append(f"  {document.agency or ''} {document.fiscal_year or ''}".rstrip())
    if document.error is not None:
        head.append(f"\n  ✗ {document.error.code}: {document.error.message}", style="red")
        return Group(head, Text())
    counts = one.counts()
    head.append(
        f"\n  {counts['passed']} 项勾稽成立 hold, {counts['failed']} 项不成立 fail, {counts['skipped']} 项不适用 do not apply",
        style="dim",
    )
    parts: list[Text | Padding] = [head]
    for severity, mark, style in ((Severity.ERROR, "✗", "red"), (Severity.WARNING, "!", "yellow")):
        for root, consequences in one.roots(severity):
            parts.append(Padding(_finding(one, root, consequences, mark, style), (0, 0, 0, 2)))
    if not one.disclosure.findings:
        parts.append(Text("  ✓ 无矛盾 no contradiction", style="green"))
    return Group(*parts, Text())


def _finding(one: Validated, root: Finding, consequences: list[Finding], mark: str, style: str) -> Text:
    first, *sentences = root.message.split("\n")
    shown = Text(f"{mark} {first}", style=style)
    place = where(root.cells[0].at) if root.cells and root.cells[0].at else ""
    shown.append(f"  [{place + ' · ' if place else ''}{ORIGINS[root.origin]}]", style="dim")
    for sentence in sentences:
        shown.append(f"\n    {sentence}", style="default")
    for other in consequences:
        rule = checks()[other.check].zh if other.check in checks() else ""
        shown.append(f"\n    ↳ {other.message.split(chr(10))[0]}（{rule}）", style="dim")
    return shown


def catalogue_table() -> Table:
    """Every check with its Chinese rule and severity (`yusuan validate --checks`)."""
    table = Table("check", "勾稽关系", "identity", "severity")
    for check in checks().values():
        table.add_row(check.id, check.zh, check.en, check.severity.value)
    return table
