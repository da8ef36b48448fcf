"""A `Document` as DOCX: headings, paragraphs and tables with horizontally and vertically merged cells."""

from __future__ import annotations

from spiders.sample_portal.narrative import Document, Heading, Paragraph
from spiders.sample_portal.office import RELATIONS, XML, package, text
from spiders.sample_portal.statements import Line, Table

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TWIPS = 20
PORTRAIT = (11906, 16838)


def _run(words: str, size: int, *, bold: bool = False) -> str:
    weight = "<w:b/>" if bold else ""
    fonts = '<w:rFonts w:ascii="SimSun" w:hAnsi="SimSun" w:eastAsia="宋体"/>'
    return (
        f'<w:r><w:rPr>{fonts}{weight}<w:sz w:val="{size}"/></w:rPr><w:t xml:space="preserve">{text(words)}</w:t></w:r>'
        if words
        else ""
    )


def _paragraph(
    words: str, size: int = 21, *, align: str = "left", style: str = "", indent: int = 0, bold: bool = False
) -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    inset = f'<w:ind w:firstLine="{indent}"/>' if indent else ""
    return f'<w:p><w:pPr>{named}{inset}<w:jc w:val="{align}"/></w:pPr>{_run(words, size, bold=bold)}</w:p>'


def _cell(words: str, width: int, *, across: int = 1, merge: str = "", align: str = "center") -> str:
    span = f'<w:gridSpan w:val="{across}"/>' if across > 1 else ""
    down = {"": "", "start": '<w:vMerge w:val="restart"/>', "go on": "<w:vMerge/>"}[merge]
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{down}<w:vAlign w:val="center"/></w:tcPr>'
        f"{_paragraph(words, 16, align=align)}</w:tc>"
    )


def _header(table: Table, widths: list[int]) -> str:
    spans = {(r, c): (h, w) for r, c, h, w in table.spans}
    rows = []
    for r, row in enumerate(table.header):
        cells, c = [], 0
        while c < len(row):
            tall, across = spans.get((r, c), (1, 1))
            merge = "start" if tall > 1 else ""
            words = row[c]
            for (sr, sc), (h, w) in spans.items():
                if sc == c and sr < r < sr + h:
                    across, merge, words = w, "go on", ""
            cells.append(_cell(words, sum(widths[c : c + across]), across=across, merge=merge))
            c += across
        repeated = "" if table.project else "<w:trPr><w:tblHeader/></w:trPr>"
        rows.append(f"<w:tr>{repeated}{''.join(cells)}</w:tr>")
    return "".join(rows)


def _row(table: Table, line: Line, widths: list[int]) -> str:
    cells, c = [], 0
    while c < len(table.columns):
        across = line.merged[1] if line.merged and line.merged[0] == c else 1
        role = table.columns[c].role
        align = "center" if across > 1 else {"amount": "right", "name": "left"}.get(role, "center")
        cells.append(_cell(line.cells[c], sum(widths[c : c + across]), across=across, align=align))
        c += across
    return f"<w:tr>{''.join(cells)}</w:tr>"


def _table(table: Table) -> str:
    scale = (PORTRAIT[0] - 2 * 900) / sum(c.width for c in table.columns)
    widths = [int(c.width * scale) for c in table.columns]
    parts = [_paragraph(table.title, 28, align="center", bold=True)]
    # three texts on one line, as offices set them: with blanks between, not with tabulators
    parts += [_paragraph("    ".join(t for t in above if t), 18, align="both") for above in table.above]
    edge = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in widths)
    rows = "".join(_row(table, line, widths) for line in table.lines)
    parts.append(
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{edge}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{_header(table, widths)}{rows}</w:tbl>'
    )
    return "".join([*parts, *(_paragraph(note, 18) for note in table.notes), _paragraph("")])


def print_word(document: Document) -> bytes:
    """The document as DOCX."""
    body = []
    for block in document.blocks:
        if isinstance(block, Table):
            body.append(_table(block))
        elif isinstance(block, Paragraph):
            body.append(_paragraph(block.text, indent=420))
        elif isinstance(block, Heading):
            size = {0: 44, 1: 32, 2: 24}[block.level]
            align = "left" if block.level == 2 else "center"
            body.append(_paragraph(block.text, size, align=align, style=f"Heading{block.level or 'Title'}", bold=True))
    section = (
        f'<w:sectPr><w:pgSz w:w="{PORTRAIT[0]}" w:h="{PORTRAIT[1]}"/>'
        '<w:pgMar w:top="1200" w:right="900" w:bottom="1200" w:left="900" w:header="600" w:footer="600" w:gutter="0"/>'
        "</w:sectPr>"
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{i}"><w:name w:val="{name}"/>'
        + (f'<w:pPr><w:outlineLvl w:val="{i - 1}"/></w:pPr>' if isinstance(i, int) else "")
        + "</w:style>"
        for i, name in (("Title", "Title"), (1, "heading 1"), (2, "heading 2"))
    )
    members = {
        "word/document.xml": f'{XML}<w:document xmlns:w="{W}"><w:body>{"".join(body)}{section}</w:body></w:document>',
        "word/styles.xml": f'{XML}<w:styles xmlns:w="{W}">{styles}</w:styles>',
        "word/_rels/document.xml.rels": (
            f'{XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>'
        ),
    }
    types = {"word/document.xml": f"{TYPES}.document.main+xml", "word/styles.xml": f"{TYPES}.styles+xml"}
    return package(members, "word/document.xml", types, document.title)
