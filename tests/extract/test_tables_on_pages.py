"""Words and rules → grids. Pages are written down here in points from the top left."""

from __future__ import annotations

import time

from extract.page.tables import PageBlocks, blocks_of
from extract.reading import Grid, Line, Page, Rule, Word

SIZE = 9.0


def word(text: str, x: float, y: float, width: float | None = None) -> Word:
    wide = sum(1.0 if c >= "\u2e80" else 0.55 for c in text) * SIZE if width is None else width
    return Word(text, (x, y, x + wide, y + SIZE))


def ending(text: str, x1: float, y: float) -> Word:
    wide = sum(1.0 if c >= "\u2e80" else 0.55 for c in text) * SIZE
    return Word(text, (x1 - wide, y, x1, y + SIZE))


def level(y: float, x0: float, x1: float) -> Rule:
    return Rule((x0, y, x1, y), "h")


def upright(x: float, top: float, bottom: float) -> Rule:
    return Rule((x, top, x, bottom), "v")


def box(x0: float, top: float, x1: float, bottom: float) -> list[Rule]:
    return [level(top, x0, x1), level(bottom, x0, x1), upright(x0, top, bottom), upright(x1, top, bottom)]


def read(words: list[Word], rules: list[Rule]) -> PageBlocks:
    return blocks_of(Page(1, 500.0, 700.0, tuple(words), tuple(rules)))


def grids(blocks: PageBlocks) -> list[Grid]:
    return [b for b in blocks.blocks if isinstance(b, Grid)]


def texts(grid: Grid) -> list[list[str]]:
    return [[c.text if c else "·" for c in row] for row in grid.matrix()]


def lines(blocks: PageBlocks) -> list[str]:
    return [b.text for b in blocks.blocks if isinstance(b, Line)]


def test_merged_cells_keep_their_spans() -> None:
    rules = [
        *box(50, 100, 350, 160), level(120, 150, 350), level(140, 50, 350),
        upright(150, 100, 160), upright(250, 120, 160),
    ]  # fmt: skip
    words = [
        word("科目", 80, 115),
        word("预算数", 230, 105),
        word("合计", 180, 125),
        word("项目", 280, 125),
        word("208", 60, 145),
        word("1.00", 200, 145),
        word("2.00", 300, 145),
    ]
    (grid,) = grids(read(words, rules))
    assert texts(grid) == [["科目", "预算数", "·"], ["·", "合计", "项目"], ["208", "1.00", "2.00"]]
    spans = {c.text: (c.rows, c.cols) for c in grid.cells}
    assert spans["科目"] == (2, 1) and spans["预算数"] == (1, 2) and spans["2.00"] == (1, 1)


def test_lines_of_a_cell_are_joined_without_a_break_and_in_order() -> None:
    rules = [*box(50, 100, 350, 140), upright(200, 100, 140)]
    words = [
        word("人力资源和社会", 55, 105),
        word("保障管理事务", 55, 118),
        word("12,345,67", 205, 105),
        word("8.90", 205, 118),
    ]
    (grid,) = grids(read(words, rules))
    assert texts(grid) == [["人力资源和社会保障管理事务", "12,345,678.90"]]


def test_a_table_without_outer_borders_keeps_its_outer_columns() -> None:
    rules = [level(y, 50, 350) for y in (100, 120, 140)] + [upright(150, 100, 140), upright(250, 100, 140)]
    words = [
        word(t, x, y)
        for y, row in ((105, ("类", "名称", "1.00")), (125, ("208", "合计", "2.00")))
        for t, x in zip(row, (60, 160, 260), strict=True)
    ]
    (grid,) = grids(read(words, rules))
    assert texts(grid) == [["类", "名称", "1.00"], ["208", "合计", "2.00"]]


def test_a_table_cut_by_the_page_keeps_its_last_row() -> None:
    rules = [level(y, 50, 350) for y in (100, 120)] + [upright(x, 100, 160) for x in (50, 150, 250, 350)]
    words = [
        word("名称", 60, 105),
        word("1.00", 160, 105),
        word("2.00", 260, 105),
        word("合计", 60, 140),
        word("3.00", 160, 140),
        word("4.00", 260, 140),
    ]
    blocks = read(words, rules)
    (grid,) = grids(blocks)
    assert texts(grid) == [["名称", "1.00", "2.00"], ["合计", "3.00", "4.00"]]
    assert blocks.unread == ()


