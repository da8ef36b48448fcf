"""Ruling lines in the picture of a straightened page: found, and taken out so that letters stand free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast

import cv2
import numpy as np

from extract.readers.scan_picture import Grey, Mask
from extract.reading import Rule

SURE: Final = 42.0
"""Points: no stroke of a letter is this long."""
LEAST: Final = 7.0
"""Points: shorter stretches are strokes of letters, never a side of a cell."""
THICKEST: Final = 5.0
"""Points: a thicker bar is a picture."""
TOUCH: Final = 2.6
ALONE: Final = 130.0
"""Points: a longer stretch is a rule whatever stands beside it."""
DRAWN: Final = 0.8
CROWDED: Final = 0.3
"""Share of a rule's length that letters may touch."""
TORN: Final = 110.0
"""Points: the widest gap in a torn line, a seal's diameter."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A straight stretch in pixels: `at` across, `low` to `high` along."""

    at: float
    low: float
    high: float
    thick: float
    label: int


def find_rules(ink: Mask, scale: float) -> tuple[tuple[Rule, ...], Mask]:
    """Ruling lines in points of the straightened sheet, and the pixels they cover.

    A stretch is a rule when it is longer than any letter's stroke, or when both its ends stand on rules.
    """
    level, level_label = _stretches(ink, scale, "h")
    upright, upright_label = _stretches(ink, scale, "v")
    kept_h = [s for s in level if s.high - s.low >= SURE * scale]
    kept_v = [s for s in upright if s.high - s.low >= SURE * scale]
    reach = TOUCH * scale
    while True:
        more_h = [s for s in level if s not in kept_h and _both_ends(s, kept_v, reach)]
        more_v = [s for s in upright if s not in kept_v and _both_ends(s, kept_h, reach)]
        if not more_h and not more_v:
            break
        kept_h += more_h
        kept_v += more_v
    kept_h += _bridges(kept_h, kept_v, scale)
    kept_v += _bridges(kept_v, kept_h, scale)
    # a lone long stroke (an underline, the edge of the paper) has nobody to cross; tables ignore it
    covered = np.isin(level_label, [s.label for s in kept_h if s.label]) | np.isin(
        upright_label, [s.label for s in kept_v if s.label]
    )
    rules = [Rule((s.low / scale, s.at / scale, s.high / scale, s.at / scale), "h") for s in kept_h]
    rules += [Rule((s.at / scale, s.low / scale, s.at / scale, s.high / scale), "v") for s in kept_v]
    return tuple(rules), cast(Mask, covered)


def _stretches(ink: Mask, scale: float, way: Literal["h", "v"]) -> tuple[list[_Stretch], cv2.typing.MatLike]:
    bits = ink.astype(np.uint8) if way == "h" else np.ascontiguousarray(ink.T).astype(np.uint8)
    long = max(8, round(LEAST * scale))
    gap = max(3, round(1.2 * scale))
    # a line that still climbs by a pixel breaks in two: thickened across before it is measured along
    thick = cv2.dilate(bits, np.ones((3, 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    found = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, long), np.uint8))
    count, label, stats, _ = cv2.connectedComponentsWithStats(found, connectivity=8)
    stretches = []
    for i in range(1, count):
        x, y, wide, tall, area = (int(v) for v in stats[i])
        thickness = area / wide - 2
        if tall > THICKEST * scale + 2 + wide * 0.01 or thickness > THICKEST * scale or wide < 3 * tall:
            continue
        if wide < ALONE * scale and not _stands_free(bits, label, i, (x, y, wide, tall), scale):
            continue
        stretches.append(_Stretch(y + tall / 2, float(x), float(x + wide), max(1.0, thickness), i))
    return stretches, (label if way == "h" else label.T)


def _stands_free(
    bits: cv2.typing.MatLike, label: cv2.typing.MatLike, which: int, box: tuple[int, int, int, int], scale: float
) -> bool:
    """Whether a level stretch is drawn throughout and has paper beside it; strokes of neighbouring letters have ink."""
    x, y, wide, tall = box
    beside = max(2, round(0.9 * scale))
    top = max(0, y - beside)
    part = np.asarray(bits[top : y + tall + beside, x : x + wide], bool)
    own = np.asarray(label[top : y + tall + beside, x : x + wide] == which)
    drawn = float((part & own).any(axis=0).mean())
    rows = np.flatnonzero(own.any(axis=1))
    middle = (np.argmax(own, axis=0) + own.shape[0] - 1 - np.argmax(own[::-1], axis=0)) // 2 if len(rows) else 0
    # ink outside the stretch, above and below its own course
    other = part & ~own
    above = np.arange(part.shape[0])[:, None] < np.asarray(middle)[None, :] if len(rows) else np.zeros(part.shape, bool)
    crowded = max(float((other & above).any(axis=0).mean()), float((other & ~above).any(axis=0).mean()))
    return drawn >= DRAWN and crowded <= CROWDED


def _both_ends(stretch: _Stretch, others: list[_Stretch], reach: float) -> bool:
    crossing = [o for o in others if o.low - reach <= stretch.at <= o.high + reach]
    return _stands(stretch.low, crossing, reach) and _stands(stretch.high, crossing, reach)


def _stands(end: float, crossing: list[_Stretch], reach: float) -> bool:
    return any(abs(o.at - end) <= reach for o in crossing)


def _bridges(kept: list[_Stretch], others: list[_Stretch], scale: float) -> list[_Stretch]:
    """Gaps between stretches of one line that end in the open, as a stamp or a crease tears them.

    A side of a cell ends on another rule; a line that stops in the middle of a cell goes on where it appears again.
    """
    reach = TOUCH * scale
    found = []
    order = sorted(kept, key=lambda s: s.low)
    for i, first in enumerate(order):
        rest = [s for s in order[i + 1 :] if abs(s.at - first.at) <= 1.5 * scale and s.high > first.high]
        if not rest:
            continue
        then = rest[0]
        if then.low - first.high <= reach or then.low - first.high > TORN * scale:
            continue
        at = (first.at + then.at) / 2
        crossing = [o for o in others if o.low - reach <= at <= o.high + reach]
        if not _stands(first.high, crossing, reach) or not _stands(then.low, crossing, reach):
            found.append(_Stretch(at, first.high, then.low, 1.0, 0))
    return found


def without_rules(grey: Grey, covered: Mask) -> Grey:
    """The picture with paper where rules were."""
    wide = cv2.dilate(covered.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    paper = np.uint8(min(255, int(np.median(grey[::7, ::7]))))
    out = grey.copy()
    out[wide] = paper
    return out
