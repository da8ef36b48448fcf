"""A workbook's number is read as the sheet shows it, or its format is said not to be understood."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget.amounts import parse_amount
from extract.readers.number_format import BUILT_IN, NumberFormatError, shown_number

ACCOUNTING = '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ '
RED = "#,##0.00;[Red]#,##0.00"


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (4078.23, "#,##0.00", "4,078.23"),
        (1641.9, "0.00", "1641.90"),
        (1641.9, "General", "1641.9"),
        (1641.9, None, "1641.9"),
        (4078.2300000000005, "General", "4078.23"),
        (208.0, "General", "208"),
        (0.25, "0%", "25%"),
        (0.18345, "0.00%", "18.35%"),
        (0, ACCOUNTING, "-"),
        (-3.5, ACCOUNTING, "-3.50"),
        (1234567.891, ACCOUNTING, "1,234,567.89"),
        (0, "#,##0.00;-#,##0.00;", ""),
        (-7.0, "#,##0.00_);(#,##0.00)", "(7.00)"),
        (12.5, "#,##0.######", "12.5"),
        (12, "#,##0.######", "12"),
        (0.5, "#.00", ".50"),
        (10137.548093, "#,##0.000000", "10,137.548093"),
        (5, "00", "05"),
        (7825.53, "@", "7825.53"),
        (1500, '#,##0.00"万元"', "1,500.00万元"),
        (1500, "#,##0.00万元", "1,500.00万元"),
        (1500, "[$¥-804]#,##0.00", "¥1,500.00"),
        (1500, "G/通用格式", "1500"),
        (-0.001, "0.00", "0.00"),
    ],
)
def test_a_number_is_shown(value: float, number_format: str | None, shown: str) -> None:
    assert shown_number(value, number_format) == shown


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (15000000.0, "0!.0000", "1500.0000"),
        (15000000.0, '0"."0000', "1500.0000"),
        (15000000.0, "0\\.0000", "1500.0000"),
        (15000000.0, "0!.0,", "1500.0"),
        (1500000.0, "#,##0.00,", "1,500.00"),
        (1200000, "0.00,", "1200.00"),
        (9767948584, "#,##0,,", "9,768"),
        (123456, "#,##0,", "123"),
        (9, "0!.0000", "0.0009"),
        (345600, "[>=10000]0!.0000;0.00", "34.5600"),
        (99, "[>=10000]0!.0000;0.00", "99.00"),
        (123456789, '0!.0000"万"', "12345.6789万"),
    ],
)
def test_a_format_that_scales_shows_what_the_sheet_shows(value: float, number_format: str, shown: str) -> None:
    assert shown_number(value, number_format) == shown


@pytest.mark.parametrize(
    ("value", "number_format", "amount"),
    [
        (-1.8, RED, "-1.80"),
        (-1.8, "#,##0.00;[红色]#,##0.00", "-1.80"),
        (-1.8, "#,##0.00_ ;[Red]\\-#,##0.00\\ ", "-1.80"),
        (-1.8, "#,##0.00_);[Red](#,##0.00)", "-1.80"),
        (-1.8, "[Red]0.00", "-1.80"),
        (-1.8, "0.00;0.00;0.00", "-1.80"),
        (1.8, RED, "1.80"),
        (-15000, "[<0][Red]0!.0000;0!.0000", "-1.5000"),
        (-42, "0;[Red]0;;@", "-42"),
    ],
)
def test_the_sign_is_kept_where_the_format_shows_it_by_colour_alone(
    value: float, number_format: str, amount: str
) -> None:
    assert parse_amount(shown_number(value, number_format)) == Decimal(amount)


@pytest.mark.parametrize(
    "number_format",
    [
        "0.00E+00",
        "yyyy-mm-dd",
        "# ?/?",
        "[DBNum1]0",
        "h:mm",
        '0"unclosed',
        "0[",
        "#,#0!.00",
        "0;0;0;0;0",
        "@0",
        "0" * 2000,
    ],
)
def test_a_format_that_is_not_understood_is_said_not_to_be_and_never_shows_the_stored_number(
    number_format: str,
) -> None:
    with pytest.raises(NumberFormatError, match="number format"):
        shown_number(12345.5, number_format)


@given(
    st.floats(min_value=-1e12, max_value=1e12, allow_nan=False).filter(lambda value: abs(value) > 1e-3),
    st.sampled_from([*BUILT_IN.values(), ACCOUNTING, RED, "0!.0000", "0.00,", "#,##0.00000000", "[<0]0.00;0.0"]),
)
def test_what_is_shown_is_the_value_rounded_scaled_or_nothing(value: float, number_format: str) -> None:
    """Shown and stored differ by a power of ten and by less than half of the last shown place, or the format is refused."""
    try:
        shown = shown_number(value, number_format)
    except NumberFormatError:
        return
    if "%" in shown or not any(ch.isdigit() for ch in shown):
        return
    amount = parse_amount(shown)
    assert amount is not None
    scale = {"0!.0000": -4, "0.00,": -3}.get(number_format, 0)
    places = len(shown.rstrip(")").partition(".")[2])
    stored = Decimal(format(value, ".15g")).scaleb(scale)
    assert abs(amount - stored) <= Decimal("0.5").scaleb(-places) + Decimal("1e-6")
