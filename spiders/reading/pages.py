"""A downloaded page as text and tree, and what it says about itself: meta tags, dates, redirect stubs, body, attachments, rows.

Pure functions from bytes or a tree to frozen dataclasses. No network, no portal. The parser is libxml2's HTML parser: no entities
are fetched, nothing is executed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, Literal

from lxml import etree, html
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from budget.printed_text import squeeze
from spiders.reading.addresses import extension, is_endpoint, readable, resolve, site_of
from spiders.reading.titles import full_title
from spiders.rules import pattern, read_rules

DateSource = Literal["meta", "label", "list", "url"]
Via = Literal["link", "frame", "script", "direct"]

_META_CHARSET = re.compile(rb"""<meta\b[^>]{0,300}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,30})""", re.I)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,30})""", re.I)
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)")
_DATE_LABEL = re.compile(r"(?:发布|生成|成文|公开|发文|印发)\s*(?:日期|时间)\s*[:：\]】]?\s*")
_URL_DATE = re.compile(r"/(?:t|P0|W0)?((?:19|20)\d{2})[-/]?(0[1-9]|1[0-2])[-/]?(0[1-9]|[12]\d|3[01])(?=[_/.-])")
_AMOUNT = re.compile(r"^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^-?\d+\.\d+$|^-?\d{2,}$")
# a whole literal, not the first piece of a sum ('/' + tp.pub_point)
_JS_JUMP = re.compile(
    r"""(?:(?:window|document|self|top|parent)\s*\.\s*)*location(?:\s*\.\s*href)?\s*=\s*["']([^"'<>\s]{1,500})["'](?!\s*\+)"""
    r"""|location\s*\.\s*(?:replace|assign)\s*\(\s*["']([^"'<>\s]{1,500})["'](?!\s*\+)""",
    re.I,
)
_JSON_JUMP = re.compile(
    r"""["']((?:https?://[^"'\s<>/]{1,200})?/(?:[^"'\s<>]{0,200}/)?postmeta/[^"'\s<>]{1,200}\.json)["']"""
)
_FOR_PHONES = re.compile(r"userAgent|screen\.width|isMobile", re.I)
_REFRESH = re.compile(r"""^\s*[\d.]*\s*[;,]\s*(?:url\s*=\s*)?["']?([^"'>]+)""", re.I)
_STUB_BYTES = 2500
_PAGER_WORD = re.compile(
    r"^(首页|尾页|末页|上一?页|下一?页|前页|后页|更多|more|跳转|转到|go|[<>«»›‹]+|\d{1,4})?[>›»]*$", re.IGNORECASE
)
# [部门预决算] in front of a title: a link of its own to the same article (无锡)
_TAG = re.compile(r"^[\[【〔]([^\[\]【】〔〕]{2,14})[\]】〕]$")
# 3 西南政法大学, 2、…（本级）: entries of a numbered list
_ORDINAL = re.compile(r"^[(（]?\d{1,3}(?:[)）.、．]\s*|\s+)(?=[^\W\d])")
_IN_A_LINE = ("span", "em", "b", "strong", "font", "i", "u", "label", "p")
_DOCUMENT_END = re.compile(r"</html\s*>", re.IGNORECASE)
_DOCUMENT_EDGE = re.compile(r"</?(?:html|head|body)\b[^<>]{0,2000}>|<!doctype[^<>]{0,300}>", re.IGNORECASE)
# a string of a script, without quotes of either kind in it
_QUOTED = re.compile(r"""["']([^"'<>\n]{4,2400})["']""")
_HANDLER_CHARACTERS = 4000
# a picture printed smaller than this is no page (pixels)
_ICON_SIDE = 200
_LAYOUT_SETS = ("头部", "底部", "页头", "页脚", "公共")


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A page as read: address it came from, base for its links, text and tree."""

    url: str
    base: str
    charset: str
    text: str
    tree: HtmlElement

    def link(self, href: str | None) -> str | None:
        return resolve(self.base, href)


@dataclass(frozen=True, slots=True)
class Meta:
    """The national meta tags (国办发〔2017〕47号 annex) as far as a page carries them."""

    article_title: str | None = None
    pub_date: date | None = None
    content_source: str | None = None
    column_name: str | None = None
    site_name: str | None = None
    site_id_code: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file an article offers. `refused` names the rule by which it is not the disclosure."""

    url: str
    text: str
    via: Via
    refused: str | None = None
    loose: bool = False
    """A link that stands outside the article's body: its own file in a block below, or one that the template prints everywhere."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of a list: where it leads, its whole title, the date printed beside it, files the list itself names."""

    url: str
    title: str
    shown: date | None = None
    files: tuple[Attachment, ...] = ()
    cut: bool = False
    """Whether the title may be shortened though it does not say so: then the article's own title counts."""
    tag: str = ""
    """What the list itself calls the entry, where a link of its own in front of the title says so: 部门预决算."""


