"""One document: bytes → `Disclosure`. The format is told from the content, never from the name; nothing is raised."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

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
from budget.states import Origin, Severity
from extract.facts import default_unit, facts_of, statement_of
from extract.identity import Identity, identify
from extract.projects import projects_of
from extract.reading import Reading, UnreadableError
from extract.statements import is_statement, read_tables
from extract.tables import PageBlocks

Format = Literal["pdf", "docx", "xlsx", "xls", "doc", "rtf", "html", "zip", "image"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost. `max_bytes` is the size of the file, `max_expanded_bytes` that of its parts."""

    max_bytes: int = 200 * 1024 * 1024
    max_expanded_bytes: int = 1024 * 1024 * 1024
    max_parts: int = 20_000


DEFAULT_LIMITS = Limits()


def extract_bytes(data: bytes, file: str, *, limits: Limits = DEFAULT_LIMITS, recipe: str = "") -> Disclosure:
    """Everything that can be read from one file, as the contract wants it.

    `file` is the path as given: it is printed, and read only where the content names no year or kind. A file that gives no
    reading has `document.error` and nothing else; this function never raises for what stands in a file.
    """
    started = time.perf_counter()
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        reading = read(data, limits)
    except UnreadableError as error:
        return _failed(file, sha256, recipe, error.code, error.message, started)
    except MemoryError:
        return _failed(file, sha256, recipe, "limit_memory", "reading the file took more memory than allowed", started)
    except RecursionError:
        return _failed(file, sha256, recipe, "limit_nesting", "the file nests deeper than allowed", started)
    try:
        disclosure = disclosure_of(reading, file, sha256, recipe)
    except RecursionError:
        return _failed(file, sha256, recipe, "limit_nesting", "the file nests deeper than allowed", started)
    return disclosure.model_copy(update={"seconds": round(time.perf_counter() - started, 4)})


def _failed(file: str, sha256: str, recipe: str, code: str, message: str, started: float) -> Disclosure:
    document = Document(
        file=file, sha256=sha256, reader=None, kind=None, recipe=recipe,
        error=DocumentError(code=_error_code(code), message=message),
    )  # fmt: skip
    return Disclosure(document=document, seconds=round(time.perf_counter() - started, 4))


def _error_code(code: str) -> ErrorCode:
    return code  # type: ignore[return-value]


