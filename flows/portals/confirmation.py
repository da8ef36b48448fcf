"""A portal that a machine proposed is crawled by night only after a person has looked at it.

Layout beside `HOME/portals/<id>.yaml`:

    <id>.confirmation.json        who has confirmed what; without `confirmed_at` the night refuses the portal
    fixtures/<id>/list.html       the list page as it was served, list.json where it came from
    fixtures/<id>/sightings.jsonl what a trial crawl of the first list page saw

A person reads three titles and the name or address of one attachment off the portal's own pages. They must be among what the trial
took, so that a wrong family, a wrong row or a wrong filter shows now and not as a quiet gap next year. A portal file without
a confirmation beside it was written by a person and needs none. A change of anything that decides what is read asks again.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from archive.ledger import read_sightings, write_sightings
from archive.whole_files import write_whole
from budget.printed_text import squeeze
from budget.sightings import Sighting
from flows.home import House
from flows.portals.page import SOURCE, FetchedPage, fetch_page
from spiders.crawl import crawl_in_subprocess
from spiders.portals import FAMILIES, RESERVED, Portal, PortalError, http_url, load_portals, named_folders, read_portal
from spiders.reading.addresses import extension, identity, site_of
from spiders.reading.pages import HtmlPage, read_meta, read_page, text_of
from spiders.reading.recognise import Recognition, recognise, recognise_address
from spiders.register import register, whole_region
from spiders.rules import pattern, read_rules
from spiders.summary import off_site

TITLES = 3
TRIAL_SECONDS = 600.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SAYS_NOTHING = frozenset({"name", "verified", "delay", "reason", "recheck_days", "max_pages"})
"""Keys that change nothing about what is read from a page."""


class Confirmation(BaseModel):
    """`trial_of`, `confirmed_of`: digests of the portal file as it was tried and as it was confirmed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    portal: str
    url: str
    added_at: datetime
    recognised_by: str
    trial_of: str
    confirmed_of: str | None = None
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    titles: tuple[str, ...] = ()
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A portal as proposed, and what its trial saw."""

    portal: Portal
    file: Path
    recognition: str
    sightings: tuple[Sighting, ...]
    problems: tuple[str, ...]
    columns_beside: tuple[tuple[str, str], ...] = ()
    """Other columns of budgets and accounts that the page links to: address and name."""
    hosts_beside: tuple[tuple[str, int], ...] = ()
    """Hosts that are not the portal's and hold files of what was taken, with how many."""


def digest_of(portal: Portal) -> str:
    """What a confirmation is bound to: everything in the file that decides what is read."""
    return hashlib.sha256(portal.model_dump_json(exclude=set(_SAYS_NOTHING)).encode()).hexdigest()[:16]


def portal_folders(house: House) -> list[Path]:
    """Where the portals of this installation stand: its own folder if it has one, and those that `YUSUAN_PORTALS` names."""
    own = [house.portals] if house.portals.is_dir() else []
    return own + [folder for folder in named_folders() if folder.resolve() != house.portals.resolve()]


def own_portals(house: House) -> dict[str, Portal]:
    """The portals of this installation. Raises PortalError naming what is wrong with which file or folder."""
    return load_portals(portal_folders(house), packaged=False)


def fixture_folder(house: House, portal: str) -> Path:
    return house.portals / "fixtures" / portal


def confirmation_file(house: House, portal: str) -> Path:
    return house.portals / f"{portal}.confirmation.json"


def read_confirmation(house: House, portal: str) -> Confirmation | None:
    """The confirmation beside a portal file, None when there is none. Raises PortalError for one that cannot be read."""
    file = confirmation_file(house, portal)
    if not file.is_file():
        return None
    try:
        return Confirmation.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise PortalError(
            f"{file}: no confirmation: {error.errors()[0]['msg']}; remove it and add the portal again"
        ) from None


