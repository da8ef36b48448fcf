"""How printed Chinese text is brought to one form before it is compared. Nothing here knows what a budget is.

What was printed is always kept beside the normalised form: these functions are for comparing, never for storing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Chromium writes Kangxi and CJK radicals instead of ideographs into the text layer; NFKC folds the Kangxi block only.
_RADICALS = str.maketrans(
    "⺠⻔⻋⻓⻅⻉⻚⻛⻢⻥⻦⻩⻬戶⻄⻆⻝⻣⻤⻮⻰⻘⻜⻙⻨⻁⻳",
    "民门车长见贝页风马鱼鸟黄齐户西角食骨鬼齿龙青飞韦麦虎龟",
)
_RAISED = re.compile("([\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u2460-\u2473\u2776-\u277f]+)")
_UNSEEN = re.compile("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_NUMERALS = "零一二三四五六七八九"
# 二〇二五年, as offices write it; the round sign is printed as a nought, a letter or a circle
_NUMERAL_YEAR = re.compile(r"二\s?[〇○零0OoＯ◯]\s?([〇○零0OoＯ◯一二三四五六七八九]{2})(?=\s?年)")
_DASHES = re.compile(r"^[-—–―－─﹣]+$")
_ORDINAL = re.compile(
    r"^(?:[(（][一二三四五六七八九十百\d]+[)）][、.．]?|第?[一二三四五六七八九十百]+[、.．:：]|\d+[、.．](?!\d)|[①-⑳])"
)
_OF_WHICH = re.compile(r"^其中[:：]?")


def fold(text: str | None) -> str:
    """NFKC with radicals folded to ideographs; blanks stay. `None` folds to ''.

    Raised and circled digits stay what they are: NFKC would make a note's mark behind a figure a digit of it (24.93¹ → 24.931).
    """
    if not text:
        return ""
    if _RAISED.search(text):
        parts = _RAISED.split(text)
        return "".join(part if n % 2 else fold(part) for n, part in enumerate(parts))
    folded = unicodedata.normalize("NFKC", text).translate(_RADICALS)
    return _NUMERAL_YEAR.sub(_year_in_digits, folded) if "二" in folded else folded


def _year_in_digits(found: re.Match[str]) -> str:
    return "20" + "".join(str(_NUMERALS.index(ch)) if ch in _NUMERALS else "0" for ch in found.group(1))


@lru_cache(maxsize=1 << 16)
def squeeze(text: str | None) -> str:
    """`fold` without any whitespace (trap 8: blanks stand inside headers, names and amounts)."""
    return _UNSEEN.sub("", fold(text))


@lru_cache(maxsize=1 << 16)
def is_blank(text: str | None) -> bool:
    """Whether a cell shows nothing: empty, or dashes only (trap 11: `——` is no amount)."""
    squeezed = squeeze(text)
    return not squeezed or bool(_DASHES.match(squeezed))


@lru_cache(maxsize=1 << 16)
def split_ordinal(name: str) -> tuple[str | None, str]:
    """A printed name without blanks → (its leading ordinal, the rest): `七、社会保障…` → (`七、`, `社会保障…`)."""
    squeezed = squeeze(name)
    found = _ORDINAL.match(squeezed)
    if not found or found.end() == len(squeezed):
        return None, squeezed
    return found.group(), squeezed[found.end() :]


@lru_cache(maxsize=1 << 16)
def plain_name(name: str) -> str:
    """The name as facts carry it: without blanks, leading 其中： and leading ordinal."""
    rest = _OF_WHICH.sub("", squeeze(name))
    return _OF_WHICH.sub("", split_ordinal(rest)[1]) or rest


def without_of_which(name: str) -> str:
    """A name without blanks and without a leading 其中：."""
    return _OF_WHICH.sub("", name)


@lru_cache(maxsize=1 << 16)
def says_of_which(name: str) -> bool:
    """Whether a printed name begins with 其中 (such a row is a part, never an addend: trap 12)."""
    return bool(_OF_WHICH.match(split_ordinal(name)[1])) or bool(_OF_WHICH.match(squeeze(name)))


_DIRECTION = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C), "\ufffd")


def without_direction(text: str) -> str:
    """Text to be shown, with the signs that turn its direction replaced by U+FFFD: they make a name or a figure read as another.

    >>> without_direction("预算\u202efdp.exe")
    '预算\ufffdfdp.exe'
    """
    return text.translate(_DIRECTION)
