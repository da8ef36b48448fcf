"""Reading → paragraphs of running text: lines joined over wraps and pages, each character knowing its place.

What is said is not looked at here, only how it is set: page furniture, page numbers and contents lines are left out; what a
grid holds is no prose, except a grid of one column, which only draws a frame around text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from budget.disclosure import PagePlace, Place
from budget.kinds import is_contents_line
from budget.printed_text import squeeze
from extract.reading import Box, Grid, Line, Reading

_PAGE_NUMBER = re.compile(r"^(?:[-—–·.\s]*\d{1,4}[-—–·.\s]*|第?\d{1,4}页(?:[,，/共]*\d{1,4}页)?|\d{1,4}/\d{1,4})$")
_ENDS = ("。", "；", "：", "！", "？", ";", ":", "!", "?")
_OPEN_END = re.compile(r"(?:[，、,（(]|[\d.]|[\d.]\s*[万亿])$")
"""A paragraph of Word or HTML that ends like this is not finished: somebody broke the line by hand."""
_ORDINAL = re.compile(
    r"^(?:(?P<part>第[一二三四五六七八九十\d]{1,3}(?:部分|章))|(?P<big>[一二三四五六七八九十]{1,3}[、.．:：])"
    r"|(?P<round>[(（][一二三四五六七八九十]{1,3}[)）])|(?P<figure>\d{1,2}[、．.](?!\d))|(?P<bracket>[(（]\d{1,2}[)）])"
    r"|(?P<circle>[①-⑳]))"
)
_LEVELS = {"part": 1, "big": 2, "round": 3, "figure": 4, "bracket": 5, "circle": 6}
_LONGEST = 2000
"""Signs of a sentence; what goes on longer (a file that wants to cost time) is cut at a comma, or soon anywhere."""
_PAIRS = {"（": ")", "(": ")", "“": "”", "《": "》", "〔": "〕"}
PLAIN = 8
"""Level of a heading that shows none: below every numbered one."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters start..end of a paragraph stand in this line of this page."""

    start: int
    end: int
    page: int
    box: Box


@dataclass(slots=True)
class Paragraph:
    """Running text as printed (blanks kept), and where it stands. `after_table`: a grid stands right above."""

    text: str = ""
    stretches: list[Stretch] = field(default_factory=list)
    place: Place | None = None
    heading: int | None = None
    after_table: bool = False

    def add(self, line: Line) -> None:
        """Another line of the same paragraph."""
        start = len(self.text)
        self.text += line.text
        if line.page is not None and line.box is not None:
            self.stretches.append(Stretch(start, len(self.text), line.page, line.box))

    def at(self, start: int, end: int) -> Place | None:
        """The lines that characters start..end stand in: their box on the first page they touch."""
        touched = [s for s in self.stretches if s.start < end and start < s.end]
        if not touched:
            return self.place
        page = touched[0].page
        boxes = [s.box for s in touched if s.page == page]
        box = (
            min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes),
        )  # fmt: skip
        return PagePlace(page=page, bbox=box)


def ordinal_level(text: str) -> int | None:
    """How deep the ordinal at the head of a text stands (第二部分 1, 一、 2, （一） 3, 1. 4, （1） 5, ① 6); None without one."""
    found = _ORDINAL.match(fold_keeping_circles(text))
    return _LEVELS[found.lastgroup] if found and found.lastgroup else None


def fold_keeping_circles(text: str) -> str:
    """`squeeze`, but ① stays ①: folded it would be the number 1 glued to what follows."""
    head = text.lstrip()[:1]
    return head + squeeze(text.lstrip()[1:]) if "①" <= head <= "⑳" else squeeze(text)


def paragraphs(reading: Reading) -> Iterator[Paragraph]:
    """The paragraphs of a document in reading order."""
    edges = _edges(reading)
    furniture = _furniture(reading)
    current: Paragraph | None = None
    last: Line | None = None
    after_table = False
    for block in reading.blocks:
        if isinstance(block, Grid):
            framed = list(_framed(block))
            if framed and current is not None:
                yield current
                current = None
            yield from framed
            after_table = True
            continue
        text = squeeze(block.text)
        if not text or _PAGE_NUMBER.match(text) or is_contents_line(block.text):
            continue
        if block.page is not None and (block.page, text) in furniture:
            continue
        if current is not None and last is not None and _continues(last, block, edges, after_table):
            current.add(block)
        else:
            if current is not None:
                yield current
            current = Paragraph(heading=block.heading, after_table=after_table)
            current.add(block)
        last = block
        after_table = False
    if current is not None:
        yield current


def _framed(grid: Grid) -> Iterator[Paragraph]:
    """The text of a grid that is only a frame: one column, and sentences in it."""
    texts = [cell for cell in grid.cells if squeeze(cell.text)]
    if len({cell.col for cell in texts}) != 1 or not any("。" in cell.text for cell in texts):
        return
    for cell in texts:
        yield Paragraph(text=cell.text, place=cell.at)


