"""Word 97–2003 (.doc) → `Reading`: paragraphs and tables in document order, with the edges and merges that Word draws.

Rows keep their exact cell edges, so a table whose row width changes stays one table and headers keep their spans.
"""

from __future__ import annotations

from archive.compound_file import CompoundFile
from extract.readers.embedded_pictures import PictureReader, as_table, pictures_within
from extract.readers.word_binary import paragraphs
from extract.readers.word_flow import FlowWalk
from extract.reading import Grid, Line, Reading


def read_doc(data: bytes) -> Reading:
    """A .doc file → lines and grids. Raises UnreadableError (corrupt, encrypted, unsupported, limit_*), nothing else.

    Where in the text a picture stands is not kept: tables in pictures are read behind all others.
    """
    blocks: list[Line | Grid] = list(FlowWalk().blocks(paragraphs(data), 0))
    pictures = PictureReader()
    tables = sum(isinstance(block, Grid) for block in blocks)
    file = CompoundFile(data)
    for name in ("Data", "WordDocument"):
        for number, picture in enumerate(pictures_within(file.stream(name) or b""), 1):
            for block in pictures.blocks(picture, f"picture {number}"):
                tables += isinstance(block, Grid)
                blocks.append(as_table(block, tables) if isinstance(block, Grid) else block)
    return Reading(reader="doc", blocks=tuple(blocks), not_understood=tuple(pictures.met))
