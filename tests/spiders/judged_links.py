"""Precision and recall of the rule that takes links, over the judged links of the saved pages (`labels/README.md`).

`python tests/spiders/judged_links.py [--held-out | --tuning] [--errors]` prints the figures and what is wrong. The pages
(`$YUSUAN_SHARED/corpus/html`, by default beside the project) are reference material and no part of it. A third of the pages, chosen
by the hash of their name, is held out: rules are changed by looking at the others only.

Asked is what a spider would follow of each page, were it the list of a portal of its city, and which files it would take, were it an
article: entries by `pages.read_rows` with the family's own idea of an article's address, titles by `titles.judge_title`, files by
`pages.find_attachments`. Hosts are not judged: which belong to a portal is said in its file.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from spiders.families import spider_of
from spiders.reading import pages
from spiders.reading.addresses import identity
from spiders.reading.pages import HtmlPage
from spiders.reading.recognise import recognise
from spiders.reading.titles import ColumnHint, judge_title

HERE = Path(__file__).parent
SAVED = Path(os.environ.get("YUSUAN_SHARED", HERE.parents[1].parent / "shared")) / "corpus" / "html"
PROVINCES = {
    "北京": "", "重庆": "", "天津": "", "广州": "广东省", "佛山": "广东省", "江门": "广东省", "苏州": "江苏省", "无锡": "江苏省", "长沙": "湖南省",
    "郑州": "河南省", "福州": "福建省", "济南": "山东省", "淄博": "山东省", "西安": "陕西省", "温州": "浙江省", "昆明": "云南省", "贵阳": "贵州省",
}  # fmt: skip
READ_AS_PAGES = ("static_pager", "shtml", "vsb", "query_list")


@dataclass(frozen=True)
class Link:
    """A judged link: where it stands, what it is, whether the rule takes it."""

    file: str
    ordinal: int
    kind: str
    text: str
    disclosure: bool
    taken: bool


def held_out(file: str) -> bool:
    """Whether a page (by its path below the saved pages) is not looked at while rules are changed."""
    return hashlib.sha256(file.encode()).digest()[0] % 3 == 0


def _table(name: str) -> Iterator[dict[str, str]]:
    with (HERE / "labels" / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream, delimiter="\t")


def _address(page: HtmlPage, element: pages.HtmlElement) -> str:
    return element.get("href") or element.get("src") or element.get("data") or ""


def taken_addresses(page: HtmlPage, region: str) -> set[str]:
    """The addresses of a page that the rule takes, as entries of a list or as files of an article."""
    meta = pages.read_meta(page)
    column = ColumnHint(meta.column_name or pages.page_title(page) or None, page.url)
    family = recognise(page.text)
    spider = spider_of(family.family if family and family.family in READ_AS_PAGES else "query_list")
    taken = set()
    for row in pages.read_rows(page, None, spider.article, page.url):
        if judge_title(row.title, replace(column, tag=row.tag), region).take:
            taken.add(identity(row.url))
    article = pages.read_article(page)
    title = meta.article_title or pages.page_title(page) or article.title or ""
    if judge_title(title, ColumnHint(meta.column_name, page.url), region).take:
        taken |= {identity(one.url) for one in article.attachments if one.refused is None}
    return taken


def judged() -> Iterator[Link]:
    """Every link of every page with its label. Raises ValueError where a page is not the one that was labelled."""
    labels: dict[tuple[str, int], dict[str, str]] = {
        (one["page"], int(one["ordinal"])): one for one in _table("links.tsv")
    }
    for told in _table("pages.tsv"):
        city = told["file"].split("/")[0].split("_")[1]
        page = pages.read_page(
            (SAVED / told["file"]).read_bytes(), f"http://{told['host'] or 'portal.example.gov.cn'}/"
        )
        links = list(page.tree.iter("a", "iframe", "embed", "object", "frame"))
        addresses = [_address(page, one) for one in links]
        if hashlib.sha256("\n".join(addresses).encode()).hexdigest()[:12] != told["hrefs"]:
            raise ValueError(f"{told['file']}: these are not the links that were judged; label the page again")
        taken = taken_addresses(page, f"{PROVINCES[city]}{city}市")
        for ordinal, (link, address) in enumerate(zip(links, addresses, strict=True)):
            label = labels.get((told["page"], ordinal))
            url = page.link(address)
            yield Link(
                told["file"], ordinal, label["kind"] if label else "other", label["text"] if label else pages.text_of(link)[:48],
                label is not None and label["disclosure"] == "1", url is not None and identity(url) in taken,
            )  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """How often the rule is right over some links."""

    links: int
    disclosures: int
    taken: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.taken if self.taken else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.disclosures if self.disclosures else 1.0

    def __str__(self) -> str:
        return (
            f"{self.links} links, {self.disclosures} disclosures, {self.taken} taken, {self.right} right: "
            f"precision {self.precision:.4f}, recall {self.recall:.4f}"
        )


def figures(links: list[Link]) -> Figures:
    return Figures(
        len(links), sum(one.disclosure for one in links), sum(one.taken for one in links),
        sum(one.disclosure and one.taken for one in links),
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Precision and recall of the rule that takes links.")
    parser.add_argument("--held-out", action="store_true", help="only errors of the pages that are held out")
    parser.add_argument("--tuning", action="store_true", help="only errors of the pages that rules may be fitted to")
    parser.add_argument("--errors", action="store_true", help="name every link that is judged wrongly")
    told = parser.parse_args()
    links = list(judged())
    parts = {
        "all pages": links,
        "held out": [one for one in links if held_out(one.file)],
        "tuning": [one for one in links if not held_out(one.file)],
    }
    for name, part in parts.items():
        print(f"{name:<10} {figures(part)}")
    wrong = [one for one in links if one.disclosure != one.taken]
    if told.held_out or told.tuning:
        wrong = [one for one in wrong if held_out(one.file) == told.held_out]
    print("wrong:", dict(Counter(f"{'missed' if one.disclosure else 'taken'} {one.kind}" for one in wrong)))
    if told.errors:
        for one in wrong:
            print("missed" if one.disclosure else "taken ", one.file, one.ordinal, one.kind, one.text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