@dataclass(frozen=True, slots=True)
class Article:
    """What an article page says. `published_at` with the source it was taken from, best first (PORTALS §3)."""

    title: str | None
    meta: Meta
    published_at: date | None
    date_source: DateSource | None
    source_org: str | None
    attachments: tuple[Attachment, ...]
    body_text: str
    amounts: int
    """Cells of the body's tables that hold an amount."""
    has_body: bool
    promises_attachment: bool
    pictures: tuple[str, ...] = ()
    """Addresses of the pictures in the body, in order; icons by name or printed size are left out."""


# --- text ---------------------------------------------------------------------------------------------------------------


def _decode(body: bytes, charset: str) -> tuple[str, int] | None:
    """Text and number of broken bytes; None for a character set Python does not know."""
    name = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "utf8": "utf-8"}.get(charset.lower(), charset)
    try:
        text = body.decode(name, errors="replace")
    except (LookupError, UnicodeError):
        return None
    return text, text.count("�")


def decode(body: bytes, content_type: str = "", override: str | None = None) -> tuple[str, str]:
    """Bytes → (text, character set): override, BOM, header if decodable, first `<meta>`, gb18030 (PORTALS §5).

    Labels lie in both directions. Bytes that are whole UTF-8 with Chinese in it are UTF-8, whatever the label says (GBK text is
    practically never valid UTF-8); a label that breaks more than one character in a thousand gives way to the next.
    iso-8859-1 says nothing: it decodes everything.
    """
    if override and (forced := _decode(body, override)):
        return forced[0], override
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark) and (marked := _decode(body, name)):
            return marked[0], name
    if sum(byte >= 0xE0 for byte in body[:200_000]) >= 4:
        try:
            return body.decode("utf-8"), "utf-8"
        except UnicodeDecodeError:
            pass  # not whole UTF-8: the labels decide
    labels = [found.group(1) for found in [_HEADER_CHARSET.search(content_type)] if found]
    without_scripts = without_elements(body[:65536], b"script")
    labels += [found.group(1).decode("ascii") for found in [_META_CHARSET.search(without_scripts)] if found]
    labels += ["gb18030", "utf-8"]
    best: tuple[int, str, str] | None = None
    for label in labels:
        if label.lower() in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii"):
            continue
        read = _decode(body, label)
        if read is None:
            continue
        text, broken = read
        if broken * 1000 <= len(text):
            return text, label.lower()
        if best is None or broken < best[0]:
            best = (broken, text, label.lower())
    if best is None:
        return body.decode("utf-8", errors="replace"), "utf-8"
    return best[1], best[2]


def without_elements(body: bytes, name: bytes) -> bytes:
    """Bytes without `<name …>…</name>`, in linear time; one without end runs to the end."""
    lowered, kept, at = body.lower(), [], 0
    while (begin := lowered.find(b"<" + name, at)) >= 0:
        kept.append(body[at:begin])
        end = lowered.find(b"</" + name, begin)
        if end < 0:
            return b"".join(kept)
        at = end + len(name) + 2
    return b"".join([*kept, body[at:]])