def why_refused(house: House, portal: Portal) -> str | None:
    """Why the night does not crawl a portal of this installation, None when it does."""
    try:
        told = read_confirmation(house, portal.id)
    except PortalError as error:
        return str(error)
    if told is None:
        return None
    how = f"`yusuan portals confirm {portal.id} --title … --title … --title … --attachment …`"
    if told.confirmed_at is None:
        return f"{portal.id}: added on {told.added_at:%Y-%m-%d} and confirmed by nobody: {how}"
    if told.confirmed_of != digest_of(portal):
        return f"{portal.id}: changed since it was confirmed on {told.confirmed_at:%Y-%m-%d}: {how}"
    return None


# --- adding ----------------------------------------------------------------------------------------------------------------


def add_portal(
    house: House, url: str, *, portal_id: str | None = None, region: str | None = None, name: str | None = None,
    family: str | None = None,
) -> Proposal:  # fmt: skip
    """Fetch a list, recognise its family, write the portal file, try it on its first page.

    Raises PortalError where a person must say more (no family, no region, an id that is taken), PageError when the page
    cannot be had, ValueError for no http(s) address.
    """
    http_url(url)
    house.portals.mkdir(parents=True, exist_ok=True)
    known = load_portals(portal_folders(house))
    for one in known.values():
        if url in (column.list_url for column in one.columns):
            raise PortalError(f"{url} is already a list of the portal `{one.id}`")
    with tempfile.TemporaryDirectory(prefix="page-") as scratch:
        page = fetch_page(url, Path(scratch))
        source = Path(scratch, SOURCE).read_bytes()
    read = read_page(source, page.url, page.content_type)
    recognition = _recognition(recognise(read.text, page.url), family, page)
    place = region or _registered_region(url)
    if place is None:
        raise PortalError(f"{url}: whose portal is this? Say --region, from the province down: 河北省石家庄市正定县")
    chosen = portal_id or id_of(url)
    if chosen in known:
        raise PortalError(f"the id `{chosen}` is already that of another portal: say --id")
    content: dict[str, object] = {
        "id": chosen, "name": name or _title(read.text) or f"{place}预决算公开", "region": place,
        "family": family or recognition.family, "columns": [{"list_url": page.url}],
    }  # fmt: skip
    code = read_meta(read).site_id_code
    if code and re.fullmatch(r"[0-9A-Z]{4,10}", code):
        content["site_id_code"] = code
    if urlsplit(url).hostname in _LOOPBACK:
        content |= {"delay": 0, "reason": "a server on this machine needs no pause"}
    try:
        portal = Portal.model_validate(content)
    except ValidationError as error:
        told = error.errors()[0]
        if told["loc"] == ("id",):
            raise PortalError(
                f"--id {chosen}: at least two lower-case letters, digits or `_`, the first a letter, at most 60"
            ) from None
        raise PortalError(f"{url}: no portal can be made of it: {told['loc']}: {told['msg']}") from None
    file = house.portals / f"{portal.id}.yaml"
    fixtures = fixture_folder(house, portal.id)
    fixtures.mkdir(parents=True, exist_ok=True)
    (fixtures / SOURCE).write_bytes(source)
    write_whole(fixtures / "list.json", page.model_dump_json(indent=1) + "\n")
    shown = f"{recognition.rule} ({recognition.by}): {recognition.evidence}"
    # the confirmation first: a portal file must never stand there without it
    note = Confirmation(
        portal=portal.id, url=url, added_at=datetime.now(UTC), recognised_by=shown, trial_of=digest_of(portal)
    )
    write_whole(confirmation_file(house, portal.id), note.model_dump_json(indent=1) + "\n")
    write_whole(file, f"# Proposed by its {recognition.by}: {recognition.rule}.\n" + _yaml(content))
    problems = try_portal(house, portal)
    seen = tuple(trial_of(house, portal.id))
    columns, hosts = columns_beside(read, page.url), hosts_beside(seen)
    lines = [f"#   - list_url: {address}  # {named}" for address, named in columns]
    lines = ["# Columns seen on the page; those that are the portal's go under `columns`:", *lines] if lines else []
    if hosts:
        told_hosts = ", ".join(f"{host} ({count})" for host, count in hosts)
        lines += [
            f"# Files of what was taken stand on {told_hosts}; if they are the portal's:",
            f"# hosts: [{', '.join(host for host, _ in hosts)}]",
        ]
    if lines:
        write_whole(file, file.read_text("utf-8") + "\n".join(lines) + "\n")
    return Proposal(portal, file, shown, seen, problems, columns, hosts)


