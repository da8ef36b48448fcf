"""Workbooks and Word files with one thing in each that readers trip over; registered in `measure.printed_faults`."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import docx
import openpyxl
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from measure.printed_faults import BASE, PLACE, TOWN, Made, Sheet, fault, purchase, replaced

# ---- workbooks -------------------------------------------------------------------------------------------------------


def workbook(change: Callable[[Any, Any], None] | None = None, sheets: Sequence[Sheet] = BASE) -> bytes:
    """The usual tables as numbers with a number format; `change` is given the cell of the purchase and its sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    last = None
    for sheet in sheets:
        last = book.create_sheet(sheet.title)
        last.append([TOWN])
        last.append([sheet.title])
        last.append([sheet.unit])
        for r, row in enumerate(sheet.rows):
            for c, text in enumerate(row):
                money = r and c in sheet.money and text
                cell = last.cell(r + 4, c + 1, float(text.replace(",", "")) if money else text or None)
                if money:
                    cell.number_format = "#,##0.00"
                last.column_dimensions[cell.column_letter].width = 24
    if change is not None and last is not None:
        change(last.cell(PLACE[0] + 4, PLACE[1] + 1), last)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def edited(data: bytes, part: str, change: Callable[[str], str], more: dict[str, bytes] | None = None) -> bytes:
    """A package with the text of the parts whose names match changed, and parts added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            new.writestr(name, change(body.decode()).encode() if re.fullmatch(part, name) else body)
        for name, body in (more or {}).items():
            new.writestr(name, body)
    return out.getvalue()


def formatted(value: object, number_format: str) -> bytes:
    def change(cell: Any, sheet: Any) -> None:
        cell.value, cell.number_format = value, number_format

    return workbook(change)


def _format_fault(name: str, value: object, number_format: str, shown: str, **how: bool) -> None:
    def make() -> Made:
        return Made(formatted(value, number_format), purchase(shown), **how)

    make.__name__ = name
    fault("xlsx")(make)


_format_fault("plain", 312.45, "#,##0.00", "312.45")
_format_fault("scaled_by_a_comma", 312450.0, "#,##0.00,", "312.45")
_format_fault("scaled_by_an_escaped_point", 3124500.0, "0!.0000", "312.45")
_format_fault("zero_shown_as_a_dash", 0, '[=0]"—";0.00', "")
_format_fault("condition_on_the_size", 312.45, "[<1000]0.00;[>=1000]0", "312.45")
_format_fault("nothing_shown", 312.45, ";;;", "", either=True)
_format_fault("a_fraction", 312.5, "# ?/?", "312.50", either=True)
_format_fault("power_of_ten", 312.45, "0.00E+00", "312.00", either=True)
_format_fault("percent", 3.1245, "0.00%", "", deserves_error=True)
_format_fault("unit_in_the_format", 312.45, '0.00"万元"', "312.45")
_format_fault("yuan_in_the_format", 3124500.0, '#,##0.00"元"', "312.45", either=True)
_format_fault("currency_of_a_place", 312.45, "[$¥-804]#,##0.00", "312.45")
_format_fault("numerals_of_chinese", 312.45, "[DBNum1][$-804]General", "", deserves_error=True)
_format_fault("numerals_of_full_width", 312.45, "[DBNum3][$-804]0.00", "312.45", either=True)
_format_fault("date_instead_of_a_figure", date(1900, 11, 7), "yyyy-mm-dd", "", deserves_error=True)
_format_fault("number_shown_as_a_date", 312.45, 'yyyy"年"m"月"', "", deserves_error=True)
_format_fault("negative_in_red_without_sign", -312.45, "0.00;[Red]0.00", "-312.45")
_format_fault("negative_in_brackets", -312.45, "0.00_);(0.00)", "-312.45")
_format_fault("negative_with_a_triangle", -312.45, '0.00;"▲"0.00', "-312.45", either=True)
_format_fault("general_of_many_digits", 312.4500000000001, "General", "312.45")
_format_fault("text_of_full_width", "３１２．４５", "@", "312.45")
_format_fault("text_with_blanks", " 312.45\xa0", "@", "312.45")
_format_fault("text_with_an_apostrophe", "'312.45", "@", "312.45", either=True)
_format_fault("text_with_a_wave", "～312.45", "@", "", deserves_error=True)
_format_fault("rounded_far", 312.45, "#,##0", "312", either=True)
_format_fault("text_format_of_a_number", 312.45, "@", "312.45")
_format_fault("text_section", "312.45", '0.00;-0.00;0;@"*"', "312.45")


@fault("xlsx")
def column_too_narrow() -> Made:
    def change(cell: Any, sheet: Any) -> None:
        sheet.column_dimensions[cell.column_letter].width = 3

    return Made(workbook(change), either=True)


@fault("xlsx")
def formula_never_computed() -> Made:
    def change(cell: Any, sheet: Any) -> None:
        cell.value = "=300+12.45"

    return Made(workbook(change), purchase(""), deserves_error=True)


@fault("xlsx")
def error_value() -> Made:
    def change(cell: Any, sheet: Any) -> None:
        cell.value = "#REF!"
        cell.data_type = "e"

    return Made(workbook(change), purchase(""), deserves_error=True)


@fault("xlsx")
def very_hidden_sheet() -> bytes:
    def change(cell: Any, sheet: Any) -> None:
        draft = sheet.parent.copy_worksheet(sheet)
        draft.sheet_state = "veryHidden"
        draft.cell(PLACE[0] + 4, PLACE[1] + 1).value = 999.0

    return workbook(change)


@fault("xlsx")
def hidden_column_with_a_draft() -> bytes:
    def change(cell: Any, sheet: Any) -> None:
        for r in (5, 6, 7):
            sheet.cell(r, 4).value = 999.0
        sheet.cell(4, 4).value = "上报数"
        sheet.column_dimensions["D"].hidden = True

    return workbook(change)


@fault("xlsx")
def value_below_a_merged_cell() -> Made:
    data = workbook(lambda cell, sheet: sheet.merge_cells("A5:A6"))
    data = edited(
        data, r"xl/worksheets/sheet3\.xml", lambda x: re.sub(r'<c r="A6"[^>]*/>', '<c r="A6"><v>999</v></c>', x)
    )
    # one name stands beside two rows
    return Made(data, replaced(BASE, 2, 2, 0, BASE[2].rows[1][0]))


@fault("xlsx")
def raised_letters_of_a_text() -> Made:
    data = workbook(lambda cell, sheet: setattr(cell, "value", "RICH"))
    rich = '<si><r><t>312.45</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r></si>'
    return Made(edited(data, r"xl/sharedStrings\.xml", lambda x: re.sub(r"<si><t>RICH</t></si>", rich, x)), either=True)


@fault("xlsx")
def struck_letters_of_a_text() -> Made:
    data = workbook(lambda cell, sheet: setattr(cell, "value", "RICH"))
    rich = "<si><r><rPr><strike/></rPr><t>9</t></r><r><t>312.45</t></r></si>"
    return Made(edited(data, r"xl/sharedStrings\.xml", lambda x: re.sub(r"<si><t>RICH</t></si>", rich, x)), either=True)


@fault("xlsx")
def sounds_beside_a_text() -> bytes:
    data = workbook(lambda cell, sheet: setattr(cell, "value", "RICH"))
    rich = '<si><t>312.45</t><rPh sb="0" eb="1"><t>9</t></rPh></si>'
    return edited(data, r"xl/sharedStrings\.xml", lambda x: re.sub(r"<si><t>RICH</t></si>", rich, x))


@fault("xlsx")
def struck_out_cell() -> Made:
    from openpyxl.styles import Font

    def change(cell: Any, sheet: Any) -> None:
        cell.font = Font(strike=True)

    return Made(workbook(change), purchase(""), deserves_error=True)


@fault("xlsx")
def white_letters() -> Made:
    from openpyxl.styles import Font

    def change(cell: Any, sheet: Any) -> None:
        sheet.cell(8, 1, "会议音响").font = Font(color="FFFFFFFF")
        sheet.cell(8, 2, "设备").font = Font(color="FFFFFFFF")
        sheet.cell(8, 3, 999.0).font = Font(color="FFFFFFFF")

    return Made(workbook(change), either=True)


@fault("xlsx")
def format_by_a_condition() -> Made:
    from openpyxl.formatting.rule import Rule
    from openpyxl.styles.differential import DifferentialStyle
    from openpyxl.styles.numbers import NumberFormat

    def change(cell: Any, sheet: Any) -> None:
        cell.value = 3124500.0
        style = DifferentialStyle(numFmt=NumberFormat(numFmtId=200, formatCode="0!.0000"))
        sheet.conditional_formatting.add(cell.coordinate, Rule(type="expression", dxf=style, formula=["TRUE"]))

    return Made(workbook(change), either=True)


@fault("xlsx")
def table_as_a_picture() -> Made:
    from measure.printed_faults_pdf import picture

    def change(cell: Any, sheet: Any) -> None:
        from openpyxl.drawing.image import Image

        sheet.delete_rows(4, 4)
        sheet.add_image(Image(io.BytesIO(picture(BASE[2]))), "A5")

    return Made(workbook(change), either=True)


@fault("xlsx")
def figures_in_a_text_box() -> Made:
    def change(cell: Any, sheet: Any) -> None:
        from openpyxl.chart import BarChart, Reference

        sheet.delete_rows(4, 4)
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=2))
        sheet.add_chart(chart, "A5")

    box = "".join(f"<a:p><a:r><a:t>{' '.join(row)}</a:t></a:r></a:p>" for row in BASE[2].rows)
    shape = (
        "<xdr:sp><xdr:nvSpPr><xdr:cNvPr id='9' name='t'/><xdr:cNvSpPr txBox='1'/></xdr:nvSpPr><xdr:spPr/>"
        f"<xdr:txBody><a:bodyPr/>{box}</xdr:txBody></xdr:sp>"
    )

    def drawing(text: str) -> str:
        text = re.sub(r"<(?:xdr:)?graphicFrame.*</(?:xdr:)?graphicFrame>", shape, text, flags=re.S)
        spaces = (
            'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
            'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        )
        return re.sub(r"<(xdr:)?wsDr ", rf"<\1wsDr {spaces} ", text, count=1) if "xmlns:xdr" not in text else text

    return Made(edited(workbook(change), r"xl/drawings/drawing1\.xml", drawing), BASE[:2], deserves_error=True)


@fault("xlsx")
def table_behind_a_picture_only_sheet() -> Made:
    from measure.printed_faults_pdf import picture

    def change(cell: Any, sheet: Any) -> None:
        from openpyxl.drawing.image import Image

        sheet.delete_rows(1, 12)
        sheet.add_image(Image(io.BytesIO(picture(BASE[2]))), "A1")

    return Made(workbook(change), either=True)


@fault("xlsx")
def footnote_sign_by_the_format() -> bytes:
    return formatted(312.45, '0.00"①"')


# ---- Word ------------------------------------------------------------------------------------------------------------


def word(change: Callable[[Any, Any], None] | None = None, sheets: Sequence[Sheet] = BASE) -> bytes:
    """The usual tables; `change` is given the cell of the purchase and the document."""
    document = docx.Document()
    document.add_paragraph(TOWN)
    table = None
    for sheet in sheets:
        document.add_paragraph(sheet.title)
        document.add_paragraph(sheet.unit)
        table = document.add_table(len(sheet.rows), len(sheet.rows[0]))
        for r, row in enumerate(sheet.rows):
            for c, text in enumerate(row):
                table.cell(r, c).text = text
    if change is not None and table is not None:
        change(table.cell(*PLACE), document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word_cell(content: str) -> bytes:
    """The usual tables with the content of one paragraph of the purchase given as markup."""

    def change(cell: Any, document: Any) -> None:
        paragraph = cell.paragraphs[0]._p
        for child in list(paragraph):
            paragraph.remove(child)
        spaces = nsdecls("w", "m") if "m:" in content else nsdecls("w")
        for child in parse_xml(f"<w:p {spaces}>{content}</w:p>"):
            paragraph.append(child)

    return word(change)


def _run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def _word_fault(name: str, content: str, shown: str = "312.45", **how: bool) -> None:
    def make() -> Made:
        return Made(word_cell(content), purchase(shown), **how)

    make.__name__ = name
    fault("docx")(make)


_word_fault("plain", _run("312.45"))
_word_fault(
    "deleted_by_a_change",
    f'<w:del w:id="1" w:author="a"><w:r><w:delText>9.99</w:delText></w:r></w:del>{_run("312.45")}',
)
_word_fault("inserted_by_a_change", f'<w:ins w:id="1" w:author="a">{_run("312.45")}</w:ins>')
_word_fault("moved_here_by_a_change", f'<w:moveTo w:id="1" w:author="a">{_run("312.45")}</w:moveTo>')
_word_fault("inside_a_content_control", f"<w:sdt><w:sdtContent>{_run('312.45')}</w:sdtContent></w:sdt>")
_word_fault(
    "placeholder_of_a_control",
    f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{_run('312.45')}</w:sdtContent></w:sdt>",
    either=True,
)
_word_fault("result_of_a_field", f'<w:fldSimple w:instr="=SUM(ABOVE)">{_run("312.45")}</w:fldSimple>')
_word_fault("formula", "<m:oMath><m:r><m:t>312.45</m:t></m:r></m:oMath>", either=True)
_word_fault(
    "formula_with_a_power",
    "<m:oMath><m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>",
    "",
    deserves_error=True,
)
_word_fault("hidden_letters", _run("312.45") + _run("9", "<w:vanish/>"))
_word_fault("white_letters", _run("312.45") + _run("9", '<w:color w:val="FFFFFF"/>'))
_word_fault("lowered_mark", _run("312.45") + _run("1", '<w:vertAlign w:val="subscript"/>'), either=True)
_word_fault(
    "signs_of_a_symbol_font",
    _run("312") + '<w:r><w:sym w:font="Symbol" w:char="F02E"/></w:r>' + _run("45"),
    either=True,
)
_word_fault("hyphen_that_does_not_break", "<w:r><w:noBreakHyphen/></w:r>" + _run("312.45"), "-312.45")
_word_fault("hyphen_that_may_break", _run("312") + "<w:r><w:softHyphen/></w:r>" + _run(".45"))
_word_fault("mark_of_a_footnote", _run("312.45") + '<w:r><w:footnoteReference w:id="7"/></w:r>')
_word_fault("page_break_inside", _run("312") + "<w:r><w:lastRenderedPageBreak/></w:r>" + _run(".45"))
_word_fault("set_in_two_lines", _run("312.") + "<w:r><w:br/></w:r>" + _run("45"))


@fault("docx")
def by_a_style_that_hides() -> Made:
    content = _run("312.45") + '<w:r><w:rPr><w:rStyle w:val="Draft"/></w:rPr><w:t>9</w:t></w:r>'
    style = '<w:style w:type="character" w:styleId="Draft"><w:name w:val="Draft"/><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    return Made(edited(word_cell(content), r"word/styles\.xml", lambda x: x.replace("</w:styles>", style)))


_word_fault("from_right_to_left", f'<w:bdo w:val="rtl">{_run("54.213")}</w:bdo>', either=True)
_word_fault(
    "phonetic_guide",
    "<w:r><w:ruby><w:rt><w:r><w:t>9</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>312.45</w:t></w:r></w:rubyBase></w:ruby></w:r>",
    either=True,
)


@fault("docx")
def numbered_by_the_program() -> bytes:
    def change(cell: Any, document: Any) -> None:
        cell.paragraphs[0].style = document.styles["List Number"]

    return word(change)


@fault("docx")
def another_file_inside() -> Made:
    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        table.getparent().replace(
            table,
            parse_xml(
                '<w:altChunk xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
                'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rIdChunk"/>'
            ),
        )

    from measure.printed_faults_html import page, table

    chunk = page(table(BASE[2]))
    relation = (
        '<Relationship Id="rIdChunk" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/aFChunk" '
        'Target="afchunk.htm"/></Relationships>'
    )
    data = edited(
        word(change),
        r"word/_rels/document\.xml\.rels",
        lambda x: x.replace("</Relationships>", relation),
        {"word/afchunk.htm": chunk},
    )
    return Made(data, either=True)


@fault("docx")
def workbook_inside_with_a_drawing() -> Made:
    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        table.getparent().replace(
            table,
            parse_xml(
                '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:o="urn:schemas-microsoft-com:office:office" '
                'xmlns:v="urn:schemas-microsoft-com:vml" '
                'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:r><w:object>'
                '<o:OLEObject Type="Embed" ProgID="Excel.Sheet.12" r:id="rIdBook"/></w:object></w:r></w:p>'
            ),
        )

    relation = (
        '<Relationship Id="rIdBook" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/package" '
        'Target="embeddings/book.xlsx"/></Relationships>'
    )
    data = edited(
        word(change), r"word/_rels/document\.xml\.rels", lambda x: x.replace("</Relationships>", relation),
        {"word/embeddings/book.xlsx": workbook(sheets=BASE[2:])},
    )  # fmt: skip
    return Made(data, BASE[:2], deserves_error=True)


@fault("docx")
def table_in_the_header_of_the_page() -> Made:
    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        header = document.sections[0].header
        header.is_linked_to_previous = False
        header._element.append(table)

    return Made(word(change), BASE[:2], deserves_error=True)


@fault("docx")
def unit_in_the_header_of_the_page() -> Made:
    sheets = tuple(Sheet(one.title, one.rows, one.named, one.money, "") for one in BASE)

    def change(cell: Any, document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = "单位：元"

    shown = tuple(
        Sheet(one.title, tuple(
            tuple(f"{float(t.replace(',', '')) / 10000:.6f}" if r and c in one.money and t else t for c, t in enumerate(row))
            for r, row in enumerate(one.rows)), one.named, one.money) for one in BASE
    )  # fmt: skip
    return Made(word(change, sheets), shown, either=True)


@fault("docx")
def table_inside_a_cell() -> Made:
    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        body = table.getparent()
        at = body.index(table)
        outer = document.add_table(1, 2)
        body.insert(at, outer._tbl)
        outer.cell(0, 0).text = "说明"
        outer.cell(0, 1)._tc.insert(1, table)

    return Made(word(change))


@fault("docx")
def table_in_a_text_box() -> Made:
    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        body = table.getparent()
        at = body.index(table)
        box = parse_xml(
            '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml">'
            "<w:r><w:pict><v:shape><v:textbox><w:txbxContent/></v:textbox></v:shape></w:pict></w:r></w:p>"
        )
        body.insert(at, box)
        content = box.find(".//{*}txbxContent")
        assert content is not None
        content.append(table)

    return Made(word(change))


@fault("docx")
def figures_in_a_chart() -> Made:
    chart = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart><c:plotArea><c:barChart><c:ser>'
        "<c:cat><c:strRef><c:strCache><c:pt idx='0'><c:v>信息系统维护服务</c:v></c:pt></c:strCache></c:strRef></c:cat>"
        "<c:val><c:numRef><c:numCache><c:pt idx='0'><c:v>312.45</c:v></c:pt><c:pt idx='1'><c:v>36.80</c:v></c:pt>"
        "<c:pt idx='2'><c:v>128.60</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"
    ).encode()

    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        table.getparent().replace(
            table,
            parse_xml(
                '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
                'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
                'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:r><w:drawing><a:graphic>'
                '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
                '<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="rIdChart"/>'
                "</a:graphicData></a:graphic></w:drawing></w:r></w:p>"
            ),
        )

    relation = (
        '<Relationship Id="rIdChart" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart" '
        'Target="charts/chart1.xml"/></Relationships>'
    )
    data = edited(
        word(change),
        r"word/_rels/document\.xml\.rels",
        lambda x: x.replace("</Relationships>", relation),
        {"word/charts/chart1.xml": chart},
    )
    return Made(data, BASE[:2], either=True)


@fault("docx")
def figures_by_tabs() -> Made:
    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        table.getparent().remove(table)
        for row in BASE[2].rows:
            document.add_paragraph("\t".join(row))

    return Made(word(change), BASE[:2], deserves_error=True)


@fault("docx")
def row_deleted_by_a_change() -> bytes:
    def change(cell: Any, document: Any) -> None:
        table = cell._tc.getparent().getparent()
        row = parse_xml(
            f'<w:tr {nsdecls("w")}><w:trPr><w:del w:id="3" w:author="a"/></w:trPr>'
            + "".join(f"<w:tc><w:p>{_run(text)}</w:p></w:tc>" for text in ("旧项目", "旧品目", "99.00"))
            + "</w:tr>"
        )
        table.append(row)

    return word(change)


@fault("docx")
def cell_deleted_by_a_change() -> Made:
    def change(cell: Any, document: Any) -> None:
        properties = cell._tc.get_or_add_tcPr()
        properties.append(parse_xml(f'<w:cellDel {nsdecls("w")} w:id="3" w:author="a"/>'))

    return Made(word(change), either=True)
