"""What goes wrong with an archive."""

from __future__ import annotations


class ArchiveError(RuntimeError):
    """The archive cannot be trusted or written: names the file, what was expected and what was found."""
