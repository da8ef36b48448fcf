"""A `Document` as XLSX: a sheet a table with merged headers, numbers as numbers, and one sheet of prose."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from spiders.sample_portal.narrative import Document, Heading
from spiders.sample_portal.office import PACKAGE, RELATIONS, XML, package, text
from spiders.sample_portal.statements import Table

M = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PLAIN, TITLE, LEFT, CENTRE, MONEY = range(5)

_STYLES = (
    f'{XML}<styleSheet xmlns="{M}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.00"/></numFmts>'
    '<fonts count="2"><font><sz val="10"/><name val="宋体"/></font><font><b/><sz val="16"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border>'
    + "".join(f'<{s} style="thin"><color rgb="FF000000"/></{s}>' for s in ("left", "right", "top", "bottom"))
    + '<diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment horizontal="center"/></xf>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="1" xfId="0" applyAlignment="1"><alignment horizontal="left" vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="1" xfId="0" applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="1" xfId="0" applyNumberFormat="1" applyAlignment="1"><alignment horizontal="right" vertical="center"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def column_letters(index: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _cell(row: int, column: int, words: str, style: int) -> str:
    at = f"{column_letters(column)}{row + 1}"
    if not words.strip():
        return f'<c r="{at}" s="{style}"/>'
    if style == MONEY:
        try:
            return f'<c r="{at}" s="{style}"><v>{Decimal(words).normalize():f}</v></c>'
        except InvalidOperation:
            style = CENTRE
    return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text(words)}</t></is></c>'


def _sheet(rows: list[list[tuple[str, int]]], merges: list[tuple[int, int, int, int]], widths: list[float]) -> str:
    data = "".join(
        f'<row r="{r + 1}">{"".join(_cell(r, c, words, style) for c, (words, style) in enumerate(row))}</row>'
        for r, row in enumerate(rows)
    )
    cols = "".join(f'<col min="{n}" max="{n}" width="{w:.1f}" customWidth="1"/>' for n, w in enumerate(widths, 1))
    merged = "".join(
        f'<mergeCell ref="{column_letters(c)}{r + 1}:{column_letters(c + w - 1)}{r + h}"/>' for r, c, h, w in merges
    )
    tail = f'<mergeCells count="{len(merges)}">{merged}</mergeCells>' if merges else ""
    return f'{XML}<worksheet xmlns="{M}"><cols>{cols}</cols><sheetData>{data}</sheetData>{tail}</worksheet>'


def _table_sheet(table: Table) -> str:
    width = len(table.columns)
    rows: list[list[tuple[str, int]]] = [[(table.title, TITLE)]]
    merges = [(0, 0, 1, width)]
    for left, middle, right in table.above:
        line = [("", PLAIN)] * width
        line[0], line[-1] = (left, PLAIN), (right, PLAIN)
        if middle:
            line[width // 2] = (middle, PLAIN)
        rows.append(line)
    first = len(rows)
    merges += [(first + r, c, h, w) for r, c, h, w in table.spans]
    rows += [[(words, CENTRE) for words in row] for row in table.header]
    style = {"amount": MONEY, "name": LEFT}
    for line_ in table.lines:
        if line_.merged:
            merges.append((len(rows), line_.merged[0], 1, line_.merged[1]))
        rows.append([(w, style.get(c.role, CENTRE)) for c, w in zip(table.columns, line_.cells, strict=True)])
    for note in table.notes:
        merges.append((len(rows), 0, 1, width))
        rows.append([(note, PLAIN)])
    return _sheet(rows, merges, [max(6.0, c.width / 5.5) for c in table.columns])


def print_workbook(document: Document) -> bytes:
    """The document as XLSX: cover and contents, the tables, then the prose."""
    tables = document.tables
    contents: list[list[tuple[str, int]]] = [[(document.title, TITLE)], [("", PLAIN)]]
    contents += [[(f"{t.number}. {t.title}", PLAIN)] for t in tables if not t.project]
    prose = [
        [(block.text, TITLE if isinstance(block, Heading) and block.level == 1 else PLAIN)]
        for block in document.blocks
        if not isinstance(block, Table) and not (isinstance(block, Heading) and block.level == 0)
    ]
    sheets = [
        ("目录", _sheet(contents, [], [90.0])),
        *((f"表{t.number} {t.title.replace('部门预算', '')[:24]}", _table_sheet(t)) for t in tables),
        ("情况说明", _sheet(prose, [], [120.0])),
    ]
    members = {f"xl/worksheets/sheet{n}.xml": body for n, (_, body) in enumerate(sheets, 1)}
    types = dict.fromkeys(members, f"{TYPES}.worksheet+xml")
    listed = "".join(
        f'<sheet name="{text(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, (name, _) in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    members |= {
        "xl/workbook.xml": f'{XML}<workbook xmlns="{M}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/styles.xml": _STYLES,
        "xl/_rels/workbook.xml.rels": (
            f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{links}'
            f'<Relationship Id="rId{len(sheets) + 1}" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>'
        ),
    }
    types |= {"xl/workbook.xml": f"{TYPES}.sheet.main+xml", "xl/styles.xml": f"{TYPES}.styles+xml"}
    return package(members, "xl/workbook.xml", types, document.title)
