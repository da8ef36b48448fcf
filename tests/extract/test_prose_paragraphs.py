"""Lines of pages become paragraphs: wraps and page breaks cut no sentence, furniture is no text."""

from __future__ import annotations

from budget.disclosure import PagePlace, TablePlace
from extract.prose.facts import prose_facts_of
from extract.prose.paragraphs import paragraphs
from extract.reading import Grid, GridCell, Line, Reading

_SIZE = (595.0, 842.0)
_FULL = "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十"


def line(text: str, page: int, top: float, x0: float = 90, x1: float = 510) -> Line:
    return Line(text, page=page, box=(x0, top, x1, top + 14), size=14.0)


def text_above(page: int = 1) -> tuple[Line, ...]:
    """A paragraph of five lines: where running text stands on this paper."""
    return (
        line(_FULL, page, 60, 118),
        *(line(_FULL, page, 60 + 8 * i) for i in range(1, 4)),
        line("一二三四五六七八九十一二三四五六。", page, 95, x1=330),
    )


def on_paper(*blocks: Line | Grid, pages: int) -> Reading:
    return Reading("pdf", blocks, pages=pages, page_sizes=(_SIZE,) * pages)


def test_a_sentence_goes_on_over_the_page_and_its_furniture():
    reading = on_paper(
        line("某局2024年预算公开", 1, 40, 200, 400),
        *text_above(),
        line("2024年机关运行经费预算50万元，比上年减少1,749.", 1, 700, 118),
        line("- 1 -", 1, 800, 290, 310),
        line("某局2024年预算公开", 2, 40, 200, 400),
        line("63万元，下降8%。", 2, 100, x1=230),
        line("- 2 -", 2, 800, 290, 310),
        line("某局2024年预算公开", 3, 40, 200, 400),
        line("公务接待费3万元。", 3, 100, 118, 300),
        pages=3,
    )
    facts = prose_facts_of(reading, 2024)
    assert [(f.topic, f.amount or f.percent) for f in facts] == [
        ("agency_running", "50"), ("agency_running_delta", "-1749.63"), ("agency_running_percent", "-8"), ("reception", "3"),
    ]  # fmt: skip
    assert facts[0].sentence == "2024年机关运行经费预算50万元，比上年减少1,749.63万元，下降8%。"
    assert facts[0].at == PagePlace(page=1, bbox=(118, 700, 510, 714))
    assert facts[2].at == PagePlace(page=2, bbox=(90, 100, 230, 114))


def test_a_heading_of_half_a_line_is_not_joined_to_the_text_below():
    reading = on_paper(
        *text_above(),
        line("二、机关运行经费情况说明", 1, 130, 118, 420),
        line("2024年预算50万元，用于某些事情某些事情某些事情。", 1, 160, 118, 500),
        pages=1,
    )
    texts = [paragraph.text for paragraph in paragraphs(reading)]
    assert texts[1:] == ["二、机关运行经费情况说明", "2024年预算50万元，用于某些事情某些事情某些事情。"]
    assert [(f.topic, f.amount) for f in prose_facts_of(reading, 2024)] == [("agency_running", "50")]


def test_a_long_number_pushed_to_the_next_line_does_not_end_the_paragraph():
    reading = on_paper(
        *text_above(),
        line("一般公共预算拨款安排的机关运行经费支出预算总额", 1, 130, 118, 452),
        line("123,456.78万元。", 1, 160, 90, 180),
        pages=1,
    )
    assert [(f.topic, f.amount) for f in prose_facts_of(reading, 2024)] == [("agency_running", "123456.78")]


def test_contents_lines_are_no_text():
    reading = on_paper(line("一、收入预算90万元情况…………………… 5", 1, 100), *text_above(), pages=1)
    assert prose_facts_of(reading, 2024) == ()


def test_cells_of_tables_are_no_prose_but_text_in_a_frame_is():
    table = Grid(1, 2, (GridCell(0, 0, "公务接待费3万元。", None), GridCell(0, 1, "5万元。", None)))
    frame = Grid(1, 1, (GridCell(0, 0, "公务接待费8万元。", TablePlace(table=2, row=0, col=0)),))
    facts = prose_facts_of(Reading("docx", (table, frame)), 2024)
    assert [(f.topic, f.amount, f.at) for f in facts] == [("reception", "8", TablePlace(table=2, row=0, col=0))]


def test_a_paragraph_of_word_broken_by_hand_is_joined():
    reading = Reading(
        "docx",
        (Line("2024年机关运行经费50万元，"), Line("比上年减少3万元。"), Line("二、公务接待费"), Line("预算3万元。")),
    )
    assert [(f.topic, f.amount) for f in prose_facts_of(reading, 2024)] == [
        ("agency_running", "50"), ("agency_running_delta", "-3"), ("reception", "3"),
    ]  # fmt: skip
