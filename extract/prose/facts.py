"""Reading → `ProseFact`s: every amount, and the percentages and counts of known things, that the narrative states.

Paragraphs come from `extract.prose.paragraphs`, the binding of a figure to its topic from `extract.prose.grammar`, topics
from `budget/data/prose_topics.toml`. Here: which paragraphs count, and what headings say about the sentences below them.
Glossaries, contents pages and tables are no prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from budget.disclosure import ProseFact
from budget.printed_text import squeeze
from extract.prose.grammar import Context, Figure, figures, has_amount, names_topic, scope_of
from extract.prose.paragraphs import PLAIN, Paragraph, ordinal_level, paragraphs, sentence_spans
from extract.prose.topics import Topic
from extract.reading import Reading

_GLOSSARY = re.compile(r"(?:名词|术语|专业名词)(?:解释|说明)")
_TERMINAL = re.compile(r"[。；：，、,;:！？!?]$")
_WORDS = re.compile(r"[^\W\d_万亿千百元个]{2}")
_LONGEST_HEADING = 50


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    text: str
    topic: Topic | None
    scope: str
    side: str
    glossary: bool
    lists: Topic | None = None
    """A paragraph that ended in a colon: what its numbered paragraphs below are items of."""


def prose_facts_of(
    reading: Reading, fiscal_year: int | None = None, basis: Literal["budget", "final"] = "budget"
) -> tuple[ProseFact, ...]:
    """Every fact of the narrative in reading order.

    `fiscal_year` and `basis` are the document's: a figure that names no year is of that year, and in a final account an
    amount called 预算 is not the account's own. Amounts are 万元, signed for changes (减少 is negative); `unit` is the printed
    one; `at` covers the lines the figure stands in (PDF, scan), the cell (text framed by a table) or is None.
    """
    return tuple(_facts(reading, Context(fiscal_year=fiscal_year, final=basis == "final")))


def _facts(reading: Reading, start: Context) -> Iterator[ProseFact]:
    stack: list[_Heading] = []
    context = start
    open_list = False
    for paragraph in paragraphs(reading):
        level = paragraph.heading or ordinal_level(paragraph.text)
        if _is_heading(paragraph):
            stack = _under(stack, _heading(paragraph.text, level or PLAIN, context))
            context = _settled(start, stack)
            open_list = False
            continue
        if level is not None and stack and stack[-1].glossary and level <= 1:
            stack = []
        if any(heading.glossary for heading in stack):
            continue
        if level is not None:
            stack = [heading for heading in stack if heading.level < level]
            context = replace(_settled(start, stack), side=context.side)
            if stack and stack[-1].lists is not None:
                context = replace(context, parent=stack[-1].lists, subject=None, listing=True)
        for begin, end in sentence_spans(paragraph.text):
            sentence = paragraph.text[begin:end]
            # a lone 339.5 万元 is a label of a chart, and continues nothing
            found, after = figures(sentence, context if _WORDS.search(sentence) else start)
            shown = _shown(sentence)
            yield from (_fact(paragraph, begin, shown, figure) for figure in found)
            if found and _WORDS.search(sentence):
                context = after
            else:
                named = _subject(sentence, context)
                if named is not None:
                    context = replace(context, subject=named, whole=named, name=None)
                if begin == 0 and level is not None and len(squeeze(sentence)) <= _LONGEST_HEADING:
                    stack = _under(stack, _heading(sentence, level, context))
                    context = replace(_settled(start, stack), side=context.side)
        open_list = squeeze(paragraph.text).endswith((":", "："))
        if open_list and level is not None and context.subject is not None and context.subject.item:
            heading = _heading(paragraph.text[:0], level, context)
            stack = _under(stack, replace(heading, topic=context.subject, lists=context.subject))


def _subject(sentence: str, context: Context) -> Topic | None:
    return names_topic(sentence, context) if len(squeeze(sentence)) <= _LONGEST_HEADING else None


def _is_heading(paragraph: Paragraph) -> bool:
    text = squeeze(paragraph.text)
    if paragraph.heading is not None and len(text) <= 80 and not has_amount(text):
        return True
    return len(text) <= _LONGEST_HEADING and not _TERMINAL.search(text) and not has_amount(text)


def _heading(text: str, level: int, context: Context) -> _Heading:
    scope, side = scope_of(text)
    return _Heading(
        level, squeeze(text), names_topic(text, context), scope, side, bool(_GLOSSARY.search(squeeze(text)))
    )


def _under(stack: list[_Heading], heading: _Heading) -> list[_Heading]:
    if any(h.glossary and h.level < heading.level for h in stack):
        return stack
    return [*(h for h in stack if h.level < heading.level), heading]


def _settled(start: Context, stack: list[_Heading]) -> Context:
    """What the headings above a paragraph settle: the nearest one its subject, any of them scope and side."""
    scope = next((h.scope for h in reversed(stack) if h.scope), "")
    side = next((h.side for h in reversed(stack) if h.side), "")
    return replace(
        start,
        headings="".join(h.text for h in stack),
        heading=stack[-1].text if stack else "",
        subject=stack[-1].topic if stack else None,
        scope=scope,
        side=side,
    )


def _fact(paragraph: Paragraph, begin: int, sentence: str, figure: Figure) -> ProseFact:
    return ProseFact(
        topic=figure.topic, amount=figure.amount, percent=figure.percent, count=figure.count, unit=figure.unit,
        raw=figure.raw, name=figure.name, fiscal_year=figure.fiscal_year, base_year=figure.base_year, sentence=sentence,
        at=paragraph.at(begin + figure.start, begin + figure.end),
    )  # fmt: skip


def _shown(sentence: str) -> str:
    """A sentence as printed, without the blanks that only the setting of the page put between its signs."""
    return re.sub(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])", "", sentence.strip())
