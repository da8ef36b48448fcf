"""Sentences and the figures they state. The sentences are made up; their turns are those of real narratives."""

from __future__ import annotations

import time

import pytest

from extract.prose.facts import prose_facts_of
from extract.reading import Line, Reading


def stated(*paragraphs: str, year: int = 2024, final: bool = False) -> list[tuple[str, str | None]]:
    """(topic, figure) of every fact in the paragraphs of a Word file."""
    reading = Reading("docx", tuple(Line(text) for text in paragraphs))
    facts = prose_facts_of(reading, year, "final" if final else "budget")
    return [(fact.topic, fact.amount or fact.percent or fact.count) for fact in facts]


def facts_of(*paragraphs: str, year: int = 2024):
    return prose_facts_of(Reading("docx", tuple(Line(text) for text in paragraphs)), year)


def test_a_total_and_its_parts_are_told_apart():
    assert stated(
        "2024年收入预算900.50万元，其中：一般公共预算拨款700万元，政府性基金预算拨款100.5万元，上年结转100万元。"
    ) == [
        ("total_revenue", "900.5"),
        ("revenue_general_budget", "700"),
        ("revenue_gov_fund", "100.5"),
        ("revenue_carry_over", "100"),
    ]


def test_the_same_source_is_another_topic_on_the_other_side():
    assert stated("2024年支出预算900万元，其中：一般公共预算支出700万元，政府性基金预算支出200万元。") == [
        ("total_expenditure", "900"),
        ("expenditure_general_budget", "700"),
        ("expenditure_gov_fund", "200"),
    ]


def test_one_amount_for_both_sides_is_two_facts():
    assert stated("2024年度收、支总计80万元，与2023年度相比，收、支总计各减少20万元，下降20%。") == [
        ("total_revenue", "80"),
        ("total_expenditure", "80"),
        ("total_delta", "-20"),
        ("total_percent", "-20"),
    ]


def test_brackets_end_the_list_they_hold():
    assert stated(
        "其中：因公出国（境）费1万元，与上年持平；公务用车购置及运行维护费6万元（其中：公务用车购置费2万元，公务用车运行维护费4万元），"
        "比上年减少3万元；公务接待费0.5万元，比上年增加0.1万元，增长25%。"
    ) == [
        ("abroad", "1"),
        ("vehicle_total", "6"),
        ("vehicle_purchase", "2"),
        ("vehicle_running", "4"),
        ("vehicle_total_delta", "-3"),
        ("reception", "0.5"),
        ("reception_delta", "0.1"),
        ("reception_percent", "25"),
    ]


def test_a_full_stop_inside_brackets_ends_no_sentence():
    assert stated(
        "公务用车购置及运行费9万元（公务用车购置费0万元，比上年减少18万元；公务用车运行维护费9万元。）比上年增加2万元。"
    ) == [
        ("vehicle_total", "9"),
        ("vehicle_purchase", "0"),
        ("vehicle_purchase_delta", "-18"),
        ("vehicle_running", "9"),
        ("vehicle_total_delta", "2"),
    ]


def test_a_heading_names_what_the_sentence_below_does_not():
    assert stated(
        "（一）因公出国（境）费用。2024年预算数8万元，较2023年年初预算增加6万元。", "（二）公务接待费", "安排3万元。"
    ) == [
        ("abroad", "8"),
        ("abroad_delta", "6"),
        ("reception", "3"),
    ]


def test_a_subject_of_a_heading_is_not_given_to_something_else_that_is_named():
    facts = facts_of("三、支出预算情况说明", "按功能分类规模较大，主要是其他信访事务，2024年预算数为36.5万元。")
    assert [(fact.topic, fact.amount) for fact in facts] == [("other", "36.5")]


def test_a_lone_figure_of_a_chart_continues_nothing():
    assert stated("三、支出预算情况说明", "2024年支出预算50万元。", "39.5万元") == [
        ("total_expenditure", "50"),
        ("other", "39.5"),
    ]


def test_items_of_running_expenses_are_items_even_where_their_name_is_a_topic():
    facts = facts_of("机关运行经费30.5万元，包括：办公费20.25万元、公务接待费3万元、公务用车运行维护费7.25万元。")
    assert [(fact.topic, fact.name, fact.amount) for fact in facts] == [
        ("agency_running", None, "30.5"),
        ("agency_running_item", "办公费", "20.25"),
        ("agency_running_item", "公务接待费", "3"),
        ("agency_running_item", "公务用车运行维护费", "7.25"),
    ]


def test_basic_expenditure_of_one_source_is_not_that_of_all():
    assert stated("一般公共预算基本支出50万元，其中：人员经费40万元，公用经费10万元。") == [
        ("general_basic", "50"), ("personnel", "40"), ("public", "10"),
    ]  # fmt: skip
    assert stated("2024年支出预算90万元，包括：人员经费60万元、公用经费10万元、项目支出20万元。") == [
        ("total_expenditure", "90"), ("basic_personnel", "60"), ("basic_public", "10"), ("project_expenditure", "20"),
    ]  # fmt: skip


