"""`yusuan portals …`: what can be crawled, how it went, what is missing, and how a portal is added and confirmed."""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
import re
import sys
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from flows.commands.counted import counted
from flows.commands.coverage import (
    PortalLine,
    coverage_lines,
    coverage_table,
    late_by_portal,
    portal_lines,
    status_table,
    today,
)
from flows.commands.terminal import HomeOption, JsonFlag, err, existing, out, show_table, stop
from flows.home import House
from flows.portals.bounds import ENDING, WHOLE_RUN, complaints_of_bounds, history, proposal, remark_of
from flows.portals.confirmation import (
    add_portal,
    confirm_portal,
    not_taken,
    own_portals,
    portal_folders,
    titles_taken,
    why_refused,
)
from flows.portals.page import PageError
from flows.verdict import complaints, span
from spiders.crawl import PROXY_NAMES, CrawlError
from spiders.portals import Portal, PortalError, http_url, load_portals
from spiders.register import LEVELS, check_portals, register, select
from warehouse import Warehouse
from warehouse.coverage import CoverageStatus, region_parts

portals_app = typer.Typer(
    no_args_is_help=True,
    help="The portals 门户: which there are, how the last night went, who has published what.\n\n"
    "`add URL` proposes a portal from its list page; `confirm ID` lets the night crawl it.",
)

SHOWN_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of `portals list`. `remark`: confirmed, verified, or why it cannot be crawled."""

    origin: str
    portal: str | None
    family: str
    region: str
    level: str
    url: str
    verified: bool
    remark: str


def level_of(region: str) -> str:
    """The level of a region written from the province down: province, prefecture or county."""
    parts = region_parts(region)
    last = parts[-1] if parts else region
    if len(parts) >= 3 or (last.endswith(("县", "区", "旗")) and not last.endswith(("自治区", "行政区"))):
        return "county"
    return "province" if len(parts) <= 1 else "prefecture"


def _of_file(origin: str, portal: Portal, trouble: str | None) -> Listed:
    remark = trouble or (f"verified on {portal.verified}" if portal.verified else "")
    return Listed(
        origin, portal.id, portal.family, portal.region, level_of(portal.region), portal.columns[0].list_url,
        portal.verified is not None, remark,
    )  # fmt: skip


@portals_app.command("list")
def list_portals(
    family: Annotated[str | None, typer.Option(help="Only this CMS family.")] = None,
    province: Annotated[str | None, typer.Option(help="Only this province: 广东省.")] = None,
    region: Annotated[str | None, typer.Option(help="A piece of the region's name.")] = None,
    level: Annotated[str | None, typer.Option(help="province, prefecture or county.")] = None,
    all_of_register: Annotated[bool, typer.Option("--register", help="All of the register, too.")] = False,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Portals: packaged, of this installation, and those of the register that a filter chooses."""
    house = House.seen(home)
    filtered = any((family, province, region, level))
    if level is not None and level not in LEVELS:
        raise stop(f"--level {level}: one of {', '.join(LEVELS)}", 2)
    try:
        found = [_of_file("packaged", one, None) for one in load_portals([]).values()]
        found += [_of_file("own", one, why_refused(house, one)) for one in own_portals(house).values()]
        found = [
            one
            for one in found
            if family in (None, one.family) and level in (None, one.level)
            and (province is None or one.region.startswith(province)) and (region is None or region in one.region)
        ]  # fmt: skip
        entries = (
            select(family=family, province=province, region=region, level=level) if filtered or all_of_register else []
        )
    except PortalError as trouble:
        raise stop(str(trouble)) from None
    except ValueError as trouble:
        raise stop(str(trouble), 2) from None
    written = {one.url: one.portal for one in found}
    for entry in entries:
        remark = f"as `{written[entry.url]}`" if entry.url in written else entry.reason or entry.note
        found.append(
            Listed(
                "register", entry.portal.id if entry.portal else None, entry.family, f"{entry.province}{entry.region}",
                entry.level, entry.url, entry.verified, remark,
            )
        )  # fmt: skip
    if as_json:
        for one in found:
            sys.stdout.write(json.dumps(dataclasses.asdict(one), ensure_ascii=False) + "\n")
        return
    show_table(
        out, ("", "id", "family", "region", "list", "remark"),
        [(one.origin, one.portal or "-", one.family, one.region, one.url, one.remark) for one in found],
        {"region", "list", "remark"},
    )  # fmt: skip
    verified = sum(one.verified for one in found)
    out.print(f"{counted(len(found), 'portal')}, {verified} verified against the live portal", highlight=False)
    if not (filtered or all_of_register):
        out.print(f"the register knows {len(register())} more: --province, --family, --region, --level or --register")


