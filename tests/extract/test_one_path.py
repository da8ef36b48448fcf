"""Small documents built here, read whole: header trees, joins, codes, units, forms, notes, errors."""

from __future__ import annotations

import io
import json
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import docx
import jsonschema
import openpyxl
import pytest
from docx.document import Document as WordDocument
from docx.table import Table as WordTable

from budget.disclosure import Disclosure, Fact
from extract.document import extract_bytes

SCHEMA = json.loads(resources.files("budget").joinpath("data/disclosure.schema.json").read_text(encoding="utf-8"))
Rows = list[list[str]]
Span = tuple[int, int, int, int]


def table(document: WordDocument, rows: Rows, spans: tuple[Span, ...] = ()) -> WordTable:
    """A Word table; a span is (row, col, rows, cols)."""
    made = document.add_table(len(rows), len(rows[0]))
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if text:
                made.cell(r, c).text = text
    for r, c, high, wide in spans:
        text = rows[r][c]
        made.cell(r, c).merge(made.cell(r + high - 1, c + wide - 1)).text = text
    return made


def word(*parts: str | tuple[Rows, tuple[Span, ...]]) -> Disclosure:
    document = docx.Document()
    for part in parts:
        if isinstance(part, str):
            document.add_paragraph(part)
        else:
            table(document, *part)
    stream = io.BytesIO()
    document.save(stream)
    return checked(extract_bytes(stream.getvalue(), "given.docx"))


def sheet(rows: list[list[Any]], merged: tuple[str, ...] = (), number_format: str | None = None) -> Disclosure:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Sheet1"
    for row in rows:
        page.append(row)
    for place in merged:
        page.merge_cells(place)
    if number_format:
        for line in page.iter_rows():
            for cell in line:
                if isinstance(cell.value, float | int):
                    cell.number_format = number_format
    stream = io.BytesIO()
    book.save(stream)
    return checked(extract_bytes(stream.getvalue(), "given.xlsx"))


def checked(disclosure: Disclosure) -> Disclosure:
    jsonschema.validate(json.loads(disclosure.to_json()), SCHEMA)
    return disclosure


def told(facts: tuple[Fact, ...]) -> list[tuple[str, str, str, str]]:
    return [(f.code, f.name, "/".join(f.column), f.amount) for f in facts]


HEBEI = [
    ["序号", "功能分类科目", "", "合计", "本年收入", "", "上年结转"],
    ["", "科目 编码", "科目名称", "", "小计", "财政拨款收入", ""],
    ["栏次", "1", "2", "3", "4", "5", "6"],
    ["1", "", "合计", "30.50", "20.50", "20.50", "10.00"],
    ["2", "208", "社会保障和就业支出", "30.50", "20.50", "20.50", "10.00"],
    ["3", "20805", "行政事业单位养老支出", "20.50", "20.50", "20.50", "—"],
]
HEBEI_SPANS = ((0, 0, 2, 1), (0, 1, 1, 2), (0, 3, 2, 1), (0, 4, 1, 2), (0, 6, 2, 1))
TITLE = "某市某区民政局2024年部门预算"


def test_a_table_with_a_header_tree_gives_full_paths_codes_and_amounts() -> None:
    disclosure = word(TITLE, "部门预算收入总表", "单位：万元", (HEBEI, HEBEI_SPANS))
    [statement] = disclosure.statements
    assert (statement.kind, statement.title, statement.unit) == ("revenue_summary", "部门预算收入总表", "万元")
    assert statement.columns[4] == ("本年收入", "小计")
    assert len(statement.rows) == 3, "header rows and the 栏次 row are no rows"
    assert told(disclosure.facts)[:5] == [
        ("", "合计", "合计", "30.5"),
        ("", "合计", "本年收入/小计", "20.5"),
        ("", "合计", "本年收入/财政拨款收入", "20.5"),
        ("", "合计", "上年结转", "10"),
        ("208", "社会保障和就业支出", "合计", "30.5"),
    ]
    assert len(disclosure.facts) == 11, "a dash is no fact"
    assert [f.role for f in disclosure.facts[::4]] == ["total", "class", "section"]
    assert disclosure.facts[2].measure == "fiscal_total"
    assert disclosure.facts[3].measure == "carry_over_in"
    assert disclosure.document.agency == "某市某区民政局"
    assert (disclosure.document.fiscal_year, disclosure.document.kind) == (2024, "department_budget")


