"""The parts of an Office package (ZIP of XML): found by the relationships that the package names, never by fixed names.

Every writer may call its parts as it likes; `_rels/.rels` says which is the main one, and its own relations what belongs to it
(ECMA-376 part 2, Open Packaging Conventions). Everything is hostile: sizes are bounded, document types refused, nothing outside
the package is followed.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from lxml import etree

from extract.reading import UnreadableError

MAX_PART_BYTES: Final = 200 * 1024 * 1024
_RELATION: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_STRICT: Final = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL: Final = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
    b"http://purl.oclc.org/ooxml/drawingml/main": b"http://schemas.openxmlformats.org/drawingml/2006/main",
}
"""Namespaces of the strict variant (ISO/IEC 29500-1) and the ones that nearly all files use."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What one part says of another: `kind` is the last word of its type (`styles`, `image`), `name` the other's place."""

    kind: str
    name: str
    external: bool


@dataclass
class Package:
    """An opened package. Names are compared as written, with forward slashes and without the leading one."""

    archive: zipfile.ZipFile
    _entries: dict[str, zipfile.ZipInfo] = field(init=False)

    def __post_init__(self) -> None:
        self._entries = {info.filename.replace("\\", "/").lstrip("/"): info for info in self.archive.infolist()}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def main(self, usual: str) -> str:
        """The name of the main part: the one the package names as its office document, else the `usual` one."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and not relation.external and relation.name in self._entries:
                return relation.name
        return usual

    def relations(self, part: str) -> dict[str, Relation]:
        """Id → relation of one part (`` for those of the package itself); empty when it has none."""
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, Relation] = {}
        for element in root.iter(_RELATION) if root is not None else ():
            external = element.get("TargetMode") == "External"
            target = element.get("Target") or ""
            place = target if external else _place(folder, target)
            found[element.get("Id") or ""] = Relation((element.get("Type") or "").rsplit("/", 1)[-1], place, external)
        return found

    def related(self, part: str, kind: str) -> str | None:
        """The name of the first part of a kind that one part relates to; None when it relates to none."""
        alike = (one.name for one in self.relations(part).values() if one.kind == kind and not one.external)
        return next(alike, None)

    def data(self, name: str) -> bytes | None:
        """The bytes of a part; None when the package has none of that name. Raises UnreadableError (limit_size, encrypted)."""
        info = self._entries.get(name)
        if info is None:
            return None
        if info.file_size > MAX_PART_BYTES:
            raise UnreadableError("limit_size", f"{name} would take {info.file_size:,} bytes, more than allowed")
        if info.flag_bits & 1:
            raise UnreadableError("encrypted", f"{name} is encrypted; ask the publisher for an open file")
        try:
            with self.archive.open(info) as stream:
                data = stream.read(MAX_PART_BYTES + 1)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError, zlib.error) as error:
            raise UnreadableError("corrupt", f"{name} cannot be unpacked: {error}") from error
        if len(data) > MAX_PART_BYTES:
            raise UnreadableError("limit_size", f"{name} takes more than {MAX_PART_BYTES:,} bytes")
        return data

    def xml(self, name: str) -> etree._Element | None:
        """A part as XML, parsed without entities, document type or network; None when the package has none of that name."""
        data = self.data(name)
        return None if data is None else parse_xml(data, name)


@contextmanager
def opened(data: bytes) -> Iterator[Package]:
    """The package in `data`. Raises UnreadableError (corrupt) for what is no ZIP file."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise UnreadableError("corrupt", f"the package cannot be unpacked: {error}") from error
    with archive:
        yield Package(archive)


def _place(folder: str, target: str) -> str:
    """Where a target stands: from the package's root when it begins with a slash, else from the part's folder."""
    plain = unquote(target.replace("\\", "/")).partition("#")[0]
    if plain.startswith("/"):
        return posixpath.normpath(plain).lstrip("/")
    return posixpath.normpath(posixpath.join(folder, plain)).lstrip("/") if plain else ""


def parse_xml(text: bytes, name: str) -> etree._Element:
    """XML of a hostile file → its root. A document type is refused: it exists only to define entities."""
    if b"<!DOCTYPE" in text[:4096] or b"<!ENTITY" in text[:65536]:
        raise UnreadableError("unsafe", f"{name} declares a document type; no office program writes one")
    if _STRICT in text[:65536]:
        for strict, usual in _TRANSITIONAL.items():
            text = text.replace(strict, usual)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        if "huge" in str(error).lower() or "depth" in str(error).lower():
            raise UnreadableError("limit_nesting", f"{name}: {error}") from error
        raise UnreadableError("corrupt", f"{name} is not well-formed XML: {error}") from error