def test_a_total_may_be_named_before_its_parts_and_counted_after_them():
    assert stated("预算支出：人员经费60万元，公用经费10万元，项目支出20万元，共计90万元。", "与2023年相比增加12.5%。") == [
        ("basic_personnel", "60"), ("basic_public", "10"), ("project_expenditure", "20"), ("total_expenditure", "90"),
        ("total_expenditure_percent", "12.5"),
    ]  # fmt: skip


def test_what_explains_a_change_is_no_figure_of_its_own_topic():
    facts = facts_of("支出预算90万元，比上年减少3万元，主要原因是基本支出减少5万元、项目支出增加2万元。")
    assert [(fact.topic, fact.name, fact.amount) for fact in facts[2:]] == [
        ("reason", "基本支出", "-5"), ("reason", "项目支出", "2"),
    ]  # fmt: skip


def test_a_reason_does_not_name_what_stands_behind_it():
    assert stated("收入预算90万元，比上年增加3万元，主要原因是：政策性调整，基本支出相应增加；支出预算80万元，比上年增加2万元。") == [
        ("total_revenue", "90"), ("total_revenue_delta", "3"), ("total_expenditure", "80"), ("total_expenditure_delta", "2"),
    ]  # fmt: skip


def test_last_years_amount_is_of_last_year():
    facts = facts_of("2024年收入预算148万元，比2023年年初预算数140万元增加8万元，增长5.71%。")
    assert [(fact.topic, fact.amount or fact.percent, fact.fiscal_year, fact.base_year) for fact in facts] == [
        ("total_revenue", "148", 2024, None),
        ("total_revenue", "140", 2023, None),
        ("total_revenue_delta", "8", 2024, 2023),
        ("total_revenue_percent", "5.71", 2024, None),
    ]


def test_the_budget_that_a_final_account_names_is_not_its_own_figure():
    assert stated("2024年度“三公”经费财政拨款支出预算为35万元，支出决算为28万元，完成预算的80%。", final=True) == [
        ("three_public_budget", "35"), ("three_public", "28"), ("three_public_execution", "80"),
    ]  # fmt: skip


def test_procurement_and_its_shares():
    assert stated(
        "2024年政府采购支出总额150万元，其中：货物类项目60万元、工程类项目40万元、服务类项目50万元。",
        "授予中小企业合同金额120万元，占政府采购支出总额的80%。",
    ) == [
        ("procurement_total", "150"), ("procurement_goods", "60"), ("procurement_works", "40"), ("procurement_services", "50"),
        ("procurement_sme", "120"), ("procurement_sme_percent", "80"),
    ]  # fmt: skip


def test_a_breakdown_of_one_source_does_not_contradict_that_of_all():
    assert stated("政府采购预算总额9万元：政府采购货物预算6万元；其中一般公共预算拨款政府采购5万元：政府采购货物预算4万元。") == [
        ("procurement_total", "9"), ("procurement_goods", "6"), ("procurement_total_general_budget", "5"),
        ("procurement_goods_general_budget", "4"),
    ]  # fmt: skip


def test_intended_purchases_are_named_one_by_one():
    facts = facts_of("2024年拟购置办公桌11张、1.25万元，办公椅14把、0.73万元，复印机1台、1万元。")
    assert [(fact.topic, fact.name, fact.amount) for fact in facts] == [
        ("planned_purchase_item", "办公桌", "1.25"), ("planned_purchase_item", "办公椅", "0.73"),
        ("planned_purchase_item", "复印机", "1"),
    ]  # fmt: skip


def test_numbered_projects_below_their_sum():
    facts = facts_of(
        "（五）项目支出20万元，具体包括：",
        "1.法治宣传15万元，主要包括：普法工作9万元，用于宣传；培训工作6万元。",
        "2.预算准备金5万元。",
    )
    assert [(fact.topic, fact.name, fact.amount) for fact in facts] == [
        ("project_expenditure", None, "20"),
        ("project_amount", "法治宣传", "15"),
        ("project_amount_part", "普法工作", "9"),
        ("project_amount_part", "培训工作", "6"),
        ("project_amount", "预算准备金", "5"),
    ]


def test_functions_keep_their_path_and_their_change():
    facts = facts_of("1.教育支出（类）进修及培训（款）培训支出（项）2024年预算数为8万元，比2023年执行数减少2万元。")
    assert [(fact.topic, fact.name, fact.amount) for fact in facts] == [
        ("function", "教育支出（类）进修及培训（款）培训支出（项）", "8"),
        ("function_delta", "教育支出（类）进修及培训（款）培训支出（项）", "-2"),
    ]


def test_a_change_in_the_next_sentence_is_of_what_was_named_last_unless_two_were():
    assert stated("（1）住房保障支出（类）支出13万元，用于住房。与上年相比增加3万元。") == [
        ("function", "13"),
        ("function_delta", "3"),
    ]
    assert stated("收入预算13万元，支出预算13万元。", "比上年增加3万元。") == [
        ("total_revenue", "13"), ("total_expenditure", "13"), ("other_delta", "3"),
    ]  # fmt: skip


