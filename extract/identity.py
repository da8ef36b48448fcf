"""What a document is: kind, agency, code, region, fiscal year, title. From its content first, its file name last."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from budget.disclosure import DocumentKind, Finding
from budget.kinds import classify_title, is_contents_line, names_of_statements
from budget.printed_text import squeeze
from budget.sightings import SaidByPages
from budget.states import Origin, Severity
from extract.government import FIRST_LINES, is_of_government
from extract.reading import Line, Reading
from extract.statements.captions import is_meta, is_title_line
from extract.statements.model import Table

_YEAR = re.compile(r"(20[0-4]\d)年?(?:度)?")
_DOCUMENT_WORDS = re.compile(
    r"部门预算|单位预算|部门综合预算|部门决算|单位决算|预算公开|决算公开|年度?预算|年度?决算|绩效目标|绩效文本|情况说明|信息公开"
)
_ORGANISATION_END = re.compile(
    r"(?:人民政府|办公室|办公厅|委员会|管理局|监督局|分局|总局|局|厅|院|中心|总队|支队|大队|馆|学校|大学|学院|中学|小学|幼儿园|医院|研究所|研究院|站|所|处|队|部|会|社|团|(?<!平)台|园|场|法院|检察院|政协|人大|党校|协会|联合会|总工会|管委会|街道|镇|乡|库|基地|剧院|公司)(?:[(（][^()（）]{1,12}[)）]|本级|机关)*$"
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
    findings: tuple[Finding, ...] = ()
    """One for each thing that the document does not say and a page said in its place."""


def identify(reading: Reading, tables: list[Table], file: str, said: SaidByPages | None = None) -> Identity:
    """Who published what for which year, told from headings, banner lines and titles; then from the name `file`, and last from
    what the pages where it was seen have `said`."""
    lines = [block for block in reading.blocks if isinstance(block, Line)]
    title = _title(lines)
    name = squeeze(file.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0])
    agency, code = _agency(title, lines, tables)
    of_government = is_of_government(title, tables, agency, [line.text for line in lines[:FIRST_LINES]])
    if agency is None:
        agency = _from_name(name)
    said = said or SaidByPages()
    year = _fiscal_year(title, lines, tables, name)
    findings: list[Finding] = []
    if year is None and said.fiscal_year is not None:
        year = said.fiscal_year
        findings.append(_from_page("YEAR", "年度", "fiscal year", str(year), said.year_words))
    if agency is None and said.agency is not None:
        agency = said.agency
        findings.append(_from_page("AGENCY", "单位", "agency", agency, said.agency_words))
    return Identity(
        kind="government_budget" if of_government else _kind(title or name, name, lines, tables), agency=agency, agency_code=code, region=_region(agency or title or ""),
        fiscal_year=year, title=title, findings=tuple(findings),
    )  # fmt: skip


def _from_page(check: str, zh: str, en: str, value: str, words: str) -> Finding:
    return Finding(
        check=check, severity=Severity.WARNING, origin=Origin.SOURCE, cells=(),
        message=f"{zh} {value} 取自网页（{words}），文件未写明 / the {en} {value} is what the page says, not the document",
        left=value,
    )  # fmt: skip


def _title(lines: list[Line]) -> str | None:
    """The document's heading: the largest lines that name a year and a kind of document, else the first that name a kind.

    A heading is broken into lines where it looks well. Running heads repeat it, shortened, on every page: they are asked last.
    """
    standing = _without_running_heads(lines)
    heading = _largest_heading(standing, lines) or _largest_heading(lines, lines)
    if heading:
        return heading
    texts = [_heading_text(line) for line in standing[:_FIRST_LINES]]
    return next((text for text in texts if _is_heading(text)), None)


def _largest_heading(chosen: list[Line], lines: list[Line]) -> str | None:
    body = _body_size(lines)
    found: list[tuple[float, int, str]] = []
    for run in _runs(chosen[:_FIRST_LINES]):
        size = run[0][1].size or 0.0
        texts = [_heading_text(line) for _, line in run]
        for start in range(len(run)):
            for take in range(1, 6):
                joined = _joined(texts[start : start + take], take)
                if joined is None:
                    break
                if not (_YEAR.search(joined) and _DOCUMENT_WORDS.search(joined)):
                    continue
                if _is_heading(joined) or ((size > body or run[start][0] < 4) and _is_cover(joined)):
                    whole = _with_tail(joined, texts[start + take :])
                    found.append((-size, run[start][0], _SECTION.sub("", whole)))
                    break
    return min(found)[2] if found else None


def _with_tail(heading: str, following: list[str]) -> str:
    """The heading with the lines below that only end it (信息公 / 开)."""
    for text in following:
        if not text or re.match(r"目[录次]", text) or not (_TAIL.fullmatch(text) or len(text) <= 3):
            break
        heading += text
    return heading


_FIRST_LINES = 40
_SECTION = re.compile(r"^第[一二三四五六七八九十\d]+部分")
_TAIL = re.compile(r"(?:及|和|与|的|信息|情况|公开|说明|文本|报告|报表|草案|编制|表)+")
"""What a heading still says after year, organisation and kind, when it stands on a line of its own."""


def _joined(texts: list[str], take: int) -> str | None:
    """The lines as one heading; None when they cannot be one."""
    joined = "".join(texts)
    return joined if len(texts) == take and all(texts) and len(joined) <= 80 else None


def _is_cover(text: str) -> bool:
    """Whether large or leading lines are a heading though no organisation ends them (上海市2026年市级单位预算)."""
    return (
        not re.search(r"[:：]", text)
        and not _SECTION.match(text)
        and not re.search(r"年度?部门预算情况说明$", text[:14])
    )


def _body_size(lines: list[Line]) -> float:
    """The usual letter height of a document, with a margin: what is larger is a heading. 0 where no sizes are known."""
    sizes: Counter[float] = Counter()
    for line in lines:
        if line.size:
            sizes[round(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] * 1.15 if sizes else 0.0


def _without_running_heads(lines: list[Line]) -> list[Line]:
    """The lines without what stands, in one size, on three pages or more, or on both of two."""
    pages: dict[tuple[str, int], set[int]] = {}
    for line in lines:
        if line.page is not None:
            pages.setdefault(_shape(line), set()).add(line.page)
    last = max((line.page for line in lines if line.page is not None), default=0)
    return [line for line in lines if len(pages.get(_shape(line), ())) < min(3, max(2, last))]


def _shape(line: Line) -> tuple[str, int]:
    return squeeze(line.text), round(line.size or 0.0)


def _runs(lines: list[Line]) -> list[list[tuple[int, Line]]]:
    """Neighbouring lines of one page and one size, with their places; banners and dates between them are passed over."""
    runs: list[list[tuple[int, Line]]] = []
    for place, line in enumerate(lines):
        text = squeeze(line.text)
        if not re.match(r"20\d\d年", text) and (
            is_meta(text) or _DATE.fullmatch(text) or re.fullmatch(r"附件?\d*[:：]?", text)
        ):
            continue
        previous = runs[-1][-1][1] if runs else None
        together = (
            previous is not None
            and previous.page == line.page
            and not re.match(r"^目[录次]$", squeeze(previous.text))
            and ((line.size is None) == (previous.size is None))
            and abs((line.size or 0.0) - (previous.size or 0.0)) <= 0.6
        )
        if together:
            runs[-1].append((place, line))
        else:
            runs.append([(place, line)])
    return runs


_DATE = re.compile(
    r"[二〇○零一三四五六七八九十\d]+年[一二三四五六七八九十\d]*月(?:[一二三四五六七八九十\d]+日)?|[二〇○零一三四五六七八九十]+年"
)


_TRAIL = re.compile(r"[>»›→]|首页|(?:当前|所在|您的?)位置")
"""A trail of columns above a page's text (首页 > 政务公开 > 财政信息) is neither its heading nor names its body."""


