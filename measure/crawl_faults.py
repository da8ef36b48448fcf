"""What a crawl says of portals at fault: every fault with every dialect of every family, over the loopback.

`python -m measure.crawl_faults [--only FAULT,…] [--dialects NAME,…]` prints one line a fault and dialect: state, documents had of those
the portal publishes, requests, the first reason; and ends with the wrong greens (complete though documents are missing) and
the false alarms (incomplete though every document was had and the fault takes nothing away). Exit status 1 for a wrong green.

A fault changes the answers of a portal of `measure.living_portals`: it sees what was asked, what would be answered, and of what kind
that is (`list`, `article` or `file`).
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from measure.living_portals import PORTALS, Paper, Portal
from measure.portal_lab import Answer, Asked, Lab

ELSEWHERE = "http://127.0.0.9:9"
GUIDE = '<div class="x1"><a href="{}">办事指南.pdf</a></div>'


@dataclass
class Case:
    """One dialect at fault. `harmless`: every document can be had, and the night should be complete."""

    fault: str
    dialect: str
    portal: FaultyPortal
    harmless: bool
    asked: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.fault}_{self.dialect}"


Change = Callable[["FaultyPortal", Asked, Answer, str], Answer]


@dataclass
class FaultyPortal(Portal):
    """A living portal whose answers a fault changes."""

    change: Change | None = None
    count_asked: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    extra_rows: dict[str, Any] = field(default_factory=dict)
    _kind: str = "list"

    def answer(self, asked: Asked) -> Any:
        self._kind = "list"
        answer = super().answer(asked)
        if answer is None or self.change is None:
            return answer
        self.count_asked += 1
        key = f"{asked.path} {asked.body}"
        self.before[key] = self.before.get(key, 0) + 1
        return self.change(self, asked, answer, self._kind)

    def file(self, asked: Any, number: int) -> Any:
        answer = super().file(asked, number)
        self._kind = "file"
        return answer

    def article(self, paper: Paper, block: str | None = None) -> Any:
        answer = super().article(paper, block)
        self._kind = "article"
        return answer


def half(answer: Answer) -> Answer:
    """The connection closes in the middle of the body."""
    return replace(answer, send=len(answer.data) // 2)


def ended(answer: Answer) -> Answer:
    """Half a body that says to be whole."""
    return replace(answer, body=answer.data[: len(answer.data) // 2])


def page(answer: Answer) -> bool:
    return b"<body" in answer.data


def with_block(answer: Answer, block: str) -> Answer:
    data = answer.data
    if b"</body>" in data:
        return replace(answer, body=data.replace(b"</body>", block.encode() + b"</body>"))
    return replace(answer, body=data + block.encode()) if page(answer) else answer


LINK = re.compile(r'<a href="(/[^"]*paper-[^"]*)">([^<]*)</a>')


def relinked(answer: Answer, form: str) -> Answer:
    """Every link to a file of an article in another form: `{url}`, `{text}`."""
    return replace(answer, body=LINK.sub(lambda found: form.format(url=found[1], text=found[2]), answer.data.decode()))


# --- faults: name → (change, harmless) ------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Change, bool]] = {}


def fault(harmless: bool = False) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        FAULTS[change.__name__] = (change, harmless)
        return change

    return add


@fault(harmless=True)
def nothing(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return answer


@fault()
def list_cut(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return half(answer) if kind == "list" else answer


@fault()
def later_list_cut(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    lists = portal.kinds.setdefault("lists", 0)
    portal.kinds["lists"] += kind == "list"
    return half(answer) if kind == "list" and lists >= 2 else answer


@fault()
def article_cut(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return half(answer) if kind == "article" else answer


@fault()
def article_ends_in_the_middle(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return ended(answer) if kind == "article" else answer


@fault()
def list_ends_in_the_middle(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return ended(answer) if kind == "list" else answer


@fault()
def file_cut(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return half(answer) if kind == "file" else answer


@fault(harmless=True)
def cut_once(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return half(answer) if portal.before[f"{asked.path} {asked.body}"] == 1 else answer


@fault()
def files_404(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return Answer("nothing here", 404) if kind == "file" else answer


@fault()
def every_fourth_file_404(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    found = re.search(r"paper-(\d+)", asked.path + asked.body)
    return Answer("nothing here", 404) if kind == "file" and found and int(found.group(1)) % 4 == 0 else answer


@fault()
def error_page_for_files(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return Answer("<html><title>出错了</title><body>系统繁忙</body></html>") if kind == "file" else answer


@fault()
def error_page_after_twelve(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return Answer("<html><title>出错了</title><body>系统繁忙</body></html>") if portal.count_asked > 12 else answer


@fault()
def articles_404(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return Answer("nothing here", 404) if kind == "article" else answer


@fault()
def files_elsewhere(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    if kind == "file":
        return Answer("", 302, headers={"Location": f"{ELSEWHERE}{asked.path}"})
    return replace(
        answer, body=re.sub(rb'(["\'])(/[^"\'<>]*paper-)', rb"\1" + ELSEWHERE.encode() + rb"\2", answer.data)
    )


@fault()
def wall_after_twelve(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    if portal.count_asked <= 12:
        return answer
    return Answer("<script>$_ts</script>", 412, headers={"Set-Cookie": "FSSBBIl1UgzbN7N80S=x"})


@fault()
def forbidden_after_twelve(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return answer if portal.count_asked <= 12 else Answer("Forbidden", 403)


@fault()
def dead_after_twelve(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return answer if portal.count_asked <= 12 else Answer(reset=True)


@fault()
def bad_gateway(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return Answer("bad gateway", 502)


@fault()
def no_entries(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    portal.papers.clear()
    return portal.speak(portal, asked, asked.path.partition("?")[0], fields_of(asked)) or answer


def fields_of(asked: Asked) -> dict[str, str]:
    from urllib.parse import parse_qs, urlsplit

    told = parse_qs(f"{urlsplit(asked.path).query}&{asked.body}", keep_blank_values=True)
    return {name: values[0] for name, values in told.items()}


@fault()
def articles_without_files(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    if kind == "article":
        return replace(answer, body=re.sub(rb"(?:/[\w./?=&-]*)?paper-\d+[^\"]*", b"#", answer.data))
    if kind == "list" and b"paper-" in answer.data:  # the list names the files (gkmlpt, platforms)
        return replace(
            answer, body=re.sub(rb'"(?:attachment|files)": \[[^\]]*\]', b'"attachment": [], "files": []', answer.data)
        )
    return answer


@fault(harmless=True)
def a_guide_on_every_page(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return with_block(answer, GUIDE.format("/guide/x.pdf")) if kind != "file" and page(answer) else answer


@fault(harmless=True)
def a_friend_s_file_on_every_page(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return with_block(answer, GUIDE.format(f"{ELSEWHERE}/x.pdf")) if kind != "file" and page(answer) else answer


@fault(harmless=True)
def only_in_scripts_beside_a_guide(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    if kind == "file":
        return answer
    if kind == "article":
        answer = relinked(answer, '<div id="v"></div><script>var url = "{url}"; show("v", url);</script>')
    return with_block(answer, GUIDE.format("/guide/x.pdf")) if page(answer) else answer


@fault(harmless=True)
def only_behind_onclick(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    form = """<a href="javascript:void(0)" onclick="window.open('{url}')">{text}</a>"""
    return relinked(answer, form) if kind == "article" else answer


@fault(harmless=True)
def a_news_box_with_a_pinned_entry(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    """The newest entry stands first on every page, and again in its place."""
    if kind != "list":
        return answer
    text = answer.data.decode()
    rows = re.findall(r"<li\b.*?</li>|<tr>.*?</tr>", text)
    if rows and "first" not in portal.extra_rows:
        portal.extra_rows["first"] = rows[0]
    first = portal.extra_rows.get("first")
    if not first or (first not in text and not rows):
        return answer
    if rows and rows[0] != first and "menu" not in rows[0] and "政务公开" not in rows[0]:
        text = text.replace(rows[0], first + rows[0], 1)
    return replace(answer, body=text)


@fault()
def every_page_is_the_first(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    """The page number is ignored: the same entries under every number."""
    if kind != "list":
        return answer
    numbers = re.sub(
        r"(index_|common_list_|page=|pageIndex=|p=|startrecord=|__EVENTARGUMENT=)\d+|%22pageNo%22%3A\d+|bmys/\d+",
        r"\1",
        f"{asked.path} {asked.body}",
    )
    is_page = bool(re.search(r"<li\b|<record>|\"title\"|title:|publishTime|<tr>", answer.data.decode()))
    if is_page and ("first_page" in portal.extra_rows) and numbers:
        return portal.extra_rows["first_page"]
    if is_page:
        portal.extra_rows["first_page"] = answer
    return answer


@fault()
def five_more_are_told_than_listed(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return answer  # the portal's own number is raised in `cases`


@fault(harmless=True)
def stubs_into_json_for_the_list(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return answer  # the column's address is a stub: in `cases`


@fault()
def a_redirect_loop_for_files(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    if kind != "file":
        return answer
    joiner = "&" if "?" in asked.path else "?"
    return Answer("", 302, headers={"Location": f"{asked.path}{joiner}again=1"})


@fault()
def small_files(portal: FaultyPortal, asked: Asked, answer: Answer, kind: str) -> Answer:
    return replace(answer, body=b"%PDF-1.4 fake....") if kind == "file" else answer


class MoreThanThereAre(list[Paper]):
    """Entries whose number is told five too high."""

    def __len__(self) -> int:
        return super().__len__() + 5


COUNTED_BY_LENGTH = ("shtml_json", "jpage_from_1", "jpage_groups", "jpaas", "gkmlpt", "gkmlpt_by_name", "shtml")


def cases(lab: Lab, only: Iterable[str] = (), dialects: Iterable[str] = ()) -> list[Case]:
    made = []
    only, dialects = set(only), set(dialects)
    for name, (change, harmless) in FAULTS.items():
        if only and name not in only:
            continue
        for dialect, (_, path, speak, settings) in PORTALS.items():
            if (dialects and dialect not in dialects) or not applies(name, dialect):
                continue
            portal = FaultyPortal(lab, lab.site(), speak, path, settings, change=change)
            case = Case(name, dialect, portal, harmless)
            if name == "five_more_are_told_than_listed":
                portal.papers = MoreThanThereAre(portal.papers)
            if name == "stubs_into_json_for_the_list":
                portal.site.routes["/entry/"] = Answer("<script>$.getJSON('/postmeta/i/7.json')</script>")
                target = path.partition("#")[0]
                told = f'{{"children":[{{"pub_point":"{target}"}}]}}'
                portal.site.routes["/postmeta/i/7.json"] = Answer(told, kind="application/json")
                case.extra["path"] = "/entry/"
            made.append(case)
    return made


def applies(name: str, dialect: str) -> bool:
    """Whether a fault can be made in a dialect: one without pages cannot repeat one, a platform has no pages of HTML."""
    family = PORTALS[dialect][0]
    if name == "five_more_are_told_than_listed":
        return dialect in COUNTED_BY_LENGTH
    if name in ("every_page_is_the_first", "later_list_cut"):
        return dialect != "gongkai"
    if name in ("article_ends_in_the_middle", "article_cut", "articles_404") and (
        family == "budget_platform" or dialect.startswith("gkmlpt")
    ):
        return family == "budget_platform" and False
    if name in ("only_behind_onclick", "only_in_scripts_beside_a_guide"):
        return dialect in (
            "trs",
            "shtml",
            "shtml_json",
            "jpage_from_1",
            "jpage_groups",
            "lonsun",
            "gongkai",
            "aspx",
            "postback",
            "uuid_blocks",
        )
    if name == "stubs_into_json_for_the_list":
        return dialect in ("trs", "shtml", "vsb", "aspx")
    if name == "a_news_box_with_a_pinned_entry":
        return family not in ("budget_platform", "gkmlpt") and dialect not in (
            "shtml_json",
            "gongkai",
            "jpaas",
            "jpage_from_0",
            "jpage_from_1",
            "jpage_groups",
        )
    return True


@dataclass(frozen=True)
class Line:
    """What came of one case."""

    fault: str
    family: str
    dialect: str
    complete: bool
    had: int
    published: int
    asked: int
    harmless: bool
    problems: tuple[str, ...]

    @property
    def wrong_green(self) -> bool:
        return self.complete and self.had < self.published

    @property
    def false_alarm(self) -> bool:
        return not self.complete and self.harmless

    @property
    def lost(self) -> bool:
        """A document that the fault does not take away and that was not had."""
        return self.harmless and self.had < self.published


def run(lab: Lab, made: list[Case], timeout: float = 600) -> list[Line]:
    """Crawls all cases in one night and judges them."""
    published = {case.name: len({one.title for one in case.portal.budgets}) for case in made}
    portals = []
    for case in made:
        family, path, _, settings = PORTALS[case.dialect]
        url = case.portal.site.url(case.extra.get("path", path))
        portals.append(lab.portal(case.portal.site, case.name, family=family, columns=[{"list_url": url}], **settings))
    night = lab.crawl(*portals, timeout=timeout)
    of_portal: dict[str, set[str]] = {}
    for one in night.sightings:
        if one.sha256:
            of_portal.setdefault(one.portal, set()).add(one.article_title)
    lines = []
    for case in made:
        told = night.sum(case.name)
        lines.append(
            Line(
                case.fault, told.family, case.dialect, not told.incomplete, len(of_portal.get(case.name, ())), published[case.name],
                len(case.portal.site.asked), case.harmless, told.problems,
            )
        )  # fmt: skip
    return lines


def table(lines: list[Line]) -> str:
    told = [f"{'fault':32} {'family':16} {'dialect':14} {'state':11} {'had':>4} {'of':>3} {'asked':>5}  why"]
    for one in lines:
        mark = "WRONG GREEN " if one.wrong_green else "LOST " if one.lost else "FALSE ALARM " if one.false_alarm else ""
        why = "; ".join(one.problems)
        told.append(
            f"{one.fault[:32]:32} {one.family:16} {one.dialect:14} {'complete' if one.complete else 'incomplete':11} {one.had:4} "
            f"{one.published:3} {one.asked:5}  {mark}{why[:150]}"
        )
    counts = Counter(
        "wrong green" if one.wrong_green else "lost" if one.lost else "false alarm" if one.false_alarm else "right"
        for one in lines
    )
    families = len({(one.fault, one.family) for one in lines})
    told.append(
        f"{len(lines)} portals, {families} faults × families: "
        + ", ".join(f"{counts[name]} {name}" for name in ("right", "wrong green", "lost", "false alarm"))
    )
    return "\n".join(told)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m measure.crawl_faults", description=str(__doc__).splitlines()[0])
    parser.add_argument("--only", default="", help="faults, separated by commas")
    parser.add_argument("--dialects", default="", help="dialects, separated by commas")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        lab = Lab(Path(folder))
        made = cases(lab, filter(None, told.only.split(",")), filter(None, told.dialects.split(",")))
        lines = run(lab, made)
        print(table(lines))
        for site in lab.sites:
            site.close()
    return int(any(one.wrong_green for one in lines))


if __name__ == "__main__":
    sys.exit(main())