@portals_app.command()
def status(
    home: HomeOption = None,
    since: Annotated[
        str | None,
        typer.Option(help="26h, 2d: exit status 1 when no night ended ok, or a portal was not read, since then."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """One line a portal: last good run, found, new, blocked, what its departments owe, and whether its nights have bounds."""
    house = existing(home)
    try:
        age = span(since) if since else None
    except ValueError as wrong:
        raise stop(f"--since {wrong}", 2) from None
    try:
        installed = own_portals(house)
    except PortalError as trouble:
        raise stop(str(trouble)) from None
    with Warehouse.open(house.database_url) as warehouse:
        nights = warehouse.migrate().portal_nights()
        late = late_by_portal(warehouse.coverage(today()))
        crawled = [one.id for one in installed.values() if why_refused(house, one) is None]
        unwell = complaints(warehouse, crawled, age) if age else []
    remarks = {one.id: "not confirmed" for one in installed.values() if why_refused(house, one)}
    known: dict[str, str] = {one.id: one.family for one in installed.values()}
    known |= {one.id: one.family for one in load_portals([]).values() if one.id in nights}
    known |= {one.portal.id: one.family for one in register() if one.portal and one.portal.id in nights}
    lines = [_with_bounds(house, one) for one in portal_lines(known, nights, late, remarks)]
    if as_json:
        for line in lines:
            sys.stdout.write(json.dumps(dataclasses.asdict(line), ensure_ascii=False, default=str) + "\n")
        _verdict(unwell)
        return
    if not lines:
        _verdict(unwell)
        out.print(
            "no portal of this installation yet, and none was crawled: `yusuan portals add URL`, or `yusuan nightly`"
        )
        return
    status_table(out, lines)
    _verdict(unwell)


def _verdict(unwell: list[str]) -> None:
    """Name what is not well and end with status 1; nothing when all is."""
    for one in unwell[:-1]:
        err.print(one, markup=False, highlight=False, soft_wrap=True)
    if unwell:
        raise stop(unwell[-1])


def _with_bounds(house: House, line: PortalLine) -> PortalLine:
    """The line with what past nights found, where nobody has set bounds yet."""
    return dataclasses.replace(line, bounds=remark_of(house, line.portal))


@portals_app.command()
def bounds(
    portal: Annotated[str, typer.Argument(help="The id; `run` for the run as a whole.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """What past nights measured of a portal, as a proposal of bounds. Nothing is written: read it, explain it, save it.

    `HOME/portals/<id>.bounds.toml` (`HOME/run.bounds.toml` for the whole run) is judged after every night; a night outside is
    `suspicious`.
    """
    house = existing(home)
    past = history(house, portal)
    if not past:
        raise stop(
            f"{portal}: no night of this home that ended ok has crawled it; `yusuan portals status` lists the portals"
        )
    place = house.home / f"run{ENDING}" if portal == WHOLE_RUN else house.portals / f"{portal}{ENDING}"
    err.print(f"to be saved as 存为: {place}", markup=False, highlight=False, soft_wrap=True)
    sys.stdout.write(proposal(portal, past))


@portals_app.command()
def check(home: HomeOption = None) -> None:
    """The linter: portal files (at most 20 lines, reasons, ids, families), their bounds, the register, and who waits for a confirmation.

    Exit status: 0 nothing to complain of, 1 otherwise.
    """
    house = House.seen(home)
    folders = portal_folders(house)
    complaints = check_portals(folders)
    try:
        # ids that two files claim, and folders that are not there, show only when all are read together
        load_portals(folders)
        complaints += [told for one in own_portals(house).values() if (told := why_refused(house, one))]
    except PortalError as wrong:
        complaints += [line for line in str(wrong).splitlines() if line not in complaints]
    known = {
        *load_portals([]),
        *(file.stem for folder in folders for file in folder.glob("*.yaml")),
    }
    complaints += complaints_of_bounds(house, known)
    for complaint in complaints:
        out.print(complaint, markup=False, highlight=False, soft_wrap=True)
    if complaints:
        raise stop(counted(len(complaints), "complaint"))
    own = len(own_portals(house))
    out.print(
        f"{len(load_portals([]))} packaged and {counted(own, 'own portal')}, {len(register())} register entries: nothing to complain of"
    )


@portals_app.command()
def add(
    url: Annotated[str, typer.Argument(help="The list page of a budget column.", show_default=False)],
    region: Annotated[
        str | None, typer.Option(help="Whose portal, from the province down; default: the register's word.")
    ] = None,
    portal_id: Annotated[str | None, typer.Option("--id", help="Default: from the host's name.")] = None,
    name: Annotated[str | None, typer.Option(help="Default: the page's title.")] = None,
    family: Annotated[str | None, typer.Option(help="Default: recognised by the page's marks.")] = None,
    home: HomeOption = None,
) -> None:
    """Propose a portal: fetch its list, recognise the family, write the file, try its first page.

    The night refuses the portal until `yusuan portals confirm` has named three titles and an attachment that a person
    read on the portal's own pages.
    """
    try:
        http_url(url)
    except ValueError as wrong:
        raise stop(str(wrong), 2) from None
    house = House.at(home)
    try:
        made = add_portal(house, url, portal_id=portal_id, region=region, name=name, family=family)
    except (PortalError, PageError, CrawlError, ValueError) as trouble:
        raise stop(str(trouble)) from None
    out.print(f"{made.file}\n", markup=False, highlight=False, soft_wrap=True)
    out.print(made.file.read_text(encoding="utf-8"), markup=False, highlight=False)
    out.print(f"recognised 识别: {made.recognition}", markup=False, highlight=False)
    taken = titles_taken(made.sightings)
    refused = not_taken(made.sightings)
    out.print(
        f"first page 首页: {counted(len(taken), 'article')} taken, {counted(len(refused), 'place')} not taken",
        highlight=False,
    )
    for one in refused[:SHOWN_AT_MOST]:
        out.print(
            f"  {one.outcome} {one.reason or ''} {one.article_title}: {one.detail or ''} {one.url or one.article_url}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
    for problem in made.problems:
        out.print(f"  problem 问题: {problem}", markup=False, highlight=False)
    if made.portal.site_id_code:
        out.print(f"site_id_code {made.portal.site_id_code}: seen on the page", highlight=False)
    for address, named in made.columns_beside:
        out.print(f"also seen on the page: {named} {address}", markup=False, highlight=False, soft_wrap=True)
    for host, count in made.hosts_beside:
        out.print(f"{counted(count, 'file')} on {host}: if it is the portal's, name it in `hosts`", highlight=False)
    if any(os.environ.get(name) for name in PROXY_NAMES):
        err.print(
            "http_proxy is set and not used: portals are asked directly, a proxy would see and change what is archived"
        )
    place = f" --home {home}" if home else ""
    out.print(
        f"\nNow open {url} in a browser, read three titles and one attachment's name, and say so:\n"
        f"  yusuan portals confirm {made.portal.id} --title … --title … --title … --attachment …{place}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if not taken:
        err.print(
            "nothing was taken: "
            + (
                "the page shows no entries"
                if not made.sightings
                else "the lines above say by which rule each entry was refused"
            )
            + "; see docs/portals.md, edit the file, then confirm tries it again"
        )


@portals_app.command()
def confirm(
    portal: Annotated[str, typer.Argument(help="The id.", show_default=False)],
    title: Annotated[list[str], typer.Option("--title", help="A title as the portal prints it; three are needed.")],
    attachment: Annotated[str, typer.Option("--attachment", help="An attachment's printed name, or its address.")],
    by: Annotated[str | None, typer.Option("--by", help="Who looked; default: the user of this system.")] = None,
    home: HomeOption = None,
) -> None:
    """A person has looked: what they read is compared with what the trial took, and the night may crawl the portal."""
    try:
        kept = confirm_portal(existing(home), portal, title, attachment, by or getpass.getuser())
    except (PortalError, CrawlError) as trouble:
        raise stop(str(trouble)) from None
    out.print(f"{portal}: confirmed by {kept.confirmed_by}; `yusuan nightly` crawls it", markup=False, highlight=False)


@portals_app.command()
def coverage(
    year: Annotated[list[int] | None, typer.Option("--year", help="A fiscal year; may be repeated.")] = None,
    region: Annotated[str | None, typer.Option(help="A piece of the region's name.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option("--status", help="Only these: not_published, unknown, blocked, … May be repeated."),
    ] = None,
    on: Annotated[str | None, typer.Option("--on", help="As of this day, 2026-05-01; default: today.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Which department has published what: the publisher's lateness told apart from what we could not see."""
    known = [one.value for one in CoverageStatus]
    for one in state or ():
        if one not in known:
            raise stop(f"--status {one}: one of {', '.join(known)}", 2)
    with Warehouse.open(existing(home).database_url) as warehouse:
        found = warehouse.migrate().coverage(_day(on), years=year or None, region=region)
    found = [one for one in found if not state or one.status in state]
    if as_json:
        for line in coverage_lines(found):
            sys.stdout.write(line + "\n")
        return
    coverage_table(out, found)


def _day(told: str | None) -> date:
    if told is None:
        return today()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", told):
        raise stop(f"--on {told}: a day is written 2026-05-01", 2)
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        raise stop(f"--on {told}: {error}", 2) from None
