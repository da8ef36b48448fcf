"""Reading → tables: cut grids into banner, header, body and notes; join what a page break cut; name each statement.

A `Table` is still paper: cells with places, header paths, column roles. What its cells mean is `extract.statements.facts`.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from budget.amounts import Unit, find_unit, lone_unit, says_strange_unit, stated_unit
from budget.codes import is_class_name
from budget.disclosure import PagePlace, Place
from budget.kinds import alias_in, classify_title, fold_title, is_contents_line
from budget.measures import fold_header, item_of_row, measure_of_level
from budget.printed_text import is_blank, split_ordinal, squeeze
from budget.project_words import fold_label, indicator_header, is_project_name, list_words
from budget.words import TOTAL_WORDS, TOTALS
from extract.reading import Grid, GridCell, Line, Reading
from extract.statements.headers import (
    ColumnRole,
    Matrix,
    column_paths,
    column_role,
    column_roles,
    header_rows,
    is_amount_text,
    is_column_number_row,
    is_header_text,
    looks_like_data,
    own_cells,
    shows_figures,
    text_of,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of a body row: the text that covers it, and whether that text begins here (`own`)."""

    text: str = ""
    at: Place | None = None
    own: bool = False
    indent: int = 0
    rows: int = 1
    cols: int = 1
    confidence: float = 1.0
    open_below: bool = False
    cut_above: str = ""
    cut_below: str = ""

    @property
    def shown(self) -> str:
        """The text without blanks."""
        return squeeze(self.text)


BLANK = Cell()


@dataclass(slots=True)
class Table:
    """One table of the document, joined over its pages, before its cells are given a meaning."""

    title: str | None
    kind: str
    unit: Unit | None
    paths: tuple[tuple[str, ...], ...]
    rows: list[tuple[Cell, ...]]
    pages: list[int]
    notes: list[str]
    banner: list[str]
    form: bool = False
    sheet: str | None = None
    roles: tuple[ColumnRole, ...] = ()
    lines_above: tuple[str, ...] = ()
    edges: tuple[tuple[float, float], ...] = ()

    @property
    def declared_empty(self) -> bool:
        """Whether a note says that there is nothing to show."""
        return any(says_empty(note) for note in self.notes)

    @property
    def heading_texts(self) -> list[str]:
        """Everything printed above the header: banner rows, lines above, title."""
        return [*self.lines_above, *self.banner, *([self.title] if self.title else [])]


@dataclass(slots=True)
class _Piece:
    """A part of one grid: banner rows, header rows, body rows, notes."""

    matrix: Matrix
    banner: list[str]
    header: int
    paths: tuple[tuple[str, ...], ...]
    body: list[tuple[Cell, ...]]
    notes: list[str]
    page: int | None
    sheet: str | None
    form: bool
    lines: list[Line]
    first_on_page: bool = True
    edges: tuple[tuple[float, float], ...] = ()
    header_texts: set[tuple[str, ...]] = field(default_factory=set)
    top: int = 0
    """The row of `matrix` below the banner."""


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
_SIGNATURE = re.compile(
    r"^(?:单位|部门|财务|分管|主管|科室|处室)?(?:负责人|领导|审核人?|复核人?|填[表报]人?|制[表单]人?|经办人|联系(?:人|电话)|报送日期|填[表报]日期)"
    r"(?:[(（][^()（）]{1,6}[)）])?[:：]"
)
"""Who answers for a table, below it: 单位负责人： | 审核人： | 填表人："""
_PAGE_NUMBER = re.compile(r"^(?:[-—–·\s]*\d{1,4}[-—–·\s]*|第?\d{1,4}页(?:[,，/共]*\d{1,4}页)?|\d{1,4}/\d{1,4})$")
_SENTENCE = re.compile(r"[。；;!！?？]")


def is_meta(text: str) -> bool:
    """Whether a line above a table only says whose table it is, for which year, in which unit, under which number."""
    squeezed = squeeze(text)
    if len(squeezed) > 90:
        return False
    if _META.match(squeezed):
        return True
    rest = _META_PARTS.sub("", squeezed)
    return rest != squeezed and (not rest or bool(_META.match(rest)))


def says_empty(note: str) -> bool:
    """Whether a note declares its table empty (空表列示, 没有使用…, 无…支出, 本年无发生额).

    A condition declares nothing: 此表如无数字则表示单位无该项支出 stands below full tables too (Changsha).
    """
    return any(_EMPTY.search(part) and not _CONDITION.search(part) for part in re.split("[。；;]", squeeze(note)))


def is_note(text: str) -> bool:
    """Whether a line or cell below a table is a note to it."""
    squeezed = squeeze(text)
    return bool(_NOTE.match(squeezed)) or (
        len(squeezed) < 80 and bool(re.search(r"(?:本|此)表为空|空表列示|故本表无|本表无数据", squeezed))
    )


def is_title_line(text: str) -> bool:
    """Whether a line can be the title of a table: it names a statement and is no sentence, note or contents line."""
    squeezed = squeeze(text)
    if not squeezed or len(squeezed) > 60 or is_contents_line(text) or is_note(text):
        return False
    if _SENTENCE.search(squeezed) or (("," in squeezed or "，" in text) and "表" not in squeezed[-4:]):
        return False
    if classify_title(text) is None:
        return False
    return not re.search(r"\d+(?:\.\d+)?(?:万元|元|亿元)", squeezed)


def read_tables(reading: Reading) -> list[Table]:
    """Every table of a document in reading order, joined over page breaks and classified."""
    furniture = _furniture(reading)
    tables: list[Table] = []
    lines: list[Line] = []
    grids_on_page: Counter[int | None] = Counter()
    for block in reading.blocks:
        if isinstance(block, Line):
            if (
                squeeze(block.text)
                and not _PAGE_NUMBER.match(squeeze(block.text))
                and squeeze(block.text) not in furniture
            ):
                lines.append(block)
            continue
        first = grids_on_page[block.page] == 0
        grids_on_page[block.page] += 1
        for piece in _pieces(block, lines, first):
            lines = _give_notes(tables, piece.lines)
            piece.lines = lines
            if tables and _goes_on_sideways(tables[-1], piece):
                _join_sideways(tables[-1], piece)
            else:
                _add(tables, piece)
            lines = []
    _give_notes(tables, lines)
    for table in tables:
        _finish(table)
    _take_units_from_the_right(tables)
    return tables


