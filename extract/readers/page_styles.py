"""The style sheets that a page carries → what they say of each element, as far as it decides what a reader of the page sees.

Only sheets in the page itself; nothing is fetched. Selectors of tags, classes, ids and attributes, below and directly below
others, are understood; a rule whose selector holds anything else (`:hover`, `+`) is passed over, as are rules inside at-rules,
which hold only sometimes. Rules: CSS 2.2, 6.4.1 (the cascade) and 11 (what is not shown).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

Style = dict[str, str]
SEEN: Final = frozenset(
    {
        "display", "visibility", "opacity", "font-size", "vertical-align", "text-decoration", "text-decoration-line", "position",
        "left", "top", "text-indent", "mso-hide", "color", "background", "background-color", "background-image", "direction",
        "unicode-bidi", "content",
    }
)  # fmt: skip
"""Properties that decide whether and how a text is seen; what sheets say of all others is of no use here."""
MOST_SHEET: Final = 500_000
"""Signs of one style sheet that are looked at."""
FAR_AWAY: Final = 900
"""Pixels to the left or above beyond which a text stands outside of every page."""
_STEP = re.compile(
    r"(?:(?P<tag>[a-z][\w-]*|\*)|(?P<name>[.#][\w-]+)|\[(?P<attribute>[\w-]+)(?:=[\"']?(?P<value>[^\"'\]]*)[\"']?)?\])",
    re.I,
)
_SELECTOR = re.compile(r"\s*>\s*|\s+")
_PSEUDO = re.compile(r"::?(before|after)$", re.I)
_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(px|pt|em|rem)?$")
_IN_PIXELS: Final = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, None: 1.0}
_WHITE: Final = frozenset({"#fff", "#ffffff", "white", "rgb(255,255,255)", "transparent", "rgba(0,0,0,0)"})


@dataclass(frozen=True, slots=True)
class _Step:
    """One part of a selector: what an element must be; `directly`: its parent must be the step before, not any ancestor."""

    tag: str
    names: frozenset[str]
    attributes: tuple[tuple[str, str | None], ...]
    directly: bool = False

    def fits(self, element: etree._Element) -> bool:
        if self.tag not in ("", "*", element.tag):
            return False
        if self.names and not self.names <= set(_names(element)):
            return False
        return all(element.get(a) is not None if v is None else element.get(a) == v for a, v in self.attributes)


@dataclass(frozen=True, slots=True)
class _Rule:
    steps: tuple[_Step, ...]
    said: tuple[tuple[str, str], ...]
    weight: tuple[int, int, int, int]
    pseudo: str = ""

    def fits(self, element: etree._Element) -> bool:
        return self.steps[-1].fits(element) and self._below(element, len(self.steps) - 1)

    def _below(self, element: etree._Element, step: int) -> bool:
        if not step:
            return True
        before, directly = self.steps[step - 1], self.steps[step].directly
        parent = element.getparent()
        while parent is not None:
            if before.fits(parent) and self._below(parent, step - 1):
                return True
            if directly:
                return False
            parent = parent.getparent()
        return False


class StyleSheets:
    """The sheets of a page, asked for one element after the other."""

    def __init__(self, root: etree._Element) -> None:
        self.linked = any((link.get("rel") or "").lower() == "stylesheet" for link in root.iter("link"))
        """Whether the page has sheets elsewhere: what they say, a colour behind a text say, is not known."""
        self._by_key: dict[str, list[_Rule]] = defaultdict(list)
        order = 0
        for sheet in root.iter("style"):
            if (sheet.get("media") or "all").lower() not in ("all", "screen", ""):
                continue
            for selectors, body in _rules(
                re.sub(r"/\*.*?\*/|<!--|-->", "", (sheet.text or "")[:MOST_SHEET], flags=re.S)
            ):
                said = tuple((name, value) for name, value in declarations(body).items() if name in SEEN)
                for selector in selectors.split(",") if said else ():
                    order += 1
                    rule = _rule(selector.strip(), said, order)
                    if rule is not None:
                        last = rule.steps[-1]
                        self._by_key[next(iter(sorted(last.names)), last.tag or "*")].append(rule)

    def of(self, element: etree._Element, pseudo: str = "") -> Style:
        """What the sheets and the element itself say of it, or the sheets of what they put before or after it."""
        found: Style = {}
        if self._by_key:
            keys = ("*", str(element.tag), *_names(element))
            rules = [r for key in keys for r in self._by_key.get(key, ()) if r.pseudo == pseudo and r.fits(element)]
            for rule in sorted(rules, key=lambda one: one.weight):
                found.update(rule.said)
        return found if pseudo else {**found, **declarations(element.get("style") or "")}

    def written(self, element: etree._Element) -> str:
        """The texts that the sheets put before and after an element."""
        if not any(rule.pseudo for rules in self._by_key.values() for rule in rules):
            return ""
        return " ".join(self.of(element, pseudo).get("content", "") for pseudo in ("before", "after")).strip()


def declarations(written: str) -> Style:
    """`a: b; c: d` as names and values in small letters."""
    found: Style = {}
    for declaration in written.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def is_unseen(style: Style) -> bool:
    """Whether a text of this style is on no screen: without size, without ink, or beside the page."""
    size, opacity = style.get("font-size", ""), style.get("opacity", "")
    if (re.fullmatch(r"0(?:\.0+)?(?:[a-z]{2,3}|%)?", size)) or re.fullmatch(r"0(?:\.0+)?%?", opacity):
        return True
    away = style.get("position") in ("absolute", "fixed")
    return any(
        _pixels(style.get(name, "")) <= -FAR_AWAY
        for name in (("left", "top", "text-indent") if away else ("text-indent",))
    )


def is_white(style: Style) -> bool:
    """Whether letters of this style are seen on a dark ground only."""
    return style.get("color", "").replace(" ", "") in _WHITE


def has_ground(style: Style, element: etree._Element) -> bool:
    """Whether an element puts a colour or a picture behind its text."""
    if element.get("bgcolor") or element.get("background"):
        return True
    said = (style.get(name, "").replace(" ", "") for name in ("background", "background-color", "background-image"))
    return any(value and value not in _WHITE | {"none", "inherit", "initial"} for value in said)


def _pixels(length: str) -> float:
    found = _LENGTH.match(length)
    return float(found.group(1)) * _IN_PIXELS[found.group(2)] if found else 0.0


def _rule(selector: str, said: tuple[tuple[str, str], ...], order: int) -> _Rule | None:
    pseudo = _PSEUDO.search(selector)
    plain = selector[: pseudo.start()] if pseudo else selector
    steps: list[_Step] = []
    at, directly = 0, False
    while at < len(plain):
        between = _SELECTOR.match(plain, at)
        if between:
            directly, at = ">" in between.group(), between.end()
            continue
        tag, names, attributes, begin = "", set(), [], at
        while (part := _STEP.match(plain, at)) is not None and not (part.group("tag") and at > begin):
            at = part.end()
            if part.group("tag"):
                tag = part.group("tag").lower()
            elif part.group("name"):
                names.add(part.group("name"))
            else:
                attributes.append((part.group("attribute"), part.group("value")))
        if at == begin:
            return None
        steps.append(_Step(tag, frozenset(names), tuple(attributes), directly))
        directly = False
    if not steps:
        return None
    ids = sum(name.startswith("#") for step in steps for name in step.names)
    classes = sum(len(step.names) + len(step.attributes) for step in steps) - ids
    tags = sum(step.tag not in ("", "*") for step in steps)
    return _Rule(tuple(steps), said, (ids, classes, tags, order), pseudo.group(1).lower() if pseudo else "")


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """(selectors, declarations) of the plain rules of a style sheet; what stands inside at-rules holds only sometimes."""
    depth = begin = opened = 0
    for brace in re.finditer(r"[{}]", sheet):
        if brace.group() == "{":
            depth += 1
            opened = brace.end() if depth == 1 else opened
        elif depth:
            depth -= 1
            if depth == 0:
                selectors = sheet[begin : opened - 1].rpartition(";")[2].strip()
                if not selectors.startswith("@"):
                    yield selectors, sheet[opened : brace.start()]
                begin = brace.end()


def _names(element: etree._Element) -> Iterator[str]:
    for name in (element.get("class") or "").split():
        yield "." + name
    if element.get("id"):
        yield "#" + str(element.get("id"))