def _heading_text(line: Line) -> str:
    """The text of a line that could be part of the document's heading; '' for banners, sentences, numbered headings."""
    text = squeeze(line.text)
    if _TRAIL.search(text) or (is_meta(text) and not re.match(r"20\d\d年", text)):
        return ""
    if is_contents_line(text) or (is_title_line(text) and "表" in text and "绩效" not in text):
        return ""
    if len(text) > 60 or re.search(r"[。；]", text) or re.match(r"^(?:\d{1,2}|[一二三四五六七八九十]+)[、.．]", text):
        return ""
    return text


def _is_heading(text: str) -> bool:
    if not text or not _DOCUMENT_WORDS.search(text) or re.search(r"[:：]", text):
        return False
    return bool(_ORGANISATION_END.search(_bare(text)))


def _bare(title: str) -> str:
    """A heading without year, kind of document and ornaments: what is left is the organisation."""
    text = _SECTION.sub("", re.sub(r"^附件\d*[:：]?", "", squeeze(title)))
    text = re.sub(r"(?:关于)?(?:20[0-4]\d)年?(?:度)?", "", text)
    text = re.sub(
        r"(?:市级|区级|县级|省级|本级)?(?:部门|单位)?(?:综合)?(?:预算|决算)(?:及“?三公”?经费)?(?:预算|决算)?(?:信息|情况)?(?:公开|报表|草案|说明|情况说明|文本|表|公开表|信息公开情况说明|编制说明)*$",
        "",
        text,
    )
    text = re.sub(
        r"(?:部门|单位)?(?:预算|决算)?(?:公开)?(?:项目|整体)?(?:支出|预算)?绩效(?:目标|文本|信息|情况|自评)?(?:申报|公开|表|文本|报告)*(?:[(（].*[)）])?$",
        "",
        text,
    )
    return text.strip("：:,，-—_")


