"""Spreadsheet number formats: what a stored number looks like on the sheet.

A format is understood to its last sign or not at all: what a sheet shows may differ from what it stores by a factor of ten
thousand (`0!.0000`, `#,##0,`), so a stored number must never stand for a format that was not understood. Rules: ECMA-376
18.8.31; `!` escapes one sign like `\\` in Chinese and Japanese workbooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Final, Literal

# ECMA-376 18.8.30: the formats that have numbers but no entry in the file
BUILT_IN: Final = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    37: "#,##0_);(#,##0)", 38: "#,##0_);[Red](#,##0)", 39: "#,##0.00_);(#,##0.00)", 40: "#,##0.00_);[Red](#,##0.00)",
    41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', 42: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
    43: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', 44: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip

LONGEST: Final = 1000
"""Signs beyond which a format is not looked at: Excel allows 255."""
DIGITS: Final = 400
"""Digits of the largest number a workbook can store (1.8E308), with room for decimals."""
PLACES: Final = "0#?"
NEGATIVE_SIGNS: Final = ("-", "−", "﹣", "－", "(", "（", "▲", "△", "负")
"""Literals by which a section for negatives shows the sign itself."""
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_COLOUR = re.compile(
    r"black|blue|cyan|green|magenta|red|white|yellow|colou?r\s*\d+|[黑蓝青绿红白黄]色?|洋红色?|蓝绿色?|颜色\s*\d+", re.I
)
_LOCALE = re.compile(r"\$([^-\]]*)(?:-[0-9A-Fa-f]+)?")
_GENERAL = re.compile(r"general|g/通用格式|常规", re.I)
# signs that Excel shows as they are, without quotes; other signs below U+0100 are commands of dates and the like
_SHOWN_AS_IS = "-+/():^'{}<>=$¥￥ 　~&|`"

Kind = Literal["digit", "point", "comma", "literal", "percent", "general", "text"]


class NumberFormatError(ValueError):
    """A number format that is not understood; the message names the format and the sign at which understanding ended."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    """One of up to four sections of a format."""

    tokens: tuple[_Token, ...]
    condition: tuple[str, Decimal] | None

    @property
    def shows_sign(self) -> bool:
        return any(token.kind == "literal" and token.text in NEGATIVE_SIGNS for token in self.tokens)

    def takes(self, number: Decimal) -> bool:
        if self.condition is None:
            return True
        sign, bound = self.condition
        return {
            "<": number < bound, "<=": number <= bound, ">": number > bound, ">=": number >= bound,
            "=": number == bound, "<>": number != bound,
        }[sign]  # fmt: skip


def shown_number(value: float, number_format: str | None) -> str:
    """`value` as a sheet shows it in `number_format`; '' when the format shows nothing.

    The sign of a negative value is kept also where the format shows it by colour alone. Raises NumberFormatError for a
    format that is not understood to its last sign (dates, fractions, exponents, numerals of other scripts).
    """
    plain = plain_number(value)
    if not number_format or number_format == "@" or _GENERAL.fullmatch(number_format):
        return plain
    sections = _parsed(number_format)
    number = Decimal(plain)
    section, own_sign = _section_for(number, sections, number_format)
    if not section.tokens:
        return ""
    shown = _filled(abs(number), section, number_format)
    hides = own_sign and not section.shows_sign
    if number < 0 and (not own_sign or hides) and re.search("[1-9]", shown):
        return f"-{shown}"
    return shown


def _section_for(number: Decimal, sections: tuple[_Section, ...], number_format: str) -> tuple[_Section, bool]:
    """The section that shows `number`, and whether it is one for negatives: it then shows the sign by itself.

    Without conditions: one section for all; two for ≥ 0 and < 0; three for > 0, < 0 and 0.
    """
    numeric = sections[:3]
    if any(section.condition is not None for section in sections):
        for index, section in enumerate(numeric):
            if section.takes(number):
                return section, index > 0 and section.condition is None
        raise NumberFormatError(f"the number format {number_format!r} has no section for {number}")
    if number < 0 and len(numeric) > 1:
        return numeric[1], True
    if number == 0 and len(numeric) > 2:
        return numeric[2], False
    return numeric[0], False


def _filled(number: Decimal, section: _Section, number_format: str) -> str:
    """The section with the digits of `number` (not negative) in its places."""
    tokens = section.tokens
    if any(token.kind == "text" for token in tokens):
        raise NumberFormatError(f"the number format {number_format!r} shows a number as text (@) beside other signs")
    if any(token.kind == "general" for token in tokens):
        return "".join(plain_number(number) if t.kind == "general" else t.text for t in tokens).strip()
    places = [index for index, token in enumerate(tokens) if token.kind == "digit"]
    if not places:
        return "".join(token.text for token in tokens).strip()
    point = next((index for index, token in enumerate(tokens) if token.kind == "point"), None)
    before = [index for index in places if point is None or index < point]
    after = [index for index in places if point is not None and index > point]
    last = before[-1] if before else -1
    end = point if point is not None else (places[-1] + 1)
    grouped = any(token.kind == "comma" for index, token in enumerate(tokens) if before and before[0] < index < last)
    scale = _scaling_commas(tokens, last, after, point)
    with localcontext(prec=2 * DIGITS):
        number = number.scaleb(2 * sum(token.kind == "percent" for token in tokens) - 3 * scale)
        number = number.quantize(Decimal(1).scaleb(-len(after)), rounding=ROUND_HALF_UP)
    whole, _, decimals = format(number, "f").partition(".")
    split = any(tokens[index].kind == "literal" for index in range(before[0], last)) if before else False
    if grouped and split:
        raise NumberFormatError(f"the number format {number_format!r} groups digits between which other signs stand")
    digits = dict(zip(after, _decimals(decimals, [tokens[index].text for index in after]), strict=True))
    digits |= _whole(whole.lstrip("0"), before, [tokens[index].text for index in before], grouped)
    if not before and whole.lstrip("0"):
        digits[end] = f"{whole}."  # `.00` still shows what stands before the point
    shown = []
    for index, token in enumerate(tokens):
        if index in digits:
            shown.append(digits[index])
        elif token.kind == "point":
            shown.append(".")
        elif token.kind in ("literal", "percent"):
            shown.append(token.text)
    text = "".join(shown).strip()
    return text.removesuffix(".") if not any(digits.get(index) for index in after) else text


def _scaling_commas(tokens: tuple[_Token, ...], last: int, after: list[int], point: int | None) -> int:
    """How many commas stand behind the last place before the point, or behind all places: each divides by a thousand."""
    ends = {last, after[-1] if after else last}
    count = 0
    for end in ends:
        index = end + 1
        while 0 < index < len(tokens) and tokens[index].kind == "comma":
            count += 1
            index += 1
    return count


def _decimals(decimals: str, places: list[str]) -> list[str]:
    """A digit for each place behind the point; trailing zeros of # and ? are not shown."""
    digits = list(decimals)
    for index in range(len(places) - 1, -1, -1):
        if digits[index] != "0" or places[index] == "0":
            break
        digits[index] = ""
    return digits


