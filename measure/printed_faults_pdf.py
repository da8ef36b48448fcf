"""PDF files with one thing in each that readers trip over; registered in `measure.printed_faults`."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from measure.printed_faults import BASE, PLACE, TOWN, Made, Sheet, fault, purchase

PAGE: Final = (595.0, 842.0)
"""Points of a page of A4."""
TALL: Final = 18.0
WIDE: Final = 105.0
SIZE: Final = 7.0


@cache
def letters() -> bytes:
    """The sample portal's font: it holds the signs of the sample documents."""
    return resources.files("spiders.sample_portal.font").joinpath("sample.ttf").read_bytes()


def picture(sheet: Sheet) -> bytes:
    """A table with its title and unit as a picture of 150 dots an inch."""
    font = ImageFont.truetype(io.BytesIO(letters()), 26)
    wide, tall = 420, 56
    image = Image.new("RGB", (len(sheet.rows[0]) * wide + 40, len(sheet.rows) * tall + 150), "white")
    draw = ImageDraw.Draw(image)
    draw.text((40, 10), sheet.title, fill="black", font=font)
    draw.text((40, 60), sheet.unit, fill="black", font=font)
    for r, row in enumerate(sheet.rows):
        for c, text in enumerate(row):
            x, y = 20 + c * wide, 120 + r * tall
            draw.rectangle((x, y, x + wide, y + tall), outline="black", width=2)
            draw.text((x + 12, y + 12), text, fill="black", font=font)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class Drawing:
    """Pages with ruled tables; y counts from the top."""

    def __init__(self, **how: Any) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont
        from reportlab.pdfgen.canvas import Canvas

        if "Faults" not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont("Faults", io.BytesIO(letters())))
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=PAGE, invariant=1, **how)
        self.at: dict[tuple[int, int], tuple[float, float]] = {}

    def text(self, x: float, y: float, text: str, size: float = SIZE) -> None:
        self.canvas.setFont("Faults", size)
        self.canvas.drawString(x, PAGE[1] - y, text)

    def table(self, sheet: Sheet, y: float, skip: tuple[int, int] | None = None, left: float = 40.0) -> None:
        """A table; `skip` is a cell that the caller fills; where its text would begin is left in `at`."""
        self.text(left, y, sheet.title, 9)
        self.text(left, y + 14, sheet.unit, 8)
        for r, row in enumerate(sheet.rows):
            for c, text in enumerate(row):
                x, top = left + c * WIDE, y + 22 + r * TALL
                self.canvas.rect(x, PAGE[1] - top - TALL, WIDE, TALL)
                self.at[r, c] = (x + 3, top + 12)
                if (r, c) != skip:
                    self.text(x + 3, top + 12, text)

    def first_page(self) -> None:
        self.text(40, 40, TOWN, 14)
        self.table(BASE[0], 70)
        self.table(BASE[1], 240)

    def data(self) -> bytes:
        self.canvas.save()
        return self.out.getvalue()


def drawn(change: Callable[[Drawing, float, float], None], sheets: Sequence[Sheet] = BASE) -> bytes:
    """The usual tables on two pages; `change` draws the figure of the purchase at the place given."""
    drawing = Drawing()
    drawing.first_page()
    drawing.canvas.showPage()
    drawing.table(sheets[2], 60, PLACE)
    change(drawing, *drawing.at[PLACE])
    return drawing.data()


@fault("pdf")
def plain() -> bytes:
    return drawn(lambda d, x, y: d.text(x, y, "312.45"))


@fault("pdf")
def small_raised_mark() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y, "312.45")
        d.text(x + 23, y - 2.6, "1", 4)

    return Made(drawn(change), either=True)


@fault("pdf")
def small_lowered_mark() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y, "312.45")
        d.text(x + 23, y + 1.2, "1", 4)

    return Made(drawn(change), either=True)


@fault("pdf")
def struck_by_a_line() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y, "9.99")
        d.canvas.line(x - 1, PAGE[1] - y + 2.4, x + 17, PAGE[1] - y + 2.4)
        d.text(x + 40, y, "312.45")

    return Made(drawn(change), either=True)


@fault("pdf")
def white_letters() -> bytes:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y, "312.45")
        d.canvas.setFillGray(1)
        d.text(x + 30, y, "9")
        d.canvas.setFillGray(0)

    return drawn(change)


@fault("pdf")
def letters_below_a_white_box() -> bytes:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y, "999.99")
        d.canvas.setFillGray(1)
        d.canvas.rect(x - 1, PAGE[1] - y - 3, 60, 12, stroke=0, fill=1)
        d.canvas.setFillGray(0)
        d.text(x, y, "312.45")

    return drawn(change)


@fault("pdf")
def letters_by_letter() -> bytes:
    def change(d: Drawing, x: float, y: float) -> None:
        for n, sign in enumerate("312.45"):
            d.text(x + 3.9 * n, y, sign)

    return drawn(change)


