"""Nothing a person decides twice: a decision that repeats for one cause is proposed as a rule, confirmed once, and can be revoked.

A rule decides only items in which nothing else is wrong (`one_cause`), only what the publisher printed is accepted by one, and
every decision that it makes carries its id: revoking takes them all back.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from sqlalchemy import Connection, func, select, update

from budget.decisions import Decision, standing
from budget.states import Origin
from warehouse import tables
from warehouse.versions import insert_if_new

if TYPE_CHECKING:
    from review.queue import Bulk, ReviewQueue

RuledAction = Literal["accept", "reject", "government", "newer"]
"""What a rule can decide. A correction is of one cell, and reading again settles nothing."""
REPEATS = 3
"""Documents that people decided alike, from which on a rule is proposed."""
ITEMS_AT_ONCE = 1000
"""Items that a confirmed rule decides in one go; confirming again takes the rest."""


class NoSuchRuleError(LookupError):
    """No rule is proposed or kept under this id."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`decided` counts the decisions of people it was learnt from, `applied` those it made and that stand, `open` what waits."""

    rule_id: str
    state: Literal["proposed", "confirmed", "revoked"]
    action: str
    cause: str
    note: str
    decided: int
    applied: int
    open: int
    changed_by: str | None
    changed_at: datetime | None


def rule_id_of(action: str, cause: str) -> str:
    """The id of the rule that decides `action` for `cause`."""
    return f"q-{hashlib.sha256(f'{action} {cause}'.encode()).hexdigest()[:10]}"


def rules(queue: ReviewQueue) -> tuple[Rule, ...]:
    """Every rule that is kept, and every one that is proposed: what waits most first."""
    with queue.warehouse.engine.connect() as connection:
        by_people, by_rules, notes = _counts(connection)
        kept = {one["rule_id"]: one for one in connection.execute(select(tables.review_rules)).mappings()}
        items = tables.review_items.c
        open_by_cause = connection.execute(
            select(items.cause, func.count())
            .where(items.state == "open", items.one_cause.is_not(False))
            .group_by(items.cause)
        ).all()
    waiting: dict[str, int] = {row[0]: row[1] for row in open_by_cause}
    found = []
    for (action, cause), subjects in by_people.items():
        rule_id = rule_id_of(action, cause)
        if rule_id not in kept and len(subjects) >= REPEATS and may_rule(action, cause):
            found.append(Rule(rule_id, "proposed", action, cause, notes[action, cause], len(subjects), 0, waiting.get(cause, 0), None, None))  # fmt: skip
    for rule_id, one in kept.items():
        found.append(
            Rule(
                rule_id, one["state"], one["action"], one["cause"], one["note"],
                len(by_people.get((one["action"], one["cause"]), ())), by_rules.get(rule_id, 0),
                waiting.get(one["cause"], 0), one["changed_by"], one["changed_at"],
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.state != "proposed", -one.open, one.rule_id)))


def may_rule(action: str, cause: str) -> bool:
    """Whether a rule may decide so: an acceptance only of what the publisher is known to have printed."""
    if action not in get_args(RuledAction):
        return False
    return action != "accept" or cause.split("/")[1:2] == [Origin.PUBLISHER.value]


def confirm(queue: ReviewQueue, rule_id: str, by: str) -> Bulk:
    """Make a proposed (or revoked) rule hold from now on, and let it decide what waits. Raises NoSuchRuleError."""
    rule = _named(queue, rule_id)
    row = {
        "rule_id": rule_id, "state": "confirmed", "action": rule.action, "cause": rule.cause, "note": rule.note,
        "changed_by": by, "changed_at": datetime.now(UTC),
    }  # fmt: skip

    def work(connection: Connection) -> list[str]:
        if not insert_if_new(connection, tables.review_rules, row):
            _change(connection, rule_id, "confirmed", by)
        items = tables.review_items.c
        return list(
            connection.scalars(
                select(items.item_id)
                .where(items.state == "open", items.cause == rule.cause, items.one_cause.is_not(False))
                .order_by(items.item_id)
                .limit(ITEMS_AT_ONCE)
            )
        )

    waiting = queue.warehouse.transact(work)
    return queue.bulk(waiting, rule.action, rule.note, by, rule=rule_id)  # type: ignore[arg-type]


def revoke(queue: ReviewQueue, rule_id: str, by: str, note: str = "") -> int:
    """End a rule and take back every decision that it made; how many were. Raises NoSuchRuleError."""
    rule = _named(queue, rule_id)
    if rule.state != "confirmed":
        raise NoSuchRuleError(f"{rule_id}: the rule is {rule.state}, nothing to revoke")
    queue.warehouse.transact(lambda connection: _change(connection, rule_id, "revoked", by))
    return len(queue.undo_rule(rule_id, note or f"rule {rule_id} revoked", by).decided) if rule.applied else 0


def rule_for(connection: Connection, cause: str) -> dict[str, str] | None:
    """The confirmed rule of a cause: its id, action, note and who confirmed it."""
    kept = tables.review_rules.c
    found = connection.execute(
        select(tables.review_rules).where(kept.cause == cause, kept.state == "confirmed").order_by(kept.rule_id)
    ).mappings().first()  # fmt: skip
    return dict(found) if found else None


def _named(queue: ReviewQueue, rule_id: str) -> Rule:
    for one in rules(queue):
        if one.rule_id == rule_id:
            return one
    raise NoSuchRuleError(f"there is no rule {rule_id}; `review rules` lists them")


def _change(connection: Connection, rule_id: str, state: str, by: str) -> None:
    connection.execute(
        update(tables.review_rules)
        .where(tables.review_rules.c.rule_id == rule_id)
        .values(state=state, changed_by=by, changed_at=datetime.now(UTC))
    )


def _counts(
    connection: Connection,
) -> tuple[dict[tuple[str, str], set[str]], dict[str, int], dict[tuple[str, str], str]]:
    """(subjects that people decided by action and cause, standing decisions by rule, the last note by action and cause)."""
    kept = tables.decisions.c
    made: dict[str, list[Decision]] = defaultdict(list)
    for one in connection.scalars(select(kept.decision).order_by(kept.sha256, kept.decision_no)):
        decision = Decision.model_validate(one)
        made[decision.sha256].append(decision)
    by_people: dict[tuple[str, str], set[str]] = defaultdict(set)
    by_rules: dict[str, int] = defaultdict(int)
    notes: dict[tuple[str, str], str] = {}
    for subject, decisions in made.items():
        gone = {earlier for one in decisions if one.action == "undo" for earlier in one.replaces}
        waits = [one for one in decisions if one.action == "newer" and one.id not in gone]
        for one in (*standing(decisions), *waits):
            if one.rule is not None:
                by_rules[one.rule] += 1
            elif one.cause is not None:
                by_people[one.action, one.cause].add(subject)
                notes[one.action, one.cause] = one.note
    return by_people, by_rules, notes
