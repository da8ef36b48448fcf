"""Sentences that a reviewer reads."""

from __future__ import annotations

from expectations.judging.wording import inside_quotes


def test_a_label_with_quotation_marks_of_its_own_is_quoted_once() -> None:
    assert f"“{inside_quotes('“三公”经费、机关运行经费')}”" == "“‘三公’经费、机关运行经费”"
    assert inside_quotes("合计") == "合计"