def test_counted_things_limits_and_parts():
    facts = facts_of(
        "截至2023年12月31日，共有车辆6辆，其中：机要通信用车2辆、其他用车4辆；单价50万元以上通用设备3台（套）。"
    )
    assert [(fact.topic, fact.name, fact.amount or fact.count, fact.unit, fact.fiscal_year) for fact in facts] == [
        ("vehicle_count", None, "6", "辆", 2023),
        ("vehicle_item", "机要通信用车", "2", "辆", 2023),
        ("vehicle_item", "其他用车", "4", "辆", 2023),
        ("threshold", "单价", "50", "万元", 2024),
        ("equipment_count", None, "3", "台（套）", 2024),
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("纳入编制范围的二级预算单位共十二个。", ("unit_count", "12")),
        ("本部门内设8个处室。", ("department_count", "8")),
        ("2024年我局有4个项目列入政府采购预算。", ("procurement_project_count", "4")),
        ("2024年公开绩效目标的项目共5个。", ("project_count", "5")),
        ("在职人员编制180人。", ("staff_quota", "180")),
        ("安排购置车辆2辆。", ("vehicle_purchase_count", "2")),
    ],
)
def test_counts_in_words(sentence: str, expected: tuple[str, str]):
    assert stated(sentence) == [expected]


@pytest.mark.parametrize(
    ("printed", "amount", "unit"),
    [
        ("121,884,997.75元", "12188.499775", "元"),
        ("0.48亿元", "4800", "亿元"),
        ("3，518.85万元", "3518.85", "万元"),
        ("2 1, 796. 12 万元", "21796.12", "万元"),
        ("７.５０万元", "7.5", "万元"),
        ("3000万", "3000", "万元"),
    ],
)
def test_amounts_in_every_spelling_become_wan(printed: str, amount: str, unit: str):
    (fact,) = facts_of(f"2024年收入预算{printed}。")
    assert (fact.topic, fact.amount, fact.unit) == ("total_revenue", amount, unit)


def test_the_printed_figure_is_kept_for_its_precision():
    facts = facts_of("2024年收入预算19,302万元。", "机关运行经费18.10万元。")
    assert [fact.raw for fact in facts] == ["19,302", "18.10"]


@pytest.mark.parametrize(
    "sentence",
    [
        "根据《关于下达100万元资金的通知》（财预〔2024〕143号）要求，认真落实。",
        "绩效指标：服务满意度达到95%以上。",
        "2024年12月31日前完成第3项任务。",
        "养老金征缴任务完成率为100%，受益群体满意度达到85%以上。",
    ],
)
def test_citations_dates_ordinals_and_indicators_are_no_facts(sentence: str):
    assert stated(sentence) == []


def test_amounts_of_goals_and_rates_are_kept_apart_from_money_of_the_budget():
    assert stated("绩效指标：完成营业收入10亿元，税收3000万。") == [
        ("performance_target", "100000"),
        ("performance_target", "3000"),
    ]
    assert stated("补贴标准为1200元/人，共发放。") == [("rate", "0.12")]


def test_a_glossary_states_nothing():
    paragraphs = (
        "第四部分 名词解释",
        "一、固定资产：单位价值5万元以上的设备。",
        "二、项目支出3万元的含义。",
        "第五部分 其他",
        "收入预算9万元。",
    )
    assert stated(*paragraphs) == [("total_revenue", "9")]


def test_no_printed_amount_is_lost():
    paragraph = "苹果1万元，梨2万元；某事（3万元）共4万元，其中5万元用于某处，比上年增加6万元，主要原因是增加7万元。"
    assert [amount for _, amount in stated(paragraph)] == ["1", "2", "3", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    "piece", ["（", "与上年", "占", "1万元，", "“", "收入预算", "（1万元", "2020年", "其中：", "1,", "其中1辆，"]
)
def test_a_hostile_paragraph_is_read_in_time_that_grows_with_its_length(piece: str):
    def seconds(characters: int) -> float:
        began = time.process_time()
        stated(piece * (characters // len(piece)))
        return time.process_time() - began

    assert seconds(60_000) < 3 * seconds(30_000) + 0.5


def test_names_that_stand_behind_their_figures_are_not_those_of_the_next():
    found = stated("2024年支出预算60万元（其中20万元为政府性基金预算、40万元为一般公共预算），比上年增加5万元。")
    assert found[0] == ("total_expenditure", "60")
    assert "expenditure_gov_fund" not in [topic for topic, _ in found]
    assert [figure for _, figure in found] == ["60", "20", "40", "5"]


def test_rates_that_are_goals_are_named_behind_the_task_above_them():
    found = facts_of(
        "10、做好养老保险新区补贴工作", "绩效指标：符合补贴人员发放资金的准确率达到99%以上，并及时公示；补贴资金3000万元。",
        "三、其他", "政府采购预算5万元，比上年增加2万元，增长66.67%。",
    )  # fmt: skip
    rates = [(fact.name, fact.percent) for fact in found if fact.topic == "performance_rate"]
    assert rates == [("养老保险新区补贴：符合补贴人员发放资金的准确率达到", "99")]
    assert [fact.name for fact in found if fact.topic == "performance_target"] == ["养老保险新区补贴：补贴资金"]
