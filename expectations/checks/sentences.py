"""TXT-02, -03, -04, -09, -10: what the text says against what the text says.

A figure is held against others of its sentence, or of the section where 三公 is told item by item. What a sentence leaves
open (…等, 主要) is no sum; a percentage is judged only beside the change it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from budget.amounts import printed_decimals
from budget.disclosure import Disclosure
from budget.printed_text import squeeze
from expectations.view.identities import Identity, Term, equal, skip
from expectations.view.told import (
    Sum,
    Told,
    all_of,
    amounts_of,
    by_sentence,
    name_of,
    stem_of,
    sums,
    topics,
    topics_of,
    word,
)

SECTIONS = ("three_public", "vehicle_total")
"""Totals whose parts are told in sentences of their own."""


def identities(disclosure: Disclosure) -> Iterator[Identity]:
    """TXT-02, TXT-03, TXT-04, TXT-09 and TXT-10 of a disclosure with a text."""
    if not disclosure.prose_facts:
        return
    amounts = amounts_of(disclosure)
    yield from _totals(amounts)
    yield from _percentages(disclosure)
    yield from _changes(amounts)
    yield from _wording(disclosure)


# --------------------------------------------------------------------------- TXT-02, TXT-04: parts


def _totals(amounts: list[Told]) -> Iterator[Identity]:
    for rule in sums():
        claimed = False
        for sentence in by_sentence(amounts):
            for claim in _in_sentence(rule, sentence, amounts):
                claimed = True
                yield claim
        if not claimed and rule.total in SECTIONS:
            yield from _in_section(rule, amounts)


def _in_sentence(rule: Sum, sentence: list[Told], amounts: list[Told]) -> Iterator[Identity]:
    heads = [one for one in sentence if one.topic == rule.total]
    for position, head in enumerate(heads):
        following = heads[position + 1].number if position + 1 < len(heads) else None
        if len(rule.parts) == 1:  # a list of items goes on in the sentences below (包括：办公费…)
            after = _items_below(rule, head, amounts)
        else:
            after = [o for o in sentence if o.number > head.number and (following is None or o.number < following)]
        parts = [one for one in after if one.topic in rule.parts]
        if not _complete(rule, parts):
            continue
        text = parts[0].fact.sentence
        if not word("of_which").search(text):
            continue
        others = [one for one in after if one.topic == "other"]
        yield _adds_up(rule, head, parts, others, text)


def _items_below(rule: Sum, head: Told, amounts: list[Told]) -> list[Told]:
    found = []
    for one in amounts:
        if one.number <= head.number:
            continue
        if one.topic in rule.parts:
            found.append(one)
        elif found or one.fact.sentence != head.fact.sentence:
            break
    return found


def _complete(rule: Sum, parts: list[Told]) -> bool:
    named = [one.topic for one in parts]
    if len(rule.parts) > 1 and len(set(named)) != len(named):
        return False  # one topic twice in a sentence: of two years, or of two bodies
    if rule.whole:
        return set(rule.whole) <= set(named)
    return len(named) >= rule.least


def _adds_up(rule: Sum, head: Told, parts: list[Told], others: list[Told], text: str) -> Identity:
    readings = [parts, [*parts, *others]] if others else [parts]
    for outer, inner in rule.inside.items():
        if any(one.topic == outer for one in parts) and any(one.topic in inner for one in parts):
            readings.insert(0, [one for one in parts if one.topic not in inner])
    own = [head.term()]
    claims = [
        equal("TXT-02", own, [one.term() for one in reading], name_of(rule.total), text[:40]) for reading in readings
    ]
    best = next((claim for claim in claims if claim.holds), claims[0])
    if best.holds:
        return best
    if word("open_list").search(text):
        return skip("TXT-02", "the list of parts is open (等, 主要)", row_label=rule.total)
    if others:
        return skip("TXT-02", "the list names a part that is not understood", row_label=rule.total)
    if rule.least and any(abs(one.amount + best.difference) <= best.tolerance for one in parts if one.amount):
        # more than the whole by exactly one of the parts: it is told again inside another
        return skip("TXT-02", "the parts named overlap", row_label=rule.total)
    return best


def _only(amounts: list[Told], topic: str) -> Told | None:
    """The figure of a topic; None when the text names none, or several."""
    found = [one for one in amounts if one.topic == topic]
    return found[0] if found and len({one.fact.amount for one in found}) == 1 else None


def _in_section(rule: Sum, amounts: list[Told]) -> Iterator[Identity]:
    head = _only(amounts, rule.total)
    parts = [_only(amounts, topic) for topic in rule.parts]
    known = [one for one in parts if one is not None]
    if head is None or len(known) != len(parts):
        return
    yield equal("TXT-02", [head.term()], [one.term() for one in known], name_of(rule.total), head.fact.sentence[:40])


def _changes(amounts: list[Told]) -> Iterator[Identity]:
    """TXT-04: the change of a total is the sum of the changes of its parts; a part told to be unchanged has none."""
    for rule in sums():
        if len(rule.parts) == 1:
            continue
        stem = f"{stem_of(rule.total)}_delta"
        if rule.total in SECTIONS:
            yield from _changes_of_section(rule, amounts, stem)
            continue
        for sentence in by_sentence(amounts):
            heads = [one for one in sentence if one.topic == stem]
            parts = [one for one in sentence if one.topic in {f"{stem_of(part)}_delta" for part in rule.parts}]
            plain = [replace_topic(one) for one in parts]
            if len(heads) != 1 or not _complete(rule, plain) or not word("of_which").search(parts[0].fact.sentence):
                continue
            claim = equal(
                "TXT-04", [heads[0].term()], [one.term() for one in parts], name_of(stem), parts[0].fact.sentence[:40]
            )
            open_list = word("open_list").search(parts[0].fact.sentence)
            yield (
                skip("TXT-04", "the list of changes is open (等, 主要)", row_label=stem)
                if open_list and not claim.holds
                else claim
            )


def replace_topic(one: Told) -> Told:
    """A change under the topic whose change it is: basic_delta → basic_expenditure."""
    stem = one.topic.removesuffix("_delta")
    return Told(one.number, one.fact.model_copy(update={"topic": topics_of(stem)[0]}))


def _changes_of_section(rule: Sum, amounts: list[Told], stem: str) -> Iterator[Identity]:
    head = _only(amounts, stem)
    if head is None:
        return
    terms: list[Term] = []
    for part in rule.parts:
        change = _only(amounts, f"{stem_of(part)}_delta")
        if change is not None:
            terms.append(change.term())
            continue
        several = any(one.topic == f"{stem_of(part)}_delta" for one in amounts)
        own = _only(amounts, part)
        if several or own is None or not _unchanged(own):
            yield skip("TXT-04", "the change of a part is not told", row_label=f"{stem}: {part}")
            return
    if terms:
        yield equal("TXT-04", [head.term()], terms, name_of(stem), head.fact.sentence[:40])


def _unchanged(one: Told) -> bool:
    text = one.fact.sentence
    return bool(word("unchanged").search(text)) and not word("up").search(text) and not word("down").search(text)


# --------------------------------------------------------------------------- TXT-03, TXT-10: percentages


def _percentages(disclosure: Disclosure) -> Iterator[Identity]:
    told = all_of(disclosure)
    for one in told:
        stem = one.topic.removesuffix("_percent")
        if one.fact.percent is None or stem == one.topic or one.fact.name:
            continue
        change = _nearest(told, one, (f"{stem}_delta",), same_sentence=True)
        if change is None or change.fact.fiscal_year != one.fact.fiscal_year:
            continue
        yield _direction(one, change)
        claims = [
            claim
            for current in _currents(told, one, stem)
            if (claim := _percentage(one, change, current, stem)) is not None
        ]
        if claims and not any(claim.holds for claim in claims):
            claims += _of_the_whole(told, one, change, stem)
        if claims:
            yield next((claim for claim in claims if claim.holds), claims[0])
        else:
            yield skip("TXT-03", "the amount that changed is not told", row_label=one.topic)


def _of_the_whole(told: list[Told], one: Told, change: Told, stem: str) -> list[Identity]:
    """收入 100 万元，其中：…、其他收入 3 万元，较上年减少 20 万元: a change behind a list of parts may be that of the whole.

    The amounts before the list, of the same sentence and year, as what the change may belong to.
    """
    here = [other for other in told if other.fact.sentence == one.fact.sentence and other.number < change.number]
    own = [other for other in here if other.topic in topics_of(stem)]
    if not own or not word("of_which").search(one.fact.sentence):
        return []
    wholes = [
        other for other in here
        if other.number < own[-1].number and other.fact.amount is not None and other.topic in topics()
        and other.fact.fiscal_year == one.fact.fiscal_year
    ]  # fmt: skip
    claims = [_percentage(one, change, whole, stem) for whole in reversed(wholes)]
    return [claim for claim in claims if claim is not None and claim.holds]


def _nearest(told: list[Told], to: Told, wanted: tuple[str, ...], *, same_sentence: bool) -> Told | None:
    """The figure of a topic nearest before another, else nearest after it in the same sentence."""
    found = [
        one for one in told
        if one.topic in wanted and one.fact.amount is not None and (one.fact.sentence == to.fact.sentence or not same_sentence)
    ]  # fmt: skip
    before = [one for one in found if one.number < to.number]
    if before:
        return before[-1]
    return next((one for one in found if one.fact.sentence == to.fact.sentence), None)


def _currents(told: list[Told], one: Told, stem: str) -> list[Told]:
    """Amounts the change may belong to, of the same year: of its own sentence, else of the one just before.

    A change further away may be of any of the subjects between. A sentence that begins inside a bracket has lost its subject.
    """
    if squeeze(one.fact.sentence)[:1] in ")）」』，。；、":
        return []
    found = [
        other for other in told
        if other.topic in topics_of(stem) and other.fact.amount is not None and not other.fact.name
        and other.fact.fiscal_year == one.fact.fiscal_year
    ]  # fmt: skip
    here = [other for other in found if other.fact.sentence == one.fact.sentence]
    if here:
        before = [other for other in here if other.number < one.number]
        return [*reversed(before), *(other for other in here if other.number > one.number)]
    first = min(other.number for other in told if other.fact.sentence == one.fact.sentence)
    if first == 0:
        return []
    previous = told[first - 1].fact.sentence
    return [other for other in reversed(found) if other.fact.sentence == previous and other.number < first]


def _percentage(one: Told, change: Told, current: Told, stem: str) -> Identity | None:
    prior = current.amount - change.amount
    if prior <= 0 or current.amount < 0:
        return None
    stated = abs(Decimal(one.fact.percent or "0"))
    right = 100 * abs(change.amount) / prior
    half = (current.quantum + change.quantum) / 2
    # what rounding of the two amounts can do to the quotient
    moved = 100 * (change.quantum / 2) / prior + 100 * abs(change.amount) * half / (prior * prior)
    printed = one.fact.raw if one.fact.raw is not None else one.fact.percent or ""
    decimals = printed_decimals(printed)
    tolerance = Decimal("0.5") if decimals == 0 else Decimal(1).scaleb(-min(decimals, 2))
    told = max(0, -int(stated.normalize().as_tuple().exponent))
    if 0 <= right - stated < (cut_off := Decimal(1).scaleb(-min(told, 2))):
        tolerance = cut_off  # 275.6 % is printed as 275 % or as 275.00 %
    claim = Identity(
        "TXT-03", (), name_of(one.topic), one.fact.sentence[:40], (one.percent_term(),), (change.term(), current.term()),
        tolerance=round(tolerance + moved, 4), stated=(stated, round(right, 4)),
    )  # fmt: skip
    wrong_base = 100 * abs(change.amount) / current.amount if current.amount else None
    if not claim.holds and wrong_base is not None and abs(stated - wrong_base) <= tolerance + moved:
        note = f"该比例以本年数为基数（{round(wrong_base, 2)}%）/ wrong base: {round(wrong_base, 2)} % is of the current year"
        claim = replace(claim, note=note.replace("）/", "） /"))
    return claim


def _direction(one: Told, change: Told) -> Identity:
    """TXT-10: 增加 3 万元，下降 5 %: the two cannot both be."""
    up = [(value > 0) - (value < 0) for value in (change.amount, Decimal(one.fact.percent or "0"))]
    agree = 0 in up or up[0] == up[1]
    return Identity(
        "TXT-10", (), name_of(change.topic), one.fact.sentence[:40], (one.percent_term(), change.term()), (),
        stated=(Decimal(int(agree)), Decimal(1)),
    )  # fmt: skip


# --------------------------------------------------------------------------- TXT-09: wording


def _wording(disclosure: Disclosure) -> Iterator[Identity]:
    """Placeholders left in, amounts without a unit, years that are neither this one nor the last."""
    year = disclosure.document.fiscal_year
    seen: set[str] = set()
    sound = 0
    for one in all_of(disclosure):
        text = one.fact.sentence
        fault = ""
        if (found := word("placeholder").search(text)) is not None:
            fault = f"占位符 {found.group()} / a placeholder was left in"
        elif one.fact.amount is not None and one.fact.unit is None:
            fault = "金额没有单位 / an amount without a unit"
        elif _strange_year(one, year):
            fault = f"年份 {one.fact.fiscal_year} 与 {year} 不符 / a year that is neither {year} nor the one before"
        if fault and text not in seen:
            seen.add(text)
            term = (
                one.term()
                if one.fact.amount is not None
                else one.count_term()
                if one.fact.count
                else one.percent_term()
            )
            yield Identity(
                "TXT-09", (), text[:30], "", (term,), (), stated=(Decimal(0), Decimal(1)), note=fault
            )  # fmt: skip
        sound += not fault
    if sound:
        yield Identity("TXT-09", (), "文字", "", stated=(Decimal(sound), Decimal(sound)))


def _strange_year(one: Told, year: int | None) -> bool:
    """A year after the document's own is a slip of the pen; an older one may be history, unless the total is dated so."""
    told = one.fact.fiscal_year
    return year is not None and told is not None and told > year and one.fact.amount is not None
