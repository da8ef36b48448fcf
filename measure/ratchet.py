"""What may only get simpler: `python -m measure.ratchet [--write]`.

Every function that radon grades D or worse (boolean operators counted), every function longer than 80 lines and every file longer
than 600 stands in `ratchet.toml` with its figure. A new one, or one that grew, fails; one that shrank must be lowered with
`--write`, which never raises a figure. Exit status 0 or 1.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = Path(__file__).with_name("ratchet.toml")
ROOMS: Final = ("budget", "archive", "spiders", "extract", "expectations", "warehouse", "review", "flows", "measure")
COMPLEX: Final = 21
"""radon's grade D begins here."""
LONG_FUNCTION: Final = 80
LONG_FILE: Final = 600

Figures = dict[str, int]


def measured() -> dict[str, Figures]:
    """section → name → figure, of everything above its threshold."""
    from radon.complexity import cc_visit

    found: dict[str, Figures] = {"complexity": {}, "function_lines": {}, "file_lines": {}}
    for path in _files():
        name, source = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        lines = source.count("\n")
        if lines > LONG_FILE:
            found["file_lines"][name] = lines
        for block in cc_visit(source):
            for one in (block, *getattr(block, "methods", ())):
                if hasattr(one, "methods"):
                    continue
                if one.complexity >= COMPLEX:
                    found["complexity"][f"{name}:{one.fullname}"] = one.complexity
        for function, length in _functions(ast.parse(source)):
            if length > LONG_FUNCTION:
                found["function_lines"][f"{name}:{function}"] = length
    return found


def _files() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted(path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)


def _functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, int]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{inside}{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1
            yield from _functions(node, f"{inside}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{inside}{node.name}.")


def kept() -> dict[str, Figures]:
    """What is allowed today."""
    if not KEPT.exists():
        return {}
    found: dict[str, Figures] = tomllib.loads(KEPT.read_text(encoding="utf-8"))
    return found


def complaints(now: dict[str, Figures], before: dict[str, Figures]) -> list[str]:
    """What grew or is new; then what shrank or went and must be taken out of the list."""
    told = []
    for section, figures in now.items():
        allowed = before.get(section, {})
        for name, figure in figures.items():
            if name not in allowed:
                told.append(f"{section}: {name} is new at {figure}; make it simpler")
            elif figure > allowed[name]:
                told.append(f"{section}: {name} grew from {allowed[name]} to {figure}; make it simpler")
            elif figure < allowed[name]:
                told.append(
                    f"{section}: {name} shrank from {allowed[name]} to {figure}: python -m measure.ratchet --write"
                )
        told += [
            f"{section}: {name} is gone from the list's reach: python -m measure.ratchet --write"
            for name in allowed
            if name not in figures
        ]
    return told


def written(now: dict[str, Figures], before: dict[str, Figures]) -> str:
    """The list with figures lowered and what is gone left out; nothing is raised or added once there is a list."""
    lines = [
        "# What is more complex or longer than it should be, and may only shrink: python -m measure.ratchet --write",
        "",
    ]
    for section, figures in now.items():
        allowed = before.get(section, figures if not before else {})
        lines.append(f"[{section}]")
        lines += [
            f'"{name}" = {min(figure, allowed[name])}' for name, figure in sorted(figures.items()) if name in allowed
        ]
        lines.append("")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compares, or writes the list."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="lower what shrank, take out what is gone")
    options = parser.parse_args(arguments)
    now, before = measured(), kept()
    if options.write:
        KEPT.write_text(written(now, before), encoding="utf-8")
        before = kept()
    told = complaints(now, before)
    for one in told:
        print(one)
    print(", ".join(f"{len(figures)} of {section}" for section, figures in now.items()), file=sys.stderr)
    return 1 if told else 0


if __name__ == "__main__":
    raise SystemExit(main())