def read_page(body: bytes, url: str, content_type: str = "", charset: str | None = None) -> HtmlPage:
    """Bytes → `HtmlPage`. Never raises on broken markup: an empty page has an empty tree."""
    text, found = decode(body, content_type, charset)
    # lxml refuses str input that carries an XML encoding declaration, and libxml2 stops at NUL
    cleaned = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    # a page may be several whole documents glued together: libxml2 stops at the end of the first
    if len(_DOCUMENT_END.findall(cleaned)) > 1:
        cleaned = _DOCUMENT_EDGE.sub(" ", cleaned)
    tree = None
    if cleaned.strip():
        try:
            tree = html.document_fromstring(cleaned, parser=html.HTMLParser(huge_tree=False))
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            tree = None
    if tree is None:
        tree = html.document_fromstring("<html><body></body></html>")
    href = next((str(value) for value in _xpath(tree, "//base/@href") if str(value).strip()), None)
    return HtmlPage(url, (resolve(url, href) if href else None) or url, found, text, tree)


def text_of(element: HtmlElement) -> str:
    """Visible text of an element with single blanks, without scripts, styles and comments."""
    parts = _xpath(element, ".//text()[not(ancestor::script or ancestor::style or ancestor::template)]")
    return " ".join(" ".join(str(part) for part in parts).split())


def _select(tree: HtmlElement, selector: str) -> list[HtmlElement]:
    found: Any = CSSSelector(selector)(tree)
    return list(found)


def _xpath(tree: HtmlElement, path: str) -> list[Any]:
    found: Any = tree.xpath(path)
    return list(found)


# --- what a page says about itself ---------------------------------------------------------------------------------------


def read_date(text: str | None) -> date | None:
    """The first date in a text: `2026-2-9 17:25:23`, `2026- 03- 02`, `2026年3月2日`; None when there is none that exists."""
    for found in _DATE.finditer(text or ""):
        try:
            return date(*(int(part) for part in found.groups()))  # type: ignore[arg-type]
        except ValueError:
            continue
    return None


def _meta_sets(page: HtmlPage) -> list[dict[str, str]]:
    sets: list[dict[str, str]] = [{}]
    for element in page.tree.iter("meta"):
        name = squeeze(element.get("name")).lower()
        if not name:
            continue
        if name in sets[-1] and name in ("sitename", "columnname", "articletitle"):
            sets.append({})
        sets[-1].setdefault(name, " ".join((element.get("content") or "").split()))
    return sets


def read_meta(page: HtmlPage) -> Meta:
    """The article's set of national meta tags: the first that is not the page layout's own (glued documents carry several)."""
    sets = _meta_sets(page)
    real = [one for one in sets if not any(word in one.get("columnname", "") for word in _LAYOUT_SETS)]
    chosen = next((one for one in real if one.get("articletitle")), (real or sets)[0])
    site = next((one for one in sets if one.get("siteidcode")), {})
    return Meta(
        article_title=chosen.get("articletitle") or None,
        pub_date=read_date(chosen.get("pubdate")),
        content_source=chosen.get("contentsource") or None,
        column_name=chosen.get("columnname") or None,
        site_name=chosen.get("sitename") or site.get("sitename") or None,
        site_id_code=(chosen.get("siteidcode") or site.get("siteidcode") or "").strip() or None,
    )


def meta_value(page: HtmlPage, name: str) -> str | None:
    """The content of the first `<meta>` with this name, whatever its case."""
    for one in _meta_sets(page):
        if value := one.get(name.lower()):
            return value
    return None


def page_title(page: HtmlPage) -> str:
    """The `<title>` of a page."""
    return " ".join(" ".join(_xpath(page.tree, "//title//text()")).split())


def _dated(page: HtmlPage, meta: Meta, shown: date | None) -> tuple[date | None, DateSource | None]:
    if meta.pub_date:
        return meta.pub_date, "meta"
    whole = text_of(page.tree)
    for found in _DATE_LABEL.finditer(whole):
        if labelled := read_date(whole[found.end() : found.end() + 24]):
            return labelled, "label"
    # 郑州 prints the label as an icon: <i title="发布日期"></i><em>2026-03-19</em>
    for icon in _xpath(page.tree, "//*[@title]"):
        if _DATE_LABEL.fullmatch(squeeze(icon.get("title"))) and (block := icon.getparent()) is not None:
            beside = text_of(block)
            if len(beside) < 40 and (labelled := read_date(beside)):
                return labelled, "label"
    if shown:
        return shown, "list"
    found_in_url = _URL_DATE.search(page.url)
    if found_in_url:
        try:
            return date(*(int(part) for part in found_in_url.groups())), "url"  # type: ignore[arg-type]
        except ValueError:
            return None, None
    return None, None


