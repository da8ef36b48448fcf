"""What a row of a list is called: its code, name, ordinal and role."""

from __future__ import annotations

import re
from dataclasses import dataclass

from budget.codes import continued_code, is_class_name, join_code, level_of, system_of
from budget.disclosure import CodeSystem, Role
from budget.kinds import StatementKind, kind_of
from budget.measures import measure_of_level
from budget.printed_text import plain_name, says_of_which, split_ordinal, without_of_which
from budget.words import HEADERS, any_of, holds, is_total, total_role
from extract.statements.blocks import Block
from extract.statements.model import Cell, Table


@dataclass(slots=True)
class Key:
    """What a row of one list is called."""

    code: str = ""
    system: CodeSystem | None = None
    alt_code: str | None = None
    name: str = ""
    ordinal: str | None = None
    role: Role = "detail"
    printed: str = ""


_UNIT_NAME = re.compile(r"^(\d{3}(?:\d{3}){0,2})[_—–-](?=[^\d,.%-])(.+)$")
"""A unit with its code before its name (106_某市公安局)."""
_CODE_NAME = re.compile(r"^[\[【(（]?(\d{3}(?:\d{2}){0,2})[\]】)）]?[-—–_:：]?(?=[^\d,.%-])(.+)$")
_BEGINS_LIKE_A_CODE = re.compile(r"^\d{3}")
_DIGIT = re.compile(r"\d")
_SPACED_CODE = re.compile(r"[\d\s.\-]+")
_CODE = re.compile(r"[0-9A-Za-z]+")
_MAIN_ORDINAL = re.compile(r"^[一二三四五六七八九十]+、")
_PROJECT_CODE = re.compile(any_of(HEADERS.of_projects) + any_of(HEADERS.codes))

Coded = list[tuple[str, CodeSystem | None]]
"""Codes of a row with their systems, the one that says what the row is for first."""


def key_of(table: Table, block: Block, row: tuple[Cell, ...], above: dict[int, str]) -> Key:
    """What a row of one list is called. `above` holds the levels of codes that rows above have printed, by column, and is
    brought up to this row."""
    name_cell = next((row[c] for c in block.names if row[c].shown), None)
    printed = name_cell.shown if name_cell is not None else ""
    coded = _codes(table, block, row, above, plain_name(printed))
    total = _total_in(table, block, row)
    if total is not None and not any(_BEGINS_LIKE_A_CODE.match(code) for code, _ in coded):
        coded, printed = [], _name_of_total(total, printed, block, row)
    key = Key()
    if coded:
        _take_codes(key, coded)
    else:
        printed = _take_fused_code(key, printed, table, block, row)
    key.printed = printed
    key.ordinal = split_ordinal(without_of_which(printed))[0]
    key.name = plain_name(printed)
    key.role = _role(key, name_cell, kind_of(table.kind))
    return key


def _total_in(table: Table, block: Block, row: tuple[Cell, ...]) -> str | None:
    """The name of a total that stands anywhere left of the amounts."""
    texts = (row[c].shown for c in block.columns if table.roles[c] in ("code", "name", "text"))
    return next(filter(is_total, texts), None)


def _name_of_total(total: str, printed: str, block: Block, row: tuple[Cell, ...]) -> str:
    in_code = total in (row[c].shown for group in block.codes for c in group)
    return total if in_code or not printed or is_total(printed) else printed


def _take_codes(key: Key, coded: Coded) -> None:
    """The first code is the row's, the second its other one; of two economic codes the department's comes first."""
    codes = [code for code, _ in coded]
    if [system for _, system in coded[:2]] == ["government_economic", "department_economic"]:
        codes[:2] = reversed(codes[:2])
    key.code = codes[0]
    if len(codes) > 1:
        key.alt_code = codes[1]
    key.system = dict(coded).get(key.code) or system_of(key.code)


def _take_fused_code(key: Key, printed: str, table: Table, block: Block, row: tuple[Cell, ...]) -> str:
    """A code that stands in one cell with the name (30201办公费); gives the name without it."""
    if printed:
        found = _CODE_NAME.match(printed)
        if found is None or system_of(found.group(1)) is None:
            return _take_unit_code(key, printed)
        key.alt_code = _other_code(block, row)
    else:
        texts = (row[c].shown for c in block.columns if table.roles[c] == "text")
        found = next(filter(None, map(_CODE_NAME.match, texts)), None)
        if found is None:
            return ""
    key.code = found.group(1)
    key.system = system_of(key.code)
    name = found.group(2)
    if key.system == "government_economic" and (other := _department_cell(block, row)) is not None:
        # the department's code names the row, whichever stands first
        key.code, key.alt_code, key.system, name = other[1], key.code, "department_economic", other[2]
    return name


def _take_unit_code(key: Key, printed: str) -> str:
    found = _UNIT_NAME.match(printed)
    if found is None:
        return printed
    key.code, key.system = found.group(1), "unit"
    return found.group(2)


