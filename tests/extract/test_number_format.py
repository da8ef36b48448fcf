"""A workbook's number is read as the sheet shows it."""

from __future__ import annotations

import pytest

from extract.readers.number_format import shown_number

ACCOUNTING = '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ '


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
        (0.5, "#.00", ".50"),
        (10137.548093, "#,##0.000000", "10,137.548093"),
        (5, "00", "05"),
        (7825.53, "@", "7825.53"),
    ],
)
def test_a_number_is_shown(value: float, number_format: str | None, shown: str) -> None:
    assert shown_number(value, number_format) == shown


@pytest.mark.parametrize("number_format", ["0!.0,", "#,##0,", "0.00E+00", "yyyy-mm-dd", "# ?/?"])
def test_a_format_that_is_not_understood_shows_the_plain_number_never_a_scaled_one(number_format: str) -> None:
    assert shown_number(12345.5, number_format) == "12345.5"
