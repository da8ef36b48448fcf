"""Whether two extractions are the same: `python -m measure.same_outputs BEFORE AFTER [--show N]`.

BEFORE and AFTER are folders that `yusuan extract … --json --output FOLDER` wrote, of the same documents by two versions of the
code. A change that only moves or renames code leaves every output equal, byte for byte, apart from the recipe and the seconds
that reading took. Prints what differs, document by document, and the counts; exit status 0 when nothing does, 1 when something does, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

SHOWN = 5
"""Differences shown of one document, unless told otherwise."""


@dataclass(frozen=True)
class Compared:
    """What became of each document, by its path below the folders."""

    equal: tuple[str, ...]
    different: tuple[str, ...]
    missing: tuple[str, ...]
    """In BEFORE only."""
    new: tuple[str, ...]
    """In AFTER only."""

    @property
    def same(self) -> bool:
        return not (self.different or self.missing or self.new)


def outputs(folder: Path) -> dict[str, Path]:
    """The outputs below a folder, by their path there."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.json"))}


def without_recipe(path: Path) -> dict[str, Any]:
    """One output without what every change of code changes (the recipe) and what no two runs share (seconds)."""
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    found.get("document", {}).pop("recipe", None)
    found.pop("seconds", None)
    return found


def compare(before: Path, after: Path) -> Compared:
    """Every output of two folders held against the other of the same name."""
    old, new = outputs(before), outputs(after)
    both = [name for name in old if name in new]
    equal = {name for name in both if _text(old[name]) == _text(new[name])}
    return Compared(
        tuple(name for name in both if name in equal),
        tuple(name for name in both if name not in equal),
        tuple(name for name in old if name not in new),
        tuple(name for name in new if name not in old),
    )


def _text(path: Path) -> str:
    return json.dumps(without_recipe(path), ensure_ascii=False)


def differences(old: object, new: object, at: str = "") -> Iterator[str]:
    """The places where two outputs differ, each with both values; the order of keys counts too."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{at}.{key}" if at else str(key))
        if old == new and list(old) != list(new):
            yield f"{at}: the same keys in another order"
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{at}: {len(old)} → {len(new)} entries"
        for number, (one, other) in enumerate(zip(old, new, strict=False)):
            yield from differences(one, other, f"{at}[{number}]")
    elif old != new:
        yield f"{at}: {json.dumps(old, ensure_ascii=False)} → {json.dumps(new, ensure_ascii=False)}"


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m measure.same_outputs", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--show", type=int, default=SHOWN, help="differences shown of one document")
    options = parser.parse_args(arguments)
    for folder in (options.before, options.after):
        if not outputs(folder):
            print(
                f"{folder}: no outputs there; write some with `yusuan extract … --json --output {folder}`",
                file=sys.stderr,
            )
            return 2
    found = compare(options.before, options.after)
    for name in found.different:
        print(name)
        pair = without_recipe(options.before / name), without_recipe(options.after / name)
        for line in islice(differences(*pair), options.show):
            print(f"    {line[:300]}")
    for name in found.missing:
        print(f"{name}: only in {options.before}")
    for name in found.new:
        print(f"{name}: only in {options.after}")
    print(
        f"{len(found.equal)} equal, {len(found.different)} different, {len(found.missing)} missing, {len(found.new)} new"
    )
    return 0 if found.same else 1


if __name__ == "__main__":
    sys.exit(main())
