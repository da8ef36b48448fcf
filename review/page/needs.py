"""What the page asks of the floor above: bytes, pictures of pages, another reader, and reading a document again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from review.queue import Rerun, SecondReading


class NoPictureError(RuntimeError):
    """A page that cannot be shown as a picture; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as PNG, and its size in points: boxes are in points from the top left."""

    png: bytes
    width: float
    height: float


class Originals(Protocol):
    """Where the verified bytes of a content lie. Raises FileNotFoundError when they are gone or damaged."""

    def __call__(self, sha256: str, /) -> Path: ...


class Pictures(Protocol):
    """A page (from 1) of a content as a picture. Raises NoPictureError, whatever happened to the process that drew it."""

    def __call__(self, sha256: str, page: int, /) -> Picture: ...


@dataclass(frozen=True)
class Needs:
    """All of it. Without `rerun` a decision waits for the next run."""

    originals: Originals
    pictures: Pictures
    second_reading: SecondReading | None = None
    rerun: Rerun | None = None
