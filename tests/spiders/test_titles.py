"""What titles say, by the rules of `rules/titles.toml`: fictitious places, real shapes."""

from __future__ import annotations

import pytest

from spiders.reading.titles import (
    ColumnHint,
    column_kind,
    column_year,
    full_title,
    is_cut,
    judge_title,
    other_place,
    year_of,
)

REGION = "河北省石家庄市正定县"
NOTHING = ColumnHint()


@pytest.mark.parametrize(
    ("title", "kind", "year"),
    [
        ("正定县教育局2026年部门预算", "department_budget", 2026),
        ("2026年度正定县教育局部门预算公开", "department_budget", 2026),
        ("正定县教育局（本级）2026年单位预算情况说明", "unit_budget", 2026),
        ("2026年正定县审计局机关单位预算公开.pdf", "unit_budget", 2026),
        ("2024年度正定县教育局部门决算", "final_account", 2024),
        ("正定县教育局2025部门预算公开", "department_budget", 2025),
        ("2018年城管局综合预算公开报表", "department_budget", 2018),
        ("正定县民政局二〇二四年度部门决算", "final_account", 2024),
        ("2026年县教育局（本级）及二级预算单位预算公开", "department_budget", 2026),
        ("正定县发展和改革委员会（含下属单位）2026年预算公开", "department_budget", 2026),
        ("正定县科技局本级2026年度整体预算绩效目标表", "performance_text", 2026),
        ("正定县科学技术局（本级）2026年度部门预算公开和绩效公开", "unit_budget", 2026),
        ("正定县教育局2024年度部门决算及2025年部门预算公开", "final_account", 2024),
        ("正定县财政评审中心2026年预算公开", "department_budget", 2026),
        ("正定县建设工程招标投标服务中心2026年度单位预算", "unit_budget", 2026),
        ("正定县政府采购中心2026年部门预算", "department_budget", 2026),
        ("国家统计局正定调查队2026年部门预算", "department_budget", 2026),
        ("国家大剧院2026年度部门预算", "department_budget", 2026),
        ("石家庄市民政局2026年部门预算", "department_budget", 2026),
    ],
)
def test_disclosures_are_taken_with_kind_and_year(title: str, kind: str, year: int) -> None:
    verdict = judge_title(title, NOTHING, REGION)
    assert verdict.take, verdict.detail
    assert (verdict.document_kind, verdict.fiscal_year) == (kind, year)


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("关于正定县2025年预算执行情况和2026年预算草案的报告", "government_level"),
        ("正定县2026年政府预算公开", "government_level"),
        ("正定县2026年一般公共预算收入表", "government_tables"),
        ("2026年转移支付预算情况", "government_tables"),
        ("正定县2025年政府债务限额及余额决算情况", "debt"),
        ("正定县直达资金预算下达情况", "direct_funds"),
        ("2026年政府采购预算公示", "procurement"),
        ("2025年预算绩效评价报告", "performance_alone"),
        ("正定县财政局关于2026年预算的批复", "approval"),
        ("2025年决算三公经费汇总表", "three_public_summary"),
        ("关于批复2026年部门预算的通知", "notice"),
        ("2026年部门预算解读", "notice"),
        ("一图读懂正定县2026年部门预算", "about_the_budget"),
        ("某小学教学楼工程预算评审结果", "about_the_budget"),
        ("河北省预决算公开统一平台", "column_or_platform"),
        ("正定县教育局三公经费统计表（累计至2026年2月）", "no_budget_words"),
        ("国家统计局部门预算（2026）", "other_jurisdiction"),
        ("国务院国资委部门预算（2026年）", "other_jurisdiction"),
        ("人力资源和社会保障部2026年部门预算", "other_jurisdiction"),
        ("唐山市民政局2026年部门预算", "other_jurisdiction"),
        ("2026年山东省民政厅部门预算", "other_jurisdiction"),
        ("正定县召开春季绿化动员会", "news_of_work"),
        ("", "no_title"),
    ],
)
def test_everything_else_is_refused_by_name(title: str, rule: str) -> None:
    verdict = judge_title(title, NOTHING, REGION)
    assert (verdict.take, verdict.rule) == (False, rule), verdict


def test_a_bare_name_is_a_disclosure_only_in_a_budget_column() -> None:
    named = ColumnHint("2018年部门预算公开目录", "http://x.gov.cn/zwgk/1/")
    verdict = judge_title("正定县教育局", named, REGION)
    assert (verdict.take, verdict.fiscal_year, verdict.document_kind) == (True, 2018, "department_budget")
    by_path = ColumnHint(None, "http://x.gov.cn/ysgk/2019nbmjsgkml/")
    verdict = judge_title("正定县教育局", by_path, REGION)
    assert (verdict.take, verdict.fiscal_year, verdict.document_kind) == (True, 2019, "final_account")
    assert not judge_title("正定县教育局", ColumnHint("通知公告", "http://x.gov.cn/tzgg/"), REGION).take
    assert not judge_title("关于我们", named, REGION).take


