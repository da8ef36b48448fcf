"""Decisions put to a reading: what fits is applied and stays visible, what does not fit is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from budget.decisions import CORRECTED, DECISION_MISFIT, CellAnchor, Decision, anchor_of
from budget.disclosure import Disclosure, Finding, FindingCell
from budget.states import Origin, Severity
from review.cells import CellAddress, CellAddressError, anchor_of_cell, parse_cell
from review.replay import CorrectionError, as_printed, correct_cell, rejection, replay, settle

MakeDocument = Callable[..., Disclosure]
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def corrected(cell: CellAnchor, value: str, *, minutes: int = 0) -> Decision:
    return Decision(
        id=f"d-{minutes}", sha256="3f9c", action="correct", note="原件第2页", decided_by="王审核",
        decided_at=NOON + timedelta(minutes=minutes), cell=cell, value=value,
    )  # fmt: skip


def accepted(*findings: Finding, statements: tuple = (), minutes: int = 0) -> Decision:  # type: ignore[type-arg]
    return Decision(
        id=f"a-{minutes}", sha256="3f9c", action="accept", note="原文如此", decided_by="王审核",
        decided_at=NOON + timedelta(minutes=minutes), findings=tuple(anchor_of(one, statements) for one in findings),
    )  # fmt: skip


def amount(disclosure: Disclosure, row: int, col: int) -> Decimal | None:
    found = [f.value for f in disclosure.facts if (f.statement_id[:3], f.row, f.col) == ("t01", row, col)]
    return found[0] if found else None


@pytest.mark.parametrize("written", ["t01", "t01:1", "t01:a:2", "t01:-1:2", ":1:2", "", "t01:1:2:"])
def test_a_misspelt_cell_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(CellAddressError, match="t03:12:4"):
        parse_cell(written)


def test_a_statement_id_may_contain_colons() -> None:
    assert parse_cell("p3:t01:12:4") == CellAddress("p3:t01", 12, 4)
    assert str(CellAddress("p3:t01", 12, 4)) == "p3:t01:12:4"


@pytest.mark.parametrize(
    ("written", "told"),
    [("t09:0:1", "there are t01, t01x"), ("t01:9:1", "rows 0 to 3"), ("t01:0:0", r"1 \(收入 / 预算数\)")],
)
def test_a_cell_that_is_no_money_cell_is_refused_with_what_there_is(
    document: MakeDocument, written: str, told: str
) -> None:
    with pytest.raises(CellAddressError, match=told):
        anchor_of_cell(document(), parse_cell(written))


def test_a_cell_is_anchored_by_what_a_person_sees(document: MakeDocument) -> None:
    anchor = anchor_of_cell(document(), parse_cell("t01:1:3"))
    assert (anchor.name, anchor.column, anchor.read, anchor.occurrence) == (
        "卫生健康支出",
        ("支出", "预算数"),
        "300.00",
        0,
    )
    repeated = anchor_of_cell(document(), parse_cell("t01:3:1"))
    assert (repeated.name, repeated.occurrence) == ("一般公共预算拨款", 1)


def test_a_correction_changes_cell_and_fact_and_keeps_what_was_read(document: MakeDocument) -> None:
    read = document()
    decision = corrected(anchor_of_cell(read, parse_cell("t01:2:3")), "1,520.00")
    replayed, misfits = replay(read, [decision])
    assert misfits == ()
    assert amount(replayed, 2, 3) == Decimal("1520")
    assert replayed.statements == read.statements, "what is printed stays in the cells"
    (fact,) = [one for one in replayed.facts if (one.statement_id, one.row, one.col) == ("t01", 2, 3)]
    assert fact.raw == "1,500.00" and fact.corrected is not None
    assert (fact.corrected.raw, fact.corrected.by, fact.corrected.why) == ("1,520.00", "王审核", "原件第2页")
    told = replayed.findings[0]
    assert (told.check, told.severity, told.left, told.right) == (CORRECTED, Severity.WARNING, "1,500.00", "1,520.00")
    assert told.cells[0].raw == "1,500.00"
    assert "王审核" in told.message and "原件第2页" in told.message
    assert read.statements[0].rows[2].cells[3] == "1,500.00"


def test_a_correction_survives_another_extraction_of_the_same_page(document: MakeDocument) -> None:
    decision = corrected(anchor_of_cell(document(), parse_cell("t01:3:1")), "25.00")
    shifted = document(
        (
            ("收入合计", "1.00", "支出合计", "1.00"),
            ("一、一般公共预算拨款", "1,500.00", "一、社会保障支出", "1,200.00"),
            ("一、 一般公共预算拨款", "20.00", "", ""),
        ),
        statement_id="t07",
        recipe="r2",
    )
    replayed, misfits = replay(shifted, [decision])
    assert misfits == ()
    assert [(f.row, f.amount) for f in replayed.facts if f.name == "一般公共预算拨款"] == [(1, "1500"), (2, "25")]


def test_a_blank_cell_gets_a_fact_in_its_place(document: MakeDocument) -> None:
    rows = (
        ("一、拨款", "10.00", "一、支出", "7.00"),
        ("二、基金", "", "二、卫生", "3.00"),
        ("三、其他", "1.00", "", ""),
    )
    read = document(rows)
    with pytest.raises(CorrectionError, match="no other amount stands in this row"):
        correct_cell(read, parse_cell("t01:1:1"), corrected(anchor_of_cell(read, parse_cell("t01:1:1")), "5.00"))
    # a row of one list with two money columns knows its name from the other column
    one_side = read.model_copy(
        update={"facts": tuple(f.model_copy(update={"side": None, "name": f"行{f.row}"}) for f in read.facts)}
    )
    replayed, misfits = replay(one_side, [corrected(anchor_of_cell(one_side, parse_cell("t01:1:1")), "5.00")])
    assert misfits == ()
    made = [f for f in replayed.facts if f.statement_id == "t01"]
    assert [(f.row, f.col, f.amount) for f in made] == [
        (0, 1, "10"),
        (0, 3, "7"),
        (1, 1, "5"),
        (1, 3, "3"),
        (2, 1, "1"),
    ]
    assert (made[2].name, made[2].column) == ("行1", ("收入", "预算数"))


def test_a_correction_to_blank_takes_the_fact_away(document: MakeDocument) -> None:
    read = document()
    replayed, misfits = replay(read, [corrected(anchor_of_cell(read, parse_cell("t01:3:1")), "")])
    assert (misfits, amount(replayed, 3, 1), len(replayed.facts)) == ((), None, len(read.facts) - 1)


def test_a_value_is_in_the_unit_of_the_page(document: MakeDocument) -> None:
    read = document(unit="元", per_wan=10000)
    replayed, _ = replay(read, [corrected(anchor_of_cell(read, parse_cell("t01:1:3")), "305.00")])
    assert amount(replayed, 1, 3) == Decimal("0.0305")


def test_a_column_may_be_printed_in_another_unit_than_its_table(document: MakeDocument) -> None:
    read = document(unit="万元", per_wan=10000)
    replayed, _ = replay(read, [corrected(anchor_of_cell(read, parse_cell("t01:1:3")), "305.00")])
    assert amount(replayed, 1, 3) == Decimal("0.0305")


def test_the_newest_of_several_corrections_stands(document: MakeDocument) -> None:
    read = document()
    anchor = anchor_of_cell(read, parse_cell("t01:1:3"))
    decisions = [
        corrected(anchor, "310", minutes=5),
        corrected(anchor, "305", minutes=9),
        corrected(anchor, "1", minutes=0),
    ]
    replayed, misfits = replay(read, decisions)
    assert (misfits, amount(replayed, 1, 3)) == ((), Decimal(305))


def test_a_correction_that_the_extractor_has_learnt_does_nothing(document: MakeDocument) -> None:
    anchor = anchor_of_cell(document(), parse_cell("t01:1:3")).model_copy(update={"read": "800.00"})
    read = document()
    assert replay(read, [corrected(anchor, "300.00")]) == (read, ())


def test_a_correction_of_another_reading_is_a_misfit(document: MakeDocument) -> None:
    read = document()
    anchor = anchor_of_cell(read, parse_cell("t01:1:3")).model_copy(update={"read": "800.00"})
    replayed, misfits = replay(read, [corrected(anchor, "900.00")])
    assert (replayed, len(misfits)) == (read, 1)
    assert (misfits[0].check, misfits[0].severity, misfits[0].cells[0].raw) == (
        DECISION_MISFIT,
        Severity.ERROR,
        "300.00",
    )
    gone = anchor.model_copy(update={"name": "没有的行"})
    _, misfits = replay(read, [corrected(gone, "900.00")])
    assert "not there any more" in misfits[0].message


def test_a_correction_answers_the_complaint_about_its_cell(
    document: MakeDocument, unbalanced: Callable[..., Finding]
) -> None:
    read = document((("一、拨款", "10.00", "一、支出", "7.0O"), ("二、基金", "2.00", "二、卫生", "3.00")))
    place = read.statements[0].rows[0].at[3]
    complaint = Finding(
        check="UNREAD", severity=Severity.ERROR, origin=Origin.EXTRACTION, message="7.0O is no amount", statement_id="t01",
        cells=(FindingCell(at=place, raw="7.0O"),),
    )  # fmt: skip
    caused = unbalanced(caused_by=0)
    read = read.model_copy(
        update={
            "findings": (unbalanced(caused_by=1), complaint, caused),
            "facts": tuple(f.model_copy(update={"side": None}) for f in read.facts),
        }
    )
    replayed, misfits = replay(read, [corrected(anchor_of_cell(read, parse_cell("t01:0:3")), "7.00")])
    assert misfits == ()
    assert amount(replayed, 0, 3) == Decimal(7)
    assert [(f.check, f.caused_by) for f in replayed.findings] == [("BAL-06", None), ("BAL-06", 0), (CORRECTED, None)]


def test_an_accepted_finding_becomes_the_publishers(document: MakeDocument, unbalanced: Callable[..., Finding]) -> None:
    statements = document().statements
    found = unbalanced()
    settled = settle([found], [accepted(found, statements=statements)], statements)
    assert [(f.severity, f.origin, f.check) for f in settled] == [(Severity.WARNING, Origin.PUBLISHER, "BAL-06")]
    assert "原文如此" in settled[0].message


def test_an_acceptance_is_matched_by_value_not_by_spelling(
    document: MakeDocument, unbalanced: Callable[..., Finding]
) -> None:
    statements = document().statements
    again = unbalanced(left="1500.00", cells=tuple(reversed(unbalanced().cells)))
    settled = settle([again], [accepted(unbalanced(), statements=statements)], statements)
    assert settled[0].severity is Severity.WARNING
    assert settle([again], [accepted(unbalanced(), statements=statements)])[0].severity is Severity.WARNING


@pytest.mark.parametrize("change", [{"left": "1500.01"}, {"right": None}, {"cells": (FindingCell(raw="1,500.00"),)}])
def test_other_figures_are_not_accepted(
    document: MakeDocument, unbalanced: Callable[..., Finding], change: dict[str, object]
) -> None:
    statements = document().statements
    settled = settle([unbalanced(**change)], [accepted(unbalanced(), statements=statements)], statements)
    assert [(f.check, f.severity) for f in settled] == [("BAL-06", Severity.ERROR), (DECISION_MISFIT, Severity.ERROR)]


def test_the_same_contradiction_of_another_statement_is_not_accepted(
    document: MakeDocument, unbalanced: Callable[..., Finding]
) -> None:
    statements = document().statements
    elsewhere = unbalanced(statement_id="t01x")
    assert settle([elsewhere], [accepted(unbalanced(), statements=statements)], statements) == (elsewhere,)


def test_one_acceptance_settles_one_of_two_equal_findings(unbalanced: Callable[..., Finding]) -> None:
    one = unbalanced()
    states = [f.severity for f in settle([one, one], [accepted(one), accepted(one, minutes=1)])]
    assert states == [Severity.WARNING, Severity.ERROR]
    assert [f.severity for f in settle([one, one], [accepted(one, one)])] == [Severity.WARNING] * 2


def test_a_rejection_stands_until_somebody_asks_again() -> None:
    reject = Decision(id="1", sha256="3f", action="reject", note="不是预算", decided_by="王", decided_at=NOON)
    again = Decision(id="2", sha256="3f", action="reextract", note="", decided_by="李", decided_at=NOON + timedelta(1))
    assert rejection([again, reject]) is None
    assert rejection([reject]) == reject
    assert rejection([]) is None


def test_a_contradiction_that_a_correction_hides_stays_the_publishers(
    document: MakeDocument, unbalanced: Callable[..., Finding]
) -> None:
    read = document()
    decision = corrected(anchor_of_cell(read, parse_cell("t01:2:3")), "1,520.00")
    looked = decision.model_copy(update={"second_look": "李复核"})
    printed = unbalanced()
    assert as_printed([printed], [], read, [decision]) == (), "a misreading that was put right contradicts nothing"
    (kept,) = as_printed([printed], [], read, [looked])
    assert (kept.severity, kept.origin, kept.left, kept.right) == (Severity.WARNING, Origin.PUBLISHER, "1500", "1520")
    assert "王审核 put 1,520.00 beside 1,500.00" in kept.message
    assert as_printed([printed], [printed], read, [looked]) == (), "what still stands in the figures is told once"


def test_a_decision_taken_back_counts_no_more(document: MakeDocument) -> None:
    read = document()
    first = corrected(anchor_of_cell(read, parse_cell("t01:2:3")), "1,520.00", minutes=1)
    undone = first.model_copy(
        update={"id": "u-1", "action": "undo", "replaces": (first.id,), "cell": None, "value": None,
                "decided_at": NOON + timedelta(minutes=2)}
    )  # fmt: skip
    assert replay(read, [first])[0] != read
    assert replay(read, [first, undone]) == (read, ())
    rejected = first.model_copy(update={"id": "r-1", "action": "reject", "decided_at": NOON + timedelta(minutes=3)})
    taken_back = undone.model_copy(
        update={"id": "u-2", "replaces": ("r-1",), "decided_at": NOON + timedelta(minutes=4)}
    )
    assert rejection([first, rejected]) == rejected
    assert rejection([first, rejected, taken_back]) is None
