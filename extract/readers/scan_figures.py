"""Printed figures on scans: what a figure may look like, and whether the ink bears the reading out.

The network reads a line as a whole and may drop one of two equal digits or take a comma for a point. Here the figure is
held against the grammar of printed amounts, against the marks of ink that it is made of, and each digit against the other
digits of its page. All of this only ever lowers confidence, but for separators that grammar alone decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, cast

import cv2
import numpy as np
import numpy.typing as npt

from extract.readers.scan_picture import Grey, Mask

_FIGURE = re.compile(r"[(（]?-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?[)）]?%?")
_GROUPED = re.compile(r"(-?\d{1,3})((?:[.,]\d{3})+)[.,](\d{2})")
_LONE_COMMA = re.compile(r"(-?\d+),(\d{1,2})")
_PLAIN = re.compile(r"[\d.,，\-]+")
_SHAPE: Final = (12, 20)
SAME_SHAPE: Final = 0.80
"""Likeness (cosine of the inked shapes) from which two marks can be the same digit."""
STRANGE: Final = 0.04
"""By how much another digit must be more alike before a reading is doubted."""


def settled(text: str) -> str:
    """A figure with its separators put right where only one reading is possible.

    `12.602.000,00` can only be 12,602,000.00 and `2,89` only 2.89; a point or comma at the end of a figure is dirt.
    """
    plain = text.replace("，", ",")
    if not _PLAIN.fullmatch(plain):
        return text
    plain = plain.rstrip(".,")
    if plain[:1] in (".", ",") and re.search(r"[.,]", plain[1:]):
        plain = plain[1:]  # dirt before a figure that has a point of its own
    lone = _LONE_COMMA.fullmatch(plain)
    if lone:
        return f"{lone.group(1)}.{lone.group(2)}"
    grouped = _GROUPED.fullmatch(re.sub(r"[.,]{2}", ",", plain))
    if grouped:
        first, middle, last = grouped.groups()
        return f"{first}{middle.replace('.', ',')}.{last}"
    return plain


def is_well_formed(text: str) -> bool:
    """Whether a text is a figure as amounts, codes and shares are printed, with no doubt about point or comma.

    `12.345` is not: three digits after a lone point are more often a group whose comma was taken for a point.
    """
    return bool(_FIGURE.fullmatch(text)) and not re.search(r"\.\d{3}$", text)


@dataclass(frozen=True, slots=True)
class Digit:
    """One mark of ink read as a digit: its shape and the figure it belongs to."""

    read: str
    shape: npt.NDArray[np.float32]
    figure: int


Verdict = Literal["borne out", "contradicted", "open"]


def ink_verdict(
    letters: Mask, grey: Grey, box: tuple[int, int, int, int], text: str, figure: int
) -> tuple[Verdict, list[Digit]]:
    """Whether the marks of ink in `box` (pixels) are the digits and points of `text`, and the digits among them.

    Marks too small or too merged to be counted leave the question open.
    """
    wanted = re.sub(r"[^\d.,]", "", text)
    if not wanted or re.search(r"[^\d.,\-]", text):
        return "open", []
    x0, top, x1, bottom = box
    marks = _marks(letters[top:bottom, x0:x1])
    if not marks:
        return "open", []
    height = max(m[3] - m[1] for m in marks)
    tall = [m for m in marks if m[3] - m[1] >= 0.62 * height]
    digits = re.sub(r"\D", "", wanted)
    if height < 9:
        return "open", []
    tall = _one_each(tall, height)
    if len(tall) != len(digits):
        return "contradicted" if all(m[2] - m[0] <= 0.95 * height for m in tall) else "open", []
    if not _points_stand(tall, marks, wanted, height):
        return "contradicted", []
    found = [
        Digit(read, _shape(grey, (x0 + m[0], top + m[1], x0 + m[2], top + m[3]), height), figure)
        for read, m in zip(digits, tall, strict=True)
    ]
    return "borne out", found


Mark = tuple[int, int, int, int]


def _one_each(tall: list[Mark], height: int) -> list[Mark]:
    """Marks so that each is one digit: halves of a torn digit together, two or three digits that touch apart.

    Digits of one font are equally wide, but for the ink of a 1; `usual` is that width.
    """
    widths = sorted(m[2] - m[0] for m in tall if 0.42 * height <= m[2] - m[0] <= 0.85 * height)
    usual = widths[len(widths) * 4 // 5] if widths else round(0.6 * height)
    whole: list[Mark] = []
    for mark in tall:
        last = whole[-1] if whole else None
        if last is not None and mark[0] - last[2] <= 0.12 * height and mark[2] - last[0] <= 1.12 * usual:
            whole[-1] = (last[0], min(last[1], mark[1]), mark[2], max(last[3], mark[3]))
        else:
            whole.append(mark)
    apart: list[Mark] = []
    for x0, top, x1, bottom in whole:
        many = round((x1 - x0 + 0.1 * usual) / (1.1 * usual))
        if many < 2 or many > 4 or x1 - x0 < 1.55 * usual:
            apart.append((x0, top, x1, bottom))
            continue
        edges = [round(x0 + (x1 - x0) * k / many) for k in range(many + 1)]
        apart += [(left, top, right, bottom) for left, right in pairwise(edges)]
    return apart


def _marks(letters: Mask) -> list[Mark]:
    """Connected ink as boxes from left to right; pieces above each other (a torn digit) are one."""
    count, _label, stats, _ = cv2.connectedComponentsWithStats(letters.astype(np.uint8), connectivity=8)
    boxes = sorted((int(s[0]), int(s[1]), int(s[0] + s[2]), int(s[1] + s[3])) for s in stats[1:count] if int(s[4]) >= 2)
    joined: list[Mark] = []
    for box in boxes:
        if joined:
            last = joined[-1]
            shared = min(last[2], box[2]) - max(last[0], box[0])
            if shared > 0.5 * min(last[2] - last[0], box[2] - box[0]):
                joined[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
                continue
        joined.append(box)
    return joined


def _points_stand(tall: list[Mark], marks: list[Mark], wanted: str, height: int) -> bool:
    """Whether the gaps that are widened by a low mark are the ones where the text has a point or comma."""
    separated = [bool(wanted[i + 1 : i + 2] in (".", ",")) for i, c in enumerate(wanted) if c.isdigit()][:-1]
    if not separated:
        return True
    base = max(m[3] for m in tall)
    small = [m for m in marks if m[3] - m[1] < 0.5 * height and m[1] > base - 0.45 * height]
    steps = [(b[0] + b[2] - a[0] - a[2]) / 2 for a, b in pairwise(tall)]
    plain = sorted(s for s, apart in zip(steps, separated, strict=True) if not apart)
    usual = plain[len(plain) // 2] if plain else 0.0
    for (a, b), step, apart in zip(pairwise(tall), steps, separated, strict=True):
        between = any(a[2] - 2 <= (m[0] + m[2]) / 2 <= b[0] + 2 for m in small)
        if apart and not between and usual and step < 1.2 * usual:
            return False
        if not apart and between and usual and step > 1.3 * usual:
            return False
        if not apart and usual and step > 1.7 * usual:
            return False
    return True


def _shape(grey: Grey, mark: Mark, height: int) -> npt.NDArray[np.float32]:
    """A mark in a frame of one size, mean taken off, of length one."""
    x0, top, x1, bottom = mark
    part = 255 - grey[top:bottom, x0:x1].astype(np.float32)
    frame = np.zeros((bottom - top, max(x1 - x0, round(0.7 * (bottom - top)))), np.float32)
    left = (frame.shape[1] - (x1 - x0)) // 2
    frame[:, left : left + x1 - x0] = part
    small = cv2.resize(frame, _SHAPE, interpolation=cv2.INTER_AREA).ravel().astype(np.float32)
    small -= small.mean()
    return cast("npt.NDArray[np.float32]", small / max(1e-6, float(np.linalg.norm(small))))


def strangers(digits: Sequence[Digit]) -> set[int]:
    """Figures with a digit that looks more like another digit of the page than like its own kind."""
    if len(digits) < 3:
        return set()
    digits = digits[:4000]
    shapes = np.stack([d.shape for d in digits])
    read = np.array([d.read for d in digits])
    likeness = shapes @ shapes.T
    np.fill_diagonal(likeness, -1.0)
    own = read[:, None] == read[None, :]
    best_own = np.where(own, likeness, -1.0).max(axis=1)
    best_other = np.where(~own, likeness, -1.0).max(axis=1)
    wrong = (best_other > SAME_SHAPE) & (best_other > best_own + STRANGE) & (best_own > -1.0)
    # the only one of its kind on the page: doubted only when it is the very image of another
    wrong |= (best_own <= -1.0) & (best_other > 0.95)
    return {digits[i].figure for i in np.flatnonzero(wrong).tolist()}
