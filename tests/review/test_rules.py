"""A decision that repeats becomes a rule that a person confirms once, and revokes with all that it did."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from budget.disclosure import Disclosure, Finding
from budget.states import DocumentState, Origin, Reason
from review.rules import REPEATS, NoSuchRuleError, confirm, may_rule, revoke, rules
from warehouse.store import Warehouse

_spec = importlib.util.spec_from_file_location("review_test_decisions", Path(__file__).with_name("test_decisions.py"))
assert _spec is not None and _spec.loader is not None
_decisions: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_decisions)
many, RIGHT_SIDE = _decisions.many, _decisions.RIGHT_SIDE
MakeDocument = Callable[..., Disclosure]
MakeFinding = Callable[..., Finding]


def test_a_decision_that_repeats_is_proposed_confirmed_applied_and_revoked(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    queue = many(warehouse, document, unbalanced, 6)
    items = [row.item_id for row in queue.list()]
    for item in items[: REPEATS - 1]:
        queue.accept(item, "四舍五入", by="王审核")
    assert rules(queue) == ()
    queue.accept(items[REPEATS - 1], "四舍五入", by="李复核")
    (rule,) = rules(queue)
    assert (rule.state, rule.action, rule.decided, rule.applied, rule.open) == ("proposed", "accept", 3, 0, 3)
    done = confirm(queue, rule.rule_id, "组长")
    assert sorted(done.decided) == sorted(items[REPEATS:]) and {one.rule for one in done.decided.values()} == {
        rule.rule_id
    }
    sha = "e" * 64
    queue.store(
        document(RIGHT_SIDE, sha256=sha, findings=(unbalanced(origin=Origin.PUBLISHER),)),
        state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED,
    )  # fmt: skip
    assert [one.rule for one in queue.decisions_for(sha)] == [rule.rule_id], "decided as it opened"
    assert queue.list(state="open") == []
    (held,) = rules(queue)
    assert (held.state, held.applied, held.changed_by) == ("confirmed", 4, "组长")
    assert revoke(queue, rule.rule_id, "组长") == 4
    (ended,) = rules(queue)
    assert (ended.state, ended.applied) == ("revoked", 0)
    with pytest.raises(NoSuchRuleError, match="is revoked"):
        revoke(queue, rule.rule_id, "组长")


def test_a_rule_leaves_alone_what_has_other_errors_too(
    warehouse: Warehouse, document: MakeDocument, unbalanced: MakeFinding
) -> None:
    queue = many(warehouse, document, unbalanced, REPEATS)
    queue.bulk([row.item_id for row in queue.list()], "accept", "原文如此", "王审核")
    (rule,) = rules(queue)
    confirm(queue, rule.rule_id, "组长")
    sha = "e" * 64
    two = (unbalanced(origin=Origin.PUBLISHER), unbalanced(check="HIE-01"))
    queue.store(
        document(RIGHT_SIDE, sha256=sha, findings=two), state=DocumentState.IN_REVIEW, reason=Reason.CHECKS_FAILED
    )
    assert queue.decisions_for(sha) == ()
    assert [row.one_cause for row in queue.list()] == [False]


@pytest.mark.parametrize(
    ("action", "cause", "may"),
    [
        ("accept", "BAL-06/publisher/ab", True), ("accept", "BAL-06/unknown/ab", False), ("correct", "BAL-06/publisher/ab", False),
        ("newer", "truncated@hebei", True), ("reextract", "truncated@hebei", False), ("accept", "truncated@hebei", False),
    ],
)  # fmt: skip
def test_what_a_rule_may_decide(action: str, cause: str, may: bool) -> None:
    assert may_rule(action, cause) is may
