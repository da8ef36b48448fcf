"""What a printed figure may look like, and how ink contradicts a reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="scans need opencv")

from PIL import Image, ImageDraw, ImageFont

from extract.readers.scan_figures import Digit, ink_verdict, is_well_formed, settled, strangers
from extract.readers.scan_picture import skew_of, without_stamps
from extract.readers.scan_rules import find_rules

FONT = Path(__file__).resolve().parents[2] / "spiders" / "sample_portal" / "font" / "sample.ttf"


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("12.602.000,00", "12,602,000.00"),
        ("12,602,000,00", "12,602,000.00"),
        ("81,500.000.00", "81,500,000.00"),
        ("-1.234,50", "-1,234.50"),
        ("212.", "212"),
        ("2,89", "2.89"),
        (".5423.41", "5423.41"),
        (".208", ".208"),
        ("13,312.,300.00", "13,312,300.00"),
        ("50:72", "50:72"),
        ("1,234,567", "1,234,567"),
        ("1556.23", "1556.23"),
        ("13,312.300", "13,312.300"),
        ("合计1.2", "合计1.2"),
    ],
)
def test_separators_are_put_right_only_where_one_reading_is_possible(read: str, right: str) -> None:
    assert settled(read) == right


@pytest.mark.parametrize("text", ["1556.23", "12,602,000.00", "-3.5", "(1,200.00)", "2080505", "12.5%", "0.00"])
def test_printed_figures_are_well_formed(text: str) -> None:
    assert is_well_formed(text)


@pytest.mark.parametrize(
    "text", ["13,312.,300.00", "12.345", "13,312.300", "1,55.00", ".600,000.00", "15-62", "1O.00", "600.0.00"]
)
def test_figures_with_a_doubtful_point_are_not(text: str) -> None:
    assert not is_well_formed(text)


def _printed(text: str, size: int = 26) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int]]:
    image = Image.new("L", (400, 60), 250)
    ImageDraw.Draw(image).text((10, 10), text, font=ImageFont.truetype(str(FONT), size), fill=20)
    grey = np.asarray(image)
    ink = grey < 140
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink, grey, (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


@pytest.mark.parametrize("text", ["11106.23", "0.08", "1,234,567.89", "7777.77", "2080505"])
def test_ink_bears_out_what_is_printed(text: str) -> None:
    ink, grey, box = _printed(text)
    verdict, digits = ink_verdict(ink, grey, box, text, 0)
    assert verdict == "borne out"
    assert "".join(d.read for d in digits) == text.replace(",", "").replace(".", "")


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("11106.23", "1106.23"),
        ("11106.23", "111106.23"),
        ("8150.00", "815000"),
        ("815000", "8150.00"),
        ("123456.00", "1234.5600"),
    ],
)
def test_ink_contradicts_a_lost_a_doubled_and_a_moved_mark(printed: str, read: str) -> None:
    ink, grey, box = _printed(printed)
    assert ink_verdict(ink, grey, box, read, 0)[0] == "contradicted"


def test_a_digit_that_looks_like_another_digit_of_its_page_is_a_stranger() -> None:
    figures = ["1386.03", "8833.68", "3018.36", "6801.38", "3386.80"]
    read = ["1386.03", "8833.68", "8018.36", "6801.38", "3386.80"]
    digits: list[Digit] = []
    for i, (printed, text) in enumerate(zip(figures, read, strict=True)):
        ink, grey, box = _printed(printed)
        verdict, found = ink_verdict(ink, grey, box, text, i)
        assert verdict == "borne out"
        digits += found
    assert strangers(digits) == {2}


def test_a_red_figure_is_no_stamp_and_a_seal_is() -> None:
    page = Image.new("RGB", (600, 400), "white")
    pen = ImageDraw.Draw(page)
    pen.text((20, 20), "-1234.56", font=ImageFont.truetype(str(FONT), 26), fill=(200, 20, 20))
    pen.ellipse((300, 150, 500, 350), outline=(210, 40, 50), width=8)
    pen.text((330, 240), "9876.54", font=ImageFont.truetype(str(FONT), 26), fill="black")
    grey, stamps, tinted = without_stamps(np.array(page), 2.0)
    assert [tuple(round(v, -1) for v in box) for box in stamps] == [(300, 150, 500, 350)]
    assert grey[20:60, 20:160].min() < 120
    assert not tinted[:100].any()
    assert tinted[150:350, 300:500].any()
    assert grey[150:350, 296:306].min() > 200
    assert grey[235:280, 330:450].min() < 60


@pytest.mark.parametrize("degrees", [-3.0, -0.7, 0.0, 1.5, 4.0])
def test_skew_is_found_to_a_twentieth_of_a_degree(degrees: float) -> None:
    page = Image.new("L", (900, 1200), 255)
    pen = ImageDraw.Draw(page)
    for y in range(200, 1000, 50):
        pen.line((100, y, 800, y), fill=0, width=3)
    for x in range(100, 801, 140):
        pen.line((x, 200, x, 950), fill=0, width=3)
    turned = page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    angle, lean = skew_of(np.asarray(turned), 150 / 72)
    assert angle == pytest.approx(-degrees, abs=0.06)
    assert lean == pytest.approx(-degrees, abs=0.06)


def test_a_rule_torn_in_the_open_goes_on_and_a_merged_cell_stays_merged() -> None:
    ink = np.zeros((400, 800), bool)
    for y in (50, 150, 250, 350):
        ink[y : y + 3, 50:750] = True
    for x in (50, 250, 500, 747):
        ink[50:353, x : x + 3] = True
    ink[150:153, 300:420] = False  # torn by a stamp in the middle of a cell
    ink[250:253, 253:500] = False  # merged: the rule ends on both neighbours
    rules, _covered = find_rules(ink, 2.0)
    level = sorted((r.box[1], r.box[0], r.box[2]) for r in rules if r.direction == "h")
    torn = [(x0, x1) for y, x0, x1 in level if 70 < y < 80]
    merged = [(x0, x1) for y, x0, x1 in level if 120 < y < 130]
    assert min(x0 for x0, _ in torn) < 27
    assert any(x0 <= 151 and x1 >= 209 for x0, x1 in torn)
    assert all(not (x0 < 180 < x1) for x0, x1 in merged)


def test_strokes_of_letters_are_no_rules() -> None:
    image = Image.new("L", (800, 200), 255)
    pen = ImageDraw.Draw(image)
    pen.text((30, 30), "一二三十中工王合计土正", font=ImageFont.truetype(str(FONT), 44), fill=0)
    pen.text((30, 110), "一二三十中工王合计土正", font=ImageFont.truetype(str(FONT), 22), fill=0)
    rules, covered = find_rules(np.asarray(image) < 128, 2.0)
    assert rules == ()
    assert not covered.any()
