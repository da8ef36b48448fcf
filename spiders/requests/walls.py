"""Pages that stand between a spider and a portal: recognised and named, never climbed. The marks stand in `rules/challenges.toml`."""

from __future__ import annotations

from dataclasses import dataclass

from archive.file_kinds import NO_KIND, PAGES, glance
from spiders.reading.recognise import recognise
from spiders.rules import pattern, read_rules


@dataclass(frozen=True, slots=True)
class Wall:
    """What kind of wall, and by what it was recognised."""

    kind: str
    evidence: str


def _of_a_family(head: str) -> bool:
    found = recognise(head)
    return found is not None and found.by == "page"


def recognise_wall(status: int, body: bytes, cookies: str = "") -> Wall | None:
    """The wall an answer is, None when it is none. `cookies`: all Set-Cookie headers joined."""
    head = body[:65536].decode("utf-8", errors="replace")
    rules = read_rules("challenges")
    page = glance(body) in PAGES | NO_KIND and not pattern(rules["never"]["body"]).search(head)
    for rule in rules["wall"]:
        if status not in rule["status"]:
            continue
        if status == 200 and not page:
            continue
        if "below" in rule and len(body) >= rule["below"]:
            continue
        # a small page that a family reads is that family's list, whatever scripts it carries
        if "unless" in rule and (pattern(rule["unless"]).search(head) or _of_a_family(head)):
            continue
        marks = []
        for part, text in (("cookie", cookies), ("body", head)):
            if part not in rule:
                continue
            found = pattern(rule[part]).search(text)
            if not found:
                break
            marks.append(f"{part} {' '.join(found.group().split())[:60]!r}")
        else:
            return Wall(rule["kind"], ", ".join([f"HTTP {status}", f"{len(body)} bytes", *marks]))
    return None