def test_tables_of_all_fiscal_funds_and_of_one_subject_have_kinds_of_their_own() -> None:
    by_function: Rows = [
        ["科目编码", "科目名称", "合计", "基本支出", "项目支出"],
        ["208", "社会保障和就业支出", "30.50", "20.50", "10.00"],
    ]
    running: Rows = [["科目编码", "科目名称", "机关运行经费支出"], ["30201", "办公费", "29.00"]]
    meetings: Rows = [
        ["序号", "会议名称", "时间", "人数", "金额", "备注"],
        ["1", "决算汇审会", "5月", "125", "23.00", ""],
    ]
    found = word(
        TITLE, "财政拨款支出表（功能科目）", "单位：万元", (by_function, ()), "一般公共预算机关运行经费支出预算表", "单位：万元",
        (running, ()), "会议费明细表", "单位：万元", (meetings, ()),
    )  # fmt: skip
    assert [(f.kind, f.measure, f.item, f.fund, f.name, f.amount) for f in found.facts] == [
        ("appropriation_expenditure", "total", None, "fiscal", "社会保障和就业支出", "30.5"),
        ("appropriation_expenditure", "basic", None, "fiscal", "社会保障和就业支出", "20.5"),
        ("appropriation_expenditure", "project", None, "fiscal", "社会保障和就业支出", "10"),
        ("agency_running_expenses", "agency_running", "agency_running", "general_budget", "办公费", "29"),
        ("meeting_and_training_expenses", "total", "meeting", "all", "决算汇审会", "23"),
    ]


def test_the_fund_that_only_a_title_names_is_the_fund_of_its_amounts() -> None:
    projects: Rows = [["项目名称", "合计"], ["安全检查", "8.00"]]
    found = word(
        TITLE,
        "项目支出预算表",
        "单位：万元",
        (projects, ()),
        "一般公共预算项目支出预算表",
        "单位：万元",
        (projects, ()),
    )
    assert [(f.kind, f.fund) for f in found.facts] == [
        ("project_expenditure", "all"),
        ("project_expenditure", "general_budget"),
    ]


def test_side_by_side_lists_keep_their_own_names() -> None:
    rows = [
        ["收入", "", "支出", ""],
        ["项目", "预算数", "项目", "预算数"],
        ["一、一般公共预算拨款收入", "7", "一、一般公共服务支出", ""],
        ["二、政府性基金预算拨款收入", "0", "二、社会保障和就业支出", "7.00"],
        ["收入总计", "7", "支出总计", "7.00"],
    ]
    disclosure = word(TITLE, "收支总表", "单位：万元", (rows, ((0, 0, 1, 2), (0, 2, 1, 2))))
    found = {(f.side, f.name, f.role): (f.amount, f.raw) for f in disclosure.facts}
    assert found == {
        ("revenue", "一般公共预算拨款收入", "detail"): ("7", "7"),
        ("revenue", "政府性基金预算拨款收入", "detail"): ("0", "0"),
        ("expenditure", "社会保障和就业支出", "class"): ("7", "7.00"),
        ("revenue", "收入总计", "grand_total"): ("7", "7"),
        ("expenditure", "支出总计", "grand_total"): ("7", "7.00"),
    }
    assert disclosure.facts[0].fund == "general_budget"


