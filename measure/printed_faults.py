"""Small documents with one thing in each that readers are known to trip over: `python -m measure.printed_faults [--only WORD] [--out FOLDER]`.

Each is made by this program after a public report about some reader of PDF, Word, Excel or HTML; beside it stands what it shows.
Printed is one line a document:

right    the figures read are those shown (and an error stands where the document deserves one)
alarm    they are, and yet an error says that something is wrong        told     they are not, and an error says so
blamed   told, but as an error of the publisher                        silent   they are not, and nothing says so

Exit status 0 when nothing is silent, blamed or an alarm. `--out` keeps the documents.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from budget.disclosure import Disclosure
from budget.states import Origin, Severity
from expectations import apply, judge
from extract.document import extract_bytes

Row = tuple[str, ...]
Figures = Counter[tuple[str, Decimal]]
"""(name of the row, 万元) of every figure of a table."""


@dataclass(frozen=True)
class Sheet:
    """A table to be printed: its title, its rows with the header first, and the columns that hold money."""

    title: str
    rows: tuple[Row, ...]
    named: int
    money: tuple[int, ...]
    unit: str = "单位：万元"

    def with_cell(self, row: int, col: int, text: str) -> Sheet:
        rows = [list(one) for one in self.rows]
        rows[row][col] = text
        return Sheet(self.title, tuple(tuple(one) for one in rows), self.named, self.money, self.unit)


TOWN: Final = "海棠市民政局2026年部门预算"
SUMMARY: Final = Sheet(
    "表1 收支总表",
    (
        ("收入", "预算数", "支出", "预算数"),
        ("一般公共预算拨款收入", "1,500.00", "一般公共服务支出", "1,200.00"),
        ("政府性基金预算拨款收入", "", "社会保障和就业支出", "180.00"),
        ("", "", "住房保障支出", "120.00"),
        ("本年收入合计", "1,500.00", "本年支出合计", "1,500.00"),
        ("收入总计", "1,500.00", "支出总计", "1,500.00"),
    ),
    0, (1, 3),
)  # fmt: skip
EXPENDITURE: Final = Sheet(
    "表2 支出总表",
    (
        ("科目编码", "科目名称", "合计", "基本支出", "项目支出"),
        ("201", "一般公共服务支出", "1,200.00", "700.00", "500.00"),
        ("20132", "组织事务", "1,200.00", "700.00", "500.00"),
        ("2013201", "行政运行", "700.00", "700.00", ""),
        ("2013202", "一般行政管理事务", "500.00", "", "500.00"),
        ("208", "社会保障和就业支出", "180.00", "180.00", ""),
        ("20805", "行政事业单位养老支出", "180.00", "180.00", ""),
        ("2080505", "机关事业单位基本养老保险缴费支出", "180.00", "180.00", ""),
        ("221", "住房保障支出", "120.00", "120.00", ""),
        ("22102", "住房改革支出", "120.00", "120.00", ""),
        ("2210201", "住房公积金", "120.00", "120.00", ""),
        ("", "合计", "1,500.00", "1,000.00", "500.00"),
    ),
    1, (2, 3, 4),
)  # fmt: skip
PURCHASES: Final = Sheet(
    "表3 政府采购预算表",
    (
        ("采购项目名称", "采购品目", "预算金额"),
        ("信息系统维护服务", "系统服务", "312.45"),
        ("空调维修", "设备维修", "36.80"),
        ("办公设备购置", "办公设备", "128.60"),
    ),
    0, (2,),
)  # fmt: skip
"""Nothing adds up in it: what goes wrong here is seen by no sum."""
PLACE: Final = (1, 2)
"""Row and column of the figure of `PURCHASES` that most faults touch: 312.45."""
BASE: Final = (SUMMARY, EXPENDITURE, PURCHASES)


@dataclass(frozen=True)
class Fault:
    """A document, what it shows, and whether an error must stand in it: what is shown cannot be taken as it stands."""

    name: str
    form: str
    data: bytes
    shows: Figures
    deserves_error: bool = False
    either: bool = False
    """Whether an error is as good as the figures: a person has to look."""


MakeFault = Callable[[], Fault]
FAULTS: dict[str, MakeFault] = {}


def fault(form: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Registers a document of a form under the name of its function, which gives bytes or (bytes, changes of what is shown)."""

    def register(function: Callable[[], object]) -> Callable[[], object]:
        name = f"{form}_{function.__name__}".rstrip("_")  # type: ignore[attr-defined]

        def make() -> Fault:
            made = function()
            shown = made if isinstance(made, Made) else Made(made)  # type: ignore[arg-type]
            return Fault(name, form, shown.data, figures(shown.sheets), shown.deserves_error, shown.either)

        FAULTS[name] = make
        return function

    return register


