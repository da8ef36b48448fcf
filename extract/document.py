"""One document: bytes → `Disclosure`. The format is told from the content, never from the name; nothing is raised."""

from __future__ import annotations

import hashlib
import io
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Literal

from archive.compound_file import CompoundFile
from archive.file_kinds import FileKind, detect
from budget.amounts import says_strange_unit
from budget.cycles import no_search_for_cycles
from budget.disclosure import (
    Disclosure,
    Document,
    DocumentError,
    ErrorCode,
    Fact,
    Finding,
    FindingCell,
    ReaderName,
    Statement,
)
from budget.sightings import SaidByPages
from budget.states import Origin, Severity
from extract.containers import members
from extract.government import set_apart, told_as_government
from extract.identity import Identity, identify
from extract.not_understood import findings_of
from extract.page.tables import PageBlocks
from extract.prose.facts import prose_facts_of
from extract.readers.pdfium import PageContent
from extract.reading import Reading, UnreadableError
from extract.statements.announced_tables import missing_tables
from extract.statements.doubts import doubts, shown_and_not_read
from extract.statements.facts import default_unit, facts_of, own_year, statement_of
from extract.statements.kinds import is_statement
from extract.statements.levels import with_levels
from extract.statements.listed_empty import give_listed_notes
from extract.statements.model import Table
from extract.statements.projects import projects_of
from extract.statements.repeated import repeated_tables
from extract.statements.stray_amounts import stray_amounts
from extract.statements.tables import read_tables