def test_three_expenditure_lists_side_by_side_never_borrow_a_name() -> None:
    # Xi'an prints 支出按功能 | 按部门经济 | 按政府经济; the second list once took the names of the first
    rows = [
        ["收入", "", "支出", "", "", ""],
        ["项目", "预算数", "支出功能分类科目", "预算数", "部门预算支出经济分类科目", "预算数"],
        ["一、部门预算", "9.00", "1、一般公共服务支出", "5.00", "1、人员经费支出", "6.00"],
        ["收入总计", "9.00", "支出总计", "9.00", "支出总计", "9.00"],
    ]
    disclosure = word(TITLE, "部门综合预算收支总表", "单位：万元", (rows, ((0, 0, 1, 2), (0, 2, 1, 4))))
    assert [(f.col, f.name, f.amount) for f in disclosure.facts if f.row == 0] == [
        (1, "部门预算", "9"), (3, "一般公共服务支出", "5"), (5, "人员经费支出", "6"),
    ]  # fmt: skip


def test_staircase_codes_take_the_levels_above_from_earlier_rows() -> None:
    rows = [
        ["科目编码", "", "", "科目名称", "合计", "基本支出", "项目支出"],
        ["类", "款", "项", "", "", "", ""],
        ["", "", "", "合  计", "6.00", "", "6.00"],
        ["208", "", "", "社会保障和就业支出", "4.00", "", "4.00"],
        ["", "02", "", "民政管理事务", "4.00", "", "4.00"],
        ["", "", "01", "行政运行", "4.00", "", "4.00"],
        ["223", "", "", "国有资本经营预算支出", "2.00", "", "2.00"],
        ["", "01", "", "解决历史遗留问题及改革成本支出", "2.00", "", "2.00"],
    ]
    spans = ((0, 0, 1, 3), (0, 3, 2, 1), (0, 4, 2, 1), (0, 5, 2, 1), (0, 6, 2, 1))
    disclosure = word(TITLE, "支出总体情况表", "单位：万元", (rows, spans))
    codes = [f.code for f in disclosure.facts if f.column == ("合计",)]
    assert codes == ["", "208", "20802", "2080201", "223", "22301"]
    assert disclosure.facts[0].name == "合计"


def test_code_and_name_in_one_cell_and_a_column_that_names_a_group() -> None:
    rows = [
        ["功能分类科目", "合计", "基本支出", "", "项目支出"],
        ["", "", "小计", "人员经费", ""],
        ["合计", "5.5", "1.5", "1.5", "4"],
        ["2080101-行政运行", "5.5", "1.5", "1.5", "4"],
    ]
    disclosure = sheet(
        [["预算05表一般公共预算支出表"], ["单位名称：某市民政局", None, None, None, "金额单位：万元"], *rows],
        merged=("A1:E1", "A3:A4", "B3:B4", "C3:D3", "E3:E4"),
    )
    assert disclosure.statements[0].kind == "general_budget_expenditure"
    assert told(disclosure.facts)[5] == ("2080101", "行政运行", "基本支出/小计", "1.5")
    assert disclosure.facts[5].at.model_dump() == {"sheet": "Sheet1", "cell": "C6"}  # type: ignore[union-attr]


def test_department_and_government_codes_of_one_row() -> None:
    rows = [
        [
            "科目编码",
            "",
            "部门预算支出经济分类科目名称",
            "科目编码",
            "",
            "政府预算支出经济分类科目名称",
            "基本支出预算",
            "",
        ],
        ["类", "款", "", "类", "款", "", "小计", "人员经费"],
        ["", "", "合计", "", "", "", "3.00", "3.00"],
        ["301", "01", "基本工资", "501", "01", "工资奖金津补贴", "3.00", "3.00"],
    ]
    spans = ((0, 0, 1, 2), (0, 2, 2, 1), (0, 3, 1, 2), (0, 5, 2, 1), (0, 6, 1, 2))
    disclosure = word(TITLE, "一般公共预算基本支出情况表", "单位：万元", (rows, spans))
    last = disclosure.facts[-1]
    assert (last.code, last.alt_code, last.name, last.code_system) == (
        "30101",
        "50101",
        "基本工资",
        "department_economic",
    )