COLUMNS_AT_MOST = 6
_A_PAPER = re.compile(r"(局|委|办|院|中心|学校|镇|街道)20\d{2}")
_AN_ARTICLE = re.compile(r"/t?\d{6,8}[_/]|/art_|/content/|/info/\d|post_|/doc_|[?&]id=")


def columns_beside(page: HtmlPage, url: str) -> tuple[tuple[str, str], ...]:
    """Links of a list page, menus too, to other columns of budgets and accounts on its site: address and name, each once."""
    words = pattern(read_rules("families")["category"]["pattern"])
    found: dict[str, str] = {}
    for link in page.tree.iter("a"):
        address, named = page.link(link.get("href")), squeeze(text_of(link) or link.get("title"))
        if address is None or site_of(address) != site_of(url) or not 4 <= len(named) <= 20 or not words.search(named):
            continue
        a_list = recognise_address(address) is not None and extension(address) is None
        # 2026年部门预算公开 is a year's column, 教育局2026年部门预算 a paper
        paper = _A_PAPER.search(named) or _AN_ARTICLE.search(address)
        if a_list and not paper and identity(address) != identity(url):
            found.setdefault(address, named)
    return tuple(found.items())[:COLUMNS_AT_MOST]


def hosts_beside(seen: Sequence[Sighting]) -> tuple[tuple[str, int], ...]:
    """The hosts outside the portal on which files of taken articles stand, most files first."""
    counts = Counter(str(urlsplit(one.url).hostname) for one in seen if one.url and off_site(one))
    return tuple(counts.most_common(5))


def not_taken(seen: Sequence[Sighting]) -> list[Sighting]:
    """What a trial did not take: of an article whose file was had, what stands beside it is no loss."""
    had = {one.article_url for one in seen if one.sha256}
    return [one for one in seen if not one.sha256 and one.article_url not in had]


def _yaml(content: dict[str, object]) -> str:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=200)


def _recognition(found: Recognition | None, family: str | None, page: FetchedPage) -> Recognition:
    if family is not None:
        if family not in FAMILIES:
            raise PortalError(f"--family {family}: one of {', '.join(FAMILIES)}")
        return Recognition(
            family, "said by a person", f"the page shows {found.family if found else 'no marks'}", "page"
        )
    if found is None:
        raise PortalError(f"{page.url} carries the marks of no family: say --family, one of {', '.join(FAMILIES)}")
    return found


def _registered_region(url: str) -> str | None:
    """The region of the register's entry with this address, or of all its entries on this host when they agree."""
    entries = [one for one in register() if one.url == url] or [
        one for one in register() if urlsplit(one.url).netloc == urlsplit(url).netloc
    ]
    regions = {whole_region(one.province, one.region) for one in entries}
    return regions.pop() if len(regions) == 1 else None


def id_of(url: str) -> str:
    """`http://www.example.gov.cn/a/` → `example`; a number or a reserved id gets a letter before it."""
    host = (urlsplit(url).hostname or "").lower().removeprefix("www.")
    host = re.sub(r"\.(?:gov|org|com|net)?\.?cn$", "", host)
    name = re.sub(r"[^a-z0-9]+", "_", host).strip("_")[:50]
    return name if re.match(r"[a-z].", name) and name not in RESERVED else f"p_{name}"


def _title(source: str) -> str | None:
    found = re.search(r"<title[^>]*>([^<]{2,200})</title>", source, re.IGNORECASE)
    title = squeeze(found.group(1))[:60] if found else ""
    return title if len(title) >= 2 else None


# --- trying and confirming -------------------------------------------------------------------------------------------------


