"""What stands above and below tables: whose table it is, its notes, what every page repeats.

Texts are asked about as they are compared (`shown` of cells and lines).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from budget.amounts import find_unit
from budget.kinds import classify_title, is_contents_line
from budget.words import EMPTY_NOTES, LABELS, any_of
from extract.reading import Grid, Line, Reading

LONGEST_LINE_OF_LABELS = 90
"""Signs up to which a line may say whose table it is, for which year and in which unit, all in one."""
LONGEST_TITLE = 60
"""Signs of the longest line that is believed to be a title."""
LONGEST_BARE_NOTE = 80
"""Signs of the longest line that is a note without 注: it says in passing that its table is empty."""
WITHIN_A_SENTENCE = 40
"""Signs between 没有 and what there is none of."""
WITHIN_A_CONDITION = 12
"""Signs between 如 and what the condition is."""

_COLON = "[:：]"


def _up_to(signs: int) -> str:
    return "{0," + str(signs) + "}"


_TABLE_NUMBER = any_of(LABELS.numbered) + r"?(?:表\d{1,2}(?:-\d{1,2})*|\d{1,2}(?:-\d{1,2})*表)"
_NOTE = re.compile(r"^[(（*※]?" + any_of(LABELS.notes) + r"[)）]?\d{0,2}[:：、.．]|^" + any_of(LABELS.always_notes))
_EMPTY = re.compile(
    "|".join((
        any_of(EMPTY_NOTES.says),
        any_of(EMPTY_NOTES.absent) + "." + _up_to(WITHIN_A_SENTENCE) + any_of(EMPTY_NOTES.absent_things),
        any_of(EMPTY_NOTES.none) + "." + _up_to(WITHIN_A_SENTENCE) + any_of(EMPTY_NOTES.none_things),
    ))
)  # fmt: skip
_CONDITION = re.compile(
    any_of(EMPTY_NOTES.conditions) + "[^,，]" + _up_to(WITHIN_A_CONDITION) + any_of(EMPTY_NOTES.conditional)
)
_SAYS_THIS_TABLE = re.compile(any_of(EMPTY_NOTES.of_this_table))
_META = re.compile(
    "|".join((
        "^" + any_of((*LABELS.bearers, *LABELS.codes)) + "[^:：]{0,6}" + _COLON,
        "^" + any_of(LABELS.exact) + _COLON,
        "^" + any_of(LABELS.begins),
        # 公开01表, 部门预算01表, 附表3-1, 表三
        "^" + any_of(LABELS.numbered) + r"?表?\d{1,2}(?:-\d{1,2})?表?$",
        r"^附?表\s*[\d一二三四五六七八九十]{1,3}(?:-\d{1,2})*$",
        "^" + any_of(LABELS.numbered_after) + any_of(LABELS.numbered) + r"\d{1,2}表$",
        # 106某局（本级）
        r"^\d{3,6}(?!年)\D{2,30}" + any_of(LABELS.coded_bodies) + r"(?:[(（].*[)）])?" + any_of(LABELS.own) + "?$",
        r"^\d{4}年(?:度)?$",
    ))
)  # fmt: skip
_META_PARTS = re.compile(
    "|".join((
        any_of(LABELS.year) + r"[:：]?(?:20\d{2})?年?",
        r"(?:金额)?单位[:：]?(?:人民币)?(?:亿元|万元|千元|元)",
        "[(（]?" + _TABLE_NUMBER + "[)）]?",
        any_of(LABELS.closing) + r"[:：]?[\d年月日.\-/]*",
        any_of(LABELS.dates) + r"[:：][\d年月日.\-/]*",
    ))
)  # fmt: skip
SIGNATURE = re.compile(
    "^" + any_of(LABELS.signed_for) + "?" + any_of(LABELS.signers) + r"(?:[(（][^()（）]{1,6}[)）])?" + _COLON
)
"""Who answers for a table, below it: 单位负责人： | 审核人： | 填表人："""
_MONEY = re.compile(r"\d+(?:\.\d+)?(?:万元|元|亿元)")
_END_OF_TITLE = re.compile(r"表(?:[(（][^()（）]*[)）])?$")
PAGE_NUMBER = re.compile(r"^(?:[-—–·\s]*\d{1,4}[-—–·\s]*|第?\d{1,4}页(?:[,，/共]*\d{1,4}页)?|\d{1,4}/\d{1,4})$")


SENTENCE = re.compile(r"[。；;!！?？]")


def is_meta(text: str) -> bool:
    """Whether a line above a table only says whose table it is, for which year, in which unit, under which number."""
    if len(text) > LONGEST_LINE_OF_LABELS:
        return False
    if _META.match(text):
        return True
    rest = _META_PARTS.sub("", text)
    return rest != text and (not rest or bool(_META.match(rest)))


def says_empty(note: str) -> bool:
    """Whether a note declares its table empty (空表列示, 没有使用…, 无…支出, 本年无发生额).

    A condition declares nothing: 此表如无数字则表示单位无该项支出 stands below full tables too (Changsha).
    """
    return any(_EMPTY.search(part) and not _CONDITION.search(part) for part in re.split("[。；;]", note))


def is_note(text: str) -> bool:
    """Whether a line or cell below a table is a note to it."""
    return bool(_NOTE.match(text)) or (len(text) < LONGEST_BARE_NOTE and bool(_SAYS_THIS_TABLE.search(text)))


def is_title_line(text: str) -> bool:
    """Whether a line can be the title of a table: it names a statement and is no sentence, note or contents line."""
    if not text or len(text) > LONGEST_TITLE or is_contents_line(text) or is_note(text) or _is_sentence(text):
        return False
    return classify_title(text) is not None and not _MONEY.search(text)


def _is_sentence(text: str) -> bool:
    return bool(SENTENCE.search(text)) or ("," in text and "表" not in text[-4:])


FEWEST_PAGES = 3
"""Pages from which on a line can be seen to run, and pages at whose edge one has to stand."""
OFTEN_ON_PAGES = 4
"""Pages that a line has to stand on anywhere to run, be they half of a document."""


def running_lines(reading: Reading) -> set[str]:
    """Running headers and footers: the first or last lines of three pages or more, or lines that most pages repeat."""
    if not reading.pages or reading.pages < FEWEST_PAGES:
        return set()
    pages = _by_page(reading)
    anywhere = Counter(text for blocks in pages for text in _lines_of(blocks))
    at_edge = Counter(text for blocks in pages for text in _at_edge(blocks))
    often = max(OFTEN_ON_PAGES, len(pages) * 0.5)
    repeated = {text for text, count in anywhere.items() if count >= often or at_edge[text] >= FEWEST_PAGES}
    headings = set().union(*map(_in_wrapped_headings, pages))
    return set(itertools.filterfalse(_belongs_to_a_table, repeated - headings))


def _by_page(reading: Reading) -> list[list[Line | Grid]]:
    pages: dict[int, list[Line | Grid]] = defaultdict(list)
    for block in reading.blocks:
        if block.page is not None:
            pages[block.page].append(block)
    return list(pages.values())


def _lines_of(blocks: Sequence[Line | Grid]) -> set[str]:
    return {block.shown for block in blocks if isinstance(block, Line)}


def _at_edge(blocks: list[Line | Grid]) -> set[str]:
    """The lines that stand first and last on a page, but for its number."""
    shown = [block for block in blocks if isinstance(block, Grid) or not PAGE_NUMBER.match(block.shown)]
    return _lines_of([*shown[:1], *shown[-1:]])


def _in_wrapped_headings(blocks: list[Line | Grid]) -> set[str]:
    found: set[str] = set()
    for above, below in itertools.pairwise(blocks):
        if isinstance(above, Line) and isinstance(below, Line) and _heading_wraps(above, below):
            found |= {above.shown, below.shown}
    return found


def _belongs_to_a_table(text: str) -> bool:
    return find_unit(text) is not None or ("表" in text and is_title_line(text)) or is_note(text)


def wrapped_headings(lines: list[Line]) -> list[Line]:
    """Lines with the headings that wrap put together: two centred lines of one size, the first without an end.

    (`2022年部门综合预算政府采购（资产配置、购买服务）` above `预算表（不含上年结转）`.)
    """
    out: list[Line] = []
    for line in lines:
        above = out[-1] if out else None
        if above is not None and _heading_wraps(above, line):
            out[-1] = replace(line, text=above.text + line.text, box=line.box)
        else:
            out.append(line)
    return out


LONG_HEADING = 12
"""Signs from which on the last line of a heading is a title by itself."""
MOST_LEADING = 0.8
"""Of a letter's height: the gap between two lines of one heading."""
SAME_SIZE = 0.05
"""Of a letter's height: by how much the letters of one heading may differ."""
SAME_CENTRE = 1.2
"""Of a letter's height: twice the distance between the middles of two centred lines."""


def _heading_wraps(above: Line, below: Line) -> bool:
    """Whether two lines are one heading that wraps."""
    first, second = above.shown, below.shown
    if "表" not in second or len(first + second) >= LONGEST_TITLE or SENTENCE.search(first + second):
        return False
    if not _are_centred(above, below) or _END_OF_TITLE.search(first) or is_meta(first) or is_meta(second):
        return False
    return len(second) <= LONG_HEADING or not second.endswith("表") or not is_title_line(second)


def _are_centred(above: Line, below: Line) -> bool:
    """Whether two lines stand right below one another, centred and of one size."""
    if above.box is None or below.box is None or not above.size or not below.size or above.page != below.page:
        return False
    size = below.size
    return (
        0 <= below.box[1] - above.box[3] < MOST_LEADING * size
        and abs(above.size - size) < SAME_SIZE * size
        and abs(above.box[0] + above.box[2] - below.box[0] - below.box[2]) < SAME_CENTRE * size
    )
