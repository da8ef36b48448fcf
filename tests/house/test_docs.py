"""What README and docs tell a user to type exists: every `yusuan` command with every option, every make target, every link."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"```(?:sh|console|bash)?\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(yusuan [^`]+|make [a-z]+)`")


def commands() -> list[tuple[str, str]]:
    """(page, command line) of everything that begins with `yusuan` or `make`."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [line for block in BLOCK.findall(text) for line in block.splitlines()] + INLINE.findall(text)
        for line in lines:
            line = line.split("#")[0].strip().removeprefix("$ ").split("|")[0].strip()
            if re.match(r"(yusuan|make) \S", line):
                found.append((page.name, line))
    return found


def root_command() -> click.Command:
    from flows.command_line import app
    from flows.commands.portals import portals_app
    from flows.commands.review import review_app

    if "portals" not in {group.name for group in app.registered_groups}:
        app.add_typer(portals_app, name="portals")
    if "review" not in {group.name for group in app.registered_groups}:
        app.add_typer(review_app, name="review")
    return typer.main.get_command(app)


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda part: part[:60])
def test_a_command_in_the_docs_exists(page: str, line: str) -> None:
    words = shlex.split(line.replace("…", " "))
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert words[1] in targets, f"{page}: {line}"
        return
    command = root_command()
    words = words[1:]
    while words and not words[0].startswith("-") and hasattr(command, "commands"):
        assert words[0] in command.commands, f"{page}: {line}"
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help",
        "-h",
    }
    unknown = [word for word in words if word.startswith("--") and word.split("=")[0] not in options]
    assert unknown == [], f"{page}: {line}"


def test_there_are_commands_to_check() -> None:
    assert len(commands()) > 15


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