def _agency(title: str | None, lines: list[Line], tables: list[Table]) -> tuple[str | None, str | None]:
    votes: Counter[str] = Counter()
    codes: dict[str, str] = {}
    for table in tables:
        for text in (*table.banner, *table.lines_above):
            for part in re.split(r"[\s　]+|预算年度[:：]?\d*|(?:金额)?单位[:：](?:人民币)?[亿万千]?元"
                                 r"|20[0-4]\d年(?:度|\d{1,2}月(?:\d{1,2}日)?)?$", text):  # fmt: skip
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
        # a heading may call it by its short name (人社局) where a banner prints the whole (高新区人社局)
        name = next((voted for voted, _ in votes.most_common() if voted.endswith(name) and voted != name), name)
        name = _in_full(name, lines)
        own = codes.get(name) or (printed.group(1) if printed else None)
        return name, own or (codes.get(votes.most_common(1)[0][0]) if votes and codes else None)
    if votes:
        name = votes.most_common(1)[0][0]
        return name, codes.get(name)
    return _from_form(tables), None


def _in_full(name: str, lines: list[Line]) -> str:
    """The organisation in full where a sentence says what it is (高新区人社局为县级行政部门) and the heading calls it 人社局."""
    if len(name) > 6:
        return name
    said = re.compile(rf"([一-龥]{{2,10}}{re.escape(name)})(?:\([^()]*\))?(?:为|是|系)")
    return next((found.group(1) for line in lines if (found := said.match(squeeze(line.text)))), name)


_FORM_LABEL = re.compile(r"(?:部门|单位|预算部门|预算单位|部门[(（]单位[)）]|主管部门)(?:名称)?[:：]?")


def _from_form(tables: list[Table]) -> str | None:
    """The organisation that the form for a whole department (部门整体支出绩效目标表) names beside its label."""
    for table in tables:
        if table.kind != "department_performance":
            continue
        for row in table.rows[:4]:
            texts = [squeeze(cell.text) for cell in row]
            label = next((i for i, text in enumerate(texts) if _FORM_LABEL.fullmatch(text)), None)
            if label is None:
                continue
            # a merged label stands in every place it covers
            name = next((text for text in texts[label + 1 :] if text and not _FORM_LABEL.fullmatch(text)), None)
            if name and len(name) <= 40 and _ORGANISATION_END.search(name):
                return re.sub(r"^\[?\d{3,9}\]?[-—]?", "", name)
    return None


