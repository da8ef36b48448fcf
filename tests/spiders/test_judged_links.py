"""The rule that takes links is right by the judged links of the saved pages; what it learned from them holds by itself."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from spiders.families.listing import ListMemory
from spiders.families.query_list import QueryListSpider
from spiders.reading.pages import read_page, read_rows
from spiders.reading.titles import ColumnHint, judge_title

BAR = 0.98


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


judged_links = _script("judged_links")


@pytest.mark.skipif(not judged_links.SAVED.is_dir(), reason="the saved pages are not here")
def test_the_rule_takes_disclosures_and_nothing_else() -> None:
    links = list(judged_links.judged())
    kept = [one for one in links if judged_links.held_out(one.file)]
    assert sum(one.disclosure for one in links) == 758 and sum(one.disclosure for one in kept) == 302
    for part in (links, kept):
        told = judged_links.figures(part)
        wrong = [(one.file, one.ordinal, one.text) for one in part if one.disclosure != one.taken]
        assert told.precision >= BAR and told.recall >= BAR, f"{told}\n{wrong}"


def test_without_a_rule_for_titles_the_figures_fall() -> None:
    """The figures can fail: a rule that takes every file, or nothing, is told so."""
    link = judged_links.Link("a", 0, "article", "", True, False)
    noise = judged_links.Link("a", 1, "other", "", False, True)
    told = judged_links.figures([link, noise])
    assert (told.precision, told.recall) == (0.0, 0.0)
    assert judged_links.figures([link]).precision == 1.0 and judged_links.figures([noise]).recall == 1.0


def _rows(body: str) -> list[tuple[str, str, str]]:
    page = read_page(f"<html><body>{body}</body></html>".encode(), "http://jw.example.gov.cn/ys/")
    return [
        (one.url.rsplit("/", 1)[-1], one.title, one.tag)
        for one in read_rows(page, None, QueryListSpider.article, "http://jw.example.gov.cn/ys/")
    ]


def test_a_tag_in_front_of_a_title_is_no_title() -> None:
    row = '<li><em><a href="/ys/doc/2026/02/25/{n}.shtml">[{tag}]</a></em><a href="/ys/doc/2026/02/25/{n}.shtml">{title}</a></li>'
    found = _rows(
        "<ul>"
        + row.format(n=47001, tag="部门预决算", title="测试市交通运输局政府专项资金公开")
        + row.format(n=47002, tag="部门文件", title="关于批复2026年市级部门预算的通知")
        + "</ul>"
    )
    assert found == [
        ("47001.shtml", "测试市交通运输局政府专项资金公开", "部门预决算"),
        ("47002.shtml", "关于批复2026年市级部门预算的通知", "部门文件"),
    ]
    verdicts = [judge_title(title, ColumnHint(tag=tag)) for _, title, tag in found]
    assert [(one.take, one.rule) for one in verdicts] == [(True, "tagged_by_the_list"), (False, "notice")]


def test_a_tag_after_the_title_and_a_tag_alone_are_told_apart() -> None:
    link = '<a href="/ys/doc/2026/02/25/{n}.shtml">{text}</a>'
    assert _rows(
        f"<ul><li>{link.format(n=47001, text='测试市某局')}{link.format(n=47001, text='【部门决算】')}</li>"
        f"<li>{link.format(n=47002, text='[部门预决算]')}</li></ul>"
    ) == [("47001.shtml", "测试市某局", "部门决算"), ("47002.shtml", "[部门预决算]", "")]


def test_a_remembered_list_keeps_its_tags() -> None:
    page = read_page(
        b'<ul><li><a href="/ys/content/11111.html">[\xe9\x83\xa8\xe9\x97\xa8\xe5\x86\xb3\xe7\xae\x97]</a>'
        b'<a href="/ys/content/11111.html">\xe6\x9f\x90\xe5\xb1\x80</a></li></ul>',
        "http://jw.example.gov.cn/ys/",
    )
    rows = tuple(read_rows(page, None, QueryListSpider.article, "http://jw.example.gov.cn/ys/"))
    assert rows[0].tag == "部门决算"
    assert ListMemory.load(ListMemory(rows, {}, None, None, None).dump()).rows == rows
    old = ListMemory(rows, {}, None, None, None).dump()
    old["entries"][0] = old["entries"][0][:7]
    assert ListMemory.load(old).rows[0].tag == ""


def test_a_numbered_list_of_units_is_taken_wherever_it_leads() -> None:
    line = '<p><span><a href="{href}">{text}</a></span></p>'
    hrefs = [
        "/ys/202603/t20260302_154781.html",
        "/ys/202603/t20260302_154782.html",
        "https://x.edu.cn/cwc/",
        "/wzgg/c_16853",
    ]
    names = ["1 测试市教育委员会", "2 测试市教育委员会（本级）", "3 西南某大学", "4、测试市教育科学研究院"]
    body = "".join(line.format(href=href, text=name) for href, name in zip(hrefs, names, strict=True))
    found = _rows(f'<div class="text">{body}{line.format(href="/zwgk/", text="返回目录")}</div>')
    assert [title for _, title, _ in found] == names


def test_numbers_in_a_list_that_is_not_numbered_make_no_entries() -> None:
    line = '<p><a href="{href}">{text}</a></p>'
    body = "".join(line.format(href=f"/ys/202603/t20260302_15478{n}.html", text=f"某局{n}部门预算") for n in range(3))
    found = _rows(f'<div class="text">{body}{line.format(href="/topic/", text="2 专题")}</div>')
    assert len(found) == 3


@pytest.mark.parametrize(
    "title",
    [
        "测试市交通运输局2026年度项目支出绩效目标",
        "测试市审计局2021年度整体支出绩效自评报告",
        "2026年度测试市卫生健康系统项目预算绩效目标公开",
        "2024年测试市商务局绩效自评公开",
        "2024年测试市自然资源局部门整体支出绩效自评报告和专项资金项目自评表",
    ],
)
def test_the_performance_text_of_a_named_body_is_a_disclosure(title: str) -> None:
    verdict = judge_title(title)
    assert verdict.take and verdict.document_kind == "performance_text", verdict


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("测试市财政局举办绩效管理培训班", "news_of_work"),
        ("2025年市级财政绩效评价结果", "performance_alone"),
        ("测试市财政局关于开展绩效自评工作的通知", "notice"),
        ("2025年3季度三公四费公示", "no_budget_words"),
    ],
)
def test_papers_about_performance_are_none(title: str, rule: str) -> None:
    assert judge_title(title).detail.split(":")[0] == rule