def redirect_stub(page: HtmlPage, size: int) -> str | None:
    """Where a page that is only a jump leads: meta refresh, JS `location`, or the JSON of a post (PORTALS §2.1).

    Only small pages without text of their own are stubs; a refresh on a real page is a habit of its publisher.
    """
    if size > _STUB_BYTES or len(squeeze(text_of(page.tree))) > 60:
        return None
    for element in page.tree.iter("meta"):
        if squeeze(element.get("http-equiv")).lower() == "refresh" and (
            found := _REFRESH.match(element.get("content") or "")
        ):
            return page.link(found.group(1).strip())
    # 广州 sends phones elsewhere from a script of its own
    scripts = [str(one) for one in _xpath(page.tree, "//script/text()") if not _FOR_PHONES.search(str(one))]
    for jump in (_JS_JUMP, _JSON_JUMP):
        if found := jump.search("\n".join(scripts)):
            return page.link(next(one for one in found.groups() if one))
    return None


def json_jump(body: bytes, url: str) -> str | None:
    """The address in the JSON of a jump: `children[0].pub_point` (from the site's root) or `.url`; None when it has another shape."""
    try:
        content = json.loads(body.decode("utf-8-sig"))
        child = content["children"][0]
        target = child.get("pub_point") or child.get("url")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None
    if not isinstance(target, str):
        return None
    return resolve(url, target if re.match(r"/|[a-z]+:", target) else f"/{target}")


# --- articles ------------------------------------------------------------------------------------------------------------


def is_furniture(element: HtmlElement) -> bool:
    """Whether an element stands in the header, footer, a menu, friend links or the like."""
    rules = read_rules("attachments")["furniture"]
    tags, names = set(rules["tags"]), pattern(rules["pattern"])
    for one in (element, *element.iterancestors()):
        if one.tag in ("body", "html"):
            return False
        if one.tag in tags or names.search(f"{one.get('id') or ''} {one.get('class') or ''}"):
            return True
    return False


def _body_of(page: HtmlPage, selector: str | None) -> HtmlElement | None:
    for one in [selector] if selector else read_rules("attachments")["body"]:
        found = [element for element in _select(page.tree, one) if not is_furniture(element)]
        if found:
            return max(found, key=lambda element: len(text_of(element)))
    return None


def _amounts(body: HtmlElement) -> int:
    cells = _xpath(body, ".//table//td[not(.//table)]")
    return sum(1 for cell in cells if _AMOUNT.match(squeeze("".join(cell.itertext()))))


def refusal(url: str, text: str) -> str | None:
    """The rule by which a file is no disclosure (an application form, a viewer to install), by name or address."""
    name = readable(url).rsplit("/", 1)[-1]
    for rule in read_rules("attachments")["not_the_disclosure"]:
        words = pattern(rule["pattern"])
        if words.search(squeeze(text)) or words.search(squeeze(name)):
            return str(rule["name"])
    return None


def is_file_address(url: str, text: str = "") -> bool:
    """Whether an address offers a file: by extension of its path, as a known endpoint, or by a file name as link text."""
    if extension(url) or is_endpoint(url):
        return True
    extensions = "|".join(read_rules("attachments")["extensions"])
    named = re.search(rf"\.({extensions})$", squeeze(text), re.IGNORECASE)
    page = re.search(r"\.(s?html?|jpe?g|png|gif|mp4)$", readable(url), re.IGNORECASE)
    return bool(named) and not page


def _context(element: HtmlElement) -> str:
    """The text around a link that only says 下载 or 附件: that of its smallest block."""
    for one in element.iterancestors("li", "p", "td", "dd", "div"):
        text = text_of(one)
        return text if len(text) <= 120 and sum(1 for _ in one.iter("a")) == 1 else ""
    return ""


