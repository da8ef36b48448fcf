"""What `yusuan validate` does: documents, or disclosures read earlier → what was proved, what contradicts, and where.

Reading and judging are those of `yusuan extract`; here is only what a person sees of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from budget.disclosure import Disclosure, Finding
from budget.reconciliations import Reconciliation
from budget.states import Origin, Severity
from expectations import reconciliation_rows
from expectations.judging.catalogue import checks
from expectations.judging.wording import where
from flows.commands.counted import counted
from flows.commands.extract import BATCH, Source, extract_sources, find_sources
from flows.documents.proof import Proved, as_read, prove
from flows.documents.sampled_reading import SecondReading, Unasked, read_again, why_unasked
from flows.documents.workers import Limits
from flows.run_summary import SampledPages

ORIGINS = {
    Origin.PUBLISHER: "原文如此 as published", Origin.EXTRACTION: "可能误读 may be misread",
    Origin.SOURCE: "来源文件 of the file", Origin.FORM: "表式存疑 the rule may not fit this form",
    Origin.UNKNOWN: "来源未定 not decided",
}  # fmt: skip


class NotADisclosureError(ValueError):
    """A .json file that is no disclosure."""


@dataclass(frozen=True)
class Validated:
    """One document with its findings, and the identities behind them."""

    disclosure: Disclosure
    reconciliations: tuple[Reconciliation, ...] = field(default=(), repr=False)
    sampled: SampledPages | None = None
    """What a second reading of some of its pages gave, where one was asked for."""
    unasked: Unasked | None = None
    """Why a second reading that was wanted asked for none of its cells."""

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
            "second_reading": self.sampled.model_dump() if self.sampled else None,
            "no_second_reading": self.unasked.value if self.unasked else None,
            "findings": [finding.model_dump(mode="json") for finding in self.disclosure.findings],
        }


@dataclass(frozen=True)
class Found:
    """What stands below the given paths: disclosures read earlier, documents, and files of a folder that are neither."""

    kept: list[Path] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)
    named: set[Path] = field(default_factory=set)
    """Those of `kept` that were given by themselves."""


def find(paths: Iterable[Path]) -> Found:
    """What there is to validate. A file given by itself is always taken; raises FileNotFoundError for a path that is not there."""
    found = Found()
    for path in paths:
        if path.is_file() and path.suffix == ".json":
            found.kept.append(path)
            found.named.add(path)
            continue
        found.sources.extend(find_sources([path], found.passed_over))
        if path.is_dir():
            found.kept.extend(sorted(one for one in path.rglob("*.json") if one.is_file() and not _hidden(one, path)))
    return found


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def validate(
    found: Found, *, workers: int | None = None, limits: Limits | None = None, second_reading: Decimal | None = None
) -> Iterator[Validated]:
    """Read and judge what was found. A `.json` file that stands in a folder and is no disclosure joins `found.passed_over`.

    `second_reading`: on this share of the pages of documents that hold, an independent reader is asked for every cell; a
    document of which none was asked for says why. Raises NotADisclosureError for a `.json` given by itself that is no disclosure.
    """
    kept = _readings(found)
    while batch := list(islice(kept, BATCH)):
        for one in prove([as_read(disclosure) for disclosure in batch], {}, alike=True):
            unasked = None if second_reading is None else why_unasked(one.disclosure, bytes_at_hand=False)
            yield Validated(one.disclosure, one.reconciliations, unasked=unasked)
    yield from _documents(found.sources, workers, limits, second_reading)


def _readings(found: Found) -> Iterator[Disclosure]:
    for path in found.kept:
        try:
            disclosure = _read(path)
        except NotADisclosureError:
            if path in found.named:
                raise
            found.passed_over.append(path)
            continue
        if not any(
            one.check == "ARCHIVE" for one in disclosure.findings
        ):  # it names what an archive held, and is no document
            yield disclosure


def _read(path: Path) -> Disclosure:
    try:
        return Disclosure.from_json(path.read_bytes())
    except ValidationError as wrong:
        raise NotADisclosureError(f"{path}: no disclosure as `yusuan extract` writes it ({wrong.error_count()} faults)") from wrong  # fmt: skip


def _documents(
    sources: list[Source], workers: int | None, limits: Limits | None, share: Decimal | None
) -> Iterator[Validated]:
    # the bytes of what archives held are read a second time after the last of them has been read once: the folder is ours
    with TemporaryDirectory(prefix="yusuan-members-") as spool:
        read = extract_sources(sources, workers=workers, limits=limits, spool=Path(spool))
        results = (one for one in read if not one.is_index)
        while batch := list(islice(results, 1 if share is None else BATCH)):
            proved = [Proved(one.disclosure, reconciliation_rows(one.disclosure)) for one in batch]
            if share is None:
                yield from (Validated(one.disclosure, one.reconciliations) for one in proved)
                continue
            paths = {one.disclosure.document.sha256: one.bytes_in for one in batch if one.bytes_in is not None}
            proved, told = read_again(proved, paths, share=share, limits=limits)
            yield from (_read_twice(one, told, paths) for one in proved)


def _read_twice(proved: Proved, told: Mapping[str, SecondReading], paths: Mapping[str, Path]) -> Validated:
    disclosure = proved.disclosure
    sha256 = disclosure.document.sha256
    if sha256 in told:
        return Validated(disclosure, proved.reconciliations, told[sha256].counted())
    unasked = why_unasked(disclosure, bytes_at_hand=sha256 in paths)
    return Validated(disclosure, proved.reconciliations, unasked=unasked)


# --------------------------------------------------------------------------- for people


def show(console: Console, one: Validated) -> None:
    """A document with its contradictions: the suspected cell, both sides, where; below it what it causes."""
    console.print(_document(one))


@dataclass
class Total:
    """What was validated in all."""

    documents: int = 0
    wrong: int = 0
    sampled: SampledPages = field(default_factory=SampledPages)
    asked: int = 0
    """Documents of which the second reader was asked for a cell."""
    unasked: Counter[Unasked] = field(default_factory=Counter)
    """Documents of which it was asked for none, by reason."""

    def add(self, one: Validated) -> None:
        self.documents += 1
        self.wrong += one.errors > 0
        if one.sampled is not None:
            self.asked += 1
            self.sampled += one.sampled
        if one.unasked is not None:
            self.unasked[one.unasked] += 1

    def line(self) -> str:
        """The last line of a report."""
        judged = f"{counted(self.documents, 'document')} 份文件, {self.wrong} with errors 有错误"
        return "; ".join(filter(None, (judged, self.second_reading())))

    def second_reading(self) -> str:
        """What the second reading gave and of which documents nothing was asked, and why; '' where none was wanted."""
        if not self.asked and not self.unasked:
            return ""
        said = self.sampled
        text = (
            f"read a second time 抽样复读: {counted(said.cells, 'cell')} of {counted(said.pages, 'page')} of {counted(self.asked, 'document')}, "
            f"{said.agreed} agree 一致, {said.disagreed} disagree 不一致, {said.unheard} not heard 无法辨读"
        )
        if self.unasked:
            why = ", ".join(f"{many} {reason.value}" for reason, many in self.unasked.most_common())
            text += f"; not asked 未复读: {why}"
        return text


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
            parts.append(Padding(_finding(one, root, consequences, mark, style), (0, 0, 0, 2), expand=False))
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
