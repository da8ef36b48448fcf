"""What a title says: a department's budget or not, of which year and kind, of which place. The rules are `rules/titles.toml`."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import unquote, urlsplit

from budget.disclosure import DocumentKind
from budget.printed_text import squeeze
from spiders.rules import pattern, read_rules

_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_YEAR_MARKED = re.compile(r"(?<!\d)(20\d{2})(?=年|\)?年)")
_CHINESE_YEAR = re.compile(r"二[〇○零0О]([〇○零一二三四五六七八九]{2})年?")
_CHINESE_DIGITS = {digit: str(n) for n, digit in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0"}
_COUNTY = re.compile(r"[县区旗市]$")
_BUDGET_WORDS = re.compile(r"预算|决算|三公|绩效|ysgk|czyjs|bmys|bmjs")
_CUT = re.compile(r"(\.{2,}|…+|⋯+)\s*$")
_LEADING_DATE = re.compile(r"^[\[(（【]?\s*(20\d{2}\s*[-/.年]\s*)?\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?\s*[\])）】]?\s*")
_TRAILING_DATE = re.compile(r"\s*[\[(（【]?\s*20\d{2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{1,2}\s*[\])）】]?\s*$")


_BULLETS = re.compile(r"^[\s·•▪◆■>》]+|[\s·•▪◆■>]+$")


@dataclass(frozen=True, slots=True)
class ColumnHint:
    """What the column already says: its name, its address, and what the portal's YAML adds."""

    name: str | None = None
    url: str = ""
    fiscal_year: int | None = None
    document_kind: DocumentKind | None = None
    tag: str = ""
    """What the list calls this one entry, where it does (部门预决算)."""


@dataclass(frozen=True, slots=True)
class TitleVerdict:
    """`take`, and by which rule; year and kind as far as title and column say them."""

    take: bool
    rule: str
    matched: str = ""
    document_kind: DocumentKind | None = None
    fiscal_year: int | None = None

    @property
    def detail(self) -> str:
        return f"{self.rule}: {self.matched}" if self.matched else self.rule


def judge_title(title: str, column: ColumnHint = ColumnHint(), region: str = "") -> TitleVerdict:
    """Whether a title names a department's or unit's budget, account or performance text (PORTALS §4).

    `region` is the portal's place as written in its YAML (`河北省石家庄市正定县`): titles of the centre and of other places
    are refused unless they also name it.
    """
    rules = read_rules("titles")
    text = squeeze(title)
    if not text:
        return TitleVerdict(False, "no_title")
    elsewhere = other_place(text, region)
    if elsewhere:
        return TitleVerdict(False, "other_jurisdiction", elsewhere)
    without_names = pattern(rules["names"]["pattern"]).sub("", text)
    for rule in rules["never"]:
        if (found := pattern(rule["pattern"]).search(without_names)) and not (
            "unless" in rule and pattern(rule["unless"]).search(text)
        ):
            return TitleVerdict(False, rule["name"], found.group())
    rescued = pattern(rules["unless"]["pattern"]).search(text)
    if not rescued:
        for rule in rules["negative"]:
            if found := pattern(rule["pattern"]).search(without_names):
                return TitleVerdict(False, rule["name"], found.group())
    year = year_of(text) or column.fiscal_year or column_year(column)
    for rule in rules["positive"]:
        if found := pattern(rule["pattern"]).search(text):
            kind = kind_of(text) or column.document_kind or column_kind(column)
            return TitleVerdict(True, rule["name"], found.group(), kind, year)
    if kind_of(text) == "performance_text":
        return TitleVerdict(True, "performance_text", text, "performance_text", year)
    if holds_disclosures(column) and pattern(rules["organisation"]["pattern"]).match(_YEAR.sub("", text).strip("年度")):
        return TitleVerdict(True, "organisation_in_a_budget_column", text, column_kind(column), year)
    for rule in rules["positive"]:
        if column.tag and pattern(rule["pattern"]).search(squeeze(column.tag)):
            kind = column.document_kind or column_kind(column)
            return TitleVerdict(True, "tagged_by_the_list", column.tag, kind, year)
    return TitleVerdict(False, "no_budget_words")


def year_of(text: str) -> int | None:
    """The fiscal year a title names: the year marked 年 nearest before 预算/决算, else the first marked, else a bare one."""
    text = squeeze(text)
    if found := _CHINESE_YEAR.search(text):
        text = text.replace(found.group(), "20" + "".join(_CHINESE_DIGITS[digit] for digit in found.group(1)) + "年")
    marked = list(_YEAR_MARKED.finditer(text))
    if marked:
        word = re.search(r"预决?算|决算", text)
        before = [found for found in marked if word and found.start() < word.start()]
        return int((before[-1] if before else marked[0]).group(1))
    bare = _YEAR.search(text)
    return int(bare.group(1)) if bare else None


def kind_of(text: str) -> DocumentKind | None:
    """The kind of document a title names, None when it names none."""
    text = squeeze(text)
    for rule in read_rules("titles")["kind"]:
        if pattern(rule["pattern"]).search(text) and not ("unless" in rule and pattern(rule["unless"]).search(text)):
            kind: DocumentKind = rule["kind"]
            return kind
    return None


def _path(column: ColumnHint) -> str:
    return unquote(urlsplit(column.url).path).lower()


def column_year(column: ColumnHint) -> int | None:
    """The year a column's name (2018年部门预算公开目录) or path (2018nbmysgkml) says; the name counts first."""
    named = year_of(column.name or "")
    if named:
        return named
    found = re.findall(read_rules("titles")["column"]["path_year"], _path(column))
    return int(found[-1]) if found else None