# ---- lines of a page ---------------------------------------------------------------------------------------------------


def _edges(reading: Reading) -> dict[int, tuple[float, float]]:
    """Page → left and right edge of running text. Pages of one width share them: a last page may hold two short lines."""
    width_of = {page: size[0] for page, size in enumerate(reading.page_sizes, 1)}
    lefts: dict[float, list[float]] = defaultdict(list)
    rights: dict[float, list[float]] = defaultdict(list)
    pages: set[int] = set()
    for block in reading.blocks:
        if not isinstance(block, Line) or block.page is None or block.box is None:
            continue
        pages.add(block.page)
        if len(squeeze(block.text)) >= 15:
            width = round(width_of.get(block.page, 0))
            lefts[width].append(block.box[0])
            rights[width].append(block.box[2])
    found: dict[int, tuple[float, float]] = {}
    for page in pages:
        width = round(width_of.get(page, 0))
        if lefts[width]:
            xs, ends = sorted(lefts[width]), sorted(rights[width])
            found[page] = (xs[len(xs) // 5], ends[len(ends) * 3 // 4])
    return found


def _furniture(reading: Reading) -> set[tuple[int, str]]:
    """(page, text) of running headers and footers: the same line, its digits apart, at the edge of three pages or more."""
    shown: dict[int, list[str]] = defaultdict(list)
    for block in reading.blocks:
        if block.page is None:
            continue
        text = squeeze(block.text) if isinstance(block, Line) else ""
        if not _PAGE_NUMBER.match(text):
            shown[block.page].append(text)
    edge: dict[int, set[str]] = {page: {*texts[:2], *texts[-2:]} - {""} for page, texts in shown.items()}
    seen = Counter(re.sub(r"\d+", "0", text) for texts in edge.values() for text in texts)
    return {
        (page, text) for page, texts in edge.items() for text in texts
        if seen[re.sub(r"\d+", "0", text)] >= 3 and not re.search(r"[。；]|\d(?:万元|元|%)", text)
    }  # fmt: skip


def _continues(last: Line, line: Line, edges: dict[int, tuple[float, float]], after_table: bool) -> bool:
    """Whether `line` goes on with the paragraph that `last` belongs to."""
    if last.page is None or line.page is None or last.box is None or line.box is None:
        return bool(_OPEN_END.search(last.text.rstrip())) and not after_table and ordinal_level(line.text) is None
    if last.page not in edges or line.page not in edges:
        return False
    size = min(last.size or 12.0, line.size or 12.0)
    if max(last.size or size, line.size or size) > size * 1.35:
        return False
    if line.page not in (last.page, last.page + 1) or (line.page == last.page and line.box[1] < last.box[1]):
        return False
    ended = last.text.rstrip().endswith(_ENDS)
    if after_table and ended:
        return False
    left, right = edges[line.page][0], edges[last.page][1]
    indented = line.box[0] > left + 1.3 * size
    stepped_in = line.box[0] > last.box[0] + 1.3 * size if line.page == last.page else indented
    if stepped_in or (indented and (ended or after_table)) or (ended and ordinal_level(line.text) is not None):
        return False
    room = right - last.box[2]
    if indented:
        # first lines are set in by two letters: two of them below each other are two paragraphs, unless the first is full
        return room < size
    return room < _first_token_width(line.text, size) + size


def _first_token_width(text: str, size: float) -> float:
    """How much room the first unbreakable piece of a line takes: a number with its sign, or one ideograph."""
    found = re.match(r"[\d,.，．\s%％]+", text)
    return max(size, 0.55 * size * len(found.group().strip()) if found else 0)


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """start, end of every sentence of a paragraph: up to 。！？ outside brackets and quotation marks."""
    closed = _closed(text)
    start = depth = 0
    for i, sign in enumerate(text):
        depth += closed.get(i, 0)
        if (sign in "。！？" and not depth) or (
            i - start > _LONGEST and (sign in "，；,;。" or i - start > _LONGEST * 3 // 2)
        ):
            yield start, i + 1
            start = i + 1
    if text[start:].strip():
        yield start, len(text)


def _closed(text: str) -> dict[int, int]:
    """Place → +1 for a bracket or quotation mark that opens and is closed, -1 where it closes; one left open parts nothing."""
    found: dict[int, int] = {}
    open_at: dict[str, list[int]] = defaultdict(list)
    for i, sign in enumerate(text):
        if sign in _PAIRS:
            open_at[_PAIRS[sign]].append(i)
        elif open_at.get(")" if sign == "）" else sign):
            begin = open_at[")" if sign == "）" else sign].pop()
            if i - begin < _LONGEST // 2:
                found[begin], found[i] = 1, -1
    return found
