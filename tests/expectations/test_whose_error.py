"""Whose error a contradiction is: the publisher's only with evidence; a failure that a form shares is the form's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget.disclosure import Disclosure, Finding, Place
from budget.states import Origin
from expectations.judging.judgement import judge
from extract.document import extract_bytes
from measure.forms import make

CLASSES = ("一般公共服务支出", "教育支出", "科学技术支出", "住房保障支出", "农林水支出")


def document(amounts: tuple[tuple[str, str], ...], number: int = 1, *, wrong_total: str | None = None) -> Disclosure:
    """An expenditure table of (基本, 项目) by class, with 合计 = 基本 + 项目 in every row; a total that may be wrong."""
    rows = [
        (name, Decimal(a) + Decimal(b), Decimal(a), Decimal(b)) for name, (a, b) in zip(CLASSES, amounts, strict=True)
    ]
    total = tuple(sum((row[k] for row in rows), Decimal(0)) for k in (1, 2, 3))
    first = wrong_total or f"{total[0]:.2f}"
    body = f"<tr><td>合计</td><td>{first}</td><td>{total[1]:.2f}</td><td>{total[2]:.2f}</td></tr>"
    body += "".join(
        f"<tr><td>{name}</td><td>{t:.2f}</td><td>{a:.2f}</td><td>{b:.2f}</td></tr>" for name, t, a, b in rows
    )
    page = (
        f"<html><body><p>第{number}局2026年部门预算</p><p>支出总表</p><p>单位：万元</p><table>"
        f"<tr><td>功能分类科目名称</td><td>合计</td><td>基本支出</td><td>项目支出</td></tr>{body}</table></body></html>"
    )
    return extract_bytes(page.encode(), f"第{number}局2026年部门预算.html")


AMOUNTS = (("10.10", "1.01"), ("20.20", "2.02"), ("30.30", "3.03"), ("40.40", "4.04"), ("50.50", "5.05"))


def alike(documents: list[Disclosure]) -> dict[str, list[Finding]]:
    """The root errors of documents whose second reader reads every cell as the first did."""
    raws = {(d.document.sha256, str(f.at)): f.raw for d in documents for f in d.facts}

    def read(sha256: str, place: Place) -> str | None:
        return raws.get((sha256, str(place)), "")

    judged = judge(documents, second_reading=read)
    return {
        sha256: [one for one in found if one.severity == "error" and one.caused_by is None]
        for sha256, found in judged.items()
    }


def test_a_rule_that_holds_in_the_rest_of_the_table_makes_it_the_publishers() -> None:
    one = document(AMOUNTS, wrong_total="177.77")
    (found,) = alike([one]).values()
    assert {finding.origin for finding in found} == {Origin.PUBLISHER}


def test_a_rule_that_holds_nowhere_in_the_table_is_a_question_of_the_form() -> None:
    page = (
        "<html><body><p>某局2026年部门预算</p><p>财政拨款收支总表</p><p>单位：万元</p><table>"
        "<tr><td colspan=2>收入</td><td colspan=2>支出</td></tr><tr><td>项目</td><td>预算数</td><td>项目</td><td>预算数</td></tr>"
        "<tr><td>一、一般公共预算拨款</td><td>83.17</td><td>一、教育支出</td><td>53.11</td></tr>"
        "<tr><td>二、政府性基金预算拨款</td><td>5.01</td><td>二、住房保障支出</td><td>27.94</td></tr>"
        "<tr><td>收入总计</td><td>88.18</td><td>支出总计</td><td>88.18</td></tr></table></body></html>"
    )
    (found,) = alike([extract_bytes(page.encode(), "某局2026年部门预算.html")]).values()
    assert found
    assert {finding.origin for finding in found} == {Origin.FORM}


@pytest.mark.parametrize(("wrong", "origin"), [(4, Origin.FORM), (1, Origin.PUBLISHER)])
def test_a_failure_that_most_documents_of_a_form_share_accuses_nobody(wrong: int, origin: Origin) -> None:
    documents = []
    for number in range(4):
        amounts = tuple((str(Decimal(a) + number), b) for a, b in AMOUNTS)
        documents.append(document(amounts, number, wrong_total=f"{999 + number}.77" if number < wrong else None))
    found = [finding for one in alike(documents).values() for finding in one]
    assert found
    assert {finding.origin for finding in found} == {origin}
    assert all(("份文件中有" in finding.message) == (origin is Origin.FORM) for finding in found)


def test_no_suspect_is_named_that_nobody_would_believe() -> None:
    one = document(AMOUNTS, wrong_total="0.02")
    (found,) = alike([one]).values()
    assert not any("若为 -" in finding.message for finding in found)


def test_a_sum_beside_figures_that_were_read_into_no_table_accuses_nobody() -> None:
    """An unruled table whose last row stands alone on the next page: the row may be what is missing."""
    (made,) = (make(77, 780),)
    read = extract_bytes(made.data, made.name)
    (found,) = alike([read]).values()
    assert {one.check for one in found} == {"UNREAD", "HIE-05"}
    assert {one.origin for one in found if one.check == "HIE-05"} == {Origin.UNKNOWN}