def _whole(whole: str, places: list[int], signs: list[str], grouped: bool) -> dict[int, str]:
    """The digits before the point by the place they stand in: filled from the right, the first place takes what is left."""
    if not places:
        return {}
    filled = whole.rjust(len(places), "\0")
    cut = len(filled) - len(places) + 1
    parts = [filled[:cut], *filled[cut:]]
    least = next((i for i, sign in enumerate(signs) if sign == "0"), len(signs))
    parts = [
        "".join("0" if i >= least and ch == "\0" else ch for ch in part).replace("\0", "")
        for i, part in enumerate(parts)
    ]
    if not grouped:
        return dict(zip(places, parts, strict=True))
    joined = "".join(parts)
    return {places[0]: _grouped(joined)} if joined else {}


def _grouped(digits: str) -> str:
    """`001234` → `001,234`: leading zeros of a format are grouped too."""
    head = len(digits) % 3
    parts = ([digits[:head]] if head else []) + [digits[i : i + 3] for i in range(head, len(digits), 3)]
    return ",".join(parts)


def plain_number(value: float | Decimal) -> str:
    """The number with the fifteen digits a workbook keeps, without exponent or binary noise."""
    if isinstance(value, Decimal):
        text = format(value, "f")
    elif isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    else:
        text = format(Decimal(format(value, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=4096)
def _parsed(number_format: str) -> tuple[_Section, ...]:
    if len(number_format) > LONGEST:
        raise NumberFormatError(f"a number format of {len(number_format)} signs: {number_format[:40]!r}…")
    sections: list[_Section] = []
    tokens: list[_Token] = []
    condition: tuple[str, Decimal] | None = None
    for sign, text in _signs(number_format):
        if sign == "section":
            sections.append(_Section(_pointed(tokens), condition))
            tokens, condition = [], None
        elif sign == "bracket":
            found = _CONDITION.fullmatch(text)
            locale = _LOCALE.fullmatch(text)
            if found:
                condition = (found.group(1), Decimal(found.group(2)))
            elif locale:
                tokens += [_Token("literal", ch) for ch in locale.group(1)]
            elif not _COLOUR.fullmatch(text):
                raise NumberFormatError(f"the number format {number_format!r} holds [{text}], which is not understood")
        else:
            tokens.append(_Token(sign, text))  # type: ignore[arg-type]
    sections.append(_Section(_pointed(tokens), condition))
    if len(sections) > 4:
        raise NumberFormatError(f"the number format {number_format!r} has more than four sections")
    return tuple(sections)


def _pointed(tokens: list[_Token]) -> tuple[_Token, ...]:
    """Tokens with the first point as the decimal point, further ones as signs that are shown; commas elsewhere are shown too."""
    seen = False
    found: list[_Token] = []
    places = [index for index, token in enumerate(tokens) if token.kind == "digit"]
    for index, token in enumerate(tokens):
        if token.kind == "point" and (seen or not places):
            token = _Token("literal", ".")
        elif token.kind == "comma" and (not places or index < places[0]):
            token = _Token("literal", ",")
        seen = seen or token.kind == "point"
        found.append(token)
    return tuple(found)


_PLAIN_SIGNS: Final[dict[str, Kind]] = {
    "0": "digit", "#": "digit", "?": "digit", ".": "point", ",": "comma", "%": "percent", "@": "text",
}  # fmt: skip


def _signs(number_format: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of every sign: the kinds of tokens, `section` for a semicolon and `bracket` for what [ ] hold."""
    at = 0
    while at < len(number_format):
        sign = number_format[at]
        general = _GENERAL.match(number_format, at)
        if sign in "\\!" and at + 1 < len(number_format):
            yield "literal", number_format[at + 1]
            at += 2
        elif sign == '"':
            end = number_format.find('"', at + 1)
            if end < 0:
                raise NumberFormatError(f"the number format {number_format!r} has a quotation mark without its partner")
            for quoted in number_format[at + 1 : end]:
                yield "literal", quoted
            at = end + 1
        elif sign == "[":
            end = number_format.find("]", at + 1)
            if end < 0:
                raise NumberFormatError(f"the number format {number_format!r} has a bracket without its partner")
            yield "bracket", number_format[at + 1 : end]
            at = end + 1
        elif sign in "_*" and at + 1 < len(number_format):
            at += 2  # as wide as the next sign; the next sign repeated: blanks
        elif general:
            yield "general", general.group()
            at = general.end()
        elif sign == ";":
            yield "section", sign
            at += 1
        elif sign in _PLAIN_SIGNS:
            yield _PLAIN_SIGNS[sign], sign
            at += 1
        elif sign in _SHOWN_AS_IS or ord(sign) >= 0x100:
            if sign == "/":
                raise NumberFormatError(f"the number format {number_format!r} shows a fraction or a date")
            yield "literal", sign
            at += 1
        else:
            raise NumberFormatError(f"the number format {number_format!r} is not understood at {sign!r}")
