"""No wrong green: every fault of `measure.crawl_faults` with every dialect, one night over the loopback."""

from __future__ import annotations

from typing import Any

import pytest

from measure.crawl_faults import FAULTS, Line, cases, run, table


@pytest.fixture(scope="module")
def lines(shared_lab: Any) -> list[Line]:
    return run(shared_lab, cases(shared_lab))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_portal_that_lost_documents_is_called_complete(lines: list[Line]) -> None:
    wrong = [one for one in lines if one.wrong_green]
    assert wrong == [], table(wrong)


@pytest.mark.slow
def test_what_can_be_had_is_had_and_then_the_night_is_complete(lines: list[Line]) -> None:
    wrong = [one for one in lines if one.lost or one.false_alarm]
    assert wrong == [], table(wrong)


@pytest.mark.slow
def test_every_incomplete_portal_says_why(lines: list[Line]) -> None:
    assert [one for one in lines if not one.complete and not any(one.problems)] == []


@pytest.mark.slow
def test_the_table_holds_sixty_faults_by_families_at_least(lines: list[Line]) -> None:
    assert {one.fault for one in lines} == set(FAULTS)
    assert len({one.family for one in lines}) == 9
    assert len({(one.fault, one.family) for one in lines}) >= 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "after"), [("wall_after_twelve", 3), ("forbidden_after_twelve", 3), ("dead_after_twelve", 10)]
)
def test_a_host_that_walls_or_dies_is_soon_left_alone(lines: list[Line], fault: str, after: int) -> None:
    """robots.txt and the twelve good answers, then no more than so many."""
    assert {one.dialect: one.asked for one in lines if one.fault == fault and one.asked > 13 + after} == {}
