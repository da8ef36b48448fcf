"""The title and the unit of a piece, from its banner and from the lines above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from budget.amounts import Unit, find_unit, lone_unit, says_strange_unit, stated_unit
from budget.kinds import alias_in, classify_title, is_contents_line
from budget.printed_text import squeeze
from extract.reading import Line
from extract.statements.captions import LONGEST_TITLE, SENTENCE, is_meta, is_title_line, wrapped_headings
from extract.statements.model import Piece

LINES_ABOVE = 14
"""Lines above a piece among which its title and its unit stand."""
NEAR = 4
"""Lines between a title without 表 and its piece, at most."""
LINES_OF_UNKNOWN_TITLES = 4
"""Lines above a piece among which a line that ends in 表 is its title though it names no statement."""
SHORT_TITLE = 12
"""Signs below which a title may be the second line of a longer one."""
LONGEST_SECOND_LINE = 30
"""Signs below which a line that ends in 表 may be the second line of a title that neither line names alone."""
SHORTEST_TITLE = 4
"""Signs of the shortest title that ends in 表."""
LONGEST_UNIT_LINE = 60
"""Signs below which a line may state its unit among other things."""
UNIT_ALONE = 12
"""Signs up to which a line that names a unit without the word 单位 says nothing else (金额：万元)."""
_BROKEN_UNIT = re.compile(r"单位[\W_]*(?:人民币)?[亿万千]?$")
_REST_OF_UNIT = re.compile(r"[亿万千]?元[)）]?")


def title_of(piece: Piece) -> str | None:
    """The title of a piece: of its banner, of the lines above it, of its sheet; last any text that ends in 表."""
    banner = next(filter(is_title_line, piece.banner), None)
    if banner is not None:
        return banner
    lines = [line.shown for line in wrapped_headings(piece.lines[-LINES_ABOVE:])]
    return _title_above(lines) or _title_of_sheet(piece) or _unknown_title(piece, lines)


def _title_above(lines: list[str]) -> str | None:
    """The nearest line that is a title, alone or with the line above it; none beyond a sentence."""
    for i in range(len(lines) - 1, -1, -1):
        above = lines[i - 1] if i else ""
        near = len(lines) - 1 - i <= NEAR
        found = _title_in(above, lines[i], near)
        if found is not None:
            return found
        if not _says_about_the_table(lines[i]) and _ends_the_search(lines[i]):
            return None
    return None


def _title_in(above: str, text: str, near: bool) -> str | None:
    """The title that a line is, or ends."""
    if is_title_line(text):
        if near or "表" in text:
            return _longer_title(above, text) or text
    elif _says_about_the_table(text):
        return None
    second = above and text.endswith("表") and len(text) < LONGEST_SECOND_LINE
    return above + text if second and is_title_line(above + text) else None


def _says_about_the_table(text: str) -> bool:
    """Whether a line that is no title says whose table it is, or in which unit."""
    return not is_title_line(text) and (is_meta(text) or _states_unit(text))


def _ends_the_search(text: str) -> bool:
    return bool(SENTENCE.search(text)) or len(text) > LONGEST_TITLE


def _states_unit(text: str) -> bool:
    return "单位" in text and find_unit(text) is not None


def _longer_title(above: str, text: str) -> str | None:
    """The title with the line above it, where both together name a statement by more words than the short line alone."""
    joined = above + text
    if (
        not above
        or "表" not in text
        or len(text) >= SHORT_TITLE
        or len(joined) >= LONGEST_TITLE
        or is_title_line(above)
    ):
        return None
    return joined if _length_of_alias(joined) > _length_of_alias(text) > 0 else None


def _length_of_alias(title: str) -> int:
    found = alias_in(title)
    return len(found[1]) if found else 0


def _title_of_sheet(piece: Piece) -> str | None:
    return squeeze(piece.sheet) if piece.sheet and classify_title(piece.sheet) else None


def _unknown_title(piece: Piece, lines: list[str]) -> str | None:
    """A text that ends in 表 and names no statement."""
    plain = [
        text for text in lines[-LINES_OF_UNKNOWN_TITLES:] if not SENTENCE.search(text) and not is_contents_line(text)
    ]
    return next(filter(_ends_like_a_title, [*piece.banner, *reversed(plain)]), None)


def _ends_like_a_title(text: str) -> bool:
    return text.endswith("表") and SHORTEST_TITLE <= len(text) < LONGEST_TITLE


def unit_of(piece: Piece) -> Unit | None:
    """The unit of a piece: what its banner states, what it names alone, what the nearest line above it states."""
    stated = map(stated_unit, _with_broken_units(piece.banner))
    units = (*stated, *(lone_unit(text) or _unit_alone(text) for text in piece.banner))
    return next(filter(None, units), None) or _unit_above(piece.lines)


def _unit_above(lines: Sequence[Line]) -> Unit | None:
    above = list(_lines_of_units(lines))
    for text in reversed(_with_broken_units(above[::-1])):
        unit = _stated_in(text) or lone_unit(text)
        if unit or says_strange_unit(text):
            return unit
        if unit := _unit_alone(text):
            return unit
    return None


def _stated_in(text: str) -> Unit | None:
    return stated_unit(text) if "单位" in text and len(text) < LONGEST_UNIT_LINE else None


def _lines_of_units(lines: Sequence[Line]) -> Iterator[str]:
    """The lines above a piece from the nearest up to the next sentence."""
    for line in reversed(lines[-LINES_ABOVE:]):
        text = line.shown
        if SENTENCE.search(text) and not (len(text) <= UNIT_ALONE and stated_unit(text)):
            return
        yield text


def _unit_alone(text: str) -> Unit | None:
    """The unit of a short line of labels."""
    return find_unit(text) if len(text) <= UNIT_ALONE and is_meta(text) else None


def _with_broken_units(texts: Sequence[str]) -> list[str]:
    """The lines, with a unit that its narrow cell breaks (单位：万 above 元) put together."""
    joined: list[str] = []
    for text in texts:
        if joined and _BROKEN_UNIT.search(joined[-1]) and _REST_OF_UNIT.fullmatch(text):
            joined[-1] += text
        else:
            joined.append(text)
    return joined
