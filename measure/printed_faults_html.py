"""Pages with one thing in each that readers of HTML trip over; registered in `measure.printed_faults`."""

from __future__ import annotations

import html
from collections.abc import Sequence

from measure.printed_faults import BASE, PLACE, TOWN, Made, Sheet, fault, purchase


def table(sheet: Sheet, cells: dict[tuple[int, int], str] | None = None, attributes: str = "") -> str:
    """A table with its title and unit; `cells` gives the markup of single cells, whole `<td>` elements."""
    rows = []
    for r, row in enumerate(sheet.rows):
        found = [(cells or {}).get((r, c), f"<td>{html.escape(text)}</td>") for c, text in enumerate(row)]
        rows.append(f"<tr>{''.join(found)}</tr>")
    return f"<p>{sheet.title}</p><p>{sheet.unit}</p><table {attributes}>{''.join(rows)}</table>"


def page(body: str, head: str = "") -> bytes:
    """A whole page."""
    return f'<html><head><meta charset="utf-8">{head}</head><body><h1>{TOWN}</h1>{body}</body></html>'.encode()


def tables(cell: str, sheets: Sequence[Sheet] = BASE) -> str:
    """The usual tables with the markup of one cell of the last."""
    return "".join(table(one) for one in sheets[:-1]) + table(sheets[-1], {PLACE: cell})


def with_cell(cell: str, head: str = "") -> bytes:
    return page(tables(cell), head)


@fault("html")
def plain() -> bytes:
    return with_cell("<td>312.45</td>")


@fault("html")
def content_of_a_pseudo_element() -> Made:
    return Made(with_cell('<td class="x"></td>', "<style>.x::before{content:'312.45'}</style>"), either=True)


@fault("html")
def white_on_white() -> bytes:
    return with_cell('<td>312.45<span style="color:#fff">9</span></td>')


@fault("html")
def letters_of_no_size() -> bytes:
    return with_cell('<td>312.45<span style="font-size:0">9</span></td>')


@fault("html")
def out_of_the_page() -> bytes:
    return with_cell('<td>312.45<span style="position:absolute;left:-9999px">9</span></td>')


@fault("html")
def without_opacity() -> bytes:
    return with_cell('<td>312.45<span style="opacity:0">9</span></td>')


@fault("html")
def raised_by_a_class() -> bytes:
    return with_cell('<td>312.45<span class="u">1</span></td>', "<style>.u{vertical-align:super;font-size:8px}</style>")


@fault("html")
def struck_by_a_class() -> Made:
    return Made(
        with_cell('<td><span class="u">9.99</span>312.45</td>', "<style>td .u{text-decoration:line-through}</style>"),
        either=True,
    )


@fault("html")
def hidden_by_a_descendant_rule() -> bytes:
    return with_cell('<td>312.45<span class="u">9</span></td>', "<style>table td .u{display:none}</style>")


@fault("html")
def hidden_by_an_inline_important() -> bytes:
    return with_cell('<td>312.45<span style="DISPLAY : NONE !important">9</span></td>')


@fault("html")
def mathml() -> bytes:
    return with_cell("<td><math><mn>312.45</mn></math></td>")


@fault("html")
def svg_text() -> Made:
    return Made(with_cell('<td><svg width="90" height="20"><text x="0" y="15">312.45</text></svg></td>'), either=True)


@fault("html")
def table_in_a_frame() -> Made:
    inner = html.escape(f"<html><body>{table(BASE[2])}</body></html>")
    return Made(page("".join(table(one) for one in BASE[:2]) + f'<iframe srcdoc="{inner}"></iframe>'), either=True)


@fault("html")
def table_in_a_frame_elsewhere() -> Made:
    return Made(
        page("".join(table(one) for one in BASE[:2]) + '<iframe src="./table3.html" width="900" height="600"></iframe>'),
        BASE[:2], deserves_error=True,
    )  # fmt: skip


@fault("html")
def figure_in_a_text_area() -> Made:
    return Made(with_cell("<td><textarea>312.45</textarea></td>"), either=True)


@fault("html")
def figure_as_the_chosen_option() -> Made:
    return Made(
        with_cell("<td><select><option>1.00</option><option selected>312.45</option></select></td>"), either=True
    )


@fault("html")
def figure_as_the_text_of_a_picture() -> Made:
    return Made(with_cell('<td><img src="a.gif" alt="312.45"></td>'), either=True)


@fault("html")
def output_element() -> bytes:
    return with_cell("<td><output>312.45</output></td>")


@fault("html")
def meter_and_data() -> bytes:
    return with_cell('<td><data value="9">312.45</data></td>')


@fault("html")
def text_of_the_right_to_left() -> Made:
    return Made(with_cell('<td><bdo dir="rtl">54.213</bdo></td>'), either=True)


