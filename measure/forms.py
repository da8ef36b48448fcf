"""Random forms and what becomes of them: `python -m measure.forms [--forms 200] [--seed 1] [--examples 3] [--only DRAWING] [--keep DIR]`.

A form is drawn from a grammar of what real forms vary: statements, order of columns, levels with codes or without, totals above or
below, carry-over, units, column numbers, notes, zeros printed as blank, 0.00 or —, heads centred or left, full rules, level rules
only or none, page ends; as PDF, HTML or XLSX. Its figures add up, and the truth is known. Each is read and proved:

right      every fact under its name, code and header path, nothing else, no error
told       something is missing or wrong, and an error says so
blamed     an error says that the publisher is at fault
silent     something is missing or wrong, and no error says so

Prints the outcomes by way of drawing. Exit status 0, whatever is found.
"""

from __future__ import annotations

import argparse
import html
import io
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from budget.disclosure import Disclosure, Place
from budget.printed_text import squeeze
from expectations import apply, judge
from extract.document import extract_bytes
from measure.form_shapes import MAKERS, Amount, Form, style_of

BATCH: Final = 40
PAGES: Final = {"upright": (595.0, 842.0), "across": (842.0, 595.0)}
MARGIN: Final = 45.0
FONT: Final = "STSong-Light"
"""A font that every reader of PDF knows; nothing is embedded."""
DRAWINGS: Final = ("full", "level", "none", "html", "xlsx")

# --------------------------------------------------------------------------- what is printed


def printed(amount: Amount, form: Form) -> str:
    """A figure as the form prints it, in its unit."""
    if amount is None:
        return form.style.zero
    value = amount * (10000 if form.unit == "元" else 1)
    return f"{value:,.2f}"


def grid_of(form: Form) -> tuple[list[list[str]], list[list[str]], list[int]]:
    """(header rows with blanks under merged heads, body rows, depth of each body row)."""
    if form.right:
        header = [["收入", "", "支出", ""], ["项目", "预算数", "项目", "预算数"]]
        body = [
            [left.name, printed(left.amounts[0], form) if left.name else "", right.name, printed(right.amounts[0], form) if right.name else ""]
            for left, right in zip(form.rows, form.right, strict=True)
        ]  # fmt: skip
        return header, body, [0] * len(body)
    levels = max(map(len, form.paths))
    header = [[*form.text_heads], *([""] * len(form.text_heads) for _ in range(levels - 1))]
    for path in form.paths:
        for level in range(levels):
            above = [row[-1] for row in header]
            text = path[level] if level < len(path) else ""
            repeats = (
                level == 0 and len(path) > 1 and len(header[0]) > len(form.text_heads) and _group(header[0]) == text
            )
            header[level].append("" if repeats else text)
            del above
    body = []
    for row in form.rows:
        body.append([*row.texts(len(form.text_heads)), *(printed(amount, form) for amount in row.amounts)])
    return header, body, [row.depth for row in form.rows]


def _group(heads: Sequence[str]) -> str:
    return next((text for text in reversed(heads) if text), "")


Key = tuple[str, str, str, str, str]


def truth_of(form: Form) -> Counter[Key]:
    """(code, name without ordinal, total, whole or part, last header, amount in 万元) of every figure printed."""
    found: Counter[Key] = Counter()
    for rows, paths in ((form.rows, form.paths[:1] if form.right else form.paths), (form.right, form.paths[1:])):
        for k, row in enumerate(rows):
            below = next((one for one in rows[k + 1 :] if not one.total), None)
            whole = below is not None and below.depth > row.depth
            place = "" if form.right else "total" if row.total else "whole" if whole else "part"
            code = row.code if len(form.text_heads) > 1 and not form.right else ""
            for path, amount in zip(paths, row.amounts, strict=True):
                if amount:
                    found[code, _plain(row.name), place, "/".join(map(squeeze, path)), f"{amount:.2f}"] += 1
    return found


def _plain(name: str) -> str:
    return squeeze(name).split("、", 1)[-1]


