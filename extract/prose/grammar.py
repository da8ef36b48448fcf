"""A sentence → its figures, each bound to what it measures. Topics are data (`extract.prose.topics`); this is the grammar.

Chinese budget prose is head-final and regular: a name, its figure, then what changed. The words between two figures
(a segment) say what the second one is: a name, a verb of change, a share, an execution rate, or nothing but filler, when
the subject that was named last goes on. 其中 and 包括 open a list of parts, brackets a list that ends with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from budget.amounts import NotAnAmountError, Unit, decimal_text, parse_amount, to_wan
from budget.printed_text import fold
from extract.prose.topics import (
    GOAL_RATE,
    OTHER,
    RATE,
    REASON,
    TARGET,
    THRESHOLD,
    Count,
    Mention,
    Topic,
    classified,
    counts,
    mentions,
    stands_in,
    topics,
)

Role = Literal["plain", "delta", "share", "execution"]
_FISCAL = "fiscal"


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure bound to its topic; `start`..`end` in the sentence as printed."""

    topic: str
    start: int
    end: int
    unit: str
    raw: str
    amount: str | None = None
    percent: str | None = None
    count: str | None = None
    name: str | None = None
    fiscal_year: int | None = None
    base_year: int | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What the headings and sentences before this one have settled."""

    fiscal_year: int | None = None
    final: bool = False
    headings: str = ""
    heading: str = ""
    """The nearest heading above."""
    subject: Topic | None = None
    parent: Topic | None = None
    side: str = ""
    scope: str = ""
    name: str | None = None
    """What the sentence before named without a topic: a change that follows is of that."""
    counting: str = ""
    """What the sentence before counted."""
    whole: Topic | None = None
    """What a next sentence that begins with 其中 names the parts of."""
    year: int | None = None
    """The year that the sentence before spoke of; its parts after 其中 are of that year."""
    listing: bool = False
    """`parent` heads a list whose every paragraph is an item."""


@dataclass(frozen=True, slots=True)
class _State:
    """What is being spoken of. `parent` is the topic of the open list, None when none is open."""

    subject: Topic | None
    parent: Topic | None
    side: str
    scope: str
    parent_scope: str
    reason: bool = False
    last_role: Role = "plain"
    last_sign: int = 1
    name: str | None = None
    """What the last amount without a topic was for: what follows may be its change."""
    label: str = ""
    """The topic that `subject` was settled to (side, scope, source)."""
    own: bool = False
    """`subject` was named in this sentence, not by a heading or a sentence before."""
    nested: bool = False
    """The parts of a listed item are being named (1. 执法业务 50 万元，包括：…)."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["amount", "percent", "count"]
    start: int
    end: int
    number: Decimal
    unit: str
    raw: str


@dataclass(slots=True)
class Key:
    """A sentence folded for comparing: without blanks, quotation marks, and brackets that hold no figure; `at[i]` is where
    sign i stands in the sentence as printed."""

    text: str = ""
    at: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, printed: str) -> Key:
        signs: list[str] = []
        places: list[int] = []
        for i, sign in enumerate(printed):
            for folded in _MISWRITTEN.get(sign, fold(sign)):
                if not folded.isspace() and folded not in "“”\"‘’'「」\u200b\ufeff":
                    signs.append(folded)
                    places.append(i)
        key = cls("".join(signs), places)
        key._drop(r"《[^《》]*》")
        # 2022 年 and 143 号 in a bracket are no figures
        while key._drop(r"\((?![^()]*\d[\d.]*余?(?:[万亿元%个台辆人批项家套名次]|个百分点))(?!其中|含其中)[^()]*\)"):
            pass
        return key

    def _drop(self, pattern: str) -> bool:
        gone = {i for m in re.finditer(pattern, self.text) for i in range(m.start(), m.end())}
        if gone:
            self.at = [place for i, place in enumerate(self.at) if i not in gone]
            self.text = "".join(sign for i, sign in enumerate(self.text) if i not in gone)
        return bool(gone)


_MISWRITTEN = {"臵": "置"}
"""Signs that a font of old word processors swaps: 购臵 is 购置."""
_NUMBER = r"(?<![\d.,A-Za-z])(?P<sign>(?<![\d年月日\u4e00-\u9fff])-)?(?P<number>\d(?:[\d,]*\d)?(?:\.\d+)?)"
_AMOUNT = re.compile(_NUMBER + r"(?:[多余])?(?P<unit>亿元|万元|千元|百元|元|亿(?![\w])|万(?![\w]))")
_PERCENT = re.compile(_NUMBER + r"(?P<unit>%|个百分点)")
_COUNT = re.compile(_NUMBER + r"(?P<unit>团组|批次|人次|[个台套件辆家户项人名批次张把组部只条棵盏间栋座架])")
_WHOLE = re.compile(r"共有|实有|现有|保有|共计|购置")
_VALUE_FOLLOWS = re.compile(r"(?:\([^()]*\))?[、,]?(?:共计?|价值|金额|合计|预算|资金|计|总价|约|为|原值|账面)*")
_NUMERALS = {sign: i for i, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}
_COUNT_IN_WORDS = re.compile(
    r"(?<![第\d一二三四五六七八九十])(?P<number>[一二三四五六七八九十两]{1,3})(?P<unit>[个家辆台])"
)