@fault("html")
def zero_width_signs() -> bytes:
    return with_cell("<td>3&#8203;12.&#8288;45&#65279;</td>")


@fault("html")
def soft_hyphen() -> bytes:
    return with_cell("<td>312&shy;.45</td>")


@fault("html")
def digits_of_full_width() -> bytes:
    return with_cell("<td>３１２．４５</td>")


@fault("html")
def digits_of_another_script() -> Made:
    return Made(with_cell("<td>٣١٢٫٤٥</td>"), either=True)


@fault("html")
def thousands_by_a_narrow_blank() -> Made:
    return Made(page(tables("<td>3&#8239;124.50</td>")), purchase("3124.50"))


@fault("html")
def thousands_by_an_apostrophe() -> Made:
    return Made(page(tables("<td>3’124.50</td>")), purchase("3124.50"), either=True)


@fault("html")
def decimal_comma() -> Made:
    return Made(with_cell("<td>312,45</td>"), either=True)


@fault("html")
def decimal_point_in_the_middle() -> Made:
    return Made(with_cell("<td>312·45</td>"), either=True)


@fault("html")
def negative_by_a_triangle() -> Made:
    return Made(page(tables("<td>▲312.45</td>")), purchase("-312.45"), either=True)


@fault("html")
def negative_by_a_white_triangle() -> Made:
    return Made(page(tables("<td>△312.45</td>")), purchase("-312.45"), either=True)


@fault("html")
def negative_by_a_minus_behind() -> Made:
    return Made(page(tables("<td>312.45-</td>")), purchase("-312.45"), either=True)


@fault("html")
def negative_by_square_brackets() -> Made:
    return Made(page(tables("<td>[312.45]</td>")), purchase("-312.45"), either=True)


@fault("html")
def negative_by_a_word() -> Made:
    return Made(page(tables("<td>负312.45</td>")), purchase("-312.45"), either=True)


@fault("html")
def negative_by_red() -> Made:
    return Made(page(tables('<td style="color:red">312.45</td>')), either=True)


@fault("html")
def power_of_ten() -> Made:
    return Made(with_cell("<td>3.1245E+02</td>"), either=True)


@fault("html")
def a_range() -> Made:
    return Made(page(tables("<td>300-312.45</td>")), purchase(""), deserves_error=True)


@fault("html")
def a_sum_in_a_cell() -> Made:
    return Made(page(tables("<td>300+12.45</td>")), purchase(""), deserves_error=True)


@fault("html")
def numeral_of_chinese() -> Made:
    return Made(page(tables("<td>叁佰壹拾贰点肆伍</td>")), purchase(""), deserves_error=True)


@fault("html")
def unit_of_its_own_behind() -> Made:
    return Made(page(tables("<td>3,124,500.00元</td>")), either=True)


@fault("html")
def hundred_million_behind() -> Made:
    return Made(page(tables("<td>0.031245亿元</td>")), either=True)


@fault("html")
def unit_in_the_header_cell() -> Made:
    sheet = Sheet(BASE[2].title, (("采购项目名称", "采购品目", "预算金额（元）"), *(
        (a, b, f"{float(c) * 10000:.2f}") for a, b, c in BASE[2].rows[1:])), 0, (2,), "")  # fmt: skip
    return Made(page("".join(table(one) for one in (*BASE[:2], sheet))))


@fault("html")
def unit_changes_in_the_header_of_one_column() -> Made:
    sheet = Sheet(BASE[2].title, (("采购项目名称", "采购品目", "预算金额（单位：元）"), *(
        (a, b, f"{float(c) * 10000:.2f}") for a, b, c in BASE[2].rows[1:])), 0, (2,))  # fmt: skip
    return Made(page("".join(table(one) for one in (*BASE[:2], sheet))), either=True)


@fault("html")
def rowspan_too_long() -> Made:
    body = "".join(table(one) for one in BASE[:2]) + table(BASE[2], {(1, 0): '<td rowspan="9">信息系统维护服务</td>'})
    return Made(page(body), deserves_error=False, either=True)


@fault("html")
def colspan_too_wide_in_the_header() -> bytes:
    return page("".join(table(one) for one in BASE[:2]) + table(BASE[2], {(0, 2): '<td colspan="3">预算金额</td>'}))


@fault("html")
def cells_without_rows() -> bytes:
    broken = table(BASE[2]).replace("<tr>", "").replace("</tr>", "<tr>")
    return page("".join(table(one) for one in BASE[:2]) + broken)


@fault("html")
def unclosed_cells() -> bytes:
    return page("".join(table(one) for one in BASE).replace("</td>", "").replace("</tr>", ""))


