"""What passes is sampled for the second reader by page, the same way every night."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget.disclosure import Disclosure, Document, Fact, Finding, FindingCell, PagePlace, Place
from budget.states import Origin, Severity
from expectations import compare, sample_places
from expectations.judging.sampling import holds, second_reading_findings


def made(pages: int = 40, *, sha256: str = "a" * 64) -> Disclosure:
    """Five amounts a page, an error on the second page."""
    facts = tuple(
        Fact(
            id=f"f{page}.{row}", statement_id="t1", kind="expenditure_summary", row=row, col=3, column=("合计",), code="",
            name="合计", role="total", measure="total", raw="1,234.50", amount="1234.5",
            at=PagePlace(page=page, bbox=(0, row * 10, 10, row * 10 + 8)),
        )
        for page in range(1, pages + 1) for row in range(5)
    )  # fmt: skip
    error = Finding(
        check="HIE-01", severity=Severity.ERROR, origin=Origin.UNKNOWN, message="x",
        cells=(FindingCell(fact_id="f2.0", at=facts[5].at, raw="1,234.50"),),
    )  # fmt: skip
    document = Document(file="a.pdf", sha256=sha256, reader="pdf", kind="department_budget")
    return Disclosure(document=document, facts=facts, findings=(error,))


def pages(one: Disclosure, share: float, seed: int = 0) -> set[int]:
    return {place.at.page for place in sample_places([one], share, seed) if isinstance(place.at, PagePlace)}


def test_a_page_is_sampled_whole_and_pages_with_errors_are_not() -> None:
    sample = sample_places([made()], 0.3, seed=1)
    assert len(sample) == 5 * len(pages(made(), 0.3, 1))
    assert 2 not in pages(made(), 1.0) and len(pages(made(), 1.0)) == 39
    assert pages(made(), 0.0) == set()


def test_the_sample_is_the_same_whatever_else_is_in_the_batch_and_another_with_another_seed() -> None:
    one, other = made(), made(sha256="b" * 64)
    alone = sample_places([one], 0.3, seed=5)
    assert tuple(place for place in sample_places([other, one], 0.3, seed=5) if place.sha256 == "a" * 64) == alone
    assert pages(one, 0.3, 5) != pages(one, 0.3, 6)
    assert 4 <= len(pages(made(40), 0.3, 5)) <= 22


def test_agreement_is_counted_over_what_was_heard() -> None:
    sample = sample_places([made(4)], 1.0)

    def second(sha256: str, place: Place) -> str | None:
        assert isinstance(place, PagePlace)
        return {1: "1234.50", 3: None}.get(place.page, "1234.5 0")

    agreement = compare(sample, lambda sha, place: "1,284.50" if isinstance(place, PagePlace) and place.page == 4 else second(sha, place))  # fmt: skip
    assert (agreement.asked, agreement.agreed, agreement.unheard, len(agreement.disagreed)) == (15, 5, 5, 5)
    assert agreement.rate == Decimal("0.5")
    assert {heard for _, heard in agreement.disagreed} == {"1,284.50"}


def test_a_share_is_a_part() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        sample_places([made()], 20)


@pytest.mark.parametrize(
    ("heard", "raw", "same"),
    [
        ("1,234.50", "1234.5", True),
        ("1,234.50 88", "1,234.50", True),  # the box reaches over a neighbour
        ("人员经费 1,234.50", "1,234.50", True),
        ("１，２３４．５０", "1,234.50", True),
        ("12.5%", "12.5%", True),
        ("1,284.50", "1,234.50", False),
        ("11,234.50", "1,234.50", False),  # a digit lost at the edge of a cell
        ("1,234.5", "11,234.5", False),
        ("-1,234.50", "1,234.50", False),
        ("123450", "1,234.50", False),
        ("1,234.50 88", "88.1", False),
        ("合计", "1,234.50", False),
    ],
)
def test_a_figure_is_compared_whole(heard: str, raw: str, same: bool) -> None:
    assert holds(heard, raw) is same


def test_nothing_heard_and_nameless_characters_are_no_disagreement() -> None:
    sample = sample_places([made(2)], 1.0)
    heard = iter(["", "(cid:12)(cid:13)", " ", "1,234.50", "9"])
    agreement = compare(sample, lambda sha, place: next(heard))
    assert (agreement.agreed, agreement.unheard, len(agreement.disagreed)) == (1, 3, 1)
    (finding,) = second_reading_findings(made(2), agreement)
    assert (finding.left, finding.right, finding.origin) == ("1,234.50", "9", Origin.EXTRACTION)
    assert second_reading_findings(made(2, sha256="b" * 64), agreement) == ()