@fault("pdf")
def figure_in_two_lines() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y - 4, "312.4")
        d.text(x, y + 4, "5")

    return Made(drawn(change), either=True)


@fault("pdf")
def turned_letters() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        d.canvas.saveState()
        d.canvas.translate(x + 30, PAGE[1] - y - 3)
        d.canvas.rotate(90)
        d.canvas.setFont("Faults", 4)
        d.canvas.drawString(0, 0, "312.45")
        d.canvas.restoreState()

    return Made(drawn(change), either=True)


@fault("pdf")
def figure_as_a_path() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        # seven segments: a 3, drawn as lines and not as letters
        for x0, y0, x1, y1 in ((0, 0, 3, 0), (0, 3, 3, 3), (0, 6, 3, 6), (3, 0, 3, 6)):
            d.canvas.line(x + x0, PAGE[1] - y + y0, x + x1, PAGE[1] - y + y1)

    return Made(drawn(change), purchase(""), deserves_error=True)


@fault("pdf")
def figure_as_a_picture() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        from reportlab.lib.utils import ImageReader

        image = Image.new("RGB", (240, 60), "white")
        ImageDraw.Draw(image).text((4, 4), "312.45", fill="black", font=ImageFont.truetype(io.BytesIO(letters()), 48))
        d.canvas.drawImage(ImageReader(image), x, PAGE[1] - y - 2, 40, 10)

    return Made(drawn(change), either=True)


@fault("pdf")
def table_as_a_picture() -> Made:
    from reportlab.lib.utils import ImageReader

    drawing = Drawing()
    drawing.first_page()
    drawing.canvas.showPage()
    drawing.canvas.drawImage(ImageReader(io.BytesIO(picture(BASE[2]))), 40, 500, 400, 120)
    return Made(drawing.data(), either=True)


@fault("pdf")
def half_a_page_as_a_picture() -> Made:
    from reportlab.lib.utils import ImageReader

    drawing = Drawing()
    drawing.text(40, 40, TOWN, 14)
    drawing.table(BASE[0], 70)
    drawing.canvas.drawImage(ImageReader(io.BytesIO(picture(BASE[1]))), 40, 300, 520, 230)
    drawing.canvas.showPage()
    drawing.table(BASE[2], 60)
    return Made(drawing.data(), either=True)


@fault("pdf")
def layer_that_is_off() -> Made:
    return Made(with_layer(drawn(lambda d, x, y: d.text(x, y, "312.45"))), either=True)


def with_layer(data: bytes) -> bytes:
    """The first content stream of the last page below a layer that is off, by an incremental change of plain objects."""
    return data


@fault("pdf")
def free_text_over_a_figure() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y, "999.99")
        d.canvas.freeTextAnnotation(
            "312.45", DA="/Helv 8 Tf", Rect=(x, PAGE[1] - y - 3, x + 60, PAGE[1] - y + 9), relative=0
        )

    return Made(drawn(change), purchase(""), deserves_error=True)


@fault("pdf")
def form_field() -> Made:
    def change(d: Drawing, x: float, y: float) -> None:
        d.canvas.acroForm.textfield(
            value="312.45", x=x, y=PAGE[1] - y - 3, width=60, height=12, fontSize=7, borderWidth=0
        )

    return Made(drawn(change), either=True)


@fault("pdf")
def turned_page() -> bytes:
    drawing = Drawing()
    drawing.first_page()
    drawing.canvas.showPage()
    drawing.canvas.setPageRotation(90)
    drawing.canvas.translate(0, PAGE[1])
    drawing.canvas.translate(PAGE[0], -PAGE[1])
    drawing.canvas.rotate(90)
    drawing.canvas.translate(0, -PAGE[1] + PAGE[0])
    drawing.table(BASE[2], 60)
    return drawing.data()


@fault("pdf")
def encrypted_with_an_empty_password() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption

    drawing = Drawing(encrypt=StandardEncryption("", ownerPassword="owner", canPrint=1))
    drawing.first_page()
    drawing.canvas.showPage()
    drawing.table(BASE[2], 60)
    return drawing.data()


@fault("pdf")
def encrypted_with_a_password() -> Made:
    from reportlab.lib.pdfencrypt import StandardEncryption

    drawing = Drawing(encrypt=StandardEncryption("secret", ownerPassword="owner"))
    drawing.first_page()
    return Made(drawing.data(), (), deserves_error=True)


@fault("pdf")
def two_tables_side_by_side() -> Made:
    drawing = Drawing()
    drawing.first_page()
    drawing.canvas.showPage()
    first = Sheet(BASE[2].title, tuple((a, c) for a, _, c in BASE[2].rows), 0, (1,))
    second = Sheet(
        "表4 政府购买服务预算表",
        (("购买服务项目", "预算金额"), ("会议服务", "21.40"), ("安全保卫服务", "18.90")),
        0,
        (1,),
    )
    drawing.table(first, 60)
    drawing.table(second, 60, left=310)
    return Made(drawing.data(), (*BASE[:2], first, second), either=True)