def column_kind(column: ColumnHint) -> DocumentKind | None:
    """The kind a column says: by YAML, by name, by path."""
    if column.document_kind:
        return column.document_kind
    name = squeeze(column.name)
    if kind := kind_of(name):
        return None if "预决算" in name else kind
    rules = read_rules("titles")["column"]
    if pattern(rules["path_final"]).search(_path(column)):
        return "final_account"
    return None


def holds_disclosures(column: ColumnHint) -> bool:
    """Whether a column is one of departments' budgets or accounts, so that a bare name in it is a disclosure."""
    rules = read_rules("titles")["column"]
    return bool(
        column.document_kind
        or pattern(rules["pattern"]).search(squeeze(column.name))
        or pattern(rules["path"]).search(_path(column))
    )


def speaks_of_budgets(text: str) -> bool:
    """Whether a name speaks of budgets or accounts at all, be they a department's or not."""
    return bool(_BUDGET_WORDS.search(text))


def says_nothing(text: str) -> bool:
    """Whether a link text names no file: 下载, 附件1, 点击查看."""
    return bool(pattern(read_rules("attachments")["says_nothing"]).fullmatch(squeeze(text)))


def names_organisation(title: str) -> bool:
    """Whether a title is a bare organisation name."""
    return bool(pattern(read_rules("titles")["organisation"]["pattern"]).match(squeeze(title)))


@cache
def _regions() -> dict[str, str]:
    text = resources.files("spiders").joinpath("rules", "regions.csv").read_text(encoding="utf-8")
    return {row["region"]: row["province"] for row in csv.DictReader(text.splitlines())}


@cache
def _counties() -> dict[str, frozenset[tuple[str, str]]]:
    """County name → the provinces and prefectures that have one of this name, from the register of portals."""
    rules = read_rules("titles")["counties"]
    found: dict[str, set[tuple[str, str]]] = {}
    text = resources.files("spiders").joinpath("register.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        if row["level"] != "county":
            continue
        above = next((name for name in _regions() if row["region"].startswith(name) and name != row["region"]), "")
        county = row["region"].removeprefix(above)
        if len(county) >= 3 and county not in rules["common"]:
            found.setdefault(county, set()).add((row["province"], above))
    return {name: frozenset(places) for name, places in found.items()}


def _other_county(text: str, own: list[str], home: str) -> str | None:
    """A county that a title begins with and that is not the portal's: not its own, nor of its prefecture or province."""
    rules = read_rules("titles")["counties"]
    name = next((text[:length] for length in range(9, 2, -1) if text[:length] in _counties()), None)
    if name is None or pattern(rules["no_place"]).match(text[len(name) :]):
        return None
    places = _counties()[name]
    mine = any((above in own) if above else (province in own) for province, above in places)
    province_portal = len(own) == 1 and own[0] in {province for province, _ in places}
    # a portal of a county or district stands for itself: its neighbours in the same city are other places
    of_a_county = own[-1] in _counties() or (
        len(own) >= 2 and own[-1] not in _regions() and bool(_COUNTY.search(own[-1]))
    )
    if of_a_county:
        return name
    return None if mine or province_portal else name


def _short(name: str) -> str:
    return re.sub(r"(特别行政区|(?:[一-鿿]{1,3}族)*自治[区州县]|[省市区县盟])$", "", name) or name


def other_place(title: str, region: str) -> str | None:
    """The centre or another province, city or county that a title begins with, None when it may be the portal's own.

    A city's portal also publishes its counties' papers; a county's portal only its own. A bureau named without a place is the portal's
    own. A central body's local office (国家统计局长沙调查队 on the portal of 长沙市) is the portal's own.
    """
    text, home = squeeze(title), squeeze(region)
    text = re.sub(r"^[\[【(]+", "", re.sub(r"^(中共|中国共产党)", "", text))
    text = re.sub(r"^(二[〇○零0]..|20\d{2})年?度?", "", text)
    if not home:
        return None
    own = [part for part in re.split(r"(?<=[省市区县盟州])", home) if len(_short(part)) >= 2]
    if any(_short(part) in text for part in own):
        return None
    if found := pattern(read_rules("titles")["central"]["pattern"]).match(text):
        return found.group()
    if not any(part in _regions() for part in own):
        # a county named without its city or province: which names are its superiors' cannot be known
        return None
    for name, province in _regions().items():
        if text.startswith(name) and name not in home and _short(name) not in home:
            # a county portal rarely says its province: its own province or city is no other place
            mine = {_regions().get(part) for part in own} | set(own)
            if name in mine or (province in mine and name == province):
                return None
            return name
    return _other_county(text, own, home)


def full_title(shown: str, attribute: str | None) -> str:
    """The whole title of a list entry: lists cut the text (`…`) and keep the whole in `title`.

    A `title` that is no longer form of the text (点击查看, the site's name) does not count.
    """
    shown = strip_dates(" ".join(shown.split()))
    attribute = " ".join((attribute or "").split())
    if not attribute:
        return shown
    if not shown:
        return attribute
    stem = squeeze(_CUT.sub("", shown))
    whole = squeeze(attribute)
    if whole.startswith(stem) or stem in whole:
        return attribute
    return shown


def is_cut(title: str) -> bool:
    """Whether a title ends in dots, so that only the article knows the whole."""
    return bool(_CUT.search(title))


def strip_dates(text: str) -> str:
    """A link text without the date that some lists print inside the link."""
    stripped = _TRAILING_DATE.sub("", text)
    if re.match(r"^[\[(（【]?\s*(20\d{2}\s*[-/.]\s*\d{1,2}|\d{1,2}\s*[-/.])", stripped):
        stripped = _LEADING_DATE.sub("", stripped)
    return _BULLETS.sub("", stripped)