def test_a_piece_of_border_that_is_missing_loses_no_figure() -> None:
    rules = [level(100, 50, 350), level(120, 50, 350), level(140, 50, 150), level(140, 250, 350)]
    rules += [upright(x, 100, 140) for x in (50, 150, 250, 350)]
    words = [
        word("1.00", 60, 105),
        word("2.00", 160, 105),
        word("3.00", 60, 125),
        word("4.00", 160, 125),
        word("5.00", 260, 125),
    ]
    (grid,) = grids(read(words, rules))
    assert texts(grid) == [["1.00", "2.00", ""], ["3.00", "4.00", "5.00"]]


def test_a_column_as_high_as_the_page_with_no_rule_across_is_a_cell() -> None:
    rules = (
        [upright(x, 50, 600) for x in (50, 150)]
        + box(250, 50, 450, 600)
        + [upright(350, 50, 600), level(300, 250, 450)]
    )
    words = [
        word("236.58", 60, 300),
        word("产出", 260, 100),
        word("30", 360, 100),
        word("效益", 260, 400),
        word("10", 360, 400),
        word("236.58", 170, 300),
    ]
    blocks = read(words, rules)
    found = sorted(c.text for g in grids(blocks) for c in g.cells if c.text)
    assert found == ["10", "236.58", "236.58", "30", "产出", "效益"]


def test_two_tables_of_one_width_stay_two() -> None:
    rules = [*box(50, 100, 350, 140), level(120, 50, 350), upright(200, 100, 140)]
    rules += [*box(50, 200, 350, 240), level(220, 50, 350), upright(200, 200, 240)]
    words = [
        word(t, x, y)
        for t, x, y in (
            ("甲", 60, 105),
            ("1.00", 210, 105),
            ("乙", 60, 125),
            ("2.00", 210, 125),
            ("标题", 180, 165),
            ("丙", 60, 205),
            ("3.00", 210, 205),
            ("丁", 60, 225),
            ("4.00", 210, 225),
        )
    ]
    blocks = read(words, rules)
    assert [texts(g) for g in grids(blocks)] == [[["甲", "1.00"], ["乙", "2.00"]], [["丙", "3.00"], ["丁", "4.00"]]]
    assert lines(blocks) == ["标题"]


def test_side_by_side_tables_are_read_from_left_to_right() -> None:
    rules = [*box(50, 100, 200, 140), level(120, 50, 200), upright(120, 100, 140)]
    rules += [*box(260, 100, 410, 140), level(120, 260, 410), upright(330, 100, 140)]
    words = [
        word(t, x, y)
        for t, x, y in (
            ("a", 60, 105),
            ("1.00", 130, 105),
            ("b", 60, 125),
            ("2.00", 130, 125),
            ("c", 270, 105),
            ("3.00", 340, 105),
            ("d", 270, 125),
            ("4.00", 340, 125),
        )
    ]
    assert [texts(g) for g in grids(read(words, rules))] == [
        [["a", "1.00"], ["b", "2.00"]],
        [["c", "3.00"], ["d", "4.00"]],
    ]


def test_a_frame_around_text_and_underlined_headings_are_no_tables() -> None:
    rules = [*box(40, 90, 460, 200), level(121, 60, 200), level(151, 60, 200), level(171, 60, 200)]
    words = [word("第一部分单位概况", 60, 110), word("第二部分预算表", 60, 140), word("第三部分说明", 60, 160)]
    blocks = read(words, rules)
    assert grids(blocks) == []
    assert lines(blocks) == ["第一部分单位概况", "第二部分预算表", "第三部分说明"]


def test_a_table_within_a_page_frame_keeps_its_cells() -> None:
    rules = [*box(20, 20, 480, 680), *box(50, 100, 350, 140), level(120, 50, 350), upright(200, 100, 140)]
    words = [
        word("甲", 60, 105),
        word("1.00", 210, 105),
        word("乙", 60, 125),
        word("2.00", 210, 125),
        word("标题", 180, 60),
    ]
    blocks = read(words, rules)
    assert [texts(g) for g in grids(blocks)] == [[["甲", "1.00"], ["乙", "2.00"]]]
    assert lines(blocks) == ["标题"]