_TASK = re.compile(
    r"^(?:[(（]?[\d一二三四五六七八九十]+[)）]?[、.．]?)?(?:切实|努力)?做好(.{2,40}?)(?:支出|使用|保障)?工作$"
)
"""10、做好养老保险新区补贴工作: a task of the year, told with its goals below."""
_NAME_BEHIND = re.compile(r"为[^、,;。:()\d]{2,16}[、,;]")
"""380 万元为政府性基金预算、1,230 万元为一般公共预算: each name stands behind its figure, and is not that of the next."""
_CONNECTOR = re.compile(r"其中|包括|分别[为是]|具体为|具体是|明细如下|[:：](?=[^:：]*$)")
_REASON = re.compile(
    r"原因|由于|系因|因为|变动情况说明|(?<=[,;。])(?:主要)?(?:是|系)(?=[^,;]{2})|(?:^|[,;])主要(?:是|系|用于)"
)
_UP = "增加|增长|上升|提高|增|上涨|调增|追加|扩大"
_DOWN = "减少|下降|降低|压减|压缩|减|下调|调减|核减|节约|缩减|减幅|降幅|减低"
_TAIL = r"(?:了|约|额|数|率|幅度?|金额|总额|共计?|各|合计|为|达|:|(?:预算|支出|收入|经费|资金))*"
_DELTA = re.compile(rf"(?:同比|环比|各|共|净)*(?P<verb>{_UP}|{_DOWN}){_TAIL}$")
_SHARE = re.compile(r"(?:占|比重|比例|占比)[^,;。]{0,60}$")
_EXECUTION = re.compile(r"完成(?:了)?[^,;。]{0,16}$|(?:执行|完成)率[^,;。]{0,6}$")
_COMPARISON = re.compile(r"[与和同比较](?:[^,;:。]{0,60}?)(?:持平|一致|相同|相等|相比|比较|无变化|没有变化|不变)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年|年度|-|/)")
_LIMIT_BEHIND = re.compile(r"^(?:\(?含\)?)?(?:以上|以下|及以上|及以下|以内|\(含\)以上|起)")
_LIMIT_BEFORE = re.compile(
    r"(?:单价|单位价值|单台价值|单件价值|单套价值|价值|限额|标准|不低于|不超过|不高于|不少于|大于|小于|超过|达到|[≥≤><])(?:均?在|为|是)?$"
)
_RATE_BEHIND = re.compile(
    r"^(?:/|每(?!年度))(?:人|月|年|天|日|次|户|亩|公里|平方米|平米|辆|台|床|生|学期|班|吨|间|个|场|期|学年|小时|课时)"
)
_RATE_BEFORE = re.compile(r"(?:每|人均|户均|生均)[\u4e00-\u9fff]{0,6}$")
_FILLER = re.compile(
    r"(?:20\d\d年(?:度)?|上年|去年|本年(?:度)?|当年|年?初|[年月]?[底末]|全年|调整后?|预算|决算|执行|安排|拨款|批复|核定|下达|支出|收入|经费|金额|资金"
    r"|总额|总计|合计|共计|总|额|数|为|是|共|约|计|各|人民币|实际|预计|拟|均|已|其中|包括|分别|达到|达|完成|财政|我局|我部门|我单位|本部门|本单位"
    r"|[与和同比较的了,;:、。()\-—]|[一二三四五六七八九十]+、|\d+、)*"
)
_EXPLAINED = re.compile(r"原因|由于|因为")
_DATED = re.compile(r"(?:20\d\d年(?:度)?|(?:截至|截止)[^,;。]*|20\d\d年[^,;。]{0,12}|[上去]年末?)[,:]?$")
_CHANGE = re.compile(
    rf"(?:(?:[与和同对比较]|相比)[^,;。:]{{0,60}}?)?(?:同比|环比|各|共|净|有所)*(?:{_UP}|{_DOWN}){_TAIL}$|占[^,;。]{0, 60}$|完成[^,;。]{0, 60}$|(?:执行|完成)率.{0, 20}$"
)
_HOUSE = re.compile(
    r"[\u4e00-\u9fff\d]{0,30}?(?:局|委|委员会|办公室|办公厅|厅|中心|院|所|处|队|部|站|馆|校|府|团|部门|单位|本级|机关)(?=$|20\d\d|预算|决算|共|安排|财政|的|本|,)"
)
_LEADING = re.compile(
    r"^(?:[\s,，;；:：、。.()（）—-]|其中[:：]?|(?:及)?以上(?:的)?|主要(?:是|为|包括|用于)?(?=[\u4e00-\u9fff])(?!领导)|原因(?:是|为)?[:：,，]?|(?<![\u4e00-\u9fff])(?:包括|是|为)|[一二三四五六七八九十]+[、.]|\d{1,2}[、.．](?!\d)|20\d\d[ ]*年(?:度)?)+"
)
_TRAILING = re.compile(
    r"(?:增加|减少|增长|下降|比|较|(?<=[\u4e00-\u9fff])(?:共|计)|[\s,，;；:：、]|20\d\d\s*年(?:度)?|年初|预算|决算|安排|支出?预算数?|数|为|共计?|约|合计)+$"
)


