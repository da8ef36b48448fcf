"""What stands above and below tables: whose table it is, its notes, what every page repeats.

Texts are asked about as they are compared (`shown` of cells and lines).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace

from budget.amounts import find_unit
from budget.kinds import classify_title, is_contents_line
from extract.reading import Grid, Line, Reading

_NOTE = re.compile(r"^[(（*※]?(?:注|备注|附注|说明|补充说明|备注说明)[)）]?(?:\d{0,2})[:：、.．]|^注\d?[:：]?")


_EMPTY = re.compile(
    r"空表|为空|没有.{0,40}(?:预算|支出|安排|收入|经费|拨款|数据|发生)|无.{0,40}(?:预算|支出|安排|发生额|收入|经费|拨款|数据|项目|数字)|未安排|不涉及|无发生"
    r"|无此项|没有使用|无相关|故此?本?表无|均?无数据|未发生|本表无"
)


_CONDITION = re.compile(r"(?:如果?|若|倘若?|凡)[^,，]{0,12}(?:无|没有|为空|未)")


_META = re.compile(
    r"^(?:编制单位|编报单位|填报单位|填报部门|编制部门|部门名称|单位名称|预算单位|部门[(（]单位[)）]|单位[(（]部门[)）]|部门/单位|单位|部门|公开部门|公开单位|预算部门|部门编码|单位编码|部门名称及编码|单位[:：])"
    r"[^:：]{0,6}[:：]|^预算年度|^(?:公开|预算|决算|附)?表?\d{1,2}(?:-\d{1,2})?表?$|^附?表\s*[\d一二三四五六七八九十]{1,3}(?:-\d{1,2})*$|^(?:部门)?(?:预算|决算|公开)\d{1,2}表$|^公开表\d{1,2}$"
    r"|^截止时间|^\d{3,6}(?!年)\D{2,30}(?:局|委员会|办公室|厅|中心|院|所|处|队|部|站|馆|校|会|府|团|社|学|政协|法院|检察院)(?:[(（].*[)）])?(?:本级|机关)?$|^日期[:：]|^年度[:：]|^\d{4}年(?:度)?$|^金额单位|^报表编号|^编码[:：]"
)


_META_PARTS = re.compile(
    r"预算年度[:：]?(?:20\d{2})?年?|(?:金额)?单位[:：]?(?:人民币)?(?:亿元|万元|千元|元)|[(（]?(?:公开|预算|决算|附)?(?:表\d{1,2}(?:-\d{1,2})*|\d{1,2}(?:-\d{1,2})*表)[)）]?"
    r"|截止(?:时间|日期)?[:：]?[\d年月日.\-/]*|填报日期[:：][\d年月日.\-/]*|报送日期[:：][\d年月日.\-/]*|日期[:：][\d年月日.\-/]*"
)


SIGNATURE = re.compile(
    r"^(?:单位|部门|财务|分管|主管|科室|处室)?(?:负责人|领导|审核人?|复核人?|填[表报]人?|制[表单]人?|经办人|联系(?:人|电话)|报送日期|填[表报]日期)"
    r"(?:[(（][^()（）]{1,6}[)）])?[:：]"
)
"""Who answers for a table, below it: 单位负责人： | 审核人： | 填表人："""


PAGE_NUMBER = re.compile(r"^(?:[-—–·\s]*\d{1,4}[-—–·\s]*|第?\d{1,4}页(?:[,，/共]*\d{1,4}页)?|\d{1,4}/\d{1,4})$")


SENTENCE = re.compile(r"[。；;!！?？]")


def is_meta(text: str) -> bool:
    """Whether a line above a table only says whose table it is, for which year, in which unit, under which number."""
    if len(text) > 90:
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
    return bool(_NOTE.match(text)) or (
        len(text) < 80 and bool(re.search(r"(?:本|此)表为空|空表列示|故本表无|本表无数据", text))
    )


def is_title_line(text: str) -> bool:
    """Whether a line can be the title of a table: it names a statement and is no sentence, note or contents line."""
    if not text or len(text) > 60 or is_contents_line(text) or is_note(text):
        return False
    if SENTENCE.search(text) or ("," in text and "表" not in text[-4:]):
        return False
    if classify_title(text) is None:
        return False
    return not re.search(r"\d+(?:\.\d+)?(?:万元|元|亿元)", text)


def running_lines(reading: Reading) -> set[str]:
    """Running headers and footers: the first or last lines of three pages or more, or lines that most pages repeat."""
    if not reading.pages or reading.pages < 3:
        return set()
    pages: dict[int, list[Line | Grid]] = {}
    for block in reading.blocks:
        if block.page is not None:
            pages.setdefault(block.page, []).append(block)
    anywhere: Counter[str] = Counter()
    at_edge: Counter[str] = Counter()
    headings: set[str] = set()
    for blocks in pages.values():
        for above, below in itertools.pairwise(blocks):
            if isinstance(above, Line) and isinstance(below, Line) and _heading_wraps(above, below):
                headings |= {above.shown, below.shown}
        anywhere.update({b.shown for b in blocks if isinstance(b, Line)})
        shown = [b for b in blocks if not (isinstance(b, Line) and PAGE_NUMBER.match(b.shown))]
        at_edge.update({b.shown for b in (*shown[:1], *shown[-1:]) if isinstance(b, Line)})
    often = max(4, len(pages) * 0.5)
    return {
        text for text, count in anywhere.items()
        if (count >= often or at_edge[text] >= 3) and find_unit(text) is None and not ("表" in text and is_title_line(text))
        and not is_note(text) and text not in headings
    }  # fmt: skip


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


def _heading_wraps(above: Line, below: Line) -> bool:
    if above.box is None or below.box is None or not above.size or not below.size or above.page != below.page:
        return False
    size = below.size
    first, second = above.shown, below.shown
    close = 0 <= below.box[1] - above.box[3] < 0.8 * size and abs(above.size - size) < 0.05 * size
    centred = abs(above.box[0] + above.box[2] - below.box[0] - below.box[2]) < 1.2 * size
    whole = is_title_line(second) and second.endswith("表") and len(second) > 12
    ends = (
        re.search(r"表(?:[(（][^()（）]*[)）])?$", first)
        or SENTENCE.search(first + second)
        or is_meta(first)
        or is_meta(second)
    )
    return close and centred and not ends and not whole and "表" in second and len(first + second) < 60