def test_a_number_in_a_table_but_in_no_cell_is_reported() -> None:
    # a hole: four cells around a place that no rule closes on two sides
    rules = (
        box(50, 100, 150, 200)
        + box(250, 100, 350, 200)
        + [level(100, 150, 250), level(120, 50, 350), level(200, 150, 250)]
    )
    rules = [r for r in rules if not (r.direction == "v" and r.box[0] in (150, 250))] + [
        upright(150, 100, 120),
        upright(250, 100, 120),
    ]
    words = [word("甲", 60, 105), word("乙", 160, 105), word("丙", 260, 105), word("77.70", 180, 150)]
    blocks = read(words, rules)
    held = [c.text for g in grids(blocks) for c in g.cells]
    assert "77.70" in held or [u.text for u in blocks.unread] == ["77.70"]


def test_the_indent_of_a_name_is_kept_as_a_hint() -> None:
    rules = [*box(50, 100, 350, 160), level(120, 50, 350), level(140, 50, 350), upright(200, 100, 160)]
    words = [
        word("合计", 55, 105),
        word("1.00", 210, 105),
        word("其中", 73, 125),
        word("2.00", 210, 125),
        word("小计", 55, 145),
        word("3.00", 210, 145),
    ]
    (grid,) = grids(read(words, rules))
    assert {c.text: c.indent for c in grid.cells if c.col == 0} == {"合计": 0, "其中": 2, "小计": 0}


class TestLevelRulesOnly:
    RULES = (level(100, 50, 450), level(115, 250, 450), level(130, 50, 450), level(150, 50, 450), level(185, 50, 450))

    def words(self) -> list[Word]:
        return [
            word("科目", 60, 110), word("名称", 150, 110), word("预算数", 335, 103), word("合计", 270, 118), word("项目", 400, 118),
            word("208", 60, 135), word("社会保障", 150, 135), ending("1,635.32", 310, 135), ending("9.00", 440, 135),
            word("20801", 60, 160), word("人力资源和社会", 150, 155), word("保障管理", 150, 168), ending("72.10", 310, 160),
        ]  # fmt: skip

    def test_columns_come_from_alignment_and_the_head_keeps_its_spans(self) -> None:
        (grid,) = grids(read(self.words(), list(self.RULES)))
        assert texts(grid) == [
            ["科目", "名称", "预算数", "·"],
            ["·", "·", "合计", "项目"],
            ["208", "社会保障", "1,635.32", "9.00"],
            ["20801", "人力资源和社会保障管理", "72.10", ""],
        ]
        assert {c.text: (c.rows, c.cols) for c in grid.cells if c.row < 2} == {
            "科目": (2, 1), "名称": (2, 1), "预算数": (1, 2), "合计": (1, 1), "项目": (1, 1)
        }  # fmt: skip

    def test_two_tables_under_each_other_are_parted_by_their_heading(self) -> None:
        below = [Rule((r.box[0], r.box[1] + 200, r.box[2], r.box[3] + 200), r.direction) for r in self.RULES]
        more = [Word(w.text, (w.box[0], w.box[1] + 200, w.box[2], w.box[3] + 200)) for w in self.words()]
        heading = Word("财政拨款收支总表", (50, 240, 180, 256))
        blocks = read([*self.words(), heading, *more], [*self.RULES, *below])
        assert len(grids(blocks)) == 2
        assert texts(grids(blocks)[0]) == texts(grids(blocks)[1])
        assert lines(blocks) == ["财政拨款收支总表"]

    def test_head_and_foot_rules_alone_leave_the_rows_to_the_baselines(self) -> None:
        rules = [level(100, 50, 450), level(120, 50, 450), level(185, 50, 450)]
        words = [word("项目", 60, 105), word("预算数", 250, 105), word("决算数", 390, 105)]
        for i, (name, a, b) in enumerate(
            (("基本支出", "10.00", "9.00"), ("项目支出", "5.00", "4.50"), ("合计", "15.00", "13.50"))
        ):
            words += [word(name, 60, 125 + 20 * i), ending(a, 280, 125 + 20 * i), ending(b, 420, 125 + 20 * i)]
        (grid,) = grids(read(words, rules))
        assert texts(grid)[1:] == [
            ["基本支出", "10.00", "9.00"],
            ["项目支出", "5.00", "4.50"],
            ["合计", "15.00", "13.50"],
        ]


