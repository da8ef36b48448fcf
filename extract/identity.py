"""What a document is: kind, agency, code, region, fiscal year, title. From its content first, its file name last."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from budget.disclosure import DocumentKind
from budget.kinds import is_contents_line
from budget.printed_text import squeeze
from extract.reading import Line, Reading
from extract.statements import Table, is_meta, is_title_line

_YEAR = re.compile(r"(20[0-4]\d)年?(?:度)?")
_DOCUMENT_WORDS = re.compile(r"部门预算|单位预算|部门综合预算|部门决算|单位决算|预算公开|决算公开|年度?预算|年度?决算|绩效目标|绩效文本|情况说明|信息公开")
_ORGANISATION_END = re.compile(
    r"(?:人民政府|办公室|办公厅|委员会|管理局|监督局|分局|总局|局|厅|院|中心|总队|支队|大队|馆|学校|大学|学院|中学|小学|幼儿园|医院|研究所|研究院|站|所|处|队|部|会|社|团|台|园|场|法院|检察院|政协|人大|党校|协会|联合会|总工会|管委会|街道|镇|乡|库|基地|剧院|公司)(?:[(（][^()（）]{1,12}[)）]|本级|机关)*$"
)
_LABEL = re.compile(
    r"^(?:编制单位|编报单位|填报单位|填报部门|编制部门|部门名称|单位名称|预算单位|部门[(（]单位[)）]|单位[(（]部门[)）]|部门/单位|公开部门|公开单位|预算部门|部门|单位|部门名称及编码)(?:名称)?[:：](?P<name>.+)$"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The facts about a document itself; None for what it does not say."""

    kind: DocumentKind | None
    agency: str | None
    agency_code: str | None
    region: str | None
    fiscal_year: int | None
    title: str | None


def identify(reading: Reading, tables: list[Table], file: str) -> Identity:
    """Who published what for which year, told from headings, banner lines and titles; `file` is the last resort."""
    lines = [block for block in reading.blocks if isinstance(block, Line)]
    title = _title(lines, tables)
    name = squeeze(file.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0])
    agency, code = _agency(title, lines, tables)
    if agency is None:
        agency = _from_name(name)
    year = _fiscal_year(title, lines, tables, name)
    return Identity(
        kind=_kind(title or name, name, lines, tables), agency=agency, agency_code=code, region=_region(agency or title or ""),
        fiscal_year=year, title=title,
    )  # fmt: skip


def _title(lines: list[Line], tables: list[Table]) -> str | None:
    """The document's heading: what stands on its cover, else the first line that names a year and a kind of document."""
    cover = _cover(lines)
    if cover and _DOCUMENT_WORDS.search(cover) and _YEAR.search(cover) and len(cover) <= 80:
        return cover
    texts = [_heading_text(line) for line in lines[:30]]
    for text in texts:
        if _is_heading(text) and _YEAR.search(text):
            return text
    for take in (2, 3, 4):
        for i in range(len(texts) - take + 1):
            part = texts[i : i + take]
            joined = "".join(part)
            if all(part) and len(joined) <= 70 and _YEAR.search(joined) and _is_heading(joined):
                return joined
    return next((text for text in texts if _is_heading(text)), None)


def _cover(lines: list[Line]) -> str:
    """The heading of a cover, broken into lines where it looks well: lines of one size before anything else."""
    parts: list[str] = []
    size: float | None = None
    for line in lines[:8]:
        text = squeeze(line.text)
        if re.match(r"^目[录次]", text) or is_contents_line(text) or (parts and line.page != lines[0].page):
            break
        if is_meta(text) or (re.fullmatch(r"[二〇○零一三四五六七八九十\d]+年[一二三四五六七八九十\d]*月?(?:[一二三四五六七八九十\d]+日)?", text) and not re.fullmatch(r"20\d\d年(?:度)?", text)):
            continue
        if re.fullmatch(r"附件?\d*[:：]?", text):
            continue
        if parts and (size is None or line.size is None or abs(line.size - size) > 0.6):
            break
        if not _heading_text(line):
            break
        parts.append(text)
        size = line.size
        if "".join(parts) and _YEAR.search("".join(parts)) and line.size is None and _DOCUMENT_WORDS.search("".join(parts)):
            break
    return "".join(parts)


def _heading_text(line: Line) -> str:
    """The text of a line that could be part of the document's heading; '' for banners, sentences, numbered headings."""
    text = squeeze(line.text)
    if is_meta(text) and not re.fullmatch(r"20\d\d年(?:度)?", text):
        return ""
    if is_contents_line(text) or (is_title_line(text) and "表" in text and "绩效" not in text):
        return ""
    if len(text) > 60 or re.search(r"[。；]", text) or re.match(r"^(?:\d{1,2}|[一二三四五六七八九十]+)[、.．]", text):
        return ""
    return text


def _is_heading(text: str) -> bool:
    if not text or not _DOCUMENT_WORDS.search(text) or re.search(r"[:：]", text):
        return False
    return bool(_ORGANISATION_END.search(_bare(text))) and not re.match(r"^第[一二三四五六七八九十]部分", text)


def _bare(title: str) -> str:
    """A heading without year, kind of document and ornaments: what is left is the organisation."""
    text = re.sub(r"^附件\d*[:：]?", "", squeeze(title))
    text = re.sub(r"(?:关于)?(?:20[0-4]\d)年?(?:度)?", "", text)
    text = re.sub(
        r"(?:市级|区级|县级|省级|本级)?(?:部门|单位)?(?:综合)?(?:预算|决算)(?:及“?三公”?经费)?(?:预算|决算)?(?:信息|情况)?(?:公开|报表|草案|说明|情况说明|文本|表|公开表|信息公开情况说明|编制说明)*$", "", text
    )
    text = re.sub(r"(?:部门|单位)?(?:预算|决算)?(?:公开)?(?:项目|整体)?(?:支出)?绩效(?:目标|文本|信息|情况)?(?:公开|表|文本)*$", "", text)
    return text.strip("：:,，-—_")


