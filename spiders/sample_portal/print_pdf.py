"""A `Document` as PDF: ruled tables drawn cell by cell, continued over pages with their header, as offices print them.

Needs reportlab (development only: the portal serves committed files). Output depends on nothing but its input: fixed
identifiers and dates.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from spiders.sample_portal.narrative import Document, Heading, Paragraph
from spiders.sample_portal.statements import Line, Table

FONT = "YusuanSample"
MARGIN = 52.0
BOTTOM = 58.0
PAD = 3.0
CUT = 5.0
"""Height that half a row takes beside its lines."""
NO_BREAK_BEFORE = "，。；：、）％%"


def wrap(text: str, size: float, width: float) -> list[str]:
    """Text in lines of at most `width` points; Chinese breaks anywhere, figures and codes never."""
    lines, line = [], ""
    for char in text:
        tight = char in NO_BREAK_BEFORE or (line and char in "0123456789.年" and line[-1] in "0123456789.")
        if line and not tight and pdfmetrics.stringWidth(line + char, FONT, size) > width:
            lines.append(line)
            line = char
        else:
            line += char
    return [*lines, line] if line or not lines else lines


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents."""

    label: str
    inset: float


def contents(document: Document) -> list[Entry]:
    """The parts and the tables of a document in order."""
    entries = []
    for block in document.blocks:
        if isinstance(block, Table) and not block.project:
            entries.append(Entry(f"{block.number}.{block.title}", 24))
        elif isinstance(block, Heading) and block.level == 1:
            entries.append(Entry(block.text, 0))
    return entries


