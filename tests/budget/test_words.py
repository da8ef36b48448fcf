"""Words of the field are data: every list is normalised, without repetition, in order and used; each names what it says."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from budget import words
from budget.printed_text import squeeze
from budget.words import (
    EMPTY_NOTES,
    FORMS,
    HEADERS,
    LABELS,
    TOTAL_WORDS,
    TOTALS,
    Words,
    WordsError,
    is_subtotal,
    is_total,
    read_words,
    total_role,
)

ROOT = Path(__file__).parents[2]
FILES = {"totals": TOTALS, "headers": HEADERS, "labels": LABELS, "empty_notes": EMPTY_NOTES, "forms": FORMS}
IN_ORDER_OF_PREFERENCE = {"headers.names"}
"""Lists whose first word that fits wins: they are not sorted."""


def lists() -> Iterator[tuple[str, Words]]:
    for file, held in FILES.items():
        for one in dataclasses.fields(held):
            yield f"{file}.{one.name}", getattr(held, one.name)


LISTS = dict(lists())


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_normalised_sorted_and_without_repetition(name: str) -> None:
    held = LISTS[name]
    assert held and [word for word in held if squeeze(word) != word] == []
    assert len(set(held)) == len(held)
    if name not in IN_ORDER_OF_PREFERENCE:
        assert list(held) == sorted(held)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_used(name: str) -> None:
    used = re.compile(rf"\.{name.partition('.')[2]}\b")
    rooms = [path for room in ("budget", "extract", "expectations") for path in (ROOT / room).rglob("*.py")]
    assert any(used.search(path.read_text(encoding="utf-8")) for path in rooms)


def test_a_file_and_its_class_name_the_same_lists() -> None:
    @dataclass(frozen=True)
    class Short:
        words: Words

    with pytest.raises(WordsError, match=r"totals: lists .*'subtotals'.* are unknown, \[\] are missing"):
        read_words("totals", Short)


def test_words_for_totals() -> None:
    assert {"合计", "总计", "共计", "小计", "本年收入合计", "收支总计"} <= TOTAL_WORDS
    assert all(is_total(word) for word in TOTAL_WORDS)
    assert is_total("财政拨款支出合计") and not is_total("合计数额") and not is_total("公务接待费")
    sentence = "上述各项加在一起按当年价格计算的" + "合计"
    assert len(sentence) - 2 > words.LONGEST_BEFORE_A_TOTAL and not is_total(sentence)
    assert is_subtotal("某局小计") and not is_subtotal("小计数")


@pytest.mark.parametrize(
    ("name", "role"),
    [("总计", "grand_total"), ("收入总计", "grand_total"), ("合计", "total"), ("共计", "total"), ("本年支出合计", "total"),
     ("合计数", "total"), ("资产总额", "total"), ("小计", "subtotal"), ("某局小计", "subtotal"), ("合计小计", "subtotal"),
     ("小计合计", None), ("资产", None), ("专项总计", None)],
)  # fmt: skip
def test_a_name_says_which_total_it_is(name: str, role: str | None) -> None:
    assert total_role(name) == role


def test_headers_are_told_by_their_words() -> None:
    assert "科目代码" in HEADERS.whole and "款" in HEADERS.code_levels and "目" not in HEADERS.code_levels
    assert "支出功能分类科目编码".startswith(HEADERS.begins) and "年度资金".endswith(HEADERS.ends)
    assert words.any_of(("预算", "预算数")) == "(?:预算数|预算)", "the longest that fits"
