"""Classification codes of 政府收支分类科目: systems, names, parents. The list is data (`data/codes.csv`).

Codes are text: leading zeros count. Whether a code found on a page is *right* is a check's business, not this module's.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources

from budget.disclosure import CodeSystem, Role
from budget.printed_text import squeeze

_PROJECT = re.compile(r"^\d{6,8}(?:\d{2})?[A-Z]\d[0-9A-Z]{8,20}$")
_CATALOGUE = re.compile(r"^[ABC]\d{2,8}$")
_FUNCTIONAL = re.compile(r"^2\d{2}(?:\d{2}(?:\d{2})?)?$")
_DEPARTMENT = re.compile(r"^3\d{2}(?:\d{2}(?:\d{2})?)?$")
_GOVERNMENT = re.compile(r"^5\d{2}(?:\d{2})?$")


@cache
def _names() -> dict[tuple[str, str], tuple[str, ...]]:
    text = resources.files("budget").joinpath("data/codes.csv").read_text(encoding="utf-8-sig")
    found: dict[tuple[str, str], list[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        system = _system_of_kind(row["kind"])
        if system:
            found.setdefault((system, row["code"]), []).append(squeeze(row["name"]))
    return {key: tuple(names) for key, names in found.items()}


def _system_of_kind(kind: str) -> str | None:
    if kind.startswith("functional"):
        return "functional"
    if kind.startswith("dept_economic") or kind.startswith("department_economic"):
        return "department_economic"
    if kind.startswith("gov_economic") or kind.startswith("government_economic"):
        return "government_economic"
    return None


def system_of(code: str) -> CodeSystem | None:
    """The code system a joined code belongs to by its form; None for text that is no known code.

    Some cities print a third level below the department's economic 款 (3021101 差旅费).
    """
    code = squeeze(code)
    if _FUNCTIONAL.match(code):
        return "functional"
    if _DEPARTMENT.match(code):
        return "department_economic"
    if _GOVERNMENT.match(code):
        return "government_economic"
    if _PROJECT.match(code):
        return "project"
    if _CATALOGUE.match(code):
        return "catalogue"
    return None


def names_of(code: str, system: CodeSystem | None = None) -> tuple[str, ...]:
    """Every name known for a code, current and historic (blank-free); () when the code is not in the list."""
    return _names().get((system or system_of(code) or "", squeeze(code)), ())


def continued_code(part: str, above: str, name: str) -> str:
    """The full code of a row that prints only its own level (`05` below 208, or below its item 2080506); '' where neither the
    list of codes nor the row above tells the level.

    `above` is the last full code of the column. The name decides between levels (99 below 20805: 2080599 or 20899), then the
    list, then nothing but a class above.
    """
    part, above = squeeze(part), squeeze(above)
    if not part.isdigit() or len(part) > 2 or level_of(above) is None:
        return ""
    bases = dict.fromkeys(above[:length] for length in (5, 3) if len(above) >= length)
    known = {base + part.zfill(2): names_of(base + part.zfill(2)) for base in bases}
    for fitting in ([code for code, names in known.items() if squeeze(name) in names], [*filter(known.get, known)]):
        if len(fitting) == 1:
            return fitting[0]
    return above + part.zfill(2) if level_of(above) == "class" else ""


@cache
def _class_names() -> frozenset[str]:
    return frozenset(
        name
        for (system, code), names in _names().items()
        if system == "functional" and len(code) == 3
        for name in names
    )


def is_class_name(name: str) -> bool:
    """Whether a plain name is that of a functional class (社会保障和就业支出), in today's or an older wording."""
    return squeeze(name) in _class_names()


def parent_of(code: str) -> str | None:
    """The code one level up (2080101 → 20801 → 208 → None); economic codes have two levels (30101 → 301)."""
    code = squeeze(code)
    system = system_of(code)
    if system == "functional" and len(code) > 3:
        return code[:-2]
    if system in ("department_economic", "government_economic") and len(code) == 5:
        return code[:3]
    return None


def level_of(code: str) -> Role | None:
    """class (类), section (款) or item (项) of a functional or economic code; None for other codes."""
    code = squeeze(code)
    if system_of(code) not in ("functional", "department_economic", "government_economic"):
        return None
    return {3: "class", 5: "section", 7: "item"}.get(len(code))  # type: ignore[return-value]


def join_code(parts: tuple[str, ...]) -> str:
    """The full code of one printed in several cells (`208 | 05 | 05` → 2080505, `208 | 20805` → 20805).

    A part of one digit has lost its leading zero to a spreadsheet (trap 1) and gets it back below the first level.
    """
    joined = ""
    for part in map(squeeze, parts):
        if not part:
            continue
        if joined and part.startswith(joined):
            joined = part
        elif joined and len(part) == 1 and part.isdigit():
            joined += "0" + part
        else:
            joined += part
    return joined


def codes_of(system: CodeSystem) -> dict[str, tuple[str, ...]]:
    """Every listed code of a system with its names, current and historic (blank-free)."""
    return {code: names for (of, code), names in _names().items() if of == system}