def test_yuan_become_ten_thousand_yuan_exactly() -> None:
    rows = [
        ["科目编码", "科目名称", "合计"],
        ["208", "社会保障和就业支出", "7,956,147.05"],
        ["", "合计", "7,956,147.05"],
    ]
    disclosure = word(TITLE, "一般公共预算支出功能分类预算表", "单位：元", (rows, ()))
    assert [f.amount for f in disclosure.facts] == ["795.614705", "795.614705"]
    assert disclosure.statements[0].unit == "元"
    assert disclosure.facts[1].role == "total"


def test_year_blocks_give_each_fact_its_own_year_and_basis() -> None:
    rows = [
        ["2023年决算数", "", "2024年预算数", ""],
        ["合计", "公务接待费", "合计", "公务接待费"],
        ["3.10", "3.10", "2.00", "2.00"],
    ]
    disclosure = word(TITLE, "“三公”经费支出情况表", "单位：万元", (rows, ((0, 0, 1, 2), (0, 2, 1, 2))))
    assert [(f.fiscal_year, f.basis, f.item, f.amount) for f in disclosure.facts] == [
        (2023, "final", None, "3.1"), (2023, "final", "reception", "3.1"),
        (2024, "budget", None, "2"), (2024, "budget", "reception", "2"),
    ]  # fmt: skip


def test_an_empty_table_is_declared_by_its_note() -> None:
    rows = [["科目编码", "科目名称", "合计", "基本支出", "项目支出"], ["", "", "", "", ""]]
    disclosure = word(
        TITLE, "政府性基金预算支出情况表", "单位：万元", (rows, ()), "注：2024年没有使用政府性基金预算拨款安排的支出。"
    )
    [statement] = disclosure.statements
    assert statement.declared_empty
    assert statement.kind == "government_fund_expenditure"
    assert statement.notes == ("注:2024年没有使用政府性基金预算拨款安排的支出。",)
    assert disclosure.facts == ()


def test_a_text_in_a_money_column_is_reported_with_its_place() -> None:
    rows = [["科目编码", "科目名称", "合计"], ["208", "社会保障和就业支出", "12.3O"], ["20805", "养老支出", "12.30"]]
    disclosure = word(TITLE, "支出总表", "单位：万元", (rows, ()))
    [finding] = disclosure.findings
    assert (finding.check, finding.severity, finding.origin) == ("UNREAD", "error", "extraction")
    assert finding.cells[0].raw == "12.3O"
    assert finding.cells[0].at is not None
    assert [f.amount for f in disclosure.facts] == ["12.3"]


def test_two_tables_on_one_sheet_are_two_statements() -> None:
    disclosure = sheet(
        [
            ["部门收入总表"], ["单位：万元"], ["科目编码", "科目名称", "合计"], ["208", "社会保障和就业支出", 5.5],
            [], ["部门支出总表"], ["单位：万元"], ["科目编码", "科目名称", "合计"], ["208", "社会保障和就业支出", 4.25],
        ],
        number_format="0.00",
    )  # fmt: skip
    assert [s.kind for s in disclosure.statements] == ["revenue_summary", "expenditure_summary"]
    assert [(f.statement_id, f.raw, f.amount) for f in disclosure.facts] == [
        ("t01", "5.50", "5.5"),
        ("t02", "4.25", "4.25"),
    ]


def test_a_hidden_sheet_row_or_column_is_not_read() -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (["支出总表"], ["单位：万元"], ["科目名称", "合计", "草稿"], ["教育支出", 1, 7], ["农林水支出", 2, 8]):
        page.append(row)
    page.row_dimensions[5].hidden = True
    page.column_dimensions["C"].hidden = True
    other = book.create_sheet("旧")
    other.append(["收入总表"])
    other.append(["科目名称", "合计"])
    other.append(["教育支出", 99])
    other.sheet_state = "hidden"
    stream = io.BytesIO()
    book.save(stream)
    disclosure = extract_bytes(stream.getvalue(), "given.xlsx")
    assert [(f.name, f.raw) for f in disclosure.facts] == [("教育支出", "1")]


