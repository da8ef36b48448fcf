"""Spreadsheet number formats: what a stored number looks like on the sheet.

Only what budgets use: decimals, grouping, percent, signs, and the sections for positive, negative and zero (an accounting
format shows a zero as a dash, another shows nothing). Anything else falls back to the plain number, never to a wrong one.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

# ECMA-376 18.8.30: the formats that have numbers but no entry in the file
BUILT_IN: Final = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', 42: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
    43: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', 44: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    49: "@",
}  # fmt: skip

_NOISE = re.compile(r"\[[^\]]*\]|_.|\*.")
_PLACES = re.compile(r"[#0?](?:[#0?,]*[#0?])?(?:\.[#0?]+)?|\.[#0?]+")


def shown_number(value: float, number_format: str | None) -> str:
    """`value` as a sheet shows it in `number_format`; '' when the format shows nothing."""
    plain = _plain(value)
    if not number_format or number_format == "@" or number_format.lower().startswith("general"):
        return plain
    sections = _sections(number_format)
    number = Decimal(plain)
    section, minus = sections[0], number < 0
    if number < 0 and len(sections) > 1:
        section, minus = sections[1], False
    elif number == 0 and len(sections) > 2:
        section = sections[2]
    if not section.strip():
        return ""
    body = _NOISE.sub("", section)
    literals = re.findall(r'"([^"]*)"', body)
    mask = re.sub(r'"[^"]*"', "\x00", body).replace("\\", "")
    places = _PLACES.search(mask)
    if "e+" in mask.lower() or "/" in mask or re.search(r"[ymdhs]", mask.replace("\x00", "").lower()):
        return plain
    if places is None or not re.search(r"[#0]", places.group()):
        shown = mask
        for literal in literals:
            shown = shown.replace("\x00", literal, 1)
        return shown.replace("?", "").replace("\x00", "").strip()
    pattern = places.group()
    after = mask[places.end() :]
    if after.startswith(",") or "!" in mask:
        # a scaling format (thousands, ten thousands): what is shown is another unit than what is stored
        return plain
    percent = "%" in mask
    whole, _, decimals = pattern.partition(".")
    least = decimals.count("0")
    quantum = Decimal(1).scaleb(-len(decimals))
    amount = (abs(number) * (100 if percent else 1)).quantize(quantum, rounding=ROUND_HALF_UP)
    text = format(amount, ",f" if "," in whole else "f")
    if len(decimals) > least and "." in text:
        head, _, tail = text.partition(".")
        tail = tail[:least] + tail[least:].rstrip("0")
        text = f"{head}.{tail}" if tail else head
    if "0" not in whole and text.startswith("0."):
        text = text[1:]
    head, point, tail = text.partition(".")
    text = head.zfill(whole.count("0")) + point + tail if "," not in head else text
    shown = mask[: places.start()] + text + after
    for literal in literals:
        shown = shown.replace("\x00", literal, 1)
    shown = shown.replace("?", "").strip()
    if minus and amount != 0:
        shown = "-" + shown
    return shown


def _plain(value: float) -> str:
    """The number with the fifteen digits a workbook keeps, without exponent or binary noise."""
    if isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    text = format(Decimal(format(value, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sections(number_format: str) -> list[str]:
    sections, quoted, current, i = [], False, "", 0
    while i < len(number_format):
        ch = number_format[i]
        if ch == "\\" and not quoted and i + 1 < len(number_format):
            current += f'"{number_format[i + 1]}"'
            i += 2
            continue
        if ch == '"':
            quoted = not quoted
        if ch == ";" and not quoted:
            sections.append(current)
            current = ""
        else:
            current += ch
        i += 1
    sections.append(current)
    return sections
