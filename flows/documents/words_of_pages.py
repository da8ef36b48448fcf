"""What the pages where a document was seen say of it: its fiscal year and its agency, where the document itself names none.

A workbook behind the title `某县农业农村局2024年部门预算` often says neither. What a page said is used by the reading as what the
document would have said (上年 is then the year before), and a warning YEAR or AGENCY tells it. A document with figures whose
year nobody names does not load: no query by year would find it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from budget.disclosure import Disclosure, Finding
from budget.printed_text import squeeze
from budget.sightings import SaidByPages
from budget.states import Origin, Severity
from extract.identity import organisation_of
from spiders.reading.titles import strip_dates, year_of
from warehouse import Warehouse

_MARKED_YEAR = re.compile(r"(?<!\d)(20\d\d)\)?年")
_DAY = re.compile(r"20\d\d年\d{1,2}月(?:\d{1,2}日)?")
_SUFFIX = re.compile(r"\.[A-Za-z]{2,5}$")


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of one page about a file. `fiscal_year` is what title, column or portal file gave the sighting."""

    link_text: str | None
    article_title: str
    fiscal_year: int | None
    column_name: str | None = None


def said(warehouse: Warehouse, sha256: str, archive: str | None = None, label: str = "") -> SaidByPages:
    """What all pages say on which this content was seen; for a file of an archive, also those that showed the archive."""
    query = "SELECT link_text, article_title, fiscal_year, column_name FROM sightings WHERE sha256 = :sha256"
    seen = [PageWords(**row) for row in warehouse.rows(query, sha256=sha256)]
    if archive is not None:
        seen += [PageWords(**{**row, "link_text": label}) for row in warehouse.rows(query, sha256=archive)]
    return said_by(seen)


def said_by(pages: Iterable[PageWords]) -> SaidByPages:
    """The years and agencies that the pages name; of each page the words nearest to the file: link, title, column."""
    years: dict[int, set[str]] = {}
    agencies: dict[str, set[str]] = {}
    for page in pages:
        texts = [text for text in (page.link_text, page.article_title) if text]
        named, words = next(((found, text) for text in texts if (found := years_named(text))), ((), ""))
        if not named and page.fiscal_year is not None:
            named, words = (page.fiscal_year,), page.column_name or page.article_title
        for year in named:
            years.setdefault(year, set()).add(words)
        for text in texts:
            if name := organisation_of(_SUFFIX.sub("", text.rpartition("/")[2])):
                agencies.setdefault(name, set()).add(text)
                break
    # 农业农村局 on one page and 某县农业农村局 on another are one
    names = [one for one in agencies if not any(other != one and other.endswith(one) for other in agencies)]
    return SaidByPages(
        fiscal_years=tuple(sorted(years)), agencies=tuple(sorted(names)), year_words=_quoted(years.values()),
        agency_words=_quoted(agencies[name] for name in names),
    )  # fmt: skip


def years_named(text: str) -> tuple[int, ...]:
    """Every year that a title or a link names; the day of a notice or an upload is none."""
    plain = squeeze(_DAY.sub("", strip_dates(_SUFFIX.sub("", text))))
    marked = sorted({int(year) for year in _MARKED_YEAR.findall(plain)})
    if len(marked) > 1:
        return tuple(marked)
    year = year_of(plain)
    return () if year is None else (year,)


def _quoted(words: Iterable[set[str]]) -> str:
    return "；".join(sorted({text for texts in words for text in texts})[:3])


def asked_for_what_nobody_said(disclosure: Disclosure, said: SaidByPages | None) -> Disclosure:
    """The reading with an error YEAR where it has figures and no year: it waits for a person. Without an agency, a warning."""
    document = disclosure.document
    if document.error is not None or not (disclosure.facts or disclosure.projects):
        return disclosure
    told = said or SaidByPages()
    findings = list(disclosure.findings)
    if document.fiscal_year is None:
        several = ", ".join(map(str, told.fiscal_years))
        message = (
            f"网页所写年度不一（{several}），文件未写明 / the pages name several fiscal years ({several}) and the document none"
            if several
            else "文件和网页都未写明年度 / neither the document nor a page where it was seen names the fiscal year"
        )
        message += "; name the year of the list in the portal file, crawl, and read the document again"
        findings.append(_nobody_said("YEAR", Severity.ERROR, message))
    if document.agency is None:
        message = "文件和网页都未写明单位 / neither the document nor a page where it was seen names one agency"
        findings.append(_nobody_said("AGENCY", Severity.WARNING, message))
    return disclosure.model_copy(update={"findings": tuple(findings)})


def _nobody_said(check: str, severity: Severity, message: str) -> Finding:
    return Finding(check=check, severity=severity, origin=Origin.SOURCE, message=message, cells=())