def test_a_list_of_projects_with_goals_gives_projects_and_no_facts() -> None:
    rows = [
        ["项目名称", "总计", "财政拨款", "绩效目标", "绩效指标"],
        ["某市民政局", "12.00", "12.00", "", ""],
        ["养老服务", "12.00", "12.00", "建成五个服务点", "服务点数量"],
    ]
    disclosure = word("某市民政局2024年项目支出绩效目标表", "单位：万元", (rows, ()))
    assert disclosure.facts == ()
    assert [(p.name, p.amount, p.goals) for p in disclosure.projects] == [("养老服务", "12", ("建成五个服务点",))]


def test_a_performance_form_gives_its_project() -> None:
    rows = [
        ["项目编码", "13030224P00308P12449R", "", "", "项目名称", "养老服务", ""],
        ["预算规模及资金用途", "预算数", "38.72", "其中：财政    资金", "38.72", "其他资金", ""],
        ["资金支出计划（%）", "3月底", "6月底", "10月底", "", "12月底", ""],
        ["", "25%", "50%", "75%", "", "100%", ""],
        ["一级指标", "二级指标", "三级指标", "绩效指标描述", "", "指标值", "指标值确定依据"],
        ["产出指标", "数量指标", "服务点", "建成数量", "", "≥ 5个", "工作计划"],
        ["", "成本指标", "总成本", "控制在预算内", "", "≤38.72万元", "预算批复"],
    ]
    disclosure = word(TITLE, "1、养老服务绩效目标表", (rows, ((2, 0, 2, 1), (5, 0, 2, 1))))
    [project] = disclosure.projects
    assert (project.code, project.name, project.amount, project.fiscal, project.other) == (
        "13030224P00308P12449R", "养老服务", "38.72", "38.72", "0",
    )  # fmt: skip
    assert project.plan == {"03": "25", "06": "50", "10": "75", "12": "100"}
    assert [(i.level1, i.level2, i.operator, i.value, i.unit) for i in project.indicators] == [
        ("产出指标", "数量指标", "≥", "5", "个"), ("产出指标", "成本指标", "≤", "38.72", "万元"),
    ]  # fmt: skip
    assert disclosure.facts == ()
    assert disclosure.statements[0].kind == "project_performance"


def test_a_header_row_begins_with_a_subtotal_but_a_summary_row_like_a_header_is_data() -> None:
    rows = [
        ["收入", "", "支出", ""],
        ["项目", "预算数", "项目", "预算数"],
        ["上级补助收入", "", "上缴上级支出", ""],
        ["收入总计", "7.00", "支出总计", "7.00"],
    ]
    disclosure = word(TITLE, "收支总表", "单位：万元", (rows, ((0, 0, 1, 2), (0, 2, 1, 2))))
    assert len(disclosure.statements[0].rows) == 2
    assert disclosure.statements[0].columns[1] == ("收入", "预算数")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\x00" * 64, "empty"),
        (b"no document at all", "not_a_document"),
        (b"PK\x03\x04 cut off", "truncated"),
    ],
)
def test_bytes_that_give_no_reading_give_a_reason(data: bytes, code: str) -> None:
    disclosure = checked(extract_bytes(data, "any/path.pdf"))
    assert disclosure.document.error is not None
    assert disclosure.document.error.code == code
    assert disclosure.document.error.message
    assert disclosure.statements == ()


def word_file(prolog: str, encoding: str = "utf-8") -> Disclosure:
    """A Word file with `prolog` between the declaration of its main part and its first element."""
    stream = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("某市民政局2024年部门预算")
    document.save(stream)
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            body = old.read(info)
            if info.filename == "word/document.xml":
                _, _, rest = body.decode().partition("?>")
                body = (f'<?xml version="1.0" encoding="{encoding}"?>' + prolog + rest).encode(encoding)
            new.writestr(info.filename, body, zipfile.ZIP_DEFLATED)
    return extract_bytes(made.getvalue(), "given.docx")