def figures(printed: str, context: Context) -> tuple[list[Figure], Context]:
    """The figures of a sentence in printed order, and the context for the sentence behind it."""
    key = Key.of(printed)
    reader = _Reader(printed, key, context)
    found = list(reader.read())
    return found, reader.context_after()


def names_topic(printed: str, context: Context) -> Topic | None:
    """The topic that a heading or a sentence without figures names: the first strong one, or the only weak one."""
    found = mentions(Key.of(printed).text, surroundings=printed + context.headings)
    return _first(found)


def _first(found: Sequence[Mention]) -> Topic | None:
    for strengths in (("strong",), ("weak", "scope")):
        for mention in found:
            if mention.topic.strength in strengths:
                return mention.topic
    return None


def has_amount(printed: str) -> bool:
    """Whether a text prints an amount of money with its unit."""
    return bool(_AMOUNT.search(Key.of(printed).text))


def scope_of(printed: str) -> tuple[str, str]:
    """(scope, side) that a heading sets: 一般公共预算支出情况 → (general_budget, expenditure)."""
    scope = side = ""
    for mention in mentions(Key.of(printed).text):
        if mention.topic.strength == "scope":
            scope = mention.topic.scope or mention.topic.name
        side = mention.topic.side or side
    return scope, side


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    patterns: tuple[tuple[Literal["amount", "percent", "count"], re.Pattern[str]], ...] = (
        ("amount", _AMOUNT), ("percent", _PERCENT), ("count", _COUNT), ("count", _COUNT_IN_WORDS),
    )  # fmt: skip
    for kind, pattern in patterns:
        for m in pattern.finditer(text):
            if any(m.start() < t.end and t.start < m.end() for t in found):
                continue
            number = _in_words(m["number"]) if pattern is _COUNT_IN_WORDS else _number(m["number"])
            if number is None:
                continue
            sign = -1 if m.groupdict().get("sign") else 1
            found.append(
                _Token(
                    kind, m.start(), m.end(), sign * number, m["unit"], (m.groupdict().get("sign") or "") + m["number"]
                )
            )
    return sorted(found, key=lambda t: t.start)


def _number(printed: str) -> Decimal | None:
    try:
        return parse_amount(printed)
    except NotAnAmountError:
        # 12,34.5: no grouping known; the digits stand
        return parse_amount(printed.replace(",", ""))


def _in_words(printed: str) -> Decimal | None:
    if printed == "十":
        return Decimal(10)
    tens, ten, ones = printed.partition("十")
    if not ten:
        return Decimal(_NUMERALS[printed]) if len(printed) == 1 else None
    if len(tens) > 1 or len(ones) > 1:
        return None
    return Decimal((_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0))


def _in_wan(number: Decimal, unit: str) -> tuple[Decimal, str]:
    if unit == "百元":
        return number / 100, unit
    known = Unit({"万": "万元", "亿": "亿元"}.get(unit, unit))
    return to_wan(number, known), known.value