def facts_of(read: Disclosure, form: Form) -> Counter[Key]:
    """The same of what was read; figures of zero are left out."""
    wholes = {(fact.statement_id, fact.side, fact.parent_row) for fact in read.facts}
    found: Counter[Key] = Counter()
    for fact in read.facts:
        if fact.value:
            whole = (fact.statement_id, fact.side, fact.row) in wholes
            place = "total" if fact.role in ("total", "grand_total") else "whole" if whole else "part"
            path = "/".join(map(squeeze, fact.column))
            found[fact.code, _plain(fact.name), "" if form.right else place, path, f"{fact.value:.2f}"] += 1
    return found


# --------------------------------------------------------------------------- writers


def as_html(form: Form) -> bytes:
    """A page with one table; heads over several columns are merged."""
    header, body, depths = grid_of(form)
    lines = [_html_row(row, header, r) for r, row in enumerate(header)]
    for row, depth in zip(body, depths, strict=True):
        cells = "".join(
            f'<td style="padding-left:{depth * form.style.indent * 10.5}pt">{html.escape(text)}</td>'
            if c == len(form.text_heads) - 1 and not form.right
            else f"<td>{html.escape(text)}</td>"
            for c, text in enumerate(row)
        )
        lines.append(f"<tr>{cells}</tr>")
    note = f"<p>{form.style.note}</p>" if form.style.note else ""
    return (
        f"<html><body><h1>某市某局2026年部门预算</h1><p>{form.title}</p><p>单位：{form.unit}</p><table>{''.join(lines)}</table>{note}</body></html>"
    ).encode()


