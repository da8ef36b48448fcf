"""Word 97–2003 (.doc) → `Reading`: paragraphs and tables in document order, with the edges and merges that Word draws.

Rows keep their exact cell edges, so a table whose row width changes stays one table and headers keep their spans.
"""

from __future__ import annotations

from extract.readers.word_binary import paragraphs
from extract.readers.word_flow import FlowWalk
from extract.reading import Reading


def read_doc(data: bytes) -> Reading:
    """A .doc file → lines and grids. Raises UnreadableError (corrupt, encrypted, unsupported, limit_*), nothing else."""
    return Reading(reader="doc", blocks=tuple(FlowWalk().blocks(paragraphs(data), 0)))
