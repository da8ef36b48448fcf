"""What a row of a list is called: its code, name, ordinal and role."""

from __future__ import annotations

import re
from dataclasses import dataclass

from budget.codes import is_class_name, join_code, level_of, system_of
from budget.disclosure import CodeSystem, Role
from budget.measures import measure_of_level
from budget.printed_text import plain_name, says_of_which, split_ordinal
from budget.words import is_total, total_role
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


_CODE_NAME = re.compile(r"^[\[【(（]?(\d{3}(?:\d{2}){0,2})[\]】)）]?[-—–_:：]?(?=[^\d,.%-])(.+)$")


def key_of(table: Table, block: Block, row: tuple[Cell, ...], above: dict[int, str]) -> Key:
    key = Key()
    texts = [row[c].shown for c in block.columns if c not in block.money and table.roles[c] in ("code", "name", "text")]
    total = next((t for t in texts if is_total(t)), None)
    groups = sorted(block.codes, key=lambda group: _code_rank(table, group))
    coded = [(code, _system(code, table, group)) for group in groups if (code := _code(group, row, above))]
    codes = [code for code, _ in coded]
    name_cell = next((row[c] for c in block.names if row[c].shown), None)
    printed = name_cell.shown if name_cell is not None else ""
    if total is not None and not any(re.match(r"^\d{3}", code) for code in codes):
        codes, coded = [], []
        printed = total if not printed or is_total(printed) or printed == total else printed
        if block.codes and any(row[c].shown == total for g in block.codes for c in g):
            printed = total
    found = _CODE_NAME.match(printed)
    if found and system_of(found.group(1)) and not codes:
        codes, printed = [found.group(1)], found.group(2)
        others = [
            m.group(1) for c in block.names[1:] if (m := _CODE_NAME.match(row[c].shown)) and system_of(m.group(1))
        ]
        key.alt_code = next((o for o in others if system_of(o) == "department_economic"), None)
    elif not printed and not codes:
        for c in block.columns:
            if table.roles[c] == "text" and (m := _CODE_NAME.match(row[c].shown)):
                codes, printed = [m.group(1)], m.group(2)
                break
    if codes:
        key.code = codes[0]
        if len(codes) > 1:
            systems = [system for _, system in coded]
            if systems[0] == "government_economic" and systems[1] == "department_economic":
                codes[0], codes[1] = codes[1], codes[0]
            key.code, key.alt_code = codes[0], codes[1]
        key.system = dict(coded).get(key.code) or system_of(key.code)
    key.printed = printed
    key.ordinal = split_ordinal(re.sub(r"^其中[:：]?", "", printed))[0]
    key.name = plain_name(printed)
    key.role = _role(key, name_cell, table)
    return key


def _code_rank(table: Table, group: tuple[int, ...]) -> int:
    """Codes of units say whose row it is, not what it is for: any other code of the row comes first."""
    header = "".join(table.paths[group[0]].shown)
    return 2 if "单位" in header else 1 if "项目" in header and "科目" not in header else 0


def _system(code: str, table: Table, group: tuple[int, ...]) -> CodeSystem | None:
    header = "".join(table.paths[group[0]].shown)
    if "单位" in header and "科目" not in header:
        return "unit"
    if re.search(r"项目(?:编码|代码|编号)", header) and "功能" not in header:
        return "project" if system_of(code) in (None, "project") else system_of(code)
    return system_of(code)


def _code(group: tuple[int, ...], row: tuple[Cell, ...], above: dict[int, str]) -> str:
    """The full code of one group of code columns; staircase rows take the levels above them from earlier rows."""
    parts = [row[c].shown for c in group]
    if not any(parts):
        return ""
    if not any(re.search(r"\d", p) for p in parts):
        return ""
    if len(group) == 1:
        text = re.sub(r"[\s.\-]", "", parts[0]) if re.fullmatch(r"[\d\s.\-]+", parts[0]) else parts[0]
        return text if re.fullmatch(r"[0-9A-Za-z]+", text) else ""
    deepest = max(i for i, p in enumerate(parts) if p)
    for i, c in enumerate(group):
        if parts[i]:
            above[c] = parts[i]
            for lower in group[i + 1 :]:
                if not row[lower].shown:
                    above.pop(lower, None)
    full = [parts[i] or (above.get(c, "") if i < deepest else "") for i, c in enumerate(group)]
    return join_code(tuple(full))


_CARRY = frozenset({"carry_over_in", "carry_over_out", "non_fiscal_surplus_used"})


def _role(key: Key, cell: Cell | None, table: Table) -> Role:
    name = key.name
    total = total_role(name)
    if total is not None:
        return "total" if total == "subtotal" and table.kind == "three_public_expenses" else total
    if says_of_which(key.printed):
        return "of_which"
    if key.code and key.system not in ("unit", "project", "catalogue") and (level := level_of(key.code)):
        return level
    if measure_of_level(name) in _CARRY:
        return "carry"
    if table.kind in ("revenue_expenditure_summary", "appropriation_summary"):
        if is_class_name(name):
            return "class"
        if key.ordinal and re.match(r"^[一二三四五六七八九十]+、", key.ordinal):
            return "detail"
        return "of_which" if cell is not None and (cell.indent > 0 or not key.ordinal) and name else "detail"
    if (
        table.kind == "three_public_expenses"
        and cell is not None
        and cell.indent > 1
        and not (key.ordinal and re.match(r"^[一二三四五六七八九十]+、", key.ordinal))
    ):
        return "of_which"
    return "detail"