def _agency(title: str | None, lines: list[Line], tables: list[Table]) -> tuple[str | None, str | None]:
    votes: Counter[str] = Counter()
    codes: dict[str, str] = {}
    for table in tables:
        for text in (*table.banner, *table.lines_above):
            for part in re.split(r"[\s　]+|预算年度[:：]?\d*|(?:金额)?单位[:：](?:人民币)?[亿万千]?元", text):
                name, code = _named(part)
                if name:
                    votes[name] += 1
                    if code:
                        codes[name] = code
    for line in lines[:40]:
        name, code = _named(squeeze(line.text))
        if name:
            votes[name] += 2
            if code:
                codes[name] = code
    bare = _bare(title) if title else ""
    if bare and _ORGANISATION_END.search(bare) and len(bare) <= 40:
        printed = re.match(r"^(\d{3,6})(?=\D)", bare)
        name = bare[printed.end() :] if printed else bare
        own = codes.get(name) or (printed.group(1) if printed else None)
        return name, own or (codes.get(votes.most_common(1)[0][0]) if votes and codes else None)
    if votes:
        name = votes.most_common(1)[0][0]
        return name, codes.get(name)
    return None, None


def _from_name(name: str) -> str | None:
    """The organisation a file name names, where the content names none."""
    parts = [_bare(part) for part in re.split(r"[_\s]|[:：]", name)]
    found = [part for part in parts if len(part) >= 3 and _ORGANISATION_END.search(part)]
    return max(found, key=len) if found else None


def _named(text: str) -> tuple[str | None, str | None]:
    """(organisation, its code) of a banner line such as `编制单位：某局` or `323某局`; (None, None) for other lines."""
    text = squeeze(text)
    labelled = _LABEL.match(text)
    name = labelled.group("name") if labelled else text
    code = re.match(r"^\[?(\d{3,9})\]?[-_]?(?=[^\d年.,])", name)
    if code:
        name = name[code.end() :]
    elif not labelled:
        return None, None
    if not re.fullmatch(r"[一-龥][一-龥A-Za-z0-9()（）、·—]{2,39}", name) or (not labelled and not _ORGANISATION_END.search(name)):
        return None, None
    return name, code.group(1) if code else None


_REGION = re.compile(
    r"^((?:[一-龥]{2,8}?(?:省|自治区|特别行政区))?(?:[一-龥]{2,9}?(?:市|自治州|地区|盟|州))?(?:[一-龥]{1,14}?(?:新区|开发区|(?<!社)(?<!校)区|县|旗|(?<!城)市(?!场|政|民|容))(?!管|建|域))?)"
)


def _region(agency: str) -> str | None:
    text = re.sub(r"^(?:中共|中国共产党|共青团|中国)", "", squeeze(agency))
    found = _REGION.match(text)
    region = found.group(1) if found else ""
    return region if len(region) >= 3 and region != text else None


def _fiscal_year(title: str | None, lines: list[Line], tables: list[Table], name: str) -> int | None:
    if title and (found := _YEAR.search(title)):
        return int(found.group(1))
    years: Counter[int] = Counter()
    for table in tables:
        for text in (*table.banner, *([table.title] if table.title else [])):
            if found := re.search(r"预算年度[:：]?(20\d{2})", text) or re.search(r"(20[0-4]\d)年", text):
                years[int(found.group(1))] += 1
    if years:
        return years.most_common(1)[0][0]
    if found := re.search(r"(20[0-4]\d)", name):
        return int(found.group(1))
    for line in lines:
        for found in re.finditer(r"(20[0-4]\d)年", squeeze(line.text)):
            years[int(found.group(1))] += 1
    return years.most_common(1)[0][0] if years else None


_STATEMENTS = frozenset(
    ["revenue_expenditure_summary", "revenue_summary", "expenditure_summary", "appropriation_summary", "general_budget_expenditure", "general_budget_basic_expenditure", "three_public_expenses", "government_fund_expenditure", "state_capital_expenditure", "basic_expenditure", "project_expenditure"]
)


def _kind(title: str, name: str, lines: list[Line], tables: list[Table]) -> DocumentKind | None:
    kinds = Counter(table.kind for table in tables)
    statements = sum(kinds[k] for k in _STATEMENTS)
    final = sum("决算" in squeeze(t.title or "") for t in tables if t.kind in _STATEMENTS)
    text = squeeze(title)
    if statements >= 2 or (statements and re.search(r"预算|决算", text + "".join(t.title or "" for t in tables))):
        if "决算" in text or final * 2 > statements:
            return "final_account"
        if "部门预算" in text or "部门综合预算" in text:
            return "department_budget"
        if "单位预算" in text or re.search(r"[(（]本级[)）]|机关", text):
            return "unit_budget"
        return "department_budget"
    if kinds["project_performance"] or (kinds["department_performance"] and not any("职责活动" in str(t.paths) for t in tables)):
        return "performance_text"
    body = "".join(squeeze(line.text) for line in lines)
    if re.search(r"部门预算|单位预算|部门决算|单位决算|机关运行经费|三公", text + body):
        return "narrative"
    return "not_a_disclosure" if body or tables else None