def _quoted_files(script: str) -> Iterator[str]:
    """The file addresses among the quoted strings of a script; several in one string are joined by `#` (温州)."""
    for found in _QUOTED.finditer(script):
        for part in found.group(1).split("#"):
            if extension(part.strip()) or is_endpoint(part.strip()):
                yield part.strip()


def _script_files(page: HtmlPage) -> Iterator[str]:
    for script in page.tree.iter("script"):
        if script.text and not is_furniture(script):
            yield from _quoted_files(str(script.text))


def _handler_files(element: HtmlElement) -> Iterator[str]:
    """Files behind a click (`onclick="window.open('….pdf')"`, `href="javascript:down('…')"`) or in a data attribute."""
    for name, value in element.attrib.items():
        told = str(value)[:_HANDLER_CHARACTERS]
        if str(name).startswith("on") or (name == "href" and told.lstrip()[:11].lower() == "javascript:"):
            yield from _quoted_files(told)
        elif str(name) in ("data-url", "data-href", "data-file", "data-src") and extension(told):
            yield told.strip()


def find_attachments(page: HtmlPage, body: HtmlElement | None = None) -> tuple[Attachment, ...]:
    """The files an article offers, in document order, each address once (PORTALS §4 rule 6).

    Links, frames and what a click opens, anywhere but in furniture (many portals print the block outside the body); addresses in
    scripts only where the body itself names no file of this site, since they mostly repeat a link. Application forms and the like carry `refused`.
    """
    found: dict[str, Attachment] = {}
    inside = set(body.iter()) if body is not None else set()

    def add(href: str | None, text: str, via: Via, loose: bool = False) -> None:
        url = page.link(href)
        # an icon and a sentence may both lead to one file: the longer name says more
        if url and (url not in found or len(text) > len(found[url].text)):
            loose = loose and (url not in found or found[url].loose)
            found[url] = Attachment(url, text, via, refusal(url, text), loose)

    for element in page.tree.iter():
        if not isinstance(element.tag, str) or element.tag == "script":
            continue
        embeds = element.tag in ("iframe", "embed", "object", "frame")
        handlers = list(_handler_files(element))
        if element.tag != "a" and not embeds and not handlers:
            continue
        if element not in inside and is_furniture(element):
            continue
        loose = bool(inside) and element not in inside
        if handlers:
            said = text_of(element) or (element.get("title") or "").strip()
            for href in handlers:
                add(href, " ".join(said.split())[:200], "script", loose)
        if element.tag == "a":
            text = text_of(element) or (element.get("title") or "").strip()
            url = page.link(element.get("href"))
            if url and is_file_address(url, text or element.get("title") or ""):
                if pattern(read_rules("attachments")["says_nothing"]).fullmatch(squeeze(text)):
                    text = element.get("title") or element.get("download") or _context(element) or text
                add(element.get("href"), " ".join(text.split()), "link", loose)
        elif embeds:
            href = element.get("src") or element.get("data")
            url = page.link(href)
            inner = re.search(r"[?&](?:file|url|src)=([^&#]{1,2000})", href or "", re.IGNORECASE)
            if inner and (embedded := page.link(readable("/" + inner.group(1))[1:])) and extension(embedded):
                add(embedded, element.get("title") or "", "frame")
            elif url and (extension(url) or is_endpoint(url)):
                add(href, element.get("title") or "", "frame")
    own = any(one.refused is None and not one.loose and site_of(one.url) == site_of(page.url) for one in found.values())
    names = {readable(url).rsplit("/", 1)[-1] for url in found}
    for href in _script_files(page) if not own else ():
        url = page.link(href)
        # the same file under its full address is the link again
        if url and url not in found and readable(url).rsplit("/", 1)[-1] not in names:
            add(url, "", "script")
    return tuple(found.values())