Format = Literal["pdf", "docx", "xlsx", "xls", "doc", "rtf", "html", "archive", "image", "ofd"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost. `max_bytes` is the size of the file, `max_expanded_bytes` that of its parts."""

    max_bytes: int = 200 * 1024 * 1024
    max_expanded_bytes: int = 1024 * 1024 * 1024
    max_parts: int = 20_000


DEFAULT_LIMITS = Limits()


def extract_bytes(
    data: bytes, file: str, *, limits: Limits = DEFAULT_LIMITS, recipe: str = "", said: SaidByPages | None = None
) -> Disclosure:
    """Everything that can be read from one file, as the contract wants it.

    `file` is the path as given: it is printed, and read only where the content names no year or kind. `said` is what the pages
    where it was seen say of year and agency, asked last: a finding tells where it was taken. A file that gives no reading has
    `document.error` and nothing else; this function never raises for what stands in a file.
    """
    with no_search_for_cycles():
        return _extracted(data, file, limits, recipe, said)


def _extracted(data: bytes, file: str, limits: Limits, recipe: str, said: SaidByPages | None) -> Disclosure:
    started = time.perf_counter()
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        reading = read(data, limits)
        if not reading.blocks and not reading.unread:
            pages = f"none of its {reading.pages} pages" if reading.pages else "nothing in it"
            raise UnreadableError("empty", f"{pages} shows any text or table")
    except UnreadableError as error:
        return _failed(file, sha256, recipe, error.code, error.message, started)
    except MemoryError:
        return _failed(file, sha256, recipe, "limit_memory", "reading the file took more memory than allowed", started)
    except RecursionError:
        return _failed(file, sha256, recipe, "limit_nesting", "the file nests deeper than allowed", started)
    try:
        disclosure = disclosure_of(reading, file, sha256, recipe, said)
    except RecursionError:
        return _failed(file, sha256, recipe, "limit_nesting", "the file nests deeper than allowed", started)
    return disclosure.model_copy(update={"seconds": round(time.perf_counter() - started, 4)})


def unreadable(data: bytes, file: str, error: UnreadableError, *, recipe: str = "") -> Disclosure:
    """What stands for a file that gives no reading: its hash, and the reason with the file's name before it."""
    return _failed(file, hashlib.sha256(data).hexdigest(), recipe, error.code, error.message, time.perf_counter())


def _failed(file: str, sha256: str, recipe: str, code: str, message: str, started: float) -> Disclosure:
    message = message if message.startswith(f"{file}: ") else f"{file}: {message}"
    if "; " not in message and code in _ADVICE:
        message = f"{message}; {_ADVICE[code]}"
    document = Document(
        file=file, sha256=sha256, reader=None, kind=None, recipe=recipe,
        error=DocumentError(code=_error_code(code), message=message),
    )  # fmt: skip
    return Disclosure(document=document, seconds=round(time.perf_counter() - started, 4))


_ADVICE = {
    "empty": "open it by hand, download it again if it should hold something",
    "truncated": "download it again",
    "encrypted": "ask the publisher for an open file",
    "unsupported": "save it as PDF, .docx or .xlsx",
    "not_a_document": "look at the page it came from",
    "corrupt": "open it by hand and save it anew, or ask the publisher for another file",
    "unsafe": "do not open it; ask the publisher for another file",
    "limit_size": "look at it by hand",
    "limit_pages": "split it",
    "limit_memory": "look at it by hand, or allow more memory",
    "limit_nesting": "look at it by hand",
}
"""What to do about a file, by error code, where the reader has no better advice."""


def _error_code(code: str) -> ErrorCode:
    return code  # type: ignore[return-value]


def format_of(data: bytes) -> Format:
    """The format that the content shows. Raises UnreadableError (empty, truncated, encrypted, unsupported, not_a_document)."""
    found = detect(data)
    if found in _FORMATS:
        return _FORMATS[found]
    code, message = _UNREADABLE.get(found, ("not_a_document", f"no known document begins with {data[:8]!r}"))
    raise UnreadableError(code, message)


_FORMATS: dict[FileKind, Format] = {
    FileKind.PDF: "pdf", FileKind.DOCX: "docx", FileKind.XLSX: "xlsx", FileKind.XLS: "xls", FileKind.DOC: "doc",
    FileKind.RTF: "rtf", FileKind.HTML: "html", FileKind.MHTML: "html", FileKind.IMAGE: "image", FileKind.OFD: "ofd",
    FileKind.ZIP: "archive", FileKind.RAR: "archive", FileKind.SEVEN_ZIP: "archive", FileKind.GZIP: "archive",
}  # fmt: skip
_OTHER_OFFICE = "save it as PDF, .docx or .xlsx"
_UNREADABLE: dict[FileKind, tuple[str, str]] = {
    FileKind.EMPTY: ("empty", "the file holds nothing; download it again"),
    FileKind.TRUNCATED: ("truncated", "the file is cut off; download it again"),
    FileKind.ENCRYPTED_OFFICE: ("encrypted", "the file asks for a password; ask the publisher for an open one"),
    FileKind.PPTX: ("unsupported", "a presentation"),
    FileKind.PPT: ("unsupported", "a presentation"),
    FileKind.ODT: ("unsupported", f"an OpenDocument text; {_OTHER_OFFICE}"),
    FileKind.ODS: ("unsupported", f"an OpenDocument spreadsheet; {_OTHER_OFFICE}"),
    FileKind.WPS: ("unsupported", f"a WPS file in a form of its own; {_OTHER_OFFICE}"),
    FileKind.WORD_XML: ("unsupported", f"Word 2003 XML; {_OTHER_OFFICE}"),
    FileKind.SHEET_XML: ("unsupported", f"Excel 2003 XML; {_OTHER_OFFICE}"),
    FileKind.TAR: ("unsupported", "a tar archive; unpack it first"),
    FileKind.XML: ("not_a_document", "an XML file of no known kind"),
    FileKind.JSON: ("not_a_document", "a JSON file"),
    FileKind.TEXT: ("not_a_document", "plain text without tables"),
}


def extract_archive(
    data: bytes, archive: str, *, limits: Limits = DEFAULT_LIMITS, recipe: str = ""
) -> Iterator[tuple[str, bytes, Disclosure]]:
    """(member, its bytes, its `Disclosure`) of every file in an archive; `file` of each is `archive!/member`.

    A member that cannot be had has `document.error`; when not even its bytes can be had (a password), its `sha256` is that
    of the archive followed by its name, so that every member stays one of its own. Raises UnreadableError for the archive
    as a whole.
    """
    for member in members(data):
        file = f"{archive}!/{member.name}"
        if member.problem is not None:
            sha256 = hashlib.sha256(member.data or data + member.name.encode()).hexdigest()
            failed = _failed(file, sha256, recipe, member.problem.code, member.problem.message, time.perf_counter())
            yield member.name, member.data, failed
        else:
            yield member.name, member.data, extract_bytes(member.data, file, limits=limits, recipe=recipe)


def _read_archive(data: bytes, limits: Limits) -> Reading:
    """The one document of an archive: portals zip single files. Several are documents of their own."""
    found = list(members(data))
    if len(found) > 1:
        names = ", ".join(member.name for member in found[:5])
        raise UnreadableError(
            "unsupported", f"an archive of {len(found)} files ({names}); unpack it, each is a document"
        )
    if not found:
        raise UnreadableError("empty", "an archive without members")
    if found[0].problem is not None:
        raise found[0].problem
    return read(found[0].data, limits)


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Bytes → `Reading` through the reader of their format. Raises UnreadableError."""
    if len(data) > limits.max_bytes:
        raise UnreadableError("limit_size", f"{len(data):,} bytes are more than the {limits.max_bytes:,} allowed")
    found = format_of(data)
    if found == "archive":
        return _read_archive(data, limits)
    if found in ("docx", "xlsx"):
        _check_package(data, limits)
    if found in ("doc", "xls"):
        _refuse_cut_compound(data)
    return _readers()[found](data)


_READ_STREAMS = frozenset({"worddocument", "0table", "1table", "data", "workbook", "book"})


def _refuse_cut_compound(data: bytes) -> None:
    """A reader takes what is there of a stream; the figures behind the cut would be missing without a word."""
    cut = [name for name in CompoundFile(data).cut_streams() if name.lower() in _READ_STREAMS]
    if cut:
        raise UnreadableError("truncated", f"the end of its stream {cut[0]} is missing; download it again")


def _check_package(data: bytes, limits: Limits) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        infos = package.infolist()
        _check_sizes(infos, limits)
        _refuse_entities(package, infos)


def _check_sizes(infos: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    if len(infos) > limits.max_parts:
        raise UnreadableError("limit_size", f"{len(infos):,} parts are more than the {limits.max_parts:,} allowed")
    expanded = sum(info.file_size for info in infos)
    if expanded > limits.max_expanded_bytes:
        raise UnreadableError(
            "limit_size", f"the parts take {expanded:,} bytes, more than {limits.max_expanded_bytes:,} allowed"
        )


_XML = (".xml", ".rels", ".vml")


_PROLOG = 1024 * 1024
"""Bytes before the first element of a part beyond which nobody looks for it: office programs write under two hundred."""
_BEFORE_ROOT = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.S)
_DECLARED = re.compile(r"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']""", re.I)
_PLAIN_ENCODING = re.compile(
    r"utf-?8|utf-?16(?:-?[lb]e)?|(?:us-)?ascii|iso[-_]?8859-1|latin-?1|gb_?2312(?:-80)?|gbk|gb18030", re.I
)
"""Encodings in which the letters of `<!DOCTYPE` are their own bytes, or those and a zero each; UTF-7 and EBCDIC hide them."""
_OTHER_SIGNATURES = (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\0\0\xff\xfe", b"\xfe\xff\0\0", b"\x4c\x6f\xa7\x94")
"""First bytes of UTF-32 in any order of bytes, and of EBCDIC, by which parsers know them (XML 1.0, appendix F)."""


def _refuse_entities(package: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> None:
    """A document type in any part exists only to define entities, those of parts that no reader of ours opens too.

    It stands between the declaration and the first element, behind any comments: all of that is looked at. A part in an
    encoding that hides it is refused whatever it holds.
    """
    for info in infos:
        if not info.filename.lower().endswith(_XML) or info.flag_bits & 1:
            continue
        try:
            with package.open(info) as stream:
                why = _unsafe_prolog(stream)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise UnreadableError("corrupt", f"{info.filename} cannot be unpacked: {error}") from error
        if why:
            raise UnreadableError("unsafe", f"{info.filename} {why}; no office program writes one")


def _unsafe_prolog(stream: IO[bytes]) -> str | None:
    """What is wrong with what stands before the first element: a document type, an encoding that hides one, no end."""
    raw, size = b"", 2048
    while True:
        more = stream.read(size)
        raw += more
        if raw[:4] in _OTHER_SIGNATURES or raw[:4].count(0) == 3:
            return "is in UTF-32 or EBCDIC"
        wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:2]
        little = raw[:2] == b"\xff\xfe" or raw[1:2] == b"\0"
        text = raw.decode(("utf-16-le" if little else "utf-16-be") if wide else "latin-1", "replace")
        at = len(text) - len(text.lstrip("\ufeff\u00ef\u00bb\u00bf"))
        declared = _DECLARED.match(text, at)
        if declared and not _PLAIN_ENCODING.fullmatch(declared.group(1)):
            return f"declares the encoding {declared.group(1)[:40]!r}"
        while found := _BEFORE_ROOT.match(text, at):
            at = found.end()
        rest = text[at:].lstrip()
        if rest.startswith(("<!DOCTYPE", "<!ENTITY")):
            return "declares a document type"
        open_yet = len(rest) < len("<!DOCTYPE") or rest.startswith(("<?", "<!"))
        if not open_yet or not more:
            return "declares a document type" if "<!DOCTYPE" in rest[:2048] or "<!ENTITY" in rest[:2048] else None
        if len(raw) > _PROLOG:
            return f"has no element in its first {_PROLOG:,} bytes"
        size = min(2 * size, _PROLOG)


def _readers() -> dict[str, Callable[[bytes], Reading]]:
    from extract.readers.html import read_html
    from extract.readers.legacy_word import read_doc
    from extract.readers.ofd import read_ofd
    from extract.readers.pdf import read_pdf
    from extract.readers.rtf import read_rtf
    from extract.readers.word import read_docx
    from extract.readers.workbook import read_workbook

    return {
        "pdf": lambda data: read_pdf(data, picture_reader=_read_pictured_pages),
        "image": _read_image,
        "docx": read_docx,
        "doc": read_doc,
        "xlsx": lambda data: read_workbook(data, "xlsx"),
        "xls": lambda data: read_workbook(data, "xls"),
        "rtf": read_rtf,
        "ofd": read_ofd,
        "html": read_html,
    }


def _read_pictured_pages(
    data: bytes,
    page_numbers: Sequence[int],
    *,
    printed: Mapping[int, PageContent] | None = None,
    max_seconds: float | None = None,
) -> dict[int, PageBlocks]:
    """Pages of a PDF that are pictures. The recognition libraries are loaded when the first page with a picture comes."""
    from extract.readers.scan import read_scanned_blocks

    return read_scanned_blocks(data, page_numbers, printed=printed, max_seconds=max_seconds)


def _read_image(data: bytes) -> Reading:
    from extract.readers.scan import read_image

    return read_image(data)


def disclosure_of(
    reading: Reading, file: str, sha256: str, recipe: str = "", said_by_pages: SaidByPages | None = None
) -> Disclosure:
    """A reading → statements, facts, projects, findings. The one path of all formats."""
    tables = read_tables(reading)
    give_listed_notes(tables)
    identity = identify(reading, tables, file, said_by_pages)
    basis: Literal["budget", "final"] = "final" if identity.kind == "final_account" else "budget"
    unit = default_unit(tables)
    of_government = identity.kind == "government_budget"
    if of_government:
        set_apart(tables)
    statements: list[Statement] = []
    facts: list[Fact] = []
    findings: list[Finding] = list(identity.findings)
    if of_government:
        findings.append(told_as_government(identity.title))
    strange_units: dict[str, str] = {}
    repeated = repeated_tables(tables)
    findings.extend(repeated.findings)
    findings.extend(missing_tables(reading, tables))
    for number, table in enumerate(tables):
        if number in repeated.copies or not is_statement(table):
            continue
        statement = statement_of(table, len(statements) + 1, identity.fiscal_year)
        statements.append(statement)
        if table.unit is None and (said := next(filter(says_strange_unit, _around(table)), None)):
            strange_units[statement.id] = said
        year = own_year(table, identity.fiscal_year)
        found, wrong = facts_of(table, statement, table.unit or unit, year, basis, len(facts) + 1)
        facts.extend(with_levels(found, table))
        findings.extend(wrong)
    for unread in reading.unread:
        findings.append(
            Finding(
                check="UNREAD", severity=Severity.ERROR, origin=Origin.EXTRACTION,
                message=f"the number {unread.text!r} stands in a table and in none of its cells",
                cells=(FindingCell(at=unread.at, raw=unread.text),),
            )
        )  # fmt: skip
    findings.extend(findings_of(reading.not_understood, shows_tables=any(one.kind != "unknown" for one in statements)))
    strays, told = stray_amounts(reading)
    findings.extend(told)
    findings.extend(doubts(statements, facts, strange_units))
    projects, undecided = ([], []) if of_government else projects_of(tables, unit)
    findings.extend(undecided)
    if identity.kind != "not_a_disclosure" and not of_government:
        findings.extend(shown_and_not_read(statements, len(facts) + len(projects)))
    return Disclosure(
        document=_document(reading.reader, reading.pages, identity, file, sha256, recipe),
        statements=tuple(statements),
        facts=tuple(facts),
        projects=tuple(projects),
        prose_facts=() if of_government else prose_facts_of(reading, identity.fiscal_year, basis),
        findings=tuple(findings),
        unread=reading.unread + strays,
    )


def _around(table: Table) -> list[str]:
    """What is printed above a table near enough to speak of it."""
    return [*table.banner, *table.lines_above[-4:]]


def _document(
    reader: ReaderName, pages: int | None, identity: Identity, file: str, sha256: str, recipe: str
) -> Document:
    return Document(
        file=file, sha256=sha256, reader=reader, pages=pages, kind=identity.kind, agency=identity.agency,
        agency_code=identity.agency_code, region=identity.region, fiscal_year=identity.fiscal_year, title=identity.title,
        recipe=recipe,
    )  # fmt: skip