def format_of(data: bytes) -> Format:
    """The format that the content shows. Raises UnreadableError (empty, encrypted, unsupported, not_a_document, corrupt)."""
    head = data[:4096]
    if not data.strip(b"\x00 \r\n\t"):
        raise UnreadableError("empty", "the file holds nothing; download it again")
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _package_format(data)
    if head.startswith(b"PK\x05\x06"):
        raise UnreadableError("empty", "an archive without members")
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound_format(data)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith((b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")):
        return "image"
    lowered = head.lower()
    if b"<html" in lowered or b"<!doctype html" in lowered or b"<table" in lowered or b"<head" in lowered:
        return "html"
    if head.startswith((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        raise UnreadableError("unsupported", "an archive of a kind that is not opened here; unpack it first")
    raise UnreadableError("not_a_document", f"no known document begins with {head[:8]!r}")


def _package_format(data: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = {info.filename.replace("\\", "/") for info in package.infolist()}
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        code = "truncated" if b"PK\x05\x06" not in data[-65600:] else "corrupt"
        raise UnreadableError(code, f"the package cannot be opened: {error}; download it again") from error
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    return "zip"


def _compound_format(data: bytes) -> Format:
    """Which program wrote an OLE compound file: its stream names stand in UTF-16 in the directory."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise UnreadableError("encrypted", "the file asks for a password; ask the publisher for an open one")
    if "WordDocument".encode("utf-16-le") in data:
        return "doc"
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return "xls"
    raise UnreadableError("unsupported", "a compound file that holds neither a Word document nor a workbook")


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Reading:
    """Bytes → `Reading` through the reader of their format. Raises UnreadableError."""
    if len(data) > limits.max_bytes:
        raise UnreadableError("limit_size", f"{len(data):,} bytes are more than the {limits.max_bytes:,} allowed")
    found = format_of(data)
    if found in ("docx", "xlsx"):
        _check_package(data, limits)
    reader = _readers().get(found)
    if reader is None:
        raise UnreadableError("unsupported", f"{found} files cannot be read yet")
    return reader(data)


def _check_package(data: bytes, limits: Limits) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        infos = package.infolist()
    if len(infos) > limits.max_parts:
        raise UnreadableError("limit_size", f"{len(infos):,} parts are more than the {limits.max_parts:,} allowed")
    expanded = sum(info.file_size for info in infos)
    if expanded > limits.max_expanded_bytes:
        raise UnreadableError("limit_size", f"the parts take {expanded:,} bytes, more than {limits.max_expanded_bytes:,} allowed")


def _readers() -> dict[str, Callable[[bytes], Reading]]:
    from extract.readers.legacy_word import read_doc
    from extract.readers.pdf import read_pdf
    from extract.readers.word import read_docx
    from extract.readers.workbook import read_workbook

    return {
        "pdf": lambda data: read_pdf(data, picture_reader=_read_pictured_pages),
        "image": _read_image,
        "docx": read_docx,
        "doc": read_doc,
        "xlsx": lambda data: read_workbook(data, "xlsx"),
        "xls": lambda data: read_workbook(data, "xls"),
    }


def _read_pictured_pages(data: bytes, page_numbers: Sequence[int], *, max_seconds: float | None = None) -> dict[int, PageBlocks]:
    """Pages of a PDF that are pictures. The recognition libraries are loaded when the first such page comes."""
    from extract.readers.scan import read_scanned_blocks

    return read_scanned_blocks(data, page_numbers, max_seconds=max_seconds)


def _read_image(data: bytes) -> Reading:
    from extract.readers.scan import read_image

    return read_image(data)


def disclosure_of(reading: Reading, file: str, sha256: str, recipe: str = "") -> Disclosure:
    """A reading → statements, facts, projects, findings. The one path of all formats."""
    tables = read_tables(reading)
    identity = identify(reading, tables, file)
    basis: Literal["budget", "final"] = "final" if identity.kind == "final_account" else "budget"
    unit = default_unit(tables)
    statements: list[Statement] = []
    facts: list[Fact] = []
    findings: list[Finding] = []
    for table in tables:
        if not is_statement(table):
            continue
        statement = statement_of(table, len(statements) + 1, identity.fiscal_year)
        statements.append(statement)
        found, wrong = facts_of(table, statement, table.unit or unit, identity.fiscal_year, basis, len(facts) + 1)
        facts.extend(found)
        findings.extend(wrong)
    for unread in reading.unread:
        findings.append(
            Finding(
                check="UNREAD", severity=Severity.ERROR, origin=Origin.EXTRACTION,
                message=f"the number {unread.text!r} stands in a table and in none of its cells",
                cells=(FindingCell(at=unread.at, raw=unread.text),),
            )
        )  # fmt: skip
    return Disclosure(
        document=_document(reading.reader, reading.pages, identity, file, sha256, recipe),
        statements=tuple(statements),
        facts=tuple(facts),
        projects=tuple(projects_of(tables, unit)),
        findings=tuple(findings),
        unread=reading.unread,
    )


def _document(
    reader: ReaderName, pages: int | None, identity: Identity, file: str, sha256: str, recipe: str
) -> Document:
    return Document(
        file=file, sha256=sha256, reader=reader, pages=pages, kind=identity.kind, agency=identity.agency,
        agency_code=identity.agency_code, region=identity.region, fiscal_year=identity.fiscal_year, title=identity.title,
        recipe=recipe,
    )  # fmt: skip