@fault("html")
def table_as_text() -> Made:
    sheet = BASE[2]
    text = "\n".join("\t".join(row) for row in sheet.rows)
    return Made(
        page("".join(table(one) for one in BASE[:2]) + f"<p>{sheet.title}</p><p>{sheet.unit}</p><pre>{text}</pre>"),
        BASE[:2], deserves_error=True,
    )  # fmt: skip


@fault("html")
def table_of_boxes() -> Made:
    sheet = BASE[2]
    rows = "".join(
        '<div style="display:table-row">'
        + "".join(f'<div style="display:table-cell">{c}</div>' for c in row)
        + "</div>"
        for row in sheet.rows
    )
    return Made(
        page(
            "".join(table(one) for one in BASE[:2])
            + f"<p>{sheet.title}</p><p>{sheet.unit}</p><div style='display:table'>{rows}</div>"
        ),
        either=True,
    )


@fault("html")
def table_by_a_grid() -> Made:
    sheet = BASE[2]
    cells = "".join(f"<span>{c}</span>" for row in sheet.rows for c in row)
    return Made(
        page(
            "".join(table(one) for one in BASE[:2])
            + f"<p>{sheet.title}</p><p>{sheet.unit}</p><div style='display:grid;grid-template-columns:1fr 1fr 1fr'>{cells}</div>"
        ),
        either=True,
    )


@fault("html")
def rows_in_reverse_order() -> Made:
    return Made(
        page("".join(table(one) for one in BASE), "<style>table{display:flex;flex-direction:column-reverse}</style>")
    )


@fault("html")
def a_column_that_collapses() -> Made:
    hidden = '<col><col><col style="visibility:collapse">'
    sheet = BASE[2]
    body = table(sheet).replace("<table >", f"<table >{hidden}")
    return Made(page("".join(table(one) for one in BASE[:2]) + body), either=True)


@fault("html")
def comment_with_figures() -> bytes:
    return with_cell("<td><!-- 99.99 -->312.45</td>")


@fault("html")
def a_template_of_figures() -> bytes:
    return with_cell("<td><template>99.99</template>312.45</td>")


@fault("html")
def closed_details() -> Made:
    return Made(
        page("".join(table(one) for one in BASE[:2]) + f"<details><summary>表3</summary>{table(BASE[2])}</details>")
    )


@fault("html")
def figures_by_a_data_address() -> Made:
    script = f"<div id='t'></div><script>var rows={[list(r) for r in BASE[2].rows]!r};render(rows)</script>"
    return Made(
        page("".join(table(one) for one in BASE[:2]) + f"<p>{BASE[2].title}</p>{script}"), BASE[:2], either=True
    )


@fault("html")
def ruby_beside_a_figure() -> Made:
    return Made(with_cell("<td><ruby>312.45<rt>1</rt></ruby></td>"), either=True)


@fault("html")
def subscript_behind() -> Made:
    return Made(with_cell("<td>312.45<sub>1</sub></td>"), either=True)


@fault("html")
def small_element_behind() -> Made:
    return Made(with_cell("<td>312.45<small>[1]</small></td>"), either=True)


@fault("html")
def web_archive_with_a_picture() -> bytes:
    import base64

    body = base64.b64encode(page("".join(table(one) for one in BASE))).decode()
    return (
        "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=X\n\n--X\nContent-Type: text/html; charset=utf-8\n"
        f"Content-Transfer-Encoding: base64\n\n{body}\n--X--\n"
    ).encode()


@fault("html")
def charset_that_lies() -> bytes:
    return with_cell("<td>312.45</td>").decode().replace("utf-8", "iso-8859-1").encode("gbk")


@fault("html")
def entities_for_digits() -> bytes:
    return with_cell("<td>&#51;&#49;2&period;45</td>")


@fault("html")
def blank_inside_a_figure() -> Made:
    return Made(with_cell("<td>312. 45</td>"), either=True)


@fault("html")
def two_figures_by_a_slash() -> Made:
    return Made(page(tables("<td>312.45/9.00</td>")), purchase(""), deserves_error=True)


@fault("html")
def figure_in_brackets_behind() -> Made:
    return Made(page(tables("<td>312.45（其中：上年结转9.00）</td>")), either=True, deserves_error=False)


@fault("html")
def percent_in_a_money_column() -> Made:
    return Made(page(tables("<td>12.5%</td>")), purchase(""), deserves_error=True)


@fault("html")
def whole_money_column_with_currency_signs() -> Made:
    sheet = BASE[2]
    cells = {(r, 2): f"<td>￥{sheet.rows[r][2]}</td>" for r in (1, 2, 3)}
    return Made(page("".join(table(one) for one in BASE[:2]) + table(sheet, cells)), either=True)