class _Reader:
    """Walks one sentence from figure to figure."""

    def __init__(self, printed: str, key: Key, context: Context) -> None:
        self.printed = printed
        self.key = key
        self.text = key.text
        self.context = context
        self.surroundings = self.text + context.headings
        continues = bool(re.match(r"^[\s(（]*(?:其中|包括|具体|分别)", self.text))
        self.state = _State(
            subject=context.subject, parent=(context.whole or context.subject) if continues and not context.listing else context.parent, side=context.side,
            scope=context.scope, parent_scope=context.scope, name=context.name,
            reason=bool(re.match(r"^(?:[\d、.(一二三四五六七八九十)]*)(?:(?:增减|增加|减少|变动|变化|下降|增长)的?)?(?:主要)?(?:原因|由于)", self.text)),
        )  # fmt: skip
        self.stack: list[tuple[_State, int]] = []
        self.buffer = 0
        self.target = bool(
            re.match(
                r"^[\d、.(一二三四五六七八九十)]*(?:年度)?绩效(?:指标|目标)(?!.{0,12}(?:项目|管理|情况))", self.text
            )
        )
        self.limit = False
        self.counting = context.counting
        self.counting_year = context.fiscal_year
        self.year = (context.year if continues else None) or context.fiscal_year
        self.head: Topic | None = None
        self.head_scope = context.scope
        self.unnamed = 0
        self.heads: set[str] = set()
        self.variant = ""
        self.compared: int | None = None
        self.bound: set[tuple[str, int | None]] = set()

    def context_after(self) -> Context:
        """What this sentence settles for the next: its head, or the name of what has no topic."""
        after = replace(self.context, counting=self.counting, year=self.year, name=None)
        if self.context.listing:
            return after
        after = replace(after, parent=None, side=self.state.side)
        if self.head is not None:
            # two wholes in one sentence: a bare change behind it is of nobody knows which
            subject = self.head if len(self.heads) == 1 else None
            return replace(after, subject=subject, whole=self.head, scope=self.head_scope)
        if self.state.name is not None and self.unnamed == 1:
            return replace(after, subject=None, name=self.state.name)
        # a list of names without topics elaborates on what was spoken of before
        return after

    def read(self) -> Iterator[Figure]:
        at = 0
        tokens = _tokens(self.text)
        for number, token in enumerate(tokens):
            self._walk(at, token.start)
            named_before = (
                _NAME_BEHIND.match(self.text, self.buffer, token.start) if number and self.buffer == at else None
            )
            if named_before is not None:
                self.buffer = named_before.end()
            segment = self.text[self.buffer : token.start].lstrip("()")
            behind = self.text[token.end : tokens[number + 1].start if number + 1 < len(tokens) else len(self.text)]
            if token.kind == "count":
                figure = self._count(token, segment, behind)
                if figure is None:
                    # no counted thing of ours: the words around it still belong to the next figure
                    at = token.end
                    continue
                yield figure
                if (
                    _VALUE_FOLLOWS.fullmatch(behind)
                    and number + 1 < len(tokens)
                    and tokens[number + 1].kind == "amount"
                ):
                    at = token.end
                    continue
            else:
                self.limit = False
                yield from self._figure(token, segment, behind)
                if self.limit:
                    # 购置单价 100 万元以上设备 0 台: a limit is part of the name it stands in
                    at = token.end
                    continue
            at = self.buffer = token.end

    def _walk(self, start: int, end: int) -> None:
        """Brackets between two figures: what opens inside one ends with it."""
        for i in range(start, end):
            if self.text[i] == "(":
                tentative = _subject_of(self._mentions(self.text[self.buffer : i]))
                self.stack.append((self.state, self.buffer))
                if tentative is not None:
                    self.state = replace(self.state, subject=tentative.topic, parent=None, label="")
                self.buffer = i + 1
            elif self.text[i] == ")" and self.stack:
                self.state, before = self.stack.pop()
                # words before the bracket that had no figure yet (购置费（…）5 万元) still wait for theirs
                waiting = before if not _tokens(self.text[before:i]) else i + 1
                self.buffer = waiting if "(" in self.text[waiting:i] and waiting != i + 1 else i + 1

    def _mentions(self, segment: str) -> list[Mention]:
        under = self.state.parent.name if self.state.parent else (self.state.subject.name if self.state.subject else "")
        return mentions(segment, under=under, surroundings=self.surroundings)

    # ---- money and percentages -------------------------------------------------------------------------------------------

    def _figure(self, token: _Token, segment: str, behind: str) -> Iterator[Figure]:
        if token.kind == "amount":
            special = self._special(token, segment, behind)
            if special:
                self.limit = special == THRESHOLD
                name = self._name(segment, token.start)
                yield self._amount(token, special, name=self._under_heading(name or "") if special == TARGET else name)
                return
        self._reason(segment)
        role, sign = self._role(token, segment)
        named = _COMPARISON.sub(lambda m: "," * len(m.group()), segment)
        if role in ("share", "execution"):
            cut = [m.start() for m in re.finditer(r"占|比重|完成|执行率", named)]
            named = named[: cut[0]] if cut else named
        found = self._mentions(named)
        mention = _subject_of(found, named)
        if mention is not None and self._leads_on(mention, named):
            mention = None
        if self.state.reason and not (
            mention is not None and re.search(r"[;。]", segment[: mention.start]) and role == "plain"
        ):
            yield from self._unbound(token, segment, REASON, sign=sign)
            return
        if self.state.reason:
            self.state = replace(self.state, reason=False)
        if mention is not None and mention.topic.strength != "weak":
            self._headed(found, mention, named)
        connected = bool(_CONNECTOR.search(segment))
        if connected and self.state.subject is not None and not self.context.listing:
            self._open_list()
        parent = self.state.parent
        name = self._name(segment, token.start)
        if mention is not None and mention.topic.item_inline and _noun_behind(named[mention.end :]):
            # 拟购置办公桌 11 张、1.25 万元: the verb opens the list, its first item follows at once
            self.state = replace(self.state, parent=mention.topic, subject=mention.topic)
            parent, mention = mention.topic, None
            name = re.sub(r"^.*(?:购置|采购|新增)", "", name or "") or name
        if parent is not None and parent.item and role == "plain" and token.kind == "amount" and name:
            nested = connected and self.state.name is not None and self.context.listing
            if nested or self.state.nested:
                self.state = replace(self.state, nested=True, last_role="plain", name=name)
                yield self._amount(token, f"{parent.item}_part", name=name)
                return
            own = mention is not None and mention.topic.nature and named[mention.start : mention.end] == _key_name(name)
            again = mention is not None and mention.topic is parent and all(m.topic.strength != "scope" for m in found)
            if parent.items_all or mention is None or again or (self.context.listing and not own):
                self.state = replace(self.state, last_role="plain", name=name)
                yield self._amount(token, parent.item, name=name)
                return
        if (
            role == "delta"
            and connected
            and parent is not None
            and parent.item
            and mention is not None
            and mention.topic is parent
        ):
            if token.kind == "amount":
                yield self._amount(
                    token, f"{parent.item}_delta", sign=sign, name=name, base_year=self._base_year(segment)
                )
            self.state = replace(self.state, name=name, last_role=role, last_sign=sign)
            return
        if mention is None:
            yield from self._unnamed(token, segment, named, role, sign)
            return
        topic = self._settle(mention, found, role)
        yield from self._bind(token, topic, role, sign, segment, mention.topic)

    def _headed(self, found: Sequence[Mention], mention: Mention, named: str) -> None:
        """预算支出：人员经费 3 万元、…、共计 9 万元: a total before a colon heads the list whose figure comes last."""
        for whole in found:
            between = named[whole.end : mention.start]
            if (
                whole.topic.strength == "weak"
                and whole.end <= mention.start
                and re.fullmatch(r"中?(?:[:,]|包括|其中|为|是|由)+", between)
            ):
                self.state = replace(
                    self.state, subject=whole.topic, parent=whole.topic, side=whole.topic.side or self.state.side, scope="",
                    parent_scope="", own=True, label="",
                )  # fmt: skip
                self.head, self.head_scope = whole.topic, ""
                self.heads.add(whole.topic.name)

    def _leads_on(self, mention: Mention, named: str) -> bool:
        """支出决算为 right after 三公经费…预算 35 万元 is filler: the strong subject of this sentence goes on."""
        subject = self.state.subject
        return (
            mention.topic.name in ("total_expenditure", "total_revenue")
            and subject is not None
            and subject is self.head
            and subject.strength == "strong"
            and bool(re.fullmatch(r"(?:支出|收入)(?:预算|决算)", named[mention.start : mention.end]))
            and not _residue(named)
        )

    def _special(self, token: _Token, segment: str, behind: str) -> str | None:
        """Limits, rates and goals: amounts that nobody receives or spends."""
        if _LIMIT_BEHIND.match(behind) or re.search(r"(?:单价|单位价值|单台|单件)[^,;]{0,6}$", segment):
            return THRESHOLD
        if self.target:
            return TARGET
        if _RATE_BEHIND.match(behind) or _RATE_BEFORE.search(segment):
            return RATE
        return THRESHOLD if _LIMIT_BEFORE.search(segment) else None

    def _reason(self, segment: str) -> None:
        """因 opens an explanation; it lasts to the end of the sentence, or to a new item after a semicolon."""
        if self.state.reason:
            return
        found = list(_REASON.finditer(segment))
        if not found:
            return
        word = found[-1].group()
        if re.search(r"原因|由于|因为|系因", word) or (self.state.last_role != "plain" and "用于" not in word):
            rest = segment[found[-1].end() :]
            if ";" in rest and _subject_of(self._mentions(rest[rest.rindex(";") :])) is not None:
                return
            self.state = replace(self.state, reason=True)

    def _role(self, token: _Token, segment: str) -> tuple[Role, int]:
        clause = re.split(r"[;。]", segment)[-1]
        verb = _DELTA.search(clause)
        if verb and not (token.kind == "amount" and re.search(r"[年初末]$", clause)):
            return "delta", -1 if re.fullmatch(_DOWN, verb["verb"]) else 1
        if token.kind == "percent":
            if not clause.strip("(,:") and self.state.last_role == "delta":
                return "delta", self.state.last_sign
            if _EXECUTION.search(clause):
                return "execution", 1
            if _SHARE.search(clause):
                return "share", 1
        return "plain", 1

    def _open_list(self) -> None:
        """What was named last becomes the whole whose parts follow."""
        if self.state.parent is None or self.state.subject is not self.state.parent:
            subject = self.state.subject
            inside = bool(self.stack)
            if self.state.parent is None or inside or (subject is not None and subject is self.head):
                self.state = replace(self.state, parent=subject, parent_scope=self.state.scope, subject=subject)

    def _settle(self, mention: Mention, found: Sequence[Mention], role: Role) -> str:
        """The topic's name, given the side and scope that hold here; moves the state on."""
        topic = mention.topic
        scopes = [m.topic for m in found if m.topic.strength == "scope" and m.end <= mention.start]
        state = self.state
        side = topic.side or state.side
        scope = (
            (scopes[-1].scope or scopes[-1].name)
            if scopes
            else (state.parent_scope if state.parent else self.context.scope)
        )
        name = topic.name
        if topic.strength == "scope" and scopes and scopes[-1].name == "carry_over" and topic is not scopes[-1]:
            # 上年结转的一般公共预算拨款 is part of what was carried over, not of this year's
            name = f"{scopes[-1].by_side.get(side or 'revenue')}_{topic.scope or topic.name}"
        elif topic.by_side:
            owner = state.parent
            if owner is not None and not owner.side and owner.strength == "strong":
                name = f"{owner.name}_{topic.name}"
            else:
                name = topic.by_side.get(side, topic.name)
        elif topic.name in ("total_expenditure", "total_revenue", "current_year_expenditure") and scopes:
            name = scopes[-1].by_side.get(side, name) or name
        elif topic.scoped:
            chain = (scope, state.parent.name if state.parent else "")
            name = next(
                (topic.scoped[s] for s in _scope_names(chain) if s in topic.scoped), topic.scoped.get("", topic.name)
            )
        if topic.strength == "strong" and not topic.scoped:
            if scopes and role == "plain" and (name, self.year) in self.bound:
                # …政府采购预算 9 万元，其中一般公共预算政府采购 5 万元：货物 3 万元: the same breakdown for one source only
                self.variant = f"_{scopes[-1].scope or scopes[-1].name}"
            name += self.variant
        own_scope = topic.scope or (topic.name if topic.strength == "scope" else scope)
        if topic.strength == "weak":
            own_scope = _FISCAL if topic.name.startswith(_FISCAL) else (scopes[-1].name if scopes else "")
        part = state.parent is not None and topic.strength != "weak"
        self.state = replace(
            state,
            subject=topic,
            side=side,
            scope=own_scope,
            parent=state.parent if part else None,
            name=None,
            own=True,
            label=name,
        )
        if self.head is None or (role == "plain" and not part):
            self.head, self.head_scope = topic, own_scope
            self.heads.add(name)
        return name

    def _bind(self, token: _Token, name: str, role: Role, sign: int, segment: str, topic: Topic) -> Iterator[Figure]:
        self.state = replace(self.state, last_role=role, last_sign=sign, own=True)
        if token.kind == "percent":
            derived = self._derived(name, topic, role)
            if derived:
                yield self._percent(token, derived, sign)
            return
        if role == "delta":
            yield self._amount(token, f"{self._stem(name, topic)}_delta", sign=sign, base_year=self._base_year(segment))
            return
        year = self._year(segment)
        if not self.bound and not re.search(r"[与和同比较](?:20\d\d年|上年|去年)", segment):
            self.year = year
        if year is not None and self.year is not None and year < self.year:
            self.compared = year
        if self._says_budget(segment):
            name_of = [f"{self._stem(one, topic)}_budget" for one in (topic.emits or (name,))]
        else:
            name_of = list(topic.emits) if topic.emits and name == topic.name else [name]
        for one in name_of:
            yield self._amount(token, one, year=year)

    def _stem(self, name: str, topic: Topic) -> str:
        return topic.stem if name == topic.name else name

    def _derived(self, name: str, topic: Topic, role: Role) -> str | None:
        stem = self._stem(name, topic)
        if role == "share":
            return topic.share or f"{stem}_share"
        if role == "execution":
            return f"{stem}_execution"
        return f"{stem}_percent" if role == "delta" else None

    def _unnamed(self, token: _Token, segment: str, named: str, role: Role, sign: int) -> Iterator[Figure]:
        """A figure whose segment names no topic: it goes on with the subject, or is for something unknown."""
        subject = self.state.subject
        # a subject of this sentence goes on after a purpose or a place; one from a heading only where nothing else is named
        filler = not _residue(named, every=not self.state.own)
        parent = self.state.parent
        if (
            role == "plain" and token.kind == "amount" and parent is not None and filler
            and re.search(r"(?:共计|合计|总计|总共|共)(?:为|达|约|:)*$", segment) and (parent.name, self._year(segment)) not in self.bound
        ):  # fmt: skip
            yield from self._bind(token, parent.name, role, sign, segment, parent)
            return
        if role != "plain" and self.state.name is not None:
            # the change of a listed item, not of the topic that heads the list
            item = self.state.parent.item if self.state.parent and self.state.parent.item else OTHER
            yield from self._unbound(token, segment, item, role=role, sign=sign)
            return
        if subject is not None and filler:
            if token.kind == "amount" and role == "plain":
                stamp = (subject.name, self._year(segment))
                if stamp in self.bound and not self._says_budget(segment):
                    yield from self._unbound(token, segment, OTHER)
                    return
            name = self._name_again(subject)
            yield from self._bind(token, name, role, sign, segment, subject)
            return
        yield from self._unbound(token, segment, OTHER, role=role, sign=sign)

    def _name_again(self, subject: Topic) -> str:
        """The topic the subject was settled to; one that comes from a heading is settled by the side and scope that hold."""
        if self.state.label and self.state.own:
            return self.state.label
        if subject.by_side:
            owner = self.state.parent
            if owner is not None and owner is not subject and not owner.side and owner.strength == "strong":
                return f"{owner.name}_{subject.name}"
            return subject.by_side.get(self.state.side, subject.name)
        if subject.scoped:
            chain = (self.state.scope, self.state.parent.name if self.state.parent else "")
            return next(
                (subject.scoped[s] for s in _scope_names(chain) if s in subject.scoped),
                subject.scoped.get("", subject.name),
            )
        return subject.name

    def _unbound(
        self, token: _Token, segment: str, topic: str, *, role: Role = "plain", sign: int = 1
    ) -> Iterator[Figure]:
        """An amount is kept whatever it is for; a percentage of something unknown says nothing and is left."""
        name = self._name(segment, token.start) if role == "plain" or self.state.name is None else self.state.name
        if token.kind == "percent":
            if self.target and role in ("plain", "share") and name and _TASK.match(self.context.heading):
                yield replace(self._percent(token, GOAL_RATE, 1), name=self._under_heading(name))
            return
        if topic == OTHER and name:
            topic = classified(name) or OTHER
        if role == "delta":
            yield self._amount(token, f"{topic}_delta", sign=sign, name=name, base_year=self._base_year(segment))
        else:
            self.unnamed += 1
            yield self._amount(token, topic, sign=sign, name=name, year=self._year(segment))
        if topic != REASON:
            self.state = replace(self.state, name=name or self.state.name, last_role=role, last_sign=sign)

    def _under_heading(self, name: str) -> str | None:
        """养老保险新区补贴：…准确率: what the heading above a list of goals is about, before the name of the goal."""
        above = _TASK.match(self.context.heading)
        return f"{above.group(1)}：{name}" if above else name or None

    # ---- counts ----------------------------------------------------------------------------------------------------------

    def _count(self, token: _Token, segment: str, behind: str) -> Figure | None:
        if self.state.reason or re.search(r"原因|由于", segment):
            return None
        best: tuple[int, Count, str | None] | None = None
        clause = re.split(r"[;。]", segment)[-1]
        for kind in counts():
            if kind.unless and re.search(kind.unless, clause):
                continue
            if kind.after and self.counting not in kind.after:
                continue
            if token.unit not in kind.measures or (kind.needs and not stands_in(kind.needs, self.surroundings)):
                continue
            if kind.behind and (m := kind.behind.match(behind)) and m.group():
                weight = 100 + len(m.group())
            elif kind.before and (before := list(kind.before.finditer(clause))) and _near(clause[before[-1].end() :]):
                weight = len(before[-1].group()) + (50 if kind.after else 0)
            else:
                continue
            if best is None or weight > best[0]:
                best = (weight, kind, None)
        year = self._year(segment)
        again = best is not None and best[1].item and self.counting == best[1].name and not _WHOLE.search(clause)
        if best is None or again or self._counts_parts(clause):
            part = self._counted_part(token, clause)
            if part is None:
                return None
            topic, name = part
            year = self.counting_year
        else:
            topic, name = best[1].name, None
            self.counting, self.counting_year = topic, year
        at = self.key.at
        start, end = at[token.start], at[token.end - 1] + 1
        tail = re.match(r"\s*[(（](?:[套件台组、,，/\s])+[)）]", self.printed[end:])
        unit = self.printed[at[token.end - len(token.unit)] : end] + (tail.group().strip() if tail else "")
        return Figure(
            topic=topic, start=start, end=end, unit=unit, raw=token.raw, count=decimal_text(token.number), name=name,
            fiscal_year=year,
        )  # fmt: skip

    def _counts_parts(self, clause: str) -> bool:
        """Behind 其中 the kinds of what was counted follow, whatever they are called: 购置车辆 50 辆，其中，一般公务用车 0 辆."""
        _, of_which, since = clause.rpartition("其中")
        heads = any(kind.item and kind.name == self.counting for kind in counts())
        return bool(of_which) and heads and not _WHOLE.search(since)

    def _counted_part(self, token: _Token, clause: str) -> tuple[str, str] | None:
        """机要通信用车 2 辆 in a list that began with 共有车辆 6 辆."""
        for kind in counts():
            if kind.item and kind.name == self.counting and token.unit in kind.measures:
                name = self._name(clause, token.start)
                return (kind.item, name) if name else None
        return None

    # ---- making figures --------------------------------------------------------------------------------------------------

    def _amount(
        self, token: _Token, topic: str, *, sign: int = 1, name: str | None = None, year: int | None = None,
        base_year: int | None = None,
    ) -> Figure:  # fmt: skip
        value, unit = _in_wan(token.number, token.unit)
        if topic in topics():
            self.bound.add((topic, year))
        return Figure(
            topic=topic, start=self.key.at[token.start], end=self.key.at[token.end - 1] + 1, unit=unit, raw=token.raw,
            amount=decimal_text(sign * value), name=name, fiscal_year=year or self.year, base_year=base_year,
        )  # fmt: skip

    def _percent(self, token: _Token, topic: str, sign: int) -> Figure:
        return Figure(
            topic=topic, start=self.key.at[token.start], end=self.key.at[token.end - 1] + 1, unit=token.unit, raw=token.raw,
            percent=decimal_text(sign * token.number), fiscal_year=self.year,
        )  # fmt: skip

    def _says_budget(self, segment: str) -> bool:
        """In a final account 预算数 35 万元 is not the account's own figure."""
        if not self.context.final:
            return False
        clause = re.split(r"[,;:。]", segment)[-1]
        for mention in self._mentions(clause):
            if mention.topic.name not in ("total_expenditure", "total_revenue"):
                clause = clause[: mention.start] + "," * (mention.end - mention.start) + clause[mention.end :]
        return (
            bool(re.search(r"(?:年初|全年|调整|支出|收入)?预算(?:数|为|安排|总额)?", clause)) and "决算" not in clause
        )

    def _year(self, segment: str) -> int | None:
        """The fiscal year that a plain figure belongs to: the one printed nearest before it, else that of the sentence."""
        for clause in reversed(re.split(r"[,;。:]", _COMPARISON.sub("", segment))):
            named = self._mentions(clause)
            text = clause
            for mention in reversed(named):
                text = text[: mention.start] + text[mention.end :]
            years = [int(m.group()) for m in _YEAR.finditer(text)]
            if years:
                return years[-1]
            if re.search(r"上年|去年|上一年", text) and self.context.fiscal_year:
                return self.context.fiscal_year - 1
            if named or not _DATED.search(segment[: segment.find(clause)] if clause else segment):
                break
        return self.year

    def _base_year(self, segment: str) -> int | None:
        years = [int(m.group()) for m in _YEAR.finditer(segment)]
        compared = list(re.finditer(r"[与和同比较]\s*(20\d\d)年", segment))
        if compared:
            return int(compared[-1].group(1))
        if re.search(r"上年|去年", segment) and self.context.fiscal_year:
            return self.context.fiscal_year - 1
        return (
            years[-1] if years and self.context.fiscal_year and years[-1] < self.context.fiscal_year else self.compared
        )

    def _name(self, segment: str, end: int) -> str | None:
        """What is printed before a figure: the last clause without ordinals, years and filler."""
        start = end - len(segment)
        bare = re.sub(r"(?:[,;:、]|\d+[^\d,;:、]{1,2}(?=[,;:、]*$))+$", "", segment)
        # 办公费、印刷费 4 万元 is one figure for both: an enumeration comma parts no names
        clause = max((bare.rfind(sign) for sign in ",;。:"), default=-1)
        while clause > 0 and not _residue(bare[clause + 1 :]):
            # …信访事务支出，2026 年预算数为 3 万元: the name stands one clause earlier
            bare = bare[:clause]
            clause = max((bare.rfind(sign) for sign in ",;。:"), default=-1)
        first, last = start + clause + 1, start + len(bare)
        if first >= last:
            return None
        stop = self.key.at[last - 1] + 1
        bracket = re.match(r"\s*[(（][^()（）]*[)）]", self.printed[stop:])
        printed = self.printed[self.key.at[first] : stop + (bracket.end() if bracket else 0)]
        name = "".join(re.split(r"\s+", printed))
        name = _TRAILING.sub("", _LEADING.sub("", name))
        name = re.sub(r"^.*(?:其中|包括|用于)[:：]?", "", name)
        return name[:80] or None