def find_pictures(page: HtmlPage, body: HtmlElement | None) -> tuple[str, ...]:
    """The pictures of an article's body in order, each address once, without icons (by name, or by their printed size)."""
    found: dict[str, None] = {}
    icons = pattern(read_rules("attachments")["icons"])
    for picture in body.iter("img") if body is not None else ():
        # lazy pages print a grey dot as src and the picture beside it
        href = next((picture.get(name) for name in ("data-original", "data-src", "src") if picture.get(name)), None)
        url = page.link(href)
        if url is None or is_furniture(picture) or icons.search(readable(url).rsplit("/", 1)[-1]):
            continue
        printed = [int(size) for size in (picture.get("width"), picture.get("height")) if size and size.isdigit()]
        if not any(size < _ICON_SIDE for size in printed):
            found[url] = None
    return tuple(found)


def read_article(page: HtmlPage, shown: date | None = None, body_selector: str | None = None) -> Article:
    """An article page → `Article`. `shown` is the date its list entry printed."""
    meta = read_meta(page)
    body = _body_of(page, body_selector)
    published, source = _dated(page, meta, shown)
    text = text_of(body) if body is not None else ""
    label = re.search(r"(?:发布机构|信息来源|来源|公开主体)\s*[:：]\s*([^\s:：|]{2,40})", text_of(page.tree))
    heading = next((text_of(one) for one in page.tree.iter("h1", "h2") if not is_furniture(one) and text_of(one)), None)
    promises = pattern(read_rules("attachments")["promises_attachment"])
    return Article(
        title=meta.article_title or heading,
        meta=meta,
        published_at=published,
        date_source=source,
        source_org=meta.content_source or (label.group(1) if label else None),
        attachments=find_attachments(page, body),
        body_text=text,
        amounts=_amounts(body) if body is not None else 0,
        has_body=body is not None,
        promises_attachment=bool(promises.search(text)),
        pictures=find_pictures(page, body),
    )


def content_key(article: Article) -> str:
    """A hash of what an article's body says, so that counters and clocks in its page make no new version."""
    return hashlib.sha256(squeeze(article.body_text).encode()).hexdigest()


def is_soft_404(page: HtmlPage) -> bool:
    """Whether a page answered with 200 is the site's error page, by its `<title>`."""
    return bool(pattern(read_rules("challenges")["soft_404"]["title"]).search(page_title(page)))


# --- lists ---------------------------------------------------------------------------------------------------------------


def _row_element(link: HtmlElement) -> HtmlElement:
    for one in link.iterancestors("li", "tr", "dd", "dl"):
        return one
    parent = link.getparent()
    return parent if parent is not None else link


def _row(page: HtmlPage, link: HtmlElement) -> Row | None:
    url = page.link(link.get("href"))
    if url is None:
        return None
    title = full_title(text_of(link), link.get("title"))
    element = _row_element(link)
    links = sum(1 for _ in islice(element.iter("a"), 4))
    shown = read_date(text_of(element)) if links <= 3 else None
    # the year in a title (2026年1月...) is no date of the row unless printed apart from it
    if shown and links <= 3:
        shown = read_date(text_of(element).replace(text_of(link), " ")) or read_date(text_of(link) if not title else "")
    return Row(url, title, shown)


def read_rows(page: HtmlPage, row: str | None, articles: re.Pattern[str], folder: str) -> list[Row]:
    """The entries of a list page in order, each address once.

    row: CSS selector of the entries (or of the links themselves). Without one: links outside furniture whose path matches
    `articles`, in the blocks that hold one below the list's own `folder`; where none does, in the block with most of them.
    """
    if row:
        links: list[HtmlElement] = []
        for element in _select(page.tree, row):
            inner = [element] if element.tag == "a" else list(element.iter("a"))
            links += [link for link in inner if link.get("href")][:1] if element.tag != "a" else inner
        return _unique(_row(page, link) for link in links)
    candidates: list[tuple[HtmlElement, str]] = []
    others: list[tuple[HtmlElement, str]] = []
    for link in page.tree.iter("a"):
        url = page.link(link.get("href"))
        if url is None or is_furniture(link):
            continue
        (candidates if articles.search(url) else others).append((link, url))
    blocks: dict[HtmlElement, list[HtmlElement]] = {}
    own: set[HtmlElement] = set()
    for link, url in candidates:
        block = _block(link)
        blocks.setdefault(block, []).append(link)
        if url.startswith(folder):
            own.add(block)
    if not own and blocks:
        own = {max(blocks, key=lambda block: len(blocks[block]))}
    # a list cut into groups of five rows is still one list
    kinds = {_kind_of_block(block) for block in own}
    own |= {block for block in blocks if _kind_of_block(block) in kinds}
    # a list's entries may lead elsewhere (a department's own site, a stub's folder): the block decides, not the address
    taken = {link for link, _ in candidates if _block(link) in own}
    numbered = {block for block in own if _is_numbered(blocks.get(block, []))}
    taken |= {
        link
        for link, _ in others
        if (block := _block(link)) in own
        and (_is_entry(page, link) or (block in numbered and _ORDINAL.match(text_of(link))))
    }
    return _unique(_row(page, link) for link in page.tree.iter("a") if link in taken)