def _from_name(name: str) -> str | None:
    """The organisation a file name names, where the content names none."""
    parts = [_bare(part) for part in re.split(r"[_\s]|[:：]", name)]
    found = [part for part in parts if len(part) >= 3 and _ORGANISATION_END.search(part)]
    return max(found, key=len) if found else None


_ABOUT_OTHERS = re.compile(r"关于|批复|转发|印发|公布|等|所属|、|[,，;；]")
"""In a title of a page: it speaks of more than one organisation, or of one that is not the document's."""


def organisation_of(title: str) -> str | None:
    """The one organisation whose document the title or link of a page names: `某县农业农村局2024年部门预算` → 某县农业农村局."""
    text = squeeze(title)
    return None if _ABOUT_OTHERS.search(text) else _from_name(text)


def _named(text: str) -> tuple[str | None, str | None]:
    """(organisation, its code) of a banner line such as `编制单位：某局` or `323某局`; (None, None) for other lines."""
    text = squeeze(text)
    if _TRAIL.search(text):
        return None, None
    labelled = _LABEL.match(text)
    name = labelled.group("name") if labelled else text
    code = re.match(r"^\[?(\d{3,9})\]?[-_]?(?=[^\d年.,])", name)
    if code:
        name = name[code.end() :]
    elif not labelled:
        return None, None
    if not re.fullmatch(r"[一-龥][一-龥A-Za-z0-9()（）、·—]{2,39}", name) or (
        not labelled and not _ORGANISATION_END.search(name)
    ):
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


_YEAR_IN_NAME = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d|[-.]\d)")


def _fiscal_year(title: str | None, lines: list[Line], tables: list[Table], name: str) -> int | None:
    """The year of the heading, of what stands at the tables, of the file name, of the text, in this order.

    Digits within a longer number of the name (t20240301_12.xlsx) are the day of the upload as a rule, and no year.
    """
    named = [int(year) for year in _YEAR.findall(squeeze(title))] if title else []
    if len(set(named)) == 1:
        return named[0]
    years: Counter[int] = Counter()
    for table in tables:
        for text in (*table.banner, *([table.title] if table.title else [])):
            if found := re.search(r"预算年度[:：]?(20\d{2})", text) or re.search(r"(20[0-4]\d)年", text):
                years[int(found.group(1))] += 1
    if named:
        # 2025年预算执行情况和2026年预算: the year of which most tables are, else the one that is planned for
        own = [year for year, _ in years.most_common() if year in named]
        return own[0] if own else max(named)
    if years:
        return years.most_common(1)[0][0]
    if found := _YEAR_IN_NAME.search(name):
        return int(found.group(1))
    for line in lines:
        for found in re.finditer(r"(20[0-4]\d)年", squeeze(line.text)):
            years[int(found.group(1))] += 1
    return years.most_common(1)[0][0] if years else None


def _kind(title: str, name: str, lines: list[Line], tables: list[Table]) -> DocumentKind | None:
    kinds = Counter(table.kind for table in tables)
    statements = sum(kinds[k] for k in names_of_statements())
    final = sum("决算" in squeeze(t.title or "") for t in tables if t.kind in names_of_statements())
    text = squeeze(title)
    # a workbook of one sheet: its title alone says what it is
    titled = any(t.rows and t.title and classify_title(t.title) in names_of_statements() for t in tables)
    if statements >= 2 or (
        statements and (titled or re.search(r"预算|决算", text + "".join(t.title or "" for t in tables)))
    ):
        if "决算" in text or final * 2 > statements:
            return "final_account"
        # （本级）and 机关 after the name: the department's own unit, though its heading may say 部门预算
        if "单位预算" in text or re.search(r"[(（]本级[)）]|机关(?=20\d\d|部门|$)", text):
            return "unit_budget"
        return "department_budget"
    if kinds["project_performance"] or (
        kinds["department_performance"] and not any("职责活动" in str(t.paths) for t in tables)
    ):
        return "performance_text"
    body = "".join(squeeze(line.text) for line in lines)
    if re.search(r"部门预算|单位预算|部门决算|单位决算|机关运行经费|三公", text + body):
        return "narrative"
    return "not_a_disclosure" if body or tables else None