def _scope_names(chain: Sequence[str]) -> Iterator[str]:
    for name in chain:
        if name:
            yield name
            topic = topics().get(name)
            if topic is not None and topic.scope:
                yield topic.scope


def _residue(segment: str, *, every: bool = False) -> str:
    """What a segment says beyond filler, comparison and the name of the house; '' when it only leads to the figure.

    Only its last clause is asked, or `every` one.
    """
    clauses = re.split(r"[,;。:]", _COMPARISON.sub("", re.sub(r"[,;。:、]+$", "", segment)))
    for clause in clauses if every else clauses[-1:]:
        rest = _CHANGE.sub("", clause)
        rest = (
            _FILLER.sub("", _HOUSE.sub("", rest, count=1), count=1)
            if _HOUSE.match(rest)
            else _FILLER.sub("", rest, count=1)
        )
        if rest:
            return rest
    return ""


def _key_name(name: str) -> str:
    return Key.of(name).text


def _noun_behind(text: str) -> bool:
    """Whether a thing is named between a verb and the figure, not just filler."""
    return bool(re.sub(r"\d+[^\d,;:、]{1,2}$", "", re.sub(r"[,;:、]+$", "", text))) and bool(_residue(text))


def _near(between: str) -> bool:
    """Whether only filler stands between a noun and its number."""
    return bool(
        re.fullmatch(
            r"(?:共计?|总计|合计|总数|数量?|为|有|[:,]|预算|人数|拟|约|累计|的|含|以上|\d{4}年|个数|、)*", between
        )
    )


def _subject_of(found: Sequence[Mention], segment: str = "") -> Mention | None:
    """Which of the topics named before a figure it belongs to.

    What stands before a semicolon is over, and so is a reason. Of the rest the last strong topic; a total (支出预算为) beside
    it says only which figure of it.
    """
    start = max((segment.rfind(sign) for sign in ";。"), default=-1)
    near = [m for m in found if m.start > start] or list(found)
    if not near:
        return None
    explained = _EXPLAINED.search(segment[start + 1 :])
    if explained:
        clause = max(segment.rfind(","), start, 0)
        near = [m for m in near if m.start > clause] or near
    return next((m for m in reversed(near) if m.topic.strength == "strong"), near[-1])
