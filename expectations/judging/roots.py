"""Root causes: the smallest set of cells whose change makes the failing identities of one document hold.

One wrong cell usually breaks several identities. For every cell of a failing identity and every amount that would repair
it, count the failing identities that amount explains and the holding ones it would break; take the best, apply it, repeat
on what is left. An amount that is printed elsewhere in the document is believed before one that is not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from expectations.judging.slips import slip_of
from expectations.view.identities import Identity, Term
from expectations.view.tables import Cell

Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Root:
    """A cell that, read as `value`, makes `explains` hold. `cell` is None where no single cell explains the failure."""

    cell: Cell | None
    label: str
    value: Decimal | None
    explains: tuple[int, ...]
    printed_elsewhere: tuple[Term, ...] = ()
    moved_from: Cell | None = None
    """The cell of the same row that holds the amount which `cell` has lost (a value one column off)."""
    moved_to: int | None = None
    """Number of the earlier root of the same row that this one is a part of."""


@dataclass(slots=True)
class _Sheet:
    """Identities with the changes made so far."""

    identities: Sequence[Identity]
    change: dict[Key, Decimal] = field(default_factory=dict)
    weight: dict[int, dict[Key, int]] = field(default_factory=dict)
    of_cell: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(list))
    cells: dict[Key, Term] = field(default_factory=dict)

    def gap(self, number: int) -> Decimal:
        gap, weights = self.identities[number].difference, self.weight[number]
        for key, change in self.change.items():
            if key in weights:
                gap += change * weights[key]
        return gap

    def holds(self, number: int, gap: Decimal) -> bool:
        one = self.identities[number]
        return (gap if one.relation == "≤" else abs(gap)) <= one.tolerance


def key_of(cell: Cell) -> Key:
    """A cell of a document by place."""
    return cell.statement_id, cell.row, cell.col


def _sheet(identities: Sequence[Identity], failing: Sequence[int]) -> _Sheet:
    """Weights of the identities that share a cell with a failing one; the others stay as they are whatever is changed."""
    sheet = _Sheet(identities)
    among = set(failing)
    suspects = {key_of(term.cell) for number in failing for term in identities[number].terms}
    for number, identity in enumerate(identities):
        if identity.skipped is not None or identity.stated is not None:
            continue
        if number not in among and not any(key_of(term.cell) in suspects for term in identity.terms):
            for term in identity.terms:
                sheet.cells.setdefault(key_of(term.cell), term)
            continue
        weights: dict[Key, int] = defaultdict(int)
        for terms, sign in ((identity.left, 1), (identity.right, -1)):
            for term in terms:
                key = key_of(term.cell)
                weights[key] += sign * term.sign
                sheet.cells.setdefault(key, term)
        sheet.weight[number] = dict(weights)
        for key in weights:
            sheet.of_cell[key].append(number)
    return sheet


def roots_of(identities: Sequence[Identity], failing: Sequence[int]) -> list[Root]:
    """Roots that together explain every failing identity (numbers into `identities`), the strongest first."""
    if all(identities[number].stated is not None for number in failing):
        return [Root(None, "", None, (number,)) for number in failing]
    sheet = _sheet(identities, failing)
    alone = [number for number in failing if number not in sheet.weight]
    open_ones = [number for number in failing if number in sheet.weight]
    amounts = Counter(term.cell.value for term in sheet.cells.values() if term.cell.value)
    found: list[Root] = []
    while open_ones:
        best = _best(sheet, open_ones, amounts)
        if best is None:
            break
        changes, explained = best
        key = next(iter(changes))
        term = sheet.cells[key]
        value = term.cell.value + sheet.change.get(key, Decimal(0)) + changes[key]
        for each, change in changes.items():
            sheet.change[each] = sheet.change.get(each, Decimal(0)) + change
        others = _witnesses(sheet, changes, explained, value)
        origin = [sheet.cells[k].cell for k in changes if k != key]
        found.append(Root(term.cell, term.label, value, tuple(explained), others, origin[0] if origin else None))
        open_ones = [number for number in open_ones if number not in explained]
    found += _without_a_cell(sheet, open_ones)
    found += [Root(None, "", None, (number,)) for number in alone]
    return _moved(found)


Changes = dict[Key, Decimal]


def _witnesses(sheet: _Sheet, changes: Changes, explained: Sequence[int], value: Decimal) -> tuple[Term, ...]:
    """Where the right amount is printed: first the cells that the failing identities compare with, then any other."""
    compared = {
        key_of(term.cell): term for number in explained for term in sheet.identities[number].terms if term.cell.printed
    }  # fmt: skip
    found = {**compared, **{key: term for key, term in sheet.cells.items() if key not in compared}}
    return tuple(term for key, term in found.items() if key not in changes and value and term.cell.value == value)


def _best(sheet: _Sheet, open_ones: list[int], amounts: Counter[Decimal]) -> tuple[Changes, list[int]] | None:
    best: tuple[tuple[int, ...], Changes, list[int]] | None = None
    open_set = set(open_ones)
    for changes in _candidates(sheet, open_ones):
        explained, broken = _effect(sheet, changes, open_set)
        if len(explained) <= broken or not _is_possible(sheet, changes, explained, amounts):
            continue
        score = _score(sheet, changes, explained, broken, amounts)
        if best is None or score > best[0]:
            best = (score, changes, explained)
    return (best[1], best[2]) if best else None


def _is_possible(sheet: _Sheet, changes: Changes, explained: Sequence[int], amounts: Counter[Decimal]) -> bool:
    """Whether a person would believe the amount: not negative among positive ones; where it repairs a single sum, printed
    elsewhere or a slip of the digits that are printed."""
    key = next(iter(changes))
    cell = sheet.cells[key].cell
    value = cell.value + sheet.change.get(key, Decimal(0)) + changes[key]
    if value < 0 <= cell.value and not any(
        term.cell.value < 0 for number in explained for term in sheet.identities[number].terms
    ):
        return False
    if len(explained) > 1 or len(changes) > 1 or not cell.statement_id:
        return True
    counted_twice = amounts[abs(changes[key])] > 0
    return counted_twice or amounts[value] > 0 or _like(cell.value, value) or slip_of(cell.value, value) is not None


def _candidates(sheet: _Sheet, open_ones: list[int]) -> Iterator[Changes]:
    """One cell with another amount; or an amount moved back to a blank cell of its row."""
    open_set = set(open_ones)
    keys = dict.fromkeys(key for number in open_ones for key in sheet.weight[number])
    for key in keys:
        numbers = [number for number in sheet.of_cell[key] if number in open_set and sheet.weight[number][key]]
        for change in dict.fromkeys(-sheet.gap(number) / sheet.weight[number][key] for number in numbers):
            yield {key: change}
    rows: dict[tuple[str, int], list[Key]] = defaultdict(list)
    for key in keys:
        rows[key[:2]].append(key)
    for here in rows.values():
        blank = [key for key in here if not sheet.cells[key].cell.printed and key not in sheet.change]
        full = [key for key in here if sheet.cells[key].cell.value and key not in sheet.change]
        for lost in blank:
            for holder in full:
                value = sheet.cells[holder].cell.value
                yield {lost: value, holder: -value}


def _effect(sheet: _Sheet, changes: Changes, open_set: set[int]) -> tuple[list[int], int]:
    """(failing identities that would hold, holding ones that would fail)."""
    explained, broken = [], 0
    for number in dict.fromkeys(number for key in changes for number in sheet.of_cell[key]):
        moved = sum((sheet.weight[number].get(key, 0) * change for key, change in changes.items()), Decimal(0))
        if not moved:
            continue
        gap = sheet.gap(number)
        if number in open_set:
            if sheet.holds(number, gap + moved):
                explained.append(number)
        elif sheet.holds(number, gap) and not sheet.holds(number, gap + moved):
            broken += 1
    return explained, broken


def _score(
    sheet: _Sheet, changes: Changes, explained: list[int], broken: int, amounts: Counter[Decimal]
) -> tuple[int, ...]:
    """More explained than broken; one cell rather than two; a printed cell; an amount printed elsewhere; a total."""
    key = next(iter(changes))
    cell = sheet.cells[key].cell
    value = cell.value + changes[key]
    left = sum(any(key_of(term.cell) == key for term in sheet.identities[number].left) for number in explained)
    return (
        len(explained) - broken,
        -broken,
        -len(changes),
        int(cell.printed),
        int(bool(value) and amounts[value] > 0) + int(value >= 0),
        int(_like(cell.value, value)),
        left,
    )


def _like(old: Decimal, new: Decimal) -> bool:
    """Whether the two amounts have the same digits but for a slip: swapped, dropped or shifted digits."""
    digits = [str(abs(number).normalize()).replace(".", "").strip("0") for number in (old, new)]
    if not all(digits):
        return False
    if sorted(digits[0]) == sorted(digits[1]):
        return True
    short, long = sorted(digits, key=len)
    return len(long) - len(short) == 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _without_a_cell(sheet: _Sheet, open_ones: list[int]) -> list[Root]:
    """Failures that no single cell explains, gathered by the left side's line: a row is missing, or several cells are wrong."""
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in open_ones:
        identity = sheet.identities[number]
        first = identity.terms[0].cell if identity.terms else None
        groups[(first.statement_id, first.row) if first else ("", number)].append(number)
    found = []
    for numbers in groups.values():
        terms = sheet.identities[numbers[0]].terms
        found.append(Root(terms[0].cell if terms else None, terms[0].label if terms else "", None, tuple(numbers)))
    return found


def _moved(found: list[Root]) -> list[Root]:
    """Roots of one row that was lost with all its cells are one mishap."""
    result = list(found)
    for later, one in enumerate(result):
        for earlier, other in enumerate(result[:later]):
            if one.cell is None or other.cell is None or one.value is None or other.value is None:
                continue
            same_row = key_of(one.cell)[:2] == key_of(other.cell)[:2]
            if same_row and other.moved_to is None and not one.cell.printed and not other.cell.printed:
                result[later] = replace(one, moved_to=earlier)
                break
    return result