class TestNoRulesAtAll:
    def test_rows_of_numbers_in_columns_are_a_table(self) -> None:
        words = [
            word("单位：万元", 400, 80),
            word("科目编码", 50, 100),
            word("科目名称", 150, 100),
            word("合计", 300, 100),
            word("基本支出", 400, 100),
        ]
        for i, row in enumerate(
            (
                ("208", "社会保障和就业支出", "1,234.56", "0"),
                ("20801", "管理事务", "234.56", "—"),
                ("2080101", "行政运行", "34.56", "0"),
            )
        ):
            y = 115 + 13 * i
            words += [word(row[0], 50, y), word(row[1], 150, y), ending(row[2], 330, y), ending(row[3], 436, y)]
        blocks = read(words, [])
        (grid,) = grids(blocks)
        assert texts(grid) == [
            ["科目编码", "科目名称", "合计", "基本支出"],
            ["208", "社会保障和就业支出", "1,234.56", "0"],
            ["20801", "管理事务", "234.56", "—"],
            ["2080101", "行政运行", "34.56", "0"],
        ]
        assert lines(blocks) == ["单位：万元"]

    def test_a_name_set_around_the_middle_of_its_row_is_one_cell(self) -> None:
        words = []
        for y, name, amount in ((100, "教育支出", "5.00"), (145, "卫生支出", "7.00"), (160, "合计", "18.00")):
            words += [word("205", 50, y), word(name, 100, y), ending(amount, 300, y), ending("0", 360, y)]
        words += [word("机关事业单位基本养老保险缴费", 100, 116), word("支出", 100, 128)]
        words += [word("208", 50, 122), ending("6.00", 300, 122), ending("0", 360, 122)]
        (grid,) = grids(read(words, []))
        assert texts(grid)[1] == ["208", "机关事业单位基本养老保险缴费支出", "6.00", "0"]
        assert len(texts(grid)) == 4

    def test_rows_of_small_letters_that_keep_a_wide_distance_are_a_table_with_its_head(self) -> None:
        words = [word("功能分类科目", 110, 100), word("一般公共预算支出", 330, 100)]
        words += [
            word("编码", 60, 134),
            word("名称", 160, 134),
            word("合计", 300, 134),
            word("其中：结转资金", 400, 134),
        ]
        rows = [
            ["", "合计", "80.00", "5.00"],
            ["208", "社会保障支出", "80.00", ""],
            ["20801", "管理事务", "80.00", "5.00"],
        ]
        for i, (code, name, a, b) in enumerate(rows):
            y = 168 + 34 * i
            words += [word(code, 50, y), word(name, 150, y), ending(a, 320, y), ending(b, 460, y)]
        (grid,) = grids(read([w for w in words if w.text], []))
        assert texts(grid)[1:] == [["编码", "名称", "合计", "其中：结转资金"], *rows]

    def test_rows_at_uneven_or_greater_distances_are_no_table(self) -> None:
        for places in ((100, 134, 172), (100, 142, 184)):
            words = []
            for y in places:
                words += [word("208", 50, y), word("社会保障支出", 150, y), ending("80.00", 320, y)]
            assert grids(read(words, [])) == []

    def test_a_table_of_contents_and_prose_are_no_tables(self) -> None:
        words = []
        for i in range(6):
            y = 100 + 20 * i
            words += [word(f"第{i}部分概况", 50, y), word("………………", 200, y), word(str(i + 1), 430, y)]
        words += [word("2024年预算收入1,234.56万元，比上年增加12.00万元，增长0.98%，主要原因是人员增加。", 50, 300)]
        words += [word("其中：基本支出1,000.00万元，项目支出234.56万元。", 50, 320)]
        words += [word("三公经费预算3.44万元，比上年减少4.19万元。", 50, 340)]
        assert grids(read(words, [])) == []


def test_the_scale_of_a_chart_and_its_legend_are_no_table() -> None:
    rules = [level(100 + 40 * i, 90, 450) for i in range(5)]
    words = [ending(str(200000 - 50000 * i), 88, 96 + 40 * i) for i in range(5)]
    words += [word("2023年", 150, 270), word("2024年", 300, 270), word("一般公共预算", 200, 80)]
    assert grids(read(words, rules)) == []


def chart(scale: list[str], bars: list[str], x: float = 90) -> tuple[list[Word], list[Rule]]:
    """A chart drawn with a line at each number of its scale; the tops of its bars are labelled beside the lines."""
    rules = [level(100 + 12 * i, x, x + 360) for i in range(len(scale))]
    words = [ending(text, x - 2, 104 + 12 * i) for i, text in enumerate(scale) if text]
    words += [word(bar, x + 40 + 60 * i, 104 + 12 * (i % (len(scale) - 1))) for i, bar in enumerate(bars)]
    return words, rules