class PdfPress:
    """One document on its way onto pages. `numbers` are the page numbers of a first printing, for the contents."""

    def __init__(self, document: Document, numbers: Mapping[str, int] | None = None) -> None:
        if FONT not in pdfmetrics.getRegisteredFontNames():
            font = resources.files("spiders.sample_portal.font").joinpath("sample.ttf").read_bytes()
            pdfmetrics.registerFont(TTFont(FONT, io.BytesIO(font)))
        self.document = document
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=A4, invariant=1)
        self.canvas.setTitle(document.title)
        self.canvas.setAuthor(document.agency)
        self.canvas.setCreator("sample portal")
        self.page = 1
        self.cuts = 0
        self.numbers = numbers or {}
        self.begun: dict[str, int] = {}
        self._open(A4)

    def _open(self, size: tuple[float, float]) -> None:
        self.width, self.height = size
        self.canvas.setPageSize(size)
        self.canvas.setLineWidth(0.6)
        self.y = MARGIN

    def _close(self) -> None:
        self._text(f"— {self.page} —", 9, self.width / 2, self.height - 34, "middle")
        self.canvas.showPage()
        self.page += 1

    def new_page(self, size: tuple[float, float] | None = None) -> None:
        """Number the page, close it and open the next."""
        if self.y > MARGIN:
            self._close()
        self._open(size or (self.width, self.height))

    def _text(self, text: str, size: float, x: float, baseline: float, align: str = "left") -> None:
        self.canvas.setFont(FONT, size)
        y = self.height - baseline
        draw = {
            "left": self.canvas.drawString,
            "middle": self.canvas.drawCentredString,
            "right": self.canvas.drawRightString,
        }
        draw[align](x, y, text)

    def _room(self) -> float:
        return self.height - BOTTOM - self.y

    # --- prose --------------------------------------------------------------------------------------------------------

    def cover(self) -> None:
        """Title page and contents: the same titles as the tables, with dots and page numbers."""
        self.y = 250
        for line in wrap(self.document.title, 24, self.width - 2 * MARGIN - 40):
            self._text(line, 24, self.width / 2, self.y, "middle")
            self.y += 40
        self._text(f"{self.document.fiscal_year}年", 14, self.width / 2, 640, "middle")
        self.new_page()
        self._text("目  录", 18, self.width / 2, self.y + 20, "middle")
        self.y += 54
        dot = pdfmetrics.stringWidth("…", FONT, 11)
        for entry in contents(self.document):
            inset = MARGIN + entry.inset
            self._text(entry.label, 11, inset, self.y)
            start = inset + pdfmetrics.stringWidth(entry.label, FONT, 11) + 6
            self._text("…" * max(0, int((self.width - MARGIN - 24 - start) / dot)), 11, start, self.y)
            self._text(str(self.numbers.get(entry.label, "")), 11, self.width - MARGIN, self.y, "right")
            self.y += 22
        self.new_page()

    def heading(self, heading: Heading) -> None:
        """A heading; level 1 begins a page."""
        if heading.level == 0:
            self.cover()
            return
        size = 16 if heading.level == 1 else 12
        if heading.level == 1:
            self.new_page(A4)
            self.begun[heading.text] = self.page
        elif self._room() < 60:
            self.new_page()
        self.y += size + (8 if heading.level == 1 else 16)
        self._text(
            heading.text,
            size,
            self.width / 2 if heading.level == 1 else MARGIN,
            self.y,
            "middle" if heading.level == 1 else "left",
        )
        self.y += size * 0.9 if heading.level == 1 else 0

    def paragraph(self, text: str) -> None:
        """Prose, first line set in by two characters."""
        size, leading = 11, 20
        inset = 2 * size
        first, *rest = wrap(text, size, self.width - 2 * MARGIN - inset)
        for n, line in enumerate([first, *wrap("".join(rest), size, self.width - 2 * MARGIN)] if rest else [first]):
            if self._room() < leading:
                self.new_page()
            self.y += leading
            self._text(line, size, MARGIN + (0 if n else inset), self.y)

    # --- tables -------------------------------------------------------------------------------------------------------

    def table(self, table: Table) -> None:
        """A statement. It begins a page unless a good part of this one is free."""
        wide = sum(c.width for c in table.columns) > 600
        size = landscape(A4) if wide else A4
        if (self.width, self.height) != size or self._room() < 0.3 * self.height:
            self.new_page(size)
        self.begun[f"{table.number}.{table.title}"] = self.page
        usable = self.width - 2 * MARGIN
        scale = usable / sum(c.width for c in table.columns)
        self.left = [MARGIN]
        for column in table.columns:
            self.left.append(self.left[-1] + column.width * scale)
        self.size = self.document.type_size or (7.2 if wide else 9.0)
        self.leading = self.size * 1.25
        self.y += 22
        self._text(table.title, 14, self.width / 2, self.y, "middle")
        self.y += 8
        self._above(table)
        if table.project and sum(self._heights(table)) > self._room():
            self.new_page(size)
        self._header(table)
        for line in table.lines:
            self._line(table, line)
        for note in table.notes:
            self.y += 16
            self._text(note, 9, MARGIN, self.y)
        self.y += 14

    def _above(self, table: Table) -> None:
        for left, middle, right in table.above:
            self.y += 14
            self._text(left, 9, MARGIN, self.y)
            self._text(middle, 9, self.width / 2 + 40, self.y, "middle")
            self._text(right, 9, self.width - MARGIN, self.y, "right")
            self.y += 5

    def _lines(self, text: str, first: int, columns: int) -> list[str]:
        return wrap(text.strip(), self.size, self.left[first + columns] - self.left[first] - 2 * PAD)

    def _box(self, first: int, columns: int, top: float, height: float) -> None:
        x = self.left[first]
        self.canvas.rect(x, self.height - top - height, self.left[first + columns] - x, height)

    def _cell(
        self, lines: Sequence[str], first: int, columns: int, top: float, height: float, align: str, inset: float = 0
    ) -> None:
        self._box(first, columns, top, height)
        left, right = self.left[first], self.left[first + columns]
        x = {"left": left + PAD + inset, "middle": (left + right) / 2, "right": right - PAD}[align]
        baseline = top + (height - len(lines) * self.leading) / 2 + self.size
        for n, line in enumerate(lines):
            self._text(line, self.size, x, baseline + n * self.leading, align)

    def _heights(self, table: Table) -> list[float]:
        """Heights of the header rows: each cell fits into the rows that it covers."""
        spans = {(r, c): (h, w) for r, c, h, w in table.spans}
        heights = []
        for r, row in enumerate(table.header):
            need = 1
            for c, text in enumerate(row):
                tall, columns = spans.get((r, c), (1, 1))
                if text:
                    need = max(need, -(-len(self._lines(text, c, columns)) // tall))
            heights.append(need * self.leading + self.document.row_padding)
        return heights

    def _header(self, table: Table) -> None:
        spans = {(r, c): (h, w) for r, c, h, w in table.spans}
        covered = {(r + i, c + j) for (r, c), (h, w) in spans.items() for i in range(h) for j in range(w)} - set(spans)
        heights = self._heights(table)
        tops = [self.y]
        for height in heights:
            tops.append(tops[-1] + height)
        for r, row in enumerate(table.header):
            for c, text in enumerate(row):
                if (r, c) in covered:
                    continue
                tall, columns = spans.get((r, c), (1, 1))
                self._cell(
                    self._lines(text, c, columns) if text else [],
                    c,
                    columns,
                    tops[r],
                    tops[r + tall] - tops[r],
                    "middle",
                )
        self.y = tops[-1]

    def _continue(self, table: Table) -> None:
        self.new_page()
        if table.repeat_above:
            self._above(table)
        self._header(table)

    def _line(self, table: Table, line: Line) -> None:
        first, merged = line.merged or (0, 1)
        shown: list[tuple[int, int, list[str], str, float]] = []
        for c, (column, text) in enumerate(zip(table.columns, line.cells, strict=True)):
            if first < c < first + merged:
                continue
            columns = merged if c == first else 1
            inset = (len(text) - len(text.lstrip())) * self.size * 0.3
            total_row = text.strip() in ("合计", "本年收入合计", "本年支出合计", "收入总计", "支出总计")
            align = (
                "right" if column.role == "amount" else "left" if column.role == "name" and not total_row else "middle"
            )
            shown.append((c, columns, self._lines(text, c, columns) if text.strip() else [], align, inset))
        deepest = max(1, *(len(lines) for _, _, lines, _, _ in shown))
        height = deepest * self.leading + self.document.row_padding
        if height <= self._room():
            self._row(shown, height)
            return
        fitting = int((self._room() - CUT) // self.leading)
        if not self.document.cut_rows or not 0 < fitting < deepest:
            self._continue(table)
            self._row(shown, height)
            return
        # the page ends inside this row: its upper lines stay, the rest opens the next page between empty cells
        self.cuts += 1
        self._row([(c, w, lines[:fitting], a, i) for c, w, lines, a, i in shown], fitting * self.leading + CUT)
        self._continue(table)
        self._row(
            [(c, w, lines[fitting:], a, i) for c, w, lines, a, i in shown], (deepest - fitting) * self.leading + CUT
        )

    def _row(self, shown: Sequence[tuple[int, int, list[str], str, float]], height: float) -> None:
        for c, columns, lines, align, inset in shown:
            self._cell(lines, c, columns, self.y, height, align, inset)
        self.y += height

    def finish(self) -> bytes:
        for block in self.document.blocks:
            if isinstance(block, Table):
                self.table(block)
            elif isinstance(block, Paragraph):
                self.paragraph(block.text)
            else:
                self.heading(block)
        self._close()
        self.canvas.save()
        return self.buffer.getvalue()


def print_pdf(document: Document) -> bytes:
    """The document as PDF."""
    first = PdfPress(document)
    first.finish()
    return PdfPress(document, first.begun).finish()


def cut_rows(document: Document) -> int:
    """How many rows the pages of this document cut in two."""
    press = PdfPress(document)
    press.finish()
    return press.cuts
