"""The recipe: a hash of everything that decides what is read from given bytes.

Same sha256 + same recipe = same rows. It covers the code and data files of budget/, extract/, expectations/ and the replay
of decisions in review/, the versions of the libraries that read files, and the decisions that were replayed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import metadata, resources
from pathlib import Path

from budget.decisions import Decision

ROOMS = ("budget", "extract", "expectations", "review")
READING_LIBRARIES = (
    "pypdfium2", "pdfplumber", "lxml", "python-calamine", "great-expectations", "pandas", "pydantic", "numpy", "pillow",
    "opencv-python-headless", "onnxruntime", "rapidocr", "py7zr", "unrar2-cffi",
)  # fmt: skip
"""What reads a file or decides a figure; `tests/flows/test_recipe.py` holds it against the imports of the rooms."""
DECIDING = (
    "flows/documents/second_reading.py", "flows/documents/sampled_reading.py", "flows/documents/beside.py",
    "flows/documents/words_of_pages.py", "flows/documents/proof.py", "spiders/reading/titles.py", "archive/file_kinds.py",
    "archive/compound_file.py",
)  # fmt: skip
"""Files outside the rooms that decide the origin of a finding, a finding across documents, a year, an agency or a reader."""
SHOWS_ONLY = ("review", "page")
"""The web page shows what was read; a new colour is no reason to read everything again."""
SUFFIXES = {".py", ".toml", ".csv", ".json", ".yaml"}


@cache
def code_recipe() -> str:
    """16 hex digits for the installed code, data files and reading libraries."""
    digest = hashlib.sha256()
    for room in ROOMS:
        root = Path(str(resources.files(room)))
        for path in sorted(p for p in root.rglob("*") if p.suffix in SUFFIXES and "__pycache__" not in p.parts):
            if (room, path.relative_to(root).parts[0]) == SHOWS_ONLY:
                continue
            digest.update(f"{room}/{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for name in DECIDING:
        room, _, rest = name.partition("/")
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(Path(str(resources.files(room))).joinpath(rest).read_bytes()).digest())
    for library in READING_LIBRARIES:
        digest.update(f"{library}=={metadata.version(library)}\0".encode())
    return digest.hexdigest()[:16]


NEVER_REPLAYED = frozenset({"note", "newer"})
"""Decisions that change nothing that is read."""


def document_recipe(decisions: Iterable[Decision] = ()) -> str:
    """The recipe of one document: the code's, and the decisions replayed on it."""
    taken = sorted(one.model_dump_json() for one in decisions if one.action not in NEVER_REPLAYED)
    if not taken:
        return code_recipe()
    return f"{code_recipe()}+{hashlib.sha256(chr(10).join(taken).encode()).hexdigest()[:8]}"


def code_part(recipe: str) -> str:
    """The recipe of the code alone, without the decisions that were replayed."""
    return recipe.partition("+")[0]