def rows_of_fragment(page: HtmlPage, articles: re.Pattern[str] | None = None) -> list[Row]:
    """The entries of a piece of list that a server sent by itself: the first titled link of every row, whatever its address.

    With `articles`: where any link has the address of an article, only such rows and dated ones (the piece holds menus too).
    """
    chosen: dict[HtmlElement, HtmlElement] = {}
    matching = False
    for link in page.tree.iter("a"):
        url = page.link(link.get("href"))
        if url is None or _PAGER_WORD.match(squeeze(text_of(link))):
            continue
        fits = articles is not None and bool(articles.search(url))
        matching |= fits
        element = _row_element(link)
        held = chosen.get(element)
        if held is None or (not squeeze(text_of(held)) and not held.get("title")):
            chosen[element] = link
    found = [(link, _row(page, link)) for link in chosen.values()]
    rows = [(link, row) for link, row in found if row is not None and squeeze(row.title)]
    if matching and articles is not None:
        rows = [(link, row) for link, row in rows if articles.search(row.url) or row.shown is not None]
    return _unique(row for _, row in rows)


def _is_entry(page: HtmlPage, link: HtmlElement) -> bool:
    """Whether a link among a list's rows is a row itself though its address looks like no article's: dated and titled as they are.

    A pager and 更多 stand in the same list and carry no date.
    """
    if link.getparent() is None or not any(True for _ in link.iterancestors("li", "tr", "dd", "dl")):
        return False
    row = _row(page, link)
    return row is not None and row.shown is not None and len(squeeze(row.title)) >= 4


def _kind_of_block(block: HtmlElement) -> tuple[HtmlElement | None, str, str]:
    return block.getparent(), str(block.tag), block.get("class") or ""


def _block(link: HtmlElement) -> HtmlElement:
    """The list a link stands in."""
    for one in link.iterancestors("ul", "ol", "table", "dl"):
        return one
    # an article that names its units one a paragraph: its text is the list
    parent = link.getparent()
    while parent is not None and parent.tag in _IN_A_LINE and parent.getparent() is not None:
        parent = parent.getparent()
    return link if parent is None else parent


def _is_numbered(links: list[HtmlElement]) -> bool:
    """Whether the entries of a block are numbered by hand: then what carries a number is an entry, wherever it leads."""
    found = sum(1 for link in links if _ORDINAL.match(text_of(link)))
    return found >= 2 and 2 * found >= len(links)


def _unique(rows: Iterable[Row | None]) -> list[Row]:
    """Each address once; a picture or a tag and a text that lead to one article are one entry with the text as its title."""
    found: dict[str, Row] = {}
    for row in rows:
        if row is None:
            continue
        known = found.get(row.url)
        tag = _TAG.match(row.title)
        if known is None:
            found[row.url] = row
        elif tag and not _TAG.match(known.title):
            found[row.url] = replace(known, tag=known.tag or tag.group(1))
        elif row.title and (not known.title or (_TAG.match(known.title) and not tag)):
            named = _TAG.match(known.title)
            found[row.url] = replace(row, shown=known.shown or row.shown, tag=named.group(1) if named else known.tag)
    return list(found.values())