def test_a_scale_that_falls_to_nothing_makes_a_chart_of_what_stands_beside_it() -> None:
    bars = ["5,344.26", "2,226.71", "714.30", "98.18", "710.00", "160.80"]
    whole = ["6,000", "5,000", "4,000", "3,000", "2,000", "1,000", "0"]
    assert grids(read(*chart(whole, bars))) == []
    assert grids(read(*chart([*whole[:3], "", *whole[4:]], bars))) == [], "a recognised scale may lack a number"
    assert grids(read(*chart(["450000", "350000", "250000", "150000", "50000"], bars)))  # falls to no even nothing


def test_amounts_that_fall_evenly_are_a_table_where_names_stand_before_them() -> None:
    amounts = ["400", "300", "200", "100"]
    rules = [level(100 + 20 * i, 50, 450) for i in range(6)]
    words = [word("项目名称", 60, 108), word("金额", 300, 108), word("上年", 400, 108)]
    for i, amount in enumerate(amounts):
        words += [
            word(f"采购设备{i}", 60, 128 + 20 * i),
            ending(amount, 340, 128 + 20 * i),
            ending("7", 430, 128 + 20 * i),
        ]
    [grid] = grids(read(words, rules))
    assert [row[1] for row in texts(grid)] == ["金额", *amounts]


def test_lines_above_two_tables_side_by_side_go_with_their_own_table() -> None:
    rules = [*box(50, 100, 200, 140), level(120, 50, 200), upright(120, 100, 140)]
    rules += [*box(260, 100, 410, 140), level(120, 260, 410), upright(330, 100, 140)]
    words = [
        word("某局预算", 200, 40), word("基金支出表", 60, 70), word("国资支出表", 280, 70),
        word("单位：万元", 150, 85), word("单位：元", 360, 85),
        word("a", 60, 105), word("1.00", 130, 105), word("b", 60, 125), word("2.00", 130, 125),
        word("c", 270, 105), word("3.00", 340, 105), word("d", 270, 125), word("4.00", 340, 125),
    ]  # fmt: skip
    blocks = read(words, rules).blocks
    assert [b.text if isinstance(b, Line) else texts(b)[0][0] for b in blocks] == [
        "某局预算", "基金支出表", "单位：万元", "a", "国资支出表", "单位：元", "c"
    ]  # fmt: skip


def test_thousands_of_lines_that_begin_with_a_number_are_not_each_held_against_all() -> None:
    words = [word("某局", 50, 80), word("预算", 200, 80), *(word(str(i + 1), 50, 100 + 12 * i) for i in range(6000))]
    begin = time.process_time()
    blocks = blocks_of(Page(1, 500.0, 72_200.0, tuple(words), ()))
    assert time.process_time() - begin < 6.0
    assert [len(lines(blocks)), len(grids(blocks))] == [6001, 0]


def framed_chart() -> tuple[list[Word], list[Rule]]:
    """Bars over two years: a scale from 58000 down to 46000 left of a framed field, with a line at every number."""
    words, rules = [], box(50, 90, 350, 260)
    for number, value in enumerate(range(58_000, 45_000, -2_000)):
        y = 110 + 20 * number
        words.append(ending(str(value), 95, y - SIZE / 2))
        rules.append(level(y, 100, 340))
    words += [
        word("50740.28", 150, 170),
        word("57398.06", 250, 118),
        word("2021年", 150, 245),
        word("2022年", 250, 245),
    ]
    return words, [*rules, upright(100, 110, 230)]


def test_the_field_of_a_chart_is_no_table_and_its_figures_are_drawn() -> None:
    found = read(*framed_chart())
    assert not grids(found) and not found.unread
    drawn = [b.text for b in found.blocks if isinstance(b, Line) and b.in_chart]
    assert any("50740.28" in text for text in drawn) and any("57398.06" in text for text in drawn)


def test_numbers_that_fall_evenly_between_rules_are_a_table() -> None:
    rules = [*box(50, 100, 350, 200), upright(100, 100, 200), *(level(y, 50, 350) for y in (120, 140, 160, 180))]
    words = [word(text, 55, y) for text, y in (("2026", 125), ("2025", 145), ("2024", 165), ("2023", 185))]
    words += [word("年度", 55, 105), word("预算数", 200, 105), word("57398.06", 200, 125), word("50740.28", 200, 165)]
    (grid,) = grids(read(words, rules))
    assert ["2026", "57398.06"] in [[t for t in row if t not in ("", "·")] for row in texts(grid)]
