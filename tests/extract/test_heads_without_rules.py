"""Tables printed without any line: the head is told from where its labels stand. Layouts are set here as a printer would.

Labels stand in the middle of their cells, across and down; numbers stand at the right edge, names at the left; long
labels wrap. What is expected is what was set.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from extract.page.tables import blocks_of
from extract.reading import Grid, Page, Word

SIZE = 9.0
PADDING = 5.0


@dataclass
class Head:
    """A label over its parts; without parts it names a column of `width` points."""

    text: str
    width: float = 0.0
    parts: list[Head] = field(default_factory=list)

    def leaves(self) -> list[Head]:
        return [leaf for part in self.parts for leaf in part.leaves()] if self.parts else [self]

    def depth(self) -> int:
        return 1 + max((part.depth() for part in self.parts), default=0)


def wide(text: str) -> float:
    return sum(1.0 if c >= "\u2e80" else 0.5 for c in text) * SIZE


def wrapped(text: str, room: float) -> list[str]:
    lines = [""]
    for letter in text:
        if lines[-1] and wide(lines[-1] + letter) > room:
            lines.append("")
        lines[-1] += letter
    return lines


class Layout:
    """A table set on a page: head levels of equal rows, then rows of a name and figures."""

    def __init__(self, heads: list[Head], rows: list[list[str]], pitch: float, row_gap: float) -> None:
        self.words: list[Word] = []
        self.pitch = pitch
        self.expected: dict[tuple[int, int], list[str]] = {}
        leaves = [leaf for head in heads for leaf in head.leaves()]
        self.edges = [40.0]
        for leaf in leaves:
            self.edges.append(self.edges[-1] + leaf.width)
        self.paths: list[list[str]] = [[] for _ in leaves]
        depth = max(head.depth() for head in heads)
        heights = [pitch * self._lines_at(heads, level, depth) + row_gap for level in range(depth)]
        tops = [100.0]
        for height in heights:
            tops.append(tops[-1] + height)
        self._set_heads(heads, 0, 0, depth, tops)
        y = tops[-1]
        for row in rows:
            lines = wrapped(row[0], leaves[0].width - 2 * PADDING)
            height = pitch * len(lines) + row_gap
            for k, line in enumerate(lines):
                self._put(line, self.edges[0] + PADDING, y + height / 2 + (k - (len(lines) - 1) / 2) * pitch)
            for c, text in enumerate(row[1:], 1):
                if text:
                    self._put(text, self.edges[c + 1] - PADDING - wide(text), y + height / 2)
            y += height

    def _lines_at(self, heads: list[Head], level: int, depth: int) -> int:
        most = 1
        for head in heads:
            if head.parts:
                if level:
                    most = max(most, self._lines_at(head.parts, level - 1, depth - 1))
                continue
            lines = len(wrapped(head.text, head.width - 2 * PADDING))
            most = max(most, -(-lines // depth))
        return most

    def _set_heads(self, heads: list[Head], first: int, level: int, depth: int, tops: list[float]) -> None:
        for head in heads:
            last = first + len(head.leaves())
            bottom = level + 1 if head.parts else depth
            room = self.edges[last] - self.edges[first] - 2 * PADDING
            lines = wrapped(head.text, room)
            middle_x, middle_y = (self.edges[first] + self.edges[last]) / 2, (tops[level] + tops[bottom]) / 2
            for k, line in enumerate(lines):
                self._put(line, middle_x - wide(line) / 2, middle_y + (k - (len(lines) - 1) / 2) * self.pitch)
            for c in range(first, last):
                if self.paths[c][-1:] != [head.text]:
                    self.paths[c].append(head.text)
            self._set_heads(head.parts, first, level + 1, depth, tops)
            first = last

    def _put(self, text: str, x: float, middle: float) -> None:
        self.words.append(Word(text, (x, middle - SIZE / 2, x + wide(text), middle + SIZE / 2)))

    def read(self) -> list[Grid]:
        page = blocks_of(Page(1, max(600.0, self.edges[-1] + 40), 800.0, tuple(self.words), ()))
        return [block for block in page.blocks if isinstance(block, Grid)]


def paths_of(grid: Grid) -> list[list[str]]:
    """The texts above the first figure, from top to leaf, column by column."""
    cover = grid.covering()
    body = next(r for r in range(grid.n_rows) if any(c is not None and "." in c.text for c in cover[r]))
    paths: list[list[str]] = []
    for c in range(grid.n_cols):
        path: list[str] = []
        for r in range(body):
            cell = cover[r][c]
            text = cell.text.replace(" ", "") if cell is not None else ""
            if text and (not path or path[-1] != text):
                path.append(text)
        paths.append(path)
    return paths


LABELS = (
    "合计", "小计", "基本支出", "项目支出", "财政拨款收入", "一般公共预算", "政府性基金预算财政拨款", "国有资本经营预算财政拨款",
    "财政专户管理资金", "事业收入", "经营收入", "上级补助收入", "附属单位上缴收入", "其他收入", "上年结转", "人员经费", "公用经费",
    "使用非财政拨款结余", "对附属单位补助支出", "上缴上级支出", "预算数", "决算数",
)  # fmt: skip
GROUPS = (
    "本年收入",
    "财政拨款",
    "支出",
    "2023年预算数",
    "资金性质",
    "基本支出",
    "一般公共预算支出",
    "公务用车购置及运行维护费",
)


def drawn_by_lot(seed: int) -> Layout:
    lot = random.Random(seed)
    labels = lot.sample(LABELS, 14)
    groups = lot.sample(GROUPS, 5)

    def leaf() -> Head:
        return Head(labels.pop(), lot.uniform(48, 62))

    def group(level: int) -> Head:
        count = lot.randint(2, 4)
        parts = [
            group(level + 1) if level < 1 and groups and lot.random() < 0.2 else leaf()
            for _ in range(count)
            if len(labels) > 2
        ]
        return Head(groups.pop(), parts=parts or [leaf()])

    heads = [Head("科目名称", lot.uniform(90, 140))]
    while sum(len(h.leaves()) for h in heads) < lot.randint(4, 9) and len(labels) > 5:
        heads.append(group(0) if groups and lot.random() < 0.45 else leaf())
    width = sum(len(h.leaves()) for h in heads)
    rows = []
    for _ in range(lot.randint(4, 12)):
        figures = [
            f"{lot.uniform(0, 10 ** lot.randint(1, 4)):.2f}" if lot.random() < 0.8 else "" for _ in range(width - 1)
        ]
        figures[0] = figures[0] or "1.00"
        rows.append(
            [lot.choice(("行政运行", "一般行政管理事务", "人力资源和社会保障管理事务支出", "事业单位医疗")), *figures]
        )
    return Layout(heads, rows, SIZE * lot.choice((1.2, 1.35, 1.55)), lot.uniform(2, 6))


LAYOUTS = 150


def test_nearly_every_head_drawn_by_lot_is_read_as_it_was_set() -> None:
    # what is left is ambiguous on paper: a group in the middle of three equal columns, rows of equal height
    read = [
        layout for layout in map(drawn_by_lot, range(LAYOUTS)) if [paths_of(g) for g in layout.read()] == [layout.paths]
    ]
    assert len(read) >= 0.95 * LAYOUTS


@pytest.mark.parametrize("seed", range(40))
def test_every_figure_ends_in_one_cell_of_its_own(seed: int) -> None:
    layout = drawn_by_lot(seed)
    figures = sorted(word.text for word in layout.words if "." in word.text)
    cells = [cell.text for grid in layout.read() for cell in grid.cells if "." in cell.text]
    assert sorted(cells) == figures


def read_paths(
    heads: list[Head], rows: list[list[str]], pitch: float = 1.35 * SIZE, gap: float = 4.0
) -> list[list[str]]:
    (grid,) = Layout(heads, rows, pitch, gap).read()
    return paths_of(grid)


ROWS = [
    ["合计", "4078.23", "1945.84", "2132.39", "828.39"],
    ["社会保障和就业支出", "2320.28", "1703.89", "616.39", "70.39"],
] * 2


def test_a_label_as_high_as_the_head_hangs_from_no_group() -> None:
    heads = [
        Head("科目名称", 120),
        Head("合计", 60),
        Head("本年支出", parts=[Head("基本支出", 60), Head("项目支出", 60)]),
        Head("上年结转", 60),
    ]
    assert read_paths(heads, ROWS) == [
        ["科目名称"],
        ["合计"],
        ["本年支出", "基本支出"],
        ["本年支出", "项目支出"],
        ["上年结转"],
    ]


def test_a_wrapped_label_beside_a_group_is_one_label() -> None:
    heads = [
        Head("科目名称", 120),
        Head("本年支出", parts=[Head("合计", 60), Head("基本支出", 60), Head("项目支出", 60)]),
        Head("对附属单位补助支出", 60),
    ]
    assert read_paths(heads, ROWS)[-1] == ["对附属单位补助支出"]


def test_the_middle_one_of_three_parts_is_not_the_second_line_of_its_group() -> None:
    heads = [
        Head("科目名称", 120),
        Head("本年收入", parts=[Head("基本支出", 60), Head("预算数", 60), Head("项目支出", 60)]),
        Head("上年结转", 60),
    ]
    assert read_paths(heads, ROWS, pitch=1.2 * SIZE, gap=3.8)[1:4] == [
        ["本年收入", "基本支出"],
        ["本年收入", "预算数"],
        ["本年收入", "项目支出"],
    ]


def test_wrapped_labels_of_neighbouring_columns_stay_apart() -> None:
    labels = ("政府性基金预算财政拨款", "国有资本经营预算财政拨款", "财政专户管理资金", "使用非财政拨款结余")
    heads = [Head("科目名称", 120), *(Head(label, 56) for label in labels)]
    assert read_paths(heads, ROWS) == [["科目名称"], *([label] for label in labels)]


def test_the_table_above_lends_the_next_one_no_rows() -> None:
    layout = drawn_by_lot(11)
    grids = layout.read()
    figures = [cell.text for grid in grids for cell in grid.cells if "." in cell.text]
    assert len(figures) == sum("." in word.text for word in layout.words)
