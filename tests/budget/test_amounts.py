"""What a money cell prints, and in which unit: the number a person sees, or an error."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget.amounts import (
    NotAnAmountError,
    Unit,
    find_unit,
    parse_amount,
    printed_decimals,
    says_strange_unit,
    stated_unit,
)
from budget.printed_text import squeeze


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("单位：万元", Unit.WAN),
        ("单位:元", Unit.YUAN),
        ("单位（万元）", Unit.WAN),
        ("单位 万元", Unit.WAN),
        ("单位；万元", Unit.WAN),
        ("单位,万元", Unit.WAN),
        ("单位万元", Unit.WAN),
        ("单位.千元", Unit.THOUSAND),
        ("本表单位均为万元", Unit.WAN),
        ("金额单位亿元", Unit.YI),
        ("金额单位：人民币元", Unit.YUAN),
        ("单位：（人民币）万元", Unit.WAN),
        ("部门：某单位 单位：万元", Unit.WAN),
        ("编制单位：某局 金额单位 元", Unit.YUAN),
        ("单位资金0万元", None),
        ("单位：方元", None),
        ("单位：力元", None),
        ("单位：百万元", None),
        ("单位：万美元", None),
        ("单位名称：某局", None),
    ],
)
def test_the_unit_behind_the_word_is_the_longest_and_any_sign_may_stand_between(line: str, unit: Unit | None) -> None:
    assert stated_unit(line) == unit


@pytest.mark.parametrize("line", ["单位：方元", "单位:力元", "单位：百万元", "单位 万美元"])
def test_a_unit_that_is_none_of_ours_is_strange_never_yuan(line: str) -> None:
    assert says_strange_unit(line)


def test_a_stated_unit_of_ours_is_not_strange() -> None:
    assert not any(says_strange_unit(line) for line in ("单位：万元", "单位元", "单位名称：某局", "单位资金0万元", ""))


@pytest.mark.parametrize(
    ("printed", "amount"),
    [
        ("1,234.56", "1234.56"),
        ("3，518.85", "3518.85"),
        ("1,2345.00", "12345.00"),
        ("-42", "-42"),
        ("(7.00)", "-7.00"),
        ("（7.00）", "-7.00"),
        ("¥12.5", "12.5"),
        (".50", "0.50"),
        ("24.93¹", "24.93"),
        ("12.50*", "12.50"),
        ("12.50＊", "12.50"),
        ("1234.56①", "1234.56"),
        ("36注1", "36"),
        ("36（注1）", "36"),
        ("12\u200b.50", "12.50"),
        ("12\u2060.50", "12.50"),
        ("415.00²³", "415.00"),
    ],
)
def test_an_amount_is_the_number_a_person_sees(printed: str, amount: str) -> None:
    assert parse_amount(printed) == Decimal(amount)


@pytest.mark.parametrize(
    "printed",
    [
        "1,234,5678", "1.234,567", "1,23", "12,34,567", "1、027.063107", "12.5.0", "3O4.56", "约34.56", "9" * 15, "9" * 400,
        "0." + "1" * 30, "(", "()", "-", "--5", "1²3", "①", "¹", "*", "注1", "12 34.5.6", "-(5)",
    ],
)  # fmt: skip
def test_anything_else_is_refused_never_mended(printed: str) -> None:
    if printed == "-":
        assert parse_amount(printed) is None
        return
    with pytest.raises(NotAnAmountError):
        parse_amount(printed)


def test_the_mark_of_a_note_adds_no_decimal() -> None:
    assert printed_decimals("24.93¹") == 2
    assert printed_decimals("(24.93)") == 2
    assert printed_decimals("36①") == 0


def test_raised_and_circled_digits_stay_what_they_are_when_text_is_folded() -> None:
    assert squeeze("２４.９３¹ 万元") == "24.93¹万元"
    assert squeeze("① 人员 经费") == "①人员经费"


def test_a_unit_is_found_in_a_header() -> None:
    assert find_unit("预算金额（万元）") == Unit.WAN


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.booleans())
def test_what_is_printed_with_separators_is_read_back(value: Decimal, grouped: bool) -> None:
    printed = format(value, ",.2f" if grouped else ".2f")
    assert parse_amount(printed) == value