def _html_row(row: Sequence[str], header: Sequence[Sequence[str]], r: int) -> str:
    cells = []
    for c, text in enumerate(row):
        if not text:
            continue
        across = 1
        while c + across < len(row) and not row[c + across] and r + 1 < len(header) and header[r + 1][c + across]:
            across += 1
        down = len(header) - r if r == 0 and len(header) > 1 and not header[1][c] else 1
        cells.append(f'<td colspan="{across}" rowspan="{down}">{html.escape(text)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def as_xlsx(form: Form) -> bytes:
    """A workbook of one sheet, figures as numbers."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    header, body, depths = grid_of(form)
    sheet.append(["某市某局2026年部门预算"])
    sheet.append([form.title])
    sheet.append([f"单位：{form.unit}"])
    for row in header:
        sheet.append(list(row))
    for r, row in enumerate(header):
        for c, text in enumerate(row):
            across = 1
            while (
                text
                and c + across < len(row)
                and not row[c + across]
                and r + 1 < len(header)
                and header[r + 1][c + across]
            ):
                across += 1
            down = len(header) - r if text and r == 0 and len(header) > 1 and not header[1][c] else 1
            if across > 1 or down > 1:
                sheet.merge_cells(start_row=4 + r, start_column=c + 1, end_row=3 + r + down, end_column=c + across)
    for row, depth in zip(body, depths, strict=True):
        values: list[str | float] = [float(t.replace(",", "")) if (_is_figure(t) and c >= len(form.text_heads)) or (_is_figure(t) and form.right) else t
                                     for c, t in enumerate(row)]  # fmt: skip
        sheet.append(values)
        if form.style.indent and not form.right:
            sheet.cell(sheet.max_row, len(form.text_heads)).alignment = Alignment(indent=int(depth * form.style.indent))
    for column in sheet.iter_cols(min_row=4 + len(header)):
        for cell in column:
            if isinstance(cell.value, float):
                cell.number_format = "#,##0.00"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _is_figure(text: str) -> bool:
    return bool(text) and text[0].isdigit() and "." in text


def as_pdf(form: Form) -> bytes:
    """Pages with the table drawn as its style says: full rules, level rules only, none."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    target = io.BytesIO()
    width, height = PAGES[form.style.page]
    canvas = Canvas(target, pagesize=(width, height), invariant=1)
    _Drawn(canvas, form, width, height).draw()
    canvas.save()
    return target.getvalue()


class _Drawn:
    """A form on the pages of a canvas."""

    def __init__(self, canvas: object, form: Form, width: float, height: float) -> None:
        from reportlab.pdfgen.canvas import Canvas

        assert isinstance(canvas, Canvas)
        self.canvas, self.form, self.width, self.height = canvas, form, width, height
        self.header, self.body, self.depths = grid_of(form)
        texts = len(form.text_heads)
        if form.right:
            weights = [2.2, 1.2, 2.2, 1.2]
        else:
            weights = [*([1.0, 2.6] * (texts // 2) or [2.8]), *([1.2] * len(form.paths))]
        room = width - 2 * MARGIN
        self.edges = [MARGIN]
        for weight in weights:
            self.edges.append(self.edges[-1] + room * weight / sum(weights))
        self.size = min(form.style.size, self._fitting())

    def _fitting(self) -> float:
        """The size at which every text fits its column."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        size, last = self.form.style.size, len(self.form.text_heads) - 1
        heads = [(row, 0) for row in self.header]
        for row, depth in [*heads, *zip(self.body, self.depths, strict=True)]:
            for c, text in enumerate(row):
                if any(row is head for head in self.header[:-1]) and row[c + 1 : c + 2] == [""]:
                    continue  # a head over several columns
                em = stringWidth(text, FONT, 1.0) + (
                    depth * self.form.style.indent if c == last and not self.form.right else 0
                )
                if em:
                    size = min(size, (self.edges[c + 1] - self.edges[c] - 7) / em)
        return size

    def draw(self) -> None:
        style, canvas = self.form.style, self.canvas
        canvas.setFont(FONT, 14)
        canvas.drawCentredString(self.width / 2, self.height - 50, "某市某局2026年部门预算")
        canvas.drawCentredString(self.width / 2, self.height - 72, self.form.title)
        canvas.setFont(FONT, self.size)
        canvas.drawRightString(self.width - MARGIN, self.height - 90, f"单位：{self.form.unit}")
        y = self.height - 96
        y = self._head(y)
        for row, depth in zip(self.body, self.depths, strict=True):
            if y - style.row_height < 50:
                canvas.showPage()
                canvas.setFont(FONT, self.size)
                y = self._head(self.height - 60)
            y = self._row(row, y, depth)
        if style.note:
            canvas.drawString(MARGIN, y - self.size - 4, style.note)

    def _head(self, y: float) -> float:
        for r, row in enumerate(self.header):
            bottom = y - self.form.style.row_height
            last = r == len(self.header) - 1
            for c, text in enumerate(row):
                if not text:
                    continue
                across = 1
                while c + across < len(row) and not row[c + across] and not last and self.header[r + 1][c + across]:
                    across += 1
                low = bottom if last or across > 1 or self.header[r + 1][c] else bottom - self.form.style.row_height
                self._cell(text, self.edges[c], self.edges[c + across], y, low, 0.0, centred=self.form.style.centred)
                self._rules(self.edges[c], self.edges[c + across], y, low)
            y = bottom
        if self.form.style.numbers:
            y = self._row(["栏次", *map(str, range(1, len(self.header[0])))], y, 0)
        return y

    def _row(self, row: Sequence[str], y: float, depth: int) -> float:
        bottom = y - self.form.style.row_height
        for c, text in enumerate(row):
            figure = _is_figure(text) or text in ("—", "0.00")
            inset = depth * self.form.style.indent * self.size if c == len(self.form.text_heads) - 1 else 0.0
            self._cell(
                text, self.edges[c], self.edges[c + 1], y, bottom, 0.0 if self.form.right else inset, right=figure
            )
            self._rules(self.edges[c], self.edges[c + 1], y, bottom)
        return bottom

    def _cell(
        self, text: str, left: float, right_: float, top: float, bottom: float, inset: float, *,
        centred: bool = False, right: bool = False,
    ) -> None:  # fmt: skip
        base = (top + bottom) / 2 - self.size * 0.35
        if right:
            self.canvas.drawRightString(right_ - 3, base, text)
        elif centred:
            self.canvas.drawCentredString((left + right_) / 2, base, text)
        else:
            self.canvas.drawString(left + 3 + inset, base, text)

    def _rules(self, left: float, right: float, top: float, bottom: float) -> None:
        if self.form.style.drawing == "none":
            return
        self.canvas.setLineWidth(0.6)
        self.canvas.line(left, top, right, top)
        self.canvas.line(left, bottom, right, bottom)
        if self.form.style.drawing == "full":
            self.canvas.line(left, top, left, bottom)
            self.canvas.line(right, top, right, bottom)


# --------------------------------------------------------------------------- the measurement


@dataclass
class Made:
    """A form with its bytes, its truth and what was read."""

    form: Form
    data: bytes
    name: str
    read: Disclosure | None = None


def make(seed: int, number: int, only: str | None = None) -> Made:
    """One random form; the same for the same seed and number."""
    rng = random.Random(f"{seed}:{number}")
    drawing = only or rng.choice(DRAWINGS)
    form = rng.choice(MAKERS)(rng, style_of(rng, drawing))
    data = {"html": as_html, "xlsx": as_xlsx}.get(drawing, as_pdf)(form)
    suffix = drawing if drawing in ("html", "xlsx") else "pdf"
    return Made(form, data, f"{number:05}-{drawing}-某局2026年部门预算.{suffix}")


def outcome(made: Made) -> str:
    """right, told, blamed or silent."""
    assert made.read is not None
    errors = [one for one in made.read.findings if one.severity == "error"]
    same = truth_of(made.form) == facts_of(made.read, made.form)
    if any(one.origin == "publisher" for one in errors):
        return "blamed"
    if same:
        return "told" if errors else "right"
    return "told" if errors or made.read.document.error else "silent"


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes, reads, proves and counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--forms", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=3)
    parser.add_argument("--only", choices=DRAWINGS)
    parser.add_argument("--keep", type=Path, help="write the forms that were not right into this folder")
    options = parser.parse_args(arguments)
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    examples: dict[str, list[str]] = defaultdict(list)
    for start in range(0, options.forms, BATCH):
        some = [make(options.seed, number, options.only) for number in range(start, min(start + BATCH, options.forms))]
        for one in some:
            one.read = extract_bytes(one.data, one.name)
        raws = {(one.read.document.sha256, str(f.at)): f.raw for one in some if one.read for f in one.read.facts}
        judged = judge([one.read for one in some if one.read], second_reading=_as_read(raws))
        for one in some:
            assert one.read is not None
            one.read = apply(one.read, judged[one.read.document.sha256])
            result = outcome(one)
            outcomes[one.form.style.drawing][result] += 1
            if result != "right":
                examples[result].append(_example(one))
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{result}-{one.name}").write_bytes(one.data)
    for drawing in DRAWINGS:
        counts = outcomes[drawing]
        if total := sum(counts.values()):
            shares = "  ".join(
                f"{name} {counts[name]:4} ({counts[name] / total:.3f})"
                for name in ("right", "told", "blamed", "silent")
            )
            print(f"{drawing:6} {total:5}  {shares}")
    for result in ("silent", "blamed", "told"):
        for example in examples[result][: options.examples]:
            print(f"\n{result}: {example}")
    return 0


def _as_read(raws: dict[tuple[str, str], str]) -> Callable[[str, Place], str]:
    """A second reader that reads every cell as the first did."""
    return lambda sha256, place: raws.get((sha256, str(place)), "")


def _example(made: Made) -> str:
    assert made.read is not None
    truth, got = truth_of(made.form), facts_of(made.read, made.form)
    errors = [one.message.splitlines()[0][:110] for one in made.read.findings if one.severity == "error"][:3]
    style = made.form.style
    return (
        f"{made.name} {made.form.title} zero={style.zero!r} centred={style.centred} numbers={style.numbers} size={style.size} "
        f"{style.page} total_last={style.total_last} indent={style.indent} heads={made.form.text_heads}\n  missing {sum((truth - got).values())} of {sum(truth.values())}: "
        f"{list(truth - got)[:3]}\n  other   {sum((got - truth).values())}: {list(got - truth)[:3]}\n  errors  {errors}"
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