@dataclass(frozen=True)
class Made:
    """Bytes, and the tables that they show where these are not the usual ones."""

    data: bytes
    sheets: Sequence[Sheet] = BASE
    deserves_error: bool = False
    either: bool = False


def figures(sheets: Sequence[Sheet]) -> Figures:
    """What the tables show."""
    found: Figures = Counter()
    for sheet in sheets:
        for row in sheet.rows[1:]:
            for col in sheet.money:
                if row[col]:
                    name = row[2] if sheet.named == 0 and col == 3 else row[sheet.named]
                    found[name, Decimal(row[col].replace(",", ""))] += 1
    return found


def replaced(sheets: Sequence[Sheet], table: int, row: int, col: int, text: str) -> tuple[Sheet, ...]:
    """The tables with the text of one cell changed."""
    return tuple(one.with_cell(row, col, text) if n == table else one for n, one in enumerate(sheets))


def purchase(text: str) -> tuple[Sheet, ...]:
    """The usual tables with another figure at `PLACE`."""
    return replaced(BASE, 2, *PLACE, text)


def proved(data: bytes, name: str) -> Disclosure:
    """A document read and held against the checks."""
    read = extract_bytes(data, name)
    if read.document.error is not None:
        return read
    return apply(read, judge([read])[read.document.sha256])


def outcome(one: Fault) -> tuple[str, str]:
    """(what became of it, why) of a document."""
    found = proved(one.data, f"{TOWN}.{one.form}")
    errors = [f for f in found.findings if f.severity is Severity.ERROR]
    told = bool(errors) or found.document.error is not None
    reason = found.document.error.code if found.document.error else ", ".join(sorted({f"{e.check}" for e in errors}))
    kept = ("revenue_expenditure_summary", "expenditure_summary", "procurement", "general_budget_expenditure")
    read: Figures = Counter((f.name, f.value) for f in found.facts if f.kind in kept or f.kind == "unknown")
    # a zero printed as a dash or as 0.00 is a zero that may be left blank
    wrong = Counter({k: n for k, n in (read - one.shows).items() if k[1]})
    lost = Counter({k: n for k, n in (one.shows - read).items() if k[1]})
    if not wrong and not lost:
        return _outcome_of_right(one, told, reason)
    what = f"{reason}; lost {_shown(lost)}; wrong {_shown(wrong)}"
    if not told:
        return "silent", what
    if errors and all(e.origin is Origin.PUBLISHER for e in errors):
        return "blamed", what
    return "told", what


def _outcome_of_right(one: Fault, told: bool, reason: str) -> tuple[str, str]:
    if one.deserves_error:
        return ("right", reason) if told else ("silent", "the figures are right and no error says what is wrong")
    return ("alarm", reason) if told and not one.either else ("right", reason)


def _shown(counted: Figures) -> str:
    return " ".join(f"{name}={value}" for name, value in list(counted)[:4]) + ("…" if len(counted) > 4 else "")


def main(arguments: list[str] | None = None) -> int:
    """The command; gives its exit status."""
    import measure.printed_faults_html
    import measure.printed_faults_office
    import measure.printed_faults_pdf
    import measure.printed_faults_rtf  # noqa: F401

    parser = argparse.ArgumentParser(
        prog="python -m measure.printed_faults", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    for name, make in FAULTS.items():
        if options.only not in name:
            continue
        one = make()
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / f"{name}.{one.form}").write_bytes(one.data)
        result, why = outcome(one)
        counts[result] += 1
        print(f"{result:7} {name}  {why if result != 'right' else ''}".rstrip(), flush=True)
    print(f"{sum(counts.values())} documents: " + ", ".join(f"{n} {what}" for what, n in counts.most_common()))
    return 0 if not counts["silent"] + counts["blamed"] + counts["alarm"] else 1


if __name__ == "__main__":
    # the modules of faults register themselves in the module of this name, not in __main__
    from measure import printed_faults

    sys.exit(printed_faults.main())