def _goes_on_sideways(table: Table, piece: _Piece) -> bool:
    """Whether a piece is the right half of a table too wide for its page: the next page, as many rows, a header of its own over
    figures alone, and nothing printed between them."""
    if table.form or piece.form or not piece.header or piece.page is None or not table.pages or not table.paths:
        return False
    if piece.page != table.pages[-1] + 1 or not all(
        map(_is_beside, [*piece.banner, *(one.text for one in piece.lines)])
    ):
        return False
    if len(piece.body) != len(table.rows) or not any(piece.paths) or set(piece.paths) & set(table.paths):
        return False
    shown = [cell.shown for row in piece.body for cell in row if cell.own and cell.shown]
    return bool(shown) and all(is_amount_text(text) or is_blank(text) for text in shown)


def _with_group(last: tuple[str, ...], paths: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    """The headers of a right half: its first columns without a group belong to the one at the end of the left half."""
    found = list(paths)
    deep = any(len(path) > 1 for path in paths)
    for c, path in enumerate(paths):
        if len(path) != 1 or len(last) < 2 or not deep:
            break
        found[c] = (*last[:-1], *path)
    return found


def _is_beside(text: str) -> bool:
    """Whether a line above the right half of a table only says its unit, its number or whose it is."""
    return not squeeze(text) or (is_meta(text) and not is_title_line(text)) or stated_unit(text) is not None


def _join_sideways(table: Table, piece: _Piece) -> None:
    """The columns of a piece become the right columns of a table, row by row."""
    width = _width(table)
    table.paths = (*table.paths, *_with_group(table.paths[-1], piece.paths))
    table.rows = [
        (*(row[c] if c < len(row) else BLANK for c in range(width)), *more)
        for row, more in zip(table.rows, piece.body, strict=True)
    ]
    table.edges = ()
    assert piece.page is not None
    table.pages.append(piece.page)
    table.notes += piece.notes
    table.unit = table.unit or _unit(piece)


def _take_units_from_the_right(tables: list[Table]) -> None:
    """A sheet too wide for its page is printed in two halves: the unit at its right end stands above the second one."""
    for left, right in itertools.pairwise(tables):
        beside = left.unit is None and left.title and right.title is None and right.unit is not None and not right.form
        if beside and left.pages and right.pages and right.pages[0] - left.pages[-1] == 1 and right.kind == "unknown":
            left.unit = right.unit


def _furniture(reading: Reading) -> set[str]:
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
                headings |= {squeeze(above.text), squeeze(below.text)}
        anywhere.update({squeeze(b.text) for b in blocks if isinstance(b, Line)})
        shown = [b for b in blocks if not (isinstance(b, Line) and _PAGE_NUMBER.match(squeeze(b.text)))]
        at_edge.update({squeeze(b.text) for b in (*shown[:1], *shown[-1:]) if isinstance(b, Line)})
    often = max(4, len(pages) * 0.5)
    return {
        text for text, count in anywhere.items()
        if (count >= often or at_edge[text] >= 3) and find_unit(text) is None and not ("表" in text and is_title_line(text))
        and not is_note(text) and text not in headings
    }  # fmt: skip


def _give_notes(tables: list[Table], lines: list[Line]) -> list[Line]:
    """Gives the note lines right below a table to it; returns the lines that are left."""
    if not tables or not lines:
        return lines
    taken = 0
    for i, line in enumerate(lines[:6]):
        text = squeeze(line.text)
        if is_note(text):
            tables[-1].notes.append(text)
            taken = i + 1
        elif (
            taken == i and taken and not is_title_line(text) and not is_meta(text) and find_unit(text) is None
            and line.heading is None and not tables[-1].notes[-1].endswith(("。", "；"))
            and not re.match(r"^第.部分|^[一二三四五六七八九十]+、", text)
        ):  # fmt: skip
            tables[-1].notes[-1] += text
            taken = i + 1
        elif re.match(r"^\d[.、．]", text) and taken == i and taken:
            tables[-1].notes.append(text)
            taken = i + 1
        else:
            break
    return lines[taken:]


# ---- cutting one grid ------------------------------------------------------------------------------------------------


def _pieces(grid: Grid, lines: list[Line], first_on_page: bool) -> list[_Piece]:
    matrix = grid.covering()
    pieces: list[_Piece] = []
    start = 0
    while start < len(matrix):
        end = _next_table(matrix, start)
        part = _part(matrix, start, end)
        piece = _piece(part, grid, lines if not pieces else [], first_on_page and not pieces)
        if piece is not None:
            pieces.append(piece)
        start = end
    return pieces


def _part(matrix: Matrix, start: int, end: int) -> Matrix:
    """Rows start..end as a matrix of its own, rows counted from 0."""
    if start == 0 and end == len(matrix):
        return matrix
    moved: dict[int, GridCell] = {}
    part: Matrix = []
    for r in range(start, end):
        row: list[GridCell | None] = []
        for cell in matrix[r]:
            if cell is None:
                row.append(None)
                continue
            if id(cell) not in moved:
                top = max(cell.row, start)
                moved[id(cell)] = cell.moved(top - start, cell.col, min(cell.row + cell.rows, end) - top, cell.cols)
            row.append(moved[id(cell)])
        part.append(row)
    return part


def _next_table(matrix: Matrix, start: int) -> int:
    """The row where another table begins inside the same grid (several tables on one sheet), or the end."""
    seen_body = False
    for r in range(start, len(matrix)):
        cells = own_cells(matrix, r)
        if not cells:
            continue
        if seen_body and len(cells) <= 2 and not any(is_amount_text(text_of(c)) for c in cells):
            text = text_of(cells[0])
            lone = len(cells) == 1 and (cells[0].cols > 1 or len(matrix[r]) <= 2 or cells[0].col == 0)
            titled = is_title_line(text) or _header_again(matrix, start, r + 1)
            if lone and text.endswith("表") and titled and _header_within(matrix, r + 1):
                above = own_cells(matrix, r - 1)
                return r - 1 if len(above) == 1 and is_meta(text_of(above[0])) else r
        seen_body = seen_body or looks_like_data(matrix, r)
    return len(matrix)


def _header_again(matrix: Matrix, start: int, end: int) -> bool:
    """Whether one of the rows that follow a would-be title is a header of the table before it, word for word or nearly so:
    then a table begins, whatever its title names."""
    heads = [{text_of(c) for c in own_cells(matrix, r)} for r in range(start, end) if not looks_like_data(matrix, r)]
    for r in range(end, min(end + 4, len(matrix))):
        texts = {text_of(c) for c in own_cells(matrix, r)}
        if (
            len(texts) >= 2
            and not shows_figures(matrix, r)
            and any(2 * len(texts & head) >= len(texts) for head in heads)
        ):
            return True
    return False


def _header_within(matrix: Matrix, start: int) -> bool:
    """Whether a table begins within a few rows: with a header, or with the first label of a form."""
    rows = range(start, min(start + 5, len(matrix)))
    return any(
        header_rows(matrix, r) or any(_FORM_STARTS.match(text_of(c)) for c in own_cells(matrix, r)[:1]) for r in rows
    )


def _piece(matrix: Matrix, grid: Grid, lines: list[Line], first_on_page: bool) -> _Piece | None:
    banner: list[str] = []
    start = 0
    while start < len(matrix):
        cells = own_cells(matrix, start)
        if cells and not _is_banner(matrix, start, cells, grid):
            break
        banner.extend(text_of(c) for c in cells)
        start += 1
    if start >= len(matrix):
        if not banner:
            return None
        return _Piece(matrix, banner, 0, (), [], [], grid.page, grid.sheet, False, lines, first_on_page)
    form = _is_form(matrix, start)
    marked = max(0, grid.header_repeat - start)
    count = 0 if form else header_rows(matrix, start, marked)
    matrix = _compact(matrix, start, blank_too=count > 0)
    paths = column_paths(matrix, start, count) if count else tuple(() for _ in (matrix[0] if matrix else []))
    header_texts = {tuple(text_of(c) for c in matrix[r]) for r in range(start, start + count)}
    body: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    for r in range(start + count, len(matrix)):
        cells = own_cells(matrix, r)
        row = _row(matrix, r)
        if not cells:
            if any(c.own for c in row):
                body.append(row)
            continue
        alone = len(cells) == 1
        text = text_of(cells[0])
        if alone and (is_note(text) or (notes and cells[0].cols * 2 > len(row) and not is_amount_text(text)) or (
            cells[0].cols * 2 > len(row) > 2 and says_empty(text) and len(text) > 6
        )):  # fmt: skip
            notes.append(text)
            continue
        if count and len(cells) > 1 and tuple(text_of(c) for c in matrix[r]) in header_texts:
            continue
        if body and count and is_column_number_row(matrix, r) and any(text_of(c) in ("栏次", "档次") for c in cells):
            continue
        if all(_SIGNATURE.match(text_of(c)) for c in cells):
            notes.append(" ".join(text_of(c) for c in cells))
            continue
        if all("单位" in text_of(c) and find_unit(text_of(c)) for c in cells):
            banner.extend(text_of(c) for c in cells)
            continue
        body.append(row)
    while body and not any(c.shown for c in body[-1]) and len(body) > 1:
        body.pop()
    edges = _edges(matrix, start) if grid.page is not None else ()
    return _Piece(matrix, banner, count, paths, body, notes, grid.page, grid.sheet, form, lines, first_on_page, edges,
                  header_texts, start)  # fmt: skip


def _row(matrix: Matrix, r: int) -> tuple[Cell, ...]:
    row = []
    before: GridCell | None = None
    for cell in matrix[r]:
        if cell is None:
            row.append(BLANK)
        else:
            own = cell.row == r and cell is not before
            row.append(
                Cell(cell.text, cell.at, own, cell.indent, cell.rows, cell.cols, cell.confidence, cell.open_below,
                     cell.cut_above, cell.cut_below)
            )  # fmt: skip
        before = cell
    return tuple(row)


def _compact(matrix: Matrix, start: int, blank_too: bool) -> Matrix:
    """Drops columns in which no cell begins below the banner: lines of the banner cut them, not the table.

    `blank_too`: also columns below a header that show nothing at all (a margin drawn as a column).
    """
    if not matrix:
        return matrix
    width = len(matrix[0])
    rows = matrix[start:]
    kept = []
    for c in range(width):
        begins = any(row[c] is not None and (c == 0 or row[c] is not row[c - 1]) for row in rows)
        if begins and (not blank_too or any(text_of(row[c]) for row in rows)):
            kept.append(c)
    if len(kept) == width or not kept:
        return matrix
    new_at = {c: i for i, c in enumerate(kept)}
    moved: dict[int, GridCell] = {}
    out: Matrix = []
    for row in matrix:
        new: list[GridCell | None] = []
        for c in kept:
            cell = row[c]
            if cell is None:
                new.append(None)
                continue
            if id(cell) not in moved:
                places = [new_at[k] for k in range(cell.col, cell.col + cell.cols) if k in new_at]
                first = places[0] if places else new_at[c]
                moved[id(cell)] = cell.moved(cell.row, first, cell.rows, max(1, len(places)))
            new.append(moved[id(cell)])
        out.append(new)
    return out


def _edges(matrix: Matrix, start: int) -> tuple[tuple[float, float], ...]:
    """The x range of every column, from cells of that column alone; used to match parts of a table."""
    width = len(matrix[0]) if matrix else 0
    rows = matrix[start:]
    edges: list[tuple[float, float]] = []
    for c in range(width):
        lefts, rights = [], []
        for row in rows:
            cell = row[c]
            if cell is not None and cell.cols == 1 and isinstance(cell.at, PagePlace):
                box = cell.at.bbox
                lefts.append(box[0])
                rights.append(box[2])
        edges.append((min(lefts), max(rights)) if lefts else (0.0, 0.0))
    return tuple(edges)


_UNIT_CELL = re.compile(r"^(?:货币|金额)?(?:计量)?单位[:：][^:：]{0,10}元[)）]?$")
_YEAR_CELL = re.compile(r"^(?:19|20)\d{2}年?(?:度)?$")


def _is_banner(matrix: Matrix, r: int, cells: list[GridCell], grid: Grid) -> bool:
    texts = [text_of(c) for c in cells]
    if looks_like_data(matrix, r) and not all(is_meta(t) or find_unit(t) for t in texts):
        return False
    if any(_UNIT_CELL.match(t) for t in texts) and all(
        _UNIT_CELL.match(t) or _YEAR_CELL.match(t) or is_meta(t) or not is_header_text(t) for t in texts
    ):
        # 2024年 | | 单位：元, 某局 | | 单位：元: whatever stands beside the unit says whose table it is, or of which year
        return True
    width = len(matrix[r])
    if all(_is_banner_text(t, cells[i], width) for i, t in enumerate(texts)):
        return True
    if len(cells) == 1 and len(matrix) > r + 1:
        cell = cells[0]
        wide = cell.cols * 2 > width > 2 or (cell.cols == 1 and grid.sheet is not None)
        return wide and not is_header_text(texts[0]) and not is_note(texts[0]) and not PROJECT_LABEL.match(texts[0])
    return False


def _is_banner_text(text: str, cell: GridCell, width: int) -> bool:
    if re.fullmatch(r"(?:19|20)\d{2}年?(?:度)?", text):
        # years side by side head columns; a year alone across the table is a banner
        return cell.cols >= width
    if is_meta(text):
        return True
    unit = find_unit(text)
    if unit is not None and "单位" in text and len(text) < 30:
        return True
    if text in [u.value for u in Unit]:
        return True
    return is_title_line(text) and ("表" in text or cell.cols * 2 > width) and not is_header_text(text)


_FORM_WORDS = ("一级指标", "二级指标", "三级指标", "指标值", "绩效目标", "绩效指标", "项目名称", "年度总体目标", "项目编码", "预算规模及资金用途",
               "资金支出计划", "项目资金", "年度资金总额", "总体目标", "年度绩效目标", "部门名称", "整体绩效目标", "任务名称", "年度主要任务", "主管部门", "实施单位",
               "产出指标", "效益指标", "满意度指标", "数量指标", "质量指标", "时效指标", "成本指标", "社会效益指标", "服务对象满意度指标")  # fmt: skip
PROJECT_LABEL = re.compile(
    r"^(?:项目|专项|专项资金|政策|转移支付)(?:[(（][^()（）]{1,8}[)）])?(?:名称|编码|代码)[:：]?"
)
"""What stands before the name or the code of what a form is for (`项目名称`, `专项（项目）名称`)."""
_FORM_STARTS = re.compile(PROJECT_LABEL.pattern + "$")
_FORM_SECONDS = (
    "主管部门",
    "项目资金",
    "实施单位",
    "预算规模",
    "项目单位",
    "主管预算部门",
    "项目属性",
    "项目类别",
    "项目负责人",
    "预算单位",
    "资金支出计划",
)
_INDICATOR_WORDS = frozenset(
    [
        "一级指标",
        "二级指标",
        "三级指标",
        "产出指标",
        "效益指标",
        "满意度指标",
        "数量指标",
        "质量指标",
        "时效指标",
        "成本指标",
        "社会效益指标",
        "经济效益指标",
        "指标值",
        "绩效指标",
        "年度指标值",
    ]
)


_FUSED = re.compile(r"^(?:产出|效益|满意度|成本)指标")
"""A level of indicators, alone or with its first indicator behind it in one cell."""


def _is_form(matrix: Matrix, start: int) -> bool:
    """Whether a grid is a performance form: labels and values side by side, not a header above rows."""
    texts = {text_of(cell) for row in matrix[start:] for cell in row}
    words = {text for text in texts if text and len(text) < 20}
    indicators = len(words & _INDICATOR_WORDS)
    if "职责活动" in words:
        return False
    labels = [text_of(c) for c in own_cells(matrix, start)]
    below = [text_of(c) for c in own_cells(matrix, start + 1)] if start + 1 < len(matrix) else []
    if labels and _FORM_STARTS.match(labels[0]) and below and below[0].startswith(_FORM_SECONDS):
        return True
    fused = 0
    if any(map(_FUSED.match, texts)):
        fused = sum(bool(_FUSED.match(text_of(c))) for row in matrix[start:] for c in row[:3] if c is not None)
    if indicators >= 3 or (fused >= 2 and (indicators >= 2 or len(matrix) - start >= 3)):
        return not _has_list_header(matrix, start)
    return indicators >= 1 and sum(any(text.startswith(word) for text in words) for word in _FORM_WORDS) >= 4


def _has_list_header(matrix: Matrix, start: int) -> bool:
    """Whether a header stands above rows: a list of projects that prints their amounts or indicators in columns."""
    texts = [text_of(c) for c in own_cells(matrix, start)]
    heads = {fold_label(text) for text in texts}
    if (
        any(is_project_name(text) for text in texts)
        and heads & set(list_words().totals)
        and heads & {*list_words().goals, *list_words().written}
        and not any(is_amount_text(text) for text in texts)
    ):
        return True
    if any(_FORM_STARTS.match(t) for t in texts) and any(t in _INDICATOR_WORDS for t in texts):
        return True  # a form has these words under each other
    return sum(measure_of_level(t) is not None or t.rstrip("：:") in TOTALS.ends for t in texts) >= 2


# ---- joining and naming ----------------------------------------------------------------------------------------------


def _add(tables: list[Table], piece: _Piece) -> None:
    title = _title(piece)
    previous = tables[-1] if tables else None
    if not piece.body and not piece.header and not piece.form:
        if previous is not None and piece.notes:
            previous.notes.extend(piece.notes)
        elif piece.banner:
            # a frame around a heading: it belongs to the table below
            tables.append(
                Table(
                    None, "", None, (), [], [], [], piece.banner, lines_above=tuple(line.text for line in piece.lines)
                )
            )
        return
    if previous is not None and previous.kind == "" and not previous.rows and not previous.paths:
        tables.pop()
        piece.banner = [*previous.banner, *piece.banner]
        piece.lines = [*(Line(text=t) for t in previous.lines_above), *piece.lines]
        title = _title(piece)
        previous = tables[-1] if tables else None
    if previous is not None and previous.form and piece.header and not piece.body:
        # a last row of indicators alone on its page looks like a header
        rows = [_row(piece.matrix, r) for r in range(piece.top, len(piece.matrix))]
        piece = replace(piece, header=0, paths=tuple(() for _ in piece.paths), body=rows) if _is_tail(rows) else piece
    if previous is not None and _is_head_of_form(previous, piece, title):
        previous.form = True
    if previous is not None and _continues(previous, piece, title):
        _join(previous, piece)
        return
    texts = [*(squeeze(line.text) for line in piece.lines), *piece.banner]
    tables.append(
        Table(
            title=title, kind="", unit=_unit(piece), paths=piece.paths, rows=list(piece.body),
            pages=[piece.page] if piece.page is not None else [], notes=list(piece.notes), banner=list(piece.banner),
            form=piece.form, sheet=piece.sheet, lines_above=tuple(texts[-12:]), edges=piece.edges,
        )
    )  # fmt: skip


def _is_head_of_form(table: Table, piece: _Piece, title: str | None) -> bool:
    """Whether a table of labels alone is the head of the form whose indicators begin on the next page, under their header."""
    if table.form or not piece.form or title or any(table.paths) or not piece.body or "绩效" not in (table.title or ""):
        return False
    first = {fold_label(cell.shown) for cell in piece.body[0] if cell.own}
    return len(first & indicator_header()) >= 3 and not _begins_form(piece)


def _title(piece: _Piece) -> str | None:
    for text in piece.banner:
        if is_title_line(text):
            return text
    lines = _wrapped_headings(piece.lines[-14:])
    for i in range(len(lines) - 1, -1, -1):
        text = squeeze(lines[i].text)
        near = len(lines) - 1 - i
        if is_meta(text) and not is_title_line(text):
            continue
        if find_unit(text) and "单位" in text and not is_title_line(text):
            continue
        if is_title_line(lines[i].text) and ("表" in text or near <= 4):
            if i and "表" in text and len(text) < 12 and not is_title_line(lines[i - 1].text):
                joined = squeeze(lines[i - 1].text) + text
                better, plain = alias_in(joined), alias_in(text)
                if better and plain and len(better[1]) > len(plain[1]) and len(joined) < 60:
                    return joined
            return text
        if i and is_title_line(squeeze(lines[i - 1].text) + text) and len(text) < 30 and text.endswith("表"):
            return squeeze(lines[i - 1].text) + text
        if _SENTENCE.search(text) or len(text) > 60:
            break
    if piece.sheet and classify_title(piece.sheet):
        return squeeze(piece.sheet)
    for text in piece.banner:
        if text.endswith("表") and len(text) < 60 and len(text) > 3:
            return text
    for line in reversed(lines[-4:]):
        text = squeeze(line.text)
        if text.endswith("表") and 3 < len(text) < 60 and not _SENTENCE.search(text) and not is_contents_line(text):
            return text
    return None


def _wrapped_headings(lines: list[Line]) -> list[Line]:
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
    first, second = squeeze(above.text), squeeze(below.text)
    close = 0 <= below.box[1] - above.box[3] < 0.8 * size and abs(above.size - size) < 0.05 * size
    centred = abs(above.box[0] + above.box[2] - below.box[0] - below.box[2]) < 1.2 * size
    whole = is_title_line(second) and second.endswith("表") and len(second) > 12
    ends = (
        re.search(r"表(?:[(（][^()（）]*[)）])?$", first)
        or _SENTENCE.search(first + second)
        or is_meta(first)
        or is_meta(second)
    )
    return close and centred and not ends and not whole and "表" in second and len(first + second) < 60


def _unit(piece: _Piece) -> Unit | None:
    for text in _with_broken_units(piece.banner):
        if unit := stated_unit(text):
            return unit
    for text in piece.banner:
        if (unit := lone_unit(text)) or (is_meta(text) and len(text) <= _UNIT_LINE and (unit := find_unit(text))):
            return unit
    above: list[str] = []
    for line in reversed(piece.lines[-14:]):
        text = squeeze(line.text)
        if _SENTENCE.search(text) and not (len(text) <= _UNIT_LINE and stated_unit(text)):
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


def _continues(table: Table, piece: _Piece, title: str | None) -> bool:
    if table.sheet is not None or piece.sheet is not None:
        return False
    if piece.page is not None:
        if not table.pages or piece.page - table.pages[-1] not in (0, 1):
            return False
        if piece.page == table.pages[-1] and (piece.lines or piece.banner):
            return False
    if title and (not table.title or fold_title(title) != fold_title(table.title)):
        return False
    if piece.form and not table.form and table.paths:
        # rows of a list of indicators, its header not repeated, read like a form
        fits = _same_columns(table, piece) or _fits(table, piece)
        return fits and not title and not _between(piece) and not _begins_form(piece)
    if piece.form != table.form:
        # the end of a form may carry none of its labels
        return table.form and _follows_in_form(table, piece, title) and _ends_a_form(piece)
    if piece.form:
        return _follows_in_form(table, piece, title) and not _begins_form(piece)
    if not title and _between(piece):
        return False
    if piece.page is None and title and piece.lines:
        # in a flowing text a repeated title begins a table again only if its rows go on
        return bool(piece.header) and _same_header(table, piece) and _goes_on(table, piece)
    if piece.header:
        return _same_header(table, piece) and _goes_on(table, piece)
    return bool(table.paths) and (_same_columns(table, piece) or _fits(table, piece))


_FORM_HEAD = re.compile(
    r"^(?:项目名称|主管部门|实施单位|项目单位|项目资金|资金金额|预算规模|年度资金总额|实施期资金总额|(?:年度)?总体目标|年度目标)"
)


def _follows_in_form(table: Table, piece: _Piece, title: str | None) -> bool:
    """Whether nothing stands between a form and a piece: no text, or its own heading again on the next page.

    Under a repeated heading only the indicators of a form go on; what has any label of its head is the next form.
    """
    if not title:
        return not _between(piece)
    if piece.page is None or not table.pages or piece.page != table.pages[-1] + 1:
        return False
    rest = [line for line in piece.lines if squeeze(line.text) not in title]
    labels = [cell.shown for row in piece.body for cell in row if cell.own]
    head = any(_FORM_HEAD.match(label) or _FORM_STARTS.match(label) for label in labels)
    return not head and not _between(replace(piece, lines=rest))


def _ends_a_form(piece: _Piece) -> bool:
    return bool(piece.body) and (not piece.header or _is_tail(piece.body)) and any(c.shown for c in piece.body[0])


def _is_tail(rows: list[tuple[Cell, ...]]) -> bool:
    """Whether rows begin with a kind of indicator."""
    first = [cell.shown for cell in rows[0] if cell.own]
    return any(re.match(r"^(?:产出|效益|满意度|成本|.{2,8}效益)指标", text) for text in first)


def _fits(table: Table, piece: _Piece) -> bool:
    """Whether the columns of a piece stand where columns of the table stand."""
    return bool(piece.body) and len(_aligned(table, piece)[0]) == _width(table)


def _between(piece: _Piece) -> bool:
    """Whether text that is no banner stands above a piece."""
    return any(
        not is_meta(line.text) and not (find_unit(line.text) and len(squeeze(line.text)) < 40)
        and (len(squeeze(line.text)) > 4)
        for line in piece.lines
    )  # fmt: skip


def _same_header(table: Table, piece: _Piece) -> bool:
    ours = [tuple(map(fold_header, p)) for p in table.paths if p]
    theirs = [tuple(map(fold_header, p)) for p in piece.paths if p]
    return ours == theirs


def _same_columns(table: Table, piece: _Piece) -> bool:
    width = len(piece.body[0]) if piece.body else 0
    return width == (len(table.paths) or (len(table.rows[0]) if table.rows else 0))


def _goes_on(table: Table, piece: _Piece) -> bool:
    """Whether the rows of a piece go on where the table stops: its numbering does not begin again."""
    if not table.rows or not piece.body:
        return bool(table.rows) or not piece.body
    leaf = [squeeze(p[-1]) if p else "" for p in table.paths]
    for c, name in enumerate(leaf):
        if name in ("序号", "行次") and c < len(piece.body[0]):
            mine = [r[c].shown for r in table.rows[-RECENT:] if r[c].shown.isdigit()]
            theirs = [r[c].shown for r in piece.body if r[c].shown.isdigit()]
            if mine and theirs:
                return int(theirs[0]) > int(mine[-1])
    first = {c.shown for c in piece.body[0]}
    begins = {c.shown for c in table.rows[0]}
    return not (first & TOTAL_WORDS and begins & TOTAL_WORDS and first & begins & TOTAL_WORDS)


_FORM_BEGINS = re.compile(
    r"^(?:项目名称|项目编码|部门名称|单位名称|预算单位|[(（]?\d{4}年度[)）]?$|项目单位|专项名称|预算部门|部门[(（]单位[)）]名称)"
)


def _begins_form(piece: _Piece) -> bool:
    return any(
        _FORM_BEGINS.match(cell.shown) or PROJECT_LABEL.match(cell.shown) for row in piece.body[:3] for cell in row[:3]
    )


def _join(table: Table, piece: _Piece) -> None:
    body = _aligned(table, piece)
    if piece.header and _width(table) and piece.body and len(piece.body[0]) != _width(table):
        body = [row for row in body if len(row) == _width(table)] or body
    if table.rows and body:
        body = _cut_cells(table, body)
    if table.rows and body:
        joined = _cut_row(table, body[0])
        if joined is not None:
            table.rows[-1] = joined
            body = body[1:]
    width = _width(table)
    if any(len(row) > width for row in body):
        wider = max(len(row) for row in body)
        table.paths += ((),) * (wider - len(table.paths))
        table.rows = [row + (BLANK,) * (wider - len(row)) for row in table.rows]
        width = wider
    table.rows.extend(row + (BLANK,) * (width - len(row)) for row in body)
    table.notes.extend(piece.notes)
    table.banner.extend(piece.banner)
    if piece.page is not None and piece.page not in table.pages:
        table.pages.append(piece.page)


def _aligned(table: Table, piece: _Piece) -> list[tuple[Cell, ...]]:
    """The rows of a narrower piece in the columns of its table, matched by where they stand on the page.

    The part of a form that a page break cuts off may need fewer columns than the whole form.
    """
    width, given = _width(table), len(piece.body[0]) if piece.body else 0
    if given > width:
        # a margin drawn as a column on this page only
        blank = [c for c in range(given) if not any(row[c].shown for row in piece.body)]
        for drop in (blank[: given - width], blank[width - given :]):
            if len(drop) == given - width and all(c in (*range(3), *range(given - 3, given)) for c in drop):
                return [tuple(cell for c, cell in enumerate(row) if c not in drop) for row in piece.body]
        return list(piece.body)
    if not given or given == width or len(table.edges) != width or len(piece.edges) != given:
        return list(piece.body)
    places: list[int] = []
    for left, right in piece.edges:
        overlaps = [max(0.0, min(right, b) - max(left, a)) for a, b in table.edges]
        best = max(range(width), key=lambda c: overlaps[c])
        if not overlaps[best] or (places and best <= places[-1]):
            return list(piece.body)
        places.append(best)
    rows = []
    for row in piece.body:
        new = [BLANK] * width
        for c, cell in zip(places, row, strict=True):
            new[c] = cell
        rows.append(tuple(new))
    return rows


def _width(table: Table) -> int:
    return len(table.paths) or (len(table.rows[0]) if table.rows else 0)


RECENT = 100
"""Rows above a page break that tell what its columns hold."""
_KEY = re.compile(r"^[0-9A-Z]{6,}")
_OF_ROWS = frozenset(["money", "seq", "code"])
"""Roles of columns that only a row of its own fills."""


def _cut_cells(table: Table, body: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Joins the cells of the last row that the page break cut with their other halves; returns the rows that are left.

    A cell is cut when no line closes it at the end of its page while lines close its neighbours (a project merged over
    the rows of its indicators), or when the edge cuts through its letters: then both pages show that line, and it is
    one. Cells that are complete on both sides are left alone.
    """
    last, first = table.rows[-1], body[0]
    if len(last) != len(first):
        return body
    columns = [c for c, cell in enumerate(last) if cell.open_below or cell == BLANK]
    if len(columns) == len(last) or not all(first[c].own or first[c] == BLANK for c in columns):
        columns = []
    sure = [c for c, cell in enumerate(last) if _one_line(cell.cut_below, first[c].cut_above)]
    if sure and not columns:
        # the parts of one row: whatever begins and ends where the cut cells do
        tops, bottoms = {_top(table, c) for c in sure}, {first[c].rows for c in sure}
        columns = [c for c in range(len(last)) if _top(table, c) in tops and first[c].rows in bottoms]
    if not columns or (not sure and any(_begins_anew(table, c, first[c]) for c in columns)):
        return body
    body = list(body)
    for c in columns:
        a, b = last[c], first[c]
        if not b.own or (
            not sure and a.shown in _INDICATOR_WORDS and b.shown in _INDICATOR_WORDS and a.shown != b.shown
        ):
            continue
        whole, top = _whole(a, b), _top(table, c)
        for r in range(top, len(table.rows)):
            row = table.rows[r]
            # where the text begins, unless only the next page shows all of its letters
            at = b.at if b.text == whole and a.text != whole else row[c].at
            cell = replace(
                row[c], text=whole, at=at, own=r == top, rows=len(table.rows) - top, cut_below="", open_below=False,
                confidence=1.0 if _one_line(a.cut_below, b.cut_above) else row[c].confidence,
            )  # fmt: skip
            table.rows[r] = (*row[:c], cell, *row[c + 1 :])
        for r in range(min(b.rows, len(body))):
            row = body[r]
            # a part that reaches the end of its page in turn goes on on the next
            cell = replace(row[c], text=whole, at=table.rows[-1][c].at, own=False, cut_above="")
            body[r] = (*row[:c], cell, *row[c + 1 :])
    return body if any(cell.own and cell.shown for cell in body[0]) else body[1:]


def _top(table: Table, c: int) -> int:
    """The row in which the cell at the end of column c begins."""
    r = len(table.rows) - 1
    while r and not table.rows[r][c].own and _one_cell(table.rows[r - 1][c], table.rows[r][c]):
        r -= 1
    return r


def _one_cell(above: Cell, below: Cell) -> bool:
    """Whether two places are of one cell; of cells without a place those that nothing draws are no part of one that is drawn."""
    return above.at == below.at and (above.at is not None or (above == BLANK) == (below == BLANK))


def _begins_anew(table: Table, c: int, below: Cell) -> bool:
    """Whether a cell cannot be the rest of the last one in its column: another amount, or another key of full length."""
    above = table.rows[-1][c]
    if not below.own or not above.shown or not below.shown or above.shown == below.shown:
        return False
    if is_amount_text(above.shown) and is_amount_text(below.shown):
        return True
    lengths = [len(m.group()) for row in table.rows[-RECENT:] if row[c].own and (m := _KEY.match(row[c].shown))]
    ours, theirs = _KEY.match(above.shown), _KEY.match(below.shown)
    if not lengths or ours is None or theirs is None:
        return False
    return len(theirs.group()) >= Counter(lengths).most_common(1)[0][0]


def _whole(above: Cell, below: Cell) -> str:
    """The text of a cell from its two parts; a line that both pages show counts once."""
    if not below.shown:
        return above.text
    if not above.shown:
        return below.text
    line = _one_line(above.cut_below, below.cut_above)
    if not line:
        return above.text if above.shown == below.shown else above.text + below.text
    head, rest = above.text, below.text
    for letter in reversed(above.cut_below):
        head = head.rstrip().removesuffix(letter)
    for letter in below.cut_above:
        rest = rest.lstrip().removeprefix(letter)
    return (above.text if line == above.cut_below else head + line) + rest


def _one_line(above: str, below: str) -> str:
    """What a line cut through its letters says, from what the two pages show of it; "" when these are different lines.

    Printers leave out what lies wholly behind the edge: the upper half of `264.64` has lost its point.
    """
    fewer, more = sorted((above, below), key=len)
    letters = iter(more)
    return more if len(fewer) > 0.5 * len(more) and all(letter in letters for letter in fewer) else ""


def _cut_row(table: Table, row: tuple[Cell, ...]) -> tuple[Cell, ...] | None:
    """The last row of a table joined with the first of the next page, when the page cut one row in two (trap 4)."""
    last = table.rows[-1]
    if len(last) != len(row):
        return None
    shown = [c for c, cell in enumerate(row) if cell.own and cell.shown]
    if not shown:
        return None
    if table.form:
        tails = [row[c].shown for c in shown]
        empty_before = not any(row[c].shown for c in range(min(3, len(row) - 1)) if c not in shown)
        if not empty_before or not all(last[c].shown for c in shown) or any(t in _INDICATOR_WORDS for t in tails):
            return None
        ends = (
            max(c for c, cell in enumerate(last) if cell.own and cell.shown)
            if any(c.own and c.shown for c in last)
            else -1
        )
        if len(shown) > 1 and (shown[0] == 0 or shown[-1] >= ends):
            return None  # a row of its own shows its value
        return _merged(last, row)
    recent = table.rows[-RECENT:]
    told = [c for c in shown if c < len(table.paths)]
    if any(column_role(table.paths[c], [r[c].shown for r in recent], c) in _OF_ROWS for c in told):
        return None  # a row of its own shows its amount or its key
    if any(split_ordinal(row[c].shown)[0] for c in shown) or any(row[c].shown in TOTAL_WORDS for c in shown):
        return None
    if not all(last[c].shown for c in shown):
        return None
    if any(last[c].shown in TOTAL_WORDS for c in shown):
        return None
    roles = column_roles(table.paths, [[r[c].shown for r in recent] for c in range(len(row))])
    money = [c for c, role in enumerate(roles) if role == "money"]
    keys = [c for c, role in enumerate(roles) if role in ("seq", "code")]
    has_keys = any(r[c].shown for r in recent for c in keys)
    # where rows have keys, one without is the tail of the row before even when it reads like a label (`支出`)
    if not has_keys and any(measure_of_level(row[c].shown) or is_class_name(row[c].shown) for c in shown):
        return None
    has_amounts = any(last[c].shown for c in money)
    sides = sum(role == "name" for role in roles) > 1 and not keys
    if (
        (has_keys and any(last[c].shown for c in keys))
        or (has_amounts and not sides)
        or (len(shown) == 1 and has_amounts)
    ):
        return _merged(last, row)
    return None


def _merged(last: tuple[Cell, ...], row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    return tuple(
        replace(a, text=a.text + b.text) if b.own and b.shown and a.shown else (b if b.own and b.shown else a)
        for a, b in zip(last, row, strict=True)
    )


def _finish(table: Table) -> None:
    if not table.form:
        # a wholly blank row is printed where a table has nothing to show
        table.roles = column_roles(table.paths, [[_content(r, c) for r in table.rows] for c in range(_width(table))])
    table.kind = classify(table)


def _content(row: tuple[Cell, ...], c: int) -> str:
    """What a row shows in a column; of a cell that spans columns only a figure, which belongs to the first of them."""
    if c >= len(row) or not row[c].own:
        return ""
    return row[c].shown if row[c].cols == 1 or is_amount_text(row[c].shown) else ""


def classify(table: Table) -> str:
    """The statement kind of a table: what its header can only be, then its title, then what its header suggests."""
    certain = _certain_kind(table)
    if certain:
        return certain
    titled = classify_title(table.title) if table.title else None
    if titled and titled not in ("project_performance", "organisation"):
        return titled
    return _suggested_kind(table) or titled or "unknown"


_ABOUT_UNITS = frozenset(
    [
        "单位性质",
        "单位规格",
        "经费保障形式",
        "拟变动情况",
        "经费性质",
        "在职人数",
        "预算单位性质",
        "单位类型",
        "编制数",
        "人员编制",
        "变动情况",
        "在职人员",
        "单位级别",
    ]
)


def _certain_kind(table: Table) -> str | None:
    leaves = {fold_header(level) for path in table.paths for level in path}
    if table.form:
        words = {cell.shown for row in table.rows for cell in row}
        title = squeeze(table.title or "")
        if any(PROJECT_LABEL.match(cell.shown) for row in table.rows[:3] for cell in row[:1]):
            return "project_performance"  # 专项资金整体绩效目标表 is a form for one 专项, not for the department
        if "整体" in title or any(w.startswith(("整体绩效目标", "部门整体")) for w in words):
            return "department_performance"
        return "project_performance"
    if "职责活动" in leaves:
        return "department_performance"
    folded = {fold_label(level) for path in table.paths for level in path}
    tells = any(leaf.endswith(("绩效目标", "绩效指标")) for leaf in folded) or len(folded & indicator_header()) >= 3
    if tells and any(is_project_name(path[-1]) for path in table.paths if path):
        return "project_performance"
    if leaves & {"采购物品名称", "政府采购目录序号", "采购品目名称", "采购品目", "采购目录", "采购项目名称"}:
        return "procurement"
    if "单位名称" in leaves and leaves & _ABOUT_UNITS:
        return "organisation"
    return None


def _suggested_kind(table: Table) -> str | None:
    measures = {m for path in table.paths for level in path if (m := measure_of_level(level))}
    levels = {fold_header(level) for path in table.paths for level in path}
    names = [cell.shown for row in table.rows for cell in row[:3] if cell.own]
    tops = {fold_header(path[0]) for path in table.paths if path}
    money = sum(role == "money" for role in table.roles)
    if not money:
        return None
    items = {n: item for n in names if n and (item := item_of_row(n))}
    several = len(set(items.values()) & {"abroad", "reception", "vehicle_total"}) >= 2
    # tables by economic class name the same items among many others
    mostly = sum(n in items for n in names if n) * 2 >= sum(bool(n) and not is_amount_text(n) for n in names)
    if {"abroad", "reception"} <= measures or (several and mostly):
        return "three_public_expenses"
    if levels & {"价值"} and any(n.startswith(("资产总额", "一、土地", "房屋", "1、房屋")) for n in names):
        return "fixed_assets"
    if any(t.endswith("收入") for t in tops) and any(t.endswith("支出") for t in tops):
        return "appropriation_summary" if {"general_budget", "gov_fund"} <= measures else "revenue_expenditure_summary"
    if (
        len(
            {"business_revenue", "superior_subsidy", "other_revenue", "operating_revenue", "affiliated_payment"}
            & measures
        )
        >= 2
    ):
        return "revenue_summary"
    if {"basic", "project"} <= measures and len({"operating_expenditure", "paid_up", "subsidy_down"} & measures) >= 1:
        return "expenditure_summary"
    if "项目名称" in levels and any("项目" in t for t in levels):
        return "project_expenditure"
    return None


def is_empty_row(row: tuple[Cell, ...]) -> bool:
    """Whether a body row shows nothing but blanks and dashes."""
    return all(is_blank(cell.text) for cell in row)


_TOLD = re.compile(r"[\u4e00-\u9fff]{2}|^-?(?:\d[\d,，]*\.\d+|\d{1,3}(?:[,，]\d{3})+)$")
"""A word, or an amount by itself."""


def is_statement(table: Table) -> bool:
    """Whether a table goes into the disclosure: it has a known kind, or it shows a number that must not be lost.

    Lists of words (contents of the document, duties) are no statements.
    """
    if not table.rows and not table.paths:
        return False
    bare = not table.form and not any(table.paths)
    if bare and not any(_TOLD.search(cell.shown) for row in table.rows for cell in row if cell.own):
        return bool(table.notes) and table.kind != "unknown"  # the scale and the bars of a chart
    if table.kind != "unknown":
        return True
    if any(fold_header(level) in ("报表名称", "是否空表") for path in table.paths for level in path):
        return False
    texts = {cell.shown for row in table.rows for cell in row}
    if texts & {"报表名称", "是否空表"}:
        return False
    return any(is_amount_text(cell.shown) for row in table.rows for cell in row if cell.own)