def try_portal(house: House, portal: Portal) -> tuple[str, ...]:
    """Crawl the first page of each list into a scratch archive, keep what was seen; gives the crawl's problems."""
    only_first = portal.model_copy(update={"max_pages": 1, "recheck_days": 0})
    with tempfile.TemporaryDirectory(prefix="trial-") as scratch:
        summary = crawl_in_subprocess([only_first], Path(scratch, "archive"), Path(scratch, "run"), TRIAL_SECONDS)
        seen = read_sightings(Path(scratch, "run", "sightings.jsonl"))
    folder = fixture_folder(house, portal.id)
    folder.mkdir(parents=True, exist_ok=True)
    write_sightings(folder / "sightings.jsonl", seen)
    # the trial reads one page of each list because it was told so
    return tuple(one for one in summary.portals[0].problems if not one.endswith("stopped at max_pages 1"))


def trial_of(house: House, portal: str) -> list[Sighting]:
    """What the last trial saw; empty when there was none."""
    file = fixture_folder(house, portal) / "sightings.jsonl"
    return read_sightings(file) if file.is_file() else []


def titles_taken(seen: Sequence[Sighting]) -> list[str]:
    """Titles of articles whose files were had, in list order, each once."""
    return list(dict.fromkeys(one.article_title for one in seen if one.sha256))


def confirm_portal(house: House, portal_id: str, titles: Sequence[str], attachment: str, by: str) -> Confirmation:
    """Compare what a person read on the portal with what the trial took; keep the confirmation.

    A portal file changed since its trial is tried again first. Raises PortalError for a title or an attachment that the trial
    did not take, with what it did with it.
    """
    file = house.portals / f"{portal_id}.yaml"
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,59}", portal_id) or not file.is_file():
        raise PortalError(f"no portal `{portal_id}` in {house.portals}")
    told = read_confirmation(house, portal_id)
    if told is None:
        raise PortalError(f"{portal_id}: written by a person; there is nothing to confirm")
    portal = read_portal(file)
    if told.trial_of != digest_of(portal) or not trial_of(house, portal_id):
        try_portal(house, portal)
        told = told.model_copy(update={"trial_of": digest_of(portal)})
        write_whole(confirmation_file(house, portal_id), told.model_dump_json(indent=1) + "\n")
    seen = trial_of(house, portal_id)
    taken = titles_taken(seen)
    distinct = list(dict.fromkeys(map(squeeze, titles)))
    wanted = min(TITLES, max(1, len({squeeze(title) for title in taken})))
    if len(distinct) < wanted:
        raise PortalError(
            f"{portal_id}: {wanted} different titles as the portal prints them are needed, {len(distinct)} given"
        )
    complaints = [complaint for title in distinct if (complaint := _title_trouble(title, seen))]
    if not any(one.sha256 and attachment in (one.url, one.link_text) for one in seen):
        had = next((f"; one that was: {one.link_text or one.url}" for one in seen if one.sha256), "")
        complaints.append(f"the trial did not download an attachment `{attachment}`{had}")
    if complaints:
        raise PortalError("\n".join(f"{portal_id}: {complaint}" for complaint in complaints))
    kept = told.model_copy(
        update={
            "confirmed_of": digest_of(portal), "confirmed_at": datetime.now(UTC), "confirmed_by": by,
            "titles": tuple(distinct), "attachment": attachment,
        }
    )  # fmt: skip
    write_whole(confirmation_file(house, portal_id), kept.model_dump_json(indent=1) + "\n")
    return kept


def _title_trouble(title: str, seen: Sequence[Sighting]) -> str | None:
    """What keeps a title from being confirmed: never seen, or seen and not had."""
    places = [one for one in seen if squeeze(one.article_title) == title]
    if any(one.sha256 for one in places):
        return None
    if not places:
        return f"the trial saw no entry `{title}`: another family, `row` or `descend`? (docs/portals.md)"
    first = places[0]
    return f"`{title}` was {first.outcome}: {first.reason} {first.detail or ''}".rstrip()