@pytest.mark.parametrize(
    ("path", "year", "kind"),
    [
        ("/ysgk/2018nbmysgkml/", 2018, None), ("/czyjs/2026n/", 2026, None), ("/2025/bmyjs/js/", 2025, "final_account"),
        ("/zwgk/czyjs/", None, None), ("/art/202402/", None, None), ("/bmjs/", None, "final_account"),
    ],
)  # fmt: skip
def test_a_path_says_year_and_kind(path: str, year: int | None, kind: str | None) -> None:
    hint = ColumnHint(None, f"http://x.gov.cn{path}")
    assert (column_year(hint), column_kind(hint)) == (year, kind)


def test_the_year_is_the_one_of_the_budget() -> None:
    assert year_of("关于2025年度工作的说明") == 2025
    assert year_of("2025年12月发布：教育局2026年部门预算") == 2026
    assert year_of("教育局部门预算") is None
    assert year_of("编号20260101的部门预算") is None


def test_the_portal_s_own_place_and_its_superiors_are_no_other_place() -> None:
    assert other_place("石家庄市教育局2026年部门预算", "正定县") is None
    assert other_place("上海市教育委员会2026年部门预算", "上海市浦东新区") is None
    assert other_place("吉林市教育局2026年部门预算", "吉林省吉林市") is None
    assert other_place("广州市人民政府驻北京办事处2026年部门预算", "广东省广州市") is None
    assert other_place("中共唐山市委宣传部2026年部门预算", REGION) == "唐山市"


def test_titles_of_lists_are_made_whole() -> None:
    assert full_title("正定县教育局20...", "正定县教育局2026年部门预算") == "正定县教育局2026年部门预算"
    assert full_title("· 正定县教育局2026年部门预算 2026-02-14", None) == "正定县教育局2026年部门预算"
    assert full_title("正定县教育局2026年部门预算", "点击查看") == "正定县教育局2026年部门预算"
    assert full_title("", "正定县教育局2026年部门预算") == "正定县教育局2026年部门预算"
    assert full_title("2026年1月至3月部门预算执行", None) == "2026年1月至3月部门预算执行"
    assert is_cut("正定县教育局20…") and not is_cut("正定县教育局2026年部门预算")


TAKEN = (
    "石家庄市会议中心2026年部门预算", "石家庄市教育局2026年会议费预算公开", "石家庄市干部培训中心2026年单位预算",
    "关于2026年会议费的部门预算公开", "市委党校2026年部门预算", "国防动员委员会办公室2026年部门预算", "2026年培训费预算表",
    "新城区建设管理局2026年部门预算", "正定县财政局2026年部门预算", "财政局2026年部门预算",
)  # fmt: skip
NOT_TAKEN = (
    "石家庄市教育局召开2026年部门预算工作部署会", "2026年部门预算编制业务培训班结束", "市财政局举办部门预算绩效管理培训",
    "2026年部门预算工作会议召开", "审计局赴某地调研部门预算工作", "市政府召开会议部署预算公开", "我县部门预算编制工作圆满完成",
)  # fmt: skip


@pytest.mark.parametrize("title", TAKEN)
def test_bodies_and_items_named_after_meetings_and_trainings_stay_disclosures(title: str) -> None:
    assert judge_title(title, ColumnHint(), "河北省石家庄市正定县").take


@pytest.mark.parametrize("title", NOT_TAKEN)
def test_meetings_trainings_and_visits_about_budgets_are_no_disclosures(title: str) -> None:
    assert judge_title(title, ColumnHint(), "河北省石家庄市正定县").rule == "news_of_work"


@pytest.mark.parametrize(
    ("title", "region", "taken"),
    [
        ("桥西区民政局2026年部门预算", "河北省石家庄市正定县", False),
        ("桥西区民政局2026年部门预算", "河北省石家庄市", True),
        ("天河区民政局2026年部门预算", "河北省石家庄市", False),
        ("正定县民政局2026年部门预算", "河北省石家庄市正定县", True),
        ("民政局2026年部门预算", "河北省石家庄市正定县", True),
    ],
)
def test_a_sibling_county_is_another_place_for_a_county_and_not_for_its_city(
    title: str, region: str, taken: bool
) -> None:
    verdict = judge_title(title, ColumnHint(), region)
    assert (verdict.take, verdict.rule == "other_jurisdiction") == (taken, not taken)