DOCTYPE = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "prolog",
    [
        DOCTYPE,
        f"<!-- {'x' * 5000} -->{DOCTYPE}",
        f"<!-- a --><?office b?>{'<!-- <w:document/> -->' * 2000}{DOCTYPE}",
        f"{' ' * 40_000}{DOCTYPE}",
        f"<!-- {'x' * 2_500_000} -->",
    ],
    ids=["at once", "long comment", "many comments", "blanks", "no end in sight"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_word_file_that_declares_entities_is_unsafe(prolog: str, encoding: str) -> None:
    error = word_file(prolog, encoding).document.error
    assert error is not None
    assert error.code == "unsafe"


def extra_part(content: bytes) -> Disclosure:
    """A Word file with one more part, which no reader opens."""
    stream, made = io.BytesIO(), io.BytesIO()
    document = docx.Document()
    document.add_paragraph("某市民政局2024年部门预算")
    document.save(stream)
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
        new.writestr("docProps/extra.xml", content)
    return extract_bytes(made.getvalue(), "given.docx")


ENTITIES = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>'
UTF_7 = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE r +AFsAPAAh-ENTITY a "b"+AD4AXQA+-+ADw-r+AD4AJg-a+ADsAPA-/r+AD4-'
BLANKS = b" " * 5000


@pytest.mark.parametrize(
    "content",
    [
        ENTITIES.encode("utf-32"),
        b"\0\0\xfe\xff" + ENTITIES.encode("utf-32-be"),
        ENTITIES.encode("utf-32-le"),
        ENTITIES.encode("utf-32-be"),
        b"\0\0" + ENTITIES.encode("utf-32-le")[:-2],
        b"\0" + ENTITIES.encode("utf-32-le")[:-1],
        ENTITIES.encode("cp037"),
        UTF_7,
        UTF_7.replace(b'"UTF-7"', b"'utf-7'"),
        UTF_7.replace(b" encoding", BLANKS + b" encoding"),
        b"\xef\xbb\xbf" + UTF_7,
        UTF_7.decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="HZ-GB-2312"?><r/>',
        b'<?xml version="1.0" encoding="ISO-2022-JP"?><r/>',
        b'<?xml version="1.0" encoding="cp037"?><r/>',
        b'<?xml version="1.0" encoding="UTF-32"?><r/>',
    ],
    ids=[
        "UTF-32 with its mark", "UTF-32-BE with its mark", "UTF-32-LE", "UTF-32-BE", "UCS-4 2143", "UCS-4 3412", "EBCDIC",
        "UTF-7", "UTF-7 in other quotes", "UTF-7 far behind", "UTF-7 behind a mark", "UTF-7 in UTF-16", "HZ", "ISO-2022",
        "EBCDIC declared", "UTF-32 declared",
    ],
)  # fmt: skip
def test_a_part_in_an_encoding_that_hides_a_document_type_is_unsafe(content: bytes) -> None:
    error = extra_part(content).document.error
    assert error is not None
    assert error.code == "unsafe"
    assert "docProps/extra.xml" in error.message


@pytest.mark.parametrize(
    "encoding", ["UTF-8", "utf-8", "UTF-16", "US-ASCII", "ISO-8859-1", "Latin-1", "GB2312", "GBK", "GB18030"]
)
def test_a_part_in_an_encoding_that_office_programs_write_is_harmless(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}" standalone="yes"?><!-- note --><r a="encoding=\'UTF-7\'"/>'
    assert extra_part(body.encode(encoding)).document.error is None
    assert extra_part(b"").document.error is None
    assert extra_part(body.partition("?>")[2].encode(encoding)).document.error is None


def test_a_comment_before_the_first_element_is_harmless() -> None:
    for encoding in ("utf-8", "utf-16"):
        assert word_file(f"<!-- {'说明 ' * 3000} -->", encoding).document.error is None


def test_the_name_of_a_file_decides_nothing_about_its_format(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (["支出总表"], ["科目名称", "合计"], ["教育支出", 1.5]):
        page.append(row)
    book.save(tmp_path / "x.xlsx")
    disclosure = extract_bytes((tmp_path / "x.xlsx").read_bytes(), "2024年某市民政局部门预算.pdf")
    assert disclosure.document.reader == "xlsx"
    assert [f.amount for f in disclosure.facts] == ["1.5"]