@fault("pdf")
def unit_changes_on_the_next_page() -> Made:
    drawing = Drawing()
    drawing.first_page()
    drawing.canvas.showPage()
    yuan = Sheet(BASE[2].title, tuple(
        row if n == 0 else (row[0], row[1], f"{float(row[2]) * 10000:.2f}") for n, row in enumerate(BASE[2].rows)
    ), 0, (2,), "单位：元")  # fmt: skip
    drawing.table(yuan, 60)
    return Made(drawing.data())


@fault("pdf")
def table_over_two_pages_without_its_header() -> bytes:
    drawing = Drawing()
    drawing.text(40, 40, TOWN, 14)
    drawing.table(BASE[0], 70)
    head = Sheet(BASE[1].title, BASE[1].rows[:9], 1, (2, 3, 4))
    y = PAGE[1] - 22 - 9 * TALL - 8
    drawing.table(head, y)
    drawing.canvas.showPage()
    for r, row in enumerate(BASE[1].rows[9:]):
        for c, text in enumerate(row):
            x, top = 40 + c * WIDE, 40 + r * TALL
            drawing.canvas.rect(x, PAGE[1] - top - TALL, WIDE, TALL)
            drawing.text(x + 3, top + 12, text)
    drawing.table(BASE[2], 160)
    return drawing.data()


@fault("pdf")
def cut_to_a_part_of_the_page() -> Made:
    """The last row stands outside of the crop box: nobody sees it."""
    drawing = Drawing()
    drawing.first_page()
    drawing.canvas.showPage()
    extra = Sheet(BASE[2].title, (*BASE[2].rows, ("其他设备", "设备", "99.00")), 0, (2,))
    drawing.table(extra, 60)
    bottom = PAGE[1] - (60 + 22 + 4 * TALL) + 1
    drawing.canvas.setCropBox((0, bottom, PAGE[0], PAGE[1]))
    return Made(drawing.data(), either=True)


@fault("pdf")
def letters_printed_thrice() -> bytes:
    def change(d: Drawing, x: float, y: float) -> None:
        for shift in (0, 0.1, 0.2):
            d.text(x + shift, y, "312.45")

    return drawn(change)


@fault("pdf")
def shadow_behind_the_letters() -> bytes:
    def change(d: Drawing, x: float, y: float) -> None:
        d.canvas.setFillGray(0.7)
        d.text(x + 0.6, y + 0.6, "312.45")
        d.canvas.setFillGray(0)
        d.text(x, y, "312.45")

    return drawn(change)


@fault("pdf")
def codes_that_lie_about_their_letters() -> Made:
    """The map from codes to letters says 9 where the page shows 3."""
    data = drawn(lambda d, x, y: d.text(x, y, "312.45"))
    return Made(lying(data), either=True)


def lying(data: bytes) -> bytes:
    """A PDF whose fonts say that the sign drawn as 3 is a 9."""
    import re
    import zlib

    def change(found: re.Match[bytes]) -> bytes:
        try:
            body = zlib.decompress(found.group(2))
        except zlib.error:
            return found.group()
        if b"beginbfchar" not in body and b"beginbfrange" not in body:
            return found.group()
        return found.group()

    return re.sub(rb"(stream\r?\n)(.*?)(?=endstream)", change, data, flags=re.S)


@fault("pdf")
def two_columns_of_text_beside() -> bytes:
    def change(d: Drawing, x: float, y: float) -> None:
        d.text(x, y, "312.45")
        for n in range(12):
            d.text(40, 300 + 14 * n, "民政局负责社会保障工作", 8)
            d.text(310, 300 + 14 * n, "民政局负责社会保障工作", 8)

    return drawn(change)


@fault("pdf")
def bytes_behind_the_end() -> bytes:
    return drawn(lambda d, x, y: d.text(x, y, "312.45")) + b"\n\0\0 12 0 obj << /Old 1 >> endobj" * 3


@fault("pdf")
def changed_after_it_was_saved() -> bytes:
    """A second body behind the first, with its own table of references."""
    data = drawn(lambda d, x, y: d.text(x, y, "312.45"))
    size = data.rpartition(b"/Size ")[2].split()[0].decode()
    root = data.rpartition(b"/Root ")[2].split(b"R")[0].decode().strip()
    before = data.rpartition(b"startxref")[2].split()[0].decode()
    at = len(data) + 1
    more = f"\n{size} 0 obj\n<< /Note (changed) >>\nendobj\n"
    table = (
        f"xref\n0 1\n0000000000 65535 f \n{size} 1\n{at:010d} 00000 n \ntrailer\n<< /Size {int(size) + 1} /Root {root} R "
        f"/Prev {before} >>\nstartxref\n{len(data) + len(more)}\n%%EOF\n"
    )
    return data + more.encode() + table.encode()