def _department_cell(block: Block, row: tuple[Cell, ...]) -> re.Match[str] | None:
    """The department's economic code with its name in another column of names (50102-社会保障缴费 | 30108-养老保险缴费)."""
    others = filter(None, (_CODE_NAME.match(row[c].shown) for c in block.columns))
    return next((one for one in others if system_of(one.group(1)) == "department_economic"), None)


def _other_code(block: Block, row: tuple[Cell, ...]) -> str | None:
    """The department's economic code in another column of names."""
    others = filter(None, (_CODE_NAME.match(row[c].shown) for c in block.names[1:]))
    return next((one.group(1) for one in others if system_of(one.group(1)) == "department_economic"), None)


def _codes(table: Table, block: Block, row: tuple[Cell, ...], above: dict[int, str], name: str) -> Coded:
    groups = sorted(block.codes, key=lambda group: _code_rank(table, group))
    return [(code, _system(code, table, group)) for group in groups if (code := _code(group, row, above, name))]


def _code_rank(table: Table, group: tuple[int, ...]) -> int:
    """Codes of units say whose row it is, not what it is for: any other code of the row comes first."""
    header = _header(table, group)
    if holds(header, HEADERS.of_units):
        return 2
    return 1 if holds(header, HEADERS.of_projects) and not holds(header, HEADERS.of_accounts) else 0


def _header(table: Table, group: tuple[int, ...]) -> str:
    return "".join(table.paths[group[0]].shown)


def _system(code: str, table: Table, group: tuple[int, ...]) -> CodeSystem | None:
    header, told = _header(table, group), system_of(code)
    if holds(header, HEADERS.of_units) and not holds(header, HEADERS.of_accounts):
        return "unit"
    if told is None and _PROJECT_CODE.search(header) and not holds(header, HEADERS.of_functions):
        return "project"
    return told


def _code(group: tuple[int, ...], row: tuple[Cell, ...], above: dict[int, str], name: str) -> str:
    """The full code of one group of code columns; rows that print one level only take those above from earlier rows."""
    parts = [row[c].shown for c in group]
    if not any(map(_DIGIT.search, parts)):
        return ""
    if len(group) == 1:
        code = _lone_code(parts[0])
        code = continued_code(code, above.get(group[0], ""), name) or code
        if level_of(code) is not None:
            above[group[0]] = code
        return code
    _remember(group, parts, above)
    deepest = max(i for i, part in enumerate(parts) if part)
    return join_code(tuple(part or (above.get(c, "") if i < deepest else "")
                           for i, (c, part) in enumerate(zip(group, parts, strict=True))))  # fmt: skip


def _lone_code(part: str) -> str:
    text = re.sub(r"[\s.\-]", "", part) if _SPACED_CODE.fullmatch(part) else part
    return text if _CODE.fullmatch(text) else ""


def _remember(group: tuple[int, ...], parts: list[str], above: dict[int, str]) -> None:
    """Brings the levels above up to a row: a level that it prints ends all deeper ones that it leaves blank."""
    for i, c in enumerate(group):
        if parts[i]:
            above[c] = parts[i]
            for deeper in range(i + 1, len(group)):
                if not parts[deeper]:
                    above.pop(group[deeper], None)


_CARRY = frozenset({"carry_over_in", "carry_over_out", "non_fiscal_surplus_used"})
_NO_LEVELS = frozenset({"unit", "project", "catalogue"})


def _role(key: Key, cell: Cell | None, kind: StatementKind) -> Role:
    total = total_role(key.name)
    if total is not None:
        return "total" if total == "subtotal" and kind.items_in_rows else total
    if says_of_which(key.printed):
        return "of_which"
    if level := _level(key):
        return level
    if measure_of_level(key.name) in _CARRY:
        return "carry"
    if kind.classes_by_name:
        return _role_in_summary(key, cell)
    return "of_which" if kind.items_in_rows and _is_set_in(key, cell) else "detail"


def _level(key: Key) -> Role | None:
    return level_of(key.code) if key.code and key.system not in _NO_LEVELS else None


DEEP_INDENT = 2
"""Depth by which a row without a main ordinal is set in where it is a part."""


def _is_set_in(key: Key, cell: Cell | None) -> bool:
    return cell is not None and cell.indent >= DEEP_INDENT and not _is_main(key)


def _role_in_summary(key: Key, cell: Cell | None) -> Role:
    """The role of a row that has no code: classes are told by their names, parts by standing in or without an ordinal."""
    if is_class_name(key.name):
        return "class"
    if _is_main(key) or cell is None or not key.name:
        return "detail"
    return "of_which" if cell.indent > 0 or not key.ordinal else "detail"


def _is_main(key: Key) -> bool:
    return key.ordinal is not None and _MAIN_ORDINAL.match(key.ordinal) is not None
