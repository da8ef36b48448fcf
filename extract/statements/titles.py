"""The title and the unit of a piece, from its banner and from the lines above it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from budget.amounts import Unit, find_unit, lone_unit, says_strange_unit, stated_unit
from budget.kinds import alias_in, classify_title, is_contents_line
from budget.printed_text import squeeze
from extract.statements.captions import SENTENCE, is_meta, is_title_line, wrapped_headings
from extract.statements.model import Piece


def title_of(piece: Piece) -> str | None:
    for text in piece.banner:
        if is_title_line(text):
            return text
    lines = wrapped_headings(piece.lines[-14:])
    for i in range(len(lines) - 1, -1, -1):
        text = lines[i].shown
        near = len(lines) - 1 - i
        if is_meta(text) and not is_title_line(text):
            continue
        if find_unit(text) and "单位" in text and not is_title_line(text):
            continue
        if is_title_line(lines[i].shown) and ("表" in text or near <= 4):
            if i and "表" in text and len(text) < 12 and not is_title_line(lines[i - 1].shown):
                joined = lines[i - 1].shown + text
                better, plain = alias_in(joined), alias_in(text)
                if better and plain and len(better[1]) > len(plain[1]) and len(joined) < 60:
                    return joined
            return text
        if i and is_title_line(lines[i - 1].shown + text) and len(text) < 30 and text.endswith("表"):
            return lines[i - 1].shown + text
        if SENTENCE.search(text) or len(text) > 60:
            break
    if piece.sheet and classify_title(piece.sheet):
        return squeeze(piece.sheet)
    for text in piece.banner:
        if text.endswith("表") and len(text) < 60 and len(text) > 3:
            return text
    for line in reversed(lines[-4:]):
        text = line.shown
        if text.endswith("表") and 3 < len(text) < 60 and not SENTENCE.search(text) and not is_contents_line(text):
            return text
    return None


def unit_of(piece: Piece) -> Unit | None:
    for text in _with_broken_units(piece.banner):
        if unit := stated_unit(text):
            return unit
    for text in piece.banner:
        if (unit := lone_unit(text)) or (is_meta(text) and len(text) <= _UNIT_LINE and (unit := find_unit(text))):
            return unit
    above: list[str] = []
    for line in reversed(piece.lines[-14:]):
        text = line.shown
        if SENTENCE.search(text) and not (len(text) <= _UNIT_LINE and stated_unit(text)):
            break
        above.append(text)
    for text in reversed(_with_broken_units(above[::-1])):
        if ("单位" in text and len(text) < 60 and (unit := stated_unit(text))) or (unit := lone_unit(text)):
            return unit
        if says_strange_unit(text):
            return None
        if is_meta(text) and len(text) <= _UNIT_LINE and (unit := find_unit(text)):
            return unit
    return None


_UNIT_LINE = 12
"""Signs up to which a line that names a unit without the word 单位 says nothing else (金额：万元)."""


_BROKEN_UNIT = re.compile(r"单位[\W_]*(?:人民币)?[亿万千]?$")


def _with_broken_units(texts: Sequence[str]) -> list[str]:
    """The lines, with a unit that its narrow cell breaks (单位：万 above 元) put together."""
    joined: list[str] = []
    for text in texts:
        if joined and _BROKEN_UNIT.search(joined[-1]) and re.fullmatch(r"[亿万千]?元[)）]?", text):
            joined[-1] += text
        else:
            joined.append(text)
    return joined
